"""The released ratio against the literature and another code."""

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.seawater import Conditions, solve_system
from shanhai.seawater.counter_pump import released_ratio


def test_released_ratio_of_warm_surface_water_is_six_tenths():
    """Frankignoulle et al. (1994): about 0.6 at 25 degC, S = 35 and 350 uatm."""
    pair = {"pco2": jnp.array(35.46), "alkalinity": jnp.array(2370e-6)}
    water = solve_system(pair, Conditions(jnp.array(25.0), jnp.array(35.0)))
    np.testing.assert_allclose(released_ratio(water), 0.60, atol=0.01)


def test_released_ratio_equals_that_of_pyco2sys():
    oracle = pytest.importorskip("PyCO2SYS")
    t, p = np.meshgrid([0.0, 15.0, 30.0], [200.0, 400.0, 1000.0])
    theirs = oracle.sys(p, 2300.0, 4, 1, temperature=t, salinity=35.0, opt_k_carbonic=10)["psi"]
    pair = {"pco2": jnp.asarray(p) * 0.101325, "alkalinity": jnp.array(2300e-6)}
    ours = released_ratio(solve_system(pair, Conditions(jnp.asarray(t), jnp.array(35.0))))
    np.testing.assert_allclose(ours, theirs, rtol=1e-3)  # theirs counts borate and water as the only other acids
