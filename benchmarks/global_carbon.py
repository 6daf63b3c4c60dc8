"""Global carbon box model, float64: eight scenarios 1750-2300 in one call after compilation, and a gradient."""

import time

import jax
import jax.numpy as jnp

from benchmarks.measure import Row, best_wall_seconds
from shanhai.carbon.presets.global_carbon_budget import run_scenarios
from shanhai.carbon.scenarios import SCENARIOS, embedded, stacked
from shanhai.models.box.global_carbon import GlobalCarbon, preindustrial, simulate

CENTURIES = 5.5
ASKED = {"asked for": 1.0}


def co2_2300(fossil, drivers, start):
    return simulate(GlobalCarbon(), drivers._replace(fossil=fossil), start).amounts[-1, 0]


def run() -> list[Row]:
    model, drivers = GlobalCarbon(), stacked([embedded(name) for name in SCENARIOS])
    start = time.perf_counter()
    jax.block_until_ready(run_scenarios(model, drivers))
    first = time.perf_counter() - start
    whole = best_wall_seconds(lambda: jax.block_until_ready(run_scenarios(model, drivers)))
    begin, one = jax.jit(preindustrial)(model), jax.tree.map(lambda v: v[3], drivers)
    slope = jax.jit(jax.grad(co2_2300))
    back = best_wall_seconds(lambda: jax.block_until_ready(slope(one.fossil, one, begin)))
    per = whole / (len(SCENARIOS) * CENTURIES)
    assert jnp.all(jnp.isfinite(slope(one.fossil, one, begin)))
    return [
        Row("global carbon: eight scenarios at once, per scenario and century", per, "s", "less", ASKED),
        Row("global carbon: gradient of CO2 in 2300 by 551 emissions", back, "s", "less", {}),
        Row("global carbon: first call with its compilation", first, "s", "less", {"asked for": 20.0}),
    ]
