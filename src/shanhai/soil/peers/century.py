r"""CENTURY: soil carbon in litter on and in the soil and in active, slow and passive pools, in g m-2 and weeks.

Litter is metabolic by $F_m = 0.85 - 0.018\,L/N$, the rest structural. A pool decays at $k\,f_T f_W$; structural litter
slower by $e^{-3 L_s}$ of its lignin, the active pool by $1 - 0.75\,t$ of silt and clay t. Of the active pool

$$e = 0.85 - 0.68\,t$$

is respired, 0.004 becomes passive and the remainder slow. The lignin of structural litter becomes slow.

Source: Parton et al. (1987), Soil Sci. Soc. Am. J. 51, 1173; factors of temperature and water as in the CENTURY of
Abramoff et al. (2018), Biogeochemistry 137, 51, after DayCent.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.first_order import FirstOrder
from shanhai.core.params import par
from shanhai.core.reactions import Law, Network, Reaction, Species

PAPER = "Parton et al. (1987), Soil Sci. Soc. Am. J. 51, 1173"
POOLS = (
    "surface_structural",
    "surface_metabolic",
    "soil_structural",
    "soil_metabolic",
    "active",
    "slow",
    "passive",
)


class CenturyWeek(NamedTuple):
    """Forcing of CENTURY.

    Args:
        temperature: of the soil [degC].
        water: over what the soil holds [1].
        leaves: carbon that falls on the soil [g m-2 week-1].
        roots: carbon that dies in the soil, likewise.
    """

    temperature: ArrayLike
    water: ArrayLike
    leaves: ArrayLike
    roots: ArrayLike


def _number(default: float, meaning: str, unit: str = "1", high: float = 1.0) -> Any:
    return par(default, unit, source=PAPER, bounds=(0.0, high), meaning=meaning)


class Century(eqx.Module):
    """Numbers of CENTURY, in published units.

    The slope of the metabolic share by L/N is 0.018; some codes have 0.18, which makes it negative for most litter.
    """

    surface_structural: Array = _number(0.076, "decay of structural litter on the soil", "week-1", 10.0)
    surface_metabolic: Array = _number(0.28, "decay of metabolic litter on the soil", "week-1", 10.0)
    soil_structural: Array = _number(0.094, "decay of structural litter in the soil", "week-1", 10.0)
    soil_metabolic: Array = _number(0.35, "decay of metabolic litter in the soil", "week-1", 10.0)
    active: Array = _number(0.14, "decay of the active pool without silt and clay", "week-1", 10.0)
    slow: Array = _number(0.0038, "decay of the slow pool", "week-1", 1.0)
    passive: Array = _number(0.00013, "decay of the passive pool", "week-1", 0.1)
    surface_efficiency: Array = _number(0.55, "structural litter on the soil, but lignin, that becomes active")
    litter_efficiency: Array = _number(0.45, "metabolic litter, and structural in the soil, that becomes active")
    lignin_efficiency: Array = _number(0.7, "lignin that becomes slow")
    active_to_passive: Array = _number(0.004, "active pool that becomes passive")
    slow_to_active: Array = _number(0.42, "slow pool that becomes active")
    slow_to_passive: Array = _number(0.03, "slow pool that becomes passive")
    passive_to_active: Array = _number(0.45, "passive pool that becomes active")
    lignin_over_nitrogen: Array = _number(15.0, "of litter by mass, a site's; unverified", high=45.0)
    structural_lignin: Array = _number(0.25, "lignin in structural litter, a site's; unverified")
    clay: Array = _number(0.2, "of the soil by mass, a site's; unverified")
    silt: Array = _number(0.45, "of the soil by mass, a site's; unverified")

    @property
    def metabolic(self) -> Array:
        """Share of litter that is metabolic.

        >>> round(float(Century(lignin_over_nitrogen=15.0).metabolic), 12)
        0.58
        """
        return 0.85 - 0.018 * self.lignin_over_nitrogen

    @property
    def respired(self) -> Array:
        """Share of what the active pool loses that is respired.

        >>> round(float(Century(clay=0.2, silt=0.3).respired), 12)
        0.51
        """
        return 0.85 - 0.68 * (self.clay + self.silt)


def temperature_factor(temperature: ArrayLike) -> Array:
    r"""Decay over that at 30 degC.

    $$f_T = \frac{g(T)}{g(30)}, \qquad g = 11.75 + \frac{29.7}{\pi}\arctan\bigl(0.031\,\pi\,(T - 15.4)\bigr)$$

    Source: DayCent, as in Abramoff et al. (2018), Biogeochemistry 137, 51. It is below zero where T < -14.8 degC; what
    is given is zero there.

    Args:
        temperature: of the soil [degC], any shape.

    >>> [round(float(temperature_factor(t)), 3) for t in (-40.0, 0.0, 15.4, 30.0)]
    [0.0, 0.118, 0.565, 1.0]
    """
    g, at_30 = (11.75 + 29.7 / np.pi * jnp.arctan(np.pi * 0.031 * (t - 15.4)) for t in (jnp.asarray(temperature), 30.0))
    return jnp.maximum(g, 0.0) / at_30


def water_factor(water: ArrayLike) -> Array:
    r"""Decay over that of wet soil, $1/(1 + 30 e^{-9 w})$.

    Source: DayCent, as in Abramoff et al. (2018), Biogeochemistry 137, 51.

    Args:
        water: over what the soil holds [1], any shape.

    >>> [round(float(water_factor(w)), 3) for w in (0.0, 0.5, 1.0)]
    [0.032, 0.75, 0.996]
    """
    return 1.0 / (1.0 + 30.0 * jnp.exp(-9.0 * jnp.asarray(water)))


class _Rate(eqx.Module):
    """Rate constant of a flow at the temperature and water of the week."""

    constant: Array

    def __call__(self, x: Any, week: CenturyWeek) -> Array:
        return self.constant * temperature_factor(week.temperature) * water_factor(week.water)


class _Fallen(eqx.Module):
    share: Array
    of: str = eqx.field(static=True)

    def __call__(self, x: Any, week: CenturyWeek) -> Array:
        return self.share * jnp.asarray(getattr(week, self.of))


def century_species() -> tuple[Species, ...]:
    """Seven pools, and accounts of litter of leaves and roots and of CO2 [g m-2]."""
    pools = (Species(name, {"C": 1.0}, unit="g m-2") for name in POOLS)
    accounts = ("leaves", "roots", "co2")
    return (*pools, *(Species(name, {"C": 1.0}, external=True, unit="g m-2") for name in accounts))


def century_reactions(model: Century) -> tuple[Reaction, ...]:
    """Litter fall, and decay of every pool to the next and to CO2 [g m-2 week-1].

    Args:
        model: numbers.

    >>> len(century_reactions(Century()))
    22
    """
    slower = jnp.exp(-3.0 * model.structural_lignin)
    silty = 1.0 - 0.75 * (model.clay + model.silt)
    constants = {
        "surface_structural": model.surface_structural * slower,
        "surface_metabolic": model.surface_metabolic,
        "soil_structural": model.soil_structural * slower,
        "soil_metabolic": model.soil_metabolic,
        "active": model.active * silty,
        "slow": model.slow,
        "passive": model.passive,
    }
    decays = tuple(
        Reaction(f"{pool} to {to}", FirstOrder(pool, _Rate(constants[pool] * share)), {pool: -1.0, to: 1.0}, PAPER)
        for pool, shares in _shares(model).items()
        for to, share in (*shares.items(), ("co2", 1.0 - sum(shares.values())))
    )
    return (*_falls(model), *decays)


def _shares(m: Century) -> dict[str, dict[str, Array]]:
    """What becomes of each pool, but for what is respired."""
    lignin = m.structural_lignin
    return {
        "surface_structural": {"active": (1.0 - lignin) * m.surface_efficiency, "slow": lignin * m.lignin_efficiency},
        "surface_metabolic": {"active": m.litter_efficiency},
        "soil_structural": {"active": (1.0 - lignin) * m.litter_efficiency, "slow": lignin * m.lignin_efficiency},
        "soil_metabolic": {"active": m.litter_efficiency},
        "active": {"slow": 1.0 - m.respired - m.active_to_passive, "passive": m.active_to_passive},
        "slow": {"active": m.slow_to_active, "passive": m.slow_to_passive},
        "passive": {"active": m.passive_to_active},
    }


def _falls(model: Century) -> tuple[Reaction, ...]:
    kinds = (("structural", 1.0 - model.metabolic), ("metabolic", model.metabolic))
    falls: list[tuple[str, str, Law]] = [
        (of, f"{where}_{kind}", _Fallen(share, of))
        for of, where in (("leaves", "surface"), ("roots", "soil"))
        for kind, share in kinds
    ]
    return tuple(Reaction(f"{of} to {to}", law, {of: -1.0, to: 1.0}, PAPER) for of, to, law in falls)


def century_network(model: Century) -> Network:
    """CENTURY as a network; its environment is a `CenturyWeek`, its time in weeks.

    Args:
        model: numbers.

    >>> from shanhai.numerics.exponential import Exponential
    >>> x = jnp.concatenate([100.0 * jnp.ones(7), jnp.zeros(3)])
    >>> after = Exponential()(century_network(Century()), x, CenturyWeek(15.0, 0.6, 2.0, 2.0), 1.0)
    >>> round(float(after.x.sum()), 9)
    700.0
    """
    return Network(century_species(), century_reactions(model), CenturyWeek(10.0, 0.5, 1.0, 1.0))
