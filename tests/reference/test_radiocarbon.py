"""Radiocarbon against published curves: definitions, the built-in table, Marine20 and the bomb inventory."""

from pathlib import Path

import numpy as np
import pytest

from shanhai.carbon.presets import radiocarbon_column, reservoir_age
from shanhai.io.radiocarbon import read_curve, read_graven2017, read_hua2021
from shanhai.seawater import radiocarbon as rc

pytestmark = pytest.mark.slow  # compiling takes long

FOLDER = Path(__file__).parents[2].parent / "shared/data/radiocarbon"
needs_curves = pytest.mark.skipif(not FOLDER.is_dir(), reason="the shared data are not here")


@needs_curves
@pytest.mark.parametrize(("name", "file"), [("intcal20", "IntCal20.csv.gz"), ("shcal20", "SHCal20.csv.gz")])
def test_the_ages_of_calibration_curves_follow_from_their_delta(name, file):
    """In the last 10 000 years, where curves are narrow: means of ages and of ratios agree to the printed digits."""
    curve = read_curve(FOLDER, name)
    rows = np.genfromtxt(FOLDER / file, delimiter=",", skip_header=1)
    late = curve.year > 1950.0 - 10_000.0
    ages = rc.conventional_age(rc.fraction_modern(curve.delta14c, curve.year))
    assert np.max(np.abs(np.asarray(ages) - rows[:, 1])[late]) < 1.5


@needs_curves
def test_the_built_in_air_is_the_published_one_rounded():
    published = read_graven2017(FOLDER / "Graven2017.csv")["global"]
    at = np.interp(np.array(radiocarbon_column.AIR_YEAR) + 0.5, published.year, published.delta14c)
    assert np.max(np.abs(at - radiocarbon_column.AIR_DELTA14C)) < 3.0


@needs_curves
def test_the_zones_of_the_bomb_pulse_agree_with_the_bands_of_the_forcing():
    zones, bands = read_hua2021(FOLDER / "Hua2021_bomb14C_zones.csv"), read_graven2017(FOLDER / "Graven2017.csv")
    year = np.arange(1970.5, 2015.0)
    south = [np.interp(year, c.year, c.delta14c) for c in (zones["SHZone1-2"], bands["SH"])]
    assert np.sqrt(np.mean((south[0] - south[1]) ** 2)) < 12.0


@needs_curves
def test_the_column_under_intcal20_is_near_marine20():
    result = reservoir_age.run(reservoir_age.Settings(curve_folder=str(FOLDER)))
    assert result.number("rms_holocene_varying_co2") < 40.0
    assert result.number("rms_all_varying_co2") < 130.0
    assert result.number("rms_all_steady_co2") > 200.0  # CO2 is what makes the difference
    assert all(row.closes for row in result.ledger)


def test_the_bomb_inventory_lies_among_the_estimates():
    """Peacock (2004), Key et al. (2004) and Naegler (2009), as recalled: 240 ± 60 in 1975, 310 to 400 in 1995."""
    result = radiocarbon_column.run(radiocarbon_column.Settings())
    assert 181.0 < result.number("bomb_inventory_1975") < 301.0
    assert 310.0 < result.number("bomb_inventory_1995") < 400.0
    assert -80.0 < result.number("natural_surface") < -40.0
    assert 1968.0 < result.number("surface_peak_year") < 1980.0
    assert all(row.closes for row in result.ledger)
