"""Derivatives through Rosenbrock steps and steady states: finite, forward as reverse, and those of differences."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.stiff_networks import ENZYME, exchange, network

from shanhai.core.reactions import Species
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.numerics.steady import steady_state

NET = exchange()
X = jnp.array([1.0, 0.2, 0.1, 0.3, 0.05])
RATES = jnp.array([1.0, 0.7, 1.3, 0.4, 0.9, 0.6])
STATES = {
    "full": (X, RATES, 0.5),
    "some empty": (X * jnp.array([1.0, 0.0, 0.0, 1.0, 0.0]), RATES, 0.5),
    "all empty": (0.0 * X, RATES, 0.5),
    "1e10 times the fastest": (X, RATES, 1e10),
    "empty and long": (X * jnp.array([1.0, 0.0, 0.0, 1.0, 0.0]), RATES, 1e10),
    "no step": (X, RATES, 0.0),
}


def both(function, *arguments):
    forward = jax.jacfwd(function, tuple(range(len(arguments))))
    reverse = jax.jacrev(function, tuple(range(len(arguments))))
    return jax.jit(forward)(*arguments), jax.jit(reverse)(*arguments)


@pytest.fixture(scope="module")
def compiled():
    step = Rosenbrock()

    def end(x, rates, dt):
        made = step(NET, x, rates, dt)
        return jnp.concatenate([made.x, made.extents / (1.0 + dt)])

    where = (0, 1, 2)
    return jax.jit(end), jax.jit(jax.jacfwd(end, where)), jax.jit(jax.jacrev(end, where))


@pytest.mark.parametrize("state", STATES)
def test_derivatives_of_a_step(compiled, state):
    end, forward, reverse = compiled
    arguments = tuple(jnp.asarray(a) for a in STATES[state])
    there, back = forward(*arguments), reverse(*arguments)
    for n, (a, b) in enumerate(zip(there, back)):
        assert np.isfinite(a).all()
        scale = np.abs(a).max() + 1e-3
        long = arguments[2] > 1e9  # the identity beside dt J has lost ten digits
        close = 1e-4 if long else 1e-9
        assert np.allclose(a, b, rtol=close, atol=close * scale)
        if n == 2 and state == "no step":
            continue
        change, close = (1e-2, 1e-2) if long else (1e-5, 1e-4)
        assert np.allclose(a, differences(end, arguments, n, change), rtol=close, atol=close * scale)


def differences(function, arguments, n, change):
    at = arguments[n]
    columns = []
    for unit in np.eye(at.size).reshape(at.size, *at.shape):
        h = change * max(float(np.abs(at * unit).max()), 0.1 if n < 2 else 0.0)
        ends = [function(*arguments[:n], at + s * h * unit, *arguments[n + 1 :]) for s in (1, -1)]
        columns.append((ends[0] - ends[1]) / (2 * h))
    return np.stack(columns, axis=-1).reshape(*columns[0].shape, *at.shape)


def test_second_derivatives_of_a_step_are_finite_and_right():
    step = Rosenbrock("ros2")
    slope = jax.grad(lambda x: jnp.sum(step(NET, x, RATES, 0.5).x ** 2))
    along = jnp.array([0.3, -0.1, 0.2, 0.1, 0.5])
    second = jax.jit(lambda x: jax.jvp(slope, (x,), (along,)))
    (before, _), (_, here), (after, _) = (second(X + s * 1e-5 * along) for s in (-1, 0, 1))
    assert np.allclose(here, (after - before) / 2e-5, rtol=1e-6)


CATALYSIS = network(ENZYME, [(1e6, "E + S -> ES"), (1e3, "ES -> E + S"), (10.0, "ES -> E + P"), (0.1, "P -> S")])


def enzyme_at_rest(k, x):
    there = eqx.tree_at(lambda n: n.reactions[2].law.k, CATALYSIS, k)
    return steady_state(there, x).x


def test_derivatives_of_a_steady_state_by_parameter_and_totals():
    k, x = jnp.array(10.0), jnp.array([[1e-3, 1e-2], [1.0, 2.0], [0.0, 0.0], [0.0, 0.0]])
    forward, reverse = both(enzyme_at_rest, k, x)
    for a, b in zip(forward, reverse):
        assert np.allclose(a, b, rtol=1e-9, atol=1e-12)
    end = jax.jit(enzyme_at_rest)
    by_k = (end(k + 1e-4, x) - end(k - 1e-4, x)) / 2e-4
    assert np.allclose(forward[0], by_k, rtol=1e-6, atol=1e-9)
    change = 1e-4 * jnp.array([[1e-4, 0.0], [0.1, 0.2], [0.0, 0.1], [0.2, 0.0]])
    by_totals = (end(k, x + change) - end(k, x - change)) / 2
    assert np.allclose(jnp.tensordot(forward[1], change, 2), by_totals, rtol=1e-5, atol=1e-12)


def test_pools_that_are_empty_at_rest_have_no_derivative_and_do_not_spoil_the_others():
    net = network([Species(n, {"C": 1.0}) for n in "ABC"], [(1.0, "A -> B"), (2.0, "B -> C"), (0.5, "C -> B")])
    slopes = jax.jit(jax.jacrev(lambda x: steady_state(net, x).x))(jnp.array([1.0, 0.0, 0.0]))
    assert np.allclose(slopes, [[0, 0, 0], [0.2] * 3, [0.8] * 3], atol=1e-9)
