"""Figure of the North Atlantic sink: seasons of pCO2, flux of every run, and the parts by each definition."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shanhai.models.box.result import Result
from shanhai.plot import style

SOLUBILITY, BIOLOGY, REST = style.SINK, "#1b7837", "#b8bcc2"
DEFINITIONS = (
    ("runs, added", ("solubility_added", "biology_added")),
    ("runs, removed", ("solubility_removed", "biology_removed")),
    ("export at depth", ("solubility_by_export", "biology_by_export")),
)


def draw(result: Result) -> Figure:
    """Three panels: pCO2 through the year, parts by definition, flux of every run."""
    with style.look():
        figure = style.new_figure(7.6, 6.2)
        grid = figure.add_gridspec(2, 2)
        _seasons(figure.add_subplot(grid[0, 0]), result)
        _parts(figure.add_subplot(grid[0, 1]), result)
        _runs(figure.add_subplot(grid[1, :]), result)
        style.titles(
            figure,
            f"North Atlantic, 45–65° N: {-result.number('flux'):.2f} Pg C yr⁻¹ taken up",
            f"Anthropogenic part: {-result.number('anthropogenic'):.2f} Pg C yr⁻¹. Negative fluxes are uptake.",
        )
    return figure


def _seasons(axes: Axes, result: Result) -> None:
    month = np.asarray(result.coordinates["time"].values) * 12.0
    lines = (
        ("pCO₂", result.series["pco2"].values[:, 0], "#222222", "-"),
        ("by temperature", result.series["pco2_thermal"].values, style.SOURCE, "--"),
        ("by all else", result.series["pco2_rest"].values, BIOLOGY, ":"),
    )
    for word, values, colour, dash in lines:
        axes.plot(month, values, color=colour, linestyle=dash, linewidth=1.5, label=word)
    axes.set_xlim(0, 12)
    axes.set_xticks(np.arange(0.5, 12), list("JFMAMJJASOND"))
    axes.tick_params(axis="x", length=0)
    axes.set_ylabel("pCO₂ (µatm)")
    axes.margins(y=0.25)
    axes.legend(loc="upper center", ncols=3, columnspacing=0.8, handlelength=1.4)
    axes.set_title("Seasons, after Takahashi et al. (2002)")


def _parts(axes: Axes, result: Result) -> None:
    for i, (_, names) in enumerate(DEFINITIONS):
        values = [result.number(n) for n in names]
        left = 0.0
        for v, colour in zip((*values, result.number("flux") - sum(values)), (SOLUBILITY, BIOLOGY, REST)):
            axes.barh(i, v, left=left if v < 0 else 0.0, color=colour, height=0.6)
            left += v if v < 0 else 0.0
    axes.axvline(result.number("flux"), ymax=0.85, color="#222222", linewidth=1.0, linestyle="--")
    axes.axvline(0.0, color="#222222", linewidth=0.8)
    axes.set_yticks(range(len(DEFINITIONS)), [word for word, _ in DEFINITIONS])
    axes.set_ylim(len(DEFINITIONS) - 0.4, -1.0)
    for word, colour, x in (("solubility", SOLUBILITY, 0.02), ("biology", BIOLOGY, 0.34), ("neither alone", REST, 0.6)):
        axes.text(
            x,
            0.97,
            word,
            color=colour if colour != REST else "#6b7077",
            transform=axes.transAxes,
            va="top",
            fontsize=8,
            fontweight="bold",
        )
    axes.set_xlabel("part of the flux (Pg C yr⁻¹); dashed: whole")
    axes.set_title("Solubility and biology, by definition")


def _runs(axes: Axes, result: Result) -> None:
    names = [str(n) for n in result.coordinates["case"].values]
    values = np.asarray(result.series["flux"].values).mean(axis=0)
    axes.bar(range(len(names)), values, color=[style.SINK if v < 0 else style.SOURCE for v in values], width=0.62)
    axes.axhline(0.0, color="#222222", linewidth=0.8)
    for i, v in enumerate(values):
        axes.text(i, v, f"{v:.2f}", ha="center", va="top" if v < 0 else "bottom", fontsize=8)
    axes.set_xticks(range(len(names)), [n.replace(" ", "\n", 1) for n in names])
    axes.tick_params(axis="x", length=0)
    axes.margins(y=0.15)
    axes.set_ylabel("flux to the air (Pg C yr⁻¹)")
    axes.set_title("Flux of each run")
