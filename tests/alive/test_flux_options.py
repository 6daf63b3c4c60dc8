"""Every parameter and option of the flux moves it."""

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

from shanhai.airsea import LAWS, FluxOptions, co2_flux
from shanhai.core.params import describe

STATE = {
    "pco2_sea": 30.0,
    "xco2": 390e-6,
    "temperature": 20.0,
    "salinity": 34.0,
    "wind": 8.0,
    "air_pressure": 101325.0,
    "mean_square_wind": 80.0,
    "mean_cube_wind": 900.0,
}
BASE = float(co2_flux(**STATE).flux)


@pytest.mark.parametrize(
    "change",
    [
        {"law": LAWS["nightingale_2000"]()},
        {"schmidt": "wanninkhof_2014"},
        {"fugacity": True},
        {"cool_skin": "fixed"},
        {"cool_skin": "donlon_2002"},
        {"salty_skin": 0.1},
        {"solubility_decimals": 2},
        {"atmosphere": 101300.0},
    ],
    ids=str,
)
def test_option_moves_the_flux(change):
    assert float(co2_flux(**STATE, options=FluxOptions(**change)).flux) != BASE


def test_depth_of_the_temperature_matters_under_a_cool_skin():
    below, above = (
        float(co2_flux(**STATE, options=FluxOptions(cool_skin="fixed", temperature_is=d)).flux)
        for d in ("subskin", "skin")
    )
    assert below != above


@pytest.mark.parametrize("name", list(LAWS))
def test_every_coefficient_of_every_law_moves_the_transfer_velocity(name):
    law = LAWS[name]()
    winds = jnp.array([2.0, 8.0, 15.0])
    gradient = jax.grad(lambda m: m.k(winds).sum())(law)
    assert describe(law)
    for leaf in jax.tree.leaves(eqx.filter(gradient, eqx.is_inexact_array)):
        assert float(leaf) != 0.0
