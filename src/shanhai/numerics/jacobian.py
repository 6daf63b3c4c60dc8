"""Sparse derivatives of a network: each law by the species it reads, and no other."""

from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.core.reactions import Network, View, frozen, places
from shanhai.numerics.gathered import Sums, arrange

Entry = tuple[int, int]

MANY = 3
"""Species read from which a law is traced once for all of them: such laws are long, and take long to compile."""


class Pattern(NamedTuple):
    """Where a network's matrices have non-zeros, and how they are multiplied.

    Args:
        nu: (species, reaction) of the stoichiometry.
        slopes: (reaction, species) of the derivatives of the laws.
        jacobian: (species, species) of the Jacobian of the tendencies.
        change: ν times extents.
        drift: derivatives of the laws times amounts.
        product: ν times the derivatives of the laws.
    """

    nu: tuple[Entry, ...]
    slopes: tuple[Entry, ...]
    jacobian: tuple[Entry, ...]
    change: Sums
    drift: Sums
    product: Sums


def pattern(network: Network, only: tuple[int, ...] | None = None) -> Pattern:
    """Pattern of a network's matrices; with `only`, of derivatives by those species alone."""
    place = places(network.names)
    moves = ((place[name], j) for j, reaction in enumerate(network.reactions) for name, _ in reaction.moves)
    return _pattern(len(network.species), _reads(network, only), tuple(moves))


def _reads(network: Network, only: tuple[int, ...] | None) -> tuple[tuple[int, ...], ...]:
    """Rows that each law reads, of those asked for."""
    if only is None:
        return network.reads
    return tuple(tuple(k for k in reads if k in only) for reads in network.reads)


@cache
def _pattern(species: int, reads: tuple[tuple[int, ...], ...], nu: tuple[Entry, ...]) -> Pattern:
    slopes = tuple((j, k) for j, read in enumerate(reads) for k in read)
    products: dict[Entry, list[Entry]] = {}
    for n, (i, j) in enumerate(nu):
        for m, (reaction, k) in enumerate(slopes):
            if reaction == j:
                products.setdefault((i, k), []).append((n, m))
    return Pattern(
        nu,
        slopes,
        tuple(products),
        _times(nu, species),
        _times(slopes, len(reads)),
        arrange(tuple(tuple(terms) for terms in products.values())),
    )


def _times(entries: tuple[Entry, ...], size: int) -> Sums:
    return arrange(tuple(tuple((n, k) for n, (i, k) in enumerate(entries) if i == row) for row in range(size)))


def coefficients(network: Network, x: Array, environment: Any) -> Array:
    """Non-zeros of the stoichiometry, those that depend on the state frozen at x.

    Args:
        network: the network.
        x: amounts, (species, ...).
        environment: what the laws take beside amounts.

    Returns:
        in the order of `Pattern.nu`, (non-zero, ...); trailing axes of length one where every coefficient is a number.
    """
    if not network.has_frozen_coefficients:
        written = [c for r in network.reactions for _, c in r.moves]
        return jnp.asarray(np.array(written, dtype=x.dtype).reshape(-1, *(1,) * (x.ndim - 1)))
    view, found = network.view(x), []
    for reaction in network.reactions:
        there = frozen(reaction, view, environment)
        found += [there[name] if callable(c) else c for name, c in reaction.moves]
    return jnp.stack([_like(x[0], c) for c in found])


def rate_derivatives(network: Network, x: Array, environment: Any, only: tuple[int, ...] | None = None) -> Array:
    """Derivative of each law by each species that it reads, and that is in `only`; arguments as `coefficients`.

    Returns:
        in the order of `Pattern.slopes`, (non-zero, ...).
    """
    read, slopes, amounts = _reads(network, only), [], list(x)
    for linear, run in network.runs:
        asked = tuple(j for j in run if read[j])
        if linear and asked:
            constants = network.rate_constants(asked, x, environment)
            slopes.append(jnp.broadcast_to(constants, (len(asked), *x.shape[1:])))
        elif not linear:
            slopes += [_slopes(network, j, read[j], amounts, environment) for j in asked]
    return jnp.concatenate(slopes) if slopes else jnp.zeros((0, *x.shape[1:]), x.dtype)


def _slopes(network: Network, j: int, reads: tuple[int, ...], amounts: list[Array], environment: Any) -> Array:
    """Derivatives of one law by the species that it reads, (species, ...)."""

    def law(some: Array) -> Array:
        there = list(amounts)
        for place, k in enumerate(reads):
            there[k] = some[place]
        view = View(network.names, there)  # type: ignore[arg-type]
        return _like(some[0], network.reactions[j].law(view, environment))

    def slope(direction: Array) -> Array:
        return jax.jvp(law, (some,), (direction,))[1]

    some = jnp.stack([amounts[k] for k in reads])
    n = len(reads)
    units = jnp.broadcast_to(jnp.eye(n, dtype=some.dtype).reshape(n, n, *(1,) * (some.ndim - 1)), (n, *some.shape))
    if n < MANY:
        return jnp.stack([slope(unit) for unit in units])
    return jax.vmap(slope)(units)  # traced once


def _like(amount: Array, value: Any) -> Array:
    return jnp.broadcast_to(jnp.asarray(value, amount.dtype), amount.shape)
