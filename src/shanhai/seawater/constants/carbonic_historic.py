"""Carbonic acid before 2000: artificial sea water, and Mehrbach's data on the NBS scale with their refits."""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import ZERO_CELSIUS
from shanhai.numerics import safe
from shanhai.seawater.constants.carbonic_forms import LN10, Carbonic, carbonic, three_terms


def ln_k1_mehrbach1973(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""First constant of carbonic acid on the NBS scale.

    $$pK_1 = -13.7201 + 0.031334\,T + \frac{3235.76}{T} + 1.3\times10^{-5}\,S\,T - 0.1032\,S^{1/2}$$

    Source: Mehrbach et al. (1973), Limnol. Oceanogr. 18, 897.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        ln K1, K1 in mol kg-1 of sea water, NBS.

    Valid: 2 <= t <= 35 degC, 19 <= S <= 43.

    The abstract gives pK1 = 6.000 as measured at 25 degC and S = 35.

    >>> round(-float(ln_k1_mehrbach1973(25.0, 35.0)) / LN10, 3)
    6.0
    """
    t, s = jnp.asarray(temperature), jnp.asarray(salinity)
    T = t + ZERO_CELSIUS
    pk = -13.7201 + 0.031334 * T + 3235.76 * (1.0 / T) + 1.3e-5 * s * T - 0.1032 * safe.square_root(s)
    return -LN10 * pk


SMALLEST_SALINITY = 1e-16  # where Mehrbach's log S stops; the set is not meant for anything near it


def ln_k2_mehrbach1973(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Second constant of carbonic acid on the NBS scale.

    $$pK_2 = 5371.9645 + 1.671221\,T + 0.22913\,S + 18.3802\log_{10}S - \frac{128375.28}{T}
      - 2194.3055\log_{10}T - 8.0944\times10^{-4}\,S\,T - 5617.11\frac{\log_{10}S}{T} + 2.136\frac{S}{T}$$

    Source: Mehrbach et al. (1973), Limnol. Oceanogr. 18, 897.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable; held at 1e-16 below that.

    Returns:
        ln K2, K2 in mol kg-1 of sea water, NBS.

    Valid: 2 <= t <= 35 degC, 19 <= S <= 43.

    The constant term is 5371.9645 in all codes but one, which has 5371.9654. The abstract gives pK2 = 9.115 and
    9.431 as measured at 25 and 2 degC, S = 35; the equation yields 0.0009 less.

    >>> round(-float(ln_k2_mehrbach1973(25.0, 35.0)) / LN10, 4)
    9.1141
    """
    t, s = jnp.asarray(temperature), jnp.maximum(jnp.asarray(salinity), SMALLEST_SALINITY)
    T = t + ZERO_CELSIUS
    log_s, log_t = jnp.log(s) / LN10, jnp.log(T) / LN10
    pure = 5371.9645 + 1.671221 * T - 2194.3055 * log_t + 0.22913 * s + 18.3802 * log_s
    pk = pure - 8.0944e-4 * s * T + (-128375.28 - 5617.11 * log_s + 2.136 * s) * (1.0 / T)
    return -LN10 * pk


def _mehrbach1973(name: str, activity: str) -> Carbonic:
    source = f"Mehrbach et al. (1973), Limnol. Oceanogr. 18, 897; {activity}"
    return carbonic(name, source, (ln_k1_mehrbach1973, ln_k2_mehrbach1973), (2.0, 35.0), (19.0, 43.0), "nbs")


_DICKSON_MILLERO = "Dickson & Millero (1987), Deep-Sea Res. 34, 1733, corrigendum 36, 983 (1989)"

HISTORIC: dict[str, Carbonic] = {
    "mehrbach_1973": _mehrbach1973("mehrbach_1973", "in GEOSECS with the fH of Takahashi et al. (1982)"),
    "mehrbach_1973_peng_1987": _mehrbach1973("mehrbach_1973_peng_1987", "with the fH of Peng et al. (1987)"),
    "hansson_dickson_1987": carbonic(  # erratum: Table 4 prints 0.000116 S2 for pK2 where 0.000132 is meant
        "hansson_dickson_1987",
        f"Hansson (1973) refitted by {_DICKSON_MILLERO}, Table 4",
        (
            three_terms({0: 3.237, 1: -0.0106, 2: 0.000105}, {0: 851.4}, {}),
            three_terms({0: 125.844, 1: -0.0192, 2: 0.000132}, {0: -3885.4}, {0: -18.141}),
        ),
        (2.0, 35.0),
        (20.0, 40.0),
        "seawater",
    ),
    "mehrbach_dickson_1987": carbonic(
        "mehrbach_dickson_1987",
        f"Mehrbach et al. (1973) refitted by {_DICKSON_MILLERO}, Table 4",
        (
            three_terms({0: -62.008, 1: -0.0118, 2: 0.000116}, {0: 3670.7}, {0: 9.7944}),
            three_terms({0: 4.777, 1: -0.0184, 2: 0.000118}, {0: 1394.7}, {}),
        ),
        (2.0, 35.0),
        (20.0, 40.0),
        "seawater",
    ),
    "hansson_mehrbach_dickson_1987": carbonic(  # erratum: Table 5 heads the equation of pK2 with pK1
        "hansson_mehrbach_dickson_1987",
        f"Hansson (1973) and Mehrbach et al. (1973) refitted by {_DICKSON_MILLERO}, Table 5",
        (
            three_terms({0: 3.248, 1: -0.0098, 2: 0.000087}, {0: 845.0}, {}),
            three_terms({0: 4.824, 1: -0.0185, 2: 0.000122}, {0: 1377.3}, {}),
        ),
        (2.0, 35.0),
        (20.0, 40.0),
        "seawater",
    ),
    "goyet_poisson_1989": carbonic(
        "goyet_poisson_1989",
        "Goyet & Poisson (1989), Deep-Sea Res. 36, 1635, Table 5, artificial sea water",
        (
            three_terms({0: 3.356, 2: 0.000091}, {0: 812.27}, {1: -0.00171}),
            three_terms({0: 4.604, 2: 0.000182}, {0: 1450.87}, {1: -0.00385}),
        ),
        (-1.0, 40.0),
        (10.0, 50.0),
        "seawater",
    ),
    "roy_1993": carbonic(  # erratum: the abstract prints the last term of ln K1 with S where S^1.5 is meant
        "roy_1993",
        "Roy et al. (1993), Mar. Chem. 44, 249, eqs. 29-30, errata 45, 337 (1994) and 52, 183 (1996), artificial",
        (
            three_terms(
                {0: 2.83655, 0.5: -0.20760841, 1: 0.08468345, 1.5: -0.00654208},
                {0: -2307.1266, 0.5: -4.0484},
                {0: -1.5529413},
                "lnK",
                molal=True,
            ),
            three_terms(
                {0: -9.226508, 0.5: -0.106901773, 1: 0.1130822, 1.5: -0.00846934},
                {0: -3351.6106, 0.5: -23.9722},
                {0: -0.2005743},
                "lnK",
                molal=True,
            ),
        ),
        (0.0, 45.0),
        (5.0, 45.0),
    ),
    # The 1.5th power of ln K1 circulates with 0.603627 ln T (used here, three independent codes) and 0.60367
    # (two): the joint with roy_1993 at S = 5 is within 0.010 in ln K1 with the first and 0.007 with the second.
    "roy_1993_dilute": carbonic(
        "roy_1993_dilute",
        "Roy et al. (1993) below salinity 5, after Millero (1995), Geochim. Cosmochim. Acta 59, 661",
        (
            three_terms(
                {0: 290.9097, 0.5: -228.39774, 1: 54.20871, 1.5: -3.969101, 2: -0.00258768},
                {0: -14554.21, 0.5: 9714.36839, 1: -2310.48919, 1.5: 170.22169},
                {0: -45.0575, 0.5: 34.485796, 1: -8.19515, 1.5: 0.603627},
                "lnK",
                molal=True,
            ),
            three_terms(
                {0: 207.6548, 0.5: -167.69908, 1: 39.75854, 1.5: -2.892532, 2: -0.00613142},
                {0: -11843.79, 0.5: 6551.35253, 1: -1566.13883, 1.5: 116.270079},
                {0: -33.6485, 0.5: 25.928788, 1: -6.171951, 1.5: 0.45788501},
                "lnK",
                molal=True,
            ),
        ),
        (0.0, 45.0),
        (0.0, 5.0),
    ),
    "millero_1995": carbonic(  # range: that of the two data sets
        "millero_1995",
        "Goyet & Poisson (1989) and Roy et al. (1993) refitted by Millero (1995), Geochim. Cosmochim. Acta 59, 661, "
        "eqs. 50-51",
        (
            three_terms(
                {0: 2.18867, 0.5: -0.138681, 1: 0.0726483, 1.5: -0.00574938},
                {0: -2275.0360, 0.5: -9.33291},
                {0: -1.468591},
                "lnK",
            ),
            three_terms(
                {0: -0.84226, 0.5: -0.128417, 1: 0.1195308, 1.5: -0.00912840},
                {0: -3741.1288, 0.5: -24.41239},
                {0: -1.437139},
                "lnK",
            ),
        ),
        (0.0, 45.0),
        (5.0, 45.0),
        "seawater",
    ),
}
"""Sets of the years 1973 to 1995, by name."""
