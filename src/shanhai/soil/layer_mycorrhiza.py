r"""Mycorrhiza of a layer of soil: arbuscular and ectomycorrhizal fungi as species of its network.

Plants give fungi carbon. Hyphae take ammonium, nitrate and dissolved phosphorus in competition with roots, microbes and
nitrifiers, and mine organic nitrogen of recalcitrant matter, as long as they hold less than $\lambda$ of what they
need; what they hold of one element beyond what the others allow they give away,

$$\mathrm{N \to plant:}\; k\,f_T\,(N - C/\theta_N)_+, \qquad
  \mathrm{C \to CO_2:}\; k\,f_T\,f_O\,\bigl((C - \theta_N N)_+ + (C - \theta_P P)_+\bigr)$$

nutrients as far as plants ask for them. So a fungus that is short of nitrogen keeps it, and respires the carbon. Dead
hyphae are recalcitrant and labile matter. Saprotrophs to which fungi leave less nitrogen grow less on the same food,
which is how Gadgil's effect begins; what comes of it over years depends on the nitrogen of dead hyphae too. Nitrate is
reduced with fungal carbon, two for each nitrogen.

Source: traits and mining of `mycorrhiza`; fungi that keep nitrogen as in Näsholm et al. (2013), New Phytol. 198, 214;
the elements in excess that are given away are the project's own.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import equinox as eqx
from jax import Array

from shanhai.core.coefficients import Fixed
from shanhai.core.constants import SECONDS_PER_DAY
from shanhai.core.first_order import FirstOrder
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.params import par
from shanhai.core.reactions import Law, Reaction, Species, proportion
from shanhai.core.routing import Pool, routed
from shanhai.numerics.smooth import smooth_positive
from shanhai.soil import layer_laws as laws
from shanhai.soil.denitrification import CARBON_ELECTRONS
from shanhai.soil.layer_competition import FUNGI, could_take, sites
from shanhai.soil.layer_phosphorus import exchangeable
from shanhai.soil.layer_plants import OfFungi, passed_on, production
from shanhai.soil.layer_pools import OXYGEN, Elements, carbon_dioxide, fungi_of, nitrogen_of, plant_of, pools_of
from shanhai.soil.mycorrhiza import allocation_reactions, mining_reactions
from shanhai.soil.nitrification import ELECTRONS

if TYPE_CHECKING:
    from shanhai.soil.layer import Layer

Amounts = Mapping[str, Array]
_CHOICE = "choice; unverified"


class Mycorrhiza(eqx.Module):
    """Numbers of the hyphae of both fungi; in what they differ is in the traits of `Plants`."""

    rate: Array = par(
        200.0, "yr-1", source=_CHOICE, bounds=(0.0, 1e4), meaning="uptake of a bound site where the form abounds"
    )
    half_saturation: Array = par(
        0.0714, "mol m-3", source="choice: 1 g of nitrogen in a cubic metre; unverified", bounds=(1e-4, 10.0),
        meaning="ammonium and nitrate at half of the uptake, where water fills the pores",
    )  # fmt: skip
    phosphorus_half: Array = par(
        2e-4, "mol m-3", source="choice: hyphae reach further than roots; unverified", bounds=(1e-7, 1.0),
        meaning="dissolved phosphorus at half of the uptake, where water fills the pores",
    )  # fmt: skip
    nitrogen: Array = par(15.0, "1", source=_CHOICE, bounds=(3.0, 50.0), meaning="C:N of fungi, molar")
    phosphorus: Array = par(200.0, "1", source=_CHOICE, bounds=(20.0, 2e3), meaning="C:P of fungi, molar")
    luxury: Array = par(
        1.5, "1", source=_CHOICE, bounds=(1.05, 5.0), meaning="nutrients held at most over those needed"
    )
    surplus: Array = par(0.1, "d-1", source=_CHOICE, bounds=(0.0, 10.0), meaning="what is in excess that is given away")
    respiration: Array = par(0.01, "d-1", source=_CHOICE, bounds=(0.0, 0.5), meaning="fungal carbon respired")
    turnover: Array = par(3.0, "yr-1", source=_CHOICE, bounds=(0.0, 50.0), meaning="fungi that die")
    recalcitrant: Array = par(
        0.5, "1", source=_CHOICE, bounds=(0.0, 1.0), meaning="part of dead fungi that is recalcitrant, the rest labile"
    )
    width: Array = par(0.1, "1", source="choice", bounds=(1e-3, 0.5), meaning="rounding of excess and of satiety")

    def need(self, element: str) -> Array:
        """Carbon over an element that fungi need, molar [1]."""
        return self.nitrogen if element == "N" else self.phosphorus

    def surplus_of(self, x: Amounts, name: str, element: str) -> Array:
        """What a fungus would pass on of a nutrient at the reference temperature [mol m-3 s-1]."""
        needed = x[f"{name}_c"] / self.need(element)
        beyond = smooth_positive(x[f"{name}_{element.lower()}"] - needed, self.width * needed)
        return self.surplus / SECONDS_PER_DAY * beyond

    def respired(self, x: Amounts, name: str, phosphorus: bool) -> Array:
        """Carbon that a fungus respires where oxygen abounds, at the reference temperature [mol m-3 s-1]."""
        carbon = x[f"{name}_c"]
        allowed = [self.nitrogen * x[f"{name}_n"], *([self.phosphorus * x[f"{name}_p"]] if phosphorus else [])]
        beyond = sum(smooth_positive(carbon - most, self.width * carbon) for most in allowed)
        return (self.respiration * carbon + self.surplus * beyond) / SECONDS_PER_DAY


class _Satiety(eqx.Module):
    """A law of uptake that a fungus needs less the more it holds."""

    layer: "Layer"
    law: Law
    name: str = eqx.field(static=True)
    element: str = eqx.field(static=True)

    def __call__(self, x: Amounts, environment: Any) -> Array:
        m = self.layer.mycorrhiza
        assert m is not None
        held = proportion(x[f"{self.name}_{self.element.lower()}"], x[f"{self.name}_c"])
        free = smooth_positive(1.0 - held * m.need(self.element) / m.luxury, m.width)
        return self.law(x, environment) * free


class _Uptake(eqx.Module):
    """Uptake of a form by hyphae [mol m-3 s-1], whatever they hold."""

    layer: "Layer"
    name: str = eqx.field(static=True)
    element: str = eqx.field(static=True)
    form: int = eqx.field(static=True)

    def __call__(self, x: Amounts, environment: Any) -> Array:
        m, plants = self.layer.mycorrhiza, self.layer.plants
        assert m is not None
        assert plants is not None
        bound = sites(self.layer, x, environment, self.element, self.name)
        fastest = m.rate / JULIAN_YEAR * bound * plants.temperature(environment.temperature)
        return could_take(self.layer, x, environment, self.element, self.form, self.name, fastest)


class _Passed(eqx.Module):
    """A nutrient in excess that plants get of a fungus [mol m-3 s-1]."""

    layer: "Layer"
    name: str = eqx.field(static=True)
    element: str = eqx.field(static=True)

    def __call__(self, x: Amounts, environment: Any) -> Array:
        m, plants = self.layer.mycorrhiza, self.layer.plants
        assert m is not None
        assert plants is not None
        given = m.surplus_of(x, self.name, self.element) * plants.temperature(environment.temperature)
        return given * passed_on(self.layer, x, environment, self.element, self.name)[1]


def _respired(layer: "Layer", name: str, x: Amounts, at: Any) -> Array:
    """Carbon that a fungus respires [mol m-3 s-1]."""
    assert layer.mycorrhiza is not None
    assert layer.plants is not None
    alive = layer.plants.temperature(at.temperature) * laws.aerobic(layer, x, at)
    return layer.mycorrhiza.respired(x, name, layer.phosphorus is not None) * alive


def fungal_reactions(layer: "Layer", elements: Elements) -> list[Reaction]:
    """What both fungi do.

    Args:
        layer: processes and numbers, with `plants` and `mycorrhiza`.
        elements: that it follows.
    """
    return [r for name in FUNGI for r in _of(layer, elements, name)]


def _of(layer: "Layer", elements: Elements, name: str) -> list[Reaction]:
    """Reactions of one fungus."""
    p, plant, fungi = pools_of(elements), plant_of(elements), fungi_of(elements, name)
    m, plants = layer.mycorrhiza, layer.plants
    assert m is not None
    assert plants is not None
    traits, grown = plants.association(name), OfFungi(layer, production, name)
    fed = allocation_reactions(traits, grown, plant[0], fungi[0], p.dissolved[0])[0]
    slots: dict[str, Species] = {"C": carbon_dioxide()} | ({"electrons": OXYGEN} if elements.electrons else {})
    rest = dict(zip(elements.names, p.labile))
    dies = FirstOrder(fungi[0].name, m.turnover / JULIAN_YEAR)
    return [
        replace(fed, name=f"{name} fed"),
        routed(f"{name} respiration", OfFungi(layer, _respired, name), fungi[:1], {}, slots, meaning="with excess"),
        routed(f"{name} death", dies, fungi, {p.recalcitrant: Fixed(m.recalcitrant)}, rest, meaning="necromass"),
        *_captured(layer, elements, name),
        *_passed(layer, fungi, plant, name),
        *_mined(layer, elements, name),
    ]


def _captured(layer: "Layer", elements: Elements, name: str) -> list[Reaction]:
    """Uptake of mineral forms."""
    ammonium, nitrate = nitrogen_of(elements)[:2]
    carbon, nitrogen = (s.name for s in fungi_of(elements, name)[:2])
    cost = (ELECTRONS["ammonium"] - ELECTRONS["nitrate"]) / CARBON_ELECTRONS
    moves: list[tuple[str, str, int, dict[str, float]]] = [
        (ammonium.name, "N", 0, {nitrogen: 1.0}),
        (nitrate.name, "N", 1, {nitrogen: 1.0, carbon: -cost, carbon_dioxide().name: cost}),
    ]
    if layer.phosphorus:
        moves.append((exchangeable().name, "P", 0, {fungi_of(elements, name)[2].name: 1.0}))
    return [
        Reaction(
            f"{form} taken up by {name}",
            _Satiety(layer, _Uptake(layer, name, element, k), name, element),
            {form: -1.0} | made,
            "Tang & Riley (2013)",
        )
        for form, element, k, made in moves
    ]


def _passed(layer: "Layer", fungi: Pool, plant: Pool, name: str) -> list[Reaction]:
    """Nutrients to the plant."""
    return [
        Reaction(
            f"{of.name} to the plant", _Passed(layer, name, element), {of.name: -1.0, to.name: 1.0}, "what is in excess"
        )
        for of, to, element in zip(fungi[1:], plant[1:], "NP")
    ]


def _mined(layer: "Layer", elements: Elements, name: str) -> list[Reaction]:
    """Organic nitrogen of recalcitrant matter, and the carbon that is decomposed with it."""
    p, fungi = pools_of(elements), fungi_of(elements, name)
    assert layer.plants is not None
    traits = layer.plants.association(name)
    made = []
    for r in mining_reactions(traits, p.recalcitrant[:2], fungi[0].name, fungi[1], carbon_dioxide()):
        law: Law = laws.Warmed(_Satiety(layer, r.law, name, "N"), layer.plants.temperature)
        moves: dict[str, Any] = dict(r.stoichiometry)
        if layer.oxygen:
            law = laws.Oxidised(layer, law)
            moves |= {OXYGEN.name: -1.0} if carbon_dioxide().name in moves else {}
        made.append(Reaction(f"{r.name} by {name}", law, moves, r.meaning))
    return made
