"""Figure of docs/schemes/soil_oxygen.md: spheres, sizes, filled pores, and where a half-saturation belongs."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes

from shanhai.plot import style
from shanhai.soil import gas_diffusivity as gas
from shanhai.soil import oxygen_in_aggregates as oxygen
from shanhai.soil.anoxic_fraction import Partition, SphereSizes

DIFFUSIVITY, WATER, SINK = 5e-10, 0.27, 2.5e-5  # m2 s-1, mol m-3, mol m-3 s-1
POROSITY, TEMPERATURE, BULK_SINK = 0.5, 288.15, 2e-5
MEASURED = (0.51, 0.67)  # Sierra et al. (2017), respiration at 1 % over that at 20 % of oxygen, all treatments
BLUE, ORANGE, GREEN, BLACK = "#0072b2", "#d55e00", "#009e73", "#222222"


def anoxic_by_depth(filled: jnp.ndarray, depth: float) -> jnp.ndarray:
    """Anoxic fraction at a depth of a soil that respires alike all the way down."""
    diffusivity = gas.oxygen_in_soil(filled * POROSITY, POROSITY, TEMPERATURE)
    air = oxygen.slab_oxygen(depth, diffusivity, gas.oxygen_in_air(TEMPERATURE), BULK_SINK)
    return SphereSizes().anoxic(DIFFUSIVITY, air * gas.oxygen_solubility(TEMPERATURE), SINK)


def draw(folder: Path) -> Path:
    """Write the figure into a folder."""
    with style.look():
        figure = style.new_figure(8.4, 6.2)
        (profiles, sizes), (pores, apparent) = figure.subplots(2, 2)
        _profiles(profiles)
        _sizes(sizes)
        _pores(pores)
        _apparent(apparent)
        style.titles(
            figure,
            "Oxygen in aggregates: D = 5×10⁻¹⁰ m² s⁻¹, 0.27 mol m⁻³ outside, sink 2.5×10⁻⁵ mol m⁻³ s⁻¹",
            "Lower left: spheres of 3 mm median radius in a soil of porosity 0.5 that respires 2×10⁻⁵ mol m⁻³ s⁻¹.",
            "Lower right: respiration at 1 % over that at 20 % of oxygen, eight treatments, Sierra et al. (2017).",
        )
    return style.save(figure, folder / "soil_oxygen.png", 110)


def _profiles(axes: Axes) -> None:
    critical = float(oxygen.critical_radius(DIFFUSIVITY, WATER, SINK))
    for times, colour in ((0.5, GREEN), (1.0, BLUE), (2.0, ORANGE), (3.0, BLACK)):
        r = jnp.linspace(0.0, times * critical, 300)
        c = oxygen.sphere_oxygen(r, times * critical, DIFFUSIVITY, WATER, SINK)
        axes.plot(r * 1e3, c, color=colour)
        axes.text(times * critical * 1e3, WATER * 1.02, f"{times:g} R$_c$", color=colour, ha="center", va="bottom")
    axes.set(xlabel="Distance from the centre (mm)", ylabel="Oxygen (mol m⁻³)", title="In spheres", ylim=(0, 0.31))


def _sizes(axes: Axes) -> None:
    critical = oxygen.critical_radius(DIFFUSIVITY, WATER, SINK)
    ratio = np.geomspace(0.1, 30.0, 200)
    one = oxygen.anoxic_volume(ratio * critical, DIFFUSIVITY, WATER, SINK)
    axes.plot(ratio, one, color=BLACK, label="one size")
    for spread, colour, line in ((0.4, BLUE, "--"), (0.8, ORANGE, "-."), (1.6, GREEN, ":")):
        mean = [SphereSizes(float(r * critical), spread).anoxic(DIFFUSIVITY, WATER, SINK) for r in ratio]
        axes.plot(ratio, mean, line, color=colour, label=f"σ = {spread:g}")
    axes.set(xscale="log", xlabel="Median radius over R$_c$", ylabel="Anoxic part of the volume", title="Of many sizes")
    axes.legend(loc="upper left")


def _pores(axes: Axes) -> None:
    filled = jnp.linspace(0.3, 1.0, 141)
    for depth, colour in ((0.05, GREEN), (0.2, BLUE), (0.5, ORANGE)):
        fraction = anoxic_by_depth(filled, depth)
        fit = Partition.fitted(filled, fraction)
        name = f"{100 * depth:g} cm: W$_c$ {float(fit.critical):.2f}, s {float(fit.steepness):.0f}"
        axes.plot(filled, fraction, color=colour, label=name)
        axes.plot(filled, fit.anoxic(filled), ":", color=BLACK, linewidth=1.0)
    axes.plot([], [], ":", color=BLACK, linewidth=1.0, label="sigmoids fitted")
    axes.set(xlabel="Water-filled pore space", ylabel="Anoxic part of the volume", title="By filled pores and depth")
    axes.legend(loc="upper left")


def _apparent(axes: Axes) -> None:
    percent = jnp.linspace(0.0, 21.0, 400)
    water = gas.oxygen_in_air(298.15, percent / 100) * gas.oxygen_solubility(298.15)
    at_one = float(gas.oxygen_in_air(298.15, 0.01) * gas.oxygen_solubility(298.15))
    for outside, colour in ((0.8, BLUE), (12.1, ORANGE)):
        half = 0.05 * at_one
        conductance = 1.0 / (2.0 * (outside * at_one - half))  # K + V / (2 g) for V = 1
        rate = oxygen.oxygen_limitation(water, conductance, 1.0, half)
        axes.plot(percent, rate, color=colour, label=f"apparent half-saturation {outside:g} %")
        axes.plot(percent, percent / (percent + outside), "--", color=colour, linewidth=0.9)
    axes.plot([], [], "--", color=BLACK, linewidth=0.9, label="hyperbola of the same")
    axes.vlines(1.0, *MEASURED, color=BLACK, linewidth=5, alpha=0.7)
    axes.annotate("measured", (1.0, MEASURED[1]), (3.0, 0.5), arrowprops={"arrowstyle": "-", "linewidth": 0.6})
    axes.set(xlabel="Oxygen outside (%)", ylabel="Respiration over its most", title="Limitation", ylim=(0, 1.05))
    axes.legend(loc="lower right")


def main() -> None:
    """Draw the figure of the page."""
    print(draw(Path(__file__).parents[1] / "docs" / "figures"))


if __name__ == "__main__":
    main()
