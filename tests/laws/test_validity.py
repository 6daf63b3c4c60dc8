"""A fit used outside its range is flagged in the map and counted in the report."""

import numpy as np
import pytest
import xarray as xr

from shanhai.monitoring import assess
from shanhai.monitoring.config import FluxSection
from shanhai.monitoring.flux import flux_fields
from shanhai.monitoring.validity import FITS, FLAG, LAW, SCHMIDT, SOLUBILITY


def column(**changes) -> xr.Dataset:
    """Five cells of one month; changes put values outside."""
    values = {
        "pco2_sea": [35.0] * 5,
        "xco2": [390.0] * 5,
        "sea_surface_temperature": [20.0] * 5,
        "sea_surface_salinity": [34.0] * 5,
        "wind_speed": [7.0] * 5,
        "air_pressure": [101325.0] * 5,
    } | changes
    axes = {"time": np.array(["2010-01-01"], "M8[ns]"), "latitude": [30.5], "longitude": 120.5 + np.arange(5)}
    dims = ("time", "latitude", "longitude")
    return xr.Dataset({n: (dims, np.reshape(v, (1, 1, 5))) for n, v in values.items()}, axes)


def flags(section: FluxSection, **changes) -> list[int]:
    return flux_fields(column(**changes), section, (FLAG,))[FLAG].values.ravel().tolist()


def test_every_bit_is_raised_by_its_own_fit():
    warm = {"sea_surface_temperature": [20.0, 31.0, -0.5, -1.5, np.nan]}
    assert flags(FluxSection(), **warm) == [0, 1, 1, 1 + 4, 0]
    assert flags(FluxSection(schmidt="wanninkhof_2014"), **warm) == [0, 0, 0, 4, 0]
    winds = {"wind_speed": [2.0, 3.0, 15.0, 16.0, np.nan]}
    assert flags(FluxSection(law="wanninkhof_2014"), **winds) == [2, 0, 0, 2, 0]
    assert flags(FluxSection(), **winds) == [0] * 5
    assert flags(FluxSection(), sea_surface_salinity=[0.0, 40.0, 40.5, 34.0, np.nan]) == [0, 0, 4, 0, 0]
    assert [f.bit for f in FITS] == [SCHMIDT.bit, LAW.bit, SOLUBILITY.bit] == [1, 2, 4]


def test_report_counts_fluxes_not_cells():
    holes = column(sea_surface_temperature=[20.0, 31.0, 31.0, 20.0, 20.0], pco2_sea=[35.0, np.nan, 35.0, 35.0, 35.0])
    fields, report = assess(holes)
    assert fields[FLAG].dtype == np.int8
    (said,) = [n.en for n in report.notes if FLAG in n.en]
    assert said.startswith("1 of 4 fluxes (25.0 %)")


def test_nothing_is_said_inside_the_ranges():
    _, report = assess(column())
    assert not [n for n in report.notes if FLAG in n.en]


@pytest.mark.parametrize("intermediate", [True, False])
def test_flag_is_always_written(tmp_path, intermediate):
    output = {"intermediate_fields": intermediate, "figures": False}
    assess(column(), out=tmp_path / "out", output=output)
    with xr.open_dataset(tmp_path / "out/fields/2010-01.nc") as written:
        assert written[FLAG].attrs["flag_meanings"].split() == [f.meaning for f in FITS]
        assert written[FLAG].attrs["flag_masks"].tolist() == [1, 2, 4]
