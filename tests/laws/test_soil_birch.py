"""Laws of the pulse after wetting and after thaw."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.numerics.exponential import Exponential
from shanhai.numerics.integrate import FINISHED, Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.soil.birch import Birch, Wetting, exposure, liquid_potential, lysis, released_fraction, wetting
from shanhai.soil.dormancy import Dormancy, dormancy_reactions

HOUR, DAY = 3600.0, 86400.0
ACTIVE, DORMANT, FOOD, AGGREGATES, LITTER = (
    Species(n, {"C": 1.0}) for n in ("active", "dormant", "food", "aggregates", "litter")
)
CO2 = Species("co2", {"C": 1.0}, external=True)
CALM = Wetting(jnp.asarray(-1e4), jnp.asarray(0.0), jnp.asarray(0.0))


class Soil(NamedTuple):
    """Numbers of the soil of these tests; arrays make cells of different soils."""

    birch: Birch
    dormancy: Dormancy


class _Eaten(eqx.Module):
    dormancy: Dormancy

    def __call__(self, x, environment):
        moist = self.dormancy.awake(environment.potential)
        return 0.03 / HOUR * moist * x["active"] * x["food"] / (20.0 + x["food"])


def release(birch):
    """Lysis and exposure alone."""
    burst = lysis(birch, (ACTIVE,), (FOOD,), {"C": CO2})
    return Network((ACTIVE, FOOD, AGGREGATES, CO2), (burst, exposure(birch, (AGGREGATES,), (FOOD,))), CALM)


RELEASE = release(Birch())
stepped = jax.jit(lambda x, environment, dt: Exponential()(RELEASE, x, environment, dt).x)


def whole(soil):
    """Lysis, exposure and dormancy with uptake, and litter that decays however dry it is."""
    reactions = (
        lysis(soil.birch, (ACTIVE,), (FOOD,), {"C": CO2}),
        exposure(soil.birch, (AGGREGATES,), (FOOD,)),
        *dormancy_reactions(soil.dormancy, (ACTIVE,), (DORMANT,), "food"),
        Reaction("uptake", _Eaten(soil.dormancy), {"food": -1.0, "active": 0.4, "co2": 0.6}),
        Reaction("decay", FirstOrder("litter", 1e-3 / DAY), {"litter": -1.0, "food": 1.0}),
    )
    return Network((ACTIVE, DORMANT, FOOD, AGGREGATES, LITTER, CO2), reactions, CALM)


@pytest.mark.parametrize("rates", [(0.0, 0.0), (-3e2, -1e-6)])
def test_nothing_is_released_where_the_soil_does_not_get_wetter(rates):
    environment = Wetting(jnp.asarray(-1e4), *map(jnp.asarray, rates))
    assert np.all(np.asarray(RELEASE.rates(jnp.ones(4), environment)) == 0.0)


@pytest.mark.parametrize("duration", [1e-6, 1.0, HOUR, 6 * HOUR])
def test_what_a_wetting_releases_depends_on_its_size_and_not_on_its_duration(duration):
    birch = Birch()
    rise, gain = 5e6, 0.3
    environment = wetting(-5e6 - 1e4, -1e4, 0.05, 0.35, duration)
    x = jnp.array([2.0, 0.0, 30.0, 0.0])
    end = stepped(x, environment, duration)
    burst = 2.0 * (1.0 - np.exp(-float(birch.lysis) * rise))
    opened = 30.0 * (1.0 - np.exp(-float(birch.exposure) * gain))
    assert float(end[0]) == pytest.approx(2.0 - burst, rel=1e-13)
    assert float(end[2]) == pytest.approx(30.0 - opened, rel=1e-13)
    assert float(end[3]) == pytest.approx(float(birch.respired) * burst, rel=1e-13)
    assert float(released_fraction(rise, birch.lysis)) == pytest.approx(burst / 2.0, rel=1e-14)


@pytest.mark.parametrize("steps", [1, 2, 60])
def test_what_a_wetting_releases_does_not_depend_on_the_steps_of_the_model(steps):
    birch, x = Birch(), jnp.array([2.0, 0.0, 30.0, 0.0])
    potential, water = np.geomspace(-5e6, -1e4, steps + 1), np.linspace(0.05, 0.35, steps + 1)
    for k in range(steps):
        given = (potential[k], potential[k + 1], water[k], water[k + 1], HOUR / steps)
        x = stepped(x, wetting(*map(jnp.asarray, given)), HOUR / steps)
    assert float(x[0]) == pytest.approx(2.0 * np.exp(-float(birch.lysis) * 4.99e6), rel=1e-13)
    assert float(x[2]) == pytest.approx(30.0 * np.exp(-float(birch.exposure) * 0.3), rel=1e-13)


def test_an_adaptive_driver_releases_the_same_whatever_its_first_step():
    environment = wetting(-5e6, -1e4, 0.05, 0.35, 600.0)
    x, first = jnp.broadcast_to(jnp.array([2.0, 0.0, 30.0, 0.0])[:, None], (4, 2)), jnp.array([600.0, 7.0])
    run = jax.jit(lambda x: integrate(Exponential(), RELEASE, x, environment, 600.0, Tolerance(), first))
    end = run(x)
    assert np.all(np.asarray(end.status) == FINISHED)
    assert int(end.counts.steps[0]) < int(end.counts.steps[1])
    assert np.allclose(end.x[:, 0], end.x[:, 1], rtol=1e-13)


def test_slow_wetting_bursts_no_cells():
    birch = Birch()
    rise = float(birch.slow_rise) * np.array([0.01, 0.1, 10.0])
    rates = [float(RELEASE.rates(jnp.ones(4), Wetting(-1e4, r, 0.0))[0]) for r in rise]
    assert rates[0] < 1.1e-4 * float(birch.lysis) * rise[0]
    assert rates[1] < 1.1e-2 * float(birch.lysis) * rise[1]
    assert rates[2] == pytest.approx(float(birch.lysis) * rise[2], rel=1e-14)


def test_nutrients_of_what_is_respired_at_once_are_mineralised():
    microbes, food = (tuple(Species(f"{p}_{e}", {e: 1.0}) for e in "CNP") for p in ("active", "food"))
    minerals = {"C": CO2, "N": Species("ammonium", {"N": 1.0}), "P": Species("phosphate", {"P": 1.0})}
    network = Network((*microbes, *food, *minerals.values()), (lysis(Birch(), microbes, food, minerals),), CALM)
    x = jnp.array([8.0, 1.0, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    change = np.asarray(network.tendency(x, Wetting(-1e4, 5e3, 0.0)))
    assert np.allclose(change[6:], -0.1 * change[:3], rtol=1e-14)
    assert np.allclose(network.contents @ change, 0.0, atol=1e-18)


def rained_on(soil, x, hours=96, rise=5e6, gain=0.3):
    """Respiration by the hour [mol m-3 h-1], (hour, cell), and amounts, after an hour of rain on dry soil."""
    network = whole(soil)
    cells = x.shape[1:]
    first = wetting(-rise - 1e4, -1e4, 0.05, 0.05 + gain, HOUR)
    envs = [jnp.stack([jnp.broadcast_to(a, cells)] * hours) for a in CALM]
    envs = [e.at[0].set(jnp.broadcast_to(f, cells)) for e, f in zip(envs, first)]

    def hour(x, environment):
        end = integrate(Rosenbrock(), network, x, Wetting(*environment), HOUR, Tolerance(relative=1e-6))
        return end.x, (end.x[-1] - x[-1], end.status)

    last, (respired, status) = jax.jit(lambda x, e: jax.lax.scan(hour, x, e))(x, tuple(envs))
    assert np.all(np.asarray(status) == FINISHED)
    return np.asarray(respired), np.asarray(last)


START = np.array([2.0, 8.0, 1.0, 60.0, 0.0, 0.0])
MECHANISMS = ("all", "no lysis", "no exposure", "no revival")


@pytest.fixture(scope="module")
def pulses():
    """Respiration with all three mechanisms and without each of them."""
    without = {k: jnp.array([0.0 if name == f"no {k}" else 1.0 for name in MECHANISMS]) for k in ("lysis", "exposure")}
    awake = jnp.array([0.0 if name == "no revival" else 1.0 for name in MECHANISMS])
    birch = Birch(lysis=1e-7 * without["lysis"], exposure=0.5 * without["exposure"])
    x = jnp.broadcast_to(jnp.asarray(START)[:, None], (6, len(MECHANISMS)))
    return rained_on(Soil(birch, Dormancy(waking=0.2 * awake)), x)


def test_without_any_one_mechanism_the_peak_is_lower(pulses):
    peaks = dict(zip(MECHANISMS, np.max(pulses[0], axis=0)))
    for name in MECHANISMS[1:]:
        assert peaks[name] < 0.98 * peaks["all"], name
    later = np.max(pulses[0][1:], axis=0)  # without what is respired at once in the hour of rain
    assert np.all(later[1:] < later[0])


def test_what_is_respired_comes_from_what_burst_was_exposed_or_was_there(pulses):
    birch = Birch()
    burst = START[0] * released_fraction(5e6, jnp.array([birch.lysis, 0.0, birch.lysis, birch.lysis]))
    opened = START[3] * released_fraction(0.3, jnp.array([birch.exposure, birch.exposure, 0.0, birch.exposure]))
    total = np.sum(pulses[0], axis=0)
    assert np.all(total <= np.asarray(burst) * 1.01 + np.asarray(opened) + START[2])
    assert np.all(total > 0)
    assert np.allclose(pulses[1].sum(axis=0), START.sum(), rtol=1e-13)


def test_a_longer_drought_gives_a_larger_pulse():
    days = jnp.array([5.0, 15.0, 45.0])
    soil = Soil(Birch(), Dormancy(waking=0.2))
    network = whole(soil)

    def dry(x, day):
        # soils dry at the same speed, those with a longer drought from earlier on
        dried = jnp.clip(day - (45.0 - days), 0.0, None)
        environment = Wetting(-1e4 - 1e5 * dried, jnp.where(dried > 0, -1.2, 0.0), jnp.where(dried > 0, -7e-8, 0.0))
        end = integrate(Rosenbrock(), network, x, environment, DAY, Tolerance(relative=1e-4))
        return end.x, end.status

    start = jnp.broadcast_to(jnp.array([2.0, 8.0, 1.0, 60.0, 1000.0, 0.0])[:, None], (6, 3))
    x, status = jax.jit(lambda x: jax.lax.scan(dry, x, jnp.arange(1.0, 46.0)))(start)
    assert np.all(np.asarray(status) == FINISHED)
    respired, _ = rained_on(soil, x, hours=240, rise=1e5 * days, gain=6e-3 * days)
    # all of the carbon, not the first hour: few are awake to burst after a long drought
    assert np.all(np.diff(np.sum(respired, axis=0)) > 0.3)


def test_thaw_is_a_wetting():
    cold, thawed = (float(liquid_potential(-1e4, 273.15 + t)) for t in (-4.0, 2.0))
    assert thawed == -1e4
    assert cold == pytest.approx(-4.88e6, rel=1e-3)
    environment = wetting(cold, thawed, 0.08, 0.3, 6 * HOUR)
    birch = Birch()
    end = stepped(jnp.array([2.0, 0.0, 30.0, 0.0]), environment, 6 * HOUR)
    assert float(end[0]) == pytest.approx(2.0 * np.exp(-float(birch.lysis) * (thawed - cold)), rel=1e-13)
    assert float(end[2]) == pytest.approx(30.0 * np.exp(-float(birch.exposure) * 0.22), rel=1e-13)
    frozen = wetting(thawed, cold, 0.3, 0.08, 6 * HOUR)
    assert np.all(np.asarray(RELEASE.rates(jnp.ones(4), frozen)) == 0.0)


def test_frozen_soil_is_as_dry_as_its_frost_asks_and_a_drier_soil_stays_dry():
    temperature = 273.15 + np.linspace(-10.0, 5.0, 61)
    potential = np.asarray(liquid_potential(-1e6, temperature))
    assert np.all(np.diff(potential) >= 0)
    assert np.all(potential <= -1e6)
    assert np.all(potential[temperature > 273.15 - 0.8] == -1e6)
    smooth = np.asarray(liquid_potential(-1e6, temperature, 1e5))
    assert np.max(np.abs(smooth - potential)) <= 0.43e5
