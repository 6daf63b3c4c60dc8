r"""Cells as polygons of the cylindrical equal-area plane (λ, s), and what is integrated over them.

$$s = \frac{A(\varphi)}{A(90^\circ)}$$

with the zone area A of the Earth's figure, so that s is the sine of latitude on a sphere and of authalic latitude on
the ellipsoid (Snyder 1987, eq. 3-1, 3-12, 10-2). Areas of the plane, λ in radians, are areas of the Earth over A(90°).
Meridians and parallels are straight in it: latitude-longitude cells are exact up to the poles. Between the points of a
ring every other edge is a chord.

A cell around a pole is a ring that does not close in λ: it is cut along the meridian of its first point, and the pole
becomes an edge. A pole in a corner becomes the edge between the meridians that meet there.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from shanhai.core.errors import InputError
from shanhai.grids.cells import WHOLE_CIRCLE, Cells
from shanhai.grids.projection import Ellipsoid, turned

Floats = NDArray[np.float64]
Polygons = NDArray[np.object_]

AT_POLE = 1e-9
"""Points nearer to a pole than this are the pole [degree]; 0.1 mm."""


def polygons(cells: Cells, earth: Ellipsoid) -> Polygons:
    """Polygons of cells with λ in degrees; masked cells are empty.

    Args:
        cells: any grid.
        earth: figure whose areas the plane shows.

    Returns:
        shapely polygons, shape (cells,).

    Raises:
        InputError: a corner is missing, an edge runs through a pole between its points, or the edges of a cell cross.
    """
    kept = cells.fraction > 0
    _refuse_missing(cells, kept)
    sine = _sine(cells.latitude, earth)
    found = np.full(cells.count, shapely.Polygon(), dtype=object)
    if kept.any():
        found[kept] = shapely.polygons(np.stack([cells.longitude[kept], sine[kept]], axis=-1))
    if cells.edge != "parallels and meridians":
        for cell in np.flatnonzero(kept & _meets_a_pole(cells)):
            found[cell] = _around_a_pole(cells, int(cell), sine[cell])
    wrong = np.flatnonzero(~shapely.is_valid(found))
    if wrong.size:
        reason = shapely.is_valid_reason(found[wrong[0]])
        raise InputError(
            f"a cell is no polygon: {reason}",
            where=cells.name(int(wrong[0])),
            do="give its corners in order, or mask it",
        )
    return found


def _refuse_missing(cells: Cells, kept: NDArray[np.bool_]) -> None:
    bad = kept & ~(np.isfinite(cells.longitude) & (np.abs(cells.latitude) <= 90 + AT_POLE)).all(axis=1)
    if bad.any():
        cell = int(np.flatnonzero(bad)[0])
        raise InputError("a point of a cell is missing or not on the globe", where=cells.name(cell), do="mask the cell")


def _sine(latitude: Floats, earth: Ellipsoid) -> Floats:
    return np.clip(earth.zone_area(np.clip(latitude, -90, 90)) / earth.zone_area(90.0), -1, 1)


def _meets_a_pole(cells: Cells) -> NDArray[np.bool_]:
    """Cells whose ring winds around a pole or has a point on it."""
    closing = cells.longitude[:, 0] - cells.longitude[:, -1]
    winds = np.abs(closing - turned(closing)) > 1
    return winds | (np.abs(cells.latitude) > 90 - AT_POLE).any(axis=1)


def _around_a_pole(cells: Cells, cell: int, sine: Floats) -> shapely.Polygon:
    lon = cells.longitude[cell]
    polar = np.flatnonzero(np.abs(cells.latitude[cell]) > 90 - AT_POLE)
    if polar.size > 1:
        raise InputError("a cell has a pole in two points", where=cells.name(cell), do="give the pole one corner")
    if polar.size:
        lon, sine = _pole_in_a_corner(lon, sine, int(polar[0]))
        _refuse_half_turns(cells, cell, np.diff(lon)[:-1])
    else:
        steps = turned(np.diff(np.append(lon, lon[0])))
        _refuse_half_turns(cells, cell, steps)
        pole = np.sign(sine.sum())
        end = lon[0] + np.round(steps.sum() / WHOLE_CIRCLE) * WHOLE_CIRCLE
        lon, sine = np.concatenate([lon, [end, end, lon[0]]]), np.concatenate([sine, [sine[0], pole, pole]])
    return shapely.Polygon(np.stack([lon, sine], axis=-1))


def _pole_in_a_corner(longitude: Floats, sine: Floats, corner: int) -> tuple[Floats, Floats]:
    """The ring without the pole is an open curve; the pole runs from its end back to its beginning."""
    rest = np.roll(longitude, -corner)[1:], np.roll(sine, -corner)[1:]
    lon = np.concatenate([rest[0][:1], rest[0][0] + np.cumsum(turned(np.diff(rest[0])))])
    pole = np.sign(sine[corner])
    return np.concatenate([lon, lon[[-1, 0]]]), np.concatenate([rest[1], [pole, pole]])


def _refuse_half_turns(cells: Cells, cell: int, steps: Floats) -> None:
    if (np.abs(steps) > 180 - 1e-6).any():
        raise InputError(
            "an edge runs through a pole between two of its points",
            where=cells.name(cell),
            do="cut edges into an even number of pieces, or mask the cell",
        )


# --- integrals over polygons --------------------------------------------------------------------------------


def positions(shapes: Polygons) -> Floats:
    r"""Mean position of polygons on the unit sphere, as a vector inside it.

    $$\bar x = \frac1A\iint x\,d\lambda\,ds,\qquad
      \iint\cos\varphi\cos\lambda\,d\lambda\,ds = \oint\sin\lambda\,dG,\qquad
      G = \tfrac12(\varphi + \sin\varphi\cos\varphi)$$

    by Green's theorem, along each edge with sin λ by Simpson's rule: exact for edges on meridians and parallels.

    Args:
        shapes: polygons with λ in degrees, multi-part ones too, shape (n,).

    Returns:
        vectors, shape (3, n); zero where the area is zero.
    """
    rings, owner = _rings(shapes)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    inside = (ring[1:] == ring[:-1]).astype(float)
    owner = owner[ring[:-1]]
    area, *moments = (summed(owner, edge * inside, shapes.size) for edge in _edge_integrals(points))
    return np.stack([np.divide(m, area, out=np.zeros_like(area), where=area != 0) for m in moments])


def _rings(shapes: Polygons) -> tuple[Polygons, NDArray[np.integer]]:
    """Rings and whose they are; plain polygons, nearly all there are, serve as their own."""
    is_polygon = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    if (is_polygon & (shapely.get_num_interior_rings(shapes) == 0)).all():
        return shapes, np.arange(shapes.size)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)  # points and lines, where cells only touch, have none
    return rings, owner[part]


def summed(cell: NDArray[np.integer], value: Floats, cells: int) -> Floats:
    """Sums of values by cell.

    >>> summed(np.array([0, 2, 0]), np.array([1.0, 2.0, 3.0]), 3).tolist()
    [4.0, 0.0, 2.0]
    """
    return np.asarray(np.bincount(cell, value, cells), dtype=float)


def _edge_integrals(points: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Area and moments that each edge adds."""
    lon, s = np.radians(points[:, 0]), np.clip(points[:, 1], -1, 1)
    g = (np.arcsin(s) + s * np.sqrt(1 - s * s)) / 2
    sine, cosine = _simpson(np.sin, lon), _simpson(np.cos, lon)
    rise = np.diff(s)
    middle = (lon[1:] + lon[:-1]) / 2
    height = np.diff(lon) * (s[1:] ** 2 + s[1:] * s[:-1] + s[:-1] ** 2) / 6
    return middle * rise, sine * np.diff(g), -cosine * np.diff(g), -height


def _simpson(function: np.ufunc, x: Floats) -> Floats:
    ends = function(x)
    return (ends[1:] + 4 * function((x[1:] + x[:-1]) / 2) + ends[:-1]) / 6
