r"""States that repeat under forcing that repeats: Newton on the map of one cycle, or Anderson's mixing of its iterates.

One cycle, say a year of daily steps, takes pools x to Φ(x). With $u = \ln x$ and $F = \ln\Phi(e^u) - u$ Newton solves

$$\Bigl(I - \frac{\partial \ln\Phi}{\partial u}\Bigr)\,\delta = F, \qquad u \leftarrow u + \delta,$$

from where some cycles of mixing have led, and goes one cycle forward wherever that did not make F smaller, so that at
worst it follows the system through time.
Anderson's mixing needs no derivative: from the last m differences of u and F it takes the combination that would make
F least,

$$u \leftarrow u + F - (\Delta U + \Delta F)\,\gamma, \qquad \gamma = \arg\min \lVert F - \Delta F\,\gamma \rVert.$$

Sources: Khatiwala (2008), Ocean Model. 23, 121, for Newton on a yearly map; Walker & Ni (2011), SIAM J. Numer.
Anal. 49, 1715, for Anderson's mixing.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from shanhai.core.errors import InputError
from shanhai.core.reactions import Network
from shanhai.numerics.integrate import Stepper
from shanhai.numerics.steady import CONVERGED, EMPTY, MOST_CHANGE, NOT_CONVERGED, NOT_FINITE, dense_solve

NEAR, WARM_UP, DEPTH = 1e-3, 30, 4
"""Change over a cycle, and cycles, after which mixing gives way to Newton; differences that mixing keeps."""

Cycle = Callable[[Array], Array]
"""Pools at the start of a cycle -> pools at its end, (pool, ...); every cell by itself."""


class Periodic(NamedTuple):
    """A state that repeats in every cell.

    Args:
        x: pools at the start of a cycle, NaN where the status is NOT_FINITE, (pool, ...).
        status: CONVERGED, NOT_CONVERGED or NOT_FINITE of `numerics.steady`, (...).
        residual: largest relative change of a pool over a cycle, (...).
        iterations: of the slowest cell; of Newton's method where that was asked for.
        cycles: run through, a derivative by each pool counted as one more.
    """

    x: Array
    status: Array
    residual: Array
    iterations: Array
    cycles: Array


def network_cycle(step: Stepper, network: Network, x: Array, environments: Any, dt: Array | float) -> Cycle:
    """Map of the pools of a network over one cycle of steps.

    Args:
        step: stepper.
        network: species and reactions.
        x: amounts, of which external accounts are taken, (species, ...).
        environments: one cycle, time on the first axis of every leaf.
        dt: length of a step, in the unit of time of the laws.

    >>> from shanhai.core.reactions import Reaction, Species
    >>> from shanhai.numerics.explicit import RungeKutta
    >>> fall = Reaction("fall", lambda x, f: f, {"plants": -1.0, "litter": 1.0})
    >>> decay = Reaction("decay", lambda x, f: 0.1 * x["litter"], {"litter": -1.0, "plants": 1.0})
    >>> species = (Species("litter", {"C": 1.0}), Species("plants", {"C": 1.0}, external=True))
    >>> network = Network(species, (fall, decay), sample=1.0)
    >>> year = network_cycle(RungeKutta(1), network, jnp.zeros(2), jnp.array([0.0, 2.0]), 1.0)
    >>> year(jnp.array([10.0])).tolist()
    [10.1]
    >>> end = periodic_newton(year, jnp.array([1.0]))
    >>> round(float(end.x[0]), 9), int(end.status)
    (10.526315789, 0)
    """
    rows = jnp.asarray(network.pools)

    def cycle(pools: Array) -> Array:
        start = x.at[rows].set(pools)
        return jax.lax.scan(lambda y, e: (step(network, y, e, dt).x, None), start, environments)[0][rows]

    return cycle


def periodic_newton(cycle: Cycle, x: Array, tolerance: float = 1e-12, most_iterations: int = 60) -> Periodic:
    r"""Pools that a cycle brings back, by Newton's method, with implicit derivatives.

    $$\frac{dx}{dp} = \Bigl(I - \frac{\partial\Phi}{\partial x}\Bigr)^{-1}\frac{\partial\Phi}{\partial p}$$

    is the derivative by whatever the cycle depends on, forward or reverse; it does not pass through the iterations, and
    it is none by the start.

    Args:
        cycle: map of one cycle.
        x: pools to start from, (pool, ...), not negative.
        tolerance: largest relative change of a pool over a cycle.
        most_iterations: bound of the iterations.

    >>> decay_and_fall = lambda x: 0.9 * x + jnp.array([1.0, 3.0])
    >>> [round(float(v), 9) for v in periodic_newton(decay_and_fall, jnp.array([1.0, 0.0])).x]
    [10.0, 30.0]
    """
    return _solved(partial(_newton, tolerance=tolerance, most=most_iterations), cycle, x, tolerance)


def periodic_anderson(
    cycle: Cycle, x: Array, tolerance: float = 1e-6, most_iterations: int = 500, depth: int = DEPTH
) -> Periodic:
    """Pools that a cycle brings back, by Anderson's mixing; derivatives as `periodic_newton`.

    Args:
        cycle: map of one cycle.
        x: pools to start from, (pool, ...), not negative.
        tolerance: largest relative change of a pool over a cycle.
        most_iterations: bound of the cycles.
        depth: differences that are kept, m.

    Raises:
        InputError: for a depth below one.

    >>> decay_and_fall = lambda x: jnp.array([0.9, 0.99]) * x + jnp.array([1.0, 3.0])
    >>> end = periodic_anderson(decay_and_fall, jnp.array([1.0, 1.0]), tolerance=1e-9)
    >>> [round(float(v), 4) for v in end.x], int(end.cycles) < 40
    ([10.0, 300.0], True)
    """
    if depth < 1:
        raise InputError(f"mixing of depth {depth} keeps nothing", where="periodic_anderson", do="take one or more")
    return _solved(partial(_anderson, tolerance=tolerance, most=most_iterations, depth=depth), cycle, x, tolerance)


def _solved(solver: Any, cycle: Cycle, x: Array, tolerance: float) -> Periodic:
    """Root of F by a solver, with its derivative and what became of every cell."""
    total = jnp.sum(jax.lax.stop_gradient(x), axis=0)
    floor = jnp.log(EMPTY * jnp.where(total > 0, total, 1.0))
    gap = partial(_gap, cycle, floor)

    def solve(_: Any, start: Array) -> tuple[Array, tuple[Array, Array, Array]]:
        u, residual, *counts = solver(gap, start)
        return u, (residual, *(n.astype(x.dtype) for n in counts))

    after = jax.lax.stop_gradient(cycle(x))  # so that only pools that nothing enters start empty
    first = jnp.maximum(jnp.log(jnp.maximum(after, jnp.exp(floor))), floor)
    u, (residual, iterations, cycles) = jax.lax.custom_root(gap, first, solve, _tangent, has_aux=True)
    status = jnp.where(residual <= tolerance, CONVERGED, jnp.where(jnp.isfinite(residual), NOT_CONVERGED, NOT_FINITE))
    pools = jnp.where(status == NOT_FINITE, jnp.nan, jnp.where(u > floor, jnp.exp(u), 0.0))
    return Periodic(pools, status, residual, iterations.astype(jnp.int32), 1 + cycles.astype(jnp.int32))


def _gap(cycle: Cycle, floor: Array, u: Array) -> Array:
    """F, change of the logarithms over a cycle; what runs empty stays at the floor."""
    after = cycle(jnp.where(u > floor, jnp.exp(u), jnp.exp(floor)))
    there = ~(after <= jnp.exp(floor))
    return jnp.where(there, jnp.log(jnp.where(there, after, 1.0)), floor) - u


def _size(f: Array) -> Array:
    """Largest change of a cell; infinite where something is not finite."""
    size = jnp.max(jnp.abs(f), axis=0)
    return jnp.where(jnp.isfinite(size), size, jnp.inf)


class _Newton(NamedTuple):
    u: Array  # to be tried
    forward: Array  # where a cycle led from the best so far
    best: Array
    residual: Array  # of the best so far
    plain: Array  # whether u is such a cycle forward, taken whatever its residual
    iterations: Array


def _newton(gap: Cycle, start: Array, tolerance: float, most: int) -> tuple[Array, Array, Array, Array]:
    mixed, near, _, warm = _anderson(gap, start, jnp.maximum(NEAR, tolerance), WARM_UP, DEPTH)
    start = jnp.where(jnp.isfinite(near), mixed, start)
    cells = start.shape[1:]
    there = jnp.ones(cells, bool)
    state = _Newton(start, start, start, jnp.full(cells, jnp.inf, start.dtype), there, jnp.zeros((), jnp.int32))

    def going(s: _Newton) -> Array:
        return jnp.any(s.residual > tolerance) & (s.iterations < most)

    end = jax.lax.while_loop(going, partial(_newton_iteration, gap, tolerance), state)
    return end.best, end.residual, end.iterations, warm + end.iterations * (1 + len(start))


def _newton_iteration(gap: Cycle, tolerance: float, s: _Newton) -> _Newton:
    f, matrix = _linearised(gap, s.u)
    size = _size(f)
    good = (s.residual > tolerance) & jnp.isfinite(size) & (s.plain | (size < s.residual))
    delta = jnp.clip(_solve(matrix, f), -MOST_CHANGE, MOST_CHANGE)
    usable = jnp.all(jnp.isfinite(delta), axis=0)
    forward = jnp.where(good, s.u + f, s.forward)
    tried = jnp.where(good & usable, s.u + delta, forward)
    return _Newton(
        tried,
        forward,
        jnp.where(good, s.u, s.best),
        jnp.where(good, size, s.residual),
        ~(good & usable),
        s.iterations + 1,
    )


def _solve(matrix: Array, f: Array) -> Array:
    """Solve with (pool, pool, ...), leaving a pool that no cycle changes, whose row is rounding, where it is."""
    held = jnp.all(jnp.abs(matrix) <= 16.0 * jnp.finfo(f.dtype).eps, axis=1)
    return dense_solve(jnp.where(held[:, None], _unit(f), matrix), jnp.where(held, 0.0, f))


def _linearised(gap: Cycle, u: Array) -> tuple[Array, Array]:
    """F and its derivative with the sign turned, (pool, pool, ...)."""
    f, push = jax.linearize(gap, u)
    return f, -_matrix(push, u)


def _matrix(linear: Any, y: Array) -> Array:
    columns = jax.vmap(linear)(jnp.broadcast_to(_unit(y), (len(y), *y.shape)))
    return jnp.swapaxes(columns, 0, 1)


def _unit(y: Array) -> Array:
    return jnp.eye(len(y), dtype=y.dtype).reshape(len(y), len(y), *(1,) * (y.ndim - 1))


def _tangent(linear: Any, y: Array) -> Array:
    return _solve(_matrix(linear, y), y)


class _Mixed(NamedTuple):
    u: Array
    before: Array  # u and F of the iteration before
    f_before: Array
    us: Array  # differences, (depth, pool, ...)
    fs: Array
    residual: Array
    iterations: Array


def _anderson(
    gap: Cycle, start: Array, tolerance: Array | float, most: int, depth: int
) -> tuple[Array, Array, Array, Array]:
    none, cells = jnp.zeros((depth, *start.shape), start.dtype), start.shape[1:]
    far = jnp.full(cells, jnp.inf, start.dtype)
    state = _Mixed(start, start, jnp.zeros_like(start), none, none, far, jnp.zeros((), jnp.int32))

    def going(s: _Mixed) -> Array:
        return jnp.any(s.residual > tolerance) & (s.iterations < most)

    end = jax.lax.while_loop(going, partial(_mixing, gap, tolerance), state)
    return end.u, end.residual, end.iterations, end.iterations


def _mixing(gap: Cycle, tolerance: Array | float, s: _Mixed) -> _Mixed:
    f = gap(s.u)
    size, row = _size(f), s.iterations % len(s.us)
    us = jnp.where(s.iterations > 0, s.us.at[row].set(s.u - s.before), s.us)
    fs = jnp.where(s.iterations > 0, s.fs.at[row].set(f - s.f_before), s.fs)
    moving = (s.residual > tolerance) & (size > tolerance) & jnp.isfinite(size)
    change = jnp.where(jnp.isfinite(us + fs), us + fs, 0.0)
    delta = f - jnp.sum(change * _least(fs, f)[:, None], axis=0)
    delta = jnp.where(jnp.isfinite(delta), jnp.clip(delta, -MOST_CHANGE, MOST_CHANGE), f)
    u = jnp.where(moving, s.u + delta, s.u)
    return _Mixed(u, s.u, f, us, fs, jnp.where(s.residual > tolerance, size, s.residual), s.iterations + 1)


def _least(fs: Array, f: Array) -> Array:
    """Combination of the differences (depth, pool, ...) that comes nearest to F, (depth, ...)."""
    a = jnp.moveaxis(jnp.where(jnp.isfinite(fs), fs, 0.0), (1, 0), (-2, -1))
    right = jnp.moveaxis(jnp.where(jnp.isfinite(f), f, 0.0), 0, -1)[..., None]
    return jnp.moveaxis((jnp.linalg.pinv(a, rtol=1e-10) @ right)[..., 0], -1, 0)
