"""The configuration page knows every key of every section, with its meaning, and nothing else."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hooks():
    pytest.importorskip("latex2mathml")
    spec = importlib.util.spec_from_file_location("site_hooks", ROOT / "docs" / "hooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sections(model, found):
    """A model and every section below it."""
    from shanhai.io.settings import section_of

    found.add(model)
    for field in model.model_fields.values():
        below = section_of(field.annotation)
        if below is not None and below not in found:
            sections(below, found)
    return found


def test_every_section_of_every_kind_is_on_the_page(hooks):
    from shanhai.monitoring.config import KINDS

    shown = {model for table in hooks.SECTIONS.values() for model in table.values()}
    for kind in KINDS.values():
        assert {m.__name__ for m in sections(kind, set())} <= {m.__name__ for m in shown}


def test_every_key_has_a_meaning_and_every_meaning_a_key(hooks):
    for table in hooks.SECTIONS.values():
        for model in table.values():
            assert set(hooks.meanings(model)) == set(model.model_fields), model.__name__


def test_types_are_in_the_words_of_toml(hooks):
    for table in hooks.SECTIONS:
        rows = [line.split(" | ") for line in hooks.TABLES[table]().splitlines() if line.startswith("| <code>")]
        assert len(rows) > 30
        assert all(words[1] not in ("", "any") for words in rows)
