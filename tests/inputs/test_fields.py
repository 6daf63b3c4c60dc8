"""Hostile and real gridded files: each is refused with its sentence, or read for what it is."""

import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from shanhai.core.errors import InputError
from shanhai.io.checks import check_alignment, check_first_map, check_values, guarded
from shanhai.io.fields import open_field
from shanhai.io.sources import FieldSource, ValidWhen
from shanhai.io.stations import nearest_station, station_field
from shanhai.monitoring.config import GridSection, Region, TimeSpan
from shanhai.monitoring.gridding import target_grid
from shanhai.monitoring.inputs import open_inputs
from shanhai.monitoring.periods import periods

DATA = Path(__file__).parents[2].parent / "shared/data/airsea_co2"
LAT, LON = np.arange(-75.0, 90.0, 30.0), np.arange(-165.0, 180.0, 30.0)
MIDDLES = np.array(["2010-01-16", "2010-02-15", "2010-03-16"], "datetime64[ns]")


def sst(lat=LAT, lon=LON, time=MIDDLES, units="degC", dims=("time", "lat", "lon"), seed=0, **attrs) -> xr.Dataset:
    """A well-made file of sea surface temperature; arguments spoil it."""
    shape = tuple(len(c) for c in (time, lat, lon))
    values = np.random.default_rng(seed).uniform(0.0, 30.0, shape).astype("f4")
    dataset = xr.Dataset(
        {"sst": (dims, values, {"units": units} | attrs)},
        coords={
            "time": ("time", time),
            "lat": ("lat", np.asarray(lat), {"units": "degrees_north"}),
            "lon": ("lon", np.asarray(lon), {"units": "degrees_east"}),
        },
    )
    return dataset


def written(dataset: xr.Dataset, folder: Path, name: str = "sst.nc", **options) -> str:
    path = str(folder / name)
    dataset.to_netcdf(path, **options)
    return path


def refused(fragment: str, files: object, name: str = "sea_surface_temperature", **keys) -> InputError:
    source = FieldSource(files=files, **({"variable": "sst"} | keys))
    with pytest.raises(InputError, match=re.escape(fragment)) as caught:
        open_field(name, source)
    return caught.value


def opened(files: object, name: str = "sea_surface_temperature", **keys) -> xr.DataArray:
    return open_field(name, FieldSource(files=files, **({"variable": "sst"} | keys)))


# ---- files


def test_missing_file_names_the_nearest(tmp_path):
    written(sst(), tmp_path)
    assert "did you mean 'sst.nc'" in str(refused("there is no such file", str(tmp_path / "ssst.nc")))


def test_pattern_without_match(tmp_path):
    refused("no file matches this pattern", str(tmp_path / "*.nc"))


def test_text_is_not_netcdf(tmp_path):
    (tmp_path / "a.nc").write_text("time,lat,lon,sst\n")
    refused("this is not a NetCDF file or a Zarr store", str(tmp_path / "a.nc"))


def test_grib_is_named(tmp_path):
    (tmp_path / "a.grib").write_bytes(b"GRIB" + bytes(100))
    refused("this is GRIB", str(tmp_path / "a.grib"))


def test_folder_that_is_no_zarr(tmp_path):
    refused("this folder is not a Zarr store", str(tmp_path))


@pytest.mark.parametrize("kind", ["NETCDF4", "NETCDF3_CLASSIC", "NETCDF3_64BIT"])
def test_truncated_file(tmp_path, kind):
    whole = Path(written(sst(), tmp_path, format=kind)).read_bytes()
    (tmp_path / "half.nc").write_bytes(whole[: len(whole) - 300])
    refused("truncated or damaged", str(tmp_path / "half.nc"))


def test_truncated_file_with_records(tmp_path):
    whole = Path(written(sst(), tmp_path, format="NETCDF3_CLASSIC", unlimited_dims=["time"])).read_bytes()
    (tmp_path / "half.nc").write_bytes(whole[: len(whole) - 300])
    refused("truncated or damaged", str(tmp_path / "half.nc"))


def test_missing_variable_names_the_nearest(tmp_path):
    error = refused("there is no variable 'ssst'", written(sst(), tmp_path), variable="ssst")
    assert "did you mean 'sst'" in str(error)
    assert "sst.nc" in str(error)


def test_text_variable(tmp_path):
    dataset = sst().isel(time=0, drop=True)
    dataset["flag"] = (("lat", "lon"), np.full((6, 12), "ok"))
    refused("not numbers", written(dataset, tmp_path), variable="flag")


# ---- units


def test_missing_unit_says_what_to_write(tmp_path):
    dataset = sst()
    del dataset.sst.attrs["units"]
    assert 'units = "..."' in str(refused("the unit is missing", written(dataset, tmp_path)))


def test_unknown_unit(tmp_path):
    refused("the unit 'banana' is not known", written(sst(units="banana"), tmp_path))


def test_unit_of_another_quantity(tmp_path):
    path = written(sst(units="m s-1"), tmp_path)
    error = refused("does not measure the same thing as 'm2 s-2'", path, name="wind_speed_mean_square")
    assert 'units = "m2 s-2"' in error.do


def test_absolute_salinity(tmp_path):
    path = written(sst(units="g kg-1"), tmp_path)
    refused("absolute salinity", path, name="sea_surface_salinity")


def test_unit_of_the_configuration_wins_and_is_noted(tmp_path):
    field = opened(written(sst(units="m s-1"), tmp_path), "wind_speed_mean_square", units="m2 s-2")
    assert field.attrs["shanhai_unit_override"] == "m2 s-2"
    assert "shanhai_unit_override" not in opened(written(sst(), tmp_path, "b.nc")).attrs


# ---- latitude and longitude


def test_missing_latitude(tmp_path):
    dataset = sst().drop_vars("lat")
    refused("the latitude is missing or not recognised", written(dataset, tmp_path))


def test_two_latitudes(tmp_path):
    dataset = sst().assign_coords(lat2=("lat", LAT, {"units": "degrees_north"}))
    refused("lat and lat2 could both be the latitude", written(dataset, tmp_path))
    assert opened(written(dataset, tmp_path, "b.nc"), latitude="lat").shape == (3, 6, 12)


def test_wrong_name_of_a_coordinate(tmp_path):
    refused("there is no 'latt'; did you mean 'lat'?", written(sst(), tmp_path), latitude="latt")


def test_curvilinear_grid(tmp_path):
    y, x = np.meshgrid(LAT, LON, indexing="ij")
    dataset = sst(dims=("time", "j", "i")).drop_vars(["lat", "lon"])
    dataset["lat"] = (("j", "i"), y, {"units": "degrees_north"})
    dataset["lon"] = (("j", "i"), x, {"units": "degrees_east"})
    refused("two-dimensional (a curvilinear or swath grid)", written(dataset, tmp_path))


def test_points_are_no_grid(tmp_path):
    dataset = xr.Dataset(
        {"sst": (("time", "point"), np.ones((3, 5)), {"units": "degC"})},
        coords={
            "time": MIDDLES,
            "lat": ("point", np.arange(5.0), {"units": "degrees_north"}),
            "lon": ("point", np.arange(5.0), {"units": "degrees_east"}),
        },
    )
    refused("these are points", written(dataset, tmp_path))


def test_latitude_out_of_order(tmp_path):
    refused("neither ascending nor descending", written(sst(lat=[-75, -45, -15, 45, 15, 75]), tmp_path))


def test_irregular_spacing(tmp_path):
    refused("not evenly spaced", written(sst(lat=[-75, -45, -15, 15, 46, 75]), tmp_path))


def test_single_row(tmp_path):
    refused("single value, which tells no cell size", written(sst(lat=[0.0]), tmp_path))


def test_latitude_beyond_the_pole(tmp_path):
    refused("outside -90 to 90", written(sst(lat=LAT + 20, lon=LON), tmp_path))


def test_swapped_coordinates(tmp_path):
    dataset = sst(lat=LON, lon=LAT)
    refused("latitude and longitude are swapped", written(dataset, tmp_path))


def test_longitude_beyond_a_turn(tmp_path):
    refused("longitude reaches 434", written(sst(lon=np.arange(74.0, 435.0, 30.0)), tmp_path))


def test_missing_values_in_a_coordinate(tmp_path):
    refused("has missing values", written(sst(lat=[-75, -45, np.nan, 15, 45, 75]), tmp_path))


def test_repeated_meridian_with_other_values(tmp_path):
    refused("the same meridian, with different values", written(sst(lon=np.arange(0.0, 361.0, 30.0)), tmp_path))


def test_labels_that_may_be_edges(tmp_path):
    path = written(sst(lat=LAT + 15, lon=LON - 15), tmp_path)
    refused("only if they are edges of cells", path)
    corner = opened(path, cell_label="northwest")
    np.testing.assert_array_equal(corner.latitude, LAT)
    np.testing.assert_array_equal(corner.longitude, LON)
    np.testing.assert_array_equal(opened(path, cell_label="centre").latitude, LAT + 15)


def test_grid_of_nodes_with_both_poles_is_accepted(tmp_path):
    field = opened(written(sst(lat=np.arange(90.0, -91.0, -30.0), lon=np.arange(0.0, 360.0, 30.0)), tmp_path))
    np.testing.assert_array_equal(field.latitude, np.arange(-90.0, 91.0, 30.0))


def test_gaussian_grid_is_accepted(tmp_path):
    lat = np.degrees(np.arcsin(np.polynomial.legendre.leggauss(32)[0]))
    np.testing.assert_allclose(opened(written(sst(lat=lat[::-1]), tmp_path)).latitude, lat)


def test_index_coordinates_need_the_order_of_rows(tmp_path):
    dataset = sst().drop_vars(["lat", "lon"])
    path = written(dataset, tmp_path)
    refused("latitude and longitude are missing or not recognised", path)
    field = opened(path, global_rows="north_to_south")
    np.testing.assert_array_equal(field.values, dataset.sst.values[:, ::-1])
    np.testing.assert_array_equal(field.longitude, LON)
    refused("the file has latitude and longitude", written(sst(), tmp_path, "b.nc"), global_rows="north_to_south")


def test_depth_levels(tmp_path):
    path = written(sst().expand_dims(depth=[0.0, 10.0]), tmp_path)
    refused("the dimension 'depth' has 2 values", path)
    assert opened(written(sst().expand_dims(depth=[0.0]), tmp_path, "b.nc")).shape == (3, 6, 12)


# ---- time


def with_time(values, **attrs) -> xr.Dataset:
    dataset = sst(time=MIDDLES[: len(values)]) if len(values) <= 3 else sst(time=np.arange(len(values)))
    return dataset.assign_coords(time=("time", np.asarray(values), attrs))


def test_calendar_of_360_days(tmp_path):
    dataset = with_time([15.0, 45.0, 75.0], units="days since 2010-01-01", calendar="360_day")
    refused("the calendar '360_day'", written(dataset, tmp_path))


def test_julian_calendar(tmp_path):
    dataset = with_time([15.0, 45.0, 75.0], units="days since 2010-01-01", calendar="julian")
    refused("the calendar 'julian'", written(dataset, tmp_path))


def test_undecodable_time(tmp_path):
    refused(
        "cannot be decoded",
        written(with_time([1.0, 2.0, 3.0], units="fortnights since 2010-01-01"), tmp_path),
    )


def test_time_without_reference(tmp_path):
    refused("no unit such as 'days since", written(with_time([100.0, 200.0, 300.0]), tmp_path))


def test_times_in_disorder(tmp_path):
    refused("times are not in order", written(sst(time=MIDDLES[[0, 2, 1]]), tmp_path))


def test_time_twice(tmp_path):
    refused("occurs twice", written(sst(time=MIDDLES[[0, 1, 1]]), tmp_path))


def test_overlapping_files(tmp_path):
    files = tuple(written(sst(time=MIDDLES[s]), tmp_path, n) for n, s in (("a.nc", [0, 1]), ("b.nc", [1, 2])))
    refused("overlap in time", files)


def test_files_of_different_grids(tmp_path):
    a = written(sst(time=MIDDLES[:1]), tmp_path, "a.nc")
    b = written(sst(lat=-LAT[::-1] + 5, time=MIDDLES[1:2]), tmp_path, "b.nc")
    refused("its latitude differs from that of", (a, b))


def test_many_files_without_time(tmp_path):
    files = tuple(written(sst().isel(time=0, drop=True), tmp_path, n) for n in ("a.nc", "b.nc"))
    refused("the file has no time", files)


def test_month_numbers_without_a_year(tmp_path):
    path = written(with_time([1, 2, 3]), tmp_path)
    assert "months_of = 2010" in str(refused("numbers of months without a year", path))
    np.testing.assert_array_equal(
        opened(path, months_of=2010).time, np.array(["2010-01-01", "2010-02-01", "2010-03-01"], "M8[ns]")
    )


def test_months_of_a_dated_axis(tmp_path):
    refused("holds dates, not month numbers", written(sst(), tmp_path), months_of=2010)


def test_single_stamp_needs_its_interval(tmp_path):
    path = written(sst(time=MIDDLES[:1]), tmp_path)
    refused("a single time stamp (2010-01-16T00:00:00) tells no interval", path)
    field = opened(path, time_step="month")
    assert str(field.time_start.values[0])[:10] == "2010-01-01"
    assert str(field.time_end.values[0])[:10] == "2010-02-01"


def test_uneven_times_without_bounds(tmp_path):
    time = np.array(["2010-01-01", "2010-01-04", "2010-01-09"], "M8[ns]")
    refused("times are unevenly spaced", written(sst(time=time), tmp_path))


def test_five_day_fields_without_bounds(tmp_path):
    time = np.array(["2010-01-01", "2010-01-06", "2010-01-11"], "M8[ns]")
    refused("fields every 5 days may be snapshots or means", written(sst(time=time), tmp_path))


def with_bounds(bounds) -> xr.Dataset:
    dataset = sst()
    dataset.time.attrs["bounds"] = "time_bnds"
    dataset["time_bnds"] = (("time", "nv"), np.array(bounds, "M8[ns]"))
    dataset.time.encoding["units"] = "hours since 2000-01-01"
    return dataset


def test_running_means(tmp_path):
    bounds = [["2009-12-01", "2010-03-01"], ["2010-01-01", "2010-04-01"], ["2010-02-01", "2010-05-01"]]
    refused("time bounds overlap", written(with_bounds(bounds), tmp_path))


def noted(dataset, folder, start="2010-01", end="2010-02", method="mean", name="sea_surface_temperature") -> list[str]:
    """English notes on an input that must cover some months."""
    sources = {name: FieldSource(files=written(dataset, folder), variable="sst")}
    span = periods(TimeSpan(start=start, end=end))
    return [
        note.en for note in open_inputs(sources, target_grid(Region(), GridSection(resolution=30.0)), span, method)[1]
    ]


def daily(*spans, units="degC") -> xr.Dataset:
    days = np.concatenate([np.arange(*span, dtype="M8[D]") for span in spans]).astype("M8[ns]")
    dataset = sst(time=days, units=units)
    dataset.time.attrs["bounds"] = "time_bnds"
    dataset.time.encoding["units"] = "days since 2000-01-01"
    dataset["time_bnds"] = (("time", "nv"), np.stack([days, days + np.timedelta64(1, "D")], axis=1))
    return dataset


def test_record_that_ends_after_two_days_of_the_last_month(tmp_path):
    with pytest.raises(InputError, match=r"sea_surface_temperature has data for only 2 of the 28 days of 2010-02"):
        noted(daily(("2010-01-01", "2010-02-03")), tmp_path)


def test_gaps_are_noted_with_the_days_covered(tmp_path):
    assert noted(daily(("2010-01-01", "2010-03-01")), tmp_path) == []
    (note,) = noted(daily(("2010-01-01", "2010-02-03"), ("2010-02-21", "2010-03-02")), tmp_path)
    assert "sea_surface_temperature covers 1 of 2 periods only in part (2010-02: 10 of 28 days)" in note
    gap = daily(("2010-01-01", "2010-01-31"), ("2010-03-01", "2010-04-01"))
    empty, partial = noted(gap, tmp_path, end="2010-03")
    assert "has no sample in 1 periods (2010-02); their maps are empty" in empty
    assert "(2010-01: 30 of 31 days)" in partial


def test_gaps_of_winds_that_give_moments_are_noted_whatever_the_method(tmp_path):
    gap = daily(("2010-01-01", "2010-02-03"), ("2010-02-21", "2010-03-02"), units="m s-1")
    assert len(noted(gap, tmp_path, method="linear", name="wind_speed")) == 1


def test_label_beside_bounds(tmp_path):
    bounds = [["2010-01-01", "2010-02-01"], ["2010-02-01", "2010-03-01"], ["2010-03-01", "2010-04-01"]]
    refused("the file has time bounds", written(with_bounds(bounds), tmp_path), time_label="end")


def test_reversed_bounds(tmp_path):
    bounds = [["2010-02-01", "2010-01-01"], ["2010-03-01", "2010-02-01"], ["2010-04-01", "2010-03-01"]]
    refused("are empty", written(with_bounds(bounds), tmp_path))


def test_climatology_of_three_months(tmp_path):
    refused("a climatology has the months 1 to 12", written(with_time([1, 2, 3]), tmp_path), climatology=True)


def test_year_one(tmp_path):
    dataset = with_time([15.0, 45.0, 75.0], units="days since 0001-01-01")
    assert "climatology = true" in str(refused("are not of this age", written(dataset, tmp_path)))


def test_time_axis_asked_for_and_not_there(tmp_path):
    path = written(sst().isel(time=0, drop=True), tmp_path)
    refused("the file has no time axis", path, time_step="month")
    assert opened(path).dims == ("latitude", "longitude")


def test_coverage_attributes_stand_in_for_a_time_axis(tmp_path):
    dataset = sst().isel(time=0, drop=True)
    dataset.attrs |= {
        "time_coverage_start": "2010-01-01T00:45:09.000Z",
        "time_coverage_end": "2010-02-01T01:44:59.000Z",
    }
    field = opened(written(dataset, tmp_path))
    assert [str(field[c].values[0])[:19] for c in ("time_start", "time_end")] == [
        "2010-01-01T00:00:00",
        "2010-02-01T00:00:00",
    ]


# ---- configuration


def test_model_and_stations_are_for_others(tmp_path):
    for key in ("model", "stations"):
        with pytest.raises(InputError, match=f"{key} is not a file of fields"):
            open_field("pco2_sea", FieldSource(**{key: str(tmp_path)}))


def test_unbelievable_constant():
    with pytest.raises(InputError, match="is outside"):
        open_field("xco2", FieldSource(value=4.2e-4))


def test_vector_of_a_scalar_quantity(tmp_path):
    refused("two variables are a vector", written(sst(), tmp_path), variable=("sst", "sst"))


def test_mask_on_another_grid(tmp_path):
    dataset = sst()
    dataset["count"] = ("lat", np.ones(6))
    refused("valid_when", written(dataset, tmp_path), valid_when=ValidWhen(variable="count"))


# ---- values


def checked(dataset, folder, name="sea_surface_temperature", **keys):
    source = FieldSource(files=written(dataset, folder), **({"variable": "sst"} | keys))
    return check_values(open_field(name, source), source)


@pytest.mark.parametrize(
    ("name", "wrong", "value", "looks"),
    [
        ("sea_surface_temperature", "degC", 290.0, "'K'"),
        ("pco2_sea", "Pa", 380.0, "'uatm'"),
        ("air_pressure", "Pa", 1013.0, "'hPa'"),
        ("sea_ice_fraction", "1", 80.0, "'%'"),
        ("xco2", "ppm", 4e-4, "'mol mol-1'"),
    ],
)
def test_values_that_look_like_another_unit(tmp_path, name, wrong, value, looks):
    dataset = sst(units=wrong)
    dataset["sst"] = (dataset.sst * 0 + value).assign_attrs(units=wrong)
    with pytest.raises(InputError, match=f"look like {looks}"):
        checked(dataset, tmp_path, name)


def test_value_out_of_range_names_time_and_place(tmp_path):
    dataset = sst()
    dataset.sst[1, 2, 3] = 60.0
    with pytest.raises(InputError, match=r"60 degC at 2010-02-01T00:00:00, latitude -15, longitude -75 is outside"):
        checked(dataset, tmp_path)
    assert np.isnan(checked(dataset, tmp_path, out_of_range="missing").values[1, 2, 3])
    assert checked(dataset, tmp_path, valid_range=(-2, 70)).values[1, 2, 3] == 60


def test_guarded_field_is_checked_where_it_is_read_and_only_there(tmp_path):
    dataset = sst()
    dataset.sst[1, 2, 3] = 60.0
    source = FieldSource(files=written(dataset, tmp_path), variable="sst")
    field = open_field("sea_surface_temperature", source, chunks={"time": 1, "lat": 3, "lon": 2})
    lazy = guarded(field, source)
    with pytest.raises(InputError, match=r"60 degC at 2010-02-01T00:00:00, latitude -15, longitude -75 is outside"):
        lazy.mean().compute()
    np.testing.assert_array_equal(lazy.isel(time=[0, 2]), field.isel(time=[0, 2]))
    np.testing.assert_array_equal(guarded(field.isel(latitude=slice(3, 6)), source), dataset.sst[:, 3:])


def test_infinite_value(tmp_path):
    dataset = sst()
    dataset.sst[0, 0, 0] = np.inf
    with pytest.raises(InputError, match="= inf degC"):
        checked(dataset, tmp_path, valid_range=(-2, float("inf")))


def test_field_of_missing_values(tmp_path):
    path = written(sst() * np.nan, tmp_path)
    source = FieldSource(files=path, variable="sst", units="degC")
    with pytest.raises(InputError, match="every value is missing"):
        check_first_map(open_field("sea_surface_temperature", source), source)


def test_half_a_cell_apart(tmp_path):
    fields = {
        "a": opened(written(sst(), tmp_path)),
        "b": opened(written(sst(lat=LAT[:-1] + 15), tmp_path, "b.nc")),
    }
    ((en, zh),) = check_alignment(fields)
    assert "latitude of b lies half a cell beside that of a" in en
    assert "半个网格" in zh
    assert check_alignment({"a": fields["a"], "c": fields["a"]}) == []


# ---- stations (clause 4.4.10)

STATIONS = """date,lat,lon,xCO2 [ppm]
2010-01-05,19.5,204.4,388
2010-01-25T12:00:00Z,19.5,204.4,390
2010-01-10,-90,-25,386
2010-02-10,-90,-25,387
"""


def test_nearest_station_serves_each_cell(tmp_path):
    (tmp_path / "s.csv").write_text(STATIONS)
    table = station_field("xco2", str(tmp_path / "s.csv"))
    assert list(table.columns) == ["time", "latitude", "longitude", "xco2"]
    january = nearest_station(table, LAT, LON, np.datetime64("2010-01-01"), np.datetime64("2010-02-01"))
    assert january.shape == (6, 12)
    assert january[LAT == 15, LON == -165] == 389
    assert (january[LAT == -75] == 386).all()
    february = nearest_station(table, LAT, LON, np.datetime64("2010-02-01"), np.datetime64("2010-03-01"))
    assert (february == 387).all()
    with pytest.raises(InputError, match="no station has observed xco2"):
        nearest_station(table, LAT, LON, np.datetime64("2011-01-01"), np.datetime64("2011-02-01"))


@pytest.mark.parametrize(
    ("old", "new", "fragment"),
    [
        ("xCO2 [ppm]", "methane", "there is no column for xco2"),
        ("2010-01-10", "10/01/2010", "'10/01/2010' in row 3 is not a time"),
        (",388", ",n/m", "'n/m' in row 1 is not a number"),
        ("-90,-25,386", "-91,-25,386", "latitude = -91 in row 3 is outside"),
        (",387", ",3870", "xco2 = 3870 in row 4 is outside"),
        ("[ppm]", "[Pa]", "the unit 'Pa'"),
    ],
)
def test_station_table_refused(tmp_path, old, new, fragment):
    (tmp_path / "s.csv").write_text(STATIONS.replace(old, new))
    with pytest.raises(InputError, match=re.escape(fragment)):
        station_field("xco2", str(tmp_path / "s.csv"))


# ---- real files

COUNT = ValidWhen(variable="wind_speed_cor_count")
SOCAT, FORCING = "socatv4_kriged_1deg_monthly_2010.nc", "satellite_forcing_1deg_monthly_2010.nc"
REAL = {
    "pco2_sea": (SOCAT, {"variable": "pCO2_2010_interpolated_pred", "months_of": 2010}),
    "pco2_sea_uncertainty": (SOCAT, {"variable": "pCO2_2010_interpolated_error", "months_of": 2010}),
    "xco2": (SOCAT, {"variable": "vCO2", "months_of": 2010}),
    "sea_surface_temperature": (SOCAT, {"variable": "Tcl_2010", "months_of": 2010}),
    "wind_speed": (FORCING, {"variable": "wind_speed_cor_mean", "months_of": 2010, "valid_when": COUNT}),
    "wind_speed_mean_square": (
        FORCING,
        {"variable": "wind_speed_cor_moment_2", "months_of": 2010, "valid_when": COUNT, "units": "m2 s-2"},
    ),
    "wind_speed_mean_cube": (
        FORCING,
        {"variable": "wind_speed_cor_moment_3", "months_of": 2010, "valid_when": COUNT, "units": "m3 s-3"},
    ),
    "air_pressure": (FORCING, {"variable": "msl_mean", "months_of": 2010}),
    "sea_ice_fraction": (FORCING, {"variable": "sea_ice_fraction_mean", "months_of": 2010}),
    "chlorophyll": (FORCING, {"variable": "chlor_a", "months_of": 2010}),
    "sea_surface_salinity": ("woa18_sss_1deg_monthly.nc", {"variable": "sss", "climatology": True}),
    "sea_area_code": ("World_Seas-IHO-mask.nc", {"variable": "sea-mask", "cell_label": "centre"}),
    "land_fraction": ("onedeg_land.nc", {"variable": "land_proportion", "global_rows": "north_to_south"}),
}
real = pytest.mark.skipif(not DATA.exists(), reason="real data are not at hand")


def real_source(name: str) -> FieldSource:
    file, keys = REAL[name]
    return FieldSource(files=str(DATA / file), **keys)


@real
@pytest.mark.parametrize("name", list(REAL))
def test_real_file_opens_and_its_values_are_believable(name):
    source = real_source(name)
    field = open_field(name, source)
    assert field.shape[-2:] == (180, 360)
    assert field.chunks is not None
    check_first_map(field, source)
    assert np.isfinite(guarded(field, source).values).any()


@real
def test_real_temperature_and_wind_without_observations():
    field = open_field("sea_surface_temperature", real_source("sea_surface_temperature"))
    assert field.attrs["units"] == "degC"
    assert 26 < float(field.sel(latitude=0.5, longitude=160.5).mean()) < 31
    wind = open_field("wind_speed", real_source("wind_speed")).isel(time=0).values
    with xr.open_dataset(DATA / FORCING) as raw:
        np.testing.assert_array_equal(np.isnan(wind), ~(raw.wind_speed_cor_count[0].values >= 1))


@real
def test_real_moment_with_the_unit_of_its_label_is_refused():
    refused(
        "does not measure the same thing as 'm2 s-2'",
        str(DATA / FORCING),
        name="wind_speed_mean_square",
        variable="wind_speed_cor_moment_2",
        months_of=2010,
    )


@real
def test_real_land_covers_the_cells_without_pco2_only_north_to_south():
    sea = open_field("pco2_sea", real_source("pco2_sea")).isel(time=0).notnull().values
    land = open_field("land_fraction", real_source("land_fraction")).values > 0.5
    assert (sea != land).mean() > 0.96
    assert (sea != land[::-1]).mean() < 0.75


@real
def test_real_masks_labels_are_questioned_and_found_half_a_cell_off():
    refused(
        "only if they are edges of cells",
        str(DATA / "World_Seas-IHO-mask.nc"),
        name="sea_area_code",
        variable="sea-mask",
    )
    fields = {n: open_field(n, real_source(n)) for n in ("pco2_sea", "land_fraction", "sea_area_code")}
    assert [en.split(" lies")[0] for en, _ in check_alignment(fields)] == [
        "The latitude of sea_area_code",
        "The longitude of sea_area_code",
    ]
