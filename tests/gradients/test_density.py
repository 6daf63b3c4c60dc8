"""Derivatives of density and temperatures, fresh and frozen and at the surface too."""

import jax
import numpy as np
import pytest

from shanhai.seawater import eos, teos10

FUNCTIONS = {
    "density_eos80": eos.density_eos80,
    "potential_temperature_eos80": eos.potential_temperature_eos80,
    "density_teos10": teos10.density_teos10,
    "potential_temperature": teos10.potential_temperature,
    "conservative_temperature": teos10.conservative_temperature,
    "thermal_expansion": teos10.thermal_expansion,
    "haline_contraction": teos10.haline_contraction,
    "freezing_eos80": lambda t, s, p: eos.freezing_temperature_eos80(s, p) + 0 * t,
    "freezing_teos10": lambda t, s, p: teos10.freezing_temperature_teos10(s, p) + 0 * t,
}
STEP = (1e-3, 1e-3, 1e3)
jitted = {name: jax.jit(f) for name, f in FUNCTIONS.items()}
gradients = {name: jax.jit(jax.grad(f, argnums=(0, 1, 2))) for name, f in FUNCTIONS.items()}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("state", [(12.0, 34.0, 3e7), (-1.9, 35.0, 1e8), (0.0, 0.5, 2e5)])
def test_gradient_equals_finite_difference(name, state):
    found = gradients[name](*state)
    for axis, slope in enumerate(found):
        up, down = list(state), list(state)
        up[axis] += STEP[axis]
        down[axis] -= STEP[axis]
        expected = (float(jitted[name](*up)) - float(jitted[name](*down))) / (2 * STEP[axis])
        scale = abs(float(jitted[name](*state))) / (STEP[axis] * 1e10) + 1e-18
        assert float(slope) == pytest.approx(expected, rel=2e-5, abs=10 * scale)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("state", [(-2.0, 0.0, 0.0), (0.0, 0.0, 1e8), (40.0, 42.0, 0.0)])
def test_gradient_is_finite_in_fresh_frozen_and_surface_water(name, state):
    assert np.all(np.isfinite(gradients[name](*state)))
    ones = (1.0, 1.0, 1.0)
    assert np.isfinite(jax.jvp(FUNCTIONS[name], state, ones)[1])


@pytest.mark.parametrize("name", ["density_eos80", "density_teos10", "conservative_temperature"])
def test_slope_to_salinity_at_zero_is_that_of_nearly_fresh_water(name):
    at_zero, near_zero = (gradients[name](10.0, salinity, 0.0)[1] for salinity in (0.0, 1e-8))
    assert float(at_zero) == pytest.approx(float(near_zero), rel=1e-4)


def test_second_derivatives_of_potential_temperature_are_right():
    step = 1e5
    curvature = jax.jit(jax.hessian(teos10.potential_temperature, argnums=2))(10.0, 35.0, 5e7)
    slope = gradients["potential_temperature"]
    expected = (slope(10.0, 35.0, 5e7 + step)[2] - slope(10.0, 35.0, 5e7 - step)[2]) / (2 * step)
    assert float(curvature) == pytest.approx(float(expected), rel=1e-4)


def test_functions_scan_and_vmap():
    def step(carry, t):
        return carry + teos10.density_teos10(t, 35.0, 1e7), None

    total, _ = jax.lax.scan(step, 0.0, np.array([1.0, 2.0, 3.0]))
    each = jax.vmap(lambda t: teos10.density_teos10(t, 35.0, 1e7))(np.array([1.0, 2.0, 3.0]))
    assert float(total) == pytest.approx(float(each.sum()), rel=1e-15)
