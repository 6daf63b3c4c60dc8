"""Sets of carbonic acid against another code and against values in their publications."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.seawater.constants.carbonic import CARBONIC, CO2SYS_NUMBERS

# Functions of the other code by number of the set; each gives K1 and K2 on the scale of publication.
THEIRS = {
    1: ("kH2CO3_TOT_RRV93", "total"),
    2: ("kH2CO3_SWS_GP89", "seawater"),
    3: ("kH2CO3_SWS_H73_DM87", "seawater"),
    4: ("kH2CO3_SWS_MCHP73_DM87", "seawater"),
    5: ("kH2CO3_SWS_HM_DM87", "seawater"),
    6: ("kH2CO3_NBS_MCHP73", "nbs"),
    7: ("kH2CO3_NBS_MCHP73", "nbs"),
    9: ("kH2CO3_NBS_CW98", "nbs"),
    10: ("kH2CO3_TOT_LDK00", "total"),
    11: ("kH2CO3_SWS_MM02", "seawater"),
    12: ("kH2CO3_SWS_MPL02", "seawater"),
    13: ("kH2CO3_SWS_MGH06", "seawater"),
    14: ("kH2CO3_SWS_M10", "seawater"),
    15: ("kH2CO3_SWS_WMW14", "seawater"),
    16: ("kH2CO3_TOT_SLH20", "total"),
    17: ("kH2CO3_TOT_SB21", "total"),
    18: ("kH2CO3_TOT_PLR18", "total"),
}
SCALES = {"waters_2014_total": "k_H2CO3_TOT_WMW14", "waters_2014_free": "k_H2CO3_FREE_WMW14"}
T, S = np.meshgrid(np.linspace(-2.0, 45.0, 12), np.r_[0.0, 1e-3, 0.1, 1.0, np.linspace(2.5, 50.0, 12)])


def pk(name, t, s):
    return [-float(fit.function(t, s)) / np.log(10.0) for fit in CARBONIC[name]]


def agrees(name, function, least=0.0):
    s = np.maximum(S, least)
    theirs = getattr(pytest.importorskip("PyCO2SYS").equilibria.p1atm, function)(T + 273.15, s)
    for fit, k in zip(CARBONIC[name], theirs):
        np.testing.assert_allclose(np.asarray(fit.function(T, s)), np.log(k), rtol=1e-12)


@pytest.mark.parametrize("number", sorted(THEIRS))
def test_every_numbered_set_is_that_of_the_co2sys_family(number):
    function, scale = THEIRS[number]
    name = CO2SYS_NUMBERS[number]
    assert {fit.scale for fit in CARBONIC[name]} == {scale}
    agrees(name, function, least=1e-16 if scale == "nbs" else 0.0)  # theirs puts 1e-16 for 0 in Mehrbach's root too


@pytest.mark.parametrize("name", sorted(SCALES))
def test_total_and_free_versions_are_those_of_the_co2sys_family(name):
    agrees(name, SCALES[name])


def test_pure_water_set_is_that_of_the_co2sys_family():
    theirs = pytest.importorskip("PyCO2SYS").equilibria.p1atm.kH2CO3_SWS_M79(T + 273.15, S)
    for fit, k in zip(CARBONIC[CO2SYS_NUMBERS[8]], theirs):
        np.testing.assert_allclose(np.asarray(fit.function(T, S)), np.log(k), rtol=1e-12)
        assert fit.function(jnp.zeros(3), jnp.zeros((2, 1))).shape == (2, 3)


@pytest.mark.parametrize(
    ("name", "t", "expected", "digits"),
    [
        ("lueker_2000", 25.0, (5.8472, 8.9660), 4),  # Dickson et al. (2007)
        ("millero_2006", 25.0, (5.8401, 8.9636), 4),  # abstract
        ("papadimitriou_2018", 0.0, (6.1267, 9.3940), 4),
        ("mehrbach_1973", 25.0, (6.000, 9.114), 3),  # abstract: 6.000 and 9.115 as measured
        ("roy_1993", 25.0, (5.8563, 8.9249), 4),  # Zeebe & Wolf-Gladrow (2001), p. 268
    ],
)
def test_published_check_values_at_salinity_35(name, t, expected, digits):
    assert [round(p, digits) for p in pk(name, t, 35.0)] == pytest.approx(expected, abs=1.01 * 10.0**-digits)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("millero_1979", (6.3515, 10.3297)), ("plummer_busenberg_1982", (6.352, 10.329))],  # Harned; phreeqc's log_k
)
def test_pure_water_at_25_degrees(name, expected):
    assert pk(name, 25.0, 0.0) == pytest.approx(expected, abs=5e-4)


def test_martin_mayor_is_its_abstract():
    t = np.array([2.0, 15.0, 35.0])[:, None] + 273.15
    s = np.array([0.0, 10.0, 41.0])
    root = np.sqrt(s)
    expected = 5.1703 + 2136.77 / t - 177788 / t**2 - 0.4457 * root / (1 + 1.11 * root)
    expected = expected + 0.0674 * s / np.log(t) - 0.0008238 * root * t
    got = CARBONIC["martin_mayor_2025"].k2.function(t - 273.15, s)
    np.testing.assert_allclose(np.asarray(got), -np.log(10.0) * expected, rtol=1e-13)


def to_total(t, s):
    """pK_total - pK_seawater and pK_total - pK_free of a constant with one proton, by the other code."""
    code = pytest.importorskip("PyCO2SYS")
    r = code.sys(
        par1=8.0, par2=2000.0, par1_type=3, par2_type=2, temperature=t, salinity=s, opt_pH_scale=3, opt_k_fluoride=2
    )
    return r["pH_total"] - r["pH_sws"], r["pH_total"] - r["pH_free"]


def test_millero_1995_is_roy_on_the_seawater_scale_at_salinity_35():
    t = np.array([0.0, 15.0, 25.0, 35.0])
    shift = to_total(t, 35.0)[0]
    for union, roy in zip(CARBONIC["millero_1995"], CARBONIC["roy_1993"]):
        gap = -np.asarray(union.function(t, 35.0) - roy.function(t, 35.0)) / np.log(10.0) + shift
        assert np.abs(gap).max() < 0.006  # the data sets it unites agree to 0.002 in pK1 and 0.005 in pK2


def test_dilute_roy_meets_the_main_equation_at_salinity_5():
    t = jnp.linspace(0.0, 45.0, 10)
    for main, dilute, gap in zip(CARBONIC["roy_1993"], CARBONIC["roy_1993_dilute"], (0.010, 0.015)):
        assert np.abs(main.function(t, 5.0) - dilute.function(t, 5.0)).max() < gap


def test_scales_of_one_publication_agree_as_far_as_their_comment_says():
    t, s = np.meshgrid([0.0, 5.0, 25.0, 45.0], [1.0, 5.0, 20.0, 35.0, 45.0, 50.0])
    sws, free = to_total(t, s)
    gap = {}
    for name in ("waters_2014", "millero_2010"):
        values = [CARBONIC[f"{name}{v}"] for v in ("_total", "", "_free")]
        for i in range(2):
            total, seawater, on_free = (-np.asarray(c[i].function(t, s)) / np.log(10.0) for c in values)
            gap[name, i] = np.abs(total - seawater - sws).max(), np.abs(total - on_free - free).max()
    assert max(gap["waters_2014", 0][0], gap["waters_2014", 1][0]) < 0.0036
    assert gap["millero_2010", 1][0] < 0.005
    assert 0.009 < gap["millero_2010", 0][0] < 0.013
    assert max(gap["waters_2014", 0][1], gap["waters_2014", 1][1]) < 0.03
    assert gap["millero_2010", 1][1] < 0.20


def test_no_square_root_costs_the_single_precision_type():
    one = jnp.float32(20.0)
    assert all(fit.function(one, one).dtype == jnp.float32 for pair in CARBONIC.values() for fit in pair)
    assert jax.config.jax_enable_x64
