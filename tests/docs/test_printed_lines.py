"""Every line that README and documentation print is true: examples run, links lead somewhere, names exist."""

import doctest
import importlib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from markdown.extensions.toc import slugify
from sybil.document import Document
from sybil.example import Example
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

import shanhai
from shanhai.io import presets
from shanhai.monitoring import config

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")])
TOLERANT = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

FENCE = re.compile(r"^(`{3,}|~{3,})(\w*)[^\n]*\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")
HEADING = re.compile(r"^#{1,6} +(.+?)(?: +\{ *#([\w.-]+) *\})? *$", re.MULTILINE)
SYMBOL = re.compile(r"(?<![\w./-])shanhai(?:\.[A-Za-z_]\w*)+")


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _param(page: Path) -> object:
    """Pages of models compile them, which takes long."""
    long = page.parent.name == "gallery" or page.name in ("soil.md", "soil_layer.md", "soil_peers.md")
    return pytest.param(page, marks=pytest.mark.slow) if long else page


@pytest.fixture(params=[_param(page) for page in PAGES], ids=map(page_name, PAGES))
def page(request) -> Path:
    return request.param


def printed_lines(page: Path) -> list[Example]:
    """Every example of a page in its order: ```python blocks, doctests in them, and ```console blocks."""
    parsers = (
        PythonCodeBlockParser(doctest_optionflags=TOLERANT),
        CodeBlockParser("console", console),
        SkipParser(),
    )
    return list(Document.parse(str(page), *parsers).examples())


def console(example: Example) -> str | None:
    """Run the lines that begin with "$ " and compare what they print, "..." standing for anything."""
    for command, expected in _commands(str(example.parsed)):
        got = subprocess.run(command, shell=True, text=True, capture_output=True, env=_environment(), timeout=300)
        printed = got.stdout if got.returncode == 0 else got.stdout + got.stderr  # progress bars do not count
        if not doctest.OutputChecker().check_output(expected, printed, TOLERANT):
            return f"$ {command}\nexpected:\n{expected}\nprinted:\n{printed}"
    return None


def _commands(block: str) -> list[tuple[str, str]]:
    parts = ("\n" + block).split("\n$ ")
    if parts[0].strip():
        raise ValueError(f"a console block begins with a command, not with {parts[0].strip()!r}")
    return [(command, output + "\n") for command, _, output in (part.strip("\n").partition("\n") for part in parts[1:])]


def _environment() -> dict[str, str]:
    """The commands of this very Python come first, and lines are as wide as the pages show them."""
    here = str(Path(sys.executable).parent)
    wide = {"COLUMNS": "120", "NO_COLOR": "1", "PYTHONIOENCODING": "utf8"}
    return os.environ | wide | {"PATH": here + os.pathsep + os.environ.get("PATH", "")}


def test_every_printed_line_runs_and_prints_what_the_page_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    for example in printed_lines(page):
        example.evaluate()


def test_prompts_stand_only_where_they_are_run(page):
    text = FENCE.sub(lambda f: "" if f[2] in ("python", "console") else f[0], page.read_text(encoding="utf8"))
    stray = [line for line in text.splitlines() if line.startswith((">>> ", "$ "))]
    assert stray == [], "use a ```python or a ```console block"


def test_configurations_shown_are_accepted(page, tmp_path):
    for fence in FENCE.finditer(page.read_text(encoding="utf8")):
        if fence[2] == "toml":
            shown = tomllib.loads(fence[3])
            if shown.get("kind") == "flux":
                config.parse(shown, where=page_name(page))
            elif shown.get("kind") in ("box", "site"):
                file = tmp_path / "shown.toml"
                file.write_text(fence[3], encoding="utf8")
                assert presets.read_preset(str(file), {}, shown["kind"]).model == shown["model"]


def test_links_lead_to_files_and_headings_that_exist(page):
    text = FENCE.sub("", page.read_text(encoding="utf8"))
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{target}: no such file"
        if anchor:
            assert anchor in _anchors(file), f"{target}: no such heading"


def _anchors(page: Path) -> set[str]:
    text = FENCE.sub("", page.read_text(encoding="utf8"))
    return {given or slugify(re.sub(r"[`*$]", "", title), "-") for title, given in HEADING.findall(text)}


def test_symbols_cited_exist(page):
    for cited in sorted(set(SYMBOL.findall(page.read_text(encoding="utf8")))):
        assert _exists(cited), f"{cited} does not exist"


def _exists(dotted: str) -> bool:
    thing, found = shanhai, "shanhai"
    for name in dotted.split(".")[1:]:
        found += f".{name}"
        if not hasattr(thing, name):
            try:
                thing = importlib.import_module(found)
            except ModuleNotFoundError:
                return False
        else:
            thing = getattr(thing, name)
    return True


def test_every_page_is_in_the_navigation():
    shown = (ROOT / "mkdocs.yml").read_text(encoding="utf8")
    for page in PAGES:
        if page.parent != ROOT:
            assert page.relative_to(ROOT / "docs").as_posix() in shown, page_name(page)


def test_console_lines_are_compared_and_not_only_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo sea and air\nsea ... air\n$ echo one\ntwo\n```\n", encoding="utf8")
    (example,) = printed_lines(page)
    with pytest.raises(Exception, match=r"\$ echo one"):
        example.evaluate()
