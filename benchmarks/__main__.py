"""Run benchmarks and print each figure beside peers, limits and the recorded baseline."""

import argparse
import importlib
import json
from pathlib import Path

from benchmarks.measure import Row

NAMES = (
    "flux_kernel",
    "carbonate",
    "column",
    "exchange",
    "reactions",
    "global_carbon",
    "soil",
    "soil_profile",
    "start_up",
    "archive",
)
BASELINE = Path(__file__).with_name("baseline.json")


def printed(row: Row, baseline: dict[str, float]) -> str:
    lines = [f"{row.name}: {row.value:.3g} {row.unit}"]
    beside = row.beside | ({"baseline": baseline[row.name]} if row.name in baseline else {})
    lines += [f"    {row.value / other:8.3g} x {name} ({other:.3g} {row.unit})" for name, other in beside.items()]
    if row.name in baseline:
        worse = baseline[row.name] / row.value if row.better == "more" else row.value / baseline[row.name]
        if worse > 1.1:
            lines.append(f"    !! {100 * (worse - 1):.0f} % worse than the baseline")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], help="which; all when absent")
    parser.add_argument("--record", action="store_true", help="make these figures the baseline")
    options = parser.parse_args()
    baseline = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    for name in options.names or NAMES:
        for row in importlib.import_module(f"benchmarks.{name}").run():
            print(printed(row, baseline), flush=True)
            if options.record:
                baseline[row.name] = float(f"{row.value:.4g}")
    if options.record:
        BASELINE.write_text(json.dumps(baseline, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
