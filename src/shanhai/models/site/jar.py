"""A jar of soil: a layer under conditions that do not change, and the CO2 that it gives off.

What a jar holds at the start is that of `soil.stock`. Every number may be fitted.
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from shanhai.core.constants import SECONDS_PER_DAY, ZERO_CELSIUS
from shanhai.numerics.integrate import Integrated, Tolerance
from shanhai.soil.gas_diffusivity import OXYGEN_OF_AIR
from shanhai.soil.isotopes import CARBON_13
from shanhai.soil.layer import Conditions, Layer, course, network
from shanhai.soil.layer_isotopes import course_with_tracers, labelled
from shanhai.soil.layer_oxygen import Oxygen
from shanhai.soil.results import at_days
from shanhai.soil.stock import Shares, Soil, stock

__all__ = [
    "Jar", "Shares", "Soil", "Treatment", "at_days", "conditions", "respired", "respired_from_soil", "run", "start"
]  # fmt: skip


class Jar(eqx.Module):
    """A soil, how its carbon is shared out, and the processes in it; oxygen is followed.

    Args:
        layer: processes.
        soil: contents.
        shares: of the carbon, by pool.
        error: allowed within a day, over the amounts. Where a few microbes wake and multiply it grows with them.
    """

    layer: Layer = Layer(oxygen=Oxygen())
    soil: Soil = Soil()
    shares: Shares = Shares()
    error: float = eqx.field(static=True, default=1e-4)

    @property
    def tolerance(self) -> Tolerance:
        """Errors allowed within a day."""
        return Tolerance(relative=self.error, absolute=1e-2 * self.error)  # type: ignore[arg-type]


class Treatment(NamedTuple):
    """What is done to each jar, (jar,).

    Args:
        temperature: [degC].
        filled: water-filled pores [1].
        oxygen: of the gas around the soil, over that of air [1].
        added: labile carbon put in at the start [g kg-1].
    """

    temperature: Array
    filled: Array
    oxygen: Array
    added: Array


def start(jar: Jar, treatment: Treatment) -> Array:
    """Amounts at the start [mol m-3], (species, jar)."""
    added = jar.soil.of_mass(treatment.added)
    return stock(jar.layer, jar.soil, jar.shares, _meets(jar, treatment), added)


def _meets(jar: Jar, treatment: Treatment) -> Conditions:
    """What the jars meet, the same every day, (jar,)."""
    filled = jnp.asarray(treatment.filled)
    return Conditions(
        temperature=ZERO_CELSIUS + jnp.asarray(treatment.temperature),
        potential=jar.soil.potential(filled),
        water=filled * jar.soil.porosity,
        porosity=jar.soil.porosity,
        ph=jar.soil.ph,
        oxygen=OXYGEN_OF_AIR * jnp.asarray(treatment.oxygen),
    )


def conditions(jar: Jar, treatment: Treatment, days: int) -> Conditions:
    """What the jars meet, (day, jar)."""
    shape = (days, *jnp.shape(treatment.filled))
    return Conditions(*(jnp.broadcast_to(jnp.asarray(f, float), shape) for f in _meets(jar, treatment)))


def run(jar: Jar, treatment: Treatment, days: int) -> tuple[Array, Integrated]:
    """Amounts at the start, and what every day brought."""
    x = start(jar, treatment)
    return x, course(jar.layer, x, conditions(jar, treatment, days), SECONDS_PER_DAY, jar.tolerance)


def respired(jar: Jar, treatment: Treatment, days: int) -> Array:
    """CO2 given off since the start, at the start and the end of every day [mol m-3], (day + 1, jar)."""
    _, ends = run(jar, treatment, days)
    return _from_nothing(ends.x[:, network(jar.layer).index("co2")])


def respired_from_soil(jar: Jar, treatment: Treatment, days: int) -> Array:
    """As `respired`, without the CO2 of the carbon that was added, as a label on it would tell."""
    x = start(jar, treatment)
    added = jar.soil.of_mass(treatment.added)
    label = labelled(jar.layer, x, CARBON_13, {"labile_c": added / x[network(jar.layer).index("labile_c")]})
    ends = course_with_tracers(jar.layer, x, conditions(jar, treatment, days), SECONDS_PER_DAY, jar.tolerance, (label,))
    row = network(jar.layer).index("co2")
    return _from_nothing(ends.end.x[:, row] - ends.labels[CARBON_13.name].amounts[:, row])


def _from_nothing(series: Array) -> Array:
    return jnp.concatenate([jnp.zeros((1, *series.shape[1:])), series])
