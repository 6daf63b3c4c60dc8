"""Sea ice: a polar mixed layer that freezes and melts, with ice as a lid, ice that rejects brine, both, and ikaite."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.airsea import LAWS, transfer_velocity
from shanhai.core.constants import MICROATMOSPHERE
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.params import par
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.models.box.books import ledger
from shanhai.models.box.result import Number, Result, Series
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.forced import Course, cycled, unclosed
from shanhai.ocean.air_exchange import Surface, co2_exchange
from shanhai.ocean.boxes import DENSITY, Boxes
from shanhai.ocean.sea_ice import (
    TRACERS,
    Changed,
    Heat,
    Ice,
    Retention,
    Weather,
    freezing_and_melting,
    heat_step,
    with_present_salinity,
)
from shanhai.seawater.co2system.given import solve_system
from shanhai.seawater.co2system.system import Conditions
from shanhai.seawater.gases import schmidt_number

STEPS = 365
HEAT_YEARS, CARBON_YEARS = 30, 24
CONTENTS: dict[str, dict[str, float]] = {
    "water": {"water": 1.0},
    "salt": {"salt": 1.0},
    "dic": {"C": 1.0},
    "alkalinity": {"Alk": 1.0},
}
UNITS = {"water": "kg", "salt": "g", "dic": "mol", "alkalinity": "mol"}
SEASONAL = "choice that gives first-year ice"


class Forcing(eqx.Module):
    """Heat that a surface of 0 degC gains, and wind; mean and first harmonic with its peak at midsummer."""

    ice: Array = par(-125.0, "W m-2", source=SEASONAL, bounds=(-400, 200), meaning="mean gain of ice")
    ice_swing: Array = par(215.0, "W m-2", source=SEASONAL, bounds=(0, 400), meaning="amplitude of that gain")
    albedo_gain: Array = par(
        60.0,
        "W m-2",
        source="choice: darker water takes more of the sun",
        bounds=(0, 300),
        meaning="more that water gains at midsummer",
    )
    wind: Array = par(
        7.5,
        "m s-1",
        source="root mean square north of 70 degN, altimeters of 2010: 7.5 to 8.4",
        bounds=(0.1, 30),
        meaning="root mean square wind",
    )


class Sea(eqx.Module):
    """Mixed layer, and the water that renews it."""

    depth: Array = par(40.0, "m", source="choice", bounds=(5, 500), meaning="depth of the mixed layer without ice")
    salinity: Array = par(
        32.0, "1", source="choice: Arctic surface water", bounds=(20, 36), meaning="of renewing water"
    )
    alkalinity: Array = par(
        2200e-6,
        "mol kg-1",
        source="choice: Arctic surface water",
        bounds=(1e-3, 3e-3),
        meaning="alkalinity of renewing water",
    )
    pco2: Array = par(
        300.0,
        "uatm",
        source="choice: water that growth has drawn down",
        bounds=(100, 800),
        meaning="pCO2 of renewing water at freezing",
    )
    renewal: Array = par(3.0, "yr", source="choice", bounds=(0.1, 100), meaning="time of renewal of the mixed layer")


class Settings(eqx.Module):
    """What is run."""

    ice: Ice = Ice()
    retention: Retention = Retention()
    forcing: Forcing = Forcing()
    sea: Sea = Sea()
    xco2: Array = par(400e-6, "mol mol-1", source="about 2015", bounds=(1e-5, 0.01), meaning="CO2 in dry air")


class Moment(NamedTuple):
    """What drives the carbon over a step, each (time, case)."""

    growth: Array  # kg m-2 s-1
    melt: Array  # kg m-2 s-1
    open_water: Array
    temperature: Array  # degC
    wind: Array  # m s-1
    ikaite: Array  # mol kg-1 of new ice


CASES = {  # name -> (lid, brine, ikaite)
    "no ice": (0.0, 0.0, 0.0),
    "lid only": (1.0, 0.0, 0.0),
    "brine only": (0.0, 1.0, 0.0),
    "lid and brine": (1.0, 1.0, 0.0),
    "with ikaite": (1.0, 1.0, 1.0),
}


def heat_year(settings: Settings) -> tuple[Heat, Changed]:
    """A year of ice and heat that repeats itself: state after each step, and what each step did."""
    forcing = settings.forcing
    time = (jnp.arange(STEPS) + 0.5) / STEPS
    summer = jnp.cos(2 * jnp.pi * (time - 0.5))
    ice = forcing.ice + forcing.ice_swing * summer
    weather = Weather(ice, ice + forcing.albedo_gain * jnp.maximum(summer, 0.0))

    def step(state: Heat, now: Weather) -> tuple[Heat, tuple[Heat, Changed]]:
        after, did = heat_step(settings.ice, settings.sea.depth, state, now, JULIAN_YEAR / STEPS)
        return after, (after, did)

    start = Heat(jnp.asarray(1.0), jnp.asarray(0.0))
    spun = jax.lax.scan(lambda s, _: (jax.lax.scan(step, s, weather)[0], None), start, None, HEAT_YEARS)[0]
    return jax.lax.scan(step, spun, weather)[1]


def moments(settings: Settings, did: Changed) -> Moment:
    """What drives the carbon in every case."""
    lid, brine, ikaite = (jnp.array(column) for column in zip(*CASES.values()))
    second = STEPS / JULIAN_YEAR
    grown, melted, water, warm = (a[:, None] for a in (did.grown, did.melted, did.open_water, did.temperature))
    even = jnp.ones_like(grown + lid)
    return Moment(
        grown * second * brine,
        melted * second * brine,
        1.0 - (1.0 - water) * lid,
        warm * even,
        settings.forcing.wind * even,
        settings.retention.ikaite * ikaite * even,
    )


def velocity(moment: Moment) -> Array:
    """Transfer velocity of CO2 [m s-1], Wanninkhof (2014)."""
    return transfer_velocity(LAWS["wanninkhof_2014"](), moment.wind, schmidt_number("CO2", moment.temperature))


class _Renewing(eqx.Module):
    """Exchange with water of given contents, as much each way."""

    tracer: str = eqx.field(static=True)
    rate: Array  # kg s-1
    content: Array | None

    def __call__(self, x: Any, moment: Moment) -> Array:
        if self.content is not None:
            return self.rate * self.content
        return self.rate * x[f"{self.tracer}.mixed"] / x["water.mixed"]


def renewing_contents(settings: Settings) -> dict[str, Array]:
    """Contents of the water that renews: salt [g kg-1], the others [mol kg-1]."""
    sea = settings.sea
    pair = {"pco2": sea.pco2 * MICROATMOSPHERE, "alkalinity": sea.alkalinity}
    dic = solve_system(pair, Conditions(settings.ice.freezing, sea.salinity)).dic
    return {"salt": sea.salinity, "dic": dic, "alkalinity": sea.alkalinity}


def network(settings: Settings) -> Network:
    """Freezing, melting, renewal and gas exchange, per square metre."""
    rate = DENSITY * settings.sea.depth / (settings.sea.renewal * JULIAN_YEAR)
    renewal = [
        Reaction(f"{t} {word}", _Renewing(t, rate, content), {f"{t}.outside": -sign, f"{t}.mixed": sign}, "renewal")
        for t, given in renewing_contents(settings).items()
        for word, content, sign in (("renewed", given, 1.0), ("lost", None, -1.0))
    ]
    surface = Surface(
        Boxes(("mixed",), jnp.ones(1)), "mixed", 1.0, lambda m: m.temperature, 0.0, velocity, lambda m: m.open_water
    )
    reactions = (
        *freezing_and_melting(settings.retention, lambda m: m.growth, lambda m: m.melt, lambda m: m.ikaite),
        *renewal,
        *with_present_salinity(co2_exchange(surface, lambda x, m: settings.xco2)),
    )
    pools = [Species(f"{t}.{box}", CONTENTS[t], unit=UNITS[t]) for t in ("water", *TRACERS) for box in ("mixed", "ice")]
    outside = [Species(f"{t}.outside", CONTENTS[t], external=True, unit=UNITS[t]) for t in TRACERS]
    air = Species("co2.air", {"C": 1.0}, external=True)
    sample = Moment(*(jnp.asarray(v) for v in (1e-5, 1e-5, 0.5, -1.0, 7.0, 1e-4)))
    return Network((*pools, *outside, air), reactions, sample)


def beginning(settings: Settings, thickness: Array) -> Array:
    """Ice and mixed layer at the first of January in every case, (species, case)."""
    brine = jnp.array([case[1] for case in CASES.values()])
    ice = settings.ice.density * thickness * brine
    mixed = DENSITY * settings.sea.depth - ice
    rows = [mixed, ice]
    for tracer, content in renewing_contents(settings).items():
        kept = content * getattr(settings.retention, tracer) * ice
        rows += [content * DENSITY * settings.sea.depth - kept, kept]
    none = jnp.zeros_like(mixed)
    return jnp.stack([*rows, *[none] * (len(TRACERS) + 1)])


class Year(NamedTuple):
    """A year that repeats itself.

    Args:
        heat: ice and heat after each step, (time,).
        did: what each step did, (time,).
        course: of the carbon, (time, species, case).
        flux: CO2 to the air [mol m-2 s-1], (time, case).
        pco2: of the mixed layer [Pa], (time, case).
    """

    heat: Heat
    did: Changed
    course: Course
    flux: Array
    pco2: Array


def year(settings: Settings) -> Year:
    """Heat first, then the carbon of every case under it; differentiable by the settings."""
    heat, did = heat_year(settings)
    driven = moments(settings, did)
    net = network(settings)
    made = cycled(
        RungeKutta(3), net, beginning(settings, heat.thickness[-1]), driven, JULIAN_YEAR / STEPS, CARBON_YEARS
    )
    names = [r.name for r in net.reactions]
    flux = made.extents[:, names.index("evasion: mixed")] - made.extents[:, names.index("invasion: mixed")]
    salt, dic, alkalinity = contents(net, made)
    pco2 = solve_system({"dic": dic, "alkalinity": alkalinity}, Conditions(driven.temperature, salt)).pco2
    return Year(heat, did, made, flux * STEPS / JULIAN_YEAR, pco2)


def contents(net: Network, made: Course) -> tuple[Array, Array, Array]:
    """Salinity, DIC and alkalinity of the mixed layer, (time, case)."""
    mass = made.x[:, net.index("water.mixed")]
    salt, dic, alkalinity = (made.x[:, net.index(f"{t}.mixed")] / mass for t in TRACERS)
    return salt, dic, alkalinity


def run(settings: Settings) -> Result:
    """A repeating year of ice, and of the carbon below it in every case."""
    made = eqx.filter_jit(year)(settings)
    net = network(settings)
    coordinates = {
        "time": Series((np.arange(STEPS) + 1.0) / STEPS, ("time",), "yr", "time of the year"),
        "case": Series(np.array(list(CASES)), ("case",), "1", "what ice does in the run"),
    }
    last = jax.tree.map(lambda leaf: leaf[..., -1], made.course)
    books = ledger(net, last.start, last.end, last.throughput)
    worst = float(jnp.max(unclosed(net, jax.tree.map(lambda leaf: leaf[..., 3:], made.course))))
    notes = (*NOTES, f"The year repeats itself to {worst:.1e} of every pool.")
    return Result(coordinates, _series(net, made), _numbers(settings, net, made), books, notes)


NOTES = (
    "Temperature of the water is the same in every case, so that cases differ by lid, brine and ikaite alone.",
    "Rejected brine stays in the mixed layer; brine that sinks out of it would take carbon down for longer.",
)


def _series(net: Network, made: Year) -> dict[str, Series]:
    salt, dic, alkalinity = contents(net, made.course)
    at = ("time", "case")
    rows: list[tuple[str, Any, tuple[str, ...], str, str]] = [
        ("thickness", made.heat.thickness, at[:1], "m", "ice, mean over ice and water"),
        ("open_water", made.did.open_water, at[:1], "1", "part of the surface without ice"),
        ("temperature", made.did.temperature, at[:1], "degC", "temperature of the water"),
        ("salinity", salt, at, "1", "salinity of the mixed layer"),
        ("dic", dic * 1e6, at, "umol kg-1", "DIC of the mixed layer"),
        ("alkalinity", alkalinity * 1e6, at, "umol kg-1", "alkalinity of the mixed layer"),
        ("pco2", made.pco2 / MICROATMOSPHERE, at, "uatm", "pCO2 of the mixed layer"),
        ("flux", made.flux * 86400e3, at, "mmol m-2 d-1", "CO2 to the air"),
    ]
    return {name: Series(np.asarray(v), dims, unit, meaning) for name, v, dims, unit, meaning in rows}


def _numbers(settings: Settings, net: Network, made: Year) -> tuple[Number, ...]:
    yearly = np.asarray(made.flux).mean(axis=0) * JULIAN_YEAR
    pco2 = np.asarray(made.pco2) / MICROATMOSPHERE
    most = int(np.argmax(np.asarray(made.heat.thickness)))
    flux = dict(zip(CASES, yearly))
    salt = np.asarray(contents(net, made.course)[0])
    unit = "mol m-2 yr-1"
    rows = [
        ("thickest", float(made.heat.thickness[most]), "m", "thickest ice"),
        ("thinnest", float(made.heat.thickness.min()), "m", "thinnest ice"),
        ("flux", flux["with ikaite"], unit, "CO2 to the air, with all that ice does"),
        ("flux_no_ice", flux["no ice"], unit, "CO2 to the air without ice"),
        ("lid", flux["lid only"] - flux["no ice"], unit, "what the lid alone changes"),
        ("brine", flux["brine only"] - flux["no ice"], unit, "what freezing and melting alone change"),
        (
            "interaction",
            flux["lid and brine"] - flux["lid only"] - flux["brine only"] + flux["no ice"],
            unit,
            "what only both together change",
        ),
        ("ikaite", flux["with ikaite"] - flux["lid and brine"], unit, "what ikaite changes"),
        ("salinity_rise", salt[most, 3] - salt[:, 3].min(), "1", "from the freshest to the thickest ice"),
        ("pco2_under_ice", pco2[most, 3] - pco2[most, 1], "uatm", "pCO2 under the thickest ice: brine less none"),
        ("pco2_by_ikaite", pco2[most, 4] - pco2[most, 3], "uatm", "pCO2 under the thickest ice: ikaite less none"),
    ]
    return tuple(Number(name, float(v), u, meaning) for name, v, u, meaning in rows)
