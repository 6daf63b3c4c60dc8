"""Grids that cannot be used are refused, each with a sentence that names the cell and the remedy."""

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.grids.bilinear import bilinear
from shanhai.grids.cells import corner_cells, latitude_longitude_cells, projected_cells
from shanhai.grids.conservative import conservative
from shanhai.grids.exchange import exchange, gather, mosaic, river_mouths
from shanhai.grids.overlap import areas, overlaps
from shanhai.grids.overlap_cache import kept_overlaps
from shanhai.grids.projection import Ellipsoid, LambertConformal, PolarStereographic

GRID = latitude_longitude_cells([0, 1, 2, 3], [0, 1, 2])
FOUND = overlaps(GRID, GRID)
BOW = [[0, 1, 0, 1]], [[0, 0, 1, 1]]
CASES = {
    "longitude edges do not ascend": lambda: latitude_longitude_cells([1, 0], [0, 1]),
    "span 400 degrees": lambda: latitude_longitude_cells([0, 400], [0, 1]),
    "beyond a pole": lambda: latitude_longitude_cells([0, 1], [80, 91]),
    "x edges do not ascend": lambda: projected_cells(LambertConformal(20, 40, 30, 0), [0], [0, 1]),
    "corners are not two arrays": lambda: corner_cells([0, 1, 1], [0, 0, 1]),
    "corners cannot have edges 'great circles'.*did you mean 'great circle'": lambda: corner_cells(
        *BOW, "great circles"
    ),
    "follows neither a parallel nor a meridian": lambda: corner_cells(
        [[0, 1, 1]], [[0, 0, 1]], "parallels and meridians"
    ),
    r"cell \(0\) at 0 E, 0 N: a cell is no polygon: Self-intersection": lambda: areas(corner_cells(*BOW)),
    "a point of a cell is missing": lambda: areas(corner_cells([[0, np.nan, 1]], [[0, 0, 1]])),
    "not on the globe": lambda: areas(corner_cells([[0, 1, 1]], [[0, 0, 95]], pieces=1)),
    "runs through a pole between two": lambda: areas(
        projected_cells(PolarStereographic(0.0, 70.0), [-1e6, 0, 1e6], [-1e6, 1e6], pieces=3)
    ),
    "opposite standard parallels": lambda: LambertConformal(-30, 30, 0, 0),
    "areas are known on spheres and on WGS 84 only": lambda: areas(GRID, Ellipsoid(6378206.4, 0.0034)),
    "the mask has 5 values and the grid 6": lambda: GRID.with_fraction(np.ones(5)),
    "outside 0 to 1 or is missing": lambda: GRID.with_fraction([[0, 1, 2], [0, 1, np.nan]]),
    "cells of the atmosphere are masked": lambda: mosaic(GRID.with_fraction([0, 1, 1, 1, 1, 1]), GRID),
    "mask of the sea is not binary": lambda: mosaic(GRID, GRID.with_fraction([0.5, 1, 1, 1, 1, 1])),
    r"cell \(0, 1\).*1 wet cells lie outside the other grid, the first by 50 %": lambda: mosaic(
        GRID, latitude_longitude_cells([1.5, 2.5, 3.5], [0, 1])
    ),
    "mouth 1: 1 river mouths have no wet cell within 100 km, the first is": lambda: river_mouths([1, 9], [1, 1], GRID),
    "no wet cell to enter": lambda: river_mouths([1], [1], GRID.with_fraction(np.zeros(6))),
    "is not on cells of shape": lambda: gather(exchange(FOUND, GRID, GRID).source, jnp.zeros((3, 2))),
    "'fracarae' is no normalisation.*did you mean 'fracarea'": lambda: conservative(
        FOUND, GRID, GRID, normalisation="fracarae"
    ),
    "has no order 3": lambda: conservative(FOUND, GRID, GRID, order=3),
    "no gradient to limit": lambda: conservative(FOUND, GRID, GRID, order=1, limited=True),
    "known by corners alone": lambda: bilinear(corner_cells([[0, 1, 1]], [[0, 0, 1]]), 0.5, 0.5),
}


@pytest.mark.parametrize("said", CASES)
def test_what_cannot_be_used_is_refused_with_its_message(said):
    with pytest.raises(InputError, match=said):
        CASES[said]()


def test_masked_cells_may_be_broken():
    broken = corner_cells([[0, np.nan, 1], [0, 1, 1]], [[0, 0, 1], [0, 0, 1]]).with_fraction([0, 1])
    assert areas(broken)[0] == 0
    assert overlaps(broken, GRID).source.tolist() == [1]


def test_overlaps_are_not_kept_in_a_file(tmp_path):
    (tmp_path / "here").write_text("")
    with pytest.raises(InputError, match="kept in a file"):
        kept_overlaps(GRID, GRID, tmp_path / "here")
