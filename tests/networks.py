"""Random networks of several elements for the tests of reactions: laws without any regard for one another."""

import jax.numpy as jnp
import numpy as np

from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.core.routing import routed

CONTENT = {"c": "C", "n": "N", "p": "P"}


def pool(name: str) -> tuple[Species, ...]:
    return tuple(Species(f"{name}_{e}", {quantity: 1.0}) for e, quantity in CONTENT.items())


def soil(seed: int, pools: int = 3) -> Network:
    """Pools of C, N and P in any proportion that eat one another; slots are CO2 outside, mineral N and mineral P."""
    rng = np.random.default_rng(seed)
    many = [pool(f"pool{i}") for i in range(pools)]
    co2 = Species("co2", {"C": 1.0}, external=True)
    mineral = {"C": co2, "N": Species("mineral_n", {"N": 1.0}), "P": Species("mineral_p", {"P": 1.0})}
    reactions = [_decomposition(rng, many, i, mineral) for i in range(pools)]
    reactions.append(
        Reaction("uptake", FirstOrder("mineral_n", float(rng.uniform(0, 2))), _swap("mineral_n", "pool0_n"))
    )
    return Network(tuple(s for p in many for s in p) + tuple(mineral.values()), tuple(reactions), jnp.asarray(1.0))


def _swap(taken: str, made: str) -> dict[str, float]:
    return {taken: -1.0, made: 1.0}


def _decomposition(rng, many, i, mineral):
    source, target = many[i], many[(i + 1) % len(many)]
    vmax, half, power = 10.0 ** rng.uniform(-1, 1), 10.0 ** rng.uniform(-2, 1), rng.uniform(0.5, 1.5)
    eater, food = target[0].name, source[0].name
    slope = rng.uniform(0.0, 0.4)

    def law(x, environment):
        return environment * vmax * x[food] / (half + x[food]) * x[eater] / (power + x[eater])

    def share(x, environment):
        return 0.2 + slope * x[food] / (1.0 + x[food])

    ratio = float(rng.uniform(0.01, 0.2))  # nitrogen that growth wants; phosphorus goes by shares
    return routed(
        f"eat{i}",
        law,
        source,
        {target[:1]: share, target[2:]: float(rng.uniform(0, 1))},
        mineral,
        amounts={target[1]: lambda x, e: ratio * share(x, e)},
    )


def state(seed: int, network: Network, cells: tuple[int, ...]) -> jnp.ndarray:
    """Amounts over many orders of magnitude, some of them empty."""
    rng = np.random.default_rng(seed)
    x = 10.0 ** rng.uniform(-6, 1, (len(network.species), *cells))
    return jnp.asarray(np.where(rng.random(x.shape) < 0.15, 0.0, x))


def closure(network: Network, x, x_end, throughput) -> float:
    """Largest change of what is conserved relative to what was there and went through."""
    inside = np.einsum("qs,s...->q...", network.contents, np.asarray(x_end) - np.asarray(x))
    scale = np.einsum("qs,s...->q...", network.contents, np.abs(x) + np.asarray(throughput))
    return float(np.max(np.abs(inside) / np.where(scale > 0, scale, 1.0)))
