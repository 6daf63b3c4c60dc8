"""Readers of radiocarbon histories: calibration curves, the bomb pulse by zones, the forcing of CMIP6.

All give a `Curve` of Δ14C over calendar years, growing. A file that does not hold what it should is refused.
"""

import csv
import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shanhai.core.errors import InputError, nearest
from shanhai.seawater.radiocarbon import STANDARD_YEAR, Curve

CALIBRATION_COLUMNS = ("CAL BP", "14C age", "Sigma", "Delta 14C", "Sigma")
CURVES = {
    "intcal20": ("IntCal20.csv.gz", "IntCal20.csv", "intcal20.14c"),
    "shcal20": ("SHCal20.csv.gz", "SHCal20.csv", "shcal20.14c"),
    "marine20": ("marine20.14c", "Marine20.csv.gz", "Marine20.csv"),
}
"""Curve -> names of its file, as publishers and archives have them."""

ZONES = ("NHZone1", "NHZone2", "NHZone3", "SHZone1-2", "SHZone3")
BANDS = {"NH": 0.25, "Tropics": 0.5, "SH": 0.25}
"""Bands of Graven et al. (2017), parted at 30 degrees, and the part of the Earth's surface in each."""

LEAST, MOST = -1000.0, 10000.0  # per mil, what Δ14C can be believed to be


def read_calibration(path: Path) -> Curve:
    """Read a calibration curve: IntCal20, SHCal20, Marine20 or any of the same five columns.

    The columns are calendar age [cal BP], conventional age, its sigma, Δ14C [per mil] and its sigma, with commas,
    after comments that begin with # or after one line of names; gzip is opened.

    Args:
        path: of the file.

    Returns:
        Δ14C over calendar years.

    Raises:
        InputError: for a file that is missing, empty, spoilt, short of columns or not a number somewhere.

    Source of the format: Reimer et al., Hogg et al., Heaton et al. (2020), Radiocarbon 62.
    """
    rows = _numbers(path, [r for r in _lines(path) if not _is_text(r)], len(CALIBRATION_COLUMNS))
    return _curve(path, STANDARD_YEAR - rows[:, 0], rows[:, 3], rows[:, 4])


def read_curve(folder: Path, name: str) -> Curve:
    """Find a calibration curve in a folder by its usual file names and read it.

    Args:
        folder: where the files lie.
        name: "intcal20", "shcal20" or "marine20".

    Raises:
        InputError: for an unknown name, or where no such file is there.
    """
    if name not in CURVES:
        raise InputError(f"there is no calibration curve {name!r}; {nearest(name, CURVES)}", where="curve")
    for file in CURVES[name]:
        if (Path(folder) / file).is_file():
            return read_calibration(Path(folder) / file)
    raise InputError(f"no file of {name} is there", where=str(folder), do=f"put {CURVES[name][0]} into this folder")


def read_graven2017(path: Path) -> dict[str, Curve]:
    """Read the historical forcing of CMIP6, 1850 to 2015, and its mean over the Earth.

    Args:
        path: of a table with the columns Year.AD, NH, Tropics, SH; Δ14C in per mil.

    Returns:
        the three bands, and "global" weighted by area.

    Raises:
        InputError: as `read_calibration`.

    Source: Graven et al. (2017), Geosci. Model Dev. 10, 4405; the bands are parted at 30 degrees.
    """
    table = _columns(path, ("Year.AD", *BANDS))
    year, unknown = table["Year.AD"], np.full(len(table["Year.AD"]), np.nan)
    curves = {band: _curve(path, year, table[band], unknown) for band in BANDS}
    mean = sum((share * curves[band].delta14c for band, share in BANDS.items()), np.zeros(len(year)))
    return curves | {"global": Curve(curves["NH"].year, mean, unknown)}


def read_hua2021(path: Path) -> dict[str, Curve]:
    """Read the atmospheric bomb radiocarbon of five zones, monthly from 1941.

    Args:
        path: of a table with the columns Year, mean.Delta14C, sd.Delta14C and zone.

    Returns:
        zone -> curve.

    Raises:
        InputError: as `read_calibration`, and for a zone that is not one of the five.

    Source: Hua et al. (2022), Radiocarbon 64, 723.
    """
    names = ("Year", "mean.Delta14C", "sd.Delta14C")
    rows = _lines(path)
    places = _places(path, rows, (*names, "zone"))
    zones = np.array([_cell(path, row, places[-1]) for row in rows[1:]])
    for zone in dict.fromkeys(zones.tolist()):
        if zone not in ZONES:
            raise InputError(f"there is no zone {zone!r}; {nearest(zone, ZONES)}", where=str(path))
    picked = [(n, [_cell(path, (n, r), p) for p in places[:-1]]) for n, r in rows[1:]]
    values = _numbers(path, picked, len(names))
    return {z: _curve(path, *(values[zones == z][:, k] for k in range(3))) for z in ZONES if np.any(zones == z)}


Row = tuple[int, list[str]]
"""Number of a line and its cells."""


def _lines(path: Path) -> list[Row]:
    """Lines that say something, without comments."""
    path = Path(path)
    if not path.is_file():
        raise InputError("there is no such file", where=str(path), do="correct the path of the radiocarbon file")
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        text = raw.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        raise InputError("this is no text, or its gzip is spoilt", where=str(path), do="fetch the file anew") from None
    lines = enumerate(text.splitlines(), start=1)
    rows = [(n, [c.strip() for c in next(csv.reader([t]))]) for n, t in lines if t.strip() and not t.startswith("#")]
    if not rows:
        raise InputError("the file is empty", where=str(path))
    return rows


def _is_text(row: Row) -> bool:
    """Whether a line is one of names."""
    return row[0] == 1 and bool(row[1][0]) and not _is_number(row[1][0])


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _places(path: Path, rows: Sequence[Row], names: Sequence[str]) -> list[int]:
    """Where columns stand."""
    header = rows[0][1]
    for name in names:
        if name not in header:
            raise InputError(f"there is no column {name!r}; {nearest(name, header)}", where=str(path))
    return [header.index(name) for name in names]


def _columns(path: Path, names: Sequence[str]) -> dict[str, NDArray]:
    rows = _lines(path)
    places = _places(path, rows, names)
    values = _numbers(path, [(n, [_cell(path, (n, r), p) for p in places]) for n, r in rows[1:]], len(names))
    return dict(zip(names, values.T))


def _cell(path: Path, row: Row, place: int) -> str:
    if place >= len(row[1]):
        raise InputError(f"line {row[0]} has only {len(row[1])} cells", where=str(path))
    return row[1][place]


def _numbers(path: Path, rows: Sequence[Row], width: int) -> NDArray:
    """Rows as numbers, (row, column)."""
    if not rows:
        raise InputError("there are no rows below the header", where=str(path))
    for number, cells in rows:
        if len(cells) < width:
            raise InputError(
                f"line {number} has {len(cells)} cells and {width} are needed",
                where=str(path),
                do=f"give the columns {', '.join(CALIBRATION_COLUMNS)}" if width == 5 else "",
            )
        for cell in cells[:width]:
            if not _is_number(cell) or not np.isfinite(float(cell)):
                raise InputError(f"line {number} says {cell!r} where a number belongs", where=str(path))
    return np.array([[float(c) for c in cells[:width]] for _, cells in rows])


def _curve(path: Path, year: NDArray, delta: NDArray, sigma: NDArray) -> Curve:
    """A curve in the order of years, held against what can be believed."""
    order = np.argsort(year, kind="stable")
    year, delta, sigma = year[order], delta[order], sigma[order]
    if len(year) < 2:
        raise InputError("one point makes no curve", where=str(path))
    if np.any(np.diff(year) <= 0.0):
        twice = year[1:][np.diff(year) <= 0.0][0]
        raise InputError(f"the year {twice:g} is given twice", where=str(path))
    if np.any((delta <= LEAST) | (delta > MOST)):
        wrong = delta[(delta <= LEAST) | (delta > MOST)][0]
        raise InputError(f"a Δ14C of {wrong:g} per mil cannot be", where=str(path), do="give per mil")
    if np.any(sigma < 0.0):
        raise InputError("an uncertainty is negative", where=str(path))
    return Curve(year, delta, sigma)
