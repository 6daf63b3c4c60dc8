"""Derivatives of isotopic composition, with a species absent too."""

import jax
import numpy as np
import pytest

from shanhai.seawater import isotopes

STATES = {
    "surface sea": (1.5, 20.0, 11e-6, 1780e-6, 209e-6),
    "frozen": (0.5, -2.0, 15e-6, 2000e-6, 100e-6),
    "no carbonate": (-10.0, 10.0, 1e-4, 1e-3, 0.0),
}
STEPS = (1e-3, 1e-3, 1e-9, 1e-9, 1e-9)
bicarbonate = jax.jit(lambda *state: isotopes.delta_of_species(*state).bicarbonate)
gradient = jax.jit(jax.grad(lambda *state: isotopes.delta_of_species(*state).bicarbonate, argnums=range(5)))


@pytest.mark.parametrize("state", STATES)
def test_gradient_equals_finite_difference(state):
    for axis, slope in enumerate(gradient(*STATES[state])):
        up, down = list(STATES[state]), list(STATES[state])
        up[axis] += STEPS[axis]
        down[axis] -= STEPS[axis]
        expected = (float(bicarbonate(*up)) - float(bicarbonate(*down))) / (2 * STEPS[axis])
        assert float(slope) == pytest.approx(expected, rel=1e-4, abs=1e-3)


def test_gradient_is_finite_without_any_carbon():
    assert np.all(np.isfinite(gradient(1.0, 10.0, 1e-12, 0.0, 0.0)))
