"""What litter bags take: lists of one length, possible litter and sites, a table of bags that were dug out."""

import numpy as np
import pytest

from shanhai.core.errors import ConfigError, InputError
from shanhai.io.presets import read_preset
from shanhai.site.litterbag import Settings, check, read_bags

HEADER = "site,litter,year,carbon,nitrogen"


def read(tmp_path, *rows, header=HEADER):
    path = tmp_path / "bags.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf8")
    return read_bags(path, Settings())


def test_a_table_is_read_with_gaps_of_nitrogen(tmp_path):
    told = read(tmp_path, "temperate,leaf,1.0,0.7,1.2", "cold,straw,2,0.55,NA")
    assert told.site.tolist() == [1, 0]
    assert told.litter.tolist() == [1, 3]
    np.testing.assert_array_equal(told.nitrogen, [1.2, np.nan])


def test_a_table_may_come_without_nitrogen(tmp_path):
    told = read(tmp_path, "cold,leaf,1,0.7", header="site,litter,year,carbon")
    assert told.carbon.tolist() == [0.7]
    assert np.all(np.isnan(told.nitrogen))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("boreal,leaf,1,0.7,1", "there is no site 'boreal'"),
        ("cold,leafs,1,0.7,1", "did you mean 'leaf'"),
        ("cold,leaf,11,0.7,1", "'11' is no number from 0 to 10"),
        ("cold,leaf,1,much,1", "'much' is no number"),
        ("cold,leaf,1,-0.1,1", "column carbon, row 2"),
        ("cold,leaf,1,,1", "is no number from 0 to 2"),
    ],
)
def test_a_bad_row_is_refused_with_its_place(tmp_path, row, said):
    with pytest.raises(InputError, match=said):
        read(tmp_path, row)


def test_a_missing_file_and_a_missing_column_are_named(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_bags(tmp_path / "nowhere.csv", Settings())
    with pytest.raises(InputError, match="there is no column 'carbon'"):
        read(tmp_path, "cold,leaf,1", header="site,litter,year")
    with pytest.raises(InputError, match="has no rows"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lignin": (0.1, 0.2)}, "4 litters and 2 entries"),
        ({"ratio": (25.0, 50.0, 80.0, 1.0)}, "straw has 1, and it must be from 5 to 1000"),
        ({"filled": (0.5, 0.5, 1.5)}, "tropical has 1.5"),
        ({"sites": ("a", "a", "b")}, "each but once"),
        ({"models": ()}, "a model or more"),
        ({"years": 0}, "0 years"),
    ],
)
def test_settings_that_no_bag_has_are_refused(change, said):
    with pytest.raises(InputError, match=said):
        check(Settings(**change))


def test_the_preset_is_read_and_unknown_models_and_slips_are_refused():
    assert read_preset("litterbag", kind="site").settings.years == 10
    with pytest.raises(ConfigError, match="unknown key 'ligin'"):
        read_preset("litterbag", {"ligin": [0.1]}, "site")
    with pytest.raises(ConfigError, match="models"):
        read_preset("litterbag", {"models": ["dayscent"]}, "site")
    with pytest.raises(ConfigError, match="lies outside"):
        read_preset("litterbag", {"bag.carbon": -1.0}, "site")
