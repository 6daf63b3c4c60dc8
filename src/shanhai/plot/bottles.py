"""Water samples: profiles of the carbonate system, and how further measurements agree with it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator
from numpy.typing import ArrayLike, NDArray

from shanhai.core.errors import InputError
from shanhai.core.notation import quantity
from shanhai.plot import style

DEEP = 1000.0  # dbar, from here on the scale of pressure is that of its square root
_TICKS = (0, 50, 200, 500, 1000, 2000, 3000, 4000, 5000, 6000, 8000, 10000)
_DOT: dict[str, Any] = {"linewidth": 0.0, "alpha": 0.75, "rasterized": True}
_IN_A_ROW = 6
_GRID: dict[str, Any] = {"color": "#e4e4e4", "linewidth": 0.5}


def bottle_profiles(
    values: Mapping[str, ArrayLike],
    pressure: ArrayLike,
    *,
    salinity: ArrayLike,
    latitude: ArrayLike | None = None,
    differences: Mapping[str, ArrayLike] | None = None,
    title: str,
    subtitle: str = "",
) -> Figure:
    """Panels of quantities against pressure, or against salinity where every sample is at the surface.

    The saturation states have the line of one, below which the mineral dissolves. Differences have their mean and one
    standard deviation to both sides.

    Args:
        values: quantity of the notation table -> values in its unit, 1-D.
        pressure: sea pressure [dbar], same shape.
        salinity: practical salinity [1], same shape.
        latitude: [degree], same shape; colours the samples.
        differences: quantity -> computed minus measured, same shape.
        title: what and from where.
        subtitle: pair and constants.

    Returns:
        figure of as many panels as there are quantities and differences.

    Raises:
        InputError: when no sample has any of the quantities.
    """
    p, s = np.asarray(pressure, dtype=float), np.asarray(salinity, dtype=float)
    shown = {name: np.asarray(x, dtype=float) for name, x in values.items()}
    shown = {name: x for name, x in shown.items() if np.isfinite(x).any()}
    if not shown:
        raise InputError("no sample has a result to draw", where=title)
    surface = not (np.nan_to_num(p) > 0).any()
    colour = None if latitude is None else np.asarray(latitude, dtype=float)
    with style.look():
        further = [(name, np.asarray(x, dtype=float)) for name, x in (differences or {}).items()]
        panels = [*shown.items(), *further]
        figure, rows = _grid(len(shown), len(further))
        axes = [each for row in rows for each in row]
        for number, (each, (name, x)) in enumerate(zip(axes, panels)):
            points = _points(each, x, s if surface else p, colour, surface)
            if number < len(shown):
                _quantity(each, name, surface)
            else:
                _difference(each, name, x, surface)
        for row in rows:
            _vertical(row, p, surface)
        if colour is not None and np.isfinite(colour).any():
            bar = figure.colorbar(points, ax=axes, shrink=0.6, aspect=32, pad=0.01)
            bar.set_label("Latitude (°)")
            bar.solids.set_alpha(1)  # type: ignore[union-attr]
        style.titles(figure, title, subtitle)
    return figure


def _grid(quantities: int, differences: int) -> tuple[Figure, list[list[Axes]]]:
    """A row of quantities and one of differences below it, or one row where all of them fit."""
    together = quantities + differences
    counts = [together] if together <= _IN_A_ROW else [quantities, differences]
    columns = max(counts)
    figure = style.new_figure(2.4 * columns + 1.0, 3.9 * len(counts) + 0.5)
    grid = figure.add_gridspec(len(counts), columns)
    return figure, [[figure.add_subplot(grid[i, j]) for j in range(n)] for i, n in enumerate(counts)]


def _points(axes: Axes, x: NDArray[Any], against: NDArray[Any], colour: NDArray[Any] | None, surface: bool) -> Any:
    across, up = (against, x) if surface else (x, against)
    axes.grid(**_GRID)
    axes.set_axisbelow(True)
    size = float(np.clip(300 / np.sqrt(max(int(np.isfinite(x).sum()), 1)), 1.5, 18))
    if colour is None:
        return axes.scatter(across, up, s=size, color=style.SINK, **_DOT)
    low, high = np.nanmin(colour, initial=np.inf), np.nanmax(colour, initial=-np.inf)
    return axes.scatter(across, up, s=size, c=colour, cmap="viridis", vmin=low, vmax=high, plotnonfinite=True, **_DOT)


def _quantity(axes: Axes, name: str, surface: bool) -> None:
    label = _label(name)
    axes.set_ylabel(label) if surface else axes.set_xlabel(label)
    if name.startswith("omega_") and quantity(name).symbol.startswith("\\Omega"):
        _line(axes, 1.0, surface, color=style.SOURCE, linewidth=1.0)


def _label(name: str) -> str:
    """Symbol and unit: words would not fit side by side."""
    return style.label(name, with_name=False)


def _difference(axes: Axes, name: str, x: NDArray[Any], surface: bool) -> None:
    there = x[np.isfinite(x)]
    mean, sd = float(there.mean()), float(there.std(ddof=1)) if there.size > 1 else 0.0
    _line(axes, 0.0, surface, color="#222222", linewidth=0.7)
    _line(axes, mean, surface, color=style.SOURCE, linewidth=1.0)
    span = axes.axhspan if surface else axes.axvspan
    span(mean - sd, mean + sd, color=style.SOURCE, alpha=0.12, linewidth=0)
    label = f"Δ{_label(name)}"
    axes.set_ylabel(label) if surface else axes.set_xlabel(label)
    figures = f"{mean:.3g} ± {sd:.3g}, n = {there.size}".replace("-", "−")
    axes.set_title(f"Computed − measured\n{figures}", fontsize=8, fontweight="normal")


def _line(axes: Axes, at: float, surface: bool, **look: Any) -> None:
    (axes.axhline if surface else axes.axvline)(at, zorder=1.5, **look)


def _vertical(axes: Sequence[Axes], pressure: NDArray[Any], surface: bool) -> None:
    """The axis that panels of a row share; labelled once."""
    for each in axes:
        if surface:
            each.set_xlabel(f"{style.label('salinity', with_name=False)}")
            continue
        each.xaxis.set_major_locator(MaxNLocator(4))
        deepest = float(np.nanmax(pressure))
        if deepest > DEEP:
            each.set_yscale("function", functions=(_root, np.square))
            each.yaxis.set_major_locator(FixedLocator([t for t in _TICKS if t <= deepest]))
        each.set_ylim(deepest * 1.02, 0.0)
        each.tick_params(labelleft=each is axes[0])
    if not surface:
        axes[0].set_ylabel(style.label("pressure", with_name=False))


def _root(pressure: NDArray[Any]) -> NDArray[Any]:
    return np.sqrt(np.maximum(pressure, 0.0))
