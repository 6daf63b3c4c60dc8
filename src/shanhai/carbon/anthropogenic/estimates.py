"""What every method gives, and the uncertainties of measurements that all of them propagate."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanhai.core.errors import InputError, nearest

Numbers = NDArray[np.float64]

GLODAP_CONSISTENCY: Mapping[str, float] = {
    "dic": 4.0,
    "alkalinity": 4.0,
    "oxygen": 0.01,
    "phosphate": 0.02,
    "tracer": 0.05,
}
"""Consistency of the data product after adjustment: umol kg-1 for DIC and alkalinity, relative otherwise. Olsen et al.
(2020), Earth Syst. Sci. Data 12, 3653 (recalled, unverified in print)."""


@dataclass(frozen=True)
class Estimate:
    """Anthropogenic carbon of the samples of a table.

    Args:
        c_ant: [umol kg-1], index of the table; NaN where the method cannot say.
        uncertainty: one standard deviation of what the method itself knows of [umol kg-1]; its bias is not in it.
        method: name.
        since: year from which it is counted.
        notes: whole sentences a reader has to know.
        details: intermediate quantities by row, named as in the page of the method.
    """

    c_ant: pd.Series
    uncertainty: pd.Series
    method: str
    since: float
    notes: tuple[str, ...] = ()
    details: pd.DataFrame | None = None


def made(
    table: pd.DataFrame,
    c_ant: Numbers,
    uncertainty: Numbers,
    method: str,
    since: float,
    notes: list[str],
    details: Mapping[str, Numbers],
) -> Estimate:
    """An `Estimate` on the rows of a table, with a note on the rows that have none."""
    lost = int(np.isnan(c_ant).sum())
    told = [f"{lost} of {len(table)} samples have no result: a quantity is missing or out of reach."] if lost else []
    return Estimate(
        pd.Series(c_ant, table.index, name="c_ant"),
        pd.Series(uncertainty, table.index, name="uncertainty"),
        method,
        since,
        (*notes, *told),
        pd.DataFrame(dict(details), index=table.index),
    )


def errors_of(given: Mapping[str, float] | None) -> dict[str, float]:
    """Uncertainties of measurements, those given over the defaults.

    Raises:
        InputError: for a name that no method uses, or a number below zero.

    >>> errors_of({"dic": 2.0})["dic"]
    2.0
    """
    for name, value in (given or {}).items():
        if name not in GLODAP_CONSISTENCY:
            raise InputError(
                f"no method uses an error of {name!r}", where="errors", do=nearest(name, GLODAP_CONSISTENCY)
            )
        if not value >= 0:
            raise InputError(f"{value} is no standard deviation", where=f"errors, {name}", do="give zero or more")
    return {**GLODAP_CONSISTENCY, **(given or {})}
