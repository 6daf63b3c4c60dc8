r"""The functions φ of small matrices times vectors, many matrices at once, accurate for compartmental systems.

$$\varphi_0(z) = e^z, \qquad \varphi_{k}(z) = \frac{\varphi_{k-1}(z) - 1/(k-1)!}{z}$$

by a Taylor series for $A / 2^n$, no longer than 1, followed by n doublings of $F = e^z - 1$ and of φ times the vectors:

$$F(2z) = 2F + F^2, \quad 2\varphi_1(2z) = 2\varphi_1 + F\varphi_1, \quad
4\varphi_2(2z) = 2\varphi_2 + F\varphi_2 + \varphi_1, \quad
8\varphi_3(2z) = 2\varphi_3 + F\varphi_3 + \varphi_2 + \tfrac12\varphi_1.$$

Doubling F instead of the exponential keeps slow modes beside fast ones, as 1 is never added to a small number. What
leaves the compartments, the *leak* $l = -1^T A$, is doubled beside it, $l(2z) = 2l + lF$, and the diagonal of F is made
of the leak and the other elements of its column: no matter is lost or made by rounding.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

TERMS = 18  # the first left out is below rounding at a norm of one
MOST_DOUBLINGS = 48


class Phi(NamedTuple):
    """φ1 v1, φ2 v2 and φ3 v3, each (..., n)."""

    one: Array
    two: Array
    three: Array


class _State(NamedTuple):
    f: Array
    leak: Array  # less the sums of the columns of F, (..., 1, n)
    one: Array  # φ1 times (v1, v2, v3)
    two: Array  # φ2 times (v2, v3)
    three: Array  # φ3 times v3


def phi(a: Array, leak: Array, v1: Array, v2: Array, v3: Array) -> Phi:
    """φ1(a) v1, φ2(a) v2 and φ3(a) v3.

    Args:
        a: matrices, (..., n, n); the largest column sum of absolute values below 2 ** 48. The diagonal is not used.
        leak: less the sums of their columns, exact zeros where all that leaves a compartment enters others, (..., n).
        v1: vectors, (..., n).
        v2: likewise.
        v3: likewise.

    >>> one = jnp.ones((1,))
    >>> [round(float(p[0]), 9) for p in phi(jnp.array([[-2.0]]), 2.0 * one, one, one, one)]
    [0.432332358, 0.283833821, 0.10808309]
    """
    vectors = jnp.stack([v1, v2, v3], axis=-1)
    norm = jax.lax.stop_gradient(jnp.max(jnp.sum(jnp.abs(a), axis=-2), axis=-1))
    doublings = jnp.clip(jnp.ceil(jnp.log2(jnp.where(norm > 0, norm, 1.0))), 0, MOST_DOUBLINGS)
    shorter = jnp.exp2(-doublings)[..., None, None]
    leak = shorter * leak[..., None, :]
    small = _closed(a * shorter, leak)
    end, _ = jax.lax.scan(_doubled_where, (_taylor(small, leak, vectors), doublings), jnp.arange(MOST_DOUBLINGS))
    state = end[0]
    return Phi(state.one[..., 0], state.two[..., 0], state.three[..., 0])


def _closed(f: Array, leak: Array) -> Array:
    """The matrix with the diagonal that its columns and the leak ask for."""
    unit = jnp.eye(f.shape[-1], dtype=f.dtype)
    away = f * (1.0 - unit)
    return away - unit * (jnp.sum(away, axis=-2, keepdims=True) + leak)


def _taylor(a: Array, leak: Array, vectors: Array) -> _State:
    """F, and φ times the vectors, of short matrices, by Horner's rule."""
    unit = jnp.broadcast_to(jnp.eye(a.shape[-1], dtype=a.dtype), a.shape)
    both = jnp.concatenate([unit, vectors], axis=-1)
    factorial = np.cumprod([1.0, *range(1, TERMS + 4)])
    three = both / factorial[TERMS + 3]
    for k in range(TERMS + 2, 2, -1):
        three = both / factorial[k] + _times(a, three)
    two = both / 2.0 + _times(a, three)
    one = both + _times(a, two)
    n = a.shape[-1]
    leak = _times(leak, one[..., :n])
    return _State(_closed(_times(a, one[..., :n]), leak), leak, one[..., n:], two[..., n + 1 :], three[..., n + 2 :])


def _doubled_where(carry: tuple[_State, Array], number: Array) -> tuple[tuple[_State, Array], None]:
    state, doublings = carry
    here = number < doublings

    def double(state: _State) -> _State:
        return jax.tree.map(lambda new, old: jnp.where(here[..., None, None], new, old), _doubled(state), state)

    return (jax.lax.cond(jnp.any(here), double, lambda s: s, state), doublings), None


def _doubled(s: _State) -> _State:
    products = _times(s.f, jnp.concatenate([s.f, s.one, s.two, s.three], axis=-1))
    ff, f1, f2, f3 = jnp.split(products, np.cumsum([s.f.shape[-1], 3, 2]), axis=-1)
    three = 0.125 * (2.0 * s.three + f3 + s.two[..., 1:] + 0.5 * s.one[..., 2:])
    leak = 2.0 * s.leak + _times(s.leak, s.f)
    return _State(
        _closed(2.0 * s.f + ff, leak), leak, s.one + 0.5 * f1, 0.25 * (2.0 * s.two + f2 + s.one[..., 1:]), three
    )


def _times(a: Array, b: Array) -> Array:
    return jnp.matmul(a, b, precision="highest")
