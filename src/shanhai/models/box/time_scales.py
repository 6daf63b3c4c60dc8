"""From seconds to geology: the modes of one network that holds land, sea, rocks and the chemistry of CO2 in water."""

from dataclasses import replace
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.core.errors import InputError
from shanhai.core.first_order import FirstOrder
from shanhai.core.ledger import JULIAN_YEAR, PETAGRAM
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.land.global_carbon import LandCarbon, land_reactions, land_species
from shanhai.models.box import weathering
from shanhai.models.box.result import Number, Result, Series
from shanhai.numerics.compiling import compiling
from shanhai.numerics.steady import steady_state
from shanhai.numerics.time_scales import Comparison, Mode, QuasiSteady, compare, fast_species, slopes_of, time_scales
from shanhai.ocean.boxes import value
from shanhai.seawater.hydration import co2_hydration_rate

EXCESS = "excess co2.low"
"""Dissolved CO2 of the warm surface beyond that in equilibrium with its carbon and alkalinity."""


class Settings(eqx.Module):
    """The network, and the times it is looked at with.

    Args:
        horizons: times of interest [yr].
        experiment: time of the run with the fastest pools in quasi-steady state [yr].
        pulse: CO2 put into the air before that run [Pg C].
        steps: of the run with quasi-steady pools.
    """

    horizons: tuple[float, ...] = eqx.field(static=True, default=(0.1, 100.0, 1e5))
    experiment: float = eqx.field(static=True, default=0.5)
    pulse: float = eqx.field(static=True, default=100.0)
    steps: int = eqx.field(static=True, default=20)
    ground: weathering.Settings = weathering.Settings()
    land: LandCarbon = LandCarbon()


class Year(NamedTuple):
    """What drives the land: neither warming nor clearing."""

    warming: float = 0.0
    land_use: float = 0.0


def network(settings: Settings) -> Network:
    """Sea, rocks and volcanoes of `weathering`, the pools of the land, and hydration in the warm surface.

    CO2 enters the warm surface as an excess of dissolved CO2, which becomes carbon of the whole carbonate system at
    the rate of hydration or goes back to the air.
    """
    world = weathering.world(settings.ground)
    ground = world.network
    land = [r for r in land_reactions(settings.land, _ppm) if not r.name.startswith(("clearing", "regrowth"))]
    pools = (s if s.content else replace(s, external=True) for s in land_species())  # all of the land stays intact
    species = (*ground.species, *pools, Species(EXCESS, {"C": 1.0}))
    return Network(species, (*_hydrated(world), *land), Year())


def _ppm(x: Any, environment: Any) -> Array:
    return 1e6 * weathering.xco2(x, environment)


def _hydrated(world: weathering.World) -> list[Reaction]:
    """Reactions of the ground, CO2 entering the warm surface through its excess."""
    surface = next(s for s in world.surfaces if s.box == "low")
    sea, at = world.boxes, surface.conditions(None)
    ph = 8.2  # of the hydroxide that helps; the rate changes by a fifth from 8.0 to 8.4
    hydration = co2_hydration_rate(at.temperature, at.salinity, ph)
    back = value(surface.velocity, None) * value(surface.area, None) / sea.volume[sea.index("low")]
    reactions = [
        Reaction(r.name, r.law, {"co2.air": -1.0, EXCESS: 1.0}, r.meaning) if r.name == "invasion: low" else r
        for r in world.network.reactions
    ]
    return [
        *reactions,
        Reaction("hydration", FirstOrder(EXCESS, hydration), {EXCESS: -1.0, "dic.low": 1.0}, "Johnson (1982)"),
        Reaction("escape", FirstOrder(EXCESS, back), {EXCESS: -1.0, "co2.air": 1.0}, "back to the air"),
    ]


def begin(settings: Settings) -> Array:
    """Amounts from which the steady state is sought."""
    return jnp.concatenate([weathering.begin(settings.ground), settings.land.preindustrial(), jnp.full(1, 1e12)])


def equilibrium(settings: Settings, made: Network) -> Array:
    """Amounts at which all that comes in goes out.

    Raises:
        InputError: where there are none.
    """
    found = eqx.filter_jit(steady_state)(made, begin(settings), Year())
    if int(found.status) != 0:
        raise InputError("no steady state is found", where="time_scales", do="keep nearer to the defaults")
    return found.x


def run(settings: Settings) -> Result:
    """Modes of every horizon, and a run with its fastest pools in quasi-steady state beside the full one."""
    made = network(settings)
    with compiling(slopes_of, made, begin(settings), Year()):
        x = equilibrium(settings, made)
    modes = {years: list(time_scales(made, x, Year(), years * JULIAN_YEAR)) for years in settings.horizons}
    quick = held_slow(made, moving(modes[min(modes)], settings.experiment))
    shown = reduced_run(settings, quick, x, fast_species(modes[min(modes)]))
    return _result(settings, modes, shown)


def moving(modes: list[Mode], horizon: float) -> set[str]:
    """Pools with a share above a tenth in a mode that is not slow against a horizon [yr]."""
    lively = (m for m in modes if m.kind != "conserved" and _kind_at(m.time / JULIAN_YEAR, horizon) != "slow")
    return {name for m in lively for name, share in m.species.items() if share > 0.1}


def held_slow(made: Network, pools: set[str]) -> Network:
    """The network where every other pool stands still: an account that the laws read as it was at the start."""
    species = tuple(s if s.name in pools else replace(s, external=True) for s in made.species)
    return Network(species, tuple(r for r in made.reactions if pools & set(r.stoichiometry)), Year())


def reduced_run(settings: Settings, made: Network, x: Array, fast: tuple[str, ...]) -> Comparison:
    """A pulse of CO2 followed with and without the fast pools."""
    pulsed = x.at[made.index("co2.air")].add(settings.pulse * PETAGRAM)
    duration = settings.experiment * JULIAN_YEAR
    return compare(QuasiSteady(made, fast, Year()), pulsed, Year(), duration, settings.steps)


def _result(settings: Settings, modes: dict[float, list[Mode]], shown: Comparison) -> Result:
    first = modes[max(modes)]
    living = [m for m in first if m.kind != "conserved"]
    times = [m.time / JULIAN_YEAR for m in living]
    led_by = [max(m.species, key=m.species.__getitem__) for m in living]
    made_by = [_maker(m) for m in living]
    kinds = [[_kind_at(t, years) for t in times] for years in settings.horizons]
    horizons = np.array(settings.horizons)
    errors = {n: shown.errors[n] for n in sorted(moving(modes[min(modes)], settings.experiment))}
    coordinates = {
        "mode": Series(np.arange(1, len(living) + 1), ("mode",), "1", "mode, the fastest first"),
        "horizon": Series(horizons, ("horizon",), "yr", "time of interest"),
        "species": Series(np.array(list(errors)), ("species",), "1", "pool or account"),
    }
    series = {
        "time_scale": Series(np.array(times), ("mode",), "yr", "time scale of the mode"),
        "led_by": Series(np.array(led_by), ("mode",), "1", "pool with the largest share"),
        "made_by": Series(np.array(made_by), ("mode",), "1", "reaction with the largest share"),
        "kind": Series(np.array(kinds), ("horizon", "mode"), "1", "fast, order one or slow against the horizon"),
        "error": Series(np.array(list(errors.values())), ("species",), "1", "relative error of quasi-steady pools"),
    }
    return Result(coordinates, series, _numbers(settings, times, kinds, shown, errors), (), _notes(shown))


def _maker(mode: Mode) -> str:
    """Reaction with the largest share; water carries both ways, so that its shares are large and cancel."""
    others = {n: share for n, share in mode.reactions.items() if " by " not in n and share > 0.3}
    return max(others or mode.reactions, key=lambda n: mode.reactions[n])


def _kind_at(time: float, horizon: float) -> str:
    ratio = horizon / time
    return "fast" if ratio > 10.0 else "order one" if ratio > 0.1 else "slow"


def _numbers(
    settings: Settings, times: list[float], kinds: list[list[str]], shown: Comparison, errors: dict[str, float]
) -> tuple[Number, ...]:
    counts = (
        Number(f"{kind}_{years:g}", kinds[k].count(kind), "1", f"{kind} modes against {years:g} yr")
        for k, years in enumerate(settings.horizons)
        for kind in ("fast", "order one", "slow")
    )
    worst = max(errors, key=errors.__getitem__)
    return (
        Number("fastest", min(times) * JULIAN_YEAR, "s", "fastest mode"),
        Number("slowest", max(times), "yr", "slowest mode"),
        *counts,
        Number("air_error", errors["co2.air"], "1", "error of the CO2 of the air with fast pools quasi-steady"),
        Number("worst_error", errors[worst], "1", f"largest error, of {worst}"),
        Number("missing_carbon", float(shown.missing["C"]) / PETAGRAM, "Pg", "carbon left out"),
    )


def _notes(shown: Comparison) -> tuple[str, ...]:
    return (
        f"In quasi-steady state: {', '.join(shown.fast)}; what they gain or lose is left out and shown.",
        "Slow pools stand still in both runs.",
    )
