"""Net flux of sea areas (HY/T 0343.5 clause 4.6): additive, exact for uniform fields, honest about gaps."""

import warnings

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from shanhai.core.errors import InputError, ShanhaiWarning
from shanhai.monitoring import table_d1
from shanhai.monitoring.areas import sea_areas
from shanhai.monitoring.config import NetFluxSection, SeaArea
from shanhai.monitoring.net_flux import (
    area_integral,
    cell_area,
    coverage_notes,
    integrate,
    mean_flux,
    net_flux,
    spans,
)

LAT, LON = np.arange(20.5, 26.0), np.arange(115.5, 123.0)


def periods(start, end, freq="MS"):
    edges = pd.date_range(start, end, freq=freq).values.astype("datetime64[ns]")
    return np.stack([edges[:-1], edges[1:]], axis=1)


def fields(values, bounds, chunks=(1, 3, 4)):
    dims = ("time", "latitude", "longitude")
    coords = {"time": bounds[:, 0], "latitude": LAT, "longitude": LON}
    flux = xr.DataArray(da.from_array(np.asarray(values, dtype=float), chunks=chunks), dims=dims, coords=coords)
    return xr.Dataset(
        {"co2_flux": flux, "time_bounds": (("time", "bounds"), bounds), "cell_area": cell_area(LAT, LON, 1.0)}
    )


def random_flux(bounds, seed=0, missing=0.0):
    rng = np.random.default_rng(seed)
    values = rng.normal(-3, 4, (len(bounds), LAT.size, LON.size))
    return np.where(rng.random(values.shape) < missing, np.nan, values)


def boxes(**named):
    return tuple(SeaArea(name=n, box=b) for n, b in named.items())


def rows(table, total, area="region"):
    return table[(table["total"] == total) & (table["area"] == area)].set_index("label")


def totals(values, bounds, section=None):
    section = section or NetFluxSection(totals=("month", "season", "year", "all"))
    return integrate(fields(values, bounds), sea_areas(section, LAT, LON), section)


def test_a_uniform_flux_gives_flux_times_area_times_days():
    bounds = periods("2010-01-01", "2011-01-01")
    table = totals(np.full((12, LAT.size, LON.size), -2.5), bounds)
    area = float(cell_area(LAT, LON, 1.0).sum())
    year = rows(table, "year").loc["2010"]
    assert year["net_co2_flux"] == pytest.approx(-2.5 * area * 1e6 * 365 * 1.2e-5, rel=1e-13)
    assert year["mean_flux"] == pytest.approx(-2.5, rel=1e-14)
    assert year["sea_area"] == pytest.approx(area, rel=1e-14)


def test_the_standards_own_example_gives_its_printed_net_flux():
    printed = table_d1.columns()["co2_flux"]
    august = periods("2009-08-01", "2009-09-01")
    flux = xr.DataArray(
        printed.reshape(1, 5, 4),
        dims=("time", "latitude", "longitude"),
        coords={"time": august[:, 0], **table_d1.LAYOUT},
    )
    area = xr.full_like(flux[0], table_d1.CELL_AREA)
    data = xr.Dataset({"co2_flux": flux, "cell_area": area, "time_bounds": (("time", "bounds"), august)})
    section = NetFluxSection(totals=("month",))
    areas = sea_areas(section, flux["latitude"].values, flux["longitude"].values)
    (row,) = integrate(data, areas, section).to_dict("records")
    assert f"{row['net_co2_flux']:.2e}" == "-2.93e+08"
    assert round(row["mean_flux"], 2) == -3.94
    assert (row["label"], row["days"], row["coverage"]) == ("2009-08", 31.0, "good")
    by_hand = net_flux(area_integral(printed, np.full(20, 1e4)), 2e5, 2e5, 31.0)
    assert row["net_co2_flux"] == pytest.approx(by_hand, rel=1e-14)


def test_net_flux_is_additive_over_areas_that_partition_the_region():
    bounds = periods("2010-01-01", "2010-04-01")
    parts = boxes(west=(115, 20, 119, 26), south=(119, 20, 123, 22), north=(119, 22, 123, 26))
    section = NetFluxSection(totals=("month", "all"), areas=parts)
    table = totals(random_flux(bounds), bounds, section)
    whole = totals(random_flux(bounds), bounds, NetFluxSection(totals=("month", "all")))
    for total in ("month", "all"):
        summed = table[table["total"] == total].groupby("label")[["net_co2_flux", "sea_area"]].sum()
        for column in summed:
            np.testing.assert_allclose(summed[column], rows(whole, total)[column], rtol=1e-12)


@pytest.mark.parametrize("freq", ["MS", "8D", "1D"])
def test_weighted_by_days_months_add_up_to_seasons_years_and_all(freq):
    bounds = periods("2010-11-01", "2011-03-02" if freq != "8D" else "2011-02-15", freq)
    section = NetFluxSection(totals=("month", "season", "year", "all"), weighting="days")
    table = totals(random_flux(bounds), bounds, section)
    month = rows(table, "month")
    for column in ("net_co2_flux", "days"):
        assert rows(table, "all").loc["all", column] == pytest.approx(month[column].sum(), rel=1e-12)
        winter = month.loc[[m for m in ("2010-12", "2011-01", "2011-02") if m in month.index], column].sum()
        assert rows(table, "season").loc["2011-DJF", column] == pytest.approx(winter, rel=1e-12)


def test_counted_by_observations_a_season_is_the_mean_over_all_its_observations():
    bounds = periods("2010-03-01", "2010-06-01", "1D")
    values = random_flux(bounds, missing=0.6)
    table = totals(values, bounds)
    area = cell_area(LAT, LON, 1.0).values
    expected = np.sum(mean_flux(values) * area) / area.sum()
    assert rows(table, "season").loc["2010-MAM", "mean_flux"] == pytest.approx(expected, rel=1e-12)
    months = rows(table, "month")["mean_flux"].mean()
    assert abs(months - expected) > 1e-6  # not the mean of monthly means


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 0.8), st.integers(1, 4))
def test_streaming_by_chunks_gives_the_formulas_applied_in_memory(seed, missing, chunk):
    bounds = periods("2010-01-01", "2010-04-01", "15D")
    values = random_flux(bounds, seed, missing)
    section = NetFluxSection(totals=("all",), require_every_subperiod=False)
    data = fields(values, bounds, chunks=(chunk, 2, 3))
    (row,) = integrate(data, _quiet_areas(section), section).to_dict("records")
    area, mean = data["cell_area"].values, mean_flux(values)
    valid = np.isfinite(mean)
    integral = area_integral(mean[valid], area[valid])
    expected = net_flux(integral, area.sum(), area[valid].sum(), 90.0)
    assert row["net_co2_flux"] == pytest.approx(expected, rel=1e-11)
    assert row["valid_fraction"] == pytest.approx(area[valid].sum() / area.sum())


def _quiet_areas(section):
    return sea_areas(section, LAT, LON, np.zeros((LAT.size, LON.size), dtype=bool))


def test_a_cell_without_one_month_is_not_valid_in_the_year_unless_that_is_relaxed():
    bounds = periods("2010-01-01", "2011-01-01")
    values = np.full((12, LAT.size, LON.size), 1.0)
    values[3, 0, 0] = np.nan
    area = cell_area(LAT, LON, 1.0).values
    for strict, lost in ((True, area[0, 0]), (False, 0.0)):
        section = NetFluxSection(totals=("month", "season", "year"), require_every_subperiod=strict)
        table = totals(values, bounds, section)
        assert rows(table, "year").loc["2010", "valid_area"] == pytest.approx(area.sum() - lost, rel=1e-14)
        spring, summer = (rows(table, "season").loc[f"2010-{s}", "valid_area"] for s in ("MAM", "JJA"))
        assert spring == pytest.approx(area.sum() - lost, rel=1e-14)
        assert summer == pytest.approx(area.sum(), rel=1e-14)


def test_cells_without_data_take_the_mean_of_the_others():
    bounds = periods("2010-01-01", "2010-02-01")
    values = np.full((1, LAT.size, LON.size), 3.0)
    values[0, :2] = np.nan
    section = NetFluxSection(totals=("month",))
    (row,) = integrate(fields(values, bounds), _quiet_areas(section), section).to_dict("records")
    assert row["net_co2_flux"] == pytest.approx(3.0 * row["sea_area"] * 1e6 * 31 * 1.2e-5, rel=1e-13)


@pytest.mark.parametrize(
    ("rows_lost", "verdict"), [(0, "good"), (1, "good"), (2, "usable"), (3, "usable"), (4, "insufficient")]
)
def test_coverage_is_classed_at_75_and_50_percent_and_the_poor_are_named(rows_lost, verdict):
    bounds = periods("2010-01-01", "2010-02-01")
    values = np.full((1, LAT.size, LON.size), 3.0)
    values[0, LAT.size - rows_lost :] = np.nan  # northern rows are the smaller ones
    section = NetFluxSection(totals=("month",), areas=(SeaArea(name="key", key=True, box=(115, 20, 123, 26)),))
    table = integrate(fields(values, bounds), _quiet_areas(section), section)
    assert table["coverage"].tolist() == [verdict]
    notes = coverage_notes(table)
    assert len(notes) == (verdict == "insufficient")
    if notes:
        assert "Key sea area key, 2010-01" in notes[0].en
        assert "关键海区" in notes[0].zh


def test_an_area_without_data_stays_in_the_table():
    bounds = periods("2010-01-01", "2010-02-01")
    values = np.full((1, LAT.size, LON.size), np.nan)
    section = NetFluxSection(totals=("month",))
    (row,) = integrate(fields(values, bounds), _quiet_areas(section), section).to_dict("records")
    assert row["coverage"] == "insufficient"
    assert np.isnan(row["net_co2_flux"])
    assert np.isnan(row["mean_flux"])


def test_empty_cells_that_may_be_land_are_warned_of():
    bounds = periods("2010-01-01", "2010-02-01")
    values = np.full((1, LAT.size, LON.size), 1.0)
    values[0, 0, :3] = np.nan
    section = NetFluxSection(totals=("month",))
    with pytest.warns(ShanhaiWarning, match="region 3 cells; give net_flux.land"):
        integrate(fields(values, bounds), sea_areas(section, LAT, LON), section)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        integrate(fields(values, bounds), _quiet_areas(section), section)


def test_spans_are_labelled_and_say_whether_the_data_cover_them():
    section = NetFluxSection(totals=("month", "season", "year", "all"))
    found = {s.label: s for s in spans(periods("2009-12-01", "2010-03-01"), section)}
    assert list(found) == ["2009-12", "2010-01", "2010-02", "2010-DJF", "2009", "2010", "all"]
    winter = found["2010-DJF"]
    assert (winter.days, winter.complete) == (90.0, True)
    assert (winter.start, winter.end) == (pd.Timestamp("2009-12-01"), pd.Timestamp("2010-03-01"))
    assert (found["2009"].days, found["2009"].complete) == (31.0, False)
    assert (found["2010"].days, found["2010"].complete) == (59.0, False)
    assert (found["all"].days, found["all"].complete) == (90.0, True)


def test_a_gap_inside_a_season_leaves_it_incomplete_with_its_own_days():
    bounds = periods("2010-03-01", "2010-06-01")[[0, 2]]
    (spring,) = spans(bounds, NetFluxSection(totals=("season",)))
    assert (spring.days, spring.complete, len(spring.months)) == (62.0, False, 2)


def test_eight_day_periods_are_shared_between_months_by_days_only_when_days_are_weighed():
    bounds = np.array([["2010-03-22", "2010-03-30"], ["2010-03-30", "2010-04-07"]], dtype="datetime64[ns]")
    for weighting, labels, days in (
        ("days", ["2010-03", "2010-04"], [10.0, 6.0]),
        ("observations", ["2010-03", "2010-04"], [10.0, 6.0]),
    ):
        found = spans(bounds, NetFluxSection(totals=("month",), weighting=weighting))
        assert [s.label for s in found] == labels
        assert [s.days for s in found] == days


def test_areas_on_another_grid_and_missing_variables_are_refused():
    bounds = periods("2010-01-01", "2010-02-01")
    section = NetFluxSection(totals=("month",))
    data = fields(random_flux(bounds), bounds)
    with pytest.raises(InputError, match="differ in longitude"):
        integrate(data, sea_areas(section, LAT, LON + 1e-3), section)
    with pytest.raises(InputError, match="no cell_area"):
        integrate(data.drop_vars("cell_area"), sea_areas(section, LAT, LON), section)


def test_both_area_rules_differ_as_the_shapes_of_the_earth_do():
    latitude = np.array([0.5, 25.5, 45.5, 85.5])
    ratio = cell_area(latitude, [0.5], 1.0, "hyt0343") / cell_area(latitude, [0.5], 1.0, "ellipsoid") - 1
    np.testing.assert_allclose(ratio.values[:, 0], [0.0067, 0.0030, -0.0034, -0.0133], atol=2e-4)
    everywhere = cell_area(np.arange(-89.5, 90), np.arange(-179.5, 180), 1.0, "ellipsoid")
    assert float(everywhere.sum()) == pytest.approx(510.0656e6, rel=1e-6)
