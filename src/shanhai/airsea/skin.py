"""The cool and salty skin of the sea: the upper millimetre differs from the water below it."""

from typing import Literal

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

FIXED_COOL_SKIN = -0.17
"""Mean skin minus sub-skin temperature [K] at winds above 6 m/s: Donlon et al. (2002), J. Clim. 15, 353."""


def cool_skin_donlon2002(wind: ArrayLike) -> Array:
    r"""Skin minus sub-skin temperature, $\Delta T = -0.14 - 0.30\,e^{-U/3.7}$.

    Source: Donlon et al. (2002), J. Climate 15, 353, eq. 2 (equation number unverified).

    Args:
        wind: wind speed at 10 m [m s-1].

    Returns:
        temperature difference [K], negative.

    Valid: night, or well mixed days.

    >>> round(float(cool_skin_donlon2002(0.0)), 2)
    -0.44
    """
    return -0.14 - 0.30 * jnp.exp(-jnp.asarray(wind) / 3.7)


def temperatures(
    temperature: ArrayLike,
    wind: ArrayLike,
    cool_skin: Literal["donlon_2002", "fixed"] | None,
    temperature_is: Literal["subskin", "skin"],
) -> tuple[Array, Array]:
    """Temperature below the skin and at the interface [degC], from one of them.

    >>> [round(float(t), 2) for t in temperatures(20.0, 5.0, "fixed", "skin")]
    [20.17, 20.0]
    """
    t = jnp.asarray(temperature)
    if cool_skin is None:
        return t, t
    difference = FIXED_COOL_SKIN if cool_skin == "fixed" else cool_skin_donlon2002(wind)
    return (t, t + difference) if temperature_is == "subskin" else (t - difference, t)
