"""The hindcast 1991-2018 of the model calibrated on 1850-1990, against CO2 and the Global Carbon Budget."""

import csv

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.conftest import SHARED

from shanhai.carbon.budget import UNCERTAINTY, read_budget
from shanhai.carbon.hindcast import FIRST, LAST, PRIOR, calibrated, read_hindcast
from shanhai.carbon.scenarios import SCENARIOS, embedded, read_rcmip
from shanhai.models.box.global_carbon import GlobalCarbon, budget, preindustrial, simulate
from shanhai.numerics.calibration import parameters

FOLDER = SHARED / "scenarios_budget"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="shared/data/scenarios_budget is not here")


@pytest.fixture(scope="module")
def told():
    return read_hindcast(FOLDER)


@pytest.fixture(scope="module")
def found(told):
    model = GlobalCarbon()
    run = jax.jit(lambda m, d: budget(m, simulate(m, d, preindustrial(m))))
    return run(model, told.scenario.drivers())


def errors(found, told, first, last):
    years = told.scenario.years
    kept = (years >= first) & (years <= last)
    return np.asarray(found.ppm)[kept] - told.scenario.ppm[kept]


def test_nothing_after_1990_was_used():
    assert (FIRST, LAST) == (1850, 1990)


def test_co2_of_1991_to_2018_is_within_four_ppm(found, told):
    assert told.scenario.years[[0, -1]].tolist() == [1750, 2018]
    assert np.sqrt(np.mean(errors(found, told, 1991, 2018) ** 2)) < 2.0  # 4 were asked for
    assert np.sqrt(np.mean(errors(found, told, 1850, 1990) ** 2)) < 4.0


def test_co2_agrees_with_the_global_mean_of_the_noaa_network(found, told):
    with (FOLDER / "co2-mm-gl.csv").open() as stream:
        rows = [(int(r["Date"][:4]), float(r["Decimal Date"]), float(r["Average"])) for r in _named(stream)]
    for year in (1991, 2000, 2010, 2018):
        measured = np.mean([ppm for y, _, ppm in rows if y == year])
        assert float(found.ppm[year - 1750]) == pytest.approx(measured, abs=4.0)


def _named(stream):
    """Rows of a file whose header names fewer columns than there are."""
    next(stream)
    return csv.DictReader(stream, ["Date", "Decimal Date", "Average", "Uncertainty", "Trend", "More"])


def test_sinks_are_within_the_uncertainty_of_the_budget(found):
    book = read_budget(FOLDER / "global-carbon-budget.csv")
    at = (book.years - 1750).astype(int)
    since = book.years >= 1991
    ocean, land = (np.asarray(v)[at] for v in (found.ocean, found.land))
    assert np.all(np.abs(ocean - book.ocean)[since] < UNCERTAINTY["ocean"])  # in every year
    assert abs(np.mean((ocean - book.ocean)[since])) < 0.25
    assert abs(np.mean((land - book.land)[since])) < UNCERTAINTY["land"]


def test_warming_is_that_observed(found):
    warming = np.asarray(found.warming)
    with (FOLDER / "tas_historical.csv").open() as stream:
        rows = [line.split(",") for line in stream if line[:2] in ("18", "19", "20")]
    observed = {int(a): float(b) for a, b in rows}
    later = np.mean([v for y, v in observed.items() if 2000 <= y <= 2009]) - np.mean(
        [v for y, v in observed.items() if 1861 <= y <= 1900]
    )
    ours = warming[2000 - 1750 : 2010 - 1750].mean() - warming[1861 - 1750 : 1901 - 1750].mean()
    assert ours == pytest.approx(later, abs=0.25)


def test_embedded_facts_make_the_same_emissions_as_the_yearly_tables():
    for name in SCENARIOS:
        yearly = read_rcmip(FOLDER / f"{name}_emiss-constraints_rf.csv", name).between(1750, 2300)
        facts = embedded(name)
        for kind, most, later in (("fossil", 8.0, 50.0), ("land_use", 4.5, 4.5)):  # after 2100 facts are 50 years apart
            apart = np.abs(np.cumsum(getattr(facts, kind) - getattr(yearly, kind)))  # PgC
            assert apart[:351].max() < most, (name, kind)
            assert apart.max() < later, (name, kind)
        assert np.abs(facts.ppm - yearly.ppm).max() < 16.0


@pytest.mark.slow
def test_the_default_is_where_the_calibration_ends(told):
    names = ("land.fertilisation", "sea.surface_exchange")
    again = calibrated(told, names)
    for name in names:
        default = float(parameters(GlobalCarbon(), [name])[0])
        assert again.values[name] == pytest.approx(default, abs=0.2 * PRIOR[name][1])
    assert again.cost[1] < again.cost[0]
    assert bool(jnp.isfinite(jnp.asarray(again.cost)).all())
