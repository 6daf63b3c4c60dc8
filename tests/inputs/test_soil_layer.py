"""A layer of soil refuses weather that no soil has and stocks that nobody can hold, each in a sentence."""

import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.numerics.integrate import Tolerance
from shanhai.soil.isotopes import CARBON_13
from shanhai.soil.layer import Conditions, Layer, course, daily, stocked, through
from shanhai.soil.layer_isotopes import labelled

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
        ({"oxygen": 20.95}, r"oxygen is 20.95, and must be from 0 to 1"),
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


@pytest.mark.parametrize(
    ("ratios", "message"),
    [
        ({"labil_c": 0.011}, r"no pool 'labil_c'.*labile_c"),
        ({"labile_n": 0.011}, r"no pool 'labile_n' of C to carry 13C"),
        ({"co2": 0.011}, r"no pool 'co2'"),
    ],
)
def test_labels_that_nothing_can_carry_are_refused(ratios, message):
    with pytest.raises(InputError, match=message):
        labelled(JAR, stocked(JAR, {"labile_c": 1.0}), CARBON_13, ratios)


def test_conditions_of_one_number_serve_for_all_times():
    at = through(Conditions(water=np.full((3, 2), 0.3), oxygen=0.01))
    assert at.water.shape == (3, 2)
    assert at.oxygen.shape == (3,)
