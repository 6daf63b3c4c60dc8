r"""[H] from total alkalinity and one carbonate quantity: a bounded solver with an implicit derivative.

The residual is total alkalinity computed at [H] less that given, as a function of x = ln [H]. Ordinary states take a
few plain Newton steps from a good first guess. States that have not converged then go through a loop of bounded length
in which each step either halves the bracket, or is a Newton step inside it at most half as long as the one before. A
Newton step shorter than 1e-3 is always taken: near the root the sign of the residual is rounding, and a bracket closed
by it may lie on the wrong side. What has converged is left alone, so that a result depends neither on the number of
steps nor on its neighbours.

Sources of the brackets: Munhoven (2013), Geosci. Model Dev. 6, 1367; (2021), Geosci. Model Dev. 14, 4225. With [CO3]
given, alkalinity is a convex function of [H] as every acid's part is a sum of terms k/(k + [H]) (a polyprotic acid is
such a sum when its protons leave well apart, as those of phosphoric acid do), so that there are no more than two roots,
one on each side of its minimum.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from shanhai.seawater.co2system.acids import Term, Water, limits, other_alkalinity, usable

Known = Literal["dic", "co2", "bicarbonate", "carbonate"]
Root = Literal["low_pH", "high_pH"]

FAST_STEPS = 4
MOST_STEPS = 100
ALWAYS_TAKEN = 1e-3  # change of ln [H]
CONVERGED = 1e-7  # change of ln [H]; Newton's next would be of its square
LEAST, MOST = 1e-30, 1e6  # [H] beyond any water; further out slopes overflow, and a step looks like none


class Problem(NamedTuple):
    """Alkalinity and another quantity of the carbonate system, each [mol kg-1], in a given water."""

    alkalinity: Array
    amount: Array
    water: Water


def carbonate_alkalinity(known: Known, amount: Array, h: Array, water: Water) -> Term:
    r"""Carbonate alkalinity [HCO3] + 2 [CO3] when one quantity of the carbonate system is known.

    Args:
        known: which one.
        amount: its concentration [mol kg-1].
        h: [H], total scale [mol kg-1].
        water: constants.
    """
    k1, k2 = water.constants.k1, water.constants.k2
    if known == "dic":
        share = 1.0 / (h * (h + k1) + k1 * k2)
        each, spread = amount * k1 * share, h * (h * (h + 4.0 * k2) + k1 * k2) * share
        return Term(each * (h + 2.0 * k2), -each * spread)
    if known == "co2":
        one, two = amount * k1 / h, 2.0 * amount * k1 * k2 / (h * h)
        return Term(one + two, -one - 2.0 * two)
    if known == "bicarbonate":
        double = 2.0 * amount * k2 / h
        return Term(amount + double, -double)
    bicarbonate = amount * h / k2
    return Term(bicarbonate + 2.0 * amount, bicarbonate)


def residual(known: Known, h: Array, problem: Problem) -> Term:
    """Computed less given alkalinity, and its derivative by ln [H]."""
    carbonate = carbonate_alkalinity(known, problem.amount, h, problem.water)
    other = other_alkalinity(h, problem.water)
    return Term(carbonate.value + other.value - problem.alkalinity, carbonate.slope + other.slope)


@partial(jax.custom_jvp, nondiff_argnums=(0, 1, 2))
def proton(known: Known, root: Root, steps: int, problem: Problem) -> Array:
    r"""[H] at which the acids of the water make up its alkalinity.

    $$\frac{dH}{dp} = -\frac{\partial R/\partial p}{\partial R/\partial H}$$

    is the derivative by any input p, forward or reverse and of any order.

    Args:
        known: the quantity given beside alkalinity.
        root: which of two roots, for known = "carbonate".
        steps: Newton steps before the loop; changes the speed, not the result. Without any there is only the loop,
            which compiles in half the time and suits a few waters in a large program.
        problem: alkalinity, amount and water.

    Returns:
        [H], total scale [mol kg-1]; NaN where there is no root.
    """
    solvable = usable(problem.water) & jnp.isfinite(problem.alkalinity + problem.amount)
    if steps == 0:
        return _careful(known, root, problem, solvable, jnp.full_like(problem.alkalinity, jnp.nan))
    h, change = _fast(known, _first_guess(known, root, problem), steps, problem)
    right = _converged(change) & (h > LEAST) & (h < MOST)
    if known == "carbonate":
        rising = residual(known, h, problem).slope > 0
        right &= rising if root == "low_pH" else ~rising
    todo = ~right & solvable
    return jax.lax.cond(
        jnp.any(todo), partial(_careful, known, root), _leave, problem, todo, jnp.where(right, h, jnp.nan)
    )


@proton.defjvp
def _proton_jvp(known: Known, root: Root, steps: int, primals: Any, tangents: Any) -> tuple[Array, Array]:
    (problem,), (change,) = primals, tangents
    h = proton(known, root, steps, problem)
    _, by_problem = jax.jvp(lambda p: residual(known, h, p).value, (problem,), (change,))
    return h, -by_problem * h / residual(known, h, problem).slope


def _fast(known: Known, h: Array, steps: int, problem: Problem) -> tuple[Array, Array]:
    """Plain Newton steps in ln [H], and the length of the last."""
    change = jnp.full_like(h, jnp.inf)
    for _ in range(steps):
        value, slope = residual(known, h, problem)
        step = -value / slope
        h, change = h * jnp.exp(step), jnp.abs(step)
    return h, change


def _converged(length: Array) -> Array:
    """Whether the next step would be rounding: single precision cannot see a change of `CONVERGED`."""
    return length <= max(CONVERGED, float(jnp.finfo(length.dtype).eps) ** 0.5)


def _first_guess(known: Known, root: Root, problem: Problem) -> Array:
    guess = {"dic": _guess_dic, "co2": _guess_co2, "bicarbonate": _guess_bicarbonate, "carbonate": _guess_carbonate}
    return guess[known](problem) if known != "carbonate" or root == "low_pH" else _guess_hydroxide(problem)


def _guess_dic(problem: Problem) -> Array:
    """Around the minimum of the cubic of carbonate and borate: Munhoven (2013), section 3.2.2."""
    k, b = problem.water.constants, problem.water.totals.borate
    ta, c = problem.alkalinity, problem.amount
    most = 2.0 * c + b
    inverse = 1.0 / jnp.where(ta > 0, ta, 1.0)
    a2 = k.kb * (1.0 - b * inverse) + k.k1 * (1.0 - c * inverse)
    a1 = k.k1 * (k.kb * (1.0 - (b + c) * inverse) + k.k2 * (1.0 - 2.0 * c * inverse))
    a0 = k.k1 * k.k2 * k.kb * (1.0 - most * inverse)
    inside = a2 * a2 - 3.0 * a1
    q = jnp.sqrt(jnp.where(inside > 0, inside, 1.0))
    low = jnp.where(a2 < 0, (q - a2) / 3.0, -a1 / jnp.where(a2 < 0, 1.0, a2 + q))
    under = -(a0 + low * (a1 + low * (a2 + low))) / q
    guess = low + jnp.sqrt(jnp.where(under > 0, under, 1.0))
    good = (inside > 0) & (under > 0) & (guess > 0)
    edge = jnp.where(ta <= 0, 1e-3, jnp.where(ta >= most, 1e-10, 1e-7))
    return jnp.where((ta > 0) & (ta < most) & good, guess, edge)


def _positive_root(a: Array, b: Array, c: Array) -> Array:
    """Larger root of a x^2 + b x + c; NaN where there is no real one."""
    q = jnp.sqrt(b * b - 4.0 * a * c)
    return jnp.where(b < 0, (q - b) / (2.0 * a), -2.0 * c / (q + b))


def _guess_co2(problem: Problem) -> Array:
    """All alkalinity is carbonate alkalinity."""
    k, co2 = problem.water.constants, problem.amount
    acid = k.k1 * co2 + k.kw
    return _positive_root(problem.alkalinity, -acid, -2.0 * k.k1 * k.k2 * co2)


def _guess_bicarbonate(problem: Problem) -> Array:
    """Carbonate, borate and hydroxide make up the alkalinity."""
    k, b = problem.water.constants, problem.water.totals.borate
    rest, inverse = problem.alkalinity - problem.amount, 2.0 * k.k2 * problem.amount + k.kw
    return _positive_root(rest, rest * k.kb - inverse - b * k.kb, -inverse * k.kb)


def _guess_carbonate(problem: Problem) -> Array:
    """Carbonate and borate make up the alkalinity; the root at low pH."""
    k, b = problem.water.constants, problem.water.totals.borate
    rest, steep = problem.alkalinity - 2.0 * problem.amount, problem.amount / k.k2
    return _positive_root(steep, steep * k.kb - rest, (b - rest) * k.kb)


def _guess_hydroxide(problem: Problem) -> Array:
    """Borate is all ionised and the rest is hydroxide: the root at high pH."""
    rest = problem.alkalinity - 2.0 * problem.amount - problem.water.totals.borate
    return problem.water.constants.kw / rest


def _leave(problem: Problem, todo: Array, h: Array) -> Array:
    """Nothing is left to do."""
    return h


def _careful(known: Known, root: Root, problem: Problem, todo: Array, h: Array) -> Array:
    """The root within a proven bracket where there is something to do; NaN where there is none."""
    if known == "carbonate":
        return jnp.where(todo, _careful_carbonate(root, problem, todo), h)
    low, high = _bracket(known, problem)
    low = jnp.maximum(low, LEAST)
    return jnp.where(todo, _within(lambda x: residual(known, x, problem), low, high, todo), h)


def _quadratic_bound(distance: Array, inverse: Array, linear: Array) -> Array:
    """[H] where inverse/[H] - linear [H] = distance, without cancellation."""
    root = jnp.sqrt(distance * distance + 4.0 * inverse * linear)
    up = distance >= 0
    upper = 2.0 * inverse / jnp.where(up, distance + root, 1.0)
    return jnp.where(up, upper, (root - distance) / (2.0 * linear))


def _bracket(known: Known, problem: Problem) -> tuple[Array, Array]:
    """Lower and upper bound of [H] where alkalinity falls with it."""
    water, amount, k = problem.water, problem.amount, problem.water.constants
    bounds, free = limits(water), 1.0 / water.total_to_free
    low, high = problem.alkalinity - bounds.low, problem.alkalinity - bounds.high
    if known == "dic":
        return _quadratic_bound(low, k.kw, free), _quadratic_bound(high - 2.0 * amount, k.kw, free)
    if known == "bicarbonate":
        inverse = k.kw + 2.0 * k.k2 * amount
        return _quadratic_bound(low - amount, inverse, free), _quadratic_bound(high - amount, inverse, free)
    inverse, square = k.kw + k.k1 * amount, 2.0 * k.k1 * k.k2 * amount
    third = 3.0 / free  # each of three parts is no more than a third of the free proton
    upper = jnp.maximum(jnp.sqrt(third * inverse), jnp.cbrt(third * square))
    return _quadratic_bound(low, inverse, free), jnp.maximum(upper, -third * jnp.minimum(high, 0.0))


def _careful_carbonate(root: Root, problem: Problem, todo: Array) -> Array:
    """The root on one side of the least alkalinity; where alkalinity only falls, its one root."""
    lowest, valley = least_alkalinity(problem, todo)
    water, k = problem.water, problem.water.constants
    rest = problem.alkalinity - 2.0 * problem.amount - limits(water).low
    steep = problem.amount / k.k2 - 1.0 / water.total_to_free
    exists = jnp.where(valley, residual("carbonate", lowest, problem).value <= 0.0, True) & todo
    below = problem.alkalinity - 2.0 * problem.amount - limits(water).high
    falling = _quadratic_bound(below, k.kw, jnp.where(valley, 1.0, -steep))
    left = _within(
        lambda h: residual("carbonate", h, problem),
        jnp.where(valley, k.kw / rest, _quadratic_bound(rest, k.kw, jnp.where(valley, 1.0, -steep))),
        jnp.where(valley, lowest, falling),
        exists & (~valley if root == "low_pH" else True),
    )
    if root == "high_pH":
        return left
    upper = rest / jnp.where(valley, steep, 1.0)
    return jnp.where(valley, _within(_rising(problem), lowest, upper, exists & valley), left)


def _rising(problem: Problem) -> Callable[[Array], Term]:
    """The residual upside down, so that it falls where alkalinity rises."""

    def function(h: Array) -> Term:
        value, slope = residual("carbonate", h, problem)
        return Term(-value, -slope)

    return function


def least_alkalinity(problem: Problem, todo: Array) -> tuple[Array, Array]:
    """[H] of least alkalinity at a given [CO3], and whether there is such a minimum.

    There is none where so little carbonate is given that alkalinity falls with [H] for ever.
    """
    water, k = problem.water, problem.water.constants
    steep = problem.amount / k.k2 - 1.0 / water.total_to_free
    valley = steep > 0
    safe = jnp.where(valley, steep, 1.0)
    spread = _most_spread(water)
    low, high = jnp.sqrt(k.kw / safe), _positive_root(safe, -spread, -k.kw)

    def function(h: Array) -> Term:
        slope, by_h = jax.jvp(lambda x: residual("carbonate", x, problem).slope, (h,), (jnp.ones_like(h),))
        return Term(-slope, -by_h * h)

    return _within(function, low, high, todo & valley), valley


def _most_spread(water: Water) -> Array:
    """Upper bound of the derivative of the acids' alkalinity by ln [H]: a quarter of each proton's total."""
    total, solutes = water.totals, water.solutes
    several = 0.0 if solutes.phosphate is None else 2.25 * solutes.phosphate
    single = [total.borate, total.sulfate, total.fluoride, *(acid.total for acid in solutes.organic)]
    single += [x for x in (solutes.silicate, solutes.ammonia, solutes.sulfide, solutes.nitrite) if x is not None]
    return 0.25 * sum(single) + several  # type: ignore[return-value]


class _State(NamedTuple):
    low: Array
    high: Array
    x: Array
    length: Array
    active: Array
    steps: Array


def _within(function: Callable[[Array], Term], low: Array, high: Array, todo: Array) -> Array:
    """Root of a function that falls with ln [H], within bounds of [H]; NaN where there is nothing to do."""
    todo = todo & (low > 0) & jnp.isfinite(high) & (low <= high * (1.0 + 1e-12))
    a = jnp.log(jnp.where(todo, low, 1e-8))
    b = jnp.log(jnp.where(todo, high, 1e-8))
    start = _State(a, b, 0.5 * (a + b), jnp.full_like(a, jnp.inf), jnp.broadcast_to(todo, a.shape), jnp.zeros((), int))

    def going(s: _State) -> Array:
        return jnp.any(s.active) & (s.steps < MOST_STEPS)

    end = jax.lax.while_loop(going, partial(_step, function), start)
    return jnp.where(todo & ~end.active, jnp.exp(end.x), jnp.nan)


def _step(function: Callable[[Array], Term], s: _State) -> _State:
    """Halve the bracket, or take a Newton step at most half as long as the last."""
    value, slope = function(jnp.exp(s.x))
    low, high = jnp.where(value > 0, s.x, s.low), jnp.where(value > 0, s.high, s.x)
    newton = -value / slope
    length = jnp.abs(newton)
    inside = (s.x + newton > low) & (s.x + newton < high) & (length < 0.5 * s.length)
    taken = inside | (length < ALWAYS_TAKEN)
    move = jnp.where(taken, newton, 0.5 * (low + high) - s.x)
    still = s.active & ~(taken & _converged(length))

    def keep(new: Array, old: Array) -> Array:
        return jnp.where(s.active, new, old)

    x, length = keep(s.x + move, s.x), keep(jnp.where(taken, length, jnp.abs(move)), s.length)
    return _State(keep(low, s.low), keep(high, s.high), x, length, still, s.steps + 1)
