"""Functions whose values and gradients are right at the edge of their domain.

Each makes the argument safe inside one `where` and selects the result with a second, so that no infinite
derivative is multiplied by zero on the way back.
"""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike


def ratio(numerator: ArrayLike, denominator: ArrayLike, otherwise: ArrayLike) -> Array:
    """Numerator over denominator, or `otherwise` where the denominator is zero.

    >>> ratio(jnp.array([1.0, 1.0]), jnp.array([2.0, 0.0]), 9.0).tolist()
    [0.5, 9.0]
    """
    good = jnp.asarray(denominator) != 0
    return jnp.where(good, numerator / jnp.where(good, denominator, 1.0), otherwise)


def three_halves_power(x: ArrayLike) -> Array:
    """Raise to 3/2; zero with zero slope at and below zero, NaN stays NaN.

    >>> three_halves_power(jnp.array([4.0, 0.0])).tolist()
    [8.0, 0.0]
    """
    x = jnp.asarray(x)
    good = ~(x <= 0)
    inside = jnp.where(good, x, 1.0)
    return jnp.where(good, inside * jnp.sqrt(inside), 0.0)


def square_root(x: ArrayLike) -> Array:
    """Square root; zero with zero slope at and below zero, where the true slope is infinite; NaN stays NaN.

    >>> square_root(jnp.array([4.0, 0.0])).tolist()
    [2.0, 0.0]
    """
    x = jnp.asarray(x)
    good = ~(x <= 0)
    return jnp.where(good, jnp.sqrt(jnp.where(good, x, 1.0)), 0.0)
