"""Figure of radiocarbon in soil: air, pools and respiration over the years, and the profile before and after."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shanhai.models.box.result import Result
from shanhai.plot import style

POOLS = {"active": ("#56b4e9", "active"), "slow": ("#009e73", "slow"), "passive": ("#7b3294", "passive")}
AIR, SOIL = "#9aa0a6", "#d55e00"


def draw(result: Result) -> Figure:
    """Three panels: the bomb pulse in pools, respiration since 1990, depth."""
    with style.look():
        figure = style.new_figure(9.0, 3.7)
        pulse, recent, depth = figure.subplots(1, 3, width_ratios=(1.25, 1.1, 0.8))
        _pulse(pulse, result)
        _recent(recent, result)
        _depth(depth, result)
        style.titles(figure, "Bomb radiocarbon in soil tells how long carbon stays", _foot(result))
    return figure


def _foot(result: Result) -> str:
    held = f"The profile holds {result.number('carbon'):.1f} kg C m⁻², {result.number('turnover'):.0f} years of litter."
    found = {n.name: n.value for n in result.numbers}
    if "rmse_predicted" in found:
        return f"{held} RMSE: {found['rmse_fitted']:.0f} ‰ fitted, {found['rmse_predicted']:.0f} ‰ predicted."
    return held


def _pulse(axes: Axes, result: Result) -> None:
    year = result.coordinates["time"].values
    axes.plot(year, result.series["air"].values, color=AIR, linewidth=1.2, label="air")
    names = [str(n) for n in result.coordinates["pool"].values]
    for name, (colour, label) in POOLS.items():
        axes.plot(year, np.asarray(result.series["pools"].values)[:, names.index(name)], color=colour, label=label)
    axes.plot(year, result.series["respired"].values, color=SOIL, linewidth=1.8, label="respiration")
    axes.set_xlim(1945, year[-1])
    axes.set_ylabel("Δ¹⁴C (‰)")
    axes.legend(fontsize=7, handlelength=1.4)


def _recent(axes: Axes, result: Result) -> None:
    year = np.asarray(result.coordinates["time"].values)
    from_1990 = year >= 1990.0
    if "measured" in result.coordinates:
        axes.plot(
            result.coordinates["measured"].values,
            result.series["measured_respired"].values,
            ".",
            color="#222222",
            markersize=3.5,
            alpha=0.5,
            label="measured",
        )
    for name, colour, label in (("air", AIR, "air"), ("pools_respired", "#0072b2", "pools"), ("respired", SOIL, "all")):
        axes.plot(year[from_1990], np.asarray(result.series[name].values)[from_1990], color=colour, label=label)
    axes.set_ylabel("Δ¹⁴C of respiration (‰)")
    axes.legend(fontsize=7, handlelength=1.4)


def _depth(axes: Axes, result: Result) -> None:
    depth = result.coordinates["depth"].values
    first, last = (int(result.coordinates["time"].values[k]) for k in (0, -1))
    axes.plot(result.series["first_profile"].values, depth, "o-", color=AIR, markersize=3, label=f"{first}")
    axes.plot(result.series["profile"].values, depth, "o-", color=SOIL, markersize=3, label=f"{last}")
    axes.invert_yaxis()
    axes.set_ylabel("depth (m)")
    axes.set_xlabel("Δ¹⁴C of the soil (‰)")
    axes.legend(fontsize=7, handlelength=1.4)
