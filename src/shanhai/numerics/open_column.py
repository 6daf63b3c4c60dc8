r"""A step of a column whose flux at one end is settled with a neighbour, in two halves.

The first half eliminates all levels towards the open end and tells how its potential responds to a flux into the
column; the second, with that flux known, gives what `column_step` gives. Both use the balance and the elimination
of the closed column, so that a coupled column is the same scheme as an uncoupled one.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from shanhai.core.errors import InputError
from shanhai.numerics.column_balance import (
    Closure,
    ColumnStep,
    Edge,
    FaceFlux,
    Linear,
    Problem,
    completed,
    linearised,
    system,
)
from shanhai.numerics.tridiagonal import (
    Block,
    Elimination,
    End,
    Tridiagonal,
    Vector,
    eliminate,
    plus,
    product,
    substitute,
    times,
)


class Response(NamedTuple):
    """Potential at an open end as a line of the flux into the column there, value + slope * inflow; slope >= 0.

    Args:
        value: a tuple of (cells...), one for each unknown.
        slope: a tuple of rows of (cells...).
    """

    value: Vector
    slope: Block


class OpenColumn(eqx.Module):
    """A column eliminated up to one end, whose flux is not yet known.

    Args:
        response: of the open end.
    """

    response: Response
    open_end: End = eqx.field(static=True)
    _problem: Problem
    _linear: Linear
    _unknown: Any
    _lines: Elimination


def eliminate_column(
    amount: Any,
    closure: Closure,
    face_flux: FaceFlux,
    dt: ArrayLike,
    top: Edge = 0.0,
    bottom: Edge = 0.0,
    source: Any = 0.0,
    *,
    open_end: End,
    start: Any = None,
) -> OpenColumn:
    r"""First half of a step whose flux at one end is settled with a neighbour: how that end responds.

    $$\psi_{end} = B + A\,G, \qquad A \ge 0$$

    with G the flux into the column. It is one linear step; a second pass starts at the unknown that the first has
    found.

    Args:
        amount: at the beginning; this and what follows as in `column_step`.
        closure: unknown -> levels.
        face_flux: (levels above, levels below) -> flux through inner faces.
        dt: step [s].
        top: flux through the top face, positive downward; at an open end it comes beside G.
        bottom: flux through the bottom face, positive downward; at an open end it comes beside G.
        source: amount per area and time.
        open_end: "top" or "bottom".
        start: unknown that the step is linearised at; the amount itself when absent.

    Returns:
        the column with its response, to be completed by `substitute_column`.

    Raises:
        InputError: for another end.

    >>> from shanhai.numerics.column_laws import Conduction, LinearStore
    >>> air = eliminate_column(jnp.array([4.0]), LinearStore(jnp.array([2.0])), Conduction(jnp.zeros(0)), 1.0,
    ...                        open_end="bottom")
    >>> float(air.response.value[0]), float(air.response.slope[0][0])
    (2.0, 0.5)
    """
    if open_end not in ("top", "bottom"):
        raise InputError(f"a column has no end {open_end!r}", where="open_end", do='say "top" or "bottom"')
    problem = Problem(amount, closure, face_flux, dt, top, bottom, source)
    unknown = amount if start is None else start
    linear = linearised(problem, unknown, jnp.zeros((), bool))
    matrix, right = system(problem, linear)
    lines = eliminate(_opened(matrix, dt, open_end), right, open_end)
    return OpenColumn(_response(linear, lines, open_end), open_end, problem, linear, unknown, lines)


def substitute_column(column: OpenColumn, inflow: Vector, bounds: tuple[Any, Any] | None = None) -> ColumnStep:
    """Second half of a step: all levels, once the flux into the open end is known.

    Args:
        column: from `eliminate_column`.
        inflow: flux into the column at its open end, a tuple of (cells...).
        bounds: as in `column_step`; where they hold back the flux of the open end, the realised one is in the result.

    Returns:
        as `column_step`.
    """
    change = substitute(column._lines, inflow, column.open_end)
    return completed(column._problem, column._linear, column._unknown, change, (column.open_end, inflow), bounds)


def _opened(matrix: Tridiagonal, dt: Any, open_end: End) -> Tridiagonal:
    """Let the inflow stand where the unknown beyond the open end would."""
    place = 0 if open_end == "top" else -1
    beyond = matrix.lower if open_end == "top" else matrix.upper
    rows = tuple(
        tuple(c.at[place].set(-dt if i == j else 0.0) for j, c in enumerate(row)) for i, row in enumerate(beyond)
    )
    return matrix._replace(lower=rows) if open_end == "top" else matrix._replace(upper=rows)


def _response(linear: Linear, lines: Elimination, open_end: End) -> Response:
    at_end = jax.tree.map(lambda x: x[0 if open_end == "top" else -1], (linear, lines))
    here, line = at_end
    value = plus(here.potential, times(here.potential_slope, line.offset))
    return Response(value, jax.tree.map(jnp.negative, product(here.potential_slope, line.gain)))
