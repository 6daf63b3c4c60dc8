"""Units of bottle tables turned into those of the notation table, per volume and by old temperature scales too."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from shanhai.core.errors import InputError
from shanhai.core.notation import quantity
from shanhai.io.units import Conversion, conversion, to_notation
from shanhai.seawater.eos import IPTS68_PER_ITS90, density_surface_eos80

Numbers = NDArray[np.float64]

_HABITS = {
    "its-90": "degC",
    "its90": "degC",
    "its_90": "degC",
    "t90": "degC",
    "ipts-68": "ipts-68",
    "its-68": "ipts-68",
    "t68": "ipts-68",
    "deg c": "degC",
    "℃": "degC",
    "pss-78": "1",
    "pss78": "1",
    "um": "umol/L",
    "µm": "umol/L",
    "μm": "umol/L",
    "db": "dbar",
    "decibar": "dbar",
    "decibars": "dbar",
    "meters": "m",
    "metres": "m",
    "microatm": "uatm",
    "deg": "degree",
    "degrees": "degree",
    "degrees_north": "degree",
    "degrees_east": "degree",
    "degn": "degree",
    "dege": "degree",
}
_PER_VOLUME = "umol m-3"


class UnitOf(NamedTuple):
    """How a column becomes the unit of the notation table.

    Args:
        convert: linear change of unit, to umol m-3 where `per_volume`.
        per_volume: whether a density has to follow.
        written: the unit as it was understood.
    """

    convert: Conversion
    per_volume: bool
    written: str


def unit_of(name: str, written: str, where: str, target: str | None = None) -> UnitOf:
    """Understand the unit of a column.

    Args:
        name: quantity of the notation table, or depth, latitude, longitude.
        written: as header, row of units or user say it.
        where: file and column named in errors.
        target: unit to convert to where the notation table has no such quantity.

    Raises:
        InputError: for a unit that is not known or measures something else.

    >>> unit_of("dic", "UMOL/KG", "").convert(2000.0), unit_of("dic", "mmol/m3", "").per_volume
    (2000.0, True)
    """
    if name.startswith("pH"):
        return UnitOf(Conversion(), False, "1")  # what stands beside pH is its scale or temperature
    if name == "salinity":
        return UnitOf(to_notation("sea_surface_salinity", written, where=where), False, written)
    target = target or {"depth": "m", "latitude": "degree", "longitude": "degree"}.get(name) or quantity(name).unit
    found = [one for text in _readings(written) if (one := _understood(text, target))]
    if not found:
        what = f"the unit {written!r} does not measure {name} ({target})"
        raise InputError(what, where=where, do=f"say --units.{name} with the right one, such as {target!r}")
    return found[0]


def _readings(written: str) -> list[str]:
    """A unit as it is, in lower case (WOCE writes UMOL/KG), and its parts between commas ("ITS-90, deg C")."""
    parts = [part.strip() for part in written.split(",")]
    texts = [written.strip(), *(parts if len(parts) > 1 else [])]
    return [_HABITS.get(form, form) for text in texts for form in (text, text.lower()) if form]


def _understood(text: str, target: str) -> UnitOf | None:
    if text == "ipts-68":
        return UnitOf(Conversion(1.0 / IPTS68_PER_ITS90), False, text) if target == "degC" else None
    for goal in (target, _PER_VOLUME) if target == "umol kg-1" else (target,):
        try:
            return UnitOf(conversion(text, goal), goal == _PER_VOLUME, text)
        except InputError:
            continue
    return None


def density(temperature: Any, salinity: Any) -> Numbers:
    """Density of a sample in the laboratory [kg m-3], EOS-80 at one atmosphere."""
    return np.asarray(density_surface_eos80(temperature, salinity), dtype=float)


def pressure_at_depth(depth: Any, latitude: Any) -> Array:
    r"""Sea pressure at a depth.

    $$p = \frac{1 - c - \sqrt{(1 - c)^2 - 8.84\times10^{-6}\, z}}{4.42\times10^{-6}}, \qquad
    c = 5.92\times10^{-3} + 5.25\times10^{-3} \sin^2\varphi$$

    Source: Saunders (1981), J. Phys. Oceanogr. 11, 573, for a standard ocean of 0 degC and salinity 35.

    Args:
        depth: depth z [m], any shape.
        latitude: latitude [degree], broadcastable.

    Returns:
        sea pressure p [dbar].

    Valid: within 0.1 % of real profiles above 6000 m.

    >>> round(float(pressure_at_depth(7321.45, 30.0)), 1)  # Saunders (1981): 7500
    7500.0
    """
    c = 5.92e-3 + 5.25e-3 * jnp.sin(jnp.radians(jnp.asarray(latitude, dtype=float))) ** 2
    return ((1.0 - c) - jnp.sqrt((1.0 - c) ** 2 - 8.84e-6 * jnp.asarray(depth, dtype=float))) / 4.42e-6
