"""Laws of the sums: nothing is lost, also after compilation, and no order changes them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanhai.numerics.sums import Carried, fixed_point_sum, two_sum

sizes = st.floats(-1e100, 1e100, allow_subnormal=False)
compiled_two_sum = jax.jit(two_sum)
compiled_sum = jax.jit(fixed_point_sum)


@given(sizes, sizes)
@settings(max_examples=200, deadline=None)
def test_two_sum_is_exact_after_compilation(a, b):
    from fractions import Fraction

    s, e = (float(x) for x in compiled_two_sum(a, b))
    assert s == a + b
    if abs(e) > 1e-290 or e == 0.0:  # smaller ones are flushed to zero by some processors
        assert Fraction(s) + Fraction(e) == Fraction(a) + Fraction(b)


def test_two_sum_is_exact_for_products_that_compilers_would_contract_with_it():
    from fractions import Fraction

    compiled = jax.jit(lambda a, k: (two_sum(a, k / 3600.0), k / 3600.0))
    for k in range(1, 40):
        (s, e), b = compiled(0.7, jnp.asarray(3601 * k + 1))
        assert Fraction(float(s)) + Fraction(float(e)) == Fraction(0.7) + Fraction(float(b))


def test_a_slow_stock_in_single_precision_grows_with_a_carry_and_does_not_without():
    increment = jnp.float32(1.2e-6)

    @jax.jit
    def after(stock):
        return jax.lax.fori_loop(0, 1_000_000, lambda _, s: (s[0].plus(increment), s[1] + increment), stock)

    kept, plain = after((Carried.of(jnp.float32(1000.0)), jnp.float32(1000.0)))
    assert kept.value.dtype == kept.carry.dtype == jnp.float32
    assert float(plain) == 1000.0
    assert float(kept.value) + float(kept.carry) == pytest.approx(1000.0 + 1e6 * float(increment), abs=1e-6)


def test_what_is_added_and_taken_away_leaves_what_was_there():
    stock = Carried.of(1.0)
    amounts = np.random.default_rng(0).normal(size=200) * 10.0 ** np.linspace(-15, 12, 200)
    for x in amounts:
        stock = stock.plus(x)
    for x in np.random.default_rng(1).permutation(amounts):
        stock = stock.less(x)
    assert float(stock.value) == pytest.approx(1.0, abs=1e-16)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-200, 1.0, 1e200]))
@settings(max_examples=30, deadline=None)
def test_fixed_point_sums_are_the_same_in_any_order_and_right(seed, size):
    import math

    random = np.random.default_rng(seed)
    x = random.normal(size=512) * 10.0 ** random.uniform(-12, 12, 512) * size
    one, other = (np.asarray(compiled_sum(y)) for y in (x, random.permutation(x)))
    assert one.tobytes() == other.tobytes()
    assert float(one) == pytest.approx(math.fsum(x), abs=4e-16 * np.abs(x).max())


def test_fixed_point_sums_of_parts_are_those_of_the_whole_under_any_shape():
    x = np.random.default_rng(2).normal(size=512)
    shapes = [(512,), (2, 256), (8, 64)]
    assert len({np.asarray(fixed_point_sum(x.reshape(shape))).tobytes() for shape in shapes}) == 1


def test_fixed_point_sums_of_nothing_and_of_the_infinite():
    assert float(fixed_point_sum(jnp.zeros(0))) == 0.0
    assert float(fixed_point_sum(jnp.zeros(3))) == 0.0
    assert np.isnan(float(fixed_point_sum(jnp.array([1.0, jnp.inf]))))


def test_fixed_point_sums_have_the_gradient_of_a_sum():
    assert jax.grad(lambda x: fixed_point_sum(x**2))(jnp.array([1.0, 2.0])).tolist() == [2.0, 4.0]
