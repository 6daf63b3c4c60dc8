"""Observed orders of the steppers on problems with exact solutions, and exactness of the exponential."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
from scipy.special import lambertw

from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.core.stoichiometry import moved
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.exponential import Exponential
from shanhai.numerics.integrate import FINISHED, Tolerance, integrate
from shanhai.numerics.matrix_exponential import phi

C = {"C": 1.0}
A, B, D = Species("a", C), Species("b", C), Species("d", C)


def chain():
    network = Network(
        (A, B, D),
        (
            Reaction("ab", lambda x, e: 1.0 * x["a"], {"a": -1.0, "b": 1.0}),
            Reaction("bd", lambda x, e: 2.0 * x["b"], {"b": -1.0, "d": 1.0}),
        ),
    )
    a, b = np.exp(-1.0), np.exp(-1.0) - np.exp(-2.0)
    return network, jnp.array([1.0, 0.0, 0.0]), np.array([a, b, 1.0 - a - b])


def logistic():
    """Growth on what is left: b' = 2 a b with a + b = 1."""
    law = {"a": -1.0, "b": 1.0}
    network = Network((A, B), (Reaction("growth", lambda x, e: 2.0 * x["a"] * x["b"], law),))
    b = 0.1 * np.exp(2.0) / (0.9 + 0.1 * np.exp(2.0))
    return network, jnp.array([0.9, 0.1]), np.array([1.0 - b, b])


def michaelis_menten():
    """Source of the solution: Schnell & Mendoza (1997), J. Theor. Biol. 187, 207."""
    network = Network((A, B), (Reaction("uptake", lambda x, e: 2.0 * x["a"] / (0.5 + x["a"]), {"a": -1.0, "b": 1.0}),))
    a = 0.5 * float(lambertw(1.5 / 0.5 * np.exp((1.5 - 2.0) / 0.5)).real)
    return network, jnp.array([1.5, 0.0]), np.array([a, 1.5 - a])


PROBLEMS = {"linear chain": chain, "logistic": logistic, "Michaelis-Menten": michaelis_menten}
STEPPERS = [(RungeKutta(1), 1), (RungeKutta(2), 2), (RungeKutta(3), 3), (RungeKutta(4), 4), (Exponential(), 2)]


def errors(stepper, network, x, exact, counts=(16, 32)):
    def run(steps):
        def one(x, _):
            return stepper(network, x, None, 1.0 / steps).x, None

        return jax.lax.scan(one, x, length=steps)[0]

    return [float(np.max(np.abs(run(n) - exact))) for n in counts]


@pytest.mark.parametrize(("stepper", "order"), STEPPERS, ids=lambda v: repr(v))
@pytest.mark.parametrize("problem", PROBLEMS)
def test_observed_order(problem, stepper, order):
    coarse, fine = errors(stepper, *PROBLEMS[problem]())
    assert abs(np.log2(coarse / fine) - order) < 0.25


@pytest.mark.parametrize(("stepper", "order"), STEPPERS, ids=lambda v: repr(v))
def test_the_estimate_of_the_error_falls_with_its_order(stepper, order):
    network, x, _ = logistic()
    size = [float(np.max(np.abs(stepper(network, x, None, dt).error))) for dt in (0.1, 0.05)]
    assert abs(np.log2(size[0] / size[1]) - (stepper.error_order + 1)) < 0.25


@pytest.mark.parametrize("problem", PROBLEMS)
def test_an_adaptive_run_is_as_accurate_as_asked(problem):
    network, x, exact = PROBLEMS[problem]()
    for stepper in (RungeKutta(2), RungeKutta(4)):
        end = integrate(stepper, network, x, None, 1.0, Tolerance(relative=1e-6, absolute=1e-9))
        assert int(end.status) == FINISHED
        np.testing.assert_allclose(end.x, exact, rtol=2e-5)


def linear(seed, stiffness):
    """Compartments that exchange in all ways, some open to the outside."""
    rng = np.random.default_rng(seed)
    n = 6
    species = tuple(Species(f"s{i}", C) for i in range(n)) + (Species("out", C, external=True),)
    pairs = [(i, j) for i in range(n) for j in range(n + 1) if i != j and rng.random() < 0.5]
    reactions = tuple(
        Reaction(
            f"r{i}_{j}", FirstOrder(f"s{i}", 10 ** rng.uniform(-2, stiffness)), {f"s{i}": -1.0, species[j].name: 1.0}
        )
        for i, j in pairs
    )
    return Network(species, reactions), jnp.asarray(rng.uniform(0, 1, (n + 1, 2)))


@pytest.mark.parametrize(("stiffness", "allowed"), [(1, 1e-13), (4, 1e-11)])
def test_the_exponential_is_exact_for_linear_networks(stiffness, allowed):
    network, x = linear(1, stiffness)
    matrix = np.asarray(jax.jacobian(network.tendency)(x[:, 0]))
    for dt in (1e-3, 1.0):
        step = Exponential()(network, x, None, dt)
        np.testing.assert_allclose(step.x, scipy.linalg.expm(matrix * dt) @ np.asarray(x), rtol=allowed, atol=1e-15)
        assert not np.any(step.error)


def test_losses_of_one_pool_share_in_proportion_and_one_step_is_many():
    out = [Species(name, C, external=True) for name in ("leached", "eaten")]
    network = Network(
        (A, *out),
        tuple(Reaction(s.name, FirstOrder("a", k), {"a": -1.0, s.name: 1.0}) for s, k in zip(out, (3.0, 0.5))),
    )
    x = jnp.array([2.0, 0.0, 0.0])
    whole = Exponential()(network, x, None, 1.2)
    np.testing.assert_allclose(whole.extents, 2.0 * -np.expm1(-4.2) * np.array([6 / 7, 1 / 7]), rtol=1e-14)
    many = x
    for _ in range(12):
        many = Exponential()(network, many, None, 0.1).x
    np.testing.assert_allclose(many, whole.x, rtol=1e-13, atol=1e-15)


def test_constant_sources_are_exact_beside_linear_losses():
    network = Network(
        (A, Species("air", C, external=True)),
        (
            Reaction("in", lambda x, e: e, {"air": -1.0, "a": 1.0}),
            Reaction("out", FirstOrder("a", 2.0), {"a": -1.0, "air": 1.0}),
        ),
        3.0,
    )
    step = Exponential()(network, jnp.array([1.0, 0.0]), 3.0, 0.7)
    assert float(step.x[0]) == pytest.approx(1.5 - 0.5 * np.exp(-1.4), rel=1e-14)


def test_phi_functions_solve_their_recurrence():
    rng = np.random.default_rng(2)
    a = rng.normal(size=(3, 4, 4)) * np.array([1e-8, 1.0, 30.0])[:, None, None]
    a -= np.abs(a).sum(axis=1)[:, None, :] * np.eye(4)
    v = jnp.asarray(rng.normal(size=(3, 4)))
    one, two, three = phi(jnp.asarray(a), -jnp.asarray(a.sum(axis=1)), v, v, v)
    exponential = np.stack([scipy.linalg.expm(m) @ u for m, u in zip(a, np.asarray(v))])

    def times(u):
        return np.einsum("nij,nj->ni", a, u)

    np.testing.assert_allclose(v + times(one), exponential, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(v + times(two), one, rtol=1e-12)
    np.testing.assert_allclose(v / 2 + times(three), two, rtol=1e-12)


def test_extents_of_a_step_make_its_change_exactly():
    network, x = linear(3, 1)
    step = Exponential()(network, x, None, 0.3)
    np.testing.assert_array_equal(step.x, x + moved(network.stoichiometry(x), step.extents))
