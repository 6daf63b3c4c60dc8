"""Make the numbers and figures of docs/validation_bottles.md.

python -m validation.bottles_2007 --data FOLDER --out FOLDER: the data folder holds the files named in `NEEDED`. With
`--docs docs` the numbers, figures and tables of the page are put into that folder too.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from validation.airsea_2010 import in_digits

NAME = "bottles_2007.json"
NEEDED = (
    "seawater_chemistry/WCOA2007_32WC20070511.exc.csv",
    "airsea_co2/socatv4_kriged_1deg_monthly_2010.nc",
)


def numbers(data: Path) -> dict[str, Any]:
    """Compute everything."""
    from validation import bottles_depth, bottles_surface
    from validation.bottles_samples import samples

    table = samples(data)
    counted = {
        "rows": len(table),
        "stations": int(table.station.nunique()),
        "pairs": int(table.omega_aragonite.notna().sum()),
    }
    rounded: dict[str, Any] = in_digits(
        {"samples": counted, "surface": bottles_surface.run(data), "depth": bottles_depth.run(data)}
    )
    return rounded


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m validation.bottles_2007", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data")
    parser.add_argument("--out", type=Path, required=True, help="folder for numbers and figures")
    parser.add_argument("--docs", type=Path, help="folder of the documentation, to be brought up to date")
    given = parser.parse_args()
    absent = [name for name in NEEDED if not (given.data / name).is_file()]
    if absent:
        print(f"nothing done: {given.data} lacks {', '.join(absent)}")
        return
    from validation import bottles_figures, bottles_page

    found = numbers(given.data)
    given.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    (given.out / NAME).write_text(text, encoding="utf8")
    bottles_figures.draw(given.data, found, given.out / "figures")
    print(f"{given.out}: {NAME} and figures")
    if given.docs:
        shutil.copyfile(given.out / NAME, given.docs / NAME)
        shutil.copytree(given.out / "figures", given.docs / "figures", dirs_exist_ok=True)
        bottles_page.fill(given.docs / "validation_bottles.md", found)
        print(f"{given.docs}: validation_bottles.md, {NAME} and figures")


if __name__ == "__main__":
    main()
