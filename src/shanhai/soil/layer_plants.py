r"""Plants of a layer of soil: roots take mineral nitrogen and phosphorus, feed fixers, exude, and litter falls.

What grows above and its demand D are given from outside, see `Vegetation`; the plant itself is an account. It takes
what its fungi offer, T, and with its roots what is wanting, up to Σ, what roots could take in competition with all
others; fixers in nodules, paid with at most v R of carbon, give some of the rest,

$$P = \min(T, D), \quad U = \min(\Sigma, D - P), \quad F = \frac{G\,W}{G + W}, \quad
  W = D - P - U, \quad G = \frac{v\,R\,f_T\,f_O}{c(T)}$$

with rounded corners, so that plants never take more than there is nor more than they ask for. The cost c of nitrogen is
that of `nitrogen_fixation`. Nitrate is reduced in leaves, where that sets oxygen of the air free. What roots respire
belongs to the production of the plant and is not in the layer; they take up without regard to oxygen.

Source: the demand as a limit as in Fisher et al. (2010), Global Biogeochem. Cycles 24, GB1014 (FUN); together here.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.coefficients import Fixed
from shanhai.core.constants import SECONDS_PER_HOUR
from shanhai.core.params import par
from shanhai.core.reactions import Reaction, Species, proportion
from shanhai.core.routing import Pool, routed
from shanhai.numerics.smooth import smooth_minimum
from shanhai.soil import layer_laws as laws
from shanhai.soil.layer_competition import FUNGI, ROOTS, could_take, share_of, vegetation
from shanhai.soil.layer_phosphorus import exchangeable
from shanhai.soil.layer_pools import OXYGEN, OXYGEN_ABOVE, Elements, carbon_dioxide, nitrogen_of, plant_of, pools_of
from shanhai.soil.mycorrhiza import Association, allocation_reactions, arbuscular, ectomycorrhizal, litterfall
from shanhai.soil.nitrogen_fixation import FixationCost, fixation
from shanhai.soil.stoichiometry import molar_ratio
from shanhai.soil.temperature import Arrhenius

if TYPE_CHECKING:
    from shanhai.soil.layer import Layer

Amounts = Mapping[str, Array]
_CHOICE = "choice; unverified"


def _mining_alone() -> Association:
    """Ectomycorrhiza that takes nitrogen of organic matter and leaves its carbon."""
    return eqx.tree_at(lambda a: a.mined_carbon, ectomycorrhizal(), jnp.zeros(()))


class Plants(eqx.Module):
    """Numbers of roots, of those who compete with them, and the traits of two kinds of plants.

    Of the traits those of mining, sites and carbon to fungi are used where fungi are followed; then `ecm` mines
    nitrogen without its carbon by default (Orwin et al. 2011, Ecol. Lett. 14, 493).
    """

    uptake: Array = par(
        4.8e-4, "h-1",
        source="STICS, high affinity: 0.0018 umol cm-1 h-1, with 100 m of root in a gram; the length: unverified",
        bounds=(0.0, 0.1), meaning="fastest uptake of nitrogen over carbon of roots",
    )  # fmt: skip
    half_saturation: Array = par(
        0.025, "mol m-3", source="STICS, high affinity: 50 umol dm-3 of water, with half of the soil pores",
        bounds=(1e-4, 10.0), meaning="ammonium and nitrate at half of the fastest uptake, where water fills the pores",
    )  # fmt: skip
    sites: Array = par(5e-5, "1", source=_CHOICE, bounds=(0.0, 0.1), meaning="sites that bind nitrogen per root carbon")
    phosphorus: Array = par(
        0.1, "1", source=_CHOICE, bounds=(0.0, 10.0),
        meaning="sites for phosphorus over those for nitrogen, of all; of roots, uptake too",
    )  # fmt: skip
    phosphorus_half: Array = par(
        1e-3, "mol m-3", source="some micromole per litre of solution; unverified", bounds=(1e-7, 1.0),
        meaning="dissolved phosphorus at half of the fastest uptake, where water fills the pores",
    )  # fmt: skip
    microbial_sites: Array = par(
        1e-3, "1", source=_CHOICE, bounds=(0.0, 0.1), meaning="sites that bind nitrogen per active carbon"
    )
    microbial_half: Array = par(
        0.05, "mol m-3", source=_CHOICE, bounds=(1e-4, 10.0), meaning="half-saturation of microbes for ammonium"
    )
    microbial_phosphorus_half: Array = par(
        1e-3, "mol m-3", source=_CHOICE, bounds=(1e-7, 1.0), meaning="half-saturation of microbes for phosphorus"
    )
    nitrifiers: Array = par(
        1e-3, "mol m-3", source=_CHOICE, bounds=(0.0, 1.0), meaning="sites of nitrifiers that bind ammonium"
    )
    fixers: Array = par(
        1e-4, "h-1", source=_CHOICE, bounds=(0.0, 0.1), meaning="most carbon spent on fixation over carbon of roots"
    )
    cost: FixationCost = FixationCost()
    litter_cp: Array = par(
        600.0, "g g-1", source="choice: N:P of 20 by mass with AM; unverified", bounds=(50.0, 1e4),
        meaning="C:P of litter, by mass",
    )  # fmt: skip
    width: Array = par(
        0.1, "1", source="choice; 0 is a corner", bounds=(0.0, 1.0), meaning="rounding where uptake meets the demand"
    )
    temperature: Arrhenius = Arrhenius()
    am: Association = eqx.field(default_factory=arbuscular)
    ecm: Association = eqx.field(default_factory=_mining_alone)

    def association(self, name: str) -> Association:
        """Traits of `am` or `ecm`."""
        return self.am if name == "am" else self.ecm


class OfFungi(eqx.Module):
    """A rate or coefficient that a function of layer, fungus, amounts and conditions gives."""

    layer: "Layer"
    function: Any = eqx.field(static=True)
    name: str = eqx.field(static=True)

    def __call__(self, x: Amounts, environment: Any) -> Array:
        """Value at a state."""
        return jnp.asarray(self.function(self.layer, self.name, x, environment))


def production(layer: "Layer", name: str, x: Amounts, at: Any) -> Array:
    """Net primary production of the plants of an association [mol m-3 s-1]."""
    return share_of(name, at) * vegetation(at).production


def litter(layer: "Layer", name: str, x: Amounts, at: Any) -> Array:
    """Carbon of the litter of the plants of an association [mol m-3 s-1]."""
    return share_of(name, at) * vegetation(at).litter


def demand(at: Any, element: str) -> Array:
    """Most that plants take of an element [mol m-3 s-1]."""
    asked = vegetation(at).nitrogen if element == "N" else vegetation(at).phosphorus
    return jnp.asarray(asked, float)


def could_take_up(layer: "Layer", x: Amounts, at: Any, element: str, form: int) -> Array:
    """Uptake of a form by roots where no demand limits [mol m-3 s-1]."""
    plants = layer.plants
    assert plants is not None
    fastest = plants.uptake / SECONDS_PER_HOUR * vegetation(at).roots * plants.temperature(at.temperature)
    return could_take(layer, x, at, element, form, ROOTS, fastest if element == "N" else plants.phosphorus * fastest)


def surplus(layer: "Layer", x: Amounts, at: Any, element: str, first: str = "am") -> Array:
    """What both fungi offer to plants [mol m-3 s-1], one of them first."""
    if layer.mycorrhiza is None or layer.plants is None:
        return jnp.zeros(())
    order = sorted(FUNGI, key=lambda name: name != first)
    warm = layer.plants.temperature(at.temperature)
    return sum(layer.mycorrhiza.surplus_of(x, name, element) for name in order) * warm


def met(supply: ArrayLike, asked: ArrayLike, width: ArrayLike) -> Array:
    """Part of a supply that is asked for, the smaller of 1 and asked / supply with a rounded corner.

    Args:
        supply: what could be taken [mol m-3 s-1], any shape.
        asked: demand [mol m-3 s-1].
        width: of `smooth_minimum` [1].

    >>> met(jnp.array([0.0, 1.0, 4.0, 4.0]), jnp.array([1.0, 4.0, 1.0, 0.0]), 0.1).round(3).tolist()
    [1.0, 1.0, 0.25, 0.0]
    """
    supply, asked = jnp.broadcast_arrays(jnp.asarray(supply, float), jnp.asarray(asked, float))
    some = supply > 1e-30 * asked
    short = jnp.where(asked > 0, 1e30, 0.0)  # a demand that nothing meets takes all there is
    ratio = jnp.where(some, proportion(asked, jnp.where(some, supply, 1.0)), short)
    return smooth_minimum(1.0, ratio, width)


def passed_on(layer: "Layer", x: Amounts, at: Any, element: str, first: str = "am") -> tuple[Array, Array]:
    """What plants take of their fungi [mol m-3 s-1], and the part that is of what these offer [1]."""
    assert layer.plants is not None
    offered = surplus(layer, x, at, element, first)
    part = met(offered, demand(at, element), layer.plants.width)
    return offered * part, part


def left_to_roots(layer: "Layer", x: Amounts, at: Any, element: str) -> tuple[Array, Array]:
    """Demand that fungi do not meet, and the part of their capacity that roots take for it [1]."""
    plants = layer.plants
    assert plants is not None
    asked = jnp.maximum(demand(at, element) - passed_on(layer, x, at, element)[0], 0.0)  # against rounding
    forms = range(2 if element == "N" else 1)
    supply = sum(could_take_up(layer, x, at, element, form) for form in forms)
    return asked, met(supply, asked, plants.width)


def fixed(layer: "Layer", x: Amounts, at: Any) -> Array:
    """Nitrogen that fixers give [mol m-3 s-1]."""
    plants = layer.plants
    assert plants is not None
    alive = plants.temperature(at.temperature) * laws.aerobic(layer, x, at)
    most = plants.fixers / SECONDS_PER_HOUR * vegetation(at).roots * alive / plants.cost.molar(at.temperature)
    asked, part = left_to_roots(layer, x, at, "N")
    taken = sum(could_take_up(layer, x, at, "N", form) for form in range(2)) * part
    return smooth_minimum(most, jnp.maximum(asked - taken, 0.0), 1.0)


class _RootUptake(eqx.Module):
    """Uptake of a form by roots [mol m-3 s-1]."""

    layer: "Layer"
    element: str = eqx.field(static=True)
    form: int = eqx.field(static=True)

    def __call__(self, x: Amounts, environment: Any) -> Array:
        could = could_take_up(self.layer, x, environment, self.element, self.form)
        return could * left_to_roots(self.layer, x, environment, self.element)[1]


class _Spent(eqx.Module):
    """Carbon spent on fixation [mol m-3 s-1]."""

    layer: "Layer"

    def __call__(self, x: Amounts, environment: Any) -> Array:
        return fixed(self.layer, x, environment) * _cost(self.layer, x, environment)


def _cost(layer: "Layer", x: Amounts, at: Any) -> Array:
    """Carbon per nitrogen fixed [mol mol-1]."""
    assert layer.plants is not None
    return layer.plants.cost.molar(at.temperature)


def plant_reactions(layer: "Layer", elements: Elements) -> list[Reaction]:
    """Uptake, fixation, exudation and litter.

    Args:
        layer: processes and numbers, with `plants`.
        elements: that it follows.
    """
    plant, plants = plant_of(elements), layer.plants
    assert plants is not None
    made = [*_uptakes(layer, elements), _fixation(layer, elements)]
    for name in FUNGI:
        exuding, falling = OfFungi(layer, production, name), OfFungi(layer, litter, name)
        traits, dissolved = plants.association(name), pools_of(elements).dissolved[0]
        exuded = allocation_reactions(traits, exuding, plant[0], dissolved, dissolved)[1]
        made.append(replace(exuded, name=f"{name} {exuded.name}"))
        made.append(_litterfall(name, plants, falling, elements))
    return made


def _uptakes(layer: "Layer", elements: Elements) -> list[Reaction]:
    """Uptake of ammonium, nitrate and phosphorus by roots."""
    plant = plant_of(elements)
    slots = {"N": plant[1]} | ({"electrons": OXYGEN_ABOVE} if elements.electrons else {})
    made = [
        routed(f"{s.name} taken up by roots", _RootUptake(layer, "N", k), (s,), {}, slots, meaning="as plants ask")
        for k, s in enumerate(nitrogen_of(elements)[:2])
    ]
    if layer.phosphorus:
        taken, law = exchangeable(), _RootUptake(layer, "P", 0)
        moves = {taken.name: -1.0, plant[2].name: 1.0}
        made.append(Reaction(f"{taken.name} taken up by roots", law, moves, "as plants ask"))
    return made


def _fixation(layer: "Layer", elements: Elements) -> Reaction:
    """Nitrogen of the air to the plant; what is paid is respired in the soil."""
    plant = plant_of(elements)
    (made,) = fixation(_Spent(layer), laws.Given(layer, _cost), carbon=plant[0].name, nitrogen=plant[1].name)
    slots = {"C": carbon_dioxide(), "N": nitrogen_of(elements)[-1]}
    slots |= {"electrons": OXYGEN} if elements.electrons else {}
    given = {plant[1]: made.stoichiometry[plant[1].name]}
    return routed(made.name, made.law, plant[:1], {}, slots, amounts=given, meaning=made.meaning)


def _litterfall(name: str, plants: Plants, law: Any, elements: Elements) -> Reaction:
    """Litter with the composition of an association, to labile and recalcitrant matter."""
    p, plant, traits = pools_of(elements), plant_of(elements), plants.association(name)
    fall = litterfall(traits, 1.0)
    amounts: dict[Species, Any] = {p.labile[1]: Fixed(fall.fast_n), p.recalcitrant[1]: Fixed(fall.slow_n)}
    if "P" in elements.names:
        content = 1.0 / molar_ratio(plants.litter_cp, "P")
        amounts |= {p.labile[2]: Fixed(fall.fast_c * content), p.recalcitrant[2]: Fixed(fall.slow_c * content)}
    slots = {"C": p.recalcitrant[0]} | dict(zip(elements.names[1:], plant[1:]))
    shares: dict[Pool, Any] = {p.labile[:1]: Fixed(traits.litter_fast)}
    return routed(f"{name} litter", law, plant[:1], shares, slots, amounts=amounts, meaning="of roots and shoots")
