"""Who takes part, who gives what to whom, and through which weights."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from shanhai.core.component import Component, Crossing, Port
from shanhai.grids.exchange import Side, gather, mean, scatter, split


class Member(eqx.Module):
    """A component in its place.

    Args:
        name: unique in the coupler.
        component: see `shanhai.core.component.Component`.
        dt: length of its step [s]; it divides the coupling window or is a multiple of it.
        by_cell: whether each cell of its inventory closes by itself (columns), and not only their sum.
    """

    name: str = eqx.field(static=True)
    component: Component
    dt: int = eqx.field(static=True)
    by_cell: bool = eqx.field(static=True, default=False)

    @property
    def eliminates(self) -> bool:
        """Whether it couples its surface implicitly."""
        return hasattr(self.component, "eliminate")

    @property
    def accounts(self) -> tuple[str, ...]:
        """Ledger accounts through which it meets the world outside."""
        return tuple(dict.fromkeys(p.account for p in self.component.gives if p.account))


class Overlapping(eqx.Module):
    """The crossing between two sets of cells through their exchange cells.

    Args:
        source: parents of the exchange cells among the giver's cells.
        target: parents among the taker's cells.
    """

    source: Side
    target: Side

    def amounts(self, x: Array) -> Array:
        """Shared out among exchange cells, summed into the taker's."""
        return scatter(self.target, split(self.source, x))

    def means(self, x: Array) -> Array:
        """Mean over the exchange cells of each of the taker's cells; a part without any counts as zero."""
        return mean(self.target, gather(self.source, x))


class SameCells(eqx.Module):
    """The crossing between components on the same cells: values pass unchanged."""

    def amounts(self, x: Array) -> Array:
        """Amounts as they are."""
        return x

    def means(self, x: Array) -> Array:
        """Means as they are."""
        return x


class Link(eqx.Module):
    """A port given by one component and taken by another.

    Where several components lie on the same cells (water and ice), each link carries a share of the amount. A share is
    a state port, such as "ice.fraction", on the cells of the taker; it is frozen during a coupling window.

    Args:
        source: "component.port".
        target: "component.port".
        crossing: from the cells of one to those of the other.
        share: state port with the fraction of the amount that goes this way; empty for all of it.
        rest_of: or the shares of the other ways, of which this one takes what is left.
    """

    source: str = eqx.field(static=True)
    target: str = eqx.field(static=True)
    crossing: Crossing = SameCells()
    share: str = eqx.field(static=True, default="")
    rest_of: tuple[str, ...] = eqx.field(static=True, default=())

    @property
    def name(self) -> str:
        """Name of its box in the mail."""
        return f"{self.source}_to_{self.target}"

    @property
    def shares(self) -> tuple[str, ...]:
        """Fractions that it needs."""
        return (self.share,) if self.share else self.rest_of

    def passed(self, port: Port, x: Array, fractions: dict[str, Array]) -> Array:
        """A value on the cells of the taker."""
        if port.kind != "amount":
            return x if port.kind == "response" else self.crossing.means(x)
        arrived = self.crossing.amounts(jnp.asarray(x, float))
        if self.share:
            return arrived * fractions[self.share]
        others: Any = [arrived * fractions[name] for name in self.rest_of]
        return arrived - sum(others) if others else arrived


def halves(dotted: str) -> tuple[str, str]:
    """Component and port of "component.port"."""
    component, _, port = dotted.partition(".")
    return component, port
