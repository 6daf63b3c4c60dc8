"""Laws of dissolved gases: units, limits, round trips, refusals."""

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.constants import STANDARD_ATMOSPHERE
from shanhai.core.errors import InputError
from shanhai.seawater import gas, gases, oxygen

SOLUBLE = [*gases.MOIST_AIR_FITS, *gases.AIR_FITS]
T = np.linspace(-1.8, 30.0, 8)


@pytest.mark.parametrize("name", SOLUBLE)
def test_gases_leave_water_that_warms_or_becomes_saltier(name):
    grid = gases.moist_air_solubility(name, T[:, None], np.array([0.0, 10.0, 35.0]))
    assert np.all(np.diff(grid, axis=0) < 0)
    assert np.all(np.diff(grid, axis=1) < 0)


@pytest.mark.parametrize("name", SOLUBLE)
def test_equilibrium_at_one_atmosphere_is_mole_fraction_times_the_moist_air_function(name):
    content = gases.equilibrium_content(name, T, 35.0, 1e-6)
    assert np.allclose(content, 1e-6 * gases.moist_air_solubility(name, T, 35.0), rtol=1e-15)


@pytest.mark.parametrize("name", SOLUBLE)
def test_equilibrium_follows_the_dry_pressure_by_henrys_law(name):
    air = 0.97 * STANDARD_ATMOSPHERE
    partial = 1e-6 * (air - gas.water_vapour_pressure_weiss1980(T, 35.0)) / STANDARD_ATMOSPHERE
    content = gases.equilibrium_content(name, T, 35.0, 1e-6, air)
    assert np.allclose(content, gases.henry_solubility(name, T, 35.0) * partial, rtol=1e-14)


def test_inert_gases_of_air_are_their_own_equilibrium():
    for name in gases.AIR_FITS:
        content = gases.equilibrium_content(name, T, 35.0, gases.MOLE_FRACTION[name])
        assert np.allclose(content, gases.air_equilibrium(name, T, 35.0), rtol=1e-15)


def test_saturated_water_has_no_oxygen_utilisation():
    full = oxygen.oxygen_solubility_garcia1992(T, 34.0)
    assert np.allclose(oxygen.apparent_oxygen_utilisation(full, T, 34.0), 0.0)
    assert np.allclose(oxygen.oxygen_saturation(full, T, 34.0), 1.0)


def test_utilisation_and_saturation_say_the_same():
    content = 150e-6
    used = oxygen.apparent_oxygen_utilisation(content, T, 34.0)
    assert np.allclose(content / (content + used), oxygen.oxygen_saturation(content, T, 34.0), rtol=1e-14)


def test_partial_pressure_and_mole_fraction_and_fugacity_come_back():
    vapour = gas.water_vapour_pressure_weiss1980(T, 35.0)
    pressure = gas.co2_partial_pressure(420e-6, 1e5, vapour)
    assert np.allclose(gas.co2_mole_fraction(pressure, 1e5, vapour), 420e-6, rtol=1e-15)
    fugacity = gas.co2_fugacity(pressure, T, 1e5)
    assert np.all(fugacity < pressure)
    assert np.allclose(gas.co2_partial_pressure_from_fugacity(fugacity, T, 1e5), pressure, rtol=1e-15)


def test_fugacity_of_water_undoes_henrys_law():
    solubility = gas.co2_solubility_weiss1974(T, 35.0)
    fugacity = gas.co2_fugacity_of_water(solubility * 40.0 / STANDARD_ATMOSPHERE, T, 35.0)
    assert np.allclose(fugacity, 40.0, rtol=1e-15)
    assert np.allclose(gas.co2_fugacity_of_water(1e-5, T, 35.0, 0.0), gas.co2_fugacity_of_water(1e-5, T, 35.0))


def test_no_sea_pressure_leaves_the_solubility_alone():
    assert np.all(gas.co2_solubility_pressure_factor(T, 0.0) == 1.0)


@pytest.mark.parametrize("key", gases.SCHMIDT_FITS)
def test_schmidt_numbers_fall_with_warming_over_the_whole_range_of_the_fit(key):
    fit = gases.SCHMIDT_FITS[key]
    found = gases.schmidt_number(key[0], np.linspace(*fit.temperature, 50), key[1])
    assert np.all(found > 0)
    assert np.all(np.diff(found) < 0)


def test_every_gas_has_a_fresh_water_fit_with_a_smaller_schmidt_number():
    for name in {name for name, _ in gases.SCHMIDT_FITS}:
        t = np.linspace(0, 30, 7)
        assert np.all(gases.schmidt_number(name, t, "fresh") < gases.schmidt_number(name, t, "sea"))


def test_one_fit_of_co2_stands_behind_both_names():
    assert np.array_equal(gases.schmidt_number("CO2", T), gas.schmidt_number_co2_wanninkhof2014(T))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: gases.schmidt_number("CFC11", 10.0), "did you mean 'CFC-11'"),
        (lambda: gases.schmidt_number("O2", 10.0, "salt"), "known: fresh, sea"),
        (lambda: gases.moist_air_solubility("n2o", 10.0, 35.0), "To mend"),
        (lambda: gases.air_equilibrium("O2", 10.0, 35.0), "To mend"),
        (lambda: oxygen.oxygen_solubility_garcia1992(10.0, 35.0, "benson"), "did you mean 'benson_krause'"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(call, text):
    with pytest.raises(InputError, match=text):
        call()


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_solubilities_keep_the_dtype_of_their_inputs(dtype):
    t, s = jnp.asarray(10.0, dtype), jnp.asarray(35.0, dtype)
    assert oxygen.oxygen_solubility_garcia1992(t, s).dtype == dtype
    assert gases.schmidt_number("O2", t).dtype == dtype
    for name in SOLUBLE:
        assert gases.henry_solubility(name, t, s).dtype == dtype
