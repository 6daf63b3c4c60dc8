"""Laws of the ledger: every quantity closes per party and in total, and nothing else is let through."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests import coupled_toys as toys

from shanhai.core.clock import instant
from shanhai.core.component import Port
from shanhai.core.ledger import BAR, JULIAN_YEAR, Row, rate, spoken
from shanhai.coupling.books import reopened, rows, worst
from shanhai.coupling.coupler import Coupler
from shanhai.coupling.driver import advance
from shanhai.coupling.links import Link, Member
from shanhai.coupling.start import start

LONG = 100_000  # windows


@pytest.mark.parametrize("make", [toys.two, toys.three, toys.rain])
def test_water_enthalpy_and_carbon_close_over_1e5_windows_with_moving_ice_and_three_steps(make):
    coupler, begin = make()
    after = advance(coupler, begin, jnp.asarray(LONG))
    book = rows(coupler, after)
    parties = {m.name for m in coupler.members} | {"mail", "total"}
    assert {(r.party, r.quantity) for r in book} == {(p, q) for p in parties for q in ("water", "enthalpy", "C")}
    for row in book:
        assert row.closes
        stock = next(abs(r.change) + _stock(coupler, begin, r.quantity) for r in book if r.quantity == row.quantity)
        assert abs(row.residual) <= BAR * stock  # against what is there, without what went through
        assert row.worst < 1e-3


def _stock(coupler, coupled, quantity):
    return sum(float(jnp.sum(m.component.inventory(coupled.components[m.name])[quantity])) for m in coupler.members)


def test_accounts_explain_the_change_of_the_whole():
    coupler, begin = toys.two()
    after = advance(coupler, begin, jnp.asarray(24))
    total = next(r for r in rows(coupler, after) if (r.party, r.quantity) == ("total", "enthalpy"))
    assert total.accounts["sun"] == pytest.approx(86400 * 3 * 100.0, rel=1e-2)
    assert total.change == pytest.approx(total.accounts["sun"], rel=1e-6)
    assert (total.taken, total.given) == (0.0, 0.0)


def test_what_one_gives_is_what_the_other_takes_and_the_mail_holds():
    coupler, begin = toys.two()
    after = advance(coupler, begin, jnp.asarray(5))
    book = {(r.party, r.quantity): r for r in rows(coupler, after)}
    mail = book["mail", "C"]
    assert mail.taken == pytest.approx(book["air", "C"].given + book["sea", "C"].given, rel=1e-15)
    assert mail.given == pytest.approx(book["air", "C"].taken + book["sea", "C"].taken, rel=1e-15)
    assert mail.change == pytest.approx(mail.taken - mail.given, rel=1e-9)
    assert mail.change > 0.0


def test_a_ledger_opened_again_forgets_the_past_and_counts_mail_in_transit():
    coupler, begin = toys.two()
    half = advance(coupler, begin, jnp.asarray(5))
    after = advance(coupler, reopened(coupler, half), jnp.asarray(5))
    assert float(worst(coupler, after)) < 1e-2
    once = advance(coupler, half, jnp.asarray(5))
    parts = {(r.party, r.quantity): r.change for r in rows(coupler, after)}
    for row in rows(coupler, once):
        before = next(r.change for r in rows(coupler, half) if (r.party, r.quantity) == (row.party, row.quantity))
        assert row.change == pytest.approx(
            before + parts[row.party, row.quantity], rel=1e-9, abs=1e-3 * BAR * row.scale
        )


class Column(eqx.Module):
    """Cells that give what they are asked for, one of which loses a little by the way."""

    lost: jax.Array

    @property
    def takes(self):
        return (Port("up", "amount", "mol", (3,), {"C": 1.0}),)

    @property
    def gives(self):
        return (Port("down", "amount", "mol", (3,), {"C": 1.0}),)

    def step(self, state, inbox, t, dt):
        return state - 0.1 * state + inbox["up"] + self.lost, {"down": 0.1 * state}

    def inventory(self, state):
        return {"C": state}


def columns(lost, by_cell):
    members = (
        Member("one", Column(jnp.asarray(lost)), 60, by_cell),
        Member("other", Column(jnp.zeros(3)), 60, by_cell),
    )
    coupler = Coupler(members, (Link("one.down", "other.up"), Link("other.down", "one.up")), 60)
    return coupler, start(coupler, {"one": jnp.ones(3), "other": jnp.ones(3)}, instant("2000-01-01"))


def test_a_leak_of_one_cell_that_another_makes_good_is_seen_where_cells_close_by_themselves():
    lost = [1e-6, -1e-6, 0.0]
    seen, begin = columns(lost, by_cell=True)
    hidden, start_of_hidden = columns(lost, by_cell=False)
    assert float(worst(seen, advance(seen, begin, jnp.asarray(10)))) > 1e3
    assert float(worst(hidden, advance(hidden, start_of_hidden, jnp.asarray(10)))) < 1.0


def test_a_leak_is_found_at_the_party_that_leaks():
    coupler, begin = columns([1e-9, 0.0, 0.0], by_cell=False)
    book = rows(coupler, advance(coupler, begin, jnp.asarray(10)))
    assert {r.party for r in book if not r.closes} == {"one", "total"}
    assert next(r for r in book if r.party == "one").residual == pytest.approx(1e-8, rel=1e-3)


def test_nan_does_not_close():
    coupler, begin = columns([np.nan, 0.0, 0.0], by_cell=True)
    book = rows(coupler, advance(coupler, begin, jnp.asarray(1)))
    assert not next(r for r in book if r.party == "one").closes


def test_a_single_precision_run_closes_where_stocks_are_wide():
    """Mail keeps what rounding to the digits of the run leaves, so that nothing leaks between components."""
    coupler, begin = toys.two(dtype=jnp.float32)
    after = advance(coupler, begin, jnp.asarray(1000))
    assert after.mail["sea.temperature_to_air.sea_temperature"].mean.dtype == jnp.float32
    assert all(r.closes for r in rows(coupler, after))


def test_rates_are_those_that_people_say():
    assert rate("water", 2.0, JULIAN_YEAR, 2.0) == (1.0, "mm yr-1")
    assert rate("enthalpy", 10.0, 5.0, 2.0) == (1.0, "W m-2")
    assert rate("N", 1.0, JULIAN_YEAR, 1.0) == (14.007, "g m-2 yr-1")
    assert rate("alkalinity", 3.0, JULIAN_YEAR, 1.0) == (3.0, "mol m-2 yr-1")


def test_a_row_that_leaks_says_so():
    row = Row("sea", "C", 1.0, 1.0, 0.0, 0.5, 1.0, 5e11)
    assert spoken(row, JULIAN_YEAR, 1.0)[-1] == "LEAKS"
    assert spoken(dataclasses.replace(row, worst=0.5), JULIAN_YEAR, 1.0)[-1] == "closes"
