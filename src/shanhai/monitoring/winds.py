r"""Moments of the winds of a period, for the wind compensation factors C2 and C3 (HY/T 0343.5 4.4.4 and C.2).

$$\overline U = \frac{\sum_J w_J U_J}{\sum_J w_J}, \qquad \overline{U^2} = \frac{\sum_J w_J U_J^2}{\sum_J
w_J}, \qquad
  \overline{U^3} = \frac{\sum_J w_J U_J^3}{\sum_J w_J}$$

over the winds observed inside the period, each weighted by the time it stands for. They are taken on the
grid of the winds, before any averaging in space, which would smooth the winds and hide part of their
variance.
"""

import warnings

import numpy as np
import xarray as xr

from shanhai.core.errors import InputError, ShanhaiWarning
from shanhai.core.notation import quantity
from shanhai.monitoring.intervals import mean_powers, samples_of, value_of_samples
from shanhai.monitoring.periods import Period

MOMENTS = ("wind_speed", "wind_speed_mean_square", "wind_speed_mean_cube")
Moments = tuple[xr.DataArray, xr.DataArray, xr.DataArray]

# A sample that stands for a longer part of the period is itself a mean of it and tells nothing of its
# variance.
_LONGEST_SAMPLE = 0.75
# Moments are stored packed: allow their rounding, 2 % and 0.02 of the unit, before calling them impossible.
_ROUNDING = 0.02
_MOST_IMPOSSIBLE = 0.01


def resolves(wind: xr.DataArray, periods: list[Period]) -> bool:
    """Whether the winds are sampled often enough to know their variance inside the periods.

    Their usual (median) sample must be shorter than three quarters of the longest period: daily or 3-day
    winds resolve 8-day composites, weekly winds a month; a monthly mean resolves nothing. The answer depends
    on the sampling of the whole field, so it is the same for every part of a job.
    """
    if "time" not in wind.dims:
        return False
    lengths = (wind["time_end"] - wind["time_start"]).values
    return bool(np.median(lengths) < _LONGEST_SAMPLE * max(p.end - p.start for p in periods))


def wind_moments(wind: xr.DataArray, period: Period) -> Moments | None:
    """Mean, mean square and mean cube of the winds inside a period: HY/T 0343.5 formulas (4) and (C.3),
    parts.

    Args:
        wind: *Field* of wind speeds [m s-1], (time, latitude, longitude), NaN where not observed.
        period: the period.

    Returns:
        mean [m s-1], mean square [m2 s-2] and mean cube [m3 s-3] on the grid of the winds, without time; or
        None where the winds do not resolve the period, so that the compensation factor is 1 and a note is
        due. A cell with a single observation has no variance: its factor is 1.
    """
    return moments_of_samples(wind, period) if resolves(wind, [period]) else None


def moments_of_samples(wind: xr.DataArray, period: Period) -> Moments:
    """The moments, without asking whether the winds resolve the period; see `wind_moments`."""
    samples = samples_of(wind, period, "mean")
    moments = mean_powers(wind, samples, 3) if samples else [value_of_samples(wind, samples)] * 3
    mean, square, cube = (
        moment.rename(name).assign_attrs(quantity(name).attributes) for name, moment in zip(MOMENTS, moments)
    )
    return mean, square, cube


def check_moments(mean: xr.DataArray, square: xr.DataArray | None = None, cube: xr.DataArray | None = None) -> None:
    r"""Refuse moments that no set of winds can have.

    Every set of winds obeys $\overline{U^2} \ge \overline U^2$ and $\overline{U^3} \ge \overline
    U\,\overline{U^2}$, hence $\overline{U^3} \ge \overline U^3$, which is asked where the square is not known.

    Args:
        mean: mean wind speed [m s-1], any shape.
        square: mean square [m2 s-2], same shape, where there is one.
        cube: mean cube [m3 s-3], same shape, where there is one.

    Raises:
        InputError: where more than 1 % of the cells break an inequality by more than rounding.

    Warns:
        ShanhaiWarning: where fewer do.

    >>> variances = xr.DataArray([4.0, 5.0])
    >>> check_moments(xr.DataArray([7.0, 8.0]), variances)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    shanhai.core.errors.InputError: wind_speed_mean_square: in 2 of 2 cells the mean square of the winds ...
    """
    if square is not None:
        _refuse_below(square, mean**2, "wind_speed_mean_square", "square", "square of their mean")
    if cube is not None and square is not None:
        product = "product of their mean and mean square"
        _refuse_below(cube, mean * square, "wind_speed_mean_cube", "cube", product)
    elif cube is not None:
        _refuse_below(cube, mean**3, "wind_speed_mean_cube", "cube", "cube of their mean")


def _refuse_below(moment: xr.DataArray, least: xr.DataArray, name: str, power: str, bound_is: str) -> None:
    given, bound = np.broadcast_arrays(*(np.asarray(a.values, dtype=float) for a in (moment, least)))
    short = bound * (1 - _ROUNDING) - _ROUNDING - given
    bad, compared = int((short > 0).sum()), int(np.isfinite(short).sum())
    if not bad:
        return
    worst = np.nanargmax(short)
    told = (
        f"in {bad} of {compared} cells the mean {power} of the winds is less than the {bound_is}, "
        f"which no winds can have ({given.flat[worst]:.4g} against at least {bound.flat[worst]:.4g})"
    )
    if bad > _MOST_IMPOSSIBLE * compared:
        raise InputError(told, where=name, do=f"check units and variable: a mean {power}, no central moment")
    warnings.warn(f"{name}: {told}", ShanhaiWarning, stacklevel=3)
