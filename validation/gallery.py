"""The figures of the gallery, one for each preset of a box or a site: `python -m validation.gallery --data FOLDER`."""

import argparse
from importlib import import_module
from pathlib import Path

from shanhai.io.presets import Kind, names, read_preset
from shanhai.plot.style import look

BESIDE = {"reservoir-age": {"curve_folder": "radiocarbon"}}
"""Preset -> setting that names a folder of measurements, and the folder."""

FIGURES = Path(__file__).parent.parent / "docs" / "figures"


def figure_of(preset: str) -> Path:
    """Where the figure of a preset lies."""
    return FIGURES / f"{kind_of(preset)}_{preset}.png"


def kind_of(preset: str) -> Kind:
    """Whether a preset is that of a box or of a site."""
    return "site" if preset in names("site") else "box"


def draw(preset: str, data: Path | None = None) -> Path:
    """Run a preset as it comes, beside the measurements of `BESIDE` where their folder is given, and draw it."""
    folders = {key: str(data / folder) for key, folder in BESIDE.get(preset, {}).items()} if data else {}
    chosen = read_preset(preset, folders, kind_of(preset))
    result = chosen.run(chosen.settings)
    with look():
        figure = import_module(f"shanhai.plot.{chosen.kind}.{chosen.model}").draw(result)
        figure.savefig(figure_of(preset), format="png", dpi=110)
    return figure_of(preset)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("presets", nargs="*", help="all when absent")
    parser.add_argument("--data", type=Path, help="folder with one folder of measurements for each subject")
    options = parser.parse_args()
    for name in options.presets or [*names(), *names("site")]:
        print(draw(name, options.data))
