"""Laws of nitrogen fixation: a positive cost with one minimum, and atoms that close."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Network, Species
from shanhai.soil.nitrification import mineral_nitrogen
from shanhai.soil.nitrogen_fixation import FixationCost, fixation


def test_cost_is_positive_with_one_minimum_at_half_of_the_equal_temperature():
    t = jnp.linspace(223.15, 353.15, 2601)
    cost = np.asarray(FixationCost().by_mass(t))
    assert np.all(cost > 0)
    assert np.all(cost < 60.0)
    turns = np.flatnonzero(np.diff(np.sign(np.diff(cost))) > 0)
    assert turns.size == 1
    assert float(t[turns[0] + 1]) - 273.15 == pytest.approx(25.14, abs=0.05)
    assert float(jax.grad(FixationCost().by_mass)(273.15 + 25.14)) == pytest.approx(0.0, abs=1e-10)


def test_scale_is_positive_in_every_allowed_convention():
    costs = FixationCost(scale=6.0).by_mass(jnp.array([273.15, 298.15]))
    assert np.allclose(costs, FixationCost().by_mass(jnp.array([273.15, 298.15])) / 5)
    assert float(FixationCost().molar(298.15) / FixationCost().by_mass(298.15)) == pytest.approx(14.007 / 12.011)


def test_fixation_closes_carbon_and_nitrogen_and_pays_the_cost():
    def cost(x, environment):
        return FixationCost().molar(environment["temperature"])

    carbon = (Species("sugar", {"C": 1.0}), Species("co2", {"C": 1.0}, external=True))
    nitrogen = mineral_nitrogen("ammonium", "dinitrogen", external=("dinitrogen",))
    reactions = fixation(FirstOrder("sugar", 1e-6), cost, carbon="sugar")
    warm = {"temperature": jnp.asarray(298.0)}
    network = Network((*carbon, *nitrogen), reactions, sample=warm)
    change = network.tendency(jnp.array([3.0, 0.0, 0.0, 0.0]), warm)
    assert np.allclose(network.contents @ change, 0.0, atol=1e-21)
    assert float(-change[0] / change[2]) == pytest.approx(float(FixationCost().molar(298.0)))
    cold = network.tendency(jnp.array([3.0, 0.0, 0.0, 0.0]), {"temperature": jnp.asarray(275.0)})
    assert float(cold[2]) < float(change[2])
