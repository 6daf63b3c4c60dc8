"""Clause 4.5 whole: from a table of in-situ data and a flux dataset to match-ups, verdicts and notes."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from shanhai.core.errors import InputError
from shanhai.io.tables import read_table
from shanhai.monitoring.accuracy import assess
from shanhai.monitoring.config import AccuracySection, FluxSection
from shanhai.monitoring.flux import options_of
from shanhai.monitoring.insitu import (
    ICE,
    WINDS,
    cell_index,
    flux_notes,
    grid_observations,
    rejection_note,
    table_notes,
    with_flux,
)
from shanhai.monitoring.match_up import Aligned, align_time, match_note, match_ups
from shanhai.monitoring.results import AccuracyResult, Sentence


class Assessment(NamedTuple):
    """Verdicts, the match-ups behind them by quantity, and what the reader must know."""

    results: list[AccuracyResult]
    match_ups: dict[str, pd.DataFrame]
    notes: list[Sentence]


def assess_accuracy(dataset: xr.Dataset, accuracy: AccuracySection, flux: FluxSection) -> Assessment:
    """Assess the accuracy of a product against in-situ data by clause 4.5 of HY/T 0343.5.

    Args:
        dataset: flux dataset, lazy or not, with `time_bounds` and the quantities to assess.
        accuracy: in-situ data and rules.
        flux: equations of the product, used for the in-situ flux as well.

    Returns:
        one verdict and one match-up table per quantity, and notes.

    Raises:
        InputError: for in-situ data that cannot be read or share no time with the product, and for a quantity
            that table or product lack.
    """
    table = read_table(accuracy.data)
    for quantity in accuracy.quantities:
        _check_there(quantity, table, dataset)
    aligned = align_time(table, dataset, accuracy.match)
    out = Assessment([], {}, [*table_notes(table), *aligned.notes])
    for quantity in accuracy.quantities:
        observed = _observed(quantity, aligned, flux)
        product = aligned.dataset[quantity]
        cells = grid_observations(
            observed,
            quantity,
            product["latitude"].values,
            product["longitude"].values,
            aligned.dataset["time_bounds"].values,
            accuracy.reject,
        )
        pairs = match_ups(cells, product, accuracy.window, accuracy.signed_variation)
        out.match_ups[quantity] = pairs
        out.results.append(
            assess(
                pairs,
                quantity,
                signed_variation=accuracy.signed_variation,
                reservations=aligned.reservations,
            )
        )
        powerless = rejection_note(cells, accuracy.reject)
        if powerless and powerless not in out.notes:
            out.notes.append(powerless)
        out.notes.append(match_note(pairs, quantity))
        out.notes.extend(flux_notes(observed) if quantity == "co2_flux" else [])
    return out


def check_accuracy(
    time_bounds: NDArray[np.datetime64], latitude: ArrayLike, longitude: ArrayLike, accuracy: AccuracySection
) -> None:
    """Refuse in-situ data that cannot be read, lack a quantity or share no time or place with the product.

    For before any work.

    Args:
        time_bounds: start and exclusive end of every period of the product, (time, 2).
        latitude: cell centres of the product, ascending [degree].
        longitude: cell centres of the product, ascending [degree].
        accuracy: in-situ data and rules.

    Raises:
        InputError: see `assess_accuracy`.
    """
    table = read_table(accuracy.data)
    promised = {q: ("time", np.zeros(len(time_bounds))) for q in accuracy.quantities}
    product = xr.Dataset({**promised, "time_bounds": (("time", "bounds"), time_bounds)})
    for quantity in accuracy.quantities:
        _check_there(quantity, table, product)
    _check_place(align_time(table, product, accuracy.match).table, latitude, longitude)


def _check_place(table: pd.DataFrame, latitude: ArrayLike, longitude: ArrayLike) -> None:
    rows, _ = cell_index(table["latitude"], table["longitude"], latitude, longitude)
    if (rows >= 0).any():
        return
    spans = [f"{table[axis].min():g} to {table[axis].max():g}" for axis in ("latitude", "longitude")]
    raise InputError(
        f"none of {len(table)} in-situ observations of the product's time lies in the region; their latitudes are "
        f"{spans[0]}, their longitudes {spans[1]}",
        where=table.attrs["file"],
        do="check their coordinates and the region",
    )


def _check_there(quantity: str, table: pd.DataFrame, dataset: xr.Dataset) -> None:
    where = table.attrs["file"]
    do = "leave it out of accuracy.quantities"
    if quantity not in dataset:
        raise InputError(f"the product has no {quantity} to compare with the in-situ data", where=where, do=do)
    if quantity == "pco2_sea" and quantity not in table:
        raise InputError("the in-situ table has no column of pco2_sea", where=where, do=do)


def _observed(quantity: str, aligned: Aligned, flux: FluxSection) -> pd.DataFrame:
    """In-situ table with the quantity; its flux follows the equations of the product."""
    if quantity != "co2_flux":
        return aligned.table
    table, background = aligned.table, aligned.dataset
    if flux.wind_compensation == "none":
        moments = list(WINDS[1:])
        table = table.drop(columns=moments, errors="ignore")
        background = background.drop_vars(moments, errors="ignore")
    if not flux.sea_ice:
        background = background.drop_vars(ICE, errors="ignore")
    return with_flux(table, options_of(flux), background)
