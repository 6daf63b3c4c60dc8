"""Hostile surroundings of a job: models, output folders, options, training; each is refused with its sentence."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.jobs import config_text
from tests.spoils import (
    CRUISE,
    HEADER,
    MODEL,
    SIZE,
    SST,
    Spoil,
    both,
    text_file,
    unit,
)

from shanhai.cli import running
from shanhai.monitoring import assess
from shanhai.monitoring.pco2_models import store, train

# ---- models


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A pCO2 model of temperature and chlorophyll."""
    random = np.random.default_rng(0)
    table = pd.DataFrame({SST: random.uniform(5, 30, 200), "chlorophyll": random.uniform(0.1, 3, 200)})
    table["pco2_sea"] = 20 + 0.8 * table[SST] + random.normal(0, 0.1, 200)
    spec = train.specification({"kind": "polynomial", "predictors": [SST, "chlorophyll"], "degree": 1})
    done = train.train(table, [spec], np.arange(200) // 20, folds=2, force=True)
    return store.save(done.model, tmp_path_factory.mktemp("model") / "model", done.provenance)


MODEL_KINDS: dict[str, tuple[Spoil, tuple[str, ...]]] = {
    "predictor that is no input": (lambda m: None, ("chlorophyll",)),
    "tampered description": (
        lambda m: (m / "model.json").write_text((m / "model.json").read_text().replace(SST, "sea_surface_salinity")),
        ("model: the files were changed after they were written",),
    ),
    "tampered arrays": (
        lambda m: (m / "arrays.npz").write_bytes((m / "arrays.npz").read_bytes()[:-9] + bytes(9)),
        ("model: the files were changed after they were written",),
    ),
    "arrays gone": (lambda m: (m / "arrays.npz").unlink(), ("model: there is no arrays.npz",)),
    "description that is no JSON": (lambda m: (m / "model.json").write_text("{"), ("model.json: this is not JSON",)),
    "format of the future": (
        lambda m: (m / "model.json").write_text((m / "model.json").read_text().replace('"format": 1', '"format": 99')),
        ("the format of the model is 99",),
    ),
}


@pytest.mark.parametrize("kind", MODEL_KINDS)
def test_model_that_cannot_be_used_is_refused(job, trained, command_line, kind):
    spoil, saying = MODEL_KINDS[kind]
    shutil.copytree(trained, job / "model")
    MODEL(job)
    spoil(job / "model")
    command_line.refuses("flux", job / "flux.toml", "--json", "--out", job / "out", within=job, saying=saying)
    command_line.refuses("check", job / "flux.toml", within=job, saying=saying)


# ---- the output folder


def progress(text: str | bytes) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / "out").mkdir()
        text_file("out/progress.json", text)(folder)

    return spoil


def inside_a_file(folder: Path) -> None:
    (folder / "out").write_text("ten years of work")


OUT_KINDS: dict[str, tuple[Spoil, tuple[str, ...]]] = {
    "a file": (inside_a_file, ("out: this is a file, where a folder is meant", "give another --out")),
    "foreign": (
        lambda d: ((d / "out").mkdir(), text_file("out/thesis.txt", "x")(d)),
        ("out: this folder is not empty",),
    ),
    "job of another configuration": (
        progress('{"fingerprint": "another", "parts": {}}'),
        ("out: this folder holds the results of another", "--overwrite"),
    ),
    "progress cut off": (progress('{"fingerprint": "a", "pa'), ("progress.json: the progress file", "is damaged")),
    "progress of another shape": (progress("[1, 2]"), ("progress.json: the progress file", "is damaged")),
    "progress in bytes": (progress(b"\xff\xfe\x00"), ("progress.json: the progress file", "is damaged")),
    "progress that is a folder": (
        lambda d: (d / "out/progress.json").mkdir(parents=True),
        ("progress.json", "is damaged"),
    ),
}


@pytest.mark.parametrize("kind", OUT_KINDS)
def test_output_folder_that_cannot_serve_is_refused(job, command_line, kind):
    spoil, saying = OUT_KINDS[kind]
    spoil(job)
    command_line.refuses("flux", job / "flux.toml", "--json", "--out", job / "out", within=job, saying=saying)


def test_output_below_a_file_or_where_nothing_can_be_written(job, command_line):
    words = ("flux", job / "flux.toml", "--json", "--out")
    command_line.refuses(*words, job / "flux.toml" / "out", within=job, saying=("flux.toml: this is a file",))
    if Path("/proc/self").exists():  # a file system that refuses everyone
        saying = ("/proc: nothing can be written here", "give another --out")
        command_line.refuses(*words, "/proc/shanhai/out", within=job, saying=saying)
    command_line.refuses(*words, job, within=job, saying=("this folder is not empty and holds no job of ours",))


def test_overwrite_removes_results_only_when_the_new_job_is_sound_and_nothing_else_lies_there(job, command_line):
    assess(job / "flux.toml", out=job / "out")
    words = ("flux", job / "flux.toml", "--json", "--overwrite", "--out", job / "out")
    good = (job / "flux.toml").read_text()
    (job / "flux.toml").write_text(good.replace('"xco2.nc"', '"nothing.nc"'))
    command_line.refuses(*words, within=job, saying=("nothing.nc: there is no such file",))
    (job / "flux.toml").write_text(good.replace("resolution = 1.0", "resolution = 2.0"))
    (job / "out/thesis.txt").write_text("ten years of work")
    command_line.refuses(*words, within=job, saying=("thesis.txt, which --overwrite would remove",))
    (job / "out/thesis.txt").unlink()
    code, said = command_line.run(*words)
    assert code == 0, said


# ---- the command line itself


@pytest.mark.parametrize(
    ("options", "saying"),
    [
        (["--workers", "0"], ("--workers: workers is 0, where 1 or more is meant",)),
        (["--workers", "-2"], ("--workers: workers is -2",)),
        (["--workers", "2", "--scheduler", "tcp://127.0.0.1:1"], ("workers and scheduler are both given",)),
        (["--scheduler", "tcp://127.0.0.1:1"], ("tcp://127.0.0.1:1: no Dask scheduler answers", "check the address")),
    ],
    ids=" ".join,
)
def test_places_to_compute_that_are_none(job, command_line, monkeypatch, options, saying):
    pytest.importorskip("distributed")
    monkeypatch.setattr(running, "PATIENCE", 0.2)
    command_line.refuses("flux", job / "flux.toml", *options, "--out", job / "out", within=job, saying=saying)


def test_scheduler_that_did_not_answer_leaves_nothing_behind(job, command_line, monkeypatch):
    """The next computation of the same process runs on its own threads."""
    pytest.importorskip("distributed")
    monkeypatch.setattr(running, "PATIENCE", 0.2)
    words = ("flux", job / "flux.toml", "--scheduler", "somewhere", "--out", job / "out")
    command_line.refuses(*words, within=job, saying=("somewhere: no Dask scheduler answers", "check the address"))
    fields, _ = assess(job / "flux.toml")
    assert np.isfinite(fields.co2_flux).any()


def test_new_configuration_never_replaces_anything(tmp_path, command_line):
    (tmp_path / "flux.toml").write_text("mine")
    for path, saying in (
        (tmp_path / "flux.toml", "flux.toml: the file exists already"),
        (tmp_path, "exists already"),
        (tmp_path / "nowhere" / "flux.toml", "nowhere/flux.toml: it cannot be written: No such file or directory"),
    ):
        command_line.refuses("flux", "new", path, within=tmp_path, saying=(saying,))


def test_products_of_an_unknown_quantity(tmp_path, command_line):
    words = ("flux", "sources", "--quantity")
    command_line.refuses(*words, "xco", within=tmp_path, saying=("no product of 'xco'; did you mean 'xco2'?",))
    command_line.refuses(*words, "ph", within=tmp_path, saying=("no product of 'ph'; known: air_pressure",))


INCOMPLETE = [["flux"], ["flux", "a.toml"], ["flux", "a.toml", "--out"], ["check"], ["flx"]]


@pytest.mark.parametrize("words", INCOMPLETE, ids=" ".join)
def test_commands_that_are_incomplete_end_in_two(command_line, words):
    code, said = command_line.run(*words)
    assert code == 2
    assert "Error" in said


# ---- training

WHERE_AND_WHEN = config_text(**SIZE).split("[inputs.")[0].removeprefix('kind = "flux"')
TRAINING = f"""kind = "pco2_model"
data = {{ file = "cruise.csv" }}
{WHERE_AND_WHEN}
[inputs.{SST}]
files = "{SST}.nc"
variable = "{SST}"
[[candidates]]
kind = "polynomial"
predictors = ["{SST}"]
"""
TRAINING_KINDS: dict[str, tuple[Spoil, tuple[str, ...]]] = {
    "no observations": (lambda d: None, ("cruise.csv: there is no such file",)),
    "predictor in another unit": (
        both(text_file("cruise.csv", HEADER + CRUISE), unit(SST, "degC")),
        ("look like 'K'",),
    ),
    "observations of another year": (
        text_file("cruise.csv", HEADER + CRUISE.replace("2010", "2013")),
        ("cruise.csv: no observation lies in the region",),
    ),
    "observations in another sea": (
        text_file("cruise.csv", HEADER + CRUISE.replace(",2", ",-2")),
        ("cruise.csv: no observation lies in the region",),
    ),
    "flux without pCO2": (
        text_file("cruise.csv", "time,latitude,longitude,co2_flux\n2010-01-01,26,121,3\n"),
        ("cruise.csv", "pco2_sea"),
    ),
}


@pytest.mark.parametrize("kind", TRAINING_KINDS)
def test_training_on_hostile_input_is_refused(job, command_line, kind):
    (job / "flux.toml").unlink()
    (job / "model.toml").write_text(TRAINING)
    spoil, saying = TRAINING_KINDS[kind]
    spoil(job)
    command_line.refuses("flux", "train", job / "model.toml", "--out", job / "model", within=job, saying=saying)
    command_line.refuses("check", job / "model.toml", within=job, saying=saying)


def test_training_never_replaces_anything_and_looks_at_its_folder_first(job, command_line):
    (job / "model.toml").write_text(TRAINING)
    text_file("cruise.csv", HEADER + CRUISE)(job)
    words = ("flux", "train", job / "model.toml", "--out")
    command_line.refuses(*words, job, within=job, saying=("there is something already", "name a new folder"))
    command_line.refuses(*words, job / "cruise.csv" / "m", within=job, saying=("cruise.csv: this is a file",))
    flux = ("flux", "train", job / "flux.toml", "--out", job / "model")
    command_line.refuses(*flux, within=job, saying=("kind is 'flux', where kind = \"pco2_model\" is meant",))
