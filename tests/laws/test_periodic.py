"""States that repeat: found by Newton and Anderson alike, whatever the start, with the derivatives of differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.numerics.periodic import periodic_anderson, periodic_newton
from shanhai.numerics.steady import CONVERGED, NOT_CONVERGED, NOT_FINITE

SEASON = 1.0 + 0.8 * jnp.sin(2.0 * jnp.pi * jnp.arange(24) / 24)
DECAY = jnp.array([0.3, 0.02, 0.4])


def year(x, decay=DECAY, litter=1.0):
    """Litter feeds microbes that die of crowding; a store is filled and emptied slowly."""

    def step(x, s):
        fed = decay[0] * s * x[0] * x[2] / (1.0 + x[2])
        dead, loose = 0.1 * decay[2] * x[2] ** 2, decay[1] * x[1]
        change = (litter * s - fed + loose, 0.5 * dead - loose, 0.6 * fed - dead)
        return x + 0.2 * jnp.stack(change), None

    return jax.lax.scan(step, x, SEASON)[0]


STARTS = jnp.array([[1.0, 1.0, 1.0], [0.01, 30.0, 2.0], [20.0, 0.0, 0.1]]).T
SOLVERS = {"newton": periodic_newton, "anderson": lambda cycle, x: periodic_anderson(cycle, x, 1e-11)}


@pytest.mark.parametrize("name", SOLVERS)
def test_what_is_found_repeats_and_does_not_depend_on_the_start(name):
    end = jax.jit(lambda x: SOLVERS[name](jax.vmap(year, 1, 1), x))(STARTS)
    assert np.all(end.status == CONVERGED)
    np.testing.assert_allclose(jax.vmap(year, 1, 1)(end.x), end.x, rtol=2e-11)
    np.testing.assert_allclose(end.x, end.x[:, :1] * jnp.ones(3), rtol=1e-9)


def test_both_ways_agree_with_many_cycles_one_after_the_other():
    plain = jax.jit(lambda x: jax.lax.fori_loop(0, 800, lambda _, y: year(y), x))(STARTS[:, 0])
    end = jax.jit(lambda x: periodic_newton(year, x))(STARTS[:, 0])
    np.testing.assert_allclose(end.x, plain, rtol=1e-10)
    assert int(end.cycles) < 60


def test_a_linear_cycle_needs_what_algebra_gives():
    matrix, given = jnp.array([[0.5, 0.0], [0.2, 0.99]]), jnp.array([1.0, 0.0])
    end = periodic_newton(lambda x: matrix @ x + given, jnp.array([5.0, 5.0]))
    np.testing.assert_allclose(end.x, np.linalg.solve(np.eye(2) - matrix, given), rtol=1e-12)


def test_empty_pools_stay_empty_and_untouched_pools_stay_as_given():
    def cycle(x):
        return x * jnp.array([0.0, 0.9, 1.0]) + jnp.array([0.0, 1.0, 0.0])

    for solve in (periodic_newton, periodic_anderson):
        end = solve(cycle, jnp.array([3.0, 1.0, 7.0]))
        assert int(end.status) == CONVERGED
        np.testing.assert_allclose(end.x, [0.0, 10.0, 7.0], rtol=1e-5)


def test_what_does_not_end_is_told():
    assert int(periodic_newton(lambda x: 1.1 * x, jnp.ones(1), most_iterations=5).status) == NOT_CONVERGED
    assert int(periodic_anderson(lambda x: x + jnp.nan, jnp.ones(1), most_iterations=5).status) == NOT_FINITE
    with pytest.raises(InputError, match="keeps nothing"):
        periodic_anderson(lambda x: x, jnp.ones(1), depth=0)


@pytest.mark.parametrize("name", SOLVERS)
def test_derivatives_are_implicit_forward_as_reverse_and_those_of_differences(name):
    def end(decay, litter):
        return SOLVERS[name](lambda x: year(x, decay, litter), STARTS[:, 0]).x

    forward = jax.jit(jax.jacfwd(end, (0, 1)))(DECAY, 1.0)
    reverse = jax.jit(jax.jacrev(end, (0, 1)))(DECAY, 1.0)
    for a, b in zip(forward, reverse):
        np.testing.assert_allclose(a, b, rtol=1e-8)
    found, h = jax.jit(end), 1e-5
    for k in range(3):
        step = h * DECAY[k] * jnp.eye(3)[k]
        difference = (found(DECAY + step, 1.0) - found(DECAY - step, 1.0)) / (2.0 * h * DECAY[k])
        largest = float(jnp.max(jnp.abs(difference)))
        np.testing.assert_allclose(forward[0][:, k], difference, rtol=1e-6, atol=1e-6 * largest)


def test_the_start_has_no_derivative():
    slope = jax.grad(lambda x: jnp.sum(periodic_newton(year, x).x))(STARTS[:, 0])
    assert np.all(np.asarray(slope) == 0.0)
