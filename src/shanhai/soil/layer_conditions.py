"""What a layer of soil meets: weather and, where plants grow on it, what they ask of the soil and give to it."""

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import ZERO_CELSIUS
from shanhai.core.errors import InputError
from shanhai.soil.gas_diffusivity import OXYGEN_OF_AIR


class Conditions(NamedTuple):
    """What the layer meets, each of any shape that the amounts broadcast with.

    Args:
        temperature: [K].
        potential: matric potential [Pa], negative.
        water: liquid [m3 m-3].
        porosity: [m3 m-3].
        potential_rate: dψ/dt [Pa s-1], see `birch.wetting`.
        water_rate: dθ/dt [m3 m-3 s-1].
        ph: [1].
        drainage: water that flows out of the layer [m s-1].
        oxygen: of the air above, mole fraction [1].
    """

    temperature: ArrayLike = ZERO_CELSIUS + 20.0
    potential: ArrayLike = -3e4
    water: ArrayLike = 0.25
    porosity: ArrayLike = 0.5
    potential_rate: ArrayLike = 0.0
    water_rate: ArrayLike = 0.0
    ph: ArrayLike = 6.5
    drainage: ArrayLike = 0.0
    oxygen: ArrayLike = OXYGEN_OF_AIR


class Vegetation(NamedTuple):
    """What plants ask of a layer and give to it, each of any shape that the amounts broadcast with.

    Args:
        roots: carbon of living fine roots [mol m-3].
        production: net primary production of what is rooted here, of which fungi and exudates are parts [mol m-3 s-1].
        litter: carbon of litter of roots and shoots [mol m-3 s-1].
        nitrogen: demand, the most that plants take [mol m-3 s-1].
        phosphorus: demand likewise.
        ectomycorrhizal: part of the plants with ectomycorrhiza, the others have arbuscular mycorrhiza [1].
    """

    roots: ArrayLike = 0.0
    production: ArrayLike = 0.0
    litter: ArrayLike = 0.0
    nitrogen: ArrayLike = 0.0
    phosphorus: ArrayLike = 0.0
    ectomycorrhizal: ArrayLike = 0.0


class Rooted(NamedTuple):
    """Conditions of a layer with plants: what `Conditions` has, and `vegetation`."""

    temperature: ArrayLike
    potential: ArrayLike
    water: ArrayLike
    porosity: ArrayLike
    potential_rate: ArrayLike
    water_rate: ArrayLike
    ph: ArrayLike
    drainage: ArrayLike
    oxygen: ArrayLike
    vegetation: Vegetation


Weather = TypeVar("Weather", bound=Conditions | Rooted)
"""Conditions with or without plants."""


def rooted(conditions: Conditions, vegetation: Vegetation) -> Rooted:
    """Conditions of a layer with what plants ask and give.

    >>> rooted(Conditions(), Vegetation(roots=20.0)).vegetation.roots
    20.0
    """
    return Rooted(*conditions, vegetation)


POSSIBLE = {
    "temperature": (200.0, 350.0, "K"), "potential": (-1e10, 0.0, "Pa"), "water": (0.0, 1.0, "m3 m-3"),
    "porosity": (0.01, 1.0, "m3 m-3"), "ph": (0.0, 14.0, "1"), "drainage": (0.0, 1e-2, "m s-1"),
    "oxygen": (0.0, 1.0, "1"), "roots": (0.0, 1e5, "mol m-3"), "production": (0.0, 1.0, "mol m-3 s-1"),
    "litter": (0.0, 1.0, "mol m-3 s-1"), "nitrogen": (0.0, 1.0, "mol m-3 s-1"),
    "phosphorus": (0.0, 1.0, "mol m-3 s-1"), "ectomycorrhizal": (0.0, 1.0, "1"),
}  # fmt: skip
"""Smallest and largest values that a soil can have, with their unit."""


def check(conditions: Conditions | Rooted) -> None:
    """Refuse conditions that no soil has.

    Args:
        conditions: of any shape; those that are traced are not looked at.

    Raises:
        InputError: for a value that is outside of `POSSIBLE`, and for more water than pores.
    """
    for name, value in _fields(conditions):
        if isinstance(value, jax.core.Tracer):
            return
        low, high, unit = POSSIBLE.get(name, (-np.inf, np.inf, "s-1"))
        wrong = ~((np.asarray(value) >= low) & (np.asarray(value) <= high)) | ~np.isfinite(np.asarray(value))
        if np.any(wrong):
            first = tuple(int(k) for k in np.argwhere(wrong)[0])
            raise InputError(
                f"{name} is {np.asarray(value)[first]:g}, and must be from {low:g} to {high:g} {unit}",
                where=f"conditions, entry {first}",
                do="give it in that unit, without gaps",
            )
    if np.any(np.asarray(conditions.water) > np.asarray(conditions.porosity)):
        raise InputError("there is more water than pores", where="conditions", do="keep water within porosity")


def _fields(conditions: Conditions | Rooted) -> Iterator[tuple[str, ArrayLike]]:
    for name, value in conditions._asdict().items():
        if isinstance(value, Vegetation):
            yield from value._asdict().items()
        else:
            yield name, value


def through(conditions: Weather) -> Weather:
    """Conditions with time on the first axis of every field; fields of one number get it."""
    length = max((np.shape(field)[0] for field in jax.tree.leaves(conditions) if np.ndim(field)), default=1)

    def over_time(field: ArrayLike) -> Array:
        return jnp.broadcast_to(jnp.asarray(field), (length, *np.shape(field)[1:]))

    return jax.tree.map(over_time, conditions)  # type: ignore[no-any-return]


def daily(conditions: Weather, days: int) -> Weather:
    """The same conditions for a number of days, an entry each."""
    return jax.tree.map(lambda value: jnp.full(days, jnp.asarray(value, float)), conditions)  # type: ignore[no-any-return]
