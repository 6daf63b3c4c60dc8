"""The overturning ocean against published ranges, and its derivatives against differences."""

from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.models.box.ocean_geometry import Circulation, FourBoxes, SevenBoxes, ThreeBoxes
from shanhai.models.box.overturning import Settings, begin, main_state, run, state
from shanhai.ocean.boxes import transport

pytestmark = pytest.mark.slow  # compiling takes long

SETTINGS = Settings()
DEEP, HIGH = 2, 1


@cache
def states():
    """Reference and half the circulation."""
    changes = Circulation(jnp.array([1.0, 0.5]), jnp.ones(2), jnp.ones(2))
    return jax.jit(jax.vmap(lambda change: state(SETTINGS, change)))(changes)


@jax.jit
@jax.value_and_grad
def co2(given):
    """CO2 [ppm] of circulation, rain ratio, overturning, polar mixing and polar growth, and its gradient."""
    circulation, rain, overturning, mixing, growth = given
    flows = lambda s: (s.three.overturning, s.three.polar_mixing)  # noqa: E731
    settings = eqx.tree_at(flows, SETTINGS, (overturning, mixing))
    return 1e6 * main_state(settings, Circulation(circulation, rain, growth)).x[12] / 1.773e20


HERE = jnp.array([1.0, 1.0, 20.0, 60.0, 1.0])


def test_all_states_are_steady():
    assert np.all(np.asarray(states().steady.status) == 0)


def test_reference_has_the_air_before_industry():
    np.testing.assert_allclose(1e6 * np.asarray(states().co2)[0], 280.0, atol=5.0)


def test_range_of_co2_is_that_of_sarmiento_and_toggweiler():
    """163 to 425 ppm from polar growth and overturning together: Nature 308, 621 (1984), abstract."""
    least, _ = co2(HERE.at[4].set(10.0))  # all phosphate used in high latitudes
    most, _ = co2(HERE.at[2].set(1.0).at[4].set(0.0))  # none, and hardly any water that comes from low latitudes
    np.testing.assert_allclose([least, most], [163.0, 425.0], rtol=0.1)


def test_half_the_circulation_puts_carbon_into_the_deep_sea_and_takes_its_oxygen():
    x = np.asarray(states().steady.x)
    assert x[1, DEEP] > x[0, DEEP]
    assert x[1, 9 + DEEP] < x[0, 9 + DEEP]
    assert np.asarray(states().co2)[1] < np.asarray(states().co2)[0]


def test_deep_radiocarbon_is_that_of_the_deep_sea_and_falls_with_the_circulation():
    """About -160 per mil in the mean of the deep sea: Toggweiler & Sarmiento (1985) use it to find the exchange."""
    deep = 1e3 * (np.asarray(states().ratio14)[:, DEEP] - 1.0)
    np.testing.assert_allclose(deep[0], -160.0, atol=35.0)
    assert deep[1] < deep[0] - 40.0


def test_air_has_the_carbon_13_before_industry():
    """-6.3 to -6.6 per mil in ice cores, from an ocean of 0.6."""
    np.testing.assert_allclose(1e3 * (np.asarray(states().ratio13)[0, -1] - 1.0), -6.4, atol=1.0)


def test_carbon_alkalinity_and_phosphate_are_those_of_the_start():
    first, x = np.asarray(begin(SETTINGS)), np.asarray(states().steady.x)[0]
    np.testing.assert_allclose(x[:3].sum() + x[12], first[:3].sum() + first[12], rtol=1e-12)
    np.testing.assert_allclose(x[3:6].sum(), first[3:6].sum(), rtol=1e-12)
    np.testing.assert_allclose(x[6:9].sum(), first[6:9].sum(), rtol=1e-12)


def test_gradients_by_circulation_rain_and_overturning_equal_differences():
    _, gradient = co2(HERE)
    for k in range(3):
        move = 1e-4 * HERE[k] * jnp.eye(5)[k]
        difference = (co2(HERE + move)[0] - co2(HERE - move)[0]) / (2e-4 * HERE[k])
        np.testing.assert_allclose(gradient[k], difference, rtol=1e-6)
    assert gradient[1] > 0.0  # more carbonate rain, more CO2


def test_every_geometry_balances_its_water_and_shares_out_all_that_sinks():
    for geometry in (ThreeBoxes(), FourBoxes(), SevenBoxes()):
        sea = geometry.boxes()
        transport(sea, ("dic",), geometry.flows(Circulation()))  # refused where a box fills
        transport(sea, ("dic",), geometry.flows(Circulation(overturning=0.5)))
        for outcrop in geometry.outcrops(Circulation(), jnp.asarray(1 / 106)):
            np.testing.assert_allclose(sum(float(s) for s in outcrop.targets.values()), 1.0, rtol=1e-12)
    np.testing.assert_allclose(float(ThreeBoxes().boxes().volume.sum()), 1.292e18, rtol=1e-3)


def test_a_geometry_that_is_not_read_is_refused():
    changed = eqx.tree_at(lambda s: s.seven.overturning, SETTINGS, jnp.asarray(5.0))
    with pytest.raises(InputError, match="seven boxes are changed, but boxes = 3"):
        run(changed)
