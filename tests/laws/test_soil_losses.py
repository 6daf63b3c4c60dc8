"""Laws of competing losses: one step equals many, shares go as rates, ratios of elements and isotopes are kept."""

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.numerics.exponential import Exponential
from shanhai.numerics.tracers import carry
from shanhai.soil import losses

LEACH, DENITRIFY = 3e-7, 1e-7


@pytest.mark.parametrize("dt", [60.0, 86400.0, 3e7])
def test_one_step_equals_many_and_shares_go_as_rates(dt):
    whole = losses.competing_losses(2.0, (LEACH, DENITRIFY), dt)
    left, summed, parts = 2.0, jnp.zeros(2), 64
    for _ in range(parts):
        part = losses.competing_losses(left, (LEACH, DENITRIFY), dt / parts)
        summed, left = summed + part, left - part.sum()
    assert np.allclose(summed, whole, rtol=1e-14, atol=1e-16)
    assert float(whole[0] / whole[1]) == pytest.approx(3.0, rel=1e-14)
    assert float(whole.sum()) == pytest.approx(-2.0 * np.expm1(-4e-7 * dt), rel=1e-14)


def test_no_rate_no_loss_and_a_rate_beyond_bounds_takes_all():
    assert losses.competing_losses(1.0, (0.0, 0.0), 1e5).tolist() == [0.0, 0.0]
    assert losses.competing_losses(1.0, (1e300, 0.0), 1.0).tolist() == [1.0, 0.0]
    assert losses.competing_losses(jnp.array([0.0, 1.0]), (1e-6, 1e-6), 1e5).shape == (2, 2)


def test_dissolved_share_and_leaching_agree():
    water, rho, kd, depth = 0.3, 1200.0, 1e-3, 0.2
    share = losses.dissolved_share(water, rho, kd)
    assert float(share) == pytest.approx(1 / (1 + rho * kd / water))
    rate = losses.leaching_rate(1e-8, water, depth, rho, kd)
    assert float(rate) == pytest.approx(1e-8 * float(share) / (water * depth))
    assert float(losses.leaching_rate(1e-8, 0.0, depth)) == 0.0
    assert float(losses.dissolved_share(0.0, rho, kd)) == 0.0


def network():
    organic = tuple(Species(f"dissolved_{e.lower()}", {e: 1.0}) for e in "CNP")
    mineral = (Species("nitrate", {"N": 1.0}), Species("gas", {"N": 1.0}, external=True))
    solutes = {s.name: (f"DO{e}", LEACH) for s, e in zip(organic, "CNP")} | {"nitrate": ("DIN", LEACH)}
    denitrified = Reaction("denitrified", FirstOrder("nitrate", DENITRIFY), {"nitrate": -1.0, "gas": 1.0})
    return Network((*organic, *mineral, *losses.river_accounts()), (*losses.leaching(solutes), denitrified))


START = jnp.array([40.0, 2.0, 0.1, 1.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])


def test_reactions_in_one_step_of_a_network_equal_those_in_many_and_close():
    net, step, dt = network(), Exponential(), 1e7
    whole = step(net, START, None, dt)
    x = START
    for _ in range(32):
        x = step(net, x, None, dt / 32).x
    assert np.allclose(x, whole.x, rtol=1e-14, atol=1e-15)
    change = net.contents @ np.asarray(whole.x - START)
    assert np.all(np.abs(change) < 1e-14 * (net.contents @ np.asarray(START)))
    lost = losses.competing_losses(1.5, (LEACH, DENITRIFY), dt)
    assert float(whole.x[net.index("river_DIN")]) == pytest.approx(float(lost[0]), rel=1e-13)
    assert float(whole.x[net.index("gas")]) == pytest.approx(float(lost[1]), rel=1e-13)


def test_organic_matter_leaves_in_its_ratio_and_isotopes_in_theirs():
    net, dt = network(), 1e7
    after = Exponential()(net, START, None, dt)
    river = {name: float(after.x[net.index(f"river_{name}")]) for name in losses.RIVER}
    assert river["DOC"] / river["DON"] == pytest.approx(20.0, rel=1e-14)
    assert river["DON"] / river["DOP"] == pytest.approx(20.0, rel=1e-14)
    nu = net.stoichiometry(START)
    heavy = jnp.array([0, 0.004, 0, 0.0037, 0, 0, 0, 0, 0, 0]) * START
    carried = carry(net, "N", START, nu, after.extents, heavy[None]).amounts[0]
    ratio = np.asarray(carried) / np.maximum(np.asarray(after.x), 1e-300)
    assert ratio[net.index("river_DON")] == pytest.approx(0.004, rel=1e-14)
    assert ratio[net.index("river_DIN")] == pytest.approx(0.0037, rel=1e-14)
    assert ratio[net.index("gas")] == pytest.approx(0.0037, rel=1e-14)
    assert float(carried.sum()) == pytest.approx(float(heavy.sum()), rel=1e-14)


def test_a_river_has_five_accounts_and_no_others():
    with pytest.raises(InputError, match="no account 'DOX'"):
        losses.leaching({"nitrate": ("DOX", 1.0)})
    assert {next(iter(s.content)) for s in losses.river_accounts()} == {"C", "N", "P"}
