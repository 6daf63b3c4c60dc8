r"""The carbon of the world in boxes, driven by emissions: air, three pools of land, four boxes of sea, two of heat.

The sea has a warm and a cold surface box with the whole carbonate system, an intermediate and a deep box. Water turns
over from warm to cold to deep to intermediate and back to both surface boxes; export of organic matter and carbonate
keeps the deep rich. Fossil carbon is an account outside, so that

$$E_{ff} = \Delta\,(\text{air} + \text{land} + \text{sea}), \qquad E_{ff} + E_{luc} = G_{atm} + S_{land} + S_{ocn}$$

hold to rounding: every term is an extent of reactions. Each year the warming goes half a year ahead with the CO2 at its
start, carbon a whole year with the warming of its middle, and the warming another half with the CO2 of the end;
alkalinity takes no part in gas exchange.

Sources: circulation after Hector (Hartin et al. 2015, Geosci. Model Dev. 8, 939); land, air and warming see
`shanhai.land.global_carbon` and `shanhai.atmosphere.global_mean`.
"""

from dataclasses import replace
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from shanhai.atmosphere.global_mean import (
    MOLES_PER_PPM,
    PGC_PER_YEAR,
    PREINDUSTRIAL_CO2,
    TwoLayer,
    amount_of_ppm,
    ppm_of_amount,
)
from shanhai.core.ledger import JULIAN_YEAR, PETAGRAM
from shanhai.core.params import par
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.land.global_carbon import POOLS, LandCarbon, land_reactions, land_species
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.steady import steady_state
from shanhai.ocean.air_exchange import Surface, co2_exchange
from shanhai.ocean.boxes import Boxes, Flow, transport
from shanhai.ocean.pumps import Sinking, export
from shanhai.seawater.co2system.system import CarbonateSystem
from shanhai.seawater.counter_pump import OrganicMatter

TRACERS = ("dic", "alkalinity")
SURFACES = ("warm", "cold")
BOXES = (*SURFACES, "intermediate", "deep")
SVERDRUP = 1e6  # m3 s-1
STEPS = 12  # in a year
RADIOCARBON_LIFE = 8267.0  # yr, mean life of 14C: Godwin (1962), half-life 5730 yr

Air = Literal["emissions", "concentrations"]
"""What drives the air: emissions, or mole fractions that are given, with the air outside as an account."""


class Year(NamedTuple):
    """What laws take in a year: emissions [mol s-1], warming of the globe [K], CO2 where it is given [umol mol-1]."""

    fossil: Any
    land_use: Any
    warming: Any
    ppm: Any


_AIR_GIVEN = Species("co2.air", {"C": 1.0}, external=True, meaning="CO2 of the air")

CALM = Year(0.0, 0.0, 0.0, PREINDUSTRIAL_CO2)
"""No emissions and no warming."""

_HECTOR = "Hector 3, default configuration and ocean component"
_CALIBRATED = "calibrated on 1850-1990 by shanhai.carbon.hindcast"


class OceanCarbon(eqx.Module):
    """Numbers of the sea.

    Args:
        area: of the surface.
        cold_share: of the area.
        mixed_layer: depth of both surface boxes.
        intermediate: depth of the bottom of the intermediate box.
        volume: of the whole sea.
        overturning: warm to cold to deep to intermediate to warm.
        cold_overturning: cold to deep to intermediate to cold.
        surface_exchange: between warm and intermediate.
        deep_exchange: between intermediate and deep.
        velocity: of gas transfer.
        warm_temperature: before industry.
        cold_temperature: before industry.
        salinity: of the surface.
        alkalinity: mean content.
        warm_export: organic carbon that sinks out of the warm box.
        cold_export: of the cold box.
        intermediate_share: of what sinks, respired and dissolved above the deep.
        organic: nitrogen and phosphorus of what sinks.
        rain: carbonate carbon per organic carbon of what sinks.
        warming: of the surface of the sea over that of the globe.
        slowing: part of the overturning lost for each kelvin of warming.
    """

    area: Array = par(3.61e14, "m2", source="Eakins & Sharman (2010), ETOPO1", bounds=(3e14, 4e14), meaning="area")
    cold_share: Array = par(
        0.15,
        "1",
        source="Hartin et al. (2015), Geosci. Model Dev. 8, 939; unverified",
        bounds=(0.02, 0.5),
        meaning="cold part of the surface",
    )
    mixed_layer: Array = par(
        100.0, "m", source="Hartin et al. (2015); unverified", bounds=(20.0, 400.0), meaning="depth of surface boxes"
    )
    intermediate: Array = par(
        1000.0, "m", source="Hartin et al. (2015); unverified", bounds=(500.0, 2000.0), meaning="bottom of intermediate"
    )
    volume: Array = par(1.335e18, "m3", source="Eakins & Sharman (2010), ETOPO1", bounds=(1e18, 2e18), meaning="volume")
    overturning: Array = par(
        10.5,
        "Sv",
        source=f"{_CALIBRATED}; before: 72.0, thermohaline circulation of {_HECTOR}",
        bounds=(5.0, 200.0),
        meaning="overturning",
    )
    cold_overturning: Array = par(
        79.8,
        "Sv",
        source=f"{_CALIBRATED}; before: 49.0, high-latitude overturning of {_HECTOR}",
        bounds=(0.0, 200.0),
        meaning="cold overturning",
    )
    surface_exchange: Array = par(
        33.2,
        "Sv",
        source=f"{_CALIBRATED}; before: 12.5, warm-intermediate exchange of {_HECTOR}",
        bounds=(0.0, 300.0),
        meaning="exchange of warm and intermediate water",
    )
    deep_exchange: Array = par(
        158.0,
        "Sv",
        source=f"{_CALIBRATED}; before: 200.0, intermediate-deep exchange of {_HECTOR}",
        bounds=(0.0, 600.0),
        meaning="exchange of intermediate and deep water",
    )
    velocity: Array = par(
        16.5, "cm h-1", source="Naegler (2009), Tellus B 61, 372", bounds=(2.0, 60.0), meaning="gas transfer velocity"
    )
    warm_temperature: Array = par(
        22.0, "degC", source=f"15 + 7 degC of {_HECTOR}", bounds=(10.0, 30.0), meaning="warm surface before industry"
    )
    cold_temperature: Array = par(
        2.0, "degC", source=f"15 - 13 degC of {_HECTOR}", bounds=(-1.5, 12.0), meaning="cold surface before industry"
    )
    salinity: Array = par(34.5, "1", source=_HECTOR, bounds=(30.0, 38.0), meaning="practical salinity of the surface")
    alkalinity: Array = par(
        2364e-6, "mol kg-1", source="GLODAPv2 mean; unverified", bounds=(2e-3, 2.8e-3), meaning="mean alkalinity"
    )
    warm_export: Array = par(
        6.0, "PgC yr-1", source="share of 9 PgC yr-1; unverified", bounds=(0.0, 20.0), meaning="export of the warm box"
    )
    cold_export: Array = par(
        3.0, "PgC yr-1", source="share of 9 PgC yr-1; unverified", bounds=(0.0, 20.0), meaning="export of the cold box"
    )
    intermediate_share: Array = par(
        0.86,
        "1",
        source="Martin et al. (1987), Deep-Sea Res. 34, 267: 1 - (1000/100)^-0.858",
        bounds=(0.0, 1.0),
        meaning="sinking matter respired above the deep",
    )
    organic: OrganicMatter = OrganicMatter()
    rain: Array = par(
        0.07,
        "1",
        source="Sarmiento et al. (2002), Global Biogeochem. Cycles 16, 1107: 0.06 +- 0.03; unverified",
        bounds=(0.0, 1.0),
        meaning="carbonate carbon per organic carbon exported",
    )
    warming: Array = par(
        0.81,
        "1",
        source="IPCC AR6 WGI, A.1.2: sea 0.88 K, globe 1.09 K",
        bounds=(0.3, 1.5),
        meaning="warming of the sea surface over that of the globe",
    )
    slowing: Array = par(
        0.0, "K-1", source="choice: a steady circulation", bounds=(0.0, 0.5), meaning="overturning lost per warming"
    )


class GlobalCarbon(eqx.Module):
    """The whole model.

    Args:
        land: pools and fluxes of the land.
        sea: boxes and circulation.
        climate: energy balance.
        carbon_feels_climate: share of the warming that land and sea feel; 0 for a run without the climate feedback.
        climate_feels_co2: share of the forcing of CO2 that warms; 0 for a run where CO2 feeds plants and sea only.
    """

    land: LandCarbon = LandCarbon()
    sea: OceanCarbon = OceanCarbon()
    climate: TwoLayer = TwoLayer()
    carbon_feels_climate: Array = par(
        1.0, "1", source="definition: all of it", bounds=(0.0, 1.0), meaning="share of the warming that carbon feels"
    )
    climate_feels_co2: Array = par(
        1.0, "1", source="definition: all of it", bounds=(0.0, 1.0), meaning="share of the CO2 forcing that warms"
    )


class Drivers(NamedTuple):
    """What drives a run, (..., year).

    Args:
        fossil: emission of fossil carbon, negative where carbon is put back [PgC yr-1].
        land_use: net emission of land-use change, negative for regrowth [PgC yr-1].
        forcing: effective radiative forcing of all but CO2 [W m-2].
        ppm: mole fraction of CO2 at the end of each year where it is given, else anything [umol mol-1].
    """

    fossil: Array
    land_use: Array
    forcing: Array
    ppm: Array


class Trajectory(NamedTuple):
    """A run.

    Args:
        amounts: at the ends of years, the start first [mol], (year + 1, species).
        extents: of every reaction in each year [mol], (year, reaction).
        warming: of upper and lower layer at the ends of years, the start first [K], (year + 1, 2).
    """

    amounts: Array
    extents: Array
    warming: Array


class _Warmed(eqx.Module):
    """Temperature of a surface [degC]."""

    before: Array
    share: Array

    def __call__(self, environment: Any) -> Array:
        return self.before + self.share * environment.warming


class _Slowed(eqx.Module):
    """Flow of water [m3 s-1]: overturning that warming slows, and mixing."""

    turned: Array | float
    mixed: Array | float
    slowing: Array

    def __call__(self, environment: Any) -> Array:
        return self.turned * jnp.exp(-self.slowing * environment.warming) + self.mixed


class _Ppm(eqx.Module):
    """Mole fraction of CO2 [umol mol-1]."""

    air: Air = eqx.field(static=True)

    def __call__(self, x: Any, environment: Any) -> Array:
        return environment.ppm if self.air == "concentrations" else ppm_of_amount(x["co2.air"])


class _Fraction(eqx.Module):
    """Mole fraction of CO2 [mol mol-1]."""

    ppm: _Ppm

    def __call__(self, x: Any, environment: Any) -> Array:
        return 1e-6 * self.ppm(x, environment)


class _Constant(eqx.Module):
    rate: Array

    def __call__(self, x: Any, environment: Any) -> Array:
        return self.rate


class _Emission(eqx.Module):
    sign: float = eqx.field(static=True)

    def __call__(self, x: Any, environment: Any) -> Array:
        return jnp.maximum(self.sign * environment.fossil, 0.0)


def boxes(sea: OceanCarbon) -> Boxes:
    """The four boxes with their volumes."""
    upper = sea.area * sea.mixed_layer
    middle = sea.area * (sea.intermediate - sea.mixed_layer)
    parts = ((1.0 - sea.cold_share) * upper, sea.cold_share * upper, middle, sea.volume - upper - middle)
    return Boxes(BOXES, jnp.stack([jnp.asarray(v) for v in parts]))


def surfaces(sea: OceanCarbon) -> tuple[Surface, Surface]:
    """Surface of the warm and of the cold box."""
    water, velocity = boxes(sea), sea.velocity / 3.6e5
    about = ((1.0 - sea.cold_share, sea.warm_temperature), (sea.cold_share, sea.cold_temperature))
    warm, cold = (
        Surface(water, box, share * sea.area, _Warmed(t, sea.warming), sea.salinity, velocity)
        for box, (share, t) in zip(SURFACES, about)
    )
    return warm, cold


def _flows(sea: OceanCarbon) -> tuple[Flow, ...]:
    around, cold = SVERDRUP * sea.overturning, SVERDRUP * sea.cold_overturning
    shallow, deep = SVERDRUP * sea.surface_exchange, SVERDRUP * sea.deep_exchange
    ways = (
        ("warm", "cold", around, 0.0),
        ("cold", "deep", around + cold, 0.0),
        ("deep", "intermediate", around + cold, deep),
        ("intermediate", "cold", cold, 0.0),
        ("intermediate", "warm", around, shallow),
        ("warm", "intermediate", 0.0, shallow),
        ("intermediate", "deep", 0.0, deep),
    )
    return tuple(Flow(a, b, _Slowed(turned, mixed, sea.slowing), "currents") for a, b, turned, mixed in ways)


def _sea_reactions(sea: OceanCarbon, ppm: _Ppm) -> list[Reaction]:
    water = boxes(sea)
    reactions = list(transport(water, TRACERS, _flows(sea), CALM))
    for surface in surfaces(sea):
        reactions += co2_exchange(surface, _Fraction(ppm))
    share, sinking = sea.intermediate_share, Sinking(organic=sea.organic, rain=sea.rain)
    targets = {"intermediate": share, "deep": 1.0 - share}
    for box, exported in zip(SURFACES, (sea.warm_export, sea.cold_export)):
        reactions += export(water, box, targets, _Constant(exported * PGC_PER_YEAR), sinking, TRACERS)
    return reactions


def network(model: GlobalCarbon, air: Air = "emissions") -> Network:
    """All reactions of the model.

    Args:
        model: its numbers.
        air: what drives the air.

    >>> len(network(GlobalCarbon()).species)
    14
    """
    ppm = _Ppm(air)
    species = (
        replace(_AIR_GIVEN, external=air == "concentrations"),
        *land_species(),
        *boxes(model.sea).species(TRACERS),
        Species("fossil", {"C": 1.0}, external=True, meaning="carbon of rocks, burnt or put back"),
    )
    burnt = Reaction("fossil emission", _Emission(1.0), {"fossil": -1.0, "co2.air": 1.0}, "given")
    stored = Reaction("removal", _Emission(-1.0), {"co2.air": -1.0, "fossil": 1.0}, "given")
    land = land_reactions(model.land, ppm)
    return Network(species, (burnt, stored, *land, *_sea_reactions(model.sea, ppm)), CALM)


def _sea_alone(model: GlobalCarbon) -> Network:
    """The sea under air of a given mole fraction."""
    reactions = tuple(_sea_reactions(model.sea, _Ppm("concentrations")))
    return Network((_AIR_GIVEN, *boxes(model.sea).species(TRACERS)), reactions, CALM)


def preindustrial(model: GlobalCarbon) -> Array:
    """Amounts [mol] at which nothing changes with the CO2 of 1750, (species,).

    Alkalinity has the given mean content; the carbon of land and sea is what is in balance with that air.
    """
    content = {"dic": 2.2e-3, "alkalinity": model.sea.alkalinity * jnp.ones(len(BOXES))}
    air = amount_of_ppm(PREINDUSTRIAL_CO2) * jnp.ones(1)
    sea = steady_state(_sea_alone(model), jnp.concatenate([air, boxes(model.sea).amounts(content)]), CALM).x
    return jnp.concatenate([air, model.land.preindustrial(), sea[1:], jnp.zeros(1)])


def natural_radiocarbon(model: GlobalCarbon, start: Array) -> Array:
    r"""Radiocarbon of the four boxes before industry, the air having 0 [permil].

    $$\sum_k T_{ik} R_k + T_{i,air} = (o_i + \lambda x_i)\,R_i, \qquad \Delta^{14}C = 10^3\,(R - 1)$$

    where T is the carbon that box i gets from box k by water, gas exchange and what sinks, and o all that it gives; the
    normalisation of Δ14C takes fractionation out.

    Args:
        model: its numbers.
        start: amounts of `preindustrial`.
    """
    chain, n = _sea_alone(model), len(BOXES)
    x = jnp.concatenate([start[:1], start[5 : 5 + 2 * n]])
    rates = chain.rates(x, CALM)
    moved = (chain.stoichiometry(x, CALM) * chain.contents[0][:, None] * rates)[: n + 1]
    taken, made = jnp.maximum(-moved, 0.0), jnp.maximum(moved, 0.0)
    whole = jnp.sum(taken, axis=0)
    between = made @ (taken / jnp.where(whole > 0, whole, 1.0)).T
    lost = jnp.sum(taken, axis=1)[1:] + x[1 : n + 1] / (RADIOCARBON_LIFE * JULIAN_YEAR)
    return 1e3 * (jnp.linalg.solve(jnp.diag(lost) - between[1:, 1:], between[1:, 0]) - 1.0)


def simulate(
    model: GlobalCarbon, drivers: Drivers, start: Array, air: Air = "emissions", steps: int = STEPS
) -> Trajectory:
    """Run the model year by year.

    Args:
        model: its numbers.
        drivers: (year,).
        start: amounts at the start, as of `preindustrial`.
        air: what drives the air.
        steps: of carbon in a year, explicit of third order; stable while nothing turns over in less than 0.4 of a
            step, which surface boxes thinner than 60 m come to at 2000 ppm and more.

    Returns:
        amounts, extents and warming of every year.
    """
    chain = network(model, air)
    level = _Ppm(air)
    given = jnp.concatenate([jnp.full(1, PREINDUSTRIAL_CO2), drivers.ppm])

    def heated(warming: Array, x: Array, year: Year, forcing: Array) -> Array:
        co2 = model.climate.co2_forcing(level(chain.view(x), year))
        return model.climate.advanced(warming, model.climate_feels_co2 * co2 + forcing, 0.5 * JULIAN_YEAR)

    def one(state: tuple[Array, Array], now: tuple[Any, ...]) -> tuple[tuple[Array, Array], tuple[Array, ...]]:
        x, warming = state
        fossil, land_use, forcing, before, after = now
        middle = heated(warming, x, CALM._replace(ppm=before), forcing)
        felt = model.carbon_feels_climate * middle[0]
        year = Year(fossil * PGC_PER_YEAR, land_use * PGC_PER_YEAR, felt, 0.5 * (before + after))
        x, extents = _stepped(chain, x, year, steps)
        warming = heated(middle, x, CALM._replace(ppm=after), forcing)
        return (x, warming), (x, extents, warming)

    years = (drivers.fossil, drivers.land_use, drivers.forcing, given[:-1], given[1:])
    none = jnp.zeros(2)
    _, (xs, extents, warming) = jax.lax.scan(jax.checkpoint(one), (start, none), years)
    return Trajectory(jnp.concatenate([start[None], xs]), extents, jnp.concatenate([none[None], warming]))


def _stepped(chain: Network, x: Array, year: Year, steps: int) -> tuple[Array, Array]:
    def one(state: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], None]:
        done = RungeKutta(3)(chain, state[0], year, JULIAN_YEAR / steps)
        return (done.x, state[1] + done.extents), None

    return jax.lax.scan(one, (x, jnp.zeros(len(chain.reactions))), None, length=steps)[0]


class Budget(NamedTuple):
    """Terms of the carbon budget of each year [PgC yr-1], and what people look at beside it; (year,).

    Args:
        fossil: E_ff, less what is put back.
        land_use: E_luc.
        growth: G_atm.
        land: S_land.
        ocean: S_ocn.
        ppm: mean CO2 of the year [umol mol-1].
        warming: of the surface, mean of the year [K].
        ph: of the surface sea on the total scale, mean by area.
        saturation: of aragonite, likewise.
    """

    fossil: Array
    land_use: Array
    growth: Array
    land: Array
    ocean: Array
    ppm: Array
    warming: Array
    ph: Array
    saturation: Array


def budget(model: GlobalCarbon, run: Trajectory, air: Air = "emissions", drivers: Drivers | None = None) -> Budget:
    """Budget and diagnostics of a run.

    Args:
        model: its numbers.
        run: of one scenario.
        air: what drove the air.
        drivers: needed for runs driven by concentrations.
    """
    chain = network(model, air)
    moved = {r.name: run.extents[:, i] / PETAGRAM for i, r in enumerate(chain.reactions)}

    def net(gain: str, loss: str) -> Array:
        return _sum(moved, gain) - _sum(moved, loss)

    middle, warming = (0.5 * (v[1:] + v[:-1]) for v in (run.amounts, run.warming))
    level = middle[:, 0] / MOLES_PER_PPM if drivers is None or air == "emissions" else drivers.ppm
    waters = _waters(model, middle.T, model.carbon_feels_climate * warming[:, 0], chain)
    share = (1.0 - model.sea.cold_share, model.sea.cold_share)
    return Budget(
        moved["fossil emission"] - moved["removal"],
        sum((net(f"clearing: {p}", f"regrowth: {p}") for p in POOLS), jnp.zeros(())),
        (run.amounts[1:, 0] - run.amounts[:-1, 0]) / PETAGRAM,
        net("growth", "respiration"),
        net("invasion", "evasion"),
        level,
        warming[:, 0],
        sum((w * s.ph_total for w, s in zip(share, waters)), jnp.zeros(())),
        sum((w * s.omega_aragonite for w, s in zip(share, waters)), jnp.zeros(())),
    )


def _sum(moved: dict[str, Array], kind: str) -> Array:
    return sum(
        (v for name, v in moved.items() if name.split(":")[0] == kind.split(":")[0] and kind in name), jnp.zeros(())
    )


def _waters(model: GlobalCarbon, x: Array, warming: Array, chain: Network) -> list[CarbonateSystem]:
    year = CALM._replace(warming=warming)
    return [surface.system(chain.view(x), year) for surface in surfaces(model.sea)]
