r"""Smooth forms of the smaller of two rates and of the positive part, of a declared width; exact where it is zero.

Kinks stop gradients and Newton's method; these forms round them off where they matter and are, to rounding, the exact
ones elsewhere.
"""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.reactions import proportion


def smooth_minimum(a: ArrayLike, b: ArrayLike, width: ArrayLike) -> Array:
    r"""Smaller of two amounts or rates that are not negative, with a rounded corner.

    $$m = \bigl(a^{-1/\delta} + b^{-1/\delta}\bigr)^{-\delta}, \qquad
      \min(a, b)\,2^{-\delta} \le m \le \min(a, b)$$

    It keeps what a minimum of rates must: it is never above either, zero where one of them is, concave, scales with its
    arguments, and does not depend on the order in which three and more are taken, $m(m(a, b), c) = m(a, m(b, c))$. At
    a = b it is the minimum times $2^{-\delta}$; at b = 2 a the difference is of order $\delta\,2^{-1/\delta}$.

    Source: the p-norm with a negative exponent, as the function of constant elasticity of substitution of Arrow et al.
    (1961), Rev. Econ. Stat. 43, 225; δ = 1 is the harmonic form, resistances in a row.

    Args:
        a: not negative, any shape.
        b: in the unit of a, not negative.
        width: δ [1], from 0, the exact minimum, to 1.

    Returns:
        minimum, in the unit of a. Both arguments share the slope where they are equal.

    >>> [round(float(smooth_minimum(1.0, 2.0, width)), 6) for width in (0.0, 0.1, 1.0)]
    [1.0, 0.999902, 0.666667]
    """
    a, b = jnp.broadcast_arrays(jnp.asarray(a, float), jnp.asarray(b, float))
    low, high = jnp.minimum(a, b), jnp.maximum(a, b)
    rounded = jnp.asarray(width) > 0
    delta = jnp.where(rounded, width, 1.0)
    # a power of a subnormal or of zero has no use and, in reverse mode, a logarithm that is not finite
    ratio = proportion(low, high)
    seen = ratio > 0
    power = jnp.where(seen, jnp.where(seen, ratio, 1.0) ** (1.0 / delta), 0.0)
    return jnp.where(rounded, low * (1.0 + power) ** -delta, low)


def smooth_positive(x: ArrayLike, width: ArrayLike) -> Array:
    r"""Positive part with a rounded corner, exactly zero at zero and below.

    $$x_+ = x\,\bigl(1 - e^{-(x/w)^2}\bigr) \quad (x > 0), \qquad 0 \le \max(x, 0) - x_+ \le 0.43\,w$$

    Value, slope and curvature are zero at zero; beyond 6.5 w it equals x to rounding, so that integrals over something
    fast do not know of the width.

    Source: this form is the project's own.

    Args:
        x: any shape and sign.
        width: w, in the unit of x, from 0, the exact positive part.

    Returns:
        positive part, in the unit of x; its slope is 0 for x <= 0, up to 1.45 near 1.2 w and 1 beyond.

    >>> smooth_positive(jnp.array([-1.0, 0.0, 7.0]), 1.0).tolist()
    [0.0, 0.0, 7.0]
    """
    x = jnp.asarray(x, float)
    positive, rounded = x > 0, jnp.asarray(width) > 0
    inside = jnp.where(positive, x, 1.0)
    s = proportion(inside, jnp.where(rounded, width, 1.0))  # a width of 1e-200 has a slope too
    return jnp.where(positive, jnp.where(rounded, -inside * jnp.expm1(-s * s), inside), 0.0)
