r"""Litter bags: litter of known lignin and nitrogen in bags, and what several models leave of it month by month.

A bag holds litter and what grows on it, and nothing else. Mineral nitrogen goes between the bag and the soil around by
$k\,(N_{soil} - N)$, so that microbes may take more nitrogen than the litter brought. Every model divides the litter as
its authors did, or by the metabolic share of DayCent where they did not say, and has its published speeds; bags that
are compared differ in the model alone.

Source: the experiment after the Long-term Intersite Decomposition Experiment, Parton et al. (2007), Science 315, 361.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.coefficients import Fixed
from shanhai.core.constants import ATOMIC_MASS, SECONDS_PER_DAY, ZERO_CELSIUS
from shanhai.core.params import par
from shanhai.core.reactions import Network, Species
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.integrate import Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.soil.gas_diffusivity import exchange
from shanhai.soil.layer import Conditions, Layer
from shanhai.soil.layer import network as layer_network
from shanhai.soil.peers.casacnp import Casa, CasaSite, casa_network
from shanhai.soil.peers.corpse import Corpse, CorpseSite, corpse_network
from shanhai.soil.peers.daycent import daycent_network
from shanhai.soil.peers.daycent_matter import MASS_PER_CARBON, Daycent, Parts, daycent_day, litter_parts

Model = Literal["daycent", "casacnp", "corpse", "layer"]
MONTHS = 12
MONTH = 365.25 / MONTHS  # days
STEPS = 31  # in a month, of models that are not stiff
MINERAL = {
    "ammonium", "nitrate", "nitrite", "nitric_oxide", "nitrous_oxide", "dinitrogen", "mineral_n",
    "oxygen",
}  # fmt: skip
"""Pools of nitrogen, and oxygen, that are not litter or what grows on it."""
TOLERANCE = Tolerance(relative=1e-4, absolute=1e-6)  # type: ignore[arg-type]


class Litter(NamedTuple):
    """What is put into bags, (litter,).

    Args:
        lignin: by mass [1].
        ratio: C:N by mass [1].
    """

    lignin: Array
    ratio: Array


class Climate(NamedTuple):
    """Where bags lie, (site,).

    Args:
        temperature: mean of the year [degC].
        amplitude: of the seasons, half of the range [K].
        filled: water-filled pores [1].
    """

    temperature: Array
    amplitude: Array
    filled: Array


def _bare_layer() -> Layer:
    return Layer(minerals=None, birch=None, nitrification=None, denitrification=None)


class Bag(eqx.Module):
    """A bag, the soil around it, and the numbers of the models."""

    carbon: Array = par(100.0, "g m-2", source="choice: 10 g of litter in 0.04 m2", bounds=(1.0, 1e4), meaning="put in")
    soil_nitrogen: Array = par(
        2.0, "g m-2", source="choice; unverified", bounds=(0.0, 100.0), meaning="mineral nitrogen around the bag"
    )
    exchange: Array = par(
        0.1, "d-1", source="choice: ten days; unverified", bounds=(0.0, 10.0),
        meaning="rate at which mineral nitrogen of bag and soil become alike, k",
    )  # fmt: skip
    thickness: Array = par(
        0.02, "m", source="choice; unverified", bounds=(1e-3, 0.5),
        meaning="of the bag, for the layer, which counts by volume",
    )  # fmt: skip
    soluble: Array = par(
        0.2, "1", source="choice; unverified", bounds=(0.0, 1.0),
        meaning="metabolic litter that is dissolved at once, for the layer",
    )  # fmt: skip
    inoculum: Array = par(
        0.05, "1", source="choice; unverified", bounds=(1e-5, 0.2),
        meaning="carbon of the microbes that come with the litter, where a model needs them, over its carbon",
    )  # fmt: skip
    daycent: Daycent = eqx.field(default_factory=Daycent)
    casacnp: Casa = eqx.field(default_factory=Casa)
    corpse: Corpse = eqx.field(default_factory=Corpse)
    layer: Layer = eqx.field(default_factory=_bare_layer)


class Filled(NamedTuple):
    """A bag as a model sees it.

    Args:
        network: its reactions with the exchange of mineral nitrogen.
        start: amounts, (species, litter, site).
        meets: (temperature [degC], (site,)) -> what the laws take.
        day: units of time in a day.
        gram: carbon or nitrogen in a unit of an amount [g m-2], by element.
        stiff: whether steps follow the error.
    """

    network: Network
    start: Array
    meets: Callable[[Array], Any]
    day: float
    gram: dict[str, Array]
    stiff: bool


class Course(NamedTuple):
    """What is left of bags, (month, litter, site) from the start on.

    Args:
        carbon: of the bag [g m-2].
        nitrogen: of the bag, without minerals [g m-2].
        start: all amounts at the start, (species, litter, site).
        end: and at the end.
        network: of the model.
    """

    carbon: Array
    nitrogen: Array
    start: Array
    end: Array
    network: Network


def course(bag: Bag, model: Model, litter: Litter, climate: Climate, years: int) -> Course:
    """Follow bags of every litter at every site.

    Args:
        bag: numbers.
        model: one of `Model`.
        litter: (litter,).
        climate: (site,).
        years: length.
    """
    start, end, carbon, nitrogen = _followed(bag, model, litter, climate, years)
    return Course(carbon, nitrogen, start, end, FILL[model](bag, litter, climate).network)


@eqx.filter_jit
def _followed(
    bag: Bag, model: Model, litter: Litter, climate: Climate, years: int
) -> tuple[Array, Array, Array, Array]:
    filled = FILL[model](bag, litter, climate)
    season = jnp.cos(2.0 * jnp.pi * (jnp.arange(MONTHS) - 6.5) / MONTHS)
    warmth = climate.temperature + climate.amplitude * season[:, None]
    year = jax.vmap(filled.meets)(warmth)
    held = partial(_held, filled)

    def month(x: Array, k: Array) -> tuple[Array, tuple[Array, Array]]:
        after = _advanced(filled, x, jax.tree.map(lambda v: v[k % MONTHS], year))
        return after, held(after)

    end, after = jax.lax.scan(month, filled.start, jnp.arange(years * MONTHS))
    carbon, nitrogen = (jnp.concatenate([first[None], rest]) for first, rest in zip(held(filled.start), after))
    return filled.start, end, carbon, nitrogen


def _advanced(filled: Filled, x: Array, at: Any) -> Array:
    """Amounts a month later."""
    if filled.stiff:
        return integrate(Rosenbrock("ros3"), filled.network, x, at, MONTH * filled.day, TOLERANCE).x
    step, dt = RungeKutta(2), MONTH / STEPS * filled.day
    return jax.lax.fori_loop(0, STEPS, lambda _, x: step(filled.network, x, at, dt).x, x)


def _held(filled: Filled, x: Array) -> tuple[Array, Array]:
    """Carbon and nitrogen of the bag [g m-2]."""
    carbon, nitrogen = (filled.gram[e] * jnp.tensordot(inside(filled.network, e), x, axes=1) for e in "CN")
    return carbon, nitrogen


def inside(network: Network, element: str) -> Array:
    """How much of an element each species brings to the bag, nothing for minerals and accounts, (species,).

    Args:
        network: of a model.
        element: "C" or "N".

    >>> network = casa_network(Casa())
    >>> float(inside(network, "N").sum()), float(inside(network, "N")[network.index("mineral_n")])
    (6.0, 0.0)
    """
    content = network.contents[network.quantities.index(element)]
    counts = [c if k in network.pools and network.names[k] not in MINERAL else 0.0 for k, c in enumerate(content)]
    return jnp.asarray(counts)


def _open(network: Network, mineral: str, rate: Array, around: Array, sample: Any) -> Network:
    """A network with mineral nitrogen that goes between the bag and the soil around."""
    unit = network.species[network.index(mineral)].unit
    soil = Species("soil_n", {"N": 1.0}, True, unit, "mineral nitrogen of the soil around")
    made = exchange(mineral, "soil_n", Fixed(rate), Fixed(around))
    return Network((*network.species, soil), (*network.reactions, *made), sample)


def _amounts(network: Network, litter: Litter, climate: Climate, amounts: Mapping[str, ArrayLike]) -> Array:
    """Amounts of all species from those that are there, (litter,), at every site."""
    shape = (len(litter.lignin), len(climate.temperature))
    rows = [jnp.asarray(amounts.get(name, 0.0), float) for name in network.names]
    return jnp.stack([jnp.broadcast_to(row[..., None] if row.ndim else row, shape) for row in rows])


def parts(bag: Bag, litter: Litter) -> Parts:
    """Litter put in, as DayCent divides it [g m-2], (litter,)."""
    return Parts(*(bag.carbon * part for part in litter_parts(bag.daycent, litter.lignin, litter.ratio)))


def _daycent(bag: Bag, litter: Litter, climate: Climate) -> Filled:
    m = bag.daycent

    def meets(temperature: Array) -> Any:
        # nitrate that is made in the bag goes to the soil as fast as ammonium comes from it
        return daycent_day(m, temperature, climate.filled * m.ground.porosity, drained=bag.exchange)

    made = _open(daycent_network(m), "ammonium", bag.exchange, bag.soil_nitrogen, meets(climate.temperature[0]))
    amounts = {f"surface_{name}": part for name, part in parts(bag, litter)._asdict().items()}
    start = _amounts(made, litter, climate, amounts | {"ammonium": bag.soil_nitrogen})
    return Filled(made, start, meets, 1.0, _grams(1.0), stiff=False)


def _casacnp(bag: Bag, litter: Litter, climate: Climate) -> Filled:
    lignin = (MASS_PER_CARBON * litter.lignin)[:, None]
    m = eqx.tree_at(lambda c: c.lignin, bag.casacnp, lignin)

    def meets(temperature: Array) -> CasaSite:
        return CasaSite(ZERO_CELSIUS + temperature, climate.filled, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    given = parts(bag, litter)
    hard = given.cellulose + given.lignin
    nitrogen = bag.carbon / litter.ratio
    held = hard * jnp.minimum(1.0 / m.ratios.structural, 1.0 / litter.ratio)
    amounts: dict[str, ArrayLike] = {
        "metabolic": given.metabolic,
        "structural": hard,
        "metabolic_n": nitrogen - held,
        "structural_n": held,
    }
    for kind in ("metabolic", "structural"):
        amounts[f"{kind}_p"] = amounts[f"{kind}_n"] / getattr(m.ratios, f"{kind}_p")
    amounts |= {"mineral_n": bag.soil_nitrogen, "exchangeable_p": jnp.asarray(150.0)}
    made = _open(casa_network(m), "mineral_n", 365.0 * bag.exchange, bag.soil_nitrogen, meets(climate.temperature))
    return Filled(made, _amounts(made, litter, climate, amounts), meets, 1.0 / 365.0, _grams(1.0), stiff=False)


def _corpse(bag: Bag, litter: Litter, climate: Climate) -> Filled:
    m = bag.corpse

    def meets(temperature: Array) -> CorpseSite:
        return CorpseSite(ZERO_CELSIUS + temperature, climate.filled, 0.0, 0.0)  # without clay nothing is protected

    given, kilo = parts(bag, litter), 1e-3
    amounts = {"fast": given.metabolic, "fast_n": given.metabolic_n, "slow": given.cellulose + given.lignin}
    amounts |= {"slow_n": given.structural_n, "microbes": bag.inoculum * bag.carbon, "mineral_n": bag.soil_nitrogen}
    amounts["microbes_n"] = bag.inoculum * bag.carbon / m.ratio
    around = kilo * bag.soil_nitrogen
    made = _open(corpse_network(m), "mineral_n", 365.0 * bag.exchange, around, meets(climate.temperature[0]))
    start = _amounts(made, litter, climate, {name: kilo * jnp.asarray(v) for name, v in amounts.items()})
    microbial = _grams(1e3)
    return Filled(made, start, meets, 1.0 / 365.0, microbial, stiff=False)


def _layer(bag: Bag, litter: Litter, climate: Climate) -> Filled:
    layer = bag.layer

    def meets(temperature: Array) -> Conditions:
        porosity = 0.9
        potential = -1e4 * climate.filled**-6.0  # as in a jar
        return Conditions(ZERO_CELSIUS + temperature, potential, climate.filled * porosity, porosity)

    given = parts(bag, litter)
    mol = {e: 1.0 / (ATOMIC_MASS[e] * bag.thickness) for e in "CN"}
    loose, loose_n = bag.soluble * given.metabolic, bag.soluble * given.metabolic_n
    of_cellulose = given.structural_n * given.cellulose / (given.cellulose + given.lignin)
    soft, soft_n = given.metabolic + given.cellulose - loose, given.metabolic_n + of_cellulose - loose_n
    hard_n = given.structural_n - of_cellulose
    active = bag.inoculum * bag.carbon * mol["C"]
    grown = {"active": active, "labile_enzyme": bag.inoculum * active, "recalcitrant_enzyme": bag.inoculum * active}
    amounts = {"labile_c": mol["C"] * soft, "labile_n": mol["N"] * soft_n}
    amounts |= {"dissolved_c": mol["C"] * loose, "dissolved_n": mol["N"] * loose_n}
    amounts |= {"recalcitrant_c": mol["C"] * given.lignin, "recalcitrant_n": mol["N"] * hard_n}
    amounts |= {f"{name}_c": carbon for name, carbon in grown.items()}
    amounts |= {f"{name}_n": carbon / layer.composition.nitrogen for name, carbon in grown.items()}
    around = mol["N"] * bag.soil_nitrogen
    rate = bag.exchange / SECONDS_PER_DAY
    made = _open(layer_network(layer), "ammonium", rate, around, Conditions())
    start = _amounts(made, litter, climate, amounts | {"ammonium": around})
    return Filled(made, start, meets, SECONDS_PER_DAY, {e: 1.0 / mol[e] for e in "CN"}, stiff=True)


def _grams(unit: float) -> dict[str, Array]:
    return {"C": jnp.asarray(unit), "N": jnp.asarray(unit)}


FILL: dict[Model, Callable[[Bag, Litter, Climate], Filled]] = {
    "daycent": _daycent,
    "casacnp": _casacnp,
    "corpse": _corpse,
    "layer": _layer,
}
"""How each model fills a bag."""
