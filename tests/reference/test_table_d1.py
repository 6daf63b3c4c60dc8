"""Table D.1 of HY/T 0343.5, recomputed from its raw inputs in both modes."""

import numpy as np
import pytest

from shanhai.monitoring import table_d1 as example
from shanhai.monitoring.config import FluxSection
from shanhai.monitoring.flux import flux_fields

BRIEF_FLUXES = [  # recomputed independently from equations (1)-(9) at full precision
    *(2.645, -2.444, -7.010, -6.510, -6.872, -10.915, -3.825, -2.921, -6.238, -11.554),
    *(-0.806, 1.331, -9.723, -9.417, 0.883, 3.288, -5.837, -1.661, 0.952, 3.234),
]


def computed(mode: str) -> dict[str, np.ndarray]:
    fields = flux_fields(example.dataset(), FluxSection(mode=mode))
    return {n: v.values[0, ::-1].reshape(-1) for n, v in fields.items()}


@pytest.fixture(scope="module")
def standard():
    return computed("standard")


@pytest.fixture(scope="module")
def as_printed():
    return computed("table_d1")


@pytest.mark.parametrize(
    ("column", "rounding"),
    [
        ("schmidt_number", 0.105),  # half a digit of SST moves Sc by up to 0.12
        ("transfer_velocity", 0.02),  # half a digit of U moves k by up to 0.02
        ("sea_water_density", 0.0065),
        ("wind_compensation", 1e-12),
        ("delta_pco2", 0.0195),  # carries the offset of pCO2 of air
    ],
)
def test_intermediate_columns_agree_within_the_rounding_of_their_inputs(standard, table_d1, column, rounding):
    assert np.abs(standard[column] - table_d1[column]).max() <= rounding


def test_printed_air_pco2_took_one_atmosphere_as_1013_hpa(standard, as_printed, table_d1):
    bias = (table_d1["pco2_air"] - standard["pco2_air"]).mean()
    assert bias == pytest.approx(0.0094, abs=5e-4)
    assert np.abs(as_printed["pco2_air"] - table_d1["pco2_air"]).max() <= 0.0066


def test_printed_solubility_is_rounded_to_two_decimals(standard, table_d1):
    assert np.array_equal(np.round(standard["co2_solubility"], 2), table_d1["co2_solubility"])
    assert standard["co2_solubility"].min() < 0.0265
    assert standard["co2_solubility"].max() > 0.0299


def test_standard_mode_gives_the_equations_fluxes(standard):
    np.testing.assert_allclose(standard["co2_flux"], BRIEF_FLUXES, atol=1e-3)
    assert standard["co2_flux"].mean() == pytest.approx(-3.670, abs=5e-4)


def test_table_mode_reproduces_every_printed_flux(as_printed, table_d1):
    assert np.abs(as_printed["co2_flux"] - table_d1["co2_flux"]).max() <= 0.016
    assert round(float(as_printed["co2_flux"].mean()), 2) == -3.94


def test_printed_flux_departs_from_the_equations_by_up_to_twelve_percent(standard, table_d1):
    ratio = table_d1["co2_flux"] / standard["co2_flux"]
    assert 0.10 < np.abs(ratio - 1).max() < 0.16
    assert table_d1["co2_flux"].mean() / standard["co2_flux"].mean() == pytest.approx(1.072, abs=1e-3)
