r"""DayCent: CENTURY on days, with nitrogen, and the gases that nitrification and denitrification lose, in g m-2.

Litter on and in the soil is metabolic, or structural with its lignin; it becomes microbes on the litter, the active and
the slow pool, and these the passive. Carbon decays by the numbers of `century`. A store with the carbon C and nitrogen
N that decays at k, of which a share $s_B$ becomes matter B of the ratio $\theta_B$, needs and has

$$M = \sum_B s_B\,\frac{k C}{\theta_B}, \qquad k N, \qquad
  \theta_B = \theta_{poor} - (\theta_{poor} - \theta_{rich})\,\min\Bigl(\frac{N_{min}}{N_0}, 1\Bigr)$$

What it has beyond its need is mineralised as ammonium; what is wanting, $\min(k N, M) = (1 - w) M$, is immobilised of
ammonium and nitrate alike. Its carbon waits for it by $1 - w K/(K + N_{min})$, so that no mineral nitrogen is drawn
that is not there; the published code lets it fall below zero.

Ammonium is nitrified with a leak of N2O and NO, nitrate denitrified to N2, N2O and NO by respiration, nitrate, water
and diffusivity, see `daycent_gases`.

Source: Parton et al. (1998), Glob. Planet. Change 19, 35; Parton et al. (1987), Soil Sci. Soc. Am. J. 51, 1173; gases
after Parton et al. (2001), J. Geophys. Res. 106, 17403 and Del Grosso et al. (2000), Global Biogeochem. Cycles 14,
1045; litter, ratios and the order of what happens in the public code of DayCent.
"""

from collections.abc import Mapping

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.coefficients import Fixed
from shanhai.core.constants import ATOMIC_MASS, SECONDS_PER_DAY
from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Coefficient, Law, Network, Reaction, Species
from shanhai.soil.denitrification import dinitrogen_per_nitrous_oxide, empirical, per_gram, potential_del_grosso2000
from shanhai.soil.nitrification import mineral_nitrogen
from shanhai.soil.nitrification import reactions as nitrification_reactions
from shanhai.soil.peers import daycent_gases as gases
from shanhai.soil.peers.daycent_matter import (
    MATTER,
    PAPER,
    POOLS,
    STORES,
    Daycent,
    DaycentDay,
    daycent_day,
    decays,
    falls,
    nitrogen,
    respiration,
)


class _Given(eqx.Module):
    """A field of the forcing, as a rate or as a rate constant."""

    of: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], day: DaycentDay) -> Array:
        return jnp.asarray(getattr(day, self.of))


class _Uptake(eqx.Module):
    model: Daycent
    of: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], day: DaycentDay) -> Array:
        return jnp.asarray(day.uptake) * x[self.of] / (self.model.uptake_half + x["ammonium"] + x["nitrate"])


class _Nitrified(eqx.Module):
    """Rate constant of ammonium [d-1]."""

    model: Daycent

    def __call__(self, x: Mapping[str, Array], day: DaycentDay) -> Array:
        m = self.model
        return SECONDS_PER_DAY * m.nitrification.rate_constant(day.nitrification, ph=m.ground.ph)


class _NitricLeak(eqx.Module):
    """Share of what is nitrified that leaves as NO."""

    nitrous_oxide: Array

    def __call__(self, x: Mapping[str, Array], day: DaycentDay) -> Array:
        return self.nitrous_oxide * jnp.asarray(day.nitric)


class _Denitrified(eqx.Module):
    """Nitrate that is denitrified to N2 and N2O, to N2O alone, to NO, or the ratio of N2 to N2O."""

    model: Daycent
    what: str = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], day: DaycentDay) -> Array:
        m, g = self.model, self.model.ground
        nitrate = x["nitrate"] / (ATOMIC_MASS["N"] * g.depth)
        respired = respiration(m, x, day) / (ATOMIC_MASS["C"] * g.depth * SECONDS_PER_DAY)
        filled = jnp.asarray(day.filled)
        still = gases.aggregate_diffusivity(g.field_capacity / g.porosity, g.field_capacity, g.porosity, m.width)
        ratio = dinitrogen_per_nitrous_oxide(nitrate, respired, g.bulk_density, filled, still, m.width)
        if self.what == "ratio":
            return ratio
        of_carbon = per_gram(nitrate, respired, g.bulk_density).respiration
        wet = gases.denitrification_water_factor(filled, of_carbon, still, m.width)
        rate = wet * potential_del_grosso2000(nitrate, respired, g.bulk_density, m.width)
        lost: Array = rate * (ATOMIC_MASS["N"] * g.depth * SECONDS_PER_DAY)
        return lost if self.what == "gases" else lost * jnp.asarray(day.nitric) / (1.0 + ratio)


ACCOUNTS = {"leaves": "C", "roots": "C", "co2": "C", "leaves_n": "N", "roots_n": "N", "deposited_n": "N",
            "plant_n": "N", "leached_n": "N"}  # fmt: skip
"""Accounts beside those of the gases, with their element."""
GASES = ("nitric_oxide", "nitrous_oxide", "dinitrogen")


def daycent_species() -> tuple[Species, ...]:
    """Ten pools of carbon, eight of nitrogen, ammonium, nitrate, and accounts [g m-2]."""
    carbon = (Species(pool, {"C": 1.0}, unit="g m-2") for pool in POOLS)
    nitrogen = (Species(f"{store}_n", {"N": 1.0}, unit="g m-2") for store in STORES)
    minerals = mineral_nitrogen("ammonium", "nitrate", unit="g m-2")
    accounts = (Species(name, {element: 1.0}, True, "g m-2") for name, element in ACCOUNTS.items())
    air = mineral_nitrogen(*GASES, external=GASES, unit="g m-2")
    return (*carbon, *nitrogen, *minerals, *accounts, *air)


def daycent_reactions(model: Daycent) -> tuple[Reaction, ...]:
    """Litter, decay with the nitrogen that goes along, minerals and gases [g m-2 d-1].

    Args:
        model: numbers.

    >>> len(daycent_reactions(Daycent()))
    71
    """
    return (*falls(), *decays(model), *nitrogen(model), *_minerals(model))


def _minerals(model: Daycent) -> list[Reaction]:
    share = model.nitrification.nitrous_oxide
    leaks: dict[str, Coefficient] = {"nitrous_oxide": Fixed(share), "nitric_oxide": _NitricLeak(share)}
    law = FirstOrder("ammonium", _Nitrified(model))
    flows: list[tuple[str, Law, str, str]] = [
        ("deposition", _Given("nitrogen"), "deposited_n", "ammonium"),
        ("uptake of ammonium", _Uptake(model, "ammonium"), "ammonium", "plant_n"),
        ("uptake of nitrate", _Uptake(model, "nitrate"), "nitrate", "plant_n"),
        ("leaching of nitrate", FirstOrder("nitrate", _Given("drained")), "nitrate", "leached_n"),
        ("NO of denitrification", _Denitrified(model, "nitric_oxide"), "nitrate", "nitric_oxide"),
    ]
    return [
        *nitrification_reactions(law, leaks=leaks),
        *empirical(_Denitrified(model, "gases"), _Denitrified(model, "ratio")),
        *(Reaction(name, law, {of: -1.0, to: 1.0}, PAPER) for name, law, of, to in flows),
    ]


def daycent_network(model: Daycent) -> Network:
    """DayCent below ground as a network; its environment is a `DaycentDay`, its time in days.

    Args:
        model: numbers.

    >>> network = daycent_network(Daycent())
    >>> network.quantities, len(network.pools)
    (('C', 'N'), 20)
    """
    return Network(daycent_species(), daycent_reactions(model), daycent_day(model, 10.0, 0.25, 0.5, 0.5))


def daycent_start(model: Daycent, carbon: Array, ratio: ArrayLike = 50.0) -> Array:
    """Amounts of all species from the carbon of the pools: matter poor in nitrogen, litter of a ratio.

    Args:
        model: numbers.
        carbon: of the ten pools [g m-2], (pool, ...).
        ratio: C:N of metabolic litter, by mass [1].

    >>> daycent_start(Daycent(), jnp.ones(10)).shape
    (31,)
    """
    by_pool = dict(zip(POOLS, carbon))
    ratios = {store: model.ratios.structural for store in STORES if store.endswith("structural")}
    ratios |= {matter: getattr(model.ratios, f"{matter}_poor") for matter in MATTER}
    nitrogen = [sum(by_pool[p] for p in pools) / ratios.get(store, ratio) for store, pools in STORES.items()]
    one, none = jnp.ones_like(carbon[:1]), jnp.zeros((len(ACCOUNTS) + len(GASES), *carbon.shape[1:]))
    return jnp.concatenate([carbon, jnp.stack(nitrogen), 0.5 * one, 0.5 * one, none])
