"""`shanhai check`: look at a configuration and its inputs without running."""

from pathlib import Path
from typing import TYPE_CHECKING

from shanhai.monitoring.config import FluxConfig, load

if TYPE_CHECKING:
    from shanhai.monitoring.inputs import InputSummary


def look_at(path: Path) -> "list[InputSummary]":
    """Validate a configuration of any kind and open its inputs.

    Args:
        path: TOML file.

    Returns:
        what was found of every input.

    Raises:
        InputError: for whatever would stop the job.
    """
    config = load(path)  # a slip in it is told at once, before heavier libraries are loaded
    from shanhai.monitoring.job import Job
    from shanhai.monitoring.training_job import TrainingJob

    job = Job(config) if isinstance(config, FluxConfig) else TrainingJob(config)
    return job.check()
