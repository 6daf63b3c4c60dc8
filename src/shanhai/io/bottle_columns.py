"""Which column of a bottle table holds what: names of WOCE, of GLODAP and of the laboratory, flags, units, scales."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple

from shanhai import data
from shanhai.core.errors import InputError, nearest
from shanhai.io.table_files import Column
from shanhai.seawater.co2system.quantities import PAIR, SOLUTES

InSitu = Literal["in_situ"]
Place = float | InSitu
"""Where something is measured: in the laboratory at a temperature [degC], or in the sea."""

SURROUNDINGS = ("temperature", "salinity", "pressure", "depth", "latitude", "longitude")
USED = (*SURROUNDINGS, *PAIR, *SOLUTES)
COLD_OR_WARM = tuple(name for name in PAIR if name not in ("dic", "alkalinity"))
"""Quantities that change with the temperature of the same water."""

_UNIT_AT_END = re.compile(r"_(u?mol_kg(?:_1)?|umolkg|deg_?c|c|dbar|db|psu|uatm|umol_l|mmol_m_?3)$")
_WITH_PLACE = ("pco2", "fco2", "xco2_water", "co3", "carbonate", "hco3", "bicarbonate")
_UNITS = {"umolkg": "umol/kg", "umol_kg": "umol/kg", "umol_kg_1": "umol/kg", "degc": "degC", "deg_c": "degC"} | {
    "c": "degC", "db": "dbar", "umol_l": "umol/L", "mmol_m3": "mmol m-3", "mmol_m_3": "mmol m-3"
}  # fmt: skip
_SPOKEN_UNIT = re.compile(r"\s((?:[uµμm]?mol|deg|°)\S*(?:\s\S+)?|C|dbar|db|psu|[uµμ]atm)$")
_FLAGS = ("{}_flag_w", "{}_flag", "{}_woce_flag", "{}_qf", "flag_{}", "{}f")
_DEGREES = re.compile(r"(\d+(?:\.\d+)?)\s*_?(?:°|deg|c\b|℃)", re.IGNORECASE)


class Measured(NamedTuple):
    """A column that holds a quantity.

    Args:
        quantity: name of the notation table, or depth, latitude, longitude.
        position: of the column.
        label: its header.
        unit: as the header tells it, or None.
        convention: unit that goes with the name.
        flag: position of its quality flag, or None.
        at: where it was measured, if the name or the header tells.
        at_column: position of the column of the temperature of measurement, or None.
        glodap: whether its flag has the meanings of GLODAP.
    """

    quantity: str
    position: int
    label: str
    unit: str | None
    convention: str
    flag: int | None
    at: Place | None
    at_column: int | None
    glodap: bool


@cache
def names() -> dict[str, Any]:
    """The table of names in `data/bottle_columns.toml`."""
    return tomllib.loads(data.path("bottle_columns.toml").read_text(encoding="utf8"))


def key(column: Column) -> str:
    """Name to recognise a column by, without the prefix of GLODAP.

    >>> from shanhai.io.table_files import column_of_header
    >>> key(column_of_header("G2tco2")), key(column_of_header("Total Alkalinity (umol/kg)"))
    ('tco2', 'total_alkalinity')
    """
    name = column.names[0]
    return name.removeprefix("g2") if _is_glodap(column) else name


def recognise(columns: Sequence[Column], told: Mapping[str, str], where: str) -> dict[str, list[Measured]]:
    """Say which columns hold which quantity.

    Args:
        columns: of the file.
        told: quantity -> header, from the user.
        where: file named in errors.

    Returns:
        quantity -> its columns, the best first; the others fill its gaps.

    Raises:
        InputError: for two columns that can be the same, and told names that are not there.

    >>> from shanhai.io.table_files import column_of_header
    >>> header = [column_of_header(h) for h in ("CTDSAL", "CTDSAL_FLAG_W", "TA (umol/kg)", "pH [total, 25 degC]")]
    >>> found = recognise(header, {}, "a.csv")
    >>> list(found), found["salinity"][0].flag, found["pH"][0].at
    (['salinity', 'alkalinity', 'pH'], 1, 25.0)
    """
    for quantity in told:
        if quantity not in USED:
            raise InputError(f"{quantity!r} is not a quantity that is read; {nearest(quantity, USED)}", where=where)
    found: dict[str, list[Measured]] = {}
    for entry in names()["column"]:
        _add(found, entry, columns, told, where)
    for quantity, label in told.items():
        found[quantity] = [_told(quantity, label, columns, where)]
    for position, column in enumerate(columns):
        scaled = _scaled(column)
        if scaled and position not in {m.position for each in found.values() for m in each}:
            _refuse_second(found.get(scaled), column, scaled, where)
            found[scaled] = [_measured(scaled, position, columns, {"unit": "1"})]
    return found


def without_scale(columns: Sequence[Column], found: Mapping[str, list[Measured]]) -> str | None:
    """Header of a pH column of which no scale is told, if there is one."""
    taken = {m.position for each in found.values() for m in each}
    return next((c.label for p, c in enumerate(columns) if key(c) == "ph" and p not in taken), None)


def _add(
    found: dict[str, list[Measured]],
    entry: dict[str, Any],
    columns: Sequence[Column],
    told: Mapping[str, str],
    where: str,
) -> None:
    quantity = entry["quantity"]
    hits = [p for p, column in enumerate(columns) if _plain_key(column, entry["names"]) in entry["names"]]
    if quantity in told or not hits:
        return
    if len(hits) > 1:
        labels = ", ".join(repr(columns[p].label) for p in hits)
        do = f"say --columns.{quantity} with the right one"
        raise InputError(f"{len(hits)} columns can be {quantity}: {labels}", where=where, do=do)
    if quantity not in found:
        found[quantity] = [_measured(quantity, hits[0], columns, entry)]
    elif entry.get("fills"):
        found[quantity].append(_measured(quantity, hits[0], columns, entry))


def _refuse_second(first: list[Measured] | None, column: Column, quantity: str, where: str) -> None:
    if first:
        what = f"2 columns can be {quantity}: {first[0].label!r}, {column.label!r}"
        raise InputError(what, where=where, do=f"say --columns.{quantity} with the right one")


def _plain_key(column: Column, known: Sequence[str]) -> str:
    name = key(column)
    return name if name in known else _UNIT_AT_END.sub("", name)


def _told(quantity: str, label: str, columns: Sequence[Column], where: str) -> Measured:
    hits = [p for p, c in enumerate(columns) if label in (c.label, c.title)]
    if len(hits) != 1:
        known = nearest(label, [c.label for c in columns if c.label])
        what = f"there is no column {label!r}; {known}" if not hits else f"{len(hits)} columns are named {label!r}"
        raise InputError(what, where=where, do=f"correct --columns.{quantity}")
    entry = next((e for e in names()["column"] if e["quantity"] == quantity), {"unit": "umol kg-1"})
    return _measured(quantity, hits[0], columns, {"unit": entry["unit"]})


def _measured(quantity: str, position: int, columns: Sequence[Column], entry: Mapping[str, Any]) -> Measured:
    column = columns[position]
    keys = [key(c) for c in columns]
    places = names()["measurement_temperature"].get(quantity.split("_")[0], [])
    told_by_header = _place_in(column.label) if quantity in COLD_OR_WARM else None
    return Measured(
        quantity,
        position,
        column.label,
        _unit(column),
        entry["unit"],
        _flag_of(column, columns),
        entry.get("measured_at", told_by_header),
        next((p for p, name in enumerate(keys) if name in places), None),
        _is_glodap(column),
    )


def _unit(column: Column) -> str | None:
    """Unit in brackets or at the end of a header; what stands in brackets may be the place of measurement instead.

    >>> from shanhai.io.table_files import column_of_header
    >>> [_unit(column_of_header(h)) for h in ("DIC µmol/kg", "temp_C", "fCO2 (20 degC)", "TA")]
    ['µmol/kg', 'degC', None, None]
    """
    if column.unit:
        a_place = column.names[0] in _WITH_PLACE and _place_in(column.unit) is not None and "," not in column.unit
        return None if a_place else column.unit
    spoken, at_end = _SPOKEN_UNIT.search(column.label), _UNIT_AT_END.search(column.names[0])
    if spoken:
        return spoken[1]
    return _UNITS.get(at_end[1], at_end[1].replace("mol_kg_1", "mol_kg").replace("_", "/")) if at_end else None


def _flag_of(column: Column, columns: Sequence[Column]) -> int | None:
    """Position of the flag that goes with a column; the short "f" is of GLODAP only."""
    forms = _FLAGS if _is_glodap(column) else _FLAGS[:-1]
    wanted = {form.format(column.names[0]) for form in forms}
    return next((p for p, c in enumerate(columns) if c.names[0] in wanted), None)


def _is_glodap(column: Column) -> bool:
    return bool(re.match(r"g2[a-z]", column.names[0]))


def _scaled(column: Column) -> str | None:
    """Which pH a column named plainly pH holds, by the words beside the name."""
    if key(column) != "ph":
        return None
    words = re.findall(r"[a-z]+", column.label.lower())
    return next((quantity for word, quantity in names()["scale"].items() if word in words), None)


def _place_in(label: str) -> Place | None:
    """Where a quantity was measured, by its header.

    >>> _place_in("pH_total (20 °C)"), _place_in("pH total in situ"), _place_in("pCO2 [uatm]")
    (20.0, 'in_situ', None)
    """
    if re.search(r"in[\s_-]?situ", label, re.IGNORECASE):
        return "in_situ"
    degrees = _DEGREES.search(label)
    return float(degrees[1]) if degrees else None
