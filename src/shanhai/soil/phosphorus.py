r"""Phosphorus of soil: exchange with surfaces solved exactly, slow transfers, phosphatase and uptake as reactions.

What surfaces exchange with the solution at once is one pool, the *exchangeable* phosphorus T, dissolved and sorbed. The
dissolved part P is solved from it and never a pool of its own, so that phosphorus closes at any step,

$$T = P + \sum_i \frac{S_i\,P}{K_i + P}$$

Models that step the dissolved part with a linearised buffer and then set the sorbed part from the isotherm make or lose
phosphorus.

Amounts are per volume of soil [mol m-3]; the tables of soil orders are per area [g m-2], see `of_soil_order`.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.coefficients import evaluated
from shanhai.core.constants import ATOMIC_MASS, SECONDS_PER_DAY
from shanhai.core.errors import InputError, nearest
from shanhai.core.first_order import FirstOrder
from shanhai.core.params import par
from shanhai.core.reactions import Law, Reaction, Species
from shanhai.numerics.smooth import smooth_positive

SOIL_ORDERS: dict[str, tuple[float, float]] = {
    "alfisol": (439.46057, 74.5408),
    "andisol": (937.17798, 68.1584),
    "aridisol": (915.3808, 77.952),
    "entisol": (600.88434, 64.41918),
    "gelisol": (446.90811, 64.41918),
    "histosol": (160.58224, 70.5856),
    "inceptisol": (249.53581, 64.5888),
    "mollisol": (461.30975, 54.1692),
    "oxisol": (43.63956, 9.7704),
    "spodosol": (175.49261, 28.29),
    "ultisol": (227.50909, 63.963),
    "vertisol": (377.26175, 32.402),
}
"""Capacity and half-saturation of Langmuir's isotherm [g m-2] by soil order of the USDA.

The optimised table of CASA-CNP (Wang et al. 2010, Biogeosciences 7, 2261) as its testbed has it, numbered there in this
order. Its oxisol holds least, by optimisation, although oxides of iron and aluminium sorb much.
"""

NEWTON_STEPS = 16
"""Steps of the search with two surfaces; 13 reach rounding in the worst of 200,000 draws over twelve decades."""

_CASA = "Wang et al. (2010), Biogeosciences 7, 2261, table of CASA-CNP"


def langmuir_dissolved(total: ArrayLike, capacity: ArrayLike, half_saturation: ArrayLike) -> Array:
    r"""Dissolved phosphorus of a total that one surface shares with the solution.

    $$P = \tfrac12\bigl(b + \sqrt{b^2 + 4 K T}\bigr), \qquad b = T - S - K$$

    and, where b < 0 and the sum would cancel, $P = 2 K T/(\sqrt{b^2 + 4 K T} - b)$.

    Source: Langmuir's isotherm, the positive root of $T = P + S P/(K + P)$.

    Args:
        total: exchangeable T [mol m-3], not negative, any shape.
        capacity: S [mol m-3], broadcastable.
        half_saturation: K [mol m-3], positive, broadcastable.

    Returns:
        P [mol m-3]; the rest is sorbed.

    >>> dissolved = langmuir_dissolved(jnp.array([0.0, 2.0, 200.0]), 10.0, 1.0)
    >>> [round(float(p), 6) for p in dissolved]
    [0.0, 0.216991, 190.052342]
    """
    t, s, k = jnp.asarray(total), jnp.asarray(capacity), jnp.asarray(half_saturation)
    b = t - s - k
    root = jnp.sqrt(b * b + 4.0 * k * t)
    weak = b < 0
    return jnp.where(weak, 2.0 * k * t / jnp.where(weak, root - b, 1.0), 0.5 * (b + root))


def double_langmuir_dissolved(
    total: ArrayLike, capacities: tuple[ArrayLike, ArrayLike], half_saturations: tuple[ArrayLike, ArrayLike]
) -> Array:
    r"""Dissolved phosphorus of a total that two surfaces share with the solution.

    $T = P + S_1 P/(K_1 + P) + S_2 P/(K_2 + P)$ grows with P and is concave, so that Newton's method from below climbs
    to the root and never passes it. It begins with the root for one surface of both capacities that holds as fast as
    the stronger, runs without derivatives, and ends with one step that has those of the equation.

    Source: Yu et al. (2023), Biogeosciences 20, 57, who find that a single surface buffers too little.

    Args:
        total: exchangeable T [mol m-3], not negative, any shape.
        capacities: of both surfaces [mol m-3], broadcastable.
        half_saturations: of both [mol m-3], positive, broadcastable.

    Returns:
        P [mol m-3].

    >>> round(float(double_langmuir_dissolved(3.0, (1.0, 10.0), (0.01, 5.0))), 6)
    0.733747
    """
    t = jnp.asarray(total)
    (s1, s2), (k1, k2) = (tuple(map(jnp.asarray, pair)) for pair in (capacities, half_saturations))

    def newton(p: Array, t: Array, s1: Array, s2: Array, k1: Array, k2: Array) -> Array:
        missing = t - p - s1 * p / (k1 + p) - s2 * p / (k2 + p)
        return p + missing / (1.0 + s1 * k1 / (k1 + p) ** 2 + s2 * k2 / (k2 + p) ** 2)

    fixed = jax.lax.stop_gradient((t, s1, s2, k1, k2))
    below = langmuir_dissolved(fixed[0], fixed[1] + fixed[2], jnp.minimum(fixed[3], fixed[4]))
    below = jnp.broadcast_to(below, jnp.broadcast_shapes(*(a.shape for a in fixed)))
    found = jax.lax.fori_loop(0, NEWTON_STEPS, lambda _, p: newton(p, *fixed), below)
    return newton(jax.lax.stop_gradient(found), t, s1, s2, k1, k2)


class Langmuir(eqx.Module):
    """A surface; the default is an alfisol of half a metre."""

    capacity: Array = par(
        28.375, "mol m-3", source=f"{_CASA}: 439.5 g m-2", bounds=(0.0, 1e4), meaning="phosphorus sorbed at most"
    )
    half_saturation: Array = par(
        4.813, "mol m-3", source=f"{_CASA}: 74.5 g m-2", bounds=(1e-6, 1e3), meaning="dissolved where half is taken"
    )

    def dissolved(self, total: ArrayLike) -> Array:
        """Dissolved part of the exchangeable phosphorus [mol m-3]."""
        return langmuir_dissolved(total, self.capacity, self.half_saturation)


class DoubleLangmuir(eqx.Module):
    """Two surfaces, as sorption experiments show them: a strong one of little and a weak one of much capacity."""

    strong: Langmuir
    weak: Langmuir

    def dissolved(self, total: ArrayLike) -> Array:
        """Dissolved part of the exchangeable phosphorus [mol m-3]."""
        surfaces = (self.strong, self.weak)
        first, second = (s.capacity for s in surfaces)
        return double_langmuir_dissolved(
            total, (first, second), (self.strong.half_saturation, self.weak.half_saturation)
        )


def of_soil_order(order: str, depth: float) -> Langmuir:
    """Surface of a soil order, spread over a depth.

    Args:
        order: of the USDA, see `SOIL_ORDERS`.
        depth: of the soil that the published amounts per area are in [m]; CASA-CNP counts phosphorus to 0.5 m.

    Raises:
        InputError: for an order that is not in the table.

    >>> round(float(of_soil_order("mollisol", 0.5).capacity), 2)
    29.79
    """
    if order not in SOIL_ORDERS:
        raise InputError(f"there is no soil order {order!r}; {nearest(order, SOIL_ORDERS)}", where="phosphorus")
    capacity, half = (jnp.asarray(value / (ATOMIC_MASS["P"] * depth)) for value in SOIL_ORDERS[order])
    return Langmuir(capacity, half)


class Phosphorus(eqx.Module):
    """Rates of the transfers.

    The first three are those of Parton et al. (1988) as they are used with a labile pool that holds what is dissolved
    and what exchanges with it.
    """

    weathering: Array = par(
        1.0 / 4.38e6,
        "d-1",
        source="Parton, Stewart & Cole (1988), Biogeochemistry 5, 109",
        bounds=(0.0, 1e-3),
        meaning="primary minerals dissolve, 12,000 years",
    )
    fixation: Array = par(
        1.0 / 600.0,
        "d-1",
        source="Parton, Stewart & Cole (1988), Biogeochemistry 5, 109",
        bounds=(0.0, 1.0),
        meaning="exchangeable becomes secondary",
    )
    release: Array = par(
        1.0 / 13500.0,
        "d-1",
        source="Parton, Stewart & Cole (1988), Biogeochemistry 5, 109",
        bounds=(0.0, 1.0),
        meaning="secondary becomes exchangeable",
    )
    occlusion: Array = par(
        1.8356191e-5,
        "d-1",
        source=f"{_CASA}, alfisol; there of all that is sorbed",
        bounds=(0.0, 1e-2),
        meaning="secondary is enclosed by oxides",
    )
    reopening: Array = par(2.73973e-5, "d-1", source=_CASA, bounds=(0.0, 1e-2), meaning="occluded becomes exchangeable")
    phosphatase: Array = par(
        0.5,
        "1",
        source=f"{_CASA}, 0.2 in tropical forest; there per year and times a decay rate, as a factor unverified",
        bounds=(0.0, 1e3),
        meaning="mineralisation by phosphatase over decay where phosphorus is dear",
    )
    threshold: Array = par(
        15.0,
        "g g-1",
        source=f"{_CASA}: cost of phosphatase, nitrogen per phosphorus",
        bounds=(0.0, 1e3),
        meaning="cost of uptake above which phosphatase pays",
    )
    half_cost: Array = par(
        150.0, "g g-1", source=_CASA, bounds=(1.0, 1e4), meaning="cost beyond the threshold of half the activity"
    )
    width: Array = par(
        1.0,
        "g g-1",
        source="choice; 0 is the published corner",
        bounds=(0.0, 15.0),
        meaning="rounding at the threshold",
    )
    uptake_half: Array = par(
        1e-3,
        "mol m-3",
        source="some micromole per litre of solution, at a fifth of water; unverified",
        bounds=(1e-7, 1.0),
        meaning="dissolved phosphorus at which plants take up half",
    )


def phosphatase_activity(p: Phosphorus, cost: ArrayLike) -> Array:
    r"""Mineralisation by phosphatase over decay, growing with what uptake costs the plant.

    $$a = v\,\frac{(\lambda - \lambda_0)_+}{(\lambda - \lambda_0)_+ + K_\lambda}$$

    Source: Wang, Houlton & Field (2007), Global Biogeochem. Cycles 21, GB1018, as in CASA-CNP; ELM has the same shape.
    The positive part is rounded, see `smooth_positive`.

    Args:
        p: rates.
        cost: λ, nitrogen spent per phosphorus taken up [g g-1], any shape. CASA-CNP has 25 in tropical forest, else 40.

    Returns:
        a [1].

    >>> [round(float(phosphatase_activity(Phosphorus(), cost)), 4) for cost in (10.0, 40.0)]
    [0.0, 0.0714]
    """
    beyond = smooth_positive(jnp.asarray(cost) - p.threshold, p.width)
    return p.phosphatase * beyond / (beyond + p.half_cost)


class Pools(NamedTuple):
    """Names of the species."""

    primary: str = "primary_p"
    exchangeable: str = "exchangeable_p"
    secondary: str = "secondary_p"
    occluded: str = "occluded_p"
    organic: str = "organic_p"
    plant: str = "plant_p"


POOLS = Pools()


class OfDissolved(eqx.Module):
    r"""A loss in proportion to the dissolved part of the exchangeable phosphorus, $r = k\,P(T)$: leaching.

    Args:
        isotherm: `Langmuir` or `DoubleLangmuir`.
        of: name of the exchangeable pool.
        rate: k [s-1], or a function of amounts and environment: drainage over the water held.
    """

    isotherm: Langmuir | DoubleLangmuir
    of: str = eqx.field(static=True)
    rate: Law | ArrayLike

    def __call__(self, x: Any, environment: Any) -> Array:
        """Rate [mol m-3 s-1]."""
        return evaluated(self.rate, x, environment) * self.isotherm.dissolved(x[self.of])


class PlantUptake(eqx.Module):
    r"""Uptake by plants of the dissolved phosphorus, $r = U\,P/(K_u + P)$.

    Args:
        isotherm: `Langmuir` or `DoubleLangmuir`.
        of: name of the exchangeable pool.
        capacity: U [mol m-3 s-1], or a function of amounts and environment.
        half_saturation: K_u [mol m-3].
    """

    isotherm: Langmuir | DoubleLangmuir
    of: str = eqx.field(static=True)
    capacity: Law | ArrayLike
    half_saturation: Array

    def __call__(self, x: Any, environment: Any) -> Array:
        """Rate [mol m-3 s-1]."""
        p = self.isotherm.dissolved(x[self.of])
        return evaluated(self.capacity, x, environment) * p / (self.half_saturation + p)


class Phosphatase(eqx.Module):
    r"""Mineralisation of organic phosphorus by phosphatase, $r = a(\lambda)\,k\,P_{org}$.

    Args:
        numbers: see `phosphatase_activity`.
        of: name of the organic pool.
        cost: λ [g g-1], or a function of amounts and environment.
        decay: k of the organic pool [s-1], likewise. Pools that decay at their own rates need a reaction each.
    """

    numbers: Phosphorus
    of: str = eqx.field(static=True)
    cost: Law | ArrayLike
    decay: Law | ArrayLike

    def __call__(self, x: Any, environment: Any) -> Array:
        """Rate [mol m-3 s-1]."""
        activity = phosphatase_activity(self.numbers, evaluated(self.cost, x, environment))
        return activity * evaluated(self.decay, x, environment) * x[self.of]


def phosphorus_species(pools: Pools = POOLS) -> tuple[Species, ...]:
    """The pools of the soil, and the phosphorus of plants.

    >>> [s.name for s in phosphorus_species()][:2]
    ['primary_p', 'exchangeable_p']
    """
    meanings = (
        "of primary minerals",
        "dissolved and sorbed",
        "held fast",
        "enclosed by oxides",
        "organic",
        "of plants",
    )
    return tuple(
        Species(name, {"P": 1.0}, unit="mol m-3", meaning=f"phosphorus, {meaning}")
        for name, meaning in zip(pools, meanings, strict=True)
    )


def mineral_reactions(p: Phosphorus, pools: Pools = POOLS) -> tuple[Reaction, ...]:
    """Weathering, fixation and release, occlusion and reopening.

    >>> [r.name for r in mineral_reactions(Phosphorus())]
    ['weathering P', 'fixation P', 'release P', 'occlusion P', 'reopening P']
    """
    moves = (
        ("weathering P", p.weathering, pools.primary, pools.exchangeable),
        ("fixation P", p.fixation, pools.exchangeable, pools.secondary),
        ("release P", p.release, pools.secondary, pools.exchangeable),
        ("occlusion P", p.occlusion, pools.secondary, pools.occluded),
        ("reopening P", p.reopening, pools.occluded, pools.exchangeable),
    )
    return tuple(
        Reaction(name, FirstOrder(origin, rate / SECONDS_PER_DAY), {origin: -1.0, to: 1.0}, "first order")
        for name, rate, origin, to in moves
    )


def biological_reactions(
    p: Phosphorus,
    isotherm: Langmuir | DoubleLangmuir,
    *,
    uptake: Law | ArrayLike,
    cost: Law | ArrayLike,
    decay: Law | ArrayLike,
    pools: Pools = POOLS,
) -> tuple[Reaction, ...]:
    """Uptake by plants and mineralisation by phosphatase.

    Args:
        p: rates.
        isotherm: of the exchangeable pool.
        uptake: capacity of plants [mol m-3 s-1], or a function of amounts and environment.
        cost: nitrogen spent per phosphorus taken up [g g-1], likewise.
        decay: of the organic pool [s-1], likewise.
        pools: names.

    >>> reactions = biological_reactions(Phosphorus(), Langmuir(), uptake=1e-9, cost=40.0, decay=1e-9)
    >>> [r.name for r in reactions]
    ['plant uptake P', 'phosphatase']
    """
    taken = PlantUptake(isotherm, pools.exchangeable, uptake, p.uptake_half)
    freed = Phosphatase(p, pools.organic, cost, decay)
    return (
        Reaction("plant uptake P", taken, {pools.exchangeable: -1.0, pools.plant: 1.0}, "of the dissolved part"),
        Reaction("phosphatase", freed, {pools.organic: -1.0, pools.exchangeable: 1.0}, "Wang et al. (2007)"),
    )
