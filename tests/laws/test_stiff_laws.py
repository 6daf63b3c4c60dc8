"""Laws of stiff steppers: balances close at any step, sparse equals dense, steady states keep totals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.stiff_networks import ENZYME, POLLU_END, exchange, network, pollu

from shanhai.core.errors import InputError
from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.core.stoichiometry import moved
from shanhai.numerics import sparse_lu
from shanhai.numerics.integrate import FINISHED, Tolerance, integrate
from shanhai.numerics.jacobian import coefficients, pattern, rate_derivatives
from shanhai.numerics.rosenbrock import TABLES, Rosenbrock
from shanhai.numerics.steady import CONVERGED, NOT_CONVERGED, NOT_FINITE, conserved_totals, steady_state
from shanhai.numerics.time_scales import QuasiSteady, compare, fast_species, table, time_scales

CELLS = 256


@jax.jit
def stepped(x, rates, dt):
    return Rosenbrock()(exchange_network, x, rates, dt)


exchange_network = exchange()


def random_cells(seed=0):
    rng = np.random.default_rng(seed)
    x = 10.0 ** rng.uniform(-6, 1, (5, CELLS)) * (rng.random((5, CELLS)) > 0.2)
    return jnp.asarray(x), jnp.asarray(10.0 ** rng.uniform(-8, 8, (6, CELLS)))


@pytest.mark.parametrize("method", sorted(TABLES))
def test_a_step_of_any_length_moves_whole_extents_and_closes_every_element(method):
    net = exchange()
    x, rates = random_cells()
    dt = 10.0 ** np.random.default_rng(1).uniform(-8, 8, CELLS)
    step = jax.jit(lambda x, rates, dt: Rosenbrock(method)(net, x, rates, dt))(x, rates, jnp.asarray(dt))
    nu = net.stoichiometry(x)
    turned = np.asarray(moved(abs(nu), abs(step.extents)))
    fine = np.isfinite(turned).all(axis=0)
    assert fine.mean() > 0.95  # explosive cells may meet a zero pivot
    gap = np.abs(np.asarray(step.x - x - moved(nu, step.extents)))
    scale = turned + np.abs(np.asarray(x))
    assert (gap <= 1e-14 * scale.sum(axis=0))[:, fine].all()
    defect = np.abs(net.contents @ np.asarray(step.x - x))
    assert (defect <= 1e-14 * (np.abs(net.contents) @ scale))[:, fine].all()


def test_a_step_of_no_length_changes_nothing():
    x, rates = random_cells()
    step = stepped(x, rates, jnp.zeros(CELLS))
    assert jnp.array_equal(step.x, x)
    assert not jnp.any(step.extents)


def test_single_precision_stays_single():
    x, rates = random_cells()
    step = jax.eval_shape(stepped, x.astype("f4"), rates.astype("f4"), 0.1)
    assert {a.dtype for a in step} == {jnp.dtype("f4")}


def test_coefficients_of_the_state_are_frozen_at_the_start_of_the_step():
    def share(x, environment):
        return 0.3 + 0.4 * x["a"] / (x["a"] + 1.0)

    species = tuple(Species(n, {"C": 1.0}) for n in "abc")
    split = Reaction("split", lambda x, _: 2.0 * x["a"], {"a": -1.0, "b": share, "c": lambda x, e: 1.0 - share(x, e)})
    net = Network(species, (split,))
    x = jnp.array([[1.0, 3.0], [0.0, 0.0], [0.0, 0.0]])
    step = jax.jit(lambda x: Rosenbrock("ros3")(net, x, None, 0.7))(x)
    assert np.allclose(step.x, x + moved(net.stoichiometry(x), step.extents), atol=1e-15)
    assert np.allclose(step.x.sum(axis=0), x.sum(axis=0), rtol=1e-15)


@pytest.mark.parametrize("cells", [sparse_lu.FEW, sparse_lu.FEW + 1])  # levels in a loop, or written out
@pytest.mark.parametrize("size", [1, 4, 11, 30])
def test_sparse_lu_is_the_dense_solution(size, cells):
    rng = np.random.default_rng(size)
    where = tuple((int(i), int(j)) for i, j in zip(*np.nonzero(rng.random((size, size)) < 0.25)))
    plan = sparse_lu.plan(size, where)
    values = rng.normal(size=(len(plan.pattern), cells))
    dense = np.zeros((cells, size, size))
    for (i, j), v in zip(plan.pattern, values):
        dense[:, i, j] = v + (i == j) * size
    values = np.array([v + (i == j) * size for (i, j), v in zip(plan.pattern, values)])
    b = rng.normal(size=(size, cells))

    @jax.jit
    def both(values, b):
        factors = sparse_lu.factor(plan, values)
        return sparse_lu.substitute(plan, factors, b), sparse_lu.substitute_transposed(plan, factors, b)

    for found, matrix in zip(both(values, b), (dense, dense.swapaxes(1, 2))):
        assert np.allclose(found.T, np.linalg.solve(matrix, b.T[..., None])[..., 0], rtol=1e-12, atol=1e-13)


def test_elimination_of_the_air_of_a_town_fills_little():
    net = pollu()
    plan = sparse_lu.plan(20, pattern(net).jacobian)
    assert len(plan.filled) - len(plan.pattern) <= 8
    assert sparse_lu.plan(20, pattern(net).jacobian) is plan


def test_an_entry_outside_the_matrix_is_refused():
    with pytest.raises(InputError, match="outside a matrix of 2 unknowns"):
        sparse_lu.plan(2, ((0, 2),))


def test_sparse_derivatives_are_those_of_the_tendencies():
    net = exchange()
    x, rates = random_cells()
    x, rates = x[:, 0] + 0.1, rates[:, 0]
    nu, slopes = coefficients(net, x, rates), rate_derivatives(net, x, rates)
    there, dense = pattern(net), np.zeros((5, 5))
    for (i, j), c in zip(there.nu, nu):
        for (m, k), s in zip(there.slopes, slopes):
            dense[i, k] += c * s if j == m else 0.0
    full = jax.jacfwd(lambda x: net.tendency(x, rates))(x)
    assert np.allclose(dense, full, rtol=1e-12)


def test_every_cell_takes_its_own_steps_and_does_not_feel_its_neighbours():
    net, step = exchange(), Rosenbrock()
    x, rates = random_cells(3)
    x, rates = x[:, :8], rates[:, :8]
    run = jax.jit(lambda x, r: integrate(step, net, x, r, 10.0, Tolerance(relative=1e-5, absolute=1e-12)))
    together = run(x, rates)
    assert (np.asarray(together.status) == FINISHED).all()
    assert len(set(np.asarray(together.counts.steps).tolist())) > 2
    assert (np.asarray(together.x) >= 0).all()
    change = np.abs(net.contents @ np.asarray(together.x - x))
    assert (change <= 1e-13 * (np.abs(net.contents) @ np.asarray(x) + 1e-30)).all()
    other = run(x.at[:, 1:].set(0.5), rates.at[:, 1:].set(1.0))
    assert np.array_equal(together.x[:, 0], other.x[:, 0])
    assert int(together.counts.steps[0]) == int(other.counts.steps[0])


def test_totals_of_the_elements_are_found_from_the_stoichiometry():
    totals = conserved_totals(exchange())
    assert totals.shape == (2, 5)
    contents = exchange().contents
    assert np.linalg.matrix_rank(np.vstack([totals, contents])) == 2
    assert conserved_totals(pollu()).shape == (3, 20)


def test_a_steady_state_keeps_totals_and_stands_still():
    net = exchange()
    x, rates = random_cells(5)
    x, rates = x[:, :16] + 1e-3, jnp.clip(rates[:, :16], 1e-5, 1e5)
    end = jax.jit(lambda x, r: steady_state(net, x, r))(x, rates)
    assert (np.asarray(end.status) == CONVERGED).all()
    assert (np.asarray(end.residual) < 1e-12).all()
    assert np.allclose(net.contents @ np.asarray(end.x), net.contents @ np.asarray(x), rtol=1e-12)
    assert (np.asarray(end.x) > 0).all()


def test_a_steady_state_is_where_time_leads():
    net = network(ENZYME, [(1e6, "E + S -> ES"), (1e3, "ES -> E + S"), (10.0, "ES -> E + P"), (0.1, "P -> S")])
    x = jnp.array([1e-3, 1.0, 0.0, 0.0])
    late = jax.jit(lambda x: integrate(Rosenbrock(), net, x, None, 1e4, Tolerance(relative=1e-8, absolute=1e-14)))(x)
    assert np.allclose(jax.jit(lambda x: steady_state(net, x).x)(x), late.x, rtol=1e-7)


def test_what_has_no_steady_state_says_so_in_its_cell_only():
    air = Species("air", {"C": 1.0}, external=True)
    grow = Reaction("gain", lambda x, k: k + 0.0 * x["a"], {"a": 1.0, "air": -1.0})
    fall = Reaction("loss", lambda x, k: jnp.where(k > 1.5, 0.0, 1.0) * x["a"], {"a": -1.0, "air": 1.0})
    net = Network((Species("a", {"C": 1.0}), air), (grow, fall), sample=1.0)
    run = jax.jit(lambda x, k: steady_state(net, x, k))
    end = run(jnp.array([[1.0, 1.0, jnp.nan], [9.0, 9.0, 9.0]]), jnp.array([1.0, 2.0, 1.0]))
    assert end.status.tolist() == [CONVERGED, NOT_CONVERGED, NOT_FINITE]
    assert abs(float(end.x[0, 0]) - 1.0) < 1e-12
    assert end.x[1].tolist() == [9.0, 9.0, 9.0]


def test_pools_that_run_empty_end_empty():
    drain = Reaction("drain", lambda x, _: x["a"] ** 2, {"a": -1.0, "b": 1.0})
    net = Network((Species("a", {"C": 1.0}), Species("b", {"C": 1.0})), (drain,))
    end = jax.jit(lambda x: steady_state(net, x))(jnp.array([1.0, 0.5]))
    assert int(end.status) == CONVERGED
    assert float(end.x[0]) < 1e-25
    assert abs(float(end.x[1]) - 1.5) < 1e-14


def test_modes_of_the_air_of_a_town_span_sixteen_powers_of_ten_and_their_shares_sum_to_one():
    modes = time_scales(pollu(), jnp.asarray(POLLU_END[1]), horizon=60.0)
    assert [m.kind for m in modes[-4:]] == ["conserved"] * 4  # CO, CO2, HNO3 and SO4 are only made
    assert modes[0].time == pytest.approx(1 / (4.44e11 + 1e8), rel=1e-6)
    so2 = max(modes, key=lambda m: m.species["SO2"])
    assert so2.time == pytest.approx(1 / (1.24e3 * POLLU_END[1][5]), rel=0.05)
    for mode in modes:
        assert sum(mode.species.values()) == pytest.approx(1.0, abs=1e-9)
        if mode.kind != "conserved":
            assert sum(mode.reactions.values()) == pytest.approx(1.0, abs=1e-5)
    assert table(modes).splitlines()[1].split() == ["fast", "2.25e-12", "-4.44e+11", "O1D", "1", "r19", "1"]


def test_time_scales_do_not_depend_on_the_units_of_amounts_and_time():
    net = network([Species(n, {"C": 1.0}) for n in "ABC"], [(3.0, "A -> B"), (2.0, "B -> C"), (0.1, "C -> A")])
    fast = network([Species(n, {"C": 1.0}) for n in "ABC"], [(30.0, "A -> B"), (20.0, "B -> C"), (1.0, "C -> A")])
    one = time_scales(net, jnp.array([[1.0], [2.0], [3.0]]), horizon=10.0)
    two = time_scales(fast, jnp.array([[1e3], [2e3], [3e3]]), horizon=1.0)
    for a, b in zip(one[:, 0], two[:, 0]):
        assert a.kind == b.kind
        assert a.species == pytest.approx(b.species)


def test_fast_pools_in_quasi_steady_state_leave_a_small_error_that_is_shown():
    net = network(ENZYME, [(1e6, "E + S -> ES"), (1e3, "ES -> E + S"), (10.0, "ES -> E + P")])
    x = jnp.array([1e-4, 1.0, 0.0, 0.0])
    modes = time_scales(net, x, horizon=100.0)
    assert fast_species(modes)[0] in ("E", "ES")
    shown = compare(QuasiSteady(net, ("E", "ES")), x, None, 100.0, 50)
    assert shown.right
    assert shown.errors["P"] < 3e-3  # of the order of the enzyme over the substrate, and of the start
    assert abs(float(shown.missing["C"])) < 2e-4
    assert "quasi-steady" in shown.table()


def test_a_name_that_is_no_pool_cannot_be_quasi_steady():
    with pytest.raises(InputError, match="some must be left"):
        QuasiSteady(exchange(), ("C", "N", "C2", "CN", "C2N"))


def crowded():
    """Microbes that grow better the more they are fed and die faster the more they are: coefficients of the state."""
    food, microbes, air = Species("food", {"C": 1.0}), Species("microbes", {"C": 1.0}), Species("air", {"C": 1.0}, True)
    grown = lambda x, e: 0.9 * x["food"] ** 6 / (200.0 + x["food"] ** 6)  # noqa: E731
    dying = FirstOrder("microbes", lambda x, e: 0.02 * (1.0 + x["microbes"] ** 3))
    eaten = lambda x, e: x["microbes"] * x["food"] / (2.0 + x["food"])  # noqa: E731
    shares = {"food": -1.0, "microbes": grown, "air": lambda x, e: 1.0 - grown(x, e)}
    return Network(
        (food, microbes, air),
        (
            Reaction("litter", lambda x, e: jnp.ones_like(x["food"]), {"air": -1.0, "food": 1.0}),
            Reaction("eaten", eaten, shares),
            Reaction("dead", dying, {"microbes": -1.0, "air": 1.0}),
        ),
    )


def test_a_steady_state_is_found_where_coefficients_depend_on_the_state():
    made = crowded()
    end = steady_state(made, jnp.array([1.0, 0.1, 0.0]), most_iterations=60)
    assert int(end.status) == CONVERGED
    assert np.max(np.abs(made.tendency(end.x))) < 1e-12
