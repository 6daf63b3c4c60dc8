"""Laws of the carbonate counter pump: balances of carbon, alkalinity and calcium, and what the ratios mean."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanhai.seawater import Conditions, Solutes, solve_system
from shanhai.seawater.counter_pump import (
    OrganicMatter,
    after_export,
    co2_uptake,
    neutral_rain_ratio,
    pco2_by_carbonate,
    pco2_by_organic_carbon,
    released_co2,
    released_ratio,
)

TEMPERATURE = jnp.array([2.0, 15.0, 28.0])
PAIR = {"dic": jnp.array([2150e-6, 2060e-6, 1980e-6]), "alkalinity": jnp.array([2300e-6, 2310e-6, 2350e-6])}
PLAIN = solve_system(PAIR, Conditions(TEMPERATURE, jnp.array(34.0)))
RICH = solve_system(
    PAIR,
    Conditions(TEMPERATURE, jnp.array(34.0)),
    Solutes(phosphate=jnp.array(2e-6), silicate=jnp.array(30e-6), ammonia=jnp.array(1e-6)),
)
amounts = st.floats(-100e-6, 100e-6)


@settings(max_examples=10, deadline=None)
@given(carbonate=amounts, organic=amounts)
def test_carbon_alkalinity_and_calcium_balance(carbonate, organic):
    after = after_export(PLAIN, carbonate, organic)
    gained = OrganicMatter().alkalinity * organic
    np.testing.assert_allclose(after.dic + carbonate + organic, PLAIN.dic, rtol=1e-15)
    np.testing.assert_allclose(after.alkalinity + 2 * carbonate - gained, PLAIN.alkalinity, rtol=1e-12)
    np.testing.assert_allclose(after.water.totals.calcium + carbonate, PLAIN.water.totals.calcium, rtol=1e-15)


def test_phosphorus_and_nitrogen_balance():
    matter = OrganicMatter(nitrate_share=0.75)
    after = after_export(RICH, 0.0, 20e-6, matter)
    np.testing.assert_allclose(after.water.solutes.phosphate + 20e-6 / 106, 2e-6, rtol=1e-12)
    np.testing.assert_allclose(after.water.solutes.ammonia + 0.25 * 20e-6 * 16 / 106, 1e-6, rtol=1e-12)


@pytest.mark.parametrize("system", [PLAIN, RICH])
def test_dissolving_what_has_precipitated_gives_the_water_back(system):
    back = after_export(after_export(system, 30e-6, 50e-6), -30e-6, -50e-6)
    np.testing.assert_allclose(back.ph_total, system.ph_total, rtol=1e-12)
    np.testing.assert_allclose(back.omega_calcite, system.omega_calcite, rtol=1e-11)


def test_no_export_changes_nothing():
    np.testing.assert_allclose(after_export(RICH).pco2, RICH.pco2, rtol=1e-12)
    np.testing.assert_allclose(released_co2(RICH), 0.0, atol=1e-16)


def test_shells_raise_pco2_and_soft_tissue_lowers_it():
    assert np.all(after_export(PLAIN, calcium_carbonate=10e-6).pco2 > PLAIN.pco2)
    assert np.all(after_export(PLAIN, organic_carbon=10e-6).pco2 < PLAIN.pco2)


@pytest.mark.parametrize("system", [PLAIN, RICH])
def test_slopes_are_those_of_the_finite_change(system):
    small = 1e-8
    up, down = after_export(system, small).pco2, after_export(system, -small).pco2
    np.testing.assert_allclose(pco2_by_carbonate(system), (up - down) / (2 * small), rtol=1e-6)
    up, down = after_export(system, 0.0, small).pco2, after_export(system, 0.0, -small).pco2
    np.testing.assert_allclose(pco2_by_organic_carbon(system), (up - down) / (2 * small), rtol=1e-6)
    gone = (released_co2(system, small) - released_co2(system, -small)) / (2 * small)
    np.testing.assert_allclose(released_ratio(system), gone, rtol=1e-6)


@pytest.mark.parametrize("system", [PLAIN, RICH])
def test_an_export_of_neutral_rain_leaves_pco2_and_the_air_alone(system):
    ratio = neutral_rain_ratio(system)
    small = 1e-8
    raised = after_export(system, small).pco2 - system.pco2
    after = after_export(system, calcium_carbonate=small, organic_carbon=ratio * small)
    assert np.all(np.abs(after.pco2 - system.pco2) < 1e-3 * raised)
    np.testing.assert_allclose(co2_uptake(system, ratio), 0.0, atol=1e-10)
    assert np.all(co2_uptake(system, 1.1 * ratio) > 0)
    assert np.all(co2_uptake(system, 0.9 * ratio) < 0)


def test_closed_and_open_forms_agree_without_nutrients():
    quotient = 2.0 / (1.0 + released_ratio(PLAIN))
    gained = OrganicMatter().alkalinity
    np.testing.assert_allclose(neutral_rain_ratio(PLAIN), released_ratio(PLAIN) / (1.0 + gained / quotient), rtol=1e-9)
    np.testing.assert_allclose(co2_uptake(PLAIN, 5.0), 1.0 + gained / quotient - released_ratio(PLAIN) / 5.0, rtol=1e-9)


def test_the_water_that_keeps_its_pco2_keeps_its_carbon_with_what_it_releases():
    released = released_co2(PLAIN, 20e-6, 5e-6)
    after = after_export(PLAIN, 20e-6, 5e-6)
    pair = {"dic": after.dic - released, "alkalinity": after.alkalinity}
    np.testing.assert_allclose(solve_system(pair, PLAIN.conditions).pco2, PLAIN.pco2, rtol=1e-9)


def test_growth_on_ammonium_lowers_alkalinity_and_on_nitrate_raises_it():
    np.testing.assert_allclose(OrganicMatter().alkalinity, 17 / 106)
    np.testing.assert_allclose(OrganicMatter(nitrate_share=0.0).alkalinity, -15 / 106)


def test_released_ratio_is_one_where_bicarbonate_alone_buffers():
    """A fresh water of much CO2: no borate, hardly any carbonate."""
    pair = {"pco2": jnp.array(1e3), "alkalinity": jnp.array(500e-6)}
    water = solve_system(pair, Conditions(jnp.array(15.0), jnp.array(0.0)))
    np.testing.assert_allclose(released_ratio(water), 1.0, atol=5e-3)


def test_released_ratio_rises_with_pco2_and_with_cold():
    pair = {"pco2": jnp.array([28.0, 40.0, 80.0])[:, None], "alkalinity": jnp.array(2300e-6)}
    water = solve_system(pair, Conditions(jnp.array([0.0, 10.0, 25.0]), jnp.array(35.0)))
    psi = released_ratio(water)
    assert np.all(np.diff(psi, axis=0) > 0)
    assert np.all(np.diff(psi, axis=1) < 0)
