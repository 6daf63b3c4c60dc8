r"""Tracers that ride on the transfers of a step: isotopes, labels, ages.

An element moves with the extents of a step: products of a reaction take the mixture of its reactants. With X the
amounts of the element, X⁺ those at the end, T_sp what s received of p and L what each gave, the ratios at the end solve

$$(X^+_s + L_s) R^+_s - \sum_p T_{sp} R^+_p = X^*_s$$

where X* are the amounts of the tracer before. The matrix is an M-matrix at any length of step: ratios are never
negative and the tracer closes. As $X^+ + L = X + G$ with G what each received, its rows sum to X, and a uniform ratio
stays uniform. With fractionation, T is what moves of the tracer at equal ratios, and the columns still sum to X⁺.

Elimination uses the off-diagonals and these sums only, without a subtraction, so that every ratio is accurate in its
own digits even where a pool turns over a million times in a step. Source of the idea: Alfa, Xue & Ye (2002), Math.
Comput. 71, 217.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from numpy.typing import NDArray

from shanhai.core.errors import InputError, nearest
from shanhai.core.reactions import Network, proportion
from shanhai.core.stoichiometry import moved
from shanhai.numerics import safe


class Carried(NamedTuple):
    """Tracers after a step.

    Args:
        amounts: of each tracer in each species, external accounts included, (tracer, species, ...).
        ratios: tracer over element in the species that hold it, zero in the others and in empty pools, likewise.
        decayed: amounts lost by decay in the step, to be booked in the account of that name, likewise.
    """

    amounts: Array
    ratios: Array
    decayed: Array


class _Moves(NamedTuple):
    """Transfers of the tracers, per unit ratio, between pools and with accounts.

    Args:
        between: received by s from p, (tracer, pool, pool, ...).
        inward: received by a pool from an account, (tracer, pool, account, ...).
        outward: received by an account from a pool, (tracer, account, pool, ...).
        across: received by an account from an account, (tracer, account, account, ...).
    """

    between: Array
    inward: Array
    outward: Array
    across: Array


def carry(
    network: Network,
    element: str,
    x: Array,
    nu: Array,
    extents: Array,
    tracer: Array,
    *,
    boundary: ArrayLike = 0.0,
    fractionation: Array | None = None,
    decay: ArrayLike = 0.0,
    dt: ArrayLike = 0.0,
) -> Carried:
    r"""Tracers of an element after a step of the network.

    Decay comes first, $X^* = X^* e^{-\lambda\Delta t}$, in the pools and not in the accounts.

    Args:
        network: species and reactions.
        element: conserved quantity that the tracers ride on.
        x: amounts before the step, (species, ...).
        nu: stoichiometry of the step, (species, reaction[, ...]).
        extents: of the step, (reaction, ...); a negative one moves products back to reactants.
        tracer: amounts before the step, in the unit of the element, (tracer, species, ...).
        boundary: ratio of what comes from external accounts, broadcast to (tracer, species, ...); the rows of other
            species are not used.
        fractionation: factor α of each reaction: ratio of what it moves over that of its reactants, broadcast to
            (tracer, reaction, ...).
        decay: λ of each tracer, (tracer,) or a number.
        dt: length of the step, for decay, broadcast against the cells.

    Raises:
        InputError: for an element that the network does not know.

    >>> from shanhai.core.reactions import Reaction, Species
    >>> decay = Reaction("decay", lambda x, k: k * x["litter"], {"litter": -1.0, "humus": 1.0})
    >>> network = Network((Species("litter", {"C": 1.0}), Species("humus", {"C": 1.0})), (decay,), sample=1.0)
    >>> x, label = jnp.array([2.0, 2.0]), jnp.array([[0.2, 0.0]])
    >>> after = carry(network, "C", x, network.stoichiometry(x), jnp.array([1.0]), label)
    >>> [round(float(r), 12) for r in after.ratios[0]]
    [0.1, 0.033333333333]
    """
    weight = _content(network, element, x)
    pools = _holders(network, element, external=False)
    accounts = _holders(network, element, external=True)
    moves = _moves(weight[:, None] * _cellwise(nu, x.ndim), extents, fractionation, pools, accounts)
    start, end = (weight * x)[pools], (weight * (x + moved(nu, extents)))[pools]
    rate = jnp.reshape(jnp.asarray(decay, x.dtype), (-1, *(1,) * x.ndim)) * jnp.asarray(dt, x.dtype)
    lost = tracer[:, pools] * -jnp.expm1(-rate)
    ratio = jnp.broadcast_to(jnp.asarray(boundary, x.dtype), tracer.shape)[:, accounts]
    known = tracer[:, pools] - lost + _times(moves.inward, ratio)
    by_rows = fractionation is None
    sums = start + jnp.sum(moves.inward, axis=2) if by_rows else end + jnp.sum(moves.outward, axis=1)
    solved = _solved(moves.between, sums, known, by_rows)
    given = ratio * (jnp.sum(moves.inward, axis=1) + jnp.sum(moves.across, axis=1))
    booked = tracer[:, accounts] + _times(moves.outward, solved) + _times(moves.across, ratio) - given
    return Carried(
        tracer.at[:, pools].set(end * solved).at[:, accounts].set(booked),
        jnp.zeros_like(tracer).at[:, pools].set(solved).at[:, accounts].set(ratio),
        jnp.zeros_like(tracer).at[:, pools].set(lost),
    )


def _content(network: Network, element: str, x: Array) -> Array:
    """Amount of the element in one unit of each species, shaped to multiply amounts."""
    if element not in network.quantities:
        raise InputError(f"no species holds {element!r}; {nearest(element, network.quantities)}", where="tracers")
    row = network.contents[network.quantities.index(element)]
    return jnp.asarray(row, x.dtype).reshape(-1, *(1,) * (x.ndim - 1))


def _holders(network: Network, element: str, external: bool) -> NDArray[np.int64]:
    rows = (i for i, s in enumerate(network.species) if s.external == external and s.content.get(element, 0.0))
    return np.array(list(rows), dtype=np.int64)


def _cellwise(nu: Array, dimensions: int) -> Array:
    """Stoichiometry with one axis for each axis of cells."""
    return nu.reshape(*nu.shape, *(1,) * (dimensions + 1 - nu.ndim))


def _moves(
    amounts: Array, extents: Array, fractionation: Array | None, pools: NDArray[np.int64], accounts: NDArray[np.int64]
) -> _Moves:
    """Who gets what from whom: products take the mixture of the reactants."""
    part = amounts * extents
    taken, made = jnp.maximum(-part, 0.0), jnp.maximum(part, 0.0)
    share = proportion(taken, jnp.broadcast_to(jnp.sum(taken, axis=0), taken.shape))
    alpha = jnp.ones((1, 1)) if fractionation is None else jnp.asarray(fractionation)
    made = made * _cellwise(alpha, extents.ndim)[:, None]

    def between(to: NDArray[np.int64], origin: NDArray[np.int64]) -> Array:
        return jnp.einsum("tsj...,pj...->tsp...", made[:, to], share[origin], precision="highest")

    return _Moves(
        between(pools, pools), between(pools, accounts), between(accounts, pools), between(accounts, accounts)
    )


def _times(matrix: Array, vector: Array) -> Array:
    """Matrix times vector of every tracer and cell; a matrix may be the same for all tracers."""
    return jnp.sum(matrix * vector[:, None], axis=2)


def _solved(between: Array, sums: Array, known: Array, by_rows: bool) -> Array:
    """Ratios at the end, with derivatives through the linear system and not through its elimination."""
    diagonal = sums + jnp.sum(between, axis=2 if by_rows else 1)

    def product(ratios: Array) -> Array:
        return diagonal * ratios - _times(between, ratios)

    def solve(_: object, right: Array) -> Array:
        return _eliminated(between, sums, right, by_rows)

    def transpose_solve(_: object, right: Array) -> Array:
        return _eliminated(jnp.swapaxes(between, 1, 2), sums, right, not by_rows)

    return jax.lax.custom_linear_solve(product, known, solve, transpose_solve)


class _Elimination(NamedTuple):
    """Off-diagonals with the sign turned, sums of what is left and the right side; unknowns first."""

    a: Array
    sums: Array
    right: Array


def _eliminated(between: Array, sums: Array, right: Array, by_rows: bool) -> Array:
    """Solution of (D - T) R = b where the sums of rows, or of columns, of D - T are given and not negative."""
    n = right.shape[1]
    a = jnp.moveaxis(between, 0, 2) * (1.0 - jnp.eye(n, dtype=between.dtype)).reshape(n, n, *(1,) * (between.ndim - 2))
    sums = jnp.broadcast_to(jnp.swapaxes(sums, 0, 1), (n, *a.shape[2:]))
    begin = _Elimination(a, sums, jnp.swapaxes(right, 0, 1))
    end, pivots = jax.lax.scan(partial(_eliminate, by_rows), begin, jnp.arange(n))
    _, ratios = jax.lax.scan(
        _substitute, jnp.zeros_like(end.right), (jnp.arange(n), pivots, end.a, end.right), reverse=True
    )
    return jnp.swapaxes(ratios, 0, 1)


def _eliminate(by_rows: bool, e: _Elimination, k: Array) -> tuple[_Elimination, Array]:
    """Take out unknown k; nothing is subtracted, so that nothing is lost by cancellation."""
    below = jnp.arange(e.a.shape[0]) > k
    row = _masked(below, e.a[k])
    column = _masked(below, e.a[:, k])
    pivot = e.sums[k] + jnp.sum(row if by_rows else column, axis=0)
    factor = safe.ratio(column, pivot, 0.0)
    gain = factor * e.sums[k] if by_rows else safe.ratio(row, pivot, 0.0) * e.sums[k]
    new = _Elimination(e.a + factor[:, None] * row[None], e.sums + gain, e.right + factor * e.right[k])
    return new, pivot


def _substitute(found: Array, line: tuple[Array, Array, Array, Array]) -> tuple[Array, Array]:
    """Ratio of unknown k from those after it."""
    k, pivot, row, right = line
    after = _masked(jnp.arange(found.shape[0]) > k, row)
    ratio = safe.ratio(right + jnp.sum(after * found, axis=0), pivot, 0.0)
    return found.at[k].set(ratio), ratio


def _masked(rows: Array, values: Array) -> Array:
    return jnp.where(rows.reshape(-1, *(1,) * (values.ndim - 1)), values, 0.0)
