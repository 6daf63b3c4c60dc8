"""A real cruise (Atlantic, October-November 2013) against kriged pCO2 of 2010 through clause 4.5."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from shanhai.core.errors import InputError
from shanhai.io.sources import TableSource
from shanhai.io.tables import read_table
from shanhai.monitoring.assessment import assess_accuracy
from shanhai.monitoring.config import AccuracySection, FluxSection

CRUISE = "socat_74JC20131009_kitidis.tsv"
UATM = 0.101325  # Pa


@pytest.fixture(scope="module")
def product_2010(airsea_data: Path) -> xr.Dataset:
    """Monthly pCO2 of 2010 as a dataset of the flux job; lazy."""
    raw = xr.open_dataset(airsea_data / "socatv4_kriged_1deg_monthly_2010.nc", chunks={})
    months = np.arange("2010-01", "2011-02", dtype="M8[M]").astype("M8[ns]")
    field = raw["pCO2_2010_interpolated_pred"].rename(month="time", lat="latitude", lon="longitude")
    field = field.assign_coords(time=months[:-1]).astype(float) * UATM
    bounds = (("time", "bounds"), np.stack([months[:-1], months[1:]], axis=1))
    return xr.Dataset({"pco2_sea": field, "time_bounds": bounds})


def assess(product: xr.Dataset, folder: Path, **rules: str | int):
    section = AccuracySection(data=TableSource(file=str(folder / CRUISE)), quantities=("pco2_sea",), **rules)
    return assess_accuracy(product, section, FluxSection())


def test_a_cruise_of_2013_is_refused_for_a_product_of_2010(product_2010, airsea_data):
    with pytest.raises(InputError, match=r"2013-10-09 to 2013-11-08.*2010-01-01 to 2010-12-31.*climatology"):
        assess(product_2010, airsea_data)


@pytest.mark.parametrize("window", [3, 5])
def test_climatological_verdict_names_the_mismatch(product_2010, airsea_data, window):
    got = assess(product_2010, airsea_data, match="climatology", window=window)
    result = got.results[0]
    assert result.passed is False
    assert result.n == len(got.match_ups["pco2_sea"]) == 144
    said = " ".join(s.en for s in result.reasons)
    for words in (
        "under the reservation",
        "2013-10-09 to 2013-11-08",
        "2010-01-01 to 2010-12-31",
        "too concentrated",
    ):
        assert words in said
    assert any("27 of 144 cells (19%)" in s.en for s in got.notes)


def test_match_ups_agree_with_a_plain_loop_over_the_table(product_2010, airsea_data):
    """The same numbers by hand: fCO2 to pCO2 aside, every step is written out again in plain Python."""
    got = assess(product_2010, airsea_data, match="climatology")
    pairs, result = got.match_ups["pco2_sea"], got.results[0]
    table = read_table(TableSource(file=str(airsea_data / CRUISE)))
    cells: dict[tuple[int, int, int], list[float]] = {}
    for time, lat, lon, value in table[["time", "latitude", "longitude", "pco2_sea"]].itertuples(index=False):
        key = (time.month - 1, int(np.floor(lat)) + 90, int(np.floor(lon)) + 180)
        cells.setdefault(key, []).append(value)
    field = product_2010["pco2_sea"].values
    x, y = [], []
    for (month, row, column), values in sorted(cells.items()):
        v = np.array(values)
        if len(v) >= 3:
            v = v[np.abs(v - v.mean()) <= 3 * v.std() * (1 + 1e-12)]
        around = field[month, row - 1 : row + 2, column - 1 : column + 2]
        valid = around[np.isfinite(around)]
        if valid.size > 4.5 and valid.std() / valid.mean() < 0.25:
            x.append(v.mean())
            y.append(valid.mean())
    np.testing.assert_allclose(pairs["in_situ"], x)
    np.testing.assert_allclose(pairs["product"], y)
    assert result.correlation == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert result.rmse == pytest.approx(np.sqrt(np.mean((np.array(x) - y) ** 2)))
