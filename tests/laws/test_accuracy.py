"""Laws of the accuracy assessment, HY/T 0343.5 clause 4.5: gridding, windows, statistics, thresholds."""

import dask.array
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from shanhai.airsea.co2_flux import FluxOptions, co2_flux
from shanhai.core.errors import InputError
from shanhai.io.sources import TableSource
from shanhai.monitoring.accuracy import Statistics, assess, coefficient_of_variation, correlation, judge, rmse
from shanhai.monitoring.assessment import assess_accuracy
from shanhai.monitoring.config import AccuracySection, FluxSection
from shanhai.monitoring.insitu import (
    cell_index,
    grid_observations,
    period_index,
    rejection_note,
    with_flux,
)
from shanhai.monitoring.match_up import align_time, calendar_months, match_ups
from shanhai.monitoring.results import Sentence

ROWS, COLUMNS = np.arange(-89.5, 90), np.arange(-179.5, 180)
MONTHS_2010 = np.stack([np.arange("2010-01", "2011-01", dtype="M8[M]")] * 2, 1).astype("M8[ns]")
MONTHS_2010[:, 1] = np.arange("2010-02", "2011-02", dtype="M8[M]").astype("M8[ns]")
VALUES = st.floats(-1e3, 1e3, allow_subnormal=False)


def table(values, latitude=0.5, longitude=0.5, time="2010-03-15") -> pd.DataFrame:
    where = {"latitude": latitude, "longitude": longitude, "time": pd.Timestamp(time)}
    return pd.DataFrame({"pco2_sea": np.asarray(values, float)}).assign(**where)


def gridded(data: pd.DataFrame, reject: str = "three_sigma") -> pd.DataFrame:
    return grid_observations(data, "pco2_sea", ROWS, COLUMNS, MONTHS_2010, reject)


def pairs_of(x, y) -> pd.DataFrame:
    return pd.DataFrame({"in_situ": np.asarray(x, float), "product": np.asarray(y, float)})


def product(values, lat0=-1.5, lon0=0.5) -> xr.DataArray:
    """A regional product of one period, one-degree cells."""
    v = np.asarray(values, float)
    coords = {"latitude": lat0 + np.arange(v.shape[0]), "longitude": lon0 + np.arange(v.shape[1])}
    return xr.DataArray(v[None], {"time": MONTHS_2010[2:3, 0], **coords}, ("time", "latitude", "longitude"))


def cell(row: int, column: int) -> pd.DataFrame:
    return pd.DataFrame({"period": [0], "row": [row], "column": [column], "value": [35.0], "n": [1]})


# statistics


@given(hnp.arrays(float, st.integers(3, 30), elements=VALUES), st.floats(0.01, 100), VALUES, st.integers(0, 99))
def test_correlation_does_not_see_affine_maps(x, slope, offset, seed):
    y = x + np.random.default_rng(seed).normal(scale=10, size=x.size)
    if np.ptp(x) < 1e-3:
        return
    r = correlation(x, y)
    assert abs(r) <= 1
    assert correlation(slope * x + offset, y) == pytest.approx(r, abs=1e-6)
    assert correlation(x, -slope * y + offset) == pytest.approx(-r, abs=1e-6)
    assert r == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-6)


@given(hnp.arrays(float, (2, 17), elements=VALUES))
def test_square_of_rmse_is_bias_squared_plus_variance_of_the_difference(xy):
    difference = xy[1] - xy[0]
    assert rmse(*xy) ** 2 == pytest.approx(difference.mean() ** 2 + difference.var(), abs=1e-6, rel=1e-9)


def test_correlation_of_a_constant_does_not_exist_even_with_rounding_residue():
    assert np.isnan(correlation([0.1 + 0.2, 0.3, 0.3], [1.0, 2.0, 3.0]))
    assert np.isnan(correlation([], []))


@given(hnp.arrays(float, st.integers(1, 25), elements=VALUES), st.floats(0.01, 100))
def test_variation_does_not_see_scale_or_sign(x, scale):
    cv = coefficient_of_variation(x)
    np.testing.assert_allclose(coefficient_of_variation(-scale * x), cv, rtol=1e-6, atol=1e-9)
    signed = coefficient_of_variation(x, signed=True)
    np.testing.assert_allclose(np.abs(signed), cv)


def test_variation_does_not_exist_where_the_mean_vanishes():
    windows = np.array([[-1.0, 1.0, np.nan], [0, 0, 0], [np.nan] * 3, [2.0, 2.0, np.nan]])
    np.testing.assert_array_equal(coefficient_of_variation(windows), [np.nan, np.nan, np.nan, 0.0])


# place


@given(st.floats(-90, 90), st.floats(-180, 360))
def test_every_place_has_exactly_one_cell_which_contains_it(latitude, longitude):
    row, column = cell_index([latitude], [longitude], ROWS, COLUMNS)
    turned = (longitude + 180) % 360 - 180
    assert abs(ROWS[row[0]] - latitude) <= 0.5
    assert abs((COLUMNS[column[0]] - turned + 180) % 360 - 180) <= 0.5 + 1e-9


def test_a_cell_owns_its_southern_and_western_edge():
    row, column = cell_index([10.0, 10.0, 90.0], [20.0, -180.0, 180.0], ROWS, COLUMNS)
    assert row.tolist() == [100, 100, 179]
    assert column.tolist() == [200, 0, 0]


def test_a_region_across_the_date_line_takes_longitudes_of_both_signs():
    row, column = cell_index([0.5] * 4, [179.2, -179.2, 175.0, -174.9], ROWS, np.arange(175.5, 185))
    assert column.tolist() == [4, 5, 0, -1]
    assert row[3] == -1


def test_the_end_of_a_period_belongs_to_the_next():
    times = np.array(["2010-01-31T23:59:59", "2010-02-01", "2011-01-01", "2009-12-31"], "M8[ns]")
    assert period_index(times, MONTHS_2010).tolist() == [0, 1, -1, -1]


# gridding


@settings(max_examples=200)
@given(hnp.arrays(float, st.integers(1, 10), elements=st.floats(-1e6, 1e6)))
def test_three_sigma_rejects_nothing_of_ten_data_or_fewer(x):
    got = gridded(table(x))
    assert got["rejected"].tolist() == [0]
    assert got["value"][0] == pytest.approx(x.mean(), abs=1e-6)
    assert rejection_note(got, "three_sigma") is not None


@pytest.mark.parametrize(("n", "rejected"), [(9, 0), (10, 1)])
def test_three_sigma_can_reject_one_outlier_from_eleven_data_on(n, rejected):
    got = gridded(table([40.0] * n + [90.0]))
    assert got["rejected"][0] == rejected
    assert (rejection_note(got, "three_sigma") is None) == bool(rejected)


def test_three_sigma_is_applied_once_with_one_over_n():
    x = np.concatenate([np.linspace(38, 42, 30), [50.0, 500.0]])
    kept = x[np.abs(x - x.mean()) <= 3 * x.std()]
    assert len(kept) == 31  # 50 hides behind 500; a second round would take it as well
    got = gridded(table(x))
    assert got["value"][0] == pytest.approx(kept.mean())
    assert got["spread"][0] == pytest.approx(kept.std())
    assert (got["n"][0], got["rejected"][0]) == (32, 1)


def test_robust_rejects_where_three_sigma_cannot_and_nothing_of_equal_data():
    assert gridded(table([39, 40, 41, 90]), "robust")["rejected"][0] == 1
    assert gridded(table([40, 40, 40, 90]), "robust")["rejected"][0] == 0
    assert gridded(table([40, 90]), "robust")["value"][0] == 65
    assert gridded(table([39, 40, 41, 90]), "none")["value"][0] == 52.5


def test_robust_rejects_beyond_three_times_1_4826_median_absolute_deviations():
    around = [39.0] * 5 + [40.0] + [41.0] * 4  # with one datum above 41: median 40, deviation 1
    assert [gridded(table([*around, 40 + d]), "robust")["rejected"][0] for d in (4.0, 4.4, 4.5, 4.6)] == [0, 0, 1, 1]


def test_unknown_rejection_is_refused():
    with pytest.raises(InputError, match="four_sigma"):
        gridded(table([1.0]), "four_sigma")


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_every_datum_counts_in_one_cell_whatever_the_order(seed):
    rng = np.random.default_rng(seed)
    n = 300
    data = table(rng.normal(40, 5, n), rng.integers(-3, 3, n) / 2, rng.integers(-2, 2, n) / 1.0)
    data["time"] = pd.Timestamp("2010-01-01") + pd.to_timedelta(rng.integers(0, 90, n), unit="D")
    got = gridded(data)
    assert got["n"].sum() == n
    assert not got.duplicated(["period", "row", "column"]).any()
    pd.testing.assert_frame_equal(got, gridded(data.sample(frac=1, random_state=seed % 1000)), rtol=1e-12)


# windows


def test_more_than_half_of_the_window_must_be_valid():
    for window, least in ((3, 5), (5, 13)):
        values = np.full(window * window, np.nan)
        values[-least:] = 30.0
        field = product(values.reshape(window, window))
        middle = cell(window // 2, window // 2)
        assert len(match_ups(middle, field, window)) == 1
        values[-least] = np.nan
        fewer = match_ups(middle, product(values.reshape(window, window)), window)
        assert (len(fewer), fewer.attrs["too_few_valid"]) == (0, 1)


def test_cells_beyond_the_edge_count_as_missing():
    field = product(np.full((4, 4), 30.0))
    assert len(match_ups(cell(0, 1), field)) == 1  # 6 of 9
    assert len(match_ups(cell(0, 0), field)) == 0  # 4 of 9
    assert len(match_ups(cell(1, 1), field, 5)) == 1  # 16 of 25
    assert len(match_ups(cell(0, 1), field, 5)) == 0  # 12 of 25


def test_a_global_grid_closes_in_longitude():
    field = xr.DataArray(
        np.broadcast_to(np.arange(360.0), (1, 3, 360)),
        {"time": MONTHS_2010[:1, 0], "latitude": [-1.0, 0, 1], "longitude": COLUMNS},
        ("time", "latitude", "longitude"),
    )
    near = field.where((field < 1) | (field > 358)) % 359 + 30.0  # 30 on both sides of the seam, else missing
    got = match_ups(cell(1, 0), near)
    assert got["valid_share"][0] == pytest.approx(6 / 9)
    assert got["product"][0] == 30.0


def test_a_varied_window_is_not_representative_and_the_mean_of_a_good_one_is_paired():
    values = np.full((3, 3), 30.0)
    values[0, 0] = 36.0
    assert match_ups(cell(1, 1), product(values))["product"][0] == pytest.approx(values.mean())
    values[0] = 90.0
    varied = match_ups(cell(1, 1), product(values))
    assert (len(varied), varied.attrs["not_uniform"]) == (0, 1)


def test_a_sink_passes_any_variation_only_with_the_signed_mean_of_the_print():
    sink = product(-np.array([[1.0, 9, 1], [9, 1, 9], [1, 9, 1]]))
    assert len(match_ups(cell(1, 1), sink)) == 0
    assert len(match_ups(cell(1, 1), sink, signed_variation=True)) == 1


def test_a_window_of_zeros_is_not_representative():
    assert match_ups(cell(1, 1), product(np.zeros((3, 3)))).attrs["not_uniform"] == 1


def test_a_lazy_product_is_read_only_where_cells_are():
    seen = []

    def block(block_info=None):
        seen.append(block_info[None]["chunk-location"])
        return np.full(block_info[None]["chunk-shape"], 30.0)

    lazy = dask.array.map_blocks(block, chunks=((1,) * 12, (60,) * 3, (60,) * 6), dtype=float, meta=np.empty((0,) * 3))
    coords = {"time": MONTHS_2010[:, 0], "latitude": ROWS, "longitude": COLUMNS}
    field = xr.DataArray(lazy, coords, ("time", "latitude", "longitude"))
    assert match_ups(gridded(table([35.0])), field)["product"][0] == 30.0
    assert set(seen) == {(2, 1, 3), (2, 1, 2)}  # the window around 0.5 E reaches west of Greenwich


def test_no_cells_give_no_match_ups_and_no_verdict():
    nothing = match_ups(gridded(table([])), product(np.full((3, 3), 30.0)))
    assert len(nothing) == 0
    assert assess(nothing, "pco2_sea").passed is None


# time


def dataset(bounds: np.ndarray) -> xr.Dataset:
    months = bounds[:, 0].astype("M8[M]").astype(int) % 12 + 1
    years = bounds[:, 0].astype("M8[Y]").astype(int) + 1970
    values = (30.0 + months + 0.1 * (years - 2010))[:, None, None] * np.ones((1, 3, 3))
    coords = {"time": bounds[:, 0], "latitude": [-1.0, 0, 1], "longitude": [-1.0, 0, 1]}
    return xr.Dataset(
        {
            "pco2_sea": (("time", "latitude", "longitude"), values),
            "time_bounds": (("time", "bounds"), bounds),
        },
        coords,
    )


def test_data_of_another_time_are_refused_naming_both_spans():
    with pytest.raises(InputError, match=r"2013-10-09 to 2013-10-09.*2010-01-01 to 2010-12-31.*climatology"):
        align_time(table([35.0], time="2013-10-09"), dataset(MONTHS_2010), "time")


def test_data_partly_outside_are_left_out_and_noted():
    both = pd.concat([table([35.0]), table([36.0], time="2013-10-09")])
    aligned = align_time(both, dataset(MONTHS_2010), "time")
    assert aligned.table["pco2_sea"].tolist() == [35.0]
    assert "1 of 2" in aligned.notes[0].en
    assert not aligned.reservations


def test_climatology_matches_the_mean_of_the_month_over_the_years_and_names_both_spans():
    years = np.concatenate([MONTHS_2010, (MONTHS_2010.astype("M8[M]") + 24).astype("M8[ns]")])
    data = pd.concat([table([35.0], 0.0, 0.0, t) for t in ("2016-02-29", "2013-03-01", "1999-12-31T23:59")])
    aligned = align_time(data, dataset(years), "climatology")
    cells = grid_observations(aligned.table, "pco2_sea", [-1, 0, 1], [-1, 0, 1], aligned.dataset["time_bounds"].values)
    got = match_ups(cells, aligned.dataset["pco2_sea"])
    np.testing.assert_allclose(got["product"], [32.1, 33.1, 42.1])  # 2010 and 2012
    assert "1999-12-31 to 2016-02-29" in aligned.reservations[0].en
    assert "2010-01-01至2012-12-31" in aligned.reservations[0].zh


def test_calendar_months_keep_lazy_fields_lazy():
    lazy = calendar_months(dataset(MONTHS_2010).chunk(time=1))
    assert lazy["pco2_sea"].chunks is not None


def test_a_month_the_product_lacks_is_refused_in_a_climatology_too():
    with pytest.raises(InputError, match="calendar month"):
        align_time(table([35.0], time="2013-10-09"), dataset(MONTHS_2010[:3]), "climatology")


# flux of the in-situ data


def drivers(**columns) -> pd.DataFrame:
    values = {
        "xco2": 390.0,
        "sea_surface_temperature": 20.0,
        "sea_surface_salinity": 35.0,
        "air_pressure": 101000.0,
        "wind_speed": 7.0,
    }
    return table([36.0, 42.0], 0.0, 0.0).assign(**(values | columns))


def kernel(pco2, wind=7.0, square=None, xco2=390e-6):
    out = co2_flux(
        pco2_sea=pco2, xco2=xco2, temperature=20.0, salinity=35.0, wind=wind, mean_square_wind=square,
        air_pressure=101000.0,
    )  # fmt: skip
    return np.asarray(out.flux) * 86400e3


def test_in_situ_flux_is_that_of_the_kernel():
    flux = with_flux(drivers(), FluxOptions())["co2_flux"]
    np.testing.assert_allclose(flux, kernel(np.array([36.0, 42.0])), rtol=1e-12)
    flux = with_flux(drivers(wind_speed_mean_square=[60.0, np.nan]), FluxOptions())["co2_flux"]
    np.testing.assert_allclose(flux, kernel(np.array([36.0, 42.0]), square=np.array([60.0, 49.0])), rtol=1e-12)


def test_drivers_the_table_lacks_come_from_the_product_and_are_counted():
    product = dataset(MONTHS_2010)
    shape = product["pco2_sea"]
    product = product.assign(
        xco2=shape * 0 + 400.0, wind_speed=shape * 0 + 8.0, wind_speed_mean_square=shape * 0 + 80.0
    )
    data = drivers(xco2=[390.0, np.nan], wind_speed=[7.0, np.nan])
    got = with_flux(data, FluxOptions(), product.chunk(time=4))
    expected = kernel(np.array([36.0, 42.0]), np.array([7.0, 8.0]), np.array([49.0, 80.0]), np.array([390e-6, 400e-6]))
    np.testing.assert_allclose(got["co2_flux"], expected, rtol=1e-12)
    assert got.attrs["taken_from_product"] == {"xco2": 1, "wind_speed": 1}


def test_sea_ice_closes_the_surface_of_both_fluxes_if_the_product_counts_it(tmp_path):
    product = dataset(MONTHS_2010)
    icy = product.assign(sea_ice_fraction=product["pco2_sea"] * 0 + 0.9)
    open_water = kernel(np.array([36.0, 42.0]))
    got = with_flux(drivers(), FluxOptions(), icy.chunk(time=4))
    np.testing.assert_allclose(got["co2_flux"], 0.1 * open_water, rtol=1e-12)
    assert got.attrs["taken_from_product"] == {"sea_ice_fraction": 2}
    own = with_flux(drivers(sea_ice_fraction=[0.5, np.nan]), FluxOptions(), icy)["co2_flux"]
    np.testing.assert_allclose(own, [0.5, 0.1] * open_water, rtol=1e-12)
    np.testing.assert_allclose(with_flux(drivers(), FluxOptions(), product)["co2_flux"], open_water, rtol=1e-12)


@pytest.mark.parametrize("sea_ice", [True, False])
def test_the_setting_of_the_product_decides_whether_ice_counts_in_the_in_situ_flux(tmp_path, sea_ice):
    path = tmp_path / "a.csv"
    columns = "xco2,sea_surface_temperature,sea_surface_salinity,air_pressure,wind_speed,pco2_sea"
    path.write_text(f"time,lat,lon,{columns}\n2010-03-09,0,0,390,20,35,101000,7,36\n")
    section = AccuracySection(data=TableSource(file=str(path)), quantities=("co2_flux",))
    flux = float(kernel(36.0)) * (0.1 if sea_ice else 1.0)
    product = dataset(MONTHS_2010)
    product = product.assign(co2_flux=product["pco2_sea"] * 0 + flux, sea_ice_fraction=product["pco2_sea"] * 0 + 0.9)
    pairs = assess_accuracy(product, section, FluxSection(sea_ice=sea_ice)).match_ups["co2_flux"]
    np.testing.assert_allclose(pairs["in_situ"], pairs["product"], rtol=1e-12)
    assert len(pairs) == 1


def test_a_driver_nothing_can_give_is_refused():
    with pytest.raises(InputError, match="needs wind_speed"):
        with_flux(drivers().drop(columns="wind_speed"), FluxOptions(), dataset(MONTHS_2010))


def test_a_flux_of_the_table_is_left_as_it_is():
    given = drivers(co2_flux=1.5)
    assert with_flux(given, FluxOptions())["co2_flux"].tolist() == [1.5, 1.5]


# thresholds


def verdict(quantity="pco2_sea", n=20, r=0.9, error=1.0, cv=0.28, mean=38.0):
    return judge(quantity, Statistics(n, r, error, cv, mean))


def test_appendix_d_is_qualified_by_the_looser_limit_of_varied_data():
    result = verdict(r=0.89, error=2.74, cv=0.33)
    assert (result.passed, result.rmse_limit) == (True, 3.5)
    assert "looser limit" in " ".join(s.en for s in result.reasons)
    assert verdict(r=0.89, error=2.74, cv=0.30).passed is False


@pytest.mark.parametrize(
    ("numbers", "passed"),
    [
        ({"error": 1.999}, True), ({"error": 2.0}, False), ({"r": 0.7}, False), ({"r": 0.701}, True),
        ({"cv": 0.25}, False), ({"cv": 0.251}, True), ({"cv": 0.31, "error": 3.499}, True),
        ({"cv": 0.31, "error": 3.5}, False), ({"cv": np.nan}, False), ({"n": 2}, None), ({"r": np.nan}, None),
        ({"quantity": "co2_flux", "mean": -5.0, "error": 3.99}, True),
        ({"quantity": "co2_flux", "mean": 5.0, "error": 4.0}, False),
        ({"quantity": "co2_flux", "mean": -20.0, "error": 7.99}, True),
        ({"quantity": "co2_flux", "mean": -20.0, "error": 8.0}, False),
    ],
)  # fmt: skip
def test_every_threshold_is_strict(numbers, passed):
    result = verdict(**numbers)
    assert result.passed is passed
    assert all(s.en.endswith(".") and s.zh.endswith("。") for s in result.reasons)


@pytest.mark.parametrize("error", [3.999, 4.001])
def test_both_flux_limits_coincide_at_a_mean_of_ten(error):
    at, beyond = (verdict("co2_flux", error=error, mean=m).passed for m in (10.0, np.nextafter(10.0, 11)))
    assert at == beyond


def test_a_reservation_stands_in_the_verdict_and_in_the_reasons():
    reserved = judge("pco2_sea", Statistics(20, 0.9, 1.0, 0.28, 38.0), reservations=[Sentence("But.", "但。")])
    assert reserved.passed
    assert "reservation" in reserved.reasons[0].en
    assert reserved.reasons[-1].zh == "但。"


def test_assess_reports_the_formulas():
    rng = np.random.default_rng(1)
    x = rng.normal(40, 12, 50)
    y = x + rng.normal(0.5, 1, 50)
    result = assess(pairs_of(x, y), "pco2_sea")
    assert result.passed
    assert result.correlation == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert result.rmse == pytest.approx(np.sqrt(np.mean((x - y) ** 2)))
    assert result.bias == pytest.approx((y - x).mean())
    assert result.variation == pytest.approx(x.std() / x.mean())
    assert assess(pairs_of(-x, -y), "co2_flux").variation == pytest.approx(result.variation)
    assert assess(pairs_of(-x, -y), "co2_flux", signed_variation=True).passed is False


def test_a_quantity_that_table_or_product_lacks_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("time,lat,lon,co2_flux\n2010-03-09,0,0,-3\n")
    section = AccuracySection(data=TableSource(file=str(path)))
    with pytest.raises(InputError, match="no column of pco2_sea"):
        assess_accuracy(dataset(MONTHS_2010), section, FluxSection())
    section = AccuracySection(data=TableSource(file=str(path)), quantities=("co2_flux",))
    with pytest.raises(InputError, match="product has no co2_flux"):
        assess_accuracy(dataset(MONTHS_2010), section, FluxSection())
    with_its_flux = dataset(MONTHS_2010).assign(co2_flux=dataset(MONTHS_2010)["pco2_sea"] * -0.1)
    got = assess_accuracy(with_its_flux, section, FluxSection())
    assert got.match_ups["co2_flux"]["product"].tolist() == pytest.approx([-3.3])
    assert got.results[0].passed is None


def test_only_quantities_with_thresholds_are_judged():
    with pytest.raises(InputError, match="no thresholds"):
        verdict("chlorophyll")
