"""Figure of the equatorial Pacific: parts of the flux, estimates against the full balance, years of El Niño."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shanhai.models.box.result import Result
from shanhai.plot import style

WORDS = {
    "carbon": "carbon\nfrom below",
    "warming": "warming",
    "export": "growth\nand export",
    "exchange": "gas\nexchange",
}


def draw(result: Result) -> Figure:
    """Three panels: the flux part by part, the simple estimate, and the course of years."""
    with style.look():
        figure = style.new_figure(7.6, 6.0)
        grid = figure.add_gridspec(2, 2)
        left, right, below = (figure.add_subplot(place) for place in (grid[0, 0], grid[0, 1], grid[1, :]))
        _waterfall(left, result)
        _estimates(right, result)
        _years(below, result)
        style.titles(
            figure,
            f"Equatorial Pacific: {result.number('flux'):.2f} Pg C yr⁻¹ to the air",
            "Steady state above, seasons and El Niño below. Red: towards the air; blue: out of the water's pCO₂.",
        )
    return figure


def _waterfall(axes: Axes, result: Result) -> None:
    names = [str(n) for n in result.coordinates["part"].values]
    for shift, order, alpha in ((-0.2, "warming_first", 1.0), (0.2, "warming_last", 0.45)):
        parts = np.asarray(result.series[f"flux_{order}"].values)
        colours = [style.SOURCE if v > 0 else style.SINK for v in parts]
        axes.bar(np.arange(len(parts)) + shift, parts, 0.38, color=colours, alpha=alpha)
    axes.axhline(0.0, color="#222222", linewidth=0.8)
    axes.set_xticks(range(len(names)), [WORDS[n] for n in names], fontsize=7)
    axes.set_ylabel("part of the flux (Pg C yr⁻¹)")
    axes.set_title("Why it gives off CO₂ (pale: warmed last)")


def _estimates(axes: Axes, result: Result) -> None:
    rows = (("full balance", "flux"), ("upwelling × ΔDIC", "simple_estimate"), ("export", "export"))
    values = [result.number(name) for _, name in rows]
    axes.barh([0, 1, 2], values, color=[style.SOURCE, style.NEUTRAL, style.SINK], height=0.6)
    axes.set_yticks([0, 1, 2], [word for word, _ in rows])
    axes.invert_yaxis()
    for i, v in enumerate(values):
        axes.text(v, i, f" {v:.2f}", va="center", fontsize=8)
    axes.margins(x=0.18)
    axes.set_xlabel("Pg C yr⁻¹")
    axes.set_title("The simple estimate leaves out export")


def _years(axes: Axes, result: Result) -> None:
    time = result.coordinates["time"].values
    flux = np.asarray(result.series["flux"].values)
    axes.plot(time, flux, color=style.SOURCE, linewidth=1.5)
    axes.plot(time, result.series["export"].values, color=style.SINK, linewidth=1.2)
    axes.text(time[-1], flux[-1], " flux to the air", color=style.SOURCE, va="center", fontsize=8)
    axes.text(time[-1], result.series["export"].values[-1], " export", color=style.SINK, va="center", fontsize=8)
    axes.set_ylim(0, None)
    axes.set_xlim(time[0], time[-1] * 1.16)
    axes.set_xlabel("years since a La Niña")
    axes.set_ylabel("Pg C yr⁻¹")
    other = axes.twinx()
    other.spines["right"].set_visible(True)
    other.plot(time, result.series["temperature"].values, color=style.NEUTRAL, linewidth=1.0, linestyle="--")
    other.set_ylabel("temperature (°C, dashed)")
