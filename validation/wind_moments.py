"""What the wind moments of the 2010 archive are worth: inequalities that the moments of any winds obey."""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from scipy.optimize import brentq
from scipy.special import gamma

from validation import jobs


def run(data: Path) -> dict[str, Any]:
    """Shares of cells and months that break an inequality, and the compensation factor that follows."""
    with xr.open_dataset(data / jobs.FORCING) as source:
        names = ("mean", "moment_2", "moment_3", "count")
        mean, square, cube, count = (source[f"wind_speed_cor_{n}"].values.astype(float) for n in names)
    valid = (count >= 1) & np.isfinite(mean) & np.isfinite(square) & np.isfinite(cube) & (mean > 0)
    mean, square, cube, count = mean[valid], square[valid], cube[valid], count[valid]
    several = count >= 2
    return {
        "cells": int(valid.sum()),
        "median_count": float(np.median(count)),
        "several": int(several.sum()),
        "square_below": _share(square < mean**2),
        "cube_below": _share(cube < mean * square),
        "cauchy_schwarz": _share(cube * mean < square**2),
        "median_c2": float(np.median(square / mean**2)),
        "median_c3": float(np.median(cube / mean**3)),
        "median_ratio": float(np.median(cube * mean / square**2)),
        "weibull_c2": _weibull_c2(float(np.median(cube / mean**3))),
    }


def _weibull_c2(c3: float) -> float:
    """C2 of the Weibull distribution that has this C3."""

    def moment(n: int, shape: float) -> float:
        return gamma(1 + n / shape) / gamma(1 + 1 / shape) ** n

    shape = brentq(lambda b: moment(3, b) - c3, 1.0, 10.0)
    return moment(2, shape)


def _share(broken: np.ndarray) -> float:
    return float(np.mean(broken))
