r"""Phosphorus of a layer of soil: it rides on organic matter, limits growth with nitrogen, and exchanges with minerals.

What microbes can immobilise is what is dissolved of the exchangeable phosphorus T, $I_P = k\,P(T)$, which the surface
supplies again at once; what they have in excess becomes exchangeable. Phosphatase frees phosphorus of labile and
recalcitrant matter without its carbon, at a factor of the rate at which enzymes decay that matter.
"""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
from jax import Array

from shanhai.core.constants import SECONDS_PER_HOUR
from shanhai.core.params import par
from shanhai.core.reactions import Law, Reaction, Species
from shanhai.soil.enzyme_allocation import EnzymePools, Enzymes
from shanhai.soil.phosphorus import (
    POOLS,
    DoubleLangmuir,
    Langmuir,
    OfDissolved,
    Phosphatase,
    Phosphorus,
    mineral_reactions,
    phosphorus_species,
)
from shanhai.soil.temperature import Arrhenius


class PhosphorusOfLayer(eqx.Module):
    """Transfers, surface and microbial needs.

    Of the numbers of `Phosphorus` that of uptake by plants is not used.

    Args:
        transfers: rates between minerals, and of phosphatase.
        isotherm: surface that the exchangeable phosphorus is shared with.
    """

    transfers: Phosphorus = Phosphorus()
    isotherm: Langmuir | DoubleLangmuir = Langmuir()
    immobilisation: Array = par(
        1.0 / 86400.0, "s-1", source="choice, as of ammonium: what is wanted turns over in a day; unverified",
        bounds=(0.0, 1e-2), meaning="fastest immobilisation over the dissolved phosphorus",
    )  # fmt: skip
    cost: Array = par(
        40.0, "g g-1",
        source="Wang et al. (2010), Biogeosciences 7, 2261, table of CASA-CNP: 40, and 25 in tropical forest",
        bounds=(0.0, 1e3), meaning="nitrogen spent per phosphorus taken up, which calls for phosphatase",
    )  # fmt: skip

    def most(self) -> OfDissolved:
        """Law of the most that microbes can immobilise."""
        return OfDissolved(self.isotherm, POOLS.exchangeable, self.immobilisation)


class _Decay(eqx.Module):
    """Decay of a pool by its enzyme over what is there [s-1]."""

    speed: Array
    half: Array
    temperature: Arrhenius
    substrate: str = eqx.field(static=True)
    enzyme: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        fastest = self.speed / SECONDS_PER_HOUR * self.temperature(environment.temperature)
        return fastest * x[self.enzyme] / (self.half + x[self.substrate])


def mineral_phosphorus() -> tuple[Species, ...]:
    """Primary, exchangeable, secondary and occluded phosphorus.

    >>> [s.name for s in mineral_phosphorus()]
    ['primary_p', 'exchangeable_p', 'secondary_p', 'occluded_p']
    """
    return phosphorus_species()[:4]


def exchangeable() -> Species:
    """What mineralises becomes this, and what is immobilised is taken from it."""
    return mineral_phosphorus()[1]


def phosphorus_reactions(
    phosphorus: PhosphorusOfLayer, enzymes: Enzymes, pools: EnzymePools, temperature: Arrhenius, washed: Law
) -> tuple[Reaction, ...]:
    """Transfers between minerals, phosphatase, and phosphate to the river.

    Args:
        phosphorus: numbers.
        enzymes: whose decay phosphatase follows.
        pools: that they work on.
        temperature: of their decay.
        washed: rate constant at which solutes leave with the water [s-1].

    >>> from shanhai.soil.layer_pools import Elements, pools_of
    >>> pools, never = pools_of(Elements("CNP", False)).of_enzymes, lambda x, e: 0.0
    >>> made = phosphorus_reactions(PhosphorusOfLayer(), Enzymes(), pools, Arrhenius(), never)
    >>> [r.name for r in made][-3:]
    ['phosphatase: labile', 'phosphatase: recalcitrant', 'phosphate leaches']
    """
    works = (
        ("labile", enzymes.labile_speed, enzymes.labile_half, pools.labile, pools.labile_enzyme),
        ("recalcitrant", enzymes.recalcitrant_speed, enzymes.recalcitrant_half, pools.recalcitrant,
         pools.recalcitrant_enzyme),
    )  # fmt: skip
    freed = []
    for name, speed, half, substrate, enzyme in works:
        decay, held = _Decay(speed, half, temperature, substrate[0].name, enzyme[0].name), substrate[-1].name
        law = Phosphatase(phosphorus.transfers, held, phosphorus.cost, decay)
        moves = {held: -1.0, POOLS.exchangeable: 1.0}
        freed.append(Reaction(f"phosphatase: {name}", law, moves, "Wang et al. (2007)"))
    leaches = Reaction(
        "phosphate leaches",
        OfDissolved(phosphorus.isotherm, POOLS.exchangeable, washed),
        {POOLS.exchangeable: -1.0, "river_DIP": 1.0},
        "DIP to the river",
    )
    return (*mineral_reactions(phosphorus.transfers), *freed, leaches)
