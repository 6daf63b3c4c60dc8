"""Hostile inputs of whole jobs: each ends in its own sentence, before any work, and leaves the disk as it was.

What `shanhai flux` refuses `shanhai check` refuses in the same words.
"""

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr
from tests.jobs import config_text, write_inputs
from tests.refusals import snapshot
from tests.spoils import (
    ACCURACY,
    AREA,
    CRUISE,
    HEADER,
    LAND,
    LONGITUDE,
    MASK,
    MODEL,
    PLAIN,
    POLYGON,
    SIZE,
    SST,
    STATIONS,
    Spoil,
    added,
    axis,
    both,
    changed,
    cruise,
    curvilinear,
    cut,
    file,
    mask,
    moments,
    of_360_days,
    polygon,
    square,
    station,
    swapped,
    text_file,
    unit,
    value,
)

from shanhai.core.errors import InputError
from shanhai.monitoring import assess

PLACED = "time,latitude,longitude,xco2\n"

KINDS: dict[str, tuple[Spoil, tuple[str, ...]]] = {
    # files
    "missing file": (lambda d: (d / "xco2.nc").unlink(), ("xco2.nc: there is no such file", "correct files")),
    "pattern without match": (changed('"xco2.nc"', '"xco2_*.nc"'), ("xco2_*.nc: no file matches this pattern",)),
    "truncated HDF5": (cut("xco2"), ("xco2.nc: the file is truncated or damaged", "fetch it again")),
    "truncated classic NetCDF": (
        both(file("xco2", lambda d: d, format="NETCDF3_CLASSIC"), cut("xco2")),
        ("xco2.nc: the file is truncated or damaged", "fetch it again"),
    ),
    "not NetCDF": (text_file("xco2.nc", "time,xco2\n"), ("xco2.nc: this is not a NetCDF file or a Zarr store",)),
    "web page for a file": (text_file("xco2.nc", "<html>log in</html>"), ("xco2.nc: this is not a NetCDF file",)),
    "empty file": (text_file("xco2.nc", ""), ("xco2.nc: the file is empty", "fetch it again")),
    "missing variable": (
        changed('variable = "xco2"', 'variable = "xco"'),
        ("xco2.nc: there is no variable 'xco'; did you mean 'xco2'?",),
    ),
    # units
    "missing unit": (unit(SST, None), (f"{SST}.nc:{SST}: the unit is missing", 'units = "..."')),
    "unknown unit": (unit(SST, "furlong"), (f"{SST}.nc", "the unit 'furlong'")),
    "unit of another quantity": (
        unit(SST, "m s-1"),
        (f"{SST}.nc", "'m s-1' does not measure the same thing as 'degC'"),
    ),
    "absolute salinity": (unit("sea_surface_salinity", "g kg-1"), ("'g kg-1' is not that of practical salinity",)),
    "kelvin labelled degC": (unit(SST, "degC"), (f"{SST}.nc", "2010-01-01", "latitude 25.5", "look like 'K'")),
    "uatm labelled Pa": (unit("pco2_sea", "Pa"), ("pco2_sea.nc", "the median of pco2_sea", "look like 'uatm'")),
    "hPa labelled Pa": (unit("air_pressure", "Pa"), ("air_pressure.nc", "outside 85000", "look like 'hPa'")),
    "ppm labelled fraction": (unit("xco2", "1"), ("xco2.nc", "outside 250", "look like 'umol mol-1'")),
    # values
    "no value at all": (value("pco2_sea", ..., np.nan), ("pco2_sea.nc:pco2_sea: every value is missing",)),
    "infinite value": (value(SST, (0, 2, 3), np.inf), (f"{SST} = inf", "latitude 27.5, longitude 123.5", "1 of 40")),
    "negative wind": (
        value("wind_speed", (0, 3, 4), -3),
        ("wind_speed = -3 m s-1 at 2010-01-01", "is outside 0 to 80"),
    ),
    "moments below the squared mean": (
        moments(0.9),
        ("wind_speed_mean_square: in 16 of 16 cells", "less than the square"),
    ),
    # coordinates
    "swapped latitude and longitude": (file(SST, swapped), (f"{SST}.nc", "latitude and longitude are swapped")),
    "curvilinear grid": (file(SST, curvilinear), (f"{SST}.nc", "the latitude 'yt' is two-dimensional", "regrid")),
    "uneven latitude": (
        file(SST, axis("lat", "lat", [25.5, 26.5, 27.5, 29.5], "degrees_north")),
        ("the latitude is not evenly spaced",),
    ),
    "five depths": (
        file(SST, lambda d: d.expand_dims(depth=np.arange(5.0)).transpose("time", "depth", ...)),
        (f"{SST}.nc", "the dimension 'depth' has 5 values", "the surface"),
    ),
    "another region": (
        changed("west = 120.0\neast = 125.0", "west = 10.0\neast = 15.0"),
        ("120 to 125, and no cell of the region",),
    ),
    # time
    "calendar of 360 days": (
        of_360_days,
        (
            f"{SST}.nc",
            "dates of the calendar '360_day' have no place",
        ),
    ),
    "time twice": (
        file(SST, lambda d: d.isel(time=[0, 0])),
        (f"{SST}.nc", "the time 2010-01-01T00:00:00 occurs twice"),
    ),
    "times in disorder": (file(SST, lambda d: d.isel(time=[1, 0])), (f"{SST}.nc", "times are not in order")),
    "single time": (file(SST, lambda d: d.isel(time=[0])), (f"{SST}.nc", "tells no interval", "time_step")),
    "record that ends too early": (
        file("wind_speed", lambda d: d.isel(time=slice(31))),
        ("wind_speed has no data for 2010-02", "2010-01-01 to 2010-01-31"),
    ),
    "record of another time": (
        changed('start = "2010-01"\nend = "2010-02"', 'start = "2020-01"\nend = "2020-02"'),
        ("pco2_sea has no data for 2020-01; it spans 2010-01-01 to 2010-02-28",),
    ),
    # sea areas
    "missing polygon file": (POLYGON, ("a.geojson: there is no such polygon file",)),
    "empty polygon file": (polygon(""), ("a.geojson: this is not GeoJSON",)),
    "polygon file without polygons": (
        polygon('{"type": "FeatureCollection", "features": []}'),
        ("a.geojson: there is no polygon in this file",),
    ),
    "features that are none": (
        polygon('{"type": "FeatureCollection", "features": [7]}'),
        ("a.geojson", "7 is no feature"),
    ),
    "projected polygon": (polygon(square(5e5, 3e6, 1e5)), ("a.geojson", "not in longitude and latitude", "EPSG:4326")),
    "polygon outside the region": (polygon(square(10, 10, 3)), ("net_flux.areas 'a': no cell centre of the grid",)),
    "shapefile without its parts": (
        both(added(AREA + 'polygon = "a.shp"\n'), text_file("a.shp", "x")),
        ("a.shp: this shapefile cannot be read",),
    ),
    "box upside down": (
        added(AREA + "box = [120, 28, 124, 26]\n"),
        ("net_flux.areas 'a': the box", "south below north"),
    ),
    "area named twice": (
        added(2 * (AREA + "box = [120, 25, 124, 28]\n")),
        ("net_flux.areas: the sea area name 'a' is used twice",),
    ),
    "missing mask": (added(MASK), ("mask.nc: there is no such file",)),
    "mask without the code": (
        both(added(MASK + "mask_value = 7\n"), lambda d: mask(1.0, d)),
        ("net_flux.areas 'a': no cell centre of the grid",),
    ),
    "missing land": (added(LAND), ("mask.nc: there is no such file",)),
    "land everywhere": (both(added(LAND), lambda d: mask(1.0, d)), ("mask.nc:m: the land field leaves no sea at all",)),
    "land of nowhere": (
        both(added(LAND), lambda d: mask(np.nan, d)),
        ("mask.nc:m: the land field has no value in the region",),
    ),
    "land in per cent": (
        both(added(LAND), lambda d: mask(100.0, d)),
        ("mask.nc:m", "land_fraction = 100", "outside 0 to 1"),
    ),
    "area of land alone": (
        both(added(LAND + AREA + "box = [120, 25, 122, 27]\n"), lambda d: mask((LONGITUDE < 123).astype(float), d)),
        ("net_flux.areas 'a': every cell of this area is land",),
    ),
    # accuracy
    "missing in-situ table": (ACCURACY, ("cruise.csv: there is no such file",)),
    "empty in-situ table": (cruise(""), ("cruise.csv: the file is empty",)),
    "header alone": (cruise(HEADER), ("cruise.csv: the table has a header and no rows",)),
    "bytes for a table": (cruise(bytes(range(256)) * 9), ("cruise.csv: no header line with latitude and longitude",)),
    "table without pCO2": (
        cruise("time,latitude,longitude,ph\n2010-01-01,26,121,8\n"),
        ("cruise.csv: no column is recognised as pCO2",),
    ),
    "table without unit": (cruise(HEADER.replace(" [uatm]", "") + CRUISE), ("the unit of 'pco2_sea' is not told",)),
    "swapped columns": (
        cruise(HEADER.replace("latitude,longitude", "longitude,latitude") + CRUISE),
        ("cruise.csv, line 2: latitude 122.3 lies beyond the pole", "look swapped"),
    ),
    "words for numbers": (cruise(HEADER + "2010-01-01,26,121,good\n"), ("cruise.csv, line 2: 'good' is not a number",)),
    "day before month": (
        cruise(HEADER + "2010-31-01,26,121,360\n"),
        ("cruise.csv, line 2: '2010-31-01' is not a date",),
    ),
    "cruise of another year": (
        cruise(HEADER + CRUISE.replace("2010", "2013")),
        ("(2013-01-01 to 2013-01-20)", "share no time", "climatology"),
    ),
    "cruise in another sea": (
        cruise(HEADER + CRUISE.replace(",2", ",-2")),
        ("cruise.csv: none of 20 in-situ observations", "-28.2 to -26.2"),
    ),
    "grid of one column": (
        both(cruise(HEADER + CRUISE), changed("east = 125.0", "east = 121.0")),
        ("a grid of one row or column cannot be matched",),
    ),
    "broken NetCDF table": (
        both(added('[accuracy]\ndata = { file = "cruise.nc" }\n'), text_file("cruise.nc", "x")),
        ("cruise.nc: this cannot be read as NetCDF",),
    ),
    # stations and models in place of fields
    "missing stations": (STATIONS, ("xco2.csv: there is no such file", "correct stations")),
    "folder of stations": (
        both(STATIONS, lambda d: (d / "xco2.csv").mkdir()),
        ("xco2.csv: it cannot be read: Is a directory",),
    ),
    "stations of another gas": (
        station(PLACED.replace("xco2", "ch4") + "2010-01-05,26,121,2\n"),
        ("no column for xco2",),
    ),
    "station beyond the pole": (station(PLACED + "2010-01-05,126,21,390\n"), ("xco2.csv: latitude = 126 in row 1",)),
    "stations that stop": (
        station(PLACED + "2010-01-05,26,121,390\n"),
        ("inputs.xco2: no station has observed xco2 from 2010-02-01",),
    ),
    "missing model": (MODEL, ("model: there is no model.json", "shanhai flux train")),
    "empty model": (both(MODEL, lambda d: (d / "model").mkdir()), ("model: there is no model.json",)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_input_is_refused_before_any_work(job, command_line, kind):
    spoil, saying = KINDS[kind]
    spoil(job)
    said = command_line.refuses("flux", job / "flux.toml", "--json", "--out", job / "out", within=job, saying=saying)
    checked = command_line.refuses("check", job / "flux.toml", within=job, saying=saying)
    assert checked == said
    assert not list(job.rglob("*.partial"))


def test_python_raises_the_sentence_of_the_command_line(job, command_line):
    unit(SST, "degC")(job)
    said = command_line.refuses("flux", job / "flux.toml", "--out", job / "out", within=job, saying=("'K'",))
    for out in (None, job / "out"):
        with pytest.raises(InputError) as caught:
            assess(job / "flux.toml", out=out)
        assert f"shanhai: {caught.value}" == said


def test_what_only_a_later_month_shows_stops_there_and_leaves_whole_months(job, command_line):
    """Reading every value twice would cost hours of a large job: values are checked as they are read."""

    def by_months(dataset: xr.Dataset) -> xr.Dataset:
        dataset[SST].values[1, 2, 3] = np.inf
        return dataset

    file(SST, by_months)(job)
    with xr.open_dataset(job / f"{SST}.nc") as opened:
        opened.load().to_netcdf(job / "chunked.nc", encoding={SST: {"chunksizes": (1, 4, 5)}})
    changed(f'"{SST}.nc"', '"chunked.nc"')(job)
    with pytest.raises(InputError, match=r"chunked.nc.* = inf degC at 2010-02-01.*latitude 27.5, longitude 123.5"):
        assess(job / "flux.toml", out=job / "out")
    left = set(snapshot(job / "out"))
    assert left <= {"fields", "fields/2010-01.nc", "progress.json"}
    for part in (job / "out").glob("fields/*.nc"):
        with xr.open_dataset(part) as whole:
            assert np.isfinite(whole.co2_flux).any()


# ---- what looks hostile and is not


@pytest.mark.parametrize("name", ["descending latitude", "east of Greenwich all round", "gap of winds"])
def test_harmless_orders_and_conventions_change_nothing(job, name):
    if name == "east of Greenwich all round":
        west = changed("west = 120.0\neast = 125.0", "west = -125.0\neast = -120.0")
        shift = {"plain": LONGITUDE - 245, "spoiled": LONGITUDE + 115}
    else:
        west, shift = (lambda folder: None), {"plain": LONGITUDE, "spoiled": LONGITUDE}
    west(job)
    for source in job.glob("*.nc"):
        file(source.stem, axis("lon", "lon", shift["plain"], "degrees_east"))(job)
    plain, _ = assess(job / "flux.toml")
    for source in job.glob("*.nc"):
        file(source.stem, axis("lon", "lon", shift["spoiled"], "degrees_east"))(job)
    if name == "descending latitude":
        file(SST, lambda d: d.isel(lat=slice(None, None, -1)))(job)
    if name == "gap of winds":
        file("wind_speed", lambda d: d.isel(time=[*range(10), *range(12, 59)]))(job)
    again, _ = assess(job / "flux.toml")
    if name == "gap of winds":
        assert not np.array_equal(plain.wind_speed, again.wind_speed, equal_nan=True)
        assert int(np.isfinite(again.co2_flux).sum()) == int(np.isfinite(plain.co2_flux).sum())
    else:
        xr.testing.assert_equal(plain.drop_attrs(), again.drop_attrs())


def test_month_without_winds_is_named_and_its_map_empty(job):
    keep = changed("[inputs.wind_speed]", '[inputs.wind_speed]\ntime_step = "day"')
    write_inputs(job, **(SIZE | {"months": 3}))
    (job / "flux.toml").write_text(config_text(PLAIN, **(SIZE | {"months": 3})))
    keep(job)
    file("wind_speed", lambda d: d.isel(time=[*range(31), *range(59, 90)]))(job)
    fields, report = assess(job / "flux.toml")
    assert np.isfinite(fields.co2_flux).any(("latitude", "longitude")).values.tolist() == [True, False, True]
    assert any("wind_speed has no sample in 1 periods (2010-02)" in note.en for note in report.notes)


# ---- real processes


@pytest.mark.parametrize(
    ("spoil", "words", "fragment"),
    [
        (unit(SST, "degC"), ["flux", "flux.toml", "--out", "out"], "look like 'K'"),
        (cut("xco2"), ["check", "flux.toml"], "truncated or damaged"),
    ],
    ids=["flux", "check"],
)
def test_process_ends_in_two_with_one_sentence(job, spoil, words, fragment):
    spoil(job)
    before = snapshot(job)
    done = subprocess.run([sys.executable, "-m", "shanhai", *words], cwd=job, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].startswith("shanhai: ")
    assert fragment in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert snapshot(job) == before
