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
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from benchmarks.measure import Row

ROWS, COLUMNS = 4320, 8640
CHUNK = (1, 1080, 2160)
WORKERS = 2
JOB = "import json, sys; from benchmarks.archive import timed_job as job; print(json.dumps(job(sys.argv[1:])))"
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


class Stopwatch:
    """Seconds that threads spend in some calls, those inside one another counted once."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.inside, self.lock = threading.local(), threading.Lock()

    def watch(self, owner: Any, names: Iterable[str], kind: Callable[[Any], str]) -> None:
        """Time the calls of some methods of a class, or functions of a module."""
        for name in names:
            setattr(owner, name, self._timed(getattr(owner, name), kind))

    def _timed(self, function: Callable[..., Any], kind: Callable[[Any], str]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            if getattr(self.inside, "there", False):
                return function(*args, **kwargs)
            self.inside.there, start = True, time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.inside.there = False
                with self.lock:
                    self.seconds[kind(args[0] if args else None)] += time.perf_counter() - start

        return timed


def timed_job(arguments: list[str]) -> dict[str, float]:
    """Run the command line in this process; seconds of all its threads inside the storage library and in hashing."""
    import zarr

    from shanhai.cli.app import app
    from shanhai.io import provenance

    watch = Stopwatch()
    selections = ("basic", "orthogonal", "mask", "coordinate", "block")
    watch.watch(zarr.Array, ("__getitem__", *(f"get_{s}_selection" for s in selections)), _read_of)
    watch.watch(zarr.Array, ("__setitem__", *(f"set_{s}_selection" for s in selections)), lambda _: "writing")
    watch.watch(provenance, ("file_hash",), lambda _: "hashing the inputs")
    start = time.perf_counter()
    app(arguments, result_action="return_value")
    return dict(watch.seconds) | {"wall": time.perf_counter() - start}


def _read_of(array: Any) -> str:
    return "reading the inputs" if "/out/" not in str(array.store_path) else "reading the result"


def _job(folder: Path, days: int) -> tuple[dict[str, float], NDArray[np.float64], float]:
    """Seconds by kind; wall and CPU seconds of `shanhai flux` in a process of its own; its peak memory [bytes]."""
    command = ["flux", str(write_config(folder, days)), "--out", str(folder / "out")]
    command = [sys.executable, "-c", JOB, *command, "--overwrite", "--workers", str(WORKERS), "--json"]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(printed.splitlines()[-1]), np.array([wall, cpu]), after.ru_maxrss * 1024


def run() -> list[Row]:
    days = int(os.environ.get("ARCHIVE_DAYS", "2"))
    folder = Path(os.environ.get("ARCHIVE_FOLDER") or tempfile.mkdtemp(prefix="shanhai-archive-"))
    try:
        if not (folder / "xco2.zarr").exists():
            make_archive(folder, days)
        seconds, (wall, cpu), peak = _job(folder, days)
    finally:
        if "ARCHIVE_FOLDER" not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)
    name, cells = f"{days} days of the 1/24 degree globe", ROWS * COLUMNS * days
    del seconds["wall"]
    moved = sum(seconds.values())
    parts = {kind: s / (WORKERS * wall) for kind, s in seconds.items()}
    return [
        Row(f"{name}, end to end", cells / wall, "cells/s", "more", {"input and output only": cells * WORKERS / moved}),
        Row(
            f"{name}: share of input and output in the time of the threads",
            moved / (WORKERS * wall),
            "1",
            "more",
            parts,
        ),
        Row(f"{name}: cores kept busy", cpu / wall, "1", "more", {"cores": float(WORKERS)}),
        Row(f"{name}: peak memory", peak / 2**30, "GiB", "less", {"bound": 4.0}),
    ]
