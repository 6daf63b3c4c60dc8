"""Series that drive a soil: CSV and NetCDF give the same, units are turned, and what cannot be used is refused."""

import numpy as np
import pytest
import xarray as xr

from shanhai.core.constants import ATOMIC_MASS, ZERO_CELSIUS
from shanhai.core.errors import InputError
from shanhai.io.box_output import dataset, series_rows
from shanhai.io.soil_series import Wanted, read_series, whole_years
from shanhai.models.box.result import Result, Series
from shanhai.site import plot

DAYS = np.arange(365)
WANTED = {
    "temperature": Wanted("degC", -60.0, 70.0, "soil_temperature"),
    "litter": Wanted("g m-2", 0.0, 1e3, needed=False),
}
HEAD = "date,temperature [degC],water,drainage [mm d-1],urea [kg ha-1]"


def dates(first="2001-10-01", count=365):
    days = np.datetime64(first) + np.arange(count + 2)
    return [str(d) for d in days if not str(d).endswith("-02-29")][:count]


def written(tmp_path, rows, header=HEAD):
    path = tmp_path / "days.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf8")
    return path


def good(first="2001-10-01", count=365):
    return [f"{d},{10 + k % 7},0.25,1.5,{60 * (k == 9)}" for k, d in enumerate(dates(first, count))]


def netcdf(tmp_path, calendar="noleap", **attrs):
    values = {
        "tsl": ("time", 273.15 + 10 + DAYS % 7, {"units": "K", "standard_name": "soil_temperature"} | attrs),
        "water": (("time", "depth"), np.full((365, 1), 25.0), {"units": "%"}),
        "drainage": ("time", np.full(365, 1.5 / 86400.0), {"units": "mm s-1"}),
    }
    time = ("time", DAYS + 0.5, {"units": "days since 2001-10-01", "calendar": calendar})
    path = tmp_path / "days.nc"
    xr.Dataset(values, {"time": time}).to_netcdf(path)
    return path


def test_csv_and_netcdf_give_the_same_weather(tmp_path):
    told, read = (plot.weather(plot.Settings(series=str(p))) for p in (written(tmp_path, good()), netcdf(tmp_path)))
    for one, other in zip(told, read):
        assert one.shape == (1, 365)
        np.testing.assert_allclose(one, other, rtol=1e-12)
    assert float(told.temperature[0, 0]) == ZERO_CELSIUS + 10.0


def test_doses_of_a_file_take_the_place_of_those_of_the_practice_in_every_year(tmp_path):
    years = [good(), [row[:-2] + "0" if row.endswith(",60") else row for row in good("2002-10-01")]]
    settings = plot.Settings(series=str(written(tmp_path, [*years[0], *years[1]])))
    todo, usual = plot.doses_through(settings), plot.doses(settings)
    kilograms = 2.0 * ATOMIC_MASS["N"] * plot.HECTARE * float(settings.layer.thickness)
    np.testing.assert_allclose(todo.urea.sum(axis=1)[:, 0] * kilograms, [60.0, 0.0], rtol=1e-12)
    assert float(todo.urea[0, 9, 0]) > 0.0 == float(todo.urea[0, 9, plot.CASES.index("no fertiliser")])
    np.testing.assert_array_equal(todo.phosphate[1], usual.phosphate)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: [HEAD.replace("water,", "wetness,"), *rows], "there is no column water"),
        (lambda rows: [HEAD.replace("[degC]", "[mm]"), *rows], "column temperature: .*does not measure the same"),
        (lambda rows: [HEAD.replace("[degC]", "[gizmo]"), *rows], "the unit 'gizmo' is not known"),
        (
            lambda rows: [HEAD, *rows[:4], rows[4].replace(",0.25,", ",,"), *rows[5:]],
            "column water, line 6: there is a gap",
        ),
        (lambda rows: [HEAD, *rows[:4], rows[4].replace(",0.25,", ",wet,"), *rows[5:]], "'wet' is no number"),
        (lambda rows: [HEAD.replace("degC", "K"), *rows], "263.15 degC cannot be"),
        (lambda rows: [HEAD, *rows[:-1], rows[-1][:18]], "line 366 has 3 cells and the header 5"),
        (lambda rows: [HEAD, *rows[:-1]], "364 days are not whole years of 365"),
        (lambda rows: [HEAD, *rows[:9], *rows[10:], rows[-1]], "after 2001-10-09 comes 2001-10-11"),
        (lambda rows: [HEAD, "2004-02-29" + rows[0][10:], *rows[1:]], "there is a 29 February, of 2004"),
        (lambda rows: [HEAD, "2001-13-01" + rows[0][10:], *rows[1:]], "'2001-13-01' is no date"),
        (lambda rows: [HEAD], "no rows below"),
        (lambda rows: [], "the file is empty"),
    ],
)
def test_tables_that_cannot_drive_a_soil_are_refused(tmp_path, change, said):
    header, *rows = change(good()) or [""]
    with pytest.raises(InputError, match=said):
        plot.weather(plot.Settings(series=str(written(tmp_path, rows, header))))


def test_a_year_that_begins_on_another_day_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"begins on 2002-01-01.* begin on 1 October"):
        plot.weather(plot.Settings(series=str(written(tmp_path, good("2002-01-01")))))


def test_netcdf_that_cannot_drive_a_soil_is_refused(tmp_path):
    def refused(said, path, wanted=WANTED):
        with pytest.raises(InputError, match=said):
            read_series(path, wanted)

    refused("the calendar is '360_day'", netcdf(tmp_path, "360_day"))
    refused("does not measure the same", netcdf(tmp_path, units="mm"))
    refused("there is no column soil_ph", netcdf(tmp_path), {"soil_ph": Wanted("1", 0.0, 14.0)})
    path = netcdf(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refused("truncated or damaged", path)
    holed = xr.Dataset({"temperature": ("time", np.where(DAYS == 4, np.nan, 10.0), {"units": "degC"})})
    holed.to_netcdf(path := tmp_path / "holed.nc")
    refused("record 4: there is a gap", path)
    grid = xr.Dataset({"temperature": (("time", "x"), np.zeros((3, 2)), {"units": "degC"})})
    grid.to_netcdf(path := tmp_path / "grid.nc")
    refused("give numbers along one dimension", path)
    refused("there is no such file", tmp_path / "none.nc")


def test_what_is_not_needed_may_be_missing_and_years_without_dates_are_counted(tmp_path):
    read = read_series(written(tmp_path, ["10"] * 730, "temperature"), WANTED)
    assert set(read.values) == {"temperature"}
    assert read.dates is None
    assert whole_years(read, 10, 1)["temperature"].shape == (2, 365)


def test_results_are_written_with_units_and_names_as_netcdf_and_as_a_table():
    depth = Series(np.array([0.1, 0.3]), ("depth",), "m", "middle of a level", "depth")
    pool = Series(np.array(["a", "b"]), ("pool",), "1", "pool")
    carbon = Series(
        np.array([[1.0, np.nan], [3.0, 4.0]]), ("depth", "pool"), "kg m-2", "carbon", "soil_mass_content_of_carbon"
    )
    result = Result({"depth": depth, "pool": pool}, {"carbon": carbon, "words": pool, "mixed": pool._replace(unit="")})
    made = dataset(result, "test")
    assert made.carbon.attrs == {
        "long_name": "carbon",
        "units": "kg m-2",
        "standard_name": "soil_mass_content_of_carbon",
    }
    assert made.depth.attrs["positive"] == "down"
    assert "units" not in made.mixed.attrs
    header, rows = series_rows(result)
    assert header == ["series", "unit", "depth", "pool", "value"]
    assert rows[0] == ["carbon", "kg m-2", "0.1", "a", "1"]
    assert rows[1] == ["carbon", "kg m-2", "0.1", "b", ""]
