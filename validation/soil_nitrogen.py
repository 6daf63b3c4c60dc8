"""Figure of docs/schemes/soil_nitrogen.md: a pulse of carbon, where nitrate goes, gases, and prices."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes

from shanhai.core.reactions import Network, Species
from shanhai.numerics.integrate import Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.plot import style
from shanhai.soil import ammonia, losses
from shanhai.soil import denitrification as den
from shanhai.soil import nitrification as nit
from shanhai.soil.anoxic_fraction import Partition
from shanhai.soil.gas_diffusivity import exchange
from shanhai.soil.nitrogen_fixation import FixationCost

BLUE, ORANGE, GREEN, BLACK = "#0072b2", "#d55e00", "#009e73", "#222222"
HOURS = 48
GASES = ("nitric_oxide", "nitrous_oxide")
SUGAR = (0.02, 3.0)  # mol m-3 of labile carbon at the start


def soil() -> Network:
    """Respiration, nitrification and denitrification, with oxygen that comes through the surface."""
    outside = tuple(Species(f"{g} of the air", {"N": 1.0, "electrons": nit.ELECTRONS[g]}, external=True) for g in GASES)
    carbon = (Species("sugar", {"C": 1.0, "electrons": 4.0}), Species("co2", {"C": 1.0}, external=True))
    oxygen = (Species("oxygen", {"electrons": -4.0}), Species("air", {"electrons": -4.0}, external=True))
    nitrogen = nit.mineral_nitrogen(electrons=True, external=("dinitrogen",))
    made = (
        *den.aerobic_respiration(nit.Monod(2e-5, {"sugar": 0.5, "oxygen": 0.003}), donor="sugar"),
        *nit.reactions(nit.Nitrification().kinetics(2e-6), oxygen=True),
        *den.chain((4e-6, 4e-6, 4e-6, 4e-6), donor="sugar"),
        *exchange("oxygen", "air", 5e-5, 0.25),
        *(r for g in GASES for r in exchange(g, f"{g} of the air", 1e-5)),
    )
    return Network((*nitrogen, *carbon, *oxygen, *outside), made)


def start(network: Network) -> jax.Array:
    """Amounts at the start [mol m-3], (species, cell), without and with a pulse of sugar."""
    given = {"ammonium": 1.0, "nitrate": 1.0, "oxygen": 0.25, "sugar": jnp.array(SUGAR)}
    return jnp.stack([jnp.broadcast_to(jnp.asarray(given.get(name, 0.0)), (2,)) for name in network.names])


def hourly(network: Network) -> tuple[np.ndarray, np.ndarray]:
    """Amounts at the end of each hour and extents in it, (hour, species or reaction, cell)."""

    def hour(x: jax.Array, _: Any) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        end = integrate(Rosenbrock(), network, x, None, 3600.0, Tolerance(relative=1e-5))
        return end.x, (end.x, end.extents)

    _, (amounts, extents) = jax.jit(lambda x: jax.lax.scan(hour, x, length=HOURS))(start(network))
    return np.asarray(amounts), np.asarray(extents)


def draw(folder: Path) -> Path:
    """Write the figure into a folder."""
    with style.look():
        figure = style.new_figure(8.4, 6.2)
        (pulse, fate), (gases, prices) = figure.subplots(2, 2)
        _pulse(pulse)
        _fate(fate)
        _gases(gases)
        _prices(prices)
        style.titles(
            figure,
            "Nitrogen in soil: oxidation, reduction and losses",
            "Upper left: 3 mol m⁻³ of labile carbon (solid), 0.02 (dashed); oxygen is a state."
            " Upper right: after 30 days.",
            "Lower left: respiration 10⁻⁵ mol m⁻³ s⁻¹. Lower right: θ 0.25, φ 0.5, sorption 5, 10⁻³ m s⁻¹ over 5 cm.",
        )
    return style.save(figure, folder / "soil_nitrogen.png", 110)


def _pulse(axes: Axes) -> None:
    network = soil()
    amounts, extents = hourly(network)
    names = [r.name for r in network.reactions]
    time = np.arange(HOURS) + 0.5
    shown = {"nitrification": (BLUE, "nitrified"), "nitrate to nitrite": (ORANGE, "nitrate reduced")}
    shown["nitrous_oxide escapes"] = (GREEN, "N₂O to the air")
    for name, (colour, label) in shown.items():
        rate = extents[:, names.index(name)] * (1e6 / 3600.0)  # mol m-3 in an hour
        axes.plot(time, rate[:, 1], color=colour, label=label)
        axes.plot(time, rate[:, 0], "--", color=colour, linewidth=0.9)
    axes.plot(time, amounts[:, network.index("oxygen"), 1] * 4, ":", color=BLACK, label="oxygen × 4 (mol m⁻³)")
    axes.set(xlabel="Hours after the pulse", ylabel="Rate (µmol m⁻³ s⁻¹)", title="A pulse of carbon", ylim=(0, 2.5))
    axes.legend(loc="upper right", ncols=2)


def _fate(axes: Axes) -> None:
    filled = jnp.linspace(0.3, 1.0, 200)
    conductivity = 3e-6 * filled ** (2 * 5 + 3)
    leach = losses.leaching_rate(conductivity, 0.5 * filled, 0.3)
    gas = 2e-6 * Partition().anoxic(filled)
    parts = losses.competing_losses(1.0, (leach, gas), 30 * 86400.0)
    axes.stackplot(
        filled, parts[0], parts[1], 1 - parts.sum(0), colors=(BLUE, ORANGE, "#dddddd"), alpha=0.85,
        labels=("leached", "denitrified", "left"),
    )  # fmt: skip
    axes.set(xlabel="Water-filled pore space", ylabel="Share of nitrate", title="Fate of nitrate", ylim=(0, 1))
    axes.margins(x=0)
    axes.legend(loc="upper left")


def _gases(axes: Axes) -> None:
    filled = jnp.linspace(0.2, 1.0, 200)
    for nitrate, colour in ((0.1, GREEN), (1.0, BLUE), (10.0, ORANGE)):
        ratio = den.dinitrogen_per_nitrous_oxide(nitrate, 1e-5, 1300.0, filled, 0.02)
        smooth = den.dinitrogen_per_nitrous_oxide(nitrate, 1e-5, 1300.0, filled, 0.02, 0.2)
        axes.plot(filled, ratio, color=colour, label=f"nitrate {nitrate:g} mol m⁻³")
        axes.plot(filled, smooth, ":", color=BLACK, linewidth=1.0)
    axes.plot([], [], ":", color=BLACK, linewidth=1.0, label="with rounded corners")
    axes.set(
        yscale="log",
        xlabel="Water-filled pore space",
        ylabel="N₂ : N₂O",
        title="Gases of denitrification",
        ylim=(0.15, None),
    )
    axes.legend(loc="lower right")


def _prices(axes: Axes) -> None:
    celsius = np.linspace(0.0, 45.0, 200)
    for ph, line in ((6.5, ":"), (7.5, "--"), (8.5, "-")):
        rate = ammonia.volatilisation_rate(1e-3, 0.05, celsius + 273.15, ph, 0.25, 0.5, 5.0) * 86400.0
        axes.plot(celsius, rate * 100, line, color=BLUE, label=f"NH₃, pH {ph:g}")
    axes.set(
        yscale="log", xlabel="Temperature (°C)", ylabel="NH₃ lost (% per day)", title="Ammonia, and price of fixation"
    )
    axes.legend(loc="lower right")
    price = axes.twinx()
    price.plot(celsius, FixationCost().by_mass(celsius + 273.15), color=ORANGE)
    price.spines["right"].set_visible(True)
    price.set_ylabel("Cost of fixation (gC gN⁻¹)", color=ORANGE)
    price.set_ylim(0, 65)


def main() -> None:
    """Draw the figure of the page."""
    print(draw(Path(__file__).parents[1] / "docs" / "figures"))


if __name__ == "__main__":
    main()
