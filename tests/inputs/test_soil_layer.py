"""A layer of soil refuses weather that no soil has and stocks that nobody can hold, each in a sentence."""

import pytest

from shanhai.core.errors import InputError
from shanhai.numerics.integrate import Tolerance
from shanhai.soil.layer import Conditions, Layer, course, daily, stocked

JAR = Layer()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"temperature": 20.0}, r"temperature is 20, and must be from 200 to 350 K"),
        ({"temperature": float("nan")}, r"temperature is nan"),
        ({"potential": 3e4}, r"potential is 30000"),
        ({"water": 25.0}, r"water is 25"),
        ({"water": 0.6, "porosity": 0.5}, r"more water than pores"),
        ({"ph": 65.0}, r"ph is 65"),
        ({"drainage": -1e-9}, r"drainage is -1e-09"),
        ({"water_rate": float("inf")}, r"water_rate is inf"),
    ],
)
def test_weather_that_no_soil_has_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        course(JAR, stocked(JAR, {}), daily(Conditions(**given), 2), 86400.0, Tolerance())


@pytest.mark.parametrize(
    ("amounts", "message"),
    [
        ({"labil_c": 1.0}, r"no species 'labil_c'.*labile_c"),
        ({"labile_c": -1.0}, r"labile_c is negative"),
        ({"labile_c": float("nan")}, r"labile_c is negative or not a number"),
    ],
)
def test_stocks_that_nobody_can_hold_are_refused(amounts, message):
    with pytest.raises(InputError, match=message):
        stocked(JAR, amounts)
