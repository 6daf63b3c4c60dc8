"""The whole carbonate system of a solved pair; each quantity is computed when it is asked for."""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from shanhai.core.constants import STANDARD_ATMOSPHERE
from shanhai.seawater import gas
from shanhai.seawater.co2system import buffers, pairs
from shanhai.seawater.co2system.acids import Solutes, Water, terms
from shanhai.seawater.constants import (
    ConstantOptions,
    ScaleFactors,
    Totals,
    equilibrium_constants,
    scale_factors,
    totals,
)


class Conditions(NamedTuple):
    """Where the water is.

    Args:
        temperature: [degC].
        salinity: practical [1].
        pressure: sea pressure, above one atmosphere [Pa]; None at the surface.
        air_pressure: total pressure of the gas phase that pCO2, fCO2 and xCO2 speak of [Pa].
    """

    temperature: Array
    salinity: Array
    pressure: Array | None = None
    air_pressure: Array | float = STANDARD_ATMOSPHERE


def water(
    conditions: Conditions, solutes: Solutes, options: ConstantOptions, concentrations: Totals | None = None
) -> Water:
    """Equilibrium constants and totals of a water; `concentrations` replaces those that follow from salinity.

    An acid for which the options say "none", as GEOSECS does of nutrients, takes no part even where its total is given.
    """
    at = conditions.temperature, conditions.salinity, conditions.pressure
    amounts = totals(conditions.salinity, options) if concentrations is None else concentrations
    left_out: dict[str, Any] = {name: None for name in solutes._fields if getattr(options, name, "") == "none"}
    return Water(equilibrium_constants(*at, options, amounts), amounts, solutes._replace(**left_out))


def factors(of: Water, conditions: Conditions, options: ConstantOptions) -> ScaleFactors:
    """Factors from [H] on the total scale to the other scales."""
    return scale_factors(conditions.temperature, conditions.salinity, of.constants, of.totals, options)


class CarbonateSystem(eqx.Module):
    """A solved carbonate system: [H] and DIC in a water under some conditions, and everything that follows.

    All amounts in mol kg-1, pressures in Pa, pH on the scale it names. Quantities are computed when read, so that under
    `jax.jit` only those used cost anything.

    Args:
        h: [H], total scale [mol kg-1].
        dic: dissolved inorganic carbon [mol kg-1].
        reason: code of `pairs.REASONS`; 0 is solved.
        water: constants and totals.
        conditions: temperature, salinity, pressures.
        options: names of the fits.
        given: the two amounts that it was solved from.
    """

    h: Array
    dic: Array
    reason: Array
    water: Water
    conditions: Conditions
    options: ConstantOptions = eqx.field(static=True)
    given: tuple[str, ...] = eqx.field(static=True)

    @property
    def co2(self) -> Array:
        """Dissolved CO2 with H2CO3."""
        k = self.water.constants
        return self.dic * self.h * self.h / (self.h * (self.h + k.k1) + k.k1 * k.k2)

    @property
    def bicarbonate(self) -> Array:
        """HCO3."""
        k = self.water.constants
        return self.dic * k.k1 * self.h / (self.h * (self.h + k.k1) + k.k1 * k.k2)

    @property
    def carbonate(self) -> Array:
        """CO3."""
        k = self.water.constants
        return self.dic * k.k1 * k.k2 / (self.h * (self.h + k.k1) + k.k1 * k.k2)

    @property
    def alkalinity_terms(self) -> dict[str, Array]:
        """Every part of total alkalinity by name, carbonate alkalinity among them."""
        parts = {name: term.value for name, term in terms(self.h, self.water).items()}
        return {"carbonate": self.bicarbonate + 2.0 * self.carbonate} | parts

    @property
    def alkalinity(self) -> Array:
        """Total alkalinity."""
        return sum(self.alkalinity_terms.values())  # type: ignore[return-value]

    @property
    def fco2(self) -> Array:
        """Fugacity of CO2 in equilibrium with the water [Pa]."""
        return STANDARD_ATMOSPHERE * self.co2 / self.water.constants.k0

    @property
    def pco2(self) -> Array:
        """Partial pressure of CO2 in equilibrium with the water [Pa]."""
        return self.fco2 / gas.co2_fugacity_factor(self.conditions.temperature, self.conditions.air_pressure)

    @property
    def xco2(self) -> Array:
        """Mole fraction of CO2 in dry air in equilibrium with the water [1]."""
        return self.pco2 / dry_air_pressure(self.conditions)

    @property
    def ph_total(self) -> Array:
        """pH on the total scale."""
        return -jnp.log10(self.h)

    @property
    def ph_free(self) -> Array:
        """pH on the free scale."""
        return -jnp.log10(self.h * self._factors.free)

    @property
    def ph_seawater(self) -> Array:
        """pH on the sea-water scale."""
        return -jnp.log10(self.h * self._factors.seawater)

    @property
    def ph_nbs(self) -> Array:
        """pH on the NBS scale."""
        return -jnp.log10(self.h * self._factors.nbs)

    @property
    def omega_calcite(self) -> Array:
        """Saturation state of calcite."""
        return self.water.totals.calcium * self.carbonate / self.water.constants.ksp_calcite

    @property
    def omega_aragonite(self) -> Array:
        """Saturation state of aragonite."""
        return self.water.totals.calcium * self.carbonate / self.water.constants.ksp_aragonite

    @property
    def response(self) -> buffers.Response:
        """What the buffer factors of `buffers` are made of."""
        return buffers.response(self.h, self.dic, self.water)

    @property
    def root_count(self) -> Array:
        """How many waters have the given pair: 0, 1 or 2; -1 where an input is missing."""
        pair = {name: getattr(self, name) for name in self.given}
        count = jnp.where(self.reason == 0, 1 + pairs.has_two_roots(pair, self.water), 0)
        return jnp.where(self.reason == 1, -1, count).astype(jnp.int8)

    @property
    def _factors(self) -> ScaleFactors:
        return factors(self.water, self.conditions, self.options)


def dry_air_pressure(conditions: Conditions) -> Array:
    """Air pressure less the saturation pressure of water vapour [Pa]."""
    vapour = gas.water_vapour_pressure_weiss1980(conditions.temperature, conditions.salinity)
    return jnp.asarray(conditions.air_pressure) - vapour
