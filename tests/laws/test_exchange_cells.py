"""Laws of exchange cells: amounts do not leak, whatever the coast, the ice and the areas of components."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.exchange_grids import lambert, pair, region

from shanhai.grids.cells import latitude_longitude_cells
from shanhai.grids.exchange import SLIVER, exchange, gather, mean, mosaic, river_mouths, scatter, split, without_slivers
from shanhai.grids.overlap import areas, overlaps

AIR = region(14)
RANDOM = np.random.default_rng(4)
WET = RANDOM.random((27, 27)) < 0.6
SEA = lambert(27).with_fraction(WET)
BELOW = mosaic(AIR, SEA)
STEPS = 5


def air_area() -> np.ndarray:
    """Areas that the atmosphere believes its cells to have, as a model with map factors does."""
    return areas(AIR) * (1 + 0.003 * RANDOM.standard_normal(AIR.shape))


def test_shares_of_every_air_cell_and_of_every_wet_cell_sum_to_one():
    whole = mean(BELOW.sea.source, jnp.ones(BELOW.sea.area.shape)) + mean(
        BELOW.land.source, jnp.ones(BELOW.land.area.shape)
    )
    np.testing.assert_allclose(whole, 1, atol=4e-16)
    wet = mean(BELOW.sea.target, jnp.ones(BELOW.sea.area.shape))
    np.testing.assert_allclose(wet, WET.astype(float), atol=4e-16)


def test_every_exchange_cell_has_one_parent_on_either_side_and_no_pair_comes_twice():
    for below in BELOW:
        pairs = np.stack([below.source.cell, below.target.cell])
        assert np.unique(pairs, axis=1).shape == pairs.shape
        assert (below.area > 0).all()
    assert (np.ravel(WET)[np.asarray(BELOW.sea.target.cell)]).all()


def test_wet_cells_keep_their_area_and_air_cells_are_filled():
    np.testing.assert_allclose(scatter(BELOW.sea.target, BELOW.sea.area), areas(SEA), rtol=1e-12)
    filled = scatter(BELOW.sea.source, BELOW.sea.area) + scatter(BELOW.land.source, BELOW.land.area)
    np.testing.assert_allclose(filled, areas(AIR), rtol=3e-6)


def test_slivers_join_their_largest_sibling_and_are_never_lost():
    source, target = np.array([0, 1, 2, 0, 1]), np.array([0, 0, 0, 1, 2])
    area = np.array([1e-8, 3.0, 1.0, 1e-9, 2.0])
    i, j, merged = without_slivers(source, target, area, 3)
    assert list(zip(i.tolist(), j.tolist())) == [(1, 0), (2, 0), (0, 1), (1, 2)]
    np.testing.assert_allclose(merged, [3.0 + 1e-8, 1.0, 1e-9, 2.0], rtol=1e-15)


def test_grids_that_differ_by_a_rounding_error_have_no_slivers():
    edges = np.linspace(0, 10, 11)
    one, other = latitude_longitude_cells(edges, edges), latitude_longitude_cells(edges + 1e-9, edges - 1e-9)
    made = exchange(overlaps(one, other), one, other)
    size = np.asarray(made.area) / np.bincount(made.target.cell, made.area)[made.target.cell]
    assert size.min() > SLIVER
    assert made.area.size == 100


@jax.jit
def one_step(air_flux, sea_flux, ice):
    """Fluxes on exchange cells, over water and ice, with one fraction frozen for the window; amounts both ways."""
    sea = BELOW.sea
    open_water = gather(sea.source, air_flux) - gather(sea.target, sea_flux)
    over_ice = 0.3 * gather(sea.source, air_flux)
    part = gather(sea.target, ice)
    amount = (open_water * (1 - part) + over_ice * part) * sea.area
    return scatter(sea.source, amount), scatter(sea.target, amount), amount


def test_amounts_over_a_random_coast_with_moving_ice_are_exact_globally_and_in_every_cell():
    for _ in range(STEPS):
        ice = RANDOM.random(SEA.shape) * WET
        fluxes = 100 + 200 * RANDOM.random(AIR.shape), 50 * RANDOM.random(SEA.shape)
        given, received, amount = (np.asarray(a) for a in one_step(*fluxes, ice))
        assert abs(given.sum() - received.sum()) <= 1e-15 * np.abs(amount).sum()
        for side, found in ((BELOW.sea.source, given), (BELOW.sea.target, received)):
            exact = np.zeros(found.size, np.longdouble)
            np.add.at(exact, np.asarray(side.cell), amount.astype(np.longdouble))
            np.testing.assert_allclose(found.ravel(), exact.astype(float), rtol=1e-14, atol=0)


def test_amounts_of_a_component_with_areas_of_its_own_are_handed_on_whole():
    rain = 0.01 * RANDOM.random(AIR.shape) * air_area()  # kg in an air cell, by its own area
    at_sea, on_land = split(BELOW.sea.source, rain), split(BELOW.land.source, rain)
    np.testing.assert_allclose(
        scatter(BELOW.sea.source, at_sea) + scatter(BELOW.land.source, on_land), rain, rtol=1e-15
    )
    arrived = scatter(BELOW.sea.target, at_sea).sum() + scatter(BELOW.land.target, on_land).sum()
    assert abs(arrived / rain.sum() - 1) < 1e-14
    assert not np.asarray(scatter(BELOW.sea.target, at_sea))[~WET].any()


def test_values_carried_instead_of_amounts_would_leak():
    """What exchange cells are for: a mean over the wet part, applied with a binary mask of the air's own."""
    heat = 100 + 200 * RANDOM.random(SEA.shape)
    crossed = gather(BELOW.sea.target, heat) * BELOW.sea.area
    wet_part = scatter(BELOW.sea.source, BELOW.sea.area)
    value = np.asarray(scatter(BELOW.sea.source, crossed) / jnp.where(wet_part > 0, wet_part, 1.0))
    binary = np.asarray(wet_part) / areas(AIR) > 0.5
    leak = (value * binary * areas(AIR)).sum() / float(crossed.sum()) - 1
    assert abs(leak) > 1e-3
    cell = np.abs(value * binary - np.asarray(scatter(BELOW.sea.source, crossed)) / areas(AIR))
    assert cell.max() > 50  # W m-2


@pytest.mark.parametrize("leading", [(), (3, 2)])
def test_the_exchange_is_its_own_adjoint(leading):
    _, _, found = pair(30)
    made = exchange(found, region(30), lambert(27))

    def carried(field):
        return scatter(made.target, split(made.source, field))

    v, w = RANDOM.standard_normal((*leading, 30, 30)), RANDOM.standard_normal((*leading, 27, 27))
    out, back = carried(jnp.asarray(v)), jax.linear_transpose(carried, jnp.asarray(v))(jnp.asarray(w))[0]
    assert out.shape == w.shape
    assert abs(float((out * w).sum() - (back * v).sum())) < 1e-13 * float(jnp.abs(out * w).sum())


def test_rivers_reach_wet_cells_alone_and_whole():
    longitude, latitude = np.array([115.0, 110.0, 121.3]), np.array([35.0, 30.0, 38.2])
    for spread in (0.0, 150e3):
        mouths = river_mouths(longitude, latitude, SEA, reach=300e3, spread=spread)
        water = jnp.array([3e4, 1e3, 0.5])
        into = scatter(mouths.target, split(mouths.source, water))
        assert abs(float(into.sum() / water.sum()) - 1) < 1e-15
        np.testing.assert_allclose(scatter(mouths.source, mouths.source.share), 1, rtol=1e-15)
        assert not np.asarray(into)[~WET].any()
        assert (mouths.area.size == 3) == (spread == 0)


def test_single_precision_stays_single():
    field = jnp.ones(AIR.shape, jnp.float32)
    assert split(BELOW.sea.source, field).dtype == jnp.float32
    assert mean(BELOW.sea.source, gather(BELOW.sea.source, field)).dtype == jnp.float32
