"""The quantities that `carbonate` takes and gives, by their names in the notation table."""

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from shanhai.core.notation import SI, quantity
from shanhai.seawater.co2system import buffers
from shanhai.seawater.co2system.system import CarbonateSystem
from shanhai.seawater.constants import validity

PAIR = {  # name in the laboratory -> kind of `given.KINDS`
    "dic": "dic",
    "alkalinity": "alkalinity",
    "pH": "ph_total",
    "pH_free": "ph_free",
    "pH_seawater": "ph_seawater",
    "pH_nbs": "ph_nbs",
    "pCO2": "pco2",
    "fCO2": "fco2",
    "xCO2": "xco2",
    "co2": "co2",
    "bicarbonate": "bicarbonate",
    "carbonate": "carbonate",
    "omega_calcite": "omega_calcite",
    "omega_aragonite": "omega_aragonite",
}

BUFFERS = {
    name: getattr(buffers, name)
    for name in (
        *("revelle_factor", "gamma_dic", "beta_dic", "omega_dic"),
        *("gamma_alkalinity", "beta_alkalinity", "omega_alkalinity", "isocapnic_quotient"),
    )
}

ALKALINITY = tuple(
    f"alkalinity_{name}"
    for name in (
        *("carbonate", "borate", "hydroxide", "hydrogen", "bisulfate", "fluoride"),
        *("phosphate", "silicate", "ammonia", "sulfide", "nitrite", "organic"),
    )
)

SOLUTES = ("phosphate", "silicate", "ammonia", "sulfide", "nitrite")
TOTALS = ("borate", "sulfate", "fluoride", "calcium")

ALWAYS_USED = ("k0", "k1", "k2", "kb", "kw", "ks", "kf", "ksp_calcite", "ksp_aragonite")
USED_WITH = {
    "phosphate": ("kp1", "kp2", "kp3"),
    "silicate": ("ksi",),
    "ammonia": ("knh3",),
    "sulfide": ("kh2s",),
    "nitrite": ("kno2",),
}


def _validity_flag(system: CarbonateSystem) -> Array:
    """Constants whose fit is used outside its range, among those that the water has a use for."""
    given = [name for name in SOLUTES if getattr(system.water.solutes, name) is not None]
    which = [*ALWAYS_USED, *(k for name in given for k in USED_WITH[name])]
    return validity(system.conditions.temperature, system.conditions.salinity, system.options, which)


CODES: dict[str, Callable[[CarbonateSystem], Array]] = {
    "reason": lambda system: system.reason,
    "root_count": lambda system: system.root_count,
    "validity_flag": _validity_flag,
}
"""Whole numbers: `pairs.REASONS`, how many waters have the pair, and the bits of fits used outside their range."""

DEFAULT = (*PAIR, "revelle_factor", "reason", "validity_flag")
OUTPUTS = (*PAIR, *ALKALINITY, *BUFFERS, *CODES)


def factor(name: str) -> float:
    """From the unit of the notation table to that of the science layers."""
    return SI[quantity(name).unit]


def output(name: str, system: CarbonateSystem) -> Array:
    """One quantity of a solved system in the unit of the notation table; codes are whole numbers.

    Args:
        name: of `OUTPUTS`.
        system: a solved system.
    """
    if name in CODES:
        return CODES[name](system)
    if name in BUFFERS:
        return BUFFERS[name](system.response) / factor(name)
    if name in PAIR:
        return getattr(system, PAIR[name]) / factor(name)
    return _alkalinity(name.removeprefix("alkalinity_"), system) / factor(name)


def _alkalinity(part: str, system: CarbonateSystem) -> Array:
    """A part of alkalinity; zero where the acid is not given."""
    found = [value for name, value in system.alkalinity_terms.items() if name.startswith(part)]
    return sum(found, start=jnp.zeros_like(system.h))
