"""Laws of protection: capacity of minerals, aggregates, mixing of the profile."""

from collections import namedtuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.reactions import Network, Species
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.integrate import FINISHED, Tolerance, integrate
from shanhai.soil.protection import (
    Aggregation,
    Mixing,
    Sorption,
    aggregate_reactions,
    diffusion_wetness,
    face_conductances,
    mineral_capacity,
    mixed,
    mixing_diffusivity,
    sorption_reactions,
)

ELEMENTS = ("C", "N", "P")
DAY = 86400.0
Soil = namedtuple("Soil", "capacity acidity water porosity")
ORDINARY = Soil(2000.0, 6.0, 0.3, 0.5)


def pool(name):
    return tuple(Species(f"{name}_{e.lower()}", {e: 1.0}, unit="mol m-3") for e in ELEMENTS)


DISSOLVED, PARTICULATE, MINERAL, AGGREGATE = (pool(n) for n in ("dissolved", "particulate", "mineral", "aggregate"))


def wetness(x, e):
    return diffusion_wetness(e.water, e.porosity)


def network(sorption=Sorption(), aggregation=Aggregation()):  # noqa: B008
    reactions = sorption_reactions(
        sorption, DISSOLVED, MINERAL, capacity=lambda x, e: e.capacity, acidity=lambda x, e: e.acidity, wetness=wetness
    ) + aggregate_reactions(aggregation, PARTICULATE, MINERAL, AGGREGATE, wetness=wetness)
    return Network((*DISSOLVED, *PARTICULATE, *MINERAL, *AGGREGATE), reactions, ORDINARY)


START = jnp.array([30.0, 2.0, 0.1, 500.0, 15.0, 0.5, 100.0, 10.0, 1.0, 0.0, 0.0, 0.0])


@pytest.fixture(scope="module")
def run():
    n = network()
    tolerance = Tolerance(relative=1e-5, absolute=1e-8)
    return jax.jit(lambda x, e, t: integrate(RungeKutta(3), n, x, e, t, tolerance))


def test_every_element_closes(run):
    end = run(START, ORDINARY, 300 * DAY)
    assert int(end.status) == FINISHED
    for k in range(3):
        assert float(end.x[k::3].sum()) == pytest.approx(float(START[k::3].sum()), rel=1e-13)
    assert np.all(np.asarray(end.x) >= 0)


def test_minerals_at_rest_hold_what_langmuir_says():
    """Rates of sorption and desorption balance on the isotherm, up to full surfaces and no further."""
    s, n = Sorption(), network()
    taken = float(wetness(None, ORDINARY)) * np.exp(-0.12 * 6.0 - 0.216)
    for dissolved in (1e-3, 0.1, 10.0, 1e6):
        half = float(s.desorption) / taken
        held = 2000.0 * dissolved / (dissolved + half)
        x = START.at[0].set(dissolved).at[6].set(held)
        rates = n.rates(x, ORDINARY)
        assert float(rates[0]) == pytest.approx(float(rates[1]), rel=1e-9)
        assert held < 2000.0


def test_full_minerals_take_no_more_and_dry_ones_nothing():
    n = network()
    full = START.at[6].set(2000.0)
    assert float(n.rates(full, ORDINARY)[0]) == 0.0
    dry = n.rates(START, ORDINARY._replace(water=0.0))
    assert np.all(np.asarray(dry)[[0, 2, 3, 4]] == 0.0)
    assert float(dry[1]) > 0.0


def test_capacity_grows_with_clay_and_silt_and_is_that_of_millennial():
    assert float(mineral_capacity(Sorption(), 1000.0, 0.8)) * 12.011 == pytest.approx(68800.0, rel=1e-12)
    assert float(mineral_capacity(Sorption(), 1300.0, 0.0)) == 0.0


def test_matter_keeps_its_proportions_on_its_way():
    """A transfer carries C:N:P of the pool that it leaves."""
    nu = network().stoichiometry(START, ORDINARY)
    np.testing.assert_allclose(nu[:3, 0], [-1.0, -2 / 30, -0.1 / 30], rtol=1e-14)
    np.testing.assert_allclose(nu[6:9, 0], -nu[:3, 0], rtol=1e-14)
    broken = network().stoichiometry(START.at[9:].set(jnp.array([10.0, 1.0, 0.1])), ORDINARY)[:, 4]
    np.testing.assert_allclose(broken[3] / -broken[9], 0.33, rtol=1e-14)
    np.testing.assert_allclose(broken[:].reshape(4, 3).sum(axis=0), 0.0, atol=1e-16)


def test_rates_have_slopes_dry_saturated_and_empty():
    n = network()
    for soil in (ORDINARY, ORDINARY._replace(water=0.0), ORDINARY._replace(water=0.5)):
        for x in (START, jnp.zeros(12)):
            slopes = jax.jacobian(lambda x, e: n.rates(x, e), argnums=(0, 1))(x, Soil(*map(jnp.asarray, soil)))
            assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in jax.tree.leaves(slopes))


STEP = jax.jit(mixed)
THICKNESS = jnp.array([0.05, 0.1, 0.2, 0.4, 0.8, 1.5])
FACES = jnp.cumsum(THICKNESS)[:-1]


def profile(active_layer):
    return face_conductances(mixing_diffusivity(Mixing(), FACES, active_layer), THICKNESS)


@pytest.mark.parametrize("active_layer", [jnp.inf, 1.0, 0.0], ids=["animals", "frost", "frozen"])
@pytest.mark.parametrize("years", [1.0, 1e4])
def test_mixing_closes_stays_positive_and_leaves_a_mixed_profile_alone(active_layer, years):
    matter = jnp.array([100.0, 20.0, 5.0, 0.0, 1.0, 0.0])
    step = STEP(matter, THICKNESS, profile(active_layer), years * JULIAN_YEAR)
    assert float(step.amount.sum()) == pytest.approx(126.0, rel=1e-13)
    assert np.all(np.asarray(step.amount) >= 0)
    assert float(step.face_fluxes[0]) == float(step.face_fluxes[-1]) == 0.0
    uniform = STEP(2.5 * THICKNESS, THICKNESS, profile(active_layer), years * JULIAN_YEAR).amount
    np.testing.assert_allclose(uniform, 2.5 * THICKNESS, rtol=1e-13)


def test_frozen_soil_is_not_mixed_and_frost_mixes_faster_than_animals():
    matter = jnp.array([100.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    frozen, frost, animals = (
        STEP(matter, THICKNESS, profile(layer), JULIAN_YEAR).amount for layer in (0.0, 1.0, jnp.inf)
    )
    np.testing.assert_array_equal(frozen, matter)
    assert frost[0] < animals[0] < 100.0


def test_mixing_of_diffusion_spreads_by_the_law_of_the_root_of_time():
    """Variance of a thin layer's depth grows as 2 D t."""
    levels, h = 200, 0.01
    thickness = jnp.full(levels, h)
    conductance = face_conductances(jnp.full(levels - 1, 1e-4 / JULIAN_YEAR), thickness)
    matter = jnp.zeros(levels).at[100].set(1.0)
    step = jax.jit(lambda matter: mixed(matter, thickness, conductance, 10 * JULIAN_YEAR).amount)
    for _ in range(20):
        matter = step(matter)
    depth = h * (jnp.arange(levels) + 0.5)
    variance = jnp.sum(matter * depth**2) - jnp.sum(matter * depth) ** 2
    assert float(variance) == pytest.approx(2 * 1e-4 * 200, rel=1e-3)


def test_the_profile_of_frost_is_the_published_one():
    sharp = Mixing(transition=0.0)
    depth = jnp.array([0.1, 1.0, 2.0, 2.5, 3.0, 4.0])
    expected = 5e-4 * np.clip((3.0 - np.asarray(depth)) / (3.0 - 1.0), 0.0, 1.0)
    np.testing.assert_allclose(mixing_diffusivity(sharp, depth, 1.0) * JULIAN_YEAR, expected, rtol=1e-12)
    np.testing.assert_allclose(mixing_diffusivity(Mixing(), depth, 1.0) * JULIAN_YEAR, expected, rtol=1e-12)
    np.testing.assert_allclose(mixing_diffusivity(sharp, depth, 2.5) * JULIAN_YEAR, 1e-4, rtol=1e-12)
    np.testing.assert_array_equal(mixing_diffusivity(sharp, depth, 0.0), 0.0)


@pytest.mark.parametrize("layer", [0.0, 0.01, 1.0, 2.0, 2.5])
def test_mixing_has_slopes_by_the_thaw(layer):
    def value(layer):
        return jnp.sum(mixing_diffusivity(Mixing(), FACES, layer)) * JULIAN_YEAR

    slope, h = float(jax.grad(value)(layer)), 1e-6
    numbers = [float(value(layer + k * h)) for k in (0, 1, 2)]
    forward = (4 * numbers[1] - 3 * numbers[0] - numbers[2]) / (2 * h)
    assert np.isfinite(slope)
    if layer != 2.0:  # where the thaw stops to count: one-sided
        assert slope == pytest.approx(forward, rel=1e-5, abs=1e-9)


def test_a_drift_carries_solutes_out_of_the_bottom_and_closes():
    matter = jnp.array([[1.0, 2.0], [0.0, 1.0], [0.0, 0.0]])
    thickness = jnp.full((3, 2), 0.1)
    velocity = jnp.full((3, 2), 1e-7)
    step = mixed(matter, thickness, jnp.zeros((2, 2)), 30 * DAY, velocity)
    out = 30 * DAY * step.face_fluxes[-1]
    assert np.all(np.asarray(out) > 0)
    np.testing.assert_allclose(step.amount.sum(axis=0) + out, matter.sum(axis=0), rtol=1e-13)
    assert np.all(np.asarray(step.amount) >= 0)


def test_faces_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="3 diffusivities do not fit 3 levels"):
        face_conductances(jnp.ones(3), jnp.ones(3))
