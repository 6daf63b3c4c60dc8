"""Gridding of the inputs: crop, unify time, unify space (HY/T 0343.5 clause 4.3).

The order is the standard's: a field is cropped before anything of it is read, brought to the periods on its
own grid, and then remapped. Everything stays lazy: blocks are read when the prepared dataset is computed, a
band of rows at a time.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from dask.array.core import normalize_chunks
from numpy.typing import ArrayLike, NDArray

from shanhai.core.errors import ConfigError, InputError
from shanhai.core.notation import quantity
from shanhai.grids.horizontal import edges as edges_between
from shanhai.grids.remap import (
    CIRCLE,
    SAME,
    Axis,
    Method,
    Remapper,
    latitude_axis,
    longitude_axis,
    matching_cells,
    remapper,
)
from shanhai.monitoring.config import GridSection, Region
from shanhai.monitoring.intervals import (
    Samples,
    TimeMethod,
    check_coverage,
    samples_of,
    slice_or_list,
    to_period,
    value_of_samples,
)
from shanhai.monitoring.periods import Period
from shanhai.monitoring.winds import MOMENTS, check_moments, moments_of_samples, resolves

__all__ = [
    "TargetGrid",
    "check_coverage",
    "crop",
    "nearest_on",
    "prepare",
    "target_grid",
    "to_grid",
    "to_period",
]

_BLOCK_CELLS = 4_000_000  # of a block while remapping: 32 MB in float64
_HORIZONTAL = ("latitude", "longitude")
Blocks = tuple[tuple[int, ...], ...]


# --- the target grid ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TargetGrid:
    """Square cells whose edges are multiples of the resolution, counted from 180 W and 90 S.

    Args:
        resolution: cell size [degree].
        first_row: cells between the south pole and the grid.
        rows: number of latitudes.
        first_column: cells between 180 W and the grid.
        columns: number of longitudes; across the date line they go on beyond 180.
    """

    resolution: float
    first_row: int
    rows: int
    first_column: int
    columns: int

    @cached_property
    def axes(self) -> tuple[Axis, Axis]:
        """Cells from south to north and from west to east."""
        south_north = -90 + self.resolution * (self.first_row + np.arange(self.rows + 1))
        west_east = -180 + self.resolution * (self.first_column + np.arange(self.columns + 1))
        return (
            latitude_axis((south_north[1:] + south_north[:-1]) / 2, south_north),
            longitude_axis((west_east[1:] + west_east[:-1]) / 2, west_east),
        )

    @property
    def latitude(self) -> NDArray[np.float64]:
        """Cell centres from south to north [degree]."""
        return self.axes[0].centres

    @property
    def longitude(self) -> NDArray[np.float64]:
        """Cell centres from west to east [degree]."""
        return self.axes[1].centres


def target_grid(region: Region, grid: GridSection) -> TargetGrid:
    """Target grid of a job: the cells whose centres lie in the box (clauses 4.3.2 and 4.3.4).

    A box that is not aligned with the cells therefore loses or gains up to half a cell at each side. A box
    whose `west` exceeds its `east` crosses the date line, and longitudes then ascend beyond 180; one of 360
    degrees is the globe from 180 W.

    Raises:
        ConfigError: for a box without a cell, wider than the globe, or a globe that the cells do not fill.

    >>> east_china_sea = Region(west=117, east=131, south=23, north=41)
    >>> grid = target_grid(east_china_sea, GridSection(resolution=0.25))
    >>> grid.rows, grid.columns, float(grid.longitude[0]), float(grid.latitude[-1])
    (72, 56, 117.125, 40.875)
    """
    size = grid.resolution
    west, width = _extent(region)
    if width == CIRCLE and abs(CIRCLE / size - round(CIRCLE / size)) > 1e-6:
        raise ConfigError(
            f"cells of {size} degree do not fill the globe",
            where="grid.resolution",
            do="choose a divisor of 360",
        )
    first_row, rows = _cells(region.south + 90, region.north + 90, size)
    rows = min(rows, int(180 / size + 1e-6) - first_row)  # no cell may reach beyond the pole
    first_column, columns = _cells(west + 180, west + 180 + width, size)
    if rows < 1 or columns < 1:
        raise ConfigError(
            f"the box holds no centre of a cell of {size} degree",
            where="region",
            do="widen it or refine the grid",
        )
    return TargetGrid(size, first_row, rows, first_column, columns)


def _extent(region: Region) -> tuple[float, float]:
    """Western edge in [-180, 180) and width of a box."""
    if region.east - region.west > CIRCLE:
        raise ConfigError(
            f"the box from {region.west} to {region.east} is wider than the globe", where="region",
            do="a globe is west = -180, east = 180",
        )  # fmt: skip
    width = (region.east - region.west) % CIRCLE or CIRCLE
    return (-180.0 if width == CIRCLE else (region.west + 180) % CIRCLE - 180), width


def _cells(low: float, high: float, size: float) -> tuple[int, int]:
    """First and number of the cells with centres in [low, high), both counted from the origin."""
    first, beyond = (int(np.ceil(edge / size - 0.5 - 1e-6)) for edge in (low, high))
    return first, beyond - first


# --- 4.3.2 crop ---------------------------------------------------------------------------------------------


def crop(field: xr.DataArray, grid: TargetGrid) -> xr.DataArray:
    """Cut a field to the target grid with a margin of one source cell, before any reading (clause 4.3.2).

    Args:
        field: *Field*; one without latitude and longitude is returned as it is.
        grid: target.

    Returns:
        the part on its own grid; its longitudes ascend also where the target crosses the field's seam.

    Raises:
        InputError: where the field has no cell in the region.
    """
    if "latitude" not in field.dims:
        return field
    latitude, longitude = _axes(field)
    rows = _with_margin(latitude, grid.axes[0].edges)
    columns, circles = _columns_in(longitude, grid.axes[1].edges)
    if not rows.size or not columns.size:
        raise InputError(
            f"the field covers latitudes {latitude.edges[0]:g} to {latitude.edges[-1]:g} and longitudes "
            f"{longitude.edges[0]:g} to {longitude.edges[-1]:g}, and no cell of the region",
            where=f"{field.name} ({field.attrs.get('shanhai_source', '')})",
            do="check the region and the coordinates of the file",
        )
    part = field.isel(latitude=slice_or_list(tuple(rows)), longitude=slice_or_list(tuple(columns)))
    return part.assign_coords(longitude=longitude.centres[columns] + circles * CIRCLE)


def _axes(field: xr.DataArray) -> tuple[Axis, Axis]:
    return latitude_axis(field["latitude"].values), longitude_axis(field["longitude"].values)


def _with_margin(axis: Axis, wanted: NDArray[np.float64]) -> NDArray[np.intp]:
    """Cells of an axis from the first to the last that overlap a span, and one more at either end."""
    tolerance = SAME * axis.widths.min()
    circles = range(-2, 3) if axis.around else (0,)
    spans = [(wanted[0] - CIRCLE * c + tolerance, wanted[-1] - CIRCLE * c - tolerance) for c in circles]
    overlap = [(axis.edges[1:] > low) & (axis.edges[:-1] < high) for low, high in spans]
    found = np.flatnonzero(np.any(overlap, axis=0))
    if not found.size:
        return found
    return np.arange(max(found[0] - 1, 0), min(found[-1] + 2, axis.centres.size))


def _columns_in(axis: Axis, wanted: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Columns of a longitude axis with a margin, and the circles to add to their centres."""
    if not axis.is_globe:
        columns = _with_margin(axis, wanted)
        return columns, np.zeros_like(columns)
    n = axis.centres.size
    tolerance = SAME * axis.widths.min()
    twice = np.concatenate([axis.edges, axis.edges[1:] + CIRCLE])
    west = float(axis.rolled(wanted[0]))
    first = np.searchsorted(twice, west + tolerance) - 2
    last = np.searchsorted(twice, west + (wanted[-1] - wanted[0]) - tolerance)
    if last - first + 1 >= n:
        return np.arange(n), np.zeros(n, dtype=np.intp)
    around = np.arange(first, last + 1)
    return around % n, around // n


# --- 4.3.4 space --------------------------------------------------------------------------------------------


def to_grid(
    field: xr.DataArray, grid: TargetGrid, method: Method = "mean", minimum_valid_fraction: float = 0.5
) -> xr.DataArray:
    """Remap a field to the target grid (clause 4.3.4), lazily.

    Where the cells of the target are cells of the field, values are taken unchanged and chunks are kept.

    Args:
        field: (time, latitude, longitude) or (latitude, longitude); without these it is returned as it is.
        grid: target.
        method: "mean", "linear" or "nearest", see `grids.remap`.
        minimum_valid_fraction: part of a cell that must be valid [1].
    """
    if "latitude" not in field.dims:
        return field
    return _on_cells(field, grid.axes, method, minimum_valid_fraction)


def nearest_on(field: xr.DataArray, latitude: ArrayLike, longitude: ArrayLike) -> xr.DataArray:
    """Values of the cells that hold given centres, a land mask on the grid of a product, say.

    Args:
        field: (..., latitude, longitude).
        latitude: ascending centres [degree].
        longitude: ascending centres [degree].

    Returns:
        the field on these centres, missing where it has no cell.
    """
    source = _axes(field)
    edges = [
        edges_between(c) if c.size > 1 else c[0] + axis.widths.min() * np.array([-0.5, 0.5])
        for c, axis in zip((np.asarray(latitude), np.asarray(longitude)), source)
    ]
    return _on_cells(field, (latitude_axis(latitude, edges[0]), longitude_axis(longitude, edges[1])), "nearest", 0)


def _on_cells(field: xr.DataArray, target: tuple[Axis, Axis], method: Method, minimum: float) -> xr.DataArray:
    field = field.transpose(..., *_HORIZONTAL)
    source = _axes(field)
    centres = {name: axis.centres for name, axis in zip(_HORIZONTAL, target)}
    cells = [matching_cells(s, t) for s, t in zip(source, target)]
    same = [slice_or_list(tuple(c)) for c in cells if c is not None]
    if len(same) == len(cells):
        return field.isel(dict(zip(_HORIZONTAL, same))).assign_coords(centres)
    values = _remapped(da.asarray(field.data), remapper(source, target, method, minimum))
    other = {n: c for n, c in field.coords.items() if not set(c.dims) & set(_HORIZONTAL)}
    return xr.DataArray(values, other | centres, field.dims, field.name, field.attrs)


def _remapped(values: da.Array, operator: Remapper) -> da.Array:
    """Remap band by band, so that a block never holds a whole globe."""
    refinement = values.shape[-2] / operator.shape[0]
    height = max(int(_BLOCK_CELLS / max(operator.shape[1], values.shape[-1] * refinement)), 1)
    pieces = [_band(values[..., rows, :], band) for rows, band in operator.bands(height)]
    lead, (rows, columns) = values.ndim - 2, operator.shape
    return da.concatenate(pieces, axis=lead).rechunk({lead: max(min(rows, _BLOCK_CELLS // columns), 1)})


def _band(values: da.Array, operator: Remapper) -> da.Array:
    lead, (rows, columns) = values.shape[:-2], operator.shape
    if values.shape[-2] == 0:
        return da.full((*lead, rows, columns), np.nan, chunks=(*(1,) * len(lead), rows, columns))
    fitting = max(_BLOCK_CELLS // (values.shape[-2] * values.shape[-1]), 1)
    times = {axis: min(max(values.chunks[axis]), fitting) for axis in range(len(lead))}
    whole = values.rechunk(times | {values.ndim - 2: -1, values.ndim - 1: -1})
    chunks = (*whole.chunks[:-2], (rows,), (columns,))
    return whole.map_blocks(operator, dtype=float, chunks=chunks, meta=np.empty((0,) * values.ndim))


# --- all of it ----------------------------------------------------------------------------------------------


def prepare(
    fields: dict[str, xr.DataArray],
    grid: TargetGrid,
    periods: list[Period],
    time_method: TimeMethod = "mean",
    space_method: Method = "mean",
    minimum_valid_fraction: float = 0.5,
) -> xr.Dataset:
    """Bring every input of some periods to the target grid, lazily (clause 4.3).

    Winds that resolve the periods also give their mean square and mean cube (clauses 4.4.4 and C.2), taken
    on their own grid; the mean wind is then the mean of the same samples whatever `time_method` says.
    Moments that are supplied as fields take precedence.

    Args:
        fields: notation name -> *Field*.
        grid: target.
        periods: usually one of `periods.parts`.
        time_method: "mean", "linear" or "nearest", see `intervals`.
        space_method: "mean", "linear" or "nearest", see `grids.remap`.
        minimum_valid_fraction: part of a cell that must be valid [1].

    Returns:
        *Prepared dataset*, (time, latitude, longitude), with wind_speed_mean_square and wind_speed_mean_cube
        where they are known.

    Raises:
        InputError: for a field outside the region or supplied wind moments that are impossible.
    """
    cropped = {name: crop(field, grid) for name, field in fields.items()}
    _check_supplied_moments(cropped, periods[0], time_method)
    gridded: dict[str, xr.DataArray] = {}
    for name, in_time, positions in _in_time(cropped, periods, time_method):
        on_grid = to_grid(in_time, grid, space_method, minimum_valid_fraction)
        gridded[name] = _placed(on_grid, positions)
    return _dataset(gridded, grid, periods)


def _check_supplied_moments(fields: dict[str, xr.DataArray], period: Period, method: TimeMethod) -> None:
    if "wind_speed" not in fields:
        return
    given = {name: to_period(fields[name], period, method) for name in MOMENTS if name in fields}
    mean = given["wind_speed"]
    # Moments on different grids cannot be compared cell by cell.
    square, cube = (m if (m := given.get(n)) is not None and _on_one_grid(mean, m) else None for n in MOMENTS[1:])
    check_moments(mean, square, cube)


def _on_one_grid(one: xr.DataArray, other: xr.DataArray) -> bool:
    axes = [name for name in _HORIZONTAL if name in one.dims and name in other.dims]
    return all(np.array_equal(one[name], other[name]) for name in axes)


def gives_moments(fields: dict[str, xr.DataArray], periods: list[Period]) -> bool:
    """Whether the mean wind and its moments are taken from the samples inside each period, see `prepare`.

    Args:
        fields: notation name -> *Field*.
        periods: as in `prepare`.
    """
    supplied = "wind_speed_mean_square" in fields or "wind_speed_mean_cube" in fields
    return "wind_speed" in fields and not supplied and resolves(fields["wind_speed"], periods)


def _in_time(
    fields: dict[str, xr.DataArray], periods: list[Period], method: TimeMethod
) -> Iterator[tuple[str, xr.DataArray, list[int]]]:
    """Every field at its distinct times, and which of them each period takes."""
    own_moments = gives_moments(fields, periods)
    for name, field in fields.items():
        if name == "wind_speed" and own_moments:
            moments = [moments_of_samples(field, p) for p in periods]
            for moment, slabs in zip(MOMENTS, zip(*moments)):
                yield moment, _along_time(slabs), list(range(len(periods)))
        elif "time" in field.dims:
            yield name, *_distinct(field, [samples_of(field, p, method) for p in periods], method)
        else:
            yield name, field, []


def _distinct(field: xr.DataArray, samples: list[Samples], method: TimeMethod) -> tuple[xr.DataArray, list[int]]:
    """A field at its distinct selections: a monthly field is remapped once for all days of the month."""
    distinct = list(dict.fromkeys(samples))
    positions = [distinct.index(s) for s in samples]
    if all(len(s) == 1 for s in distinct):
        chosen = field.isel(time=slice_or_list(tuple(s[0][0] for s in distinct)))
        return chosen.drop_vars(("time", "time_start", "time_end"), errors="ignore"), positions
    slabs = [value_of_samples(field, s, skip_missing=method == "mean") for s in distinct]
    return _along_time(slabs), positions


def _along_time(slabs: Sequence[xr.DataArray]) -> xr.DataArray:
    return xr.concat(slabs, "time", coords="minimal", compat="override", join="override")


def _placed(field: xr.DataArray, positions: list[int]) -> xr.DataArray:
    """One time per period; repeated times share their blocks."""
    if "time" not in field.dims or positions == list(range(field.sizes["time"])):
        return field
    return _along_time([field.isel(time=k) for k in positions])


def _dataset(fields: dict[str, xr.DataArray], grid: TargetGrid, periods: list[Period]) -> xr.Dataset:
    start = np.array([p.start for p in periods])
    coords: dict[str, Any] = {
        "time": start,
        "latitude": grid.latitude,
        "longitude": grid.longitude,
    }
    blocks = _common_blocks(fields, tuple(len(c) for c in coords.values()))
    variables: dict[str, Any] = {
        name: (tuple(coords), _in_blocks(field, blocks), _attributes(name, field)) for name, field in fields.items()
    }
    bounds = np.stack([start, [p.end for p in periods]], axis=1)
    return xr.Dataset(variables | {"time_bounds": (("time", "bounds"), bounds)}, coords)


def _common_blocks(fields: dict[str, xr.DataArray], shape: tuple[int, ...]) -> Blocks:
    """Blocks for all variables: those of the field that has the most of them, split where they are large."""
    given = [field.chunks for field in fields.values() if field.ndim == len(shape) and field.chunks]
    blocks = max(given, key=lambda chunks: math.prod(map(len, chunks)), default=normalize_chunks(-1, shape))
    times, rows, columns = map(max, blocks)
    if times * rows * columns <= _BLOCK_CELLS:
        return blocks
    times = max(min(times, _BLOCK_CELLS // (rows * columns)), 1)
    rows = max(min(rows, _BLOCK_CELLS // (times * columns)), 1)
    return (*(_split(blocks[axis], size) for axis, size in enumerate((times, rows))), blocks[2])


def _split(lengths: tuple[int, ...], longest: int) -> tuple[int, ...]:
    """Blocks along an axis, cut into pieces of nearly equal length.

    >>> _split((5, 2), 3)
    (3, 2, 2)
    """
    pieces = [np.array_split(np.arange(n), -(-n // longest)) for n in lengths]
    return tuple(len(piece) for block in pieces for piece in block)


def _in_blocks(field: xr.DataArray, blocks: Blocks) -> da.Array:
    """Values with all dimensions, lazily; what a field lacks is repeated."""
    if "latitude" in field.dims:
        values = da.asarray(field.data)
        if field.ndim == len(blocks):
            return values.rechunk(blocks)
        values = values.rechunk(blocks[1:])
    else:  # a number, or a series in time
        series = np.reshape(field.values, (-1, 1, 1))
        values = da.from_array(series, chunks=(blocks[0] if series.size > 1 else 1, 1, 1))
    return da.broadcast_to(values, tuple(map(sum, blocks)), chunks=blocks)


def _attributes(name: str, field: xr.DataArray) -> dict[str, Any]:
    provenance = {key: value for key, value in field.attrs.items() if str(key).startswith("shanhai_")}
    return quantity(name).attributes | provenance
