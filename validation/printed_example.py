"""Table D.1 of the standard: printed, by the equations, and with its roundings."""

from typing import Any

import numpy as np

from shanhai.grids.horizontal import cell_area_hyt0343
from shanhai.monitoring import assess, table_d1

DAYS, KG_PER_MMOL = 31, 1.2e-5  # formula (16)


def run() -> dict[str, Any]:
    """Means, net fluxes and the departures of single cells."""
    printed = table_d1.columns()["co2_flux"]
    standard, as_printed = _flux("standard"), _flux("table_d1")
    large = np.abs(standard) > 3  # in smaller fluxes the rounding of the inputs decides
    relative = 100 * (printed / standard - 1)
    latitude = np.repeat(table_d1.LAYOUT["latitude"][::-1], 4)  # rows of the table run from north to south
    area = cell_area_hyt0343(latitude, 1.0) / 1e6
    return {
        "mean": {"printed": printed.mean(), "standard": standard.mean(), "table_d1": as_printed.mean()},
        "excess_of_mean": 100 * (printed.mean() / standard.mean() - 1),
        "excess_of_large_cells": [float(relative[large].min()), float(relative[large].max())],
        "large_cells": int(large.sum()),
        "difference": float(np.abs(printed - standard).max()),
        "difference_in_row": int(np.abs(printed - standard).argmax()) + 1,
        "difference_table_d1": float(np.abs(printed - as_printed).max()),
        "solubility_rounding": [float(x) for x in _rounding_of_solubility()],
        "net": {
            "printed": -2.93e8,
            "printed fluxes, 10 000 km2 a cell": _net(printed, 1e4),
            "table_d1, 10 000 km2 a cell": _net(as_printed, 1e4),
            "standard, 10 000 km2 a cell": _net(standard, 1e4),
            "standard, formula (15) at illustrative positions": _net(standard, area),
            "printed fluxes, formula (15) at illustrative positions": _net(printed, area),
        },
        "area": [float(area.min()), float(area.max())],
    }


def _flux(mode: str) -> np.ndarray:
    fields, _ = assess(table_d1.dataset(), flux={"mode": mode})
    return fields.co2_flux.values[0, ::-1].ravel()


def _net(flux: np.ndarray, area: Any) -> float:
    return float(np.sum(flux * area)) * 1e6 * DAYS * KG_PER_MMOL


def _rounding_of_solubility() -> tuple[float, float]:
    fields, _ = assess(table_d1.dataset(), flux={"mode": "standard"})
    excess = 100 * (0.03 / fields.co2_solubility.values - 1)
    return excess.min(), excess.max()
