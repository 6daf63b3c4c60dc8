"""Find and open NetCDF files and Zarr stores, and say in a sentence why one cannot be used."""

import glob
import json
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dask
import numpy as np
import xarray as xr

from shanhai.core.errors import InputError, nearest

CLASSIC, HDF5 = (b"CDF\x01", b"CDF\x02", b"CDF\x05"), b"\x89HDF"
ZARR_MARKS = ("zarr.json", ".zgroup", ".zmetadata", ".zattrs")
OTHERS = {b"GRIB": "GRIB", b"\x0e\x03\x13\x01": "HDF4", b"PK\x03\x04": "a zip archive", b"\x1f\x8b": "gzip"}
CONVERT = "convert it to NetCDF or Zarr first"

BLOCK = "16MiB"
"""Size of a block: a mean over a month of days holds thirty of them at once in every thread."""


def find(files: str | tuple[str, ...]) -> list[str]:
    """Existing paths named by a path, a glob pattern or several of them, in order and without repetition.

    Raises:
        InputError: for a path that does not exist and a pattern that matches nothing.
    """
    patterns = (files,) if isinstance(files, str) else files
    found = [path for pattern in patterns for path in _matches(pattern)]
    return list(dict.fromkeys(found))


def _matches(pattern: str) -> list[str]:
    if "://" in pattern or os.path.exists(pattern):
        return [pattern]
    if glob.has_magic(pattern):
        if matches := sorted(glob.glob(pattern, recursive=True)):
            return matches
        raise InputError("no file matches this pattern", where=pattern, do="correct files = ...")
    folder = Path(pattern).parent
    beside = [p.name for p in folder.iterdir()] if folder.is_dir() else []
    hint = f"; {nearest(Path(pattern).name, beside)}" if 0 < len(beside) <= 200 else ""
    raise InputError(f"there is no such file{hint}", where=pattern, do="correct files = ...")


def open_dataset(path: str) -> xr.Dataset:
    """Open one file or store lazily, times undecoded, without reading any field.

    Raises:
        InputError: if it is not NetCDF or Zarr, or is damaged.
    """
    if is_zarr(path):
        opening: dict[str, Any] = {"chunks": None, "consolidated": _consolidated(path), "decode_times": False}
        return _opened(path, lambda: xr.open_zarr(path, **opening))
    if "://" in path:
        return _opened(path, lambda: xr.open_dataset(path, decode_times=False))
    _refuse_foreign(path)
    return _opened(path, lambda: xr.open_dataset(path, engine="netcdf4", decode_times=False))


def is_zarr(path: str) -> bool:
    """Whether a path is a Zarr store (v2 or v3), by its metadata and not by its name."""
    if "://" in path:
        return ".zarr" in path
    return any((Path(path) / mark).exists() for mark in ZARR_MARKS)


def _consolidated(path: str) -> bool | None:
    """Whether a store keeps a copy of all its metadata in one place; None leaves a remote one to xarray."""
    if "://" in path:
        return None
    root = Path(path) / "zarr.json"
    one_place = root.exists() and "consolidated_metadata" in json.loads(root.read_text())
    return one_place or (Path(path) / ".zmetadata").exists()


def _refuse_foreign(path: str) -> None:
    """Refuse what is neither NetCDF nor Zarr, and a classic file that is shorter than its header says."""
    if os.path.isdir(path):
        raise InputError("this folder is not a Zarr store", where=path, do="name files in it, or a glob pattern")
    with open(path, "rb") as file:
        magic = file.read(4)
    if not magic:
        raise InputError("the file is empty", where=path, do="fetch it again")
    if magic in CLASSIC[:2]:
        _refuse_truncated_classic(path)
    if magic not in (*CLASSIC, HDF5):
        kind = next((name for mark, name in OTHERS.items() if magic.startswith(mark)), "")
        what = f"this is {kind}, not NetCDF or Zarr" if kind else "this is not a NetCDF file or a Zarr store"
        raise InputError(what, where=path, do=CONVERT)


def _refuse_truncated_classic(path: str) -> None:
    """The NetCDF library reads what is missing at the end of a classic file as zeros, without a word."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # scipy's, of a mapping that ends with the exception
        trouble = _misfit_of_header(path)
    if trouble:
        raise _damaged(path, trouble)


def _misfit_of_header(path: str) -> str:
    """Lay the variables of the header over the file, without reading it; say what does not fit."""
    from scipy.io import netcdf_file

    try:
        netcdf_file(path, mmap=True).close()
    except (ValueError, TypeError, IndexError) as error:
        return f"its end is missing: {error}"
    return ""


def _damaged(path: str, trouble: str) -> InputError:
    return InputError(
        f"the file is truncated or damaged ({trouble.strip()[:160]})",
        where=path,
        do="fetch it again and compare its size or checksum with the source",
    )


def _opened(path: str, opening: Callable[[], xr.Dataset]) -> xr.Dataset:
    try:
        return opening()
    except PermissionError:
        raise InputError("the file may not be read", where=path, do="change its permissions") from None
    except Exception as error:  # the format libraries raise many kinds for damaged files
        raise _damaged(path, f"{type(error).__name__}: {error}") from None


def selected(dataset: xr.Dataset, wanted: dict[str, float], where: str) -> xr.Dataset:
    """Take one place of each dimension named, by the value of its coordinate or by position where it has none.

    Raises:
        InputError: for a dimension or a value that is not there.
    """
    for dim, value in wanted.items():
        if dim not in dataset.dims:
            raise InputError(
                f"select: there is no dimension {dim!r}; {nearest(dim, map(str, dataset.dims))}", where=where
            )
        places = dataset[dim].values if dim in dataset.coords else np.arange(dataset.sizes[dim])
        (found,) = np.nonzero(np.isclose(places.astype(float), value))
        if found.size != 1:
            some = ", ".join(f"{v:g}" for v in places[:8].astype(float)) + (" ..." if len(places) > 8 else "")
            raise InputError(f"select: {dim} = {value:g} is not one of {some}", where=where, do="name one of these")
        dataset = dataset.isel({dim: int(found[0])})
    return dataset


def pick(dataset: xr.Dataset, name: str, where: str) -> xr.DataArray:
    """One variable of a dataset.

    Raises:
        InputError: naming the nearest variable there is, or for one that holds no numbers.
    """
    if name in dataset.variables:
        return _numeric(dataset[name], where)
    there = [str(n) for n in dataset.data_vars]
    raise InputError(f"there is no variable {name!r}; {nearest(name, there)}", where=where, do="correct variable = ...")


def lazily(variable: xr.DataArray, chunks: Any, path: str) -> xr.DataArray:
    """Turn a variable of an open file into a dask array whose chunks are multiples of those of the file.

    Args:
        variable: as `pick` gives it.
        chunks: "auto", or anything xarray accepts; "auto" aims at `BLOCK`.
        path: file it comes from; with its time of change it makes the names of the tasks reproducible.
    """
    import dask.array as da
    from dask.utils import parse_bytes

    if chunks == "auto":
        stored = variable.encoding.get("preferred_chunks") or {}
        previous = tuple(stored.get(d, n) for d, n in zip(variable.dims, variable.shape))
        limit = min(parse_bytes(BLOCK), parse_bytes(dask.config.get("array.chunk-size")))
        split = da.core.normalize_chunks(
            "auto", shape=variable.shape, dtype=variable.dtype, previous_chunks=previous, limit=limit
        )
        chunks = dict(zip(variable.dims, split))
    known = {d: c for d, c in chunks.items() if d in variable.dims} if isinstance(chunks, dict) else chunks
    changed = 0.0 if "://" in path else os.stat(path).st_mtime
    token = da.core.tokenize(path, changed, variable.name) if variable.name else None
    dataset = variable.to_dataset(name="_").drop_vars(list(variable.coords))
    return dataset.chunk(known, token=token)["_"].rename(variable.name)


def _numeric(variable: xr.DataArray, where: str) -> xr.DataArray:
    if variable.dtype.kind in "fiub":
        return variable
    what = f"the variable {variable.name!r} holds {variable.dtype}, not numbers"
    raise InputError(what, where=where, do="correct variable = ...")


def floats(variable: xr.DataArray) -> xr.DataArray:
    """Floats as they are; integers as floats wide enough to hold them."""
    if variable.dtype.kind == "f":
        return variable
    return variable.astype(np.float32 if variable.dtype.itemsize <= 2 else np.float64)
