"""From a configuration or a dataset to fields and a report: the whole of HY/T 0343.5 in one call."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import xarray as xr

from shanhai.core.errors import InputError
from shanhai.io.output import joined
from shanhai.monitoring import conclude, given
from shanhai.monitoring.config import FluxConfig, load
from shanhai.monitoring.job import Job
from shanhai.monitoring.parts import PartStore, clear
from shanhai.monitoring.results import Report

Watcher = Callable[[str, int, int, bool], None]
"""Called after each part with its label, its number, the number of parts, and whether it was computed now."""


def assess(
    source: str | Path | FluxConfig | xr.Dataset,
    *,
    out: str | Path | None = None,
    overwrite: bool = False,
    watch: Watcher | None = None,
    **sections: Any,
) -> tuple[xr.Dataset, Report]:
    """Run a flux monitoring job: clauses 4.3 to 4.6 of HY/T 0343.5.

    Args:
        source: configuration (path or object), or a dataset of inputs on one grid of square cells: dims time,
            latitude and longitude, variables by the names of the notation table and in the units that their
            attribute `units` states, those of the table where there is none; periods by `time_bounds`, which
            months and days do not need.
        out: folder for fields, tables, figures and the report; nothing is written when absent.
        overwrite: replace what another job left in `out`.
        watch: called after each part.
        sections: with a dataset, sections of the configuration, such as `flux={"law": "wanninkhof_2014"}`; not
            region, time and inputs, which the dataset has. A lone cell needs `grid={"resolution": 1.0}`.

    Returns:
        the flux dataset (lazy when it lies in `out`) and the report.

    Raises:
        InputError: for unusable input, before anything is written.

    >>> from shanhai.monitoring import table_d1
    >>> fields, report = assess(table_d1.dataset(), flux={"mode": "table_d1"})
    >>> round(float(fields.co2_flux.mean()), 2), f"{report.net_flux.net_co2_flux[0]:.3g} kg"
    (-3.94, '-2.93e+08 kg')
    """
    job = _job(source, sections)
    job.check()
    if out is None:
        fields = _in_memory(job, watch)
        return fields, conclude.report(job, fields, None)
    folder = Path(out)
    if overwrite:
        clear(folder)
    store = PartStore(folder, job.fingerprint, job.config.output.format, single=job.config.output.precision == "single")
    for number, label in enumerate(job.parts, 1):
        computed = store.ensure(label, lambda label=label: job.part(label))  # type: ignore[misc]
        if watch:
            watch(label, number, len(job.parts), computed)
    fields = store.open()
    return fields, conclude.report(job, fields, folder)


def _in_memory(job: Job, watch: Watcher | None) -> xr.Dataset:
    done = []
    for number, label in enumerate(job.parts, 1):
        done.append(job.part(label).compute())
        if watch:
            watch(label, number, len(job.parts), True)
    return joined(done)


def _job(source: str | Path | FluxConfig | xr.Dataset, sections: dict[str, Any]) -> Job:
    if isinstance(source, xr.Dataset):
        dataset = given.prepared_dataset(source, given.resolution_of(sections))
        return Job(given.config_for(dataset, sections), dataset)
    if sections:
        raise InputError(
            f"{', '.join(sections)} given beside a configuration",
            do="write these sections into the configuration",
        )
    return Job(source if isinstance(source, FluxConfig) else load(source, "flux"))
