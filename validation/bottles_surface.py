"""Surface of the cruise of 2007: DIC and pCO2 against a map of pCO2, alkalinity against salinity and temperature."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from shanhai.core.constants import ZERO_CELSIUS
from shanhai.seawater import carbonate, carbonate_uncertainty
from validation.bottles_samples import CLASSES, at_surface, samples, spread, water

MAP = "airsea_co2/socatv4_kriged_1deg_monthly_2010.nc"
TREND = 1.5  # uatm per year, Takahashi et al. (2009); the map was itself brought to 2010 with it
TREND_UNCERTAINTY = 0.5  # uatm per year; 1.2 +- 0.48 in the North Pacific, Takahashi et al. (2006)
YEARS = 3  # 2007 to 2010
MEASURED = {"dic": 2.0, "alkalinity": 3.0}  # umol kg-1, assumed
UPPER = 20.0  # dbar


def run(data: Path) -> dict[str, Any]:
    """Statistics of computed minus measured."""
    pairs, table = with_map(data), with_lee(data)
    return {
        "dic": [_against_map(pairs, "dic", name) for name in CLASSES],
        "pco2": [_against_map(pairs, "pco2", name) for name in CLASSES],
        "without_map": int(pairs.mapped.isna().sum()),
        "as_measured": spread(pairs.dic_difference_in_situ[pairs["where"] == "offshore"]),
        "alkalinity": [_against_lee(table, part) for part in _PARTS],
        "alkalinity_west": spread((table.lee_west - table.alkalinity)[_PARTS["30° N and north, S ≥ 31"](table)]),
    }


def with_map(data: Path) -> pd.DataFrame:
    """Surface samples with the pCO2 of the map at their place and month, in 2007, and what follows from it."""
    pairs = at_surface(samples(data)).copy()
    with xr.open_dataset(data / MAP) as source:
        cell = {"month": "month", "lat": "latitude", "lon": "longitude"}
        at = {axis: xr.DataArray(pairs[name].to_numpy(), dims="sample") for axis, name in cell.items()}
        there = source.sel(at, method="nearest").load()
    pairs["mapped"] = there.pCO2_2010_interpolated_pred.to_numpy().astype(float) - TREND * YEARS
    kriging = there.pCO2_2010_interpolated_error.to_numpy().astype(float)
    pairs["map_uncertainty"] = np.hypot(kriging, TREND_UNCERTAINTY * YEARS)
    pairs["map_temperature"] = there.Tcl_2010.to_numpy().astype(float) - ZERO_CELSIUS
    return _compared(pairs)


def _compared(pairs: pd.DataFrame) -> pd.DataFrame:
    """Both ways at the temperature of the map, which neither DIC nor alkalinity minds."""
    given = water(pairs)
    for name in ("pressure", "temperature", "dic"):
        given.pop(name)
    there = given | {"temperature": pairs.map_temperature.to_numpy()}
    here = given | {"temperature": pairs.temperature.to_numpy()}
    dic, pco2 = pairs.dic.to_numpy(), pairs.mapped.to_numpy()
    of_map = {"alkalinity": MEASURED["alkalinity"], "pCO2": pairs.map_uncertainty.fillna(0.0).to_numpy()}
    found = {}
    for name, constants in (("uncertainty", None), ("scatter", {})):
        forward = carbonate_uncertainty(uncertainty=of_map, pCO2=pco2, outputs=("dic",), constants=constants, **there)
        back = carbonate_uncertainty(uncertainty=MEASURED, dic=dic, outputs=("pCO2",), constants=constants, **there)
        found[f"dic_{name}"] = np.hypot(np.asarray(forward.uncertainty.dic), MEASURED["dic"])
        found[f"pco2_{name}"] = np.hypot(np.asarray(back.uncertainty.pCO2), pairs.map_uncertainty)
    return pairs.assign(
        dic_computed=np.asarray(forward.value.dic),
        dic_difference=np.asarray(forward.value.dic) - dic,
        dic_difference_in_situ=np.asarray(carbonate(pCO2=pco2, outputs=("dic",), **here).dic) - dic,
        pco2_difference=np.asarray(back.value.pCO2) - pco2,
        **found,
    )


def _against_map(pairs: pd.DataFrame, name: str, where: str) -> dict[str, Any]:
    here = pairs[(pairs["where"] == where) & pairs.mapped.notna()]
    difference, expected, scatter = (here[f"{name}_{what}"] for what in ("difference", "uncertainty", "scatter"))
    return {
        "where": where,
        **spread(difference),
        "median": float(difference.median()),
        "scatter": float(np.sqrt((scatter**2).mean())),
        "expected": float(np.sqrt((expected**2).mean())),
        "within_two": float((difference.abs() <= 2 * expected).mean()),
    }


def alkalinity_lee2006(temperature: pd.Series, salinity: pd.Series, longitude: pd.Series) -> pd.Series:
    r"""Surface alkalinity of the North Pacific [umol kg-1] from temperature [degC], salinity and longitude [degree].

    $$A_T = 2305 + 53.23\,(S-35) + 1.85\,(S-35)^2 - 14.72\,(t-20) - 0.158\,(t-20)^2 + 0.062\,(t-20)\,\lambda$$

    Source: Lee et al. (2006), Geophys. Res. Lett. 33, L19605, Table 1, zone 4: t < 20 degC, 31 <= S <= 35, north of
    30 N. Coefficients as several independent programs have them; not checked against the paper itself. Longitude is
    counted from 0 to 360 to the east, which the bottles confirm.
    """
    t, s = temperature - 20.0, salinity - 35.0
    return 2305.0 + 53.23 * s + 1.85 * s**2 - 14.72 * t - 0.158 * t**2 + 0.062 * t * longitude


def with_lee(data: Path) -> pd.DataFrame:
    """Offshore samples of the upper 20 dbar with alkalinity by the published relation."""
    table = samples(data)
    near = table[(table["where"] == "offshore") & (table.pressure <= UPPER)].dropna(subset=["alkalinity", "salinity"])
    east = alkalinity_lee2006(near.temperature, near.salinity, near.longitude % 360.0)
    return near.assign(lee=east, lee_west=alkalinity_lee2006(near.temperature, near.salinity, -near.longitude))


_PARTS = {
    "30° N and north, S ≥ 31": lambda table: (table.latitude >= 30) & (table.salinity >= 31),
    "south of 30° N, outside the zone": lambda table: table.latitude < 30,
    "S < 31, outside the range": lambda table: table.salinity < 31,
}


def _against_lee(table: pd.DataFrame, part: str) -> dict[str, Any]:
    return {"part": part, **spread((table.lee - table.alkalinity)[_PARTS[part](table)])}
