"""A dataset in memory: what its order and units may not change, and what is refused in a sentence."""

from pathlib import Path

import dask.array
import numpy as np
import pytest
import xarray as xr

from shanhai.core.errors import InputError
from shanhai.monitoring import assess
from shanhai.monitoring.given import cell_size, config_for, prepared_dataset

DIMS = ("time", "latitude", "longitude")
VALUES = {  # middle, amplitude in the units of the notation table
    "pco2_sea": (37.0, 6.0),
    "xco2": (390.0, 3.0),
    "sea_surface_temperature": (17.0, 8.0),
    "sea_surface_salinity": (33.0, 1.5),
    "air_pressure": (101300.0, 800.0),
    "wind_speed": (7.0, 3.0),
}
MONTHS = np.arange("2010-01", "2010-04", dtype="M8[M]").astype("M8[ns]")
QUIET = {"uncertainty": {}}


def dataset(times=MONTHS, rows: int = 4, columns: int = 5, west: float = 120.5, step: float = 1.0) -> xr.Dataset:
    """Smooth inputs without units."""
    latitude, longitude = 25.5 + step * np.arange(rows), west + step * np.arange(columns)
    t = np.arange(len(times))[:, None, None]
    wave = np.sin(latitude[:, None] / 7 + t) * np.cos(np.arange(columns) / 5 + 0.5 * t)
    data = {n: (DIMS, middle + amplitude * wave) for n, (middle, amplitude) in VALUES.items()}
    return xr.Dataset(data, {"time": np.asarray(times, "M8[ns]"), "latitude": latitude, "longitude": longitude})


def bounded(edges: list[str], stamps=None) -> xr.Dataset:
    """Periods between consecutive dates."""
    ends = np.array(edges, "M8[ns]")
    pairs = np.stack([ends[:-1], ends[1:]], axis=1)
    return dataset(pairs[:, 0] if stamps is None else stamps).assign(time_bounds=(("time", "bounds"), pairs))


def labelled(name: str, values, unit: str) -> xr.Dataset:
    """The dataset with one input in another unit."""
    whole = dataset()
    return whole.assign({name: (DIMS, values(whole[name].values), {"units": unit})})


def assert_same(one: xr.Dataset, other: xr.Dataset, **options) -> None:
    """Same fields in the same order, same net flux and same uncertainty."""
    (a, first), (b, second) = (assess(d, **QUIET, **options) for d in (one, other))
    for name in ("co2_flux", "cell_area", "co2_flux_uncertainty", "time_bounds", "latitude", "longitude", "time"):
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)
    np.testing.assert_array_equal(first.net_flux.select_dtypes("number"), second.net_flux.select_dtypes("number"))


def refused(given: xr.Dataset, *fragments: str, **sections) -> None:
    with pytest.raises(InputError) as error:
        assess(given, **sections)
    missing = [f for f in fragments if f not in str(error.value)]
    assert not missing, str(error.value)


# --- units ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values", "unit"),
    [
        ("pco2_sea", lambda x: x / 0.101325, "uatm"),
        ("sea_surface_temperature", lambda x: x + 273.15, "K"),
        ("air_pressure", lambda x: x / 100, "hPa"),
        ("xco2", lambda x: x, "ppm"),
    ],
)
def test_unit_that_a_variable_states_changes_nothing_but_its_numbers(name, values, unit):
    plain, _ = assess(dataset())
    given = labelled(name, values, unit)
    fields, _ = assess(given)
    np.testing.assert_allclose(fields.co2_flux, plain.co2_flux, rtol=1e-9, atol=1e-9)
    assert prepared_dataset(given)[name].attrs["units"] != unit
    assert given[name].attrs["units"] == unit, "the dataset of the caller is untouched"


def test_wrong_units_and_impossible_maps_are_refused():
    refused(labelled("pco2_sea", lambda x: x, "degC"), "does not measure the same thing", "pco2_sea")
    refused(labelled("sea_surface_temperature", lambda x: x, "K"), "is outside", "look like 'degC'")
    refused(labelled("pco2_sea", lambda x: 10 * x, "Pa"), "the median of pco2_sea", "look like 'uatm'")
    refused(dataset().assign(pco2_sea=10 * dataset().pco2_sea), "the median of pco2_sea", "taken to be in 'Pa'")
    refused(labelled("pco2_sea", lambda x: x, "blorp"), "'blorp' is not known")


def test_moments_that_no_winds_have_are_refused():
    whole = dataset()
    refused(whole.assign(wind_speed_mean_square=0.5 * whole.wind_speed**2), "mean square", "no winds can have")
    cube = {"wind_speed_mean_square": 1.2 * whole.wind_speed**2, "wind_speed_mean_cube": 0.8 * whole.wind_speed**3}
    refused(whole.assign(cube), "mean cube", "no winds can have")


# --- time -----------------------------------------------------------------------------------------------------


def test_order_of_the_times_does_not_matter():
    assert_same(dataset(), dataset().isel(time=[2, 0, 1]))
    composites = bounded(["2010-01-01", "2010-01-09", "2010-01-17", "2010-01-25"])
    assert_same(composites, composites.isel(time=[1, 2, 0]))


@pytest.mark.parametrize("stamps", [MONTHS + np.timedelta64(15, "D"), MONTHS + np.timedelta64(27, "D")])
def test_stamps_anywhere_in_their_months_are_those_months(stamps):
    assert_same(dataset(), dataset(stamps))
    assert_same(dataset(), bounded(["2010-01-01", "2010-02-01", "2010-03-01", "2010-04-01"], stamps))


@pytest.mark.parametrize(
    ("edges", "frequency"),
    [
        (["2010-02-01", "2010-03-01"], "monthly"),
        (["2010-12-19", "2010-12-27", "2011-01-01", "2011-01-09"], "8-day"),
        (["2010-12-27", "2011-01-01"], "8-day"),
        (["2010-03-05", "2010-03-06"], "daily"),
        (["2010-01-31", "2010-02-01", "2010-02-02"], "daily"),
    ],
)
def test_bounds_tell_the_frequency_and_every_period_gets_its_map(edges, frequency):
    given = bounded(edges)
    assert config_for(prepared_dataset(given), {}).time.frequency == frequency
    fields, report = assess(given)
    np.testing.assert_array_equal(fields.time.values.astype("M8[D]"), np.array(edges[:-1], "M8[D]"))
    assert len(report.statistics) == len(edges) - 1


def test_days_across_the_end_of_a_month_are_days():
    days = np.array(["2010-01-31T12", "2010-02-01T12"], "M8[ns]")
    config = config_for(prepared_dataset(dataset(days)), {})
    assert (config.time.frequency, config.time.start, config.time.end) == ("daily", "2010-01-31", "2010-02-01")


@pytest.mark.parametrize(
    "edges",
    [
        ["2010-01-01", "2010-01-11", "2010-01-21"],
        ["2010-01-01", "2010-04-01", "2010-07-01"],
        ["2010-01-02", "2010-01-10"],
        ["2010-01-01", "2010-01-31"],
        ["2010-01-01T06", "2010-01-02T06"],
        ["2010-01-01", "2010-02-01", "2010-02-09"],
    ],
)
def test_other_periods_are_refused(edges):
    refused(bounded(edges), "time_bounds are not periods of a job", "ends are exclusive")


def test_gaps_and_stamps_outside_their_bounds_are_refused():
    whole = bounded(["2010-01-01", "2010-02-01", "2010-03-01", "2010-04-01"])
    refused(whole.isel(time=[0, 2]), "2010-03-01 to 2010-04-01, where 2010-02-01 to 2010-03-01 is due")
    refused(whole.isel(time=[0, 1, 1]), "time_bounds are not periods of a job")
    refused(whole.assign_coords(time=MONTHS - np.timedelta64(40, "D")), "outside its time_bounds")
    refused(whole.assign_coords(time=[1, 2, 3]), "something else than dates")


@pytest.mark.parametrize(
    "stamps",
    [
        ["2010-01-01", "2010-01-09", "2010-01-17"],
        ["2010-01-27", "2010-02-04"],
        ["2010-01-15"],
        ["2010-01-01T12"],
        ["2010-01-01", "2010-03-01"],
        ["2010-01-01", "2010-01-02", "2010-01-04"],
        ["2010-01-01", "2010-01-01"],
    ],
)
def test_stamps_that_may_mean_several_things_need_bounds(stamps):
    refused(dataset(np.array(stamps, "M8[ns]")), "add time_bounds")


# --- cells ----------------------------------------------------------------------------------------------------


def test_order_of_rows_columns_and_dimensions_does_not_matter():
    whole = dataset()
    assert_same(whole, whole.isel(latitude=slice(None, None, -1)))
    assert_same(whole, whole.isel(latitude=[2, 0, 1, 3]))
    assert_same(whole, whole.isel(longitude=slice(None, None, -1)))
    assert_same(whole, whole.transpose("longitude", "time", "latitude"))


def test_longitudes_run_on_across_the_date_line():
    whole = dataset(columns=4, west=178.5)
    turned = whole.assign_coords(longitude=[178.5, 179.5, -179.5, -178.5])
    assert prepared_dataset(turned).longitude.values.tolist() == [178.5, 179.5, 180.5, 181.5]
    assert_same(whole, turned)
    region = config_for(prepared_dataset(turned), {}).region
    assert (region.west, region.east) == (178.0, 182.0)


def test_longitudes_from_0_to_360_are_those_from_180_west():
    globe = dataset(columns=36, rows=3, west=5.0, step=10.0).assign_coords(latitude=[20.0, 30.0, 40.0])
    ascending = globe.isel(longitude=np.roll(np.arange(36), 18)).assign_coords(longitude=np.arange(-175.0, 180, 10))
    assert_same(ascending, globe)
    pacific = dataset(west=200.5)
    assert_same(pacific, pacific.assign_coords(longitude=pacific.longitude - 360))
    east = config_for(prepared_dataset(dataset(west=-180.0)), {}).region
    assert (east.west, east.east) == (179.5, 184.5)


@pytest.mark.parametrize(
    ("axis", "labels", "sentence"),
    [
        ("latitude", [25.5, 26.5, 27.5, 27.5], "27.5 is followed by 27.5"),
        ("latitude", [25.5, 26.5, 27.5, 29.0], "not evenly spaced"),
        ("latitude", [25.5, 26.0, 26.5, 27.0], "cells must be square"),
        ("latitude", [87.0, 88.0, 89.0, 90.0], "beyond the pole"),
        ("latitude", [88.5, 89.5, 90.5, 91.5], "outside -90 to 90"),
        ("latitude", [25.5, 26.5, np.nan, 28.5], "missing values"),
        ("longitude", [120.5, 121.5, 123.5, 122.5, 124.5], "neither ascending nor descending"),
        ("longitude", [120.5, 121.5, 122.5, 123.503, 124.5], "not evenly spaced"),
        ("longitude", [358.5, 359.5, 360.5, 361.5, 362.5], "outside -180 to 360"),
    ],
)
def test_cells_that_are_no_even_squares_are_refused(axis, labels, sentence):
    refused(dataset().assign_coords({axis: labels}), sentence)


def test_repeated_meridian_is_refused():
    globe = dataset(columns=37, rows=3, west=0.0, step=10.0).assign_coords(latitude=[20.0, 30.0, 40.0])
    refused(globe, "the last meridian is the first one again")


def test_labels_in_single_precision_keep_the_size_of_their_cells():
    fine = dataset(step=1 / 24)
    rounded = fine.assign_coords({d: fine[d].astype("f4") for d in DIMS[1:]})
    assert cell_size(prepared_dataset(fine)) == cell_size(prepared_dataset(rounded)) == 1 / 24


def test_a_lone_cell_needs_its_size():
    lone = dataset(rows=1, columns=1, west=200.5)
    refused(lone, "a single cell does not tell its size", 'grid={"resolution": ...}')
    fields, _ = assess(lone, grid={"resolution": 1.0})
    neighbours, _ = assess(dataset(rows=1, columns=2, west=200.5))
    assert fields.longitude.values.tolist() == [-159.5]
    np.testing.assert_array_equal(fields.cell_area, neighbours.cell_area[:, :1])
    np.testing.assert_array_equal(fields.co2_flux, neighbours.co2_flux[..., :1])


# --- sections and values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sections",
    [
        {"region": {"west": 121.0}},
        {"time": {"start": "2010-01", "end": "2010-01"}},
        {"inputs": {"xco2": {"value": 390.0}}},
        {"grid": {"method": "linear"}},
    ],
)
def test_sections_that_the_dataset_decides_are_refused(sections):
    refused(dataset(), next(iter(sections)), "given beside a dataset", **sections)


def test_resolution_must_be_that_of_the_cells():
    refused(dataset(), "steps of 1 degrees, grid.resolution 0.5", grid={"resolution": 0.5})
    refused(dataset(), "grid", grid={"resolution": "wide"})
    assert_same(dataset(), dataset(), grid={"resolution": "1/1"})


def test_numbers_and_short_variables_hold_everywhere():
    whole = dataset()
    pressure = whole.air_pressure[:, 0, 0]
    short = whole.assign(xco2=390, air_pressure=("time", pressure.values))
    everywhere = pressure.drop_vars(DIMS[1:]).broadcast_like(whole.xco2)
    full = whole.assign(xco2=xr.full_like(whole.xco2, 390.0), air_pressure=everywhere)
    assert_same(full, short)
    assert_same(full, short.chunk(time=1))


def test_land_alone_words_and_levels_are_refused():
    whole = dataset()
    refused(whole.where(False), "every value is missing", "pco2_sea")
    refused(whole.assign(xco2=xr.full_like(whole.xco2, np.nan)), "every value is missing", "xco2")
    refused(whole.assign(xco2="390"), "xco2 holds no numbers")
    refused(whole.assign(xco2=whole.xco2.expand_dims(depth=[0.0])), "the dimension depth beside time")
    refused(whole.isel(time=slice(0)), "'time' is empty")
    refused(whole.drop_vars("latitude"), "'latitude' has no coordinate")
    refused(whole.isel(time=0), "no dimension 'time'")
    refused(whole.drop_vars("xco2"), "lacks xco2")


def test_lazy_stays_lazy_and_gives_the_same(tmp_path: Path):
    whole = labelled("pco2_sea", lambda x: x / 0.101325, "uatm").isel(latitude=slice(None, None, -1))
    lazy = prepared_dataset(whole.isel(time=[1, 0, 2]).chunk(time=1))
    assert all(isinstance(lazy[n].data, dask.array.Array) for n in VALUES)
    assert_same(whole, whole.chunk(time=1, latitude=2))
    assess(whole.chunk(time=1), out=tmp_path / "out", output={"figures": False})
    again, _ = assess(whole.chunk(time=1), out=tmp_path / "out", output={"figures": False})
    assert again.sizes["time"] == 3
