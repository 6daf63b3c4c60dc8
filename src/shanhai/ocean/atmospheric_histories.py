r"""Mole fractions in dry air over the years: CO2 as measured, and smooth stand-ins for the transient tracers.

The halocarbons and SF6 are *synthetic* forms of three to five numbers,

$$x_{CFC}(t) = \frac{x_\infty}{1 + e^{-(t - t_m)/\tau}}\left(1 + e^{(t - t_d)/s}\right)^{-s/L}, \qquad
  x_{SF_6}(t) = a\,s\,\ln\left(1 + e^{(t - t_0)/s}\right)$$

a logistic rise followed by exponential decline with the lifetime L, and growth that becomes linear. They depart from
the concentrations of the RCMIP protocol by up to 13 ppt (CFC-11), 21 ppt (CFC-12) and 0.3 ppt (SF6) between 1950 and
2020, 5 % of the largest value, and make no difference between hemispheres. They are for tests, teaching and
sensitivity; for measured tracers give the published history as `ventilation.History`.
"""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.errors import InputError, nearest
from shanhai.ocean.ventilation import History

CO2_SOURCE = "historical and ssp245 CO2 of the RCMIP protocol, Nicholls et al. (2020), Geosci. Model Dev. 13, 5175"
PREINDUSTRIAL_YEAR = 1750.0
_CO2 = (
    (1750, 277.15), (1775, 278.59), (1800, 280.83), (1825, 282.68), (1850, 284.32), (1860, 285.74), (1870, 287.35),
    (1880, 289.47), (1890, 292.46), (1900, 295.67), (1910, 299.38), (1920, 304.25), (1930, 306.62), (1940, 311.36),
    (1950, 312.82), (1960, 316.62), (1970, 324.78), (1980, 338.70), (1990, 354.07), (2000, 369.12), (2010, 388.72),
    (2020, 414.39), (2030, 444.14),
)  # fmt: skip

_CFC = {  # largest mole fraction [ppt], middle of the rise, its time scale, turn to decline, lifetime, softness [yr]
    "CFC-11": (281.0, 1977.7, 5.56, 1994.9, 100.0, 2.0),
    "CFC-12": (568.0, 1978.9, 6.78, 2003.6, 126.0, 3.0),
}
_SF6 = (0.285, 1985.3, 7.8)  # growth [ppt yr-1], start, softness [yr]
_FIRST, _LAST = 1930, 2030


def atmospheric_co2() -> History:
    """CO2 in dry air since 1750 [mol mol-1], straight between the years given.

    Source: Nicholls et al. (2020), Geosci. Model Dev. 13, 5175, historical to 2010, then SSP2-4.5.

    >>> co2 = atmospheric_co2()
    >>> round(float(co2.values[0]) * 1e6, 2)
    277.15
    """
    table = np.array(_CO2)
    return History(jnp.asarray(table[:, 0]), jnp.asarray(1e-6 * table[:, 1]))


def synthetic_mole_fraction(gas: str, year: ArrayLike) -> Array:
    """Smooth stand-in for the mole fraction of a transient tracer.

    Source: forms of this module, their numbers fitted to the RCMIP concentrations (Nicholls et al. 2020).

    Args:
        gas: "CFC-11", "CFC-12" or "SF6".
        year: decimal year, any shape.

    Returns:
        mole fraction in dry air [mol mol-1].

    Raises:
        InputError: for another gas.

    >>> [round(float(synthetic_mole_fraction(g, 2000.0)) * 1e12, 1) for g in ("CFC-11", "CFC-12", "SF6")]
    [261.9, 540.4, 4.5]
    """
    if gas not in (*_CFC, "SF6"):
        raise InputError(f"there is no synthetic history of {gas!r}", where="gas", do=nearest(gas, [*_CFC, "SF6"]))
    t = jnp.asarray(year, dtype=float)
    if gas == "SF6":
        growth, start, soft = _SF6
        return 1e-12 * growth * _ramp(t - start, soft)
    top, middle, rise, turn, life, soft = _CFC[gas]
    return 1e-12 * top / (1.0 + jnp.exp(-(t - middle) / rise)) * jnp.exp(-_ramp(t - turn, soft) / life)


def _ramp(t: Array, soft: float) -> Array:
    """Zero before, t after, smooth over `soft` years."""
    return soft * jnp.logaddexp(0.0, t / soft)


def synthetic_history(gas: str) -> History:
    """History of a transient tracer from its smooth form every two years, less its small value at the start.

    Args:
        gas: "CFC-11", "CFC-12" or "SF6".

    Raises:
        InputError: for another gas.

    >>> history = synthetic_history("CFC-12")
    >>> float(history.values[0])
    0.0
    """
    years = jnp.arange(_FIRST, _LAST + 1.0, 2.0)
    values = synthetic_mole_fraction(gas, years)
    return History(years, values - values[0])


HISTORIES: dict[str, Callable[[], History]] = {"CO2": atmospheric_co2} | {
    gas: (lambda gas=gas: synthetic_history(gas)) for gas in ("CFC-11", "CFC-12", "SF6")
}
"""Gas -> its history as it comes with the package; only that of CO2 is measured."""
