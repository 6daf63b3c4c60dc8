"""What a user waits for before anything happens."""

import subprocess
import sys
import time

from benchmarks.measure import Row

FIRST_FLUX = "from shanhai.monitoring import assess, table_d1; assess(table_d1.dataset())"


def seconds(command: list[str], runs: int = 5) -> float:
    spent = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        spent.append(time.perf_counter() - start)
    return min(spent)


def run() -> list[Row]:
    return [
        Row("shanhai --help", seconds([sys.executable, "-m", "shanhai", "--help"]), "s", "less", {"target": 0.3}),
        Row("first result of a small job", seconds([sys.executable, "-c", FIRST_FLUX], 3), "s", "less", {"target": 20}),
    ]
