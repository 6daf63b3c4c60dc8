"""A jar of soil: a layer under conditions that do not change, and the CO2 that it gives off.

The soil's carbon is shared out between the pools; what the shares leave is recalcitrant. Every number may be fitted.
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from shanhai.core.constants import ATOMIC_MASS, SECONDS_PER_DAY, ZERO_CELSIUS
from shanhai.core.params import par
from shanhai.numerics.integrate import Integrated, Tolerance
from shanhai.soil.gas_diffusivity import OXYGEN_OF_AIR
from shanhai.soil.isotopes import CARBON_13
from shanhai.soil.layer import Conditions, Layer, course, network, stocked
from shanhai.soil.layer_isotopes import course_with_tracers, labelled
from shanhai.soil.layer_oxygen import Oxygen, equilibrium

TOLERANCE = Tolerance(relative=1e-4, absolute=1e-6)  # type: ignore[arg-type]


class Soil(eqx.Module):
    """The soil that is put into jars."""

    carbon: Array = par(
        20.0, "g kg-1", source="choice: a temperate topsoil", bounds=(0.1, 580.0), meaning="organic carbon of dry soil"
    )
    bulk_density: Array = par(1200.0, "kg m-3", source="choice", bounds=(50.0, 2000.0), meaning="dry soil in the jar")
    porosity: Array = par(0.5, "1", source="choice", bounds=(0.1, 0.98), meaning="pores over volume")
    ph: Array = par(6.5, "1", source="choice", bounds=(2.0, 11.0), meaning="pH in water")
    mineral_nitrogen: Array = par(
        10.0, "mg kg-1", source="choice", bounds=(0.0, 1000.0), meaning="ammonium nitrogen at the start"
    )

    def of_mass(self, grams: Array | float, element: str = "C") -> Array:
        """Amount in a volume [mol m-3] from a content of dry soil [g kg-1]."""
        return jnp.asarray(grams) * self.bulk_density / ATOMIC_MASS[element]


class Shares(eqx.Module):
    """How the organic carbon is shared out at the start; what is left is recalcitrant."""

    labile: Array = par(0.03, "1", source="choice; to be fitted", bounds=(1e-5, 0.6), meaning="labile")
    dissolved: Array = par(1e-3, "1", source="choice; to be fitted", bounds=(1e-7, 0.1), meaning="dissolved")
    microbes: Array = par(
        0.012, "1", source="Xu et al. (2013), Glob. Ecol. Biogeogr. 22, 737: 1.2 % of soil carbon",
        bounds=(1e-5, 0.2), meaning="microbes",
    )  # fmt: skip
    asleep: Array = par(0.7, "1", source="choice; unverified", bounds=(0.0, 0.999), meaning="dormant part of microbes")
    mineral: Array = par(0.4, "1", source="choice", bounds=(0.0, 0.95), meaning="on minerals")
    enzymes: Array = par(
        0.01, "1", source="0.01 of active carbon, production over turnover as in the namelist of MEND of May 2019",
        bounds=(1e-5, 1.0), meaning="each kind of enzyme over active carbon",
    )  # fmt: skip
    organic_ratio: Array = par(
        17.0, "1", source="287:17 molar, Xu et al. (2013), as 16.9", bounds=(5.0, 80.0), meaning="C:N of dead matter"
    )


class Jar(eqx.Module):
    """A soil, how its carbon is shared out, and the processes in it; oxygen is followed."""

    layer: Layer = Layer(oxygen=Oxygen())
    soil: Soil = Soil()
    shares: Shares = Shares()


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
    soil, s = jar.soil, jar.shares
    carbon = soil.of_mass(soil.carbon)
    ratio, microbial = s.organic_ratio, jar.layer.composition.nitrogen
    active = s.microbes * carbon * (1.0 - s.asleep if jar.layer.dormancy else 1.0)
    held = s.mineral * carbon
    added = soil.of_mass(treatment.added)
    pools = {
        "labile": (s.labile * carbon + added, s.labile * carbon / ratio),
        "dissolved": (s.dissolved * carbon, s.dissolved * carbon / ratio),
        "active": (active, active / microbial),
        "labile_enzyme": (s.enzymes * active, s.enzymes * active / microbial),
        "recalcitrant_enzyme": (s.enzymes * active, s.enzymes * active / microbial),
    }
    if jar.layer.dormancy:
        pools["dormant"] = (s.microbes * s.asleep * carbon, s.microbes * s.asleep * carbon / microbial)
    if jar.layer.minerals:
        pools["mineral"] = (held, held / ratio)
    rest = carbon - sum(c for c, _ in pools.values()) + added
    pools["recalcitrant"] = (rest, rest / ratio)
    amounts = {f"{name}_{e}": value for name, both in pools.items() for e, value in zip("cn", both)}
    amounts["ammonium"] = soil.of_mass(1e-3 * soil.mineral_nitrogen, "N")
    if jar.layer.oxygen:
        amounts["oxygen"] = equilibrium(_meets(jar, treatment))
    shape = jnp.shape(treatment.temperature)
    return stocked(jar.layer, {name: jnp.broadcast_to(value, shape) for name, value in amounts.items()})


def _meets(jar: Jar, treatment: Treatment) -> Conditions:
    """What the jars meet, the same every day, (jar,).

    The matric potential follows from the filled pores as in a loam, -10 kPa W^-6, after the form of Campbell (1974),
    Soil Sci. 117, 311; the exponent is a choice, unverified.
    """
    filled = jnp.asarray(treatment.filled)
    return Conditions(
        temperature=ZERO_CELSIUS + jnp.asarray(treatment.temperature),
        potential=-1e4 * filled**-6.0,
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
    return x, course(jar.layer, x, conditions(jar, treatment, days), SECONDS_PER_DAY, TOLERANCE)


def respired(jar: Jar, treatment: Treatment, days: int) -> Array:
    """CO2 given off since the start, at the start and the end of every day [mol m-3], (day + 1, jar)."""
    _, ends = run(jar, treatment, days)
    return _from_nothing(ends.x[:, network(jar.layer).index("co2")])


def respired_from_soil(jar: Jar, treatment: Treatment, days: int) -> Array:
    """As `respired`, without the CO2 of the carbon that was added, as a label on it would tell."""
    x = start(jar, treatment)
    added = jar.soil.of_mass(treatment.added)
    label = labelled(jar.layer, x, CARBON_13, {"labile_c": added / x[network(jar.layer).index("labile_c")]})
    ends = course_with_tracers(jar.layer, x, conditions(jar, treatment, days), SECONDS_PER_DAY, TOLERANCE, (label,))
    row = network(jar.layer).index("co2")
    return _from_nothing(ends.end.x[:, row] - ends.labels[CARBON_13.name].amounts[:, row])


def _from_nothing(series: Array) -> Array:
    return jnp.concatenate([jnp.zeros((1, *series.shape[1:])), series])


def at_days(series: Array, when: Array) -> Array:
    """A series by days, (day + 1, jar), at any times between its first and last [d], (time, jar)."""
    place = jnp.clip(jnp.asarray(when), 0.0, len(series) - 1.0)
    before = jnp.clip(jnp.floor(place).astype(int), 0, len(series) - 2)
    part = (place - before)[:, None]
    return (1.0 - part) * series[before] + part * series[before + 1]
