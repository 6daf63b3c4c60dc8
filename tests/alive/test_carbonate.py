"""Every input and option of the carbonate system moves some output, and no two outputs are the same."""

import numpy as np
import pytest

from shanhai.seawater import carbonate
from shanhai.seawater.co2system.quantities import CODES, OUTPUTS, SOLUTES, TOTALS
from shanhai.seawater.constants import ConstantOptions

EVERY = tuple(name for name in OUTPUTS if name not in CODES)
BASE = {
    "dic": 2000.0,
    "alkalinity": 2300.0,
    "temperature": 18.0,
    "salinity": 35.0,
    "pressure": 500.0,
    "air_pressure": 101325.0,
    "output_temperature": 10.0,
    "output_pressure": 100.0,
    **dict.fromkeys(SOLUTES, 5.0),
    "borate": 410.0,
    "sulfate": 28000.0,
    "fluoride": 68.0,
    "calcium": 10200.0,
    "organic": 20.0,
    "pk": 6.0,
}
INPUTS = tuple(BASE)


@pytest.fixture(scope="module")
def responses():
    """Row 0 is the base, every other row has one input changed."""
    table = {name: np.full(len(INPUTS) + 1, value) for name, value in BASE.items()}
    for row, name in enumerate(INPUTS, 1):
        table[name][row] *= 1.01
    acid = (table.pop("organic"), table.pop("pk"))
    return carbonate(**table, organic=[acid], outputs=EVERY)


@pytest.mark.parametrize("name", INPUTS)
def test_every_input_moves_an_output(responses, name):
    row = 1 + INPUTS.index(name)
    here = [key for key in EVERY if getattr(responses, key)[row] != getattr(responses, key)[0]]
    there = [key for key in EVERY if getattr(responses.output, key)[row] != getattr(responses.output, key)[0]]
    assert bool(here) == (not name.startswith("output_"))
    assert there or name in ("temperature", "pressure")  # DIC and alkalinity are kept wherever the water goes
    if name == "calcium":
        assert set(here) == {"omega_calcite", "omega_aragonite"}
    if name == "air_pressure":
        assert set(here) == {"pCO2", "xCO2"}


def test_outputs_are_all_different(responses):
    values = [float(getattr(responses, name)[0]) for name in EVERY]
    assert np.all(np.isfinite(values))
    assert len(set(values)) == len(EVERY)


def test_root_chooses():
    pair = {"alkalinity": 2300, "carbonate": 200, "temperature": 18, "salinity": 35, "outputs": "pH"}
    low, high, usual = (carbonate(**pair, root=root).pH for root in ("low_pH", "high_pH", None))
    assert low == usual < high - 1.0


def test_options_choose():
    sample = {"dic": 2000, "alkalinity": 2300, "temperature": 18, "salinity": 35, "outputs": "pH"}
    options = (ConstantOptions(), ConstantOptions(carbonic="waters_2014"), ConstantOptions(boron="lee_2010"))
    assert len({float(carbonate(**sample, options=o).pH) for o in options}) == 3


def test_second_organic_acid_counts_and_a_strong_one_takes_alkalinity():
    sample = {
        "pH": 8.0,
        "dic": 2000,
        "temperature": 18,
        "salinity": 35,
        "outputs": ("alkalinity", "alkalinity_organic"),
    }
    weak, both = (carbonate(**sample, organic=acids) for acids in ([(10, 6.0)], [(10, 6.0), (10, 7.0)]))
    assert both.alkalinity_organic - weak.alkalinity_organic == pytest.approx(10 / (1 + 0.1), rel=1e-9)
    strong = carbonate(**sample, organic=[(10, 3.0)])
    assert strong.alkalinity_organic == pytest.approx(-10 * 1e-8 / (1e-8 + 1e-3), rel=1e-12)


def test_totals_of_the_water_replace_those_of_its_salinity():
    sample = {"dic": 2000, "alkalinity": 2300, "temperature": 18, "salinity": 35, "outputs": ("alkalinity_borate",)}
    without = carbonate(**sample, **dict.fromkeys(TOTALS, 0.0))
    assert without.alkalinity_borate == 0.0
