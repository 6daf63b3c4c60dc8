"""Derivatives of solubilities, fresh and frozen too."""

import jax
import numpy as np
import pytest

from shanhai.seawater import gas, gases, oxygen

FUNCTIONS = {
    "oxygen": oxygen.oxygen_solubility_garcia1992,
    "utilisation": lambda t, s: oxygen.apparent_oxygen_utilisation(1e-4, t, s),
    "N2": lambda t, s: gases.equilibrium_content("N2", t, s, 0.78, 1e5),
    "CFC-12": lambda t, s: gases.henry_solubility("CFC-12", t, s),
    "CH4": lambda t, s: gases.moist_air_solubility("CH4", t, s),
    "fugacity in place": lambda t, s: gas.co2_fugacity_of_water(1e-5, t, s, 5e7),
    "Schmidt number": lambda t, s: gases.schmidt_number("SF6", t) + 0 * s,
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("state", [(12.0, 34.0), (-2.0, 35.0), (0.0, 0.0)])
def test_gradient_equals_finite_difference(name, state):
    f, step = FUNCTIONS[name], 1e-4
    found = jax.grad(f, argnums=(0, 1))(*state)
    for axis, slope in enumerate(found):
        up, down = list(state), list(state)
        up[axis] += step
        down[axis] -= step
        expected = (float(f(*up)) - float(f(*down))) / (2 * step)
        assert np.isfinite(slope)
        assert float(slope) == pytest.approx(expected, rel=1e-6, abs=1e-9 * abs(float(f(*state))))
