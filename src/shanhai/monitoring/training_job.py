"""Train pCO2 models from a configuration: in-situ data on the grid, predictors beside them, the best kept."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from shanhai.core.errors import InputError
from shanhai.io import checks
from shanhai.io.tables import read_table
from shanhai.monitoring import gridding
from shanhai.monitoring.config import ModelConfig, load
from shanhai.monitoring.inputs import InputSummary, open_inputs, summary
from shanhai.monitoring.insitu import grid_observations
from shanhai.monitoring.pco2_models import store, train
from shanhai.monitoring.pco2_models.validation import blocks_in_space, blocks_in_time
from shanhai.monitoring.periods import Period, parts, periods
from shanhai.monitoring.results import Sentence


@dataclass
class TrainingJob:
    """A validated training configuration.

    Args:
        config: its configuration.
        notes: reservations found so far.
    """

    config: ModelConfig
    notes: list[Sentence] = field(default_factory=list)

    @cached_property
    def grid(self) -> gridding.TargetGrid:
        """Grid of the match-ups."""
        return gridding.target_grid(self.config.region, self.config.grid)

    @cached_property
    def periods(self) -> list[Period]:
        """Periods of the match-ups."""
        return periods(self.config.time)

    @cached_property
    def fields(self) -> dict[str, xr.DataArray]:
        """Predictors."""
        opened, notes = open_inputs(self.config.inputs, self.grid, self.periods, self.config.time.method)
        self.notes += notes
        return opened

    def check(self) -> list[InputSummary]:
        """Open data, predictors and candidates without training."""
        self.candidates()
        read_table(self.config.data)
        for name, one in self.fields.items():
            checks.check_first_map(one, self.config.inputs[name])
        return [summary(n, s, self.fields.get(n)) for n, s in self.config.inputs.items()]

    def candidates(self) -> list[Any]:
        """Specifications of the candidates, whose predictors must be inputs."""
        specs = [train.specification(raw) for raw in self.config.candidates]
        for spec in specs:
            missing = set(spec.predictors) - set(self.config.inputs)
            if missing:
                raise InputError(
                    f"{spec.label} needs {', '.join(sorted(missing))}",
                    where="candidates",
                    do="add them to inputs",
                )
        return specs

    def match_ups(self) -> pd.DataFrame:
        """In-situ pCO2 of every cell and period (clause 4.5.1) beside the predictors there."""
        bounds = np.array([[p.start, p.end] for p in self.periods])
        grid = self.grid
        latitude, longitude = grid.latitude, grid.longitude
        table = read_table(self.config.data)
        cells = grid_observations(table, "pco2_sea", latitude, longitude, bounds, self.config.reject)
        if cells.empty:
            raise InputError(
                "no observation lies in the region and time of the configuration", where=self.config.data.file
            )
        columns = {"pco2_sea": cells["value"].to_numpy(), "time": bounds[cells["period"], 0]}
        columns |= {"latitude": latitude[cells["row"]], "longitude": longitude[cells["column"]]}
        return pd.DataFrame(columns | self._predictors(cells))

    def _predictors(self, cells: pd.DataFrame) -> dict[str, Any]:
        out = {name: np.full(len(cells), np.nan) for name in self.config.inputs}
        section = self.config
        first = 0
        for months in parts(self.periods).values():
            here = cells["period"].between(first, first + len(months) - 1).to_numpy()
            if here.any():
                prepared = gridding.prepare(
                    self.fields,
                    self.grid,
                    months,
                    time_method=section.time.method,
                    space_method=section.grid.method,
                    minimum_valid_fraction=section.grid.minimum_valid_fraction,
                ).compute()
                at = cells.loc[here, "period"] - first, cells.loc[here, "row"], cells.loc[here, "column"]
                for name in out:
                    out[name][here] = prepared[name].values[at]
            first += len(months)
        return out


def train_from_config(path: Path, out: Path) -> dict[str, Any]:
    """Train the candidates of a configuration and keep the best that qualifies in `out`.

    Args:
        path: TOML file of kind "pco2_model".
        out: new folder for the model; nothing is written when no candidate qualifies, unless `force`.

    Returns:
        candidates (label, n, R, RMSE, variation, qualified), reasons, and the folder or None.
    """
    if out.exists():
        raise InputError("there is something already", where=str(out), do="name a new folder")
    job = TrainingJob(load(path, "pco2_model"))
    job.check()
    table = job.match_ups()
    section = job.config.validation
    if section.blocks == "time":
        groups = blocks_in_time(table["time"].to_numpy(), section.months)
    else:
        groups = blocks_in_space(table["latitude"], table["longitude"], section.size)
    done = train.train(table, job.candidates(), groups, folds=section.folds, force=job.config.force)
    if done.model is not None:
        store.save(done.model, out, done.provenance)
    return {
        "candidates": done.selection.table.to_dict("records"),
        "reasons": [r.en for r in (*done.selection.reasons, *job.notes)],
        "model": str(out) if done.model is not None else None,
    }
