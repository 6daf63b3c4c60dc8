"""Laws of a soil profile: it closes, ratios stay, decay is booked, it rests where theory says and from any start."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.core.first_order import FirstOrder
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.exponential import Exponential
from shanhai.numerics.integrate import Tolerance
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.soil.isotopes import CARBON_13, Isotope, boundary_of, carbon_14
from shanhai.soil.profile import (
    Adaptive,
    Fed,
    Profile,
    Ride,
    course,
    exponential_shares,
    ledger,
    per_area,
    started,
    with_litter,
    without,
)
from shanhai.soil.spin_up import linear_rest, spin_up
from shanhai.soil.transport import Medium, Solid, Solute

pytestmark = pytest.mark.slow  # compiling takes long

DEEP = jnp.array([0.03, 0.07, 0.15, 0.25, 0.5])
LEVELS = len(DEEP)
POOLS = tuple(Species(n, {"C": 1.0}) for n in ("litter", "humus", "doc"))
CO2, RIVER = (Species(n, {"C": 1.0}, external=True) for n in ("co2", "river"))
KINDS = {"litter": Solid(), "humus": Solid(), "doc": Solute("river")}


def linear() -> Network:
    """Litter becomes humus, what is dissolved and CO2; per year."""
    reactions = (
        Reaction("rots", FirstOrder("litter", 1.0), {"litter": -1.0, "humus": 0.3, "doc": 0.1, "co2": 0.6}),
        Reaction("burns", FirstOrder("humus", 0.02), {"humus": -1.0, "co2": 1.0}),
        Reaction("is eaten", FirstOrder("doc", 5.0), {"doc": -1.0, "humus": 0.2, "co2": 0.8}),
    )
    return with_litter(Network((*POOLS, CO2, RIVER), reactions), ("litter",), None)


def microbial() -> Network:
    """Microbes that eat humus by Michaelis and Menten."""
    microbes = Species("doc", {"C": 1.0})
    eaten = Reaction(
        "uptake",
        lambda x, e: e.warmth * 8.0 * x["doc"] * x["litter"] / (200.0 + x["litter"]),
        {"litter": -1.0, "doc": 0.4, "co2": 0.6},
    )
    dies = Reaction("death", FirstOrder("doc", 1.0), {"doc": -1.0, "humus": 1.0})
    freed = Reaction("freed", FirstOrder("humus", 0.05), {"humus": -1.0, "litter": 1.0})
    bare = Network((*POOLS[:2], microbes, CO2), (eaten, dies, freed), Warm(1.0))
    return with_litter(bare, ("litter",), Warm(1.0))


class Warm(eqx.Module):
    warmth: jax.Array


def fall(steps, season=0.0, warm=False):
    share = exponential_shares(DEEP, 0.2) * 300.0 / DEEP
    when = 1.0 + season * jnp.cos(2.0 * jnp.pi * (jnp.arange(steps) + 0.5) / steps)
    conditions = Warm((1.0 + 0.5 * (when - 1.0))[:, None]) if warm else None
    return Fed(conditions, {"litter": when[:, None] * share})


MEDIUM = Medium(water=0.3, water_flux=1e-8, mixing=1e-3 / JULIAN_YEAR)
LINEAR = Profile(linear(), KINDS, DEEP, second=JULIAN_YEAR)


def empty(network, value=0.0):
    return jnp.full((len(network.species), LEVELS), value) * jnp.array(
        [[float(not s.external)] for s in network.species]
    )


RUN = eqx.filter_jit(course)
C14 = Isotope("14C", "C", 1.0, carbon_14().decay * JULIAN_YEAR)


@pytest.mark.parametrize("splitting", ["strang", "lie"])
def test_carbon_and_isotopes_close_with_every_account_and_decay_is_a_term(splitting):
    profile = Profile(linear(), KINDS, DEEP, splitting=splitting, second=JULIAN_YEAR)
    x = empty(profile.network, 100.0)
    ride = Ride(C14, boundary_of(profile.network, {"litter_C": 1.1}, 1), 0.0)
    start = started(x, 0.9 * x)
    end = jax.tree.map(lambda v: v[-1], RUN(profile, Exponential(), start, fall(400, 0.5), MEDIUM, 0.25, ride))
    carbon, label = ledger(profile, start, end, ride)
    assert carbon.closes
    assert label.closes
    assert set(carbon.accounts) == {"co2", "river", "litter_C"}
    assert carbon.accounts["river"] < 0.0 < carbon.accounts["litter_C"]
    held = float(per_area(profile, 0.5 * (end.tracer + start.tracer))[:3].sum())
    assert -label.accounts["decay"] == pytest.approx(C14.decay * 100.0 * held, rel=0.6)
    assert int(end.limited) == 0


def test_a_uniform_ratio_stays_uniform_through_transport_and_reactions():
    network, ratio = LINEAR.network, 0.01123
    x = jnp.asarray(np.random.default_rng(0).uniform(0.5, 100.0, (len(network.species), LEVELS))).at[3:].set(0.0)
    ride = Ride(CARBON_13, boundary_of(network, {"litter_C": ratio}, 1), ratio)
    end = RUN(LINEAR, Exponential(), started(x, ratio * x), fall(40, 0.5), MEDIUM, 0.05, ride)
    np.testing.assert_allclose(end.tracer[-1, :3] / end.x[-1, :3], ratio, rtol=1e-14)


def test_one_level_is_the_box():
    network = linear()
    profile = Profile(network, {}, jnp.array([1.0]), second=JULIAN_YEAR)
    x = jnp.array([5.0, 3.0, 1.0, 0.0, 0.0, 0.0])[:, None]
    rain = Fed(None, {"litter": jnp.full((4, 1), 2.0)})
    end = RUN(profile, Exponential(), started(x), rain, Medium(), 0.5)
    box = x
    for _ in range(4):
        box = Exponential()(network, box, Fed(None, {"litter": jnp.full(1, 2.0)}), 0.5).x
    np.testing.assert_allclose(end.x[-1], box, rtol=1e-13)


def rest_of_decay(levels, depth=4.0):
    """Rest of diffusion and decay below a level that carbon enters, relative to theory, in the means of the levels."""
    humus, air, above = (Species(n, {"C": 1.0}, external=n != "humus") for n in ("humus", "co2", "above"))
    k, d, flux = 0.01, 1e-3, 1.0
    deep = jnp.full(levels, depth / levels)
    burns = Reaction("burns", FirstOrder("humus", k), {"humus": -1.0, "co2": 1.0})
    enters = Reaction("enters", lambda x, e: e, {"above": -1.0, "humus": 1.0})
    network = Network((humus, air, above), (burns, enters), 1.0)
    profile = Profile(network, {"humus": Solid()}, deep, second=JULIAN_YEAR)
    into = jnp.zeros(levels).at[0].set(flux / deep[0])
    x, _ = linear_rest(profile, into, Medium(mixing=d / JULIAN_YEAR), jnp.zeros((3, levels)))
    length = np.sqrt(d / k)
    edge = np.concatenate([[0.0], np.cumsum(deep)])
    theory = flux / k * (np.exp(-edge[:-1] / length) - np.exp(-edge[1:] / length)) / np.asarray(deep)
    return np.abs(np.asarray(x[0]) - theory).max() / theory.max()


def test_rest_of_diffusion_and_decay_is_an_exponential_at_second_order():
    coarse, middle, fine = (rest_of_decay(n) for n in (40, 80, 160))
    assert fine < 1e-3
    assert 1.8 < np.log2(coarse / middle) < 2.1
    assert 1.9 < np.log2(middle / fine) < 2.1


def test_one_pool_of_a_hundred_years_rests_at_the_ratio_of_theory():
    humus, air = Species("humus", {"C": 1.0}), Species("co2", {"C": 1.0}, external=True)
    network = with_litter(
        Network((humus, air), (Reaction("burns", FirstOrder("humus", 0.01), {"humus": -1.0, "co2": 1.0}),)),
        ("humus",),
        None,
    )
    profile = Profile(network, {"humus": Solid()}, DEEP, second=JULIAN_YEAR)
    c14 = Isotope("14C", "C", 1.0, carbon_14("godwin_1962").decay * JULIAN_YEAR)
    ride = Ride(c14, boundary_of(network, {"litter_C": 1.0}, 1), 0.0)
    uniform = Fed(None, {"humus": jnp.full(LEVELS, 3.0)})
    x, tracer = linear_rest(profile, uniform, Medium(mixing=1e-11), jnp.zeros((3, LEVELS)), ride)
    np.testing.assert_allclose(tracer[0] / x[0], 0.988048, atol=5e-7)


@pytest.fixture(scope="module")
def spun():
    ride = Ride(C14, boundary_of(LINEAR.network, {"litter_C": 1.0}, 1), 0.0)
    environments = fall(12, 0.8)
    starts = (1.0, 1e4)
    return [
        spin_up(LINEAR, Exponential(), empty(LINEAR.network, v), environments, MEDIUM, 1.0 / 12.0, ride) for v in starts
    ]


def test_spin_up_ends_within_a_hundred_years_and_forgets_its_start(spun):
    one, other = spun
    for end in spun:
        assert end.method == "newton", end.says()
        assert max(end.residual) <= 1e-8
        assert sum(end.cycles) <= 40
    np.testing.assert_allclose(one.state.x[:3], other.state.x[:3], rtol=1e-6)
    np.testing.assert_allclose(one.state.tracer[:3], other.state.tracer[:3], rtol=1e-6)


def test_what_is_spun_up_repeats_for_a_century(spun):
    state, ride = spun[0].state, Ride(C14, boundary_of(LINEAR.network, {"litter_C": 1.0}, 1), 0.0)
    century = jax.tree.map(lambda v: jnp.tile(v, (100, 1)), fall(12, 0.8))
    end = RUN(LINEAR, Exponential(), state, century, MEDIUM, 1.0 / 12.0, ride, 1200)
    np.testing.assert_allclose(end.x[-1, :3], state.x[:3], rtol=1e-6)
    np.testing.assert_allclose(end.tracer[-1, :3], state.tracer[:3], rtol=1e-6)


def test_microbes_that_eat_by_saturation_spin_up_to_one_state_from_any_start():
    network = microbial()
    profile = Profile(network, {n: Solid() for n in ("litter", "humus", "doc")}, DEEP, second=JULIAN_YEAR)
    medium = Medium(mixing=1e-3 / JULIAN_YEAR)
    ends = [
        spin_up(profile, Rosenbrock("ros3"), empty(network, v), fall(26, 0.3, True), medium, 1.0 / 26.0)
        for v in (30.0, 300.0)
    ]
    for end in ends:
        assert end.method != "none", end.says()
        assert end.residual[0] <= 1e-8
        assert end.cycles[0] <= 100
    np.testing.assert_allclose(ends[0].state.x[:3], ends[1].state.x[:3], rtol=1e-6)


def test_adaptive_steps_close_and_come_to_what_exact_steps_give():
    x, environments = empty(LINEAR.network, 10.0), fall(4)
    adaptive = Adaptive(RungeKutta(3), Tolerance(relative=1e-6, absolute=1e-9))
    ends = [RUN(LINEAR, step, started(x), environments, MEDIUM, 0.25) for step in (adaptive, Exponential())]
    np.testing.assert_allclose(ends[0].x[-1], ends[1].x[-1], rtol=1e-4, atol=1e-6)
    assert all(row.closes for row in ledger(LINEAR, started(x), jax.tree.map(lambda v: v[-1], ends[0])))


def test_litter_is_shared_over_all_levels():
    np.testing.assert_allclose(jnp.sum(exponential_shares(DEEP, 0.3)), 1.0, rtol=1e-14)


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="no splitting"):
        Profile(linear(), KINDS, DEEP, splitting="none")
    with pytest.raises(InputError, match="no reaction ends"):
        without(linear(), (" leaches",))
