"""Gradients of acidification by scenario, water and mixing are finite and equal to finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.ocean import acidification as surface

pytestmark = pytest.mark.slow  # compiling takes long

YEARS = 30


def end_ph(numbers):
    xco2, alkalinity, mixing, ice = numbers
    air = surface.Air(xco2 * 1.005 ** jnp.arange(YEARS), jnp.zeros(YEARS))
    one, two = jnp.array([20.0, 0.0]), jnp.array([35.0, 34.0])
    places = surface.Places(one, two, alkalinity, 4.5e-5, 75.0, mixing, jnp.stack([jnp.asarray(1.0), 1.0 - ice]))
    return surface.project(places, jnp.array([2000e-6, 2120e-6]), air).waters.ph[-1].sum()


@pytest.mark.parametrize("ice", [0.5, 1.0])
def test_ph_at_the_end(ice):
    numbers = jnp.array([300e-6, 2310e-6, 1.2e-4, ice])
    value, slope = run(numbers)
    assert np.isfinite(value)
    assert np.all(np.isfinite(slope))
    for i in range(3 if ice == 1.0 else 4):  # ice cannot exceed one
        step = 1e-4 * numbers[i]
        high, low = (run(numbers.at[i].add(s * step))[0] for s in (1, -1))
        assert float(slope[i]) == pytest.approx(float((high - low) / (2 * step)), rel=1e-6)


run = jax.jit(jax.value_and_grad(end_ph))
