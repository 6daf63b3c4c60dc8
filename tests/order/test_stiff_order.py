"""Rosenbrock methods: algebraic conditions of their orders, stability at infinity, and observed orders."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.stiff_networks import exchange

from shanhai.core.errors import InputError
from shanhai.numerics.rosenbrock import TABLES, Rosenbrock

METHODS = sorted(TABLES)


def conditions(table, weights):
    """Left less right side of the conditions up to order 4, by order; Hairer & Wanner II, table IV.7.1."""
    alpha, spread, _, _ = table.classical()
    beta = alpha + spread
    a, b = alpha.sum(axis=1), beta.sum(axis=1)
    return {
        1: [weights.sum() - 1],
        2: [weights @ b - 1 / 2],
        3: [weights @ a**2 - 1 / 3, weights @ beta @ b - 1 / 6],
        4: [
            weights @ a**3 - 1 / 4,
            (weights * a) @ alpha @ b - 1 / 8,
            weights @ beta @ a**2 - 1 / 12,
            weights @ beta @ beta @ b - 1 / 24,
        ],
    }


def worst(table, weights, order):
    return max(abs(c) for p, some in conditions(table, weights).items() if p <= order for c in some)


@pytest.mark.parametrize("name", METHODS)
def test_solution_and_embedded_solution_meet_the_conditions_of_their_orders_and_no_more(name):
    table = TABLES[name]
    _, _, b, difference = table.classical()
    for weights, order in ((b, table.order), (b - difference, table.error_order)):
        assert worst(table, weights, order) < 1e-14
        assert order == 4 or worst(table, weights, order + 1) > 1e-2


@pytest.mark.parametrize("name", METHODS)
def test_fastest_modes_are_damped_to_nothing(name):
    table = TABLES[name]
    alpha, spread, b, _ = table.classical()
    beta = alpha + spread
    assert abs(1 - b @ np.linalg.solve(beta, np.ones(len(b)))) < 1e-12
    if name.startswith("rodas"):  # the last stage is the solution: order is kept at a fast equilibrium
        assert np.allclose(beta[-1], b, atol=1e-14)


@pytest.mark.parametrize("name", METHODS)
def test_observed_order_is_that_of_the_method(name):
    network = exchange()
    step = Rosenbrock(name)
    x = jnp.array([1.0, 0.2, 0.1, 0.3, 0.05])
    rates = jnp.array([1.0, 0.7, 1.3, 0.4, 0.9, 0.6])

    @jax.jit
    def end(dt, number):
        return jax.lax.fori_loop(0, number, lambda _, x: step(network, x, rates, dt).x, x)

    best = end(2.0 / 4096, 4096)
    errors = [float(jnp.max(jnp.abs(end(2.0 / n, n) - best))) for n in (24, 48, 96)]
    observed = np.log2(np.divide(errors[:-1], errors[1:]))
    assert np.all(np.abs(observed - step.order) < 0.3), observed


@pytest.mark.parametrize("name", METHODS)
def test_error_estimate_is_of_the_order_of_the_embedded_solution(name):
    network, step = exchange(), Rosenbrock(name)
    x, rates = jnp.array([1.0, 0.2, 0.1, 0.3, 0.05]), jnp.ones(6)
    sizes = jax.jit(lambda dt: jnp.max(jnp.abs(step(network, x, rates, dt).error)))
    observed = np.log2(float(sizes(0.02)) / float(sizes(0.01)))
    assert abs(observed - (step.error_order + 1)) < 0.3


def test_unknown_method_is_refused_with_the_nearest_name():
    with pytest.raises(InputError, match="did you mean 'rodas3'"):
        Rosenbrock("rodas33")
