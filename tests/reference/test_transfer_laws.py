"""The laws of Table C.1 against one another and against published single values."""

import numpy as np
import pytest

from shanhai.airsea import LAWS, TABLE_C1, co2_flux, transfer_velocity
from shanhai.airsea.co2_flux import FluxOptions
from shanhai.seawater import schmidt_number_co2_wanninkhof1992


@pytest.mark.parametrize(
    ("law", "ratio"),
    [
        ("sweeney_2007", 1.065),
        ("wanninkhof_2009_quadratic", 0.946),
        ("wanninkhof_2014", 0.990),
        ("takahashi_2009", 1.025),
    ],
)
def test_ratio_of_quadratic_laws_to_the_first_of_table_c1(law, ratio):
    k = [float(transfer_velocity(LAWS[name](), 7.0, 600.0)) for name in (law, "ho_2006")]
    assert k[0] / k[1] == pytest.approx(ratio, abs=6e-4)


@pytest.mark.parametrize(("law", "ratio"), [("liss_merlivat_1986", 0.653), ("wanninkhof_mcgillis_1999", 0.596)])
def test_mean_flux_of_table_d1_under_other_laws_without_compensation(table_d1, law, ratio):
    sc = schmidt_number_co2_wanninkhof1992(table_d1["sea_surface_temperature"])
    k, k1 = (np.asarray(transfer_velocity(LAWS[n](), table_d1["wind_speed"], sc)) for n in (law, "ho_2006"))
    delta = table_d1["delta_pco2"]
    assert (k * delta).sum() / (k1 * table_d1["wind_compensation"] * delta).sum() == pytest.approx(ratio, abs=6e-4)


def test_liss_merlivat_pieces_meet():
    law = LAWS["liss_merlivat_1986"]()
    for joint in (3.6, 13.0):
        below, above = float(law.k(joint)), float(law.k(joint + 1e-9))
        assert below == pytest.approx(above, abs=0.06)


def test_liss_merlivat_original_scales_smooth_water_with_two_thirds():
    printed, original = LAWS["liss_merlivat_1986"](), LAWS["liss_merlivat_1986_original"]()
    ratio = transfer_velocity(original, 2.0, 1200.0) / transfer_velocity(printed, 2.0, 1200.0)
    assert float(ratio) == pytest.approx(2 ** (-2 / 3 + 1 / 2), rel=1e-12)
    rough = [float(transfer_velocity(law, 8.0, 1200.0)) for law in (original, printed)]
    assert rough[0] == pytest.approx(rough[1], rel=1e-14)


def test_every_row_of_table_c1_has_a_law_with_a_source():
    for row, name in TABLE_C1.items():
        law = LAWS[name]()
        assert law.name == name
        assert f"no. {row}" in law.source or name == "liss_merlivat_1986"


def test_schmidt_fit_of_2014_moves_table_d1_by_a_tenth_of_a_percent(table_d1):
    inputs = {
        "pco2_sea": table_d1["pco2_sea"],
        "xco2": table_d1["xco2"] * 1e-6,
        "temperature": table_d1["sea_surface_temperature"],
        "salinity": table_d1["sea_surface_salinity"],
        "wind": table_d1["wind_speed"],
        "air_pressure": table_d1["air_pressure"],
    }
    old, new = (co2_flux(**inputs, options=FluxOptions(schmidt=s)).flux for s in ("wanninkhof_1992", "wanninkhof_2014"))
    assert float(new.sum() / old.sum()) == pytest.approx(1.0, abs=2e-3)
    fugacity = co2_flux(**inputs, options=FluxOptions(fugacity=True)).flux
    assert float(fugacity.sum() / old.sum()) == pytest.approx(0.997, abs=1e-3)
