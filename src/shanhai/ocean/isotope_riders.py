r"""Isotopes of carbon that ride on a steady state of boxes: linear in themselves, so solved at once.

What the water, the gas and the sinking matter move of carbon is known; each way takes the ratio of what it comes from
times a fractionation α,

$$\frac{d\,{}^{i}C}{dt} = \sum_\text{ways} \alpha\,F\,\frac{{}^{i}C}{C}\Big|_\text{source}$$

and radiocarbon decays. Ratios are over the standard: 1 is VPDB for 13C and the absolute standard for 14C.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import equinox as eqx
from jax import Array

from shanhai.core.first_order import FirstOrder
from shanhai.core.params import par
from shanhai.core.reactions import Law, Reaction
from shanhai.ocean.air_exchange import Isotope, Surface
from shanhai.ocean.boxes import Amounts, Boxes
from shanhai.seawater.isotopes import radiocarbon_fractionation
from shanhai.seawater.radiocarbon import decay_constant


class Fractionation(eqx.Module):
    """How much less 13C sinks than is in the water."""

    organic: Array = par(
        -25.0,
        "1e-3",
        source="O'Neill et al. (2019), Geosci. Model Dev. 12, 1541, parameters of the program: 0.9745",
        bounds=(-60.0, 10.0),
        meaning="organic carbon against dissolved carbon",
    )
    carbonate: Array = par(
        0.0, "1e-3", source="Zeebe (2012), Geosci. Model Dev. 5, 149: as the water", bounds=(-10.0, 10.0),
        meaning="calcium carbonate against dissolved carbon",
    )  # fmt: skip

    def factors(self, isotope: Isotope) -> tuple[Array, Array]:
        """α of organic carbon and of carbonate; that of 14C is the square of that of 13C."""
        both = 1.0 + 1e-3 * self.organic, 1.0 + 1e-3 * self.carbonate
        return both if isotope == "dic13" else tuple(radiocarbon_fractionation(a) for a in both)  # type: ignore[return-value]


class Ways(NamedTuple):
    """What moves of an isotope at one outcrop, in a state of the boxes.

    Args:
        invasion: at a ratio of one in the air [mol s-1].
        evasion: of what the box holds of the isotope [s-1].
        sinking: likewise [s-1].
    """

    invasion: Array
    evasion: Array
    sinking: Array


def ways(
    surface: Surface,
    x: Amounts,
    environment: Any,
    xco2: Array,
    exported: Array,
    rain: Array,
    isotope: Isotope,
    fractionation: Fractionation,
) -> Ways:
    """What moves of an isotope through the surface of a box and out of it by sinking.

    Args:
        surface: of the box.
        x: amounts by species, with `dic` and `alkalinity`.
        environment: of the surface.
        xco2: mole fraction of CO2 in dry air [mol mol-1].
        exported: organic carbon [mol s-1].
        rain: carbonate carbon per organic carbon [1].
        isotope: "dic13" or "dic14".
        fractionation: of what sinks.
    """
    gas = surface.fractionation(x, environment, isotope)
    organic, carbonate = fractionation.factors(isotope)
    held = x[surface.boxes.named("dic", surface.box)]
    return Ways(
        surface.invasion(environment, xco2) * gas.invasion,
        surface.evasion(x, environment) * gas.evasion / held,
        exported * (organic + rain * carbonate) / held,
    )


class _Invading(eqx.Module):
    """Rate from an air of a given ratio."""

    held: str = eqx.field(static=True)
    ratio: Law

    def __call__(self, x: Amounts, environment: Any) -> Array:
        return environment[self.held].invasion * self.ratio(x, environment)


class _Way(eqx.Module):
    """Rate constant of a way out of a box, read from the environment."""

    held: str = eqx.field(static=True)
    way: str = eqx.field(static=True)
    share: Array | float = 1.0

    def __call__(self, x: Any, environment: Any) -> Array:
        return self.share * getattr(environment[self.held], self.way)


def riders(
    boxes: Boxes, sinks: Mapping[str, Mapping[str, Array | float]], isotope: Isotope, air: str, ratio: Law
) -> tuple[Reaction, ...]:
    """Reactions of an isotope by gas exchange and sinking, in an environment of `Ways` by species.

    Args:
        boxes: the boxes.
        sinks: outcrop -> target -> share of what sinks that comes back there.
        isotope: "dic13" or "dic14".
        air: species of the isotope in the air, a pool or an account.
        ratio: of the isotope in the air over its standard [1].
    """
    made: list[Reaction] = []
    for box, targets in sinks.items():
        held = boxes.named(isotope, box)
        out = FirstOrder(held, _Way(held, "evasion"))
        made.append(Reaction(f"{isotope} invasion: {box}", _Invading(held, ratio), {air: -1.0, held: 1.0}))
        made.append(Reaction(f"{isotope} evasion: {box}", out, {held: -1.0, air: 1.0}))
        for target, share in targets.items():
            law = FirstOrder(held, _Way(held, "sinking", share))
            moves = {held: -1.0, boxes.named(isotope, target): 1.0}
            made.append(Reaction(f"{isotope} sinking: {box} to {target}", law, moves))
    return tuple(made)


def decay(boxes: Boxes, account: str = "decayed") -> tuple[Reaction, ...]:
    """Decay of `dic14` in every box, into an account."""
    species: Sequence[str] = [boxes.named("dic14", box) for box in boxes.names]
    return tuple(Reaction(f"decay: {s}", FirstOrder(s, decay_constant()), {s: -1.0, account: 1.0}) for s in species)
