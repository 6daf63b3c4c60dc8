"""Calibration: a linear model has its textbook posterior, bounds hold, and what data do not see stays as it was."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from shanhai.core.errors import InputError
from shanhai.core.params import par
from shanhai.numerics.calibration import calibrate

X = np.linspace(0.0, 1.0, 9)


class Line(eqx.Module):
    slope: Array = par(1.0, "1", source="test", bounds=(-10.0, 10.0), meaning="slope")
    offset: Array = par(0.0, "1", source="test", bounds=(-10.0, 10.0), meaning="offset")
    unseen: Array = par(3.0, "1", source="test", bounds=(0.0, 10.0), meaning="of no effect")


PRIOR = {"slope": 2.0, "offset": 0.5, "unseen": 0.7}
TRACED = []


def misfit(line, data):
    TRACED.append(1)
    return (line.slope * X + line.offset + 0.0 * line.unseen - data) / 0.1


def fitted(data):
    return calibrate(Line(), misfit, PRIOR, given=jnp.asarray(data))


def test_a_linear_model_has_its_textbook_posterior():
    data = 2.0 * X - 0.3 + 0.05 * np.cos(40.0 * X)
    found = fitted(data)
    design = np.stack([X, np.ones(9), np.zeros(9)], axis=1)
    sigma = np.array(list(PRIOR.values()))
    covariance = np.linalg.inv(design.T @ design / 0.01 + np.diag(sigma**-2))
    mean = covariance @ (design.T @ data / 0.01 + np.array([1.0, 0.0, 3.0]) / sigma**2)
    np.testing.assert_allclose(list(found.values.values()), mean, rtol=1e-8)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-10, atol=1e-14)
    residuals = (design @ mean - data) / 0.1
    assert found.misfit == pytest.approx(np.mean(residuals**2), rel=1e-6)


def test_what_the_data_do_not_see_is_not_learned():
    found = fitted(2.0 * X)
    assert found.learned["unseen"] == 0.0
    assert found.spread["unseen"] == pytest.approx(0.7)
    assert found.learned["slope"] > 0.99
    last, combination = found.directions()[-1]
    assert last == 0.0
    assert abs(combination["unseen"]) == pytest.approx(1.0)
    assert np.diag(found.correlation) == pytest.approx(1.0)
    assert found.correlation[0, 1] < -0.8  # a steeper line through the same points starts lower


def test_other_data_of_one_shape_are_not_compiled_again():
    fitted(X)
    before = len(TRACED)
    fitted(3.0 * X)
    assert len(TRACED) == before


def test_values_and_draws_stay_within_the_bounds():
    found = calibrate(Line(), misfit, {"offset": 5.0, "unseen": 20.0}, given=jnp.asarray(X + 20.0))
    assert found.values["offset"] <= 10.0
    drawn = fitted(2.0 * X).draw(2000)
    assert drawn.shape == (2000, 3)
    assert drawn[:, 2].min() >= 0.0
    spread = fitted(2.0 * X).spread
    np.testing.assert_allclose(drawn[:, :2].std(axis=0), [spread["slope"], spread["offset"]], rtol=0.1)


def test_what_cannot_be_fitted_is_refused():
    with pytest.raises(InputError, match="there is no parameter 'slop'"):
        calibrate(Line(), misfit, {"slop": 1.0}, given=jnp.asarray(X))
    with pytest.raises(InputError, match="the spread of 'slope' is 0"):
        calibrate(Line(), misfit, {"slope": 0.0}, given=jnp.asarray(X))
    with pytest.raises(InputError, match="residual 4 is not finite"):
        calibrate(Line(), misfit, PRIOR, given=jnp.asarray(np.where(np.arange(9) == 4, np.nan, X)))


def test_logarithms_stay_positive_and_tell_factors():
    def scaled(line, data):
        return (line.unseen * X - data) / 0.1

    found = calibrate(Line(), scaled, {"unseen": 3.0}, given=jnp.asarray(0.02 * X), logarithmic=True)
    assert 0.0 < found.values["unseen"] < 0.15  # errors of 0.1 tell no more of 0.02, and the prior is 3 within exp(3)
    assert found.spread["unseen"] == pytest.approx(np.sqrt(found.covariance[0, 0]) * found.values["unseen"])
    assert found.draw(100).min() > 0.0


def two_wells(line, deep):
    """Of slope -2 and of slope 2, where one of them costs half a dozen more."""
    return jnp.stack([(line.slope**2 - 4.0) / 0.2, (line.slope - deep) / 1.2])


def test_several_starts_find_the_deeper_of_two_wells_and_tell_how_each_ended():
    start = eqx.tree_at(lambda line: line.slope, Line(), jnp.asarray(-1.0))
    deep = jnp.asarray(2.0)
    one = calibrate(start, two_wells, {"slope": 2.0}, given=deep)
    several = calibrate(start, two_wells, {"slope": 2.0}, given=deep, starts=8, seed=1)
    assert one.values["slope"] == pytest.approx(-2.0, abs=0.05)
    assert several.values["slope"] == pytest.approx(2.0, abs=0.05)
    assert one.costs == (one.cost[1],)
    assert len(several.costs) == 8
    assert several.costs[0] == one.cost[1]
    assert several.cost == (one.cost[0], min(several.costs))
    np.testing.assert_allclose(sorted(set(np.round(several.costs, 4))), sorted(wells()), atol=1e-3)
    assert several.steps > one.steps


def wells():
    """Half of J at the bottom of either well, looked for point by point."""
    slopes = np.linspace(-4.0, 4.0, 800001)
    half = 0.5 * (((slopes**2 - 4.0) / 0.2) ** 2 + ((slopes - 2.0) / 1.2) ** 2 + ((slopes + 1.0) / 2.0) ** 2)
    return half[slopes < 0].min(), half[slopes > 0].min()


def test_starts_are_drawn_within_the_bounds_and_the_same_again():
    seen = []

    def told(line, data):
        jax.debug.callback(lambda p: seen.append(float(p)), line.unseen)
        return jnp.stack([line.unseen - data])

    fits = [calibrate(Line(), told, {"unseen": 50.0}, given=jnp.asarray(4.0), starts=n, seed=3) for n in (6, 6, 1)]
    assert fits[0].costs == fits[1].costs
    assert fits[0].costs[0] == fits[2].costs[0]
    assert 0.0 <= min(seen) <= max(seen) <= 10.0
    assert max(seen) - min(seen) > 5.0  # and not all at the start


def test_a_start_where_the_model_does_not_run_is_left_and_told():
    def rooted(line, data):
        return jnp.stack([jnp.sqrt(line.slope - 0.5) - data, line.slope - line.slope])

    found = calibrate(Line(), rooted, {"slope": 2.0}, given=jnp.asarray(1.0), starts=6)
    assert np.isinf(found.costs).any()
    assert found.values["slope"] == pytest.approx(1.5, abs=0.3)
    with pytest.raises(InputError, match="0 starts find nothing"):
        calibrate(Line(), rooted, {"slope": 2.0}, given=jnp.asarray(1.0), starts=0)
