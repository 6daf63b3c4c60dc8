"""Laws of a water taken apart: parts add up, respiration leaves its tracers alone, boundaries cancel."""

import numpy as np
import pandas as pd
import pytest

from shanhai import data
from shanhai.carbon.presets import remineralised_carbon
from shanhai.carbon.regression import fit
from shanhai.carbon.remineralisation import observed_ratios, take_apart
from shanhai.carbon.sections import read_section
from shanhai.seawater import remineralisation as r

SETS = [r.stoichiometry(name) for name in r.SETS]


@pytest.mark.parametrize("ratios", SETS, ids=list(r.SETS))
def test_what_respiration_adds_is_taken_away_again(ratios):
    aou, shells = np.linspace(-20e-6, 300e-6, 9), 20e-6
    added = r.remineralised(aou, ratios)
    dic, alkalinity = 2000e-6 + added.dic + shells, 2300e-6 + added.alkalinity + 2.0 * shells
    found = r.calcium_carbonate_dissolved(alkalinity, 2300e-6, aou, ratios)
    start = r.preformed(dic, added.nitrate + 5e-6, added.phosphate + 1e-6, aou, found, alkalinity, ratios)
    np.testing.assert_allclose(found, shells, rtol=1e-10)
    for values, expected in zip(start, (2000e-6, 2300e-6, 5e-6, 1e-6)):
        np.testing.assert_allclose(values, expected, rtol=1e-10)


@pytest.mark.parametrize("ratios", SETS, ids=list(r.SETS))
def test_respiration_and_dissolution_do_not_change_quasi_conservative_tracers(ratios):
    aou, shells = np.linspace(0.0, 250e-6, 6), np.linspace(0.0, 60e-6, 6)
    added = r.remineralised(aou, ratios)
    oxygen = 300e-6 - aou
    no = r.tracer_no(oxygen, 4e-6 + added.nitrate, ratios)
    po = r.tracer_po(oxygen, 0.3e-6 + added.phosphate, ratios)
    star = r.c_star(
        2050e-6 + added.dic + shells, 2300e-6 + added.alkalinity + 2 * shells, 0.3e-6 + added.phosphate, ratios
    )
    for tracer in (no, po, star):
        np.testing.assert_allclose(tracer, tracer[0], rtol=1e-12)


def test_the_samples_of_2007_are_the_sum_of_their_parts():
    result = remineralised_carbon.run(remineralised_carbon.Settings())
    assert [row.quantity for row in result.ledger] == ["C", "Alk", "N", "P"]
    assert all(row.closes for row in result.ledger)
    assert 50.0 < result.number("remineralised_dic") < 250.0


def test_published_ratios_are_the_named_ones():
    assert [float(x) for x in (SETS[0].carbon, SETS[0].nitrogen, SETS[0].oxygen)] == [106.0, 16.0, 138.0]
    assert float(r.stoichiometry("anderson_sarmiento_1994").carbon_per_oxygen) == pytest.approx(117 / 170)


def test_ratios_of_the_california_current_lie_between_the_published_ones():
    table = read_section(data.path("samples/bottles_2007.csv"))
    found = observed_ratios(table)
    assert 0.55 < float(found.carbon_per_oxygen) < 0.85
    assert 0.06 < float(found.nitrogen_per_oxygen) < 0.13


def test_a_given_preformed_alkalinity_is_used():
    table = read_section(data.path("samples/bottles_2007.csv")).assign(preformed_alkalinity=2250.0)
    assert np.nanmax(np.abs(take_apart(table)["preformed_alkalinity"] - 2250.0)) < 1e-9


def test_regressions_give_the_line_and_honest_errors():
    generator, true = np.random.default_rng(3), np.array([2.0, -1.0])
    inside = []
    for _ in range(300):
        x = generator.normal(size=(60, 2))
        line = fit(x, 5.0 + x @ true + generator.normal(size=60), ("a", "b"))
        at = line.at(np.array([[1.5, 0.5]]))
        inside.append(abs(at.values[0] - 7.5) <= 2.0 * at.standard_error[0])
    assert 0.92 < np.mean(inside) < 0.985


def test_dependent_predictors_are_told_and_do_not_blow_up():
    generator = np.random.default_rng(4)
    a = generator.normal(size=200)
    x = np.stack([a, a + 1e-6 * generator.normal(size=200)], axis=1)
    line = fit(x, 3.0 * a, ("a", "b"))
    assert line.dropped == 1
    assert line.inflation.min() > 1e6
    assert np.abs(line.slopes).max() < 3.0
    np.testing.assert_allclose(line.at(x).values, 3.0 * a, atol=1e-4)


def test_rows_keep_their_index():
    table = read_section(data.path("samples/bottles_2007.csv"))
    assert take_apart(table).index.equals(table.index)
    assert isinstance(take_apart(table), pd.DataFrame)
