"""Laws of overlap areas: closure, symmetry, poles, the antimeridian, degenerate neighbours, the cache."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange_grids import globe, pair, region

from shanhai.grids.cells import Cells, corner_cells, latitude_longitude_cells, projected_cells
from shanhai.grids.overlap import areas, overlaps
from shanhai.grids.overlap_cache import kept_overlaps, key
from shanhai.grids.projection import SPHERE, WGS84, LambertConformal, Mercator, PolarStereographic, RotatedPole
from shanhai.grids.remap import latitude_axis, longitude_axis, mean_weights

WHOLE = 4 * np.pi * SPHERE.equatorial_radius**2


def matrix(found) -> np.ndarray:
    out = np.zeros((found.target_area.size, found.source_area.size))
    np.add.at(out, (found.target, found.source), found.area)
    return out


def test_global_pair_closes_at_every_row_column_and_pole():
    source, target = globe(36, 18), globe(29, 19, west=0.0)
    found = overlaps(source, target)
    assert abs(found.area.sum() / WHOLE - 1) < 1e-14
    for part in found.covered():
        np.testing.assert_allclose(part, 1, rtol=0, atol=1e-13)


def test_regional_pair_of_two_projections_closes_to_1e_13():
    source, _, found = pair(30)
    there, here = found.covered()
    np.testing.assert_allclose(here, 1, rtol=0, atol=1e-13)
    inside = there > 1 - 1e-9
    assert inside.sum() > 100
    np.testing.assert_allclose(there[inside], 1, rtol=0, atol=1e-13)
    assert there.max() < 1 + 1e-13
    assert source.edge == "parallels and meridians"


def test_latitude_longitude_overlaps_are_products_of_overlaps_along_the_axes():
    coarse, fine = (
        (np.linspace(100, 130, 7), np.linspace(10, 40, 6)),
        (np.linspace(104, 124, 12), np.linspace(12, 38, 9)),
    )
    found = overlaps(latitude_longitude_cells(*coarse), latitude_longitude_cells(*fine), WGS84)
    axes = [
        (longitude_axis((x[1:] + x[:-1]) / 2, x), latitude_axis((y[1:] + y[:-1]) / 2, y)) for x, y in (coarse, fine)
    ]
    columns, rows = (mean_weights(axes[0][k], axes[1][k]).toarray() for k in (0, 1))
    np.testing.assert_allclose(matrix(found), np.kron(rows, columns), rtol=1e-12, atol=1.0)


def test_overlaps_do_not_depend_on_the_order_of_the_arguments():
    source, target, found = pair(30)
    back = overlaps(target, source).turned_round()
    assert np.array_equal(back.source, found.source)
    assert np.array_equal(back.target, found.target)
    np.testing.assert_allclose(back.area, found.area, rtol=1e-12, atol=1e-12 * found.target_area.min())
    np.testing.assert_allclose(back.position, found.position, atol=1e-9)


@pytest.mark.parametrize("grid", [region(9), globe(7, 4), pair(30)[1]], ids=["region", "globe", "lambert"])
def test_a_grid_overlaps_itself_in_its_own_cells_alone(grid):
    found = overlaps(grid, grid)
    np.testing.assert_allclose(
        matrix(found), np.diag(found.source_area), rtol=1e-13, atol=1e-12 * found.source_area.max()
    )


def test_adjacent_cells_share_nothing_and_grazing_cells_a_sliver():
    here = latitude_longitude_cells([0, 1], [0, 1])
    assert overlaps(here, latitude_longitude_cells([1, 2], [0, 1])).area.size == 0
    assert overlaps(here, latitude_longitude_cells([1, 2], [1, 2])).area.size == 0
    grazing = overlaps(here, latitude_longitude_cells([1 - 1e-9, 2], [0, 1]))
    np.testing.assert_allclose(grazing.area / grazing.source_area, [1e-9], rtol=1e-5)


def test_non_convex_cells_overlap_rightly():
    ell = corner_cells([[0, 2, 2, 1, 1, 0]], [[0, 0, 1, 1, 2, 2]], "parallels and meridians")
    found = overlaps(ell, latitude_longitude_cells([0, 1, 2], [0, 1, 2]))
    assert found.target.tolist() == [0, 1, 2]
    np.testing.assert_allclose(found.area, found.target_area[:3], rtol=1e-14)
    bar = overlaps(ell, latitude_longitude_cells([0.5, 1.5], [0.5, 1.5]))
    assert 0.74 < (bar.area / bar.target_area)[0] < 0.76


@pytest.mark.parametrize("west", [-180.0, 0.0, 90.0, 179.9])
def test_the_antimeridian_is_no_border(west):
    plane = LambertConformal(30.0, 60.0, 45.0, 180.0, SPHERE)
    edges = np.linspace(-2e6, 2e6, 13)
    found = overlaps(globe(40, 20, west), projected_cells(plane, edges, edges))
    np.testing.assert_allclose(found.covered()[1], 1, atol=1e-12)


def test_a_band_around_the_globe_and_its_parts_close():
    bands = latitude_longitude_cells([-180, 180], [-90, -30, 40, 90])
    parts = overlaps(bands, globe(7, 9, west=13.0))
    for part in parts.covered():
        np.testing.assert_allclose(part, 1, atol=1e-13)


@pytest.mark.parametrize("cells", [6, 7], ids=["pole in corners", "pole in a cell"])
@pytest.mark.parametrize("latitude", [70.0, -70.0], ids=["north", "south"])
def test_a_plane_over_a_pole_closes(cells, latitude):
    edges = np.linspace(-2e6, 2e6, cells + 1)
    cap = projected_cells(PolarStereographic(-45.0, latitude, SPHERE), edges, edges)
    found = overlaps(globe(24, 36), cap)
    np.testing.assert_allclose(found.covered()[1], 1, atol=1e-12)
    one = projected_cells(PolarStereographic(-45.0, latitude, SPHERE), [-2e6, 2e6], [-2e6, 2e6], 4 * cells)
    np.testing.assert_allclose(found.area.sum(), areas(one).sum(), rtol=1e-12)


@pytest.mark.parametrize(
    "grid",
    [
        projected_cells(RotatedPole(-162.0, 39.25), np.linspace(-20, 20, 9), np.linspace(-15, 15, 7)),
        projected_cells(Mercator(110.0, 20.0, SPHERE), np.linspace(-2e6, 2e6, 9), np.linspace(0, 4e6, 7)),
        corner_cells([[0, 9, 10], [9, 19, 10]], [[0, 0, 10], [0, 1, 10]]),
    ],
    ids=["rotated", "mercator", "great circles"],
)
def test_every_kind_of_grid_closes_under_the_globe(grid):
    np.testing.assert_allclose(overlaps(globe(30, 20), grid).covered()[1], 1, atol=1e-12)


def test_masked_cells_take_no_part_and_fractions_scale():
    source, target = globe(6, 3), globe(5, 4)
    part = np.linspace(0, 1, 18)
    found = overlaps(source.with_fraction(part), target)
    np.testing.assert_allclose(matrix(found), matrix(overlaps(source, target)) * part, rtol=1e-13)
    there, _ = found.covered()
    np.testing.assert_allclose(there, [0.0] + [1.0] * 17, atol=1e-13)


@settings(max_examples=25, deadline=None)
@given(st.floats(-180, 180), st.floats(-75, 75), st.floats(0.01, 30), st.floats(0.0, 360.0), st.floats(-0.45, 0.45))
def test_any_two_cells_share_the_same_either_way_and_no_more_than_the_smaller(lon, lat, size, turn, bend):
    angle = np.radians(turn) + np.arange(4) * np.pi / 2
    reach = size * np.array([1.0, 1 + bend, 1.0, 1 - bend])
    one = corner_cells([lon + reach * np.cos(angle)], [np.clip(lat + reach * np.sin(angle) / 3, -89, 89)])
    other = latitude_longitude_cells([lon, lon + size], [lat, lat + size / 3])
    there, back = overlaps(one, other), overlaps(other, one)
    np.testing.assert_allclose(there.area.sum(), back.area.sum(), rtol=1e-11, atol=1.0)
    assert there.area.sum() <= min(there.source_area[0], there.target_area[0]) * (1 + 1e-12)


def test_positions_average_to_those_of_the_cells():
    found = overlaps(globe(12, 9), globe(10, 7))
    for cell, area, position in (
        (found.source, found.source_area, found.source_position),
        (found.target, found.target_area, found.target_position),
    ):
        moment = np.stack([np.bincount(cell, found.area * p) for p in found.position])
        np.testing.assert_allclose(moment / area, position, atol=1e-12)
    np.testing.assert_allclose((found.area * found.position).sum(axis=1) / WHOLE, 0, atol=1e-14)


def test_kept_overlaps_are_the_same_bits_and_know_what_they_depend_on(tmp_path):
    source, target = globe(6, 3), globe(5, 4)
    made = kept_overlaps(source, target, tmp_path)
    (path,) = tmp_path.glob("*.npz")
    again = kept_overlaps(source, target, tmp_path)
    assert all(np.array_equal(getattr(made, f), getattr(again, f)) for f in vars(made))
    wetter = target.with_fraction(np.arange(20) % 2)
    other = Cells(**{**vars(target), "edge": "great circle"})
    names = {key(source, t, e) for t in (target, wetter, other) for e in (SPHERE, WGS84)} | {key(target, source)}
    assert len(names) == 7
    path.write_bytes(path.read_bytes()[:100])  # cut short by a full disk
    assert np.array_equal(kept_overlaps(source, target, tmp_path).area, made.area)
