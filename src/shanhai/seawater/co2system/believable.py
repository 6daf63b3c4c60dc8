"""Values that cannot be meant: out of range, or right in another unit."""

from typing import Any, NamedTuple

import numpy as np

from shanhai.core.errors import InputError
from shanhai.core.notation import quantity

Numbers = np.ndarray[Any, Any]


class Mistake(NamedTuple):
    """Values that all lie in a window look like those of another unit."""

    low: float
    high: float
    unit: str
    times: str


_AMOUNT = (Mistake(1e-4, 2e-2, "mol kg-1", "1e6"), Mistake(0.3, 9.0, "mmol kg-1", "1e3"))
_GAS = (Mistake(5e-5, 1e-2, "atm", "1e6"), Mistake(0.05, 2.0, "matm", "1e3"))
MISTAKES = {
    "dic": _AMOUNT,
    "alkalinity": _AMOUNT,
    "pCO2": _GAS,
    "fCO2": _GAS,
    "xCO2": (Mistake(5e-5, 1e-2, "mol mol-1", "1e6"), Mistake(0.05, 2.0, "mmol mol-1", "1e3")),
    "pH": (Mistake(1e-11, 1e-4, "mol kg-1: it is [H]", ""),),
    "phosphate": (Mistake(1e-9, 1e-5, "mol kg-1", "1e6"),),
    "silicate": (Mistake(1e-9, 5e-4, "mol kg-1", "1e6"),),
    "salinity": (Mistake(0.0315, 0.0385, "kg kg-1", "1e3"),),
}
"""Windows where natural water of some salinity never lies as a whole."""

SALT_WATER = 2.0
"""Below this salinity amounts may be as small as they like."""

LOOKS = {
    "temperature": ((200.0, 330.0), "it looks like kelvin"),
    "output_temperature": ((200.0, 330.0), "it looks like kelvin"),
    "pressure": ((12000.0, 1.3e8), "it looks like Pa; one dbar is 1e4 Pa"),
    "output_pressure": ((12000.0, 1.3e8), "it looks like Pa; one dbar is 1e4 Pa"),
    "dic": ((2e5, 1e8), "it looks like nmol kg-1, or a factor of 1e3"),
    "alkalinity": ((2e5, 1e8), "it looks like nmol kg-1, or a factor of 1e3"),
    "air_pressure": ((0.5, 2000.0), "it looks like atm, dbar or hPa; one atmosphere is 101325 Pa"),
}


def check_believable(name: str, values: Numbers, others: dict[str, Numbers]) -> None:
    """Refuse infinite numbers, values out of range, and arrays that look as a whole like another unit.

    Args:
        name: of the notation table; others pass.
        values: in the unit of the table; NaN is missing.
        others: every argument by name, of which salinity is looked at.

    Raises:
        InputError: saying what the value is and what it may be.
    """
    known = values[~np.isnan(values)]
    if known.size == 0:
        return
    row, low, high = _range(name)
    bad = (known < low) | (known > high)
    if bad.any():
        raise InputError(
            f"{known[bad][0]:g} {row} is not believable ({low:g} to {high:g}){_look(name, known[bad][0])};"
            f" {int(bad.sum())} of {known.size} values",
            where=name,
            do="check its unit",
        )
    _check_unit(name, known, others)


def _range(name: str) -> tuple[str, float, float]:
    if name == "air_pressure":
        return "Pa", 1e4, 2e5
    plain = name.removeprefix("output_")
    if name.startswith("organic_") or name in ("borate", "sulfate", "fluoride", "calcium"):
        return ("(pK)", -5.0, 20.0) if name.endswith("_pk") else ("umol kg-1", 0.0, 2e6)
    about = quantity(plain)
    return about.unit, about.low, about.high


def _look(name: str, value: float) -> str:
    (low, high), saying = LOOKS.get(name, ((1.0, 0.0), ""))
    return f": {saying}" if low <= value <= high else ""


def _check_unit(name: str, known: Numbers, others: dict[str, Numbers]) -> None:
    size = np.abs(known[known != 0])
    salty = name == "salinity" or np.nanmin(others["salinity"], initial=np.inf) > SALT_WATER
    if size.size == 0 or not salty:
        return
    for low, high, unit, times in MISTAKES.get(name, ()):
        if size.min() >= low and size.max() <= high:
            remedy = f"multiply by {times}, " if times else "take minus the decimal logarithm, "
            raise InputError(
                f"values from {known.min():g} to {known.max():g} {quantity(name).unit} look like {unit}",
                where=name,
                do=f"{remedy}or say check=False if they are meant",
            )
