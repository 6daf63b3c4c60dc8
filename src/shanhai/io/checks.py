"""Look at values of fields once they are loaded, and at fields beside one another.

A value outside the believable range of its quantity is refused with its time and place, and with the unit
that it looks like; a map whose middle value no sea has is refused even if each value could be real.
"""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanhai.core.errors import InputError
from shanhai.core.notation import quantity
from shanhai.io.sources import FieldSource
from shanhai.io.units import suspicion, to_notation, typical

SAMPLE = 20_000  # values that suffice to tell where the middle of a map lies
HALF_CELL = (0.4, 0.6)  # of a spacing


def guarded(field: xr.DataArray, source: FieldSource) -> xr.DataArray:
    """A lazy field whose blocks are checked whenever they are read, on whatever worker.

    Crop first: a block is read and checked whole.

    Args:
        field: as `open_field` gives it, or a crop of it.
        source: the configuration of the field; `valid_range` takes the place of the range of the notation
            table.

    Returns:
        the same field; computing it raises InputError for a value out of range, naming the value, its time,
        latitude and longitude, and the unit that it looks like.
    """
    if field.chunks is None or source.out_of_range == "missing":
        return field if source.out_of_range == "missing" else check_values(field, source)
    import dask.array as da

    coords = {str(d): field[d].values for d in field.dims}
    blocks = da.map_blocks(
        _checked_block, field.data, coords=coords, attrs=_facts(field), source=source, meta=field.data._meta
    )
    return field.copy(data=blocks)


def _facts(field: xr.DataArray) -> dict[str, Any]:
    return {"name": field.name} | field.attrs


def _checked_block(
    values: NDArray[Any],
    *,
    coords: dict[str, NDArray[Any]],
    attrs: dict[str, Any],
    source: FieldSource,
    block_info: Any = None,
) -> NDArray[Any]:
    """Check a block at its place in the field."""
    low, high = _limits(attrs["name"], source)
    if values.size == 0 or all_inside(values, low, high):
        return values  # before any labels are made: this runs once for every block
    place = block_info[0]["array-location"]
    here = {dim: labels[start:stop] for (dim, labels), (start, stop) in zip(coords.items(), place)}
    _refuse_outside(xr.DataArray(values, here, tuple(here), attrs["name"], attrs), source)
    return values


def _limits(name: str, source: FieldSource) -> tuple[float, float]:
    about = quantity(name)
    return source.valid_range or (about.low, about.high)


def check_values(field: xr.DataArray, source: FieldSource, period: slice = slice(None)) -> xr.DataArray:
    """Load a field, or a part of its times, and refuse values and maps that cannot be.

    Args:
        field: as `open_field` gives it, or a crop of it.
        source: the configuration of the field; `valid_range` takes the place of the range of the notation
            table.
        period: positions along time.

    Returns:
        the loaded values, NaN where missing.

    Raises:
        InputError: naming the first value outside the range, its time, latitude and longitude, and a likelier
            unit; or the median of the map, where no sea has such a one.
    """
    part = (field.isel(time=period) if "time" in field.dims else field).compute()
    if source.out_of_range == "refuse":
        _refuse_outside(part, source)
    if source.valid_range is None:
        _refuse_untypical(part)
    return part


def check_first_map(field: xr.DataArray, source: FieldSource) -> None:
    """Check the first time step that has values, for a look at an input before a long job.

    Raises:
        InputError: naming file and variable, if every value is missing; and as `check_values` does.
    """
    steps = range(field.sizes["time"]) if "time" in field.dims else range(1)
    for i in steps:
        part = check_values(field, source, slice(i, i + 1))
        if np.isfinite(part.values).any():
            return
    raise InputError(
        "every value is missing",
        where=_origin(field),
        do="check the variable, valid_when, valid_range and the fill value of the file",
    )


def _origin(field: xr.DataArray) -> str:
    return str(field.attrs.get("shanhai_source", field.name))


def _refuse_outside(part: xr.DataArray, source: FieldSource) -> None:
    values = part.values
    low, high = _limits(str(part.name), source)
    if values.size == 0 or all_inside(values, low, high):
        return
    wrong = (values < low) | (values > high) | np.isinf(values)
    first = np.unravel_index(int(wrong.argmax()), wrong.shape)
    value = float(values[first])
    hint = _hint(part, value)
    raise InputError(
        f"{part.name} = {value:g} {part.attrs['units']} at {_place(part, first)} is outside "
        f"{low:g} to {high:g} ({int(wrong.sum())} of {values.size} values){'; ' + hint if hint else ''}",
        where=_origin(part),
        do=_remedy(hint),
    )


def _remedy(hint: str) -> str:
    if hint:
        return 'if the label is wrong, say units = "..." with the unit that is right'
    return 'say out_of_range = "missing" to leave such values out, or valid_range = [low, high] to accept them'


def all_inside(values: NDArray[Any], low: float, high: float) -> bool:
    """Whether all that is there lies in a range and is finite; NaN is not there. Two readings, no copy."""
    smallest, largest = np.fmin.reduce(values, axis=None), np.fmax.reduce(values, axis=None)
    return bool(np.isnan(smallest) or (smallest >= low and largest <= high and np.isfinite(largest - smallest)))


def _refuse_untypical(part: xr.DataArray) -> None:
    limits, values = typical(str(part.name)), part.values
    if limits is None:
        return
    sample = values.ravel()[:: max(1, values.size // SAMPLE)]
    sample = sample[np.isfinite(sample)]
    if sample.size == 0 or limits[0] <= np.median(sample) <= limits[1]:
        return
    middle = float(np.median(sample))
    hint = _hint(part, middle)
    raise InputError(
        f"the median of {part.name} is {middle:g} {part.attrs['units']}, that of real maps "
        f"{limits[0]:g} to {limits[1]:g}{'; ' + hint if hint else ''}",
        where=_origin(part),
        do="correct units = ..., or state the range that is right as valid_range = [low, high]",
    )


def _hint(part: xr.DataArray, value: float) -> str:
    """The unit that a value looks like, from its number in the file."""
    if not np.isfinite(value):
        return ""
    about = quantity(str(part.name))
    unit = str(part.attrs.get("shanhai_unit_in_file", about.unit))
    return suspicion(about, unit, to_notation(about.name, unit, where="").inverse(value))


def _place(part: xr.DataArray, index: tuple[Any, ...]) -> str:
    """Time, latitude and longitude of a value."""
    at = {dim: part[dim].values[i] for dim, i in zip(part.dims, index) if dim in part.coords}
    texts = [str(v)[:19] if dim == "time" else f"{dim} {float(v):g}" for dim, v in at.items()]
    return ", ".join(texts) or "the one value"


def check_alignment(fields: Mapping[str, xr.DataArray]) -> list[tuple[str, str]]:
    """Say which fields of one spacing have cells half a cell apart.

    Labels of cell edges taken for centres are the usual cause; the fields are then shifted against each
    other.

    Args:
        fields: name -> field as `open_field` gives it; fields without latitude and longitude are left out.

    Returns:
        sentences, English and Chinese; empty when all is well.
    """
    axes = ("latitude", "longitude")
    zh = {"latitude": "纬度", "longitude": "经度"}
    grids = {n: f for n, f in fields.items() if all(f.sizes.get(a, 0) > 1 for a in axes)}
    sentences = []
    for axis in axes:
        for one, others in _half_apart({n: f[axis].values for n, f in grids.items()}):
            en = (
                f"The {axis} of {', '.join(others)} lies half a cell beside that of {one}: "
                "their labels may be cell edges. If so, say cell_label."
            )
            sentences.append((en, _half_apart_zh(zh[axis], one, others)))
    return sentences


def _half_apart_zh(axis: str, one: str, others: list[str]) -> str:
    names = "、".join(others)
    return f"{names}的{axis}与{one}相差半个网格，其坐标可能是网格边缘而非中心；如属实，请设置 cell_label。"


def _half_apart(centres: dict[str, NDArray[np.float64]]) -> list[tuple[str, list[str]]]:
    """For the first field of each grid, those of the same spacing that lie half a cell beside it."""
    found: dict[str, list[str]] = {}
    told: set[str] = set()
    for one, other in itertools.combinations(centres, 2):
        if one not in told and other not in told and _lies_between(centres[one], centres[other]):
            found.setdefault(one, []).append(other)
            told.add(other)
    return list(found.items())


def _lies_between(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    step, same = one[1] - one[0], other[1] - other[0]
    if abs(step - same) > 1e-3 * step:
        return False
    return HALF_CELL[0] < ((other[0] - one[0]) / step) % 1 < HALF_CELL[1]
