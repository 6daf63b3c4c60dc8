"""Open the gridded inputs of clause 4.2 as lazy fields in one unit, one order and one meaning of time.

Whatever a file leaves open is refused with a sentence that says what to write in the configuration. Opening
reads coordinates only; values are checked where they are loaded, by `shanhai.io.checks`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanhai.core.errors import InputError
from shanhai.core.notation import quantity
from shanhai.io import axes, files, time_axis
from shanhai.io.sources import FieldSource
from shanhai.io.units import spelled, to_notation

DIMS = ("time", "latitude", "longitude")
CONSTANT_IN_TIME = ("land_fraction", "sea_area_code")


@dataclass(frozen=True)
class Piece:
    """One file's part of a field, still in the order of the file.

    Args:
        values: lazy, dims (time, latitude, longitude) or without time, in the unit of the notation table.
        latitude, longitude: labels [degree].
        stamps: time stamps, None for a field without time.
        where: file and variable, for sentences.
        unit: as the file has it.
    """

    values: xr.DataArray
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    stamps: time_axis.Stamps | None
    where: str
    unit: str


def open_field(name: str, source: FieldSource, *, chunks: Any = "auto") -> xr.DataArray:
    """Open one input of a job without reading it.

    Args:
        name: quantity of the notation table.
        source: where it is and what the files do not tell.
        chunks: chunks of the dask arrays, as xarray takes them; "auto" follows those of the files.

    Returns:
        Lazy field with dimensions (time, latitude, longitude), or without time if it is constant (0-d for
        `value`): latitude ascending, longitude ascending in [-180, 180) or continuous across the date line,
        values in the unit of the notation table with NaN where missing, and coordinates `time` (start of the
        interval a value stands for), `time_start` and `time_end` (exclusive). A climatology has its twelve
        months in `time_axis.CLIMATOLOGY_YEAR` and the attribute `climatology` = 1.

    Raises:
        InputError: with a sentence that names the file and says what to do.

    >>> float(open_field("xco2", FieldSource(value=420.0)))
    420.0
    """
    quantity(name)
    if source.value is not None:
        return _constant(name, source)
    if source.files is None:
        origin = "model" if source.model is not None else "stations"
        advice = "pass the prepared inputs to the model" if origin == "model" else "use io.stations on the grid"
        raise InputError(f"{origin} is not a file of fields", where=f"inputs.{name}", do=advice)
    if isinstance(source.variable, tuple) and name != "wind_speed":
        raise InputError(f"two variables are a vector, and {name} has none", where=f"inputs.{name}", do="name one")
    pieces = [_piece(name, source, path, chunks) for path in files.find(source.files)]
    return _described(name, source, pieces, _placed(_joined(pieces, source, name), pieces[0], source))


def _constant(name: str, source: FieldSource) -> xr.DataArray:
    about = quantity(name)
    value = _believable(name, float(source.value or 0.0), *(source.valid_range or (about.low, about.high)))
    return xr.DataArray(value, name=name, attrs=about.attributes | {"shanhai_source": "value of the configuration"})


def _believable(name: str, value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        unit = quantity(name).unit
        raise InputError(f"{value:g} is outside {low:g} to {high:g} {unit}", where=f"inputs.{name}", do="correct it")
    return value


def _piece(name: str, source: FieldSource, path: str, chunks: Any) -> Piece:
    dataset = files.selected(files.open_dataset(path), source.select, path)
    names = source.variable if isinstance(source.variable, tuple) else (str(source.variable),)
    where = f"{path}:{' and '.join(names)}"
    variables = [files.pick(dataset, n, path) for n in names]
    unit = source.units if source.units is not None else str(variables[0].attrs.get("units", ""))
    parts = [_converted(name, v, source, files.lazily(v, chunks, path), where) for v in variables]
    values = parts[0] if len(parts) == 1 else (parts[0] ** 2 + parts[1] ** 2) ** 0.5
    if source.valid_when is not None:
        values = values.where(_counts(dataset, source, chunks, path, values))
    return _ordered(name, source, dataset, variables[0], values, where, unit)


def _converted(
    name: str, variable: xr.DataArray, source: FieldSource, values: xr.DataArray, where: str
) -> xr.DataArray:
    unit = source.units if source.units is not None else variable.attrs.get("units")
    if unit is not None:
        unit = str(unit)
    return to_notation(name, unit, where=where)(files.floats(values))


def _counts(dataset: xr.Dataset, source: FieldSource, chunks: Any, path: str, like: xr.DataArray) -> xr.DataArray:
    rule = source.valid_when
    assert rule is not None
    flag = files.lazily(files.pick(dataset, rule.variable, path), chunks, path)
    if flag.dims != like.dims or flag.shape != like.shape:
        raise InputError(
            f"valid_when: {rule.variable!r} has dimensions {dict(flag.sizes)}, the field {dict(like.sizes)}",
            where=path,
            do="name a variable on the same grid",
        )
    return flag >= rule.minimum


def _ordered(
    name: str,
    source: FieldSource,
    dataset: xr.Dataset,
    variable: xr.DataArray,
    values: xr.DataArray,
    where: str,
    unit: str,
) -> Piece:
    """Find the axes of a variable and bring its dimensions into the order time, latitude, longitude."""
    time = time_axis.find_time(dataset, variable, source.time, where)
    dims, latitude, longitude = _horizontal(dataset, variable, source, time, where)
    stamps = None
    if name not in CONSTANT_IN_TIME:
        stamps = _stamps(dataset, variable, time, source, where)
    time_dim = _dimension(dataset, time)
    extra = [d for d in values.dims if d not in dims and (d != time_dim or stamps is None)]
    for d in extra:
        if values.sizes[d] > 1:
            raise InputError(
                f"the dimension {d!r} has {values.sizes[d]} values, where one is meant",
                where=where,
                do=f"say select = {{ {d} = ... }}, for example the one at the surface",
            )
    values = values.isel(dict.fromkeys(extra, 0))
    if stamps is None:
        return Piece(_renamed(values, dims), latitude, longitude, None, where, unit)
    if time_dim not in values.dims:
        time_dim = "time"
        values = values.expand_dims(time_dim)
    return Piece(_renamed(values, (str(time_dim), *dims)), latitude, longitude, stamps, where, unit)


def _dimension(dataset: xr.Dataset, time: str | None) -> str | None:
    """Dimension of the time coordinate."""
    if time is None or time not in dataset.variables:
        return time
    return str(dataset[time].dims[0]) if dataset[time].ndim else None


def _renamed(values: xr.DataArray, dims: tuple[str, ...]) -> xr.DataArray:
    """Values on our dimensions, without the coordinates of the file."""
    return xr.DataArray(values.transpose(*dims).data, dims=DIMS[-len(dims) :])


def _horizontal(
    dataset: xr.Dataset, variable: xr.DataArray, source: FieldSource, time: str | None, where: str
) -> tuple[tuple[str, str], NDArray[np.float64], NDArray[np.float64]]:
    """Dimensions and labels of latitude and longitude."""
    latitude, longitude = (
        axes.find_coordinate(dataset, variable, kind, getattr(source, kind), where)
        for kind in ("latitude", "longitude")
    )
    if latitude is None and longitude is None and variable.ndim >= 2:
        dims = str(variable.dims[-2]), str(variable.dims[-1])
        return dims, *axes.index_axes((variable.shape[-2], variable.shape[-1]), source, where)
    if latitude is None or longitude is None:
        kind = "latitude" if latitude is None else "longitude"
        raise InputError(f"the {kind} is missing or not recognised", where=where, do=f'say {kind} = "..."')
    if source.global_rows is not None:
        raise InputError("the file has latitude and longitude", where=where, do="remove global_rows")
    dims = str(dataset[latitude].dims[0]), str(dataset[longitude].dims[0])
    if dims[0] == dims[1]:
        raise InputError("latitude and longitude share a dimension: these are points", where=where, do=axes.REGRID)
    found = axes.labels(dataset, latitude, where), axes.labels(dataset, longitude, where)
    axes.refuse_swapped(*found, where)
    return dims, *found


def _stamps(
    dataset: xr.Dataset, variable: xr.DataArray, time: str | None, source: FieldSource, where: str
) -> time_axis.Stamps | None:
    """Stamps of one file; None if it knows no time."""
    if time is not None and (time in dataset.variables or variable.sizes[time] > 1):
        return time_axis.read_stamps(dataset, time, source, where)
    for key in ("months_of", "time_label", "time_step"):
        if getattr(source, key) is not None:
            raise InputError("the file has no time axis", where=where, do=f"remove {key}, or say time = ...")
    return time_axis.coverage_stamps(dataset)


def _joined(pieces: list[Piece], source: FieldSource, name: str) -> xr.DataArray:
    """All files along time, with the intervals of the samples as coordinates."""
    first = pieces[0]
    for piece in pieces[1:]:
        _refuse_another_grid(first, piece)
    timed = [(p.where, p.stamps) for p in pieces if p.stamps is not None]
    if len(timed) < len(pieces):
        return _without_time(pieces, bool(timed), source)
    order, stamps = time_axis.join(timed)
    start, end = time_axis.intervals(stamps, source, _span(pieces))
    values = first.values if len(pieces) == 1 else _laid_end_to_end([pieces[i].values for i in order])
    start, end = (_nanoseconds(t, first.where) for t in (start, end))
    coords = {"time": start, "time_start": ("time", start), "time_end": ("time", end)}
    return values.assign_coords(coords)


def _refuse_another_grid(first: Piece, other: Piece) -> None:
    for kind in ("latitude", "longitude"):
        if not np.array_equal(getattr(first, kind), getattr(other, kind)):
            raise InputError(
                f"its {kind} differs from that of {first.where}",
                where=other.where,
                do="name files of one grid only",
            )


def _without_time(pieces: list[Piece], some: bool, source: FieldSource) -> xr.DataArray:
    """The one file of a field that does not change."""
    timeless = next(p for p in pieces if p.stamps is None)
    if len(pieces) > 1 or some:
        raise InputError("the file has no time", where=timeless.where, do="add a CF time coordinate to each file")
    if source.climatology:
        what = "a climatology needs a time axis with twelve months"
        raise InputError(what, where=timeless.where, do="remove climatology, or say time = ...")
    return timeless.values


def _laid_end_to_end(parts: list[xr.DataArray]) -> xr.DataArray:
    import dask.array as da

    return xr.DataArray(da.concatenate([p.data for p in parts], axis=0), dims=parts[0].dims)


def _span(pieces: list[Piece]) -> str:
    return pieces[0].where if len(pieces) == 1 else f"{pieces[0].where} ... {pieces[-1].where}"


def _nanoseconds(times: time_axis.Times, where: str) -> time_axis.Times:
    years = times.astype("datetime64[Y]").astype(int) + 1970
    if years.min() < 1678 or years.max() > 2261:
        raise InputError(
            f"the years {years.min()} to {years.max()} are not of this age",
            where=where,
            do="if the field has no year, say climatology = true; else repair the time units",
        )
    return times.astype("datetime64[ns]")


def _placed(field: xr.DataArray, piece: Piece, source: FieldSource) -> xr.DataArray:
    """Bring latitude and longitude into order by slices, which stay lazy."""
    latitude = axes.latitude_axis(piece.latitude, source, piece.where)
    longitude = axes.longitude_axis(piece.longitude, source, piece.where)
    if axes.repeats_first(piece.longitude):
        _refuse_unequal_ends(field, piece.where)
    field = field.isel(latitude=latitude.parts[0])
    field = _side_by_side([field.isel(longitude=part) for part in longitude.parts])
    return field.assign_coords(latitude=latitude.centres, longitude=longitude.centres)


def _side_by_side(parts: list[xr.DataArray]) -> xr.DataArray:
    if len(parts) == 1:
        return parts[0]
    return xr.concat(parts, dim="longitude", coords="minimal", compat="override", join="override")


def _refuse_unequal_ends(field: xr.DataArray, where: str) -> None:
    """Compare the first and last meridian, which are the same one, in the first time step."""
    sample = field.isel(time=0) if "time" in field.dims else field
    first, last = (sample.isel(longitude=i).values for i in (0, -1))
    if not np.array_equal(first, last, equal_nan=True):
        raise InputError(
            "the first and the last longitude are the same meridian, with different values",
            where=where,
            do="remove one of the two columns",
        )


def _described(name: str, source: FieldSource, pieces: list[Piece], field: xr.DataArray) -> xr.DataArray:
    """Name, attributes and, where the configuration says so, values out of range made missing."""
    about = quantity(name)
    low, high = source.valid_range or (about.low, about.high)
    if source.out_of_range == "missing":
        field = field.where((field >= low) & (field <= high) & np.isfinite(field))
    if source.missing_means is not None:
        field = field.fillna(_believable(name, source.missing_means, low, high))
    notes: dict[str, Any] = {
        "shanhai_source": _span(pieces),
        "shanhai_unit_in_file": spelled(pieces[0].unit)[1],
    }
    if source.units is not None:
        notes["shanhai_unit_override"] = source.units
    if source.climatology:
        notes["climatology"] = 1
    field.latitude.attrs.update(units="degrees_north", standard_name="latitude", axis="Y")
    field.longitude.attrs.update(units="degrees_east", standard_name="longitude", axis="X")
    return field.rename(name).assign_attrs(about.attributes | notes)
