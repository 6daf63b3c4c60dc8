r"""Standard uncertainty of everything in the carbonate system, from those of inputs and equilibrium constants.

$$\operatorname{cov}(y_a, y_b) = \sum_{ij} \frac{\partial y_a}{\partial x_i}\,\rho_{ij}\,u_i u_j\,
  \frac{\partial y_b}{\partial x_j}$$

with exact derivatives through the solver, one directional derivative for each uncertain quantity, or by drawing errors
and solving anew, which also holds where the equations bend within an uncertainty.

Source: JCGM 100:2008 (GUM), eq. 13, and its Supplement 1; for sea water Orr et al. (2018), Mar. Chem. 207, 84.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.errors import InputError, nearest
from shanhai.core.notation import SI
from shanhai.numerics.tiles import in_tiles, mapped
from shanhai.seawater.co2system.carbonate import (
    WHERE,
    Carbonate,
    Request,
    asked,
    check_names,
    numbers,
    packed,
    solved,
)
from shanhai.seawater.co2system.given import LN_10, moved, solve_in
from shanhai.seawater.co2system.quantities import CODES, PAIR, factor, output
from shanhai.seawater.co2system.solver import Root
from shanhai.seawater.co2system.system import CarbonateSystem
from shanhai.seawater.constants import ConstantOptions, Constants

ORR_2018: Mapping[str, float] = MappingProxyType(
    {
        "pk0": 0.002,
        "pk1": 0.0075,
        "pk2": 0.015,
        "pkb": 0.01,
        "pkw": 0.01,
        "pksp_calcite": 0.02,
        "pksp_aragonite": 0.02,
        "borate_relative": 0.02,
    }
)
"""Standard uncertainties of constants and of total boron: Orr, Epitalon, Dickson & Gattuso (2018), Mar. Chem. 207, 84;
unverified in the paper itself: those of pK as two programs take them from it, that of boron as one of them does."""

CONSTANTS = tuple(f"p{name}" for name in Constants._fields)
RELATIVE = ("borate_relative", "calcium_relative")

Method = Literal["derivatives", "monte_carlo"]
Arrays = dict[str, Array]
Correlation = Mapping[tuple[str, str], ArrayLike]


class CarbonateUncertainty(eqx.Module):
    """Quantities of the carbonate system and what is known of their errors, in the units of the notation table.

    Args:
        value: the quantities themselves.
        uncertainty: their standard uncertainties.
        share: source -> its part of each variance; the parts sum to one, and what two correlated sources have in common
            is halved between them. Empty unless asked for.
        covariance: (name, name) -> covariance of the two, in the order of the outputs. Empty unless asked for.
        mean: mean of the draws, which differs from the value where the equations bend; None by derivatives.
    """

    value: Carbonate
    uncertainty: Carbonate
    share: dict[str, Carbonate]
    covariance: dict[tuple[str, str], Any]
    mean: Carbonate | None = None


@dataclass(frozen=True)
class _Plan:
    """What is fixed when compiled."""

    request: Request
    sources: tuple[str, ...]
    correlated: tuple[tuple[str, str], ...]
    share: bool
    covariance: bool
    samples: int  # 0 is by derivatives


def carbonate_uncertainty(
    *,
    uncertainty: Mapping[str, ArrayLike],
    temperature: ArrayLike,
    salinity: ArrayLike,
    pressure: ArrayLike | None = None,
    air_pressure: ArrayLike | None = None,
    output_temperature: ArrayLike | None = None,
    output_pressure: ArrayLike | None = None,
    organic: Sequence[tuple[ArrayLike, ArrayLike]] = (),
    outputs: Iterable[str] = ("pH", "pCO2"),
    constants: Mapping[str, ArrayLike] | None = None,
    correlation: Correlation | None = None,
    share: bool = False,
    covariance: bool = False,
    method: Method = "derivatives",
    samples: int = 1000,
    seed: int = 0,
    options: ConstantOptions = ConstantOptions(),
    root: Root | None = None,
    check: bool = True,
    **amounts: ArrayLike | None,
) -> CarbonateUncertainty:
    r"""Solve the carbonate system of sea water and propagate standard uncertainties to what comes out.

    Any length runs in compiled tiles, and inside `jit`, `vmap` and `grad` the call is a pure function, as `carbonate`.
    Constants at output conditions share their errors with those at input conditions.

    Args:
        uncertainty: standard uncertainty by name: of any input given, in its unit; of `pk0`, `pk1`, ... (`CONSTANTS`);
            and relative, of the total `borate_relative` or `calcium_relative` [1].
        temperature: [degC]; this and what follows to `organic` as in `carbonate`.
        salinity: practical [1].
        pressure: sea pressure [dbar].
        air_pressure: [Pa].
        output_temperature: [degC].
        output_pressure: [dbar].
        organic: (total [umol kg-1], pK); uncertain as `organic_0` and `organic_0_pk`, counted from zero.
        outputs: names of `quantities.OUTPUTS` that are not codes.
        constants: uncertainties of constants and total boron, used where `uncertainty` says nothing else; `ORR_2018`
            when absent, without boron where `borate` is given; `{}` for none.
        correlation: coefficient by pair of uncertain names; others are independent.
        share: also the part of each source in each variance.
        covariance: also the covariances between outputs.
        method: "derivatives", first order, or "monte_carlo", normal errors through the whole equations.
        samples: number of draws; the relative error of an uncertainty is about 1/sqrt(2 samples). All points share the
            draws, so that they differ by their chemistry only.
        seed: of the draws.
        options: names of the fits.
        root: which of two solutions.
        check: refuse values that look like another unit.
        amounts: two quantities of the system, and totals, as in `carbonate`.

    Returns:
        `CarbonateUncertainty`. By Monte Carlo, NaN where any draw has no solution.

    Raises:
        InputError: as `carbonate`; for uncertainties of what is not given, negative ones, and impossible correlations.

    Valid: by derivatives, where the equations are straight within an uncertainty; Monte Carlo tells.

    >>> water = dict(dic=2000, alkalinity=2300, temperature=18, salinity=35)
    >>> found = carbonate_uncertainty(uncertainty={"dic": 2, "alkalinity": 2}, share=True, **water)
    >>> round(float(found.uncertainty.pH), 4), round(float(found.uncertainty.pCO2), 2)
    (0.0119, 9.62)
    >>> max(found.share, key=lambda source: found.share[source].pH)
    'pk2'
    """
    given = {k: v for k, v in amounts.items() if v is not None}
    check_names(given)
    where = (temperature, salinity, pressure, air_pressure, output_temperature, output_pressure)
    arguments = {k: v for k, v in zip(WHERE, where) if v is not None} | given
    for i, (total, pk) in enumerate(organic):
        arguments |= {f"organic_{i}": total, f"organic_{i}_pk": pk}
    errors = _sources(uncertainty, constants, arguments)
    rho = _coefficients(correlation or {}, tuple(errors))
    plan = _Plan(
        Request(_measured(outputs), options, root),
        tuple(errors),
        tuple(rho),
        share,
        covariance,
        _samples(method, samples, share),
    )
    return _run(plan, arguments, errors, rho, seed, check)


def _run(
    plan: _Plan,
    arguments: dict[str, Any],
    errors: dict[str, Any],
    rho: dict[tuple[str, str], Any],
    seed: int,
    check: bool,
) -> CarbonateUncertainty:
    extra = {f"u|{k}": v for k, v in errors.items()} | {f"r|{a}|{b}": v for (a, b), v in rho.items()}
    if any(isinstance(x, jax.core.Tracer) for x in jax.tree.leaves(arguments | extra)):
        together = {k: jnp.asarray(v, float) for k, v in (arguments | extra).items()}
        return _unpacked(_compiled(plan)(together | {"seed": jnp.asarray(seed)}))
    whole = numbers(numbers(arguments, check) | extra, False) | {"seed": np.asarray(seed)}
    return _unpacked(in_tiles(_tiled(plan), whole))


def _sources(
    uncertainty: Mapping[str, ArrayLike], constants: Mapping[str, ArrayLike] | None, arguments: dict[str, Any]
) -> dict[str, Any]:
    """Uncertainties by source, those that are zero left out."""
    default = {k: v for k, v in ORR_2018.items() if k.removesuffix("_relative") not in arguments}
    named = {**(default if constants is None else constants), **uncertainty}
    known = (*arguments, *CONSTANTS, *RELATIVE)
    for name, value in named.items():
        if name not in known:
            raise InputError(
                f"there is no {name!r} that could be uncertain; {nearest(name, known)}",
                where="uncertainty",
                do="give its value too, 0 where there is none",
            )
        if not isinstance(value, jax.core.Tracer) and not np.all(np.asarray(value) >= 0):
            raise InputError("a standard uncertainty is not negative, and is a number", where=f"uncertainty of {name}")
    return {k: v for k, v in named.items() if isinstance(v, jax.core.Tracer) or np.any(np.asarray(v) != 0)}


def _coefficients(correlation: Correlation, sources: tuple[str, ...]) -> dict[tuple[str, str], Any]:
    """Correlation coefficients, checked where they are numbers."""
    matrix = np.eye(len(sources))
    for pair, value in correlation.items():
        for name in pair:
            if name not in sources:
                raise InputError(f"{name!r} is not uncertain; {nearest(name, sources)}", where="correlation")
        if pair[0] == pair[1] or pair[::-1] in correlation:
            raise InputError(f"{pair[0]} and {pair[1]} are said twice, or are one", where="correlation")
        if not isinstance(value, jax.core.Tracer):
            i, j = (sources.index(name) for name in pair)
            matrix[i, j] = matrix[j, i] = float(np.asarray(value))
    if np.linalg.eigvalsh(matrix).min(initial=0.0) < -1e-12:
        raise InputError("no errors have these correlations together", where="correlation", do="bring them nearer to 0")
    return dict(correlation)


def _measured(outputs: Iterable[str]) -> tuple[str, ...]:
    wanted = asked(outputs)
    for name in wanted:
        if name in CODES:
            raise InputError(
                f"{name} is a code, which has no uncertainty", where="outputs", do="ask `carbonate` for it"
            )
    return wanted


def _samples(method: str, samples: int, share: bool) -> int:
    if method == "derivatives":
        return 0
    if method != "monte_carlo":
        raise InputError(f"there is no method {method!r}", where="method", do='say "derivatives" or "monte_carlo"')
    if share:
        raise InputError("Monte Carlo does not tell sources apart", where="share", do='say method="derivatives"')
    if samples < 2:
        raise InputError("Monte Carlo needs two draws at least", where="samples", do="give 1000")
    return samples


@cache
def _compiled(plan: _Plan) -> Any:
    return jax.jit(lambda arguments: _propagated(arguments, plan))


@cache
def _tiled(plan: _Plan) -> Any:
    return jax.jit(mapped(lambda arguments: _propagated(arguments, plan)))


def _propagated(together: Arrays, plan: _Plan) -> Arrays:
    arguments = {k: x for k, x in together.items() if "|" not in k and k != "seed"}
    errors = {source: together[f"u|{source}"] for source in plan.sources}
    rho = {(a, b): together[f"r|{a}|{b}"] for a, b in plan.correlated}

    def solved(offsets: Arrays) -> Arrays:
        return _displaced(arguments, offsets, plan.request)

    found = _drawn(solved, errors, rho, together["seed"], plan) if plan.samples else _linear(solved, errors, rho, plan)
    shape = jnp.broadcast_shapes(*(jnp.shape(x) for k, x in together.items() if k[:2] != "r|"))
    return {name: jnp.broadcast_to(x, shape) for name, x in found.items()}


def _displaced(arguments: Arrays, offsets: Arrays, request: Request) -> Arrays:
    """Outputs when inputs and constants are off by some amounts."""
    inputs = {k: x + offsets[k] if k in offsets else x for k, x in arguments.items()}
    nominal = solved(inputs, request)  # its water counts; that it is solved is dropped by the compiler
    totals = nominal.water.totals
    factors = {k.removesuffix("_relative"): 1.0 + offsets[k] for k in RELATIVE if k in offsets}
    totals = totals._replace(**{k: getattr(totals, k) * x for k, x in factors.items()})
    pair = {PAIR[k]: x * factor(k) for k, x in inputs.items() if k in PAIR}
    system = _with_constants(nominal, totals, offsets, pair, request.root)
    found = {name: output(name, system) for name in request.outputs}
    if {"output_temperature", "output_pressure"} & set(inputs):
        deep = inputs.get("output_pressure")
        there = moved(system, inputs.get("output_temperature"), None if deep is None else deep * SI["dbar"])
        pair = {"dic": system.dic, "alkalinity": system.alkalinity}
        there = _with_constants(there, totals, offsets, pair, None)
        found |= {f"output.{name}": output(name, there) for name in request.outputs}
    return found


def _with_constants(
    system: CarbonateSystem, totals: Any, offsets: Arrays, pair: Arrays, root: Root | None
) -> CarbonateSystem:
    """Solve again with constants off by amounts of pK."""
    k = system.water.constants
    off = {
        name: getattr(k, name) * jnp.exp(-LN_10 * offsets[f"p{name}"]) for name in k._fields if f"p{name}" in offsets
    }
    of = system.water._replace(constants=k._replace(**off), totals=totals)
    return solve_in(of, pair, system.conditions, system.options, root)


def _linear(
    solved: Callable[[Arrays], Arrays], errors: Arrays, rho: dict[tuple[str, str], Array], plan: _Plan
) -> Arrays:
    """First order: an uncertainty of each source pushed through the derivative of the whole."""
    none = {source: jnp.zeros_like(u) for source, u in errors.items()}
    values, push = jax.linearize(solved, none)
    effect = {source: push(none | {source: u}) for source, u in errors.items()}  # source -> output -> signed effect
    seen = {source: _seen(source, effect, rho) for source in errors}
    names = _order(values, plan)

    def joint(a: str, b: str) -> Array:
        return sum((effect[s][a] * seen[s][b] for s in errors), start=jnp.zeros_like(values[a]))

    variance = {name: joint(name, name) for name in names}
    found = {f"value|{name}": x for name, x in values.items()}
    found |= {f"uncertainty|{name}": _root(x) for name, x in variance.items()}
    if plan.share:
        for name, x in variance.items():
            some = x > 0
            parts = {s: effect[s][name] * seen[s][name] / jnp.where(some, x, 1.0) for s in errors}
            found |= {f"share|{s}|{name}": jnp.where(some, part, jnp.nan) for s, part in parts.items()}
    if plan.covariance:
        pairs = [(a, b) for i, a in enumerate(names) for b in names[i:]]
        found |= {f"covariance|{a}|{b}": joint(a, b) for a, b in pairs}
    return found


def _order(values: Arrays, plan: _Plan) -> list[str]:
    """Names in the order asked for, which trees of arrays forget."""
    return [name for at in ("", "output.") for x in plan.request.outputs if (name := at + x) in values]


def _seen(source: str, effect: dict[str, Arrays], rho: dict[tuple[str, str], Array]) -> Arrays:
    """Effect of a source and of what is correlated with it, in proportion."""
    total = dict(effect[source])
    for (a, b), r in rho.items():
        if source in (a, b):
            other = effect[b if source == a else a]
            total = {name: x + r * other[name] for name, x in total.items()}
    return total


def _root(variance: Array) -> Array:
    """Square root whose slope is zero where there is no variance; rounding may leave it below zero."""
    some = ~(variance <= 0)
    return jnp.where(some, jnp.sqrt(jnp.where(some, variance, 1.0)), 0.0)


def _drawn(
    solved: Callable[[Arrays], Arrays],
    errors: Arrays,
    rho: dict[tuple[str, str], Array],
    seed: Array,
    plan: _Plan,
) -> Arrays:
    """Sample mean and covariance about the value."""
    sources = plan.sources
    values = solved({source: jnp.zeros_like(u) for source, u in errors.items()})
    names = _order(values, plan)
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i:] if plan.covariance or a == b]
    draws = jax.random.normal(jax.random.key(seed), (plan.samples, len(sources))) @ _mixing(sources, rho).T

    def add(sums: tuple[Arrays, dict[str, Array]], draw: Array) -> tuple[tuple[Arrays, dict[str, Array]], None]:
        first, second = sums
        found = solved({source: draw[i] * errors[source] for i, source in enumerate(sources)})
        off = {name: found[name] - values[name] for name in names}
        first = {name: first[name] + off[name] for name in names}
        return (first, {f"{a}|{b}": second[f"{a}|{b}"] + off[a] * off[b] for a, b in pairs}), None

    shape = jnp.broadcast_shapes(*(jnp.shape(x) for x in (*values.values(), *errors.values())))
    zero = jnp.zeros(shape)
    start = (dict.fromkeys(names, zero), {f"{a}|{b}": zero for a, b in pairs})
    (first, second), _ = jax.lax.scan(add, start, draws)
    n = plan.samples
    spread = {(a, b): (second[f"{a}|{b}"] - first[a] * first[b] / n) / (n - 1) for a, b in pairs}
    found = {f"value|{name}": x for name, x in values.items()}
    found |= {f"mean|{name}": values[name] + first[name] / n for name in names}
    found |= {f"uncertainty|{name}": _root(spread[name, name]) for name in names}
    return found | ({f"covariance|{a}|{b}": x for (a, b), x in spread.items()} if plan.covariance else {})


def _mixing(sources: tuple[str, ...], rho: dict[tuple[str, str], Array]) -> Array:
    """Matrix M of independent normal numbers into correlated ones: M M^T is the correlation; it may be singular."""
    matrix = jnp.eye(len(sources))
    for (a, b), r in rho.items():
        i, j = sources.index(a), sources.index(b)
        matrix = matrix.at[i, j].set(r).at[j, i].set(r)
    if not rho:
        return matrix
    size, direction = jnp.linalg.eigh(matrix)
    return direction * jnp.sqrt(jnp.maximum(size, 0.0))


def _unpacked(flat: dict[str, Any]) -> CarbonateUncertainty:
    kinds: dict[str, dict[str, Any]] = {"value": {}, "uncertainty": {}, "mean": {}}
    share: dict[str, dict[str, Any]] = {}
    covariance: dict[tuple[str, str], Any] = {}
    for key, x in flat.items():
        kind, *names = key.split("|")
        if kind == "covariance":
            covariance[names[0], names[1]] = x
        elif kind == "share":
            share.setdefault(names[0], {})[names[1]] = x
        else:
            kinds[kind][names[0]] = x
    value, spread = packed(kinds["value"]), packed(kinds["uncertainty"])
    mean = packed(kinds["mean"]) if kinds["mean"] else None
    return CarbonateUncertainty(value, spread, {k: packed(v) for k, v in share.items()}, covariance, mean)
