"""What every benchmark uses: rows, best-of timing, and the bandwidth of this machine's memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Row:
    """One measured figure.

    Args:
        name: unique name; the key in the baseline.
        value: the figure.
        unit: its unit.
        better: "more" or "less".
        beside: other figures of the same unit to print as ratios (peer, limit, target).
    """

    name: str
    value: float
    unit: str
    better: str
    beside: dict[str, float]


def best_cpu_seconds(call: Callable[[], object], runs: int = 9) -> float:
    """Least CPU time of one call over several runs: what one core needs, on a noisy machine too."""
    call()
    spent = []
    for _ in range(runs):
        start = time.process_time()
        call()
        spent.append(time.process_time() - start)
    return min(spent)


def best_wall_seconds(call: Callable[[], object], runs: int = 5) -> float:
    """Least wall time of one call over several runs, with whatever cores it uses; the first, which compiles, apart."""
    call()
    spent = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        spent.append(time.perf_counter() - start)
    return min(spent)


def memory_bandwidth(bytes_moved: int = 2**28) -> float:
    """Bytes per second that one core copies from memory to memory, reads and writes counted."""
    source = np.ones(bytes_moved // 16)
    target = np.empty_like(source)
    return bytes_moved / best_cpu_seconds(lambda: np.copyto(target, source))
