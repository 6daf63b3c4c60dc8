"""Observed order and exactness of remapping."""

import numpy as np
import pytest

from shanhai.grids.remap import latitude_axis, longitude_axis, remapper

METHODS = ("mean", "linear", "nearest")


def centres(low, high, n):
    return low + (np.arange(n) + 0.5) * (high - low) / n


def globe(n):
    return latitude_axis(centres(-90, 90, n)), longitude_axis(centres(-180, 180, 2 * n))


def box(south, north, west, east, rows, columns):
    return latitude_axis(centres(south, north, rows)), longitude_axis(centres(west, east, columns))


def smooth(axes):
    latitude, longitude = (np.radians(a.centres) for a in axes)
    return np.cos(latitude)[:, None] ** 2 * np.sin(2 * longitude) + np.sin(latitude)[:, None]


def error(n, method):
    target = box(-60, 60, -180, 180, 47, 61)  # shares no centre with the sources
    found = remapper(globe(n), target, method)(smooth(globe(n)))
    return np.sqrt(np.mean((found - smooth(target)) ** 2))


@pytest.mark.parametrize(("method", "order"), [("linear", 2), ("nearest", 1)])
def test_interpolation_converges_at_its_order(method, order):
    sizes = np.array([40, 80, 160])
    slope = np.polyfit(np.log(sizes), np.log([error(n, method) for n in sizes]), 1)[0]
    assert slope == pytest.approx(-order, abs=0.15)


def test_linear_interpolation_is_exact_for_bilinear_functions():
    source, target = box(0, 10, 100, 120, 10, 20), box(2, 8, 103, 117, 37, 53)

    def bilinear(axes):
        return 3 + 2 * axes[0].centres[:, None] - axes[1].centres + axes[0].centres[:, None] * axes[1].centres

    found = remapper(source, target, "linear")(bilinear(source))
    np.testing.assert_allclose(found, bilinear(target), rtol=1e-13)


def test_linear_interpolation_has_no_seam_on_the_globe():
    source, target = globe(90), box(-1, 1, 179, 181, 2, 7)
    found = remapper(source, target, "linear")(smooth(source))
    np.testing.assert_allclose(found, smooth(target), atol=2e-3)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("target", [globe(7), globe(18), globe(90), box(20, 41, 117, 131, 21, 56)])
def test_a_constant_stays_constant(method, target):
    source = globe(18)
    found = remapper(source, target, method)(np.full((18, 36), 7.25))
    np.testing.assert_allclose(found, 7.25, rtol=1e-15)


@pytest.mark.parametrize("method", METHODS)
def test_remapping_onto_the_same_grid_returns_the_same_values(method):
    values = np.random.default_rng(0).normal(size=(18, 36))
    values[3, 4] = np.nan
    np.testing.assert_allclose(remapper(globe(18), globe(18), method)(values), values, rtol=1e-15)


@pytest.mark.parametrize("method", METHODS)
def test_leading_axes_and_bands_do_not_change_the_result(method):
    values = np.random.default_rng(1).normal(size=(2, 3, 18, 36))
    values[values > 1] = np.nan
    operator = remapper(globe(18), globe(11), method)
    whole = operator(values)
    bands = [band(values[..., rows, :]) for rows, band in operator.bands(4)]
    assert np.array_equal(np.concatenate(bands, axis=-2), whole, equal_nan=True)
    assert np.array_equal(operator(values[1, 2]), whole[1, 2], equal_nan=True)
