r"""Radiocarbon through a profile of soil: CENTURY in every level, mixing between them, bomb carbon from above.

Carbon is at rest; 14C starts at rest under the air of the first year and follows the air since. The soil respires what
its pools give off and what roots give off, which is of this year's air,

$$\Delta_{CO_2} = \rho\,\Delta_{air} + (1 - \rho)\,\Delta_{pools}$$

Source of the measured: Sierra et al. (2012), Biogeosciences 9, 3013.
"""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from shanhai.core.constants import SECONDS_PER_DAY
from shanhai.core.errors import InputError
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.params import par
from shanhai.io.radiocarbon import read_graven2017
from shanhai.io.soil_series import Wanted, read_series
from shanhai.models.box.result import Number, Result, Series
from shanhai.numerics.calibration import Calibrated, calibrate
from shanhai.numerics.exponential import Exponential
from shanhai.soil.isotopes import Isotope, boundary_of, carbon_14
from shanhai.soil.peers.century import POOLS, Century, CenturyWeek, century_network
from shanhai.soil.profile import (
    Profile,
    Ride,
    State,
    course,
    exponential_shares,
    faces_between,
    ledger,
    per_area,
    solids,
    started,
)
from shanhai.soil.spin_up import linear_rest
from shanhai.soil.transport import Medium, Mixing

WEEK = 7.0 * SECONDS_PER_DAY
WEEKS = JULIAN_YEAR / WEEK
STEPS = 4  # a year
AIR_YEAR = (
    1850, 1880, 1900, 1920, 1940, 1950, 1954, 1955, 1956, 1957, 1958, 1959, 1960, 1961, 1962, 1963, 1964, 1965, 1966,
    1967, 1968, 1969, 1970, 1971, 1972, 1974, 1976, 1978, 1980, 1983, 1986, 1990, 1995, 2000, 2005, 2010, 2015,
)  # fmt: skip
AIR_DELTA14C = (
    0, -5, -5, -10, -20, -25, -20, -10, 25, 75, 140, 230, 210, 220, 360, 720, 835, 755, 690,
    625, 565, 545, 530, 500, 465, 400, 350, 325, 265, 225, 190, 150, 115, 90, 60, 40, 15,
)  # fmt: skip
"""Δ14C of the air north of 30 degN in the middle of some years, rounded to 5 per mil: Graven et al. (2017), Geosci.
Model Dev. 10, 4405. Give `atmosphere_file` for every year."""


class Settings(eqx.Module):
    """What can be changed.

    Args:
        century: turnover and shares of the pools.
        mixing: of the soil by animals or freezing.
        levels: of the profile, growing downward.
        first_year: of the run, at rest with the air of then.
        last_year: of the run.
        atmosphere_file: table of Graven et al. (2017) with every year; the table above where empty.
        respired_file: table with columns Year and D14C of measured respiration; none where empty.
        free: dotted names of the parameters that are fitted to it.
        spread: what was known of each, a standard error over its value [1].
        fit_until: measurements later than this year are predicted and not fitted.
    """

    century: Century = Century(clay=0.1, silt=0.3)  # type: ignore[arg-type]
    mixing: Mixing = Mixing()
    levels: int = eqx.field(static=True, default=8)
    depth: Array = par(1.0, "m", source="choice", bounds=(0.1, 10.0), meaning="of the profile")
    leaves: Array = par(
        160.0, "g m-2 yr-1", source="choice: a temperate forest; unverified", bounds=(0.0, 2000.0),
        meaning="carbon that falls on the soil",
    )  # fmt: skip
    roots: Array = par(
        120.0, "g m-2 yr-1", source="choice: a temperate forest; unverified", bounds=(0.0, 2000.0),
        meaning="carbon of roots that die in the soil",
    )  # fmt: skip
    root_depth: Array = par(
        0.15, "m", source="choice; unverified", bounds=(0.01, 2.0), meaning="depth over which roots fade e-fold"
    )
    fades: Array = par(
        0.5, "m", source="Koven et al. (2013), Biogeosciences 10, 7109, as in CLM 4.5", bounds=(0.05, 1e3),
        meaning="depth over which decay slows e-fold",
    )  # fmt: skip
    temperature: Array = par(
        9.0, "degC", source="choice: a cool temperate forest; unverified", bounds=(-20.0, 40.0), meaning="of the soil"
    )
    water: Array = par(0.6, "1", source="choice", bounds=(0.0, 1.0), meaning="water over what the soil holds")
    root_respiration: Array = par(
        0.5, "1", source="choice, half of it; unverified", bounds=(0.0, 0.95),
        meaning="part of the respiration that is of roots and this year's carbon",
    )  # fmt: skip
    error: Array = par(
        20.0, "1e-3", source="scatter of chambers on a day, rounded", bounds=(0.1, 500.0), meaning="of a measurement"
    )
    first_year: int = eqx.field(static=True, default=1850)
    last_year: int = eqx.field(static=True, default=2011)
    atmosphere_file: str = eqx.field(static=True, default="")
    respired_file: str = eqx.field(static=True, default="")
    free: tuple[str, ...] = eqx.field(static=True, default=("century.slow", "root_respiration"))
    spread: tuple[float, ...] = eqx.field(static=True, default=(0.7, 0.7))
    fit_until: Array = par(2100.0, "1", source="choice", bounds=(1800.0, 2200.0), meaning="last year that is fitted")


class Measured(NamedTuple):
    """Δ14C of respired CO2 [per mil] over years, both (measurement,)."""

    year: NDArray[np.float64]
    delta14c: NDArray[np.float64]


class Air(NamedTuple):
    """Δ14C of the air [per mil] over years, both (entry,)."""

    year: Array
    delta14c: Array


class Followed(NamedTuple):
    """A run.

    Args:
        profile: levels.
        start: at rest.
        states: at the end of every year.
        ride: isotope with the ratios of every step.
        year: middle of every year.
        respired: Δ14C of what pools give off in each year [per mil].
        total: with roots.
    """

    profile: Profile
    start: State
    states: State
    ride: Ride
    year: Array
    respired: Array
    total: Array


def run(settings: Settings) -> Result:
    """Follow radiocarbon, fitted to measurements where a file is given.

    Args:
        settings: see `Settings`.

    Returns:
        Δ14C of respiration and pools, profiles, stocks.

    Raises:
        InputError: for years that do not fit, or a file that cannot be used.
    """
    if settings.last_year - settings.first_year < 2:
        raise InputError("a run takes two years or more", where="first_year, last_year")
    air, notes = air_of(settings)
    measured, fit = None, None
    if settings.respired_file:
        measured = read_respired(Path(settings.respired_file))
        fit = fitted(settings, air, measured)
        settings = fit.model
    return _result(settings, air, followed(settings, air), measured, fit, notes)


def read_respired(path: Path) -> Measured:
    """Read a table of Δ14C of respiration with the columns Year and D14C.

    Raises:
        InputError: for a file that is missing, lacks columns or has gaps.
    """
    read = read_series(path, RESPIRED).values
    order = np.argsort(read["year"], kind="stable")
    return Measured(read["year"][order], read["d14c"][order])


RESPIRED = {"year": Wanted("1", 1800.0, 2200.0), "d14c": Wanted("1e-3", -1000.0, 10000.0)}


def fitted(settings: Settings, air: Air, measured: Measured) -> Calibrated:
    """Fit the free parameters to the measurements up to `fit_until`.

    Args:
        settings: start and what was known.
        air: history.
        measured: all measurements.
    """
    used = np.asarray(measured.year) <= float(settings.fit_until)
    if not used.any():
        raise InputError("no measurement is early enough to be fitted", where="fit_until")
    spread = dict(zip(settings.free, settings.spread, strict=True))
    data = (air, jnp.asarray(measured.year), jnp.asarray(measured.delta14c), jnp.asarray(used, float))
    return calibrate(settings, _residuals, spread, given=data, logarithmic=True)


def _residuals(settings: Settings, data: tuple[Air, Array, Array, Array]) -> Array:
    air, year, delta, used = data
    return used * (predicted(followed(settings, air), year) - delta) / settings.error


def predicted(run: Followed, year: Array) -> Array:
    """Δ14C of respiration at decimal years [per mil], any shape."""
    return jnp.interp(year, run.year, run.total)


def levels_of(settings: Settings) -> Array:
    """Thickness of the levels, growing downward [m], (level,)."""
    edges = settings.depth * jnp.linspace(0.0, 1.0, settings.levels + 1) ** 1.7
    return jnp.diff(edges)


@eqx.filter_jit
def followed(settings: Settings, air: Air) -> Followed:
    """Carbon at rest and radiocarbon through the years."""
    deep, century = levels_of(settings), settings.century
    slower = jnp.exp(-(jnp.cumsum(deep) - 0.5 * deep) / settings.fades)
    below = ("soil_structural", "soil_metabolic", "active", "slow", "passive")
    network = century_network(_slowed(century, below, slower))
    kinds = solids(network, but=("surface_structural", "surface_metabolic"))
    profile = Profile(network, kinds, deep, second=WEEK)
    week, medium = _conditions(settings, deep), Medium(mixing=settings.mixing(faces_between(deep)))
    years = settings.last_year - settings.first_year
    ride = _ride(profile, air, settings.first_year + (jnp.arange(years * STEPS) + 0.5) / STEPS)
    begin = ride._replace(boundary=ride.boundary[0], outside=0.0)  # type: ignore[index]
    x, tracer = linear_rest(profile, week, medium, jnp.zeros((len(network.species), settings.levels)), begin)
    start = started(x, tracer)
    steady, still = (jax.tree.map(partial(_repeated, years * STEPS), tree) for tree in (week, medium))
    states = course(profile, Exponential(), start, steady, still, WEEKS / STEPS, ride, every=STEPS)
    middle = settings.first_year + jnp.arange(years) + 0.5
    given = _respired(profile, start, states)
    atmosphere = jnp.interp(middle, air.year, air.delta14c)
    total = settings.root_respiration * atmosphere + (1.0 - settings.root_respiration) * given
    return Followed(profile, start, states, ride, middle, given, total)


def _slowed(century: Century, names: tuple[str, ...], factor: Array) -> Century:
    """Decay that differs by level."""
    return eqx.tree_at(lambda c: [getattr(c, n) for n in names], century, [getattr(century, n) * factor for n in names])


def _conditions(settings: Settings, deep: Array) -> CenturyWeek:
    ones = jnp.ones_like(deep)
    leaves = jnp.zeros_like(deep).at[0].set(settings.leaves / WEEKS / deep[0])
    roots = settings.roots / WEEKS * exponential_shares(deep, settings.root_depth) / deep
    return CenturyWeek(settings.temperature * ones, settings.water * ones, leaves, roots)


def _repeated(steps: int, value: Array) -> Array:
    v = jnp.asarray(value, float)
    return jnp.broadcast_to(v, (steps, *v.shape))


def _ride(profile: Profile, air: Air, year: Array) -> Ride:
    """14C with the ratio of litter at every step."""
    carbon = carbon_14()
    isotope = Isotope(carbon.name, carbon.element, carbon.standard, carbon.decay * WEEK)
    ratio = 1.0 + 1e-3 * jnp.interp(year, air.year, air.delta14c)
    edges = jax.vmap(lambda r: boundary_of(profile.network, {"leaves": r, "roots": r}, 1))(ratio)
    return Ride(isotope, edges, 0.0)


def _respired(profile: Profile, start: State, states: State) -> Array:
    """Δ14C of what pools gave off in each year [per mil]."""
    row = profile.network.index("co2")
    amounts, labels = (
        jnp.diff(per_area(profile, jnp.concatenate([a[None], b]))[:, row], axis=0)
        for a, b in ((start.x, states.x), (start.tracer, states.tracer))
    )
    return 1e3 * (labels / amounts - 1.0)


def air_of(settings: Settings) -> tuple[Air, tuple[str, ...]]:
    """History of the air, with what a reader has to know of it."""
    if settings.atmosphere_file:
        curve = read_graven2017(Path(settings.atmosphere_file))["NH"]
        return Air(jnp.asarray(curve.year), jnp.asarray(curve.delta14c)), ()
    note = "The Δ14C of the air is a coarse table, rounded to 5 per mil; give atmosphere_file for every year."
    return Air(jnp.asarray(AIR_YEAR) + 0.5, jnp.asarray(AIR_DELTA14C, float)), (note,)


def _result(
    settings: Settings,
    air: Air,
    run: Followed,
    measured: Measured | None,
    fit: Calibrated | None,
    notes: tuple[str, ...],
) -> Result:
    profile, pools = run.profile, np.array(run.profile.network.pools)
    end = jax.tree.map(lambda v: v[-1], run.states)
    carbon, label = (np.asarray(per_area(profile, v))[:, pools] for v in (run.states.x, run.states.tracer))
    deltas = 1e3 * (label / carbon - 1.0)
    held, ridden = (np.asarray(v[pools].sum(axis=0)) for v in (end.x, end.tracer))
    begun = np.asarray(run.start.tracer[pools].sum(axis=0) / run.start.x[pools].sum(axis=0))
    coordinates = {
        "time": Series(np.asarray(run.year), ("time",), "yr", "middle of the year"),
        "depth": Series(np.asarray(profile.depth), ("depth",), "m", "middle of a level", "depth"),
        "pool": Series(np.array(POOLS), ("pool",), "1", "pool of carbon"),
    }
    atmosphere = np.interp(run.year, air.year, air.delta14c)
    series = {
        "air": Series(atmosphere, ("time",), "1e-3", "Δ14C of the air"),
        "respired": Series(np.asarray(run.total), ("time",), "1e-3", "Δ14C of respiration with roots"),
        "pools_respired": Series(np.asarray(run.respired), ("time",), "1e-3", "Δ14C of what pools give off"),
        "pools": Series(deltas, ("time", "pool"), "1e-3", "Δ14C of each pool"),
        "carbon": Series(held, ("depth",), "g m-3", "carbon of the soil at the end"),
        "profile": Series(1e3 * (ridden / held - 1.0), ("depth",), "1e-3", "Δ14C of the soil at the end"),
        "first_profile": Series(1e3 * (begun - 1.0), ("depth",), "1e-3", "Δ14C of the soil at the start"),
    }
    numbers = [
        Number("carbon", 1e-3 * float(carbon[-1].sum()), "kg m-2", "carbon of the profile"),
        Number("turnover", float(carbon[-1].sum() / (settings.leaves + settings.roots)), "yr", "carbon over litter"),
    ]
    if measured is not None:
        coordinates["measured"] = Series(measured.year, ("measured",), "yr", "time of a measurement")
        series["measured_respired"] = Series(measured.delta14c, ("measured",), "1e-3", "Δ14C measured in respiration")
        numbers += _misfit(settings, run, measured)
    if fit is not None:
        numbers += [Number(name.split(".")[-1], value, "1", "fitted") for name, value in fit.values.items()]
    return Result(coordinates, series, tuple(numbers), ledger(profile, run.start, end, run.ride), notes)


def _misfit(settings: Settings, run: Followed, measured: Measured) -> list[Number]:
    away = np.asarray(predicted(run, jnp.asarray(measured.year))) - measured.delta14c
    until = float(settings.fit_until)
    parts = {"fitted": measured.year <= until, "predicted": measured.year > until}
    found = []
    for name, part in parts.items():
        if part.any():
            found.append(Number(f"rmse_{name}", float(np.sqrt(np.mean(away[part] ** 2))), "1e-3", f"of the {name}"))
            found.append(Number(f"bias_{name}", float(np.mean(away[part])), "1e-3", f"model less {name} measurements"))
    return found
