"""The jars of `soils` with plants and fungi, shared by the tests of plants in the layer."""

import jax.numpy as jnp

from shanhai.core.ledger import JULIAN_YEAR as YEAR
from shanhai.soil.layer import Layer, Mycorrhiza, Oxygen, PhosphorusOfLayer, Plants, Rooted, Vegetation, rooted, species
from tests.soils import CELLS, soil, weather

FULL = Layer(plants=Plants(), mycorrhiza=Mycorrhiza(), phosphorus=PhosphorusOfLayer(), oxygen=Oxygen(spread=0.8))
"""All processes."""

GROWTH = Vegetation(
    roots=30.0, production=400.0 / YEAR, litter=250.0 / YEAR, nitrogen=7.0 / YEAR, phosphorus=0.4 / YEAR,
    ectomycorrhizal=0.5,
)  # fmt: skip
"""A wood whose roots are in a decimetre; half of its trees have ectomycorrhiza."""


def inhabited(layer: Layer) -> jnp.ndarray:
    """Amounts at the start, (species, cell); fungi of 6 and 9 mol m-3 but where there is nothing."""
    x, names = soil(layer), [s.name for s in species(layer)]
    there = jnp.asarray([cell != "empty" for cell in CELLS], float)
    for fungus, carbon in (("am", 6.0), ("ecm", 9.0)):
        for element, ratio in (("c", 1.0), ("n", 14.0), ("p", 190.0)):
            if f"{fungus}_{element}" in names:
                x = x.at[names.index(f"{fungus}_{element}")].set(carbon / ratio * there)
    return x


def wooded(growth: Vegetation = GROWTH) -> Rooted:
    """Conditions of every day, (day, cell), with plants everywhere but where there is nothing."""
    at = weather()
    there = jnp.asarray([cell != "empty" for cell in CELLS], float)
    alive = Vegetation(*(jnp.broadcast_to(v * there, at.water.shape) for v in growth))
    return rooted(at, alive)
