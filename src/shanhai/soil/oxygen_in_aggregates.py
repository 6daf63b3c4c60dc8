r"""Oxygen inside aggregates, films and the soil around a root, where diffusion from outside feeds consumption.

Consumption that takes no note of the concentration leaves a core without oxygen; one in proportion to it does not.
Whoever is limited by oxygen feels the concentration where it lives: a half-saturation belongs there and not in the air
outside, where it appears larger by what diffusion takes.
"""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.numerics import safe
from shanhai.numerics.horner import horner

# phi coth phi = sum of B_2n (2 phi)^2n / (2n)!, and phi / sinh phi, as series in phi^2
_EFFECTIVENESS = (1.0, -1 / 15, 2 / 315, -1 / 1575, 2 / 31185, -1382 / 212837625, 4 / 6081075)
_CENTRE = (1.0, -1 / 6, 7 / 360, -31 / 15120, 127 / 604800, -73 / 3421440, 1414477 / 653837184000)
_SMALL = 0.04  # phi^2 below which seven terms are exact to rounding


def critical_radius(diffusivity: ArrayLike, boundary: ArrayLike, sink: ArrayLike) -> Array:
    r"""Largest sphere with oxygen throughout, under a sink that is the same everywhere.

    $$R_c = \sqrt{\frac{6\,D\,C_0}{Q}}$$

    Source: the solution of diffusion with a constant sink, derived here.

    Args:
        diffusivity: D in the sphere [m2 s-1], any shape.
        boundary: C0, oxygen of the water at its surface [mol m-3].
        sink: Q [mol m-3 s-1], positive.

    Returns:
        radius [m].

    >>> round(float(critical_radius(5e-10, 0.27, 2.5e-5)) * 1e3, 2)
    5.69
    """
    return safe.square_root(6.0 * jnp.asarray(diffusivity, float) * boundary / sink)


def slab_depth(diffusivity: ArrayLike, boundary: ArrayLike, sink: ArrayLike) -> Array:
    r"""Depth to which oxygen reaches into a slab under a sink that is the same everywhere.

    $$x_c = \sqrt{\frac{2\,D\,C_0}{Q}}$$

    Args:
        diffusivity: D [m2 s-1], any shape.
        boundary: C0 at the surface [mol m-3].
        sink: Q [mol m-3 s-1], positive.

    Returns:
        depth [m].

    >>> round(float(slab_depth(5e-10, 0.27, 2.5e-5)) * 1e3, 3)
    3.286
    """
    return safe.square_root(2.0 * jnp.asarray(diffusivity, float) * boundary / sink)


def slab_oxygen(depth: ArrayLike, diffusivity: ArrayLike, boundary: ArrayLike, sink: ArrayLike) -> Array:
    r"""Oxygen in a deep slab, $C_0\,(1 - x/x_c)^2$ down to $x_c$ and nothing below [mol m-3].

    Args:
        depth: x below the surface [m], any shape.
        diffusivity: D [m2 s-1].
        boundary: C0 [mol m-3].
        sink: Q [mol m-3 s-1], positive.

    >>> [round(float(c), 4) for c in slab_oxygen(jnp.array([0.0, 2e-3, 4e-3]), 5e-10, 0.27, 2.5e-5)]
    [0.27, 0.0414, 0.0]
    """
    reach = slab_depth(diffusivity, boundary, sink)
    left = 1.0 - safe.ratio(jnp.asarray(depth, float), reach, 1.0)
    return jnp.asarray(boundary) * jnp.where(left > 0, left, 0.0) ** 2


def anoxic_core(supply: ArrayLike, demand: ArrayLike) -> Array:
    r"""Radius of the core without oxygen over that of its sphere.

    $$1 - 3x^2 + 2x^3 = u = \Bigl(\frac{R_c}{R}\Bigr)^2, \qquad
      x = 2 \sin\frac{a}{3}\,\cos\Bigl(\frac{\pi}{6} - \frac{a}{3}\Bigr), \quad a = \arccos\sqrt{u}$$

    The cubic becomes $\cos 3\varphi = 2u - 1$ by x = 1/2 + cos φ; this root is the one between 0 and 1, written so that
    nothing cancels at either end. Without demand, or where supply exceeds it, there is no core.

    Args:
        supply: 6 D C0 [mol m-1 s-1], any shape, not negative.
        demand: Q R² [mol m-1 s-1], not negative.

    Returns:
        x [1], from 0 to 1. At supply = 0 < demand the slope is infinite and given as zero.

    >>> x = anoxic_core(1.0, jnp.array([0.5, 4.0, 9.0]))
    >>> [round(float(volume), 4) for volume in x**3]
    [0.0, 0.3057, 0.4981]
    """
    supply, demand = jnp.broadcast_arrays(jnp.asarray(supply, float), jnp.asarray(demand, float))
    short = supply < demand
    need = jnp.where(short, demand, 1.0)
    given = jnp.where(short, supply, 1.0) / need
    wanting = jnp.where(short, (demand - supply) / need, 0.0)
    third = jnp.where(short, jnp.arctan2(safe.square_root(wanting), safe.square_root(given)), 0.0) / 3.0
    return 2.0 * jnp.sin(third) * jnp.cos(jnp.pi / 6.0 - third)


def anoxic_volume(radius: ArrayLike, diffusivity: ArrayLike, boundary: ArrayLike, sink: ArrayLike) -> Array:
    r"""Part of a sphere that has no oxygen, x³ of `anoxic_core`, under a sink that is the same everywhere.

    What is left, 1 - x³, is aerobic respiration over that of a sphere with oxygen throughout.

    Args:
        radius: R [m], any shape.
        diffusivity: D [m2 s-1].
        boundary: C0 [mol m-3].
        sink: Q [mol m-3 s-1].

    Returns:
        fraction [1]; its slope is continuous where the core appears.

    >>> round(float(anoxic_volume(0.01, 5e-10, 0.27, 2.5e-5)), 3)
    0.238
    """
    return anoxic_core(6.0 * jnp.asarray(diffusivity) * boundary, jnp.asarray(sink) * jnp.asarray(radius) ** 2) ** 3


def sphere_oxygen(
    distance: ArrayLike, radius: ArrayLike, diffusivity: ArrayLike, boundary: ArrayLike, sink: ArrayLike
) -> Array:
    r"""Oxygen in a sphere under a sink that is the same wherever there is oxygen.

    $$C(r) = C_0 - \frac{Q}{6D}\,(R^2 - r^2) + \frac{Q\,r_a^3}{3D}\Bigl(\frac1r - \frac1R\Bigr), \quad r > r_a = x R$$

    Args:
        distance: r from the centre [m], any shape.
        radius: R [m].
        diffusivity: D [m2 s-1].
        boundary: C0 at the surface [mol m-3].
        sink: Q [mol m-3 s-1].

    Returns:
        concentration [mol m-3], zero in the core.

    >>> [round(float(c), 4) for c in sphere_oxygen(jnp.array([0.01, 0.008, 0.002]), 0.01, 5e-10, 0.27, 2.5e-5)]
    [0.27, 0.0691, 0.0]
    """
    r, edge = jnp.asarray(distance, float), jnp.asarray(radius, float)
    core = edge * anoxic_core(6.0 * jnp.asarray(diffusivity) * boundary, jnp.asarray(sink) * edge**2)
    steep = jnp.asarray(sink) / (6.0 * jnp.asarray(diffusivity))
    oxic = r >= core
    inside = jnp.where(oxic, r, edge)
    c = boundary - steep * (edge**2 - inside**2) + 2.0 * steep * core**3 * safe.ratio(edge - inside, inside * edge, 0.0)
    return jnp.where(oxic, c, 0.0)


def effectiveness(modulus_squared: ArrayLike) -> Array:
    r"""Consumption in proportion to oxygen in a sphere, over that without limits of diffusion.

    $$\eta = \frac{3\,(\varphi \coth\varphi - 1)}{\varphi^2}, \qquad \varphi^2 = \frac{k R^2}{D}$$

    Source: Thiele (1939), Ind. Eng. Chem. 31, 916.

    Args:
        modulus_squared: φ² [1], any shape, not negative; in the square the slope at no consumption is right.

    Returns:
        η [1], from 1 to 0 as 3/φ.

    >>> [round(float(effectiveness(phi**2)), 5) for phi in (0.0, 1.0, 3.0, 10.0, 1e100)]
    [1.0, 0.93911, 0.67164, 0.27, 0.0]
    """
    m = jnp.asarray(modulus_squared, float)
    small = m < _SMALL
    phi = jnp.sqrt(jnp.where(small, 1.0, m))
    far = 3.0 * (1.0 / jnp.tanh(phi) - 1.0 / phi) / phi
    return jnp.where(small, horner(jnp.where(small, m, 0.0), _EFFECTIVENESS), far)


def centre_concentration(modulus_squared: ArrayLike) -> Array:
    r"""Oxygen at the centre of a sphere over that at its surface, $\varphi / \sinh\varphi$; see `effectiveness`.

    Args:
        modulus_squared: φ² [1], any shape, not negative.

    >>> [round(float(centre_concentration(phi**2)), 6) for phi in (0.0, 1.0, 10.0, 1e5)]
    [1.0, 0.850918, 0.000908, 0.0]
    """
    m = jnp.asarray(modulus_squared, float)
    small = m < _SMALL
    phi = jnp.sqrt(jnp.where(small, 1.0, m))
    far = 2.0 * phi * jnp.exp(-phi) / -jnp.expm1(-2.0 * phi)
    return jnp.where(small, horner(jnp.where(small, m, 0.0), _CENTRE), far)


def microsite_oxygen(
    boundary: ArrayLike, conductance: ArrayLike, demand: ArrayLike, half_saturation: ArrayLike
) -> Array:
    r"""Oxygen at a microsite that diffusion supplies and consumption with Michaelis–Menten kinetics draws down.

    $$g\,(C_0 - C) = \frac{V C}{K + C}, \qquad
      C = \frac{B + \sqrt{B^2 + 4 g^2 K C_0}}{2 g}, \quad B = g\,(C_0 - K) - V$$

    and for B < 0 the same root in the form that does not cancel.

    Source: Best (1955), J. Cell. Comp. Physiol. 46, 1.

    Args:
        boundary: C0 outside [mol m-3], any shape.
        conductance: g [s-1], such as 15 D / R² of a sphere.
        demand: V, consumption where oxygen abounds [mol m-3 s-1].
        half_saturation: K of the enzyme [mol m-3], positive.

    Returns:
        C [mol m-3], from 0 to C0; C0 where there is neither demand nor conductance.

    >>> round(float(microsite_oxygen(0.27, 1e-4, 2.5e-5, 0.01)), 4)
    0.0572
    """
    c0, g, v, k = jnp.broadcast_arrays(
        *(jnp.asarray(a, float) for a in (boundary, conductance, demand, half_saturation))
    )
    b = g * (c0 - k) - v
    root = safe.square_root(b**2 + 4.0 * g**2 * k * c0)
    low = b < 0
    small = safe.ratio(2.0 * g * k * c0, jnp.where(low, root - b, 1.0), 0.0)
    large = safe.ratio(b + root, 2.0 * g, c0)
    return jnp.where(low, small, large)


def oxygen_limitation(
    boundary: ArrayLike, conductance: ArrayLike, demand: ArrayLike, half_saturation: ArrayLike
) -> Array:
    r"""Activity of an oxidative enzyme, or respiration, over that where oxygen abounds, $C/(K + C)$ at the microsite.

    Args:
        boundary: C0 outside [mol m-3], any shape.
        conductance: g [s-1].
        demand: V [mol m-3 s-1].
        half_saturation: K of the enzyme [mol m-3], positive.

    Returns:
        factor [1]; it is one half at C0 = K + V/(2g), see `apparent_half_saturation`.

    >>> round(float(oxygen_limitation(0.01 + 0.125, 1e-4, 2.5e-5, 0.01)), 12)
    0.5
    """
    c = microsite_oxygen(boundary, conductance, demand, half_saturation)
    return c / (c + jnp.asarray(half_saturation))


def apparent_half_saturation(conductance: ArrayLike, demand: ArrayLike, half_saturation: ArrayLike) -> Array:
    r"""Concentration outside at which consumption is half of what it would be, $K + V/(2g)$ [mol m-3].

    Args:
        conductance: g [s-1], positive, any shape.
        demand: V [mol m-3 s-1].
        half_saturation: K of the enzyme [mol m-3].

    >>> float(apparent_half_saturation(1e-4, 2.5e-5, 0.01))
    0.135
    """
    return jnp.asarray(half_saturation) + jnp.asarray(demand) / (2.0 * jnp.asarray(conductance))


def half_saturation_of_ratio(ratio: ArrayLike, low: ArrayLike, high: ArrayLike) -> Array:
    r"""Half-saturation that rates at two concentrations show.

    $$q = \frac{C_l\,(K + C_h)}{C_h\,(K + C_l)} \quad\Rightarrow\quad K = \frac{C_l C_h\,(1 - q)}{q\,C_h - C_l}$$

    Args:
        ratio: q, rate at the low over that at the high concentration, between C_l/C_h and 1, any shape.
        low: C_l, any unit.
        high: C_h, the same unit.

    Returns:
        K, the same unit.

    >>> [round(float(k), 2) for k in half_saturation_of_ratio(jnp.array([0.51, 0.67]), 1.0, 20.0)]
    [1.07, 0.53]
    """
    q = jnp.asarray(ratio)
    little, much = jnp.asarray(low, float), jnp.asarray(high, float)
    return little * much * (1.0 - q) / (q * much - little)
