"""In-situ observations of surface CO2, read from tables into columns and units of the notation table."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanhai.core.constants import STANDARD_ATMOSPHERE
from shanhai.core.errors import InputError, nearest
from shanhai.core.notation import quantity
from shanhai.io.sources import TableSource
from shanhai.io.table_files import Column, open_table
from shanhai.io.units import to_notation, typical
from shanhai.seawater import gas

# Our column -> name in files (lower case, "_" for every other sign) -> unit where file and user are silent:
# "" means that the unit must be told, two units that the size of the values decides. Earlier names win.
ALIASES: dict[str, dict[str, str]] = {
    "time": {"time": "", "datetime": "", "date_time": "", "timestamp": ""},
    "year": {"year": "", "yr": ""},
    "month": {"month": "", "mon": ""},
    "day": {"day": ""},
    "hour": {"hour": "", "hh": ""},
    "minute": {"minute": "", "mm": "", "min": ""},
    "second": {"second": "", "ss": "", "sec": ""},
    "latitude": {"latitude": "", "lat": ""},
    "longitude": {"longitude": "", "lon": "", "long": ""},
    "sea_surface_temperature": {
        "sea_surface_temperature": "degC",
        "sst": "degC",
        "temperature": "degC",
        "temp": "degC",
    },
    "sea_surface_salinity": {"sea_surface_salinity": "1", "sss": "1", "salinity": "1", "sal": "1"},
    "wind_speed": {"wind_speed": "m s-1", "windspeed": "m s-1", "u10": "m s-1"},
    "wind_speed_mean_square": {"wind_speed_mean_square": "m2 s-2", "wind_moment2": "m2 s-2"},
    "wind_speed_mean_cube": {"wind_speed_mean_cube": "m3 s-3", "wind_moment3": "m3 s-3"},
    "air_pressure": {
        "air_pressure": "Pa or hPa",
        "air_pressure_at_mean_sea_level": "Pa or hPa",
        "air_pressure_at_sea_level": "Pa or hPa",
        "pppp": "hPa",
        "slp": "Pa or hPa",
        "ncep_slp": "hPa",
    },
    "xco2": {"xco2": "umol mol-1", "xco2air": "umol mol-1", "xco2_air": "umol mol-1", "gvco2": "umol mol-1"},
    "fco2_sea": {
        "fco2_sea": "Pa",
        "fco2rec": "uatm",
        "fco2water": "uatm",
        "fco2water_sst_wet": "uatm",
        "fco2_sw": "",
        "fco2": "",
    },
    "pco2_sea": {
        "pco2_sea": "Pa",
        "surface_partial_pressure_of_carbon_dioxide_in_sea_water": "",
        "pco2water_sst_wet": "uatm",
        "pco2water": "",
        "pco2_sw": "",
        "pco2": "",
    },
    "co2_flux": {"co2_flux": "mmol m-2 d-1", "surface_upward_mole_flux_of_carbon_dioxide": ""},
    "cruise": {"cruise": "", "expocode": "", "cruise_id": ""},
    "quality_flag": {"quality_flag": "", "fco2rec_flag": "", "fco2_flag": "", "woce_flag": ""},
}
HEADER_UNITS = {"deg.C": "degC", "deg. C": "degC", "uAtm": "uatm", "µAtm": "uatm"}  # habits of text tables
DATE_PARTS = ("year", "month", "day", "hour", "minute", "second")
PLACE = ("latitude", "longitude")
NOT_QUANTITIES = ("time", *DATE_PARTS, *PLACE, "cruise", "quality_flag")
SOUTH_OR_WEST = ("dec.deg.s", "dec.deg.w", "degrees_south", "degrees_west")
GOOD_FLAG = 2  # WOCE: good


def read_table(source: TableSource) -> pd.DataFrame:
    """Read in-situ observations into columns and units of the notation table.

    Columns are recognised by the names of `ALIASES` or told by `source.columns`. Units come from
    `source.units`, else from the header ("SST [deg.C]") or the NetCDF attribute, else from the convention of
    the name. Where a quality flag is there, only flag 2 (WOCE: good) is kept. Blank, NaN, -999 and -9999 are
    missing; rows without time or place are left out. Fugacity becomes partial pressure at the temperature and
    the air pressure of the row, at one atmosphere where the air pressure is missing.

    Args:
        source: the file, and what it does not tell.

    Returns:
        one row per observation: time (UTC, datetime64), latitude, longitude in [-180, 180) and, as far as the
        file has them, sea_surface_temperature, sea_surface_salinity, wind_speed, wind_speed_mean_square,
        wind_speed_mean_cube, air_pressure, xco2, fco2_sea, pco2_sea, co2_flux and cruise (text). `attrs` tells
        file, columns (ours -> the file's), units (as read), rows_read, rows_flagged, rows_without_place,
        pco2_from_fugacity and rows_at_one_atmosphere.

    Raises:
        InputError: for whatever cannot be understood without guessing; names file, column and row.
    """
    where = source.file
    file = open_table(Path(where), lambda columns: _has_place(columns, source))
    found = recognise(file.columns, source, where)
    raw = file.load(list(found.values()))
    raw.columns = pd.Index(list(found))
    if raw.empty:
        raise InputError("the table has a header and no rows", where=where)
    rows = _Rows(raw, where, file.row)
    return _with_partial_pressure(_standard(rows, {q: file.columns[p] for q, p in found.items()}, source))


def recognise(columns: Sequence[Column], source: TableSource, where: str) -> dict[str, int]:
    """Say which column of a file holds which quantity.

    Args:
        columns: columns of the file.
        source: names and units given by the user.
        where: file named in errors.

    Returns:
        our name -> position of the column.

    Raises:
        InputError: for names that are not there, columns that are there twice, and needed ones missing.

    >>> from shanhai.io.table_files import column_of_header
    >>> header = [column_of_header(h) for h in ("time", "lat", "lon", "pCO2 [uatm]")]
    >>> recognise(header, TableSource(file="a.csv"), "a.csv")
    {'time': 0, 'latitude': 1, 'longitude': 2, 'pco2_sea': 3}
    """
    for key in (*source.columns, *source.units):
        if key not in ALIASES:
            raise InputError(f"{key!r} is not a column that is used; {nearest(key, ALIASES)}", where=where)
    places = {q: _place_of(q, columns, source, where) for q in ALIASES}
    found = {q: p for q, p in places.items() if p is not None}
    _drop_second_choices(found, columns, source)
    _check_complete(found, columns, where)
    for q in source.units:
        if q not in found:
            raise InputError(f"a unit is given for {q!r}, of which no column is read", where=where)
    return found


def _has_place(columns: Sequence[Column], source: TableSource) -> bool:
    """Whether a line of a text file is its header: it names latitude and longitude."""
    return all(_matches(q, columns, source) for q in PLACE)


def _matches(q: str, columns: Sequence[Column], source: TableSource) -> list[int]:
    """Positions of the columns that are told, or else best recognised, to hold a quantity."""
    if q in source.columns:
        told = source.columns[q]
        exact = [p for p, c in enumerate(columns) if c.label == told]
        return exact or [p for p, c in enumerate(columns) if c.title == told]
    hits = ([p for p, c in enumerate(columns) if alias in c.names] for alias in ALIASES[q])
    return next((h for h in hits if h), [])


def _place_of(q: str, columns: Sequence[Column], source: TableSource, where: str) -> int | None:
    hits = _matches(q, columns, source)
    if not hits and q in source.columns:
        known = nearest(source.columns[q], [c.label for c in columns if c.label])
        raise InputError(f"there is no column {source.columns[q]!r}; {known}", where=where)
    if len(hits) > 1:
        labels = ", ".join(repr(columns[p].label) for p in hits)
        raise InputError(
            f"{len(hits)} columns can be {q}: {labels}",
            where=where,
            do=f"name the right one in columns.{q}, and rename columns of the same name",
        )
    return hits[0] if hits else None


def _drop_second_choices(found: dict[str, int], columns: Sequence[Column], source: TableSource) -> None:
    if "time" in found:
        for part in DATE_PARTS:
            found.pop(part, None)
    socat = "fco2_sea" in found and "fco2rec" in columns[found["fco2_sea"]].names
    if socat and "pco2_sea" not in source.columns:
        found.pop("pco2_sea", None)  # SOCAT recommends fCO2rec over what the ships submitted


def _check_complete(found: dict[str, int], columns: Sequence[Column], where: str) -> None:
    has = f"the table has: {', '.join(c.label for c in columns[:30])}"
    dated = "time" in found or {"year", "month", "day"} <= set(found)
    absent = [q for q in PLACE if q not in found] + ([] if dated else ["time (or year, month and day)"])
    if absent:
        do = f"name the column in columns; {has}"
        raise InputError(f"no column is recognised as {', '.join(absent)}", where=where, do=do)
    if not {"pco2_sea", "fco2_sea", "co2_flux"} & set(found):
        do = f"name it in columns.pco2_sea or columns.fco2_sea; {has}"
        raise InputError("no column is recognised as pCO2 or fCO2 of sea water", where=where, do=do)
    if not {"pco2_sea", "co2_flux", "sea_surface_temperature"} & set(found):
        do = f"name the temperature in columns.sea_surface_temperature; {has}"
        raise InputError("fCO2 becomes pCO2 only with the sea surface temperature", where=where, do=do)


class _Rows(NamedTuple):
    """Raw rows, and how to name one to the user."""

    frame: pd.DataFrame
    where: str
    word: str

    def first(self, bad: NDArray[np.bool_]) -> str:
        """Place of the first bad row."""
        return f"{self.where}, {self.word} {self.frame.index[int(np.argmax(bad))]}"


def _standard(rows: _Rows, columns: dict[str, Column], source: TableSource) -> pd.DataFrame:
    """Every column in our units, without rows that are flagged or have no time or place."""
    latitude, longitude = _places(rows, columns)
    table = pd.DataFrame({"time": _times(rows), "latitude": latitude, "longitude": longitude})
    units = {}
    for q in (c for c in columns if c not in NOT_QUANTITIES):
        table[q], units[q] = _quantity_values(rows, q, columns[q], source.units.get(q))
    if "cruise" in columns:
        cruise = rows.frame["cruise"]
        table["cruise"] = cruise.astype("str").str.strip().where(cruise.notna()).to_numpy()
    placed = table[["time", *PLACE]].notna().all(axis=1).to_numpy()
    flags = _numbers(rows, "quality_flag") if "quality_flag" in columns else GOOD_FLAG
    flagged = np.broadcast_to(flags != GOOD_FLAG, placed.shape)
    result = table[placed & ~flagged].reset_index(drop=True)
    if result.empty:
        raise InputError(
            f"none of {len(table)} rows has time, place and the quality flag {GOOD_FLAG} (good)",
            where=rows.where,
        )
    result.attrs = {
        "file": rows.where,
        "columns": {q: c.label for q, c in columns.items()},
        "units": units,
        "rows_read": len(table),
        "rows_flagged": int((placed & flagged).sum()),
        "rows_without_place": int((~placed).sum()),
    }
    return result


def _numbers(rows: _Rows, q: str) -> NDArray[np.float64]:
    """Values of a column as numbers; text that is none is refused by its row."""
    raw = rows.frame[q]
    values = pd.to_numeric(raw, errors="coerce")
    bad = (values.isna() & raw.notna()).to_numpy()
    if bad.any():
        raise InputError(f"{raw[bad].iloc[0]!r} is not a number ({q})", where=rows.first(bad))
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def _places(rows: _Rows, columns: dict[str, Column]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    for q in PLACE:
        if (columns[q].unit or "").lower() in SOUTH_OR_WEST:
            do = "give latitude in degrees north and longitude in degrees east"
            raise InputError(f"{columns[q].label!r} counts the other way round", where=rows.where, do=do)
    latitude, longitude = (_numbers(rows, q) for q in PLACE)
    beyond = np.abs(latitude) > 90
    if beyond.any() and not (np.abs(longitude) > 90).any():
        raise InputError(
            f"latitude {latitude[beyond][0]:g} lies beyond the pole and no longitude beyond 90"
            " degrees: the two look swapped",
            where=rows.first(beyond),
            do="exchange columns.latitude and columns.longitude",
        )
    for name, values, low, high in (("latitude", latitude, -90, 90), ("longitude", longitude, -180, 360)):
        bad = (values < low) | (values > high)
        if bad.any():
            raise InputError(f"{name} {values[bad][0]:g} is outside {low} to {high}", where=rows.first(bad))
    return latitude, np.where(longitude >= 180, longitude - 360, longitude)


def _times(rows: _Rows) -> NDArray[np.datetime64]:
    """UTC time of every row; NaT where the row says none."""
    stamps = [c for c in ("time", *DATE_PARTS) if c in rows.frame]
    times = _stamped(rows) if "time" in stamps else _from_parts(rows)
    given = rows.frame[stamps[:3]].notna().any(axis=1)
    years = times.dt.year
    bad = (given & ~years.between(1700, 2200)).to_numpy()  # NaT lies in no range
    if bad.any():
        said = " ".join(str(v) for v in rows.frame.loc[bad, stamps].iloc[0])
        do = "write times as 2013-10-09 19:42:07 (ISO 8601)"
        raise InputError(f"{said!r} is not a date", where=rows.first(bad), do=do)
    return times.to_numpy().astype("datetime64[ns]")


def _stamped(rows: _Rows) -> pd.Series:
    raw = rows.frame["time"]
    if pd.api.types.is_datetime64_any_dtype(raw):
        return raw
    if pd.api.types.is_numeric_dtype(raw) and raw.notna().any():
        do = "write times as 2013-10-09 19:42:07 (ISO 8601), or give year, month and day"
        raise InputError("the times are numbers whose meaning is not told", where=rows.where, do=do)
    text = raw.astype("str").where(raw.notna())
    return pd.to_datetime(text, format="ISO8601", utc=True, errors="coerce").dt.tz_localize(None)


def _from_parts(rows: _Rows) -> pd.Series:
    """Times from year, month and day, and whatever of hour, minute and second is there."""
    parts = pd.DataFrame({p: _numbers(rows, p) for p in DATE_PARTS if p in rows.frame}, index=rows.frame.index)
    time = pd.to_datetime(parts[["year", "month", "day"]], errors="coerce")
    for p, limit in (("hour", 24), ("minute", 60), ("second", 61)):  # some write 24:00 or a leap second
        if p in parts:
            time = time.where(parts[p].fillna(0).between(0, limit))
            time = time + pd.to_timedelta(parts[p].fillna(0), unit=p)
    return time


def _quantity_values(rows: _Rows, q: str, column: Column, told: str | None) -> tuple[NDArray[np.float64], str]:
    """Values of a quantity in the unit of the notation table, and the unit they were read in."""
    about, values = quantity(q), _numbers(rows, q)
    unit = told or column.unit or _conventional_unit(q, column, values, rows.where)
    to_ours = to_notation(q, HEADER_UNITS.get(unit, unit), where=f"{rows.where}: {column.label}")
    result: NDArray[np.float64] = to_ours(values)
    bad = (result < about.low) | (result > about.high) | np.isinf(result)
    if bad.any():
        raise InputError(
            f"{q} is {values[bad][0]:g} {unit}, which is not a believable {about.meaning}"
            f" ({about.low:g} to {about.high:g} {about.unit}); {int(bad.sum())} such rows",
            where=rows.first(bad),
            do=f"correct the rows, or give units.{q} if the unit is another",
        )
    return result, unit


def _conventional_unit(q: str, column: Column, values: NDArray[np.float64], where: str) -> str:
    """Unit that goes with the name of a column, where neither file nor user tells one."""
    about = quantity(q)
    convention = next((ALIASES[q][n] for n in column.names if n in ALIASES[q]), "")
    units = convention.split(" or ") if convention else []
    middle = float(np.nanmedian(values)) if np.isfinite(values).any() else np.nan
    if len(units) > 1:  # the believable ranges of pressure in Pa and in hPa do not overlap
        in_ours = [float(to_notation(q, u, where=where)(middle)) for u in units]
        units = [u for u, v in zip(units, in_ours, strict=True) if about.low <= v <= about.high]
    usual = typical("pco2_sea") if q in ("pco2_sea", "fco2_sea") else None
    if units == ["Pa"] and usual and middle > usual[1]:
        units = []  # numbers of uatm under our own name for Pa would pass the range
    if not units:
        raise InputError(
            f"the unit of {column.label!r} is not told; a typical value is {middle:g}",
            where=where,
            do=f'say units.{q} = "...", for example "{"uatm" if usual else about.unit}"',
        )
    return units[0]


def _with_partial_pressure(table: pd.DataFrame) -> pd.DataFrame:
    """Give a table of fugacities pCO2 = fCO2 / (f/p), see `gas.co2_fugacity_factor`."""
    table.attrs |= {"pco2_from_fugacity": False, "rows_at_one_atmosphere": 0}
    if "fco2_sea" not in table or "pco2_sea" in table or "sea_surface_temperature" not in table:
        return table
    unknown = pd.Series(np.nan, table.index)
    pressure = table.get("air_pressure", unknown).to_numpy()
    assumed = np.isnan(pressure)
    factor = gas.co2_fugacity_factor(
        table["sea_surface_temperature"].to_numpy(), np.where(assumed, STANDARD_ATMOSPHERE, pressure)
    )
    table["pco2_sea"] = table["fco2_sea"].to_numpy() / np.asarray(factor)
    table.attrs |= {"pco2_from_fugacity": True, "rows_at_one_atmosphere": int(assumed.sum())}
    return table
