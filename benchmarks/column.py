"""Vertical column at 40 levels, float64: the tridiagonal solve alone, whole steps, coupled surfaces, gradients."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.measure import Row, best_cpu_seconds
from shanhai.coupling.implicit import Tile, couple_surface, difference_exchange
from shanhai.numerics.column import column_step
from shanhai.numerics.column_balance import Levels
from shanhai.numerics.column_laws import Conduction, LinearStore
from shanhai.numerics.open_column import eliminate_column, substitute_column
from shanhai.numerics.tridiagonal import solve

LEVELS, COLUMNS = 40, 4096
PROTOTYPE = {"prototype, 2 cores": 4.7e5}
TARGET = {"target, 2 cores": 2e5, "prototype, 2 cores": 2.7e5}


def library(lower, diagonal, upper, right):
    """The same by the library, which wants levels last and zeros at the ends."""
    bands = (x.T for x in (lower.at[0].set(0.0), diagonal, upper.at[-1].set(0.0)))
    return jax.lax.linalg.tridiagonal_solve(*bands, right.T[..., None])[..., 0].T


def freezing(heat):
    """Enthalpy with a flat part."""
    return Levels(heat, jnp.where(heat > 0, heat, jnp.minimum(heat + 100.0, 0.0)))


def coupled(air, ground, store, faces):
    """Air over three tiles: four columns."""
    above = eliminate_column(air, store, faces, 1.0, open_end="bottom")
    below = [eliminate_column(g, store, faces, 1.0, open_end="top") for g in ground]
    tiles = [Tile(b.response, difference_exchange(3.0), jnp.asarray(1 / 3)) for b in below]
    met = couple_surface(above.response, tiles)
    done = [substitute_column(above, met.into_air)]
    return [s.amount for s in done + [substitute_column(b, g) for b, g in zip(below, met.into_tiles)]]


def per_second(call, *arguments, columns=COLUMNS) -> float:
    run = jax.jit(call)
    return columns / best_cpu_seconds(lambda: jax.block_until_ready(run(*arguments)))


def run() -> list[Row]:
    rng = np.random.default_rng(0)
    lower, upper = (jnp.asarray(-rng.uniform(0.1, 1, (LEVELS, COLUMNS))) for _ in range(2))
    diagonal, right = 2.5 + jnp.asarray(rng.random((LEVELS, COLUMNS))), jnp.asarray(rng.normal(size=(LEVELS, COLUMNS)))
    heat = jnp.asarray(rng.normal(scale=60.0, size=(LEVELS, COLUMNS)))
    faces, store = Conduction(jnp.asarray(rng.random((LEVELS - 1, COLUMNS)))), LinearStore(jnp.ones((LEVELS, COLUMNS)))

    def step(h, f):
        return column_step(h, store, f, 1.0, iterations=1)[:2]

    def newton(h, f):
        return column_step(h, freezing, f, 1.0, iterations=8)[:3]

    def total(h, f):
        return jnp.sum(newton(h, f)[0] ** 2)

    bands = lower, diagonal, upper, right
    rows = (
        ("tridiagonal solve", per_second(solve, *bands), {"library": per_second(library, *bands)} | PROTOTYPE),
        ("linear step with fluxes", per_second(step, heat, faces), TARGET),
        ("freezing step, up to 8 iterations", per_second(newton, heat, faces), TARGET),
        ("freezing step and its gradient", per_second(jax.grad(total, (0, 1)), heat, faces), {}),
        (
            "column of a coupled surface, air and 3 tiles",
            per_second(coupled, heat, [heat] * 3, store, faces, columns=4 * COLUMNS),
            {},
        ),
    )
    return [Row(f"column: {name}", value, "columns/s", "more", beside) for name, value, beside in rows]
