"""Laws that every set of carbonic acid obeys inside its range, and those of the blend."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.seawater.constants.carbonic import CARBONIC, CO2SYS_NUMBERS
from shanhai.seawater.constants.carbonic_blend import FALL, RISE, ocean_weight

NAMES = sorted(CARBONIC)
LN10 = np.log(10.0)
FRESH_TO_BRINE = np.r_[0.0, 0.01, 0.3, np.arange(1.0, 50.5, 1.0)]


def inside(pair):
    low = [max(getattr(f, axis)[0] for f in pair) for axis in ("temperature", "salinity")]
    high = [min(getattr(f, axis)[1] for f in pair) for axis in ("temperature", "salinity")]
    t, s = (np.linspace(a, b, 12) for a, b in zip(low, high))
    return np.meshgrid(t, s, indexing="ij")


@pytest.mark.parametrize("name", NAMES)
def test_first_acid_is_the_stronger(name):
    pair = CARBONIC[name]
    pk1, pk2 = (-np.asarray(fit.function(*inside(pair))) / LN10 for fit in pair)
    assert 5.59 < pk1.min() < pk1.max() < 6.7
    assert 8.35 < pk2.min() < pk2.max() < 10.7
    assert (pk2 - pk1 > 2.5).all()


@pytest.mark.parametrize("name", NAMES)
def test_constants_grow_with_temperature(name):
    t, s = inside(CARBONIC[name])
    warm = t[1:] > 35.0  # pK1 of fresh water has its minimum near 50 degC
    for fit in CARBONIC[name]:
        assert (warm | (np.diff(np.asarray(fit.function(t, s)), axis=0) > 0.0)).all()


NOT_RISING = {
    "millero_1979",
    "plummer_busenberg_1982",
    "roy_1993_dilute",
    "millero_2010_free",
}  # the last above 45 degC


@pytest.mark.parametrize("name", sorted(set(NAMES) - NOT_RISING))
def test_constants_grow_with_salinity_to_35(name):
    t, s = inside(CARBONIC[name])
    for fit in CARBONIC[name]:
        ln_k = np.asarray(fit.function(t, np.minimum(s, 35.0)))
        assert (np.diff(ln_k, axis=1) >= -1e-12).all()


@pytest.mark.parametrize("name", NAMES)
def test_slopes_are_finite_from_ice_to_lagoon(name):
    t, s = (jnp.asarray(x).ravel() for x in np.meshgrid([-2.0, 0.0, 25.0, 45.0], [0.0, 35.0]))
    for fit in CARBONIC[name]:
        first = jax.grad(lambda t, s, fit=fit: fit.function(t, s).sum(), (0, 1))
        second = jax.grad(lambda t, s, first=first: first(t, s)[0].sum())
        assert all(np.isfinite(np.asarray(x)).all() for x in (*first(t, s), second(t, s)))


@pytest.mark.parametrize("name", NAMES)
def test_slopes_equal_finite_differences(name):
    t, s, step = 17.0, 34.0, 1e-4
    around_t, around_s = t + step * np.array([1, -1, 0, 0]), s + step * np.array([0, 0, 1, -1])
    for fit in CARBONIC[name]:
        k = np.asarray(fit.function(around_t, around_s))
        differences = [(k[0] - k[1]) / (2 * step), (k[2] - k[3]) / (2 * step)]
        np.testing.assert_allclose(jax.grad(fit.function, (0, 1))(t, s), differences, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_unknown_input_gives_unknown_constant(name):
    for fit in CARBONIC[name]:
        assert bool(jnp.isnan(fit.function(jnp.nan, 35.0)))
        assert fit.function(jnp.zeros(3), jnp.ones((2, 1))).shape == (2, 3)


@pytest.mark.parametrize("name", NAMES)
def test_a_set_says_what_it_is(name):
    pair = CARBONIC[name]
    assert pair.k2.name == name
    assert pair.k1.name in (name, "waters_2014_total")
    assert pair.k1.scale == pair.k2.scale
    assert all(fit.source and fit.temperature[0] < fit.temperature[1] for fit in pair)


def test_numbers_name_sets():
    assert set(CO2SYS_NUMBERS) == set(range(1, 20))
    assert set(CO2SYS_NUMBERS.values()) <= set(CARBONIC)


@pytest.mark.parametrize("name", ["blend", "waters_2014_total", "waters_2014", "millero_2006", "millero_2010"])
def test_estuarine_sets_end_in_pure_water(name):
    t = jnp.linspace(0.0, 45.0, 10)
    for fit, pure in zip(CARBONIC[name], CARBONIC["millero_1979"]):
        np.testing.assert_allclose(fit.function(t, 0.0), pure.function(t, 0.0), rtol=0, atol=1e-4)


def pk_of(name, i, s, t=None):
    t = np.linspace(2.0, 35.0, 34)[:, None] if t is None else t
    return -np.asarray(CARBONIC[name][i].function(t, np.asarray(s))) / LN10


def test_blend_is_its_members_outside_the_joints():
    for i in range(2):
        for name, s in (("waters_2014_total", [0.0, 0.1, 5.0, 20.0, 43.0, 50.0]), ("lueker_2000", [28.0, 35.0, 38.0])):
            np.testing.assert_allclose(pk_of("blend", i, s), pk_of(name, i, s), rtol=1e-14)


def test_blend_lies_between_its_members():
    s = FRESH_TO_BRINE
    for i in range(2):
        blend, a, b = (pk_of(n, i, s) for n in ("blend", "waters_2014_total", "lueker_2000"))
        assert (blend >= np.minimum(a, b) - 1e-12).all()
        assert (blend <= np.maximum(a, b) + 1e-12).all()


def test_weight_uses_the_ocean_set_only_where_it_is_valid():
    low, high = CARBONIC["lueker_2000"].k1.salinity
    assert low <= RISE[0] < RISE[1] < FALL[0] < FALL[1] <= high
    s = jnp.linspace(0.0, 50.0, 501)
    w = ocean_weight(s)
    assert (w >= 0.0).all()
    assert (w <= 1.0).all()
    assert (w[(s < low) | (s > high)] == 0.0).all()


def test_blend_is_twice_continuously_differentiable_in_salinity():
    joints = np.array([*RISE, *FALL])
    for fit in CARBONIC["blend"]:
        first = jax.grad(lambda s, fit=fit: fit.function(15.0, s).sum())
        second = jax.grad(lambda s, first=first: first(s).sum())
        for order in (lambda s, fit=fit: fit.function(15.0, s), first, second):
            np.testing.assert_allclose(order(joints - 1e-7), order(joints + 1e-7), rtol=0, atol=2e-6)


def test_blend_grows_with_salinity_across_the_joints():
    s = np.arange(0.0, 38.0, 0.25)
    for i in range(2):
        assert (np.diff(pk_of("blend", i, s), axis=1) < 0.0).all()


MISMATCH = {  # salinity -> largest |ocean - estuary| of pK1 and pK2, t = 2-35 degC
    20.0: (0.0063, 0.0153),
    24.0: (0.0041, 0.0088),
    28.0: (0.0043, 0.0062),
    38.0: (0.0061, 0.0106),
    40.5: (0.0060, 0.0182),
    43.0: (0.0098, 0.0301),
}


@pytest.mark.parametrize("s", sorted(MISMATCH))
def test_mismatch_of_the_members_at_the_joints_is_as_stated(s):
    gaps = [np.abs(pk_of("lueker_2000", i, s) - pk_of("waters_2014_total", i, s)).max() for i in range(2)]
    print(f"S = {s}: pK1 {gaps[0]:.4f}, pK2 {gaps[1]:.4f}")
    assert gaps == pytest.approx(MISMATCH[s], abs=6e-5)


def test_above_45_the_lagoon_fits_of_the_same_data_still_agree():
    t, s = np.linspace(0.0, 45.0, 10)[:, None], np.linspace(45.0, 50.0, 6)
    for i in range(2):
        assert np.abs(pk_of("waters_2014", i, s, t) - pk_of("millero_2010", i, s, t)).max() < 0.009
