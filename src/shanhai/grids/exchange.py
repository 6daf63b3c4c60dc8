r"""Exchange cells: what two grids share, each piece with one parent on either side.

What crosses is an *amount* (kg, mol, J). A cell hands its amount to its exchange cells by shares that sum to one, and
receives the sum of what its exchange cells hold:

$$a_k = \sigma_k\,a_{i(k)},\qquad \sum_{k:\,i(k)=i}\sigma_k = 1,\qquad b_j = \sum_{k:\,j(k)=j} a_k$$

so that nothing leaks whatever area either component believes its cells to have. A flux computed *on* exchange cells is
multiplied by their area once and summed to both sides.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from shanhai.core.errors import InputError
from shanhai.grids.cells import Cells, centres
from shanhai.grids.overlap import Overlaps, areas, overlaps, refuse_uncovered
from shanhai.grids.plane import summed
from shanhai.grids.projection import SPHERE, Ellipsoid, cartesian

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SLIVER = 1e-6
"""Exchange cells smaller than this part of their surface cell join the largest of their siblings."""


class Side(eqx.Module):
    """Parents of exchange cells on one side.

    Args:
        cell: parent, a number in the flattened field, shape (exchange cells,).
        share: part of the parent that the exchange cell is [1], shape (exchange cells,).
        shape: of a field of parents.
    """

    cell: Array
    share: Array
    shape: tuple[int, ...] = eqx.field(static=True)


class Exchange(eqx.Module):
    """Exchange cells between two grids; make them with `exchange`, `mosaic` or `river_mouths`.

    Args:
        source: parents on one side.
        target: parents on the other.
        area: of the exchange cells [m2], shape (exchange cells,).
    """

    source: Side
    target: Side
    area: Array


def gather(side: Side, field: Array) -> Array:
    """Value of the parent at every exchange cell.

    Args:
        side: where the parents are.
        field: shape (..., *side.shape).

    Returns:
        values, shape (..., exchange cells).
    """
    return _flat(side, field)[..., side.cell]


def split(side: Side, amount: Array) -> Array:
    """Amounts of the parents shared out among their exchange cells; a cell without any keeps nothing here.

    Args:
        side: where the parents are.
        amount: any amount per parent (kg, mol, J), shape (..., *side.shape).

    Returns:
        amounts, shape (..., exchange cells).
    """
    return gather(side, amount) * side.share.astype(amount.dtype)


def scatter(side: Side, amount: Array) -> Array:
    """Amounts of exchange cells summed into their parents, the transpose of `gather`.

    Args:
        side: where the parents are.
        amount: amount per exchange cell, shape (..., exchange cells).

    Returns:
        amounts, shape (..., *side.shape).
    """
    total = summed_into(side.cell, amount, int(np.prod(side.shape)))
    return total.reshape(amount.shape[:-1] + side.shape)


def summed_into(cell: Array, value: Array, cells: int) -> Array:
    """Sums by cell along the last axis.

    >>> summed_into(jnp.array([0, 1, 0]), jnp.array([1.0, 2.0, 3.0]), 2).tolist()
    [4.0, 2.0]
    """
    return jnp.moveaxis(jax.ops.segment_sum(jnp.moveaxis(value, -1, 0), cell, cells), 0, -1)


def mean(side: Side, value: Array) -> Array:
    """Mean over the exchange cells of each parent, weighted by their shares of it.

    Args:
        side: where the parents are.
        value: intensive field on exchange cells, shape (..., exchange cells).

    Returns:
        means, shape (..., *side.shape); parts of a parent that have no exchange cell count as zero.
    """
    return scatter(side, value * side.share.astype(value.dtype))


def _flat(side: Side, field: Array) -> Array:
    lead = field.ndim - len(side.shape)
    if lead < 0 or field.shape[lead:] != side.shape:
        what = f"a field of shape {field.shape} is not on cells of shape {side.shape}"
        raise InputError(what, do="give the side that the field lives on")
    return field.reshape((*field.shape[:lead], -1))


# --- made from overlaps -------------------------------------------------------------------------------------


def exchange(found: Overlaps, source: Cells, target: Cells) -> Exchange:
    """Exchange cells of all overlaps, slivers merged; shares of a cell are among its exchange cells.

    Args:
        found: overlaps of the two grids.
        source: one grid.
        target: the other.

    >>> from shanhai.grids.cells import latitude_longitude_cells
    >>> coarse, fine = (latitude_longitude_cells(np.linspace(0, 4, n + 1), [0, 1]) for n in (2, 4))
    >>> cells = exchange(overlaps(coarse, fine), coarse, fine)
    >>> scatter(cells.target, split(cells.source, jnp.array([[2.0, 6.0]]))).tolist()
    [[1.0, 1.0, 3.0, 3.0]]
    """
    i, j, area = without_slivers(found.source, found.target, found.area, target.count)
    return Exchange(_side(i, area, source.shape), _side(j, area, target.shape), jnp.asarray(area))


def without_slivers(
    source: Integers, target: Integers, area: Floats, targets: int
) -> tuple[Integers, Integers, Floats]:
    """Exchange cells with those below `SLIVER` of their target cell joined to its largest, ordered by target.

    Args:
        source: parents on one side, shape (n,).
        target: parents on the other, whose areas stay to the last digit, shape (n,).
        area: of the exchange cells [m2], shape (n,).
        targets: number of target cells.
    """
    order = np.lexsort((source, area, target))[::-1]  # in each target cell the largest comes first
    i, j, a = source[order], target[order], area[order]
    first = np.zeros(targets, np.int64)
    at = np.flatnonzero(np.diff(j, prepend=-1) != 0)
    first[j[at]] = at
    keeper = np.where(a < SLIVER * summed(j, a, targets)[j], first[j], np.arange(a.size))
    total = summed(keeper, a, a.size)
    kept = np.flatnonzero(np.bincount(keeper, minlength=a.size))
    kept = kept[np.lexsort((i[kept], j[kept]))]
    return i[kept], j[kept], total[kept]


def _side(cell: Integers, area: Floats, shape: tuple[int, ...]) -> Side:
    return Side(jnp.asarray(cell), jnp.asarray(_shares(cell, area)), shape)


def _shares(cell: Integers, area: Floats) -> Floats:
    """Parts that sum to one in each parent to the last bit or two, with no area of the parent asked."""
    total = summed(cell, area, int(cell.max(initial=-1)) + 1)[cell]
    return area / np.where(total > 0, total, 1.0)


class Mosaic(NamedTuple):
    """Exchange cells below an atmosphere; together the shares of every air cell sum to one.

    Args:
        sea: air cells with wet sea cells; the whole of every wet cell.
        land: air cells with land cells; the remainder.
    """

    sea: Exchange
    land: Exchange


def mosaic(air: Cells, sea: Cells, earth: Ellipsoid = SPHERE) -> Mosaic:
    """Exchange cells between an atmosphere, a sea whose wet mask is master, and land on the cells of the air.

    Land receives what the wet cells leave of an air cell. A remainder below 1e-6 of the air cell is sea, a wet part
    below 1e-6 of its wet cell goes to that cell's largest other parent; so every wet cell keeps its area, every
    exchange cell has one parent on either side, and shares of every air cell sum to one by construction.

    Args:
        air: cells of the atmosphere, all of them whole.
        sea: cells of the sea with fraction one where wet and zero where dry.
        earth: figure that areas are measured on.

    Raises:
        InputError: a fraction of an air cell below one, a sea mask that is not binary, or a wet cell that the
            atmosphere does not cover.

    >>> from shanhai.grids.cells import latitude_longitude_cells
    >>> air = latitude_longitude_cells([0, 2, 4], [0, 1])
    >>> sea = latitude_longitude_cells([0, 1, 2, 3, 4], [0, 1]).with_fraction([[0, 0, 0, 1]])
    >>> made = mosaic(air, sea)
    >>> made.sea.source.share.round(12).tolist(), made.land.source.share.round(12).tolist()
    ([0.5], [1.0, 0.5])
    """
    if not (air.fraction == 1).all():
        raise InputError("cells of the atmosphere are masked", do="give every air cell a fraction of one")
    if not np.isin(sea.fraction, (0.0, 1.0)).all():
        raise InputError("the mask of the sea is not binary", do="call a cell wet or dry; land takes the remainder")
    found = overlaps(air, sea, earth)
    refuse_uncovered(found, sea, "wet cells")
    i, j, wet = without_slivers(found.source, found.target, found.area, sea.count)
    dry = found.source_area - summed(i, wet, air.count)
    land = np.flatnonzero(dry > SLIVER * found.source_area)
    whole = summed(i, wet, air.count)
    whole[land] += dry[land]
    sides = Side(jnp.asarray(i), jnp.asarray(wet / whole[i]), air.shape), _side(j, wet, sea.shape)
    below = Side(jnp.asarray(land), jnp.asarray(dry[land] / whole[land]), air.shape)
    on_land = Exchange(below, _side(land, dry[land], air.shape), jnp.asarray(dry[land]))
    return Mosaic(Exchange(*sides, jnp.asarray(wet)), on_land)


def river_mouths(
    longitude: ArrayLike, latitude: ArrayLike, sea: Cells, reach: float = 100e3, spread: float = 0.0
) -> Exchange:
    """Where rivers enter the sea: each mouth to the nearest wet cell, or to all within a distance of that, by area.

    Args:
        longitude: of the mouths [degree], shape (mouths,).
        latitude: of the mouths [degree], shape (mouths,).
        sea: cells with fraction zero where dry.
        reach: farthest centre of a wet cell that a mouth may take [m].
        spread: wet cells this much farther than the nearest receive too [m].

    Returns:
        exchange cells from mouths to wet cells whose shares of each mouth sum to one; `area` is the wet cell's.

    Raises:
        InputError: a mouth has no wet cell within reach.

    >>> from shanhai.grids.cells import latitude_longitude_cells
    >>> sea = latitude_longitude_cells([120, 121, 122, 123], [30, 31]).with_fraction([[0, 1, 1]])
    >>> river_mouths([120.9], [30.4], sea).target.cell.tolist()
    [1]
    """
    wet = np.flatnonzero(sea.fraction > 0)
    points = cartesian(np.atleast_1d(longitude), np.atleast_1d(latitude)).T
    at = cartesian(*(c.reshape(-1)[wet] for c in centres(sea))).T
    near = _nearest_wet(points, at, reach)
    found = cKDTree(at).query_ball_point(points, _chord(near + spread) * (1 + 1e-9), return_sorted=True)
    mouth = np.repeat(np.arange(len(points)), [len(f) for f in found])
    cell = wet[[number for cells in found for number in cells]]
    area = areas(sea).reshape(-1)[cell]
    return Exchange(_side(mouth, area, (len(points),)), _side(cell, area, sea.shape), jnp.asarray(area))


def _nearest_wet(points: Floats, at: Floats, reach: float) -> Floats:
    """Distance along the sphere [m] from each point to the nearest wet centre."""
    if not len(at):
        raise InputError("rivers have no wet cell to enter", do="check the mask of the sea")
    distance = 2 * SPHERE.equatorial_radius * np.arcsin(np.clip(cKDTree(at).query(points)[0] / 2, 0, 1))
    lost = np.flatnonzero(~(distance <= reach))
    if lost.size:
        raise InputError(
            f"{lost.size} river mouths have no wet cell within {reach / 1e3:g} km, "
            f"the first is {distance[lost[0]] / 1e3:.0f} km away",
            where=f"mouth {int(lost[0])}",
            do="move the mouth to the coast, widen the reach, or correct the mask",
        )
    return distance


def _chord(distance: Floats) -> Floats:
    return 2 * np.sin(distance / SPHERE.equatorial_radius / 2)
