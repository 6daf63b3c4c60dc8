"""The end of a job: accuracy (4.5), net flux (4.6), uncertainty, tables, figures and the report."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from shanhai.io import provenance
from shanhai.io.output import whole_or_nothing
from shanhai.monitoring import areas, net_flux
from shanhai.monitoring.config import FluxConfig
from shanhai.monitoring.flux import options_of
from shanhai.monitoring.inputs import hashes
from shanhai.monitoring.job import Job
from shanhai.monitoring.notes import notes_of
from shanhai.monitoring.results import Report, Sentence
from shanhai.monitoring.statistics import statistics


def report(job: Job, fields: xr.Dataset, folder: Path | None) -> Report:
    """Evaluate the fields of a job and, given a folder, write everything around them."""
    config = job.config
    land, land_note = land_mask(config, fields)
    masks = areas.sea_areas(config.net_flux, fields.latitude.values, fields.longitude.values, land)
    table = net_flux.integrate(fields, masks, config.net_flux)
    if config.uncertainty is not None:
        table = _with_uncertainty(table, fields, masks, config)
    found = statistics(fields)
    own = notes_of(job, fields, int(found["valid_cells"].sum()))
    result = Report(
        title=config.title,
        mode=config.flux.mode,
        settings=config.model_dump(mode="json", exclude_none=True),
        net_flux=table,
        notes=[*own, land_note, *masks.attrs["notes"], *net_flux.coverage_notes(table)],
        statistics=found,
        provenance=_provenance(job),
    )
    if config.accuracy is not None:
        _assess_accuracy(result, job, fields)
    if folder is not None:
        _write(result, job, fields, masks, folder)
    return result


def _with_uncertainty(table: pd.DataFrame, fields: xr.Dataset, masks: xr.DataArray, config: FluxConfig) -> pd.DataFrame:
    from shanhai.monitoring import uncertainty

    assert config.uncertainty is not None
    return uncertainty.with_uncertainty(table, fields, masks, config.uncertainty, config.net_flux, config.flux)


def _assess_accuracy(result: Report, job: Job, fields: xr.Dataset) -> None:
    from shanhai.monitoring.assessment import assess_accuracy

    assert job.config.accuracy is not None
    found = assess_accuracy(fields, job.config.accuracy, job.config.flux)
    result.accuracy, result.match_ups = list(found.results), found.match_ups
    result.notes += found.notes


def land_mask(config: FluxConfig, fields: xr.Dataset) -> tuple[Any, Sentence]:
    """Land cells, and how they were told from sea.

    Without a land field, cells where no sea variable ever has a value count as land, so that the sea area T of
    formula (16) may be too small where data never reach.
    """
    if config.net_flux.land is not None:
        land = areas.land_cells(config.net_flux.land, fields.latitude.values, fields.longitude.values)
        return land, Sentence(
            "Land is told from sea by the land field of the configuration (fraction above one half).",
            "陆地网格由配置的陆地数据判定（占比大于1/2）。",
        )
    return fields["sea_observed"].values == 0, Sentence(
        "No land mask is given: cells without any sea value in the whole job count as land. Sea that the data never "
        "reach is then missing from the sea area of formula (16).",
        "未给定陆地掩膜：全程无任何海洋数据的网格视为陆地，因此公式（16）的海区面积可能偏小。",
    )


def _provenance(job: Job) -> dict[str, Any]:
    return {
        "versions": provenance.versions(),
        "inputs": hashes(job.input_paths()),
        "overrides": {
            n: s.model_dump(mode="json", exclude_none=True, exclude_defaults=True) for n, s in job.config.inputs.items()
        },
        "parameters": provenance.parameters(options_of(job.config.flux)),
        "law": options_of(job.config.flux).law.source,
        "fingerprint": job.fingerprint,
    }


def _write(result: Report, job: Job, fields: xr.Dataset, masks: xr.DataArray, folder: Path) -> None:
    from shanhai.monitoring import report as pages

    pages.write_tables(result, folder)
    if job.config.output.figures:
        result.figures = pages.figures_for(result, fields, folder)
    pages.write_report(result, folder, job.config.output.language)
    with whole_or_nothing(folder / "provenance.json") as temporary:
        text = json.dumps({"settings": result.settings, **result.provenance}, indent=1, ensure_ascii=False, default=str)
        temporary.write_text(text, encoding="utf8")
