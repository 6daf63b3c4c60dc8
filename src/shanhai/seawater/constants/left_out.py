"""A constant of zero, for an acid that a choice of constants leaves out of alkalinity."""

from jax import Array
from jax.typing import ArrayLike

from shanhai.seawater.constants.fit import Fit
from shanhai.seawater.constants.medium import ANY, fixed


def ln_nothing(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    """Logarithm of zero, in the shape of the temperature.

    >>> float(ln_nothing(25.0, 35.0))
    -inf
    """
    return fixed(float("-inf"), temperature)


NONE = Fit("none", "left out: K = 0; the total concentration of the acid must be zero too", ln_nothing, ANY, ANY)
