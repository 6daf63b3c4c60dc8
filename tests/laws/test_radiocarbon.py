"""Laws of radiocarbon: definitions agree with each other, water that is shut off ages by its own time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanhai.seawater import radiocarbon as rc

DELTAS = st.floats(-900.0, 2000.0)
YEARS = st.floats(-50_000.0, 2100.0)


@settings(max_examples=50, deadline=None)
@given(DELTAS, YEARS)
def test_delta_and_fraction_modern_are_inverse(delta, year):
    assert float(rc.delta_of_fraction(rc.fraction_modern(delta, year), year)) == pytest.approx(delta, abs=1e-8)


@settings(max_examples=50, deadline=None)
@given(st.floats(1e-4, 2.0))
def test_age_and_fraction_modern_are_inverse(fraction):
    assert float(rc.fraction_of_age(rc.conventional_age(fraction))) == pytest.approx(fraction, rel=1e-12)


@settings(max_examples=50, deadline=None)
@given(DELTAS, DELTAS, YEARS)
def test_the_reservoir_age_is_the_difference_of_conventional_ages_in_any_year(water, air, year):
    ages = [float(rc.conventional_age(rc.fraction_modern(d, year))) for d in (water, air)]
    assert float(rc.reservoir_age(water, air)) == pytest.approx(ages[0] - ages[1], abs=1e-6)


@pytest.mark.parametrize("half_life", list(rc.HALF_LIVES))
def test_water_shut_off_ages_by_its_own_time(half_life):
    time = np.array([0.0, 10.0, 1000.0, 30_000.0])
    left = 0.93 * np.exp(-time * rc.decay_constant(half_life) * 365.25 * 86400.0)
    ages = rc.ventilation_age(rc.delta_of_ratio(left), -70.0, half_life)
    np.testing.assert_allclose(ages, time, atol=1e-8)


def test_half_a_sample_is_left_after_its_half_life():
    for name, years in rc.HALF_LIVES.items():
        assert np.exp(-years / rc.mean_life(name)) == pytest.approx(0.5, rel=1e-14)


def test_normalisation_undoes_fractionation_of_twice_the_13c():
    delta13c = np.array([-25.0, -10.0, 1.5])
    fractionated = 0.9 * ((1.0 + delta13c / 1000.0) / (1.0 - 0.025)) ** 2
    np.testing.assert_allclose(rc.normalised(fractionated, delta13c), 0.9, rtol=1e-14)


def test_the_projection_age_finds_when_water_left_a_changing_atmosphere():
    year = np.arange(-30_000.0, 1951.0, 50.0)
    air = 300.0 * np.sin(year / 4000.0) ** 2 + 20.0 * np.sin(year / 300.0)
    history = rc.Curve(year, air, np.zeros_like(air))
    left = np.array([-14_500.0, -8_000.0, -100.0])
    sampled, away = left + np.array([700.0, 1500.0, 2000.0]), 400.0
    source = np.array([np.interp(y, year, np.log1p(1e-3 * air)) for y in left]) - away / rc.LIBBY_MEAN_LIFE
    deep = np.exp(source - (sampled - left) / rc.mean_life())
    age = rc.projection_age(rc.delta_of_ratio(deep), sampled, history, away)
    again = np.array([np.interp(y - a, year, np.log1p(1e-3 * air)) for y, a in zip(sampled, np.asarray(age))])
    np.testing.assert_allclose(again - away / rc.LIBBY_MEAN_LIFE - age / rc.mean_life(), np.log(deep), atol=1e-12)
    assert np.all(np.asarray(age) <= sampled - left + 1e-6)


def test_the_projection_age_is_nothing_where_the_history_never_meets_the_water():
    history = rc.Curve(np.array([0.0, 1950.0]), np.zeros(2), np.zeros(2))
    assert np.isnan(float(rc.projection_age(-900.0, 1900.0, history)))
    assert np.isnan(float(rc.projection_age(50.0, 1900.0, history)))
    assert np.isnan(float(rc.projection_age(-100.0, 2050.0, history)))
