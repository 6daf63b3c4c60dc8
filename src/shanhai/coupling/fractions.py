"""Tiles whose boundary moves: first the stock moves, as transfers between tiles; then fluxes use the new fractions."""

import jax.numpy as jnp
from jax import Array

from shanhai.numerics.safe import ratio


def transferred(stock: Array, old: Array, new: Array) -> Array:
    r"""Amounts that go from tile to tile when fractions change.

    $$T_{ij} = S_i \, \frac{\max(f_i - f_i', 0)}{f_i} \, \frac{\max(f_j' - f_j, 0)}{\sum_k \max(f_k' - f_k, 0)}$$

    A shrinking tile gives its stock per area times the area it loses, and all of it when it vanishes; growing tiles
    receive in proportion to the area they gain.

    Args:
        stock: amount in each tile of any conserved quantity, (tile, cells...).
        old: area fraction of each tile, (tile, cells...); the sum over tiles is that of `new`.
        new: fractions after the change.

    Returns:
        T, (from tile, to tile, cells...); subtract and add the same numbers.
    """
    # a tie (no change) counts as no loss and no gain, with the slope of neither side
    lost = ratio(jnp.where(new < old, old - new, 0.0), old, 0.0)
    gained = jnp.where(new > old, new - old, 0.0)
    share = ratio(gained, jnp.sum(gained, axis=0), 0.0)
    return (stock * lost)[:, None] * share[None]


def moved_between_tiles(stock: Array, old: Array, new: Array) -> Array:
    """Stocks of all tiles after their fractions have changed; the sum over tiles is kept.

    What one gives, to the last bit, another receives. So the sum does not drift in a hundred thousand steps, and a tile
    that vanishes is left with zero up to the rounding of what it had, on either side.

    Args:
        stock: see `transferred`.
        old: see `transferred`.
        new: see `transferred`.

    Returns:
        stock, (tile, cells...).

    >>> ice_and_water = moved_between_tiles(jnp.array([8.0, 2.0]), jnp.array([0.5, 0.5]), jnp.array([0.25, 0.75]))
    >>> ice_and_water.tolist()
    [4.0, 6.0]
    """
    transfers = transferred(stock, old, new)
    return stock - jnp.sum(transfers, axis=1) + jnp.sum(transfers, axis=0)
