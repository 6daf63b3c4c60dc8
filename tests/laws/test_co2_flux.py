"""Laws of the flux function that hold for any input."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanhai.airsea import LAWS, FluxOptions, co2_flux, wind_compensation
from shanhai.seawater import gas, water_vapour_pressure_weiss1980

STATE = st.fixed_dictionaries(
    {
        "pco2_sea": st.floats(5, 120),
        "xco2": st.floats(280e-6, 900e-6),
        "temperature": st.floats(-1.8, 34),
        "salinity": st.floats(0, 41),
        "wind": st.floats(0, 30),
        "air_pressure": st.floats(93e3, 106e3),
    }
)
flux_of = jax.jit(lambda state: co2_flux(**state))


@settings(max_examples=60, deadline=None)
@given(STATE)
def test_flux_has_the_sign_of_the_pressure_difference(state):
    out = flux_of(state)
    assert np.sign(float(out.flux)) == np.sign(float(out.delta_pco2)) or state["wind"] < 1e-150


@settings(max_examples=60, deadline=None)
@given(STATE)
def test_equilibrium_has_no_flux(state):
    vapour = water_vapour_pressure_weiss1980(state["temperature"], state["salinity"])
    balanced = state | {"pco2_sea": float(gas.co2_partial_pressure(state["xco2"], state["air_pressure"], vapour))}
    assert abs(float(flux_of(balanced).flux)) <= 1e-12 * abs(float(flux_of(balanced | {"pco2_sea": 0.0}).flux))


@settings(max_examples=40, deadline=None)
@given(STATE, st.lists(st.floats(0.1, 25), min_size=2, max_size=30), st.sampled_from(sorted(LAWS)))
def test_compensated_flux_of_mean_wind_is_mean_flux_of_winds(state, winds, name):
    """Exact for every polynomial law, whatever the winds; Liss-Merlivat only inside one regime."""
    if name.startswith("liss"):
        winds = [3.7 + w % 9.0 for w in winds]
    law, u = LAWS[name](), jnp.array(winds)
    moments = [float((u**n).mean()) for n in (1, 2, 3)]
    k = law.k(moments[0]) * wind_compensation(law, *moments)
    assert float(k) == pytest.approx(float(law.k(u).mean()), rel=1e-10)


def test_ice_closes_the_surface_in_proportion():
    at = {"pco2_sea": 30.0, "xco2": 4e-4, "temperature": 0.0, "salinity": 33.0, "wind": 9.0, "air_pressure": 1e5}
    open_water, half, closed = (float(co2_flux(**at, ice_fraction=f).flux) for f in (0.0, 0.5, 1.0))
    assert half == pytest.approx(open_water / 2, rel=1e-15)
    assert closed == 0.0


def test_dropping_water_vapour_would_deepen_the_sink_by_a_third(table_d1):
    dry = table_d1["xco2"] * 1e-6 * table_d1["air_pressure"]
    moist = table_d1["pco2_air"]
    k = table_d1["transfer_velocity"] * table_d1["wind_compensation"]
    change = (k * (table_d1["pco2_sea"] - dry)).sum() / (k * (table_d1["pco2_sea"] - moist)).sum()
    assert 1.2 < change < 1.5


def test_wrong_law_moment_is_harmless_for_a_linear_law():
    law = LAWS["liss_merlivat_1986"]()
    assert float(wind_compensation(law, 6.0, 99.0, 999.0)) == 1.0


def test_missing_values_stay_missing():
    out = co2_flux(
        pco2_sea=np.array([np.nan, 30.0]), xco2=4e-4, temperature=10.0, salinity=0.0, wind=5.0, air_pressure=1e5
    )
    assert np.isnan(out.flux[0])
    assert np.isfinite(out.flux[1])


def test_default_options_are_the_standard():
    opt = FluxOptions()
    assert (opt.law.name, opt.schmidt, opt.fugacity, opt.cool_skin, opt.salty_skin) == (
        "ho_2006",
        "wanninkhof_1992",
        False,
        None,
        0.0,
    )
