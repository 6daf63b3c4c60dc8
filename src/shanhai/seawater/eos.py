"""Density of sea water by the 1980 equation of state, with the algorithms that UNESCO published beside it.

The fits are in IPTS-68 temperature and arguments are in ITS-90. `density_surface_eos80` puts one in the place of
the other, as HY/T 0343.5 does; everything with a pressure converts, t68 = 1.00024 t90 (Saunders 1990).
"""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.numerics import safe

IPTS68_PER_ITS90 = 1.00024  # Saunders (1990), WOCE Newsletter 10; good to 5e-4 K within -2 to 40 degC
BAR = 1e5  # Pa
DECIBAR = 1e4  # Pa


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


def density_eos80(temperature: ArrayLike, salinity: ArrayLike, pressure: ArrayLike | None = None) -> Array:
    r"""Density of sea water under pressure by the 1980 equation of state.

    $$\rho(S, t, p) = \frac{\rho(S, t, 0)}{1 - p/K(S, t, p)}$$

    Source: Millero et al. (1980), Deep-Sea Res. 27A, 255; UNESCO (1983), Tech. Pap. Mar. Sci. 44, eqs. 7 and 13-19.

    Args:
        temperature: in-situ temperature t [degC, ITS-90], any shape; the fit gets IPTS-68.
        salinity: practical salinity S [1], broadcastable.
        pressure: sea pressure p [Pa], broadcastable; None at the surface.

    Returns:
        density [kg m-3].

    Valid: -2 <= t <= 40 degC, 0 <= S <= 42, 0 <= p <= 1e8 Pa.

    >>> round(float(density_eos80(5 / 1.00024, 35.0, 1e8)), 5)  # UNESCO (1983)
    1069.48914
    """
    surface = density_surface_eos80(temperature_ipts68(temperature), salinity)
    if pressure is None:
        return surface
    return surface / (1.0 - jnp.asarray(pressure) / secant_bulk_modulus_eos80(temperature, salinity, pressure))


def secant_bulk_modulus_eos80(temperature: ArrayLike, salinity: ArrayLike, pressure: ArrayLike) -> Array:
    r"""Secant bulk modulus of sea water, the mean resistance to compression from the surface down to a pressure.

    $$K(S, t, p) = K(S, t, 0) + A\,p + B\,p^2$$

    Source: UNESCO (1983), eqs. 15-19.

    Args:
        temperature: in-situ temperature t [degC, ITS-90], any shape; the fit gets IPTS-68.
        salinity: practical salinity S [1], broadcastable.
        pressure: sea pressure p [Pa], broadcastable.

    Returns:
        secant bulk modulus [Pa].

    Valid: -2 <= t <= 40 degC, 0 <= S <= 42, 0 <= p <= 1e8 Pa.

    >>> round(float(secant_bulk_modulus_eos80(25 / 1.00024, 35.0, 1e8)) / 1e5, 5)  # bar, UNESCO (1981)
    27108.94504
    """
    t, s = temperature_ipts68(temperature), jnp.asarray(salinity)
    p, root = jnp.asarray(pressure) / BAR, safe.three_halves_power(s)
    pure = 19652.21 + t * (148.4206 + t * (-2.327105 + t * (1.360477e-2 - t * 5.155288e-5)))
    salt = 54.6746 + t * (-0.603459 + t * (1.09987e-2 - t * 6.1670e-5))
    rooted = 7.944e-2 + t * (1.6483e-2 - t * 5.3009e-4)
    linear = 3.239908 + t * (1.43713e-3 + t * (1.16092e-4 - t * 5.77905e-7))
    linear = linear + s * (2.2838e-3 + t * (-1.0981e-5 - t * 1.6078e-6)) + 1.91075e-4 * root
    square = 8.50935e-5 + t * (-6.12293e-6 + t * 5.2787e-8) + s * (-9.9348e-7 + t * (2.0816e-8 + t * 9.1697e-10))
    return BAR * (pure + s * salt + rooted * root + p * (linear + p * square))


def adiabatic_lapse_rate_eos80(temperature: ArrayLike, salinity: ArrayLike, pressure: ArrayLike) -> Array:
    r"""Warming of sea water that is compressed without exchange of heat or salt, $\Gamma(S, t, p)$.

    Source: Bryden (1973), Deep-Sea Res. 20, 401; UNESCO (1983), p. 41.

    Args:
        temperature: in-situ temperature t [degC, ITS-90], any shape; the fit gets and gives IPTS-68.
        salinity: practical salinity S [1], broadcastable.
        pressure: sea pressure p [Pa], broadcastable.

    Returns:
        lapse rate [K Pa-1, ITS-90].

    Valid: -2 <= t <= 30 degC, 30 <= S <= 40, 0 <= p <= 1e8 Pa (Bryden); UNESCO tabulates it from S = 25 to 40 degC.

    >>> round(float(adiabatic_lapse_rate_eos80(40 / 1.00024, 40.0, 1e8)) * 1.00024e4, 10)  # UNESCO (1983)
    0.0003255976
    """
    t68 = temperature_ipts68(temperature)
    return _lapse_rate(t68, jnp.asarray(salinity), jnp.asarray(pressure) / DECIBAR) / (DECIBAR * IPTS68_PER_ITS90)


def potential_temperature_eos80(
    temperature: ArrayLike, salinity: ArrayLike, pressure: ArrayLike, reference_pressure: ArrayLike = 0.0
) -> Array:
    r"""Temperature that sea water takes when moved to another pressure without exchange of heat or salt.

    $$\frac{d\theta}{dp} = \Gamma(S, \theta, p)$$

    in one fourth-order Runge-Kutta step by Gill's coefficients.

    Source: Fofonoff (1977), Deep-Sea Res. 24, 489; UNESCO (1983), p. 42-43.

    Args:
        temperature: in-situ temperature [degC, ITS-90], any shape; the fit gets and gives IPTS-68.
        salinity: practical salinity [1], broadcastable.
        pressure: sea pressure [Pa], broadcastable.
        reference_pressure: sea pressure to move to [Pa].

    Returns:
        potential temperature [degC, ITS-90].

    Valid: as the lapse rate; one step errs by less than 1e-3 K over 1e8 Pa.

    >>> round(float(potential_temperature_eos80(40 / 1.00024, 40.0, 1e8)) * 1.00024, 5)  # UNESCO (1983)
    36.89073
    """
    s, p = jnp.asarray(salinity), jnp.asarray(pressure) / DECIBAR
    step = jnp.asarray(reference_pressure) / DECIBAR - p
    root = 0.5**0.5
    theta = temperature_ipts68(temperature)
    rise = step * _lapse_rate(theta, s, p)
    theta, q = theta + 0.5 * rise, rise
    rise = step * _lapse_rate(theta, s, p + 0.5 * step)
    theta, q = theta + (1 - root) * (rise - q), 2 * (1 - root) * rise + (3 * root - 2) * q
    rise = step * _lapse_rate(theta, s, p + 0.5 * step)
    theta, q = theta + (1 + root) * (rise - q), 2 * (1 + root) * rise - (3 * root + 2) * q
    rise = step * _lapse_rate(theta, s, p + step)
    return (theta + (rise - 2 * q) / 6) / IPTS68_PER_ITS90


def freezing_temperature_eos80(salinity: ArrayLike, pressure: ArrayLike | None = None) -> Array:
    r"""Temperature at which air-saturated sea water freezes.

    $$t_f = -0.0575\,S + 1.710523\times10^{-3}\,S^{3/2} - 2.154996\times10^{-4}\,S^2 - 7.53\times10^{-4}\,p_{dbar}$$

    Source: Millero (1978), UNESCO Tech. Pap. Mar. Sci. 28, 29; UNESCO (1983), p. 30.

    Args:
        salinity: practical salinity S [1], any shape.
        pressure: sea pressure [Pa], broadcastable; None at the surface.

    Returns:
        freezing temperature [degC, ITS-90].

    Valid: 4 <= S <= 40, 0 <= p <= 5e6 Pa; 0 degC in fresh water.

    >>> round(float(freezing_temperature_eos80(40.0, 5e6)) * 1.00024, 6)  # UNESCO (1983)
    -2.588567
    """
    s = jnp.asarray(salinity)
    freezing = -0.0575 * s + 1.710523e-3 * safe.three_halves_power(s) - 2.154996e-4 * s * s
    if pressure is not None:
        freezing = freezing - 7.53e-4 * jnp.asarray(pressure) / DECIBAR
    return freezing / IPTS68_PER_ITS90


def temperature_ipts68(temperature: ArrayLike) -> Array:
    """Temperature on the scale of 1968 from that of 1990, $t_{68} = 1.00024 t_{90}$ (Saunders 1990).

    Args:
        temperature: temperature [degC, ITS-90], any shape.

    Returns:
        temperature [degC, IPTS-68].

    >>> round(float(temperature_ipts68(25.0)), 3)
    25.006
    """
    return IPTS68_PER_ITS90 * jnp.asarray(temperature)


def _lapse_rate(t: Array, s: Array, p: Array) -> Array:
    """Bryden's fit in degC per decibar, IPTS-68."""
    salt = s - 35.0
    surface = 3.5803e-5 + t * (8.5258e-6 + t * (-6.836e-8 + t * 6.6228e-10)) + salt * (1.8932e-6 - t * 4.2393e-8)
    linear = 1.8741e-8 + t * (-6.7795e-10 + t * (8.733e-12 - t * 5.4481e-14)) + salt * (-1.1351e-10 + t * 2.7759e-12)
    square = -4.6206e-13 + t * (1.8676e-14 - t * 2.1687e-16)
    return surface + p * (linear + p * square)
