"""Equilibrium constants of sea water against another code and against published tables."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.seawater.constants import (
    PRESETS,
    ConstantOptions,
    Constants,
    equilibrium_constants,
    fits_used,
    scale_factors,
    totals,
)
from shanhai.seawater.constants.carbonic import CO2SYS_NUMBERS
from shanhai.seawater.constants.nutrients import AMMONIA
from shanhai.seawater.constants.pressure import MILLERO_1995, ln_pressure_factor

THEIRS = {
    "k0": "k_CO2",
    "k1": "k_carbonic_1",
    "k2": "k_carbonic_2",
    "kb": "k_borate",
    "kw": "k_water",
    "ks": "k_bisulfate",
    "kf": "k_fluoride",
    "kp1": "k_phosphoric_1",
    "kp2": "k_phosphoric_2",
    "kp3": "k_phosphoric_3",
    "ksi": "k_silicate",
    "knh3": "k_ammonia",
    "kh2s": "k_sulfide",
    "ksp_calcite": "k_calcite",
    "ksp_aragonite": "k_aragonite",
}
CASES = {
    **{name: (ConstantOptions(carbonic=name), {"opt_k_carbonic": n}) for n, name in CO2SYS_NUMBERS.items()},
    "khoo_1977": (ConstantOptions(sulfate="khoo_1977"), {"opt_k_bisulfate": 2}),
    "waters_millero_2013": (ConstantOptions(sulfate="waters_millero_2013"), {"opt_k_bisulfate": 3}),
    "dickson_riley_1979": (ConstantOptions(fluoride="dickson_riley_1979"), {"opt_k_fluoride": 1}),
    "lee_2010": (ConstantOptions(boron="lee_2010"), {"opt_total_borate": 2}),
    "kulinski_2018": (ConstantOptions(boron="kulinski_2018"), {"opt_total_borate": 3}),
    "CO2 under pressure": (ConstantOptions(co2_pressure="weiss_1974"), {"opt_pressured_kCO2": 1}),
    "geosecs": (PRESETS["geosecs"], {"opt_k_carbonic": 6}),
    "peng": (PRESETS["peng"], {"opt_k_carbonic": 7}),
    "pure_water": (PRESETS["pure_water"], {"opt_k_carbonic": 8}),
}
for wholly in ("mehrbach_1973", "mehrbach_1973_peng_1987", "millero_1979", "martin_mayor_2025"):
    del CASES[wholly]  # the numbers 6, 7, 8 stand for whole presets; 19 is not in the version compared with

RANDOM = np.random.default_rng(3)
T, S = RANDOM.uniform(-2.0, 45.0, 300), RANDOM.uniform(0.5, 50.0, 300)
DBAR = np.where(np.arange(300) < 40, 0.0, RANDOM.uniform(0.0, 10000.0, 300))


def theirs(salinity, **options):
    code = pytest.importorskip("PyCO2SYS")
    given = {"par1": 8.1, "par1_type": 3, "temperature": T, "salinity": salinity, "pressure": DBAR}
    return code.sys(**given, **{"opt_gas_constant": 3, "opt_k_fluoride": 2, **options})


@pytest.mark.parametrize("case", sorted(CASES))
def test_every_constant_total_and_scale_is_that_of_the_co2sys_family(case):
    options, numbers = CASES[case]
    salinity = np.zeros_like(S) if case == "pure_water" else S
    expected = theirs(salinity, **numbers)
    k, amounts = equilibrium_constants(T, salinity, DBAR * 1e4, options), totals(salinity, options)
    for ours, name in THEIRS.items():
        value, other = np.asarray(getattr(k, ours)), np.broadcast_to(expected[name], T.shape)
        there = other >= 0.0  # the GEOSECS solubility turns negative in brackish water; here that is NaN
        np.testing.assert_allclose(value[there], other[there], rtol=1e-11, err_msg=ours)  # terms of 5000 cancel in K2
        assert np.all(np.isnan(value[~there]))
    for name in amounts._fields:
        np.testing.assert_allclose(getattr(amounts, name) * 1e6, expected[f"total_{name}"], rtol=1e-13, err_msg=name)
    factors = scale_factors(T, salinity, k, amounts, options)
    for factor, name in zip(factors, ("pH_free", "pH_sws", "pH_nbs")):
        np.testing.assert_allclose(8.1 - np.log10(factor), expected[name], rtol=1e-13)


def test_constants_at_the_surface_are_those_at_zero_pressure():
    surface, zero = equilibrium_constants(T, S), equilibrium_constants(T, S, 0.0)
    for a, b in zip(surface, zero):
        np.testing.assert_allclose(a, b, rtol=1e-14)


def test_ammonium_of_yao_and_millero_is_that_of_the_co2sys_family():
    expected = pytest.importorskip("PyCO2SYS").equilibria.p1atm.kNH3_SWS_YM95(T + 273.15, S)
    np.testing.assert_allclose(jnp.exp(AMMONIA["yao_millero_1995"].function(T, S)), expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("name", "published", "exact"),
    [  # Dickson et al. (2007) at S = 35 and 25 degC, and another code that converts scales exactly
        ("k0", "-3.5617", "-3.56165"),
        ("kb", "-19.7964", "-19.79640"),
        ("kw", "-30.434", "-30.4422"),
        ("ks", "-2.30", "-2.29957"),
        ("kp1", "-3.71", "-3.7197"),
        ("kp2", "-13.727", "-13.7358"),
        ("kp3", "-20.24", "-20.2465"),
        ("ksi", "-21.61", "-21.6153"),
    ],
)
def test_both_conventions_give_their_printed_digits(name, published, exact):
    for options, printed in ((PRESETS["guide_2007"], published), (ConstantOptions(), exact)):
        value = float(jnp.log(getattr(equilibrium_constants(25.0, 35.0, None, options), name)))
        assert f"{value:.{len(printed.split('.')[1])}f}" == printed


def test_published_logarithms_to_base_ten():
    k = equilibrium_constants(25.0, 35.0)
    printed = {"k1": -5.8472, "k2": -8.9660, "ksp_calcite": -6.3693, "ksp_aragonite": -6.1883}
    for name, value in printed.items():
        assert round(float(jnp.log10(getattr(k, name))), 4) == value


def test_fluoride_is_published_on_the_total_scale_and_read_as_free():
    proper = ConstantOptions(fluoride="perez_fraga_1987")
    as_free, as_total = (equilibrium_constants(25.0, 35.0, None, o) for o in (ConstantOptions(), proper))
    total_over_free = 1.0 + totals(35.0).sulfate / as_total.ks
    assert round(float(jnp.log(as_total.kf * total_over_free)), 2) == -6.09
    assert round(float(jnp.log(as_free.kf)), 4) == -6.0919
    assert round(float(as_total.kf / as_free.kf), 3) == 0.780
    assert round(float(as_total.kw / as_free.kw), 4) == 0.9936
    assert as_total.k1 == as_free.k1


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("k1", 1.30804),
        ("k2", 1.21341),
        ("kb", 1.38024),
        ("kw", 1.23784),
        ("ksp_aragonite", 1.47866),
        ("ksp_calcite", 1.52962),
    ],
)
def test_pressure_factors_at_300_bar(name, factor):
    """Zeebe & Wolf-Gladrow (2001), S = 35, 25 degC; their gas constant differs in the fifth digit."""
    assert float(jnp.exp(ln_pressure_factor(MILLERO_1995[name], 25.0, 3e7))) == pytest.approx(factor, abs=1e-5)


def test_nitrous_acid_is_nearly_three_and_weaker_in_fresh_water():
    """A weak-acid pK of 3.1-3.3 in pure water at 25 degC is textbook knowledge; salt makes the acid stronger."""
    sea, fresh = (
        -float(jnp.log10(equilibrium_constants(25.0, s, None, ConstantOptions(nitrite=name, nbs="one")).kno2))
        for name, s in (("borer_2024", 35.0), ("borer_2024_fresh", 0.0))
    )
    assert 2.7 < sea < 3.0 < fresh < 3.3


def test_every_fit_says_where_it_comes_from():
    for options in (*PRESETS.values(), replace(ConstantOptions(), minerals="ingle_1975")):
        for name, fit in zip(Constants._fields, fits_used(options)):
            assert fit.source, name
            assert fit.temperature[0] < fit.temperature[1]
