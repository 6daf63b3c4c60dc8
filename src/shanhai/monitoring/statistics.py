"""Mean, extremes and valid cells of the flux in each period, in one reading."""

from typing import Any

import dask.array as da
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

ROWS = ("flux_area", "area", "minimum", "maximum", "valid_cells")


def statistics(fields: xr.Dataset) -> pd.DataFrame:
    """Summarise the flux of every period.

    Args:
        fields: `co2_flux` (time, latitude, longitude), lazy or not, `cell_area` and `time_bounds`.

    Returns:
        one row a period, indexed by its label: mean (weighted by area), minimum and maximum [mmol m-2 d-1],
        valid_cells and days.
    """
    flux = fields["co2_flux"].transpose("time", "latitude", "longitude")
    area = fields["cell_area"].transpose("latitude", "longitude")
    lazy = da.asarray(flux.data)
    cells = da.asarray(area.data).rechunk(lazy.chunks[1:])[None]
    blocks = da.map_blocks(
        _of_block,
        lazy,
        cells,
        dtype=float,
        new_axis=0,
        chunks=((5,), lazy.chunks[0], *((1,) * n for n in lazy.numblocks[1:])),
    )
    found = blocks.compute()
    whole = {n: _joined(n, found[i]) for i, n in enumerate(ROWS)}
    bounds = fields["time_bounds"].values
    days = (bounds[:, 1] - bounds[:, 0]) / np.timedelta64(1, "D")
    labels = [str(t)[: 7 if (days >= 28).all() else 10] for t in fields.time.values]
    mean = whole["flux_area"] / np.where(whole["area"] > 0, whole["area"], np.nan)
    columns = {"mean": mean, **{n: whole[n] for n in ("minimum", "maximum")}}
    columns |= {"valid_cells": whole["valid_cells"].astype(int), "days": days}
    return pd.DataFrame(columns, index=pd.Index(labels, name="period"))


def _of_block(flux: NDArray[Any], area: NDArray[Any]) -> NDArray[np.float64]:
    """The five figures of every period of a block."""
    out = np.full((5, len(flux), 1, 1), np.nan)
    for t, f in enumerate(flux):
        valid = np.isfinite(f)
        inside, weights = f[valid].astype(float), area[0][valid]
        out[[0, 1, 4], t, 0, 0] = inside @ weights, weights.sum(), inside.size
        if inside.size:
            out[[2, 3], t, 0, 0] = inside.min(), inside.max()
    return out


def _joined(name: str, of_blocks: NDArray[np.float64]) -> NDArray[np.float64]:
    """One figure of whole maps from those of their blocks; empty blocks are NaN."""
    flat = of_blocks.reshape(len(of_blocks), -1)
    reduce = {"minimum": np.fmin, "maximum": np.fmax}.get(name, np.add)
    return reduce.reduce(flat, axis=1)
