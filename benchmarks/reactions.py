"""Stiff chemistry, float64: POLLU (20 species, 25 reactions) over an hour of the air of a town, per cell.

Every cell has its own rate constants of light and its own steps. Peers solve the same problem with the same tolerances
and an analytic Jacobian, one cell after the other, in the same process.
"""

import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from scipy.integrate import solve_ivp
from tests.stiff_networks import POLLU_END, POLLU_START, POLLU_TABLE, pollu

from benchmarks.measure import Row, best_cpu_seconds
from shanhai.core.reactions import Network, Reaction
from shanhai.numerics.integrate import Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock

CELLS = 10_000
BLOCK = 500  # cells whose numbers stay in the cache
RELATIVE, ABSOLUTE = 1e-3, 1e-9
PHOTOLYSIS = (0, 3, 4, 6, 15, 16, 20, 21)
PEER_CELLS = 5


class Lit(eqx.Module):
    """A law, times the light where that drives it."""

    law: eqx.Module
    driven: bool = eqx.field(static=True)

    def __call__(self, x, light):
        return light * self.law(x, None) if self.driven else self.law(x, None)


def lit() -> Network:
    """POLLU with photolysis in proportion to the light, the environment."""
    dark = pollu()
    laws = [Lit(r.law, j in PHOTOLYSIS) for j, r in enumerate(dark.reactions)]
    reactions = tuple(Reaction(r.name, law, r.stoichiometry) for r, law in zip(dark.reactions, laws))
    return Network(dark.species, reactions, sample=1.0)


def run() -> list[Row]:
    network, step = lit(), Rosenbrock()
    rng = np.random.default_rng(0)
    light = jnp.asarray(rng.uniform(0.2, 1.2, CELLS).reshape(-1, BLOCK))
    start = jnp.asarray(POLLU_START)[:, None] * jnp.ones(BLOCK)
    tolerance = Tolerance(relative=RELATIVE, absolute=ABSOLUTE, smallest=1e-12)

    def block(light):
        end = integrate(step, network, start, light, POLLU_END[0], tolerance)
        return end.x, end.counts.steps + end.counts.rejected

    began = time.process_time()
    hour = jax.jit(lambda light: jax.lax.map(block, light)).lower(light).compile()
    compiling = time.process_time() - began
    x, steps = hour(light)
    cell = best_cpu_seconds(lambda: jax.block_until_ready(hour(light)), runs=3) / CELLS
    peers, exact = _peers(np.asarray(light).ravel())
    print(f"    largest error of {PEER_CELLS} cells {_error(np.asarray(x), exact):.1e}, "
          f"{float(jnp.mean(steps)):.0f} steps a cell")  # fmt: skip
    name = f"reactions: POLLU, one hour, rtol {RELATIVE:g}"
    return [
        Row(name, 1e6 * cell, "us/cell", "less", {k: 1e6 * v for k, v in peers.items()}),
        Row("reactions: a rodas3 step of POLLU", 1e6 * _step_seconds(network, step), "us/cell", "less", {}),
        Row("reactions: compiling the run of POLLU", compiling, "s", "less", {"limit": 10.0}),
    ]


def _step_seconds(network: Network, step: Rosenbrock) -> float:
    x = jnp.asarray(POLLU_END[1])[:, None] * jnp.ones(BLOCK)
    one = jax.jit(lambda x, light: step(network, x, light, 0.1))
    light = jnp.ones(BLOCK)
    return best_cpu_seconds(lambda: [jax.block_until_ready(one(x, light)) for _ in range(50)]) / (50 * BLOCK)


def _peers(light: np.ndarray) -> tuple[dict[str, float], np.ndarray]:
    """CPU seconds of a cell with each solver of scipy, and solutions to ten digits."""
    tendency, jacobian = _right_side()
    seconds = {}
    for method in ("LSODA", "BDF", "Radau"):

        def solve(relative=RELATIVE, absolute=ABSOLUTE, method=method):
            given = {"method": method, "jac": jacobian, "rtol": relative, "atol": absolute}
            return [solve_ivp(tendency, (0, 60.0), POLLU_START, args=(s,), **given) for s in light[:PEER_CELLS]]

        seconds[f"scipy {method}"] = best_cpu_seconds(solve, runs=2) / PEER_CELLS
    return seconds, np.array([s.y[:, -1] for s in solve(1e-10, 1e-16)]).T


def _right_side():
    """Tendencies and their Jacobian in plain numpy, as the quickest that a user of scipy would write."""
    network = pollu()
    k = np.array([row[0] for row in POLLU_TABLE])
    nu = np.asarray(network.stoichiometry(jnp.asarray(POLLU_START)))
    first = np.array([reads[0] for reads in network.reads])
    second = np.array([reads[1] if len(reads) > 1 else -1 for reads in network.reads])
    rows, two = np.arange(len(k)), second >= 0

    def constants(light):
        scaled = k.copy()
        scaled[list(PHOTOLYSIS)] *= light
        return scaled

    def tendency(t, x, light):
        return nu @ (constants(light) * x[first] * np.where(two, x[second], 1.0))

    def jacobian(t, x, light):
        c, slopes = constants(light), np.zeros((len(k), len(x)))
        slopes[rows, first] = c * np.where(two, x[second], 1.0)
        slopes[rows[two], second[two]] += c[two] * x[first[two]]
        return nu @ slopes

    return tendency, jacobian


def _error(x: np.ndarray, exact: np.ndarray) -> float:
    found = np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)[:, : exact.shape[1]]
    return float((np.abs(found - exact) / (np.abs(exact) + ABSOLUTE / RELATIVE)).max())
