"""The gridded inputs of a job: opened, checked, cropped and guarded, and what was found of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from shanhai.core.notation import quantity
from shanhai.io import checks, files, provenance
from shanhai.io.fields import open_field
from shanhai.io.sources import FieldSource
from shanhai.monitoring import gridding, intervals
from shanhai.monitoring.gridding import TargetGrid
from shanhai.monitoring.intervals import TimeMethod
from shanhai.monitoring.periods import Period
from shanhai.monitoring.results import Sentence

HASHED_WHOLE = 2**31  # bytes; larger inputs are fingerprinted by name, size and time of change
LABELS_SHOWN = 6


@dataclass(frozen=True)
class InputSummary:
    """What was found of one input, for the eyes of the user before anything runs."""

    name: str
    origin: str
    variable: str
    unit: str
    span: str
    grid: str


def open_inputs(
    sources: dict[str, FieldSource], grid: TargetGrid, periods: list[Period], method: TimeMethod
) -> tuple[dict[str, xr.DataArray], list[Sentence]]:
    """Open every input that is a field; nothing is read but coordinates.

    Args:
        sources: notation name -> source.
        grid: target grid, whose box is cropped to (clause 4.3.2).
        periods: all periods of the job, which every field must cover.
        method: how fields are brought to periods.

    Returns:
        notation name -> *Field*, whose blocks are checked when they are read; and reservations.

    Raises:
        InputError: for a field that cannot be used.
    """
    gridded = {n: s for n, s in sources.items() if s.model is None and s.stations is None}
    opened = {name: open_field(name, source) for name, source in gridded.items()}
    notes = [Sentence(en, zh) for en, zh in checks.check_alignment(opened)]
    own_moments = gridding.gives_moments(opened, periods)
    for name, one in opened.items():
        way = "mean" if name == "wind_speed" and own_moments else method
        notes += _short_of_region(name, one, grid)
        notes += _gaps(name, intervals.check_coverage(name, one, periods, way), len(periods))
    guarded = {n: checks.guarded(gridding.crop(one, grid), gridded[n]) for n, one in opened.items()}
    return guarded, notes


def _short_of_region(name: str, field: xr.DataArray, grid: TargetGrid) -> list[Sentence]:
    """Say so when a field ends more than one of its cells before the region does."""
    if not {"latitude", "longitude"} <= set(field.dims) or min(field.latitude.size, field.longitude.size) < 2:
        return []
    cells = [abs(float(field[d][1] - field[d][0])) for d in ("latitude", "longitude")]
    latitude, longitude = field.latitude.values, field.longitude.values
    globe = longitude.size * cells[1] > 359
    east_of_start = (grid.longitude[[0, -1]] - longitude[0] + cells[1] / 2) % 360 if not globe else np.zeros(2)
    short = [
        (grid.latitude[0] < latitude[0] - cells[0], "south"),
        (grid.latitude[-1] > latitude[-1] + cells[0], "north"),
        (not globe and bool((east_of_start > (longitude.size + 0.5) * cells[1]).any()), "west or east"),
    ]
    sides = [side for is_short, side in short if is_short]
    if not sides:
        return []
    return [
        Sentence(
            f"{name} does not reach over the region in the {', '.join(sides)}: it spans {latitude[0]:g} to "
            f"{latitude[-1]:g} N and {longitude[0]:g} to {longitude[-1]:g} E. There is no flux beyond; without a land "
            "field, sea that no input reaches is not counted in the coverage.",
            f"{quantity(name).zh}未覆盖整个区域：其范围为纬度{latitude[0]:g}～{latitude[-1]:g}、"
            f"经度{longitude[0]:g}～{longitude[-1]:g}，范围之外无通量；未给定陆地数据时，这部分海区不计入覆盖率。",
        )
    ]


def _gaps(name: str, partial: list[tuple[Period, float]], total: int) -> list[Sentence]:
    """What the reader must know of periods that an input does not cover whole."""
    empty = [p.label for p, share in partial if not share]
    gappy = [(p, share) for p, share in partial if share]
    return [
        *([_empty(name, empty)] if empty else []),
        *([_gappy(name, gappy, total)] if gappy else []),
    ]


def _empty(name: str, labels: list[str]) -> Sentence:
    return Sentence(
        f"{name} has no sample in {len(labels)} periods ({_first(labels, ', ')}); their maps are empty.",
        f"{quantity(name).zh}在{len(labels)}个时段（{_first(labels, '、')}）无数据，相应时段无结果。",
    )


def _gappy(name: str, partial: list[tuple[Period, float]], total: int) -> Sentence:
    days = [(p.label, f"{share * p.days:.3g}", f"{p.days:.3g}") for p, share in partial]
    en = _first([f"{label}: {covered} of {whole} days" for label, covered, whole in days], ", ")
    zh = _first([f"{label}：{whole}天中有{covered}天" for label, covered, whole in days], "、")
    return Sentence(
        f"{name} covers {len(partial)} of {total} periods only in part ({en}); their means are of that time.",
        f"{quantity(name).zh}在{total}个时段中的{len(partial)}个仅有部分时间的数据（{zh}），其数值为有数据时间的平均。",
    )


def _first(labels: list[str], between: str) -> str:
    return between.join(labels[:LABELS_SHOWN]) + (" ..." if len(labels) > LABELS_SHOWN else "")


def summary(name: str, source: FieldSource, opened: xr.DataArray | None) -> InputSummary:
    """One line about an input."""
    origin = source.files or source.model or source.stations or source.value
    names = [origin] if isinstance(origin, str) else list(origin) if isinstance(origin, tuple) else [str(origin)]
    variable = source.variable if isinstance(source.variable, str) else ", ".join(source.variable or ())
    span = grid = ""
    if opened is not None and "time" in opened.dims:
        first, last = (str(t)[:10] for t in (opened.time_start.values[0], opened.time_end.values[-1]))
        span = "12 months of any year" if opened.attrs.get("climatology") else f"{first} .. {last}"
    if opened is not None and "latitude" in opened.dims:
        grid = f"{opened.sizes['latitude']} x {opened.sizes['longitude']}"
    return InputSummary(name, ", ".join(Path(n).name for n in names), variable, quantity(name).unit, span, grid)


def local_paths(source: FieldSource) -> list[str]:
    """Files and folders on this machine that a source names."""
    out = [p for p in (source.model, source.stations) if p is not None]
    if source.files is not None:
        out += files.find(source.files)
    return [p for p in out if Path(p).exists()]


def hashes(paths: list[str]) -> dict[str, str]:
    """SHA-256 of every input, or its quick fingerprint where it is very large."""
    out = {}
    for path in paths:
        small = _size(Path(path)) <= HASHED_WHOLE
        mark = provenance.file_hash(path) if small else provenance.quick_fingerprint(path)
        out[path] = f"{'sha256' if small else 'sha256 of names, sizes and times'}:{mark}"
    return out


def _size(path: Path) -> int:
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file()) if path.is_dir() else path.stat().st_size
