r"""MEND-CN: particulate, mineral and dissolved matter, enzymes, active and dormant microbes, and the nitrogen cycle.

Enzymes free particulate matter, oxidative (lignin) and hydrolytic (cellulose), and mineral-associated matter,

$$D_i = V f_T f_\psi E_i \frac{S_i}{K_i + S_i}, \qquad K_h = K_o/10, \quad K_m = 10\,K_o$$

of particulate matter a part dissolves and the rest joins the minerals. Active microbes take up dissolved matter,
$(V_g + V_m) B D/(Y (K_D + D))$, grow by Y and as nitrogen lets them, overflow, mineralise or immobilise, make enzymes
in proportion to what there is, die where it is dry, fall asleep and wake. Ammonium is nitrified, and nitrate reduced in
four steps, each by the pores that water fills. Nitrogen of a pool leaves in proportion to its carbon.

The parts are those of `soil`: limited growth, sorption, dormancy, nitrification and denitrification, in mol m-3 and s;
the numbers are published in mg cm-3 and h, and keep these units.

What differs from the published code: its factors of water are lines that meet in kinks, one of them with a jump, and
here they are rounded, see `pore_factor`; microbes and enzymes keep one C:N, where there C:N of microbes may go from 2
to 14; pH, warmth of sorption, and an optimum of potential for oxidative enzymes are left out; enzymes of the nitrogen
cycle are a part of the active microbes; a step of denitrification respires the carbon that gives its electrons.

Source: Wang, Post & Mayes (2013), Ecol. Appl. 23, 255; dormancy Wang et al. (2015), ISME J. 9, 226; nitrogen Wang et
al. (2022), Glob. Change Biol. 28, 1935; the first values of the namelist of May 2019.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import ATOMIC_MASS, SECONDS_PER_HOUR
from shanhai.core.first_order import FirstOrder
from shanhai.core.params import par
from shanhai.core.reactions import Law, Network, Reaction, Species, proportion
from shanhai.core.routing import Pool
from shanhai.numerics.smooth import smooth_minimum, smooth_positive
from shanhai.soil.carbon_use import limited_growth
from shanhai.soil.denitrification import CHAIN, Denitrification, chain
from shanhai.soil.dormancy import Dormancy, dormancy_reactions
from shanhai.soil.enzyme_allocation import enzymatic_rate
from shanhai.soil.nitrification import Monod, Nitrification, mineral_nitrogen
from shanhai.soil.nitrification import reactions as nitrification_reactions
from shanhai.soil.protection import Sorption, sorption_reactions
from shanhai.soil.stoichiometry import molar_ratio
from shanhai.soil.temperature import Arrhenius

PAPER = "Wang, Post & Mayes (2013), Ecol. Appl. 23, 255"
MATTER = ("oxidative", "hydrolytic", "mineral")
POOLS = (*MATTER, "dissolved", "adsorbed", "active", "dormant", *(f"{kind}_enzyme" for kind in MATTER))
GASES = ("nitric_oxide", "nitrous_oxide")
_CODE = "namelist of MEND of May 2019"
_MILLIGRAM = 1e3 / ATOMIC_MASS["C"]  # mol m-3 in 1 mg cm-3 of carbon


def pool(name: str) -> Pool:
    """Carbon and nitrogen of a pool, such as "active_c" and "active_n"."""
    return tuple(Species(f"{name}_{e.lower()}", {e: 1.0}, unit="mol m-3") for e in "CN")


CO2 = Species("co2", {"C": 1.0}, True, "mol m-3", "of the air")


class MendSite(NamedTuple):
    """Forcing of MEND.

    Args:
        temperature: of the soil [K].
        potential: matric potential [Pa], negative.
        filled: water-filled pores [1].
        litter: carbon that falls [mol m-3 s-1].
        oxidative: part of litter that is oxidative [1].
        dissolved: part of litter that is dissolved [1]; the rest is hydrolytic.
        litter_ratio: C:N of litter, by mass [1].
    """

    temperature: ArrayLike
    potential: ArrayLike
    filled: ArrayLike
    litter: ArrayLike
    oxidative: ArrayLike = 0.07
    dissolved: ArrayLike = 0.56
    litter_ratio: ArrayLike = 30.0


def _number(default: float, meaning: str, unit: str = "1", high: float = 1.0, source: str = _CODE) -> Any:
    return par(default, unit, source=source, bounds=(0.0, high), meaning=meaning)


def _arrhenius(energy: float) -> Any:
    return eqx.field(default_factory=lambda: Arrhenius(jnp.asarray(energy)))


class Mend(eqx.Module):
    """Numbers of MEND-CN, in published units; C:N by mass."""

    speed: Array = _number(2.0, "carbon freed per carbon of enzyme, V", "h-1", 1e3)
    half: Array = _number(50.0, "oxidative matter at half of the speed, K_o", "mg cm-3", 1e4)
    half_factor: Array = _number(10.0, "that of minerals over it, and it over that of hydrolytic matter", high=100.0)
    dissolving: Array = _number(0.5, "of particulate matter that is freed, what dissolves")
    capacity: Array = _number(1.7, "adsorbed carbon at most", "mg cm-3", 100.0)
    binding: Array = _number(6.0, "adsorption over desorption", "cm3 mg-1", 100.0)
    desorption: Array = _number(0.003, "desorption of full minerals", "mg cm-3 h-1")
    enzyme_loss: Array = _number(0.003, "loss of enzymes", "h-1")
    enzyme_share: Array = _number(0.01, "enzymes of particulate matter made over maintenance")
    mineral_enzymes: Array = _number(1.0, "enzymes of mineral over those of particulate matter made", high=10.0)
    dead_dissolved: Array = _number(0.38, "of the dead that dissolves")
    dead_oxidative: Array = _number(0.1, "of the other dead that is oxidative", source=f"{PAPER}, public code")
    growth: Array = _number(0.01, "growth of active microbes, V_g", "h-1")
    maintenance_share: Array = _number(0.2, "maintenance over growth and maintenance, α", high=0.5)
    dissolved_half: Array = _number(0.26, "dissolved carbon at half of the uptake, K_D", "mg cm-3", 100.0)
    efficiency: Array = _number(0.3, "growth over uptake at 20 degC, Y")
    efficiency_slope: Array = _number(0.01, "its decline with temperature", "K-1")
    death: Array = _number(1.0, "death in dry soil over maintenance, γ", high=20.0)
    asleep: Array = _number(0.001, "maintenance of dormant over active microbes, β")
    ratio: Array = _number(6.6, "C:N of microbes and their enzymes, by mass", high=50.0, source="input file of MEND")
    immobilisation: Array = _number(1e-3, "immobilisation over nitrogen of active microbes", "h-1")
    immobilised_half: Array = _number(1e-3, "ammonium at half of the immobilisation", "mg cm-3")
    nitrifiers: Array = _number(
        0.02, "nitrogen nitrified over active carbon, by enzymes", "h-1", source="choice; unverified"
    )
    denitrifiers: Array = _number(
        0.005, "nitrogen reduced in a step over active carbon, by enzymes", "h-1", source="choice; unverified"
    )
    escape: Array = _number(0.05, "NO and N2O that leave for the air", "h-1", source="choice; unverified")
    leaching: Array = _number(1e-4, "nitrate that leaches", "h-1", source="choice; unverified")
    width: Array = _number(0.05, "rounding of kinks", source="choice; 0 are the published kinks")
    dormancy: Dormancy = eqx.field(default_factory=Dormancy)
    nitrification: Nitrification = eqx.field(default_factory=Nitrification)
    denitrification: Denitrification = eqx.field(default_factory=Denitrification)
    oxidative_warmth: Arrhenius = _arrhenius(53.0e3)
    hydrolytic_warmth: Arrhenius = _arrhenius(36.3e3)
    mineral_warmth: Arrhenius = _arrhenius(47.0e3)
    uptake_warmth: Arrhenius = _arrhenius(47.0e3)
    half_warmth: Arrhenius = _arrhenius(30.0e3)
    maintenance_warmth: Arrhenius = _arrhenius(20.0e3)

    def maintenance(self, temperature: ArrayLike) -> Array:
        """Maintenance of active microbes, V_m [s-1], by temperature [K]."""
        rate = self.growth * self.maintenance_share / (1.0 - self.maintenance_share)
        return rate / SECONDS_PER_HOUR * self.maintenance_warmth(temperature)

    def grown(self, temperature: ArrayLike) -> Array:
        """Growth over uptake, Y [1], by temperature [K]; it ends above zero smoothly."""
        line = self.efficiency - self.efficiency_slope * (jnp.asarray(temperature) - 293.15)
        return 0.01 + smooth_positive(line - 0.01, self.width * self.efficiency)


PORES = {
    "nitrification": ((2.2, -0.19), (-3.23, 3.23)),
    "nitrate": ((1.56, -0.56), (0.0, 1.0)),
    "nitrite": ((5.0, -2.0), (-20.0, 14.0)),
    "nitric_oxide": ((1.43, -0.14), (-10.0, 10.0)),
    "nitrous_oxide": ((2.22, -0.89), (0.0, 1.0)),
}
"""Slope and intercept of the line that rises and of the one that falls with water-filled pores, by what is consumed."""

CORNERS = {
    "nitrification": (0.09, 0.54, 0.69, 1.0),
    "nitrate": (0.36, 1.0, 1.0, 1.01),
    "nitrite": (0.4, 0.6, 0.66, 0.7),
    "nitric_oxide": (0.1, 0.8, 0.9, 1.0),
    "nitrous_oxide": (0.4, 0.85, 1.0, 1.01),
}
"""Where the published code changes from one line to the next."""


def pore_factor(what: str, filled: ArrayLike, width: ArrayLike) -> Array:
    r"""Nitrification or a step of denitrification by the pores that water fills.

    $$f = \min\bigl(1, (a + b W)_+, (c + d W)_+\bigr)$$

    with corners rounded over a width. With 0.05 it differs from the published lines by up to 0.05, and by up to 0.2 for
    nitrite from 0.65 to 0.66, where the published factor jumps down by 0.2.

    Source: Müller (1999), as in the code of MEND.

    Args:
        what: key of `PORES`.
        filled: W, water-filled pores [1], any shape.
        width: of the corners [1]; 0 has the kinks.

    >>> [round(float(pore_factor("nitrification", w, 0.05)), 3) for w in (0.0, 0.3, 0.6, 1.0)]
    [0.0, 0.47, 0.996, 0.0]
    """
    w = jnp.asarray(filled)
    rises, falls = (smooth_positive(slope * w + start, width) for slope, start in PORES[what])
    return smooth_minimum(smooth_minimum(rises, falls, width), 1.0, width)


def published_pore_factor(what: str, filled: ArrayLike) -> Array:
    """The published lines of `pore_factor`, for comparison.

    >>> [round(float(published_pore_factor("nitrite", w)), 3) for w in (0.66, 0.6601)]
    [1.0, 0.798]
    """
    w, (low, start, end, high) = jnp.asarray(filled), CORNERS[what]
    rises, falls = (slope * w + at for slope, at in PORES[what])
    pieces = jnp.select(
        [w <= low, w <= start, w <= end, w <= high], [jnp.zeros_like(w), rises, jnp.ones_like(w), falls]
    )
    return jnp.clip(pieces, 0.0, 1.0)


def potential_factor(potential: ArrayLike, width: ArrayLike) -> Array:
    r"""Enzymes at work by matric potential.

    $$f = 1 - x^{1.11}, \qquad x = \frac{\ln(\psi/\psi_{fc})}{\ln(\psi_{min}/\psi_{fc})} \text{ from 0 to 1}$$

    Source: Manzoni et al. (2012), Ecology 93, 930, of grassland and crops, as in the code of MEND, with rounded ends.

    Args:
        potential: ψ [Pa], not positive, any shape; ψ_fc is -33 kPa and ψ_min -22.61 MPa.
        width: of the rounding [1].

    >>> [round(float(potential_factor(p, 0.05)), 3) for p in (0.0, -1e4, -1e6, -1e8)]
    [1.0, 1.0, 0.514, 0.001]
    """
    suction = -jnp.asarray(potential)
    wet = suction <= 1.0
    x = jnp.log(jnp.where(wet, 1.0, suction) / 3.3e4) / jnp.log(22.61e6 / 3.3e4)
    x = smooth_minimum(smooth_positive(x, width), 1.0, width)
    there = x > 0
    return 1.0 - jnp.where(there, jnp.where(there, x, 1.0) ** 1.11, 0.0)


class _Freed(eqx.Module):
    """Carbon freed by an enzyme [mol m-3 s-1]."""

    model: Mend
    kind: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], site: MendSite) -> Array:
        m = self.model
        factor = {"oxidative": jnp.ones(()), "hydrolytic": 1.0 / m.half_factor, "mineral": m.half_factor}[self.kind]
        warm = getattr(m, f"{self.kind}_warmth")(site.temperature)
        speed = m.speed / SECONDS_PER_HOUR * warm * potential_factor(site.potential, m.width)
        half = m.half * _MILLIGRAM * factor * m.half_warmth(site.temperature)
        return enzymatic_rate(speed * x[f"{self.kind}_enzyme_c"], x[f"{self.kind}_c"], half)


class _TakenUp(eqx.Module):
    """Uptake of dissolved carbon by active microbes [mol m-3 s-1]."""

    model: Mend

    def __call__(self, x: Mapping[str, Array], site: MendSite) -> Array:
        m = self.model
        growth = m.growth / SECONDS_PER_HOUR * m.uptake_warmth(site.temperature)
        most = (growth + m.maintenance(site.temperature)) / m.grown(site.temperature)
        half = m.dissolved_half * _MILLIGRAM * m.half_warmth(site.temperature)
        return enzymatic_rate(most * x["active_c"], x["dissolved_c"], half)


class _Kept(eqx.Module):
    """Maintenance times a factor, as a rate constant [s-1]; "death" is faster in dry soil."""

    model: Mend
    factor: Array
    dry: bool = eqx.field(static=True, default=False)

    def __call__(self, x: Mapping[str, Array], site: MendSite) -> Array:
        rate = self.factor * self.model.maintenance(site.temperature)
        return rate * self.model.dormancy.asleep(site.potential) if self.dry else rate


class _Made(eqx.Module):
    """Rate constant at which active microbes make an enzyme [s-1]."""

    model: Mend
    kind: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], site: MendSite) -> Array:
        m = self.model
        part = m.mineral_enzymes
        if self.kind != "mineral":
            part = proportion(x[f"{self.kind}_c"], x["oxidative_c"] + x["hydrolytic_c"])
        return part * m.enzyme_share * m.maintenance(site.temperature)


class _Immobilised(eqx.Module):
    """Most ammonium that active microbes can immobilise [mol m-3 s-1]."""

    model: Mend

    def __call__(self, x: Mapping[str, Array], site: MendSite) -> Array:
        m, half = self.model, self.model.immobilised_half * 1e3 / ATOMIC_MASS["N"]
        speed = m.immobilisation / SECONDS_PER_HOUR * m.uptake_warmth(site.temperature)
        return enzymatic_rate(speed * x["active_n"], x["ammonium"], half * m.half_warmth(site.temperature))


class _Part(eqx.Module):
    """Share of a flow of carbon, or of the nitrogen that goes with it."""

    law: Law
    share: Array
    of: str = eqx.field(static=True)
    nitrogen: bool = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], site: MendSite) -> Array:
        flow = self.share * self.law(x, site)
        return flow * proportion(x[f"{self.of}_n"], x[f"{self.of}_c"]) if self.nitrogen else flow


class _Eaten(eqx.Module):
    """What active microbes make of the dissolved matter that they take up; "kept" and not, of either element."""

    model: Mend
    nitrogen: bool = eqx.field(static=True)
    kept: bool = eqx.field(static=True)

    def parts(self, x: Mapping[str, Array], site: MendSite) -> tuple[Array, Array]:
        """Growth over uptake, and the part of the nitrogen met that becomes microbes."""
        taken, ratio = _TakenUp(self.model)(x, site), molar_ratio(self.model.ratio, "N")
        met = taken * proportion(x["dissolved_n"], x["dissolved_c"]) + _Immobilised(self.model)(x, site)
        grown = limited_growth(self.model.grown(site.temperature) * taken, [ratio * met], self.model.width)
        return proportion(grown, taken), proportion(grown / ratio, met)

    def __call__(self, x: Mapping[str, Array], site: MendSite) -> Array:
        part = self.parts(x, site)[int(self.nitrogen)]
        flow = _Part(_TakenUp(self.model), jnp.ones(()), "dissolved", self.nitrogen)(x, site)
        return (part if self.kept else 1.0 - part) * flow


class _Taken(eqx.Module):
    """Ammonium that active microbes immobilise."""

    eaten: _Eaten

    def __call__(self, x: Mapping[str, Array], site: MendSite) -> Array:
        return self.eaten.parts(x, site)[1] * _Immobilised(self.eaten.model)(x, site)


class _Cycled(eqx.Module):
    """Fastest nitrification or step of denitrification [mol m-3 s-1]."""

    model: Mend
    what: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], site: MendSite) -> Array:
        m = self.model
        rate = m.nitrifiers if self.what == "nitrification" else m.denitrifiers
        warm = m.mineral_warmth(site.temperature)
        return rate / SECONDS_PER_HOUR * warm * pore_factor(self.what, site.filled, m.width) * x["active_c"]


class _Fallen(eqx.Module):
    """Carbon or nitrogen of a part of litter [mol m-3 s-1]."""

    to: str = eqx.field(static=True)
    nitrogen: bool = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], site: MendSite) -> Array:
        parts = {"oxidative": jnp.asarray(site.oxidative), "dissolved": jnp.asarray(site.dissolved)}
        parts["hydrolytic"] = 1.0 - parts["oxidative"] - parts["dissolved"]
        carbon = jnp.asarray(site.litter) * parts[self.to]
        return carbon / molar_ratio(site.litter_ratio, "N") if self.nitrogen else carbon


def mend_species() -> tuple[Species, ...]:
    """Ten pools of carbon and nitrogen, mineral nitrogen, and accounts [mol m-3]."""
    nitrogen = mineral_nitrogen("ammonium", *CHAIN, external=("dinitrogen",))
    accounts = {"litter_c": "C", "litter_n": "N", "leached_n": "N"} | {f"{gas} of the air": "N" for gas in GASES}
    outside = (Species(name, {element: 1.0}, True, "mol m-3") for name, element in accounts.items())
    return (*(s for name in POOLS for s in pool(name)), *nitrogen, CO2, *outside)


def mend_reactions(model: Mend) -> tuple[Reaction, ...]:
    """Litter, enzymes, microbes, minerals and the nitrogen cycle [mol m-3 s-1].

    Args:
        model: numbers.

    >>> len(mend_reactions(Mend()))
    57
    """
    return (*_falls(), *_enzymes(model), *_microbes(model), *_sorbed(model), *_cycle(model))


def _falls() -> list[Reaction]:
    return [
        Reaction(f"litter to {to}_{e}", _Fallen(to, e == "n"), {f"litter_{e}": -1.0, f"{to}_{e}": 1.0}, PAPER)
        for to in ("oxidative", "hydrolytic", "dissolved")
        for e in "cn"
    ]


MINERAL = ("co2", "ammonium")
"""What becomes of the carbon and nitrogen of what is respired."""


def _moved(name: str, law: Law, of: str, to: str | tuple[str, str], share: ArrayLike = 1.0) -> list[Reaction]:
    """Carbon of a pool by a law, and its nitrogen along with it, to another pool or to two species."""
    part, ends = jnp.asarray(share), to if isinstance(to, tuple) else (f"{to}_c", f"{to}_n")
    return [
        Reaction(f"{name}: {e}", _Part(law, part, of, e == "n"), {f"{of}_{e}": -1.0, end: 1.0}, PAPER)
        for e, end in zip("cn", ends)
    ]


def _enzymes(m: Mend) -> list[Reaction]:
    """Enzymes made, lost and at work."""
    reactions = []
    for kind in MATTER:
        enzyme, freed = f"{kind}_enzyme", _Freed(m, kind)
        reactions += _moved(f"{enzyme} made", FirstOrder("active_c", _Made(m, kind)), "active", enzyme)
        lost = FirstOrder(f"{enzyme}_c", m.enzyme_loss / SECONDS_PER_HOUR)
        reactions += _moved(f"{enzyme} lost", lost, enzyme, "dissolved")
        share = m.dissolving if kind != "mineral" else jnp.ones(())
        reactions += _moved(f"{kind} dissolved", freed, kind, "dissolved", share)
        if kind != "mineral":
            reactions += _moved(f"{kind} to minerals", freed, kind, "mineral", 1.0 - share)
    return reactions


def _microbes(m: Mend) -> list[Reaction]:
    """Microbes eat, die, fall asleep, wake and keep themselves."""
    eaten = {(e, kept): _Eaten(m, e == "n", kept) for e in "cn" for kept in (True, False)}
    moves = (
        ("growth", eaten["c", True], "dissolved_c", "active_c"),
        ("respiration", eaten["c", False], "dissolved_c", "co2"),
        ("assimilation", eaten["n", True], "dissolved_n", "active_n"),
        ("mineralisation", eaten["n", False], "dissolved_n", "ammonium"),
        ("immobilisation", _Taken(eaten["n", True]), "ammonium", "active_n"),
    )
    reactions = [Reaction(name, law, {of: -1.0, to: 1.0}, PAPER) for name, law, of, to in moves]
    dead, rest = FirstOrder("active_c", _Kept(m, m.death, True)), 1.0 - m.dead_dissolved
    shares = {"dissolved": m.dead_dissolved, "oxidative": rest * m.dead_oxidative}
    shares["hydrolytic"] = rest * (1.0 - m.dead_oxidative)
    for to, share in shares.items():
        reactions += _moved(f"death to {to}", dead, "active", to, share)
    asleep = FirstOrder("dormant_c", _Kept(m, m.asleep))
    reactions += _moved("maintenance asleep", asleep, "dormant", MINERAL)
    falling, waking = dormancy_reactions(m.dormancy, pool("active"), pool("dormant"), "dissolved_c", both=True)
    reactions += _moved("falling asleep", falling.law, "active", "dormant")
    return reactions + _moved("waking", waking.law, "dormant", "active")


def _sorbed(m: Mend) -> list[Reaction]:
    numbers = Sorption(
        sorption=24.0 * m.desorption * m.binding,
        acidity=jnp.zeros(()),
        offset=jnp.zeros(()),
        desorption=24.0 * m.desorption * _MILLIGRAM,
    )
    sorbing, desorbing = sorption_reactions(
        numbers, pool("dissolved"), pool("adsorbed"), capacity=m.capacity * _MILLIGRAM
    )
    held = _moved("sorption", sorbing.law, "dissolved", "adsorbed")
    return held + _moved("desorption", desorbing.law, "adsorbed", "dissolved")


def _cycle(m: Mend) -> list[Reaction]:
    """Nitrification, denitrification, gases that leave and nitrate that leaches."""
    law = Monod(_Cycled(m, "nitrification"), {"ammonium": m.nitrification.ammonium})
    speeds = tuple(_Cycled(m, name) for name in CHAIN[:-1])
    out = [(gas, f"{gas} of the air", m.escape) for gas in GASES] + [("nitrate", "leached_n", m.leaching)]
    return [
        *nitrification_reactions(law, m.nitrification),
        *chain(speeds, m.denitrification, donor="dissolved_c", oxygen=None),
        *(
            Reaction(f"{of} leaves", FirstOrder(of, rate / SECONDS_PER_HOUR), {of: -1.0, to: 1.0})
            for of, to, rate in out
        ),
    ]


def mend_network(model: Mend) -> Network:
    """MEND-CN as a network; its environment is a `MendSite`, its time in seconds.

    Args:
        model: numbers.

    >>> network = mend_network(Mend())
    >>> network.quantities, len(network.pools)
    (('C', 'N'), 25)
    """
    return Network(mend_species(), mend_reactions(model), MendSite(283.15, -2e5, 0.5, 1e-7))


def mend_start(model: Mend, carbon: Array, ratio: ArrayLike = 12.0) -> Array:
    """Amounts of all species from the carbon of the pools: microbes and enzymes with their ratio, others with one.

    Args:
        model: numbers.
        carbon: of the ten pools [mol m-3], (pool, ...).
        ratio: C:N of the other pools, by mass [1].

    >>> mend_start(Mend(), jnp.ones(10)).shape
    (32,)
    """
    living = ("active", "dormant")
    by_mass = [model.ratio if p in living or p.endswith("enzyme") else jnp.asarray(ratio) for p in POOLS]
    both = [v for c, r in zip(carbon, by_mass) for v in (c, c / molar_ratio(r, "N"))]
    none = jnp.zeros_like(carbon[0])
    mineral = [none + 1.0, none + 1.0] + [none + 1e-3] * 3
    return jnp.stack([*both, *mineral, *(none for _ in range(7))])
