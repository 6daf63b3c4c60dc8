"""Published soil models as configurations: `python -m validation.soil_peers FOLDER`, the folder of shared soil data.

Draws ten years of Millennial v2 with its authors' Fortran, what it costs to find its periodic year, MIMICS at fourteen
sites, and what becomes of one pulse of litter in nine models.
"""

import argparse
import csv
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shanhai.numerics.explicit import RungeKutta
from shanhai.numerics.forced import forced
from shanhai.numerics.integrate import Tolerance, integrate
from shanhai.numerics.periodic import network_cycle, periodic_anderson, periodic_newton
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.numerics.steady import steady_state
from shanhai.plot.style import look
from shanhai.soil.peers.ensemble import Peer, carbon, ensemble, with_litter
from shanhai.soil.peers.millennial import POOLS, Millennial, MillennialDay, millennial_network
from shanhai.soil.peers.mimics import Mimics, MimicsSite, metabolic_share, mimics_network, stock

FIGURE = Path(__file__).parent.parent / "docs" / "figures" / "soil_peers.png"
ENSEMBLE = FIGURE.with_name("soil_peers_ensemble.png")
PULSE = 100.0  # g m-2 of carbon
LINES = {
    "millennial": ("Millennial v2", "#000000", "-"),
    "rothc": ("RothC", "#e69f00", "-"),
    "century": ("CENTURY", "#d55e00", "-"),
    "daycent": ("DayCent", "#d55e00", "--"),
    "casacnp": ("CASA-CNP", "#cc79a7", "-"),
    "mimics": ("MIMICS", "#56b4e9", "-"),
    "mimics_cn": ("MIMICS-CN", "#0072b2", "--"),
    "corpse": ("CORPSE-N", "#009e73", "-"),
    "mend": ("MEND-CN", "#7f7f7f", "-"),
}
COLOURS = ("#0072b2", "#009e73", "#d55e00", "#000000", "#cc79a7")
NAMES = {
    "maom": "mineral-associated",
    "agg": "aggregates",
    "pom": "particulate",
    "mic": "microbes",
    "lmwc": "dissolved",
}


def trajectory(axes: Axes, data: Path, year: MillennialDay) -> None:
    """Ten years of pools as lines, the Fortran's as dots."""
    network = millennial_network(Millennial())
    days = MillennialDay(*(jnp.tile(series, 10) for series in year))
    start = jnp.array([1.0] * 5 + [0.0] * 3)
    x = jax.jit(lambda x: forced(RungeKutta(1), network, x, days, 1.0).x)(start)
    printed = np.genfromtxt(data / "ref_millennialv2_fortran_10yr.csv", delimiter=",", names=True)
    shown = np.searchsorted(printed["day"], np.linspace(20, 3650, 25))
    for pool, colour in zip(NAMES, COLOURS):
        axes.semilogy(np.arange(1, 3651) / 365, x[:, POOLS.index(pool)], color=colour, lw=1.2, label=NAMES[pool])
        axes.plot(printed["day"][shown] / 365, printed[pool.upper()][shown], "o", ms=3, color=colour)
    axes.set(xlabel="years", ylabel="carbon (g m$^{-2}$)", xlim=(0, 10), ylim=(0.1, 3e4))
    axes.set_title("Millennial v2: lines shanhai, dots Fortran", fontsize=9)
    axes.legend(fontsize=7, frameon=False, ncols=2, loc="upper left")


def spin_up(axes: Axes, year: MillennialDay) -> None:
    """Change over a year against the model years that were run."""
    cycle = network_cycle(RungeKutta(1), millennial_network(Millennial()), jnp.zeros(8), year, 1.0)

    def plain(x, _):
        after = cycle(x)
        return after, jnp.max(jnp.abs(jnp.log(after / x)))

    residual = jax.jit(lambda x: jax.lax.scan(plain, x, None, length=300)[1])(jnp.ones(5))
    axes.loglog(np.arange(1, 301), residual, color="#7f7f7f", label="one year after another")
    for name, solve, smallest, mark in (
        ("Anderson", periodic_anderson, -8, "s-"),
        ("Newton", periodic_newton, -13, "o-"),
    ):
        find = jax.jit(lambda tolerance, solve=solve: solve(cycle, jnp.ones(5), tolerance))
        ends = [find(10.0**power) for power in range(0, smallest - 1, -1)]
        axes.loglog([e.cycles for e in ends], [e.residual for e in ends], mark, ms=3, lw=1, label=name)
    axes.set(xlabel="model years", ylabel="largest relative change in a year", ylim=(1e-17, 10))
    axes.set_title("finding the year that repeats", fontsize=9)
    axes.legend(fontsize=7, frameon=False, loc="lower left")


def mimics(axes: Axes, data: Path) -> None:
    """Soil carbon at rest against what was observed."""
    rows = list(csv.DictReader((data / "mimics" / "LTER_SITE_1_full.csv").read_text().splitlines()))
    t = {key: jnp.array([float(row[key]) for row in rows]) for key in ("SOC", "CLAY2", "ANPP", "MAT", "LIG", "N")}
    site = MimicsSite(t["MAT"], t["CLAY2"] / 100.0, t["ANPP"] / 2.0, metabolic_share(t["LIG"] / t["N"]))
    end = jax.jit(lambda x: steady_state(mimics_network(Mimics()), x, site))(jnp.ones((9, len(rows))))
    found = stock(Mimics(), end.x)
    error, skill = float(jnp.sqrt(jnp.mean((found - t["SOC"]) ** 2))), np.corrcoef(found, t["SOC"])[0, 1] ** 2
    axes.plot([0, 10], [0, 10], color="#7f7f7f", lw=0.8)
    axes.plot(t["SOC"], found, "o", ms=4, color=COLOURS[0])
    left = {"SEV", "CWT", "LUQ"}
    for row, x, y in zip(rows, t["SOC"], found):
        beside = (
            {"ha": "right", "xytext": (-4, 3)}
            if row["Site"] in left
            else {"ha": "left", "xytext": (4, 1 if row["Site"] == "KNZ" else -4)}
        )
        axes.annotate(row["Site"], (float(x), float(y)), textcoords="offset points", fontsize=6, **beside)
    axes.set(xlabel="observed (kg m$^{-2}$)", ylabel="at rest (kg m$^{-2}$)", xlim=(0, 10), ylim=(0, 10))
    axes.set_title(f"MIMICS, 0–30 cm: r² {skill:.3f}, RMSE {error:.2f}", fontsize=9)


def pulse(peer: Peer, days: np.ndarray) -> tuple[float, np.ndarray]:
    """Carbon at rest [g m-2], and what a pulse of litter leaves there after some days, over the pulse [1]."""
    rest = jax.jit(lambda x: steady_state(peer.network, x, peer.environment).x)(peer.start)
    x = jnp.stack([rest, with_litter(peer, rest, PULSE)], 1)
    tolerance = Tolerance(1e-5, 1e-12)

    def on(x, length):
        end = integrate(Rosenbrock(), peer.network, x, peer.environment, length * peer.day, tolerance).x
        return end, carbon(peer, end)

    held = jax.jit(lambda x, lengths: jax.lax.scan(on, x, lengths)[1])(x, jnp.diff(jnp.asarray(days)))
    stock = float(carbon(peer, rest))
    return stock, np.concatenate([[1.0], np.array(held[:, 1] - held[:, 0]) / PULSE])


def structural_ensemble() -> Path:
    """One pulse of litter in nine models: what is left, what is respired a day, and the stock at rest."""
    days = np.concatenate([[0.0], np.geomspace(0.5, 365.0 * 30.0, 60)])
    found = {name: pulse(peer, days) for name, peer in ensemble().items()}
    with look():
        figure = Figure(figsize=(11, 3.6), layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        for name, (label, colour, style) in LINES.items():
            kept = found[name][1]
            left.semilogx(days[1:], kept[1:], style, color=colour, lw=1.3, label=label)
            lost = -np.diff(kept) / np.diff(days) * PULSE
            lost = np.where(lost > 0.0, lost, np.nan)  # MIMICS takes up again for a while
            middle.loglog(
                np.sqrt(np.maximum(days[1:], 0.5) * np.maximum(days[:-1], 0.25)), lost, style, color=colour, lw=1.3
            )
        left.set(xlabel="days", ylabel="of the pulse in the soil", ylim=(0.0, 1.2), xlim=(0.5, 1.1e4))
        left.set_title(f"{PULSE:.0f} g m$^{{-2}}$ of litter on soil at rest", fontsize=9)
        left.legend(fontsize=7, frameon=False, loc="lower left")
        middle.set(xlabel="days", ylabel="respired beyond rest (g m$^{-2}$ d$^{-1}$)", ylim=(1e-4, 30.0))
        middle.set_title("the same pulse, as it is respired", fontsize=9)
        stocks = [found[name][0] / 1e3 for name in LINES]
        right.barh([label for label, _, _ in LINES.values()], stocks, color=[c for _, c, _ in LINES.values()])
        right.invert_yaxis()
        right.set(xlabel="carbon at rest (kg m$^{-2}$)")
        right.set_title("400 g m$^{-2}$ yr$^{-1}$ of litter, 12 °C", fontsize=9)
        figure.savefig(ENSEMBLE, format="png", dpi=110)
    return ENSEMBLE


def draw(data: Path) -> Path:
    """The figure of the page on soil peers."""
    rows = (data / "ref_millennialv2_forcing_globalaverage.txt").read_text().splitlines()
    year = MillennialDay(*jnp.asarray(np.array([line.split() for line in rows if line.strip()], float).T))
    with look():
        figure = Figure(figsize=(11, 3.6), layout="constrained")
        axes = figure.subplots(1, 3)
        trajectory(axes[0], data, year)
        spin_up(axes[1], year)
        mimics(axes[2], data)
        figure.savefig(FIGURE, format="png", dpi=110)
    return FIGURE


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of soil data")
    jax.config.update("jax_enable_x64", True)
    print(draw(parser.parse_args().data))
    print(structural_ensemble())
