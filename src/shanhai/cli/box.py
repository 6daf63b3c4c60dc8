"""`shanhai box` and `shanhai site soil`: models that are run by presets."""

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from shanhai.core.errors import InputError

Changes = Annotated[list[str] | None, Parameter(name="--set", negative="")]
site = App(name="site", help="Models of a site: soil in jars, plots and profiles.")


def run(
    preset: str = "list",
    *,
    out: Path | None = None,
    changes: Changes = None,
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
    _run("box", preset, out, changes, overwrite, json)


@site.command
def soil(
    preset: str = "list",
    *,
    out: Path | None = None,
    changes: Changes = None,
    overwrite: bool = False,
    json: bool = False,
) -> None:
    """Run a model of the soil at a site: a preset, or a TOML file that starts from one.

    Args:
        preset: name of a preset or a file; "list" shows the presets.
        out: folder for series, tables and figure; only the headlines are printed when absent.
        changes: change of a setting, as in --set jar.soil.carbon=30; may be given again.
        overwrite: replace the files of another run in the folder.
        json: print for machines.
    """
    _run("site", preset, out, changes, overwrite, json)


def _run(
    kind: Literal["box", "site"], preset: str, out: Path | None, changes: list[str] | None, overwrite: bool, json: bool
) -> None:
    from shanhai.cli import printing

    if preset == "list":
        from shanhai.io.presets import listed

        printing.presets(kind, listed(kind), json)
        return
    from shanhai.io import box_output, presets

    wanted = dict(_change(text) for text in changes or [])
    chosen = presets.read_preset(preset, wanted, kind)
    if out is not None:
        box_output.refuse_folder(out, overwrite)
    result = chosen.run(chosen.settings)
    files = box_output.write_box(out, chosen, result, _drawing(chosen, result), wanted) if out else []
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


def _drawing(chosen: Any, result: Any) -> Any:
    def draw(path: Path) -> None:
        from importlib import import_module

        from shanhai.plot.style import look

        with look():
            figure = import_module(f"shanhai.plot.{chosen.kind}.{chosen.model}").draw(result)
            figure.savefig(path, format="png", dpi=150)

    return draw
