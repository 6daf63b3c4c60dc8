"""Which figures a job gets, and their reduction from fields of any size."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure as Drawing
from shapely.geometry.base import BaseGeometry

from shanhai.core.notation import quantity
from shanhai.monitoring.areas import read_polygons
from shanhai.monitoring.report_words import area_text, month_text, period_text, span_text
from shanhai.monitoring.results import Figure, Report, Sentence
from shanhai.plot import maps, style
from shanhai.plot.bars import flux_series, net_flux_bars
from shanhai.plot.maps import field_map, flux_map, panel_maps
from shanhai.plot.scatter import match_up_scatter

FEWEST_MONTHS = 3
"""From so many calendar months on, there is a sheet of months."""
MOST_PANELS = 12
OUTLINE_DETAIL = 0.02  # degree
UNCERTAINTY = "net_co2_flux_uncertainty"
MEANS = ("delta_pco2", "effective_k", "pco2_sea", "co2_flux_uncertainty")


@dataclass(frozen=True)
class _Pages:
    """What every figure of a job shares."""

    report: Report
    fields: xr.Dataset
    language: str

    @property
    def drawn_language(self) -> str:
        """Language that the fonts here can draw."""
        return style.figure_language(self.language)

    def span(self, language: str) -> str:
        """First to last month of the fields."""
        labels = _months_of(self.fields)
        return period_text(labels[0], labels[-1], language)

    @property
    def subtitle(self) -> str:
        """Line on mode, law and frequency."""
        flux, time = self.report.settings.get("flux", {}), self.report.settings.get("time", {})
        words = style.texts(self.language)
        frequency = str(time.get("frequency", "monthly"))
        return words["subtitle"].format(
            mode=self.report.mode, law=flux.get("law", "–"), frequency=words.get(frequency, frequency)
        )

    def title(self, key: str, **parts: str) -> str:
        """Title from the words of figures."""
        span = self.span(self.drawn_language)
        return style.texts(self.language)[key].format(span=span, **parts)

    def caption(self, key: str, **parts: str) -> Sentence:
        """Caption in both languages."""
        texts = {language: style.texts(language, "captions")[key] for language in ("en", "zh")}
        return Sentence(**{x: t.format(**({"span": self.span(x)} | parts)) for x, t in texts.items()})

    @property
    def common(self) -> dict[str, Any]:
        """What every drawing function takes."""
        return {"subtitle": self.subtitle, "language": self.language}


def figures_for(report: Report, fields: xr.Dataset, folder: Path, language: str | None = None) -> list[Figure]:
    """Draw and write the figures of a job: maps, sheets of months and years, bars, series and match-ups.

    Args:
        report: the tables; its `figures` are not touched.
        fields: flux dataset, lazy or not; only coarse means of it are computed, in one pass.
        folder: output folder of the job; the PNG files go to `figures` in it.
        language: "en" or "zh"; that of the job's settings when not given.

    Returns:
        the figures in reading order.
    """
    chosen = language or report.settings.get("output", {}).get("language", "en")
    pages = _Pages(report, fields, chosen)
    (means,) = dask.compute(_means(fields))
    drawings = [*_map_figures(pages, means), *_table_figures(pages)]
    return [
        Figure(name, style.save(draw(), Path(folder) / "figures" / f"{name}.png"), caption)
        for name, draw, caption in drawings
    ]


_Drawn = tuple[str, Callable[[], Drawing], Sentence]


def _means(fields: xr.Dataset) -> dict[str, xr.DataArray]:
    """Every map that will be drawn, as lazy coarse means; (latitude, longitude) or panels of them."""
    out = {"mean_flux": _coarse_mean(fields["co2_flux"])}
    for name in MEANS:
        if (field := _field(fields, name)) is not None:
            out[name] = _coarse_mean(field)
    for key, labels in (("months", _calendar_months(fields)), ("years", _years(fields))):
        if len(set(labels)) >= (FEWEST_MONTHS if key == "months" else 2):
            out[key] = _panels(fields["co2_flux"], labels)
    return out


def _field(fields: xr.Dataset, name: str) -> xr.DataArray | None:
    if name == "effective_k":
        both = {"transfer_velocity", "wind_compensation"} <= set(fields.data_vars)
        return fields["transfer_velocity"] * fields["wind_compensation"] if both else None
    return fields.get(name)


def _coarse_mean(field: xr.DataArray, most_pixels: int = maps.MOST_PIXELS) -> xr.DataArray:
    small = maps.coarsen(field, most_pixels)
    return small.mean("time", skipna=True) if "time" in small.dims else small


def _panels(field: xr.DataArray, labels: list[str]) -> xr.DataArray:
    """Means of the periods that share a label, in the order of the labels."""
    small = maps.coarsen(field, 600)
    names = sorted(set(labels))
    stack = [small.isel(time=np.flatnonzero(np.array(labels) == n)).mean("time", skipna=True) for n in names]
    return xr.concat(stack, pd.Index(names, name="panel"))


def _months_of(fields: xr.Dataset) -> list[str]:
    return [str(t)[:7] for t in fields["time"].values]


def _years(fields: xr.Dataset) -> list[str]:
    return [label[:4] for label in _months_of(fields)]


def _calendar_months(fields: xr.Dataset) -> list[str]:
    """Months of the job; of the mean year where they do not fit on one sheet."""
    months = _months_of(fields)
    return months if len(set(months)) <= MOST_PANELS else [m[5:] for m in months]


def _map_figures(pages: _Pages, means: dict[str, xr.DataArray]) -> Iterator[_Drawn]:
    outlines = list(_outlines(pages.report))
    flux = pages.title("mean_flux_title")
    yield (
        "mean_flux",
        lambda: flux_map(means["mean_flux"], title=flux, outlines=outlines, **pages.common),
        pages.caption("mean_flux"),
    )
    for key in ("months", "years"):
        if key in means:
            yield from _sheets(pages, key, means[key])
    for name in MEANS:
        if name in means:
            yield f"mean_{name}", _mean_map(pages, name, means[name], outlines), pages.caption(name)


def _sheets(pages: _Pages, key: str, panels: xr.DataArray) -> Iterator[_Drawn]:
    """One sheet of up to twelve panels after another."""
    words = style.texts(pages.drawn_language, "words")
    for start in range(0, panels.sizes["panel"], MOST_PANELS):
        some = panels.isel(panel=slice(start, start + MOST_PANELS))
        names = [_panel_name(str(x), pages.drawn_language, words) for x in some["panel"].values]

        def draw(some: xr.DataArray = some, names: list[str] = names) -> Drawing:
            return panel_maps(some, names, "co2_flux", title=pages.title(f"{key}_title"), **pages.common)

        suffix = f"_{start // MOST_PANELS + 1}" if panels.sizes["panel"] > MOST_PANELS else ""
        yield f"flux_{key}{suffix}", draw, pages.caption(key)


def _panel_name(label: str, language: str, words: dict[str, str]) -> str:
    if len(label) == 2:
        return month_text(int(label), language)
    return span_text(label, language, words)


def _mean_map(pages: _Pages, name: str, field: xr.DataArray, outlines: list[maps.Outline]) -> Callable[[], Drawing]:
    words = style.texts(pages.language)
    if name == "effective_k":
        about, label, what = "transfer_velocity", words["effective_k_label"], words["effective_k"]
    else:
        about, label, what = name, "", _quantity_words(name, pages.drawn_language)
    title = pages.title("mean_title", quantity=what)
    return lambda: field_map(field, about, title=title, label=label, outlines=outlines, **pages.common)


def _quantity_words(name: str, language: str) -> str:
    about = quantity(name)
    return about.zh if language == "zh" else style.spoken(about.meaning)


def _outlines(report: Report) -> Iterator[maps.Outline]:
    """Boxes and polygons among the sea areas of the configuration; masks have no outline."""
    for area in (report.settings.get("net_flux") or {}).get("areas", ()):
        name = style.plain(str(area["name"]))
        if area.get("polygon"):
            yield from _rings(name, read_polygons(area["polygon"], area.get("feature"))[0])
        elif area.get("box"):
            west, south, east, north = (float(x) for x in area["box"])
            east = east + 360 if east <= west else east
            corners = [(west, south), (east, south), (east, north), (west, north)]
            yield name, np.array(corners)


def _rings(name: str, shape: BaseGeometry) -> Iterator[maps.Outline]:
    """Outer rings of a shape, coarse enough for a map; only the largest bears the name."""
    simple = shape.simplify(OUTLINE_DETAIL)
    polygons = [p for p in getattr(simple, "geoms", [simple]) if p.geom_type == "Polygon" and not p.is_empty]
    for i, polygon in enumerate(sorted(polygons, key=lambda p: -p.area)):
        yield name if i == 0 else "", np.asarray(polygon.exterior.coords)[:-1]


def _table_figures(pages: _Pages) -> Iterator[_Drawn]:
    report = pages.report
    series, caption = _bar_series(pages)
    if series:
        yield (
            "net_flux",
            lambda: net_flux_bars(series, title=pages.title("bars_title"), **pages.common),
            caption,
        )
    if len(report.statistics) > 1 and "mean" in report.statistics:
        labels, mean = [str(x) for x in report.statistics.index], report.statistics["mean"]
        title = pages.title("series_title")
        yield (
            "flux_series",
            lambda: flux_series(labels, mean, title=title, **pages.common),
            pages.caption("series"),
        )
    for name, table in report.match_ups.items():
        if len(table):
            yield f"match_ups_{name}", _scatter(pages, name, table), _scatter_caption(pages, name)


def _bar_series(pages: _Pages) -> tuple[dict[str, Any], Sentence]:
    """Net fluxes of the finest time span, by the name of each area that the fonts can draw."""
    table = pages.report.net_flux
    if table.empty:
        return {}, Sentence("", "")
    totals = set(table["total"])
    finest = next(t for t in ("month", "season", "year", "all") if t in totals)
    words = style.texts(pages.language)
    series, replaced = {}, []
    some = table[table["total"] == finest]
    if len(some) == 1:
        return {}, Sentence("", "")
    spoken = style.texts(pages.drawn_language, "words")
    for i, (area, rows) in enumerate(some.groupby("area", sort=False), start=1):
        drawn = style.plain(area_text(str(area), spoken), instead=words["area"].format(number=i))
        if not style.drawable(str(area)):
            replaced.append(f"{drawn} = {area}")
        spread = rows[UNCERTAINTY].to_numpy() if UNCERTAINTY in rows else None
        series[drawn] = (list(rows["label"]), rows["net_co2_flux"].to_numpy(), spread)
    caption = pages.caption("bars")
    if replaced:
        extra = pages.caption("area_key", names="; ".join(replaced))
        caption = Sentence(caption.en + extra.en, caption.zh + extra.zh)
    return series, caption


def _scatter(pages: _Pages, name: str, table: pd.DataFrame) -> Callable[[], Drawing]:
    found = next((a for a in pages.report.accuracy if a.quantity == name), None)
    statistics = {"N": found.n, "R": found.correlation, "RMSE": found.rmse, "bias": found.bias} if found else {}
    what = _quantity_words(name, pages.drawn_language)
    title = style.texts(pages.language)["scatter_title"].format(quantity=style.capital(what))
    return lambda: match_up_scatter(
        table["in_situ"].to_numpy(),
        table["product"].to_numpy(),
        name,
        title=title,
        statistics=statistics,
        **pages.common,
    )


def _scatter_caption(pages: _Pages, name: str) -> Sentence:
    texts = {x: style.texts(x, "captions")["scatter"] for x in ("en", "zh")}
    return Sentence(**{x: t.format(quantity=_quantity_words(name, x)) for x, t in texts.items()})
