"""Uptake under CO2 that rises by 1 % a year against the models of C4MIP."""

import pytest

from shanhai.models.box import warming


def test_uptake_per_co2_and_its_loss_by_warming_are_those_of_c4mip():
    # Arora et al. (2020), Biogeosciences 17, 4173: 0.79 +- 0.07 PgC ppm-1 and -17.2 +- 5.0 PgC per kelvin of the air;
    # the air of the globe warms by about 1.4 times as much as the surface of the sea
    result = warming.run(warming.Settings())
    assert result.number("beta") == pytest.approx(0.79, abs=0.07)
    assert result.number("gamma") / 1.4 == pytest.approx(-17.2, abs=5.0)
