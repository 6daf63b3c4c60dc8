"""Overlap areas of 0.25 degree with 20 km Lambert cells, 48,000 by 48,000, and remapping of a field between them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.measure import Row, best_cpu_seconds, memory_bandwidth
from shanhai.grids.cells import Cells, centres, latitude_longitude_cells, projected_cells
from shanhai.grids.conservative import Conservative, conservative
from shanhai.grids.overlap import Overlaps, overlaps
from shanhai.grids.projection import SPHERE, LambertConformal
from shanhai.grids.standard_fields import vortex

SIDE = 219  # cells
TARGET = {"target": 3.0}  # seconds


def grids() -> tuple[Cells, Cells]:
    """A latitude-longitude grid and a Lambert grid wholly inside it."""
    edges = (np.arange(SIDE + 1) - SIDE / 2) * 20e3
    target = projected_cells(LambertConformal(25.0, 45.0, 35.0, 115.0, SPHERE), edges, edges)
    reach = [np.arange(np.floor(4 * c.min()) / 4, c.max() + 0.25, 0.25) for c in (target.longitude, target.latitude)]
    return latitude_longitude_cells(*reach), target


def closure(found: Overlaps) -> float:
    """Largest error of rows and columns, as part of a cell, where cells are covered."""
    there, here = found.covered()
    return float(max(np.abs(there[there > 1 - 1e-9] - 1).max(), np.abs(here - 1).max()))


def run() -> list[Row]:
    source, target = grids()
    seconds = best_cpu_seconds(lambda: overlaps(source, target), runs=2)
    found = overlaps(source, target)
    name = f"overlaps of {source.count} with {target.count} cells"
    rows = [
        Row(f"{name}: CPU time", seconds, "s", "less", TARGET),
        Row(f"{name}: closure", closure(found), "1", "less", {"target": 1e-13}),
    ]
    field, bandwidth = jnp.asarray(vortex(*centres(source), (115.0, 35.0))), memory_bandwidth()
    ways = {
        "first order": conservative(found, source, target, order=1),
        "second order": conservative(found, source, target, order=2),
        "limited": conservative(found, source, target, order=2, limited=True),
    }
    return rows + [_speed(way, remap, field, bandwidth, target.count) for way, remap in ways.items()]


def _speed(way: str, remap: Conservative, field: jax.Array, bandwidth: float, cells: int) -> Row:
    call = eqx.filter_jit(lambda r, f: r(f))
    seconds = best_cpu_seconds(lambda: jax.block_until_ready(call(remap, field)))
    weights = sum(leaf.nbytes for leaf in jax.tree.leaves(remap))
    limit = {"reading every weight once": cells / (weights / bandwidth)}
    return Row(f"remapping, {way}", cells / seconds, "cells/s", "more", limit)
