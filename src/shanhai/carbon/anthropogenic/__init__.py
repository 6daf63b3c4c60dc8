"""Anthropogenic carbon of the sea by several methods, through one call: `estimate(table, method, ...) -> Estimate`."""

import inspect
from collections.abc import Callable
from typing import Any

import pandas as pd

from shanhai.carbon.anthropogenic import cstar, emlr, phi_ct, troca, ttd
from shanhai.carbon.anthropogenic.estimates import Estimate
from shanhai.core.errors import InputError, nearest

__all__ = ["METHODS", "Estimate", "estimate"]

METHODS: dict[str, Callable[..., Estimate]] = {
    "cstar": cstar.estimate,
    "ttd": ttd.estimate,
    "emlr": emlr.estimate,
    "phi_ct": phi_ct.estimate,
    "troca": troca.estimate,
}
"""Name -> function of a table; what each takes besides is in its own page."""


def estimate(table: pd.DataFrame, method: str, **options: Any) -> Estimate:
    """Anthropogenic carbon of every sample of a table.

    Args:
        table: columns named and in units as in `shanhai.carbon.samples.EXPECTED`.
        method: key of `METHODS`.
        options: of the method.

    Returns:
        `Estimate`.

    Raises:
        InputError: for an unknown method or option, and for columns that are missing or in another unit.

    >>> water = {"dic": [2150.0], "alkalinity": [2300.0], "oxygen": [250.0], "potential_temperature": [5.0]}
    >>> estimate(pd.DataFrame(water), "troca").method
    'TrOCA'
    """
    if method not in METHODS:
        raise InputError(f"there is no method {method!r}", where="method", do=nearest(method, METHODS))
    known = inspect.signature(METHODS[method]).parameters
    for name in options:
        if name not in known:
            raise InputError(f"{method} has no option {name!r}", where="options", do=nearest(name, [*known][1:]))
    return METHODS[method](table, **options)
