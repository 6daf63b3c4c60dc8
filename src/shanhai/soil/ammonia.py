r"""Ammonia leaves a soil as gas: ammonium, dissolved ammonia and gas are in equilibrium, and their total is prognosed.

With the total N of all three per volume of soil, the gas is a share of it that depends on temperature, pH and water, so
that its loss is of first order in the total and can never take more than there is.
"""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import GAS_CONSTANT
from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Coefficient, Reaction
from shanhai.numerics import safe


def ammonium_pk(temperature: ArrayLike) -> Array:
    r"""Negative decadic logarithm of the dissociation constant of ammonium in fresh water.

    $$\mathrm{p}K = 0.09018 + \frac{2729.92}{T}$$

    Source: Emerson et al. (1975), J. Fish. Res. Board Can. 32, 2379. Some software has 2727.92, a slip that lowers pK
    by 0.007.

    Args:
        temperature: [K], any shape.

    Valid: 273 to 323 K.

    >>> round(float(ammonium_pk(298.15)), 3)
    9.246
    """
    return 0.09018 + 2729.92 / jnp.asarray(temperature, float)


def ammonia_solubility(temperature: ArrayLike) -> Array:
    r"""Dissolved ammonia over ammonia in the air that it is in equilibrium with, by volume.

    $$H = R T\,H_0\,\exp\Bigl[h\Bigl(\frac1T - \frac1{298.15}\Bigr)\Bigr], \qquad H_0 = 0.59
      \ \mathrm{mol\,m^{-3}\,Pa^{-1}}, \quad h = 4200\ \mathrm{K}$$

    Source: Sander (2023), Atmos. Chem. Phys. 23, 10901.

    Args:
        temperature: [K], any shape.

    Returns:
        ratio of concentrations [1].

    >>> round(float(ammonia_solubility(298.15)))
    1463
    """
    t = jnp.asarray(temperature, float)
    return GAS_CONSTANT * t * 0.59 * jnp.exp(4200.0 * (1.0 / t - 1.0 / 298.15))


def ammonia_gas(
    total: ArrayLike,
    temperature: ArrayLike,
    ph: ArrayLike,
    water: ArrayLike,
    porosity: ArrayLike,
    sorption: ArrayLike = 0.0,
) -> Array:
    r"""Ammonia in soil air in equilibrium with ammonium.

    $$C = \frac{N}{\theta_a + H\,\bigl[\theta + (\theta + \rho K_d)\,10^{\mathrm{p}K - \mathrm{pH}}\bigr]},
      \qquad \theta_a = \phi - \theta$$

    Args:
        total: N, ammoniacal nitrogen of the soil [mol m-3], any shape.
        temperature: [K].
        ph: of soil water [1].
        water: θ, liquid [m3 m-3].
        porosity: φ, without ice [m3 m-3].
        sorption: ρ K_d, ammonium held by the solid over that in water, by volume of soil [1].

    Returns:
        concentration in soil air [mol m-3].

    Valid: ammonium dilute enough for a linear sorption; the soil buffers its pH.

    >>> moist = ammonia_gas(1.0, 298.15, jnp.array([6.0, 8.0]), 0.25, 0.5, 5.0)
    >>> [f"{float(c):.2e}" for c in moist]
    ['7.38e-08', '7.36e-06']
    """
    theta, held = jnp.asarray(water, float), jnp.asarray(sorption, float)
    ionised = 10.0 ** (ammonium_pk(temperature) - jnp.asarray(ph))
    dissolved = ammonia_solubility(temperature) * (theta + (theta + held) * ionised)
    return safe.ratio(jnp.asarray(total, float), jnp.asarray(porosity) - theta + dissolved, 0.0)


def volatilisation_rate(
    conductance: ArrayLike,
    thickness: ArrayLike,
    temperature: ArrayLike,
    ph: ArrayLike,
    water: ArrayLike,
    porosity: ArrayLike,
    sorption: ArrayLike = 0.0,
) -> Array:
    r"""Rate constant at which ammoniacal nitrogen of a layer is lost to air that has none, $g\,C/(N\,\Delta z)$ [s-1].

    Args:
        conductance: g between soil air and the air above, such as D/z [m s-1], any shape.
        thickness: Δz of the layer [m], positive.
        temperature: [K].
        ph: of soil water [1].
        water: liquid [m3 m-3].
        porosity: without ice [m3 m-3].
        sorption: see `ammonia_gas`.

    >>> k = volatilisation_rate(1e-3, 0.05, 298.15, 8.0, 0.25, 0.5, 5.0)
    >>> f"{float(k) * 86400:.4f} per day"
    '0.0127 per day'
    """
    per_total = ammonia_gas(1.0, temperature, ph, water, porosity, sorption)
    return jnp.asarray(conductance) / jnp.asarray(thickness) * per_total


def volatilisation(
    rate: Coefficient, *, ammonium: str = "ammonium", account: str = "ammonia of the air"
) -> tuple[Reaction, ...]:
    """Loss of ammonia from the total of ammonium and ammonia.

    Args:
        rate: [s-1], a number or a function of (amounts, environment); see `volatilisation_rate`.
        ammonium: species that holds the total.
        account: of the air, with the contents of the species.

    >>> volatilisation(1e-7)[0].law.of
    'ammonium'
    """
    law = FirstOrder(ammonium, rate)
    return (Reaction("ammonia escapes", law, {ammonium: -1.0, account: 1.0}, "volatilisation"),)
