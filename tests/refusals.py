"""What a refusal is: exit code 2, one sentence, and a folder that is byte for byte as it was."""

import sys
from pathlib import Path

import pytest

from shanhai.cli import main


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder below a folder with its bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}


class CommandLine:
    """The command line in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def run(self, *words: object) -> tuple[int, str]:
        """Exit code and what was said on the error stream."""
        self.monkeypatch.setattr(sys, "argv", ["shanhai", *map(str, words)])
        self.capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        return code, self.capsys.readouterr().err

    def refuses(self, *words: object, within: Path, saying: tuple[str, ...]) -> str:
        """Run a command that must be refused; the sentence it says."""
        before = snapshot(within)
        code, said = self.run(*words)
        assert code == 2, said
        assert "Traceback" not in said
        sentence = said.strip().splitlines()[-1]  # above it at most the progress bar
        assert sentence.startswith("shanhai: ")
        missing = [fragment for fragment in saying if fragment not in sentence]
        assert not missing, f"{missing} not in: {sentence}"
        assert snapshot(within) == before
        return sentence
