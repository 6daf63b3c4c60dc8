"""Gradients of exchange and remapping: adjoint, finite, equal to finite differences, at degenerate fields too."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.exchange_grids import lambert, region

from shanhai.grids.bilinear import bilinear
from shanhai.grids.cells import centres
from shanhai.grids.conservative import conservative
from shanhai.grids.exchange import mosaic, river_mouths, scatter, split
from shanhai.grids.overlap import overlaps

RANDOM = np.random.default_rng(7)
SOURCE, WET = region(12), RANDOM.random((11, 11)) < 0.6
TARGET = lambert(11).with_fraction(WET)
FOUND = overlaps(SOURCE, TARGET)
BELOW = mosaic(SOURCE, TARGET)
MOUTHS = river_mouths([115.0, 110.0], [35.0, 30.0], TARGET, reach=500e3, spread=200e3)
LINEAR = {
    "amounts": lambda v: scatter(BELOW.sea.target, split(BELOW.sea.source, v)),
    "rivers": lambda v: scatter(MOUTHS.target, split(MOUTHS.source, v.reshape(-1)[:2])),
    "first order": conservative(FOUND, SOURCE, TARGET, order=1),
    "second order": conservative(FOUND, SOURCE, TARGET, order=2),
    "bilinear": bilinear(SOURCE, *centres(TARGET)),
}
LIMITED = conservative(FOUND, SOURCE, TARGET, limited=True)


@pytest.mark.parametrize("name", LINEAR)
def test_every_linear_exchange_equals_its_transpose_to_round_off(name):
    v, carried = jnp.asarray(RANDOM.standard_normal(SOURCE.shape)), jax.jit(lambda v: LINEAR[name](v))
    out, pull = jax.vjp(carried, v)
    w = jnp.asarray(RANDOM.standard_normal(out.shape))
    there, back = (out * w).sum(), (pull(w)[0] * v).sum()
    assert abs(float(there - back)) < 1e-14 * float(jnp.abs(out * w).sum() + jnp.abs(pull(w)[0] * v).sum())


def test_the_gradient_through_the_limiter_equals_finite_differences():
    field, along = (jnp.asarray(RANDOM.standard_normal(SOURCE.shape)) for _ in range(2))
    weight = jnp.asarray(RANDOM.standard_normal(TARGET.shape))

    @jax.jit
    def total(v):
        return (LIMITED(v) * weight).sum()

    slope = float((jax.grad(total)(field) * along).sum())
    step = 1e-7
    found = float(total(field + step * along) - total(field - step * along)) / (2 * step)
    assert slope == pytest.approx(found, rel=1e-6)


@pytest.mark.parametrize(
    "field",
    [
        np.zeros(SOURCE.shape),
        np.full(SOURCE.shape, 3.0),
        np.eye(12),
        np.eye(12) * 1e-300,
        np.sign(np.arange(144) - 70.5),
    ],
    ids=["zero", "constant", "spikes", "tiny", "step"],
)
def test_gradients_are_finite_where_the_limiter_has_nothing_or_all_to_do(field):
    gradient = jax.jit(jax.grad(lambda v: (LIMITED(v) ** 2).sum() + LIMITED(v).sum()))(
        jnp.asarray(field.reshape(12, 12))
    )
    assert np.isfinite(gradient).all()


def test_a_lone_wet_cell_has_no_slope_and_finite_gradients():
    alone = SOURCE.with_fraction(np.arange(144) == 70)
    remap = conservative(overlaps(alone, TARGET), alone, TARGET, limited=True)
    field = jnp.asarray(RANDOM.random(SOURCE.shape))
    values = np.asarray(remap(field))
    np.testing.assert_allclose(values[values != 0], float(field.ravel()[70]), rtol=1e-12)
    gradient = jax.grad(lambda v: remap(v).sum())(field)
    assert np.isfinite(gradient).all()
    assert np.count_nonzero(gradient) == 1
