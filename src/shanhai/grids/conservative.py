r"""Conservative remapping of fields, of first or second order, on any pair of grids.

On each overlap k of source cell i and target cell j the field is reconstructed about the cell's mean position $c_i$,

$$v_k = f_i + \phi_i\, g_i \cdot (x_k - c_i),\qquad a_k = A_k v_k$$

with x the mean position of the overlap as a Cartesian vector, so that no pole is special. First order has g = 0.
Because $\sum_k A_k (x_k - c_i) = 0$ over a covered cell, it gives away $f_i \sum_k A_k$ whatever g is. The gradient
is the least-squares one over the neighbours n that count,

$$g_i = P_i \sum_n w_n\,(x_n - c_i)(f_n - f_i),\qquad P_i = \Big[\sum_n w_n (x_n-c_i)(x_n-c_i)^T\Big]^+,
  \quad w_n = |x_n - c_i|^{-2}$$

in the tangent plane, exact for linear fields. The limiter φ is the largest in 0 to 1 that keeps every $v_k$ between the
least and the greatest of $f_i$ and its neighbours (Barth & Jespersen 1989, AIAA 89-0366, at overlaps instead
of corners). It follows the idea of Jones (1999), MWR 127, 2204, and, in Cartesian vectors, of Kritsikis et al. (2017),
GMD 10, 425.
"""

from collections.abc import Callable
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import shapely
from jax import Array
from numpy.typing import NDArray

from shanhai.core.errors import InputError, nearest
from shanhai.grids.cells import WHOLE_CIRCLE, Cells
from shanhai.grids.exchange import Exchange, Side, gather, scatter, summed_into
from shanhai.grids.overlap import CIRCLES, Overlaps
from shanhai.grids.plane import polygons, summed
from shanhai.grids.projection import SPHERE, Ellipsoid

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Normalisation = Literal["fracarea", "destarea"]
Reduction = Callable[..., Array]

COVERED = 1e-9
"""Cells of which less than this part is missing are covered."""


class Gradient(eqx.Module):
    """Least-squares gradients of a field on the source cells, and how far from their middles the overlaps lie.

    Args:
        cell: source cell that looks, shape (pairs,).
        neighbour: source cell that it sees, shape (pairs,).
        weight: of the difference in the gradient [1], shape (3, pairs).
        offset: position of overlaps less that of the source cell [1], shape (3, overlaps).
        limited: whether values on overlaps stay between those of the source.
    """

    cell: Array
    neighbour: Array
    weight: Array
    offset: Array
    limited: bool = eqx.field(static=True)


class Conservative(eqx.Module):
    """Conservative remapping; make it with `conservative`.

    Args:
        overlap: overlaps as exchange cells.
        gradient: what second order needs; first order has none.
        inverse_area: one over the area by which amounts become values [m-2], shape (target cells,); zero where no
            source cell reaches.
    """

    overlap: Exchange
    gradient: Gradient | None
    inverse_area: Array

    def __call__(self, field: Array) -> Array:
        """Values on the target.

        Args:
            field: means of the source cells, shape (..., *source shape).

        Returns:
            means of the target cells in the sense of the normalisation, shape (..., *target shape); zero where no
            source cell reaches.
        """
        shape = self.overlap.target.shape
        return self.amounts(field) * self.inverse_area.astype(field.dtype).reshape(shape)

    def amounts(self, field: Array) -> Array:
        """Amounts that target cells receive, exact under either normalisation.

        Args:
            field: a density per m2 on the source cells, shape (..., *source shape).

        Returns:
            integrals over what is covered of each target cell, shape (..., *target shape).
        """
        return scatter(self.overlap.target, self.values(field) * self.overlap.area.astype(field.dtype))

    def values(self, field: Array) -> Array:
        """Means of the reconstruction over each overlap.

        Args:
            field: means of the source cells, shape (..., *source shape).

        Returns:
            shape (..., overlaps).
        """
        side = self.overlap.source
        found = gather(side, field)
        if self.gradient is None:
            return found
        flat = field.reshape((*field.shape[: field.ndim - len(side.shape)], -1))
        rise = _rises(self.gradient, side, flat)
        if self.gradient.limited:
            rise = rise * _limiter(self.gradient, side, flat, rise)[..., side.cell]
        return found + rise


def conservative(
    found: Overlaps,
    source: Cells,
    target: Cells,
    order: Literal[1, 2] = 2,
    limited: bool = False,
    normalisation: Normalisation = "fracarea",
    earth: Ellipsoid = SPHERE,
) -> Conservative:
    """Make the operator that remaps fields conservatively.

    Args:
        found: overlaps of the grids.
        source: grid of the field.
        target: grid wanted.
        order: 1 is bounded and diffusive; 2 follows gradients.
        limited: for order 2, keep values between those of neighbouring source cells.
        normalisation: "fracarea" divides by the covered area: values stay sane, but value × cell area is not the
            amount where a cell is partly covered. "destarea" divides by the area of the target cell that counts: that
            product is the amount, but values sink towards zero at the edge. `amounts` is exact under both.
        earth: figure that areas were measured on.

    Raises:
        InputError: an unknown normalisation or order, or a limiter without gradients.

    >>> from shanhai.grids.cells import latitude_longitude_cells
    >>> from shanhai.grids.overlap import overlaps
    >>> one, other = (latitude_longitude_cells(np.linspace(0, 6, n + 1), [0, 1]) for n in (3, 2))
    >>> remap = conservative(overlaps(one, other), one, other, order=1)
    >>> remap(jnp.array([[1.0, 4.0, 7.0]])).round(9).tolist()
    [[2.0, 6.0]]
    """
    _refuse_unknown(order, limited, normalisation)
    covered = summed(found.target, found.area, target.count)
    divisor = covered if normalisation == "fracarea" else np.where(covered > 0, found.target_area, 0.0)
    inverse = np.divide(1.0, divisor, out=np.zeros_like(divisor), where=divisor > 0)
    one = Side(jnp.asarray(found.source), jnp.asarray(found.area / found.source_area[found.source]), source.shape)
    other = Side(jnp.asarray(found.target), jnp.asarray(found.area / found.target_area[found.target]), target.shape)
    gradient = _gradient(found, source, earth, limited) if order == 2 else None
    return Conservative(Exchange(one, other, jnp.asarray(found.area)), gradient, jnp.asarray(inverse))


def _refuse_unknown(order: int, limited: bool, normalisation: str) -> None:
    if normalisation not in ("fracarea", "destarea"):
        do = nearest(normalisation, ("fracarea", "destarea"))
        raise InputError(f"{normalisation!r} is no normalisation", do=do)
    if order not in (1, 2):
        raise InputError(f"conservative remapping has no order {order}", do="choose 1 or 2")
    if limited and order == 1:
        raise InputError("first order has no gradient to limit", do="leave the limiter out or choose order 2")


# --- on the host: weights -----------------------------------------------------------------------------------


def _gradient(found: Overlaps, source: Cells, earth: Ellipsoid, limited: bool) -> Gradient:
    middle = _middles(found)
    cell, neighbour = neighbours(source, earth)
    weight = _least_squares(cell, middle[:, neighbour] - middle[:, cell], middle)
    offset = found.position - middle[:, found.source]
    return Gradient(jnp.asarray(cell), jnp.asarray(neighbour), jnp.asarray(weight), jnp.asarray(offset), limited)


def _middles(found: Overlaps) -> Floats:
    """Mean positions of source cells; of covered ones that of their overlaps, so that offsets sum to zero exactly."""
    n = found.source_area.size
    area = summed(found.source, found.area, n)
    moment = np.stack([summed(found.source, found.area * p, n) for p in found.position])
    covered = found.covered()[0] > 1 - COVERED
    return np.where(covered, moment / np.where(covered, area, 1.0), found.source_position)


def neighbours(cells: Cells, earth: Ellipsoid = SPHERE) -> tuple[Integers, Integers]:
    """Pairs of cells that count and whose boxes in the equal-area plane touch, corners and antimeridian included.

    Args:
        cells: any grid.
        earth: figure that the plane shows.

    Returns:
        cell and neighbour, ordered by cell; every pair both ways.

    >>> from shanhai.grids.cells import latitude_longitude_cells
    >>> globe = latitude_longitude_cells([0, 90, 180, 270, 360], [-90, 0, 90])
    >>> cell, neighbour = neighbours(globe)
    >>> neighbour[cell == 0].tolist()
    [1, 3, 4, 5, 7]
    """
    kept = np.flatnonzero(cells.fraction > 0)
    west, south, east, north = shapely.bounds(polygons(cells, earth)[kept]).T
    gap = 1e-6 * np.stack([east - west, north - south])
    tree = shapely.STRtree(shapely.box(west - gap[0], south - gap[1], east + gap[0], north + gap[1]))
    pairs = []
    for shift in (WHOLE_CIRCLE * circles for circles in CIRCLES):
        near = np.flatnonzero((east + shift >= west.min() - 1) & (west + shift <= east.max() + 1))
        one, other = tree.query(shapely.box(west[near] + shift, south[near], east[near] + shift, north[near]))
        pairs.append(kept[np.stack([near[one], other])])
    cell, neighbour = np.unique(np.concatenate(pairs, axis=1), axis=1)
    apart = cell != neighbour
    return cell[apart], neighbour[apart]


def _least_squares(cell: Integers, away: Floats, middle: Floats) -> Floats:
    """Weights of differences in the gradient of each cell, shape (3, pairs); none where nothing is near."""
    up = middle / np.maximum(np.linalg.norm(middle, axis=0), 1e-300)
    flat = away - up[:, cell] * (up[:, cell] * away).sum(axis=0)
    weight = 1 / np.maximum((flat**2).sum(axis=0), 1e-300)
    n = middle.shape[1]
    matrix = np.empty((n, 3, 3))
    for a in range(3):
        for b in range(3):
            matrix[:, a, b] = summed(cell, weight * flat[a] * flat[b], n)
    inverse = np.linalg.pinv(matrix, rcond=1e-6, hermitian=True)  # a row of cells has a slope along it alone
    return np.einsum("nab,bn->an", inverse[cell], weight * flat)


# --- on the device ------------------------------------------------------------------------------------------


def _rises(gradient: Gradient, side: Side, flat: Array) -> Array:
    """Reconstruction on overlaps less the value of their source cell, unlimited."""
    difference = flat[..., gradient.neighbour] - flat[..., gradient.cell]
    weight, offset = gradient.weight.astype(flat.dtype), gradient.offset.astype(flat.dtype)
    slopes = [summed_into(gradient.cell, difference * w, flat.shape[-1]) for w in weight]
    return sum(slope[..., side.cell] * o for slope, o in zip(slopes, offset))


def _limiter(gradient: Gradient, side: Side, flat: Array, rise: Array) -> Array:
    """Part of the gradient that keeps every overlap between the cell and its neighbours, shape (..., cells)."""
    room_up = _extreme(jax.ops.segment_max, gradient, flat, jnp.maximum) - flat
    room_down = _extreme(jax.ops.segment_min, gradient, flat, jnp.minimum) - flat
    room = jnp.where(rise > 0, room_up[..., side.cell], room_down[..., side.cell])
    beyond = jnp.abs(rise) > jnp.abs(room)
    size = jax.lax.stop_gradient(jnp.where(beyond, jnp.abs(rise), 1.0))  # its square would underflow in the derivative
    part = jnp.where(beyond, (room / size) / jnp.where(beyond, rise / size, 1.0), 1.0)
    least = jax.ops.segment_min(jnp.moveaxis(part, -1, 0), side.cell, flat.shape[-1])
    return jnp.moveaxis(jnp.minimum(least, 1.0), 0, -1)


def _extreme(segment: Reduction, gradient: Gradient, flat: Array, of_two: Reduction) -> Array:
    around = segment(jnp.moveaxis(flat[..., gradient.neighbour], -1, 0), gradient.cell, flat.shape[-1])
    return of_two(jnp.moveaxis(around, 0, -1), flat)
