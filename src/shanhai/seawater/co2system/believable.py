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
    least, largest = _extremes(values)
    if np.isnan(least):
        return
    row, low, high = _range(name)
    if least < low or largest > high:
        known = values[~np.isnan(values)]
        bad = known[(known < low) | (known > high)]
        raise InputError(
            f"{bad[0]:g} {row} is not believable ({low:g} to {high:g}){_look(name, bad[0])};"
            f" {bad.size} of {known.size} values",
            where=name,
            do="check its unit",
        )
    _check_unit(name, values, (least, largest), others)


def _extremes(values: Numbers) -> tuple[float, float]:
    """Least and largest number; NaN where there is none."""
    if values.size == 0:
        return np.nan, np.nan
    least, largest = values.min(), values.max()  # several times faster than passing over what is missing
    return (np.fmin.reduce(values, None), np.fmax.reduce(values, None)) if np.isnan(least) else (least, largest)


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


def _check_unit(name: str, values: Numbers, span: tuple[float, float], others: dict[str, Numbers]) -> None:
    least, largest = span
    for low, high, unit, times in MISTAKES.get(name, ()):
        if not 0 < max(-least, largest) <= high or np.nanmin(np.abs(values[values != 0])) < low:
            continue
        if name != "salinity" and _extremes(others["salinity"])[0] <= SALT_WATER:
            return
        remedy = f"multiply by {times}, " if times else "take minus the decimal logarithm, "
        raise InputError(
            f"values from {least:g} to {largest:g} {quantity(name).unit} look like {unit}",
            where=name,
            do=f"{remedy}or say check=False if they are meant",
        )
