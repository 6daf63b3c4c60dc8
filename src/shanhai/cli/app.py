"""The root of the command line."""

from pathlib import Path

from cyclopts import App

import shanhai
from shanhai.cli import box, carbonate, flux

app = App(
    name="shanhai",
    help="shanhai 山海: land, river, sea and air. CO2 flux monitoring, sea-water chemistry, carbon-cycle models.",
    version=shanhai.__version__,
    suppress_keyboard_interrupt=False,  # main() says what interruption means
    help_format="plaintext",  # other formats import a Markdown parser: a third of the time of --help
)
app.command(flux.app, name="flux")
app.command(carbonate.run, name="carbonate")
app.command(box.run, name="box")
app.command(box.site, name="site")


@app.command
def check(config: Path, *, json: bool = False) -> None:
    """Validate a configuration and look at every input, without running.

    Args:
        config: TOML file; its `kind` says what it is.
        json: print for machines.
    """
    from shanhai.cli import printing
    from shanhai.io.settings import read_toml

    kind = read_toml(config, do="shanhai flux new writes one").get("kind")
    if kind in ("box", "site"):
        from shanhai.io.presets import read_preset

        printing.preset(read_preset(str(config), kind=kind), json)
        return
    from shanhai.monitoring.checking import look_at

    printing.checked(look_at(config), json)
