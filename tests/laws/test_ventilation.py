"""Laws of transit times: they add up to one, ages are monotone, histories are carried as they were made."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanhai.ocean import ventilation as v
from shanhai.ocean.anthropogenic_uptake import anthropogenic_carbon, surface_history
from shanhai.ocean.atmospheric_histories import atmospheric_co2, synthetic_history

AGES = jnp.array([0.3, 3.0, 30.0, 300.0, 3000.0])


@settings(max_examples=40, deadline=None)
@given(st.floats(0.02, 4000.0), st.floats(0.05, 3.0), st.lists(st.floats(0.01, 900.0), min_size=6, max_size=6))
def test_shares_of_transit_times_add_up_to_one_and_their_ages_to_the_mean_age(age, ratio, steps):
    edges = jnp.concatenate([jnp.zeros(1), jnp.cumsum(jnp.array(steps))])
    parts = v.transit_weights(edges, age, ratio * age)
    assert float(parts.mass.sum()) == pytest.approx(1.0, abs=1e-14)
    assert float(parts.age.sum()) == pytest.approx(age, rel=1e-12)
    assert float(parts.mass.min()) >= -1e-14


@pytest.mark.parametrize("ratio", [0.05, 0.3, 1.0, 1.8])
def test_partial_moments_are_the_integral_of_the_density(ratio):
    edges = np.concatenate([np.geomspace(1e-3, 2000.0, 40001)])
    density = np.asarray(v.inverse_gaussian(edges, 30.0, 30.0 * ratio))
    mass = np.sum(0.5 * (density[1:] + density[:-1]) * np.diff(edges))
    found = v.partial_moments(jnp.array([edges[0], edges[-1]]), 30.0, 30.0 * ratio)
    assert float(found.mass[1] - found.mass[0]) == pytest.approx(mass, abs=2e-7)


def test_mixing_of_transit_times_has_twice_the_square_of_the_width_as_variance():
    parts = v.transit_weights(jnp.linspace(0.0, 3000.0, 30001), 30.0, 24.0)
    mass, age = (np.asarray(x)[:-1] for x in parts)
    some = mass > 1e-12
    second = np.sum(age[some] ** 2 / mass[some])
    assert second - 30.0**2 == pytest.approx(2.0 * 24.0**2, rel=1e-4)


def test_a_steady_surface_fills_the_interior_with_its_value():
    still = v.History(jnp.array([1800.0, 1900.0, 2000.0]), jnp.full(3, 7.25))
    assert np.allclose(v.interior_value(still, 1987.3, AGES, AGES), 7.25, rtol=1e-14)


def test_the_interior_follows_a_linear_rise_by_the_mean_age():
    line = v.History(jnp.array([-1e6, 2000.0]), jnp.array([-1e6, 2000.0]))
    found = v.interior_value(line, 2000.0, AGES, 0.7 * AGES)
    assert np.allclose(found, 2000.0 - AGES, rtol=1e-12, atol=1e-9)


def test_exponential_growth_is_a_transient_steady_state():
    years = jnp.linspace(0.0, 3000.0, 6001)
    grown = v.History(years, jnp.exp(0.02 * (years - 3000.0)))
    for when in (2500.0, 3000.0):
        at = v.interior_value(grown, when, AGES[:4], AGES[:4]) / v.value_at(grown, when)
        assert np.allclose(at, v.exponential_ratio(0.02, AGES[:4], AGES[:4]), rtol=1e-4)


def test_no_rise_of_the_air_leaves_no_anthropogenic_carbon():
    still = v.History(jnp.array([1750.0, 1900.0, 2020.0]), jnp.full(3, 280e-6))
    found = anthropogenic_carbon(jnp.full(5, 2010.0), AGES, AGES, still, 10.0, 35.0, 2300e-6)
    assert np.all(np.asarray(found) == 0.0)


def test_older_water_has_less_tracer_and_less_anthropogenic_carbon():
    surface = surface_history(atmospheric_co2(), 10.0, 35.0, 2300e-6)
    ages = jnp.geomspace(0.5, 3000.0, 40)
    for history in (surface, synthetic_history("SF6")):
        found = np.asarray(v.interior_value(history, 2010.0, ages, ages))
        assert np.all(np.diff(found) < 0)


def test_mean_ages_come_back_and_fall_with_the_tracer():
    history, ages = synthetic_history("CFC-12"), jnp.geomspace(25.0, 1500.0, 12)
    inside = v.interior_value(history, 2005.0, ages, ages)
    found = np.asarray(v.mean_age(inside, history, 2005.0))
    assert np.allclose(found, ages, rtol=1e-8)
    less = np.asarray(v.mean_age(0.9 * inside, history, 2005.0))
    assert np.all(less > found)


def test_more_tracer_than_the_air_ever_had_has_no_age():
    history = synthetic_history("CFC-12")
    assert np.isnan(v.mean_age(jnp.array([1e-9]), history, 2005.0)[0])
    assert np.isnan(v.tracer_age(jnp.array([1e-9]), history, 2005.0)[0])


def test_tracer_ages_fall_with_the_tracer_and_underestimate_the_mean_age_of_mixed_water():
    history, ages = synthetic_history("CFC-12"), jnp.geomspace(30.0, 900.0, 12)
    inside = v.interior_value(history, 1995.0, ages, ages)
    found = np.asarray(v.tracer_age(inside, history, 1995.0))
    assert np.all(np.diff(found) > 0)
    assert np.all(found < ages)


def test_two_tracers_tell_mean_age_and_width():
    one, two = synthetic_history("CFC-12"), synthetic_history("SF6")
    ages, ratios = jnp.array([20.0, 40.0, 80.0]), jnp.array([0.5, 0.9, 1.4])
    inside = [v.interior_value(h, 2005.0, ages, ratios * ages) for h in (one, two)]
    found = v.mean_age_and_width(inside[0], one, inside[1], two, jnp.full(3, 2005.0))
    assert np.allclose(found.width_ratio, ratios, atol=5e-3)
    assert np.allclose(found.mean_age, ages, rtol=1e-2)


def test_synthetic_tracers_stay_within_five_per_cent_of_their_largest_protocol_value():
    table = {  # RCMIP concentrations [ppt] of 1960, 1980, 2000, 2020: Nicholls et al. (2020)
        "CFC-11": ((10.24, 166.08, 261.17, 218.23), 268.1),
        "CFC-12": ((31.61, 302.18, 542.38, 495.02), 543.0),
        "SF6": ((0.095, 0.89, 4.564, 10.16), 10.16),
    }
    for gas, (expected, most) in table.items():
        found = 1e12 * np.asarray(v.value_at(synthetic_history(gas), jnp.array([1960.0, 1980.0, 2000.0, 2020.0])))
        assert np.all(np.abs(found - expected) <= 0.055 * most), gas
