"""Laws of the regional boxes: books close, alkalinity is untouched by the air, parts add up to the whole."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.reactions import Network
from shanhai.models.box import equatorial_pacific as pacific
from shanhai.models.box import north_atlantic as north
from shanhai.models.box import sea_ice as ice
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.forced import forced
from shanhai.ocean.boxes import Boxes
from shanhai.ocean.mixed_layer import entrainment, water
from shanhai.ocean.sea_ice import Heat, Ice, Weather, heat_step
from shanhai.seawater.seasonal_pco2 import seasonal_parts

pytestmark = pytest.mark.slow  # compiling takes long


def moves_alkalinity(network):
    row = network.quantities.index("Alk")
    nu = np.asarray(network.stoichiometry(jnp.ones(len(network.species))))
    moved = network.contents[row] @ np.abs(nu) > 0
    return {r.name for r, moves in zip(network.reactions, moved) if moves}


@pytest.fixture(scope="module")
def equatorial():
    return pacific.run(pacific.Settings())


class TestEquatorialPacific:
    def test_books_close(self, equatorial):
        assert {row.quantity for row in equatorial.ledger} == {"C", "Alk", "P"}
        assert all(row.closes for row in equatorial.ledger)

    def test_gas_exchange_leaves_alkalinity_alone(self):
        moving = moves_alkalinity(pacific.network(pacific.Settings()))
        assert moving
        assert not {name for name in moving if "vasion" in name}

    def test_parts_of_pressure_and_of_flux_add_up_in_either_order(self, equatorial):
        for order in ("warming_first", "warming_last"):
            assert np.sum(equatorial.series[f"pco2_{order}"].values) == pytest.approx(equatorial.number("delta_pco2"))
            assert np.sum(equatorial.series[f"flux_{order}"].values) == pytest.approx(equatorial.number("flux"))

    def test_runs_add_up_with_their_interaction(self, equatorial):
        names = ("carbon_by_runs", "warming_by_runs", "interaction_of_runs", "rest_of_runs")
        assert sum(equatorial.number(n) for n in names) == pytest.approx(equatorial.number("flux"))

    def test_simple_estimate_errs_by_what_sinks(self, equatorial):
        assert equatorial.number("simple_error") == pytest.approx(equatorial.number("export"), rel=1e-6)
        assert equatorial.number("export") > 0

    def test_more_upwelling_gives_more_carbon_and_cold(self, equatorial):
        upwelling, temperature = (equatorial.series[n].values for n in ("upwelling", "temperature"))
        assert np.corrcoef(upwelling, temperature)[0, 1] < -0.9
        yearly_up, yearly_flux = (x.reshape(8, -1).mean(axis=1) for x in (upwelling, equatorial.series["flux"].values))
        assert yearly_flux[np.argmax(yearly_up)] > 1.2 * yearly_flux[np.argmin(yearly_up)]


@pytest.fixture(scope="module")
def atlantic():
    return north.run(north.Settings())


class TestNorthAtlantic:
    def test_books_close(self, atlantic):
        assert {row.quantity for row in atlantic.ledger} == {"water", "C", "Alk", "P"}
        assert all(row.closes for row in atlantic.ledger)

    def test_gas_exchange_leaves_alkalinity_alone(self):
        assert not {name for name in moves_alkalinity(north.network(north.Settings())) if "vasion" in name}

    def test_water_of_a_year_stays_and_the_year_repeats_itself(self, atlantic):
        assert next(row for row in atlantic.ledger if row.quantity == "water").change == 0.0
        assert float(atlantic.notes[-1].split(" to ")[1].split()[0]) < 1e-4

    def test_definitions_add_up_with_what_they_leave_over(self, atlantic):
        added = ("solubility_added", "biology_added", "interaction", "rest")
        assert sum(atlantic.number(n) for n in added) == pytest.approx(atlantic.number("flux"))
        parts = ("solubility_by_export", "biology_by_export")
        assert sum(atlantic.number(n) for n in parts) == pytest.approx(atlantic.number("flux"))
        removed = atlantic.number("solubility_removed") - atlantic.number("solubility_added")
        assert removed == pytest.approx(atlantic.number("interaction"))

    def test_the_sink_is_deeper_with_each_pump_and_with_industry(self, atlantic):
        for name in ("solubility_added", "biology_added", "anthropogenic", "seasonal_temperature"):
            assert atlantic.number(name) < 0


def test_a_uniform_content_stays_uniform_through_deepening_and_shoaling():
    net = Network(
        (*water("mixed", "below"), *Boxes(("mixed", "below"), jnp.ones(2)).species(("dic",))),
        entrainment(("dic",), lambda growth: growth),
        0.1,
    )
    start = jnp.array([1.0, 4.0, 2e-3, 8e-3])
    course = forced(RungeKutta(3), net, start, jnp.array([0.5, 0.4, -0.7, -0.1, 0.9]), 1.0)
    assert np.allclose(course.x[:, 0], [1.5, 1.9, 1.2, 1.1, 2.0], rtol=1e-14)
    assert np.allclose(course.x[:, 2:] / course.x[:, :2], 2e-3, rtol=1e-14)


def test_seasonal_parts_of_a_temperature_cycle_alone_are_thermal():
    temperature = 10.0 + 3.0 * jnp.cos(jnp.linspace(0, 2 * jnp.pi, 13)[:-1])
    pco2 = 36.0 * jnp.exp(0.0423 * (temperature - 10.0))
    parts = seasonal_parts(pco2, temperature)
    assert float(parts.rest_range) < 1e-12
    assert float(parts.thermal_range) == pytest.approx(float(jnp.ptp(pco2)), rel=0.01)


@pytest.fixture(scope="module")
def polar():
    return ice.run(ice.Settings())


class TestSeaIce:
    def test_books_of_water_salt_carbon_and_alkalinity_close(self, polar):
        assert {row.quantity for row in polar.ledger} == {"water", "salt", "C", "Alk"}
        assert all(row.closes for row in polar.ledger)

    def test_gas_exchange_leaves_alkalinity_alone(self):
        moving = moves_alkalinity(ice.network(ice.Settings()))
        assert {"ikaite", "alkalinity frozen", "alkalinity melted"} <= moving
        assert not {name for name in moving if "vasion" in name}

    def test_cases_add_up_with_their_interaction(self, polar):
        names = ("flux_no_ice", "lid", "brine", "interaction", "ikaite")
        assert sum(polar.number(n) for n in names) == pytest.approx(polar.number("flux"))

    def test_lid_alone_moves_no_salt_and_shuts_the_sea_in_winter(self, polar):
        cases = [str(c) for c in polar.coordinates["case"].values]
        lid, none = cases.index("lid only"), cases.index("no ice")
        assert np.ptp(polar.series["salinity"].values[:, lid]) < 1e-9
        winter = slice(0, 90)
        flux = np.abs(polar.series["flux"].values[winter])
        assert np.all(flux[:, lid] < 0.2 * flux[:, none])

    def test_freezing_concentrates_and_raises_pco2_under_the_ice_and_ikaite_more(self, polar):
        assert polar.number("salinity_rise") > 0.5
        assert polar.number("pco2_under_ice") > 5.0
        assert polar.number("pco2_by_ikaite") > 1.0

    def test_dic_and_alkalinity_follow_salt_where_ice_keeps_the_same_part(self, polar):
        case = [str(c) for c in polar.coordinates["case"].values].index("lid and brine")
        ratio = polar.series["alkalinity"].values[:, case] / polar.series["salinity"].values[:, case]
        assert np.allclose(ratio, ratio[0], rtol=1e-9)


def test_ice_and_water_exchange_all_that_either_loses():
    settings = ice.Settings()
    only = tuple(r for r in ice.network(settings).reactions if r.name.split()[-1] in ("frozen", "melted", "ikaite"))
    net = Network(ice.network(settings).species, only, ice.Moment(*[jnp.asarray(1e-4)] * 6))
    start = ice.beginning(settings, jnp.asarray(0.8))[:, -1]
    season = jnp.array([2e-4] * 5 + [0.0] * 9)
    moment = ice.Moment(season, jnp.where(season > 0, 0.0, 1.2e-4), *[0.3 * jnp.ones(14)] * 3, 2e-4 * jnp.ones(14))
    made = forced(RungeKutta(3), net, start, moment, 5 * 86400.0)
    for row in net.contents:
        total = np.concatenate([[start], np.asarray(made.x)]) @ row
        assert np.allclose(total, total[0], rtol=1e-13)
    assert np.all(np.asarray(made.x)[:, :8] > 0)


def test_heat_gained_is_heat_stored_or_ice_melted():
    settings = ice.Settings()
    heat, did = jax.jit(ice.heat_year)(settings)
    stored = heat.stored - settings.ice.density * settings.ice.latent_heat * heat.thickness
    assert np.allclose(np.diff(stored), did.gained[1:], atol=1e-6 * float(jnp.abs(stored).max()))
    grown = jnp.cumsum(did.grown - did.melted) / settings.ice.density
    assert np.allclose(grown, heat.thickness - heat.thickness[-1] + grown[-1], atol=1e-9)
    assert 0.0 <= float(heat.thickness.min()) < float(heat.thickness.max())


def test_thickness_of_ice_under_steady_cold_grows_with_the_root_of_time():
    # Stefan: h^2 = 2 k (T_f - T_s) t / (rho L), without snow, leads and ocean heat, at a surface held by strong cooling
    frozen = eqx.tree_at(
        lambda i: (i.snow, i.leads, i.ocean_heat, i.response, i.closing),
        Ice(),
        tuple(jnp.asarray(v) for v in (1e-6, 0.0, 0.0, 1e4, 1e-3)),
    )
    weather = Weather(jnp.asarray(-20e4), jnp.asarray(0.0))
    day = jax.jit(lambda s: heat_step(frozen, 40.0, s, weather, 86400.0)[0])
    state, thick = Heat(jnp.asarray(0.5), jnp.asarray(0.0)), []
    for _ in range(40):
        state = day(state)
        thick.append(float(state.thickness))
    slope = 2 * frozen.conductivity * 18.25 / (frozen.density * frozen.latent_heat)
    expected = np.sqrt(0.25 + float(slope) * 86400.0 * np.arange(1, 41))
    assert np.allclose(thick, expected, rtol=0.01)
