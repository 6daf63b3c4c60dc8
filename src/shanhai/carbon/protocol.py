"""The yearly tables of the RCMIP protocol: downloaded from its archive on request, and read.

Source: Nicholls et al. (2020), Geosci. Model Dev. 13, 5175; tables of version 5.1.0, doi 10.5281/zenodo.4589756.
"""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shanhai.carbon.scenarios import FIRST, LAST, SCENARIOS, Scenario, other_forcing
from shanhai.core.constants import ATOMIC_MASS
from shanhai.core.errors import InputError, nearest
from shanhai.io.downloads import Remote, fetch

Numbers = NDArray[np.float64]

CITE = "Nicholls et al. (2020), Geosci. Model Dev. 13, 5175"
_RECORD = "https://zenodo.org/records/4589756/files"
EMISSIONS = Remote(
    f"{_RECORD}/rcmip-emissions-annual-means-v5-1-0.csv", "4044106f55ca65b094670e7577eaf9b3", "CC BY 4.0", CITE
)
CONCENTRATIONS = Remote(
    f"{_RECORD}/rcmip-concentrations-annual-means-v5-1-0.csv", "0d82c3c3cdd4dd632b2bb9449a5c315f", "CC BY 4.0", CITE
)
FOSSIL, LAND_USE = "Emissions|CO2|MAGICC Fossil and Industrial", "Emissions|CO2|MAGICC AFOLU"
CO2 = "Atmospheric Concentrations|CO2"
UNITS = {FOSSIL: "Mt CO2/yr", LAND_USE: "Mt CO2/yr", CO2: "ppm"}
PGC_PER_MT = 1e-3 * ATOMIC_MASS["C"] / (ATOMIC_MASS["C"] + 2.0 * ATOMIC_MASS["O"])  # PgC in a Mt of CO2


def download_protocol(folder: Path | str) -> list[Path]:
    """Fetch the tables of emissions and concentrations, with their checksums.

    Args:
        folder: where to keep them.

    Raises:
        NetworkNeededError: where the archive cannot be reached.
        InputError: for a file whose checksum is wrong.
    """
    return [fetch(remote, folder) for remote in (EMISSIONS, CONCENTRATIONS)]


def read_protocol(folder: Path | str, name: str, first: int = FIRST, last: int = LAST) -> Scenario:
    """A scenario of the protocol, year by year; years that it leaves out lie on straight lines, as it says.

    Args:
        folder: of the two tables, as `download_protocol` leaves them.
        name: one of `SCENARIOS`.
        first: year.
        last: year.

    Raises:
        InputError: for a scenario, table, variable, unit or year that is not there.
    """
    if name not in SCENARIOS:
        raise InputError(f"there is no scenario {name!r}; {nearest(name, SCENARIOS)}", where="scenario")
    years = np.arange(float(FIRST), LAST + 1.0)
    emissions, concentrations = (Path(folder) / r.name for r in (EMISSIONS, CONCENTRATIONS))
    burnt, cleared = (PGC_PER_MT * _world(emissions, name, variable, years) for variable in (FOSSIL, LAND_USE))
    ppm = _world(concentrations, name, CO2, years)
    return Scenario(name, years, burnt, cleared, other_forcing(name, years), ppm).between(first, last)


def _world(path: Path, scenario: str, variable: str, years: Numbers) -> Numbers:
    """Values of the world, the scenario after the history where it begins late."""
    if not path.is_file():
        raise InputError(
            "there is no such table", where=str(path), do="shanhai.carbon.protocol.download_protocol(folder)"
        )
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = [r for r in csv.DictReader(stream) if r.get("Region") == "World" and r.get("Variable") == variable]
    known = {y: v for told in ("historical", scenario) for y, v in _told(rows, told, variable, path).items()}
    if not known or min(known) > years[0] or max(known) < years[-1]:
        raise InputError(f"{variable} of {scenario} does not reach from {FIRST} to {LAST}", where=str(path))
    order = sorted(known)
    return np.interp(years, order, [known[y] for y in order])


def _told(rows: list[dict[str, str]], scenario: str, variable: str, path: Path) -> dict[float, float]:
    found = [r for r in rows if r.get("Scenario") == scenario]
    if len(found) > 1:
        raise InputError(f"{variable} of {scenario} is there {len(found)} times", where=str(path), do="keep one row")
    if not found:
        return {}
    if found[0].get("Unit") != UNITS[variable]:
        raise InputError(
            f"{variable} is in {found[0].get('Unit')!r}", where=str(path), do=f"give it in {UNITS[variable]!r}"
        )
    try:
        return {float(k): float(v) for k, v in found[0].items() if k and k[:4].isdigit() and v not in (None, "")}
    except ValueError as error:
        raise InputError(f"{variable} of {scenario} has a cell that is no number: {error}", where=str(path)) from None
