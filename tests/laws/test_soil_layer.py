"""Laws of a layer of soil with all its processes: it closes, it pulses, and each weather leaves its mark."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from tests.soils import CELLS, RAIN, TOLERANCE, soil, weather

from shanhai.core.constants import SECONDS_PER_DAY
from shanhai.numerics.integrate import FINISHED
from shanhai.soil.isotopes import CARBON_13, NITROGEN_15, carbon_14
from shanhai.soil.layer import Conditions, Layer, course, network
from shanhai.soil.layer_isotopes import course_with_tracers, labelled
from shanhai.soil.layer_oxygen import Oxygen, equilibrium
from shanhai.soil.layer_phosphorus import PhosphorusOfLayer

pytestmark = pytest.mark.slow  # compiling takes long

FULL = Layer(phosphorus=PhosphorusOfLayer(), oxygen=Oxygen())
PLAIN = Layer(mined=0.5, dormancy=None, minerals=None, birch=None)
RATIOS = {CARBON_13: 0.0108, carbon_14(): 0.9, NITROGEN_15: 0.00368}


@pytest.fixture(scope="module")
def whole():
    return network(FULL)


@pytest.fixture(scope="module")
def with_labels():
    """All processes, with three isotopes of the same ratio everywhere."""
    x = soil(FULL)
    labels = tuple(labelled(FULL, x, isotope, ratio) for isotope, ratio in RATIOS.items())
    return course_with_tracers(FULL, x, weather(), SECONDS_PER_DAY, TOLERANCE, labels)


@pytest.fixture(scope="module")
def full(whole, with_labels):
    return whole, soil(FULL), with_labels.end


@pytest.fixture(scope="module")
def plain():
    x = soil(PLAIN)
    return network(PLAIN), x, course(PLAIN, x, weather(), SECONDS_PER_DAY, TOLERANCE)


def daily(made, name, cell):
    """Increase of an account or pool on every day."""
    net, x, end = made
    row, cell = net.index(name), CELLS.index(cell)
    return np.diff(np.asarray(end.x)[:, row, cell], prepend=float(x[row, cell]))


def last(made, name, cell):
    net, _, end = made
    return float(end.x[-1, net.index(name), CELLS.index(cell)])


@pytest.mark.parametrize("which", ["full", "plain"])
def test_every_quantity_closes_in_every_weather(which, request):
    net, x, end = request.getfixturevalue(which)
    assert set(net.quantities) == {"full": {"C", "N", "P", "electrons"}, "plain": {"C", "N"}}[which]
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
    assert min(long, short) > 2.0 * moist


def test_drought_puts_microbes_to_sleep_and_rain_wakes_them(full):
    net, _, end = full
    asleep, awake = (np.asarray(end.x)[:, net.index(n)] for n in ("dormant_c", "active_c"))
    share = (asleep / (asleep + awake).clip(1e-30))[:, CELLS.index("long drought")]
    assert share[RAIN - 1] > 0.8
    assert np.all(np.diff(asleep[RAIN:, CELLS.index("long drought")]) < 0.0)
    assert share[RAIN - 1] > 1.2 * (asleep / (asleep + awake).clip(1e-30))[RAIN - 1, CELLS.index("moist")]


def extent(made, name):
    """Extent of a reaction over the whole course, by cell."""
    net, _, end = made
    return np.asarray(end.extents)[:, [r.name for r in net.reactions].index(name)].sum(axis=0)


@pytest.mark.parametrize("which", ["full", "plain"])
def test_soil_without_oxygen_denitrifies_and_hardly_nitrifies(which, request):
    made = request.getfixturevalue(which)
    gone = sum(last(made, n, "wet") for n in ("dinitrogen", "nitrous_oxide of the air"))
    assert gone > 5.0 * sum(last(made, n, "moist") for n in ("dinitrogen", "nitrous_oxide of the air"))
    share = extent(made, "nitrification") / np.asarray(made[2].x)[:, made[0].index("ammonium")].mean(axis=0).clip(1e-30)
    assert share[CELLS.index("wet")] < 0.3 * share[CELLS.index("moist")]


def test_frozen_soil_respires_less_by_temperature_and_an_empty_one_not_at_all(full):
    assert last(full, "co2", "frozen") < 0.5 * last(full, "co2", "moist")
    pools = [k for k in full[0].pools if full[0].names[k] != "oxygen"]
    assert np.all(np.asarray(full[2].x)[:, pools, CELLS.index("empty")] == 0.0)


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


def test_microbes_keep_their_nitrogen_and_phosphorus(full):
    net, _, end = full
    for pool in ("active", "dormant", "labile_enzyme"):
        carbon, nitrogen, phosphorus = (np.asarray(end.x)[:, net.index(f"{pool}_{e}"), :6] for e in "cnp")
        np.testing.assert_allclose(carbon / nitrogen, FULL.composition.nitrogen, rtol=1e-10)
        np.testing.assert_allclose(carbon / phosphorus, FULL.composition.phosphorus, rtol=1e-10)


def test_growth_is_held_by_whichever_of_nitrogen_and_phosphorus_is_short(full):
    net, x, _ = full
    first = Conditions(*(field[0] for field in weather()))
    column, row = [r.name for r in net.reactions].index("uptake"), net.index("active_c")
    grown = {
        left: net.stoichiometry(x.at[jnp.array([net.index(n) for n in left])].multiply(1e-3), first)[row, column, 0]
        for left in (("dissolved_n", "ammonium"), ("dissolved_p", "exchangeable_p"), ("labile_p",))
    }
    nitrogen, phosphorus, neither = (float(g) for g in grown.values())
    np.testing.assert_allclose(neither, FULL.efficiency(first.temperature[0]), rtol=1e-12)
    assert nitrogen < 0.05 * neither
    assert phosphorus < 0.05 * neither


def test_surface_and_phosphatase_feed_microbes_and_the_river_takes_its_part(full):
    assert np.all(extent(full, "phosphatase: recalcitrant")[:6] > 0.0)
    assert last(full, "river_DOP", "moist") > 0.0
    assert last(full, "river_DIP", "moist") > 0.0


def test_oxygen_is_that_of_the_air_where_it_gets_in_and_used_up_where_it_does_not(full):
    net, _, end = full
    there = np.asarray(end.x)[-1, net.index("oxygen")]
    above = np.asarray(equilibrium(Conditions(*(field[-1] for field in weather()))))
    assert there[CELLS.index("moist")] > 0.97 * above[CELLS.index("moist")]
    assert there[CELLS.index("wet")] < 0.05 * above[CELLS.index("wet")]
    np.testing.assert_allclose(there[CELLS.index("empty")], above[CELLS.index("empty")], rtol=1e-12)


def test_a_ratio_that_is_the_same_everywhere_stays_so(whole, with_labels):
    for isotope, ratio in RATIOS.items():
        found = np.asarray(with_labels.labels[isotope.name].ratios)[:, np.array(whole.pools)]
        left = np.exp(-isotope.decay * SECONDS_PER_DAY * np.arange(1, len(found) + 1))[:, None, None]
        there = found != 0.0
        assert there.sum() > 0.2 * found.size
        np.testing.assert_allclose((found / left)[there], ratio, rtol=1e-14)


def test_labels_close_with_what_decayed(with_labels):
    x = soil(FULL)
    for isotope, ratio in RATIOS.items():
        after, start = with_labels.labels[isotope.name], labelled(FULL, x, isotope, ratio).amounts.sum(axis=0)
        decayed = np.asarray(after.decayed).sum(axis=1).cumsum(axis=0)
        now = np.asarray(after.amounts).sum(axis=1) + decayed
        np.testing.assert_allclose(now, np.broadcast_to(start, now.shape), rtol=1e-13)
        assert np.all(decayed[:, CELLS.index("moist")] > 0.0) == (isotope.decay > 0.0)


PLACES = ("damp", "fed", "moist", "low oxygen")


@pytest.fixture(scope="module")
def breathing():
    """Three days of simple soils that differ in food and air."""
    layer = Layer(mined=0.5, dormancy=None, minerals=None, birch=None, oxygen=Oxygen())
    x = soil(layer)[:, jnp.array([CELLS.index("moist")] * len(PLACES))]
    net = network(layer)
    food = jnp.array([net.index("dissolved_c"), net.index("dissolved_n")])
    x = x.at[food, PLACES.index("fed")].multiply(20.0).at[net.index("ammonium")].set(5.0)
    eaten = jnp.array([net.index(f"{pool}_{e}") for pool in ("labile", "dissolved") for e in "cn"])
    x = x.at[eaten, PLACES.index("damp")].multiply(1e-3)  # so that microbes there are hungry
    air = jnp.array([[0.2, 0.2, 0.2, 0.01]] * 3)
    water = jnp.array([[0.4, 0.4, 0.25, 0.25]] * 3)
    at = Conditions(water=water, oxygen=air)
    return net, x, course(layer, x, at, SECONDS_PER_DAY, TOLERANCE)


def test_a_pulse_of_food_uses_up_oxygen_so_that_less_is_nitrified_and_more_denitrified(breathing, plain):
    net, _, end = breathing
    damp, fed = (np.asarray(end.x)[0, net.index("oxygen"), PLACES.index(p)] for p in ("damp", "fed"))
    assert fed < 0.7 * damp
    for name, more in (("nitrification", False), ("nitrate to nitrite", True), ("nitrous_oxide to dinitrogen", True)):
        damp, fed = (extent(breathing, name)[PLACES.index(p)] for p in ("damp", "fed"))
        assert fed > 2.0 * damp if more else fed < 0.97 * damp
    where_water_tells = plain[0].reads[[r.name for r in plain[0].reactions].index("nitrification")]
    assert where_water_tells == (plain[0].index("ammonium"),)  # food does not matter


def test_uptake_in_air_of_one_per_cent_of_oxygen_is_held_about_as_respiration_is_in_incubations(breathing):
    low, high = (extent(breathing, "uptake")[PLACES.index(p)] for p in ("low oxygen", "moist"))
    assert 0.5 < low / high < 0.7  # 0.51 to 0.67 in Sierra et al. (2017)


@pytest.mark.parametrize(
    "left_out",
    ["dormancy", "minerals", "birch", "nitrification", "denitrification", "phosphorus", "oxygen"],
)
def test_what_is_left_out_is_not_in_the_network(left_out, whole):
    made = network(replace(FULL, **{left_out: None}))
    assert {r.name for r in whole.reactions} - {r.name for r in made.reactions}
    gone = set(whole.quantities) - set(made.quantities)
    assert gone == {"phosphorus": {"P"}, "oxygen": {"electrons"}}.get(left_out, set())
