r"""MIMICS-CN: nitrogen joined to MIMICS, in mg cm-3 and hours.

Carbon flows as in `mimics`. What microbes eat of a substrate is of first order in it, $k(M)\,S$ with
$k = V M/(K + M)$, so that its nitrogen follows by the same k; dead, desorbed and oxidised matter takes its nitrogen
along. A group with the ratio θ that eats for the growth $C = \sum \varepsilon U$ meets the nitrogen

$$N = \eta \sum k\,S_N + u\,\frac{M}{M_r + M_K}\,D$$

of food, of which η can be assimilated, and of the dissolved inorganic nitrogen D. It grows by

$$G = \min(C, \theta N), \qquad \text{overflow} = C - G, \qquad \text{spilled} = N - G/\theta, \qquad
  \theta = \theta_0 \sqrt{0.4/f_{met}}$$

It keeps the same part $G/(\theta N)$ of either nitrogen, so that every flow is in proportion to the pool that it comes
from, none can overdraw it, and no coefficient depends on the state.

The published code takes up all dissolved nitrogen in a step of an hour and loses 0.2 of it in a step, so that both
change with the step. Here they are rates, u = 1 h-1 and 0.2 h-1.

Source: Kyker-Snowman et al. (2020), Glob. Change Biol. 26, 6631, with the nitrogen of the public code; the carbon has
the numbers of `Mimics`, and death is of first order, one of the choices of the code.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.first_order import FirstOrder
from shanhai.core.params import par
from shanhai.core.reactions import Law, Network, Reaction, Species, proportion
from shanhai.soil.carbon_use import limited_growth
from shanhai.soil.peers.mimics import POOLS, Mimics, mimics_reactions, mimics_species

PAPER = "Kyker-Snowman et al. (2020), Glob. Change Biol. 26, 6631"
FOODS = ("litter_metabolic", "litter_structural", "available")
GROUPS = ("r", "k")
_CODE = f"{PAPER}, public code"


class MimicsCnSite(NamedTuple):
    """Forcing of MIMICS-CN: a `MimicsSite` with the nitrogen of litter.

    Args:
        temperature: of the soil [degC], as published.
        clay: share of mass [1].
        litter: carbon that falls [g m-2 yr-1].
        metabolic: share of litter that is metabolic [1].
        metabolic_ratio: C:N of metabolic litter, by mass [1].
        structural_ratio: C:N of structural litter, by mass [1].
    """

    temperature: ArrayLike
    clay: ArrayLike
    litter: ArrayLike
    metabolic: ArrayLike
    metabolic_ratio: ArrayLike = 15.0
    structural_ratio: ArrayLike = 100.0


def _number(default: float, meaning: str, unit: str = "1", high: float = 1.0) -> Any:
    return par(default, unit, source=_CODE, bounds=(0.0, high), meaning=meaning)


class MimicsCn(eqx.Module):
    """Numbers of MIMICS-CN, in published units; C:N by mass."""

    carbon: Mimics = eqx.field(default_factory=Mimics)
    ratio_r: Array = _number(6.0, "C:N of copiotrophs on litter that is 0.4 metabolic", high=50.0)
    ratio_k: Array = _number(10.0, "C:N of oligotrophs, likewise", high=50.0)
    ratio_metabolic: Array = _number(0.4, "metabolic share of litter at which microbes have these ratios")
    efficiency: Array = _number(0.85, "nitrogen of food that can be assimilated, η")
    uptake: Array = par(
        1.0, "h-1", source=f"{_CODE}: all in a step of an hour", bounds=(0.0, 100.0),
        meaning="most that is taken up over dissolved nitrogen, u",
    )  # fmt: skip
    loss: Array = par(
        0.2, "h-1", source=f"{_CODE}: 0.2 in a step of an hour", bounds=(0.0, 10.0),
        meaning="loss over dissolved nitrogen",
    )  # fmt: skip
    width: Array = par(
        0.05, "1", source="choice; 0 is the published corner", bounds=(0.0, 1.0),
        meaning="rounding where carbon and nitrogen limit alike",
    )  # fmt: skip


def microbe_ratio(model: MimicsCn, group: str, metabolic: ArrayLike) -> Array:
    r"""C:N of a group of microbes by mass, $\theta_0 \sqrt{0.4/f_{met}}$.

    Source: Kyker-Snowman et al. (2020), public code.

    Args:
        model: numbers.
        group: "r" or "k".
        metabolic: share of litter that is metabolic, positive [1].

    >>> [round(float(microbe_ratio(MimicsCn(), "r", f)), 3) for f in (0.1, 0.4)]
    [12.0, 6.0]
    """
    ratio = model.ratio_r if group == "r" else model.ratio_k
    return ratio * jnp.sqrt(model.ratio_metabolic / jnp.asarray(metabolic))


class _Instead(Mapping[str, Array]):
    """Amounts with the nitrogen of one pool in the place of its carbon."""

    def __init__(self, x: Mapping[str, Array], of: str) -> None:
        self.x, self.of = x, of

    def __getitem__(self, name: str) -> Array:
        return self.x[f"{name}_n" if name == self.of else name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.x)

    def __len__(self) -> int:
        return len(self.x)


class _Along(eqx.Module):
    """Nitrogen that goes with carbon by a law of first order in the pool it comes from."""

    law: Law
    of: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], site: Any) -> Array:
        return self.law(_Instead(x, self.of), site)


class _Fed(eqx.Module):
    """What a group eats: growth and respiration where nitrogen abounds, by food."""

    model: MimicsCn
    growth: tuple[Law, ...]
    respiration: tuple[Law, ...]
    group: str = eqx.field(static=True)

    def nitrogen(self, x: Mapping[str, Array], site: Any, food: int) -> Array:
        """Nitrogen eaten with a food."""
        laws = (self.growth[food], self.respiration[food])
        return sum((_Along(law, FOODS[food])(x, site) for law in laws), jnp.zeros(()))

    def immobilised(self, x: Mapping[str, Array], site: Any) -> Array:
        """Most dissolved nitrogen that can be taken up."""
        mine = x[f"microbes_{self.group}"]
        return self.model.uptake * x["din"] * proportion(mine, x["microbes_r"] + x["microbes_k"])

    def kept(self, x: Mapping[str, Array], site: Any) -> tuple[Array, Array]:
        """Parts of the growth that carbon allows and of the nitrogen met that become microbes."""
        carbon = jnp.asarray(sum(law(x, site) for law in self.growth))
        food = jnp.asarray(sum(self.nitrogen(x, site, k) for k in range(len(FOODS))))
        met = self.model.efficiency * food + self.immobilised(x, site)
        ratio = microbe_ratio(self.model, self.group, site.metabolic)
        grown = limited_growth(carbon, [ratio * met], self.model.width)
        return proportion(grown, carbon), proportion(grown / ratio, met)


class _Grown(eqx.Module):
    """Growth on a food, or the overflow for want of nitrogen."""

    fed: _Fed
    food: int = eqx.field(static=True)
    over: bool = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], site: Any) -> Array:
        part = self.fed.kept(x, site)[0]
        return (1.0 - part if self.over else part) * self.fed.growth[self.food](x, site)


class _Assimilated(eqx.Module):
    """Nitrogen of a food that becomes microbes, or that is mineralised."""

    fed: _Fed
    food: int = eqx.field(static=True)
    spilled: bool = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], site: Any) -> Array:
        part = self.fed.model.efficiency * self.fed.kept(x, site)[1]
        return (1.0 - part if self.spilled else part) * self.fed.nitrogen(x, site, self.food)


class _Immobilised(eqx.Module):
    fed: _Fed

    def __call__(self, x: Mapping[str, Array], site: Any) -> Array:
        return self.fed.kept(x, site)[1] * self.fed.immobilised(x, site)


class _FallenNitrogen(eqx.Module):
    """Nitrogen of litter by the C:N of its kind."""

    law: Law
    metabolic: bool = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], site: MimicsCnSite) -> Array:
        ratio = site.metabolic_ratio if self.metabolic else site.structural_ratio
        return self.law(x, site) / jnp.asarray(ratio)


def mimics_cn_species() -> tuple[Species, ...]:
    """Carbon of MIMICS, nitrogen of its pools, dissolved nitrogen, and accounts of nitrogen [mg cm-3]."""
    nitrogen = (*(f"{pool}_n" for pool in POOLS), "din")
    return (
        *mimics_species(),
        *(Species(name, {"N": 1.0}, unit="mg cm-3") for name in nitrogen),
        *(Species(name, {"N": 1.0}, external=True, unit="mg cm-3") for name in ("litter_n", "leached_n")),
    )


def mimics_cn_reactions(model: MimicsCn) -> tuple[Reaction, ...]:
    """Reactions of MIMICS with the nitrogen that goes along [mg cm-3 h-1].

    Args:
        model: numbers.

    >>> len(mimics_cn_reactions(MimicsCn()))
    59
    """
    carbon = {r.name: r for r in mimics_reactions(model.carbon)}
    others = tuple(r for name, r in carbon.items() if not name.startswith("growth"))
    moved = tuple(r for r in others if not r.name.startswith("respiration"))
    groups = (_group(model, carbon, group) for group in GROUPS)
    loss = Reaction("loss of nitrogen", FirstOrder("din", model.loss), {"din": -1.0, "leached_n": 1.0}, PAPER)
    return (*others, *(_alongside(r) for r in moved), *(r for group in groups for r in group), loss)


def _alongside(reaction: Reaction) -> Reaction:
    """Nitrogen that moves with the carbon of a transfer between pools, or that falls with litter."""
    of = next(name for name, c in reaction.stoichiometry.items() if c == -1.0)
    law: Law
    if of == "litter":
        law = _FallenNitrogen(reaction.law, reaction.name in ("litter to litter_metabolic", "litter to physical"))
    elif isinstance(reaction.law, FirstOrder):
        law = FirstOrder(f"{of}_n", reaction.law.rate)
    else:
        law = _Along(reaction.law, of)
    moves = {f"{name}_n": c for name, c in reaction.stoichiometry.items()}
    return Reaction(f"nitrogen of {reaction.name}", law, moves, PAPER)


def _group(model: MimicsCn, carbon: Mapping[str, Reaction], group: str) -> list[Reaction]:
    """Growth and overflow of a group, and the nitrogen that it assimilates, spills and immobilises."""
    growth, respiration = (
        tuple(carbon[f"{verb} of {group} on {food}"].law for food in FOODS) for verb in ("growth", "respiration")
    )
    fed, me = _Fed(model, growth, respiration, group), f"microbes_{group}"
    made = []
    for k, food in enumerate(FOODS):
        flows = (
            (f"growth of {group} on {food}", _Grown(fed, k, False), food, me),
            (f"overflow of {group} on {food}", _Grown(fed, k, True), food, "co2"),
            (f"assimilation of {group} on {food}", _Assimilated(fed, k, False), f"{food}_n", f"{me}_n"),
            (f"mineralisation by {group} of {food}", _Assimilated(fed, k, True), f"{food}_n", "din"),
        )
        made += [Reaction(name, law, {of: -1.0, to: 1.0}, PAPER) for name, law, of, to in flows]
    taken = Reaction(f"immobilisation by {group}", _Immobilised(fed), {"din": -1.0, f"{me}_n": 1.0}, PAPER)
    return [*made, taken]


def mimics_cn_network(model: MimicsCn) -> Network:
    """MIMICS-CN as a network; its environment is a `MimicsCnSite`, its time in hours.

    Args:
        model: numbers.

    >>> network = mimics_cn_network(MimicsCn())
    >>> network.quantities, len(network.pools)
    (('C', 'N'), 15)
    """
    return Network(mimics_cn_species(), mimics_cn_reactions(model), MimicsCnSite(10.0, 0.2, 200.0, 0.6))


def mimics_cn_start(model: MimicsCn, carbon: Array, site: MimicsCnSite, ratio: ArrayLike = 12.0) -> Array:
    """Amounts of all species from the carbon of the pools: microbes with their ratio, other pools with one.

    Args:
        model: numbers.
        carbon: of the seven pools [mg cm-3], (pool, ...).
        site: forcing, for the ratio of microbes.
        ratio: C:N of the other pools, by mass [1].

    >>> x = mimics_cn_start(MimicsCn(), jnp.ones(7), MimicsCnSite(10.0, 0.2, 200.0, 0.4))
    >>> [round(float(v), 4) for v in x[9:14]]
    [0.0833, 0.0833, 0.1667, 0.1, 0.0833]
    """
    ratios = [microbe_ratio(model, p[-1], site.metabolic) if p.startswith("microbes") else ratio for p in POOLS]
    nitrogen = jnp.stack([c / jnp.asarray(r) for c, r in zip(carbon, ratios)])
    none = jnp.zeros_like(carbon[:1])
    return jnp.concatenate([carbon, none, none, nitrogen, 1e-3 * nitrogen[:1], none, none])
