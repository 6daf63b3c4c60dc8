"""The balance of a column: what levels and faces are, its slopes, and the step that a change of its unknowns makes.

`column` and `open_column` are made of these parts.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.numerics.bounded_faces import bounded_faces
from shanhai.numerics.tridiagonal import Block, End, Tridiagonal, Vector, minus, plus, times, turned


class Levels(NamedTuple):
    """What a closure tells of levels, or of one level at the edge.

    Args:
        amount: conserved, per area; one array (level, cells...), or a tuple, named tuple or dict of them.
        potential: what drives fluxes, of the same structure.
        also: any other arrays (level, cells...) that face fluxes need, such as conductivity; they lag one iteration
            far from the solution.
    """

    amount: Any
    potential: Any
    also: Any = ()


Closure = Callable[[Any], Levels]
"""Unknown -> levels, each level by itself."""

FaceFlux = Callable[[Levels, Levels], Any]
"""(levels above, levels below the n - 1 inner faces) -> flux through them, positive downward."""

Edge = ArrayLike | Callable[[Levels], Any]
"""Flux through the top or bottom face, positive downward: given, or a function of the level at the edge."""


class ColumnStep(NamedTuple):
    """What a step has done.

    Args:
        amount: at the end of the step, as it was given.
        face_fluxes: realised, positive downward, (level + 1, cells...).
        residual: amount missing in the balance of each level if fluxes were taken at the end of the step; zero where
            the iteration has converged. The amount does not depend on it.
        source: realised, (level, cells...).
        unknown: at the end of the step; a good start for the next.
        limited: how many faces of each column were held back by bounds, (cells...).
    """

    amount: Any
    face_fluxes: Any
    residual: Any
    source: Any
    unknown: Any
    limited: Array


class Problem(eqx.Module):
    """A step to be made."""

    amount: Any
    closure: Closure
    face_flux: FaceFlux
    dt: Any
    top: Any
    bottom: Any
    source: Any


class Linear(NamedTuple):
    """Amounts, fluxes and sources at an unknown, and their slopes by the unknowns of the level, above or below."""

    amount: Vector
    amount_slope: Block
    potential: Vector
    potential_slope: Block
    source: Vector
    source_slope: Block
    flux: Vector
    by_above: Block
    by_below: Block


def _derivatives(function: Callable[[Any], Any], point: Any, directions: list[Any]) -> tuple[Any, list[Any]]:
    """Value of a function and its derivative along each direction."""
    pairs = [jax.jvp(function, (point,), (d,)) for d in directions]
    return pairs[0][0], [slope for _, slope in pairs]


def flat(tree: Any) -> Vector:
    """All arrays of amounts, potentials or fluxes, in order."""
    return tuple(jax.tree.leaves(tree))


def _directions(unknown: Any) -> list[Any]:
    """One unknown at a time changes."""
    leaves, structure = jax.tree.flatten(unknown)
    return [
        jax.tree.unflatten(structure, [jnp.full_like(x, float(i == j)) for i, x in enumerate(leaves)])
        for j in range(len(leaves))
    ]


def _cut(tree: Any, part: slice | int) -> Any:
    return jax.tree.map(lambda x: x[part], tree)


def _function(given: Any, amount: Any) -> Callable[[Levels], Any]:
    """A function of levels, of what is given as numbers or as a function."""
    if callable(given):
        return given
    leaves, structure = jax.tree.flatten(amount)
    values = jax.tree.leaves(given)
    values = values * len(leaves) if len(values) == 1 else values
    constant = jax.tree.unflatten(structure, [jnp.asarray(v, x.dtype) for v, x in zip(values, leaves, strict=True)])
    return lambda levels: constant


def _edge_and_inner(problem: Problem) -> tuple[Callable[[Levels], Any], FaceFlux, Callable[[Levels], Any]]:
    top, bottom = (_function(f, problem.amount) for f in (problem.top, problem.bottom))
    return top, problem.face_flux, bottom


def _all_faces(top: Any, inner: Any, bottom: Any, amount: Any) -> Vector:
    """All n + 1 faces of every unknown; `None` stands for faces without flux."""

    def faces(like: Array, *given: Array) -> Array:
        n, cells = like.shape[0], like.shape[1:]
        shapes = (1, *cells), (n - 1, *cells), (1, *cells)
        return jnp.concatenate([jnp.broadcast_to(x, s).astype(like.dtype) for x, s in zip(given, shapes)])

    like = flat(amount)
    parts = [[jnp.zeros(())] * len(like) if p is None else flat(p) for p in (top, inner, bottom)]
    return tuple(faces(*one) for one in zip(like, *parts, strict=True))


def _above_and_below(levels: Levels) -> tuple[Levels, Levels]:
    return _cut(levels, slice(-1)), _cut(levels, slice(1, None))


def _balance(problem: Problem, unknown: Any) -> tuple[Vector, Vector, Vector]:
    """Amount, face fluxes and sources at an unknown."""
    levels = problem.closure(unknown)
    top, inner, bottom = _edge_and_inner(problem)
    flux = inner(*_above_and_below(levels))
    faces = _all_faces(top(_cut(levels, 0)), flux, bottom(_cut(levels, -1)), problem.amount)
    return flat(levels.amount), faces, flat(_function(problem.source, problem.amount)(levels))


def linearised(problem: Problem, unknown: Any, close: Array) -> Linear:
    """Everything in the balance, with its slopes; those of `also` only in columns that are close to the root."""
    levels, slopes = _derivatives(problem.closure, unknown, _directions(unknown))
    slopes = [s._replace(also=jax.tree.map(lambda x: jnp.where(close, x, 0.0), s.also)) for s in slopes]
    source, source_slopes = _derivatives(_function(problem.source, problem.amount), levels, slopes)
    flux, by_above, by_below = _linear_faces(problem, levels, slopes)
    return Linear(
        amount=flat(levels.amount),
        amount_slope=turned([flat(s.amount) for s in slopes]),
        potential=flat(levels.potential),
        potential_slope=turned([flat(s.potential) for s in slopes]),
        source=_spread(source, problem.amount),
        source_slope=turned([_spread(s, problem.amount) for s in source_slopes]),
        flux=flux,
        by_above=by_above,
        by_below=by_below,
    )


def _spread(tree: Any, like: Any) -> Vector:
    """Leaves of full shape."""
    pairs = zip(flat(tree), flat(like), strict=True)
    return tuple(jnp.broadcast_to(v, x.shape).astype(x.dtype) for v, x in pairs)


def _linear_faces(problem: Problem, levels: Levels, slopes: list[Levels]) -> tuple[Vector, Block, Block]:
    """Fluxes through all faces, with their slopes by the unknowns above and below each."""
    top, inner, bottom = _edge_and_inner(problem)
    above, below = _above_and_below(levels)
    sides = [_above_and_below(s) for s in slopes]
    flux, by_above = _derivatives(lambda x: inner(x, below), above, [s[0] for s in sides])
    _, by_below = _derivatives(lambda x: inner(above, x), below, [s[1] for s in sides])
    first, by_first = _derivatives(top, _cut(levels, 0), [_cut(s, 0) for s in slopes])
    last, by_last = _derivatives(bottom, _cut(levels, -1), [_cut(s, -1) for s in slopes])
    return (
        _all_faces(first, flux, last, problem.amount),
        turned([_all_faces(None, i, b, problem.amount) for i, b in zip(by_above, by_last)]),
        turned([_all_faces(t, i, None, problem.amount) for t, i in zip(by_first, by_below)]),
    )


def slopes_fixed(linear: Linear) -> Linear:
    """Slopes without derivatives of their own: at a root nothing depends on them."""
    stop = jax.lax.stop_gradient
    return linear._replace(
        amount_slope=stop(linear.amount_slope),
        source_slope=stop(linear.source_slope),
        by_above=stop(linear.by_above),
        by_below=stop(linear.by_below),
    )


def system(problem: Problem, linear: Linear) -> tuple[Tridiagonal, Vector]:
    """Newton's equations for the change of the unknowns."""
    dt = problem.dt

    def own(amount: Array, source: Array, below: Array, above: Array) -> Array:
        return amount - dt * (below[:-1] - above[1:] + source)

    tree = jax.tree.map
    matrix = Tridiagonal(
        tree(lambda above: -dt * above[:-1], linear.by_above),
        tree(own, linear.amount_slope, linear.source_slope, linear.by_below, linear.by_above),
        tree(lambda below: dt * below[1:], linear.by_below),
    )
    return matrix, missing(problem, linear.amount, linear.flux, linear.source)


def advanced(amount: Any, flux: Any, source: Any, dt: ArrayLike) -> Any:
    """Amounts after a step with given face fluxes and sources."""
    return jax.tree.map(lambda a, f, s: a + dt * (f[:-1] - f[1:] + s), amount, flux, source)


def missing(problem: Problem, amount: Vector, flux: Vector, source: Vector) -> Vector:
    """What the amounts lack to satisfy the balance."""
    return minus(advanced(flat(problem.amount), flux, source, problem.dt), amount)


def completed(
    problem: Problem,
    linear: Linear,
    unknown: Any,
    change: Vector,
    inflow: tuple[End, Vector] | None,
    bounds: tuple[Any, Any] | None,
) -> ColumnStep:
    """The step that follows from the change of the unknowns."""
    structure = jax.tree.structure(problem.amount)
    end = jax.tree.unflatten(jax.tree.structure(unknown), plus(flat(unknown), change))
    before = tuple(jnp.concatenate([c[:1], c]) for c in change)  # by_above is zero at the top face
    after = tuple(jnp.concatenate([c, c[-1:]]) for c in change)
    opened = _open_flux(inflow, linear.flux)
    flux = plus(plus(linear.flux, opened), plus(times(linear.by_above, before), times(linear.by_below, after)))
    source = plus(linear.source, times(linear.source_slope, change))
    amount, at_end, made = _balance(problem, end)
    residual = missing(problem, amount, plus(at_end, opened), made)
    flux, source, residual = (jax.tree.unflatten(structure, x) for x in (flux, source, residual))
    flux, limited = bounded(problem.amount, flux, source, problem.dt, bounds)
    return ColumnStep(advanced(problem.amount, flux, source, problem.dt), flux, residual, source, end, limited)


def _open_flux(inflow: tuple[End, Vector] | None, flux: Vector) -> Vector:
    """Inflow at the open end as a flux through faces, positive downward."""
    nothing = tuple(jnp.zeros_like(f) for f in flux)
    if inflow is None:
        return nothing
    end, amounts = inflow
    place, sign = (0, 1.0) if end == "top" else (-1, -1.0)
    return tuple(f.at[place].set(sign * x) for f, x in zip(nothing, amounts, strict=True))


def bounded(amount: Any, flux: Any, source: Any, dt: ArrayLike, bounds: tuple[Any, Any] | None) -> tuple[Any, Array]:
    """Face fluxes that respect the bounds, and how many had to be changed."""
    leaves, structure = jax.tree.flatten(amount)
    if bounds is None:
        return flux, jnp.zeros(leaves[0].shape[1:], int)
    low, high = (_spread(_function(b, amount)(amount), amount) for b in bounds)
    parts = zip(flat(flux), leaves, flat(source), low, high, strict=True)
    pairs = [bounded_faces(jnp.asarray(dt * f), a + dt * s, lo, hi) for f, a, s, lo, hi in parts]
    held = [jnp.where(m.changed, m.amounts / dt, f) for (m, f) in zip(pairs, flat(flux))]
    counted = jnp.sum(jnp.stack([m.changed for m in pairs]), axis=(0, 1))
    return jax.tree.unflatten(structure, held), counted
