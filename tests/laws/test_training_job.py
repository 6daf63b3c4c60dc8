"""`shanhai flux train` from files to a model, and the model in a flux job: Appendix B end to end.

The truth is a polynomial of temperature and salinity; in-situ data sample it, so training must find it again.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from tests.jobs import config_text, write_inputs

from shanhai.core.errors import InputError
from shanhai.monitoring import assess
from shanhai.monitoring.pco2_models import store
from shanhai.monitoring.training_job import TrainingJob, train_from_config

TRUTH = {
    "1": 80.0,
    "sea_surface_temperature": -3.0,
    "sea_surface_temperature^2": 0.05,
    "sea_surface_salinity": 0.25,
}
MONTHS, ROWS, COLUMNS = 3, 8, 10
BOX = {"months": MONTHS, "rows": ROWS, "columns": COLUMNS}
CANDIDATES = """
[[candidates]]
kind = "polynomial"
predictors = ["sea_surface_salinity"]
degree = 1
[[candidates]]
kind = "polynomial"
predictors = ["sea_surface_temperature", "sea_surface_salinity"]
degree = [2, 1]
"""


def truth(temperature, salinity):
    """pCO2 of the sea [Pa] from temperature [degC] and salinity [1]."""
    return 80.0 - 3.0 * temperature + 0.05 * temperature**2 + 0.25 * salinity


def predictors(folder: Path) -> xr.Dataset:
    """Fields of the files of the job, in notation units, in the double precision of their numbers."""
    with xr.open_dataarray(folder / "sea_surface_temperature.nc") as t:
        temperature = t.load().astype(float) - 273.15
    with xr.open_dataarray(folder / "sea_surface_salinity.nc") as s:
        salinity = s.load().astype(float)
    return xr.Dataset({"temperature": temperature, "salinity": salinity})


def observations(folder: Path, *, noise: float = 0.0, eastern: int = COLUMNS) -> pd.DataFrame:
    """Three data in every sea cell of the western columns, each month; a cruise for every month and half of the box."""
    fields = predictors(folder).isel(lon=slice(0, eastern))
    cells = fields.to_dataframe().dropna().reset_index()
    rng = np.random.default_rng(3)
    rows = cells.loc[cells.index.repeat(3)].reset_index(drop=True)
    rows["time"] = rows["time"] + pd.to_timedelta(rng.integers(0, 28, len(rows)), unit="D")
    pco2 = truth(rows["temperature"], rows["salinity"]) + noise * rng.normal(size=len(rows))
    return pd.DataFrame(
        {
            "Expocode": [f"{t:%Y%m}{'N' if y > 29 else 'S'}" for t, y in zip(rows["time"], rows["lat"], strict=True)],
            "time": rows["time"].dt.strftime("%Y-%m-%dT%H:%M:%S"),
            "latitude": rows["lat"] + rng.uniform(-0.4, 0.4, len(rows)),
            "longitude": rows["lon"] + rng.uniform(-0.4, 0.4, len(rows)),
            "pCO2 [uatm]": pco2 / 0.101325,
        }
    )


def training_text(extra: str = "", candidates: str = CANDIDATES) -> str:
    return f"""kind = "pco2_model"
{extra}
data = {{ file = "insitu.csv" }}
[region]
west = 120.0
east = {120.0 + COLUMNS}
south = 25.0
north = {25.0 + ROWS}
[time]
start = "2010-01"
end = "2010-{MONTHS:02d}"
[grid]
resolution = 1.0
[inputs.sea_surface_temperature]
files = "sea_surface_temperature.nc"
variable = "sea_surface_temperature"
[inputs.sea_surface_salinity]
files = "sea_surface_salinity.nc"
variable = "sea_surface_salinity"
{candidates}"""


def write_training(folder: Path, extra: str = "", candidates: str = CANDIDATES, **sampling) -> Path:
    write_inputs(folder, **BOX)
    observations(folder, **sampling).to_csv(folder / "insitu.csv", index=False)
    path = folder / "train.toml"
    path.write_text(training_text(extra, candidates))
    return path


def flux_job(folder: Path, extra: str = "") -> Path:
    """A flux job whose pCO2 is the model of the folder."""
    text = config_text(f'[inputs.pco2_sea]\nmodel = "model"\n{extra}', skip=("pco2_sea",), **BOX)
    path = folder / "flux.toml"
    path.write_text(text)
    return path


def test_training_chooses_the_true_polynomial_and_recovers_its_coefficients(tmp_path):
    done = train_from_config(write_training(tmp_path), tmp_path / "model")
    best = done["candidates"][0]
    assert best["label"] == "polynomial(sea_surface_temperature^2, sea_surface_salinity)"
    assert best["rmse"] < 1e-6
    stored = store.load(done["model"])
    found = stored.model.original_coefficients()
    assert found.keys() == TRUTH.keys()
    for term, value in TRUTH.items():
        assert found[term] == pytest.approx(value, rel=1e-6), term
    about = stored.provenance
    assert about["match_ups"] == best["n"] == MONTHS * (ROWS * COLUMNS - 4)
    assert about["chosen"]["predictors"] == ["sea_surface_temperature", "sea_surface_salinity"]


def test_noise_of_the_data_averages_out(tmp_path):
    """0.5 Pa in every datum, three data a cell: validation sees 0.5 / sqrt(3), the fit is far closer to the truth."""
    done = train_from_config(write_training(tmp_path, noise=0.5), tmp_path / "model")
    assert done["candidates"][0]["rmse"] == pytest.approx(0.5 / 3**0.5, rel=0.15)
    fields = predictors(tmp_path)
    names = {"sea_surface_temperature": fields.temperature.values, "sea_surface_salinity": fields.salinity.values}
    error = np.asarray(store.load(tmp_path / "model").model.predict(names)) - truth(*names.values())
    assert np.sqrt(np.nanmean(error**2)) < 0.1


def test_flux_job_with_the_model_gives_the_flux_of_the_truth(tmp_path):
    train_from_config(write_training(tmp_path), tmp_path / "model")
    modelled, report = assess(flux_job(tmp_path))
    fields = predictors(tmp_path)
    pco2 = truth(fields.temperature, fields.salinity).assign_attrs(units="Pa").rename("pco2_sea")
    pco2.to_netcdf(tmp_path / "pco2_sea.nc")
    path = tmp_path / "true.toml"
    path.write_text(config_text(**BOX))
    true, _ = assess(path)
    np.testing.assert_allclose(modelled.pco2_sea, true.pco2_sea, rtol=1e-6)
    np.testing.assert_allclose(modelled.co2_flux, true.co2_flux, rtol=1e-5, atol=1e-5)
    assert int(modelled.cells_outside_training.sum()) == 0
    assert any("In 0 cells" in s.en for s in report.notes)


def outside(folder: Path, eastern: int) -> np.ndarray:
    """Cells of which a predictor is beyond what the western columns have."""
    fields = predictors(folder)
    seen = fields.isel(lon=slice(0, eastern))
    out = np.zeros(fields.temperature.shape, dtype=bool)
    for name in ("temperature", "salinity"):
        values = fields[name].values
        out |= (values < float(seen[name].min())) | (values > float(seen[name].max()))
    return out


@pytest.mark.parametrize("intermediate", ["true", "false"])
def test_cells_outside_the_training_range_are_missing_and_counted_in_the_report(tmp_path, intermediate):
    train_from_config(write_training(tmp_path, eastern=4), tmp_path / "model")
    extra = f'[output]\nformat = "zarr"\nfigures = false\nintermediate_fields = {intermediate}\n'
    fields, report = assess(flux_job(tmp_path, extra), out=tmp_path / "out")
    beyond = outside(tmp_path, 4)
    count, there = int(beyond.sum()), int(np.isfinite(predictors(tmp_path).temperature).sum())
    assert 0 < count < there
    flux = fields.co2_flux.values
    assert np.isnan(flux[beyond]).all()
    assert np.isfinite(flux).sum() == there - count
    np.testing.assert_array_equal(fields.cells_outside_training, beyond.sum(axis=(1, 2)))
    said = [s for s in report.notes if "training data of the pCO2 model" in s.en]
    assert len(said) == 1
    for text in (said[0].en, said[0].zh):
        assert str(count) in text
        assert str(there - count) in text
    assert said[0].en in (tmp_path / "out/report.html").read_text(encoding="utf8")


def test_job_without_a_model_does_not_speak_of_training(tmp_path):
    write_inputs(tmp_path, **BOX)
    path = tmp_path / "flux.toml"
    path.write_text(config_text(**BOX))
    fields, report = assess(path)
    assert "cells_outside_training" not in fields
    assert not any("training" in s.en for s in report.notes)


def test_model_without_its_predictor_among_the_inputs_is_refused_before_work(tmp_path):
    chlorophyll = CANDIDATES.replace("sea_surface_salinity", "chlorophyll")
    path = write_training(tmp_path, candidates=chlorophyll)
    with xr.open_dataarray(tmp_path / "sea_surface_salinity.nc") as s:
        s.rename("chlorophyll").assign_attrs(units="mg m-3").to_netcdf(tmp_path / "chlorophyll.nc")
    path.write_text(
        path.read_text()
        .replace("inputs.sea_surface_salinity", "inputs.chlorophyll")
        .replace('"sea_surface_salinity', '"chlorophyll')
    )
    train_from_config(path, tmp_path / "model")
    with pytest.raises(InputError, match="the model needs chlorophyll"):
        assess(flux_job(tmp_path), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_when_no_candidate_qualifies_unless_forced(tmp_path):
    """Salinity alone explains little."""
    poor = CANDIDATES.split("[[candidates]]")[1]
    path = write_training(tmp_path, candidates="[[candidates]]" + poor)
    before = sorted(tmp_path.iterdir())
    done = train_from_config(path, tmp_path / "model")
    assert done["model"] is None
    assert not done["candidates"][0]["qualified"]
    assert sorted(tmp_path.iterdir()) == before
    path.write_text(training_text("force = true", "[[candidates]]" + poor))
    forced = train_from_config(path, tmp_path / "model")
    assert store.load(forced["model"]).model.predictors == ("sea_surface_salinity",)
    assert set(done["reasons"]) < set(forced["reasons"])  # why none qualifies stays beside the forced choice
    with pytest.raises(InputError, match="something already"):
        train_from_config(path, tmp_path / "model")


def test_cruises_are_held_back_whole(tmp_path):
    """blocks = "cruise": every cruise is gridded by itself, and its match-ups are one block."""
    path = write_training(tmp_path, noise=0.2)
    path.write_text(path.read_text() + '\n[validation]\nblocks = "cruise"\nfolds = 6\n')
    job = TrainingJob(load_config(path))
    table = job.match_ups()
    assert sorted(set(table["cruise"])) == [f"2010{m:02d}{half}" for m in (1, 2, 3) for half in "NS"]
    np.testing.assert_array_equal(job.groups(table), table["cruise"])
    south = table["cruise"].str.endswith("S")
    assert (table["latitude"][south] < 29.5).all()
    done = train_from_config(path, tmp_path / "model")
    folds = json.loads((tmp_path / "model/model.json").read_text())["provenance"]["candidates"][0]["folds"]
    assert len(folds) == 6
    assert done["model"]


def test_two_cruises_in_a_cell_are_two_match_ups(tmp_path):
    path = write_training(tmp_path)
    twice = pd.read_csv(tmp_path / "insitu.csv")
    pd.concat([twice, twice.assign(Expocode="other" + twice["Expocode"])]).to_csv(tmp_path / "insitu.csv", index=False)
    counts = {}
    for blocks in ("time", "cruise"):
        path.write_text(training_text() + f'\n[validation]\nblocks = "{blocks}"\n')
        counts[blocks] = len(TrainingJob(load_config(path)).match_ups())
    assert counts["cruise"] == 2 * counts["time"]


def test_cruise_blocks_need_a_column_of_cruises(tmp_path):
    path = write_training(tmp_path)
    pd.read_csv(tmp_path / "insitu.csv").drop(columns="Expocode").to_csv(tmp_path / "insitu.csv", index=False)
    path.write_text(path.read_text() + '\n[validation]\nblocks = "cruise"\n')
    with pytest.raises(InputError, match=r"no column tells the cruise.*data\.columns\.cruise"):
        train_from_config(path, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def load_config(path: Path):
    from shanhai.monitoring.config import load

    return load(path, "pco2_model")
