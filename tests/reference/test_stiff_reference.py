"""Robertson and POLLU against the reference solutions of the IVP test set (RADAU5 in quadruple precision)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.stiff_networks import POLLU_END, POLLU_START, ROBERTSON_END, ROBERTSON_START, pollu, robertson

from shanhai.numerics.integrate import FINISHED, Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock


def run(method, network, start, duration, relative, absolute):
    """Adaptive steps of one cell, as plain as can be: what is tested is the method and not a driver."""
    step = Rosenbrock(method)

    def advance(state):
        t, dt, x, count = state
        dt = jnp.minimum(dt, duration - t)
        trial = step(network, x, None, dt)
        error = jnp.max(jnp.abs(trial.error) / (absolute + relative * jnp.maximum(jnp.abs(x), jnp.abs(trial.x))))
        good = (error <= 1.0) & jnp.all(trial.x >= 0)
        change = jnp.clip(0.9 * error ** (-1 / (step.error_order + 1)), 0.2, 5.0)
        return jnp.where(good, t + dt, t), dt * change, jnp.where(good, trial.x, x), count + 1

    @jax.jit
    def end(x):
        state = (jnp.zeros(()), jnp.asarray(1e-12 * duration / 1e3), x, 0)
        return jax.lax.while_loop(lambda s: (s[0] < duration) & (s[3] < 10_000), advance, state)

    t, _, x, _ = end(jnp.asarray(start))
    assert float(t) == duration
    return x


@pytest.mark.parametrize(("method", "relative", "digits"), [("rodas3", 1e-6, 1e-6), ("rodas4", 1e-9, 5e-8)])
def test_robertson_to_1e11(method, relative, digits):
    """B is made and lost 1e14 times over; what is left of A is a rounding of the total from right to 1e-8."""
    duration, published = ROBERTSON_END
    end = run(method, robertson(), ROBERTSON_START, duration, relative, 1e-16)
    assert np.allclose(end, published, rtol=digits, atol=0)
    assert abs(float(end.sum()) - 1.0) < 1e-13


@pytest.mark.parametrize(("method", "relative", "digits"), [("rodas3", 1e-4, 2e-5), ("rodas4", 1e-8, 1e-9)])
def test_the_air_of_a_town_after_an_hour(method, relative, digits):
    duration, published = POLLU_END
    net = pollu()
    end = run(method, net, POLLU_START, duration, relative, 1e-11 * relative)
    assert np.allclose(end, published, rtol=digits, atol=0)
    assert np.abs(net.contents @ np.asarray(end - POLLU_START)).max() < 1e-14


@pytest.mark.parametrize(
    ("problem", "start", "end", "relative", "absolute", "digits"),
    [
        (pollu, POLLU_START, POLLU_END, 1e-8, 1e-19, 1e-9),
        (robertson, ROBERTSON_START, ROBERTSON_END, 1e-9, 1e-16, 5e-8),
    ],
)
def test_the_driver_of_all_steppers_keeps_the_digits(problem, start, end, relative, absolute, digits):
    duration, published = end
    tolerance = Tolerance(relative=relative, absolute=absolute, smallest=1e-24)
    network, step = problem(), Rosenbrock("rodas4")
    found = jax.jit(lambda x: integrate(step, network, x, None, duration, tolerance))(jnp.asarray(start))
    assert int(found.status) == FINISHED
    assert int(found.counts.limited) == 0
    assert np.allclose(found.x, published, rtol=digits, atol=0)
