r"""Overlap areas of the cells of any two grids, on the host, with their mean positions.

Both grids are drawn in the equal-area plane (`grids.plane`), matched modulo 360 degrees, and cut by shapely; cells
need not be convex. For cells i of the source and j of the target

$$A_{ij} = f_i f_j\,|i \cap j|$$

where f are the fractions that count. Areas are those of the plane, so that they close without any rescaling:
$\sum_j A_{ij} = f_i |i|$ where whole cells of the target cover i, to about 1e-13. A component whose own cell areas
differ from these (a model on a sphere of another radius, map factors) takes the *share* $A_{ij}/\sum_j A_{ij}$ of its
own amount; that is the normalisation of `grids.exchange`, and no difference of areas can leak.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from shanhai.core.errors import InputError
from shanhai.grids.cells import WHOLE_CIRCLE, Cells
from shanhai.grids.plane import Polygons, polygons, positions, summed
from shanhai.grids.projection import SPHERE, Ellipsoid

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CIRCLES = range(-2, 3)
"""Whole circles by which longitudes of two grids may differ."""


@dataclass(frozen=True, eq=False)
class Overlaps:
    """Where the cells of two grids meet; make them with `overlaps`.

    Args:
        source: cell of the source, shape (overlaps,).
        target: cell of the target, ascending, shape (overlaps,).
        area: area that counts [m2], shape (overlaps,).
        position: mean position on the unit sphere, shape (3, overlaps).
        source_area: area of the source cells that counts [m2], shape (source cells,).
        target_area: area of the target cells that counts [m2], shape (target cells,).
        source_position: mean positions of the source cells, shape (3, source cells).
        target_position: mean positions of the target cells, shape (3, target cells).
    """

    source: Integers
    target: Integers
    area: Floats
    position: Floats
    source_area: Floats
    target_area: Floats
    source_position: Floats
    target_position: Floats

    def turned_round(self) -> "Overlaps":
        """The same seen from the other side."""
        order = np.lexsort((self.target, self.source))
        return Overlaps(
            source=self.target[order],
            target=self.source[order],
            area=self.area[order],
            position=self.position[:, order],
            source_area=self.target_area,
            target_area=self.source_area,
            source_position=self.target_position,
            target_position=self.source_position,
        )

    def covered(self) -> tuple[Floats, Floats]:
        """Part of each source and of each target cell that the other grid covers [1]; zero for masked cells."""
        sides = ((self.source, self.source_area), (self.target, self.target_area))
        sums = [(summed(cell, self.area, whole.size), whole) for cell, whole in sides]
        there, here = (np.divide(a, whole, out=np.zeros_like(whole), where=whole > 0) for a, whole in sums)
        return there, here


def overlaps(source: Cells, target: Cells, earth: Ellipsoid = SPHERE) -> Overlaps:
    """Overlaps of the cells of two grids.

    Args:
        source: one grid.
        target: the other.
        earth: figure that areas are measured on; latitudes of both grids are taken as they are.

    Returns:
        overlaps with an area, ordered by target and source.

    Raises:
        InputError: a cell that is no polygon, see `plane.polygons`.

    >>> from shanhai.grids.cells import latitude_longitude_cells
    >>> globe = latitude_longitude_cells([0, 180, 360], [-90, 0, 90])
    >>> cap = latitude_longitude_cells([-90, 90], [60, 90])
    >>> found = overlaps(globe, cap)
    >>> found.source.tolist(), (found.area / found.area.sum()).round(12).tolist()
    ([2, 3], [0.5, 0.5])
    """
    one, other = polygons(source, earth), polygons(target, earth)
    whole = np.radians(1.0) * float(earth.zone_area(90.0))
    i, j, shapes = intersections(one, other)
    area = shapely.area(shapes) * whole
    i, j, area, position = _merged(i, j, area, positions(shapes), source.count)
    return Overlaps(
        i,
        j,
        area * source.fraction[i] * target.fraction[j],
        position,
        shapely.area(one) * whole * source.fraction,
        shapely.area(other) * whole * target.fraction,
        positions(one),
        positions(other),
    )


def areas(cells: Cells, earth: Ellipsoid = SPHERE) -> Floats:
    """Areas of cells in the equal-area plane, fractions not counted, zero where masked.

    Args:
        cells: any grid.
        earth: figure that areas are measured on.

    Returns:
        area [m2], shape of a field.

    >>> from shanhai.grids.cells import latitude_longitude_cells
    >>> whole = areas(latitude_longitude_cells([0, 120, 240, 360], [-90, 0, 90])).sum()
    >>> round(float(whole / (4 * np.pi * SPHERE.equatorial_radius**2)), 14)
    1.0
    """
    whole = np.radians(1.0) * float(earth.zone_area(90.0))
    return (shapely.area(polygons(cells, earth)) * whole).reshape(cells.shape)


def intersections(one: Polygons, other: Polygons) -> tuple[Integers, Integers, Polygons]:
    """Common parts, with an area, of two sets of polygons whose longitudes match modulo 360 degrees.

    Args:
        one: polygons with λ in degrees, shape (n,).
        other: polygons with λ in degrees, shape (m,).

    Returns:
        number in `one`, number in `other`, and the common part; a pair may come twice.
    """
    west, east = _spans(one)
    if one.size == 0 or not np.isfinite([west, east]).all():
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, object)
    tree = shapely.STRtree(one)
    found = [_common(tree, one, other, WHOLE_CIRCLE * circles, (west, east)) for circles in CIRCLES]
    i, j, shapes = (np.concatenate(arrays) for arrays in zip(*found))
    return i, j, shapes


def _spans(shapes: Polygons) -> tuple[float, float]:
    bounds = shapely.bounds(shapes)
    present = ~np.isnan(bounds[:, 0])
    return (bounds[present, 0].min(), bounds[present, 2].max()) if present.any() else (np.nan, np.nan)


def _common(
    tree: shapely.STRtree, one: Polygons, other: Polygons, shift: float, span: tuple[float, float]
) -> tuple[Integers, Integers, Polygons]:
    bounds = shapely.bounds(other)
    near = np.flatnonzero((bounds[:, 2] + shift > span[0]) & (bounds[:, 0] + shift < span[1]))
    moved = other[near]
    if shift and near.size:
        moved = shapely.transform(moved, lambda points: points + np.array([shift, 0.0]))
    j, i = tree.query(moved)
    shapes = _cut(one[i], moved[j])
    real = shapely.area(shapes) > 0
    return i[real], near[j[real]], shapes[real]


def _cut(one: Polygons, other: Polygons) -> Polygons:
    """Intersections pair by pair, in threads: shapely works without the interpreter's lock."""
    blocks = max(1, min(os.cpu_count() or 1, one.size // 1000))
    with ThreadPoolExecutor(blocks) as pool:
        parts = pool.map(shapely.intersection, np.array_split(one, blocks), np.array_split(other, blocks))
        return np.concatenate(list(parts))


def _merged(
    i: Integers, j: Integers, area: Floats, position: Floats, sources: int
) -> tuple[Integers, Integers, Floats, Floats]:
    """Parts of the same pair, which a cell wider than half the globe may have, as one."""
    pairs, at = np.unique(j * sources + i, return_inverse=True)
    total = summed(at, area, pairs.size)
    moment = np.stack([summed(at, area * p, pairs.size) for p in position])
    return pairs % sources, pairs // sources, total, moment / np.where(total > 0, total, 1.0)


def refuse_uncovered(found: Overlaps, target: Cells, what: str, tolerance: float = 1e-9) -> None:
    """Refuse target cells that the source does not cover wholly.

    Args:
        found: overlaps onto the target.
        target: its cells.
        what: what the cells are called.
        tolerance: part of a cell that may be missing.

    Raises:
        InputError: such a cell exists.
    """
    _, part = found.covered()
    orphan = np.flatnonzero((target.fraction > 0) & (part < 1 - tolerance))
    if orphan.size:
        first = int(orphan[0])
        raise InputError(
            f"{orphan.size} {what} lie outside the other grid, the first by {100 * (1 - part[first]):.3g} %",
            where=target.name(first),
            do="mask them, or let the other grid reach around them",
        )
