"""Laws of a layer of soil with all its processes: it closes, it pulses, and each weather leaves its mark."""

import jax.numpy as jnp
import numpy as np
import pytest
from tests.soils import CELLS, RAIN, TOLERANCE, soil, weather

from shanhai.core.constants import SECONDS_PER_DAY
from shanhai.numerics.integrate import FINISHED
from shanhai.soil.layer import Conditions, Layer, course, network

FULL = Layer()
PLAIN = Layer(mined=0.5, dormancy=None, minerals=None, birch=None)


def run(layer):
    x = soil(layer)
    return network(layer), x, course(layer, x, weather(), SECONDS_PER_DAY, TOLERANCE)


@pytest.fixture(scope="module")
def full():
    return run(FULL)


@pytest.fixture(scope="module")
def plain():
    return run(PLAIN)


def daily(made, name, cell):
    """Increase of an account or pool on every day."""
    net, x, end = made
    row, cell = net.index(name), CELLS.index(cell)
    return np.diff(np.asarray(end.x)[:, row, cell], prepend=float(x[row, cell]))


def last(made, name, cell):
    net, _, end = made
    return float(end.x[-1, net.index(name), CELLS.index(cell)])


@pytest.mark.parametrize("which", ["full", "plain"])
def test_carbon_and_nitrogen_close_in_every_weather(which, request):
    net, x, end = request.getfixturevalue(which)
    held = net.contents @ np.asarray(x)
    now = np.einsum("qs,tsc->tqc", net.contents, np.asarray(end.x))
    np.testing.assert_allclose(now, np.broadcast_to(held, now.shape), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("which", ["full", "plain"])
def test_no_pool_falls_below_zero_and_no_step_is_limited(which, request):
    net, _, end = request.getfixturevalue(which)
    assert np.all(np.asarray(end.status) == FINISHED)
    assert float(jnp.min(end.x[:, jnp.asarray(net.pools)])) >= 0.0
    assert int(jnp.sum(end.counts.limited)) == 0


@pytest.mark.parametrize("drought", ["short drought", "long drought"])
def test_rain_on_dry_soil_makes_a_pulse_of_carbon_dioxide_at_once(full, drought):
    made = daily(full, "co2", drought)
    assert made[RAIN] > 1.5 * made[RAIN - 1]
    assert abs(daily(full, "co2", "moist")[RAIN] / daily(full, "co2", "moist")[RAIN - 1] - 1.0) < 0.1


def test_dissolved_matter_gathers_in_drought(full):
    net, _, end = full
    there = np.asarray(end.x)[RAIN - 1, net.index("dissolved_c")]
    short, long, moist = (there[CELLS.index(c)] for c in ("short drought", "long drought", "moist"))
    assert long > short > moist


def test_drought_puts_microbes_to_sleep_and_rain_wakes_them(full):
    net, _, end = full
    asleep, awake = (np.asarray(end.x)[:, net.index(n)] for n in ("dormant_c", "active_c"))
    share = (asleep / (asleep + awake).clip(1e-30))[:, CELLS.index("long drought")]
    assert share[RAIN - 1] > 0.8
    assert np.all(np.diff(asleep[RAIN:, CELLS.index("long drought")]) < 0.0)
    assert share[RAIN - 1] > 1.2 * (asleep / (asleep + awake).clip(1e-30))[RAIN - 1, CELLS.index("moist")]


def test_soil_without_oxygen_denitrifies_and_does_not_nitrify(full):
    gone = sum(last(full, n, "wet") for n in ("dinitrogen", "nitrous_oxide of the air"))
    assert gone > 5.0 * sum(last(full, n, "moist") for n in ("dinitrogen", "nitrous_oxide of the air"))
    net, _, end = full
    nitrified = np.asarray(end.extents)[:, [r.name for r in net.reactions].index("nitrification")].sum(axis=0)
    share = nitrified / np.asarray(end.x)[:, net.index("ammonium")].mean(axis=0).clip(1e-30)
    assert share[CELLS.index("wet")] < 0.1 * share[CELLS.index("moist")]


def test_frozen_soil_respires_less_by_temperature_and_an_empty_one_not_at_all(full):
    assert last(full, "co2", "frozen") < 0.5 * last(full, "co2", "moist")
    assert np.all(np.asarray(full[2].x)[:, :, CELLS.index("empty")] == 0.0)


def test_food_poor_in_nitrogen_makes_carbon_overflow(plain):
    net, x, _ = plain
    first = Conditions(*(field[0] for field in weather()))
    grown = net.stoichiometry(x, first)[net.index("active_c"), [r.name for r in net.reactions].index("uptake")]
    np.testing.assert_allclose(grown[CELLS.index("moist")], PLAIN.efficiency(first.temperature[0]), rtol=1e-12)
    assert float(grown[CELLS.index("poor")]) < 0.2 * float(grown[CELLS.index("moist")])


def test_water_that_drains_carries_solutes_to_the_river(full):
    assert last(full, "river_DOC", "wet") > 0.0
    assert last(full, "river_DIN", "moist") > 0.0
    assert last(full, "river_DOC", "moist") / last(full, "river_DON", "moist") > 1.0


@pytest.mark.parametrize(
    "layer",
    [
        Layer(dormancy=None),
        Layer(minerals=None),
        Layer(birch=None),
        Layer(nitrification=None),
        Layer(denitrification=None),
    ],
    ids=repr,
)
def test_what_is_left_out_is_not_in_the_network(layer):
    left = {r.name for r in network(FULL).reactions} - {r.name for r in network(layer).reactions}
    assert left
    assert network(layer).quantities == ("C", "N")
