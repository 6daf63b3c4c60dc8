"""What a user waits for before anything happens."""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Row

FIRST_FLUX = "from shanhai.monitoring import assess, table_d1; assess(table_d1.dataset())"


def seconds(command: list[str], runs: int = 5, **environment: str) -> float:
    spent = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=os.environ | environment)
        spent.append(time.perf_counter() - start)
    return min(spent)


BOXES = ("overturning", "overturning-7", "weathering", "time-scales", "equatorial-pacific")


def boxes() -> list[Row]:
    """Presets of box models with nothing compiled yet, and again with what the first run left in the user's cache."""
    rows = []
    with TemporaryDirectory() as folder:
        cache = str(Path(folder) / "cache")
        for preset in BOXES:
            command = [sys.executable, "-m", "shanhai", "box", preset, "--out", f"{folder}/{preset}", "--overwrite"]
            first, again = (seconds(command, runs, XDG_CACHE_HOME=cache) for runs in (1, 2))
            rows.append(Row(f"shanhai box {preset}", first, "s", "less", {"target": 20}))
            rows.append(Row(f"shanhai box {preset}, again", again, "s", "less", {"first": first}))
    return rows


def run() -> list[Row]:
    return boxes() + [
        Row("shanhai --help", seconds([sys.executable, "-m", "shanhai", "--help"]), "s", "less", {"target": 0.3}),
        Row("first result of a small job", seconds([sys.executable, "-c", FIRST_FLUX], 3), "s", "less", {"target": 20}),
    ]
