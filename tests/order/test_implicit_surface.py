"""Two slabs that exchange heat implicitly: first order, and stable where the lagged explicit surface explodes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.coupling.implicit import Tile, couple_surface, difference_exchange
from shanhai.numerics.column_laws import Conduction, LinearStore
from shanhai.numerics.open_column import eliminate_column, substitute_column


def slab(amount, capacity):
    return jnp.asarray([amount]), LinearStore(jnp.asarray([capacity])), Conduction(jnp.zeros(0))


def two_slabs(dt, hours=72, lagged=False):
    """Temperatures (time, 2) of air above ground, h = 30, C = 6e4 and 4e4, under a daily wave of 400 W m-2.

    What the sun gives is the amount of each interval, as everything that crosses an interface.
    """
    h, air_heat, ground_heat, day = 30.0, 6e4, 4e4, 2 * np.pi * dt / 86400.0

    def step(state, k):
        air, ground = state
        sun = 400.0 * (jnp.sin(day * (k + 1)) - jnp.sin(day * k)) / day
        if lagged:
            flux = h * (ground / ground_heat - air / air_heat)
            new = air + dt * flux, ground + dt * (sun - flux)
        else:
            above = slab(air, air_heat)
            up = eliminate_column(*above, dt, open_end="bottom")
            down = eliminate_column(*slab(ground, ground_heat), dt, top=sun, open_end="top")
            met = couple_surface(up.response, [Tile(down.response, difference_exchange(h), jnp.ones(()))])
            new = (
                substitute_column(up, met.into_air).amount[0],
                substitute_column(down, met.into_tiles[0]).amount[0],
            )
        return new, jnp.stack([new[0] / air_heat, new[1] / ground_heat])

    steps = int(hours * 3600 / dt)
    return np.asarray(jax.jit(lambda: jax.lax.scan(step, (0.0, 0.0), jnp.arange(steps))[1])())


def test_two_slabs_are_stable_where_the_lagged_explicit_surface_explodes_and_first_order():
    fine = two_slabs(10.0)
    steps = np.array([300.0, 900.0, 1800.0])
    errors = []
    for dt in steps:
        stride = int(dt / 10)
        errors.append(np.sqrt(np.mean((two_slabs(dt) - fine[stride - 1 :: stride]) ** 2)))
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(1.0, abs=0.1)
    assert np.all(np.array(errors) < [0.13, 0.41, 0.85]), "K, of the coupling brief, whose forcing it does not tell"
    assert np.abs(two_slabs(1800.0)).max() < 60.0
    assert np.abs(two_slabs(900.0, lagged=True)).max() < 60.0
    assert np.abs(two_slabs(1800.0, lagged=True)).max() > 1e3
