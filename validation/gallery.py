"""The figures of the gallery, one for each preset of `shanhai box`: `python -m validation.gallery --data FOLDER`."""

import argparse
from importlib import import_module
from pathlib import Path

from shanhai.io.box_presets import names, read_preset
from shanhai.plot.style import look

BESIDE = {"reservoir-age": {"curve_folder": "radiocarbon"}}
"""Preset -> setting that names a folder of measurements, and the folder."""

FIGURES = Path(__file__).parent.parent / "docs" / "figures"


def figure_of(preset: str) -> Path:
    """Where the figure of a preset lies."""
    return FIGURES / f"box_{preset}.png"


def draw(preset: str, data: Path | None = None) -> Path:
    """Run a preset as it comes, beside the measurements of `BESIDE` where their folder is given, and draw it."""
    folders = {key: str(data / folder) for key, folder in BESIDE.get(preset, {}).items()} if data else {}
    chosen = read_preset(preset, folders)
    result = chosen.run(chosen.settings)
    with look():
        figure = import_module(f"shanhai.plot.box.{chosen.model}").draw(result)
        figure.savefig(figure_of(preset), format="png", dpi=110)
    return figure_of(preset)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("presets", nargs="*", help="all when absent")
    parser.add_argument("--data", type=Path, help="folder with one folder of measurements for each subject")
    options = parser.parse_args()
    for name in options.presets or names():
        print(draw(name, options.data))
