"""Series that drive a soil, from CSV or NetCDF: weather of every day, or inputs of every year, with their units.

A CSV table has one line of names, with units as in `temperature [degC]`; a name without one is in the unit that is
asked for. Its dates, where it has any, are in a column `date` or `time`, as 2001-10-01. A NetCDF file has variables of
these names, or of their CF standard names, along one dimension with a time of any calendar.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import cftime
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanhai.core.errors import InputError, nearest
from shanhai.io.files import open_dataset
from shanhai.io.table_files import ENCODINGS, NETCDF_SUFFIXES, Column, column_of_header
from shanhai.io.units import conversion

Floats = NDArray[np.float64]
DATES = ("date", "time")
YEAR = 365
_BEFORE = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30])
CALENDARS = ("noleap", "365_day", "standard", "gregorian", "proleptic_gregorian")


class Wanted(NamedTuple):
    """A quantity of a series.

    Args:
        unit: that it is given back in.
        low: least that can be.
        high: most that can be.
        cf: CF standard name.
        needed: whether a file must have it.
    """

    unit: str
    low: float
    high: float
    cf: str = ""
    needed: bool = True


class SoilSeries(NamedTuple):
    """Series of a file.

    Args:
        values: name -> (time,), in the units that were asked for; only what the file has.
        dates: year, month and day, (time, 3); None where the file tells none.
        where: the file.
    """

    values: dict[str, Floats]
    dates: NDArray[np.int64] | None
    where: str


def read_series(path: Path | str, wanted: Mapping[str, Wanted]) -> SoilSeries:
    """Read series.

    Args:
        path: CSV or NetCDF.
        wanted: name -> what it is.

    Raises:
        InputError: for a file that is missing, truncated or no table, a quantity that is missing, in a unit of another
            kind, with gaps or words among its numbers, or out of what can be.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("there is no such file", where=str(path), do="give the path of a CSV or NetCDF file")
    read = _netcdf if path.suffix.lower() in NETCDF_SUFFIXES else _csv
    return read(path, wanted)


def whole_years(series: SoilSeries, month: int, day: int) -> dict[str, Floats]:
    """Series of days as years of 365, name -> (year, day).

    Args:
        series: daily.
        month: of the first day of a year.
        day: of the first day of a year.

    Raises:
        InputError: for dates that begin on another day, leave days out or have 29 February, and for days that are not
            whole years.
    """
    if series.dates is not None:
        _check_dates(series.dates, month, day, series.where)
    first = f"begin on {day} {MONTHS[month - 1]}; no 29 February"
    count = len(next(iter(series.values.values())))
    if count == 0 or count % YEAR:
        raise InputError(f"{count} days are not whole years of {YEAR}", where=series.where, do=first)
    return {name: values.reshape(-1, YEAR) for name, values in series.values.items()}


MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip


def _check_dates(dates: NDArray[np.int64], month: int, day: int, where: str) -> None:
    year, months, days = dates.T
    leap = np.flatnonzero((months == 2) & (days == 29))
    if leap.size:
        raise InputError(
            f"there is a 29 February, of {year[leap[0]]}", where=where, do=f"leave it out: a year has {YEAR} days here"
        )
    if (months[0], days[0]) != (month, day):
        raise InputError(
            f"the series begins on {_said(dates[0])}", where=where, do=f"let it begin on {day} {MONTHS[month - 1]}"
        )
    step = np.diff(year * YEAR + _BEFORE[months - 1] + days)
    if np.any(step != 1):
        k = int(np.flatnonzero(step != 1)[0])
        raise InputError(
            f"after {_said(dates[k])} comes {_said(dates[k + 1])}", where=where, do="give every day once, in order"
        )


def _said(date: NDArray[np.int64]) -> str:
    return "{:04d}-{:02d}-{:02d}".format(*date)


def _csv(path: Path, wanted: Mapping[str, Wanted]) -> SoilSeries:
    header, rows = _lines(path)
    where = str(path)
    for number, row in rows:
        if len(row) != len(header):
            raise InputError(
                f"line {number} has {len(row)} cells and the header {len(header)}", where=where,
                do="give every cell; the end of the file may be missing",
            )  # fmt: skip
    places = {column.names[0]: k for k, column in enumerate(header)}
    values = {}
    for name, about in wanted.items():
        if name not in places:
            _lacking(name, about, places, where)
            continue
        column = header[places[name]]
        numbers = [_number(row[places[name]], f"{where}, column {name}, line {n}") for n, row in rows]
        values[name] = _checked(np.array(numbers), name, about, column.unit, where, [f"line {n}" for n, _ in rows])
    time = next((places[name] for name in DATES if name in places), None)
    dates = None if time is None else np.array([_date(row[time], f"{where}, line {n}") for n, row in rows])
    return SoilSeries(values, dates, where)


def _lines(path: Path) -> tuple[list[Column], list[tuple[int, list[str]]]]:
    """Columns of the first line, and the cells of the others with their numbers."""
    raw = path.read_bytes()
    text = next((t for t in (_text(raw, e) for e in ENCODINGS) if t is not None), "")
    lines = [(n, row) for n, row in enumerate(csv.reader(text.splitlines()), start=1) if any(c.strip() for c in row)]
    if not lines:
        raise InputError("the file is empty", where=str(path))
    if len(lines) == 1 or "\0" in text:
        raise InputError("there are no rows below a line of names", where=str(path), do="give a CSV table")
    return [column_of_header(label) for label in lines[0][1]], lines[1:]


def _text(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _number(cell: str, where: str) -> float:
    if cell.strip().lower() in ("", "na", "nan"):
        raise InputError("there is a gap", where=where, do="fill it")
    try:
        return float(cell)
    except ValueError:
        raise InputError(f"{cell.strip()!r} is no number", where=where) from None


def _date(cell: str, where: str) -> tuple[int, int, int]:
    parts = cell.strip()[:10].split("-")
    try:
        year, month, day = (int(p) for p in parts)
        cftime.datetime(year, month, day, calendar="standard")
    except ValueError:
        raise InputError(f"{cell.strip()!r} is no date", where=where, do="write dates as 2001-10-01") from None
    return year, month, day


def _lacking(name: str, about: Wanted, there: Mapping[str, Any], where: str) -> None:
    if about.needed:
        raise InputError(
            f"there is no column {name}; {nearest(name, there)}", where=where, do=f"give {name} in {about.unit}"
        )


def _checked(values: Floats, name: str, about: Wanted, unit: str | None, where: str, places: list[str]) -> Floats:
    """Numbers in the unit asked for, all of them possible."""
    place = f"{where}, column {name}"
    if unit is not None:
        try:
            values = conversion(unit, about.unit)(values)
        except InputError as error:
            raise InputError(f"{error.what}", where=place, do=f"give {name} in {about.unit}") from None
    wrong = np.flatnonzero(~np.isfinite(values) | (values < about.low) | (values > about.high))
    if wrong.size:
        k = int(wrong[0])
        what = "there is a gap" if np.isnan(values[k]) else f"{values[k]:g} {about.unit} cannot be"
        raise InputError(
            f"{what}", where=f"{place}, {places[k]}", do=f"give {about.low:g} to {about.high:g} {about.unit}"
        )
    return values


def _netcdf(path: Path, wanted: Mapping[str, Wanted]) -> SoilSeries:
    where = str(path)
    with open_dataset(where) as dataset:
        values, dims = {}, set()
        for name, about in wanted.items():
            variable = _variable(dataset, name, about, where)
            if variable is None:
                continue
            numbers = _loaded(variable, f"{where}, column {name}")
            dims.add(str(numbers.dims[0]))
            raw = np.where(numbers.values == _fill(variable), np.nan, numbers.values.astype(float))
            records = [f"record {k}" for k in range(len(raw))]
            values[name] = _checked(raw, name, about, variable.attrs.get("units"), where, records)
        if len(dims) > 1:
            raise InputError(f"the series lie on several dimensions ({', '.join(sorted(dims))})", where=where)
        return SoilSeries(values, _dates(dataset, dims.pop(), where) if dims else None, where)


def _variable(dataset: xr.Dataset, name: str, about: Wanted, where: str) -> xr.DataArray | None:
    """A variable by its name or by its CF standard name."""
    if name in dataset.variables:
        return dataset[name]
    named = [v for v in dataset.data_vars.values() if about.cf and v.attrs.get("standard_name") == about.cf]
    if len(named) > 1:
        raise InputError(f"{len(named)} variables are {about.cf}", where=where, do=f"name one of them {name}")
    if not named:
        _lacking(name, about, {str(n): None for n in dataset.data_vars}, where)
        return None
    return named[0]


def _loaded(variable: xr.DataArray, where: str) -> xr.DataArray:
    """A variable along its one dimension; others have one entry."""
    long = [d for d in variable.dims if variable.sizes[d] != 1] or list(variable.dims)[:1]
    if len(long) != 1 or variable.dtype.kind not in "fiu":
        raise InputError(
            f"it has the dimensions {', '.join(map(str, variable.dims))} of {variable.dtype}", where=where,
            do="give numbers along one dimension, of one place and depth",
        )  # fmt: skip
    try:
        return variable.squeeze([d for d in variable.dims if d != long[0]]).load()
    except Exception as error:  # the format libraries raise many kinds for damaged files
        raise InputError(f"the file is truncated or damaged ({str(error)[:100]})", where=where) from None


def _fill(variable: xr.DataArray) -> Any:
    fill = variable.encoding.get("_FillValue", variable.attrs.get("_FillValue", variable.attrs.get("missing_value")))
    return np.nan if fill is None else fill


def _dates(dataset: xr.Dataset, dim: str, where: str) -> NDArray[np.int64] | None:
    """Year, month and day of the time along a dimension."""
    named = [v for v in dataset.variables.values() if v.dims == (dim,) and " since " in str(v.attrs.get("units", ""))]
    if not named:
        return None
    time = named[0]
    calendar = str(time.attrs.get("calendar", "standard")).lower()
    if calendar not in CALENDARS:
        raise InputError(
            f"the calendar is {calendar!r}", where=f"{where}, {dim}", do="give days of a real calendar, or of noleap"
        )
    try:
        days = cftime.num2date(time.values, time.attrs["units"], calendar)
    except ValueError as error:
        raise InputError(f"times cannot be decoded: {error}", where=f"{where}, {dim}") from None
    return np.array([(d.year, d.month, d.day) for d in np.atleast_1d(days)])
