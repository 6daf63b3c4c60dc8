"""Tables of water samples as the analyses of carbon take them: which columns, in which units, and what follows."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import jax
import numpy as np
import pandas as pd
from jax import Array
from numpy.typing import NDArray

from shanhai.core.errors import InputError, nearest
from shanhai.seawater import apparent_oxygen_utilisation, density_eos80, potential_temperature_eos80

Numbers = NDArray[np.float64]


class Expected(NamedTuple):
    """What a column holds.

    Args:
        unit: UDUNITS string.
        low: smallest believable number.
        high: largest believable number.
        typical: range of the median of the sea; a table outside it is in another unit.
    """

    unit: str
    low: float
    high: float
    typical: tuple[float, float]


EXPECTED: dict[str, Expected] = {
    "temperature": Expected("degC", -3.0, 45.0, (-3.0, 45.0)),
    "potential_temperature": Expected("degC", -3.0, 45.0, (-3.0, 45.0)),
    "salinity": Expected("1", 0.0, 60.0, (2.0, 60.0)),
    "pressure": Expected("dbar", -1.0, 12000.0, (-1.0, 12000.0)),
    "year": Expected("yr", 1700.0, 2400.0, (1700.0, 2400.0)),
    "latitude": Expected("degree", -90.0, 90.0, (-90.0, 90.0)),
    "longitude": Expected("degree", -180.0, 360.0, (-180.0, 360.0)),
    "dic": Expected("umol kg-1", 100.0, 5000.0, (500.0, 4000.0)),
    "alkalinity": Expected("umol kg-1", 100.0, 6000.0, (500.0, 5000.0)),
    "oxygen": Expected("umol kg-1", -5.0, 900.0, (10.0, 500.0)),
    "nitrate": Expected("umol kg-1", -2.0, 120.0, (0.005, 80.0)),
    "phosphate": Expected("umol kg-1", -0.5, 12.0, (0.005, 8.0)),
    "silicate": Expected("umol kg-1", -5.0, 400.0, (0.005, 300.0)),
    "cfc11": Expected("pmol kg-1", -0.1, 20.0, (0.0, 20.0)),
    "cfc12": Expected("pmol kg-1", -0.1, 15.0, (0.0, 15.0)),
    "sf6": Expected("fmol kg-1", -0.5, 30.0, (0.0, 30.0)),
    "preformed_alkalinity": Expected("umol kg-1", 100.0, 6000.0, (500.0, 5000.0)),
}
"""Columns that analyses know, in the units of the table."""

REFERENCE = 2e7  # Pa, of potential density

TRACERS = {"cfc11": ("CFC-11", 1e-12), "cfc12": ("CFC-12", 1e-12), "sf6": ("SF6", 1e-15)}
"""Column of a transient tracer -> gas, and factor to mol kg-1."""


_to_surface = jax.jit(potential_temperature_eos80)
_aou = jax.jit(apparent_oxygen_utilisation)


def columns(table: pd.DataFrame, names: Iterable[str]) -> dict[str, Numbers]:
    """Columns of a table as numbers, once they are there and in their unit.

    Where `table.attrs["units"]` says a unit of a column it has to be that of `EXPECTED`.

    Args:
        table: a row per sample.
        names: keys of `EXPECTED`, or any other numerical column.

    Returns:
        name -> values, NaN where missing.

    Raises:
        InputError: for a column that is missing, holds no numbers, is infinite, or is in another unit.

    >>> columns(pd.DataFrame({"dic": [2000.0], "salinity": [35.0]}), ["dic"])["dic"]
    array([2000.])
    >>> columns(pd.DataFrame({"dic": [2000e-6]}), ["dic"])
    Traceback (most recent call last):
    ...
    shanhai.core.errors.InputError: dic: 0.002 umol kg-1 is not believable (100 to 5000); 1 of 1 rows. To mend: give \
it in umol kg-1, as missing (NaN) where it is bad.
    """
    return {name: _column(table, name) for name in names}


def _column(table: pd.DataFrame, name: str) -> Numbers:
    if name not in table:
        do = f"add the column; {nearest(name, [str(c) for c in table.columns])}"
        raise InputError(f"the table has no column {name!r}", where=name, do=do)
    try:
        values = np.asarray(table[name], dtype=float)
    except (TypeError, ValueError):
        raise InputError("the column does not hold numbers", where=name, do="convert it, missing as NaN") from None
    if np.isinf(values).any():
        raise InputError(f"{int(np.isinf(values).sum())} rows are infinite", where=name, do="write missing as NaN")
    if name in EXPECTED:
        _check_unit(name, values, table.attrs.get("units", {}).get(name))
    return values


def _check_unit(name: str, values: Numbers, said: Any) -> None:
    about, known = EXPECTED[name], values[~np.isnan(values)]
    do = f"give it in {about.unit}, as missing (NaN) where it is bad"
    if said is not None and said != about.unit:
        raise InputError(f"the table says {said!r} and this analysis takes {about.unit!r}", where=name, do=do)
    bad = (known < about.low) | (known > about.high)
    if bad.any():
        what = f"{known[bad][0]:g} {about.unit} is not believable ({about.low:g} to {about.high:g})"
        raise InputError(f"{what}; {int(bad.sum())} of {known.size} rows", where=name, do=do)
    low, high = about.typical
    if known.size > 2 and not low <= float(np.median(known)) <= high:
        what = f"the median is {np.median(known):g} {about.unit}, where the sea has {low:g} to {high:g}"
        raise InputError(what, where=name, do=do)


def potential_temperature(table: pd.DataFrame) -> Numbers:
    """Potential temperature [degC]: the column where there is one, else from temperature, salinity and pressure.

    Raises:
        InputError: where neither is there.

    >>> table = pd.DataFrame({"temperature": [2.0], "salinity": [34.7], "pressure": [4000.0]})
    >>> round(float(potential_temperature(table)[0]), 2)
    1.67
    """
    if "potential_temperature" in table:
        return columns(table, ["potential_temperature"])["potential_temperature"]
    c = columns(table, ["temperature", "salinity", "pressure"])
    return np.asarray(_to_surface(c["temperature"], c["salinity"], 1e4 * c["pressure"]))


def potential_density(table: pd.DataFrame) -> Numbers:
    """Potential density anomaly σ2, of water moved to 2000 dbar [kg m-3], EOS-80.

    Referred to the surface, Antarctic bottom water would lie above the deep water of the north.

    >>> table = pd.DataFrame({"potential_temperature": [2.0], "salinity": [34.7]})
    >>> round(float(potential_density(table)[0]), 2)
    36.93
    """
    salinity = columns(table, ["salinity"])["salinity"]
    return np.asarray(_density_at_reference(potential_temperature(table), salinity)) - 1000.0


@jax.jit
def _density_at_reference(theta: Array, salinity: Array) -> Array:
    there = potential_temperature_eos80(theta, salinity, 0.0, REFERENCE)
    return density_eos80(there, salinity, REFERENCE)


def oxygen_utilisation(table: pd.DataFrame) -> Numbers:
    """Apparent oxygen utilisation [umol kg-1], see `apparent_oxygen_utilisation`.

    >>> table = pd.DataFrame({"potential_temperature": [10.0], "salinity": [35.0], "oxygen": [200.0]})
    >>> round(float(oxygen_utilisation(table)[0]), 1)
    74.6
    """
    c = columns(table, ["oxygen", "salinity"])
    return 1e6 * np.asarray(
        apparent_oxygen_utilisation(1e-6 * c["oxygen"], potential_temperature(table), c["salinity"])
    )
