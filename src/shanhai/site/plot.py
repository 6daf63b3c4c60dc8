"""A field with two crops a year for a century: soil, crop and management in one network, its treatments side by side.

A year has 365 days and begins on 1 October, before winter wheat is sown; summer maize follows it. Conditions hold for a
day, and what farmers do is done at its start. Only sums of a year are kept.
"""

from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.core.constants import ATOMIC_MASS, SECONDS_PER_DAY, ZERO_CELSIUS
from shanhai.core.errors import InputError
from shanhai.core.params import par
from shanhai.core.reactions import Network
from shanhai.io.soil_series import Wanted, read_series, whole_years
from shanhai.models.box.books import ledger
from shanhai.models.box.result import Result, Series
from shanhai.models.site.plot_tables import HECTARE, headlines, yearly
from shanhai.numerics.integrate import FINISHED, Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.numerics.smooth import smooth_minimum
from shanhai.soil import crop as crops
from shanhai.soil import layer as soils
from shanhai.soil import management as managing
from shanhai.soil.birch import wetting
from shanhai.soil.layer import Conditions, Layer
from shanhai.soil.layer_oxygen import Oxygen
from shanhai.soil.layer_phosphorus import PhosphorusOfLayer

DAYS = 365
_CHOICE = "choice; unverified"

CASES = ("managed", "no fertiliser", "straw sold", "harvest stacked")
"""Treatments: as the settings say; without nitrogen fertiliser and manure; without straw left; with a harvest that is
not carried off."""


class Climate(eqx.Module):
    """A smooth year of the North China Plain; rain and irrigation wet the soil, which dries again."""

    mean: Array = par(13.0, "degC", source=_CHOICE, bounds=(-10, 30), meaning="mean temperature of the soil")
    swing: Array = par(13.0, "degC", source=_CHOICE, bounds=(0, 30), meaning="amplitude, warmest on 25 July")
    dry: Array = par(0.22, "m3 m-3", source=_CHOICE, bounds=(0.01, 0.6), meaning="water without rain, in winter")
    monsoon: Array = par(0.03, "m3 m-3", source=_CHOICE, bounds=(0, 0.5), meaning="more of it in midsummer")
    rain: Array = par(45.0, "mm", source=_CHOICE, bounds=(0, 300), meaning="water of a day of rain")
    drying: Array = par(8.0, "d", source=_CHOICE, bounds=(0.5, 100), meaning="time in which the soil dries again")
    rains: tuple[int, ...] = eqx.field(static=True, default=(20, 175, 215, 262, 276, 287, 298, 309, 322, 338))


class Ground(eqx.Module):
    """Pores of the soil, and the organic matter it begins with."""

    porosity: Array = par(0.47, "m3 m-3", source=_CHOICE, bounds=(0.1, 0.9), meaning="of the layer")
    entry: Array = par(-3e3, "Pa", source=_CHOICE, bounds=(-1e5, -10), meaning="potential where air enters")
    retention: Array = par(5.0, "1", source=_CHOICE, bounds=(1, 20), meaning="exponent of retention, a loam")
    conductivity: Array = par(3e-6, "m s-1", source=_CHOICE, bounds=(1e-9, 1e-3), meaning="where water fills all pores")
    ph: Array = par(8.0, "1", source="choice: a calcareous soil", bounds=(3, 10), meaning="of the soil's water")
    carbon: Array = par(0.8, "%", source=_CHOICE, bounds=(0.01, 20), meaning="organic carbon at the start, by mass")
    density: Array = par(1400.0, "kg m-3", source=_CHOICE, bounds=(200, 2000), meaning="of the dry soil")


class Practice(eqx.Module):
    """What is applied, and when; days count from 1 October, and a list may have any length."""

    urea: Array = par(75.0, "kg ha-1", source=_CHOICE, bounds=(0, 1000), meaning="nitrogen of each dressing of urea")
    ammonium_nitrate: Array = par(0.0, "kg ha-1", source=_CHOICE, bounds=(0, 1000), meaning="nitrogen of each dressing")
    phosphate: Array = par(40.0, "kg ha-1", source=_CHOICE, bounds=(0, 500), meaning="phosphorus with every sowing")
    manure: Array = par(0.0, "kg ha-1", source=_CHOICE, bounds=(0, 2e4), meaning="carbon of manure, before wheat")
    water: Array = par(60.0, "mm", source=_CHOICE, bounds=(0, 300), meaning="water of each irrigation")
    nitrate: Array = par(5.0, "mg dm-3", source=_CHOICE, bounds=(0, 100), meaning="nitrate nitrogen of that water")
    deposition: Array = par(30.0, "kg ha-1 yr-1", source=_CHOICE, bounds=(0, 200), meaning="nitrogen from the air")
    seed: Array = par(70.0, "kg ha-1", source=_CHOICE, bounds=(0.1, 500), meaning="carbon of the seed of a crop")
    returned: Array = par(1.0, "1", source="choice", bounds=(0, 1), meaning="part of the straw that stays")
    urea_days: tuple[int, ...] = eqx.field(static=True, default=(9, 185, 256, 290))
    ammonium_nitrate_days: tuple[int, ...] = eqx.field(static=True, default=())
    water_days: tuple[int, ...] = eqx.field(static=True, default=(55, 185, 220, 256))
    tillage_days: tuple[int, ...] = eqx.field(static=True, default=(8,))


class Settings(eqx.Module):
    """What is run: a soil with or without phosphorus, its oxygen followed or told by its water.

    Args:
        series: CSV or NetCDF file of weather and doses of every day, see `weather` and `doses_through`; a smooth year
            and the dates of `practice` where empty.
    """

    layer: Layer = Layer()
    phosphates: PhosphorusOfLayer = PhosphorusOfLayer()
    oxygenation: Oxygen = Oxygen()
    climate: Climate = Climate()
    ground: Ground = Ground()
    practice: Practice = Practice()
    management: managing.Management = managing.Management()
    plant: crops.Plant = crops.Plant()
    wheat: crops.Wheat = crops.Wheat()
    maize: crops.Maize = crops.Maize()
    tolerance: Tolerance = Tolerance(relative=1e-3, absolute=1e-6)  # type: ignore[arg-type]
    series: str = eqx.field(static=True, default="")
    years: int = eqx.field(static=True, default=100)
    phosphorus: bool = eqx.field(static=True, default=True)
    oxygen: bool = eqx.field(static=True, default=False)


class Plot(NamedTuple):
    """Networks of a plot.

    Args:
        field: what goes on.
        events: what is done in a moment.
    """

    field: Network
    events: Network


def layer_of(settings: Settings) -> Layer:
    """The layer with the elements that are asked for."""
    return replace(
        settings.layer,
        phosphorus=settings.phosphates if settings.phosphorus else None,
        oxygen=settings.oxygenation if settings.oxygen else None,
    )


def plot(settings: Settings) -> Plot:
    """Soil, crop and management joined."""
    layer = layer_of(settings)
    field = managing.field(layer, settings.plant, settings.management)
    return Plot(field, managing.practices(field, settings.management, layer))


class Weather(NamedTuple):
    """Temperature [K], water [m3 m-3] and drainage [m s-1] of every day, (year, day)."""

    temperature: Array
    water: Array
    drainage: Array


WEATHER = {
    "temperature": Wanted("degC", -60.0, 70.0, "soil_temperature"),
    "water": Wanted("m3 m-3", 0.0, 1.0, "volume_fraction_of_condensed_water_in_soil"),
    "drainage": Wanted("mm d-1", 0.0, 1000.0),
}
DOSES = {
    name: Wanted("kg ha-1", 0.0, most, needed=False)
    for name, most in {
        "urea": 1e3, "ammonium_nitrate": 1e3, "phosphate": 500.0, "manure": 2e4, "deposition": 50.0, "irrigation": 500.0
    }.items()
}  # fmt: skip
"""Nitrogen, phosphorus or, of manure, carbon that a day brings; of irrigation the nitrate nitrogen in its water."""


def weather(settings: Settings) -> Weather:
    """Weather of a smooth year, or of the years of a file.

    The file has `temperature` [degC], `water` [m3 m-3] and `drainage` [mm d-1] for every day from 1 October on, without
    29 February; see `io.soil_series`.

    Raises:
        InputError: for a file that cannot be used or is not of whole years.

    >>> one = weather(Settings())
    >>> one.water.shape, round(float(one.temperature.mean()) - 273.15, 3)
    ((1, 365), 13.0)
    """
    if not settings.series:
        return _smooth(settings)
    read = whole_years(read_series(settings.series, WEATHER), 10, 1)
    warm, water, drains = (jnp.asarray(read[name]) for name in WEATHER)
    return Weather(warm + ZERO_CELSIUS, water, drains / 1e3 / SECONDS_PER_DAY)


def _smooth(settings: Settings) -> Weather:
    c, g = settings.climate, settings.ground
    summer = jnp.cos(2.0 * jnp.pi * (jnp.arange(DAYS) - 297.0) / DAYS)
    kelvin = ZERO_CELSIUS + c.mean + c.swing * summer
    depth = 1e3 * settings.layer.thickness  # mm of water that would fill the layer
    wets = _bumps(c.rains, c.drying) * c.rain + _bumps(settings.practice.water_days, c.drying) * settings.practice.water
    water = smooth_minimum(c.dry + c.monsoon * (0.5 + 0.5 * summer) ** 4 + wets / depth, 0.98 * g.porosity, 0.1)
    drains = g.conductivity * (water / g.porosity) ** (2.0 * g.retention + 3.0)
    return Weather(kelvin[None], water[None], drains[None])


def _bumps(days: tuple[int, ...], drying: Array) -> Array:
    """Sum of ones that decay from given days on, in a year that repeats itself, (day,)."""
    since = (jnp.arange(DAYS)[:, None] - jnp.asarray(days, int)[None]) % DAYS
    return jnp.sum(jnp.exp(-since / drying), axis=1)


def environments(settings: Settings, given: Weather) -> crops.Field:
    """What the laws meet on every day, (year, day).

    Raises:
        InputError: for weather that no soil has, and for crops that overlap.
    """
    _check_calendar(settings)
    g = settings.ground
    asked = [crops.season(c, settings.plant, given.temperature) for c in (settings.wheat, settings.maize)]
    rotation = crops.rotation(*asked)
    shape = given.water.shape
    potential = g.entry * (given.water / g.porosity) ** -g.retention
    wet = wetting(_day_before(potential), potential, _day_before(given.water), given.water, SECONDS_PER_DAY)
    at = Conditions(
        given.temperature, potential, given.water, g.porosity, wet.potential_rate, wet.water_rate, g.ph, given.drainage
    )
    soils.check(at)
    return jax.tree.map(lambda a: jnp.broadcast_to(a, shape), crops.field(at, rotation))


def _day_before(days: Array) -> Array:
    """What was on the day before, (year, day); the weather repeats, so that the last day comes before the first."""
    flat = days.ravel()
    return jnp.concatenate([flat[-1:], flat[:-1]]).reshape(days.shape)


def _check_calendar(settings: Settings) -> None:
    """Crops follow one another, and every day is one of the year."""
    w, m, p = settings.wheat, settings.maize, settings.practice
    days = [float(d) for d in (w.sown, w.reaped, m.sown, m.reaped)]
    if not days[0] < days[1] <= days[2] < days[3]:
        said = ", ".join(f"{d:g}" for d in days)
        raise InputError(
            f"wheat and maize are sown and cut on the days {said}, which do not follow one another",
            where="calendar",
            do="let maize be sown after the wheat is cut; days count from 1 October",
        )
    lists = {n: getattr(p, n) for n in ("urea_days", "ammonium_nitrate_days", "water_days", "tillage_days")}
    for name, given in (lists | {"rains": settings.climate.rains}).items():
        wrong = [d for d in given if not 0 <= d < DAYS]
        if wrong:
            raise InputError(f"{wrong[0]} is no day of the year", where=name, do=f"count from 0 to {DAYS - 1}")


def doses(settings: Settings) -> managing.Doses:
    """What the practice does on every day in every treatment, (day, case)."""
    return _treated(_by_practice(settings))


def _by_practice(settings: Settings) -> managing.Doses:
    """What is done on every day as it is managed, (day,)."""
    p, none, even = settings.practice, jnp.zeros(DAYS), jnp.ones(DAYS)
    per_area = 1.0 / (HECTARE * settings.layer.thickness)  # g m-3 in 1 kg ha-1
    nitrogen, carbon = per_area / ATOMIC_MASS["N"], per_area / ATOMIC_MASS["C"]
    sown, reaped = ([int(getattr(c, w)) for c in (settings.wheat, settings.maize)] for w in ("sown", "reaped"))
    manured, fed = p.manure * carbon, p.urea * nitrogen / 2.0
    return managing.Doses(
        urea=_on(p.urea_days) * fed,
        ammonium_nitrate=_on(p.ammonium_nitrate_days) * p.ammonium_nitrate * nitrogen / 2.0,
        phosphate=_on(tuple(sown)) * p.phosphate * per_area / ATOMIC_MASS["P"],
        manure=_on((sown[0] - 1,)) * manured,
        irrigation=_on(p.water_days) * p.water * p.nitrate / 100.0 * nitrogen,  # mm of 1 mg dm-3 are 0.01 kg ha-1
        deposition=even * p.deposition / DAYS * nitrogen,
        seed=_on(tuple(sown)) * p.seed * carbon,
        reaped=_on(tuple(reaped)),
        returned=even * p.returned,
        withheld=none,
        tilled=_on(p.tillage_days),
    )


def doses_through(settings: Settings) -> managing.Doses:
    """What is done on every day of every year in every treatment, (year, day, case).

    A file of series may have `urea`, `ammonium_nitrate`, `phosphate`, `manure`, `irrigation` and `deposition`
    [kg ha-1] on their days; each that it has takes the place of that of `practice`.

    Raises:
        InputError: for a file that cannot be used or is not of whole years.
    """
    given = read_series(settings.series, DOSES) if settings.series else None
    if given is None or not given.values:
        return jax.tree.map(lambda dose: dose[None], doses(settings))  # type: ignore[no-any-return]
    mole = 1.0 / (HECTARE * settings.layer.thickness)
    atoms = {"urea": ("N", 2.0), "ammonium_nitrate": ("N", 2.0), "phosphate": ("P", 1.0), "manure": ("C", 1.0)}
    years = {}
    for name, kilograms in whole_years(given, 10, 1).items():
        element, number = atoms.get(name, ("N", 1.0))
        years[name] = jnp.asarray(kilograms) * mole / ATOMIC_MASS[element] / number
    count = len(next(iter(years.values())))
    usual, told = _by_practice(settings), {}
    for name, dose in usual._asdict().items():
        told[name] = years.get(name, jnp.broadcast_to(dose, (count, DAYS)))
    return _treated(managing.Doses(**told))


def _on(days: tuple[int, ...]) -> Array:
    return jnp.sum(jnp.arange(DAYS)[:, None] == jnp.asarray(days, int)[None], axis=1).astype(float)


def _treated(given: managing.Doses) -> managing.Doses:
    """Doses of every treatment, (..., day, case)."""
    is_case = {name: jnp.asarray([float(case == name) for case in CASES]) for name in CASES}
    each = {name: jnp.asarray(dose)[..., None] * jnp.ones(len(CASES)) for name, dose in given._asdict().items()}
    for name in ("urea", "ammonium_nitrate", "manure"):
        each[name] = each[name] * (1.0 - is_case["no fertiliser"])
    each["returned"] = each["returned"] * (1.0 - is_case["straw sold"])
    each["withheld"] = each["withheld"] + is_case["harvest stacked"]
    return managing.Doses(**each)


START = {  # pool -> part of the organic carbon, its C:N and its C:P by mass
    "labile": (0.02, 25.0, 300.0),
    "recalcitrant": (0.2, 15.0, 200.0),
    "dissolved": (0.002, 12.0, 200.0),
    "active": (0.01, 6.0, 16.3),
    "dormant": (0.01, 6.0, 16.3),
    "labile_enzyme": (1e-4, 6.0, 16.3),
    "recalcitrant_enzyme": (1e-4, 6.0, 16.3),
    "aggregates": (0.2, 10.0, 100.0),
    "mineral": (0.5577, 9.5, 60.0),
}
MINERAL_START = {"primary_p": 10.0, "exchangeable_p": 2.0, "secondary_p": 4.0, "occluded_p": 4.0, "nitrate": 0.2,
                 "oxygen": 2.0}  # fmt: skip
"""Choices, the latter in mol m-3; what is in pools that the layer has not is left out."""


def beginning(settings: Settings, made: Plot) -> Array:
    """Amounts of 1 October of the first year [mol m-3], (species,)."""
    g = settings.ground
    whole = g.carbon / 100.0 * g.density * 1e3  # g m-3
    amounts: dict[str, Any] = dict(MINERAL_START)
    for name, (part, nitrogen, phosphorus) in START.items():
        for element, ratio in zip("CNP", (1.0, nitrogen, phosphorus)):
            amounts[f"{name}_{element.lower()}"] = part / ratio / ATOMIC_MASS[element] * whole
    return jnp.stack([jnp.asarray(amounts.get(name, 0.0), float) for name in made.field.names])


class Year(NamedTuple):
    """What a year was.

    Args:
        x: amounts at its end, accounts those of the year [mol m-3], (species, case).
        extents: of the reactions [mol m-3], (reaction, case).
        events: of the transfers [mol m-3], (transfer, case).
        grain: carbon and nitrogen harvested of wheat and maize [mol m-3], (element, crop, case).
        trouble: steps limited, forced or not finished.
        steps: taken, (case,).
    """

    x: Array
    extents: Array
    events: Array
    grain: Array
    trouble: Array
    steps: Array


class _Day(NamedTuple):
    """Running sums of a year."""

    x: Array
    first: Array
    extents: Array
    events: Array
    trouble: Array
    steps: Array


def _day(
    made: Plot, tolerance: Tolerance, carry: _Day, given: tuple[crops.Field, managing.Doses]
) -> tuple[_Day, Array]:
    at, todo = given
    grain = jnp.asarray([made.field.index(f"grain_{e}") for e in "cn"])
    x, did = managing.applied(made.events, carry.x, todo)
    cut = carry.x[grain] * todo.reaped
    end = integrate(Rosenbrock("ros3"), made.field, x, at, SECONDS_PER_DAY, tolerance, carry.first)
    bad = jnp.sum(end.counts.limited + end.counts.forced + jnp.where(end.status == FINISHED, 0, 1))
    sums = (carry.extents + end.extents, carry.events + did, carry.trouble + bad, carry.steps + end.counts.steps)
    return _Day(end.x, end.next_step, *sums), cut


def _year(
    made: Plot,
    tolerance: Tolerance,
    all_days: crops.Field,
    todo: managing.Doses,
    maize_from: Array,
    carry: Any,
    k: Array,
) -> tuple[Any, Year]:
    """A year from amounts whose accounts are opened anew."""
    x, first = carry
    inside = jnp.asarray([float(not s.external) for s in made.field.species])[:, None]
    none = jnp.zeros(x.shape[1:])
    zero = _Day(
        x * inside,
        first,
        jnp.zeros((len(made.field.reactions), *x.shape[1:])),
        jnp.zeros((len(made.events.reactions), *x.shape[1:])),
        jnp.zeros((), int),
        none.astype(int),
    )
    days = jax.tree.map(lambda a: a[k % a.shape[0]], (all_days, todo))
    end, cut = jax.lax.scan(partial(_day, made, tolerance), zero, days)
    of_maize = (jnp.arange(DAYS) >= maize_from).astype(float)
    grain = jnp.stack([jnp.tensordot(w, cut, axes=1) for w in (1.0 - of_maize, of_maize)], axis=1)
    return (end.x, end.first), Year(end.x, end.extents, end.events, grain, end.trouble, end.steps)


@eqx.filter_jit
def _century(made: Plot, settings: Settings, x: Array, at: crops.Field, todo: managing.Doses, years: Array) -> Year:
    one = partial(_year, made, settings.tolerance, at, todo, settings.maize.sown)
    return jax.lax.scan(one, (x, jnp.full(x.shape[1:], 600.0)), years)[1]


def course(settings: Settings) -> tuple[Plot, Array, Year]:
    """Networks, amounts at the start (species, case), and all years (year, ...)."""
    made = plot(settings)
    at, todo = environments(settings, weather(settings)), doses_through(settings)
    start = jnp.broadcast_to(beginning(settings, made)[:, None], (len(made.field.names), len(CASES)))
    years = _century(made, settings, start, at, todo, jnp.arange(settings.years))
    return made, start, jax.block_until_ready(years)


def books(made: Plot, start: Array, years: Year) -> tuple[Any, ...]:
    """Ledger of every treatment over all years, per cubic metre of the layer."""
    outside = np.array([s.external for s in made.field.species])[:, None]
    x = np.asarray(years.x)
    end = np.where(outside, x.sum(axis=0), x[-1])
    moved = np.concatenate([np.abs(years.extents).sum(axis=0), np.abs(years.events).sum(axis=0)])
    return tuple(
        row
        for k, case in enumerate(CASES)
        for row in ledger(made.field, start[:, k], end[:, k], moved[:, k], party=case)
    )


def run(settings: Settings) -> Result:
    """Years of the field under every treatment."""
    return finished(settings, *course(settings))


def finished(settings: Settings, made: Plot, start: Array, years: Year) -> Result:
    """Result of a `course`."""
    coordinates = {
        "year": Series(np.arange(settings.years) + 1.0, ("year",), "yr", "year, from 1 October"),
        "case": Series(np.array(CASES), ("case",), "1", "treatment"),
        "crop": Series(np.array(["wheat", "maize"]), ("crop",), "1", "crop"),
    }
    series = yearly(
        made.field,
        years.x,
        years.extents,
        years.grain,
        float(settings.layer.thickness),
        float(settings.plant.carbon),
    )
    trouble = int(np.sum(years.trouble))
    notes = NOTES + ((f"{trouble} steps were limited, forced or unfinished.",) if trouble else ())
    return Result(coordinates, series, headlines(series), books(made, start, years), notes)


NOTES = (
    "Water and temperature of the soil are given, and neither crop nor straw changes them.",
    "The harvest of the treatment 'harvest stacked' stays at the field, where nothing touches it.",
    "One layer: what leaves it downward has left the field, though deeper roots would find some of it.",
)
