"""How fast dissolved CO2 becomes bicarbonate: the one slow step of the carbonate system."""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import ZERO_CELSIUS


def co2_hydration_rate(temperature: ArrayLike, salinity: ArrayLike, ph: ArrayLike) -> Array:
    r"""Rate constant of the way from CO2 to bicarbonate, with water and with hydroxide.

    $$k = k_{CO_2} + \frac{k_{OH} K_W}{a_H}, \qquad
      \ln k_{CO_2} = 1246.98 - \frac{6.19\times10^4}{T} - 183.0\,\ln T, \qquad
      \ln k_{OH} K_W = -930.13 + 0.110\sqrt S + \frac{3.10\times10^4}{T} + 140.9\,\ln T$$

    Source: Johnson (1982), Limnol. Oceanogr. 27, 849. A disturbance of CO2 fades at this rate where CO2 is a small part
    of the carbon, as in sea water.

    Args:
        temperature: of the water [degC], any shape.
        salinity: practical [1].
        ph: -log10 of the activity of H, of which pH on the NBS scale comes nearest.

    Returns:
        rate constant [s-1].

    Valid: 5 <= t <= 35 degC, 3 <= S <= 37.

    >>> round(float(co2_hydration_rate(25.0, 0.0, 0.0)), 3)  # 0.037 +- 0.002 in the paper
    0.037
    >>> round(1.0 / float(co2_hydration_rate(25.0, 35.0, 8.2)))  # s
    17
    """
    kelvin = jnp.asarray(temperature) + ZERO_CELSIUS
    water = jnp.exp(1246.98 - 6.19e4 / kelvin - 183.0 * jnp.log(kelvin))
    root = jnp.sqrt(jnp.asarray(salinity))
    hydroxide = jnp.exp(-930.13 + 0.110 * root + 3.10e4 / kelvin + 140.9 * jnp.log(kelvin))
    return water + hydroxide * 10.0 ** jnp.asarray(ph)
