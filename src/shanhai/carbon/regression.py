r"""Linear regression that knows its own uncertainty and refuses predictors that say the same.

With predictors standardised, and fewer directions kept than there are where they are nearly dependent,

$$y = \bar y + Z b + e, \qquad Z = U\,\Sigma\,V^T, \qquad b = V_k\,\Sigma_k^{-1} U_k^T (y - \bar y)$$

the standard error of the mean prediction at z is

$$s(z)^2 = \hat\sigma^2\left(\frac1n + \left|z V_k \Sigma_k^{-1}\right|^2\right)$$
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanhai.carbon.samples import columns
from shanhai.core.errors import InputError

Numbers = NDArray[np.float64]

CONDITION = 30.0
"""Largest ratio of singular values kept; Belsley, Kuh & Welsch (1980), Regression Diagnostics, call 30 strong."""


class Predicted(NamedTuple):
    """Mean prediction and its standard error, (row,)."""

    values: Numbers
    standard_error: Numbers


@dataclass(frozen=True)
class Regression:
    """A fitted linear regression.

    Args:
        predictors: names of columns.
        centre: their means.
        scale: their standard deviations.
        mean: of what was fitted.
        slopes: per standardised predictor.
        spread: V/Σ of the directions kept, (predictor, direction).
        residual: standard deviation σ of the residuals.
        count: rows fitted.
        dropped: directions left out as dependent.
        inflation: variance inflation factor of each predictor.
    """

    predictors: tuple[str, ...]
    centre: Numbers
    scale: Numbers
    mean: float
    slopes: Numbers
    spread: Numbers
    residual: float
    count: int
    dropped: int
    inflation: Numbers

    def predict(self, table: pd.DataFrame) -> Predicted:
        """Mean prediction at the rows of a table, with its standard error."""
        return self.at(matrix(table, self.predictors))

    def at(self, x: Numbers) -> Predicted:
        """Mean prediction at rows of predictors, (row, predictor)."""
        z = (x - self.centre) / self.scale
        error = self.residual * np.sqrt(1.0 / self.count + np.sum((z @ self.spread) ** 2, axis=1))
        return Predicted(self.mean + z @ self.slopes, error)


def matrix(table: pd.DataFrame, predictors: Sequence[str]) -> Numbers:
    """Columns side by side, (row, predictor).

    >>> matrix(pd.DataFrame({"salinity": [35.0, 36.0]}), ["salinity"]).tolist()
    [[35.0], [36.0]]
    """
    return np.stack(list(columns(table, predictors).values()), axis=1)


def fit(x: Numbers, y: Numbers, predictors: Sequence[str], condition: float = CONDITION) -> Regression:
    """Fit a linear regression by singular values.

    Source: module; Belsley, Kuh & Welsch (1980) for the condition.

    Args:
        x: predictors, (row, predictor); rows with NaN are left out.
        y: what is fitted, (row,).
        predictors: names.
        condition: largest ratio of singular values kept.

    Raises:
        InputError: for too few rows or a predictor that does not vary.

    >>> x = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]])
    >>> line = fit(x, 3.0 + 2.0 * x[:, 0], ["salinity"])
    >>> round(float(line.at(np.array([[10.0]])).values[0]), 9)
    23.0
    """
    good = np.isfinite(x).all(axis=1) & np.isfinite(y)
    x, y = x[good], y[good]
    n, m = x.shape
    if n < m + 3:
        raise InputError(f"{n} whole rows are too few for {m} predictors", where=", ".join(predictors))
    centre, scale = x.mean(axis=0), x.std(axis=0)
    flat = [name for name, s, c in zip(predictors, scale, centre) if not s > 1e-12 * max(abs(c), 1e-30)]
    if flat:
        raise InputError("the predictor does not vary", where=", ".join(flat), do="leave it out")
    z = (x - centre) / scale
    u, s, vt = np.linalg.svd(z, full_matrices=False)
    keep = s > s[0] / condition
    spread = vt[keep].T / s[keep]
    slopes = spread @ (u[:, keep].T @ (y - y.mean()))
    left = y - y.mean() - z @ slopes
    residual = float(np.sqrt(left @ left / (n - keep.sum() - 1)))
    inflation = n * np.sum((vt.T / np.maximum(s, 1e-12 * s[0])) ** 2, axis=1)
    return Regression(
        tuple(predictors), centre, scale, float(y.mean()), slopes, spread, residual, n, int((~keep).sum()), inflation
    )
