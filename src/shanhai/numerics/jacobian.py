"""Sparse derivatives of a network: each law by the species it reads, and no other."""

from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.core.reactions import Network, View
from shanhai.numerics.gathered import Sums, arrange

Entry = tuple[int, int]


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


def pattern(network: Network) -> Pattern:
    """Pattern of a network's matrices."""
    moves = (
        (network.index(name), j)
        for j, reaction in enumerate(network.reactions)
        for name, c in reaction.stoichiometry.items()
        if callable(c) or c != 0.0
    )
    return _pattern(len(network.species), network.reads, tuple(moves))


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
    written = [c for r in network.reactions for c in r.stoichiometry.values() if callable(c) or c != 0.0]
    if not network.has_frozen_coefficients:
        return jnp.asarray(np.array(written, dtype=x.dtype).reshape(-1, *(1,) * (x.ndim - 1)))
    view = network.view(x)
    return jnp.stack([_like(x[0], c(view, environment) if callable(c) else c) for c in written])


def rate_derivatives(network: Network, x: Array, environment: Any) -> Array:
    """Derivative of each law by each species that it reads; arguments as `coefficients`.

    Returns:
        in the order of `Pattern.slopes`, (non-zero, ...).
    """
    amounts = list(x)
    slopes = [_slope(network, j, k, amounts, environment) for j, reads in enumerate(network.reads) for k in reads]
    return jnp.stack(slopes) if slopes else jnp.zeros((0, *x.shape[1:]), x.dtype)


def _slope(network: Network, j: int, k: int, amounts: list[Array], environment: Any) -> Array:
    """Derivative of one law by one species."""

    def law(amount: Array) -> Array:
        there = View(network.names, [*amounts[:k], amount, *amounts[k + 1 :]])  # type: ignore[arg-type]
        return _like(amount, network.reactions[j].law(there, environment))

    return jax.jvp(law, (amounts[k],), (jnp.ones_like(amounts[k]),))[1]


def _like(amount: Array, value: Any) -> Array:
    return jnp.broadcast_to(jnp.asarray(value, amount.dtype), amount.shape)
