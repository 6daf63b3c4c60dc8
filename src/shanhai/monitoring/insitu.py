"""Clause 4.5.1: in-situ observations on the grid of the product, and their flux."""

from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from shanhai.airsea.co2_flux import FluxOptions
from shanhai.core.errors import InputError
from shanhai.core.notation import quantity as notation_of
from shanhai.grids.horizontal import edges
from shanhai.monitoring.flux import ARGUMENTS, tiled_flux
from shanhai.monitoring.results import Sentence

WINDS = ("wind_speed", "wind_speed_mean_square", "wind_speed_mean_cube")
DRIVERS = ("xco2", "sea_surface_temperature", "sea_surface_salinity", "air_pressure")
ICE = "sea_ice_fraction"
FEWEST_TO_REJECT = 3  # data in a cell, clause 4.5.1
FEWEST_FOR_THREE_SIGMA = 11  # up to ten data none can lie beyond 3 sigma: max |z| = sqrt(N - 1)
NORMAL_MAD = 1.4826  # standard deviation / median absolute deviation of a normal distribution


def is_periodic(longitude: ArrayLike) -> bool:
    """Whether the cells go round the globe.

    >>> is_periodic(np.arange(-179.5, 180)), is_periodic(np.arange(170.5, 190))
    (True, False)
    """
    edge = edges(longitude)
    return bool(abs(edge[-1] - edge[0] - 360) < 1e-3 * (edge[1] - edge[0]))


def cell_index(
    latitude: ArrayLike, longitude: ArrayLike, rows: ArrayLike, columns: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column of the one cell that each place belongs to.

    A cell owns its southern and western edge; the northern edge of the grid belongs to the last row, so that
    the pole has a cell. Longitudes are taken modulo 360 degrees.

    Args:
        latitude: latitudes of the places [degree].
        longitude: longitudes of the places [degree].
        rows: latitudes of the cell centres, ascending, two at least [degree].
        columns: longitudes of the cell centres, ascending, two at least [degree].

    Returns:
        row and column, both -1 outside the grid.

    Raises:
        InputError: for a grid of one row or column.

    >>> cell_index([90.0, 0.0], [180.0, 359.9], np.arange(-89.5, 90), np.arange(-179.5, 180))
    (array([179,  90]), array([  0, 179]))
    """
    if min(np.size(rows), np.size(columns)) < 2:
        raise InputError("a grid of one row or column cannot be matched with in-situ data", do="widen the region")
    south, west = edges(rows), edges(columns)
    lat = np.asarray(latitude, dtype=float)
    turned = np.mod(np.asarray(longitude, dtype=float) - west[0], 360.0)
    lon = west[0] + np.where(turned >= 360.0, 0.0, turned)  # rounding can give 360 itself
    if is_periodic(columns):
        west = np.append(west[:-1], west[0] + 360.0)
    row = np.searchsorted(south, lat, side="right") - 1
    row = np.where(lat == south[-1], len(south) - 2, row)
    column = np.searchsorted(west, lon, side="right") - 1
    outside = (row < 0) | (row > len(south) - 2) | (column < 0) | (column > len(west) - 2) | np.isnan(lat + lon)
    return np.where(outside, -1, row), np.where(outside, -1, column)


def period_index(time: ArrayLike, periods: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Index of the period [start, end) that each time lies in, -1 for none.

    Args:
        time: times.
        periods: ascending start and end of each period, shape (n, 2).

    >>> months = np.array([["2010-01-01", "2010-02-01"], ["2010-03-01", "2010-04-01"]], "datetime64[ns]")
    >>> period_index(np.array(["2010-01-31T23:59", "2010-02-01", "2010-03-01"], "datetime64[ns]"), months)
    array([ 0, -1,  1])
    """
    times = np.asarray(time, dtype="datetime64[ns]")
    start, end = (np.asarray(periods[:, i], dtype="datetime64[ns]") for i in (0, 1))
    index = np.searchsorted(start, times, side="right") - 1
    inside = (index >= 0) & (times < end[np.maximum(index, 0)])
    return np.where(inside, index, -1)


def with_flux(table: pd.DataFrame, options: FluxOptions, background: xr.Dataset | None = None) -> pd.DataFrame:
    """Add the air-sea CO2 flux of every observation by formulas (1) to (9) of HY/T 0343.5.

    Clause 4.5.1 refers to HY/T 0343.4-2022, 6.3; that standard is not at hand, so the partial-pressure method
    of this part is used, and the notes say so. A flux that the table brings itself is left as it is. Where
    the table lacks a driver, the gridded product at the cell and period of the observation may give it;
    winds are taken together with their moments, and a wind of the table without moments counts as steady (C
    = 1). Sea ice counts where the product counts it: if `background` holds sea_ice_fraction, both fluxes are
    those through the open water of the cell.

    Args:
        table: observations, see `io.tables.read_table`.
        options: equations, as for the product.
        background: prepared dataset with `time_bounds`, or None.

    Returns:
        the table with co2_flux [mmol m-2 d-1]; `attrs["taken_from_product"]` counts rows by driver.

    Raises:
        InputError: if pCO2 is missing, or a driver that nothing can give.
    """
    if "co2_flux" in table:
        return table
    if "pco2_sea" not in table:
        raise InputError("the flux of the in-situ data needs their pCO2", where=table.attrs.get("file", "table"))
    out = table.copy()
    values = {d: _column(out, d) for d in (*DRIVERS, *WINDS)}
    if background is not None and ICE in background:
        values[ICE] = _column(out, ICE)
    taken = {} if background is None else _fill(values, out, background)
    lacking = [d for d in (*DRIVERS, "wind_speed") if np.isnan(values[d]).all()]
    if lacking:
        raise InputError(
            f"the flux of the in-situ data needs {', '.join(lacking)}",
            where=out.attrs.get("file", "table"),
            do="add the columns to the table",
        )
    for moment, power in (("wind_speed_mean_square", 2), ("wind_speed_mean_cube", 3)):
        values[moment] = np.where(np.isnan(values[moment]), values["wind_speed"] ** power, values[moment])
    values["pco2_sea"] = _column(out, "pco2_sea")
    arguments = {a: values[v] for a, (v, _) in ARGUMENTS.items() if v in values}
    out["co2_flux"] = tiled_flux(arguments, options, ("flux",))["co2_flux"]
    out.attrs = table.attrs | {"taken_from_product": taken}
    return out


def _column(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    return table[name].to_numpy(dtype=float) if name in table else np.full(len(table), np.nan)


def _fill(values: dict[str, NDArray[np.float64]], table: pd.DataFrame, background: xr.Dataset) -> dict[str, int]:
    """Fill missing drivers from the product; winds with their moments, all from one origin in a row."""
    groups = [(d,) for d in (*DRIVERS, ICE)] + [WINDS]
    taken = {}
    for group in groups:
        if group[0] not in values:
            continue
        gap = np.isnan(values[group[0]])
        if group[0] not in background or not gap.any():
            continue
        for name in group:
            sampled = _sample(background, name, table[gap]) if name in background else np.nan
            values[name] = values[name].copy()
            values[name][gap] = sampled
        taken[group[0]] = int((gap & ~np.isnan(values[group[0]])).sum())
    return {name: count for name, count in taken.items() if count}


def _sample(background: xr.Dataset, name: str, table: pd.DataFrame) -> NDArray[np.float64]:
    """Values of a gridded variable in the cell and period of each row; of lazy data only these are read."""
    field = background[name]
    row, column = cell_index(table["latitude"], table["longitude"], field["latitude"].values, field["longitude"].values)
    period = period_index(table["time"].to_numpy(), background["time_bounds"].values)
    inside = (row >= 0) & (period >= 0)
    keys, inverse = np.unique(np.stack([period, row, column])[:, inside], axis=1, return_inverse=True)
    at = dict(zip(("time", "latitude", "longitude"), (xr.DataArray(k, dims="cell") for k in keys), strict=True))
    out = np.full(len(table), np.nan)
    out[inside] = field.isel({d: i for d, i in at.items() if d in field.dims}).values[inverse.reshape(-1)]
    return out


def grid_observations(
    table: pd.DataFrame,
    quantity: str,
    latitude: ArrayLike,
    longitude: ArrayLike,
    periods: NDArray[np.datetime64],
    reject: Literal["three_sigma", "robust", "none"] = "three_sigma",
) -> pd.DataFrame:
    r"""Mean of the observations of each grid cell and period after one rejection of outliers.

    In cells with three data or more, "three_sigma" rejects what lies outside $\bar X \pm 3\sigma$, once, with
    formula (10) of HY/T 0343.5, $\sigma = \sqrt{\frac1N\sum (X_i - \bar X)^2}$. As $|X_i - \bar X| \le
    \sigma\sqrt{N - 1}$, this cannot reject anything for N <= 10 (see `rejection_note`); "robust" takes
    the median $\pm\ 3 \times 1.4826$ times the median absolute deviation instead, and rejects nothing where
    that deviation is zero (half the data or more are equal). Cells with one or two data keep their mean.

    Args:
        table: columns time, latitude, longitude and the quantity; rows without the quantity are left out.
        quantity: column to grid.
        latitude: latitudes of the cell centres of the product, ascending [degree]; see `cell_index`.
        longitude: longitudes of the cell centres, ascending [degree].
        periods: start and end of the periods of the product, shape (n, 2).
        reject: rule for outliers.

    Returns:
        one row per cell with data: period, row, column (indices), value (mean of the data kept), n (data in
        the cell), rejected (of them), spread (standard deviation by (10) of the data kept).
    """
    row, column = cell_index(table["latitude"], table["longitude"], latitude, longitude)
    data = pd.DataFrame(
        {
            "period": period_index(table["time"].to_numpy(), periods),
            "row": row,
            "column": column,
            "x": table[quantity].to_numpy(dtype=float),
        }
    )
    data = data[(data["period"] >= 0) & (data["row"] >= 0) & data["x"].notna()]
    keys = ["period", "row", "column"]
    cell = data.groupby(keys, sort=True).ngroup().to_numpy()
    cells = data.assign(cell=cell).drop_duplicates("cell").sort_values("cell")[keys].reset_index(drop=True)
    x = data["x"].to_numpy()
    kept = ~_outliers(x, cell, reject)
    n = np.bincount(cell, minlength=len(cells))
    mean, spread = _moments(x[kept], cell[kept], len(cells))
    return cells.assign(value=mean, n=n, rejected=n - np.bincount(cell[kept], minlength=len(cells)), spread=spread)


def _moments(
    x: NDArray[np.float64], cell: NDArray[np.int64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation by formula (10) of each cell; two passes, for large means."""
    n = np.maximum(np.bincount(cell, minlength=count), 1)
    mean = np.bincount(cell, weights=x, minlength=count) / n
    variance = np.bincount(cell, weights=(x - mean[cell]) ** 2, minlength=count) / n
    return mean, np.sqrt(variance)


def _outliers(x: NDArray[np.float64], cell: NDArray[np.int64], reject: str) -> NDArray[np.bool_]:
    if reject == "none" or not len(x):
        return np.zeros(len(x), dtype=bool)
    n = np.bincount(cell)[cell]
    if reject == "three_sigma":
        centre, scale = (m[cell] for m in _moments(x, cell, int(cell.max()) + 1))
        fewest = max(FEWEST_TO_REJECT, FEWEST_FOR_THREE_SIGMA)  # below, only rounding could reject
    elif reject == "robust":
        centre = pd.Series(x).groupby(cell).transform("median").to_numpy()
        distance = pd.Series(np.abs(x - centre))
        scale = NORMAL_MAD * distance.groupby(cell).transform("median").to_numpy()
        fewest = FEWEST_TO_REJECT
    else:
        raise InputError(f"reject = {reject!r} is not one of three_sigma, robust, none")
    return (n >= fewest) & (scale > 0) & (np.abs(x - centre) > 3 * scale)


def rejection_note(cells: pd.DataFrame, reject: str) -> Sentence | None:
    """Say in how many cells the 3-sigma rule had no power, or None if it always had."""
    powerless = int((cells["n"] < FEWEST_FOR_THREE_SIGMA).sum())
    if reject != "three_sigma" or not powerless:
        return None
    share = powerless / len(cells)
    return Sentence(
        "The 3σ rule of clause 4.5.1 cannot reject any value in a cell with 10 data or fewer (none can lie"
        " more than √(N−1) standard deviations from the mean); that is so in"
        f' {powerless} of {len(cells)} cells ({share:.0%}). reject = "robust" has power there.',
        f"4.5.1的3σ准则在数据不多于10个的网格中不可能剔除任何数值（任一数值与平均值之差不超过√(N−1)倍标准差）；"
        f'{len(cells)}个网格中有{powerless}个（{share:.0%}）属此情况。可改用reject = "robust"。',
    )


def table_notes(table: pd.DataFrame) -> list[Sentence]:
    """What the reader must know of the in-situ data: rows left out, and how pCO2 came about."""
    about = table.attrs
    notes = []
    if about.get("rows_flagged"):
        notes.append(_flagged(about["rows_flagged"], about["rows_read"]))
    if about.get("rows_without_place"):
        notes.append(_placeless(about["rows_without_place"], about["rows_read"]))
    if about.get("pco2_from_fugacity"):
        notes.append(_from_fugacity(about["rows_at_one_atmosphere"], len(table)))
    return notes


def flux_notes(table: pd.DataFrame) -> list[Sentence]:
    """How the flux of the in-situ data came about."""
    if "taken_from_product" not in table.attrs:
        return [Sentence("The in-situ flux is that of the table.", "实测通量采用数据表中的数值。")]
    notes = [
        Sentence(
            "HY/T 0343.4-2022 is not at hand: the in-situ flux is computed by the partial-pressure method of"
            " HY/T 0343.5, formulas (1) to (9), as the product is.",
            "未获得HY/T 0343.4-2022：实测通量按HY/T 0343.5公式（1）～（9）的分压差法计算，与遥感产品相同。",
        )
    ]
    for name, count in table.attrs["taken_from_product"].items():
        notes.append(_taken(name, count, len(table)))
    return notes


def _taken(name: str, count: int, total: int) -> Sentence:
    about = notation_of(name)
    return Sentence(
        f"In-situ flux: {count} of {total} observations take the {about.meaning} of the gridded product.",
        f"实测通量：{total}个观测中有{count}个的{about.zh}取自网格化产品。",
    )


def _flagged(count: int, total: int) -> Sentence:
    return Sentence(
        f"{count} of {total} in-situ rows are not flagged good (2) and were left out.",
        f"{total}行实测数据中有{count}行质量标识不为2（好），未采用。",
    )


def _placeless(count: int, total: int) -> Sentence:
    return Sentence(
        f"{count} of {total} in-situ rows have no time or place and were left out.",
        f"{total}行实测数据中有{count}行缺少时间或位置，未采用。",
    )


def _from_fugacity(assumed: int, total: int) -> Sentence:
    en, zh = "at the temperature and air pressure of each observation", "按各观测的温度和气压"
    if assumed:
        en += f", with one atmosphere for {assumed} of {total} that have no air pressure"
        zh += f"（{total}个中有{assumed}个缺气压，取1个标准大气压）"
    return Sentence(
        f"The in-situ pCO2 is converted from fCO2 {en} (Weiss 1974).",
        f"实测海水二氧化碳分压由逸度换算而得，{zh}（Weiss 1974）。",
    )
