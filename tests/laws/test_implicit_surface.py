"""Laws of the surface that air and tiles share: stable, closed, and the same as one joined column."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanhai.core.errors import InputError
from shanhai.coupling.implicit import Exchange, Tile, couple_surface, difference_exchange, joined
from shanhai.numerics.column import column_step
from shanhai.numerics.column_balance import Levels
from shanhai.numerics.column_laws import Conduction, Line, LinearStore
from shanhai.numerics.open_column import Response, eliminate_column, substitute_column

AIR, GROUND, CELLS = 20, 6, 2


def slab(amount, capacity):
    return jnp.asarray([amount]), LinearStore(jnp.asarray([capacity])), Conduction(jnp.zeros(0))


def coupled_step(air, tiles, dt):
    """One step of an air column, (amount, store, faces), and of tiles (amount, store, faces, transfer, fraction)."""
    above = eliminate_column(*air, dt, open_end="bottom")
    below = [eliminate_column(*t[:3], dt, open_end="top") for t in tiles]
    met = couple_surface(
        above.response, [Tile(b.response, difference_exchange(t[3]), t[4]) for b, t in zip(below, tiles)]
    )
    return substitute_column(above, met.into_air), [substitute_column(b, g) for b, g in zip(below, met.into_tiles)], met


def columns(seed, stiff=1.0):
    """Air of 20 levels over three tiles, in two cells; amounts are heat beyond a reference."""
    rng = np.random.default_rng(seed)

    def column(n, heat):
        store = LinearStore(jnp.asarray(heat * rng.uniform(0.5, 2, (n, CELLS))))
        faces = Conduction(jnp.asarray(rng.uniform(1, 100, (n - 1, CELLS))))
        return jnp.asarray(rng.normal(scale=5.0, size=(n, CELLS))) * store.capacity, store, faces

    fractions = jnp.asarray(rng.dirichlet(np.ones(3), CELLS).T)
    transfers = [stiff * jnp.asarray(rng.uniform(10, 60, CELLS)) for _ in range(3)]
    tiles = [(*column(GROUND, 2e4), h, f) for h, f in zip(transfers, fractions)]
    return column(AIR, 6e4), tiles


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1, 5))
def test_what_tiles_give_is_what_the_air_receives(seed, power):
    air, tiles = columns(seed)
    dt = 10.0**power
    above, below, met = JITTED(air, tiles, dt)
    given_away = sum(t[4] * -b.face_fluxes[0] for t, b in zip(tiles, below))
    np.testing.assert_array_equal(-above.face_fluxes[-1], met.into_air[0])
    np.testing.assert_allclose(given_away, met.into_air[0], rtol=1e-14, atol=1e-12)


JITTED = jax.jit(coupled_step)


CLOSED = jax.jit(lambda amount, store, faces: column_step(amount, store, faces, 3600.0, iterations=1))


def test_one_tile_equals_one_joined_column():
    """Two halves of a step are the monolithic implicit step, whatever the stiffness."""
    for stiff in (1e-6, 1.0, 1e4):
        air, tiles = columns(3, stiff)
        ground = (*tiles[0][:4], jnp.ones(CELLS))
        above, (below,), _ = JITTED(air, [ground], 3600.0)
        amount = jnp.concatenate([air[0], ground[0]])
        store = LinearStore(jnp.concatenate([air[1].capacity, ground[1].capacity]))
        faces = Conduction(jnp.concatenate([air[2].conductance, ground[3][None], ground[2].conductance]))
        whole = CLOSED(amount, store, faces)
        got = jnp.concatenate([above.amount, below.amount]) / store.capacity
        np.testing.assert_allclose(got, whole.amount / store.capacity, atol=1e-11 if stiff > 1 else 1e-12)
        np.testing.assert_allclose(above.face_fluxes[-1], whole.face_fluxes[AIR], rtol=1e-9)


def dense(air, tiles, dt):
    """All levels of one cell in one matrix: potentials after the step."""
    parts = [air, *tiles]
    sizes = [p[0].shape[0] for p in parts]
    offsets = np.cumsum([0, *sizes])
    area = np.repeat([1.0, *(float(t[4]) for t in tiles)], sizes)
    capacity = np.concatenate([p[1].capacity for p in parts])
    matrix = np.diag(area * capacity)
    right = area * np.concatenate([p[0] for p in parts])

    def connect(i, j, conductance):
        matrix[[i, j], [i, j]] += dt * conductance
        matrix[[i, j], [j, i]] -= dt * conductance

    for k, p in enumerate(parts):
        for i, g in enumerate(np.asarray(p[2].conductance)):
            connect(offsets[k] + i, offsets[k] + i + 1, area[offsets[k]] * g)
    for k, t in enumerate(tiles):
        connect(offsets[1] - 1, offsets[k + 1], float(t[4]) * float(t[3]))
    return np.split(np.linalg.solve(matrix, right), offsets[1:-1])


def test_three_tiles_equal_one_dense_implicit_solve():
    air, tiles = columns(4, stiff=10.0)
    above, below, _ = JITTED(air, tiles, 3600.0)
    for cell in range(CELLS):
        one = jax.tree.map(lambda x, cell=cell: x[..., cell], (air, tiles))
        expected = dense(*one, 3600.0)
        found = [above.amount / air[1].capacity, *(b.amount / t[1].capacity for b, t in zip(below, tiles))]
        for x, y in zip(found, expected):
            np.testing.assert_allclose(x[:, cell], y, atol=1e-11)


def test_ten_days_of_stiff_exchange_are_stable_and_close():
    """h dt / C = 11 at steps of an hour, with a sun that rises and sets on the tiles."""
    air, tiles = columns(5)
    transfer = [11.0 * t[1].capacity[0] / 3600.0 for t in tiles]
    tiles = [(*t[:3], h, t[4]) for t, h in zip(tiles, transfer)]
    amounts = air[0], [t[0] for t in tiles]

    def heat(state):
        return jnp.sum(state[0], axis=0) + sum(t[4] * jnp.sum(a, axis=0) for t, a in zip(tiles, state[1]))

    def step(state, k):
        sun = 500.0 * jnp.maximum(jnp.cos(2 * jnp.pi * k / 24.0), 0.0) - 150.0
        above = eliminate_column(state[0], *air[1:], 3600.0, open_end="bottom")
        below = [
            eliminate_column(a, *t[1:3], 3600.0, top=jnp.full(CELLS, sun), open_end="top")
            for a, t in zip(state[1], tiles)
        ]
        met = couple_surface(
            above.response, [Tile(b.response, difference_exchange(t[3]), t[4]) for b, t in zip(below, tiles)]
        )
        up = substitute_column(above, met.into_air)
        down = [substitute_column(b, g) for b, g in zip(below, met.into_tiles)]
        new = up.amount, [d.amount for d in down]
        gained = 3600.0 * sun
        size = jnp.sum(jnp.abs(state[0]), axis=0) + jnp.abs(gained)
        return new, (jnp.abs(heat(new) - heat(state) - gained) / size, jnp.max(jnp.abs(up.amount / air[1].capacity)))

    _, (closed, warmest) = jax.jit(lambda s: jax.lax.scan(step, s, jnp.arange(240)))(amounts)
    assert float(jnp.max(closed)) < 1e-14
    assert float(jnp.max(warmest)) < 60.0


def moist_exchange(transfer, latent, saturation, slope):
    """Heat and vapour from a wet surface: q_s = saturation + slope * T; the tile pays the latent heat."""
    one, zero = jnp.ones(CELLS), jnp.zeros(CELLS)
    return Exchange(
        value=(zero, transfer * saturation * one),
        by_surface=((transfer * one,), (transfer * slope * one,)),
        by_air=((-transfer * one, zero), (zero, -transfer * one)),
        into_surface=((-one, -latent * one),),
    )


def test_temperature_with_humidity_satisfies_every_equation_of_the_surface():
    transfer, latent, saturation, slope, dt = 20.0, 3.0, 0.4, 0.05, 1800.0
    air, tiles = columns(6)
    vapour = 0.1 * air[0] / 6e4, LinearStore(jnp.ones((AIR, CELLS)) * 50.0), air[2]
    heat_up = eliminate_column(*air, dt, open_end="bottom")
    vapour_up = eliminate_column(*vapour, dt, open_end="bottom")
    ground = eliminate_column(*tiles[0][:3], dt, top=Line(jnp.full(CELLS, 80.0), jnp.full(CELLS, -5.0)), open_end="top")
    exchange = moist_exchange(transfer, latent, saturation, slope)
    met = couple_surface(
        joined(heat_up.response, vapour_up.response), [Tile(ground.response, exchange, jnp.ones(CELLS))]
    )
    warm = substitute_column(heat_up, met.into_air[:1])
    moist = substitute_column(vapour_up, met.into_air[1:])
    below = substitute_column(ground, met.into_tiles[0])
    t_air, q_air = warm.amount[-1] / air[1].capacity[-1], moist.amount[-1] / 50.0
    t_ground = below.amount[0] / tiles[0][1].capacity[0]
    sensible, evaporation = met.into_air
    np.testing.assert_allclose(sensible, transfer * (t_ground - t_air), rtol=1e-10)
    np.testing.assert_allclose(evaporation, transfer * (saturation + slope * t_ground - q_air), rtol=1e-10)
    np.testing.assert_allclose(met.into_tiles[0][0], -sensible - latent * evaporation, rtol=1e-13)
    np.testing.assert_allclose(below.face_fluxes[0], 80.0 - 5.0 * t_ground + met.into_tiles[0][0], rtol=1e-9)
    np.testing.assert_allclose(met.air[0], t_air, rtol=1e-10)


def test_a_second_pass_converges_to_the_joint_newton_solution_of_freezing_ground():
    """Ground that freezes under the air: passes of elimination are Newton steps of the joined column."""
    dt, transfer, latent, heat = 7200.0, 40.0, 3e6, 2e4

    def closure(amount):
        return Levels(amount, jnp.where(amount > 0, amount, jnp.minimum(amount + latent, 0.0)) / heat)

    def joint(amount):
        air, ground = Levels(amount[:AIR], amount[:AIR] / 6e4), closure(amount[AIR:])
        return Levels(amount, jnp.concatenate([air.potential, ground.potential]))

    air = jnp.full(AIR, -15.0 * 6e4), LinearStore(jnp.full(AIR, 6e4)), Conduction(jnp.full(AIR - 1, 50.0))
    ground = jnp.linspace(1e4, 1e5, GROUND), closure, Conduction(jnp.full(GROUND - 1, 5.0))

    @jax.jit
    def one_pass(starts):
        up = eliminate_column(*air, dt, open_end="bottom", start=starts[0])
        down = eliminate_column(*ground, dt, open_end="top", start=starts[1])
        met = couple_surface(up.response, [Tile(down.response, difference_exchange(transfer), jnp.ones(()))])
        return substitute_column(up, met.into_air), substitute_column(down, met.into_tiles[0])

    above, below = one_pass((air[0], ground[0]))
    for _ in range(7):
        above, below = one_pass((above.unknown, below.unknown))
    faces = Conduction(jnp.concatenate([air[2].conductance, jnp.array([transfer]), ground[2].conductance]))
    whole = column_step(jnp.concatenate([air[0], ground[0]]), joint, faces, dt, iterations=20)
    np.testing.assert_allclose(jnp.concatenate([above.amount, below.amount]), whole.amount, rtol=1e-9, atol=1e-3)
    assert float(jnp.max(jnp.abs(below.residual))) < 1e-6


def test_a_response_never_falls_with_the_flux_into_the_column():
    air, tiles = columns(7)
    for part, end in ((air, "bottom"), (tiles[0][:3], "top")):
        response = eliminate_column(*part, 600.0, open_end=end).response
        assert np.all(response.slope[0][0] > 0)


def test_what_cannot_be_coupled_is_refused():
    with pytest.raises(InputError, match="no surface below it"):
        couple_surface(Response((jnp.zeros(()),), ((jnp.ones(()),),)), [])
    with pytest.raises(InputError, match="has no end 'side'"):
        eliminate_column(*slab(1.0, 1.0), 1.0, open_end="side")
