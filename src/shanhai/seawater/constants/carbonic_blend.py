"""One set of carbonic acid from river to lagoon."""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.seawater.constants.carbonic_estuarine import ESTUARINE
from shanhai.seawater.constants.carbonic_forms import Carbonic, Curve, carbonic
from shanhai.seawater.constants.carbonic_ocean import OCEAN
from shanhai.seawater.constants.fit import Fit

RISE, FALL = (20.0, 28.0), (38.0, 43.0)
"""Salinities between which the ocean's set comes in, and goes out again; all within its range of validity."""


def _step(x: Array) -> Array:
    """Rise from 0 to 1 over 0 <= x <= 1 with two continuous derivatives."""
    x = jnp.clip(x, 0.0, 1.0)
    return x * x * x * (10.0 + x * (6.0 * x - 15.0))


def ocean_weight(salinity: ArrayLike) -> Array:
    r"""Weight of the ocean's set in the blend.

    $$w(S) = q\!\left(\frac{S - 20}{8}\right)\left[1 - q\!\left(\frac{S - 38}{5}\right)\right],
      \qquad q(x) = 10x^3 - 15x^4 + 6x^5 \text{ on } 0 \le x \le 1$$

    Args:
        salinity: practical salinity [1], any shape.

    Returns:
        weight [1]: 0 below S = 20, 1 in 28-38, 0 above 43.

    >>> ocean_weight(jnp.array([5.0, 24.0, 35.0, 50.0])).tolist()
    [0.0, 0.5, 1.0, 0.0]
    """
    s = jnp.asarray(salinity)
    return _step((s - RISE[0]) / (RISE[1] - RISE[0])) * (1.0 - _step((s - FALL[0]) / (FALL[1] - FALL[0])))


def _blend(estuary: Fit, ocean: Fit) -> Curve:
    r"""Make the curve ln K = ln K_estuary + w(S) (ln K_ocean - ln K_estuary)."""

    def ln_k(temperature: Array, salinity: Array) -> Array:
        low = estuary.function(temperature, salinity)
        return low + ocean_weight(salinity) * (ocean.function(temperature, salinity) - low)

    return ln_k


_W14, _L00 = ESTUARINE["waters_2014_total"], OCEAN["lueker_2000"]

# Why these two. In ocean water Lueker et al. (2000) is best practice (Dickson et al. 2007; Orr et al. 2015). It is
# a polynomial in S without the limit of pure water, off by 0.2 in pK1 at S = 0. Waters et al. (2014) has that limit
# exactly (Harned's data), rests on sea water of S = 1-50, cured chaotic Baltic pCO2 in an ocean model, and is
# published on the total scale consistently with its other scales, which Millero (2010) is not (0.013 in pK1), so
# nothing is converted. A hard switch between the two is the default of another package; here it is smooth.
# The lower joint lies about S = 25, where the two cross; the upper ends with the range of Lueker et al., past most
# of the Mediterranean. Largest difference between the two for t = 2-35 degC, at
# S = 20: pK1 0.0063, pK2 0.0153 (weight 0); S = 24: 0.0041, 0.0088 (half); S = 28: 0.0043, 0.0062 (weight 1);
# S = 38: 0.0061, 0.0106 (weight 1); S = 40.5: 0.0060, 0.0182 (half); S = 43: 0.0098, 0.0301 (weight 0).
# Above S = 45 the range of Waters et al. as stated is left, not that of their data; there their seawater-scale fit
# and that of Millero (2010), stated to 50, differ by less than 0.009 (t = 0-45 degC).
BLEND: Carbonic = carbonic(
    "blend",
    "Waters et al. (2014) below salinity 20 and above 43, Lueker et al. (2000) in 28-38, mean of ln K between",
    (_blend(_W14.k1, _L00.k1), _blend(_W14.k2, _L00.k2)),
    (2.0, 35.0),
    (0.0, 50.0),
)
"""Salinity 0-50 on the total scale; the range of temperature is that of the ocean's set."""
