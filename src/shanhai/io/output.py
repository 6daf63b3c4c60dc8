"""Files out: CF-1.11 NetCDF or Zarr, written whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
import numpy as np
import xarray as xr

from shanhai.core.errors import InputError
from shanhai.grids.horizontal import EQUATORIAL_RADIUS_WGS84, FLATTENING_WGS84

LOADED_WHOLE = 2**30  # bytes
SUFFIX = {"netcdf": ".nc", "zarr": ".zarr"}


@contextmanager
def whole_or_nothing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; it takes the real name only if the block ends well.

    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "a.txt"
    >>> with whole_or_nothing(target) as temporary:
    ...     _ = temporary.write_text("done")
    >>> target.read_text()
    'done'
    """
    temporary = path.with_name(f".{path.name}.partial")
    _remove(temporary)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield temporary
    except BaseException:
        _remove(temporary)
        raise
    _remove(path) if path.is_dir() else None
    os.replace(temporary, path)


def refuse_unwritable(folder: Path) -> None:
    """Find out before any work whether a folder, there already or not, can be written; nothing is left behind.

    Raises:
        InputError: naming what stands in the way.
    """
    there = next(p for p in (folder, *folder.absolute().parents) if os.path.lexists(p))
    if not there.is_dir():
        raise InputError("this is a file, where a folder is meant", where=str(there), do="give another --out")
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        what = f"nothing can be written here: {error.strerror}"
        raise InputError(what, where=str(there), do="give another --out, or change its permissions") from None


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def cf_dataset(fields: xr.Dataset, attributes: dict[str, str], resolution: float) -> xr.Dataset:
    """Add CF coordinates, bounds, grid mapping, cell methods and global attributes to fields on a regular grid.

    Args:
        fields: variables on (time, latitude, longitude) or without some of them.
        attributes: global attributes.
        resolution: cell size [degree].
    """
    out = fields.assign_coords(_coordinates(fields)).assign({**_bounds(fields, resolution), "crs": _crs()})
    for name in fields.data_vars:
        if {"latitude", "longitude"} <= set(out[name].dims):
            out[name].attrs["grid_mapping"] = "crs"
            if "time" in out[name].dims:
                out[name].attrs["cell_methods"] = "time: mean area: mean"
    if "cell_area" in out:
        out["cell_area"].attrs["cell_methods"] = "area: sum"
    return out.assign_attrs({"Conventions": "CF-1.11", **attributes})


def _coordinates(fields: xr.Dataset) -> dict[str, xr.Variable]:
    latitude = {
        "standard_name": "latitude",
        "units": "degrees_north",
        "axis": "Y",
        "bounds": "latitude_bounds",
    }
    longitude = {
        "standard_name": "longitude",
        "units": "degrees_east",
        "axis": "X",
        "bounds": "longitude_bounds",
    }
    time = {"standard_name": "time", "axis": "T", "bounds": "time_bounds"}
    return {
        "latitude": xr.Variable("latitude", fields.latitude.values, latitude),
        "longitude": xr.Variable("longitude", fields.longitude.values, longitude),
        "time": xr.Variable("time", fields.time.values, time),
    }


def _bounds(fields: xr.Dataset, resolution: float) -> dict[str, xr.Variable]:
    half = np.array([-resolution / 2, resolution / 2])
    names = ("latitude", "longitude")
    return {f"{n}_bounds": xr.Variable((n, "bounds"), fields[n].values[:, None] + half) for n in names}


def _crs() -> xr.Variable:
    ellipsoid = {
        "grid_mapping_name": "latitude_longitude",
        "semi_major_axis": EQUATORIAL_RADIUS_WGS84,
        "inverse_flattening": 1 / FLATTENING_WGS84,
        "longitude_of_prime_meridian": 0.0,
    }
    return xr.Variable((), np.int32(0), ellipsoid)


def write_fields(fields: xr.Dataset, path: Path, *, single: bool = False) -> None:
    """Write a CF dataset to `path`, NetCDF or Zarr by its suffix, whole or not at all.

    Args:
        fields: result of `cf_dataset`, lazy or not; chunks are computed one by one.
        path: target ending in .nc or .zarr.
        single: store floating-point fields in single precision.
    """
    with whole_or_nothing(path) as temporary:
        if path.suffix == ".zarr":
            encoding = {n: _encoding(v, single, zarr=True) for n, v in fields.data_vars.items()}
            fields.drop_encoding().to_zarr(temporary, mode="w", encoding=encoding, consolidated=False, zarr_format=3)
        else:
            encoding = {n: _encoding(v, single, zarr=False) for n, v in fields.data_vars.items()}
            encoding["time"] = {"units": "days since 1970-01-01", "dtype": "float64", "calendar": "standard"}
            with _in_fixed_order(fields) as settled:
                settled.drop_encoding().to_netcdf(temporary, engine="netcdf4", format="NETCDF4", encoding=encoding)


@contextmanager
def _in_fixed_order(fields: xr.Dataset) -> Iterator[xr.Dataset]:
    """Blocks reach an HDF5 file in the order they are finished; for the same bytes every time, settle that order.

    What fits in memory is computed first, in parallel; the rest is computed and written block after block.
    """
    if fields.nbytes <= LOADED_WHOLE:
        yield fields.compute()
    else:
        with dask.config.set(scheduler="synchronous"):
            yield fields


def _encoding(variable: xr.DataArray, single: bool, zarr: bool) -> dict[str, Any]:
    if variable.name == "time_bounds":
        return {"units": "days since 1970-01-01", "dtype": "float64", "calendar": "standard"}
    if variable.ndim < 2 or "bounds" in variable.dims:
        return {}
    packed = {} if zarr else {"zlib": True, "complevel": 1, "shuffle": True}
    if variable.dtype.kind != "f":
        return packed
    dtype = "float32" if single else "float64"
    fill = {"_FillValue": np.array(np.nan, dtype=dtype), "dtype": dtype}
    return fill | packed


def open_fields(paths: list[Path]) -> xr.Dataset:
    """Open the parts of a job as one lazy dataset along time."""
    zarr = paths[0].suffix == ".zarr"
    options: dict[str, Any] = {"engine": "zarr", "consolidated": False} if zarr else {"engine": "netcdf4"}
    parts = [xr.open_dataset(p, chunks={}, **options) for p in paths]
    return joined(parts)


def joined(parts: list[xr.Dataset]) -> xr.Dataset:
    """Parts of a job as one dataset along time; of flags without time (`sea_observed`) the largest counts."""
    first = parts[0]
    timeless = [n for n, v in first.data_vars.items() if "time" not in v.dims]
    whole = xr.concat([p.drop_vars(timeless) for p in parts], dim="time", combine_attrs="override")
    flags = [n for n in timeless if "flag_values" in first[n].attrs]
    ever = {n: xr.concat([p[n] for p in parts], dim="part").max("part", keep_attrs=True) for n in flags}
    return whole.assign({n: first[n] for n in timeless} | ever)
