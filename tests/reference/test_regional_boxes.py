"""Regional boxes against published fluxes and the measured fields of 2010."""

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.models.box import equatorial_pacific as pacific
from shanhai.models.box import north_atlantic as north
from shanhai.seawater import Conditions, solve_system

pytestmark = pytest.mark.slow  # compiling takes long


@pytest.fixture(scope="module")
def equatorial():
    return pacific.run(pacific.Settings())


def test_equatorial_flux_is_of_the_size_of_observed_ones(equatorial):
    # 0.44-0.48 (McGillis et al. 2004), 0.5 +- 0.1 (Pittman et al. 2022, wider region), Pg C a year
    assert 0.3 < equatorial.number("flux") < 0.6


def test_equatorial_flux_falls_in_el_nino_as_observed(equatorial):
    # Feely et al. (1999): years of El Niño 30-80 % of 1996
    flux = equatorial.series["flux"].values.reshape(8, -1).mean(axis=1)
    assert 0.25 < flux.min() / flux.max() < 0.8


def test_equatorial_temperature_and_pco2_are_those_of_2010(airsea_data, equatorial):
    xarray = pytest.importorskip("xarray")
    with xarray.open_dataset(airsea_data / "socatv4_kriged_1deg_monthly_2010.nc", decode_times=False) as file:
        box = file.sel(lat=slice(-10, 10)).sel(lon=slice(-180, -85))
        weights = np.cos(np.deg2rad(box.lat))
        pco2 = box["pCO2_2010_interpolated_pred"].weighted(weights).mean(("lat", "lon", "month"))
        skin = box["Tcl_2010"].weighted(weights).mean(("lat", "lon", "month"))
    assert equatorial.number("temperature") == pytest.approx(float(skin) - 273.15, abs=0.5)
    assert np.mean(equatorial.series["pco2"].values) == pytest.approx(float(pco2), abs=15)


@pytest.fixture(scope="module")
def atlantic():
    return north.run(north.Settings())


def test_north_atlantic_takes_up_what_is_observed(atlantic):
    # Schuster et al. (2013): -0.49 +- 0.05 Pg C a year by the Atlantic from 40 degS to 79 degN, the subpolar north most
    assert -0.35 < atlantic.number("flux") < -0.15
    # Irminger Sea array 9.8 +- 1.6, Jeansson et al. (2015) 7.3 +- 1.0 mol m-2 a year
    assert 6.0 < atlantic.number("production") < 11.5
    # Takahashi et al. (2002): north of 50 degN the rest outweighs temperature
    assert atlantic.number("rest_range") > 0.9 * atlantic.number("thermal_range")


def test_north_atlantic_pco2_is_near_that_of_2010(airsea_data, atlantic):
    xarray = pytest.importorskip("xarray")
    with xarray.open_dataset(airsea_data / "socatv4_kriged_1deg_monthly_2010.nc", decode_times=False) as file:
        box = file.sel(lat=slice(45, 65)).sel(lon=slice(-60, -5))
        measured = box["pCO2_2010_interpolated_pred"].weighted(np.cos(np.deg2rad(box.lat))).mean(("lat", "lon"))
    month = (np.arange(12) + 0.5) / 12
    pco2 = np.interp(month, atlantic.coordinates["time"].values, atlantic.series["pco2"].values[:, 0])
    assert pco2.mean() == pytest.approx(float(measured.mean()), abs=15)
    assert np.sqrt(np.mean((pco2 - measured.values) ** 2)) < 25


def test_concentrating_sea_water_raises_pco2_as_published():
    # Sarmiento & Gruber (2006), Ocean Biogeochemical Dynamics, section 8.3: d ln pCO2 / d ln S is about 1.6
    def pco2(factor):
        pair = {"dic": jnp.asarray(2000e-6 * factor), "alkalinity": jnp.asarray(2300e-6 * factor)}
        return solve_system(pair, Conditions(jnp.asarray(20.0), jnp.asarray(35.0 * factor))).pco2

    assert float(jnp.log(pco2(1.01) / pco2(1.0)) / jnp.log(1.01)) == pytest.approx(1.6, abs=0.2)
