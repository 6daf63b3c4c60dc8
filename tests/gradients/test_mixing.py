"""Gradients of mixtures equal finite differences, also at the ends and in fresh water."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.seawater.mixing import WaterMass, mixture


def ph(values):
    fraction, salinity, temperature, dic, alkalinity = values
    river = WaterMass(temperature, 0.0, dic, alkalinity)
    return mixture(river, WaterMass(10.0, salinity, 2080e-6, 2290e-6), fraction).ph_total


STEPS = np.array([1e-4, 1e-3, 1e-3, 1e-8, 1e-8])


@pytest.mark.parametrize("fraction", [0.02, 0.5, 1.0])
def test_gradients_equal_finite_differences(fraction):
    at = jnp.array([fraction, 34.0, 22.0, 1250e-6, 1200e-6])
    found = jax.jit(jax.grad(ph))(at)
    slopes = jax.jit(jax.vmap(lambda e: (ph(at + e) - ph(at - e)) / 2.0))(np.diag(STEPS))
    np.testing.assert_allclose(found * STEPS, slopes, rtol=2e-5, atol=1e-11)


def test_gradients_are_finite_in_the_river_itself():
    assert np.all(np.isfinite(jax.jit(jax.grad(ph))(jnp.array([0.0, 34.0, 22.0, 1250e-6, 1200e-6]))))
