"""Daily global 1/24 degree fields from Zarr to flux in Zarr, out of core, as `shanhai flux` runs it.

`ARCHIVE_DAYS` (default 2) sets the days, `ARCHIVE_FOLDER` where the synthetic archive and the result lie. A day is
37.3 million cells of six inputs in single precision; a month of them is 27 GB before compression.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import dask
import dask.array as da
import numpy as np
import xarray as xr

from benchmarks.measure import Row

ROWS, COLUMNS = 4320, 8640
CHUNK = (1, 1080, 2160)
READING = "import sys; from benchmarks.archive import reading_seconds as r; print(r(sys.argv[1]))"
COPYING = "import sys; from benchmarks.archive import copying_seconds as c; print(*c(sys.argv[1]))"
"""In a process of its own: what this one holds would count as memory of the job that it starts."""
FIELDS = {  # variable -> mean, amplitude, unit, decimals kept (satellite products are packed)
    "pco2_sea": (37.0, 8.0, "Pa", 2),
    "sea_surface_temperature": (14.0, 14.0, "degC", 2),
    "sea_surface_salinity": (34.0, 2.0, "1", 2),
    "wind_speed": (7.5, 5.0, "m s-1", 2),
    "air_pressure": (101300.0, 2000.0, "Pa", 0),
    "xco2": (415.0, 6.0, "umol mol-1", 2),
}


def make_archive(folder: Path, days: int) -> None:
    """Smooth waves with noise of the last kept digit; a third of the cells are land."""
    latitude = -90 + (np.arange(ROWS) + 0.5) / 24
    longitude = -180 + (np.arange(COLUMNS) + 0.5) / 24
    times = np.datetime64("2020-06-01", "ns") + np.arange(days) * np.timedelta64(1, "D")

    def block(mean, amplitude, decimals, seed, block_info=None):
        (t, _), (y0, y1), (x0, x1) = block_info[None]["array-location"]
        lat, lon = np.radians(latitude[y0:y1, None]), np.radians(longitude[None, x0:x1])
        wave = np.cos(lat) * np.cos(2 * lon + 0.2 * t + seed) * np.cos(3 * lat)
        land = np.sin(3 * lon + 1) * np.cos(2 * lat) > 0.5
        noise = np.random.default_rng(seed + t + y0 + x0).standard_normal(wave.shape) * 10.0**-decimals
        values = np.round(mean + amplitude * wave + noise, decimals)
        return np.where(land, np.nan, values).astype("f4")[None]

    for seed, (name, (mean, amplitude, unit, decimals)) in enumerate(FIELDS.items()):
        lazy = da.map_blocks(
            block, mean, amplitude, decimals, seed, chunks=_chunks(days), dtype="f4", meta=np.empty((0, 0, 0), "f4")
        )
        array = xr.DataArray(
            lazy,
            dims=("time", "latitude", "longitude"),
            coords={"time": times, "latitude": latitude, "longitude": longitude},
            attrs={"units": unit},
            name=name,
        )
        array.latitude.attrs["units"], array.longitude.attrs["units"] = "degrees_north", "degrees_east"
        array.to_dataset().to_zarr(folder / f"{name}.zarr", mode="w", consolidated=False, zarr_format=3)


def _chunks(days: int) -> tuple[tuple[int, ...], ...]:
    return ((1,) * days, (CHUNK[1],) * (ROWS // CHUNK[1]), (CHUNK[2],) * (COLUMNS // CHUNK[2]))


def write_config(folder: Path, days: int) -> Path:
    inputs = "\n".join(f'[inputs.{n}]\nfiles = "{n}.zarr"\nvariable = "{n}"' for n in FIELDS)
    text = f"""kind = "flux"
[time]
start = "2020-06-01"
end = "2020-06-{days:02d}"
frequency = "daily"
[grid]
resolution = "1/24"
{inputs}
[net_flux]
totals = ["all"]
require_every_subperiod = false
[output]
format = "zarr"
precision = "single"
intermediate_fields = false
figures = false
"""
    path = folder / "archive.toml"
    path.write_text(text)
    return path


def reading_seconds(folder: str | Path) -> float:
    """Wall time to read and decode every input once with the same threads, and do nothing with it."""
    start = time.perf_counter()
    fields = [xr.open_zarr(Path(folder) / f"{n}.zarr", consolidated=False, chunks={})[n] for n in FIELDS]
    with dask.config.set(scheduler="threads", num_workers=2):
        dask.compute(*[f.data.map_blocks(lambda b: b[:, :1, :1].copy(), dtype="f4") for f in fields])
    return time.perf_counter() - start


def copying_seconds(folder: str | Path) -> tuple[float, float]:
    """Wall time to read the result once, and to read and write it once, and do nothing with it."""
    (store,) = (Path(folder) / "out/fields").glob("*.zarr")
    fields = xr.open_zarr(store, consolidated=False, chunks={})
    big = fields[[n for n, v in fields.data_vars.items() if v.ndim == 3]]
    with dask.config.set(scheduler="threads", num_workers=2):
        start = time.perf_counter()
        dask.compute(*[f.data.map_blocks(lambda b: b[:, :1, :1].copy(), dtype=f.dtype) for f in big.data_vars.values()])
        read = time.perf_counter()
        big.to_zarr(Path(folder) / "copy.zarr", mode="w", consolidated=False, zarr_format=3)
        copied = time.perf_counter()
    shutil.rmtree(Path(folder) / "copy.zarr")
    return read - start, copied - read


def run() -> list[Row]:
    days = int(os.environ.get("ARCHIVE_DAYS", "2"))
    folder = Path(os.environ.get("ARCHIVE_FOLDER") or tempfile.mkdtemp(prefix="shanhai-archive-"))
    try:
        if not (folder / "xco2.zarr").exists():
            make_archive(folder, days)
        reading = float(subprocess.check_output([sys.executable, "-c", READING, str(folder)]))
        config, out = write_config(folder, days), folder / "out"
        command = [sys.executable, "-m", "shanhai", "flux", str(config), "--out", str(out), "--overwrite"]
        start = time.perf_counter()
        subprocess.run([*command, "--workers", "2", "--json"], check=True, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        again, copy = map(float, subprocess.check_output([sys.executable, "-c", COPYING, str(folder)]).split())
    finally:
        if "ARCHIVE_FOLDER" not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)
    cells = ROWS * COLUMNS * days
    moved = reading + copy + again  # inputs read; result written and read twice: net flux, statistics
    return [
        Row(
            f"{days} days of the 1/24 degree globe, end to end",
            cells / wall,
            "cells/s",
            "more",
            {"reading only": cells / reading},
        ),
        Row(f"{days} days of the 1/24 degree globe: share of I/O in the wall time", moved / wall, "1", "more", {}),
        Row(f"{days} days of the 1/24 degree globe: peak memory", peak / 2**30, "GiB", "less", {"bound": 4.0}),
    ]
