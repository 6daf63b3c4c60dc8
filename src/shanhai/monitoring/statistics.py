"""Mean, extremes and counts of the flux in each period: taken block by block while the fields are made.

They are series along time in the dataset of each part, so that no field is read again for them.
"""

from typing import Any

import dask.array as da
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanhai.core.notation import quantity
from shanhai.monitoring.net_flux import BAND
from shanhai.monitoring.validity import FITS

UNIT = quantity("co2_flux").unit
SERIES = {  # column of the table -> variable of the flux dataset, CF attributes
    "mean": ("co2_flux_mean", {"units": UNIT, "long_name": "mean of the CO2 flux weighted by area"}),
    "minimum": ("co2_flux_minimum", {"units": UNIT, "long_name": "least CO2 flux"}),
    "maximum": ("co2_flux_maximum", {"units": UNIT, "long_name": "greatest CO2 flux"}),
    "valid_cells": ("valid_cells", {"units": "1", "long_name": "number of cells with a CO2 flux"}),
}
COUNTS = {f.meaning: {"units": "1", "long_name": f"number of CO2 fluxes outside {f.en}"} for f in FITS}
JOIN = (np.add, np.add, np.fmin, np.fmax, *(np.add,) * (1 + len(COUNTS)))
"""How the figures of blocks make those of a map: flux times area, area, minimum, maximum, valid cells, `COUNTS`."""


def period_series(flux: xr.DataArray, flag: xr.DataArray, area: xr.DataArray) -> xr.Dataset:
    """Summarise the flux of every period, lazily where it is lazy.

    Args:
        flux: (time, latitude, longitude) [mmol m-2 d-1], missing where there is none.
        flag: `validity_flag` of the same cells.
        area: of the cells (latitude, longitude).

    Returns:
        the variables of `SERIES` and `COUNTS`, (time,).
    """
    blocks = da.asarray(flux.data)
    cells = da.broadcast_to(da.asarray(area.data).rechunk(blocks.chunks[1:]), blocks.shape, chunks=blocks.chunks)
    single = tuple((1,) * n for n in blocks.numblocks[1:])
    chunks = ((len(JOIN),), blocks.chunks[0], *single)
    of_blocks = da.map_blocks(_of_block, blocks, flag.data, cells, dtype=float, new_axis=0, chunks=chunks)
    whole = of_blocks.rechunk({2: -1, 3: -1}).map_blocks(_joined, drop_axis=(2, 3), dtype=float)
    weighted, weight = whole[:2]
    values = [weighted / da.where(weight > 0, weight, np.nan), whole[2], whole[3], *whole[4:].astype(int)]
    series = zip([*SERIES.values(), *COUNTS.items()], values, strict=True)
    found = xr.Dataset({name: ("time", x, about) for (name, about), x in series}, {"time": flux["time"]})
    return found if flux.chunks is not None else found.compute()


def _of_block(flux: NDArray[Any], flag: NDArray[Any], area: NDArray[Any]) -> NDArray[np.float64]:
    """The figures of every period of a block, taken by bands of rows that stay in the cache."""
    bands = [slice(first, first + BAND) for first in range(0, flux.shape[1], BAND)]
    maps = zip(flux, flag, area, strict=True)
    figures = [[_of_cells(*(x[rows] for x in one)) for rows in bands] for one in maps]
    return _joined(np.moveaxis(np.array(figures, dtype=float), 2, 0))[..., None, None]


def _of_cells(flux: NDArray[Any], flag: NDArray[Any], area: NDArray[Any]) -> tuple[Any, ...]:
    valid = np.isfinite(flux)
    weighted, weight = (np.einsum("yx,yx->", x, area) for x in (np.where(valid, flux, 0.0), valid))
    outside = (np.count_nonzero(flag & f.bit & -valid.view("int8")) for f in FITS)
    extremes = (reduce(flux, axis=None) for reduce in (np.fmin.reduce, np.fmax.reduce))
    return (weighted, weight, *extremes, np.count_nonzero(valid), *outside)


def _joined(of_parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Figures of the periods from those of their parts, (figure, time, ...)."""
    flat = of_parts.reshape(*of_parts.shape[:2], -1)
    return np.stack([join.reduce(x, axis=1) for join, x in zip(JOIN, flat, strict=True)])


def statistics(fields: xr.Dataset) -> pd.DataFrame:
    """Table of the periods.

    Args:
        fields: flux dataset with the variables of `period_series` and `time_bounds`.

    Returns:
        one row a period, indexed by its label: mean (weighted by area), minimum and maximum [mmol m-2 d-1],
        valid_cells and days.
    """
    bounds = fields["time_bounds"].values
    days = (bounds[:, 1] - bounds[:, 0]) / np.timedelta64(1, "D")
    labels = [str(t)[: 7 if (days >= 28).all() else 10] for t in fields.time.values]
    columns = {column: fields[name].values for column, (name, _) in SERIES.items()} | {"days": days}
    return pd.DataFrame(columns, index=pd.Index(labels, name="period"))
