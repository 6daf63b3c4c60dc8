r"""The pulse after rain on dry soil: cells burst, aggregates open, sleepers wake. Thaw does the same.

$$\text{lysis:}\;\; \chi\,B_a \left(\frac{d\psi}{dt}\right)_{\!+}, \qquad
  \text{exposure:}\;\; k_A\,A \left(\frac{d\theta}{dt}\right)_{\!+}, \qquad
  \text{revival:}\;\; \alpha\,B_d\,f_{D\to A}(\psi)\,\phi(S)$$

A part of what bursts is respired at once, the rest and what aggregates held becomes substrate; revival is that of
`dormancy`. Both rates are of first order in what they take, and linear in the speed of wetting, so that what is
released over a wetting follows from its size and not from how long it takes nor from the steps of the model:

$$\frac{\Delta B_a}{B_a} = 1 - e^{-\chi\,\Delta\psi}, \qquad \frac{\Delta A}{A} = 1 - e^{-k_A\,\Delta\theta}$$

The positive parts have a declared width, a speed of wetting below which cells have the time to get rid of their
osmolytes; faster than 6.5 widths they are exact to rounding.

Frozen soil is dry soil: what water is left is held at the potential $\rho L\,(T - T_0)/T_0$, -1.2 MPa for each kelvin
of frost, so that its thaw is a wetting by the same reactions.

Source: the three mechanisms after Birch (1958), Plant Soil 10, 9, Kieft, Soroker & Firestone (1987), Soil Biol.
Biochem. 19, 119, and Schimel (2018), Annu. Rev. Ecol. Evol. Syst. 49, 409; rates in proportion to the speed of wetting
are this project's form of them.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import SECONDS_PER_DAY, ZERO_CELSIUS
from shanhai.core.first_order import FirstOrder
from shanhai.core.params import par
from shanhai.core.reactions import Reaction, Species
from shanhai.core.routing import Pool, routed
from shanhai.numerics.smooth import smooth_positive

FROST = 999.84 * 333_426.5 / ZERO_CELSIUS  # Pa K-1: density of water at 0 degC times heat of fusion (TEOS-10) over T0


class Wetting(NamedTuple):
    """What the laws read from the environment; any other environment with these names will do.

    Args:
        potential: matric potential ψ over the step [Pa], negative.
        potential_rate: dψ/dt [Pa s-1], positive when it gets wetter.
        water_rate: dθ/dt of liquid water [m3 m-3 s-1].
    """

    potential: ArrayLike
    potential_rate: ArrayLike
    water_rate: ArrayLike


def wetting(
    potential_before: ArrayLike,
    potential: ArrayLike,
    water_before: ArrayLike,
    water: ArrayLike,
    duration: ArrayLike,
) -> Wetting:
    r"""Speeds of wetting over a step from what was and what is, with the potential at its end.

    $$\frac{d\psi}{dt} = \frac{\psi - \psi_0}{\Delta t}, \qquad
      \frac{d\theta}{dt} = \frac{\theta - \theta_0}{\Delta t}$$

    Args:
        potential_before: ψ at the start of the step [Pa], any shape.
        potential: ψ at the end; what switches see during the step.
        water_before: liquid water at the start [m3 m-3].
        water: liquid water at the end.
        duration: length of the step [s], positive.

    >>> rain = wetting(-5e6, -1e4, 0.05, 0.35, 3600.0)
    >>> round(float(rain.potential_rate), 1), f"{float(rain.water_rate):.2e}"
    (1386.1, '8.33e-05')
    """
    rise = (jnp.asarray(potential) - potential_before) / duration
    return Wetting(jnp.asarray(potential), rise, (jnp.asarray(water) - water_before) / duration)


def liquid_potential(potential: ArrayLike, temperature: ArrayLike, width: ArrayLike = 0.0) -> Array:
    r"""Potential of the liquid water of a soil that may be frozen: the drier of that of the soil and that of frost.

    $$\psi_l = \min\left(\psi,\; \rho L\,\frac{T - T_0}{T_0}\right)$$

    Source: the generalised Clapeyron equation, as in Dall'Amico et al. (2011), Cryosphere 5, 469.

    Args:
        potential: ψ of the soil as if nothing were frozen [Pa], negative, any shape.
        temperature: T [K].
        width: of the corner [Pa], 0 for the exact minimum.

    >>> [round(float(liquid_potential(-1e4, 273.15 + t)) / 1e6, 3) for t in (5.0, 0.0, -1.0, -5.0)]
    [-0.01, -0.01, -1.22, -6.102]
    """
    frost = FROST * (jnp.asarray(temperature) - ZERO_CELSIUS)
    return jnp.asarray(potential) - smooth_positive(jnp.asarray(potential) - frost, width)


def released_fraction(rise: ArrayLike, susceptibility: ArrayLike) -> Array:
    r"""Part of a pool that a wetting releases, $1 - e^{-\chi\,\max(\Delta\psi, 0)}$.

    Source: the integral of the rates in the head of this file.

    Args:
        rise: Δψ [Pa], or Δθ [m3 m-3] for aggregates, any shape.
        susceptibility: χ [Pa-1], or k_A [1].

    >>> [round(float(released_fraction(p, Birch().lysis)), 2) for p in (-1e6, 2.8e6, 6.9e6)]
    [0.0, 0.24, 0.5]
    """
    return -jnp.expm1(-jnp.asarray(susceptibility) * smooth_positive(rise, 0.0))


class Birch(eqx.Module):
    """Numbers of lysis and exposure."""

    lysis: Array = par(
        1e-7,
        "Pa-1",
        source="0.24 and 0.50 of biomass at wettings from -2.8 and -6.9 MPa, within the 17 to 70 % of Kieft, Soroker & "
        "Firestone (1987), Soil Biol. Biochem. 19, 119",
        bounds=(0.0, 1e-5),
        meaning="part of active microbes that burst for each pascal that the potential rises",
    )
    respired: Array = par(
        0.1, "1", source="choice; unverified", bounds=(0.0, 1.0), meaning="part of the burst carbon respired at once"
    )
    exposure: Array = par(
        0.5,
        "1",
        source="choice; unverified",
        bounds=(0.0, 10.0),
        meaning="part of the matter in aggregates that is exposed for each unit of water content gained",
    )
    slow_rise: Array = par(
        1e5 / SECONDS_PER_DAY,
        "Pa s-1",
        source="choice, 0.1 MPa d-1; unverified",
        bounds=(0.0, 100.0),
        meaning="speed of the potential below which cells do not burst, width of the positive part",
    )
    slow_gain: Array = par(
        0.01 / SECONDS_PER_DAY,
        "s-1",
        source="choice, 0.01 m3 m-3 d-1; unverified",
        bounds=(0.0, 1e-3),
        meaning="speed of wetting below which aggregates stay closed, width of the positive part",
    )


class _Burst(eqx.Module):
    birch: Birch

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        return self.birch.lysis * smooth_positive(environment.potential_rate, self.birch.slow_rise)


class _NotRespired(eqx.Module):
    birch: Birch

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        return 1.0 - self.birch.respired


class _Opened(eqx.Module):
    birch: Birch

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        return self.birch.exposure * smooth_positive(environment.water_rate, self.birch.slow_gain)


def lysis(birch: Birch, active: Pool, substrate: Pool, slots: Mapping[str, Species]) -> Reaction:
    r"""Cells that burst as the potential rises.

    $$r = \chi\,B_a\left(\frac{d\psi}{dt}\right)_{\!+}$$

    Source: Kieft, Soroker & Firestone (1987), Soil Biol. Biochem. 19, 119, for what bursts.

    Args:
        birch: numbers.
        active: species of the active microbes, carbon first.
        substrate: species that take all but what is respired, with the same elements.
        slots: "C" -> CO2, and element -> mineral species, which take what goes with the carbon respired.

    The environment has `potential_rate`; see `Wetting`.

    >>> from shanhai.core.reactions import Network
    >>> pools = [Species("active", {"C": 1.0}), Species("food", {"C": 1.0}), Species("co2", {"C": 1.0}, external=True)]
    >>> rain = Wetting(-1e4, 5e6, 0.3)
    >>> network = Network(pools, (lysis(Birch(), pools[:1], pools[1:2], {"C": pools[2]}),), rain)
    >>> network.tendency(jnp.array([1.0, 0.0, 0.0]), rain).round(3).tolist()
    [-0.5, 0.45, 0.05]
    """
    law, kept = FirstOrder(active[0].name, _Burst(birch)), {tuple(substrate): _NotRespired(birch)}
    return routed(f"lysis: {active[0].name}", law, tuple(active), kept, slots, meaning="Kieft et al. (1987)")


def exposure(birch: Birch, aggregates: Pool, substrate: Pool) -> Reaction:
    r"""Matter of aggregates that is exposed as they take up water.

    $$r = k_A\,A\left(\frac{d\theta}{dt}\right)_{\!+}$$

    Source: slaking as in Schimel (2018), Annu. Rev. Ecol. Evol. Syst. 49, 409; the rate is this project's.

    Args:
        birch: numbers.
        aggregates: species of the matter in aggregates, carbon first.
        substrate: species that take it, with the same elements.

    The environment has `water_rate`; see `Wetting`.

    >>> from shanhai.core.reactions import Network
    >>> pools = [Species("aggregates", {"C": 1.0}), Species("food", {"C": 1.0})]
    >>> rain = Wetting(-1e4, 5e6, 0.3)
    >>> network = Network(pools, (exposure(Birch(), pools[:1], pools[1:]),), rain)
    >>> network.tendency(jnp.array([1.0, 0.0]), rain).round(3).tolist()
    [-0.15, 0.15]
    """
    law = FirstOrder(aggregates[0].name, _Opened(birch))
    name = f"exposure: {aggregates[0].name}"
    return routed(name, law, tuple(aggregates), {tuple(substrate): 1.0}, {}, meaning="slaking")
