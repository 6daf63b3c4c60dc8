"""Laws of the periods of a job."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanhai.core.errors import InputError
from shanhai.monitoring.config import TimeSpan
from shanhai.monitoring.periods import parts, periods

FREQUENCIES = ("monthly", "8-day", "daily")


def cut(start, end, frequency="monthly"):
    return periods(TimeSpan(start=start, end=end, frequency=frequency))


@given(first=st.integers(0, 60), length=st.integers(0, 30), frequency=st.sampled_from(FREQUENCIES))
def test_periods_follow_one_another_without_gap_or_overlap(first, length, frequency):
    start = np.datetime64("2007-01") + first
    found = cut(str(start), str(start + length), frequency)
    assert all(a.end == b.start for a, b in pairwise(found))
    assert all(p.start < p.middle < p.end for p in found)


@given(year=st.integers(1700, 2200), frequency=st.sampled_from(FREQUENCIES))
def test_the_periods_of_a_year_fill_it(year, frequency):
    found = cut(f"{year:04}-01", f"{year:04}-12", frequency)
    new_year = np.datetime64(f"{year:04}")
    assert found[0].start == new_year
    assert found[-1].end == new_year + 1
    assert sum(p.days for p in found) == np.arange(new_year, new_year + 1, dtype="M8[D]").size


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_consecutive_jobs_share_no_period_and_lose_none(frequency):
    whole = cut("2010-01", "2011-12", frequency)
    halves = cut("2010-01", "2010-07", frequency) + cut("2010-08", "2011-12", frequency)
    assert halves == whole


def test_composites_restart_each_new_year():
    found = cut("2011-01", "2012-12", "8-day")
    assert len(found) == 92
    assert [p.label for p in found[44:47]] == ["2011-12-19", "2011-12-27", "2012-01-01"]
    assert (found[45].days, found[-1].days) == (5, 6)
    assert {p.days for p in found[:45]} == {8}


def test_parts_hold_every_period_once_in_the_month_of_its_first_day():
    found = cut("2010-01", "2010-12", "8-day")
    grouped = parts(found)
    assert list(grouped) == [f"2010-{m:02}" for m in range(1, 13)]
    assert [p for group in grouped.values() for p in group] == found
    assert [p.label for p in grouped["2010-02"]] == ["2010-02-02", "2010-02-10", "2010-02-18", "2010-02-26"]


def test_a_month_given_by_its_days_is_the_month():
    assert cut("2012-02-01", "2012-02-29") == cut("2012-02", "2012-02")
    assert cut("2010-01-09", "2010-01-24", "8-day")[-1].label == "2010-01-17"
    assert [p.label for p in cut("2010-03-30", "2010-04-01", "daily")] == [
        "2010-03-30",
        "2010-03-31",
        "2010-04-01",
    ]


@pytest.mark.parametrize(
    ("start", "end", "frequency", "told"),
    [
        ("2010-03", "2010-02", "monthly", "lies before the start"),
        ("2010-03-02", "2010-04", "monthly", "2010-03-02 lies inside a month"),
        ("2010-03", "2010-04-15", "monthly", "end with 2010-04-30"),
        ("2010-01-05", "2010-02", "8-day", "begin with 2010-01-01"),
        ("2010-01", "2010-01-30", "8-day", "end with 2010-02-01"),
        ("2010-13", "2011-01", "monthly", "'2010-13' is not a date"),
        ("2010-02-30", "2010-03-01", "daily", "'2010-02-30' is not a date"),
        ("0001-01", "0001-02", "monthly", "outside 1678 to 2261"),
    ],
)
def test_a_span_that_cannot_be_cut_is_refused_with_its_sentence(start, end, frequency, told):
    with pytest.raises(InputError, match=told):
        cut(start, end, frequency)
