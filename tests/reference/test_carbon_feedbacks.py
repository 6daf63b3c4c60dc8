"""Feedbacks of the global carbon model beside those of Earth system models: Arora et al. (2020), CMIP6."""

import pytest

from shanhai.carbon.feedbacks import one_percent_feedbacks
from shanhai.models.box.global_carbon import GlobalCarbon

pytestmark = pytest.mark.slow  # compiling takes long


@pytest.fixture(scope="module")
def found():
    return one_percent_feedbacks(GlobalCarbon())


def test_land_answers_to_co2_more_than_the_models_as_the_pages_say_and_to_warming_as_they(found):
    assert found.land.beta == pytest.approx(1.87, abs=0.05)  # 0.97 +- 0.40: no limits of nutrients here
    assert found.land.gamma == pytest.approx(-45.1, abs=50.6)


def test_the_sea_takes_up_co2_and_warming_lessens_it(found):
    assert found.ocean.beta == pytest.approx(0.79, abs=0.07)
    assert found.ocean.gamma == pytest.approx(-17.2, abs=5.0)
    assert found.warming == pytest.approx(5.0, abs=1.0)
