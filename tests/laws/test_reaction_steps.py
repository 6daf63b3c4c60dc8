"""Laws of steps of reaction networks: closure, positivity, slots, counts, shapes."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.networks import closure, soil, state

from shanhai.core.errors import InputError
from shanhai.core.first_order import FirstOrder
from shanhai.core.network_text import equation, graphviz, mermaid, table
from shanhai.core.params import cast
from shanhai.core.reactions import Network, Reaction, Species, proportion
from shanhai.core.routing import routed
from shanhai.core.stoichiometry import moved
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.exponential import Exponential
from shanhai.numerics.integrate import FINISHED, NOT_FINITE, UNFINISHED, Tolerance, integrate, integrate_with_gradient
from shanhai.numerics.limiter import limited

CARBON = {"C": 1.0}
NETWORKS = [soil(seed, pools=2) for seed in range(2)]
TOLERANCE = Tolerance(relative=1e-2, absolute=1e-6)


SMALL = Network(
    (Species("food", CARBON), Species("eater", CARBON), Species("air", CARBON, external=True)),
    (
        Reaction(
            "eat", lambda x, e: 5.0 * e * x["food"] / (0.1 + x["food"]) * x["eater"], {"food": -1.0, "eater": 1.0}
        ),
        Reaction("die", FirstOrder("eater", 3.0), {"eater": -1.0, "air": 1.0}),
    ),
    jnp.asarray(1.0),
)


def throughput(nu, extents):
    return moved(jnp.abs(nu), jnp.abs(extents))


@pytest.fixture(scope="module")
def one_step():
    steppers = [RungeKutta(1), RungeKutta(4), Exponential()]
    return [[jax.jit(lambda x, dt, s=s, n=n: s(n, x, jnp.asarray(1.0), dt)) for s in steppers] for n in NETWORKS]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31), which=st.integers(0, 1), logarithm=st.floats(-6, 4))
def test_every_element_closes_in_any_step_however_wrong(one_step, seed, which, logarithm):
    network = NETWORKS[which]
    x = state(seed, network, (8,))
    nu = network.stoichiometry(x, jnp.asarray(1.0))
    for step in one_step[which]:
        end = step(x, 10.0**logarithm)
        good = np.all(np.isfinite(end.x), axis=0)
        change = throughput(nu, end.extents)
        assert closure(network, x[:, good], end.x[:, good], change[:, good]) < 1e-13


@pytest.fixture(scope="module")
def runs():
    return [
        jax.jit(lambda x, dt, n=n: integrate(RungeKutta(2), n, x, jnp.asarray(1.0), dt, TOLERANCE)) for n in NETWORKS
    ]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**31), which=st.integers(0, 1), logarithm=st.floats(-4, 1))
def test_a_driven_network_is_positive_and_closed_for_any_interval(runs, seed, which, logarithm):
    network = NETWORKS[which]
    x = state(seed, network, (8,))
    end = runs[which](x, 10.0**logarithm)
    pools = np.array(network.pools)
    assert np.all(end.status == FINISHED)
    assert np.all(end.x[pools] >= 0)
    assert np.all(np.isfinite(end.x))
    assert closure(network, x, end.x, throughput(end.nu, end.extents)) < 1e-13
    np.testing.assert_allclose(x + moved(end.nu, end.extents), end.x, atol=1e-12)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**31), which=st.integers(0, 1))
def test_limited_extents_leave_no_pool_below_zero_and_close(seed, which):
    network = NETWORKS[which]
    x = state(seed, network, (4,))
    wild = 10.0 ** np.random.default_rng(seed).uniform(-3, 6, (len(network.reactions), 4))
    nu = network.stoichiometry(x, jnp.asarray(1.0))
    extents, touched = limited(x, nu, jnp.asarray(wild), network.pools)
    end = x + moved(nu, extents)
    assert np.all(np.asarray(end)[np.array(network.pools)] >= 0)
    assert np.all(np.asarray(touched))
    assert closure(network, x, end, throughput(nu, extents)) < 1e-13


def overdrawing():
    """A constant withdrawal, whatever is there: no step is short enough in the end."""
    a, out = Species("a", CARBON), Species("out", CARBON, external=True)
    return Network((a, out), (Reaction("theft", lambda x, e: e, {"a": -1.0, "out": 1.0}),), jnp.asarray(1.0))


def test_the_last_resort_is_counted_and_stops_at_an_empty_pool():
    tolerance = Tolerance(smallest=1e-3)
    end = integrate(RungeKutta(2), overdrawing(), jnp.array([[1.0, 9.0], [0.0, 0.0]]), jnp.asarray(2.0), 3.0, tolerance)
    assert end.counts.limited.tolist()[1] == 0
    assert end.counts.limited[0] > 0
    assert 0 <= end.x[0, 0] < 1e-12
    np.testing.assert_allclose(end.x.sum(axis=0), [1.0, 9.0], rtol=1e-14)
    assert end.status.tolist() == [FINISHED, FINISHED]


def test_the_last_resort_does_not_crawl():
    x = jnp.array([[1.0], [0.0]])
    end = integrate(RungeKutta(2), overdrawing(), x, jnp.asarray(2.0), 3.0, Tolerance())
    assert int(end.status[0]) == FINISHED
    assert 100 < int(end.counts.limited[0]) < 250
    assert int(end.counts.steps[0]) < 400
    np.testing.assert_allclose(end.x.sum(), 1.0, rtol=1e-14)


def test_cells_say_how_they_ended():
    a, b = Species("a", CARBON), Species("b", CARBON)
    law = {"a": -1.0, "b": 1.0}
    network = Network((a, b), (Reaction("r", lambda x, e: e * x["a"], law),), jnp.asarray(1.0))
    x = jnp.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    rates = jnp.array([1.0, 1e6, jnp.nan])
    end = integrate(RungeKutta(3), network, x, rates, 1.0, Tolerance(most=200))
    assert end.status.tolist() == [FINISHED, UNFINISHED, NOT_FINITE]
    assert end.time[0] == 1.0
    assert 0 < end.time[1] < 1.0
    assert end.time[2] == 0.0
    assert np.all(np.isfinite(end.x))
    np.testing.assert_allclose(end.x.sum(axis=0), 1.0, rtol=1e-14)


@pytest.mark.parametrize("step", [RungeKutta(3), Exponential()], ids=repr)
def test_the_loop_and_the_bounded_scan_give_the_same_bits(step):
    network, one = (SMALL if isinstance(step, Exponential) else NETWORKS[0]), jnp.asarray(1.0)
    x = state(5, network, (6,))
    free = jax.jit(lambda x: integrate(step, network, x, one, 1.0, TOLERANCE))(x)
    bound = jax.jit(lambda x: integrate_with_gradient(step, network, x, one, 1.0, TOLERANCE, 1500))(x)
    assert np.all(free.status == FINISHED)
    assert int(free.counts.steps.max()) > 1
    for a, b in zip(jax.tree.leaves(free), jax.tree.leaves(bound)):
        np.testing.assert_array_equal(a, b)


def test_a_cell_does_not_feel_its_neighbours_nor_its_axes():
    network, one = SMALL, jnp.asarray(1.0)
    x = state(3, network, (2, 3))
    field = integrate(RungeKutta(3), network, x, one, 0.1, TOLERANCE)
    row = integrate(RungeKutta(3), network, x.reshape(-1, 6), one, 0.1, TOLERANCE)
    alone = integrate(RungeKutta(3), network, x[:, 1, 2], one, 0.1, TOLERANCE)
    np.testing.assert_allclose(field.x.reshape(-1, 6), row.x, rtol=1e-12, atol=1e-18)
    np.testing.assert_allclose(field.x[:, 1, 2], alone.x, rtol=1e-12, atol=1e-18)
    assert field.counts.steps[1, 2] == alone.counts.steps


def test_single_precision_stays_single():
    network = cast(NETWORKS[0], jnp.float32)
    x = state(2, network, (3,)).astype(jnp.float32)
    end = integrate(RungeKutta(3), network, x, jnp.asarray(1.0, jnp.float32), 0.1, Tolerance(1e-2, 1e-5))
    assert end.x.dtype == end.extents.dtype == jnp.float32
    assert np.all(end.x[np.array(network.pools)] >= 0)


LITTER = (Species("litter_c", CARBON), Species("litter_n", {"N": 1.0}))
HUMUS = (Species("humus_c", CARBON), Species("humus_n", {"N": 1.0}))
CO2, NITRATE = Species("co2", CARBON, external=True), Species("nitrate", {"N": 1.0, "alkalinity": -1.0})
BASE = Species("base", {"alkalinity": 1.0})


@settings(max_examples=10, deadline=None)
@given(fraction=st.floats(-3, 3), carbon=st.floats(0, 1e3), nitrogen=st.just(0.0) | st.floats(1e-200, 1e3))
def test_slots_take_or_give_what_is_left_for_any_fraction(fraction, carbon, nitrogen):
    reaction = routed(
        "r", FirstOrder("litter_c", 1.0), LITTER, {HUMUS: fraction}, {"C": CO2, "N": NITRATE, "alkalinity": BASE}
    )
    network = Network((*LITTER, *HUMUS, CO2, NITRATE, BASE), (reaction,))
    nu = np.asarray(network.stoichiometry(jnp.array([carbon, nitrogen, 0.0, 0.0, 0.0, 0.0, 0.0])))
    left, scale = network.contents @ nu, np.abs(network.contents) @ np.abs(nu)
    assert np.all(np.abs(left) <= 4e-16 * scale)
    assert nu[1, 0] == (-nitrogen / carbon if carbon > 1e-32 * nitrogen else 0.0)


def test_a_fraction_is_one_parameter_for_all_elements():
    class Share(eqx.Module):
        value: jax.Array

        def __call__(self, x, environment):
            return self.value

    reaction = routed(
        "r",
        FirstOrder("litter_c", 1.0),
        LITTER,
        {HUMUS: Share(jnp.asarray(0.3))},
        {"C": CO2, "N": NITRATE, "alkalinity": BASE},
    )
    network = Network((*LITTER, *HUMUS, CO2, NITRATE, BASE), (reaction,))
    arrays = [leaf for leaf in jax.tree.leaves(network) if eqx.is_array(leaf)]
    assert len(arrays) == 2  # the share and the rate
    other = eqx.tree_at(lambda n: n.reactions[0].stoichiometry.shares[0].value, network, jnp.asarray(0.5))
    nu = other.stoichiometry(jnp.array([2.0, 1.0, 0, 0, 0, 0, 0]))[:, 0]
    np.testing.assert_allclose(nu, [-1, -0.5, 0.5, 0.25, 0.5, 0.25, 0.25], rtol=1e-15)


def test_routes_that_cannot_be_are_refused():
    phosphorus = Species("phosphate", {"P": 1.0})
    with pytest.raises(InputError, match="'phosphate' gets a share of P, which the source does not hold"):
        routed("r", FirstOrder("litter_c", 1.0), LITTER, {(phosphorus,): 0.1}, {})
    with pytest.raises(InputError, match="the slot 'co2' of N has none of it"):
        routed("r", FirstOrder("litter_c", 1.0), LITTER, {}, {"N": CO2})
    with pytest.raises(InputError, match=r"upsets alkalinity, closed before.*name it first"):
        routed("r", FirstOrder("litter_c", 1.0), LITTER, {}, {"alkalinity": BASE, "N": NITRATE})
    with pytest.raises(InputError, match="no explicit method of order 7"):
        RungeKutta(7)


def test_a_network_prints_as_table_and_diagrams():
    network = soil(0)
    assert all(r.name in table(network) for r in network.reactions)
    assert "mineral_n -> pool0_n" in equation(network.reactions[-1])
    assert equation(network.reactions[-1]) == "mineral_n -> pool0_n"
    assert mermaid(network).count("-->") == graphviz(network).count("->")
    assert graphviz(network).count("dir=both") == 18  # six of each routed reaction go where the state sends them
    assert "pool0_c + f pool0_n + f pool0_p -> f pool1_c" in table(network)


def test_a_network_may_be_built_inside_a_compiled_function():
    def rate(k):
        decay = Reaction("decay", lambda x, _: k * x["a"], {"a": -1.0, "b": 1.0})
        carbon = {"C": 1.0}
        network = Network((Species("a", carbon), Species("b", carbon, external=True)), (decay,))
        return network.tendency(jnp.array([3.0, 0.0]))[0]

    assert float(jax.jit(rate)(2.0)) == -6.0
    assert float(jax.grad(rate)(2.0)) == -3.0


@pytest.mark.parametrize("how", [lambda f: f, jax.jit], ids=["as written", "compiled"])
def test_shares_of_the_tiniest_amounts_are_right(how):
    def held(x):
        return proportion(x, 2.0 * x) * x

    tiny = jnp.array([3.0, 1e-100, 1e-200, 1e-300, 0.0])
    np.testing.assert_allclose(how(held)(tiny), 0.5 * tiny, rtol=1e-15)
    slopes = how(jax.vmap(jax.grad(held)))(tiny)
    np.testing.assert_allclose(slopes, [0.5, 0.5, 0.5, 0.5, 0.0], rtol=1e-14)
