r"""Time as whole numbers: days and seconds of a calendar, dates, alarms.

A moment is a day number (0 is 1 January of year 1) and a second of the day, both integers, so that nothing drifts:
seconds in float32 stop telling one second from the next after 194 days. A calendar differs from another only in how
many days lie before a year, and in the lengths of its months.
"""

import re
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import SECONDS_PER_DAY
from shanhai.core.errors import InputError, nearest

DAY = int(SECONDS_PER_DAY)
CYCLE = {"standard": 146_097, "noleap": 146_000, "360_day": 144_000}
"""Days of 400 years, after which every calendar repeats."""

CALENDARS = tuple(CYCLE)
GREGORIAN_REFORM = (1582, 10, 15)
"""First day on which "standard" of CF is the Gregorian calendar; earlier dates are refused where a date is read."""

PERIODS = ("hour", "day", "month", "year")
COMMON = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
"""Days of a common year before each month and before the next year."""

WRITTEN = re.compile(r"(\d{1,6})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?")


class Date(NamedTuple):
    """Year, month (1 to 12), day of the month (from 1) and day of the year (from 1)."""

    year: Array
    month: Array
    day: Array
    day_of_year: Array


class Instant(eqx.Module):
    """A moment: day and second of a calendar.

    Args:
        day: days since 1 January of year 1.
        second: second of the day, 0 to 86399.
        calendar: "standard" (Gregorian, from 15 October 1582), "noleap" or "360_day".
    """

    day: Array
    second: Array
    calendar: str = eqx.field(static=True)

    def later(self, seconds: ArrayLike) -> "Instant":
        """The moment so many whole seconds later (earlier, if negative)."""
        total = self.second + jnp.asarray(seconds)
        return Instant(self.day + total // DAY, total % DAY, self.calendar)

    def date(self) -> Date:
        """Date of the day."""
        return date_of(self.day, self.calendar)


def days_before(year: ArrayLike, calendar: str) -> Array:
    """Days from 1 January of year 1 to 1 January of a year.

    >>> int(days_before(2001, "standard"))
    730485
    """
    past = jnp.asarray(year) - 1
    if calendar == "360_day":
        return 360 * past
    leap_days = past // 4 - past // 100 + past // 400 if calendar == "standard" else 0
    return 365 * past + leap_days


def date_of(day: ArrayLike, calendar: str) -> Date:
    """Date of a day number, in integers.

    Args:
        day: days since 1 January of year 1, any shape; negative before it.
        calendar: see `Instant`.

    Returns:
        date, arrays of that shape.

    >>> [int(x) for x in date_of(730484, "standard")]
    [2000, 12, 31, 366]
    """
    day = jnp.asarray(day)
    cycle = CYCLE[calendar]
    guess = 400 * (day // cycle) + 400 * (day % cycle) // cycle + 1
    year = guess + (day >= days_before(guess + 1, calendar)) - (day < days_before(guess, calendar))
    of_year = day - days_before(year, calendar)
    ends = month_starts(year, calendar)[1:]
    month = jnp.sum(of_year >= ends, axis=0, dtype=day.dtype) + 1
    starts = jnp.concatenate([jnp.zeros_like(ends[:1]), ends])
    start = jnp.take_along_axis(starts, (month - 1)[None], axis=0)[0]
    return Date(year, month, of_year - start + 1, of_year + 1)


def month_starts(year: ArrayLike, calendar: str) -> Array:
    """Days of the year before each month and before the next year, (13, ...).

    >>> month_starts(2000, "standard").tolist()[:3]
    [0, 31, 60]
    """
    year = jnp.asarray(year)
    number = jnp.arange(13, dtype=year.dtype).reshape(13, *(1,) * year.ndim)
    if calendar == "360_day":
        return jnp.broadcast_to(30 * number, (13, *year.shape))
    length = days_before(year + 1, calendar) - days_before(year, calendar)
    return jnp.asarray(COMMON, year.dtype).reshape(number.shape) + (length - 365) * (number > 1)


def day_number(year: ArrayLike, month: ArrayLike, day: ArrayLike, calendar: str) -> Array:
    """Days from 1 January of year 1 to a date; the inverse of `date_of`.

    >>> int(day_number(2000, 12, 31, "standard"))
    730484
    """
    starts = month_starts(year, calendar)
    month, starts = jnp.broadcast_arrays(jnp.asarray(month), starts)
    return days_before(year, calendar) + jnp.take_along_axis(starts, month[:1] - 1, axis=0)[0] + day - 1


def instant(text: str, calendar: str = "standard") -> Instant:
    """Read a moment from text.

    Args:
        text: such as "1990-01-01" or "1990-01-01T06:00:00".
        calendar: see `Instant`.

    Raises:
        InputError: for a calendar that is not known, and for dates that it does not have.

    >>> written(instant("1990-02-28T18:00", "noleap").later(6 * 3600))
    '1990-03-01T00:00:00'
    """
    if calendar not in CALENDARS:
        raise InputError(f"there is no calendar {calendar!r}; {nearest(calendar, CALENDARS)}", where="clock")
    match = WRITTEN.fullmatch(text.strip())
    if match is None:
        raise InputError(f"{text!r} is not a date", where="clock", do="write it as 1990-01-31 or 1990-01-31T06:00:00")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    if calendar == "standard" and (year, month, day) < GREGORIAN_REFORM:
        what = f"{text} lies before the Gregorian calendar began on 1582-10-15"
        raise InputError(what, where="clock", do='use calendar = "noleap" or "360_day" for earlier times')
    if not (year >= 1 and 1 <= month <= 12 and hour < 24 and minute < 60 and second < 60):
        raise InputError(f"there is no {text} in any calendar", where="clock")
    number = day_number(year, month, day, calendar)
    if tuple(int(x) for x in date_of(number, calendar)[:3]) != (year, month, day):
        raise InputError(f"there is no {text} in the calendar {calendar!r}", where="clock")
    return Instant(number, jnp.asarray(3600 * hour + 60 * minute + second), calendar)


def written(moment: Instant) -> str:
    """A moment as text, the inverse of `instant`."""
    year, month, day, _ = (int(x) for x in moment.date())
    hour, rest = divmod(int(moment.second), 3600)
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{rest // 60:02}:{rest % 60:02}"


def rings(before: Instant, after: Instant, period: str) -> Array:
    """Whether an hour, day, month or year ends between two moments, the second of them included.

    Raises:
        InputError: for another period.

    >>> bool(rings(instant("2000-01-31T23:00"), instant("2000-02-01"), "month"))
    True
    """
    return _count(after, period) != _count(before, period)


def _count(moment: Instant, period: str) -> Array:
    """How many periods of this kind are over, up to a constant."""
    if period not in PERIODS:
        raise InputError(f"there is no period {period!r}; {nearest(period, PERIODS)}", where="clock")
    if period in ("hour", "day"):
        return moment.day if period == "day" else 24 * moment.day + moment.second // 3600
    date = moment.date()
    return date.year if period == "year" else 12 * date.year + date.month


def seconds_until_end(moment: Instant, period: str) -> int:
    """Whole seconds until the hour, day, month or year ends; never zero.

    >>> seconds_until_end(instant("2000-02-01"), "month") // 86400
    29
    """
    _count(moment, period)  # refuses other periods
    day, second = int(moment.day), int(moment.second)
    if period == "hour":
        return 3600 - second % 3600
    year, month, _, _ = (int(x) for x in moment.date())
    end = {
        "day": lambda: day + 1,
        "month": lambda: int(days_before(year, moment.calendar) + month_starts(year, moment.calendar)[month]),
        "year": lambda: int(days_before(year + 1, moment.calendar)),
    }[period]()
    return (end - day) * DAY - second
