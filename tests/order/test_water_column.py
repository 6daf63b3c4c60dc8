"""The column of the ocean converges in time with the order of its stages, and in depth to the closed solution."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.ledger import JULIAN_YEAR
from shanhai.ocean.water_column import WaterColumn, advance, layered, steady_column

MIXED, DEPTH, EDDIES, EXCHANGE = 100.0, 4100.0, 1.3e-4, 3e-7
DECAY = 1.0 / (1000.0 * JULIAN_YEAR)


def column(levels, rising):
    return WaterColumn(
        layered(MIXED, DEPTH, levels, 1.0), jnp.full(levels - 1, EDDIES), jnp.full(levels - 1, rising / JULIAN_YEAR)
    )


def taking(concentration):
    return EXCHANGE * (1.0 - concentration)


def closed_mixed_layer(rising):
    """Mixed layer at rest: K c'' + w c' = λ c below, K c' + w c = w c(0) at the floor, and the budget of the layer."""
    w, d = rising / JULIAN_YEAR, DEPTH - MIXED
    root = np.sqrt(w * w / 4.0 + EDDIES * DECAY)
    r = (-w / 2.0 + np.array([1.0, -1.0]) * root) / EDDIES
    floor = (EDDIES * r + w) * np.exp(r * d) - w
    layer = MIXED * DECAY + EXCHANGE - EDDIES * r
    a, b = np.linalg.solve(np.array([floor, layer]), [0.0, EXCHANGE])
    return a + b


@pytest.mark.parametrize("rising", [0.0, 4.0])
def test_the_column_at_rest_converges_to_the_closed_solution_with_second_order(rising):
    def mixed_layer(levels):
        sea = column(levels, rising)
        rest = jax.jit(
            lambda guess: steady_column(sea, guess, taking, lambda c: -DECAY * sea.thickness * c).concentration[0]
        )
        return float(rest(jnp.ones(levels)))

    exact = closed_mixed_layer(rising)
    errors = [abs(mixed_layer(n) - exact) for n in (11, 21, 41)]
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert np.all(orders > 1.8), (errors, orders)
    assert errors[-1] < 2e-3 * exact


@pytest.mark.parametrize("stages", [1, 2])
def test_time_steps_converge_with_the_order_of_their_stages(stages):
    sea = column(8, 4.0)

    @jax.jit
    def after(steps, dt):
        def once(_, amount):
            return advance(sea, amount, dt, taking, stages=stages).amount

        return jax.lax.fori_loop(0, steps, once, sea.amount(jnp.zeros(8)))

    span = 40.0 * JULIAN_YEAR
    ends = [np.asarray(after(n, span / n)) for n in (8, 16, 32, 512)]
    errors = [np.abs(end - ends[-1]).max() for end in ends[:-1]]
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert np.all(np.abs(orders - stages) < 0.25), orders
