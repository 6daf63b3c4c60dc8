"""Laws of transport in a soil profile: nothing is lost, ratios and uniform contents stay, one level is a box."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanhai.core.constants import ZERO_CELSIUS
from shanhai.core.errors import InputError
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.reactions import Species
from shanhai.soil.transport import Gas, Medium, Mixing, Solid, Solute, transport_rate
from shanhai.soil.transport import transported as move_once

SPECIES = (
    Species("litter", {"C": 1.0}),
    Species("humus", {"C": 1.0}),
    Species("nitrate", {"N": 1.0}),
    Species("ammonium", {"N": 1.0}),
    Species("nitrous_oxide", {"N": 2.0}),
    Species("river", {"N": 1.0}, external=True),
    Species("air", {"N": 2.0}, external=True),
)
KINDS = {
    "litter": Solid(),
    "humus": Solid(),
    "nitrate": Solute("river", entering=0.05, below=0.1),
    "ammonium": Solute("river", dissolved=0.2),
    "nitrous_oxide": Gas("air", air=1.3e-5, solubility=18.0),
}
DEEP = jnp.array([0.02, 0.05, 0.1, 0.2, 0.4, 0.6])
LEVELS = len(DEEP)


_moved = eqx.filter_jit(move_once)


def transported(species, kinds, x, deep, medium, dt, *, stages=1, outside=1.0):
    """Compiled once for all numbers."""
    medium = Medium(*(jnp.asarray(v, float) for v in medium))
    return _moved(species, kinds, x, deep, medium, jnp.asarray(dt), stages=stages, outside=jnp.asarray(outside))


def amounts(seed=0, cells=(3,)):
    x = np.random.default_rng(seed).uniform(0.0, 10.0, (len(SPECIES), LEVELS, *cells))
    x[5:] = 0.0
    return jnp.asarray(x)


def held(x):
    """Every element per area, accounts counted in, (element, cells...)."""
    contents = np.array([[s.content.get(q, 0.0) for s in SPECIES] for q in "CN"])
    return np.einsum("qs,slc,l->qc", contents, np.asarray(x), np.asarray(DEEP))


def weather(water=0.25, flux=3e-8, mixing=3e-12):
    return Medium(water=water, water_flux=flux, mixing=mixing)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 99),
    water=st.lists(st.sampled_from([0.0, 1e-12, 1e-6, 0.05, 0.3, 0.5]), min_size=LEVELS, max_size=LEVELS),
    flux=st.lists(st.sampled_from([-1e-5, -1e-8, 0.0, 1e-9, 1e-6, 1e-3]), min_size=LEVELS + 1, max_size=LEVELS + 1),
    mixing=st.sampled_from([0.0, 1e-12, 1e-3]),
    dt=st.sampled_from([1.0, 86400.0, 1e8]),
    stages=st.sampled_from([1, 2]),
)
def test_every_element_closes_for_any_water_and_mixing_and_nothing_falls_below_zero(
    seed, water, flux, mixing, dt, stages
):
    x = amounts(seed)
    after = transported(SPECIES, KINDS, x, DEEP, weather(jnp.array(water), jnp.array(flux), mixing), dt, stages=stages)
    throughput = np.abs(np.asarray(after.faces)).sum(axis=(0, 1))
    np.testing.assert_allclose(held(after.x), held(x), rtol=0, atol=float(1e-15 * (held(x) + throughput).max()))
    assert float(after.x[:5].min()) >= -1e-13 * 10.0
    assert np.all(np.isfinite(after.x))


def test_empty_levels_stay_empty_and_ice_lets_nothing_through():
    empty = transported(SPECIES, KINDS, jnp.zeros((7, LEVELS)), DEEP, weather(flux=0.0), 86400.0)
    outside = ("nitrous_oxide", "air")  # the air has some
    rows = [k for k, s in enumerate(SPECIES) if s.name not in outside]
    assert np.all(np.asarray(empty.x)[rows] == 0.0)
    ice = Medium(water=0.0, porosity=0.0, water_flux=0.0, mixing=0.0)
    x = amounts()
    assert np.array_equal(transported(SPECIES, KINDS, x, DEEP, ice, 1e6).x, x)


def test_a_uniform_content_stays_uniform_in_mixing():
    x = jnp.full((7, LEVELS), 3.7).at[5:].set(0.0)
    after = transported(SPECIES, KINDS, x, DEEP, Medium(mixing=jnp.geomspace(1e-12, 1e-3, LEVELS - 1)), JULIAN_YEAR)
    np.testing.assert_allclose(after.x[:2], 3.7, rtol=1e-14)


def test_uniform_water_that_flows_through_keeps_its_concentration():
    kinds = {"nitrate": Solute("river", entering=2.0)}
    x = jnp.zeros((7, LEVELS)).at[2].set(0.3 * 2.0)
    after = transported(SPECIES, kinds, x, DEEP, Medium(water=0.3, water_flux=1e-6), JULIAN_YEAR)
    np.testing.assert_allclose(after.x[2], 0.6, rtol=1e-13)
    np.testing.assert_allclose(jnp.sum(after.x[5] * DEEP), 0.0, atol=1e-12)  # as much came in as went out


def test_gas_at_rest_has_the_concentration_of_the_air():
    kinds = {"nitrous_oxide": Gas("air", air=0.4)}
    medium = Medium(water=jnp.linspace(0.1, 0.4, LEVELS))
    x = jnp.zeros((7, LEVELS))
    for _ in range(3):
        x = transported(SPECIES, kinds, x, DEEP, medium, 1e9).x
    rate = eqx.filter_jit(transport_rate)(SPECIES, kinds, x, DEEP, medium)
    assert float(jnp.max(jnp.abs(rate[4]))) * 86400.0 < 1e-6
    dry = transported(SPECIES, kinds, jnp.zeros((7, LEVELS)), DEEP, Medium(water=0.0), 1e10)
    np.testing.assert_allclose(dry.x[4], 0.5 * 0.4, rtol=2e-5)


def test_one_level_is_the_box_with_the_rates_of_its_edges():
    x, dt = jnp.array([1.0, 2.0, 3.0, 0.0, 0.5, 0.0, 0.0])[:, None], 1e5
    kinds = {"litter": Solid(), "nitrate": Solute("river")}
    after = transported(SPECIES, kinds, x, jnp.array([0.3]), Medium(water=0.2, water_flux=1e-7), dt)
    washed = 1e-7 / (0.2 * 0.3)
    np.testing.assert_allclose(after.x[2, 0], 3.0 / (1.0 + washed * dt), rtol=1e-14)
    np.testing.assert_allclose(after.x[5, 0], 3.0 - after.x[2, 0], rtol=1e-13)
    assert float(after.x[0, 0]) == 1.0


@pytest.mark.parametrize("flux", [0.0, 1e-7, -1e-8])
def test_a_uniform_isotope_ratio_stays_uniform(flux):
    kinds = {n: k for n, k in KINDS.items() if n != "nitrous_oxide"} | {"nitrous_oxide": Gas("air", air=0.1)}
    x, ratio = amounts(), 0.01123
    medium = weather(flux=flux)
    label = ratio * x
    for _ in range(50):
        x = transported(SPECIES, kinds, x, DEEP, medium, 86400.0).x
        label = transported(SPECIES, kinds, label, DEEP, medium, 86400.0, outside=ratio).x
    np.testing.assert_allclose(label[:5] / x[:5], ratio, rtol=1e-14)


def mixed_bump(levels, depth=1.0):
    """A smooth profile after a year of mixing, averaged to four levels."""
    deep = jnp.full(levels, depth / levels)
    z = jnp.cumsum(deep) - 0.5 * deep
    litter = (Species("litter", {"C": 1.0}),)
    x = (1.0 + jnp.cos(jnp.pi * z))[None]
    for _ in range(20):
        x = transported(litter, {"litter": Solid()}, x, deep, Medium(mixing=1e-9), JULIAN_YEAR / 20).x
    return np.asarray(x[0]).reshape(4, -1).mean(axis=1)


def test_splitting_levels_changes_smooth_results_at_second_order():
    coarse, middle, fine = (mixed_bump(n) for n in (8, 16, 32))
    order = np.log2(np.abs(coarse - middle).max() / np.abs(middle - fine).max())
    assert 1.9 < order < 2.1


@pytest.mark.parametrize(("stages", "expected"), [(1, 1.0), (2, 2.0)])
def test_order_in_time(stages, expected):
    litter, deep = (Species("litter", {"C": 1.0}),), jnp.full(8, 0.1)
    start = (1.0 + jnp.cos(jnp.linspace(0.0, jnp.pi, 8)))[None]

    def end(steps):
        x = start
        for _ in range(steps):
            x = transported(
                litter, {"litter": Solid()}, x, deep, Medium(mixing=1e-9), JULIAN_YEAR / steps, stages=stages
            ).x
        return np.asarray(x)

    a, b, c = end(8), end(16), end(32)
    assert abs(np.log2(np.abs(a - b).max() / np.abs(b - c).max()) - expected) < 0.15


def test_diffusivity_of_solids_is_that_of_animals_or_of_freezing():
    mixing, depth = Mixing(), jnp.array([0.0, 0.5, 1.0, 1.5, 3.0, 4.0])
    free, permafrost, cold = (np.asarray(mixing(depth, thaw)) * JULIAN_YEAR for thaw in (np.inf, 1.0, 0.0))
    np.testing.assert_allclose(free, 1e-4 * np.exp(-np.asarray(depth) / 0.5))
    np.testing.assert_allclose(permafrost, [5e-4, 5e-4, 5e-4, 3.75e-4, 0.0, 0.0], atol=1e-18)
    assert np.all(cold == 0.0)
    np.testing.assert_allclose(mixing(depth, 2.5) * JULIAN_YEAR, free)  # too deep a thaw to churn


def test_the_rate_is_the_limit_of_a_short_step():
    x, medium = amounts(), weather(jnp.linspace(0.1, 0.4, LEVELS))
    dt = 1e-3
    rate = eqx.filter_jit(transport_rate)(SPECIES, KINDS, x, DEEP, medium)
    change = (transported(SPECIES, KINDS, x, DEEP, medium, dt).x - x) / dt
    np.testing.assert_allclose(change, rate, rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize("water", [0.25, 0.0, 0.5])
def test_gradients_are_finite_and_those_of_differences(water):
    x, wet = amounts(1, ()), jnp.full(LEVELS, 0.25).at[2].set(water)

    def gone(flux, mixing, temperature):
        medium = Medium(temperature, wet, 0.5, mixing, flux)
        after = transported(SPECIES, KINDS, x, DEEP, medium, 1e6)
        return jnp.sum(jnp.sin(after.x))

    at = 1e-8, 1e-9, ZERO_CELSIUS - 1.0
    at = tuple(map(jnp.asarray, at))
    slopes = jax.jit(jax.grad(gone, argnums=(0, 1, 2)))(*at)
    for k, (value, slope) in enumerate(zip(at, slopes)):
        step = 1e-5 * value
        up, down = (gone(*(v + s * step if i == k else v for i, v in enumerate(at))) for s in (1.0, -1.0))
        np.testing.assert_allclose(slope, (up - down) / (2.0 * step), rtol=1e-5, atol=1e-7 / value)


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ({"straw": Solid()}, "no species 'straw'"),
        ({"river": Solid()}, "is an account"),
        ({"nitrate": Solute("air")}, "cannot take"),
        ({"nitrate": Solute("litter")}, "cannot take"),
    ],
)
def test_kinds_that_do_not_fit_are_refused(kinds, words):
    with pytest.raises(InputError, match=words):
        transported(SPECIES, kinds, amounts(), DEEP, weather(), 1.0)


def test_steps_have_one_stage_or_two():
    with pytest.raises(InputError, match="1 or 2 stages"):
        transported(SPECIES, KINDS, amounts(), DEEP, weather(), 1.0, stages=3)
