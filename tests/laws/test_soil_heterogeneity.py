"""Laws of rates of mixtures of places, against ensembles of places drawn with fixed seeds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.soil.heterogeneity import (
    Mixture,
    apparent_parameters,
    closure_bias,
    covariation_of_lognormals,
    lognormal_rate,
    mean_field_rate,
    second_order_rate,
)

CORRELATIONS = (-0.8, -0.4, 0.0, 0.4, 0.8)
PLACES = 200_000


def ensemble(variation, correlation, mean=1.0, half=1.0):
    """Mean rate of places with lognormal substrate and microbes, of equal variation, and its standard error."""
    rng = np.random.default_rng(20260 + round(100 * variation) + round(1000 * (correlation + 1)))
    z = rng.standard_normal((2, PLACES))
    z = np.concatenate([z, -z], axis=1)  # antithetic
    s = np.sqrt(np.log1p(variation**2))
    substrate = mean * np.exp(s * z[0] - 0.5 * s * s)
    microbes = np.exp(s * (correlation * z[0] + np.sqrt(1 - correlation**2) * z[1]) - 0.5 * s * s)
    rates = microbes * substrate / (half + substrate)
    pairs = 0.5 * (rates[:PLACES] + rates[PLACES:])
    return rates.mean(), pairs.std() / np.sqrt(PLACES)


def mixture(variation, correlation, mean=1.0):
    return Mixture(mean, 1.0, variation, covariation_of_lognormals(variation, variation, correlation))


@pytest.mark.parametrize("correlation", CORRELATIONS)
@pytest.mark.parametrize("variation", [0.1, 0.2, 0.3])
def test_second_order_beats_the_mean_field_at_small_variation(variation, correlation):
    truth, error = ensemble(variation, correlation)
    m = mixture(variation, correlation)
    second = abs(float(second_order_rate(m, 1.0, 1.0)) - truth)
    mean = abs(float(mean_field_rate(m, 1.0, 1.0)) - truth)
    assert second < 0.5 * mean + 4 * error
    assert second < 0.3 * variation**3 + 4 * error


@pytest.mark.parametrize("correlation", CORRELATIONS)
@pytest.mark.parametrize("variation", [0.1, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("mean", [0.1, 3.0])
def test_quadrature_is_the_mean_of_the_ensemble_at_any_variation(variation, correlation, mean):
    truth, error = ensemble(variation, correlation, mean)
    assert abs(float(lognormal_rate(mixture(variation, correlation, mean), 1.0, 1.0)) - truth) < 4 * error


def test_second_order_is_lost_where_quadrature_holds():
    m = mixture(2.0, 0.8)
    truth, _ = ensemble(2.0, 0.8)
    assert abs(float(second_order_rate(m, 1.0, 1.0)) - truth) > 0.1 * truth
    assert abs(float(lognormal_rate(m, 1.0, 1.0)) - truth) < 0.01 * truth


@pytest.mark.parametrize("correlation", [0.0, 0.7])
def test_the_error_of_second_order_is_of_higher_order(correlation):
    errors = []
    for variation in (0.2, 0.1, 0.05):
        m = mixture(variation, correlation)
        errors.append(abs(float(second_order_rate(m, 1.0, 0.3) - lognormal_rate(m, 1.0, 0.3))))
    assert errors[0] / errors[1] > 7
    assert errors[1] / errors[2] > 7


def test_nothing_varies_and_all_closures_are_the_mean_field():
    m = Mixture(jnp.array([0.01, 1.0, 50.0]), 2.0, 0.0, 0.0)
    mean = mean_field_rate(m, 3.0, 1.5)
    np.testing.assert_allclose(second_order_rate(m, 3.0, 1.5), mean, rtol=1e-15)
    np.testing.assert_allclose(lognormal_rate(m, 3.0, 1.5), mean, rtol=1e-14)
    apparent = apparent_parameters(m, 3.0, 1.5)
    np.testing.assert_allclose(apparent.capacity, 3.0, rtol=1e-13)
    np.testing.assert_allclose(apparent.half_saturation, 1.5, rtol=1e-13)


def test_spread_slows_and_microbes_at_their_substrate_make_up_for_it():
    """Jensen's inequality, and the opposite by covariance, in both closures."""
    for rate in (second_order_rate, lognormal_rate):
        alone = [float(rate(mixture(v, 0.0), 1.0, 1.0)) for v in (0.0, 0.2, 0.4)]
        assert alone[0] > alone[1] > alone[2]
        together = [float(rate(mixture(0.4, c), 1.0, 1.0)) for c in CORRELATIONS]
        assert np.all(np.diff(together) > 0)
    assert float(closure_bias(mixture(1.0, 0.0), 1.0)) > 1.0 > float(closure_bias(mixture(1.0, 0.9), 1.0))


def test_substrate_in_proportion_to_microbes_by_a_closed_form():
    """At little substrate g is linear, so that only the covariance counts."""
    m = mixture(1.5, 0.6, mean=1e-9)
    assert float(lognormal_rate(m, 1.0, 1.0)) == pytest.approx(1e-9 * (1 + float(m.covariation)), rel=1e-6)


def test_the_apparent_hyperbola_touches_the_mean_rate():
    m = mixture(1.2, 0.5, mean=2.0)

    def rate(mean):
        return lognormal_rate(m._replace(substrate=mean), 3.0, 0.7)

    value, slope = jax.value_and_grad(rate)(2.0)
    v, k = apparent_parameters(m, 3.0, 0.7)
    assert float(v * 2.0 / (k + 2.0)) == pytest.approx(float(value), rel=1e-12)
    assert float(v * k / (k + 2.0) ** 2) == pytest.approx(float(slope), rel=1e-12)


def test_apparent_parameters_are_biased_as_mixtures_are():
    """Spread raises the half-saturation beyond the true one and lowers the capacity below; neither meets both."""
    above = [apparent_parameters(mixture(v, 0.0, mean=5.0), 1.0, 1.0) for v in (0.0, 0.5, 1.0)]
    assert above[0].half_saturation < above[1].half_saturation < above[2].half_saturation
    below = [apparent_parameters(mixture(v, 0.0, mean=0.2), 1.0, 1.0) for v in (0.0, 0.5, 1.0)]
    assert below[0].capacity > below[1].capacity > below[2].capacity
    at = apparent_parameters(mixture(1.0, 0.0), 1.0, 1.0)  # lognormals are symmetric there
    assert float(at.half_saturation) == pytest.approx(1.0, rel=1e-9)
    much = apparent_parameters(mixture(1.0, 0.5, mean=1e6), 1.0, 1.0)
    assert float(much.capacity) == pytest.approx(1.0, rel=1e-5)
    near = apparent_parameters(mixture(0.5, 0.8, mean=1e-8), 1.0, 1.0)
    ratio = float(near.half_saturation / near.capacity)
    assert ratio == pytest.approx(1.0 / (1.0 + float(mixture(0.5, 0.8).covariation)), rel=1e-6)


@pytest.mark.parametrize("values", [(1.0, 0.5, 0.1), (1.0, 0.0, 0.0), (0.0, 0.5, 0.1), (1e3, 2.0, -0.5)])
def test_slopes_are_those_of_differences_also_without_spread_or_substrate(values):
    def first(mean, variation, covariation):
        return lognormal_rate(Mixture(mean, 1.0, variation, covariation), 1.0, 1.0)

    slopes = jax.grad(first, argnums=(0, 1, 2))(*values)
    assert all(np.isfinite(float(s)) for s in slopes)
    for i in range(3):
        step = 1e-4 * max(abs(values[i]), 1.0)
        around = [list(values) for _ in range(3)]
        around[1][i] += step
        around[2][i] += 2 * step
        numbers = [float(first(*v)) for v in around]
        slope = (4 * numbers[1] - 3 * numbers[0] - numbers[2]) / (2 * step)
        assert float(slopes[i]) == pytest.approx(slope, rel=1e-5, abs=2e-7)


def test_broadcasting_over_levels_and_cells():
    m = Mixture(jnp.ones((3, 1)), jnp.ones(2), 0.5, jnp.zeros((3, 2)))
    assert lognormal_rate(m, 1.0, 1.0).shape == (3, 2)
    assert apparent_parameters(m, 1.0, 1.0).capacity.shape == (3, 2)
