"""Equatorial Pacific: a mixed layer on upwelled water, source of CO2 by carbon from below and by warming."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.airsea import LAWS, transfer_velocity
from shanhai.core.constants import MICROATMOSPHERE
from shanhai.core.ledger import JULIAN_YEAR, PETAGRAM
from shanhai.core.params import par
from shanhai.core.reactions import Network, Species
from shanhai.models.box.books import ledger
from shanhai.models.box.result import Number, Result, Series
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.forced import Course, forced
from shanhai.numerics.steady import steady_state
from shanhai.ocean.air_exchange import Surface, co2_exchange
from shanhai.ocean.boxes import DENSITY, Boxes, Given
from shanhai.ocean.pumps import NutrientLimited, Sinking, export
from shanhai.ocean.renewal import inflow, outflow, outside
from shanhai.ocean.upwelling import Split, Water, pressure, split, surface_temperature
from shanhai.seawater.co2system.given import solve_system
from shanhai.seawater.co2system.system import Conditions
from shanhai.seawater.gases import schmidt_number

TRACERS = ("dic", "alkalinity", "phosphate")
STEPS_A_YEAR = 73
REPRESENTATIVE = "representative of water at 60-80 m, 140-110 degW; unverified"


class Upwelled(eqx.Module):
    """Water that rises from the thermocline."""

    flow: Array = par(
        62e6,
        "m3 s-1",
        source="Johnson et al. (2001), J. Phys. Oceanogr. 31, 839: 62 +- 18 Sv at 50 m, 170-95 degW",
        bounds=(1e5, 2e8),
        meaning="upwelling through the base of the mixed layer",
    )
    temperature: Array = par(22.0, "degC", source=REPRESENTATIVE, bounds=(5, 30), meaning="temperature")
    dic: Array = par(2040e-6, "mol kg-1", source=REPRESENTATIVE, bounds=(1.5e-3, 2.5e-3), meaning="DIC")
    alkalinity: Array = par(2300e-6, "mol kg-1", source=REPRESENTATIVE, bounds=(2e-3, 2.6e-3), meaning="alkalinity")
    phosphate: Array = par(0.65e-6, "mol kg-1", source=REPRESENTATIVE, bounds=(0, 4e-6), meaning="phosphate")


class Sea(eqx.Module):
    """The mixed layer between 10 degS and 10 degN, 180 and 85 degW, and the air above."""

    area: Array = par(2.34e13, "m2", source="definition of the box", bounds=(1e10, 2e14), meaning="area")
    depth: Array = par(
        50.0,
        "m",
        source="depth of the upwelling of Johnson et al. (2001)",
        bounds=(5, 300),
        meaning="depth of the mixed layer",
    )
    salinity: Array = par(
        34.8, "1", source="World Ocean Atlas 2018 over the box: 34.8", bounds=(5, 42), meaning="salinity"
    )
    equilibrium: Array = par(
        27.9,
        "degC",
        source="from the SST of the box in 2010, 26.4 degC, and the heat balance",
        bounds=(10, 40),
        meaning="temperature that the air alone would give",
    )
    coupling: Array = par(
        34.0,
        "W m-2 K-1",
        source="Haney (1971), J. Phys. Oceanogr. 1, 241: 70 ly d-1 K-1",
        bounds=(1, 200),
        meaning="heat flux per difference of temperature",
    )
    wind: Array = par(
        7.4,
        "m s-1",
        source="root mean square over the box, altimeters (GlobWave) of 2010",
        bounds=(0.1, 30),
        meaning="root mean square wind",
    )
    growth: Array = par(
        1.2,
        "yr-1",
        source="gives the new production per area of Pittman et al. (2022), 2.3 mol m-2",
        bounds=(0, 50),
        meaning="uptake of phosphate per phosphate",
    )
    half_saturation: Array = par(
        0.05e-6, "mol kg-1", source="choice", bounds=(1e-9, 1e-5), meaning="phosphate of half the growth"
    )


class Change(eqx.Module):
    """Seasons and El Niño, relative or in the unit of what changes; positive in La Niña and at the seasonal peak."""

    seasonal_upwelling: Array = par(0.2, "1", source="choice", bounds=(0, 0.9), meaning="seasonal part of upwelling")
    seasonal_peak: Array = par(
        0.65,
        "yr",
        source="SST of the box in 2010 falls most in August",
        bounds=(0, 1),
        meaning="time of strongest upwelling in the year",
    )
    period: Array = par(
        4.0, "yr", source="El Niño returns every 2 to 7 years; choice", bounds=(1, 20), meaning="period of El Niño"
    )
    upwelling: Array = par(0.4, "1", source="choice", bounds=(0, 0.9), meaning="part of upwelling")
    wind: Array = par(0.06, "1", source="choice", bounds=(0, 0.5), meaning="part of the wind")
    temperature: Array = par(1.0, "K", source="choice", bounds=(0, 5), meaning="cooling of the upwelled water")
    dic: Array = par(10e-6, "mol kg-1", source="choice", bounds=(0, 1e-4), meaning="DIC of the upwelled water")


class Settings(eqx.Module):
    """What is run."""

    upwelled: Upwelled = Upwelled()
    sea: Sea = Sea()
    change: Change = Change()
    sinking: Sinking = Sinking()
    xco2: Array = par(
        389e-6,
        "mol mol-1",
        source="NOAA marine boundary layer 2010, 388-390 ppm",
        bounds=(0, 0.01),
        meaning="CO2 in dry air",
    )
    years: int = eqx.field(static=True, default=8)


class Weather(NamedTuple):
    """What drives the box at a time, each (...)."""

    upwelling: Array  # m3 s-1
    temperature: Array  # degC, of the surface
    wind: Array  # m s-1
    upwelled_dic: Array  # mol kg-1
    upwelled_temperature: Array  # degC


def weather(settings: Settings, time: Array) -> Weather:
    """Seasons and El Niño at a time [yr]; the box begins in La Niña."""
    up, sea, change = settings.upwelled, settings.sea, settings.change
    enso, season = jnp.cos(2 * jnp.pi * time / change.period), jnp.cos(2 * jnp.pi * (time - change.seasonal_peak))
    flow = up.flow * (1.0 + change.upwelling * enso) * (1.0 + change.seasonal_upwelling * season)
    cold = up.temperature - change.temperature * enso
    warm = surface_temperature(flow / sea.area, cold, sea.equilibrium, sea.coupling)
    return Weather(flow, warm, sea.wind * (1.0 + change.wind * enso), up.dic + change.dic * enso, cold)


def mean_weather(settings: Settings) -> Weather:
    """Without seasons and El Niño."""
    up, sea = settings.upwelled, settings.sea
    warm = surface_temperature(up.flow / sea.area, up.temperature, sea.equilibrium, sea.coupling)
    return Weather(up.flow, warm, sea.wind, up.dic, up.temperature)


def velocity(weather: Weather) -> Array:
    """Transfer velocity of CO2 [m s-1], Wanninkhof (2014)."""
    schmidt = schmidt_number("CO2", weather.temperature)
    return transfer_velocity(LAWS["wanninkhof_2014"](), weather.wind, schmidt)


def boxes(settings: Settings) -> Boxes:
    """The mixed layer, and the thermocline as an account."""
    volume = settings.sea.area * settings.sea.depth
    return Boxes(("mixed", "thermocline"), jnp.stack([volume, volume]))


def network(settings: Settings) -> Network:
    """Upwelling, sideways loss, export and gas exchange of the mixed layer."""
    sea, box = settings.sea, boxes(settings)
    contents: dict[str, Given] = {
        "dic": lambda w: w.upwelled_dic,
        "alkalinity": settings.upwelled.alkalinity,
        "phosphate": settings.upwelled.phosphate,
    }
    surface = Surface(box, "mixed", sea.area, lambda w: w.temperature, sea.salinity, velocity, nutrients=True)
    grown = NutrientLimited(
        box, "mixed", sea.growth / JULIAN_YEAR, sea.half_saturation, settings.sinking.organic.phosphorus
    )
    reactions = (
        *inflow(box, "mixed", "thermocline", lambda w: w.upwelling, contents),
        *outflow(box, "mixed", "poleward", lambda w: w.upwelling, TRACERS),
        *export(box, "mixed", {"thermocline": 1.0}, grown, settings.sinking, TRACERS),
        *co2_exchange(surface, lambda x, w: settings.xco2),
    )
    pools = tuple(s for s in box.species(TRACERS) if s.name.endswith(".mixed"))
    air = Species("co2.air", {"C": 1.0}, external=True)
    return Network((*pools, *outside(TRACERS, "thermocline", "poleward"), air), reactions, mean_weather(settings))


def beginning(settings: Settings) -> Array:
    """The mixed layer full of upwelled water."""
    up, mass = settings.upwelled, boxes(settings).mass("mixed")
    pools = jnp.stack([up.dic, up.alkalinity, up.phosphate]) * mass
    return jnp.concatenate([pools, jnp.zeros(2 * len(TRACERS) + 1)])


class Balance(NamedTuple):
    """The box in steady state.

    Args:
        water: contents.
        flux: CO2 to the air [mol s-1].
        exported: carbon that sinks, organic and carbonate [mol s-1].
        simple: Ψ ρ ΔDIC, which takes all that rises for the flux [mol s-1].
        first: why the sea differs from the air, warmed first.
        last: the same, warmed last.
        per_pressure: flux for a difference of pCO2 [mol s-1 Pa-1].
        temperature: of the surface [degC].
    """

    water: Water
    flux: Array
    exported: Array
    simple: Array
    first: Split
    last: Split
    per_pressure: Array
    temperature: Array


def balance(settings: Settings, at: Weather | None = None) -> Balance:
    """Steady state and what makes it; differentiable by the settings.

    Args:
        settings: what is run.
        at: what drives it; the mean when absent.
    """
    at = mean_weather(settings) if at is None else at
    net = network(settings)
    x = steady_state(net, beginning(settings), at).x
    rates = dict(zip((r.name for r in net.reactions), net.rates(x, at)))
    flux = rates["evasion: mixed"] - rates["invasion: mixed"]
    organic = rates["pump: mixed to thermocline"]
    water = Water(*(boxes(settings).content(net.view(x), t, "mixed") for t in TRACERS))
    up = Water(at.upwelled_dic, settings.upwelled.alkalinity, settings.upwelled.phosphate)
    moved = DENSITY * at.upwelling
    grown = Water(*(u - settings.sinking.per_carbon(t) * organic / moved for u, t in zip(up, TRACERS)))
    temperatures = at.upwelled_temperature, at.temperature
    parts = split(up, grown, water, temperatures, settings.sea.salinity, settings.xco2)
    exported = settings.sinking.per_carbon("dic") * organic
    simple = moved * (at.upwelled_dic - water.dic)
    return Balance(water, flux, exported, simple, *parts, flux / parts[0].total, at.temperature)


def runs(settings: Settings) -> dict[str, Balance]:
    """The box with warming and carbon from below each on and off.

    Without warming the surface keeps the temperature of the upwelled water; without carbon the upwelled water holds the
    DIC of the air's CO2 at its own temperature.
    """
    full = mean_weather(settings)
    cold = full._replace(temperature=full.upwelled_temperature)
    at = Conditions(full.upwelled_temperature, settings.sea.salinity)
    pair = {"xco2": settings.xco2, "alkalinity": settings.upwelled.alkalinity}
    dic = solve_system(pair, at).dic
    cases = {"full": full, "carbon only": cold}
    cases |= {"warming only": full._replace(upwelled_dic=dic), "neither": cold._replace(upwelled_dic=dic)}
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *cases.values())
    made = jax.vmap(lambda w: balance(settings, w))(stacked)
    return {name: jax.tree.map(lambda leaf, i=i: leaf[i], made) for i, name in enumerate(cases)}


def course(settings: Settings) -> tuple[Array, Weather, Course]:
    """Years of seasons and El Niño: time [yr], what drives the box, and what it does, after two years of the same."""
    time = (jnp.arange((settings.years + 2) * STEPS_A_YEAR) + 0.5) / STEPS_A_YEAR - 2.0
    driven = weather(settings, time)
    whole = forced(RungeKutta(3), network(settings), beginning(settings), driven, JULIAN_YEAR / STEPS_A_YEAR)
    cut = 2 * STEPS_A_YEAR
    kept = Course(whole.x[cut - 1], whole.x[cut:], whole.extents[cut:])
    return time[cut:], jax.tree.map(lambda leaf: leaf[cut:], driven), kept


@eqx.filter_jit
def _in_years(settings: Settings) -> tuple[Array, Weather, Course, Array]:
    time, driven, made = course(settings)
    content = made.x[:, : len(TRACERS)].T / boxes(settings).mass("mixed")
    return time, driven, made, pressure(Water(*content), driven.temperature, settings.sea.salinity)


def run(settings: Settings) -> Result:
    """Steady state with its parts, counterfactual runs, and years of El Niño."""
    cases = eqx.filter_jit(runs)(settings)
    time, driven, made, pco2 = _in_years(settings)
    net = network(settings)
    coordinates = {
        "time": Series(np.asarray(time), ("time",), "yr", "time since a La Niña"),
        "part": Series(np.array(Split._fields), ("part",), "1", "part of the difference of pCO2"),
        "case": Series(np.array(list(cases)), ("case",), "1", "run with carbon from below, warming, both or neither"),
    }
    series = {**_in_time(settings, net, driven, made, pco2), **_parts(cases)}
    books = ledger(net, made.start, made.end, made.throughput)
    return Result(coordinates, series, _numbers(cases), books, NOTES)


NOTES = (
    "The simple estimate takes upwelling times the difference of DIC for the flux to the air; it is too large by what "
    "sinks.",
    "The parts of the pCO2 difference depend on whether the water warms first or last; the difference is the "
    "interaction, and both are given.",
)


def _in_time(settings: Settings, net: Network, driven: Weather, made: Course, pco2: Array) -> dict[str, Series]:
    names = [r.name for r in net.reactions]
    rate = made.extents * STEPS_A_YEAR / PETAGRAM
    organic = rate[:, names.index("pump: mixed to thermocline")]
    flux = rate[:, names.index("evasion: mixed")] - rate[:, names.index("invasion: mixed")]
    contents = made.x[:, :3] / boxes(settings).mass("mixed")
    at = ("time",)
    return {
        "flux": Series(np.asarray(flux), at, "Pg yr-1", "carbon to the air"),
        "export": Series(np.asarray(organic), at, "Pg yr-1", "organic carbon that sinks"),
        "pco2": Series(np.asarray(pco2) / MICROATMOSPHERE, at, "uatm", "pCO2 of the mixed layer"),
        "dic": Series(np.asarray(contents[:, 0]) * 1e6, at, "umol kg-1", "DIC of the mixed layer"),
        "temperature": Series(np.asarray(driven.temperature), at, "degC", "temperature of the mixed layer"),
        "upwelling": Series(np.asarray(driven.upwelling) / 1e6, at, "1e6 m3 s-1", "upwelling"),
    }


def _parts(cases: dict[str, Balance]) -> dict[str, Series]:
    full = cases["full"]
    in_flux = JULIAN_YEAR / PETAGRAM * full.per_pressure
    made = {}
    for name, parts in (("warming_first", full.first), ("warming_last", full.last)):
        values = np.array([float(p) for p in parts])
        meaning = f"part of the difference of pCO2, sea less air, {name.replace('_', ' ')}"
        made[f"pco2_{name}"] = Series(values / MICROATMOSPHERE, ("part",), "uatm", meaning)
        meaning = f"part of the flux to the air, {name.replace('_', ' ')}"
        made[f"flux_{name}"] = Series(values * float(in_flux), ("part",), "Pg yr-1", meaning)
    fluxes = np.array([float(c.flux) for c in cases.values()]) * JULIAN_YEAR / PETAGRAM
    return made | {"flux_of_case": Series(fluxes, ("case",), "Pg yr-1", "carbon to the air in each run")}


def _numbers(cases: dict[str, Balance]) -> tuple[Number, ...]:
    full = cases["full"]
    f = {name: float(case.flux) * JULIAN_YEAR / PETAGRAM for name, case in cases.items()}
    yearly = JULIAN_YEAR / PETAGRAM
    order = (full.first.warming - full.last.warming) * full.per_pressure * yearly
    together = f["full"] - f["carbon only"] - f["warming only"] + f["neither"]
    rows: list[tuple[str, Any, str, str]] = [
        ("flux", f["full"], "Pg yr-1", "carbon to the air in steady state"),
        ("simple_estimate", full.simple * yearly, "Pg yr-1", "upwelling times the difference of DIC"),
        ("simple_error", full.simple * yearly - f["full"], "Pg yr-1", "simple estimate less the flux: what sinks"),
        ("export", full.exported * yearly, "Pg yr-1", "carbon that sinks, organic and carbonate"),
        ("temperature", full.temperature, "degC", "temperature of the surface"),
        ("dic", full.water.dic * 1e6, "umol kg-1", "DIC of the surface"),
        ("delta_pco2", full.first.total / MICROATMOSPHERE, "uatm", "pCO2 of the sea less that of the air"),
        ("warming_part", full.first.warming * full.per_pressure * yearly, "Pg yr-1", "part of the flux, warmed first"),
        ("carbon_part", full.first.carbon * full.per_pressure * yearly, "Pg yr-1", "part of the flux by carbon below"),
        ("interaction_of_parts", order, "Pg yr-1", "warming part, first less last"),
        ("carbon_by_runs", f["carbon only"] - f["neither"], "Pg yr-1", "flux that carbon from below adds, unwarmed"),
        ("warming_by_runs", f["warming only"] - f["neither"], "Pg yr-1", "flux that warming adds, without carbon"),
        ("interaction_of_runs", together, "Pg yr-1", "flux that only both together add"),
        ("rest_of_runs", f["neither"], "Pg yr-1", "flux with neither: growth draws CO2 from the air"),
    ]
    return tuple(Number(name, float(v), unit, meaning) for name, v, unit, meaning in rows)
