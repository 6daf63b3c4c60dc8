"""A dataset given in memory instead of files: checked, brought into order, and the configuration it implies."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from pydantic import BaseModel

from shanhai.core.errors import InputError, nearest
from shanhai.core.notation import quantity
from shanhai.io import axes, checks, settings
from shanhai.io.sources import FieldSource
from shanhai.io.units import spelled, to_notation
from shanhai.monitoring import winds
from shanhai.monitoring.config import INPUTS, FluxConfig, GridSection, TimeSpan, missing_inputs, parse
from shanhai.monitoring.periods import COMPOSITE, DAY, periods

DIMS = ("time", "latitude", "longitude")
NOT_BESIDE_A_DATASET = ("kind", "region", "time", "inputs")
_WHERE = "dataset"
_PLAIN = FieldSource(value=0.0)  # no option of files applies to a dataset
_ROUNDED = 1e-5  # relative, of labels in single precision
_MONTH = (27, 32)  # days from a stamp to that of the next month
Array = NDArray[Any]


def prepared_dataset(dataset: xr.Dataset, resolution: float | None = None) -> xr.Dataset:
    """Bring a dataset of inputs into the order and the units of a prepared dataset; lazy where it is lazy.

    A variable without the attribute `units` is taken to be in the unit of the notation table. A number, or a
    variable along some of the dimensions, holds for every cell or time. Times without `time_bounds` are
    months or days where their spacing says so.

    Args:
        dataset: dims time, latitude, longitude in any order.
        resolution: cell size [degree], needed where the dataset has a single cell.

    Returns:
        dims (time, latitude, longitude), all ascending, longitude continuous; `time` is the start of each
        period and `time_bounds` its two ends.

    Raises:
        InputError: for missing inputs, wrong units, values that cannot be, cells that are not square and
            even, and times that are not the periods of a job.
    """
    _refuse_incomplete(dataset)
    ordered = _in_time(_on_even_cells(dataset, resolution))
    inputs = [n for n in INPUTS if n in ordered]
    ordered = ordered.assign({n: _broadcast(_in_notation(ordered[n], n), ordered) for n in inputs})
    for name in inputs:
        _look(ordered[name], dataset[name].attrs.get("units"))
    _look_at_winds(ordered)
    return ordered.transpose(*DIMS, ...)


def cell_size(dataset: xr.Dataset, resolution: float | None = None) -> float:
    """Size of the square cells of a dataset [degree].

    Raises:
        InputError: for cells that are not square, a resolution that is not theirs, and a lone cell without one.
    """
    steps = {d: _spacing(dataset[d].values.astype(float)) for d in DIMS[1:] if dataset.sizes[d] > 1}
    if not steps and resolution is None:
        raise InputError(
            "a single cell does not tell its size", where=_WHERE, do='give grid={"resolution": ...} in degrees'
        )
    size = next(iter(steps.values())) if resolution is None else resolution
    for name, step in steps.items():
        if abs(step - size) > axes.REGULAR * size:
            other = "the other axis" if resolution is None else "grid.resolution"
            raise InputError(
                f"the {name} has steps of {step:g} degrees, {other} {size:g}; cells must be square",
                where=_WHERE,
                do="regrid to square cells" if resolution is None else "leave out grid.resolution, or correct it",
            )
    return size


def resolution_of(sections: Mapping[str, Any]) -> float | None:
    """Cell size that the sections beside a dataset state [degree]; None where they do not.

    Raises:
        InputError: for sections that the dataset itself decides.
    """
    refused = [n for n in NOT_BESIDE_A_DATASET if n in sections]
    if refused:
        raise InputError(
            f"{', '.join(refused)} given beside a dataset, which has its own region, times and inputs",
            where="assess",
            do="select or change the dataset instead, for example dataset.sel(...)",
        )
    grid = sections.get("grid", {})
    said = grid.model_dump(exclude_unset=True) if isinstance(grid, BaseModel) else dict(grid)
    if others := sorted(set(said) - {"resolution"}):
        raise InputError(
            f"grid.{', grid.'.join(others)} given beside a dataset, which is on its grid already",
            where="assess",
            do='leave it out; only grid={"resolution": ...} has a meaning here',
        )
    return settings.validated(GridSection, said, "grid", {}).resolution if said else None


def config_for(dataset: xr.Dataset, sections: Mapping[str, Any]) -> FluxConfig:
    """Configuration of a job on a prepared dataset: region, grid and time are those of the dataset."""
    size = cell_size(dataset, resolution_of(sections))
    raw = {"kind": "flux", "inputs": {}, "region": _region(dataset, size), "time": _span(dataset.time_bounds.values)}
    return parse({**raw, **sections, "grid": {"resolution": size}}, where="assess", dataset=True)


def _refuse_incomplete(dataset: xr.Dataset) -> None:
    for name in DIMS:
        if name not in dataset.dims:
            raise InputError(f"the dataset has no dimension {name!r}", where=_WHERE, do="rename or add it")
        if dataset.sizes[name] == 0:
            raise InputError(f"its dimension {name!r} is empty", where=_WHERE, do="look at how it was selected")
        if name not in dataset.coords and (name != "time" or "time_bounds" not in dataset):
            raise InputError(f"its dimension {name!r} has no coordinate", where=_WHERE, do="add it")
    known = [str(n) for n in dataset.data_vars]
    if missing := _missing(known):
        hints = "; ".join(f"{n}: {nearest(n, known)}" for n in missing)
        raise InputError(f"the dataset lacks {', '.join(missing)} ({hints})", where=_WHERE)


def _missing(known: list[str]) -> list[str]:
    try:
        return missing_inputs(known)
    except ValueError as error:
        raise InputError(str(error), where=_WHERE) from None


# --- cells ----------------------------------------------------------------------------------------------------


def _on_even_cells(dataset: xr.Dataset, resolution: float | None) -> xr.Dataset:
    """Latitude ascending, longitude ascending and continuous, cells even and square and inside the globe."""
    ordered = dataset.sortby("latitude")
    ordered = _along(ordered, "latitude", lambda x: axes.latitude_axis(x, _PLAIN, _WHERE))
    ordered = _along(ordered, "longitude", lambda x: axes.longitude_axis(x, _PLAIN, _WHERE))
    size = cell_size(ordered, resolution)
    reach = float(np.abs(ordered.latitude.values).max()) + size / 2
    if reach > 90 + axes.REGULAR * size:
        raise InputError(
            f"the cells reach {reach:g} degrees of latitude, beyond the pole",
            where=_WHERE,
            do="leave out the rows at the poles, or regrid; latitude marks the centre of a cell",
        )
    if ordered.sizes["longitude"] * size > 360 + axes.REGULAR * size:
        raise InputError("the cells go round the globe more than once", where=_WHERE, do="leave out the repeated ones")
    return ordered


def _along(dataset: xr.Dataset, name: str, read: Callable[[Array], axes.Axis]) -> xr.Dataset:
    """Lay the cells along an axis in the order that `io.axes` finds for it."""
    labels = np.asarray(dataset[name].values, dtype=float)
    if not np.isfinite(labels).all():
        raise InputError(f"the {name} has missing values", where=_WHERE, do="give the centre of every cell")
    if labels.size == 1:
        return dataset.assign_coords({name: (name, _lone(labels, name), dataset[name].attrs)})
    try:
        axis = read(labels)
    except InputError as error:
        raise InputError(error.what, where=_WHERE, do="give ascending, evenly spaced centres of cells") from None
    _refuse_repeated_or_uneven(axis.centres, labels, name)
    order = np.concatenate([np.arange(labels.size)[part] for part in axis.parts])
    moved = dataset if (np.diff(order) == 1).all() else dataset.isel({name: order})
    return moved.assign_coords({name: (name, axis.centres, dataset[name].attrs)})


def _lone(labels: Array, name: str) -> Array:
    low, high = (-90, 90) if name == "latitude" else (-180, 360)
    if not low <= labels[0] <= high:
        raise InputError(f"the {name} {labels[0]:g} is outside {low} to {high}", where=_WHERE, do="correct it")
    return labels if name == "latitude" else (labels + 180) % 360 - 180


def _refuse_repeated_or_uneven(centres: Array, labels: Array, name: str) -> None:
    if centres.size < labels.size:
        raise InputError("the last meridian is the first one again", where=_WHERE, do="leave one of them out")
    if np.ptp(np.diff(centres)) > axes.REGULAR * _spacing(centres):
        raise InputError(f"the {name} is not evenly spaced", where=_WHERE, do="regrid to square cells")


def _spacing(centres: Array) -> float:
    """Mean step of an axis; a whole part of a degree is taken exactly, without the rounding of the labels."""
    step = float(centres[-1] - centres[0]) / (centres.size - 1)
    parts = round(1 / step)
    return 1 / parts if abs(parts * step - 1) < _ROUNDED else step


def _region(dataset: xr.Dataset, size: float) -> dict[str, float]:
    """Outer edges of the cells, as the configuration writes them: west from -180, east beyond it or round again."""
    lat, lon = dataset.latitude.values, dataset.longitude.values
    region = {"south": max(float(lat[0]) - size / 2, -90.0), "north": min(float(lat[-1]) + size / 2, 90.0)}
    if lon.size * size > 360 - size / 2:
        return region | {"west": -180.0, "east": 180.0}
    west = (float(lon[0]) - size / 2 + 180) % 360 - 180
    east = west + lon.size * size
    return region | {"west": west, "east": east if east <= 360 else east - 360}


# --- time -----------------------------------------------------------------------------------------------------


def _in_time(dataset: xr.Dataset) -> xr.Dataset:
    """Sort by time; `time` is the start of each period and `time_bounds` its two ends."""
    bounds = _bounds(dataset)
    order = np.argsort(bounds[:, 0], kind="stable")
    bounds = bounds[order]
    _refuse_other_than_periods(bounds)
    moved = dataset if (np.diff(order) == 1).all() else dataset.isel(time=order)
    attrs = dataset["time"].attrs if "time" in dataset.coords else {}
    moved = moved.drop_vars("time_bounds", errors="ignore").assign_coords(time=("time", bounds[:, 0], attrs))
    return moved.assign(time_bounds=(("time", "bounds"), bounds))


def _bounds(dataset: xr.Dataset) -> Array:
    if "time_bounds" not in dataset:
        return _bounds_of_stamps(np.sort(_instants(dataset["time"])))[_ranks(_instants(dataset["time"]))]
    given = dataset["time_bounds"]
    if given.dims[:1] != ("time",) or given.shape[1:] != (2,):
        raise InputError(f"time_bounds has dimensions {given.dims}, not time and the two ends", where=_WHERE)
    bounds = _instants(given)
    if "time" in dataset.coords:
        _refuse_stamps_elsewhere(_instants(dataset["time"]), bounds)
    return bounds


def _instants(times: xr.DataArray) -> Array:
    values = times.values
    if values.dtype.kind != "M" or np.isnat(values).any():
        raise InputError(
            f"{times.name} holds something else than dates", where=_WHERE, do="decode it to datetime64 without gaps"
        )
    return values.astype("datetime64[ns]")


def _ranks(stamps: Array) -> Array:
    return np.argsort(np.argsort(stamps, kind="stable"), kind="stable")


def _refuse_stamps_elsewhere(stamps: Array, bounds: Array) -> None:
    outside = (stamps < bounds[:, 0]) | (stamps > bounds[:, 1])
    if outside.any():
        i = int(outside.argmax())
        raise InputError(
            f"the time {_day(stamps[i])} lies outside its time_bounds {_day(bounds[i, 0])} to {_day(bounds[i, 1])}",
            where=_WHERE,
            do="correct time or time_bounds",
        )


def _bounds_of_stamps(stamps: Array) -> Array:
    """Months or days that ascending stamps name beyond doubt.

    Raises:
        InputError: for a lone stamp inside a month, and for any other spacing.
    """
    unit = "D" if _daily(stamps) else "M" if _monthly(stamps) else None
    if unit is None:
        several = (
            f"the times {', '.join(map(_day, stamps[:3]))} ... are neither consecutive months nor consecutive days"
        )
        lone = f"the single time {_day(stamps[0])} does not tell whether it stands for a day or a month"
        raise InputError(
            lone if stamps.size == 1 else several,
            where=_WHERE,
            do="add time_bounds (time, 2), the start and the exclusive end of each period",
        )
    starts = stamps.astype(f"datetime64[{unit}]")
    return np.stack([starts, starts + 1], axis=1).astype("datetime64[ns]")


def _daily(stamps: Array) -> bool:
    return bool(stamps.size > 1 and (np.diff(stamps) == DAY).all())


def _monthly(stamps: Array) -> bool:
    months = stamps.astype("datetime64[M]")
    if stamps.size == 1:
        return bool(stamps[0] == months[0])
    days = np.diff(stamps) / DAY
    even = (days >= _MONTH[0]) & (days <= _MONTH[1])
    return bool(even.all() and (np.diff(months).astype(int) == 1).all())


def _refuse_other_than_periods(bounds: Array) -> None:
    """Bounds must be exactly the periods of a job from the first to the last of them."""
    do = "give consecutive whole months, days, or 8-day composites that restart each 1 January; ends are exclusive"
    about = "time_bounds are not periods of a job"
    try:
        expected = np.array([[p.start, p.end] for p in periods(TimeSpan(**_span(bounds)))])
    except InputError as error:
        raise InputError(f"{about}: {error.what}", where=_WHERE, do=do) from None
    n = min(len(expected), len(bounds))
    wrong = (expected[:n] != bounds[:n]).any(axis=1)
    if n and len(expected) == len(bounds) and not wrong.any():
        return
    i = int(wrong.argmax()) if wrong.any() else n - 1
    awaited = f", where {_day(expected[i, 0])} to {_day(expected[i, 1])} is due" if n else ""
    raise InputError(f"{about}: {_day(bounds[i, 0])} to {_day(bounds[i, 1])}{awaited}", where=_WHERE, do=do)


def _span(bounds: Array) -> dict[str, str]:
    """Section `time` of ascending bounds."""
    last = (bounds[-1, 1] - np.timedelta64(1, "ns")).astype("datetime64[D]")
    return {"start": _day(bounds[0, 0])[:10], "end": str(last), "frequency": _frequency(bounds[:, 1] - bounds[:, 0])}


def _frequency(lengths: Array) -> str:
    if (lengths == DAY).all():
        return "daily"
    return "8-day" if (lengths <= COMPOSITE).all() else "monthly"


def _day(instant: Any) -> str:
    """A date, with its hour where that is not midnight."""
    text = str(instant)[:16]
    return text.removesuffix("T00:00")


# --- values ---------------------------------------------------------------------------------------------------


def _in_notation(values: xr.DataArray, name: str) -> xr.DataArray:
    """In the unit of the notation table, by the unit that the variable states."""
    if values.dtype.kind not in "iuf":
        raise InputError(f"{name} holds no numbers but {values.dtype}", where=_WHERE, do="give numbers, NaN for land")
    values = values if values.dtype.kind == "f" else values.astype(float)
    if "units" not in values.attrs:
        return values
    changed = to_notation(name, str(values.attrs["units"]), where=f"{_WHERE}: {name}")(values)
    return changed.assign_attrs(values.attrs | {"units": quantity(name).unit})


def _broadcast(values: xr.DataArray, dataset: xr.Dataset) -> xr.DataArray:
    """Along all of time, latitude and longitude."""
    if strange := [str(d) for d in values.dims if d not in DIMS]:
        raise InputError(
            f"{values.name} has the dimension {', '.join(strange)} beside time, latitude and longitude",
            where=_WHERE,
            do="select one level of it",
        )
    lengths = {d: dataset.sizes[d] for d in DIMS if d not in values.dims}
    wide = values.expand_dims({d: dataset[d] for d in lengths}) if lengths else values
    return wide.transpose(*DIMS)


def _look(values: xr.DataArray, unit: Any) -> None:
    """Look at the first map that has values, as at those of files."""
    about = quantity(str(values.name))
    in_file = about.unit if unit is None else spelled(str(unit))[1]
    try:
        checks.check_first_map(values.assign_attrs(units=about.unit, shanhai_unit_in_file=in_file), _PLAIN)
    except InputError as error:
        do = f"correct the values or the attribute units; without it they are taken to be in {about.unit!r}"
        raise InputError(error.what, where=f"{_WHERE}: {values.name}", do=do) from None


def _look_at_winds(dataset: xr.Dataset) -> None:
    """Moments of the first period must be those of some winds."""
    mean, square, cube = (dataset[n].isel(time=0).compute() if n in dataset else None for n in winds.MOMENTS)
    if mean is not None and square is not None:
        winds.check_moments(mean, square, cube)
