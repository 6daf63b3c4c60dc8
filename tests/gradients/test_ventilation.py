"""Gradients of ages and anthropogenic carbon are finite and equal finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.ocean.anthropogenic_uptake import anthropogenic_carbon
from shanhai.ocean.atmospheric_histories import atmospheric_co2, synthetic_history
from shanhai.ocean.ventilation import interior_value, mean_age, partial_moments

HISTORY = synthetic_history("CFC-12")


def carbon(values):
    age, ratio, temperature, alkalinity = values
    return anthropogenic_carbon(2004.3, age, ratio * age, atmospheric_co2(), temperature, 35.0, 1e-6 * alkalinity)


def test_gradients_of_anthropogenic_carbon_equal_finite_differences():
    at, steps = jnp.array([45.0, 0.9, 8.0, 2310.0]), np.diag([1e-3, 1e-5, 1e-4, 1e-2])
    found = jax.jit(jax.grad(lambda x: 1e6 * carbon(x)))(at)
    slopes = jax.jit(jax.vmap(lambda e: 1e6 * (carbon(at + e) - carbon(at - e)) / 2.0))(steps) / np.diag(steps)
    np.testing.assert_allclose(found, slopes, rtol=1e-6)


@pytest.mark.parametrize("value", [30e-12, 300e-12])
def test_gradients_of_mean_age_equal_finite_differences(value):
    def age(values):
        return mean_age(1e-12 * values[0], HISTORY, values[1], values[2])

    at, steps = jnp.array([value * 1e12, 2004.3, 0.8]), np.diag([1e-3, 1e-4, 1e-5])
    found = jax.jit(jax.grad(age))(at)
    slopes = [(age(at + e) - age(at - e)) / 2.0 / e.max() for e in steps]
    np.testing.assert_allclose(found, slopes, rtol=1e-5)


@pytest.mark.parametrize("age", [0.0, 1e-9, 30.0, 1e5, jnp.inf])
def test_gradients_of_moments_are_finite_at_both_ends(age):
    both = jax.jacrev(lambda x: jnp.stack(partial_moments(age, x[0], x[1])))(jnp.array([30.0, 2.0]))
    assert np.all(np.isfinite(both))


def test_gradients_are_finite_where_the_sample_is_younger_than_the_history():
    slope = jax.grad(lambda g: interior_value(HISTORY, 1931.0, g, g))(5.0)
    assert np.isfinite(slope)
