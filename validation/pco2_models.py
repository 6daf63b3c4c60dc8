"""Models of Appendix B on the North Pacific of 2010, judged on months they have not seen."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from shanhai.monitoring.pco2_models import train, validation
from validation import jobs

BOX = {"lat": slice(15.0, 45.0), "lon": slice(140.0, 180.0)}
EVERY = 6  # cells; neighbours on one degree repeat each other
SST, SSS, CHL = "sea_surface_temperature", "sea_surface_salinity", "chlorophyll"
CANDIDATES: list[dict[str, Any]] = [
    {"kind": "polynomial", "predictors": [SST], "degree": 2},
    {"kind": "polynomial", "predictors": [SST, SSS, CHL], "log10": [CHL], "degree": 2, "interactions": True},
    {"kind": "neural", "predictors": [SST, SSS, CHL], "log10": [CHL], "hidden": [8], "iterations": 100},
    {"kind": "forest", "predictors": [SST, SSS, CHL], "log10": [CHL], "trees": 50},
    {"kind": "semi_analytic", "effects": ["thermal", "mixing", "biology"]},
]


def run(data: Path) -> dict[str, Any]:
    """Scores on held-back months and on held-back boxes of ten degrees."""
    cells = table(data)
    return {
        "cells": len(cells),
        "variation": float(cells.pco2_sea.std(ddof=0) / cells.pco2_sea.mean()),
        "months": _scores(cells, validation.blocks_in_time(cells.time)),
        "boxes": _scores(cells, validation.blocks_in_space(cells.latitude, cells.longitude)),
    }


def _scores(cells: pd.DataFrame, blocks: Any) -> dict[str, Any]:
    done = train.train(cells, [train.specification(c) for c in CANDIDATES], blocks, folds=4)
    columns = ["label", "n", "correlation", "rmse", "rmse_limit", "qualified"]
    rows = done.selection.table[columns].sort_values("rmse")
    return {"rows": rows.to_dict("records"), "reasons": [r.en for r in done.selection.reasons]}


def table(data: Path) -> pd.DataFrame:
    """Cells of the box as a table: kriged pCO2 and the fields a satellite gives."""
    with (
        xr.open_dataset(data / jobs.CARBON) as carbon,
        xr.open_dataset(data / jobs.FORCING) as forcing,
        xr.open_dataset(data / jobs.SALT) as salt,
    ):
        chosen = {
            "pco2_sea": carbon["pCO2_2010_interpolated_pred"].sel(BOX) * 0.101325,
            SST: (forcing["sst_skin_mean"].sel(BOX) - 273.15).where(lambda t: t > -1.8),  # colder is ice
            SSS: salt["sss"].sel(BOX),
            CHL: forcing["chlor_a"].sel(BOX),
        }
        lat, lon = np.meshgrid(chosen["pco2_sea"].lat, chosen["pco2_sea"].lon, indexing="ij")
        columns = {name: f.values.reshape(12, -1)[:, ::EVERY].ravel().astype(float) for name, f in chosen.items()}
    place = {"latitude": lat, "longitude": lon}
    columns |= {name: np.tile(values.ravel()[::EVERY], 12) for name, values in place.items()}
    month = np.repeat(np.arange(12), len(columns[SST]) // 12)
    return pd.DataFrame(columns | {"time": np.datetime64("2010-01", "M") + month}).dropna(ignore_index=True)
