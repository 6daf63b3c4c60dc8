"""`shanhai flux`: air-sea CO2 flux monitoring by HY/T 0343.5."""

from pathlib import Path

from cyclopts import App

app = App(help="Air-sea CO2 flux from satellite or model grids by HY/T 0343.5: maps, accuracy, net flux, report.")


@app.default
def run(
    config: Path,
    *,
    out: Path,
    overwrite: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
    json: bool = False,
) -> None:
    """Run a job, or go on with it where it was interrupted.

    Args:
        config: TOML file; `shanhai flux new` writes one.
        out: folder for fields, tables, figures and the report.
        overwrite: replace what another job left in the folder.
        workers: threads; all cores when absent.
        scheduler: address of a running Dask scheduler to compute on.
        json: print for machines.
    """
    from shanhai.cli import printing, running
    from shanhai.monitoring.config import load

    settings = load(config, "flux")  # a slip in it is told at once, before heavier libraries are loaded
    from shanhai.monitoring import assess

    with running.on(workers, scheduler), printing.progress(json) as watch:
        _, report = assess(settings, out=out, overwrite=overwrite, watch=watch)
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
    text = data.path("presets/flux.toml").read_text(encoding="utf8")
    try:
        path.write_text(text, encoding="utf8")
    except OSError as error:
        raise InputError(f"it cannot be written: {error.strerror}", where=str(path), do="give another name") from None
    print(f"{path} written: fill in the files, then: shanhai check {path}")


@app.command
def sources(*, quantity: str | None = None, json: bool = False) -> None:
    """List the products of Tables A.1 and A.2 and the client that fetches each.

    Args:
        quantity: only those of one quantity, such as xco2.
        json: print for machines.
    """
    from shanhai.cli import printing
    from shanhai.io.catalogue import products

    printing.catalogue(products(quantity), json)


@app.command
def train(config: Path, *, out: Path, json: bool = False) -> None:
    """Train pCO2 models on match-ups (Appendix B) and keep the best that qualifies.

    Args:
        config: TOML file of kind "pco2_model".
        out: folder for the model.
        json: print for machines.
    """
    from shanhai.cli import printing
    from shanhai.monitoring.training_job import train_from_config

    printing.training(train_from_config(config, out), out, json)


@app.command
def demo(*, out: Path = Path("out/demo"), json: bool = False) -> None:
    """Run the standard's own example (Table D.1) in both modes and compare it with what is printed.

    Args:
        out: folder for both jobs.
        json: print for machines.
    """
    from shanhai.cli import printing
    from shanhai.monitoring.demo import run_demo

    printing.demo(run_demo(out), out, json)
