"""Downloads call the official clients rightly, refuse bad wishes first and leave nothing half-written."""

import io
import sys
import types
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from shanhai.core.errors import InputError, NetworkNeededError
from shanhai.io import clients
from shanhai.io.catalogue import product

CHINA_SEAS = (117.0, 23.0, 131.0, 41.0)
YEAR = ("2010-01", "2010-12")


def copernicus(monkeypatch, *, account=True, fails=None):
    """Stand in for the third party's module; it notes what it was asked for."""
    calls = []

    def subset(**asked):
        calls.append(asked)
        path = Path(asked["output_directory"]) / asked["output_filename"]
        path.write_bytes(b"half")
        if fails and len(calls) == fails:
            raise ConnectionError("connection reset by peer")
        path.write_bytes(b"whole")

    fake = types.SimpleNamespace(subset=subset, login=lambda check_credentials_valid: account)
    monkeypatch.setitem(sys.modules, "copernicusmarine", fake)
    return calls


def test_copernicus_marine_is_asked_for_the_box_the_time_and_the_variable(monkeypatch, tmp_path):
    calls = copernicus(monkeypatch)
    paths = clients.fetch("cmems_pco2", CHINA_SEAS, YEAR, tmp_path)
    (asked,) = calls
    assert asked["dataset_id"] == "cmems_obs-mob_glo_bgc-car_my_irr-i"
    assert asked["variables"] == ["spco2"]
    box = [asked[f"{end}_{axis}"] for axis in ("longitude", "latitude") for end in ("minimum", "maximum")]
    assert box == [117.0, 131.0, 23.0, 41.0]
    assert asked["start_datetime"] == "2010-01-01T00:00:00"
    assert asked["end_datetime"] == "2010-12-31T23:59:59"
    assert paths == [tmp_path / "cmems_obs-mob_glo_bgc-car_my_irr-i_20100101-20101231.nc"]
    assert paths[0].read_bytes() == b"whole"


def test_levels_are_asked_for_where_there_are_any(monkeypatch, tmp_path):
    calls = copernicus(monkeypatch)
    clients.fetch("cmems_sss", CHINA_SEAS, YEAR, tmp_path)
    assert (calls[0]["minimum_depth"], calls[0]["maximum_depth"]) == (0.0, 1.0)


def test_a_region_over_the_date_line_is_fetched_in_two_parts(monkeypatch, tmp_path):
    calls = copernicus(monkeypatch)
    paths = clients.fetch("cmems_pco2", (170.0, -10.0, -170.0, 10.0), YEAR, tmp_path)
    assert [(c["minimum_longitude"], c["maximum_longitude"]) for c in calls] == [
        (170.0, 180.0),
        (-180.0, -170.0),
    ]
    assert len(set(paths)) == 2


def test_longitudes_beyond_180_and_the_whole_globe_are_understood(monkeypatch, tmp_path):
    calls = copernicus(monkeypatch)
    clients.fetch("cmems_pco2", (200.0, -10.0, 210.0, 10.0), YEAR, tmp_path)
    clients.fetch("cmems_pco2", (0.0, -90.0, 360.0, 90.0), YEAR, tmp_path)
    assert [(c["minimum_longitude"], c["maximum_longitude"]) for c in calls] == [(-160, -150), (-180, 180)]


def test_a_broken_connection_leaves_nothing_and_keeps_what_was_there(monkeypatch, tmp_path):
    copernicus(monkeypatch, fails=2)
    kept = tmp_path / "older.nc"
    kept.write_bytes(b"older")
    with pytest.raises(NetworkNeededError, match=r"did not deliver .*ConnectionError.*check the network"):
        clients.fetch("ascat_wind", CHINA_SEAS, YEAR, tmp_path)
    assert list(tmp_path.iterdir()) == [kept]


def test_without_the_library_the_message_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "copernicusmarine", None)
    with pytest.raises(NetworkNeededError, match=r'pip install "shanhai\[clients\]"'):
        clients.fetch("cmems_pco2", CHINA_SEAS, YEAR, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_an_account_the_message_says_where_to_get_one(monkeypatch, tmp_path):
    calls = copernicus(monkeypatch, account=False)
    with pytest.raises(NetworkNeededError, match=r"marine\.copernicus\.eu/register.*copernicusmarine login"):
        clients.fetch("cmems_pco2", CHINA_SEAS, YEAR, tmp_path)
    assert calls == []


def test_what_is_handed_out_by_hand_says_where(tmp_path):
    with pytest.raises(InputError, match=r"by hand only.*osdds\.nsoas\.org\.cn"):
        clients.fetch("hy1_sst", CHINA_SEAS, YEAR, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("region", "time", "message"),
    [
        ((117.0, 41.0, 131.0, 23.0), YEAR, "is not west, south, east, north"),
        ((117.0, 23.0, 500.0, 41.0), YEAR, "is not west, south, east, north"),
        (CHINA_SEAS, ("2010-12", "2010-01"), r"ends \(2010-01\) before it starts \(2010-12\)"),
        (CHINA_SEAS, ("summer", "2010-01"), "is not two dates"),
    ],
)
def test_impossible_regions_and_times_are_refused_before_any_call(monkeypatch, tmp_path, region, time, message):
    calls = copernicus(monkeypatch)
    with pytest.raises(InputError, match=message):
        clients.fetch("cmems_pco2", region, time, tmp_path / "new")
    assert calls == []
    assert not (tmp_path / "new").exists()


def test_a_product_that_has_ended_is_refused_after_its_end(tmp_path):
    with pytest.raises(InputError, match="ended on 2015-06-07, before 2016-01"):
        clients.fetch("aquarius_sss", CHINA_SEAS, ("2016-01", "2016-12"), tmp_path)


def earthdata(monkeypatch, *, account=True, found=2, arrives=None):
    asked = []

    def search_data(**query):
        asked.append(query)
        return [{"meta": {"concept-id": f"G{i}"}} for i in range(found)]

    def download(granules, local_path):
        paths = [Path(local_path) / f"{g['meta']['concept-id']}.nc" for g in granules][:arrives]
        for path in paths:
            path.write_bytes(b"whole")
        return paths

    def login(strategy):
        if strategy == "environment":
            raise ValueError("EARTHDATA_USERNAME is not set")
        return types.SimpleNamespace(authenticated=account)

    fake = types.SimpleNamespace(search_data=search_data, download=download, login=login)
    monkeypatch.setitem(sys.modules, "earthaccess", fake)
    return asked


def test_earthdata_is_searched_by_short_name_box_and_time(monkeypatch, tmp_path):
    asked = earthdata(monkeypatch)
    paths = clients.fetch("ccmp_wind", CHINA_SEAS, ("2010-03", "2010-03"), tmp_path)
    assert asked == [
        {
            "short_name": "CCMP_WINDS_10M6HR_L4_V3.1",
            "bounding_box": CHINA_SEAS,
            "temporal": ("2010-03-01T00:00:00", "2010-03-31T23:59:59"),
        }
    ]
    assert [p.name for p in paths] == ["G0.nc", "G1.nc"]


def test_a_granule_found_on_both_sides_of_the_date_line_is_fetched_once(monkeypatch, tmp_path):
    asked = earthdata(monkeypatch)
    assert len(clients.fetch("ccmp_wind", (170, -10, -170, 10), YEAR, tmp_path)) == 2
    assert len(asked) == 2


def test_a_missing_file_of_several_fails_the_whole_fetch(monkeypatch, tmp_path):
    earthdata(monkeypatch, arrives=1)
    with pytest.raises(NetworkNeededError, match=r"1 of 2 files .* did not arrive"):
        clients.fetch("ccmp_wind", CHINA_SEAS, YEAR, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_granule_is_said_and_not_passed_silently(monkeypatch, tmp_path):
    earthdata(monkeypatch, found=0)
    with pytest.raises(InputError, match="nothing lies in this region and time"):
        clients.fetch("ccmp_wind", CHINA_SEAS, YEAR, tmp_path)


def test_without_an_earthdata_account_the_message_says_where_to_get_one(monkeypatch, tmp_path):
    earthdata(monkeypatch, account=False)
    with pytest.raises(NetworkNeededError, match=r"urs\.earthdata\.nasa\.gov/users/new"):
        clients.fetch("ccmp_wind", CHINA_SEAS, YEAR, tmp_path)


def test_erddap_limits_follow_its_axes(monkeypatch, tmp_path):
    sent = []

    class Server:
        def __init__(self, server, protocol):
            assert (server, protocol) == ("https://coastwatch.pfeg.noaa.gov/erddap", "griddap")

        def griddap_initialize(self):
            ends = {"latitude": ("90.0", "-90.0"), "longitude": ("0.0", "359.5"), "time": ("last", "last")}
            self.constraints = {f"{a}{c}": v for a, pair in ends.items() for c, v in zip((">=", "<="), pair)}
            self.variables = ["prmslmsl", "tmpsfc"]

        def to_xarray(self):
            sent.append((self.dataset_id, self.variables, dict(self.constraints)))
            return xr.Dataset({"prmslmsl": ("x", np.ones(1))})

    monkeypatch.setitem(sys.modules, "erddapy", types.SimpleNamespace(ERDDAP=Server))
    paths = clients.fetch("ncep_pressure", (-10.0, 23.0, 10.0, 41.0), ("2012-01-01", "2012-01-02"), tmp_path)
    assert [name for name, _, _ in sent] == ["NCEP_Global_Best"] * 2
    assert [(c["longitude>="], c["longitude<="]) for _, _, c in sent] == [(350.0, 359.5), (0.0, 10.0)]
    assert [(c["latitude>="], c["latitude<="]) for _, _, c in sent] == [(41.0, 23.0)] * 2
    assert sent[0][1] == ["prmslmsl"]
    assert sent[0][2]["time<="] == "2012-01-02T23:59:59Z"
    assert len(paths) == 2


def test_opendap_cuts_surface_box_and_time(tmp_path):
    remote = xr.Dataset(
        {"salinity": (("time", "depth", "lat", "lon"), np.arange(2 * 2 * 4 * 4.0).reshape(2, 2, 4, 4))},
        {
            "time": np.array(["2020-01-15", "2020-02-15"], "M8[ns]"),
            "depth": [0.0, 10.0],
            "lat": [20.0, 25.0, 30.0, 50.0],
            "lon": [0.0, 120.0, 125.0, 300.0],
        },
    )
    remote.to_netcdf(tmp_path / "remote.nc")
    here = replace(product("hycom_sss"), datasets=(str(tmp_path / "remote.nc"),))
    (path,) = clients.fetch(here, CHINA_SEAS, ("2020-01", "2020-01"), tmp_path / "out")
    with xr.open_dataset(path) as cut:
        assert dict(cut.sizes) == {"time": 1, "lat": 2, "lon": 2}
        assert cut["salinity"].values.ravel().tolist() == [5.0, 6.0, 9.0, 10.0]


def test_plain_files_come_one_a_year_and_archives_are_unpacked(monkeypatch, tmp_path):
    seen = []

    def urlopen(address, timeout):
        seen.append(address)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as box:
            box.writestr(f"../../JMA_co2map_{2008 + len(seen)}.nc", b"whole")
        return io.BytesIO(archive.getvalue())

    monkeypatch.setattr(clients.urllib.request, "urlopen", urlopen)
    paths = clients.fetch("jma_pco2", CHINA_SEAS, ("2009-06", "2010-02"), tmp_path)
    assert [a.rsplit("/", 1)[-1] for a in seen] == ["JMA_co2map_2009.ZIP", "JMA_co2map_2010.ZIP"]
    assert [p.name for p in paths] == ["JMA_co2map_2009.nc", "JMA_co2map_2010.nc"]
    assert sorted(tmp_path.iterdir()) == paths


def test_plain_files_by_the_month_fill_in_two_digits(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(
        clients.urllib.request,
        "urlopen",
        lambda address, timeout: seen.append(address) or io.BytesIO(b"whole"),
    )
    clients.fetch("carbontracker_xco2", CHINA_SEAS, ("2009-12", "2010-01"), tmp_path)
    assert [a[-10:] for a in seen] == ["2009-12.nc", "2010-01.nc"]
