"""Figures of a layer of soil: drought and rain with and without sleep and bursting cells; food that uses up oxygen.

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
from shanhai.soil.layer_oxygen import Oxygen

FIGURES = Path(__file__).parents[1] / "docs" / "figures"
DAYS, DRY, RAIN = 60, 10, 40
CHOICES = {
    "all processes": Layer(),
    "no dormancy": Layer(dormancy=None),
    "no burst cells, no opened aggregates": Layer(birch=None),
}
COLOURS = ("#0072B2", "#D55E00", "#009E73")
STOCKS = {
    "labile": (100.0, 40.0), "recalcitrant": (200.0, 12.0), "dissolved": (0.5, 12.0), "active": (5.0, 7.0),
    "dormant": (20.0, 7.0), "mineral": (1500.0, 12.0), "aggregates": (500.0, 15.0),
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


FED = (1.0, 5.0, 50.0)
"""Dissolved carbon over that of the soil above."""


def oxygen() -> None:
    """Draw what food does to oxygen, nitrification and denitrification of a damp soil, half-hour by half-hour."""
    layer = Layer(mined=0.5, dormancy=None, minerals=None, birch=None, oxygen=Oxygen())
    net, hours, dt = network(layer), 48, 1800.0
    x = jnp.stack([soil(layer)] * len(FED), axis=1).at[net.index("ammonium")].set(5.0)
    food = jnp.array([net.index("dissolved_c"), net.index("dissolved_n")])
    x = x.at[food].multiply(jnp.array(FED)).at[net.index("oxygen")].set(0.9)
    at = Conditions(water=jnp.full((2 * hours, len(FED)), 0.4))
    end = course(layer, x, at, dt, Tolerance(relative=1e-4, absolute=1e-9))  # type: ignore[arg-type]
    names, time = [r.name for r in net.reactions], (np.arange(2 * hours) + 1) * dt / 3600.0
    figure, axes = plt.subplots(3, 1, figsize=(9, 8), sharex=True, constrained_layout=True)
    shown = (
        np.asarray(end.x)[:, net.index("oxygen")],
        np.asarray(end.extents)[:, names.index("nitrification")] * SECONDS_PER_DAY / dt,
        np.asarray(end.extents)[:, names.index("nitrate to nitrite")] * SECONDS_PER_DAY / dt,
    )
    labels = ("oxygen (mol m$^{-3}$)", "nitrified\n(mol m$^{-3}$ d$^{-1}$)", "nitrate reduced\n(mol m$^{-3}$ d$^{-1}$)")
    for ax, values, label in zip(axes, shown, labels):
        for k, (fed, colour) in enumerate(zip(FED, COLOURS)):
            ax.plot(time, values[:, k], color=colour, label=f"dissolved carbon × {fed:g}")
        ax.set_ylabel(label)
        ax.set_xlim(0, hours)
        ax.set_ylim(bottom=0)
    axes[0].legend(frameon=False)
    axes[2].set_xlabel("hour after the food; 80 % of the pores are full of water")
    figure.savefig(FIGURES / "soil_layer_oxygen.png", dpi=130)


def main() -> None:
    """Draw the figures."""
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
    figure.savefig(FIGURES / "soil_layer.png", dpi=130)
    oxygen()


if __name__ == "__main__":
    main()
