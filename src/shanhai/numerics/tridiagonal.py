r"""Tridiagonal systems over levels, with numbers or small blocks as coefficients.

$$L_i x_{i-1} + D_i x_i + U_i x_{i+1} = r_i, \qquad i = 0 \ldots n - 1$$

Levels lie on axis 0 and are eliminated by one scan; all columns of the trailing axes go together. Several unknowns in a
level, such as temperature with humidity, are a tuple of arrays, and their coefficients a tuple of rows of arrays: every
array is (level, cells...), and one unknown costs no more than it would alone.

Elimination stops short of the end, so that the last unknown can still be given as a straight line of what lies beyond
it: this *response* is what an implicitly coupled surface needs. There is no pivoting: the matrices of diffusion are
diagonally dominant.

Source: the elimination of L. H. Thomas; Golub & Van Loan (2013), Matrix Computations, section 4.5.1 for blocks.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from shanhai.core.errors import InputError

End = Literal["top", "bottom"]

Vector = tuple[Array, ...]
"""Unknowns of a level, or of all levels."""

Block = tuple[tuple[Array, ...], ...]
"""Rows of coefficients between the unknowns of two levels."""


class Tridiagonal(NamedTuple):
    """Coefficients of a tridiagonal matrix, all arrays (level, cells...).

    Args:
        lower: of the level before; its first level belongs to what lies beyond the top, and counts only in an
            elimination that leaves the top open.
        diagonal: of the level itself.
        upper: of the level after; its last level belongs to what lies beyond the bottom.
    """

    lower: Block
    diagonal: Block
    upper: Block


class Elimination(NamedTuple):
    """Each unknown as a straight line of the next towards the open end, x = offset - gain * next."""

    offset: Vector
    gain: Block


def times(block: Block, vector: Vector) -> Vector:
    """Product of a block and a vector, elementwise over all axes of their arrays.

    >>> times(((1.0, 2.0), (0.0, 1.0)), (3.0, 4.0))
    (11.0, 4.0)
    """
    return tuple(sum(b * v for b, v in zip(row[1:], vector[1:], strict=True)) + row[0] * vector[0] for row in block)


def product(block: Block, other: Block) -> Block:
    """Product of two blocks.

    >>> product(((1.0, 2.0), (0.0, 1.0)), ((1.0, 0.0), (3.0, 1.0)))
    ((7.0, 2.0), (3.0, 1.0))
    """
    return turned(tuple(times(block, column) for column in turned(other)))


def turned(block: Sequence[Vector]) -> Block:
    """Transpose of a block."""
    return tuple(zip(*block, strict=True))


def plus(one: Vector, other: Vector) -> Vector:
    """Sum of two vectors."""
    return tuple(a + b for a, b in zip(one, other, strict=True))


def minus(one: Vector, other: Vector) -> Vector:
    """Difference of two vectors."""
    return tuple(a - b for a, b in zip(one, other, strict=True))


def inverse(block: Block) -> Block:
    """Inverse by elimination without pivoting, unrolled over rows.

    >>> inverse(((2.0, 1.0), (1.0, 1.0)))
    ((1.0, -1.0), (-1.0, 2.0))
    """
    size = range(len(block))
    rows: list[list[Any]] = [list(row) for row in block]
    for p in size:
        pivot, rows[p][p] = 1.0 / rows[p][p], 1.0
        rows[p] = [x * pivot for x in rows[p]]
        for q in (q for q in size if q != p):
            factor, rows[q][p] = rows[q][p], 0.0
            rows[q] = [x - factor * y for x, y in zip(rows[q], rows[p])]
    return tuple(tuple(row) for row in rows)


def eliminate(matrix: Tridiagonal, right: Vector, open_end: End = "bottom") -> Elimination:
    r"""Eliminate all levels up to one end, which is left open.

    $$G_i = (D_i - L_i G_{i-1})^{-1} U_i, \qquad y_i = (D_i - L_i G_{i-1})^{-1} (r_i - L_i y_{i-1})$$

    so that $x_i = y_i - G_i x_{i+1}$; with L and U exchanged, and from below, where the top stays open.

    Args:
        matrix: coefficients.
        right: r, a tuple of (level, cells...).
        open_end: the end that stays open.

    Returns:
        a line for every level; that of the open end is the response to what lies beyond.
    """
    lower, diagonal, upper = matrix if open_end == "bottom" else matrix[::-1]

    def level(before: Elimination, row: tuple[Block, Block, Block, Vector]) -> tuple[Elimination, Elimination]:
        behind, own, ahead, value = row
        undone = inverse(_less(own, product(behind, before.gain)))
        line = Elimination(times(undone, minus(value, times(behind, before.offset))), product(undone, ahead))
        return line, line

    nothing = jax.tree.map(lambda x: jnp.zeros_like(x[0]), Elimination(right, upper))
    return jax.lax.scan(level, nothing, (lower, diagonal, upper, right), reverse=open_end == "top")[1]


def _less(one: Block, other: Block) -> Block:
    return tuple(minus(a, b) for a, b in zip(one, other))


def substitute(eliminated: Elimination, beyond: Vector, open_end: End = "bottom") -> Vector:
    """Unknowns of all levels, once what lies beyond the open end is known.

    Args:
        eliminated: from `eliminate`.
        beyond: a tuple of (cells...).
        open_end: as it was eliminated.

    Returns:
        x, a tuple of (level, cells...).
    """

    def level(after: Vector, line: Elimination) -> tuple[Vector, Vector]:
        x = minus(line.offset, times(line.gain, after))
        return x, x

    return jax.lax.scan(level, beyond, eliminated, reverse=open_end == "bottom")[1]


def multiply(matrix: Tridiagonal, x: Vector) -> Vector:
    """Product of a tridiagonal matrix and x; nothing lies beyond the ends."""
    before, after = shifted(x, 1), shifted(x, -1)
    return plus(plus(times(matrix.lower, before), times(matrix.diagonal, x)), times(matrix.upper, after))


def shifted(x: Vector, by: Literal[1, -1]) -> Vector:
    """Values of the level before (by = 1) or after (by = -1), zero beyond the end."""

    def one(a: Array) -> Array:
        edge = jnp.zeros_like(a[:1])
        return jnp.concatenate([edge, a[:-1]] if by == 1 else [a[1:], edge])

    return jax.tree.map(one, x)


def transposed(matrix: Tridiagonal) -> Tridiagonal:
    """Transpose of a tridiagonal matrix."""
    lower, diagonal, upper = (turned(blocks) for blocks in matrix)
    return Tridiagonal(shifted(upper, 1), diagonal, shifted(lower, -1))  # type: ignore[arg-type]


def solve_blocks(matrix: Tridiagonal, right: Vector) -> Vector:
    """Solve tridiagonal systems; derivatives solve the same or the transposed system once more.

    Args:
        matrix: coefficients.
        right: a tuple of (level, cells...).

    Returns:
        x, shape of `right`.
    """

    def closed(m: Tridiagonal, r: Vector) -> Vector:
        return substitute(eliminate(m, r), jax.tree.map(lambda a: jnp.zeros_like(a[0]), r))

    return jax.lax.custom_linear_solve(
        lambda x: multiply(matrix, x),
        right,
        lambda _, r: closed(matrix, r),
        lambda _, r: closed(transposed(matrix), r),
    )


def solve(lower: Array, diagonal: Array, upper: Array, right: Array) -> Array:
    """Solve tridiagonal systems of one unknown in all columns at once; see `solve_blocks`.

    Args:
        lower: coefficients of the level before, (level, cells...), or fewer columns that broadcast.
        diagonal: coefficients of the level itself.
        upper: coefficients of the level after.
        right: (level, cells...).

    Returns:
        x, shape of `right`.

    Raises:
        InputError: if coefficients have other levels than the right-hand side.

    >>> one = jnp.ones(3)
    >>> solve(-one, 3 * one, -one, jnp.array([2.0, 1.0, 2.0])).tolist()
    [1.0, 1.0, 1.0]
    """
    parts = lower, diagonal, upper
    if any(p.shape[:1] != right.shape[:1] or p.ndim != right.ndim for p in parts):
        raise InputError(
            f"coefficients of shapes {', '.join(str(p.shape) for p in parts)} do not fit a right-hand side of shape "
            f"{right.shape}",
            where="tridiagonal system",
            do="give all of them the same number of levels on axis 0, and as many trailing axes",
        )
    return solve_blocks(Tridiagonal(*(((jnp.broadcast_to(p, right.shape),),) for p in parts)), (right,))[0]
