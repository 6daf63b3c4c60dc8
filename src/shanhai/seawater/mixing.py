r"""Two waters mixed: what is conserved goes by mass, and pCO2, pH and saturation do not.

A kilogram of the mixture holds (1 - x) kg of the first water and x kg of the second. Carbon, alkalinity, salt,
nutrients and potential enthalpy are conserved; the carbonate system and the temperature follow from them.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.seawater.co2system.acids import OrganicAcid, Solutes
from shanhai.seawater.co2system.given import solve_system
from shanhai.seawater.co2system.system import CarbonateSystem, Conditions
from shanhai.seawater.constants import ConstantOptions, Totals, totals
from shanhai.seawater.teos10 import absolute_salinity, conservative_temperature

NEWTON_STEPS = 4


class WaterMass(NamedTuple):
    """A water by what it conserves.

    Args:
        temperature: at the surface, or potential [degC].
        salinity: practical [1].
        dic: dissolved inorganic carbon [mol kg-1].
        alkalinity: total alkalinity [mol kg-1].
        solutes: acids that salinity does not give.
        concentrations: borate, sulfate, fluoride and calcium; from the salinity when absent, which is wrong for the
            calcium and sulfate of rivers.
    """

    temperature: ArrayLike
    salinity: ArrayLike
    dic: ArrayLike
    alkalinity: ArrayLike
    solutes: Solutes = Solutes()
    concentrations: Totals | None = None


def mixed(
    first: WaterMass, second: WaterMass, fraction: ArrayLike, options: ConstantOptions = ConstantOptions()
) -> WaterMass:
    r"""Mixture of two waters, by mass.

    $$c = (1 - x)\,c_1 + x\,c_2$$

    for salinity, DIC, alkalinity, every total, and Conservative Temperature, which is potential enthalpy: the heat
    capacity varies with temperature and salinity as in TEOS-10, and the heat of mixing salt and fresh water is counted.
    An organic acid of each water stays an acid of the mixture, diluted by the other.

    Source: conservation; enthalpy IOC et al. (2010), TEOS-10, eq. 3.3.1.

    Args:
        first: water at x = 0.
        second: water at x = 1.
        fraction: mass fraction x of the second [1], broadcastable.
        options: fits for the totals that follow from salinity.

    Returns:
        the mixture, with all totals given.

    Valid: -6 to 40 degC, practical salinity 0-42.

    >>> river = WaterMass(20.0, 0.0, 1200e-6, 1150e-6)
    >>> sea = WaterMass(10.0, 35.0, 2050e-6, 2300e-6)
    >>> half = mixed(river, sea, 0.5)
    >>> round(float(half.dic) * 1e6, 6), round(float(half.temperature), 3)
    (1625.0, 15.105)
    """
    x = jnp.asarray(fraction)

    def blend(one: ArrayLike, other: ArrayLike) -> Array:
        return (1.0 - x) * jnp.asarray(one) + x * jnp.asarray(other)

    salinity = blend(first.salinity, second.salinity)
    theta = blend(*(_theta(water.temperature, water.salinity) for water in (first, second)))
    start = blend(first.temperature, second.temperature)
    amounts = [_totals(water, options) for water in (first, second)]
    return WaterMass(
        _temperature(theta, salinity, start),
        salinity,
        blend(first.dic, second.dic),
        blend(first.alkalinity, second.alkalinity),
        _solutes(first.solutes, second.solutes, x, blend),
        Totals(*(blend(one, other) for one, other in zip(*amounts, strict=True))),
    )


def mixture(
    first: WaterMass,
    second: WaterMass,
    fraction: ArrayLike,
    pressure: ArrayLike | None = None,
    options: ConstantOptions = ConstantOptions(carbonic="blend"),
) -> CarbonateSystem:
    r"""Carbonate system of a mixture, solved from its DIC and alkalinity.

    Args:
        first: water at fraction 0.
        second: water at fraction 1.
        fraction: mass fraction of the second [1], broadcastable.
        pressure: sea pressure [Pa]; the surface when absent.
        options: names of the fits; the default has constants from fresh water to the sea.

    Returns:
        the solved system along the fractions.

    >>> river = WaterMass(20.0, 0.0, 1200e-6, 1150e-6)
    >>> sea = WaterMass(20.0, 35.0, 2050e-6, 2300e-6)
    >>> along = mixture(river, sea, jnp.array([0.0, 0.2, 1.0]))
    >>> [round(float(ph), 2) for ph in along.ph_total]
    [7.72, 7.81, 8.03]
    """
    water = mixed(first, second, fraction, options)
    shape = jnp.shape(water.temperature)
    at = Conditions(
        jnp.asarray(water.temperature),
        jnp.broadcast_to(water.salinity, shape),
        None if pressure is None else jnp.asarray(pressure),
    )
    pair = {"dic": jnp.asarray(water.dic), "alkalinity": jnp.asarray(water.alkalinity)}
    return solve_system(pair, at, water.solutes, options, concentrations=water.concentrations)


def departure(
    quantity: Callable[[CarbonateSystem], Array],
    first: WaterMass,
    second: WaterMass,
    fraction: ArrayLike,
    pressure: ArrayLike | None = None,
    options: ConstantOptions = ConstantOptions(carbonic="blend"),
) -> Array:
    r"""How far a quantity of the mixture lies from the straight line between its two waters.

    $$\delta q = q(x) - \left[(1 - x)\,q(0) + x\,q(1)\right]$$

    Zero for what is conserved. It is the error made when measured pCO2, pH or saturation states are averaged.

    Args:
        quantity: of a solved system, as `lambda system: system.pco2`.
        first: water at fraction 0.
        second: water at fraction 1.
        fraction: mass fraction of the second [1].
        pressure: sea pressure [Pa]; the surface when absent.
        options: names of the fits.

    Returns:
        the departure, in the unit of the quantity.

    >>> river = WaterMass(20.0, 0.0, 1200e-6, 1150e-6)
    >>> sea = WaterMass(20.0, 35.0, 2050e-6, 2300e-6)
    >>> round(float(departure(lambda system: system.ph_total, river, sea, 0.2)), 3)
    0.028
    """
    x = jnp.asarray(fraction)
    here, start, end = (quantity(mixture(first, second, at, pressure, options)) for at in (x, 0.0, 1.0))
    return here - ((1.0 - x) * start + x * end)


def _totals(water: WaterMass, options: ConstantOptions) -> Totals:
    return totals(water.salinity, options) if water.concentrations is None else water.concentrations


def _solutes(first: Solutes, second: Solutes, x: Array, blend: Callable[[Array, Array], Array]) -> Solutes:
    """Solutes of a mixture; what only one water gives is zero in the other."""
    found: dict[str, Array | None] = {}
    for name in Solutes._fields:
        if name != "organic":
            one, other = getattr(first, name), getattr(second, name)
            zero = jnp.zeros(())
            known = one is not None or other is not None
            found[name] = blend(zero if one is None else one, zero if other is None else other) if known else None
    acids = [OrganicAcid((1.0 - x) * jnp.asarray(acid.total), acid.k) for acid in first.organic]
    acids += [OrganicAcid(x * jnp.asarray(acid.total), acid.k) for acid in second.organic]
    return Solutes(**found, organic=tuple(acids))  # type: ignore[arg-type]


def _theta(temperature: ArrayLike, salinity: ArrayLike) -> Array:
    return conservative_temperature(temperature, absolute_salinity(salinity))


def _temperature(theta: Array, salinity: Array, start: Array) -> Array:
    """Temperature at the surface of a water of known enthalpy, by Newton steps from a guess a kelvin away at most."""
    t = start + jnp.zeros_like(theta)
    for _ in range(NEWTON_STEPS):
        value, slope = jax.jvp(lambda t: _theta(t, salinity), (t,), (jnp.ones_like(t),))
        t = t - (value - theta) / slope
    return t
