"""Derivatives of inputs and constants inside the propagation equal finite differences; uncertainties have gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.seawater import carbonate
from shanhai.seawater.co2system.given import solve_in, solve_system
from shanhai.seawater.co2system.system import Conditions
from shanhai.seawater.co2system.uncertainty import carbonate_uncertainty

BOTTLE = {"dic": 2000.0, "alkalinity": 2300.0, "temperature": 18.0, "salinity": 35.0, "pressure": 3000.0}


STEPS = {"dic": 0.1, "alkalinity": 0.1, "temperature": 1e-3, "salinity": 1e-3, "pressure": 1.0}
PK = ("k1", "k2", "kb", "kw", "ks", "kf")


@pytest.fixture(scope="module")
def effect():
    """Size of the effect on pH of a unit of each source."""
    sources = (*STEPS, *(f"p{name}" for name in PK))
    found = carbonate_uncertainty(
        uncertainty=dict.fromkeys(sources, 1.0), constants={}, outputs=("pH",), share=True, **BOTTLE
    )
    return {k: float(np.sqrt(found.share[k].pH) * found.uncertainty.pH) for k in sources}


@pytest.mark.parametrize("name", STEPS)
def test_effect_of_an_input_equals_finite_differences(effect, name):
    step = STEPS[name]
    every = {k: np.array([x, x]) for k, x in BOTTLE.items()}
    every[name] = BOTTLE[name] + np.array([-step, step])
    low, high = carbonate(outputs=("pH",), **every).pH
    np.testing.assert_allclose(effect[name], abs(high - low) / (2 * step), rtol=1e-5)


@pytest.mark.parametrize("name", PK)
def test_effect_of_a_constant_equals_finite_differences(effect, name):
    at = Conditions(jnp.array(18.0), jnp.array(35.0), jnp.array(3e7))
    pair = {"dic": jnp.array(2000e-6), "alkalinity": jnp.array(2300e-6)}
    water = solve_system(pair, at).water
    k = water.constants
    moved = k._replace(**{name: getattr(k, name) * 10.0 ** jnp.array([-1e-3, 1e-3])})
    low, high = solve_in(water._replace(constants=moved), pair, at).ph_total
    np.testing.assert_allclose(effect[f"p{name}"], abs(high - low) / 2e-3, rtol=1e-4)


def test_gradient_of_an_uncertainty_by_the_uncertainties_is_theirs_over_it():
    """d u / d u_i = c_i² u_i / u; summed with u_i it gives u."""

    def of(u, v):
        return carbonate_uncertainty(uncertainty={"dic": u, "alkalinity": v}, constants={}, **BOTTLE).uncertainty.pCO2

    by = jax.grad(of, (0, 1))(2.0, 3.0)
    np.testing.assert_allclose(2.0 * by[0] + 3.0 * by[1], of(2.0, 3.0), rtol=1e-10)


def test_gradient_is_zero_where_nothing_is_uncertain():
    def of(u):
        return carbonate_uncertainty(uncertainty={"dic": u}, constants={}, **BOTTLE).uncertainty.pCO2

    assert jax.grad(of)(0.0) == 0.0
