"""Laws of the global carbon model: closure, rest without emissions, alkalinity untouched, budget, cleared land."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.atmosphere.global_mean import MOLES_PER_PPM, TwoLayer, co2_forcing
from shanhai.carbon.budget import CarbonBudget, feedback
from shanhai.carbon.scenarios import SCENARIOS, embedded, observed_facts
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.land.global_carbon import INTACT, POOLS, fertilisation
from shanhai.models.box.books import ledger
from shanhai.models.box.global_carbon import (
    BOXES,
    CALM,
    TRACERS,
    Drivers,
    GlobalCarbon,
    budget,
    network,
    preindustrial,
    simulate,
)

YEARS = 120
MODEL = GlobalCarbon()
CHAIN = network(MODEL)


@jax.jit
def run(model, drivers):
    trajectory = simulate(model, drivers, preindustrial(model))
    return trajectory, budget(model, trajectory)


@jax.jit
def rates_at(x, year):
    return CHAIN.rates(x, year)


def drivers(fossil=0.0, land_use=0.0, forcing=0.0):
    return Drivers(*(jnp.broadcast_to(jnp.asarray(v, float), (YEARS,)) for v in (fossil, land_use, forcing, 277.15)))


@pytest.fixture(scope="module")
def disturbed():
    years = np.arange(YEARS)
    return run(MODEL, drivers(12 * np.sin(years / 20), 2 * np.cos(years / 7), 0.02 * years))


@pytest.fixture(scope="module")
def calm():
    return run(MODEL, drivers())


def test_the_carbon_and_the_alkalinity_of_the_world_close(disturbed):
    trajectory = disturbed[0]
    moved = jnp.sum(jnp.abs(trajectory.extents), axis=0)
    rows = ledger(CHAIN, trajectory.amounts[0], trajectory.amounts[-1], moved)
    assert {row.quantity for row in rows} == {"C", "Alk"}
    assert all(row.closes for row in rows)
    whole = np.asarray(trajectory.amounts) @ CHAIN.contents.T
    np.testing.assert_allclose(whole, whole[:1].repeat(len(whole), 0), rtol=1e-13)


def test_without_emissions_nothing_changes(calm):
    trajectory, terms = calm
    start = trajectory.amounts[0]
    scale = jnp.where(start > 0, start, MOLES_PER_PPM)
    assert float(jnp.max(jnp.abs(trajectory.amounts - start) / scale)) < 1e-9
    np.testing.assert_allclose(terms.ppm, 277.15, rtol=1e-10)
    assert float(jnp.max(jnp.abs(trajectory.warming))) < 1e-9


def test_the_terms_of_the_budget_add_up(disturbed):
    terms = disturbed[1]
    left = terms.fossil + terms.land_use - terms.growth - terms.land - terms.ocean
    assert float(jnp.max(jnp.abs(left))) < 1e-11  # PgC yr-1, of terms of 10
    years = np.arange(YEARS)
    np.testing.assert_allclose(terms.fossil, 12 * np.sin(years / 20), atol=1e-12)
    np.testing.assert_allclose(terms.land_use, 2 * np.cos(years / 7), atol=1e-12)


def test_gas_exchange_land_and_emissions_leave_alkalinity_alone(calm):
    rows = [CHAIN.index(f"alkalinity.{box}") for box in BOXES]
    x = calm[0].amounts[0]
    nu = np.asarray(CHAIN.stoichiometry(x, CALM))[rows]
    moves = {r.name for r, column in zip(CHAIN.reactions, nu.T) if np.any(column)}
    assert moves == {r.name for r in CHAIN.reactions if r.name.startswith(("alkalinity by", "pump"))}


def test_cleared_land_neither_grows_back_nor_goes_on_losing(calm):
    x = calm[0].amounts[0]
    held = np.array([CHAIN.index(name) for name in (*POOLS, INTACT)])
    cleared = x.at[held].multiply(0.7)
    names = [r.name for r in CHAIN.reactions]
    rates = dict(zip(names, np.asarray(rates_at(cleared, CALM))))
    growth = sum(v for n, v in rates.items() if n.startswith("growth"))
    respired = sum(v for n, v in rates.items() if n.startswith("respiration"))
    assert abs(growth - respired) < 1e-12 * growth
    emitting = CALM._replace(land_use=1e7)
    taken = np.asarray(CHAIN.stoichiometry(x)) @ (np.asarray(rates_at(x, emitting)) - np.asarray(rates_at(x, CALM)))
    share = taken[held] / np.asarray(x)[held]
    np.testing.assert_allclose(share, share[0], rtol=1e-12)  # every pool and the land lose the same part
    np.testing.assert_allclose(taken[0], 1e7, rtol=1e-12)


def test_fertilisations_have_the_same_slope_before_industry_and_only_one_saturates():
    slopes = [float(jax.grad(fertilisation)(277.15, 0.8, form)) for form in ("hyperbolic", "logarithmic")]
    np.testing.assert_allclose(slopes, 0.8 / 277.15, rtol=1e-12)
    assert fertilisation(1e7, 0.8, "hyperbolic") < 3.7
    assert fertilisation(277.15, 0.8) == pytest.approx(1.0, abs=1e-15)


def test_doubled_co2_warms_by_its_forcing_over_the_feedback_and_heat_is_kept():
    climate = TwoLayer()
    forcing = climate.co2_forcing(2 * 277.15)
    far = climate.advanced(jnp.zeros(2), forcing, 1e5 * JULIAN_YEAR)
    np.testing.assert_allclose(far, forcing / climate.feedback, rtol=1e-9)
    state, kept, fine = jnp.array([0.3, 0.1]), 0.0, 2000
    once = climate.advanced(state, 3.0, JULIAN_YEAR)
    for _ in range(fine):
        kept += (3.0 - float(climate.feedback * state[0])) / fine
        state = climate.advanced(state, 3.0, JULIAN_YEAR / fine)
    np.testing.assert_allclose(state, once, rtol=1e-10)
    heat = float(climate.upper * (once[0] - 0.3) + climate.lower * (once[1] - 0.1))
    assert heat == pytest.approx(kept, rel=1e-3)


def test_forcing_of_co2_is_smooth_where_its_pieces_meet():
    for ppm in (277.15, 277.15 + 7.5906e-4 / (2 * 2.4785e-7)):
        below, above = (float(jax.grad(co2_forcing)(ppm + d)) for d in (-1e-6, 1e-6))
        assert below == pytest.approx(above, rel=1e-6)


def test_sums_of_emissions_between_facts_are_trapezoids():
    years, _ = observed_facts()
    for name in SCENARIOS:
        ssp = embedded(name)
        knots = np.searchsorted(ssp.years, years).tolist()
        for a, b in itertools.pairwise(knots):
            part = ssp.fossil[a : b + 1]
            assert part.sum() - 0.5 * (part[0] + part[-1]) == pytest.approx(0.5 * (part[0] + part[-1]) * (b - a))
        assert np.all(np.isfinite(ssp.drivers())), name


def test_imbalance_and_airborne_fraction_follow_from_the_terms():
    years = np.arange(1960.0, 1985.0)
    terms = [np.linspace(a, b, 25) for a, b in ((4, 6), (1, 1), (2, 3), (1, 2), (1.5, 1.5))]
    book = CarbonBudget(years, *terms)
    np.testing.assert_allclose(book.imbalance, terms[0] + terms[1] - terms[2] - terms[3] - terms[4])
    decades = book.decades()
    assert decades.years.tolist() == [1960.0, 1970.0, 1975.0]
    np.testing.assert_allclose(decades.imbalance[0], book.imbalance[:10].mean())
    assert book.uncertainty("imbalance")[0] == pytest.approx(np.sqrt(0.2**2 + 0.7**2 + 0.2**2 + 0.5**2 + 0.9**2))
    assert book.airborne_fraction[0] == pytest.approx(0.4)


def test_feedbacks_are_found_again_in_what_they_make():
    found = feedback(0.9 * 300 - 50 * 2.5, 0.9 * 300 - 50 * 0.2, 300.0, 2.5, 0.2)
    assert (found.beta, found.gamma) == (pytest.approx(0.9), pytest.approx(-50.0))


def test_tracers_of_the_sea_are_what_the_model_says():
    assert [s.name for s in CHAIN.species if "." in s.name][1:] == [f"{t}.{b}" for t in TRACERS for b in BOXES]
