r"""Diffusion of oxygen through air and water of a soil, and exchange of gases with the air above.

A gas moves through what is left of the pores by water, and, thirty times less soluble and ten thousand times slower,
through the water itself, so that a saturated soil still lets a little through.
"""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.coefficients import evaluated
from shanhai.core.constants import GAS_CONSTANT, STANDARD_ATMOSPHERE, ZERO_CELSIUS
from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Coefficient, Reaction
from shanhai.numerics.horner import horner

OXYGEN_OF_AIR = 0.2095  # mol mol-1 of dry air


def oxygen_in_free_air(temperature: ArrayLike) -> Array:
    r"""Molecular diffusivity of oxygen in air at one atmosphere.

    $$D_a = (0.1759 + 0.00117\,t) \times 10^{-4}$$

    Source: Lerman (1979), Geochemical Processes, as Riley et al. (2011), Biogeosciences 8, 1925 take it. t is in degC;
    the nitrification code of CTSM puts kelvin in its place, which makes D_a 2.6 times too large.

    Args:
        temperature: of the soil [K], any shape.

    Returns:
        diffusivity [m2 s-1].

    >>> round(float(oxygen_in_free_air(293.15)) * 1e5, 3)
    1.993
    """
    return 1e-4 * horner(jnp.asarray(temperature, float) - ZERO_CELSIUS, (0.1759, 0.00117))


def oxygen_in_free_water(temperature: ArrayLike) -> Array:
    r"""Molecular diffusivity of oxygen in water.

    $$D_w = (1.172 + 0.03443\,t + 0.0005048\,t^2) \times 10^{-9}$$

    Source: Lerman (1979), Geochemical Processes, as Riley et al. (2011), Biogeosciences 8, 1925 take it; t in degC.

    Args:
        temperature: of the soil [K], any shape.

    Returns:
        diffusivity [m2 s-1]; positive at any temperature.

    >>> round(float(oxygen_in_free_water(293.15)) * 1e9, 3)
    2.063
    """
    return 1e-9 * horner(jnp.asarray(temperature, float) - ZERO_CELSIUS, (1.172, 0.03443, 0.0005048))


def oxygen_solubility(temperature: ArrayLike) -> Array:
    r"""Oxygen in water over oxygen in the air that it is in equilibrium with, by volume.

    $$\alpha = R T\,H_0\,\exp\Bigl[h\Bigl(\frac1T - \frac1{298.15}\Bigr)\Bigr], \qquad H_0 = 1.3 \times 10^{-5}
      \ \mathrm{mol\,m^{-3}\,Pa^{-1}}, \quad h = 1500\ \mathrm{K}$$

    Source: Sander (2023), Atmos. Chem. Phys. 23, 10901.

    Args:
        temperature: of the soil [K], any shape.

    Returns:
        ratio of concentrations [1].

    >>> round(float(oxygen_solubility(298.15)), 4)
    0.0322
    """
    t = jnp.asarray(temperature, float)
    return GAS_CONSTANT * t * 1.3e-5 * jnp.exp(1500.0 * (1.0 / t - 1.0 / 298.15))


def oxygen_in_air(
    temperature: ArrayLike, fraction: ArrayLike = OXYGEN_OF_AIR, pressure: ArrayLike = STANDARD_ATMOSPHERE
) -> Array:
    """Oxygen in a gas, fraction x pressure / (R T) [mol m-3].

    Args:
        temperature: [K], any shape.
        fraction: of oxygen in the gas [mol mol-1].
        pressure: [Pa].

    >>> air = oxygen_in_air(293.15)
    >>> round(float(air), 2), round(float(air * oxygen_solubility(293.15)), 3)
    (8.71, 0.301)
    """
    return jnp.asarray(fraction) * pressure / (GAS_CONSTANT * jnp.asarray(temperature, float))


def relative_diffusivity_millington1961(filled: ArrayLike, porosity: ArrayLike) -> Array:
    r"""Diffusivity in the air, or in the water, of a soil over that in the free phase.

    $$\frac{D}{D_0} = \frac{\theta^{10/3}}{\phi^2}$$

    Source: Millington & Quirk (1961), Trans. Faraday Soc. 57, 1200.

    Args:
        filled: θ, volume of the phase [m3 m-3], any shape.
        porosity: φ [m3 m-3], positive.

    Returns:
        ratio [1]; zero, with zero slope, where the phase is not there.

    >>> round(float(relative_diffusivity_millington1961(0.2, 0.5)), 6)
    0.018714
    """
    return _power(filled, 10.0 / 3.0) / jnp.asarray(porosity) ** 2


def relative_diffusivity_moldrup2003(filled: ArrayLike, porosity: ArrayLike, retention: ArrayLike) -> Array:
    r"""Diffusivity in the air of a mineral soil over that in free air.

    $$\frac{D}{D_0} = \theta_a^2 \Bigl(\frac{\theta_a}{\phi}\Bigr)^{3/b}$$

    Source: Moldrup et al. (2003), as Riley et al. (2011), Biogeosciences 8, 1925, eq. 8.

    Args:
        filled: θ_a, air [m3 m-3], any shape.
        porosity: φ [m3 m-3], positive.
        retention: b, exponent of Clapp & Hornberger [1], positive.

    Returns:
        ratio [1]; zero, with zero slope, where there is no air.

    >>> round(float(relative_diffusivity_moldrup2003(0.2, 0.5, 5.0)), 5)
    0.02308
    """
    theta = jnp.asarray(filled, float)
    return theta**2 * _power(theta / porosity, 3.0 / jnp.asarray(retention, float))


def oxygen_in_soil(water: ArrayLike, porosity: ArrayLike, temperature: ArrayLike) -> Array:
    r"""Diffusivity of oxygen of a bulk soil, for gradients of its concentration in soil air.

    $$D = D_a \frac{\theta_a^{10/3}}{\phi^2} + \alpha D_w \frac{\theta^{10/3}}{\phi^2}, \qquad
      \theta_a = \phi - \theta$$

    Source: Millington & Quirk (1961) for both phases side by side.

    Args:
        water: θ, liquid [m3 m-3], any shape.
        porosity: φ, without ice [m3 m-3].
        temperature: [K].

    Returns:
        diffusivity [m2 s-1].

    >>> wet = oxygen_in_soil(jnp.array([0.1, 0.3, 0.5]), 0.5, 293.15)
    >>> [f"{float(d):.2e}" for d in wet]
    ['3.76e-06', '3.73e-07', '2.83e-11']
    """
    through_air = relative_diffusivity_millington1961(jnp.asarray(porosity) - jnp.asarray(water), porosity)
    through_water = relative_diffusivity_millington1961(water, porosity)
    dissolved = oxygen_solubility(temperature) * oxygen_in_free_water(temperature)
    return oxygen_in_free_air(temperature) * through_air + dissolved * through_water


def oxygen_capacity(water: ArrayLike, porosity: ArrayLike, temperature: ArrayLike) -> Array:
    r"""Oxygen of a bulk soil over its concentration in soil air, $\phi - \theta + \alpha\,\theta$ [m3 m-3].

    Args:
        water: θ, liquid [m3 m-3], any shape.
        porosity: φ, without ice [m3 m-3].
        temperature: [K].

    >>> round(float(oxygen_capacity(0.3, 0.5, 298.15)), 4)
    0.2097
    """
    theta = jnp.asarray(water)
    return jnp.asarray(porosity) - theta + oxygen_solubility(temperature) * theta


class _Supply(eqx.Module):
    """What comes in from the air: rate constant times amount in equilibrium with it."""

    rate: Coefficient
    equilibrium: Coefficient

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        return evaluated(self.rate, x, environment) * evaluated(self.equilibrium, x, environment)


def exchange(gas: str, account: str, rate: Coefficient, equilibrium: Coefficient | None = None) -> tuple[Reaction, ...]:
    r"""Reactions by which a gas of the soil leaves to the air and comes from it.

    $$\frac{dx}{dt} = -k\,(x - x_{eq}), \qquad k \approx \frac{D}{z\,\Delta z\,c}$$

    with D of the soil, z the depth, Δz the thickness and c the capacity of the layer for the gas.

    Args:
        gas: species of the soil.
        account: species of the air.
        rate: k [s-1], a number or a function of (amounts, environment).
        equilibrium: x_eq in equilibrium with the air, in the unit of the gas; None where the air has none of it.

    >>> [r.name for r in exchange("oxygen", "oxygen of the air", 1e-4, 1.8)]
    ['oxygen escapes', 'oxygen enters']
    """
    out = Reaction(f"{gas} escapes", FirstOrder(gas, rate), {gas: -1.0, account: 1.0}, "to the air")
    if equilibrium is None:
        return (out,)
    inward = Reaction(f"{gas} enters", _Supply(rate, equilibrium), {account: -1.0, gas: 1.0}, "from the air")
    return out, inward


def _power(x: ArrayLike, exponent: ArrayLike) -> Array:
    """Raise to a positive power; zero with zero slope at and below zero."""
    x = jnp.asarray(x, float)
    there = ~(x <= 0)
    return jnp.where(there, jnp.where(there, x, 1.0) ** exponent, 0.0)
