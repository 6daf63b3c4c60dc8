"""The rate law of first order in one species, declared so that a stepper can integrate it exactly."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import equinox as eqx
from jax import Array

from shanhai.core.params import _strong_float

if TYPE_CHECKING:
    from shanhai.core.reactions import Coefficient


class FirstOrder(eqx.Module):
    r"""A rate in proportion to one amount, $r = k\,x$.

    Args:
        of: name of the species.
        rate: k [per unit of time], a number or a function of (amounts, environment). A function of the amounts is
            frozen at the start of a step by steppers that integrate it exactly.

    >>> from shanhai.core.reactions import Network, Reaction, Species
    >>> decay = Reaction("decay", FirstOrder("litter", 0.1), {"litter": -1.0, "co2": 1.0})
    >>> network = Network((Species("litter", {"C": 1.0}), Species("co2", {"C": 1.0}, external=True)), (decay,))
    >>> import jax.numpy as jnp
    >>> network.rates(jnp.array([5.0, 0.0])).tolist()
    [0.5]
    """

    of: str = eqx.field(static=True)
    rate: "Coefficient | Array" = eqx.field(converter=_strong_float)

    def coefficient(self, x: Mapping[str, Array], environment: object) -> Array:
        """Rate constant k at a state."""
        return self.rate(x, environment) if callable(self.rate) else self.rate  # type: ignore[return-value]

    def __call__(self, x: Mapping[str, Array], environment: object) -> Array:
        """Rate of the extent."""
        return self.coefficient(x, environment) * x[self.of]
