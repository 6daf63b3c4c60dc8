"""Laws of the network from seconds to geology: its modes, what it conserves, and what a quasi-steady pool costs."""

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.ledger import JULIAN_YEAR
from shanhai.models.box.time_scales import EXCESS, Settings, Year, equilibrium, network
from shanhai.numerics.time_scales import fast_species, time_scales
from shanhai.seawater.hydration import co2_hydration_rate


@pytest.fixture(scope="module")
def made():
    settings = Settings()
    whole = network(settings)
    return whole, equilibrium(settings, whole)


@pytest.fixture(scope="module")
def modes(made):
    return list(time_scales(*made, Year(), 1e5 * JULIAN_YEAR))


def test_nothing_changes_at_rest(made):
    whole, x = made
    inside = np.array(whole.pools)
    change = np.asarray(whole.tendency(x, Year()))[inside] * JULIAN_YEAR
    assert np.all(np.abs(change) < 1e-9 * np.asarray(x)[inside] + 1e3)  # mol a year


def test_modes_reach_from_half_a_minute_to_a_hundred_thousand_years(modes):
    times = [m.time / JULIAN_YEAR for m in modes if m.kind != "conserved"]
    assert 10.0 < times[0] * JULIAN_YEAR < 60.0
    assert 1e5 < times[-1] < 1e6
    assert any(100.0 < t < 1000.0 for t in times)  # invasion of the deep sea
    assert any(3e3 < t < 3e4 for t in times)  # carbonate compensation and burial


def test_all_modes_decay(modes):
    assert all(m.rate.real < 0 for m in modes if m.kind != "conserved")


def test_phosphate_and_charge_are_conserved(modes):
    assert sum(m.kind == "conserved" for m in modes) == 2


def test_the_fastest_mode_is_hydration_with_escape(made, modes):
    assert max(modes[0].reactions, key=modes[0].reactions.get) == "hydration"
    assert modes[0].species[EXCESS] == pytest.approx(1.0, abs=1e-6)
    assert fast_species(time_scales(*made, Year(), 0.1 * JULIAN_YEAR)) == (EXCESS,)


def test_the_excess_at_rest_is_what_comes_in_over_what_goes(made):
    whole, x = made
    rates = dict(zip([r.name for r in whole.reactions], np.asarray(whole.rates(x, Year()))))
    assert rates["hydration"] + rates["escape"] == pytest.approx(rates["invasion: low"], rel=1e-9)


def test_hydration_is_faster_where_it_is_warm_and_alkaline():
    t, ph = jnp.linspace(5.0, 35.0, 7), jnp.linspace(7.0, 9.0, 7)
    assert bool(jnp.all(jnp.diff(co2_hydration_rate(t, 35.0, 8.0)) > 0))
    assert bool(jnp.all(jnp.diff(co2_hydration_rate(15.0, 35.0, ph)) > 0))
