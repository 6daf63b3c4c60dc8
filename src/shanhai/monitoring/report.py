"""The report of a job as one HTML page that a supervisor can read, and its tables as CSV."""

import base64
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

import shanhai
from shanhai import data
from shanhai.airsea import LAWS
from shanhai.airsea.transfer import TABLE_C1, LissMerlivatLaw
from shanhai.core.notation import quantity, table
from shanhai.io.output import whole_or_nothing
from shanhai.monitoring.net_flux import coverage
from shanhai.monitoring.report_figures import UNCERTAINTY, figures_for
from shanhai.monitoring.report_words import (
    area_text,
    integer,
    mass,
    mass_in_grams,
    mass_in_kg,
    net_flux_sentences,
    number,
    percent,
    period_text,
    sign_class,
    span_text,
)
from shanhai.monitoring.results import AccuracyResult, Figure, Report
from shanhai.plot import style

__all__ = ["figures_for", "write_report", "write_tables"]

PAGE = "report.html"
LONG_TABLE = 24
"""Tables with more rows are folded."""
SCREEN = 0.64
"""Width of a figure on the page over its pixels: lettering of the same size in every figure."""
MOST_SENTENCES = 4
"""Time spans of one sea area that the summary tells one by one."""
TOTALS = ("all", "year", "season", "month")
CSV_UNITS = {
    "net_co2_flux": "kgC",
    UNCERTAINTY: "kgC",
    f"{UNCERTAINTY}_monte_carlo": "kgC",
    "mean_flux": "mmol_m2_d",
    "mean_flux_uncertainty": "mmol_m2_d",
    "mean_flux_uncertainty_monte_carlo": "mmol_m2_d",
    "valid_area": "km2",
}
CSV_UNITS |= {"sea_area": "km2", "days": "d"}

Row = dict[str, Any]


def write_report(report: Report, folder: Path, language: str = "en") -> Path:
    """Write the report as one self-contained HTML page: no script, no outside resource, figures inside.

    Args:
        report: everything of the job; its figures are read from their paths.
        folder: where `report.html` goes.
        language: "en" or "zh".

    Returns:
        path of the page.
    """
    path = Path(folder) / PAGE
    text = page(report, language)
    with whole_or_nothing(path) as temporary:
        temporary.write_text(text, encoding="utf8")
    return path


def page(report: Report, language: str = "en") -> str:
    """The report as HTML text."""
    loader = jinja2.FileSystemLoader(str(data.path("templates")))
    strict = jinja2.StrictUndefined
    house = jinja2.Environment(loader=loader, autoescape=True, undefined=strict, trim_blocks=True, lstrip_blocks=True)
    return house.get_template("report.html.j2").render(_view(report, language))


def write_tables(report: Report, folder: Path) -> list[Path]:
    """Write the tables of a job as CSV in UTF-8 with the mark that spreadsheets want, units in the column names.

    Returns:
        paths of net_flux.csv, accuracy.csv, periods.csv and match_ups_<quantity>.csv, those that have rows.
    """
    tables = {"net_flux": report.net_flux, "accuracy": _accuracy_table(report.accuracy)}
    tables["periods"] = report.statistics.reset_index() if len(report.statistics) else report.statistics
    units = {"periods": dict.fromkeys(("mean", "minimum", "maximum"), "mmol_m2_d")}
    for name, match_ups in report.match_ups.items():
        tables[f"match_ups_{name}"] = match_ups
        units[f"match_ups_{name}"] = dict.fromkeys(("in_situ", "product"), _csv_unit(quantity(name).unit))
    some = {name: t for name, t in tables.items() if len(t)}
    return [_write_csv(t, Path(folder) / f"{name}.csv", units.get(name, {})) for name, t in some.items()]


def _write_csv(rows: pd.DataFrame, path: Path, units: Mapping[str, str]) -> Path:
    known = CSV_UNITS | {n: _csv_unit(q.unit) for n, q in table().items() if n not in CSV_UNITS} | dict(units)
    headed = {c: f"{c}_{known[c]}" for c in rows.columns if known.get(c)}
    with whole_or_nothing(path) as temporary:
        rows.rename(columns=headed).to_csv(temporary, index=False, encoding="utf-8-sig", lineterminator="\n")
    return path


def _csv_unit(unit: str) -> str:
    """Unit as part of a column name.

    >>> _csv_unit("mmol m-2 d-1"), _csv_unit("1")
    ('mmol_m2_d', '')
    """
    return "" if unit == "1" else re.sub(r"-1\b|-", "", unit).replace(" ", "_")


def _accuracy_table(results: list[AccuracyResult]) -> pd.DataFrame:
    return pd.DataFrame([vars(r) | {"reasons": " ".join(s.en for s in r.reasons)} for r in results])


@dataclass(frozen=True)
class _Words:
    """Texts of one language."""

    language: str
    report: dict[str, str]
    words: dict[str, str]
    options: dict[str, str]

    def name(self, quantity_name: str) -> str:
        """Quantity in words."""
        if quantity_name not in table():
            return quantity_name
        about = quantity(quantity_name)
        return about.zh if self.language == "zh" else style.spoken(about.meaning)

    def span(self, label: str) -> str:
        """Label of a time span in words."""
        return span_text(label, self.language, self.words)


def _view(report: Report, language: str) -> Row:
    """Everything that the template shows, as text."""
    w = _Words(language, *(style.texts(language, s) for s in ("report", "words", "options")))
    settings = report.settings
    return {
        "t": w.report,
        "words": w.words,
        "title": report.title,
        "facts": list(_facts(report, w)),
        "brief": list(_brief(report, w)),
        "accuracy": [_accuracy(r, w) for r in report.accuracy],
        "notes": [n.in_language(language) for n in report.notes],
        "figures": [_figure(f, language) for f in report.figures],
        "net_flux": list(_net_flux_tables(report, w)),
        "law": _law(settings, w),
        "mode": report.mode,
        "ellipsoid": (settings.get("net_flux") or {}).get("area_rule") == "ellipsoid",
        "schmidt_2014": (settings.get("flux") or {}).get("schmidt") == "wanninkhof_2014",
        "options": list(_options(settings, report.mode, w)),
        "statistics": _statistics(report.statistics, w),
        "inputs": [_input(name, source, w) for name, source in (settings.get("inputs") or {}).items()],
        "hashes": [(path, str(mark)) for path, mark in report.provenance.get("inputs", {}).items()],
        "parameters": [_parameter(p) for p in report.provenance.get("parameters", ())],
        "versions": list(report.provenance.get("versions", {}).items()),
        "further": _further(report.provenance),
        "settings": json.dumps(settings, indent=2, ensure_ascii=False, default=str),
        "version": report.provenance.get("versions", {}).get("shanhai", shanhai.__version__),
    }


def _facts(report: Report, w: _Words) -> Iterator[tuple[str, str]]:
    settings = report.settings
    if time := settings.get("time"):
        yield w.report["period"], period_text(time["start"], time["end"], w.language)
        yield w.report["frequency"], style.texts(w.language, "figures", drawn=False)[time["frequency"]]
    if region := settings.get("region"):
        yield w.report["region"], _region(region, w)
    if resolution := (settings.get("grid") or {}).get("resolution"):
        yield w.report["grid"], _resolution(float(resolution))
    yield w.report["mode"], w.report[f"mode_{report.mode}"]


def _region(region: Mapping[str, float], w: _Words) -> str:
    west, east, south, north = (float(region[k]) for k in ("west", "east", "south", "north"))
    if east - west == 360 and (south, north) == (-90, 90):
        return w.words["globe"]
    from shanhai.plot.maps import meridian, parallel

    return f"{parallel(south)}–{parallel(north)}, {meridian(west)}–{meridian(east)}"


def _resolution(degrees: float) -> str:
    """Resolution as a fraction of a degree where it is one.

    >>> _resolution(1 / 24), _resolution(0.25), _resolution(1.0), _resolution(0.3)
    ('1/24°', '1/4°', '1°', '0.3°')
    """
    parts = round(1 / degrees)
    return f"1/{parts}°" if parts > 1 and math.isclose(parts * degrees, 1) else f"{degrees:g}°"


def _brief(report: Report, w: _Words) -> Iterator[Row]:
    """A card for each sea area: its net flux over the longest time spans that the data cover in full."""
    rows = report.net_flux
    if rows.empty:
        return
    for area, its in rows.groupby("area", sort=False):
        whole = its[its["complete"]] if its["complete"].any() else its
        longest = next(t for t in TOTALS if (whole["total"] == t).any())
        some = whole[whole["total"] == longest]
        name = area_text(str(area), w.words)
        if len(some) > MOST_SENTENCES:
            yield _card(some.iloc[-1], name, w) | {
                "sentences": [_several(some, name, w)],
                "mass": "",
                "span": "",
            }
        else:
            for _, row in some.iterrows():
                yield _card(row, name, w)


def _card(row: pd.Series, name: str, w: _Words) -> Row:
    net, spread, share = _net(row), _spread(row), float(row["valid_fraction"])
    label = _covered_span(row, w)
    kind = sign_class(net, spread)
    return {
        "area": name,
        "key": bool(row.get("key", False)),
        "span": label,
        "kind": kind,
        "kind_text": w.words["no_value" if kind == "none" else kind],
        "mass": mass_in_grams(net, spread),
        "mass_in_kg": mass_in_kg(net, spread),
        "sentences": net_flux_sentences(name, label, net, spread, share, w.language),
        "coverage": coverage(share),
        "coverage_text": w.words[coverage(share)],
    }


def _covered_span(row: pd.Series, w: _Words) -> str:
    """Time span of a row as far as there are data: the calendar span, or its first to last month."""
    if row["total"] != "all" and row["complete"]:
        return w.span(row["label"])
    last = pd.Timestamp(row["end"]) - pd.Timedelta(1, "ns")
    return period_text(str(row["start"])[:7], str(last)[:7], w.language)


def _several(rows: pd.DataFrame, name: str, w: _Words) -> str:
    known = rows[rows["net_co2_flux"].notna()]
    if known.empty:
        return w.words["none_sentence"].format(span=w.words["whole_span"], area=name)
    low = known.loc[known["net_co2_flux"].idxmin()]
    high = known.loc[known["net_co2_flux"].idxmax()]
    return w.words["several_sentence"].format(
        n=len(rows),
        area=name,
        sinks=int((known["net_co2_flux"] < 0).sum()),
        sources=int((known["net_co2_flux"] > 0).sum()),
        low_span=w.span(low["label"]),
        low_mass=mass(_net(low)),
        high_span=w.span(high["label"]),
        high_mass=mass(_net(high)),
    )


def _net(row: pd.Series) -> float:
    return float(row["net_co2_flux"])


def _spread(row: pd.Series) -> float:
    return float(row.get(UNCERTAINTY, math.nan))


def _net_flux_tables(report: Report, w: _Words) -> Iterator[Row]:
    rows = report.net_flux
    for total in TOTALS:
        some = rows[rows["total"] == total] if len(rows) else rows
        if len(some):
            yield {
                "heading": w.words[f"span_{total}"],
                "folded": len(some) > LONG_TABLE,
                "rows": [_net_flux_row(row, w) for _, row in some.iterrows()],
            }


def _net_flux_row(row: pd.Series, w: _Words) -> Row:
    net, spread = _net(row), _spread(row)
    kind = sign_class(net, spread)
    return {
        "area": area_text(str(row["area"]), w.words),
        "key": bool(row.get("key", False)),
        "span": w.span(row["label"]) if row["total"] != "all" else _covered_span(row, w),
        "incomplete": not bool(row.get("complete", True)),
        "mean": number(row["mean_flux"]),
        "net": mass_in_kg(net, spread).removesuffix(" kg C"),
        "size": integer(round(row["sea_area"])),
        "share": percent(row["valid_fraction"]),
        "kind": kind,
        "kind_text": w.words["no_value" if kind == "none" else kind],
        "coverage": coverage(float(row["valid_fraction"])),
        "coverage_text": w.words[f"short_{coverage(float(row['valid_fraction']))}"],
    }


def _accuracy(result: AccuracyResult, w: _Words) -> Row:
    unit = style.unit_text(quantity(result.quantity).unit)
    kind = {True: "passed", False: "failed", None: "undecided"}[result.passed]
    name = w.name(result.quantity)
    return {
        "quantity": style.capital(name),
        "kind": kind,
        "kind_text": w.words[kind],
        "sentence": w.words[f"{kind}_sentence"].format(quantity=name, n=integer(result.n)),
        "rules": list(_rules(result, unit, w)),
        "others": [
            (w.report["match_ups"], integer(result.n)),
            (w.report["bias"], f"{number(result.bias)} {unit}"),
            (w.report["mean_in_situ"], f"{number(result.mean_in_situ)} {unit}"),
        ],
        "reasons": [r.in_language(w.language) for r in result.reasons],
    }


def _rules(result: AccuracyResult, unit: str, w: _Words) -> Iterator[Row]:
    """The rules of clause 4.5.3.1 with what was found."""
    found = [
        ("correlation", number(result.correlation), "> 0.7", result.correlation > 0.7),
        ("variation", number(result.variation), "> 0.25", result.variation > 0.25),
    ]
    if result.relative_limit:
        ratio = result.rmse / abs(result.mean_in_situ)
        limit = f"< {percent(result.rmse_limit)}"
        found.append(("rmse_relative", percent(ratio, 1), limit, ratio < result.rmse_limit))
    else:
        met = result.rmse < result.rmse_limit
        found.append(("rmse", f"{number(result.rmse)} {unit}", f"< {result.rmse_limit:g} {unit}", met))
    for key, value, limit, met in found:
        kind = "undecided" if value.startswith("–") else "met" if met else "missed"
        yield {"rule": w.report[key], "found": value, "required": limit, "kind": kind, "text": w.words[kind]}


def _figure(figure: Figure, language: str) -> Row:
    caption = figure.caption.in_language(language)
    image = figure.path.read_bytes()
    pixels = int.from_bytes(image[16:20], "big")  # width in the header of a PNG
    encoded = base64.b64encode(image).decode()
    return {"name": figure.name, "caption": caption, "data": encoded, "width": round(pixels * SCREEN)}


def _law(settings: Mapping[str, Any], w: _Words) -> Row:
    """Transfer velocity law with its coefficients, reference and range."""
    name = (settings.get("flux") or {}).get("law", "ho_2006")
    law: Any = LAWS[name]()
    low, high = law.valid_wind
    numbers = ", ".join(str(row) for row, known in TABLE_C1.items() if known == name)
    pieces = isinstance(law, LissMerlivatLaw)
    return {
        "name": name,
        "source": law.source,
        "schmidt": f"{law.reference_schmidt:g}",
        "place": w.report["law_within"].format(number=numbers) if numbers else w.report["law_beyond"],
        "range": w.report["valid_wind"].format(low=f"{low:g}", high=f"{high:g}") if math.isfinite(high) else "",
        "terms": [] if pieces else _terms(law),
        "pieces": _pieces(law) if pieces else [],
        "compensation": _compensation(settings, pieces, law),
        "exponent": "−1/2" if law.schmidt_exponent(1.0) == 0.5 else "−n",
    }


def _compensation(settings: Mapping[str, Any], pieces: bool, law: Any) -> str:
    """How the wind compensation factor comes about: "none", "linear", "quadratic" or "general"."""
    if (settings.get("flux") or {}).get("wind_compensation") == "none":
        return "none"
    if pieces:
        return "linear"
    return "quadratic" if [p for _, p in _terms(law)] == [2] else "general"


def _terms(law: Any) -> list[tuple[str, int]]:
    coefficients = [float(getattr(law, f"a{power}")) for power in range(4)]
    return [(f"{a:.4g}", power) for power, a in enumerate(coefficients) if a]


def _pieces(law: LissMerlivatLaw) -> list[tuple[str, str]]:
    ranges = ("U ≤ 3.6", "3.6 < U ≤ 13", "U > 13")
    slopes = [f"{float(a):.4g} U" for a in (law.smooth, law.rough, law.breaking)]
    for i, offset in ((1, law.rough_offset), (2, law.breaking_offset)):
        slopes[i] += f" − {-float(offset):.4g}"
    return list(zip(slopes, ranges, strict=True))


def _options(settings: Mapping[str, Any], mode: str, w: _Words) -> Iterator[str]:
    """Sentences on every choice that is not the standard's own."""
    flux = settings.get("flux") or {}
    if mode == "table_d1":
        yield w.options["table_d1"]
    if flux.get("law", "ho_2006") not in TABLE_C1.values():
        yield w.options["law"].format(value=flux["law"])
    if flux.get("schmidt") == "wanninkhof_2014":
        yield w.options["schmidt"]
    if flux.get("wind_compensation") == "none":
        yield w.options["wind_compensation"]
    for key in ("fugacity", "sea_ice"):
        if flux.get(key):
            yield w.options[key]
    if flux.get("cool_skin", "off") != "off":
        depth = w.options[flux.get("temperature_is", "subskin")]
        yield w.options["cool_skin"].format(value=flux["cool_skin"], temperature=depth)
    if flux.get("salty_skin"):
        yield w.options["salty_skin"].format(value=f"{flux['salty_skin']:g}")
    yield from _other_options(settings, w)


def _other_options(settings: Mapping[str, Any], w: _Words) -> Iterator[str]:
    """Options of clauses 4.5 and 4.6 and of the uncertainty."""
    net, accuracy = settings.get("net_flux") or {}, settings.get("accuracy") or {}
    if net.get("area_rule") == "ellipsoid":
        yield w.options["area_rule"]
    if net.get("weighting") == "days":
        yield w.options["weighting"]
    if net.get("require_every_subperiod") is False:
        yield w.options["subperiods"]
    if accuracy.get("match") == "climatology":
        yield w.options["match"]
    if accuracy.get("reject", "three_sigma") != "three_sigma":
        yield w.options[f"reject_{accuracy['reject']}"]
    if accuracy.get("signed_variation"):
        yield w.options["signed_variation"]
    if spread := settings.get("uncertainty"):
        length, time = (
            float(spread.get("correlation_length", 0)) / 1e3,
            float(spread.get("correlation_time", 0)),
        )
        yield w.options["uncertainty"].format(length=f"{length:g}", time=f"{time:g}")


def _statistics(statistics: pd.DataFrame, w: _Words) -> Row:
    """Table of the periods: what the frame holds, in its order."""
    columns = [c for c in statistics.columns if c != "days"]
    rows = [
        [w.span(str(label)), *(integer(row[c]) if c == "valid_cells" else number(row[c]) for c in columns)]
        for label, row in statistics.iterrows()
    ]
    heads = [w.report.get(f"statistic_{c}", c) for c in columns]
    return {"heads": heads, "rows": rows, "folded": len(rows) > LONG_TABLE}


def _input(name: str, source: Mapping[str, Any], w: _Words) -> Row:
    origin = next((source[k] for k in ("files", "model", "stations", "value") if source.get(k) is not None), "–")
    variable = source.get("variable") or "–"
    quiet = {"files", "model", "stations", "value", "variable"}
    noise = {"climatology": False, "out_of_range": "refuse"}
    stated = {k: v for k, v in source.items() if k not in quiet and v is not None and noise.get(k) != v}
    about = w.name(name)
    return {
        "name": style.capital(about),
        "code": name,
        "origin": "\n".join(map(str, origin)) if isinstance(origin, list | tuple) else str(origin),
        "variable": variable if isinstance(variable, str) else ", ".join(variable),
        "unit": style.unit_text(quantity(name).unit) or "1",
        "stated": "; ".join(f"{k} = {json.dumps(v, ensure_ascii=False, default=str)}" for k, v in stated.items()),
    }


def _parameter(about: Any) -> Row:
    row = dict(about) if isinstance(about, Mapping) else vars(about)
    return {
        "name": row["name"],
        "value": f"{float(row['value']):g}".replace("-", "−"),
        "unit": style.unit_text(row["unit"]),
        "meaning": row["meaning"],
        "source": row["source"],
    }


def _further(provenance: Mapping[str, Any]) -> list[tuple[str, str]]:
    shown = {"versions", "inputs", "parameters", "overrides"}
    return [
        (k, v if isinstance(v, str) else json.dumps(v, ensure_ascii=False, default=str))
        for k, v in provenance.items()
        if k not in shown
    ]
