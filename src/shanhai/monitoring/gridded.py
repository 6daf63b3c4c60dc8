"""What every job on a grid shares: its cells, its periods, and its inputs brought to them."""

import abc
from dataclasses import dataclass, field
from functools import cached_property

import xarray as xr

from shanhai.io import checks
from shanhai.monitoring import gridding
from shanhai.monitoring.config import FluxConfig, ModelConfig
from shanhai.monitoring.inputs import InputSummary, open_inputs, summary
from shanhai.monitoring.periods import Period, parts, periods
from shanhai.monitoring.results import Sentence


@dataclass
class GriddedJob(abc.ABC):
    """A validated job on a grid.

    Args:
        config: its configuration.
        notes: reservations found so far; grows as the job goes on.
    """

    config: FluxConfig | ModelConfig
    notes: list[Sentence] = field(default_factory=list, kw_only=True)

    @abc.abstractmethod
    def check(self) -> list[InputSummary]:
        """Open everything that the job needs, without computing or writing anything.

        Raises:
            InputError: for whatever would stop the job, in a sentence.
        """

    @cached_property
    def grid(self) -> gridding.TargetGrid:
        """Target grid (clause 4.3.4)."""
        return gridding.target_grid(self.config.region, self.config.grid)

    @cached_property
    def periods(self) -> list[Period]:
        """Periods of the maps (clause 4.3.3)."""
        return periods(self.config.time)

    @cached_property
    def parts(self) -> dict[str, list[Period]]:
        """Periods by calendar month: the unit of work and of resuming."""
        return parts(self.periods)

    @cached_property
    def fields(self) -> dict[str, xr.DataArray]:
        """Every gridded input, opened lazily, checked, in the units of the notation table."""
        opened, notes = open_inputs(self.config.inputs, self.grid, self.periods, self.config.time.method)
        self.notes += notes
        return opened

    def check_fields(self) -> list[InputSummary]:
        """Look at the first map of every input."""
        for name, one in self.fields.items():
            checks.check_first_map(one, self.config.inputs[name])
        return [summary(n, s, self.fields.get(n)) for n, s in self.config.inputs.items()]

    def on_grid(self, label: str) -> xr.Dataset:
        """Gridded inputs of one part on the target grid (clause 4.3), lazy."""
        return gridding.prepare(
            self.fields,
            self.grid,
            self.parts[label],
            time_method=self.config.time.method,
            space_method=self.config.grid.method,
            minimum_valid_fraction=self.config.grid.minimum_valid_fraction,
        )
