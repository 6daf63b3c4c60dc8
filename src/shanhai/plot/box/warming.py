"""Figure of warming and stratification: carbon taken up, and what every cause and combination of causes changes."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shanhai.models.box.result import Result
from shanhai.plot import style

COLOURS = {"warming": style.SOURCE, "mixing": "#0072b2", "mixed layer": "#e69f00"}


def draw(result: Result) -> Figure:
    """Three panels: uptake, single effects through time, all effects at the end."""
    with style.look():
        figure = style.new_figure(7.8, 5.8)
        grid = figure.add_gridspec(2, 2)
        _uptake(figure.add_subplot(grid[0, 0]), result)
        _single(figure.add_subplot(grid[0, 1]), result)
        _all(figure.add_subplot(grid[1, :]), result)
        change = f"{result.number('change'):.0f}".replace("-", "−")
        style.titles(
            figure,
            f"Warming and stratification change the carbon taken up by {change} of {result.number('uptake'):.0f} Pg",
            "CO₂ rises by 1 % a year. Every effect is what its causes bring beyond those of their parts; all add up.",
        )
    return figure


def _uptake(axes: Axes, result: Result) -> None:
    years = np.asarray(result.coordinates["time"].values)
    plain, changed = (np.asarray(result.series[n].values) for n in ("uptake", "uptake_all"))
    axes.plot(years, plain, color=style.NEUTRAL, linewidth=1.5, label="CO₂ alone")
    axes.plot(years, changed, color=style.SINK, linewidth=1.5, label="with warming and stratification")
    axes.fill_between(years, changed, plain, color=style.SOURCE, alpha=0.15, linewidth=0)
    axes.set_xlabel("years")
    axes.set_ylabel("carbon taken up (Pg)")
    axes.legend(loc="upper left")


def _single(axes: Axes, result: Result) -> None:
    years = np.asarray(result.coordinates["time"].values)
    names = [str(n) for n in result.coordinates["effect"].values]
    effects, natural = (np.asarray(result.series[n].values) for n in ("effects", "natural"))
    for cause, colour in COLOURS.items():
        axes.plot(years, effects[:, names.index(cause)], color=colour, linewidth=1.5, label=cause)
    dashed = natural[:, names.index("warming")]
    axes.plot(years, dashed, color=style.SOURCE, linewidth=1.2, linestyle="--", label="warming, CO₂ as at the start")
    axes.axhline(0.0, color="#222222", linewidth=0.8)
    axes.set_xlabel("years")
    axes.set_ylabel("change of uptake (Pg)")
    axes.legend(loc="lower left")


def _all(axes: Axes, result: Result) -> None:
    names = [str(n) for n in result.coordinates["effect"].values]
    values = np.asarray(result.series["effects"].values)[-1]
    at = np.arange(len(names))
    colours = [COLOURS.get(n, "#9aa0a6") for n in names]
    axes.barh(at, values, color=colours, height=0.62)
    axes.axvline(0.0, color="#222222", linewidth=0.8)
    for i, v in enumerate(values):
        word = f" {v:+.1f} ".replace("-", "−")
        axes.text(v, i, word, va="center", ha="right" if v < 0 else "left", fontsize=8)
    axes.set_yticks(at, [n.replace(" x ", " × ") for n in names])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel("change of the carbon taken up by the end (Pg)")
