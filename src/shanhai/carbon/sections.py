"""Sections of cruises as analyses take them: the merged product of GLODAP, WOCE exchange files, plain tables.

A text table is opened by `open_bottles`, so that a file that `read_bottles` understands is understood here. Of GLODAP
the flags 2 (measured) and, for temperature, salinity, oxygen and nutrients, 0 (interpolated or calculated) are good; of
WOCE 2 and 6; all else is missing, as are -9, -99, -999 and -9999. Units are held against what analyses take.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanhai.carbon.samples import EXPECTED, columns
from shanhai.core.errors import InputError
from shanhai.io.bottle_columns import key
from shanhai.io.bottle_files import END, BottleFile, open_bottles
from shanhai.io.bottles import GOOD, INTERPOLATED, MISSING
from shanhai.io.table_files import Column
from shanhai.io.units import conversion

NAMES: dict[str, tuple[str, ...]] = {
    "year": ("year",),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon"),
    "pressure": ("pressure", "ctdprs", "pres"),
    "temperature": ("temperature", "ctdtmp", "ctd_temperature", "temp"),
    "potential_temperature": ("theta", "potential_temperature"),
    "salinity": ("salinity", "salnty", "ctdsal", "bottle_salinity"),
    "oxygen": ("oxygen", "ctdoxy", "doxy"),
    "nitrate": ("nitrate", "nitrat", "no2_no3"),
    "phosphate": ("phosphate", "phspht"),
    "silicate": ("silicate", "silcat"),
    "dic": ("tco2", "tcarbn", "dic"),
    "alkalinity": ("talk", "alkali", "alkalinity"),
    "cfc11": ("cfc11", "cfc_11"),
    "cfc12": ("cfc12", "cfc_12"),
    "sf6": ("sf6",),
}
"""Quantity -> names of its column, lower case and without the prefix of GLODAP; the first that is there is first taken,
the others fill its gaps."""

IDENTITY = {"station": ("station", "stnnbr"), "cruise": ("cruise", "expocode")}
MEASURED_ONLY = ("dic", "alkalinity", "cfc11", "cfc12", "sf6")
"""Flag 0 of GLODAP is no measurement of these."""
_SAME_UNIT = {
    "its_90": "degC", "its90": "degC", "degc": "degC", "deg_c": "degC", "pss_78": "1", "pss78": "1", "psu": "1",
    "umol_kg": "umol kg-1", "micromol_kg": "umol kg-1", "dbar": "dbar", "decibars": "dbar", "db": "dbar",
    "pmol_kg": "pmol kg-1", "fmol_kg": "fmol kg-1", "degree": "degree", "deg": "degree", "degrees": "degree",
}  # fmt: skip


class _Found(NamedTuple):
    """A column of the file: its position, that of its flags and of the secondary control, whether GLODAP made it."""

    position: int
    flag: int | None
    control: int | None
    glodap: bool


def read_section(path: str | Path, *, controlled: bool = False) -> pd.DataFrame:
    """Samples of a file as a table for the analyses of carbon.

    Source: columns and flags of GLODAPv2, Olsen et al. (2016), Earth Syst. Sci. Data 8, 297; of WOCE exchange, Swift &
    Diggs (2008).

    Args:
        path: GLODAP merged product or another text table.
        controlled: keep only what passed the secondary quality control of GLODAP (columns ending in qc).

    Returns:
        a row per sample with the quantities of `NAMES` that the file has, in the units of `EXPECTED`, NaN where missing
        or flagged, station and cruise as written; `attrs["units"]` tells the units.

    Raises:
        InputError: for a file that is no table, or without pressure, salinity and temperature; for units that measure
            something else, and numbers that no sea has.
    """
    file = open_bottles(Path(path), {})
    found = {name: _positions(file.columns, names) for name, names in NAMES.items()}
    _check_complete(found, path)
    raw = _load(file, found)
    values = {name: _quantity(name, each, raw, file, controlled) for name, each in found.items() if each}
    if "year" not in values and (year := _year_of_date(file, raw)) is not None:
        values["year"] = year
    table = pd.DataFrame(values, index=raw.index)
    table.attrs["units"] = {name: EXPECTED[name].unit for name in table}
    _check(table, path)
    for name, names in IDENTITY.items():
        for position in (p for p, column in enumerate(file.columns) if key(column) in names):
            table[name] = raw[position].to_numpy()
    return table


def _positions(header: Sequence[Column], names: Sequence[str]) -> list[_Found]:
    keys = [key(column) for column in header]
    bare = [column.names[0] for column in header]

    def at(name: str) -> int | None:
        return bare.index(name) if name in bare else None

    found = []
    for position in (keys.index(name) for name in names if name in keys):
        name = bare[position]
        glodap = name.startswith("g2") and name != keys[position]
        flag = at(f"{name}f") if glodap else at(f"{name}_flag_w")
        found.append(_Found(position, flag, at(f"{name}qc") if glodap else None, glodap))
    return found


def _check_complete(found: dict[str, list[_Found]], path: str | Path) -> None:
    absent = [name for name in ("pressure", "salinity") if not found[name]]
    if not found["temperature"] and not found["potential_temperature"]:
        absent.append("temperature")
    if absent:
        do = f"name it as GLODAP or WOCE do, such as {NAMES[absent[0]][0]!r} or 'G2{NAMES[absent[0]][0]}'"
        raise InputError(f"no column is recognised as {' or '.join(absent)}", where=str(path), do=do)


def _load(file: BottleFile, found: dict[str, list[_Found]]) -> pd.DataFrame:
    """Columns that are needed, as text where they do not name numbers only; by line of the file."""
    wanted = {p for each in found.values() for f in each for p in (f.position, f.flag, f.control) if p is not None}
    identity = {name for names in IDENTITY.values() for name in names} | {"date"}
    wanted |= {p for p, column in enumerate(file.columns) if key(column) in identity} | {0}
    below = file.line + (file.units is not None)
    try:
        raw = pd.read_csv(
            file.path, sep=file.separator, encoding=file.encoding, skiprows=below, header=None, low_memory=False,
            names=list(range(len(file.columns))), usecols=sorted(wanted), skip_blank_lines=False,
            index_col=False,
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"the rows do not fit the header: {error}", where=str(file.path)) from None
    raw.index = pd.RangeIndex(below + 1, below + 1 + len(raw))
    ends = raw[0].astype(str).str.strip() == END
    return raw[: int(np.argmax(ends))] if ends.any() else raw.dropna(how="all")


def _quantity(
    name: str, each: Sequence[_Found], raw: pd.DataFrame, file: BottleFile, controlled: bool
) -> NDArray[np.float64]:
    """Good values of a quantity in its unit, the first column with gaps filled from the others."""
    values = np.full(len(raw), np.nan)
    for one in each:
        label = file.columns[one.position].label
        numbers = _numbers(raw[one.position], f"{file.path}: {label}", name in ("latitude", "longitude"))
        good = np.isfinite(numbers)
        if one.flag is not None:
            flags = _numbers(raw[one.flag], f"{file.path}: {file.columns[one.flag].label}", True)
            good &= np.isin(flags, GOOD) | ((flags == INTERPOLATED) & one.glodap & (name not in MEASURED_ONLY))
        if controlled and one.control is not None:
            good &= _numbers(raw[one.control], f"{file.path}: {label}", True) == 1
        values = np.where(np.isnan(values) & good, _in_unit(name, numbers, one, file), values)
    return values


def _in_unit(name: str, numbers: NDArray[np.float64], one: _Found, file: BottleFile) -> NDArray[np.float64]:
    column = file.columns[one.position]
    written = (column.unit or (file.units[one.position] if file.units else "") or "").strip()
    spelled = written.lower().replace("-", "_").replace("/", "_").replace(" ", "_")
    unit = _SAME_UNIT.get(spelled, written)
    if not unit or unit == EXPECTED[name].unit or name == "year":
        return numbers
    try:
        return conversion(unit, EXPECTED[name].unit)(numbers)
    except InputError:
        what = f"the unit {written!r} does not measure {name} ({EXPECTED[name].unit})"
        raise InputError(what, where=f"{file.path}: {column.label}", do="convert it, or correct the header") from None


def _numbers(cells: pd.Series, where: str, any_number: bool) -> NDArray[np.float64]:
    """Numbers of a column, NaN for the signs of missing ones (a latitude may be -9)."""
    numbers = np.array(pd.to_numeric(cells, errors="coerce"), dtype=float)
    words = np.isnan(numbers) & cells.notna().to_numpy() & (cells.astype(str).str.strip() != "").to_numpy()
    if words.any():
        first = int(np.argmax(words))
        what = f"{cells.iloc[first]!r} is not a number"
        raise InputError(what, where=f"{where}, line {cells.index[first]}", do="leave missing values empty or -999")
    missing = (-999.0, -9999.0) if any_number else MISSING
    return np.where(np.isin(numbers, missing), np.nan, numbers)


def _year_of_date(file: BottleFile, raw: pd.DataFrame) -> NDArray[np.float64] | None:
    """Decimal year of a column DATE, written as 20070523 or 5/23/2007."""
    position = next((p for p, column in enumerate(file.columns) if key(column) == "date"), None)
    if position is None:
        return None
    written = raw[position].astype(str).str.strip()
    form = "%m/%d/%Y" if written.str.contains("/").any() else "%Y%m%d"
    day = pd.to_datetime(written, format=form, errors="coerce")
    return (day.dt.year + (day.dt.day_of_year - 0.5) / 365.25).to_numpy(dtype=float)


def _check(table: pd.DataFrame, path: str | Path) -> None:
    if table.empty:
        raise InputError("the table has a header and no rows", where=str(path))
    for name in table:
        try:
            columns(table, [str(name)])
        except InputError as error:
            raise InputError(error.what, where=f"{path}: {name}", do="flag bad samples, or correct the unit") from None
