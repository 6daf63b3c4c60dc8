"""Standard fields that remapping is measured with: a harmonic, a vortex, a western boundary current, a coastline.

They are of the kinds that Valcke, Piacentini & Jonville (2022), Math. Comput. Appl. 27, 31 compare couplers with,
placed where the caller wants them, so that regional grids can be measured too.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shanhai.grids.projection import RotatedPole

Floats = NDArray[np.float64]


def harmonic(longitude: ArrayLike, latitude: ArrayLike, waves: int = 16) -> Floats:
    r"""Waves around the globe.

    $$f = \sin^{n}(2\varphi)\cos(n\lambda)$$

    Args:
        longitude: [degree], any shape.
        latitude: [degree], same shape.
        waves: even n.

    >>> float(harmonic(0.0, 45.0))
    1.0
    """
    lam, phi = np.radians(longitude), np.radians(latitude)
    return np.sin(2 * phi) ** waves * np.cos(waves * lam)


def vortex(longitude: ArrayLike, latitude: ArrayLike, centre: tuple[float, float] = (0.0, 45.0)) -> Floats:
    r"""A front wound up by a pair of vortices on opposite sides of the globe.

    $$f = \tanh\left[\frac{\rho}{5}\sin(\lambda' - 6\,\omega)\right],\quad \rho = 3\cos\varphi',\quad
      \omega = \frac{3\sqrt3}{2}\,\frac{\tanh\rho}{\rho\cosh^2\rho}$$

    in longitude λ' and latitude φ' about the centre; Nair & Machenhauer (2002), MWR 130, 649, at time 6.

    Args:
        longitude: [degree], any shape.
        latitude: [degree], same shape.
        centre: longitude and latitude of one vortex [degree].

    >>> float(vortex(10.0, 30.0, (10.0, 30.0)).round(12))
    0.0
    """
    lam, phi = (np.radians(c) for c in RotatedPole(*centre).forward(longitude, latitude))
    rho = 3 * np.cos(phi)
    safe = np.maximum(rho, 1e-6)  # at the centre f is zero whatever the angle
    angle = 1.5 * np.sqrt(3) * np.tanh(safe) / (safe * np.cosh(safe) ** 2)
    return np.tanh(rho / 5 * np.sin(lam - 6 * angle))


def current(
    longitude: ArrayLike, latitude: ArrayLike, axis: float = 35.0, width: float = 0.6, swing: float = 1.5
) -> Floats:
    r"""A meandering front like the sea surface height across the Kuroshio or the Gulf Stream.

    $$f = \tanh\frac{\varphi_0 + s\sin(24\lambda) - \varphi}{w}$$

    Args:
        longitude: [degree], any shape.
        latitude: [degree], same shape.
        axis: mean latitude φ0 [degree].
        width: w [degree].
        swing: amplitude s of the meanders, 15 degrees long [degree].

    >>> float(current(0.0, 35.0))
    0.0
    """
    middle = axis + swing * np.sin(24 * np.radians(np.asarray(longitude, dtype=float)))
    return np.tanh((middle - latitude) / width)


def coastline(longitude: ArrayLike, latitude: ArrayLike) -> Floats:
    """One on land and zero at sea, with capes and islands of several sizes.

    Args:
        longitude: [degree], any shape.
        latitude: [degree], same shape.

    >>> sorted(set(coastline(np.arange(360.0), 30.0).tolist()))
    [0.0, 1.0]
    """
    lam, phi = np.radians(longitude), np.radians(latitude)
    capes, islands = np.sin(17 * lam + 11 * phi), np.cos(41 * phi - 29 * lam)
    rough = np.sin(3 * lam + 1) * np.cos(2 * phi) + 0.5 * capes + 0.3 * islands
    return np.where(rough > 0.2, 1.0, 0.0)
