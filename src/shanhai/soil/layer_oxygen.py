r"""Oxygen of a layer of soil: an amount that the air supplies, that microbes use up, and that is less where they live.

The amount X of the bulk soil spreads over its air and water, and the water at the surface of aggregates holds
$C_0 = \alpha X/(\varphi - \theta + \alpha\theta)$. Into them it diffuses against the respiration V that would take it
where it abounds, so that microbes find the C of

$$g\,(C_0 - C) = \frac{V\,C}{K + C}, \qquad g = \frac{15\,D}{\alpha R^2}$$

Aggregates keep their water longest: the pores inside them, a share i of all, are full where $\theta > i\varphi$, and D
is there ten thousand times smaller than where air gets in. So aggregates have too little oxygen where the soil is wet,
or where much is eaten. Each who needs oxygen, or whom it hinders, has a half-saturation of its own, and all of them
meet the same C.

Aggregates of many sizes, lognormal by volume, have no oxygen in the part $f$ of `SphereSizes`, the cores of those
larger than $R_c = \sqrt{6 D C_0/(\alpha V)}$, and that of the water outside in the rest. Whoever needs oxygen, or whom
it hinders, then has the mean of two places, f with none and 1 - f with C0.

Source: Best (1955), J. Cell. Comp. Physiol. 46, 1, as in `oxygen_in_aggregates`; for g the mean over a sphere of
diffusion with a sink that is the same everywhere; sizes as in `anoxic_fraction`; together here.
"""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.params import _strong_float, par
from shanhai.numerics.smooth import smooth_positive
from shanhai.soil.anoxic_fraction import SphereSizes
from shanhai.soil.gas_diffusivity import oxygen_capacity, oxygen_in_air, oxygen_in_soil, oxygen_solubility
from shanhai.soil.oxygen_in_aggregates import microsite_oxygen


class Oxygen(eqx.Module):
    """Who needs how much oxygen, and the aggregates that it must enter.

    Args:
        spread: standard deviation of the logarithm of the radius of aggregates, whose median by volume is `radius` [1];
            None for aggregates of one size. With it the half-saturation of respiration is met by the water outside.
    """

    respiration: Array = par(
        0.0076, "mol m-3",
        source="water under 0.53 % of oxygen at 20 degC, where respiration at 1 % is 0.67 of that at 20 %: the largest "
        "ratio, least held by diffusion, of the incubations of Sierra et al. (2017), Biogeosciences 14, 703",
        bounds=(1e-5, 1.0), meaning="oxygen where microbes live at half of their respiration",
    )  # fmt: skip
    oxidation: Array = par(
        0.02, "mol m-3", source="choice; unverified", bounds=(1e-5, 1.0),
        meaning="oxygen at half of the speed of enzymes that oxidise recalcitrant matter",
    )  # fmt: skip
    radius: Array = par(
        3e-3, "m", source="choice, as of `SphereSizes`; unverified", bounds=(1e-5, 0.2), meaning="of aggregates"
    )
    inside: Array = par(
        0.65, "1", source="choice: air enters aggregates where half is anoxic in `Partition`; unverified",
        bounds=(0.1, 0.99), meaning="pores inside aggregates over all pores",
    )  # fmt: skip
    rounding: Array = par(
        0.01, "1", source="choice; 0 is a corner", bounds=(0.0, 0.2), meaning="width of the entry of air, of the pores"
    )
    spread: Array | None = eqx.field(default=None, converter=_strong_float)


def microsite(oxygen: Oxygen, amount: ArrayLike, demand: ArrayLike, at: Any) -> Array:
    r"""Oxygen of the water where microbes live.

    Args:
        oxygen: numbers.
        amount: X, oxygen of the bulk soil [mol m-3], any shape.
        demand: V, what would be taken of it where it abounds [mol m-3 s-1].
        at: conditions with `water`, `porosity` and `temperature`.

    Returns:
        C [mol m-3], from 0 to C0 and in proportion to X where there is little.

    >>> from shanhai.soil.layer import Conditions
    >>> moist, wet = Conditions(water=0.25), Conditions(water=0.45)
    >>> [round(float(microsite(Oxygen(), equilibrium(at), 1e-4, at)), 3) for at in (moist, wet)]
    [0.301, 0.176]
    """
    return microsite_oxygen(outside(amount, at), conductance(oxygen, at), demand, oxygen.respiration)


def outside(amount: ArrayLike, at: Any) -> Array:
    """Oxygen of the water at the surface of aggregates C0 [mol m-3].

    Args:
        amount: X, oxygen of the bulk soil [mol m-3].
        at: conditions with `water`, `porosity` and `temperature`.
    """
    return oxygen_solubility(at.temperature) * amount / oxygen_capacity(at.water, at.porosity, at.temperature)


def anoxic(oxygen: Oxygen, amount: ArrayLike, demand: ArrayLike, at: Any) -> Array:
    """Part of aggregates of many sizes that has no oxygen [1].

    Args:
        oxygen: numbers, with `spread`.
        amount: X, oxygen of the bulk soil [mol m-3], any shape.
        demand: V, what would be taken of it where it abounds [mol m-3 s-1].
        at: conditions with `water`, `porosity` and `temperature`.

    >>> from shanhai.soil.layer import Conditions
    >>> wet = Conditions(water=0.45)
    >>> [round(float(anoxic(Oxygen(spread=s), equilibrium(wet), 1e-4, wet)), 3) for s in (0.1, 0.8)]
    [0.015, 0.142]
    """
    assert oxygen.spread is not None
    diffusivity = conductance(oxygen, at) * oxygen.radius**2 / 15.0
    return SphereSizes(oxygen.radius, oxygen.spread).anoxic(diffusivity, outside(amount, at), demand)


def places(oxygen: Oxygen, amount: ArrayLike, demand: ArrayLike, at: Any) -> list[tuple[ArrayLike, Array]]:
    """Parts of the soil [1] and the oxygen where microbes live there [mol m-3]; arguments as of `anoxic`.

    >>> from shanhai.soil.layer import Conditions
    >>> wet = Conditions(water=0.45)
    >>> [len(places(Oxygen(spread=s), equilibrium(wet), 1e-4, wet)) for s in (None, 0.8)]
    [1, 2]
    """
    if oxygen.spread is None:
        return [(1.0, microsite(oxygen, amount, demand, at))]
    none, there = anoxic(oxygen, amount, demand, at), outside(amount, at)
    return [(1.0 - none, there), (none, jnp.zeros_like(there))]


def conductance(oxygen: Oxygen, at: Any) -> Array:
    r"""Supply of aggregates for each unit of concentration outside, $15 D/(\alpha R^2)$ [s-1].

    Args:
        oxygen: numbers.
        at: conditions with `water`, `porosity` and `temperature`.

    >>> from shanhai.soil.layer import Conditions
    >>> [f"{float(conductance(Oxygen(), Conditions(water=w))):.1e}" for w in (0.1, 0.3, 0.4)]
    ['6.3e+01', '4.2e-02', '7.7e-04']
    """
    pores = oxygen.inside * jnp.asarray(at.porosity)
    water = pores - smooth_positive(pores - at.water, oxygen.rounding * at.porosity)
    spread = oxygen_in_soil(water, pores, at.temperature) / oxygen_solubility(at.temperature)
    return 15.0 * spread / oxygen.radius**2


def equilibrium(at: Any) -> Array:
    """Oxygen of a bulk soil in equilibrium with the air above it [mol m-3].

    Args:
        at: conditions with `water`, `porosity`, `temperature` and `oxygen`, the mole fraction of the air.

    >>> from shanhai.soil.layer import Conditions
    >>> round(float(equilibrium(Conditions(water=0.25))), 3), round(float(equilibrium(Conditions(oxygen=0.0))), 3)
    (2.252, 0.0)
    """
    capacity = oxygen_capacity(at.water, at.porosity, at.temperature)
    return capacity * oxygen_in_air(at.temperature, at.oxygen)
