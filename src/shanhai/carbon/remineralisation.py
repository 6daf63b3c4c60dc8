"""Profiles and sections taken apart: preformed, remineralised and dissolved carbon of every sample."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanhai.carbon.preformed_alkalinity import preformed_alkalinity
from shanhai.carbon.samples import columns, oxygen_utilisation, potential_temperature
from shanhai.core.errors import InputError
from shanhai.seawater import oxygen_solubility_garcia1992
from shanhai.seawater.remineralisation import (
    Stoichiometry,
    calcium_carbonate_dissolved,
    preformed,
    remineralised,
    tracer_no,
    tracer_po,
)

NEEDED = ("salinity", "oxygen", "dic", "alkalinity", "nitrate", "phosphate")
UNIT = "umol kg-1"


def take_apart(
    table: pd.DataFrame, ratios: Stoichiometry | None = None, surface: pd.DataFrame | None = None
) -> pd.DataFrame:
    """What respiration, dissolution and the surface gave to each sample.

    Source: equations of `shanhai.seawater.remineralisation`; the alkalinity at the surface by a regression on salinity
    and PO over the samples of the upper 100 dbar, see `preformed_alkalinity`, or the column `preformed_alkalinity`.

    Args:
        table: columns of `NEEDED` [umol kg-1], pressure, and potential_temperature or temperature.
        ratios: stoichiometry; Redfield, Ketchum & Richards when absent.
        surface: samples that the preformed alkalinity is learned from; those of `table` when absent.

    Returns:
        a row per sample, all in umol kg-1: aou, oxygen_saturation, remineralised_dic, remineralised_nitrate,
        remineralised_phosphate, remineralised_alkalinity, calcium_carbonate, preformed_dic, preformed_alkalinity,
        preformed_nitrate, preformed_phosphate, tracer_no, tracer_po.

    Raises:
        InputError: for columns that are missing or in another unit.

    >>> table = pd.DataFrame({"potential_temperature": [5.0], "salinity": [34.5], "pressure": [900.0],
    ...     "oxygen": [162.0], "dic": [2200.0], "alkalinity": [2330.0], "nitrate": [30.0], "phosphate": [2.1],
    ...     "preformed_alkalinity": [2300.0]})
    >>> take_apart(table)[["aou", "remineralised_dic", "preformed_phosphate"]].round(1).values.tolist()
    [[146.5, 112.5, 1.0]]
    """
    s = Stoichiometry() if ratios is None else ratios
    c = {name: 1e-6 * x for name, x in columns(table, NEEDED[1:]).items()}
    aou = 1e-6 * oxygen_utilisation(table)
    start = 1e-6 * _alkalinity_at_start(table, s, surface)
    added = remineralised(aou, s)
    shells = calcium_carbonate_dissolved(c["alkalinity"], start, aou, s)
    before = preformed(c["dic"], c["nitrate"], c["phosphate"], aou, shells, c["alkalinity"], s)
    saturation = oxygen_solubility_garcia1992(potential_temperature(table), columns(table, ["salinity"])["salinity"])
    found: dict[str, Any] = {"aou": aou, "oxygen_saturation": saturation}
    found |= {f"remineralised_{name}": x for name, x in added._asdict().items()}
    found |= {"calcium_carbonate": shells}
    found |= {f"preformed_{name}": x for name, x in before._asdict().items()}
    found |= {"tracer_no": tracer_no(c["oxygen"], c["nitrate"], s)}
    found |= {"tracer_po": tracer_po(c["oxygen"], c["phosphate"], s)}
    result = pd.DataFrame({name: 1e6 * np.asarray(x) for name, x in found.items()}, index=table.index)
    result.attrs["units"] = dict.fromkeys(found, UNIT)
    return result


def _alkalinity_at_start(
    table: pd.DataFrame, ratios: Stoichiometry, surface: pd.DataFrame | None
) -> NDArray[np.float64]:
    if "preformed_alkalinity" in table:
        return columns(table, ["preformed_alkalinity"])["preformed_alkalinity"]
    return preformed_alkalinity(table, ratios, surface).values


def observed_ratios(table: pd.DataFrame) -> Stoichiometry:
    r"""Ratios to AOU that the samples themselves show, by regression through their mean.

    $$r_X = \frac{\operatorname{cov}(X, \mathrm{AOU})}{\operatorname{var}(\mathrm{AOU})}$$

    for nitrate and phosphate, and for DIC less half of alkalinity and nitrate. Mixing of waters of different preformed
    contents goes into them, so they are the ratios of remineralisation only along a density surface.

    Source: method of Takahashi, Broecker & Langer (1985), J. Geophys. Res. 90, 6907.

    Args:
        table: columns dic, alkalinity, nitrate, phosphate, oxygen, salinity, and potential_temperature or temperature.

    Returns:
        `Stoichiometry` per phosphorus.

    Raises:
        InputError: for less than five whole rows, or no change of phosphate with AOU.

    >>> aou = np.array([0.0, 40.0, 80.0, 120.0, 160.0])
    >>> base = {"potential_temperature": 5.0, "salinity": 34.5, "oxygen": 306.3 - aou}
    >>> grown = {"dic": 2100 + 0.7 * aou, "alkalinity": 2300 - 0.1 * aou, "nitrate": 3 + 0.1 * aou}
    >>> table = pd.DataFrame(base | grown | {"phosphate": 0.3 + aou / 160})
    >>> round(float(observed_ratios(table).carbon), 3), round(float(observed_ratios(table).oxygen), 3)
    (112.0, 160.0)
    """
    c = columns(table, ["dic", "alkalinity", "nitrate", "phosphate"])
    aou = oxygen_utilisation(table)
    organic = c["dic"] - 0.5 * (c["alkalinity"] + c["nitrate"])
    good = np.isfinite(aou) & np.isfinite(organic) & np.isfinite(c["phosphate"])
    if good.sum() < 5:
        raise InputError(f"{int(good.sum())} rows have all quantities; five are needed", where="observed_ratios")
    spread = aou[good] - aou[good].mean()

    def slope(x: NDArray[np.float64]) -> float:
        return float(spread @ x[good] / (spread @ spread))

    phosphorus = slope(c["phosphate"])
    if not phosphorus > 0:
        raise InputError("phosphate does not rise with AOU", where="observed_ratios", do="take deeper samples")
    carbon, nitrogen = slope(organic) / phosphorus, slope(c["nitrate"]) / phosphorus
    found = [jnp.asarray(x) for x in (carbon, nitrogen, 1.0 / phosphorus, nitrogen + 1.0)]
    return Stoichiometry(found[0], found[1], found[2], found[3], "regression on AOU of the samples")
