r"""pH scales: factors between them, and constants carried from the scale of their fit to the total one.

With $a = 1 + S_T/K_S$ and $b = a + F_T/K_F$, constants on the free scale, the concentrations are

$$[H]_T = a\,[H]_F, \qquad [H]_{SWS} = b\,[H]_F, \qquad a_{H,NBS} = f_H\,[H]_{SWS}$$

and a dissociation constant, holding one $[H]$, changes scale by the same factor.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.seawater.constants.composition import Totals
from shanhai.seawater.constants.medium import fixed, thermal


class ScaleFactors(NamedTuple):
    """What a total-scale hydrogen ion concentration is multiplied by to be on another scale [1].

    So pH_free = pH_total - log10(free), and likewise for the seawater and the NBS scale.
    """

    free: Array
    seawater: Array
    nbs: Array


class FreeTo(NamedTuple):
    """What a free-scale hydrogen ion concentration is multiplied by [1]: a and b above."""

    total: Array
    seawater: Array


def free_to(amounts: Totals, ks: Array, kf: Array) -> FreeTo:
    r"""Factors from the free scale to the total and the seawater one.

    $$a = 1 + \frac{S_T}{K_S}, \qquad b = a + \frac{F_T}{K_F}$$

    Source: Dickson et al. (2007), chapter 2.

    Args:
        amounts: total sulfate and fluoride [mol kg-1].
        ks: dissociation constant of bisulfate, free scale [mol kg-1].
        kf: dissociation constant of hydrogen fluoride, free scale [mol kg-1].

    Returns:
        a and b.

    >>> [round(float(x), 3) for x in free_to(Totals(0.0, 0.03, 7e-5, 0.0), 0.1, 0.002)]
    [1.3, 1.335]
    """
    total = 1.0 + amounts.sulfate / ks
    return FreeTo(total, total + amounts.fluoride / kf)


def hydrogen_activity_takahashi1982(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Apparent activity coefficient of the hydrogen ion, between the NBS and the seawater scale.

    $$f_H = 1.2948 - 0.002036\,T + (4.607\times10^{-4} - 1.475\times10^{-6}\,T)\,S^2$$

    Source: Takahashi et al. (1982), GEOSECS Pacific Expedition 3, p. 80. It includes the liquid junction of an
    electrode and differs between electrodes: pH on the NBS scale is no better than 0.01.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        f_H [1].

    Valid: 20 <= S <= 40 (range unverified).

    >>> round(float(hydrogen_activity_takahashi1982(25.0, 35.0)), 4)
    0.7134
    """
    T, _, _ = thermal(temperature)
    s = jnp.asarray(salinity)
    return 1.2948 - 0.002036 * T + (0.0004607 - 0.000001475 * T) * s * s


def hydrogen_activity_peng1987(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Apparent activity coefficient of the hydrogen ion, coefficients rounded.

    $$f_H = 1.29 - 0.00204\,T + (4.6\times10^{-4} - 1.48\times10^{-6}\,T)\,S^2$$

    Source: Peng et al. (1987), Tellus 39B, 439, who round those of Takahashi et al. (1982), about 0.008 lower; the
    check value they print is not reproduced.

    Args:
        temperature: temperature [degC], any shape.
        salinity: practical salinity [1], broadcastable.

    Returns:
        f_H [1].

    Valid: 20 <= S <= 40 (range unverified).

    >>> round(float(hydrogen_activity_peng1987(25.0, 35.0)), 4)
    0.7047
    """
    T, _, _ = thermal(temperature)
    s = jnp.asarray(salinity)
    return 1.29 - 0.00204 * T + (0.00046 - 0.00000148 * T) * s * s


def hydrogen_activity_one(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    """Activity equals concentration: pure water, where all scales are one."""
    return fixed(1.0, temperature)


HYDROGEN_ACTIVITY: dict[str, Callable[[ArrayLike, ArrayLike], Array]] = {
    "takahashi_1982": hydrogen_activity_takahashi1982,
    "peng_1987": hydrogen_activity_peng1987,
    "one": hydrogen_activity_one,
}
