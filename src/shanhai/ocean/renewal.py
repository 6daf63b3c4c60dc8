r"""Water that enters a box from outside the model with contents of its own, and leaves it with those of the box.

$$r_{in} = \rho\,\Psi\,c_{source}, \qquad r_{out} = \frac{\Psi}{V}\,x$$

What lies outside are accounts, so that the books show what came and went.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import equinox as eqx
from jax import Array

from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Reaction, Species
from shanhai.ocean.boxes import CONTENTS, DENSITY, Amounts, Boxes, Flushing, Given, value


def outside(tracers: Iterable[str], *places: str) -> tuple[Species, ...]:
    """Accounts of every tracer for the waters outside.

    >>> [s.name for s in outside(("dic",), "thermocline", "poleward")]
    ['dic.thermocline', 'dic.poleward']
    """
    return tuple(Species(f"{t}.{place}", dict(CONTENTS[t]), external=True) for t in tracers for place in places)


class _Brought(eqx.Module):
    flow: Given
    content: Given

    def __call__(self, x: Amounts, environment: Any) -> Array:
        return DENSITY * value(self.flow, environment) * value(self.content, environment)


def inflow(boxes: Boxes, box: str, source: str, flow: Given, contents: Mapping[str, Given]) -> tuple[Reaction, ...]:
    """Reactions that bring tracers into a box.

    Args:
        boxes: the boxes.
        box: that the water enters.
        source: name of the water outside, see `outside`.
        flow: [m3 s-1].
        contents: tracer -> content of the water outside [mol kg-1].
    """
    return tuple(
        Reaction(
            f"{tracer} from {source} into {box}",
            _Brought(flow, content),
            {f"{tracer}.{source}": -1.0, boxes.named(tracer, box): 1.0},
            "brought by water",
        )
        for tracer, content in contents.items()
    )


def outflow(boxes: Boxes, box: str, target: str, flow: Given, tracers: Iterable[str]) -> tuple[Reaction, ...]:
    """Reactions that carry tracers out of a box; arguments as `inflow`."""
    flushing = Flushing(flow, boxes.volume[boxes.index(box)])
    return tuple(
        Reaction(
            f"{tracer} from {box} to {target}",
            FirstOrder(boxes.named(tracer, box), flushing),
            {boxes.named(tracer, box): -1.0, f"{tracer}.{target}": 1.0},
            "carried by water",
        )
        for tracer in tracers
    )
