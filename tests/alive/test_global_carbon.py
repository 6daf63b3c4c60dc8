"""Every parameter of the global carbon model moves an output."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.carbon.scenarios import embedded
from shanhai.core.params import describe
from shanhai.land.global_carbon import fertilisation
from shanhai.models.box.global_carbon import GlobalCarbon, budget, preindustrial, simulate
from shanhai.numerics.calibration import parameters, with_parameters

MODEL = GlobalCarbon()
DRIVERS = embedded("ssp585", 1990, 2060).drivers()
KNOWN = {row.name: row for row in describe(MODEL)}


@jax.jit
def outputs(model):
    terms = budget(model, simulate(model, DRIVERS, preindustrial(model)))
    return jnp.stack([terms.ppm, terms.land, terms.ocean, terms.warming, terms.ph, terms.saturation])


@pytest.fixture(scope="module")
def usual():
    return np.asarray(outputs(MODEL))


@pytest.mark.parametrize("name", KNOWN)
def test_every_parameter_moves_an_output(name, usual):
    value, (low, high) = float(parameters(MODEL, [name])[0]), KNOWN[name].bounds
    other = value + 0.05 * (high - value) if value < high else value - 0.05 * (value - low)
    moved = np.asarray(outputs(with_parameters(MODEL, [name], jnp.array([other]))))
    assert np.all(np.isfinite(moved))
    assert np.max(np.abs(moved - usual) / np.abs(usual).max(axis=1, keepdims=True)) > 1e-6


def test_the_form_of_fertilisation_matters():
    assert abs(fertilisation(560.0, 0.6, "hyperbolic") - fertilisation(560.0, 0.6, "logarithmic")) > 0.01
