"""Radiocarbon files and settings that cannot be used are refused with a sentence that says why."""

import gzip

import pytest

from shanhai.carbon.presets import radiocarbon_column, reservoir_age
from shanhai.core.errors import InputError
from shanhai.io.radiocarbon import read_calibration, read_curve, read_graven2017, read_hua2021

GOOD = "# a curve\n10,20,1,-2.0,0.5\n0,15,1,-1.8,0.5\n"


def written(folder, text, name="curve.14c"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_curve_is_read_with_or_without_names_and_packed(tmp_path):
    plain = read_calibration(written(tmp_path, GOOD))
    assert plain.year.tolist() == [1940.0, 1950.0]
    assert plain.delta14c.tolist() == [-2.0, -1.8]
    named = '"CAL.BP","C14.age","Sigma.C14.age","Delta.14C","Sigma.Delta.14C"\n' + GOOD
    packed = read_calibration(written(tmp_path, gzip.compress(named.encode()), "curve.csv.gz"))
    assert packed.sigma.tolist() == plain.sigma.tolist()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("# only words\n", "the file is empty"),
        ("10,20,1\n", "line 1 has 3 cells and 5 are needed"),
        (GOOD + "5,none,1,-2,1\n", "line 4 says 'none' where a number belongs"),
        (GOOD + "5,nan,1,-2,1\n", "line 4 says 'nan'"),
        (GOOD + "5,20,1,inf,1\n", "line 4 says 'inf'"),
        (GOOD + "10,20,1,-2,1\n", "the year 1940 is given twice"),
        (GOOD + "5,20,1,-1000,1\n", "a Δ14C of -1000 per mil cannot be"),
        (GOOD + "5,20,1,-2,-1\n", "an uncertainty is negative"),
        ("10,20,1,-2,0.5\n", "one point makes no curve"),
        (b"\xff\xfe\x00\x01", "this is no text"),
    ],
)
def test_spoilt_curves_are_refused(tmp_path, text, says):
    with pytest.raises(InputError, match=r"curve\.14c") as refused:
        read_calibration(written(tmp_path, text))
    assert says in str(refused.value)


def test_a_spoilt_gzip_and_a_missing_file_are_refused(tmp_path):
    with pytest.raises(InputError, match="its gzip is spoilt"):
        read_calibration(written(tmp_path, gzip.compress(GOOD.encode())[:-9], "curve.csv.gz"))
    with pytest.raises(InputError, match="there is no such file"):
        read_calibration(tmp_path / "none.14c")
    with pytest.raises(InputError, match="no file of marine20 is there"):
        read_curve(tmp_path, "marine20")
    with pytest.raises(InputError, match="did you mean 'intcal20'"):
        read_curve(tmp_path, "intcal13")


def test_a_table_of_bands_or_zones_without_its_columns_is_refused(tmp_path):
    with pytest.raises(InputError, match="there is no column 'SH'"):
        read_graven2017(written(tmp_path, "Year.AD,NH,Tropics\n1850.5,-2,-4\n"))
    with pytest.raises(InputError, match="line 2 has only 3 cells"):
        read_graven2017(written(tmp_path, "Year.AD,NH,Tropics,SH\n1850.5,-2,-4\n"))
    with pytest.raises(InputError, match="there are no rows below the header"):
        read_graven2017(written(tmp_path, "Year.AD,NH,Tropics,SH\n"))
    zones = "Year,mean.Delta14C,sd.Delta14C,zone\n1950.5,-20,2,NHZone1\n1951.5,-21,2,NHZone9\n"
    with pytest.raises(InputError, match="there is no zone 'NHZone9'; did you mean"):
        read_hua2021(written(tmp_path, zones))


def test_runs_that_make_no_sense_are_refused(tmp_path):
    refused = [
        (radiocarbon_column, {"first_year": 1960}, "has no bomb pulse"),
        (radiocarbon_column, {"steps_per_year": 0}, "at least one step"),
        (radiocarbon_column, {"profile_years": (1800,)}, "has no year 1800"),
        (radiocarbon_column, {"atmosphere_file": str(tmp_path / "none.csv")}, "there is no such file"),
        (reservoir_age, {"co2_ages": (1.0, 2.0), "co2_ppm": (280.0, 280.0)}, "ages do not fall"),
        (reservoir_age, {"co2_ages": (1.0,)}, "not as many values of CO2"),
        (reservoir_age, {"least_ppm": 500.0}, "the range of CO2 or the step is empty"),
    ]
    for preset, wrong, says in refused:
        with pytest.raises(InputError, match=says):
            preset.run(preset.Settings(**wrong))
