r"""MIMICS: litter and soil carbon eaten by copiotrophic (r) and oligotrophic (K) microbes, in mg cm-3 and hours.

Microbes M of either group eat substrate S by reverse Michaelis-Menten kinetics, whose half saturation is an amount of
microbes, and turn over:

$$U = V \frac{M\,S}{K + M}, \qquad V = e^{0.063\,T + 5.47}\,a_V\,v, \qquad K = e^{s T + 3.19}\,\frac{a_K}{k}, \qquad
  \text{death} = \tau M$$

Metabolic and structural litter are eaten at once, chemically protected carbon is oxidised to available carbon with the
half saturation of structural litter times 6, and physically protected carbon is desorbed. Of available carbon the half
saturation grows with clay, $k \leftarrow k\,2 e^{-2\sqrt{clay}}$. What dies is divided among the three by clay and
litter quality.

The published equations hold carbon dioxide implicitly, as what efficiency leaves; here it is an account.

Source: Wieder et al. (2014), Biogeosciences 11, 3899, and (2015), Geosci. Model Dev. 8, 1789, with the parameters of
the public code.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.first_order import FirstOrder
from shanhai.core.params import par
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.numerics import safe

PAPER = "Wieder et al. (2015), Geosci. Model Dev. 8, 1789"
_CODE = f"{PAPER}, parameters of the public code"
POOLS = ("litter_metabolic", "litter_structural", "microbes_r", "microbes_k", "physical", "chemical", "available")
HOURS_PER_YEAR = 8760.0  # the year of the published code


class MimicsSite(NamedTuple):
    """Forcing of MIMICS.

    Args:
        temperature: of the soil [degC], as published.
        clay: share of mass [1].
        litter: carbon that falls [g m-2 yr-1].
        metabolic: share of litter that is metabolic [1]; see `metabolic_share`.
    """

    temperature: ArrayLike
    clay: ArrayLike
    litter: ArrayLike
    metabolic: ArrayLike


def _number(default: float, meaning: str, unit: str = "1", low: float = 0.0, high: float = 100.0) -> Any:
    return par(default, unit, source=_CODE, bounds=(low, high), meaning=meaning)


class Microbes(eqx.Module):
    """Numbers of a group of microbes; the defaults are those of copiotrophs, r."""

    velocity_metabolic: Array = _number(10.0, "eating of metabolic litter, v")
    velocity_structural: Array = _number(2.0, "eating of structural litter, and of chemically protected carbon, v")
    velocity_available: Array = _number(10.0, "eating of available carbon, v")
    affinity_metabolic: Array = _number(8.0, "affinity to metabolic litter, k")
    affinity_structural: Array = _number(2.0, "affinity to structural litter, k")
    affinity_available: Array = _number(4.0, "affinity to available carbon, k")
    oxidation: Array = _number(6.0, "half saturation of oxidation over that of structural litter")
    efficiency_metabolic: Array = _number(0.55, "growth on metabolic litter and available carbon", high=1.0)
    efficiency_structural: Array = _number(0.25, "growth on structural litter", high=1.0)
    turnover: Array = _number(5.2e-4, "death on litter of poor quality", "h-1", high=0.1)
    turnover_quality: Array = _number(0.3, "increase of the logarithm of death with metabolic litter", high=10.0)
    to_physical: Array = _number(0.3, "dead that become physically protected without clay", high=1.0)
    physical_clay: Array = _number(1.3, "increase of its logarithm with clay", high=10.0)
    to_chemical: Array = _number(0.1, "dead that become chemically protected without metabolic litter", high=1.0)
    chemical_quality: Array = _number(-3.0, "increase of its logarithm with metabolic litter", low=-10.0, high=0.0)


_SLOW: dict[str, Any] = {
    "velocity_metabolic": 3.0,
    "velocity_structural": 3.0,
    "velocity_available": 2.0,
    "affinity_metabolic": 2.0,
    "affinity_structural": 4.0,
    "affinity_available": 6.0,
    "efficiency_metabolic": 0.75,
    "efficiency_structural": 0.35,
    "turnover": 2.4e-4,
    "turnover_quality": 0.1,
    "to_physical": 0.2,
    "physical_clay": 0.8,
    "to_chemical": 0.3,
}


def oligotrophs() -> Microbes:
    """Numbers of the slow and thrifty group, K.

    >>> float(oligotrophs().efficiency_metabolic)
    0.75
    """
    return Microbes(**_SLOW)


class Mimics(eqx.Module):
    """Numbers of MIMICS, in published units."""

    velocity_slope: Array = _number(0.063, "increase of ln V with temperature", "K-1", high=1.0)
    velocity_intercept: Array = _number(5.47, "ln V at 0 degC", low=-10.0)
    velocity_scale: Array = _number(8e-6, "a_V", "h-1", high=1.0)
    half_slope: Array = _number(0.025, "increase of ln K with temperature, s", "K-1", high=1.0)
    half_slope_structural: Array = _number(0.035, "the same on structural litter", "K-1", high=1.0)
    half_intercept: Array = _number(3.19, "ln K at 0 degC", low=-10.0)
    half_scale: Array = _number(10.0, "a_K", "mg cm-3", high=1e4)
    shelter: Array = _number(2.0, "affinity to available carbon without clay")
    shelter_clay: Array = _number(-2.0, "increase of its logarithm with the root of clay", low=-10.0, high=0.0)
    desorption: Array = _number(1.5e-5, "desorption without clay", "h-1", high=1.0)
    desorption_clay: Array = _number(-1.5, "increase of its logarithm with clay", low=-10.0, high=0.0)
    protected_litter: Array = _number(0.05, "litter that is protected at once", high=1.0)
    litter_of_unit_turnover: Array = _number(100.0, "litter at which death is not modified", "g m-2 yr-1", high=1e4)
    least_turnover: Array = _number(0.8, "least modifier of death by litter")
    most_turnover: Array = _number(1.2, "largest modifier of death by litter")
    turnover_scale: Array = _number(2.0, "further modifier of death")
    depth: Array = _number(30.0, "thickness of the layer", "cm", low=1.0, high=300.0)
    r: Microbes = eqx.field(default_factory=Microbes)
    k: Microbes = eqx.field(default_factory=oligotrophs)


def metabolic_share(lignin_over_nitrogen: ArrayLike) -> Array:
    r"""Metabolic share of litter, $0.85 - 0.013\,L/N$.

    Source: DayCent, as in Wieder et al. (2015).

    Args:
        lignin_over_nitrogen: by mass, any shape; up to 65.

    >>> round(float(metabolic_share(16.6 / 1.37)), 4)
    0.6925
    """
    return 0.85 - 0.013 * jnp.asarray(lignin_over_nitrogen)


def turnover(model: Mimics, microbes: Microbes, site: MimicsSite) -> Array:
    r"""Death of microbes, τ [h-1]; with litter I, $\tau = \tau_0 e^{q f}\,2\,[\sqrt{I/100}]_{0.8}^{1.2}$.

    Args:
        model: numbers.
        microbes: numbers of the group.
        site: forcing.

    >>> round(float(turnover(Mimics(), Microbes(), MimicsSite(10.0, 0.2, 400.0, 0.5))), 6)
    0.00145
    """
    litter = jnp.asarray(site.litter) / model.litter_of_unit_turnover
    least, most = model.least_turnover**2, model.most_turnover**2
    modifier = jnp.sqrt(jnp.clip(litter, least, most)) * model.turnover_scale
    return microbes.turnover * jnp.exp(microbes.turnover_quality * jnp.asarray(site.metabolic)) * modifier


class _Eaten(eqx.Module):
    """Uptake of a substrate by a group, or its oxidation, times a share."""

    model: Mimics
    microbes: Microbes
    group: str = eqx.field(static=True)
    substrate: str = eqx.field(static=True)
    share: Array

    def __call__(self, x: Any, site: MimicsSite) -> Array:
        eaters = x[f"microbes_{self.group}"]
        speed, half = _kinetics(self.model, self.microbes, self.substrate, site)
        return self.share * speed * x[self.substrate] * eaters / (half + eaters)


def _kinetics(m: Mimics, microbes: Microbes, substrate: str, site: MimicsSite) -> tuple[Array, Array]:
    """Largest velocity V [h-1] and half saturation K [mg cm-3]."""
    temperature, clay = jnp.asarray(site.temperature), jnp.asarray(site.clay)
    speed = jnp.exp(m.velocity_slope * temperature + m.velocity_intercept) * m.velocity_scale
    half = jnp.exp(m.half_slope * temperature + m.half_intercept) * m.half_scale
    structural = jnp.exp(m.half_slope_structural * temperature + m.half_intercept) * m.half_scale
    if substrate == "litter_metabolic":
        return speed * microbes.velocity_metabolic, half / microbes.affinity_metabolic
    if substrate == "available":
        sheltered = m.shelter * jnp.exp(m.shelter_clay * safe.square_root(clay))
        return speed * microbes.velocity_available, half / (microbes.affinity_available * sheltered)
    factor = microbes.oxidation if substrate == "chemical" else 1.0
    return speed * microbes.velocity_structural, factor * structural / microbes.affinity_structural


class _Death(eqx.Module):
    """Rate constant of death towards one kind of soil carbon."""

    model: Mimics
    microbes: Microbes
    to: str = eqx.field(static=True)

    def __call__(self, x: Any, site: MimicsSite) -> Array:
        physical, chemical = _protected(self.microbes, site)
        shares = {"physical": physical, "chemical": chemical, "available": 1.0 - physical - chemical}
        return turnover(self.model, self.microbes, site) * shares[self.to]


def _protected(m: Microbes, site: MimicsSite) -> tuple[Array, Array]:
    """Shares of the dead that become physically and chemically protected."""
    physical = m.to_physical * jnp.exp(m.physical_clay * jnp.asarray(site.clay))
    return physical, m.to_chemical * jnp.exp(m.chemical_quality * jnp.asarray(site.metabolic))


class _Desorbed(eqx.Module):
    model: Mimics

    def __call__(self, x: Any, site: MimicsSite) -> Array:
        return self.model.desorption * jnp.exp(self.model.desorption_clay * jnp.asarray(site.clay))


class _Fallen(eqx.Module):
    """Litter of one kind to one pool [mg cm-3 h-1]."""

    model: Mimics
    metabolic: bool = eqx.field(static=True)
    share: Array

    def __call__(self, x: Any, site: MimicsSite) -> Array:
        kind = jnp.asarray(site.metabolic) if self.metabolic else 1.0 - jnp.asarray(site.metabolic)
        return self.share * kind * jnp.asarray(site.litter) / (HOURS_PER_YEAR * 10.0 * self.model.depth)


def mimics_species() -> tuple[Species, ...]:
    """Seven pools, and accounts of litter and CO2 [mg cm-3]."""
    pools = (Species(name, {"C": 1.0}, unit="mg cm-3") for name in POOLS)
    return (*pools, *(Species(name, {"C": 1.0}, external=True, unit="mg cm-3") for name in ("litter", "co2")))


def mimics_reactions(model: Mimics) -> tuple[Reaction, ...]:
    """Litter fall, eating, oxidation, death and desorption [mg cm-3 h-1].

    Args:
        model: numbers.

    >>> len(mimics_reactions(Mimics()))
    25
    """
    kept, protected = 1.0 - model.protected_litter, model.protected_litter
    falls = (
        ("litter_metabolic", True, kept),
        ("physical", True, protected),
        ("litter_structural", False, kept),
        ("chemical", False, protected),
    )
    fallen = (
        Reaction(f"litter to {to}", _Fallen(model, metabolic, share), {"litter": -1.0, to: 1.0}, PAPER)
        for to, metabolic, share in falls
    )
    loose = FirstOrder("physical", _Desorbed(model))
    desorption = Reaction("desorption", loose, {"physical": -1.0, "available": 1.0}, PAPER)
    return (*fallen, *_group(model, model.r, "r"), *_group(model, model.k, "k"), desorption)


def _group(model: Mimics, m: Microbes, group: str) -> tuple[Reaction, ...]:
    """What a group of microbes eats, oxidises and becomes."""
    me = f"microbes_{group}"
    eaten = (
        ("litter_metabolic", m.efficiency_metabolic),
        ("litter_structural", m.efficiency_structural),
        ("available", m.efficiency_metabolic),
    )
    flows = [
        (f"{verb} of {group} on {food}", _Eaten(model, m, group, food, share), food, to)
        for food, efficiency in eaten
        for verb, share, to in (("growth", efficiency, me), ("respiration", 1.0 - efficiency, "co2"))
    ]
    flows += [(f"oxidation by {group}", _Eaten(model, m, group, "chemical", jnp.ones(())), "chemical", "available")]
    flows += [
        (f"death of {group} to {to}", FirstOrder(me, _Death(model, m, to)), me, to)
        for to in ("physical", "chemical", "available")
    ]
    return tuple(Reaction(name, law, {of: -1.0, to: 1.0}, PAPER) for name, law, of, to in flows)


def mimics_network(model: Mimics) -> Network:
    """MIMICS as a network; its environment is a `MimicsSite`, its time in hours.

    Args:
        model: numbers.

    >>> network = mimics_network(Mimics())
    >>> change = network.tendency(jnp.ones(9), MimicsSite(10.0, 0.2, 200.0, 0.6))
    >>> abs(float(change.sum())) < 1e-15
    True
    """
    return Network(mimics_species(), mimics_reactions(model), MimicsSite(10.0, 0.2, 200.0, 0.6))


def stock(model: Mimics, x: Array) -> Array:
    """Carbon of all pools, litter too, in the layer [kg m-2].

    Args:
        model: numbers.
        x: amounts, (species, ...) [mg cm-3].

    >>> float(stock(Mimics(), jnp.ones(9)))
    2.1
    """
    return jnp.sum(x[: len(POOLS)], axis=0) * model.depth / 100.0
