"""What a flux monitoring job hands over: tables, verdicts, notes and where they came from."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Sentence:
    """A sentence for the reader, in both languages of the reports."""

    en: str
    zh: str

    def in_language(self, language: str) -> str:
        """English or Chinese."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class AccuracyResult:
    """Accuracy of one product against in-situ data (clause 4.5.3).

    Args:
        quantity: "pco2_sea" (Pa) or "co2_flux" (mmol m-2 d-1).
        n: number of match-ups.
        correlation: R by formula (11).
        rmse: by formula (12).
        bias: mean product minus mean in situ.
        mean_in_situ: mean of the in-situ values.
        variation: coefficient of variation of the in-situ values.
        rmse_limit: the threshold that applies, in the unit of the quantity; relative when `relative_limit`.
        relative_limit: the threshold is RMSE / |mean|.
        passed: verdict; None when it cannot be given.
        reasons: why, one sentence per rule, including reservations such as a climatological match.
    """

    quantity: str
    n: int
    correlation: float
    rmse: float
    bias: float
    mean_in_situ: float
    variation: float
    rmse_limit: float
    relative_limit: bool
    passed: bool | None
    reasons: tuple[Sentence, ...]


@dataclass(frozen=True)
class Figure:
    """A picture of the report."""

    name: str
    path: Path
    caption: Sentence


@dataclass
class Report:
    """Everything of a job but its fields.

    Args:
        title: of the job.
        mode: "standard" or "table_d1".
        settings: resolved configuration.
        net_flux: one row per sea area and time span, see `net_flux.integrate`.
        accuracy: verdicts by quantity.
        match_ups: quantity -> table of match-ups.
        notes: reservations the reader must know.
        statistics: period label -> mean, min, max, valid cells of the flux.
        figures: pictures written.
        provenance: versions, hashes of inputs, parameters with sources.
    """

    title: str
    mode: str
    settings: dict[str, Any]
    net_flux: pd.DataFrame
    accuracy: list[AccuracyResult] = field(default_factory=list)
    match_ups: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: list[Sentence] = field(default_factory=list)
    statistics: pd.DataFrame = field(default_factory=pd.DataFrame)
    figures: list[Figure] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)
