"""Functions of one form computed at once: the evasion of CO2 from seven boxes is one program for a vector of seven.

Each function is traced by itself. Those whose operations are the same but for the arrays that they work on are mapped
over these arrays, so that a network of many boxes compiles about as fast as one of a few.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.extend import core as jex

FEW = 8
"""Cells up to which any functions are computed at once; over many cells, stacking copies more than it saves."""

LONG = 40
"""Operations from which functions are computed at once over any cells, as they take long to compile."""


class Job(NamedTuple):
    """A function to be computed, `function(parameters, argument)`.

    Args:
        function: of two pytrees.
        parameters: a rate law, say; its arrays may differ between functions of one form.
        argument: array.
    """

    function: Callable[[Any, Array], Array]
    parameters: Any
    argument: Array


class _Traced(NamedTuple):
    """A function as operations on inputs.

    Args:
        operations: with the inputs as variables.
        inputs: arrays.
        used: places of the inputs that the operations read, in the order in which they do.
        form: what is the same for functions of one form.
    """

    operations: jex.Jaxpr
    inputs: tuple[Any, ...]
    used: tuple[int, ...]
    form: Hashable


def compute(jobs: Sequence[Job]) -> list[Array]:
    """Values of functions, those of one form at once.

    >>> jobs = [Job(lambda k, x: jnp.sin(k * x), jnp.array(k), jnp.ones(2)) for k in (2.0, 3.0)]
    >>> [round(float(value[0]), 6) for value in compute(jobs)]
    [0.909297, 0.14112]
    """
    traced = [_traced(job) for job in jobs]
    groups: dict[Hashable, list[int]] = {}
    for n, (job, one) in enumerate(zip(jobs, traced)):
        worth_it = job.argument[:1].size <= FEW or len(one.operations.eqns) >= LONG
        groups.setdefault(one.form if worth_it else n, []).append(n)
    values: dict[int, Array] = {}
    for members in groups.values():
        values |= zip(members, _values([traced[n] for n in members]))
    return [values[n] for n in range(len(jobs))]


def _traced(job: Job) -> _Traced:
    arrays, rest = eqx.partition(job.parameters, eqx.is_array)
    leaves, tree = jax.tree.flatten(arrays)

    def function(argument: Array, *leaves: Array) -> Array:
        return job.function(eqx.combine(jax.tree.unflatten(tree, leaves), rest), argument)

    closed = jax.make_jaxpr(function)(job.argument, *leaves)
    return _Traced(closed.jaxpr, (*closed.consts, job.argument, *leaves), *_form(closed.jaxpr))


def _form(operations: jex.Jaxpr) -> tuple[tuple[int, ...], Hashable]:
    """Inputs that are used, and the operations with numbers in place of variables."""
    variables = (*operations.constvars, *operations.invars)
    given = {v: (n, v.aval) for n, v in enumerate(variables)}
    number: dict[jex.Var, int] = {}

    def name(atom: Any) -> Hashable:
        if isinstance(atom, jex.Literal):
            return np.asarray(atom.val).tobytes(), atom.aval
        return number.setdefault(atom, len(number)), given.get(atom, (0, None))[1]

    lines = [
        (e.primitive, *map(name, e.invars), *sorted(e.params.items()), *map(name, e.outvars)) for e in operations.eqns
    ]
    form = (*lines, *map(name, operations.outvars))
    used = tuple(given[v][0] for v in number if v in given)
    try:
        hash(form)
    except TypeError:  # an operation that cannot be compared is like no other
        return used, object()
    return used, form


def _values(group: list[_Traced]) -> list[Array]:
    """Values of functions of one form: inputs that differ are stacked, and the first function is mapped over them."""
    first = group[0]

    def run(*inputs: Any) -> Array:
        count = len(first.operations.constvars)
        return jex.jaxpr_as_fun(jex.ClosedJaxpr(first.operations, inputs[:count]))(*inputs[count:])[0]

    inputs: list[Any] = list(first.inputs)
    axes: list[int | None] = [None] * len(inputs)
    for place, *each in zip(first.used, *([t.inputs[k] for k in t.used] for t in group)):
        if any(one is not each[0] for one in each):
            inputs[place], axes[place] = jnp.stack(each), 0
    if not any(axis == 0 for axis in axes):
        return [run(*inputs)] * len(group)
    return list(jax.vmap(run, axes)(*inputs))
