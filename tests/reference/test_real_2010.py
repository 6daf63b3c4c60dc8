"""The whole job on real fields of 2010: China seas and globe, and a real cruise through clause 4.5.

Reference values are of this very data set (SOCATv4 pCO2, satellite winds with their moments, WOA18 salinity).
"""

from pathlib import Path

import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.monitoring import assess
from shanhai.monitoring.config import parse

CHINA_SEAS = (117.0, 23.0, 131.0, 41.0)
SEASONS = {"DJF": (1, 2, 12), "MAM": (3, 4, 5), "JJA": (6, 7, 8), "SON": (9, 10, 11)}
QUIET = {"figures": False}


def inputs(folder: Path) -> dict:
    """Inputs of 2010 in the files as they were published."""
    surface = {"files": str(folder / "socatv4_kriged_1deg_monthly_2010.nc"), "months_of": 2010}
    forcing = {"files": str(folder / "satellite_forcing_1deg_monthly_2010.nc"), "months_of": 2010}
    wind = forcing | {"valid_when": {"variable": "wind_speed_cor_count"}}
    return {
        "pco2_sea": surface | {"variable": "pCO2_2010_interpolated_pred"},
        "xco2": surface | {"variable": "vCO2"},
        "sea_surface_temperature": forcing | {"variable": "sst_skin_mean", "out_of_range": "missing"},
        "sea_surface_salinity": {
            "files": str(folder / "woa18_sss_1deg_monthly.nc"),
            "variable": "sss",
            "climatology": True,
        },
        "wind_speed": wind | {"variable": "wind_speed_cor_mean"},
        "wind_speed_mean_square": wind | {"variable": "wind_speed_cor_moment_2", "units": "m2 s-2"},
        "wind_speed_mean_cube": wind | {"variable": "wind_speed_cor_moment_3", "units": "m3 s-3"},
        "air_pressure": forcing | {"variable": "msl_mean"},
    }


def job(folder: Path, box: tuple[float, ...] = CHINA_SEAS, **sections):
    west, south, east, north = box
    return parse(
        {
            "kind": "flux",
            "title": "2010",
            "region": {"west": west, "south": south, "east": east, "north": north},
            "time": {"start": "2010-01", "end": "2010-12"},
            "grid": {"resolution": 1.0},
            "inputs": inputs(folder),
            "net_flux": {"areas": [{"name": "area", "box": list(box)}]},
            **sections,
        }
    )


def means(report) -> dict[str, float]:
    """Mean flux by label of every month, season and year."""
    return report.net_flux.set_index("label")["mean_flux"].to_dict()


def seasonal(monthly: dict[str, float]) -> dict[str, float]:
    """Mean of the three months of 2010 that carry the name of a season."""
    return {name: float(np.mean([monthly[f"2010-{m:02d}"] for m in months])) for name, months in SEASONS.items()}


@pytest.fixture(scope="module")
def china(airsea_data):
    """Fields and report of the China seas with wind moments and uncertainty."""
    return assess(job(airsea_data, uncertainty={}))


@pytest.fixture(scope="module")
def china_steady_winds(airsea_data):
    """The same without the winds inside the months."""
    return assess(job(airsea_data, flux={"wind_compensation": "none"}))


def test_china_seas_take_up_co2_in_winter_and_are_neutral_in_summer(china):
    for name, expected in {"DJF": -10.1, "MAM": -6.9, "JJA": -0.2, "SON": -2.6}.items():
        assert seasonal(means(china[1]))[name] == pytest.approx(expected, abs=0.1), name


def test_seasons_of_the_table_are_those_of_the_calendar(china):
    """MAM, JJA and SON are whole; the winters of 2009/10 and 2010/11 are not, and say so."""
    table = china[1].net_flux.set_index("label")
    assert table.complete[["2010-MAM", "2010-JJA", "2010-SON", "2010"]].all()
    assert not table.complete[["2010-DJF", "2011-DJF"]].any()
    assert table.days[["2010-DJF", "2011-DJF"]].tolist() == [59.0, 31.0]
    for name in ("MAM", "JJA", "SON"):  # other cells count in a season than in each month: clause 4.6.2.1
        assert table.mean_flux[f"2010-{name}"] == pytest.approx(seasonal(means(china[1]))[name], abs=0.05)


def test_without_winds_inside_the_month_the_sink_is_weaker_by_the_compensation(china, china_steady_winds):
    fields, steady = china[0], china_steady_winds[0]
    np.testing.assert_allclose(steady.co2_flux * fields.wind_compensation, fields.co2_flux, rtol=1e-12)
    full, less = (seasonal(means(r)) for _, r in (china, china_steady_winds))
    for name, expected in {"DJF": 1.37, "MAM": 1.43, "SON": 1.34}.items():
        assert full[name] / less[name] == pytest.approx(expected, abs=0.06), name
    notes = [" ".join(s.en for s in r.notes) for _, r in (china, china_steady_winds)]
    assert "compensation factor is 1" not in notes[0]
    assert "compensation factor is 1" in notes[1]


def test_every_total_has_an_uncertainty_that_its_data_allow(china):
    fields, report = china
    table = report.net_flux
    for name in ("mean_flux_uncertainty", "net_co2_flux_uncertainty"):
        assert (table[name] > 0).all()
    both = fields.co2_flux.notnull() & fields.co2_flux_uncertainty.isnull()
    assert not bool(both.any())
    year = table.set_index("label").loc["2010"]
    assert 0.2 < year.net_co2_flux_uncertainty / abs(year.net_co2_flux) < 0.6


@pytest.mark.slow
def test_global_ocean_takes_up_a_third_more_with_the_winds_inside_the_month(airsea_data):
    """Net flux of the globe in 2010, -3.6 Pg C with and -2.7 Pg C without wind moments, SST of the skin as it is."""
    land = {
        "files": str(airsea_data / "onedeg_land.nc"),
        "variable": "land_proportion",
        "global_rows": "north_to_south",
    }
    globe = (-180.0, -90.0, 180.0, 90.0)
    net = {}
    for winds in ("from_winds", "none"):
        section = {"totals": ["year"], "require_every_subperiod": False, "land": land}
        config = job(airsea_data, globe, net_flux=section, flux={"wind_compensation": winds})
        table = assess(config)[1].net_flux
        assert table.sea_area.item() == pytest.approx(3.65e8, rel=0.01)  # km2
        assert table.coverage.item() == "good"
        net[winds] = table.net_co2_flux.item() / 1e12
    assert net["from_winds"] == pytest.approx(-3.60, abs=0.02)
    assert net["from_winds"] / net["none"] == pytest.approx(1.336, abs=0.005)


def atlantic(folder: Path, match: str):
    """The job along the cruise, assessed by it."""
    data = {"file": str(folder / "socat_74JC20131009_kitidis.tsv")}
    return job(folder, (-65.0, -52.0, 0.0, 52.0), accuracy={"data": data, "match": match}, output=QUIET, net_flux={})


def test_cruise_of_another_year_is_refused_before_anything_is_written(airsea_data, tmp_path):
    parts = []
    with pytest.raises(InputError, match=r"2013-10-09 to 2013-11-08.*2010-01-01 to 2010-12-31.*climatology"):
        assess(atlantic(airsea_data, "time"), out=tmp_path / "out", watch=lambda *part: parts.append(part))
    assert not parts
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_climatological_verdict_names_both_time_spans(airsea_data):
    report = assess(atlantic(airsea_data, "climatology"))[1]
    assert [r.quantity for r in report.accuracy] == ["pco2_sea", "co2_flux"]
    for result in report.accuracy:
        said, said_zh = (" ".join(s.in_language(lang) for s in result.reasons) for lang in ("en", "zh"))
        assert result.passed is False
        assert "under the reservation" in said
        for span in ("2013-10-09", "2013-11-08", "2010-01-01", "2010-12-31"):
            assert span in said
            assert span in said_zh
    assert report.accuracy[0].n == len(report.match_ups["pco2_sea"]) > 100
    assert any("HY/T 0343.4-2022 is not at hand" in s.en for s in report.notes)
