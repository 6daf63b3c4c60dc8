r"""A mixed layer that deepens and shoals over the water below.

Its water is a species like what is dissolved in it, and moves with it:

$$r_{entrained} = \max\!\Bigl(\frac{dV}{dt}, 0\Bigr)\frac{x_{below}}{V_{below}}, \qquad
  r_{detrained} = \max\!\Bigl(-\frac{dV}{dt}, 0\Bigr)\frac{x_{mixed}}{V_{mixed}}$$

so that contents that are the same above and below stay so, to rounding, at any step. Laws written for boxes of fixed
volume are given the volumes of the moment.
"""

from collections.abc import Iterable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.reactions import Law, Reaction, Species
from shanhai.ocean.boxes import DENSITY, Amounts, Boxes, Given, value


def water(*names: str) -> tuple[Species, ...]:
    """Species of the water of boxes whose volume changes, in m3.

    >>> [s.name for s in water("mixed", "below")]
    ['water.mixed', 'water.below']
    """
    return tuple(Species(f"water.{name}", {"water": 1.0}, unit="m3") for name in names)


class _AtPresent(eqx.Module):
    """A law whose boxes have the volumes of the moment."""

    law: Law
    varying: tuple[str, ...] = eqx.field(static=True)

    def __call__(self, x: Amounts, environment: Any) -> Array:
        return at_present(self.law, x, self.varying)(x, environment)


def at_present(tree: Any, x: Amounts, varying: tuple[str, ...]) -> Any:
    """A law, a surface or anything that holds `Boxes`, with the volumes of the moment.

    Args:
        tree: any pytree.
        x: amounts, water among them.
        varying: names of the boxes whose water is a species.
    """

    def now(leaf: Any) -> Any:
        if not isinstance(leaf, Boxes):
            return leaf
        fixed = zip(leaf.names, leaf.volume)
        volumes = [x[f"water.{name}"] if name in varying else volume for name, volume in fixed]
        return Boxes(leaf.names, jnp.stack(jnp.broadcast_arrays(*volumes)))

    return jax.tree.map(now, tree, is_leaf=lambda leaf: isinstance(leaf, Boxes))


def with_present_volumes(reactions: Iterable[Reaction], *varying: str) -> tuple[Reaction, ...]:
    """Reactions of boxes of fixed volume, made for boxes whose water is a species."""
    return tuple(Reaction(r.name, _AtPresent(r.law, varying), r.stoichiometry, r.meaning) for r in reactions)


class _Moved(eqx.Module):
    """What goes with the water that one box loses to the other."""

    tracer: str = eqx.field(static=True)
    source: str = eqx.field(static=True)
    growth: Given
    sign: float = eqx.field(static=True)

    def __call__(self, x: Amounts, environment: Any) -> Array:
        volume = jnp.maximum(self.sign * value(self.growth, environment), 0.0)
        if self.tracer == "water":
            return volume
        return volume * x[f"{self.tracer}.{self.source}"] / x[f"water.{self.source}"]


def entrainment(
    tracers: Iterable[str], growth: Given, mixed: str = "mixed", below: str = "below"
) -> tuple[Reaction, ...]:
    """Reactions of a mixed layer that deepens and shoals, for water and what is dissolved in it.

    Args:
        tracers: names of what is carried.
        growth: dV/dt of the mixed layer [m3 s-1], negative where it shoals; constant over a step.
        mixed: the mixed layer.
        below: the water below.
    """
    ways = (("entrained", below, mixed, 1.0), ("detrained", mixed, below, -1.0))
    return tuple(
        Reaction(
            f"{tracer} {word}",
            _Moved(tracer, source, growth, sign),
            {f"{tracer}.{source}": -1.0, f"{tracer}.{target}": 1.0},
            "carried by water",
        )
        for tracer in ("water", *tracers)
        for word, source, target, sign in ways
    )


def stirring(tracers: Iterable[str], rate: Given, one: str, other: str) -> tuple[Reaction, ...]:
    """Reactions of as much water each way between two boxes whose water is a species.

    Args:
        tracers: names of what is carried.
        rate: [m3 s-1].
        one: box.
        other: box.
    """
    return tuple(
        Reaction(
            f"{tracer} stirred: {source} to {target}",
            _Moved(tracer, source, rate, 1.0),
            {f"{tracer}.{source}": -1.0, f"{tracer}.{target}": 1.0},
            "carried by water",
        )
        for tracer in tracers
        for source, target in ((one, other), (other, one))
    )


class _Renewed(eqx.Module):
    """Water exchanged sideways, each box by its part of the whole volume."""

    tracer: str = eqx.field(static=True)
    box: str = eqx.field(static=True)
    boxes: tuple[str, ...] = eqx.field(static=True)
    flow: Given
    content: Given | None

    def __call__(self, x: Amounts, environment: Any) -> Array:
        whole = sum(x[f"water.{name}"] for name in self.boxes)
        if self.content is None:
            return value(self.flow, environment) / whole * x[f"{self.tracer}.{self.box}"]
        brought = DENSITY * value(self.content, environment) * x[f"water.{self.box}"]
        return value(self.flow, environment) / whole * brought


def renewal(
    boxes: tuple[str, ...], source: str, target: str, flow: Given, contents: dict[str, Given]
) -> tuple[Reaction, ...]:
    r"""Reactions of water that comes from outside and leaves, boxes sharing it by volume.

    $$r_{in} = \rho\,c_{source}\,\Psi\,\frac{V_i}{\sum_j V_j}, \qquad r_{out} = \frac{\Psi}{\sum_j V_j}\,x_i$$

    Args:
        boxes: that share the flow; their water is a species.
        source: account that the water comes from.
        target: account that it goes to.
        flow: Ψ [m3 s-1].
        contents: tracer -> content of the water that comes [mol kg-1].
    """
    made = []
    for tracer, content in contents.items():
        for box in boxes:
            into, out = (_Renewed(tracer, box, boxes, flow, c) for c in (content, None))
            here, come, gone = (f"{tracer}.{place}" for place in (box, source, target))
            made.append(
                Reaction(f"{tracer} from {source} into {box}", into, {come: -1.0, here: 1.0}, "brought by water")
            )
            made.append(Reaction(f"{tracer} from {box} to {target}", out, {here: -1.0, gone: 1.0}, "carried by water"))
    return tuple(made)


def mean_light(depth: ArrayLike, attenuation: ArrayLike) -> Array:
    r"""Light over a mixed layer, relative to that below the surface.

    $$\frac{1}{h}\int_0^h e^{-\kappa z}\,dz = \frac{1 - e^{-\kappa h}}{\kappa h}$$

    Source: the law of Beer and Lambert.

    Args:
        depth: h [m], any shape, positive.
        attenuation: κ [m-1].

    >>> round(float(mean_light(50.0, 0.1)), 4)
    0.1987
    """
    optical = jnp.asarray(attenuation) * depth
    return -jnp.expm1(-optical) / optical
