"""The overturning ocean in three, four or seven boxes: carbon, alkalinity, phosphate, oxygen, 13C and 14C.

Steady states under changed circulation, rain ratio and polar growth; and the uptake of CO2 that rises in the air, with
the full and with the weakened overturning, by the same network.
"""

from functools import partial
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from shanhai.atmosphere.global_mean import DRY_AIR
from shanhai.core.alike import Job, compute
from shanhai.core.errors import InputError
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.params import describe, par
from shanhai.core.reactions import Network, Species
from shanhai.models.box.books import ledger
from shanhai.models.box.ocean_geometry import Circulation, FourBoxes, Geometry, Outcrop, SevenBoxes, ThreeBoxes
from shanhai.models.box.overturning_tables import EXPERIMENTS, table
from shanhai.models.box.result import Result
from shanhai.numerics.compiling import compiling
from shanhai.numerics.forced import Course, forced
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.numerics.steady import Steady, steady_state
from shanhai.ocean.air_exchange import Isotope, Surface, co2_exchange, oxygen_exchange
from shanhai.ocean.boxes import Amounts, Boxes, transport
from shanhai.ocean.isotope_riders import Fractionation, Ways, decay, riders, ways
from shanhai.ocean.pumps import ACCEPTORS, Respiration, Sinking, export
from shanhai.seawater.radiocarbon import STANDARD_DELTA13C

ISOTOPES: tuple[Isotope, Isotope] = ("dic13", "dic14")
TRACERS = ("dic", "alkalinity", "phosphate", "oxygen")
OXYGEN = Species("oxygen.air", {"O2": 1.0}, external=True, meaning="oxygen of the air")


class Inventory(eqx.Module):
    """What sea and air hold; carbon and its isotopes are shared between them, or held by the air as it is."""

    dic: Array = par(
        2249.0,
        "umol kg-1",
        source="fitted: 280 ppm in three boxes",
        bounds=(500.0, 5000.0),
        meaning="carbon of the sea",
    )
    alkalinity: Array = par(
        2371.0, "umol kg-1", source="Toggweiler (1999); unverified", bounds=(500.0, 5000.0), meaning="alkalinity"
    )
    phosphate: Array = par(
        2.09, "umol kg-1", source="Toggweiler (1999), as Zeebe (OCN 310)", bounds=(0.01, 20.0), meaning="phosphate"
    )
    oxygen: Array = par(170.0, "umol kg-1", source="start only", bounds=(1.0, 1000.0), meaning="oxygen to begin with")
    co2: Array = par(280.0, "umol mol-1", source="before industry", bounds=(50.0, 5000.0), meaning="CO2 of the air")
    delta13c: Array = par(
        0.6, "1e-3", source="choice, unverified", bounds=(-20.0, 20.0), meaning="13C of the sea, VPDB"
    )
    delta13c_air: Array = par(
        -6.4, "1e-3", source="Elsig et al. (2009), Nature 461, 507: -6.3 to -6.6; unverified", bounds=(-30.0, 20.0),
        meaning="13C of the air, VPDB",
    )  # fmt: skip
    radiocarbon_air: Array = par(0.0, "1e-3", source="definition", bounds=(-900.0, 2000.0), meaning="Δ14C of the air")


class Rise(eqx.Module):
    """CO2 that rises in the air, and the overturning that weakens when it begins."""

    growth: Array = par(1.0, "% yr-1", source="CMIP 1pctCO2", bounds=(0.0, 10.0), meaning="of CO2")
    weakened: Array = par(0.5, "1", source="choice: half", bounds=(0.0, 5.0), meaning="overturning over that before")
    years: int = eqx.field(static=True, default=140)


class Settings(eqx.Module):
    """Ocean, air and experiments.

    Args:
        boxes: 3, 4 or 7; the geometry of that name is read.
        atmosphere: "conserved", carbon of sea and air together, or "fixed", CO2 and its isotopes in the air.
    """

    boxes: Literal[3, 4, 7] = eqx.field(static=True, default=3)
    atmosphere: Literal["conserved", "fixed"] = eqx.field(static=True, default="conserved")
    inventory: Inventory = Inventory()
    sinking: Sinking = Sinking()
    respiration: Respiration = Respiration()
    fractionation: Fractionation = Fractionation()
    velocity: Array = par(
        3.0, "m d-1", source="Toggweiler (1999), through the programs LOSCAR and SCP-M", bounds=(0.0, 100.0),
        meaning="transfer velocity of CO2",
    )  # fmt: skip
    three: ThreeBoxes = ThreeBoxes()
    four: FourBoxes = FourBoxes()
    seven: SevenBoxes = SevenBoxes()
    rise: Rise = Rise()

    @property
    def geometry(self) -> Geometry:
        """The ocean that is meant."""
        return {3: self.three, 4: self.four, 7: self.seven}[self.boxes]


class Ocean(NamedTuple):
    """A network with what it was built from."""

    network: Network
    boxes: Boxes
    outcrops: tuple[Outcrop, ...]
    surfaces: tuple[Surface, ...]
    sinking: Sinking


def ocean(settings: Settings, change: Circulation, fixed_air: bool) -> Ocean:
    """The network of an experiment.

    Args:
        settings: see there.
        change: factors on the circulation, the rain and the growth.
        fixed_air: the air is an account, and its mole fraction of CO2 is the environment [mol mol-1].
    """
    geometry = settings.geometry
    sea = geometry.boxes()
    sinking = Sinking(settings.sinking.organic, settings.sinking.rain * change.rain)
    outcrops = geometry.outcrops(change, sinking.organic.phosphorus)
    speed = settings.velocity / 86400.0
    surfaces = tuple(
        Surface(sea, o.box, o.area, o.temperature, o.salinity, speed, nutrients=True).settled() for o in outcrops
    )
    reactions = list(transport(sea, TRACERS, geometry.flows(change)))
    for outcrop, surface in zip(outcrops, surfaces):
        reactions += [*co2_exchange(surface, partial(xco2, fixed_air)), *oxygen_exchange(surface)]
        grown = (outcrop.growth, sinking, TRACERS, settings.respiration)
        reactions += export(sea, outcrop.box, outcrop.targets, *grown)
    network = Network(species(sea, fixed_air), tuple(reactions), sample=280e-6)
    return Ocean(network, sea, outcrops, surfaces, sinking)


def species(sea: Boxes, fixed_air: bool) -> tuple[Species, ...]:
    """Species of the sea and of the air, which is an account or one of the pools."""
    air = Species("co2.air", {"C": 1.0}, external=fixed_air, meaning="CO2 of the air")
    return (*sea.species(TRACERS), air, OXYGEN, ACCEPTORS)


def xco2(fixed_air: bool, x: Amounts, environment: Any) -> Array:
    """Mole fraction of CO2 in dry air [mol mol-1]."""
    return environment if fixed_air else x["co2.air"] / DRY_AIR


def begin(settings: Settings) -> Array:
    """Amounts with the inventory spread evenly."""
    held = settings.inventory
    contents = {t: 1e-6 * getattr(held, t) for t in TRACERS}
    outside = jnp.stack([1e-6 * held.co2 * DRY_AIR, jnp.zeros(()), jnp.zeros(())])
    return jnp.concatenate([settings.geometry.boxes().amounts(contents), outside])


class State(NamedTuple):
    """A steady state; isotopes as ratios over their standards.

    Args:
        steady: amounts of the network.
        co2: mole fraction in dry air [mol mol-1].
        exported: organic carbon of each outcrop [mol s-1].
        ratio13: 13C of each box, then of the air.
        ratio14: 14C of each box, normalised as Δ14C is.
    """

    steady: Steady
    co2: Array
    exported: Array
    ratio13: Array
    ratio14: Array


def main_state(settings: Settings, change: Circulation) -> Steady:
    """Steady state of an experiment without isotopes, differentiable by every parameter."""
    return _rest(settings, ocean(settings, change, settings.atmosphere == "fixed"))


def _rest(settings: Settings, made: Ocean) -> Steady:
    return steady_state(made.network, begin(settings), 1e-6 * settings.inventory.co2)


def state(settings: Settings, change: Circulation) -> State:
    """Steady state of an experiment with its isotopes."""
    fixed = settings.atmosphere == "fixed"
    made = ocean(settings, change, fixed)
    air = 1e-6 * settings.inventory.co2
    steady = _rest(settings, made)
    x = made.network.view(steady.x)
    co2 = air if fixed else x["co2.air"] / DRY_AIR
    exported = jnp.stack([o.growth(x, air) for o in made.outcrops])
    return State(steady, co2, exported, *_isotopes(settings, change, made, x, co2, exported))


def _isotopes(
    settings: Settings, change: Circulation, made: Ocean, x: Amounts, co2: Array, exported: Array
) -> tuple[Array, Array]:
    """Ratios of 13C in the boxes and the air, and of 14C in the boxes."""
    held, carbon = settings.inventory, co2 * DRY_AIR
    environment = {"carbon": carbon, **_moved(settings, made, x, co2, exported)}
    dic = jnp.stack([x[made.boxes.named("dic", box)] for box in made.boxes.names])
    air = carbon * (1.0 + 1e-3 * held.delta13c_air)
    start = jnp.concatenate([dic * (1.0 + 1e-3 * held.delta13c), dic, jnp.stack([air, 0.0 * air, 0.0 * air])])
    end = steady_state(isotope_network(settings, change, made), start, environment).x
    count = len(dic)
    ratio13 = jnp.append(end[:count] / dic, end[2 * count] / carbon)
    return ratio13, end[count : 2 * count] / dic * _normal(ratio13[:-1])


def _moved(settings: Settings, made: Ocean, x: Amounts, co2: Array, exported: Array) -> dict[str, Ways]:
    """What moves of both isotopes at every outcrop, all outcrops at once."""

    def both(given: tuple[Surface, Amounts], exported: Array) -> Array:
        rest = (co2, co2, exported[0], made.sinking.rain)
        return jnp.stack([jnp.stack(ways(*given, *rest, isotope, settings.fractionation)) for isotope in ISOTOPES])

    read = [{name: x[name] for name in (made.boxes.named(t, o.box) for t in TRACERS)} for o in made.outcrops]
    found = compute([Job(both, given, e[None]) for *given, e in zip(made.surfaces, read, exported)])
    return {
        made.boxes.named(isotope, outcrop.box): Ways(*way)
        for outcrop, there in zip(made.outcrops, found)
        for isotope, way in zip(ISOTOPES, there)
    }


def _normal(ratio13: Array) -> Array:
    """Factor that normalises a ratio of 14C to the 13C of the standard; Stuiver & Polach (1977)."""
    return ((1.0 + 1e-3 * STANDARD_DELTA13C) / ratio13) ** 2


def isotope_network(settings: Settings, change: Circulation, made: Ocean) -> Network:
    """Network of 13C and 14C that ride on a state of the boxes; the ratio of 14C in the air is given."""
    young = 1.0 + 1e-3 * settings.inventory.radiocarbon_air

    def of_air(x: Amounts, environment: Any) -> Array:
        return x["dic13.air"] / environment["carbon"]

    ratios = {"dic13": of_air, "dic14": lambda x, environment: young / _normal(of_air(x, environment))}
    sinks = {o.box: o.targets for o in made.outcrops}
    reactions = [*transport(made.boxes, ISOTOPES, settings.geometry.flows(change)), *decay(made.boxes)]
    for isotope in ISOTOPES:
        reactions += riders(made.boxes, sinks, isotope, f"{isotope}.air", ratios[isotope])
    species = (
        *made.boxes.species(ISOTOPES),
        Species("dic13.air", {"13C": 1.0}, external=settings.atmosphere == "fixed"),
        Species("dic14.air", {"14C": 1.0}, external=True),
        Species("decayed", {"14C": 1.0}, external=True),
    )
    sample = {made.boxes.named(isotope, o.box): Ways(1.0, 1.0, 1.0) for isotope in ISOTOPES for o in made.outcrops}  # type: ignore[arg-type]
    return Network(species, tuple(reactions), sample | {"carbon": 1.0})  # type: ignore[arg-type]


def rising(settings: Settings, start: Array, co2: Array, change: Circulation, rises: Array) -> tuple[Course, Array]:
    """The ocean under CO2 of the air that rises, or stays, from a steady state; steps of a year.

    Args:
        settings: see there.
        start: amounts of the steady state.
        co2: its mole fraction in dry air [mol mol-1].
        change: factors on the circulation.
        rises: 1 where CO2 rises, 0 where it stays.

    Returns:
        the course, and the mole fraction at the middle of every year.
    """
    middle = jnp.arange(settings.rise.years) + 0.5
    fractions = co2 * (1.0 + 1e-2 * settings.rise.growth * rises) ** middle
    network = ocean(settings, change, True).network
    outside = start.at[network.index("co2.air")].set(0.0)
    return forced(Rosenbrock("ros2"), network, outside, fractions, JULIAN_YEAR), fractions


@eqx.filter_jit
def _states(settings: Settings, changes: Circulation) -> State:
    return jax.vmap(partial(state, settings))(changes)


@eqx.filter_jit
def _courses(settings: Settings, x: Array, co2: Array) -> tuple[Course, Array]:
    one, weak = jnp.ones(()), settings.rise.weakened
    overturning = jnp.stack([one, one, weak, weak])
    rises = jnp.array([0.0, 1.0, 0.0, 1.0])
    changes = Circulation(overturning, jnp.ones(4), jnp.ones(4))
    return jax.vmap(lambda change, r: rising(settings, x, co2, change, r))(changes, rises)


def run(settings: Settings) -> Result:
    """Steady states of all experiments, and uptake under rising CO2 with two circulations.

    Raises:
        InputError: where a geometry is set that is not used, or a state does not become steady.
    """
    _refuse_unused(settings)
    weak = float(settings.rise.weakened)
    factors = jnp.array([factors(weak) for factors in EXPERIMENTS.values()])
    with compiling(_courses, settings, begin(settings), settings.inventory.co2):
        states = _states(settings, Circulation(*factors.T))
    if int(jnp.max(states.steady.status)) != 0:
        raise InputError("an experiment finds no steady state", where="overturning", do="keep nearer to the defaults")
    courses, fractions = _courses(settings, states.steady.x[0], states.co2[0])
    sea = settings.geometry.boxes()
    network, under = (Network(species(sea, fixed), ()) for fixed in (settings.atmosphere == "fixed", True))
    closed = {q for q in network.quantities if not any(s.external and q in s.content for s in network.species)}
    rows = [
        r for r in ledger(network, begin(settings), states.steady.x[0], party="steady state") if r.quantity in closed
    ]
    for name, k in (("rising CO2", 1), ("rising CO2, weakened overturning", 3)):
        one = jax.tree.map(lambda leaf: leaf[k], courses)  # noqa: B023
        rows += ledger(under, one.start, one.end, one.throughput, party=name)
    return table(settings, states, courses, fractions, tuple(rows))


def _refuse_unused(settings: Settings) -> None:
    for name, number in (("three", 3), ("four", 4), ("seven", 7)):
        given = getattr(settings, name)
        if number != settings.boxes and describe(given) != describe(type(given)()):
            raise InputError(
                f"the settings of {name} boxes are changed, but boxes = {settings.boxes}",
                where="overturning",
                do=f"set boxes = {number}, or leave them out",
            )
