"""Laws of carbon use efficiency: temperature, co-limitation, overflow."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.soil.carbon_use import LinearEfficiency, LogitEfficiency, carbon_use, limited_growth

Y, R_N, R_P = 0.45, 8.0, 60.0


@pytest.mark.parametrize("uptake", [1e-9, 1.0, 3e4])
def test_growth_rises_with_the_ratio_of_biomass_below_the_critical_supply_and_not_above(uptake):
    critical = Y * uptake / R_N
    slope = jax.grad(lambda n: carbon_use(uptake, Y, {"N": n}, {"N": R_N}).growth)
    for part in (0.0, 0.5, 0.999):
        assert float(slope(part * critical)) == pytest.approx(R_N, abs=1e-12)
    for part in (1.001, 2.0, 1e6):
        assert float(slope(part * critical)) == 0.0


def test_critical_supply_with_two_nutrients_and_the_phosphorus_that_takes_over():
    def growth(n, p):
        return carbon_use(1.0, Y, {"N": n, "P": p}, {"N": R_N, "P": R_P}).growth

    slopes = jax.grad(growth, (0, 1))
    assert np.allclose(slopes(0.02, 1.0), (R_N, 0.0), atol=1e-12)
    assert np.allclose(slopes(0.05, 0.002), (0.0, R_P), atol=1e-12)
    assert np.allclose(slopes(1.0, 1.0), (0.0, 0.0), atol=1e-12)
    assert float(growth(0.05, 0.002)) == pytest.approx(0.12)


@pytest.mark.parametrize("width", [0.0, 0.05, 1.0])
def test_respiration_and_growth_are_the_uptake(width):
    random = np.random.default_rng(4)
    uptake, n, p = random.lognormal(0.0, 3.0, (3, 500)) * random.integers(0, 2, (3, 500))
    use = carbon_use(uptake, Y, {"N": n, "P": p}, {"N": R_N, "P": R_P}, width)
    assert np.allclose(use.growth + use.maintenance + use.overflow, uptake, rtol=1e-15, atol=0)
    assert all(np.all(np.asarray(part) >= 0) for part in use)
    assert np.all(use.efficiency <= Y * (1 + 1e-15))


def test_smooth_co_limitation_converges_to_liebig_in_value_and_in_slope_off_the_corner():
    n = jnp.linspace(0.0, 0.12, 241)
    exact = carbon_use(1.0, Y, {"N": n}, {"N": R_N}).growth
    slope = jax.vmap(jax.grad(lambda n, w: carbon_use(1.0, Y, {"N": n}, {"N": R_N}, w).growth), (0, None))
    gaps, slopes = [], []
    away = np.abs(np.asarray(n) * R_N / Y - 1.0) > 0.1
    for w in (0.1, 0.01, 0.001):
        gaps.append(np.max(exact - carbon_use(1.0, Y, {"N": n}, {"N": R_N}, w).growth))
        slopes.append(np.max(np.abs(slope(n, w) - slope(n, 0.0))[away]))
    assert gaps[0] > 8.0 * gaps[1] > 64.0 * gaps[2] > 0.0
    assert slopes[2] < 1e-12 < 1e-3 < slopes[0]


def test_co_limitation_does_not_depend_on_the_order_of_nutrients():
    there, back = limited_growth(0.5, (0.6, 0.7), 0.2), limited_growth(0.7, (0.5, 0.6), 0.2)
    assert float(there) == pytest.approx(float(back), rel=1e-15)


def test_nutrients_lower_the_efficiency_that_is_measured():
    n = jnp.linspace(0.0, 0.1, 11)
    efficiency = np.asarray(carbon_use(1.0, Y, {"N": n}, {"N": R_N}).efficiency)
    assert np.all(np.diff(efficiency) >= 0)
    assert efficiency[0] == 0.0
    assert efficiency[-1] == pytest.approx(Y)


def test_without_uptake_nothing_happens():
    use = carbon_use(0.0, Y, {"N": 0.0}, {"N": R_N})
    assert [float(part) for part in (*use, use.efficiency)] == [0.0] * 4


def test_efficiencies_at_published_points():
    logit = LogitEfficiency()
    assert float(logit(293.15)) == pytest.approx(1.0 / (1.0 + np.exp(-0.094)), rel=1e-14)
    warm, cold = float(logit(293.15 + 25.0)), float(logit(293.15 - 15.0))
    assert np.log(warm / (1 - warm)) - np.log(cold / (1 - cold)) == pytest.approx(-0.039 * 40.0)
    assert float(LinearEfficiency()(288.15)) == pytest.approx(0.19)
    assert float(LinearEfficiency()(298.15)) == pytest.approx(0.07)


def test_the_logit_form_stays_between_zero_and_one():
    y = np.asarray(LogitEfficiency()(np.linspace(150.0, 500.0, 50)))
    assert np.all((y > 0) & (y < 1))
    assert np.all(np.diff(y) < 0)
