r"""Sea ice as the carbon of the water below knows it: how much there is, how much water is open, what freezing rejects.

Thickness follows heat. Ice holds none of its own (zero layers), so that what is conducted is lost at the surface:

$$R - \lambda T_s + k_e\,(T_f - T_s) = 0, \qquad T_s \le 0, \qquad
  \rho_i L\,\frac{dh}{dt} = \text{heat lost}, \qquad k_e = \Bigl(\frac{h}{k_i} + \frac{h_s}{k_s}\Bigr)^{-1}$$

Source: Semtner (1976), J. Phys. Oceanogr. 6, 379, the model without layers.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from shanhai.core.params import par
from shanhai.core.reactions import Law, Reaction, proportion
from shanhai.ocean.air_exchange import Surface
from shanhai.ocean.boxes import DENSITY, Amounts, Boxes, Given, value

SEMTNER = "Semtner (1976), J. Phys. Oceanogr. 6, 379; unverified"


class Ice(eqx.Module):
    """Heat of the ice and of the water below it."""

    conductivity: Array = par(2.03, "W m-1 K-1", source=SEMTNER, bounds=(0.5, 5), meaning="conductivity of ice")
    snow_conductivity: Array = par(0.31, "W m-1 K-1", source=SEMTNER, bounds=(0.05, 1), meaning="conductivity of snow")
    snow: Array = par(0.15, "m", source="choice", bounds=(0, 2), meaning="depth of snow on the ice")
    latent_heat: Array = par(
        3.34e5, "J kg-1", source="fusion of pure ice at 0 degC", bounds=(1e5, 4e5), meaning="heat of fusion"
    )
    density: Array = par(
        910.0, "kg m-3", source="usual of first-year ice; unverified", bounds=(700, 930), meaning="density of ice"
    )
    freezing: Array = par(
        -1.75,
        "degC",
        source="Millero (1978) at salinity 32",
        bounds=(-3, 0),
        meaning="freezing temperature of the water",
    )
    response: Array = par(
        12.0,
        "W m-2 K-1",
        source="choice: longwave and turbulent fluxes together",
        bounds=(1, 60),
        meaning="heat lost per kelvin of the surface",
    )
    ocean_heat: Array = par(
        2.0,
        "W m-2",
        source="Maykut & Untersteiner (1971), J. Geophys. Res. 76, 1550; unverified",
        bounds=(-5, 100),
        meaning="heat from below the mixed layer",
    )
    heat_capacity: Array = par(
        3990.0,
        "J kg-1 K-1",
        source="EOS-80 near 0 degC; unverified",
        bounds=(3500, 4300),
        meaning="heat capacity of sea water",
    )
    exchange: Array = par(2e-5, "m s-1", source="choice", bounds=(0, 1e-3), meaning="heat transfer from water to ice")
    leads: Array = par(0.02, "1", source="choice", bounds=(0, 1), meaning="open water in thick ice")
    closing: Array = par(
        0.3,
        "m",
        source="after Hibler (1979), J. Phys. Oceanogr. 9, 815, who has 0.5 m; unverified",
        bounds=(0.01, 2),
        meaning="mean thickness at which most water is covered",
    )


class Heat(NamedTuple):
    """State of the heat.

    Args:
        thickness: of ice, mean over ice and water [m].
        stored: heat of the mixed layer above freezing [J m-2].
    """

    thickness: Array
    stored: Array


class Weather(NamedTuple):
    """Heat gained at a surface of 0 degC [W m-2]."""

    ice: Array
    water: Array


class Changed(NamedTuple):
    """What a step did.

    Args:
        grown: ice made [kg m-2].
        melted: ice lost [kg m-2].
        gained: heat through the surface and from below [J m-2].
        open_water: part of the surface [1], at the start.
        temperature: of the water [degC], at the start.
    """

    grown: Array
    melted: Array
    gained: Array
    open_water: Array
    temperature: Array


def open_water(ice: Ice, thickness: Array | float) -> Array:
    r"""Part of the surface without ice.

    $$f_{ow} = f_l + (1 - f_l)\,e^{-h/h_0}$$

    Args:
        ice: leads f_l and closing thickness h_0.
        thickness: mean over ice and water [m].

    >>> float(open_water(Ice(), 0.0))
    1.0
    """
    return ice.leads + (1.0 - ice.leads) * jnp.exp(-jnp.asarray(thickness) / ice.closing)


def heat_step(ice: Ice, depth: Array | float, state: Heat, weather: Weather, dt: Array | float) -> tuple[Heat, Changed]:
    r"""Advance ice and heat of the mixed layer; what is gained is what is stored, to rounding.

    $$\Delta\,(Q - \rho_i L h) = \Delta t\,\bigl[(1 - f_{ow})\,F_{ice} + f_{ow}\,F_{water} + F_{ocean}\bigr]$$

    Heat that the mixed layer lacks at freezing makes ice; heat left when all ice has melted warms it.

    Args:
        ice: parameters.
        depth: of the mixed layer [m].
        state: at the start.
        weather: over the step.
        dt: length [s].
    """
    water = open_water(ice, state.thickness)
    cover = 1.0 - water
    above = state.stored / (DENSITY * ice.heat_capacity * depth)
    at_ice, conducted = _faces(ice, state.thickness, cover, weather.ice)
    at_water = weather.water - ice.response * (ice.freezing + above)
    given = DENSITY * ice.heat_capacity * ice.exchange * above * cover
    fusion = ice.density * ice.latent_heat
    growth, surface_melt = jnp.maximum(cover * conducted, 0.0), cover * (at_ice + conducted)
    bottom_melt = jnp.maximum(-cover * conducted, 0.0)
    stored = state.stored + dt * (water * at_water + ice.ocean_heat - given)
    frozen = growth * dt + jnp.maximum(-stored, 0.0)
    wanted = dt * (surface_melt + bottom_melt + given)
    there = fusion * state.thickness + frozen
    melted = jnp.minimum(wanted, there)
    stored = jnp.maximum(stored, 0.0) + (wanted - melted)
    gained = dt * (cover * at_ice + water * at_water + ice.ocean_heat)
    thickness = jnp.maximum((there - melted) / fusion, 0.0)
    amounts = frozen / ice.latent_heat, melted / ice.latent_heat
    return Heat(thickness, stored), Changed(*amounts, gained, water, ice.freezing + above)


def _faces(ice: Ice, thickness: Array, cover: Array, gained: Array) -> tuple[Array, Array]:
    """Heat through the upper face and heat conducted up from the lower one [W m-2]; what is left melts the surface."""
    local = proportion(thickness, cover)
    resistance = local / ice.conductivity + ice.snow / ice.snow_conductivity
    thin = resistance < 1e-3
    conductance = 1.0 / jnp.where(thin, 1e-3, resistance)
    balanced = (gained + conductance * ice.freezing) / (ice.response + conductance)
    top = jnp.minimum(balanced, 0.0)
    return gained - ice.response * top, conductance * (ice.freezing - top)


class Retention(eqx.Module):
    """What new ice keeps of the water that it is made of."""

    salt: Array = par(
        0.15, "1", source="bulk salinity 5 of first-year ice over 32; unverified", bounds=(0, 1), meaning="salt kept"
    )
    dic: Array = par(
        0.15,
        "1",
        source="Else et al. (2022), The Cryosphere 16, 3685: carbonate follows salinity",
        bounds=(0, 1),
        meaning="DIC kept",
    )
    alkalinity: Array = par(0.15, "1", source="as DIC", bounds=(0, 1), meaning="alkalinity kept")
    ikaite: Array = par(
        100e-6,
        "mol kg-1",
        source="order of Rysgaard et al. (2014), The Cryosphere 8, 1469; unverified",
        bounds=(0, 2e-3),
        meaning="calcium carbonate that crystallises in the ice",
    )


TRACERS = ("salt", "dic", "alkalinity")


class _Frozen(eqx.Module):
    """What goes into the ice with the water."""

    tracer: str = eqx.field(static=True)
    growth: Given
    kept: Array

    def __call__(self, x: Amounts, environment: Any) -> Array:
        grown = value(self.growth, environment)
        if self.tracer == "water":
            return grown
        return grown * self.kept * x[f"{self.tracer}.mixed"] / x["water.mixed"]


class _Melted(eqx.Module):
    """What comes out of the ice with the water; ice without water holds nothing that can come."""

    tracer: str = eqx.field(static=True)
    melt: Given

    def __call__(self, x: Amounts, environment: Any) -> Array:
        lost = value(self.melt, environment)
        if self.tracer == "water":
            return lost
        return lost * proportion(x[f"{self.tracer}.ice"], x["water.ice"])


class _Crystals(eqx.Module):
    growth: Given
    content: Given

    def __call__(self, x: Amounts, environment: Any) -> Array:
        return value(self.growth, environment) * value(self.content, environment)


def freezing_and_melting(retention: Retention, growth: Given, melt: Given, ikaite: Given) -> tuple[Reaction, ...]:
    """Reactions between the mixed layer and its ice, for `water` [kg], `salt` [g], `dic` and `alkalinity` [mol].

    Ikaite takes one carbon and two equivalents of alkalinity into the ice, and gives them back as the ice melts.

    Args:
        retention: what ice keeps.
        growth: ice made [kg s-1].
        melt: ice lost [kg s-1].
        ikaite: calcium carbonate per new ice [mol kg-1].
    """
    made = []
    for tracer in ("water", *TRACERS):
        kept = jnp.asarray(getattr(retention, tracer, 1.0))
        here, there = f"{tracer}.mixed", f"{tracer}.ice"
        made.append(Reaction(f"{tracer} frozen", _Frozen(tracer, growth, kept), {here: -1.0, there: 1.0}, "into ice"))
        made.append(Reaction(f"{tracer} melted", _Melted(tracer, melt), {there: -1.0, here: 1.0}, "out of ice"))
    moves = {"dic.mixed": -1.0, "dic.ice": 1.0, "alkalinity.mixed": -2.0, "alkalinity.ice": 2.0}
    return (*made, Reaction("ikaite", _Crystals(growth, ikaite), moves, "calcium carbonate in ice"))


class _Salty(eqx.Module):
    """A law of a surface whose salinity and mass are those of the moment."""

    law: Law

    def __call__(self, x: Amounts, environment: Any) -> Array:
        water = x["water.mixed"]

        def now(leaf: Any) -> Any:
            if not isinstance(leaf, Surface):
                return leaf
            return replace(leaf, boxes=Boxes(("mixed",), (water / DENSITY)[None]), salinity=x["salt.mixed"] / water)

        law = jax.tree.map(now, self.law, is_leaf=lambda leaf: isinstance(leaf, Surface))
        return law(x, environment)


def with_present_salinity(reactions: tuple[Reaction, ...]) -> tuple[Reaction, ...]:
    """Reactions of a surface, made for water whose salt and mass are species."""
    return tuple(Reaction(r.name, _Salty(r.law), r.stoichiometry, r.meaning) for r in reactions)
