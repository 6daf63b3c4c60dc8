"""Figure of the overturning ocean: steady states above, uptake with two circulations below."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shanhai.models.box.result import Result
from shanhai.plot import style

FULL, WEAK = style.SINK, style.SOURCE


def draw(result: Result) -> Figure:
    """Six panels: CO2, carbon and radiocarbon of the boxes; uptake, deep carbon and deep oxygen over time."""
    with style.look():
        figure = style.new_figure(10.5, 6.4)
        (co2, dic, old), (uptake, deep, oxygen) = figure.subplots(2, 3)
        _bars(co2, result)
        _boxes(dic, result, "dic", "carbon (µmol kg⁻¹)")
        _boxes(old, result, "radiocarbon", "Δ¹⁴C (‰)")
        dic.legend(loc="best")
        _curves(uptake, result, "anthropogenic_uptake", "anthropogenic uptake (Pg yr⁻¹)")
        uptake.legend(loc="upper left")
        _curves(deep, result, "deep_dic_change", "natural deep carbon (µmol kg⁻¹)")
        _curves(oxygen, result, "deep_oxygen", "deep oxygen (µmol kg⁻¹)")
        less = result.number("stored_weakened") / result.number("stored_full") - 1.0
        more = result.number("weak_deep_dic_change")
        title = (
            f"Weakened overturning: {more:+.1f} µmol kg⁻¹ of carbon in the deep sea for good, "
            f"{100 * less:+.0f} % of anthropogenic carbon stored"
        ).replace("-", "−")
        style.titles(
            figure, title, "Above: steady states. Below: CO₂ rises in the air; the overturning weakens at year 0."
        )
    return figure


def _bars(axes: Axes, result: Result) -> None:
    names = [str(n) for n in result.coordinates["experiment"].values]
    values = np.asarray(result.series["co2"].values)
    colours = [style.NEUTRAL, WEAK, *(["#b8b8b8"] * (len(names) - 2))]
    axes.barh(names, values, color=colours)
    axes.invert_yaxis()
    axes.set_xlim(0.0, 1.18 * values.max())
    for k, value in enumerate(values):
        axes.text(value, k, f" {value:.0f}", va="center", fontsize=8)
    axes.set_xlabel("CO₂ of the air (µmol mol⁻¹)")


def _boxes(axes: Axes, result: Result, name: str, label: str) -> None:
    boxes = [str(n) for n in result.coordinates["box"].values]
    values = np.asarray(result.series[name].values)
    place = np.arange(len(boxes))
    axes.plot(values[0], place, "o", color=FULL, label="reference")
    axes.plot(values[1], place, "D", color=WEAK, markerfacecolor="none", label="weakened")
    axes.set_yticks(place, boxes)
    axes.invert_yaxis()
    axes.set_xlabel(label)
    axes.grid(axis="y", color="#e4e4e4", linewidth=0.5)


def _curves(axes: Axes, result: Result, name: str, label: str) -> None:
    years = result.coordinates["time"].values
    full, weak = np.asarray(result.series[name].values)
    axes.plot(years, full, color=FULL, label="full overturning")
    axes.plot(years, weak, color=WEAK, linestyle="--", label="weakened")
    axes.set_xlabel("years since CO₂ begins to rise")
    axes.set_ylabel(label)
