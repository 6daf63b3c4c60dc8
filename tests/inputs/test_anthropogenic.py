"""Tables that cannot be meant are refused in sentences that say what to do."""

import numpy as np
import pandas as pd
import pytest

from shanhai import data
from shanhai.carbon.anthropogenic import estimate
from shanhai.carbon.anthropogenic.estimates import errors_of
from shanhai.carbon.presets import remineralised_carbon
from shanhai.carbon.remineralisation import take_apart
from shanhai.carbon.samples import columns
from shanhai.carbon.sections import read_section
from shanhai.core.errors import InputError
from shanhai.ocean.ventilation import History, checked_history

WATER = pd.DataFrame(
    {
        "dic": [2150.0, 2160.0, 2170.0],
        "alkalinity": [2300.0, 2310.0, 2320.0],
        "oxygen": [250.0, 240.0, 230.0],
        "potential_temperature": [5.0, 4.0, 3.0],
        "salinity": [34.9, 34.9, 34.8],
        "phosphate": [1.0, 1.1, 1.2],
        "pressure": [500.0, 900.0, 1500.0],
        "year": [2000.0] * 3,
        "cfc12": [1.5, 1.0, 0.5],
    }
)


def refused(text, call):
    with pytest.raises(InputError, match=text):
        call()


@pytest.mark.parametrize("name", ["dic", "alkalinity", "oxygen"])
def test_amounts_in_mol_per_kg_are_refused(name):
    refused("believable|median", lambda: estimate(WATER.assign(**{name: 1e-6 * WATER[name]}), "troca"))


def test_temperature_in_kelvin_is_refused():
    refused("not believable", lambda: estimate(WATER.assign(potential_temperature=278.0), "troca"))


def test_another_unit_that_the_table_tells_is_refused():
    table = WATER.copy()
    table.attrs["units"] = {"oxygen": "ml l-1"}
    refused("takes 'umol kg-1'", lambda: estimate(table, "troca"))


def test_tracers_in_mol_per_kg_give_no_silent_ages():
    refused("believable", lambda: estimate(WATER.assign(cfc12=[1500.0, 1000.0, 500.0]), "ttd"))


def test_missing_columns_are_named_with_the_nearest():
    refused(
        "no column 'alkalinity'.*alkalinty",
        lambda: columns(WATER.rename(columns={"alkalinity": "alkalinty"}), ["alkalinity"]),
    )


def test_words_and_infinities_are_refused():
    refused("does not hold numbers", lambda: columns(WATER.assign(dic=["a", "b", "c"]), ["dic"]))
    refused("infinite", lambda: columns(WATER.assign(dic=[np.inf, 2000.0, 2000.0]), ["dic"]))


def test_unknown_methods_options_and_tracers_are_refused():
    refused("did you mean 'cstar'", lambda: estimate(WATER, "cstr"))
    refused("no option 'tracr'", lambda: estimate(WATER, "cstar", tracr="cfc12"))
    refused("no transient tracer", lambda: estimate(WATER, "ttd", tracers=("cfc113",)))
    refused("tracers are given", lambda: estimate(WATER, "ttd", tracers=()))
    refused("width ratio", lambda: estimate(WATER, "ttd", width_ratio=0.0))
    refused("no method uses", lambda: errors_of({"salt": 1.0}))


def test_too_few_shallow_samples_are_refused_for_the_preformed_alkalinity():
    refused("10 are needed", lambda: estimate(WATER, "cstar"))


def test_cruises_out_of_order_are_refused():
    refused("exchange the tables", lambda: estimate(WATER, "emlr", earlier=WATER, predictors=("salinity", "oxygen")))


def test_histories_with_gaps_are_refused():
    refused("missing numbers", lambda: checked_history(History(np.array([1.0, 2.0]), np.array([np.nan, 1.0])), "CO2"))


def test_missing_values_give_missing_results_and_a_note():
    found = estimate(WATER.assign(dic=[np.nan, 2160.0, 2170.0]), "troca")
    assert np.isnan(found.c_ant.iloc[0])
    assert "1 of 3 samples" in " ".join(found.notes)


GLODAP = """G2cruise,G2station,G2year,G2latitude,G2longitude,G2pressure,G2temperature,G2theta,G2salinity,G2salinityf,\
G2salinityqc,G2oxygen,G2oxygenf,G2nitrate,G2nitratef,G2phosphate,G2phosphatef,G2silicate,G2silicatef,G2tco2,G2tco2f,\
G2tco2qc,G2talk,G2talkf,G2phts25p0,G2phts25p0f,G2cfc11,G2cfc11f,G2cfc12,G2cfc12f,G2sf6,G2sf6f
1,10,1995,-9,20.5,10,15.2,15.2,35.1,2,1,250.1,2,1.2,2,0.2,2,2.0,0,2050.1,2,1,2310.2,2,8.01,2,3.1,2,1.7,2,-9999,9
1,10,1995,-9,20.5,500,8.2,8.15,34.7,0,1,200.1,0,20.2,0,1.4,2,20.0,0,2150.1,0,1,2300.2,2,-9999,9,1.1,3,0.7,2,0.5,2
"""


def test_the_product_of_glodap_is_read_by_its_flags(tmp_path):
    path = tmp_path / "glodap.csv"
    path.write_text(GLODAP, encoding="utf8")
    table = read_section(path)
    assert table["dic"].tolist()[0] == 2050.1
    assert np.isnan(table["dic"].iloc[1])  # flag 0 is calculated
    assert table["nitrate"].tolist() == [1.2, 20.2]  # flag 0 of a nutrient is interpolated
    assert np.isnan(table["cfc11"].iloc[1])  # flag 3
    assert np.isnan(table["sf6"].iloc[0])
    assert table["latitude"].tolist() == [-9.0, -9.0]
    assert table["potential_temperature"].tolist() == [15.2, 8.15]
    assert table.attrs["units"]["cfc12"] == "pmol kg-1"
    assert estimate(table, "ttd").c_ant.notna().all()


def test_only_controlled_values_of_glodap_are_kept_when_asked(tmp_path):
    path = tmp_path / "glodap.csv"
    path.write_text(GLODAP.replace("2050.1,2,1,", "2050.1,2,0,"), encoding="utf8")
    assert np.isnan(read_section(path, controlled=True)["dic"].iloc[0])
    assert read_section(path)["dic"].iloc[0] == 2050.1


def test_exchange_files_keep_good_flags_and_fill_bottle_salinity():
    table = read_section(data.path("samples/bottles_2007.csv"))
    assert len(table) == 30
    assert table["salinity"].notna().all()
    assert table["year"].between(2007.3, 2007.5).all()


def test_files_without_what_is_needed_are_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("TCARBN,ALKALI,CTDSAL\n2000,2300,35\n", encoding="utf8")
    refused("pressure", lambda: read_section(path))
    path.write_text("CTDPRS,CTDTMP,CTDSAL,TCARBN,ALKALI\n10,12,35,abc,2300\n", encoding="utf8")
    refused("line 2.*is not a number|is not a number", lambda: read_section(path))
    path.write_text("CTDPRS,CTDTMP,CTDSAL,TCARBN,ALKALI\n10,12,35,2.0,2300\n", encoding="utf8")
    refused("not believable", lambda: read_section(path))
    refused("no oxygen", lambda: _run(path))


def _run(path):
    path.write_text("CTDPRS,CTDTMP,CTDSAL,TCARBN,ALKALI\n10,12,35,2000,2300\n", encoding="utf8")
    remineralised_carbon.run(remineralised_carbon.Settings(file=str(path)))


def test_preformed_quantities_need_their_columns():
    refused("no column", lambda: take_apart(WATER))
