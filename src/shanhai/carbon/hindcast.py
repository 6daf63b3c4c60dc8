r"""The hindcast: calibration of the global carbon model on 1850-1990, and its score afterwards.

Residuals are those of CO2, of 8 ppm before 1958, when nobody measured and natural variability and land use are poorly
known, and of 3 ppm from then on: errors of a model persist for decades, so that years do not count one by one. Beside
them stands what was known before: parameters of another model, with wide spreads, and radiocarbon before the bombs,
which tells how fast water of the boxes renews. No datum after 1990 is used.

`python -m shanhai.carbon.hindcast FOLDER` calibrates and prints; the folder has ssp245_emiss-constraints_rf.csv and
historical-budget.csv.
"""

import sys
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.atmosphere.global_mean import ppm_of_amount
from shanhai.carbon.budget import read_historical_emissions
from shanhai.carbon.scenarios import Scenario, read_rcmip
from shanhai.models.box.global_carbon import GlobalCarbon, natural_radiocarbon, preindustrial, simulate
from shanhai.numerics.calibration import Calibrated, calibrate, with_parameters

FIRST, LAST = 1850, 1990
MEASURED = 1958
ERROR_BEFORE, ERROR_SINCE = 8.0, 3.0  # ppm

PRIOR = {
    "land.fertilisation": (0.53, 0.2),
    "land.q10": (1.76, 0.4),
    "sea.overturning": (72.0, 72.0),
    "sea.cold_overturning": (49.0, 49.0),
    "sea.surface_exchange": (12.5, 50.0),
    "sea.deep_exchange": (200.0, 200.0),
}
"""Number and spread of what was known before: Hector 3, default configuration; the spreads are a choice."""

RADIOCARBON = ((-50.0, 15.0), (-100.0, 25.0), (-95.0, 20.0), (-160.0, 20.0))
"""Δ14C before the bombs and its spread [permil]: warm, cold, intermediate, deep; Key et al. (2004), unverified."""


class Hindcast(NamedTuple):
    """What the calibration compares.

    Args:
        scenario: emissions since 1750, and the CO2 that was observed.
    """

    scenario: Scenario

    def residuals(self, model: GlobalCarbon) -> Array:
        """Residuals of CO2 1850-1990 and of radiocarbon over their standard errors."""
        told = self.scenario.between(int(self.scenario.years[0]), LAST)
        start = preindustrial(model)
        ends = ppm_of_amount(simulate(model, told.drivers(), start).amounts[:, 0])
        years = told.years[told.years >= FIRST]
        error = np.where(years < MEASURED, ERROR_BEFORE, ERROR_SINCE)
        co2 = (0.5 * (ends[1:] + ends[:-1]) - told.ppm)[-len(years) :] / error
        known, spread = np.array(RADIOCARBON).T
        return jnp.concatenate([co2, (natural_radiocarbon(model, start) - known) / spread])


def read_hindcast(folder: Path | str) -> Hindcast:
    """Emissions of the Global Carbon Budget since 1750 and CO2 of the RCMIP protocol.

    Args:
        folder: with ssp245_emiss-constraints_rf.csv and historical-budget.csv.

    Raises:
        InputError: as the readers of the two files.
    """
    protocol = read_rcmip(Path(folder) / "ssp245_emiss-constraints_rf.csv", "ssp245")
    return Hindcast(read_historical_emissions(Path(folder) / "historical-budget.csv", protocol))


def calibrated(hindcast: Hindcast, names: tuple[str, ...] = tuple(PRIOR)) -> Calibrated:
    """Fit parameters from what was known before.

    Args:
        hindcast: emissions and CO2.
        names: of `PRIOR`; the others keep their defaults.
    """
    before = with_parameters(GlobalCarbon(), names, jnp.array([PRIOR[n][0] for n in names]))
    return calibrate(before, hindcast.residuals, {n: PRIOR[n][1] for n in names}, most_steps=100)


def main(folder: str) -> None:
    """Calibrate on the tables of a folder and print numbers with their spreads."""
    found = calibrated(read_hindcast(folder))
    for name, value in found.values.items():
        print(f"{name:24s} {value:10.4g} +- {found.spread[name]:.2g}   before {PRIOR[name][0]:g}")
    print(f"cost {found.cost[0]:.4g} -> {found.cost[1]:.4g} in {found.steps} steps")


if __name__ == "__main__":
    main(sys.argv[1])
