r"""Solubility of CO2 and of the two minerals of calcium carbonate, $K_{sp} = [Ca^{2+}][CO_3^{2-}]$."""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.seawater import gas
from shanhai.seawater.constants.carbonic_forms import LN10
from shanhai.seawater.constants.fit import Fit
from shanhai.seawater.constants.medium import haline, thermal


class Minerals(NamedTuple):
    """Solubility products of calcite and aragonite."""

    calcite: Fit
    aragonite: Fit


def ln_co2_weiss1974(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    """Logarithm of the solubility of CO2, mol kg-1 atm-1; see `gas.co2_solubility_weiss1974`.

    >>> round(float(ln_co2_weiss1974(25.0, 35.0)), 4)
    -3.5617
    """
    return jnp.log(gas.co2_solubility_weiss1974(temperature, salinity))


def ln_calcite_mucci1983(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Solubility product of calcite.

    $$\lg K_{sp} = -171.9065 - 0.077993\,T + \frac{2839.319}{T} + 71.595\lg T
      + \left(-0.77712 + 0.0028426\,T + \frac{178.34}{T}\right)\sqrt S - 0.07711\,S + 0.0041249\,S^{3/2}$$

    Source: Mucci (1983), Am. J. Sci. 283, 780.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln of the product, mol2 kg-2.

    Valid: 5 <= t <= 40 degC, 5 <= S <= 44.

    >>> round(float(ln_calcite_mucci1983(25.0, 35.0)) / LN10, 4)
    -6.3693
    """
    T, inverse, log = thermal(temperature)
    _, root = haline(salinity)
    pure = -171.9065 - 0.077993 * T + 2839.319 * inverse + (71.595 / LN10) * log
    half = -0.77712 + 0.0028426 * T + 178.34 * inverse
    return LN10 * (pure + root * (half + root * (-0.07711 + root * 0.0041249)))


def ln_aragonite_mucci1983(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Solubility product of aragonite.

    $$\lg K_{sp} = -171.945 - 0.077993\,T + \frac{2903.293}{T} + 71.595\lg T
      + \left(-0.068393 + 0.0017276\,T + \frac{88.135}{T}\right)\sqrt S - 0.10018\,S + 0.0059415\,S^{3/2}$$

    Source: Mucci (1983), Am. J. Sci. 283, 780.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln of the product, mol2 kg-2.

    Valid: 5 <= t <= 40 degC, 5 <= S <= 44.

    >>> round(float(ln_aragonite_mucci1983(25.0, 35.0)) / LN10, 4)
    -6.1883
    """
    T, inverse, log = thermal(temperature)
    _, root = haline(salinity)
    pure = -171.945 - 0.077993 * T + 2903.293 * inverse + (71.595 / LN10) * log
    half = -0.068393 + 0.0017276 * T + 88.135 * inverse
    return LN10 * (pure + root * (half + root * (-0.10018 + root * 0.0059415)))


def ln_calcite_ingle1975(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Solubility product of calcite as the GEOSECS programme used it.

    $$K_{sp} = 10^{-7}\left(-34.452 - 39.866\,S^{1/3} + 110.21\lg S - 7.5752\times10^{-6}\,T^2\right)$$

    Source: Ingle (1975), Mar. Chem. 3, 301, in Takahashi et al. (1982). Erratum: the GEOSECS report names Ingle et
    al. (1973), Mar. Chem. 1, 295, but the fit is the later one.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln of the product, mol2 kg-2; NaN below a salinity of about 20, where the product turns negative.

    Valid: about 30 <= S <= 38 (range unverified).

    >>> round(float(jnp.exp(ln_calcite_ingle1975(25.0, 35.0))) * 1e7, 3)
    4.642
    """
    T, _, _ = thermal(temperature)
    s = jnp.asarray(salinity)
    sea = s > 15.0
    salt = jnp.where(sea, s, 35.0)
    product = -34.452 - 39.866 * jnp.cbrt(salt) + (110.21 / LN10) * jnp.log(salt) - 0.0000075752 * T * T
    good = sea & (product > 0.0)
    return jnp.where(good, jnp.log(jnp.where(good, product, 1.0)) - 7.0 * LN10, jnp.nan)


def ln_aragonite_takahashi1982(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    """Solubility product of aragonite as the GEOSECS programme used it, 1.45 times that of calcite.

    Source: Takahashi et al. (1982) quote Berner (1976), Am. J. Sci. 276, 713, whose own factor is 1.48; 1.45
    reproduces the GEOSECS results.

    >>> round(float(jnp.exp(ln_aragonite_takahashi1982(25.0, 35.0))) * 1e7, 3)
    6.731
    """
    return ln_calcite_ingle1975(temperature, salinity) + 0.371563556432483  # ln 1.45


CO2 = Fit(
    "weiss_1974",
    "Weiss (1974), Mar. Chem. 2, 203",
    ln_co2_weiss1974,
    gas.SOLUBILITY_VALID_TEMPERATURE,
    gas.SOLUBILITY_VALID_SALINITY,
    "free",
)

_MUCCI = "Mucci (1983), Am. J. Sci. 283, 780"
_INGLE = "Ingle (1975), Mar. Chem. 3, 301 (range unverified)"

MINERALS = {
    "mucci_1983": Minerals(
        Fit("mucci_1983", _MUCCI, ln_calcite_mucci1983, (5.0, 40.0), (5.0, 44.0), "free"),
        Fit("mucci_1983", _MUCCI, ln_aragonite_mucci1983, (5.0, 40.0), (5.0, 44.0), "free"),
    ),
    "ingle_1975": Minerals(
        Fit("ingle_1975", _INGLE, ln_calcite_ingle1975, (0.0, 40.0), (30.0, 38.0), "free"),
        Fit("ingle_1975", f"{_INGLE}, times 1.45", ln_aragonite_takahashi1982, (0.0, 40.0), (30.0, 38.0), "free"),
    ),
}
