r"""The last resort: whole extents made smaller where the smallest step would still overdraw a pool."""

import jax.numpy as jnp
from jax import Array

from shanhai.core.reactions import proportion


def limited(x: Array, nu: Array, extents: Array, pools: tuple[int, ...]) -> tuple[Array, Array]:
    r"""Extents made smaller so that no pool falls below zero, gains not counted.

    $$\xi_j' = \xi_j \min_{s:\, \nu_{sj}\xi_j < 0} \varphi_s, \qquad
    \varphi_s = \min\Bigl(1, \frac{x_s}{\sum_j \max(-\nu_{sj}\xi_j, 0)}\Bigr)$$

    so that a pool gives all its takers the same share. Extents stay whole: every quantity closes as before.

    Args:
        x: amounts at the start, (species, ...).
        nu: stoichiometry, (species, reaction) or (species, reaction, ...).
        extents: (reaction, ...).
        pools: rows that must not fall below zero.

    Returns:
        extents, and whether any was made smaller, (...).

    >>> nu = jnp.array([[-1.0, -1.0], [1.0, 0.0], [0.0, 1.0]])
    >>> extents, touched = limited(jnp.array([1.0, 0.0, 0.0]), nu, jnp.array([3.0, 1.0]), (0,))
    >>> [round(float(e), 12) for e in extents], bool(touched)
    ([0.75, 0.25], True)
    """
    rows = jnp.asarray(pools)
    part = nu[rows].reshape(*nu[rows].shape, *(1,) * (extents.ndim + 1 - nu.ndim)) * extents[None]
    draws = jnp.maximum(-part, 0.0)
    demand = jnp.sum(draws, axis=1)
    there = jnp.where(x[rows] >= 0, x[rows], 0.0)
    short = demand > there
    margin = 1.0 - 4.0 * (extents.shape[0] + 1) * jnp.finfo(x.dtype).eps  # the sum may round to below zero
    share = jnp.where(short, margin * proportion(there, demand), 1.0)
    factor = jnp.min(jnp.where(draws > 0, share[:, None], 1.0), axis=0)
    return extents * factor, jnp.any(short, axis=0)
