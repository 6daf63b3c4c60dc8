"""Sparse derivatives of a network: each law by the species it reads, and no other."""

from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.core.alike import Job, compute
from shanhai.core.reactions import Law, Network, places
from shanhai.core.stoichiometry import Entry
from shanhai.numerics.gathered import Sums, arrange

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
    nu = network.coefficients(x, environment)
    if not nu.frozen:
        return jnp.asarray(np.array(nu.numbers, dtype=x.dtype).reshape(-1, *(1,) * (x.ndim - 1)))
    return jnp.stack([_like(x[0], c) for c in nu.values])


def linearised(
    network: Network, x: Array, environment: Any, only: tuple[int, ...] | None = None
) -> tuple[Array, Array]:
    """Rates, and the derivative of each law by each species that it reads; laws are asked once for both.

    Args:
        network: the network.
        x: amounts, (species, ...).
        environment: what the laws take beside amounts.
        only: species by which derivatives are taken; all when not given.

    Returns:
        rates, (reaction, ...), and slopes in the order of `Pattern.slopes`, (non-zero, ...).
    """
    read, rates, slopes = _reads(network, only), [], []
    others = iter(compute([_law(network, j, read[j], x, environment) for j in network.others]))
    for linear, run in network.runs:
        if linear:
            constants = network.rate_constants(run, x, environment)
            rates.append(constants * x[network.sources(run)])
            asked = np.array([n for n, j in enumerate(run) if read[j]], dtype=int)
            slopes.append(jnp.broadcast_to(constants[asked], (len(asked), *x.shape[1:])))
        else:
            both = [next(others) for _ in run]
            rates += [one[:1] for one in both]
            slopes += [one[1:] for one in both]
    none = jnp.zeros((0, *x.shape[1:]), x.dtype)
    return jnp.concatenate([none, *rates]), jnp.concatenate([none, *slopes])


def rate_derivatives(network: Network, x: Array, environment: Any, only: tuple[int, ...] | None = None) -> Array:
    """Derivatives of the rates alone; see `linearised`."""
    return linearised(network, x, environment, only)[1]


def _law(network: Network, j: int, reads: tuple[int, ...], x: Array, environment: Any) -> Job:
    """One rate, and under it its derivatives by the species asked for, (1 + species, ...)."""
    rate = network.rate_alone(j, x, environment)
    asked = np.array([network.reads[j].index(k) for k in reads], dtype=int)

    def both(law: Law, amounts: Array) -> Array:
        def along(direction: Array) -> tuple[Array, Array]:
            return jax.jvp(partial(rate.function, law), (amounts,), (direction,))

        if not len(asked):
            return rate.function(law, amounts)[None]
        n = len(amounts)
        unit = np.eye(n)[asked].reshape(-1, n, *(1,) * (x.ndim - 1))
        units = jnp.broadcast_to(jnp.asarray(unit, x.dtype), (len(asked), *amounts.shape))
        if len(asked) < MANY:
            each = [along(unit) for unit in units]
            return jnp.stack([each[0][0], *(slope for _, slope in each)])
        value, slopes = jax.vmap(along, out_axes=(None, 0))(units)  # traced once
        return jnp.concatenate([value[None], slopes])

    return Job(both, rate.parameters, rate.argument)


def _like(amount: Array, value: Any) -> Array:
    return jnp.broadcast_to(jnp.asarray(value, amount.dtype), amount.shape)
