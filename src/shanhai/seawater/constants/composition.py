"""Concentrations of the major constituents of sea water from its salinity."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

CHLORINITY = 1.80655  # salinity per chlorinity


class Totals(NamedTuple):
    """Total concentrations that follow the salinity [mol kg-1]."""

    borate: Array
    sulfate: Array
    fluoride: Array
    calcium: Array


def sulfate_morris1966(salinity: Array) -> Array:
    """Total sulfate [mol kg-1], 0.14/96.062 S/1.80655: Morris & Riley (1966), Deep-Sea Res. 13, 699."""
    return (0.14 / 96.062 / CHLORINITY) * salinity


def fluoride_riley1965(salinity: Array) -> Array:
    """Total fluoride [mol kg-1], 0.000067/18.998 S/1.80655: Riley (1965), Deep-Sea Res. 12, 219."""
    return (0.000067 / 18.998 / CHLORINITY) * salinity


def boron_uppstrom1974(salinity: Array) -> Array:
    """Total borate [mol kg-1], 0.0004157 S/35: Uppström (1974), Deep-Sea Res. 21, 161."""
    return (0.0004157 / 35.0) * salinity


def boron_lee2010(salinity: Array) -> Array:
    """Total borate [mol kg-1], 0.0004326 S/35: Lee et al. (2010), Geochim. Cosmochim. Acta 74, 1801."""
    return (0.0004326 / 35.0) * salinity


def boron_kulinski2018(salinity: Array) -> Array:
    """Total borate [mol kg-1] of the Baltic Sea, (10.838 S + 13.821) µmol kg-1, so rivers bring boron too.

    Source: Kuliński et al. (2018), Mar. Chem. 204, 11.
    """
    return 10.838e-6 * salinity + 13.821e-6


def boron_culkin1965(salinity: Array) -> Array:
    """Total borate [mol kg-1], 0.0004106 S/35: Culkin (1965), as used by GEOSECS; 1 % below Uppström."""
    return (0.0004106 / 35.0) * salinity


def boron_none(salinity: Array) -> Array:
    """No borate: pure water."""
    return jnp.zeros_like(salinity, dtype=jnp.result_type(salinity, float))


def calcium_riley1967(salinity: Array) -> Array:
    """Calcium [mol kg-1], 0.02128/40.087 S/1.80655: Riley & Tongudai (1967), Chem. Geol. 2, 263."""
    return (0.02128 / 40.087 / CHLORINITY) * salinity


def calcium_culkin1965(salinity: Array) -> Array:
    """Calcium [mol kg-1], 0.01026 S/35: Culkin (1965) as rounded by GEOSECS; his own number gives 0.01030."""
    return (0.01026 / 35.0) * salinity


BORON: dict[str, Callable[[Array], Array]] = {
    "uppstrom_1974": boron_uppstrom1974,
    "lee_2010": boron_lee2010,
    "kulinski_2018": boron_kulinski2018,
    "culkin_1965": boron_culkin1965,
    "none": boron_none,
}

CALCIUM: dict[str, Callable[[Array], Array]] = {
    "riley_tongudai_1967": calcium_riley1967,
    "culkin_1965": calcium_culkin1965,
}
