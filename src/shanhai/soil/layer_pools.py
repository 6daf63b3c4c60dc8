"""Pools of a layer of soil: one species for each element that a layer follows, with the electrons that it can give.

Where oxygen is followed, species count *electrons* as well, see `nitrification`: organic carbon is CH2O with four above
CO2, organic nitrogen is as reduced as ammonium, oxygen takes four. Then what is respired is matched by the oxygen or
the nitrate that it takes, as elements are, and the respiratory quotient is one.
"""

from dataclasses import replace
from typing import NamedTuple

from shanhai.core.reactions import Species
from shanhai.core.routing import Pool
from shanhai.soil.denitrification import CARBON_ELECTRONS
from shanhai.soil.enzyme_allocation import EnzymePools
from shanhai.soil.losses import RIVER, river_accounts
from shanhai.soil.nitrification import ELECTRONS, mineral_nitrogen

GASES = ("nitric_oxide", "nitrous_oxide")
_OF_ORGANIC = {"C": CARBON_ELECTRONS, "N": ELECTRONS["ammonium"], "P": 0.0}
RIVER_ELECTRONS = Species("river_electrons", {"electrons": 1.0}, True, "mol m-3", "that solutes to the river can give")
OXYGEN = Species("oxygen", {"electrons": -4.0}, unit="mol m-3", meaning="of air and water of the soil")
OXYGEN_ABOVE = Species("oxygen of the air", {"electrons": -4.0}, True, "mol m-3")


class Elements(NamedTuple):
    """What a layer follows.

    Args:
        names: elements of organic matter, "CN" or "CNP".
        electrons: whether species count electrons.
    """

    names: str
    electrons: bool

    def content(self, element: str, electrons: float = 0.0) -> dict[str, float]:
        """Content of a species of one element that has electrons to give."""
        return {element: 1.0} | ({"electrons": electrons} if self.electrons and electrons else {})

    def pool(self, name: str) -> Pool:
        """Species of a pool of organic matter, carbon first.

        >>> [s.name for s in Elements("CNP", False).pool("labile")]
        ['labile_c', 'labile_n', 'labile_p']
        """
        return tuple(
            Species(f"{name}_{e.lower()}", self.content(e, _OF_ORGANIC[e]), unit="mol m-3") for e in self.names
        )


class Pools(NamedTuple):
    """Pools of organic matter, each of its species, carbon first."""

    labile: Pool
    recalcitrant: Pool
    dissolved: Pool
    active: Pool
    dormant: Pool
    labile_enzyme: Pool
    recalcitrant_enzyme: Pool
    mineral: Pool
    aggregates: Pool

    @property
    def of_enzymes(self) -> EnzymePools:
        """Those that enzymes join."""
        enzymes = (self.labile_enzyme, self.recalcitrant_enzyme)
        return EnzymePools(self.active, self.labile, self.recalcitrant, *enzymes, self.dissolved)


def pools_of(elements: Elements) -> Pools:
    """All pools with the elements of a layer.

    >>> [s.name for s in pools_of(Elements("CN", False)).dissolved]
    ['dissolved_c', 'dissolved_n']
    """
    return Pools(*(elements.pool(name) for name in Pools._fields))


def plant_of(elements: Elements) -> Pool:
    """Accounts of the plant, which gives carbon and gets nutrients.

    >>> [s.name for s in plant_of(Elements("CN", False))]
    ['plant_c', 'plant_n']
    """
    return tuple(replace(s, external=True) for s in elements.pool("plant"))


def fungi_of(elements: Elements, name: str) -> Pool:
    """Pool of a mycorrhizal fungus."""
    return elements.pool(name)


def carbon_dioxide() -> Species:
    """CO2 of the air."""
    return Species("co2", {"C": 1.0}, True, "mol m-3", "of the air")


def nitrogen_of(elements: Elements) -> tuple[Species, ...]:
    """Mineral nitrogen of a layer; N2 is that of the air."""
    return mineral_nitrogen(electrons=elements.electrons, external=("dinitrogen",))


def airs(elements: Elements) -> tuple[Species, ...]:
    """Accounts of the air for gases of nitrogen."""
    return tuple(Species(f"{gas} of the air", elements.content("N", ELECTRONS[gas]), True, "mol m-3") for gas in GASES)


def rivers(elements: Elements) -> tuple[Species, ...]:
    """Accounts of the river for the elements of a layer, and for their electrons."""
    each = tuple(s for s, e in zip(river_accounts(), RIVER.values()) if e in elements.names)
    return (*each, RIVER_ELECTRONS) if elements.electrons else each


def electrons_of(species: tuple[Species, ...], name: str) -> float:
    """Electrons that one unit of a species can give."""
    return next(s.content.get("electrons", 0.0) for s in species if s.name == name)
