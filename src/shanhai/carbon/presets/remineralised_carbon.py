"""A profile taken apart: what its DIC was at the surface, and what respiration and shells have added since."""

from pathlib import Path
from typing import Any

import equinox as eqx
import numpy as np
import pandas as pd

from shanhai import data
from shanhai.carbon.presets.anthropogenic_carbon import Ratios
from shanhai.carbon.remineralisation import NEEDED, UNIT, take_apart
from shanhai.carbon.sections import read_section
from shanhai.core.errors import InputError
from shanhai.core.ledger import BAR, Row
from shanhai.models.box.result import Number, Result, Series
from shanhai.seawater.remineralisation import SETS, stoichiometry

EMBEDDED = "samples/bottles_2007.csv"
PARTS = ("preformed_dic", "remineralised_dic", "calcium_carbonate")
_MEANINGS = {
    "aou": "apparent oxygen utilisation",
    "remineralised_dic": "DIC from organic matter",
    "remineralised_nitrate": "nitrate from organic matter",
    "remineralised_phosphate": "phosphate from organic matter",
    "remineralised_alkalinity": "alkalinity by respiration",
    "calcium_carbonate": "DIC from calcium carbonate",
    "preformed_dic": "preformed DIC, anthropogenic carbon in it",
    "preformed_alkalinity": "preformed alkalinity",
    "preformed_nitrate": "preformed nitrate",
    "preformed_phosphate": "preformed phosphate",
    "tracer_no": "NO",
    "tracer_po": "PO",
}


class Settings(eqx.Module):
    """Which samples, and by which ratios.

    Args:
        file: path of a WOCE, GLODAP or plain table; empty for the samples that come with the package.
        stoichiometry: ratios of respiration.
    """

    file: str = eqx.field(static=True, default="")
    stoichiometry: Ratios = eqx.field(static=True, default="anderson_sarmiento_1994")


def run(settings: Settings) -> Result:
    """Take the samples apart, with the ratios chosen and, for comparison, with all others.

    Args:
        settings: see `Settings`.

    Returns:
        parts of every sample, deepest last, and their means over samples below 100 dbar.

    Raises:
        InputError: for a file that lacks a quantity, or has no whole row.
    """
    table = _samples(settings.file)
    chosen = take_apart(table, stoichiometry(settings.stoichiometry))
    others = np.stack([take_apart(table, stoichiometry(name))["remineralised_dic"] for name in SETS])
    series = {
        "pressure": Series(table["pressure"].to_numpy(), ("sample",), "dbar", "sea pressure"),
        "dic": Series(table["dic"].to_numpy(), ("sample",), UNIT, "measured DIC"),
        "remineralised_dic_by_set": Series(others, ("stoichiometry", "sample"), UNIT, "DIC from organic matter"),
    }
    series |= {n: Series(chosen[n].to_numpy(), ("sample",), UNIT, meaning) for n, meaning in _MEANINGS.items()}
    coordinates = {
        "sample": Series(np.arange(len(table), dtype=float), ("sample",), "1", "sample, shallow to deep"),
        "stoichiometry": Series(np.array(list(SETS)), ("stoichiometry",), "1", "published ratios"),
    }
    return Result(coordinates, series, _numbers(table, chosen, others), _ledger(table, chosen), _notes(settings))


def _samples(file: str) -> pd.DataFrame:
    table = read_section(Path(file) if file else data.path(EMBEDDED))
    absent = [name for name in NEEDED if name not in table]
    if absent:
        raise InputError(f"the table has no {', '.join(absent)}", where=file, do="give a table that has them")
    whole = table.dropna(subset=[name for name in (*NEEDED, "pressure", "temperature") if name in table])
    if whole.empty:
        raise InputError("no row has every quantity", where=file, do=f"it takes {', '.join(NEEDED)}")
    return whole.sort_values("pressure", kind="stable")


def _numbers(table: pd.DataFrame, chosen: pd.DataFrame, others: Any) -> tuple[Number, ...]:
    deep = (table["pressure"] > 100.0).to_numpy()
    spread = others[:, deep].max(axis=0) - others[:, deep].min(axis=0)
    means = [Number(n, float(chosen[n][deep].mean()), UNIT, f"{_MEANINGS[n]}, below 100 dbar") for n in ("aou", *PARTS)]
    return (
        Number("samples", float(len(table)), "1", "samples with every quantity"),
        *means,
        Number("spread", float(spread.mean()), UNIT, "largest minus smallest by published ratios, below 100 dbar"),
    )


def _ledger(table: pd.DataFrame, chosen: pd.DataFrame) -> tuple[Row, ...]:
    """Each quantity is the sum of its parts, sample by sample."""
    made = {
        "C": ("dic", {name: chosen[name] for name in PARTS}),
        "Alk": (
            "alkalinity",
            {
                "preformed": chosen["preformed_alkalinity"],
                "remineralised": chosen["remineralised_alkalinity"],
                "calcium carbonate": 2.0 * chosen["calcium_carbonate"],
            },
        ),
        "N": ("nitrate", {n: chosen[n] for n in ("preformed_nitrate", "remineralised_nitrate")}),
        "P": ("phosphate", {n: chosen[n] for n in ("preformed_phosphate", "remineralised_phosphate")}),
    }
    return tuple(_row(quantity, table[measured], parts) for quantity, (measured, parts) in made.items())


def _row(quantity: str, measured: pd.Series, parts: dict[str, pd.Series]) -> Row:
    left = (measured - sum(parts.values())).to_numpy()
    scale = (measured.abs() + sum(p.abs() for p in parts.values())).to_numpy()
    accounts = {name: 1e-6 * float(p.sum()) for name, p in parts.items()}
    worst = float(np.max(np.abs(left) / scale)) / BAR
    total = 1e-6 * float(measured.sum())
    return Row(
        "samples", quantity, total, 0.0, 0.0, 1e-6 * float(left.sum()), 1e-6 * float(scale.sum()), worst, accounts
    )


def _notes(settings: Settings) -> tuple[str, ...]:
    embedded = (
        "30 samples of the NACP West Coast cruise of 2007 (Feely & Sabine 2011,"
        " doi 10.3334/CDIAC/otg.CLIVAR_NACP_West_Coast_Cruise_2007)"
    )
    return (
        f"Samples: {settings.file or embedded}.",
        f"Ratios: {stoichiometry(settings.stoichiometry).source}.",
        "AOU takes the water as saturated with oxygen when it sank.",
        "The preformed alkalinity is a regression on salinity and PO of the samples above 100 dbar; in upwelled water"
        " of few stations it says little of the deep.",
    )
