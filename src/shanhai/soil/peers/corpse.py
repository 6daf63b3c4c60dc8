r"""CORPSE and CORPSE-N: fast, slow and dead carbon, free or protected, and microbes, in kg m-2 and years.

Microbes M eat the free carbon $S_i$ of three kinds, and its nitrogen with it,

$$U_i = V_i(T)\,f(\theta)\,S_i \frac{M}{k \sum_j S_j + M}, \qquad f(\theta) = \theta^a (1 - \theta)^b$$

and die down to a smallest share of the free carbon, $D = (M - m \sum S)_+/\tau$. Of the dead a share e becomes
necromass and slow carbon, the rest is respired for maintenance. Free matter becomes protected, the faster the more clay
there is, and is set free again after some decades; protected matter is not eaten.

With nitrogen, microbes of the ratio θ_B grow by

$$G = \min\Bigl(\sum \varepsilon_i U_i,\; \theta_B \bigl(\sum \eta_i U_i^N + I + (1 - e) D/\theta_B\bigr)\Bigr),
  \qquad I = \frac{r\,n\,N}{n + N}$$

the nitrogen of their food, what they can immobilise of the mineral nitrogen N, and that of what they respire. They keep
the same part of each and mineralise the rest, so that every flow is in proportion to the pool that it comes from.

Two sets of numbers: `Corpse()` of CORPSE-N, whose speeds are those at the best water, and `corpse_of_testbed()`.

Source: Sulman et al. (2014), Nat. Clim. Change 4, 1099; with nitrogen Sulman et al. (2017), Ecol. Lett. 20, 1043; the
comparison with other models Sulman et al. (2018), Biogeochemistry 141, 109.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.first_order import FirstOrder
from shanhai.core.params import par
from shanhai.core.reactions import Law, Network, Reaction, Species, proportion
from shanhai.numerics.smooth import smooth_positive
from shanhai.soil.carbon_use import limited_growth
from shanhai.soil.temperature import Arrhenius

PAPER = "Sulman et al. (2014), Nat. Clim. Change 4, 1099"
WITH_NITROGEN = "Sulman et al. (2017), Ecol. Lett. 20, 1043"
KINDS = ("fast", "slow", "necromass")
POOLS = (*(f"{kind}" for kind in KINDS), *(f"protected_{kind}" for kind in KINDS), "microbes")
_CODE = f"{WITH_NITROGEN}, public code"
_LIDET = "Juice et al. (2024), J. Geophys. Res. Biogeosci. 129, e2023JG007625, public code of CORPSE-LIDET"


class CorpseSite(NamedTuple):
    """Forcing of CORPSE.

    Args:
        temperature: of the soil [K].
        water: over what the soil holds when saturated, θ [1].
        clay: share of mass [1].
        litter: carbon that falls [kg m-2 yr-1].
        fast: share of litter that is fast [1].
        fast_ratio: C:N of fast litter, by mass [1].
        slow_ratio: C:N of slow litter, by mass [1].
        nitrogen: deposited [kg m-2 yr-1].
    """

    temperature: ArrayLike
    water: ArrayLike
    clay: ArrayLike
    litter: ArrayLike
    fast: ArrayLike = 0.3
    fast_ratio: ArrayLike = 20.0
    slow_ratio: ArrayLike = 100.0
    nitrogen: ArrayLike = 0.0


def _number(default: float, meaning: str, unit: str = "1", high: float = 1.0, source: str = _CODE) -> Any:
    return par(default, unit, source=source, bounds=(0.0, high), meaning=meaning)


class Kind(eqx.Module):
    """Numbers of a kind of organic matter; the defaults are those of fast matter."""

    speed: Array = _number(9.0, "eating at 20 degC and the best water, V", "yr-1", 1e4)
    energy: Array = _number(5e3, "activation energy", "J mol-1", 2e5)
    half: Array = _number(0.01, "microbes over free carbon at half of the speed, k")
    efficiency: Array = _number(0.6, "growth over carbon eaten, ε")
    nitrogen_efficiency: Array = _number(0.9, "nitrogen eaten that can be assimilated, η")
    protection: Array = _number(0.3, "protection in a soil of 20 % clay", "yr-1", 1e3)


def _kind(*numbers: Any) -> Kind:
    return Kind(*numbers)


def _slow() -> Kind:
    return _kind(0.25, 30e3, 0.01, 0.05, 0.6, 0.001)


def _necromass() -> Kind:
    return _kind(4.5, 5e3, 0.01, 0.6, 0.9, 1.5)


class Corpse(eqx.Module):
    """Numbers of CORPSE-N, in published units; C:N by mass."""

    fast: Kind = eqx.field(default_factory=Kind)
    slow: Kind = eqx.field(default_factory=_slow)
    necromass: Kind = eqx.field(default_factory=_necromass)
    dry: Array = _number(1.5, "exponent of water, a", high=10.0)
    wet: Array = _number(0.6, "exponent of air, b", high=10.0)
    at_best: Array = par(
        1.0, "1", source=_CODE, bounds=(0.0, 1.0),
        meaning="one where speeds are those at the best water, zero where the factor of water is not scaled",
    )  # fmt: skip
    lifetime: Array = _number(0.25, "of microbes, τ", "yr", 10.0)
    least: Array = _number(1e-3, "microbes over free carbon that do not die, m")
    necromass_share: Array = _number(0.6, "dead carbon that is not respired, e")
    to_slow: Array = _number(0.2, "necromass that is slow", source=f"{_CODE}; 0 in the carbon model")
    protected: Array = _number(75.0, "lifetime of protected matter", "yr", 1e4)
    clay_exponent: Array = _number(0.4833, "protection by clay", source="Mayes et al. (2012), Soil Sci. Soc. Am. J. 76")
    clay_reference: Array = _number(0.2, "clay of the rates of protection")
    ratio: Array = _number(8.0, "C:N of microbes, θ_B", high=50.0)
    mineralised: Array = _number(0.2, "nitrogen of the dead that is mineralised at once")
    immobilisation: Array = _number(365.0, "immobilisation of little mineral nitrogen, r", "yr-1", 1e5)
    immobilised_half: Array = _number(3.65, "mineral nitrogen at half of the most, n", "kg m-2", 1e3)
    loss: Array = _number(5.0, "loss of mineral nitrogen", "yr-1", 1e3, _LIDET)
    width: Array = par(
        0.05, "1", source="choice; 0 is the published corner", bounds=(0.0, 1.0), meaning="rounding of both corners"
    )


def corpse_of_testbed() -> Corpse:
    r"""Numbers of the carbon model in the testbed of Wieder et al. (2018).

    Speeds of 400, 25 and 200 yr-1 are those that $\theta^3 (1 - \theta)^{2.5}$ multiplies, which is 0.0226 at best.

    >>> testbed = corpse_of_testbed()
    >>> best = 400.0 * water_factor(testbed, 3.0 / 5.5)
    >>> round(float(best), 2), float(Corpse().fast.speed)
    (9.04, 9.0)
    """
    protection = (1.5, 0.0015, 1.5)
    kinds = zip((400.0, 25.0, 200.0), (37e3, 54e3, 50e3), (0.6, 0.05, 0.6), (0.9, 0.6, 0.9), protection)
    fast, slow, necromass = (_kind(v, e, 0.01, grown, n, p) for v, e, grown, n, p in kinds)
    return Corpse(fast, slow, necromass, dry=3.0, wet=2.5, at_best=0.0, to_slow=0.0, protected=45.0)  # type: ignore[arg-type]


def water_factor(model: Corpse, water: ArrayLike) -> Array:
    r"""Factor of water, $\theta^a (1 - \theta)^b$, over its largest value if speeds are those at the best water.

    Source: Sulman et al. (2014).

    Args:
        model: numbers.
        water: θ over saturation [1], any shape.

    >>> [round(float(water_factor(Corpse(), w)), 4) for w in (0.0, 0.5, 1.5 / 2.1, 1.0)]
    [0.0, 0.8194, 1.0, 0.0]
    """
    best = model.dry / (model.dry + model.wet)
    most = best**model.dry * (1.0 - best) ** model.wet
    scale = jnp.where(model.at_best > 0, most, 1.0)
    return _power(jnp.asarray(water), model.dry) * _power(1.0 - jnp.asarray(water), model.wet) / scale


def _power(x: Array, exponent: Array) -> Array:
    """Power of a number; zero with zero slope at and below zero."""
    there = x > 0
    return jnp.where(there, jnp.where(there, x, 1.0) ** exponent, 0.0)


def clay_factor(model: Corpse, clay: ArrayLike) -> Array:
    r"""Protection over that in a soil of 20 % clay, $(c/0.2)^{0.48}$.

    Source: Mayes et al. (2012), Soil Sci. Soc. Am. J. 76, 1027, as in CORPSE-N.

    Args:
        model: numbers.
        clay: share of mass [1], any shape.

    >>> [round(float(clay_factor(Corpse(), c)), 3) for c in (0.0, 0.1, 0.2)]
    [0.0, 0.715, 1.0]
    """
    return _power(jnp.asarray(clay) / model.clay_reference, model.clay_exponent)


class _Microbes(eqx.Module):
    """Rates that microbes share."""

    model: Corpse
    nitrogen: bool = eqx.field(static=True)

    def constant(self, x: Mapping[str, Array], site: CorpseSite, kind: str) -> Array:
        """Rate constant of eating [yr-1]."""
        k = getattr(self.model, kind)
        warm = Arrhenius(k.energy)(site.temperature)
        free, mine = sum(x[name] for name in KINDS), x["microbes"]
        there = proportion(mine, k.half * free + mine)
        return k.speed * warm * water_factor(self.model, site.water) * there

    def death(self, x: Mapping[str, Array]) -> Array:
        """Rate constant of death [yr-1]."""
        mine, kept = x["microbes"], self.model.least * sum(x[name] for name in KINDS)
        return proportion(smooth_positive(mine - kept, self.model.width * kept), mine) / self.model.lifetime

    def immobilised(self, x: Mapping[str, Array]) -> Array:
        """Most mineral nitrogen that can be taken up [kg m-2 yr-1]; none where there are no microbes."""
        m, mineral = self.model, x["mineral_n"]
        there = proportion(x["microbes"], x["microbes"] + m.least * sum(x[name] for name in KINDS))
        return m.immobilisation * m.immobilised_half * mineral / (m.immobilised_half + mineral) * there

    def kept(self, x: Mapping[str, Array], site: CorpseSite) -> tuple[Array, Array]:
        """Parts of the growth that carbon allows and of the nitrogen met that become microbes."""
        if not self.nitrogen:
            return jnp.ones(()), jnp.ones(())
        m, eating = self.model, {kind: self.constant(x, site, kind) for kind in KINDS}
        carbon = sum(getattr(m, kind).efficiency * k * x[kind] for kind, k in eating.items())
        food = sum(getattr(m, kind).nitrogen_efficiency * k * x[f"{kind}_n"] for kind, k in eating.items())
        met = food + self.immobilised(x) + (1.0 - m.necromass_share) * self.death(x) * x["microbes_n"]
        grown = limited_growth(carbon, [m.ratio * met], m.width)
        return proportion(grown, carbon), proportion(grown / m.ratio, met)


class _Eaten(eqx.Module):
    """Carbon of a kind that is eaten and goes "to" growth, respiration or overflow."""

    microbes: _Microbes
    kind: str = eqx.field(static=True)
    to: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], site: CorpseSite) -> Array:
        efficiency = getattr(self.microbes.model, self.kind).efficiency
        eaten = self.microbes.constant(x, site, self.kind) * x[self.kind]
        if self.to == "respiration":
            return (1.0 - efficiency) * eaten
        part = self.microbes.kept(x, site)[0]
        return efficiency * (part if self.to == "growth" else 1.0 - part) * eaten


class _Assimilated(eqx.Module):
    """Nitrogen of a kind that becomes microbes, or that is mineralised."""

    microbes: _Microbes
    kind: str = eqx.field(static=True)
    mineralised: bool = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], site: CorpseSite) -> Array:
        part = getattr(self.microbes.model, self.kind).nitrogen_efficiency * self.microbes.kept(x, site)[1]
        eaten = self.microbes.constant(x, site, self.kind) * x[f"{self.kind}_n"]
        return (1.0 - part if self.mineralised else part) * eaten


class _Immobilised(eqx.Module):
    microbes: _Microbes

    def __call__(self, x: Mapping[str, Array], site: CorpseSite) -> Array:
        return self.microbes.kept(x, site)[1] * self.microbes.immobilised(x)


class _Dead(eqx.Module):
    """Rate constant of death, of a share."""

    microbes: _Microbes
    share: Array

    def __call__(self, x: Mapping[str, Array], site: CorpseSite) -> Array:
        return self.share * self.microbes.death(x)


class _Maintained(eqx.Module):
    """Rate constant at which the nitrogen of what is respired is not kept."""

    microbes: _Microbes

    def __call__(self, x: Mapping[str, Array], site: CorpseSite) -> Array:
        respired = 1.0 - self.microbes.model.necromass_share
        return respired * (1.0 - self.microbes.kept(x, site)[1]) * self.microbes.death(x)


class _Protected(eqx.Module):
    model: Corpse
    kind: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], site: CorpseSite) -> Array:
        return getattr(self.model, self.kind).protection * clay_factor(self.model, site.clay)


class _Fallen(eqx.Module):
    """Litter of a kind, its nitrogen, or nitrogen deposited."""

    kind: str = eqx.field(static=True)
    nitrogen: bool = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], site: CorpseSite) -> Array:
        if self.kind == "mineral":
            return jnp.asarray(site.nitrogen)
        fast = self.kind == "fast"
        carbon = jnp.asarray(site.litter) * (jnp.asarray(site.fast) if fast else 1.0 - jnp.asarray(site.fast))
        return carbon / (site.fast_ratio if fast else site.slow_ratio) if self.nitrogen else carbon


def corpse_species(nitrogen: bool = True) -> tuple[Species, ...]:
    """Seven pools of carbon and accounts; with nitrogen, as many of it and mineral nitrogen [kg m-2]."""

    def named(names: tuple[str, ...], element: str, outside: bool = False) -> tuple[Species, ...]:
        return tuple(Species(name, {element: 1.0}, outside, "kg m-2") for name in names)

    carbon = (*named(POOLS, "C"), *named(("litter", "co2"), "C", True))
    if not nitrogen:
        return carbon
    pools = (*(f"{pool}_n" for pool in POOLS), "mineral_n")
    return (*carbon, *named(pools, "N"), *named(("litter_n", "deposited_n", "lost_n"), "N", True))


Flow = tuple[str, Law, str, str]


def corpse_reactions(model: Corpse, nitrogen: bool = True) -> tuple[Reaction, ...]:
    """Litter, eating, death and protection [kg m-2 yr-1].

    Args:
        model: numbers.
        nitrogen: whether nitrogen goes along and limits growth.

    >>> len(corpse_reactions(Corpse(), False)), len(corpse_reactions(Corpse()))
    (17, 41)
    """
    microbes = _Microbes(model, nitrogen)
    flows = [*_carbon(microbes), *(_nitrogen(microbes) if nitrogen else [])]
    source = WITH_NITROGEN if nitrogen else PAPER
    return tuple(Reaction(name, law, {of: -1.0, to: 1.0}, source) for name, law, of, to in flows)


def _carbon(microbes: _Microbes) -> list[Flow]:
    m, dead = microbes.model, microbes.model.necromass_share
    flows: list[Flow] = [(f"litter to {kind}", _Fallen(kind, False), "litter", kind) for kind in ("fast", "slow")]
    for kind in KINDS:
        ends = {"growth": "microbes", "respiration": "co2"} | ({"overflow": "co2"} if microbes.nitrogen else {})
        flows += [(f"{what} on {kind}", _Eaten(microbes, kind, what), kind, to) for what, to in ends.items()]
    shares = (("co2", 1.0 - dead), ("slow", dead * m.to_slow), ("necromass", dead * (1.0 - m.to_slow)))
    flows += [
        (f"death to {to}", FirstOrder("microbes", _Dead(microbes, share)), "microbes", to) for to, share in shares
    ]
    return [*flows, *_protection(m, "")]


def _protection(m: Corpse, of: str) -> list[Flow]:
    """Protection and its end, of carbon or of nitrogen "_n"."""
    flows: list[Flow] = []
    for kind in KINDS:
        free, held = f"{kind}{of}", f"protected_{kind}{of}"
        flows.append((f"protection of {free}", FirstOrder(free, _Protected(m, kind)), free, held))
        flows.append((f"release of {free}", FirstOrder(held, 1.0 / m.protected), held, free))
    return flows


def _nitrogen(microbes: _Microbes) -> list[Flow]:
    m, dead = microbes.model, microbes.model.necromass_share
    flows: list[Flow] = [(f"litter to {k}_n", _Fallen(k, True), "litter_n", f"{k}_n") for k in ("fast", "slow")]
    flows.append(("deposition", _Fallen("mineral", True), "deposited_n", "mineral_n"))
    for kind in KINDS:
        ends = ((f"assimilation of {kind}", False, "microbes_n"), (f"mineralisation of {kind}", True, "mineral_n"))
        flows += [(name, _Assimilated(microbes, kind, spilled), f"{kind}_n", to) for name, spilled, to in ends]
    flows.append(("immobilisation", _Immobilised(microbes), "mineral_n", "microbes_n"))
    flows.append(
        ("maintenance of nitrogen", FirstOrder("microbes_n", _Maintained(microbes)), "microbes_n", "mineral_n")
    )
    shares = (
        ("mineral_n", dead * m.mineralised),
        ("slow_n", dead * m.to_slow),
        ("necromass_n", dead * (1.0 - m.mineralised - m.to_slow)),
    )
    for to, share in shares:
        flows.append((f"death to {to}", FirstOrder("microbes_n", _Dead(microbes, share)), "microbes_n", to))
    flows.append(("loss of nitrogen", FirstOrder("mineral_n", m.loss), "mineral_n", "lost_n"))
    return [*flows, *_protection(m, "_n")]


def corpse_network(model: Corpse, nitrogen: bool = True) -> Network:
    """CORPSE, or CORPSE-N, as a network; its environment is a `CorpseSite`, its time in years.

    Args:
        model: numbers.
        nitrogen: whether nitrogen goes along and limits growth.

    >>> corpse_network(Corpse()).quantities, corpse_network(Corpse(), nitrogen=False).quantities
    (('C', 'N'), ('C',))
    """
    sample = CorpseSite(283.15, 0.5, 0.2, 0.4)
    return Network(corpse_species(nitrogen), corpse_reactions(model, nitrogen), sample)


def corpse_start(model: Corpse, carbon: Array, ratio: ArrayLike = 12.0) -> Array:
    """Amounts of all species with nitrogen from the carbon of the pools: microbes with their ratio, others with one.

    Args:
        model: numbers.
        carbon: of the seven pools [kg m-2], (pool, ...).
        ratio: C:N of the other pools, by mass [1].

    >>> [round(float(v), 4) for v in corpse_start(Corpse(), jnp.ones(7))[-7:]]
    [0.0833, 0.0833, 0.125, 0.0083, 0.0, 0.0, 0.0]
    """
    nitrogen = jnp.concatenate([carbon[:-1] / jnp.asarray(ratio), carbon[-1:] / model.ratio])
    none = jnp.zeros_like(carbon[:1])
    return jnp.concatenate([carbon, none, none, nitrogen, 0.1 * nitrogen[:1], none, none, none])
