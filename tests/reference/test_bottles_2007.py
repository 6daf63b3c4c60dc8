"""Bottles of a cruise of 2007: what is computed from them against other measurements and published ratios."""

import json
from pathlib import Path

import numpy as np
import pytest
from validation import bottles_depth, bottles_samples
from validation.airsea_2010 import in_digits

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="module")
def table():
    if not (DATA / bottles_samples.BOTTLES).is_file():
        pytest.skip("shared/data/seawater_chemistry is not here")
    return bottles_samples.samples(DATA)


@pytest.fixture(scope="module")
def recorded() -> dict:
    return json.loads((ROOT / "docs" / "bottles_2007.json").read_text(encoding="utf8"))["depth"]


def assert_same(got: dict, expected: dict) -> None:
    assert in_digits(got) == pytest.approx(expected, rel=2e-5)


def test_deep_carbon_follows_oxygen_as_published(table, recorded):
    deep = bottles_depth.with_preformed(table).query(f"pressure >= {bottles_depth.UNTOUCHED}")
    line = bottles_depth._line(deep.aou, deep.respired)
    assert line["slope"] == pytest.approx(117 / 170, abs=2 * line["error"])
    assert abs(deep.excess.mean()) < 10.0
    assert_same(line, {k: v for k, v in recorded["oxygen"]["deep"].items() if k != "excess"})


def test_undersaturated_water_reaches_the_surface_off_northern_california_only(table):
    found = bottles_depth.horizons(table)
    surfaced = found[found.pressure == 0]
    assert surfaced.latitude.between(40, 42).all()
    assert bottles_depth.TRANSECT in set(surfaced.transect)
    near = found[found["where"] != "offshore"].groupby("transect").pressure.median()
    assert len(near) == 13
    assert near.between(40, 120).all()


def test_pH_where_aragonite_is_saturated_is_as_recorded(table, recorded):
    found = bottles_depth.horizons(table)
    whole = found[found.pressure > 0]
    for name, expected in recorded["aragonite"]["at_horizon"].items():
        assert_same(bottles_samples.spread(whole[name]), expected)


def test_every_bottle_is_solved_and_equal_to_another_code(table):
    code = pytest.importorskip("PyCO2SYS")
    whole = table[np.isfinite(table.dic + table.alkalinity + table.salinity)]
    assert np.isfinite(whole.omega_aragonite).all()
    ours = bottles_samples.water(whole)
    rest = {f"total_{name}": ours[name] for name in ("phosphate", "silicate")}
    rest |= {name: ours[name] for name in ("temperature", "salinity", "pressure")}
    theirs = code.sys(ours["alkalinity"], ours["dic"], 1, 2, **rest, **bottles_depth.FITS)
    np.testing.assert_allclose(whole.pH, theirs["pH_total"], rtol=0, atol=1e-10)
    np.testing.assert_allclose(whole.pCO2, theirs["pCO2"], rtol=1e-10)
    np.testing.assert_allclose(whole.omega_aragonite, theirs["saturation_aragonite"], rtol=1e-10)
