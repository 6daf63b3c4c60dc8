"""Sum of a polynomial whose coefficients are numbers, or arrays that are polynomials of something else."""

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike


def horner(x: ArrayLike, coefficients: Sequence[ArrayLike] | Array) -> Array:
    r"""Value of $\sum_i c_i x^i$ by Horner's rule.

    Args:
        x: argument, any shape.
        coefficients: c_0 first; numbers or broadcastable arrays.

    Returns:
        the sum, broadcast.

    >>> float(horner(2.0, (1.0, 0.0, 3.0)))
    13.0
    """
    total: ArrayLike = jnp.asarray(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = coefficient + x * total
    return jnp.asarray(total)
