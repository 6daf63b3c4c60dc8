"""Time of a file: stamps decoded, and the interval that each stamp stands for.

An interval comes from CF bounds where there are any. Without them it is the calendar cell that holds the
stamp: the month where stamps lie one to a month at the same place in it, the day where they are a day apart,
the composite where they are eight days apart and restart each 1 January; samples less than a day apart last
until the next one. Anything else needs `time_step`. A stamp at the very end of its cell is said so by
`time_label = "end"`.

Calendars: standard, gregorian and proleptic_gregorian as they are; dates of noleap (365_day) are the same
dates of the real calendar. Fields without a year (`climatology`) have twelve months in `CLIMATOLOGY_YEAR`.
"""

import itertools
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanhai.core.errors import InputError, nearest
from shanhai.io.sources import FieldSource

CLIMATOLOGY_YEAR = 2000  # a leap year, so that any day of any year has its place
REAL = ("standard", "gregorian", "proleptic_gregorian")
NO_LEAP = ("noleap", "365_day")
NAMES = ("time", "t", "month", "date", "day", "times")
DAY = np.timedelta64(86400, "s")
SECOND = np.timedelta64(1, "s")
Times = NDArray[np.datetime64]


@dataclass(frozen=True)
class Stamps:
    """Time stamps of one file or of several, to the second.

    Args:
        labels: one per sample.
        bounds: start and end (exclusive) of each interval, shape (n, 2), where the file has them.
    """

    labels: Times
    bounds: Times | None = None


def find_time(dataset: xr.Dataset, variable: xr.DataArray, given: str | None, where: str) -> str | None:
    """Name of the time coordinate, or of the time dimension where it has no coordinate; None without time."""
    if given is not None and given not in dataset.variables:
        known = [str(n) for n in dataset.variables]
        raise InputError(f"there is no {given!r}; {nearest(given, known)}", where=where, do='correct time = "..."')
    if given is not None:
        return given
    near = [str(n) for n, v in dataset.variables.items() if set(v.dims) <= set(variable.dims) and v.ndim < 2]
    for tells in (_has_reference, _says_time):
        found = [n for n in near if n != variable.name and tells(dataset[n].attrs)]
        if len(found) > 1:
            found = [n for n in found if n in variable.dims] or found
        if len(found) > 1:
            raise InputError(f"{' and '.join(found)} could both be the time", where=where, do='say time = "..."')
        if found:
            return found[0]
    return next((str(d) for d in variable.dims if str(d).lower() in NAMES), None)


def _has_reference(attrs: Any) -> bool:
    return " since " in str(attrs.get("units", ""))


def _says_time(attrs: Any) -> bool:
    return attrs.get("standard_name") == "time" or attrs.get("axis") == "T"


def read_stamps(dataset: xr.Dataset, name: str, source: FieldSource, where: str) -> Stamps:
    """Decode the time stamps and bounds of one file.

    Raises:
        InputError: for calendars and units that cannot be placed in the real calendar.
    """
    place = f"{where}:{name}"
    if name not in dataset.variables:
        raise InputError("the time dimension has no values", where=place, do="add a CF time coordinate to the file")
    coordinate = dataset[name]
    values = np.atleast_1d(coordinate.values)
    if not _has_reference(coordinate.attrs):
        return Stamps(_numbered_months(values, source, place))
    if source.months_of is not None:
        raise InputError("the time axis holds dates, not month numbers", where=place, do="remove months_of")
    bounds = coordinate.attrs.get("bounds") or coordinate.attrs.get("climatology")
    if bounds not in dataset.variables or dataset[bounds].size != 2 * values.size:
        return Stamps(_decoded(values, coordinate.attrs, place))
    own = {k: v for k, v in dataset[bounds].attrs.items() if k in ("units", "calendar")}  # else the axis'
    edges = _decoded(dataset[bounds].values.reshape(-1), coordinate.attrs | own, place).reshape(-1, 2)
    instants = (edges[:, 0] == edges[:, 1]).all()
    return Stamps(_decoded(values, coordinate.attrs, place), None if instants else edges)


def coverage_stamps(dataset: xr.Dataset) -> Stamps | None:
    """The one interval of a file without a time coordinate whose global attributes tell its coverage (ACDD).

    A coverage of more than a day and a half is rounded to whole days: composites list their first and last
        swath.
    """
    ends = [dataset.attrs.get(f"time_coverage_{end}") for end in ("start", "end")]
    try:
        start, end = (np.datetime64(str(t).strip().rstrip("Z")[:19], "s") for t in ends)
    except ValueError:
        return None
    if np.isnat(start) or np.isnat(end) or end <= start:
        return None
    if end - start > 1.5 * DAY.astype(float) * SECOND:
        start, end = (_floor_day(t + DAY // 2) for t in (start, end))
    return Stamps(np.array([start]), np.array([[start, end]]))


def _floor_day(time: Any) -> Any:
    return time.astype("datetime64[D]").astype("datetime64[s]")


def _numbered_months(values: NDArray[Any], source: FieldSource, where: str) -> Times:
    numbers = values.astype(float) if values.dtype.kind in "iuf" else np.array([np.nan])
    if not (np.isin(numbers, np.arange(1, 13)).all()):
        what = f"the time axis has no unit such as 'days since 2010-01-01' ({values.ravel()[0]!s} ...)"
        raise InputError(what, where=where, do="add units and calendar to it, or name another with time = ...")
    if source.months_of is None and not source.climatology:
        raise InputError(
            "the time axis holds the numbers of months without a year",
            where=where,
            do="say months_of = 2010 (their year), or climatology = true",
        )
    return _month(source.months_of or CLIMATOLOGY_YEAR, numbers.astype(int))


def _month(year: int | NDArray[Any], month: NDArray[Any]) -> Times:
    """First second of a month, counted on from January."""
    return (np.datetime64("0000-01", "M") + (12 * np.asarray(year) + month - 1)).astype("datetime64[s]")


def _decoded(values: NDArray[Any], attrs: Any, where: str) -> Times:
    calendar = str(attrs.get("calendar", "standard")).lower()
    if calendar not in REAL + NO_LEAP:
        raise InputError(
            f"dates of the calendar {calendar!r} have no place in the real one",
            where=where,
            do="convert the file to the standard calendar, for example with xarray's convert_calendar",
        )
    if not np.isfinite(values.astype(float)).all():
        raise InputError("the time axis has missing values", where=where, do="repair the file")
    units = str(attrs["units"])
    if match := re.fullmatch(r"\s*months? since\s+(-?\d+)-(\d+)-0?1(?:[ T]0*0:0*0(?::0*0(?:\.0*)?)?)?\s*", units):
        return _counted_months(values, int(match[1]), int(match[2]))
    try:
        decoded = _by_xarray(values, units, calendar)
    except Exception as error:  # xarray raises several kinds; all mean the same here
        raise InputError(
            f"times in {units!r} cannot be decoded ({type(error).__name__})",
            where=where,
            do="write the units as 'days since YYYY-MM-DD'",
        ) from None
    return _to_second(decoded)


def _by_xarray(values: NDArray[Any], units: str, calendar: str) -> NDArray[Any]:
    import warnings

    attrs = {"units": units, "calendar": calendar}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", xr.SerializationWarning)  # years before 1678, kept as cftime on purpose
        return xr.decode_cf(xr.Dataset({"time": ("time", values, attrs)}))["time"].values


def _to_second(decoded: NDArray[Any]) -> Times:
    """Round to whole seconds: days stored as floating numbers miss them by a little."""
    if decoded.dtype.kind == "M":
        return (decoded + np.timedelta64(500, "ms")).astype("datetime64[s]")
    texts = [np.datetime64(t.isoformat(), "us") + np.timedelta64(500_000, "us") for t in decoded]
    return np.array(texts).astype("datetime64[s]")


def _counted_months(values: NDArray[Any], year: int, month: int) -> Times:
    """Calendar months since a first of month, as the World Ocean Atlas counts; UDUNITS divides a year."""
    return _month(year, month + np.floor(values.astype(float)).astype(int))


def join(pieces: list[tuple[str, Stamps]]) -> tuple[list[int], Stamps]:
    """Put the stamps of several files in order of time.

    Returns:
        the order of the pieces, and their stamps in that order.

    Raises:
        InputError: if a file is not in order itself, or two files overlap.
    """
    for where, stamps in pieces:
        _refuse_disorder(stamps.labels, where)
    order = sorted(range(len(pieces)), key=lambda i: pieces[i][1].labels[0])
    for i, j in itertools.pairwise(order):
        if pieces[i][1].labels[-1] >= pieces[j][1].labels[0]:
            raise InputError(
                f"{pieces[i][0]} and {pieces[j][0]} overlap in time, at {pieces[j][1].labels[0]}",
                do="name each time once in files = ...",
            )
    parts = [pieces[i][1] for i in order]
    with_bounds = [p.bounds for p in parts if p.bounds is not None]
    if 0 < len(with_bounds) < len(parts):
        raise InputError("some files have time bounds and others do not", where=pieces[0][0], do="add them to all")
    labels = np.concatenate([p.labels for p in parts])
    return order, Stamps(labels, np.concatenate(with_bounds) if with_bounds else None)


def _refuse_disorder(labels: Times, where: str) -> None:
    steps = np.diff(labels)
    if (steps > np.timedelta64(0, "s")).all():
        return
    i = int(np.flatnonzero(steps <= np.timedelta64(0, "s"))[0])
    if steps[i] == np.timedelta64(0, "s"):
        raise InputError(f"the time {labels[i]} occurs twice", where=where, do="remove one of the two")
    raise InputError(
        f"times are not in order: {labels[i]} is followed by {labels[i + 1]}",
        where=where,
        do="sort the file by time",
    )


def intervals(stamps: Stamps, source: FieldSource, where: str) -> tuple[Times, Times]:
    """Start and end (exclusive) of the interval that each stamp stands for.

    Raises:
        InputError: where neither bounds nor the stamps nor the configuration tell.
    """
    if source.climatology:
        return _climatology(stamps, where)
    if stamps.bounds is not None:
        return _from_bounds(stamps.bounds, source, where)
    step = source.time_step or _guessed_step(stamps.labels, where)
    start, end = _cells(stamps.labels, step, source.time_label)
    if (start[1:] < end[:-1]).any():
        i = int(np.flatnonzero(start[1:] < end[:-1])[0])
        what = f"the times {stamps.labels[i]} and {stamps.labels[i + 1]} fall into one interval ({step})"
        raise InputError(what, where=where, do="correct time_step, or give the file CF time bounds")
    return start, end


def _climatology(stamps: Stamps, where: str) -> tuple[Times, Times]:
    months = stamps.labels.astype("datetime64[M]").astype(int) % 12  # climatological bounds span many years
    if not np.array_equal(months, np.arange(12)):
        raise InputError(
            f"a climatology has the months 1 to 12 in order, this one has {(months + 1).tolist()[:13]}",
            where=where,
            do="remove climatology = true, or name all its files",
        )
    start = _month(CLIMATOLOGY_YEAR, np.arange(1, 13))
    return start, _month(CLIMATOLOGY_YEAR, np.arange(2, 14))


def _from_bounds(bounds: Times, source: FieldSource, where: str) -> tuple[Times, Times]:
    start, end = bounds[:, 0], bounds[:, 1]
    for key in ("time_label", "time_step"):
        if getattr(source, key) is not None:
            raise InputError("the file has time bounds, which tell the intervals", where=where, do=f"remove {key}")
    if not (start < end).all():
        i = int(np.flatnonzero(start >= end)[0])
        raise InputError(f"time bounds {start[i]} to {end[i]} are empty", where=where, do="repair the file")
    if (start[1:] < end[:-1]).any():
        i = int(np.flatnonzero(start[1:] < end[:-1])[0])
        what = f"time bounds overlap: one ends at {end[i]}, the next starts at {start[i + 1]}"
        raise InputError(what, where=where, do="give fields of separate periods, not running means")
    return start, end


def _guessed_step(labels: Times, where: str) -> Any:
    """The step that stamps tell by themselves: "month", "8-day", "day", or a length shorter than a day."""
    unknown = 'give the file CF time bounds, or say time_step = "month", "8-day", "day" or "hour"'
    if labels.size == 1:
        raise InputError(f"a single time stamp ({labels[0]}) tells no interval", where=where, do=unknown)
    if _one_a_month(labels):
        return "month"
    steps = np.diff(labels)
    step = steps.min()
    if steps.max() == 8 * DAY and step >= 5 * DAY and _eight_daily(labels):
        return "8-day"
    if (steps % step != np.timedelta64(0, "s")).any():
        raise InputError(
            f"times are unevenly spaced, {steps.min() / DAY:g} to {steps.max() / DAY:g} days, without bounds",
            where=where,
            do=unknown,
        )
    if step == DAY:
        return "day"
    if step < DAY:
        return step
    what = f"fields every {step / DAY:g} days may be snapshots or means, and the file has no time bounds"
    raise InputError(what, where=where, do=unknown)


def _one_a_month(labels: Times) -> bool:
    """Whether stamps lie in different months and at the same place in them, to a tenth of a month."""
    months = labels.astype("datetime64[M]")
    if np.unique(months).size < labels.size or (np.diff(labels) < 27 * DAY).any():
        return False
    start = months.astype("datetime64[s]")
    length = (months + 1).astype("datetime64[s]") - start
    part = (labels - start) / length
    return bool(np.ptp(part) < 0.1)


def _day_of_year(times: Times) -> NDArray[np.int64]:
    first = times.astype("datetime64[Y]").astype("datetime64[D]")
    return (times.astype("datetime64[D]") - first).astype(np.int64)


def _eight_daily(labels: Times) -> bool:
    """Composites restart on 1 January: stamps mark the first, a middle or the last day of each."""
    place = np.unique(_day_of_year(labels) % 8)
    return bool(place.size == 1 and place[0] in (0, 3, 4, 7))


def _cells(labels: Times, step: Any, label: str | None) -> tuple[Times, Times]:
    """The calendar cells, or for a length shorter than a day the samples, that stamps stand for."""
    inside = labels - SECOND if label == "end" else labels
    if step == "month":
        month = inside.astype("datetime64[M]")
        return month.astype("datetime64[s]"), (month + 1).astype("datetime64[s]")
    if step == "8-day":
        year = inside.astype("datetime64[Y]")
        start = year.astype("datetime64[s]") + _day_of_year(inside) // 8 * (8 * DAY).astype("timedelta64[s]")
        return start, np.minimum(start + 8 * DAY, (year + 1).astype("datetime64[s]"))
    if step == "day":
        start = _floor_day(inside)
        return start, start + DAY
    length = np.timedelta64(3600, "s") if step == "hour" else step
    before = {"middle": length // 2, "end": length}.get(label or "start", 0 * length)
    return labels - before, labels - before + length
