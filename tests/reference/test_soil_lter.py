"""Soil carbon at fourteen sites: the page says what its file says, and the layer gives it again and comes to rest."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import SHARED
from validation import soil_lter

from shanhai.soil.layer import Layer

DOCS = Path(__file__).parents[2] / "docs"
STORED = json.loads((DOCS / "validation_lter.json").read_text())
FOLDER = SHARED / "soil"
ROWS = {
    "| MIMICS": STORED["mimics"],
    "| layer, defaults": STORED["defaults"],
    "| the same, each site": STORED["fit"]["left out"],
    "| layer, numbers of the three": STORED["incubated"],
}


@pytest.mark.parametrize("row", ROWS)
def test_the_page_has_the_numbers_of_its_file(row):
    page = (DOCS / "validation_incubations.md").read_text(encoding="utf8")
    cells = next(line for line in page.splitlines() if line.startswith(row)).strip("|").split("|")
    assert [float(c) for c in cells[1:3]] == pytest.approx([ROWS[row]["r2"], ROWS[row]["rmse"]], abs=6e-3)


@pytest.mark.parametrize("name", soil_lter.FREE)
def test_defaults_are_the_fitted_numbers(name):
    value = Layer()
    for part in name.split("."):
        value = getattr(value, part)
    assert float(value) == pytest.approx(STORED["fit"]["parameters"][name][0], rel=0.01)


@pytest.mark.slow
def test_the_layer_lives_at_every_site_and_comes_to_rest():
    if not FOLDER.is_dir():
        pytest.skip("shared/data/soil is not here")
    sites = soil_lter.read(FOLDER)
    made, x = soil_lter.grown(Layer(), sites, 300)
    carbon = np.asarray(soil_lter.held(made, x))
    np.testing.assert_allclose(carbon[-1], STORED["defaults"]["carbon"], rtol=0.05)
    assert np.max(np.abs(carbon[-1] - carbon[-6])) < 0.1  # kg m-2 in half a century
    assert np.min(x[-1, made.index("active_c")]) > 0.5
