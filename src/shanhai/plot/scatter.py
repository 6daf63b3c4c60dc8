"""Match-ups of a product with in-situ values."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from shanhai.core.errors import InputError
from shanhai.core.notation import quantity
from shanhai.plot import style

MANY = 1500
"""From so many match-ups on, their density is drawn instead of each."""


def match_up_scatter(
    in_situ: ArrayLike,
    product: ArrayLike,
    name: str,
    *,
    title: str,
    subtitle: str = "",
    statistics: dict[str, float] | None = None,
    language: str = "en",
) -> Figure:
    """Product against in-situ values with the 1:1 line.

    Args:
        in_situ: in-situ values, 1-D, unit of the notation table.
        product: product values, same shape.
        name: quantity of the notation table.
        title: what and when.
        subtitle: mode, law, period.
        statistics: `R`, `RMSE`, `bias` and `N` as the accuracy assessment found them (formulas (11), (12)).
        language: "en" or "zh".

    Raises:
        InputError: when the two do not pair.
    """
    x, y = np.asarray(in_situ, dtype=float), np.asarray(product, dtype=float)
    if x.shape != y.shape or x.ndim != 1:
        raise InputError(f"match-ups do not pair: shapes {x.shape} and {y.shape}", where=name)
    pair = np.isfinite(x) & np.isfinite(y)
    x, y = x[pair], y[pair]
    words = style.texts(language)
    with style.look():
        figure = style.new_figure(5.4, 5.5)
        axes = figure.add_subplot()
        _points(figure, axes, x, y, words)
        _one_to_one(axes, x, y, words)
        _statistics_box(axes, name, statistics or {})
        axes.set_xlabel(f"{words['in_situ']} {style.label(name, language, with_name=False)}")
        axes.set_ylabel(f"{words['product']} {style.label(name, language, with_name=False)}")
        style.titles(figure, title, subtitle)
    return figure


def _points(figure: Figure, axes: Axes, x: NDArray[Any], y: NDArray[Any], words: dict[str, str]) -> None:
    if len(x) < MANY:
        size = float(np.clip(2500 / max(len(x), 1), 5, 26))
        axes.scatter(x, y, s=size, color=style.SINK, alpha=0.6, linewidth=0.3, edgecolor="white", zorder=3)
        return
    low, high = _span(x, y)
    bins = axes.hexbin(
        x,
        y,
        gridsize=60,
        extent=(low, high, low, high),
        mincnt=1,
        norm=LogNorm(),
        cmap="viridis",
        linewidths=0.1,
    )
    bar = figure.colorbar(bins, ax=axes, shrink=0.7, aspect=28, pad=0.02)
    bar.outline.set_linewidth(0.5)  # type: ignore[operator]
    bar.set_label(words["match_ups_per_bin"])


def _span(x: NDArray[Any], y: NDArray[Any]) -> tuple[float, float]:
    both = np.concatenate([x, y])
    if both.size == 0:
        return 0.0, 1.0
    low, high = float(both.min()), float(both.max())
    margin = 0.04 * (high - low) or max(0.04 * abs(high), 0.5)
    return low - margin, high + margin


def _one_to_one(axes: Axes, x: NDArray[Any], y: NDArray[Any], words: dict[str, str]) -> None:
    low, high = _span(x, y)
    axes.plot([low, high], [low, high], color="#222222", linewidth=0.9, label=words["one_to_one"], zorder=2)
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    axes.grid(color="#e4e4e4", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.legend(loc="lower right")


def _statistics_box(axes: Axes, name: str, statistics: dict[str, float]) -> None:
    unit = style.unit_text(quantity(name).unit)
    lines = [_statistic(key, statistics[key], unit) for key in ("N", "R", "RMSE", "bias") if key in statistics]
    if lines:
        box = {
            "facecolor": "white",
            "alpha": 0.85,
            "edgecolor": "#bbbbbb",
            "linewidth": 0.5,
            "boxstyle": "round",
        }
        axes.text(0.03, 0.97, "\n".join(lines), transform=axes.transAxes, va="top", bbox=box, zorder=5, fontsize=8.5)


def _statistic(key: str, value: float, unit: str) -> str:
    if key == "N":
        return rf"$N$ = {int(value)}"
    number = f"{value:.2f}".replace("-", "−")
    return rf"$R$ = {number}" if key == "R" else f"{key} = {number} {unit}"
