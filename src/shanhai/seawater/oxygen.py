"""Oxygen in equilibrium with air, and what respiration has taken since: AOU and saturation."""

from typing import Literal, NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import ZERO_CELSIUS
from shanhai.core.errors import InputError, nearest
from shanhai.numerics.horner import horner
from shanhai.seawater.eos import temperature_ipts68

OXYGEN_MOLAR_VOLUME = 22.3916e-3  # m3 mol-1, real gas at 0 degC and one atmosphere, Garcia & Gordon (1992)
OXYGEN_VALID_TEMPERATURE = (-2.0, 40.0)  # degC, freezing point to 40
OXYGEN_VALID_SALINITY = (0.0, 42.0)

OxygenFit = Literal["benson_krause", "combined"]


class _Coefficients(NamedTuple):
    temperature: tuple[float, ...]
    salinity: tuple[float, ...]
    square: float  # of salinity


_BY_MASS = {  # umol kg-1
    "benson_krause": _Coefficients(
        (5.80871, 3.20291, 4.17887, 5.10006, -9.86643e-2, 3.80369),
        (-7.01577e-3, -7.70028e-3, -1.13864e-2, -9.51519e-3),
        -2.75915e-7,
    ),
    "combined": _Coefficients(
        (5.80818, 3.20684, 4.11890, 4.93845, 1.01567, 1.41575),
        (-7.01211e-3, -7.25958e-3, -7.93334e-3, -5.54491e-3),
        -1.32412e-7,
    ),
}
_BY_VOLUME = {  # cm3 dm-3
    "benson_krause": _Coefficients(
        (2.00907, 3.22014, 4.05010, 4.94457, -2.56847e-1, 3.88767),
        (-6.24523e-3, -7.37614e-3, -1.03410e-2, -8.17083e-3),
        -4.88682e-7,
    ),
    "combined": _Coefficients(  # confirmed by the fit by mass times density, to 2.3e-4
        (2.00856, 3.22400, 3.99063, 4.80299, 9.78188e-1, 1.71069),
        (-6.24097e-3, -6.93498e-3, -6.90358e-3, -4.29155e-3),
        -3.11680e-7,
    ),
}


def oxygen_solubility_garcia1992(
    temperature: ArrayLike, salinity: ArrayLike, fit: OxygenFit = "benson_krause"
) -> Array:
    r"""Oxygen content of sea water in equilibrium with moist air at one atmosphere.

    $$\ln C = \sum_{i=0}^{5} A_i T_s^i + S\sum_{i=0}^{3} B_i T_s^i + C_0 S^2, \qquad
      T_s = \ln\frac{298.15 - t}{273.15 + t}$$

    Source: Garcia & Gordon (1992), Limnol. Oceanogr. 37, 1307, eq. 8 and Table 1, in umol kg-1: "benson_krause" fits
    the data of Benson & Krause (1984) alone and is the one to take, "combined" adds the data of Carpenter and of
    Murray & Riley. Errata: eq. 8 as printed has a term A3 Ts² too many (ibid. 38, 656); the fit is in IPTS-68.

    Args:
        temperature: potential temperature t [degC, ITS-90], any shape; the fit gets IPTS-68.
        salinity: practical salinity S [1], broadcastable.
        fit: "benson_krause" or "combined".

    Returns:
        oxygen content at saturation [mol kg-1].

    Raises:
        InputError: the fit is none of the two.

    Valid: freezing point <= t <= 40 degC, 0 <= S <= 42.

    >>> round(float(oxygen_solubility_garcia1992(10.0 / 1.00024, 35.0)) * 1e6, 2)  # check value of the paper
    274.61
    """
    return 1e-6 * _garcia_gordon(temperature, salinity, _chosen(_BY_MASS, fit))


def oxygen_solubility_volume_garcia1992(
    temperature: ArrayLike, salinity: ArrayLike, fit: OxygenFit = "benson_krause"
) -> Array:
    r"""Oxygen concentration of sea water in equilibrium with moist air at one atmosphere, by volume of water.

    The form of `oxygen_solubility_garcia1992` fitted in cm3 of gas (0 degC, one atmosphere) per dm3 of water, divided
    by the molar volume 22.3916 dm3 mol-1. The water is at its own temperature, so the result is for fresh samples
    titrated whole.

    Source: Garcia & Gordon (1992), eq. 8 and Table 1, in cm3 dm-3; multiply by 22.3916 for those.

    Args:
        temperature: temperature t [degC, ITS-90], any shape; the fit gets IPTS-68.
        salinity: practical salinity S [1], broadcastable.
        fit: "benson_krause" or "combined".

    Returns:
        oxygen concentration at saturation [mol m-3].

    Raises:
        InputError: the fit is none of the two.

    Valid: freezing point <= t <= 40 degC, 0 <= S <= 42.

    >>> c = oxygen_solubility_volume_garcia1992(10.0 / 1.00024, 35.0)
    >>> round(float(c) * 22.3916, 3)  # cm3 dm-3, check value of the paper
    6.315
    """
    return 1e-3 / OXYGEN_MOLAR_VOLUME * _garcia_gordon(temperature, salinity, _chosen(_BY_VOLUME, fit))


def apparent_oxygen_utilisation(
    oxygen: ArrayLike,
    potential_temperature: ArrayLike,
    salinity: ArrayLike,
    fit: OxygenFit = "benson_krause",
) -> Array:
    r"""Oxygen that water has lost since it was in equilibrium with the air, taken as saturated when it sank.

    $$\mathrm{AOU} = [O_2]_{sat}(\theta, S) - [O_2]$$

    Saturation is at the potential temperature: compression warms water at depth and changes no oxygen.

    Args:
        oxygen: oxygen content [mol kg-1], any shape.
        potential_temperature: θ [degC, ITS-90], broadcastable, see `potential_temperature_eos80` or TEOS-10.
        salinity: practical salinity [1], broadcastable.
        fit: coefficients of the saturation.

    Returns:
        apparent oxygen utilisation [mol kg-1]; negative in supersaturated water.

    Valid: as `oxygen_solubility_garcia1992`.

    >>> round(float(apparent_oxygen_utilisation(200e-6, 10.0, 35.0)) * 1e6, 1)
    74.6
    """
    return oxygen_solubility_garcia1992(potential_temperature, salinity, fit) - jnp.asarray(oxygen)


def oxygen_saturation(
    oxygen: ArrayLike,
    potential_temperature: ArrayLike,
    salinity: ArrayLike,
    fit: OxygenFit = "benson_krause",
) -> Array:
    r"""Oxygen content relative to equilibrium with moist air at one atmosphere, $[O_2]/[O_2]_{sat}(\theta, S)$.

    Args:
        oxygen: oxygen content [mol kg-1], any shape.
        potential_temperature: θ [degC, ITS-90], broadcastable.
        salinity: practical salinity [1], broadcastable.
        fit: coefficients of the saturation.

    Returns:
        saturation [1]; times 100 for per cent.

    Valid: as `oxygen_solubility_garcia1992`.

    >>> round(float(oxygen_saturation(200e-6, 10.0, 35.0)), 3)
    0.728
    """
    return jnp.asarray(oxygen) / oxygen_solubility_garcia1992(potential_temperature, salinity, fit)


def _chosen(table: dict[str, _Coefficients], fit: str) -> _Coefficients:
    if fit not in table:
        raise InputError(f"there is no fit of oxygen solubility {fit!r}", where="fit", do=nearest(fit, table))
    return table[fit]


def _garcia_gordon(temperature: ArrayLike, salinity: ArrayLike, c: _Coefficients) -> Array:
    t, s = temperature_ipts68(temperature), jnp.asarray(salinity)
    scaled = jnp.log((ZERO_CELSIUS + 25.0 - t) / (ZERO_CELSIUS + t))
    return jnp.exp(horner(scaled, c.temperature) + s * (horner(scaled, c.salinity) + s * c.square))
