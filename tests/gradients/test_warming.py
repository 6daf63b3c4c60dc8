"""Gradients of the uptake by mixing, warming and the mixed layer equal finite differences."""

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

from shanhai.models.box import warming

pytestmark = pytest.mark.slow  # compiling takes long

PLACES = (
    lambda s: s.change.warming,
    lambda s: s.change.mixing,
    lambda s: s.change.mixed_layer,
    lambda s: s.sea.diffusivity,
)


def test_loss_of_uptake_by_settings():
    settings = warming.Settings(years=20)
    numbers = [place(settings) for place in PLACES]

    def lost(scale):
        changed = settings
        for place, number in zip(PLACES, numbers):
            changed = eqx.tree_at(place, changed, number * (1.0 + scale))
        return warming.uptake(changed).total[-1, 7] * 1e-15

    _, slope = jax.jit(lambda s: jax.jvp(lost, (s,), (jnp.ones_like(s),)))(jnp.asarray(0.0))
    run = jax.jit(lost)
    step = 1e-4
    by_difference = (run(jnp.asarray(step)) - run(jnp.asarray(-step))) / (2 * step)
    assert float(slope) == pytest.approx(float(by_difference), rel=1e-6)
