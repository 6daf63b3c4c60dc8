"""Text of a bottle table: its comments, header, row of units, rows and end, each cell as it is written."""

import csv
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from shanhai.core.errors import InputError
from shanhai.io.bottle_columns import recognise
from shanhai.io.table_files import ENCODINGS, SEPARATORS, Column, column_of_header

END = "END_DATA"
SEARCHED = 2000  # lines, for a header
_STAMPS = ("BOTTLE,", "BOTTLE ")


class BottleFile(NamedTuple):
    """An opened table.

    Args:
        path: the file.
        encoding: of its text.
        separator: between cells.
        line: of the header, from 1.
        columns: of the header.
        units: cells of the row of units below it, or None.
        exchange: whether it begins as a WOCE exchange file.
    """

    path: Path
    encoding: str
    separator: str
    line: int
    columns: list[Column]
    units: list[str] | None
    exchange: bool

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line number and cells of every row of data.

        Raises:
            InputError: for a row that does not fit the header.
        """
        with self.path.open(encoding=self.encoding, newline="") as text:
            reader = csv.reader(text, delimiter=self.separator)
            below = self.line + (self.units is not None)
            for cells in _checked(reader, self.path):
                number = reader.line_num
                if number <= below or not any(cell.strip() for cell in cells):
                    continue
                if cells[0].strip() == END:
                    return
                yield number, self._fitting(number, cells)

    def _fitting(self, number: int, cells: list[str]) -> list[str]:
        width = len(self.columns)
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            what = f"the row has {len(cells)} cells and the header {width}"
            do = "the file may be cut: fetch it again, or correct the row"
            raise InputError(what, where=f"{self.path}, line {number}", do=do)
        return cells[:width]

    def ends(self) -> bool:
        """Whether the END_DATA of an exchange file is there."""
        with self.path.open(encoding=self.encoding, errors="replace") as text:
            return any(line.startswith(END) for line in text)


def open_bottles(path: Path, told: Mapping[str, str]) -> BottleFile:
    """Find the header of a bottle table: the first line that names two quantities.

    Args:
        path: the file.
        told: quantity -> header, from the user.

    Raises:
        InputError: for a file that is not there, empty or not a table.
    """
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as text:
        lines = list(islice(text, SEARCHED))
    exchange = bool(lines) and lines[0].startswith(_STAMPS)
    for number, line in enumerate(lines, start=1):
        for separator in SEPARATORS:
            columns = _split(line, separator)
            if _is_header(columns, told):
                below = _split_cells(lines[number], separator) if number < len(lines) else []
                units = below if _are_units(below, columns, told) else None
                return BottleFile(path, encoding, separator, number, columns, units, exchange)
    raise _no_header(path, lines)


def _checked(reader: Iterator[list[str]], path: Path) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise InputError(f"the rows cannot be read: {error}", where=str(path), do="save the table as CSV") from None


def _encoding(path: Path) -> str:
    if not path.is_file():
        raise InputError("there is no such file", where=str(path), do="correct the path of the table")
    try:
        with path.open("rb") as stream:
            content = stream.read(1 << 16)
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror}", where=str(path)) from None
    if b"\0" in content or content[:4] == b"PK\x03\x04":
        do = "save it as CSV in UTF-8; gridded NetCDF goes through ds.shanhai.carbonate in Python"
        raise InputError("this is not a text table", where=str(path), do=do)
    return ENCODINGS[0] if _is_utf8(path) else ENCODINGS[1]


def _is_utf8(path: Path) -> bool:
    try:
        with path.open(encoding=ENCODINGS[0]) as text:
            while text.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _split_cells(line: str, separator: str) -> list[str]:
    return next(csv.reader([line.rstrip("\r\n")], delimiter=separator), [])


def _split(line: str, separator: str) -> list[Column]:
    if line.startswith("#") or separator not in line:
        return []
    return [column_of_header(label) for label in _split_cells(line, separator)]


def _is_header(columns: list[Column], told: Mapping[str, str]) -> bool:
    if len(columns) < 2:
        return False
    labels = {name for c in columns for name in (c.label, c.title)}
    if told and set(told.values()) <= labels:
        return True
    try:
        return len(recognise(columns, {}, "")) > 1
    except InputError:
        return True  # what is wrong with it is told when its columns are read


def _are_units(cells: list[str], columns: list[Column], told: Mapping[str, str]) -> bool:
    """Whether a row has words below columns of numbers, and no number there."""
    try:
        found = recognise(columns, told, "")
    except InputError:
        return False
    below = [cells[m.position].strip() for each in found.values() for m in each if m.position < len(cells)]
    known = [cell for cell in below if cell]
    return bool(known) and not any(_is_number(cell) for cell in known) and len(set(known)) > 1


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _no_header(path: Path, lines: list[str]) -> InputError:
    rows = [line.strip() for line in lines if line.strip() and not line.startswith(("#", *_STAMPS))]
    if not rows:
        return InputError("the file has no rows", where=str(path), do="give a table with a header")
    do = "give it a header such as temperature,salinity,DIC,TA, or name the columns: --columns.dic NAME"
    return InputError(f"no header of a bottle table is found; it begins {rows[0][:80]!r}", where=str(path), do=do)
