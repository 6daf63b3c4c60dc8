r"""Carbon isotopes between gaseous CO2 and the species of dissolved inorganic carbon.

A fractionation factor is the ratio of isotope ratios at equilibrium, $\alpha_{a-b} = R_a/R_b$, here always with
gaseous CO2 as b; the literature's per-mil value is $\varepsilon = 1000(\alpha - 1)$. Isotopic composition is
$\delta = 1000(R/R_{VPDB} - 1)$ in per mil.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import ZERO_CELSIUS
from shanhai.core.errors import InputError, nearest
from shanhai.numerics import safe

VPDB_RATIO = 0.011180  # 13C/12C, IUPAC (Coplen et al. 2002, Pure Appl. Chem. 74, 1987); the older 0.0112372 is Craig's


class CarbonFractionation(NamedTuple):
    """Equilibrium 13C fractionation factors relative to gaseous CO2 [1]."""

    dissolved_co2: Array
    bicarbonate: Array
    carbonate: Array


class CarbonDeltas(NamedTuple):
    """δ13C of the species of dissolved carbon and of CO2 gas in equilibrium with them [per mil VPDB]."""

    dissolved_co2: Array
    bicarbonate: Array
    carbonate: Array
    gas: Array


class ExchangeFractionation(NamedTuple):
    """Fractionation of the one-way fluxes of CO2 through the sea surface [1]."""

    invasion: Array
    evasion: Array


def fractionation_zhang1995(temperature: ArrayLike) -> CarbonFractionation:
    r"""Equilibrium fractionation of carbon species against CO2 gas, measured in acid, bicarbonate and sea water.

    $$\varepsilon_{dg} = 0.0049\,t - 1.31, \quad \varepsilon_{bg} = -0.1141\,t + 10.78, \quad
      \varepsilon_{cg} = -0.052\,t + 7.22$$

    for dissolved CO2 (d), bicarbonate (b) and carbonate (c), in per mil.

    Source: Zhang, Quay & Wilbur (1995), Geochim. Cosmochim. Acta 59, 107; through Orr et al. (2017) and the models
    that use them. Errata: some model papers print the slope of ε_dg as -0.0049; the positive sign agrees with Vogel
    et al. (1970), 0.0041 t - 1.18.

    Args:
        temperature: water temperature t [degC], any shape.

    Returns:
        `CarbonFractionation`, relative to gaseous CO2 [1].

    Valid: 5 <= t <= 25 degC; carbonate is known to 0.4 per mil, bicarbonate to 0.04.

    >>> [round(1000 * (float(a) - 1), 3) for a in fractionation_zhang1995(25.0)]
    [-1.188, 7.928, 5.92]
    """
    t = jnp.asarray(temperature)
    return CarbonFractionation(
        1.0 + 1e-3 * (0.0049 * t - 1.31), 1.0 + 1e-3 * (10.78 - 0.1141 * t), 1.0 + 1e-3 * (7.22 - 0.052 * t)
    )


def fractionation_mook1974(temperature: ArrayLike) -> CarbonFractionation:
    r"""Equilibrium fractionation of carbon species against CO2 gas after Mook and co-workers.

    $$\varepsilon_{gb} = -\frac{9483}{T} + 23.89, \quad \varepsilon_{db} = -\frac{9866}{T} + 24.12, \quad
      \varepsilon_{cb} = -\frac{867}{T} + 2.52$$

    in per mil relative to bicarbonate (b) for gas (g), dissolved CO2 (d) and carbonate (c), here turned to gas.

    Source: Mook, Bommerson & Staverman (1974), Earth Planet. Sci. Lett. 22, 169, abstract, with ε_db from Vogel et al.
    (1970); ε_cb from Mook (1986), Neth. J. Sea Res. 20, 211, after Thode et al. (1965), unverified in print. The
    carbonate value is 1.5 per mil above that of `fractionation_zhang1995`.

    Args:
        temperature: water temperature [degC], any shape.

    Returns:
        `CarbonFractionation`, relative to gaseous CO2 [1].

    Valid: 5 <= t <= 25 degC, with less certainty to 125 degC.

    >>> [round(1000 * (float(a) - 1), 2) for a in fractionation_mook1974(25.0)]
    [-1.06, 7.98, 7.59]
    """
    inverse = 1.0 / (jnp.asarray(temperature) + ZERO_CELSIUS)
    bicarbonate = 1.0 / (1.0 + 1e-3 * (23.89 - 9483.0 * inverse))
    dissolved = (1.0 + 1e-3 * (24.12 - 9866.0 * inverse)) * bicarbonate
    return CarbonFractionation(dissolved, bicarbonate, (1.0 + 1e-3 * (2.52 - 867.0 * inverse)) * bicarbonate)


FRACTIONATIONS: dict[str, Callable[[ArrayLike], CarbonFractionation]] = {
    "zhang_1995": fractionation_zhang1995,
    "mook_1974": fractionation_mook1974,
}
"""Name -> equilibrium fractionation as a function of temperature."""


def kinetic_fractionation_zhang1995(temperature: ArrayLike) -> Array:
    r"""Kinetic fractionation of CO2 that crosses the water surface, in either direction.

    $$\varepsilon_k = -0.81\ (21\,^\circ\mathrm{C}), \quad -0.95\ (5\,^\circ\mathrm{C})$$

    and the straight line through the two. Models take the mean, α_k = 0.99912, which is this one's at 13 degC.

    Source: Zhang, Quay & Wilbur (1995); each value is known to 0.2 per mil, so the slope is not significant.

    Args:
        temperature: water temperature [degC], any shape.

    Returns:
        kinetic fractionation factor α_k [1].

    Valid: 5 <= t <= 21 degC.

    >>> round(float(kinetic_fractionation_zhang1995(13.0)), 5)
    0.99912
    """
    return 1.0 + 1e-3 * (-0.95 + 0.14 / 16.0 * (jnp.asarray(temperature) - 5.0))


def dic_fractionation_zhang1995(temperature: ArrayLike, carbonate_fraction: ArrayLike) -> Array:
    r"""Equilibrium fractionation of dissolved inorganic carbon as a whole against CO2 gas, fitted in sea water.

    $$\varepsilon_{DIC-g} = 0.0144\,t\,f_{CO_3} - 0.107\,t + 10.53$$

    Source: Zhang, Quay & Wilbur (1995), as Orr et al. (2017), Geosci. Model Dev. 10, 2169, give it; other models round
    to 0.014 and 0.105, which makes 0.05 per mil at 25 degC. `dic_fractionation` sums the species instead.

    Args:
        temperature: water temperature t [degC], any shape.
        carbonate_fraction: part of the inorganic carbon that is carbonate [1], broadcastable.

    Returns:
        fractionation factor α of dissolved inorganic carbon relative to gaseous CO2 [1].

    Valid: 5 <= t <= 25 degC, 0.05 <= f <= 0.20.

    >>> round(1000 * (float(dic_fractionation_zhang1995(20.0, 0.12)) - 1), 3)
    8.425
    """
    t = jnp.asarray(temperature)
    return 1.0 + 1e-3 * (0.0144 * t * carbonate_fraction - 0.107 * t + 10.53)


def dic_fractionation(
    temperature: ArrayLike,
    dissolved_co2: ArrayLike,
    bicarbonate: ArrayLike,
    carbonate: ArrayLike,
    fractionation: str = "zhang_1995",
) -> Array:
    r"""Equilibrium fractionation of dissolved inorganic carbon against CO2 gas, summed over its species.

    $$\alpha_{DIC-g} = \frac{\sum_i C_i\,\alpha_i}{\sum_i C_i}$$

    Args:
        temperature: water temperature [degC], any shape.
        dissolved_co2: content of CO2(aq) [mol kg-1], broadcastable.
        bicarbonate: content of HCO3- [mol kg-1].
        carbonate: content of CO3-- [mol kg-1].
        fractionation: one of `FRACTIONATIONS`.

    Returns:
        fractionation factor [1]; NaN where there is no carbon.

    Raises:
        InputError: the fractionation is not known.

    >>> round(1000 * (float(dic_fractionation(20.0, 11e-6, 1780e-6, 209e-6)) - 1), 2)
    8.2
    """
    alphas = _fractionation(fractionation)(temperature)
    shares = _shares(dissolved_co2, bicarbonate, carbonate)
    return sum((share * alpha for share, alpha in zip(shares, alphas, strict=True)), jnp.asarray(0.0))


def radiocarbon_fractionation(fractionation_13c: ArrayLike) -> Array:
    r"""Fractionation of 14C, the square of that of 13C for twice the difference in mass.

    $$\alpha_{14} = \alpha_{13}^2$$

    Source: Craig (1954), J. Geol. 62, 115; the convention of Stuiver & Polach (1977), Radiocarbon 19, 355.

    Args:
        fractionation_13c: fractionation factor of 13C [1], any shape.

    Returns:
        fractionation factor of 14C [1].

    >>> round(float(radiocarbon_fractionation(0.99912)), 6)
    0.998241
    """
    return jnp.asarray(fractionation_13c) ** 2


def exchange_fractionation(temperature: ArrayLike, dic_fractionation: ArrayLike) -> ExchangeFractionation:
    r"""Fractionation of CO2 on its way into the water and out of it.

    $$\alpha_{in} = \alpha_k\,\alpha_{dg}, \qquad \alpha_{out} = \frac{\alpha_k\,\alpha_{dg}}{\alpha_{DIC-g}}$$

    so that the flux of 13C is $k K_0 (\alpha_{in} R_{air}\,p_{air} - \alpha_{out} R_{DIC}\,p_{sea})$ and stops where
    R_DIC = α_DIC-g R_air with equal pressures.

    Source: Zhang, Quay & Wilbur (1995); Orr et al. (2017).

    Args:
        temperature: water temperature [degC], any shape.
        dic_fractionation: α of dissolved inorganic carbon against gas [1], from either function above.

    Returns:
        `ExchangeFractionation`: of invasion relative to the air, of evasion relative to dissolved inorganic carbon.

    Valid: 5 <= t <= 21 degC.

    >>> [round(1000 * (float(a) - 1), 2) for a in exchange_fractionation(15.0, 1.009)]
    [-2.1, -11.0]
    """
    into = kinetic_fractionation_zhang1995(temperature) * fractionation_zhang1995(temperature).dissolved_co2
    return ExchangeFractionation(into, into / jnp.asarray(dic_fractionation))


def delta_of_species(
    delta_dic: ArrayLike,
    temperature: ArrayLike,
    dissolved_co2: ArrayLike,
    bicarbonate: ArrayLike,
    carbonate: ArrayLike,
    fractionation: str = "zhang_1995",
) -> CarbonDeltas:
    r"""δ13C of each species of dissolved inorganic carbon from that of the whole, with exact balance of 13C.

    $$\sum_i C_i\,\frac{\alpha_i R_g}{1 + \alpha_i R_g} = C_{DIC}\,\frac{R_{DIC}}{1 + R_{DIC}}, \qquad
      R_i = \alpha_i R_g$$

    The contents count both isotopes, so the part of 13C in each is R/(1 + R). The ratio of the gas starts from the
    balance without the denominators, 1e-6 away, and one Newton step makes it exact to round-off.

    Args:
        delta_dic: δ13C of dissolved inorganic carbon [per mil VPDB], any shape.
        temperature: water temperature [degC], broadcastable.
        dissolved_co2: content of CO2(aq) [mol kg-1], broadcastable.
        bicarbonate: content of HCO3- [mol kg-1].
        carbonate: content of CO3-- [mol kg-1].
        fractionation: one of `FRACTIONATIONS`.

    Returns:
        `CarbonDeltas` [per mil VPDB]; NaN where there is no carbon.

    Raises:
        InputError: the fractionation is not known.

    Valid: as the fractionation.

    >>> [round(float(d), 2) for d in delta_of_species(1.5, 20.0, 11e-6, 1780e-6, 209e-6)]
    [-7.85, 1.79, -0.51, -6.65]
    """
    alphas = _fractionation(fractionation)(temperature)
    shares = _shares(dissolved_co2, bicarbonate, carbonate)
    whole = VPDB_RATIO * (1.0 + 1e-3 * jnp.asarray(delta_dic))
    pairs = list(zip(shares, alphas, strict=True))
    gas = whole / sum(share * alpha for share, alpha in pairs)
    excess = sum(share * alpha * gas / (1.0 + alpha * gas) for share, alpha in pairs) - whole / (1.0 + whole)
    slope = sum(share * alpha / (1.0 + alpha * gas) ** 2 for share, alpha in pairs)
    gas = gas - excess / slope
    return CarbonDeltas(*(_delta(alpha * gas) for alpha in alphas), gas=_delta(gas))


def _delta(ratio: Array) -> Array:
    return 1000.0 * (ratio / VPDB_RATIO - 1.0)


def _shares(*contents: ArrayLike) -> tuple[Array, ...]:
    total = sum(contents, jnp.asarray(0.0))
    return tuple(safe.ratio(content, total, jnp.nan) for content in contents)


def _fractionation(name: str) -> Callable[[ArrayLike], CarbonFractionation]:
    if name not in FRACTIONATIONS:
        raise InputError(f"there is no fractionation {name!r}", where="fractionation", do=nearest(name, FRACTIONATIONS))
    return FRACTIONATIONS[name]
