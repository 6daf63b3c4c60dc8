r"""Dissociation of boric acid, $K_B = [H^+][B(OH)_4^-]/[B(OH)_3]$, and of water, $K_W = [H^+][OH^-]$."""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.seawater.constants.carbonic_forms import LN10
from shanhai.seawater.constants.fit import Fit
from shanhai.seawater.constants.left_out import NONE
from shanhai.seawater.constants.medium import haline, thermal


def ln_borate_dickson1990(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Dissociation constant of boric acid in synthetic sea water.

    $$\ln K_B = \frac{-8966.90 - 2890.53\sqrt S - 77.942\,S + 1.728\,S^{3/2} - 0.0996\,S^2}{T} + 148.0248
      + 137.1942\sqrt S + 1.62142\,S - (24.4344 + 25.085\sqrt S + 0.2474\,S)\ln T + 0.053105\sqrt S\,T$$

    Source: Dickson (1990), Deep-Sea Res. 37, 755, eq. 23; Dickson et al. (2007), chapter 5.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K_B, K_B in mol kg-1 on the total scale.

    Valid: 0 <= t <= 45 degC, 5 <= S <= 45.

    >>> round(float(ln_borate_dickson1990(25.0, 35.0)), 4)
    -19.7964
    """
    T, inverse, log = thermal(temperature)
    _, root = haline(salinity)
    heat = -8966.9 + root * (-2890.53 + root * (-77.942 + root * (1.728 - root * 0.0996)))
    free = 148.0248 + root * (137.1942 + root * 1.62142)
    slope = -24.4344 + root * (-25.085 - root * 0.2474)
    return heat * inverse + free + slope * log + 0.053105 * root * T


def ln_borate_lyman1956(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Dissociation constant of boric acid as the GEOSECS programme used it.

    $$\lg K_B = -9.26 + 0.00886\,S + 0.01\,t$$

    Source: Lyman (1956), fitted by Li, Takahashi & Broecker (1969), J. Geophys. Res. 74, 5507.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K_B, K_B in mol kg-1 on the NBS scale.

    Valid: 0 <= t <= 25 degC, 29 <= S <= 38.

    >>> round(float(ln_borate_lyman1956(25.0, 35.0)) / LN10, 4)
    -8.6999
    """
    return LN10 * (-9.26 + 0.00886 * jnp.asarray(salinity) + 0.01 * jnp.asarray(temperature))


def ln_water_harned1958(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Ion product of pure water; the salinity has no part in it.

    $$\ln K_W = 148.9802 - \frac{13847.26}{T} - 23.6521\ln T$$

    Source: Harned & Owen (1958), refitted by Millero (1979), Geochim. Cosmochim. Acta 43, 1651.

    Args:
        temperature: temperature [degC], any shape.
        salinity: not used.

    Returns:
        ln K_W, K_W in mol2 kg-2; pH scales coincide in pure water.

    Valid: 0 <= t <= 50 degC, S = 0.

    >>> round(float(ln_water_harned1958(25.0, 0.0)) / LN10, 3)
    -13.995
    """
    _, inverse, log = thermal(temperature)
    return 148.9802 - 13847.26 * inverse - 23.6521 * log


def ln_water_millero1979(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Ion product of sea water, earlier fit.

    $$\ln K_W = \ln K_W^0 + \left(-79.2447 + \frac{3298.72}{T} + 12.0408\ln T\right)\sqrt S - 0.019813\,S$$

    Source: Millero (1979), Geochim. Cosmochim. Acta 43, 1651.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K_W, K_W in mol2 kg-2 on the seawater scale.

    Valid: 0 <= t <= 50 degC, 0 <= S <= 40.

    >>> round(float(ln_water_millero1979(25.0, 35.0)), 3)
    -30.416
    """
    _, inverse, log = thermal(temperature)
    _, root = haline(salinity)
    salt = root * (-79.2447 + 3298.72 * inverse + 12.0408 * log - root * 0.019813)
    return ln_water_harned1958(temperature, salinity) + salt


def ln_water_millero1995(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Ion product of sea water.

    $$\ln K_W = \ln K_W^0 + \left(-5.977 + \frac{118.67}{T} + 1.0495\ln T\right)\sqrt S - 0.01615\,S$$

    Source: Millero (1995), Geochim. Cosmochim. Acta 59, 661, eq. 63; Dickson et al. (2007), chapter 5, print
    148.9652 for 148.9802, which is their fixed step of -0.015 to the total scale.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K_W, K_W in mol2 kg-2 on the seawater scale.

    Valid: 0 <= t <= 45 degC, 0 <= S <= 45.

    >>> round(float(ln_water_millero1995(25.0, 35.0)) - 0.015, 3)
    -30.434
    """
    _, inverse, log = thermal(temperature)
    _, root = haline(salinity)
    salt = root * (-5.977 + 118.67 * inverse + 1.0495 * log - root * 0.01615)
    return ln_water_harned1958(temperature, salinity) + salt


BORATE = {
    "dickson_1990": Fit(
        "dickson_1990", "Dickson (1990), Deep-Sea Res. 37, 755", ln_borate_dickson1990, (0.0, 45.0), (5.0, 45.0)
    ),
    "lyman_1956": Fit(
        "lyman_1956",
        "Lyman (1956), fitted by Li et al. (1969), J. Geophys. Res. 74, 5507",
        ln_borate_lyman1956,
        (0.0, 25.0),
        (29.0, 38.0),
        "nbs",
    ),
    "none": NONE,
}

_MILLERO1979 = "Millero (1979), Geochim. Cosmochim. Acta 43, 1651"

WATER = {
    "millero_1995": Fit(
        "millero_1995",
        "Millero (1995), Geochim. Cosmochim. Acta 59, 661",
        ln_water_millero1995,
        (0.0, 45.0),
        (0.0, 45.0),
        "seawater",
    ),
    "millero_1979": Fit("millero_1979", _MILLERO1979, ln_water_millero1979, (0.0, 50.0), (0.0, 40.0), "seawater"),
    "harned_owen_1958": Fit(
        "harned_owen_1958",
        f"Harned & Owen (1958), refitted by {_MILLERO1979}",
        ln_water_harned1958,
        (0.0, 50.0),
        (0.0, 0.0),
        "seawater",
    ),
    "none": NONE,
}
