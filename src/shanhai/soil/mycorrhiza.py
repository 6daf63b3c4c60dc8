r"""Mycorrhiza: trait vectors of arbuscular and ectomycorrhizal plants, mining, and competition for mineral nitrogen.

An association is a vector of traits: what litter it makes, whether it mines organic matter for nitrogen, what carbon it
gives to fungi and lets out, and how well it takes up mineral nitrogen. All consumers of mineral nitrogen are solved at
once by the equilibrium chemistry approximation, and never one after the other: what one binds, the others do not have.
Saprotrophs that are left without nitrogen decompose litter more slowly, which is Gadgil's effect.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.coefficients import evaluated
from shanhai.core.constants import ATOMIC_MASS
from shanhai.core.errors import InputError
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.params import par
from shanhai.core.reactions import Law, Reaction, Species, proportion
from shanhai.core.routing import Pool, routed
from shanhai.numerics.smooth import smooth_positive

Given = Law | ArrayLike
"""A number, or a function of amounts and environment."""

_CORPSE = "CORPSE-N of Sulman et al. (2019), Global Biogeochem. Cycles 33, 501"


class Association(eqx.Module):
    """Traits of plants with their fungi; the defaults are those of arbuscular mycorrhiza."""

    litter_fast: Array = par(
        0.4, "1", source=f"{_CORPSE}: 0.4 AM, 0.1 ECM", bounds=(0.0, 1.0), meaning="litter that decomposes fast"
    )
    litter_cn: Array = par(
        30.0, "g g-1", source=f"{_CORPSE}: 30 AM, 50 ECM", bounds=(5.0, 300.0), meaning="C:N of litter, by mass"
    )
    mining: Array = par(
        0.0,
        "yr-1",
        source=f"{_CORPSE}: 1 of slow matter that nothing protects by ECM, none by AM",
        bounds=(0.0, 50.0),
        meaning="organic matter mined at most",
    )
    mining_half: Array = par(
        0.015, "1", source=_CORPSE, bounds=(1e-4, 1.0), meaning="fungal over organic carbon of half the mining"
    )
    mined_carbon: Array = par(
        1.0,
        "1",
        source="choice: 1 decomposes what is mined, 0 takes nitrogen alone (Orwin et al. 2011, Ecol. Lett. 14, 493)",
        bounds=(0.0, 1.0),
        meaning="carbon decomposed with the nitrogen mined",
    )
    to_fungi: Array = par(
        0.2, "1", source=_CORPSE, bounds=(0.0, 0.9), meaning="net primary production that goes to fungi"
    )
    exudation: Array = par(
        0.1, "1", source="unverified; ECM 0.05", bounds=(0.0, 0.5), meaning="net primary production let out by roots"
    )
    sites: Array = par(
        5e-4,
        "1",
        source="unverified; ECM twice as much",
        bounds=(0.0, 0.1),
        meaning="sites that bind mineral nitrogen, per fungal carbon",
    )


def arbuscular() -> Association:
    """Traits of arbuscular mycorrhiza (AM)."""
    return Association()


def ectomycorrhizal() -> Association:
    """Traits of ectomycorrhiza (ECM): slow litter of little nitrogen, mining, more grip on mineral nitrogen.

    >>> float(ectomycorrhizal().mining)
    1.0
    """
    fast, cn, mining, exudation, sites = (jnp.asarray(v) for v in (0.1, 50.0, 1.0, 0.05, 1e-3))
    return Association(litter_fast=fast, litter_cn=cn, mining=mining, exudation=exudation, sites=sites)


class Litterfall(NamedTuple):
    """Litter that an association makes, each in the unit of the carbon, molar.

    Args:
        fast_c: carbon that decomposes fast.
        fast_n: its nitrogen.
        slow_c: the rest of the carbon.
        slow_n: its nitrogen.
    """

    fast_c: Array
    fast_n: Array
    slow_c: Array
    slow_n: Array


def litterfall(association: Association, carbon: ArrayLike) -> Litterfall:
    """Divide litter into fast and slow, both with the C:N of the association.

    Args:
        association: traits.
        carbon: of the litter [mol], any shape.

    >>> fall = litterfall(arbuscular(), 1.0)
    >>> round(float(fall.fast_c), 6), round(float(fall.fast_c / fall.fast_n), 3)
    (0.4, 34.985)
    """
    nitrogen = jnp.asarray(carbon) / molar_cn(association.litter_cn)
    fast = association.litter_fast
    return Litterfall(fast * jnp.asarray(carbon), fast * nitrogen, (1.0 - fast) * carbon, (1.0 - fast) * nitrogen)


def molar_cn(by_mass: ArrayLike) -> Array:
    """C:N in moles of C:N by mass.

    >>> round(float(molar_cn(30.0)), 3)
    34.985
    """
    return jnp.asarray(by_mass) * (ATOMIC_MASS["N"] / ATOMIC_MASS["C"])


def bound_complexes(
    substrates: Sequence[ArrayLike], consumers: Sequence[ArrayLike], half_saturations: ArrayLike
) -> Array:
    r"""Substrates bound by consumers that all compete at once.

    $$c_{ij} = \frac{S_i E_j/K_{ij}}{1 + \sum_k S_k/K_{kj} + \sum_k E_k/K_{ik}}$$

    The sums over consumers never exceed a substrate, nor the sums over substrates a consumer; with one of each it is
    Michaelis-Menten where consumers are few, and its reverse where they are many.

    Source: Tang & Riley (2013), Biogeosciences 10, 8329, the equilibrium chemistry approximation.

    Args:
        substrates: S_i [mol m-3], (...) each.
        consumers: E_j, sites that bind [mol m-3], (...) each.
        half_saturations: K_ij [mol m-3], positive, (substrate, consumer).

    Returns:
        c [mol m-3], (substrate, consumer, ...).

    >>> [round(float(c), 6) for c in bound_complexes([1.0], [0.1, 0.2], [[1.0, 1.0]])[0]]
    [0.043478, 0.086957]
    """
    s, e = jnp.stack(jnp.broadcast_arrays(*substrates)), jnp.stack(jnp.broadcast_arrays(*consumers))
    shape = jnp.broadcast_shapes(s.shape[1:], e.shape[1:])
    s, e = jnp.broadcast_to(s, (len(s), *shape))[:, None], jnp.broadcast_to(e, (len(e), *shape))[None]
    k = jnp.reshape(jnp.asarray(half_saturations, s.dtype), (len(s), e.shape[1], *(1,) * len(shape)))
    crowd = 1.0 + jnp.sum(s / k, axis=0, keepdims=True) + jnp.sum(e / k, axis=1, keepdims=True)
    return s * e / k / crowd


class Competition(eqx.Module):
    """Consumers of mineral nitrogen and what they compete with.

    Args:
        substrates: names of the species of mineral nitrogen.
        consumers: names of the species whose amount carries the sites: fungi, roots, saprotrophs, nitrifiers.
        sites: that bind, per amount of the consumer [1], (consumer,).
        half_saturations: K [mol m-3], (substrate, consumer).
        rates: uptake of a bound site [s-1], (substrate, consumer).

    Raises:
        InputError: if shapes do not fit the names.
    """

    substrates: tuple[str, ...] = eqx.field(static=True)
    consumers: tuple[str, ...] = eqx.field(static=True)
    sites: Array = eqx.field(converter=jnp.asarray)
    half_saturations: Array = eqx.field(converter=jnp.asarray)
    rates: Array = eqx.field(converter=jnp.asarray)

    def __check_init__(self) -> None:
        wanted = (len(self.substrates), len(self.consumers))
        for name, have, shape in (
            ("sites", self.sites.shape, wanted[1:]),
            ("half_saturations", self.half_saturations.shape, wanted),
            ("rates", self.rates.shape, wanted),
        ):
            if have != shape:
                raise InputError(f"{name} have the shape {have}, not {shape}", where="competition for nitrogen")

    def uptake(self, x: Mapping[str, Array]) -> Array:
        """What each consumer can take of each substrate [mol m-3 s-1], (substrate, consumer, ...)."""
        amounts = [x[name] for name in self.substrates]
        bound = [site * x[name] for site, name in zip(self.sites, self.consumers, strict=True)]
        complexes = bound_complexes(amounts, bound, self.half_saturations)
        return self.rates.reshape(*self.rates.shape, *(1,) * (complexes.ndim - 2)) * complexes


class _Share(eqx.Module):
    """Uptake of one substrate by one consumer."""

    competition: Competition
    substrate: int = eqx.field(static=True)
    consumer: int = eqx.field(static=True)

    def __call__(self, x: Any, environment: Any) -> Array:
        return self.competition.uptake(x)[self.substrate, self.consumer]


def uptake_reactions(competition: Competition, sinks: Mapping[str, str]) -> tuple[Reaction, ...]:
    """Uptake of every substrate by those consumers that have a sink; the others compete all the same.

    Args:
        competition: consumers and substrates.
        sinks: consumer -> species of nitrogen that its uptake makes. Saprotrophs have none where `LimitedDecay` takes
            the nitrogen.

    Raises:
        InputError: for a sink of somebody who does not compete.
    """
    for name in sinks:
        if name not in competition.consumers:
            raise InputError(
                f"{name!r} is no consumer of {', '.join(competition.substrates)}", where="uptake of nitrogen"
            )
    return tuple(
        Reaction(f"uptake of {s} by {c}", _Share(competition, i, j), {s: -1.0, sinks[c]: 1.0}, "Tang & Riley (2013)")
        for i, s in enumerate(competition.substrates)
        for j, c in enumerate(competition.consumers)
        if c in sinks
    )


class LimitedDecay(eqx.Module):
    r"""Decomposition by saprotrophs that slows where nitrogen for growth runs short.

    $$r = k\,C\,\frac{U}{U + D}, \qquad D = k\,C\left(\frac{\epsilon}{\theta_B} - \frac{N}{C}\right)_+$$

    U is what they can take up in competition with all others. Immobilisation is r D/(kC), below U always; matter of
    more nitrogen than microbes need decomposes at k.

    Source: this smooth form is the project's own; the effect is Gadgil & Gadgil (1971), Nature 233, 133.

    Args:
        competition: all consumers of mineral nitrogen.
        consumer: name of the saprotrophs among them.
        carbon: name of the carbon that decomposes.
        nitrogen: name of its nitrogen.
        rate: k [s-1].
        demand: ε/θ_B, nitrogen that growth takes per carbon decomposed, molar [1].
        width: rounding of the positive part [1].
    """

    competition: Competition
    consumer: str = eqx.field(static=True)
    carbon: str = eqx.field(static=True)
    nitrogen: str = eqx.field(static=True)
    rate: Given
    demand: Array | float
    width: float = 1e-4

    def __call__(self, x: Any, environment: Any) -> Array:
        """Carbon decomposed [mol m-3 s-1]."""
        k = evaluated(self.rate, x, environment)
        carbon = jnp.asarray(x[self.carbon])
        needed = k * smooth_positive(self.demand - proportion(jnp.asarray(x[self.nitrogen]), carbon), self.width)
        supply = jnp.sum(self.competition.uptake(x)[:, self.competition.consumers.index(self.consumer)], axis=0)
        return k * carbon * _met(supply, needed * carbon)


def _met(supply: Array, demand: Array) -> Array:
    """Supply over supply and demand; all is met where nothing is demanded."""
    short = demand > 0
    return jnp.where(short, proportion(supply, jnp.where(short, supply + demand, 1.0)), 1.0)


def decay_reaction(
    name: str,
    law: LimitedDecay,
    litter: Pool,
    microbes: Pool,
    co2: Species,
    ammonium: Species,
    *,
    efficiency: float,
    microbial_cn: float,
) -> Reaction:
    """Decomposition of litter to microbes, CO2 and ammonium, each element closed.

    Args:
        name: of the reaction.
        law: with a demand of efficiency over microbial C:N.
        litter: its carbon and nitrogen.
        microbes: theirs.
        co2: what respiration makes.
        ammonium: what surplus nitrogen makes and a deficit takes.
        efficiency: growth per carbon decomposed [1].
        microbial_cn: molar C:N of growth [1].
    """
    shares, amounts = {microbes[:1]: efficiency}, {microbes[1]: efficiency / microbial_cn}
    return routed(name, law, litter, shares, {"C": co2, "N": ammonium}, amounts=amounts, meaning="saprotrophs")


class _Mining(eqx.Module):
    association: Association
    of: str = eqx.field(static=True)
    carbon: str = eqx.field(static=True)
    fungi: str = eqx.field(static=True)
    share: Array | float

    def __call__(self, x: Any, environment: Any) -> Array:
        fungi = jnp.asarray(x[self.fungi])
        reach = proportion(fungi, fungi + self.association.mining_half * x[self.carbon])
        return self.share * self.association.mining / JULIAN_YEAR * reach * x[self.of]


def mining_reactions(
    association: Association, matter: Pool, fungi: str, nitrogen: Species, co2: Species
) -> tuple[Reaction, ...]:
    r"""Nitrogen that fungi mine from organic matter, and the carbon decomposed with it.

    $$r_N = V N\,\frac{F}{F + K\,C}, \qquad r_C = f\,V C\,\frac{F}{F + K\,C}$$

    Source: Sulman et al. (2019), Global Biogeochem. Cycles 33, 501.

    Args:
        association: traits, V, K and f among them.
        matter: carbon C and nitrogen N.
        fungi: name of their carbon F.
        nitrogen: species that gets the nitrogen, of fungi or plants.
        co2: species that gets the carbon.
    """
    carbon = matter[0].name
    parts: tuple[tuple[Species, Array | float], ...] = ((matter[1], 1.0), (matter[0], association.mined_carbon))
    laws = [_Mining(association, s.name, carbon, fungi, share) for s, share in parts]
    return (
        Reaction(f"mining of {matter[1].name}", laws[0], {matter[1].name: -1.0, nitrogen.name: 1.0}, "by fungi"),
        Reaction(f"mining of {carbon}", laws[1], {carbon: -1.0, co2.name: 1.0}, "decomposed with it"),
    )


class _Part(eqx.Module):
    production: Given
    share: Array

    def __call__(self, x: Any, environment: Any) -> Array:
        return self.share * evaluated(self.production, x, environment)


def allocation_reactions(
    association: Association, production: Given, plant: Species, fungi: Species, labile: Species
) -> tuple[Reaction, ...]:
    """Carbon that plants give to fungi and let out by roots.

    Args:
        association: traits.
        production: net primary production [mol m-3 s-1], or a function of amounts and environment.
        plant: species of carbon that gives.
        fungi: species of carbon.
        labile: species of carbon that exudates join.
    """
    parts = (("to fungi", association.to_fungi, fungi), ("exudation", association.exudation, labile))
    return tuple(
        Reaction(name, _Part(production, share), {plant.name: -1.0, to.name: 1.0}, "share of production")
        for name, share, to in parts
    )
