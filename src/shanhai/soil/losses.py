r"""Losses that compete: water leaches what is dissolved while microbes and the air take their part.

Losses of first order have exact shares. With rate constants r_i,

$$L_i = N\,\frac{r_i}{\sum r}\,\bigl(1 - e^{-\Delta t \sum r}\bigr)$$

so that a step of any length equals many short ones, and no loss depends on which is taken first. As reactions declared
of first order they keep this in a network under the exponential stepper; isotopes leave in the ratio of their pool.
"""

from collections.abc import Mapping, Sequence

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.errors import InputError, nearest
from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Coefficient, Reaction, Species
from shanhai.numerics import safe

RIVER = {"DOC": "C", "DON": "N", "DOP": "P", "DIN": "N", "DIP": "P"}
"""What a river carries away: dissolved organic C, N and P, and inorganic N and P; each with its element."""


def dissolved_share(water: ArrayLike, bulk_density: ArrayLike, partition: ArrayLike) -> Array:
    r"""Part of a substance that is dissolved, with the rest sorbed in proportion.

    $$s = \frac{1}{1 + \rho K_d / \theta} = \frac{\theta}{\theta + \rho K_d}$$

    Args:
        water: θ, liquid [m3 m-3], any shape.
        bulk_density: ρ, dry soil [kg m-3].
        partition: K_d, sorbed per mass over dissolved per volume [m3 kg-1].

    Returns:
        share [1]; zero in a dry soil, and one of a substance that is not sorbed.

    >>> [float(dissolved_share(0.25, 1000.0, kd)) for kd in (0.0, 7.5e-4)]
    [1.0, 0.25]
    """
    theta = jnp.asarray(water, float)
    return safe.ratio(theta, theta + jnp.asarray(bulk_density) * jnp.asarray(partition), 1.0)


def leaching_rate(
    flux: ArrayLike, water: ArrayLike, thickness: ArrayLike, bulk_density: ArrayLike = 0.0, partition: ArrayLike = 0.0
) -> Array:
    r"""Rate constant at which water that flows out of a layer takes a substance along.

    $$r = \frac{q\,s}{\theta\,\Delta z} = \frac{q}{(\theta + \rho K_d)\,\Delta z}$$

    Args:
        flux: q, such as the hydraulic conductivity K(θ) where gravity drains [m s-1], any shape.
        water: θ, liquid [m3 m-3].
        thickness: Δz of the layer [m], positive.
        bulk_density: ρ, dry soil [kg m-3].
        partition: K_d [m3 kg-1].

    Returns:
        rate constant [s-1]; zero where there is neither water nor sorption.

    >>> round(float(leaching_rate(1e-8, 0.25, 0.1)) * 86400, 5)
    0.03456
    """
    held = jnp.asarray(water, float) + jnp.asarray(bulk_density) * jnp.asarray(partition)
    return safe.ratio(jnp.asarray(flux, float), held * thickness, 0.0)


def competing_losses(amount: ArrayLike, rates: Sequence[ArrayLike], dt: ArrayLike) -> Array:
    r"""What each of several losses of first order takes in a time, $N\,\frac{r_i}{\sum r}(1 - e^{-\Delta t \sum r})$.

    Args:
        amount: N at the start, any shape.
        rates: r_i [s-1], not negative; as many as there are losses.
        dt: Δt [s].

    Returns:
        losses in the unit of the amount, (loss, ...).

    >>> competing_losses(1.0, (1e-6, 3e-6), 1e9).tolist()
    [0.25, 0.75]
    """
    held, time, *separate = jnp.broadcast_arrays(*(jnp.asarray(a, float) for a in (amount, dt, *rates)))
    each = jnp.stack(separate)
    exponent = jnp.sum(each, axis=0) * time
    still = exponent == 0
    mean_part_left = jnp.where(still, 1.0, -jnp.expm1(-exponent) / jnp.where(still, 1.0, exponent))
    return held * mean_part_left * each * time


def river_accounts(unit: str = "mol m-3") -> tuple[Species, ...]:
    """Accounts of what a river carries away, "river_DOC" and so on, each of one element.

    Args:
        unit: of the amounts.

    >>> [s.name for s in river_accounts()]
    ['river_DOC', 'river_DON', 'river_DOP', 'river_DIN', 'river_DIP']
    """
    return tuple(
        Species(f"river_{name}", {element: 1.0}, True, unit, f"{name} to the river") for name, element in RIVER.items()
    )


def leaching(solutes: Mapping[str, tuple[str, Coefficient]]) -> tuple[Reaction, ...]:
    """Reactions that carry solutes of a soil to the river.

    C, N and P of dissolved organic matter leave in their ratio where they share one rate.

    Args:
        solutes: species -> (one of `RIVER`, rate constant [s-1]); the rate is a number or a function of
            (amounts, environment), see `leaching_rate`.

    Raises:
        InputError: for a name that is not in `RIVER`.

    >>> [r.name for r in leaching({"nitrate": ("DIN", 1e-7), "dissolved_c": ("DOC", 1e-8)})]
    ['nitrate leaches', 'dissolved_c leaches']
    """
    for form, _ in solutes.values():
        if form not in RIVER:
            raise InputError(f"a river has no account {form!r}; {nearest(form, RIVER)}", where="leaching")
    return tuple(
        Reaction(f"{name} leaches", FirstOrder(name, rate), {name: -1.0, f"river_{form}": 1.0}, f"{form} to the river")
        for name, (form, rate) in solutes.items()
    )
