"""Laws of mineralisation and immobilisation by microbes of fixed composition."""

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.core.reactions import Network, Species
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.integrate import FINISHED, Tolerance, integrate
from shanhai.numerics.tracers import carry
from shanhai.soil.stoichiometry import (
    Composition,
    Immobilisation,
    critical_ratio,
    growth_per_uptake,
    molar_ratio,
    net_mineralisation,
    nutrient_remaining,
    uptake,
)

ELEMENTS = ("C", "N", "P")
FOOD, MICROBES = (tuple(Species(f"{pool}_{e}", {e: 1.0}) for e in ELEMENTS) for pool in ("food", "microbe"))
CO2 = Species("co2", {"C": 1.0}, external=True)
AMMONIUM, PHOSPHATE = Species("ammonium", {"N": 1.0}), Species("phosphate", {"P": 1.0})
SLOTS = {"C": CO2, "N": AMMONIUM, "P": PHOSPHATE}
MOST = {"N": Immobilisation("ammonium", 1.0), "P": Immobilisation("phosphate", 1.0)}
RATIOS = {"N": 8.0, "P": 50.0}


def eat(width=0.0, most=None):
    reaction = uptake(
        "eat",
        lambda x, e: 0.1 * x["food_C"],
        FOOD,
        MICROBES,
        efficiency=lambda x, e: e,
        ratios=RATIOS,
        slots=SLOTS,
        most=MOST if most is None else most,
        width=width,
    )
    return Network((*FOOD, *MICROBES, CO2, AMMONIUM, PHOSPHATE), (reaction,), sample=0.5)


def state(food_n, food_p, ammonium, phosphate, cells=()):
    rows = [10.0, food_n, food_p, 8.0, 1.0, 0.16, 0.0, ammonium, phosphate]
    return jnp.asarray(np.broadcast_to(np.array(rows).reshape(-1, *(1,) * len(cells)), (9, *cells)))


@pytest.mark.parametrize(("efficiency", "threshold"), [(0.3, 8 / 0.3), (0.5, 16.0)])
def test_the_critical_ratio_is_that_of_microbes_over_efficiency(efficiency, threshold):
    assert float(critical_ratio(efficiency, 8.0)) == pytest.approx(threshold, rel=1e-15)
    assert abs(float(net_mineralisation(1.0, efficiency, threshold, 8.0))) < 1e-16
    assert float(net_mineralisation(1.0, efficiency, 0.999 * threshold, 8.0)) > 0
    assert float(net_mineralisation(1.0, efficiency, 1.001 * threshold, 8.0)) < 0


@pytest.mark.parametrize("efficiency", [0.3, 0.5])
@pytest.mark.parametrize(("element", "mineral"), [("N", 7), ("P", 8)])
def test_the_reaction_turns_from_mineralisation_to_immobilisation_at_the_critical_ratio(efficiency, element, mineral):
    network, threshold = eat(), efficiency / RATIOS[element]
    for beside in (0.999, 1.001):
        ratios = {e: threshold * beside if e == element else 1.0 for e in ("N", "P")}
        x = state(10.0 * ratios["N"], 10.0 * ratios["P"], 100.0, 100.0)
        made = network.tendency(x, efficiency)[mineral]
        expected = net_mineralisation(1.0, efficiency, 1.0 / ratios[element], RATIOS[element])
        assert float(made) == pytest.approx(float(expected), rel=1e-12)
        assert np.sign(made) == np.sign(beside - 1.0)


def test_microbes_keep_their_ratios_whatever_they_eat():
    network = eat()
    random = np.random.default_rng(2)
    x = jnp.asarray(random.uniform(0.0, 10.0, (9, 200)) * random.integers(0, 2, (9, 200)))
    change = np.asarray(network.tendency(x, 0.4))
    assert np.allclose(change[3], 8.0 * change[4], rtol=1e-13, atol=1e-16)
    assert np.allclose(change[3], 50.0 * change[5], rtol=1e-13, atol=1e-16)
    assert np.all(change[3] >= 0)
    assert np.all(change[6] >= 0)


@pytest.mark.parametrize("width", [0.0, 0.1])
def test_every_element_closes_and_no_more_is_immobilised_than_may_be(width):
    network = eat(width)
    random = np.random.default_rng(3)
    x = jnp.asarray(random.uniform(0.0, 10.0, (9, 200)) * random.integers(0, 2, (9, 200)))
    change = np.asarray(network.tendency(x, 0.4))
    size = np.abs(network.contents) @ np.abs(change)
    assert np.all(np.abs(network.contents @ change) <= 1e-14 * size)
    assert np.all(change[7] >= -np.asarray(x[7]) * (1 + 1e-12))
    assert np.all(change[8] >= -np.asarray(x[8]) * (1 + 1e-12))


def test_without_mineral_nutrients_growth_is_what_the_food_supplies_and_the_rest_overflows():
    change = np.asarray(eat().tendency(state(0.2, 1.0, 0.0, 0.0), 0.5))  # C:N of 50, microbes of 8
    assert change[3] == pytest.approx(8.0 * 0.02, rel=1e-14)
    assert change[7] == 0.0
    assert change[6] == pytest.approx(1.0 - 0.16, rel=1e-14)
    assert change[8] == pytest.approx(0.1 - 0.16 / 50.0, rel=1e-14)


def test_an_absent_element_stops_growth_and_not_respiration():
    change = np.asarray(eat().tendency(state(0.0, 0.0, 0.0, 0.0), 0.5))
    assert change[3] == 0.0
    assert change[6] == 1.0


def test_the_mineral_pool_is_never_overdrawn_over_a_long_run():
    network, x = eat(), state(0.05, 0.01, 0.02, 0.001, (3,))
    end = integrate(RungeKutta(3), network, x, jnp.asarray(0.5), 60.0, Tolerance(relative=1e-4, absolute=1e-8))
    assert np.all(np.asarray(end.status) == FINISHED)
    assert np.all(np.asarray(end.counts.limited) == 0)
    assert np.all(np.asarray(end.x) >= 0)
    assert np.allclose(network.contents @ np.asarray(end.x), network.contents @ np.asarray(x), rtol=1e-13)


def test_litter_with_its_microbes_gathers_nitrogen_and_releases_it_from_the_critical_ratio_on():
    c = np.linspace(1.0, 0.05, 2001)
    n = np.asarray(nutrient_remaining(c, 52.0, 0.32, 8.0))
    largest = np.argmax(n)
    assert 52.0 * c[largest] / n[largest] == pytest.approx(8.0 / 0.32, rel=2e-3)
    slope = np.gradient(n, c)[1:-1]
    expected = (n / c - 0.32 * 52.0 / 8.0)[1:-1] / (1 - 0.32)
    assert np.allclose(slope, expected, rtol=2e-3, atol=2e-3)


def test_oak_litter_gathers_nitrogen_as_was_measured_over_four_years():
    # NutNet, control (Gill et al. 2022, J. Ecol.): C:N of 52 by mass at the start
    carbon, nitrogen = np.array([0.83, 0.62, 0.54, 0.51]), np.array([1.14, 1.10, 1.12, 1.05])
    predicted = np.asarray(nutrient_remaining(carbon, 52.0, 0.25, 8.0))
    assert np.max(np.abs(predicted - nitrogen)) < 0.05
    assert np.max(np.abs(np.asarray(nutrient_remaining(carbon, 52.0, 0.45, 8.0)) - nitrogen)) > 0.2


def test_what_is_respired_has_the_isotopes_of_the_food_in_overflow_too():
    network, x = eat(), state(0.2, 1.0, 0.0, 0.0)
    nu, extents = network.stoichiometry(x, 0.5), jnp.array([1e-3])
    made = float(nu[6, 0] * extents[0])
    ratio = jnp.where(jnp.arange(9) == 0, 0.02, 0.011)  # of food, and of all else
    after = carry(network, "C", x, nu, extents, (ratio * x * (network.contents[0] > 0))[None])
    assert float(after.amounts[0, 6]) == pytest.approx(0.02 * made, rel=1e-13)
    assert 0.011 < float(after.ratios[0, 3]) < 0.0111


def test_smooth_growth_converges_to_held_growth():
    supplies = {"N": jnp.linspace(0.0, 0.2, 101), "P": jnp.asarray(0.011)}
    exact = np.asarray(growth_per_uptake(0.5, RATIOS, supplies))
    gaps = [np.max(exact - growth_per_uptake(0.5, RATIOS, supplies, w)) for w in (0.1, 0.01, 0.001)]
    assert gaps[0] > 8.0 * gaps[1] > 64.0 * gaps[2] > 0.0


def test_ratios_by_mass_become_molar():
    assert float(molar_ratio(1.0, "N")) == pytest.approx(14.007 / 12.011)
    assert float(molar_ratio(1.0, "P")) == pytest.approx(30.973761998 / 12.011)
    assert float(Composition().ratios["N"]) == 7.0


def test_a_ratio_without_element_is_refused():
    with pytest.raises(InputError, match="ratios of nothing"):
        uptake("eat", lambda x, e: x["food_C"], FOOD, MICROBES, efficiency=0.5, ratios={}, slots=SLOTS)
