"""The gallery: every preset has its page with its figure, and every figure its preset."""

import re
from pathlib import Path

import pytest
from validation.gallery import figure_of, kind_of

from shanhai.io.presets import COMMANDS, listed, names

ROOT = Path(__file__).parents[2]
GALLERY = ROOT / "docs" / "gallery"


PRESETS = (*names("box"), *names("site"))


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_has_a_page_with_its_figure(preset):
    page = (GALLERY / f"{preset}.md").read_text(encoding="utf8")
    assert f"figures/{figure_of(preset).name}" in page
    assert 10_000 < figure_of(preset).stat().st_size < 300_000


def test_every_page_and_figure_has_its_preset():
    assert {p.stem for p in GALLERY.glob("*.md")} == set(PRESETS) | {"index"}
    drawn = {p.name for kind in ("box", "site") for p in (ROOT / "docs" / "figures").glob(f"{kind}_*.png")}
    assert drawn == {figure_of(p).name for p in PRESETS}


def test_the_index_names_every_preset_with_its_title():
    index = (GALLERY / "index.md").read_text(encoding="utf8")
    for name, title in [*listed("box"), *listed("site")]:
        assert f"]({name}.md)" in index
        assert title


def test_pages_say_how_to_run_and_where_it_comes_from():
    for name in PRESETS:
        page = (GALLERY / f"{name}.md").read_text(encoding="utf8")
        assert re.search(rf"{COMMANDS[kind_of(name)]} {name}\b", page), name
