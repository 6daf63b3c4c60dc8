"""[H] and dissolved inorganic carbon from any two quantities of the carbonate system."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from shanhai.core.errors import InputError
from shanhai.seawater.co2system.acids import Water, other_alkalinity, usable
from shanhai.seawater.co2system.solver import FAST_STEPS, Problem, Root, least_alkalinity, proton, residual

AMOUNTS = ("dic", "alkalinity", "co2", "bicarbonate", "carbonate", "h")
"""What a pair is reduced to before it is solved [mol kg-1]; h on the total scale."""

USUAL_ROOT: dict[frozenset[str], Root] = {
    frozenset(("alkalinity", "carbonate")): "low_pH",
    frozenset(("dic", "bicarbonate")): "high_pH",
}
"""Pairs that may have two solutions, and the one that sea water of pH near 8 takes."""

REASONS = {
    0: "solved",
    1: "an input is missing",
    2: "a concentration is negative",
    3: "no water has this pair",
}


class Solution(NamedTuple):
    """A solved pair: [H] and DIC [mol kg-1], NaN where the code of `REASONS` is not zero."""

    h: Array
    dic: Array
    reason: Array


def solve(pair: dict[str, Array], water: Water, root: Root | None = None, steps: int = FAST_STEPS) -> Solution:
    """Solve the carbonate system from two of `AMOUNTS`.

    Args:
        pair: the two, by name [mol kg-1].
        water: constants and totals of the other acids.
        root: "low_pH" or "high_pH" for the pairs of `USUAL_ROOT`, whose usual root is the default.
        steps: Newton steps before the bracketed loop; changes the speed, not the result.

    Raises:
        InputError: for anything but two different quantities of `AMOUNTS`, and a root where there is but one.
    """
    kinds = frozenset(pair)
    if len(pair) != 2 or not kinds <= set(AMOUNTS):
        raise InputError(f"two of {', '.join(AMOUNTS)} make a pair, not {', '.join(pair) or 'nothing'}", where="solve")
    if root not in (None, "low_pH", "high_pH"):
        raise InputError(f"root is {root!r}", where="solve", do='say "low_pH" or "high_pH"')
    if root and kinds not in USUAL_ROOT:
        raise InputError(f"{' and '.join(pair)} have one solution, so that root says nothing", do="leave root out")
    branch = root or USUAL_ROOT.get(kinds, "low_pH")
    h, dic = _solved(pair, water, branch, steps)
    return _judged(pair, h, dic, water)


def _solved(pair: dict[str, Array], water: Water, root: Root, steps: int) -> tuple[Array, Array]:
    if "h" in pair:
        (other,) = set(pair) - {"h"}
        return pair["h"], _dic_at(other, pair[other], pair["h"], water)
    if "alkalinity" in pair:
        (other,) = set(pair) - {"alkalinity"}
        h = proton(other, root, steps, Problem(pair["alkalinity"], pair[other], water))  # type: ignore[arg-type]
        return h, _dic_at(other, pair[other], h, water)
    first, second = sorted(pair)
    h = _DIRECT[first, second](pair[first], pair[second], water, root)
    amount = "dic" if "dic" in pair else second
    return h, _dic_at(amount, pair[amount], h, water)


def _dic_at(name: str, amount: Array, h: Array, water: Water) -> Array:
    """DIC from another quantity when [H] is known."""
    k1, k2 = water.constants.k1, water.constants.k2
    if name == "dic":
        return amount
    if name == "alkalinity":
        carbonate = amount - other_alkalinity(h, water).value
        return carbonate * (h * (h + k1) + k1 * k2) / (k1 * (h + 2.0 * k2))
    if name == "co2":
        return amount * (1.0 + k1 / h * (1.0 + k2 / h))
    if name == "bicarbonate":
        return amount * (h / k1 + 1.0 + k2 / h)
    return amount * (1.0 + h / k2 * (1.0 + h / k1))


def _larger_root(a: Array, b: Array, c: Array) -> Array:
    """Larger root of a x^2 + b x + c with b < 0 < a; NaN where there is none."""
    return (jnp.sqrt(b * b - 4.0 * a * c) - b) / (2.0 * a)


def _from_dic_co2(co2: Array, dic: Array, water: Water, root: Root) -> Array:
    k1, k2 = water.constants.k1, water.constants.k2
    return _larger_root(jnp.where(dic > co2, dic - co2, jnp.nan), -k1 * co2, -k1 * k2 * co2)


def _from_dic_carbonate(carbonate: Array, dic: Array, water: Water, root: Root) -> Array:
    """1/[H] is the larger root of k1 k2 (dic - co3) y^2 - k1 co3 y - co3."""
    k1, k2 = water.constants.k1, water.constants.k2
    rest = jnp.where(dic > carbonate, dic - carbonate, jnp.nan)
    return 1.0 / _larger_root(k1 * k2 * rest, -k1 * carbonate, -carbonate)


def _from_dic_bicarbonate(bicarbonate: Array, dic: Array, water: Water, root: Root) -> Array:
    k1, k2 = water.constants.k1, water.constants.k2
    rest = jnp.where(dic >= bicarbonate, dic - bicarbonate, jnp.nan)
    low_ph = _larger_root(bicarbonate, -k1 * rest, bicarbonate * k1 * k2)
    return low_ph if root == "low_pH" else k1 * k2 / low_ph


def _from_co2_bicarbonate(bicarbonate: Array, co2: Array, water: Water, root: Root) -> Array:
    return water.constants.k1 * co2 / bicarbonate


def _from_co2_carbonate(carbonate: Array, co2: Array, water: Water, root: Root) -> Array:
    return jnp.sqrt(water.constants.k1 * water.constants.k2 * (co2 / carbonate))


def _from_bicarbonate_carbonate(bicarbonate: Array, carbonate: Array, water: Water, root: Root) -> Array:
    return water.constants.k2 * bicarbonate / carbonate


_DIRECT: dict[tuple[str, str], Callable[[Array, Array, Water, Root], Array]] = {
    ("co2", "dic"): _from_dic_co2,
    ("carbonate", "dic"): _from_dic_carbonate,
    ("bicarbonate", "dic"): _from_dic_bicarbonate,
    ("bicarbonate", "co2"): _from_co2_bicarbonate,
    ("carbonate", "co2"): _from_co2_carbonate,
    ("bicarbonate", "carbonate"): _from_bicarbonate_carbonate,
}


def _judged(pair: dict[str, Array], h: Array, dic: Array, water: Water) -> Solution:
    """Find the reason where there is no solution, and leave no number there."""
    missing = ~usable(water) if "alkalinity" in pair else jnp.isnan(water.constants.k1 + water.constants.k2)
    negative = jnp.zeros((), bool)
    for name, amount in pair.items():
        missing |= jnp.isnan(amount)
        negative |= (amount < 0) & (name != "alkalinity")
    solved = jnp.isfinite(h) & (h > 0) & jnp.isfinite(dic) & (dic >= 0)
    reason = jnp.select([missing, negative, ~solved], [1, 2, 3], 0).astype(jnp.int8)
    good = reason == 0
    solution = Solution(jnp.where(good, h, jnp.nan), jnp.where(good, dic, jnp.nan), reason)
    return Solution(*jax.lax.optimization_barrier(solution))  # else each quantity read from it solves it again


def has_two_roots(pair: dict[str, Array], water: Water) -> Array:
    """Whether a pair that has a solution has two.

    Args:
        pair: as in `solve`.
        water: constants and totals of the other acids.
    """
    kinds = frozenset(pair)
    if kinds not in USUAL_ROOT:
        return jnp.zeros((), bool)
    if "dic" in pair:
        k1, k2 = water.constants.k1, water.constants.k2
        rest = pair["dic"] - pair["bicarbonate"]
        return k1 * rest * rest > 4.0 * k2 * pair["bicarbonate"] * pair["bicarbonate"]
    problem = Problem(pair["alkalinity"], pair["carbonate"], water)
    everywhere = jnp.ones(jnp.shape(problem.alkalinity + problem.amount + water.constants.k1), bool)
    lowest, valley = least_alkalinity(problem, everywhere)
    return valley & (residual("carbonate", lowest, problem).value < 0)
