"""The pair of fits of carbonic acid, and the one functional form that nearly all published sets share."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import ZERO_CELSIUS
from shanhai.numerics import safe
from shanhai.seawater.constants.fit import Fit, Range, Scale

LN10 = math.log(10.0)
WATER_IN_SEAWATER = 0.001005  # kg of water in a kg of sea water is 1 - this x S, Millero (1995)

Curve = Callable[[Array, Array], Array]
"""(temperature [degC], salinity [1]) -> ln K."""

Terms = Mapping[float, float]
"""Power of salinity (0, 1/2, 1, 3/2 or 2) -> coefficient."""


class Carbonic(NamedTuple):
    """Both dissociation constants of carbonic acid as one publication recommends them together.

    Args:
        k1: [H][HCO3]/[CO2], CO2 being CO2(aq) and H2CO3 together.
        k2: [H][CO3]/[HCO3], on the same pH scale as k1.
    """

    k1: Fit
    k2: Fit


def carbonic(
    name: str,
    source: str,
    curves: tuple[Curve, Curve],
    temperature: Range,
    salinity: Range,
    scale: Scale = "total",
) -> Carbonic:
    """Make the pair from its two curves, which share everything else that a fit says of itself.

    Args:
        name: as in options.
        source: the publication.
        curves: ln K1 and ln K2.
        temperature: range of validity [degC].
        salinity: range of validity [1].
        scale: pH scale of both.

    Returns:
        the pair.
    """
    k1, k2 = (Fit(name, source, curve, temperature, salinity, scale) for curve in curves)
    return Carbonic(k1, k2)


def three_terms(
    constant: Terms,
    inverse: Terms,
    logarithm: Terms,
    quantity: Literal["pK", "lnK"] = "pK",
    molal: bool = False,
) -> Curve:
    r"""Make the curve with three temperature terms whose coefficients are series in the root of salinity.

    $$p(T, S) = A(S) + \frac{B(S)}{T} + C(S)\ln T, \qquad A = \sum_i a_i S^{i/2}, \; i = 0 \dots 4,$$

    with $\ln K = -p\ln 10$ where the publication fitted pK and $\ln K = p$ where it fitted ln K, plus
    $\ln(1 - 0.001005\,S)$ where its K is per kilogram of water. The form is that of a constant heat capacity
    of the reaction; sets differ in the powers they admit.

    Args:
        constant: coefficients of A, by power of salinity.
        inverse: coefficients of B [K].
        logarithm: coefficients of C.
        quantity: what the publication fitted.
        molal: whether its K is in mol per kg of water.

    Returns:
        function of temperature [degC] and salinity [1] that gives ln K, K in mol per kg of sea water.

    Its slope to salinity at S = 0 is that without the square root, which has none.

    >>> lueker = three_terms({0: -61.2172, 1: -0.011555, 2: 0.0001152}, {0: 3633.86}, {0: 9.6777})
    >>> round(float(lueker(25.0, 35.0)) / LN10, 4)
    -5.8472
    """
    sign = -LN10 if quantity == "pK" else 1.0

    def ln_k(temperature: ArrayLike, salinity: ArrayLike) -> Array:
        t, s = jnp.asarray(temperature), jnp.asarray(salinity)
        T = t + ZERO_CELSIUS
        root = safe.square_root(s)
        powers: dict[float, Any] = {0: 1.0, 0.5: root, 1: s, 1.5: s * root, 2: s * s}
        a, b, c = (sum(x * powers[p] for p, x in terms.items()) for terms in (constant, inverse, logarithm))
        result = sign * (a + b * (1.0 / T) + c * jnp.log(T))
        if molal:
            result = result + jnp.log1p(-WATER_IN_SEAWATER * s)
        return everywhere(result, t, s)

    return ln_k


def everywhere(value: Array, temperature: Array, salinity: Array) -> Array:
    """Give a value that may lack one of its arguments the shape of both.

    >>> everywhere(jnp.zeros(2), jnp.zeros(2), jnp.zeros((3, 1))).shape
    (3, 2)
    """
    return jnp.broadcast_to(value, jnp.broadcast_shapes(temperature.shape, salinity.shape))
