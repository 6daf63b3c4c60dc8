"""Density of sea water at zero sea pressure."""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.numerics import safe


def density_surface_eos80(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    r"""Density of sea water at zero sea pressure by the 1980 equation of state.

    $$\rho = \rho_w(t) + B(t)\,S + C(t)\,S^{3/2} + d\,S^2$$

    with ρ_w of fifth, B of fourth and C of second degree in t.

    Source: UNESCO (1981), Tech. Pap. Mar. Sci. 36; HY/T 0343.5 formula (6), whose printed form lacks the
    bracket that closes B(t) before the factor S: read literally it is 15 to 24 kg/m3 too low on Table D.1.
    Errata: the fit is in IPTS-68 temperature; ITS-90 values are used as the standard does, which moves the
    density by less than 3e-3 kg/m3. The last coefficient of ρ_w is 6.536332e-9 in the original and 6.536336e-9
    in the standard; the difference stays under 2e-7 kg/m3.

    Args:
        temperature: sea-water temperature t [degC, ITS-90], any shape.
        salinity: practical salinity S [1], broadcastable.

    Returns:
        density [kg m-3].

    Valid: -2 <= t <= 40 degC, 0 <= S <= 42.

    >>> [round(float(density_surface_eos80(t, s)), 5) for t, s in [(5, 0), (5, 35), (25, 0), (25, 35)]]
    [999.96675, 1027.67547, 997.04796, 1023.34306]
    """
    t, s = jnp.asarray(temperature), jnp.asarray(salinity)
    pure = 999.842594 + t * (6.793952e-2 + t * (-9.09529e-3 + t * (1.001685e-4 + t * (-1.120083e-6 + t * 6.536332e-9))))
    b = 0.824493 + t * (-4.0899e-3 + t * (7.6438e-5 + t * (-8.2467e-7 + t * 5.3875e-9)))
    c = -5.72466e-3 + t * (1.0227e-4 - t * 1.6546e-6)
    return pure + b * s + c * safe.three_halves_power(s) + 4.8314e-4 * s * s
