"""The finished parts of a job on disk: written whole, remembered with their sizes, never computed twice."""

import json
import shutil
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import xarray as xr

from shanhai.core.errors import InputError
from shanhai.io.output import SUFFIX, open_fields, refuse_unwritable, whole_or_nothing, write_fields

STATE = "progress.json"
FOLDER = "fields"
OURS = (
    *(STATE, FOLDER, "figures", "report.html", "provenance.json", ".*.partial"),
    *("net_flux.csv", "periods.csv", "accuracy.csv", "match_ups_*.csv"),
)
"""What a job leaves in its folder, as patterns."""


class PartStore:
    """Parts of one job in `folder`/fields, one file per calendar month.

    Args:
        folder: output folder of the job.
        fingerprint: digest of configuration, inputs and software; parts made under another one are not reused.
        format: "netcdf" or "zarr".
        single: single precision in the files.

    Raises:
        InputError: if the folder holds another job, or is an unrelated folder with things in it.
    """

    def __init__(self, folder: Path, fingerprint: str, format: str, *, single: bool = False) -> None:
        self.folder, self.fingerprint, self.single = folder, fingerprint, single
        self.suffix = SUFFIX[format]
        refuse_unwritable(folder)
        self.finished: dict[str, int] = self._remembered()

    def _remembered(self) -> dict[str, int]:
        state = self.folder / STATE
        if not state.exists():
            return self._empty_folder()
        try:
            known: dict[str, Any] = json.loads(state.read_text(encoding="utf8"))
            fingerprint, parts = known["fingerprint"], dict(known["parts"])
        except (OSError, ValueError, KeyError, TypeError):
            do = "give another --out, or --overwrite to begin again"
            raise InputError("the progress file of this job is damaged", where=str(state), do=do) from None
        if fingerprint != self.fingerprint:
            raise InputError(
                "this folder holds the results of another configuration, other inputs or another version",
                where=str(self.folder),
                do="give another --out, or --overwrite to replace them",
            )
        return {label: mark for label, mark in parts.items() if self._mark(label) == mark}

    def _empty_folder(self) -> dict[str, int]:
        if self.folder.exists() and any(self.folder.iterdir()):
            raise InputError(
                "this folder is not empty and holds no job of ours",
                where=str(self.folder),
                do="give another --out",
            )
        return {}

    def path(self, label: str) -> Path:
        """Where the part of a month lies."""
        return self.folder / FOLDER / f"{label}{self.suffix}"

    def _mark(self, label: str) -> int:
        """Bytes on disk: parts are moved into place whole, so a wrong size means that someone cut them."""
        path = self.path(label)
        members = [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]
        return sum(p.stat().st_size for p in members) if path.exists() else -1

    def ensure(self, label: str, compute: Callable[[], xr.Dataset]) -> bool:
        """Compute and write a part unless it is there; True if it was computed now."""
        if label in self.finished:
            return False
        write_fields(compute(), self.path(label), single=self.single)
        self.finished[label] = self._mark(label)
        with whole_or_nothing(self.folder / STATE) as temporary:
            state = {"fingerprint": self.fingerprint, "parts": dict(sorted(self.finished.items()))}
            temporary.write_text(json.dumps(state, indent=1), encoding="utf8")
        return True

    def open(self) -> xr.Dataset:
        """Every finished part as one lazy dataset."""
        return open_fields([self.path(label) for label in sorted(self.finished)])


def clear(folder: Path) -> None:
    """Remove what an earlier job left in a folder; one without a job stays as it is, and is refused later.

    Raises:
        InputError: if something that is not ours lies there as well; then nothing is removed.
    """
    if not (folder / STATE).exists():
        return
    strange = sorted(p.name for p in folder.iterdir() if not any(fnmatch(p.name, ours) for ours in OURS))
    if strange:
        raise InputError(
            f"beside the results of a job it holds {', '.join(strange[:5])}, which --overwrite would remove",
            where=str(folder),
            do="move them elsewhere, or give another --out",
        )
    shutil.rmtree(folder)
