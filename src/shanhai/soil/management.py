r"""What farmers do to a soil: fertiliser, manure, water, tillage, sowing, harvest, and straw that is left.

What is done in a moment is a reaction whose extent is an amount and not a rate. A network of such reactions over the
species of the field gives, for the doses of a day, whole amounts that move at once,

$$x \leftarrow x + \nu\,\xi(x, \text{doses}),$$

so that it closes every element as the others do, and what comes from outside or leaves is in the account of its name.
A dose is an amount [mol m-3 of soil] or a part of a pool [1]; a day without management has doses of zero.

What follows in its own time are reactions like others: urea hydrolyses where it was placed, its ammonium escapes as
ammonia or spreads through the layer, animals bury straw,

$$\mathrm{CO(NH_2)_2 + H_2O \to 2\,NH_3 + CO_2}.$$
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.coefficients import Fixed
from shanhai.core.constants import ATOMIC_MASS, SECONDS_PER_DAY
from shanhai.core.first_order import FirstOrder
from shanhai.core.params import par
from shanhai.core.reactions import Coefficient, Network, Reaction, Species
from shanhai.core.routing import Pool, routed
from shanhai.soil import crop as crops
from shanhai.soil import layer as soils
from shanhai.soil.ammonia import volatilisation, volatilisation_rate
from shanhai.soil.layer import Conditions, Layer
from shanhai.soil.layer_phosphorus import exchangeable
from shanhai.soil.layer_pools import Elements, Pools, carbon_dioxide, nitrogen_of, pools_of
from shanhai.soil.nitrification import ELECTRONS

_CHOICE = "choice; unverified"
PLACED = "placed_ammonium"
"""Ammonium of urea before it spreads through the layer."""


class Managed(NamedTuple):
    """Pools and accounts of management, each of its species, carbon first.

    Args:
        residue: straw on the soil.
        stack: harvest withheld.
        seed: account of it, and so the others: manure, grain and straw that were carried off.
    """

    residue: Pool
    stack: Pool
    seed: Pool
    manure: Pool
    grain_sold: Pool
    straw_sold: Pool


def managed(elements: Elements) -> Managed:
    """Pools of management with the elements of a layer.

    >>> [s.name for s in managed(Elements("CN", False)).grain_sold]
    ['grain_sold_c', 'grain_sold_n']
    """
    made = [elements.pool(name) for name in Managed._fields]
    outside = [tuple(replace(s, external=True) for s in pool) for pool in made[2:]]
    return Managed(*made[:2], *outside)


def urea(elements: Elements, name: str = "urea", external: bool = False) -> Species:
    """Urea of the soil, or its account: CO(NH2)2 with nitrogen as reduced as ammonium."""
    electrons = {"electrons": 2.0 * ELECTRONS["ammonium"]} if elements.electrons else {}
    return Species(name, {"C": 1.0, "N": 2.0} | electrons, external, "mol m-3")


def applied_accounts(elements: Elements) -> dict[str, Species]:
    """Accounts of mineral doses, by the name of the dose."""
    half = ELECTRONS["ammonium"] / 2.0
    nitrogen = {"irrigation": ("nitrate of irrigation", 0.0), "deposition": ("nitrogen deposited", half)}
    accounts = {dose: Species(n, elements.content("N", e), True, "mol m-3") for dose, (n, e) in nitrogen.items()}
    salt = {q: 2.0 * v for q, v in elements.content("N", half).items()}
    accounts["ammonium_nitrate"] = Species("ammonium nitrate applied", salt, True, "mol m-3")
    accounts["urea"] = urea(elements, "urea applied", True)
    if "P" in elements.names:
        accounts["phosphate"] = Species("phosphate applied", {"P": 1.0}, True, "mol m-3")
    return accounts


def ammonia(elements: Elements) -> Species:
    """Account of ammonia in the air."""
    return Species("ammonia of the air", elements.content("N", ELECTRONS["ammonium"]), True, "mol m-3")


class Doses(NamedTuple):
    """What is done on a day, each of any shape that the amounts broadcast with.

    Args:
        urea: [mol m-3], two of nitrogen each.
        ammonium_nitrate: [mol m-3], two of nitrogen each.
        phosphate: [mol m-3]; nothing where the layer has no phosphorus.
        manure: its carbon [mol m-3].
        irrigation: nitrate that comes with the water [mol m-3].
        deposition: mineral nitrogen from the air [mol m-3], half of it ammonium.
        seed: its carbon [mol m-3].
        reaped: part of the crop that is cut [1].
        returned: part of the straw cut that stays on the field [1].
        withheld: part of the harvest that is not carried off but stacked at the field, where nothing touches it [1].
        tilled: how much of a full tillage [1].
    """

    urea: ArrayLike = 0.0
    ammonium_nitrate: ArrayLike = 0.0
    phosphate: ArrayLike = 0.0
    manure: ArrayLike = 0.0
    irrigation: ArrayLike = 0.0
    deposition: ArrayLike = 0.0
    seed: ArrayLike = 0.0
    reaped: ArrayLike = 0.0
    returned: ArrayLike = 1.0
    withheld: ArrayLike = 0.0
    tilled: ArrayLike = 0.0


class Management(eqx.Module):
    """Numbers of what is applied and of what becomes of it."""

    hydrolysis: Array = par(0.4, "d-1", source=_CHOICE, bounds=(0, 10), meaning="rate at which urea hydrolyses")
    conductance: Array = par(
        1e-3, "m s-1", source="choice: fertiliser is covered by some soil; unverified", bounds=(0, 0.1),
        meaning="between ammonia of the soil's air and the air",
    )  # fmt: skip
    placed: Array = par(0.03, "m", source=_CHOICE, bounds=(1e-3, 0.3), meaning="soil that fertiliser lies in at first")
    raised: Array = par(0.5, "1", source=_CHOICE, bounds=(0, 2), meaning="rise of pH where urea hydrolyses")
    washed: Array = par(0.2, "d-1", source=_CHOICE, bounds=(0, 10), meaning="ammonium that spreads through the layer")
    sorption: Array = par(
        5.0, "1", source=_CHOICE, bounds=(0, 1e3), meaning="ammonium on the solid over that in water, by volume of soil"
    )
    manure_ratio: Array = par(
        15.0 * ATOMIC_MASS["N"] / ATOMIC_MASS["C"], "1", source="choice: 15 by mass; unverified", bounds=(5, 100),
        meaning="C:N of manure, molar",
    )  # fmt: skip
    manure_ammonium: Array = par(0.2, "1", source=_CHOICE, bounds=(0, 1), meaning="part of manure N that is ammonium")
    manure_labile: Array = par(0.5, "1", source=_CHOICE, bounds=(0, 1), meaning="part of manure that is labile")
    seed_ratio: Array = par(
        23.9, "1", source="choice: 2.2 % N in dry grain of 45 % C; unverified", bounds=(5, 100), meaning="C:N, molar"
    )
    manure_phosphorus: Array = par(
        75.0 * ATOMIC_MASS["P"] / ATOMIC_MASS["C"], "1", source="choice: 75 by mass; unverified", bounds=(10, 1e3),
        meaning="C:P of manure, molar",
    )  # fmt: skip
    seed_phosphorus: Array = par(
        330.0, "1", source="choice: 0.35 % P in dry grain of 45 % C; unverified", bounds=(50, 2e3), meaning="C:P, molar"
    )
    seed_roots: Array = par(0.3, "1", source=_CHOICE, bounds=(0, 1), meaning="part of a seed that becomes roots")
    straw_labile: Array = par(0.6, "1", source=_CHOICE, bounds=(0, 1), meaning="part of straw that is labile")
    opened: Array = par(0.3, "1", source=_CHOICE, bounds=(0, 1), meaning="aggregates opened by a full tillage")
    mixed: Array = par(0.95, "1", source=_CHOICE, bounds=(0, 1), meaning="straw that a full tillage mixes in")
    buried: Array = par(0.004, "d-1", source=_CHOICE, bounds=(0, 1), meaning="straw that animals bury")


class _Dose(eqx.Module):
    """A dose as extent of a transfer."""

    name: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], doses: Any) -> Array:
        return jnp.asarray(getattr(doses, self.name), float)


class _Tilled(eqx.Module):
    """Part of a pool that a tillage moves."""

    part: Array

    def __call__(self, x: Mapping[str, Array], doses: Any) -> Array:
        return self.part * doses.tilled


def _stacked_straw(x: Mapping[str, Array], doses: Any) -> Array:
    return (1.0 - jnp.asarray(doses.returned)) * doses.withheld


def practices(field: Network, numbers: Management, layer: Layer) -> Network:
    """Everything that can be done on a day, over the species of a field; the environment is `Doses`.

    Args:
        field: network of soil, crop and `fragment`.
        numbers: see `Management`.
        layer: of the soil.

    Rates of this network are amounts: see `applied`.
    """
    elements = crops.followed(layer)
    given = (*_mineral_doses(elements), _manure(numbers, elements), _sowing(numbers, elements))
    reactions = (*given, *_harvest(elements), *_tillage(numbers, layer, elements))
    return Network(field.species, reactions, Doses())


def _mineral_doses(elements: Elements) -> list[Reaction]:
    """Fertiliser, and mineral nitrogen of water and air."""
    makes: dict[str, dict[str, Coefficient]] = {
        "urea": {"urea": 1.0},
        "ammonium_nitrate": {"ammonium": 1.0, "nitrate": 1.0},
        "irrigation": {"nitrate": 1.0},
        "deposition": {"ammonium": 0.5, "nitrate": 0.5},
        "phosphate": {exchangeable().name: 1.0},
    }
    return [
        Reaction(name, _Dose(name), {from_.name: -1.0, **makes[name]}, "applied on its day")
        for name, from_ in applied_accounts(elements).items()
    ]


def _per_carbon(elements: Elements, nitrogen: Array, phosphorus: Array) -> dict[str, Array]:
    """Elements over carbon, from C:N and C:P."""
    return dict(zip(elements.names, (jnp.ones(()), 1.0 / nitrogen, 1.0 / phosphorus)))


def _manure(m: Management, elements: Elements) -> Reaction:
    mine, p = managed(elements).manure, pools_of(elements)
    moves: dict[str, Coefficient] = {"ammonium": Fixed(m.manure_ammonium / m.manure_ratio)}
    holds = _per_carbon(elements, m.manure_ratio, m.manure_phosphorus)
    for k, (element, amount) in enumerate(holds.items()):
        organic = amount * (1.0 - m.manure_ammonium) if element == "N" else amount
        moves |= {mine[k].name: Fixed(-amount), p.labile[k].name: Fixed(m.manure_labile * organic)}
        moves[p.recalcitrant[k].name] = Fixed((1.0 - m.manure_labile) * organic)
    return Reaction("manure", _Dose("manure"), moves, "applied on its day")


def _sowing(m: Management, elements: Elements) -> Reaction:
    mine, crop = managed(elements).seed, crops.organs(elements)
    moves: dict[str, Coefficient] = {}
    for k, amount in enumerate(_per_carbon(elements, m.seed_ratio, m.seed_phosphorus).values()):
        moves |= {mine[k].name: Fixed(-amount), crop.root[k].name: Fixed(m.seed_roots * amount)}
        moves[crop.shoot[k].name] = Fixed((1.0 - m.seed_roots) * amount)
    return Reaction("sowing", _Dose("seed"), moves, "seed becomes shoots and roots")


def _harvest(elements: Elements) -> list[Reaction]:
    """Grain and straw cut: carried off, left or stacked.

    Each element by itself: what is cut whole is then gone to the last digit.
    """
    mine, crop = managed(elements), crops.organs(elements)
    made = []
    for k, element in enumerate(elements.names):
        stack = mine.stack[k : k + 1]
        left: dict[Pool, Coefficient] = {mine.residue[k : k + 1]: _Dose("returned"), stack: _stacked_straw}
        for organ, shares, sold in (
            (crop.grain[k], {stack: _Dose("withheld")}, mine.grain_sold[k]),
            (crop.shoot[k], left, mine.straw_sold[k]),
        ):
            law, rest = FirstOrder(organ.name, _Dose("reaped")), {element: sold}
            made.append(routed(f"{organ.name} cut", law, (organ,), shares, rest, meaning="on its day"))  # type: ignore[arg-type]
    return made


def _to_litter(name: str, law: FirstOrder, m: Management, elements: Elements) -> Reaction:
    p: Pools = pools_of(elements)
    rest = dict(zip(elements.names, p.recalcitrant))
    shares = {p.labile: Fixed(m.straw_labile)}
    return routed(name, law, managed(elements).residue, shares, rest, meaning="straw comes into the soil")


def _tillage(m: Management, layer: Layer, elements: Elements) -> list[Reaction]:
    mixing = _to_litter("tillage mixes straw", FirstOrder("residue_c", _Tilled(m.mixed)), m, elements)
    if layer.minerals is None:
        return [mixing]
    p, opening = pools_of(elements), FirstOrder("aggregates_c", _Tilled(m.opened))
    return [mixing, routed("tillage opens", opening, p.aggregates, {p.labile: 1.0}, {}, meaning="aggregates break")]


def applied(events: Network, x: Array, doses: tuple[ArrayLike, ...]) -> tuple[Array, Array]:
    r"""Amounts after what is done on a day, and the extent of each transfer.

    Args:
        events: see `practices`.
        x: amounts before [mol m-3], (species, ...).
        doses: of the day.

    Returns:
        amounts (species, ...) and extents (transfer, ...) [mol m-3].

    >>> layer = Layer(mined=0.5, dormancy=None, minerals=None, birch=None)
    >>> made = field(layer, crops.Plant(), Management())
    >>> events = practices(made, Management(), layer)
    >>> x, moved = applied(events, jnp.zeros(len(made.names)), Doses(urea=0.5, seed=2.0))
    >>> float(x[made.index("urea")]), float(x[made.index("urea applied")]), float(x[made.index("seed_c")])
    (0.5, -0.5, -2.0)
    """
    extents = events.rates(x, doses)
    return x + events.coefficients(x, doses).moved(extents), extents


class _Escaping(eqx.Module):
    """Rate constant of ammonia where fertiliser was placed [s-1]."""

    numbers: Management

    def __call__(self, x: Mapping[str, Array], at: Any) -> Array:
        m = self.numbers
        return volatilisation_rate(
            m.conductance, m.placed, at.temperature, at.ph + m.raised, at.water, at.porosity, m.sorption
        )


def fragment(numbers: Management, layer: Layer) -> Network:
    """What becomes of what was applied, and the accounts; to be joined with soil and crop.

    Args:
        numbers: see `Management`.
        layer: of the soil.

    >>> [r.name for r in fragment(Management(), Layer()).reactions]
    ['urea hydrolyses', 'ammonium spreads', 'ammonia escapes', 'animals bury straw']
    """
    elements = crops.followed(layer)
    p = pools_of(elements)
    made: dict[str, Coefficient] = {"urea": -1.0, PLACED: 2.0, carbon_dioxide().name: 1.0}
    hydrolysis = FirstOrder("urea", numbers.hydrolysis / SECONDS_PER_DAY)
    spreading = FirstOrder(PLACED, numbers.washed / SECONDS_PER_DAY)
    buried = FirstOrder("residue_c", numbers.buried / SECONDS_PER_DAY)
    reactions = (
        Reaction("urea hydrolyses", hydrolysis, made, "to ammonium and CO2"),
        Reaction("ammonium spreads", spreading, {PLACED: -1.0, "ammonium": 1.0}, "through the layer"),
        *volatilisation(_Escaping(numbers), ammonium=PLACED),
        _to_litter("animals bury straw", buried, numbers, elements),
    )
    pools = (*p.labile, *p.recalcitrant, *(s for pool in managed(elements) for s in pool), urea(elements))
    accounts = (carbon_dioxide(), ammonia(elements), *applied_accounts(elements).values())
    ammonium = nitrogen_of(elements)[0]
    return Network((*pools, replace(ammonium, name=PLACED), ammonium, *accounts), reactions, Conditions())


def field(layer: Layer, plant: crops.Plant, numbers: Management) -> Network:
    """Soil, crop and what management sets going, as one network; `practices` holds what it does in a moment.

    >>> made = field(Layer(), crops.Plant(), Management())
    >>> made.quantities, len(made.species), len(made.reactions)
    (('C', 'N'), 55, 39)
    """
    sample = crops.field(Conditions())
    soil = soils.network(layer).joined(crops.network(plant, layer), sample)
    return soil.joined(fragment(numbers, layer), sample)
