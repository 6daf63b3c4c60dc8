"""Where a flux rests on an empirical fit outside the range it was made for: flagged, never silent."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import xarray as xr

from shanhai.airsea import FluxOptions
from shanhai.airsea.co2_flux import SCHMIDT_VALID
from shanhai.monitoring.results import Sentence
from shanhai.seawater.gas import SOLUBILITY_VALID_SALINITY, SOLUBILITY_VALID_TEMPERATURE

FLAG = "validity_flag"


class Fit(NamedTuple):
    """A fit whose range is watched: its bit, its name as a CF flag, and what it is called."""

    bit: int
    meaning: str
    en: str
    zh: str


SCHMIDT = Fit(
    1, "temperature_outside_schmidt_number_fit", "the temperature range of the Schmidt number", "施密特数公式"
)
LAW = Fit(2, "wind_outside_transfer_law", "the wind range of the transfer law", "气体传输速率公式")
SOLUBILITY = Fit(4, "water_outside_solubility_fit", "the range of the solubility", "溶解度公式")
FITS = (SCHMIDT, LAW, SOLUBILITY)


def validity_flag(prepared: xr.Dataset, options: FluxOptions) -> xr.DataArray:
    """Flag every cell by the fits that are used outside their range; lazy where the inputs are lazy.

    Ranges: Schmidt number 0 to 30 degC (Wanninkhof 1992) or -2 to 40 degC (2014); winds as the law says, where its
    authors do; solubility -1 to 40 degC and salinity 0 to 40 (Weiss 1974).

    Args:
        prepared: inputs on one grid, units of the notation table.
        options: Schmidt number fit and transfer law.

    Returns:
        sum of the bits of `FITS` (time, latitude, longitude), 0 where all is well or there is no value.
    """
    temperature, salinity = prepared["sea_surface_temperature"], prepared["sea_surface_salinity"]
    outside: dict[Fit, Callable[[], xr.DataArray]] = {
        SCHMIDT: lambda: _outside(temperature, SCHMIDT_VALID[options.schmidt]),
        LAW: lambda: _outside(prepared["wind_speed"], options.law.valid_wind),
        SOLUBILITY: lambda: (
            _outside(temperature, SOLUBILITY_VALID_TEMPERATURE) | _outside(salinity, SOLUBILITY_VALID_SALINITY)
        ),
    }
    total = sum(where().astype("int8") * np.int8(fit.bit) for fit, where in outside.items())
    return xr.DataArray(total).assign_attrs(
        long_name="fits used outside the range they were made for",
        flag_masks=np.array([fit.bit for fit in FITS], dtype="int8"),
        flag_meanings=" ".join(fit.meaning for fit in FITS),
    )


def _outside(values: xr.DataArray, limits: tuple[float, float]) -> xr.DataArray:
    low, high = limits
    return (values < low) | (values > high)


def validity_notes(fields: xr.Dataset) -> list[Sentence]:
    """How many fluxes rest on a fit outside its range, one sentence for each fit."""
    if FLAG not in fields:
        return []
    valid = fields["co2_flux"].notnull()
    flags = fields[FLAG].where(valid, 0).astype("int8")
    counts = xr.Dataset({f.meaning: ((flags & f.bit) > 0).sum() for f in FITS} | {"all": valid.sum()}).compute()
    return [_sentence(f, int(counts[f.meaning]), int(counts["all"])) for f in FITS if int(counts[f.meaning])]


def _sentence(fit: Fit, count: int, of: int) -> Sentence:
    share = f"{100 * count / of:.1f} %"
    return Sentence(
        f"{count} of {of} fluxes ({share}) lie outside {fit.en} (variable {FLAG}): they extrapolate it.",
        f"{of}个通量值中有{count}个（{share}）超出{fit.zh}的适用范围（见变量 {FLAG}），属于外推。",
    )
