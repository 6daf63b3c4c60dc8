"""Gradients of steps, of driven runs and of tracers against finite differences, at empty and stiff states too."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.core.routing import routed
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.exponential import Exponential
from shanhai.numerics.integrate import FINISHED, Tolerance, integrate, integrate_with_gradient
from shanhai.numerics.limiter import limited
from shanhai.numerics.tracers import carry

LITTER = (Species("litter_c", {"C": 1.0}), Species("litter_n", {"N": 1.0}))
MICROBE = Species("microbe_c", {"C": 1.0})
CO2, AMMONIUM = Species("co2", {"C": 1.0}, external=True), Species("ammonium", {"N": 1.0})


def uptake(x, environment):
    return environment["v"] * x["litter_c"] / (environment["k"] + x["litter_c"]) * x["microbe_c"]


ENVIRONMENT = {"v": jnp.asarray(2.0), "k": jnp.asarray(0.3), "share": jnp.asarray(0.4), "death": jnp.asarray(0.2)}
NETWORK = Network(
    (*LITTER, MICROBE, CO2, AMMONIUM),
    (
        routed("uptake", uptake, LITTER, {(MICROBE,): lambda x, e: e["share"]}, {"C": CO2, "N": AMMONIUM}),
        Reaction("death", FirstOrder("microbe_c", lambda x, e: e["death"]), {"microbe_c": -1.0, "co2": 1.0}),
    ),
    ENVIRONMENT,
)
STATES = {
    "ordinary": ([1.0, 0.1, 0.5, 0.0, 0.2], 2.0),
    "no microbes": ([1.0, 0.1, 0.0, 0.0, 0.0], 2.0),
    "no nitrogen": ([1.0, 0.0, 0.5, 0.0, 0.0], 2.0),
    "stiff": ([1.0, 0.1, 0.5, 0.0, 0.2], 60.0),
}
WEIGHTS = jnp.array([1.0, 2.0, 0.7, 0.3, 1.5])


@pytest.fixture(scope="module", params=[(RungeKutta(3), 1e-6), (Exponential(), 1e-4)], ids=["explicit", "exponential"])
def both(request):
    stepper, relative = request.param
    tolerance = Tolerance(relative=relative, absolute=1e-3 * relative)

    def value(x, environment, duration):
        end = integrate_with_gradient(stepper, NETWORK, x, environment, duration, tolerance, 3000)
        return jnp.sum(WEIGHTS * end.x), end.status

    return jax.jit(jax.value_and_grad(value, argnums=(0, 1, 2), has_aux=True)), 2.0 * relative**0.5


@pytest.fixture(scope="module")
def accurate():
    def value(x, environment, duration):
        tight = Tolerance(relative=1e-9, absolute=1e-12)
        return jnp.sum(WEIGHTS * integrate(RungeKutta(4), NETWORK, x, environment, duration, tight).x)

    return jax.jit(value)


@pytest.mark.parametrize("where", STATES)
def test_driven_runs_have_the_derivatives_of_finite_differences(both, accurate, where):
    (run, seen), (amounts, speed) = both, STATES[where]
    x, duration = jnp.array(amounts), jnp.asarray(0.5)
    environment = ENVIRONMENT | {"v": jnp.asarray(speed)}
    (_, status), (by_x, by_environment, by_duration) = run(x, environment, duration)
    assert int(status) == FINISHED

    def value(x, environment, duration=duration):
        return float(accurate(x, environment, duration))

    h = 1e-3
    for i in range(5):
        if x[i] > 0:
            rise = value(x.at[i].add(h * x[i]), environment) - value(x.at[i].add(-h * x[i]), environment)
            assert float(by_x[i]) == pytest.approx(rise / (2 * h * float(x[i])), rel=2e-3, abs=1e-3)
        else:  # from above: amounts below zero are not there
            one, two = (value(x.at[i].set(n * h), environment) - value(x, environment) for n in (1, 2))
            assert float(by_x[i]) == pytest.approx((4 * one - two) / (2 * h), rel=seen, abs=1e-3)
    for name, slope in by_environment.items():
        step = h * float(environment[name])
        up, down = (value(x, environment | {name: environment[name] + s}) for s in (step, -step))
        assert float(slope) == pytest.approx((up - down) / (2 * step), rel=2e-3, abs=1e-3)
    up, down = value(x, environment, 0.5 + h), value(x, environment, 0.5 - h)
    assert float(by_duration) == pytest.approx((up - down) / (2 * h), rel=2e-3, abs=1e-3)


def test_all_empty_has_finite_derivatives(both):
    _, slopes = both[0](jnp.zeros(5), ENVIRONMENT, jnp.asarray(0.5))
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(slopes))


def test_a_pool_too_fast_for_the_step_and_empty_gives_all_that_enters_it():
    """Its derivative is that of what drains, not of a polynomial far outside its stability."""
    network = Network(
        (LITTER[0], CO2),
        (Reaction("r", lambda x, e: e * x["litter_c"], {"litter_c": -1.0, "co2": 1.0}),),
        jnp.asarray(1.0),
    )

    def drained(x0):
        x = jnp.array([x0, 0.0])
        return integrate_with_gradient(RungeKutta(4), network, x, jnp.asarray(300.0), 1.0, Tolerance(), 300).x[1]

    assert float(jax.grad(drained)(0.0)) == pytest.approx(1.0, abs=1e-3)


def test_the_limiter_has_finite_derivatives_at_empty_pools():
    nu = jnp.array([[-1.0, -1.0], [1.0, 0.0], [0.0, 1.0]])

    def value(x, extents):
        return jnp.sum(limited(x, nu, extents, (0, 1, 2))[0] * jnp.array([1.0, 2.0]))

    for x in (0.0, 0.5, 5.0):
        slopes = jax.grad(value, argnums=(0, 1))(jnp.array([x, 0.0, 0.0]), jnp.array([1.0, 2.0]))
        assert all(np.all(np.isfinite(s)) for s in slopes)
    by_x = jax.grad(value)(jnp.array([0.0, 0.0, 0.0]), jnp.array([1.0, 2.0]))
    np.testing.assert_allclose(by_x, [5 / 3, 0.0, 0.0], rtol=1e-12)


@pytest.mark.parametrize("fractionated", [False, True])
def test_tracers_have_the_derivatives_of_finite_differences(fractionated):
    nu = jnp.array([[-1.0, -1.0, 0.0], [0.6, 0.0, -1.0], [0.0, 1.0, 0.0], [0.4, 0.0, 1.0]])
    species = tuple(Species(n, {"C": 1.0}) for n in "abc") + (CO2,)
    names = [*"abc", "co2"]
    reactions = tuple(
        Reaction(f"r{j}", lambda x, e: x["a"], {n: float(c) for n, c in zip(names, nu[:, j]) if c}) for j in range(3)
    )
    network = Network(species, reactions)

    def value(x, extents, tracer, alpha, decay):
        factor = alpha[None] if fractionated else None
        after = carry(network, "C", x, nu, extents, tracer[None], fractionation=factor, decay=decay, dt=1.0)
        return jnp.sum(after.amounts[0] * WEIGHTS[:4]) + jnp.sum(after.ratios[0] * WEIGHTS[1:])

    point = (
        jnp.array([1.0, 0.2, 0.5, 0.0]),
        jnp.array([0.5, 0.3, 0.4]),
        jnp.array([0.3, 0.1, 0.0, 0.0]),
        jnp.array([0.9, 1.1, 1.0]),
        jnp.asarray(0.1),
    )
    slopes = jax.jit(jax.grad(value, argnums=range(5)))(*point)
    run, h = jax.jit(value), 1e-6
    for n, (leaf, slope) in enumerate(zip(point, slopes)):
        for i in np.ndindex(leaf.shape):
            up, down = ([*point[:n], leaf.at[i].add(s), *point[n + 1 :]] for s in (h, -h))
            assert float(slope[i]) == pytest.approx(float(run(*up) - run(*down)) / (2 * h), rel=1e-6, abs=1e-8)


def test_tracers_of_empty_pools_have_finite_derivatives():
    network = Network(
        (LITTER[0], MICROBE), (Reaction("r", lambda x, e: x["litter_c"], {"litter_c": -1.0, "microbe_c": 1.0}),)
    )
    nu = network.stoichiometry(jnp.zeros(2))

    def value(x, extents, tracer):
        return jnp.sum(carry(network, "C", x, nu, extents, tracer).ratios)

    slopes = jax.grad(value, argnums=(0, 1, 2))(jnp.zeros(2), jnp.zeros(1), jnp.zeros((1, 2)))
    assert all(np.all(np.isfinite(s)) for s in slopes)


def test_the_exponential_has_derivatives_by_rates_and_length():
    def value(k, dt):
        network = NETWORK_OF_RATE
        return Exponential()(network, jnp.array([1.0, 0.2, 0.5, 0.0, 0.2]), ENVIRONMENT | {"death": k}, dt).x[2]

    for k in (0.0, 0.7, 50.0):
        slope = jax.jit(jax.grad(value, argnums=(0, 1)))(jnp.asarray(k), jnp.asarray(0.4))
        exact = (-0.4 * 0.5 * np.exp(-0.4 * k), -k * 0.5 * np.exp(-0.4 * k))
        np.testing.assert_allclose(slope, exact, rtol=1e-9, atol=1e-12)


NETWORK_OF_RATE = Network((*LITTER, MICROBE, CO2, AMMONIUM), (NETWORK.reactions[1],), ENVIRONMENT)
