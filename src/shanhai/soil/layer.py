r"""A jar or a layer of soil: carbon, nitrogen and phosphorus through microbes, enzymes, minerals and gases, together.

Enzymes free dissolved matter from labile and recalcitrant matter; active microbes take it up, grow, overflow,
mineralise or immobilise, fall asleep and wake, die and burst; minerals hold what is dissolved and aggregates enclose
matter; ammonium is nitrified where there is oxygen, nitrate respired where there is none; gases leave to the air and
solutes with the water. Uptake sees the part of the dissolved matter that reaches the cells,

$$U = V B_a\,f_T\,f_{O}\,\frac{S'}{K + S'}, \qquad S' = S\,\Bigl(\frac{\theta}{\varepsilon}\Bigr)^3$$

with f_O of the oxygen where they live, or of the part of the soil without any, 1 - f_an. The last factor also calls
the dormant and lets the hungry sleep. Of active microbes $k\,B_a (1 + B_a/B_c)$ die, the more the denser they live.

Sources: the diffusion of substrate after Davidson et al. (2012), Glob. Change Biol. 18, 371 (DAMM); death by density
after Georgiou et al. (2017), Nat. Commun. 8, 1223; each process is that of its own file. What an option switches off is
not in the network.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.coefficients import Fixed
from shanhai.core.errors import InputError, nearest
from shanhai.core.first_order import FirstOrder
from shanhai.core.params import _strong_float, par
from shanhai.core.reactions import Law, Network, Reaction, Species
from shanhai.core.routing import routed
from shanhai.numerics.integrate import Integrated, Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.soil import layer_laws as laws
from shanhai.soil.anoxic_fraction import Partition, water_filled_pores
from shanhai.soil.birch import Birch, exposure, lysis
from shanhai.soil.carbon_use import LogitEfficiency
from shanhai.soil.denitrification import Denitrification, chain
from shanhai.soil.dormancy import Dormancy, dormancy_reactions
from shanhai.soil.enzyme_allocation import Allocation, Enzymes, enzyme_reactions
from shanhai.soil.gas_diffusivity import exchange, oxygen_capacity, oxygen_in_soil
from shanhai.soil.layer_competition import FUNGI, MICROBES, Crowded
from shanhai.soil.layer_conditions import POSSIBLE, Conditions, Rooted, Vegetation, check, daily, rooted, through
from shanhai.soil.layer_mycorrhiza import Mycorrhiza, fungal_reactions
from shanhai.soil.layer_oxygen import Oxygen
from shanhai.soil.layer_phosphorus import PhosphorusOfLayer, exchangeable, mineral_phosphorus, phosphorus_reactions
from shanhai.soil.layer_plants import Plants, plant_reactions
from shanhai.soil.layer_pools import (
    GASES,
    OXYGEN,
    OXYGEN_ABOVE,
    RIVER_ELECTRONS,
    Elements,
    Pools,
    airs,
    carbon_dioxide,
    electrons_of,
    fungi_of,
    nitrogen_of,
    plant_of,
    pools_of,
    rivers,
)
from shanhai.soil.losses import leaching
from shanhai.soil.nitrification import Nitrification
from shanhai.soil.nitrification import reactions as nitrification_reactions
from shanhai.soil.protection import Aggregation, Sorption, aggregate_reactions, mineral_capacity, sorption_reactions
from shanhai.soil.stoichiometry import Composition, Immobilisation, uptake
from shanhai.soil.temperature import Arrhenius

__all__ = [
    "POSSIBLE", "Conditions", "Layer", "Microbes", "Minerals", "Mycorrhiza", "Oxygen", "PhosphorusOfLayer", "Plants",
    "Rooted", "Vegetation", "advanced", "check", "course", "daily", "first_step", "network", "rooted", "species",
    "stocked", "through",
]  # fmt: skip


_SITES = "soil carbon of fourteen LTER sites, validation/soil_lter.py"


class Microbes(eqx.Module):
    """Numbers of what microbes do apart from enzymes, dormancy and bursting."""

    uptake: Array = par(
        0.025, "h-1",
        source="growth of 0.01 with maintenance of 0.0025 h-1 over an efficiency of 0.5, as in the namelist of MEND of "
        "May 2019",
        bounds=(1e-5, 10.0), meaning="fastest uptake of carbon over active microbes at the reference temperature",
    )  # fmt: skip
    half_saturation: Array = par(
        9.95e-7 * 1e6 / 12.011, "mol m-3",
        source="9.95e-7 g cm-3, Davidson et al. (2012), Glob. Change Biol. 18, 371, for what diffuses as here",
        bounds=(1e-6, 1e4), meaning="dissolved carbon at half of the fastest uptake, where water fills the pores",
    )  # fmt: skip
    maintenance: Array = par(
        8.8e-4, "h-1", source=f"{_SITES}, within a factor of 2.5; 2.8e-4 in Wang et al. (2013), 0.0025 in MEND of 2019",
        bounds=(0.0, 0.1), meaning="active carbon respired whether they grow or not",
    )  # fmt: skip
    asleep: Array = par(
        0.01, "1", source="choice; unverified", bounds=(0.0, 1.0), meaning="maintenance of dormant over active microbes"
    )
    death: Array = par(
        3.4e-4, "h-1", source=f"{_SITES}, within a factor of 1.9", bounds=(0.0, 0.1),
        meaning="active microbes that die at the reference temperature where they are few",
    )  # fmt: skip
    crowding: Array = par(
        0.24, "mol m-3", bounds=(1e-2, 1e6), source=f"{_SITES}, within a factor of 2.3; 0.15 would be the death of "
        "0.0045 m2 g-1 d-1 in a metre of soil of Abramoff et al. (2022), Soil Biol. Biochem. 164, 108466",
        meaning="active carbon at which twice as many die as of a few",
    )  # fmt: skip
    dead_dissolved: Array = par(
        0.5, "1", source="choice; unverified", bounds=(0.0, 1.0), meaning="part of the dead that dissolves at once"
    )
    temperature: Arrhenius = Arrhenius()


class Minerals(eqx.Module):
    """What holds organic matter: surfaces, and aggregates that enclose it."""

    sorption: Sorption = Sorption()
    aggregation: Aggregation = Aggregation()
    bulk_density: Array = par(1300.0, "kg m-3", source="choice", bounds=(100.0, 2000.0), meaning="of the dry soil")
    clay_silt: Array = par(0.5, "1", source="choice", bounds=(0.0, 1.0), meaning="clay and silt over the soil, by mass")


class Layer(eqx.Module):
    """Choice of processes with their numbers; None leaves one out.

    Microbes sleep and wake by the food that reaches them, so that of the numbers of `Dormancy` the half-saturation is
    that of `Microbes`. Of those of `Nitrification` the half-saturation of ammonium is used with `plants` only. Without
    `oxygen` those of oxygen are not used there and in `Denitrification`, and with it `anoxic` is not; without
    `phosphorus` C:P of microbes and what `Plants` and `Mycorrhiza` have of it are not.

    Args:
        microbes: uptake, maintenance and death.
        enzymes: what they free.
        mined: part of the new enzymes that is for recalcitrant matter [1]; None for the part that lets microbes grow
            fastest, by efficiency at the reference temperature.
        efficiency: growth over uptake.
        composition: C:N and C:P of microbes.
        immobilisation: most that is taken of ammonium.
        anoxic: part of the soil without oxygen, by its water, where oxygen is not followed.
        dormancy: None for microbes that never sleep.
        minerals: None for a soil that holds nothing back.
        birch: None for soil that does not mind how fast it wets.
        nitrification: None for none.
        denitrification: None for none.
        phosphorus: None for carbon and nitrogen alone.
        oxygen: None for soil whose water tells how much is without oxygen; otherwise it is used up and comes from the
            air, and electrons are conserved as elements are.
        plants: None for soil where nothing grows. With them conditions are `rooted`, and all who take what is mineral
            compete.
        mycorrhiza: None for plants without fungi; not without `plants`.
        width: of the co-limitation of growth by carbon and nutrients [1], 0 for the law of the minimum.

    Raises:
        InputError: for fungi without plants.
    """

    microbes: Microbes = Microbes()
    enzymes: Enzymes = Enzymes()
    mined: Array | None = eqx.field(default=None, converter=_strong_float)
    efficiency: LogitEfficiency = LogitEfficiency()
    composition: Composition = Composition()
    immobilisation: Immobilisation = Immobilisation("ammonium")
    anoxic: Partition = Partition()
    dormancy: Dormancy | None = Dormancy()
    minerals: Minerals | None = Minerals()
    birch: Birch | None = Birch()
    nitrification: Nitrification | None = Nitrification()
    denitrification: Denitrification | None = Denitrification()
    phosphorus: PhosphorusOfLayer | None = None
    oxygen: Oxygen | None = None
    plants: Plants | None = None
    mycorrhiza: Mycorrhiza | None = None
    nitrate_respiration: Array = par(
        0.005, "h-1", source="choice; unverified", bounds=(0.0, 1.0),
        meaning="nitrogen that active carbon can reduce in each step where there is no oxygen",
    )  # fmt: skip
    width: float = eqx.field(static=True, default=0.0)
    thickness: Array = par(0.1, "m", source="choice", bounds=(1e-3, 2.0), meaning="of the layer, for gases and water")

    def __check_init__(self) -> None:
        if self.mycorrhiza is not None and self.plants is None:
            raise InputError("fungi of roots need plants to feed them", where="layer of soil", do="give `plants` too")

    def anoxic_fraction(self, at: Conditions) -> Array:
        """Part of the soil without oxygen [1]."""
        return self.anoxic.anoxic(water_filled_pores(at.water, at.porosity))

    def escape(self, at: Conditions) -> Array:
        """Rate constant at which gases leave the layer, D/(Δz²/2 c) [s-1]."""
        spread = oxygen_in_soil(at.water, at.porosity, at.temperature)
        return 2.0 * spread / (self.thickness**2 * oxygen_capacity(at.water, at.porosity, at.temperature))


def species(layer: Layer) -> tuple[Species, ...]:
    """Species of the network of a layer, pools first."""
    p, elements = _pools(layer), _elements(layer)
    pools = [p.labile, p.recalcitrant, p.labile_enzyme, p.recalcitrant_enzyme, p.dissolved, p.active]
    pools += [p.dormant] if layer.dormancy else []
    pools += [p.mineral, p.aggregates] if layer.minerals else []
    pools += [fungi_of(elements, name) for name in FUNGI] if layer.mycorrhiza else []
    minerals = mineral_phosphorus() if layer.phosphorus else ()
    oxygen = (OXYGEN, OXYGEN_ABOVE) if layer.oxygen else ()
    plant = plant_of(elements) if layer.plants else ()
    accounts = (carbon_dioxide(), *airs(elements), *rivers(elements), *plant)
    return (*(s for pool in pools for s in pool), *nitrogen_of(elements), *minerals, *oxygen, *accounts)


def network(layer: Layer) -> Network:
    """The reactions of a layer, checked for all that they move.

    Args:
        layer: processes and numbers. The environment of the laws is `Conditions`, with plants `Rooted`.

    >>> soil = network(Layer())
    >>> soil.quantities, len(soil.reactions)
    (('C', 'N'), 30)
    >>> full = network(Layer(phosphorus=PhosphorusOfLayer(), oxygen=Oxygen()))
    >>> full.quantities, len(full.species), len(full.reactions)
    (('C', 'electrons', 'N', 'P'), 48, 41)
    """
    reactions = [*_decay(layer), *_life(layer), *_mineral(layer), *_leaving(layer), *_rooted(layer)]
    sample = rooted(Conditions(), Vegetation()) if layer.plants else Conditions()
    return Network(species(layer), tuple(reactions), sample)


def _elements(layer: Layer) -> Elements:
    return Elements("CNP" if layer.phosphorus else "CN", layer.oxygen is not None)


def _pools(layer: Layer) -> Pools:
    return pools_of(_elements(layer))


def _slots(layer: Layer) -> dict[str, Species]:
    """What takes the rest of each element, and gives what is wanting; oxygen takes the electrons."""
    slots = {"C": carbon_dioxide(), "N": nitrogen_of(_elements(layer))[0]}
    slots |= {"P": exchangeable()} if layer.phosphorus else {}
    return slots | ({"electrons": OXYGEN} if layer.oxygen else {})


def _needs(layer: Layer) -> tuple[dict[str, Array], dict[str, Law]]:
    """Carbon over each nutrient of microbes, and the most that they immobilise of it."""
    ratios: dict[str, Array] = {"N": layer.composition.nitrogen}
    most: dict[str, Law] = {"N": layer.immobilisation}
    if layer.phosphorus:
        ratios["P"], most["P"] = layer.composition.phosphorus, layer.phosphorus.most()
    if layer.plants:
        most = {element: Crowded(layer, law, element, MICROBES) for element, law in most.items()}
    return ratios, most


def _decay(layer: Layer) -> list[Reaction]:
    """Enzymes made, at work and lost, and what is protected from them."""
    pools = _pools(layer).of_enzymes
    ratios, most = _needs(layer)
    reference = layer.efficiency(layer.microbes.temperature.reference)
    best = Allocation(layer.enzymes, pools, reference, ratios, most, layer.width)
    given: Law = best if layer.mined is None else Fixed(layer.mined)
    made = [laws.warmed(layer, r) for r in enzyme_reactions(layer.enzymes, pools, given)]
    return [*(_at_work(layer, r) if r.name.endswith("freed") else r for r in made), *_protected(layer)]


def _at_work(layer: Layer, freed: Reaction) -> Reaction:
    """Enzymes that free matter, recalcitrant matter where there is oxygen."""
    if layer.oxygen and freed.name.startswith("recalcitrant"):
        return replace(freed, law=laws.Oxidised(layer, freed.law))
    return freed


def _protected(layer: Layer) -> list[Reaction]:
    """Matter on minerals and in aggregates, and aggregates that open as they get wet."""
    m, p = layer.minerals, _pools(layer)
    if m is None:
        return []
    capacity, wet = mineral_capacity(m.sorption, m.bulk_density, m.clay_silt), laws.Given(layer, laws.wetness)
    held = sorption_reactions(
        m.sorption, p.dissolved, p.mineral,
        capacity=Fixed(capacity), acidity=laws.Given(layer, laws.acidity), wetness=wet,
    )  # fmt: skip
    enclosed = aggregate_reactions(m.aggregation, p.labile, p.mineral, p.aggregates, wetness=wet)
    opened = [exposure(layer.birch, p.aggregates, p.dissolved)] if layer.birch else []
    return [*held, *enclosed, *opened]


def _life(layer: Layer) -> list[Reaction]:
    """Microbes eat, keep themselves, die, burst, sleep and wake."""
    p, m, slots = _pools(layer), layer.microbes, _slots(layer)
    ratios, most = _needs(layer)
    eaten = uptake(
        "uptake",
        laws.Given(layer, laws.taken_up),
        p.dissolved,
        p.active,
        efficiency=laws.Given(layer, laws.efficiency),
        ratios=ratios,
        slots=slots,
        most=most,
        width=layer.width,
        meaning="growth held by nutrients, with overflow",
    )
    kept = FirstOrder("active_c", laws.Given(layer, laws.maintained))
    dead = FirstOrder("active_c", laws.Given(layer, laws.dying))
    rest = {next(iter(s.content)): s for s in p.labile}
    died = routed("death", dead, p.active, {p.dissolved: Fixed(m.dead_dissolved)}, rest, meaning="of active microbes")
    reactions = [
        eaten,
        routed("maintenance", kept, p.active, {}, slots, meaning="respired"),
        laws.warmed(layer, died),
    ]
    if layer.dormancy:
        doze = FirstOrder("dormant_c", laws.Given(layer, laws.dozing))
        moves = dormancy_reactions(layer.dormancy, p.active, p.dormant, laws.Given(layer, laws.called))
        reactions += [laws.warmed(layer, move) for move in moves]
        reactions.append(routed("maintenance asleep", doze, p.dormant, {}, slots, meaning="respired"))
    return [*reactions, *_burst(layer)]


def _burst(layer: Layer) -> list[Reaction]:
    """Cells that burst; what is respired of them needs oxygen where it is followed."""
    if layer.birch is None:
        return []
    p = _pools(layer)
    burst = lysis(layer.birch, p.active, p.dissolved, _slots(layer))
    if layer.oxygen is None:
        return [burst]
    routing = burst.stoichiometry
    kept = laws.KeptInBurst(layer, routing.shares[0])  # type: ignore[attr-defined]
    return [replace(burst, stoichiometry=replace(routing, shares=(kept,)))]  # type: ignore[type-var]


def _mineral(layer: Layer) -> list[Reaction]:
    """Nitrogen and phosphorus that are not organic."""
    reactions: list[Reaction] = []
    oxygen = "oxygen" if layer.oxygen else None
    if layer.nitrification:
        law = FirstOrder("ammonium", laws.Given(layer, laws.nitrified))
        reactions += nitrification_reactions(law, layer.nitrification, oxygen=oxygen is not None)
    if layer.denitrification:
        speeds = (laws.Given(layer, laws.reduction),) * 4
        steps = chain(speeds, layer.denitrification, donor="dissolved_c", oxygen=oxygen)
        reactions += [replace(r, law=laws.AtMicrosite(layer, r.law)) for r in steps] if layer.oxygen else steps
    if layer.phosphorus:
        pools, warmth = _pools(layer).of_enzymes, layer.microbes.temperature
        washed = laws.Given(layer, laws.washed)
        reactions += phosphorus_reactions(layer.phosphorus, layer.enzymes, pools, warmth, washed)
    return reactions


def _leaving(layer: Layer) -> list[Reaction]:
    """Gases to the air and from it, and solutes to the river."""
    escaping, washed = laws.Given(layer, laws.escaped), laws.Given(layer, laws.washed)
    gases = [r for gas in GASES for r in exchange(gas, f"{gas} of the air", escaping)]
    if layer.oxygen:
        gases += exchange("oxygen", OXYGEN_ABOVE.name, escaping, laws.Given(layer, laws.aired))
    solutes = {s.name: f"DO{next(iter(s.content))}" for s in _pools(layer).dissolved}
    solutes |= dict.fromkeys(("ammonium", "nitrate", "nitrite"), "DIN")
    leaches = leaching({name: (form, washed) for name, form in solutes.items()})
    if layer.oxygen is None:
        return [*gases, *leaches]
    here = species(layer)
    out = {r.name: electrons_of(here, name) for r, name in zip(leaches, solutes)}
    charged = (replace(r, stoichiometry={**r.stoichiometry, RIVER_ELECTRONS.name: out[r.name]}) for r in leaches)
    return [*gases, *charged]


def _rooted(layer: Layer) -> list[Reaction]:
    """Roots and their fungi."""
    if layer.plants is None:
        return []
    fungi = fungal_reactions(layer, _elements(layer)) if layer.mycorrhiza else []
    return [*plant_reactions(layer, _elements(layer)), *fungi]


def course(
    layer: Layer, x: Array, conditions: Conditions | Rooted, dt: Array | float, tolerance: Tolerance
) -> Integrated:
    """A layer through conditions that change from step to step, with steps within them as errors ask for.

    Args:
        layer: processes and numbers.
        x: amounts at the start [mol m-3], (species, ...).
        conditions: time on the first axis of every field, (time, ...); one number serves for all times. With plants
            they are `rooted`.
        dt: length of a step of the conditions [s].
        tolerance: errors allowed within a step.

    Returns:
        amounts, extents and status after every step, (time, ...).

    Raises:
        InputError: for conditions that no soil has, such as a temperature in degC; not where they are traced.
    """
    check(conditions)
    return _course(layer, x, through(conditions), dt, tolerance)


@eqx.filter_jit
def _course(
    layer: Layer, x: Array, conditions: Conditions | Rooted, dt: Array | float, tolerance: Tolerance
) -> Integrated:
    advance = partial(advanced, network(layer), dt, tolerance)
    return jax.lax.scan(advance, (x, first_step(x)), conditions)[1]


def first_step(x: Array) -> Array:
    """Length of the first trial step [s], (...)."""
    return jnp.full(x.shape[1:], 60.0)


def advanced(
    made: Network, dt: Array | float, tolerance: Tolerance, carry: tuple[Array, Array], at: Conditions | Rooted
) -> tuple[tuple[Array, Array], Integrated]:
    """One step of the conditions: amounts at its end with the length of the next trial step, and all that happened."""
    end = integrate(Rosenbrock("ros3"), made, carry[0], at, dt, tolerance, carry[1])
    return (end.x, end.next_step), end


def stocked(layer: Layer, amounts: Mapping[str, ArrayLike]) -> Array:
    """Amounts of all species from those that are there.

    Args:
        layer: processes.
        amounts: species -> amount [mol m-3]; those not named are empty.

    Raises:
        InputError: for a species that the layer does not have, or an amount that is negative or not a number.

    >>> stocked(Layer(), {"labile_c": 500.0})[:2].tolist()
    [500.0, 0.0]
    """
    here = tuple(s.name for s in species(layer))
    for name, amount in amounts.items():
        if name not in here:
            raise InputError(f"there is no species {name!r}; {nearest(name, here)}", where="stocked")
        if not isinstance(amount, jax.core.Tracer) and not np.all(np.asarray(amount) >= 0.0):
            raise InputError(f"the amount of {name} is negative or not a number", where="stocked")
    rows = [jnp.asarray(amounts.get(name, 0.0), float) for name in here]
    return jnp.stack(jnp.broadcast_arrays(*rows))
