"""Latitude and longitude of a file: recognised, checked, and put in the one order shanhai uses.

Latitude ascends; longitude ascends in [-180, 180), or is continuous where a region crosses the date line.
Units tell what a coordinate is before its `axis`, `standard_name` and name do, since those are wrong more
often. A latitude of a whole Gaussian grid is accepted; every other axis must be regular to a thousandth of
its spacing.
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanhai.core.errors import InputError, nearest
from shanhai.io.sources import FieldSource

REGULAR = 1e-3  # of the spacing
UNITS = {
    "latitude": ("degreesnorth", "degreenorth", "degreesn", "degreen"),
    "longitude": ("degreeseast", "degreeeast", "degreese", "degreee"),
}
AXIS = {"latitude": "Y", "longitude": "X"}
NAMES = {
    "latitude": ("latitude", "lat", "nav_lat", "lats"),
    "longitude": ("longitude", "lon", "nav_lon", "lons"),
}
REGRID = "regrid the file to a regular latitude-longitude grid first, for example with CDO or xESMF"
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """Cell centres along latitude or longitude and the slices of the file that bring them in order.

    Args:
        centres: ascending cell centres [degree].
        parts: slices of the file's axis, to be laid one after another.
    """

    centres: Array
    parts: tuple[slice, ...]


def find_coordinate(
    dataset: xr.Dataset, variable: xr.DataArray, kind: str, given: str | None, where: str
) -> str | None:
    """Name of the latitude or longitude of a variable; None when the file has none.

    Args:
        dataset: the open file.
        variable: one of its variables.
        kind: "latitude" or "longitude".
        given: the name in the configuration.
        where: for sentences.

    Raises:
        InputError: for a name that is not there, several candidates, and two-dimensional coordinates.
    """
    if given is not None:
        if given not in dataset.variables:
            do = f'correct {kind} = "..."'
            raise InputError(f"there is no {given!r}; {nearest(given, _names(dataset))}", where=where, do=do)
        found = [given]
    else:
        found = _candidates(dataset, variable, kind)
    if len(found) > 1:
        raise InputError(f"{' and '.join(found)} could both be the {kind}", where=where, do=f'say {kind} = "..."')
    if not found:
        return None
    _refuse_not_a_grid(dataset[found[0]], variable, kind, where)
    return found[0]


def _names(dataset: xr.Dataset) -> list[str]:
    return [str(name) for name in dataset.variables]


def _candidates(dataset: xr.Dataset, variable: xr.DataArray, kind: str) -> list[str]:
    """By units; only if none has them by axis and standard name, and only then by the usual names."""
    on_it = [n for n, v in dataset.variables.items() if v.ndim and set(v.dims) <= set(variable.dims)]
    on_it = [n for n in on_it if n != variable.name and dataset[n].dtype.kind in "fiu"]
    for tells in (_by_unit, _by_standard_name, _by_axis, _by_name):
        if found := [str(n) for n in on_it if tells(str(n), dataset[n].attrs, kind)]:
            return found
    return []


def _unit(attrs: Any) -> str:
    return re.sub(r"[\s_]+", "", str(attrs.get("units", "")).lower())


def _by_unit(name: str, attrs: Any, kind: str) -> bool:
    return _unit(attrs) in UNITS[kind]


def _unclaimed(attrs: Any) -> bool:
    """A coordinate whose unit says that it is the other one is not this one."""
    return not any(_unit(attrs) in units for units in UNITS.values())


def _by_standard_name(name: str, attrs: Any, kind: str) -> bool:
    return _unclaimed(attrs) and attrs.get("standard_name") == kind


def _by_axis(name: str, attrs: Any, kind: str) -> bool:
    return _unclaimed(attrs) and attrs.get("axis") == AXIS[kind] and _unit(attrs) in ("degrees", "degree", "deg")


def _by_name(name: str, attrs: Any, kind: str) -> bool:
    return _unclaimed(attrs) and name.lower() in NAMES[kind]


def _refuse_not_a_grid(coordinate: xr.DataArray, variable: xr.DataArray, kind: str, where: str) -> None:
    if coordinate.ndim == 2:
        raise InputError(
            f"the {kind} {coordinate.name!r} is two-dimensional (a curvilinear or swath grid)",
            where=where,
            do=REGRID,
        )
    if coordinate.ndim != 1 or coordinate.dims[0] not in variable.dims:
        raise InputError(
            f"{coordinate.name!r} is not an axis of {variable.name!r}, whose dimensions are {variable.dims}",
            where=where,
            do=f'correct {kind} = "..."',
        )


def labels(dataset: xr.Dataset, name: str, where: str) -> Array:
    """Values of a coordinate as float64, or the middles of its CF bounds where these form a regular axis."""
    coordinate = dataset[name]
    values = np.asarray(coordinate.values, dtype=float)
    if not np.isfinite(values).all():
        raise InputError(f"the coordinate {name!r} has missing values", where=where, do=REGRID)
    bounds = coordinate.attrs.get("bounds")
    if bounds not in dataset.variables or dataset[bounds].shape != (values.size, 2):
        return values
    middles = np.asarray(dataset[bounds].values, dtype=float).mean(axis=1)
    return middles if values.size > 1 and _departure(middles) <= REGULAR else values


def latitude_axis(values: Array, source: FieldSource, where: str) -> Axis:
    """Latitude in ascending order.

    Raises:
        InputError: for values outside the globe, out of order or irregular, and for labels that may be cell
            edges.
    """
    values, order = _ascending(values, "latitude", where)
    if np.abs(values).max() > 90 + 1e-6:
        raise InputError(
            f"latitude reaches {values[np.abs(values).argmax()]:g}, outside -90 to 90",
            where=where,
            do="if the file mixes up its coordinates, say latitude = ... and longitude = ...",
        )
    if not _gaussian(values):
        values = _straightened(values, "latitude", where)
    return Axis(_latitude_centres(values, source, where), (order,))


def longitude_axis(values: Array, source: FieldSource, where: str) -> Axis:
    """Longitude in ascending order from -180, or continuous across the date line.

    A label 360 degrees after the first is left out; that it repeats the first is for `fields` to see.

    Raises:
        InputError: for values outside -180 to 360, out of order or irregular.
    """
    if values.min() < -180 - 1e-6 or values.max() > 360 + 1e-6:
        worst = values.min() if values.min() < -180 else values.max()
        raise InputError(f"longitude reaches {worst:g}, outside -180 to 360", where=where, do=REGRID)
    values, order = _ascending(_unwrapped(values), "longitude", where)
    values = _straightened(values, "longitude", where)
    if source.cell_label in ("southwest", "northwest"):
        values = values + (values[1] - values[0]) / 2
    n = values.size - repeats_first(values)
    return _from_the_date_line(values[:n], order, values.size)


def repeats_first(longitude: Array) -> bool:
    """Whether the last meridian is the first one again.

    >>> repeats_first(np.arange(0.0, 361.0)), repeats_first(np.arange(0.0, 360.0))
    (True, False)
    """
    turn = abs(longitude[-1] - longitude[0])
    return bool(abs(turn - 360) < REGULAR * abs(longitude[1] - longitude[0]))


def _unwrapped(values: Array) -> Array:
    """Let longitude run on where it jumps once by a whole turn, at the date line or at Greenwich."""
    jumps = np.flatnonzero(np.abs(np.diff(values)) > 180)
    if jumps.size != 1:
        return values
    after = values.copy()
    after[jumps[0] + 1 :] -= 360 * np.sign(np.diff(values)[jumps[0]])
    return after


def _from_the_date_line(values: Array, order: slice, n: int) -> Axis:
    """Cut at 180 degrees a globe, and a region that does not cross it; the file's slices follow."""
    step = values[1] - values[0]
    turns = np.floor((values + 180 + REGULAR * step) / 360)
    globe = values.size * step > 360 - step / 2
    if not globe:
        return Axis(values - 360 * turns[0], _split(order, 0, values.size, n))
    cut = int(np.flatnonzero(turns > turns[0])[0]) if turns[-1] > turns[0] else 0
    wrapped = values - 360 * turns
    return Axis(np.concatenate([wrapped[cut:], wrapped[:cut]]), _split(order, cut, values.size, n))


def _split(order: slice, cut: int, stop: int, n: int) -> tuple[slice, ...]:
    """Slices of the file for the ascending ranges [cut, stop) and [0, cut)."""
    ranges = [(cut, stop), (0, cut)]
    return tuple(_in_file(a, b, order, n) for a, b in ranges if b > a)


def _in_file(start: int, stop: int, order: slice, n: int) -> slice:
    if order.step == 1:
        return slice(start, stop, 1)
    last = n - 1 - stop
    return slice(n - 1 - start, None if last < 0 else last, -1)


def _ascending(values: Array, kind: str, where: str) -> tuple[Array, slice]:
    if values.size < 2:
        raise InputError(f"the {kind} has a single value, which tells no cell size", where=where, do=REGRID)
    steps = np.diff(values)
    if (steps > 0).all():
        return values, slice(None, None, 1)
    if (steps < 0).all():
        return values[::-1], slice(None, None, -1)
    i = int(np.flatnonzero(np.sign(steps) != np.sign(np.median(steps)))[0])
    raise InputError(
        f"the {kind} is neither ascending nor descending: {values[i]:g} is followed by {values[i + 1]:g}",
        where=where,
        do="sort or repair the file",
    )


def _departure(values: Array) -> float:
    """Largest departure of labels from an even spacing, in spacings."""
    line = np.linspace(values[0], values[-1], values.size)
    step = (values[-1] - values[0]) / (values.size - 1)
    return float(np.abs(values - line).max() / abs(step)) if step else float("inf")


def _straightened(values: Array, kind: str, where: str) -> Array:
    """Even spacing without the rounding of labels stored in single precision."""
    if (departure := _departure(values)) > REGULAR:
        i = int(np.abs(np.diff(values) - np.median(np.diff(values))).argmax())
        raise InputError(
            f"the {kind} is not evenly spaced: {values[i]:g} to {values[i + 1]:g} departs from the rest "
            f"({departure:.2g} of a cell)",
            where=where,
            do=REGRID,
        )
    return np.linspace(values[0], values[-1], values.size)


def _gaussian(latitude: Array) -> bool:
    """Whether these are all latitudes of a Gaussian grid, zeros of a Legendre polynomial in their sine."""
    if not 16 <= latitude.size <= 2048 or latitude[-1] - latitude[0] < 160 or _departure(latitude) <= REGULAR:
        return False
    nodes = np.degrees(np.arcsin(np.polynomial.legendre.leggauss(latitude.size)[0]))
    return bool(np.abs(nodes - latitude).max() < 0.01)


def _latitude_centres(values: Array, source: FieldSource, where: str) -> Array:
    step = values[1] - values[0]
    if source.cell_label == "southwest":
        return values + step / 2
    if source.cell_label == "northwest":
        return values - step / 2
    one_pole = (abs(values[-1] - 90) < step / 100) != (abs(values[0] + 90) < step / 100)
    if source.cell_label is None and one_pole and abs(values.size * step - 180) < step / 100:
        raise InputError(
            f"latitudes {values[0]:g} to {values[-1]:g} cover the globe only if they are edges of cells, "
            "not their centres",
            where=where,
            do='say cell_label = "northwest" or "southwest" (the corner that is marked), or "centre" if '
            "values were taken at the labelled points",
        )
    return values


def index_axes(shape: tuple[int, int], source: FieldSource, where: str) -> tuple[Array, Array]:
    """Labels of a global file without coordinates, rows as the configuration says, columns from 180 W.

    Raises:
        InputError: if the configuration does not say, or the cells would not be square.
    """
    ny, nx = shape
    if source.global_rows is None:
        raise InputError(
            "latitude and longitude are missing or not recognised",
            where=where,
            do='say latitude = "..." and longitude = "..."; for a global file without coordinates say '
            'global_rows = "north_to_south" or "south_to_north" (columns run east from 180 W)',
        )
    if nx != 2 * ny:
        raise InputError(f"{ny} rows and {nx} columns are no globe of square cells", where=where, do=REGRID)
    latitude = -90 + (np.arange(ny) + 0.5) * 180 / ny
    longitude = -180 + (np.arange(nx) + 0.5) * 360 / nx
    return (latitude if source.global_rows == "south_to_north" else latitude[::-1]), longitude


def refuse_swapped(latitude: Array, longitude: Array, where: str) -> None:
    """Refuse coordinates that make sense only the other way round."""
    if np.abs(latitude).max() > 90 + 1e-6 and np.abs(longitude).max() <= 90 + 1e-6:
        raise InputError(
            f"latitude and longitude are swapped: the latitude reaches {np.abs(latitude).max():g}, "
            f"the longitude only {np.abs(longitude).max():g}",
            where=where,
            do="say latitude = ... and longitude = ... with the names the other way round",
        )
