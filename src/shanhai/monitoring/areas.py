"""Sea areas as sets of grid cells: boxes, polygon files and masks.

A cell belongs to an area when its centre does. Edges are half open: a centre exactly on one belongs to the
area on its eastern or northern side, so that areas which share an edge never share or lose a cell.
"""

import json
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from shanhai.core.errors import InputError, nearest
from shanhai.io.sources import FieldSource
from shanhai.monitoring.config import NetFluxSection, SeaArea
from shanhai.monitoring.results import Sentence

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

WHOLE_REGION = "region"
"""Name of the one area when a job names none."""

_FARTHEST = 540.0  # degree; a polygon across 0 or 180 degrees may pass them by half a turn
_NUDGE = 1e-9  # degree; decides cell centres exactly on an edge
_GEOGRAPHIC = ("GEOGCS", "GEOGCRS", "GEODCRS")
_GEOJSON_GEOGRAPHIC = ("CRS84", "4326", "4490")  # WGS 84 and CGCS 2000


def sea_areas(
    section: NetFluxSection, latitude: ArrayLike, longitude: ArrayLike, land: ArrayLike | None = None
) -> xr.DataArray:
    """Tell which sea cells belong to which area; the whole region when no area is named.

    Args:
        section: `areas` is used.
        latitude: cell centres, ascending [degree].
        longitude: cell centres, ascending [degree]; continuous across the date line (170 to 190) if need be.
        land: cells to leave out, (latitude, longitude); None leaves none out.

    Returns:
        membership (area, latitude, longitude) with coordinate `key` on `area`. Attribute `land_removed` tells
        whether land was given; attribute `notes` is a list of `Sentence` for the report.

    Raises:
        InputError: for a file that is missing, not in longitude and latitude or without the polygon asked
        for,
            an area without a cell, a name given twice.
    """
    lat, lon = np.asarray(latitude, dtype=float), np.asarray(longitude, dtype=float)
    _refuse_duplicates(section)
    notes: list[Sentence] = []
    sea = np.ones((lat.size, lon.size), dtype=bool) if land is None else ~np.asarray(land, dtype=bool)
    shapes = [_cells(area, lat, lon, notes) for area in section.areas]
    notes += [n for area in section.areas for n in _cut_by_region(area, lat, lon)]
    for area, cells in zip(section.areas, shapes, strict=True):
        _refuse_empty(area, cells, sea)
    members = np.stack([cells & sea for cells in shapes] or [sea])
    names = [a.name for a in section.areas] or [WHOLE_REGION]
    keys = np.array([a.key for a in section.areas] or [False])
    return xr.DataArray(
        members,
        dims=("area", "latitude", "longitude"),
        coords={"area": names, "key": ("area", keys), "latitude": lat, "longitude": lon},
        name="sea_area",
        attrs={"land_removed": land is not None, "notes": notes},
    )


def land_cells(source: FieldSource, latitude: ArrayLike, longitude: ArrayLike) -> Bools:
    """Cells whose land fraction exceeds one half; cells that the land field does not reach are sea.

    Args:
        source: land fraction [1].
        latitude: cell centres, ascending [degree].
        longitude: cell centres, ascending [degree].

    Raises:
        InputError: for a field that cannot be read, does not reach the region, or leaves no sea.
    """
    from shanhai.io.checks import guarded
    from shanhai.io.fields import open_field
    from shanhai.monitoring.gridding import nearest_on

    opened = guarded(open_field("land_fraction", source), source)
    fraction = nearest_on(opened, latitude, longitude).values
    for every, what in ((np.isnan(fraction), "has no value in the region"), (fraction > 0.5, "leaves no sea at all")):
        if every.all():
            where = str(opened.attrs.get("shanhai_source", "net_flux.land"))
            raise InputError(f"the land field {what}", where=where, do="check net_flux.land and the region")
    return np.asarray(fraction > 0.5)


def _refuse_duplicates(section: NetFluxSection) -> None:
    twice = [name for name, n in Counter(a.name for a in section.areas).items() if n > 1]
    if twice:
        raise InputError(
            f"the sea area name {twice[0]!r} is used twice",
            where="net_flux.areas",
            do="name every area differently",
        )


def _refuse_empty(area: SeaArea, cells: Bools, sea: Bools) -> None:
    where = f"net_flux.areas {area.name!r}"
    if not cells.any():
        raise InputError(
            "no cell centre of the grid lies in this area",
            where=where,
            do="check that its longitudes and latitudes lie in the region, or use a finer grid",
        )
    if not (cells & sea).any():
        do = "check its place, and net_flux.land; without it, cells that no data reach count as land"
        raise InputError("every cell of this area is land", where=where, do=do)


def _cells(area: SeaArea, lat: Floats, lon: Floats, notes: list[Sentence]) -> Bools:
    if area.box is not None:
        return box_cells(area.box, lat, lon, where=f"net_flux.areas {area.name!r}")
    if area.polygon is not None:
        shape, mended = read_polygons(area.polygon, area.feature)
        if mended:
            notes.append(_mended_note(area.name, mended))
        return polygon_cells(shape, lat, lon)
    return _mask_cells(area, lat, lon)


def _cut_by_region(area: SeaArea, lat: Floats, lon: Floats) -> list[Sentence]:
    """Say so when a box or polygon reaches beyond the grid of the job: only the part inside is integrated."""
    if area.box is not None:
        west, south, east, north = area.box
    elif area.polygon is not None:
        west, south, east, north = read_polygons(area.polygon, area.feature)[0].bounds
    else:
        return []
    axis = lat if lat.size > 1 else lon
    cell = axis[1] - axis[0] if axis.size > 1 else 1.0
    width, globe = (east - west) % 360 or 360, lon.size * cell > 359
    starts = (west - (lon[0] - cell / 2) + 180) % 360 - 180
    across = not globe and (starts < -cell or starts + width > lon.size * cell + cell)
    if not across and south >= lat[0] - 1.5 * cell and north <= lat[-1] + 1.5 * cell:
        return []
    return [
        Sentence(
            f"Sea area {area.name} reaches outside the region of this job: its area, coverage and net flux are those "
            "of the part inside. Widen [region] for the whole.",
            f"海区“{area.name}”超出本任务的区域范围：其面积、覆盖率和净交换通量仅为区域内部分；"
            "如需完整海区，请扩大 [region]。",
        )
    ]


def _mended_note(name: str, rings: int) -> Sentence:
    return Sentence(
        f"Sea area {name}: {rings} polygon(s) of its file crossed themselves and were mended.",
        f"海区{name}：其文件中有{rings}个多边形自相交，已修正。",
    )


def box_cells(box: tuple[float, float, float, float], lat: Floats, lon: Floats, *, where: str = "box") -> Bools:
    """Cells in a box (west, south, east, north); `west` may exceed `east` across the date line.

    >>> box_cells((179.0, 0.0, -179.0, 1.0), np.array([0.5]), np.array([178.5, 179.5, 180.5])).tolist()
    [[False, True, True]]
    """
    west, south, east, north = box
    if not (-90 <= south < north <= 90) or max(abs(west), abs(east)) > 360 or west == east:
        raise InputError(
            f"the box {box} is not west, south, east, north in degrees",
            where=where,
            do="give latitudes from -90 to 90, south below north, longitudes from -180 to 360",
        )
    width = 360.0 if east - west >= 360 else (east - west) % 360
    columns = np.mod(lon - west, 360.0) < width
    rows = (lat >= south) & ((lat < north) | (north == 90))
    return rows[:, None] & columns[None, :]


def polygon_cells(shape: BaseGeometry, lat: Floats, lon: Floats) -> Bools:
    """Cells whose centre lies in a polygon, whichever turn of longitude either is written in."""
    found = np.zeros((lat.size, lon.size), dtype=bool)
    west, south, east, north = shape.bounds
    shapely.prepare(shape)
    rows = np.flatnonzero((lat >= south) & (lat <= north))
    for turn in range(int(np.floor((west - lon[-1]) / 360)), int(np.ceil((east - lon[0]) / 360)) + 1):
        columns = np.flatnonzero((lon + 360 * turn >= west) & (lon + 360 * turn <= east))
        if rows.size and columns.size:
            x, y = np.meshgrid(lon[columns] + (360 * turn + _NUDGE), lat[rows] + _NUDGE)
            found[np.ix_(rows, columns)] |= shapely.contains_xy(shape, x, y)
    return found


def read_polygons(path: str, feature: str | None = None) -> tuple[BaseGeometry, int]:
    """Read the polygons of a GeoJSON file or a shapefile as one shape.

    Args:
        path: .geojson, .json or .shp file in longitude and latitude.
        feature: "attribute=value" picks features; all are taken without it.

    Returns:
        the shape, longitudes continuous, and the number of polygons that crossed themselves and were mended.

    Raises:
        InputError: if the file cannot serve, saying why.
    """
    suffix = Path(path).suffix.lower()
    readers = {".geojson": _geojson, ".json": _geojson, ".shp": _shapefile}
    if suffix not in readers:
        raise InputError(
            f"polygons cannot be read from a {suffix or 'nameless'} file",
            where=path,
            do="give .geojson or .shp",
        )
    if not Path(path).is_file():
        raise InputError("there is no such polygon file", where=path, do="check the path")
    features = _picked(list(readers[suffix](path)), feature, path)
    rings = [polygon for geometry, _ in features for polygon in _polygons(geometry)]
    if not rings:
        raise InputError("there is no polygon in this file", where=path, do="areas are polygons, not lines or points")
    shapes = [_polygon(polygon, path) for polygon in rings]
    whole = [s if s.is_valid else shapely.make_valid(s) for s in shapes]
    return shapely.union_all(whole), sum(not s.is_valid for s in shapes)


Feature = tuple[dict[str, Any] | None, dict[str, Any]]


def _geojson(path: str) -> Iterator[Feature]:
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"this is not GeoJSON: {error}", where=path) from None
    if not isinstance(document, dict) or "type" not in document:
        raise InputError("this is not GeoJSON: it has no type", where=path)
    crs = document.get("crs")
    if crs and not any(known in json.dumps(crs) for known in _GEOJSON_GEOGRAPHIC):
        _refuse_projected(path, f"its coordinate system is {json.dumps(crs)}")
    for item in document.get("features") or [document]:
        if not isinstance(item, dict):
            raise InputError(f"this is not GeoJSON: {item!r} is no feature", where=path)
        geometry = item.get("geometry") if item.get("type") == "Feature" else item
        yield geometry, dict(item.get("properties") or {})


def _shapefile(path: str) -> Iterator[Feature]:
    import logging

    import shapefile

    logging.getLogger("shapefile").setLevel(logging.ERROR)  # it speaks of ring order, which shapely mends

    projection = Path(path).with_suffix(".prj")
    if projection.is_file():
        words = projection.read_text(encoding="utf8", errors="replace").strip()
        if words and not words.upper().startswith(_GEOGRAPHIC):
            _refuse_projected(path, f"its .prj file says {words[:40]}")
    try:
        with shapefile.Reader(path, encoding=_encoding(path)) as reader:
            for record in reader.iterShapeRecords():
                empty = record.shape.shapeType == shapefile.NULL
                yield None if empty else record.shape.__geo_interface__, record.record.as_dict()
    except (shapefile.ShapefileException, struct.error, OSError, ValueError) as error:
        raise InputError(
            f"this shapefile cannot be read: {error}", where=path, do="keep its .shp, .shx and .dbf together"
        ) from None


def _encoding(path: str) -> str | None:
    """Encoding of the attributes where no .cpg file tells: UTF-8, or else GB 18030."""
    told, attributes = (Path(path).with_suffix(s) for s in (".cpg", ".dbf"))
    if told.is_file() or not attributes.is_file():
        return None
    try:
        attributes.read_bytes()[32:].decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _refuse_projected(path: str, why: str) -> None:
    raise InputError(
        f"the polygons are not in longitude and latitude: {why}",
        where=path,
        do="reproject the file to WGS 84 (EPSG:4326)",
    )


def _picked(features: list[Feature], feature: str | None, path: str) -> list[Feature]:
    if feature is None:
        return features
    attribute, found, value = feature.partition("=")
    if not found:
        raise InputError(f"feature {feature!r} is not 'attribute=value'", where=path)
    attribute, value = attribute.strip(), value.strip()
    known = {key for _, properties in features for key in properties}
    if attribute not in known:
        raise InputError(f"no feature has the attribute {attribute!r}; {nearest(attribute, known)}", where=path)
    picked = [f for f in features if _as_text(f[1].get(attribute)) == value]
    if not picked:
        values = {_as_text(p.get(attribute)) for _, p in features}
        raise InputError(f"no feature has {attribute} = {value!r}; {nearest(value, values)}", where=path)
    return picked


def _as_text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _polygons(geometry: dict[str, Any] | None) -> list[Any]:
    """Rings of every polygon in a geometry; anything else in it has no area."""
    if not geometry:
        return []
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        return [rings for part in geometry.get("geometries", []) for rings in _polygons(part)]
    coordinates = geometry.get("coordinates") or []
    return {"Polygon": [coordinates], "MultiPolygon": list(coordinates)}.get(str(kind), []) if coordinates else []


def _polygon(rings: Any, path: str) -> Polygon:
    shell, *holes = [_ring(ring, path) for ring in rings]
    middle = (shell[:, 0].min() + shell[:, 0].max()) / 2
    return Polygon(shell, [_beside(hole, middle) for hole in holes])


def _beside(hole: Floats, middle: float) -> Floats:
    """Move a hole by whole turns to the turn of longitude of its shell."""
    own = (hole[:, 0].min() + hole[:, 0].max()) / 2
    return hole + [360.0 * round((middle - own) / 360.0), 0.0]


def _ring(ring: Any, path: str) -> Floats:
    """Check one ring and make its longitudes continuous."""
    try:
        points = np.array([(float(p[0]), float(p[1])) for p in ring])
    except (TypeError, ValueError, IndexError):
        raise InputError("a polygon has coordinates that are not pairs of numbers", where=path) from None
    if len(points) < 4 or not np.isfinite(points).all():
        raise InputError("a polygon ring has fewer than four points, or one that is not finite", where=path)
    if np.abs(points[:, 0]).max() > _FARTHEST or np.abs(points[:, 1]).max() > 90:
        x, y = points[np.abs(points).max(axis=1).argmax()]
        _refuse_projected(path, f"it holds the point ({x:g}, {y:g})")
    return _unwrapped(points)


def _unwrapped(points: Floats) -> Floats:
    """Follow a ring across the date line; a ring around a pole is closed over it.

    A side of more than half a turn is read as the short way across the date line, one of exactly a turn as
    what it says (the edge of a map).
    """
    step = np.diff(points[:, 0])
    jump = (np.abs(step) > 180) & (np.abs(step) < 360)
    step = np.where(jump, step - 360 * np.sign(step), step)
    x = points[0, 0] + np.concatenate([[0.0], np.cumsum(step)])
    ring = np.column_stack([x, points[:, 1]])
    if abs(x[-1] - x[0]) < 180:
        return ring
    pole = np.copysign(90.0, points[:, 1].mean())
    return np.vstack([ring, [x[-1], pole], [x[0], pole], ring[:1]])


def _mask_cells(area: SeaArea, lat: Floats, lon: Floats) -> Bools:
    """Cells whose nearest mask value is the one asked for, or above one half."""
    from shanhai.io.fields import open_field

    assert area.mask is not None
    mask = open_field("sea_area_code", area.mask)
    if mask.ndim == 0:
        raise InputError("one number is no mask", where=f"net_flux.areas {area.name!r}", do="name files")
    rows, near_row = _nearest(mask["latitude"].values, lat)
    columns, near_column = _nearest(mask["longitude"].values, lon, turns=(-360.0, 0.0, 360.0))
    values = mask.transpose("latitude", "longitude").values[np.ix_(rows, columns)]
    hit = values > 0.5 if area.mask_value is None else values == area.mask_value
    return hit & near_row[:, None] & near_column[None, :]


def _nearest(axis: Floats, targets: Floats, turns: tuple[float, ...] = (0.0,)) -> tuple[NDArray[np.intp], Bools]:
    """Index of the nearest point of an axis, and whether the target lies in that point's cell."""
    spread, index = np.unique(np.concatenate([axis + turn for turn in turns]), return_index=True)
    reach = np.diff(axis).max(initial=0.0) / 2 * (1 + 1e-6) or 180.0
    at = pd.Index(spread).get_indexer(targets, method="nearest", tolerance=reach)
    return index[at] % axis.size, at >= 0
