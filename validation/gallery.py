"""The figures of the gallery, one for each preset of `shanhai box`: `python -m validation.gallery [PRESET ...]`."""

import sys
from importlib import import_module
from pathlib import Path

from shanhai.io.box_presets import names, read_preset
from shanhai.plot.style import look

FIGURES = Path(__file__).parent.parent / "docs" / "figures"


def figure_of(preset: str) -> Path:
    """Where the figure of a preset lies."""
    return FIGURES / f"box_{preset}.png"


def draw(preset: str) -> Path:
    """Run a preset as it comes and draw it."""
    chosen = read_preset(preset)
    result = chosen.run(chosen.settings)
    with look():
        figure = import_module(f"shanhai.plot.box.{chosen.model}").draw(result)
        figure.savefig(figure_of(preset), format="png", dpi=110)
    return figure_of(preset)


if __name__ == "__main__":
    for name in sys.argv[1:] or names():
        print(draw(name))
