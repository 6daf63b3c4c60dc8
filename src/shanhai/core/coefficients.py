"""Coefficients and rates that are numbers, or functions of amounts and environment."""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array


def evaluated(given: Any, x: Mapping[str, Array], environment: Any) -> Array:
    """A number, or a function of (amounts, environment) at a state.

    >>> float(evaluated(2.0, {}, None)), float(evaluated(lambda x, e: x["a"] + e, {"a": 1.0}, 0.5))
    (2.0, 1.5)
    """
    return jnp.asarray(given(x, environment) if callable(given) else given)


class Fixed(eqx.Module):
    """A stoichiometric coefficient that is a parameter: the same at every state, with a derivative."""

    amount: Array

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        """The amount."""
        return self.amount
