"""The slow end of the carbon cycle: weathering, volcanoes and the carbonate of the sea floor under a pulse of CO2.

Three boxes of sea water over a floor that keeps or gives up carbonate, with accounts for rocks, volcanoes and burial.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.atmosphere.global_mean import DRY_AIR
from shanhai.core.errors import InputError
from shanhai.core.ledger import JULIAN_YEAR, PETAGRAM
from shanhai.core.params import par
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.land.weathering import Weathering
from shanhai.models.box.books import ledger
from shanhai.models.box.ocean_geometry import Circulation, Outcrop, ThreeBoxes
from shanhai.models.box.result import Result
from shanhai.models.box.weathering_tables import deep_carbonate, table
from shanhai.numerics.compiling import compiling
from shanhai.numerics.integrate import Integrated, Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.numerics.steady import Steady, steady_state
from shanhai.ocean.air_exchange import Surface, co2_exchange
from shanhai.ocean.boxes import Amounts, Boxes, transport
from shanhai.ocean.carbonate_burial import Deposit, SeaFloor
from shanhai.ocean.pumps import Sinking, export

TRACERS = ("dic", "alkalinity", "phosphate")
TERAMOLE = 1e12 / JULIAN_YEAR  # mol s-1 in Tmol yr-1
LIME = {"C": 1.0, "Alk": 2.0, "Ca": 1.0}
STONE = {"Alk": 2.0, "Ca": 1.0}
CHARGE = {"alkalinity": 1.0, "calcium": -2.0}
"""Alkalinity less twice calcium: nothing here changes it, though both come and go."""


class Start(eqx.Module):
    """What sea and air hold to begin with; carbon, alkalinity and calcium find their own way from there."""

    dic: Array = par(2250.0, "umol kg-1", source="start only", bounds=(500.0, 5000.0), meaning="carbon")
    alkalinity: Array = par(
        2370.0, "umol kg-1", source="Toggweiler (1999); unverified", bounds=(500.0, 5000.0), meaning="alkalinity"
    )
    phosphate: Array = par(2.09, "umol kg-1", source="Toggweiler (1999)", bounds=(0.01, 20.0), meaning="phosphate")
    calcium: Array = par(
        10.28, "mmol kg-1", source="Dickson et al. (2007), guide", bounds=(1.0, 50.0), meaning="calcium"
    )


class Settings(eqx.Module):
    """The sea, the rocks and the pulses.

    Args:
        pulses: carbon put into the air at once [Pg].
        years: length of the run [yr].
    """

    pulses: tuple[float, ...] = eqx.field(static=True, default=(1000.0, 5000.0))
    years: float = eqx.field(static=True, default=1e6)
    start: Start = Start()
    sea: ThreeBoxes = ThreeBoxes()
    sinking: Sinking = Sinking(rain=1 / 6.1)  # type: ignore[arg-type]
    to_floor: Array = par(
        0.69, "1", source="Zeebe (2012), Geosci. Model Dev. 5, 149, parameters of LOSCAR", bounds=(0.0, 1.0),
        meaning="of the carbonate that sinks, reaching the floor",
    )  # fmt: skip
    floor: SeaFloor = SeaFloor()
    weathering: Weathering = Weathering()
    velocity: Array = par(
        3.0,
        "m d-1",
        source="Toggweiler (1999), through LOSCAR",
        bounds=(0.0, 100.0),
        meaning="transfer velocity of CO2",
    )


class World(NamedTuple):
    """A network with the parts that its laws ask."""

    network: Network
    boxes: Boxes
    outcrops: tuple[Outcrop, ...]
    surfaces: tuple[Surface, ...]
    bottom: Surface
    floor: SeaFloor
    solubility: Array
    rain: Array

    def deposit(self, x: Amounts, environment: Any) -> Deposit:
        """What becomes of carbonate on the floor."""
        falls = self.rain * sum(o.growth(x, environment) for o in self.outcrops)
        deep = self.bottom.system(x, environment)
        calcium = x["calcium.sea"] / sum(self.boxes.mass(b) for b in self.boxes.names)
        return self.floor.deposit(falls, deep.carbonate, calcium, x["sediment"], self.solubility)


class _Floor(eqx.Module):
    """Rate of one of the fates of carbonate: they are laws of one form that differ by which is theirs."""

    world: World
    fate: Array  # one in the place of the fate in `Deposit`, else zero

    def __call__(self, x: Amounts, environment: Any) -> Array:
        fates = jnp.stack(self.world.deposit(x, environment))
        return jnp.tensordot(self.fate, fates, axes=1)


class _Rocks(eqx.Module):
    """Rate of weathering of a kind of rock, as calcium [mol s-1]."""

    weathering: Weathering
    kind: str = eqx.field(static=True)

    def __call__(self, x: Amounts, environment: Any) -> Array:
        factor = getattr(self.weathering.factors(xco2(x, environment)), self.kind)
        return TERAMOLE * getattr(self.weathering, self.kind) * factor


class _Volcanoes(eqx.Module):
    weathering: Weathering

    def __call__(self, x: Amounts, environment: Any) -> Array:
        return TERAMOLE * self.weathering.degassing


def xco2(x: Amounts, environment: Any) -> Array:
    """Mole fraction of CO2 in dry air [mol mol-1]."""
    return x["co2.air"] / DRY_AIR


def world(settings: Settings) -> World:
    """The network of sea, floor, rocks and volcanoes."""
    geometry, change = settings.sea, Circulation()
    sea, sinking = geometry.boxes(), settings.sinking
    outcrops = geometry.outcrops(change, sinking.organic.phosphorus)
    speed = settings.velocity / 86400.0
    surfaces = tuple(
        Surface(sea, o.box, o.area, o.temperature, o.salinity, speed, nutrients=True).settled() for o in outcrops
    )
    floor = settings.floor
    bottom = Surface(sea, "deep", 0.0, floor.temperature, floor.salinity, 0.0, nutrients=True).settled()
    rain = settings.to_floor * sinking.rain
    made = World(None, sea, outcrops, surfaces, bottom, floor, floor.solubility(), rain)  # type: ignore[arg-type]
    reactions = [*transport(sea, TRACERS, geometry.flows(change)), *_ground(settings.weathering, made)]
    for outcrop, surface in zip(outcrops, surfaces):
        reactions += co2_exchange(surface, xco2)
        reactions += export(sea, outcrop.box, outcrop.targets, outcrop.growth, sinking, TRACERS)
    return made._replace(network=Network(_species(sea), tuple(reactions)))


def _species(sea: Boxes) -> tuple[Species, ...]:
    charged = (
        replace(s, content={**s.content, "charge": CHARGE["alkalinity"]}) if s.name.startswith("alkalinity") else s
        for s in sea.species(TRACERS)
    )
    outside = {"carbonate rock": LIME, "silicate rock": STONE, "mantle": {"C": 1.0}, "buried": LIME}
    return (
        *charged,
        Species("calcium.sea", {"Ca": 1.0, "charge": CHARGE["calcium"]}),
        Species("sediment", LIME, meaning="carbonate of the mixed layer of the sediment"),
        Species("co2.air", {"C": 1.0}),
        *(Species(name, content, external=True) for name, content in outside.items()),
    )


def _ground(weathering: Weathering, made: World) -> list[Reaction]:
    """Rocks, volcanoes and the sea floor; rivers end in low latitudes."""
    river = {"dic.low": 2.0, "alkalinity.low": 2.0, "calcium.sea": 1.0}
    fallen = {"dic.deep": -1.0, "alkalinity.deep": -2.0, "calcium.sea": -1.0}
    risen = {name: -c for name, c in fallen.items()}
    fates = {name: _Floor(made, one) for name, one in zip(Deposit._fields, jnp.eye(len(Deposit._fields)))}
    limestone = river | {"carbonate rock": -1.0, "co2.air": -1.0}
    return [
        Reaction("weathering of carbonate", _Rocks(weathering, "carbonate"), limestone),
        Reaction(
            "weathering of silicate", _Rocks(weathering, "silicate"), river | {"silicate rock": -1.0, "co2.air": -2.0}
        ),
        Reaction("volcanoes", _Volcanoes(weathering), {"mantle": -1.0, "co2.air": 1.0}),
        Reaction("burial", fates["buried"], fallen | {"buried": 1.0}),
        Reaction("spreading of carbonate", fates["spreading"], fallen | {"sediment": 1.0}),
        Reaction("dissolution of sediment", fates["eroded"], risen | {"sediment": -1.0}),
    ]


def begin(settings: Settings) -> Array:
    """Amounts to begin with, the mixed layer of the sediment down to 4500 m."""
    sea, start, floor = settings.sea.boxes(), settings.start, settings.floor
    contents = {t: 1e-6 * getattr(start, t) for t in TRACERS}
    calcium = 1e-3 * start.calcium * sum(sea.mass(b) for b in sea.names)
    sediment = 0.63 * floor.mixed_layer * floor.area
    air = 1e-6 * settings.weathering.co2 * DRY_AIR
    return jnp.concatenate([sea.amounts(contents), jnp.stack([calcium, sediment, air]), jnp.zeros(4)])


def equilibrium(settings: Settings) -> Steady:
    """State in which all that comes in goes out, differentiable by every parameter."""
    return steady_state(world(settings).network, begin(settings))


@eqx.filter_jit
def courses(network: Network, x: Array, intervals: Array) -> tuple[Array, Integrated]:
    """Amounts after each of the intervals.

    Args:
        network: of the `world`.
        x: amounts at the start, (species, pulse).
        intervals: [s], (time,).

    Returns:
        amounts (time, species, pulse), and what the integrator says of each interval.
    """
    tolerance = Tolerance(relative=1e-4, absolute=1e9)  # type: ignore[arg-type]

    def advance(carry: tuple[Array, Array], interval: Array) -> tuple[tuple[Array, Array], Integrated]:
        end = integrate(Rosenbrock("ros2"), network, carry[0], None, interval, tolerance, carry[1])
        return (end.x, end.next_step), end

    first = jnp.full(x.shape[1:], 0.01 * JULIAN_YEAR)
    _, ends = jax.lax.scan(advance, (x, first), intervals)
    return ends.x, ends


def run(settings: Settings) -> Result:
    """Equilibrium, then the fate of every pulse over the years, in steps that grow with time.

    Raises:
        InputError: where no equilibrium is reached, or a run fails.
    """
    _check(settings)
    times = np.concatenate([[0.0], np.logspace(0.0, np.log10(settings.years), 60)])
    quiet = jnp.stack([begin(settings)] * len(settings.pulses), axis=1)
    made = eqx.filter_jit(world)(settings)
    with compiling(deep_carbonate, made, quiet[:, 0]):
        before, _ = courses(made.network, quiet, jnp.asarray(np.full(60, 2e5 * JULIAN_YEAR)))
    air = made.network.index("co2.air")
    x = jnp.where(jnp.arange(len(quiet))[:, None] >= air + 1, 0.0, before[-1])
    pulses = jnp.array(settings.pulses) * PETAGRAM
    start = x.at[air].add(pulses)
    after, ends = courses(made.network, start, jnp.asarray(np.diff(times) * JULIAN_YEAR))
    if int(jnp.max(ends.status)) != 0 or not bool(jnp.all(jnp.isfinite(after))):
        raise InputError("the run breaks off", where="weathering", do="keep nearer to the defaults")
    moved = jnp.sum(jnp.abs(ends.extents), axis=0)
    rows = [
        row
        for k, pulse in enumerate(settings.pulses)
        for row in ledger(made.network, start[:, k], after[-1, :, k], moved[:, k], party=f"{pulse:g} Pg")
    ]
    everything = jnp.concatenate([start[None], after])
    return table(settings, made, everything, ends.extents, x, times, tuple(rows))


def _check(settings: Settings) -> None:
    if not settings.pulses or any(p <= 0 for p in settings.pulses):
        raise InputError("pulses must be one or more positive numbers [Pg]", where="weathering")
    if settings.years < 10.0:
        raise InputError(f"a run of {settings.years:g} yr is too short", where="weathering", do="take 10 yr or more")
