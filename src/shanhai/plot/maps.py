"""Maps of fields on latitude and longitude, of any size: reduced to pixels before they are drawn."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from shanhai.core.errors import InputError
from shanhai.grids.horizontal import edges
from shanhai.plot import style

SIGNED = ("co2_flux", "delta_pco2")
"""Quantities drawn with a scale symmetric about zero, blue below and red above."""
COLOURS = {
    "sea_surface_temperature": "inferno",
    "transfer_velocity": "plasma",
    "co2_flux_uncertainty": "magma_r",
    "pco2_sea_uncertainty": "magma_r",
}
MOST_PIXELS = 2000

Outline = tuple[str, NDArray[np.float64]]
"""Name of a sea area and its corners as (longitude, latitude) rows."""


@dataclass(frozen=True)
class Scale:
    """Colours of a map and the values at their ends."""

    colours: Colormap
    norm: Normalize
    extend: str


def coarsen(field: xr.DataArray, most_pixels: int = MOST_PIXELS) -> xr.DataArray:
    """Reduce a field by block means until neither side exceeds a number of cells; lazy stays lazy.

    Args:
        field: dims (..., latitude, longitude), NaN where missing.
        most_pixels: longest side allowed.

    Returns:
        the field itself when it is small enough; else means over the valid cells of each block; a last block
        that is not full keeps its cells.
    """
    longest = max(field.sizes["latitude"], field.sizes["longitude"])
    least = -(-longest // most_pixels)
    if least <= 1:
        return field
    sides = (field.sizes["latitude"], field.sizes["longitude"])
    factor = next((f for f in range(least, 2 * least) if not any(n % f for n in sides)), least)
    blocks: Any = field.coarsen(latitude=factor, longitude=factor, boundary="pad")
    return blocks.mean(keep_attrs=True)


def scale_of(values: NDArray[Any], name: str, limits: tuple[float, float] | None = None) -> Scale:
    """Choose colours for a quantity: 2nd to 98th percentile, symmetric about zero where signs count."""
    finite = values[np.isfinite(values)]
    low, high = limits or _limits(finite, name in SIGNED)
    below, above = bool((finite < low).any()), bool((finite > high).any())
    extend = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}
    colours = mpl.colormaps["RdBu_r" if name in SIGNED else COLOURS.get(name, "viridis")]
    colours = colours.with_extremes(bad=style.MISSING)
    return Scale(colours, Normalize(low, high), extend[below, above])


def _limits(finite: NDArray[Any], symmetric: bool) -> tuple[float, float]:
    low, high = np.percentile(finite, [2, 98]) if finite.size else (0.0, 0.0)
    if symmetric:
        end = style.round_limit(max(abs(low), abs(high)))
        return -end, end
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-30):
        return float(low) - 0.5, float(high) + 0.5
    ticks = MaxNLocator(nbins=12, steps=[1, 2, 2.5, 5, 10]).tick_values(float(low), float(high))
    return float(ticks[0]), float(ticks[-1])


def field_map(
    field: xr.DataArray,
    name: str,
    *,
    title: str,
    subtitle: str = "",
    language: str = "en",
    outlines: Iterable[Outline] = (),
    label: str = "",
) -> Figure:
    """Map of any quantity of the notation table.

    Args:
        field: dims (latitude, longitude), ascending; longitude continuous across the date line (170 ... 190).
        name: quantity of the notation table, chooses label and colours.
        title: what and when.
        subtitle: mode, law, period.
        language: "en" or "zh"; English where no Chinese font exists.
        outlines: sea areas to outline.
        label: of the colour bar, where the quantity's own does not fit.

    Raises:
        InputError: for a field with other dimensions.
    """
    small = _two_dimensional(coarsen(field))
    scale = scale_of(small.values, name)
    with style.look():
        shape = _shape_on_page(small)
        wide = shape <= 0.9
        width = 7.2 if wide else 6.0
        map_width = width - 0.6 if wide else min(width - 1.2, 5.8 / shape)
        figure = style.new_figure(width, map_width * shape + (1.7 if wide else 1.0), fixed_shape=True)
        axes = figure.add_subplot()
        mesh = _draw(axes, small, scale, outlines)
        _degree_axes(axes, small)
        bar = _colour_bar(figure, mesh, axes, scale, wide)
        bar.set_label(label or style.label(name, language, with_name=False))
        style.titles(figure, title, subtitle, _key(name, language))
    return figure


def flux_map(
    field: xr.DataArray,
    *,
    title: str,
    subtitle: str = "",
    language: str = "en",
    outlines: Iterable[Outline] = (),
) -> Figure:
    """Map of the CO2 flux [mmol m-2 d-1]: blue where the sea takes it up, red where not; see `field_map`."""
    return field_map(field, "co2_flux", title=title, subtitle=subtitle, language=language, outlines=outlines)


def panel_maps(
    fields: xr.DataArray,
    names: Sequence[str],
    name: str,
    *,
    title: str,
    subtitle: str = "",
    language: str = "en",
    outlines: Iterable[Outline] = (),
) -> Figure:
    """Sheet of maps with one scale: twelve months, four seasons or some years.

    Args:
        fields: dims (panel, latitude, longitude), the first of any name.
        names: title of each panel.
        name: quantity of the notation table.
        title: what and when.
        subtitle: mode, law, period.
        language: "en" or "zh".
        outlines: sea areas to outline.

    Raises:
        InputError: when the panels and their names do not pair.
    """
    if len(names) != fields.shape[0]:
        raise InputError(f"there are {fields.shape[0]} panels and {len(names)} names for them", where=name)
    small = coarsen(fields, 600).load()
    scale = scale_of(small.values, name)
    with style.look():
        columns = _columns(len(names), _shape_on_page(small[0]))
        rows = -(-len(names) // columns)
        panel_height = (7.4 - 0.5) / columns * _shape_on_page(small[0])
        figure = style.new_figure(7.4, rows * (panel_height + 0.25) + 1.4, fixed_shape=True)
        grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for axes, panel, words in zip(grid.flat, small, names):
            mesh = _draw(axes, panel, scale, outlines)
            _degree_axes(axes, panel, most=3)
            axes.set_title(style.plain(words), fontsize=8.5, fontweight="normal", pad=3)
        for axes in grid.flat[len(names) :]:
            axes.remove()
        for axes in grid.flat[len(names) - columns : len(names)]:  # the lowest of each column
            axes.tick_params(labelbottom=True)
        bar = _colour_bar(figure, mesh, list(grid.flat[: len(names)]), scale, True)
        bar.set_label(style.label(name, language, with_name=False))
        style.titles(figure, title, subtitle, _key(name, language))
    return figure


def _two_dimensional(field: xr.DataArray) -> xr.DataArray:
    if set(field.dims) != {"latitude", "longitude"}:
        raise InputError(f"a map needs (latitude, longitude), not {field.dims}", where=str(field.name))
    return field.transpose("latitude", "longitude").load()


def _cell_edges(small: xr.DataArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return _edges(small["longitude"].values), np.clip(_edges(small["latitude"].values), -90, 90)


def _edges(centres: NDArray[Any]) -> NDArray[np.float64]:
    return edges(centres) if len(centres) > 1 else np.array([centres[0] - 0.5, centres[0] + 0.5])


def _stretch(latitudes: NDArray[np.float64]) -> float:
    """Length of a degree of latitude over one of longitude at the middle of the map, at most 4."""
    middle = 0.0 if latitudes[-1] - latitudes[0] > 100 else (latitudes[0] + latitudes[-1]) / 2
    return float(1 / max(np.cos(np.radians(middle)), 0.25))


def _shape_on_page(small: xr.DataArray) -> float:
    x, y = _cell_edges(small)
    return float(np.clip((y[-1] - y[0]) * _stretch(y) / (x[-1] - x[0]), 0.2, 4.0))


def _columns(panels: int, height_per_width: float) -> int:
    most = 4 if height_per_width > 0.8 else 3
    if panels in (2, 4) and height_per_width <= 1.3:
        return 2
    return min(most, panels)


def _draw(axes: Axes, small: xr.DataArray, scale: Scale, outlines: Iterable[Outline]) -> Any:
    x, y = _cell_edges(small)
    axes.set_facecolor(style.MISSING)
    values = np.ma.masked_invalid(small.values)
    if _uniform(x) and _uniform(y):
        extent = (x[0], x[-1], y[0], y[-1])
        options: dict[str, Any] = {"origin": "lower", "interpolation": "nearest", "aspect": "auto"}
        mesh: Any = axes.imshow(values, extent=extent, cmap=scale.colours, norm=scale.norm, **options)
    else:
        mesh = axes.pcolormesh(x, y, values, cmap=scale.colours, norm=scale.norm, rasterized=True)
    for words, corners in outlines:
        _outline(axes, words, corners, (x[0], x[-1]))
    axes.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    axes.set_aspect(_stretch(y))
    return mesh


def _uniform(x: NDArray[np.float64]) -> bool:
    steps = np.diff(x)
    return bool(np.allclose(steps, steps[0], rtol=1e-3))


def _outline(axes: Axes, words: str, corners: NDArray[np.float64], span: tuple[float, float]) -> None:
    """Draw a ring on every turn of the globe that the map shows; a box across its edge appears on both sides."""
    x, y = np.append(corners[:, 0], corners[0, 0]), np.append(corners[:, 1], corners[0, 1])
    turns = [t for t in np.arange(-720, 721, 360) if x.max() + t > span[0] and x.min() + t < span[1]]
    for i, turn in enumerate(turns):
        axes.plot(x + turn, y, color="white", linewidth=2.2, zorder=3)
        axes.plot(x + turn, y, color="#111111", linewidth=0.9, zorder=4)
        if words and i == len(turns) - 1:
            box = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.0}
            left = max(x.min() + turn, span[0])
            axes.text(left, y.max(), f" {words}", fontsize=7, va="top", clip_on=True, bbox=box, zorder=5)


def _degree_axes(axes: Axes, small: xr.DataArray, most: int = 6) -> None:
    x, y = _cell_edges(small)
    axes.xaxis.set_major_locator(_degree_locator(most, x[-1] - x[0]))
    axes.yaxis.set_major_locator(_degree_locator(most, y[-1] - y[0]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: meridian(x)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: parallel(y)))
    for spine in axes.spines.values():
        spine.set_visible(True)


def _degree_locator(most: int, span: float) -> MaxNLocator:
    """Ticks that divide a turn where the map is wide."""
    return MaxNLocator(nbins=most, steps=[1, 1.2, 2, 3, 4.5, 6, 9, 10] if span > 60 else [1, 2, 5, 10])


def meridian(longitude: float) -> str:
    """Longitude as printed, on any turn.

    >>> meridian(122.5), meridian(190.0), meridian(-180.0), meridian(0.0)
    ('122.5°E', '170°W', '180°', '0°')
    """
    x = (longitude + 180.0) % 360.0 - 180.0
    if abs(x) < 1e-9 or abs(x + 180.0) < 1e-9:
        return f"{abs(x):g}°"
    return f"{abs(x):.6g}°{'E' if x > 0 else 'W'}"


def parallel(latitude: float) -> str:
    """Latitude as printed.

    >>> parallel(31.25), parallel(-5.0), parallel(0.0)
    ('31.25°N', '5°S', '0°')
    """
    if abs(latitude) < 1e-9:
        return "0°"
    return f"{abs(latitude):.6g}°{'N' if latitude > 0 else 'S'}"


def _colour_bar(figure: Figure, mesh: Any, axes: Any, scale: Scale, below: bool) -> Any:
    horizontal: dict[str, Any] = {"orientation": "horizontal", "shrink": 0.75, "aspect": 42, "pad": 0.03}
    upright: dict[str, Any] = {"orientation": "vertical", "shrink": 0.85, "aspect": 32, "pad": 0.03}
    bar: Any = figure.colorbar(mesh, ax=axes, extend=scale.extend, **(horizontal if below else upright))
    bar.outline.set_linewidth(0.5)
    bar.ax.tick_params(width=0.5)
    return bar


def _key(name: str, language: str) -> str:
    """What the colours mean, in words."""
    keys = {"co2_flux": "sink_to_source", "delta_pco2": "under_to_over"}
    return style.texts(language)[keys.get(name, "missing")]
