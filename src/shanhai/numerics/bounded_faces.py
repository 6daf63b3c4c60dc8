r"""Face fluxes of a column held back so that every level stays between its bounds.

Nothing is added or taken anywhere: only what passes through faces is reduced, at most to zero, and only where a bound
would be crossed otherwise. The condition of level i,

$$l_i \le b_i + G_i - G_{i+1} \le h_i,$$

bounds $G_i$ by straight lines of $G_{i+1}$. A scan upward carries the interval of $G_i$ from which all levels below can
be kept in bounds; a scan downward takes in each interval the value nearest to what was asked for. Where every level is
in bounds without any flux, zero lies in every interval and there is always a solution.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

ROUNDING = 64.0
"""A change of so many roundings is none."""


class BoundedFaces(NamedTuple):
    """Amounts through faces after limiting, and which of them were changed, both (level + 1, cells...)."""

    amounts: Array
    changed: Array


def bounded_faces(asked: Array, content: Array, low: Array, high: Array) -> BoundedFaces:
    r"""Hold back the amounts through faces that would drive a level out of its bounds.

    Args:
        asked: amount through each face G, positive downward, (level + 1, cells...).
        content: amount in each level b before they pass, sources included, (level, cells...).
        low: least amount l.
        high: largest amount h; both (level, cells...), possibly infinite.

    Returns:
        amounts of the same sign and no larger. Where sources alone cross a bound that the fluxes asked for cannot
        mend, it stays crossed.

    >>> asked, content = jnp.array([0.0, 3.0, 0.0]), jnp.array([2.0, 1.0])
    >>> bounded_faces(asked, content, jnp.zeros(2), jnp.full(2, 9.0)).amounts.tolist()
    [0.0, 2.0, 0.0]
    """
    least, most = jnp.minimum(asked, 0.0), jnp.maximum(asked, 0.0)

    def upward(below: tuple[Array, Array], row: tuple[Array, ...]) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        smallest, largest, b, lo, hi = row
        here = _clip(below[0] + (lo - b), smallest, largest), _clip(below[1] + (hi - b), smallest, largest)
        return here, here

    last = least[-1], most[-1]
    levels = (least[:-1], most[:-1], content, low, high)
    _, (from_, to) = jax.lax.scan(upward, last, levels, reverse=True)
    first = _clip(asked[0], from_[0], to[0])

    def downward(above: Array, row: tuple[Array, ...]) -> tuple[Array, Array]:
        wanted, smallest, largest, b, lo, hi = row
        here = _clip(_clip(wanted, above + (b - hi), above + (b - lo)), smallest, largest)
        return here, here

    from_, to = jnp.concatenate([from_[1:], last[0][None]]), jnp.concatenate([to[1:], last[1][None]])
    _, rest = jax.lax.scan(downward, first, (asked[1:], from_, to, content, low, high))
    amounts = jnp.concatenate([first[None], rest])
    rounding = ROUNDING * jnp.finfo(asked.dtype).eps * jnp.max(jnp.abs(asked), axis=0)
    return BoundedFaces(amounts, jnp.abs(amounts - asked) > rounding)


def _smallest(x: Array, y: Array) -> Array:
    """The first where they are equal, with its derivative alone."""
    return jnp.where(y < x, y, x)


def _largest(x: Array, y: Array) -> Array:
    return jnp.where(y > x, y, x)


def _clip(x: Array, low: Array, high: Array) -> Array:
    return _smallest(_largest(x, low), high)
