"""Laws of isotopes on soil networks: uniform ratios, decay booked, the ratio of the source, Rayleigh's curve."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.core.first_order import FirstOrder
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.core.routing import routed
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.exponential import Exponential
from shanhai.numerics.integrate import Tolerance, integrate
from shanhai.numerics.tracers import carry
from shanhai.seawater.radiocarbon import delta_of_ratio
from shanhai.soil.isotopes import (
    CARBON_13,
    NITROGEN_15,
    atom_fraction,
    boundary_of,
    carbon_14,
    delta_of_atom_fraction,
    follow,
    fractionation_of,
    rayleigh_ratio,
    steady_ratios,
)

CARBON, NITROGEN = {"C": 1.0}, {"N": 1.0}
C14 = carbon_14("godwin_1962")
YEAR = JULIAN_YEAR


def eating(x, environment):
    """Michaelis-Menten in the substrate, with microbes to a power: nothing linear."""
    return 2.0 / YEAR * x["litter_c"] / (3.0 + x["litter_c"]) * x["microbe_c"] ** 0.7


def soil():
    """Litter, microbes and humus of C and N, growth limited by N so that carbon overflows."""
    litter = (Species("litter_c", CARBON), Species("litter_n", NITROGEN))
    microbe = (Species("microbe_c", CARBON), Species("microbe_n", NITROGEN))
    humus = (Species("humus_c", CARBON), Species("humus_n", NITROGEN))
    air, ammonium = Species("air", CARBON, external=True), Species("ammonium", NITROGEN)
    plants = Species("plants", NITROGEN, external=True)

    def efficiency(x, environment):
        return 0.5 * x["ammonium"] / (0.1 + x["ammonium"])

    def per_growth(x, environment):
        return efficiency(x, environment) / 8.0

    eat = routed(
        "eat", eating, litter, {microbe[:1]: efficiency}, {"C": air, "N": ammonium}, amounts={microbe[1]: per_growth}
    )
    death = routed("death", lambda x, e: 1.5 / YEAR * x["microbe_c"] ** 1.3, microbe, {humus: 1.0}, {})
    rot = routed("rot", FirstOrder("humus_c", 0.05 / YEAR), humus, {}, {"C": air, "N": ammonium})
    falls = (
        Reaction("fall C", lambda x, e: jnp.asarray(3.0 / YEAR), {"air": -1.0, "litter_c": 1.0}),
        Reaction("fall N", lambda x, e: jnp.asarray(0.1 / YEAR), {"plants": -1.0, "litter_n": 1.0}),
        Reaction("uptake N", FirstOrder("ammonium", 0.2 / YEAR), {"ammonium": -1.0, "plants": 1.0}),
    )
    return Network((*litter, *microbe, *humus, air, ammonium, plants), (eat, death, rot, *falls))


NETWORK = soil()
START = jnp.array([10.0, 0.4, 1.0, 0.1, 20.0, 1.8, 0.0, 0.3, 0.0])
TOLERANCE = Tolerance(relative=1e-4, absolute=1e-7)


def advance(x, environment, dt):
    return integrate(RungeKutta(2), NETWORK, x, environment, dt, TOLERANCE)


@jax.jit
def carried(start, label, air, dt):
    """One interval, with whatever the air has: end of the network, tracers after."""
    end = advance(start, None, dt)
    return end, carry(NETWORK, "C", start, end.nu, end.extents, label, boundary=air)


def holding(element):
    return jnp.array([element in s.content for s in NETWORK.species])


@pytest.mark.parametrize("isotope", [CARBON_13, NITROGEN_15], ids=lambda i: i.name)
def test_a_uniform_ratio_stays_uniform_through_laws_that_are_not_linear(isotope):
    ratio = atom_fraction(-27.0, isotope)
    tracer = jnp.where(holding(isotope.element), ratio * START, 0.0)
    edge = boundary_of(NETWORK, {"air": ratio, "plants": ratio})
    spans = jnp.array([1e-3, 0.1, 1.0, 10.0, 100.0]) * YEAR
    course = jax.jit(lambda x: follow(advance, NETWORK, isotope, x, tracer, None, spans, boundary=edge))(START)
    inside = np.asarray(holding(isotope.element)) & ~np.array([s.external for s in NETWORK.species])
    np.testing.assert_allclose(np.asarray(course.ratios)[:, inside], float(ratio), rtol=1e-14)


def test_isotopologues_add_up_to_the_element():
    fractions = jnp.array([0.989, 0.011])
    tracer = jnp.where(holding("C"), START, 0.0) * fractions[:, None]
    tracer = tracer.at[:, 2].set(START[2] * jnp.array([0.9, 0.1]))  # labelled microbes
    air = boundary_of(NETWORK, {"air": 1.0}) * fractions[:, None]
    end, after = carried(START, tracer, air, 3.0 * YEAR)
    pools = np.asarray(holding("C"))
    np.testing.assert_allclose(after.amounts.sum(axis=0)[pools], end.x[pools], rtol=1e-13, atol=1e-14)


def one_pool(rate):
    air, pool = Species("air", CARBON, external=True), Species("soil", CARBON)
    fall = Reaction("fall", lambda x, e: jnp.asarray(rate), {"air": -1.0, "soil": 1.0})
    return Network((air, pool), (fall, Reaction("decay", FirstOrder("soil", rate), {"soil": -1.0, "air": 1.0})))


def test_one_pool_under_a_constant_atmosphere_has_k_over_k_plus_lambda():
    @jax.jit
    @jax.value_and_grad
    def ratio(k):
        network = one_pool(k / YEAR)
        return steady_ratios(network, C14, jnp.array([0.0, 1.0]), boundary=boundary_of(network, {"air": 1.0}))[1]

    value, slope = ratio(0.01)
    decay = C14.decay * YEAR
    assert float(value) == pytest.approx(0.01 / (0.01 + decay), rel=1e-14)
    assert round(float(value), 6) == 0.988048
    assert round(float(delta_of_ratio(value)), 2) == -11.95
    assert float(slope) == pytest.approx(decay / (0.01 + decay) ** 2, rel=1e-10)


def test_a_long_run_comes_to_the_same_ratio_with_first_order_in_the_interval():
    network = one_pool(0.01 / YEAR)
    edge, x = boundary_of(network, {"air": 1.0}), jnp.array([0.0, 1.0])

    @jax.jit
    def last(years):
        spans = jnp.full(1000, years * YEAR)
        return follow(partial(Exponential(), network), network, C14, x, x, None, spans, boundary=edge).ratios[-1, 1]

    errors = [float(last(years)) - 0.01 / (0.01 + C14.decay * YEAR) for years in (4.0, 2.0)]
    assert abs(errors[0]) < 4e-6
    assert errors[0] / errors[1] == pytest.approx(2.0, rel=0.05)


def chain(rates):
    names = tuple("abc")
    species = (Species("air", CARBON, external=True), *(Species(n, CARBON) for n in names))
    fall = Reaction("fall", lambda x, e: jnp.asarray(1.0 / YEAR), {"air": -1.0, "a": 1.0})
    moves = zip(names, rates, (*names[1:], "air"), strict=True)
    network = Network(species, (fall, *(Reaction(a, FirstOrder(a, k / YEAR), {a: -1.0, b: 1.0}) for a, k, b in moves)))
    return network, jnp.array([0.0, *(1.0 / k for k in rates)])


def test_a_chain_of_pools_ages_by_the_product_of_their_ratios_and_fractionates_by_the_product_of_factors():
    rates, factors = (0.5, 0.02, 0.001), (1.0, 0.99, 1.02, 0.98)
    network, x = chain(rates)
    edge = boundary_of(network, {"air": 1.0})
    ratios = jax.jit(lambda x: steady_ratios(network, C14, x, boundary=edge))(x)
    decay = C14.decay * YEAR
    np.testing.assert_allclose(ratios[1:], np.cumprod([k / (k + decay) for k in rates]), rtol=1e-13)
    alpha = fractionation_of(network, dict(zip(["fall", *"abc"], factors, strict=True)))
    ratios = jax.jit(lambda x: steady_ratios(network, C14, x, boundary=edge, fractionation=alpha))(x)
    moves = zip(rates, factors[:3], factors[1:], strict=True)
    np.testing.assert_allclose(
        ratios[1:], np.cumprod([into * k / (out * k + decay) for k, into, out in moves]), rtol=1e-13
    )


def test_decay_is_booked_and_radiocarbon_closes():
    tracer = jnp.where(holding("C"), 0.9 * START, 0.0)
    edge = boundary_of(NETWORK, {"air": 1.05})
    spans = jnp.full(20, 50.0 * YEAR)
    course = jax.jit(lambda x: follow(advance, NETWORK, C14, x, tracer, None, spans, boundary=edge))(START)
    after, decayed = float(course.amounts[-1].sum()), float(course.decayed.sum())
    assert decayed > 0.01 * float(tracer.sum())
    throughput = float(jnp.abs(course.amounts).max() + tracer.sum())
    assert abs(after + decayed - float(tracer.sum())) < 1e-13 * throughput


def test_a_pool_left_alone_decays_by_the_law():
    network, x = one_pool(1e-30), jnp.array([0.0, 1.0])
    course = follow(partial(Exponential(), network), network, C14, x, x, None, jnp.array([5730.0 * YEAR]))
    assert float(course.amounts[-1, 1]) == pytest.approx(0.5, rel=1e-12)
    assert float(course.decayed[-1, 1]) == pytest.approx(0.5, rel=1e-12)


def test_overflow_has_the_ratio_of_the_substrate_and_not_of_the_microbes():
    """Fresh label in the litter, none in microbes: all that is respired in the first moment is as the litter."""
    labelled = atom_fraction(1000.0, CARBON_13)
    tracer = jnp.zeros(9).at[0].set(labelled * START[0])
    start = START.at[4].set(0.0).at[5].set(0.0).at[7].set(1e-3)  # no humus that respires; little N: much overflow
    label = jnp.stack([tracer, jnp.zeros(9)])
    end, after = carried(start, label, jnp.zeros((2, 9)), 1e-6 * YEAR)
    respired = float(end.extents[0]) * float(end.nu[6, 0])
    assert float(end.nu[2, 0]) < 0.02  # efficiency: the rest is overflow
    assert float(after.amounts[0, 6]) / respired == pytest.approx(float(labelled), rel=1e-5)


@jax.jit
def drained(factor, spans):
    """A pool that loses nine tenths, and what it loses."""
    a, b = Species("a", NITROGEN), Species("b", NITROGEN)
    network = Network((a, b), (Reaction("loss", FirstOrder("a", 1.0), {"a": -1.0, "b": 1.0}),))
    alpha, x = fractionation_of(network, {"loss": factor}), jnp.array([1.0, 0.0])
    return follow(partial(Exponential(), network), network, NITROGEN_15, x, x, None, spans, fractionation=alpha)


@pytest.mark.parametrize("factor", [0.97, 1.02])
def test_a_draining_pool_follows_rayleigh(factor):
    errors = []
    for steps in (200, 400):
        course = drained(factor, jnp.where(jnp.arange(400) < steps, np.log(10.0) / steps, 0.0))
        errors.append(float(course.ratios[-1, 0] / rayleigh_ratio(0.1, factor, 1.0)) - 1)
        assert float(course.x[-1, 0]) == pytest.approx(0.1, rel=1e-12)
        assert float(course.amounts[-1].sum()) == pytest.approx(1.0, rel=1e-13)
    assert errors[0] / errors[1] == pytest.approx(2.0, rel=0.05)
    assert abs(2 * errors[1] - errors[0]) < 1e-6  # extrapolated to steps of nothing


def test_deltas_and_atom_fractions_are_inverse_and_zero_is_the_standard():
    deltas = jnp.array([-40.0, 0.0, 500.0])
    for isotope in (CARBON_13, NITROGEN_15):
        np.testing.assert_allclose(delta_of_atom_fraction(atom_fraction(deltas, isotope), isotope), deltas, atol=1e-10)
    assert float(atom_fraction(0.0, NITROGEN_15)) == pytest.approx(0.003663, rel=1e-5)


def test_names_that_do_not_exist_are_refused():
    with pytest.raises(InputError, match="reaction 'eats'"):
        fractionation_of(NETWORK, {"eats": 0.9})
    with pytest.raises(InputError, match="external account 'litter_c'"):
        boundary_of(NETWORK, {"litter_c": 0.9})


def test_cells_ride_along_each_with_its_own_atmosphere():
    network = one_pool(0.01 / YEAR)
    x = jnp.array([[0.0, 0.0], [1.0, 5.0]])
    edge = boundary_of(network, {"air": jnp.array([1.0, 1.2])}, 1)

    @jax.jit
    def both(x):
        label, spans = x * jnp.array([1.0, 1.2]), jnp.ones(3) * YEAR
        course = follow(partial(Exponential(), network), network, CARBON_13, x, label, None, spans, boundary=edge)
        return course.ratios[-1, 1], steady_ratios(network, C14, x.at[1].set(1.0), boundary=edge)[1]

    run, steady = both(x)
    np.testing.assert_allclose(run, [1.0, 1.2], rtol=1e-14)
    np.testing.assert_allclose(steady[1] / steady[0], 1.2, rtol=1e-14)
