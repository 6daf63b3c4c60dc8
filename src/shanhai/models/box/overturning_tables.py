"""What people read of the overturning ocean: series and headlines in customary units."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanhai.core.ledger import JULIAN_YEAR, PETAGRAM, Row
from shanhai.models.box.result import Number, Result, Series
from shanhai.ocean.boxes import DENSITY

Floats = NDArray[np.float64]


EXPERIMENTS: Mapping[str, Any] = {
    "reference": lambda weak: (1.0, 1.0, 1.0),
    "weakened overturning": lambda weak: (weak, 1.0, 1.0),
    "no carbonate": lambda weak: (1.0, 0.0, 1.0),
    "twice the rain ratio": lambda weak: (1.0, 2.0, 1.0),
    "no polar growth": lambda weak: (1.0, 1.0, 0.0),
}
"""Name -> factors of overturning, rain ratio and polar growth, given the weakening."""


def table(settings: Any, states: Any, courses: Any, fractions: Any, rows: tuple[Row, ...]) -> Result:
    """Result of a run."""
    sea = settings.geometry.boxes()
    mass = DENSITY * np.asarray(sea.volume)
    years = np.arange(1, settings.rise.years + 1)
    names = tuple(EXPERIMENTS)
    coordinates = {
        "experiment": Series(np.array(names), ("experiment",), "1", "steady state under a changed ocean"),
        "box": Series(np.array(sea.names), ("box",), "1", "box of the sea"),
        "circulation": Series(np.array(["full", "weakened"]), ("circulation",), "1", "overturning"),
        "time": Series(years, ("time",), "yr", "since CO2 begins to rise"),
    }
    series = _steady(states, mass) | _risen(settings, courses, fractions, mass)
    deep = sea.names.index(settings.geometry.deep)
    return Result(coordinates, series, _numbers(series, deep), rows, NOTES)


NOTES = (
    "Temperature and salinity of the boxes stay as they are, so that warming takes no part.",
    "Anthropogenic uptake is that under rising CO2 less that under CO2 that stays, with the same circulation.",
    "What sinks is respired and dissolved at once in the boxes below; there is no burial.",
)


def _steady(states: Any, mass: Floats) -> dict[str, Series]:
    x, count = np.asarray(states.steady.x), len(mass)
    both = ("experiment", "box")
    made = {
        "co2": Series(1e6 * np.asarray(states.co2), both[:1], "umol mol-1", "CO2 of dry air"),
        "export": Series(
            JULIAN_YEAR * np.asarray(states.exported).sum(1) / PETAGRAM,
            both[:1],
            "Pg yr-1",
            "organic carbon that sinks",
        ),
        "delta13c_air": Series(1e3 * (np.asarray(states.ratio13)[:, -1] - 1), both[:1], "1e-3", "13C of the air, VPDB"),
        "delta13c": Series(1e3 * (np.asarray(states.ratio13)[:, :-1] - 1), both, "1e-3", "13C of the water, VPDB"),
        "radiocarbon": Series(1e3 * (np.asarray(states.ratio14) - 1), both, "1e-3", "Δ14C of the water"),
    }
    meanings = ("dissolved inorganic carbon", "alkalinity", "phosphate", "oxygen")
    for k, (name, meaning) in enumerate(zip(("dic", "alkalinity", "phosphate", "oxygen"), meanings)):
        made[name] = Series(1e6 * x[:, k * count : (k + 1) * count] / mass, both, "umol kg-1", meaning)
    return made


def _risen(settings: Any, courses: Any, fractions: Any, mass: Floats) -> dict[str, Series]:
    """Uptake and deep water of the runs, in the order full and weakened, each with CO2 that stays and that rises."""
    count = len(mass)
    carbon = np.asarray(courses.x)[:, :, :count].sum(2)
    first = np.asarray(courses.start)[:, None, :count].sum(2)
    stored = (carbon - first) / PETAGRAM
    flux = np.diff(stored, axis=1, prepend=0.0)
    deep = settings.geometry.boxes().names.index(settings.geometry.deep)
    dic, oxygen = (1e6 * np.asarray(courses.x)[:, :, k * count + deep] / mass[deep] for k in (0, 3))
    at = ("circulation", "time")
    return {
        "anthropogenic_uptake": Series(flux[1::2] - flux[::2], at, "Pg yr-1", "anthropogenic carbon into the sea"),
        "anthropogenic_stored": Series(stored[1::2] - stored[::2], at, "Pg", "anthropogenic carbon in the sea"),
        "natural_uptake": Series(flux[::2], at, "Pg yr-1", "carbon into the sea under CO2 that stays"),
        "deep_dic_change": Series(dic[::2] - dic[:1, :1], at, "umol kg-1", "natural carbon of the deep box, change"),
        "deep_oxygen": Series(oxygen[1::2], at, "umol kg-1", "oxygen of the deep box"),
        "co2_rising": Series(1e6 * np.asarray(fractions)[1], at[1:], "umol mol-1", "CO2 of dry air, rising"),
    }


def _numbers(series: dict[str, Series], deep: int) -> tuple[Number, ...]:
    def of(name: str, *at: int) -> float:
        return float(series[name].values[at])

    def change(name: str) -> float:
        return of(name, 1, deep) - of(name, 0, deep)

    return (
        Number("co2", of("co2", 0), "umol mol-1", "CO2 of the air, reference"),
        Number("export", of("export", 0), "Pg yr-1", "organic carbon that sinks, reference"),
        Number("deep_dic", of("dic", 0, deep), "umol kg-1", "carbon of the deep box, reference"),
        Number("deep_oxygen", of("oxygen", 0, deep), "umol kg-1", "oxygen of the deep box, reference"),
        Number("deep_radiocarbon", of("radiocarbon", 0, deep), "1e-3", "Δ14C of the deep box, reference"),
        Number("deep_delta13c", of("delta13c", 0, deep), "1e-3", "δ13C of the deep box, reference"),
        Number("weak_co2_change", of("co2", 1) - of("co2", 0), "umol mol-1", "CO2, weakened less reference"),
        Number("weak_deep_dic_change", change("dic"), "umol kg-1", "deep carbon, weakened less reference"),
        Number("weak_deep_oxygen_change", change("oxygen"), "umol kg-1", "deep oxygen, weakened less reference"),
        Number("weak_deep_radiocarbon_change", change("radiocarbon"), "1e-3", "deep Δ14C, weakened less reference"),
        Number("counter_pump", of("co2", 0) - of("co2", 2), "umol mol-1", "CO2 in the air that carbonate keeps there"),
        Number("stored_full", of("anthropogenic_stored", 0, -1), "Pg", "anthropogenic carbon stored, full overturning"),
        Number("stored_weakened", of("anthropogenic_stored", 1, -1), "Pg", "the same, weakened overturning"),
    )
