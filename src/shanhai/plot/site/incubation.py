"""Figure of the model `incubation`: a panel a jar, and what a fit has learned."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from shanhai.models.box.result import Result
from shanhai.plot import style

COLUMNS = 4
LINES = {"modelled": ("#888888", "--"), "fitted": ("#0072b2", "-"), "predicted": ("#d55e00", ":")}
MOST = 16  # jars drawn


def draw(result: Result) -> Figure:
    """Measured and modelled CO2 of every jar, and below them the fitted parameters.

    Args:
        result: of the model.
    """
    jars = [str(name) for name in result.coordinates["jar"].values][:MOST]
    rows = -(-len(jars) // COLUMNS)
    fitted = "parameter" in result.coordinates
    with style.look():
        figure = style.new_figure(10.0, 1.2 + 1.75 * rows + 2.6 * fitted)
        grid = figure.add_gridspec(rows + fitted, COLUMNS, height_ratios=[1.0] * rows + [1.3] * fitted)
        first = None
        for k, jar in enumerate(jars):
            first = figure.add_subplot(grid[k // COLUMNS, k % COLUMNS], sharex=first, sharey=first)
            _jar(first, result, k, jar)
        _outer(figure, result, rows)
        if fitted:
            _parameters(figure.add_subplot(grid[rows, 1:3]), result)
            _scatter(figure.add_subplot(grid[rows, 3]), result)
        style.titles(figure, "CO₂ given off by soil in jars", *result.notes[:2])
    return figure


def _jar(axes: Axes, result: Result, k: int, name: str) -> None:
    days = result.coordinates["day"].values
    if "measured" in result.series:
        told, error = (np.asarray(result.series[n].values)[:, k] for n in ("measured", "error"))
        axes.errorbar(days, told, error, fmt="o", color="black", markersize=2.5, linewidth=0.7, label="measured")
    for which, (colour, line) in LINES.items():
        if which in result.series:
            axes.plot(days, np.asarray(result.series[which].values)[:, k], line, color=colour, label=which)
    axes.set_title(name, fontsize=8, fontweight="normal")


def _outer(figure: Figure, result: Result, rows: int) -> None:
    for k, axes in enumerate(figure.axes):
        last = k + COLUMNS >= len(figure.axes)
        axes.tick_params(labelbottom=last, labelleft=k % COLUMNS == 0)
        if last:
            axes.set_xlabel("Day")
    modelled = result.series["modelled"]
    what = "CO₂-C" if "as carbon" in modelled.meaning else "CO₂"
    figure.axes[(rows // 2) * COLUMNS].set_ylabel(f"{what}, {style.unit_text(modelled.unit)}")
    shown = [np.asarray(result.series[n].values) for n in ("measured", *LINES) if n in result.series]
    figure.axes[0].set_ylim(0.0, 1.05 * max(float(np.nanmax(values)) for values in shown))
    figure.axes[0].legend(fontsize=7)


def _parameters(axes: Axes, result: Result) -> None:
    names = [str(name) for name in result.coordinates["parameter"].values]
    before, value, error, learned = (
        np.asarray(result.series[n].values, float) for n in ("value_before", "value", "standard_error", "learned")
    )
    place = np.arange(len(names))[::-1]
    factor, spread = value / before, error / np.abs(value)
    axes.errorbar(
        factor, place, xerr=[factor - factor * np.exp(-spread), factor * np.exp(spread) - factor], fmt="o",
        color=LINES["fitted"][0], markersize=4,
    )  # fmt: skip
    for x, y, part in zip(factor * np.exp(spread), place, learned):
        axes.annotate(f"{part:.0%}", (x, y), xytext=(4, 0), textcoords="offset points", fontsize=7, va="center")
    axes.axvline(1.0, color="#999999", linewidth=0.8)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_yticks(place, [n.replace("layer.", "") for n in names], fontsize=7)
    for text in axes.get_yticklabels():
        text.set_in_layout(False)  # they reach into the empty column beside
    axes.set_xlabel("Fitted over start; % of the variance that the data removed")


def _scatter(axes: Axes, result: Result) -> None:
    measured: Any = np.asarray(result.series["measured"].values)
    which = "predicted" if "predicted" in result.series else "fitted"
    axes.plot(measured.ravel(), np.asarray(result.series[which].values).ravel(), ".", color=LINES[which][0])
    most = float(np.nanmax(measured))
    axes.plot([0.0, most], [0.0, most], color="#999999", linewidth=0.8)
    axes.set_xlabel("Measured")
    axes.set_ylabel(which.capitalize())
