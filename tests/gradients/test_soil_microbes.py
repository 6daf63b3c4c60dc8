"""Gradients of the laws of soil microbes against finite differences, at ordinary, empty, dry, wet and frozen states."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Network, Species
from shanhai.core.routing import routed
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.integrate import FINISHED, Tolerance, integrate_with_gradient
from shanhai.soil.birch import Birch, exposure, liquid_potential, lysis
from shanhai.soil.carbon_use import EfficiencyOfSoil, LinearEfficiency, LogitEfficiency, carbon_use
from shanhai.soil.dormancy import Dormancy, dormancy_reactions
from shanhai.soil.enzyme_allocation import Choice, optimal_fraction, smooth_fraction
from shanhai.soil.stoichiometry import Composition, Immobilisation, uptake


def differences(function, x, relative=1e-6, floor=1e-6):
    """Derivatives of a scalar function of a vector; forward ones where it is zero, as amounts are not negative."""
    slopes = []
    for k, value in enumerate(np.asarray(x)):
        h = relative * max(abs(value), floor)
        up, down, width = x.at[k].add(h), x if value == 0 else x.at[k].add(-h), h if value == 0 else 2 * h
        slopes.append(float(function(up) - function(down)) / width)
    return np.array(slopes)


@pytest.mark.parametrize("temperature", [253.15, 288.15, 313.15])
@pytest.mark.parametrize("form", [LogitEfficiency(), LinearEfficiency()])
def test_efficiency_by_temperature(form, temperature):
    slope = float(jax.grad(form)(temperature))
    assert slope == pytest.approx(float(form(temperature + 1e-3) - form(temperature - 1e-3)) / 2e-3, rel=1e-6)


@pytest.mark.parametrize("width", [0.0, 0.1])
@pytest.mark.parametrize("given", [(1.0, 0.01, 0.1), (1.0, 1.0, 1.0), (1.0, 1.0, 0.001), (1e-9, 0.3, 0.2)])
def test_carbon_use_by_uptakes(given, width):
    @jax.jit
    def growth(v):
        use = carbon_use(v[0], 0.45, {"N": v[1], "P": v[2]}, {"N": 8.0, "P": 50.0}, width)
        return use.growth - 0.5 * use.overflow

    x = jnp.array(given)
    slopes = jax.grad(growth)(x)
    assert np.allclose(slopes, differences(growth, x, floor=1e-12), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("given", [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 1.0), (1.0, 0.45 / 8.0, 0.45 / 50.0)])
@pytest.mark.parametrize("width", [0.0, 0.1])
def test_carbon_use_has_finite_slopes_without_anything_and_at_the_corner(given, width):
    def parts(v):
        use = carbon_use(v[0], 0.45, {"N": v[1], "P": v[2]}, {"N": 8.0, "P": 50.0}, width)
        return jnp.stack([*use, use.efficiency])

    assert np.all(np.isfinite(jax.jacrev(parts)(jnp.array(given))))


def growth_choice(v):
    """a, b, N and P given by nature, and contents."""
    contents = {"N": v[4], "P": v[5]}, {"N": v[6], "P": v[7]}
    return Choice(v[0], v[1], 0.4, {"N": 8.0, "P": 50.0}, *contents, {"N": v[2], "P": v[3]})


CHOICES = {
    "nitrogen is mined": [1.0, 0.3, 0.001, 0.1, 0.01, 0.02, 0.1, 0.02],
    "phosphorus is mined": [1.0, 0.3, 0.1, 0.0, 0.05, 0.002, 0.1, 0.02],
    "nothing is to be mined": [1.0, 0.3, 0.5, 0.5, 0.01, 0.02, 0.1, 0.02],
    "no mineral nutrients": [1.0, 0.3, 0.0, 0.0, 0.01, 0.005, 0.1, 0.02],
}


@pytest.fixture(scope="module", params=[0.0, 0.05])
def allocation(request):
    width = request.param

    def fraction(v):
        return smooth_fraction(growth_choice(v), width) if width else optimal_fraction(growth_choice(v))

    return jax.jit(fraction), jax.jit(jax.grad(fraction))


@pytest.mark.parametrize("state", CHOICES.values(), ids=CHOICES)
def test_allocation_by_rates_supplies_and_contents(allocation, state):
    fraction, gradient = allocation
    x = jnp.array(state)
    expected = differences(fraction, x, 1e-5, 1e-3)
    assert np.allclose(gradient(x), expected, rtol=1e-5, atol=1e-6 * max(1.0, np.abs(expected).max()))


def test_allocation_has_finite_slopes_where_there_is_nothing(allocation):
    for state in ([0.0] * 8, [1.0, 0.0] + [0.0] * 6, [0.0, 0.0, 0.1, 0.1] + [0.0] * 4):
        assert np.all(np.isfinite(allocation[1](jnp.array(state))))


@pytest.mark.parametrize("potential", [0.0, -1e-3, -1e3, -0.4e6, -5e6, -1e9])
def test_switches_by_potential(potential):
    d = Dormancy()
    for switch in (d.asleep, d.awake):
        slope = float(jax.grad(switch)(potential))
        h = max(1e-4 * abs(potential), 1e-6)
        assert slope == pytest.approx(
            float(switch(potential + h) - switch(potential - h)) / (2 * h), rel=1e-5, abs=1e-12
        )
    slopes = jax.grad(lambda d: d.asleep(potential))(d)
    assert all(np.isfinite(leaf) for leaf in jax.tree.leaves(slopes))


@pytest.mark.parametrize("kelvin", [-20.0, -1.0, 0.0, 10.0])
def test_frozen_potential_by_temperature(kelvin):
    def potential(t):
        return liquid_potential(-1e4, t, 1e3)

    slope, t = float(jax.grad(potential)(273.15 + kelvin)), 273.15 + kelvin
    assert slope == pytest.approx(float(potential(t + 1e-4) - potential(t - 1e-4)) / 2e-4, rel=1e-6, abs=1e-3)


# --- a whole network of microbes ---

ELEMENTS = ("C", "N", "P")
FOOD, ACTIVE, DORMANT, AGGREGATES = (
    tuple(Species(f"{p}_{e}", {e: 1.0}) for e in ELEMENTS) for p in ("food", "active", "dormant", "aggregates")
)
CO2 = Species("co2", {"C": 1.0}, external=True)
SLOTS = {"C": CO2, "N": Species("ammonium", {"N": 1.0}), "P": Species("phosphate", {"P": 1.0})}
HOUR = 3600.0
WEIGHTS = jnp.array(np.random.default_rng(3).uniform(0.5, 1.5, 15))


class Numbers(eqx.Module):
    dormancy: Dormancy
    birch: Birch
    composition: Composition
    efficiency: LogitEfficiency


NUMBERS = Numbers(Dormancy(), Birch(), Composition(), LogitEfficiency())


class Weather(eqx.Module):
    potential: jax.Array
    potential_rate: jax.Array
    water_rate: jax.Array
    temperature: jax.Array


def network(numbers, width, elements=3):
    food, active, dormant, aggregates = (pool[:elements] for pool in (FOOD, ACTIVE, DORMANT, AGGREGATES))
    slots = dict(list(SLOTS.items())[:elements])
    eat = uptake(
        "eat",
        lambda x, e: 0.02 / HOUR * x["active_C"] * x["food_C"] / (20.0 + x["food_C"]),
        food,
        active,
        efficiency=EfficiencyOfSoil(numbers.efficiency),
        ratios={e: r for e, r in numbers.composition.ratios.items() if e in slots},
        slots=slots,
        most={"N": Immobilisation("ammonium", 1e-4), "P": Immobilisation("phosphate", 1e-4)},
        width=width,
    )
    reactions = (
        eat,
        *dormancy_reactions(numbers.dormancy, active, dormant, "food_C"),
        lysis(numbers.birch, active, food, slots),
        exposure(numbers.birch, aggregates, food),
        routed("death", FirstOrder("active_C", 1e-7), active, {food: 1.0}, {}),
    )
    species = (*food, *active, *dormant, *aggregates, *slots.values())
    return Network(species, reactions, weather(-1e4, 0.0, 0.0, 283.15))


def weather(*values):
    return Weather(*(jnp.asarray(v) for v in values))


LIVING = [50.0, 2.0, 0.3, 7.0, 1.0, 7.0 / 42.0, 14.0, 2.0, 14.0 / 42.0, 60.0, 4.0, 0.5, 0.0, 0.05, 0.01]
STATES = {
    "ordinary": (LIVING, (-2e4, 0.0, 0.0, 293.15)),
    "rain on dry soil": (LIVING, (-1e5, 1.4e3, 8e-5, 293.15)),
    "dry": (LIVING, (-1e7, -1.0, -1e-8, 300.0)),
    "saturated": (LIVING, (0.0, 0.0, 0.0, 288.15)),
    "frozen": (LIVING, (-1.2e7, -50.0, -1e-6, 263.15)),
    "no mineral nutrients": (LIVING[:13] + [0.0, 0.0], (-2e4, 0.0, 0.0, 293.15)),
    "no phosphorus in food": ([50.0, 2.0, 0.0, *LIVING[3:14], 0.0], (-2e4, 0.0, 0.0, 293.15)),
    "empty": ([0.0] * 15, (-2e4, 10.0, 1e-6, 293.15)),
}


@pytest.fixture(scope="module")
def tendency():
    def value(x, numbers, environment, width):
        return jnp.sum(WEIGHTS * network(numbers, width).tendency(x, environment)) * HOUR

    return jax.jit(value), jax.jit(jax.grad(value, (0, 1, 2)))


@pytest.mark.parametrize(("x", "given"), STATES.values(), ids=STATES)
def test_the_network_by_amounts_weather_and_parameters(tendency, x, given):
    value, gradient = tendency
    x, environment, width = jnp.array(x), weather(*given), 0.1
    by_x, by_numbers, by_weather = gradient(x, NUMBERS, environment, width)
    leaves = jax.tree.leaves((by_x, by_numbers, by_weather))
    assert all(np.all(np.isfinite(leaf)) for leaf in leaves)
    if np.all(np.asarray(x)[:12] > 0):  # ratios of what is not there have no slope
        expected = differences(lambda v: value(v, NUMBERS, environment, width), x, 1e-5, 1e-4)
        assert np.allclose(by_x, expected, rtol=1e-5, atol=1e-6)
    flat, back = ravel_pytree(NUMBERS)
    got = ravel_pytree(by_numbers)[0]
    expected = differences(lambda v: value(x, back(v), environment, width), flat, 1e-5, 1e-9)
    scale = np.abs(np.asarray(flat))
    assert np.allclose(got * scale, expected * scale, rtol=1e-5, atol=1e-6)


def test_a_run_through_rain_by_its_parameters_equals_finite_differences():
    tolerance, environment = Tolerance(relative=1e-7, absolute=1e-10), weather(-1e5, 1.4e3, 8e-5, 293.15)

    @jax.jit
    def respired(flat):
        made, x = network(back(flat), 0.0, 1), jnp.array([*LIVING[:12:3], 0.0])
        end = integrate_with_gradient(RungeKutta(3), made, x, environment, HOUR, tolerance, 40)
        return end.x[4] + 0.1 * end.x[0], end.status

    flat, back = ravel_pytree(NUMBERS)
    gradient, status = jax.jit(jax.grad(respired, has_aux=True))(flat)
    assert int(status) == FINISHED
    expected = differences(lambda v: respired(v)[0], flat, 1e-4)
    scale = np.abs(np.asarray(flat))
    assert np.allclose(gradient * scale, expected * scale, rtol=1e-4, atol=1e-6)
    assert np.sum(np.abs(np.asarray(gradient)) > 0) > 8
