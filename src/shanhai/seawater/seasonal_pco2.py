r"""Seasonal pCO2 told apart into the effect of temperature and the rest.

$$p_{thermal} = \bar p\,e^{0.0423\,(T - \bar T)}, \qquad p_{rest} = p\,e^{0.0423\,(\bar T - T)}$$
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

PER_KELVIN = 0.0423  # K-1, Takahashi et al. (1993), Global Biogeochem. Cycles 7, 843


class Seasonal(NamedTuple):
    """pCO2 of a year told apart [Pa].

    Args:
        thermal: what temperature alone would do to the annual mean, (time, ...).
        rest: what is left at the mean temperature, (time, ...).
        thermal_range: largest less smallest of `thermal`, (...).
        rest_range: of `rest`, (...); Takahashi's biological effect.
    """

    thermal: Array
    rest: Array
    thermal_range: Array
    rest_range: Array


def seasonal_parts(pco2: Array, temperature: Array) -> Seasonal:
    """Thermal and other parts of a seasonal cycle of pCO2.

    Source: Takahashi et al. (2002), Deep-Sea Res. II 49, 1601, eqs. 1 to 4. The rest is called biological there and
    holds gas exchange, mixing and changes of salinity as well.

    Args:
        pco2: at equal intervals of a year [Pa], (time, ...).
        temperature: of the same times [degC], (time, ...).

    >>> parts = seasonal_parts(jnp.array([35.0, 36.0, 37.0, 36.0]), jnp.array([10.0, 10.0, 10.0, 10.0]))
    >>> float(parts.thermal_range), float(parts.rest_range)
    (0.0, 2.0)
    """
    warmer = temperature - jnp.mean(temperature, axis=0)
    thermal = jnp.mean(pco2, axis=0) * jnp.exp(PER_KELVIN * warmer)
    rest = pco2 * jnp.exp(-PER_KELVIN * warmer)
    return Seasonal(thermal, rest, jnp.ptp(thermal, axis=0), jnp.ptp(rest, axis=0))
