"""Bomb radiocarbon respired at Harvard Forest: fitted, cross-validated in halves both ways, and drawn.

python -m validation.soil_profile FOLDER  (with the tables soilr_data_*.csv)
"""

import argparse
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from shanhai.site.profile import Settings, air_of, fitted, followed, predicted, read_respired

FIGURE = Path(__file__).parents[1] / "docs" / "figures" / "soil_profile.png"
AIR, RESPIRED = "soilr_data_Graven2017_atm_D14C.csv", "soilr_data_HarvardForest14CO2.csv"
SPLIT = 2003.0
FITS = ((2100.0, "#D55E00", "-", "fitted to all"), (SPLIT, "#0072B2", "--", "fitted to 1996–2002"))
"""Last year fitted, and how it is drawn."""


def yearly(year: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of every calendar year with measurements."""
    there = np.unique(year.astype(int))
    return there + 0.5, np.array([value[year.astype(int) == y].mean() for y in there])


def main(folder: Path) -> None:
    """Print the numbers and draw the figure."""
    files = {"atmosphere_file": str(folder / AIR), "respired_file": str(folder / RESPIRED)}
    measured = read_respired(folder / RESPIRED)
    figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.8), constrained_layout=True)
    axes[0].plot(*measured, ".", color="#222222", ms=3, alpha=0.4, label="chambers")
    axes[0].plot(*yearly(*measured), "o", color="#222222", ms=5, label="means of years")
    for until, colour, dash, label in FITS:
        settings = Settings(**files, fit_until=until)
        air, _ = air_of(settings)
        fit = fitted(settings, air, measured)
        run = followed(fit.model, air)
        away = np.asarray(predicted(run, jnp.asarray(measured.year))) - measured.delta14c
        for name, part in (("up to", measured.year <= until), ("after", measured.year > until)):
            if part.any():
                print(f"{label}: {name} {until:.0f} RMSE {np.sqrt(np.mean(away[part] ** 2)):.1f}, ", end="")
                _, mean = yearly(measured.year[part], away[part])
                print(f"bias {away[part].mean():.1f}, RMSE of yearly means {np.sqrt(np.mean(mean**2)):.1f} per mil")
        print({k: f"{v:.4f} ± {fit.spread[k]:.4f}" for k, v in fit.values.items()}, f"misfit {fit.misfit:.2f}")
        axes[0].plot(run.year, run.total, color=colour, ls=dash, label=label)
        end = jax.tree.map(lambda v: v[-1], run.states)
        pools = list(run.profile.network.pools)
        ratio = np.asarray(end.tracer[jnp.array(pools)].sum(axis=0) / end.x[jnp.array(pools)].sum(axis=0))
        axes[1].plot(1e3 * (ratio - 1.0), run.profile.depth, marker="o", ls=dash, ms=3, color=colour)
    axes[0].plot(air.year, air.delta14c, color="#9AA0A6", label="air")
    axes[0].axvline(SPLIT, color="#9AA0A6", lw=0.8, ls=":")
    axes[0].set_xlim(1990, 2011)
    axes[0].set_xticks(range(1990, 2011, 5))
    axes[0].set_ylim(0, 200)
    axes[0].set_xlabel("year")
    axes[0].set_ylabel("Δ$^{14}$C of respiration (‰)")
    axes[0].legend(frameon=False, fontsize=8)
    axes[1].invert_yaxis()
    axes[1].set_xlabel("Δ$^{14}$C of the soil in 2010 (‰)")
    axes[1].set_ylabel("depth (m)")
    figure.savefig(FIGURE, dpi=130)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    main(parser.parse_args().folder)
