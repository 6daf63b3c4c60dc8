"""Warming and stratification: what solubility, mixing and depth of the mixed layer take from the uptake of CO2."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.airsea import LAWS, transfer_velocity
from shanhai.core.ledger import JULIAN_YEAR, PETAGRAM
from shanhai.core.params import par
from shanhai.core.reactions import Network, Species
from shanhai.models.box.books import ledger
from shanhai.models.box.result import Number, Result, Series
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.factorial import Causes, effects, subsets
from shanhai.numerics.forced import Course, forced
from shanhai.ocean.air_exchange import Surface, co2_exchange
from shanhai.ocean.boxes import DENSITY, Boxes
from shanhai.ocean.mixed_layer import entrainment, stirring, water, with_present_volumes
from shanhai.seawater.co2system.given import solve_system
from shanhai.seawater.co2system.system import Conditions
from shanhai.seawater.gases import schmidt_number

LAYERS = (60.0, 80.0, 110.0, 160.0, 240.0, 360.0, 540.0, 800.0, 1350.0)
"""Thickness of the layers below the mixed layer at the start [m]; the first takes what the mixed layer loses."""
NAMES = ("mixed", "below", *(f"layer_{i}" for i in range(2, len(LAYERS) + 1)))
TRACERS = ("dic", "alkalinity")
STEPS = 12  # a year
CAUSES = ("warming", "mixing", "mixed layer")
OESCHGER = "Oeschger et al. (1975), Tellus 27, 168; unverified"


class Sea(eqx.Module):
    """The mean surface of the sea and the column below."""

    area: Array = par(
        3.49e14, "m2", source="sea with measured fields on a grid of 1 degree", bounds=(1e6, 4e14), meaning="area"
    )
    temperature: Array = par(
        18.2, "degC", source="area mean of Reynolds SST, 2010", bounds=(-2, 35), meaning="temperature at the start"
    )
    salinity: Array = par(34.7, "1", source="World Ocean Atlas 2018, area mean", bounds=(20, 40), meaning="salinity")
    alkalinity: Array = par(
        2305e-6,
        "mol kg-1",
        source="near the mean of Lee et al. (2006); unverified",
        bounds=(1e-3, 3e-3),
        meaning="alkalinity",
    )
    wind: Array = par(
        8.6,
        "m s-1",
        source="root mean square of the globe, altimeters of 2010",
        bounds=(0.1, 30),
        meaning="root mean square wind",
    )
    mixed_layer: Array = par(75.0, "m", source=OESCHGER, bounds=(40, 500), meaning="mixed layer at the start")
    diffusivity: Array = par(3987.0, "m2 yr-1", source=OESCHGER, bounds=(0, 1.5e4), meaning="mixing below")


class Change(eqx.Module):
    """What a doubling of CO2 does; in proportion to the logarithm of CO2."""

    warming: Array = par(
        1.9,
        "K",
        source="Kwiatkowski et al. (2020), SST over the doublings of CO2",
        bounds=(0, 6),
        meaning="warming of the surface at a doubling",
    )
    mixing: Array = par(-0.1, "1", source="choice", bounds=(-0.45, 0.45), meaning="relative change of mixing")
    mixed_layer: Array = par(-0.06, "1", source="choice", bounds=(-0.3, 0.2), meaning="relative change of the layer")


class Settings(eqx.Module):
    """What is run: CO2 rises by a fixed part a year, as in the runs of C4MIP."""

    sea: Sea = Sea()
    change: Change = Change()
    start: Array = par(
        284.3,
        "umol mol-1",
        source="CMIP6 protocol for 1850: 284.3; unverified",
        bounds=(150, 1000),
        meaning="CO2 of the start",
    )
    growth: Array = par(0.01, "yr-1", source="definition: 1 % a year", bounds=(0, 0.05), meaning="growth of CO2")
    years: int = eqx.field(static=True, default=140)


class Moment(NamedTuple):
    """What drives the column over a step, each (time, case)."""

    xco2: Array  # mol mol-1
    temperature: Array  # degC
    diffusivity: Array  # m2 s-1
    growth_of_layer: Array  # m3 s-1
    layer: Array  # m, depth of the mixed layer


class Case(NamedTuple):
    """What changes in a run, 1 or 0."""

    co2: Array | float
    warming: Array | float
    mixing: Array | float
    layer: Array | float


def cases() -> dict[tuple[bool, Causes], Case]:
    """Every set of causes, under rising CO2 and under that of the start."""
    return {
        (rising, together): Case(float(rising), *(float(c in together) for c in CAUSES))
        for rising in (True, False)
        for together in subsets(CAUSES)
    }


def moments(settings: Settings) -> Moment:
    """What drives the column in every case, at the middle of the steps."""
    sea, change = settings.sea, settings.change
    has = Case(*(jnp.array(column) for column in zip(*cases().values())))
    edges = jnp.arange(settings.years * STEPS + 1)[:, None] / STEPS
    middle = (edges[1:] + edges[:-1]) / 2
    doublings = jnp.log2(1.0 + settings.growth) * middle
    depth = sea.mixed_layer * (1.0 + has.layer * change.mixed_layer * jnp.log2(1.0 + settings.growth) * edges)
    even = jnp.ones_like(doublings * has.co2)
    return Moment(
        settings.start * 1e-6 * (1.0 + settings.growth) ** (has.co2 * middle),
        sea.temperature + has.warming * change.warming * doublings,
        sea.diffusivity / JULIAN_YEAR * (1.0 + has.mixing * change.mixing * doublings),
        sea.area * jnp.diff(depth, axis=0) * STEPS / JULIAN_YEAR * even,
        (depth[1:] + depth[:-1]) / 2 * even,
    )


def velocity(settings: Settings, moment: Moment) -> Array:
    """Transfer velocity of CO2 [m s-1], Wanninkhof (2014)."""
    return transfer_velocity(LAWS["wanninkhof_2014"](), settings.sea.wind, schmidt_number("CO2", moment.temperature))


def network(settings: Settings) -> Network:
    """Gas exchange, a mixed layer that may shoal, and mixing of the column."""
    sea = settings.sea
    boxes = Boxes(NAMES, jnp.ones(len(NAMES)))  # volumes of the moment take their place
    surface = Surface(boxes, "mixed", sea.area, lambda m: m.temperature, sea.salinity, lambda m: velocity(settings, m))
    reactions = [
        *with_present_volumes(co2_exchange(surface, lambda x, m: m.xco2), *NAMES),
        *entrainment(TRACERS, lambda m: m.growth_of_layer),
    ]
    for upper, one, other in zip(range(len(NAMES) - 1), NAMES[:-1], NAMES[1:]):
        reactions += stirring(("dic",), _Exchange(sea, upper), one, other)
    air = Species("co2.air", {"C": 1.0}, external=True)
    alkalinity = boxes.species(("alkalinity",))[:2]  # no cause changes it further down
    species = (*water(*NAMES), *boxes.species(("dic",)), *alkalinity, air)
    return Network(species, tuple(reactions), _sample(settings))


class _Exchange(eqx.Module):
    """Water that mixing exchanges across the base of a layer [m3 s-1]: diffusivity over the distance of the middles.

    The mixed layer is mixed, so that its distance counts from its base.
    """

    sea: Sea
    upper: int = eqx.field(static=True)

    def __call__(self, moment: Moment) -> Array:
        first = LAYERS[0] + self.sea.mixed_layer - moment.layer
        apart: Array
        if self.upper == 0:
            apart = first / 2
        else:
            above = first if self.upper == 1 else LAYERS[self.upper - 1] * jnp.ones_like(first)
            apart = (above + LAYERS[self.upper]) / 2
        return self.sea.area * moment.diffusivity / apart


def _sample(settings: Settings) -> Moment:
    sea = settings.sea
    zero = jnp.asarray(0.0)
    return Moment(jnp.asarray(3e-4), sea.temperature, sea.diffusivity, zero, sea.mixed_layer)


def beginning(settings: Settings) -> Array:
    """A column in equilibrium with the air of the start, the content of the surface all through."""
    sea = settings.sea
    volumes = sea.area * jnp.stack([sea.mixed_layer, *(jnp.asarray(d) for d in LAYERS)])
    pair = {"xco2": settings.start * 1e-6, "alkalinity": sea.alkalinity}
    dic = solve_system(pair, Conditions(sea.temperature, sea.salinity)).dic
    alkalinity = sea.alkalinity * DENSITY * volumes[:2]
    return jnp.concatenate([volumes, dic * DENSITY * volumes, alkalinity, jnp.zeros(1)])


class Uptakes(NamedTuple):
    """Carbon taken up since the start in every case [mol], (time, case), and the amounts behind it."""

    total: Array
    course: Course


def uptake(settings: Settings) -> Uptakes:
    """Run every case; differentiable by the settings."""
    net = network(settings)
    start = jnp.broadcast_to(beginning(settings)[:, None], (len(net.species), len(cases())))
    made = forced(RungeKutta(3), net, start, moments(settings), JULIAN_YEAR / STEPS)
    return Uptakes(-made.x[:, net.index("co2.air")], made)


def separated(total: Array, rising: bool = True) -> dict[Causes, Array]:
    """Effect of every set of causes on the uptake; total (time, case) or (case,)."""
    outcomes = {k[1]: total[..., i] for i, k in enumerate(cases()) if k[0] == rising}
    return effects(outcomes)


def said(together: Causes) -> str:
    """A set of causes in words.

    >>> said(frozenset(("mixing", "warming")))
    'warming x mixing'
    """
    return " x ".join(c for c in CAUSES if c in together) or "none"


def run(settings: Settings) -> Result:
    """Uptake under rising CO2 with every combination of causes, and the effect of each."""
    made = eqx.filter_jit(uptake)(settings)
    net = network(settings)
    total = np.asarray(made.total)[STEPS - 1 :: STEPS] / PETAGRAM
    years = np.arange(settings.years) + 1.0
    found = {s: np.asarray(e) for s, e in separated(jnp.asarray(total)).items()}
    natural = {s: np.asarray(e) for s, e in separated(jnp.asarray(total), False).items()}
    sets = [s for s in found if s]
    coordinates = {
        "time": Series(years, ("time",), "yr", "time since CO2 began to rise"),
        "effect": Series(np.array([said(s) for s in sets]), ("effect",), "1", "causes, x where only both bring it"),
    }
    at = ("time", "effect")
    ppm = float(settings.start) * (1.0 + float(settings.growth)) ** years
    series = {
        "xco2": Series(ppm, ("time",), "umol mol-1", "CO2 in dry air"),
        "uptake": Series(found[frozenset()], ("time",), "Pg", "carbon taken up with no other change"),
        "uptake_all": Series(total[:, 2 ** len(CAUSES) - 1], ("time",), "Pg", "carbon taken up with every change"),
        "effects": Series(np.stack([found[s] for s in sets], 1), at, "Pg", "change of the carbon taken up"),
        "natural": Series(np.stack([natural[s] for s in sets], 1), at, "Pg", "the same where CO2 does not rise"),
    }
    last = jax.tree.map(lambda leaf: leaf[..., 2 ** len(CAUSES) - 1], made.course)
    books = ledger(net, last.start, last.end, last.throughput)
    return Result(coordinates, series, _numbers(settings, found, natural, ppm), books, NOTES)


NOTES = (
    "The column holds what the surface had at the start; natural carbon that less mixing leaves below is not in it.",
    "Warming drives natural carbon out of the sea as well; that is the effect where CO2 does not rise.",
)


def _numbers(settings: Settings, found: Any, natural: Any, ppm: Any) -> tuple[Number, ...]:
    control = float(found[frozenset()][-1])
    change = float(sum(e[-1] for s, e in found.items() if s))
    warmed = float(settings.change.warming) * np.log2(ppm[-1] / float(settings.start))
    rows = [
        ("uptake", control, "Pg", "carbon taken up with no other change"),
        ("change", change, "Pg", "by all causes together"),
        *((f"effect of {said(s)}", float(e[-1]), "Pg", "change of the carbon taken up") for s, e in found.items() if s),
        (
            "natural",
            float(natural[frozenset(("warming",))][-1]),
            "Pg",
            "effect of warming where CO2 does not rise: natural carbon",
        ),
        ("interactions", float(sum(e[-1] for s, e in found.items() if len(s) > 1)), "Pg", "all of them"),
        ("beta", control / float(ppm[-1] - settings.start), "Pg ppm-1", "uptake per CO2 of the air"),
        ("gamma", change / warmed if warmed else 0.0, "Pg K-1", "change by all causes per warming of the surface"),
    ]
    return tuple(Number(*row) for row in rows)
