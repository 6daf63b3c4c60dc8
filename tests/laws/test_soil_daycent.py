"""Laws of DayCent: C and N close, mineral nitrogen that is not there is not drawn, published defects are not there."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.steady import CONVERGED, steady_state
from shanhai.soil.peers import daycent_gases as gases
from shanhai.soil.peers.century import water_factor
from shanhai.soil.peers.daycent import daycent_network, daycent_start
from shanhai.soil.peers.daycent_matter import (
    MATTER,
    POOLS,
    STORES,
    Daycent,
    daycent_day,
    fates,
    litter_parts,
    matter_ratio,
    respiration,
    turnover,
)
from shanhai.soil.stoichiometry import critical_ratio

MODEL, SHARP = Daycent(), Daycent(width=jnp.zeros(()))
DAY = daycent_day(MODEL, 12.0, 0.25, 0.55, 0.55, nitrogen=0.003, uptake=0.03, drained=0.001)
CARBON = jnp.array([30.0, 20.0, 10.0, 40.0, 30.0, 15.0, 20.0, 100.0, 2500.0, 1700.0])


@cache
def network():
    return daycent_network(MODEL)


@cache
def euler():
    return jax.jit(lambda x, day, dt: RungeKutta(1)(network(), x, day, dt).x)


@cache
def compiled_rates():
    return jax.jit(lambda x, day: network().rates(x, day))


def rates_of(x, day=DAY):
    return dict(zip([r.name for r in network().reactions], np.array(compiled_rates()(x, day))))


def some(seed, empty):
    """Amounts over six decades, some pools empty, nothing on the accounts."""
    draw, made = np.random.default_rng(seed), network()
    x = 10.0 ** draw.uniform(-4.0, 2.0, len(made.species)) * (draw.uniform(size=len(made.species)) > empty)
    return jnp.asarray(np.where([k in made.pools for k in range(len(x))], x, 0.0))


def amounts(x):
    return {name: x[k] for k, name in enumerate(network().names)}


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31), empty=st.sampled_from([0.0, 0.3, 0.9]), days=st.floats(1e-3, 1e3))
def test_carbon_and_nitrogen_close_at_any_state_and_step(seed, empty, days):
    made, x = network(), some(seed, empty)
    end = euler()(x, DAY, days)
    change, size = made.contents @ np.array(end - x), np.abs(made.contents) @ np.array(jnp.abs(end) + jnp.abs(x))
    assert np.all(np.abs(change) <= 1e-13 * size)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31), empty=st.sampled_from([0.3, 0.6, 0.9, 1.0]))
def test_an_empty_pool_is_never_drawn_from(seed, empty):
    # the published code takes what new matter needs of mineral nitrogen that may not be there
    x = some(seed, empty)
    pools = jnp.asarray(network().pools)
    change = (euler()(x, DAY, 1.0) - x)[pools]
    size = 1e-14 * float(jnp.max(jnp.abs(change)))
    assert float(jnp.min(jnp.where(x[pools] == 0.0, change, 0.0))) >= -size


@pytest.mark.parametrize("store", STORES)
def test_a_store_mineralises_above_the_ratio_of_its_matter_over_its_efficiency(store):
    x = amounts(daycent_start(MODEL, CARBON)) | {"ammonium": jnp.asarray(9.0), "nitrate": jnp.asarray(9.0)}
    carbon = sum(x[pool] for pool in STORES[store])
    shares = {to: sum(fates(SHARP)[p].get(to, 0.0) * x[p] / carbon for p in STORES[store]) for to in MATTER}
    efficiency = sum(shares.values())
    mean = efficiency / sum(s / matter_ratio(SHARP, to, 18.0) for to, s in shares.items())  # of what it makes
    critical = critical_ratio(efficiency, mean)
    for factor, sign in ((0.9, 1.0), (1.0, 0.0), (1.1, -1.0)):
        found = turnover(SHARP, store, x | {f"{store}_n": carbon / (factor * critical)}, DAY)
        net = (found.own - found.kept) - found.wanting * found.whole
        if sign:
            assert float(net) * sign > 0.0
        else:
            assert abs(float(net)) < 1e-12 * float(found.own)


def test_where_no_nitrogen_is_carbon_goes_on_as_far_as_its_own_serves():
    x = daycent_start(MODEL, CARBON)
    none = x.at[jnp.array([network().index(n) for n in ("ammonium", "nitrate")])].set(0.0)
    rich, poor = rates_of(x.at[network().index("ammonium")].set(50.0)), rates_of(none)
    assert not any(rate for name, rate in poor.items() if name.startswith("immobilisation"))
    assert 0.0 < poor["decay of soil_cellulose"] < 0.2 * rich["decay of soil_cellulose"]
    made = 0.45 * poor["decay of soil_cellulose"] / 14.0 + 0.7 * poor["decay of soil_lignin"] / 20.0
    taken = poor["nitrogen of soil_structural to active"] + poor["nitrogen of soil_structural to slow"]
    np.testing.assert_allclose(made, taken, rtol=1e-12)


def test_respiration_that_denitrifies_is_the_carbon_dioxide_of_the_soil():
    x = daycent_start(MODEL, CARBON).at[network().index("ammonium")].set(1e4)
    rates, gone = rates_of(x), 0.0
    for store, pools in STORES.items():
        for pool in pools if not store.startswith("surface") else ():
            gone += rates[f"decay of {pool}"] * (1.0 - float(sum(fates(MODEL)[pool].values())))
    np.testing.assert_allclose(respiration(MODEL, amounts(x), DAY), gone, rtol=1e-5)


def test_nitric_oxide_of_denitrification_is_made_of_nitrate():
    # the published code takes it from ammonium, and where there is none N2O becomes NO
    x = daycent_start(MODEL, CARBON).at[network().index("ammonium")].set(0.0).at[network().index("nitrate")].set(5.0)
    made = network().reactions[[r.name for r in network().reactions].index("NO of denitrification")]
    assert dict(made.moves) == {"nitrate": -1.0, "nitric_oxide": 1.0}
    wet = DAY._replace(filled=jnp.asarray(0.8))
    assert rates_of(x, wet)["NO of denitrification"] > 0.0


@pytest.mark.parametrize(("lignin", "ratio"), [(0.3, 400.0), (0.25, 260.0), (0.2, 20.0)])
def test_metabolic_litter_holds_no_negative_nitrogen(lignin, ratio):
    parts = litter_parts(SHARP, lignin, ratio)
    published = 1.0 / ratio - float(parts.cellulose + parts.lignin) / 200.0
    assert (published < 0.0) == (ratio > 230.0)
    assert float(parts.metabolic_n) > 0.0 < float(parts.structural_n)
    np.testing.assert_allclose(parts.metabolic_n + parts.structural_n, 1.0 / ratio, rtol=1e-14)
    np.testing.assert_allclose(parts.metabolic + parts.cellulose + parts.lignin, 1.0, rtol=1e-14)
    np.testing.assert_allclose(parts.lignin, lignin, rtol=1e-14)


def test_nitrification_does_not_jump_at_field_capacity():
    capacity, porosity = 0.3, 0.5
    below, above = float(water_factor(1.0)), (1.0 - capacity / porosity) / (1.0 - capacity)
    assert below - above > 0.4  # the two branches of the published code
    w = jnp.linspace(0.9, 1.0, 1001)
    near = gases.nitrification_water_factor(w, w * capacity / porosity, capacity / porosity)
    wet = gases.nitrification_water_factor(1.0, jnp.linspace(0.6, 1.0, 1001), 0.6)
    assert float(jnp.abs(jnp.diff(jnp.concatenate([near, wet]))).max()) < 0.004
    assert float(wet[-1]) == 0.0


def test_wet_soil_gives_dinitrogen_and_dry_soil_nitric_oxide():
    x = daycent_start(MODEL, CARBON)

    def given_off(water):
        gained = euler()(x, daycent_day(MODEL, 20.0, water), 1.0) - x
        return {name: float(gained[network().index(name)]) for name in gases_of_nitrogen}

    gases_of_nitrogen = ("nitric_oxide", "nitrous_oxide", "dinitrogen")
    dry, moist, wet = (given_off(w) for w in (0.2, 0.3, 0.47))
    assert dry["nitric_oxide"] > dry["nitrous_oxide"] > dry["dinitrogen"] > 0.0
    assert wet["dinitrogen"] > wet["nitrous_oxide"] > wet["nitric_oxide"] > 0.0
    assert dry["nitrous_oxide"] < moist["nitrous_oxide"] < wet["nitrous_oxide"]


def test_the_end_of_a_day_does_not_know_the_order_of_what_happens_in_it():
    # the published code mineralises, nitrifies, leaches and denitrifies one after the other
    def after(parts):
        x = daycent_start(MODEL, CARBON)
        for _ in range(parts):
            x = euler()(x, DAY, 4.0 / parts)
        return x

    coarse, fine, finest = (after(parts) for parts in (16, 32, 64))
    for name in ("ammonium", "nitrate"):
        k = network().index(name)
        assert 1.8 < float((coarse - fine)[k] / (fine - finest)[k]) < 2.2


@pytest.mark.slow
def test_rest_does_not_know_its_start_is_alive_and_gives_what_it_gets():
    made, x = network(), daycent_start(MODEL, CARBON)
    both = jnp.stack([x, x * jnp.where(jnp.arange(len(x)) % 2 == 0, 3.0, 0.2)], 1)
    end = jax.jit(lambda x: steady_state(made, x, DAY))(both)
    pools = jnp.asarray(made.pools)
    assert np.all(np.asarray(end.status) == CONVERGED)
    np.testing.assert_allclose(end.x[pools, 1], end.x[pools, 0], rtol=1e-8)
    assert float(end.x[pools].min()) > 0.0
    assert 1e3 < float(end.x[: len(POOLS), 0].sum()) < 2e4
    outside = (euler()(end.x[:, 0], DAY, 1.0) - end.x[:, 0]).at[pools].set(0.0)
    gets = np.abs(made.contents) @ np.array(jnp.abs(outside))
    assert np.all(np.abs(made.contents @ np.array(outside)) <= 1e-8 * gets)
