r"""Biological fixation of nitrogen, paid in carbon.

$$\mathrm{N_2 \to 2\,NH_3}, \qquad \mathrm{cost} = s\,\bigl(2 - e^{a + b\,t\,(1 - t/t_e)}\bigr)$$

The cost per nitrogen falls from almost 2 s in the cold to its only minimum at t = t_e/2 and rises again.
"""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import ATOMIC_MASS, ZERO_CELSIUS
from shanhai.core.params import par
from shanhai.core.reactions import Coefficient, Law, Reaction

_FUN = "Brzostek et al. (2014), J. Geophys. Res. Biogeosci. 119, 1684 (FUN), and CLM"


class FixationCost(eqx.Module):
    """Carbon that fixers are paid per nitrogen.

    The sign of s differs between codes: CLM writes s (e^... - 2) with s = -6, here it is s (2 - e^...) with s > 0. One
    convention with the number of the other pays fixers for taking nitrogen away. Some CLM code has s / (1.25 e^...).
    """

    scale: Array = par(
        30.0,
        "g g-1",
        source="Brzostek et al. (2014), J. Geophys. Res. Biogeosci. 119, 1684; 6 in CLM",
        bounds=(0.1, 200.0),
        meaning="s, carbon per nitrogen, by mass",
    )
    offset: Array = par(-3.62, "1", source=_FUN, bounds=(-10.0, 0.0), meaning="a")
    slope: Array = par(0.27, "K-1", source=_FUN, bounds=(0.0, 1.0), meaning="b")
    equal: Array = par(50.28, "K", source=_FUN, bounds=(10.0, 100.0), meaning="t_e, with the cost of 0 degC above it")

    def by_mass(self, temperature: ArrayLike) -> Array:
        """Carbon per nitrogen [gC gN-1] at the temperature of the soil [K], any shape.

        Valid: 0 to 50 degC; positive wherever a + b t_e/4 < ln 2, as with these numbers.

        >>> [round(float(c), 3) for c in FixationCost().by_mass(jnp.array([273.15, 298.29, 323.43]))]
        [59.197, 36.071, 59.197]
        """
        t = jnp.asarray(temperature, float) - ZERO_CELSIUS
        return self.scale * (2.0 - jnp.exp(self.offset + self.slope * t * (1.0 - t / self.equal)))

    def molar(self, temperature: ArrayLike) -> Array:
        """Carbon per nitrogen [molC molN-1] at the temperature of the soil [K], any shape.

        >>> round(float(FixationCost().molar(298.29)), 2)
        42.07
        """
        return self.by_mass(temperature) * (ATOMIC_MASS["N"] / ATOMIC_MASS["C"])


class _PerCarbon(eqx.Module):
    """Nitrogen fixed, or taken from the air, by one unit of carbon."""

    cost: Coefficient
    sign: float = eqx.field(static=True)

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        cost = self.cost(x, environment) if callable(self.cost) else jnp.asarray(self.cost, float)
        return self.sign / cost


def fixation(
    law: Law,
    cost: Coefficient,
    *,
    carbon: str,
    to: str = "co2",
    nitrogen: str = "ammonium",
    account: str = "dinitrogen",
) -> tuple[Reaction, ...]:
    """Fixation of nitrogen by what carbon pays for it; all of the carbon is respired.

    Args:
        law: carbon spent [mol m-3 s-1].
        cost: carbon per nitrogen [mol mol-1], positive; a number or a function of (amounts, environment), frozen during
            a step, such as `lambda x, e: FixationCost().molar(e["temperature"])`.
        carbon: species that is spent.
        to: species of CO2.
        nitrogen: species that is fed, in moles of N.
        account: of the nitrogen of the air, in moles of N.

    >>> from shanhai.core.first_order import FirstOrder
    >>> (r,) = fixation(FirstOrder("sugar", 1e-6), 40.0, carbon="sugar")
    >>> {name: float(c(None, None)) if callable(c) else c for name, c in r.moves}
    {'ammonium': 0.025, 'co2': 1.0, 'dinitrogen': -0.025, 'sugar': -1.0}
    """
    moves: dict[str, Coefficient] = {carbon: -1.0, to: 1.0}
    moves |= {nitrogen: _PerCarbon(cost, 1.0), account: _PerCarbon(cost, -1.0)}
    return (Reaction("nitrogen fixation", law, moves, "nitrogen of the air for carbon"),)
