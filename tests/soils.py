"""A jar of soil under several weathers, shared by the tests of the layer."""

import jax.numpy as jnp
import numpy as np

from shanhai.core.constants import SECONDS_PER_DAY, ZERO_CELSIUS
from shanhai.numerics.integrate import Tolerance
from shanhai.soil.birch import wetting
from shanhai.soil.layer import Conditions, Layer, stocked

DAYS = 40
RAIN = 30  # the day on which the dry ones get wet
TOLERANCE = Tolerance(relative=1e-4, absolute=1e-9)  # type: ignore[arg-type]
CELLS = ("moist", "short drought", "long drought", "wet", "frozen", "dry", "empty", "poor")
"""Cells of the jar, one weather or soil each."""

CARBON = {
    "labile": 100.0, "recalcitrant": 200.0, "labile_enzyme": 0.03, "recalcitrant_enzyme": 0.1, "dissolved": 40.0,
    "active": 10.0, "dormant": 5.0, "mineral": 1500.0, "aggregates": 500.0,
}  # fmt: skip
"""Carbon of a soil with 2 % of it [mol m-3]."""

RATIO = {
    "labile": 40.0,
    "recalcitrant": 12.0,
    "dissolved": 12.0,
    "mineral": 12.0,
    "aggregates": 15.0,
}  # others as microbes, 7


def soil(layer: Layer) -> jnp.ndarray:
    """Amounts at the start, (species, cell); processes that are left out have no pools."""
    left_out = {"dormant": layer.dormancy, "mineral": layer.minerals, "aggregates": layer.minerals}
    amounts = {"ammonium": 0.5, "nitrate": 0.5}
    for name, carbon in CARBON.items():
        if left_out.get(name, True) is None:
            continue
        amounts |= {f"{name}_c": carbon, f"{name}_n": carbon / RATIO.get(name, 7.0)}
    x = jnp.stack([stocked(layer, amounts)] * len(CELLS), axis=1)
    poor = stocked(layer, amounts | {"dissolved_n": 0.4, "labile_n": 0.5, "ammonium": 0.001, "nitrate": 0.0})
    return x.at[:, CELLS.index("empty")].set(0.0).at[:, CELLS.index("poor")].set(poor)


def weather() -> Conditions:
    """Conditions of every day, (day, cell)."""
    potential, water = np.full((DAYS + 1, len(CELLS)), -3e4), np.full((DAYS + 1, len(CELLS)), 0.25)
    for cell, dry_days in (("short drought", 8), ("long drought", 25), ("dry", DAYS + 1)):
        k = CELLS.index(cell)
        dry = slice(RAIN + 1 - dry_days, RAIN + 1) if cell != "dry" else slice(0, None)
        potential[dry, k], water[dry, k] = -4e6, 0.05
    potential[:, CELLS.index("wet")], water[:, CELLS.index("wet")] = -1e3, 0.47
    temperature = np.full((DAYS, len(CELLS)), ZERO_CELSIUS + 20.0)
    temperature[:, CELLS.index("frozen")] = ZERO_CELSIUS - 3.0
    at = wetting(potential[:-1], potential[1:], water[:-1], water[1:], SECONDS_PER_DAY)
    whole = (temperature, at.potential, water[1:], 0.5, at.potential_rate, at.water_rate, 6.5, 1e-9)
    return Conditions(*(jnp.broadcast_to(jnp.asarray(v, float), temperature.shape) for v in whole))
