"""The laws of Table C.1 against one another and against published single values."""

import numpy as np
import pytest

from shanhai.airsea import LAWS, TABLE_C1, co2_flux, transfer_velocity
from shanhai.airsea.co2_flux import FluxOptions
from shanhai.airsea.skin import cool_skin_donlon2002
from shanhai.seawater import (
    co2_solubility_weiss1974,
    density_surface_eos80,
    schmidt_number_co2_wanninkhof1992,
    water_vapour_pressure_weiss1980,
)


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


BY_HAND = {  # law -> k at the reference Schmidt number [cm h-1] at 5 and 12 m/s, from the printed coefficients
    "ho_2006": (6.65, 38.304),
    "sweeney_2007": (6.75, 38.88),
    "wanninkhof_2009_quadratic": (6.0, 34.56),
    "wanninkhof_2014": (6.275, 36.144),
    "wanninkhof_mcgillis_1999": (3.5375, 48.9024),
    "wanninkhof_1992": (7.75, 44.64),
    "nightingale_2000": (7.215, 35.964),
    "mcgillis_2001": (6.55, 48.228),
    "wanninkhof_2009": (6.475, 32.424),
    "takahashi_2009": (6.5, 37.44),
    "liss_merlivat_1986": (4.6, 24.55),
    "liss_merlivat_1986_original": (4.6, 24.55),
}


@pytest.mark.parametrize("name", sorted(LAWS))
def test_every_law_at_two_winds(name):
    law = LAWS[name]()
    np.testing.assert_allclose([float(law.k(5.0)), float(law.k(12.0))], BY_HAND[name], rtol=1e-12)


def test_cool_skin_of_donlon():
    np.testing.assert_allclose(cool_skin_donlon2002(np.array([5.0, 10.0])), [-0.21766705, -0.16010724], atol=1e-8)


def test_skin_sets_the_air_side_and_the_water_below_the_other():
    """Woolf et al. (2016): K0, vapour pressure and Sc at the interface for the air, K0 below it for the water."""
    below, skin, salt, wind, pressure = 20.0, 20.0 - 0.17, 35.0, 8.0, 101325.0
    out = co2_flux(
        pco2_sea=36.0,
        xco2=400e-6,
        temperature=below,
        salinity=salt,
        wind=wind,
        air_pressure=pressure,
        options=FluxOptions(cool_skin="fixed", salty_skin=0.1),
    )
    p_air = 400e-6 * (pressure - float(water_vapour_pressure_weiss1980(skin, salt + 0.1)))
    dissolved = float(co2_solubility_weiss1974(below, salt)) * 36.0
    dissolved -= float(co2_solubility_weiss1974(skin, salt + 0.1)) * p_air
    k = 0.266 * wind**2 * (float(schmidt_number_co2_wanninkhof1992(skin)) / 600) ** -0.5 / 3.6e5
    by_hand = k * float(density_surface_eos80(below, salt)) * dissolved / 101325.0
    assert float(out.flux) == pytest.approx(by_hand, rel=1e-12)
    plain = co2_flux(pco2_sea=36.0, xco2=400e-6, temperature=below, salinity=salt, wind=wind, air_pressure=pressure)
    assert float(out.flux) < float(plain.flux) < 0  # the skin takes up more
