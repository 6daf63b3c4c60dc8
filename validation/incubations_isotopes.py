"""δ13C of the CO2 of Andrews et al. (2000) beside the layer: `python -m validation.incubations_isotopes FOLDER`.

The jars run with the numbers that the fit to their CO2 ended with. Four labels follow where the carbon of each group of
pools goes, so that respired δ13C is their mean, weighted by what of the CO2 of a day came from each; nothing
fractionates. What each group had at the start is then linear, and fitted with what was known before: -26 ± 3 ‰ each.
Adds to docs/validation_incubations.json, draws docs/figures/incubations_isotopes.png.
"""

import json
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from shanhai.core.constants import SECONDS_PER_DAY
from shanhai.models.site.jar import Jar, Treatment, conditions, start
from shanhai.numerics.calibration import with_parameters
from shanhai.plot.style import look
from shanhai.soil.isotopes import Isotope
from shanhai.soil.layer import network
from shanhai.soil.layer_isotopes import course_with_tracers, labelled
from validation.incubations import DOCS, andrews

GROUPS = {
    "labile": ("labile_c",),
    "dissolved": ("dissolved_c",),
    "microbes": ("active_c", "dormant_c", "labile_enzyme_c", "recalcitrant_enzyme_c"),
    "old": ("recalcitrant_c", "mineral_c", "aggregates_c"),
}
"""Pools that have one δ13C at the start; what is on minerals or recalcitrant is told apart by nothing here."""

BEFORE, SPREAD, ERROR = -26.0, 3.0, 0.5  # per mil; choices
SITES = {"con": "control", "elev": "elevated CO2"}
COLOURS = {4: "#0072b2", 22: "#009e73", 40: "#d55e00"}


def fractions(jar: Jar, treatment: Treatment, days: int) -> np.ndarray:
    """Part of the CO2 of every day that comes from each group, (day, jar, group)."""
    x = start(jar, treatment)
    labels = [
        labelled(jar.layer, x, Isotope(name, "C", 1.0), dict.fromkeys(pools, 1.0)) for name, pools in GROUPS.items()
    ]
    ends = course_with_tracers(
        jar.layer, x, conditions(jar, treatment, days), SECONDS_PER_DAY, jar.tolerance, tuple(labels)
    )
    row = network(jar.layer).index("co2")
    whole = np.diff(np.asarray(ends.end.x[:, row]), axis=0, prepend=0.0)
    parts = [np.diff(np.asarray(ends.labels[name].amounts[:, row]), axis=0, prepend=0.0) for name in GROUPS]
    return np.stack([part / whole for part in parts], axis=-1)


def fitted(parts: np.ndarray, measured: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """δ13C of the groups with their standard errors [per mil], from what was measured, (..., group) and (...)."""
    there = np.isfinite(measured)
    design = parts[there] / ERROR
    covariance = np.linalg.inv(design.T @ design + np.eye(len(GROUPS)) / SPREAD**2)
    values = BEFORE + covariance @ (design.T @ (measured[there] - BEFORE) / ERROR)
    return values, np.sqrt(np.diag(covariance))


def compared(parts: np.ndarray, measured: np.ndarray) -> dict[str, object]:
    """What one δ13C for all, one for each group, and a fit without the coldest jars leave [per mil]."""
    values, errors = fitted(parts, measured)
    off = parts @ values - measured
    warm, _ = fitted(parts[:, 1:], measured[:, 1:])
    predicted = parts @ warm - measured

    def root(values: np.ndarray) -> float:
        return float(f"{np.sqrt(np.nanmean(values**2)):.3g}")

    return {
        "groups": {n: [float(f"{v:.4g}"), float(f"{e:.2g}")] for n, v, e in zip(GROUPS, values, errors)},
        "rmse_of_the_mean": root(measured - np.nanmean(measured)),
        "rmse_fitted": root(off),
        "rmse_by_temperature": {t: root(off[:, k]) for k, t in enumerate(COLOURS)},
        "rmse_of_the_warm_alone": root((parts[:, 1:] @ warm) - measured[:, 1:]),
        "rmse_of_the_cold_from_the_warm": root(predicted[:, 0]),
        "offset_of_the_cold_from_the_warm": float(f"{np.nanmean(predicted[:, 0]):.3g}"),
    }


def measured_at(folder: Path, site: str) -> tuple[np.ndarray, np.ndarray]:
    """Days, and δ13C of the CO2 at 4, 22 and 40 degC [per mil], (time, jar)."""
    table = pd.read_csv(folder / "Andrews2000SBB" / "timeSeries.csv")
    return table["time"].to_numpy(float), table[[f"C13_{t}_{site}" for t in COLOURS]].to_numpy(float)


def draw(days: np.ndarray, shown: dict[str, tuple[np.ndarray, np.ndarray]]) -> Path:
    """Measured dots and modelled lines of both sites."""
    file = DOCS / "figures" / "incubations_isotopes.png"
    with look():
        figure = Figure(figsize=(8.5, 3.6), layout="constrained")
        for axes, (site, (told, measured)) in zip(figure.subplots(1, 2, sharey=True), shown.items()):
            for k, (t, colour) in enumerate(COLOURS.items()):
                axes.plot(1.0 + np.arange(len(told)), told[:, k], color=colour, lw=1.3, label=f"{t} °C")
                axes.plot(days, measured[:, k], "o", color=colour, ms=4)
            axes.set(xlabel="days", xlim=(0, 50))
            axes.set_title(f"{SITES[site]}: lines fitted, dots measured", fontsize=9)
        figure.axes[0].set(ylabel="δ¹³C of the CO$_2$ (‰)")
        figure.axes[0].legend(fontsize=8, frameon=False)
        figure.savefig(file, dpi=110)
    return file


def main(folder: Path) -> None:
    """Compare both sites and write what came out."""
    file = DOCS / "validation_incubations.json"
    found = json.loads(file.read_text())
    settings = andrews(folder)
    stored = found["andrews"]["parameters"]
    jar = with_parameters(settings.jar, list(stored), jnp.array([row[1] for row in stored.values()]))
    treatment = Treatment(*(jnp.asarray(getattr(settings, name)) for name in Treatment._fields))
    whole = fractions(jar, treatment, 49)
    shown, told = {}, {}
    for site in SITES:
        days, measured = measured_at(folder, site)
        parts = whole[days.astype(int) - 1]  # the CO2 of the day that ends then
        told[site] = compared(parts, measured)
        shown[site] = (whole @ fitted(parts, measured)[0], measured)
        print(site, told[site])
    first, last = (whole[k].round(2).tolist() for k in (0, -1))
    found["andrews"]["isotopes"] = told | {"from_groups_first_day": first, "from_groups_last_day": last}
    file.write_text(json.dumps(found, indent=1) + "\n")
    print(first, last, draw(days, shown))


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    main(Path(sys.argv[1]))
