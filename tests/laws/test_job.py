"""Laws of a whole flux job: what periods, areas, formats and options may change, and what they may not."""

import json
from pathlib import Path

import cf_xarray  # noqa: F401
import numpy as np
import pytest
import xarray as xr
from tests.jobs import FIELDS, config_text, field, write_job

from shanhai.core.errors import InputError
from shanhai.core.notation import quantity, table
from shanhai.monitoring import assess
from shanhai.monitoring.validity import FITS

QUIET = "[output]\nfigures = false\n"
LAND = 'land = { files = "land.nc", variable = "land_fraction" }\n'
AREAS = """[[net_flux.areas]]
name = "whole"
box = [120.0, 25.0, 130.0, 33.0]
[[net_flux.areas]]
name = "west"
box = [120.0, 25.0, 124.0, 33.0]
[[net_flux.areas]]
name = "east"
box = [124.0, 25.0, 130.0, 33.0]
"""


def daily_inputs(folder: Path, start: str = "2010-01-01", end: str = "2010-03-01") -> None:
    """Every input as daily fields of January and February, 8 x 10 cells, with a patch of land."""
    latitude, longitude = 25.5 + np.arange(8), 120.5 + np.arange(10)
    days = np.arange(start, end, dtype="M8[D]").astype("datetime64[ns]")
    for name in FIELDS:
        field(name, days, latitude, longitude).astype(float).to_netcdf(folder / f"{name}.nc")


def daily_job(folder: Path, frequency: str, extra: str = "") -> Path:
    path = folder / f"{frequency}.toml"
    text = config_text(extra, months=2)
    path.write_text(text.replace('end = "2010-02"', f'end = "2010-02"\nfrequency = "{frequency}"'))
    return path


def land_file(folder: Path) -> None:
    """Land where `tests.jobs.field` has none of the sea."""
    land = np.zeros((8, 10))
    land[:2, :2] = 1.0
    coords = {"lat": ("lat", 25.5 + np.arange(8), {"units": "degrees_north"})}
    coords |= {"lon": ("lon", 120.5 + np.arange(10), {"units": "degrees_east"})}
    one = xr.DataArray(land, coords, ("lat", "lon"), "land_fraction", {"units": "1"})
    one.to_netcdf(folder / "land.nc")


def row(report, area: str, label: str):
    rows = report.net_flux.set_index(["area", "label"])
    return rows.loc[(area, label)]


def said(report) -> str:
    return " ".join(s.en for s in report.notes)


# --- time -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def by_frequency(tmp_path_factory):
    """The same daily inputs as a daily, an 8-day and a monthly job; days weigh by their length."""
    folder = tmp_path_factory.mktemp("daily")
    daily_inputs(folder, end="2010-03-06")
    extra = '[net_flux]\nweighting = "days"\ntotals = ["month", "season", "year", "all"]\n' + AREAS
    return {f: assess(daily_job(folder, f, extra)) for f in ("daily", "8-day", "monthly")}


def test_periods_of_every_frequency_fill_the_job_without_gaps(by_frequency):
    for name, count in {"daily": 59, "8-day": 8, "monthly": 2}.items():
        fields, report = by_frequency[name]
        bounds = fields.time_bounds.values
        assert len(bounds) == fields.sizes["time"] == len(report.statistics) == count
        np.testing.assert_array_equal(bounds[1:, 0], bounds[:-1, 1])
        np.testing.assert_array_equal(bounds[:, 0], fields.time.values)
    labels = {name: list(report.statistics.index[:2]) for name, (_, report) in by_frequency.items()}
    assert labels == {
        "daily": ["2010-01-01", "2010-01-02"],
        "8-day": ["2010-01-01", "2010-01-09"],
        "monthly": ["2010-01", "2010-02"],
    }


def test_series_of_the_parts_are_those_of_the_written_maps(by_frequency):
    for fields, report in by_frequency.values():
        flux, cells = fields.co2_flux, ("latitude", "longitude")
        mean = flux.weighted(fields.cell_area).mean(cells)
        np.testing.assert_allclose(report.statistics["mean"], mean, rtol=1e-12)
        for column, found in {
            "minimum": flux.min(cells),
            "maximum": flux.max(cells),
            "valid_cells": flux.count(cells),
        }.items():
            np.testing.assert_array_equal(report.statistics[column], found)
        for fit in FITS:
            outside = (fields.validity_flag & fit.bit) > 0
            np.testing.assert_array_equal(fields[fit.meaning], (outside & flux.notnull()).sum(cells))


def test_months_are_means_of_their_days_and_so_are_the_winds_inside_them(by_frequency):
    daily, monthly = by_frequency["daily"][0], by_frequency["monthly"][0]
    for name in ("pco2_sea", "sea_surface_temperature", "wind_speed"):
        mean = daily[name].groupby("time.month").mean("time")
        np.testing.assert_allclose(monthly[name].values, mean.values, rtol=1e-12)
    for name, power in (("wind_speed_mean_square", 2), ("wind_speed_mean_cube", 3)):
        mean = (daily.wind_speed**power).groupby("time.month").mean("time")
        np.testing.assert_allclose(monthly[name].values, mean.values, rtol=1e-12)
    assert float(monthly.wind_compensation.min()) > 1
    assert "wind_speed_mean_square" not in daily


def test_daily_winds_know_nothing_of_the_day_and_the_report_says_so(by_frequency):
    assert "compensation factor is 1" in said(by_frequency["daily"][1])
    for name in ("8-day", "monthly"):
        assert "compensation factor is 1" not in said(by_frequency[name][1])
    np.testing.assert_allclose(by_frequency["daily"][0].wind_compensation.values[:, 3:], 1.0, rtol=1e-15)


@pytest.mark.parametrize("frequency", ["daily", "8-day", "monthly"])
def test_net_flux_of_the_months_adds_up(by_frequency, frequency):
    """Where every cell has every period, the months add up to season, year and whole (weighting = "days")."""
    report = by_frequency[frequency][1]
    for area in ("whole", "east"):
        months = sum(row(report, area, f"2010-0{m}").net_co2_flux for m in (1, 2))
        if frequency == "8-day":  # the last composite reaches into March
            months += row(report, area, "2010-03").net_co2_flux
        assert months == pytest.approx(row(report, area, "2010").net_co2_flux, rel=1e-12)
        assert months == pytest.approx(row(report, area, "all").net_co2_flux, rel=1e-12)


def test_frequencies_agree_to_what_averaging_of_drivers_hides(by_frequency):
    """Winds are compensated; what remains is the covariance of wind and pressure difference inside the month."""
    net = {f: row(report, "whole", "2010").net_co2_flux for f, (_, report) in by_frequency.items()}
    assert net["monthly"] == pytest.approx(net["daily"], rel=0.25)
    assert net["monthly"] != net["daily"]


def test_seasons_take_the_year_of_their_january(by_frequency):
    table = by_frequency["monthly"][1].net_flux
    assert set(table[table.total == "season"].label) == {"2010-DJF"}
    assert not table[table.total != "month"].complete[table.label != "all"].any()
    assert table[table.label == "2010-DJF"].days.eq(59).all()


def test_december_belongs_to_the_winter_of_the_next_year(tmp_path):
    latitude, longitude = 25.5 + np.arange(8), 120.5 + np.arange(10)
    months = np.arange("2010-11", "2011-03", dtype="M8[M]").astype("datetime64[ns]")
    for name in FIELDS:
        field(name, months, latitude, longitude).to_netcdf(tmp_path / f"{name}.nc")
    path = tmp_path / "flux.toml"
    text = config_text(months=2)
    path.write_text(text.replace('"2010-01"', '"2010-11"').replace('"2010-02"', '"2011-02"'))
    table = assess(path)[1].net_flux
    spans = {r.label: (r.total, r.days, r.complete) for r in table.itertuples()}
    assert spans["2011-DJF"] == ("season", 90.0, True)
    assert spans["2010-SON"] == ("season", 30.0, False)
    assert spans["2010"][1:] == (61.0, False)
    assert spans["2011"][1:] == (59.0, False)


# --- areas ----------------------------------------------------------------------------------------------------


def test_two_areas_that_partition_a_third_add_up_to_it(by_frequency):
    """Exact where no cell is without data: formula (16) scales by nothing."""
    for _, report in by_frequency.values():
        for label in ("2010-01", "2010-02", "2010-DJF", "2010"):
            whole, west, east = (row(report, area, label) for area in ("whole", "west", "east"))
            assert west.net_co2_flux + east.net_co2_flux == pytest.approx(whole.net_co2_flux, rel=1e-12)
            assert west.sea_area + east.sea_area == pytest.approx(whole.sea_area, rel=1e-12)


def test_net_flux_is_the_sum_over_cells(by_frequency):
    """Formulas (14) and (16) written out again for a month."""
    fields, report = by_frequency["monthly"]
    mmol_per_day = float((fields.co2_flux[0] * fields.cell_area).sum()) * 1e6
    assert row(report, "whole", "2010-01").net_co2_flux == pytest.approx(mmol_per_day * 31 * 1.2e-5, rel=1e-12)


def test_land_field_gives_the_same_sea_as_the_data_where_both_agree(tmp_path):
    land_file(tmp_path)
    path = write_job(tmp_path, months=2)
    seen = assess(path)[1]
    path.write_text(path.read_text() + "[net_flux]\n" + LAND)
    told = assess(path)[1]
    np.testing.assert_array_equal(seen.net_flux.net_co2_flux, told.net_flux.net_co2_flux)
    assert "No land mask is given" in said(seen)
    assert "land field of the configuration" in said(told)


# --- formats --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A job with uncertainty as NetCDF, as Zarr and in single precision: folders."""
    folder = tmp_path_factory.mktemp("formats")
    kinds = {"netcdf": "", "zarr": 'format = "zarr"\n', "single": 'precision = "single"\n'}
    for name, extra in kinds.items():
        config = write_job(folder, "[uncertainty]\n" + QUIET + extra, months=2)
        assess(config, out=folder / name)
    return folder


def opened(folder: Path) -> xr.Dataset:
    parts = sorted((folder / "fields").iterdir())
    engine = {"engine": "zarr", "consolidated": False} if parts[0].suffix == ".zarr" else {"engine": "netcdf4"}
    return xr.open_mfdataset(parts, data_vars="minimal", coords="minimal", compat="override", join="exact", **engine)


def test_netcdf_and_zarr_hold_the_same(written):
    netcdf, zarr = (opened(written / name).load() for name in ("netcdf", "zarr"))
    xr.testing.assert_identical(netcdf, zarr)
    tables = [(written / name / "net_flux.csv").read_bytes() for name in ("netcdf", "zarr")]
    assert tables[0] == tables[1]


def test_single_precision_is_single_and_close(written):
    double, single = opened(written / "netcdf").load(), opened(written / "single").load()
    assert double.co2_flux.dtype == "f8"
    assert single.co2_flux.dtype == "f4"
    for name in double.data_vars:
        if double[name].dtype.kind == "f":
            scale = float(np.abs(double[name]).max())
            np.testing.assert_allclose(single[name], double[name], rtol=1e-6, atol=1e-6 * scale, err_msg=str(name))


def test_what_is_written_is_what_is_handed_back(tmp_path):
    config = write_job(tmp_path, QUIET, months=2)
    lazy, report = assess(config, out=tmp_path / "out")
    held, in_memory = assess(config)
    assert lazy.chunks
    assert set(lazy.data_vars) == set(held.data_vars)
    for name in held.data_vars:
        np.testing.assert_array_equal(lazy[name], held[name], err_msg=str(name))
    assert report.net_flux.equals(in_memory.net_flux)
    assert report.notes == in_memory.notes


def test_dataset_and_files_of_the_same_numbers_give_the_same_flux(tmp_path):
    """`assess(dataset)` on the prepared inputs of `assess(config)`."""
    config = write_job(tmp_path, months=2)
    from_files, first = assess(config)
    inputs = [*FIELDS, "wind_speed_mean_square", "wind_speed_mean_cube", "time_bounds"]
    from_arrays, second = assess(from_files[inputs])
    for name in ("co2_flux", "wind_compensation", "pco2_air", "cell_area"):
        np.testing.assert_array_equal(from_arrays[name], from_files[name], err_msg=name)
    np.testing.assert_array_equal(second.net_flux.net_co2_flux, first.net_flux.net_co2_flux)
    months = from_files[inputs].drop_vars("time_bounds")  # stamps alone tell months
    np.testing.assert_array_equal(assess(months)[0].co2_flux, from_files.co2_flux)


def test_output_is_cf(written):
    """Coordinates with bounds, a grid mapping, cell methods, conventions; standard names by the notation table."""
    fields = opened(written / "netcdf")
    assert fields.attrs["Conventions"] == "CF-1.11"
    for axis, name in {"T": "time", "Y": "latitude", "X": "longitude"}.items():
        assert fields.cf[axis].name == name
        assert fields[name].attrs["standard_name"] == name
        bounds = fields[fields[name].attrs.get("bounds") or fields[name].encoding["bounds"]]
        assert bounds.dims == (name, "bounds")
    np.testing.assert_allclose(fields.latitude_bounds.mean("bounds"), fields.latitude)
    mapped = [n for n, v in fields.data_vars.items() if {"latitude", "longitude"} <= set(v.dims)]
    assert len(mapped) > 15
    for name in mapped:
        about = {**fields[name].encoding, **fields[name].attrs}
        assert about["grid_mapping"] == "crs", name
        if "time" not in fields[name].dims:
            continue
        assert "time: mean" in about["cell_methods"], name
    assert fields.crs.attrs["grid_mapping_name"] == "latitude_longitude"
    assert fields.cf["surface_upward_mole_flux_of_carbon_dioxide"].name == "co2_flux"


def test_every_variable_has_the_unit_and_name_of_the_notation_table(written):
    fields = opened(written / "netcdf")
    for name, variable in fields.data_vars.items():
        if name in table():
            q = quantity(str(name))
            assert variable.attrs["units"] == q.unit, name
            assert variable.attrs["long_name"] == q.meaning, name
            assert variable.attrs.get("standard_name") == (q.attributes.get("standard_name")), name
        elif not str(name).endswith("_bounds") and name != "crs":
            assert variable.attrs.get("units") or "flag_masks" in variable.attrs, name
            assert variable.attrs["long_name"], name


# --- options --------------------------------------------------------------------------------------------------


def test_without_intermediate_fields_only_flux_its_cells_and_its_series_are_written(tmp_path):
    config = write_job(tmp_path, QUIET + "intermediate_fields = false\n", months=2)
    fields, report = assess(config, out=tmp_path / "out")
    assert set(fields.data_vars) == {
        "co2_flux", "cell_area", "sea_observed", "validity_flag", "time_bounds", "latitude_bounds",
        "longitude_bounds", "crs", "co2_flux_mean", "co2_flux_minimum", "co2_flux_maximum", "valid_cells",
        *(fit.meaning for fit in FITS),
    }  # fmt: skip
    config.write_text(config.read_text().replace("false\nintermediate_fields = false", "false"))
    full, full_report = assess(config)
    np.testing.assert_allclose(fields.co2_flux, full.co2_flux, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(report.net_flux.net_co2_flux, full_report.net_flux.net_co2_flux, rtol=1e-12)
    assert report.notes == full_report.notes


def test_reservation_about_winds_does_not_depend_on_what_is_written(tmp_path):
    """Monthly winds have no moments: the report says so with and without intermediate fields."""
    config = write_job(tmp_path, months=2)
    wind = xr.open_dataarray(tmp_path / "wind_speed.nc").resample(time="MS").mean().load()
    wind.close()
    wind.assign_attrs(units="m s-1").to_netcdf(tmp_path / "monthly.nc")
    text = config.read_text().replace('"wind_speed.nc"', '"monthly.nc"')
    for extra in ("", "[output]\nintermediate_fields = false\n"):
        config.write_text(text + extra)
        assert "compensation factor is 1" in said(assess(config)[1])


@pytest.mark.parametrize(
    ("law", "supplied", "warned"),
    [
        ("ho_2006", "wind_speed_mean_square", False),
        ("ho_2006", "wind_speed_mean_cube", True),
        ("wanninkhof_mcgillis_1999", "wind_speed_mean_square", True),
        ("wanninkhof_mcgillis_1999", "wind_speed_mean_cube", False),
        ("liss_merlivat_1986", "wind_speed_mean_square", False),
    ],
)
def test_moment_that_the_law_needs_is_missed_by_name_of_the_law(tmp_path, law, supplied, warned):
    """A quadratic law is not compensated by a mean cube, nor a cubic one by a mean square."""
    fields = assess(write_job(tmp_path, months=2))[0]
    given = fields[[*FIELDS, supplied, "time_bounds"]]
    out, report = assess(given, flux={"law": law})
    assert ("compensation factor is 1" in said(report)) == warned
    compensated = float(out.wind_compensation.max()) > 1 + 1e-12
    assert compensated == (not warned and law != "liss_merlivat_1986")


def test_compensation_off_is_a_factor_of_one_and_a_reservation(tmp_path):
    config = write_job(tmp_path, months=2)
    full = assess(config)[0]
    config.write_text(config.read_text() + '[flux]\nwind_compensation = "none"\n')
    steady, report = assess(config)
    np.testing.assert_allclose(steady.co2_flux * full.wind_compensation, full.co2_flux, rtol=1e-12)
    assert float(abs(steady.wind_compensation - 1).max()) < 1e-15
    assert "compensation factor is 1" in said(report)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("fugacity = true", "fugacity = True"),
        ('cool_skin = "fixed"', "cool_skin = fixed"),
        ("salty_skin = 0.1", "salty_skin = 0.1"),
        ('schmidt = "wanninkhof_2014"', "schmidt = wanninkhof_2014"),
        ('law = "nightingale_2000"', "law = nightingale_2000"),
        ("sea_ice = true", "sea_ice = True"),
    ],
)
def test_options_beyond_the_standard_are_named_in_files_and_report(tmp_path, option, words):
    ice = "[inputs.sea_ice_fraction]\nvalue = 0.25\n" if "sea_ice" in option else ""
    config = write_job(tmp_path, QUIET, months=2)
    plain, plain_report = assess(config)
    assert plain.attrs["comment"] == "mode standard; options beyond the standard: none"
    assert "beyond the standard" not in said(plain_report)
    config.write_text(config.read_text() + ice + f"[flux]\n{option}\n")
    fields, report = assess(config, out=tmp_path / "out")
    assert not np.allclose(fields.co2_flux, plain.co2_flux, rtol=1e-6, equal_nan=True)
    assert words in fields.attrs["comment"]
    assert f"Options beyond the standard: {words}." in said(report)
    assert words in (tmp_path / "out/report.html").read_text(encoding="utf8")
    assert words.split(" = ")[0] in json.loads((tmp_path / "out/provenance.json").read_text())["settings"]["flux"]


def test_laws_of_table_c1_are_not_beyond_the_standard(tmp_path):
    config = write_job(tmp_path, '[flux]\nlaw = "wanninkhof_2014"\n', months=2)
    fields, report = assess(config)
    assert "beyond the standard: none" in fields.attrs["comment"]
    assert "Wanninkhof (2014)" in fields.attrs["references"]
    assert "Options beyond the standard" not in said(report)


def test_sea_ice_closes_the_surface_only_when_asked(tmp_path):
    config = write_job(tmp_path, months=2)
    plain = config.read_text()
    open_water = assess(config)[0]
    config.write_text(plain + "[inputs.sea_ice_fraction]\nvalue = 0.25\n")
    with pytest.raises(InputError, match=r"sea_ice_fraction is given and nothing uses it.*flux\.sea_ice = true"):
        assess(config)
    config.write_text(config.read_text() + "[flux]\nsea_ice = true\n")
    np.testing.assert_allclose(assess(config)[0].co2_flux, 0.75 * open_water.co2_flux, rtol=1e-12)
    config.write_text(config_text("[flux]\nsea_ice = true\n", months=2))
    with pytest.raises(InputError, match="sea_ice_fraction"):
        assess(config, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


# --- clause 4.4.10 --------------------------------------------------------------------------------------------


def station_job(folder: Path, rows: str) -> Path:
    text = config_text('[inputs.xco2]\nstations = "stations.csv"\n' + QUIET, months=2, skip=("xco2",))
    (folder / "stations.csv").write_text("time,latitude,longitude,xco2 [ppm]\n" + rows)
    path = folder / "stations.toml"
    path.write_text(text)
    return path


def test_stations_stand_in_for_a_field_of_xco2(tmp_path):
    """Each cell takes the mean of the month at the nearest station; the rest of the job is the same."""
    write_job(tmp_path, months=2)
    rows = "2010-01-05,29,119,390\n2010-01-25,29,119,394\n2010-01-10,29,131,400\n2010-02-10,29,119,380\n"
    fields = assess(station_job(tmp_path, rows), out=tmp_path / "out")[0]
    assert fields.xco2.attrs["units"] == "umol mol-1"
    january, february = fields.xco2.values
    assert (january[:, :5] == 392.0).all()
    assert (january[:, 5:] == 400.0).all()
    assert (february == 380.0).all()
    dry = fields.air_pressure - fields.water_vapour_pressure
    np.testing.assert_allclose(fields.pco2_air, fields.xco2 * 1e-6 * dry, rtol=1e-12)
    assert np.array_equal(np.isfinite(fields.co2_flux), np.isfinite(fields.pco2_sea))


def test_month_without_a_station_is_refused_before_anything_is_written(tmp_path):
    write_job(tmp_path, months=2)
    with pytest.raises(InputError, match="no station has observed xco2"):
        assess(station_job(tmp_path, "2010-01-05,29,119,390\n"), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_land_is_what_no_month_ever_sees_in_memory_and_on_disk(tmp_path):
    """A cell first seen in the second month is sea, whichever way the parts are joined."""
    config = write_job(tmp_path, QUIET, months=2)
    for name in ("pco2_sea", "sea_surface_temperature", "sea_surface_salinity"):
        with xr.open_dataset(tmp_path / f"{name}.nc") as whole:
            late = whole.load()
        late[name][0, :, -4:] = np.nan
        late.to_netcdf(tmp_path / f"{name}.nc")
    (memory, told), (disk, written) = assess(config), assess(config, out=tmp_path / "out")
    np.testing.assert_array_equal(memory.sea_observed, disk.sea_observed)
    np.testing.assert_allclose(told.net_flux.net_co2_flux, written.net_flux.net_co2_flux, rtol=1e-12)
    first, second = (written.net_flux.set_index("label").loc[f"2010-0{m}"] for m in (1, 2))
    assert first.valid_fraction < 0.7 < second.valid_fraction
    assert first.sea_area == second.sea_area


def test_input_that_ends_before_the_region_is_named(tmp_path):
    config = write_job(tmp_path, QUIET, months=2)
    _, report = assess(config)
    assert "does not reach over the region" not in said(report)
    with xr.open_dataset(tmp_path / "air_pressure.nc") as whole:
        part = whole.isel(lon=slice(0, 6)).load()
    part.to_netcdf(tmp_path / "air_pressure.nc")
    _, report = assess(config)
    assert "air_pressure does not reach over the region in the west or east: it spans 25.5 to 32.5 N" in said(report)
    assert "sea_surface_temperature does not reach" not in said(report)
