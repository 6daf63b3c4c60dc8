"""Uncertainty of maps and net flux: exact sums, analytic limits, delta method and Monte Carlo agree."""

import jax
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from shanhai.core.errors import InputError
from shanhai.monitoring.areas import sea_areas
from shanhai.monitoring.config import FluxSection, NetFluxSection, SeaArea, UncertaintySection
from shanhai.monitoring.flux import flux_fields
from shanhai.monitoring.monte_carlo import monte_carlo
from shanhai.monitoring.net_flux import cell_area, integrate
from shanhai.monitoring.uncertainty import flux_uncertainty, net_flux_uncertainty, with_uncertainty
from shanhai.numerics.correlated import ExponentialCorrelation, chord_length, random_field

LAT, LON = np.arange(22.5, 26.0), np.arange(118.5, 123.0)
FLUX = FluxSection()
PARTS = [
    "pco2_sea",
    "xco2",
    "sea_surface_temperature",
    "sea_surface_salinity",
    "wind_speed",
    "air_pressure",
    "transfer_velocity",
]
NONE = dict.fromkeys(PARTS, 0.0)


def dataset(months=2, seed=0, flux=FLUX, missing=0):
    rng = np.random.default_rng(seed)
    shape = (months, LAT.size, LON.size)

    def draw(low, high):
        return (("time", "latitude", "longitude"), rng.uniform(low, high, shape))

    edges = pd.date_range("2010-01-01", periods=months + 1, freq="MS").values.astype("datetime64[ns]")
    wind = rng.uniform(6, 9, shape)
    inputs = {
        "pco2_sea": draw(30, 36),
        "xco2": draw(388, 392),
        "sea_surface_temperature": draw(15, 25),
        "sea_surface_salinity": draw(30, 35),
        "wind_speed": (("time", "latitude", "longitude"), wind),
        "wind_speed_mean_square": (("time", "latitude", "longitude"), 1.25 * wind**2),
        "air_pressure": draw(101000, 102000),
    }
    prepared = xr.Dataset(inputs, coords={"time": edges[:-1], "latitude": LAT, "longitude": LON})
    hole = prepared["latitude"] < LAT[0] + missing
    prepared["pco2_sea"] = prepared["pco2_sea"].where(~hole)
    fields = prepared.merge(flux_fields(prepared, flux, ("co2_flux",)))
    bounds = np.stack([edges[:-1], edges[1:]], axis=1)
    return fields.assign(time_bounds=(("time", "bounds"), bounds), cell_area=cell_area(LAT, LON, 1.0))


def job(**net):
    areas = (
        SeaArea(name="all", box=(118, 22, 123, 26)),
        SeaArea(name="west", box=(118, 22, 120, 26)),
    )
    section = NetFluxSection(totals=("month", "all"), areas=areas, **net)
    land = np.zeros((LAT.size, LON.size), dtype=bool)
    return section, sea_areas(section, LAT, LON, land)


def weighted_parts(fields, areas, section, parts):
    """Every input's first-order errors times formulas (13), (14) and (16): (input, time, cell)."""
    days = float((np.diff(fields["time_bounds"].values, axis=1) / np.timedelta64(1, "D")).sum())
    a = (fields["cell_area"].values * 1e6 * days * 1.2e-5 / fields.sizes["time"]).ravel()
    maps = flux_uncertainty(fields, section, FLUX)
    return np.stack([maps[p].values.reshape(fields.sizes["time"], -1) * a for p in parts])


def brute_force(lat, lon, length):
    la, lo = (x.ravel() for x in np.meshgrid(lat, lon, indexing="ij"))
    return np.exp(-chord_length(la[:, None], la[None], lo[:, None] - lo[None]) / length)


@pytest.mark.parametrize("length", [1e-3, 1e5, 4e5, 3e6, 1e12])
@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        (np.arange(-85.0, 90.0, 10.0), np.arange(-175.0, 180.0, 10.0)),
        (np.arange(-85.0, 90.0, 10.0), np.arange(-172.0, 188.0, 8.0)),
        (np.arange(20.25, 27.0, 0.5), np.arange(174.25, 186.0, 0.5)),
        (np.array([30.5]), np.array([120.5])),
    ],
    ids=["globe", "globe_odd", "region", "cell"],
)
def test_the_sum_by_fourier_transform_is_the_double_sum(lat, lon, length):
    rng = np.random.default_rng(1)
    g, h = rng.normal(size=(2, 3, lat.size, lon.size))
    correlation = ExponentialCorrelation(lat, lon, length)
    fast = correlation.bilinear(correlation.aggregate(g), correlation.aggregate(h))
    exact = np.einsum("ci,ij,cj->c", g.reshape(3, -1), brute_force(lat, lon, length), h.reshape(3, -1))
    scale = np.sqrt((g**2).sum((1, 2)) * (h**2).sum((1, 2)))
    np.testing.assert_allclose(fast / scale, exact / scale, atol=1e-10)


def test_kept_and_streamed_blocks_of_the_correlation_give_the_same():
    lat, lon = np.arange(-88.0, 90.0, 4.0), np.arange(-178.0, 180.0, 4.0)
    g = np.random.default_rng(2).normal(size=(lat.size, lon.size))
    kept, streamed = (ExponentialCorrelation(lat, lon, 4e5, memory=m) for m in (5e8, 1.0))
    assert streamed.row_factor == 1  # 444 km cells are wider than L/4 already
    assert streamed.bilinear(g, g) == pytest.approx(float(kept.bilinear(g, g)), rel=1e-12)


@pytest.mark.parametrize(("side", "error"), [(4.0, 0.015), (1.0, 0.14)])
def test_blocks_err_by_less_than_documented(side, error):
    lat, lon = np.arange(20.05, 28.0, 0.2), np.arange(110.05, 118.0, 0.2)
    length = 4e5  # blocks of 1 degree are as wide as allowed
    w = np.cos(np.radians(lat))[:, None] * ((lat < 20 + side)[:, None] & (lon < 110 + side)[None, :])
    exact, coarse = (ExponentialCorrelation(lat, lon, length, memory=m) for m in (5e8, 1.0))
    assert (exact.row_factor, coarse.row_factor) == (1, 4)
    exact, coarse = (float(c.bilinear(c.aggregate(w), c.aggregate(w))) for c in (exact, coarse))
    assert abs(coarse / exact - 1) < error


@pytest.mark.parametrize("length", [1.0, 2e5, 1e6])
def test_drawn_fields_have_the_stated_mean_variance_and_correlation(length):
    n = 2000
    la, lo = np.meshgrid(LAT, LON, indexing="ij")
    z = np.asarray(random_field(jax.random.key(3), la, lo, length, n, 64)).reshape(n, -1)
    assert np.abs(z.mean(axis=0)).max() < 5 / np.sqrt(n)
    np.testing.assert_allclose(z.T @ z / n, brute_force(LAT, LON, length), atol=5 * np.sqrt(2 / n))


def test_each_part_of_the_map_is_the_finite_difference():
    fields, section = dataset(), UncertaintySection()
    maps = flux_uncertainty(fields, section, FLUX)
    for name in PARTS[:-1]:
        step = 1e-5 * getattr(section, name)
        up, down = (fields.assign({name: fields[name] + s}) for s in (step, -step))
        if name == "wind_speed":  # all winds of the period are stretched alike
            for d in (up, down):
                d["wind_speed_mean_square"] = 1.25 * d["wind_speed"] ** 2
        change = flux_fields(up, FLUX, ("co2_flux",)) - flux_fields(down, FLUX, ("co2_flux",))
        slope = change["co2_flux"].values / (2 * step)
        np.testing.assert_allclose(maps[name].values, slope * getattr(section, name), rtol=2e-5, err_msg=name)
    np.testing.assert_allclose(maps["transfer_velocity"], 0.2 * fields["co2_flux"], rtol=1e-12)
    total = np.sqrt(sum(maps[p] ** 2 for p in PARTS))
    np.testing.assert_allclose(maps["co2_flux_uncertainty"], total, rtol=1e-12)


def test_lazy_maps_are_the_loaded_ones():
    fields = dataset(missing=1)
    lazy = flux_uncertainty(fields.chunk(time=1, latitude=2), UncertaintySection(), FLUX)
    loaded = flux_uncertainty(fields, UncertaintySection(), FLUX)
    for name, part in loaded.items():
        assert lazy[name].chunks
        np.testing.assert_allclose(lazy[name].values, part.values, rtol=1e-13)


def test_a_field_of_pco2_uncertainty_takes_precedence_and_the_number_fills_its_gaps():
    fields = dataset()
    given = xr.full_like(fields["pco2_sea"], 1.0)
    given[0, 0, 0] = np.nan
    plain = flux_uncertainty(fields, UncertaintySection(pco2_sea=3.0), FLUX)["pco2_sea"]
    mixed = flux_uncertainty(fields.assign(pco2_sea_uncertainty=given), UncertaintySection(pco2_sea=3.0), FLUX)
    ratio = (mixed["pco2_sea"] / plain).values
    assert ratio[0, 0, 0] == pytest.approx(1.0)
    np.testing.assert_allclose(ratio.ravel()[1:], 1 / 3, rtol=1e-12)


@pytest.mark.parametrize(
    ("length", "time"), [(1e-3, 0.0), (1e-3, 1e9), (1e12, 0.0), (1e12, 1e9)], ids=["00", "01", "10", "11"]
)
def test_uncorrelated_errors_add_in_squares_and_fully_correlated_ones_linearly(length, time):
    fields, section = dataset(), UncertaintySection(correlation_length=length, correlation_time=time)
    net, areas = job()
    table = net_flux_uncertainty(fields, areas, section, net, FLUX).set_index(["area", "total"])
    g = weighted_parts(fields, areas, section, PARTS[:-1])
    in_space = g.sum(axis=2) ** 2 if length > 1 else None
    if time == 0:
        expected = in_space.sum(axis=1) if length > 1 else (g**2).sum(axis=(1, 2))
    else:
        expected = g.sum(axis=(1, 2)) ** 2 if length > 1 else (g.sum(axis=1) ** 2).sum(axis=1)
    row = table.loc[("all", "all")]
    np.testing.assert_allclose(row[PARTS[:-1]].to_numpy(dtype=float), np.sqrt(expected), rtol=1e-6)
    total = np.sqrt(expected.sum() + row["transfer_velocity"] ** 2)
    assert row["net_co2_flux_uncertainty"] == pytest.approx(total, rel=1e-6)


def test_the_recursion_in_time_is_the_double_sum_over_periods():
    fields = dataset(months=4)
    section = UncertaintySection(correlation_length=3e5, correlation_time=40.0)
    net, areas = job()
    g = weighted_parts(fields, areas, section, PARTS[:-1])
    bounds = fields["time_bounds"].values
    middle = bounds.astype("int64").mean(axis=1) / 86400e9  # days
    rho = np.exp(-np.abs(middle[:, None] - middle[None]) / 40.0)
    expected = np.einsum("xti,ij,ts,xsj->x", g, brute_force(LAT, LON, 3e5), rho, g)
    table = net_flux_uncertainty(fields, areas, section, net, FLUX).set_index(["area", "total"])
    found = table.loc[("all", "all"), PARTS[:-1]].to_numpy(dtype=float)
    np.testing.assert_allclose(found, np.sqrt(expected), rtol=1e-9)


def test_the_law_alone_gives_its_relative_error_whatever_the_gaps():
    fields = dataset(missing=1)
    net, areas = job()
    section = UncertaintySection(**NONE | {"transfer_velocity": 0.2})
    table = integrate(fields, areas, net)
    table = with_uncertainty(table, fields, areas, section, net, FLUX)
    np.testing.assert_allclose(table["net_co2_flux_uncertainty"], 0.2 * np.abs(table["net_co2_flux"]), rtol=1e-12)
    np.testing.assert_allclose(table["mean_flux_uncertainty"], 0.2 * np.abs(table["mean_flux"]), rtol=1e-12)


@pytest.mark.parametrize(("length", "time"), [(1.0, 0.0), (2e5, 30.0), (1e9, 30.0)])
def test_delta_method_and_monte_carlo_agree(length, time):
    n = 1000
    fields, (net, areas) = dataset(missing=1), job()
    small = {"pco2_sea": 1.0, "wind_speed": 0.3, "transfer_velocity": 0.05}
    section = UncertaintySection(correlation_length=length, correlation_time=time, monte_carlo=n, seed=7, **small)
    drawn = monte_carlo(fields, areas, section, net, FLUX)
    delta = net_flux_uncertainty(fields, areas, section, net, FLUX)
    both = delta.merge(drawn["net_co2_flux"], on=["area", "total", "label"], suffixes=("", "_drawn"))
    for name in ("net_co2_flux_uncertainty", "mean_flux_uncertainty"):
        np.testing.assert_allclose(both[f"{name}_drawn"], both[name], rtol=4 / np.sqrt(2 * n) + 0.01)
    maps = flux_uncertainty(fields, section, FLUX)["co2_flux_uncertainty"]
    assert np.array_equal(np.isnan(maps), np.isnan(drawn["co2_flux"]))
    ratio = (drawn["co2_flux"] / maps).values
    assert np.nanmax(np.abs(ratio - 1)) < 5 / np.sqrt(2 * n) + 0.01
    mean = drawn["samples"].mean(axis=0)
    expected = integrate(fields, areas, net).merge(both, on=["area", "total", "label"], how="right")
    error = expected["net_co2_flux_uncertainty"].to_numpy()
    assert np.all(np.abs(mean - expected["net_co2_flux"]) < error * (4 / np.sqrt(n) + 0.05))


def test_the_same_seed_draws_the_same_and_another_seed_does_not():
    fields, (net, areas) = dataset(), job()
    first, again, other = (
        monte_carlo(fields, areas, UncertaintySection(monte_carlo=30, seed=s), net, FLUX)["samples"] for s in (1, 1, 2)
    )
    assert first.shape == (30, 6)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_table_keeps_its_rows_and_gains_both_kinds_of_uncertainty():
    fields, (net, areas) = dataset(), job()
    table = integrate(fields, areas, net)
    full = with_uncertainty(table, fields, areas, UncertaintySection(monte_carlo=20), net, FLUX)
    assert full[table.columns].equals(table)
    gained = ["mean_flux_uncertainty", "net_co2_flux_uncertainty"]
    assert {c for c in full if c not in table} == {*gained, *(f"{g}_monte_carlo" for g in gained)}
    assert (full[gained] > 0).all(axis=None)


def test_an_area_without_data_has_no_uncertainty():
    fields, (net, areas) = dataset(missing=4), job()
    table = net_flux_uncertainty(fields, areas, UncertaintySection(), net, FLUX)
    assert table["net_co2_flux_uncertainty"].isna().all()


def test_monte_carlo_refuses_one_sample_and_uneven_grids_are_refused():
    fields, (net, areas) = dataset(), job()
    with pytest.raises(InputError, match="two samples"):
        monte_carlo(fields, areas, UncertaintySection(monte_carlo=1), net, FLUX)
    with pytest.raises(InputError, match="evenly spaced"):
        ExponentialCorrelation([0.0, 1.0], [0.0, 1.0, 3.0], 1e5)
