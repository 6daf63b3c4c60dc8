"""Laws of tracers that ride on the transfers of a step."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.networks import soil, state

from shanhai.core.errors import InputError
from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.core.stoichiometry import moved
from shanhai.numerics.exponential import Exponential
from shanhai.numerics.limiter import limited
from shanhai.numerics.tracers import carry

NETWORK = soil(1)
HOLD = np.array([bool(s.content.get("C")) for s in NETWORK.species])[:, None]
CARBON = {"C": 1.0}


def wild_step(seed: int):
    """Amounts and extents of a step far too long, but with pools left at zero or above."""
    x = state(seed, NETWORK, (5,))
    wild = 10.0 ** np.random.default_rng(seed).uniform(-3, 5, (len(NETWORK.reactions), 5))
    nu = NETWORK.stoichiometry(x, jnp.asarray(1.0))
    return x, nu, limited(x, nu, jnp.asarray(wild), NETWORK.pools)[0]


@jax.jit
def plain(x, nu, extents, tracer):
    return carry(NETWORK, "C", x, nu, extents, tracer)


@jax.jit
def fractionating(x, nu, extents, tracer, alpha):
    return carry(NETWORK, "C", x, nu, extents, tracer, fractionation=alpha)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**31), ratio=st.floats(1e-13, 1.0))
def test_a_uniform_ratio_stays_uniform_in_any_step(seed, ratio):
    x, nu, extents = wild_step(seed)
    after = plain(x, nu, extents, jnp.where(HOLD, ratio * x, 0.0)[None])
    filled = np.asarray(after.ratios[0])[np.array(NETWORK.pools)]
    filled = filled[filled > 0]
    np.testing.assert_allclose(filled, ratio, rtol=1e-14)


def circling(turnovers: float):
    """Three pools of a ring through which matter goes round many times in the step."""
    species = tuple(Species(name, CARBON) for name in "abc")
    ring = [("a", "b"), ("b", "c"), ("c", "a")]
    network = Network(species, tuple(Reaction(p + q, FirstOrder(p, 1.0), {p: -1.0, q: 1.0}) for p, q in ring))
    x = jnp.array([1.0, 1e-3, 50.0])
    return network, x, jnp.array([1.0, 1.1, 1.0]) * turnovers - jnp.array([0.0, 0.1 * turnovers, 0.0])


def test_a_uniform_ratio_survives_a_million_turnovers():
    network, x, extents = circling(1e8)
    after = carry(network, "C", x, network.stoichiometry(x), extents, 0.37 * x[None])
    np.testing.assert_allclose(after.ratios[0], 0.37, rtol=1e-14)
    labelled = carry(network, "C", x, network.stoichiometry(x), extents, jnp.array([[1.0, 0.0, 0.0]]))
    np.testing.assert_allclose(labelled.ratios[0], 1.0 / float(x.sum()), rtol=1e-6)  # well mixed


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_tracers_close_and_are_never_negative_with_fractionation_too(seed):
    x, nu, extents = wild_step(seed)
    rng = np.random.default_rng(seed)
    tracer = jnp.where(HOLD, x * rng.uniform(0, 1, x.shape) * (rng.random(x.shape) < 0.7), 0.0)[None]
    alpha = jnp.asarray(rng.uniform(0.5, 1.5, (1, len(NETWORK.reactions), 5)))
    through = np.asarray(moved(jnp.abs(nu), extents)).sum(axis=0)
    for after in (plain(x, nu, extents, tracer), fractionating(x, nu, extents, tracer, alpha)):
        assert np.all(after.amounts >= 0)
        assert np.all(after.ratios >= 0)
        before, end = np.asarray(tracer.sum(axis=(0, 1))), np.asarray(after.amounts.sum(axis=(0, 1)))
        assert np.all(np.abs(end - before) <= 1e-13 * (before + through))


def test_a_factor_of_one_changes_nothing():
    x, nu, extents = wild_step(3)
    tracer = jnp.where(HOLD, 0.01 * x * np.random.default_rng(0).uniform(0, 1, x.shape), 0.0)[None]
    alpha = jnp.ones((1, len(NETWORK.reactions)))
    np.testing.assert_allclose(
        fractionating(x, nu, extents, tracer, alpha).amounts,
        plain(x, nu, extents, tracer).amounts,
        rtol=1e-9,
        atol=1e-18,
    )


def leaking(rate: float):
    network = Network(
        (Species("pool", CARBON), Species("air", CARBON, external=True)),
        (
            Reaction("loss", FirstOrder("pool", rate), {"pool": -1.0, "air": 1.0}),
            Reaction("input", lambda x, inflow: inflow, {"air": -1.0, "pool": 1.0}),
        ),
        jnp.asarray(0.0),
    )
    return network, jnp.array([1.0, 0.0])


def rayleigh_error(steps: int, alpha: float = 0.97) -> float:
    network, x = leaking(1.0)
    tracer = jnp.array([[1.0, 0.0]])
    for _ in range(steps):
        nu, step = network.stoichiometry(x), Exponential()(network, x, jnp.asarray(0.0), 1.5 / steps)
        after = carry(network, "C", x, nu, step.extents, tracer, fractionation=jnp.array([[alpha, 1.0]]))
        x, tracer = step.x, after.amounts
    return abs(float(tracer[0, 0] / x[0]) - float(x[0]) ** (alpha - 1.0))


def test_distillation_comes_to_rayleigh_with_the_first_order_of_the_step():
    coarse, fine = rayleigh_error(8), rayleigh_error(16)
    assert 0.9 < np.log2(coarse / fine) < 1.1


def test_radiocarbon_of_a_pool_under_a_constant_atmosphere():
    k, decay, dt = 0.01, 1.209681e-4, 0.5
    network, x = leaking(k)
    inflow = jnp.asarray(k)

    def year(tracer, _):
        step = Exponential()(network, x, inflow, dt)
        after = carry(network, "C", x, network.stoichiometry(x), step.extents, tracer, boundary=1.0, decay=decay, dt=dt)
        return after.amounts, None

    end, _ = jax.lax.scan(year, jnp.array([[0.5, 0.0]]), length=6000)
    assert float(end[0, 0]) == pytest.approx(k / (k + decay), abs=1e-6)
    assert round(float(end[0, 0]), 5) == 0.98805


def test_decay_is_exact_and_booked():
    x, nu, extents = wild_step(9)
    tracer = jnp.where(HOLD, 0.2 * x, 0.0)[None] * jnp.array([1.0, 0.5])[:, None, None]
    decay = jnp.array([0.3, 0.0])
    after = carry(NETWORK, "C", x, nu, extents, tracer, decay=decay, dt=2.0)
    still = plain(x, nu, extents, tracer)
    pools = np.array(NETWORK.pools)
    np.testing.assert_allclose(after.amounts[0, pools], still.amounts[0, pools] * np.exp(-0.6), rtol=1e-12, atol=1e-18)
    np.testing.assert_allclose(after.amounts[1], still.amounts[1], rtol=1e-12, atol=1e-18)
    total = after.amounts.sum(axis=1) + after.decayed.sum(axis=1)
    np.testing.assert_allclose(total, tracer.sum(axis=1), rtol=1e-12)


def test_what_comes_from_outside_carries_the_given_ratio_and_is_booked_there():
    network, x = leaking(0.0)
    after = carry(network, "C", x, network.stoichiometry(x), jnp.array([0.0, 3.0]), jnp.zeros((1, 2)), boundary=0.2)
    np.testing.assert_allclose(after.amounts[0], [0.6, -0.6], rtol=1e-14)
    np.testing.assert_allclose(after.ratios[0], [0.15, 0.2], rtol=1e-14)


def test_products_take_the_mixture_of_the_reactants():
    names = ("a", "b", "c")
    network = Network(
        (Species("a", CARBON), Species("b", {"C": 3.0}), Species("c", {"C": 2.0})),
        (Reaction("join", lambda x, e: x["a"], {"a": -1.0, "b": -1.0, "c": 2.0}),),
    )
    x = jnp.array([2.0, 2.0, 0.0])
    assert network.names == names
    after = carry(network, "C", x, network.stoichiometry(x), jnp.array([1.0]), jnp.array([[0.4, 0.6, 0.0]]))
    np.testing.assert_allclose(after.ratios[0], [0.2, 0.1, (0.2 + 3 * 0.1) / 4], rtol=1e-14)


def test_a_negative_extent_moves_products_back():
    network = Network(
        (Species("a", CARBON), Species("b", CARBON)), (Reaction("r", lambda x, e: x["a"], {"a": -1.0, "b": 1.0}),)
    )
    x = jnp.array([1.0, 1.0])
    after = carry(network, "C", x, network.stoichiometry(x), jnp.array([-0.5]), jnp.array([[0.0, 0.5]]))
    np.testing.assert_allclose(after.amounts[0], [0.25, 0.25], rtol=1e-14)


def test_an_unknown_element_is_refused():
    network, x = leaking(1.0)
    with pytest.raises(InputError, match="no species holds 'c'; known: C"):
        carry(network, "c", x, network.stoichiometry(x), jnp.zeros(2), jnp.zeros((1, 2)))
