"""Shared by all tests: runtime shape typing of the science packages, where the shared data lie, Table D.1."""

import gc
import os
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import settings

# the same examples in every run; HYPOTHESIS_PROFILE=default looks for new ones
settings.register_profile("fixed", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

SHARED = Path(__file__).parents[1].parent / "shared" / "data"


MOST_MAPS = 16_000
"""Memory maps of a worker beyond which compiled programs are let go; Linux allows 65 530, where the compiler dies."""


@pytest.fixture(scope="module", autouse=True)
def compiled_programs_are_let_go():
    """Each compiled program holds memory maps, and programs of one file are rarely asked for by another."""
    yield
    maps = Path("/proc/self/maps")
    if maps.exists() and maps.read_bytes().count(b"\n") > MOST_MAPS:
        jax.clear_caches()
        gc.collect()


@pytest.fixture(scope="session")
def airsea_data() -> Path:
    """Folder of the real air-sea data; the test is skipped where it is absent."""
    folder = SHARED / "airsea_co2"
    if not folder.is_dir():
        pytest.skip("shared/data/airsea_co2 is not here")
    return folder


@pytest.fixture(scope="session")
def table_d1() -> dict[str, np.ndarray]:
    """Columns of Table D.1 of HY/T 0343.5."""
    from shanhai.monitoring.table_d1 import columns

    return columns()
