"""`shanhai check`: look at a configuration and its inputs without running."""

from pathlib import Path

from shanhai.monitoring.config import FluxConfig, load
from shanhai.monitoring.inputs import InputSummary
from shanhai.monitoring.job import Job
from shanhai.monitoring.training_job import TrainingJob


def look_at(path: Path) -> list[InputSummary]:
    """Validate a configuration of any kind and open its inputs.

    Args:
        path: TOML file.

    Returns:
        what was found of every input.

    Raises:
        InputError: for whatever would stop the job.
    """
    config = load(path)
    job = Job(config) if isinstance(config, FluxConfig) else TrainingJob(config)
    return job.check()
