"""What the site makes at build time: tables out of the code, and equations as MathML, without any script.

A line ``{{ name }}`` in a page is replaced by the table of that name. Equations stand between $ or $$,
in pages and docstrings alike; arithmatex marks them and they become MathML here.
"""

import html
import inspect
import re
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Union, get_args, get_origin

from latex2mathml.converter import convert
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from shanhai.airsea.transfer import LAWS, TABLE_C1
from shanhai.core import notation, params
from shanhai.io import catalogue
from shanhai.io.sources import FieldSource, TableSource, ValidWhen
from shanhai.monitoring import config
from shanhai.monitoring.pco2_models.forest import ForestSpec
from shanhai.monitoring.pco2_models.model import ModelSpec
from shanhai.monitoring.pco2_models.neural import NeuralSpec
from shanhai.monitoring.pco2_models.polynomial import PolynomialSpec
from shanhai.monitoring.pco2_models.semi_analytic import SemiAnalyticSpec
from shanhai.seawater.co2system.pairs import REASONS
from shanhai.seawater.constants import CHOICES, ConstantOptions, Fit

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


def _constants() -> str:
    return "\n\n".join(_choices(field, choices) for field, choices in CHOICES.items())


def _choices(field: str, choices: Any) -> str:
    meaning = meanings(ConstantOptions)[field]  # type: ignore[arg-type]
    heading = f"### {field}\n\n{meaning[0].upper()}{meaning[1:]}\n\n"
    if not isinstance(choices, Mapping):
        return heading + " or ".join(_code(name) for name in choices) + "."
    rows = [_choice(name, made) for name, made in choices.items()]
    heads = ("name", "source", "scale", "t [°C]", "S")
    shown = 5 if any(row[2] for row in rows) else 2
    return heading + _table(heads[:shown], (row[:shown] for row in rows))


def _choice(name: str, made: Any) -> tuple[str, ...]:
    """A fit, the fits of several constants, or a function."""
    fits = [x for x in (made if isinstance(made, tuple) else (made,)) if isinstance(x, Fit)]
    if not fits:
        said = inspect.getdoc(made) if callable(made) else ""
        return _code(name), " ".join((said or "").split("\n\n")[0].split()), "", "", ""
    (cold, hot), (fresh, salt) = fits[-1].temperature, fits[-1].salinity
    sources = "; and ".join(dict.fromkeys(fit.source for fit in fits))
    return _code(name), sources, fits[-1].scale, _span(cold, hot), _span(fresh, salt)


def _span(low: float, high: float) -> str:
    return f"{low:g} to {high:g}" if low != -float("inf") else "any"


SECTIONS: dict[str, dict[str, type[BaseModel]]] = {  # table -> heading -> what holds the keys
    "configuration": {
        "The file": config.FluxConfig,
        "[region]": config.Region,
        "[time]": config.TimeSpan,
        "[grid]": config.GridSection,
        "[inputs.…]": FieldSource,
        "valid_when": ValidWhen,
        "[flux]": config.FluxSection,
        "[carbonate]": config.CarbonateSection,
        "[uncertainty]": config.UncertaintySection,
        "[accuracy]": config.AccuracySection,
        "data": TableSource,
        "[net_flux]": config.NetFluxSection,
        "[[net_flux.areas]]": config.SeaArea,
        "[output]": config.OutputSection,
    },
    "model_configuration": {
        "The training file": config.ModelConfig,
        "[validation]": config.ValidationSection,
        "candidates: polynomial": PolynomialSpec,
        "candidates: neural": NeuralSpec,
        "candidates: forest": ForestSpec,
        "candidates: semi_analytic": SemiAnalyticSpec,
    },
}


def _sections(table: str) -> str:
    return "\n\n".join(_section(heading, model) for heading, model in SECTIONS[table].items())


def _section(heading: str, model: type[BaseModel]) -> str:
    said = meanings(model)
    rows = (
        (_code(name), html.escape(type_text(f.annotation)).replace("|", "&#124;"), _default(f), said.get(name, ""))
        for name, f in model.model_fields.items()
    )
    shown = f"`{heading}`" if heading.startswith("[") else heading
    summary = inspect.cleandoc(model.__doc__ or "").split("\n\n")[0]
    return f"### {shown}\n\n{summary}\n\n{_table(('key', 'type', 'default', 'meaning'), rows)}"


ENTRY = re.compile(r"^ {4}(\w+(?:, \w+)*): (.+(?:\n {5,}.+)*)", re.MULTILINE)


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """Key -> what the docstring of its class, or of a class that it extends, says of it."""
    out: dict[str, str] = {}
    for cls in (ModelSpec, model):
        if issubclass(model, cls):
            entries = inspect.cleandoc(cls.__doc__ or "").partition("Args:\n")[2].split("\n\n")[0]
            for names, words in ENTRY.findall(entries):
                out |= dict.fromkeys(names.split(", "), " ".join(words.split()))
    if issubclass(model, ModelSpec):
        out["kind"] = "which model this is."
    return out


def type_text(annotation: Any) -> str:
    """A type in the words of TOML."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation is type(None):
        return ""
    if origin is Literal:
        return " or ".join(repr(value).replace("'", '"') for value in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(words for one in inner if (words := type_text(one)))
    if hasattr(annotation, "__metadata__"):
        return type_text(inner[0])
    if origin is tuple:
        many = len(inner) == 2 and inner[1] is Ellipsis
        return f"list of {type_text(inner[0])}" if many else f"[{', '.join(type_text(i) for i in inner)}]"
    if origin is dict:
        return f"table of {type_text(inner[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table"
    return {float: "number", int: "whole number", str: "text", bool: "true or false"}.get(annotation, "any")


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "*required*"
    if value is None or value in ((), {}) or isinstance(value, BaseModel):
        return ""
    if isinstance(value, tuple):
        return _code("[" + ", ".join(_toml(one) for one in value) + "]")
    return _code("1/24" if value == 1 / 24 else _toml(value))


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"


def _code(text: str) -> str:
    """A name that may be broken where its words end."""
    breakable = re.sub("([_/-])", r"\1<wbr>", html.escape(text))
    return f"<code>{breakable}</code>" if text else ""


TABLES: dict[str, Callable[[], str]] = {
    "notation": _notation,
    "laws": _laws,
    "products": _products,
    "configuration": lambda: _sections("configuration"),
    "model_configuration": lambda: _sections("model_configuration"),
    "constants": _constants,
    "reasons": lambda: _table(("reason", "meaning"), ((str(code), words) for code, words in REASONS.items())),
}
