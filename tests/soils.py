"""A jar of soil under several weathers, shared by the tests of the layer."""

import jax.numpy as jnp
import numpy as np

from shanhai.core.constants import SECONDS_PER_DAY, ZERO_CELSIUS
from shanhai.numerics.integrate import Tolerance
from shanhai.soil.birch import wetting
from shanhai.soil.gas_diffusivity import OXYGEN_OF_AIR
from shanhai.soil.layer import Conditions, Layer, species, stocked

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
"""Molar C:N."""

RATIO_P = {"labile": 600.0, "recalcitrant": 200.0, "dissolved": 200.0, "mineral": 120.0, "aggregates": 200.0}
"""Molar C:P; others as microbes, 42."""

MINERAL_P = {"primary_p": 5.0, "exchangeable_p": 1.5, "secondary_p": 3.0, "occluded_p": 3.0}


def soil(layer: Layer) -> jnp.ndarray:
    """Amounts at the start, (species, cell); processes that are left out have no pools."""
    left_out = {"dormant": layer.dormancy, "mineral": layer.minerals, "aggregates": layer.minerals}
    amounts = {"ammonium": 0.5, "nitrate": 0.5}
    amounts |= MINERAL_P if layer.phosphorus else {}
    amounts |= {"oxygen": 2.0} if layer.oxygen else {}
    for name, carbon in CARBON.items():
        if left_out.get(name, True) is None:
            continue
        amounts |= {f"{name}_c": carbon, f"{name}_n": carbon / RATIO.get(name, 7.0)}
        amounts |= {f"{name}_p": carbon / RATIO_P.get(name, 42.0)} if layer.phosphorus else {}
    x = jnp.stack([stocked(layer, amounts)] * len(CELLS), axis=1)
    poor = stocked(layer, amounts | {"dissolved_n": 0.4, "labile_n": 0.5, "ammonium": 0.001, "nitrate": 0.0})
    x = x.at[:, CELLS.index("empty")].set(0.0).at[:, CELLS.index("poor")].set(poor)
    if layer.oxygen is None:
        return x
    return x.at[[s.name for s in species(layer)].index("oxygen"), CELLS.index("wet")].set(0.01)


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
    whole = (temperature, at.potential, water[1:], 0.5, at.potential_rate, at.water_rate, 6.5, 1e-9, OXYGEN_OF_AIR)
    return Conditions(*(jnp.broadcast_to(jnp.asarray(v, float), temperature.shape) for v in whole))
