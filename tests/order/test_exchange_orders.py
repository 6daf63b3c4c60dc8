"""Observed orders: remapping of smooth fields, densified edges, mean positions."""

import jax.numpy as jnp
import numpy as np
import pytest
from tests.exchange_grids import FIELDS, cell_means, globe, lambert, pair, region

from shanhai.grids.bilinear import bilinear
from shanhai.grids.cells import centres, corner_cells, latitude_longitude_cells
from shanhai.grids.conservative import conservative
from shanhai.grids.overlap import areas, overlaps

SIZES = np.array([20, 40, 80])


def slope(sizes, errors) -> float:
    return np.polyfit(np.log(sizes), np.log(errors), 1)[0]


def error(n: int, **way) -> float:
    source, target, found = pair(int(n))
    values = conservative(found, source, target, **way)(jnp.asarray(cell_means("vortex", region, int(n))))
    return float(np.sqrt(np.mean((values - cell_means("vortex", lambert, int(n) - 3)) ** 2)))


@pytest.mark.parametrize(
    ("way", "least", "most"),
    [({"order": 1}, 0.9, 1.4), ({"order": 2}, 2.0, 3.0), ({"order": 2, "limited": True}, 2.0, 3.0)],
    ids=["first", "second", "limited"],
)
def test_conservative_remapping_converges_at_its_order(way, least, most):
    """Of means: on smooth fields second order comes between two and three, as errors of a cell's halves cancel."""
    assert least < -slope(SIZES, [error(n, **way) for n in SIZES]) < most


def test_bilinear_interpolation_converges_at_second_order():
    at = centres(lambert(37))
    errors = []
    for n in SIZES:
        source = region(int(n))
        found = bilinear(source, *at)(jnp.asarray(FIELDS["vortex"](*centres(source))))
        errors.append(float(np.sqrt(np.mean((found - FIELDS["vortex"](*at)) ** 2))))
    assert slope(SIZES, errors) == pytest.approx(-2, abs=0.2)


def test_gradients_are_exact_for_linear_fields_in_every_covered_cell():
    """Linear in Cartesian coordinates, up to what the curvature of the globe adds: third order."""
    errors = []
    for n in (10, 20, 40):
        source, target = globe(2 * n, n), globe(3 * n // 2, n // 2 + 1, west=3.0)
        found = overlaps(source, target)
        linear = np.array([0.3, -0.5, 0.8])
        values = (linear @ found.source_position).reshape(source.shape)
        truth = (linear @ found.target_position).reshape(target.shape)
        got = np.asarray(conservative(found, source, target)(jnp.asarray(values)))
        weight = found.target_area.reshape(target.shape)
        errors.append(np.sqrt(((got - truth) ** 2 * weight).sum() / weight.sum()))
    assert slope([10, 20, 40], errors) < -1.9
    assert errors[-1] < 1e-3


def test_areas_between_great_circles_converge_with_the_square_of_the_pieces():
    octant = np.array([[0.0, 90.0, 90.0, 0.0]]), np.array([[0.0, 0.0, 60.0, 60.0]])
    exact = areas(corner_cells(*octant, pieces=4096))
    pieces = np.array([4, 8, 16, 32])
    errors = [float(np.abs(areas(corner_cells(*octant, pieces=int(p))) - exact)[0]) for p in pieces]
    assert slope(pieces, errors) == pytest.approx(-2, abs=0.1)


def test_mean_positions_of_bands_are_exact():
    cells = latitude_longitude_cells([10.0, 40.0, 200.0], [-90.0, 20.0, 90.0])
    found = overlaps(cells, cells)
    lam, phi = np.radians([10.0, 40.0, 200.0]), np.radians([-90.0, 20.0, 90.0])
    g = (phi + np.sin(phi) * np.cos(phi)) / 2
    area = np.outer(np.diff(np.sin(phi)), np.diff(lam))
    x = np.outer(np.diff(g), np.diff(np.sin(lam))) / area
    z = np.outer(np.diff(np.sin(phi) ** 2 / 2), np.diff(lam)) / area
    np.testing.assert_allclose(found.source_position[2], z.ravel(), rtol=1e-13)
    np.testing.assert_allclose(found.source_position[0], x.ravel(), atol=0.15)  # Simpson over 160 degrees
    fine = latitude_longitude_cells(np.linspace(10.0, 200.0, 96), [-90.0, 20.0, 90.0])
    parts = overlaps(fine, fine)
    np.testing.assert_allclose(parts.source_area.sum(), found.source_area.sum(), rtol=1e-13)
    mean = (parts.source_area * parts.source_position).sum(axis=1) / parts.source_area.sum()
    np.testing.assert_allclose(mean[0], (x * area).sum() / area.sum(), atol=1e-8)
