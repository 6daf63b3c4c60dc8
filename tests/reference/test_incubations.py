"""Published incubations: the page says what its file says, and stored parameters give the stored misfit again."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import SHARED
from validation.incubations import STUDIES, finely, misses

ROOT = Path(__file__).parents[2]
STORED = json.loads((ROOT / "docs" / "validation_incubations.json").read_text())
FOLDER = SHARED / "soil" / "sidb"


@pytest.mark.parametrize("study", STUDIES)
def test_the_page_has_the_numbers_of_its_file(study):
    page = (ROOT / "docs" / "validation_incubations.md").read_text(encoding="utf8")
    row = next(line for line in page.splitlines() if line.startswith("|") and study.capitalize() in line)
    numbers = STORED[study]["numbers"]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert float(cells[3]) == pytest.approx(numbers["r2_modelled"], rel=0.05)
    assert [float(c) for c in cells[4:6]] == pytest.approx([numbers["r2_fitted"], numbers["misfit"]], rel=0.01)
    assert int(cells[2]) == len(STORED[study]["parameters"])
    assert STORED[study]["closes"]
    if "r2_predicted" in numbers:
        assert float(cells[6].split(",")[0]) == pytest.approx(numbers["r2_predicted"], rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_stored_parameters_give_the_stored_misfit(study):
    if not FOLDER.is_dir():
        pytest.skip("shared/data/soil is not here")
    settings = STUDIES[study](FOLDER)
    found, stored = misses(settings, STORED[study]["parameters"]), STORED[study]["numbers"]
    assert found == pytest.approx({name: stored[name] for name in found}, rel=0.02)


@pytest.mark.slow
def test_cellulose_primes_the_soils_own_carbon():
    if not FOLDER.is_dir():
        pytest.skip("shared/data/soil is not here")
    settings = STUDIES["fontaine"](FOLDER)
    found, data = finely(settings, STORED["fontaine"]["parameters"])
    control, cellulose = found[-1]
    measured_control, measured_cellulose = np.asarray(data.values)[-1]
    assert cellulose / control == pytest.approx(measured_cellulose / measured_control, rel=0.15)
