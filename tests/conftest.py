"""Shared by all tests: runtime shape typing of the science packages, where the shared data lie, Table D.1."""

from pathlib import Path

import numpy as np
import pytest

SHARED = Path(__file__).parents[1].parent / "shared" / "data"


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
