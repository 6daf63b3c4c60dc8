"""Laws of the clock: dates are those of cftime for centuries, and integers never drift."""

import cftime
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.clock import (
    CALENDARS,
    Instant,
    date_of,
    day_number,
    days_before,
    instant,
    month_starts,
    rings,
    seconds_until_end,
    written,
)

CF = {"standard": "proleptic_gregorian", "noleap": "noleap", "360_day": "360_day"}


@pytest.mark.parametrize("calendar", CALENDARS)
def test_dates_of_six_centuries_are_those_of_cftime(calendar):
    days = np.arange(days_before(1580, calendar), days_before(2201, calendar))
    found = [np.asarray(x) for x in date_of(days, calendar)]
    expected = cftime.num2date(days, "days since 0001-01-01", CF[calendar])
    for values, name in zip(found, ("year", "month", "day", "dayofyr")):
        assert (values == np.array([getattr(d, name) for d in expected])).all()


def test_the_standard_calendar_is_that_of_cf_since_its_reform():
    text = "1582-10-15"
    days = int(instant("2000-03-01").day - instant(text).day)
    assert cftime.num2date(days, f"days since {text}", "standard").isoformat()[:10] == "2000-03-01"


@pytest.mark.parametrize("calendar", CALENDARS)
def test_a_date_and_its_number_are_inverse_for_ages_and_before_year_one(calendar):
    days = np.concatenate([np.arange(-200_000, 200_000, 17), np.arange(3_000_000, 3_100_000, 13)])
    year, month, day, _ = date_of(days, calendar)
    assert (np.asarray(day_number(year, month, day, calendar)) == days).all()


def test_dates_are_the_same_compiled_and_in_32_bits():
    days = np.arange(700_000, 701_000, dtype=np.int32)
    compiled = jax.jit(lambda d: date_of(d, "standard"))(days)
    for one, other in zip(compiled, date_of(days.astype(np.int64), "standard")):
        assert one.dtype == jnp.int32
        assert (np.asarray(one) == np.asarray(other)).all()


def test_months_of_a_leap_year():
    lengths = np.diff(np.asarray(month_starts(2000, "standard"))).tolist()
    assert lengths == [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    assert np.diff(np.asarray(month_starts(1900, "standard")))[1] == 28
    assert np.diff(np.asarray(month_starts(2000, "noleap")))[1] == 28
    assert set(np.diff(np.asarray(month_starts(2000, "360_day")))) == {30}


def test_a_million_steps_of_seven_minutes_arrive_to_the_second():
    begin = instant("1999-02-27T23:57:11")
    after = jax.jit(lambda t: jax.lax.fori_loop(0, 1_000_000, lambda _, x: x.later(420), t))(begin)
    expected = cftime.datetime(1999, 2, 27, 23, 57, 11, calendar="standard") + np.timedelta64(420_000_000, "s").item()
    assert written(after) == expected.isoformat()


def test_going_back_is_the_inverse_of_going_on():
    begin = instant("2000-01-01T00:00:05")
    assert written(begin.later(-10)) == "1999-12-31T23:59:55"
    assert written(begin.later(-10).later(10)) == written(begin)


@pytest.mark.parametrize(
    ("before", "after", "period", "expected"),
    [
        ("2000-01-31T23:00", "2000-02-01", "month", True),
        ("2000-01-31T22:00", "2000-01-31T23:00", "month", False),
        ("2000-12-31T23:00", "2001-01-01", "year", True),
        ("2000-06-30T23:00", "2000-07-01", "year", False),
        ("2000-06-30T23:00", "2000-07-01", "day", True),
        ("2000-06-30T23:10", "2000-06-30T23:50", "hour", False),
        ("2000-06-30T23:10", "2000-07-01", "hour", True),
    ],
)
def test_alarms_ring_when_the_period_is_over(before, after, period, expected):
    assert bool(rings(instant(before), instant(after), period)) is expected


@pytest.mark.parametrize("calendar", CALENDARS)
@pytest.mark.parametrize("period", ["hour", "day", "month", "year"])
def test_after_the_time_that_is_left_the_alarm_rings_and_not_before(calendar, period):
    for text in ("2000-02-28T23:59:59", "2000-01-01", "2001-12-30T12:30"):
        now = instant(text, calendar)
        left = seconds_until_end(now, period)
        assert left > 0
        assert bool(rings(now, now.later(left), period))
        assert not bool(rings(now, now.later(left - 1), period))


def test_text_and_moment_are_inverse():
    for calendar in CALENDARS:
        assert written(instant("2004-02-29" if calendar != "noleap" else "2004-02-28", calendar))[:8] == "2004-02-"
    assert written(instant("1850-07-04 03:02:01")) == "1850-07-04T03:02:01"
    assert isinstance(instant("1850-07-04").later(jnp.asarray(3)), Instant)
