"""Air-sea CO2 flux from the difference of partial pressures: HY/T 0343.5 formulas (1) to (9) and refinements."""

from typing import Literal, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.airsea import skin
from shanhai.airsea.transfer import LAWS, TransferLaw, transfer_velocity, wind_compensation
from shanhai.core.constants import STANDARD_ATMOSPHERE
from shanhai.seawater import eos, gas

SCHMIDT_FITS = {
    "wanninkhof_1992": gas.schmidt_number_co2_wanninkhof1992,
    "wanninkhof_2014": gas.schmidt_number_co2_wanninkhof2014,
}
SCHMIDT_VALID = {"wanninkhof_1992": (0.0, 30.0), "wanninkhof_2014": (-2.0, 40.0)}
"""Temperatures that each fit was made for [degC]."""


class FluxOptions(eqx.Module):
    """How the flux is computed; the defaults are the equations of HY/T 0343.5.

    Args:
        law: transfer velocity law.
        schmidt: name of the Schmidt number fit, see `SCHMIDT_FITS`.
        fugacity: use fugacities instead of partial pressures.
        cool_skin: None (off), "donlon_2002" or "fixed" (-0.17 K); see `skin`.
        salty_skin: excess salinity of the skin [1]; 0 is off.
        temperature_is: depth of the temperature given, when the cool skin is on.
        solubility_decimals: round K0 to so many decimals; only to reproduce the printed Table D.1.
        atmosphere: one atmosphere as the air pressures assume it [Pa]; 101300 only to reproduce Table D.1.
    """

    law: TransferLaw = eqx.field(default_factory=lambda: LAWS["ho_2006"]())
    schmidt: str = eqx.field(static=True, default="wanninkhof_1992")
    fugacity: bool = eqx.field(static=True, default=False)
    cool_skin: Literal["donlon_2002", "fixed"] | None = eqx.field(static=True, default=None)
    salty_skin: float = eqx.field(static=True, default=0.0)
    temperature_is: Literal["subskin", "skin"] = eqx.field(static=True, default="subskin")
    solubility_decimals: int | None = eqx.field(static=True, default=None)
    atmosphere: float = eqx.field(static=True, default=STANDARD_ATMOSPHERE)


class CO2Flux(NamedTuple):
    """Flux with every intermediate quantity, in SI units (solubility in its customary mol kg-1 atm-1)."""

    flux: Array  # mol m-2 s-1, positive to the air
    transfer_velocity: Array  # m s-1, without the wind compensation
    wind_compensation: Array  # 1
    schmidt_number: Array  # 1
    solubility: Array  # mol kg-1 atm-1
    density: Array  # kg m-3
    water_vapour_pressure: Array  # Pa
    pco2_air: Array  # Pa
    delta_pco2: Array  # Pa, sea minus air


def co2_flux(
    *,
    pco2_sea: ArrayLike,
    xco2: ArrayLike,
    temperature: ArrayLike,
    salinity: ArrayLike,
    wind: ArrayLike,
    air_pressure: ArrayLike,
    mean_square_wind: ArrayLike | None = None,
    mean_cube_wind: ArrayLike | None = None,
    ice_fraction: ArrayLike = 0.0,
    options: FluxOptions | None = None,
) -> CO2Flux:
    r"""Air-sea CO2 flux, positive from the sea to the air.

    $$F = k\,C\,\rho\,\frac{K_0\,(p_{sea} - p_{air})}{p_0}\,(1 - f_{ice})$$

    Source: HY/T 0343.5 formulas (1), (7), (8); with a cool or salty skin the air side takes K0, vapour pressure
    and Sc at the skin and the water side K0 below it (Woolf et al. 2016, J. Geophys. Res. Oceans 121, 1229).

    Args:
        pco2_sea: partial pressure of CO2 in the water [Pa].
        xco2: mole fraction of CO2 in dry air [mol mol-1].
        temperature: sea surface temperature [degC].
        salinity: sea surface salinity [1].
        wind: mean wind speed at 10 m [m s-1].
        air_pressure: pressure at sea level [Pa].
        mean_square_wind: mean square of the winds of the period [m2 s-2]; the square of the mean when absent.
        mean_cube_wind: mean cube of the winds of the period [m3 s-3]; the cube of the mean when absent.
        ice_fraction: part of the cell under ice [1].
        options: see `FluxOptions`.

    Returns:
        `CO2Flux`, every field broadcast from the inputs.

    Valid: as its parts; 0-30 degC with the Schmidt fit of 1992.

    >>> row1 = co2_flux(pco2_sea=40.61, xco2=387.68e-6, temperature=24.57, salinity=27.91, wind=6.37,
    ...                 mean_square_wind=1.16 * 6.37**2, air_pressure=100624.5)
    >>> round(float(row1.flux) * 86400e3, 2)  # mmol m-2 d-1
    2.64
    """
    opt = options or FluxOptions()
    below, interface = skin.temperatures(temperature, wind, opt.cool_skin, opt.temperature_is)
    skin_salinity = jnp.asarray(salinity) + opt.salty_skin
    sc = SCHMIDT_FITS[opt.schmidt](interface)
    k = transfer_velocity(opt.law, wind, sc)
    square = jnp.asarray(wind) ** 2 if mean_square_wind is None else mean_square_wind
    cube = jnp.asarray(wind) ** 3 if mean_cube_wind is None else mean_cube_wind
    c = wind_compensation(opt.law, wind, square, cube)
    solubility = _solubility(below, salinity, opt)
    rho = eos.density_surface_eos80(below, salinity)
    vapour = gas.water_vapour_pressure_weiss1980(interface, skin_salinity)
    p_air = gas.co2_partial_pressure(xco2, air_pressure, vapour) * (STANDARD_ATMOSPHERE / opt.atmosphere)
    sea, air = jnp.asarray(pco2_sea), p_air
    if opt.fugacity:
        sea = sea * gas.co2_fugacity_factor(below, air_pressure)
        air = air * gas.co2_fugacity_factor(interface, air_pressure)
    if opt.cool_skin is None and opt.salty_skin == 0.0:
        dissolved = solubility * (sea - air)
    else:
        dissolved = solubility * sea - _solubility(interface, skin_salinity, opt) * air
    open_water = 1.0 - jnp.asarray(ice_fraction)
    flux = k * c * rho * dissolved / STANDARD_ATMOSPHERE * open_water
    return CO2Flux(flux, k, c, sc, solubility, rho, vapour, p_air, jnp.asarray(pco2_sea) - p_air)


def _solubility(temperature: ArrayLike, salinity: ArrayLike, opt: FluxOptions) -> Array:
    exact = gas.co2_solubility_weiss1974(temperature, salinity)
    return exact if opt.solubility_decimals is None else jnp.round(exact, opt.solubility_decimals)
