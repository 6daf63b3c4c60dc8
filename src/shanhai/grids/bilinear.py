r"""Bilinear interpolation of fields to points, in the plane that the source grid is regular in.

$$f(x, y) = \sum_{a,b\in\{0,1\}} |1-a-\xi|\,|1-b-\eta|\,f_{i+a,\,j+b}$$

between the four centres around a point; not conservative. Between the outermost centres and the edge of their cells
values are held; beyond the grid and among masked cells alone there is none.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike, NDArray

from shanhai.core.errors import InputError
from shanhai.grids.cells import WHOLE_CIRCLE, Cells
from shanhai.grids.exchange import Side, gather
from shanhai.grids.projection import LatitudeLongitude, RotatedPole

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Bilinear(eqx.Module):
    """Interpolation to points; make it with `bilinear`.

    Args:
        corner: the four source cells of each point and their weights, flattened (4 * points,).
        shape: of the points.
    """

    corner: Side
    shape: tuple[int, ...] = eqx.field(static=True)

    def __call__(self, field: Array) -> Array:
        """Values at the points.

        Args:
            field: values at the centres of source cells, shape (..., *source shape).

        Returns:
            shape (..., *points); zero where there is none, see `reached`.
        """
        four = gather(self.corner, field) * self.corner.share.astype(field.dtype)
        lead = field.shape[: field.ndim - len(self.corner.shape)]
        return four.reshape((*lead, 4, -1)).sum(axis=-2).reshape(lead + self.shape)

    @property
    def reached(self) -> Array:
        """Where there is a value, shape of the points."""
        return (self.corner.share.reshape(4, -1).sum(axis=0) > 0).reshape(self.shape)


def bilinear(source: Cells, longitude: ArrayLike, latitude: ArrayLike) -> Bilinear:
    """Make the interpolation from a regular grid, in its own plane, to points.

    Args:
        source: a grid made by `latitude_longitude_cells` or `projected_cells`; masked cells take no part and their
            weight goes to the others.
        longitude: of the points [degree], any shape.
        latitude: of the points [degree], same shape.

    Raises:
        InputError: the source is known by corners only.

    >>> from shanhai.grids.cells import latitude_longitude_cells
    >>> source = latitude_longitude_cells([0, 1, 2], [0, 1, 2])
    >>> bilinear(source, [1.0], [0.75])(jnp.array([[0.0, 1.0], [2.0, 3.0]])).round(12).tolist()
    [1.0]
    """
    if source.regular is None:
        raise InputError("a grid known by corners alone has no plane to interpolate in", do="remap conservatively")
    plane = source.regular
    x, y = (np.ravel(c) for c in plane.projection.forward(longitude, latitude))
    is_circle = isinstance(plane.projection, LatitudeLongitude | RotatedPole)
    across = _bracket(x, plane.x, is_circle)
    up = _bracket(y, plane.y, False)
    columns = source.shape[1]
    cell = np.stack([j * columns + i for j, _ in up for i, _ in across])
    weight = np.stack([b * a for _, b in up for _, a in across]) * (source.fraction[cell] > 0)
    total = weight.sum(axis=0)
    weight = np.divide(weight, total, out=np.zeros_like(weight), where=total > 1e-12)
    corner = Side(jnp.asarray(cell.ravel()), jnp.asarray(weight.ravel()), source.shape)
    return Bilinear(corner, np.shape(longitude))


def _bracket(at: Floats, edges: Floats, is_circle: bool) -> tuple[tuple[Integers, Floats], tuple[Integers, Floats]]:
    """The two cells around each coordinate and their weights, both zero outside the edges."""
    n, cell = edges.size - 1, np.arange(edges.size - 1)
    middle, width = (edges[1:] + edges[:-1]) / 2, 1e-9 * (edges[-1] - edges[0])
    if is_circle:
        at = edges[0] - width + np.mod(at - edges[0] + width, WHOLE_CIRCLE)
        if abs(edges[-1] - edges[0] - WHOLE_CIRCLE) < width:
            middle = np.concatenate([[middle[-1] - WHOLE_CIRCLE], middle, [middle[0] + WHOLE_CIRCLE]])
            cell = np.concatenate([[n - 1], cell, [0]])
    place = np.interp(at, middle, np.arange(middle.size))
    lower = np.minimum(place.astype(np.int64), max(middle.size - 2, 0))
    upper, part = np.minimum(lower + 1, middle.size - 1), place - lower
    inside = (at >= edges[0] - width) & (at <= edges[-1] + width)
    return (cell[lower], (1 - part) * inside), (cell[upper], part * inside)
