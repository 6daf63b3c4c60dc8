"""Figure of the global carbon budget: what is emitted and where it goes, CO2, warming and pH of the scenarios."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shanhai.models.box.result import Result
from shanhai.plot.style import new_figure

_SOURCES = (("fossil", "#7f7f7f", "fossil emission"), ("land_use", "#b8860b", "land-use change"))
_SINKS = (("growth", "#56b4e9", "air"), ("ocean", "#2166ac", "sea"), ("land", "#1b7837", "land"))
_PALETTE = ("#1b9e77", "#66c2a5", "#8da0cb", "#5e4fa2", "#e6ab02", "#a6761d", "#d95f02", "#b2182b")
_STYLES = ("-", "--", "-.", "-", "--", ":", "-", "-")
PAST = 2020


def draw(result: Result) -> Figure:
    """Draw budget, CO2, warming and pH.

    Args:
        result: of the model `global_carbon_budget`.
    """
    figure = new_figure(10.0, 8.6)
    axes = figure.subplots(2, 2)
    _budget(axes[0, 0], result)
    _co2(axes[0, 1], result)
    _scenarios(axes[1, 0], result, "warming", "Warming since 1750 (K)")
    _scenarios(axes[1, 1], result, "ph", "pH of the surface sea (total scale)")
    for axis, letter in zip(axes.flat, "abcd"):
        axis.set_title(f"{letter}  {axis.get_title(loc='left')}", loc="left")
    handles, labels = axes[1, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(8, len(labels)))
    return figure


def _budget(axis: Axes, result: Result) -> None:
    years = np.asarray(result.coordinates["time"].values)
    past = (years >= 1850) & (years <= PAST)
    for parts, sign in ((_SOURCES, 1.0), (_SINKS, -1.0)):
        level = np.zeros(past.sum())
        for name, colour, label in parts:
            value = sign * np.asarray(result.series[name].values)[0][past]
            axis.fill_between(years[past], level, level + value, color=colour, lw=0, label=label)
            level = level + value
    axis.axhline(0, color="#333333", lw=0.7)
    axis.set_title("Emissions above, what takes them below", loc="left")
    axis.set_ylabel("PgC yr⁻¹")
    axis.set_xlim(1850, PAST)
    axis.legend(loc="upper left", ncols=2)


def _co2(axis: Axes, result: Result) -> None:
    _scenarios(axis, result, "ppm", "CO₂ in dry air (ppm)")
    years, ppm = (np.asarray(v.values) for v in (result.coordinates["observed_time"], result.series["ppm_observed"]))
    within = axis.inset_axes((0.1, 0.55, 0.42, 0.4))
    time = np.asarray(result.coordinates["time"].values)
    past = time <= PAST
    within.plot(time[past], np.asarray(result.series["ppm"].values)[0][past], color="#333333", lw=1.2, label="model")
    within.plot(years, ppm, "o", ms=2.5, color="#d95f02", label="observed")
    within.tick_params(labelsize=7)
    within.legend(loc="upper left", fontsize=7)


def _scenarios(axis: Axes, result: Result, name: str, label: str) -> None:
    time, names = (np.asarray(result.coordinates[c].values) for c in ("time", "scenario"))
    for i, (scenario, values) in enumerate(zip(names, np.asarray(result.series[name].values))):
        look: dict[str, Any] = {"color": _PALETTE[i % 8], "ls": _STYLES[i % 8], "lw": 1.3}
        axis.plot(time, values, label=_spoken(str(scenario)), **look)
    axis.set_xlim(1850, time[-1])
    axis.set_ylabel(label)
    axis.set_title(label.split(" (")[0], loc="left")


def _spoken(name: str) -> str:
    """Name as people write it: SSP2-4.5."""
    return f"SSP{name[3]}-{name[4]}.{name[5]}{name[6:]}"
