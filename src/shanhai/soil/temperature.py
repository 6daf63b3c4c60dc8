r"""How much faster processes go where it is warmer."""

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import GAS_CONSTANT, ZERO_CELSIUS
from shanhai.core.params import par


class Arrhenius(eqx.Module):
    r"""Speed relative to that at a reference temperature.

    $$f = \exp\left(\frac{E}{R}\Bigl(\frac{1}{T_0} - \frac{1}{T}\Bigr)\right)$$

    Source: Arrhenius (1889), Z. Phys. Chem. 4, 226. It knows no optimum: from 0 to about 35 °C.

    >>> [round(float(Arrhenius()(273.15 + t)), 3) for t in (0.0, 20.0, 30.0)]
    [0.225, 1.0, 1.959]
    """

    energy: Array = par(
        49.7e3,
        "J mol-1",
        source="soil carbon of fourteen LTER sites, validation/soil_lter.py, 49.7 +- 5.5 kJ mol-1",
        bounds=(0.0, 2e5),
        meaning="activation energy",
    )
    reference: Array = par(
        ZERO_CELSIUS + 20.0, "K", source="choice", bounds=(250.0, 320.0), meaning="temperature at which it is one"
    )

    def __call__(self, temperature: ArrayLike) -> Array:
        """Factor [1] at a temperature [K], positive."""
        return jnp.exp(self.energy / GAS_CONSTANT * (1.0 / self.reference - 1.0 / jnp.asarray(temperature)))
