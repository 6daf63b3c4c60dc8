"""Map projections of regional models, forward and inverse, on a sphere or an ellipsoid.

All formulas are from Snyder (1987), Map Projections: A Working Manual, USGS Prof. Pap. 1395; equation numbers are his.
The three conformal ones share his isometric colatitude t, so that each is a few lines.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shanhai.core.errors import InputError
from shanhai.grids.horizontal import EQUATORIAL_RADIUS_WGS84, FLATTENING_WGS84, zone_area

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]


@dataclass(frozen=True)
class Ellipsoid:
    """Figure of the Earth.

    Args:
        equatorial_radius: radius of the equator [m].
        flattening: 1 - polar radius / equatorial radius; zero is a sphere.
    """

    equatorial_radius: float
    flattening: float = 0.0

    @property
    def eccentricity(self) -> float:
        """First eccentricity e = sqrt(f (2 - f))."""
        return float(np.sqrt(self.flattening * (2 - self.flattening)))

    def zone_area(self, latitude: ArrayLike) -> Floats:
        """Area between the equator and a parallel, per radian of longitude; see `horizontal.zone_area`.

        Args:
            latitude: geodetic latitude [degree].

        Raises:
            InputError: the figure is neither a sphere nor WGS 84.

        >>> round(float(Ellipsoid(6370000.0).zone_area(30.0)) / 6370000.0**2, 3)
        0.5
        """
        if self == WGS84:
            return zone_area(latitude)
        if self.flattening == 0:
            return self.equatorial_radius**2 * np.sin(np.radians(np.asarray(latitude, dtype=float)))
        raise InputError("areas are known on spheres and on WGS 84 only", do="measure areas on WGS84 or on a sphere")


WGS84 = Ellipsoid(EQUATORIAL_RADIUS_WGS84, FLATTENING_WGS84)
SPHERE = Ellipsoid(float(np.sqrt(zone_area(90.0))))  # the sphere that has the area of WGS 84: 6371007.18 m


class Projection(ABC):
    """A plane that the cells of a grid are regular in."""

    @abstractmethod
    def forward(self, longitude: ArrayLike, latitude: ArrayLike) -> Pair:
        """Plane coordinates of points [degree]."""

    @abstractmethod
    def inverse(self, x: ArrayLike, y: ArrayLike) -> Pair:
        """Longitude and latitude [degree] of points of the plane."""


@dataclass(frozen=True)
class LatitudeLongitude(Projection):
    """The plane of longitude and latitude themselves [degree]."""

    def forward(self, longitude: ArrayLike, latitude: ArrayLike) -> Pair:
        """Longitude and latitude as they are."""
        return _floats(longitude, latitude)

    def inverse(self, x: ArrayLike, y: ArrayLike) -> Pair:
        """Longitude and latitude as they are."""
        return _floats(x, y)


@dataclass(frozen=True)
class RotatedPole(Projection):
    r"""Longitude and latitude [degree] about another pole, as CF's `rotated_latitude_longitude`.

    The rotation of Snyder eq. 5-7 and 5-8, done on Cartesian vectors so that no pole is special:
    $x' = R x$, whose rows are the rotated frame.

    Args:
        pole_longitude: where the pole of the grid lies [degree].
        pole_latitude: where the pole of the grid lies [degree].

    >>> [round(float(c), 6) for c in RotatedPole(-162.0, 39.25).inverse(0.0, 0.0)]
    [18.0, 50.75]
    """

    pole_longitude: float
    pole_latitude: float

    def forward(self, longitude: ArrayLike, latitude: ArrayLike) -> Pair:
        """Rotated longitude and latitude [degree]."""
        return spherical(np.tensordot(self._frame(), cartesian(longitude, latitude), 1))

    def inverse(self, x: ArrayLike, y: ArrayLike) -> Pair:
        """Geographic longitude and latitude [degree]."""
        return spherical(np.tensordot(self._frame().T, cartesian(x, y), 1))

    def _frame(self) -> Floats:
        north = cartesian(self.pole_longitude, self.pole_latitude)
        origin = cartesian(self.pole_longitude + 180.0, 90.0 - self.pole_latitude)
        return np.stack([origin, np.cross(north, origin), north])


@dataclass(frozen=True)
class LambertConformal(Projection):
    r"""Lambert conformal conic with two standard parallels, which may be the same [m].

    $$\rho = a F t^n,\quad \theta = n(\lambda-\lambda_0),\quad x = \rho\sin\theta,\quad y = \rho_0-\rho\cos\theta$$

    Source: Snyder eq. 14-1, 14-2, 14-4, 15-7 to 15-11.

    Args:
        first_parallel: standard parallel [degree].
        second_parallel: standard parallel [degree].
        origin_latitude: where y is zero [degree].
        central_longitude: where x is zero [degree].
        ellipsoid: figure of the Earth that the coordinates stand on.

    >>> plane = LambertConformal(33.0, 45.0, 23.0, -96.0, Ellipsoid(1.0))
    >>> [round(float(c), 7) for c in plane.forward(-75.0, 35.0)]  # Snyder page 295
    [0.2966785, 0.2462112]
    """

    first_parallel: float
    second_parallel: float
    origin_latitude: float
    central_longitude: float
    ellipsoid: Ellipsoid = WGS84

    def __post_init__(self) -> None:
        if self.first_parallel + self.second_parallel == 0:
            raise InputError("a cone with opposite standard parallels is a cylinder", do="use Mercator")

    def forward(self, longitude: ArrayLike, latitude: ArrayLike) -> Pair:
        """Plane coordinates [m]."""
        n, factor = self._cone()
        radius = factor * colatitude(latitude, self.ellipsoid) ** n
        angle = n * np.radians(turned(longitude, self.central_longitude))
        return radius * np.sin(angle), self._origin_radius() - radius * np.cos(angle)

    def inverse(self, x: ArrayLike, y: ArrayLike) -> Pair:
        """Longitude and latitude [degree]."""
        n, factor = self._cone()
        sign = np.sign(n)
        down = sign * (self._origin_radius() - np.asarray(y, dtype=float))
        across = sign * np.asarray(x, dtype=float)
        t = (np.hypot(across, down) / (sign * factor)) ** (1 / n)
        angle = np.arctan2(across, down)
        return np.degrees(angle / n) + self.central_longitude, latitude_of(t, self.ellipsoid)

    def _cone(self) -> tuple[float, float]:
        """Cone constant n and a F."""
        parallels = np.array([self.first_parallel, self.second_parallel])
        t, m = colatitude(parallels, self.ellipsoid), parallel_radius(parallels, self.ellipsoid)
        same = abs(self.first_parallel - self.second_parallel) < 1e-10
        n = np.sin(np.radians(parallels[0])) if same else np.log(m[0] / m[1]) / np.log(t[0] / t[1])
        return float(n), float(self.ellipsoid.equatorial_radius * m[0] / (n * t[0] ** n))

    def _origin_radius(self) -> float:
        n, factor = self._cone()
        return float(factor * colatitude(self.origin_latitude, self.ellipsoid) ** n)


@dataclass(frozen=True)
class Mercator(Projection):
    r"""Mercator, true to scale on one parallel [m].

    $$x = a k_0 (\lambda-\lambda_0),\qquad y = -a k_0 \ln t$$

    Source: Snyder eq. 7-6, 7-7; $k_0 = m(\varphi_1)$ of page 44.

    Args:
        central_longitude: where x is zero [degree].
        true_latitude: parallel that is true to scale [degree].
        ellipsoid: figure of the Earth that the coordinates stand on.

    >>> clarke = Ellipsoid(6378206.4, 1 - np.sqrt(1 - 0.00676866))
    >>> [round(float(c)) for c in Mercator(-180.0, 0.0, clarke).forward(-75.0, 35.0)]  # page 267: ...673.7, ...145.6
    [11688674, 4139146]
    """

    central_longitude: float
    true_latitude: float = 0.0
    ellipsoid: Ellipsoid = WGS84

    def forward(self, longitude: ArrayLike, latitude: ArrayLike) -> Pair:
        """Plane coordinates [m]."""
        x = np.radians(turned(longitude, self.central_longitude))
        return self._scale() * x, -self._scale() * np.log(colatitude(latitude, self.ellipsoid))

    def inverse(self, x: ArrayLike, y: ArrayLike) -> Pair:
        """Longitude and latitude [degree]."""
        x, y = _floats(x, y)
        longitude = np.degrees(x / self._scale()) + self.central_longitude
        return longitude, latitude_of(np.exp(-y / self._scale()), self.ellipsoid)

    def _scale(self) -> float:
        return self.ellipsoid.equatorial_radius * float(parallel_radius(self.true_latitude, self.ellipsoid))


@dataclass(frozen=True)
class PolarStereographic(Projection):
    r"""Stereographic about a pole, true to scale on one parallel [m].

    $$\rho = a\, m_c\, t / t_c,\qquad x = \rho\sin(\lambda-\lambda_0),\qquad y = -\rho\cos(\lambda-\lambda_0)$$

    about the north pole; about the south pole the signs of x, y, latitudes and longitudes turn.
    Source: Snyder eq. 21-30 to 21-34 and page 161; at a true latitude of 90 degrees eq. 21-33.

    Args:
        central_longitude: meridian that runs down the plane from the north pole, up from the south pole [degree].
        true_latitude: parallel that is true to scale [degree]; its sign chooses the pole.
        ellipsoid: figure of the Earth that the coordinates stand on.

    >>> international = Ellipsoid(6378388.0, 1 - np.sqrt(1 - 0.00672267))
    >>> [round(float(c), 1) for c in PolarStereographic(-100.0, -71.0, international).forward(150.0, -75.0)]  # page 317
    [-1540033.6, -560526.4]
    """

    central_longitude: float
    true_latitude: float
    ellipsoid: Ellipsoid = WGS84

    def forward(self, longitude: ArrayLike, latitude: ArrayLike) -> Pair:
        """Plane coordinates [m]."""
        south = self._sign()
        radius = self._scale() * colatitude(south * np.asarray(latitude, dtype=float), self.ellipsoid)
        angle = south * np.radians(turned(longitude, self.central_longitude))
        return south * radius * np.sin(angle), -south * radius * np.cos(angle)

    def inverse(self, x: ArrayLike, y: ArrayLike) -> Pair:
        """Longitude and latitude [degree]; the pole has the central longitude."""
        south = self._sign()
        across, down = south * np.asarray(x, dtype=float), -south * np.asarray(y, dtype=float)
        angle = south * np.degrees(np.arctan2(across, down))
        latitude = south * latitude_of(np.hypot(across, down) / self._scale(), self.ellipsoid)
        return angle + self.central_longitude, latitude

    def _sign(self) -> float:
        return 1.0 if self.true_latitude > 0 else -1.0

    def _scale(self) -> float:
        true, e = abs(self.true_latitude), self.ellipsoid.eccentricity
        if true == 90.0:
            part = 2 / np.sqrt((1 + e) ** (1 + e) * (1 - e) ** (1 - e))
        else:
            part = parallel_radius(true, self.ellipsoid) / colatitude(true, self.ellipsoid)
        return float(self.ellipsoid.equatorial_radius * part)


# --- what they share ----------------------------------------------------------------------------------------


def colatitude(latitude: ArrayLike, ellipsoid: Ellipsoid) -> Floats:
    r"""Tangent of half the conformal colatitude.

    $$t = \tan\left(\frac\pi4-\frac\varphi2\right)\Big/\left[\frac{1-e\sin\varphi}{1+e\sin\varphi}\right]^{e/2}$$

    Source: Snyder eq. 15-9.

    >>> float(colatitude(0.0, SPHERE)).__round__(12)
    1.0
    """
    phi, e = np.radians(np.asarray(latitude, dtype=float)), ellipsoid.eccentricity
    return np.tan(np.pi / 4 - phi / 2) * np.exp(e * np.arctanh(e * np.sin(phi)))


def latitude_of(t: ArrayLike, ellipsoid: Ellipsoid) -> Floats:
    """Latitude [degree] whose `colatitude` is t, by Snyder's iteration 7-9, whose error falls by e² each time.

    >>> round(float(latitude_of(colatitude(37.0, WGS84), WGS84)), 12)
    37.0
    """
    t, e = np.asarray(t, dtype=float), ellipsoid.eccentricity
    phi = np.pi / 2 - 2 * np.arctan(t)
    for _ in range(8 if e else 0):
        phi = np.pi / 2 - 2 * np.arctan(t * np.exp(-e * np.arctanh(e * np.sin(phi))))
    return np.degrees(phi)


def parallel_radius(latitude: ArrayLike, ellipsoid: Ellipsoid) -> Floats:
    """Radius of a parallel over that of the equator, Snyder eq. 14-15.

    >>> float(parallel_radius(60.0, SPHERE)).__round__(12)
    0.5
    """
    phi = np.radians(np.asarray(latitude, dtype=float))
    return np.cos(phi) / np.sqrt(1 - (ellipsoid.eccentricity * np.sin(phi)) ** 2)


def turned(longitude: ArrayLike, centre: ArrayLike = 0.0) -> Floats:
    """Longitude east of a centre, in [-180, 180) [degree].

    >>> float(turned(190.0, 0.0))
    -170.0
    """
    return np.mod(np.asarray(longitude, dtype=float) - centre + 180.0, 360.0) - 180.0


def cartesian(longitude: ArrayLike, latitude: ArrayLike) -> Floats:
    """Unit vectors of points [degree], shape (3, ...).

    >>> cartesian(0.0, 0.0).tolist()
    [1.0, 0.0, 0.0]
    """
    lam, phi = (np.radians(c) for c in _floats(longitude, latitude))
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.broadcast_to(np.sin(phi), lam.shape)])


def spherical(vector: Floats) -> Pair:
    """Longitude and latitude [degree] of vectors, shape (3, ...), of any length.

    >>> [float(c) for c in spherical(np.array([0.0, 2.0, 0.0]))]
    [90.0, 0.0]
    """
    x, y, z = vector
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))


def _floats(a: ArrayLike, b: ArrayLike) -> Pair:
    one, other = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    return one, other
