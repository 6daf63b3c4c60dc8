"""Tables of incubations: one column of time, one column a jar, as the Soil Incubation Database keeps them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanhai.core.errors import InputError, nearest


class Incubations(NamedTuple):
    """Series of respired CO2.

    Args:
        days: since the start, increasing, (time,).
        values: in the unit of the table, nan where nothing was measured, (time, jar).
        jars: columns they come from.
    """

    days: NDArray[np.float64]
    values: NDArray[np.float64]
    jars: tuple[str, ...]


def read_incubations(path: Path | str, jars: Sequence[str] = ()) -> Incubations:
    """Read a CSV table of respiration; gaps are blank or NA.

    Source of the layout: Schädel et al. (2020), Earth Syst. Sci. Data 12, 1511.

    Args:
        path: table with a header; its first column is the time in days.
        jars: columns to read; all when none are named.

    Raises:
        InputError: for a file that is missing or no table, a column that it lacks, a time that does not increase,
            text or negative respiration, naming column and row.
    """
    table = _table(Path(path))
    where, time = str(path), str(table.columns[0])
    chosen = tuple(jars) or tuple(str(c) for c in table.columns[1:])
    for jar in chosen:
        if jar not in table.columns[1:]:
            raise InputError(f"there is no column {jar!r}; {nearest(jar, list(table.columns[1:]))}", where=where)
    days = _numbers(table, time, where)
    if np.any(np.isnan(days)) or np.any(np.diff(days) <= 0) or days[0] < 0:
        raise InputError(f"the days in {time!r} do not increase from zero on", where=where, do="sort them, fill gaps")
    values = np.stack([_numbers(table, jar, where) for jar in chosen], axis=1)
    if np.any(values < 0):
        row, column = (int(k) for k in np.argwhere(values < 0)[0])
        raise InputError(
            f"respiration is {values[row, column]:g}", where=f"{where}, column {chosen[column]}, row {row + 2}"
        )
    for jar, series in zip(chosen, values.T):
        if np.isfinite(series).sum() < 2:
            raise InputError("fewer than two values", where=f"{where}, column {jar}", do="leave the column out")
    return Incubations(days, values, chosen)


def _table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, skipinitialspace=True)
    except FileNotFoundError:
        raise InputError("there is no such file", where=str(path)) from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"this is no CSV table: {str(error).splitlines()[0]}", where=str(path)) from None
    if table.shape[1] < 2 or table.empty:
        raise InputError("the table needs a header, a column of days and columns of respiration", where=str(path))
    return table.rename(columns=str.strip)


def _numbers(table: pd.DataFrame, name: str, where: str) -> NDArray[np.float64]:
    numbers = pd.to_numeric(table[name], errors="coerce")
    wrong = np.flatnonzero(numbers.isna() & table[name].notna())
    if wrong.size:
        row = int(wrong[0])
        raise InputError(f"{table[name].iloc[row]!r} is no number", where=f"{where}, column {name}, row {row + 2}")
    return numbers.to_numpy(float)
