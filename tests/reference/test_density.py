"""Density, potential and freezing temperature against published check values and TEOS-10's own library."""

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.seawater import eos, teos10

T68 = 1.00024  # check values of UNESCO (1983) are in IPTS-68


@pytest.mark.parametrize(
    ("t68", "salinity", "decibar", "density"),
    [  # UNESCO (1983), Tech. Pap. Mar. Sci. 44, p. 19-22
        (5.0, 0.0, 0.0, 999.96675),
        (5.0, 0.0, 10000.0, 1044.12802),
        (5.0, 35.0, 0.0, 1027.67547),
        (5.0, 35.0, 10000.0, 1069.48914),
        (25.0, 0.0, 10000.0, 1037.90204),
        (25.0, 35.0, 0.0, 1023.34306),
        (25.0, 35.0, 10000.0, 1062.53817),
        (40.0, 40.0, 10000.0, 1059.82037),
    ],
)
def test_eos80_density_of_unesco(t68, salinity, decibar, density):
    assert float(eos.density_eos80(t68 / T68, salinity, decibar * 1e4)) == pytest.approx(density, abs=1e-5)


def test_eos80_bulk_modulus_of_unesco():
    modulus = eos.secant_bulk_modulus_eos80(25.0 / T68, 35.0, 1e8)
    assert float(modulus) / 1e5 == pytest.approx(27108.94504, abs=6e-6)


def test_eos80_lapse_rate_of_unesco():
    rate = eos.adiabatic_lapse_rate_eos80(40.0 / T68, 40.0, 1e8)
    assert float(rate) * T68 * 1e4 == pytest.approx(3.255976e-4, abs=6e-11)


@pytest.mark.parametrize(
    ("t68", "salinity", "decibar", "theta"),
    [  # UNESCO (1983), p. 44
        (0.0, 25.0, 5000.0, -0.3061),
        (0.0, 35.0, 10000.0, -1.0974),
        (10.0, 35.0, 5000.0, 9.2906),
        (20.0, 25.0, 10000.0, 17.9426),
        (40.0, 35.0, 10000.0, 36.9023),
        (40.0, 40.0, 10000.0, 36.89073),
    ],
)
def test_eos80_potential_temperature_of_unesco(t68, salinity, decibar, theta):
    found = float(eos.potential_temperature_eos80(t68 / T68, salinity, decibar * 1e4)) * T68
    assert found == pytest.approx(theta, abs=6e-5)


@pytest.mark.parametrize(("salinity", "decibar", "freezing"), [(5, 0, -0.274), (35, 0, -1.922), (40, 500, -2.588567)])
def test_eos80_freezing_temperature_of_unesco(salinity, decibar, freezing):
    found = float(eos.freezing_temperature_eos80(salinity, decibar * 1e4)) * T68
    assert found == pytest.approx(freezing, abs=5e-4 if decibar == 0 else 5e-7)


@pytest.mark.parametrize(
    ("t", "conservative", "salinity", "decibar", "theta", "volume"),
    [  # check values in the manual of the TEOS-10 toolbox
        (28.7856, 28.8099, 34.7118, 10.0, 28.783196819670632, 0.978626852431313e-3),
        (28.4329, 28.4392, 34.8915, 50.0, 28.420983342398962, 0.978222365701325e-3),
        (22.8103, 22.7862, 35.0256, 125.0, 22.784930399117108, 0.976155264597929e-3),
        (10.2600, 10.2262, 34.8472, 250.0, 10.230523661095731, 0.972961258011157e-3),
        (6.8863, 6.8272, 34.7366, 600.0, 6.829230224409661, 0.971026719344908e-3),
        (4.4036, 4.3236, 34.7324, 1000.0, 4.324510571845719, 0.968989944622149e-3),
    ],
)
def test_teos10_check_values(t, conservative, salinity, decibar, theta, volume):
    pressure = decibar * 1e4
    assert float(teos10.potential_temperature(t, salinity, pressure)) == pytest.approx(theta, abs=2e-14)
    assert float(teos10.specific_volume(conservative, salinity, pressure)) == pytest.approx(volume, rel=1e-14)


@pytest.fixture(scope="module")
def states():
    """Temperature, Absolute Salinity, pressure in decibar over the whole declared range, ends included."""
    t, s, p = np.meshgrid([-2.0, 0.0, 7.7, 21.3, 40.0], [0.0, 1e-3, 5.0, 35.16504, 42.0], [0.0, 10.0, 3456.0, 1e4])
    return t.ravel(), s.ravel(), p.ravel()


def test_teos10_chain_agrees_with_the_library_to_round_off(states):
    gsw = pytest.importorskip("gsw")
    t, s, p = states
    theta = gsw.CT_from_t(s, t, p)
    assert np.allclose(teos10.potential_temperature(t, s, p * 1e4), gsw.pt0_from_t(s, t, p), rtol=0, atol=1e-12)
    assert np.allclose(teos10.conservative_temperature(t, s, p * 1e4), theta, rtol=0, atol=1e-12)
    assert np.allclose(teos10.specific_volume(theta, s, p * 1e4), gsw.specvol(s, theta, p), rtol=1e-13)
    practical = s * 35.0 / 35.16504
    assert np.allclose(teos10.density_teos10(t, practical, p * 1e4), gsw.rho(s, theta, p), rtol=1e-13)


def test_teos10_derivatives_agree_with_the_library(states):
    gsw = pytest.importorskip("gsw")
    t, s, p = states
    assert np.allclose(teos10.thermal_expansion(t, s, p * 1e4), gsw.alpha(s, t, p), rtol=1e-10, atol=1e-16)
    assert np.allclose(teos10.haline_contraction(t, s, p * 1e4), gsw.beta(s, t, p), rtol=1e-11)


def test_freezing_polynomial_is_within_its_error_of_the_equality_of_chemical_potentials(states):
    gsw = pytest.importorskip("gsw")
    _, s, p = states
    for saturation in (0.0, 1.0):
        exact = gsw.t_freezing(s, p, saturation)
        assert np.abs(teos10.freezing_temperature_teos10(s, p * 1e4, saturation) - exact).max() < 6e-4


def test_polynomial_density_errs_from_the_gibbs_function_as_documented():
    gsw = pytest.importorskip("gsw")
    rng = np.random.default_rng(3)
    p, t, s = rng.uniform(0, 1e4, 2000), rng.uniform(-1.8, 5, 2000), rng.uniform(33, 37, 2000)
    exact = gsw.rho_t_exact(s * 35.16504 / 35, t, p)
    assert np.abs(teos10.density_teos10(t, s, p * 1e4) / exact - 1).max() < 7e-7
    t, s = rng.uniform(-2, 40, 2000), rng.uniform(0, 41.8, 2000)
    exact = gsw.rho_t_exact(s * 35.16504 / 35, t, 0)
    assert np.abs(teos10.density_teos10(t, s) / exact - 1).max() < 1.5e-6


def test_both_equations_of_state_agree_in_the_ocean_within_their_errors():
    t, s, p = jnp.array([-1.0, 2.0, 4.0, 18.0]), jnp.array([34.0, 34.7, 35.0, 36.0]), jnp.array([0.0, 4e7, 6e7, 1e6])
    assert np.allclose(eos.density_eos80(t, s, p), teos10.density_teos10(t, s, p), atol=0.012)
    salinity = teos10.absolute_salinity(s)
    theta = teos10.potential_temperature(t, salinity, p)
    assert np.allclose(eos.potential_temperature_eos80(t, s, p), theta, atol=3e-3)
    freezing = eos.freezing_temperature_eos80(s, jnp.minimum(p, 5e6))
    assert np.allclose(freezing, teos10.freezing_temperature_teos10(salinity, jnp.minimum(p, 5e6), 1.0), atol=6e-3)
