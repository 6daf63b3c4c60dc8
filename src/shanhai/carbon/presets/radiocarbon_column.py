r"""Preset: natural radiocarbon in a column of the ocean, and the bomb pulse through it.

The column starts at rest under the air of the first year and follows the Δ14C and CO2 of the air since. Bomb
radiocarbon is what the sea holds beyond the year before the tests,

$$I(t) = \int (c_{14}(t) - c_{14}(1950))\,dz\;A, \qquad z^* = \frac{\int (c_{14}(t) - c_{14}(1950))\,dz}
{c_{14}(0, t) - c_{14}(0, 1950)}$$

with $z^*$ its mean depth of penetration (Broecker et al. 1985, J. Geophys. Res. 90, 6953).
"""

from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from shanhai.core.errors import InputError
from shanhai.core.ledger import PETAGRAM
from shanhai.io.radiocarbon import read_graven2017
from shanhai.models.box.result import Number, Result, Series
from shanhai.models.column.radiocarbon import (
    Air,
    Forcing,
    History,
    Sea,
    delta14c,
    depths,
    inventory,
    ledger,
    natural,
    through_time,
)
from shanhai.seawater.radiocarbon import Curve, atoms, reservoir_age, ventilation_age

AIR_YEAR = (
    1850, 1900, 1920, 1940, 1950, 1954, 1955, 1956, 1957, 1958, 1959, 1960, 1961, 1962, 1963, 1964, 1965, 1966, 1967,
    1968, 1970, 1972, 1975, 1980, 1985, 1990, 1995, 2000, 2005, 2010, 2015,
)  # fmt: skip
AIR_DELTA14C = (
    -5, -5, -15, -20, -25, -20, -10, 20, 55, 110, 180, 200, 210, 270, 500, 675, 695, 655, 605,
    560, 520, 465, 375, 270, 200, 155, 120, 90, 60, 45, 15,
)  # fmt: skip
"""Δ14C of the air in the middle of some years, mean over the Earth, rounded to 5 per mil: Graven et al. (2017),
Geosci. Model Dev. 10, 4405. Give `atmosphere_file` for every year."""

CO2_YEAR = (1850, 1860, 1870, 1880, 1890, 1900, 1910, 1920, 1930, 1940, 1950, 1960, 1970, 1980, 1990, 2000, 2010, 2020)
CO2_PPM = (
    284.32, 285.74, 287.35, 289.47, 292.46, 295.67, 299.38, 304.25, 306.62, 311.36, 312.82, 316.62, 324.78, 338.7,
    354.07, 369.12, 388.72, 414.21,
)  # fmt: skip
"""Mole fraction of CO2 in the middle of some years [ppm]: Nicholls et al. (2020), Geosci. Model Dev. 13, 5175."""

BEFORE_TESTS = 1950


class Settings(eqx.Module):
    """What can be changed.

    Args:
        sea: the column and its surface.
        first_year: of the run, at rest with the air of then.
        last_year: of the run.
        steps_per_year: of the column.
        profile_years: whose profiles are kept; the first year is the natural state.
        atmosphere_file: table of Graven et al. (2017) with every year; the table above where empty.
    """

    sea: Sea = Sea()
    first_year: int = eqx.field(static=True, default=1850)
    last_year: int = eqx.field(static=True, default=2015)
    steps_per_year: int = eqx.field(static=True, default=4)
    profile_years: tuple[int, ...] = eqx.field(static=True, default=(1850, 1975, 1995, 2015))
    atmosphere_file: str = eqx.field(static=True, default="")


def run(settings: Settings) -> Result:
    """Run the natural state and the bomb pulse.

    Args:
        settings: see `Settings`.

    Returns:
        histories, profiles, inventories and ages.

    Raises:
        InputError: for years that do not fit the run, or a file that cannot be used.
    """
    _check_years(settings)
    forcing, note = _forcing(settings)
    first = jnp.asarray(float(settings.first_year))
    begin = natural(settings.sea, forcing.at(first))
    count, step = settings.last_year - settings.first_year, jnp.asarray(1.0 / settings.steps_per_year)
    history = through_time(settings.sea, forcing, begin, first, step, count, settings.steps_per_year)
    return _result(settings, forcing, history, note)


def _check_years(settings: Settings) -> None:
    first, last = settings.first_year, settings.last_year
    if not first < BEFORE_TESTS < last:
        raise InputError(f"a run from {first} to {last} has no bomb pulse", where="first_year, last_year")
    if settings.steps_per_year < 1:
        raise InputError("a year has at least one step", where="steps_per_year")
    outside = [y for y in settings.profile_years if not first <= y <= last]
    if outside:
        raise InputError(f"the run from {first} to {last} has no year {outside[0]}", where="profile_years")


def _forcing(settings: Settings) -> tuple[Forcing, str]:
    air = Curve(np.array(AIR_YEAR) + 0.5, np.array(AIR_DELTA14C, float), np.zeros(len(AIR_YEAR)))
    note = "The Δ14C of the air is a coarse table, rounded to 5 per mil; give atmosphere_file for every year."
    if settings.atmosphere_file:
        air = read_graven2017(Path(settings.atmosphere_file))["global"]
        note = "The Δ14C of the air is the mean over the Earth of Graven et al. (2017)."
    xco2 = np.interp(air.year, np.array(CO2_YEAR) + 0.5, np.array(CO2_PPM) * 1e-6)
    return Forcing(jnp.asarray(air.year), jnp.asarray(xco2), jnp.asarray(air.delta14c)), note


def _result(settings: Settings, forcing: Forcing, history: History, note: str) -> Result:
    sea = settings.sea
    delta, depth = np.asarray(delta14c(history.water)), np.asarray(depths(sea))
    first = settings.first_year
    air = np.asarray(np.interp(history.year, forcing.year, forcing.delta14c))
    bomb, reach = _bomb(sea, np.asarray(history.water.dic14), BEFORE_TESTS - first)
    uptake = np.asarray(inventory(sea, history.water.dic)) / PETAGRAM
    age = np.asarray(ventilation_age(delta[0], delta[0, 0]))
    kept = np.array(settings.profile_years)
    along = {
        "delta14c_air": (air, "1e-3", "Δ14C of the air"),
        "delta14c_surface": (delta[:, 0], "1e-3", "Δ14C of the mixed layer"),
        "reservoir_age": (np.asarray(reservoir_age(delta[:, 0], air)), "yr", "reservoir age"),
        "bomb_inventory": (bomb, "1e26", "atoms of bomb 14C in the sea"),
        "penetration_depth": (reach, "m", "mean depth of penetration of bomb 14C"),
        "anthropogenic_carbon": (uptake - uptake[0], "Pg", "carbon taken up since the first year"),
    }
    series = {name: Series(values, ("time",), unit, meaning) for name, (values, unit, meaning) in along.items()}
    series |= {
        "delta14c": Series(delta[kept - first], ("profile_year", "depth"), "1e-3", "Δ14C of the water"),
        "ventilation_age": Series(age, ("depth",), "yr", "natural age since the mixed layer"),
    }
    coordinates = {
        "time": Series(np.asarray(history.year), ("time",), "yr", "calendar year"),
        "depth": Series(depth, ("depth",), "m", "depth of the middle of a level"),
        "profile_year": Series(kept, ("profile_year",), "yr", "year of a profile"),
    }
    whole = float(inventory(sea, jnp.asarray(delta[0])) / (sea.area * sea.depth))
    numbers = _natural_numbers(delta[0, 0], air[0], whole, age) + _bomb_numbers(settings, series)
    return Result(coordinates, series, numbers, ledger(sea, history), (note,))


def _bomb(sea: Sea, dic14: NDArray, before: int) -> tuple[NDArray, NDArray]:
    """Inventory [1e26 atoms] and depth of penetration [m] of what the sea holds beyond the year before the tests."""
    excess = dic14 - dic14[before]
    held = np.asarray(inventory(sea, jnp.asarray(excess)))
    reached = np.arange(len(held)) >= before + 8  # before, the quotient is one of two nothings
    reach = np.where(reached, held / float(sea.area) / np.where(reached, excess[:, 0], 1.0), np.nan)
    return np.asarray(atoms(held)) * 1e-26, reach


def _natural_numbers(surface: float, air: float, whole: float, age: NDArray) -> tuple[Number, ...]:
    return (
        Number("natural_surface", float(surface), "1e-3", "Δ14C of the mixed layer in the first year"),
        Number("natural_mean", float(whole), "1e-3", "mean Δ14C of the sea in the first year"),
        Number("natural_reservoir_age", float(reservoir_age(surface, air)), "yr", "reservoir age in the first year"),
        Number("oldest_water", float(age.max()), "yr", "largest natural age since the mixed layer"),
    )


def _bomb_numbers(settings: Settings, series: dict[str, Series]) -> tuple[Number, ...]:
    first, surface = settings.first_year, series["delta14c_surface"].values
    bomb, reach = series["bomb_inventory"].values, series["penetration_depth"].values
    found = [
        Number("surface_peak", float(surface.max()), "1e-3", "highest Δ14C of the mixed layer"),
        Number("surface_peak_year", float(first + surface.argmax()), "yr", "year of the highest Δ14C there"),
    ]
    for year in (y for y in (1975, 1995) if y <= settings.last_year):
        what = float(bomb[year - first]), float(reach[year - first])
        found.append(Number(f"bomb_inventory_{year}", what[0], "1e26", f"atoms of bomb 14C in the sea in {year}"))
        found.append(Number(f"penetration_depth_{year}", what[1], "m", f"mean depth of bomb 14C in {year}"))
    taken = float(series["anthropogenic_carbon"].values[-1])
    return (*found, Number("anthropogenic_carbon", taken, "Pg", "carbon taken up over the run"))


@eqx.filter_jit
def natural_ventilation_age(sea: Sea, air: Air) -> jnp.ndarray:
    """Natural age of the water of each level since the mixed layer [yr], (level,), differentiable in everything.

    >>> ages = natural_ventilation_age(Sea(levels=8), Air(jnp.asarray(280e-6), jnp.asarray(1.0)))
    >>> float(ages[0]), bool(ages.max() > 300.0)
    (0.0, True)
    """
    delta = delta14c(natural(sea, air))
    return ventilation_age(delta, delta[0])
