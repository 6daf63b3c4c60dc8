"""What the site makes at build time: tables out of the code, and equations as MathML, without any script.

A line ``{{ name }}`` in a page is replaced by the table of that name. Equations stand between $ or $$,
in pages and docstrings alike; arithmatex marks them and they become MathML here.
"""

import html
import re
from collections.abc import Callable, Iterable
from typing import Any

from latex2mathml.converter import convert

from shanhai.airsea.transfer import LAWS, TABLE_C1
from shanhai.core import notation, params
from shanhai.io import catalogue

PLACE = re.compile(r"^\{\{ (\w+) \}\}$", re.MULTILINE)
EQUATION = re.compile(r'<(span|div) class="arithmatex">(.*?)</\1>', re.DOTALL)
NAMED_FUNCTION = re.compile(r"(<mi>(?:ln|log|exp|sin|cos|artanh)</mi>)(?!<mo)")  # the converter sets no space


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Fill the tables in."""
    return PLACE.sub(lambda place: TABLES[place[1]](), markdown)


def on_page_content(content: str, **_: Any) -> str:
    """Render the equations."""
    return EQUATION.sub(_mathml, content)


def _mathml(found: re.Match[str]) -> str:
    latex = html.unescape(found[2]).strip()[2:-2]  # \( ... \) or \[ ... \]
    display = "block" if found[1] == "div" else "inline"
    return NAMED_FUNCTION.sub(r'\1<mspace width="0.17em"/>', convert(latex.strip(), display=display))


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head)]
    lines.append(["---"] * len(lines[0]))
    lines += [list(row) for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _notation() -> str:
    rows = [
        (f"${q.symbol}$", _code(q.name), _code(q.cf_name), q.unit, q.meaning, q.zh) for q in notation.table().values()
    ]
    return _table(("symbol", "name in code and files", "CF standard name", "unit", "meaning", "中文"), rows)


def _laws() -> str:
    return _table(
        ("name", "coefficients", "Sc of reference", "winds", "row of Table C.1", "source"),
        (_law(name, make()) for name, make in LAWS.items()),
    )


def _law(name: str, law: Any) -> tuple[str, ...]:
    used = [p for p in params.describe(law) if p.value]
    coefficients = ", ".join(f"{p.name} = {p.value:g}" for p in used)
    rows = ", ".join(str(row) for row, named in TABLE_C1.items() if named == name)
    low, high = law.valid_wind
    winds = "any" if high == float("inf") else f"{low:g} to {high:g} m/s"
    exponent = getattr(law, "smooth_exponent", 0.5)
    if exponent != 0.5:
        coefficients += f"; exponent {exponent:.3g} in calm"
    return _code(name), coefficients, f"{law.reference_schmidt:g}", winds, rows, law.source


def _products() -> str:
    return "\n\n".join(_products_of(name) for name in dict.fromkeys(p.quantity for p in catalogue.products()))


def _products_of(quantity: str) -> str:
    meaning = notation.quantity(quantity).meaning
    head = ("name", "platform", "period", "degrees (km)", "client and datasets", "note")
    heads, cells = catalogue.table(catalogue.products(quantity))
    rows = (_product(dict(zip(heads, row))) for row in cells)
    return f"## {meaning[0].upper()}{meaning[1:]}\n\n{_table(head, rows)}"


def _product(cell: dict[str, str]) -> tuple[str, ...]:
    size = cell["degrees"] + (f" ({cell['km']})" if cell["km"] else "")
    datasets = "<br>".join(_code(part) for part in cell["datasets"].split(", "))
    platform = f"{cell['platform']}<br>{cell['sensor']}"
    return (
        _code(cell["name"]),
        platform,
        cell["period"],
        size,
        f"{cell['client']}:<br>{datasets}",
        cell["note"],
    )


def _code(text: str) -> str:
    """A name that may be broken where its words end."""
    breakable = re.sub("([_/-])", r"\1<wbr>", html.escape(text))
    return f"<code>{breakable}</code>" if text else ""


TABLES: dict[str, Callable[[], str]] = {"notation": _notation, "laws": _laws, "products": _products}
