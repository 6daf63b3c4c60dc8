r"""Alkalinity that a water had at the surface, from what respiration and dissolution leave as it is.

$$A_T^0 = a_0 + a_1\,S + a_2\,PO$$

The form is that of Gruber, Sarmiento & Stocker (1996), whose Atlantic numbers, 367.5 + 54.9 S + 0.074 PO in
umol kg-1, could not be checked in print and are not offered: the regression is made on the shallow samples of the
cruise itself, of whose alkalinity what respiration took is given back, so that upwelled water does no harm.
"""

import numpy as np
import pandas as pd

from shanhai.carbon.regression import Numbers, Predicted, fit, matrix
from shanhai.carbon.samples import columns, oxygen_utilisation
from shanhai.core.errors import InputError
from shanhai.seawater.remineralisation import Stoichiometry, remineralised, tracer_po

SHALLOW = 100.0  # dbar, "surface" of Gruber et al. (1996)
FEWEST = 10


def preformed_alkalinity(
    table: pd.DataFrame, ratios: Stoichiometry | None = None, surface: pd.DataFrame | None = None
) -> Predicted:
    """Preformed alkalinity of every sample, learned from shallow ones.

    Source: form of Gruber, Sarmiento & Stocker (1996), Glob. Biogeochem. Cycles 10, 809.

    Args:
        table: columns salinity, oxygen, phosphate.
        ratios: stoichiometry of PO; Redfield, Ketchum & Richards when absent.
        surface: samples to learn from, with alkalinity, pressure and a temperature; those of `table` when absent.

    Returns:
        preformed alkalinity and the standard error of the regression's mean [umol kg-1], (sample,).

    Raises:
        InputError: for less than ten shallow samples, or missing columns.

    Valid: where the waters of the interior sank within the range of the shallow samples; the error grows outside it.

    >>> from shanhai.seawater import oxygen_solubility_garcia1992
    >>> n = 12
    >>> table = pd.DataFrame({"salinity": 34.0 + 0.2 * pd.Series(range(n)), "pressure": 20.0,
    ...                       "phosphate": [0.1, 0.5, 0.9] * 4, "potential_temperature": 10.0})
    >>> table["oxygen"] = oxygen_solubility_garcia1992(10.0, table["salinity"].to_numpy()) * 1e6  # AOU of zero
    >>> po = table["oxygen"] + 138 * table["phosphate"]
    >>> table["alkalinity"] = 300 + 57.0 * table["salinity"] + 0.05 * po
    >>> bool(abs(preformed_alkalinity(table).values - table["alkalinity"]).max() < 1e-9)
    True
    """
    learned = table if surface is None else surface
    shallow = learned[columns(learned, ["pressure"])["pressure"] <= SHALLOW]
    if len(shallow) < FEWEST:
        do = "give `surface` samples of the region, or a column preformed_alkalinity"
        what = f"{len(shallow)} samples are shallower than {SHALLOW:g} dbar; {FEWEST} are needed"
        raise InputError(what, where="preformed alkalinity", do=do)
    lost = np.asarray(remineralised(oxygen_utilisation(shallow), ratios).alkalinity)
    start = columns(shallow, ["alkalinity"])["alkalinity"] - lost
    line = fit(_predictors(shallow, ratios), start, ("salinity", "PO"), 1e6)
    return line.at(_predictors(table, ratios))


def _predictors(table: pd.DataFrame, ratios: Stoichiometry | None) -> Numbers:
    c = columns(table, ["salinity", "oxygen", "phosphate"])
    po = 1e6 * tracer_po(1e-6 * c["oxygen"], 1e-6 * c["phosphate"], ratios)
    return matrix(pd.DataFrame({"salinity": c["salinity"], "PO": po}), ("salinity", "PO"))
