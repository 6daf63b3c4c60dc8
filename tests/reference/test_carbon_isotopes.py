"""13C fractionation against values that the literature quotes."""

import numpy as np
import pytest

from shanhai.seawater import isotopes


def per_mil(alpha):
    return 1000 * (np.asarray(alpha) - 1)


def test_mook_fractionation_of_gas_against_bicarbonate():
    for t, epsilon in [(5.0, -10.20), (15.0, -9.02), (25.0, -7.92)]:
        gas = 1 / isotopes.fractionation_mook1974(t).bicarbonate
        assert float(per_mil(gas)) == pytest.approx(epsilon, abs=0.01)


def test_dissolved_co2_of_both_sources_is_that_of_vogel_within_two_tenths():
    t = np.array([5.0, 15.0, 25.0])
    vogel = -1.18 + 0.0041 * t
    for fractionation in isotopes.FRACTIONATIONS.values():
        assert np.abs(per_mil(fractionation(t).dissolved_co2) - vogel).max() < 0.2


def test_both_sources_agree_on_bicarbonate_within_a_quarter_per_mil():
    t = np.array([5.0, 15.0, 25.0])
    zhang, mook = (f(t).bicarbonate for f in (isotopes.fractionation_zhang1995, isotopes.fractionation_mook1974))
    assert np.abs(per_mil(zhang) - per_mil(mook)).max() < 0.25


def test_species_summed_give_the_fit_to_sea_water_within_the_error_of_carbonate():
    t, share = np.array([5.0, 15.0, 25.0]), np.array([0.07, 0.10, 0.13])
    summed = isotopes.dic_fractionation(t, 0.007, 1 - 0.007 - share, share)
    assert np.abs(per_mil(summed) - per_mil(isotopes.dic_fractionation_zhang1995(t, share))).max() < 0.3


def test_uptake_by_the_sea_fractionates_by_two_per_mil():
    """Mook (1986) after Siegenthaler & Münnich (1981) and others: -2.0 with an error of 0.2."""
    flux = isotopes.exchange_fractionation(20.0, isotopes.dic_fractionation_zhang1995(20.0, 0.11))
    assert float(per_mil(flux.invasion)) == pytest.approx(-2.0, abs=0.2)


def test_dissolved_co2_against_the_whole_in_sea_water_of_mook():
    """Mook (1986): 0.99055 at 20 degC and pH 8.20."""
    whole = isotopes.dic_fractionation(20.0, 0.005, 0.885, 0.11, fractionation="mook_1974")
    ratio = isotopes.fractionation_mook1974(20.0).dissolved_co2 / whole
    assert float(per_mil(ratio)) == pytest.approx(-9.45, abs=0.1)
