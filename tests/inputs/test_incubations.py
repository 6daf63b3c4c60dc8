"""Tables of incubations and their settings: read as they come, or refused in a sentence."""

import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.io.incubations import read_incubations
from shanhai.io.presets import read_preset
from shanhai.site import incubation

GOOD = "time,warm,cool\r0,0,0\r5,2.5,NA\r9,4.0,1.5\r"


def written(tmp_path, text):
    path = tmp_path / "series.csv"
    path.write_bytes(text.encode())
    return path


def test_old_line_ends_and_gaps_are_read(tmp_path):
    table = read_incubations(written(tmp_path, GOOD))
    assert table.jars == ("warm", "cool")
    assert table.days.tolist() == [0.0, 5.0, 9.0]
    assert np.isnan(table.values[1, 1])
    assert read_incubations(written(tmp_path, GOOD), ["cool"]).values[2].tolist() == [1.5]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time,warm\n0,0\n5,x\n", "column warm, row 3: 'x' is no number"),
        ("time,warm\n0,1\n5,-2\n", "respiration is -2"),
        ("time,warm\n5,1\n0,2\n", "do not increase"),
        ("time,warm\n0,1\n,2\n", "do not increase"),
        ("time,warm\n0,1\n3,\n", "fewer than two values"),
        ("time\n0\n", "needs a header"),
        ("", "no CSV table"),
        ("time,warm\n", "needs a header"),
    ],
)
def test_tables_that_cannot_be_used_are_refused(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        read_incubations(written(tmp_path, text))


def test_missing_files_and_columns_are_named(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_incubations(tmp_path / "none.csv")
    with pytest.raises(InputError, match=r"there is no column 'wam'.*warm"):
        read_incubations(written(tmp_path, GOOD), ["wam"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"temperature": [15.0]}, "6 jars and 1 entries"),
        ({"filled": [0.3, 0.6, 60.0, 0.3, 0.6, 0.6]}, "jar 3 has 60"),
        ({"temperature": [288.0, 15, 15, 25, 25, 25]}, "jar 1 has 288"),
        ({"free": ["shares.labile"], "spread": [1.0]}, "nothing to fit to"),
        ({"days": 0}, "a day or more"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(changes, said):
    chosen = read_preset("incubation", changes, "site")
    with pytest.raises(InputError, match=said):
        incubation.run(chosen.settings)


def test_presets_say_which_command_runs_them(tmp_path):
    path = tmp_path / "jar.toml"
    path.write_text('kind = "site"\nmodel = "incubation"\ntitle = "jar"\n')
    with pytest.raises(InputError, match="run it with `shanhai site soil`"):
        read_preset(str(path))
    with pytest.raises(InputError, match="neither a preset nor a file"):
        read_preset("weathering", kind="site")
    path.write_text('kind = "site"\nmodel = "jar"\ntitle = "jar"\n')
    with pytest.raises(InputError, match="there is no site model 'jar'"):
        read_preset(str(path), kind="site")
