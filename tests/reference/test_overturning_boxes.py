"""The overturning ocean against published ranges, and its derivatives against differences."""

from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from shanhai.models.box.ocean_geometry import Circulation, FourBoxes, SevenBoxes, ThreeBoxes
from shanhai.models.box.overturning import Settings, main_state, state
from shanhai.ocean.boxes import transport

SETTINGS = Settings()
DEEP, HIGH = 2, 1


@cache
def states():
    """Reference, half the circulation, no polar growth under a strong one, much polar growth under a weak one."""
    changes = Circulation(jnp.array([1.0, 0.5, 2.0, 0.3]), jnp.ones(4), jnp.array([1.0, 1.0, 0.0, 10.0]))
    return jax.jit(jax.vmap(lambda change: state(SETTINGS, change)))(changes)


@cache
def slopes():
    """CO2 as a function of (overturning, rain), and its gradient."""

    def co2(pair):
        change = Circulation(pair[0], pair[1], jnp.ones(()))
        return 1e6 * main_state(SETTINGS, change).x[12] / 1.773e20

    return jax.jit(jax.value_and_grad(co2))


def test_all_states_are_steady():
    assert np.all(np.asarray(states().steady.status) == 0)


def test_reference_has_the_air_before_industry():
    np.testing.assert_allclose(1e6 * np.asarray(states().co2)[0], 280.0, atol=5.0)


def test_range_of_co2_is_that_of_sarmiento_and_toggweiler():
    """163 to 425 ppm from polar growth and overturning together: Nature 308, 621 (1984), abstract."""
    co2 = 1e6 * np.asarray(states().co2)
    assert 140.0 < co2[3] < 200.0
    assert 350.0 < co2[2] < 450.0


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
    from shanhai.models.box.overturning import begin

    first, x = np.asarray(begin(SETTINGS)), np.asarray(states().steady.x)[0]
    np.testing.assert_allclose(x[:3].sum() + x[12], first[:3].sum() + first[12], rtol=1e-12)
    np.testing.assert_allclose(x[3:6].sum(), first[3:6].sum(), rtol=1e-12)
    np.testing.assert_allclose(x[6:9].sum(), first[6:9].sum(), rtol=1e-12)


def test_gradients_by_overturning_and_rain_equal_differences():
    at, step = jnp.array([1.0, 1.0]), 1e-4
    _, gradient = slopes()(at)
    for k in (0, 1):
        move = step * jnp.eye(2)[k]
        difference = (slopes()(at + move)[0] - slopes()(at - move)[0]) / (2 * step)
        np.testing.assert_allclose(gradient[k], difference, rtol=1e-6)


def test_more_carbonate_rain_raises_co2():
    assert float(slopes()(jnp.array([1.0, 1.0]))[1][1]) > 0


def test_every_geometry_balances_its_water_and_shares_out_all_that_sinks():
    for geometry in (ThreeBoxes(), FourBoxes(), SevenBoxes()):
        sea = geometry.boxes()
        transport(sea, ("dic",), geometry.flows(Circulation()))  # refused where a box fills
        transport(sea, ("dic",), geometry.flows(Circulation(overturning=0.5)))
        for outcrop in geometry.outcrops(Circulation(), jnp.asarray(1 / 106)):
            np.testing.assert_allclose(sum(float(s) for s in outcrop.targets.values()), 1.0, rtol=1e-12)
    np.testing.assert_allclose(float(ThreeBoxes().boxes().volume.sum()), 1.292e18, rtol=1e-3)


def test_a_geometry_that_is_not_read_is_refused():
    import pytest

    from shanhai.core.errors import InputError
    from shanhai.models.box.overturning import run

    changed = eqx.tree_at(lambda s: s.seven.overturning, SETTINGS, jnp.asarray(5.0))
    with pytest.raises(InputError, match="seven boxes are changed, but boxes = 3"):
        run(changed)
