"""Figure of a layer of soil: a drought of weeks and the rain that ends it, with and without sleep and bursting cells.

python -m validation.soil_layer
"""

from pathlib import Path

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from shanhai.core.constants import SECONDS_PER_DAY, ZERO_CELSIUS
from shanhai.numerics.integrate import Tolerance
from shanhai.soil.birch import wetting
from shanhai.soil.layer import Conditions, Layer, course, network, stocked

FIGURE = Path(__file__).parents[1] / "docs" / "figures" / "soil_layer.png"
DAYS, DRY, RAIN = 60, 10, 40
CHOICES = {
    "all processes": Layer(),
    "no dormancy": Layer(dormancy=None),
    "no burst cells, no opened aggregates": Layer(birch=None),
}
COLOURS = ("#0072B2", "#D55E00", "#009E73")
STOCKS = {
    "labile": (100.0, 40.0), "recalcitrant": (200.0, 12.0), "dissolved": (40.0, 12.0), "active": (10.0, 7.0),
    "dormant": (5.0, 7.0), "mineral": (1500.0, 12.0), "aggregates": (500.0, 15.0),
    "labile_enzyme": (0.03, 7.0), "recalcitrant_enzyme": (0.1, 7.0),
}  # fmt: skip
"""Carbon [mol m-3] and its ratio to nitrogen."""


def soil(layer: Layer) -> jnp.ndarray:
    """Amounts at the start; what a choice leaves out has no pools."""
    here = network(layer).names
    amounts = {"ammonium": 0.5, "nitrate": 0.5}
    for name, (carbon, ratio) in STOCKS.items():
        if f"{name}_c" in here:
            amounts |= {f"{name}_c": carbon, f"{name}_n": carbon / ratio}
    return stocked(layer, amounts)


def weather() -> Conditions:
    """Ten moist days, thirty dry ones, rain."""
    dry = (np.arange(DAYS + 1) > DRY) & (np.arange(DAYS + 1) <= RAIN)
    potential, water = np.where(dry, -4e6, -3e4), np.where(dry, 0.05, 0.3)
    at = wetting(potential[:-1], potential[1:], water[:-1], water[1:], SECONDS_PER_DAY)
    whole = (ZERO_CELSIUS + 20.0, at.potential, water[1:], 0.5, at.potential_rate, at.water_rate, 6.5, 0.0)
    return Conditions(*(jnp.broadcast_to(jnp.asarray(v, float), (DAYS,)) for v in whole))


def main() -> None:
    """Draw the figure."""
    tolerance = Tolerance(relative=1e-4, absolute=1e-9)  # type: ignore[arg-type]
    figure, axes = plt.subplots(3, 1, figsize=(9, 9), sharex=True, constrained_layout=True)
    for (label, layer), colour in zip(CHOICES.items(), COLOURS):
        x, net = soil(layer), network(layer)
        end = np.concatenate([np.asarray(x)[None], course(layer, x, weather(), SECONDS_PER_DAY, tolerance).x])
        day = np.arange(DAYS)
        respired = np.diff(end[:, net.index("co2")])
        axes[0].step(day, respired, where="post", color=colour, label=label)
        axes[1].plot(np.arange(DAYS + 1), end[:, net.index("active_c")], color=colour)
        if layer.dormancy:
            axes[1].plot(np.arange(DAYS + 1), end[:, net.index("dormant_c")], color=colour, linestyle="--")
        axes[2].plot(np.arange(DAYS + 1), end[:, net.index("dissolved_c")], color=colour)
    for ax in axes:
        ax.axvspan(DRY, RAIN, color="#F0E442", alpha=0.25, lw=0)
        ax.set_xlim(0, DAYS)
    axes[0].set_ylabel("CO$_2$ (mol m$^{-3}$ d$^{-1}$)")
    axes[0].set_yscale("log")
    axes[0].legend(frameon=False)
    axes[1].set_ylabel("microbes (mol m$^{-3}$)\nactive full, dormant dashed")
    axes[2].set_ylabel("dissolved C (mol m$^{-3}$)")
    axes[2].set_xlabel("day; drought shaded")
    figure.savefig(FIGURE, dpi=130)


if __name__ == "__main__":
    main()
