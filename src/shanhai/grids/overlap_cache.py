"""Overlaps kept in a folder under a hash of all that they depend on: arrays in NPZ, what they are in JSON."""

import hashlib
import json
import os
import tempfile
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np

from shanhai.core.errors import InputError
from shanhai.grids import cells as cells_file
from shanhai.grids import overlap as overlap_file
from shanhai.grids import plane as plane_file
from shanhai.grids.cells import Cells
from shanhai.grids.overlap import Overlaps, overlaps
from shanhai.grids.projection import SPHERE, Ellipsoid

CODE = tuple(Path(str(module.__file__)) for module in (cells_file, plane_file, overlap_file))


def kept_overlaps(source: Cells, target: Cells, folder: Path, earth: Ellipsoid = SPHERE) -> Overlaps:
    """Overlaps from the folder, or made and kept there; a file that cannot be read is made anew.

    The name is a hash of rings, fractions, shapes and edge kinds of both grids, of the Earth's figure and of the code.

    Args:
        source: one grid.
        target: the other.
        folder: where they are kept; made if absent.
        earth: figure that areas are measured on.

    Returns:
        what `overlaps` gives, bit for bit.

    Raises:
        InputError: the folder is a file, or a cell is no polygon.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError("overlaps are to be kept in a file", where=str(folder), do="name a folder")
    path = folder / f"overlaps-{key(source, target, earth)}.npz"
    if (found := _read(path)) is not None:
        return found
    made = overlaps(source, target, earth)
    folder.mkdir(parents=True, exist_ok=True)
    _write(path, made, _said(source, target, earth, made))
    return made


def key(source: Cells, target: Cells, earth: Ellipsoid = SPHERE) -> str:
    """Hash of all that overlaps depend on, 32 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in CODE:
        digest.update(path.read_bytes())
    for grid in (source, target):
        digest.update(repr((grid.shape, grid.edge, grid.longitude.shape)).encode())
        for array in (grid.longitude, grid.latitude, grid.fraction):
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    digest.update(repr((earth.equatorial_radius, earth.flattening)).encode())
    return digest.hexdigest()[:32]


def _said(source: Cells, target: Cells, earth: Ellipsoid, made: Overlaps) -> dict[str, object]:
    grids = {
        name: {"shape": grid.shape, "edges": grid.edge, "cells that count": int((grid.fraction > 0).sum())}
        for name, grid in (("source", source), ("target", target))
    }
    figure = {"equatorial radius [m]": earth.equatorial_radius, "flattening": earth.flattening}
    return grids | {"earth": figure, "overlaps": made.area.size, "area [m2]": float(made.area.sum())}


def _read(path: Path) -> Overlaps | None:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Overlaps(**{f.name: arrays[f.name] for f in fields(Overlaps)})
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def _write(path: Path, made: Overlaps, said: dict[str, object]) -> None:
    """Whole or not at all: another process may read while this one writes."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        np.savez(file, **{f.name: getattr(made, f.name) for f in fields(Overlaps)})
    os.replace(temporary, path)
    path.with_suffix(".json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf8")
