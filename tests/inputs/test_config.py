"""Configurations that say nothing usable: each is refused by its key, before any file is opened."""

from pathlib import Path

import pytest
from tests.jobs import config_text
from tests.refusals import CommandLine, snapshot

from shanhai.core.errors import ConfigError, InputError
from shanhai.monitoring import assess
from shanhai.monitoring.config import load

TEXT = config_text()
AREA = '\n[[net_flux.areas]]\nname = "a"\n'
PCO2 = 'variable = "pco2_sea"'
FILES = 'files = "pco2_sea.nc"'
SST = 'files = "sea_surface_temperature.nc"\nvariable = "sea_surface_temperature"'
ONCE = 'name = "b"\nbox = [120, 25, 121, 26]\n'


@pytest.fixture
def command_line(monkeypatch, capsys) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


def other(old: str, new: str) -> str:
    """The good configuration with one thing changed."""
    assert TEXT.count(old) == 1
    return TEXT.replace(old, new)


KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    # the file as such
    "not TOML": (TEXT + "\n[[", ("flux.toml: this is not TOML", "end of document")),
    "month without quotes": (other('"2010-01"', "2010-01"), ("this is not TOML", "line 8")),
    "no kind": (other('kind = "flux"', ""), ("kind is None", 'kind = "flux"')),
    "wrong kind": (other('"flux"', '"ocean"'), ("kind is 'ocean'", 'kind = "flux"')),
    "kind of another command": (other('"flux"', '"pco2_model"'), ("kind is 'pco2_model'", 'kind = "flux"')),
    # unknown keys, at every depth
    "unknown section": (TEXT + '[outputs]\nformat = "zarr"', ("unknown key 'outputs'", "did you mean 'output'?")),
    "unknown key of a section": (other("south =", "soth ="), ("'region.soth'", "did you mean 'south'?")),
    "unknown key of an input": (other(PCO2, PCO2 + '\nunit = "Pa"'), ("'inputs.pco2_sea.unit'", "'units'?")),
    "unknown key inside an input": (
        other(PCO2, PCO2 + '\nvalid_when = { variable = "n", minium = 2 }'),
        ("'inputs.pco2_sea.valid_when.minium'", "'minimum'?"),
    ),
    "unknown key of the second area": (
        TEXT + AREA + "box = [120, 25, 121, 26]\n[[net_flux.areas]]\n" + ONCE + "poligon = 1",
        ("'net_flux.areas.1.poligon'", "'polygon'?"),
    ),
    "unknown key of the in-situ table": (
        TEXT + '[accuracy]\ndata = { file = "a.csv", colums = {} }',
        ("'accuracy.data.colums'", "'columns'?"),
    ),
    "missing key": (TEXT + "[accuracy]\nwindow = 3", ("key 'accuracy.data' is missing",)),
    # wrong types and values
    "text for a number": (other("120.0", '"a hundred"'), ("region.west", "a number", "'a hundred'")),
    "list for a number": (other("120.0", "[120]"), ("region.west", "a number", "[120]")),
    "text for true": (TEXT + '[output]\nfigures = "maybe"', ("output.figures", "true or false", "'maybe'")),
    "text for a list": (TEXT + AREA + 'box = "north"', ("net_flux.areas.0.box", "a list", "'north'")),
    "one area without a list": (TEXT + '[net_flux.areas]\nname = "a"', ("net_flux.areas: it should be a list",)),
    "text for a section": ('region = "China"\n' + TEXT.replace("[region]", "[old]"), ("region: a section", "'China'")),
    "text for an input": (
        other("[time]", '[inputs]\nxco2 = "xco2.nc"\n[time]').replace("[inputs.xco2]", "[inputs.chlorophyll]"),
        ("inputs.xco2: a section with keys is meant, not 'xco2.nc'",),
    ),
    "number for files": (other(FILES, "files = 5"), ("inputs.pco2_sea.files: one name, or a list of names", "not 5")),
    "no files in the list": (other(FILES, "files = []"), ("inputs.pco2_sea.files", "not []")),
    "empty path": (other(FILES, 'files = ""'), ("inputs.pco2_sea.files: the path is empty",)),
    "three components": (
        other('variable = "wind_speed"', 'variable = ["u", "v", "w"]'),
        ("inputs.wind_speed.variable",),
    ),
    "choice that is none": (other("[grid]", '[grid]\nmethod = "cubic"'), ("grid.method", "'nearest'", "'cubic'")),
    "even window": (TEXT + '[accuracy]\nwindow = 4\ndata = { file = "a" }', ("accuracy.window", "3 or 5", "not 4")),
    "negative uncertainty": (TEXT + "[uncertainty]\nxco2 = -1", ("uncertainty.xco2", "greater than or equal to 0")),
    # time
    "end before start": (other('"2010-03"', '"2009-03"'), ("the end 2009-03 lies before the start 2010-01",)),
    "year for a month": (other('"2010-01"', '"2010"'), ("time.start: '2010' is not a month or a day",)),
    "day without quotes": (other('"2010-01"', "2010-01-01"), ("time.start", "with quotes")),
    "month 13": (other('"2010-01"', '"2010-13"'), ("time.start: '2010-13' is not a date of the calendar",)),
    "30 February": (other('"2010-03"', '"2010-02-30"'), ("time.end: '2010-02-30' is not a date of the calendar",)),
    "half a month": (other('"2010-01"', '"2010-01-15"'), ("2010-01-15 lies inside a month", "begin with 2010-01-01")),
    "year 1": (other('"2010-01"', '"0001-01"'), ("time.start: the year of '0001-01' is outside 1678 to 2261",)),
    # region and grid
    "region upside down": (other("south = 25.0", "south = 35.0"), ("region: south (35.0) must be less than north",)),
    "latitude beyond the pole": (other("north = 33.0", "north = 133.0"), ("region.north", "less than or equal to 90")),
    "no width": (other("east = 130.0", "east = 120.0"), ("region: west and east are the same meridian",)),
    "wider than the globe": (other("120.0", "-180.0").replace("130.0", "300.0"), ("region", "wider than the globe")),
    "cells of no size": (other("resolution = 1.0", "resolution = 0"), ("grid.resolution", "greater than 0, not 0")),
    "cell size in words": (
        other("resolution = 1.0", 'resolution = "abc"'),
        ("grid.resolution: 'abc' is not a cell size",),
    ),
    "division by zero": (
        other("resolution = 1.0", 'resolution = "1/0"'),
        ("grid.resolution: '1/0' is not a cell size",),
    ),
    "cell size not a number": (other("resolution = 1.0", "resolution = nan"), ("grid.resolution", "not nan")),
    "box without cells": (other("120.0", "129.6"), ("region: the box holds no centre of a cell of 1.0 degree",)),
    "cells that do not close the globe": (
        other("120.0", "-180.0").replace("130.0", "180.0").replace("resolution = 1.0", "resolution = 0.7"),
        ("grid.resolution: cells of 0.7 degree do not fill the globe",),
    ),
    # inputs
    "missing input": (TEXT.replace("[inputs.xco2]", "[inputs.chlorophyll]"), ("missing inputs: xco2",)),
    "unknown input": (TEXT + "[inputs.wind_sped]\nvalue = 3.0", ("inputs.wind_sped", "did you mean 'wind_speed'?")),
    "files and value": (other(FILES, FILES + "\nvalue = 3.0"), ("inputs.pco2_sea: give exactly one of files",)),
    "neither files nor value": (other(FILES, ""), ("inputs.pco2_sea: give exactly one of files", "not none")),
    "files without variable": (other(PCO2, ""), ("inputs.pco2_sea: files needs variable",)),
    "range upside down": (
        other(PCO2, PCO2 + "\nvalid_range = [90, 10]"),
        ("inputs.pco2_sea: valid_range is [90.0, 10.0]",),
    ),
    "model of another quantity": (
        other(SST, 'model = "m"'),
        ("sea_surface_temperature.model: models are of pco2_sea only",),
    ),
    "ice without ice": (TEXT + "[flux]\nsea_ice = true", ("flux.sea_ice: there is no sea_ice_fraction",)),
    "value that is not a number": (
        other(SST, "value = nan"),
        ("inputs.sea_surface_temperature.value: it should be a finite number",),
    ),
    # equations and output
    "unknown law": (TEXT + '[flux]\nlaw = "ho2006"', ("flux.law 'ho2006' is not known; did you mean 'ho_2006'?",)),
    "options in the printed example": (
        TEXT + '[flux]\nmode = "table_d1"\nfugacity = true',
        ('flux: mode "table_d1"', "fugacity = True"),
    ),
    "uncertainty without intermediate fields": (
        TEXT + "[uncertainty]\n[output]\nintermediate_fields = false",
        ("uncertainty needs output.intermediate_fields",),
    ),
    # areas
    "area without shape": (TEXT + AREA, ("net_flux.areas.0: sea area 'a' needs exactly one of box, polygon and mask",)),
    "area of two shapes": (
        TEXT + AREA + 'box = [120, 25, 121, 26]\npolygon = "a.shp"',
        ("exactly one of box, polygon",),
    ),
    "box of three numbers": (TEXT + AREA + "box = [120, 25, 121]", ("net_flux.areas.0.box.3",)),
    "code without a mask": (
        TEXT + AREA + "box = [120, 25, 121, 26]\nmask_value = 3",
        ("mask_value of sea area 'a' needs mask",),
    ),
    "feature without a polygon": (
        TEXT + AREA + 'box = [120, 25, 121, 26]\nfeature = "n=1"',
        ("feature of sea area 'a' needs polygon",),
    ),
    "mask that is one number": (TEXT + AREA + "mask = { value = 1.0 }", ("areas.0.mask: a mask comes from files",)),
    "land that is one number": (
        TEXT + "[net_flux]\nland = { value = 0.0 }",
        ("net_flux.land: a mask comes from files",),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_useless_configuration_is_refused_by_its_key(tmp_path, command_line, kind):
    """The inputs do not even exist: nothing is opened before the configuration is understood."""
    text, saying = KINDS[kind]
    config = tmp_path / "flux.toml"
    config.write_text(text, encoding="utf8")
    command_line.refuses("flux", config, "--json", "--out", tmp_path / "out", within=tmp_path, saying=saying)
    with pytest.raises(InputError) as caught:
        assess(config)
    assert all(fragment in str(caught.value) for fragment in saying)
    assert set(snapshot(tmp_path)) == {"flux.toml"}


@pytest.mark.parametrize("command", ["check", "flux", "train"])
def test_configuration_that_cannot_be_read(tmp_path, command_line, command):
    (tmp_path / "flux.toml").write_text(TEXT, encoding="utf8")
    (tmp_path / "sst.nc").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(50))
    words, rest = {"check": (["check"], []), "flux": (["flux"], ["--out"]), "train": (["flux", "train"], ["--out"])}[
        command
    ]
    rest = [*rest, tmp_path / "out"] if rest else []
    for path, saying in (
        (tmp_path / "flx.toml", ("flx.toml: there is no such file", "shanhai flux new")),
        (tmp_path, ("this is a folder", "name a TOML file")),
        (tmp_path / "sst.nc", ("sst.nc: this is not TOML",)),
        (tmp_path / "flux.toml" / "inside", ("inside: it cannot be read: Not a directory",)),
    ):
        command_line.refuses(*words, path, *rest, within=tmp_path, saying=saying)


def test_mark_that_editors_leave_at_the_beginning_is_no_error(tmp_path):
    path = tmp_path / "flux.toml"
    path.write_text(TEXT, encoding="utf-8-sig")
    assert load(path).region.west == 120.0


def test_sections_beside_a_configuration_are_refused(tmp_path):
    path = tmp_path / "flux.toml"
    path.write_text(TEXT, encoding="utf8")
    with pytest.raises(InputError, match="flux given beside a configuration"):
        assess(path, flux={"law": "ho_2006"})


MODEL = """kind = "pco2_model"
data = { file = "cruise.csv" }
[region]
west = 120.0
east = 130.0
south = 25.0
north = 33.0
[time]
start = "2010-01"
end = "2010-03"
[grid]
resolution = 1.0
[inputs.sea_surface_temperature]
value = 20.0
[[candidates]]
kind = "polynomial"
predictors = ["sea_surface_temperature"]
"""
TRAINING_KINDS = {
    "pCO2 as a predictor": (
        "[inputs.sea_surface_temperature]",
        "[inputs.pco2_sea]",
        "inputs.pco2_sea is not a predictor",
    ),
    "predictor from a model": ("value = 20.0", 'model = "m"', "a predictor comes from files or is one value"),
    "predictor that is no input": ('["sea_surface_temperature"]', '["chlorophyll"]', "chlorophyll"),
    "no candidate": ("[[candidates]]", "[validation]", "candidates"),
    "unknown kind of candidate": ('"polynomial"', '"spline"', "candidates"),
    "unknown key of a candidate": ('kind = "polynomial"', 'kind = "polynomial"\ndegre = 2', "candidates: degre"),
    "unknown blocks": ("[[candidates]]", '[validation]\nblocks = "random"\n[[candidates]]', "validation.blocks"),
}


@pytest.mark.parametrize("kind", TRAINING_KINDS)
def test_useless_training_configuration_is_refused_by_its_key(tmp_path, command_line, kind):
    old, new, fragment = TRAINING_KINDS[kind]
    assert MODEL.count(old) == 1
    config = tmp_path / "model.toml"
    config.write_text(MODEL.replace(old, new), encoding="utf8")
    out = tmp_path / "model"
    command_line.refuses("flux", "train", config, "--out", out, within=tmp_path, saying=(fragment,))
    command_line.refuses("check", config, within=tmp_path, saying=(fragment,))


def test_errors_of_configurations_are_of_their_own_class(tmp_path: Path):
    with pytest.raises(ConfigError):
        load(tmp_path / "nothing.toml")
