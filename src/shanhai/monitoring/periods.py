"""Periods of a job: months, 8-day composites or days (HY/T 0343.5 clause 4.3.3).

8-day composites follow the satellite convention: they restart each 1 January, so a year has 46 of them and
the last one is 5 days long, 6 in leap years. A composite belongs to the month and year of its first day.
"""

from dataclasses import dataclass

import numpy as np

from shanhai.core.errors import ConfigError
from shanhai.monitoring.config import TimeSpan

DAY = np.timedelta64(1, "D")
COMPOSITE = 8 * DAY
_YEARS = (1678, 2261)  # that datetime64[ns] can hold whole


@dataclass(frozen=True)
class Period:
    """A time interval that gets one map.

    Args:
        label: "2010-03" for a month, else the first day, "2010-03-06".
        start: first instant, datetime64[ns].
        end: first instant after it, datetime64[ns].
    """

    label: str
    start: np.datetime64
    end: np.datetime64

    @property
    def days(self) -> float:
        """Length [d]."""
        return float((self.end - self.start) / DAY)

    @property
    def middle(self) -> np.datetime64:
        """Instant midway."""
        return self.start + (self.end - self.start) // 2


def periods(time: TimeSpan) -> list[Period]:
    """Cut a time span into its periods.

    A month as `start` means its first day, as `end` its last. An 8-day composite that begins inside a month
    named as `end` is part of the job even where its last days are not.

    Args:
        time: span and frequency.

    Returns:
        periods in order, without gaps.

    Raises:
        ConfigError: for a day that does not exist, an end before the start, or a day inside a month or
            composite.

    >>> [p.label for p in periods(TimeSpan(start="2010-11", end="2011-01"))]
    ['2010-11', '2010-12', '2011-01']
    >>> last = periods(TimeSpan(start="2010-01", end="2010-12", frequency="8-day"))[-1]
    >>> last.label, last.days
    ('2010-12-27', 5.0)
    """
    first, last = _first_day(time.start, "time.start"), _last_day(time.end, "time.end")
    if last < first:
        raise ConfigError(
            f"the end {time.end} lies before the start {time.start}",
            where="time",
            do="exchange start and end",
        )
    cut = {"monthly": _months, "8-day": _composites, "daily": _days}[time.frequency]
    return cut(first, last)


def parts(periods: list[Period]) -> dict[str, list[Period]]:
    """Group periods by the calendar month of their first day: the unit of work and of resuming.

    >>> december = periods(TimeSpan(start="2010-12", end="2011-01", frequency="daily"))
    >>> {month: len(days) for month, days in parts(december).items()}
    {'2010-12': 31, '2011-01': 31}
    """
    grouped: dict[str, list[Period]] = {}
    for period in periods:
        grouped.setdefault(str(period.start.astype("M8[M]")), []).append(period)
    return grouped


def _day(text: str, where: str) -> np.datetime64:
    try:
        day = np.datetime64(text)
    except ValueError:
        raise ConfigError(
            f"{text!r} is not a date of the calendar", where=where, do='write "2010-03" or "2010-03-31"'
        ) from None
    if not _YEARS[0] <= int(text[:4]) <= _YEARS[1]:
        raise ConfigError(f"the year of {text!r} is outside {_YEARS[0]} to {_YEARS[1]}", where=where)
    return day


def _first_day(text: str, where: str) -> np.datetime64:
    return _day(text, where).astype("M8[D]")


def _last_day(text: str, where: str) -> np.datetime64:
    day = _day(text, where)
    return day if len(text) > len("2010-03") else (day + 1).astype("M8[D]") - DAY


def _period(label: str, start: np.datetime64, end: np.datetime64) -> Period:
    return Period(label, start.astype("M8[ns]"), end.astype("M8[ns]"))


def _days(first: np.datetime64, last: np.datetime64) -> list[Period]:
    return [_period(str(day), day, day + DAY) for day in np.arange(first, last + DAY)]


def _months(first: np.datetime64, last: np.datetime64) -> list[Period]:
    _refuse_inside("month", first, first.astype("M8[M]").astype("M8[D]"), "time.start", "begin")
    end_of_month = (last.astype("M8[M]") + 1).astype("M8[D]") - DAY
    _refuse_inside("month", last, end_of_month, "time.end", "end")
    months = np.arange(first.astype("M8[M]"), last.astype("M8[M]") + 1)
    return [_period(str(m), m.astype("M8[D]"), (m + 1).astype("M8[D]")) for m in months]


def _composites(first: np.datetime64, last: np.datetime64) -> list[Period]:
    years = np.arange(first.astype("M8[Y]"), last.astype("M8[Y]") + 1)
    every = [composite for year in years for composite in _composites_of(year)]
    chosen = [p for p in every if first <= p.start <= last]
    _refuse_cut(first, last, every)
    return chosen


def _composites_of(year: np.datetime64) -> list[Period]:
    new_year, next_year = year.astype("M8[D]"), (year + 1).astype("M8[D]")
    starts = list(np.arange(new_year, next_year, COMPOSITE).astype("M8[D]"))
    return [_period(str(s), s, e) for s, e in zip(starts, [*starts[1:], next_year])]


def _refuse_cut(first: np.datetime64, last: np.datetime64, every: list[Period]) -> None:
    """Days of the month's edge may cut a composite; other days must not."""
    if first.astype("M8[M]").astype("M8[D]") != first:
        running = next(p for p in every if p.start <= first < p.end)
        _refuse_inside("8-day composite", first, running.start.astype("M8[D]"), "time.start", "begin")
    if (last + DAY).astype("M8[M]").astype("M8[D]") != last + DAY:
        running = next(p for p in every if p.start <= last < p.end)
        _refuse_inside("8-day composite", last, running.end.astype("M8[D]") - DAY, "time.end", "end")


def _refuse_inside(unit: str, day: np.datetime64, boundary: np.datetime64, where: str, verb: str) -> None:
    if day != boundary:
        raise ConfigError(
            f"{day} lies inside a {unit}, so the {unit} would be incomplete",
            where=where,
            do=f'{verb} with {boundary}, or choose frequency = "daily"',
        )
