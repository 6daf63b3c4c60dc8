"""CO2 over sea water: solubility, water vapour, Schmidt number, partial pressure and fugacity."""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import GAS_CONSTANT, STANDARD_ATMOSPHERE, ZERO_CELSIUS

SOLUBILITY_VALID_TEMPERATURE = (-1.0, 40.0)  # degC, Weiss (1974)
SOLUBILITY_VALID_SALINITY = (0.0, 40.0)
SCHMIDT_CO2_2014 = (2116.8, -136.25, 4.7353, -0.092307, 7.555e-4)
"""Coefficients of the powers of t in `schmidt_number_co2_wanninkhof2014`."""
PARTIAL_MOLAL_VOLUME_CO2 = 32.3e-6  # m3 mol-1, dissolved CO2, Weiss (1974) after eq. 5


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
    a0, a1, a2, a3, a4 = SCHMIDT_CO2_2014
    return a0 + t * (a1 + t * (a2 + t * (a3 + t * a4)))


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


def co2_solubility_pressure_factor(temperature: ArrayLike, pressure: ArrayLike) -> Array:
    r"""Ratio of the solubility of CO2 under sea pressure to that at one atmosphere.

    $$\frac{K_0(P)}{K_0(1)} = \exp\frac{(1 - P)\,\bar v}{R\,T}, \qquad \bar v = 32.3\ \mathrm{cm^3\,mol^{-1}}$$

    with P the total pressure, so that 1 - P is minus the sea pressure.

    Source: Weiss (1974), eq. 5.

    Args:
        temperature: sea-water temperature [degC], any shape.
        pressure: sea pressure, above one atmosphere [Pa], broadcastable.

    Returns:
        factor [1], 0.88 at 1000 dbar.

    Valid: as K0, to some hundred atmospheres as far as the partial molal volume is constant.

    >>> round(float(co2_solubility_pressure_factor(25.0, 1e7)), 4)
    0.8778
    """
    t = jnp.asarray(temperature) + ZERO_CELSIUS
    return jnp.exp(-PARTIAL_MOLAL_VOLUME_CO2 * jnp.asarray(pressure) / (GAS_CONSTANT * t))


def co2_partial_pressure(mole_fraction: ArrayLike, pressure: ArrayLike, vapour_pressure: ArrayLike) -> Array:
    r"""Partial pressure of CO2 in moist gas from the mole fraction in dry gas.

    $$p_{CO_2} = x\,(P - p_{H_2O})$$

    Source: HY/T 0343.5 formula (8); Dickson et al. (2007), SOP 4 and 5.

    Args:
        mole_fraction: xCO2 in dry gas [mol mol-1], any shape.
        pressure: total pressure of the gas [Pa], broadcastable.
        vapour_pressure: saturation vapour pressure [Pa], see `water_vapour_pressure_weiss1980`.

    Returns:
        partial pressure [Pa].

    >>> round(float(co2_partial_pressure(387.68e-6, 100624.5, 3039.0)), 2)
    37.83
    """
    return jnp.asarray(mole_fraction) * (pressure - jnp.asarray(vapour_pressure))


def co2_mole_fraction(partial_pressure: ArrayLike, pressure: ArrayLike, vapour_pressure: ArrayLike) -> Array:
    r"""Mole fraction of CO2 in dry gas from the partial pressure in moist gas, $x = p_{CO_2}/(P - p_{H_2O})$.

    Args:
        partial_pressure: pCO2 [Pa], any shape.
        pressure: total pressure of the gas [Pa], broadcastable; above the vapour pressure.
        vapour_pressure: saturation vapour pressure [Pa].

    Returns:
        mole fraction xCO2 [mol mol-1].

    >>> round(float(co2_mole_fraction(37.8316, 100624.5, 3039.0)) * 1e6, 2)
    387.68
    """
    return jnp.asarray(partial_pressure) / (pressure - jnp.asarray(vapour_pressure))


def co2_fugacity(partial_pressure: ArrayLike, temperature: ArrayLike, pressure: ArrayLike) -> Array:
    """Fugacity of CO2 from its partial pressure, by `co2_fugacity_factor`.

    Args:
        partial_pressure: pCO2 [Pa], any shape.
        temperature: temperature of the gas [degC], broadcastable.
        pressure: total pressure [Pa]; under water one atmosphere more than the sea pressure.

    Returns:
        fugacity fCO2 [Pa].

    >>> round(float(co2_fugacity(40.0, 25.0, 101325.0)), 4)
    39.8724
    """
    return jnp.asarray(partial_pressure) * co2_fugacity_factor(temperature, pressure)


def co2_partial_pressure_from_fugacity(fugacity: ArrayLike, temperature: ArrayLike, pressure: ArrayLike) -> Array:
    """Partial pressure of CO2 from its fugacity, the inverse of `co2_fugacity`.

    Args:
        fugacity: fCO2 [Pa], any shape.
        temperature: temperature of the gas [degC], broadcastable.
        pressure: total pressure [Pa].

    Returns:
        partial pressure pCO2 [Pa].

    >>> round(float(co2_partial_pressure_from_fugacity(39.8724, 25.0, 101325.0)), 3)
    40.0
    """
    return jnp.asarray(fugacity) / co2_fugacity_factor(temperature, pressure)


def co2_fugacity_of_water(
    dissolved_co2: ArrayLike, temperature: ArrayLike, salinity: ArrayLike, pressure: ArrayLike | None = None
) -> Array:
    r"""Fugacity of CO2 in water that holds so much of it, in place or as if brought to the surface.

    $$f = \frac{[CO_2^*]}{K_0}\,\exp\frac{(P - 1)\,\bar v}{R\,T}$$

    The exponential, left out with `pressure=None`, makes the fugacity at depth: at 4000 dbar and 2 degC it is 1.76
    times the value that the same water would have at the surface.

    Source: Weiss (1974), eqs. 2 and 5; Orr & Epitalon (2015), Geosci. Model Dev. 8, 485, for its use in models.

    Args:
        dissolved_co2: CO2(aq) with H2CO3 [mol kg-1], any shape.
        temperature: sea-water temperature [degC], broadcastable.
        salinity: practical salinity [1], broadcastable.
        pressure: sea pressure [Pa]; None for one atmosphere in all.

    Returns:
        fugacity fCO2 [Pa].

    >>> round(float(co2_fugacity_of_water(1e-5, 25.0, 35.0)), 3)
    35.688
    """
    surface = STANDARD_ATMOSPHERE * jnp.asarray(dissolved_co2) / co2_solubility_weiss1974(temperature, salinity)
    return surface if pressure is None else surface / co2_solubility_pressure_factor(temperature, pressure)
