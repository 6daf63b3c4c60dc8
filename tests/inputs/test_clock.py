"""Dates that no calendar has are refused with a sentence."""

import pytest

from shanhai.core.clock import instant, rings, seconds_until_end
from shanhai.core.errors import InputError


@pytest.mark.parametrize(
    ("text", "calendar", "words"),
    [
        ("2000-01-01", "nolaep", "there is no calendar 'nolaep'; did you mean 'noleap'?"),
        ("1 May 2000", "standard", "'1 May 2000' is not a date. To mend: write it as 1990-01-31"),
        ("1582-10-14", "standard", "lies before the Gregorian calendar began on 1582-10-15"),
        ("2001-02-29", "standard", "there is no 2001-02-29 in the calendar 'standard'"),
        ("2000-02-29", "noleap", "there is no 2000-02-29 in the calendar 'noleap'"),
        ("2000-01-31", "360_day", "there is no 2000-01-31 in the calendar '360_day'"),
        ("2000-13-01", "standard", "there is no 2000-13-01 in any calendar"),
        ("2000-01-01T24:00", "standard", "there is no 2000-01-01T24:00 in any calendar"),
    ],
)
def test_refused(text, calendar, words):
    with pytest.raises(InputError) as refusal:
        instant(text, calendar)
    assert words in str(refusal.value)


@pytest.mark.parametrize("ask", [lambda t: rings(t, t, "moth"), lambda t: seconds_until_end(t, "moth")])
def test_another_period_is_refused(ask):
    with pytest.raises(InputError, match="there is no period 'moth'; did you mean 'month'"):
        ask(instant("2000-01-01"))
