"""Carbonic acid from pure water through the estuary to the sea."""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import ZERO_CELSIUS
from shanhai.numerics import safe
from shanhai.seawater.constants.carbonic_forms import LN10, Carbonic, Curve, carbonic, everywhere, three_terms
from shanhai.seawater.constants.fit import Fit, Scale


def _plummer_busenberg(a: float, b: float, c: float, d: float, e: float) -> Curve:
    r"""Make the curve log10 K = a + b T + c/T + d log10 T + e/T2 of pure water."""

    def ln_k(temperature: ArrayLike, salinity: ArrayLike) -> Array:
        t, s = jnp.asarray(temperature), jnp.asarray(salinity)
        T = t + ZERO_CELSIUS
        inverse = 1.0 / T
        log_k = a + b * T + d * (jnp.log(T) / LN10) + inverse * (c + e * inverse)
        return everywhere(LN10 * log_k, t, s)

    return ln_k


def ln_k1_cai1998(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""First constant of carbonic acid in estuaries on the NBS scale.

    $$pK_1 = \frac{3404.71}{T} + 0.032786\,T - 14.8435 - 0.071692\,F_1 S^{1/2} + 0.0021487\,S,
      \qquad F_1 = \frac{200.1}{T} + 0.3220$$

    Source: Cai & Wang (1998), Limnol. Oceanogr. 43, 657, p. 661, from the data of Mehrbach et al. (1973) and Mook
    & Koene (1975).

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K1, K1 in mol kg-1 of sea water, NBS.

    Valid: 0.2 <= t <= 30 degC, 0 <= S <= 40.

    Erratum: the paper's check values of F1 do not follow from its equation; the equation is kept, as everywhere.

    >>> round(-float(ln_k1_cai1998(25.0, 35.0)) / LN10, 4)
    6.0051
    """
    t, s = jnp.asarray(temperature), jnp.asarray(salinity)
    T = t + ZERO_CELSIUS
    inverse = 1.0 / T
    pure = 3404.71 * inverse + 0.032786 * T - 14.8435
    return -LN10 * (pure - 0.071692 * (200.1 * inverse + 0.3220) * safe.square_root(s) + 0.0021487 * s)


def ln_k2_cai1998(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Second constant of carbonic acid in estuaries on the NBS scale.

    $$pK_2 = \frac{2902.39}{T} + 0.02379\,T - 6.4980 - 0.3191\,F_2 S^{1/2} + 0.0198\,S,
      \qquad F_2 = -\frac{129.24}{T} + 1.4381$$

    Source: Cai & Wang (1998), Limnol. Oceanogr. 43, 657, p. 661, from the data of Mehrbach et al. (1973) and
    Edmond & Gieskes (1970).

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K2, K2 in mol kg-1 of sea water, NBS.

    Valid: 0.2 <= t <= 30 degC, 0 <= S <= 40.

    >>> round(-float(ln_k2_cai1998(25.0, 35.0)) / LN10, 4)
    9.1261
    """
    t, s = jnp.asarray(temperature), jnp.asarray(salinity)
    T = t + ZERO_CELSIUS
    inverse = 1.0 / T
    pure = 2902.39 * inverse + 0.02379 * T - 6.4980
    return -LN10 * (pure - 0.3191 * (-129.24 * inverse + 1.4381) * safe.square_root(s) + 0.0198 * s)


def ln_k2_martin_mayor2025(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Second constant of carbonic acid by spectrophotometry, on the total scale.

    $$pK_2 = 5.1703 + \frac{2136.77}{T} - \frac{177788}{T^2} - \frac{0.4457\,S^{1/2}}{1 + 1.11\,S^{1/2}}
      + 0.0674\frac{S}{\ln T} - 0.0008238\,S^{1/2}\,T$$

    Source: Martin-Mayor et al. (2025), Geochim. Cosmochim. Acta, doi 10.1016/j.gca.2025.06.001, abstract.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K2, K2 in mol kg-1 of sea water, total scale.

    Valid: 2 <= t <= 35 degC, 0 <= S <= 41.

    It differs from Waters et al. (2014) by -0.03 at 25 degC and S = 35 and +0.04 at S = 15, more than others do.

    >>> round(-float(ln_k2_martin_mayor2025(25.0, 35.0)) / LN10, 4)
    8.9495
    """
    t, s = jnp.asarray(temperature), jnp.asarray(salinity)
    T = t + ZERO_CELSIUS
    inverse, root = 1.0 / T, safe.square_root(s)
    pure = 5.1703 + inverse * (2136.77 - 177788.0 * inverse)
    salt = -0.4457 * root / (1.0 + 1.11 * root) + 0.0674 * s / jnp.log(T) - 0.0008238 * root * T
    return -LN10 * (pure + salt)


PURE_WATER = ((-126.34048, 6320.813, 19.568224), (-90.18333, 5143.692, 14.613358))
"""pK of Harned & Davis (1943) and Harned & Scholes (1941), refitted by Millero (1979): constant, 1/T, ln T."""

MIAMI = ((0.5, 1, 2), (0.5, 1), (0.5,))  # powers of salinity in the three terms


def _miami(pure: tuple[float, float, float], *salt: tuple[float, ...]) -> Curve:
    """Make the curve of F. J. Millero's group: that of pure water and three series in salinity."""
    constant, inverse, logarithm = (
        {0.0: p, **dict(zip(powers, a, strict=True))} for p, powers, a in zip(pure, MIAMI, salt, strict=True)
    )
    return three_terms(constant, inverse, logarithm)


Salt = tuple[tuple[float, float, float], tuple[float, float], tuple[float]]


def _millero(name: str, source: str, k1: Salt, k2: Salt, valid: tuple[float, float, float], scale: Scale) -> Carbonic:
    """Make a set of that group, valid from 0 degC and a least salinity to a greatest of both."""
    curves = _miami(PURE_WATER[0], *k1), _miami(PURE_WATER[1], *k2)
    least, greatest, hottest = valid
    return carbonic(name, source, curves, (0.0, hottest), (least, greatest), scale)


_M10 = "Millero (2010), Mar. Freshw. Res. 61, 139, Tables 2 and 3"
_W14 = "Waters & Millero (2013), Mar. Chem. 149, 8, corrected by Waters et al. (2014), Mar. Chem. 165, 66"

# Scales of one publication against exact conversion (Dickson's KS, Perez & Fraga's KF), t = 0-45 degC, S = 1-50:
# Waters' total and seawater fits agree to 0.0034 in pK; Millero's do for K2 (0.005), not for K1, whose total fit
# is low by 0.009 at 25 degC and S = 35 and 0.013 at most: a cause of the 8 uatm between packages that Orr et al.
# (2015) found. The free fits are off by up to 0.03 (Waters) and 0.19 (Millero): prefer one of the other two.
_WATERS_TOTAL = _millero(
    "waters_2014_total",
    f"{_W14}, total scale",
    ((13.568513, 0.031645, -5.3834e-5), (-539.2304, -5.635), (-2.0901396,)),
    ((21.389248, 0.12452358, -3.7447e-4), (-787.3736, -19.84233), (-3.3773006,)),
    (0.0, 45.0, 45.0),
    "total",
)

_MARTIN_MAYOR = "Martin-Mayor et al. (2025), Geochim. Cosmochim. Acta, doi 10.1016/j.gca.2025.06.001"

ESTUARINE: dict[str, Carbonic] = {
    # Pure water: all pH scales are one, so it is said to be on the one most used, which then is never converted.
    "millero_1979": carbonic(
        "millero_1979",
        "Millero (1979), Geochim. Cosmochim. Acta 43, 1651, from Harned & Davis (1943) and Harned & Scholes (1941)",
        (
            three_terms({0: 290.9097}, {0: -14554.21}, {0: -45.0575}, "lnK"),
            three_terms({0: 207.6548}, {0: -11843.79}, {0: -33.6485}, "lnK"),
        ),
        (0.0, 50.0),
        (0.0, 0.0),
    ),
    "plummer_busenberg_1982": carbonic(
        "plummer_busenberg_1982",
        "Plummer & Busenberg (1982), Geochim. Cosmochim. Acta 46, 1011, pure water, as in geochemical models",
        (
            _plummer_busenberg(-356.3094, -0.06091964, 21834.37, 126.8339, -1684915.0),
            _plummer_busenberg(-107.8871, -0.03252849, 5151.79, 38.92561, -563713.9),
        ),
        (0.0, 90.0),
        (0.0, 0.0),
    ),
    "cai_wang_1998": carbonic(
        "cai_wang_1998",
        "Cai & Wang (1998), Limnol. Oceanogr. 43, 657",
        (ln_k1_cai1998, ln_k2_cai1998),
        (0.2, 30.0),
        (0.0, 40.0),
        "nbs",
    ),
    "millero_2006": _millero(
        "millero_2006",
        "Millero et al. (2006), Mar. Chem. 100, 80",
        ((13.4191, 0.0331, -5.33e-5), (-530.123, -6.103), (-2.06950,)),
        ((21.0894, 0.1248, -3.687e-4), (-772.483, -20.051), (-3.3336,)),
        (0.0, 50.0, 50.0),
        "seawater",
    ),
    "millero_2010": _millero(
        "millero_2010",
        f"{_M10}, seawater scale",
        ((13.4038, 0.03206, -5.242e-5), (-530.659, -5.8210), (-2.0664,)),
        ((21.3728, 0.1218, -3.688e-4), (-788.289, -19.189), (-3.374,)),
        (1.0, 50.0, 50.0),
        "seawater",
    ),
    "millero_2010_total": _millero(
        "millero_2010_total",
        f"{_M10}, total scale; inconsistent with its seawater scale by up to 0.013 in pK1",
        ((13.4051, 0.03185, -5.218e-5), (-531.095, -5.7789), (-2.0663,)),
        ((21.5724, 0.1212, -3.714e-4), (-798.292, -18.951), (-3.403,)),
        (1.0, 50.0, 50.0),
        "total",
    ),
    "millero_2010_free": _millero(
        "millero_2010_free",
        f"{_M10}, free scale; unverified (one secondary source), inconsistent with its seawater scale",
        ((5.09247, 0.05574, -9.279e-5), (-189.879, -11.3108), (-0.8080,)),
        ((11.0637, 0.1379, -3.688e-4), (-366.178, -23.288), (-1.810,)),
        (1.0, 50.0, 50.0),
        "free",
    ),
    "waters_2014": _millero(
        "waters_2014",
        f"{_W14}, seawater scale",
        ((13.409160, 0.031646, -5.1895e-5), (-531.3642, -5.713), (-2.0669166,)),
        ((21.225890, 0.12450870, -3.7243e-4), (-779.3444, -19.91739), (-3.3534679,)),
        (0.0, 45.0, 45.0),
        "seawater",
    ),
    "waters_2014_total": _WATERS_TOTAL,
    "waters_2014_free": _millero(
        "waters_2014_free",
        f"{_W14}, free scale",
        ((5.592953, 0.028845, -6.388e-5), (-225.7489, -4.761), (-0.8715109,)),
        ((13.396949, 0.12193009, -3.8362e-4), (-472.8633, -19.03634), (-2.1563270,)),
        (0.0, 45.0, 45.0),
        "free",
    ),
    "martin_mayor_2025": Carbonic(  # K2 was derived from measured K1 K2 with this K1
        _WATERS_TOTAL.k1,
        Fit("martin_mayor_2025", _MARTIN_MAYOR, ln_k2_martin_mayor2025, (2.0, 35.0), (0.0, 41.0), "total"),
    ),
}
"""Sets that reach fresh water, by name."""
