"""Laws of acidification: carbon closes, alkalinity stays, nothing happens under a constant air, tiles do not matter."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.carbon.acidification import acidify
from shanhai.models.box.books import ledger
from shanhai.ocean import acidification as surface

xarray = pytest.importorskip("xarray")

PLACES = surface.Places(
    jnp.array([26.0, 10.0, -1.0]),
    jnp.array([35.0, 34.5, 33.8]),
    jnp.array([2300e-6, 2290e-6, 2285e-6]),
    4.5e-5,
    jnp.array([60.0, 90.0, 120.0]),
    1.2e-4,
    jnp.array([1.0, 1.0, 0.4]),
)
START = jnp.array([1960e-6, 2070e-6, 2150e-6])
YEARS = 60


def air(time):
    """CO2 that rises after the first year, and warming."""
    later = jnp.maximum(time - 1.0, 0.0)
    return surface.Air(280e-6 * 1.01**later, later / YEARS)


RISING = air(jnp.arange(YEARS) + 0.5)
project = jax.jit(surface.project)


@pytest.fixture(scope="module")
def rising():
    return project(PLACES, START, RISING, 1.0)


def test_carbon_closes_and_alkalinity_stays_to_the_bit(rising):
    one = surface.Places(10.0, 35.0, 2300e-6, 4.5e-5, 75.0, 1.2e-4, 1.0)
    net = surface.network(one, jnp.asarray(2e-3), surface.Air(jnp.asarray(3e-4), jnp.asarray(0.0)))
    for place in range(3):
        rows = ledger(net, rising.start[:, place], rising.end[:, place], rising.throughput[:, place])
        assert {row.quantity for row in rows} == {"C", "Alk"}
        assert all(row.closes for row in rows)
    alkalinity = net.index("alkalinity.surface")
    assert np.array_equal(rising.start[alkalinity], rising.end[alkalinity])


def test_flux_and_content_are_the_same_carbon(rising):
    taken = -np.asarray(rising.waters.flux).sum(axis=0) * 365.25 * 86400.0
    stored = (rising.end - rising.start)[: 1 + len(surface.LAYERS)].sum(axis=0)
    natural = surface.natural_flux(surface.broadcast(PLACES), START, jax.tree.map(lambda a: a[0], RISING))
    assert np.allclose(stored, taken + natural * YEARS * 365.25 * 86400.0, rtol=1e-9)


def test_under_a_constant_air_nothing_changes():
    constant = surface.Air(280e-6 * jnp.ones(YEARS), jnp.zeros(YEARS))
    made = project(PLACES, START, constant, 1.0)
    assert np.allclose(made.waters.dic, START, rtol=1e-12)
    assert np.allclose(made.waters.ph, made.waters.ph[0], atol=1e-11)


def test_ph_and_saturation_fall_as_co2_rises_and_less_under_ice(rising):
    for name in ("ph", "omega_aragonite", "omega_calcite"):
        assert np.all(np.diff(getattr(rising.waters, name), axis=0) < 0)
    assert np.all(np.asarray(rising.waters.omega_calcite) > np.asarray(rising.waters.omega_aragonite))
    open_sea = project(PLACES._replace(open_water=jnp.ones(3)), START, RISING, 1.0)
    assert float(open_sea.waters.ph[-1, 2]) < float(rising.waters.ph[-1, 2])


def test_halved_steps_give_the_same_but_for_the_lag_of_half_a_step(rising):
    half = project(PLACES, START, air((jnp.arange(YEARS) + 0.5) / 2), 0.5)
    assert np.allclose(half.waters.ph[1::2], rising.waters.ph[: YEARS // 2], atol=1e-3)


def dataset(count):
    rng = np.random.default_rng(1)
    values = {
        "temperature": (rng.uniform(0, 28, count), "degC"),
        "salinity": (rng.uniform(33, 36, count), "1"),
        "alkalinity": (rng.uniform(2250, 2350, count), "umol kg-1"),
        "wind_speed_mean_square": (rng.uniform(40, 120, count), "m2 s-2"),
    }
    return xarray.Dataset({n: ("place", v, {"units": u}) for n, (v, u) in values.items()})


def test_places_do_not_see_one_another_whatever_the_tile(monkeypatch):
    monkeypatch.setattr("shanhai.carbon.acidification.TILE", 4)
    sea = dataset(7)
    sea["temperature"][2] = np.nan
    years, ppm = np.arange(1990.5, 2000.5), 350.0 + 2.0 * np.arange(10)
    later = acidify(sea, years, ppm, outputs=("ph_total", "dic"))
    backward = acidify(sea.isel(place=slice(None, None, -1)), years, ppm, outputs=("ph_total", "dic"))
    assert np.allclose(later.ph_total, backward.ph_total[:, ::-1], rtol=1e-14, equal_nan=True)
    assert np.isnan(later.ph_total[:, 2]).all()
    assert np.isfinite(later.ph_total.isel(place=[0, 1, 3, 4, 5, 6])).all()
    assert later.ph_total.dims == ("time", "place")
    assert later.dic.attrs["units"] == "umol kg-1"
    assert later.ph_total.attrs["standard_name"] == "sea_water_ph_reported_on_total_scale"


def test_the_horizon_is_where_saturation_crosses_one():
    years = jnp.array([2000.0, 2010.0, 2020.0])
    falls = jnp.array([[1.4, 3.0, 0.9, 1.0], [1.1, 2.9, 0.8, 1.0], [0.7, 2.8, 0.7, 0.5]])
    assert np.allclose(surface.horizon_year(years, falls), [2012.5, np.nan, 2000.0, 2010.0], equal_nan=True)
