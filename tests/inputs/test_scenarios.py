"""Hostile scenario and budget tables, each refused with its message."""

import numpy as np
import pytest

from shanhai.carbon.budget import CarbonBudget, feedback, read_budget, read_historical_emissions
from shanhai.carbon.presets.global_carbon_budget import Settings, run
from shanhai.carbon.scenarios import embedded, read_rcmip, read_years, stacked
from shanhai.core.errors import InputError
from shanhai.models.box.global_carbon import GlobalCarbon
from shanhai.numerics.calibration import calibrate

HEAD = "; a scenario\n; UNITS:,PgC year-1,PgC year-1,ppm\nDate,ffi_emissions,luc_emissions,CO2_constrain\n"
GOOD = HEAD + "1999,7,1,367\n2000,7.1,1.1,369\n2001,7.2,1.0,371\n"
BUDGET = "Year,Fossil-Fuel-And-Industry,Land-Use-Change-Emissions,Atmospheric-Growth,Ocean-Sink,Land-Sink\n"


def file(tmp_path, text, name="table.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_good_table_is_read(tmp_path):
    told = read_rcmip(file(tmp_path, GOOD), "ssp245")
    assert told.years.tolist() == [1999, 2000, 2001]
    assert told.fossil.tolist() == [7.0, 7.1, 7.2]
    assert told.between(2000, 2001).ppm.tolist() == [369, 371]


def test_carbon_put_back_is_taken_off(tmp_path):
    text = (
        "Date,ffi_emissions,luc_emissions,CO2_constrain,daccs_uptake,luc_uptake\n2000,7,1,369,2,0.5\n2001,7,1,370,,\n"
    )
    told = read_rcmip(file(tmp_path, text), "ssp119")
    assert (told.fossil.tolist(), told.land_use.tolist()) == ([5.0, 7.0], [0.5, 1.0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"\x89PNG\xff\xfe\x00", "not a text file"),
        ("", "no header with rows"),
        ("; only a remark\n", "no header with rows"),
        (GOOD.replace("Date,", "When,"), "first column is 'When'"),
        (GOOD.replace("luc_emissions", "luc_emision"), "no column 'luc_emissions'; did you mean 'luc_emision'"),
        (GOOD.replace("7.1", "NaN"), "table.csv:5: ffi_emissions is 'NaN', which is no finite number"),
        (GOOD.replace("7.1", "seven"), "table.csv:5: ffi_emissions is 'seven', which is no number"),
        (GOOD.replace("7.1", ""), "ffi_emissions is '', which is no number"),
        (GOOD.replace("2000,7.1,1.1,369\n", ""), "years do not go on by one after 1999"),
        (GOOD.replace("2000,", "1999,"), "years do not go on by one after 1999"),
        (GOOD.replace(",PgC year-1,PgC", ",Mt CO2 year-1,PgC"), "ffi_emissions is in 'Mt CO2 year-1'"),
        (GOOD.replace("7.1", "26000"), "ffi_emissions reaches 26000"),
        (GOOD.replace(",369", ",-369e6"), "CO2_constrain reaches"),
    ],
)
def test_a_spoilt_scenario_is_refused(tmp_path, text, message):
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        read_rcmip(file(tmp_path, text), "ssp245")


def test_files_names_and_years_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_years(tmp_path / "none.csv", ())
    with pytest.raises(InputError, match="did you mean 'ssp245'"):
        read_rcmip(file(tmp_path, GOOD), "ssp254")
    with pytest.raises(InputError, match="no scenario 'rcp85'"):
        embedded("rcp85")
    with pytest.raises(InputError, match="not within 1750 to 2300"):
        embedded("ssp245", 1700, 2100)
    with pytest.raises(InputError, match="no scenario is given"):
        stacked([])
    with pytest.raises(InputError, match="its years are not those of ssp245"):
        stacked([embedded("ssp245"), embedded("ssp585", last=2100)])


def test_spoilt_budgets_are_refused(tmp_path):
    good = BUDGET + "1959,2.4,1.8,2.0,0.8,0.6\n1960,2.5,1.7,1.5,0.8,1.3\n"
    assert read_budget(file(tmp_path, good)).ocean.tolist() == [0.8, 0.8]
    with pytest.raises(InputError, match="no column 'Ocean-Sink'"):
        read_budget(file(tmp_path, good.replace("Ocean-Sink", "Sea")))
    with pytest.raises(InputError, match="reaches 2400"):
        read_budget(file(tmp_path, good.replace("2.4", "2400")))
    with pytest.raises(InputError, match="no column 'Fossil-Fuel-Industry'"):
        read_historical_emissions(file(tmp_path, good), embedded("ssp245"))
    book = read_budget(file(tmp_path, good))
    with pytest.raises(InputError, match="give ten years"):
        book.decades()
    with pytest.raises(InputError, match="no year from 2000"):
        book.mean(2000, 2009)
    with pytest.raises(InputError, match="no term 'rivers'"):
        book.uncertainty("rivers")


def test_gaps_of_a_historical_table_are_filled_and_said(tmp_path):
    rows = "1750,,,0.1\n1751,0.003,,0.1\n1752,0.003,0.2,0.1\n1753,,,\n"
    text = f"Year,Fossil-Fuel-Industry,Land-Use-Change,Ocean-Sink\n{rows}"
    told = read_historical_emissions(file(tmp_path, text), embedded("ssp245"))
    assert told.years.tolist() == [1750, 1751, 1752]
    known = embedded("ssp245", 1750, 1752)
    np.testing.assert_allclose(told.land_use, known.land_use * 0.2 / known.land_use[2])
    assert told.fossil[0] == known.fossil[0]


def test_runs_and_calibrations_that_make_no_sense_are_refused():
    with pytest.raises(InputError, match="the run ends in 1990"):
        run(Settings(last=1990))
    with pytest.raises(InputError, match=r"no parameter 'land\.q11'; did you mean 'land\.q10'"):
        calibrate(GlobalCarbon(), lambda m: m.land.q10[None], {"land.q11": 1.0})
    with pytest.raises(InputError, match=r"the spread of 'land\.q10' is 0"):
        calibrate(GlobalCarbon(), lambda m: m.land.q10[None], {"land.q10": 0.0})
    with pytest.raises(InputError, match="do not differ"):
        feedback(1.0, 1.0, 100.0, 2.0, 2.0)


def test_a_year_of_nothing_has_no_airborne_fraction():
    zero = np.zeros(1)
    assert np.isnan(CarbonBudget(zero, zero, zero, zero, zero, zero).airborne_fraction[0])


def test_a_simple_calibration_finds_the_least_squares():
    found = calibrate(GlobalCarbon(), lambda m: (m.land.q10[None] - 2.5) / 0.1, {"land.q10": 0.2})
    before = float(GlobalCarbon().land.q10)
    assert found.values["land.q10"] == pytest.approx((2.5 / 0.01 + before / 0.04) / (1 / 0.01 + 1 / 0.04))
    assert found.spread["land.q10"] == pytest.approx((1 / 0.01 + 1 / 0.04) ** -0.5)
