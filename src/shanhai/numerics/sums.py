r"""Sums that lose nothing: two-sum, value with carry, and integer sums that no order of the terms can change.

A plain float32 stock of 1000 that receives a million increments of 1.2e-6 does not grow at all; the same stock with a
carry is right to the last bit. Slow stocks, mail in transit and ledgers are kept so.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.errors import InputError

LIMB_BITS = 30
"""Bits of one integer limb of `fixed_point_sum`; 2**33 terms fit 64 bits."""

LIMBS = 3
"""Limbs below the largest term: terms are kept to 2**-90 of it."""


def settled(x: ArrayLike) -> Array:
    """A number rounded before it goes on; one that is not finite becomes NaN.

    Compilers contract a product and the sum that it goes into (fused multiply-add), so that one number may have
    different last bits at each of its uses. They cannot look through this choice; a barrier they drop too early.

    >>> float(settled(2.0))
    2.0
    """
    return jnp.where(jnp.abs(jnp.asarray(x)) < jnp.inf, x, jnp.nan)


def two_sum(a: ArrayLike, b: ArrayLike) -> tuple[Array, Array]:
    r"""Rounded sum and its rounding error, exactly.

    $$a + b = s + e, \qquad s = \mathrm{fl}(a + b)$$

    Source: Knuth (1997), The Art of Computer Programming 2, 3rd ed., section 4.2.2, theorem B.

    Args:
        a: any shape, any order of size.
        b: broadcasts with a.

    Returns:
        s and e.

    >>> [float(x) for x in two_sum(1.0, 1e-17)]
    [1.0, 1e-17]
    """
    a, b = settled(a), settled(b)
    s = a + b
    part_of_b = s - a
    return s, (a - (s - part_of_b)) + (b - part_of_b)


class Carried(eqx.Module):
    """A value and what its rounding left over; together they are exact to twice the digits.

    Args:
        value: rounded value.
        carry: at most half a unit in the last place of it.

    >>> stock = Carried.of(1000.0)
    >>> float(stock.plus(1e-14).plus(1e-14).less(1000.0).value)
    2e-14
    """

    value: Array
    carry: Array

    @classmethod
    def of(cls, value: ArrayLike) -> "Carried":
        """A value without carry; a number becomes an array of the default float."""
        value = jnp.asarray(value, dtype=jnp.result_type(value, jnp.float32) if hasattr(value, "dtype") else float)
        return cls(value, jnp.zeros_like(value))

    def plus(self, amount: ArrayLike) -> "Carried":
        """Add an amount."""
        value, error = two_sum(self.value, amount)
        return Carried(*two_sum(value, self.carry + error))

    def less(self, amount: ArrayLike) -> "Carried":
        """Take an amount away."""
        return self.plus(-jnp.asarray(amount))


@jax.custom_jvp
def fixed_point_sum(x: Array) -> Array:
    r"""Sum of all terms that is the same, bit for bit, in any order and under any sharding.

    $$\sum_i x_i = \sum_{l=1}^{3} q_l \sum_i k_{il}, \qquad q_l = 2^{-30 l}\,2^{\lceil \log_2 \max |x| \rceil}$$

    with integers k, whose sums are exact. Terms below 2⁻⁹⁰ of the largest count as zero.

    Args:
        x: float array of any shape, fewer than 2**33 terms.

    Returns:
        the sum, in the dtype of x; NaN if a term is not finite.

    Raises:
        InputError: without 64-bit integers.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=1000) * 10.0 ** np.arange(-10, 10).repeat(50)
    >>> float(fixed_point_sum(x) - fixed_point_sum(x[::-1]))
    0.0
    """
    x = jnp.asarray(x)
    if not jax.config.read("jax_enable_x64"):
        raise InputError("sums in fixed point need 64-bit integers", do="leave JAX_ENABLE_X64 on")
    finite = jnp.all(jnp.isfinite(x))
    rest = jnp.where(finite, x, 0.0).astype(float)
    _, exponent = jnp.frexp(jnp.max(jnp.abs(rest), initial=0.0))
    parts = []
    for limb in range(1, LIMBS + 1):
        shift = LIMB_BITS * limb - exponent
        whole = jnp.round(jnp.ldexp(rest, shift))
        rest = rest - jnp.ldexp(whole, -shift)
        parts.append(jnp.ldexp(jnp.sum(whole.astype(jnp.int64)).astype(float), -shift))
    total = parts[0] + (parts[1] + parts[2])
    return jnp.where(finite, total, jnp.nan).astype(x.dtype)


@fixed_point_sum.defjvp
def _fixed_point_sum_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    return fixed_point_sum(*primals), jnp.sum(tangents[0])
