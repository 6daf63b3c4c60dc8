"""Hostile inputs of acidification are refused with a sentence that helps."""

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.carbon.acidification import acidify
from shanhai.core.errors import InputError
from shanhai.ocean.acidification import Places, broadcast

xarray = pytest.importorskip("xarray")

YEARS, PPM = np.arange(2000.5, 2010.5), np.linspace(370.0, 390.0, 10)
GOOD = {
    "temperature": (18.0, "degC"),
    "salinity": (35.0, "1"),
    "alkalinity": (2300.0, "umol kg-1"),
    "wind_speed_mean_square": (60.0, "m2 s-2"),
}


def sea(**changed):
    rows = GOOD | changed
    return xarray.Dataset({n: ("place", [row[0]], {"units": row[1]}) for n, row in rows.items() if row})


@pytest.mark.parametrize(
    ("waters", "years", "ppm", "words"),
    [
        (sea(alkalinity=None), YEARS, PPM, "no alkalinity"),
        (sea(alkalinity=(2.3, "W m-2")), YEARS, PPM, "does not measure the same"),
        (sea(temperature=(18.0, "")), YEARS, PPM, "unit is missing"),
        (sea(temperature=(180.0, "degC")), YEARS, PPM, "temperature has 180"),
        (sea(), YEARS, PPM[:-1], "shape"),
        (sea(), YEARS[::-1], PPM, "equal steps"),
        (sea(), YEARS, np.where(PPM > 380, np.nan, PPM), "missing or not positive"),
    ],
)
def test_refused(waters, years, ppm, words):
    with pytest.raises(InputError, match=words):
        acidify(waters, years, ppm)


def test_unknown_output_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="ph_total"):
        acidify(sea(), YEARS, PPM, outputs=("acidity",))


def test_places_that_do_not_fit_are_refused():
    ones = jnp.ones(3)
    with pytest.raises(InputError, match="do not fit"):
        broadcast(Places(ones, jnp.ones(2), ones, 1.0, 1.0, 1.0, 1.0))
    with pytest.raises(InputError, match="axes"):
        broadcast(Places(jnp.ones((2, 3)), 35.0, 1.0, 1.0, 1.0, 1.0, 1.0))


@pytest.mark.parametrize("changed", [{"scenarios": ("ssp999",)}, {"first": 1900}, {"last": 2400}, {"last": 2050}])
def test_preset_refuses_scenarios_and_years_that_are_not_there(changed):
    from shanhai.carbon.presets import acidification

    with pytest.raises(InputError):
        acidification.run(acidification.Settings(**changed))
