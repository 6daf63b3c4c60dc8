"""One field, however it is written: axes, unit, calendar, number and format of files make no difference."""

import dask
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from shanhai.core.errors import InputError
from shanhai.io import axes
from shanhai.io.fields import open_field
from shanhai.io.sources import FieldSource
from shanhai.io.units import conversion

LAT, LON = np.arange(-75.0, 90.0, 30.0), np.arange(-165.0, 180.0, 30.0)
MONTHS = np.arange("2010-01", "2011-01", dtype="M8[M]")
MIDDLES = (MONTHS.astype("M8[D]") + 14).astype("M8[ns]")
NAME = "sea_surface_temperature"


def month_by_month(time=MIDDLES, units="degC", seed=1, low=1.0, high=30.0) -> xr.Dataset:
    values = np.random.default_rng(seed).uniform(low, high, (len(time), LAT.size, LON.size)).astype("f4")
    return xr.Dataset(
        {"v": (("time", "lat", "lon"), values, {"units": units})},
        coords={
            "time": ("time", time),
            "lat": ("lat", LAT, {"units": "degrees_north"}),
            "lon": ("lon", LON, {"units": "degrees_east"}),
        },
    )


def read(dataset: xr.Dataset, folder, name: str = NAME, **keys) -> xr.DataArray:
    path = folder / f"{len(list(folder.iterdir()))}.nc"
    dataset.to_netcdf(path)
    return open_field(name, FieldSource(files=str(path), variable="v", **keys))


def assert_same(one: xr.DataArray, other: xr.DataArray, rtol: float = 0.0) -> None:
    assert one.dims == other.dims
    for coordinate in one.coords:
        np.testing.assert_array_equal(one[coordinate], other[coordinate])
    np.testing.assert_allclose(one.values, other.values, rtol=rtol, atol=rtol)
    assert one.attrs["units"] == other.attrs["units"]


def as_0_to_360(dataset):
    return dataset.assign_coords(lon=("lon", LON % 360, dataset.lon.attrs)).sortby("lon")


def with_first_meridian_again(dataset):
    again = dataset.isel(lon=[0]).assign_coords(lon=("lon", LON[:1] + 360, dataset.lon.attrs))
    return xr.concat([dataset, again], "lon")


WRITTEN_OTHERWISE = {
    "longitude from 0 to 360": as_0_to_360,
    "latitude descending": lambda d: d.isel(lat=slice(None, None, -1)),
    "longitude descending": lambda d: d.isel(lon=slice(None, None, -1)),
    "0 to 360 and descending": lambda d: as_0_to_360(d).isel(lon=slice(None, None, -1)),
    "longitude jumps at the date line": lambda d: d.isel(lon=np.roll(np.arange(12), 5)),
    "the first meridian again at the end": with_first_meridian_again,
    "the first meridian again, descending": lambda d: with_first_meridian_again(d).isel(lon=slice(None, None, -1)),
    "dimensions in another order": lambda d: d.transpose("lon", "time", "lat"),
    "coordinates in single precision": lambda d: d.assign_coords(lat=d.lat.astype("f4"), lon=d.lon.astype("f4")),
    "a depth of length one": lambda d: d.expand_dims(depth=[0.0], axis=1),
    "names of no meaning": lambda d: d.rename(lat="a", lon="b", time="c"),
    "wrong standard names beside right units": lambda d: d.assign_coords(
        lat=d.lat.assign_attrs(standard_name="sea_water_temperature"),
        lon=d.lon.assign_attrs(standard_name="latitude", axis="Y"),
    ),
}


@pytest.mark.parametrize("how", list(WRITTEN_OTHERWISE))
def test_a_field_does_not_depend_on_how_its_axes_are_written(tmp_path, how):
    dataset = month_by_month()
    field = read(dataset, tmp_path)
    np.testing.assert_array_equal(field.values, dataset.v.values)
    assert_same(read(WRITTEN_OTHERWISE[how](dataset), tmp_path), field)


@pytest.mark.parametrize(
    ("name", "unit", "other", "factor", "offset"),
    [
        (NAME, "degC", "K", 1.0, 273.15),
        (NAME, "degrees Celsius", "Kelvin", 1.0, 273.15),
        ("xco2", "ppm", "mol mol-1", 1e-6, 0.0),
        ("xco2", "umol/mol", "1e-6", 1.0, 0.0),
        ("air_pressure", "Pa", "hPa", 1e-2, 0.0),
        ("air_pressure", "hPa", "mbar", 1.0, 0.0),
        ("pco2_sea", "Pa", "µatm", 1 / 0.101325, 0.0),
        ("sea_surface_salinity", "1", "PSS-78", 1.0, 0.0),
        ("sea_surface_salinity", "psu", "1e-3", 1.0, 0.0),
        ("sea_ice_fraction", "1", "%", 100.0, 0.0),
        ("wind_speed", "m s-1", "km/h", 3.6, 0.0),
        ("chlorophyll", "mg/m^3", "kg m-3", 1e-6, 0.0),
    ],
)
def test_a_field_does_not_depend_on_its_unit(tmp_path, name, unit, other, factor, offset):
    dataset = month_by_month(units=unit)
    same = (dataset.v * factor + offset).astype("f4").assign_attrs(units=other).to_dataset(name="v")
    same = same.assign_coords(dataset.coords)
    field = read(same, tmp_path, name)
    assert field.dtype == np.float32
    assert_same(field, read(dataset, tmp_path, name), rtol=1e-5)


@given(st.sampled_from(["K", "degF", "degC"]), st.sampled_from(["K", "degF", "degC"]), st.floats(-50, 50))
@settings(max_examples=30, deadline=None)
def test_there_and_back_is_the_same_temperature(one, other, value):
    assert conversion(other, one)(conversion(one, other)(value)) == pytest.approx(value, abs=1e-9)


def test_many_files_are_one_file(tmp_path):
    dataset = month_by_month()
    whole = read(dataset, tmp_path)
    (tmp_path / "parts").mkdir()
    for i in range(12):  # the last in name is not the last in time
        dataset.isel(time=[i]).to_netcdf(tmp_path / "parts" / f"{(i * 5) % 12:02d}.nc")
    source = FieldSource(files=str(tmp_path / "parts" / "*.nc"), variable="v")
    assert_same(open_field(NAME, source), whole)


def test_files_may_differ_in_unit_and_reference_of_time(tmp_path):
    dataset = month_by_month()
    whole = read(dataset, tmp_path)
    warm = dataset.isel(time=slice(6, None))
    warm = warm.assign(v=(warm.v + np.float32(273.15)).assign_attrs(units="K"))
    dataset.isel(time=slice(0, 6)).to_netcdf(tmp_path / "a.nc", encoding={"time": {"units": "days since 2000-01-01"}})
    warm.to_netcdf(tmp_path / "b.nc", encoding={"time": {"units": "hours since 2010-07-01"}})
    source = FieldSource(files=(str(tmp_path / "b.nc"), str(tmp_path / "a.nc")), variable="v")
    assert_same(open_field(NAME, source), whole, rtol=1e-5)


@pytest.mark.parametrize("version", [2, 3])
def test_zarr_is_netcdf(tmp_path, version):
    dataset = month_by_month()
    dataset.to_zarr(tmp_path / "store", zarr_format=version, consolidated=version == 2)
    field = open_field(NAME, FieldSource(files=str(tmp_path / "store"), variable="v"))
    assert_same(field, read(dataset, tmp_path))


def test_packed_values_are_their_values(tmp_path):
    dataset = month_by_month().round(2)
    dataset.v[0, 0, 0] = np.nan
    packed = {"v": {"dtype": "i2", "scale_factor": 0.01, "add_offset": 20.0, "_FillValue": -32768}}
    dataset.to_netcdf(tmp_path / "packed.nc", encoding=packed)
    field = open_field(NAME, FieldSource(files=str(tmp_path / "packed.nc"), variable="v"))
    np.testing.assert_allclose(field.values, dataset.v.values, atol=1e-4)


def test_dates_of_noleap_are_the_same_dates(tmp_path):
    days = np.arange("2012-02-01", "2012-04-01", dtype="M8[D]").astype("M8[ns]")
    dataset = month_by_month(time=days)
    no_leap = dataset.sel(time=~((dataset.time.dt.month == 2) & (dataset.time.dt.day == 29)))
    numbers = np.arange(no_leap.sizes["time"]) + 31 + 365 * 2.0
    attrs = {"units": "days since 2010-01-01", "calendar": "noleap"}
    field = read(no_leap.assign_coords(time=("time", numbers, attrs)), tmp_path)
    assert_same(field.sel(time="2012-03"), read(dataset, tmp_path).sel(time="2012-03"))
    assert "2012-02-29" not in field.time.dt.strftime("%Y-%m-%d").values


STAMPS = {
    "middle": (MIDDLES, {}),
    "first day": (MONTHS.astype("M8[ns]"), {}),
    "last day": ((MONTHS + 1).astype("M8[D]") - 1, {}),
    "first day, labelled as start": (MONTHS.astype("M8[ns]"), {"time_label": "start"}),
    "end, which is the next first": ((MONTHS + 1).astype("M8[ns]"), {"time_label": "end"}),
    "numbers": (np.arange(1, 13), {"months_of": 2010}),
}


@pytest.mark.parametrize("how", list(STAMPS))
def test_a_month_is_a_month_wherever_its_stamp_lies(tmp_path, how):
    stamps, keys = STAMPS[how]
    stamps = stamps.astype("M8[ns]") if stamps.dtype.kind == "M" else stamps
    field = read(month_by_month(time=stamps), tmp_path, **keys)
    np.testing.assert_array_equal(field.time, MONTHS.astype("M8[ns]"))
    np.testing.assert_array_equal(field.time_start, MONTHS.astype("M8[ns]"))
    np.testing.assert_array_equal(field.time_end, (MONTHS + 1).astype("M8[ns]"))


def starts_and_ends(dataset, folder, **keys):
    field = read(dataset, folder, **keys)
    return field.time_start.values.astype("M8[h]"), field.time_end.values.astype("M8[h]")


def test_a_day_is_its_calendar_day(tmp_path):
    days = np.arange("2010-01-01", "2010-01-06", dtype="M8[D]")
    for hour in (0, 12):
        time = (days + np.timedelta64(hour, "h")).astype("M8[ns]")
        start, end = starts_and_ends(month_by_month(time=np.delete(time, 2)), tmp_path)
        np.testing.assert_array_equal(start, np.delete(days, 2).astype("M8[h]"))
        np.testing.assert_array_equal(end - start, np.timedelta64(24, "h"))


def test_an_hourly_sample_lasts_until_the_next(tmp_path):
    time = np.arange("2010-01-01T00", "2010-01-02T00", 6, dtype="M8[h]")
    start, end = starts_and_ends(month_by_month(time=time.astype("M8[ns]")), tmp_path)
    np.testing.assert_array_equal(start, time)
    np.testing.assert_array_equal(end, time + 6)
    start, end = starts_and_ends(month_by_month(time=time.astype("M8[ns]")), tmp_path, time_label="middle")
    np.testing.assert_array_equal(start, time - 3)


def test_eight_day_composites_restart_each_year(tmp_path):
    first = np.array(["2009-12-19", "2009-12-27", "2010-01-01", "2010-01-09"], "M8[D]")
    next_first = np.array(["2009-12-27", "2010-01-01", "2010-01-09", "2010-01-17"], "M8[D]")
    for days in (0, 3, 4):
        time = (first + days).astype("M8[ns]")
        start, end = starts_and_ends(month_by_month(time=time), tmp_path)
        np.testing.assert_array_equal(start, first.astype("M8[h]"))
        np.testing.assert_array_equal(end, next_first.astype("M8[h]"))


def test_bounds_tell_the_interval_whatever_the_stamp(tmp_path):
    dataset = month_by_month(time=MIDDLES[:2])
    dataset.time.attrs["bounds"] = "time_bnds"
    dataset.time.encoding["units"] = "hours since 2000-01-01"
    edges = np.array([["2010-01-01T12", "2010-01-11T12"], ["2010-02-01", "2010-02-11"]], "M8[ns]")
    dataset["time_bnds"] = (("time", "nv"), edges)
    start, end = starts_and_ends(dataset, tmp_path)
    np.testing.assert_array_equal(np.stack([start, end], 1), edges)


@pytest.mark.parametrize(
    "time",
    [
        ("time", np.arange(1, 13)),
        ("time", MIDDLES),
        ("time", np.arange(12) + 0.5, {"units": "months since 0000-01-01 00:00:00"}),
        ("time", np.arange(12) * 30.4 + 15, {"units": "days since 0001-01-01"}),
    ],
)
def test_a_climatology_has_twelve_months_and_no_year(tmp_path, time):
    dataset = month_by_month().assign_coords(time=time)
    field = read(dataset, tmp_path, climatology=True)
    assert field.attrs["climatology"] == 1
    np.testing.assert_array_equal(field.time, np.arange("2000-01", "2001-01", dtype="M8[M]").astype("M8[ns]"))
    np.testing.assert_array_equal(field.time_end[:-1], field.time_start[1:])


def test_two_components_give_the_speed_of_each_sample(tmp_path):
    dataset = month_by_month(units="m s-1").rename(v="u")
    dataset["v"] = month_by_month(units="km h-1", seed=2).v
    dataset.to_netcdf(tmp_path / "wind.nc")
    field = open_field("wind_speed", FieldSource(files=str(tmp_path / "wind.nc"), variable=("u", "v")))
    np.testing.assert_allclose(field, np.hypot(dataset.u, dataset.v / 3.6), rtol=1e-6)


def test_a_region_across_the_date_line_stays_whole(tmp_path):
    dataset = month_by_month().isel(lon=[10, 11, 0, 1])  # 135, 165, -165, -135
    for lon in (dataset.lon.values, dataset.lon.values % 360):
        field = read(dataset.assign_coords(lon=("lon", lon, dataset.lon.attrs)), tmp_path)
        np.testing.assert_array_equal(field.longitude, [135, 165, 195, 225])
        np.testing.assert_array_equal(field.values, dataset.v.values)


@given(st.integers(8, 60), st.integers(-1, 1), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_longitudes_of_a_globe_keep_their_column(n, turns, descending, half):
    step = 360 / n
    true = -180 + step * (np.arange(n) + half / 2)
    for base in (-180.0, 0.0):
        labels = np.sort((true + 360 * turns - base) % 360 + base)[:: -1 if descending else 1]
        axis = axes.longitude_axis(labels, FieldSource(files="f", variable="v"), "f")
        np.testing.assert_allclose(axis.centres, true, atol=1e-9)
        column = np.concatenate([labels[part] for part in axis.parts])
        np.testing.assert_allclose(np.cos(np.radians(column - true)), 1.0, atol=1e-12)


def test_opening_computes_nothing_and_keeps_the_chunks_of_the_file(tmp_path):
    dataset = month_by_month()
    dataset.to_netcdf(tmp_path / "a.nc", encoding={"v": {"chunksizes": (3, 6, 4)}})

    def refuse(*_args, **_keys):
        raise AssertionError("a field was computed while it was opened")

    with dask.config.set(scheduler=refuse, **{"array.chunk-size": "300B"}):
        source = FieldSource(files=str(tmp_path / "a.nc"), variable="v")
        field = open_field(NAME, source)
        given = open_field(NAME, source, chunks={"time": 6})
    assert field.chunks == ((3, 3, 3, 3), (6,), (4, 4, 4))
    assert given.chunks[0] == (6, 6)


def test_a_chunk_never_cuts_a_chunk_of_the_file(tmp_path):
    month_by_month().to_netcdf(tmp_path / "a.nc", encoding={"v": {"chunksizes": (4, 6, 12)}})
    with dask.config.set({"array.chunk-size": "2400B"}):
        field = open_field(NAME, FieldSource(files=str(tmp_path / "a.nc"), variable="v"))
    assert all(size % 4 == 0 for size in field.chunks[0])


def test_precision_of_the_file_is_kept(tmp_path):
    for dtype in ("f4", "f8"):
        assert read(month_by_month(units="K", low=275, high=300).astype(dtype), tmp_path).dtype == dtype


def test_two_files_of_one_month_are_refused_not_averaged(tmp_path):
    with pytest.raises(InputError, match="fall into one interval"):
        read(month_by_month(time=np.array(["2010-01-05", "2010-01-20"], "M8[ns]")), tmp_path, time_step="month")


def test_bounds_may_count_from_another_time_than_their_axis(tmp_path):
    attrs = {"units": "days since 2010-01-01", "bounds": "edges"}
    dataset = month_by_month(time=MIDDLES[:2]).assign_coords(time=("time", [15.0, 45.0], attrs))
    dataset["edges"] = (("time", "nv"), [[0, 31], [31, 59]], {"units": "days since 2009-12-31"})
    start, _ = starts_and_ends(dataset, tmp_path)
    np.testing.assert_array_equal(start.astype("M8[D]"), np.array(["2009-12-31", "2010-01-31"], "M8[D]"))


def test_a_missing_value_can_stand_for_a_number(tmp_path):
    holes = month_by_month()
    holes["v"] = holes["v"].where(holes["v"] > holes["v"].mean())
    holes.to_netcdf(tmp_path / "a.nc")
    source = {"files": str(tmp_path / "a.nc"), "variable": "v"}
    plain = open_field(NAME, FieldSource(**source)).values
    filled = open_field(NAME, FieldSource(**source, missing_means=7.0)).values
    assert np.isnan(plain).any()
    np.testing.assert_array_equal(filled, np.where(np.isnan(plain), 7.0, plain))
    with pytest.raises(InputError, match="is outside"):
        open_field(NAME, FieldSource(**source, missing_means=-1e9))


def test_one_level_is_selected_by_the_value_of_its_coordinate(tmp_path):
    flat = month_by_month()
    deep = xr.concat([flat["v"], flat["v"] + 1.0], xr.Variable("level", [1.0, 25.0])).to_dataset(name="v")
    deep.to_netcdf(tmp_path / "a.nc")
    source = {"files": str(tmp_path / "a.nc"), "variable": "v"}
    surface, top = (open_field(NAME, FieldSource(**source, select={"level": v})).values for v in (1, 25))
    np.testing.assert_allclose(top, surface + 1.0)
    for wrong, words in (({"level": 3}, "not one of 1, 25"), ({"lev": 1}, "no dimension 'lev'"), ({}, "say select")):
        with pytest.raises(InputError, match=words):
            open_field(NAME, FieldSource(**source, select=wrong))
