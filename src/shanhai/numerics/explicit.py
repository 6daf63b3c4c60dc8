r"""Explicit Runge-Kutta steps of reaction networks, orders one to four, on extents.

$$\xi = \Delta t \sum_i b_i\, r(Y_i), \qquad Y_i = x + \Delta t\,\nu \sum_{j<i} a_{ij}\, r(Y_j)$$

with ν frozen at the start of the step; where ν changes with the state, that freezing is of first order. All weights b
are positive, so that extents are positive as long as the rates are.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from shanhai.core.errors import InputError
from shanhai.core.reactions import Network
from shanhai.numerics.step import Step


class Tableau(NamedTuple):
    """Coefficients of an explicit method.

    Args:
        name: of the method.
        stages: a, one row for each stage but the first.
        weights: b of the solution.
        difference: b less the weights of the embedded solution.
        error_order: order of the lower of the two solutions.
        source: publication.
    """

    name: str
    stages: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    difference: tuple[float, ...]
    error_order: int
    source: str


TABLEAUS = {
    1: Tableau("Euler", ((1.0,),), (1.0, 0.0), (0.5, -0.5), 1, "trapezoid as the other solution"),
    2: Tableau("Heun", ((1.0,),), (0.5, 0.5), (-0.5, 0.5), 1, "Euler as the other solution"),
    3: Tableau(
        "Bogacki-Shampine",
        ((0.5,), (0.0, 0.75), (2 / 9, 1 / 3, 4 / 9)),
        (2 / 9, 1 / 3, 4 / 9, 0.0),
        (2 / 9 - 7 / 24, 1 / 3 - 1 / 4, 4 / 9 - 1 / 3, -1 / 8),
        2,
        "Bogacki & Shampine (1989), Appl. Math. Lett. 2, 321",
    ),
    4: Tableau(
        "Kutta",
        ((0.5,), (0.0, 0.5), (0.0, 0.0, 1.0), (1 / 6, 1 / 3, 1 / 3, 1 / 6)),
        (1 / 6, 1 / 3, 1 / 3, 1 / 6, 0.0),
        (0.0, 0.0, 0.0, 1 / 6, -1 / 6),
        3,
        "Kutta (1901), Z. Math. Phys. 46, 435; embedded third order by the rate at the end",
    ),
}
"""Methods by order."""


class RungeKutta(eqx.Module):
    """Explicit stepper; for networks whose fastest reactions are as slow as the accuracy needs.

    Args:
        order: 1 to 4.

    Raises:
        InputError: for another order.

    >>> from shanhai.core.reactions import Reaction, Species
    >>> decay = Reaction("decay", lambda x, k: k * x["a"], {"a": -1.0, "b": 1.0})
    >>> network = Network((Species("a", {"C": 1.0}), Species("b", {"C": 1.0})), (decay,), sample=1.0)
    >>> step = RungeKutta(4)(network, jnp.array([1.0, 0.0]), 0.1, 1.0)
    >>> [round(float(v), 5) for v in step.x]
    [0.90484, 0.09516]
    """

    order: int = eqx.field(static=True, default=3)

    def __check_init__(self) -> None:
        if self.order not in TABLEAUS:
            raise InputError(f"there is no explicit method of order {self.order}; known: 1, 2, 3, 4")

    @property
    def damps(self) -> bool:
        """Whether a reaction far faster than the step is damped."""
        return False

    @property
    def error_order(self) -> int:
        """Order of the lower of the two solutions whose difference is the error."""
        return TABLEAUS[self.order].error_order

    def __call__(self, network: Network, x: Array, environment: Any, dt: Array | float) -> Step:
        """Make one step in every cell.

        Args:
            network: species and reactions.
            x: amounts at the start, (species, ...).
            environment: what the laws take beside amounts; the same for the whole step.
            dt: length of the step, in the unit of time of the laws, broadcast against the cells; may be zero.
        """
        table = TABLEAUS[self.order]
        nu, dt = network.coefficients(x, environment), jnp.asarray(dt, x.dtype)
        rates = [network.rates(x, environment)]
        for row in table.stages:
            rates.append(network.rates(x + nu.moved(dt * _weighted(row, rates)), environment))
        extents = dt * _weighted(table.weights, rates)
        return Step(x + nu.moved(extents), extents, nu.moved(dt * _weighted(table.difference, rates)), rates[0])


def _weighted(weights: tuple[float, ...], rates: list[Array]) -> Array:
    return sum(w * r for w, r in zip(weights, rates) if w)  # type: ignore[return-value]
