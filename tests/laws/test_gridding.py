"""Laws of cropping, of unifying time and space (HY/T 0343.5 clause 4.3) and of wind moments (4.4.4)."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from shanhai.core.errors import InputError, ShanhaiWarning
from shanhai.grids.horizontal import cell_area_ellipsoid
from shanhai.monitoring.config import GridSection, Region, TimeSpan
from shanhai.monitoring.gridding import (
    check_coverage,
    crop,
    nearest_on,
    prepare,
    target_grid,
    to_grid,
    to_period,
)
from shanhai.monitoring.periods import periods
from shanhai.monitoring.winds import check_moments, resolves, wind_moments

DATA = Path(__file__).parents[2].parent / "shared/data/airsea_co2"
METHODS = ("mean", "linear", "nearest")
GLOBE = Region()


def months(start="2010-01", end="2010-12", frequency="monthly"):
    return periods(TimeSpan(start=start, end=end, frequency=frequency))


def axis(low, high, size):
    return low + (np.arange(round((high - low) / size)) + 0.5) * size


def field(size=10.0, samples=None, west=-180.0, values=None, dtype=float, name="sea_surface_temperature"):
    """A field of the contract; samples are periods, values broadcast to (time, latitude, longitude)."""
    latitude, longitude = axis(-90, 90, size), axis(west, west + 360, size)
    samples = months() if samples is None else samples
    shape = (len(samples), latitude.size, longitude.size)
    if values is None:
        values = np.random.default_rng(5).uniform(0, 30, shape)
    values = np.broadcast_to(values, shape).astype(dtype)
    start, end = (np.array([getattr(p, side) for p in samples]) for side in ("start", "end"))
    coords = {
        "time": start,
        "latitude": latitude,
        "longitude": longitude,
        "time_start": ("time", start),
        "time_end": ("time", end),
    }
    attrs = {"units": "degC", "shanhai_source": "sst.nc"}
    made = xr.DataArray(values, coords, ("time", "latitude", "longitude"), name, attrs)
    return made.chunk({"time": 1, "latitude": 7})


def integral(values, size_or_grid):
    latitude = values.latitude.values
    size = size_or_grid
    area = cell_area_ellipsoid(latitude - size / 2, latitude + size / 2, size)
    return float((values * area[:, None]).sum())


def grid_of(region, size):
    return target_grid(region, GridSection(resolution=size))


# --- the target grid and cropping ---------------------------------------------------------------------------


def test_the_cells_are_those_whose_centres_lie_in_the_box():
    grid = grid_of(Region(west=117.1, east=131, south=22.6, north=41), 1.0)
    assert grid.longitude[[0, -1]].tolist() == [117.5, 130.5]
    assert grid.latitude[[0, -1]].tolist() == [23.5, 40.5]


def test_a_box_across_the_date_line_ascends_beyond_180():
    grid = grid_of(Region(west=170, east=-170, south=-10, north=10), 5.0)
    assert grid.longitude.tolist() == [172.5, 177.5, 182.5, 187.5]
    assert grid == grid_of(Region(west=170, east=190, south=-10, north=10), 5.0)


def test_the_globe_is_the_same_in_either_longitude_convention():
    assert grid_of(Region(west=0, east=360), 1 / 24) == grid_of(GLOBE, 1 / 24)
    assert (grid_of(GLOBE, 1 / 24).rows, grid_of(GLOBE, 1 / 24).columns) == (4320, 8640)


def test_no_cell_reaches_beyond_a_pole():
    assert grid_of(Region(west=0, east=70), 7.0).axes[0].edges[-1] <= 90


@pytest.mark.parametrize(
    ("region", "size", "told"),
    [
        (Region(west=10.1, east=10.2, south=0, north=5), 1.0, "holds no centre of a cell"),
        (Region(west=-180, east=360), 1.0, "wider than the globe"),
        (GLOBE, 7.0, "do not fill the globe"),
    ],
)
def test_a_box_that_holds_no_grid_is_refused(region, size, told):
    with pytest.raises(InputError, match=told):
        grid_of(region, size)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("west", [-180.0, 0.0])
@pytest.mark.parametrize(
    "region",
    [Region(west=117, east=131, south=23, north=41), Region(west=165, east=-165, south=-30, north=30), GLOBE],
)
def test_cropping_does_not_change_the_result(region, west, method):
    grid = grid_of(region, 2.5)
    source = field(4.0, months("2010-01", "2010-01"), west)
    whole, cut = (to_grid(f, grid, method).values for f in (source, crop(source, grid)))
    np.testing.assert_allclose(cut, whole, rtol=1e-12)
    assert not np.isnan(whole).any()


def test_cropping_keeps_one_cell_of_margin():
    cut = crop(field(1.0), grid_of(Region(west=178, east=-178, south=-2, north=2), 0.5))
    assert cut.longitude.values.tolist() == [177.5, 178.5, 179.5, 180.5, 181.5, 182.5]
    assert cut.latitude.values.tolist() == [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]


def test_a_field_outside_the_region_is_refused():
    pacific = field(5.0).isel(longitude=slice(0, 10))
    with pytest.raises(InputError, match=r"sst\.nc.*no cell of the region"):
        crop(pacific, grid_of(Region(west=100, east=120, south=0, north=20), 1.0))


# --- space --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1.0, 2.0, 4.5, 20.0])
def test_a_mean_conserves_the_integral_to_finer_and_to_coarser_cells(size):
    source = field(5.0, months("2010-01", "2010-01")).isel(time=0)
    there = to_grid(source, grid_of(GLOBE, size), "mean")
    back = to_grid(there, grid_of(GLOBE, 5.0), "mean")
    assert integral(there, size) == pytest.approx(integral(source, 5.0), rel=1e-13)
    assert integral(back, 5.0) == pytest.approx(integral(source, 5.0), rel=1e-13)


@pytest.mark.parametrize("method", ["mean", "nearest"])
def test_a_finer_grid_repeats_the_value_of_the_cell(method):
    source = field(5.0, months("2010-01", "2010-01")).isel(time=0)
    fine = to_grid(source, grid_of(GLOBE, 1.0), method)
    np.testing.assert_allclose(fine, np.kron(source, np.ones((5, 5))), rtol=1e-14)


def test_coarse_to_fine_to_coarse_is_the_identity():
    source = field(5.0, months("2010-01", "2010-01")).isel(time=0)
    back = to_grid(to_grid(source, grid_of(GLOBE, 1.0)), grid_of(GLOBE, 5.0))
    np.testing.assert_allclose(back, source, rtol=1e-13)


@pytest.mark.parametrize("method", METHODS)
def test_longitude_conventions_are_equivalent(method):
    region = grid_of(Region(west=-20, east=30, south=-40, north=40), 3.0)
    source = field(4.0)
    around = source.roll(longitude=45, roll_coords=True)
    around = around.assign_coords(longitude=around.longitude % 360)
    assert around.longitude.values[0] == 2.0
    one, other = (to_grid(crop(f, region), region, method).values for f in (source, around))
    np.testing.assert_allclose(one, other, rtol=1e-14)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_grid_is_passed_through_bit_for_bit_with_its_chunks(method, dtype):
    source = field(10.0, dtype=dtype)
    found = prepare({source.name: source}, grid_of(GLOBE, 10.0), months(), space_method=method)[source.name]
    assert found.dtype == dtype
    assert found.chunks == source.chunks
    assert np.array_equal(found.values, source.values)


def test_a_part_of_the_same_grid_is_passed_through_bit_for_bit():
    source = field(10.0, dtype=np.float32)
    grid = grid_of(Region(west=150, east=-150, south=-30, north=30), 10.0)
    found = prepare({source.name: source}, grid, months())[source.name]
    expected = source.values[:, 6:12, [33, 34, 35, 0, 1, 2]]
    assert np.array_equal(found.values, expected)


def test_centres_kept_in_single_precision_are_the_same_grid():
    source = field(0.25, months("2010-01", "2010-01"))
    rounded = source.assign_coords(
        latitude=source.latitude.astype("f4"), longitude=(source.longitude + 1e-5).astype("f4")
    )
    assert np.array_equal(to_grid(rounded, grid_of(GLOBE, 0.25)).values, source.values)
    halves = [to_grid(f, grid_of(GLOBE, 1.0)).values for f in (source, rounded)]
    np.testing.assert_allclose(halves[1], halves[0], rtol=1e-4)


def checkerboard(missing):
    """4 cells of 5 degrees in one of 10: value 1 to 4 from the south-west, some missing."""
    values = np.tile(np.array([[1.0, 2.0], [3.0, 4.0]]), (18, 36))
    values[np.isin(values, missing)] = np.nan
    return field(5.0, months("2010-01", "2010-01"), values=values).isel(time=0)


@pytest.mark.parametrize(
    ("missing", "minimum", "valid"),
    [((1,), 0.5, True), ((1, 2, 3), 0.5, False), ((1, 2, 3), 0.1, True), ((1, 3), 0.5, True),
     ((1,), 1.0, False), ((), 1.0, True), ((1, 2, 3, 4), 0.0, False), ((1, 2, 3), 0.0, True)],
)  # fmt: skip
def test_a_mean_needs_its_minimum_of_valid_area(missing, minimum, valid):
    found = to_grid(checkerboard(missing), grid_of(GLOBE, 10.0), "mean", minimum)
    assert found.notnull().all() == valid
    assert found.isnull().all() != valid


def test_a_mean_is_that_of_the_valid_part():
    found = to_grid(checkerboard((2, 4)), grid_of(GLOBE, 10.0), "mean", 0.5)
    assert float(found.min()) > 1
    assert float(found.max()) < 3
    equator = found.sel(latitude=-5, longitude=5)  # the southern cell is the smaller one by its cosine
    south, north = (cell_area_ellipsoid(-10 + 5 * k, -5 + 5 * k, 5) for k in (0, 1))
    assert float(equator) == pytest.approx((1 * south + 3 * north) / (south + north), rel=1e-13)


def test_linear_weights_are_shared_among_the_valid_neighbours():
    found = to_grid(checkerboard((1, 2)), grid_of(GLOBE, 10.0), "linear", 0.5)
    np.testing.assert_allclose(found, 3.5, rtol=1e-14)
    assert to_grid(checkerboard((1, 2)), grid_of(GLOBE, 10.0), "linear", 0.6).isnull().all()


def test_a_centre_on_an_edge_takes_the_southern_and_western_cell():
    assert (to_grid(checkerboard(()), grid_of(GLOBE, 10.0), "nearest") == 1).all()


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_made_outside_the_field(method):
    part = field(5.0).sel(latitude=slice(-20, 20), longitude=slice(100, 140))
    found = to_grid(part, grid_of(GLOBE, 1.0), method)
    known = found.notnull().isel(time=0)
    assert known.any("latitude").sum() == 40
    assert known.any("longitude").sum() == 40


def test_a_mask_is_read_at_the_cells_of_a_product():
    land = field(10.0, values=(np.arange(36) % 2)).isel(time=0, drop=True)
    found = nearest_on(land, [12.5], np.array([-172.5, -162.5, 172.5]))
    assert found.values.tolist() == [[0.0, 1.0, 1.0]]


# --- time ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_the_sample_of_a_month_is_its_value_exactly(method):
    source = field(30.0)
    for k, month in enumerate(months()):
        assert np.array_equal(to_period(source, month, method), source.isel(time=k))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("year", ["1999", "2000", "2023", "2024"])
def test_a_climatology_serves_every_year_by_month(method, year):
    source = field(30.0, months("2000-01", "2000-12")).assign_attrs(climatology=1)
    span = months(f"{year}-01", f"{year}-12")
    assert check_coverage("sea_surface_salinity", source, span, method) == []
    for k, month in enumerate(span):
        assert np.array_equal(to_period(source, month, method), source.isel(time=k))


def test_a_climatology_is_cyclic_when_interpolated():
    source = field(30.0, months("2000-01", "2000-12"), values=np.arange(12.0)[:, None, None])
    new_year = months("2011-01-01", "2011-01-01", "daily")[0]
    found = to_period(source.assign_attrs(climatology=1), new_year, "linear")
    middles = np.array(["2010-12-16T12", "2011-01-16T12"], dtype="M8[h]")
    part = (np.datetime64("2011-01-01T12", "h") - middles[0]) / (middles[1] - middles[0])
    np.testing.assert_allclose(found, 11 * (1 - part), rtol=1e-14)


def test_a_mean_weights_samples_by_their_share_of_the_period():
    source = field(30.0, months("2010-01", "2010-12", "8-day"), values=np.arange(46.0)[:, None, None])
    january = to_period(source, months()[0], "mean")
    np.testing.assert_allclose(january, (8 * (0 + 1 + 2) + 7 * 3) / 31, rtol=1e-14)


def test_a_mean_skips_missing_samples_and_a_gap_is_missing():
    daily = field(30.0, months("2010-01", "2010-01", "daily"), values=np.arange(31.0)[:, None, None])
    gappy = daily.where(daily.time.dt.day != 31).where(daily.latitude > -60)
    found = to_period(gappy, months()[0], "mean")
    np.testing.assert_allclose(found.isel(latitude=slice(1, None)), np.mean(np.arange(30.0)), rtol=1e-14)
    assert found.isel(latitude=0).isnull().all()
    assert to_period(gappy, months()[1], "mean").isnull().all()


def test_linear_interpolation_in_time_is_exact_for_a_trend():
    samples = months()
    hours = np.array([(p.middle - samples[0].middle) / np.timedelta64(1, "h") for p in samples])
    source = field(30.0, samples, values=hours[:, None, None])
    for day in months("2010-02-01", "2010-11-30", "daily")[::17]:
        expected = (day.middle - samples[0].middle) / np.timedelta64(1, "h")
        np.testing.assert_allclose(to_period(source, day, "linear"), expected, rtol=1e-13)


def test_linear_interpolation_in_time_needs_both_neighbours():
    source = field(30.0)
    broken = source.where(source.time != source.time[1])
    day = months("2010-02-01", "2010-02-01", "daily")[0]
    assert to_period(broken, day, "linear").isnull().all()


def test_the_nearest_sample_is_the_one_with_the_nearest_middle():
    source = field(30.0, values=np.arange(12.0)[:, None, None])
    days = months("2010-01-30", "2010-02-02", "daily")
    assert [float(to_period(source, d, "nearest")[0, 0]) for d in days] == [0, 1, 1, 1]


def test_a_field_that_does_not_reach_over_the_job_is_refused():
    with pytest.raises(InputError, match=r"no data for 2011-01; it spans 2010-01-01 to 2010-12-31"):
        check_coverage("xco2", field(30.0), months("2010-12", "2011-02"))
    with pytest.raises(InputError, match="no data for 2009-12-31"):
        check_coverage("xco2", field(30.0), months("2009-12-31", "2010-01-02", "daily"), "linear")


def test_a_gap_inside_the_record_is_told_but_not_refused():
    source = field(30.0).isel(time=[0, 1, 3])
    gap = check_coverage("xco2", source, months("2010-01", "2010-04"))
    assert [(p.label, share) for p, share in gap] == [("2010-03", 0.0)]
    with pytest.raises(InputError, match="no data for 2010-03"):
        check_coverage("xco2", source, months("2010-03", "2010-03"))


def days_of(*spans):
    """Daily fields of some spans of days."""
    return field(30.0, [day for span in spans for day in months(*span, "daily")])


@pytest.mark.parametrize(
    ("frequency", "start", "end", "days", "told"),
    [
        ("monthly", "2010-02", "2010-02", ("2010-02-01", "2010-02-02"), "only 2 of the 28 days of 2010-02"),
        ("monthly", "2010-02", "2010-03", ("2010-02-25", "2010-03-31"), "only 4 of the 28 days of 2010-02"),
        ("8-day", "2010-01-01", "2010-01-16", ("2010-01-01", "2010-01-10"), "only 2 of the 8 days of 2010-01-09"),
    ],
)
def test_a_record_that_covers_less_than_half_of_its_first_or_last_period_is_refused(frequency, start, end, days, told):
    with pytest.raises(
        InputError, match=f"sea_surface_temperature has data for {told}; it spans {days[0]} to {days[1]}"
    ):
        check_coverage("sea_surface_temperature", days_of(days), months(start, end, frequency))


def test_periods_covered_in_part_are_told_with_the_share_covered():
    february = months("2010-02", "2010-02")
    half = check_coverage("pco2_sea", days_of(("2010-02-01", "2010-02-14")), february)
    assert [(p.label, share) for p, share in half] == [("2010-02", 0.5)]
    gap = check_coverage("pco2_sea", days_of(("2010-02-01", "2010-02-02"), ("2010-02-24", "2010-03-31")), february)
    assert [share for _, share in gap] == [7 / 28]
    assert check_coverage("pco2_sea", days_of(("2010-01-31", "2010-03-01")), february) == []


@pytest.mark.slow
def test_days_of_a_monthly_field_and_bounds_a_second_short_are_covered_whole():
    days = months("2010-01-01", "2010-12-31", "daily")
    assert check_coverage("xco2", field(30.0), days) == []
    short = field(30.0, days)
    short = short.assign_coords(time_end=short.time_end - np.timedelta64(1, "s"))
    assert check_coverage("xco2", short, days) == check_coverage("xco2", short, months()) == []


# --- winds --------------------------------------------------------------------------------------------------


def winds(low=4.0, high=10.0, frequency="daily", end="2010-04", size=30.0):
    samples = months("2010-04", end, frequency)
    values = np.where(np.arange(len(samples)) % 2, high, low)[:, None, None]
    return field(size, samples, values=values, name="wind_speed")


def test_the_compensation_of_two_winds_is_known():
    mean, square, cube = wind_moments(winds(), months("2010-04", "2010-04")[0])
    np.testing.assert_allclose(mean, 7.0, rtol=1e-14)
    np.testing.assert_allclose(square / mean**2, (16 + 100) / 2 / 49, rtol=1e-14)
    np.testing.assert_allclose(cube / mean**3, (64 + 1000) / 2 / 343, rtol=1e-14)


def test_a_mean_wind_has_no_moments():
    april = months("2010-04", "2010-04")
    assert wind_moments(winds(frequency="monthly"), april[0]) is None
    prepared = prepare({"wind_speed": winds(frequency="monthly")}, grid_of(GLOBE, 30.0), april)
    assert list(prepared.data_vars) == ["wind_speed", "time_bounds"]


def test_the_usual_sample_decides_whether_winds_resolve_a_period_not_the_longest():
    daily = winds(end="2010-06").isel(time=slice(0, 45))
    gap = np.where(daily.time == daily.time[44], np.datetime64("2010-06-30", "ns"), daily.time_end)
    assert resolves(daily.assign_coords(time_end=("time", gap)), months("2010-04", "2010-06"))
    assert not resolves(winds(end="2010-06", frequency="monthly"), months("2010-04", "2010-06"))


def test_moments_are_taken_before_winds_are_averaged_in_space():
    samples = months("2010-04", "2010-04", "daily")
    striped = np.where(np.arange(24) % 2, 2.0, 12.0)  # neighbours differ, no cell varies in time
    source = field(15.0, samples, values=striped, name="wind_speed")
    prepared = prepare({"wind_speed": source}, grid_of(GLOBE, 30.0), months("2010-04", "2010-04"))
    np.testing.assert_allclose(prepared.wind_speed, 7.0, rtol=1e-13)
    np.testing.assert_allclose(prepared.wind_speed_mean_square, (4 + 144) / 2, rtol=1e-13)
    np.testing.assert_allclose(prepared.wind_speed_mean_cube, (8 + 1728) / 2, rtol=1e-13)


def test_supplied_moments_take_precedence():
    source = winds()
    given = {"wind_speed": source, "wind_speed_mean_square": (source**2 + 1).rename("wind_speed_mean_square")}
    prepared = prepare(given, grid_of(GLOBE, 30.0), months("2010-04", "2010-04"))
    assert "wind_speed_mean_cube" not in prepared
    np.testing.assert_allclose(prepared.wind_speed_mean_square, 59.0, rtol=1e-13)


def test_impossible_moments_are_refused_and_few_of_them_told():
    wind = xr.DataArray(np.full(1000, 7.0), dims="cell")
    with pytest.raises(InputError, match=r"wind_speed_mean_square: in 1000 of 1000 cells.*9 against at least 49"):
        check_moments(wind, xr.full_like(wind, 9.0))
    with pytest.raises(InputError, match="wind_speed_mean_cube"):
        check_moments(wind, wind**2, wind**2)
    check_moments(wind, wind**2, wind**3)
    check_moments(wind)
    check_moments(wind, None, wind**3)
    with pytest.raises(InputError, match=r"wind_speed_mean_cube: .* less than the cube of their mean.*at least 343"):
        check_moments(wind, None, xr.full_like(wind, 5.0))
    with pytest.warns(ShanhaiWarning, match="in 1 of 1000 cells"):
        check_moments(wind, (wind**2).where(wind.cell != 3, 9.0))


@pytest.mark.parametrize(("moment", "power"), [("square", 2), ("cube", 3)])
def test_a_single_supplied_moment_is_checked_where_it_can_be_compared(moment, power):
    name, april = f"wind_speed_mean_{moment}", months("2010-04", "2010-04")
    wind = winds(frequency="monthly")
    given = {"wind_speed": wind, name: (wind * 0 + 5.0).rename(name)}
    with pytest.raises(InputError, match=name):
        prepare(given, grid_of(GLOBE, 30.0), april)
    prepared = prepare(given | {name: (1.1 * wind**power).rename(name)}, grid_of(GLOBE, 30.0), april)
    np.testing.assert_allclose(prepared[name], 1.1 * 4.0**power)
    finer = winds(frequency="monthly", size=10.0) * 0 + 5.0
    assert name in prepare(given | {name: finer.rename(name)}, grid_of(GLOBE, 30.0), april)


# --- all of it ----------------------------------------------------------------------------------------------


def test_a_prepared_dataset_has_every_variable_on_grid_and_periods():
    days = months("2010-03-30", "2010-04-02", "daily")
    pressure = xr.DataArray(101325.0, attrs={"units": "Pa"}, name="air_pressure")
    station = field(30.0, days, name="xco2").isel(latitude=0, longitude=0, drop=True)
    fields = {
        "sea_surface_temperature": field(5.0, days),
        "sea_surface_salinity": field(30.0, months("2000-01", "2000-12")).assign_attrs(climatology=1),
        "chlorophyll": field(20.0).isel(time=0, drop=True),
        "xco2": station,
        "air_pressure": pressure,
    }
    grid = grid_of(Region(west=120, east=140, south=0, north=20), 2.5)
    prepared = prepare(fields, grid, days)
    for name in fields:
        assert prepared[name].dims == ("time", "latitude", "longitude")
        assert prepared[name].shape == (4, 8, 8)
        assert prepared[name].chunks == prepared["xco2"].chunks
    assert np.array_equal(prepared.time_bounds, [(p.start, p.end) for p in days])
    assert prepared.sea_surface_temperature.attrs["shanhai_source"] == "sst.nc"
    assert prepared.air_pressure.attrs["standard_name"] == "air_pressure_at_mean_sea_level"
    assert (prepared.air_pressure == 101325.0).all()
    assert np.array_equal(prepared.xco2[:, 3, 4], station)
    salinity = prepared.sea_surface_salinity
    assert np.array_equal(salinity[0], salinity[1])
    assert not np.array_equal(salinity[1], salinity[2])


def test_preparing_reads_nothing():
    read = []

    def block(values, block_info=None):
        if block_info:
            read.append(block_info)
        return values

    source = field(5.0, months("2010-04", "2010-04", "daily"), name="wind_speed")
    source = source.copy(data=source.data.map_blocks(block, dtype=float, meta=np.empty((0, 0, 0))))
    prepared = prepare({"wind_speed": source}, grid_of(GLOBE, 1.0), months("2010-04", "2010-04"))
    assert not read
    assert prepared.wind_speed.isel(latitude=0, longitude=0).compute().notnull().all()
    assert read


@pytest.mark.skipif(not DATA.exists(), reason="needs the shared data")
def test_the_moments_of_real_winds_are_possible():
    raw = xr.open_dataset(DATA / "satellite_forcing_1deg_monthly_2010.nc", decode_times=False)
    wind, square = (
        raw[n].where(raw.wind_speed_cor_count > 0) for n in ("wind_speed_cor_mean", "wind_speed_cor_moment_2")
    )
    source = field(1.0, values=wind.values, name="wind_speed")
    squares = field(1.0, values=square.values, name="wind_speed_mean_square")
    given = {"wind_speed": source, "wind_speed_mean_square": squares}
    prepared = prepare(given, grid_of(GLOBE, 2.0), months("2010-06", "2010-06"), minimum_valid_fraction=0.0)
    ratio = (prepared.wind_speed_mean_square / prepared.wind_speed**2).values
    assert np.nanmin(ratio) > 1
    assert 1.3 < np.nanmedian(ratio) < 1.5
