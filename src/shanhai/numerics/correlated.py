r"""Random fields on the sphere whose correlation falls exponentially with distance, and sums over them.

Two points at chordal (straight-line) distance d have the correlation $\exp(-d/L)$. The chord makes this a
valid covariance on the sphere for every L, because it is one in three-dimensional space.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.fft
from jax import Array
from numpy.typing import ArrayLike, NDArray

from shanhai.core.errors import InputError

Floats = NDArray[np.float64]

MEAN_EARTH_RADIUS = 6371008.8
"""Mean radius of the Earth (2a + b)/3 [m], IUGG 1980."""

NEGLIGIBLE = 25.0
"""Parallels farther apart than so many correlation lengths (correlation 1e-11) are not paired."""

_BLOCK_BYTES = 2**26


def chord_length(latitude: ArrayLike, other_latitude: ArrayLike, longitude_difference: ArrayLike) -> Floats:
    r"""Straight-line distance between two points of the spherical Earth.

    $$d = 2R\sqrt{\sin^2\frac{\Delta\varphi}{2} + \cos\varphi\cos\varphi'\sin^2\frac{\Delta\lambda}{2}}$$

    Args:
        latitude: of one point [degree].
        other_latitude: of the other point [degree].
        longitude_difference: between them [degree].

    Returns:
        distance [m], broadcast.

    >>> round(float(chord_length(90.0, -90.0, 0.0)) / 1e3)
    12742
    """
    here, there = np.radians(latitude), np.radians(other_latitude)
    across = np.sin(np.radians(longitude_difference) / 2) ** 2
    squared = np.sin((here - there) / 2) ** 2 + np.cos(here) * np.cos(there) * across
    return 2 * MEAN_EARTH_RADIUS * np.sqrt(squared)


class _Block(NamedTuple):
    rows: slice
    others: slice
    spectrum: Array  # (wavenumber, row, other)


class ExponentialCorrelation:
    r"""Bilinear forms $g^T R h$ with $R_{ij} = \exp(-d_{ij}/L)$ over a regular latitude-longitude grid.

    On a pair of parallels R depends on the difference of longitude alone, so a Fourier transform along
    longitude makes it diagonal: exactly on a full circle, and with as many zeros appended on part of one.

    Where the transformed R of the grid would exceed `memory`, weights are first summed over square blocks of
    cells, as few as bring it below but no wider than `length / blocks_per_length`, each acting at its centre.
    The sum of weights is kept, and a block counts as fully correlated within itself: the variance of an area
    as small as one block comes out high by at most 0.52/blocks_per_length (13 % for 4, or 6 % of the standard
    deviation), that of an area as wide as L by about 1 %, that of larger ones by less.

    Args:
        latitude: centres, ascending [degree], (rows,).
        longitude: centres, ascending and evenly spaced [degree], (columns,).
        length: correlation length L [m]; may be infinite.
        blocks_per_length: bounds the width of blocks from above.
        memory: wanted size of the transformed R [byte].

    Raises:
        InputError: if the longitudes are not evenly spaced.

    >>> r = ExponentialCorrelation([0.5, 1.5], [0.5, 1.5], length=np.inf)
    >>> w = r.aggregate(np.ones((2, 2)))
    >>> round(float(r.bilinear(w, w)), 9)  # fully correlated: the square of the sum
    16.0
    """

    def __init__(
        self,
        latitude: ArrayLike,
        longitude: ArrayLike,
        length: float,
        blocks_per_length: float = 4.0,
        memory: float = 5e8,
    ) -> None:
        self._latitude, lon = np.asarray(latitude, dtype=float), np.asarray(longitude, dtype=float)
        self._columns, self._spacing = lon.size, _even_spacing(lon)
        self.length, self._memory = float(length), memory
        self.closed = bool(np.isclose(self._spacing * lon.size, 360.0))
        self._block(1)
        widest = int(min(self.length / blocks_per_length / max(self._cell(), 1.0), lon.size + self._latitude.size))
        for factor in range(2, widest + 1):
            if self._bytes() <= memory:
                break
            self._block(factor)
        self._kept: list[_Block] | None = None

    def _cell(self) -> float:
        """Widest side of a cell [m]."""
        across = self._spacing * np.cos(np.radians(np.abs(self._latitude).min()))
        along = np.diff(self._latitude).max(initial=0.0)
        return float(np.radians(max(across, along)) * MEAN_EARTH_RADIUS)

    def _block(self, factor: int) -> None:
        """Set blocks of `factor` cells; around a closed circle of the nearest smaller whole number."""
        self.row_factor = factor
        whole = (f for f in range(factor, 0, -1) if not self.closed or self._columns % f == 0)
        self.column_factor = next(whole)
        self.latitude = _block_mean(self._latitude, factor)
        self.columns = -(-self._columns // self.column_factor)
        self.spacing = self._spacing * self.column_factor
        self.transform = self.columns if self.closed else scipy.fft.next_fast_len(2 * self.columns, real=True)

    def aggregate(self, weights: ArrayLike) -> Floats:
        """Sum weights (..., latitude, longitude) over the blocks; NaN counts as zero."""
        w = np.nan_to_num(np.asarray(weights, dtype=float), nan=0.0)
        *lead, rows, columns = w.shape
        if self.row_factor == self.column_factor == 1:
            return w
        lack = [(-rows) % self.row_factor, (-columns) % self.column_factor]
        w = np.pad(w, [(0, 0)] * len(lead) + [(0, lack[0]), (0, lack[1])])
        shape = (*lead, self.latitude.size, self.row_factor, self.columns, self.column_factor)
        return w.reshape(shape).sum(axis=(-3, -1))

    def bilinear(self, g: ArrayLike, h: ArrayLike) -> Floats:
        """Value of g^T R h for aggregated weights (..., latitude, longitude); leading axes are kept."""
        left, right = (np.asarray(x, dtype=float) for x in (g, h))
        lead = left.shape[:-2]
        left_hat, right_hat = self._spectra(left), self._spectra(right)
        total = np.zeros(left_hat.shape[2])
        for rows, others, spectrum in self._blocks():
            seen = _real_matmul(spectrum, right_hat[:, others])
            total += np.einsum("mjc,mjc->c", left_hat[:, rows].real, seen.real)
            total += np.einsum("mjc,mjc->c", left_hat[:, rows].imag, seen.imag)
        return total.reshape(lead) / self.transform

    def _spectra(self, w: Floats) -> NDArray[np.complex128]:
        """Fourier transform along longitude, (wavenumber, row, form), scaled to count both signs of m."""
        flat = w.reshape(-1, *w.shape[-2:])
        spectra = scipy.fft.rfft(flat, n=self.transform, axis=-1)
        twice = np.full(spectra.shape[-1], np.sqrt(2.0))
        twice[0] = 1.0
        if self.transform % 2 == 0:
            twice[-1] = 1.0
        return np.ascontiguousarray((spectra * twice).transpose(2, 1, 0))

    def _blocks(self) -> Iterator[_Block]:
        """Spectra of the correlation between bands of parallels, kept when they are small."""
        if self._kept is not None:
            return iter(self._kept)
        if self._bytes() > self._memory:
            return self._make_blocks()
        self._kept = list(self._make_blocks())
        return iter(self._kept)

    def _reach(self) -> float:
        """Difference of latitude [degree] beyond which the correlation is negligible."""
        half = NEGLIGIBLE * self.length / (2 * MEAN_EARTH_RADIUS)
        return 180.0 if half >= 1 else float(np.degrees(2 * np.arcsin(half)))

    def _others(self, rows: slice) -> slice:
        lat, reach = self.latitude, self._reach()
        first = np.searchsorted(lat, lat[rows][0] - reach, side="left")
        last = np.searchsorted(lat, lat[rows][-1] + reach, side="right")
        return slice(int(first), int(last))

    def _bytes(self) -> float:
        """Size of the transformed R [byte]."""
        others = (self._others(slice(j, j + 1)) for j in range(self.latitude.size))
        widest = max(o.stop - o.start for o in others)
        return 4.0 * self.latitude.size * widest * self.transform

    def _make_blocks(self) -> Iterator[_Block]:
        n = self.latitude.size
        step = max(1, min(n, int(_BLOCK_BYTES * n / self._bytes())))
        lag = np.minimum(np.arange(self.transform), self.transform - np.arange(self.transform)) * self.spacing
        for first in range(0, n, step):
            rows = slice(first, min(first + step, n))
            others = self._others(rows)
            d = chord_length(self.latitude[rows, None, None], self.latitude[None, others, None], lag)
            spectrum = scipy.fft.rfft(np.exp(-d / self.length), axis=-1).real
            yield _Block(rows, others, jnp.asarray(spectrum.transpose(2, 0, 1)))


@jax.jit
def _stacked_product(matrices: Array, columns: Array) -> Array:
    """Many small products; a threaded BLAS spends its time waiting on them when the cores are busy."""
    return jnp.matmul(matrices, columns)


def _real_matmul(real: ArrayLike, field: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Stacked product of a real matrix and complex columns, as one real product of twice the columns."""
    columns = np.ascontiguousarray(field).view(np.float64)
    return np.asarray(_stacked_product(jnp.asarray(real), jnp.asarray(columns))).view(np.complex128)


def _even_spacing(longitude: Floats) -> float:
    if longitude.size == 1:
        return 0.0
    steps = np.diff(longitude)
    if not np.allclose(steps, steps[0], rtol=1e-3) or steps[0] <= 0:
        raise InputError(
            "the longitudes are not ascending and evenly spaced",
            where="correlated errors",
            do="prepare the fields on a regular grid first",
        )
    return float(steps.mean())


def _block_mean(values: Floats, factor: int) -> Floats:
    return np.array([values[i : i + factor].mean() for i in range(0, values.size, factor)])


def random_field(
    key: Array, latitude: ArrayLike, longitude: ArrayLike, length: ArrayLike, n: int, features: int = 128
) -> Array:
    r"""Draw random fields of zero mean, unit variance and correlation $\exp(-d/L)$, by random Fourier
    features.

    $$z(x) = \sqrt{\tfrac{2}{M}} \sum_{m=1}^{M} \cos(\omega_m \cdot x + b_m)$$

    with b uniform on a circle and $\omega L$ from the three-dimensional Cauchy distribution, the spectral
    density of the exponential (Matérn, ν = 1/2) covariance.

    Source: Rahimi & Recht (2007), Adv. Neural Inf. Process. Syst. 20, algorithm 1.

    The mean and covariance over draws are exact for any number of features, since every draw has its own; the
    distribution tends to the normal one as M grows, more slowly for means over areas much larger than L.

    Args:
        key: JAX random key.
        latitude: of the points [degree], any shape.
        longitude: of the points [degree], broadcastable with latitude.
        length: correlation length L [m].
        n: number of fields.
        features: number M of waves in a field.

    Returns:
        fields (n, *shape).

    >>> z = random_field(jax.random.key(0), jnp.zeros(2), jnp.array([0.0, 180.0]), 400e3, 1000)
    >>> z.shape
    (1000, 2)
    """
    lat, lon = jnp.broadcast_arrays(jnp.radians(jnp.asarray(latitude)), jnp.radians(jnp.asarray(longitude)))
    x = jnp.stack([jnp.cos(lat) * jnp.cos(lon), jnp.cos(lat) * jnp.sin(lon), jnp.sin(lat)])
    points = (MEAN_EARTH_RADIUS / (2 * jnp.pi * jnp.asarray(length))) * x.reshape(3, -1)
    waves, phases = _drawn_waves(key, n, features, points.dtype)
    fields = jax.lax.map(lambda wave: _sum_of_waves(wave[0], wave[1], points), (waves, phases))
    return fields.reshape(n, *lat.shape)


def _drawn_waves(key: Array, n: int, features: int, dtype: Any) -> tuple[Array, Array]:
    """Wave vectors times L (n, features, 3), of the Cauchy distribution, and phases (n, features) [turn]."""
    direction, spread, phase = jax.random.split(key, 3)
    normal = jax.random.normal(direction, (n, features, 3), dtype)
    waves = normal / jnp.abs(jax.random.normal(spread, (n, features, 1), dtype))
    return waves, jax.random.uniform(phase, (n, features), dtype)


def _sum_of_waves(waves: Array, phases: Array, points: Array) -> Array:
    """One field at points (3, point). Phases are reduced in full precision; the cosine itself needs less."""
    turns = phases[:, None]
    for axis in range(3):  # written out, so that nothing of size (feature, point) is stored
        turns = turns + waves[:, axis, None] * points[axis]
    part = (turns - jnp.round(turns)).astype(jnp.float32)
    total = jnp.sum(jnp.cos(2 * jnp.pi * part), axis=0).astype(points.dtype)
    return total * jnp.sqrt(2.0 / len(phases))
