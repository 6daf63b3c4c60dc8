"""Gradients through coupled windows, moving fractions and mail equal finite differences, at empty tiles too."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests import coupled_toys as toys

from shanhai.coupling.driver import scanned
from shanhai.coupling.fractions import moved_between_tiles
from shanhai.numerics.sums import Carried, two_sum

WINDOWS = 100


def test_through_a_hundred_windows_with_moving_ice_and_two_steps():
    coupler, begin = toys.two()

    def heat_of_the_sea(x):
        rate, ice_free = x
        air = eqx.tree_at(lambda c: c.members[0].component.rate, coupler, 1e-5 * rate)
        states = eqx.tree_at(lambda c: c.components["air"]["heat"], begin, begin.components["air"]["heat"] * ice_free)
        return jnp.sum(scanned(air, states, WINDOWS).components["sea"]["heat"]) / 1e8

    value = jax.jit(heat_of_the_sea)
    at = jnp.array([1.0, 1.0])
    slope = jax.jit(jax.grad(heat_of_the_sea))(at)
    step = 1e-5
    differences = [(value(at + step * e) - value(at - step * e)) / (2 * step) for e in jnp.eye(2)]
    assert np.isfinite(slope).all()
    assert np.abs(slope).min() > 1e-3
    np.testing.assert_allclose(slope, differences, rtol=1e-6)


@pytest.mark.parametrize("old", [[0.0, 1.0], [1.0, 0.0], [0.5, 0.5], [0.3, 0.7]])
def test_stock_that_moves_between_tiles_has_finite_slopes_at_empty_and_unchanged_tiles(old):
    old, new, stock = jnp.asarray(old), jnp.array([0.5, 0.5]), jnp.array([2.0, 3.0])
    slopes = jax.jacobian(moved_between_tiles, argnums=(0, 1, 2))(stock, old, new)
    assert all(np.isfinite(s).all() for s in slopes)
    np.testing.assert_allclose(jnp.sum(slopes[0], axis=0), 1.0, atol=1e-15)
    if old[0] == 0.3:
        step = 1e-6
        for e in np.eye(2):
            up, down = (moved_between_tiles(stock, old + s * e, new) for s in (step, -step))
            np.testing.assert_allclose(slopes[1] @ e, (up - down) / (2 * step), rtol=1e-7, atol=1e-9)


def test_sums_with_a_carry_have_the_slope_of_a_sum():
    assert [float(x) for x in jax.grad(lambda a, b: two_sum(a, b)[0] + two_sum(a, b)[1], (0, 1))(1.0, 1e-17)] == [1, 1]
    assert float(jax.grad(lambda x: Carried.of(x).plus(2 * x).less(x).value)(3.0)) == 2.0
