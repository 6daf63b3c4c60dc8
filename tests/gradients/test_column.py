"""Derivatives of the vertical column equal finite differences, frozen, dry and cut off from its neighbours too."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.numerics.column import column_step
from shanhai.numerics.column_balance import Levels
from shanhai.numerics.column_laws import AdvectionConduction, Conduction, Line, LinearStore
from shanhai.numerics.tridiagonal import solve

N = 5
WEIGHTS = jnp.asarray([1.0, -2.0, 3.0, 0.5, 2.0])


def differences(function, x, size):
    """Central differences along each entry."""
    rows = np.eye(x.size).reshape(x.size, *x.shape) * size
    return np.array([(function(x + r) - function(x - r)) / (2 * size) for r in rows]).reshape(x.shape)


def freezing(parameters):
    """Warm, freezing and frozen levels; the latent heat of one level is 100."""
    amount, conductance, edge = parameters[:N], parameters[N : 2 * N - 1], parameters[2 * N - 1]

    def closure(heat):
        return Levels(heat, jnp.where(heat > 0, heat, jnp.minimum(heat + 100.0, 0.0)))

    step = column_step(amount, closure, Conduction(conductance), 2.0, top=Line(0.5 * edge, -0.5), iterations=20)
    return jnp.sum(WEIGHTS * step.amount) + 0.1 * step.face_fluxes[2]


def drying(parameters):
    """Water whose diffusivity vanishes with it: one level is dry, another lies beneath a face that never conducts."""
    amount, edge = parameters[:N], parameters[N]

    def closure(water):
        return Levels(water, water, jnp.where(water > 0, water, 0.0) ** 2)

    def faces(above, below):
        open_ = jnp.array([1.0, 1.0, 0.0, 1.0])
        return open_ * 0.5 * (above.also + below.also) * (above.potential - below.potential)

    step = column_step(amount, closure, faces, 0.7, top=edge, iterations=30)
    return jnp.sum(WEIGHTS * step.amount)


def advected(parameters):
    """Any drift, and conductances that may be zero."""
    store = LinearStore(jnp.ones(N))
    conductance, velocity = parameters[: N - 1], parameters[N - 1 : 2 * N - 2]
    amount = jnp.arange(1.0, N + 1)
    step = column_step(amount, store, AdvectionConduction(conductance, velocity), 0.5, iterations=1)
    return jnp.sum(WEIGHTS * step.amount)


def held_back(parameters):
    """Withdrawal from a nearly empty column, with bounds at work."""
    amount, edge = parameters[:N], parameters[N]
    step = column_step(
        amount,
        LinearStore(jnp.ones(N)),
        Conduction(jnp.full(N - 1, 0.1)),
        1.0,
        bottom=edge,
        bounds=(0.0, 10.0),
        iterations=1,
    )
    return jnp.sum(WEIGHTS * step.amount)


ICE = [50.0, -40.0, -60.0, -150.0, -130.0, 0.4, 0.3, 0.2, 0.1, -8.0]
CASES = {
    "warm, freezing and frozen": (freezing, ICE),
    "freezing throughout": (freezing, [-50.0] * N + [0.5] * (N - 1) + [-5.0]),
    "frozen, faces closed": (freezing, [-150.0, -160.0, -130.0, -140.0, -180.0, 0.3, 1e-3, 1e-3, 0.3, -8.0]),
    "moist": (drying, [1.0, 0.5, 0.7, 0.6, 0.3, 0.1]),
    "drift and mixing": (advected, [0.5, 0.1, 1e-5, 3.0, 1.0, -2.0, 0.5, 1e-3]),
    "withdrawal beyond the store": (held_back, [1.0, 1.2, 1.1, 0.9, 0.3, 0.5]),
}


@pytest.mark.parametrize(("function", "at"), CASES.values(), ids=CASES)
def test_reverse_and_forward_derivatives_equal_finite_differences(function, at):
    x = jnp.asarray(at)
    run = jax.jit(function)
    reverse, forward = jax.jit(jax.grad(function))(x), jax.jit(jax.jacfwd(function))(x)
    np.testing.assert_allclose(reverse, forward, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(reverse, differences(run, x, 1e-6), rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("function", "at"),
    [
        (freezing, [-50.0] * N + [0.0] * (N - 1) + [-5.0]),
        (drying, [1.0, 0.0, 0.0, 0.0, 0.3, 0.1]),
        (drying, [0.0] * (N + 1)),
        (advected, [0.0] * (N - 1) + [1.0, 2.0, -1.0, 0.5]),
        (advected, [0.0] * (2 * N - 2)),
        (held_back, [0.0] * (N + 1)),
    ],
    ids=["frozen, no conductance", "partly dry", "all dry", "no mixing", "nothing moves", "empty"],
)
def test_derivatives_at_degenerate_states_are_finite_and_one_sided_differences_agree(function, at):
    x = jnp.asarray(at)
    run, gradient = jax.jit(function), jax.jit(jax.grad(function))(x)
    assert np.all(np.isfinite(gradient))
    size = 1e-7
    forward = np.array([(run(x + size * e) - run(x)) / size for e in np.eye(x.size)])
    backward = np.array([(run(x) - run(x - size * e)) / size for e in np.eye(x.size)])
    low, high = np.minimum(forward, backward), np.maximum(forward, backward)
    assert np.all((gradient > low - 1e-5) & (gradient < high + 1e-5))


def test_a_tridiagonal_solution_has_the_derivatives_of_a_dense_one():
    rng = np.random.default_rng(0)
    bands = [jnp.asarray(rng.uniform(-1, 1, (N, 2))) for _ in range(3)]
    bands[1] = bands[1] + 4.0
    right = jnp.asarray(rng.normal(size=(N, 2)))

    def banded(lower, diagonal, upper, b):
        return jnp.sum(WEIGHTS[:, None] * solve(lower, diagonal, upper, b) ** 2)

    def dense(lower, diagonal, upper, b):
        total = 0.0
        for j in range(2):
            matrix = jnp.diag(diagonal[:, j]) + jnp.diag(lower[1:, j], -1) + jnp.diag(upper[:-1, j], 1)
            total = total + jnp.sum(WEIGHTS * jnp.linalg.solve(matrix, b[:, j]) ** 2)
        return total

    places = (0, 1, 2, 3)
    for got, expected in zip(jax.grad(banded, places)(*bands, right), jax.grad(dense, places)(*bands, right)):
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-14)


def test_second_derivatives_are_those_of_differences():
    x = jnp.asarray(CASES["drift and mixing"][1])
    gradient = jax.jit(jax.grad(advected))
    step = 1e-6 * jnp.ones_like(x)
    along = jax.jvp(gradient, (x,), (jnp.ones_like(x),))[1]
    np.testing.assert_allclose(along, (gradient(x + step) - gradient(x - step)) / 2e-6, rtol=1e-5, atol=1e-6)
