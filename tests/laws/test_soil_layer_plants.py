"""Laws of plants in a layer: nothing is lost, nobody takes what is not there, and fungi leave saprotrophs hungry."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.rooted import FULL, GROWTH, inhabited, wooded
from tests.soils import CELLS, TOLERANCE

from shanhai.core.constants import SECONDS_PER_DAY
from shanhai.core.errors import InputError
from shanhai.core.ledger import JULIAN_YEAR as YEAR
from shanhai.numerics.integrate import FINISHED
from shanhai.soil.enzyme_allocation import Enzymes
from shanhai.soil.isotopes import CARBON_13, NITROGEN_15
from shanhai.soil.layer import (
    Conditions,
    Layer,
    Mycorrhiza,
    Plants,
    Rooted,
    Vegetation,
    course,
    network,
    rooted,
    stocked,
)
from shanhai.soil.layer_isotopes import course_with_tracers, labelled
from shanhai.soil.layer_oxygen import Oxygen, anoxic, conductance, equilibrium, outside
from shanhai.soil.mycorrhiza import molar_cn
from shanhai.soil.oxygen_in_aggregates import anoxic_volume

pytestmark = pytest.mark.slow  # compiling takes long

RATIOS = {CARBON_13: 0.0108, NITROGEN_15: 0.00368}
LIVING = [cell for cell in CELLS if cell != "empty"]


@pytest.fixture(scope="module")
def net():
    return network(FULL)


def followed(x, at, dt):
    """A course with isotopes of the same ratio everywhere; all of one shape, so that it is compiled once."""
    labels = tuple(replace(labelled(FULL, x, i, r), boundary=jnp.asarray(r)) for i, r in RATIOS.items())
    return course_with_tracers(FULL, x, at, jnp.asarray(dt), TOLERANCE, labels)


@pytest.fixture(scope="module")
def seasons():
    """Forty days in every weather."""
    return inhabited(FULL), followed(inhabited(FULL), wooded(), SECONDS_PER_DAY)


STANDS = (
    "AM", "ECM", "ECM with litter of AM", "ECM with litter of AM that does not mine", "AM that asks for nothing",
    "ECM that asks for nothing",
)  # fmt: skip
LIKE_AM = jnp.array(["litter" in name for name in STANDS], float)
ECM = replace(
    Plants().ecm,
    litter_fast=0.1 + 0.3 * LIKE_AM, litter_cn=50.0 - 20.0 * LIKE_AM, exudation=0.05 + 0.05 * LIKE_AM,
    mining=jnp.array(["not mine" not in name for name in STANDS], float),
)  # fmt: skip
ENZYMES = Enzymes(production=jnp.asarray(2e-4))  # with the default microbes of so little food die
WOOD = Layer(
    plants=Plants(ecm=ECM),
    mycorrhiza=Mycorrhiza(),
    enzymes=ENZYMES,
    minerals=None,
    birch=None,
    dormancy=None,
    mined=0.5,
)
"""Litter, microbes and roots without what protects matter; traits of ectomycorrhiza by stand."""


@pytest.fixture(scope="module")
def stands():
    """Three years of stands of one association each in a soil of little nitrogen, by halves of a year."""
    one = inhabited(WOOD)[:, CELLS.index("moist")]
    x = jnp.stack([one] * len(STANDS), axis=1)
    names = network(WOOD).names
    x = x.at[jnp.array([names.index("ammonium"), names.index("nitrate")])].multiply(0.1)
    asks = jnp.array(["nothing" not in name for name in STANDS], float)
    ecm = jnp.array(["ECM" in name for name in STANDS], float)
    at = rooted(
        Conditions(drainage=1e-9, water=0.3),
        GROWTH._replace(nitrogen=GROWTH.nitrogen * asks, phosphorus=0.0, ectomycorrhizal=ecm),
    )
    whole = jax.tree.map(lambda f: jnp.broadcast_to(jnp.asarray(f, float), (6, len(STANDS))), at)
    return network(WOOD), x, course(WOOD, x, whole, 0.5 * YEAR, TOLERANCE)


@pytest.fixture(scope="module")
def forty_days(net, seasons):
    return net, seasons[0], seasons[1].end


@pytest.mark.parametrize("which", ["forty_days", "stands"])
def test_every_quantity_closes(which, request):
    net, x, end = request.getfixturevalue(which)
    assert set(net.quantities) == {"forty_days": {"C", "N", "P", "electrons"}, "stands": {"C", "N"}}[which]
    held = net.contents @ np.asarray(x)
    now = np.einsum("qs,tsc->tqc", net.contents, np.asarray(end.x))
    np.testing.assert_allclose(now, np.broadcast_to(held, now.shape), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("which", ["forty_days", "stands"])
def test_no_pool_falls_below_zero_and_no_step_is_limited(which, request):
    net, _, end = request.getfixturevalue(which)
    assert np.all(np.asarray(end.status) == FINISHED)
    assert float(jnp.min(end.x[:, jnp.asarray(net.pools)])) >= 0.0
    assert int(jnp.sum(end.counts.limited)) == 0


def test_a_ratio_that_is_the_same_everywhere_stays_so(net, seasons):
    for isotope, ratio in RATIOS.items():
        found = np.asarray(seasons[1].labels[isotope.name].ratios)[:, np.array(net.pools)]
        there = found != 0.0
        assert there.sum() > 0.15 * found.size
        np.testing.assert_allclose(found[there], ratio, rtol=1e-14)


def extent(made, *names):
    """Extents of reactions together, (time, cell)."""
    net, _, end = made
    column = [r.name for r in net.reactions]
    return sum(np.asarray(end.extents)[:, column.index(name)] for name in names)


TAKEN = {
    "N": ("ammonium taken up by roots", "nitrate taken up by roots", "am_n to the plant", "ecm_n to the plant"),
    "P": ("exchangeable_p taken up by roots", "am_p to the plant", "ecm_p to the plant"),
}


@pytest.mark.parametrize(("element", "asked"), [("N", GROWTH.nitrogen), ("P", GROWTH.phosphorus)])
def test_plants_never_take_more_than_they_ask_for(element, asked, forty_days):
    taken = extent(forty_days, *TAKEN[element])
    assert np.all(taken <= asked * SECONDS_PER_DAY * (1.0 + 1e-9))
    assert np.all(taken[:, CELLS.index("moist")] > 0.5 * asked * SECONDS_PER_DAY)
    assert np.all(taken[:, CELLS.index("empty")] == 0.0)


def test_a_plant_that_asks_for_nothing_takes_nothing(stands):
    for name in ("AM that asks for nothing", "ECM that asks for nothing"):
        taken = extent(stands, *TAKEN["N"], "nitrogen fixation")
        assert np.all(taken[:, STANDS.index(name)] == 0.0)
        assert np.any(taken[:, 0] > 0.0)


def test_fixers_are_paid_what_nitrogen_costs_where_roots_do_not_find_enough(forty_days):
    net, _, end = forty_days
    dry, moist = (CELLS.index(c) for c in ("dry", "moist"))
    spent = extent(forty_days, "nitrogen fixation")
    assert spent[:, dry].sum() > 10.0 * spent[:, moist].sum()
    litter = sum(extent(forty_days, f"{name} litter") / ratio for name, ratio in (("am", 30.0), ("ecm", 50.0)))
    gain = np.diff(np.asarray(end.x)[:, net.index("plant_n")], axis=0, prepend=0.0)
    fixed = gain - extent(forty_days, *TAKEN["N"]) + litter / float(molar_cn(1.0))
    np.testing.assert_allclose(spent[:, dry], float(FULL.plants.cost.molar(293.15)) * fixed[:, dry], rtol=1e-9)


def test_ectomycorrhiza_mines_nitrogen_and_nothing_else(forty_days):
    net, x, _ = forty_days
    at = jax.tree.map(lambda f: f[0], wooded())
    column = [r.name for r in net.reactions].index("mining of recalcitrant_n by ecm")
    moves = np.asarray(net.stoichiometry(x, at))[:, column]
    assert {net.names[k] for k in np.flatnonzero(np.any(moves != 0.0, axis=1))} == {"recalcitrant_n", "ecm_n"}
    mined = extent(forty_days, "mining of recalcitrant_n by ecm")
    assert np.all(mined[:, [CELLS.index(c) for c in LIVING]] > 0.0)
    assert np.all(extent(forty_days, "mining of recalcitrant_c by ecm") == 0.0)  # as its trait says


def test_carbon_gathers_under_ectomycorrhiza_by_its_litter_and_by_its_fungi(stands):
    net, _, end = stands
    pools = ("labile_c", "recalcitrant_c", "dissolved_c", "active_c")
    am, ecm, same_litter, without_mining = sum(np.asarray(end.x)[:, net.index(p)] for p in pools).T[:4]
    assert np.all(ecm > am)
    assert np.all(ecm[1:] > 1.15 * am[1:])
    assert ecm[-1] > 1.4 * am[-1]
    assert np.all(same_litter > am)
    assert np.all(same_litter > without_mining)
    left = np.asarray(end.x)[:, [net.index("recalcitrant_c"), net.index("recalcitrant_n")]]
    ratio = left[:, 0] / left[:, 1]
    assert np.all(ratio[:, 2] > ratio[:, 3])  # what is mined is left with less nitrogen


def test_rivals_slow_microbes_and_nitrifiers(net):
    one = inhabited(FULL)[:, CELLS.index("poor")].at[net.index("dissolved_n")].set(0.0)
    x = jnp.stack([one] * 2, axis=1).at[net.index("ecm_c")].set(jnp.array([0.0, 60.0]))
    at, names = rooted(Conditions(), GROWTH), [r.name for r in net.reactions]
    grown = np.asarray(net.stoichiometry(x, at))[net.index("active_c"), names.index("uptake")]
    nitrified = np.asarray(net.rates(x, at))[names.index("nitrification")]
    assert 0.0 < grown[1] < 0.7 * grown[0]
    assert nitrified[1] < 0.7 * nitrified[0]


def test_nobody_takes_more_than_sites_bind(net):
    at = rooted(Conditions(), GROWTH._replace(roots=1e5, nitrogen=1.0, phosphorus=1.0))
    x = inhabited(FULL)[:, CELLS.index("moist")]
    rates = dict(zip((r.name for r in net.reactions), np.asarray(net.rates(x, at)), strict=True))
    fastest = float(FULL.plants.uptake) / 3600.0 * 1e5
    assert rates["ammonium taken up by roots"] + rates["nitrate taken up by roots"] < fastest
    assert rates["ammonium taken up by roots"] * float(FULL.plants.sites) * 1e5 < fastest * float(
        x[net.index("ammonium")]
    )


def test_without_plants_there_are_no_roots_and_without_fungi_no_hyphae():
    plain, plants = network(Layer()), network(Layer(plants=Plants()))
    assert not any(name.startswith(("plant", "am_", "ecm_")) for name in plain.names)
    assert not any(name.startswith(("am_", "ecm_")) for name in plants.names)
    assert not any("taken up" in r.name or "mining" in r.name for r in plain.reactions)


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="fungi of roots need plants"):
        Layer(mycorrhiza=Mycorrhiza())
    layer = Layer(plants=Plants())
    with pytest.raises(InputError, match="its conditions tell nothing"):
        course(layer, stocked(layer, {}), Conditions(), 86400.0, TOLERANCE)
    with pytest.raises(InputError, match=r"ectomycorrhizal is 2, and must be from 0 to 1"):
        course(layer, stocked(layer, {}), rooted(Conditions(), Vegetation(ectomycorrhizal=2.0)), 86400.0, TOLERANCE)
    assert isinstance(rooted(Conditions(), Vegetation()), Rooted)


def test_aggregates_of_nearly_one_size_are_those_of_one_sphere_and_large_ones_lose_oxygen_first():
    wet = Conditions(water=jnp.asarray(0.45))
    amount = equilibrium(wet)
    demands = jnp.array([0.0, 1e-4, 3e-4, 1e-3])
    shares = {s: np.asarray(anoxic(Oxygen(spread=s), amount, demands, wet)) for s in (0.1, 0.8)}
    diffusivity = conductance(Oxygen(), wet) * Oxygen().radius ** 2 / 15.0
    sphere = np.asarray(anoxic_volume(Oxygen().radius, diffusivity, outside(amount, wet), demands))
    np.testing.assert_allclose(shares[0.1], sphere, atol=0.02)
    assert shares[0.8][1] > shares[0.1][1]  # large ones have none while the mean one has enough
    assert np.all(np.diff(shares[0.8]) > 0.0)
    assert shares[0.8][0] == 0.0
