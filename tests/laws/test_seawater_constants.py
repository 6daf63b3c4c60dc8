"""Laws of the equilibrium constants of sea water: scales, pressure, validity."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.seawater.constants import (
    PRESETS,
    VALIDITY_BITS,
    ConstantOptions,
    Constants,
    Totals,
    equilibrium_constants,
    fits_used,
    scale_factors,
    totals,
    validity,
    validity_meanings,
)
from shanhai.seawater.constants.carbonic import CARBONIC, Carbonic

T, S, P = np.linspace(-2.0, 45.0, 24), np.linspace(0.0, 50.0, 24), np.linspace(0.0, 1e8, 24)


@pytest.mark.parametrize("scale", ["seawater", "free", "nbs"])
def test_one_dissociation_is_the_same_from_every_scale_at_every_depth(scale, monkeypatch):
    factors = scale_factors(T, S, equilibrium_constants(T, S), totals(S))
    shift = jnp.log(getattr(factors, scale))
    total = CARBONIC["lueker_2000"]
    moved = [replace(fit, scale=scale, function=lambda t, s, f=fit.function: f(t, s) + shift) for fit in total]
    monkeypatch.setitem(CARBONIC, f"lueker_2000_{scale}", Carbonic(*moved))
    same = equilibrium_constants(T, S, P, ConstantOptions(carbonic=f"lueker_2000_{scale}"))
    expected = equilibrium_constants(T, S, P)
    np.testing.assert_allclose(same.k1, expected.k1, rtol=1e-13)
    np.testing.assert_allclose(same.k2, expected.k2, rtol=1e-13)


def test_fluoride_on_the_total_scale_is_that_on_the_free_scale_times_the_step():
    free, total = (
        equilibrium_constants(T, S, None, ConstantOptions(fluoride=f"perez_fraga_1987{x}")) for x in ("_free", "")
    )
    np.testing.assert_allclose(total.kf * (1.0 + totals(S).sulfate / total.ks), free.kf, rtol=1e-14)


def test_scales_round_trip_through_free():
    k, amounts = equilibrium_constants(T, S, P), totals(S)
    factors = scale_factors(T, S, k, amounts)
    h = 1e-8
    free = h * factors.free
    hso4, hf = free * amounts.sulfate / k.ks, free * amounts.fluoride / k.kf  # both acids nearly all dissociated
    np.testing.assert_allclose(free + hso4, h, rtol=1e-14)
    np.testing.assert_allclose(free + hso4 + hf, h * factors.seawater, rtol=1e-14)


def test_scales_coincide_without_salt():
    k = equilibrium_constants(T, 0.0, P)
    factors = scale_factors(T, 0.0, k, totals(0.0), ConstantOptions(nbs="one"))
    for factor in factors:
        np.testing.assert_array_equal(factor, np.ones_like(T))


def test_conventions_differ_by_the_scale_step_only():
    exact, guide = (equilibrium_constants(T, S, None, ConstantOptions(convention=c)) for c in ("exact", "guide"))
    step = -jnp.log(scale_factors(T, S, exact, totals(S)).seawater)
    for name in Constants._fields:
        ratio = jnp.log(getattr(guide, name) / getattr(exact, name))
        expected = -0.015 - step if name in {"kw", "kp1", "kp2", "kp3", "ksi"} else 0.0 * step
        np.testing.assert_allclose(ratio, expected, atol=1e-13, err_msg=name)


def test_pressure_increases_every_dissociation_and_solubility():
    shallow, deep = (equilibrium_constants(T, 35.0, p) for p in (1e5, 9e7))
    for name in set(Constants._fields) - {"k0", "kno2"}:
        assert np.all(getattr(deep, name) > getattr(shallow, name)), name
    np.testing.assert_array_equal(deep.k0, shallow.k0)


def test_constant_without_a_volume_change_stays_the_same_on_the_seawater_scale():
    surface, deep = equilibrium_constants(T, S), equilibrium_constants(T, S, P)
    up, down = (scale_factors(T, S, k, totals(S)).seawater for k in (surface, deep))
    np.testing.assert_allclose(deep.kno2 * down, surface.kno2 * up, rtol=1e-13)


def test_given_sulfate_and_fluoride_enter_the_scales():
    none = Totals(*(0.0 * x for x in totals(S)))
    k = equilibrium_constants(T, S, None, concentrations=none)
    sws = equilibrium_constants(T, S)
    np.testing.assert_allclose(sws.kw * scale_factors(T, S, sws, totals(S)).seawater, k.kw, rtol=1e-13)


def test_what_is_not_asked_for_is_not_computed():
    def compiled(function, *at):
        return jax.jit(function).lower(*at).compile().as_text()

    first = compiled(lambda t, s: equilibrium_constants(t, s).k1, T, S)
    assert first.count(" exponential(") == 1
    fixed_step = compiled(lambda t, s: equilibrium_constants(t, s, None, ConstantOptions(convention="guide")).kw, T, S)
    assert fixed_step.count(" exponential(") == 1


def test_constants_broadcast_to_one_shape_in_the_dtype_given():
    for options in PRESETS.values():
        k = equilibrium_constants(jnp.zeros((3, 1)), jnp.full((1, 2), 35.0), jnp.zeros((4, 1, 1)), options)
        assert {x.shape for x in k} == {(4, 3, 2)}
        k = equilibrium_constants(jnp.float32(10.0), jnp.float32(35.0), jnp.float32(1e7), options)
        assert {x.dtype for x in k} == {jnp.dtype("float32")}
        assert {x.dtype for x in totals(jnp.float32(35.0), options)} == {jnp.dtype("float32")}


def test_constants_of_whole_numbers_are_those_of_floats():
    for a, b in zip(equilibrium_constants(25, 35, 10000), equilibrium_constants(25.0, 35.0, 10000.0)):
        assert float(a) == float(b)


def test_float32_keeps_its_digits_through_the_cancelling_terms():
    single = equilibrium_constants(*(x.astype(np.float32) for x in (T, S, P)))
    for name, a, b in zip(Constants._fields, single, equilibrium_constants(T, S, P)):
        np.testing.assert_allclose(a, b, rtol=2e-4, err_msg=name)


def test_flag_is_raised_exactly_outside_the_range_of_the_fit():
    options = ConstantOptions()
    for (name, bit), fit in zip(VALIDITY_BITS.items(), fits_used(options)):
        (cold, hot), (fresh, salt) = fit.temperature, fit.salinity
        t, s = jnp.array([cold, hot, cold - 1e-9, hot + 1e-9]), jnp.array([fresh, salt, fresh, salt])
        assert ((validity(t, s, options) & bit) != 0).tolist() == [False, False, True, True], name
        if fresh > 0.0:
            assert int(validity(cold, fresh - 1e-9, options, which=(name,))) == bit


def test_flag_names_its_constants_and_only_those_that_matter():
    flag = int(validity(-1.0, 35.0, which=("k1", "kb", "k0")))
    assert flag == VALIDITY_BITS["k1"] | VALIDITY_BITS["kb"]
    meanings = validity_meanings()
    assert meanings[VALIDITY_BITS["kb"]] == "kb by dickson_1990 outside t 0 to 45 degC, S 5 to 45"
    assert set(meanings) == set(VALIDITY_BITS.values())
    assert int(validity(float("nan"), 35.0, which=("k1",))) == VALIDITY_BITS["k1"]


def test_acids_left_out_have_no_constant_and_pass_every_flag():
    k = equilibrium_constants(10.0, 35.0, 1e7, PRESETS["geosecs"])
    assert [float(getattr(k, n)) for n in ("kw", "kp1", "kp2", "kp3", "ksi", "knh3", "kh2s", "kno2")] == [0.0] * 8
    assert int(validity(99.0, 99.0, PRESETS["geosecs"], which=("kw", "kp1"))) == 0


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_static_under_jit(preset):
    jitted = jax.jit(equilibrium_constants, static_argnames="options")
    for a, b in zip(jitted(10.0, 35.0, 1e7, PRESETS[preset]), equilibrium_constants(10.0, 35.0, 1e7, PRESETS[preset])):
        np.testing.assert_allclose(a, b, rtol=1e-11)
