r"""Carbon and radiocarbon in a column of the ocean under a given atmosphere, the common ground of two presets.

Dissolved inorganic carbon and normalised $^{14}$C move with the water, meet the air as two one-way fluxes, and
$^{14}$C decays:

$$F_{14} = F_{in} R_{air} - F_{out} \frac{c_{14}}{c_{DIC}}, \qquad s_{14} = -\lambda\,c_{14}\,\Delta z$$

There is no life in this sea: carbonate chemistry has one alkalinity, and what sinks as particles is left out. Ratios
are normalised to one δ13C, so that fractionation takes no part (Toggweiler, Dixon & Bryan 1989, J. Geophys. Res. 94,
8217; Orr et al. 2017, Geosci. Model Dev. 10, 2169).
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.airsea.one_way import co2_evasion, co2_invasion
from shanhai.airsea.transfer import CM_PER_HOUR
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


class Sea(eqx.Module):
    """A column that stands for the ocean, and its surface.

    Args:
        levels: the mixed layer and those below it.
        half_life: of radiocarbon, see `seawater.radiocarbon.HALF_LIVES`.
    """

    eddies: EddyDiffusivity = EddyDiffusivity()
    upwelling: Array = par(
        2.4,
        "m yr-1",
        source="Munk (1966), Deep-Sea Res. 13, 707: 25 to 30 Sv for the world, over the area of the sea",
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
        16.5,
        "cm h-1",
        source="global mean of Naegler (2009), Tellus B 61, 372, from 14C in the sea",
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

    @property
    def velocity(self) -> Array:
        """Transfer velocity of CO2 in this water [m s-1]."""
        slower = jnp.sqrt(660.0 / schmidt_number("CO2", self.temperature))
        return self.transfer_velocity / CM_PER_HOUR * slower

    def invasion(self, xco2: Array) -> Array:
        """CO2 from the air into the sea [mol m-2 s-1]."""
        return co2_invasion(self.conditions, xco2, self.velocity)

    def evasion(self, dic: Array) -> Array:
        """CO2 from the sea to the air at a concentration of inorganic carbon in the mixed layer [mol m-3]."""
        pair = {"dic": dic / DENSITY, "alkalinity": 1e-6 * self.alkalinity}
        return co2_evasion(solve_system(pair, self.conditions), self.velocity)


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
        invasion, evasion = sea.invasion(air.xco2), sea.evasion(edge.dic)
        return Carbon(invasion - evasion, invasion * air.ratio - evasion * edge.dic14 / edge.dic)

    return into_sea


def decay(sea: Sea, column: WaterColumn) -> Source:
    """Radiocarbon that decays in the levels."""

    def lost(water: Carbon) -> Carbon:
        return Carbon(jnp.zeros_like(water.dic), -sea.decay * column.thickness * water.dic14)

    return lost


@eqx.filter_jit
def natural(sea: Sea, air: Air) -> Carbon:
    """Concentrations [mol m-3] of the steady state under an atmosphere, (level,).

    Carbon is in equilibrium with the air, so that as much leaves the sea as enters it, and is the same at all depths;
    radiocarbon is at rest between what enters and what decays.
    """
    column = sea.column
    dic = jnp.full(sea.levels, 1.0) * sea.equilibrated(air.xco2)
    through = sea.invasion(air.xco2)

    def into_sea(dic14: Array) -> Array:
        return through * (air.ratio - dic14 / dic[0])

    rest = steady_column(column, dic, into_sea, lambda dic14: -sea.decay * column.thickness * dic14)
    return Carbon(dic, rest.concentration)


@jax.jit
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
    sea: Sea, forcing: Forcing, start: Carbon, first: Array, step: Array, count: int, every: int
) -> History:
    """Follow the column under a history of the air, taken at the middle of each step.

    Args:
        sea: the column.
        forcing: the air.
        start: concentrations at the beginning [mol m-3], (level,).
        first: year of the beginning; an array, so that another does not compile anew.
        step: length of a step [yr].
        count: how many records are kept.
        every: steps between two records.
    """
    column = sea.column

    def record(state: _State, number: Array) -> tuple[_State, _State]:
        end = jax.lax.scan(once, state, every * number + jnp.arange(every))[0]
        return end, end

    def once(state: _State, number: Array) -> tuple[_State, None]:
        air = forcing.at(first + step * (number + 0.5))
        return _stepped(sea, column, air, step * JULIAN_YEAR, state), None

    begin = _State(column.amount(start), Carbon(jnp.zeros(()), jnp.zeros(())), jnp.zeros(()))
    states = jax.lax.scan(record, begin, jnp.arange(count))[1]
    states = jax.tree.map(lambda one, later: jnp.concatenate([one[None], later]), begin, states)
    water = Carbon(*(a / column.thickness for a in states.amount))
    return History(first + step * every * jnp.arange(count + 1), water, states.exchanged, states.decayed)


def _stepped(sea: Sea, column: WaterColumn, air: Air, dt: Array, state: _State) -> _State:
    step: Advanced = advance(column, state.amount, dt, exchange(sea, air), decay(sea, column))
    gained = jax.tree.map(lambda total, flux: total + dt * flux, state.exchanged, step.exchange)
    return _State(step.amount, gained, state.decayed - dt * jnp.sum(step.source.dic14))


@eqx.filter_jit
def depths(sea: Sea) -> Array:
    """Depth of the middle of each level [m], (level,)."""
    return sea.column.depth


@eqx.filter_jit
def inventory(sea: Sea, concentration: Array) -> Array:
    """Amount in the whole sea [mol] of concentrations [mol m-3], (..., level)."""
    return sea.area * jnp.sum(concentration * sea.column.thickness, axis=-1)


def ledger(sea: Sea, history: History) -> tuple[Row, ...]:
    """Carbon and radiocarbon of the whole sea over a run [mol]."""
    area = float(sea.area)
    into = {"air": area * float(history.exchanged.dic[-1])}
    into14 = {"air": area * float(history.exchanged.dic14[-1]), "decay": -area * float(history.decayed[-1])}
    held, held14 = (np.asarray(inventory(sea, c)) for c in history.water)
    return _row("C", held, into), _row("14C", held14, into14)


def _row(quantity: str, held: Any, accounts: dict[str, float]) -> Row:
    change = float(held[-1] - held[0])
    residual = change - sum(accounts.values())
    scale = float(held[-1]) + sum(abs(a) for a in accounts.values())
    return Row("sea", quantity, change, 0.0, 0.0, residual, scale, abs(residual) / (BAR * scale), accounts)
