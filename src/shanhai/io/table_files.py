"""Table files, text or one-dimensional NetCDF, opened to one shape: their columns, then raw values."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import xarray as xr

from shanhai.core.errors import InputError

MISSING_NUMBERS = (-999.0, -999.9, -9999.0)
NETCDF_SUFFIXES = (".nc", ".nc4", ".cdf", ".h5")
SEPARATORS = ("\t", ",", ";")
ENCODINGS = ("utf-8-sig", "latin-1")  # older archives write the micro sign in Latin-1


class Column(NamedTuple):
    """A column of a file: header, the same without unit, names to recognise it by, the unit if told."""

    label: str
    title: str
    names: tuple[str, ...]
    unit: str | None


class TableFile(NamedTuple):
    """A table whose columns are known and whose rows are not yet read.

    `load` takes positions of columns and returns their raw values in this order; its index counts what `row`
    says: lines of the text file, records of the NetCDF file.
    """

    columns: list[Column]
    load: Callable[[Sequence[int]], pd.DataFrame]
    row: str


def open_table(path: Path, is_header: Callable[[Sequence[Column]], bool]) -> TableFile:
    """Open a table; of a text file the header is the first line that `is_header` accepts.

    Raises:
        InputError: for a file that is not there, empty, not a table or without such a line.
    """
    if not path.is_file():
        raise InputError("there is no such file", where=str(path), do="correct the path of the in-situ table")
    if path.suffix.lower() in NETCDF_SUFFIXES:
        return _open_netcdf(path)
    return _open_text(path, is_header)


def column_of_header(label: str) -> Column:
    """Part the header of a text column into name and unit.

    >>> column_of_header("SST [deg.C]")
    Column(label='SST [deg.C]', title='SST', names=('sst',), unit='deg.C')
    >>> column_of_header("fCO2water_SST_wet [µatm] (calculated)")[1:]
    ('fCO2water_SST_wet', ('fco2water_sst_wet',), 'µatm')
    """
    match = re.match(r"\s*([^\[(]*?)\s*(?:\[(.*?)\]|\((.*?)\))", label)
    title = match[1] if match else label.strip()
    unit = (match[2] or match[3] or "").strip() if match else ""
    return Column(label.strip(), title, (_key(title),), unit or None)


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _open_text(path: Path, is_header: Callable[[Sequence[Column]], bool]) -> TableFile:
    encoding, line, separator, columns = _find_header(path, is_header)

    def load(positions: Sequence[int]) -> pd.DataFrame:
        try:
            frame = pd.read_csv(
                path, sep=separator, encoding=encoding, encoding_errors="replace", low_memory=False,
                skiprows=line, skip_blank_lines=False, na_values=list(MISSING_NUMBERS),
                header=None, names=list(range(len(columns))), usecols=list(positions), index_col=False,
            )  # fmt: skip
        except pd.errors.EmptyDataError:
            return pd.DataFrame({p: [] for p in positions})
        except (pd.errors.ParserError, ValueError) as error:
            raise InputError(f"the rows do not fit the header: {error}", where=str(path)) from None
        frame.index = pd.RangeIndex(line + 1, line + 1 + len(frame))
        return frame.dropna(how="all")[list(positions)]

    return TableFile(columns, load, "line")


def _find_header(path: Path, is_header: Callable[[Sequence[Column]], bool]) -> tuple[str, int, str, list[Column]]:
    """Encoding, number of lines down to and with the header, separator, and columns."""
    for encoding in ENCODINGS:
        try:
            with path.open(encoding=encoding, newline="") as file:
                for number, text in enumerate(file, start=1):
                    for separator, columns in _splits(text):
                        if is_header(columns):
                            return encoding, number, separator, columns
        except UnicodeDecodeError:
            continue
        break
    raise _no_header(path)


def _no_header(path: Path) -> InputError:
    with path.open(encoding="latin-1") as file:
        first = next((line.strip() for line in file if line.strip()), "")
    if not first:
        return InputError("the file is empty", where=str(path))
    return InputError(
        f"no header line with latitude and longitude is found; the file begins {first[:80]!r}",
        where=str(path),
        do="give it a header line such as time,latitude,longitude,pco2_sea, or name its columns in columns",
    )


def _splits(text: str) -> Iterator[tuple[str, list[Column]]]:
    for separator in SEPARATORS:
        if text.count(separator) >= 2:
            labels = next(csv.reader([text.rstrip("\r\n")], delimiter=separator))
            yield separator, [column_of_header(label) for label in labels]


def _open_netcdf(path: Path) -> TableFile:
    try:
        dataset = xr.open_dataset(path, decode_timedelta=False)
    except (OSError, ValueError):
        raise InputError("this cannot be read as NetCDF", where=str(path), do="give NetCDF or a text table") from None
    variables = {str(n): v for n, v in dataset.variables.items() if v.ndim == 1}
    names = list(variables)

    def load(positions: Sequence[int]) -> pd.DataFrame:
        with dataset:
            dims = {str(variables[names[p]].dims[0]) for p in positions}
            if len(dims) > 1:
                raise InputError(
                    f"the columns lie on several dimensions ({', '.join(sorted(dims))}): a grid, not a table",
                    where=str(path),
                    do="give observations along one dimension",
                )
            return pd.DataFrame({p: variables[names[p]].values for p in positions})

    return TableFile([_netcdf_column(n, variables[n]) for n in names], load, "record")


def _netcdf_column(name: str, variable: xr.Variable) -> Column:
    standard_name = _key(str(variable.attrs.get("standard_name", "")))
    names = tuple(dict.fromkeys(n for n in (_key(name), standard_name) if n))
    return Column(name, name, names, variable.attrs.get("units"))
