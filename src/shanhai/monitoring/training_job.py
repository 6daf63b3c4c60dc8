"""Train pCO2 models from a configuration: in-situ data on the grid, predictors beside them, the best kept."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shanhai.core.errors import InputError
from shanhai.io.output import refuse_unwritable
from shanhai.io.tables import read_table
from shanhai.monitoring.config import ModelConfig, load
from shanhai.monitoring.gridded import GriddedJob
from shanhai.monitoring.inputs import InputSummary
from shanhai.monitoring.insitu import grid_observations
from shanhai.monitoring.pco2_models import store, train
from shanhai.monitoring.pco2_models.validation import blocks_in_space, blocks_in_time


@dataclass
class TrainingJob(GriddedJob):
    """A validated training configuration; its inputs are the predictors.

    Args:
        config: its configuration.
    """

    config: ModelConfig

    def check(self) -> list[InputSummary]:
        """Open data, predictors and candidates without training."""
        self.candidates()
        _ = self.cells  # refuses observations that cannot serve
        return self.check_fields()

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
        latitude, longitude = self.grid.latitude, self.grid.longitude
        cells = self.cells
        columns = {"pco2_sea": cells["value"].to_numpy(), "time": bounds[cells["period"], 0]}
        columns |= {"latitude": latitude[cells["row"]], "longitude": longitude[cells["column"]]}
        columns |= {"cruise": cells["cruise"]} if "cruise" in cells else {}
        return pd.DataFrame(columns | self._predictors(cells))

    @cached_property
    def cells(self) -> pd.DataFrame:
        """In-situ pCO2 on the grid, one row for every cell and period that has any."""
        table, where = read_table(self.config.data), self.config.data.file
        if "pco2_sea" not in table:
            do = "name the column in data.columns.pco2_sea"
            raise InputError("the in-situ table has no column of pco2_sea", where=where, do=do)
        cells = self._gridded(table)
        if cells.empty:
            raise InputError("no observation lies in the region and time of the configuration", where=where)
        return cells

    def _gridded(self, table: pd.DataFrame) -> pd.DataFrame:
        """Gridded observations; of each cruise by itself where cruises are held back, so that no cell mixes two."""
        bounds = np.array([[p.start, p.end] for p in self.periods])

        def gridded(rows: pd.DataFrame) -> pd.DataFrame:
            axes = self.grid.latitude, self.grid.longitude
            return grid_observations(rows, "pco2_sea", *axes, bounds, self.config.reject)

        if self.config.validation.blocks != "cruise":
            return gridded(table)
        if "cruise" not in table:
            raise InputError(
                'validation.blocks is "cruise" and no column tells the cruise',
                where=self.config.data.file,
                do='name it in data.columns.cruise, or choose blocks = "time" or "space"',
            )
        each = [gridded(rows).assign(cruise=name) for name, rows in table.groupby("cruise", sort=False)]
        return pd.concat(each, ignore_index=True)

    def groups(self, match_ups: pd.DataFrame) -> Any:
        """Block of every match-up, to be held back whole."""
        section = self.config.validation
        if section.blocks == "time":
            return blocks_in_time(match_ups["time"].to_numpy(), section.months)
        if section.blocks == "space":
            return blocks_in_space(match_ups["latitude"], match_ups["longitude"], section.size)
        return match_ups["cruise"].to_numpy()

    def _predictors(self, cells: pd.DataFrame) -> dict[str, Any]:
        out = {name: np.full(len(cells), np.nan) for name in self.config.inputs}
        first = 0
        for label, months in self.parts.items():
            here = cells["period"].between(first, first + len(months) - 1).to_numpy()
            if here.any():
                at = cells.loc[here, "period"] - first, cells.loc[here, "row"], cells.loc[here, "column"]
                prepared = self.on_grid(label).compute()
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
    refuse_unwritable(out)
    job = TrainingJob(load(path, "pco2_model"))
    job.check()
    table = job.match_ups()
    folds = job.config.validation.folds
    done = train.train(table, job.candidates(), job.groups(table), folds=folds, force=job.config.force)
    if done.model is not None:
        store.save(done.model, out, done.provenance)
    return {
        "candidates": done.selection.table.to_dict("records"),
        "reasons": [r.en for r in (*done.selection.reasons, *job.notes)],
        "model": str(out) if done.model is not None else None,
    }
