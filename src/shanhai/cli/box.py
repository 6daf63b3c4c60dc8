"""`shanhai box`: box and column models of the carbon cycle, each a preset."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from shanhai.core.errors import InputError


def run(
    preset: str = "list",
    *,
    out: Path | None = None,
    changes: Annotated[list[str] | None, Parameter(name="--set", negative="")] = None,
    overwrite: bool = False,
    json: bool = False,
) -> None:
    """Run a box model of the carbon cycle: a preset, or a TOML file that starts from one.

    Args:
        preset: name of a preset or a file; "list" shows the presets.
        out: folder for series, tables and figure; only the headlines are printed when absent.
        changes: change of a setting, as in --set pump.rain=0.1; may be given again.
        overwrite: replace the files of another run in the folder.
        json: print for machines.
    """
    from shanhai.cli import printing

    if preset == "list":
        from shanhai.io.box_presets import listed

        printing.presets(listed(), json)
        return
    from shanhai.io import box_output, box_presets

    wanted = dict(_change(text) for text in changes or [])
    chosen = box_presets.read_preset(preset, wanted)
    if out is not None:
        box_output.refuse_folder(out, overwrite)
    result = chosen.run(chosen.settings)
    files = box_output.write_box(out, chosen, result, _drawing(chosen.model, result), wanted) if out else []
    printing.box(chosen, result, files, json)
    if not all(row.closes for row in result.ledger):
        raise InputError("the ledger does not close", where=preset, do="report this with the printed table")


def _change(text: str) -> tuple[str, Any]:
    """A setting as TOML reads it; a bare word is a text."""
    import tomllib

    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise InputError(f"{text!r} is no setting", where="--set", do="write NAME=VALUE, as in --set pump.rain=0.1")
    try:
        return name.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name.strip(), value.strip()


def _drawing(model: str, result: Any) -> Any:
    def draw(path: Path) -> None:
        from importlib import import_module

        from shanhai.plot.style import look

        with look():
            figure = import_module(f"shanhai.plot.box.{model}").draw(result)
            figure.savefig(path, format="png", dpi=150)

    return draw
