r"""The biological pump of boxes: growth in the light takes carbon, phosphate and alkalinity; deep water gets them back.

What sinks is respired or dissolved at once in the boxes that it reaches. One unit of extent is one mole of organic
carbon exported; with rain ratio ρ of carbonate to organic carbon it moves

$$\Delta C = -(1 + \rho), \qquad \Delta P = -r_P, \qquad \Delta A_T = a - 2\rho, \qquad \Delta O_2 = +r_{O_2}$$

in the light, and the opposite below, where oxygen runs out in favour of other acceptors of electrons.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from shanhai.core.coefficients import Fixed
from shanhai.core.errors import InputError
from shanhai.core.params import par
from shanhai.core.reactions import Coefficient, Law, Reaction, Species
from shanhai.ocean.boxes import Amounts, Boxes, Given, value
from shanhai.seawater.counter_pump import OrganicMatter

ACCEPTORS = Species("acceptors", {"O2": 1.0}, external=True, meaning="other acceptors of electrons, as oxygen")
"""Account of nitrate, iron and sulfate that respire where oxygen is short, in moles of the oxygen they stand for."""


class Sinking(eqx.Module):
    """What sinks, per mole of organic carbon.

    Args:
        organic: nitrogen and phosphorus of organic matter.
        rain: carbonate carbon.
    """

    organic: OrganicMatter = OrganicMatter()
    rain: Array = par(
        0.07,
        "1",
        source="Sarmiento et al. (2002), Global Biogeochem. Cycles 16, 1107: 0.06 +- 0.03; unverified",
        bounds=(0.0, 1.0),
        meaning="carbonate carbon per organic carbon exported",
    )

    def per_carbon(self, tracer: str) -> Array:
        """Amount of a tracer that a mole of exported organic carbon takes from the water."""
        taken = {
            "dic": 1.0 + self.rain,
            "phosphate": self.organic.phosphorus,
            "alkalinity": 2.0 * self.rain - self.organic.alkalinity,
        }
        return jnp.asarray(taken[tracer])


class Respiration(eqx.Module):
    """What respiration takes, and growth makes, where a model carries oxygen."""

    oxygen: Array = par(
        138 / 106,
        "1",
        source="Redfield, Ketchum & Richards (1963), The Sea 2, 26",
        bounds=(0.5, 2.0),
        meaning="oxygen per organic carbon",
    )


class NutrientLimited(eqx.Module):
    r"""Export of organic carbon that phosphate limits [mol s-1].

    $$E = \frac{m}{r_P}\,\lambda\,P\,\frac{P}{P + K_P}$$

    Source: the uptake of phosphate of Bacastow & Maier-Reimer (1990), Clim. Dyn. 4, 95.

    Args:
        boxes: the boxes.
        box: where it grows.
        rate: λ [s-1], or a function of the environment.
        half_saturation: K_P [mol kg-1].
        phosphorus: r_P, phosphorus per organic carbon.
    """

    boxes: Boxes
    box: str = eqx.field(static=True)
    rate: Given
    half_saturation: Array | float
    phosphorus: Array | float

    def __call__(self, x: Amounts, environment: Any) -> Array:
        """Export at a state."""
        amount = x[self.boxes.named("phosphate", self.box)]
        half = self.half_saturation * self.boxes.mass(self.box)
        limited = amount * amount / (amount + half)  # half > 0, so that an empty box has a derivative
        return value(self.rate, environment) / self.phosphorus * limited


class Sustained(eqx.Module):
    r"""Export of organic carbon of a given size as long as there is phosphate [mol s-1].

    $$E = e\,A\,\frac{P}{P + K_P}$$

    Source: the given export of polar boxes, with the limitation that keeps phosphate positive, of Zeebe (2012), Geosci.
    Model Dev. 5, 149.

    Args:
        boxes: the boxes.
        box: where it grows.
        export: e A, of the whole box where phosphate abounds [mol s-1], or a function of the environment.
        half_saturation: K_P [mol kg-1].
    """

    boxes: Boxes
    box: str = eqx.field(static=True)
    export: Given
    half_saturation: Array | float

    def __call__(self, x: Amounts, environment: Any) -> Array:
        """Export at a state."""
        phosphate = self.boxes.content(x, "phosphate", self.box)
        return value(self.export, environment) * phosphate / (phosphate + self.half_saturation)


class _Oxic(eqx.Module):
    """Part of an export that oxygen respires, or what is left of it."""

    boxes: Boxes
    export: Law
    share: Array | float
    target: str = eqx.field(static=True)
    oxic: bool = eqx.field(static=True)

    HALF = 1e-6  # mol kg-1 of oxygen at which half of respiration turns to other acceptors

    def __call__(self, x: Amounts, environment: Any) -> Array:
        oxygen = self.boxes.content(x, "oxygen", self.target)
        part = oxygen / (oxygen + self.HALF) if self.oxic else self.HALF / (oxygen + self.HALF)
        return self.share * self.export(x, environment) * part


class _Shared(eqx.Module):
    export: Law
    share: Array | float

    def __call__(self, x: Amounts, environment: Any) -> Array:
        return self.share * self.export(x, environment)


def export(
    boxes: Boxes,
    box: str,
    targets: Mapping[str, Array | float],
    law: Law,
    sinking: Sinking,
    tracers: Sequence[str],
    respiration: Respiration | None = None,
) -> tuple[Reaction, ...]:
    """Reactions of the pump out of one box; with oxygen among the tracers, two to each target.

    Args:
        boxes: the boxes.
        box: where matter grows.
        targets: box -> share of what sinks that is respired and dissolved there; they add up to one.
        law: organic carbon exported [mol s-1].
        sinking: what sinks.
        tracers: of `dic`, `alkalinity`, `phosphate`, `oxygen`, those the model carries.
        respiration: goes with oxygen among the tracers.

    Raises:
        InputError: for a box that is not there, or only one of oxygen and respiration.
    """
    if ("oxygen" in tracers) != (respiration is not None):
        raise InputError("oxygen among the tracers and respiration go together", where=f"pump of {box}")
    reactions: list[Reaction] = []
    for target, share in targets.items():
        moves = _moves(boxes, box, target, sinking, tracers)
        if respiration is None:
            reactions.append(Reaction(f"pump: {box} to {target}", _Shared(law, share), moves, "export"))
            continue
        light, dark = boxes.named("oxygen", box), boxes.named("oxygen", target)
        for oxic, taken, how in ((True, dark, "oxygen"), (False, ACCEPTORS.name, "other acceptors")):
            made = {light: Fixed(respiration.oxygen), taken: Fixed(-respiration.oxygen)}
            part = _Oxic(boxes.only(target), law, share, target, oxic)
            name = f"pump: {box} to {target}, {how}"
            reactions.append(Reaction(name, part, moves | made, f"export respired by {how}"))
    return tuple(reactions)


def _moves(boxes: Boxes, box: str, target: str, sinking: Sinking, tracers: Sequence[str]) -> dict[str, Coefficient]:
    moves: dict[str, Coefficient] = {}
    for tracer in tracers:
        if tracer in ("dic", "alkalinity", "phosphate"):
            amount = sinking.per_carbon(tracer)
            moves[boxes.named(tracer, box)] = Fixed(-amount)
            moves[boxes.named(tracer, target)] = Fixed(amount)
    return moves
