r"""Gas across the sea surface as two one-way fluxes: what enters the water and what leaves it.

The net flux is their difference; the two by themselves carry isotopes and are never negative, as reactions must be.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import STANDARD_ATMOSPHERE
from shanhai.seawater import gas
from shanhai.seawater.co2system.system import CarbonateSystem, Conditions, dry_air_pressure
from shanhai.seawater.eos import density_surface_eos80
from shanhai.seawater.gases import schmidt_number
from shanhai.seawater.oxygen import oxygen_solubility_garcia1992


class OneWay(NamedTuple):
    """Gas through a surface [mol m-2 s-1], both not negative."""

    into_sea: Array
    out_of_sea: Array

    @property
    def net(self) -> Array:
        """Flux, positive from the sea to the air."""
        return self.out_of_sea - self.into_sea


def co2_invasion(conditions: Conditions, xco2: ArrayLike, velocity: ArrayLike, open_water: ArrayLike = 1.0) -> Array:
    r"""CO2 from the air into the water, whatever the water holds.

    $$F_{in} = (1 - f_{ice})\,k\,\rho\,K_0\,f_{CO_2}^{air}/p_0$$

    with the fugacity of moist air.

    Source: Wanninkhof (2014), Limnol. Oceanogr. Methods 12, 351, eqs. 1 and 2; K0 of Weiss (1974), density by EOS-80.

    Args:
        conditions: temperature, salinity and pressure of the air, any shape.
        xco2: mole fraction of CO2 in dry air [mol mol-1], broadcastable.
        velocity: transfer velocity of CO2 at the Schmidt number of the water [m s-1], broadcastable.
        open_water: part of the surface without ice [1], broadcastable.

    Returns:
        flux [mol m-2 s-1].

    >>> at = Conditions(jnp.array(20.0), jnp.array(35.0))
    >>> f"{float(co2_invasion(at, 400e-6, 16.5 / 3.6e5)) * 3.15576e7:.1f} mol m-2 yr-1"
    '18.7 mol m-2 yr-1'
    """
    fugacity = jnp.asarray(xco2) * dry_air_pressure(conditions)
    fugacity = fugacity * gas.co2_fugacity_factor(conditions.temperature, conditions.air_pressure)
    k0 = gas.co2_solubility_weiss1974(conditions.temperature, conditions.salinity)
    return _moved(conditions, velocity, open_water) * k0 * fugacity / STANDARD_ATMOSPHERE


def co2_evasion(system: CarbonateSystem, velocity: ArrayLike, open_water: ArrayLike = 1.0) -> Array:
    r"""CO2 from the water to the air, whatever the air holds.

    $$F_{out} = (1 - f_{ice})\,k\,\rho\,[CO_2^*]$$

    Less `co2_invasion` it is the flux of `co2_flux` with its option `fugacity`.

    Source: as `co2_invasion`.

    Args:
        system: solved carbonate system of the water, any shape.
        velocity: transfer velocity of CO2 [m s-1], broadcastable.
        open_water: part of the surface without ice [1], broadcastable.

    Returns:
        flux [mol m-2 s-1].

    >>> from shanhai.seawater import solve_system
    >>> at = Conditions(jnp.array(20.0), jnp.array(35.0))
    >>> water = solve_system({"xco2": jnp.array(400e-6), "alkalinity": jnp.array(2300e-6)}, at)
    >>> net = co2_evasion(water, 16.5 / 3.6e5) - co2_invasion(at, 400e-6, 16.5 / 3.6e5)
    >>> bool(abs(net) < 1e-20)
    True
    """
    return _moved(system.conditions, velocity, open_water) * system.co2


def _moved(conditions: Conditions, velocity: ArrayLike, open_water: ArrayLike) -> Array:
    """Mass of water exchanged with the surface [kg m-2 s-1]."""
    return jnp.asarray(open_water) * velocity * density_surface_eos80(conditions.temperature, conditions.salinity)


def oxygen_one_way(
    oxygen: ArrayLike,
    temperature: ArrayLike,
    salinity: ArrayLike,
    velocity: ArrayLike,
    open_water: ArrayLike = 1.0,
    air_pressure: ArrayLike = STANDARD_ATMOSPHERE,
) -> OneWay:
    r"""Oxygen into the water and out of it.

    $$F_{in} = (1 - f_{ice})\,k_{O_2}\,\rho\,[O_2]_{sat}\,\frac{P - p_{H_2O}}{p_0 - p_{H_2O}}, \qquad
      F_{out} = (1 - f_{ice})\,k_{O_2}\,\rho\,[O_2], \qquad
      k_{O_2} = k\,\Bigl(\frac{Sc_{O_2}}{Sc_{CO_2}}\Bigr)^{-1/2}$$

    Source: Garcia & Gordon (1992) for saturation; Orr et al. (2017), Geosci. Model Dev. 10, 2169, for the rest. Bubbles
    are left out.

    Args:
        oxygen: content of the water [mol kg-1], any shape.
        temperature: of the water [degC].
        salinity: practical [1].
        velocity: transfer velocity of CO2 at its Schmidt number in this water [m s-1].
        open_water: part of the surface without ice [1].
        air_pressure: of moist air [Pa].

    >>> flux = oxygen_one_way(230e-6, 20.0, 35.0, 16.5 / 3.6e5)
    >>> round(float(flux.net) * 86400e3, 1)  # mmol m-2 d-1
    19.7
    """
    faster = jnp.sqrt(schmidt_number("CO2", temperature) / schmidt_number("O2", temperature))
    moved = jnp.asarray(open_water) * velocity * faster * density_surface_eos80(temperature, salinity)
    vapour = gas.water_vapour_pressure_weiss1980(temperature, salinity)
    pressure = (air_pressure - vapour) / (STANDARD_ATMOSPHERE - vapour)
    saturated = oxygen_solubility_garcia1992(temperature, salinity) * pressure
    return OneWay(moved * saturated, moved * jnp.asarray(oxygen))
