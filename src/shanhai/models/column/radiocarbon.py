r"""Carbon and radiocarbon in a column of the ocean under a given atmosphere, the common ground of two presets.

Dissolved inorganic carbon and normalised $^{14}$C move with the water, meet the air as two one-way fluxes, and
$^{14}$C decays:

$$F_{14} = F_{in} R_{air} - F_{out} \frac{c_{14}}{c_{DIC}}, \qquad s_{14} = -\lambda\,c_{14}\,\Delta z$$

There is no life in this sea: carbonate chemistry has one alkalinity, and what sinks as particles is left out. Ratios
are normalised to one δ13C, so that fractionation takes no part (Toggweiler, Dixon & Bryan 1989, J. Geophys. Res. 94,
8217; Orr et al. 2017, Geosci. Model Dev. 10, 2169).
"""

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.airsea.one_way import OneWay, co2_evasion, co2_invasion
from shanhai.core.ledger import BAR, JULIAN_YEAR, Row
from shanhai.core.params import par
from shanhai.ocean.boxes import DENSITY
from shanhai.ocean.water_column import (
    Advanced,
    EddyDiffusivity,
    Exchange,
    Source,
    WaterColumn,
    advance,
    layered,
    steady_column,
    water_column,
)
from shanhai.seawater import Conditions, schmidt_number, solve_system
from shanhai.seawater.radiocarbon import HalfLife, decay_constant, delta_of_ratio, ratio_of_delta

CM_PER_HOUR = 3.6e5  # in a metre per second


class Sea(eqx.Module):
    """A column that stands for the ocean, and its surface.

    Args:
        levels: the mixed layer and those below it.
        half_life: of radiocarbon, see `seawater.radiocarbon.HALF_LIVES`.
    """

    eddies: EddyDiffusivity = EddyDiffusivity()
    upwelling: Array = par(
        4.4,
        "m year-1",
        source="Munk (1966), Deep-Sea Res. 13, 707: 1.2 cm per day",
        bounds=(0.0, 50.0),
        meaning="water that wells up through the column and sinks beside it",
    )
    mixed_layer: Array = par(
        75.0, "m", source="Oeschger et al. (1975), Tellus 27, 168; unverified", bounds=(5.0, 1000.0), meaning="depth"
    )
    depth: Array = par(
        3800.0,
        "m",
        source="Oeschger et al. (1975); unverified",
        bounds=(1000.0, 6000.0),
        meaning="mean depth of the sea",
    )
    area: Array = par(
        3.62e14,
        "m2",
        source="area of the ocean, Oeschger et al. (1975); unverified",
        bounds=(1e10, 5e14),
        meaning="area",
    )
    transfer_velocity: Array = par(
        14.6,
        "cm h-1",
        source="global mean at Schmidt number 660, Sweeney et al. (2007), Global Biogeochem. Cycles 21, GB2015; unverified",
        bounds=(0.0, 60.0),
        meaning="transfer velocity of CO2 at Schmidt number 660",
    )
    temperature: Array = par(
        18.0, "degC", source="mean of the sea surface, rounded; unverified", bounds=(-2.0, 35.0), meaning="mixed layer"
    )
    salinity: Array = par(
        34.7, "1", source="mean of the ocean, rounded; unverified", bounds=(20.0, 42.0), meaning="practical salinity"
    )
    alkalinity: Array = par(
        2300.0,
        "umol kg-1",
        source="mean of the sea surface, rounded; unverified",
        bounds=(500.0, 5000.0),
        meaning="total",
    )
    levels: int = eqx.field(static=True, default=30)
    half_life: HalfLife = eqx.field(static=True, default="be_2013")

    @property
    def column(self) -> WaterColumn:
        """Levels and what moves between them."""
        thickness = layered(self.mixed_layer, self.depth, self.levels)
        return water_column(thickness, self.eddies, self.upwelling / JULIAN_YEAR)

    @property
    def conditions(self) -> Conditions:
        """Of the surface."""
        return Conditions(self.temperature, self.salinity)

    @property
    def decay(self) -> float:
        """Decay constant [s-1]."""
        return decay_constant(self.half_life)

    def equilibrated(self, xco2: Array) -> Array:
        """Dissolved inorganic carbon in equilibrium with the air [mol m-3]."""
        pair = {"xco2": jnp.asarray(xco2), "alkalinity": 1e-6 * self.alkalinity}
        return DENSITY * solve_system(pair, self.conditions).dic

    def one_way(self, dic: Array, xco2: Array) -> OneWay:
        """CO2 through the surface at a content of the mixed layer [mol m-3]."""
        system = solve_system({"dic": dic / DENSITY, "alkalinity": 1e-6 * self.alkalinity}, self.conditions)
        velocity = self.transfer_velocity / CM_PER_HOUR * jnp.sqrt(660.0 / schmidt_number("CO2", self.temperature))
        return OneWay(co2_invasion(self.conditions, xco2, velocity), co2_evasion(system, velocity))


class Carbon(NamedTuple):
    """Carbon and normalised radiocarbon, as amounts or concentrations."""

    dic: Any
    dic14: Any


class Air(NamedTuple):
    """What the sea sees of the atmosphere.

    Args:
        xco2: mole fraction in dry air [mol mol-1].
        ratio: normalised 14C over carbon [1].
    """

    xco2: Array
    ratio: Array


def exchange(sea: Sea, air: Air) -> Exchange:
    """Carbon and radiocarbon into the sea from two one-way fluxes."""

    def into_sea(edge: Carbon) -> Carbon:
        flux = sea.one_way(edge.dic, air.xco2)
        return Carbon(-flux.net, flux.into_sea * air.ratio - flux.out_of_sea * edge.dic14 / edge.dic)

    return into_sea


def decay(sea: Sea, column: WaterColumn) -> Source:
    """Radiocarbon that decays in the levels."""

    def lost(water: Carbon) -> Carbon:
        return Carbon(jnp.zeros_like(water.dic), -sea.decay * column.thickness * water.dic14)

    return lost


def natural(sea: Sea, air: Air) -> Carbon:
    """Concentrations [mol m-3] of the steady state under an atmosphere, (level,): carbon in equilibrium, 14C at rest."""
    column = sea.column
    dic = jnp.full(sea.levels, 1.0) * sea.equilibrated(air.xco2)
    flux = sea.one_way(dic[0], air.xco2)

    def through_surface(dic14: Array) -> Array:
        return flux.into_sea * air.ratio - flux.out_of_sea * dic14 / dic[0]

    rest = steady_column(column, dic, through_surface, lambda c: -sea.decay * column.thickness * c)
    return Carbon(dic, rest.concentration)


def delta14c(water: Carbon) -> Array:
    """Δ14C of the water [per mil]."""
    return delta_of_ratio(water.dic14 / water.dic)


class Forcing(NamedTuple):
    """A history of the air.

    Args:
        year: of the values, growing.
        xco2: [mol mol-1].
        delta14c: [per mil].
    """

    year: Array
    xco2: Array
    delta14c: Array

    def at(self, year: Array) -> Air:
        """Air of a year, between the values along straight lines and beyond them as at the end."""
        xco2, delta = (jnp.interp(year, self.year, x) for x in (self.xco2, self.delta14c))
        return Air(xco2, ratio_of_delta(delta))


class History(NamedTuple):
    """What became of the column.

    Args:
        year: at the end of each step, the start first, (time,).
        water: concentrations [mol m-3], (time, level).
        exchanged: into the sea through the surface since the start [mol m-2].
        decayed: since the start [mol m-2], positive.
    """

    year: Array
    water: Carbon
    exchanged: Carbon
    decayed: Array


class _State(NamedTuple):
    amount: Carbon
    exchanged: Carbon
    decayed: Array


@eqx.filter_jit
def through_time(
    sea: Sea, forcing: Forcing, start: Carbon, first: float, step: float, count: int, every: int
) -> History:
    """Follow the column under a history of the air.

    Args:
        sea: the column.
        forcing: the air.
        start: concentrations at the beginning [mol m-3], (level,).
        first: year of the beginning.
        step: length of a step [yr].
        count: how many records are kept.
        every: steps between two records.
    """
    column = sea.column

    def record(state: _State, number: Array) -> tuple[_State, _State]:
        end = jax.lax.fori_loop(0, every, partial(once, number * every), state)
        return end, end

    def once(before: Array, n: Array, state: _State) -> _State:
        air = forcing.at(first + step * (before + n + 0.5))
        return _stepped(sea, column, air, step * JULIAN_YEAR, state)

    begin = _State(column.amount(start), Carbon(jnp.zeros(()), jnp.zeros(())), jnp.zeros(()))
    states = jax.lax.scan(record, begin, jnp.arange(count))[1]
    states = jax.tree.map(lambda one, all_of: jnp.concatenate([one[None], all_of]), begin, states)
    water = Carbon(*(a / column.thickness for a in states.amount))
    return History(first + step * every * jnp.arange(count + 1), water, states.exchanged, states.decayed)


def _stepped(sea: Sea, column: WaterColumn, air: Air, dt: Array, state: _State) -> _State:
    step: Advanced = advance(column, state.amount, dt, exchange(sea, air), decay(sea, column), iterations=ITERATIONS)
    gained = jax.tree.map(lambda total, flux: total + dt * flux, state.exchanged, step.exchange)
    return _State(step.amount, gained, state.decayed - dt * jnp.sum(step.source.dic14))


ITERATIONS = 3  # of a stage; the chemistry of the surface is all that is not a straight line


def ledger(sea: Sea, history: History) -> tuple[Row, ...]:
    """Carbon and radiocarbon of the whole sea over the run [mol]."""
    thickness = sea.column.thickness
    area = float(sea.area)
    rows = []
    for quantity, water, gained, lost in (
        ("C", history.water.dic, history.exchanged.dic, jnp.zeros(())),
        ("14C", history.water.dic14, history.exchanged.dic14, history.decayed),
    ):
        held = area * np.asarray(jnp.sum(water * thickness, axis=-1))
        accounts = {"air": area * float(jnp.ravel(gained)[-1]), "decay": -area * float(jnp.ravel(lost)[-1])}
        rows.append(_row(quantity, held, accounts))
    return tuple(rows)


def _row(quantity: str, held: Any, accounts: dict[str, float]) -> Row:
    change = float(held[-1] - held[0])
    residual = change - sum(accounts.values())
    scale = float(held[-1]) + sum(abs(a) for a in accounts.values())
    return Row("sea", quantity, change, 0.0, 0.0, residual, scale, abs(residual) / (BAR * scale), accounts)
