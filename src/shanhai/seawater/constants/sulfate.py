r"""Dissociation of the bisulfate ion, $K_S = [H^+]_F[SO_4^{2-}]/[HSO_4^-]$, on the free scale.

K_S makes the difference between the free and the total pH scale: $[H]_T = [H]_F(1 + S_T/K_S)$.
"""

from jax import Array
from jax.typing import ArrayLike

from shanhai.numerics import safe
from shanhai.seawater.constants.carbonic_forms import LN10
from shanhai.seawater.constants.fit import Fit
from shanhai.seawater.constants.medium import haline, ionic_strength, ln_water_fraction, thermal


def ln_bisulfate_dickson1990(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Dissociation constant of bisulfate from cells without liquid junction.

    $$\ln K_S = -\frac{4276.1}{T} + 141.328 - 23.093\ln T + A(T)\sqrt I + B(T)\,I
      - \frac{2698}{T}I^{3/2} + \frac{1776}{T}I^2 + \ln(1 - 0.001005\,S)$$

    with $A = -13856/T + 324.57 - 47.986\ln T$ and $B = 35474/T - 771.54 + 114.723\ln T$.

    Source: Dickson (1990), J. Chem. Thermodyn. 22, 113, eqs. 22 and 23, Table 4. Erratum: on p. 121 a constant e9
    should read e8.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K_S, K_S in mol kg-1 on the free scale.

    Valid: 0 <= t <= 45 degC, 5 <= S <= 45.

    >>> round(float(ln_bisulfate_dickson1990(25.0, 35.0)), 5)
    -2.29957
    """
    _, inverse, log = thermal(temperature)
    strength = ionic_strength(salinity)
    root = safe.square_root(strength)
    pure = -4276.1 * inverse + 141.328 - 23.093 * log
    first = (-13856.0 * inverse + 324.57 - 47.986 * log) * root
    second = (35474.0 * inverse - 771.54 + 114.723 * log) * strength
    higher = (-2698.0 * root + 1776.0 * strength) * strength * inverse
    return pure + first + second + higher + ln_water_fraction(salinity)


def ln_bisulfate_khoo1977(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Dissociation constant of bisulfate from titrations with a hydrogen electrode.

    $$pK_S = \frac{647.59}{T} - 6.3451 + 0.019085\,T - 0.5208\sqrt I - \lg(1 - 0.001005\,S)$$

    Source: Khoo et al. (1977), Anal. Chem. 49, 29, eq. 20; their constant is an association constant.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K_S, K_S in mol kg-1 on the free scale.

    Valid: 5 <= t <= 40 degC, 20 <= S <= 45.

    >>> round(float(ln_bisulfate_khoo1977(25.0, 35.0)), 4)
    -2.5096
    """
    T, inverse, _ = thermal(temperature)
    pk = 647.59 * inverse - 6.3451 + 0.019085 * T - 0.5208 * safe.square_root(ionic_strength(salinity))
    return -LN10 * pk + ln_water_fraction(salinity)


def ln_bisulfate_waters2013(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Dissociation constant of bisulfate from a Pitzer model of sea water.

    $$\lg K_S = \lg K_S^0(T) + a_1(T)\sqrt S + a_2(T)\,S + a_3(T)\,S^{3/2} - 4.03724\times10^{-5}S^2
      + \lg(1 - 0.001005\,S)$$

    Source: Waters & Millero (2013), Mar. Chem. 149, 8, with the corrections of Waters, Millero & Woosley (2014),
    Mar. Chem. 165, 66.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K_S, K_S in mol kg-1 on the free scale.

    Valid: 0 <= t <= 45 degC, 5 <= S <= 45.

    >>> round(float(ln_bisulfate_waters2013(25.0, 35.0)), 4)
    -2.2889
    """
    T, inverse, log = thermal(temperature)
    s, root = haline(salinity)
    pure = 562.69486 - 102.5154 * log + T * (0.2477538 - 0.0001117033 * T) - 13273.76 * inverse
    half = 4.24666 + T * (-0.152671 + 0.0267059 * log - 0.000042128 * T)
    one = 0.2542181 + T * (-0.00509534 + 0.00071589 * log)
    three_halves = -0.00291179 + 0.0000209968 * T
    salt = root * (half + root * (one + root * (three_halves - root * 0.0000403724)))
    return LN10 * (pure + salt) + ln_water_fraction(s)


SULFATE = {
    "dickson_1990": Fit(
        "dickson_1990",
        "Dickson (1990), J. Chem. Thermodyn. 22, 113",
        ln_bisulfate_dickson1990,
        (0.0, 45.0),
        (5.0, 45.0),
        "free",
    ),
    "khoo_1977": Fit(
        "khoo_1977",
        "Khoo et al. (1977), Anal. Chem. 49, 29, eq. 20",
        ln_bisulfate_khoo1977,
        (5.0, 40.0),
        (20.0, 45.0),
        "free",
    ),
    "waters_millero_2013": Fit(
        "waters_millero_2013",
        "Waters & Millero (2013), Mar. Chem. 149, 8; corrected by Waters et al. (2014), Mar. Chem. 165, 66",
        ln_bisulfate_waters2013,
        (0.0, 45.0),
        (5.0, 45.0),
        "free",
    ),
}
