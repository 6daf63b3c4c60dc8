r"""Weathering of rocks, which takes CO2 from the air and gives alkalinity to the sea, and how it answers to climate.

$$\mathrm{CaCO_3 + CO_2 + H_2O \rightarrow Ca^{2+} + 2\,HCO_3^-}, \qquad
  \mathrm{CaSiO_3 + 2\,CO_2 + H_2O \rightarrow Ca^{2+} + 2\,HCO_3^- + SiO_2}$$

Both give one calcium and two equivalents; silicate takes both of its carbons from the air, carbonate only one. When the
sea buries the calcium as carbonate, carbonate weathering has moved nothing, and silicate weathering one carbon from the
air into the ground: what volcanoes give back.
"""

from typing import Literal

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.errors import InputError, nearest
from shanhai.core.params import par

ZEEBE = "Zeebe (2012), Geosci. Model Dev. 5, 149, parameters of the program LOSCAR"

Feedback = Literal["carbon_dioxide", "temperature", "none"]


class Factors(eqx.Module):
    """How many times as fast as in the reference climate rocks weather [1]."""

    silicate: Array
    carbonate: Array


def by_carbon_dioxide(ratio: ArrayLike, silicate: ArrayLike = 0.2, carbonate: ArrayLike = 0.4) -> Factors:
    r"""Weathering as powers of the CO2 of the air.

    $$f_{si} = \Bigl(\frac{p}{p_0}\Bigr)^{n_{si}}, \qquad f_{cc} = \Bigl(\frac{p}{p_0}\Bigr)^{n_{cc}}$$

    Source: Walker & Kasting (1992), Palaeogeogr. Palaeoclimatol. Palaeoecol. 97, 151, as Zeebe (2012) uses them.

    Args:
        ratio: CO2 over that of the reference [1], any shape.
        silicate: exponent.
        carbonate: exponent.

    >>> f = by_carbon_dioxide(2.0)
    >>> round(float(f.silicate), 3), round(float(f.carbonate), 3)
    (1.149, 1.32)
    """
    p = jnp.asarray(ratio)
    return Factors(p**silicate, p**carbonate)


def by_temperature(warming: ArrayLike) -> Factors:
    r"""Weathering by warming of the air and the runoff that comes with it.

    $$f_{si} = e^{0.09\,\Delta T}\,(1 + 0.038\,\Delta T)^{0.65}, \qquad f_{cc} = 1 + 0.087\,\Delta T$$

    Source: Bergman, Lenton & Watson (2004), Am. J. Sci. 304, 397 (COPSE), after Berner (1994); the effect of plants is
    left out.

    Args:
        warming: ΔT against the reference, global mean at the ground [K], any shape.

    Valid: -11 < ΔT < 20 K; below, the factors would fall under zero, and stay at it.

    >>> f = by_temperature(3.0)
    >>> round(float(f.silicate), 3), round(float(f.carbonate), 3)
    (1.405, 1.261)
    """
    t = jnp.asarray(warming)
    runoff, carbonate = 1.0 + 0.038 * t, 1.0 + 0.087 * t
    wet = runoff > 0
    flow = jnp.where(wet, jnp.where(wet, runoff, 1.0) ** 0.65, 0.0)
    return Factors(jnp.exp(0.09 * t) * flow, jnp.where(carbonate > 0, carbonate, 0.0))


class Weathering(eqx.Module):
    """Fluxes of rocks and volcanoes.

    Args:
        feedback: "carbon_dioxide", "temperature" or "none".
    """

    feedback: Feedback = eqx.field(static=True, default="temperature")
    silicate: Array = par(5.0, "Tmol yr-1", source=ZEEBE, bounds=(0.0, 100.0), meaning="silicate weathering, as Ca")
    carbonate: Array = par(12.0, "Tmol yr-1", source=ZEEBE, bounds=(0.0, 100.0), meaning="carbonate weathering, as Ca")
    degassing: Array = par(5.0, "Tmol yr-1", source=ZEEBE, bounds=(0.0, 100.0), meaning="CO2 from volcanoes")
    co2: Array = par(280.0, "umol mol-1", source=ZEEBE, bounds=(10.0, 10000.0), meaning="CO2 of the reference climate")
    silicate_power: Array = par(0.2, "1", source=ZEEBE, bounds=(0.0, 2.0), meaning="exponent of CO2")
    carbonate_power: Array = par(0.4, "1", source=ZEEBE, bounds=(0.0, 2.0), meaning="exponent of CO2")
    sensitivity: Array = par(3.0, "K", source=ZEEBE, bounds=(0.0, 12.0), meaning="warming by twice the CO2")

    def warming(self, xco2: Array) -> Array:
        r"""Warming in equilibrium with the air, $\Delta T = s\,\log_2 (p/p_0)$ [K]."""
        return self.sensitivity * jnp.log2(xco2 / (1e-6 * self.co2))

    def factors(self, xco2: Array) -> Factors:
        """Factors on silicate and carbonate weathering under a mole fraction of CO2 [mol mol-1].

        Raises:
            InputError: for a feedback that is not there.
        """
        if self.feedback == "temperature":
            return by_temperature(self.warming(xco2))
        if self.feedback == "carbon_dioxide":
            return by_carbon_dioxide(xco2 / (1e-6 * self.co2), self.silicate_power, self.carbonate_power)
        if self.feedback == "none":
            return Factors(jnp.ones_like(xco2), jnp.ones_like(xco2))
        known = ("carbon_dioxide", "temperature", "none")
        raise InputError(f"there is no feedback {self.feedback!r}; {nearest(self.feedback, known)}", where="weathering")
