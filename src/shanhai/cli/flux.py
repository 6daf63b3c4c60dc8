"""`shanhai flux`: air-sea CO2 flux monitoring by HY/T 0343.5."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

app = App(help="Air-sea CO2 flux from satellite or model grids by HY/T 0343.5: maps, accuracy, net flux, report.")

Machine = Annotated[bool, Parameter(help="print for machines")]


@app.default
def run(
    config: Path,
    *,
    out: Path,
    overwrite: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
    json: Machine = False,
) -> None:
    """Run a job, or go on with it where it was interrupted.

    Args:
        config: TOML file; `shanhai flux new` writes one.
        out: folder for fields, tables, figures and the report.
        overwrite: replace what another job left in the folder.
        workers: threads; all cores when absent.
        scheduler: address of a running Dask scheduler to compute on.
    """
    from shanhai.cli import printing, running
    from shanhai.monitoring.assess import assess

    with running.on(workers, scheduler), printing.progress(json) as watch:
        _, report = assess(config, out=out, overwrite=overwrite, watch=watch)
    printing.result(report, out, json)


@app.command
def new(path: Path = Path("flux.toml")) -> None:
    """Write a commented configuration to start from.

    Args:
        path: file to write; an existing one is left alone.
    """
    from shanhai import data
    from shanhai.core.errors import InputError

    if path.exists():
        raise InputError("the file exists already", where=str(path), do="give another name")
    path.write_text(data.path("presets/flux.toml").read_text(encoding="utf8"), encoding="utf8")
    print(f"{path} written: fill in the files, then: shanhai check {path}")


@app.command
def sources(*, quantity: str | None = None, json: Machine = False) -> None:
    """List the products of Tables A.1 and A.2 and the client that fetches each.

    Args:
        quantity: only those of one quantity, such as xco2.
    """
    from shanhai.cli import printing
    from shanhai.io.catalogue import products

    printing.catalogue(products(quantity), json)


@app.command
def train(config: Path, *, out: Path, json: Machine = False) -> None:
    """Train pCO2 models on match-ups (Appendix B) and keep the best that qualifies.

    Args:
        config: TOML file of kind "pco2_model".
        out: folder for the model.
    """
    from shanhai.cli import printing
    from shanhai.monitoring.pco2_models.train import train_from_config

    printing.training(train_from_config(config, out), json)


@app.command
def demo(*, out: Path = Path("out/demo"), json: Machine = False) -> None:
    """Run the standard's own example (Table D.1) in both modes and compare it with what is printed.

    Args:
        out: folder for both jobs.
    """
    from shanhai.cli import printing
    from shanhai.monitoring.demo import run_demo

    printing.demo(run_demo(out), out, json)
