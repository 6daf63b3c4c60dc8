"""Files fetched from public archives, kept only where their checksum is right."""

import hashlib
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

from shanhai.core.errors import InputError, NetworkNeededError
from shanhai.io.output import whole_or_nothing

PATIENCE = 60.0  # s


class Remote(NamedTuple):
    """A file in an archive.

    Args:
        url: where it is.
        md5: checksum that the archive publishes.
        licence: under which it may be used.
        cite: what to cite.
    """

    url: str
    md5: str
    licence: str
    cite: str

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.url.rsplit("/", 1)[1]


def fetch(remote: Remote, folder: Path | str) -> Path:
    """Download a file, or find it there already with the right checksum.

    Args:
        remote: the file.
        folder: where to keep it; made where it is not there.

    Returns:
        the file.

    Raises:
        NetworkNeededError: where the archive cannot be reached; nothing is left behind.
        InputError: for a file whose checksum is wrong, fetched or found.
    """
    path = Path(folder) / remote.name
    if path.exists():
        _check(path, remote, "remove it, to fetch it anew")
        return path
    with whole_or_nothing(path) as temporary:
        try:
            with urllib.request.urlopen(remote.url, timeout=PATIENCE) as stream, temporary.open("wb") as file:
                shutil.copyfileobj(stream, file)
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            raise NetworkNeededError(
                f"{remote.url} cannot be reached ({error}). To mend: fetch it by other means and put it into {folder}."
            ) from None
        _check(temporary, remote, "try again; if it stays, the archive has changed")
    return path


def _check(path: Path, remote: Remote, do: str) -> None:
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != remote.md5:
        raise InputError(f"its checksum is {found}, not {remote.md5}", where=f"{path.parent / remote.name}", do=do)
