"""Figures of docs/validation.md."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from shanhai.plot import bars, maps, scatter, style
from validation import jobs

DOTS = 110  # per inch: the pages stay light
SOURCE = "HY/T 0343.5, law ho_2006, altimeter C2; kriged SOCATv4 pCO2, WOA18 salinity, skin temperature, 2010"
SEASONS = {"January and February": (1, 2), "March to May": (3, 4, 5), "June to August": (6, 7, 8)}
SEASONS |= {"September to November": (9, 10, 11)}


def draw(
    data: Path,
    fields: xr.Dataset,
    flux: dict[str, Any],
    verdicts: dict[str, Any],
    match_ups: dict[str, pd.DataFrame],
    folder: Path,
) -> None:
    """Write every figure into a folder."""
    _save(maps.flux_map(_mean(fields), title="Mean air-sea CO2 flux of 2010", subtitle=SOURCE), folder, "global_2010")
    _save(_china(fields), folder, "china_seas_2010")
    _save(_bars(flux), folder, "net_flux_2010")
    for row in verdicts["verdicts"]:
        _save(_scatter(row, match_ups[row["quantity"]]), folder, f"cruise_{row['quantity']}")
    _save(_moments(data), folder, "wind_moments_2010")


def _save(figure: Any, folder: Path, name: str) -> None:
    style.save(figure, folder / f"{name}.png", DOTS)


def _mean(fields: xr.Dataset) -> xr.DataArray:
    return fields.co2_flux.mean("time", keep_attrs=True)


def _china(fields: xr.Dataset) -> Any:
    west, south, east, north = jobs.CHINA_SEAS
    sea = fields.co2_flux.sel(longitude=slice(west, east), latitude=slice(south, north))
    panels = [sea.sel(time=sea.time.dt.month.isin(months)).mean("time") for months in SEASONS.values()]
    joined = xr.concat(panels, dim="panel")
    title = "Air-sea CO2 flux of the China seas, 2010"
    return maps.panel_maps(joined, list(SEASONS), "co2_flux", title=title, subtitle=SOURCE)


def _bars(flux: dict[str, Any]) -> Any:
    series: dict[str, Any] = {}
    for area in jobs.AREAS:
        rows = [r for r in flux["months"] if r["area"] == area["name"]]
        series[str(area["name"])] = ([r["label"] for r in rows], [r["net"] * 1e12 for r in rows], None)
    return bars.net_flux_bars(series, title="Net air-sea CO2 flux by month, formula (16)", subtitle=SOURCE)


def _scatter(row: dict[str, Any], pairs: pd.DataFrame) -> Any:
    found = {"N": row["n"], "R": row["correlation"], "RMSE": row["rmse"], "bias": row["bias"]}
    return scatter.match_up_scatter(
        pairs["in_situ"],
        pairs["product"],
        row["quantity"],
        title="Cruise of October-November 2013 against the product of the same months of 2010",
        subtitle='match = "climatology": three years apart, so no test of the product in its own time',
        statistics=found,
    )


def _moments(data: Path) -> Any:
    with xr.open_dataset(data / jobs.FORCING) as source:
        mean, square, cube, count = (
            source[f"wind_speed_cor_{n}"].values.astype(float) for n in ("mean", "moment_2", "moment_3", "count")
        )
    seen = (count >= 1) & (mean > 0)
    ratio = (cube * mean)[seen] / square[seen] ** 2
    with style.look():
        figure = style.new_figure(6.4, 3.2)
        axes = figure.add_subplot()
        edges: Any = np.arange(0.8, 1.2001, 0.01)
        for part, colour in ((ratio[ratio < 1], style.SOURCE), (ratio[ratio >= 1], style.SINK)):
            axes.hist(part, bins=edges, color=colour, rwidth=0.92)
        axes.axvline(1, color="#222222", linewidth=0.9)
        axes.set_xlabel(r"$\overline{U^3}\;\overline{U}\,/\,\overline{U^2}^{\,2}$")
        axes.set_ylabel("cells and months")
        style.titles(figure, "Third wind moment of the 2010 archive", "No winds can have a ratio below one (red).")
    return figure
