"""Tables of docs/validation.md, made from the numbers: text between a pair of comments is theirs."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

BLOCK = re.compile(r"(<!-- numbers: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def fill(path: Path, numbers: dict[str, Any]) -> None:
    """Bring the tables of the page up to date."""
    path.write_text(filled(path.read_text(encoding="utf8"), numbers), encoding="utf8")


def filled(text: str, numbers: dict[str, Any]) -> str:
    """The page with every table made anew."""
    return BLOCK.sub(lambda found: f"{found[1]}\n{TABLES[found[2]](numbers)}\n\n{found[3]}", text)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of Markdown."""
    lines = [list(head)]
    lines.append(["---"] * len(lines[0]))
    return "\n".join("| " + " | ".join(line) + " |" for line in [*lines, *map(list, rows)])


def number(value: float, digits: int) -> str:
    """A number with a real minus sign."""
    return f"{value:.{digits}f}".replace("-", "−")


def power(value: float) -> str:
    """A mass as 2.93e8, with a real minus sign.

    >>> power(-2.928e8)
    '−2.928e8'
    """
    mantissa, exponent = f"{value:.3e}".split("e")
    return f"{mantissa}e{int(exponent)}".replace("-", "−")


def _years(numbers: dict[str, Any]) -> str:
    parts = []
    for area, unit, size, digits in (("Global ocean", "Pg C", 1.0, 2), ("China seas", "Tg C", 1000.0, 1)):
        head = (area, "mean, mmol m-2 d-1", f"year, {unit}", f"sum of months, {unit}", f"valid cells only, {unit}")
        rows = [
            (
                r["variant"],
                number(r["mean"], 2),
                number(r["net"] * size, digits) + (f" ± {r['spread'] * size:.{digits}f}" if r["spread"] else ""),
                number(r["sum_of_months"] * size, digits),
                number(r["valid_only"] * size, digits),
                f"{100 * r['valid']:.0f} %",
            )
            for r in numbers["flux"]["years"]
            if r["area"] == area
        ]
        parts.append(table((*head, "valid area"), rows))
    return "\n\n".join(parts)


def _spans(numbers: dict[str, Any], key: str) -> str:
    head = ("", *(f"{a}, {q}" for a in ("global", "China seas") for q in ("mean", "with C = 1", "net")))
    of = {a: [r for r in numbers["flux"][key] if r["area"] == a] for a in ("Global ocean", "China seas")}
    rows = []
    for world, china in zip(of["Global ocean"], of["China seas"]):
        cells = [number(r[q], 2) for r in (world,) for q in ("mean", "without")] + [f"{number(world['net'], 3)} Pg"]
        cells += [number(china[q], 2) for q in ("mean", "without")] + [f"{number(china['net'] * 1000, 2)} Tg"]
        label = world["label"].replace("-", "\N{NON-BREAKING HYPHEN}")
        rows.append((label + ("" if world["complete"] else " (incomplete)"), *cells))
    return table(head, rows)


def _plain(numbers: dict[str, Any]) -> str:
    p, t = numbers["flux"]["plain"], numbers["flux"]["transfer"]
    rows = [
        ("cells and months compared", f"{p['cells']}"),
        ("largest difference of the flux, mmol m-2 d-1", f"{p['worst']:.1e}".replace("-", "−")),
        ("cells and months valid in one only", f"{p['only_one']}"),
        ("global mean of k, cm h-1", number(t["without"], 1)),
        ("global mean of k × C2, cm h-1", number(t["with_c2"], 1)),
        ("median of C2", number(t["median_c2"], 2)),
    ]
    return table(("", ""), rows)


def _wind_moments(numbers: dict[str, Any]) -> str:
    w = numbers["wind_moments"]
    rows = [
        ("cells and months with winds", f"{w['cells']}"),
        ("median number of altimeter samples in them", f"{w['median_count']:.0f}"),
        ("mean square below the square of the mean", f"{100 * w['square_below']:.1f} %"),
        ("mean cube below mean × mean square", f"{100 * w['cube_below']:.1f} %"),
        ("mean cube × mean below the square of the mean square", f"**{100 * w['cauchy_schwarz']:.1f} %**"),
        ("median of mean cube × mean / square of the mean square", number(w["median_ratio"], 3)),
        ("median C2", number(w["median_c2"], 2)),
        ("median C3", number(w["median_c3"], 2)),
        ("C2 of the Weibull distribution with that C3", number(w["weibull_c2"], 2)),
    ]
    return table(("wind moments of the 2010 archive", ""), rows)


def _cruise(numbers: dict[str, Any]) -> str:
    head = ("", "match-ups", "R", "RMSE", "limit", "bias", "mean in situ", "verdict")
    units = {"pco2_sea": "Pa", "co2_flux": "mmol m-2 d-1"}
    rows = [
        (
            f"`{v['quantity']}`, {units[v['quantity']]}",
            f"{v['n']}",
            number(v["correlation"], 2),
            number(v["rmse"], 2),
            number(v["rmse_limit"], 1),
            number(v["bias"], 2),
            number(v["mean"], 2),
            {True: "qualified", False: "not qualified", None: "none"}[v["passed"]],
        )
        for v in numbers["cruise"]["verdicts"]
    ]
    quote = f"> {numbers['cruise']['refusal']}"
    said = [f"- `{v['quantity']}`: {' '.join(v['reasons'])}" for v in numbers["cruise"]["verdicts"]]
    parts = ['With `match = "time"`:', quote, 'With `match = "climatology"`:', table(head, rows), "\n".join(said)]
    return "\n\n".join(parts)


def _pco2_models(numbers: dict[str, Any]) -> str:
    m = numbers["pco2_models"]
    boxes = {r["label"]: r for r in m["boxes"]["rows"]}
    head = ("model", "R, months held back", "RMSE, Pa", "qualified", "R, boxes held back", "RMSE, Pa", "qualified")
    rows = [
        (f"`{r['label']}`", *(x for held in (r, boxes[r["label"]]) for x in _score(held))) for r in m["months"]["rows"]
    ]
    first = f"{m['cells']} cells and months, coefficient of variation {m['variation']:.3f}; limit 2 Pa and R > 0.7."
    return f"{first}\n\n{table(head, rows)}"


def _score(row: dict[str, Any]) -> tuple[str, str, str]:
    return number(row["correlation"], 2), number(row["rmse"], 2), "yes" if row["qualified"] else "no"


def _table_d1(numbers: dict[str, Any]) -> str:
    d = numbers["table_d1"]
    low, high = d["excess_of_large_cells"]
    rounding = " to ".join(number(x, 1) for x in d["solubility_rounding"])
    rows = [
        ("mean flux printed, mmol m-2 d-1", number(d["mean"]["printed"], 4)),
        ("mean flux by the equations", number(d["mean"]["standard"], 4)),
        ("mean flux in mode `table_d1`", number(d["mean"]["table_d1"], 4)),
        ("printed mean exceeds the equations by", f"{d['excess_of_mean']:.1f} %"),
        (f"printed cells above 3 mmol m-2 d-1 ({d['large_cells']} of 20) exceed by", f"{low:.1f} to {high:.1f} %"),
        ("rounding the solubility to 0.03 alone makes a cell larger by", f"{rounding} %"),
        (f"largest difference of a cell (row {d['difference_in_row']}), mmol m-2 d-1", number(d["difference"], 2)),
        ("largest difference of a cell from mode `table_d1`", number(d["difference_table_d1"], 3)),
        *((f"net flux, kg C: {what}", power(value)) for what, value in d["net"].items()),
        ("area of the cells by formula (15), km2", " to ".join(f"{a:.0f}" for a in d["area"])),
    ]
    return table(("Table D.1", ""), rows)


TABLES: dict[str, Callable[[dict[str, Any]], str]] = {
    "years": _years,
    "months": lambda numbers: _spans(numbers, "months"),
    "seasons": lambda numbers: _spans(numbers, "seasons"),
    "plain": _plain,
    "wind_moments": _wind_moments,
    "cruise": _cruise,
    "pco2_models": _pco2_models,
    "table_d1": _table_d1,
}
