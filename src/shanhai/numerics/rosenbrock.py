r"""Rosenbrock steps of stiff reaction networks: linear solves in species space, extents recovered from the stages.

With $f = \nu r$, $R = \partial r/\partial x$ and $J = \nu R$, all at the start of the step, the stages in the form
without products by J are

$$(I - \gamma\Delta t\,J)\,U_i = \gamma\Delta t\,f(Y_i) + \gamma\sum_{j<i} c_{ij} U_j, \qquad
Y_i = x + \sum_{j<i} a_{ij} U_j, \qquad x^+ = x + \sum_i m_i U_i.$$

If $U_j = \nu V_j$ for j < i, then so is $U_i$, with

$$V_i = \gamma\Delta t\,\bigl(r(Y_i) + R\,U_i\bigr) + \gamma\sum_{j<i} c_{ij} V_j$$

as multiplying by ν gives back the line above. So the extents are $\xi = \sum_i m_i V_i$: the linear system is as small
as the number of species, and $x^+ = x + \nu\xi$ closes every quantity whatever the error of the linear solves.

The environment stays as it is during a step, so that there is no term of time.

Sources: Hairer & Wanner (1996), Solving Ordinary Differential Equations II, IV.7; Sandu et al. (1997), Atmos. Environ.
31, 3459.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from shanhai.core.errors import InputError, nearest
from shanhai.core.reactions import Network
from shanhai.numerics import sparse_lu
from shanhai.numerics.gathered import contract
from shanhai.numerics.jacobian import Pattern, coefficients, linearised, pattern
from shanhai.numerics.step import Step

Row = tuple[float, ...]
Floats = NDArray[Any]

SHORT_LIVED = 1e4
"""Turnovers in a step above which the amount at the end of it is not the sum of what came and went."""

ROUNDING = 32.0
"""Roundings of a turnover within which two sums are the same."""


@dataclass(frozen=True)
class Table:
    """Coefficients of a Rosenbrock method in the form without products by the Jacobian.

    Args:
        name: of the method.
        order: of the solution.
        error_order: of the embedded solution.
        gamma: diagonal coefficient γ.
        a: rows of a_ij for j < i, from the second stage on.
        c: rows of c_ij likewise.
        m: weights of the solution.
        e: weights of the difference to the embedded solution.
        source: publication.
    """

    name: str
    order: int
    error_order: int
    gamma: float
    a: tuple[Row, ...]
    c: tuple[Row, ...]
    m: Row
    e: Row
    source: str

    @property
    def stages(self) -> int:
        """Number of linear solves of a step."""
        return len(self.m)

    def classical(self) -> tuple[Floats, Floats, Floats, Floats]:
        r"""Coefficients α, Γ, b and b − b̂ of the form with products.

        $$c = \gamma^{-1} I - \Gamma^{-1}, \qquad a = \alpha\,\Gamma^{-1}, \qquad m = b\,\Gamma^{-1}$$
        """
        c, a = (_square(rows, self.stages) for rows in (self.c, self.a))
        spread: Floats = np.linalg.inv(np.eye(self.stages) / self.gamma - c)
        return a @ spread, spread, np.array(self.m) @ spread, np.array(self.e) @ spread


def _square(rows: tuple[Row, ...], size: int) -> NDArray[np.float64]:
    matrix = np.zeros((size, size))
    for i, row in enumerate(rows, 1):
        matrix[i, : len(row)] = row
    return matrix


_G2 = 1.0 + 1.0 / np.sqrt(2.0)
_SANDU = "Sandu et al. (1997), Atmos. Environ. 31, 3459"

TABLES = {
    table.name: table
    for table in (
        Table(
            "ros2", 2, 1, _G2, ((1 / _G2,),), ((-2 / _G2,),), (1.5 / _G2, 0.5 / _G2), (0.5 / _G2, 0.5 / _G2),
            "Verwer et al. (1999), SIAM J. Sci. Comput. 20, 1456",
        ),
        Table(
            "ros3", 3, 2, 0.43586652150845899941601945119356,
            ((1.0,), (1.0, 0.0)),
            (
                (-1.0156171083877702091975600115545,),
                (4.0759956452537699824805835358067, 9.2076794298330791242156818474003),
            ),
            (1.0, 6.1697947043828245592553615689730, -0.42772256543218573326238373806514),
            (0.5, -2.9079558716805469821718236208017, 0.22354069897811569627360909276199),
            _SANDU,
        ),
        Table(
            "rodas3", 3, 2, 0.5,
            ((0.0,), (2.0, 0.0), (2.0, 0.0, 1.0)),
            ((4.0,), (1.0, -1.0), (1.0, -1.0, -8.0 / 3.0)),
            (2.0, 0.0, 1.0, 1.0), (0.0, 0.0, 0.0, 1.0),
            _SANDU,
        ),
        Table(
            "rodas4", 4, 3, 0.25,
            (
                (1.544,),
                (0.9466785280815826, 0.2557011698983284),
                (3.314825187068521, 2.896124015972201, 0.9986419139977817),
                (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950),
                (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1.0),
            ),
            (
                (-5.6688,),
                (-2.430093356833875, -0.2063599157091915),
                (-0.1073529058151375, -9.594562251023355, -20.47028614809616),
                (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160),
                (8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054),
            ),
            (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1.0, 1.0),
            (0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
            "Hairer & Wanner (1996), Solving Ordinary Differential Equations II, program RODAS",
        ),
    )
}  # fmt: skip
"""Methods by name."""


class Linearised(NamedTuple):
    """A network at the start of a step: its matrices, and the factors of I − γ Δt J."""

    pattern: Pattern
    nu: Array
    rates: Array
    slopes: Array
    plan: sparse_lu.Plan
    values: Array
    factors: Array


class Rosenbrock(eqx.Module):
    """Linearly implicit stepper; L-stable, so that a step may be far longer than the fastest reactions.

    Args:
        method: "rodas3" (order 3, stiffly accurate), "ros3" (order 3, one solve less), "rodas4" (order 4) or "ros2"
            (order 2, keeps its order with an inexact Jacobian).

    Raises:
        InputError: for a method that is not there.

    >>> from shanhai.core.reactions import Reaction, Species
    >>> decay = Reaction("decay", lambda x, k: k * x["a"], {"a": -1.0, "b": 1.0})
    >>> network = Network((Species("a", {"C": 1.0}), Species("b", {"C": 1.0})), (decay,), sample=1.0)
    >>> step = Rosenbrock()(network, jnp.array([1.0, 0.0]), 0.1, 1.0)
    >>> [round(float(v), 5) for v in step.x], round(float(step.extents[0]), 5)
    ([0.90484, 0.09516], 0.09516)
    """

    method: str = eqx.field(static=True, default="rodas3")

    def __check_init__(self) -> None:
        if self.method not in TABLES:
            raise InputError(f"there is no Rosenbrock method {self.method!r}; {nearest(self.method, TABLES)}")

    @property
    def order(self) -> int:
        """Order of the solution."""
        return TABLES[self.method].order

    @property
    def error_order(self) -> int:
        """Order of the embedded solution."""
        return TABLES[self.method].error_order

    def __call__(self, network: Network, x: Array, environment: Any, dt: Array | float) -> Step:
        """Make one step in every cell.

        Args:
            network: species and reactions.
            x: amounts at the start, (species, ...).
            environment: what the laws take beside amounts; the same for the whole step.
            dt: length of the step, in the unit of time of the laws, broadcast against the cells; may be zero.

        Returns:
            amounts, extents and the error estimate.
        """
        table = TABLES[self.method]
        dt = jnp.broadcast_to(jnp.asarray(dt, x.dtype), x.shape[1:])
        there = _linearised(network, x, environment, table.gamma * dt)
        u, v = _stages(table, network, x, environment, dt, there)
        extents = _weighted(table.m, v)
        end = _ended(there, x, _weighted(table.m, u), extents)
        return Step(end, extents, _weighted(table.e, u), there.rates)


def _linearised(network: Network, x: Array, environment: Any, step: Array) -> Linearised:
    there = pattern(network)
    nu, (rates, slopes) = coefficients(network, x, environment), linearised(network, x, environment)
    plan = sparse_lu.plan(len(x), there.jacobian)
    values = -step * contract(there.product, nu, slopes)
    values = jnp.concatenate([values, jnp.zeros((len(plan.pattern) - len(values), *x.shape[1:]), x.dtype)])
    on_diagonal = np.array([float(i == j) for i, j in plan.pattern], x.dtype).reshape(-1, *(1,) * (x.ndim - 1))
    values = values + on_diagonal
    return Linearised(there, nu, rates.astype(x.dtype), slopes, plan, values, sparse_lu.factor(plan, values))


def _ended(there: Linearised, x: Array, change: Array, extents: Array) -> Array:
    r"""Amounts at the end: x + ν ξ, but of short-lived species x + Σ m U, the same number rounded less.

    What was turned over may be 1e16 times what is there, and ν ξ is then all rounding. The other sum is taken where it
    agrees to the rounding of ν ξ, so that balances close as well with either, and their derivatives are the same.
    """
    exact, end = x + contract(there.pattern.change, there.nu, extents), x + change
    turned_over = contract(there.pattern.change, jnp.abs(there.nu), jnp.abs(extents))
    short_lived = turned_over > SHORT_LIVED * jnp.maximum(jnp.abs(x), jnp.abs(end))
    agrees = jnp.abs(end - exact) <= ROUNDING * jnp.finfo(x.dtype).eps * turned_over
    return jnp.where(short_lived & agrees, end, exact)


def _stages(
    table: Table, network: Network, x: Array, environment: Any, dt: Array, there: Linearised
) -> tuple[list[Array], list[Array]]:
    """U and V of every stage; rates are kept where two stages stand at the same place."""
    u: list[Array] = []
    v: list[Array] = []
    known: dict[Row, Array] = {(): there.rates}
    for i in range(table.stages):
        a, c = (table.a[i - 1], table.c[i - 1]) if i else ((), ())
        place = _trimmed(a)
        if place not in known:
            known[place] = network.rates(x + _weighted(a, u), environment).astype(x.dtype)
        reached = dt * known[place] + (_weighted(c, v) if c else 0.0)
        right = table.gamma * contract(there.pattern.change, there.nu, reached)
        u.append(sparse_lu.solve(there.plan, there.values, there.factors, right))
        v.append(table.gamma * (reached + dt * contract(there.pattern.drift, there.slopes, u[-1])))
    return u, v


def _trimmed(row: Sequence[float]) -> Row:
    last = max((n for n, value in enumerate(row, 1) if value), default=0)
    return tuple(row[:last])


def _weighted(weights: Row, vectors: list[Array]) -> Array:
    """Sum of vectors with weights, leaving out those of no weight."""
    terms = [w * vector for w, vector in zip(weights, vectors) if w]
    return sum(terms[1:], terms[0])
