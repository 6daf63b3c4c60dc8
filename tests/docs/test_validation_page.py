"""What docs/validation.md prints is what the scripts of validation/ computed, and what they compute today."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from validation import cruise, page, printed_example, wind_moments
from validation.airsea_2010 import in_digits

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "validation.md"


@pytest.fixture(scope="module")
def recorded() -> dict:
    return json.loads((ROOT / "docs" / "validation.json").read_text(encoding="utf8"))


def assert_same(got, expected, where="") -> None:
    """Equal up to the last recorded digits."""
    if isinstance(expected, dict):
        assert got.keys() == expected.keys(), where
        for key in expected:
            assert_same(got[key], expected[key], f"{where}.{key}")
    elif isinstance(expected, list):
        assert len(got) == len(expected), where
        for number, (one, other) in enumerate(zip(got, expected)):
            assert_same(one, other, f"{where}[{number}]")
    elif isinstance(expected, float):
        assert got == pytest.approx(expected, rel=2e-5, abs=1e-12), where
    else:
        assert got == expected, where


def test_every_table_of_the_page_is_the_recorded_one(recorded):
    text = PAGE.read_text(encoding="utf8")
    assert {name for _, name, _ in page.BLOCK.findall(text)} == set(page.TABLES)
    assert page.filled(text, recorded) == text


def test_every_figure_of_the_page_is_drawn_by_a_script():
    drawn = (ROOT / "validation" / "figures.py").read_text(encoding="utf8")
    shown = {
        p.stem
        for p in (ROOT / "docs" / "figures").glob("*.png")
        if not p.stem.startswith(("bottles_", "box_", "site_", "soil_", "incubations_"))
    }
    for name in shown:
        assert name in drawn or name.startswith("cruise_"), name
        assert f"figures/{name}.png" in PAGE.read_text(encoding="utf8"), name
        assert (ROOT / "docs" / "figures" / f"{name}.png").stat().st_size < 200_000, name


def test_every_figure_of_the_soil_is_drawn_by_a_script_and_shown_on_a_page():
    scripts = "".join(p.read_text(encoding="utf8") for p in (ROOT / "validation").glob("soil_*.py"))
    pages = "".join(p.read_text(encoding="utf8") for p in (ROOT / "docs" / "schemes").glob("soil_*.md"))
    for figure in (ROOT / "docs" / "figures").glob("soil_*.png"):
        assert figure.stem in scripts, figure.name
        assert f"figures/{figure.name}" in pages, figure.name


def test_the_printed_example_is_computed_as_recorded(recorded):
    assert_same(in_digits(printed_example.run()), recorded["table_d1"])


def test_wind_moments_are_computed_as_recorded(recorded, airsea_data):
    assert_same(in_digits(wind_moments.run(airsea_data)), recorded["wind_moments"])


def test_the_cruise_is_judged_as_recorded(recorded, airsea_data):
    assert_same(in_digits(cruise.run(airsea_data)[0]), recorded["cruise"])


def test_without_data_the_script_says_so_and_does_nothing(tmp_path):
    command = [sys.executable, "-m", "validation.airsea_2010", "--data", str(tmp_path), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=True)
    assert done.stdout.startswith("nothing done")
    assert not (tmp_path / "out").exists()
