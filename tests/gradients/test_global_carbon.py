"""Gradients of the pH of 2100 by emissions and parameters equal finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.carbon.scenarios import embedded
from shanhai.models.box.global_carbon import GlobalCarbon, Trajectory, budget, preindustrial, simulate
from shanhai.numerics.calibration import parameters, with_parameters

pytestmark = pytest.mark.slow  # compiling takes long

FIRST = 1950  # so that the runs are short
SCENARIO = embedded("ssp534-over", FIRST, 2100)
NAMES = ("land.fertilisation", "land.q10", "sea.overturning", "sea.velocity", "sea.alkalinity", "climate.feedback")
DRIVERS = SCENARIO.drivers()


def ph_2100(numbers, fossil, land_use):
    model = with_parameters(GlobalCarbon(), NAMES, numbers)
    run = simulate(model, DRIVERS._replace(fossil=fossil, land_use=land_use), preindustrial(model))
    last = Trajectory(run.amounts[-2:], run.extents[-1:], run.warming[-2:])
    return budget(model, last).ph[0]


PH, SLOPES = jax.jit(ph_2100), jax.jit(jax.grad(ph_2100, (0, 1, 2)))
AT = (parameters(GlobalCarbon(), NAMES), DRIVERS.fossil, DRIVERS.land_use)


@pytest.fixture(scope="module")
def gradient():
    return SLOPES(*AT)


def central(direction, step):
    up, down = ([a + s * d for a, d in zip(AT, direction)] for s in (step, -step))
    return float(PH(*up) - PH(*down)) / (2 * step)


def difference(direction, step):
    """Central differences of two steps, of which the error of second order is taken out."""
    return (4.0 * central(direction, step / 2) - central(direction, step)) / 3.0


@pytest.mark.parametrize("name", NAMES)
def test_by_parameters(gradient, name):
    unit = jnp.eye(len(NAMES))[NAMES.index(name)] * AT[0]
    found = difference((unit, 0 * AT[1], 0 * AT[2]), 2e-3)
    assert float(gradient[0] @ unit) == pytest.approx(found, rel=1e-6, abs=1e-10)


@pytest.mark.parametrize("year", [1951, 1990, 2050, 2090])
@pytest.mark.parametrize("kind", [1, 2])
def test_by_the_emission_of_a_year(gradient, year, kind):
    direction = [0 * a for a in AT]
    direction[kind] = direction[kind].at[year - FIRST].set(1.0)
    assert float(gradient[kind][year - FIRST]) == pytest.approx(difference(direction, 0.5), rel=1e-6, abs=1e-11)


def test_all_are_finite_and_emissions_acidify(gradient):
    assert all(bool(jnp.all(jnp.isfinite(g))) for g in gradient)
    assert np.all(np.asarray(gradient[1]) < 0)
