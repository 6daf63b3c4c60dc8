r"""Factors of DayCent's trace gases: when ammonium is nitrified, nitrate respired, and how much leaves as NO.

The rates themselves are those of `nitrification` and `denitrification`; here is what DayCent makes of temperature,
water and texture. A gas that diffuses out fast leaves as NO, one that is kept back is reduced to N2O and N2.

Source: Parton et al. (1996), Global Biogeochem. Cycles 10, 401; Parton et al. (2001), J. Geophys. Res. 106, 17403;
Del Grosso et al. (2000), Global Biogeochem. Cycles 14, 1045; the numbers of the public code of DayCent.
"""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.numerics.smooth import smooth_minimum
from shanhai.soil.peers.century import water_factor

PARTICLES = 2650.0  # kg m-3, density of the mineral grains


def nitrification_temperature_factor(temperature: ArrayLike, hottest: ArrayLike = 35.0) -> Array:
    r"""Nitrification over that at the best temperature, which is that of the hottest month.

    $$f_T = t^{4.5} \exp\Bigl(\frac{4.5}{7}\bigl(1 - t^7\bigr)\Bigr), \qquad t = 1 + \frac{T - T_h}{\max(T_h, 35) + 5}$$

    Source: Parton et al. (2001), with the shift to sites cooler than 35 degC of the public code of DayCent.

    Args:
        temperature: T of the soil [degC], any shape.
        hottest: T_h, mean of the daily maxima of the hottest month [degC].

    Returns:
        factor [1], zero with zero slope 40 K or more below the best.

    >>> [round(float(nitrification_temperature_factor(t, 25.0)), 3) for t in (-15.0, 5.0, 15.0, 25.0, 35.0)]
    [0.0, 0.084, 0.478, 1.0, 0.242]
    """
    best = jnp.asarray(hottest, float)
    t = 1.0 + (jnp.asarray(temperature, float) - best) / (jnp.maximum(best, 35.0) + 5.0)
    there = t > 0
    s = jnp.where(there, t, 1.0)
    return jnp.where(there, s**4.5 * jnp.exp(4.5 / 7.0 * (1.0 - s**7)), 0.0)


def nitrification_water_factor(
    relative: ArrayLike, filled: ArrayLike, at_capacity: ArrayLike, width: ArrayLike = 0.0
) -> Array:
    r"""Nitrification over that of soil that is wet but not full.

    $$f_W = \min\Bigl(\frac{1}{1 + 30 e^{-9 w}},\ \frac{1 - W}{1 - W_{FC}}\Bigr)$$

    Source: the two branches of the public code of DayCent. It divides by 1 less the water content of field capacity in
    the place of W_FC, so that nitrification jumps by almost a half where the branches meet; here they meet.

    Args:
        relative: w, water over what the soil holds, from the wilting point to field capacity [1], any shape.
        filled: W, water-filled pores, at most one [1].
        at_capacity: W_FC, the same at field capacity, below one [1].
        width: of the corner of the minimum [1], see `smooth_minimum`.

    >>> [round(float(nitrification_water_factor(w, f, 0.6)), 3) for w, f in ((0.5, 0.4), (1.0, 0.6), (1.0, 0.8))]
    [0.75, 0.996, 0.5]
    """
    full = (1.0 - jnp.asarray(filled, float)) / (1.0 - jnp.asarray(at_capacity, float))
    return smooth_minimum(water_factor(relative), jnp.where(full > 0, full, 0.0), width)


def aggregate_diffusivity(
    filled: ArrayLike, field_capacity: ArrayLike, porosity: ArrayLike, width: ArrayLike = 0.0
) -> Array:
    r"""Diffusivity of a gas in an aggregated soil over that in free air.

    Water fills the pores within aggregates, A, before those between them, $B = \phi - A$. With what is left of either
    and the exponent $p(x) = x/2 + 1.16$,

    $$D = \frac{a\,(b - b^{p(b)})}{a + b - b^{p(b)}} + \Bigl(1 - \frac{\theta_B}{B}\Bigr)^2 b^{p(b)}, \qquad
      b = B - \theta_B, \quad a = \Bigl(1 - \frac{\theta_A}{A}\Bigr)^2 y^{p(y)} \bigl(1 - B^{p(B)}\bigr), \quad
      y = \frac{A - \theta_A}{1 - B}$$

    Source: Millington & Shearer (1971), Soil Sci. 111, 372, as in the public code of DayCent; it is the D/D0 of Potter
    et al. (1996), J. Geophys. Res. 101, 1361.

    Args:
        filled: water-filled pores [1], any shape.
        field_capacity: A, water within aggregates when these are full [m3 m-3].
        porosity: φ [m3 m-3], above A.
        width: of the corner where the pores between begin to fill [1], see `smooth_minimum`.

    Returns:
        ratio [1], zero, with zero slope, in full soil.

    >>> [round(float(aggregate_diffusivity(w, 0.3, 0.5)), 4) for w in (0.2, 0.6, 0.8, 1.0)]
    [0.1649, 0.1316, 0.0154, 0.0]
    """
    held, pores = jnp.asarray(field_capacity, float), jnp.asarray(porosity, float)
    between, water = pores - held, jnp.asarray(filled, float) * pores
    inside = smooth_minimum(water, held, width)
    left = between - (water - inside)
    b = _tortuous(left)
    a = (1.0 - inside / held) ** 2 * _tortuous((held - inside) / (1.0 - between)) * (1.0 - _tortuous(between))
    return a * (left - b) / (1e-6 + a + left - b) + (left / between) ** 2 * b


def _tortuous(x: ArrayLike) -> Array:
    """Raise to the power of x/2 + 1.16; zero with zero slope at and below zero."""
    x = jnp.asarray(x, float)
    there = x > 0
    s = jnp.where(there, x, 1.0)
    return jnp.where(there, jnp.exp((0.5 * s + 1.16) * jnp.log(s)), 0.0)


def nitric_oxide_per_nitrous_oxide(diffusivity: ArrayLike) -> Array:
    r"""NO over N2O that leave, in nitrogen.

    $$R = 8 + \frac{18}{\pi}\arctan\bigl(0.75\,\pi\,(10\,D - 1.86)\bigr)$$

    Source: the public code of DayCent, which took it in the place of 15.23 + 35.45 arctan(0.676 π (10 D - 1.86))/π,
    twice as much in open soil.

    Args:
        diffusivity: D, of gas in the soil over that in air [1], any shape.

    Returns:
        ratio [1], 0.3 in full to 17 in open soil.

    >>> [round(float(nitric_oxide_per_nitrous_oxide(d)), 2) for d in (0.0, 0.1, 0.186, 0.5)]
    [0.29, 1.63, 8.0, 16.23]
    """
    return 8.0 + 18.0 / jnp.pi * jnp.arctan(0.75 * jnp.pi * (10.0 * jnp.asarray(diffusivity, float) - 1.86))


def denitrification_water_factor(
    filled: ArrayLike, respiration: ArrayLike, diffusivity: ArrayLike, width: ArrayLike = 0.0
) -> Array:
    r"""Denitrification over that of soil without oxygen.

    $$f = \frac12 + \frac1\pi \arctan\bigl(0.6\,\pi\,(10\,W - a)\bigr), \qquad
      a = 9 - R\,\bigl(0.145 - 1.25\,\min(0.113, D_{FC})\bigr)$$

    Source: Del Grosso et al. (2000), Global Biogeochem. Cycles 14, 1045. Respiration uses oxygen up, so that soil that
    respires much denitrifies where it is less wet, the more so where gas moves slowly.

    Args:
        filled: W, water-filled pores [1], any shape.
        respiration: R, carbon respired [ugC g-1 d-1].
        diffusivity: D_FC, of gas at field capacity over that in air [1].
        width: of the corner of the minimum [1], see `smooth_minimum`.

    Returns:
        factor [1].

    >>> [round(float(denitrification_water_factor(w, r, 0.1)), 3) for w, r in ((0.6, 5.0), (0.9, 5.0), (0.9, 50.0))]
    [0.058, 0.559, 0.845]
    """
    slow = 0.145 - 1.25 * smooth_minimum(0.113, diffusivity, width)
    a = 9.0 - jnp.asarray(respiration, float) * slow
    return 0.5 + jnp.arctan(0.6 * jnp.pi * (10.0 * jnp.asarray(filled, float) - a)) / jnp.pi
