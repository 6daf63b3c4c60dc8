"""Projections and areas against printed numbers and closed forms."""

import numpy as np
import pytest

from shanhai.grids.cells import corner_cells, projected_cells
from shanhai.grids.overlap import areas
from shanhai.grids.projection import (
    SPHERE,
    WGS84,
    Ellipsoid,
    LambertConformal,
    Mercator,
    PolarStereographic,
    RotatedPole,
)

CLARKE = Ellipsoid(6378206.4, 1 - np.sqrt(1 - 0.00676866))
INTERNATIONAL = Ellipsoid(6378388.0, 1 - np.sqrt(1 - 0.00672267))
SNYDER = [  # page, projection, longitude, latitude, x, y
    (266, Mercator(-180.0, 0.0, Ellipsoid(1.0)), -75.0, 35.0, 1.8325957, 0.6528366),
    (267, Mercator(-180.0, 0.0, CLARKE), -75.0, 35.0, 11688673.7, 4139145.6),
    (295, LambertConformal(33.0, 45.0, 23.0, -96.0, Ellipsoid(1.0)), -75.0, 35.0, 0.2966785, 0.2462112),
    (296, LambertConformal(33.0, 45.0, 23.0, -96.0, CLARKE), -75.0, 35.0, 1894410.9, 1564649.5),
    (317, PolarStereographic(-100.0, -71.0, INTERNATIONAL), 150.0, -75.0, -1540033.6, -560526.4),
]
PLANES = [
    RotatedPole(-162.0, 39.25),
    LambertConformal(30.0, 60.0, 45.0, 100.0),
    LambertConformal(-40.0, -40.0, -35.0, 150.0, SPHERE),
    Mercator(179.0, 20.0),
    PolarStereographic(-45.0, 70.0),
    PolarStereographic(30.0, -90.0, SPHERE),
]


@pytest.mark.parametrize(("page", "plane", "longitude", "latitude", "x", "y"), SNYDER)
def test_projections_give_the_numbers_of_snyder(page, plane, longitude, latitude, x, y):
    size = plane.ellipsoid.equatorial_radius
    np.testing.assert_allclose(plane.forward(longitude, latitude), (x, y), atol=1e-7 if size == 1 else 0.1)


@pytest.mark.parametrize("plane", PLANES, ids=lambda p: type(p).__name__)
def test_projections_invert_themselves(plane):
    south = -1 if getattr(plane, "first_parallel", getattr(plane, "true_latitude", 1)) < 0 else 1
    longitude, latitude = np.meshgrid(np.linspace(-175, 175, 15), south * np.linspace(-20, 85, 12))
    back = plane.inverse(*plane.forward(longitude, latitude))
    np.testing.assert_allclose(np.mod(back[0] - longitude + 180, 360) - 180, 0, atol=1e-10)
    np.testing.assert_allclose(back[1], latitude, atol=1e-10)


@pytest.mark.parametrize("plane", PLANES[1:], ids=lambda p: type(p).__name__)
def test_conformal_planes_keep_angles(plane):
    south = -1 if getattr(plane, "first_parallel", plane.__dict__.get("true_latitude", 1)) < 0 else 1
    at, step = (120.0, south * 50.0), 1e-5
    squash = (1 - plane.ellipsoid.eccentricity**2) / (
        1 - (plane.ellipsoid.eccentricity * np.sin(np.radians(at[1]))) ** 2
    )
    east = np.subtract(plane.forward(at[0] + step, at[1]), plane.forward(*at)) / np.cos(np.radians(at[1]))
    north = np.subtract(plane.forward(at[0], at[1] + step), plane.forward(*at)) / squash
    assert abs(np.dot(east, north)) < 1e-5 * np.dot(east, east)
    assert np.hypot(*east) == pytest.approx(np.hypot(*north), rel=1e-5)


def test_the_octant_between_great_circles_is_an_eighth_of_the_globe():
    octant = corner_cells([[0.0, 90.0, 0.0]], [[0.0, 0.0, 90.0]])
    assert areas(octant)[0] == pytest.approx(np.pi / 2 * SPHERE.equatorial_radius**2, rel=1e-14)


def test_a_triangle_of_great_circles_has_the_area_of_its_spherical_excess():
    """Girard's theorem on three right-angled corners, none of them at a pole."""
    vectors = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    longitude, latitude = np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0])), np.degrees(np.arcsin(vectors[:, 2]))
    area = areas(corner_cells(longitude[None], latitude[None], pieces=2048))[0]
    assert area == pytest.approx(np.pi / 2 * SPHERE.equatorial_radius**2, rel=1e-5)


def test_cells_of_a_plane_have_the_area_that_its_scale_tells():
    """A cell of dx², over the square of the scale in its middle, Snyder eq. 15-4 and 14-15."""
    plane = LambertConformal(25.0, 45.0, 35.0, 115.0, SPHERE)
    edges = np.linspace(-1e6, 1e6, 101)
    from shanhai.grids.cells import centres
    from shanhai.grids.projection import colatitude, parallel_radius

    cells = projected_cells(plane, edges, edges)
    latitude = centres(cells)[1]
    t, n = colatitude(latitude, SPHERE), plane._cone()[0]
    scale = plane._cone()[1] * t**n * n / (SPHERE.equatorial_radius * parallel_radius(latitude, SPHERE))
    np.testing.assert_allclose(areas(cells), (20e3 / scale) ** 2, rtol=3e-5)


def test_the_globe_has_the_area_of_the_ellipsoid_on_either_figure():
    half = corner_cells([[0, 180, 180, 0], [180, 360, 360, 180]], [[-90, -90, 90, 90]] * 2, "parallels and meridians")
    assert areas(half, WGS84).sum() == pytest.approx(510.065621724e12, rel=1e-11)
    assert areas(half, SPHERE).sum() == pytest.approx(510.065621724e12, rel=1e-11)
