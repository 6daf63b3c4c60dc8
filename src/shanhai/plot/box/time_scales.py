"""Modes of the carbon cycle on an axis of time, and what a quasi-steady pool costs."""

import numpy as np
from matplotlib.figure import Figure

from shanhai.models.box.result import Result
from shanhai.plot.style import new_figure

COLOURS = {"fast": "#b2182b", "order one": "#4d4d4d", "slow": "#2166ac"}
MARKS = {"minute": 60 / 3.15576e7, "day": 1 / 365.25, "year": 1.0, "century": 100.0, "100 kyr": 1e5}


def draw(result: Result) -> Figure:
    """Time scales of all modes with the pool that leads them, coloured against each horizon."""
    figure = new_figure(9.0, 6.4)
    above, below = figure.subplots(2, 1, height_ratios=(3, 2))
    _modes(above, result)
    _errors(below, result)
    return figure


def _modes(axes, result: Result) -> None:  # type: ignore[no-untyped-def]
    times, names = result.series["time_scale"].values, result.series["led_by"].values
    made, rows = result.series["made_by"].values, np.arange(len(times))[::-1]
    kinds = result.series["kind"].values[len(result.coordinates["horizon"].values) // 2]
    middle = result.coordinates["horizon"].values[len(result.coordinates["horizon"].values) // 2]
    for kind, colour in COLOURS.items():
        here = kinds == kind
        axes.scatter(times[here], rows[here], color=colour, s=28, label=f"{kind} against {middle:g} yr", zorder=3)
    for x, y, name, reaction in zip(times, rows, names, made):
        right = x < 1e3
        axes.annotate(
            f"{name} ({reaction})", (x, y), xytext=(7 if right else -7, 0), textcoords="offset points",
            ha="left" if right else "right", va="center", fontsize=7.5,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xlim(times.min() / 10, times.max() * 10)
    axes.set_yticks([])
    for name, year in MARKS.items():
        axes.axvline(year, color="#d9d9d9", linewidth=0.8, zorder=0)
        axes.text(year, len(times) - 0.3, name, ha="center", fontsize=7.5, color="#666666")
    axes.set_xlabel("time scale (yr)")
    axes.set_title("Modes, by the pool that leads them (and the reaction that makes them)", pad=16)
    axes.legend(frameon=False, fontsize=8, loc="lower left")


def _errors(axes, result: Result) -> None:  # type: ignore[no-untyped-def]
    species, errors = result.coordinates["species"].values, result.series["error"].values
    shown = np.argsort(-errors)[:8][::-1]
    axes.barh(np.arange(len(shown)), np.maximum(errors[shown], 1e-16), color="#9ecae1")
    axes.set_yticks(np.arange(len(shown)), species[shown])
    axes.set_xscale("log")
    axes.set_xlabel("relative error at the end of the run")
    axes.set_title("Error of the run whose fastest pools are quasi-steady: its largest")
