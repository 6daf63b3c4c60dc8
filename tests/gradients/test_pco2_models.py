"""Derivatives of pCO2 models: equal to finite differences, finite at empty states, inside jit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.monitoring.pco2_models import effects as fx
from shanhai.monitoring.pco2_models.forest import ForestSpec
from shanhai.monitoring.pco2_models.neural import NeuralSpec
from shanhai.monitoring.pco2_models.polynomial import PolynomialSpec
from shanhai.monitoring.pco2_models.semi_analytic import SemiAnalytic, SemiAnalyticSpec

SST, SSS, CHL = "sea_surface_temperature", "sea_surface_salinity", "chlorophyll"
STATE = {SST: 18.0, SSS: 33.5, CHL: 0.7}
SPECS = [
    PolynomialSpec(predictors=(SST, SSS, CHL), log10=(CHL,), degree=3, interactions=True),
    NeuralSpec(predictors=(SST, SSS, CHL), log10=(CHL,), hidden=(6,), iterations=50),
    SemiAnalyticSpec(),
]


def match_ups():
    rng = np.random.default_rng(3)
    given = {
        SST: rng.uniform(5, 30, 200),
        SSS: rng.uniform(28, 35, 200),
        CHL: 10 ** rng.normal(-0.3, 0.5, 200),
    }
    return given, 35 + 0.8 * (given[SST] - 18) - given[SSS] + 33 - 4 * np.log10(given[CHL])


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.kind)
def test_derivatives_equal_finite_differences_inside_jit(spec):
    model = spec.fit(*match_ups())
    slope = jax.jit(jax.grad(lambda given: model.predict(given)))({n: jnp.asarray(v) for n, v in STATE.items()})
    for name, value in STATE.items():
        step = 1e-4 * value
        up, down = (float(model.predict(STATE | {name: value + s})) for s in (step, -step))
        assert float(slope[name]) == pytest.approx((up - down) / (2 * step), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.kind)
def test_a_gap_does_not_spoil_the_gradient_of_its_neighbours(spec):
    model = spec.fit(*match_ups())

    def mean(sst):
        return jnp.nanmean(model.predict({SST: sst, SSS: 33.5, CHL: jnp.array([0.7, 0.0, 0.7])}))

    slope = jax.grad(mean)(jnp.array([18.0, 18.0, 19.0]))
    assert np.isfinite(np.asarray(slope)[[0, 2]]).all()


def test_a_forest_is_flat():
    model = ForestSpec(predictors=(SST, SSS, CHL), trees=5).fit(*match_ups())
    slope = jax.grad(lambda given: model.predict(given))({n: jnp.asarray(v) for n, v in STATE.items()})
    assert all(float(s) == 0.0 for s in slope.values())


def test_thermal_derivative_is_the_sensitivity_times_pco2():
    model = SemiAnalytic({"thermal": fx.Thermal()}, 36.0)
    p, slope = jax.value_and_grad(lambda t: model.predict({SST: t}))(27.0)
    assert float(slope / p) == pytest.approx(0.0423, rel=1e-12)


def test_parameters_are_differentiable_leaves():
    import equinox as eqx

    model = SemiAnalytic({"thermal": fx.Thermal(), "mixing": fx.Mixing(), "biology": fx.Biology()}, 36.0)
    slope = eqx.filter_grad(lambda m: m.predict(STATE))(model)
    assert float(slope.effects[2].drawdown) == pytest.approx(-np.log10(0.7 / 0.3), rel=1e-12)
    assert float(slope.background) == pytest.approx(float(np.exp(0.0423 * (18.0 - 20.0))), rel=1e-12)
