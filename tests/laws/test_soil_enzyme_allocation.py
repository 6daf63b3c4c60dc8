"""Laws of the best allocation of enzymes: closed form, brute force, priming."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Network, Species
from shanhai.core.routing import routed
from shanhai.numerics.integrate import FINISHED, Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.soil.enzyme_allocation import (
    Allocation,
    Choice,
    EnzymePools,
    Enzymes,
    enzymatic_rate,
    enzyme_reactions,
    growth_with,
    mining_fraction,
    optimal_fraction,
    smooth_fraction,
)
from shanhai.soil.stoichiometry import Immobilisation, uptake

Y, R_N, R_P = 0.4, 8.0, 50.0
FRACTIONS = np.linspace(0.0, 1.0, 2001)
CELLS = 300
optimal = jax.jit(optimal_fraction)
smooth = jax.jit(smooth_fraction)


def drawn(seed):
    """Rates, ratios and supplies inside the conditions of the closed form."""
    random = np.random.default_rng(seed)
    b = random.uniform(0.05, 1.0, CELLS)
    a = b * random.uniform(1.0, 10.0, CELLS)
    theta_r = R_N / Y * random.uniform(0.2, 0.95, CELLS)
    theta_l = np.maximum(R_N / Y, theta_r * a / b) * random.uniform(1.05, 6.0, CELLS)
    return a, b, theta_l, theta_r, random.uniform(0.0, 0.03, CELLS)


def nitrogen(a, b, theta_l, theta_r, mineral):
    return Choice(a, b, Y, {"N": R_N}, {"N": 1.0 / theta_l}, {"N": 1.0 / theta_r}, {"N": mineral})


def anything(seed):
    """Nitrogen and phosphorus, with no regard to any condition."""
    random = np.random.default_rng(seed)
    a, b = random.lognormal(0.0, 1.0, (2, CELLS)) * random.integers(0, 4, (2, CELLS)).clip(0, 1)
    contents = [{"N": n / 10.0, "P": p / 60.0} for n, p in random.lognormal(-0.5, 1.0, (2, 2, CELLS))]
    mineral = {"N": 0.05 * random.uniform(0, 1, CELLS), "P": 0.01 * random.uniform(0, 1, CELLS)}
    return Choice(a, b, Y, {"N": R_N, "P": R_P}, *contents, mineral)


def tried(choice, width=0.0):
    return np.asarray(jax.vmap(partial(growth_with, choice, width=width))(FRACTIONS))


def test_the_closed_form_grows_as_fast_as_the_best_of_brute_force():
    given = drawn(5)
    closed = mining_fraction(*given, Y, R_N)
    choice = nitrogen(*given)
    all_tried = tried(choice)
    best = np.max(all_tried, axis=0)
    reached = np.asarray(growth_with(choice, closed))
    assert np.all(reached >= best * (1 - 1e-14))
    assert np.all(np.abs(np.asarray(closed) - FRACTIONS[np.argmax(all_tried, axis=0)]) <= 1.0 / 2000)
    assert np.mean((closed > 0) & (closed < 1)) > 0.2


def test_the_vertices_are_the_closed_form_where_that_holds():
    given = drawn(6)
    assert np.allclose(optimal(nitrogen(*given)), mining_fraction(*given, Y, R_N), atol=1e-12)


@pytest.mark.parametrize("seed", [7, 8])
def test_the_vertices_grow_as_fast_as_brute_force_outside_of_the_conditions_with_two_nutrients(seed):
    choice = anything(seed)
    fraction = np.asarray(optimal(choice))
    best = np.max(tried(choice), axis=0)
    reached = np.asarray(growth_with(choice, fraction))
    assert np.all((fraction >= 0) & (fraction <= 1))
    assert np.all(reached >= best * (1 - 1e-14))
    inside = (fraction > 0) & (fraction < 1)
    assert 0.05 < inside.mean() < 0.95


def test_matter_that_gives_less_nitrogen_than_labile_matter_is_not_mined_however_rich_it_is():
    # b / theta_R < a / theta_L: both uptakes fall with f, and the closed form asks for what does not pay
    given = (1.0, 0.1, 40.0, 10.0, 0.0)
    choice = nitrogen(*given)
    assert float(mining_fraction(*given, Y, R_N)) > 0.5
    assert float(optimal(choice)) == 0.0
    assert float(growth_with(choice, 0.0)) == pytest.approx(np.max(tried(choice)), rel=1e-14)


def test_outside_of_the_conditions_the_closed_form_may_fail_and_the_vertices_do_not():
    # richer labile than recalcitrant matter: nothing is to be mined, and the closed form would
    choice = nitrogen(0.3, 1.0, 10.0, 40.0, 0.0)
    closed, vertex = mining_fraction(0.3, 1.0, 10.0, 40.0, 0.0, Y, R_N), optimal(choice)
    assert float(growth_with(choice, vertex)) > 1.01 * float(growth_with(choice, 1.0 - closed))
    assert float(growth_with(choice, vertex)) == pytest.approx(np.max(tried(choice)), rel=1e-3)


def test_smooth_allocation_grows_as_fast_as_brute_force_of_smooth_growth_and_converges():
    choice = anything(9)
    exact = np.asarray(growth_with(choice, optimal(choice)))
    losses = []
    for width in (0.1, 0.01, 0.001):
        fraction = smooth(choice, width)
        best = np.max(tried(choice, width), axis=0)
        assert np.all(np.asarray(growth_with(choice, fraction, width)) >= best * (1 - 1e-12))
        losses.append(np.max(1.0 - np.asarray(growth_with(choice, fraction))[exact > 0] / exact[exact > 0]))
    assert losses[0] > 5.0 * losses[1] > 25.0 * losses[2] > 0.0


def test_ample_mineral_nitrogen_ends_mining_and_a_little_lowers_it():
    a, b, theta_l, theta_r, _ = drawn(10)
    assert np.all(mining_fraction(a, b, theta_l, theta_r, Y * a / R_N, Y, R_N) == 0.0)
    slope = jax.vmap(jax.grad(mining_fraction, 4), (0, 0, 0, 0, 0, None, None))(
        a, b, theta_l, theta_r, jnp.full(CELLS, 1e-5), Y, R_N
    )
    assert np.all(slope < 0)
    assert np.all(optimal(nitrogen(a, b, theta_l, theta_r, Y * a / R_N)) == 0.0)


def test_more_labile_matter_raises_the_decay_of_recalcitrant_matter():
    def fraction(labile, mineral):
        a = enzymatic_rate(2.0, labile, 5.0)
        return mining_fraction(a, enzymatic_rate(1.0, 20.0, 50.0), 80.0, 10.0, mineral, Y, R_N)

    amounts = jnp.array([3.0, 5.0, 10.0, 30.0])
    by_labile, by_mineral = (jax.vmap(jax.grad(fraction, k), (0, None))(amounts, 0.003) for k in (0, 1))
    assert np.all(by_labile > 0)
    assert np.all(by_mineral < 0)


def test_what_nothing_can_feed_makes_no_choice():
    nothing = nitrogen(0.0, 0.0, 40.0, 10.0, 0.0)
    assert float(optimal(nothing)) == 0.0
    assert float(smooth(nothing, 0.1)) == 0.0


NAMES = ("microbes", "labile", "recalcitrant", "enzyme_l", "enzyme_r", "dissolved")
POOLS = EnzymePools(*(tuple(Species(f"{n}_{e}", {e: 1.0}) for e in "CN") for n in NAMES))
CO2, AMMONIUM = Species("co2", {"C": 1.0}, external=True), Species("ammonium", {"N": 1.0})
MOST = {"N": Immobilisation("ammonium")}


def soil():
    """Two substrates, two enzymes, what they free, microbes that eat it, and their death."""
    enzymes = Enzymes(production=2.5e-4)
    allocation = Allocation(enzymes, POOLS, Y, {"N": R_N}, MOST)
    eat = uptake(
        "eat",
        lambda x, e: 1e-6 * x["microbes_C"] * x["dissolved_C"] / (20.0 + x["dissolved_C"]),
        POOLS.dissolved,
        POOLS.microbes,
        efficiency=Y,
        ratios={"N": R_N},
        slots={"C": CO2, "N": AMMONIUM},
        most=MOST,
    )
    die = routed("die", FirstOrder("microbes_C", 1e-8), POOLS.microbes, {POOLS.dissolved: 1.0}, {})
    species = [s for pool in POOLS for s in pool]
    return Network((*species, CO2, AMMONIUM), (*enzyme_reactions(enzymes, POOLS, allocation), eat, die))


def test_fresh_matter_primes_the_decay_of_old_and_mineral_nitrogen_does_the_opposite():
    network, day = soil(), 86400.0
    start = {"microbes_C": 40.0, "microbes_N": 5.0, "recalcitrant_C": 1000.0, "recalcitrant_N": 100.0}
    start |= {"enzyme_l_C": 0.008, "enzyme_l_N": 0.001, "enzyme_r_C": 0.008, "enzyme_r_N": 0.001}
    cells = [{"labile_C": 150.0, "labile_N": 1.5}, {"labile_C": 2000.0, "labile_N": 20.0}]
    cells += [cells[1] | {"ammonium": 200.0}]
    x = jnp.array([[(start | cell).get(n, 0.0) for cell in cells] for n in network.names])
    run = jax.jit(lambda x: integrate(Rosenbrock(), network, x, None, 5 * day, Tolerance(relative=1e-3)))
    end = run(x)
    assert np.all(np.asarray(end.status) == FINISHED)
    assert np.all(np.asarray(end.x)[list(network.pools)] >= 0)
    assert np.allclose(network.contents @ np.asarray(end.x), network.contents @ np.asarray(x), rtol=1e-12)
    lost = np.asarray(x - end.x)[network.index("recalcitrant_C")]
    assert lost[1] > 1.2 * lost[0]  # positive priming
    assert lost[2] < 0.2 * lost[1]  # nitrogen ends it
