"""Cells of any grid as rings of points on the Earth, with the kind of their edges recorded.

An edge between two corners is not one line: it may follow a parallel, a great circle, or a straight line of the map
that the model lives on. Single overlaps differ by some 1e-4 of a cell between these, so the kind belongs to the grid.
Edges that are curved in longitude and latitude are densified; neighbours share the points of their common edge.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shanhai.core.errors import InputError, nearest
from shanhai.grids.projection import LatitudeLongitude, Projection, cartesian, spherical, turned

Floats = NDArray[np.float64]
Edge = Literal["parallels and meridians", "great circle", "straight in projection"]

PIECES = 4
"""Pieces that an edge is cut into where it is curved; the error of an overlap falls with the square."""

WHOLE_CIRCLE = 360.0


@dataclass(frozen=True, eq=False)
class Regular:
    """How a grid is regular in a plane.

    Args:
        projection: the plane.
        x: edges of the columns, ascending, shape (columns + 1,).
        y: edges of the rows, ascending, shape (rows + 1,).
    """

    projection: Projection
    x: Floats
    y: Floats


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of a grid; make them with `latitude_longitude_cells`, `projected_cells` or `corner_cells`.

    Args:
        longitude: points of each ring [degree], shape (cells, points), not closed, continuous along a ring unless it
            goes around a pole.
        latitude: geodetic [degree], shape (cells, points).
        shape: of a field on the grid; its product is the number of cells.
        edge: kind of the edges.
        fraction: part of each cell that counts [1], shape (cells,): zero where masked, one where whole.
        regular: the plane and the edges, where the grid has them.
    """

    longitude: Floats
    latitude: Floats
    shape: tuple[int, ...]
    edge: Edge
    fraction: Floats
    regular: Regular | None = None

    @property
    def count(self) -> int:
        """Number of cells."""
        return self.longitude.shape[0]

    def with_fraction(self, fraction: ArrayLike) -> "Cells":
        """These cells with another mask or fraction.

        Args:
            fraction: true or one where a cell counts wholly [1], shape of a field.

        Raises:
            InputError: the shape is another, or a fraction lies outside 0 to 1.
        """
        part = np.asarray(fraction, dtype=float)
        if part.size != self.count:
            raise InputError(f"the mask has {part.size} values and the grid {self.count} cells", do="give one per cell")
        if not ((part >= 0) & (part <= 1)).all():
            raise InputError("a fraction of a cell lies outside 0 to 1 or is missing", do="give parts of one")
        return replace(self, fraction=part.reshape(-1).copy())

    def name(self, cell: int) -> str:
        """Where a cell is, for messages."""
        at = ", ".join(str(int(i)) for i in np.unravel_index(cell, self.shape))
        return f"cell ({at}) at {self.longitude[cell, 0]:.4g} E, {self.latitude[cell, 0]:.4g} N"


def latitude_longitude_cells(longitude_edges: ArrayLike, latitude_edges: ArrayLike) -> Cells:
    """Cells between meridians and parallels; bands may go around the globe and end at the poles.

    Args:
        longitude_edges: ascending, spanning at most 360 [degree], shape (columns + 1,).
        latitude_edges: ascending, from -90 to 90 at most [degree], shape (rows + 1,).

    Returns:
        cells of shape (rows, columns).

    Raises:
        InputError: edges do not ascend, or go beyond the globe.

    >>> latitude_longitude_cells([170, 180, 190], [80, 90]).shape
    (1, 2)
    """
    x, y = _edges(longitude_edges, "longitude"), _edges(latitude_edges, "latitude")
    if x[-1] - x[0] > WHOLE_CIRCLE * (1 + 1e-12):
        raise InputError(f"the longitudes span {x[-1] - x[0]:g} degrees", do="let no cell cover another")
    if y[0] < -90 or y[-1] > 90:
        raise InputError("latitude edges go beyond a pole", do="end the grid at -90 and 90 degrees")
    return _regular(Regular(LatitudeLongitude(), x, y), 1, "parallels and meridians")


def projected_cells(projection: Projection, x_edges: ArrayLike, y_edges: ArrayLike, pieces: int = PIECES) -> Cells:
    """Cells that are rectangles of a projection.

    Args:
        projection: the plane.
        x_edges: ascending, in the unit of the projection, shape (columns + 1,).
        y_edges: ascending, shape (rows + 1,).
        pieces: pieces per edge.

    Returns:
        cells of shape (rows, columns).

    Raises:
        InputError: edges do not ascend.

    >>> from shanhai.grids.projection import LambertConformal
    >>> plane = LambertConformal(20.0, 50.0, 35.0, 110.0)
    >>> projected_cells(plane, [0, 2e4, 4e4], [0, 2e4], pieces=4).longitude.shape
    (2, 16)
    """
    plane = Regular(projection, _edges(x_edges, "x"), _edges(y_edges, "y"))
    return _regular(plane, pieces, "straight in projection")


def corner_cells(longitude: ArrayLike, latitude: ArrayLike, edge: Edge = "great circle", pieces: int = PIECES) -> Cells:
    """Cells given by their corners, in order around each cell.

    Args:
        longitude: corners [degree], shape (..., corners).
        latitude: geodetic [degree], shape (..., corners).
        edge: "great circle", or "parallels and meridians" where every edge follows one.
        pieces: pieces per great circle.

    Returns:
        cells of shape (...).

    Raises:
        InputError: an unknown kind of edge, or an edge that is not of its kind.

    >>> corner_cells([[0, 10, 10, 0]], [[0, 0, 10, 10]], pieces=2).latitude.round(3).tolist()
    [[0.0, 0.0, 0.0, 5.0, 10.0, 10.037, 10.0, 5.0]]
    """
    lon, lat = np.asarray(longitude, dtype=float), np.asarray(latitude, dtype=float)
    if lon.shape != lat.shape or lon.ndim < 2 or lon.shape[-1] < 3:
        raise InputError("corners are not two arrays of shape (cells..., 3 or more)", do="give a ring to each cell")
    shape, lon, lat = lon.shape[:-1], lon.reshape(-1, lon.shape[-1]), lat.reshape(-1, lat.shape[-1])
    if edge == "great circle":
        lon, lat = _along_great_circles(lon, lat, pieces)
    elif edge == "parallels and meridians":
        _refuse_slanted(lon, lat)
    else:
        known = [e for e in get_args(Edge) if e != "straight in projection"]
        raise InputError(f"corners cannot have edges {edge!r}", do=nearest(edge, known))
    return Cells(_continuous(lon), lat, shape, edge, np.ones(lon.shape[0]))


def centres(cells: Cells) -> tuple[Floats, Floats]:
    """Longitude and latitude [degree] of the cells' middles, shape of a field.

    In the plane of a regular grid; elsewhere the mean of the ring's points as vectors.
    """
    if cells.regular is None:
        lon, lat = spherical(cartesian(cells.longitude, cells.latitude).mean(axis=-1))
    else:
        x, y = ((e[1:] + e[:-1]) / 2 for e in (cells.regular.x, cells.regular.y))
        lon, lat = cells.regular.projection.inverse(*np.meshgrid(x, y))
    return lon.reshape(cells.shape), lat.reshape(cells.shape)


def _edges(values: ArrayLike, name: str) -> Floats:
    e = np.array(values, dtype=float)
    if e.ndim != 1 or e.size < 2 or not (np.diff(e) > 0).all():
        raise InputError(f"the {name} edges do not ascend", do="give two or more, each larger than the last")
    return e


def _regular(plane: Regular, pieces: int, edge: Edge) -> Cells:
    """Rings out of densified grid lines, so that neighbours share the points of their edge."""
    (rows, columns), project = (plane.y.size - 1, plane.x.size - 1), plane.projection.inverse
    along_x = np.stack(project(*np.meshgrid(_densified(plane.x, pieces), plane.y)))
    along_y = np.stack(project(*np.meshgrid(plane.x, _densified(plane.y, pieces))))
    j, i, k = np.arange(rows)[:, None, None], np.arange(columns)[:, None], np.arange(pieces)
    sides = [
        along_x[:, j, i * pieces + k],
        along_y[:, j * pieces + k, i + 1],
        along_x[:, j + 1, (i + 1) * pieces - k],
        along_y[:, (j + 1) * pieces - k, i],
    ]
    lon, lat = np.concatenate(sides, axis=-1).reshape(2, rows * columns, 4 * pieces)
    if not isinstance(plane.projection, LatitudeLongitude):
        lon = _continuous(lon)
    return Cells(lon, lat, (rows, columns), edge, np.ones(rows * columns), plane)


def _densified(edges: Floats, pieces: int) -> Floats:
    return np.interp(np.arange((edges.size - 1) * pieces + 1) / pieces, np.arange(edges.size), edges)


def _continuous(longitude: Floats) -> Floats:
    """Rings whose longitudes do not jump by whole circles, unchanged to the last bit where they did not."""
    jumps = np.round(np.diff(longitude) / WHOLE_CIRCLE)
    turns = np.concatenate([np.zeros_like(longitude[:, :1]), np.cumsum(jumps, axis=1)], axis=1)
    return longitude - WHOLE_CIRCLE * turns


def _along_great_circles(longitude: Floats, latitude: Floats, pieces: int) -> tuple[Floats, Floats]:
    start = cartesian(longitude, latitude)
    end = np.roll(start, -1, axis=-1)
    part = np.arange(pieces) / pieces
    angle = 2 * np.arcsin(np.clip(np.linalg.norm(end - start, axis=0) / 2, 0, 1))[..., None]
    sine = np.where(angle > 0, np.sin(angle), 1.0)
    first = np.where(angle > 0, np.sin((1 - part) * angle) / sine, 1.0)
    vector = first * start[..., None] + np.sin(part * angle) / sine * end[..., None]
    lon, lat = spherical(vector)
    lon[..., 0], lat[..., 0] = longitude, latitude  # corners to the last bit
    return lon.reshape(longitude.shape[0], -1), lat.reshape(latitude.shape[0], -1)


def _refuse_slanted(longitude: Floats, latitude: Floats) -> None:
    across, up = turned(np.roll(longitude, -1, 1) - longitude), np.roll(latitude, -1, 1) - latitude
    slanted = (np.minimum(np.abs(across), np.abs(up)) > 1e-9).any(axis=1)
    if slanted.any():
        raise InputError(
            "an edge follows neither a parallel nor a meridian",
            where=f"cell {int(np.flatnonzero(slanted)[0])}",
            do="name the edges 'great circle'",
        )
