r"""Part of the soil volume without oxygen: of spheres of many sizes, and as a smooth function of filled pores.

Let ln R be normally distributed by volume. Of a sphere, x³ is anoxic where $1 - 3x^2 + 2x^3 = (R_c/R)^2$, so that the
mean over all sizes is, by parts, one integral over x of the part of the volume in spheres large enough,

$$f = \int_0^1 3 x^2\,\Phi\!\Bigl(\frac{1}{\sigma}\ln\frac{R_m (1 - x)\sqrt{1 + 2x}}{R_c}\Bigr)\,dx$$

which needs no root, has no kink and is done with fixed Gauss–Legendre nodes in $(1 - x)^{1/3}$.
"""

from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.special import ndtr
from jax.typing import ArrayLike

from shanhai.core.errors import InputError
from shanhai.core.params import par

_NODES, _WEIGHTS = (np.asarray(a) for a in np.polynomial.legendre.leggauss(48))
_LEFT = 0.5 * (1.0 - _NODES)  # 1 - x is its cube: spheres that are almost all core need nodes where x is near one
_X = 1.0 - _LEFT**3
_W = 4.5 * _WEIGHTS * _X**2 * _LEFT**2
_REACH = 3.0 * np.log(_LEFT) + 0.5 * np.log1p(2.0 * _X)  # ln of R_c / R of the sphere whose core is x
_STEPS = 20  # of Gauss–Newton
_RIDGE = 1e-14  # keeps a step finite where every point is at 0 or 1; where steps end does not depend on it


def water_filled_pores(water: ArrayLike, porosity: ArrayLike) -> Array:
    """Water-filled pore space, water / porosity [1].

    Args:
        water: liquid [m3 m-3], any shape.
        porosity: without ice [m3 m-3], positive.

    >>> float(water_filled_pores(0.3, 0.5))
    0.6
    """
    return jnp.asarray(water) / jnp.asarray(porosity)


class SphereSizes(eqx.Module):
    """Sizes of aggregates or water-filled patches, lognormal by volume."""

    median: Array = par(
        3e-3,
        "m",
        source="unverified; an order of magnitude: aggregates of 1 to 20 mm",
        bounds=(1e-5, 0.2),
        meaning="radius that halves the volume",
    )
    spread: Array = par(
        0.8, "1", source="unverified", bounds=(0.1, 3.0), meaning="standard deviation of the logarithm of the radius"
    )

    def anoxic(self, diffusivity: ArrayLike, boundary: ArrayLike, sink: ArrayLike) -> Array:
        """Part of the volume of all spheres that has no oxygen.

        Args:
            diffusivity: D in the spheres [m2 s-1], any shape.
            boundary: C0, oxygen of the water at their surface [mol m-3], not negative.
            sink: Q, the same wherever there is oxygen [mol m-3 s-1], not negative.

        Returns:
            fraction [1], from 0 without a sink to 1 without oxygen, smooth in all arguments.

        Valid: to 1e-3 of the volume for a spread of 0.1, 1e-6 for 0.3 and 1e-10 from 0.5 on.

        >>> [round(float(SphereSizes(5.7e-3, spread).anoxic(5e-10, 0.27, 2.5e-5)), 4) for spread in (0.3, 0.8)]
        [0.0419, 0.1339]
        """
        supply = 6.0 * jnp.asarray(diffusivity, float) * boundary
        demand = jnp.asarray(sink, float) * self.median**2
        both = (supply > 0) & (demand > 0)
        ratio = jnp.log(jnp.where(both, demand, 1.0)) - jnp.log(jnp.where(both, supply, 1.0))
        size = (0.5 * ratio[..., None] + _REACH) / self.spread
        return jnp.where(both, ndtr(size) @ _W, jnp.where(demand > supply, 1.0, 0.0))


class Partition(eqx.Module):
    r"""Anoxic fraction as a sigmoid of filled pores, $f = 1/(1 + e^{-s (W - W_c)})$.

    It has all derivatives, grows with W and tends to one at saturation; `fitted` takes W_c and s from a model that
    knows sizes and consumption.
    """

    critical: Array = par(
        0.65, "1", source="unverified; 0.6 to 0.7", bounds=(0.2, 1.2), meaning="filled pores at half anoxic"
    )
    steepness: Array = par(25.0, "1", source="unverified; 20 to 30", bounds=(1.0, 200.0), meaning="s")

    def anoxic(self, filled: ArrayLike) -> Array:
        """Anoxic fraction [1] at water-filled pore space W [1], any shape.

        >>> Partition().anoxic(jnp.array([0.2, 0.65, 1.0])).round(4).tolist()
        [0.0, 0.5, 0.9998]
        """
        return jax.nn.sigmoid(self.steepness * (jnp.asarray(filled) - self.critical))

    @classmethod
    def fitted(cls, filled: ArrayLike, fraction: ArrayLike) -> Self:
        """Least squares fit to anoxic fractions, by weighted regression of their logits and Gauss–Newton steps.

        Args:
            filled: W [1], (n,).
            fraction: anoxic fractions there [1], (n,), from 0 to 1.

        Returns:
            partition, with derivatives by the fractions.

        Raises:
            InputError: for fewer than two points, or shapes that differ.

        >>> w = jnp.linspace(0.3, 1.0, 20)
        >>> fit = Partition.fitted(w, Partition(0.7, 22.0).anoxic(w))
        >>> round(float(fit.critical), 9), round(float(fit.steepness), 6)
        (0.7, 22.0)
        """
        w, f = jnp.asarray(filled, float), jnp.asarray(fraction, float)
        if w.shape != f.shape or w.ndim != 1 or w.size < 2:
            raise InputError(
                f"filled pores of shape {w.shape} and fractions of shape {f.shape} make no fit",
                where="anoxic fraction",
                do="give two arrays (n,) with n of two or more",
            )
        line, _ = jax.lax.scan(lambda line, _: (_nearer(line, w, f), None), _of_logits(w, f), length=_STEPS)
        return cls(critical=-line[0] / line[1], steepness=line[1])


def _of_logits(w: Array, f: Array) -> Array:
    """Intercept and slope of the logits, each point weighed as its fraction can tell the logit."""
    inner = jnp.clip(f, 1e-3, 1.0 - 1e-3)
    weight = inner * (1.0 - inner)
    return _least_squares(w, weight, weight * (jnp.log(inner) - jnp.log1p(-inner)))


def _nearer(line: Array, w: Array, f: Array) -> Array:
    """Gauss–Newton step towards the least squares of f - sigmoid(line)."""
    model = jax.nn.sigmoid(line[0] + line[1] * w)
    return line + _least_squares(w, model * (1.0 - model), f - model)


def _least_squares(w: Array, weight: Array, y: Array) -> Array:
    """Coefficients of 1 and w, both times the weight, that come nearest to y."""
    design = jnp.stack([jnp.ones_like(w), w], axis=1) * weight[:, None]
    return jnp.linalg.solve(design.T @ design + _RIDGE * jnp.eye(2), design.T @ y)
