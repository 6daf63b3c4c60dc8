r"""Boxes of sea water, each well mixed, and the water that goes between them.

The amount of a tracer in a box is a species of a reaction network, `"dic.low"`; a flow of water is a reaction of first
order for each tracer it carries:

$$r = \frac{\Psi}{V_{from}}\,x_{from}$$
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.core.errors import InputError, nearest
from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Reaction, Species

Given = float | Array | Callable[[Any], Array]
"""A number, or a function of the environment."""

Amounts = Mapping[str, Array]
"""Amounts by name of the species, as laws see them."""

DENSITY = 1025.0  # kg m-3; one number for all boxes, as water that goes between them keeps its volume

CONTENTS: Mapping[str, Mapping[str, float]] = {
    "dic": {"C": 1.0},
    "alkalinity": {"Alk": 1.0},
    "phosphate": {"P": 1.0},
    "oxygen": {"O2": 1.0},
    "dic13": {"13C": 1.0},
    "dic14": {"14C": 1.0},
    "calcium": {"Ca": 1.0},
}
"""What one mole of each tracer holds; `dic13` and `dic14` are counted over the ratio of their standard."""

BALANCE = 1e-9
"""Largest net flow of water into a box, relative to what goes through it."""


def value(given: Given, environment: Any) -> Any:
    """A given number, or what the function gives in an environment."""
    return given(environment) if callable(given) else given


class Boxes(eqx.Module):
    """Boxes of sea water.

    Args:
        names: of the boxes.
        volume: of each [m3], (box,).

    >>> sea = Boxes(("surface", "deep"), jnp.array([3.6e16, 1.3e18]))
    >>> sea.named("dic", "deep"), float(sea.mass("surface"))
    ('dic.deep', 3.69e+19)
    """

    names: tuple[str, ...] = eqx.field(static=True)
    volume: Array

    def index(self, box: str) -> int:
        """Number of a box.

        Raises:
            InputError: for a box that is not there.
        """
        if box not in self.names:
            raise InputError(f"there is no box {box!r}; {nearest(box, self.names)}", where="boxes")
        return self.names.index(box)

    def only(self, box: str) -> "Boxes":
        """One of the boxes by itself, which is what a law of this box needs: laws of all boxes are then alike."""
        place = self.index(box)
        return Boxes((self.names[place],), self.volume[place : place + 1])

    def mass(self, box: str) -> Array:
        """Mass of the water of a box [kg]."""
        return DENSITY * self.volume[self.index(box)]

    def named(self, tracer: str, box: str) -> str:
        """Name of the species of a tracer in a box."""
        return f"{tracer}.{self.names[self.index(box)]}"

    def content(self, x: Amounts, tracer: str, box: str) -> Array:
        """Content of a tracer in the water of a box [mol kg-1]."""
        return x[self.named(tracer, box)] / self.mass(box)

    def species(self, tracers: Iterable[str]) -> tuple[Species, ...]:
        """Species of every tracer in every box, tracer by tracer."""
        return tuple(Species(self.named(t, box), dict(CONTENTS[t])) for t in tracers for box in self.names)

    def amounts(self, contents: Mapping[str, Any]) -> Array:
        """Amounts in the order of `species` from contents.

        Args:
            contents: tracer -> content [mol kg-1], a number for all boxes or (box,).

        Returns:
            amounts [mol], (species,).
        """
        mass = DENSITY * self.volume
        return jnp.concatenate([jnp.asarray(c) * mass for c in contents.values()])


class Flow(eqx.Module):
    """Water that goes from one box to another.

    Args:
        source: box that it leaves.
        target: box that it enters.
        rate: [m3 s-1], or a function of the environment.
        name: of the current; tells two flows between the same boxes apart.
    """

    source: str = eqx.field(static=True)
    target: str = eqx.field(static=True)
    rate: Given
    name: str = eqx.field(static=True, default="flow")


def mixing(one: str, other: str, rate: Given) -> tuple[Flow, Flow]:
    """As much water each way between two boxes, [m3 s-1]."""
    return Flow(one, other, rate, "mixing"), Flow(other, one, rate, "mixing")


class Flushing(eqx.Module):
    """Rate constant of a flow out of a box [s-1], as `FirstOrder` takes it: flow over volume."""

    flow: Given
    volume: Array

    def __call__(self, x: Any, environment: Any) -> Array:
        """Rate constant in an environment."""
        return value(self.flow, environment) / self.volume


def transport(boxes: Boxes, tracers: Iterable[str], flows: Sequence[Flow], sample: Any = None) -> tuple[Reaction, ...]:
    """Reactions that carry tracers with the water.

    Args:
        boxes: the boxes.
        tracers: names of what is carried.
        flows: all of them together leave the volume of each box as it is.
        sample: environment that the balance of water is checked in; not checked where a rate is traced.

    Raises:
        InputError: for a flow of a box that is not there, or a box that fills or empties.

    >>> sea = Boxes(("surface", "deep"), jnp.array([3.6e16, 1.3e18]))
    >>> [r.name for r in transport(sea, ("dic",), mixing("surface", "deep", 2e7))]
    ['dic by mixing: surface to deep', 'dic by mixing: deep to surface']
    """
    _check_water(boxes, flows, sample)
    return tuple(_carried(boxes, tracer, flow) for tracer in tracers for flow in flows)


def _carried(boxes: Boxes, tracer: str, flow: Flow) -> Reaction:
    source, target = boxes.named(tracer, flow.source), boxes.named(tracer, flow.target)
    law = FirstOrder(source, Flushing(flow.rate, boxes.volume[boxes.index(flow.source)]))
    name = f"{tracer} by {flow.name}: {flow.source} to {flow.target}"
    return Reaction(name, law, {source: -1.0, target: 1.0}, "carried by water")


def _check_water(boxes: Boxes, flows: Sequence[Flow], sample: Any) -> None:
    rates = [value(flow.rate, sample) for flow in flows]
    if any(isinstance(rate, jax.core.Tracer) for rate in rates):
        return
    given = [np.asarray(rate) for rate in rates]
    cells = np.broadcast_shapes(*(rate.shape for rate in given))
    net, through = (np.zeros((len(boxes.names), *cells)) for _ in range(2))
    for flow, rate in zip(flows, given):
        source, target = boxes.index(flow.source), boxes.index(flow.target)
        net[source] -= rate
        net[target] += rate
        through[[source, target]] += rate
    for name, stays, total in zip(boxes.names, net, through):
        if np.any(np.abs(stays) > BALANCE * total):
            most = np.ravel(stays)[np.argmax(np.abs(stays))]
            raise InputError(
                f"its water does not balance: {most:+.4g} m3 s-1 stay in it",
                where=f"box {name}",
                do="let as much water leave each box as enters it",
            )
