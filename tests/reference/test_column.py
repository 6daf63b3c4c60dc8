"""Infiltration into the New Mexico soil of Celia et al. (1990), Water Resour. Res. 26, 1483, by the general column."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.numerics.column import column_step
from shanhai.numerics.column_balance import Levels

DRY, FULL, ALPHA, EXPONENT, FASTEST = 0.102, 0.368, 3.35, 2.0, 9.22e-5  # 1, 1, m-1, 1, m s-1
POWER = 1.0 - 1.0 / EXPONENT
HEAD_ABOVE, HEAD_BELOW, DEPTH = -0.75, -10.0, 0.6  # m


def saturation(head):
    suction = jnp.where(head < 0, -head, 1.0)
    return jnp.where(head < 0, (1.0 + (ALPHA * suction) ** EXPONENT) ** -POWER, 1.0)


def conductivity(head):
    s = jnp.where(head < 0, saturation(head), 0.5)
    return jnp.where(head < 0, FASTEST * jnp.sqrt(s) * (1.0 - (1.0 - s ** (1.0 / POWER)) ** POWER) ** 2, FASTEST)


def infiltrated(hours, dt=120.0, n=60):
    """Water that has entered [m], head at the end, largest error of mass and largest residual."""
    dz = DEPTH / n

    def closure(head):
        return Levels((DRY + (FULL - DRY) * saturation(head)) * dz, head, conductivity(head))

    def darcy(above, below, distance=dz):
        mean = 0.5 * (above.also + below.also)
        return mean * ((above.potential - below.potential) / distance + 1.0)

    ends = [Levels(0.0, jnp.array(h), conductivity(jnp.array(h))) for h in (HEAD_ABOVE, HEAD_BELOW)]

    def step(carry, _):
        water, head, entered = carry
        done = column_step(
            water,
            closure,
            darcy,
            dt,
            top=lambda first: darcy(ends[0], first, dz / 2),
            bottom=lambda last: darcy(last, ends[1], dz / 2),
            start=head,
            iterations=8,
        )
        entered = entered + dt * (done.face_fluxes[0] - done.face_fluxes[-1])
        return (done.amount, done.unknown, entered), jnp.max(jnp.abs(done.residual))

    @jax.jit
    def run():
        head = jnp.full(n, HEAD_BELOW)
        water = closure(head).amount
        end, residual = jax.lax.scan(step, (water, head, 0.0), None, length=int(hours * 3600 / dt))
        return jnp.sum(end[0] - water), end[1], end[2], residual

    gain, head, entered, residual = (np.asarray(x) for x in run())
    return gain, head, abs(gain - entered) / gain, residual


@pytest.fixture(scope="module")
def day():
    return infiltrated(24.0)


def front(head, level=-5.0):
    """Depth where the head passes a level."""
    z = (np.arange(head.size) + 0.5) * DEPTH / head.size
    return np.interp(-level, -head, z)


def test_storage_gain_and_front_after_a_day(day):
    gain, head, *_ = day
    assert gain == pytest.approx(0.041130, rel=0.01)  # m, dense grid of 0.05 cm
    assert front(head) == pytest.approx(0.5649, rel=0.015)


def test_after_six_hours_finer_levels_come_closer_to_the_dense_grid():
    """The front is steep: 1 cm smears it by 3 %, half a centimetre by 1.2 %."""
    errors = []
    for dt, n in ((120.0, 60), (60.0, 120)):
        gain, head, *_ = infiltrated(6.0, dt, n)
        assert gain == pytest.approx(0.017405, rel=0.015)
        errors.append(abs(front(head) - 0.2544) / 0.2544)
    assert errors[1] < 0.5 * errors[0]
    assert errors[1] < 0.015


def test_heads_after_a_day(day):
    z = (np.arange(60) + 0.5) * 0.01
    got = np.interp([0.1, 0.2, 0.3, 0.4, 0.5], z, day[1])
    np.testing.assert_allclose(got, [-0.7687, -0.8028, -0.8673, -1.0046, -1.429], rtol=0.02)


def test_mass_closes_whatever_newton_leaves(day):
    assert day[2] < 1e-12
    assert np.median(day[3]) < 1e-15  # m of water
