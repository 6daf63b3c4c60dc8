"""Laws that any equation of state keeps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.seawater import eos, teos10

T = np.array([-2.0, 0.0, 4.0, 15.0, 30.0])
S = np.array([0.0, 5.0, 20.0, 35.0, 42.0])[:, None]
DENSITIES = [eos.density_eos80, teos10.density_teos10]


@pytest.mark.parametrize("density", DENSITIES)
def test_no_pressure_is_zero_pressure(density):
    assert np.allclose(density(T, S), density(T, S, 0.0), rtol=1e-15)


@pytest.mark.parametrize("density", DENSITIES)
def test_water_is_denser_when_saltier_and_when_deeper(density):
    assert np.all(np.diff(density(T, S, 1e7), axis=0) > 0)
    assert np.all(density(T, S, 2e7) > density(T, S, 1e7))


@pytest.mark.parametrize("density", DENSITIES)
def test_fresh_water_is_densest_near_four_degrees(density):
    t = np.linspace(0, 10, 2001)
    assert t[np.argmax(density(t, 0.0))] == pytest.approx(3.98, abs=0.02)


def test_surface_form_differs_from_the_pressure_form_only_by_the_temperature_scale():
    assert np.array_equal(eos.density_surface_eos80(eos.temperature_ipts68(T), S), eos.density_eos80(T, S))
    assert np.abs(eos.density_surface_eos80(T, S) - eos.density_eos80(T, S)).max() < 3e-3


def test_secant_bulk_modulus_is_the_mean_compression_it_names():
    surface, deep = eos.density_eos80(T, S), eos.density_eos80(T, S, 5e7)
    assert np.allclose(5e7 / (1.0 - surface / deep), eos.secant_bulk_modulus_eos80(T, S, 5e7), rtol=1e-9)


@pytest.mark.parametrize("pressure", [1e6, 4e7])
def test_potential_temperature_returns_when_brought_back(pressure):
    theta = eos.potential_temperature_eos80(T, 35.0, pressure)
    back = eos.potential_temperature_eos80(theta, 35.0, 0.0, pressure)
    assert np.allclose(back, T, atol=2e-6)


def test_potential_temperature_slope_is_the_lapse_rate():
    slope = jax.vmap(jax.grad(lambda p, t: eos.potential_temperature_eos80(t, 35.0, 0.0, p)), (None, 0))(0.0, T)
    assert np.allclose(slope, eos.adiabatic_lapse_rate_eos80(T, 35.0, 0.0), rtol=1e-12)


def test_potential_temperature_of_teos10_has_the_entropy_of_the_water_in_place():
    salinity, pressure = 35.0, 6e7
    theta = teos10.potential_temperature(T, salinity, pressure)
    again = teos10.potential_temperature(theta, salinity, 0.0)
    assert np.allclose(again, theta, rtol=0, atol=1e-13)
    assert np.all(theta < T + 0.2)


def test_standard_sea_water_at_zero_has_almost_zero_conservative_temperature():
    zero = teos10.conservative_temperature(0.0, teos10.STANDARD_OCEAN_SALINITY)
    assert abs(float(zero)) < 1e-4


def test_expansion_and_contraction_are_the_slopes_of_density():
    theta, salinity, step = jnp.asarray(12.0), jnp.asarray(33.0), 1e-3

    def log_density(x, s):
        return -np.log(float(teos10.specific_volume(x, s, 2e7)))

    warmer = (log_density(theta + step, salinity) - log_density(theta - step, salinity)) / (2 * step)
    saltier = (log_density(theta, salinity + step) - log_density(theta, salinity - step)) / (2 * step)
    assert float(teos10.thermal_expansion(theta, salinity, 2e7)) == pytest.approx(-warmer, rel=1e-6)
    assert float(teos10.haline_contraction(theta, salinity, 2e7)) == pytest.approx(saltier, rel=1e-6)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_density_keeps_the_dtype_of_its_inputs(dtype):
    t, s, p = (jnp.asarray(x, dtype) for x in (10.0, 35.0, 1e7))
    for density in [*DENSITIES, eos.potential_temperature_eos80]:
        assert density(t, s, p).dtype == dtype
    assert teos10.freezing_temperature_teos10(s, p).dtype == dtype
    assert teos10.thermal_expansion(t, s, p).dtype == dtype


def test_fresh_water_freezes_at_zero_and_lower_under_pressure():
    assert float(eos.freezing_temperature_eos80(0.0)) == 0.0
    assert float(teos10.freezing_temperature_teos10(0.0)) == pytest.approx(0.0, abs=3e-3)
    assert float(teos10.freezing_temperature_teos10(35.0, 1e7)) < float(teos10.freezing_temperature_teos10(35.0))
