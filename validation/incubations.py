"""Published incubations beside the layer of soil: fit, cross-validation, figures and numbers.

`python -m validation.incubations FOLDER` reads a folder of the Soil Incubation Database, writes
docs/figures/incubations_*.png and docs/validation_incubations.json.
"""

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from shanhai.models.box.result import Result
from shanhai.models.site.jar import Jar, Shares, Soil
from shanhai.numerics.calibration import with_parameters
from shanhai.plot.site.incubation import draw
from shanhai.plot.style import look
from shanhai.site.incubation import Data, Settings, predict, read, run

DOCS = Path(__file__).parent.parent / "docs"

FREE = {
    "shares.labile": 1.0, "shares.dissolved": 1.0, "shares.microbes": 0.5, "shares.asleep": 0.3,
    "layer.microbes.uptake": 1.0, "layer.microbes.half_saturation": 2.0, "layer.microbes.maintenance": 1.0,
    "layer.microbes.death": 1.0, "layer.microbes.crowding": 2.0, "layer.microbes.temperature.energy": 0.2,
    "layer.enzymes.production": 1.0,
}  # fmt: skip
"""Parameters of a soil and its microbes, and the standard error of the logarithm of what is known of each."""

OXYGEN = {
    "layer.oxygen.respiration": 1.0,
    "layer.oxygen.radius": 2.0,
    "layer.oxygen.inside": 0.3,
    "layer.thickness": 2.0,
}


def sierra(folder: Path) -> Settings:
    """Boreal soil at two temperatures, four moistures and two oxygens; one moisture is held out at a time."""
    jars = [(t, o, w) for t in (25, 35) for o in (20, 1) for w in (15, 30, 60, 90)]
    temperature, oxygen, filled = (tuple(map(float, column)) for column in zip(*jars))
    soil = Soil(carbon=46.9, bulk_density=600.0, porosity=0.75, ph=5.0, mineral_nitrogen=20.0)
    jar = Jar(soil=soil, shares=Shares(labile=0.05, dissolved=0.002, microbes=0.05))
    jar = eqx.tree_at(lambda j: j.layer.thickness, jar, jnp.asarray(0.01))  # gas is blown through
    return Settings(
        file=str(folder / "Sierra2017BG" / "timeSeries.csv"), unit="mg C d-1", dry_mass=450.0,
        jars=tuple(f"TMO_{t}_{w}_{o}" for t, o, w in jars),
        temperature=temperature, filled=tuple(w / 100.0 for w in filled), oxygen=tuple(o / 20.95 for o in oxygen),
        added=(0.0,) * len(jars), free=(*FREE, *OXYGEN), spread=(*FREE.values(), *OXYGEN.values()), folds=4, jar=jar,
    )  # fmt: skip


def fontaine(folder: Path) -> Settings:
    """Subsoil with and without labelled cellulose; CO2 of the soil's own carbon. The added gram is unverified."""
    soil = Soil(carbon=23.3, bulk_density=1200.0, porosity=0.5, ph=6.7, mineral_nitrogen=20.0)
    shares = Shares(labile=0.005, microbes=193.0 / 23.3e3, mineral=0.7)
    free = {k: v for k, v in FREE.items() if k != "layer.microbes.temperature.energy"}
    free["soil.mineral_nitrogen"] = 1.0
    return Settings(
        file=str(folder / "Fontaine2007" / "timeSeries.csv"), unit="mg C kg-1", source="soil",
        jars=("control", "cellulose"), temperature=(20.0, 20.0), filled=(0.5, 0.5), oxygen=(1.0, 1.0), added=(0.0, 1.0),
        free=tuple(free), spread=tuple(free.values()), jar=Jar(soil=soil, shares=shares),
    )  # fmt: skip


def andrews(folder: Path) -> Settings:
    """Forest soil at three temperatures; one temperature is held out at a time. Its carbon was not told: 20 g kg-1."""
    soil = Soil(carbon=20.0, bulk_density=1000.0, porosity=0.6, ph=5.75, mineral_nitrogen=5.0)
    return Settings(
        file=str(folder / "Andrews2000SBB" / "timeSeries.csv"), unit="mg CO2 g-1 d-1",
        jars=("CO2_4_con", "CO2_22_con", "CO2_40_con"), temperature=(4.0, 22.0, 40.0), filled=(0.4, 0.4, 0.4),
        oxygen=(1.0, 1.0, 1.0), added=(0.0, 0.0, 0.0), free=tuple(FREE), spread=tuple(FREE.values()), folds=3,
        jar=Jar(soil=soil),
    )  # fmt: skip


FINE = 1e-6
"""Error within a day with which a fit is told. With that of the fits, where a few microbes wake and multiply, a ten
millionth of a parameter may decide on a step, and the misfit of Fontaine et al. be 0.50 or 0.58."""


def finely(settings: Settings, fitted: Mapping[str, list[float]]) -> tuple[np.ndarray, Data]:
    """What fitted numbers predict with small errors, and what was measured [mol m-3], (time, jar)."""
    jar = with_parameters(settings.jar, list(fitted), jnp.array([row[1] for row in fitted.values()]))
    data, _ = read(settings)
    return np.asarray(predict(settings, replace(jar, error=FINE), data)), data


def misses(settings: Settings, fitted: Mapping[str, list[float]]) -> dict[str, float]:
    """Mean square of what fitted numbers miss, over the errors, and the part of the variance that they tell."""
    found, data = finely(settings, fitted)
    measured, error = np.asarray(data.values), np.asarray(data.error)
    off, spread = found - measured, measured - np.nanmean(measured)
    told = 1.0 - np.nansum(off**2) / np.nansum(spread**2)
    return {"misfit": float(np.nanmean((off / error) ** 2)), "r2_fitted": float(told)}


STUDIES = {"sierra": sierra, "fontaine": fontaine, "andrews": andrews}


def told(settings: Settings, result: Result) -> dict[str, object]:
    """Headlines and parameters (before, fitted, standard error, part of the variance removed), rounded."""
    numbers = {n.name: float(f"{n.value:.3g}") for n in result.numbers}
    names = [str(n) for n in result.coordinates["parameter"].values]
    columns = ("value_before", "value", "standard_error", "learned")
    rows = np.stack([np.asarray(result.series[c].values, float) for c in columns], axis=1)
    fitted = {n: [float(f"{v:.8g}") for v in row] for n, row in zip(names, rows)}
    numbers |= {name: float(f"{value:.3g}") for name, value in misses(settings, fitted).items()}
    closes = all(row.closes for row in result.ledger)
    return {"numbers": numbers, "parameters": fitted, "closes": closes} | _by_fold(result, settings.folds)


def _by_fold(result: Result, folds: int) -> dict[str, object]:
    """Root mean square error of each fold as predicted by the others."""
    if folds < 2:
        return {}
    off = np.asarray(result.series["predicted"].values) - np.asarray(result.series["measured"].values)
    number = np.arange(off.shape[1]) % folds
    rmse = [float(f"{np.sqrt(np.nanmean(off[:, number == k] ** 2)):.3g}") for k in range(folds)]
    return {"rmse_by_fold": rmse}


def main(folder: Path, wanted: list[str]) -> None:
    """Fit the studies and write what came out."""
    file = DOCS / "validation_incubations.json"
    for name in wanted or STUDIES:
        began = time.perf_counter()
        settings = STUDIES[name](folder)
        result = run(settings)
        found = told(settings, result)
        print(name, found["numbers"], f"{time.perf_counter() - began:.0f} s")
        with look():
            draw(result).savefig(DOCS / "figures" / f"incubations_{name}.png", dpi=110)
        stored = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(stored | {name: found}, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
