"""Jars: what they give off closes, and a fit finds the numbers behind its data."""

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.models.site.jar import Jar, Treatment, at_days, respired, start
from shanhai.numerics.calibration import with_parameters
from shanhai.site.incubation import Settings, run
from shanhai.soil.layer import network

pytestmark = pytest.mark.slow  # compiling takes long

TREATMENT = Treatment(
    *map(jnp.array, ([15.0, 25.0, 15.0, 25.0], [0.4, 0.4, 0.6, 0.6], [1.0] * 4, [0.0, 0.0, 0.0, 0.5]))
)
TRUTH = {"shares.labile": 0.05, "layer.microbes.maintenance": 0.004}
DAYS = 20


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """What jars with other numbers than the defaults give off in a day [mg C kg-1 d-1]."""
    truth = with_parameters(Jar(), list(TRUTH), jnp.array(list(TRUTH.values())))
    amounts = np.asarray(respired(truth, TREATMENT, DAYS))
    days = np.arange(1.0, DAYS, 3.0)
    around = [at_days(jnp.asarray(amounts), jnp.asarray(days) + off) for off in (0.5, -0.5)]
    rates = np.asarray(around[0] - around[1]) * 12.011e3 / 1200.0
    path = tmp_path_factory.mktemp("jars") / "series.csv"
    rows = [",".join(map(repr, (float(d), *map(float, r)))) for d, r in zip(days, rates)]
    path.write_text("time,a,b,c,d\n" + "\n".join(rows))
    return path


@pytest.fixture(scope="module")
def result(table):
    lists = {name: tuple(map(float, values)) for name, values in TREATMENT._asdict().items()}
    return run(Settings(file=str(table), jars=tuple("abcd"), free=tuple(TRUTH), spread=(1.0, 1.0), folds=2, **lists))


def test_a_fit_finds_the_numbers_behind_its_data(result):
    off = np.abs(result.series["value"].values - np.array(list(TRUTH.values())))
    assert np.all(off < result.series["standard_error"].values)
    assert result.number("rmse_fitted") < 0.05 * result.number("rmse_modelled")
    assert result.number("r2_predicted") > 0.99
    assert all(0.7 < part <= 1.0 for part in result.series["learned"].values)


def test_all_jars_close(result):
    assert {row.quantity for row in result.ledger} >= {"C", "N"}
    assert all(row.closes for row in result.ledger)


def test_carbon_at_the_start_is_that_of_the_soil_and_what_is_added():
    jar = Jar()
    x = start(jar, TREATMENT)
    made = network(jar.layer)
    inside = [k for k, s in enumerate(made.species) if s.content.get("C") and not s.external]
    carbon = np.asarray(jnp.sum(x[jnp.array(inside)], axis=0))
    np.testing.assert_allclose(carbon, 1200.0 / 12.011 * np.array([20.0, 20.0, 20.0, 20.5]), rtol=1e-12)
    assert np.all(np.asarray(x) >= 0.0)


def test_days_between_days_are_interpolated():
    series = jnp.array([[0.0], [2.0], [6.0]])
    assert at_days(series, jnp.array([0.5, 1.0, 1.25, 9.0]))[:, 0].tolist() == [1.0, 2.0, 3.0, 6.0]
