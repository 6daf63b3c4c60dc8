"""The driver: many windows in one call on the device, and a look at the result before anyone builds on it.

A number of windows is an argument of one compiled loop, so a chunk of any length runs the same code: two runs of a day
are one run of two days, bit for bit. Nothing calls back from inside. After each chunk the state and the ledger are
judged; a run that has gone wrong stops, says what, where and when, and leaves the last good state.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.core.clock import written
from shanhai.core.errors import InputError, ShanhaiError
from shanhai.coupling.books import rows, worst
from shanhai.coupling.coupler import Coupled, Coupler


class RunFailedError(ShanhaiError):
    """A run has gone wrong; the last good state is kept."""


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Args:
        done: windows that are over in this call.
        total: windows asked for.
        rate: windows per second.
        worst: largest ledger residual over its bar.
        time: moment that is reached.
    """

    done: int
    total: int
    rate: float
    worst: float
    time: str


@eqx.filter_jit
def advance(coupler: Coupler, coupled: Coupled, windows: int | Array) -> Coupled:
    """So many coupling windows; every number of them is the same compiled code.

    Args:
        coupler: what moves.
        coupled: from where.
        windows: how many, an integer array (a plain number would compile anew for each).
    """
    return jax.lax.fori_loop(0, windows, lambda _, c: coupler.step(c), coupled)


def scanned(coupler: Coupler, coupled: Coupled, windows: int) -> Coupled:
    """So many coupling windows in a loop that can be differentiated in reverse; each window is computed twice."""
    step = jax.checkpoint(lambda c, _: (coupler.step(c), None))
    return jax.lax.scan(step, coupled, None, length=windows)[0]


@eqx.filter_jit
def judged(coupler: Coupler, coupled: Coupled) -> tuple[Array, Array]:
    """Whether every number of state and mail is finite, and the largest ledger residual over its bar."""
    leaves = [x for x in jax.tree.leaves((coupled.components, coupled.mail)) if eqx.is_inexact_array(x)]
    finite = jnp.all(jnp.stack([jnp.all(jnp.isfinite(x)) for x in leaves]))
    return finite, worst(coupler, coupled)


def run(
    coupler: Coupler,
    coupled: Coupled,
    windows: int,
    chunk: int | Callable[[Coupled], int],
    keep: Callable[[Coupled], None] | None = None,
    watch: Callable[[Progress], None] | None = None,
) -> Coupled:
    """Run a number of coupling windows.

    Args:
        coupler: what moves.
        coupled: from where.
        windows: how many.
        chunk: windows between two looks, or a function of the moment that says how many to the next, such as to the end
            of the month.
        keep: called with every state found good, to save it.
        watch: called after each chunk, to show it.

    Returns:
        the last state.

    Raises:
        RunFailedError: if a number is not finite or the ledger does not close; the state kept last is good.
        InputError: for a number of windows or a chunk below one.
    """
    done, began = 0, time.perf_counter()
    while done < windows:
        length = min(_length(chunk, coupled), windows - done)
        reached = advance(coupler, coupled, jnp.asarray(length))
        finite, residual = judged(coupler, reached)
        if not (bool(finite) and float(residual) <= 1.0):
            raise _failure(coupler, coupled, length, bool(finite))
        coupled, done = reached, done + length
        if keep is not None:
            keep(coupled)
        if watch is not None:
            rate = done / (time.perf_counter() - began)
            watch(Progress(done, windows, rate, float(residual), written(coupled.time)))
    return coupled


def windows_in(coupler: Coupler, seconds: int) -> int:
    """How many coupling windows a time has.

    Raises:
        InputError: if it is not a whole number of them.
    """
    if seconds <= 0 or seconds % coupler.window:
        what = f"{seconds} s is no whole number of coupling windows of {coupler.window} s"
        raise InputError(what, where="driver", do="choose a time that is")
    return seconds // coupler.window


def _length(chunk: int | Callable[[Coupled], int], coupled: Coupled) -> int:
    length = chunk if isinstance(chunk, int) else chunk(coupled)
    if length < 1:
        raise InputError(f"a chunk has {length} windows", where="driver", do="give one or more")
    return length


def _failure(coupler: Coupler, good: Coupled, length: int, finite: bool) -> RunFailedError:
    """What went wrong in the windows after a good state."""
    before = _last_good(coupler, good, length)
    kept = f"The state of {written(good.time)} is good; look there, or go on from it with a shorter step."
    if finite and bool(judged(coupler, advance(coupler, before, jnp.asarray(1)))[0]):
        return RunFailedError(f"{_leak(coupler, advance(coupler, before, jnp.asarray(1)))} {kept}")
    return RunFailedError(f"{_not_finite(coupler, before)} {kept}")


def _last_good(coupler: Coupler, good: Coupled, length: int) -> Coupled:
    """The last good state of a chunk, by halving; what is not finite stays so."""
    low, high = 0, length  # good after `low` windows, wrong after `high`
    while high - low > 1:
        middle = (low + high) // 2
        reached = advance(coupler, good, jnp.asarray(middle - low))
        finite, residual = judged(coupler, reached)
        if bool(finite) and float(residual) <= 1.0:
            good, low = reached, middle
        else:
            high = middle
    return good


def _not_finite(coupler: Coupler, before: Coupled) -> str:
    """Component, variable, level, cell and time of the first number that is not finite, turn by turn."""
    when = written(before.time)
    now = before
    for turn in coupler.order:
        now = coupler.turn(now, turn)
        member = turn.partition(".")[0]
        for whose, tree in ((member, now.components[member]), ("mail", now.mail)):
            found = _first_not_finite(tree)
            if found:
                by = f" in the turn of {turn!r}"
                return f"{whose}: {found} in the window that begins at {when}{by}."
    return f"a number is not finite after the window that begins at {when}."


def _first_not_finite(tree: Any) -> str:
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        if eqx.is_inexact_array(leaf) and not bool(jnp.all(jnp.isfinite(leaf))):
            name = jax.tree_util.keystr(path, simple=True, separator=".") or "state"
            index = tuple(int(i) for i in np.argwhere(~np.isfinite(np.asarray(leaf)))[0])
            return f"{name} is {np.asarray(leaf)[index]} {_place(index)}"
    return ""


def _place(index: tuple[int, ...]) -> str:
    """Level and cell of an index; the first of several axes is the level."""
    if not index:
        return "(a single number)"
    cell = index[1:] if len(index) > 1 else index
    level = f"at level {index[0]}, " if len(index) > 1 else "at "
    return f"{level}cell {cell[0] if len(cell) == 1 else cell}"


def _leak(coupler: Coupler, coupled: Coupled) -> str:
    """The account that closes worst."""
    row = max(rows(coupler, coupled), key=lambda r: r.worst)
    what = f"{row.quantity} of {row.party} does not close: {row.residual:.6g} is left unexplained"
    return f"{what}, {row.worst:.3g} times the bar, in the window that ends at {written(coupled.time)}."
