"""Figure of the preset `anthropogenic_carbon`."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from shanhai.models.box.result import Result
from shanhai.plot import style

_TICKS = (0, 200, 1000, 2000, 3000, 4000, 5000)


def draw(result: Result) -> Figure:
    """Sections of the truth, of each method less it, and bias and error of all.

    Args:
        result: of the preset.
    """
    with style.look():
        figure = style.new_figure(11.0, 8.4)
        axes = figure.subplots(3, 3).ravel()
        truth = _section(axes[0], result, result.series["true_c_ant"].values, "True, since 1750", "viridis", 0.0, 70.0)
        figure.colorbar(truth, ax=axes[0], pad=0.02, label="µmol kg⁻¹")
        off: dict[str, Any] = {"pad": 0.02, "label": "minus truth (µmol kg⁻¹)", "extend": "both"}
        wide = _differences(axes[1:6], result, "c_ant", "method", 20.0)
        for each in (axes[2], axes[5]):
            figure.colorbar(wide, ax=each, **off)
        narrow = _differences(axes[6:8], result, "c_ant_change", "change_method", 4.0)
        figure.colorbar(narrow, ax=axes[7], **off)
        _errors(axes[8], result)
        title = "Anthropogenic carbon of a synthetic section: every method against the truth it was made from"
        style.titles(
            figure,
            title,
            "Below 100 dbar. eMLR tells the change between the two cruises, the others all since industry.",
        )
    return figure


def _differences(axes: Any, result: Result, name: str, dim: str, most: float) -> Any:
    truth, shown = result.series[f"true_{name}"].values, None
    for i, each in enumerate(axes):
        off = result.series[name].values[i] - truth
        shown = _section(each, result, off, str(result.coordinates[dim].values[i]), "RdBu_r", -most, most)
    return shown


def _root(pressure: Any) -> Any:
    return np.sqrt(np.maximum(pressure, 0.0))


def _section(axes: Axes, result: Result, values: Any, title: str, colours: str, low: float, high: float) -> Any:
    latitude, pressure = (result.coordinates[name].values for name in ("latitude", "pressure"))
    known = np.where(pressure > 100.0, values, np.nan)
    shown = axes.pcolormesh(
        latitude, pressure, known.T, cmap=colours, vmin=low, vmax=high, shading="nearest", rasterized=True
    )
    axes.set_yscale("function", functions=(_root, np.square))
    axes.yaxis.set_major_locator(FixedLocator(_TICKS))
    axes.set_ylim(pressure[-1], 100.0)
    axes.set_facecolor(style.MISSING)
    axes.set_title(title)
    axes.set_xlabel("Latitude (°)")
    axes.set_ylabel("Pressure (dbar)")
    return shown


def _errors(axes: Axes, result: Result) -> None:
    keys = [n.name.removesuffix("_rms") for n in result.numbers if n.name.endswith("_rms")]
    names = [*result.coordinates["method"].values, *result.coordinates["change_method"].values]
    place = np.arange(len(keys))
    rms = [result.number(f"{key}_rms") for key in keys]
    bias = [result.number(f"{key}_bias") for key in keys]
    axes.barh(place, rms, color="#c9d7e8", label="root mean square")
    axes.plot(bias, place, "D", color=style.SOURCE, markersize=5, label="bias of the mean")
    axes.axvline(0.0, color="#333333", linewidth=0.8)
    axes.set_yticks(place, [str(name) for name in names])
    axes.invert_yaxis()
    axes.set_xlabel("Estimate minus truth (µmol kg⁻¹)")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
