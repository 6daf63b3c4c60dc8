"""Derivatives through an implicitly coupled surface equal finite differences, without exchange and without area too."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.coupling.implicit import Tile, couple_surface, difference_exchange
from shanhai.numerics.column_laws import Conduction, LinearStore
from shanhai.numerics.open_column import eliminate_column, substitute_column

AIR, GROUND, TILES = 4, 3, 2


@jax.jit
def warmth(x):
    """Something of every level after ten stiff steps, as a function of transfers, fractions and a conductance."""
    transfers, fractions, conductance = x[:TILES], x[TILES : 2 * TILES], x[-1]
    air = LinearStore(jnp.full(AIR, 5.0)), Conduction(jnp.full(AIR - 1, 2.0) * conductance)
    ground = LinearStore(jnp.full(GROUND, 1.0)), Conduction(jnp.full(GROUND - 1, 0.5) * conductance)

    def step(state, _):
        above = eliminate_column(state[0], *air, 1.0, open_end="bottom")
        below = [eliminate_column(g, *ground, 1.0, top=0.3, open_end="top") for g in state[1]]
        tiles = [Tile(b.response, difference_exchange(h), f) for b, h, f in zip(below, transfers, fractions)]
        met = couple_surface(above.response, tiles)
        up = substitute_column(above, met.into_air).amount
        return (up, [substitute_column(b, g).amount for b, g in zip(below, met.into_tiles)]), None

    start = jnp.linspace(0.0, 5.0, AIR), [jnp.linspace(3.0, 1.0, GROUND), jnp.linspace(0.0, 2.0, GROUND)]
    (above, below), _ = jax.lax.scan(step, start, None, length=10)
    return jnp.sum(above**2) + sum(jnp.sum(b**2) for b in below)


@pytest.mark.parametrize(
    "at",
    [[11.0, 2.0, 0.7, 0.3, 1.0], [0.0, 0.0, 0.7, 0.3, 1.0], [11.0, 2.0, 1.0, 0.0, 1.0], [3.0, 2.0, 0.5, 0.5, 0.0]],
    ids=["stiff", "no exchange", "no area", "no conduction"],
)
def test_reverse_derivatives_equal_finite_differences(at):
    x = jnp.asarray(at)
    gradient = jax.jit(jax.grad(warmth))(x)
    expected = [(warmth(x + 1e-6 * e) - warmth(x - 1e-6 * e)) / 2e-6 for e in jnp.eye(x.size)]
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-7)
