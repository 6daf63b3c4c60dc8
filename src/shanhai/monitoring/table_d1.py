"""The worked example of HY/T 0343.5, Appendix D: twenty cells of the East China Sea, August 2009.

The standard prints no cell positions. The order of its rows suggests five rows from north to south of four
cells from west to east (salinity rises eastward, pressure falls southward); `LAYOUT` places them so for maps only.
"""

import csv
from functools import cache

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanhai import data

CELL_AREA = 1e4
"""Area of a cell as the printed net flux implies it [km2]; formula (15) gives 10,700 to 11,000 there."""

LAYOUT = {"latitude": np.arange(27.5, 32.0), "longitude": np.arange(123.5, 127.0)}
"""Illustrative cell centres; not from the standard."""

REMARK = {
    "comment": "The standard prints no positions of the cells of Table D.1: those here are illustrative. Areas by "
    "formula (15) at these positions exceed the 10 000 km2 a cell that the printed net flux implies by 5 to 10 %.",
    "comment_zh": "标准未给出表D.1各网格的位置，此处位置仅为示意。按公式（15）计算的面积比印刷结果所隐含的"
    "每网格1万平方千米大5%～10%。",
}
"""For the reader of a report on this dataset."""

COLUMNS = {  # column of the file -> notation name
    "SSS": "sea_surface_salinity",
    "SST_degC": "sea_surface_temperature",
    "pCO2sw_Pa": "pco2_sea",
    "xCO2_umolmol": "xco2",
    "P_Pa": "air_pressure",
    "U10_ms": "wind_speed",
    "pCO2air_Pa": "pco2_air",
    "dpCO2_Pa": "delta_pco2",
    "rho_kgm3": "sea_water_density",
    "KH_molkgatm": "co2_solubility",
    "C2": "wind_compensation",
    "k_cmh": "transfer_velocity",
    "Sc": "schmidt_number",
    "F_mmolm2d": "co2_flux",
}


@cache
def columns() -> dict[str, NDArray[np.float64]]:
    """Columns of Table D.1 by notation name, 20 values each, as printed.

    >>> float(columns()["co2_flux"].mean().round(4))
    -3.9355
    """
    with data.path("table_d1.csv").open(encoding="utf8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {name: np.array([float(r[column]) for r in rows]) for column, name in COLUMNS.items()}


def dataset() -> xr.Dataset:
    """Inputs of Table D.1 as a prepared dataset for August 2009, at the illustrative positions of `LAYOUT`.

    The mean square wind is C2 times the square of the mean wind, as the standard's formula (4) defines it.
    """
    c = columns()
    inputs = {n: c[n] for n in ("pco2_sea", "xco2", "sea_surface_temperature", "sea_surface_salinity")}
    inputs |= {n: c[n] for n in ("wind_speed", "air_pressure")}
    inputs["wind_speed_mean_square"] = c["wind_compensation"] * c["wind_speed"] ** 2
    start, end = np.array(["2009-08-01", "2009-09-01"], dtype="datetime64[ns]")
    fields = {n: (("time", "latitude", "longitude"), x.reshape(1, 5, 4)[:, ::-1]) for n, x in inputs.items()}
    bounds = {"time_bounds": (("time", "bounds"), np.array([[start, end]]))}
    return xr.Dataset(fields | bounds, coords={"time": [start], **LAYOUT}, attrs=REMARK)
