"""Fields brought to a period (HY/T 0343.5 clause 4.3.3): which samples count, with what weight.

Every sample stands for an interval. *mean* weights the samples by the overlap of their interval with the
period, *linear* interpolates between the middles of the intervals to the middle of the period, *nearest*
takes the sample whose middle is nearest (the earlier of two). A climatological field,
`attrs["climatology"]`, serves every year: its intervals are moved by whole years, by month and day, so that
February stays February in leap years too.
"""

from itertools import pairwise
from typing import Any, Literal

import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanhai.core.errors import InputError
from shanhai.monitoring.periods import DAY, Period

TimeMethod = Literal["mean", "linear", "nearest"]
# Numbers of the samples along "time" with their weights; weights of one selection sum to anything positive.
Samples = tuple[tuple[int, float], ...]
Times = NDArray[np.datetime64]
Floats = NDArray[np.float64]
_STRIP = 1 << 15  # cells
_LEAST_AT_ENDS = 0.5  # part of a period that a record must cover where it begins or ends inside it
_WHOLE = 0.99  # bounds at 23:59:59 and a first sample some hours into a month leave no gap worth telling


def samples_of(field: xr.DataArray, period: Period, method: TimeMethod) -> Samples:
    """Samples of a field that make its value in a period, with their weights.

    A month of samples that is the period, for example, is `((k, 1.0),)`. The result is empty where the field
    has nothing to
    say: no sample overlaps the period ("mean"), or its middle lies before the first or after the last
        interval.
    """
    index, start, end = _intervals(field, period)
    if method == "mean":
        return _overlapping(index, start, end, period)
    if index.size == 0 or not start[0] <= period.middle < end.max():
        return ()
    middle = start + (end - start) // 2
    return _bracketing(index, middle, period) if method == "linear" else _nearest(index, middle, period)


def value_of_samples(field: xr.DataArray, samples: Samples, skip_missing: bool = True) -> xr.DataArray:
    """Weighted mean of samples; a single sample passes unchanged, no sample gives missing values.

    Args:
        field: *Field* with time.
        samples: numbers along time and weights, see `samples_of`.
        skip_missing: take the mean over the samples that are valid in a cell; else one missing sample makes
            the cell missing.
    """
    if not samples:
        return xr.full_like(_bare(field.isel(time=0)), np.nan, dtype=float)
    if len(samples) == 1:
        return _bare(field.isel(time=samples[0][0]))
    return mean_powers(field, samples, 1, skip_missing)[0]


def mean_powers(field: xr.DataArray, samples: Samples, highest: int, skip_missing: bool = True) -> list[xr.DataArray]:
    """Weighted means of the first, second, … power of samples, in one pass over them and in float64.

    All samples of a block are in memory at once, so blocks should be a few million cells at most.

    Args:
        field: *Field* with time.
        samples: numbers along time and weights.
        highest: highest power.
        skip_missing: as in `value_of_samples`.

    Returns:
        fields without time, one for each power.
    """
    index, weights = zip(*samples)
    chosen = field.isel(time=slice_or_list(index)).transpose("time", ...)
    values = da.asarray(chosen.data)
    shares = da.from_array(np.array(weights), values.chunks[0])
    plane, power = tuple(range(1, values.ndim)), values.ndim
    means = da.blockwise(
        _mean_powers, (power, *plane), values, (0, *plane), shares, (0,), new_axes={power: highest},
        dtype=float, meta=np.empty((0,) * values.ndim), highest=highest, skip_missing=skip_missing,
    )  # fmt: skip
    like = _bare(chosen.isel(time=0))
    return [like.copy(data=means[k]) for k in range(highest)]


def _mean_powers(blocks: list[Floats], weights: list[Floats], highest: int, skip_missing: bool) -> Floats:
    """Mean powers of the blocks along time of one place, a strip of cells that fits the cache at a time."""
    shares = np.concatenate(weights)
    flat = [b.reshape(len(b), -1) for b in blocks]
    out = np.empty((highest, flat[0].shape[1]))
    for first in range(0, out.shape[1], _STRIP):
        strip = slice(first, first + _STRIP)
        _sum_strip([values[strip] for b in flat for values in b], shares, skip_missing, out[:, strip])
    return out.reshape(highest, *blocks[0].shape[1:])


def _sum_strip(samples: list[Floats], shares: Floats, skip_missing: bool, out: Floats) -> None:
    out[...] = 0.0
    weight = np.zeros(out.shape[1])
    for sample, share in zip(samples, shares):
        value = sample.astype(float)
        missing = np.isnan(value) & skip_missing
        value[missing] = 0.0
        weight += share * ~missing
        term = share * value
        out[0] += term
        for total in out[1:]:
            term *= value
            total += term
    weight[weight == 0] = np.nan
    out /= weight


def to_period(field: xr.DataArray, period: Period, method: TimeMethod = "mean") -> xr.DataArray:
    """Value of a field in a period (clause 4.3.3).

    Args:
        field: *Field*, (time, latitude, longitude); one without time is returned as it is.
        period: the period.
        method: "mean", "linear" or "nearest", see the module. A mean skips missing values; in a linear
            interpolation a missing neighbour makes the result missing.

    Returns:
        the field without time; missing everywhere where it has nothing to say, see `check_coverage`.
    """
    if "time" not in field.dims:
        return field
    return value_of_samples(field, samples_of(field, period, method), skip_missing=method == "mean")


def check_coverage(
    name: str, field: xr.DataArray, periods: list[Period], method: TimeMethod = "mean"
) -> list[tuple[Period, float]]:
    """Refuse a field that does not reach over the periods of a job.

    A period that reaches beyond the first or last sample must be covered by half, as its mean would stand for
    days without data. A gap inside the record is told, not refused.

    Args:
        name: of the quantity, for the sentence.
        field: *Field*.
        periods: all periods of the job.
        method: as in `to_period`; shares of periods matter to a mean only.

    Returns:
        periods that the samples do not cover whole, and the share that they cover, 0 to 1; maps of share 0
        will be empty.

    Raises:
        InputError: where a period at an end of the field's span, or outside it, is covered by less than half;
            or no period has a sample.
    """
    if "time" not in field.dims:
        return []
    partial = [(p, share) for p in periods if (share := _share(field, p, method)) < _WHOLE]
    start, end = field["time_start"].values.min(), field["time_end"].values.max()
    for period, share in partial:
        at_end = method != "mean" or period.start < start or period.end > end
        if at_end and share < _LEAST_AT_ENDS:
            raise _not_covered(name, field, period, share)
    if periods and len(partial) == len(periods) and not any(share for _, share in partial):
        raise _not_covered(name, field, *partial[0])
    return partial


def _share(field: xr.DataArray, period: Period, method: TimeMethod) -> float:
    """Part of a period inside the intervals of the samples; of other methods than the mean, all or nothing."""
    if method != "mean":
        return float(bool(samples_of(field, period, method)))
    _, start, end = _intervals(field, period)
    return min(float(_shared_days(start, end, period).clip(0).sum()) / period.days, 1.0)


def _not_covered(name: str, field: xr.DataArray, period: Period, share: float) -> InputError:
    start, end = field["time_start"].values.min(), field["time_end"].values.max()
    last = (end - np.timedelta64(1, "ns")).astype("M8[D]")
    what = f"data for only {share * period.days:.3g} of the {period.days:.3g} days of" if share else "no data for"
    return InputError(
        f"{name} has {what} {period.label}; it spans {start.astype('M8[D]')} to {last}",
        where=str(field.attrs.get("shanhai_source", "")),
        do="give files that cover the job, shorten time.start to time.end, or set climatology = true "
        "if its months serve every year",
    )


_TIMES = ("time", "time_start", "time_end")


def _bare(slab: xr.DataArray) -> xr.DataArray:
    return slab.drop_vars(_TIMES, errors="ignore")


def slice_or_list(index: tuple[int, ...]) -> Any:
    """Consecutive ascending numbers as a slice, which keeps chunks whole."""
    consecutive = all(b - a == 1 for a, b in pairwise(index))
    return slice(index[0], index[-1] + 1) if consecutive else list(index)


def _intervals(field: xr.DataArray, period: Period) -> tuple[NDArray[np.intp], Times, Times]:
    """Number, start and end of every interval, in order; a climatology around the year of the period."""
    start, end = (field[name].values.astype("M8[ns]") for name in ("time_start", "time_end"))
    index = np.arange(start.size)
    if field.attrs.get("climatology"):
        home = start[0].astype("M8[Y]")
        years = [int(y) for y in (period.start.astype("M8[Y]") - home).astype(int) + np.arange(-1, 2)]
        index = np.tile(index, len(years))
        start, end = (np.concatenate([_moved(t, y) for y in years]) for t in (start, end))
    order = np.argsort(start, kind="stable")
    order = order[(end > start)[order]]  # 29 February of a common year is no interval
    return index[order], start[order], end[order]


def _moved(times: Times, years: int) -> Times:
    """The same month and day so many years later; 29 February becomes 1 March in a common year."""
    month = times.astype("M8[M]")
    moved = month + 12 * years
    length = (moved + 1).astype("M8[ns]") - moved.astype("M8[ns]")
    return moved.astype("M8[ns]") + np.minimum(times - month.astype("M8[ns]"), length)


def _shared_days(start: Times, end: Times, period: Period) -> Floats:
    """Length of the part of each interval inside a period [d], negative where they are apart."""
    return np.asarray((np.minimum(end, period.end) - np.maximum(start, period.start)) / DAY)


def _overlapping(index: NDArray[np.intp], start: Times, end: Times, period: Period) -> Samples:
    found = [(int(i), float(d)) for i, d in zip(index, _shared_days(start, end, period)) if d > 0]
    return ((found[0][0], 1.0),) if len(found) == 1 else tuple(found)


def _bracketing(index: NDArray[np.intp], middle: Times, period: Period) -> Samples:
    after = int(np.searchsorted(middle, period.middle))
    if after == middle.size or (after == 0 or middle[after] == period.middle):
        return ((int(index[min(after, middle.size - 1)]), 1.0),)
    part = float((period.middle - middle[after - 1]) / (middle[after] - middle[after - 1]))
    return ((int(index[after - 1]), 1 - part), (int(index[after]), part))


def _nearest(index: NDArray[np.intp], middle: Times, period: Period) -> Samples:
    return ((int(index[np.argmin(np.abs(middle - period.middle))]), 1.0),)
