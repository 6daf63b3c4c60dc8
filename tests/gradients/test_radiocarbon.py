"""Derivatives of radiocarbon ages equal finite differences: by the diffusivity of the column and all the rest."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.carbon.presets.radiocarbon_column import natural_ventilation_age
from shanhai.core.params import describe
from shanhai.models.column.radiocarbon import Air, Sea, delta14c, inventory, natural
from shanhai.ocean.water_column import EddyDiffusivity
from shanhai.seawater import radiocarbon as rc

SEA = Sea(levels=8, eddies=EddyDiffusivity(excess=1e-4))
LEAVES, STRUCTURE = jax.tree.flatten(SEA)
POINT = jnp.stack(LEAVES)


@jax.jit
def outcome(point):
    """A mean age, the surface and the carbon of a column with these parameters."""
    sea = jax.tree.unflatten(STRUCTURE, list(point))
    air = Air(jnp.array(280e-6), jnp.array(0.98))
    water = natural(sea, air)
    age = jnp.mean(natural_ventilation_age(sea, air))
    return age + delta14c(water)[0] + 1e-15 * inventory(sea, water.dic)


def test_the_ventilation_age_follows_every_parameter_as_finite_differences_say():
    slope = np.asarray(jax.jit(jax.grad(outcome))(POINT))
    assert np.all(np.isfinite(slope))
    for n, name in enumerate([row.name for row in describe(SEA)]):
        size = 1e-4 * abs(float(POINT[n]))
        step = jnp.zeros_like(POINT).at[n].set(size)
        far, near = (float(outcome(POINT + k * step) - outcome(POINT - k * step)) / (2 * k * size) for k in (2, 1))
        assert slope[n] == pytest.approx((4 * near - far) / 3, rel=1e-6), name
        assert slope[n] != 0.0, name


def test_more_eddies_make_younger_water():
    by_deep = jax.jit(jax.grad(lambda sea: natural_ventilation_age(sea, Air(jnp.array(280e-6), jnp.array(1.0)))[4]))
    assert float(by_deep(SEA).eddies.deep) < 0.0


def test_ages_have_the_derivatives_of_their_definitions():
    by_delta = jax.grad(lambda d: rc.reservoir_age(d, 0.0))(-50.0)
    assert float(by_delta) == pytest.approx(-8.033 / 0.95, rel=1e-12)
    history = rc.Curve(np.array([-9000.0, 0.0, 1950.0]), np.array([100.0, 20.0, 0.0]), np.zeros(3))

    def age(delta):
        return rc.projection_age(delta, 1900.0, history)

    near = (float(age(-199.99)) - float(age(-200.01))) / 0.02
    assert float(jax.grad(age)(-200.0)) == pytest.approx(near, rel=1e-6)
