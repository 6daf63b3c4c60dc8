"""Laws of the column of the ocean: it closes, keeps a uniform ratio, and comes to rest where `steady_column` says."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.models.column.radiocarbon import Air, Carbon, Forcing, Sea, exchange, ledger, natural, through_time
from shanhai.ocean.water_column import (
    EddyDiffusivity,
    WaterColumn,
    advance,
    layered,
    steady_column,
    water_column,
)

LAMBDA = 1.0 / (8223.0 * JULIAN_YEAR)
SEA = water_column(layered(75.0, 3800.0, 12), EddyDiffusivity(excess=2e-4), 4.0 / JULIAN_YEAR)


def taking(concentration):
    """Exchange with air of concentration 2."""
    return 1e-7 * (2.0 - concentration)


def decaying(concentration):
    return -LAMBDA * SEA.thickness * concentration


@pytest.mark.parametrize("stages", [1, 2])
def test_what_a_step_changes_is_what_crossed_the_surface_and_decayed(stages):
    amount = SEA.amount(jnp.linspace(2.0, 0.5, 12))
    dt = 50.0 * JULIAN_YEAR
    step = jax.jit(lambda a: advance(SEA, a, dt, taking, decaying, stages=stages))(amount)
    change = float(jnp.sum(step.amount) - jnp.sum(amount))
    booked = float(dt * (step.exchange + jnp.sum(step.source)))
    through = float(jnp.sum(amount) + dt * (jnp.abs(step.exchange) + jnp.sum(jnp.abs(step.source))))
    assert abs(change - booked) < 1e-14 * through
    assert float(jnp.max(jnp.abs(step.residual) / amount)) < 1e-10


def test_sinking_water_brings_what_it_takes_and_has_the_content_of_the_mixed_layer():
    assert float(jnp.sum(SEA.sinking(3.0))) == 0.0
    amount = SEA.amount(jnp.linspace(2.0, 0.5, 12))
    dt = 20.0 * JULIAN_YEAR
    still = WaterColumn(SEA.thickness, jnp.zeros(11), SEA.upwelling)  # the bottom gets nothing but what sinks
    step = jax.jit(lambda a: advance(still, a, dt, taking, stages=1))(amount)
    sunk = SEA.upwelling[-1] * step.amount[0] / SEA.thickness[0]
    left = SEA.upwelling[-1] * step.amount[-1] / SEA.thickness[-1]
    np.testing.assert_allclose(step.amount[-1] - amount[-1], dt * (sunk - left), rtol=1e-12)


def test_a_uniform_content_stays_uniform_whatever_the_upwelling():
    faces = jnp.linspace(3.0, 0.0, 11) / JULIAN_YEAR
    sea = WaterColumn(SEA.thickness, SEA.diffusivity, faces)
    step = jax.jit(lambda a: advance(sea, a, 1e9))(sea.amount(jnp.full(12, 1.5)))
    np.testing.assert_allclose(sea.concentration(step.amount), 1.5, rtol=1e-13)


def test_the_steady_column_does_not_move():
    rest = jax.jit(lambda guess: steady_column(SEA, guess, taking, decaying))(jnp.ones(12))
    budget = rest.exchange + jnp.sum(rest.source)
    assert abs(float(budget)) < 1e-13 * float(rest.exchange)
    far = jax.jit(lambda amount: advance(SEA, amount, 500.0 * JULIAN_YEAR, taking, decaying).amount)
    np.testing.assert_allclose(far(SEA.amount(rest.concentration)), SEA.amount(rest.concentration), rtol=1e-11)


def test_radiocarbon_without_decay_under_air_of_the_standard_is_carbon():
    """One ratio everywhere stays, while carbon enters through its chemistry and sinks."""
    sea = Sea(levels=12)
    column = sea.column
    into_sea = exchange(sea, Air(jnp.array(400e-6), jnp.array(1.0)))
    step = jax.jit(lambda amount: advance(column, amount, JULIAN_YEAR, into_sea).amount)
    amount = begin = Carbon(column.amount(jnp.linspace(2.0, 2.3, 12)), column.amount(jnp.linspace(2.0, 2.3, 12)))
    for _ in range(5):
        amount = step(amount)
    np.testing.assert_allclose(amount.dic14, amount.dic, rtol=1e-13)
    assert float(amount.dic[0] / begin.dic[0]) > 1.001


def test_carbon_and_radiocarbon_of_a_bomb_pulse_close():
    sea = Sea(levels=8)
    year = jnp.array([0.0, 10.0, 12.0, 51.0])
    forcing = Forcing(year, jnp.array([280e-6, 300e-6, 305e-6, 380e-6]), jnp.array([0.0, 0.0, 700.0, 50.0]))
    begin = natural(sea, forcing.at(jnp.array(0.0)))
    history = through_time(sea, forcing, begin, jnp.array(0.0), jnp.array(0.5), 50, 2)
    for row in ledger(sea, history):
        assert row.closes
        assert abs(row.residual) < 1e-14 * row.scale
        assert row.scale > abs(row.change) > 0.0
    assert float(jnp.min(history.water.dic14)) > 0.0


def test_without_upwelling_nothing_sinks():
    thickness, eddies = SEA.thickness, EddyDiffusivity()
    none, nothing = water_column(thickness, eddies), water_column(thickness, eddies, 0.0)
    rest = jax.jit(lambda column: steady_column(column, jnp.ones(12), taking, decaying).concentration)
    ends = [rest(column) for column in (none, nothing)]
    np.testing.assert_allclose(*ends, rtol=1e-12)


def test_columns_side_by_side_are_each_by_itself():
    """Levels on the first axis, columns on the others, also in single precision."""
    both = WaterColumn(SEA.thickness[:, None], SEA.diffusivity[:, None], SEA.upwelling[:, None])
    amounts = both.amount(jnp.stack([jnp.linspace(2.0, 0.5, 12), jnp.linspace(0.1, 3.0, 12)], axis=1))
    together = jax.jit(lambda a: advance(both, a, JULIAN_YEAR, taking).amount)(amounts)
    one = jax.jit(lambda a: advance(SEA, a, JULIAN_YEAR, taking).amount)
    for n in (0, 1):
        np.testing.assert_allclose(together[:, n], one(amounts[:, n]), rtol=1e-13)
    single = jax.tree.map(lambda x: x.astype(jnp.float32), (SEA, amounts[:, 0]))
    step = jax.jit(lambda column, a: advance(column, a, JULIAN_YEAR, taking).amount)(*single)
    assert step.dtype == jnp.float32
    np.testing.assert_allclose(step, together[:, 0], rtol=1e-5)


def test_columns_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="3 values of diffusivity do not fit 3 levels"):
        WaterColumn(jnp.ones(3), jnp.ones(3))
    with pytest.raises(InputError, match="upwelling is negative or grows downward"):
        WaterColumn(jnp.ones(3), jnp.ones(2), jnp.array([1.0, 2.0]))
    with pytest.raises(InputError, match="1 levels make no column"):
        layered(10.0, 100.0, 1)
    with pytest.raises(InputError, match="1 or 2 stages"):
        advance(SEA, SEA.thickness, 1.0, stages=3)
