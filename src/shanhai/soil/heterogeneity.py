r"""Rates of a mixture of places: what mean, spread and covariance of substrate and microbes make of Michaelis-Menten.

A place has $r = V\,B\,g(S)$, $g(S) = S/(K + S)$. As g is concave, places that differ in substrate react more slowly
together than one with their mean; microbes where the substrate is make up for it. Two closures of the mean rate:

- of second order in the spread (Chakrawal et al. 2020, Geosci. Model Dev. 13, 1399; Wilson & Gerber 2021,
  Biogeosciences 18, 5669), for coefficients of variation below about one half;
- by quadrature over lognormal substrate and microbes, for any.

The lognormal one needs nodes in one dimension only: weighting a lognormal by a correlated one shifts its logarithm by
their covariance c, $E[B\,g(S)] = \mu_B\,E[g(S e^{c})]$ with $e^{c} = 1 + \sigma_{BS}/(\mu_B\mu_S)$.
"""

from functools import cache
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from numpy.typing import NDArray

NODES = 24
"""Of Gauss and Hermite; the relative error is 2e-13 at a coefficient of variation of 1 and 8e-8 at 3."""

LEAST_VARIANCE = 1e-14
"""Of a logarithm, added below: the root has a slope where nothing varies, and values change by less than rounding."""


class Mixture(NamedTuple):
    """Moments of a mixture of places, each any shape.

    Args:
        substrate: mean μ_S, in the unit of the half-saturation.
        microbes: mean μ_B.
        variation: coefficient of variation of the substrate σ_S/μ_S [1].
        covariation: covariance over both means σ_BS/(μ_B μ_S) [1], above -1.
    """

    substrate: ArrayLike
    microbes: ArrayLike
    variation: ArrayLike
    covariation: ArrayLike


def covariation_of_lognormals(
    substrate_variation: ArrayLike, microbe_variation: ArrayLike, correlation: ArrayLike
) -> Array:
    r"""Covariance over both means of two lognormals.

    $$\frac{\sigma_{BS}}{\mu_B\mu_S} = e^{\rho s_B s_S} - 1, \qquad s^2 = \ln(1 + CV^2)$$

    Args:
        substrate_variation: coefficient of variation of the substrate [1], any shape.
        microbe_variation: of the microbes [1], broadcastable.
        correlation: ρ of the logarithms [1], broadcastable.

    >>> round(float(covariation_of_lognormals(0.5, 0.5, 1.0)), 12)
    0.25
    """
    spreads = [
        jnp.sqrt(jnp.log1p(jnp.asarray(v) ** 2) + LEAST_VARIANCE) for v in (substrate_variation, microbe_variation)
    ]
    return jnp.expm1(jnp.asarray(correlation) * spreads[0] * spreads[1])


def mean_field_rate(mixture: Mixture, capacity: ArrayLike, half_saturation: ArrayLike) -> Array:
    r"""Rate of one place with the mean substrate and the mean microbes, $V \mu_B g(\mu_S)$.

    Args:
        mixture: moments.
        capacity: V, rate per microbes.
        half_saturation: K, positive.

    >>> float(mean_field_rate(Mixture(1.0, 2.0, 0.5, 0.0), 3.0, 1.0))
    3.0
    """
    s = jnp.asarray(mixture.substrate)
    return jnp.asarray(capacity) * mixture.microbes * s / (half_saturation + s)


def second_order_rate(mixture: Mixture, capacity: ArrayLike, half_saturation: ArrayLike) -> Array:
    r"""Mean rate of second order in the spread.

    $$\bar r = V\left[\mu_B\,g + \tfrac12 g''\mu_B\sigma_S^2 + g'\sigma_{BS}\right], \qquad
      g' = \frac{K}{(K + \mu_S)^2},\; g'' = \frac{-2K}{(K + \mu_S)^3}$$

    Source: Chakrawal et al. (2020), Geosci. Model Dev. 13, 1399.

    Args:
        mixture: moments.
        capacity: V, rate per microbes.
        half_saturation: K, positive.

    Returns:
        mean rate. It may fall below zero where the variation is beyond its validity.

    Valid: variation below about 0.5; beyond it use `lognormal_rate`.

    >>> round(float(second_order_rate(Mixture(1.0, 1.0, 0.4, 0.0), 1.0, 1.0)), 6)
    0.48
    """
    s, k = jnp.asarray(mixture.substrate), jnp.asarray(half_saturation)
    share, rest = s / (k + s), k / (k + s)
    spread = -rest * share**2 * jnp.asarray(mixture.variation) ** 2
    together = rest * share * jnp.asarray(mixture.covariation)
    return jnp.asarray(capacity) * mixture.microbes * (share + spread + together)


def lognormal_rate(mixture: Mixture, capacity: ArrayLike, half_saturation: ArrayLike) -> Array:
    r"""Mean rate where substrate and microbes are lognormal, by quadrature of Gauss and Hermite.

    $$\bar r = V\mu_B \sum_n w_n\,g\!\left(\mu_S\,e^{c - s^2/2 + \sqrt2\,s\,z_n}\right), \qquad s^2 = \ln(1 + CV^2)$$

    Nothing else of the microbes than the covariance matters.

    Source: the shift is that of a change of measure of normal variables (Cameron & Martin 1944, Ann. Math. 45, 386).

    Args:
        mixture: moments.
        capacity: V, rate per microbes.
        half_saturation: K, positive.

    Returns:
        mean rate, between 0 and V μ_B.

    >>> round(float(lognormal_rate(Mixture(1.0, 1.0, 0.4, 0.0), 1.0, 1.0)), 6)
    0.482097
    """
    k = jnp.asarray(half_saturation)
    share = sum(weight * place / (k + place) for weight, place in _places(mixture))
    return jnp.asarray(capacity) * mixture.microbes * share


def _places(mixture: Mixture) -> list[tuple[float, Array]]:
    """Weights and substrate of the places that stand for a lognormal mixture."""
    nodes, weights = _hermite(NODES)
    variance = jnp.log1p(jnp.asarray(mixture.variation) ** 2) + LEAST_VARIANCE
    middle = mixture.substrate * (1.0 + jnp.asarray(mixture.covariation)) * jnp.exp(-0.5 * variance)
    spread = jnp.sqrt(2.0 * variance)
    return [(float(w), middle * jnp.exp(spread * z)) for z, w in zip(nodes, weights, strict=True)]


@cache
def _hermite(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    nodes, weights = np.polynomial.hermite.hermgauss(count)
    return nodes, weights / weights.sum()


class Apparent(NamedTuple):
    """Parameters that a place as large as the mixture seems to have, each any shape.

    Args:
        capacity: V of the best hyperbola, rate per mean microbes.
        half_saturation: K of it, in the unit of the substrate.
    """

    capacity: Array
    half_saturation: Array


def apparent_parameters(mixture: Mixture, capacity: ArrayLike, half_saturation: ArrayLike) -> Apparent:
    r"""Capacity and half-saturation of the hyperbola in the mean substrate that touches the mean rate of the mixture.

    With the elasticity $e = \partial\ln\bar r/\partial\ln\mu_S$ at fixed variation and covariation, value and slope
    agree for

    $$V_{app} = \frac{\bar r}{\mu_B\,(1 - e)}, \qquad K_{app} = \mu_S\,\frac{e}{1 - e}$$

    Both depend on where they are taken: at much substrate $V_{app} \to V$, at little $K_{app} V/V_{app} \to K/(1 + c)$.
    A model of mean fields that is fitted to such a mixture finds them and not V and K.

    Source: derived here from `lognormal_rate`.

    Args:
        mixture: moments.
        capacity: V.
        half_saturation: K, positive.

    Returns:
        apparent parameters; V and K where nothing varies.

    >>> [round(float(v), 6) for v in apparent_parameters(Mixture(1.0, 1.0, 0.0, 0.0), 2.0, 3.0)]
    [2.0, 3.0]
    """
    s, k = jnp.asarray(mixture.substrate), jnp.asarray(half_saturation)
    parts = [(weight, place / (k + place), k / (k + place)) for weight, place in _places(mixture)]
    share = sum(w * taken for w, taken, _ in parts)
    growth = sum(w * taken * left for w, taken, left in parts)  # times d ln place / d ln mean, which is one
    unsaturated = sum(w * taken * taken for w, taken, _ in parts)  # share less growth, without a difference
    return Apparent(jnp.asarray(capacity) * share**2 / unsaturated, s * growth / unsaturated)


def closure_bias(mixture: Mixture, half_saturation: ArrayLike) -> Array:
    r"""Mean-field rate over the rate of the lognormal mixture [1]: above one where heterogeneity slows.

    Args:
        mixture: moments.
        half_saturation: K, positive.

    >>> round(float(closure_bias(Mixture(1.0, 1.0, 1.0, 0.0), 1.0)), 3)
    1.176
    """
    return mean_field_rate(mixture, 1.0, half_saturation) / lognormal_rate(mixture, 1.0, half_saturation)
