"""Errors as sentences: what is wrong, where, and what to do."""

import difflib
from collections.abc import Iterable


class ShanhaiError(Exception):
    """Base of every error that shanhai raises on purpose."""


class InputError(ShanhaiError, ValueError):
    """Something handed in cannot be used; nothing has been written.

    Args:
        what: what is wrong, a full sentence without the final stop.
        where: the file, variable, key or cell.
        do: what the reader can do about it.

    >>> raise InputError("the unit is 'furlong'", where="sst.nc:sst", do="give units = 'degC'")
    Traceback (most recent call last):
    ...
    shanhai.core.errors.InputError: sst.nc:sst: the unit is 'furlong'. To mend: give units = 'degC'.
    """

    def __init__(self, what: str, *, where: str = "", do: str = "") -> None:
        self.what, self.where, self.do = what, where, do
        place = f"{where}: " if where else ""
        remedy = f" To mend: {_stopped(do)}" if do else ""
        super().__init__(f"{place}{_stopped(what)}{remedy}")


def _stopped(text: str) -> str:
    """End a sentence with one stop; dots that leave something open, as in `files = ...`, are kept."""
    return text if text.endswith(("...", "?")) else f"{text.rstrip('.')}."


class ConfigError(InputError):
    """A configuration does not say something usable."""


class NetworkNeededError(ShanhaiError):
    """A download is asked for and the client, the account or the network is not there."""


class ShanhaiWarning(UserWarning):
    """A result is usable, with a reservation that its reader must know."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known name is meant, or list them all.

    >>> nearest("wind_sped", ["wind_speed", "sst"])
    "did you mean 'wind_speed'?"
    >>> nearest("zzz", ["wind_speed", "sst"])
    'known: sst, wind_speed'
    """
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names)}"
