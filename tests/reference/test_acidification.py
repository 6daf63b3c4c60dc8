"""Acidification against the means of CMIP6 models, the observed fall of pH and the observed sink."""

import numpy as np
import pytest

pytestmark = pytest.mark.slow  # compiling takes long

scenarios = pytest.importorskip("shanhai.carbon.scenarios")


@pytest.fixture(scope="module")
def projected():
    from shanhai.carbon.presets import acidification

    return acidification.run(acidification.Settings())


@pytest.mark.parametrize(("scenario", "change"), [("ssp585", -0.44), ("ssp126", -0.16)])
def test_ph_of_the_late_century_is_that_of_cmip6(projected, scenario, change):
    # Kwiatkowski et al. (2020), Biogeosciences 17, 3439: -0.44 +- 0.005 and -0.16 +- 0.002, 2080-2099 less 1870-1899
    assert projected.number(f"ph_change_{scenario}") == pytest.approx(change, abs=0.01)


def test_ph_has_fallen_by_a_tenth(projected):
    assert projected.number("ph_change_2019") == pytest.approx(-0.12, abs=0.02)
    now = np.argmin(np.abs(projected.coordinates["time"].values - 2010))
    assert projected.series["mean_ph"].values[0, now] == pytest.approx(8.07, abs=0.03)


def test_sink_is_that_of_the_global_carbon_budget(projected):
    # Friedlingstein et al. (2019): 2.5 +- 0.6 Pg C a year, 2009-2018; about 2.3 over 2005-2014
    assert projected.number("sink_2010") == pytest.approx(2.3, abs=0.5)


def test_aragonite_dissolves_first_in_the_arctic_and_before_mid_century(projected):
    horizon = projected.series["aragonite_horizon"].values[-1]
    assert np.nanargmin(horizon) == len(horizon) - 1
    assert 2015 < horizon[-1] < 2050


def test_books_close(projected):
    assert all(row.closes for row in projected.ledger)
