"""A box run on disk: series as NetCDF and as a table, headlines, ledger, parameters, resolved preset, figure."""

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import equinox as eqx
import numpy as np
import xarray as xr

from shanhai.core.errors import InputError
from shanhai.core.ledger import Row
from shanhai.io.output import refuse_unwritable, whole_or_nothing
from shanhai.io.presets import Preset
from shanhai.io.provenance import parameters, versions
from shanhai.models.box.result import Result, Series

FILES = ("result.nc", "series.csv", "numbers.csv", "ledger.csv", "parameters.csv", "run.json", "figure.png")
LEDGER = ("party", "quantity", "change", "taken", "given", "accounts", "residual", "scale", "worst", "closes")
PARAMETERS = ("name", "value", "unit", "meaning", "source")


def refuse_folder(folder: Path, overwrite: bool) -> None:
    """Find out before any work whether the files of a run can be written.

    Raises:
        InputError: for a folder that cannot be written, or files of another run there.
    """
    refuse_unwritable(folder)
    there = [name for name in FILES if (folder / name).exists()]
    if there and not overwrite:
        what = f"the folder has the {there[0]} of another run"
        raise InputError(what, where=f"--out {folder}", do="give another --out, or --overwrite")


def dataset(result: Result, title: str) -> xr.Dataset:
    """The series of a result with CF attributes."""
    variables = {name: _variable(s) for name, s in result.series.items()}
    coordinates = {name: _variable(s) for name, s in result.coordinates.items()}
    notes = {"comment": " ".join(result.notes)} if result.notes else {}
    about = {"Conventions": "CF-1.11", "title": title, "source": f"shanhai {versions()['shanhai']}"} | notes
    return xr.Dataset(variables, coordinates, about)


def _variable(s: Series) -> tuple[tuple[str, ...], Any, dict[str, str]]:
    values = np.asarray(s.values)
    words = values.dtype.kind in "UO" or not s.unit
    named = {"standard_name": s.cf} | ({"positive": "down"} if s.cf == "depth" else {}) if s.cf else {}
    return s.dims, values, {"long_name": s.meaning} | ({} if words else {"units": s.unit}) | named


def series_rows(result: Result) -> tuple[list[str], list[list[str]]]:
    """Every value of every series in a row of its own, with its place on the coordinates, for tables.

    Returns:
        header: series, unit, the coordinates, value; and the rows, with cells left blank where a series does not lie.
    """
    axes = list(dict.fromkeys(d for s in result.series.values() for d in s.dims))
    places = {d: np.asarray(result.coordinates[d].values) for d in axes if d in result.coordinates}
    rows = []
    for name, s in result.series.items():
        values = np.asarray(s.values)
        for place in np.ndindex(values.shape):
            at = {d: _cell(places[d][k] if d in places else k) for d, k in zip(s.dims, place)}
            rows.append([name, s.unit, *(at.get(d, "") for d in axes), _cell(values[place])])
    return ["series", "unit", *axes, "value"], rows


def _cell(value: Any) -> str:
    """A number with ten digits, blank where there is none; a word as it is."""
    if isinstance(value, str):
        return value
    return "" if np.isnan(value) else f"{value:.10g}"


def write_box(
    folder: Path, preset: Preset, result: Result, draw: Callable[[Path], None], changes: dict[str, Any]
) -> list[Path]:
    """Write the files of a run, each whole or not at all.

    Args:
        folder: made where it is not there.
        preset: what was run.
        result: what came out.
        draw: draws the figure into a file.
        changes: settings of the command line, over those of the preset.

    Returns:
        the files, in the order of `FILES`.
    """
    numbers = ([n.name, f"{n.value:.10g}", n.unit, n.meaning] for n in result.numbers)
    described = (
        [str(p[k]) for k in ("name", "value", "unit", "meaning", "source")] for p in parameters(preset.settings)
    )
    about = {
        "preset": preset.name,
        "model": preset.model,
        "title": preset.title,
        "changes": changes,
        "settings": resolved(preset.settings),
        "notes": list(result.notes),
        "versions": versions(),
    }
    writers: dict[str, Callable[[Path], Any]] = {
        "result.nc": lambda path: dataset(result, preset.title).to_netcdf(path),
        "series.csv": lambda path: _table(path, *series_rows(result)),
        "numbers.csv": lambda path: _table(path, ("name", "value", "unit", "meaning"), numbers),
        "ledger.csv": lambda path: _table(path, LEDGER, (_line(row) for row in result.ledger)),
        "parameters.csv": lambda path: _table(path, PARAMETERS, described),
        "run.json": lambda path: path.write_text(json.dumps(about, indent=1, ensure_ascii=False), encoding="utf8"),
        "figure.png": draw,
    }
    for name in FILES:
        with whole_or_nothing(folder / name) as temporary:
            writers[name](temporary)
    return [folder / name for name in FILES]


def resolved(settings: Any) -> dict[str, Any]:
    """Every setting of a module by name, as plain numbers and words."""
    return {f.name: _plain(getattr(settings, f.name)) for f in fields(settings) if f.init}


def _plain(value: Any) -> Any:
    if isinstance(value, eqx.Module):
        return resolved(value)
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if eqx.is_array(value):
        return np.asarray(value).tolist()
    return value if isinstance(value, int | float | str | bool) or value is None else str(value)


def _table(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    with path.open("w", newline="", encoding="utf8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _line(row: Row) -> list[str]:
    accounts = "; ".join(f"{name} {amount:.10g}" for name, amount in row.accounts.items())
    figures = [f"{v:.10g}" for v in (row.change, row.taken, row.given)]
    rest = [f"{v:.3g}" for v in (row.residual, row.scale, row.worst)]
    return [row.party, row.quantity, *figures, accounts, *rest, "yes" if row.closes else "no"]
