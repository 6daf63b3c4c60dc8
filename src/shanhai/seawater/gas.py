"""Solubility, water vapour, Schmidt number and fugacity of CO2 over sea water."""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import GAS_CONSTANT, STANDARD_ATMOSPHERE, ZERO_CELSIUS

SOLUBILITY_VALID_TEMPERATURE = (-1.0, 40.0)  # degC, Weiss (1974)
SOLUBILITY_VALID_SALINITY = (0.0, 40.0)


def co2_solubility_weiss1974(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Solubility of CO2 in sea water.

    $$\ln K_0 = A_1 + A_2\frac{100}{T} + A_3\ln\frac{T}{100}
      + S\left[B_1 + B_2\frac{T}{100} + B_3\left(\frac{T}{100}\right)^2\right]$$

    Source: Weiss (1974), Mar. Chem. 2, 203, gravimetric coefficients; HY/T 0343.5 formula (5).

    Args:
        temperature: sea-water temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        solubility K0 [mol kg-1 atm-1].

    Valid: -1 <= t <= 40 degC, 0 <= S <= 40.

    >>> round(float(jnp.log(co2_solubility_weiss1974(25.0, 35.0))), 4)
    -3.5617
    """
    h = (jnp.asarray(temperature) + ZERO_CELSIUS) / 100.0
    salt = 0.023517 + h * (-0.023656 + h * 0.0047036)
    return jnp.exp(-60.2409 + 93.4517 / h + 23.3585 * jnp.log(h) + salinity * salt)


def water_vapour_pressure_weiss1980(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Saturation vapour pressure over sea water.

    $$p = 101325\,\exp\!\left(24.4543 - 67.4509\frac{100}{T} - 4.8489\ln\frac{T}{100} - 5.44\times10^{-4}S\right)$$

    Source: Weiss & Price (1980), Mar. Chem. 8, 347, eq. 10; HY/T 0343.5 formula (9).

    Args:
        temperature: sea-water temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        vapour pressure [Pa].

    Valid: 0 <= t <= 40 degC, 0 <= S <= 40.

    >>> round(float(water_vapour_pressure_weiss1980(25.0, 35.0)) / 101325, 7)
    0.0306553
    """
    h = (jnp.asarray(temperature) + ZERO_CELSIUS) / 100.0
    exponent = 24.4543 - 67.4509 / h - 4.8489 * jnp.log(h) - 5.44e-4 * salinity
    return STANDARD_ATMOSPHERE * jnp.exp(exponent)


def schmidt_number_co2_wanninkhof1992(temperature: ArrayLike) -> Array:
    r"""Schmidt number of CO2 in sea water, third-degree fit.

    $$Sc = 2073.1 - 125.62\,t + 3.6276\,t^2 - 0.043219\,t^3$$

    Source: Wanninkhof (1992), J. Geophys. Res. 97, 7373, Table A1; HY/T 0343.5 formula (3).

    Args:
        temperature: sea-water temperature [degC], any shape.

    Returns:
        Schmidt number at salinity 35 [1].

    Valid: 0 <= t <= 30 degC.

    >>> round(float(schmidt_number_co2_wanninkhof1992(20.0)), 2)
    665.99
    """
    t = jnp.asarray(temperature)
    return 2073.1 + t * (-125.62 + t * (3.6276 - t * 0.043219))


def schmidt_number_co2_wanninkhof2014(temperature: ArrayLike) -> Array:
    r"""Schmidt number of CO2 in sea water, fourth-degree fit.

    $$Sc = 2116.8 - 136.25\,t + 4.7353\,t^2 - 0.092307\,t^3 + 7.555\times10^{-4}\,t^4$$

    Source: Wanninkhof (2014), Limnol. Oceanogr. Methods 12, 351, Table 1.

    Args:
        temperature: sea-water temperature [degC], any shape.

    Returns:
        Schmidt number at salinity 35 [1].

    Valid: -2 <= t <= 40 degC.

    >>> round(float(schmidt_number_co2_wanninkhof2014(20.0)), 2)
    668.34
    """
    t = jnp.asarray(temperature)
    return 2116.8 + t * (-136.25 + t * (4.7353 + t * (-0.092307 + t * 7.555e-4)))


def co2_fugacity_factor(temperature: ArrayLike, pressure: ArrayLike) -> Array:
    r"""Ratio of CO2 fugacity to partial pressure in air at a total pressure.

    $$\ln\frac{f}{p} = P\,\frac{B(T) + 2\,\delta(T)}{R\,T}$$

    with the virial coefficients B = -1636.75 + 12.0408 T - 0.0327957 T² + 3.16528e-5 T³ and
    δ = 57.7 - 0.118 T in cm³/mol; the mole fraction of air is taken as one.

    Source: Weiss (1974), eqs. 6, 9 and 11.

    Args:
        temperature: temperature of the gas [degC], any shape.
        pressure: total pressure [Pa], broadcastable.

    Returns:
        fugacity factor [1], about 0.997.

    Valid: -8 <= t <= 57 degC (265-330 K), pressure near one atmosphere.

    >>> round(float(jnp.log(co2_fugacity_factor(25.0, 101325.0))), 5)
    -0.00319
    """
    t = jnp.asarray(temperature) + ZERO_CELSIUS
    virial = -1636.75 + t * (12.0408 + t * (-0.0327957 + t * 3.16528e-5))
    cross = 57.7 - 0.118 * t
    return jnp.exp(pressure * 1e-6 * (virial + 2.0 * cross) / (GAS_CONSTANT * t))
