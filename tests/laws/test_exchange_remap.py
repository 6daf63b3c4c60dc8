"""Laws of conservative and bilinear remapping: conservation, constants, bounds, normalisations."""

import jax.numpy as jnp
import numpy as np
import pytest
from tests.exchange_grids import FIELDS, cell_means, globe, lambert, pair, region

from shanhai.grids.bilinear import bilinear
from shanhai.grids.cells import centres, latitude_longitude_cells
from shanhai.grids.conservative import conservative
from shanhai.grids.overlap import overlaps
from shanhai.grids.remap import latitude_axis, longitude_axis, remapper

SOURCE, TARGET, FOUND = pair(40)
BACK = FOUND.turned_round()
WAYS = {"first": {"order": 1}, "second": {"order": 2}, "limited": {"order": 2, "limited": True}}
GLOBES = globe(24, 15), globe(19, 14, west=0.0)
AROUND = overlaps(*GLOBES)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("field", FIELDS)
def test_integrals_are_conserved_to_round_off(way, field):
    """From the Lambert grid, all of which is covered; every source cell gives all that it has."""
    remap = conservative(BACK, TARGET, SOURCE, **WAYS[way])
    values = cell_means(field, lambert, 37)
    area = FOUND.target_area.reshape(TARGET.shape)
    total = float(jnp.sum(remap.amounts(jnp.asarray(values))))
    assert abs(total - (values * area).sum()) < 1e-14 * (np.abs(values) * area).sum()
    given = np.bincount(BACK.source, remap.values(jnp.asarray(values)) * BACK.area)
    np.testing.assert_allclose(given, (values * area).ravel(), rtol=1e-12, atol=1e-12 * area.max())


@pytest.mark.parametrize("way", WAYS)
def test_the_globe_keeps_its_integral_through_both_poles(way):
    values = jnp.asarray(np.random.default_rng(0).standard_normal(GLOBES[0].shape))
    remap = conservative(AROUND, *GLOBES, **WAYS[way])
    area = AROUND.target_area.reshape(GLOBES[1].shape)
    np.testing.assert_allclose(remap(values) * area, remap.amounts(values), rtol=1e-12)
    there = float((values.ravel() * AROUND.source_area).sum())
    assert abs(float(remap.amounts(values).sum()) - there) < 1e-14 * AROUND.source_area.sum()


@pytest.mark.parametrize("way", WAYS)
def test_a_constant_stays_constant(way):
    remap = conservative(FOUND, SOURCE, TARGET, **WAYS[way])
    np.testing.assert_allclose(remap(jnp.full((2, *SOURCE.shape), 7.25)), 7.25, rtol=1e-14)


@pytest.mark.parametrize("field", ["harmonic", "vortex"])
def test_second_order_beats_first_by_an_order_of_magnitude_on_smooth_fields(field):
    source, target, found = pair(60)
    truth, values = cell_means(field, lambert, 57), jnp.asarray(cell_means(field, region, 60))
    errors = [float(np.std(conservative(found, source, target, order=k)(values) - truth)) for k in (1, 2)]
    assert errors[1] < errors[0] / 10


@pytest.mark.parametrize("field", ["current", "coastline"])
def test_the_limiter_keeps_the_bounds_of_the_source_where_second_order_leaves_them(field):
    values = cell_means(field, region, 40)
    low, high = values.min(), values.max()
    free, held = (conservative(FOUND, SOURCE, TARGET, limited=k)(jnp.asarray(values)) for k in (False, True))
    assert float(held.max()) <= high + 1e-14 * (high - low)
    assert float(held.min()) >= low - 1e-14 * (high - low)
    assert float(free.max()) > high + 1e-3 or float(free.min()) < low - 1e-3


def test_the_limiter_leaves_linear_fields_alone():
    """But for the outermost cells, which see neighbours on one side only."""
    values = jnp.asarray(sum(c * x for c, x in zip((0.2, 0.1), centres(SOURCE))))
    free, held = (conservative(FOUND, SOURCE, TARGET, limited=k)(values) for k in (False, True))
    np.testing.assert_allclose(held, free, atol=2e-3 * float(values.std()))


def test_normalisations_differ_where_cells_are_partly_covered_and_amounts_do_not():
    masked = SOURCE.with_fraction(np.random.default_rng(1).random(SOURCE.shape) < 0.7)
    found = overlaps(masked, TARGET)
    ways = {n: conservative(found, masked, TARGET, normalisation=n) for n in ("fracarea", "destarea")}
    values = jnp.full(SOURCE.shape, 5.0)
    part = found.covered()[1].reshape(TARGET.shape)
    assert (part < 0.99).any()
    assert (part > 0.99).any()
    some = part > 1e-6
    np.testing.assert_allclose(ways["fracarea"](values)[some], 5.0, rtol=1e-12)
    np.testing.assert_allclose(ways["destarea"](values), 5.0 * part, rtol=1e-12, atol=1e-12)
    assert jnp.array_equal(ways["fracarea"].amounts(values), ways["destarea"].amounts(values))
    whole = float((ways["destarea"](values) * found.target_area.reshape(TARGET.shape)).sum())
    assert abs(whole / float(ways["destarea"].amounts(values).sum()) - 1) < 1e-14


def test_values_of_masked_cells_never_enter():
    wet = np.random.default_rng(2).random(SOURCE.shape) < 0.5
    masked = SOURCE.with_fraction(wet)
    remap = conservative(overlaps(masked, TARGET), masked, TARGET, limited=True)
    values = np.random.default_rng(3).random(SOURCE.shape)
    first, second = (remap(jnp.asarray(np.where(wet, values, dry))) for dry in (0.0, 1e30))
    assert jnp.array_equal(first, second)
    ways = [bilinear(masked, *centres(TARGET))(jnp.asarray(np.where(wet, values, dry))) for dry in (0.0, 1e30)]
    assert jnp.array_equal(*ways)


def test_bilinear_on_latitude_and_longitude_is_that_of_separate_axes():
    one, other = (
        (np.linspace(0, 360, 37), np.linspace(-90, 90, 19)),
        (np.linspace(-7, 33, 14), np.linspace(-80, 82, 18)),
    )
    axes = [(latitude_axis((y[1:] + y[:-1]) / 2, y), longitude_axis((x[1:] + x[:-1]) / 2, x)) for x, y in (one, other)]
    values = np.random.default_rng(5).random((18, 36))
    source, target = (latitude_longitude_cells(*edges) for edges in (one, other))
    found = bilinear(source, *centres(target))(jnp.asarray(values))
    np.testing.assert_allclose(found, remapper(*axes, method="linear")(values), rtol=1e-10)


def test_bilinear_is_exact_for_bilinear_functions_of_the_plane_and_reaches_no_further():
    plane = TARGET.regular.projection
    x, y = plane.forward(*centres(TARGET))
    at = np.random.default_rng(6).uniform(-1.1e6, 1.1e6, (2, 50))
    remap = bilinear(TARGET, *plane.inverse(*at))
    found = remap(jnp.asarray(2 + x / 1e6 - y / 2e6 + x * y / 1e12))
    np.testing.assert_allclose(found, 2 + at[0] / 1e6 - at[1] / 2e6 + at[0] * at[1] / 1e12, rtol=1e-9)
    assert remap.reached.all()
    assert not bilinear(TARGET, [0.0, 115.0], [0.0, 60.0]).reached.any()
