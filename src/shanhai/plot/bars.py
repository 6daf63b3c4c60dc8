"""Net fluxes and mean fluxes through time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from shanhai.plot import style

CARBON_UNITS = ((1e12, "Pg"), (1e9, "Tg"), (1e6, "Gg"), (1e3, "Mg"), (1.0, "kg"))
"""Prefixed gram by its size in kilograms."""


def carbon_unit(values: ArrayLike) -> tuple[float, str]:
    """Size [kg] and name of the unit that suits masses of carbon.

    >>> carbon_unit([-2.93e8, 1e7])
    (1000000.0, 'Gg')
    """
    finite = np.abs(np.asarray(values, dtype=float))
    finite = finite[np.isfinite(finite)]
    largest = float(finite.max()) if finite.size else 0.0
    return next(((size, unit) for size, unit in CARBON_UNITS if largest >= size), CARBON_UNITS[-1])


def net_flux_bars(
    series: dict[str, tuple[Sequence[str], ArrayLike, ArrayLike | None]],
    *,
    title: str,
    subtitle: str = "",
    language: str = "en",
) -> Figure:
    """Bars of the net flux through time, a row for each sea area: uptake blue, release red.

    Args:
        series: sea area -> labels of the time spans, net flux [kg C], its uncertainty [kg C] or None.
        title: what and when.
        subtitle: mode, law, period.
        language: "en" or "zh".
    """
    words = style.texts(language)
    with style.look():
        figure = style.new_figure(7.2, 1.0 + 1.75 * len(series))
        rows = figure.subplots(len(series), 1, squeeze=False)[:, 0]
        for axes, (area, (labels, values, uncertainty)) in zip(rows, series.items()):
            size, unit = carbon_unit(values)
            scaled = np.asarray(values, dtype=float) / size
            spread = None if uncertainty is None else np.asarray(uncertainty, dtype=float) / size
            _bars(axes, labels, scaled, spread)
            axes.set_ylabel(f"{words['net_flux']}\n({unit} C)")
            axes.set_title(area, fontsize=9, fontweight="normal", pad=4)
        style.titles(figure, title, subtitle, words["bars_note"])
    return figure


def _bars(axes: Axes, labels: Sequence[str], values: NDArray[Any], spread: NDArray[Any] | None) -> None:
    at = np.arange(len(values))
    colours = [style.SINK if v < 0 else style.SOURCE for v in values]
    axes.bar(at, values, width=0.72, color=colours, zorder=2)
    if spread is not None and np.isfinite(spread).any():
        axes.errorbar(at, values, yerr=spread, fmt="none", ecolor="#222222", elinewidth=0.9, capsize=2.5, zorder=3)
    axes.axhline(0, color="#222222", linewidth=0.8, zorder=4)
    axes.grid(axis="y", color="#e4e4e4", linewidth=0.5)
    axes.set_axisbelow(True)
    for i in np.flatnonzero(~np.isfinite(values)).tolist():
        axes.text(i, 0, "×", ha="center", va="center", color="#777777", fontsize=10, zorder=5)
    _span_ticks(axes, labels)
    axes.margins(y=0.15)


def _span_ticks(axes: Axes, labels: Sequence[str]) -> None:
    """Label at most a dozen time spans."""
    step = max(1, -(-len(labels) // 12))
    axes.set_xticks(range(0, len(labels), step), [style.plain(str(x)) for x in labels[::step]])
    axes.set_xlim(-0.6, len(labels) - 0.4)
    axes.tick_params(axis="x", length=0)


def flux_series(
    labels: Sequence[str],
    mean: ArrayLike,
    *,
    title: str,
    subtitle: str = "",
    language: str = "en",
) -> Figure:
    """Mean flux of the whole region, period by period.

    Args:
        labels: periods.
        mean: mean flux [mmol m-2 d-1], one per period.
        title: what and when.
        subtitle: mode, law, period.
        language: "en" or "zh".
    """
    values = np.asarray(mean, dtype=float)
    at = np.arange(len(values))
    with style.look():
        figure = style.new_figure(7.2, 3.1)
        axes = figure.add_subplot()
        axes.fill_between(at, values, 0, where=values <= 0, color=style.SINK, alpha=0.18, interpolate=True, linewidth=0)
        axes.fill_between(
            at, values, 0, where=values >= 0, color=style.SOURCE, alpha=0.18, interpolate=True, linewidth=0
        )
        axes.plot(at, values, color=style.NEUTRAL, linewidth=1.2)
        axes.scatter(at, values, s=16, color=[style.SINK if v < 0 else style.SOURCE for v in values], zorder=3)
        axes.axhline(0, color="#222222", linewidth=0.8)
        axes.grid(axis="y", color="#e4e4e4", linewidth=0.5)
        axes.set_axisbelow(True)
        _span_ticks(axes, labels)
        axes.set_ylabel(style.label("co2_flux", language, with_name=False))
        style.titles(figure, title, subtitle)
    return figure
