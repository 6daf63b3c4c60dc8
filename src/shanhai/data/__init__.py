"""Tables and presets that come with the package, as data only."""

from importlib.resources import files
from pathlib import Path


def path(name: str) -> Path:
    """Path of an embedded file.

    >>> path("notation.toml").name
    'notation.toml'
    """
    return Path(str(files(__name__) / name))
