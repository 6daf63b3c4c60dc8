"""What the hostile-input tests share: a good job to spoil, and the command line."""

import shutil
from pathlib import Path

import pytest
from tests.jobs import write_inputs
from tests.refusals import CommandLine
from tests.spoils import SIZE, TEXT


@pytest.fixture(scope="module")
def good_inputs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    write_inputs(folder, **SIZE)
    return folder


@pytest.fixture
def job(good_inputs, tmp_path) -> Path:
    """Folder of a good job; its configuration is flux.toml."""
    shutil.copytree(good_inputs, tmp_path, dirs_exist_ok=True)
    (tmp_path / "flux.toml").write_text(TEXT, encoding="utf8")
    return tmp_path


@pytest.fixture
def command_line(monkeypatch, capsys) -> CommandLine:
    return CommandLine(monkeypatch, capsys)
