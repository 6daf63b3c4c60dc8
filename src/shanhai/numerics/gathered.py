"""Sums of products over arrays whose first axis is sparse: the one kernel of sparse matrices over cells.

Sums with equally many terms are computed together, so that the number of operations is that of different lengths and
not that of terms: a network of a hundred species compiles about as fast as one of ten.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

FEW = 8
"""Cells up to which sums are not written out, as compiling them takes longer than computing them."""

Terms = tuple[tuple[int, int], ...]
"""Rows of the left and right factors of each product of a sum."""


class Group(NamedTuple):
    """Sums of equally many terms: rows of the factors, (term, sum)."""

    left: NDArray[np.intp]
    right: NDArray[np.intp]


class Sums(NamedTuple):
    """Sums of products, arranged by their lengths.

    Args:
        groups: of equal length.
        back: place of each sum in the groups, one after the other.
    """

    groups: tuple[Group, ...]
    back: NDArray[np.intp]


@cache
def arrange(terms: tuple[Terms, ...]) -> Sums:
    """Arrange sums of products by their lengths.

    Args:
        terms: of each sum; none for zero.
    """
    lengths = sorted({len(t) for t in terms})
    order = [i for n in lengths for i, t in enumerate(terms) if len(t) == n]
    groups = []
    for n in lengths:
        equal = [t for t in terms if len(t) == n]
        pairs = np.array(equal, dtype=np.intp).reshape(len(equal), n, 2)
        groups.append(Group(pairs[..., 0].T, pairs[..., 1].T))
    return Sums(tuple(groups), np.argsort(order))


def contract(sums: Sums, left: Array, right: Array) -> Array:
    """Evaluate sums of products.

    Args:
        sums: from `arrange`.
        left: left factors, (row, ...).
        right: right factors, (row, ...).

    Returns:
        (sum, ...).

    >>> two = arrange((((0, 0), (1, 1)), ((1, 0),)))
    >>> contract(two, jnp.array([2.0, 3.0]), jnp.array([5.0, 7.0])).tolist()
    [31.0, 15.0]
    """
    parts = [_group(g, left, right) for g in sums.groups]
    joined = parts[0] if len(parts) == 1 else jnp.concatenate(parts)
    return joined if np.array_equal(sums.back, np.arange(len(sums.back))) else rows(joined, sums.back)


def rows(x: Array, index: NDArray[np.intp] | Sequence[int]) -> Array:
    """Rows of an array that are known to be there; a slice where they follow one another."""
    first, n = int(index[0]) if len(index) else 0, len(index)
    if all(int(i) == first + k for k, i in enumerate(index)):
        return jax.lax.slice_in_dim(x, first, first + n)
    numbers = jax.lax.GatherDimensionNumbers(
        offset_dims=tuple(range(1, x.ndim)), collapsed_slice_dims=(0,), start_index_map=(0,)
    )
    where = np.asarray(index, dtype=np.int32)[:, None]
    mode = jax.lax.GatherScatterMode.PROMISE_IN_BOUNDS
    return jax.lax.gather(x, where, numbers, (1, *x.shape[1:]), mode=mode)


def _group(group: Group, left: Array, right: Array) -> Array:
    cells = np.broadcast_shapes(left.shape[1:], right.shape[1:])
    shape = (group.left.shape[1], *cells)
    if len(group.left) > 2 and np.prod(cells) <= FEW:
        pairs = rows(left, group.left.ravel()) * rows(right, group.right.ravel())
        return jnp.sum(pairs.reshape(*group.left.shape, *cells), axis=0)
    total = None
    for a, b in zip(group.left, group.right):
        term = rows(left, a) * rows(right, b)
        total = term if total is None else total + term
    return jnp.zeros(shape, left.dtype) if total is None else jnp.broadcast_to(total, shape)
