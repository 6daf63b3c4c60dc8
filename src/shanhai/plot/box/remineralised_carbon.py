"""Figure of the preset `remineralised_carbon`."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from shanhai.models.box.result import Result
from shanhai.plot import style

ORGANIC, SHELLS, START = "#1b7837", "#b35806", "#2166ac"
_MARKERS = "osD^vP"
_COLOURS = ("#000000", "#e69f00", "#0072b2", "#009e73", "#56b4e9", "#d55e00")
_TICKS = (0, 20, 100, 250, 500, 1000, 2000, 3000, 4000, 5000)


def draw(result: Result) -> Figure:
    """Profiles of AOU, of the parts of DIC, of preformed nutrients, and the spread over published ratios.

    Args:
        result: of the preset.
    """
    with style.look():
        figure = style.new_figure(11.0, 4.8)
        axes = list(figure.subplots(1, 4, sharey=True))
        _aou(axes[0], result)
        _parts(axes[1], result)
        _preformed(axes[2], result)
        _sets(axes[3], result)
        _depth(axes, result.series["pressure"].values)
        style.titles(figure, "What respiration and shells have added to sea water", *result.notes[:2])
    return figure


def _root(pressure: Any) -> Any:
    return np.sqrt(np.maximum(pressure, 0.0))


def _depth(axes: list[Axes], pressure: Any) -> None:
    axes[0].set_yscale("function", functions=(_root, np.square))
    axes[0].yaxis.set_major_locator(FixedLocator([t for t in _TICKS if t <= max(pressure)]))
    axes[0].set_ylim(max(pressure) * 1.03, 0.0)
    axes[0].set_ylabel("Sea pressure (dbar)")
    for each in axes:
        each.grid(color="#e4e4e4", linewidth=0.5)
        each.set_axisbelow(True)


def _points(axes: Axes, result: Result, name: str, colour: str, marker: str, label: str) -> None:
    values = result.series[name].values
    axes.plot(values, result.series["pressure"].values, marker, color=colour, markersize=4, alpha=0.8, label=label)


def _aou(axes: Axes, result: Result) -> None:
    _points(axes, result, "aou", "#333333", "o", "AOU")
    axes.axvline(0.0, color="#999999", linewidth=0.8)
    axes.set_xlabel("AOU (µmol kg⁻¹)")


def _parts(axes: Axes, result: Result) -> None:
    _points(axes, result, "remineralised_dic", ORGANIC, "o", "organic matter")
    _points(axes, result, "calcium_carbonate", SHELLS, "s", "CaCO₃")
    axes.axvline(0.0, color="#999999", linewidth=0.8)
    axes.set_xlabel("DIC added (µmol kg⁻¹)")
    axes.legend(loc="lower right")


def _preformed(axes: Axes, result: Result) -> None:
    _points(axes, result, "dic", "#888888", "x", "measured")
    _points(axes, result, "preformed_dic", START, "o", "preformed")
    axes.set_xlabel("DIC (µmol kg⁻¹)")
    axes.legend(loc="lower left")


def _sets(axes: Axes, result: Result) -> None:
    pressure, first = result.series["pressure"].values, result.series["remineralised_dic"].values
    for i, name in enumerate(result.coordinates["stoichiometry"].values):
        off = result.series["remineralised_dic_by_set"].values[i] - first
        label = str(name).replace("_", " ").title().replace(" Sarmiento", " & Sarmiento")
        axes.plot(off, pressure, _MARKERS[i], color=_COLOURS[i], markersize=3.5, alpha=0.8, label=label)
    axes.set_xlabel("By other ratios, minus chosen (µmol kg⁻¹)")
    axes.legend(loc="lower right", fontsize=7)
