"""Laws of the coupler: mail, order, steps of different length, frozen fractions, implicit surfaces; one trace."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import coupled_toys as toys

from shanhai.core.clock import instant, written
from shanhai.core.component import Port
from shanhai.coupling.books import rows
from shanhai.coupling.coupler import Coupler
from shanhai.coupling.driver import advance, scanned
from shanhai.coupling.fractions import moved_between_tiles, transferred
from shanhai.coupling.links import Link, Member, Overlapping
from shanhai.coupling.mail import Amount, Frozen, Mean
from shanhai.coupling.start import start
from shanhai.grids.cells import latitude_longitude_cells
from shanhai.grids.exchange import mosaic

NEW_YEAR = instant("2000-01-01")


def test_a_component_is_traced_once_for_any_number_of_windows_and_new_parameters():
    coupler, begin = toys.two(rate=1.1e-5)
    toys.traces.clear()
    for windows in (1, 2, 30):
        advance(coupler, begin, jnp.asarray(windows))
    other, begin = toys.two(rate=2.2e-5)
    advance(other, begin, jnp.asarray(3))
    assert len(toys.traces) <= 2  # none if another test has compiled it


def test_a_run_in_two_parts_is_the_run_in_one_bit_by_bit():
    coupler, begin = toys.two()
    once = advance(coupler, begin, jnp.asarray(12))
    parts = advance(coupler, advance(coupler, begin, jnp.asarray(5)), jnp.asarray(7))
    assert all(_bits(x) == _bits(y) for x, y in zip(jax.tree.leaves(once), jax.tree.leaves(parts)))
    assert written(once.time) == "1999-12-31T12:00:00"
    assert int(once.window) == 12


def _bits(x):
    return np.asarray(x).tobytes()


class Giver(eqx.Module):
    """Gives each time what the clock says, and what it has."""

    @property
    def takes(self):
        return ()

    @property
    def gives(self):
        return Port("amount", "amount", "mol", (), {"C": 1.0}), Port("hour", "state", "h")

    def step(self, state, inbox, t, dt):
        hour = t.second / 3600.0
        return state - hour, {"amount": hour, "hour": hour}

    def inventory(self, state):
        return {"C": state}


class Taker(eqx.Module):
    """Takes, and remembers what the last four steps took and saw and when."""

    @property
    def takes(self):
        return Port("amount", "amount", "mol", (), {"C": 1.0}), Port("hour", "state", "h")

    @property
    def gives(self):
        return ()

    def step(self, state, inbox, t, dt):
        seen = jnp.stack([inbox["amount"], inbox["hour"], t.second / 3600.0])
        return {"stock": state["stock"] + inbox["amount"], "seen": jnp.concatenate([state["seen"][1:], seen[None]])}, {}

    def inventory(self, state):
        return {"C": state["stock"]}


def giver_and_taker(giver_dt, taker_dt, window, order=("giver", "taker")):
    members = (Member("giver", Giver(), giver_dt), Member("taker", Taker(), taker_dt))
    links = (Link("giver.amount", "taker.amount"), Link("giver.hour", "taker.hour"))
    coupler = Coupler(members, links, window, order)
    states = {"giver": jnp.asarray(0.0), "taker": {"stock": jnp.asarray(0.0), "seen": jnp.zeros((4, 3))}}
    return coupler, start(coupler, states, NEW_YEAR, {"giver.hour": jnp.asarray(-1.0)})


@pytest.mark.parametrize(
    ("giver_dt", "taker_dt", "window", "windows", "seen"),
    [  # rows: amount taken, mean seen, hour of the step
        (3600, 3600, 3600, 4, [[0, 0, 0], [1, 1, 1], [2, 2, 2], [3, 3, 3]]),
        (3600, 7200, 7200, 2, [[0, 0, 0], [0, 0, 0], [1, 0.5, 0], [5, 2.5, 2]]),
        (3600, 7200, 3600, 4, [[0, 0, 0], [0, 0, 0], [1, 0.5, 0], [5, 2.5, 2]]),
        (7200, 3600, 7200, 2, [[0, 0, 0], [0, 0, 1], [1, 2, 2], [1, 2, 3]]),
        (7200, 3600, 3600, 4, [[0, -1, 0], [0, 0, 1], [0, 0, 2], [2, 2, 3]]),
    ],
)
def test_amounts_are_summed_and_states_averaged_over_the_step_of_the_taker(giver_dt, taker_dt, window, windows, seen):
    coupler, begin = giver_and_taker(giver_dt, taker_dt, window)
    after = advance(coupler, begin, jnp.asarray(windows))
    assert after.components["taker"]["seen"].tolist() == seen
    assert all(r.closes and r.residual == 0.0 for r in rows(coupler, after))


def test_written_order_is_execution_order():
    coupler, begin = giver_and_taker(3600, 3600, 3600, order=("taker", "giver"))
    after = advance(coupler, begin, jnp.asarray(4))
    assert after.components["taker"]["seen"].tolist() == [[0, -1, 0], [0, 0, 1], [1, 1, 2], [2, 2, 3]]
    assert float(after.mail["giver.amount_to_taker.amount"].held.value) == 3.0


@given(st.lists(st.integers(-(10**15), 10**15).map(lambda i: i / 3e6), min_size=1, max_size=20), st.integers(1, 7))
@settings(max_examples=50, deadline=None)
def test_everything_posted_is_delivered_or_held_to_the_last_bit(amounts, parts):
    from fractions import Fraction

    box, taken = Amount.empty(()), Fraction(0)
    for x in amounts:
        box = box.posted(x)
    for left in range(parts, 0, -1):
        x, box = box.delivered(left)
        taken += Fraction(float(x))
    held = Fraction(float(box.held.value)) + Fraction(float(box.held.carry))
    error = abs(float(sum(map(Fraction, amounts)) - taken - held))
    assert error <= 1e-30 * sum(map(abs, amounts))
    assert abs(float(held)) <= 1e-15 * sum(map(abs, amounts))


def test_a_mean_stays_until_something_new_comes():
    box = Mean.starting(jnp.asarray(7.0))
    assert float(box.delivered(1)[0]) == 7.0
    mean, box = box.posted(1.0).posted(2.0).delivered(1)
    assert (float(mean), float(box.delivered(1)[0])) == (1.5, 1.5)


def test_a_fraction_given_in_a_window_holds_from_the_next_one_on():
    box = Frozen(jnp.asarray(0.2), jnp.asarray(0.2)).posted(jnp.asarray(0.9))
    assert (float(box.delivered(1)[0]), float(box.turned().delivered(1)[0])) == (0.2, 0.9)


def test_rain_is_shared_by_the_fractions_at_the_start_of_the_window():
    coupler, begin = toys.rain()
    fraction = begin.components["ice"]["fraction"]
    after = coupler.turn(coupler.turn(begin, "air"), "ice")
    given = sum(float(jnp.sum(begin.components["air"]["water"])) * 1e-5 * 600 * (1 - 0.006) ** i for i in range(6))
    arrived = after.ledger.parties["ice"]["water"].flows["taken"].value
    held = after.mail["air.rain_water_to_water.from_air_water"].held.value
    assert float(arrived) + float(jnp.sum(held)) == pytest.approx(given, rel=1e-12)
    assert float(held[0]) > 0.0
    assert fraction[0] == 0.0
    assert after.mail["ice.fraction"].now.tolist() == fraction.tolist()
    assert after.mail["ice.fraction"].next.tolist() == after.components["ice"]["fraction"].tolist()


fractions = st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3).filter(lambda f: sum(f) > 1e-3)


@given(fractions, fractions, st.lists(st.floats(0.0, 1e12), min_size=3, max_size=3))
@settings(max_examples=100, deadline=None)
def test_stock_that_moves_with_the_boundary_of_tiles_is_kept_and_none_is_overdrawn(old, new, stock):
    old, new = (jnp.asarray(f) / sum(f) for f in (old, new))
    stock = jnp.where(old > 0, jnp.asarray(stock), 0.0)
    after = moved_between_tiles(stock, old, new)
    assert float(jnp.sum(after) - jnp.sum(stock)) == pytest.approx(0.0, abs=2e-15 * float(jnp.sum(stock)))
    assert float(jnp.min(after)) >= -1e-15 * float(jnp.sum(stock))


def test_a_tile_that_shrinks_keeps_its_stock_per_area_and_one_that_vanishes_gives_all():
    old, new = jnp.array([0.5, 0.25, 0.25]), jnp.array([0.25, 0.75, 0.0])
    after = moved_between_tiles(jnp.array([8.0, 1.0, 3.0]), old, new)
    assert after.tolist() == [4.0, 8.0, 0.0]
    assert float(jnp.trace(transferred(jnp.ones(3), old, new))) == 0.0


def test_unchanged_fractions_move_nothing_to_the_last_bit():
    stock, fraction = jnp.array([1.1, 2.2]), jnp.array([0.3, 0.7])
    assert moved_between_tiles(stock, fraction, fraction).tolist() == stock.tolist()


class ImplicitAir(eqx.Module):
    """A slab of air that tells the surface how its temperature answers the heat that it will get, x = A F + B."""

    capacity: jax.Array

    @property
    def takes(self):
        return (Port("heat", "amount", "J", (), {"enthalpy": 1.0}),)

    @property
    def gives(self):
        return (Port("answer", "response", "1", (2,)),)

    def eliminate(self, state, inbox, t, dt):
        return state, {"answer": jnp.stack([dt / self.capacity, state])}

    def step(self, state, inbox, t, dt):
        return state + inbox["heat"] / self.capacity, {}

    def inventory(self, state):
        return {"enthalpy": self.capacity * state}


class ImplicitGround(eqx.Module):
    """A slab of ground that solves for the flux between them and reports what was realised."""

    capacity: jax.Array
    conductance: jax.Array

    @property
    def takes(self):
        return (Port("answer", "response", "1", (2,)),)

    @property
    def gives(self):
        return (Port("heat", "amount", "J", (), {"enthalpy": 1.0}),)

    def step(self, state, inbox, t, dt):
        slope, offset = inbox["answer"]
        h = self.conductance
        flux = h * (state - offset) / (1 + h * (dt / self.capacity + slope))
        return state - flux * dt / self.capacity, {"heat": flux * dt}

    def inventory(self, state):
        return {"enthalpy": self.capacity * state}


def test_an_implicit_surface_is_stable_where_the_lagged_explicit_one_explodes_and_closes():
    step, air, ground, conductance = 1800, 6e4, 4e4, 30.0
    assert conductance * step * (1 / air + 1 / ground) > 2  # explicit coupling grows without bound
    members = (
        Member("air", ImplicitAir(jnp.asarray(air)), step),
        Member("ground", ImplicitGround(jnp.asarray(ground), jnp.asarray(conductance)), step),
    )
    links = (Link("ground.heat", "air.heat"), Link("air.answer", "ground.answer"))
    coupler = Coupler(members, links, step, ("air.eliminate", "ground", "air"))
    states = {"air": jnp.asarray(0.0), "ground": jnp.asarray(10.0)}
    begin = start(coupler, states, NEW_YEAR)
    one = advance(coupler, begin, jnp.asarray(1))
    gap = float(one.components["ground"] - one.components["air"])
    assert gap == pytest.approx(10 / (1 + conductance * step * (1 / air + 1 / ground)), rel=1e-14)
    after = advance(coupler, begin, jnp.asarray(480))
    assert float(after.components["air"]) == pytest.approx(4.0, rel=1e-12)
    assert all(abs(r.residual) <= 1e-14 * r.scale for r in rows(coupler, after))


def test_the_loop_that_can_be_differentiated_and_the_one_that_runs_agree():
    coupler, begin = toys.two()
    one, other = advance(coupler, begin, jnp.asarray(6)), eqx.filter_jit(scanned)(coupler, begin, 6)
    for x, y in zip(jax.tree.leaves(one.components), jax.tree.leaves(other.components)):
        np.testing.assert_allclose(x, y, rtol=1e-13)


def test_land_and_sea_below_the_cells_of_the_air_get_all_that_the_air_gives_and_no_more():
    """Shares of every air cell sum to one, or the coupler would refuse to be built."""
    air, sea = latitude_longitude_cells([0, 2, 4], [0, 1]), latitude_longitude_cells([0, 1, 2, 3, 4], [0, 1])
    made = mosaic(air, sea.with_fraction([[0, 0, 0, 1]]))
    shapes = {"air": (1, 2), "land": made.land.target.shape, "sea": (1, 4)}
    ports = {name: Port("carbon", "amount", "mol", shape, {"C": 1.0}) for name, shape in shapes.items()}
    down = {name: Overlapping(x.source, x.target) for name, x in (("land", made.land), ("sea", made.sea))}
    links = tuple(Link("air.carbon", f"{name}.carbon", crossing) for name, crossing in down.items())
    members = (Member("air", Shower(ports["air"]), 60), *(Member(n, Soak(ports[n]), 60) for n in ("land", "sea")))
    coupler = Coupler(members, links, 60)
    begin = start(coupler, {name: jnp.zeros(shape) for name, shape in shapes.items()}, NEW_YEAR)
    after = advance(coupler, begin, jnp.asarray(3))
    assert float(after.components["sea"][0, 3]) == pytest.approx(1.5, rel=1e-12)
    assert float(jnp.sum(after.components["land"])) == pytest.approx(4.5, rel=1e-12)
    assert all(r.closes for r in rows(coupler, after))


class Shower(eqx.Module):
    """Gives one of each cell at every step."""

    port: Port = eqx.field(static=True)
    takes = ()

    @property
    def gives(self):
        return (self.port,)

    def step(self, state, inbox, t, dt):
        return state - 1.0, {"carbon": jnp.ones(self.port.shape)}

    def inventory(self, state):
        return {"C": state}


class Soak(eqx.Module):
    """Takes what comes."""

    port: Port = eqx.field(static=True)
    gives = ()

    @property
    def takes(self):
        return (self.port,)

    def step(self, state, inbox, t, dt):
        return state + inbox["carbon"], {}

    def inventory(self, state):
        return {"C": state}
