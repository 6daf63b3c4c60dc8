"""Figure of plants on a layer of soil: carbon under both mycorrhizae, and where plants find their nitrogen.

python -m validation.soil_layer_plants
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from shanhai.core.ledger import JULIAN_YEAR as YEAR
from shanhai.numerics.integrate import Tolerance
from shanhai.soil.enzyme_allocation import Enzymes
from shanhai.soil.layer import Conditions, Layer, Mycorrhiza, Plants, Vegetation, course, network, rooted, stocked
from validation.soil_layer import FIGURES, STOCKS

YEARS, DEMANDS = 5, (7.0, 2.0)
STANDS = {"arbuscular": 0.0, "half and half": 0.5, "ectomycorrhizal": 1.0}
COLOURS = ("#0072B2", "#009E73", "#D55E00")
POOLS = ("labile", "recalcitrant", "dissolved", "active", "labile_enzyme", "recalcitrant_enzyme")
ROUTES = {
    "roots": ("ammonium taken up by roots", "nitrate taken up by roots"),
    "fungi": ("am_n to the plant", "ecm_n to the plant"),
    "fixers": ("nitrogen fixation",),
}


def stands() -> tuple[Layer, jnp.ndarray, Conditions]:
    """Stands of one kind and demand each: layer, amounts and conditions of every half year."""
    layer = Layer(plants=Plants(), mycorrhiza=Mycorrhiza(), minerals=None, birch=None, dormancy=None, mined=0.5)
    layer = replace(layer, enzymes=Enzymes(production=jnp.asarray(2e-4)))
    amounts = {"am_c": 6.0, "am_n": 0.4, "ecm_c": 6.0, "ecm_n": 0.4, "ammonium": 0.05, "nitrate": 0.05}
    for name in POOLS:
        amounts |= {f"{name}_c": STOCKS[name][0], f"{name}_n": STOCKS[name][0] / STOCKS[name][1]}
    part = jnp.array([p for _ in DEMANDS for p in STANDS.values()])
    asked = jnp.array([d for d in DEMANDS for _ in STANDS]) / YEAR
    growth = Vegetation(30.0, 400.0 / YEAR, 250.0 / YEAR, asked, 0.0, part)
    at = rooted(Conditions(drainage=1e-9, water=0.3), growth)
    whole = jax.tree.map(lambda f: jnp.broadcast_to(jnp.asarray(f, float), (2 * YEARS, len(part))), at)
    return layer, jnp.stack([stocked(layer, amounts)] * len(part), axis=1), whole  # type: ignore[return-value]


def main() -> None:
    """Draw the figure."""
    layer, x, at = stands()
    net = network(layer)
    end = course(layer, x, at, 0.5 * YEAR, Tolerance(relative=1e-4, absolute=1e-9))  # type: ignore[arg-type]
    held = np.concatenate([np.asarray(x)[None], end.x])
    carbon = sum(held[:, net.index(f"{p}_c")] for p in POOLS) / 1e3
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), constrained_layout=True)
    for k, (label, colour) in enumerate(zip(STANDS, COLOURS)):
        for d, (demand, line) in enumerate(zip(DEMANDS, ("-", "--"))):
            name = f"{label}, demand {demand:g}"
            left.plot(np.arange(2 * YEARS + 1) / 2, carbon[:, d * 3 + k], line, color=colour, label=name)
    left.set_xlabel("year")
    left.set_ylabel("carbon of the soil (10$^3$ mol m$^{-3}$)")
    left.set_ylim(bottom=0)
    left.legend(frameon=False, title="demand in mol N m$^{-3}$ yr$^{-1}$")
    names, base = [r.name for r in net.reactions], np.zeros(6)
    for (label, routes), colour in zip(ROUTES.items(), ("#56B4E9", "#E69F00", "#CC79A7")):
        taken = sum(np.asarray(end.extents)[:2, names.index(r)].sum(axis=0) for r in routes)
        taken = taken / float(layer.plants.cost.molar(293.15)) if label == "fixers" else taken  # type: ignore[union-attr]
        right.bar(np.arange(6), taken, bottom=base, color=colour, label=label)
        base = base + taken
    right.set_xticks(np.arange(6), [f"{short}\n{d:g}" for d in DEMANDS for short in ("AM", "half", "ECM")])
    right.set_xlabel("stand, and demand in mol N m$^{-3}$ yr$^{-1}$")
    right.set_ylabel("nitrogen of the plants in the first year\n(mol m$^{-3}$)")
    right.legend(frameon=False)
    figure.savefig(FIGURES / "soil_layer_plants.png", dpi=130)


if __name__ == "__main__":
    main()
