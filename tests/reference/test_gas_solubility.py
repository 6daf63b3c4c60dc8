"""Solubilities and Schmidt numbers of gases against check values and independent fits of the same or other data."""

import numpy as np
import pytest

from shanhai.core.constants import STANDARD_ATMOSPHERE
from shanhai.seawater import eos, gas, gases, oxygen

T68 = 1.00024
T = np.linspace(0.0, 30.0, 7)[:, None]
S = np.array([0.0, 17.0, 35.0])


def volumetric(a, b):
    """The form of Weiss (1974) with the coefficients of a fit by volume of water, per dm3."""
    h = (T + 273.15) / 100.0
    return np.exp(a[0] + a[1] / h + a[2] * np.log(h) + a[3] * h**2 + S * (b[0] + h * (b[1] + h * b[2])))


KG_PER_DM3 = np.asarray(eos.density_surface_eos80(T, S)) / 1000.0


def test_oxygen_check_values_of_garcia_and_gordon():
    assert 1e6 * float(oxygen.oxygen_solubility_garcia1992(10 / T68, 35.0)) == pytest.approx(274.61, abs=6e-3)
    volume = float(oxygen.oxygen_solubility_volume_garcia1992(10 / T68, 35.0))
    assert 22.3916 * volume == pytest.approx(6.315, abs=6e-4)


def test_the_two_fits_of_oxygen_differ_by_less_than_the_errors_of_their_data():
    for function in (oxygen.oxygen_solubility_garcia1992, oxygen.oxygen_solubility_volume_garcia1992):
        assert np.abs(function(T, S, "combined") / function(T, S) - 1).max() < 3e-3


def test_oxygen_agrees_with_the_teos10_library_to_round_off():
    gsw = pytest.importorskip("gsw")
    t = np.linspace(-2, 40, 15)
    assert np.allclose(1e6 * oxygen.oxygen_solubility_garcia1992(t, 33.0), gsw.O2sol_SP_pt(33.0, t), rtol=1e-14)


@pytest.mark.parametrize("fit", ["benson_krause", "combined"])
def test_oxygen_by_mass_times_density_is_oxygen_by_volume(fit):
    by_mass = oxygen.oxygen_solubility_garcia1992(T, S, fit) * KG_PER_DM3 * 1000
    assert np.abs(oxygen.oxygen_solubility_volume_garcia1992(T, S, fit) / by_mass - 1).max() < 2.5e-4


@pytest.mark.parametrize(
    ("name", "a", "b"),
    [
        ("CO2", (-160.7333, 215.4152, 89.8920, -1.47759), (0.029941, -0.027455, 0.0053407)),
        ("N2O", (-165.8806, 222.8743, 92.0792, -1.48425), (-0.056235, 0.031619, -0.0048472)),
        ("CFC-11", (-229.9261, 319.6552, 119.4471, -1.39165), (-0.142382, 0.091459, -0.0157274)),
        ("CFC-12", (-218.0971, 298.9702, 113.8049, -1.39165), (-0.143566, 0.091015, -0.0153924)),
        ("SF6", (-80.0343, 117.232, 29.5817, 0.0), (0.0335183, -0.0373942, 0.00774862)),
    ],
)
def test_fit_by_mass_times_density_is_the_papers_fit_by_volume(name, a, b):
    by_mass = gases.moist_air_solubility(name, T, S) * KG_PER_DM3
    assert np.abs(by_mass / volumetric(a, b) - 1).max() < 3.5e-4


@pytest.mark.parametrize(
    ("name", "a", "b", "error"),
    [  # Bunsen coefficients of Weiss (1970), Weiss (1971) and Wiesenburg & Guinasso (1979)
        ("N2", (-59.6274, 85.7761, 24.3696, 0.0), (-0.05158, 0.026329, -0.0037252), 0.014),
        ("Ar", (-55.6578, 82.0262, 22.5929, 0.0), (-0.036267, 0.016241, -0.0020114), 0.006),
        ("Ne", (-39.1971, 51.8013, 15.7699, 0.0), (-0.124695, 0.078374, -0.0127972), 0.023),
        ("CH4", (-68.8862, 101.4956, 28.7314, 0.0), (-0.076146, 0.043970, -0.0068672), 0.011),
    ],
)
def test_equilibrium_with_air_is_near_the_bunsen_coefficients(name, a, b, error):
    bunsen = volumetric(a, b) / 22.39 / KG_PER_DM3
    assert np.abs(gases.henry_solubility(name, T, S) / bunsen - 1).max() < error


@pytest.mark.parametrize(("name", "content"), [("N2", 500.885), ("Ar", 13.4622), ("Ne", 7.34121e-3)])
def test_check_values_of_hamme_and_emerson(name, content):
    assert 1e6 * float(gases.air_equilibrium(name, 10.0, 35.0)) == pytest.approx(content, rel=1e-5)


def test_henry_solubility_of_co2_is_the_fugacity_form_of_weiss():
    per_fugacity = gas.co2_solubility_weiss1974(T, S) * gas.co2_fugacity_factor(T, STANDARD_ATMOSPHERE)
    assert np.abs(gases.henry_solubility("CO2", T, S) / per_fugacity - 1).max() < 6.5e-4


def test_henry_solubility_of_n2o_is_below_that_per_fugacity_by_its_non_ideality():
    ratio = gases.henry_solubility("N2O", T, S) / gases.n2o_solubility_weiss1980(T, S)
    assert np.all((ratio > 0.995) & (ratio < 0.9975))


def test_schmidt_number_of_co2_at_twenty_degrees_is_that_of_the_transfer_laws():
    assert float(gases.schmidt_number("CO2", 20.0)) == pytest.approx(668.34, abs=5e-3)
    assert float(gases.schmidt_number("CO2", 20.0, "fresh")) == pytest.approx(600.0, abs=0.5)


@pytest.mark.parametrize("name", ["CO2", "CH4", "SF6", "N2O", "Ar", "N2"])
def test_fits_of_2014_stay_near_those_of_1992(name):
    earlier = {  # Wanninkhof (1992), Table A1, sea water
        "CO2": (2073.1, -125.62, 3.6276, -0.043219),
        "CH4": (2039.2, -120.31, 3.4209, -0.040437),
        "SF6": (3531.6, -231.40, 7.2168, -0.090558),
        "N2O": (2301.1, -151.10, 4.7364, -0.059431),
        "Ar": (1909.1, -125.09, 3.9012, -0.048953),
        "N2": (2206.1, -144.86, 4.5413, -0.056988),
    }[name]
    t = np.linspace(0, 30, 7)
    assert np.abs(gases.schmidt_number(name, t) / np.polyval(earlier[::-1], t) - 1).max() < 0.16


@pytest.mark.parametrize("name", ["N2", "Ar", "N2O"])  # not CCl4, whose ratio drifts by 1.8 % in both waters alike
@pytest.mark.parametrize("water", ["sea", "fresh"])
def test_gases_of_one_diffusion_law_have_schmidt_numbers_in_a_fixed_ratio(name, water):
    t = np.linspace(-2, 40, 22)
    ratio = gases.schmidt_number(name, t, water) / gases.schmidt_number("O2", t, water)
    assert np.ptp(ratio) < 5e-3 * ratio.mean()


@pytest.mark.parametrize("name", ["CO2", "CH4", "N2O", "CCl4", "Rn"])
def test_salt_raises_the_schmidt_number_of_these_gases_alike(name):
    t = np.linspace(-2, 40, 22)
    salt = {g: gases.schmidt_number(g, t) / gases.schmidt_number(g, t, "fresh") for g in (name, "O2")}
    assert np.abs(salt[name] / salt["O2"] - 1).max() < 7e-3


def test_solubility_under_pressure_and_fugacity_in_place():
    factor = gas.co2_solubility_pressure_factor(2.0, 4e7)
    assert float(factor) == pytest.approx(np.exp(-32.3e-6 * 4e7 / (8.314462618 * 275.15)), rel=1e-14)
    deep = gas.co2_fugacity_of_water(2e-5, 2.0, 34.7, 4e7)
    assert float(deep / gas.co2_fugacity_of_water(2e-5, 2.0, 34.7)) == pytest.approx(1.76, abs=0.01)


def test_pressure_of_weiss_in_another_code():
    co2sys = pytest.importorskip("PyCO2SYS")
    found = co2sys.sys(par1=2200, par2=2100, par1_type=1, par2_type=2, temperature=5, pressure=3000)
    factor = gas.co2_fugacity_factor(5.0, STANDARD_ATMOSPHERE)
    assert float(factor) == pytest.approx(float(found["fugacity_factor"]), rel=2e-6)
    vapour = gas.water_vapour_pressure_weiss1980(5.0, 35.0) / STANDARD_ATMOSPHERE
    assert float(vapour) == pytest.approx(1 - float(found["vp_factor"]), rel=1e-9)
