"""Adaptive integration of a network over an interval: every cell has its own time and its own steps.

A trial step is taken when its error is within the tolerance, its extents are not negative beyond it, and no pool
falls below zero; otherwise it is made again, shorter. Only where the smallest step still overdraws a pool are extents
limited, and that is counted. `integrate` loops as long as some cell is on its way; `integrate_with_gradient` finds the
lengths of the steps in the same loop without derivatives and then makes them again in a scan of bounded length, so that
reverse mode sees the steps that were taken and no others.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.core.params import par
from shanhai.core.reactions import Network, proportion
from shanhai.core.stoichiometry import Stoichiometry
from shanhai.numerics import safe
from shanhai.numerics.limiter import limited
from shanhai.numerics.step import Step

Stepper = Callable[[Network, Array, Any, Any], Step]
"""(network, x, environment, dt) -> Step; with an attribute error_order, the order of its embedded solution."""

FINISHED, UNFINISHED, NOT_FINITE = 0, 1, 2
"""Status of a cell: at the end; stopped by the bound of steps; the smallest step gives no finite amounts."""

SAFETY, SHRINK, GROW = 0.9, 0.2, 5.0
LONGEST_LIMITED = 0.01  # of the interval


class Tolerance(eqx.Module):
    r"""Error allowed in a step, and bounds of steps.

    $$\text{error} = \max_s \frac{|e_s|}{a + r\,\max(|x_s|, |x_s^+|)} \le 1$$

    over all species but the external accounts, whose errors are those of the pools with the opposite sign.

    Args:
        smallest: shortest step relative to the interval.
        most: largest number of trial steps of a cell in an interval.
    """

    relative: Array = par(1e-4, "1", source="choice", bounds=(0.0, 1.0), meaning="error of a step over the amount")
    absolute: Array = par(
        1e-9,
        "mol",
        source="choice, in the unit of amounts",
        bounds=(0.0, np.inf),
        meaning="error of a step, small amount",
    )
    smallest: float = eqx.field(static=True, default=1e-9)
    most: int = eqx.field(static=True, default=10_000)

    def allowed(self, x: Array, x_end: Array) -> Array:
        """Error allowed, (species, ...)."""
        largest = jnp.maximum(jnp.abs(x), jnp.abs(x_end))
        return self.absolute.astype(x.dtype) + self.relative.astype(x.dtype) * largest


class Counts(NamedTuple):
    """What happened in a cell, each (...).

    Args:
        steps: taken.
        rejected: made again shorter.
        limited: smallest steps in which whole extents were made smaller.
        forced: smallest steps taken with too large an error.
    """

    steps: Array
    rejected: Array
    limited: Array
    forced: Array


class Integrated(NamedTuple):
    """A network after an interval.

    Args:
        x: amounts at the end, (species, ...).
        extents: of the whole interval, (reaction, ...).
        coefficients: mean stoichiometry of the interval, so that the change of x is ν ξ.
        time: reached since the start, (...).
        status: FINISHED, UNFINISHED or NOT_FINITE, (...).
        counts: steps of each cell.
        next_step: to begin the next interval with, (...).
    """

    x: Array
    extents: Array
    coefficients: Stoichiometry
    time: Array
    status: Array
    counts: Counts
    next_step: Array

    @property
    def nu(self) -> Array:
        """`coefficients` of one interval as a matrix, (species, reaction[, ...])."""
        return self.coefficients.dense()


class _State(NamedTuple):
    x: Array
    lost: Array  # by the rounding of x, to be made good in the next step
    extents: Array
    amounts: Array  # ν ξ summed over steps where ν depends on the state, (coefficient, ...)
    time: Array
    dt: Array
    bottom: Array  # steps up to this length are limited rather than made again
    active: Array
    status: Array
    counts: Counts


class _Kept(NamedTuple):
    """The part of the state that a step moves."""

    x: Array
    lost: Array
    extents: Array
    amounts: Array


class _Plan(NamedTuple):
    """Lengths of the steps taken and whether each was limited, (step, ...)."""

    dt: Array
    limited: Array


def integrate(
    step: Stepper,
    network: Network,
    x: Array,
    environment: Any,
    duration: Array | float,
    tolerance: Tolerance,
    first: Array | None = None,
) -> Integrated:
    """Advance every cell over an interval; derivatives go forward only, and lengths of steps have none.

    Args:
        step: stepper.
        network: species and reactions.
        x: amounts at the start, (species, ...).
        environment: what the laws take beside amounts, the same over the interval.
        duration: length of the interval, in the unit of time of the laws.
        tolerance: error allowed and bounds of steps.
        first: length of the first trial step, (...); the whole interval when not given.

    >>> from shanhai.core.reactions import Reaction, Species
    >>> from shanhai.numerics.explicit import RungeKutta
    >>> decay = Reaction("decay", lambda x, k: k * x["a"], {"a": -1.0, "b": 1.0})
    >>> network = Network((Species("a", {"C": 1.0}), Species("b", {"C": 1.0})), (decay,), sample=1.0)
    >>> end = integrate(RungeKutta(3), network, jnp.array([1.0, 0.0]), 5.0, 10.0, Tolerance())
    >>> round(float(end.x.sum()), 12), int(end.status), int(end.counts.limited)
    (1.0, 0, 0)
    """
    duration = jnp.asarray(duration, x.dtype)
    state = _start(network, x, duration, first)
    trial = partial(_advance, step, network, environment, duration, tolerance)
    state = _loop(lambda s: trial(s)[0], state, tolerance.most)
    return _result(network, x, environment, state)


def integrate_with_gradient(
    step: Stepper,
    network: Network,
    x: Array,
    environment: Any,
    duration: Array | float,
    tolerance: Tolerance,
    most_steps: int,
    first: Array | None = None,
) -> Integrated:
    """Advance every cell over an interval, for reverse mode; arguments and results as `integrate`.

    The lengths of steps count as numbers without derivative, but for the last, which ends where the interval ends.

    Args:
        step: stepper.
        network: species and reactions.
        x: amounts at the start, (species, ...).
        environment: what the laws take beside amounts.
        duration: length of the interval.
        tolerance: error allowed and bounds of steps.
        most_steps: bound of the scan, in steps taken; memory of reverse mode grows with it.
        first: length of the first trial step, (...).
    """
    duration = jnp.asarray(duration, x.dtype)
    ended, plan = _planned(step, network, x, environment, duration, tolerance, most_steps, first)
    final = jnp.clip(ended.counts.steps - 1, 0)
    closing = (ended.status == FINISHED) & (ended.counts.steps > 0)
    shift = jnp.where(closing, duration - jax.lax.stop_gradient(duration), 0.0)  # zero, with the slope of the end
    number = jnp.arange(most_steps).reshape(-1, *(1,) * (x.ndim - 1))
    lengths = plan.dt + jnp.where(number == final, shift, 0.0)

    start = _start(network, x, duration, None)
    replay = partial(_replayed, step, network, environment)
    begin = _Kept(x, start.lost, start.extents, start.amounts)
    kept, _ = jax.lax.scan(jax.checkpoint(replay), begin, (lengths, plan.limited))
    state = ended._replace(**kept._asdict())
    return _result(network, x, environment, state)


def _start(network: Network, x: Array, duration: Array, first: Array | None) -> _State:
    cells, reactions = x.shape[1:], len(network.reactions)
    none, zero = jnp.zeros(cells, jnp.int32), jnp.zeros(cells, x.dtype)
    dt = jnp.broadcast_to(duration if first is None else jnp.minimum(first, duration), cells).astype(x.dtype)
    return _State(
        x,
        jnp.zeros_like(x),
        jnp.zeros((reactions, *cells), x.dtype),
        jnp.zeros((network.frozen_coefficients, *cells), x.dtype),
        zero,
        dt,
        zero,
        jnp.broadcast_to(duration > 0, cells),
        jnp.where(duration > 0, none + UNFINISHED, none + FINISHED),
        Counts(none, none, none, none),
    )


def _loop(advance: Any, state: _State, most: int) -> _State:
    def going(carry: tuple[_State, Array]) -> Array:
        return jnp.any(carry[0].active) & (carry[1] < most)

    return jax.lax.while_loop(going, lambda c: (advance(c[0]), c[1] + 1), (state, jnp.zeros((), jnp.int32)))[0]


class _Taken(NamedTuple):
    """What became of a trial step, each (...)."""

    dt: Array
    accepted: Array
    limited: Array


def _advance(
    step: Stepper, network: Network, environment: Any, duration: Array, tolerance: Tolerance, s: _State
) -> tuple[_State, _Taken]:
    """One trial step in every cell that is on its way."""
    left = duration - s.time
    smallest = tolerance.smallest * duration
    last = s.dt >= left
    dt = jnp.where(s.active, jnp.where(last, left, jnp.maximum(s.dt, smallest)), 0.0)
    nu, trial = _tried(step, network, s.x, environment, dt)
    error = _error(network, tolerance, s.x, trial)
    finite = _finite(trial) & jnp.isfinite(error)
    positive = _positive(network, s.x, trial.x)
    right = finite & positive & _extents_right(network, tolerance, s.x, nu, trial)
    if not getattr(step, "damps", True):
        shadow_error, shadow_right = _shadow(step, network, s.x, environment, dt, tolerance, s.active)
        error, right = jnp.maximum(error, shadow_error), right & shadow_right
    good = right & (error <= 1.0)
    at_bottom = dt <= smallest
    overdrawn = finite & ~positive & (dt <= jnp.maximum(s.bottom, smallest))
    accepted = s.active & (good | overdrawn | (at_bottom & finite))
    taken = _Taken(dt, accepted, accepted & ~positive)
    trial = _mended(network, s.x, nu, trial, taken.limited)

    growth = SAFETY * safe.ratio(1.0, error, jnp.inf) ** (1.0 / (getattr(step, "error_order", 1) + 1.0))
    growth = jnp.where(right, jnp.clip(growth, SHRINK, GROW), 0.5)
    growth = jnp.where(taken.limited, GROW, growth)
    bottom = jnp.where(taken.limited, jnp.minimum(GROW * dt, LONGEST_LIMITED * duration), s.bottom)
    bottom = jnp.where(accepted & ~taken.limited, 0.0, bottom)
    following = jnp.where(accepted & last & good, jnp.maximum(dt * jnp.maximum(growth, 1.0), s.dt), dt * growth)
    done, broken = accepted & last, s.active & at_bottom & ~finite
    kept = _kept(accepted, _Kept(s.x, s.lost, s.extents, s.amounts), nu, trial)
    counts = Counts(
        s.counts.steps + accepted,
        s.counts.rejected + (s.active & ~accepted),
        s.counts.limited + taken.limited,
        s.counts.forced + (accepted & ~good & ~taken.limited),
    )
    status = jnp.where(done, FINISHED, jnp.where(broken, NOT_FINITE, s.status))
    time = jnp.where(done, duration, jnp.where(accepted, s.time + dt, s.time))
    dt = jax.lax.stop_gradient(jnp.where(s.active, following, s.dt))
    return _State(*kept, time, dt, bottom, s.active & ~done & ~broken, status, counts), taken


def _tried(step: Stepper, network: Network, x: Array, environment: Any, dt: Array) -> tuple[Stoichiometry, Step]:
    """Stoichiometry and trial step, skipped where no cell moves.

    The branch is compiled by itself, so that a step has the same bits in every loop that makes it.
    """

    def skip(x: Array, dt: Array) -> tuple[Stoichiometry, Step]:
        shapes = jax.eval_shape(make, x, dt)
        none = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)
        return none[0], none[1]._replace(x=x)

    def make(x: Array, dt: Array) -> tuple[Stoichiometry, Step]:
        return network.coefficients(x, environment), step(network, x, environment, dt)

    return jax.lax.cond(jnp.any(dt > 0), make, skip, x, dt)


def _shadow(
    step: Stepper, network: Network, x: Array, environment: Any, dt: Array, tolerance: Tolerance, active: Array
) -> tuple[Array, Array]:
    """Error, and whether amounts come out right, of the same step with small pools raised to where they are seen.

    An empty pool hides that its reactions are too fast for an explicit step, until something enters it, and in its
    derivatives. Raised to a/r, its relative error must stay below the root of r, enough for stability and for
    derivatives that are right.
    """
    rows = jnp.asarray(network.pools)
    relative = tolerance.relative.astype(x.dtype)
    level = tolerance.absolute.astype(x.dtype) / relative
    small = jnp.any(x[rows] < level, axis=0) & active

    def look(x: Array) -> tuple[Array, Array]:
        raised = x.at[rows].set(jnp.maximum(x[rows], level))
        trial = step(network, raised, environment, dt)
        largest = jnp.maximum(raised, trial.x)[rows]
        error = jnp.max(jnp.abs(trial.error[rows]) / (jnp.sqrt(relative) * largest), axis=0, initial=0.0)
        right = _finite(trial) & jnp.isfinite(error) & _positive(network, raised, trial.x)
        return jnp.where(small, error, 0.0), right | ~small

    return jax.lax.cond(jnp.any(small), look, lambda x: (jnp.zeros_like(x[0]), x[0] == x[0]), x)


def _error(network: Network, tolerance: Tolerance, x: Array, trial: Step) -> Array:
    rows = jnp.asarray(network.pools)
    relative = jnp.abs(trial.error[rows]) / tolerance.allowed(x[rows], trial.x[rows])
    return jnp.max(relative, axis=0, initial=0.0)


def _finite(trial: Step) -> Array:
    return jnp.all(jnp.isfinite(trial.x), axis=0) & jnp.all(jnp.isfinite(trial.extents), axis=0)


def _positive(network: Network, x: Array, x_end: Array) -> Array:
    """Whether no pool falls below zero; one that was given below zero must not fall."""
    rows = jnp.asarray(network.pools)
    return jnp.all((x_end[rows] >= 0) | (x_end[rows] >= x[rows]), axis=0)


def _extents_right(network: Network, tolerance: Tolerance, x: Array, nu: Stoichiometry, trial: Step) -> Array:
    """Whether no reaction that goes forward at the start has gone back by more than the error allowed."""
    back = jnp.where(trial.rates >= 0, jnp.minimum(trial.extents, 0.0), 0.0)
    rows = jnp.asarray(network.pools)
    return jnp.all(nu.sizes.moved(-back)[rows] <= tolerance.allowed(x[rows], trial.x[rows]), axis=0)


def _mended(network: Network, x: Array, nu: Stoichiometry, trial: Step, wanted: Array) -> Step:
    """The step with limited extents where that is wanted."""

    def mend(trial: Step) -> Step:
        extents = jnp.where(wanted, limited(x, nu.dense(x.dtype), trial.extents, network.pools)[0], trial.extents)
        return trial._replace(extents=extents, x=jnp.where(wanted, x + nu.moved(extents), trial.x))

    return jax.lax.cond(jnp.any(wanted), mend, lambda t: t, trial)


def _kept(accepted: Array, old: _Kept, nu: Stoichiometry, trial: Step) -> _Kept:
    """Amounts, extents and ν ξ after a step that is taken.

    What rounding loses when a small change is added to a large amount is carried to the next step, so that quantities
    close to rounding however many steps there are; unless it would make an amount negative, or the step did not add
    the change but knew the amount better, as stiff ones do of what lives shortly.
    """
    amounts = old.amounts
    if nu.frozen:
        amounts = jnp.where(accepted, amounts + jnp.stack(nu.frozen) * trial.extents[nu.columns], amounts)
    change = nu.moved(trial.extents)
    added = jnp.abs(trial.x - (old.x + change)) <= 4.0 * jnp.finfo(trial.x.dtype).eps * jnp.abs(trial.x)
    lost = jax.lax.stop_gradient(old.lost + jnp.where(added, _rounding(old.x, change, trial.x), 0.0))
    mended = trial.x + lost
    mends = mended * trial.x >= 0
    x, left = jnp.where(mends, mended, trial.x), jnp.where(mends, _rounding(trial.x, lost, mended), lost)
    return _Kept(
        jnp.where(accepted, x, old.x),
        jnp.where(accepted, jax.lax.stop_gradient(left), old.lost),
        jnp.where(accepted, old.extents + trial.extents, old.extents),
        amounts,
    )


def _rounding(x: Array, change: Array, total: Array) -> Array:
    """What `total` lacks of x + change, without rounding where it is their rounded sum (Knuth's two-sum)."""
    seen = total - x
    return (x - (total - seen)) + (change - seen)


def _planned(
    step: Stepper,
    network: Network,
    x: Array,
    environment: Any,
    duration: Array,
    tolerance: Tolerance,
    most_steps: int,
    first: Array | None,
) -> tuple[_State, _Plan]:
    """Where each cell ends, and the steps that lead there; a cell stops when its steps are used up."""
    network, x, environment, duration, tolerance = jax.tree.map(
        lambda leaf: jax.lax.stop_gradient(leaf) if eqx.is_array(leaf) else leaf,
        (network, x, environment, duration, tolerance),
    )
    state = _start(network, x, duration, first)
    empty = jnp.zeros((most_steps, *x.shape[1:]), x.dtype)
    number = jnp.arange(most_steps).reshape(-1, *(1,) * (x.ndim - 1))

    def advance(carry: tuple[_State, _Plan]) -> tuple[_State, _Plan]:
        state, plan = carry
        new, taken = _advance(step, network, environment, duration, tolerance, state)
        here = taken.accepted & (number == state.counts.steps)
        plan = _Plan(jnp.where(here, taken.dt, plan.dt), plan.limited | (here & taken.limited))
        return new._replace(active=new.active & (new.counts.steps < most_steps)), plan

    def going(carry: tuple[tuple[_State, _Plan], Array]) -> Array:
        return jnp.any(carry[0][0].active) & (carry[1] < tolerance.most)

    begin = ((state, _Plan(empty, empty > 0)), jnp.zeros((), jnp.int32))
    return jax.lax.while_loop(going, lambda c: (advance(c[0]), c[1] + 1), begin)[0]


def _replayed(
    step: Stepper, network: Network, environment: Any, carry: _Kept, planned: tuple[Array, Array]
) -> tuple[_Kept, None]:
    """A planned step made again; cells without one stay as they are."""
    dt, wanted = planned
    nu, trial = _tried(step, network, carry.x, environment, dt)
    trial = _mended(network, carry.x, nu, trial, wanted)
    return _kept(dt > 0, carry, nu, trial), None


def _result(network: Network, x: Array, environment: Any, s: _State) -> Integrated:
    nu = network.coefficients(x, environment)
    if nu.frozen:
        extents = s.extents[nu.columns]
        mean = jnp.where(extents != 0, proportion(s.amounts, extents), jnp.stack(nu.frozen))
        nu = nu.with_frozen(tuple(mean))
    return Integrated(s.x, s.extents, nu, s.time, s.status, s.counts, s.dt)
