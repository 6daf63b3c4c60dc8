"""Small synthetic jobs on files, for tests of everything that reads a configuration."""

from pathlib import Path

import numpy as np
import xarray as xr

FIELDS = {  # name -> mean, amplitude, unit in the file
    "pco2_sea": (370.0, 60.0, "uatm"),
    "xco2": (390.0, 3.0, "ppm"),
    "sea_surface_temperature": (290.0, 8.0, "K"),
    "sea_surface_salinity": (33.0, 1.5, "1"),
    "air_pressure": (1013.0, 8.0, "hPa"),
    "wind_speed": (7.0, 3.0, "m s-1"),
}


def field(name: str, times: np.ndarray, latitude: np.ndarray, longitude: np.ndarray) -> xr.DataArray:
    """A smooth field with a patch of land, the same on every call."""
    mean, amplitude, unit = FIELDS[name]
    seed = sum(map(ord, name))
    t = np.arange(len(times))[:, None, None]
    wave = np.sin(latitude / 7 + seed)[None, :, None] * np.cos(longitude / 5 + 0.5 * t + seed)
    values = mean + amplitude * wave
    values[:, :2, :2] = np.nan
    out = xr.DataArray(
        values.astype("f4"),
        dims=("time", "lat", "lon"),
        coords={"time": times, "lat": latitude, "lon": longitude},
        attrs={"units": unit},
        name=name,
    )
    out.lat.attrs["units"], out.lon.attrs["units"] = "degrees_north", "degrees_east"
    return out


def write_inputs(folder: Path, *, months: int = 3, rows: int = 8, columns: int = 10) -> None:
    """One NetCDF file for each input: monthly fields, daily winds."""
    latitude, longitude = 25.5 + np.arange(rows), 120.5 + np.arange(columns)
    start = np.datetime64("2010-01")
    monthly = (start + np.arange(months)).astype("datetime64[ns]")
    daily = np.arange(start.astype("M8[D]"), (start + months).astype("M8[D]")).astype("datetime64[ns]")
    for name in FIELDS:
        times = daily if name == "wind_speed" else monthly
        field(name, times, latitude, longitude).to_netcdf(folder / f"{name}.nc")


def config_text(
    extra: str = "", *, months: int = 3, skip: tuple[str, ...] = (), rows: int = 8, columns: int = 10
) -> str:
    """Configuration of a job on those inputs."""
    inputs = "\n".join(f'[inputs.{n}]\nfiles = "{n}.nc"\nvariable = "{n}"' for n in FIELDS if n not in skip)
    return f"""kind = "flux"
[region]
west = 120.0
east = {120.0 + columns}
south = 25.0
north = {25.0 + rows}
[time]
start = "2010-01"
end = "2010-{months:02d}"
[grid]
resolution = 1.0
{inputs}
{extra}
"""


def write_job(folder: Path, extra: str = "", **options) -> Path:
    """Inputs and configuration in a folder; the path of the configuration."""
    sizes = {k: v for k, v in options.items() if k in ("months", "rows", "columns")}
    write_inputs(folder, **sizes)
    path = folder / "flux.toml"
    path.write_text(config_text(extra, **options), encoding="utf8")
    return path
