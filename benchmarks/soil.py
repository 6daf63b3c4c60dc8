"""Soil peers, float64: Millennial v2 stepped by days, one column and many, and its periodic state.

Every column has its own litter; temperature and water are those of the region, as in a run over a regional grid of
one climate. Timed are the stepper that serves every network, and the same Euler step of the same reactions with its
sums written out, which XLA fuses into one kernel: what a network of constant stoichiometry can reach.
"""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.measure import Row, best_wall_seconds
from shanhai.core.reactions import Network
from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.forced import cycled
from shanhai.numerics.periodic import network_cycle, periodic_anderson, periodic_newton
from shanhai.numerics.step import Step
from shanhai.soil.peers.millennial import Millennial, MillennialDay, millennial_network

YEARS = {1: 100, 10_000: 1}
ASKED = {1: 7e6, 10_000: 8e7}


def forcing(columns: int) -> MillennialDay:
    """A smooth year of a temperate soil, (day, ...)."""
    season = np.cos(2.0 * np.pi * (np.arange(365) - 200.0) / 365.0)
    litter = 0.5 * (1.0 + 0.5 * season)
    if columns > 1:
        litter = litter[:, None] * np.linspace(0.5, 1.5, columns)
        season = season[:, None]
    return MillennialDay(*map(jnp.asarray, (10.0 + 8.0 * season, 0.3 - 0.08 * season, litter)))


class WrittenOut:
    """Explicit Euler steps whose sums over reactions are written out term by term."""

    def __init__(self, network: Network) -> None:
        nu = np.asarray(network.stoichiometry(jnp.ones(len(network.species))))
        self.terms = [[(float(nu[i, j]), j) for j in np.flatnonzero(nu[i])] for i in range(len(nu))]

    def __call__(self, network, x, environment, dt) -> Step:
        view = network.view(x)
        rates = [dt * reaction.law(view, environment) for reaction in network.reactions]
        amounts = [sum((c * rates[j] for c, j in terms), start=x[i]) for i, terms in enumerate(self.terms)]
        extents = jnp.stack([jnp.broadcast_to(r, x.shape[1:]) for r in rates])
        return Step(jnp.stack(amounts), extents, jnp.zeros_like(x), extents / dt)


def column_steps(columns: int, written_out: bool) -> float:
    """Column-days per second."""
    network, year, repeats = millennial_network(Millennial()), forcing(columns), YEARS[columns]
    x = jnp.ones(8) if columns == 1 else jnp.ones((8, columns))
    step = WrittenOut(network) if written_out else RungeKutta(1)
    run = jax.jit(lambda x: cycled(step, network, x, year, 1.0, repeats - 1).end)
    return columns * 365 * repeats / best_wall_seconds(lambda: jax.block_until_ready(run(x)))


def run() -> list[Row]:
    rows = [
        Row(
            f"soil: Millennial v2, columns: {n}{', sums written out' if out else ''}",
            column_steps(n, out),
            "column-step/s",
            "more",
            {"asked for": ASKED[n]},
        )
        for n in ASKED
        for out in (False, True)
    ]
    network, year = millennial_network(Millennial()), forcing(1)
    cycle = network_cycle(RungeKutta(1), network, jnp.zeros(8), year, 1.0)
    for name, solve in (("Newton to 1e-12", periodic_newton), ("Anderson to 1e-6", periodic_anderson)):
        found = jax.jit(lambda x, solve=solve: solve(cycle, x))
        took = best_wall_seconds(lambda found=found: jax.block_until_ready(found(jnp.ones(5)).x))
        print(f"    {name}: {int(found(jnp.ones(5)).cycles)} model years")
        rows.append(Row(f"soil: periodic state of Millennial v2, {name}", took, "s", "less", {}))
    return rows
