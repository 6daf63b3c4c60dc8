"""Where a result comes from: hashes of inputs, versions of software, parameters with their sources."""

import hashlib
import json
import platform
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import equinox as eqx

import shanhai
from shanhai.core.params import describe

LIBRARIES = (
    "jax",
    "equinox",
    "numpy",
    "scipy",
    "xarray",
    "dask",
    "zarr",
    "netCDF4",
    "scikit-learn",
    "shapely",
)


def file_hash(path: str | Path) -> str:
    """SHA-256 of a file's bytes, or of the names and hashes of everything in a folder (a Zarr store).

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as f:
    ...     file_hash(f.name)[:12]
    'e3b0c44298fc'
    """
    path = Path(path)
    if path.is_dir():
        return _folder_hash(path)
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _folder_hash(folder: Path) -> str:
    total = hashlib.sha256()
    members = sorted(p for p in folder.rglob("*") if p.is_file())
    with ThreadPoolExecutor() as threads:  # many small files: reading and hashing go on side by side
        for member, one in zip(members, threads.map(file_hash, members)):
            total.update(f"{member.relative_to(folder)}\0{one}\n".encode())
    return total.hexdigest()


def quick_fingerprint(path: str | Path) -> str:
    """Fingerprint by size and modification time, for resuming: cheap even for an archive of many terabytes."""
    path = Path(path)
    members = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    lines = [f"{m.name}\0{m.stat().st_size}\0{m.stat().st_mtime_ns}" for m in members]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def digest(value: Any) -> str:
    """SHA-256 of any JSON-able value.

    >>> digest({"a": 1}) == digest({"a": 1})
    True
    """
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def versions() -> dict[str, str]:
    """Versions of shanhai, Python and the libraries a result depends on."""
    libraries = {name: version(name) for name in LIBRARIES}
    return {"shanhai": shanhai.__version__, "python": platform.python_version(), **libraries}


def parameters(module: eqx.Module) -> list[dict[str, Any]]:
    """Parameters of a module with unit, bounds, meaning and source, ready for JSON."""
    return [asdict(row) for row in describe(module)]
