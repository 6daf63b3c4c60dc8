r"""Calcium carbonate on the sea floor: kept above the compensation depth, dissolved below, eroded when it rises.

Rain F falls on all depths alike. At depth z bottom water dissolves up to $k\,(C_{sat}(z) - C)$, so that carbonate is
kept where the carbonate ion of the deep sea exceeds

$$C_{cc}(z) = C_{sat}(z) - F/k, \qquad C_{sat}(z) = K_{sp}(z)/[\mathrm{Ca}]$$

The deep sea is not of one piece: with a spread s of its carbonate ion the part $\sigma((C - C_{cc})/s)$ of the floor at
z keeps what falls on it, and where there is carbonate from before $k\,s\,\ln(1 + e^{(C_{cc} - C)/s})$ of it dissolves.
Sediment holds a mixed layer of I per area down to the snow line; below it there is none to dissolve.

Source: Boudreau, Middelburg & Meysman (2010), Geophys. Res. Lett. 37, L03603, and Boudreau et al. (2010), Global
Biogeochem. Cycles 24, GB4010, for k, compensation and snow line; the spread is ours.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.params import par
from shanhai.ocean.boxes import DENSITY
from shanhai.seawater.constants import ConstantOptions, equilibrium_constants

BOUDREAU = "Boudreau et al. (2010), as the program ESBMTK"

DEPTHS = np.arange(0.0, 7001.0, 1000.0)
SHALLOWER = np.array([0.0, 12.18, 16.37, 24.53, 46.93, 80.20, 99.43, 100.0])
"""Hypsometry: depth [m] and percent of the floor above it, of a global relief of five minutes (tables of S. Dutch,
University of Wisconsin - Green Bay); what lies deeper than 7 km, 0.1 percent, is left out."""

LEVELS = 28
GRAVITY = 9.81  # m s-2


class Deposit(NamedTuple):
    """Carbonate on the whole floor [mol s-1].

    Args:
        buried: under the mixed layer, for good.
        spreading: where there was none.
        eroded: dissolved out of the mixed layer.
    """

    buried: Array
    spreading: Array
    eroded: Array


class SeaFloor(eqx.Module):
    """The floor of the sea and what becomes of carbonate there."""

    area: Array = par(3.49e14, "m2", source="Toggweiler (1999)", bounds=(1e13, 1e15), meaning="of the floor")
    dissolution: Array = par(8.84, "m yr-1", source=BOUDREAU, bounds=(0.01, 1000.0), meaning="velocity of dissolution")
    mixed_layer: Array = par(
        529.0, "mol m-2", source=BOUDREAU, bounds=(1.0, 1e5), meaning="carbonate that can dissolve"
    )
    spread: Array = par(
        5.0, "umol kg-1", source="choice, a part of the contrast of the oceans; unverified", bounds=(0.1, 50.0),
        meaning="spread of the carbonate ion at one depth",
    )  # fmt: skip
    temperature: Array = par(2.0, "degC", source="choice", bounds=(-2.0, 20.0), meaning="of the bottom water")
    salinity: Array = par(35.0, "1", source="choice", bounds=(5.0, 45.0), meaning="of the bottom water")

    def levels(self) -> tuple[Array, Array]:
        """Depth of the middle of each level [m], and the part of the floor above its upper edge [1]."""
        edges = np.linspace(0.0, DEPTHS[-1], LEVELS + 1)
        return jnp.asarray(0.5 * (edges[1:] + edges[:-1])), jnp.asarray(np.interp(edges, DEPTHS, SHALLOWER) / 100.0)

    def solubility(self, options: ConstantOptions = ConstantOptions()) -> Array:
        """Solubility product of calcite at every level [mol2 kg-2], (level,)."""
        pressure = DENSITY * GRAVITY * self.levels()[0]
        return equilibrium_constants(self.temperature, self.salinity, pressure, options).ksp_calcite

    def deposit(self, rain: Array, carbonate: Array, calcium: Array, sediment: Array, solubility: Array) -> Deposit:
        """What becomes of the rain and of the sediment.

        Args:
            rain: carbonate that reaches the floor [mol s-1], (...).
            carbonate: carbonate ion of the deep sea [mol kg-1].
            calcium: its calcium [mol kg-1].
            sediment: carbonate of the mixed layer [mol].
            solubility: from `solubility`, (level,).

        >>> floor = SeaFloor()
        >>> made = floor.deposit(jnp.array(7e5), jnp.array(90e-6), jnp.array(0.0103), jnp.array(1.3e17),
        ...                      floor.solubility())
        >>> bool(made.buried + made.spreading < 7e5)
        True
        """
        upper = self.levels()[1].reshape(-1, *(1,) * jnp.ndim(carbonate))
        share = upper[1:] - upper[:-1]
        fall = rain / self.area
        speed = DENSITY * self.dissolution / JULIAN_YEAR
        at = solubility.reshape(share.shape) / calcium - fall / speed
        excess = (carbonate - at) / (1e-6 * self.spread)
        kept = fall * jax.nn.sigmoid(excess)
        eroded = speed * 1e-6 * self.spread * jax.nn.softplus(-excess)
        snow = sediment / (self.mixed_layer * self.area)
        covered = jnp.clip((snow - upper[:-1]) / share, 0.0, 1.0)
        total = (kept * covered, kept * (1.0 - covered), eroded * covered)
        return Deposit(*(self.area * jnp.sum(share * part, axis=0) for part in total))

    def snow_line(self, sediment: Array) -> Array:
        """Depth down to which the floor holds carbonate [m]."""
        return jnp.interp(sediment / (self.mixed_layer * self.area), SHALLOWER / 100.0, DEPTHS)
