"""Carbonate system, float64: points a second of CPU time, beside PyCO2SYS in the same process where it is installed."""

import itertools
import subprocess
import sys
import threading
import time

import jax
import numpy as np

from benchmarks.measure import Row, best_cpu_seconds, memory_bandwidth
from shanhai.numerics.tiles import in_tiles, mapped
from shanhai.seawater import Conditions, Solutes, carbonate, solve_system

POINTS = 1_000_000
OUTPUTS = ("pH", "pCO2")
ONE_OF_EACH = ("dic", "alkalinity", "pH", "pCO2", "bicarbonate", "carbonate")
TWO_ROOTS = ({"alkalinity", "carbonate"}, {"dic", "bicarbonate"})
FIRST = """
import time, numpy as np
from shanhai.seawater import carbonate
start = time.perf_counter()
carbonate(dic=np.full(10, 2000.0), alkalinity=2300, temperature=18, salinity=35, outputs=("pH", "pCO2"))
print(time.perf_counter() - start)
"""


def sea_states(points: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    dic = rng.uniform(1900, 2200, points)
    where = {"temperature": rng.uniform(-1, 30, points), "salinity": rng.uniform(30, 37, points)}
    return {"dic": dic, "alkalinity": dic + rng.uniform(50, 350, points)}, where


def run() -> list[Row]:
    given, where = sea_states(POINTS)
    everything = carbonate(**given, **where, outputs=ONE_OF_EACH).values
    base = _rate({k: everything[k] for k in ("dic", "alkalinity")}, where)
    peers = _peers(given, where)
    floor = {"issue's floor 6e6": 6e6, "goal 1e7": 1e7, "estimated limit 2e7": 2e7}
    rows = [Row("carbonate: DIC and TA to pH and pCO2", base, "points/s", "more", peers | floor)]
    rows.append(_gradients(given, where))
    rows += _other_pairs(everything, where, base)
    rows += [_memory(), _first_call()]
    return rows + ([_device(given, where)] if jax.default_backend() != "cpu" else [])


def _rate(pair: dict[str, np.ndarray], where: dict[str, np.ndarray]) -> float:
    return POINTS / best_cpu_seconds(lambda: carbonate(**pair, **where, outputs=OUTPUTS))


def _peers(given: dict[str, np.ndarray], where: dict[str, np.ndarray]) -> dict[str, float]:
    try:
        import PyCO2SYS as pyco2
    except ImportError:
        return {"PyCO2SYS 1.8.3.4 (published, 1e5 points)": 5.5e4}
    few = {k: x[:100_000] for k, x in (given | where).items()}
    call = {
        "par1": few["dic"],
        "par2": few["alkalinity"],
        "par1_type": 2,
        "par2_type": 1,
        "temperature": few["temperature"],
        "salinity": few["salinity"],
    }
    return {f"PyCO2SYS {pyco2.__version__}, 1e5 points": 1e5 / best_cpu_seconds(lambda: pyco2.sys(**call))}


def _gradients(given: dict[str, np.ndarray], where: dict[str, np.ndarray]) -> Row:
    names = ("dic", "alkalinity", "temperature", "salinity", "phosphate", "silicate")

    def values(x):
        conditions = Conditions(x["temperature"], x["salinity"])
        solutes = Solutes(phosphate=x["phosphate"], silicate=x["silicate"])
        found = solve_system({"dic": x["dic"], "alkalinity": x["alkalinity"]}, conditions, solutes)
        return found.pco2.sum(), {"ph": found.ph_total, "pco2": found.pco2}

    def both(x):
        slopes, found = jax.grad(values, has_aux=True)(x)
        return found | {f"d_{k}": slopes[k] for k in names}

    arguments = {k: 1e-6 * x for k, x in given.items()} | where
    arguments |= {"phosphate": np.full(POINTS, 1e-6), "silicate": np.full(POINTS, 1e-5)}
    compiled = jax.jit(mapped(both))
    rate = POINTS / best_cpu_seconds(lambda: in_tiles(compiled, arguments))
    return Row(
        "carbonate: the same with phosphate, silicate and six gradients", rate, "points/s", "more", {"floor": 3e6}
    )


def _other_pairs(everything: dict[str, np.ndarray], where: dict[str, np.ndarray], base: float) -> list[Row]:
    rates = {}
    for a, b in itertools.combinations(ONE_OF_EACH, 2):
        rates[a, b] = _rate({a: everything[a], b: everything[b]}, where)
    single = {k: r for k, r in rates.items() if set(k) not in TWO_ROOTS}
    double = {k: r for k, r in rates.items() if set(k) in TWO_ROOTS}
    rows = []
    for kind, some, allowed in (("one root", single, 2.0), ("two roots", double, 5.0)):
        pair = min(some, key=some.get)  # type: ignore[arg-type]
        beside = {f"DIC and TA over {allowed:g}": base / allowed, "DIC and TA": base}
        rows.append(Row(f"carbonate: slowest pair of {kind}", some[pair], "points/s", "more", beside))
    return rows


def _memory(points: int = 4_000_000) -> Row:
    """Greatest growth of memory in a call, less the two results."""
    given, where = sea_states(points)
    seen, going = [], threading.Event()

    def watch() -> None:
        while not going.is_set():
            seen.append(_resident())
            time.sleep(0.002)

    carbonate(**{k: x[:10] for k, x in (given | where).items()}, outputs=OUTPUTS)
    before, thread = _resident(), threading.Thread(target=watch)
    thread.start()
    carbonate(**given, **where, outputs=OUTPUTS)
    going.set()
    thread.join()
    spare = max(seen) - before - 16 * points
    return Row("carbonate: memory above inputs and outputs", max(spare, 0) / points, "B/point", "less", {"limit": 200})


def _resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def _first_call() -> Row:
    out = subprocess.run([sys.executable, "-c", FIRST], check=True, capture_output=True, text=True)
    return Row("carbonate: first call with its compilation", float(out.stdout), "s", "less", {"limit": 5.0})


def _device(given: dict[str, np.ndarray], where: dict[str, np.ndarray]) -> Row:
    """One call on an accelerator, arrays on it."""
    x = {k: jax.device_put(v) for k, v in (given | where).items()}

    @jax.jit
    def call(x):
        conditions = Conditions(x["temperature"], x["salinity"])
        found = solve_system({"dic": 1e-6 * x["dic"], "alkalinity": 1e-6 * x["alkalinity"]}, conditions)
        return found.ph_total, found.pco2

    jax.block_until_ready(call(x))
    best = min(_seconds(lambda: jax.block_until_ready(call(x))) for _ in range(10))
    limit = memory_bandwidth() / (8 * 6)
    return Row("carbonate: on the accelerator", POINTS / best, "points/s", "more", {"memory limit": limit})


def _seconds(call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
