"""Laws of the smooth minimum and the smooth positive part."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.numerics.smooth import smooth_minimum, smooth_positive

RATES = np.random.default_rng(1).lognormal(0.0, 2.0, (3, 400))
WIDTHS = [0.01, 0.1, 0.5, 1.0]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_smooth_minimum_is_never_above_either_and_not_far_below(width):
    a, b, _ = RATES
    m = np.asarray(smooth_minimum(a, b, width))
    assert np.all(m <= np.minimum(a, b) * (1 + 1e-15))
    assert np.all(m >= np.minimum(a, b) * 2.0**-width * (1 - 1e-13))


@pytest.mark.parametrize("width", [0.0, *WIDTHS])
def test_the_order_of_three_does_not_matter_and_units_follow(width):
    a, b, c = RATES
    there = smooth_minimum(smooth_minimum(a, b, width), c, width)
    assert np.allclose(there, smooth_minimum(a, smooth_minimum(c, b, width), width), rtol=1e-13, atol=0)
    assert np.allclose(smooth_minimum(7e9 * a, 7e9 * b, width), 7e9 * smooth_minimum(a, b, width), rtol=1e-13, atol=0)


def test_width_zero_is_the_exact_minimum_and_the_exact_positive_part():
    a, b, _ = RATES
    assert np.array_equal(smooth_minimum(a, b, 0.0), np.minimum(a, b))
    x = np.log(a)
    assert np.array_equal(smooth_positive(x, 0.0), np.maximum(x, 0.0))


def test_smooth_forms_converge_to_the_exact_ones():
    a, b, _ = RATES
    worst = [np.max(np.abs(smooth_minimum(a, b, w) / np.minimum(a, b) - 1.0)) for w in (0.1, 0.01, 0.001)]
    assert worst[0] > 8.0 * worst[1] > 64.0 * worst[2]
    x = np.linspace(-5.0, 5.0, 1001)
    for w in (1.0, 0.1, 0.01):
        gap = np.maximum(x, 0.0) - smooth_positive(x, w)
        assert np.all(gap >= 0)
        assert np.max(gap) <= 0.43 * w


def test_the_positive_part_is_nothing_at_zero_and_exact_far_above():
    x = np.array([-3.0, -1e-9, 0.0, 6.5, 1e3, 1e300])
    assert np.array_equal(smooth_positive(x, 1.0), np.maximum(x, 0.0))
    slopes = jax.vmap(jax.grad(smooth_positive), (0, None))(jnp.asarray(x), 1.0)
    assert np.allclose(slopes, [0, 0, 0, 1, 1, 1], atol=1e-13)


@pytest.mark.parametrize("width", [0.0, 0.02, 1.0])
@pytest.mark.parametrize("pair", [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (2e-9, 1e-9), (1e-200, 1.0), (3.0, 4.0)])
def test_slopes_are_finite_everywhere_and_equal_finite_differences_inside(pair, width):
    slopes = np.array(jax.grad(smooth_minimum, (0, 1, 2))(*pair, width))
    assert np.all(np.isfinite(slopes))
    assert np.allclose(slopes[:2].sum(), 1.0 if min(pair) == 0 else slopes[:2].sum())
    if width > 0 and min(pair) > 1e-100:
        for k in (0, 1):
            step = [0.0, 0.0]
            step[k] = 1e-5 * pair[k]
            up, down = (smooth_minimum(*(p + s * d for p, d in zip(pair, step)), width) for s in (1, -1))
            assert slopes[k] == pytest.approx(float(up - down) / (2 * step[k]), abs=1e-6)


def test_slopes_of_the_positive_part_equal_finite_differences():
    x = jnp.array([0.01, 0.3, 1.0, 2.5, 9.0])
    slopes = jax.vmap(jax.grad(smooth_positive), (0, None))(x, 1.0)
    differences = (smooth_positive(x + 1e-6, 1.0) - smooth_positive(x - 1e-6, 1.0)) / 2e-6
    assert np.allclose(slopes, differences, atol=1e-8)
    assert np.isfinite(jax.grad(smooth_positive, 1)(0.0, 0.0))


def test_widths_of_the_tiniest_amounts_have_slopes():
    def kept(scale):
        return smooth_positive(3.0 * scale, 2.0 * scale) / 1e-200

    there = jnp.asarray(1e-200)
    value, slope = jax.jit(jax.value_and_grad(kept))(there)
    assert float(value) == pytest.approx(float(smooth_positive(3.0, 2.0)), rel=1e-12)
    assert float(slope) * 1e-200 == pytest.approx(float(value), rel=1e-12)
