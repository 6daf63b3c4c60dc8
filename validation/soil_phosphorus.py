"""Figure of docs/schemes/soil_phosphorus.md: the isotherms, the error of a linearised buffer, a soil growing old."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from shanhai.core.constants import ATOMIC_MASS
from shanhai.core.first_order import FirstOrder
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.numerics.integrate import Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.plot import style
from shanhai.soil.phosphorus import (
    DoubleLangmuir,
    Langmuir,
    OfDissolved,
    Phosphorus,
    biological_reactions,
    langmuir_dissolved,
    mineral_reactions,
    of_soil_order,
    phosphorus_species,
)

FIGURE = Path(__file__).parents[1] / "docs" / "figures" / "soil_phosphorus.png"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")


def ageing(years: np.ndarray) -> dict[str, np.ndarray]:
    """Pools of a soil of 40 mol m-3 that weathers, leaches and grows plants."""
    surface, numbers = Langmuir(), Phosphorus()
    river = Species("river_p", {"P": 1.0}, external=True)
    leaching = OfDissolved(surface, "exchangeable_p", 5e-3 / JULIAN_YEAR)
    reactions = (
        *mineral_reactions(numbers),
        *biological_reactions(numbers, surface, uptake=2e-9, cost=40.0, decay=2e-9),
        Reaction("litterfall", FirstOrder("plant_p", 1e-8), {"plant_p": -1.0, "organic_p": 1.0}),
        Reaction("mineralisation", FirstOrder("organic_p", 1e-9), {"organic_p": -1.0, "exchangeable_p": 1.0}),
        Reaction("leaching", leaching, {"exchangeable_p": -1.0, "river_p": 1.0}),
    )
    network, tolerance = Network((*phosphorus_species(), river), reactions), Tolerance(relative=1e-5, absolute=1e-8)
    advance = jax.jit(lambda x, span: integrate(Rosenbrock(), network, x, None, span, tolerance).x)
    x, rows = jnp.array([40.0, 0.0, 0.0, 0.0, 0.0, 0.01, 0.0]), []
    for span in np.diff([0.0, *years]) * JULIAN_YEAR:
        x = advance(x, span)
        rows.append(np.asarray(x))
    return dict(zip(network.names, np.transpose(rows), strict=True))


def buffer_error(capacity: float, half: float, labile: float, added: np.ndarray) -> np.ndarray:
    """Phosphorus lost by a linearised buffer, over the addition."""
    new = labile + added / (1.0 + capacity * half / (half + labile) ** 2)
    before, after = (p + capacity * p / (half + p) for p in (labile, new))
    return np.abs(after - before - added) / added


def exact_error(capacity: float, half: float, labile: float, added: np.ndarray) -> np.ndarray:
    """The same where the total is kept and the dissolved part solved from it."""
    total = labile + capacity * labile / (half + labile) + added
    p = np.asarray(langmuir_dissolved(total, capacity, half))
    missing = np.abs(p + capacity * p / (half + p) - total) / added
    return np.where(missing > 0, missing, np.nan)  # most are exact


def draw(path: Path = FIGURE) -> Path:
    """Write the figure."""
    with style.look():
        figure = style.new_figure(9.6, 3.4)
        axes = figure.subplots(1, 3, gridspec_kw={"width_ratios": (1.0, 1.0, 1.25)})
        _isotherms(axes[0])
        _errors(axes[1])
        _age(axes[2])
        return style.save(figure, path, 110)


def _isotherms(axis: Any) -> None:
    total = np.geomspace(1e-2, 1e3, 200)
    double = DoubleLangmuir(Langmuir(5.0, 0.01), Langmuir(25.0, 5.0))
    surfaces = (*((o, of_soil_order(o, 0.5)) for o in ("andisol", "mollisol", "oxisol")), ("two surfaces", double))
    for (name, surface), colour in zip(surfaces, COLOURS, strict=False):
        axis.loglog(total, surface.dissolved(total), color=colour, label=name)
    axis.loglog(total, total, ":", color="#777777", label="all dissolved")
    axis.set(
        title="Dissolved part",
        xlabel="exchangeable P (mol m$^{-3}$)",
        ylabel="dissolved P (mol m$^{-3}$)",
        ylim=(1e-6, 1e3),
    )
    axis.legend(fontsize=7, frameon=False)


def _errors(axis: Any) -> None:
    added = np.geomspace(0.1, 10.0, 40)
    for (name, pair), colour in zip(
        {"alfisol": (439.46, 74.54), "ultisol": (227.51, 63.96)}.items(), COLOURS, strict=False
    ):
        axis.loglog(added, buffer_error(*pair, 25.0, added), color=colour, label=f"linearised, {name}")
    axis.loglog(
        added, exact_error(439.46, 74.54, 25.0, added), ".", color="#009e73", label="solved from the total, rounding"
    )
    axis.set(
        title="Phosphorus lost in one addition",
        xlabel="addition (g m$^{-2}$)",
        ylabel="lost over added (1)",
        ylim=(1e-16, 1.0),
    )
    axis.legend(fontsize=7, frameon=False, loc="center left")


def _age(axis: Any) -> None:
    years = np.geomspace(30.0, 1e6, 46)
    pools = ageing(years)
    parts = {
        "primary": pools["primary_p"],
        "occluded": pools["occluded_p"],
        "secondary and exchangeable": pools["secondary_p"] + pools["exchangeable_p"],
        "organic and plants": pools["organic_p"] + pools["plant_p"],
    }
    scale = ATOMIC_MASS["P"] * 0.5  # g m-2 of half a metre
    colours = ("#b3b3b3", "#d55e00", "#0072b2", "#009e73")
    axis.stackplot(years, *(v * scale for v in parts.values()), labels=list(parts), colors=colours)
    axis.set(
        xscale="log",
        title="A soil growing old",
        xlabel="age (yr)",
        ylabel="phosphorus (g m$^{-2}$)",
        xlim=(30, 1e6),
        ylim=(0, 760),
    )
    axis.legend(fontsize=7, frameon=False, ncols=2, loc="upper left")


if __name__ == "__main__":
    print(draw())
