"""Daily global 1/24 degree fields from Zarr to flux in Zarr, out of core, as `shanhai flux` runs it.

`ARCHIVE_DAYS` (default 2) sets the days, `ARCHIVE_FOLDER` where the synthetic archive and the result lie. A day is
37.3 million cells of six inputs in single precision; a month of them is 27 GB before compression.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import dask
import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from benchmarks.measure import Row

ROWS, COLUMNS = 4320, 8640
CHUNK = (1, 1080, 2160)
MOVING = "import json, sys; from benchmarks.archive import moving as m; print(json.dumps(m(sys.argv[1])))"
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


def moving(folder: str) -> dict[str, list[float]]:
    """Wall and CPU seconds to read and decode the inputs, to encode and write the result, and to read its flux.

    With the threads of the job, and nothing done with the values.
    """
    (store,) = (Path(folder) / "out/fields").glob("*.zarr")
    inputs = [_opened(Path(folder) / f"{n}.zarr")[n] for n in FIELDS]
    result = _opened(store)[["co2_flux", "validity_flag"]]
    copy = Path(folder) / "copy.zarr"
    with dask.config.set(scheduler="threads", num_workers=2):
        reading = _spent(lambda: _read(inputs))
        read_again = _spent(lambda: _read(list(result.data_vars.values())))
        copying = _spent(lambda: result.to_zarr(copy, mode="w", consolidated=False, zarr_format=3))
        flux = _spent(lambda: _read([result["co2_flux"]]))
    shutil.rmtree(copy)
    return {"reading": list(reading), "writing": list(copying - read_again), "reading the flux": list(flux)}


def _opened(store: Path) -> xr.Dataset:
    return xr.open_zarr(store, consolidated=False, chunks={})


def _read(fields: list[xr.DataArray]) -> None:
    dask.compute(*[f.data.map_blocks(lambda b: b[:, :1, :1].copy(), dtype=f.dtype) for f in fields])


def _spent(work: Callable[[], object]) -> NDArray[np.float64]:
    """Wall and CPU seconds of this process; CPU seconds are not blurred by what overlaps."""
    start = np.array([time.perf_counter(), time.process_time()])
    work()
    return np.array([time.perf_counter(), time.process_time()]) - start


def _job(folder: Path, days: int) -> tuple[NDArray[np.float64], float]:
    """Wall and CPU seconds of `shanhai flux` in a process of its own, start and imports included; its peak [bytes]."""
    command = [sys.executable, "-m", "shanhai", "flux", str(write_config(folder, days)), "--out", str(folder / "out")]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([*command, "--overwrite", "--workers", "2", "--json"], check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return np.array([wall, cpu]), after.ru_maxrss * 1024


def run() -> list[Row]:
    days = int(os.environ.get("ARCHIVE_DAYS", "2"))
    folder = Path(os.environ.get("ARCHIVE_FOLDER") or tempfile.mkdtemp(prefix="shanhai-archive-"))
    try:
        if not (folder / "xco2.zarr").exists():
            make_archive(folder, days)
        (wall, cpu), peak = _job(folder, days)
        moved = json.loads(subprocess.check_output([sys.executable, "-c", MOVING, str(folder)]))
    finally:
        if "ARCHIVE_FOLDER" not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)
    name, cells = f"{days} days of the 1/24 degree globe", ROWS * COLUMNS * days
    in_wall, in_cpu = np.sum(list(moved.values()), axis=0)
    of_wall, of_cpu = ({f"{k} alone": v[i] / whole for k, v in moved.items()} for i, whole in enumerate((wall, cpu)))
    return [
        Row(f"{name}, end to end", cells / wall, "cells/s", "more", {"reading only": cells / moved["reading"][0]}),
        Row(f"{name}: share of I/O in the wall time", in_wall / wall, "1", "more", of_wall),
        Row(f"{name}: share of I/O in the CPU time", in_cpu / cpu, "1", "more", of_cpu),
        Row(f"{name}: peak memory", peak / 2**30, "GiB", "less", {"bound": 4.0}),
    ]
