"""An Atlantic cruise of October and November 2013 against the product of 2010, through clause 4.5."""

from pathlib import Path
from typing import Any

import pandas as pd

from shanhai.core.errors import InputError
from shanhai.monitoring import assess
from validation import jobs


def run(data: Path) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """What the refusal says, the climatological verdicts, and their match-ups."""
    refusal = ""
    try:
        _assess(data, match="time")
    except InputError as error:
        refusal = str(error).replace(f"{data}/", "")
    _, report = _assess(data, match="climatology")
    verdicts = [
        {
            "quantity": a.quantity,
            "n": a.n,
            "correlation": a.correlation,
            "rmse": a.rmse,
            "rmse_limit": a.rmse_limit,
            "bias": a.bias,
            "mean": a.mean_in_situ,
            "variation": a.variation,
            "passed": a.passed,
            "reasons": [r.en for r in a.reasons],
        }
        for a in report.accuracy
    ]
    return {"refusal": refusal, "verdicts": verdicts}, report.match_ups


def _assess(data: Path, match: str) -> Any:
    accuracy = {"data": {"file": str(data / jobs.CRUISE)}, "match": match}
    no_areas = {"areas": [], "totals": ["year"]}
    return assess(jobs.job(data, region=jobs.ATLANTIC, accuracy=accuracy, net_flux=no_areas))
