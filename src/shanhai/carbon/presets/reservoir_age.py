r"""Preset: the reservoir age of the surface ocean, at rest for any CO2 of the air, and through 55 000 years.

A column at rest gives the reservoir age for each CO2. Given the folder of the calibration curves, the same column
follows the Δ14C of IntCal20, once with the CO2 of ice cores and once with that of the last centuries before industry,
and both are held against Marine20.
"""

from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from shanhai.core.errors import InputError
from shanhai.core.ledger import Row
from shanhai.core.params import par
from shanhai.io.radiocarbon import read_curve
from shanhai.models.box.result import Number, Result, Series
from shanhai.models.column.radiocarbon import Air, Forcing, Sea, delta14c, ledger, natural, through_time
from shanhai.seawater.radiocarbon import LIBBY_MEAN_LIFE, STANDARD_YEAR, Curve, reservoir_age

HOLOCENE = 11_650.0  # years before 1950, its beginning; Walker et al. (2009), J. Quat. Sci. 24, 3
MEMORY = 5_000.0  # years that the column needs to forget how it began


class Settings(eqx.Module):
    """What can be changed.

    Args:
        sea: the column and its surface.
        curve_folder: with IntCal20 and Marine20; without it only states at rest are found.
        step_years: length of a step of the run through the curves.
        least_ppm: of the CO2 in the states at rest.
        most_ppm: of the CO2 in the states at rest.
        co2_ages: years before 1950 of the CO2 given, falling.
        co2_ppm: CO2 of the air then. Its rise after the ice age is that of Monnin et al. (2001), Science 291, 112,
            76 ppm in 6000 years; the other values are rounded and unverified.
    """

    sea: Sea = Sea()
    xco2: jax.Array = par(
        280.0,
        "ppm",
        source="before industry, rounded; Nicholls et al. (2020) have 277 ppm in 1750",
        bounds=(100.0, 2000.0),
        meaning="CO2 of the air at rest, and of the run with the same CO2 all the time",
    )
    curve_folder: str = eqx.field(static=True, default="")
    step_years: float = eqx.field(static=True, default=20.0)
    least_ppm: float = eqx.field(static=True, default=180.0)
    most_ppm: float = eqx.field(static=True, default=400.0)
    co2_ages: tuple[float, ...] = eqx.field(static=True, default=(55e3, 40e3, 20e3, 17e3, 11e3, 8e3, 0.2e3, 0.0))
    co2_ppm: tuple[float, ...] = eqx.field(
        static=True, default=(205.0, 205.0, 189.0, 189.0, 265.0, 260.0, 280.0, 310.0)
    )


def run(settings: Settings) -> Result:
    """Find the reservoir ages.

    Args:
        settings: see `Settings`.

    Returns:
        ages at rest over CO2, and with the curves ages through time.

    Raises:
        InputError: for a history of CO2 that is none, or curves that cannot be used.
    """
    _check(settings)
    ppm = np.linspace(settings.least_ppm, settings.most_ppm, 23)
    resting = np.asarray(age_at_rest(settings.sea, jnp.asarray(ppm) * 1e-6))
    coordinates = {"xco2": Series(ppm, ("xco2",), "ppm", "CO2 of the air")}
    series = {"age_at_rest": Series(resting, ("xco2",), "yr", "reservoir age at rest")}
    one = float(age_at_rest(settings.sea, settings.xco2[None] * 1e-6)[0])
    numbers = (Number("age_at_rest", one, "yr", "reservoir age at rest under the CO2 of the settings"),)
    if not settings.curve_folder:
        note = "Give curve_folder, with IntCal20 and Marine20, for the run through 55 000 years."
        return Result(coordinates, series, numbers, (), (note,))
    return _with_curves(settings, Result(coordinates, series, numbers))


@jax.jit
def age_at_rest(sea: Sea, xco2: jax.Array) -> jax.Array:
    """Reservoir age [14C yr] of columns at rest under airs of steady Δ14C and various CO2 [mol mol-1], (air,).

    The Δ14C itself does not matter: all is in proportion to it.

    >>> [round(float(a)) for a in age_at_rest(Sea(), jnp.array([190e-6, 280e-6]))]
    [725, 521]
    """

    def one(x: jax.Array) -> jax.Array:
        return reservoir_age(delta14c(natural(sea, Air(x, jnp.ones(()))))[0], 0.0)

    return jax.vmap(one)(xco2)


def _check(settings: Settings) -> None:
    if len(settings.co2_ages) != len(settings.co2_ppm) or len(settings.co2_ages) < 2:
        raise InputError("there are not as many values of CO2 as ages", where="co2_ages, co2_ppm")
    if np.any(np.diff(settings.co2_ages) >= 0.0) or min(settings.co2_ppm) <= 0.0:
        raise InputError("ages do not fall, or CO2 is not positive", where="co2_ages, co2_ppm")
    if not (0.0 < settings.least_ppm < settings.most_ppm and settings.step_years > 0.0):
        raise InputError("the range of CO2 or the step is empty", where="least_ppm, most_ppm, step_years")


def _with_curves(settings: Settings, resting: Result) -> Result:
    air, marine = (read_curve(Path(settings.curve_folder), name) for name in ("intcal20", "marine20"))
    varying = np.interp(-(STANDARD_YEAR - air.year), -np.array(settings.co2_ages), settings.co2_ppm)
    runs = {
        "varying_co2": _followed(settings, air, varying),
        "steady_co2": _followed(settings, air, np.full(len(air.year), float(settings.xco2))),
    }
    year = runs["varying_co2"][0]
    ages = {name: age for name, (_, age, _) in runs.items()}
    ages["marine20"] = _age(marine, air, year)
    sigma = LIBBY_MEAN_LIFE * np.interp(year, marine.year, marine.sigma / (1000.0 + marine.delta14c))
    before = STANDARD_YEAR - year
    coordinates = dict(resting.coordinates) | {
        "age_bp": Series(before, ("age_bp",), "yr", "years before 1950"),
    }
    words = {
        "varying_co2": "reservoir age with the CO2 of ice cores",
        "steady_co2": "reservoir age with CO2 as before industry",
        "marine20": "Marine20 less IntCal20",
    }
    series = dict(resting.series) | {n: Series(ages[n], ("age_bp",), "yr", words[n]) for n in words}
    series["marine20_sigma"] = Series(sigma, ("age_bp",), "yr", "standard uncertainty of Marine20")
    rows = tuple(row for _, _, ledger_rows in runs.values() for row in ledger_rows)
    return Result(coordinates, series, (*resting.numbers, *_numbers(before, ages)), rows)


def _followed(settings: Settings, air: Curve, ppm: NDArray) -> tuple[NDArray, NDArray, tuple[Row, ...]]:
    """Years, reservoir ages and ledger of a run under the air of a curve."""
    forcing = Forcing(jnp.asarray(air.year), jnp.asarray(ppm * 1e-6), jnp.asarray(air.delta14c))
    first = jnp.asarray(float(air.year[0]))
    count = int((air.year[-1] - air.year[0]) // settings.step_years)
    begin = natural(settings.sea, forcing.at(first))
    history = through_time(settings.sea, forcing, begin, first, jnp.asarray(settings.step_years), count, 1)
    year = np.asarray(history.year)
    surface = np.asarray(delta14c(history.water))[:, 0]
    age = np.asarray(reservoir_age(surface, np.interp(year, air.year, air.delta14c)))
    return year, age, ledger(settings.sea, history)


def _age(water: Curve, air: Curve, year: NDArray) -> NDArray:
    """Reservoir age between two curves."""
    return np.asarray(reservoir_age(*(np.interp(year, c.year, c.delta14c) for c in (water, air))))


def _numbers(before: NDArray, ages: dict[str, NDArray]) -> tuple[Number, ...]:
    remembered = before <= before.max() - MEMORY
    spans = {"holocene": before <= HOLOCENE, "ice_age": remembered & (before > HOLOCENE), "all": remembered}
    found = []
    for name, words in (("varying_co2", "with varying CO2"), ("steady_co2", "with steady CO2")):
        for span, within in spans.items():
            apart = (ages[name] - ages["marine20"])[within]
            root, mean = float(np.sqrt(np.mean(apart**2))), float(np.mean(apart))
            found.append(Number(f"rms_{span}_{name}", root, "yr", f"RMS against Marine20, {span}, {words}"))
            found.append(Number(f"bias_{span}_{name}", mean, "yr", f"mean difference from Marine20, {span}, {words}"))
    return tuple(found)
