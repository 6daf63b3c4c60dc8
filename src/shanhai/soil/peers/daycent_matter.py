r"""Litter and soil matter of DayCent: numbers, decay, and the nitrogen that new matter takes of old and of minerals.

The equations are those of `daycent`, which joins minerals and gases to them.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.coefficients import Fixed
from shanhai.core.first_order import FirstOrder
from shanhai.core.params import par
from shanhai.core.reactions import Coefficient, Law, Reaction, proportion
from shanhai.numerics.smooth import smooth_minimum, smooth_positive
from shanhai.soil.nitrification import Nitrification
from shanhai.soil.peers import daycent_gases as gases
from shanhai.soil.peers.century import Century, temperature_factor, water_factor
from shanhai.soil.peers.mimics import metabolic_share

PAPER = "Parton et al. (1998), Glob. Planet. Change 19, 35"
_CODE = f"{PAPER}; public code of DayCent"
STORES = {
    "surface_structural": ("surface_cellulose", "surface_lignin"),
    "surface_metabolic": ("surface_metabolic",),
    "soil_structural": ("soil_cellulose", "soil_lignin"),
    "soil_metabolic": ("soil_metabolic",),
    "surface_active": ("surface_active",),
    "active": ("active",),
    "slow": ("slow",),
    "passive": ("passive",),
}
"""Stores of nitrogen, with the pools of their carbon."""
POOLS = tuple(pool for pools in STORES.values() for pool in pools)
ON_SURFACE = tuple(store for store in STORES if store.startswith("surface"))
MATTER = ("surface_active", "active", "slow", "passive")
MASS_PER_CARBON = 2.5  # of litter, as in the public code


class Parts(NamedTuple):
    """Litter, per unit of its carbon or by the day.

    Args:
        metabolic: carbon.
        cellulose: structural carbon but lignin.
        lignin: carbon of lignin.
        metabolic_n: nitrogen of metabolic litter.
        structural_n: nitrogen of structural litter.
    """

    metabolic: ArrayLike
    cellulose: ArrayLike
    lignin: ArrayLike
    metabolic_n: ArrayLike
    structural_n: ArrayLike


class DaycentDay(NamedTuple):
    """What a day does; `daycent_day` makes it of temperature, water and litter.

    Args:
        decay: of all pools over that at 30 degC in wet soil [1].
        nitrification: over that where nothing limits but acidity [1].
        filled: water-filled pores [1].
        nitric: NO over N2O that leave [1].
        leaves: litter that falls on the soil [g m-2 d-1].
        roots: litter in the soil, likewise.
        nitrogen: deposited and fixed, as ammonium [g m-2 d-1].
        uptake: most nitrogen that plants take up [g m-2 d-1].
        drained: nitrate that leaves with water, over what there is [d-1].
    """

    decay: ArrayLike
    nitrification: ArrayLike
    filled: ArrayLike
    nitric: ArrayLike
    leaves: Parts
    roots: Parts
    nitrogen: ArrayLike = 0.0
    uptake: ArrayLike = 0.0
    drained: ArrayLike = 0.0


def _number(default: float, meaning: str, unit: str = "1", high: float = 1.0, source: str = _CODE) -> Any:
    return par(default, unit, source=source, bounds=(0.0, high), meaning=meaning)


class Ratios(eqx.Module):
    """C:N by mass of new matter, where mineral nitrogen abounds and where there is none, and of structural litter."""

    surface_active_rich: Array = _number(6.0, "new microbes on litter, where nitrogen abounds", high=100.0)
    surface_active_poor: Array = _number(15.0, "new microbes on litter, where there is none", high=100.0)
    active_rich: Array = _number(3.0, "new active matter, where nitrogen abounds", high=100.0)
    active_poor: Array = _number(14.0, "new active matter, where there is none", high=100.0)
    slow_rich: Array = _number(12.0, "new slow matter, where nitrogen abounds", high=100.0)
    slow_poor: Array = _number(20.0, "new slow matter, where there is none", high=100.0)
    passive_rich: Array = _number(6.0, "new passive matter, where nitrogen abounds", high=100.0)
    passive_poor: Array = _number(8.0, "new passive matter, where there is none", high=100.0)
    structural: Array = _number(200.0, "structural litter", high=1e3)
    surface_abounds: Array = _number(1.0, "mineral nitrogen that abounds for microbes on litter", "g m-2", 100.0)
    abounds: Array = _number(2.0, "mineral nitrogen that abounds for other matter, N_0", "g m-2", 100.0)


class Ground(eqx.Module):
    """Water and acidity of the soil, a site's."""

    porosity: Array = par(0.5, "1", source="a site's; unverified", bounds=(0.1, 0.98), meaning="pores")
    field_capacity: Array = par(
        0.3, "1", source="a site's; unverified", bounds=(0.02, 0.9), meaning="water that gravity leaves"
    )
    wilting: Array = par(0.12, "1", source="a site's; unverified", bounds=(0.0, 0.8), meaning="water roots leave")
    depth: Array = par(0.2, "m", source="Parton et al. (1987): 20 cm", bounds=(0.01, 2.0), meaning="of the soil")
    ph: Array = par(6.5, "1", source="a site's; unverified", bounds=(2.0, 11.0), meaning="of the soil")
    hottest: Array = par(
        25.0, "degC", source="a site's; unverified", bounds=(-10.0, 60.0), meaning="daily maxima of the hottest month"
    )

    @property
    def bulk_density(self) -> Array:
        """Dry soil [kg m-3].

        >>> float(Ground().bulk_density)
        1325.0
        """
        return (1.0 - self.porosity) * gases.PARTICLES


def _nitrification() -> Nitrification:
    return Nitrification(nitrous_oxide=0.02)  # type: ignore[arg-type]


class Daycent(eqx.Module):
    """Numbers of DayCent, in published units.

    Of `carbon`, those that divide litter and the constant shares of the passive pool are not used.
    """

    carbon: Century = eqx.field(default_factory=Century)
    ratios: Ratios = eqx.field(default_factory=Ratios)
    ground: Ground = eqx.field(default_factory=Ground)
    nitrification: Nitrification = eqx.field(default_factory=_nitrification)
    surface_active: Array = _number(6.0, "decay of microbes on litter", "yr-1", 100.0)
    surface_kept: Array = _number(0.4, "microbes on litter that become slow")
    passive_of_active: Array = _number(0.003, "active pool that becomes passive, without clay")
    passive_of_active_clay: Array = _number(0.032, "the same, times clay")
    passive_of_slow: Array = _number(0.003, "slow pool that becomes passive, without clay")
    passive_of_slow_clay: Array = _number(0.009, "the same, times clay")
    least_metabolic: Array = _number(0.2, "least metabolic share of litter")
    uptake_half: Array = _number(1.0, "mineral nitrogen at half of the uptake", "g m-2", 100.0, "choice; unverified")
    scarce: Array = _number(
        0.01, "mineral nitrogen at which carbon that needs all of its nitrogen decays at half of its rate, K", "g m-2",
        1.0, "choice, in the place of a limit; unverified",
    )  # fmt: skip
    width: Array = _number(0.05, "rounding of corners", source="choice; 0 is the published corners")


def litter_parts(model: Daycent, lignin: ArrayLike, ratio: ArrayLike) -> Parts:
    r"""How DayCent divides litter.

    $$f = \max\bigl(0.2,\ \min(0.85 - 0.013\,L/N,\ 1 - L)\bigr), \qquad
      N_s = (1 - f)\,\min\Bigl(\frac{1}{200}, \frac{1}{\theta}\Bigr)$$

    The published code gives structural litter a 200th of its carbon whatever there is, so that the nitrogen of
    metabolic litter is below zero for wood; here none has more than its share.

    Source: public code of DayCent.

    Args:
        model: numbers.
        lignin: L, by mass [1], any shape.
        ratio: θ, C:N by mass [1].

    >>> parts = litter_parts(Daycent(), 0.2, 50.0)
    >>> [round(float(v), 4) for v in parts]
    [0.525, 0.275, 0.2, 0.0176, 0.0024]
    """
    per_nitrogen = MASS_PER_CARBON * jnp.asarray(lignin, float) * ratio
    soft = smooth_minimum(smooth_positive(metabolic_share(per_nitrogen), model.width), 1.0 - lignin, model.width)
    metabolic = model.least_metabolic + smooth_positive(soft - model.least_metabolic, model.width)
    rest = 1.0 - metabolic
    hard = rest * smooth_minimum(lignin / rest, 1.0, model.width)
    held = rest * smooth_minimum(1.0 / model.ratios.structural, 1.0 / jnp.asarray(ratio), model.width)
    return Parts(metabolic, rest - hard, hard, 1.0 / jnp.asarray(ratio) - held, held)


def fates(m: Daycent) -> dict[str, dict[str, Array]]:
    """What becomes of the carbon of each pool, but for what is respired.

    >>> {pool: round(float(sum(to.values())), 3) for pool, to in fates(Daycent()).items() if "surface" in pool}
    {'surface_cellulose': 0.55, 'surface_lignin': 0.7, 'surface_metabolic': 0.45, 'surface_active': 0.4}
    """
    c = m.carbon
    from_active = m.passive_of_active + m.passive_of_active_clay * c.clay
    from_slow = m.passive_of_slow + m.passive_of_slow_clay * c.clay
    return {
        "surface_cellulose": {"surface_active": c.surface_efficiency},
        "surface_lignin": {"slow": c.lignin_efficiency},
        "surface_metabolic": {"surface_active": c.litter_efficiency},
        "soil_cellulose": {"active": c.litter_efficiency},
        "soil_lignin": {"slow": c.lignin_efficiency},
        "soil_metabolic": {"active": c.litter_efficiency},
        "surface_active": {"slow": m.surface_kept},
        "active": {"slow": 1.0 - c.respired - from_active, "passive": from_active},
        "slow": {"active": c.slow_to_active + c.slow_to_passive - from_slow, "passive": from_slow},
        "passive": {"active": c.passive_to_active},
    }


def decay(m: Daycent, store: str, x: Mapping[str, Array], day: DaycentDay) -> Array:
    """Rate constant of a store where nitrogen abounds [d-1].

    Args:
        m: numbers.
        store: one of `STORES`.
        x: amounts by species.
        day: forcing.

    >>> round(float(decay(Daycent(), "slow", {}, daycent_day(Daycent(), 30.0, 0.3))) * 365.0, 4)
    0.1972
    """
    base = m.surface_active / 365.0 if store == "surface_active" else getattr(m.carbon, store) / 7.0
    if store.endswith("structural"):
        cellulose, lignin = (x[pool] for pool in STORES[store])
        base = base * jnp.exp(-3.0 * proportion(lignin, cellulose + lignin))
    elif store == "active":
        base = base * (1.0 - 0.75 * (m.carbon.clay + m.carbon.silt))
    return base * day.decay


def relative_water(m: Daycent, water: ArrayLike) -> Array:
    """Water over what the soil holds between wilting and field capacity, from 0 to 1 [1].

    Args:
        m: numbers.
        water: of the soil [m3 m-3], any shape.

    >>> [round(float(relative_water(Daycent(), w)), 3) for w in (0.1, 0.21, 0.5)]
    [0.0, 0.5, 1.0]
    """
    g = m.ground
    above = (jnp.asarray(water, float) - g.wilting) / (g.field_capacity - g.wilting)
    return smooth_minimum(smooth_positive(above, m.width), 1.0, m.width)


def daycent_day(
    m: Daycent,
    temperature: ArrayLike,
    water: ArrayLike,
    leaves: ArrayLike = 0.0,
    roots: ArrayLike = 0.0,
    lignin: ArrayLike = 0.2,
    ratio: ArrayLike = 50.0,
    nitrogen: ArrayLike = 0.0,
    uptake: ArrayLike = 0.0,
    drained: ArrayLike = 0.0,
) -> DaycentDay:
    """What a day does, of its temperature, water and litter; all of any shape.

    Args:
        m: numbers.
        temperature: of the soil [degC].
        water: of the soil, at most its pores [m3 m-3].
        leaves: carbon that falls on the soil [g m-2 d-1].
        roots: carbon that dies in the soil, likewise.
        lignin: of litter, by mass [1].
        ratio: C:N of litter, by mass [1].
        nitrogen: deposited and fixed, as ammonium [g m-2 d-1].
        uptake: most nitrogen that plants take up [g m-2 d-1].
        drained: nitrate that leaves with water, over what there is [d-1].

    >>> days = [daycent_day(Daycent(), 10.0, w) for w in (0.1, 0.5)]
    >>> [round(float(day.nitric), 2) for day in days], [round(float(day.nitrification), 3) for day in days]
    ([5.36, 0.29], [0.007, 0.0])
    """
    g, relative, filled = m.ground, relative_water(m, water), jnp.asarray(water) / m.ground.porosity
    capacity = g.field_capacity / g.porosity
    nitrified = gases.nitrification_temperature_factor(temperature, g.hottest) * gases.nitrification_water_factor(
        relative, filled, capacity, m.width
    )
    spread = gases.aggregate_diffusivity(filled, g.field_capacity, g.porosity, m.width)
    parts = litter_parts(m, lignin, ratio)
    on, under = (Parts(*(jnp.asarray(amount) * part for part in parts)) for amount in (leaves, roots))
    warm, nitric = temperature_factor(temperature), gases.nitric_oxide_per_nitrous_oxide(spread)
    decayed = warm * water_factor(relative)
    return DaycentDay(decayed, nitrified, filled, nitric, on, under, nitrogen, uptake, drained)


def matter_ratio(m: Daycent, matter: str, mineral: ArrayLike) -> Array:
    r"""C:N of new matter by mass, $\theta_{poor} - (\theta_{poor} - \theta_{rich}) \min(N/N_0, 1)$.

    Args:
        m: numbers.
        matter: one of `MATTER`.
        mineral: N, ammonium and nitrate [g m-2], any shape.

    >>> [round(float(matter_ratio(Daycent(), "active", n)), 3) for n in (0.0, 1.0, 5.0)]
    [14.0, 8.5, 3.0]
    """
    r = m.ratios
    abounds = r.surface_abounds if matter == "surface_active" else r.abounds
    poor, rich = (getattr(r, f"{matter}_{kind}") for kind in ("poor", "rich"))
    return poor - (poor - rich) * smooth_minimum(jnp.asarray(mineral) / abounds, 1.0, m.width)


class Turnover(NamedTuple):
    """Nitrogen of a decaying store [g m-2 d-1].

    Args:
        constant: k of its decay where nitrogen abounds [d-1].
        own: nitrogen that comes with its carbon, kN.
        need: of new matter, by matter.
        kept: what of its own the new matter takes, min(kN, M).
        wanting: w, the part of the need that it does not have [1].
    """

    constant: Array
    own: Array
    need: dict[str, Array]
    kept: Array
    wanting: Array

    @property
    def whole(self) -> Array:
        """Need of all new matter, M."""
        return sum(self.need.values(), jnp.zeros(()))


def turnover(m: Daycent, store: str, x: Mapping[str, Array], day: DaycentDay) -> Turnover:
    """What a store that decays has of nitrogen and what new matter needs.

    Args:
        m: numbers.
        store: one of `STORES`.
        x: amounts by species.
        day: forcing.

    >>> x = {"slow": 1000.0, "slow_n": 60.0, "ammonium": 2.0, "nitrate": 2.0}
    >>> x = {name: jnp.asarray(amount) for name, amount in x.items()}
    >>> found = turnover(Daycent(), "slow", x, daycent_day(Daycent(), 30.0, 0.3))
    >>> sorted(found.need), round(float(found.own / found.constant), 6)
    (['active', 'passive'], 60.0)
    """
    k, mineral = decay(m, store, x, day), x["ammonium"] + x["nitrate"]
    need: dict[str, Array] = {}
    for pool in STORES[store]:
        for to, share in fates(m)[pool].items():
            need[to] = k * share * x[pool] / matter_ratio(m, to, mineral)
    whole, own = sum(need.values(), jnp.zeros(())), k * x[f"{store}_n"]
    kept = smooth_minimum(own, whole, m.width)
    return Turnover(k, own, need, kept, proportion(whole - kept, whole))


class _Rate(eqx.Module):
    """Rate constant of the carbon of a store, which waits for nitrogen."""

    model: Daycent
    store: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], day: DaycentDay) -> Array:
        found, k = turnover(self.model, self.store, x, day), self.model.scarce
        return found.constant * (1.0 - found.wanting * k / (k + x["ammonium"] + x["nitrate"]))


class _Kept(eqx.Module):
    """Nitrogen of a store that new matter takes, or with no matter named what is mineralised."""

    model: Daycent
    store: str = eqx.field(static=True)
    to: str | None = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], day: DaycentDay) -> Array:
        found = turnover(self.model, self.store, x, day)
        if self.to is None:
            return found.own - found.kept
        return found.kept * proportion(found.need[self.to], found.whole)


class _Immobilised(eqx.Module):
    """Nitrogen of one mineral that new matter takes where a store decays that has too little."""

    model: Daycent
    store: str = eqx.field(static=True)
    of: str = eqx.field(static=True)
    to: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], day: DaycentDay) -> Array:
        found, k = turnover(self.model, self.store, x, day), self.model.scarce
        return found.wanting * found.need[self.to] * x[self.of] / (k + x["ammonium"] + x["nitrate"])


class _Fallen(eqx.Module):
    """A part of litter."""

    of: str = eqx.field(static=True)
    part: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], day: DaycentDay) -> Array:
        return jnp.asarray(getattr(getattr(day, self.of), self.part))


def respiration(m: Daycent, x: Mapping[str, Array], day: DaycentDay) -> Array:
    """Carbon that is respired in the soil where nothing waits for nitrogen, without what lies on it [g m-2 d-1].

    Args:
        m: numbers.
        x: amounts by species.
        day: forcing.

    >>> x = {pool: jnp.ones(()) for pool in POOLS}
    >>> round(float(respiration(Daycent(), x, daycent_day(Daycent(), 30.0, 0.3))), 4)
    0.0344
    """
    shares, total = fates(m), jnp.zeros(())
    for store, pools in STORES.items():
        if store not in ON_SURFACE:
            lost = [(1.0 - sum(shares[pool].values(), jnp.zeros(()))) * x[pool] for pool in pools]
            total = total + decay(m, store, x, day) * sum(lost)
    return total


def falls() -> list[Reaction]:
    """Litter that falls and roots that die, with their nitrogen."""
    flows = []
    for of, where in (("leaves", "surface"), ("roots", "soil")):
        for part in Parts._fields:
            of_nitrogen = "_n" if part.endswith("_n") else ""
            flows.append((f"{of}{of_nitrogen}", f"{where}_{part}", _Fallen(of, part)))
    return [Reaction(f"{of} to {to}", law, {of: -1.0, to: 1.0}, PAPER) for of, to, law in flows]


def decays(model: Daycent) -> list[Reaction]:
    """Carbon that becomes new matter, and that is respired."""
    made, shares = [], fates(model)
    for store, pools in STORES.items():
        for pool in pools:
            moves: dict[str, Coefficient] = {pool: -1.0}
            moves |= {to: Fixed(share) for to, share in shares[pool].items()}
            moves["co2"] = Fixed(1.0 - sum(shares[pool].values(), jnp.zeros(())))
            made.append(Reaction(f"decay of {pool}", FirstOrder(pool, _Rate(model, store)), moves, PAPER))
    return made


def nitrogen(model: Daycent) -> list[Reaction]:
    """Nitrogen of stores that new matter takes or that is mineralised, and what is immobilised."""
    shares, made = fates(model), []
    for store, pools in STORES.items():
        matter = [to for pool in pools for to in shares[pool]]
        flows: list[tuple[str, Law, str, str]] = [
            (f"mineralisation of {store}", _Kept(model, store, None), f"{store}_n", "ammonium")
        ]
        for to in matter:
            flows.append((f"nitrogen of {store} to {to}", _Kept(model, store, to), f"{store}_n", f"{to}_n"))
            for of in ("ammonium", "nitrate"):
                name = f"immobilisation of {of} by {store} to {to}"
                flows.append((name, _Immobilised(model, store, of, to), of, f"{to}_n"))
        made += [Reaction(name, law, {of: -1.0, to: 1.0}, PAPER) for name, law, of, to in flows]
    return made
