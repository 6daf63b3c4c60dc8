r"""The global carbon budget computed from emissions, 1750 to 2300, for several scenarios in one call.

$$E_{ff} + E_{luc} = G_{atm} + S_{land} + S_{ocn}$$
"""

from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.atmosphere.global_mean import PREINDUSTRIAL_CO2
from shanhai.carbon.budget import UNCERTAINTY, CarbonBudget
from shanhai.carbon.protocol import read_protocol
from shanhai.carbon.scenarios import SCENARIOS, Scenario, embedded, observed_facts, stacked
from shanhai.core.errors import InputError
from shanhai.core.ledger import Row
from shanhai.core.params import par
from shanhai.models.box.books import ledger
from shanhai.models.box.global_carbon import (
    STEPS,
    Budget,
    Drivers,
    GlobalCarbon,
    Trajectory,
    budget,
    network,
    preindustrial,
    simulate,
)
from shanhai.models.box.result import Number, Result, Series

_MEANING = {
    "fossil": ("PgC yr-1", "emission of fossil carbon, less what is put back"),
    "land_use": ("PgC yr-1", "net emission of land-use change"),
    "growth": ("PgC yr-1", "growth of the carbon of the air"),
    "land": ("PgC yr-1", "sink of the land"),
    "ocean": ("PgC yr-1", "sink of the sea"),
    "ppm": ("umol mol-1", "CO2 in dry air"),
    "warming": ("K", "warming of the surface since 1750"),
    "ph": ("1", "pH of the surface sea, total scale"),
    "saturation": ("1", "saturation state of aragonite of the surface sea"),
}


class Settings(eqx.Module):
    """What is run.

    Args:
        scenarios: names of `shanhai.carbon.scenarios.SCENARIOS`.
        last: year that the run ends with; it begins in 1750.
        protocol_folder: yearly tables of `shanhai.carbon.protocol`; the embedded facts where empty.
        steps: of carbon in a year; more for thin surface boxes.
        land_use_scale: land-use emissions over those of the protocol.
        model: numbers of the model.
    """

    scenarios: tuple[str, ...] = eqx.field(static=True, default=SCENARIOS)
    last: int = eqx.field(static=True, default=2300)
    protocol_folder: str = eqx.field(static=True, default="")
    steps: int = eqx.field(static=True, default=STEPS)
    land_use_scale: Array = par(
        1.22,
        "1",
        source="Friedlingstein et al. (2019) over RCMIP (Nicholls et al. 2020), sum of 1850-1990: 164 over 134 PgC",
        bounds=(0.0, 3.0),
        meaning="land-use emissions over those of the protocol",
    )
    model: GlobalCarbon = GlobalCarbon()


class Runs(NamedTuple):
    """Runs of scenarios, each axis 0 the scenario.

    Args:
        trajectory: amounts, extents, warming.
        budget: terms and diagnostics.
        uncoupled: CO2 of the same where carbon feels no warming [umol mol-1].
    """

    trajectory: Trajectory
    budget: Budget
    uncoupled: Array


@partial(jax.jit, static_argnames="steps")
def run_scenarios(model: GlobalCarbon, drivers: Drivers, steps: int = STEPS) -> tuple[Trajectory, Budget]:
    """Run the model through scenarios at once.

    Args:
        model: its numbers.
        drivers: (scenario, year).
        steps: of carbon in a year.
    """
    start = preindustrial(model)
    trajectory = jax.vmap(lambda told: simulate(model, told, start, steps=steps))(drivers)
    return trajectory, jax.vmap(partial(budget, model))(trajectory)


def runs(settings: Settings) -> Runs:
    """Coupled and uncoupled runs of the settings."""
    drivers = stacked(_scenarios(settings))
    drivers = drivers._replace(land_use=settings.land_use_scale * drivers.land_use)
    trajectory, terms = run_scenarios(settings.model, drivers, settings.steps)
    if not bool(jnp.all(jnp.isfinite(trajectory.amounts))):
        raise InputError("the amounts did not stay finite", where="settings.steps", do="give more steps in a year")
    deaf = eqx.tree_at(lambda m: m.carbon_feels_climate, settings.model, jnp.zeros(()))
    return Runs(trajectory, terms, run_scenarios(deaf, drivers, settings.steps)[1].ppm)


def _scenarios(settings: Settings) -> list[Scenario]:
    if settings.last < 2020:
        raise InputError(f"the run ends in {settings.last}", where="settings.last", do="give a year from 2020 to 2300")
    if settings.protocol_folder:
        return [read_protocol(settings.protocol_folder, name, last=settings.last) for name in settings.scenarios]
    return [embedded(name, last=settings.last) for name in settings.scenarios]


def run(settings: Settings) -> Result:
    """Run the scenarios and tell what came out."""
    done = runs(settings)
    years = np.arange(1750.0, settings.last + 1)
    dims, observed = ("scenario", "time"), observed_facts()
    series = {
        name: Series(np.asarray(getattr(done.budget, name)), dims, unit, meaning)
        for name, (unit, meaning) in _MEANING.items()
    }
    series["ppm_uncoupled"] = Series(np.asarray(done.uncoupled), dims, "umol mol-1", "CO2, carbon feeling no warming")
    series["ppm_observed"] = Series(observed[1], ("observed_time",), "umol mol-1", "CO2 in dry air, observed")
    coordinates = {
        "scenario": Series(np.array(settings.scenarios), ("scenario",), "1", "emission scenario"),
        "time": Series(years, ("time",), "yr", "calendar year"),
        "observed_time": Series(observed[0], ("observed_time",), "yr", "year of observation"),
    }
    return Result(coordinates, series, _numbers(settings, done, years), _ledger(settings, done), _notes(settings))


def _numbers(settings: Settings, done: Runs, years: np.ndarray) -> tuple[Number, ...]:
    past = CarbonBudget(years, *(np.asarray(getattr(done.budget, n)[0]) for n in _ORDER)).mean(2000, 2009)
    said = [
        Number(f"{n}_2000s", float(getattr(past, n)[0]), "PgC yr-1", f"{_MEANING[n][1]}, 2000-2009") for n in _ORDER
    ]
    said.append(Number("airborne_2000s", float(past.airborne_fraction[0]), "1", "part of emissions that stays in air"))
    end = min(2100, settings.last)
    at = int(end - years[0])
    for i, name in enumerate(settings.scenarios):
        for key in ("ppm", "warming", "ph"):
            value = float(getattr(done.budget, key)[i, at])
            said.append(Number(f"{key}_{end}_{name}", value, _MEANING[key][0], f"{_MEANING[key][1]}, {end}, {name}"))
        rise, without = (float(v[i, at]) - PREINDUSTRIAL_CO2 for v in (done.budget.ppm, done.uncoupled))
        said.append(
            Number(f"gain_{end}_{name}", 1 - without / rise, "1", f"gain of the climate feedback, {end}, {name}")
        )
    return tuple(said)


_ORDER = ("fossil", "land_use", "growth", "ocean", "land")


def _ledger(settings: Settings, done: Runs) -> tuple[Row, ...]:
    chain, amounts = network(settings.model), done.trajectory.amounts
    moved = jnp.sum(jnp.abs(done.trajectory.extents), axis=1)
    return tuple(
        row
        for i, name in enumerate(settings.scenarios)
        for row in ledger(chain, amounts[i, 0], amounts[i, -1], moved[i], name)
    )


def _notes(settings: Settings) -> tuple[str, ...]:
    return (
        "Emissions and observed CO2 are decadal facts of the RCMIP protocol (Nicholls et al. 2020), straight between.",
        f"Land-use emissions are {float(settings.land_use_scale):g} times those of the protocol.",
        f"Uncertainty of a year's ocean sink in the Global Carbon Budget: {UNCERTAINTY['ocean']} PgC yr-1.",
    )
