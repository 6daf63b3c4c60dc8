"""Clause 4.5.2: in-situ cells matched in time and place with representative values of a product."""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanhai.core.errors import InputError
from shanhai.core.notation import quantity as notation_of
from shanhai.monitoring.accuracy import coefficient_of_variation
from shanhai.monitoring.insitu import is_periodic, period_index
from shanhai.monitoring.results import Sentence

LEAST_VALID_SHARE = 0.5  # of the window; more than that
LARGEST_VARIATION = 0.25  # in the window; less than that
NOMINAL_YEAR = 2000  # stands for "any year" when matching by calendar month; a leap year, so 29 February has a place


class Aligned(NamedTuple):
    """In-situ data and product on one time axis, and what was done to bring them there."""

    table: pd.DataFrame
    dataset: xr.Dataset
    notes: list[Sentence]
    reservations: list[Sentence]


def align_time(table: pd.DataFrame, dataset: xr.Dataset, match: Literal["time", "climatology"]) -> Aligned:
    """Bring in-situ data and product to one time axis.

    With match = "time" observations outside the periods of the product are left out, and noted. With
    "climatology" the product becomes its mean by calendar month (lazily), the observations move to the same
    months of the nominal year 2000, and a reservation names both time spans.

    Args:
        table: observations with column time.
        dataset: product with `time_bounds`.
        match: rule.

    Raises:
        InputError: if no observation lies in a period of the product.
    """
    if match == "climatology":
        moved = table.assign(time=_in_nominal_year(table["time"].to_numpy()))
        moved.attrs = dict(table.attrs)
        reservation = _climatology_reservation(_span_of(table), _span_of_product(dataset))
        table, dataset, reservations = moved, calendar_months(dataset), [reservation]
    else:
        reservations = []
    inside = period_index(table["time"].to_numpy(), dataset["time_bounds"].values) >= 0
    if not inside.any():
        raise _no_common_time(table, dataset, match)
    notes = [] if inside.all() else [_outside_note(int((~inside).sum()), len(table), dataset, match)]
    return Aligned(table[inside].reset_index(drop=True), dataset, notes, reservations)


def calendar_months(dataset: xr.Dataset) -> xr.Dataset:
    """Mean of every field by calendar month over all years, dated in the nominal year 2000; lazy.

    A period belongs to the month of its middle.
    """
    bounds = dataset["time_bounds"].values.astype("datetime64[ns]")
    month = (bounds[:, 0] + (bounds[:, 1] - bounds[:, 0]) / 2).astype("datetime64[M]").astype(int) % 12
    varying = [str(n) for n, v in dataset.data_vars.items() if "time" in v.dims and n != "time_bounds"]
    means = dataset[varying].assign_coords(month=("time", month)).groupby("month").mean("time", keep_attrs=True)
    first = np.datetime64(f"{NOMINAL_YEAR}-01", "M") + means["month"].values
    out = means.rename(month="time").assign_coords(time=first.astype("datetime64[ns]"))
    nominal = np.stack([first, first + 1], axis=1).astype("datetime64[ns]")
    return out.assign(time_bounds=(("time", "bounds"), nominal)).merge(dataset.drop_dims("time"))


def _in_nominal_year(time: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    month = time.astype("datetime64[M]")
    nominal = np.datetime64(f"{NOMINAL_YEAR}-01", "M") + month.astype(int) % 12
    return nominal.astype("datetime64[ns]") + (time - month).astype("timedelta64[ns]")


def match_ups(
    cells: pd.DataFrame, product: xr.DataArray, window: int = 3, signed_variation: bool = False
) -> pd.DataFrame:
    """Match in-situ cells with the product around them, where it is representative.

    Around each cell lies a window of 3 x 3 or 5 x 5 cells. If more than half of *all* its cells are valid (5
    of 9, 13 of 25; what lies beyond the edge of the grid is missing, while a global grid closes in
    longitude) and the coefficient of variation of the valid values is below 0.25, the in-situ value is
    matched with the *mean of the valid values of the window*: these are the data whose representativeness
    was tested, and the centre itself may be missing. Where the mean vanishes the coefficient does not exist
    and the window is not representative.

    Args:
        cells: in-situ cells, see `insitu.grid_observations`.
        product: dims (time, latitude, longitude); of a lazy product only these windows are read.
        window: cells along an edge, odd.
        signed_variation: coefficient of variation with the signed mean, as printed.

    Returns:
        one row per match: period, row, column, time (start of the period), latitude, longitude, in_situ,
        product, n (in-situ data in the cell), valid_share, variation (of the window). `attrs` counts cells,
        too_few_valid and not_uniform.
    """
    values = _windows(cells, product, window)
    share = np.isfinite(values).mean(axis=1)
    variation = coefficient_of_variation(values, signed=signed_variation)
    enough, uniform = share > LEAST_VALID_SHARE, variation < LARGEST_VARIATION
    count = np.isfinite(values).sum(axis=1)
    rows = cells[["period", "row", "column"]].assign(
        time=product["time"].values[cells["period"]],
        latitude=product["latitude"].values[cells["row"]],
        longitude=product["longitude"].values[cells["column"]],
        in_situ=cells["value"],
        product=np.nansum(values, axis=1) / np.maximum(count, 1),
        n=cells["n"],
        valid_share=share,
        variation=variation,
    )
    out = rows[enough & uniform].reset_index(drop=True)
    out.attrs = {
        "cells": len(cells),
        "too_few_valid": int((~enough).sum()),
        "not_uniform": int((enough & ~uniform).sum()),
    }
    return out


def _windows(cells: pd.DataFrame, product: xr.DataArray, window: int) -> NDArray[np.float64]:
    """Values of the product around every cell, shape (cells, window * window); NaN beyond the grid."""
    reach = np.arange(window) - window // 2
    down, along = (x.reshape(-1) for x in np.meshgrid(reach, reach, indexing="ij"))
    row = cells["row"].to_numpy()[:, None] + down
    column = cells["column"].to_numpy()[:, None] + along
    period = np.broadcast_to(cells["period"].to_numpy()[:, None], row.shape)
    if is_periodic(product["longitude"].values):
        column = column % product.sizes["longitude"]
    inside = (row >= 0) & (row < product.sizes["latitude"]) & (column >= 0) & (column < product.sizes["longitude"])
    at = {"time": period, "latitude": row, "longitude": column}
    picked = product.isel({d: xr.DataArray(i[inside], dims="place") for d, i in at.items()})
    out = np.full(row.shape, np.nan)
    out[inside] = picked.values
    return np.where(np.isfinite(out), out, np.nan)


def _sentence_start(words: str) -> str:
    return words[:1].upper() + words[1:]


def match_note(pairs: pd.DataFrame, quantity: str) -> Sentence:
    """How many in-situ cells were matched, and why others were not."""
    about, name = pairs.attrs, notation_of(quantity)
    return Sentence(
        f"{_sentence_start(name.meaning.split(',')[0])}: of {about['cells']} grid cells with in-situ data"
        f" {len(pairs)} are matched; in"
        f" {about['too_few_valid']} at most half of the window is valid, in {about['not_uniform']} the"
        " window is not uniform (coefficient of"
        f" variation {LARGEST_VARIATION} or more, or undefined).",
        f"{name.zh}：有实测数据的{about['cells']}个网格中匹配{len(pairs)}个；{about['too_few_valid']}个窗口有效数据不超过一半，"
        f"{about['not_uniform']}个窗口空间变异系数不小于{LARGEST_VARIATION}或不存在。",
    )


def _span_of(table: pd.DataFrame) -> tuple[str, str]:
    return f"{table['time'].min():%Y-%m-%d}", f"{table['time'].max():%Y-%m-%d}"


def _span_of_product(dataset: xr.Dataset) -> tuple[str, str]:
    bounds = dataset["time_bounds"].values.astype("datetime64[ns]")
    last = bounds[-1, 1] - np.timedelta64(1, "ns")
    return str(bounds[0, 0].astype("datetime64[D]")), str(last.astype("datetime64[D]"))


def _no_common_time(table: pd.DataFrame, dataset: xr.Dataset, match: str) -> InputError:
    ours, theirs = _span_of(table), _span_of_product(dataset)
    if match == "climatology":
        what = "no in-situ observation lies in a calendar month that the product has"
        return InputError(what, where=table.attrs.get("file", "in-situ data"), do="extend the product")
    return InputError(
        f"the in-situ data ({ours[0]} to {ours[1]}) and the product ({theirs[0]} to {theirs[1]}) share no time",
        where=table.attrs.get("file", "in-situ data"),
        do='give data of the same time, or set accuracy.match = "climatology" to compare calendar months'
        " irrespective of the year, which the verdict will name",
    )


def _outside_note(count: int, total: int, dataset: xr.Dataset, match: str) -> Sentence:
    if match == "climatology":
        en, zh = "in no calendar month of the product", "所在月份产品没有数据"
    else:
        start, end = _span_of_product(dataset)
        en, zh = f"outside the periods of the product ({start} to {end})", f"在产品时段（{start}至{end}）之外"
    return Sentence(
        f"{count} of {total} in-situ observations lie {en} and were left out.",
        f"{total}个实测数据中有{count}个{zh}，未采用。",
    )


def _climatology_reservation(ours: tuple[str, str], theirs: tuple[str, str]) -> Sentence:
    return Sentence(
        f"Reservation: the in-situ data are of {ours[0]} to {ours[1]}, the product of {theirs[0]} to"
        f' {theirs[1]}; they were matched by calendar month irrespective of the year (match = "climatology").'
        " Clause 4.5.1 asks for data of the product's own time, so this verdict does not show how accurate"
        " the product is in its time.",
        f"保留意见：实测数据时段为{ours[0]}至{ours[1]}，产品时段为{theirs[0]}至{theirs[1]}，二者不考虑年份、按月份匹配"
        '（match = "climatology"）。4.5.1要求采用卫星观测周期内的实测数据，'
        "因此本结论不能证明产品在其自身时段的精度。",
    )
