"""Neighbouring in-situ observations in place of a field (clause 4.4.10).

Where no satellite or model gives the mole fraction of CO2 in dry air, the standard takes equivalent
observations of
a station nearby: here, in each cell, those of the nearest station that observed during the period.
"""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from shanhai.core.errors import InputError, nearest
from shanhai.core.notation import quantity
from shanhai.io.units import to_notation

ALIASES = {
    "time": ("time", "date", "datetime", "date_time", "date/time"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "long"),
    "xco2": ("xco2", "xco2_air", "co2", "co2_ppm", "value"),
}
_UNIT = re.compile(r"\s*[\[(](?P<unit>[^\])]*)[\])]\s*$")


def station_field(
    name: str, path: str, *, columns: Mapping[str, str] | None = None, unit: str | None = None
) -> pd.DataFrame:
    """Read a table of station observations.

    Args:
        name: quantity of the notation table.
        path: CSV file with a header; columns time (ISO 8601, UTC), latitude, longitude and the quantity,
            whose heading may carry a unit as in "xco2 [ppm]".
        columns: our name -> heading, where the names are others.
        unit: unit of the quantity; without it that of the heading, and without either that of the notation
            table.

    Returns:
        table with the columns time, latitude, longitude (in [-180, 180)) and `name` in its notation unit, in
        order of time, without rows whose value is missing.

    Raises:
        InputError: naming the column or the row.
    """
    table = _read(path)
    wanted = ("time", "latitude", "longitude", name)
    found = {n: _column(table, n, (columns or {}).get(n), path) for n in wanted}
    heading = _UNIT.search(found[name])
    unit = unit or (heading["unit"] if heading else quantity(name).unit)
    clean = pd.DataFrame({n: _numbers(table, c, path) for n, c in found.items() if n != "time"})
    clean.insert(0, "time", _times(table[found["time"]], path, found["time"]))
    clean[name] = to_notation(name, unit, where=f"{path}:{found[name]}")(clean[name])
    clean = clean.dropna(subset=[name])
    _refuse_impossible(clean, name, path)
    clean["longitude"] = (clean["longitude"] + 180) % 360 - 180
    return clean.sort_values("time", kind="stable").reset_index(drop=True)


def _read(path: str) -> pd.DataFrame:
    try:
        return pd.read_csv(path, comment="#", skipinitialspace=True)
    except FileNotFoundError:
        raise InputError("there is no such file", where=path, do="correct stations = ...") from None
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror}", where=path, do="correct stations = ...") from None
    except (ValueError, UnicodeDecodeError) as error:  # pandas' parser errors are ValueErrors
        raise InputError(f"this is not a CSV table: {error}", where=path, do="save it as CSV in UTF-8") from None


def _column(table: pd.DataFrame, name: str, given: str | None, path: str) -> str:
    headings = [str(c) for c in table.columns]
    known = {_UNIT.sub("", c).strip().lower(): c for c in reversed(headings)}
    for alias in (given,) if given else ALIASES.get(name, (name,)):
        if alias in headings or alias.lower() in known:
            return alias if alias in headings else known[alias.lower()]
    raise InputError(
        f"there is no column for {name}; {nearest(given or name, headings)}",
        where=path,
        do=f"name the column {name}",
    )


def _numbers(table: pd.DataFrame, column: str, path: str) -> pd.Series:
    values = pd.to_numeric(table[column], errors="coerce")
    bad = values.isna() & table[column].notna()
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        what = f"{table[column].iloc[row]!r} in row {row + 1} is not a number"
        raise InputError(what, where=f"{path}:{column}", do="leave missing values empty")
    return values.astype(float)


def _times(column: pd.Series, path: str, heading: str) -> pd.Series:
    times = pd.to_datetime(column.astype(str), errors="coerce", utc=True, format="ISO8601")
    if times.isna().any():
        row = int(np.flatnonzero(times.isna())[0])
        what = f"{column.iloc[row]!r} in row {row + 1} is not a time"
        raise InputError(what, where=f"{path}:{heading}", do="write times as 2010-03-05T12:00:00")
    return times.dt.tz_localize(None).astype("datetime64[ns]")


def _refuse_impossible(table: pd.DataFrame, name: str, path: str) -> None:
    about = quantity(name)
    limits = {"latitude": (-90, 90), "longitude": (-180, 360), name: (about.low, about.high)}
    if table.empty:
        raise InputError("the table has no observation", where=path, do=f"fill the column {name}")
    for column, (low, high) in limits.items():
        bad = ~table[column].between(low, high)
        if bad.any():
            row = int(table.index[bad][0])
            what = f"{column} = {table[column].loc[row]:g} in row {row + 1} is outside {low:g} to {high:g}"
            raise InputError(what, where=path, do="correct it, or leave the value empty")


def nearest_station(
    table: pd.DataFrame,
    latitude: ArrayLike,
    longitude: ArrayLike,
    time_start: np.datetime64,
    time_end: np.datetime64,
) -> NDArray[np.float64]:
    """Mean observation, during an interval, of the station nearest to each cell.

    A station is a pair of latitude and longitude; distance is that of the great circle; of two stations
    equally far the one first in the table counts.

    Args:
        table: of `station_field`; its last column is the quantity.
        latitude: cell centres [degree], shape (ny,).
        longitude: cell centres [degree], shape (nx,).
        time_start: start of the interval.
        time_end: its end, exclusive.

    Returns:
        values, shape (ny, nx), in the unit of the table.

    Raises:
        InputError: if no station observed during the interval.
    """
    name, during = str(table.columns[-1]), observed_during(table, time_start, time_end)
    means = during.groupby(["latitude", "longitude"], sort=False)[name].mean().reset_index()
    return means[name].to_numpy()[_nearest_of(means, np.asarray(latitude, float), np.asarray(longitude, float))]


def observed_during(table: pd.DataFrame, time_start: np.datetime64, time_end: np.datetime64) -> pd.DataFrame:
    """Rows of a table of `station_field` inside an interval, end exclusive.

    Raises:
        InputError: if there is none.
    """
    name = str(table.columns[-1])
    during = table[(table["time"] >= time_start) & (table["time"] < time_end)]
    if during.empty:
        raise InputError(
            f"no station has observed {name} from {str(time_start)[:10]} until {str(time_end)[:10]}",
            where=f"inputs.{name}",
            do="add observations of that time, or shorten the period of the job",
        )
    return during


def _nearest_of(
    stations: pd.DataFrame, latitude: NDArray[np.float64], longitude: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Position of the nearest station in each cell: the largest cosine of the angle between them."""
    lat, lon = np.radians(latitude)[:, None], np.radians(longitude)[None, :]
    best = np.full((latitude.size, longitude.size), -np.inf)
    which = np.zeros(best.shape, dtype=np.intp)
    for i, (y, x) in enumerate(np.radians(stations[["latitude", "longitude"]].to_numpy())):
        cosine = np.sin(lat) * np.sin(y) + np.cos(lat) * np.cos(y) * np.cos(lon - x)
        nearer = cosine > best + 1e-12
        best, which = np.where(nearer, cosine, best), np.where(nearer, i, which)
    return which
