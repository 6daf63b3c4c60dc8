"""The result of a bottle table on disk: the table with columns added, where it comes from, and its figure."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shanhai.core.errors import InputError
from shanhai.io.bottle_carbonate import BottleResult, unit_text
from shanhai.io.output import refuse_unwritable, whole_or_nothing
from shanhai.io.provenance import file_hash, versions
from shanhai.seawater.constants import fits_used

SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
_DIGITS = ".8g"
_AT_ONCE = 10_000  # rows


def sidecar(out: Path) -> Path:
    """File beside a result that tells where it comes from.

    >>> sidecar(Path("result.csv")).name
    'result.json'
    """
    return out.with_suffix(".json")


def refuse_targets(table: Path, out: Path, figure: Path | None, overwrite: bool) -> None:
    """Find out before any work whether the result can be written.

    Raises:
        InputError: for a wrong suffix, what is there already, the table itself, and folders that cannot be written.
    """
    if out.suffix.lower() not in SEPARATORS:
        raise InputError("the result is a table", where=f"--out {out}", do="give a name that ends in .csv or .tsv")
    if figure is not None and figure.suffix.lower() != ".png":
        raise InputError("the figure is a PNG", where=f"--plot {figure}", do="give a name that ends in .png")
    for target in (out, sidecar(out), figure):
        if target is None:
            continue
        if target.exists() and table.exists() and target.samefile(table):
            raise InputError("this is the table itself", where=str(target), do="give another --out")
        if target.is_dir() or (target.exists() and not overwrite):
            do = "give another --out or --plot" + ("" if target.is_dir() else ", or --overwrite")
            raise InputError("it is there already", where=str(target), do=do)
        refuse_unwritable(target.parent)


def added(result: BottleResult) -> pd.DataFrame:
    """Columns that the result adds to the table.

    What was used of temperature, salinity and pressure comes first, then every quantity in situ as `NAME_computed`, at
    the output conditions as `NAME_output`, measurements that the pair leaves over as `NAME_computed_minus_measured`,
    and in words `reason` and `validity`.
    """
    values = result.bottles.values
    columns: dict[str, Any] = {f"{n}_used{unit_text(n)}": values[n] for n in ("temperature", "salinity", "pressure")}
    columns |= {f"{n}_computed{unit_text(n)}": x for n, x in result.values.items()}
    if result.output is not None:
        columns |= {f"{n}_output{unit_text(n)}": x for n, x in result.output.items()}
    for each in result.comparisons:
        columns[f"{each.name}_computed_minus_measured{unit_text(each.name)}"] = each.difference
    return pd.DataFrame(columns, index=values.index).assign(reason=result.reason, validity=result.validity)


def write_bottles(
    result: BottleResult,
    out: Path,
    *,
    settings: Mapping[str, Any] | None = None,
    figure: Path | None = None,
    draw: Callable[[Path], Any] | None = None,
) -> None:
    """Write the table with its added columns, its sidecar and its figure: all whole, or none.

    Args:
        result: of `solve_bottles`.
        out: table; every cell of the file that was read is kept as it is.
        settings: of the run, for the sidecar.
        figure: PNG, or None.
        draw: draws the figure into a path.
    """
    with ExitStack() as stack:
        table = stack.enter_context(whole_or_nothing(out))
        about = stack.enter_context(whole_or_nothing(sidecar(out)))
        if figure is not None and draw is not None:
            draw(stack.enter_context(whole_or_nothing(figure)))
        _write_table(result, table, SEPARATORS[out.suffix.lower()])
        text = json.dumps(provenance(result, settings or {}), ensure_ascii=False, indent=1, default=str)
        about.write_text(text + "\n", encoding="utf8")


def _write_table(result: BottleResult, path: Path, separator: str) -> None:
    more, file = added(result), result.bottles.file
    with path.open("w", encoding="utf8", newline="") as stream:
        writer = csv.writer(stream, delimiter=separator, lineterminator="\n")
        writer.writerow([*(column.label for column in file.columns), *more.columns])
        for (_, cells), row in zip(file.rows(), _texts(more), strict=True):
            writer.writerow([*cells, *row])


def _texts(table: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """Cells of every row; a block at a time, for text takes much memory."""
    for start in range(0, len(table), _AT_ONCE):
        block = table.iloc[start : start + _AT_ONCE]
        yield from zip(*(_cells(block[name]) for name in block), strict=True)


def _cells(column: pd.Series) -> list[str]:
    if not pd.api.types.is_numeric_dtype(column):
        return [str(value) for value in column]
    return ["" if value != value else format(value, _DIGITS) for value in column.tolist()]


def provenance(result: BottleResult, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Where a result comes from, ready for JSON: file, columns, flags, units, pair, constants, versions."""
    bottles = result.bottles
    return {
        "table": str(bottles.file.path),
        "sha256": file_hash(bottles.file.path),
        "settings": dict(settings),
        "columns": {name: [m.label for m in each] for name, each in bottles.columns.items()},
        "units_read": bottles.units,
        "flags": bottles.flags,
        "measured_at": {name: _place(place) for name, place in bottles.measured_at.items()},
        "pair": list(result.pair),
        "rows": len(bottles.values),
        "solved": result.solved,
        "comparisons": summary(result),
        "notes": [*bottles.notes, *result.notes],
        "constants": asdict(result.options),
        "sources": {fit.name: fit.source for fit in fits_used(result.options)},
        "added_columns": list(added(result).columns),
        "versions": versions(),
    }


def _place(place: Any) -> Any:
    if isinstance(place, str):
        return place
    known = place[~np.isnan(place)]
    return sorted({float(known.min()), float(known.max())}) if known.size else []


def summary(result: BottleResult) -> list[dict[str, Any]]:
    """Comparisons as numbers: computed minus measured, in the unit of the notation table."""
    return [{"quantity": c.name, "n": c.n, "mean": c.mean, "sd": c.sd} for c in result.comparisons]
