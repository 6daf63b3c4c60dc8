r"""Acidification of surface water under a rising CO2 of the air, for any number of places at once.

Each place is a mixed layer over a column that mixes downward. Natural transports and their fluxes to the air are
taken to stay as they were, so that the layers below carry what the surface had at the start and what came since:

$$h\,\rho\,\frac{dDIC}{dt} = F_{in}(x_{CO_2}, T) - F_{out}(DIC, A_T, T) + F_0 - \rho K\,\frac{DIC-DIC_1}{\Delta z_1/2}$$

with $F_0$ the flux to the air at the start. Alkalinity stays; pH, pCO2 and saturation are diagnosed.
Source of the column: the box-diffusion model of Oeschger et al. (1975), Tellus 27, 168.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.errors import InputError
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.ocean.air_exchange import Surface, co2_exchange
from shanhai.ocean.boxes import DENSITY, Boxes, Flow, mixing, transport
from shanhai.seawater.co2system.given import solve_system
from shanhai.seawater.co2system.system import Conditions

LAYERS = (25.0, 35.0, 50.0, 70.0, 100.0, 150.0, 220.0, 330.0, 500.0, 750.0, 1500.0)
"""Thickness of the layers below the mixed layer [m]."""


class Places(NamedTuple):
    """Surface waters, each any shape that broadcasts to (place,).

    Args:
        temperature: at the start [degC].
        salinity: practical [1].
        alkalinity: total alkalinity [mol kg-1].
        velocity: transfer velocity of CO2 [m s-1].
        mixed_layer: depth of the mixed layer [m].
        diffusivity: mixing of the column below [m2 s-1].
        open_water: part without ice [1].
    """

    temperature: Array | float
    salinity: Array | float
    alkalinity: Array | float
    velocity: Array | float
    mixed_layer: Array | float
    diffusivity: Array | float
    open_water: Array | float


class Air(NamedTuple):
    """What drives every place at a time.

    Args:
        xco2: mole fraction in dry air [mol mol-1].
        warming: of the water since the start [K].
    """

    xco2: Array
    warming: Array


class Acidified(NamedTuple):
    """Surface waters through time, each (time, place).

    Args:
        dic: [mol kg-1].
        flux: CO2 to the air [mol m-2 s-1].
        ph: total scale.
        pco2: [Pa].
        omega_aragonite: saturation state of aragonite.
        omega_calcite: saturation state of calcite.
        temperature: [degC].
    """

    dic: Array
    flux: Array
    ph: Array
    pco2: Array
    omega_aragonite: Array
    omega_calcite: Array
    temperature: Array


def broadcast(places: Places) -> Places:
    """Places with every quantity as an array of the same shape.

    Raises:
        InputError: if they do not broadcast to one axis.
    """
    try:
        together = jnp.broadcast_arrays(*(jnp.atleast_1d(jnp.asarray(q, float)) for q in places))
    except ValueError:
        shapes = ", ".join(f"{n} {np.shape(q)}" for n, q in zip(Places._fields, places))
        raise InputError(f"the places have shapes that do not fit: {shapes}", do="give one value per place") from None
    if together[0].ndim != 1:
        raise InputError(f"the places have {together[0].ndim} axes", do="flatten maps to one axis of places")
    return Places(*together)


def network(places: Places, dic: Array, air: Air) -> Network:
    """Mixed layer and column of every place, per square metre.

    Args:
        places: after `broadcast`, or numbers of one place.
        dic: at the start [mol kg-1].
        air: at the start, for the natural flux.
    """
    names = ("surface", *(f"layer_{i}" for i in range(1, len(LAYERS) + 1)))
    thickness = [jnp.asarray(places.mixed_layer), *(d * jnp.ones_like(places.mixed_layer) for d in LAYERS)]
    boxes = Boxes(names, jnp.stack(thickness))
    surface = _surface(boxes, places)
    natural = natural_flux(places, dic, air)
    reactions = (
        *transport(boxes, ("dic",), _mixing(names, places)),
        *co2_exchange(surface, lambda x, a: a.xco2),
        _steady("natural supply", jnp.maximum(natural, 0.0), {"dic.natural": -1.0, "dic.surface": 1.0}),
        _steady("natural removal", jnp.maximum(-natural, 0.0), {"dic.surface": -1.0, "dic.natural": 1.0}),
    )
    outside = (Species("dic.natural", {"C": 1.0}, external=True), Species("co2.air", {"C": 1.0}, external=True))
    alkalinity = Species("alkalinity.surface", {"Alk": 1.0})
    return Network((*boxes.species(("dic",)), alkalinity, *outside), reactions, air)


def _surface(boxes: Boxes, places: Places) -> Surface:
    return Surface(
        boxes,
        "surface",
        1.0,
        lambda a: places.temperature + a.warming,
        places.salinity,
        places.velocity,
        places.open_water,
    )


def _mixing(names: tuple[str, ...], places: Places) -> tuple[Flow, ...]:
    """Water that goes each way between neighbours: diffusivity over the distance of their middles."""
    apart = (LAYERS[0] / 2, *((a + b) / 2 for a, b in pairwise(LAYERS)))
    pairs = zip(pairwise(names), apart)
    return tuple(f for (one, other), d in pairs for f in mixing(one, other, jnp.asarray(places.diffusivity) / d))


class _Constant(eqx.Module):
    rate: Array

    def __call__(self, x: Any, environment: Any) -> Array:
        return self.rate


def _steady(name: str, rate: Array, moves: dict[str, float]) -> Reaction:
    return Reaction(name, _Constant(rate), moves, "transport that stays as it was")


def natural_flux(places: Places, dic: ArrayLike, air: Air) -> Array:
    """CO2 to the air at the start [mol m-2 s-1], that natural transports are taken to balance."""
    depth = jnp.asarray(places.mixed_layer)
    surface = _surface(Boxes(("surface",), depth[None]), places)
    amounts = {"dic.surface": DENSITY * depth * dic, "alkalinity.surface": DENSITY * depth * places.alkalinity}
    return surface.evasion(amounts, air) - surface.invasion(air, air.xco2)


def equilibrium_dic(places: Places, xco2: ArrayLike) -> Array:
    """DIC of surface water in equilibrium with an air [mol kg-1], a start where none was measured."""
    pair = {"xco2": jnp.asarray(xco2), "alkalinity": jnp.asarray(places.alkalinity)}
    return solve_system(pair, Conditions(jnp.asarray(places.temperature), jnp.asarray(places.salinity))).dic


class Projected(NamedTuple):
    """Surface waters through time, and the amounts of the whole column before and after.

    Args:
        waters: at the end of every step.
        start: amounts [mol m-2], (species, place).
        end: amounts [mol m-2], (species, place).
        throughput: sum of the sizes of the extents [mol m-2], (reaction, place).
    """

    waters: Acidified
    start: Array
    end: Array
    throughput: Array


def project(places: Places, dic: ArrayLike, air: Air, years_a_step: float = 1.0) -> Projected:
    """Acidification of many places through time; differentiable by all that is given.

    The air stands still over a step, and surface water follows it within a year: it lags by up to half a step.

    Args:
        places: surface waters, see `broadcast`.
        dic: at the start [mol kg-1], (place,); natural fluxes are those of this water under the first air.
        air: at the middle of every step, (time,) or (time, place).
        years_a_step: length of a step [yr].
    """
    places = broadcast(places)
    dic = jnp.broadcast_to(jnp.asarray(dic, float), jnp.shape(places.temperature))
    net = network(places, dic, jax.tree.map(lambda a: a[0], air))
    start = beginning(places, dic)
    names = [r.name for r in net.reactions]
    out, into = names.index("evasion: surface"), names.index("invasion: surface")
    seconds = years_a_step * JULIAN_YEAR

    def step(carry: tuple[Array, Array], now: Air) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        made = Rosenbrock("ros2")(net, carry[0], now, seconds)
        moved = made.extents
        return (made.x, carry[1] + jnp.abs(moved)), (made.x[0], moved[out] - moved[into])

    none = jnp.zeros((len(names), *dic.shape))
    (end, throughput), (surface, gone) = jax.lax.scan(step, (start, none), air)
    content = surface / (DENSITY * jnp.asarray(places.mixed_layer))
    warming = air.warming if air.warming.ndim == 2 else air.warming[:, None]
    temperature = jnp.broadcast_to(places.temperature + warming, content.shape)
    return Projected(_diagnosed(places, content, gone / seconds, temperature), start, end, throughput)


def _diagnosed(places: Places, dic: Array, flux: Array, temperature: Array) -> Acidified:
    pair = {"dic": dic, "alkalinity": jnp.asarray(places.alkalinity)}
    at = solve_system(pair, Conditions(temperature, jnp.asarray(places.salinity)))
    return Acidified(dic, flux, at.ph_total, at.pco2, at.omega_aragonite, at.omega_calcite, temperature)


def beginning(places: Places, dic: Array) -> Array:
    """Amounts at the start [mol m-2], (species, place): every layer has the content of the surface."""
    depth = jnp.asarray(places.mixed_layer)
    layers = [depth, *(d * jnp.ones_like(depth) for d in LAYERS)]
    pools = [DENSITY * d * dic for d in layers]
    none = jnp.zeros_like(depth)
    return jnp.stack(jnp.broadcast_arrays(*pools, DENSITY * depth * places.alkalinity, none, none))


def horizon_year(years: ArrayLike, omega: ArrayLike, threshold: float = 1.0) -> Array:
    r"""First time at which a saturation state falls below a threshold.

    Args:
        years: increasing, (time,).
        omega: saturation state, (time, ...).
        threshold: 1 where the mineral begins to dissolve.

    Returns:
        time of the crossing, linear between years; the first year where it is below from the start, NaN where it never
        falls below, (...).

    >>> omega = jnp.array([[1.4, 3.0, 0.9], [1.1, 2.9, 0.8], [0.7, 2.8, 0.7]])
    >>> horizon_year(jnp.array([2000.0, 2010.0, 2020.0]), omega).tolist()
    [2012.5, nan, 2000.0]
    """
    years, omega = jnp.asarray(years), jnp.asarray(omega)
    below = omega < threshold
    first = jnp.argmax(below, axis=0)
    before = jnp.maximum(first - 1, 0)
    after, earlier = (jnp.take_along_axis(omega, i[None], axis=0)[0] for i in (first, before))
    fall = jnp.where(first > 0, earlier - after, 1.0)
    part = jnp.where(first > 0, (earlier - threshold) / fall, 0.0)
    year = years[before] + part * (years[first] - years[before])
    return jnp.where(jnp.any(below, axis=0), year, jnp.nan)
