r"""A jar or a layer of soil: carbon and nitrogen through microbes, enzymes, minerals and gases, in one network.

Enzymes free dissolved matter from labile and recalcitrant matter; active microbes take it up, grow, overflow,
mineralise or immobilise, fall asleep and wake, die and burst; minerals hold what is dissolved and aggregates enclose
matter; ammonium is nitrified where there is oxygen, nitrate respired where there is none; gases leave to the air and
solutes with the water. Uptake sees the part of the dissolved matter that reaches the cells,

$$U = V B_a\,f_T\,(1 - f_{an})\,\frac{S'}{K + S'}, \qquad S' = S\,\Bigl(\frac{\theta}{\varepsilon}\Bigr)^3$$

Source: the diffusion of substrate after Davidson et al. (2012), Glob. Change Biol. 18, 371 (DAMM); each process is
that of its own file. What an option switches off is not in the network.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.coefficients import Fixed
from shanhai.core.constants import SECONDS_PER_HOUR, ZERO_CELSIUS
from shanhai.core.errors import InputError
from shanhai.core.first_order import FirstOrder
from shanhai.core.params import _strong_float, par
from shanhai.core.reactions import Law, Network, Reaction, Species
from shanhai.core.routing import Pool, routed
from shanhai.numerics.integrate import Integrated, Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.soil.anoxic_fraction import Partition, water_filled_pores
from shanhai.soil.birch import Birch, exposure, lysis
from shanhai.soil.carbon_use import LogitEfficiency
from shanhai.soil.denitrification import Denitrification, chain
from shanhai.soil.dormancy import Dormancy, dormancy_reactions
from shanhai.soil.enzyme_allocation import Allocation, EnzymePools, Enzymes, enzyme_reactions
from shanhai.soil.gas_diffusivity import exchange, oxygen_capacity, oxygen_in_soil
from shanhai.soil.losses import leaching, leaching_rate, river_accounts
from shanhai.soil.nitrification import Nitrification, mineral_nitrogen
from shanhai.soil.nitrification import reactions as nitrification_reactions
from shanhai.soil.protection import (
    Aggregation,
    Sorption,
    aggregate_reactions,
    diffusion_wetness,
    mineral_capacity,
    sorption_reactions,
)
from shanhai.soil.stoichiometry import Composition, Immobilisation, uptake
from shanhai.soil.temperature import Arrhenius

GASES = ("nitric_oxide", "nitrous_oxide")


def pool(name: str) -> Pool:
    """Carbon and nitrogen of a pool, such as "labile_c" and "labile_n"."""
    return tuple(Species(f"{name}_{e.lower()}", {e: 1.0}, unit="mol m-3") for e in "CN")


LABILE, RECALCITRANT, DISSOLVED = pool("labile"), pool("recalcitrant"), pool("dissolved")
ACTIVE, DORMANT = pool("active"), pool("dormant")
MINERAL, AGGREGATES = pool("mineral"), pool("aggregates")
ENZYMES = EnzymePools(ACTIVE, LABILE, RECALCITRANT, pool("labile_enzyme"), pool("recalcitrant_enzyme"), DISSOLVED)
CO2 = Species("co2", {"C": 1.0}, True, "mol m-3", "of the air")


class Conditions(NamedTuple):
    """What the layer meets, each of any shape that the amounts broadcast with.

    Args:
        temperature: [K].
        potential: matric potential [Pa], negative.
        water: liquid [m3 m-3].
        porosity: [m3 m-3].
        potential_rate: dψ/dt [Pa s-1], see `birch.wetting`.
        water_rate: dθ/dt [m3 m-3 s-1].
        ph: [1].
        drainage: water that flows out of the layer [m s-1].
    """

    temperature: ArrayLike = ZERO_CELSIUS + 20.0
    potential: ArrayLike = -3e4
    water: ArrayLike = 0.25
    porosity: ArrayLike = 0.5
    potential_rate: ArrayLike = 0.0
    water_rate: ArrayLike = 0.0
    ph: ArrayLike = 6.5
    drainage: ArrayLike = 0.0


class Microbes(eqx.Module):
    """Numbers of what microbes do apart from enzymes, dormancy and bursting."""

    uptake: Array = par(
        0.025, "h-1",
        source="growth of 0.01 with maintenance of 0.0025 h-1 over an efficiency of 0.5, as in the namelist of MEND of "
        "May 2019",
        bounds=(1e-5, 10.0), meaning="fastest uptake of carbon over active microbes at the reference temperature",
    )  # fmt: skip
    half_saturation: Array = par(
        0.26 / 12.011e-3, "mol m-3", source="0.26 mg cm-3, initial value in the namelist of MEND of May 2019",
        bounds=(1e-6, 1e4), meaning="dissolved carbon at half of the fastest uptake, where water fills the pores",
    )  # fmt: skip
    maintenance: Array = par(
        0.0025, "h-1", source="initial value in the namelist of MEND of May 2019",
        bounds=(0.0, 0.1), meaning="active carbon respired whether they grow or not",
    )  # fmt: skip
    asleep: Array = par(
        0.01, "1", source="choice; unverified", bounds=(0.0, 1.0), meaning="maintenance of dormant over active microbes"
    )
    death: Array = par(5e-4, "h-1", source="choice; unverified", bounds=(0.0, 0.1), meaning="active microbes that die")
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

    The soil without oxygen is a fraction here and not an amount of oxygen, and there is no phosphorus: of the numbers
    of `Nitrification` the rate and the shares count, of `Denitrification` the half-saturations of nitrogen and carbon,
    of `Composition` that of nitrogen.

    Args:
        microbes: uptake, maintenance and death.
        enzymes: what they free.
        mined: part of the new enzymes that is for recalcitrant matter [1]; None for the part that lets microbes grow
            fastest, by efficiency at the reference temperature.
        efficiency: growth over uptake.
        composition: C:N of microbes.
        immobilisation: most that is taken of ammonium.
        anoxic: part of the soil without oxygen.
        dormancy: None for microbes that never sleep.
        minerals: None for a soil that holds nothing back.
        birch: None for soil that does not mind how fast it wets.
        nitrification: None for none.
        denitrification: None for none.
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
    nitrate_respiration: Array = par(
        0.005, "h-1", source="choice; unverified", bounds=(0.0, 1.0),
        meaning="nitrogen that active carbon can reduce in each step where there is no oxygen",
    )  # fmt: skip
    thickness: Array = par(0.1, "m", source="choice", bounds=(1e-3, 2.0), meaning="of the layer, for gases and water")

    def anoxic_fraction(self, at: Conditions) -> Array:
        """Part of the soil without oxygen [1]."""
        return self.anoxic.anoxic(water_filled_pores(at.water, at.porosity))

    def escape(self, at: Conditions) -> Array:
        """Rate constant at which gases leave the layer, D/(Δz²/2 c) [s-1]."""
        spread = oxygen_in_soil(at.water, at.porosity, at.temperature)
        return 2.0 * spread / (self.thickness**2 * oxygen_capacity(at.water, at.porosity, at.temperature))


class _At(eqx.Module):
    """A coefficient that a function of layer and conditions gives."""

    layer: Layer
    function: Callable[[Layer, Conditions], Array] = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        return self.function(self.layer, environment)


class _Warmed(eqx.Module):
    """A law with the factor of temperature."""

    law: Law
    temperature: Arrhenius

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        return self.law(x, environment) * self.temperature(environment.temperature)


class _Uptake(eqx.Module):
    """Uptake of dissolved carbon by active microbes [mol m-3 s-1]."""

    layer: Layer

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        m = self.layer.microbes
        reaches = x["dissolved_c"] * water_filled_pores(environment.water, environment.porosity) ** 3
        speed = m.uptake / SECONDS_PER_HOUR * m.temperature(environment.temperature)
        oxic = 1.0 - self.layer.anoxic_fraction(environment)
        return speed * oxic * x["active_c"] * reaches / (m.half_saturation + reaches)


class _Reduction(eqx.Module):
    """Fastest step of denitrification, of nitrogen [mol m-3 s-1]."""

    layer: Layer

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        speed = self.layer.nitrate_respiration / SECONDS_PER_HOUR
        warm = self.layer.microbes.temperature(environment.temperature)
        return speed * warm * self.layer.anoxic_fraction(environment) * x["active_c"]


def _efficiency(layer: Layer, at: Conditions) -> Array:
    return layer.efficiency(at.temperature)


def _maintained(layer: Layer, at: Conditions) -> Array:
    return layer.microbes.maintenance / SECONDS_PER_HOUR * layer.microbes.temperature(at.temperature)


def _dozing(layer: Layer, at: Conditions) -> Array:
    return layer.microbes.asleep * _maintained(layer, at)


def _nitrified(layer: Layer, at: Conditions) -> Array:
    assert layer.nitrification is not None
    warm = layer.microbes.temperature(at.temperature)
    filled = water_filled_pores(at.water, at.porosity)  # thin films slow it down as they do uptake
    return layer.nitrification.rate_constant(warm, filled, at.ph, layer.anoxic_fraction(at))


def _wetness(layer: Layer, at: Conditions) -> Array:
    return diffusion_wetness(at.water, at.porosity)


def _acidity(layer: Layer, at: Conditions) -> Array:
    return jnp.asarray(at.ph)


def _washed(layer: Layer, at: Conditions) -> Array:
    return leaching_rate(at.drainage, at.water, layer.thickness)


def _escaped(layer: Layer, at: Conditions) -> Array:
    return layer.escape(at)


def species(layer: Layer) -> tuple[Species, ...]:
    """Species of the network of a layer, pools first."""
    pools = [LABILE, RECALCITRANT, ENZYMES.labile_enzyme, ENZYMES.recalcitrant_enzyme, DISSOLVED, ACTIVE]
    pools += [DORMANT] if layer.dormancy else []
    pools += [MINERAL, AGGREGATES] if layer.minerals else []
    nitrogen = mineral_nitrogen(external=("dinitrogen",))
    airs = (Species(f"{gas} of the air", {"N": 1.0}, True, "mol m-3") for gas in GASES)
    rivers = tuple(s for s in river_accounts() if s.name in ("river_DOC", "river_DON", "river_DIN"))
    return (*(s for p in pools for s in p), *nitrogen, CO2, *airs, *rivers)


def network(layer: Layer) -> Network:
    """The reactions of a layer, checked for carbon and nitrogen.

    Args:
        layer: processes and numbers. The environment of the laws is `Conditions`.

    >>> soil = network(Layer())
    >>> soil.quantities, len(soil.reactions)
    (('C', 'N'), 30)
    """
    reactions = [*_decay(layer), *_life(layer), *_mineral(layer), *_leaving(layer)]
    return Network(species(layer), tuple(reactions), Conditions())


def _mineral_species() -> dict[str, Species]:
    return {"C": CO2, "N": mineral_nitrogen("ammonium")[0]}


def _decay(layer: Layer) -> list[Reaction]:
    """Enzymes made, at work and lost, and what is protected from them."""
    mineral = {"N": layer.immobilisation}
    ratios = {"N": layer.composition.nitrogen}
    reference = layer.efficiency(layer.microbes.temperature.reference)
    best = Allocation(layer.enzymes, ENZYMES, reference, ratios, mineral)  # type: ignore[arg-type]
    given: Law = best if layer.mined is None else Fixed(layer.mined)
    made = enzyme_reactions(layer.enzymes, ENZYMES, given)
    warmed = [
        Reaction(r.name, _Warmed(r.law, layer.microbes.temperature), r.stoichiometry, r.meaning)
        if r.name.endswith("freed")
        else r
        for r in made
    ]
    return [*warmed, *_protected(layer)]


def _protected(layer: Layer) -> list[Reaction]:
    """Matter on minerals and in aggregates, and aggregates that open as they get wet."""
    m = layer.minerals
    if m is None:
        return []
    capacity, wet = mineral_capacity(m.sorption, m.bulk_density, m.clay_silt), _At(layer, _wetness)
    held = sorption_reactions(
        m.sorption, DISSOLVED, MINERAL, capacity=Fixed(capacity), acidity=_At(layer, _acidity), wetness=wet
    )
    enclosed = aggregate_reactions(m.aggregation, LABILE, MINERAL, AGGREGATES, wetness=wet)
    opened = [exposure(layer.birch, AGGREGATES, DISSOLVED)] if layer.birch else []
    return [*held, *enclosed, *opened]


def _life(layer: Layer) -> list[Reaction]:
    """Microbes eat, keep themselves, die, burst, sleep and wake."""
    m, slots = layer.microbes, _mineral_species()
    eaten = uptake(
        "uptake",
        _Uptake(layer),
        DISSOLVED,
        ACTIVE,
        efficiency=_At(layer, _efficiency),
        ratios={"N": layer.composition.nitrogen},
        slots=slots,
        most={"N": layer.immobilisation},
        meaning="growth held by nitrogen, with overflow",
    )
    dead = FirstOrder("active_c", m.death / SECONDS_PER_HOUR)
    rest = {next(iter(s.content)): s for s in LABILE}
    reactions = [
        eaten,
        routed("maintenance", FirstOrder("active_c", _At(layer, _maintained)), ACTIVE, {}, slots, meaning="respired"),
        routed("death", dead, ACTIVE, {DISSOLVED: m.dead_dissolved}, rest, meaning="of active microbes"),  # type: ignore[dict-item]
    ]
    if layer.dormancy:
        doze = FirstOrder("dormant_c", _At(layer, _dozing))
        reactions += dormancy_reactions(layer.dormancy, ACTIVE, DORMANT, "dissolved_c")
        reactions.append(routed("maintenance asleep", doze, DORMANT, {}, slots, meaning="respired"))
    if layer.birch:
        reactions.append(lysis(layer.birch, ACTIVE, DISSOLVED, slots))
    return reactions


def _mineral(layer: Layer) -> list[Reaction]:
    reactions: list[Reaction] = []
    if layer.nitrification:
        law = FirstOrder("ammonium", _At(layer, _nitrified))
        reactions += nitrification_reactions(law, layer.nitrification)
    if layer.denitrification:
        speeds = (_Reduction(layer),) * 4
        reactions += chain(speeds, layer.denitrification, donor="dissolved_c", oxygen=None)
    return reactions


def _leaving(layer: Layer) -> list[Reaction]:
    """Gases to the air and solutes to the river."""
    escaping, washed = _At(layer, _escaped), _At(layer, _washed)
    gases = [r for gas in GASES for r in exchange(gas, f"{gas} of the air", escaping)]
    solutes = {"dissolved_c": "DOC", "dissolved_n": "DON", "ammonium": "DIN", "nitrate": "DIN", "nitrite": "DIN"}
    return [*gases, *leaching({name: (form, washed) for name, form in solutes.items()})]


def course(layer: Layer, x: Array, conditions: Conditions, dt: Array | float, tolerance: Tolerance) -> Integrated:
    """A layer through conditions that change from step to step, with steps within them as errors ask for.

    Args:
        layer: processes and numbers.
        x: amounts at the start [mol m-3], (species, ...).
        conditions: time on the first axis of every field, (time, ...).
        dt: length of a step of the conditions [s].
        tolerance: errors allowed within a step.

    Returns:
        amounts, extents and status after every step, (time, ...).

    Raises:
        InputError: for conditions that no soil has, such as a temperature in degC; not where they are traced.
    """
    _check(conditions)
    return _course(layer, x, conditions, dt, tolerance)


@eqx.filter_jit
def _course(layer: Layer, x: Array, conditions: Conditions, dt: Array | float, tolerance: Tolerance) -> Integrated:
    made = network(layer)

    def step(carry: tuple[Array, Array], at: Conditions) -> tuple[tuple[Array, Array], Integrated]:
        end = integrate(Rosenbrock("ros3"), made, carry[0], at, dt, tolerance, carry[1])
        return (end.x, end.next_step), end

    first = jnp.full(x.shape[1:], 60.0)
    return jax.lax.scan(step, (x, first), conditions)[1]


POSSIBLE = {
    "temperature": (200.0, 350.0, "K"), "potential": (-1e10, 0.0, "Pa"), "water": (0.0, 1.0, "m3 m-3"),
    "porosity": (0.01, 1.0, "m3 m-3"), "ph": (0.0, 14.0, "1"), "drainage": (0.0, 1e-2, "m s-1"),
}  # fmt: skip
"""Smallest and largest values that a soil can have, with their unit."""


def _check(conditions: Conditions) -> None:
    for name, value in conditions._asdict().items():
        if isinstance(value, jax.core.Tracer):
            return
        low, high, unit = POSSIBLE.get(name, (-np.inf, np.inf, "s-1"))
        wrong = ~((np.asarray(value) >= low) & (np.asarray(value) <= high)) | ~np.isfinite(np.asarray(value))
        if np.any(wrong):
            first = tuple(int(k) for k in np.argwhere(wrong)[0])
            raise InputError(
                f"{name} is {np.asarray(value)[first]:g}, and must be from {low:g} to {high:g} {unit}",
                where=f"conditions, entry {first}",
                do="give it in that unit, without gaps",
            )
    if np.any(np.asarray(conditions.water) > np.asarray(conditions.porosity)):
        raise InputError("there is more water than pores", where="conditions", do="keep water within porosity")


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
    made = network(layer)
    for name, amount in amounts.items():
        made.index(name)  # refuses a name that is not there
        if not isinstance(amount, jax.core.Tracer) and not np.all(np.asarray(amount) >= 0.0):
            raise InputError(f"the amount of {name} is negative or not a number", where="stocked")
    rows = [jnp.asarray(amounts.get(name, 0.0), float) for name in made.names]
    return jnp.stack(jnp.broadcast_arrays(*rows))


def daily(conditions: Conditions, days: int) -> Conditions:
    """The same conditions for a number of days, an entry each."""
    return Conditions(*(jnp.full(days, jnp.asarray(value, float)) for value in conditions))
