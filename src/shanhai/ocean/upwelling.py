r"""A mixed layer fed by upwelling: how warm it is, and why it gives off CO2.

Water of the thermocline rises at Ψ, is warmed at the surface, loses carbon to sinking matter and to the air, and leaves
sideways. What it gives to the air is told apart by taking one step after another from the upwelled water to the water
that is there.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.ocean.boxes import DENSITY
from shanhai.seawater.co2system.acids import Solutes
from shanhai.seawater.co2system.given import solve_system
from shanhai.seawater.co2system.system import Conditions, dry_air_pressure

HEAT_CAPACITY = 3990.0  # J kg-1 K-1, of sea water at 25 degC and salinity 35; EOS-80, unverified to the last digit


def surface_temperature(
    upwelling: ArrayLike, upwelled: ArrayLike, equilibrium: ArrayLike, coupling: ArrayLike
) -> Array:
    r"""Temperature of a mixed layer that upwelling cools and the air warms, in balance.

    $$\rho c_p w\,(T - T_{up}) = \lambda\,(T^* - T) \quad\Rightarrow\quad
      T = \frac{\rho c_p w\,T_{up} + \lambda\,T^*}{\rho c_p w + \lambda}$$

    Source: the surface heat flux of Haney (1971), J. Phys. Oceanogr. 1, 241. The balance holds where the layer is
    renewed or warmed faster than the forcing changes.

    Args:
        upwelling: w [m s-1], any shape.
        upwelled: temperature of the rising water [degC].
        equilibrium: temperature T* that the air alone would give [degC].
        coupling: λ [W m-2 K-1].

    >>> float(surface_temperature(0.0, 20.0, 28.0, 34.0))
    28.0
    """
    brought = DENSITY * HEAT_CAPACITY * jnp.asarray(upwelling)
    return (brought * upwelled + coupling * jnp.asarray(equilibrium)) / (brought + coupling)


class Water(NamedTuple):
    """Contents of a water [mol kg-1], each any shape."""

    dic: ArrayLike
    alkalinity: ArrayLike
    phosphate: ArrayLike


class Split(NamedTuple):
    """Parts of the difference of pCO2 between sea and air [Pa], which add up to it.

    Args:
        carbon: of the upwelled water at its own temperature, over the air.
        warming: from there to the temperature of the surface.
        export: by growth of what sinks.
        exchange: by what the water has given to the air.
    """

    carbon: Array
    warming: Array
    export: Array
    exchange: Array

    @property
    def total(self) -> Array:
        """Difference of pCO2, sea less air."""
        return self.carbon + self.warming + self.export + self.exchange


def pressure(water: Water, temperature: ArrayLike, salinity: ArrayLike) -> Array:
    """pCO2 of a water at the surface [Pa]."""
    pair = {"dic": jnp.asarray(water.dic), "alkalinity": jnp.asarray(water.alkalinity)}
    conditions = Conditions(jnp.asarray(temperature), jnp.asarray(salinity))
    return solve_system(pair, conditions, Solutes(phosphate=jnp.asarray(water.phosphate))).pco2


def split(
    upwelled: Water,
    after_export: Water,
    surface: Water,
    temperatures: tuple[ArrayLike, ArrayLike],
    salinity: ArrayLike,
    xco2: ArrayLike,
) -> tuple[Split, Split]:
    r"""Why the pCO2 of the surface differs from that of the air.

    $$p_{sea} - p_{air} = \underbrace{p(c_{up}, T_{up}) - p_{air}}_{carbon}
      + \underbrace{p(c_{up}, T) - p(c_{up}, T_{up})}_{warming}
      + \underbrace{p(c_{export}, T) - p(c_{up}, T)}_{export}
      + \underbrace{p(c, T) - p(c_{export}, T)}_{exchange}$$

    Warming multiplies pCO2 and the rest adds to it, so the parts depend on the order, and two are given: the water
    warms first, as above, or last. The difference of the two is the interaction.

    Args:
        upwelled: contents that rise.
        after_export: what they would be with the export of the box and no gas exchange.
        surface: contents of the mixed layer.
        temperatures: upwelled and of the surface [degC].
        salinity: practical [1].
        xco2: mole fraction in dry air [mol mol-1].

    Returns:
        the parts, warmed first and warmed last.
    """
    cold, warm = (jnp.asarray(t) for t in temperatures)
    air = jnp.asarray(xco2) * dry_air_pressure(Conditions(warm, jnp.asarray(salinity)))
    path = Water(*(jnp.stack(jnp.broadcast_arrays(*c))[:, None] for c in zip(upwelled, after_export, surface)))
    p = pressure(path, jnp.stack(jnp.broadcast_arrays(cold, warm)), salinity)
    first = Split(p[0, 0] - air, p[0, 1] - p[0, 0], p[1, 1] - p[0, 1], p[2, 1] - p[1, 1])
    last = Split(p[0, 0] - air, p[2, 1] - p[2, 0], p[1, 0] - p[0, 0], p[2, 0] - p[1, 0])
    return first, last
