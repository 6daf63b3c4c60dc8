"""Grids and fields that the tests of exchange share."""

import functools

import numpy as np

from shanhai.grids.cells import Cells, centres, latitude_longitude_cells, projected_cells
from shanhai.grids.overlap import areas, overlaps
from shanhai.grids.projection import SPHERE, LambertConformal
from shanhai.grids.standard_fields import coastline, current, harmonic, vortex

PLANE = LambertConformal(25.0, 45.0, 35.0, 115.0, SPHERE)
FIELDS = {
    "harmonic": harmonic,
    "vortex": lambda longitude, latitude: vortex(longitude, latitude, (115.0, 35.0)),
    "current": current,
    "coastline": coastline,
}


def globe(columns: int, rows: int, west: float = -180.0) -> Cells:
    return latitude_longitude_cells(np.linspace(west, west + 360, columns + 1), np.linspace(-90, 90, rows + 1))


def region(n: int) -> Cells:
    """Latitude and longitude around all of `lambert`."""
    return latitude_longitude_cells(np.linspace(98, 132, n + 1), np.linspace(20, 50, n + 1))


def lambert(n: int, pieces: int = 4) -> Cells:
    edges = np.linspace(-1.2e6, 1.2e6, n + 1)
    return projected_cells(PLANE, edges, edges, pieces)


@functools.cache
def pair(n: int):
    """A regional source, a Lambert target inside it, and their overlaps."""
    source, target = region(n), lambert(n - 3)
    return source, target, overlaps(source, target)


@functools.cache
def cell_means(field: str, make, n: int, finer: int = 4) -> np.ndarray:
    """Means of a standard field over the cells of `make(n)`, by cells that are finer."""
    fine = make(n * finer)
    area = areas(fine)
    values = FIELDS[field](*centres(fine)) * area
    blocks = (n, finer, n, finer)
    return values.reshape(blocks).sum((1, 3)) / area.reshape(blocks).sum((1, 3))
