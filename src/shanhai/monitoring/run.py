"""From a configuration or a dataset to fields and a report: the whole of HY/T 0343.5 in one call."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from shanhai.core.errors import InputError, nearest
from shanhai.monitoring import conclude
from shanhai.monitoring.config import REQUIRED_INPUTS, FluxConfig, load, parse
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
        source: configuration (path or object), or a dataset of inputs on one grid: dims (time, latitude,
            longitude), variables by the names and in the units of the notation table.
        out: folder for fields, tables, figures and the report; nothing is written when absent.
        overwrite: replace what another job left in `out`.
        watch: called after each part.
        sections: with a dataset, sections of the configuration, such as `flux={"law": "wanninkhof_2014"}`.

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
    timeless = [n for n, v in done[0].data_vars.items() if "time" not in v.dims]
    seen = xr.concat([d["sea_observed"] for d in done], dim="part").max("part", keep_attrs=True)
    whole = xr.concat([d.drop_vars(timeless) for d in done], dim="time", combine_attrs="override")
    return whole.assign({n: done[0][n] for n in timeless}).assign(sea_observed=seen)


def _job(source: str | Path | FluxConfig | xr.Dataset, sections: dict[str, Any]) -> Job:
    if isinstance(source, xr.Dataset):
        dataset = with_bounds(source)
        return Job(config_for(dataset, sections), dataset)
    if sections:
        raise InputError(
            f"{', '.join(sections)} given beside a configuration",
            do="write these sections into the configuration",
        )
    return Job(source if isinstance(source, FluxConfig) else load(source, "flux"))


def config_for(dataset: xr.Dataset, sections: dict[str, Any]) -> FluxConfig:
    """Configuration of a job on a dataset in memory: region, grid and time are those of the dataset."""
    missing = [n for n in REQUIRED_INPUTS if n not in dataset]
    if missing:
        known = [str(n) for n in dataset.data_vars]
        hints = "; ".join(f"{n}: {nearest(n, known)}" for n in missing)
        raise InputError(f"the dataset lacks {', '.join(missing)} ({hints})", where="dataset")
    lat, lon = dataset.latitude.values, dataset.longitude.values
    axis = lat if len(lat) > 1 else lon
    size = float(abs(axis[1] - axis[0])) if len(axis) > 1 else 1.0
    bounds = dataset.time_bounds.values
    last = bounds[-1, 1] - np.timedelta64(1, "D")
    region = {"west": lon[0] - size / 2, "east": lon[-1] + size / 2}
    region |= {"south": max(lat.min() - size / 2, -90.0), "north": min(lat.max() + size / 2, 90.0)}
    time = {"start": str(bounds[0, 0])[:10], "end": str(last)[:10], "frequency": _frequency(bounds)}
    raw = {"kind": "flux", "region": region, "grid": {"resolution": size}, "time": time, "inputs": {}}
    return parse({**raw, **sections}, where="assess", dataset=True)


def with_bounds(dataset: xr.Dataset) -> xr.Dataset:
    """Add `time_bounds` to a dataset of months or days, where it has none.

    Raises:
        InputError: if dimensions are missing or the stamps are neither monthly nor daily.
    """
    for name in ("time", "latitude", "longitude"):
        if name not in dataset.dims:
            raise InputError(f"the dataset has no dimension {name!r}", where="dataset", do="rename or add it")
    if "time_bounds" in dataset:
        return dataset
    times = dataset.time.values.astype("datetime64[ns]")
    months = times.astype("datetime64[M]")
    monthly = len(set(months)) == len(months)
    starts = times.astype("datetime64[M]" if monthly else "datetime64[D]")
    if len(set(starts)) != len(starts):
        raise InputError("its times are neither months nor days", where="dataset", do="add time_bounds")
    pairs = np.stack([starts, starts + 1], axis=1).astype("datetime64[ns]")
    return dataset.assign_coords(time=pairs[:, 0]).assign(time_bounds=(("time", "bounds"), pairs))


def _frequency(bounds: Any) -> str:
    days = (bounds[:, 1] - bounds[:, 0]) / np.timedelta64(1, "D")
    if (days == 1).all():
        return "daily"
    return "monthly" if (days >= 28).all() else "8-day"
