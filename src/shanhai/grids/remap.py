r"""Remapping between regular latitude-longitude grids, one axis at a time (HY/T 0343.5 clause 4.3.4).

A scheme gives each axis a sparse matrix of weights W; with the mask V of valid values a field X becomes

$$Y = \frac{W_\varphi\,(V X)\,W_\lambda^T}{W_\varphi\,V\,W_\lambda^T}$$

where the valid part of the cell is large enough, and missing elsewhere. Schemes:

- *mean*: overlap areas on the WGS 84 ellipsoid, so integrals are conserved in either direction;
- *linear*: between the four surrounding centres; held constant between the outermost centre and the edge of
  its cell;
- *nearest*: the source cell that holds the target's centre; on a shared edge the southern or western cell.

No scheme reaches beyond the outermost source cells. Longitudes match modulo 360 degrees, and a source that
spans the globe has no seam.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from shanhai.core.errors import InputError
from shanhai.grids.horizontal import edges as edges_between
from shanhai.grids.horizontal import zone_area

Method = Literal["mean", "linear", "nearest"]
Floats = NDArray[np.float64]

CIRCLE = 360.0
# Centres stored in float32 are off by up to 1.5e-5 degree; positions closer than this part of a cell are the
# same.
SAME = 1e-3


@dataclass(frozen=True, eq=False)
class Axis:
    """Cells along one coordinate.

    Args:
        centres: ascending cell centres [degree], shape (n,).
        edges: ascending cell edges [degree], shape (n + 1,).
        measure: extent between the origin and a coordinate; products over both axes are areas.
        around: coordinates match modulo 360.
    """

    centres: Floats
    edges: Floats
    measure: Callable[[ArrayLike], Floats]
    around: bool

    @property
    def widths(self) -> Floats:
        """Cell sizes [degree]."""
        return np.diff(self.edges)

    @property
    def sizes(self) -> Floats:
        """Measures of the cells."""
        return np.diff(self.measure(self.edges))

    @property
    def is_globe(self) -> bool:
        """Whether a longitude axis closes on itself."""
        return self.around and bool(self.edges[-1] == self.edges[0] + CIRCLE)

    def rolled(self, coordinate: ArrayLike) -> Floats:
        """Coordinates moved by whole circles into this axis, as far as they can be."""
        c = np.asarray(coordinate, dtype=float)
        if not self.around:
            return c
        margin = SAME * self.widths.min()
        return self.edges[0] - margin + np.mod(c - self.edges[0] + margin, CIRCLE)


def latitude_axis(centres: ArrayLike, edges: ArrayLike | None = None) -> Axis:
    """Cells along a meridian; edges lie midway between the centres, and none beyond a pole.

    Args:
        centres: ascending latitudes [degree], shape (n,).
        edges: cell edges where they are known, shape (n + 1,).
    """
    found = np.clip(_edges(centres, edges, "latitude"), -90.0, 90.0)
    return Axis(np.asarray(centres, dtype=float), found, zone_area, around=False)


def longitude_axis(centres: ArrayLike, edges: ArrayLike | None = None) -> Axis:
    """Cells along a parallel; see `latitude_axis`."""
    found = _edges(centres, edges, "longitude")
    if abs(found[-1] - found[0] - CIRCLE) < SAME * np.diff(found).min():
        found[-1] = found[0] + CIRCLE
    return Axis(np.asarray(centres, dtype=float), found, np.radians, around=True)


def _edges(centres: ArrayLike, edges: ArrayLike | None, name: str) -> Floats:
    c = np.asarray(centres, dtype=float)
    if edges is not None:
        return np.array(edges, dtype=float)
    if c.size < 2:
        raise InputError(f"a single {name} does not tell the size of its cell", do="give a field with two or more")
    if not (np.diff(c) > 0).all():
        raise InputError(f"the {name}s do not ascend", do="sort the field by its coordinates")
    return edges_between(c)


# --- weights of an axis: sparse (target, source) ------------------------------------------------------------


def mean_weights(source: Axis, target: Axis) -> sp.csr_array:
    """Measures of the overlaps of target with source cells.

    >>> fine, coarse = latitude_axis([-1.5, -0.5, 0.5, 1.5]), latitude_axis([-1.0, 1.0])
    >>> (mean_weights(fine, coarse).toarray() > 0).astype(int).tolist()
    [[1, 1, 0, 0], [0, 0, 1, 1]]
    """
    total = sp.csr_array((target.centres.size, source.centres.size))
    for circles in range(-2, 3) if source.around else (0,):
        total = total + _overlaps(source, target, CIRCLE * circles)
    return total


def _overlaps(source: Axis, target: Axis, shift: float) -> sp.csr_array:
    s = _snapped(source.edges + shift, target)
    t = target.edges
    low, high = max(s[0], t[0]), min(s[-1], t[-1])
    shape = (target.centres.size, source.centres.size)
    if low >= high:
        return sp.csr_array(shape)
    cuts = np.unique(np.concatenate([s, t]))
    cuts = cuts[(cuts >= low) & (cuts <= high)]
    middle = (cuts[1:] + cuts[:-1]) / 2
    rows, columns = np.searchsorted(t, middle) - 1, np.searchsorted(s, middle) - 1
    return sp.csr_array((np.diff(target.measure(cuts)), (rows, columns)), shape=shape)


def _snapped(edges: Floats, target: Axis) -> Floats:
    """Edges that differ from an edge of the target by rounding alone are that edge."""
    at = np.clip(np.searchsorted(target.edges, edges), 1, target.edges.size - 1)
    lower, upper = target.edges[at - 1], target.edges[at]
    near = np.where(edges - lower < upper - edges, lower, upper)
    tolerance = SAME * min(np.diff(edges).min(), target.widths.min())
    return np.where(np.abs(edges - near) < tolerance, near, edges)


def linear_weights(source: Axis, target: Axis) -> sp.csr_array:
    """Linear interpolation between source centres, held inside the outermost cells.

    >>> linear_weights(latitude_axis([0.0, 1.0]), latitude_axis([0.25, 1.25])).toarray().tolist()
    [[0.75, 0.25], [0.0, 1.0]]
    """
    centres, cell = _closed(source)
    position = np.interp(source.rolled(target.centres), centres, np.arange(centres.size))
    lower = np.minimum(position.astype(int), max(centres.size - 2, 0))
    part = position - lower
    part = np.where(np.abs(part - np.round(part)) < 1e-9, np.round(part), part)
    upper = np.minimum(lower + 1, centres.size - 1)
    keep = _inside(source, target)
    return _assembled(source, target, [(cell[lower], (1 - part) * keep), (cell[upper], part * keep)])


def nearest_weights(source: Axis, target: Axis) -> sp.csr_array:
    """One for the source cell that holds the target centre; a centre on an edge goes to the southern or
    western cell.

    >>> nearest_weights(latitude_axis([0.0, 1.0]), latitude_axis([0.5, 1.5])).toarray().tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    centres, cell = _closed(source)
    walls = (centres[1:] + centres[:-1]) / 2 + SAME * source.widths.min()
    held = np.searchsorted(walls, source.rolled(target.centres))
    return _assembled(source, target, [(cell[held], _inside(source, target))])


def _closed(source: Axis) -> tuple[Floats, NDArray[np.intp]]:
    """Centres and their cell numbers, with one more on either side where the axis closes on itself."""
    n = source.centres.size
    if not source.is_globe:
        return source.centres, np.arange(n)
    c = source.centres
    return np.concatenate([[c[-1] - CIRCLE], c, [c[0] + CIRCLE]]), np.concatenate([[n - 1], np.arange(n), [0]])


def _inside(source: Axis, target: Axis) -> Floats:
    at, margin = source.rolled(target.centres), SAME * source.widths.min()
    return ((at >= source.edges[0] - margin) & (at <= source.edges[-1] + margin)).astype(float)


def _assembled(source: Axis, target: Axis, terms: list[tuple[NDArray[np.intp], Floats]]) -> sp.csr_array:
    rows = np.tile(np.arange(target.centres.size), len(terms))
    columns = np.concatenate([cells for cells, _ in terms])
    weights = np.concatenate([w for _, w in terms])
    matrix = sp.csr_array((weights, (rows, columns)), shape=(target.centres.size, source.centres.size))
    matrix.eliminate_zeros()
    return matrix


_WEIGHTS: dict[str, Callable[[Axis, Axis], sp.csr_array]] = {
    "mean": mean_weights,
    "linear": linear_weights,
    "nearest": nearest_weights,
}


def matching_cells(source: Axis, target: Axis) -> NDArray[np.intp] | None:
    """Numbers of the source cells that *are* the target cells, or None where one is not.

    >>> globe = longitude_axis([-179.5 + i for i in range(360)])
    >>> matching_cells(globe, longitude_axis([179.5, 180.5])).tolist()
    [359, 0]
    """
    centres = source.rolled(target.centres)
    at = np.clip(np.searchsorted(source.edges, centres) - 1, 0, source.centres.size - 1)
    tolerance = SAME * target.widths.min()
    same = np.abs(source.centres[at] - centres) < tolerance
    same &= np.abs(source.widths[at] - target.widths) < 2 * tolerance
    return at if same.all() else None


# --- both axes together -------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Remapper:
    """Operator from one grid to another; make it with `remapper`.

    Args:
        rows: weights in latitude, shape (target, source).
        columns: weights in longitude, shape (target, source).
        full_rows: row sums of `rows` if the source were complete.
        full_columns: row sums of `columns` if the source were complete.
        minimum_valid_fraction: part of a cell that must be valid.
    """

    rows: sp.csr_array
    columns: sp.csr_array
    full_rows: Floats
    full_columns: Floats
    minimum_valid_fraction: float

    @property
    def shape(self) -> tuple[int, int]:
        """Target cells in latitude and longitude."""
        return self.rows.shape[0], self.columns.shape[0]

    def __call__(self, values: NDArray[Any]) -> Floats:
        """Remap values, computing in float64.

        Args:
            values: shape (..., source latitude, source longitude), NaN where missing.

        Returns:
            values on the target grid, shape (..., target latitude, target longitude).
        """
        out = np.empty(values.shape[:-2] + self.shape)
        for index in np.ndindex(values.shape[:-2]):
            self._remap_slab(values[index], out[index])
        return out

    def bands(self, height: int) -> Iterator[tuple[slice, "Remapper"]]:
        """Operators for bands of target rows, each with the source rows that it reads."""
        for first in range(0, self.shape[0], height):
            band = slice(first, first + height)
            rows = self.rows[band]
            read = slice(rows.indices.min(), rows.indices.max() + 1) if rows.nnz else slice(0, 0)
            yield read, replace(self, rows=rows[:, read], full_rows=self.full_rows[band])

    def _remap_slab(self, values: NDArray[Any], out: Floats) -> None:
        valid = ~np.isnan(values)
        weight = self._weight(valid)
        total = self._product(np.where(valid, values, 0.0))
        enough = weight >= (self.minimum_valid_fraction - 1e-9) * np.outer(self.full_rows, self.full_columns)
        enough &= weight > 0
        out[...] = np.nan
        np.divide(total, weight, out=out, where=enough)

    def _weight(self, valid: NDArray[np.bool_]) -> Floats:
        if valid.all():
            return np.outer(self.rows.sum(axis=1), self.columns.sum(axis=1))
        return self._product(valid.astype(float))

    def _product(self, values: Floats) -> Floats:
        """Both axes, the one that keeps the array in between small first."""
        if self.rows.shape[0] < self.rows.shape[1]:
            return np.ascontiguousarray(self._along_rows(self.rows @ values))
        return self.rows @ np.ascontiguousarray(self._along_rows(values))

    def _along_rows(self, values: Floats) -> Floats:
        return (self.columns @ np.ascontiguousarray(values.T)).T


def remapper(
    source: tuple[Axis, Axis],
    target: tuple[Axis, Axis],
    method: Method = "mean",
    minimum_valid_fraction: float = 0.5,
) -> Remapper:
    """Make the operator from one grid to another.

    Args:
        source: latitude and longitude axis of the values.
        target: latitude and longitude axis wanted.
        method: "mean", "linear" or "nearest", see the module.
        minimum_valid_fraction: part of the cell ("mean") or of the weights ("linear") that must be valid;
            parts of a cell outside the source count as missing. "nearest" takes the value or its absence.

    >>> grid = latitude_axis([-0.5, 0.5]), longitude_axis([0.5, 1.5])
    >>> whole = latitude_axis([0.0], [-1.0, 1.0]), longitude_axis([1.0], [0.0, 2.0])
    >>> remapper(grid, whole)(np.array([[1.0, 2.0], [3.0, np.nan]])).round(12).tolist()
    [[2.0]]
    """
    rows, columns = (_WEIGHTS[method](s, t) for s, t in zip(source, target))
    full = [t.sizes if method == "mean" else np.ones(t.centres.size) for t in target]
    return Remapper(rows, columns, full[0], full[1], minimum_valid_fraction)
