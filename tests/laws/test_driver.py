"""Laws of the driver: any cut gives the same bits; what goes wrong is named, and the last good state is kept."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests import coupled_toys as toys

from shanhai.core.clock import instant, seconds_until_end, written
from shanhai.core.errors import InputError, ShanhaiError
from shanhai.coupling.coupler import Coupler
from shanhai.coupling.driver import RunFailedError, advance, run, windows_in
from shanhai.coupling.links import Link, Member
from shanhai.coupling.start import start


class Spoiled(eqx.Module):
    """A component that goes wrong in one number at one moment."""

    component: toys.IcySea
    moment: int = eqx.field(static=True)  # second of the day
    by: jax.Array

    @property
    def takes(self):
        return self.component.takes

    @property
    def gives(self):
        return self.component.gives

    def step(self, state, inbox, t, dt):
        state, outbox = self.component.step(state, inbox, t, dt)
        wrong = jnp.where(t.second == self.moment, self.by, 0.0)
        return state | {"carbon": state["carbon"].at[1, 2].add(wrong)}, outbox

    def inventory(self, state):
        return self.component.inventory(state)


def spoiled(by):
    coupler, begin = toys.two()
    air, sea = coupler.members
    bad = Member("sea", Spoiled(sea.component, 5 * 3600, jnp.asarray(by)), sea.dt)
    return Coupler((air, bad), coupler.links, coupler.window), begin


@pytest.fixture(scope="module")
def healthy():
    return toys.two()


def same(one, other):
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other))
    return all(np.asarray(x).tobytes() == np.asarray(y).tobytes() for x, y in pairs)


def test_chunks_of_any_length_give_the_same_bits(healthy):
    coupler, begin = healthy
    whole = run(coupler, begin, 24, chunk=24)
    assert same(whole, run(coupler, begin, 24, chunk=7))
    assert same(whole, run(coupler, begin, 24, chunk=lambda c: seconds_until_end(c.time, "day") // 3600))


def test_chunks_end_where_the_month_does(healthy):
    coupler, begin = healthy
    kept = []
    to_month_end = lambda c: seconds_until_end(c.time, "month") // 3600  # noqa: E731
    run(coupler, begin, 24 + 31 * 24, chunk=to_month_end, keep=kept.append)
    assert [written(c.time)[:10] for c in kept] == ["2000-01-01", "2000-02-01"]


def test_nan_stops_the_run_and_names_variable_level_cell_time_and_component():
    coupler, begin = spoiled(np.nan)
    kept = []
    with pytest.raises(RunFailedError) as failure:
        run(coupler, begin, 24, chunk=3, keep=kept.append)
    said = str(failure.value)
    assert said.startswith("sea: carbon is nan at level 1, cell 2 in the window that begins at 1999-12-31T05:00:00")
    assert "in the turn of 'sea'" in said
    assert "The state of 1999-12-31T03:00:00 is good" in said
    assert [written(c.time) for c in kept] == ["1999-12-31T03:00:00"]
    assert issubclass(RunFailedError, ShanhaiError)  # the command line ends with exit code 2


def test_a_leak_stops_the_run_and_names_quantity_component_and_time():
    coupler, begin = spoiled(1e-6)
    kept = []
    with pytest.raises(RunFailedError) as failure:
        run(coupler, begin, 24, chunk=10, keep=kept.append)
    said = str(failure.value)
    assert said.startswith("C of sea does not close: 1e-06 is left unexplained")
    assert "in the window that ends at 1999-12-31T06:00:00" in said
    assert kept == []


def test_progress_tells_rate_residual_and_time(healthy):
    coupler, begin = healthy
    shown = []
    run(coupler, begin, 10, chunk=4, watch=shown.append)
    assert [(p.done, p.total) for p in shown] == [(4, 10), (8, 10), (10, 10)]
    assert shown[-1].time == "1999-12-31T10:00:00"
    assert all(p.rate > 0 and 0 <= p.worst < 1 for p in shown)


def test_windows_of_a_time(healthy):
    coupler, _ = healthy
    assert windows_in(coupler, 86400) == 24
    with pytest.raises(InputError, match="5000 s is no whole number of coupling windows of 3600 s"):
        windows_in(coupler, 5000)


def test_a_chunk_below_one_is_refused(healthy):
    coupler, begin = healthy
    with pytest.raises(InputError, match="a chunk has 0 windows"):
        run(coupler, begin, 10, chunk=0)


def test_a_random_key_can_be_part_of_the_state(healthy):
    """Keys are no numbers: they are neither judged nor rounded."""

    class Die(eqx.Module):
        takes = ()
        gives = ()

        def step(self, state, inbox, t, dt):
            key, throw = jax.random.split(state["key"])
            return {"key": key, "last": jax.random.uniform(throw)}, {}

        def inventory(self, state):
            return {}

    coupler = Coupler((Member("die", Die(), 60),), (), 60)
    begin = start(coupler, {"die": {"key": jax.random.key(1), "last": 0.0}}, instant("2000-01-01"))
    one = run(coupler, begin, 4, chunk=4)
    assert 0 < float(one.components["die"]["last"]) < 1
    assert float(run(coupler, begin, 4, chunk=1).components["die"]["last"]) == float(one.components["die"]["last"])
    assert isinstance(Link("a.b", "c.d").name, str)
    assert int(advance(coupler, begin, jnp.asarray(3)).window) == 3
