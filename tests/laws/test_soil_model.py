"""A soil to work with: it closes, it goes on where it stopped, no soil minds its neighbour."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai import soil
from shanhai.core.errors import InputError
from shanhai.soil.results import at_days, observed_at

pytestmark = pytest.mark.slow  # compiling takes long

DAYS = 12
PULSE = np.where(np.arange(DAYS) == 3, 100.0, 0.0)
MODEL = soil.Model(
    layer=soil.Layer(oxygen=soil.Oxygen(), phosphorus=soil.PhosphorusOfLayer(), mined=0.5),
    soil=soil.Soil(ph=8.0),
    ammonia=soil.Ammonia(),
)
DAILY = soil.Daily(
    temperature=np.array([[10.0, 25.0]]), drainage=2.0, litter=5.0, sugar=PULSE, ammonium=PULSE, nitrate=PULSE[::-1],
    phosphate=0.1 * PULSE, filled=np.linspace(0.4, 0.8, DAYS)
)  # fmt: skip
LABELS = {"sugar": 1.0, "labile": 0.2}


@pytest.fixture(scope="module")
def run():
    return MODEL.run(DAILY, labels=LABELS)


def test_every_element_closes_with_all_that_comes_and_goes(run):
    rows = {row.quantity: row for row in soil.ledger(run)}
    assert set(rows) == {"C", "N", "P", "electrons"}
    assert all(row.closes for row in rows.values())
    assert bool(np.all(run.finished))
    given = {"C": {"litter_c": 2 * 5.0 * DAYS, "sugar_c": 200.0}, "P": {"phosphate put in": 20.0}}
    for element, accounts in given.items():
        mass = {"C": 12.011, "P": 30.973761998}[element]
        for account, milligrams in accounts.items():
            assert rows[element].accounts[account] == pytest.approx(milligrams * 1.2 / mass, rel=1e-12)
    assert rows["N"].accounts["ammonia of the air"] < 0.0


def test_results_add_up_in_the_units_of_the_field(run):
    assert run.units["soil_organic_carbon"] == "g kg-1"
    carbon, respired, leached = (np.asarray(run[n]) for n in ("soil_organic_carbon", "co2", "leached_doc"))
    put = 5.0 + PULSE[:, None]
    np.testing.assert_allclose(1e3 * np.diff(carbon, axis=0), put - respired - leached, rtol=1e-9, atol=1e-9)
    assert carbon[0] == pytest.approx([20.0, 20.0], rel=1e-12)
    np.testing.assert_allclose(np.cumsum(respired, axis=0), run["cumulative_co2"][1:], rtol=1e-12, atol=1e-12)
    by_source = sum(run[f"co2_from_{pool}"] for pool in ("dissolved", "active", "dormant"))
    np.testing.assert_allclose(by_source, respired, rtol=1e-9)
    salts = run["ammonium"] + run["nitrate"] + run["nitrite"]
    np.testing.assert_allclose(run["mineral_nitrogen"], salts, rtol=1e-12)
    assert soil.per_area(run, "co2").unit == "g m-2 d-1"
    np.testing.assert_allclose(soil.per_area(run, "co2").values, respired * 1e-3 * 1200.0 * 0.1, rtol=1e-12)
    for name in run.names:
        assert np.shape(run[name]) in ((DAYS, 2), (DAYS + 1, 2)), name
        assert np.all(np.isfinite(run[name])), name
    assert "co2" in str(run)


def test_warmth_and_food_are_seen(run):
    assert np.all(run["cumulative_co2"][-1, 1] > 1.5 * run["cumulative_co2"][-1, 0])
    assert run["growth"][3, 1] > 1.1 * run["growth"][2, 1]
    assert run["cumulative_nh3"][-1, 1] > run["cumulative_nh3"][-1, 0] > 0.0
    assert 0.0 < np.min(run["oxygen"]) <= np.max(run["oxygen"]) < 0.2096


def test_labelled_carbon_is_found_again(run):
    held = np.asarray(run.labelled).sum(axis=1)
    np.testing.assert_allclose(held, np.broadcast_to(held[0], held.shape), rtol=1e-12)
    both = run["co2_labelled"] + run["co2_unlabelled"]
    np.testing.assert_allclose(both, run["co2"], rtol=1e-12)
    sugar = np.asarray(run.labelled)[-1, run.model.names.index("sugar_c")]
    np.testing.assert_allclose(sugar, -100.0 * 1.2 / 12.011, rtol=1e-12)


def test_a_run_goes_on_where_another_stopped_and_no_soil_minds_its_neighbour(run):
    plain = MODEL.run(DAILY)
    np.testing.assert_array_equal(plain.x, run.x)
    first = soil.Daily(*(v[:6] if np.ndim(v) == 1 else v for v in DAILY))
    rest = soil.Daily(*(v[6:] if np.ndim(v) == 1 else v for v in DAILY))
    half = MODEL.run(first)
    whole = MODEL.run(rest, start=half)
    np.testing.assert_allclose(whole["soil_organic_carbon"][-1], plain["soil_organic_carbon"][-1], rtol=1e-4)
    other = MODEL.run(DAILY._replace(temperature=np.array([[25.0, 3.0]])))
    np.testing.assert_allclose(other["cumulative_co2"][:, 0], plain["cumulative_co2"][:, 1], rtol=1e-12)


def test_results_between_days_are_those_of_the_day_around(run):
    assert observed_at(run, "co2", jnp.array([2.5]))[0] == pytest.approx(np.asarray(run["co2"][2]), rel=1e-9)
    middle = 0.5 * (run["ammonium"][2] + run["ammonium"][3])
    np.testing.assert_allclose(observed_at(run, "ammonium", jnp.array([2.5]))[0], middle, rtol=1e-12)
    series = jnp.array([0.0, 2.0, 6.0])
    assert at_days(series, jnp.array([0.5, 1.25, 9.0])).tolist() == [1.0, 3.0, 6.0]


@pytest.mark.parametrize(
    ("daily", "said"),
    [
        (soil.Daily(temperature=[10.0, 20.0]), "temperature has 2 entries and the run 12 days"),
        (soil.Daily(temperature=288.0), "temperature is 561.15"),
        (soil.Daily(filled=1.2), "more water than pores"),
        (soil.Daily(temperature=np.nan), "temperature is nan"),
        (soil.Daily(litter=-1.0), "litter is negative"),
        (soil.Daily(filled=0.5, water=0.2), "water and filled are both given"),
    ],
)
def test_what_no_soil_meets_is_refused(daily, said):
    with pytest.raises(InputError, match=said):
        MODEL.run(daily, DAYS)


def test_what_a_soil_does_not_have_is_refused(run):
    with pytest.raises(InputError, match="there is no result 'co3'; did you mean 'co2'"):
        run["co3"]
    with pytest.raises(InputError, match="has no label"):
        MODEL.run(DAILY, labels={"labil": 1.0})
    with pytest.raises(InputError, match="does not follow phosphorus"):
        replace(MODEL, layer=replace(MODEL.layer, phosphorus=None)).run(soil.Daily(phosphate=1.0), 2)
    with pytest.raises(InputError, match="no plants"):
        MODEL.run(DAILY, vegetation=soil.Vegetation())
    with pytest.raises(InputError, match="negative or not a number"):
        replace(MODEL, shares=soil.Shares(mineral=0.9, aggregates=0.5)).run(DAILY)
    with pytest.raises(InputError, match="there is no form"):
        soil.written(MODEL, "svg")
    with pytest.raises(InputError, match="is no content"):
        soil.per_area(run, "oxygen")
