"""Bottle tables read into the quantities of the carbonate system, in the units of the notation table."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanhai.core.errors import InputError
from shanhai.core.notation import quantity
from shanhai.io.bottle_columns import COLD_OR_WARM, Measured, Place, recognise, without_scale
from shanhai.io.bottle_files import BottleFile, open_bottles
from shanhai.io.bottle_units import Numbers, UnitOf, density, pressure_at_depth, unit_of
from shanhai.io.table_files import MISSING_NUMBERS
from shanhai.seawater.co2system.believable import LOOKS, check_believable
from shanhai.seawater.co2system.quantities import PAIR, SOLUTES

GOOD = (2, 6)
"""WOCE: measured, and mean of replicates. GLODAP: 2."""
INTERPOLATED = 0
"""GLODAP: interpolated or calculated; good for temperature, salinity and nutrients, no measurement of carbon."""
MISSING = (*MISSING_NUMBERS, -9.0, -99.0, -99.9, -99.99, -9.99)
_NO_NUMBERS = ("", "nan", "na", "n/a", "null", "none", "-", "--", "nd")
_AT_ONCE = 20_000  # rows
_BELOW_ZERO = -1.0  # umol kg-1, of nutrients near the limit of detection
_LABORATORY = 25.0  # degC, density of nutrient samples


@dataclass(frozen=True)
class Bottles:
    """A table of water samples.

    Args:
        file: the text it was read from.
        columns: quantity -> its columns, the best first.
        units: quantity -> unit as read.
        values: a row per sample, quantities of the notation table in its units, NaN where missing or flagged; by line
            of the file.
        measured_at: quantity that changes with temperature -> "in_situ", or temperature of every row [degC]; absent
            where nothing tells it.
        flags: header -> how many rows have each flag.
        notes: sentences that the reader of a result must know.
    """

    file: BottleFile
    columns: dict[str, list[Measured]]
    units: dict[str, str]
    values: pd.DataFrame
    measured_at: dict[str, str | Numbers]
    flags: dict[str, dict[str, int]]
    notes: list[str] = field(default_factory=list)

    @property
    def measured(self) -> list[str]:
        """Quantities of the carbonate system that some row has."""
        return [name for name in PAIR if name in self.values and self.values[name].notna().any()]


def read_bottles(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    measured_at: Place | None = None,
) -> Bottles:
    """Read a table of water samples: WOCE exchange, the product of GLODAP, or a CSV table of the laboratory.

    Flags 2 and 6 of WOCE are good, as is 0 of GLODAP for temperature, salinity and nutrients; all else is missing, as
    are -9, -99, -999, -9999 and blanks. Where bottle salinity is missing, that of the CTD takes its place. Amounts per
    volume become amounts per mass by the density (EOS-80) at the temperature of measurement.

    Args:
        path: text file with a header.
        columns: quantity -> header, where names are not recognised.
        units: quantity -> unit, where the file does not tell or is wrong.
        measured_at: temperature [degC], or "in_situ", of pH, CO2 and amounts per volume where the file does not tell.

    Returns:
        `Bottles`.

    Raises:
        InputError: for whatever cannot be understood without guessing; names file, line and column.
    """
    where = str(path)
    file = open_bottles(Path(path), columns or {})
    found = recognise(file.columns, columns or {}, where)
    if file.exchange:
        found.pop("depth", None)  # it is that of the sea floor
    _check_complete(file, found)
    reader = _Reader(file, found, dict(units or {}), measured_at)
    return reader.read()


def _check_complete(file: BottleFile, found: Mapping[str, list[Measured]]) -> None:
    where, has = str(file.path), f"the table has: {', '.join(c.label for c in file.columns[:40])}"
    absent = [name for name in ("temperature", "salinity") if name not in found]
    if absent:
        do = f"name it, as in --columns.{absent[0]} NAME; {has}"
        raise InputError(f"no column is recognised as {' or '.join(absent)}", where=where, do=do)
    carbon = [name for name in found if name in PAIR]
    if len(carbon) < 2:
        bare = without_scale(file.columns, found)
        hint = f"; {bare!r} does not tell its scale: say --columns.pH {bare!r} if it is the total one" if bare else ""
        what = f"only {carbon[0]} is" if carbon else "no quantity of the carbonate system is"
        do = f"two are needed; name them, as in --columns.dic NAME --columns.alkalinity NAME{hint}; {has}"
        raise InputError(f"{what} recognised", where=where, do=do)


@dataclass
class _Reader:
    """One reading of a file."""

    file: BottleFile
    found: dict[str, list[Measured]]
    told_units: dict[str, str]
    told_place: Place | None
    notes: list[str] = field(default_factory=list)
    raw: pd.DataFrame = field(default_factory=pd.DataFrame)

    def read(self) -> Bottles:
        """The table, step by step: numbers, good ones, units, pressure, conditions of measurement, belief."""
        for name in self.told_units:
            if name not in self.found:
                raise InputError(f"a unit is given for {name!r}, of which no column is read", where=str(self.file.path))
        self.raw = _numbers(self.file, self._positions())
        self._check_end()
        understood = {name: self._unit(each[0]) for name, each in self.found.items()}
        values = pd.DataFrame({name: self._filled(name, understood[name]) for name in self.found})
        values.index = self.raw.index
        values = self._with_pressure(values)
        measured_at = self._measured_at(values)
        self._per_mass(values, understood, measured_at)
        self._nutrients(values)
        self._check(values)
        units = {name: one.written for name, one in understood.items()}
        return Bottles(self.file, self.found, units, values, measured_at, self._flags(), self.notes)

    def _positions(self) -> list[int]:
        each = [m for several in self.found.values() for m in several]
        wanted = {p for m in each for p in (m.position, m.flag, m.at_column) if p is not None}
        return sorted(wanted | set(self._bottle_flag()))

    def _bottle_flag(self) -> list[int]:
        return [p for p, c in enumerate(self.file.columns) if c.names[0] == "btlnbr_flag_w"]

    def _check_end(self) -> None:
        if self.raw.empty:
            raise InputError("the table has a header and no rows", where=str(self.file.path))
        if self.file.exchange and not self.file.ends():
            self.notes.append("The file does not end with END_DATA: rows may be lost.")
        for p in self._bottle_flag():
            bad = int(self.raw[p].isin([3, 4]).sum())
            if bad:
                self.notes.append(f"{bad} bottles leaked or tripped wrongly; the flags of their samples decide.")

    def _unit(self, column: Measured) -> UnitOf:
        below = self.file.units[column.position].strip() if self.file.units else ""
        told = self.told_units.get(column.quantity) or column.unit or below
        return unit_of(column.quantity, told or column.convention, self._where(column))

    def _where(self, column: Measured) -> str:
        return f"{self.file.path}: {column.label}"

    def _filled(self, name: str, unit: UnitOf) -> Numbers:
        """Values in the unit of `unit`, the first good one of several columns."""
        first, *others = self.found[name]
        values = unit.convert(self._good(first))
        for other in others:
            gaps, more = np.isnan(values), self._unit(other).convert(self._good(other))
            filled = int((gaps & ~np.isnan(more)).sum())
            values = np.where(gaps, more, values)
            self.notes.append(f"{filled} rows have {name} from {other.label}, the others from {first.label}.")
        return values

    def _good(self, column: Measured) -> Numbers:
        values = self.raw[column.position].to_numpy()
        if column.flag is None:
            return values
        flags = self.raw[column.flag].to_numpy()
        good = np.isin(flags, GOOD)
        if column.glodap and column.quantity not in PAIR:
            good |= flags == INTERPOLATED
        return np.where(good, values, np.nan)

    def _with_pressure(self, values: pd.DataFrame) -> pd.DataFrame:
        if "pressure" in values:
            return values.drop(columns="depth", errors="ignore")
        if "depth" not in values:
            self.notes.append("There is no pressure and no depth: every sample is taken to be at the surface.")
            return values.assign(pressure=0.0)
        unknown = 45.0 if "latitude" not in values else values["latitude"].fillna(45.0)
        self.notes.append("Pressure is that of a standard ocean at the depth (Saunders 1981).")
        pressure = np.asarray(pressure_at_depth(values["depth"].to_numpy(), np.asarray(unknown)))
        return values.drop(columns="depth").assign(pressure=pressure)

    def _measured_at(self, values: pd.DataFrame) -> dict[str, str | Numbers]:
        places: dict[str, str | Numbers] = {}
        for name in (n for n in COLD_OR_WARM if n in values):
            column = self.found[name][0]
            place = column.at if column.at is not None else self.told_place
            if column.at_column is not None and column.at is None:
                places[name] = self.raw[column.at_column].to_numpy()
            elif place is not None:
                places[name] = place if isinstance(place, str) else np.full(len(values), float(place))
        return places

    def _per_mass(self, values: pd.DataFrame, units: Mapping[str, UnitOf], places: dict[str, str | Numbers]) -> None:
        """Divide amounts per volume by the density at the temperature at which the volume was measured."""
        for name in (n for n in values if n in units and units[n].per_volume):
            place = places.get(name, _LABORATORY if name in SOLUTES and self.told_place is None else self.told_place)
            if place is None:
                raise InputError(
                    f"{name} is given per volume ({units[name].written}), of water whose temperature is not told",
                    where=self._where(self.found[name][0]),
                    do="say --measured-at with the temperature [degC] of the laboratory, or in_situ",
                )
            in_situ = isinstance(place, str)
            temperature = values["temperature"] if in_situ else place
            values[name] /= density(np.asarray(temperature, dtype=float), values["salinity"].to_numpy())
            at = "the temperature in situ" if in_situ else f"{np.nanmedian(np.asarray(place)):g} degC"
            self.notes.append(f"{name} per volume became per mass by the density (EOS-80) at {at}.")

    def _nutrients(self, values: pd.DataFrame) -> None:
        for name in (n for n in SOLUTES if n in values):
            below = values[name].between(_BELOW_ZERO, 0.0, inclusive="left")
            if below.any():
                values[name] = values[name].mask(below, 0.0)
                self.notes.append(f"{int(below.sum())} rows have {name} slightly below zero, which counts as zero.")

    def _check(self, values: pd.DataFrame) -> None:
        """Refuse what no water has, by its line, and whole columns that look like another unit."""
        known = {name: values[name].to_numpy() for name in values if name not in ("latitude", "longitude")}
        _check_swapped(values, str(self.file.path), self.notes)
        for name, numbers in known.items():
            column = self.found.get(name, self.found.get("depth", [None]))[0]
            about = quantity(name)
            bad = (numbers < about.low) | (numbers > about.high)
            where = str(self.file.path) if column is None else self._where(column)
            if bad.any():
                first = int(np.argmax(bad))
                raise InputError(
                    f"{name} is {numbers[first]:g} {about.unit}, which is not believable ({about.low:g} to"
                    f" {about.high:g}){_look(name, numbers[first])}; {int(bad.sum())} such rows",
                    where=f"{where}, line {values.index[first]}",
                    do=f"correct or flag it, or say --units.{name} if the unit is another",
                )
            try:
                check_believable(name, numbers, known)
            except InputError as error:
                do = f"say --units.{name} with the unit of the file"
                raise InputError(error.what, where=where, do=do) from None

    def _flags(self) -> dict[str, dict[str, int]]:
        each = [m for several in self.found.values() for m in several if m.flag is not None]
        counts = {m.label: Counter(_flag_text(f) for f in self.raw[m.flag].to_numpy()) for m in each}
        for m in each:
            if not np.isfinite(self._good(m)).any() and m.quantity in PAIR:
                seen = ", ".join(f"{flag} ({n} rows)" for flag, n in sorted(counts[m.label].items()))
                self.notes.append(f"{m.label} has no row with a good flag; it has {seen}.")
        return {label: dict(sorted(flags.items())) for label, flags in counts.items()}


def _flag_text(flag: float) -> str:
    return "blank" if np.isnan(flag) else f"{flag:g}"


def _look(name: str, value: float) -> str:
    (low, high), saying = LOOKS.get(name, ((1.0, 0.0), ""))
    return f": {saying}" if low <= value <= high else ""


def _check_swapped(values: pd.DataFrame, where: str, notes: list[str]) -> None:
    """Temperature and salinity exchanged: deep water of 34 degC does not exist, at the surface it may."""
    t, s = values["temperature"], values["salinity"]
    hot = (t > 30) & (t < 42) & (s < 30)
    impossible = (hot & (values["pressure"] > 200)) | (hot.any() & (s < 0))
    if impossible.any():
        line = values.index[int(np.argmax(impossible))]
        raise InputError(
            "temperature and salinity look swapped: no deep water is that warm, no salinity below zero",
            where=f"{where}, line {line}",
            do="exchange the two headers, or say --columns.temperature and --columns.salinity",
        )
    if len(values) > 1 and hot[t.notna() & s.notna()].all() and hot.any():
        notes.append("Every sample is warmer than 30 degC and fresher than 30: are temperature and salinity swapped?")


def _numbers(file: BottleFile, positions: list[int]) -> pd.DataFrame:
    """Columns as numbers, by line of the file."""
    rows, parts, lines = file.rows(), [], []
    while block := list(islice(rows, _AT_ONCE)):
        numbers = [number for number, _ in block]
        lines += numbers
        parts.append([_column([cells[p] for _, cells in block], numbers, file, p) for p in positions])
    joined: dict[int, NDArray[np.float64]] = {
        p: np.concatenate([part[i] for part in parts]) if parts else np.empty(0) for i, p in enumerate(positions)
    }
    return pd.DataFrame(joined, index=pd.Index(lines, dtype=int))


def _column(cells: list[str], lines: list[int], file: BottleFile, position: int) -> NDArray[np.float64]:
    numbers = pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce").to_numpy(dtype=float)
    no_number = ~np.isfinite(numbers)
    for row in np.flatnonzero(no_number):
        no_number[row] = cells[row].strip().lower() not in _NO_NUMBERS
    if no_number.any():
        first = int(np.argmax(no_number))
        raise InputError(
            f"{cells[first].strip()!r} is not a number",
            where=f"{file.path}: {file.columns[position].label}, line {lines[first]}",
            do="write numbers with a decimal point, and leave missing values empty or -999",
        )
    anywhere = file.columns[position].names[0].startswith(("lat", "lon", "g2lat", "g2lon"))
    return np.where(np.isin(numbers, MISSING_NUMBERS if anywhere else MISSING), np.nan, numbers)
