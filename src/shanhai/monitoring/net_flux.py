"""Clause 4.6 of HY/T 0343.5: from flux fields to the net flux of sea areas over months, seasons and years.

The integration streams: one calendar month is read at a time, and per cell only the sums of the open months,
seasons and years are held, so any number of years of any grid passes through in one reading.
"""

import calendar
import math
import operator
import warnings
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from typing import Any, Literal

import dask.array as da
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from shanhai.core.errors import InputError, ShanhaiWarning
from shanhai.core.notation import quantity
from shanhai.grids.horizontal import cell_area_ellipsoid, cell_area_hyt0343
from shanhai.monitoring.config import NetFluxSection
from shanhai.monitoring.results import Sentence

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Total = Literal["month", "season", "year", "all"]
Weighting = Literal["observations", "days"]

KG_PER_MMOL = 1.2e-5
"""Carbon, 12 g/mol as printed in formula (16); 12.011 g/mol would give 0.09 % more."""

M2_PER_KM2 = 1e6
GOOD_COVERAGE = 0.75
USABLE_COVERAGE = 0.50
"""Clause 4.6.3: better than 75 % is good, less than 50 % should not occur."""

LONG_READ, BAND = 2**27, 64
"""Bytes that each thread holds while it sums over time, and rows that it sums at once."""

SEASONS = {12: "DJF", 3: "MAM", 6: "JJA", 9: "SON"}  # first month -> name


def mean_flux(flux: ArrayLike, days: ArrayLike | None = None) -> Floats:
    r"""Mean flux of each cell over the valid observations of a time span.

    $$\overline{F} = \frac{1}{N}\sum_{i=1}^{N} F_i$$

    Source: HY/T 0343.5 formula (13), which counts every observation once; with `days`, each by its length.

    Args:
        flux: observations [mmol m-2 d-1], time on axis 0; NaN is no observation.
        days: length of each observation [d], (time,).

    Returns:
        mean [mmol m-2 d-1], NaN where nothing is valid.

    >>> mean_flux([1.0, float("nan"), 4.0]).item(), mean_flux([1.0, 4.0], days=[31, 28]).round(4).item()
    (2.5, 2.4237)
    """
    f = np.asarray(flux, dtype=float)
    weight = np.ones(len(f)) if days is None else np.asarray(days, dtype=float)
    weights = np.isfinite(f) * weight.reshape(-1, *[1] * (f.ndim - 1))
    return _mean(np.nansum(f * weights, axis=0), weights.sum(axis=0))


def _mean(total: ArrayLike, weight: ArrayLike) -> Floats:
    total, weight = np.asarray(total), np.asarray(weight)
    return np.divide(total, weight, out=np.full(np.shape(total), np.nan), where=weight > 0)


def area_integral(flux: ArrayLike, area: ArrayLike, valid: ArrayLike = True) -> float:
    r"""Flux integrated over valid cells.

    $$F_{integ\_valid} = \sum_{i=1}^{M} \overline{F}_i\,A_i \times 10^6$$

    Source: HY/T 0343.5 formula (14).

    Args:
        flux: mean flux of the cells [mmol m-2 d-1].
        area: their areas [km2].
        valid: cells that count.

    Returns:
        integral [mmol d-1].

    >>> area_integral([1.0, -2.0], [10.0, 20.0])
    -30000000.0
    """
    return float(np.sum(np.asarray(flux) * np.asarray(area), where=np.asarray(valid)) * M2_PER_KM2)


def net_flux(integral: float, area_all: float, area_valid: float, days: float) -> float:
    r"""Net flux of a sea area over a time span.

    $$F_{integ} = F_{integ\_valid}\,\frac{\sum_{i=1}^{T} A_i}{\sum_{i=1}^{M} A_i}\,D \times 1.2\times10^{-5}$$

    Source: HY/T 0343.5 formula (16): cells without data take the mean of those with data.

    Args:
        integral: over the valid cells, formula (14) [mmol d-1].
        area_all: sea area, land cells left out [km2].
        area_valid: area of the valid cells [km2].
        days: length of the time span [d].

    Returns:
        net flux [kg C], positive to the air; NaN without a valid cell.

    >>> round(net_flux(-1e9, 100.0, 80.0, 31.0))
    -465000
    """
    return integral * area_all / area_valid * days * KG_PER_MMOL if area_valid > 0 else float("nan")


def cell_area(
    latitude: ArrayLike,
    longitude: ArrayLike,
    resolution: float,
    rule: Literal["hyt0343", "ellipsoid"] = "hyt0343",
) -> xr.DataArray:
    """Areas of the cells of a square grid, by formula (15) or exactly on the WGS 84 ellipsoid.

    Args:
        latitude: cell centres [degree].
        longitude: cell centres [degree].
        resolution: cell size [degree].
        rule: "hyt0343" or "ellipsoid"; see `shanhai.grids.horizontal` for how they differ.

    Returns:
        areas (latitude, longitude) [km2].

    >>> cell_area([30.0], [122.0, 123.0], 1.0).round().values.tolist()
    [[10714.0, 10714.0]]
    """
    lat, lon = np.asarray(latitude, dtype=float), np.asarray(longitude, dtype=float)
    if rule == "hyt0343":
        row = cell_area_hyt0343(lat, resolution)
    else:
        south, north = (np.clip(lat + half, -90, 90) for half in (-resolution / 2, resolution / 2))
        row = cell_area_ellipsoid(south, north, resolution)
    values = np.broadcast_to(row[:, None] / M2_PER_KM2, (lat.size, lon.size))
    dims = ("latitude", "longitude")
    attributes = quantity("cell_area").attributes
    return xr.DataArray(
        values, dims=dims, coords={"latitude": lat, "longitude": lon}, name="cell_area", attrs=attributes
    )


@dataclass(frozen=True)
class Span:
    """A target time span of clause 4.6: the months of a job that belong to one month, season or year.

    Args:
        total: "month", "season", "year" or "all".
        label: "2010-03", "2010-DJF" (by the year of its January), "2010" or "all".
        months: months with data, in order.
        start: first instant with data.
        end: end of the last interval with data, exclusive.
        days: length of the intervals with data, the D of formula (16).
        complete: the data cover the whole calendar span.
    """

    total: Total
    label: str
    months: tuple[np.datetime64, ...]
    start: pd.Timestamp
    end: pd.Timestamp
    days: float
    complete: bool


def spans(bounds: ArrayLike, section: NetFluxSection) -> list[Span]:
    """Time spans of the totals asked for, as far as the periods of a job reach.

    A period that reaches over the end of a month belongs to the month of its middle when observations are
    counted, and in part to each when they are weighted by days.

    Args:
        bounds: start and exclusive end of every period, (time, 2) datetime64.
        section: `totals` and `weighting` are used.
    """
    b = np.asarray(bounds, dtype="datetime64[ns]")
    months = [m for m in _months(b) if month_weights(b, m, section.weighting).any()]
    found = []
    for total in section.totals:
        for label, group in groupby(months, key=lambda m, total=total: _label(m, total)):
            found.append(_span(total, label, tuple(group), b))
    return found


def _months(bounds: NDArray[np.datetime64]) -> list[np.datetime64]:
    first = bounds[:, 0].min().astype("datetime64[M]")
    last = (bounds[:, 1].max() - np.timedelta64(1, "ns")).astype("datetime64[M]")
    return list(np.arange(first, last + 1))


def _year_month(month: np.datetime64) -> tuple[int, int]:
    count = int(month.astype("datetime64[M]").astype(int))
    return 1970 + count // 12, count % 12 + 1


def _label(month: np.datetime64, total: str) -> str:
    year, m = _year_month(month)
    if total == "season":
        return f"{year + (m == 12)}-{SEASONS[m // 3 * 3 or 12]}"
    return {"month": f"{year}-{m:02d}", "year": str(year), "all": "all"}[total]


def _span(total: Total, label: str, months: tuple[np.datetime64, ...], bounds: NDArray[np.datetime64]) -> Span:
    overlap = np.array([month_weights(bounds, m, "days") for m in months])
    touched = overlap.any(axis=0)
    start = max(bounds[touched, 0].min(), months[0].astype("datetime64[ns]"))
    end = min(bounds[touched, 1].max(), (months[-1] + 1).astype("datetime64[ns]"))
    days = float(overlap.sum())
    complete = bool(np.isclose(days, _calendar_days(total, months)))
    return Span(total, label, months, pd.Timestamp(start), pd.Timestamp(end), days, complete)


def _calendar_days(total: str, months: tuple[np.datetime64, ...]) -> int:
    year, month = _year_month(months[0])
    if total == "year":
        return 366 if calendar.isleap(year) else 365
    if total == "season":
        first = months[0] - np.timedelta64(month % 3, "M")
        months = tuple(np.arange(first, first + 3))
    else:
        months = tuple(np.arange(months[0], months[-1] + 1))
    return sum(calendar.monthrange(*_year_month(m))[1] for m in months)


def month_weights(bounds: ArrayLike, month: np.datetime64, weighting: Weighting) -> Floats:
    """Weight in a month of every period: its days inside the month, or one where its middle falls inside.

    >>> b = np.array([["2010-03-30", "2010-04-07"]], dtype="datetime64[ns]")
    >>> [month_weights(b, np.datetime64("2010-03"), w).item() for w in ("days", "observations")]
    [2.0, 0.0]
    """
    b = np.asarray(bounds, dtype="datetime64[ns]")
    start, end = (m.astype("datetime64[ns]") for m in (month, month + 1))
    if weighting == "observations":
        middle = b[:, 0] + (b[:, 1] - b[:, 0]) // 2
        return ((middle >= start) & (middle < end)).astype(float)
    overlap = np.minimum(b[:, 1], end) - np.maximum(b[:, 0], start)
    return np.maximum(overlap / np.timedelta64(1, "D"), 0.0)


@dataclass(frozen=True)
class CellSums:
    """Sums of the cells over some months.

    Args:
        total: sum of weighted fluxes [mmol m-2 d-1], (cell,).
        weight: sum of weights of the valid periods, (cell,); single precision is exact for counts and days.
        every_month: every month had a value, (cell,).
    """

    total: Floats
    weight: NDArray[np.float32]
    every_month: Bools

    def plus(self, other: "CellSums") -> "CellSums":
        """Sums over the months of both."""
        every_month = self.every_month & other.every_month
        return CellSums(self.total + other.total, self.weight + other.weight, every_month)

    def valid(self, require_every_subperiod: bool) -> Bools:
        """Cells that represent the span (clause 4.6.2.1: a value in every sub-period)."""
        return self.every_month if require_every_subperiod else self.weight > 0

    def mean(self) -> Floats:
        """Mean flux by formula (13)."""
        return _mean(self.total, self.weight)


def month_sums(
    flux: xr.DataArray, bounds: ArrayLike, month: np.datetime64, weighting: Weighting, inside: Bools
) -> CellSums:
    """Read the valid periods of a month once and sum them, for the cells inside."""
    weights = month_weights(bounds, month, weighting)
    (times,) = np.nonzero(weights)
    part = da.asarray(flux.isel(time=times).transpose("time", "latitude", "longitude").data)
    weight = da.from_array(weights[times], chunks=part.chunks[:1])
    at_once = max(LONG_READ // (part.itemsize * math.prod(map(max, part.chunks))), 1)
    groups = (slice(first, first + at_once) for first in range(0, part.numblocks[0], at_once))
    total, count = reduce(operator.add, (_sums(part.blocks[g], weight.blocks[g]) for g in groups)).compute()
    count = count[inside].astype(np.float32)
    return CellSums(total[inside], count, count > 0)


def _sums(flux: da.Array, weight: da.Array) -> da.Array:
    """Weighted sum and sum of weights over all times, (2, latitude, longitude), lazily."""
    meta = np.empty((0, 0, 0))
    return da.blockwise(_sums_of_blocks, "syx", flux, "tyx", weight, "t", new_axes={"s": 2}, meta=meta)


def _sums_of_blocks(flux: list[NDArray[Any]], weight: list[Floats]) -> Floats:
    """Sums over blocks that follow one another in time, by bands of rows that stay in the cache."""
    maps, weights = [f for block in flux for f in block], np.concatenate(weight)
    out = np.zeros((2, *maps[0].shape))
    for first in range(0, out.shape[1], BAND):
        rows = slice(first, first + BAND)
        total, count = out[:, rows]
        for f, w in zip(maps, weights, strict=True):
            valid = np.isfinite(f[rows])
            total += w * np.where(valid, f[rows], 0.0)
            count += w * valid
    return out


def integrate(fields: xr.Dataset, areas: xr.DataArray, section: NetFluxSection) -> pd.DataFrame:
    """Net flux of every sea area over every time span: formulas (13), (14) and (16), coverage by 4.6.3.

    A cell counts in a month when at least one of its periods has a value, and in a season, a year or the
    whole job when every month of it with data has one (clause 4.6.2.1), unless `require_every_subperiod` is
    off.

    Args:
        fields: `co2_flux` (time, latitude, longitude) [mmol m-2 d-1], `time_bounds` (time, bounds) and
            `cell_area` (latitude, longitude) [km2]; lazy arrays are read once, month by month.
        areas: membership (area, latitude, longitude), see `areas.sea_areas`.
        section: totals, weighting and the rule of sub-periods.

    Returns:
        one row per area and span: area, key, total, label, start, end, days, complete, mean_flux
        [mmol m-2 d-1, over the valid cells by area], net_co2_flux [kg C], valid_area and sea_area [km2],
        valid_fraction and coverage ("good", "usable" or "insufficient"). Seasons and years that the data
        cover in part have complete = False and the days that they do cover.

    Raises:
        InputError: if a variable is missing or the areas lie on another grid.
    """
    check_grid(fields, areas)
    fields, areas = crop_to_areas(fields, areas)
    inside, member, cell = compact(fields, areas)
    bounds = fields["time_bounds"].values
    todo = spans(bounds, section)
    sums: dict[int, CellSums] = {}
    rows: dict[int, list[dict[str, Any]]] = {}
    ever = np.zeros(int(inside.sum()), dtype=bool)
    for month in sorted({m for span in todo for m in span.months}):
        now = month_sums(fields["co2_flux"], bounds, month, section.weighting, inside)
        ever |= now.every_month
        for i, span in enumerate(todo):
            if month in span.months:
                sums[i] = sums[i].plus(now) if i in sums else now
                if month == span.months[-1]:
                    rows[i] = _rows(span, sums.pop(i), member, cell, areas, section)
    _warn_of_land(areas, member, ever)
    return _table(rows, list(areas["area"].values))


def check_grid(fields: xr.Dataset, areas: xr.DataArray) -> None:
    """Refuse fields that lack something, and areas on another grid.

    Raises:
        InputError: naming what is missing or differs.
    """
    for name in ("co2_flux", "cell_area", "time_bounds"):
        if name not in fields:
            raise InputError(f"the flux dataset has no {name}", do="add it before integrating")
    for axis in ("latitude", "longitude"):
        if not np.array_equal(fields[axis].values, areas[axis].values):
            raise InputError(f"the sea areas and the flux differ in {axis}", do="make the areas on the flux grid")


def crop_to_areas(fields: xr.Dataset, areas: xr.DataArray) -> tuple[xr.Dataset, xr.DataArray]:
    """Cut both to the box that holds every area, so that nothing outside is read."""
    inside = areas.any("area").values
    box = {}
    for axis, dim in enumerate(("latitude", "longitude")):
        (hit,) = np.nonzero(inside.any(axis=1 - axis))
        if hit.size:
            box[dim] = slice(int(hit[0]), int(hit[-1]) + 1)
    return fields.isel(box), areas.isel(box)


def compact(fields: xr.Dataset, areas: xr.DataArray) -> tuple[Bools, Bools, Floats]:
    """Mask of the cells in any area; membership (area, cell) and area [km2] of those cells."""
    order = ("latitude", "longitude")
    inside = areas.any("area").transpose(*order).values
    member = areas.transpose("area", *order).values[:, inside]
    return inside, member, fields["cell_area"].transpose(*order).values[inside].astype(float)


def _rows(
    span: Span, sums: CellSums, member: Bools, cell: Floats, areas: xr.DataArray, section: NetFluxSection
) -> list[dict[str, Any]]:
    valid, mean = sums.valid(section.require_every_subperiod), sums.mean()
    keys = areas["key"].values if "key" in areas.coords else np.zeros(len(member), dtype=bool)
    about = {k: getattr(span, k) for k in ("total", "label", "start", "end", "days", "complete")}
    return [
        {"area": str(name), "key": bool(key)} | about | _values(mean, valid & its, its, cell, span.days)
        for name, key, its in zip(areas["area"].values, keys, member, strict=True)
    ]


def _values(mean: Floats, valid: Bools, its: Bools, cell: Floats, days: float) -> dict[str, Any]:
    """Formulas (14) and (16) and the coverage of one area."""
    sea, covered = (float(cell.sum(where=cells)) for cells in (its, valid))
    integral = area_integral(mean, cell, valid)
    fraction = covered / sea if sea > 0 else 0.0
    return {
        "mean_flux": integral / (covered * M2_PER_KM2) if covered > 0 else float("nan"),
        "net_co2_flux": net_flux(integral, sea, covered, days),
        "valid_area": covered,
        "sea_area": sea,
        "valid_fraction": fraction,
        "coverage": coverage(fraction),
    }


def coverage(valid_fraction: float) -> str:
    """Class of clause 4.6.3 for the part of a sea area that has valid data.

    >>> [coverage(v) for v in (0.76, 0.75, 0.5, 0.49)]
    ['good', 'usable', 'usable', 'insufficient']
    """
    if valid_fraction > GOOD_COVERAGE:
        return "good"
    return "usable" if valid_fraction >= USABLE_COVERAGE else "insufficient"


def _table(rows: dict[int, list[dict[str, Any]]], names: list[str]) -> pd.DataFrame:
    """Order by area, then as the totals were asked for, then by time."""
    flat = [row for i in sorted(rows) for row in rows[i]]
    return pd.DataFrame(sorted(flat, key=lambda row: names.index(row["area"])))


def _warn_of_land(areas: xr.DataArray, member: Bools, ever: Bools) -> None:
    """Say so when cells that may be land are counted as sea without data."""
    if areas.attrs.get("land_removed", True) or ever.all():
        return
    never = {str(n): int((m & ~ever).sum()) for n, m in zip(areas["area"].values, member, strict=True)}
    listed = ", ".join(f"{name} {count}" for name, count in never.items() if count)
    warnings.warn(
        "no land mask is given, and cells that never have a value count as sea in formula (16) and in the "
        f"coverage: {listed} cells; give net_flux.land",
        ShanhaiWarning,
        stacklevel=3,
    )


def coverage_notes(table: pd.DataFrame) -> list[Sentence]:
    """What clause 4.6.3 says of a table of `integrate`: areas without enough data, key areas first."""
    poor = table[table["coverage"] == "insufficient"].sort_values("key", ascending=False, kind="stable")
    return [_coverage_note(row) for row in poor.itertuples()]


def _coverage_note(row: Any) -> Sentence:
    share = f"{100 * row.valid_fraction:.0f} %"
    key_en, key_zh = ("Key sea area", "关键海区") if row.key else ("Sea area", "海区")
    return Sentence(
        f"{key_en} {row.area}, {row.label}: valid data cover {share} of the sea area, less than the 50 % of "
        "clause 4.6.3.",
        f"{key_zh}{row.area}（{row.label}）：有效数据面积占比为{share}，低于4.6.3要求的50 %。",
    )
