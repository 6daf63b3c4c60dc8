"""Laws of dormancy: switches, conservation, and the model with dormancy beside the one without."""

from collections import namedtuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.numerics.integrate import FINISHED, Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.soil.dormancy import Dormancy, dormancy_reactions, saturation

Soil = namedtuple("Soil", "potential")
WET, DRY = Soil(jnp.asarray(-1e3)), Soil(jnp.asarray(-5e6))
FOOD, ACTIVE, DORMANT = (Species(n, {"C": 1.0}) for n in ("food", "active", "dormant"))
CO2 = Species("co2", {"C": 1.0}, external=True)
HOUR, CUE, HOURS = 3600.0, 0.4, 400


def network(dormancy):
    """Food taken up by active microbes, which die; dormancy, or none."""
    law = lambda x, e: 0.05 / HOUR * x["active"] * x["food"] / (20.0 + x["food"])  # noqa: E731
    reactions = (
        Reaction("uptake", law, {"food": -1.0, "active": CUE, "co2": 1.0 - CUE}),
        Reaction("death", FirstOrder("active", 1e-4 / HOUR), {"active": -1.0, "food": 1.0}),
        *(dormancy_reactions(dormancy, (ACTIVE,), (DORMANT,), "food") if dormancy else ()),
    )
    return Network((FOOD, ACTIVE, DORMANT, CO2), reactions, WET)


def pulse(dormancy, start):
    """Respiration [mol m-3 h-1], (hour, cell), and final state after food and water come to a soil."""
    made, tolerance = network(dormancy), Tolerance(relative=1e-6, absolute=1e-9)

    def hour(x, _):
        end = integrate(Rosenbrock("rodas3"), made, x, WET, HOUR, tolerance)
        return end.x, ((end.x - x)[3], end.status)

    last, (respired, status) = jax.jit(lambda x: jax.lax.scan(hour, x, None, HOURS))(jnp.asarray(start))
    assert np.all(np.asarray(status) == FINISHED)
    return np.asarray(respired), np.asarray(last)


BIOMASS, SUBSTRATE = 10.0, 100.0
ALL_ACTIVE = [SUBSTRATE, BIOMASS, 0.0, 0.0]
MOSTLY_ASLEEP = [SUBSTRATE, 0.05 * BIOMASS, 0.95 * BIOMASS, 0.0]
WAKING = np.array([0.01, 0.03, 0.1, 1.0, 1e2, 1e4])  # h-1, one cell each


@pytest.fixture(scope="module")
def without():
    return pulse(None, ALL_ACTIVE)


@pytest.fixture(scope="module")
def with_dormancy():
    start = np.broadcast_to(np.array(MOSTLY_ASLEEP)[:, None], (4, len(WAKING)))
    return pulse(Dormancy(falling=0.0025, waking=jnp.asarray(WAKING)), start)


def switched_off(both):
    """Active microbes that fall asleep in wet soil without food [s-1]."""
    move = dormancy_reactions(Dormancy(), (ACTIVE,), (DORMANT,), "food", both=both)[0]
    return float(move.law({"food": jnp.zeros(()), "active": jnp.ones(())}, WET))


def test_switches_are_a_half_at_their_potentials_and_go_from_none_to_all():
    d = Dormancy()
    assert float(d.asleep(d.potential)) == pytest.approx(0.5, rel=1e-15)
    assert float(d.awake(d.wetter * d.potential)) == pytest.approx(0.5, rel=1e-15)
    potential = -np.logspace(2, 9, 200)
    assert np.all(np.diff(d.asleep(potential)) >= 0)
    assert np.all(np.diff(d.awake(potential)) <= 0)
    assert float(d.asleep(0.0)) == 0.0
    assert float(d.awake(0.0)) == 1.0
    assert float(d.asleep(-1e300)) == 1.0
    assert np.all(d.asleep(potential) + d.awake(potential) <= 1.0 + 1e-15)  # waking asks for wetter soil


def test_substrate_calls_microbes():
    assert float(saturation(0.0, 2.0)) == 0.0
    assert float(saturation(2.0, 2.0)) == 0.5
    x = jnp.array([0.0, 1.0, 1.0, 0.0])
    hungry = network(Dormancy()).tendency(x, WET)
    assert hungry[2] >= 0
    fed = network(Dormancy()).tendency(x.at[0].set(1e3), WET)
    assert fed[2] < 0


def test_dry_soil_puts_to_sleep_and_wet_soil_wakes():
    x = jnp.array([200.0, 1.0, 1.0, 0.0])
    assert float(network(Dormancy()).tendency(x, DRY)[2]) > 0
    assert float(network(Dormancy()).tendency(x, WET)[2]) < 0


def test_hunger_alone_puts_to_sleep_unless_drought_is_asked_for_too():
    rates = {both: switched_off(both) for both in (False, True)}
    assert rates[False] == pytest.approx(0.0025 / 3600.0, rel=1e-12)
    assert rates[True] < 1e-9 * rates[False]


def test_dormancy_moves_every_element_of_microbes_and_closes():
    pools = [tuple(Species(f"{pool}_{e}", {e: 1.0}) for e in "CNP") for pool in ("active", "dormant")]
    made = Network((*pools[0], *pools[1], FOOD), dormancy_reactions(Dormancy(), *pools, "food"), DRY)
    x = jnp.array([8.0, 1.0, 0.1, 4.0, 0.5, 0.05, 1.0])
    change = np.asarray(made.tendency(x, DRY))
    assert change[3] > 0
    assert np.allclose(change[3:6], -change[:3], rtol=1e-15)
    assert np.allclose(change[3:6] / change[3], [1.0, 0.125, 0.0125], rtol=1e-14)


def test_with_dormancy_the_pulse_peaks_later_and_lower(without, with_dormancy):
    slow = with_dormancy[0][:, WAKING <= 0.1]
    assert np.all(np.argmax(slow, axis=0) < HOURS - 20)  # the peaks are over
    assert np.all(np.argmax(slow, axis=0) > np.argmax(without[0]))
    assert np.all(np.max(slow, axis=0) < np.max(without[0]))
    assert np.all(slow[0] < without[0][0])


def test_faster_waking_brings_the_peak_forward_and_up(with_dormancy):
    respired = with_dormancy[0][:, WAKING <= 1.0]
    assert np.all(np.diff(np.max(respired, axis=0)) > 0)
    assert np.all(np.diff(np.argmax(respired, axis=0)) < 0)


def test_the_model_without_dormancy_is_recovered_as_waking_gets_faster(without, with_dormancy):
    gaps = np.max(np.abs(with_dormancy[0] - without[0][:, None]), axis=0) / np.max(without[0])
    assert np.all(np.diff(gaps) < 0)
    assert gaps[-2] < 1e-1
    assert gaps[-1] < 2e-2 * gaps[-2]


def test_carbon_closes_over_the_pulse(without, with_dormancy):
    for _, last in (without, with_dormancy):
        assert np.allclose(last.sum(axis=0), BIOMASS + SUBSTRATE, rtol=1e-13)
        assert np.all(last >= 0)


def test_numbers_are_parameters():
    asleep = eqx.filter_jit(lambda d: d.asleep(-4e5))
    assert float(asleep(Dormancy())) == pytest.approx(0.5)
    assert float(asleep(Dormancy(potential=-8e5))) == pytest.approx(1.0 / 17.0)
