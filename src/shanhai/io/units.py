"""Units of files turned into those of the notation table, once per field and never per element.

UDUNITS strings are read by pint with the registry of cf_xarray; the habits of real files that neither knows
(`Kelvin`, `ppmv`, `1e-6`, `PSS-78`, `unitless`, ...) are spelled out first.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from shanhai.core.errors import InputError
from shanhai.core.notation import Quantity, quantity

HABITS = {
    "": "1",
    "kelvin": "K",
    "kelvins": "K",
    "degk": "K",
    "deg_k": "K",
    "degrees_k": "K",
    "degree_kelvin": "K",
    "degrees_kelvin": "K",
    "c": "degC",
    "deg_c": "degC",
    "degree_c": "degC",
    "degrees_c": "degC",
    "degree_celsius": "degC",
    "degrees_celsius": "degC",
    "celsius": "degC",
    "deg.c": "degC",
    "deg._c": "degC",
    "degf": "degF",
    "fahrenheit": "degF",
    "ppmv": "ppm",
    "micro-atm": "uatm",
    "micro_atm": "uatm",
    "microatmosphere": "uatm",
    "microatmospheres": "uatm",
    "mb": "mbar",
    "mbars": "mbar",
    "pascals": "Pa",
    "unitless": "1",
    "none": "1",
    "dimensionless": "1",
    "fraction": "1",
    "(0_-_1)": "1",
    "0-1": "1",
    "pss": "psu",
    "pss-78": "psu",
    "pss78": "psu",
    "practical_salinity_units": "psu",
}
PRACTICAL_SALINITY = ("1", "psu", "1e-3", "1e-03", "0.001", "10^-3", "1.e-3", "PSU")
LOOKALIKES = {
    "degC": ("K", "degF"),
    "Pa": ("hPa", "uatm", "kPa", "atm"),
    "umol mol-1": ("mol mol-1", "nmol mol-1", "%"),
    "1": ("%",),
    "m s-1": ("km h-1", "cm s-1"),
    "mg m-3": ("g m-3", "kg m-3"),
}
_SCALED = re.compile(r"(?P<scale>1(?:\.0*)?e[-+]?\d+|10\^?-\d+|10\*\*-\d+|0\.0*1)\s*(?P<unit>.*)", re.IGNORECASE)


@dataclass(frozen=True)
class Conversion:
    """A linear change of unit: value in the new unit = factor * value + offset."""

    factor: float = 1.0
    offset: float = 0.0

    def __call__(self, values: Any) -> Any:
        """Convert numbers or arrays, lazy or not; a float array keeps its precision."""
        scaled = values if self.factor == 1 else values * self.factor
        return scaled if self.offset == 0 else scaled + self.offset

    def inverse(self, value: float) -> float:
        """Value in the old unit."""
        return (value - self.offset) / self.factor


def spelled(unit: str) -> tuple[float, str]:
    """Scale and UDUNITS spelling of a unit as files write it.

    >>> spelled("Kelvin"), spelled("1e-6"), spelled("degrees Celsius")
    ((1.0, 'K'), (1e-06, '1'), (1.0, 'degC'))
    """
    text = unit.strip()
    key = re.sub(r"\s+", "_", text.lower())
    if key in HABITS:
        return 1.0, HABITS[key]
    match = _SCALED.fullmatch(text)
    if match is None:
        return 1.0, text
    scale = match["scale"].replace("**", "^").replace("10^", "1e")
    scale = scale.replace("10-", "1e-")
    return float(scale), match["unit"].strip() or "1"


@cache
def conversion(unit_from: str, unit_to: str) -> Conversion:
    """Linear map between two units.

    Raises:
        InputError: if a unit is not known, or the two do not measure the same thing.

    >>> conversion("K", "degC"), conversion("hPa", "Pa"), conversion("1e-6", "umol mol-1")
    (Conversion(factor=1.0, offset=-273.15), Conversion(factor=100.0, offset=0.0), \
Conversion(factor=1.0, offset=0.0))
    """
    (scale, old), (_, new) = spelled(unit_from), spelled(unit_to)
    if (scale, old) == (1.0, new):
        return Conversion()
    source, target = _parsed(old, unit_from), _parsed(new, unit_to)
    if source.dimensionality != target.dimensionality:
        raise InputError(f"the unit {unit_from!r} does not measure the same thing as {unit_to!r}")
    try:
        zero, one = (_magnitude(value, source, target) for value in (0.0, scale))
    except ValueError:  # a product with an offset unit, such as degree * degC, has the dimension but no conversion
        raise InputError(f"the unit {unit_from!r} cannot be converted to {unit_to!r}") from None
    return Conversion(_tidy(one - zero), _tidy(zero))


def convert(values: Any, unit_from: str, unit_to: str) -> Any:
    """Change the unit of numbers or arrays; see `conversion`.

    >>> round(convert(390.0, "uatm", "Pa"), 4)
    39.5168
    """
    return conversion(unit_from, unit_to)(values)


def to_notation(name: str, unit: str | None, *, where: str) -> Conversion:
    """Conversion of a quantity from the unit of its file to that of the notation table.

    A missing unit counts as "1" where the table has "1" (salinity, fractions) and is refused elsewhere.
    Salinity labelled "1e-3" or "psu" is practical salinity, as CF and its history have it; "g kg-1" is
    absolute salinity, which is half a per cent larger, and is refused.

    Raises:
        InputError: naming the file and what to write in the configuration.
    """
    about = quantity(name)
    if unit is None or not unit.strip():
        if about.unit == "1":
            return Conversion()
        raise InputError("the unit is missing", where=where, do=_write(about.unit))
    if name == "sea_surface_salinity":
        return _practical_salinity(unit, where)
    try:
        return conversion(unit, about.unit)
    except InputError as error:
        raise InputError(f"{error.what}, the unit of {name}", where=where, do=_remedy(about)) from None


def suspicion(about: Quantity, unit: str, value: float) -> str:
    """Say which unit a value looks like, if its labelled one makes it unbelievable.

    Args:
        about: the quantity.
        unit: the unit that the file or the configuration claims.
        value: the number as it is in the file.

    >>> suspicion(quantity("sea_surface_temperature"), "degC", 290.0)
    "the values look like 'K'"
    """
    for other in (about.unit, *LOOKALIKES.get(about.unit, ())):
        if spelled(other) == spelled(unit):
            continue
        if _believable(about, convert(value, other, about.unit)):
            return f"the values look like {other!r}"
    return ""


def typical(name: str) -> tuple[float, float] | None:
    """Where the middle value of a whole map of a quantity lies, if a wrong unit would pass its range.

    Partial pressures of sea water may reach 1000 Pa in an estuary, so 380 labelled "Pa" passes cell by cell;
    a map whose median is 380 Pa (3750 uatm) does not exist.
    """
    return {"pco2_sea": (10.0, 150.0), "pco2_air": (15.0, 150.0)}.get(name)


def _believable(about: Quantity, value: float) -> bool:
    low, high = typical(about.name) or (about.low, about.high)
    return low <= value <= high


def _practical_salinity(unit: str, where: str) -> Conversion:
    if unit.strip() in PRACTICAL_SALINITY or spelled(unit)[1] in ("psu", "1"):
        return Conversion()
    raise InputError(
        f"the unit {unit!r} is not that of practical salinity; absolute salinity (g kg-1) is 0.5 % larger",
        where=where,
        do='convert the file to practical salinity, or, if it is practical salinity, say units = "1"',
    )


def _write(unit: str) -> str:
    return f'look it up in the product\'s manual and say units = "..." (for example "{unit}")'


def _remedy(about: Quantity) -> str:
    return f'give {about.meaning}; if only the label in the file is wrong, say units = "{about.unit}"'


def _parsed(unit: str, as_written: str) -> Any:
    from cf_xarray.units import units as registry

    try:
        return registry.Unit(unit)
    except Exception:  # pint raises many kinds, and plain Python ones, for text it cannot read
        raise InputError(f"the unit {as_written!r} is not known") from None


def _magnitude(value: float, source: Any, target: Any) -> float:
    from cf_xarray.units import units as registry
    from pint.errors import PintError

    try:
        return float(np.asarray(registry.Quantity(value, source).to(target).magnitude))
    except PintError as error:
        raise ValueError(str(error)) from None


def _tidy(value: float) -> float:
    """Drop the rounding noise of pint beyond thirteen digits."""
    return float(f"{value:.13g}")
