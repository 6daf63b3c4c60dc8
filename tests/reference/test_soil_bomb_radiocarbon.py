"""Bomb radiocarbon respired by the soil of Harvard Forest, 1996 to 2010: fitted to the first half, predicted after.

Data: Sierra et al. (2012), Biogeosciences 9, 3013; air of Graven et al. (2017), Geosci. Model Dev. 10, 4405.
"""

import pytest
from tests.conftest import SHARED

from shanhai.site.profile import Settings, run

pytestmark = pytest.mark.slow  # compiling takes long

SOIL = SHARED / "soil"
AIR, RESPIRED = SOIL / "soilr_data_Graven2017_atm_D14C.csv", SOIL / "soilr_data_HarvardForest14CO2.csv"


@pytest.fixture(scope="module")
def result():
    if not (AIR.exists() and RESPIRED.exists()):
        pytest.skip("shared/data/soil is not here")
    return run(Settings(atmosphere_file=str(AIR), respired_file=str(RESPIRED), fit_until=2003.0))


def test_years_that_were_not_fitted_are_predicted_as_well_as_chambers_agree(result):
    assert result.number("rmse_fitted") < 20.0
    assert result.number("rmse_predicted") < 15.0
    assert abs(result.number("bias_predicted")) < 5.0


def test_fitted_numbers_are_those_of_a_forest_soil(result):
    assert 3.0 < 1.0 / (52.2 * result.number("slow")) < 10.0  # years, at 30 degC and wet
    assert 0.1 < result.number("root_respiration") < 0.7


def test_carbon_and_radiocarbon_close(result):
    assert all(row.closes for row in result.ledger)
