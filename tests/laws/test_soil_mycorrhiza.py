"""Laws of mycorrhiza: one vector of traits makes slow or fast cycles, all consumers of nitrogen compete at once."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.core.first_order import FirstOrder
from shanhai.core.ledger import JULIAN_YEAR as YEAR
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.core.routing import routed
from shanhai.numerics.integrate import FINISHED, Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.soil.mycorrhiza import (
    Association,
    Competition,
    LimitedDecay,
    allocation_reactions,
    arbuscular,
    bound_complexes,
    decay_reaction,
    ectomycorrhizal,
    litterfall,
    mining_reactions,
    molar_cn,
    uptake_reactions,
)

pytestmark = pytest.mark.slow  # compiling takes long


def pool(name, **how):
    return Species(f"{name}_c", {"C": 1.0}, **how), Species(f"{name}_n", {"N": 1.0}, **how)


FAST, SLOW, SAP, SOM = (pool(n) for n in ("fast", "slow", "saprotroph", "som"))
FUNGI, AMMONIUM = Species("fungi_c", {"C": 1.0}), Species("ammonium", {"N": 1.0})
CO2, PLANT = Species("co2", {"C": 1.0}, external=True), pool("plant", external=True)
SPECIES = (*FAST, *SLOW, *SAP, *SOM, FUNGI, AMMONIUM, CO2, *PLANT)
EFFICIENCY, MICROBIAL_CN = 0.35, float(molar_cn(8.0))
LITTER = 400.0  # mol m-3 yr-1 of carbon in a decimetre: 0.5 kg m-2 yr-1
START = jnp.array([100.0, 3.0, 800.0, 18.0, 60.0, 60.0 / MICROBIAL_CN, 1000.0, 60.0, 50.0, 1.0, 0.0, 0.0, 0.0])


def competition(sites):
    """Saprotrophs and fungi for ammonium."""
    return Competition(
        ("ammonium",),
        ("saprotroph_c", "fungi_c"),
        jnp.stack([jnp.asarray(1e-3), jnp.asarray(sites)]),
        jnp.full((1, 2), 0.0714),
        jnp.array([[600.0, 200.0]]) / YEAR,
    )


def stand(association: Association, gadgil=1.0):
    """A soil of one association, its litter, saprotrophs, organic matter and fungi; Gadgil's effect on or off."""
    rivals = competition(gadgil * association.sites)
    demand = EFFICIENCY / MICROBIAL_CN
    fall = litterfall(association, LITTER / YEAR)
    falls = [
        Reaction(
            f"fall {s.name}", lambda x, e, flow=flow: flow, {PLANT["cn".index(s.name[-1])].name: -1.0, s.name: 1.0}
        )
        for s, flow in zip((*FAST, *SLOW), fall, strict=True)
    ]
    decays = [
        decay_reaction(
            f"decay {pools[0].name}",
            LimitedDecay(rivals, "saprotroph_c", pools[0].name, pools[1].name, rate / YEAR, demand),
            pools,
            SAP,
            CO2,
            AMMONIUM,
            efficiency=EFFICIENCY,
            microbial_cn=MICROBIAL_CN,
        )
        for pools, rate in ((FAST, 4.0), (SLOW, 0.5))
    ]
    deaths = (
        routed("death", FirstOrder("saprotroph_c", 1.0 / YEAR), SAP, {SOM: 0.8}, {"C": CO2, "N": AMMONIUM}),
        routed("rot", FirstOrder("som_c", 0.03 / YEAR), SOM, {}, {"C": CO2, "N": AMMONIUM}),
        Reaction("fungi die", FirstOrder("fungi_c", 1.0 / YEAR), {"fungi_c": -1.0, "co2": 1.0}),
        Reaction("roots", FirstOrder("ammonium", 3.0 / YEAR), {"ammonium": -1.0, "plant_n": 1.0}),
        Reaction("rain", lambda x, e: jnp.asarray(2.0 / YEAR), {"plant_n": -1.0, "ammonium": 1.0}),
    )
    return Network(
        SPECIES,
        (
            *falls,
            *decays,
            *deaths,
            *uptake_reactions(rivals, {"fungi_c": "plant_n"}),
            *mining_reactions(association, SOM, "fungi_c", PLANT[1], CO2),
            *allocation_reactions(association, LITTER / YEAR, PLANT[0], FUNGI, FAST[0]),
        ),
    )


@jax.jit
def century(association, gadgil):
    network = stand(association, gadgil)
    tolerance = Tolerance(relative=1e-4, absolute=1e-6)
    return integrate(Rosenbrock(), network, START, None, 150.0 * YEAR, tolerance)


PROTECTED = eqx.tree_at(lambda a: a.mining, ectomycorrhizal(), jnp.asarray(0.02))
"""Ectomycorrhiza on organic matter of which minerals protect all but a fiftieth."""


def litter_carbon(x):
    return float(x[0] + x[2])


@pytest.fixture(scope="module")
def stands():
    made = {
        (name, gadgil): century(association, gadgil)
        for name, association in (("AM", arbuscular()), ("ECM", PROTECTED))
        for gadgil in (1.0, 0.0)
    }
    assert all(int(end.status) == FINISHED for end in made.values())
    return made


def test_carbon_and_nitrogen_close_in_every_stand(stands):
    network = stand(arbuscular())
    for end in stands.values():
        change = network.contents @ np.asarray(end.x - START)
        throughput = network.contents @ np.abs(np.asarray(end.nu)) @ np.abs(np.asarray(end.extents))
        assert np.all(np.abs(change) < 1e-13 * throughput)
        assert np.all(np.asarray(end.x)[:10] >= 0)


def test_ectomycorrhiza_has_slower_litter_more_of_it_and_a_higher_cn(stands):
    am, ecm = stands["AM", 1.0].x, stands["ECM", 1.0].x
    assert litter_carbon(ecm) > 1.2 * litter_carbon(am)
    turnover = [LITTER / litter_carbon(x) for x in (am, ecm)]  # at rest what falls decomposes
    assert turnover[1] < turnover[0]
    ratio = [float((x[0] + x[2] + x[6]) / (x[1] + x[3] + x[7])) for x in (am, ecm)]
    assert ratio[1] > 1.05 * ratio[0]


def test_without_gadgils_effect_the_contrast_shrinks(stands):
    contrast = [litter_carbon(stands["ECM", gadgil].x) - litter_carbon(stands["AM", gadgil].x) for gadgil in (1.0, 0.0)]
    assert contrast[0] > 1.1 * contrast[1] > 0
    slower = litter_carbon(stands["ECM", 1.0].x) / litter_carbon(stands["ECM", 0.0].x)
    assert slower > 1.05


def test_mining_takes_old_matter_and_feeds_the_plant():
    network = stand(ectomycorrhizal())
    rates = dict(zip((r.name for r in network.reactions), network.rates(START), strict=True))
    reach = 50.0 / (50.0 + 0.015 * 1000.0)
    assert float(rates["mining of som_n"]) * YEAR == pytest.approx(60.0 * reach, rel=1e-12)
    assert float(rates["mining of som_c"]) * YEAR == pytest.approx(1000.0 * reach, rel=1e-12)
    none = dict(zip((r.name for r in network.reactions), stand(arbuscular()).rates(START), strict=True))
    assert float(none["mining of som_n"]) == 0.0
    alone = stand(Association(mining=1.0, mined_carbon=0.0)).rates(START)
    assert float(dict(zip(rates, alone, strict=True))["mining of som_c"]) == 0.0


def test_nobody_binds_more_than_there_is():
    rng = np.random.default_rng(3)
    for _ in range(20):
        s, e = 10.0 ** rng.uniform(-6, 6, 2), 10.0 ** rng.uniform(-6, 6, 3)
        c = np.asarray(bound_complexes(list(s), list(e), 10.0 ** rng.uniform(-6, 6, (2, 3))))
        assert np.all(c.sum(axis=1) <= s * (1 + 1e-12))
        assert np.all(c.sum(axis=0) <= e * (1 + 1e-12))


def test_order_does_not_matter_and_two_equal_consumers_are_one():
    s, e, k = [1.0, 0.3], [0.1, 2.0, 0.5], np.array([[0.2, 1.0, 3.0], [0.5, 0.1, 2.0]])
    c = np.asarray(bound_complexes(s, e, k))
    turned = np.asarray(bound_complexes(s[::-1], e[::-1], k[::-1, ::-1]))
    np.testing.assert_allclose(turned[::-1, ::-1], c, rtol=1e-14)
    halves = np.asarray(bound_complexes([1.0], [0.3, 0.3], [[0.5, 0.5]]))
    np.testing.assert_allclose(halves.sum(), bound_complexes([1.0], [0.6], [[0.5]])[0, 0], rtol=1e-14)


def test_one_consumer_is_michaelis_menten_and_many_are_its_reverse():
    few = float(bound_complexes([2.0], [1e-9], [[0.5]])[0, 0])
    assert few == pytest.approx(1e-9 * 2.0 / 2.5, rel=1e-8)
    many = float(bound_complexes([1e-9], [2.0], [[0.5]])[0, 0])
    assert many == pytest.approx(1e-9 * 2.0 / 2.5, rel=1e-8)


def test_a_rival_takes_from_all_others():
    alone = bound_complexes([1.0], [0.5, 0.0], [[0.1, 0.1]])[0, 0]
    rival = bound_complexes([1.0], [0.5, 2.0], [[0.1, 0.1]])[0, 0]
    assert rival < alone


def test_matter_rich_in_nitrogen_decomposes_without_help():
    law = LimitedDecay(competition(1e-3), "saprotroph_c", "fast_c", "fast_n", 2.0, 0.05)
    x = dict(zip((s.name for s in SPECIES), START.at[9].set(0.0), strict=True))
    assert float(law(x | {"fast_n": jnp.asarray(10.0)}, None)) == pytest.approx(200.0, rel=1e-14)
    assert float(law(x | {"fast_n": jnp.asarray(1.0)}, None)) == 0.0


def test_immobilisation_stays_below_what_competition_leaves():
    rivals = competition(1e-3)
    for ammonium in (1e-6, 0.01, 1.0, 100.0):
        x = dict(zip((s.name for s in SPECIES), START.at[9].set(ammonium), strict=True))
        law = LimitedDecay(rivals, "saprotroph_c", "slow_c", "slow_n", 0.5 / YEAR, 0.05)
        taken = float(law(x, None)) * (0.05 - 18.0 / 800.0)
        assert taken < float(rivals.uptake(x)[0, 0])


@pytest.mark.parametrize("x", [START, jnp.zeros(13), START.at[9].set(0.0)], ids=["ordinary", "empty", "no nitrogen"])
def test_rates_have_slopes_at_every_state(x):
    network = stand(ectomycorrhizal())
    rates = jax.jit(lambda x: network.rates(x))
    jacobian = jax.jit(jax.jacfwd(lambda x: network.rates(x)))(x)
    assert bool(jnp.all(jnp.isfinite(jacobian)))
    if float(x[0]) > 0:
        for i in (0, 2, 4, 6, 8):
            h = 1e-5 * float(x[i])
            slope = (rates(x.at[i].add(h)) - rates(x.at[i].add(-h))) / (2 * h)
            np.testing.assert_allclose(jacobian[:, i] * YEAR, slope * YEAR, rtol=1e-6, atol=1e-7)


def test_litter_has_the_cn_of_its_association_by_mass():
    for association, cn in ((arbuscular(), 30.0), (ectomycorrhizal(), 50.0)):
        fall = litterfall(association, 2.0)
        assert float(fall.fast_c + fall.slow_c) == pytest.approx(2.0, rel=1e-15)
        assert float(fall.slow_c / fall.slow_n) * 12.011 / 14.007 == pytest.approx(cn, rel=1e-14)


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="sites have the shape"):
        Competition(("ammonium",), ("a", "b"), jnp.ones(1), jnp.ones((1, 2)), jnp.ones((1, 2)))
    with pytest.raises(InputError, match="'oak' is no consumer"):
        uptake_reactions(competition(1e-3), {"oak": "plant_n"})
