"""Soil profiles of ten levels, float64: layer-steps per second over many columns, and what compiling takes.

Timed are explicit and Rosenbrock steps of the carbon-nitrogen network of a layer with the transport between levels, and
CENTURY in every level with exact steps, with and without radiocarbon.
"""

import time
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.measure import Row, best_wall_seconds
from shanhai.core.constants import SECONDS_PER_DAY
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.exponential import Exponential
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.soil import layer as jar
from shanhai.soil.isotopes import Isotope, boundary_of, carbon_14
from shanhai.soil.peers.century import Century, CenturyWeek, century_network
from shanhai.soil.profile import Profile, Ride, course, faces_between, solids, started, without
from shanhai.soil.transport import Gas, Medium, Mixing, Solute

LEVELS, COLUMNS, STEPS = 10, 1000, 4
ASKED = 2e6
DEEP = jnp.asarray(np.diff(np.linspace(0.0, 1.0, LEVELS + 1) ** 1.7))
WEEK = 7.0 * SECONDS_PER_DAY
STOCKS = {
    "labile": (100.0, 40.0), "recalcitrant": (200.0, 12.0), "dissolved": (40.0, 12.0), "active": (10.0, 7.0),
    "dormant": (5.0, 7.0), "mineral": (1500.0, 12.0), "aggregates": (500.0, 15.0),
    "labile_enzyme": (0.03, 7.0), "recalcitrant_enzyme": (0.1, 7.0),
}  # fmt: skip
"""Carbon [mol m-3] and its ratio to nitrogen."""


def medium() -> Medium:
    """Transport of the same kind in all columns."""
    mixing = jnp.broadcast_to(Mixing()(faces_between(DEEP)), (STEPS, LEVELS - 1))
    return Medium(water_flux=1e-9, mixing=mixing)


def of_layer() -> tuple[Profile, jnp.ndarray, Any]:
    """The carbon-nitrogen network in every level."""
    choice = jar.Layer()
    network = without(jar.network(choice), (" escapes", " leaches"), jar.Conditions())
    rivers = {"dissolved_c": "river_DOC", "dissolved_n": "river_DON", "ammonium": "river_DIN", "nitrate": "river_DIN"}
    kinds = {name: Solute(to) for name, to in rivers.items()}
    kinds |= {gas: Gas(f"{gas} of the air") for gas in jar.GASES}
    kinds |= solids(network, but=(*kinds, "nitrite"))
    amounts = {"ammonium": 0.5, "nitrate": 0.5}
    for name, (carbon, ratio) in STOCKS.items():
        amounts |= {f"{name}_c": carbon, f"{name}_n": carbon / ratio}
    x = jar.stocked(choice, amounts)
    x = x[:, None, None] * jnp.linspace(1.0, 0.1, LEVELS)[:, None] * jnp.linspace(0.8, 1.2, COLUMNS)
    water = 0.25 * jnp.linspace(0.8, 1.2, COLUMNS)
    fields = jar.Conditions(water=water)
    return (
        Profile(network, kinds, DEEP, "lie"),
        x,
        jar.Conditions(*(jnp.broadcast_to(jnp.asarray(v, float), (STEPS, LEVELS, COLUMNS)) for v in fields)),
    )


def of_century() -> tuple[Profile, jnp.ndarray, Any]:
    """CENTURY in every level, in weeks."""
    network = century_network(Century())
    x = jnp.full((len(network.species), LEVELS, COLUMNS), 100.0).at[7:].set(0.0)
    week = CenturyWeek(9.0, 0.6, 1.0, 1.0)
    fields = (jnp.broadcast_to(jnp.asarray(v), (STEPS, LEVELS, COLUMNS)) for v in week)
    return Profile(network, solids(network), DEEP, "lie", second=WEEK), x, CenturyWeek(*fields)


def speed(name: str, profile: Profile, x: jnp.ndarray, at: Any, step: Any, dt: float, ride: Ride | None = None) -> Row:
    """Layer-steps per second, with the seconds of compiling beside."""
    start = started(x, None if ride is None else x)
    run = eqx.filter_jit(lambda s: course(profile, step, s, at, medium(), dt, ride, STEPS))
    begin = time.perf_counter()
    jax.block_until_ready(run(start).x)
    first = time.perf_counter() - begin
    took = best_wall_seconds(lambda: jax.block_until_ready(run(start).x), 3)
    print(f"    {name}: compiles in {first - took:.1f} s")
    return Row(f"soil profile: {name}", LEVELS * COLUMNS * STEPS / took, "layer-step/s", "more", {"asked for": ASKED})


def run() -> list[Row]:
    """All rows."""
    century, layer = of_century(), of_layer()
    c14 = Isotope("14C", "C", 1.0, carbon_14().decay * WEEK)
    ride = Ride(c14, boundary_of(century[0].network, {"leaves": 1.0, "roots": 1.0}, 2), 0.0)
    year = JULIAN_YEAR / WEEK
    return [
        speed("CENTURY, Euler", *century, RungeKutta(1), 1.0),
        speed("CENTURY, exact steps", *century, Exponential(), year / 4.0),
        speed("CENTURY with 14C, Euler", *century, RungeKutta(1), 1.0, ride),
        speed("carbon-nitrogen network, Euler", *layer, RungeKutta(1), 60.0),
        speed("carbon-nitrogen network, Rosenbrock", *layer, Rosenbrock("ros2"), 3600.0),
    ]
