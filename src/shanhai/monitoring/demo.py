"""The standard's own example as a job: Table D.1 from raw numbers to reports, in both modes."""

from pathlib import Path
from typing import Any

from shanhai.monitoring import assess, net_flux, table_d1

DAYS = 31.0
TITLES = {
    "standard": "East China Sea, August 2009: the equations of HY/T 0343.5",
    "table_d1": "East China Sea, August 2009: as printed in Appendix D",
}


def run_demo(out: Path) -> list[dict[str, Any]]:
    """Run both modes into `out`/standard and `out`/table_d1.

    Args:
        out: folder; an earlier demo in it is replaced.

    Returns:
        rows with what, mean flux [mmol m-2 d-1] and net flux [kg C]: the printed values, both modes with the
        area of 10^4 km2 a cell that the print implies, and mode "standard" with formula (15) at illustrative
        positions.
    """
    printed = {"what": "printed", "mean": -3.94, "net": -2.93e8}
    rows, by_job = [printed], {}
    for mode, title in TITLES.items():
        sections: dict[str, Any] = {"title": title, "flux": {"mode": mode}, "net_flux": {"totals": ["month"]}}
        fields, report = assess(table_d1.dataset(), out=out / mode, overwrite=True, **sections)
        mean = float(fields.co2_flux.mean())
        rows.append({"what": f"mode {mode}", "mean": mean, "net": _net_of_equal_cells(fields)})
        by_job[mode] = float(report.net_flux.net_co2_flux.iloc[0])
    words = "mode standard, areas by formula (15), illustrative positions"
    rows.append({"what": words, "mean": rows[1]["mean"], "net": by_job["standard"]})
    return rows


def _net_of_equal_cells(fields: Any) -> float:
    """Formulas (14) and (16) with 10^4 km2 a cell."""
    flux = fields.co2_flux.values[0]
    integral = float(net_flux.area_integral(flux, table_d1.CELL_AREA))
    area = table_d1.CELL_AREA * flux.size
    return float(net_flux.net_flux(integral, area, area, DAYS))
