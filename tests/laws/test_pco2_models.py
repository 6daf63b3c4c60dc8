"""pCO2 models of HY/T 0343.5 Appendix B: formulas, training, honest validation, choice and storage."""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shanhai.core.errors import InputError, ShanhaiWarning
from shanhai.core.params import describe
from shanhai.monitoring.accuracy import Statistics, judge
from shanhai.monitoring.pco2_models import effects as fx
from shanhai.monitoring.pco2_models import forest, neural, polynomial, store
from shanhai.monitoring.pco2_models.forest import ForestSpec
from shanhai.monitoring.pco2_models.model import Inputs
from shanhai.monitoring.pco2_models.neural import NeuralSpec
from shanhai.monitoring.pco2_models.polynomial import PolynomialSpec
from shanhai.monitoring.pco2_models.select import select
from shanhai.monitoring.pco2_models.semi_analytic import SemiAnalytic, SemiAnalyticSpec, calibrate
from shanhai.monitoring.pco2_models.train import data_hash, specification, train
from shanhai.monitoring.pco2_models.validation import (
    Validation,
    blocks_in_space,
    blocks_in_time,
    cross_validate,
    folds,
)

SST, SSS, CHL = "sea_surface_temperature", "sea_surface_salinity", "chlorophyll"
DATA = Path(__file__).parents[2].parent / "shared/data/airsea_co2"


def sea(n=600, seed=0):
    """A synthetic shelf sea of 24 months with known laws: warming, mixing and drawdown."""
    rng = np.random.default_rng(seed)
    month = np.sort(rng.integers(0, 24, n))
    sst = 18 + 8 * np.sin(2 * np.pi * month / 12) + rng.normal(0, 1.5, n)
    sss = 33 + rng.normal(0, 1.0, n)
    chl = 10 ** rng.normal(-0.3, 0.4, n)
    pco2 = 38 * np.exp(0.0423 * (sst - 18)) - 1.5 * (sss - 33) - 6 * (np.log10(chl) + 0.3)
    time = np.datetime64("2009-01", "M") + month
    return pd.DataFrame({"time": time, SST: sst, SSS: sss, CHL: chl, "pco2_sea": pco2})


@pytest.fixture(scope="module")
def table():
    return sea()


def columns(table):
    return {name: table[name].to_numpy() for name in (SST, SSS, CHL)}


POLYNOMIAL = PolynomialSpec(predictors=(SST, SSS, CHL), log10=(CHL,), degree=(3, 1, 1))
NEURAL = NeuralSpec(predictors=(SST, SSS, CHL), log10=(CHL,), hidden=(8,), iterations=200)
FOREST = ForestSpec(predictors=(SST, SSS, CHL), trees=8)
SEMI = SemiAnalyticSpec()
SPECS = (POLYNOMIAL, NEURAL, FOREST, SEMI)


@pytest.fixture(scope="module", params=SPECS, ids=lambda s: s.kind)
def model(request, table):
    return request.param.fit(columns(table), table["pco2_sea"].to_numpy())


# Formulas (B.1) and (B.2)


def test_least_squares_recovers_the_coefficients_of_b1():
    t = np.linspace(2.0, 30.0, 50)
    fit = PolynomialSpec(predictors=(SST,), degree=2).fit({SST: t}, 60 - 1.5 * t + 0.02 * t**2)
    found = fit.original_coefficients()
    assert list(found) == ["1", SST, f"{SST}^2"]
    np.testing.assert_allclose(list(found.values()), [60, -1.5, 0.02], rtol=1e-10)


def test_coefficients_in_original_units_give_the_prediction(table):
    spec = PolynomialSpec(predictors=(SST, SSS, CHL), log10=(CHL,), degree=(3, 2, 1), interactions=True)
    fit = spec.fit(columns(table), table["pco2_sea"])
    values = {SST: table[SST], SSS: table[SSS], CHL: np.log10(table[CHL])}
    words = {SST: SST, SSS: SSS, f"log10({CHL})": CHL}
    total = 0.0
    for term, a in fit.original_coefficients().items():
        product = np.ones(len(table))
        for factor in [] if term == "1" else term.split(" * "):
            name, _, power = factor.partition("^")
            product = product * values[words[name]] ** int(power or 1)
        total = total + a * product
    np.testing.assert_allclose(np.asarray(fit.predict(columns(table))), total, rtol=1e-9)


def test_least_squares_residual_is_orthogonal_to_every_term(table):
    fit = POLYNOMIAL.fit(columns(table), table["pco2_sea"])
    residual = np.asarray(fit.predict(columns(table))) - table["pco2_sea"].to_numpy()
    for term in (np.ones(len(table)), table[SST], table[SST] ** 3, table[SSS], np.log10(table[CHL])):
        assert abs(np.dot(residual, term)) < 1e-8 * np.linalg.norm(residual) * np.linalg.norm(term)


def test_published_coefficients_are_taken_as_they_are():
    fit = polynomial.from_coefficients(60.0, {SST: (-1.5, 0.02), SSS: (0.1,)}, ranges={SST: (5, 30)})
    assert float(fit.predict({SST: 20.0, SSS: 30.0})) == pytest.approx(60 - 30 + 8 + 3)
    assert fit.outside({SST: [4.0, 20.0, 31.0], SSS: 30.0}).tolist() == [True, False, True]
    assert "Pa degC-2" in fit.describe()


def test_predictors_that_say_the_same_are_refused(table):
    doubled = columns(table) | {SSS: 2 * columns(table)[SST] + 1}
    with pytest.raises(InputError, match="not independent"):
        PolynomialSpec(predictors=(SST, SSS), degree=1).fit(doubled, table["pco2_sea"])


# Clause B.1.3


def test_exported_network_predicts_as_scikit_learn(table):
    from sklearn.neural_network import MLPRegressor

    x = np.stack([table[SST], table[SSS]])
    inputs = Inputs.of((SST, SSS), (), {SST: x[0], SSS: x[1]})
    z = ((x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)).T
    y = table["pco2_sea"].to_numpy()
    peer = MLPRegressor(hidden_layer_sizes=(7, 5), activation="tanh", solver="lbfgs", max_iter=60, random_state=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer.fit(z, (y - y.mean()) / y.std())
    ours = neural.from_sklearn(peer, inputs, y.mean(), y.std())
    expected = y.mean() + y.std() * peer.predict(z)
    np.testing.assert_allclose(np.asarray(ours.predict({SST: x[0], SSS: x[1]})), expected, rtol=0, atol=1e-10)


def test_exported_forest_predicts_as_scikit_learn_even_on_its_thresholds(table):
    from sklearn.ensemble import RandomForestRegressor

    x = np.stack([table[SST], table[SSS]], axis=1)
    peer = RandomForestRegressor(15, min_samples_leaf=2, random_state=1).fit(x, table["pco2_sea"])
    ours = forest.from_sklearn(peer, Inputs.of((SST, SSS), (), {SST: x[:, 0], SSS: x[:, 1]}))
    first = peer.estimators_[0].tree_
    on_edge = np.column_stack([first.threshold[first.feature == 0][:40], np.full(40, 33.0)])
    far = np.array([[-1.9, 5.0], [40.0, 41.0]])
    samples = np.concatenate([x, on_edge, far])
    got = np.asarray(ours.predict({SST: samples[:, 0], SSS: samples[:, 1]}))
    np.testing.assert_allclose(got, peer.predict(samples), rtol=0, atol=1e-10)


# What all models have in common


def test_every_model_learns_the_synthetic_sea(model, table):
    error = np.asarray(model.predict(columns(table))) - table["pco2_sea"].to_numpy()
    assert np.sqrt(np.mean(error**2)) < 0.3 * table["pco2_sea"].std()
    assert model.predictors == (SST, SSS, CHL)
    assert len(model.describe()) > 20


def test_gaps_stay_gaps_and_shapes_are_kept(model):
    sst = np.full((2, 3, 4), 20.0)
    sst[1, 2, 3] = np.nan
    chl = np.full(4, 0.5)
    chl[0] = 0.0 if CHL in model.inputs.logarithmic else np.nan
    out = np.asarray(model.predict({SST: sst, SSS: 33.0, CHL: chl, "unused": "x"}))
    expected = np.isnan(sst) | (np.arange(4) == 0)
    assert out.shape == (2, 3, 4)
    np.testing.assert_array_equal(np.isnan(out), expected)


def test_a_map_in_tiles_equals_its_cells(model, table):
    picked = {name: np.resize(v, 40_001) for name, v in columns(table).items()}
    whole = np.asarray(model.predict(picked))
    np.testing.assert_allclose(whole[: len(table)], np.asarray(model.predict(columns(table))), rtol=1e-12)
    np.testing.assert_allclose(whole[-1], model.predict({n: v[-1] for n, v in picked.items()}), rtol=1e-12)


def test_a_missing_predictor_is_named(model):
    with pytest.raises(InputError, match="needs sea_surface_salinity"):
        model.predict({SST: 20.0, CHL: 1.0})


def test_outside_the_training_range_is_flagged(model, table):
    low = table[SST].min()
    flags = model.outside({SST: np.array([low, low - 0.01, np.nan, 100.0]), SSS: 33.0, CHL: 0.5})
    assert flags.tolist() == [False, True, False, True]


# Formula (B.3)


def test_background_state_gives_the_background():
    sum_of_all = SemiAnalytic(
        {n: e() for n, e in fx.EFFECTS.items()} | {"wind_speed": fx.Factor("wind_speed")}, background=37.0
    )
    at_rest = {SST: 20.0, SSS: 35.0, CHL: 0.3, "co2_flux": 0.0, "mixed_layer_depth": 50.0, "wind_speed": 0.0}
    assert float(sum_of_all.predict(at_rest)) == pytest.approx(37.0, rel=1e-14)


def test_effects_add():
    parts = {"thermal": fx.Thermal(), "biology": fx.Biology()}
    given = {SST: 25.0, CHL: 2.0}
    whole = float(SemiAnalytic(parts, 36.0).predict(given))
    single = [float(SemiAnalytic({n: e}, 36.0).predict(given)) - 36.0 for n, e in parts.items()]
    assert whole == pytest.approx(36.0 + sum(single), rel=1e-14)


def test_thermal_sensitivity_is_that_of_takahashi_1993():
    # Table A1 of Takahashi et al. (1993): pCO2 [uatm] of one sea water at eight temperatures [degC].
    t = np.array([20, 10.05, 2.1, 6.33, 15.01, 24.5, 20, 18])
    p = np.array([571.2, 376.1, 267, 322.1, 461.6, 688.2, 571, 526.3])
    slope = np.polyfit(t, np.log(p), 1)[0]
    assert slope == pytest.approx(float(fx.Thermal().sensitivity), rel=0.005)
    model = SemiAnalytic({"thermal": fx.Thermal(reference=20.0)}, background=571.1)
    np.testing.assert_allclose(np.asarray(model.predict({SST: t})), p, rtol=0.015)


def test_exchange_lowers_pco2_by_the_carbon_lost_times_the_revelle_factor():
    exchange = fx.Exchange(residence_time=10.0, revelle_factor=10.0, dissolved_carbon=2e-3)
    model = SemiAnalytic({"exchange": exchange}, background=40.0)
    lost = 10e-3 * 10.0 / (1025.0 * 20.0)  # mol kg-1 in ten days of 10 mmol m-2 d-1 from 20 m
    out = float(model.predict({"co2_flux": 10.0, "mixed_layer_depth": 20.0}))
    assert out == pytest.approx(40.0 * (1 - 10.0 * lost / 2e-3), rel=1e-12)
    assert np.isnan(model.predict({"co2_flux": 10.0, "mixed_layer_depth": 0.0}))


def test_mixing_curve_passes_through_its_end_members_and_may_be_centred():
    s, p = np.array([5.0, 20.0, 34.0]), np.array([120.0, 60.0, 36.0])
    curve = fx.mixing_between(s, p, 34.0)
    np.testing.assert_allclose(np.asarray(curve.change(36.0, {SSS: s})), p - 36.0, atol=1e-9)
    moved = curve.centred({SSS: np.array([30.0, 20.0])})
    shift = np.asarray(moved.change(36.0, {SSS: s}) - curve.change(36.0, {SSS: s}))
    np.testing.assert_allclose(shift, shift[0], atol=1e-9)


def test_calibration_recovers_the_coefficients_behind_the_data(table):
    fit = SemiAnalyticSpec(calibrate=("background", "thermal.sensitivity", "mixing.slope", "biology.drawdown"))
    found = {p.name: p.value for p in fit.fit(columns(table), table["pco2_sea"]).parameters()}
    sst = found["thermal.reference"]
    assert found["thermal.sensitivity"] == pytest.approx(0.0423, abs=0.0004)
    assert found["mixing.slope"] == pytest.approx(-1.5, abs=0.05)
    assert found["biology.drawdown"] == pytest.approx(6.0, abs=0.1)
    assert found["background"] == pytest.approx(38 * np.exp(0.0423 * (sst - 18)), rel=0.01)


def test_calibration_respects_bounds_and_known_values(table):
    spec = SemiAnalyticSpec(known={"mixing.slope": -1.5, "mixing.reference": 33.0})
    fit = {p.name: p for p in spec.fit(columns(table), table["pco2_sea"]).parameters()}
    assert fit["mixing.slope"].value == -1.5
    assert fit["mixing.reference"].value == 33.0
    cold = SemiAnalytic({"thermal": fx.Thermal()})
    with pytest.warns(ShanhaiWarning, match="rests on its bound"):
        hot = calibrate(cold, {SST: np.arange(10.0, 30.0)}, np.exp(0.3 * np.arange(20)), ["thermal.sensitivity"])
    assert float(hot.effects[0].sensitivity) <= 0.1


def test_parameters_that_act_alike_are_refused(table):
    alike = ("exchange.residence_time", "exchange.revelle_factor")
    spec = SemiAnalyticSpec(effects=("exchange",), calibrate=alike)
    rng = np.random.default_rng(0)
    given = {"co2_flux": rng.normal(size=50), "mixed_layer_depth": rng.uniform(10, 80, 50)}
    with pytest.raises(InputError, match="apart"):
        spec.fit(given, rng.uniform(30, 40, 50))


def test_every_parameter_has_a_unit_and_a_source():
    for effect in [*(e() for e in fx.EFFECTS.values()), fx.Factor("wind_speed")]:
        for p in describe(effect):
            assert p.unit
            assert p.source
            assert p.bounds[0] <= p.value <= p.bounds[1]


# Validation


def test_a_block_is_never_in_training_and_test_at_once():
    groups = np.repeat(np.arange(11), [3, 40, 5, 8, 1, 9, 30, 2, 2, 17, 6])
    fold = folds(groups, 4)
    assert [len(set(fold[groups == g])) for g in range(11)] == [1] * 11
    assert sorted(set(fold)) == [0, 1, 2, 3]
    assert (np.diff(fold) >= 0).all()


@pytest.mark.parametrize("sizes", [[50, 1, 1, 1], [1, 1, 1, 50], [1, 50, 1, 1], [2, 2]])
def test_no_fold_is_empty_however_uneven_the_blocks(sizes):
    fold = folds(np.repeat(np.arange(len(sizes)), sizes), 3)
    assert sorted(set(fold)) == list(range(min(3, len(sizes))))


def test_random_splits_are_refused():
    with pytest.raises(InputError, match="random split"):
        folds(np.arange(100), 5)
    with pytest.raises(InputError, match="one block"):
        folds(np.zeros(100), 5)


def test_blocks_follow_the_calendar_and_the_globe():
    assert blocks_in_time(["2010-12-31", "2011-01-01"], months=12).tolist() == [40, 41]
    west, east = blocks_in_space([0.5, 0.5], [-179.5, 180.5])
    assert west == east


def test_validation_predictions_come_from_models_without_the_block(table):
    groups = blocks_in_time(table["time"])
    result = cross_validate(POLYNOMIAL, columns(table), table["pco2_sea"], groups, 3)
    held = result.fold == 2
    without = {name: v[~held] for name, v in columns(table).items()}
    model = POLYNOMIAL.fit(without, table["pco2_sea"][~held])
    expected = model.predict({name: v[held] for name, v in columns(table).items()})
    np.testing.assert_array_equal(result.predicted[held], np.asarray(expected))


def test_blocks_expose_a_forest_that_memorises():
    # pCO2 is a random walk in time with no link to the predictors but the date hidden in salinity.
    rng = np.random.default_rng(0)
    month = np.repeat(np.arange(24), 20)
    level = rng.normal(36, 8, 24)[month]
    given = {SSS: 30 + month / 100 + rng.normal(0, 1e-4, 480), SST: rng.normal(20, 3, 480)}
    spec = ForestSpec(predictors=(SST, SSS), trees=10)
    honest = cross_validate(spec, given, level, month, 4)
    fitted = np.asarray(spec.fit(given, level).predict(given))
    assert np.corrcoef(fitted, level)[0, 1] > 0.95
    assert honest.accuracy.correlation < 0.5


# Choice


def judged(label, correlation, rmse, variation=0.28):
    spec = PolynomialSpec(predictors=(label,), degree=1)
    observed = np.array([30.0, 40.0])
    accuracy = judge("pco2_sea", Statistics(9, correlation, rmse, variation, 35.0))
    return Validation(spec, observed, observed, np.array([0, 1]), accuracy, (rmse, rmse))


def test_the_better_in_both_is_chosen():
    choice = select([judged(SST, 0.8, 1.9), judged(SSS, 0.9, 1.5)])
    assert choice.chosen.spec.predictors == (SSS,)
    assert "largest R and the smallest RMSE" in choice.reasons[0].en


def test_conflicts_are_decided_by_rank_sum_and_then_rmse():
    choice = select([judged(SST, 0.95, 1.9), judged(SSS, 0.90, 1.5)])
    assert choice.chosen.spec.predictors == (SSS,)
    assert "disagree" in choice.reasons[0].en
    three = select([judged(SST, 0.95, 1.9), judged(SSS, 0.94, 1.5), judged(CHL, 0.8, 1.4)])
    assert three.chosen.spec.predictors == (CHL,)  # all sums are equal
    assert three.table["rank_sum"].tolist() == [4.0, 4.0, 4.0]


def test_an_unqualified_model_never_wins():
    choice = select([judged(SST, 0.99, 2.01), judged(SSS, 0.71, 1.99), judged(CHL, 0.70, 0.5)])
    assert choice.chosen.spec.predictors == (SSS,)
    assert choice.table["qualified"].tolist() == [True, False, False]


def test_wide_data_relax_the_limit():
    assert select([judged(SST, 0.9, 3.4, variation=0.31)]).chosen is not None
    assert select([judged(SST, 0.9, 3.4, variation=0.30)]).chosen is None


def test_without_a_qualified_model_none_is_given_unless_forced():
    poor = [judged(SST, 0.6, 5.0), judged(SSS, 0.5, 4.0)]
    refused = select(poor)
    assert refused.chosen is None
    assert all("does not qualify" in r.en for r in refused.reasons)
    forced = select(poor, force=True)
    assert forced.chosen.spec.predictors == (SSS,)
    assert any("unqualified" in r.en for r in forced.reasons)


def test_narrow_data_are_a_stated_reservation():
    reasons = select([judged(SST, 0.9, 1.0, variation=0.1)]).reasons
    assert "0.25" in reasons[-1].en
    assert "0.25" in reasons[-1].zh


# Training in one call


def test_training_chooses_and_records(table):
    gappy = table.copy()
    gappy.loc[:9, CHL] = np.nan
    done = train(gappy, [POLYNOMIAL, SEMI], blocks_in_time(gappy["time"]), folds=3)
    assert done.model is not None
    assert len(done.validations[0].observed) == len(table) - 10
    assert done.provenance["match_ups_with_gaps"] == 10
    used = {n: table[n].to_numpy()[10:] for n in (SST, SSS, CHL, "pco2_sea")}
    assert done.provenance["data_sha256"] == data_hash(used)
    json.dumps(done.provenance, allow_nan=False)


def test_kelvin_and_microatmospheres_are_noticed(table):
    groups = blocks_in_time(table["time"])
    with pytest.raises(InputError, match="sea_surface_temperature"):
        train(table.assign(**{SST: table[SST] + 273.15}), [POLYNOMIAL], groups)
    with pytest.warns(ShanhaiWarning, match="uatm"):
        train(table.assign(pco2_sea=table["pco2_sea"] / 0.101325), [POLYNOMIAL], groups, folds=2, force=True)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"kind": "spline", "predictors": [SST]}, "spline|polynomial"),
        ({"kind": "polynomial", "predictors": ["sst"]}, "cannot be a predictor"),
        ({"kind": "polynomial", "predictors": ["pco2_sea"]}, "cannot be a predictor"),
        ({"kind": "polynomial", "predictors": [SST], "degre": 2}, "degre"),
        ({"kind": "polynomial", "predictors": [SST], "degree": 9}, "degree"),
        ({"kind": "polynomial", "predictors": [SST, SST]}, "twice"),
        ({"kind": "neural", "predictors": [SST], "log10": [CHL]}, "not a predictor"),
        ({"kind": "semi_analytic", "effects": ["termal"]}, "thermal"),
    ],
)
def test_wrong_candidates_are_refused(raw, message):
    with pytest.raises(InputError, match=message):
        specification(raw)


# Storage


def test_a_model_returns_from_disk_to_the_same_bits(model, table, tmp_path):
    store.save(model, tmp_path / "model", {"note": "test"})
    back = store.load(tmp_path / "model")
    np.testing.assert_array_equal(
        np.asarray(back.model.predict(columns(table))), np.asarray(model.predict(columns(table)))
    )
    np.testing.assert_array_equal(
        np.asarray(back.model.outside(columns(table))), np.asarray(model.outside(columns(table)))
    )
    assert back.model.describe() == model.describe()
    assert back.provenance["note"] == "test"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model"]


def test_a_sum_with_exchange_and_factors_returns_from_disk(tmp_path):
    effects = {
        "exchange": fx.Exchange(),
        "wind_speed": fx.Factor("wind_speed", 0.5, 7.0),
        "thermal": fx.Thermal(),
    }
    model = SemiAnalytic(effects, 40.0)
    back = store.load(store.save(model, tmp_path / "m", {})).model
    given = {SST: 25.0, "co2_flux": -5.0, "mixed_layer_depth": 30.0, "wind_speed": 9.0}
    assert float(back.predict(given)) == float(model.predict(given))
    assert back.describe() == model.describe()


def test_nothing_is_written_over_or_half(model, tmp_path):
    store.save(model, tmp_path / "model", {})
    with pytest.raises(InputError, match="something already"):
        store.save(model, tmp_path / "model", {})
    with pytest.raises(InputError, match="JSON"):
        store.save(model, tmp_path / "other", {"score": float("nan")})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model"]


def test_changed_files_are_refused(model, tmp_path):
    folder = store.save(model, tmp_path / "model", {})
    raw = bytearray((folder / "arrays.npz").read_bytes())
    raw[len(raw) // 2] ^= 1
    (folder / "arrays.npz").write_bytes(bytes(raw))
    with pytest.raises(InputError, match="changed"):
        store.load(folder)


def rewritten(folder, change):
    """Edit model.json as someone who also mends the checksum would."""
    record = json.loads((folder / "model.json").read_text(encoding="utf8"))
    change(record)
    record["checksum"] = store._checksum(record, (folder / "arrays.npz").read_bytes())
    (folder / "model.json").write_text(json.dumps(record), encoding="utf8")
    return folder


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.update(kind="polinomial"), "polynomial"),
        (lambda r: r.update(format=99), "format"),
        (lambda r: r["arrays"].update(extra={"shape": [1], "dtype": "<f8"}), "missing"),
        (lambda r: r["arrays"]["coefficients"].update(shape=[3]), "coefficients"),
        (lambda r: r["arrays"].pop("coefficients"), "fit together"),
        (lambda r: r["settings"].update(degrees=[1, 1, 1]), "shape"),
        (lambda r: r["settings"].clear(), "fit together"),
        (lambda r: r["predictors"][0].update(unit="K"), "notation"),
        (lambda r: r["predictors"].pop(), "shape"),
    ],
)
def test_files_that_do_not_fit_are_refused(table, tmp_path, change, message):
    model = POLYNOMIAL.fit(columns(table), table["pco2_sea"])
    folder = rewritten(store.save(model, tmp_path / "m", {}), change)
    with pytest.raises(InputError, match=message):
        store.load(folder)


def test_missing_and_foreign_files_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"no model\.json"):
        store.load(tmp_path)
    (tmp_path / "model.json").write_text("{", encoding="utf8")
    (tmp_path / "arrays.npz").write_bytes(b"no")
    with pytest.raises(InputError, match="JSON"):
        store.load(tmp_path)
    (tmp_path / "model.json").write_text("[]", encoding="utf8")
    with pytest.raises(InputError, match="does not describe"):
        store.load(tmp_path)


# Real data


def north_pacific():
    """Monthly 1-degree cells of 2010, 20-55 N, 140-180 E; a kriged product, so a test of the machinery."""
    import xarray as xr

    box = {"lat": slice(20, 55), "lon": slice(140, 180)}
    with (
        xr.open_dataset(DATA / "socatv4_kriged_1deg_monthly_2010.nc") as carbon,
        xr.open_dataset(DATA / "satellite_forcing_1deg_monthly_2010.nc") as forcing,
        xr.open_dataset(DATA / "woa18_sss_1deg_monthly.nc") as salt,
    ):
        fields = {
            "pco2_sea": carbon["pCO2_2010_interpolated_pred"].sel(box) * 0.101325,
            SST: (forcing["sst_skin_mean"].sel(box) - 273.15).where(lambda t: t > -1.8),  # colder is ice
            SSS: salt["sss"].sel(box),
            CHL: forcing["chlor_a"].sel(box),
        }
        stacked = {name: f.values.reshape(12, -1)[:, ::6].ravel().astype(float) for name, f in fields.items()}
    month = np.repeat(np.arange(12), len(stacked[SST]) // 12)
    return pd.DataFrame(stacked | {"time": np.datetime64("2010-01", "M") + month})


@pytest.mark.skipif(not DATA.exists(), reason="the shared data are not here")
def test_month_blocks_of_the_north_pacific_give_a_model_or_say_why_not():
    cells = north_pacific()
    candidates = [
        PolynomialSpec(predictors=(SST,), degree=2),
        PolynomialSpec(predictors=(SST, SSS, CHL), log10=(CHL,), degree=2, interactions=True),
        NeuralSpec(predictors=(SST, SSS, CHL), log10=(CHL,), hidden=(8,), iterations=100),
    ]
    done = train(cells, candidates, blocks_in_time(cells["time"]), folds=3)
    rows = done.selection.table
    assert len(rows) == 3
    assert np.isfinite(rows[["correlation", "rmse"]].to_numpy()).all()
    assert (done.model is None) == (not rows["qualified"].any())
    best = rows.sort_values("rmse").iloc[0]
    assert best["rmse"] < done.validations[0].observed.std()
    print(rows.to_string(), *(r.en for r in done.selection.reasons), sep="\n")
