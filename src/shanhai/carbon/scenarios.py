"""Emission scenarios: embedded facts at selected years, and readers of yearly tables.

Between the years of the facts emissions are straight lines, so that their sum over a period is the trapezoid's; sums
depart from the yearly tables of the RCMIP protocol by 1.4 % of the fossil carbon and 1.6 % of the land use emitted to
2014, and by 8 PgC until 2100. After that facts stand fifty years apart, and the sum of fossil carbon departs for a
while by up to 42 PgC (ssp534-over), most of which is made good by 2200. CO2 is a monotone cubic.

Sources: Nicholls et al. (2020), Geosci. Model Dev. 13, 5175 (RCMIP, CC BY 4.0), for emissions and CO2; IPCC AR6 WGI,
Chapter 7 and Annex III, for the forcing of all but CO2.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from shanhai import data
from shanhai.core.errors import InputError, nearest
from shanhai.models.box.global_carbon import Drivers

Numbers = NDArray[np.float64]

SCENARIOS = ("ssp119", "ssp126", "ssp434", "ssp245", "ssp460", "ssp534-over", "ssp370", "ssp585")
"""In the order of the forcing they end with."""
FIRST, LAST = 1750, 2300
LARGEST = {"ffi_emissions": 200.0, "luc_emissions": 50.0, "CO2_constrain": 1e4}
"""Beyond which a number is of another unit: PgC yr-1, PgC yr-1, ppm."""
_FACTS = ("fossil_PgC_per_yr", "land_use_PgC_per_yr", "co2_ppm")


@dataclass(frozen=True)
class Scenario:
    """Emissions and what goes with them, year by year.

    Args:
        name: of the scenario.
        years: (year,), without gaps.
        fossil: emission of fossil carbon, less what is put back [PgC yr-1].
        land_use: net emission of land-use change [PgC yr-1].
        forcing: of all but CO2 [W m-2].
        ppm: CO2 of the scenario's own, for comparison [umol mol-1].
    """

    name: str
    years: Numbers
    fossil: Numbers
    land_use: Numbers
    forcing: Numbers
    ppm: Numbers

    def between(self, first: int, last: int) -> "Scenario":
        """The years from the first to the last.

        Raises:
            InputError: for years that the scenario does not have.
        """
        if first > last or first < self.years[0] or last > self.years[-1]:
            raise InputError(
                f"the years {first} to {last} are not within {self.years[0]:.0f} to {self.years[-1]:.0f}",
                where=f"scenario {self.name}",
            )
        kept = (self.years >= first) & (self.years <= last)
        years, fossil, land_use, forcing, ppm = (
            v[kept] for v in (self.years, self.fossil, self.land_use, self.forcing, self.ppm)
        )
        return Scenario(self.name, years, fossil, land_use, forcing, ppm)

    def drivers(self) -> Drivers:
        """Drivers of the box model, (year,)."""
        return Drivers(*(jnp.asarray(v) for v in (self.fossil, self.land_use, self.forcing, self.ppm)))


def stacked(scenarios: Sequence[Scenario]) -> Drivers:
    """Drivers of scenarios of the same years, (scenario, year).

    Raises:
        InputError: for none, or for other years.
    """
    if not scenarios:
        raise InputError("no scenario is given", where="scenarios", do="name at least one")
    years = scenarios[0].years
    for s in scenarios:
        if not np.array_equal(s.years, years):
            raise InputError(f"its years are not those of {scenarios[0].name}", where=f"scenario {s.name}")
    return Drivers(*(jnp.stack(v) for v in zip(*(s.drivers() for s in scenarios))))


def embedded(name: str, first: int = FIRST, last: int = LAST) -> Scenario:
    """A scenario from the facts that come with shanhai, historical to 2010 and then the SSP.

    Args:
        name: one of `SCENARIOS`.
        first: year.
        last: year.

    Raises:
        InputError: for a scenario that is not there, or years before 1750 or after 2300.

    >>> ssp = embedded("ssp245", 1850, 2100)
    >>> len(ssp.years), float(ssp.fossil[-1]), round(float(ssp.fossil[:151].sum()))
    (251, 3.952, 297)
    """
    if name not in SCENARIOS:
        raise InputError(f"there is no scenario {name!r}; {nearest(name, SCENARIOS)}", where="scenario")
    years = np.arange(FIRST, LAST + 1.0)
    burnt, cleared, ppm = (_known("decadal_facts.csv", name, column) for column in _FACTS)
    fossil, land_use = np.interp(years, *burnt), np.interp(years, *cleared)
    whole = Scenario(name, years, fossil, land_use, other_forcing(name, years), PchipInterpolator(*ppm)(years))
    return whole.between(first, last)


def observed_facts() -> tuple[Numbers, Numbers]:
    """Years and CO2 [umol mol-1] of the historical facts."""
    years, ppm = _known("decadal_facts.csv", "historical", "co2_ppm")
    return years, ppm


def other_forcing(name: str, years: Numbers) -> Numbers:
    """Effective radiative forcing of all human causes but CO2 [W m-2], straight between decades, (year,).

    >>> other_forcing("ssp245", np.array([1750.0, 2020.0, 2100.0])).tolist()
    [0.0, 0.57, 1.0]
    """
    return np.interp(years, *_known("other_forcing.csv", name, "forcing_W_per_m2"))


@cache
def _rows(file: str) -> tuple[dict[str, str], ...]:
    with data.path(f"scenarios/{file}").open(encoding="utf8", newline="") as stream:
        return tuple(csv.DictReader(stream))


def _known(file: str, name: str, column: str) -> tuple[Numbers, Numbers]:
    rows = [r for r in _rows(file) if r["scenario"] in ("historical", name)]
    return np.array([float(r["year"]) for r in rows]), np.array([float(r[column]) for r in rows])


class Table(NamedTuple):
    """A yearly table: years, and columns by name with NaN where a cell is empty; units by name where told."""

    years: Numbers
    columns: dict[str, Numbers]
    units: dict[str, str]


def read_years(path: Path | str, needed: Sequence[str], may_lack: Sequence[str] = ()) -> Table:
    """Read a comma-separated table with a column of years.

    Lines that begin with ";" are remarks; one that begins with "; UNITS:" has the unit of each column.

    Args:
        path: of the file.
        needed: columns that must be there, without an empty cell.
        may_lack: columns that may have empty cells, which become NaN.

    Raises:
        InputError: naming file, line and column.
    """
    where = Path(path)
    if not where.is_file():
        raise InputError("there is no such file", where=str(path), do="correct the path of the table")
    try:
        lines = where.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError("it is not a text file", where=str(path), do="give a comma-separated table") from error
    kept = [(n, row) for n, row in enumerate(csv.reader(lines), 1) if any(row) and not row[0].startswith(";")]
    if len(kept) < 2:
        raise InputError("it has no header with rows below", where=str(path), do="give a comma-separated table")
    header = [name.strip() for name in kept[0][1]]
    if header[0] not in ("Date", "Year"):
        raise InputError(f"the first column is {header[0]!r}", where=str(path), do="begin rows with Date or Year")
    for name in needed:
        if name not in header:
            raise InputError(f"there is no column {name!r}; {nearest(name, header)}", where=str(path))
    present = [header[0], *needed, *(name for name in may_lack if name in header)]
    values = {name: _column(kept[1:], header.index(name), name, name in may_lack, path) for name in present}
    years = values.pop(header[0])
    _check_years(years, path)
    return Table(years, values, _units(lines, header))


def _column(rows: Sequence[tuple[int, list[str]]], at: int, name: str, may_lack: bool, path: Path | str) -> Numbers:
    out = []
    for line, row in rows:
        text = row[at].strip() if at < len(row) else ""
        if not text and may_lack:
            out.append(np.nan)
            continue
        try:
            value = float(text)
        except ValueError:
            raise InputError(f"{name} is {text!r}, which is no number", where=f"{path}:{line}") from None
        if not np.isfinite(value):
            raise InputError(f"{name} is {text!r}, which is no finite number", where=f"{path}:{line}")
        out.append(value)
    return np.array(out)


def _check_years(years: Numbers, path: Path | str) -> None:
    steps = np.flatnonzero(np.diff(years) != 1.0)
    if years[0] != round(years[0]) or steps.size:
        after = years[steps[0]] if steps.size else years[0]
        raise InputError(f"the years do not go on by one after {after:g}", where=str(path), do="give every year once")


def _units(lines: Sequence[str], header: Sequence[str]) -> dict[str, str]:
    told = next((line for line in lines if line.startswith("; UNITS:")), None)
    return dict(zip(header[1:], (u.strip() for u in told.split(",")[1:]))) if told else {}


def read_rcmip(path: Path | str, name: str) -> Scenario:
    """Read a yearly scenario table with the columns of the Hector model.

    Args:
        path: of a file such as ssp245_emiss-constraints_rf.csv.
        name: scenario whose forcing of all but CO2 goes with it, one of `SCENARIOS`.

    Raises:
        InputError: for a missing column, a gap, a cell that is no number, another unit, or numbers of another size.
    """
    if name not in SCENARIOS:
        raise InputError(f"there is no scenario {name!r}; {nearest(name, SCENARIOS)}", where="scenario")
    optional = ("daccs_uptake", "luc_uptake")
    table = read_years(path, tuple(LARGEST), optional)
    for column, most in LARGEST.items():
        expected = "ppm" if column == "CO2_constrain" else "PgC year-1"
        if table.units.get(column, expected) != expected:
            raise InputError(f"{column} is in {table.units[column]!r}", where=str(path), do=f"give it in {expected!r}")
        if np.abs(table.columns[column]).max() > most:
            raise InputError(
                f"{column} reaches {np.abs(table.columns[column]).max():g}", where=str(path), do=f"give {expected}"
            )
    none = np.zeros_like(table.years)
    put_back, regrown = (np.nan_to_num(table.columns.get(c, none)) for c in optional)
    fossil, land_use = table.columns["ffi_emissions"] - put_back, table.columns["luc_emissions"] - regrown
    forcing = other_forcing(name, table.years)
    return Scenario(name, table.years, fossil, land_use, forcing, table.columns["CO2_constrain"])
