"""What the commands print: tables for people, JSON for machines."""

import json as encoder
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

console = Console(width=None if sys.stdout.isatty() else 120)

VERDICTS = {
    "en": {True: "qualified", False: "not qualified", None: "no verdict"},
    "zh": {True: "合格", False: "不合格", None: "无法评定"},
}
ACCURACY = {"en": "accuracy of", "zh": "精度评价"}
NOTE = {"en": "note:", "zh": "注意："}


def _table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def as_json(value: Any) -> None:
    """Print a value for machines."""
    print(encoder.dumps(value, ensure_ascii=False, indent=1, default=str))


@contextmanager
def progress(quiet: bool) -> Iterator[Any]:
    """Progress bar over the parts of a job: rate, time left, and what was found finished."""
    if quiet:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("reading inputs", total=None)

        def watch(label: str, number: int, total: int, computed: bool) -> None:
            words = f"{label} {'computed' if computed else 'found finished'}"
            bar.update(task, completed=number, total=total, description=words)

        yield watch


def checked(rows: list[Any], json: bool) -> None:
    """What `shanhai check` found."""
    if json:
        as_json([asdict(r) for r in rows])
        return
    columns = ["input", "from", "variable", "unit", "time", "grid"]
    _table("inputs", columns, [[r.name, r.origin, r.variable, r.unit, r.span, r.grid] for r in rows])
    console.print("The configuration and its inputs can be used.")


def result(report: Any, out: Path, json: bool) -> None:
    """Net fluxes, verdicts and where the report lies."""
    if json:
        verdicts = [
            {"quantity": a.quantity, "passed": a.passed, "R": a.correlation, "RMSE": a.rmse, "n": a.n}
            for a in report.accuracy
        ]
        as_json(
            {
                "net_flux": report.net_flux.to_dict("records"),
                "accuracy": verdicts,
                "report": out / "report.html",
            }
        )
        return
    shown = report.net_flux[report.net_flux.total.isin(["year", "all"])]
    net_flux_table(shown if len(shown) else report.net_flux)
    language = report.settings["output"]["language"]
    for verdict in report.accuracy:
        words = VERDICTS[language][verdict.passed]
        figures = f"R {verdict.correlation:.2f}, RMSE {verdict.rmse:.2f}"
        console.print(f"{ACCURACY[language]} {verdict.quantity}: {words} ({figures})")
        for reason in verdict.reasons:
            console.print(f"  {reason.in_language(language)}")
    for note in report.notes:
        console.print(f"{NOTE[language]} {note.in_language(language)}")
    console.print(f"report: {out / 'report.html'}")


def net_flux_table(table: Any) -> None:
    """Net fluxes of sea areas and time spans."""
    rows = [
        [
            r.area,
            r.label,
            f"{r.mean_flux:.2f}",
            f"{r.net_co2_flux:.3e}",
            f"{100 * r.valid_fraction:.0f} %",
            r.coverage,
        ]
        for r in table.itertuples()
    ]
    _table("net flux", ["area", "time", "mean [mmol m-2 d-1]", "net [kg C]", "valid area", "coverage"], rows)


def catalogue(products: list[Any], json: bool) -> None:
    """Products of Tables A.1 and A.2."""
    if json:
        as_json([asdict(p) for p in products])
        return
    from shanhai.io.catalogue import table

    columns, rows = table(products)
    _table("products of HY/T 0343.5 Tables A.1 and A.2", columns, rows)


def training(summary: Any, out: Path, json: bool) -> None:
    """Candidates, their validation on held-back blocks, and the chosen model."""
    if json:
        as_json(summary)
        return
    columns = ["model", "n", "R", "RMSE [Pa]", "limit [Pa]", "qualified"]
    rows = [
        [
            c["label"],
            str(c["n"]),
            f"{c['correlation']:.3f}",
            f"{c['rmse']:.2f}",
            f"{c['rmse_limit']:.1f}",
            _yes(c),
        ]
        for c in summary["candidates"]
    ]
    _table("validation on held-back blocks", columns, rows)
    for reason in summary["reasons"]:
        console.print(reason)
    console.print(f"model: {out}" if summary["model"] else "no model was written")


def _yes(candidate: dict[str, Any]) -> str:
    return "yes" if candidate["qualified"] else "no"


def demo(rows: list[dict[str, Any]], out: Path, json: bool) -> None:
    """The printed example beside both modes."""
    if json:
        as_json(rows)
        return
    shown = [[r["what"], f"{r['mean']:.2f}", f"{r['net']:.3e}"] for r in rows]
    _table("East China Sea, August 2009 (Table D.1)", ["", "mean flux [mmol m-2 d-1]", "net flux [kg C]"], shown)
    console.print(f"reports: {out / 'standard' / 'report.html'}  {out / 'table_d1' / 'report.html'}")


def bottles(result: Any, written: list[Path], json: bool) -> None:
    """What was found in a bottle table: the pair, ranges, flags, agreement, and what the reader must know."""
    from shanhai.io.bottle_output import provenance

    about = provenance(result, {})
    ranges = _ranges(result)
    if json:
        keys = ("table", "pair", "rows", "solved", "measured_at", "flags", "comparisons", "notes", "constants")
        as_json({key: about[key] for key in keys} | {"ranges": ranges, "written": [str(path) for path in written]})
        return
    console.print(f"{about['solved']} of {about['rows']} rows solved from {' and '.join(about['pair'])}")
    rows = [[r["quantity"], r["unit"], *(f"{r[key]:.6g}" for key in ("min", "median", "max"))] for r in ranges]
    _table("in situ", ["quantity", "unit", "min", "median", "max"], rows)
    if about["comparisons"]:
        rows = [[c["quantity"], str(c["n"]), f"{c['mean']:.4g}", f"{c['sd']:.3g}"] for c in about["comparisons"]]
        _table("computed minus measured", ["quantity", "n", "mean", "sd"], rows)
    for label, flags in about["flags"].items():
        console.print(f"flags of {label}: {', '.join(f'{flag} ({n})' for flag, n in flags.items())}")
    for reason, n in _counted(result.reason) + _counted("; ".join(result.validity).split("; ")):
        console.print(f"{n} row{'s' if n > 1 else ''}: {reason}")
    for note in about["notes"]:
        console.print(f"note: {note}")
    console.print("written: " + "  ".join(str(path) for path in written))


def _ranges(result: Any) -> list[dict[str, Any]]:
    from shanhai.core.notation import quantity

    return [
        {"quantity": name, "unit": quantity(name).unit, "n": int(x.notna().sum())}
        | {"min": float(x.min()), "median": float(x.median()), "max": float(x.max())}
        for name, x in result.values.items()
    ]


def _counted(words: Any) -> list[tuple[str, int]]:
    """Sentences by how often they are said, without the empty one."""
    from collections import Counter

    return Counter(str(word) for word in words if word).most_common()


_LISTS = {"box": ("Box models of the carbon cycle", "shanhai box"), "site": ("Soil of a site", "shanhai site soil")}


def presets(kind: str, rows: list[tuple[str, str]], json: bool) -> None:
    """What `shanhai box list` shows, and `shanhai site soil list`."""
    if json:
        as_json([{"preset": name, "title": title} for name, title in rows])
        return
    title, command = _LISTS[kind]
    _table(title, ["preset", "what it shows"], [list(row) for row in rows])
    console.print(f"Run one with: {command} PRESET --out FOLDER")


def preset(chosen: Any, json: bool) -> None:
    """What `shanhai check` found of a box model: every number with its unit and where it comes from."""
    from shanhai.io.provenance import parameters

    rows = parameters(chosen.settings)
    if json:
        as_json({"preset": chosen.name, "model": chosen.model, "title": chosen.title, "parameters": rows})
        return
    lines = [[r["name"], f"{r['value']:.6g}", "" if r["unit"] == "1" else r["unit"], r["meaning"]] for r in rows]
    _table(chosen.title, ["setting", "value", "unit", "meaning"], lines)


def box(preset: Any, result: Any, files: list[Path], json: bool) -> None:
    """Headlines and ledger of a box run."""
    if json:
        numbers = [n._asdict() for n in result.numbers]
        rows = [asdict(row) | {"closes": row.closes} for row in result.ledger]
        said = {"preset": preset.name, "numbers": numbers, "ledger": rows, "notes": list(result.notes)}
        as_json(said | {"files": [str(f) for f in files]})
        return
    lines = [[n.meaning, f"{n.value:.5g}", "" if n.unit == "1" else n.unit] for n in result.numbers]
    _table(preset.title, ["", "value", "unit"], lines)
    ledger_table(result.ledger)
    for note in result.notes:
        console.print(f"note: {note}", markup=False)
    for file in files:
        console.print(f"wrote {file}", markup=False)


def ledger_table(rows: Any) -> None:
    """The ledger of a run: what changed, what came from outside, and whether it closes."""
    lines = [
        [
            row.party,
            row.quantity,
            f"{row.change:.4g}",
            ", ".join(f"{name} {amount:.4g}" for name, amount in row.accounts.items()),
            f"{row.residual:.1e}",
            "closes" if row.closes else "LEAKS",
        ]
        for row in rows
    ]
    _table("Ledger [mol]", ["party", "of", "change", "from accounts", "residual", ""], lines)
