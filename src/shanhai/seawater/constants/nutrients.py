r"""Dissociation of the acids that come with nutrients: phosphoric and silicic acid, ammonium, sulfide, nitrous acid."""

import math
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.numerics import safe
from shanhai.seawater.constants.carbonic_forms import LN10
from shanhai.seawater.constants.fit import Fit
from shanhai.seawater.constants.left_out import NONE
from shanhai.seawater.constants.medium import (
    ANY,
    fixed,
    haline,
    ionic_strength,
    ln_water_fraction,
    thermal,
)


class Phosphoric(NamedTuple):
    """The three steps of phosphoric acid: H3PO4, H2PO4- and HPO4 2-."""

    kp1: Fit
    kp2: Fit
    kp3: Fit


def ln_phosphoric1_yao1995(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""First dissociation constant of phosphoric acid.

    $$\ln K_{P1} = -\frac{4576.752}{T} + 115.54 - 18.453\ln T
      + \left(0.69171 - \frac{106.736}{T}\right)\sqrt S - \left(\frac{0.65643}{T} + 0.01844\right)S$$

    Source: Yao & Millero (1995), Aquat. Geochem. 1, 53; Dickson et al. (2007) print 115.525 (their step of -0.015).

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K_P1, K_P1 in mol kg-1 on the seawater scale.

    Valid: 0 <= t <= 45 degC, 0 <= S <= 45 (range unverified).

    >>> round(float(ln_phosphoric1_yao1995(25.0, 35.0)) - 0.015, 2)
    -3.71
    """
    _, inverse, log = thermal(temperature)
    _, root = haline(salinity)
    salt = root * (0.69171 - 106.736 * inverse + root * (-0.01844 - 0.65643 * inverse))
    return -4576.752 * inverse + 115.54 - 18.453 * log + salt


def ln_phosphoric2_yao1995(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Second dissociation constant of phosphoric acid.

    $$\ln K_{P2} = -\frac{8814.715}{T} + 172.1033 - 27.927\ln T
      + \left(1.3566 - \frac{160.34}{T}\right)\sqrt S + \left(\frac{0.37335}{T} - 0.05778\right)S$$

    Source: Yao & Millero (1995), Aquat. Geochem. 1, 53; Dickson et al. (2007) print 172.0883.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K_P2, K_P2 in mol kg-1 on the seawater scale.

    Valid: 0 <= t <= 45 degC, 0 <= S <= 45 (range unverified).

    >>> round(float(ln_phosphoric2_yao1995(25.0, 35.0)) - 0.015, 3)
    -13.727
    """
    _, inverse, log = thermal(temperature)
    _, root = haline(salinity)
    salt = root * (1.3566 - 160.34 * inverse + root * (-0.05778 + 0.37335 * inverse))
    return -8814.715 * inverse + 172.1033 - 27.927 * log + salt


def ln_phosphoric3_yao1995(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Third dissociation constant of phosphoric acid.

    $$\ln K_{P3} = -\frac{3070.75}{T} - 18.126
      + \left(\frac{17.27039}{T} + 2.81197\right)\sqrt S - \left(\frac{44.99486}{T} + 0.09984\right)S$$

    Source: Yao & Millero (1995), Aquat. Geochem. 1, 53; Dickson et al. (2007) print -18.141.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K_P3, K_P3 in mol kg-1 on the seawater scale.

    Valid: 0 <= t <= 45 degC, 0 <= S <= 45 (range unverified).

    >>> round(float(ln_phosphoric3_yao1995(25.0, 35.0)) - 0.015, 2)
    -20.24
    """
    _, inverse, _ = thermal(temperature)
    _, root = haline(salinity)
    salt = root * (2.81197 + 17.27039 * inverse + root * (-0.09984 - 44.99486 * inverse))
    return -3070.75 * inverse - 18.126 + salt


def ln_phosphoric1_kester1967(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    """First dissociation constant of phosphoric acid, 0.02 mol kg-1 everywhere (Kester & Pytkowicz 1967).

    >>> round(float(jnp.exp(ln_phosphoric1_kester1967(25.0, 35.0))), 3)
    0.02
    """
    return fixed(math.log(0.02), temperature)


def ln_phosphoric2_kester1967(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Second dissociation constant of phosphoric acid, $\ln K_{P2} = -9.039 - 1450/T$ (Kester & Pytkowicz 1967).

    >>> round(float(ln_phosphoric2_kester1967(25.0, 35.0)), 3)
    -13.902
    """
    return -9.039 - 1450.0 * thermal(temperature)[1]


def ln_phosphoric3_kester1967(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Third dissociation constant of phosphoric acid, $\ln K_{P3} = 4.466 - 7276/T$ (Kester & Pytkowicz 1967).

    >>> round(float(ln_phosphoric3_kester1967(25.0, 35.0)), 3)
    -19.938
    """
    return 4.466 - 7276.0 * thermal(temperature)[1]


def ln_silicic_yao1995(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Dissociation constant of silicic acid.

    $$\ln K_{Si} = -\frac{8904.2}{T} + 117.4 - 19.334\ln T + \left(3.5913 - \frac{458.79}{T}\right)\sqrt I
      + \left(\frac{188.74}{T} - 1.5998\right)I + \left(0.07871 - \frac{12.1652}{T}\right)I^2 + \ln(1 - 0.001005\,S)$$

    Source: Yao & Millero (1995), Aquat. Geochem. 1, 53, per kg of water; Dickson et al. (2007) print 117.385.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K_Si, K_Si in mol kg-1 on the seawater scale.

    Valid: 0 <= t <= 45 degC, 0 <= S <= 45 (range unverified).

    >>> round(float(ln_silicic_yao1995(25.0, 35.0)) - 0.015, 2)
    -21.61
    """
    _, inverse, log = thermal(temperature)
    strength = ionic_strength(salinity)
    first = (3.5913 - 458.79 * inverse) * safe.square_root(strength)
    second = (188.74 * inverse - 1.5998 + (0.07871 - 12.1652 * inverse) * strength) * strength
    return -8904.2 * inverse + 117.4 - 19.334 * log + first + second + ln_water_fraction(salinity)


def ln_silicic_sillen1964(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    """Dissociation constant of silicic acid, 4e-10 mol kg-1 everywhere (Sillén, Martell & Bjerrum 1964).

    >>> round(float(jnp.exp(ln_silicic_sillen1964(25.0, 35.0))) * 1e10, 3)
    4.0
    """
    return fixed(math.log(4e-10), temperature)


def ln_ammonium_clegg1995(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Dissociation constant of ammonium, from a Pitzer model of sea water.

    $$pK = 9.244605 - 2729.33\left(\frac{1}{298.15} - \frac1T\right) + \sum_n a_n(T)\,S^n - \lg(1 - 0.001005\,S),
      \qquad n = \tfrac14, \tfrac12, \tfrac32, 2, \tfrac52$$

    Source: Clegg & Whitfield (1995), Geochim. Cosmochim. Acta 59, 2403, eq. 18.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K, K in mol kg-1 on the total scale.

    Valid: -2 <= t <= 40 degC, 0 <= S <= 40.

    >>> round(float(ln_ammonium_clegg1995(25.0, 35.0)) / LN10, 3)
    -9.246
    """
    T, inverse, _ = thermal(temperature)
    s, root = haline(salinity)
    cold = jnp.sqrt(T)
    quarter = (0.04203362 - 11.24742 * inverse) * safe.square_root(root)
    half = -13.6416 + 1.176949 * cold - 0.02860785 * T + 545.4834 * inverse
    three_halves = -0.1462507 + 0.0090226468 * cold - 0.0001471361 * T + 10.5425 * inverse
    two = 0.004669309 - 0.0001691742 * cold - 0.5677934 * inverse
    five_halves = -2.354039e-05 + 0.009698623 * inverse
    salt = quarter + root * (half + s * (three_halves + root * (two + root * five_halves)))
    pk = 9.244605 - 2729.33 * (1.0 / 298.15 - inverse) + salt
    return -LN10 * pk + ln_water_fraction(s)


def ln_ammonium_yao1995(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Dissociation constant of ammonium.

    $$\ln K = -\frac{6285.33}{T} + 0.0001635\,T - 0.25444 + \left(0.46532 - \frac{123.7184}{T}\right)\sqrt S
      + \left(\frac{3.17556}{T} - 0.01992\right)S$$

    Source: Yao & Millero (1995), Aquat. Geochem. 1, 53.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K, K in mol kg-1 on the seawater scale.

    Valid: 5 <= t <= 40 degC, 0 <= S <= 45 (range unverified).

    >>> round(float(ln_ammonium_yao1995(25.0, 35.0)) / LN10, 3)
    -9.256
    """
    T, inverse, _ = thermal(temperature)
    _, root = haline(salinity)
    salt = root * (0.46532 - 123.7184 * inverse + root * (-0.01992 + 3.17556 * inverse))
    return -6285.33 * inverse + 0.0001635 * T - 0.25444 + salt


def ln_sulfide_yao1995(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""First dissociation constant of hydrogen sulfide.

    $$\ln K = 225.838 - \frac{13275.3}{T} - 34.6435\ln T + 0.3449\sqrt S - 0.0274\,S$$

    Source: Millero et al. (1988), Limnol. Oceanogr. 33, 269, repeated by Yao & Millero (1995), who call it the
    seawater scale; the numbers are those of 1988, which are on the total scale.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K, K in mol kg-1 on the total scale.

    Valid: 5 <= t <= 25 degC, 5 <= S <= 40 (range unverified).

    >>> round(float(ln_sulfide_yao1995(25.0, 35.0)) / LN10, 3)
    -6.51
    """
    _, inverse, log = thermal(temperature)
    s, root = haline(salinity)
    return 225.838 - 13275.3 * inverse - 34.6435 * log + 0.3449 * root - 0.0274 * s


def ln_nitrous_borer2024(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Dissociation constant of nitrous acid in artificial sea water; the salinity has no part in it.

    $$pK = \frac{16084.01}{T} + 50.17\ln T - 336.92$$

    Source: Borer et al. (2024), Limnol. Oceanogr. 69, 2859 (coefficients unverified against the paper).

    Args:
        temperature: temperature [degC], any shape.
        salinity: not used.

    Returns:
        ln K, K in mol kg-1 on the total scale.

    Valid: 5 <= t <= 35 degC, full-strength sea water.

    >>> round(float(ln_nitrous_borer2024(25.0, 35.0)) / LN10, 2)
    -2.87
    """
    _, inverse, log = thermal(temperature)
    return -LN10 * (16084.01 * inverse + 50.17 * log - 336.92)


def ln_nitrous_fresh_borer2024(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Dissociation constant of nitrous acid in fresh water; the salinity has no part in it.

    $$pK = \frac{16437.31}{T} + 53.61\ln T - 357.43$$

    Source: Borer et al. (2024), Limnol. Oceanogr. 69, 2859 (coefficients unverified against the paper).

    Args:
        temperature: temperature [degC], any shape.
        salinity: not used.

    Returns:
        ln K, K in mol kg-1 on the NBS scale.

    Valid: 5 <= t <= 35 degC, fresh water.

    >>> round(float(ln_nitrous_fresh_borer2024(25.0, 0.0)) / LN10, 2)
    -3.15
    """
    _, inverse, log = thermal(temperature)
    return -LN10 * (16437.31 * inverse + 53.61 * log - 357.43)


_YAO = "Yao & Millero (1995), Aquat. Geochem. 1, 53"
_YAO_RANGE = f"{_YAO} (range unverified)"
_KESTER = "Kester & Pytkowicz (1967), Limnol. Oceanogr. 12, 243 (temperature range unverified)"
_BORER = "Borer et al. (2024), Limnol. Oceanogr. 69, 2859 (coefficients and salinity range unverified)"
_WIDE = (0.0, 45.0)
_TIGHT = (33.0, 36.0)

PHOSPHATE = {
    "yao_millero_1995": Phosphoric(
        Fit("yao_millero_1995", _YAO_RANGE, ln_phosphoric1_yao1995, _WIDE, _WIDE, "seawater"),
        Fit("yao_millero_1995", _YAO_RANGE, ln_phosphoric2_yao1995, _WIDE, _WIDE, "seawater"),
        Fit("yao_millero_1995", _YAO_RANGE, ln_phosphoric3_yao1995, _WIDE, _WIDE, "seawater"),
    ),
    "kester_pytkowicz_1967": Phosphoric(
        Fit("kester_pytkowicz_1967", _KESTER, ln_phosphoric1_kester1967, (0.0, 30.0), _TIGHT, "seawater"),
        Fit("kester_pytkowicz_1967", _KESTER, ln_phosphoric2_kester1967, (0.0, 30.0), _TIGHT, "nbs"),
        Fit("kester_pytkowicz_1967", _KESTER, ln_phosphoric3_kester1967, (0.0, 30.0), _TIGHT, "nbs"),
    ),
    "none": Phosphoric(NONE, NONE, NONE),
}

SILICATE = {
    "yao_millero_1995": Fit("yao_millero_1995", _YAO_RANGE, ln_silicic_yao1995, _WIDE, _WIDE, "seawater"),
    "sillen_1964": Fit(
        "sillen_1964",
        "Sillén, Martell & Bjerrum (1964), Stability Constants, Chem. Soc. Spec. Publ. 17 (no range given)",
        ln_silicic_sillen1964,
        ANY,
        ANY,
        "nbs",
    ),
    "none": NONE,
}

AMMONIA = {
    "clegg_whitfield_1995": Fit(
        "clegg_whitfield_1995",
        "Clegg & Whitfield (1995), Geochim. Cosmochim. Acta 59, 2403, eq. 18",
        ln_ammonium_clegg1995,
        (-2.0, 40.0),
        (0.0, 40.0),
    ),
    "yao_millero_1995": Fit("yao_millero_1995", _YAO_RANGE, ln_ammonium_yao1995, (5.0, 40.0), _WIDE, "seawater"),
    "none": NONE,
}

SULFIDE = {
    "yao_millero_1995": Fit(
        "yao_millero_1995",
        f"{_YAO_RANGE}; Millero et al. (1988), Limnol. Oceanogr. 33, 269",
        ln_sulfide_yao1995,
        (5.0, 25.0),
        (5.0, 40.0),
    ),
    "none": NONE,
}

NITRITE = {
    "borer_2024": Fit("borer_2024", _BORER, ln_nitrous_borer2024, (5.0, 35.0), (30.0, 40.0)),
    "borer_2024_fresh": Fit("borer_2024_fresh", _BORER, ln_nitrous_fresh_borer2024, (5.0, 35.0), (0.0, 1.0), "nbs"),
    "none": NONE,
}
