"""The slow carbon cycle: equilibrium, closure over a million years, and what published models leave in the air."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.land.weathering import Weathering, by_carbon_dioxide, by_temperature
from shanhai.models.box.weathering import Settings, equilibrium, run, world
from shanhai.ocean.carbonate_burial import SeaFloor

pytestmark = pytest.mark.slow  # compiling takes long


@cache
def result():
    return run(Settings())


def left(pulse: int, year: float) -> float:
    return result().number(f"left_{pulse}_at_{year:g}")


def test_everything_closes_over_a_million_years():
    assert {row.quantity for row in result().ledger} >= {"C", "Alk", "Ca", "P"}
    assert all(row.closes for row in result().ledger)


def test_equilibrium_is_that_of_volcanoes_and_silicate():
    np.testing.assert_allclose(result().number("co2"), 280.0, rtol=1e-4)
    assert 70.0 < result().number("deep_carbonate") < 120.0
    assert 4000.0 < result().number("snow_line") < 5500.0


def test_equilibrium_of_the_steady_solver_is_the_same():
    end = jax.jit(lambda: equilibrium(Settings()))()
    made = world(Settings())
    assert int(end.status) == 0
    x = made.network.view(end.x)
    np.testing.assert_allclose(x["co2.air"] / 1.773e20, 280e-6, rtol=1e-9)
    np.testing.assert_allclose(made.floor.snow_line(x["sediment"]), result().number("snow_line"), rtol=1e-4)


def test_what_is_left_after_the_sea_has_mixed():
    """20 to 35 percent after 2 to 20 centuries, Archer et al. (2009), abstract; without warming, a little less."""
    assert 0.13 < left(1000, 1e3) < 0.35
    assert 0.20 < left(5000, 1e3) < 0.35


def test_what_is_left_for_ages():
    """About 4.3 percent beyond 100 kyr, Kaufhold et al. (2025), Biogeosciences 22, 2767, abstract."""
    for pulse in (1000, 5000):
        np.testing.assert_allclose(left(pulse, 1e5), 0.043, atol=0.02)
        assert left(pulse, 1e3) > left(pulse, 1e4) > left(pulse, 1e5) > 0.0


def test_time_scales_are_centuries_millennia_and_hundreds_of_millennia():
    """3 to 7 kyr for the carbonate of the floor, Archer et al. (2009), abstract."""
    assert 100.0 < result().number("time_invasion") < 500.0
    assert 3e3 < result().number("time_compensation") < 7e3
    assert 1e5 < result().number("time_silicate") < 6e5


def test_co2_comes_back():
    co2 = np.asarray(result().series["co2"].values)
    np.testing.assert_allclose(co2[-1], 280.0, rtol=0.04)


def test_sediment_dissolves_and_grows_again():
    snow = np.asarray(result().series["snow_line"].values)[:, 1]
    assert snow.min() < snow[0] - 500.0
    assert snow.max() > snow[0]  # the overshoot after silicate weathering


@pytest.mark.parametrize("feedback", ["carbon_dioxide", "temperature", "none"])
def test_weathering_is_one_at_the_reference(feedback):
    factors = Weathering(feedback=feedback).factors(jnp.asarray(280e-6))
    np.testing.assert_allclose([factors.silicate, factors.carbonate], 1.0, rtol=1e-12)


def test_weathering_laws_have_finite_slopes_in_the_cold():
    for t in (-40.0, -1 / 0.038, -11.5, 0.0, 15.0):
        for k in (0, 1):
            assert np.isfinite(float(jax.grad(lambda v, k=k: jax.tree.leaves(by_temperature(v))[k])(t)))
    assert float(by_temperature(-40.0).silicate) == 0.0


def test_unknown_feedback_is_refused():
    with pytest.raises(InputError, match="no feedback 'temprature'"):
        Weathering(feedback="temprature").factors(jnp.asarray(280e-6))  # type: ignore[arg-type]


def test_deposit_never_exceeds_the_rain_and_rises_with_carbonate():
    floor = SeaFloor()
    made = [
        floor.deposit(jnp.asarray(7e5), jnp.asarray(c), jnp.asarray(0.0103), jnp.asarray(1e17), floor.solubility())
        for c in (1e-5, 5e-5, 9e-5, 3e-4)
    ]
    kept = np.array([float(d.buried + d.spreading) for d in made])
    assert np.all(np.diff(kept) > 0)
    assert kept[-1] <= 7e5 * (1 + 1e-12)
    assert float(made[0].eroded) > float(made[-1].eroded)


def test_bad_pulses_are_refused():
    with pytest.raises(InputError, match="positive numbers"):
        run(Settings(pulses=(-1.0,)))


def test_powers_of_co2_are_powers():
    np.testing.assert_allclose(by_carbon_dioxide(4.0).silicate, 4.0**0.2)
