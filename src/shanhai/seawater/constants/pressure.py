r"""Effect of pressure on equilibrium constants: the volume and compressibility changes of the reactions.

$$\ln\frac{K_P}{K_0} = \frac{(-\Delta V + \tfrac12\Delta\kappa\,P)\,P}{R\,T}, \qquad
  \Delta V = a_0 + a_1 t + a_2 t^2, \qquad 10^3\,\Delta\kappa = b_0 + b_1 t + b_2 t^2$$

Source: Millero (1995), Geochim. Cosmochim. Acta 59, 661, Table 9, eqs. 90-92, with its errata: the factor 1e-3 of Δκ
is missing there; a1 of boric acid is +0.1622; the a's of water and H2S are those of fresh water (the sea-water ones are
in Millero 1983, as is the sign of b0 = -2.89 of H2S); calcite has a1 = 0.5304 and b1 = 0.3692, both positive.
The factors of acids hold on the seawater scale (or the free scale for bisulfate and fluoride) near S = 35; the
salinity dependence, known for K1, K2 and K_B only, is left out as it is in all published products.
"""

from types import MappingProxyType
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import GAS_CONSTANT
from shanhai.seawater.constants.medium import thermal

PASCAL_PER_BAR = 1e5


class VolumeChange(NamedTuple):
    """Polynomials in temperature [degC] of ΔV [cm3 mol-1] and of 1e3 Δκ [cm3 mol-1 bar-1], lowest power first."""

    volume: tuple[float, ...]
    compressibility: tuple[float, ...] = ()


def ln_pressure_factor(change: VolumeChange, temperature: ArrayLike, pressure: ArrayLike) -> Array:
    r"""Logarithm of the factor by which pressure changes an equilibrium constant.

    $$\ln\frac{K_P}{K_0} = \frac{(-\Delta V + \tfrac12\Delta\kappa\,P)\,P}{R\,T}$$

    Source: Millero (1995), eqs. 90-92.

    Args:
        change: the reaction's polynomials.
        temperature: temperature [degC], any shape.
        pressure: sea pressure [Pa], broadcastable.

    Returns:
        ln of the factor [1].

    Valid: 0 to 1e8 Pa, S near 35.

    >>> round(float(jnp.exp(ln_pressure_factor(MILLERO_1995["k1"], 25.0, 3e7))), 4)
    1.308
    """
    t, bar = jnp.asarray(temperature), jnp.asarray(pressure) * (1.0 / PASCAL_PER_BAR)
    reduced = bar * (1.0 / (10.0 * GAS_CONSTANT)) * thermal(t)[1]  # P/(R T) [mol cm-3]
    squeeze = _polynomial(change.compressibility, t) * (0.0005 * bar)
    return (squeeze - _polynomial(change.volume, t)) * reduced


def _polynomial(coefficients: tuple[float, ...], t: Array) -> Array | float:
    value: Array | float = 0.0
    for place, coefficient in enumerate(reversed(coefficients)):
        value = coefficient + t * value if place else coefficient
    return value


_CALCITE = VolumeChange((-48.76, 0.5304), (-11.76, 0.3692))
_BORATE = VolumeChange((-29.48, 0.1622, -0.002608), (-2.84,))

MILLERO_1995 = MappingProxyType(
    {
        "k1": VolumeChange((-25.5, 0.1271), (-3.08, 0.0877)),
        "k2": VolumeChange((-15.82, -0.0219), (1.13, -0.1475)),
        "kb": _BORATE,
        "kw": VolumeChange((-20.02, 0.1119, -0.001409), (-5.13, 0.0794)),
        "ks": VolumeChange((-18.03, 0.0466, 0.000316), (-4.53, 0.09)),
        "kf": VolumeChange((-9.78, -0.009, -0.000942), (-3.91, 0.054)),
        "kp1": VolumeChange((-14.51, 0.1211, -0.000321), (-2.67, 0.0427)),
        "kp2": VolumeChange((-23.12, 0.1758, -0.002647), (-5.15, 0.09)),
        "kp3": VolumeChange((-26.57, 0.202, -0.003042), (-4.08, 0.0714)),
        "ksi": _BORATE,  # not measured; Millero (1995) takes that of boric acid
        "knh3": VolumeChange((-26.43, 0.0889, -0.000905), (-5.03, 0.0814)),
        "kh2s": VolumeChange((-11.07, -0.009, -0.000942), (-2.89, 0.054)),
        # nitrous acid: not known, no correction
        "ksp_calcite": _CALCITE,  # Ingle (1975)
        "ksp_aragonite": VolumeChange((-45.96, 0.5304), (-11.76, 0.3692)),  # that of calcite + 2.8: Millero (1979)
    }
)
"""Sea water."""

GEOSECS_1982 = MappingProxyType(
    {
        **MILLERO_1995,
        "k1": VolumeChange((-24.2, 0.085)),
        "k2": VolumeChange((-16.4, 0.04)),
        "kb": VolumeChange((-27.5, 0.095)),
        "ksp_calcite": VolumeChange((-36.0, 0.2)),
        "ksp_aragonite": VolumeChange((-33.3, 0.22)),
    }
)
"""GEOSECS: Takahashi et al. (1982), K1, K2, K_B after Edmond & Gieskes (1970), Geochim. Cosmochim. Acta 34, 1261.

Erratum: the report prints 26.4 for K2; 16.4 is in Edmond & Gieskes and reproduces the GEOSECS results.
"""

PURE_WATER_1983 = MappingProxyType(
    {
        **MILLERO_1995,
        "k1": VolumeChange((-30.54, 0.1849, -0.0023366), (-6.22, 0.1368, -0.001233)),
        "k2": VolumeChange((-29.81, 0.115, -0.001816), (-5.74, 0.093, -0.001896)),
        "kw": VolumeChange((-25.6, 0.2324, -0.0036246), (-7.33, 0.1368, -0.001233)),
    }
)
"""Fresh water: Millero (1983), in Chemical Oceanography 8, chapter 43."""

PRESSURE = {
    "millero_1995": MILLERO_1995,
    "geosecs_1982": GEOSECS_1982,
    "pure_water_1983": PURE_WATER_1983,
}

CO2_VOLUME = VolumeChange((32.3,))
"""Partial molal volume of dissolved CO2: Weiss (1974), Mar. Chem. 2, 203, eq. 5; only on demand."""
