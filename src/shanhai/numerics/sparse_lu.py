r"""Sparse LU of many small systems of one pattern, one matrix a cell.

The pattern is known when a network is built, so that the order of elimination, the fill-in and the order of the
arithmetic are found once, on the host. The numbers are arrays (non-zero, cells...): there is no dense matrix, and each
operation runs over all cells. Entries that do not wait for one another form a level and are computed together, so that
the number of operations, and with it the time to compile, grows with the depth of the elimination and not with the
number of non-zeros. Where cells are few, narrow levels are turns of a loop, which compiles once for all of them, as
there the compiler takes longer than the numbers. Order: Markowitz (1957), Management Sci. 3, 255, on the diagonal.

There is no pivoting. The matrices meant are $I - \gamma\Delta t\,J$ of reaction networks: dominated by their diagonal
when the step is short, and column by column an M-matrix, for which elimination on the diagonal is stable, wherever
laws rise with what they take. Where a network feeds itself faster than $1/(\gamma\Delta t)$ a pivot may vanish; the
result is then not finite, and the driver of the steps must shorten the step.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from shanhai.core.errors import InputError
from shanhai.numerics.gathered import FEW, Sums, arrange, contract, rows

Entry = tuple[int, int]
"""Row and column of a non-zero."""

NARROW = 8
"""Unknowns of a level up to which it is a turn of a loop where cells are few: most levels hold one or two."""


class Level(NamedTuple):
    """Unknowns that are found together, all from earlier ones.

    Args:
        given: rows of their right-hand sides.
        products: what is taken off.
        pivots: rows of the reciprocals that they are then multiplied with; none where there is nothing to multiply.
        inverted: whether the reciprocals are kept instead.
    """

    given: tuple[int, ...]
    products: Sums
    pivots: tuple[int, ...]
    inverted: bool


class Sweep(NamedTuple):
    """Levels one after the other, and the place of each unknown in them."""

    levels: tuple[Level, ...]
    back: tuple[int, ...]

    @property
    def wide(self) -> int:
        """Levels up to the last one that is not narrow."""
        return max((n for n, level in enumerate(self.levels, 1) if len(level.given) > NARROW), default=0)


class Turns(NamedTuple):
    """Narrow levels made alike, for a loop whose body is compiled once; -2 is a row of zeros, and -1 one of ones.

    Args:
        start: place of the first unknown, (turn,).
        given: rows of the right-hand sides, (turn, unknown).
        left: rows of the left factors of the products that are taken off, (turn, term, unknown).
        right: rows of their right factors.
        pivots: rows that unknowns are then multiplied with, (turn, unknown).
        inverted: whether the reciprocals are kept, (turn,).
    """

    start: NDArray[np.intp]
    given: NDArray[np.intp]
    left: NDArray[np.intp]
    right: NDArray[np.intp]
    pivots: NDArray[np.intp]
    inverted: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Plan:
    """How to eliminate a pattern.

    Args:
        size: number of unknowns.
        pattern: non-zeros of the matrix, with the whole diagonal, in the order of their values.
        order: unknowns in the order of elimination.
        filled: non-zeros of the factors, in the order in which they are found.
        elimination: finds the factors.
        forward: substitution with the lower factor.
        backward: substitution with the upper factor.
        forward_transposed: substitution with the upper factor, transposed.
        backward_transposed: substitution with the lower factor, transposed.
        product: matrix times vector.
    """

    size: int
    pattern: tuple[Entry, ...]
    order: tuple[int, ...]
    filled: tuple[Entry, ...]
    elimination: Sweep
    forward: Sweep
    backward: Sweep
    forward_transposed: Sweep
    backward_transposed: Sweep
    product: Sums


@cache
def plan(size: int, pattern: tuple[Entry, ...]) -> Plan:
    """Order of elimination, fill-in and levels of a pattern.

    Each pivot is the unknown whose row and column, without the diagonal, have the least product of lengths.

    Args:
        size: number of unknowns.
        pattern: non-zeros; the diagonal may be left out.

    Raises:
        InputError: for an entry outside the matrix.

    >>> arrow = plan(3, ((0, 1), (0, 2), (1, 0), (2, 0)))
    >>> arrow.order, len(arrow.filled) - len(arrow.pattern)
    ((1, 0, 2), 0)
    """
    if any(not (0 <= i < size and 0 <= j < size) for i, j in pattern):
        raise InputError(f"an entry lies outside a matrix of {size} unknowns", where="sparse LU")
    given = tuple(dict.fromkeys(pattern + tuple((i, i) for i in range(size))))
    order, filled = _ordered(size, given)
    place = {k: n for n, k in enumerate(order)}
    lower = {(i, j) for i, j in filled if place[i] > place[j]}
    upper = {(i, j) for i, j in filled if place[i] < place[j]}
    elimination, found = _elimination(given, order, lower, upper)
    at = {e: n for n, e in enumerate(found)}
    turned = {(j, i) for i, j in lower}, {(j, i) for i, j in upper}
    back = {(j, i): n for (i, j), n in at.items()}
    return Plan(
        size,
        given,
        order,
        found,
        elimination,
        _substitution(order, lower, at, diagonal=False),
        _substitution(order[::-1], upper, at, diagonal=True),
        _substitution(order, turned[1], back, diagonal=True),
        _substitution(order[::-1], turned[0], back, diagonal=False),
        arrange(tuple(tuple((n, j) for n, (i, j) in enumerate(given) if i == row) for row in range(size))),
    )


def _ordered(size: int, given: tuple[Entry, ...]) -> tuple[tuple[int, ...], tuple[Entry, ...]]:
    """Order of elimination, and the non-zeros with the fill-in."""
    rows = {i: {b for a, b in given if a == i and b != i} for i in range(size)}
    columns = {i: {a for a, b in given if b == i and a != i} for i in range(size)}
    order, filled = [], dict.fromkeys(given)
    while rows:
        k = min(rows, key=lambda i: (len(rows[i]) * len(columns[i]), i))
        right, down = rows.pop(k), columns.pop(k)
        for i in down:
            rows[i] = (rows[i] | right) - {k, i}
        for j in right:
            columns[j] = (columns[j] | down) - {k, j}
        filled |= dict.fromkeys((i, j) for i in sorted(down) for j in sorted(right))
        order.append(k)
    return tuple(order), tuple(filled)


def _elimination(
    given: tuple[Entry, ...], order: tuple[int, ...], lower: set[Entry], upper: set[Entry]
) -> tuple[Sweep, tuple[Entry, ...]]:
    """Levels of the factors: each entry is its number less the products of earlier ones, below the diagonal / pivot."""
    place = {k: n for n, k in enumerate(order)}
    depth: dict[Entry, int] = {}
    needs: dict[Entry, list[tuple[Entry, Entry]]] = {}
    entries = [*lower, *upper, *((k, k) for k in order)]
    for e in sorted(entries, key=lambda e: (min(place[e[0]], place[e[1]]), e not in upper and e[0] != e[1], e)):
        i, j = e
        first = order[: min(place[i], place[j])]
        needs[e] = [((i, k), (k, j)) for k in first if (i, k) in lower and (k, j) in upper]
        waits = [n for pair in needs[e] for n in pair] + ([(j, j)] if e in lower else [])
        depth[e] = 1 + max((depth[n] for n in waits), default=-1)
    kinds = sorted({(d, e in lower, e[0] == e[1]) for e, d in depth.items()})
    groups = [[e for e in needs if (depth[e], e in lower, e[0] == e[1]) == kind] for kind in kinds]
    found = tuple(e for group in groups for e in group)
    at, number = {e: n for n, e in enumerate(found)}, {e: n for n, e in enumerate(given)}
    levels = tuple(
        Level(
            tuple(number.get(e, -1) for e in group),
            arrange(tuple(tuple((at[a], at[b]) for a, b in needs[e]) for e in group)),
            tuple(at[e[1], e[1]] for e in group) if below else (),
            inverted,
        )
        for group, (_, below, inverted) in zip(groups, kinds)
    )
    return Sweep(levels, tuple(range(len(found)))), found


def _substitution(order: tuple[int, ...], part: set[Entry], at: dict[Entry, int], diagonal: bool) -> Sweep:
    """Levels of a triangular solve, in an order in which every unknown comes after those that it takes."""
    takes = {i: sorted(j for a, j in part if a == i) for i in order}
    depth: dict[int, int] = {}
    for i in order:
        depth[i] = 1 + max((depth[j] for j in takes[i]), default=-1)
    groups = [[i for i in order if depth[i] == d] for d in range(max(depth.values(), default=-1) + 1)]
    row = {i: n for n, i in enumerate(i for group in groups for i in group)}
    levels = tuple(
        Level(
            tuple(group),
            arrange(tuple(tuple((at[i, j], row[j]) for j in takes[i]) for i in group)),
            tuple(at[i, i] for i in group) if diagonal else (),
            False,
        )
        for group in groups
    )
    return Sweep(levels, tuple(row[i] for i in range(len(order))))


def factor(plan: Plan, values: Array) -> Array:
    """Unit lower and upper factors, with the reciprocals of the pivots on the diagonal.

    Args:
        plan: of the pattern.
        values: of the non-zeros, in the order of `plan.pattern`, (non-zero, ...).

    Returns:
        values in the order of `plan.filled`.
    """
    return _swept(plan.elimination, None, values)


def substitute(plan: Plan, factors: Array, b: Array) -> Array:
    """Solution by forward and backward substitution.

    Args:
        plan: of the pattern.
        factors: from `factor`.
        b: right-hand sides, (unknown, ...).

    Returns:
        the unknowns, (unknown, ...).
    """
    return _swept(plan.backward, factors, _swept(plan.forward, factors, b))


def substitute_transposed(plan: Plan, factors: Array, b: Array) -> Array:
    """Solution with the transposed matrix; arguments as `substitute`."""
    return _swept(plan.backward_transposed, factors, _swept(plan.forward_transposed, factors, b))


def _turns(sweep: Sweep) -> Turns:
    levels, start = sweep.levels[sweep.wide :], sum(len(level.given) for level in sweep.levels[: sweep.wide])
    turns, groups = len(levels), [[g for g in level.products.groups if len(g.left)] for level in levels]
    terms = max((len(g.left) for each in groups for g in each), default=0)
    given, pivots = np.full((turns, NARROW), -2), np.full((turns, NARROW), -1)
    left, right = (np.full((turns, terms, NARROW), -2) for _ in range(2))
    for n, level in enumerate(levels):
        given[n, : len(level.given)] = np.where(np.array(level.given) < 0, -2, level.given)
        pivots[n, : len(level.pivots)] = level.pivots
        place = np.argsort(level.products.back)
        for group in level.products.groups:
            here, place = place[: group.left.shape[1]], place[group.left.shape[1] :]
            left[n, : len(group.left), here] = group.left.T
            right[n, : len(group.right), here] = group.right.T
    starts = start + np.cumsum([0, *(len(level.given) for level in levels[:-1])])
    return Turns(starts, given, left, right, pivots, np.array([level.inverted for level in levels]))


def _looped(sweep: Sweep, factors: Array | None, given: Array, found: Array) -> Array:
    """What is found in narrow levels too, in a loop: it compiles in the time of one of them."""
    shape = given.shape[1:]
    ends = jnp.stack([jnp.zeros(shape, given.dtype), jnp.ones(shape, given.dtype)])
    given = jnp.concatenate([given, ends])
    known = None if factors is None else jnp.concatenate([factors, ends])
    room = jnp.concatenate([found, jnp.zeros((NARROW, *shape), given.dtype), ends])

    def turn(room: Array, at: Turns) -> tuple[Array, None]:
        def pick(x: Array, rows: Any) -> Array:
            return x.at[jnp.where(rows < 0, len(x) + rows, rows)].get(mode="promise_in_bounds")

        left = room if known is None else known
        new = pick(given, at.given) - jnp.sum(pick(left, at.left) * pick(room, at.right), axis=0)
        new = jnp.where(at.inverted, 1.0 / new, new) * pick(left, at.pivots)
        return jax.lax.dynamic_update_slice_in_dim(room, new, at.start, 0), None

    return jax.lax.scan(turn, room, _turns(sweep))[0][: len(found)]


def _swept(sweep: Sweep, factors: Array | None, given: Array) -> Array:
    """Go through the levels; without factors, what is found are the factors themselves."""
    found = jnp.zeros((len(sweep.back), *given.shape[1:]), given.dtype)
    start = 0
    loop = np.prod(given.shape[1:]) <= FEW and len(sweep.levels) - sweep.wide > 2
    for level in sweep.levels[: sweep.wide if loop else None]:
        left = found if factors is None else factors
        new = _given(level.given, given) - contract(level.products, left, found)
        if level.inverted:
            new = 1.0 / new
        if level.pivots:
            new = new * rows(left, level.pivots)
        found = jax.lax.dynamic_update_slice_in_dim(found, new, start, 0)
        start += len(level.given)
        found = jax.lax.optimization_barrier(found)
    found = _looped(sweep, factors, given, found) if loop else found
    return found if sweep.back == tuple(range(len(sweep.back))) else rows(found, sweep.back)


def _given(places: tuple[int, ...], given: Array) -> Array:
    """Numbers of the matrix, zero where there is fill-in."""
    there = np.array(places) >= 0
    picked = rows(given, np.maximum(places, 0))
    return picked if there.all() else jnp.where(there.reshape(-1, *(1,) * (given.ndim - 1)), picked, 0.0)


def solve(plan: Plan, values: Array, factors: Array, b: Array) -> Array:
    r"""Solution of A x = b whose derivatives are those of the solution and not of the elimination.

    $$dx = A^{-1}(db - dA\,x)$$

    with the same factors, forward and reverse (then with the transposed) and of any order.

    Args:
        plan: of the pattern.
        values: of the matrix A, (non-zero, ...).
        factors: of the same, from `factor`.
        b: right-hand sides, (unknown, ...).

    Returns:
        the unknowns, (unknown, ...).

    >>> two = plan(2, ((0, 1),))
    >>> a = jnp.array([3.0, 2.0, 4.0])  # in the order (0, 1), (0, 0), (1, 1)
    >>> solve(two, a, factor(two, a), jnp.array([7.0, 4.0])).tolist()
    [2.0, 1.0]
    """
    fixed = jax.lax.stop_gradient(factors)
    return jax.lax.custom_linear_solve(
        lambda x: contract(plan.product, values, x),
        b,
        lambda _, rhs: substitute(plan, fixed, rhs),
        lambda _, rhs: substitute_transposed(plan, fixed, rhs),
    )
