r"""One implicit vertical column on face fluxes, for heat or matter in soil, snow, sea, air and sediment.

$$a_i^{+} = a_i + \Delta t\,(F_i - F_{i+1} + s_i), \qquad F = F(\psi^{+})$$

Each level holds an amount a per area (J m-2, kg m-2, mol m-2). Faces lie above and below every level, n + 1 of them,
and their fluxes are positive with the index, that is downward. The step solves for an *unknown* that amount and
potential are functions of: the amount itself where the potential stands still while the amount changes (freezing, an
empty pore), or the potential where the amount stands still (saturated soil).

The step ends with the linear fluxes of the last iteration, and the amount is advanced *with them*: storage closes to
round-off however far the iteration has come, and the step is as stable as the linear solve. What is left of the
equations is published as a residual.

Sources: mixed form and modified Picard iteration: Celia et al. (1990), Water Resour. Res. 26, 1483; Picard first and
Newton when close: Paniconi & Putti (1994), Water Resour. Res. 30, 3357.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.errors import InputError
from shanhai.numerics.column_balance import (
    Closure,
    ColumnStep,
    Edge,
    FaceFlux,
    Linear,
    Problem,
    advanced,
    bounded,
    completed,
    flat,
    linearised,
    slopes_fixed,
    system,
)
from shanhai.numerics.safe import ratio
from shanhai.numerics.tridiagonal import Vector, solve_blocks

CONVERGED = 64.0
"""Iterations stop where the residual is so many roundings of what the balance is made of."""

CLOSE = 1e-2
"""Residual, relative to what the balance is made of, below which conductances are followed by Newton's method."""


def column_step(
    amount: Any,
    closure: Closure,
    face_flux: FaceFlux,
    dt: ArrayLike,
    top: Edge = 0.0,
    bottom: Edge = 0.0,
    source: Any = 0.0,
    bounds: tuple[Any, Any] | None = None,
    *,
    start: Any = None,
    iterations: int = 8,
) -> ColumnStep:
    r"""Advance the amounts of columns by one implicit (backward Euler) step.

    $$a(u) - a^0 - \Delta t\,(F_i(u) - F_{i+1}(u) + s(u)) = 0$$

    is solved for u, in every column by as many steps as it takes to reach round-off but no more than `iterations`:
    modified Picard steps, in which what stands in `also` lags by one step, and Newton steps once the residual is below
    `CLOSE`. Derivatives are those of this equation (implicit function theorem) where it has converged; with
    `iterations=1` they are those of the one linear step.

    Args:
        amount: at the beginning, per area, (level, cells...); several coupled unknowns are a tuple or dict of them.
        closure: unknown -> `Levels`; needs capacity, or conductance at a face, in every level.
        face_flux: (levels above, levels below) -> flux through inner faces, (level - 1, cells...).
        dt: step [s].
        top: flux through the top face, positive downward, (cells...): given, a `Line` or any function of the first
            level.
        bottom: the same through the bottom face and of the last level.
        source: amount per area and time, (level, cells...): given, or a function of the levels.
        bounds: least and largest amount; fluxes that would leave them are held back and counted. The beginning lies
            inside.
        start: unknown that the iteration begins with; the amount itself when absent.
        iterations: steps at most; 1 for linear closures and fluxes.

    Returns:
        amount, face fluxes, residual and more, see `ColumnStep`.

    Raises:
        InputError: if fewer than one iteration is asked for, or shapes do not fit.

    >>> from shanhai.numerics.column_laws import Conduction, LinearStore
    >>> heat = jnp.array([4.0, 0.0])
    >>> step = column_step(heat, LinearStore(jnp.ones(2)), Conduction(jnp.ones(1)), dt=1.0, iterations=1)
    >>> print(step.amount.round(3), step.face_fluxes.round(3))
    [2.667 1.333] [0.    1.333 0.   ]
    """
    problem = Problem(amount, closure, face_flux, dt, top, bottom, source)
    unknown, close = _converging(problem, amount if start is None else start, iterations)
    linear = linearised(problem, unknown, close)
    if iterations > 1:
        linear = slopes_fixed(linear)
    change = solve_blocks(*system(problem, linear))
    return completed(problem, linear, unknown, change, None, bounds)


def two_stage_step(
    amount: Any,
    closure: Closure,
    face_flux: FaceFlux,
    dt: ArrayLike,
    top: Edge = 0.0,
    bottom: Edge = 0.0,
    source: Any = 0.0,
    bounds: tuple[Any, Any] | None = None,
    *,
    start: Any = None,
    iterations: int = 8,
) -> ColumnStep:
    r"""Advance the amounts of columns with second order in time, in two implicit stages.

    $$a^1 = a + \gamma\Delta t f(a^1), \quad a^{+} = a + \Delta t\,[(1-\gamma) f(a^1) + \gamma f(a^{+})], \quad
    \gamma = 1 - \tfrac{1}{\sqrt 2}$$

    L-stable. It is not positive at any step as backward Euler is. Source: Alexander (1977), SIAM J. Numer. Anal. 14,
    1006, theorem 5.

    Args: as `column_step`.

    Returns:
        as `column_step`; the residual is that of the second stage.
    """
    gamma = 1.0 - 0.5**0.5
    first = column_step(amount, closure, face_flux, gamma * dt, top, bottom, source, start=start, iterations=iterations)
    between = advanced(amount, first.face_fluxes, first.source, (1.0 - gamma) * dt)
    second = column_step(
        between, closure, face_flux, gamma * dt, top, bottom, source, start=first.unknown, iterations=iterations
    )

    def mean(one: Array, two: Array) -> Array:
        return (1.0 - gamma) * one + gamma * two

    flux = jax.tree.map(mean, first.face_fluxes, second.face_fluxes)
    sources = jax.tree.map(mean, first.source, second.source)
    flux, limited = bounded(amount, flux, sources, dt, bounds)
    end = advanced(amount, flux, sources, dt)
    return ColumnStep(end, flux, second.residual, sources, second.unknown, limited)


class _Search(NamedTuple):
    """An iteration under way: the unknown, and the error of the one before."""

    unknown: Any
    error: Array
    steps: Array


def _converging(problem: Problem, start: Any, iterations: int) -> tuple[Any, Array]:
    """All iterations but the last, without derivatives; what they reach, and whether it is close."""
    if iterations < 1:
        raise InputError(f"{iterations} iterations cannot solve a column", where="iterations", do="give 1 or more")
    if iterations == 1:
        return start, jnp.zeros((), bool)
    search, constants = jax.closure_convert(lambda u: _search(problem, u, iterations - 1), start)
    stop = jax.lax.stop_gradient
    unknown, error = search(stop(start), *stop(constants))
    return unknown, error < CLOSE


def _far(problem: Problem) -> Array:
    like = flat(problem.amount)[0]
    return jnp.full(like.shape[1:], jnp.inf, like.dtype)


def _search(problem: Problem, start: Any, steps: int) -> tuple[Any, Array]:
    """Iterate every column until it converges; converged ones stay, so that none depends on its neighbours."""
    far = _far(problem)
    tolerance = CONVERGED * jnp.finfo(far.dtype).eps

    def going(s: _Search) -> Array:
        return jnp.any(~(s.error <= tolerance)) & (s.steps < steps)

    def once(s: _Search) -> _Search:
        linear = linearised(problem, s.unknown, s.error < CLOSE)
        matrix, right = system(problem, linear)
        error = jnp.where(s.error <= tolerance, s.error, _relative(right, problem, linear))
        change = jax.tree.unflatten(jax.tree.structure(s.unknown), solve_blocks(matrix, right))
        moved = jax.tree.map(lambda u, d: jnp.where(error <= tolerance, u, u + d), s.unknown, change)
        return _Search(moved, error, s.steps + 1)

    end = jax.lax.while_loop(going, once, _Search(start, far, jnp.zeros((), int)))
    return end.unknown, end.error


def _relative(missing: Vector, problem: Problem, linear: Linear) -> Array:
    """What a column lacks, relative to what its balance is made of; the worst of its unknowns."""

    def one(lack: Array, old: Array, new: Array, flux: Array, source: Array) -> Array:
        moved = jnp.sum(jnp.abs(flux), axis=0) + jnp.sum(jnp.abs(source), axis=0)
        scale = jnp.sum(jnp.abs(old) + jnp.abs(new), axis=0) + problem.dt * moved
        return ratio(jnp.sum(jnp.abs(lack), axis=0), scale, 0.0)

    parts = missing, flat(problem.amount), linear.amount, linear.flux, linear.source
    return jnp.max(jnp.stack([one(*p) for p in zip(*parts, strict=True)]), axis=0)
