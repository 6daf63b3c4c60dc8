"""Where a flux rests on an empirical fit outside the range it was made for: flagged, never silent."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray as xr
from jax import Array
from jax.typing import ArrayLike

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
ATTRIBUTES: dict[str, Any] = {
    "long_name": "fits used outside the range they were made for",
    "flag_masks": np.array([fit.bit for fit in FITS], dtype="int8"),
    "flag_meanings": " ".join(fit.meaning for fit in FITS),
}


def validity_flag(temperature: ArrayLike, salinity: ArrayLike, wind: ArrayLike, options: FluxOptions) -> Array:
    """Flag every cell by the fits that are used outside their range.

    Ranges: Schmidt number 0 to 30 degC (Wanninkhof 1992) or -2 to 40 degC (2014); winds as the law says, where its
    authors do; solubility -1 to 40 degC and salinity 0 to 40 (Weiss 1974).

    Args:
        temperature: of the sea surface [degC].
        salinity: of the sea surface [1].
        wind: mean wind speed [m s-1].
        options: Schmidt number fit and transfer law.

    Returns:
        sum of the bits of `FITS`, int8; 0 where all is well or there is no value.

    >>> validity_flag([20.0, 31.0, -1.5], 34.0, 7.0, FluxOptions()).tolist()
    [0, 1, 5]
    """
    outside = {
        SCHMIDT: _outside(temperature, SCHMIDT_VALID[options.schmidt]),
        LAW: _outside(wind, options.law.valid_wind),
        SOLUBILITY: (
            _outside(temperature, SOLUBILITY_VALID_TEMPERATURE) | _outside(salinity, SOLUBILITY_VALID_SALINITY)
        ),
    }
    return sum((where * jnp.int8(fit.bit) for fit, where in outside.items()), start=jnp.int8(0))


def _outside(values: ArrayLike, limits: tuple[float, float]) -> Array:
    low, high = limits
    x = jnp.asarray(values)
    return (x < low) | (x > high)


def validity_notes(fields: xr.Dataset, valid_cells: int) -> list[Sentence]:
    """How many fluxes rest on a fit outside its range, one sentence for each fit.

    Args:
        fields: flux dataset with the counts of `statistics.period_series`.
        valid_cells: cells with a flux, all periods together.
    """
    counts = {f: int(fields[f.meaning].sum()) for f in FITS}
    return [_sentence(f, count, valid_cells) for f, count in counts.items() if count]


def _sentence(fit: Fit, count: int, of: int) -> Sentence:
    share = f"{100 * count / of:.1f} %"
    return Sentence(
        f"{count} of {of} fluxes ({share}) lie outside {fit.en} (variable {FLAG}): they extrapolate it.",
        f"{of}个通量值中有{count}个（{share}）超出{fit.zh}的适用范围（见变量 {FLAG}），属于外推。",
    )
