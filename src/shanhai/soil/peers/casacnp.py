r"""CASA-CNP below ground: litter, soil matter and minerals with carbon, nitrogen and phosphorus, in g m-2 and years.

Metabolic and structural litter, wood, and microbial, slow and passive matter decay at the rate $k_i f_T f_W$ times an
optimum of the biome. The carbon becomes soil matter of given shares, or carbon dioxide; nitrogen and phosphorus are all
mineralised, and new soil matter takes what it needs from the mineral pools,

$$N{:}C = (1 - w)\,n_{min} + w\,n_{max}, \qquad w = \min(N/N_0, 1), \qquad N{:}P = 7.7$$

Decay of litter, and what takes nutrients, waits for them by $N/(N + K)$ and the same of dissolved phosphorus. Labile
and sorbed phosphorus are one pool T, of which the dissolved part P solves Langmuir's isotherm $T = P + S P/(K + P)$
exactly. What is sorbed becomes strongly sorbed, and is set free or occluded for ever; phosphatase frees organic
phosphorus of slow and passive matter, each at its own decay.

The published code moves the labile part with a linearised buffer and then sets the sorbed part from the isotherm, so
that phosphorus is made or lost, see `published_step`. Its file for a testbed has N:P of soil of 0.00137, 0.00002 and
0.00003, which would give 1e7 g m-2 of phosphorus; here it is that of the pools of the same file, 7.692.

Source: Wang, Law & Pak (2010), Biogeosciences 7, 2261; phosphatase by Wang, Houlton & Field (2007), Global Biogeochem.
Cycles 21, GB1018; numbers of deciduous broadleaf forest on an alfisol.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.coefficients import Fixed
from shanhai.core.constants import ZERO_CELSIUS
from shanhai.core.first_order import FirstOrder
from shanhai.core.params import par
from shanhai.core.reactions import Coefficient, Law, Network, Reaction, Species
from shanhai.numerics.smooth import smooth_minimum, smooth_positive
from shanhai.soil.phosphorus import SOIL_ORDERS, Langmuir, OfDissolved, Phosphatase, Phosphorus, PlantUptake

PAPER = "Wang, Law & Pak (2010), Biogeosciences 7, 2261"
LITTER = ("metabolic", "structural", "wood")
SOIL = ("microbial", "slow", "passive")
POOLS = LITTER + SOIL
_TABLE = f"{PAPER}, table of the public code"
_CODE = f"{PAPER}, public code"


class CasaSite(NamedTuple):
    """Forcing of CASA-CNP.

    Args:
        temperature: of the soil [K].
        water: water-filled pores [1].
        metabolic: carbon of metabolic litter that falls [g m-2 yr-1].
        structural: of structural litter, likewise.
        wood: of wood, likewise.
        nitrogen: deposited and fixed [g m-2 yr-1].
        phosphorus: of dust and weathering [g m-2 yr-1].
        uptake_n: most nitrogen that plants take up [g m-2 yr-1].
        uptake_p: most phosphorus that plants take up [g m-2 yr-1].
    """

    temperature: ArrayLike
    water: ArrayLike
    metabolic: ArrayLike
    structural: ArrayLike
    wood: ArrayLike
    nitrogen: ArrayLike = 1.0
    phosphorus: ArrayLike = 0.05
    uptake_n: ArrayLike = 10.0
    uptake_p: ArrayLike = 1.0


def _number(default: float, meaning: str, unit: str = "1", high: float = 1.0, source: str = _TABLE) -> Any:
    return par(default, unit, source=source, bounds=(0.0, high), meaning=meaning)


class Ratios(eqx.Module):
    """Composition of litter and of new soil matter, by mass."""

    metabolic: Array = _number(80.0, "C:N of metabolic litter, from the pools", high=1e3)
    structural: Array = _number(150.0, "C:N of structural litter", high=1e3)
    wood: Array = _number(135.0, "C:N of wood, from the pools", high=1e3)
    metabolic_p: Array = _number(18.75, "N:P of metabolic litter, from the pools", high=1e3)
    structural_p: Array = _number(20.0, "N:P of structural litter, from the pools", high=1e3)
    wood_p: Array = _number(44.4, "N:P of wood, from the pools", high=1e3)
    microbial_rich: Array = _number(6.69, "C:N of new microbial matter where nitrogen abounds", high=100.0)
    slow_rich: Array = _number(16.2, "C:N of new slow matter where nitrogen abounds", high=100.0)
    passive_rich: Array = _number(16.2, "C:N of new passive matter where nitrogen abounds", high=100.0)
    microbial_poor: Array = _number(8.0, "C:N of new microbial matter where there is none", high=100.0)
    slow_poor: Array = _number(30.0, "C:N of new slow matter where there is none", high=100.0)
    passive_poor: Array = _number(30.0, "C:N of new passive matter where there is none", high=100.0)
    soil_p: Array = _number(7.692, "N:P of new soil matter, from the pools", high=100.0)
    abounds: Array = _number(2.0, "mineral nitrogen that abounds, N_0", "g m-2", 100.0)


def _alfisol() -> Langmuir:
    return langmuir_by_area("alfisol")


def langmuir_by_area(order: str) -> Langmuir:
    """Surface of a soil order with amounts by area [g m-2], as the table has them.

    Args:
        order: of the USDA, see `phosphorus.SOIL_ORDERS`.

    >>> surface = langmuir_by_area("alfisol")
    >>> round(float(surface.capacity), 2), round(float(surface.half_saturation), 2)
    (439.46, 74.54)
    """
    capacity, half = SOIL_ORDERS[order]
    return Langmuir(jnp.asarray(capacity), jnp.asarray(half))


class Casa(eqx.Module):
    """Numbers of CASA-CNP, in published units."""

    metabolic: Array = _number(0.04, "age of metabolic litter", "yr", 10.0)
    structural: Array = _number(0.23, "age of structural litter without lignin", "yr", 10.0)
    wood: Array = _number(0.824, "age of wood", "yr", 100.0)
    microbial: Array = _number(0.137, "age of microbial matter without silt and clay", "yr", 10.0)
    slow: Array = _number(5.0, "age of slow matter", "yr", 100.0)
    passive: Array = _number(222.22, "age of passive matter", "yr", 1e4)
    litter_optimum: Array = _number(0.6, "decay of litter over these rates at the optimum", high=10.0)
    soil_optimum: Array = _number(0.6, "decay of soil matter over these rates at the optimum", high=10.0)
    q10: Array = _number(1.72, "increase of decay in 10 K, one at 35 degC", high=10.0)
    lignin: Array = _number(0.2, "of leaves over carbon")
    lignin_wood: Array = _number(0.4, "of wood over carbon")
    clay: Array = par(0.2, "1", source="a site's; unverified", bounds=(0.0, 1.0), meaning="of the soil by mass")
    silt: Array = par(0.3, "1", source="a site's; unverified", bounds=(0.0, 1.0), meaning="of the soil by mass")
    ratios: Ratios = eqx.field(default_factory=Ratios)
    gas: Array = _number(0.05, "net mineralisation that is lost as gas")
    leaching_n: Array = _number(0.05, "leaching of mineral nitrogen", "yr-1", 10.0)
    leaching_p: Array = _number(
        5e-4, "leaching of dissolved phosphorus", "yr-1", 10.0, f"{_TABLE}; its unit of time: unverified"
    )
    uptake_half_n: Array = _number(2.0, "mineral nitrogen at half of the uptake by plants", "g m-2", 100.0)
    uptake_half_p: Array = _number(0.5, "dissolved phosphorus at half of the uptake by plants", "g m-2", 100.0)
    surface: Langmuir = eqx.field(default_factory=_alfisol)
    strong: Array = _number(
        1.8356191e-5 * 365.0, "sorbed that becomes strongly sorbed", "yr-1", 100.0, f"{_CODE}; 8 in the testbed's file"
    )
    weak: Array = _number(
        2.73973e-5 * 365.0, "strongly sorbed that becomes labile", "yr-1", 100.0, f"{_CODE}; 8 in the testbed's file"
    )
    occlusion: Array = _number(1e-3, "strongly sorbed that is enclosed", "yr-1", 1.0, "choice; unverified")
    phosphatase: Phosphorus = eqx.field(default_factory=Phosphorus)
    cost: Array = _number(40.0, "nitrogen that plants spend on phosphorus, λ", "g g-1", 1e3)
    scarce_n: Array = _number(
        0.01, "mineral nitrogen that halves decay, K", "g m-2", 1.0, "choice, in the place of a limit; unverified"
    )
    scarce_p: Array = _number(
        1e-3, "dissolved phosphorus that halves decay", "g m-2", 1.0, "choice, in the place of a limit; unverified"
    )
    width: Array = _number(0.05, "rounding of the corner of w", source="choice; 0 is the published corner")


def temperature_factor(model: Casa, temperature: ArrayLike) -> Array:
    r"""Decay over that at 35 degC, $q^{(T - 35)/10}$.

    Source: Wang, Law & Pak (2010), public code.

    Args:
        model: numbers.
        temperature: of the soil [K], any shape.

    >>> [round(float(temperature_factor(Casa(), 273.15 + t)), 3) for t in (15.0, 35.0)]
    [0.338, 1.0]
    """
    return model.q10 ** (0.1 * (jnp.asarray(temperature) - ZERO_CELSIUS - 35.0))


def water_factor(water: ArrayLike) -> Array:
    r"""Decay over that at the best water.

    $$f_W = \Bigl(\frac{1.7 - w}{1.15}\Bigr)^{6.6481} \Bigl(\frac{w + 0.007}{0.557}\Bigr)^{3.22}$$

    Source: Kelly et al. (2000), J. Geophys. Res. 105, 20093, Fig. 2b, as in the public code.

    Args:
        water: w, water-filled pores [1], any shape.

    >>> [round(float(water_factor(w)), 3) for w in (0.0, 0.3, 0.55, 1.0)]
    [0.0, 0.543, 1.0, 0.248]
    """
    w = jnp.asarray(water)
    return ((1.7 - w) / 1.15) ** 6.6481 * ((w + 0.007) / 0.557) ** 3.22


def decay(model: Casa, pool: str, site: CasaSite) -> Array:
    """Rate constant of decay where nutrients abound [yr-1].

    Args:
        model: numbers.
        pool: one of `POOLS`.
        site: forcing.

    >>> float(decay(Casa(), "slow", CasaSite(308.15, 0.55, 0.0, 0.0, 0.0)))
    0.12
    """
    optimum = model.litter_optimum if pool in LITTER else model.soil_optimum
    slower = {
        "structural": jnp.exp(-3.0 * model.lignin),
        "microbial": 1.0 - 0.75 * (model.clay + model.silt),
    }.get(pool, jnp.ones(()))
    factor = temperature_factor(model, site.temperature) * water_factor(site.water)
    return optimum * slower / getattr(model, pool) * factor


def shares(m: Casa) -> dict[str, dict[str, Array]]:
    """What becomes of the carbon of each pool, but for what is respired.

    >>> {pool: round(float(sum(part.values())), 3) for pool, part in shares(Casa()).items()}
    {'metabolic': 0.45, 'structural': 0.7, 'wood': 0.52, 'microbial': 0.51, 'slow': 0.002}
    """
    fine, wood, kept = m.lignin, m.lignin_wood, 0.85 - 0.68 * (m.clay + m.silt)
    return {
        "metabolic": {"microbial": jnp.asarray(0.45)},
        "structural": {"microbial": 0.7 * (1.0 - fine), "slow": 0.7 * fine},
        "wood": {"microbial": 0.4 * (1.0 - wood), "slow": 0.7 * wood},
        "microbial": {"slow": kept * (0.997 - 0.032 * m.clay), "passive": kept * (0.003 + 0.032 * m.clay)},
        "slow": {"passive": 0.45 * (0.003 + 0.009 * m.clay)},
    }


class _Rate(eqx.Module):
    """Rate constant of a share of decay, of that by new matter rich or poor in nitrogen if `rich` is given."""

    model: Casa
    pool: str = eqx.field(static=True)
    share: Array
    rich: bool | None = eqx.field(static=True, default=None)

    def __call__(self, x: Mapping[str, Array], site: CasaSite) -> Array:
        m, nitrogen = self.model, x["mineral_n"]
        rate = self.share * decay(m, self.pool, site)
        if self.pool in LITTER or self.rich is not None:
            dissolved = m.surface.dissolved(x["exchangeable_p"])
            rate = rate * nitrogen / (m.scarce_n + nitrogen) * dissolved / (m.scarce_p + dissolved)
        if self.rich is None:
            return rate
        part = smooth_minimum(nitrogen / m.ratios.abounds, 1.0, m.width)
        return rate * (part if self.rich else 1.0 - part)


class _Decay(eqx.Module):
    model: Casa
    pool: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], site: CasaSite) -> Array:
        return decay(self.model, self.pool, site)


class _Fallen(eqx.Module):
    """Litter of a kind over a ratio, or what is deposited."""

    of: str = eqx.field(static=True)
    ratio: Array

    def __call__(self, x: Mapping[str, Array], site: CasaSite) -> Array:
        return jnp.asarray(getattr(site, self.of)) / self.ratio


class _Gas(eqx.Module):
    """Share of net mineralisation of nitrogen, where it is positive."""

    share: Array
    mineralised: tuple[Law, ...]
    taken: tuple[tuple[Law, Array], ...]

    def __call__(self, x: Mapping[str, Array], site: CasaSite) -> Array:
        net = sum(law(x, site) for law in self.mineralised) - sum(n * law(x, site) for law, n in self.taken)
        return self.share * smooth_positive(jnp.asarray(net), 1e-3)


class _Uptake(eqx.Module):
    half: Array

    def __call__(self, x: Mapping[str, Array], site: CasaSite) -> Array:
        return jnp.asarray(site.uptake_n) * x["mineral_n"] / (self.half + x["mineral_n"])


class _Given(eqx.Module):
    """A field of the forcing as a coefficient."""

    of: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], site: CasaSite) -> Array:
        return jnp.asarray(getattr(site, self.of))


class _Strong(eqx.Module):
    """Sorbed phosphorus that becomes strongly sorbed."""

    surface: Langmuir
    rate: Array

    def __call__(self, x: Mapping[str, Array], site: CasaSite) -> Array:
        total = x["exchangeable_p"]
        return self.rate * (total - self.surface.dissolved(total))


ACCOUNTS = {
    "litter": "C",
    "co2": "C",
    "litter_n": "N",
    "deposited_n": "N",
    "plant_n": "N",
    "leached_n": "N",
    "gas_n": "N",
    "litter_p": "P",
    "deposited_p": "P",
    "plant_p": "P",
    "leached_p": "P",
    "occluded_p": "P",
}
"""Accounts outside of the soil that roots reach, with their element."""


def casa_species() -> tuple[Species, ...]:
    """Six pools of C, N and P each, three of minerals, and accounts [g m-2]."""
    pools = dict.fromkeys(POOLS, "C") | {f"{p}_{e.lower()}": e for e in "NP" for p in POOLS}
    pools |= {"mineral_n": "N", "exchangeable_p": "P", "strongly_sorbed_p": "P"}
    inside = (Species(name, {element: 1.0}, unit="g m-2") for name, element in pools.items())
    return (*inside, *(Species(name, {element: 1.0}, True, "g m-2") for name, element in ACCOUNTS.items()))


def casa_reactions(model: Casa) -> tuple[Reaction, ...]:
    """Litter, decay with what new matter takes, mineralisation, and the minerals [g m-2 yr-1].

    Args:
        model: numbers.

    >>> len(casa_reactions(Casa()))
    55
    """
    transfers = _transfers(model)
    mineralised = [r for of in "np" for r in _mineralised(model, of)]
    taken = tuple((r.law, -r.stoichiometry["mineral_n"].amount) for r in transfers)  # type: ignore[union-attr]
    gas = _Gas(model.gas, tuple(r.law for r in mineralised[: len(POOLS)]), taken)
    lost = Reaction("gaseous loss", gas, {"mineral_n": -1.0, "gas_n": 1.0}, PAPER)
    return (*_falls(model), *transfers, *_respired(model), *mineralised, lost, *_minerals(model))


def _falls(m: Casa) -> list[Reaction]:
    one, flows = jnp.ones(()), []
    for kind in LITTER:
        by_carbon = getattr(m.ratios, kind)
        ratios = (("", one), ("_n", by_carbon), ("_p", by_carbon * getattr(m.ratios, f"{kind}_p")))
        flows += [(f"litter to {kind}{e}", _Fallen(kind, r), f"litter{e}", f"{kind}{e}") for e, r in ratios]
    flows.append(("deposition of nitrogen", _Fallen("nitrogen", one), "deposited_n", "mineral_n"))
    flows.append(("deposition of phosphorus", _Fallen("phosphorus", one), "deposited_p", "exchangeable_p"))
    return [Reaction(name, law, {of: -1.0, to: 1.0}, PAPER) for name, law, of, to in flows]


def _transfers(m: Casa) -> list[Reaction]:
    """New soil matter with the nitrogen and phosphorus that it takes, twice: rich and poor in nitrogen."""
    made = []
    for pool, parts in shares(m).items():
        for to, share in parts.items():
            for kind in ("rich", "poor"):
                n = 1.0 / getattr(m.ratios, f"{to}_{kind}")
                p = n / m.ratios.soil_p
                moves: dict[str, Coefficient] = {pool: -1.0, to: 1.0}
                moves |= {"mineral_n": Fixed(-n), f"{to}_n": Fixed(n)}
                moves |= {"exchangeable_p": Fixed(-p), f"{to}_p": Fixed(p)}
                law = FirstOrder(pool, _Rate(m, pool, share, kind == "rich"))
                made.append(Reaction(f"{pool} to {to}, {kind}", law, moves, PAPER))
    return made


def _respired(m: Casa) -> list[Reaction]:
    kept = {pool: sum(parts.values(), jnp.zeros(())) for pool, parts in shares(m).items()} | {"passive": jnp.zeros(())}
    return [
        Reaction(f"{pool} respired", FirstOrder(pool, _Rate(m, pool, 1.0 - part)), {pool: -1.0, "co2": 1.0}, PAPER)
        for pool, part in kept.items()
    ]


def _mineralised(m: Casa, element: str) -> list[Reaction]:
    to = {"n": "mineral_n", "p": "exchangeable_p"}[element]
    return [
        Reaction(
            f"{pool}_{element} mineralised",
            FirstOrder(f"{pool}_{element}", _Rate(m, pool, jnp.ones(()))),
            {f"{pool}_{element}": -1.0, to: 1.0},
            PAPER,
        )
        for pool in POOLS
    ]


def _minerals(m: Casa) -> list[Reaction]:
    p = "exchangeable_p"
    taken = PlantUptake(m.surface, p, _Given("uptake_p"), m.uptake_half_p)
    flows: list[tuple[str, Law, str, str]] = [
        ("uptake of nitrogen", _Uptake(m.uptake_half_n), "mineral_n", "plant_n"),
        ("leaching of nitrogen", FirstOrder("mineral_n", m.leaching_n), "mineral_n", "leached_n"),
        ("uptake of phosphorus", taken, p, "plant_p"),
        ("leaching of phosphorus", OfDissolved(m.surface, p, m.leaching_p), p, "leached_p"),
        ("strong sorption", _Strong(m.surface, m.strong), p, "strongly_sorbed_p"),
        ("release", FirstOrder("strongly_sorbed_p", m.weak), "strongly_sorbed_p", p),
        ("occlusion", FirstOrder("strongly_sorbed_p", m.occlusion), "strongly_sorbed_p", "occluded_p"),
    ]
    for pool in ("slow", "passive"):
        freed = Phosphatase(m.phosphatase, f"{pool}_p", m.cost, _Decay(m, pool))
        flows.append((f"phosphatase on {pool}", freed, f"{pool}_p", p))
    return [Reaction(name, law, {of: -1.0, to: 1.0}, PAPER) for name, law, of, to in flows]


def casa_network(model: Casa) -> Network:
    """CASA-CNP below ground as a network; its environment is a `CasaSite`, its time in years.

    Args:
        model: numbers.

    >>> network = casa_network(Casa())
    >>> network.quantities, len(network.pools)
    (('C', 'N', 'P'), 21)
    """
    return Network(casa_species(), casa_reactions(model), CasaSite(283.15, 0.5, 100.0, 150.0, 80.0))


def published_step(surface: Langmuir, labile: ArrayLike, added: ArrayLike) -> Array:
    r"""Labile phosphorus after a step of the published code: an addition through a linearised buffer.

    $$P' = P + \frac{a}{1 + S K/(K + P)^2}, \qquad \text{then the sorbed part from the isotherm}$$

    Not used here but for comparison: with the sorbed part of P' it does not hold what was added.

    Source: Wang, Law & Pak (2010), public code.

    Args:
        surface: Langmuir's isotherm with amounts by area.
        labile: P, dissolved [g m-2], any shape.
        added: a [g m-2].

    >>> surface, p = langmuir_by_area("alfisol"), published_step(langmuir_by_area("alfisol"), 26.7, 10.0)
    >>> held = [v + surface.capacity * v / (surface.half_saturation + v) for v in (26.7, p)]
    >>> 0.0 < 1.0 - float(held[1] - held[0]) / 10.0 < 0.03
    True
    """
    s, k, p = surface.capacity, surface.half_saturation, jnp.asarray(labile)
    return p + jnp.asarray(added) / (1.0 + s * k / (k + p) ** 2)


def casa_start(model: Casa, carbon: Array) -> Array:
    """Amounts of all species from the carbon of the pools: litter of its composition, soil matter poor in nitrogen.

    Args:
        model: numbers.
        carbon: of the six pools [g m-2], (pool, ...).

    >>> casa_start(Casa(), jnp.ones(6)).shape
    (33,)
    """
    r = model.ratios
    by_n = [getattr(r, pool if pool in LITTER else f"{pool}_poor") for pool in POOLS]
    by_p = [getattr(r, f"{pool}_p") if pool in LITTER else r.soil_p for pool in POOLS]
    nitrogen = jnp.stack([c / n for c, n in zip(carbon, by_n)])
    phosphorus = jnp.stack([n / p for n, p in zip(nitrogen, by_p)])
    one, none = jnp.ones_like(carbon[:1]), jnp.zeros((len(ACCOUNTS), *carbon.shape[1:]))
    return jnp.concatenate([carbon, nitrogen, phosphorus, 2.0 * one, 150.0 * one, 100.0 * one, none])
