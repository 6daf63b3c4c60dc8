"""Net flux of the global ocean and of the China seas in 2010, in variants, and the same by plain NumPy."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from shanhai.monitoring import assess
from validation import jobs

PG = 1e12  # kg
VARIANTS: dict[str, dict[str, Any]] = {  # what is changed -> sections of the configuration
    "the standard": {"uncertainty": {}},
    "without wind compensation (C = 1)": {"flux": {"wind_compensation": "none"}},
    "law wanninkhof_2014": {"flux": {"law": "wanninkhof_2014"}},
    "only cells with all months": {"net_flux": {"require_every_subperiod": True}},
    "temperature known to be of the skin": {"flux": {"cool_skin": "fixed", "temperature_is": "skin"}},
    "less the part under ice": {"flux": {"sea_ice": True}},
}


def run(data: Path) -> tuple[dict[str, Any], xr.Dataset]:
    """Numbers of all variants, and the fields of the first."""
    tables, first = {}, None
    for name, sections in VARIANTS.items():
        with TemporaryDirectory() as scratch:
            ice = sections.get("flux", {}).get("sea_ice")
            extra = {"sea_ice_fraction": jobs.ice(data, Path(scratch))} if ice else None
            fields, report = assess(jobs.job(data, extra_inputs=extra, **sections))
        tables[name] = report.net_flux
        first = fields if first is None else first
    assert first is not None
    standard = tables["the standard"]
    numbers = {
        "years": [_year(name, table, area["name"]) for area in jobs.AREAS for name, table in tables.items()],
        "months": _by_label(standard, tables["without wind compensation (C = 1)"], "month"),
        "seasons": _by_label(standard, tables["without wind compensation (C = 1)"], "season"),
        "plain": plain(data, first),
        "transfer": transfer(first),
    }
    return numbers, first


def _year(name: str, table: pd.DataFrame, area: str) -> dict[str, Any]:
    row = table[(table.total == "year") & (table.area == area)].iloc[0]
    months = table[(table.total == "month") & (table.area == area)]
    spread = float(row.get("net_co2_flux_uncertainty", np.nan))
    return {
        "area": area,
        "variant": name,
        "mean": row.mean_flux,
        "net": row.net_co2_flux / PG,
        "spread": spread / PG if np.isfinite(spread) else None,
        "sum_of_months": float(months.net_co2_flux.sum()) / PG,
        "valid_only": float((months.net_co2_flux * months.valid_fraction).sum()) / PG,
        "valid": row.valid_fraction,
    }


def _by_label(standard: pd.DataFrame, without: pd.DataFrame, total: str) -> list[dict[str, Any]]:
    rows = standard[standard.total == total].reset_index(drop=True)
    others = without[without.total == total].reset_index(drop=True)
    assert (rows.label == others.label).all()
    return [
        {"area": r.area, "label": r.label, "days": r.days, "mean": r.mean_flux, "without": o.mean_flux}
        | {"net": r.net_co2_flux / PG, "complete": bool(r.complete)}
        for r, o in zip(rows.itertuples(), others.itertuples())
    ]


def plain(data: Path, fields: xr.Dataset) -> dict[str, float]:
    """Formulas (1) to (9) written out once more in NumPy on the raw files, against the fields of the job."""
    flux, ours = _plain_flux(data), fields.co2_flux.values
    both = np.isfinite(flux) & np.isfinite(ours)
    worst = float(np.max(np.abs(flux - ours)[both]))
    return {
        "cells": int(both.sum()),
        "worst": worst,
        "only_one": int((np.isfinite(flux) != np.isfinite(ours)).sum()),
    }


def transfer(fields: xr.Dataset) -> dict[str, float]:
    """Area-weighted means of the transfer velocity [cm h-1] where there is a flux, and the median of C2."""
    valid = fields.co2_flux.notnull()
    with_c2 = (fields.transfer_velocity * fields.wind_compensation).where(valid)
    return {
        "with_c2": float(with_c2.weighted(fields.cell_area).mean()),
        "without": float(fields.transfer_velocity.where(valid).weighted(fields.cell_area).mean()),
        "median_c2": float(fields.wind_compensation.where(valid).median()),
    }


def _plain_flux(data: Path) -> np.ndarray:
    def read(file: str, variable: str) -> np.ndarray:
        with xr.open_dataset(data / file) as source:
            field = source[variable]
            return (field.sortby("lat") if "lat" in field.coords else field).values.astype(float)

    t = read(jobs.FORCING, "sst_skin_mean") - 273.15
    t = np.where((t >= -2.5) & (t <= 45.0), t, np.nan)
    s, p = read(jobs.SALT, "sss"), read(jobs.FORCING, "msl_mean")
    seen = read(jobs.FORCING, "wind_speed_cor_count") >= 1
    square = np.where(seen, read(jobs.FORCING, "wind_speed_cor_moment_2"), np.nan)
    square = np.where(seen & np.isfinite(read(jobs.FORCING, "wind_speed_cor_mean")), square, np.nan)
    sea, x = read(jobs.CARBON, "pCO2_2010_interpolated_pred") * 0.101325, read(jobs.CARBON, "vCO2") * 1e-6
    h = (t + 273.15) / 100
    sc = 2073.1 - 125.62 * t + 3.6276 * t**2 - 0.043219 * t**3
    k_times_c = 0.266 * square * (sc / 600) ** -0.5  # k C2 = 0.266 <U>^2 (<U^2> / <U>^2) ...
    salt = s * (0.023517 - 0.023656 * h + 0.0047036 * h**2)
    solubility = np.exp(-60.2409 + 93.4517 / h + 23.3585 * np.log(h) + salt)
    vapour = 101325 * np.exp(24.4543 - 67.4509 / h - 4.8489 * np.log(h) - 5.44e-4 * s)
    rho = 999.842594 + 0.06793952 * t - 9.09529e-3 * t**2 + 1.001685e-4 * t**3 - 1.120083e-6 * t**4 + 6.536332e-9 * t**5
    rho += (0.824493 - 0.0040899 * t + 7.6438e-5 * t**2 - 8.2467e-7 * t**3 + 5.3875e-9 * t**4) * s
    rho += (-0.00572466 + 1.0227e-4 * t - 1.6546e-6 * t**2) * s**1.5 + 4.8314e-4 * s**2
    flux: np.ndarray = 24 * k_times_c * solubility * rho * (sea - x * (p - vapour)) / 1.01325e4
    return flux
