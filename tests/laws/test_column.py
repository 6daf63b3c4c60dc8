"""Laws of the vertical column: what leaves one level enters the next, whatever the numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanhai.core.errors import InputError
from shanhai.numerics.bounded_faces import bounded_faces
from shanhai.numerics.column import column_step, two_stage_step
from shanhai.numerics.column_balance import Levels
from shanhai.numerics.column_laws import AdvectionConduction, Conduction, Line, LinearStore
from shanhai.numerics.tridiagonal import Tridiagonal, eliminate, inverse, multiply, solve, solve_blocks, substitute

SEEDS = st.integers(0, 2**32 - 1)
LEVELS, COLUMNS = 7, 3
STEPS = pytest.mark.parametrize("step", [column_step, two_stage_step], ids=["euler", "two stages"])


def random_column(seed, spread=3.0):
    """Coefficients over many orders of magnitude, some conductances exactly zero."""
    rng = np.random.default_rng(seed)

    def log_uniform(*shape):
        return jnp.asarray(10.0 ** rng.uniform(-spread, spread, shape))

    conductance = log_uniform(LEVELS - 1, COLUMNS) * (rng.random((LEVELS - 1, COLUMNS)) > 0.2)
    return {
        "amount": log_uniform(LEVELS, COLUMNS),
        "capacity": log_uniform(LEVELS, COLUMNS),
        "conductance": conductance,
        "velocity": jnp.asarray(rng.normal(size=(LEVELS - 1, COLUMNS))),
        "source": jnp.asarray(rng.normal(size=(LEVELS, COLUMNS))),
        "top": jnp.asarray(rng.normal(size=COLUMNS)),
        "slope": log_uniform(COLUMNS),
    }


@jax.jit
def freezing_step(amount, dt, c):
    """Enthalpy with a flat part, drift, a source that follows the potential, and a boundary line."""

    def closure(enthalpy):
        melt = jnp.where(enthalpy < 1.0, enthalpy, jnp.where(enthalpy > 2.0, enthalpy - 1.0, 1.0))
        return Levels(enthalpy, melt / c["capacity"])

    def source(levels):
        return c["source"] - 0.1 * levels.potential

    faces = AdvectionConduction(c["conductance"], c["velocity"])
    bottom = Line(jnp.zeros(COLUMNS), c["slope"])
    return column_step(amount, closure, faces, dt, top=c["top"], bottom=bottom, source=source, iterations=2)


def imbalance(before, step, dt):
    """What a column gained beyond its boundary fluxes and sources, relative to all that was there or passed."""
    throughput = dt * (jnp.sum(jnp.abs(step.face_fluxes), axis=0) + jnp.sum(jnp.abs(step.source), axis=0))
    gain = jnp.sum(step.amount - before - dt * step.source, axis=0)
    passed = dt * (step.face_fluxes[0] - step.face_fluxes[-1])
    return jnp.abs(gain - passed) / (jnp.sum(jnp.abs(before) + jnp.abs(step.amount), axis=0) + throughput)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.floats(-3, 5))
def test_storage_closes_for_any_column_and_step_before_newton_has_converged(seed, power):
    c = random_column(seed)
    step = freezing_step(c["amount"], 10.0**power, c)
    assert np.all(imbalance(c["amount"], step, 10.0**power) < 1e-15)


def frozen_ground(steps, iterations):
    """Soil under a yearly wave of temperature that freezes and thaws it."""
    n, dz, latent, capacity, dt = 20, 0.1, 3e8, 2e6, 3600.0

    def closure(heat):
        dense = heat / dz
        frozen = jnp.minimum(dense + latent, 0.0) / capacity
        return Levels(heat, jnp.where(dense > 0, dense / capacity, frozen))

    def one(carry, k):
        heat, passed = carry
        surface = 10.0 * jnp.cos(2 * jnp.pi * k / 500.0)
        top = Line(40.0 * surface, -40.0)
        step = column_step(heat, closure, Conduction(jnp.full(n - 1, 20.0)), dt, top=top, iterations=iterations)
        closed = imbalance(heat, step, dt)
        return (step.amount, passed + dt * step.face_fluxes[0]), (closed, jnp.max(jnp.abs(step.residual)))

    start = jnp.full(n, 1e5)
    (heat, passed), (closed, residual) = jax.jit(lambda: jax.lax.scan(one, (start, 0.0), jnp.arange(steps)))()
    return start, heat, passed, closed, residual


def test_freezing_soil_closes_over_2000_steps_of_one_iteration():
    start, heat, passed, closed, residual = frozen_ground(2000, iterations=1)
    assert float(jnp.max(closed)) < 1e-15
    assert float(jnp.max(residual)) > 1.0, "one iteration is not meant to converge while ground freezes"
    inventory = float(jnp.sum(jnp.abs(heat)))
    assert abs(float(jnp.sum(heat - start) - passed)) < 1e-13 * inventory


def test_the_residual_vanishes_when_iterated():
    *_, residual = frozen_ground(300, iterations=12)
    assert float(jnp.max(residual)) < 1e-6  # J m-2, beside 3e7 J m-2 of latent heat in a level


@STEPS
def test_a_uniform_potential_moves_nothing(step):
    c = random_column(1)
    amount = 280.0 * c["capacity"]
    edge = Line(280.0 * c["slope"], -c["slope"])
    done = step(amount, LinearStore(c["capacity"]), Conduction(c["conductance"]), 1e4, top=edge, iterations=1)
    scale = 280.0 * jnp.max(c["conductance"])
    assert float(jnp.max(jnp.abs(done.face_fluxes))) < 1e-12 * scale


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.floats(-3, 5))
def test_amounts_stay_positive_under_drift_and_mixing(seed, power):
    c = random_column(seed)
    step = positive_step(c["amount"], 10.0**power, c)
    stiffness = 1.0 + 10.0**power * jnp.max(c["conductance"] + jnp.abs(c["velocity"])) / jnp.min(c["capacity"])
    assert np.all(step.amount > -1e-15 * stiffness * jnp.sum(c["amount"], axis=0))  # rounding of opposed fluxes


@jax.jit
def positive_step(amount, dt, c):
    faces = AdvectionConduction(c["conductance"], c["velocity"])
    return column_step(amount, LinearStore(c["capacity"]), faces, dt, iterations=1)


@jax.jit
def bounded(asked, content, low, high):
    return bounded_faces(asked, content, low, high)


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.floats(-2, 2))
def test_the_limiter_keeps_bounds_never_enlarges_nor_turns_a_flux_and_leaves_what_is_right(seed, power):
    rng = np.random.default_rng(seed)
    low, width = rng.random((LEVELS, COLUMNS)), rng.random((LEVELS, COLUMNS))
    content = low + width * rng.choice([0.0, 0.5, 1.0], (LEVELS, COLUMNS))
    asked = 10.0**power * rng.normal(size=(LEVELS + 1, COLUMNS))
    held, changed = (np.asarray(x) for x in bounded(asked, content, low, low + width))
    after = content + held[:-1] - held[1:]
    rounding = 1e-13 * (1.0 + np.abs(asked).max())
    assert np.all((after > low - rounding) & (after < low + width + rounding))
    assert np.all((held * asked >= 0) & (np.abs(held) <= np.abs(asked)))
    free = content + asked[:-1] - asked[1:]
    fine = np.all((free >= low) & (free <= low + width), axis=0)
    np.testing.assert_allclose(held[:, fine], asked[:, fine], atol=rounding)
    assert not changed[:, fine].any()


def test_a_large_throughput_that_leaves_a_level_in_bounds_is_not_limited():
    held = bounded_faces(jnp.full(4, 100.0), jnp.ones(3), jnp.zeros(3), jnp.ones(3))
    assert held.amounts.tolist() == [100.0] * 4


def test_a_full_column_sends_back_what_it_cannot_take_and_counts_it():
    amount, room = jnp.array([1.0, 1.0]), jnp.array([1.5, 1.25])
    step = column_step(
        amount, LinearStore(jnp.ones(2)), Conduction(jnp.full(1, 0.1)), 1.0, top=5.0, bounds=(0.0, room), iterations=1
    )
    np.testing.assert_allclose(step.amount, room, rtol=1e-14)
    assert float(step.face_fluxes[0]) == pytest.approx(0.75)
    assert int(step.limited) == 2


def test_a_withdrawal_takes_no_more_than_there_is():
    step = column_step(
        jnp.array([1.0, 0.2]), LinearStore(jnp.ones(2)), Conduction(jnp.zeros(1)), 1.0, bottom=3.0, bounds=(0.0, 9.0)
    )
    np.testing.assert_allclose(step.amount, [1.0, 0.0], atol=1e-15)
    assert float(step.face_fluxes[-1]) == pytest.approx(0.2)


@pytest.mark.parametrize("iterations", [1, 30])
def test_one_level_is_a_scalar_implicit_equation(iterations):
    """a' = q - k a^2: (a1 - a0) / dt = q - k a1^2 has a closed form."""
    a0, q, k, dt = 2.0, 0.5, 0.3, 4.0
    step = column_step(
        jnp.array([a0]),
        LinearStore(jnp.ones(1)),
        Conduction(jnp.zeros(0)),
        dt,
        top=q,
        source=lambda levels: -k * levels.potential**2,
        iterations=iterations,
    )
    exact = (-1.0 + np.sqrt(1.0 + 4.0 * k * dt * (a0 + dt * q))) / (2.0 * k * dt)
    assert float(step.amount[0]) == pytest.approx(exact, rel=1e-14 if iterations > 1 else 0.3)
    assert float(step.amount[0]) == pytest.approx(a0 + dt * (q + float(step.source[0])), rel=1e-15)


@STEPS
def test_two_coupled_unknowns_equal_their_independent_combinations(step):
    """Heat and water that drive one another are, rotated, two columns that do not."""
    c = random_column(3, spread=1.0)
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    g = c["conductance"], 3.0 * c["conductance"]
    a, b = c["amount"], c["amount"][::-1]

    def alone(amount, conductance):
        return step(amount, LinearStore(c["capacity"]), Conduction(conductance), 2.0, iterations=1).amount

    def rotated(x, y, by):
        return by[0, 0] * x + by[0, 1] * y, by[1, 0] * x + by[1, 1] * y

    def closure(amounts):
        return Levels(amounts, tuple(x / c["capacity"] for x in amounts))

    def faces(above, below):
        apart = rotated(*(p - q for p, q in zip(above.potential, below.potential)), turn.T)
        return rotated(g[0] * apart[0], g[1] * apart[1], turn)

    together = step(rotated(a, b, turn), closure, faces, 2.0, iterations=1)
    for got, expected in zip(together.amount, rotated(alone(a, g[0]), alone(b, g[1]), turn)):
        np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-12)


def test_a_column_does_not_depend_on_its_neighbours():
    c = random_column(5)
    whole = freezing_step(c["amount"], 30.0, c)
    for j in range(COLUMNS):
        same = jax.tree.map(lambda x, j=j: jnp.repeat(x[..., j : j + 1], COLUMNS, axis=-1), c)
        alone = freezing_step(same["amount"], 30.0, same)
        np.testing.assert_array_equal(alone.amount[:, 0], whole.amount[:, j])


def test_precision_is_kept():
    c = jax.tree.map(lambda x: x.astype(jnp.float32), random_column(6, spread=1.0))
    step = freezing_step(c["amount"], jnp.float32(1.0), c)
    assert step.amount.dtype == step.face_fluxes.dtype == jnp.float32


def random_blocks(seed, size):
    rng = np.random.default_rng(seed)

    def block(diagonal):
        return tuple(
            tuple(jnp.asarray(rng.uniform(-1, 1, (LEVELS, COLUMNS)) + diagonal * (i == j)) for j in range(size))
            for i in range(size)
        )

    right = tuple(jnp.asarray(rng.normal(size=(LEVELS, COLUMNS))) for _ in range(size))
    return Tridiagonal(block(0.0), block(4.0 * size), block(0.0)), right


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_tridiagonal_solution_satisfies_its_equations(size):
    matrix, right = random_blocks(size, size)
    for lhs, rhs in zip(multiply(matrix, solve_blocks(matrix, right)), right):
        np.testing.assert_allclose(lhs, rhs, atol=1e-13)


def test_one_unknown_equals_a_dense_solve():
    matrix, right = random_blocks(0, 1)
    lower, diagonal, upper = (c[0][0] for c in matrix)
    x = solve(lower, diagonal, upper, right[0])
    for j in range(COLUMNS):
        dense = np.diag(diagonal[:, j]) + np.diag(lower[1:, j], -1) + np.diag(upper[:-1, j], 1)
        np.testing.assert_allclose(x[:, j], np.linalg.solve(dense, right[0][:, j]), rtol=1e-12)


@pytest.mark.parametrize("end", ["top", "bottom"])
def test_elimination_from_either_end_gives_the_same_solution(end):
    matrix, right = random_blocks(2, 2)
    beyond = tuple(jnp.zeros(COLUMNS) for _ in right)
    for got, expected in zip(substitute(eliminate(matrix, right, end), beyond, end), solve_blocks(matrix, right)):
        np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-13)


def test_inverse_of_a_block():
    rng = np.random.default_rng(4)
    dense = rng.uniform(-1, 1, (4, 4)) + 4 * np.eye(4)
    got = inverse(tuple(tuple(row) for row in dense))
    np.testing.assert_allclose(np.array(got, float), np.linalg.inv(dense), rtol=1e-12)


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="0 iterations cannot solve a column"):
        column_step(jnp.ones(2), LinearStore(jnp.ones(2)), Conduction(jnp.ones(1)), 1.0, iterations=0)
    with pytest.raises(InputError, match="do not fit a right-hand side"):
        solve(jnp.ones(2), jnp.ones(3), jnp.ones(3), jnp.ones(3))
