"""Fits of a soil: a truth is found again within its stated errors, what is held out is predicted, draws weigh right."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from shanhai import soil
from shanhai.core.errors import InputError
from shanhai.core.params import par
from shanhai.numerics.calibration import calibrate, with_parameters
from shanhai.soil.field_units import factor
from shanhai.soil.results import observed_at

slow = pytest.mark.slow  # compiling takes long

SIMPLE = soil.Layer(mined=0.5, dormancy=None, minerals=None, birch=None, nitrification=None, denitrification=None)
MODEL = soil.Model(layer=SIMPLE)
TRUTH = {"layer.microbes.maintenance": 0.004, "layer.microbes.uptake": 0.04}
DAILY = soil.Daily(temperature=np.array([[15.0, 25.0]]))
DAYS, WHEN = 24, np.arange(1.0, 24.0, 2.0)


@pytest.fixture(scope="module")
def measured():
    """Respiration and microbes of the truth with errors of 3 per cent; the last third of the former is held out."""
    run = with_parameters(MODEL, tuple(TRUTH), jnp.array(list(TRUTH.values()))).run(DAILY, DAYS)
    random = np.random.default_rng(7)
    found = {}
    for name in ("co2", "microbial_biomass_carbon"):
        exact = np.asarray(observed_at(run, name, jnp.asarray(WHEN)))
        found[name] = soil.Observed(WHEN, exact * (1.0 + 0.03 * random.standard_normal(exact.shape)), 0.03 * exact)
    held = np.broadcast_to(WHEN[:, None] > 16.0, found["co2"].values.shape)
    co2 = found["co2"]._replace(values=np.where(WHEN[:, None] == 5.0, np.nan, found["co2"].values), held_out=held)
    return found | {"co2": co2}


@pytest.fixture(scope="module")
def fitted(measured):
    return soil.fit(MODEL, DAILY, measured, {n: soil.Prior(1.0) for n in TRUTH}, days=DAYS)


@slow
def test_a_truth_is_found_within_its_stated_errors(fitted):
    for name, value in TRUTH.items():
        assert abs(fitted.found.values[name] - value) < 2.5 * fitted.found.spread[name]
        assert fitted.found.spread[name] < 0.2 * value
        assert fitted.found.learned[name] > 0.9
    assert 0.4 < fitted.found.misfit < 1.6


@slow
def test_what_is_held_out_takes_no_part_and_is_predicted(fitted, measured):
    used, held = fitted.score("co2"), fitted.score("co2", held_out=True)
    assert (used.number, held.number) == (2 * 7, 2 * 4)  # one of the early days was not measured
    assert held.rmse < 2.0 * 0.03 * float(np.max(np.asarray(measured["co2"].values)[-4:]))
    assert held.rmse < 0.3 * fitted.score("co2", held_out=True, before=True).rmse
    assert fitted.score("microbial_biomass_carbon", held_out=True).number == 0


@slow
def test_the_report_says_what_the_data_know(fitted):
    text = str(fitted)
    assert all(name in text for name in TRUTH)
    assert "co2, held out: 8 values" in text
    assert "combinations by information" in text
    best, worst = (fitted.found.directions()[k][0] for k in (0, -1))
    assert best > worst > 1.0


@slow
def test_weighted_draws_agree_where_the_model_is_nearly_linear(fitted):
    drawn = fitted.posterior(40, seed=2)
    assert drawn.effective > 20.0
    for name, value in fitted.found.values.items():
        assert abs(drawn.mean[name] - value) < fitted.found.spread[name]
        assert drawn.quantiles(0.05)[name] < value < drawn.quantiles(0.95)[name]


@slow
def test_what_cannot_be_fitted_is_refused(measured):
    def refused(said, observed=measured, free=tuple(TRUTH), **given):
        with pytest.raises(InputError, match=said):
            soil.fit(MODEL, DAILY, observed, free, days=DAYS, **given)

    co2 = measured["co2"]
    refused("there is no parameter 'shares.labil'; did you mean 'shares.labile'", free=["shares.labil"])
    refused("there is no result 'co3'", {"co3": co2})
    refused("the unit 'furlong' does not measure the same as 'mg kg-1 d-1'", {"co2": co2._replace(unit="furlong")})
    refused("does not measure the same", {"co2": co2._replace(unit="mg kg-1")})
    refused("none is a number", {"co2": co2._replace(values=np.full((12, 2), np.nan))})
    refused(r"want values of the shape \(12, 2\), and it is \(12,\)", {"co2": co2._replace(values=WHEN)})
    refused("not within the 24 days", {"co2": co2._replace(days=WHEN + 5.0)})
    refused("standard error is not positive", {"co2": co2._replace(error=0.0)})
    refused("no measurement to fit to", {"co2": co2._replace(held_out=True)})
    refused("no parameter is free", free=[])
    refused("names alone tell no standard error", logarithmic=False)
    refused("cannot be from 0.1 to 0.5", free={"shares.labile": soil.Prior(1.0, low=0.1, high=0.5)})


def test_units_of_the_field_are_turned_into_those_of_results():
    assert factor("ug C g-1 h-1", "mg kg-1 d-1", MODEL) == 24.0
    assert factor("", "1", MODEL) == 1.0
    assert factor("%", "g kg-1", MODEL) == 10.0
    assert float(factor("kg N ha-1", "mg kg-1", MODEL)) == pytest.approx(1e-4 * 1e6 / (1200.0 * 0.1))
    with pytest.raises(InputError, match="does not measure the same"):
        factor("mg kg-1", "mol mol-1", MODEL)


class Well(eqx.Module):
    p: Array = par(1.0, "1", source="test", bounds=(-3.0, 3.0), meaning="of two wells")


def test_weighted_draws_have_the_mean_of_a_posterior_that_is_not_gaussian():
    """A cubic residual has a posterior with one long side; its mean is known by quadrature."""

    def residuals(well):
        return jnp.stack([(well.p**3 - 0.5) / 0.4, 0.0 * well.p])

    found = calibrate(Well(), residuals, {"p": 1.0})
    drawn = found.reweighted(residuals, 4000, seed=1)
    grid = np.linspace(-3.0, 3.0, 200001)
    density = np.exp(-0.5 * (((grid**3 - 0.5) / 0.4) ** 2 + (grid - 1.0) ** 2))
    mean = float(np.sum(grid * density) / np.sum(density))
    spread = float(np.sqrt(np.sum((grid - mean) ** 2 * density) / np.sum(density)))
    assert abs(drawn.mean["p"] - mean) < 4.0 * spread / np.sqrt(drawn.effective)
    assert abs(found.values["p"] - mean) > 8.0 * spread / np.sqrt(drawn.effective)  # Laplace is not enough
    below = grid[np.searchsorted(np.cumsum(density) / density.sum(), 0.1)]
    assert drawn.quantiles(0.1)["p"] == pytest.approx(below, abs=0.05)
    assert drawn.weights.sum() == pytest.approx(1.0)


def test_narrower_bounds_hold():
    def residuals(well):
        return jnp.stack([(well.p - 2.0) / 0.1])

    found = calibrate(Well(), residuals, {"p": 10.0}, within={"p": (0.5, 1.5)})
    assert found.values["p"] == pytest.approx(1.5, abs=1e-6)
    with pytest.raises(InputError, match=r"starts at 1 and cannot be from 1\.2 to 1\.5"):
        calibrate(Well(), residuals, {"p": 10.0}, within={"p": (1.2, 1.5)})
