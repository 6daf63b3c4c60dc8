r"""Nitrification: microbes take electrons from ammonium and give them to oxygen.

$$\mathrm{NH_4^+ + 2\,O_2 \to NO_3^- + H_2O + 2\,H^+}$$

A share of the nitrogen leaks as N2O, and NO. Species may count *electrons*, those that a unit gives when oxidised as
far as nitrate, CO2 and water: then a network checks that what is oxidised is matched by what is reduced, as it checks
elements. Two kinds of rate: of first order with empirical factors, and limited by the ammonium and oxygen there are.
"""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.coefficients import Fixed, evaluated
from shanhai.core.params import par
from shanhai.core.reactions import Coefficient, Law, Reaction, Species

ELECTRONS = {
    "ammonium": 8.0,
    "nitrate": 0.0,
    "nitrite": 2.0,
    "nitric_oxide": 3.0,
    "nitrous_oxide": 4.0,
    "dinitrogen": 5.0,
}
"""Electrons per atom of nitrogen above nitrate; organic carbon CH2O has 4 above CO2, oxygen takes 4."""


def mineral_nitrogen(
    *names: str, electrons: bool = False, external: tuple[str, ...] = (), unit: str = "mol m-3"
) -> tuple[Species, ...]:
    """Species of mineral nitrogen, in moles of N.

    Args:
        names: of `ELECTRONS`; none for all.
        electrons: whether they count electrons, and so do the donors and oxygen of the network.
        external: those that are accounts of the air.
        unit: of the amounts.

    >>> [s.name for s in mineral_nitrogen()][:3]
    ['ammonium', 'nitrate', 'nitrite']
    """
    return tuple(
        Species(n, {"N": 1.0} | ({"electrons": ELECTRONS[n]} if electrons else {}), n in external, unit)
        for n in names or ELECTRONS
    )


class Monod(eqx.Module):
    r"""Rate that several needs limit and several species hinder,
    $V \prod_i \frac{x_i}{K_i + x_i} \prod_j \frac{K_j}{K_j + x_j}$.

    Args:
        speed: V [mol m-3 s-1], a number or a function of (amounts, environment).
        needs: species -> half-saturation, in the unit of its amount; a number or a function likewise.
        hindered_by: species -> amount that halves the rate, likewise.

    >>> law = Monod(2.0, {"nitrate": 0.1}, {"oxygen": 0.01})
    >>> round(float(law({"nitrate": jnp.array(0.1), "oxygen": jnp.array(0.03)}, None)), 12)
    0.25
    """

    speed: Coefficient
    needs: Mapping[str, Coefficient | Array]
    hindered_by: Mapping[str, Coefficient | Array] = eqx.field(default_factory=dict)

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        """Rate at a state."""
        rate = evaluated(self.speed, x, environment)
        for name, half in self.needs.items():
            rate = rate * x[name] / (evaluated(half, x, environment) + x[name])
        for name, half in self.hindered_by.items():
            k = evaluated(half, x, environment)
            rate = rate * k / (k + x[name])
        return rate


def ph_factor(ph: ArrayLike) -> Array:
    r"""Nitrification at a pH over that of the best.

    $$f = 0.56 + \frac{1}{\pi} \arctan\bigl(0.45\,\pi\,(\mathrm{pH} - 5)\bigr)$$

    Source: Parton et al. (1996), Global Biogeochem. Cycles 10, 401, as in CTSM, where pH is 6.5 everywhere for want of
    data.

    Args:
        ph: of the soil [1], any shape.

    Returns:
        factor [1], from 0.06 to 1.06.

    >>> [round(float(f), 3) for f in ph_factor(jnp.array([4.0, 5.0, 6.5]))]
    [0.256, 0.56, 0.92]
    """
    return 0.56 + jnp.arctan(0.45 * jnp.pi * (jnp.asarray(ph, float) - 5.0)) / jnp.pi


class Nitrification(eqx.Module):
    """Numbers of nitrification."""

    rate: Array = par(
        0.1 / 86400.0,
        "s-1",
        source="Parton et al. (2001), J. Geophys. Res. 106, 17403: 0.1 per day",
        bounds=(0.0, 1e-4),
        meaning="of ammonium where nothing limits",
    )
    nitrous_oxide: Array = par(
        6e-4,
        "1",
        source="Li et al. (2000), as in CLM; Parton et al. (2001): 0.02",
        bounds=(0.0, 0.1),
        meaning="N2O share",
    )
    nitric_oxide: Array = par(
        0.0, "1", source="unverified; none in CLM", bounds=(0.0, 0.1), meaning="NO share of what is nitrified"
    )
    ammonium: Array = par(
        1.2 / 14.007,
        "mol m-3",
        source="MEND, half-saturation 0.0012 mgN cm-3 of its published set-up",
        bounds=(1e-5, 10.0),
        meaning="half-saturation of ammonium",
    )
    oxygen: Array = par(
        0.01, "mol m-3", source="unverified", bounds=(1e-5, 1.0), meaning="half-saturation of oxygen at the microsite"
    )

    def rate_constant(
        self,
        temperature_factor: ArrayLike = 1.0,
        water_factor: ArrayLike = 1.0,
        ph: ArrayLike = 6.5,
        anoxic: ArrayLike = 0.0,
    ) -> Array:
        r"""Rate constant of ammonium with empirical factors, $k\,f_T\,f_W\,f_{pH}\,(1 - f_{an})$ [s-1].

        Source: Parton et al. (1996, 2001), as in CTSM.

        Args:
            temperature_factor: f_T [1], any shape.
            water_factor: f_W [1].
            ph: of the soil [1].
            anoxic: part of the soil without oxygen [1].

        >>> round(float(Nitrification().rate_constant(anoxic=0.5)) * 86400.0, 4)
        0.046
        """
        oxic = 1.0 - jnp.asarray(anoxic)
        return self.rate * temperature_factor * water_factor * ph_factor(ph) * oxic

    def kinetics(self, speed: Coefficient) -> Monod:
        """Rate that ammonium and oxygen limit.

        Args:
            speed: V [mol m-3 s-1], a number or a function of (amounts, environment).
        """
        return Monod(speed, {"ammonium": self.ammonium, "oxygen": self.oxygen})


def reactions(
    law: Law,
    numbers: Nitrification | None = None,
    *,
    oxygen: bool = False,
    leaks: Mapping[str, Coefficient] | None = None,
) -> tuple[Reaction, ...]:
    r"""Nitrification of ammonium to nitrate, with the shares s that leak as N2O and NO.

    $$\mathrm{NH_4} + \Bigl(2 - s_{N_2O} - \tfrac34 s_{NO}\Bigr) \mathrm{O_2}
      \to (1 - s_{N_2O} - s_{NO})\,\mathrm{NO_3} + s_{N_2O}\,\mathrm{N_2O} + s_{NO}\,\mathrm{NO}$$

    Args:
        law: rate of ammonium [mol m-3 s-1], `FirstOrder("ammonium", k)` or `Nitrification().kinetics(speed)`.
        numbers: shares; default ones if not given.
        oxygen: whether the network has a species "oxygen" that it takes.
        leaks: shares in the place of those of the numbers, each a number or a function of (amounts, environment).

    >>> from shanhai.core.first_order import FirstOrder
    >>> from shanhai.core.reactions import Network
    >>> nitrogen = mineral_nitrogen("ammonium", "nitrate", "nitrous_oxide", "nitric_oxide")
    >>> network = Network(nitrogen, reactions(FirstOrder("ammonium", 1e-6)))
    >>> [round(float(v), 4) for v in network.tendency(jnp.array([1.0, 0.0, 0.0, 0.0])) * 1e6]
    [-1.0, 0.9994, 0.0006, 0.0]
    """
    given = numbers or Nitrification()
    known: Mapping[str, Coefficient] = leaks or {
        "nitrous_oxide": Fixed(given.nitrous_oxide),
        "nitric_oxide": Fixed(given.nitric_oxide),
    }
    makes: dict[str, Coefficient] = {"ammonium": -1.0, **known}
    makes["nitrate"] = _Rest(1.0, tuple((name, 1.0) for name in known), known)
    if oxygen:
        electrons = ELECTRONS["ammonium"] / 4.0
        makes["oxygen"] = _Rest(-electrons, tuple((name, -ELECTRONS[name] / 4.0) for name in known), known)
    return (Reaction("nitrification", law, makes, "ammonium to nitrate, with leaks of N2O and NO"),)


class _Rest(eqx.Module):
    """A coefficient less what shares take of it."""

    whole: float = eqx.field(static=True)
    each: tuple[tuple[str, float], ...] = eqx.field(static=True)
    shares: Mapping[str, Coefficient]

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        taken = [part * evaluated(self.shares[name], x, environment) for name, part in self.each]
        return self.whole - jnp.stack(jnp.broadcast_arrays(*taken)).sum(axis=0)
