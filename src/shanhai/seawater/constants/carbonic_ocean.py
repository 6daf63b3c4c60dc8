"""Carbonic acid in sea water and brine, from 2000 on."""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.seawater.constants.carbonic_estuarine import ESTUARINE
from shanhai.seawater.constants.carbonic_forms import LN10, Carbonic, Curve, carbonic, everywhere, three_terms
from shanhai.seawater.constants.fit import Fit


def _millero2002(a: float, b: float, c: float, d: float) -> Curve:
    """Make the curve pK = a + b S + c t + d t2, t in degC, of Millero et al. (2002)."""

    def ln_k(temperature: ArrayLike, salinity: ArrayLike) -> Array:
        t, s = jnp.asarray(temperature), jnp.asarray(salinity)
        return everywhere(-LN10 * (a + b * s + t * (c + d * t)), t, s)

    return ln_k


OCEAN: dict[str, Carbonic] = {
    "lueker_2000": carbonic(
        "lueker_2000",
        "Mehrbach et al. (1973) refitted by Lueker et al. (2000), Mar. Chem. 70, 105; Dickson et al. (2007)",
        (
            three_terms({0: -61.2172, 1: -0.011555, 2: 0.0001152}, {0: 3633.86}, {0: 9.6777}),
            three_terms({0: 25.929, 1: -0.01781, 2: 0.0001122}, {0: 471.78}, {0: -3.16967}),
        ),
        (2.0, 35.0),
        (19.0, 43.0),
    ),
    "mojica_millero_2002": carbonic(
        "mojica_millero_2002",
        "Mojica Prieto & Millero (2002), Geochim. Cosmochim. Acta 66, 2529",
        (
            three_terms({0: -43.6977, 1: -0.0129037, 2: 1.364e-4}, {0: 2885.378}, {0: 7.045159}),
            three_terms(
                {0: -452.0940, 1: 13.142162, 2: -8.101e-4},
                {0: 21263.61, 1: -581.4428, 2: 0.259601},
                {0: 68.483143, 1: -1.967035},
            ),
        ),
        (0.0, 45.0),
        (5.0, 42.0),
        "seawater",
    ),
    "millero_2002": carbonic(
        "millero_2002",
        "Millero et al. (2002), Deep-Sea Res. I 49, 1705, p. 1715, from field data",
        (
            _millero2002(6.359, -0.00664, -0.01322, 4.989e-5),
            _millero2002(9.867, -0.01314, -0.01904, 2.448e-5),
        ),
        (-1.6, 35.0),
        (34.0, 37.0),
        "seawater",
    ),
    "papadimitriou_2018": carbonic(
        "papadimitriou_2018",
        "Papadimitriou et al. (2018), Geochim. Cosmochim. Acta 220, 55, sea water and its brines",
        (
            three_terms(
                {0: -176.48, 0.5: 6.14528, 1: -0.127714, 2: 7.396e-5},
                {0: 9914.37, 0.5: -622.886, 1: 29.714},
                {0: 26.05129, 0.5: -0.666812},
            ),
            three_terms(
                {0: -323.52692, 0.5: 27.557655, 1: 0.154922, 2: -2.48396e-4},
                {0: 14763.287, 0.5: -1014.819, 1: -14.35223},
                {0: 50.385807, 0.5: -4.4630415},
            ),
        ),
        (-6.0, 25.0),
        (33.0, 100.0),
    ),
    "sulpis_2020": carbonic(
        "sulpis_2020",
        "Sulpis et al. (2020), Ocean Sci. 16, 847, Table 1, from field data, salinity terms of Lueker et al. (2000)",
        (
            three_terms({0: -172.4493, 1: -0.011555, 2: 0.0001152}, {0: 8510.63}, {0: 26.32996}),
            three_terms({0: -59.4636, 1: -0.01781, 2: 0.0001122}, {0: 4226.23}, {0: 9.60817}),
        ),
        (-1.67, 31.8),
        (30.73, 37.57),
    ),
    "schockman_byrne_2021": Carbonic(  # K2 was derived from measured K1 K2 with this K1
        ESTUARINE["waters_2014_total"].k1,
        Fit(
            "schockman_byrne_2021",
            "Schockman & Byrne (2021), Geochim. Cosmochim. Acta 300, 231",
            three_terms({0: 116.8067, 0.5: -0.615, 1: 0.04523, 2: -0.0002799}, {0: -3655.02, 1: 4.969}, {0: -16.45817}),
            (15.0, 35.0),
            (19.6, 41.0),
        ),
    ),
}
"""Sets of sea water, by name."""
