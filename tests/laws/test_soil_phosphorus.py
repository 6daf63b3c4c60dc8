"""Laws of soil phosphorus: exact exchange with surfaces, closed budgets, decline with the age of a soil."""

import csv

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.conftest import SHARED

from shanhai.core.constants import ATOMIC_MASS, SECONDS_PER_DAY
from shanhai.core.errors import InputError
from shanhai.core.first_order import FirstOrder
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.numerics.integrate import FINISHED, Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.soil.phosphorus import (
    SOIL_ORDERS,
    DoubleLangmuir,
    Langmuir,
    OfDissolved,
    Phosphorus,
    biological_reactions,
    double_langmuir_dissolved,
    langmuir_dissolved,
    mineral_reactions,
    of_soil_order,
    phosphatase_activity,
    phosphorus_species,
)

TOTAL = 10.0 ** np.linspace(-12, 6, 181)


@pytest.mark.parametrize(("capacity", "half"), [(439.0, 75.0), (43.6, 9.8), (1e-6, 1.0), (1e4, 1e-8), (0.0, 1.0)])
def test_dissolved_and_sorbed_add_up_to_the_total_on_both_branches(capacity, half):
    p = np.asarray(langmuir_dissolved(TOTAL, capacity, half))
    sorbed = capacity * p / (half + p)
    assert np.all(np.abs(p + sorbed - TOTAL) <= 1e-13 * TOTAL)
    assert np.all(np.diff(p) > 0)
    assert np.all((p > 0) & (p <= TOTAL * (1 + 1e-15)))


def test_dissolved_phosphorus_is_proportional_when_little_and_all_that_is_above_capacity():
    assert float(langmuir_dissolved(1e-9, 439.0, 75.0)) == pytest.approx(1e-9 * 75.0 / (75.0 + 439.0), rel=1e-9)
    assert float(langmuir_dissolved(1e9, 439.0, 75.0)) == pytest.approx(1e9 - 439.0, rel=1e-12)


@pytest.mark.parametrize(
    "surfaces", [((1.0, 10.0), (0.01, 5.0)), ((300.0, 1e-3), (1e-6, 1e3)), ((0.0, 20.0), (1.0, 2.0))]
)
def test_two_surfaces_and_the_solution_add_up_to_the_total(surfaces):
    (s1, s2), (k1, k2) = surfaces
    p = np.asarray(double_langmuir_dissolved(TOTAL, *surfaces))
    total = p + s1 * p / (k1 + p) + s2 * p / (k2 + p)
    np.testing.assert_allclose(total, TOTAL, rtol=1e-13)


def test_two_equal_surfaces_are_one():
    one = langmuir_dissolved(TOTAL, 30.0, 5.0)
    two = DoubleLangmuir(Langmuir(12.0, 5.0), Langmuir(18.0, 5.0)).dissolved(TOTAL)
    np.testing.assert_allclose(two, one, rtol=1e-13)


def test_two_surfaces_buffer_more_where_the_strong_one_is_not_full():
    """A single surface with the capacity of both and the mean half-saturation dissolves more of little phosphorus."""
    double = DoubleLangmuir(Langmuir(5.0, 0.01), Langmuir(25.0, 5.0))
    single = Langmuir(30.0, (5.0 * 0.01 + 25.0 * 5.0) / 30.0)
    assert np.all(double.dissolved(TOTAL[TOTAL < 5.0]) < single.dissolved(TOTAL[TOTAL < 5.0]))


def linearised_buffer(labile, capacity, half, added):
    """The step of CASA-CNP: labile grows by the addition over the slope of the isotherm, sorbed is set from it."""
    new = labile + added / (1.0 + capacity * half / (half + labile) ** 2)
    return new, capacity * new / (half + new)


@pytest.mark.parametrize(("capacity", "half"), [(439.46, 74.54), (133.0, 64.0)])
@pytest.mark.parametrize(
    ("added", "low", "high"), [(0.1, 1.5e-4, 3.2e-4), (1.0, 1.5e-3, 3.2e-3), (10.0, 1.5e-2, 2.8e-2)]
)
def test_a_linearised_buffer_loses_phosphorus_and_the_total_does_not(capacity, half, added, low, high):
    """From 25 g m-2 of labile phosphorus, as CASA-CNP begins with, in its units."""
    labile = 25.0
    sorbed = capacity * labile / (half + labile)
    new, set_from_isotherm = linearised_buffer(labile, capacity, half, added)
    error = abs((new + set_from_isotherm) - (labile + sorbed) - added) / added
    assert low < error < high
    total = labile + sorbed + added
    p = float(langmuir_dissolved(total, capacity, half))
    assert abs(p + capacity * p / (half + p) - total) < 1e-13 * total


def test_the_error_of_a_linearised_buffer_grows_with_the_addition():
    """Second order: ten times the addition has ten times the relative error."""
    errors = []
    for added in (0.01, 0.1, 1.0):
        new, sorbed = linearised_buffer(0.0, 439.46, 74.54, added)
        errors.append(abs(new + sorbed - added) / added)
    np.testing.assert_allclose(np.diff(np.log10(errors)), 1.0, atol=0.02)


def closed(isotherm):
    p = Phosphorus()
    reactions = (
        *mineral_reactions(p),
        *biological_reactions(p, isotherm, uptake=2e-9, cost=40.0, decay=2e-9),
        Reaction("litterfall P", FirstOrder("plant_p", 1e-8), {"plant_p": -1.0, "organic_p": 1.0}),
        Reaction("mineralisation P", FirstOrder("organic_p", 1e-9), {"organic_p": -1.0, "exchangeable_p": 1.0}),
    )
    return Network(phosphorus_species(), reactions)


@pytest.mark.parametrize(
    "isotherm", [Langmuir(), DoubleLangmuir(Langmuir(5.0, 0.01), Langmuir(25.0, 5.0))], ids=["one", "two"]
)
def test_phosphorus_of_a_closed_soil_is_constant(isotherm):
    x = jnp.array([20.0, 1.0, 0.0, 0.0, 5.0, 0.3])
    network, tolerance = closed(isotherm), Tolerance(relative=1e-4, absolute=1e-9)
    advance = jax.jit(lambda span: integrate(Rosenbrock(), network, x, None, span, tolerance))
    for years in (1.0, 1e5):
        end = advance(years * JULIAN_YEAR)
        assert int(end.status) == FINISHED
        assert abs(float(end.x.sum() - x.sum())) < 1e-13 * float(x.sum())
        assert np.all(np.asarray(end.x) >= 0)
        assert int(end.counts.limited) == 0


def ageing(years):
    """Pools of a soil left to weather, leach and grow plants."""
    surface = Langmuir()
    river = Species("river_p", {"P": 1.0}, external=True)
    leaching = Reaction(
        "leaching P",
        OfDissolved(surface, "exchangeable_p", 5e-3 / JULIAN_YEAR),
        {"exchangeable_p": -1.0, "river_p": 1.0},
    )
    base = closed(surface)
    network = Network((*base.species, river), (*base.reactions, leaching))
    tolerance = Tolerance(relative=1e-5, absolute=1e-8)
    advance = jax.jit(lambda x, span: integrate(Rosenbrock(), network, x, None, span, tolerance))
    x, rows = jnp.array([40.0, 0.0, 0.0, 0.0, 0.0, 0.01, 0.0]), []
    for span in np.diff([0.0, *years]) * JULIAN_YEAR:
        end = advance(x, span)
        assert int(end.status) == FINISHED
        x = end.x
        rows.append(np.asarray(x))
    return {s.name: np.array(column) for s, column in zip(network.species, np.transpose(rows))}


def test_a_soil_declines_with_age_as_walker_and_syers_found():
    """Primary minerals go, what plants can use rises and falls, occluded gains on the rest, and the whole is lost."""
    ages = [1e2, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6]
    pools = ageing(ages)
    total = sum(v for name, v in pools.items() if name != "river_p")
    np.testing.assert_allclose(total + pools["river_p"], 40.01, rtol=1e-12)  # it went round a hundred times
    assert np.all(np.diff(total) < 0)
    assert np.all(np.diff(pools["primary_p"]) < 0)
    for name in ("exchangeable_p", "organic_p", "secondary_p", "plant_p"):
        top = int(np.argmax(pools[name]))
        assert 0 < top < len(ages) - 1, name
        assert pools[name][-1] < 0.7 * pools[name][top], name
    mineral = sum(pools[name] for name in ("primary_p", "exchangeable_p", "secondary_p", "occluded_p"))
    share = pools["occluded_p"] / mineral
    assert np.all(np.diff(share[:5]) > 0)
    assert share[-1] > 0.3 > share[1]


def test_phosphatase_begins_at_the_threshold_and_saturates():
    p, sharp = Phosphorus(), Phosphorus(width=0.0)
    costs = jnp.array([0.0, 14.0, 15.0])
    assert np.all(np.asarray(phosphatase_activity(p, costs)) == 0.0)
    assert float(phosphatase_activity(p, 165.0)) == pytest.approx(0.25, rel=1e-12)
    assert float(phosphatase_activity(p, 1e12)) == pytest.approx(0.5, rel=1e-9)
    many = jnp.linspace(0.0, 60.0, 601)
    rounded, exact = phosphatase_activity(p, many), phosphatase_activity(sharp, many)
    assert float(jnp.max(jnp.abs(rounded - exact))) < 0.5 * 0.43 / 150.0
    assert np.all(np.diff(np.asarray(rounded)) >= 0)


def test_phosphorus_and_nothing_else_moves_and_uptake_stops_without_it():
    network = closed(Langmuir())
    x = jnp.zeros(6)
    assert np.all(np.asarray(network.rates(x)) == 0.0)


def test_the_table_of_soil_orders_is_that_of_the_testbed():
    path = SHARED / "soil" / "casacnp" / "pftlookup_igbp_updated4.csv"
    if not path.exists():
        pytest.skip("the tables of CASA-CNP are not here")
    rows = list(csv.reader(path.open(encoding="utf8")))
    first = next(i for i, row in enumerate(rows) if row[0] == "soilorder") + 1
    for row, (capacity, half) in zip(rows[first : first + 12], SOIL_ORDERS.values(), strict=True):
        assert (float(row[2]), float(row[1])) == (capacity, half)


def test_an_order_of_soil_gives_back_its_amount_per_area_and_an_unknown_one_is_refused():
    surface = of_soil_order("ultisol", 0.25)
    assert float(surface.capacity) * 0.25 * ATOMIC_MASS["P"] == pytest.approx(227.50909, rel=1e-14)
    default, alfisol = Langmuir(), of_soil_order("alfisol", 0.5)
    assert float(default.capacity) == pytest.approx(float(alfisol.capacity), rel=1e-4)
    assert float(default.half_saturation) == pytest.approx(float(alfisol.half_saturation), rel=1e-4)
    with pytest.raises(InputError, match="ultisol"):
        of_soil_order("ultisoll", 0.5)


def test_transfers_of_parton_have_the_published_times():
    laws = {r.name: 1.0 / (float(r.law.rate) * SECONDS_PER_DAY) for r in mineral_reactions(Phosphorus())}
    assert laws["weathering P"] == pytest.approx(4.38e6)
    assert laws["release P"] == pytest.approx(13500.0)
    assert laws["fixation P"] == pytest.approx(600.0)


def test_a_new_number_does_not_recompile():
    count = []

    @eqx.filter_jit
    def rates(isotherm, x):
        count.append(1)
        return closed(isotherm).rates(x)

    for capacity in (10.0, 20.0, 30.0):
        rates(Langmuir(capacity), jnp.ones(6))
    assert len(count) == 1
