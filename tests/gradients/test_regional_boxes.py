"""Gradients of the regional boxes are finite and equal to finite differences."""

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

from shanhai.models.box import equatorial_pacific as pacific
from shanhai.models.box import north_atlantic as north
from shanhai.models.box import sea_ice as ice

pytestmark = pytest.mark.slow  # compiling takes long

PLACES = (lambda s: s.upwelled.dic, lambda s: s.upwelled.flow, lambda s: s.sea.wind, lambda s: s.sea.growth)


def test_equatorial_flux_by_settings():
    settings = pacific.Settings()
    flux = eqx.filter_jit(lambda s: pacific.balance(s).flux)
    slope = eqx.filter_jit(eqx.filter_grad(lambda s: pacific.balance(s).flux))(settings)
    assert all(bool(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(eqx.filter(slope, eqx.is_inexact_array)))
    for place in PLACES:
        step = 1e-4 * place(settings)
        high, low = (flux(eqx.tree_at(place, settings, place(settings) + s * step)) for s in (1, -1))
        assert float(place(slope)) == pytest.approx(float((high - low) / (2 * step)), rel=1e-6)


def test_north_atlantic_flux_by_settings():
    settings = north.Settings()
    places = (
        lambda s: s.inflow.flow,
        lambda s: s.seasons.temperature,
        lambda s: s.sea.growth,
        lambda s: s.seasons.deepest,
    )
    numbers = [place(settings) for place in places]

    def flux(scale):
        changed = settings
        for place, number in zip(places, numbers):
            changed = eqx.tree_at(place, changed, number * (1.0 + scale))
        return north.year(changed).flux[:, 0].mean()

    _, slope = jax.jit(lambda s: jax.jvp(flux, (s,), (jnp.ones_like(s),)))(jnp.asarray(0.0))
    run = jax.jit(flux)
    step = 1e-4
    by_difference = (run(jnp.asarray(step)) - run(jnp.asarray(-step))) / (2 * step)
    assert bool(jnp.isfinite(slope))
    assert float(slope) == pytest.approx(float(by_difference), rel=1e-6)


def test_polar_flux_by_settings():
    settings = ice.Settings()
    places = (lambda s: s.retention.salt, lambda s: s.sea.depth, lambda s: s.forcing.wind, lambda s: s.sea.pco2)
    numbers = [place(settings) for place in places]

    def flux(scale):
        changed = settings
        for place, number in zip(places, numbers):
            changed = eqx.tree_at(place, changed, number * (1.0 + scale))
        return ice.year(changed).flux[:, 3].mean()

    _, slope = jax.jit(lambda s: jax.jvp(flux, (s,), (jnp.ones_like(s),)))(jnp.asarray(0.0))
    run = jax.jit(flux)
    step = 1e-5
    by_difference = (run(jnp.asarray(step)) - run(jnp.asarray(-step))) / (2 * step)
    assert float(slope) == pytest.approx(float(by_difference), rel=1e-6)
