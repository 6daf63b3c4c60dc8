"""Derivatives of DayCent: finite and those of differences, in ordinary, empty, dry, full and frozen soil."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.soil.peers import daycent_gases as gases
from shanhai.soil.peers.daycent import daycent_network
from shanhai.soil.peers.daycent_matter import Daycent, daycent_day

WEATHER = (12.0, 0.25, 0.5, 0.5, 0.2, 50.0)
EDGES = ((-40.0, 0.25), (12.0, 0.0), (12.0, 0.12), (12.0, 0.3), (12.0, 0.5))
CASES = {
    "temperature of nitrification": (gases.nitrification_temperature_factor, (12.0, 25.0)),
    "water of nitrification": (gases.nitrification_water_factor, (0.7, 0.5, 0.6, 0.05)),
    "diffusivity": (gases.aggregate_diffusivity, (0.45, 0.3, 0.5, 0.05)),
    "diffusivity in wet soil": (gases.aggregate_diffusivity, (0.8, 0.3, 0.5, 0.05)),
    "NO over N2O": (gases.nitric_oxide_per_nitrous_oxide, (0.15,)),
    "water of denitrification": (gases.denitrification_water_factor, (0.8, 20.0, 0.1, 0.05)),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients_of_the_factors_equal_finite_differences(name):
    function, arguments = CASES[name]
    free = arguments[:-1] if arguments[-1] == 0.05 else arguments
    slopes = jax.grad(lambda a: function(*a, *arguments[len(free) :]))(free)
    for k, (value, slope) in enumerate(zip(free, slopes)):
        high, low = (
            float(function(*(v * (1 + s) if i == k else v for i, v in enumerate(arguments)))) for s in (1e-5, -1e-5)
        )
        assert float(slope) * value == pytest.approx((high - low) / 2e-5, rel=1e-6, abs=1e-9), k


@cache
def slopes():
    """Value and derivatives of a weighted sum of the rates of change, by amounts, weather and numbers."""
    network = daycent_network(Daycent())
    weight = jnp.cos(jnp.arange(len(network.species)) + 1.0)

    def change(x, weather, model):
        return jnp.sum(weight * daycent_network(model).tendency(x, daycent_day(model, *weather, nitrogen=0.003)))

    return jax.jit(jax.value_and_grad(change, (0, 1, 2)))


def floats(weather):
    return tuple(jnp.asarray(v, float) for v in weather)


@pytest.mark.slow
def test_derivatives_by_amounts_weather_and_numbers_are_those_of_differences():
    x, weather, model, h = jnp.linspace(0.5, 40.0, 31), floats(WEATHER), Daycent(), 1e-6
    _, found = slopes()(x, weather, model)

    def at(k, s):
        given = [jax.tree.map(lambda v, i=i: v * (1.0 + s * (i == k)), g) for i, g in enumerate((x, weather, model))]
        return slopes()(*given)[0]

    for k, given in enumerate((x, weather, model)):
        along = sum(float(jnp.sum(g * v)) for g, v in zip(jax.tree.leaves(found[k]), jax.tree.leaves(given)))
        np.testing.assert_allclose(along, (at(k, h) - at(k, -h)) / (2.0 * h), rtol=2e-6, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("edge", EDGES)
def test_derivatives_are_finite_at_the_edges(edge):
    for amount in (1.0, 0.0, 1e-200):
        value, found = slopes()(amount * jnp.linspace(0.5, 40.0, 31), floats((*edge, *WEATHER[2:])), Daycent())
        assert np.isfinite(value), amount
        for slope in jax.tree.leaves(found):
            assert np.all(np.isfinite(slope)), amount
