"""Laws of the peers with nutrients: C, N and P close, nothing is negative, and published defects are not there."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanhai.core.params import describe
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.exponential import Exponential
from shanhai.numerics.integrate import Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.numerics.steady import CONVERGED, steady_state
from shanhai.soil.peers import casacnp, corpse, mend, mimics_cn
from shanhai.soil.peers.casacnp import Casa, CasaSite, casa_network, langmuir_by_area, published_step
from shanhai.soil.peers.corpse import Corpse, CorpseSite, corpse_network, corpse_start
from shanhai.soil.peers.ensemble import carbon, ensemble, with_litter
from shanhai.soil.peers.mend import Mend, MendSite, mend_network, pore_factor, published_pore_factor
from shanhai.soil.peers.mimics import mimics_network
from shanhai.soil.peers.mimics_cn import MimicsCn, MimicsCnSite, mimics_cn_network, mimics_cn_start

SHARP = jnp.zeros(())
SITES = {
    "mimics_cn": MimicsCnSite(12.0, 0.2, 300.0, 0.5),
    "corpse": CorpseSite(285.0, 0.5, 0.2, 0.4),
    "casacnp": CasaSite(285.0, 0.5, 150.0, 200.0, 80.0),
    "mend": MendSite(285.0, -2e5, 0.6, 2e-6),
}
BUILD = {
    "mimics_cn": lambda: mimics_cn_network(MimicsCn(width=SHARP)),
    "corpse": lambda: corpse_network(Corpse(width=SHARP)),
    "casacnp": lambda: casa_network(Casa()),
    "mend": lambda: mend_network(Mend()),
}
DAY = {"mimics_cn": 24.0, "corpse": 1.0 / 365.0, "casacnp": 1.0 / 365.0, "mend": 86400.0}


@cache
def network(name):
    return BUILD[name]()


@cache
def euler(name):
    """One explicit step of any length, compiled once."""
    return jax.jit(lambda x, site, dt: RungeKutta(1)(network(name), x, site, dt).x)


@cache
def compiled_rates(name):
    return jax.jit(lambda x, site: network(name).rates(x, site))


def rates_of(name, x, site):
    return dict(zip([r.name for r in network(name).reactions], np.array(compiled_rates(name)(x, site))))


def some(name, seed, empty):
    """Amounts over six decades, some pools empty, nothing on the accounts."""
    draw, made = np.random.default_rng(seed), network(name)
    x = 10.0 ** draw.uniform(-4.0, 2.0, len(made.species)) * (draw.uniform(size=len(made.species)) > empty)
    return jnp.asarray(np.where([k in made.pools for k in range(len(x))], x, 0.0))


@pytest.mark.parametrize("name", BUILD)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), empty=st.sampled_from([0.0, 0.3, 0.9]), days=st.floats(1e-3, 1e3))
def test_every_element_closes_at_any_state_and_step(name, seed, empty, days):
    made, x = network(name), some(name, seed, empty)
    end = euler(name)(x, SITES[name], days * DAY[name])
    change, size = made.contents @ np.array(end - x), np.abs(made.contents) @ np.array(jnp.abs(end) + jnp.abs(x))
    assert np.all(np.abs(change) <= 1e-13 * size)


@pytest.mark.parametrize("name", BUILD)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), empty=st.sampled_from([0.3, 0.6, 0.9, 1.0]))
def test_an_empty_pool_is_never_drawn_from(name, seed, empty):
    made, x = network(name), some(name, seed, empty)
    pools = jnp.asarray(made.pools)
    change = (euler(name)(x, SITES[name], DAY[name]) - x)[pools]
    size = 1e-14 * float(jnp.max(jnp.abs(change)))  # what an empty pool gets and gives at once is left to rounding
    assert float(jnp.min(jnp.where(x[pools] == 0.0, change, 0.0))) >= -size


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILD)
def test_rest_does_not_know_its_start_and_gives_what_it_gets(name):
    made, site = network(name), SITES[name]
    x = jnp.abs(START[name]())
    both = jnp.stack([x, x * jnp.where(jnp.arange(len(x)) % 2 == 0, 3.0, 0.2)], 1)
    end = jax.jit(lambda x: steady_state(made, x, site))(both)
    pools = jnp.asarray(made.pools)
    assert np.all(np.asarray(end.status) == CONVERGED)
    np.testing.assert_allclose(end.x[pools, 1], end.x[pools, 0], rtol=1e-8)
    outside = (euler(name)(end.x[:, 0], site, DAY[name]) - end.x[:, 0]).at[pools].set(0.0)
    gets = np.abs(made.contents) @ np.array(jnp.abs(outside))
    assert np.all(np.abs(made.contents @ np.array(outside)) <= 1e-8 * gets)


START = {
    "mimics_cn": lambda: mimics_cn_start(MimicsCn(), jnp.array([1.0, 4, 0.1, 0.1, 5, 4, 4]), SITES["mimics_cn"]),
    "corpse": lambda: corpse_start(Corpse(), jnp.array([0.05, 5.0, 0.05, 1.0, 0.4, 4.5, 0.04])),
    "casacnp": lambda: casacnp.casa_start(Casa(), jnp.array([40.0, 500.0, 400.0, 250.0, 4500.0, 1700.0])),
    "mend": lambda: mend.mend_start(Mend(), jnp.array([150.0, 150, 2000, 2, 15, 10, 20, 0.02, 0.02, 0.04])),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["corpse"])
def test_pools_stay_positive_over_steps_that_are_checked(name):
    made, x = network(name), START[name]()
    x = jnp.where(jnp.arange(len(x)) % 3 == 0, x, 0.0)
    end = jax.jit(lambda x: integrate(Rosenbrock(), made, x, SITES[name], 100.0 * DAY[name], Tolerance()))(x)
    assert int(end.status) == 0
    assert int(end.counts.limited) == 0
    assert float(end.x[jnp.asarray(made.pools)].min()) >= 0.0


# MIMICS-CN


def test_with_nitrogen_to_spare_mimics_cn_is_mimics():
    model, site = MimicsCn(width=SHARP), SITES["mimics_cn"]
    x = START["mimics_cn"]()
    rich = x.at[network("mimics_cn").index("din")].set(1e3)
    alone = mimics_network(model.carbon)
    together = euler("mimics_cn")(rich, site, 1.0)[: len(alone.species)]
    change = jax.jit(lambda x: alone.tendency(x, site))(x[:9])
    np.testing.assert_allclose(together, x[:9] + change, rtol=1e-13, atol=1e-18)


def test_without_nitrogen_microbes_overflow_and_keep_their_ratio():
    made, site = network("mimics_cn"), SITES["mimics_cn"]
    x = START["mimics_cn"]()
    poor = x.at[jnp.array([made.index(f"{food}_n") for food in mimics_cn.FOODS] + [made.index("din")])].multiply(0.05)
    rates = rates_of("mimics_cn", poor, site)
    grown = sum(v for name, v in rates.items() if name.startswith("growth of r"))
    fed = rates["immobilisation by r"] + sum(v for name, v in rates.items() if name.startswith("assimilation of r"))
    assert sum(v for name, v in rates.items() if name.startswith("overflow of r")) > grown
    np.testing.assert_allclose(grown / fed, mimics_cn.microbe_ratio(MimicsCn(), "r", 0.5), rtol=1e-12)


def test_loss_of_nitrogen_does_not_know_the_step():
    # the published code takes 0.2 in a step, be it long or short
    loss = next(r for r in network("mimics_cn").reactions if r.name == "loss of nitrogen")
    made = type(network("mimics_cn"))(
        tuple(s for s in network("mimics_cn").species if s.name in ("din", "leached_n")), (loss,)
    )
    hour = Exponential()(made, jnp.array([1.0, 0.0]), None, 1.0).x
    half = Exponential()(made, jnp.array([1.0, 0.0]), None, 0.5).x
    two = Exponential()(made, half, None, 0.5).x
    np.testing.assert_allclose(two, hour, rtol=1e-15)
    np.testing.assert_allclose(hour[0], np.exp(-0.2), rtol=1e-15)
    assert abs(0.8 * 0.8 - 0.8) > 0.15


def test_halving_the_step_of_all_of_mimics_cn_halves_what_is_left_to_change():
    site, step = SITES["mimics_cn"], euler("mimics_cn")

    def after(parts):
        x = START["mimics_cn"]()
        for _ in range(parts):
            x = step(x, site, 2.0 / parts)
        return x

    coarse, fine, finest = (after(parts) for parts in (40, 80, 160))
    din = network("mimics_cn").index("din")
    assert 1.8 < float((coarse - fine)[din] / (fine - finest)[din]) < 2.2
    assert abs(float((fine - finest)[din] / finest[din])) < 0.02


# CORPSE-N


def published_corpse(m, x, site):
    """Change of microbial carbon, CO2 and mineral nitrogen by the three cases of the published code."""
    kinds = [getattr(m, kind) for kind in corpse.KINDS]
    free, free_n = x[:3], x[9:12]
    water = corpse.water_factor(m, site.water)
    speed = [k.speed * np.exp(-k.energy / 8.314462618 * (1 / site.temperature - 1 / 293.15)) * water for k in kinds]
    eaten = [v * s * x[6] / (k.half * sum(free) + x[6]) for v, k, s in zip(speed, kinds, free)]
    eaten_n = [e * n / s for e, n, s in zip(eaten, free_n, free)]
    dead = max(0.0, x[6] - m.least * sum(free)) / m.lifetime
    respired, supply = dead * (1 - m.necromass_share), sum(k.efficiency * e for k, e in zip(kinds, eaten))
    supply_n = sum(k.nitrogen_efficiency * e for k, e in zip(kinds, eaten_n))
    most = 365 * 3.65 * x[16] / (x[16] + 3.65) * x[6] / (x[6] + m.least * sum(free))
    gain = min(supply - respired, (supply_n + most) * m.ratio)
    mineral = supply_n - gain / m.ratio + sum((1 - k.nitrogen_efficiency) * e for k, e in zip(kinds, eaten_n))
    dead_n = dead * m.necromass_share / m.ratio
    return (
        gain - dead * m.necromass_share,
        respired + (supply - respired - gain) + sum((1 - k.efficiency) * e for k, e in zip(kinds, eaten)),
        mineral + m.mineralised * dead_n - m.loss * x[16],
    )


@pytest.mark.parametrize(("mineral", "ratio"), [(1e-6, 200.0), (0.01, 30.0), (0.01, 8.0)])
def test_corpse_with_nitrogen_is_the_three_published_cases(mineral, ratio):
    model, site = Corpse(width=SHARP), SITES["corpse"]
    x = corpse_start(model, jnp.array([0.3, 2.0, 0.1, 1.0, 0.2, 3.0, 0.05]), ratio).at[16].set(mineral)
    change = euler("corpse")(x, site, 1.0) - x
    found = [float(change[network("corpse").index(name)]) for name in ("microbes", "co2", "mineral_n")]
    np.testing.assert_allclose(found, [float(v) for v in published_corpse(model, x, site)], rtol=1e-11)


def test_both_sets_of_speeds_of_corpse_agree_at_the_best_water():
    testbed = corpse.corpse_of_testbed()
    best = testbed.dry / (testbed.dry + testbed.wet)
    for kind in corpse.KINDS:
        scaled = getattr(testbed, kind).speed * corpse.water_factor(testbed, best)
        np.testing.assert_allclose(scaled, [9.04, 0.565, 4.52][corpse.KINDS.index(kind)], rtol=1e-3)


# CASA-CNP


@pytest.mark.parametrize(("capacity", "half"), [(439.0, 75.0), (133.0, 64.0)])
def test_the_published_step_loses_phosphorus_and_the_exact_equilibrium_does_not(capacity, half):
    surface = casacnp.Langmuir(jnp.asarray(capacity), jnp.asarray(half))

    def total(p):
        return p + capacity * p / (half + p)

    labile = 10.0
    for added, least, most in ((0.1, 1e-4, 4e-4), (1.0, 1e-3, 4e-3), (10.0, 1e-2, 4e-2)):
        error = abs(total(published_step(surface, labile, added)) - total(labile) - added) / added
        assert least < float(error) < most
        exact = surface.dissolved(total(labile) + added)
        np.testing.assert_allclose(total(exact), total(labile) + added, rtol=1e-13)


def test_phosphatase_works_on_each_pool_at_its_own_decay():
    # a published code computes the constants of all pools and then uses that of the first for all
    made, site = network("casacnp"), SITES["casacnp"]
    x = START["casacnp"]()
    rates = rates_of("casacnp", x, site)
    slow, passive = (rates[f"phosphatase on {p}"] / float(x[made.index(f"{p}_p")]) for p in ("slow", "passive"))
    np.testing.assert_allclose(slow / passive, 222.22 / 5.0, rtol=1e-12)


def test_no_absurd_ratio_of_soil_phosphorus_is_in_casa():
    numbers = [row.value for row in describe(Casa())]
    assert not set(numbers) & {0.00137, 0.00002, 0.00003, 0.00001}
    x = START["casacnp"]()
    made = network("casacnp")
    nitrogen, phosphorus = (float(x[made.index(f"passive_{e}")]) for e in "np")
    assert phosphorus < 20.0 < 1e6 < nitrogen / 0.00003


def test_the_surface_of_casa_holds_its_table_of_labile_and_sorbed():
    surface = langmuir_by_area("alfisol")  # the table has 26.7 labile beside 126.7 sorbed in evergreen forest
    np.testing.assert_allclose(surface.capacity * 26.737 / (surface.half_saturation + 26.737), 116.0, rtol=1e-2)


# MEND


@pytest.mark.parametrize("what", mend.PORES)
def test_factors_of_water_in_mend_have_no_kink_and_stay_near_the_published_lines(what):
    w = jnp.linspace(0.0, 1.0, 20_001)
    smooth, lines = jax.jit(lambda w: (pore_factor(what, w, 0.05), published_pore_factor(what, w)))(w)
    bend = jnp.abs(jnp.diff(jnp.diff(smooth))) * 2e4 / max(abs(slope) for slope, _ in mend.PORES[what])
    assert float(jnp.max(bend)) < 0.1  # change of slope over 5e-5 of pores; that of the lines is one where they meet
    off = jnp.abs(smooth - lines)
    inside = (w < 0.65) | (w > 0.6601) | (what != "nitrite")
    assert float(jnp.max(jnp.where(inside, off, 0.0))) < 0.06
    assert float(jnp.max(jnp.where(inside, jnp.abs(pore_factor(what, w, 0.0) - lines), 0.0))) < 0.01
    slopes = jax.jit(jax.vmap(jax.grad(lambda v: pore_factor(what, v, 0.05))))(w[::100])
    assert np.all(np.isfinite(slopes))


def test_the_published_factor_of_nitrite_jumps():
    below, above = (float(published_pore_factor("nitrite", w)) for w in (0.66, 0.660001))
    assert below - above > 0.19
    below, above = (float(pore_factor("nitrite", w, 0.05)) for w in (0.66, 0.660001))
    assert abs(below - above) < 1e-4


def test_denitrification_in_mend_goes_by_four_steps_and_ends_as_dinitrogen():
    x, site = START["mend"](), SITES["mend"]._replace(filled=0.62)
    rates = rates_of("mend", x, site)
    steps = [rates[f"{a} to {b}"] for a, b in zip(mend.CHAIN, mend.CHAIN[1:])]
    assert min(steps) > 0.0
    dry = rates_of("mend", x, site._replace(filled=0.05))
    assert max(dry[f"{a} to {b}"] for a, b in zip(mend.CHAIN, mend.CHAIN[1:])) == 0.0


# all of them


def test_a_pulse_of_litter_is_the_same_to_all_peers():
    peers = ensemble()
    assert len(peers) == 9
    for name, peer in peers.items():
        more = with_litter(peer, peer.start, 100.0)
        np.testing.assert_allclose(carbon(peer, more) - carbon(peer, peer.start), 100.0, rtol=1e-10, err_msg=name)
