"""Bottles of the cruise of 2007 with all that is computed from them."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from shanhai.io.bottle_files import BottleFile
from shanhai.io.bottles import GOOD, read_bottles
from shanhai.seawater import (
    apparent_oxygen_utilisation,
    carbonate,
    density_surface_eos80,
    oxygen_saturation,
    potential_temperature_eos80,
)

BOTTLES = "seawater_chemistry/WCOA2007_32WC20070511.exc.csv"
MICRO = 1e-6
DECIBAR = 1e4  # Pa
SURFACE = 10.0  # dbar
SHELF, DEEP = 200.0, 2000.0  # m of water
CLASSES = ("offshore", "slope", "shelf")
PER_KG = ("oxygen", "ctd_oxygen", "nitrate")  # umol kg-1


@cache
def samples(data: Path) -> pd.DataFrame:
    """A row per bottle, by line of the file: measured, computed from DIC and alkalinity, and derived from oxygen."""
    bottles = read_bottles(data / BOTTLES)
    table = bottles.values.join(_further(bottles.file))
    chemistry = carbonate(**water(table), outputs=("pH", "pCO2", "omega_aragonite", "reason"))
    for name in ("pH", "pCO2", "omega_aragonite"):
        table[name] = np.asarray(getattr(chemistry, name))
    return _derived(table)


def water(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Arguments of `carbonate`; nutrients that were not measured count as none."""
    names = ("dic", "alkalinity", "temperature", "salinity", "pressure")
    nutrients = {name: table[name].fillna(0.0).to_numpy() for name in ("phosphate", "silicate")}
    return {name: table[name].to_numpy() for name in names} | nutrients


def _further(file: BottleFile) -> pd.DataFrame:
    """Columns that the carbonate system does not need."""
    place = {column.label: position for position, column in enumerate(file.columns)}
    rows = dict(file.rows())
    text = {label: pd.Series({line: cells[p] for line, cells in rows.items()}) for label, p in place.items()}
    number = {label: pd.to_numeric(text[label], errors="coerce") for label in place if label != "DATE"}
    found = pd.DataFrame(
        {
            "transect": number["LINE"],
            "station": number["STNNBR"],
            "bottom": number["BOT_DEPTH"],
            "month": pd.to_datetime(text["DATE"], format="%m/%d/%Y").dt.month,
        }
    )
    for name, label in zip(PER_KG, ("OXYGEN", "CTDOXY", "NITRAT")):
        found[name] = number[label].where(number[f"{label}_FLAG_W"].isin(GOOD))
    found["where"] = np.select([found.bottom < SHELF, found.bottom < DEEP], ["shelf", "slope"], "offshore")
    return found


def _derived(table: pd.DataFrame) -> pd.DataFrame:
    t, s, p = (table[name].to_numpy() for name in ("temperature", "salinity", "pressure"))
    theta = np.asarray(potential_temperature_eos80(t, s, p * DECIBAR))
    oxygen = table.oxygen.to_numpy() * MICRO
    return table.assign(
        theta=theta,
        sigma=np.asarray(density_surface_eos80(theta, s)) - 1000.0,
        aou=np.asarray(apparent_oxygen_utilisation(oxygen, theta, s)) / MICRO,
        saturation=np.asarray(oxygen_saturation(oxygen, theta, s)),
    )


def at_surface(table: pd.DataFrame) -> pd.DataFrame:
    """The shallowest sample of each station with DIC and alkalinity, where one lies in the upper 10 dbar."""
    whole = table[np.isfinite(table.omega_aragonite) & (table.pressure <= SURFACE)]
    return whole.sort_values("pressure", kind="stable").groupby("station").head(1).sort_values("station")


def spread(values: pd.Series) -> dict[str, float]:
    """Number, mean and standard deviation of what is there."""
    there = values.dropna()
    return {"n": len(there), "mean": float(there.mean()), "sd": float(there.std())}
