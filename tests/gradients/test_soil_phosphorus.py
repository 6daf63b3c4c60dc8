"""Gradients of soil phosphorus against finite differences, empty, saturated and at the turn of the branches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.reactions import Network
from shanhai.soil.phosphorus import (
    Langmuir,
    Phosphorus,
    biological_reactions,
    double_langmuir_dissolved,
    langmuir_dissolved,
    mineral_reactions,
    phosphatase_activity,
    phosphorus_species,
)

TOTALS = {"empty": 0.0, "little": 1e-6, "ordinary": 10.0, "branch": 35.0, "full": 300.0}


def centred(f, args, i):
    step = 1e-4 * max(abs(args[i]), 1e-3)
    up, down = list(args), list(args)
    up[i] += step
    down[i] -= step
    if down[i] < 0:  # one-sided, second order, where there is no less
        far = list(args)
        far[i] += 2 * step
        return (4 * f(*up) - 3 * f(*args) - f(*far)) / (2 * step)
    return (f(*up) - f(*down)) / (2 * step)


@pytest.mark.parametrize("total", TOTALS.values(), ids=TOTALS.keys())
def test_slopes_of_the_dissolved_part(total):
    args = (total, 30.0, 5.0)
    slopes = jax.grad(langmuir_dissolved, argnums=(0, 1, 2))(*args)
    for i, slope in enumerate(slopes):
        assert float(slope) == pytest.approx(float(centred(langmuir_dissolved, args, i)), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("total", TOTALS.values(), ids=TOTALS.keys())
def test_slopes_with_two_surfaces_are_those_of_the_equation(total):
    def dissolved(t, s1, s2, k1, k2):
        return double_langmuir_dissolved(t, (s1, s2), (k1, k2))

    args = (total, 5.0, 30.0, 0.05, 5.0)
    slopes = jax.grad(dissolved, argnums=range(5))(*args)
    for i, slope in enumerate(slopes):
        assert float(slope) == pytest.approx(float(centred(dissolved, args, i)), rel=1e-6, abs=1e-8)


def test_slope_of_phosphatase_is_continuous_at_its_threshold():
    slope = jax.vmap(jax.grad(lambda cost: phosphatase_activity(Phosphorus(), cost)))
    costs = np.array([10.0, 15.0, 15.5, 16.0, 40.0])
    numbers = [float(centred(lambda c: phosphatase_activity(Phosphorus(), c), (c,), 0)) for c in costs]
    np.testing.assert_allclose(slope(jnp.asarray(costs)), numbers, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("x", [[20.0, 1.0, 2.0, 3.0, 5.0, 0.3], [0.0] * 6], ids=["ordinary", "empty"])
def test_rates_have_slopes_at_every_state(x):
    p = Phosphorus()
    reactions = (*mineral_reactions(p), *biological_reactions(p, Langmuir(), uptake=1.0, cost=40.0, decay=1.0))
    network = Network(phosphorus_species(), reactions)
    x = jnp.asarray(x)
    jacobian = jax.jacobian(network.rates)(x)
    assert bool(jnp.all(jnp.isfinite(jacobian)))
    for i in range(6):
        step = 1e-6
        two = [network.rates(x.at[i].add(k * step)) for k in (1, 2)]
        slope = (4 * two[0] - 3 * network.rates(x) - two[1]) / (2 * step)
        np.testing.assert_allclose(jacobian[:, i], slope, rtol=1e-5, atol=1e-7)
