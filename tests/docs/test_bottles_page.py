"""What docs/validation_bottles.md prints is what validation/bottles_2007.py computed."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from validation import bottles_page

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "validation_bottles.md"


@pytest.fixture(scope="module")
def recorded() -> dict:
    return json.loads((ROOT / "docs" / "bottles_2007.json").read_text(encoding="utf8"))


def test_every_table_of_the_page_is_the_recorded_one(recorded):
    text = PAGE.read_text(encoding="utf8")
    assert {name for _, name, _ in bottles_page.BLOCK.findall(text)} == set(bottles_page.TABLES)
    assert bottles_page.filled(text, recorded) == text


def test_every_figure_of_the_page_is_drawn_by_a_script():
    drawn = (ROOT / "validation" / "bottles_figures.py").read_text(encoding="utf8")
    shown = re.findall(r"\(figures/(bottles_\w+)\.png\)", PAGE.read_text(encoding="utf8"))
    assert sorted(shown) == sorted(p.stem for p in (ROOT / "docs" / "figures").glob("bottles_*.png"))
    for name in shown:
        assert f'"{name}"' in drawn, name
        assert (ROOT / "docs" / "figures" / f"{name}.png").stat().st_size < 200_000, name


def test_what_the_page_says_in_words_is_what_the_numbers_say(recorded):
    for name in ("dic", "pco2"):
        offshore = next(r for r in recorded["surface"][name] if r["where"] == "offshore")
        assert abs(offshore["mean"]) < offshore["sd"] / offshore["n"] ** 0.5
        assert offshore["sd"] > 1.5 * offshore["expected"]
    lee, west = recorded["surface"]["alkalinity"][0], recorded["surface"]["alkalinity_west"]
    assert abs(lee["mean"]) < 8.1 < abs(west["mean"])
    deep = recorded["depth"]["oxygen"]["deep"]
    assert abs(deep["slope"] - 117 / 170) < deep["error"]
    assert abs(deep["slope"] - 106 / 138) > 5 * deep["error"]
    assert all(r["soft"] < 0.6 and r["nitrate"] < 0.06 for r in recorded["depth"]["oxygen"]["along"])
    aragonite = recorded["depth"]["aragonite"]
    assert all(40 <= r["median"] <= 120 for r in aragonite["transects"])
    assert [b["transect"] for b in aragonite["outcrops"]] == [5, 6]
    second = aragonite["outcrops"][1]
    assert 1 < (1 - second["omega_aragonite"]) / second["u_omega_aragonite"] < 1.5


def test_without_data_the_script_says_so_and_does_nothing(tmp_path):
    command = [sys.executable, "-m", "validation.bottles_2007", "--data", str(tmp_path), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=True)
    assert done.stdout.startswith("nothing done")
    assert not (tmp_path / "out").exists()
