"""Laws of the peers: carbon closes, nothing is negative, their factors, what linear algebra says of linear ones."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.exponential import Exponential
from shanhai.numerics.forced import forced
from shanhai.numerics.integrate import Tolerance, integrate
from shanhai.numerics.periodic import network_cycle, periodic_newton
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.numerics.steady import CONVERGED, steady_state
from shanhai.numerics.tracers import carry
from shanhai.soil.peers import century, rothc
from shanhai.soil.peers.century import Century, CenturyWeek, century_network
from shanhai.soil.peers.millennial import Millennial, MillennialDay, carbon_use_efficiency, millennial_network
from shanhai.soil.peers.mimics import Mimics, MimicsSite, mimics_network
from shanhai.soil.peers.rothc import Rothc, RothcMonth, accumulated_deficit, moisture_factor, rothc_network

PEERS = {
    "millennial": (millennial_network(Millennial()), MillennialDay(12.0, 0.3, 0.8), 1.0),
    "mimics": (mimics_network(Mimics()), MimicsSite(12.0, 0.2, 300.0, 0.6), 24.0),
    "rothc": (rothc_network(Rothc()), RothcMonth(12.0, -10.0, 1.0, 2.0, 0.5), 1.0 / 12.0),
    "century": (century_network(Century()), CenturyWeek(12.0, 0.6, 3.0, 2.0), 1.0),
}
RAIN = jnp.array([74.0, 59.0, 62.0, 51.0, 52.0, 57.0, 34.0, 55.0, 58.0, 56.0, 75.0, 71.0])  # mm, Rothamsted
PAN = jnp.array([8.0, 10.0, 27.0, 49.0, 83.0, 99.0, 103.0, 91.0, 69.0, 34.0, 16.0, 8.0])
WARMTH = jnp.array([3.4, 3.6, 5.1, 7.3, 11.0, 13.9, 16.0, 16.0, 13.5, 10.2, 6.1, 4.6])


@pytest.mark.parametrize("name", PEERS)
def test_carbon_closes_at_any_length_of_step(name):
    network, air, day = PEERS[name]
    x = jnp.linspace(0.5, 40.0, len(network.species))
    for step in (RungeKutta(1), RungeKutta(3), Exponential()):
        made = jax.jit(lambda dt, step=step: step(network, x, air, dt).x)
        for end in (made(day), made(40.0 * day)):
            assert abs(float(jnp.sum(end) - jnp.sum(x))) < 1e-13 * float(jnp.sum(jnp.abs(end)) + jnp.sum(x))


@pytest.mark.parametrize("name", ["millennial", "mimics"])
def test_pools_stay_positive_over_steps_that_are_checked(name):
    network, air, day = PEERS[name]
    x = jnp.where(jnp.arange(len(network.species)) % 2 == 0, 20.0, 0.0)
    end = jax.jit(lambda x: integrate(Rosenbrock(), network, x, air, 200.0 * day, Tolerance()))(x)
    assert int(end.status) == 0
    assert int(end.counts.limited) == 0
    assert float(end.x[jnp.asarray(network.pools)].min()) >= 0.0


@pytest.mark.parametrize("name", PEERS)
def test_a_uniform_isotope_ratio_stays_uniform(name):
    network, air, day = PEERS[name]
    x = jnp.linspace(0.5, 40.0, len(network.species))

    def after(x):
        extents = RungeKutta(1)(network, x, air, day).extents
        return carry(network, "C", x, network.stoichiometry(x, air), extents, 0.0112 * x[None], boundary=0.0112)

    np.testing.assert_allclose(jax.jit(after)(x).ratios[0, jnp.asarray(network.pools)], 0.0112, rtol=1e-14)


@pytest.mark.parametrize("name", PEERS)
def test_columns_beside_each_other_are_columns_alone(name):
    network, air, day = PEERS[name]
    x = jnp.linspace(0.5, 40.0, len(network.species))
    one = jax.jit(lambda x: RungeKutta(1)(network, x, air, day).x)
    both = one(jnp.stack([x, 2.0 * x], 1))
    alone = jnp.stack([one(f * x) for f in (1.0, 2.0)], 1)
    np.testing.assert_allclose(both, alone, rtol=1e-14)


def test_microbes_that_are_warm_enough_respire_more_than_they_eat():
    model = Millennial()
    assert float(carbon_use_efficiency(model, 30.0)) > 0.0 > float(carbon_use_efficiency(model, 31.0))
    network = millennial_network(model)
    names, x = [r.name for r in network.reactions], jnp.ones(8)
    warm = network.rates(x, MillennialDay(35.0, 0.3, 0.0))
    assert float(warm[names.index("respiration")]) > float(warm[names.index("uptake")]) > 0.0


def test_full_minerals_sorb_nothing():
    model = Millennial()
    network = millennial_network(model)
    rates = network.rates(jnp.ones(8).at[3].set(model.saturated), MillennialDay(10.0, 0.3, 0.0))
    assert float(rates[[r.name for r in network.reactions].index("sorption")]) == 0.0


def test_the_moisture_of_rothamsted_under_grass_dries_to_its_limit_and_recovers():
    deficit = accumulated_deficit(Rothc(), RAIN, PAN, jnp.ones(12))
    np.testing.assert_allclose(deficit[:4], 0.0)
    by_hand = -np.cumsum([10.25, 17.25, 43.25])
    np.testing.assert_allclose(deficit[4:7], np.maximum(by_hand, -44.94378), atol=1e-3)
    factor = moisture_factor(Rothc(), deficit)
    np.testing.assert_allclose(factor[6], 0.2, atol=1e-6)
    assert float(factor.max()) == 1.0
    assert float(factor.min()) >= 0.2 - 1e-12


def test_bare_soil_dries_less_and_stays_as_dry_as_plants_left_it():
    bare = accumulated_deficit(Rothc(), RAIN, PAN, jnp.zeros(12))
    np.testing.assert_allclose(bare.min(), 0.556 * rothc.greatest_deficit(Rothc()), rtol=1e-12)
    left = accumulated_deficit(Rothc(), jnp.zeros(2), 50.0 * jnp.ones(2), jnp.zeros(2), start=-40.0)
    np.testing.assert_allclose(left, -40.0)


def rothamsted():
    deficit = accumulated_deficit(Rothc(), RAIN, PAN, jnp.ones(12))
    return RothcMonth(WARMTH, deficit, jnp.ones(12), jnp.full(12, 1.7), jnp.zeros(12))


def test_rothc_at_rest_is_what_linear_algebra_gives():
    model, month = Rothc(), RothcMonth(12.0, -5.0, 1.0, 1.7, 0.0)
    end = steady_state(rothc_network(model), jnp.ones(8), month, tolerance=1e-12)
    speed, kept = rothc.decay_factor(model, month), 1.0 - model.respired
    # all that falls is respired in the end: it passes biomass and humus 1 / (1 - kept) times
    loop = 1.7 * kept / (1.0 - kept)
    by_hand = jnp.array([1.7 * 1.44 / 2.44 / 10.0, 1.7 / 2.44 / 0.3, 0.46 * loop / 0.66, 0.54 * loop / 0.02]) / speed
    assert int(end.status) == CONVERGED
    np.testing.assert_allclose(end.x[:4], by_hand, rtol=1e-12)


def test_the_published_months_of_rothc_tend_to_its_flows_as_they_are_divided():
    year, x = rothamsted(), jnp.array([0.2, 5.0, 0.7, 25.0, 2.7, 0.0, 0.0, 0.0])
    exact = forced(Exponential(), rothc_network(Rothc()), x, year, 1.0 / 12.0).end[:4]
    coarse, fine = (published_year(x[:4], year, parts) for parts in (40, 80))
    np.testing.assert_allclose(fine, exact, rtol=3e-3)
    np.testing.assert_allclose(2.0 * fine - coarse, exact, rtol=1e-5)


def published_year(x, year, parts):
    """Decay of all pools, then what they made, then litter, `parts` times a month."""
    k, share = np.array([10.0, 0.3, 0.66, 0.02]), float(Rothc().respired)
    x = np.array(x)
    for month in range(12):
        speed = float(rothc.decay_factor(Rothc(), RothcMonth(*(series[month] for series in year))))
        for _ in range(parts):
            left = x * np.exp(-k * speed / (12.0 * parts))
            made = (1.0 - share) * np.sum(x - left)
            fallen = 1.7 / (12.0 * parts) * np.array([1.44, 1.0]) / 2.44
            x = left + np.array([fallen[0], fallen[1], 0.46 * made, 0.54 * made])
    return x


def test_rothc_repeats_its_year_and_the_inert_pool_stays():
    year, x = rothamsted(), jnp.array([0.2, 5.0, 0.7, 25.0, 2.7, 0.0, 0.0, 0.0])
    network = rothc_network(Rothc())
    end = jax.jit(lambda p: periodic_newton(network_cycle(RungeKutta(4), network, x, year, 1.0 / 12.0), p))(x[:4])
    assert int(end.status) == CONVERGED
    after = forced(RungeKutta(4), network, x.at[:4].set(end.x), year, 1.0 / 12.0).end
    np.testing.assert_allclose(after[:4], end.x, rtol=1e-12)
    assert float(after[4]) == 2.7


def test_century_at_rest_is_what_linear_algebra_gives():
    network, week = century_network(Century()), CenturyWeek(12.0, 0.6, 3.0, 2.0)

    def change(pools):
        return network.tendency(jnp.zeros(10).at[:7].set(pools), week)[:7]

    matrix, given = jax.jit(jax.jacfwd(change))(jnp.ones(7)), change(jnp.zeros(7))
    end = steady_state(network, jnp.ones(10), week, tolerance=1e-12)
    assert int(end.status) == CONVERGED
    np.testing.assert_allclose(end.x[:7], np.linalg.solve(-np.asarray(matrix), given), rtol=1e-11)
    assert np.all(np.asarray(matrix) - np.diag(np.diag(matrix)) >= 0.0)
    assert np.all(np.sum(matrix, axis=0) < 0.0)


def test_warmth_and_water_make_decay_faster_without_a_jump():
    t = jnp.linspace(-40.0, 45.0, 20_001)
    for factor in (rothc.temperature_factor, century.temperature_factor):
        rise = jnp.diff(factor(t))
        assert float(rise.min()) >= 0.0
        assert float(rise.max()) < 1e-3
    assert float(jnp.diff(century.water_factor(jnp.linspace(0.0, 1.0, 101))).min()) > 0.0
