"""What the fits share: temperature terms, ionic strength, and the mass of water in a kilogram of sea water.

Every fit takes these from here, written the same way, so that a compiler computes each of them once for all constants.
"""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import ZERO_CELSIUS
from shanhai.numerics import safe
from shanhai.seawater.constants.carbonic_forms import WATER_IN_SEAWATER

ANY = (float("-inf"), float("inf"))  # a range without limits


def thermal(temperature: ArrayLike) -> tuple[Array, Array, Array]:
    """Absolute temperature T [K], 1/T and ln T of a temperature [degC].

    >>> float(thermal(25.0)[0])
    298.15
    """
    T = jnp.asarray(temperature) + ZERO_CELSIUS
    return T, 1.0 / T, jnp.log(T)


def haline(salinity: ArrayLike) -> tuple[Array, Array]:
    """Salinity S and its square root; the root has zero slope at S = 0, where the true slope is infinite.

    >>> haline(36.0)[1].item()
    6.0
    """
    return jnp.asarray(salinity), safe.square_root(salinity)


def ionic_strength(salinity: ArrayLike) -> Array:
    r"""Ionic strength of sea water.

    $$I = \frac{19.924\,S}{1000 - 1.005\,S}$$

    Source: DOE (1994), ORNL/CDIAC-74, chapter 5, eq. 7.2.4.

    Args:
        salinity: practical salinity [1], any shape.

    Returns:
        ionic strength [mol kg-1 of water], same shape.

    Valid: sea water of standard proportions.

    >>> round(float(ionic_strength(35.0)), 4)
    0.7228
    """
    s = jnp.asarray(salinity)
    return 19.924 * s / (1000.0 - 1.005 * s)


def ln_water_fraction(salinity: ArrayLike) -> Array:
    r"""Logarithm of the mass of water in a kilogram of sea water, $\ln(1 - 0.001005\,S)$.

    Added to ln K it turns a constant per kilogram of water into one per kilogram of sea water.

    Source: DOE (1994), ORNL/CDIAC-74, chapter 5.

    Args:
        salinity: practical salinity [1], any shape.

    Returns:
        ln of the fraction [1], same shape.

    >>> round(float(jnp.exp(ln_water_fraction(35.0))), 6)
    0.964825
    """
    return jnp.log1p(-WATER_IN_SEAWATER * jnp.asarray(salinity))


def fixed(value: float, temperature: ArrayLike) -> Array:
    """Give the same value at every temperature, in its shape.

    >>> fixed(2.0, jnp.zeros(2)).tolist()
    [2.0, 2.0]
    """
    return value + jnp.zeros_like(jnp.asarray(temperature) + ZERO_CELSIUS)
