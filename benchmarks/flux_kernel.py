"""Flux kernel, formulas (1) to (9) of HY/T 0343.5, float64, one core."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.measure import Row, best_cpu_seconds, memory_bandwidth
from shanhai.airsea import FluxOptions, co2_flux

CELLS = 2**20
PUBLISHED = {"pySeaFlux (published)": 1.3e7, "FluxEngine core with NetCDF (published)": 2.2e5}
TARGET = {"target": 6e7}  # formulas (1) to (9), flux alone


def inputs(cells: int = CELLS) -> dict[str, jax.Array]:
    rng = np.random.default_rng(0)
    ranges = {
        "pco2_sea": (20, 60),
        "xco2": (3.5e-4, 4.2e-4),
        "temperature": (0, 30),
        "salinity": (20, 38),
        "wind": (1, 12),
        "air_pressure": (99e3, 103e3),
        "mean_square_wind": (150, 180),
    }
    return {n: jnp.asarray(rng.uniform(*r, cells)) for n, r in ranges.items()}


def run() -> list[Row]:
    arguments, options = inputs(), FluxOptions()
    flux_only = eqx.filter_jit(lambda a, o: co2_flux(**a, options=o).flux)
    everything = eqx.filter_jit(lambda a, o: co2_flux(**a, options=o))
    names = list(arguments)

    def total(values, o):
        return co2_flux(**dict(zip(names, values, strict=True)), options=o).flux.sum()

    gradient = eqx.filter_jit(lambda a, o: jax.grad(lambda v: total(v, o))(list(a.values())))
    bandwidth = memory_bandwidth()
    rows = []
    for name, call, words in (
        ("flux only", flux_only, len(arguments) + 1),
        ("flux and 8 intermediate fields", everything, len(arguments) + 9),
        ("flux and gradient to 7 inputs", gradient, 2 * len(arguments)),
    ):
        seconds = best_cpu_seconds(lambda call=call: jax.block_until_ready(call(arguments, options)))
        limit = {"memory limit": bandwidth / (8 * words)}
        rows.append(
            Row(
                f"flux kernel: {name}",
                CELLS / seconds,
                "cells/s",
                "more",
                PUBLISHED | limit | (TARGET if call is flux_only else {}),
            )
        )
    return rows
