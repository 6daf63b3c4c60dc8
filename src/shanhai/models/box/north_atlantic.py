"""North Atlantic sink: a seasonal mixed layer, and its solubility and biological pump by several definitions."""

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
from shanhai.numerics.forced import Course, cycled, unclosed
from shanhai.ocean.air_exchange import Surface, co2_exchange
from shanhai.ocean.boxes import DENSITY, Boxes
from shanhai.ocean.mixed_layer import entrainment, mean_light, renewal, water, with_present_volumes
from shanhai.ocean.pumps import NutrientLimited, Sinking, export
from shanhai.ocean.renewal import outside
from shanhai.ocean.upwelling import Water, pressure
from shanhai.seawater.co2system.given import solve_system
from shanhai.seawater.co2system.system import Conditions
from shanhai.seawater.gases import schmidt_number
from shanhai.seawater.seasonal_pco2 import seasonal_parts

TRACERS = ("dic", "alkalinity", "phosphate")
VARYING = ("mixed", "below")
STEPS = 73  # a year
CYCLES = 60  # years before the one that is shown
YEAR_2010 = "fit of one harmonic to the area mean of 2010"
REPRESENTATIVE = "representative of the region; unverified"


class Seasons(eqx.Module):
    """Mean and first harmonic of what drives the box."""

    temperature: Array = par(9.9, "degC", source=f"{YEAR_2010}, Reynolds SST", bounds=(-2, 30), meaning="mean SST")
    temperature_swing: Array = par(
        3.3, "K", source=f"{YEAR_2010}, Reynolds SST", bounds=(0, 15), meaning="amplitude of SST"
    )
    warmest: Array = par(0.65, "yr", source=f"{YEAR_2010}, Reynolds SST", bounds=(0, 1), meaning="time of highest SST")
    wind: Array = par(
        10.1,
        "m s-1",
        source=f"{YEAR_2010}, altimeters (GlobWave), root mean square",
        bounds=(0.1, 30),
        meaning="mean of the root mean square wind",
    )
    wind_swing: Array = par(
        2.1, "m s-1", source=f"{YEAR_2010}, altimeters (GlobWave)", bounds=(0, 10), meaning="amplitude of the wind"
    )
    windiest: Array = par(
        0.02, "yr", source=f"{YEAR_2010}, altimeters (GlobWave)", bounds=(0, 1), meaning="time of strongest wind"
    )
    deepest: Array = par(300.0, "m", source=REPRESENTATIVE, bounds=(20, 2000), meaning="deepest mixed layer")
    shallowest: Array = par(25.0, "m", source=REPRESENTATIVE, bounds=(5, 500), meaning="shallowest mixed layer")
    deepest_at: Array = par(0.17, "yr", source=REPRESENTATIVE, bounds=(0, 1), meaning="time of the deepest mixed layer")
    dark: Array = par(0.1, "1", source="choice", bounds=(0, 1), meaning="light of midwinter over that of midsummer")


class Sea(eqx.Module):
    """The box between 45 and 65 degN, 60 and 5 degW, and what grows in it."""

    area: Array = par(7.15e12, "m2", source="sea in the box on a grid of 1 degree", bounds=(1e9, 1e14), meaning="area")
    depth: Array = par(
        500.0,
        "m",
        source="choice: below the deepest mixed layer",
        bounds=(30, 4000),
        meaning="depth of mixed layer and water below together",
    )
    salinity: Array = par(34.8, "1", source="World Ocean Atlas 2018, area mean", bounds=(5, 42), meaning="salinity")
    growth: Array = par(
        40.0,
        "yr-1",
        source="gives 7 to 10 mol m-2 a year out of the mixed layer, as Jeansson et al. "
        "(2015) and the Irminger Sea array",
        bounds=(0, 500),
        meaning="uptake of phosphate in full light",
    )
    half_saturation: Array = par(
        0.05e-6, "mol kg-1", source="choice", bounds=(1e-9, 1e-5), meaning="phosphate of half the growth"
    )
    attenuation: Array = par(
        0.08,
        "m-1",
        source="choice: clear water with some chlorophyll",
        bounds=(0.02, 1),
        meaning="attenuation of light",
    )
    respired: Array = par(
        0.85,
        "1",
        source="Martin et al. (1987), exponent 0.858, between 50 and 500 m",
        bounds=(0, 1),
        meaning="part of the export respired below, in the box",
    )


class Inflow(eqx.Module):
    """Warm water that comes from the south, and leaves at depth as cold water."""

    flow: Array = par(
        15e6,
        "m3 s-1",
        source="Lozier et al. (2019), Science 363, 516: 14.9 +- 0.9 Sv; unverified",
        bounds=(1e5, 1e8),
        meaning="inflow",
    )
    temperature: Array = par(13.5, "degC", source=REPRESENTATIVE, bounds=(0, 30), meaning="temperature of the inflow")
    alkalinity: Array = par(
        2300e-6,
        "mol kg-1",
        source=f"{REPRESENTATIVE}, at the salinity of the box",
        bounds=(2e-3, 2.6e-3),
        meaning="alkalinity of the inflow",
    )
    phosphate: Array = par(
        0.9e-6,
        "mol kg-1",
        source="winter nitrate 14.4 umol kg-1, Olafsdottir et al. (2024), over 16",
        bounds=(0, 4e-6),
        meaning="phosphate",
    )
    undersaturation: Array = par(
        -0.15,
        "1",
        source="respired carbon of the upper 500 m; choice",
        bounds=(-1, 1),
        meaning="part that pCO2 of the inflow falls short of the air's",
    )
    maturity: Array = par(
        0.9,
        "1",
        source="choice: upper water follows the air within years",
        bounds=(0, 1),
        meaning="part of the anthropogenic rise that the inflow has followed",
    )


class Settings(eqx.Module):
    """What is run."""

    seasons: Seasons = Seasons()
    sea: Sea = Sea()
    inflow: Inflow = Inflow()
    sinking: Sinking = Sinking()
    xco2: Array = par(
        389.6e-6,
        "mol mol-1",
        source="NOAA marine boundary layer 2010 over the box",
        bounds=(1e-5, 0.01),
        meaning="CO2 in dry air",
    )
    preindustrial: Array = par(
        278e-6,
        "mol mol-1",
        source="Joos & Spahni (2008), PNAS 105, 1425; unverified",
        bounds=(1e-5, 0.01),
        meaning="CO2 in dry air before industry",
    )


class Weather(NamedTuple):
    """What drives the box at a time, each (time, case)."""

    temperature: Array  # degC
    wind: Array  # m s-1
    growth_of_layer: Array  # m3 s-1, of the mixed layer
    light: Array  # mean over the mixed layer, relative
    xco2: Array  # mol mol-1
    inflow_dic: Array  # mol kg-1


class Case(NamedTuple):
    """What one run has and another lacks.

    Args:
        temperature: "cycle", "mean" or "inflow".
        biology: whether anything grows.
        air: "present" or "preindustrial".
    """

    temperature: str = "cycle"
    biology: bool = True
    air: str = "present"


CASES = {
    "full": Case(),
    "constant temperature": Case("mean"),
    "no cooling": Case("inflow"),
    "no biology": Case(biology=False),
    "neither": Case("inflow", False),
    "preindustrial": Case(air="preindustrial"),
}


def harmonic(mean: Array, swing: Array, peak: Array, time: Array) -> Array:
    """Mean and first harmonic of a year."""
    return mean + swing * jnp.cos(2 * jnp.pi * (time - peak))


def layer_depth(seasons: Seasons, time: Array) -> Array:
    """Depth of the mixed layer [m]; its logarithm is harmonic, so that it shoals fast."""
    low, high = jnp.log(seasons.shallowest), jnp.log(seasons.deepest)
    return jnp.exp(harmonic((high + low) / 2, (high - low) / 2, seasons.deepest_at, time))


def weather(settings: Settings, case: Case) -> Weather:
    """A year of a case, at the middle of the steps."""
    seasons, sea, came = settings.seasons, settings.sea, settings.inflow
    time = (jnp.arange(STEPS) + 0.5) / STEPS
    temperature = {
        "cycle": harmonic(seasons.temperature, seasons.temperature_swing, seasons.warmest, time),
        "mean": jnp.broadcast_to(seasons.temperature, time.shape),
        "inflow": jnp.broadcast_to(came.temperature, time.shape),
    }[case.temperature]
    edges = layer_depth(seasons, jnp.arange(STEPS + 1) / STEPS)
    growth = sea.area * jnp.diff(edges) * STEPS / JULIAN_YEAR
    light = harmonic((1 + seasons.dark) / 2, (1 - seasons.dark) / 2, jnp.asarray(0.47), time)
    light = light * mean_light(layer_depth(seasons, time), sea.attenuation) * case.biology
    air = settings.xco2 if case.air == "present" else settings.preindustrial
    even = jnp.ones_like(time)
    wind = harmonic(seasons.wind, seasons.wind_swing, seasons.windiest, time)
    return Weather(temperature, wind, growth, light, air * even, inflow_dic(settings, air) * even)


def inflow_dic(settings: Settings, xco2: Array) -> Array:
    """DIC of the inflow under an air [mol kg-1]."""
    came = settings.inflow
    followed = settings.preindustrial + came.maturity * (xco2 - settings.preindustrial)
    pair = {"xco2": (1.0 - came.undersaturation) * followed, "alkalinity": came.alkalinity}
    return solve_system(pair, Conditions(came.temperature, settings.sea.salinity)).dic


def velocity(weather: Weather) -> Array:
    """Transfer velocity of CO2 [m s-1], Wanninkhof (2014)."""
    return transfer_velocity(LAWS["wanninkhof_2014"](), weather.wind, schmidt_number("CO2", weather.temperature))


def network(settings: Settings) -> Network:
    """Entrainment, renewal, growth and gas exchange."""
    sea, came = settings.sea, settings.inflow
    boxes = Boxes((*VARYING, "deep"), jnp.ones(3))  # volumes of the moment take their place
    surface = Surface(boxes, "mixed", sea.area, lambda w: w.temperature, sea.salinity, velocity, nutrients=True)
    grown = NutrientLimited(
        boxes,
        "mixed",
        lambda w: sea.growth * w.light / JULIAN_YEAR,
        sea.half_saturation,
        settings.sinking.organic.phosphorus,
    )
    reactions = (
        *entrainment(TRACERS, lambda w: w.growth_of_layer),
        *renewal(
            VARYING,
            "south",
            "deep",
            came.flow,
            {"dic": lambda w: w.inflow_dic, "alkalinity": came.alkalinity, "phosphate": came.phosphate},
        ),
        *with_present_volumes(
            (
                *export(
                    boxes,
                    "mixed",
                    {"below": sea.respired, "deep": 1.0 - sea.respired},
                    grown,
                    settings.sinking,
                    TRACERS,
                ),
                *co2_exchange(surface, lambda x, w: w.xco2),
            ),
            *VARYING,
        ),
    )
    pools = tuple(s for s in boxes.species(TRACERS) if not s.name.endswith(".deep"))
    air = Species("co2.air", {"C": 1.0}, external=True)
    return Network((*water(*VARYING), *pools, *outside(TRACERS, "south", "deep"), air), reactions, _sample(settings))


def _sample(settings: Settings) -> Weather:
    one = jnp.asarray(1.0)
    return Weather(settings.seasons.temperature, settings.seasons.wind, one, one, settings.xco2, one * 2e-3)


def beginning(settings: Settings) -> Array:
    """Both layers full of inflow, at the first of January."""
    sea, came = settings.sea, settings.inflow
    mixed = layer_depth(settings.seasons, jnp.asarray(0.0)) * sea.area
    volumes = jnp.stack([mixed, sea.depth * sea.area - mixed])
    contents = (inflow_dic(settings, settings.xco2), came.alkalinity, came.phosphate)
    pools = [content * DENSITY * volumes for content in contents]
    return jnp.concatenate([volumes, *pools, jnp.zeros(2 * len(TRACERS) + 1)])


class Year(NamedTuple):
    """A year of every case that repeats itself, each (time, case).

    Args:
        driven: what drives it.
        course: amounts and extents.
        flux: CO2 to the air [mol s-1].
        exported: organic carbon out of the mixed layer [mol s-1].
        pco2: of the mixed layer [Pa].
        water: contents of the mixed layer [mol kg-1].
    """

    driven: Weather
    course: Course
    flux: Array
    exported: Array
    pco2: Array
    water: Water


def year(settings: Settings) -> Year:
    """Run every case to its repeating year; differentiable by the settings."""
    driven = jax.tree.map(lambda *w: jnp.stack(w, axis=1), *(weather(settings, c) for c in CASES.values()))
    net = network(settings)
    start = jnp.broadcast_to(beginning(settings)[:, None], (len(net.species), len(CASES)))
    made = cycled(RungeKutta(3), net, start, driven, JULIAN_YEAR / STEPS, CYCLES)
    rate = made.extents * STEPS / JULIAN_YEAR
    names = [r.name for r in net.reactions]
    flux = rate[:, names.index("evasion: mixed")] - rate[:, names.index("invasion: mixed")]
    exported = rate[:, names.index("pump: mixed to below")] + rate[:, names.index("pump: mixed to deep")]
    mass = DENSITY * made.x[:, net.index("water.mixed")]
    contents = Water(*(made.x[:, net.index(f"{t}.mixed")] / mass for t in TRACERS))
    return Year(driven, made, flux, exported, pressure(contents, driven.temperature, settings.sea.salinity), contents)


def run(settings: Settings) -> Result:
    """A repeating year of every case, the flux, and its parts by each definition."""
    made = eqx.filter_jit(year)(settings)
    net = network(settings)
    time = (np.arange(STEPS) + 0.5) / STEPS
    coordinates = {
        "time": Series(time, ("time",), "yr", "time of the year"),
        "case": Series(np.array(list(CASES)), ("case",), "1", "what the run has or lacks"),
    }
    full = jax.tree.map(lambda leaf: leaf[..., 0], made.course)
    books = ledger(net, full.start, full.end, full.throughput)
    worst = float(jnp.max(unclosed(net, made.course)))
    notes = (*NOTES, f"The year repeats itself to {worst:.1e} of every pool.")
    return Result(coordinates, _series(settings, made), _numbers(settings, made), books, notes)


NOTES = (
    "Positive fluxes leave the sea. Water that comes from the south warm and leaves cold takes up CO2: the solubility "
    "pump here; with the temperature of the inflow all year it is off.",
    "Parts by runs leave an interaction, and a flux of the run that has neither; both are given.",
    "What Takahashi et al. (2002) call the biological effect on pCO2 holds mixing and gas exchange as well.",
)


def _series(settings: Settings, made: Year) -> dict[str, Series]:
    at = ("time", "case")
    yearly = JULIAN_YEAR / PETAGRAM
    parts = seasonal_parts(made.pco2[:, 0], made.driven.temperature[:, 0])
    rows: list[tuple[str, Any, tuple[str, ...], str, str]] = [
        ("flux", made.flux * yearly, at, "Pg yr-1", "carbon to the air"),
        ("export", made.exported * yearly, at, "Pg yr-1", "organic carbon out of the mixed layer"),
        ("pco2", made.pco2 / MICROATMOSPHERE, at, "uatm", "pCO2 of the mixed layer"),
        ("dic", made.water.dic * 1e6, at, "umol kg-1", "DIC of the mixed layer"),
        ("phosphate", made.water.phosphate * 1e6, at, "umol kg-1", "phosphate of the mixed layer"),
        ("temperature", made.driven.temperature, at, "degC", "temperature of the mixed layer"),
        ("pco2_thermal", parts.thermal / MICROATMOSPHERE, at[:1], "uatm", "pCO2 by temperature alone"),
        ("pco2_rest", parts.rest / MICROATMOSPHERE, at[:1], "uatm", "pCO2 at the mean temperature"),
        ("depth", layer_depth(settings.seasons, (jnp.arange(STEPS) + 0.5) / STEPS), at[:1], "m", "mixed layer"),
    ]
    return {name: Series(np.asarray(v), dims, unit, meaning) for name, v, dims, unit, meaning in rows}


def _numbers(settings: Settings, made: Year) -> tuple[Number, ...]:
    mean = np.asarray(made.flux).mean(axis=0) * JULIAN_YEAR / PETAGRAM
    f = dict(zip(CASES, (float(v) for v in mean)))
    exported = float(np.asarray(made.exported)[:, 0].mean()) * JULIAN_YEAR
    deep = exported * (1.0 - float(settings.sea.respired)) / PETAGRAM
    parts = seasonal_parts(made.pco2[:, 0], made.driven.temperature[:, 0])
    cooling, growing = f["no biology"] - f["neither"], f["no cooling"] - f["neither"]
    unit = "Pg yr-1"
    rows = [
        ("flux", f["full"], unit, "carbon to the air"),
        ("anthropogenic", f["full"] - f["preindustrial"], unit, "flux less that under preindustrial air and inflow"),
        ("natural", f["preindustrial"], unit, "flux under preindustrial air and inflow"),
        ("solubility_added", cooling, unit, "by runs: what cooling adds where nothing grows"),
        ("biology_added", growing, unit, "by runs: what growth adds without cooling"),
        ("interaction", f["full"] - cooling - growing - f["neither"], unit, "by runs: what only both together add"),
        ("rest", f["neither"], unit, "by runs: flux with neither"),
        ("solubility_removed", f["full"] - f["no cooling"], unit, "flux less that without cooling"),
        ("biology_removed", f["full"] - f["no biology"], unit, "flux less that where nothing grows"),
        ("seasonal_temperature", f["full"] - f["constant temperature"], unit, "flux by seasons of temperature"),
        ("biology_by_export", -deep, unit, "as the organic carbon that leaves the box at depth"),
        ("solubility_by_export", f["full"] + deep, unit, "what is left by that definition"),
        ("production", exported / float(settings.sea.area), "mol m-2 yr-1", "organic carbon out of the mixed layer"),
        ("thermal_range", float(parts.thermal_range) / MICROATMOSPHERE, "uatm", "seasonal pCO2 by temperature"),
        ("rest_range", float(parts.rest_range) / MICROATMOSPHERE, "uatm", "seasonal pCO2 by all else"),
    ]
    return tuple(Number(*row) for row in rows)
