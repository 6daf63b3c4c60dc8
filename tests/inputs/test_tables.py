"""In-situ tables: what is read, and each hostile table refused with its sentence."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from shanhai.core.errors import InputError
from shanhai.io.sources import TableSource
from shanhai.io.tables import read_table
from shanhai.seawater import gas

GOOD = "time,latitude,longitude,pCO2 [uatm],SST [deg.C]\n2013-10-09 19:42:07,30.5,-20.5,380,25\n"
SOCAT = """Title: a collection\tof something
REFERENCES: Bakker et al.\tlatitude\tand more

Expocode\tversion\tSource_DOI\tQC_Flag\tyr\tmon\tday\thh\tmm\tss\t\
longitude [dec.deg.E]\tlatitude [dec.deg.N]\tsample_depth [m]\tsal\t\
SST [deg.C]\tTequ [deg.C]\tPPPP [hPa]\tPequ [hPa]\tWOA_SSS\tNCEP_SLP [hPa]\t\
GVCO2 [umol/mol]\tpCO2water_SST_wet [uatm]\tfCO2rec [uatm]\tfCO2rec_src\tfCO2rec_flag
74JC\t2023\tdoi\tA\t2013\t10\t09\t19\t42\t7.\t340.5\t45.9\t5.\t35.69\t19.415\t19.687\t1024.6\tNaN\t35.7\t1024.8\t\
394.3\t399.0\t397.068\t1\t2
74JC\t2023\tdoi\tA\t2013\t10\t09\t19\t53\t7.\t340.5\t45.9\t5.\t35.69\t19.415\t19.687\tNaN\tNaN\t35.7\t1024.8\t\
394.3\t399.0\t390\t1\t2
74JC\t2023\tdoi\tA\t2013\t10\t09\t20\t04\t7.\t340.5\t45.9\t5.\t35.69\t19.415\t19.687\t1024.6\tNaN\t35.7\t1024.8\t\
394.3\t399.0\t10\t1\t4
"""


def read(folder: Path, text: str | bytes, name: str = "a.csv", **about: dict[str, str]) -> pd.DataFrame:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_table(TableSource(file=str(path), **about))


def test_socat_export_with_preamble(tmp_path):
    table = read(tmp_path, SOCAT, "socat.tsv")
    assert list(table["time"]) == [pd.Timestamp("2013-10-09T19:42:07"), pd.Timestamp("2013-10-09T19:53:07")]
    np.testing.assert_allclose(table["longitude"], -19.5)
    np.testing.assert_allclose(table["air_pressure"], [102460.0, np.nan])
    np.testing.assert_allclose(table["fco2_sea"], np.array([397.068, 390.0]) * 0.101325)
    factor = np.asarray(gas.co2_fugacity_factor(19.415, np.array([102460.0, 101325.0])))
    np.testing.assert_allclose(table["pco2_sea"], table["fco2_sea"] / factor)
    assert table.attrs["rows_flagged"] == 1
    assert table.attrs["rows_at_one_atmosphere"] == 1
    assert table.attrs["columns"]["fco2_sea"] == "fCO2rec [uatm]"


def test_simple_table_of_a_cruise(airsea_data):
    table = read_table(TableSource(file=str(airsea_data / "socat_74JC20131009_kitidis.tsv")))
    assert len(table) == 3677
    assert table["latitude"].between(-51, 47).all()
    assert table["air_pressure"].between(97e3, 104e3).all()
    ratio = table["fco2_sea"] / table["pco2_sea"]
    assert ratio.between(0.995, 0.998).all()
    np.testing.assert_allclose(table["fco2_sea"][0], 397.068 * 0.101325)


def test_netcdf_trajectory_equals_the_same_text_table(tmp_path):
    time = pd.to_datetime(["2013-10-09T19:42:07", "2013-10-10T00:00:00"])
    columns = {
        "lat": ("obs", [30.5, 31.0], {"standard_name": "latitude"}),
        "lon": ("obs", [200.0, 179.0], {"standard_name": "longitude"}),
        "spco2": (
            "obs",
            [380.0, np.nan],
            {"units": "uatm", "standard_name": "surface_partial_pressure_of_carbon_dioxide_in_sea_water"},
        ),
        "sst": ("obs", [298.15, 299.15], {"units": "K"}),
        "name": ((), "cruise"),
    }
    xr.Dataset(columns, coords={"time": ("obs", time)}).to_netcdf(tmp_path / "a.nc")
    from_netcdf = read_table(TableSource(file=str(tmp_path / "a.nc")))
    text = "time;lat;lon;pCO2 [µatm];SST [K]\n2013-10-09T19:42:07Z;30.5;-160;380;298.15\n"
    text += "2013-10-10T00:00:00+00:00;31;179;;299.15\n"
    from_text = read(tmp_path, text.encode("latin-1"))
    pd.testing.assert_frame_equal(from_netcdf, from_text, check_like=True)


def test_names_and_units_told_by_the_user_win(tmp_path):
    text = "date,Breite,Laenge,p,pco2\n2013-10-09,30,20,0.38,1\n"
    about = {"time": "date", "latitude": "Breite", "longitude": "Laenge", "pco2_sea": "p"}
    table = read(tmp_path, text, columns=about, units={"pco2_sea": "matm"})
    np.testing.assert_allclose(table["pco2_sea"], 38.5035)


def test_rows_without_place_blank_lines_and_sentinels_are_left_out_and_counted(tmp_path):
    text = GOOD + "\n2013-10-09,-999,20,380,25\n,30,20,380,25\n2013-10-09,30,20,-9999,25\n\n"
    table = read(tmp_path, text)
    assert len(table) == 2
    assert table.attrs["rows_without_place"] == 2
    assert np.isnan(table["pco2_sea"][1])


def test_date_parts_make_the_same_time_as_a_stamp(tmp_path):
    text = "year,month,day,hour,lat,lon,pCO2 [Pa]\n2012,2,29,24,30,20,38\n2012,2,29,,30,20,38\n"
    table = read(tmp_path, text)
    assert list(table["time"]) == [pd.Timestamp("2012-03-01"), pd.Timestamp("2012-02-29")]


HEAD = "time,lat,lon,pCO2 [uatm]\n"
PARTS = "year,month,day,lat,lon,pCO2 [uatm]\n"
HOSTILE = {
    "empty file": ("", "the file is empty"),
    "header only": (HEAD, "no rows"),
    "no header": ("1,2,3\n4,5,6\n", "no header line"),
    "a spreadsheet": (b"PK\x03\x04\x14\x00\x08\xff\xfe,,,\n", "no header line"),
    "no time": ("lat,lon,pCO2 [uatm]\n30,20,380\n", "recognised as time"),
    "no longitude": ("time,lat,pCO2 [uatm]\n2013-10-09,30,380\n", "no header line"),
    "no CO2": ("time,lat,lon,sst\n2013-10-09,30,20,25\n", "pCO2 or fCO2"),
    "fugacity without temperature": (
        "time,lat,lon,fCO2 [uatm]\n2013-10-09,30,20,380\n",
        "only with the sea surf",
    ),
    "unit not told": ("time,lat,lon,pco2\n2013-10-09,30,20,380\n", "unit of 'pco2' is not told"),
    "uatm under our name for Pa": (
        "time,lat,lon,pco2_sea\n2013-10-09,30,20,380\n",
        "unit of 'pco2_sea' is not",
    ),
    "unknown unit": ("time,lat,lon,pCO2 [furlong/x]\n2013-10-09,30,20,380\n", "furlong"),
    "unit of another thing": ("time,lat,lon,pCO2 [m]\n2013-10-09,30,20,380\n", "does not measure"),
    "out of range": (
        HEAD + "2013-10-09,30,20,380\n2013-10-09,30,20,38000\n",
        r"line 3: pco2_sea is 38000 uatm",
    ),
    "kelvin without unit": ("time,lat,lon,pCO2 [uatm],sst\n2013-10-09,30,20,380,298\n", "not a believable"),
    "infinite": (HEAD + "2013-10-09,30,20,inf\n", "line 2: pco2_sea is inf"),
    "text for a number": (HEAD + "2013-10-09,30,20,n.d.\n", r"line 2: 'n.d.' is not a number \(pco2_sea\)"),
    "not a date": (
        HEAD + "2013-10-09,30,20,380\n2013-13-09,30,20,380\n",
        "line 3: '2013-13-09' is not a date",
    ),
    "ambiguous date": (HEAD + "09/10/2013,30,20,380\n", "line 2: '09/10/2013' is not a date"),
    "numbers for dates": (HEAD + "41556.8,30,20,380\n", "numbers whose meaning"),
    "impossible day": (PARTS + "2013,2,29,30,20,380\n", "2013 2 29' is not a date"),
    "half a day": (PARTS + "2013,2,2.5,30,20,380\n", "is not a date"),
    "swapped": (HEAD + "2013-10-09,121.5,30,380\n", "look swapped"),
    "beyond the pole": (HEAD + "2013-10-09,95,130,380\n", "latitude 95 is outside"),
    "beyond the globe": (HEAD + "2013-10-09,5,400,380\n", "longitude 400 is outside"),
    "west counted positive": (
        "time,lat,lon [dec.deg.W],pCO2 [uatm]\n2013-10-09,30,20,380\n",
        "other way round",
    ),
    "column twice": (
        "time,lat,lon,pCO2 [uatm],pCO2 [Pa]\n2013-10-09,30,20,380,38\n",
        "2 columns can be pco2_sea",
    ),
    "all flagged": ("time,lat,lon,pCO2 [uatm],woce_flag\n2013-10-09,30,20,380,4\n", "none of 1 rows"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_table_is_refused_with_its_sentence(tmp_path, kind):
    text, sentence = HOSTILE[kind]
    with pytest.raises(InputError, match=sentence):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        ({"columns": {"pco2_see": "a"}}, "did you mean 'pco2_sea'"),
        ({"columns": {"pco2_sea": "pCO3"}}, "there is no column 'pCO3'; known: SST"),
        ({"units": {"air_pressure": "hPa"}}, "no column is read"),
    ],
)
def test_useless_instruction_is_refused(tmp_path, about, sentence):
    with pytest.raises(InputError, match=sentence):
        read(tmp_path, GOOD, **about)


def test_missing_file_grid_and_broken_netcdf_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_table(TableSource(file=str(tmp_path / "none.csv")))
    with pytest.raises(InputError, match="cannot be read as NetCDF"):
        read(tmp_path, "not netcdf", "b.nc")
    grid = {"time": pd.to_datetime(["2010-01-01"]), "lat": [0.0, 1.0], "lon": [0.0, 1.0]}
    field = xr.DataArray(np.ones(2), {"lat": grid["lat"]}, name="pco2", attrs={"units": "Pa"})
    field.to_dataset().assign_coords(grid).to_netcdf(tmp_path / "grid.nc")
    with pytest.raises(InputError, match="a grid, not a table"):
        read_table(TableSource(file=str(tmp_path / "grid.nc")))
