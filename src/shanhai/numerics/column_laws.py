"""Closures, face fluxes and boundaries that many columns share."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from shanhai.numerics.column_balance import Levels
from shanhai.numerics.safe import ratio
from shanhai.numerics.tridiagonal import plus, times


class Line(eqx.Module):
    """A boundary flux that is a straight line of the potential at the edge, value + slope * potential.

    Args:
        value: flux at zero potential, (cells...), or of the structure of a potential of several unknowns.
        slope: its derivative, (cells...), or a tuple of rows of them.

    >>> through_half_a_level = Line(value=5.0 * 280.0, slope=-5.0)
    >>> float(through_half_a_level(Levels(amount=0.0, potential=281.0)))
    -5.0
    """

    value: Any
    slope: Any

    def __call__(self, edge: Levels) -> Any:
        """Flux into or out of the level at the edge, positive downward."""
        potentials, structure = jax.tree.flatten(edge.potential)
        rows = self.slope if isinstance(self.slope, tuple) else ((self.slope,),)
        flux = plus(tuple(jax.tree.leaves(self.value)), times(rows, tuple(potentials)))
        return jax.tree.unflatten(structure, flux)


class LinearStore(eqx.Module):
    """The closure of a constant capacity: potential = amount / capacity; the unknown is the amount.

    Args:
        capacity: amount per potential, positive, (level, cells...).
    """

    capacity: Array

    def __call__(self, amount: Array) -> Levels:
        """Amount and potential."""
        return Levels(amount, amount / self.capacity)


class Conduction(eqx.Module):
    """Flux down the difference of potential, conductance * (above - below).

    Args:
        conductance: of the n - 1 inner faces, not negative, (level - 1, cells...).
    """

    conductance: Array

    def __call__(self, above: Levels, below: Levels) -> Array:
        """Flux through the inner faces."""
        return self.conductance * (above.potential - below.potential)


class AdvectionConduction(eqx.Module):
    r"""Flux of a drift with diffusion, exact for a constant flux between two centres.

    $$F = v^{+} c_a + v^{-} c_b + g\,\beta\!\left(\tfrac{|v|}{g}\right)(c_a - c_b), \quad \beta(p) = \frac{p}{e^p - 1}$$

    Upwind where the drift wins, centred where diffusion does, and never oscillating. Source: Scharfetter & Gummel
    (1969), IEEE Trans. Electron Devices 16, 64, eq. 2 in the form of Patankar (1980), section 5.2-4.

    Args:
        conductance: diffusivity over distance g, not negative, (level - 1, cells...).
        velocity: drift v, positive downward, (level - 1, cells...).
    """

    conductance: Array
    velocity: Array

    def __call__(self, above: Levels, below: Levels) -> Array:
        """Flux through the inner faces."""
        speed = jnp.abs(self.velocity)
        down, up = 0.5 * (self.velocity + speed), 0.5 * (self.velocity - speed)
        mixing = self.conductance * _share_of_diffusion(speed, self.conductance)
        return down * above.potential + up * below.potential + mixing * (above.potential - below.potential)


MOST_PECLET = 500.0
"""Beyond it exp(-p) matters no more and exp(p) may overflow when squared."""


def _share_of_diffusion(speed: Array, conductance: Array) -> Array:
    """p / (exp p - 1), p = speed / conductance; series at small p."""
    mixes = speed < MOST_PECLET * conductance
    peclet = jnp.where(mixes, ratio(speed, conductance, 0.0), MOST_PECLET)
    small = peclet < 1e-4
    apart = jnp.where(small, 1.0, jnp.where(mixes, peclet, 1.0))
    series = 1.0 - 0.5 * peclet + peclet * peclet / 12.0
    return jnp.where(small, series, jnp.where(mixes, apart / jnp.expm1(apart), 0.0))
