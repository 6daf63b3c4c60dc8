"""Make the numbers and figures of docs/validation.md: python -m validation.airsea_2010 --data FOLDER --out FOLDER.

The data folder holds the files named in `NEEDED`. With `--docs docs` the numbers, figures and the
tables of the page are put into that folder too.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

DIGITS = 6
NEEDED = (
    "socatv4_kriged_1deg_monthly_2010.nc",
    "satellite_forcing_1deg_monthly_2010.nc",
    "woa18_sss_1deg_monthly.nc",
    "onedeg_land.nc",
    "socat_74JC20131009_kitidis.tsv",
)


def numbers_and_figures(data: Path, out: Path) -> dict[str, Any]:
    """Compute everything; figures go to `out`/figures."""
    from validation import cruise, figures, flux_2010, pco2_models, printed_example, wind_moments

    flux, fields = flux_2010.run(data)
    verdicts, match_ups = cruise.run(data)
    numbers = {
        "flux": flux,
        "wind_moments": wind_moments.run(data),
        "cruise": verdicts,
        "pco2_models": pco2_models.run(data),
        "table_d1": printed_example.run(),
    }
    figures.draw(data, fields, flux, verdicts, match_ups, out / "figures")
    rounded: dict[str, Any] = in_digits(numbers)
    return rounded


def in_digits(value: Any) -> Any:
    """Numbers with as many digits as are worth keeping, so that files of two machines agree."""
    if isinstance(value, dict):
        return {str(key): in_digits(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [in_digits(one) for one in value]
    if isinstance(value, bool | str) or value is None:
        return value
    if type(value).__name__ in ("bool", "bool_"):
        return bool(value)
    return int(value) if isinstance(value, int) else float(f"{float(value):.{DIGITS}g}")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m validation.airsea_2010", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data of 2010")
    parser.add_argument("--out", type=Path, required=True, help="folder for numbers and figures")
    parser.add_argument("--docs", type=Path, help="folder of the documentation, to be brought up to date")
    given = parser.parse_args()
    absent = [name for name in NEEDED if not (given.data / name).is_file()]
    if absent:
        print(f"nothing done: {given.data} lacks {', '.join(absent)}")
        return
    given.out.mkdir(parents=True, exist_ok=True)
    numbers = numbers_and_figures(given.data, given.out)
    text = json.dumps(numbers, indent=1, ensure_ascii=False) + "\n"
    (given.out / "validation.json").write_text(text, encoding="utf8")
    print(f"{given.out}: validation.json and figures")
    if given.docs:
        from validation import page

        shutil.copyfile(given.out / "validation.json", given.docs / "validation.json")
        shutil.copytree(given.out / "figures", given.docs / "figures", dirs_exist_ok=True)
        page.fill(given.docs / "validation.md", numbers)
        print(f"{given.docs}: validation.md, validation.json and figures")


if __name__ == "__main__":
    main()
