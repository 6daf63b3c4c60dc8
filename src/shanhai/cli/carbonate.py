"""`shanhai carbonate`: the carbonate system of a bottle table."""

from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any, Literal

from shanhai.core.errors import InputError, nearest


def run(
    table: Path,
    *,
    out: Path,
    pair: str | None = None,
    outputs: str | None = None,
    measured_at: str | None = None,
    output_temperature: float | None = None,
    output_pressure: float | None = None,
    columns: dict[str, str] | None = None,
    units: dict[str, str] | None = None,
    preset: str = "default",
    root: Literal["low_pH", "high_pH"] | None = None,
    plot: Path | None = None,
    overwrite: bool = False,
    json: bool = False,
    **constants: str,
) -> None:
    """Compute the carbonate system of a table of water samples: WOCE, GLODAP, or one of the laboratory.

    Args:
        table: text file with a header; flags 2 and 6 are good.
        out: the table with columns added (.csv or .tsv); a .json beside it tells where they come from.
        pair: two quantities, such as dic,alkalinity; the best that the table has when absent.
        outputs: quantities to compute, such as pH,omega_aragonite.
        measured_at: temperature [degC], or in_situ, of pH and CO2 where the table does not tell it.
        output_temperature: report at this temperature [degC] too.
        output_pressure: report at this sea pressure [dbar] too.
        columns: header of a quantity that is not recognised, as in --columns.dic NAME.
        units: unit of a quantity, as in --units.dic mmol/kg.
        preset: set of constants.
        root: which of two waters that have the same pair.
        plot: figure of what was found (.png).
        overwrite: replace what is there.
        json: print for machines.
        constants: fit of one kind of constant, as in --carbonic lueker_2000 or --boron lee_2010.
    """
    _check_options(constants)
    from shanhai.io import bottle_output

    bottle_output.refuse_targets(table, out, plot, overwrite)
    from shanhai.cli import printing
    from shanhai.io.bottle_carbonate import solve_bottles
    from shanhai.io.bottles import read_bottles

    options = _options(preset, constants)
    bottles = read_bottles(table, columns=columns, units=units, measured_at=_place(measured_at))
    result = solve_bottles(
        bottles,
        pair=_listed(pair),
        outputs=_listed(outputs),
        output_temperature=output_temperature,
        output_pressure=output_pressure,
        options=options,
        root=root,
    )
    said = {"pair": pair, "outputs": outputs, "measured_at": measured_at, "preset": preset, "root": root} | {
        "output_temperature": output_temperature,
        "output_pressure": output_pressure,
    }
    bottle_output.write_bottles(result, out, settings=said, figure=plot, draw=lambda path: _draw(result, path))
    printing.bottles(result, [p for p in (out, bottle_output.sidecar(out), plot) if p], json)


def _check_options(constants: dict[str, str]) -> None:
    """Refuse a slip in the name of an option, which would pass for a kind of constant."""
    if not constants:
        return
    from shanhai.seawater.constants.options import CHOICES

    here = [name for name in signature(run).parameters if name != "constants"]
    for name in constants:
        plain = name.replace("-", "_")
        if plain not in CHOICES:
            raise InputError("there is no such option", where=f"--{name}", do=nearest(plain, [*CHOICES, *here]))


def _options(preset: str, constants: dict[str, str]) -> Any:
    from shanhai.seawater.constants import PRESETS

    if preset not in PRESETS:
        raise InputError(f"there is no preset {preset!r}", where="--preset", do=nearest(preset, PRESETS))
    chosen: dict[str, Any] = {name.replace("-", "_"): value for name, value in constants.items()}
    return replace(PRESETS[preset], **chosen)


def _listed(words: str | None) -> list[str] | None:
    return None if words is None else [word.strip() for word in words.split(",") if word.strip()]


def _place(said: str | None) -> Any:
    """A temperature, or "in_situ"."""
    if said is None or said.replace("-", "_") == "in_situ":
        return None if said is None else "in_situ"
    try:
        place = float(said)
    except ValueError:
        place = float("nan")
    if not -5.0 <= place <= 60.0:
        do = "give a temperature [degC], or in_situ"
        raise InputError(f"{said!r} is no temperature of a laboratory", where="--measured-at", do=do)
    return place


def _draw(result: Any, path: Path) -> None:
    from shanhai.plot import style
    from shanhai.plot.bottles import bottle_profiles

    values = result.bottles.values
    drawn = ("dic", "alkalinity", "pH", "pCO2", "omega_aragonite")
    shown = {name: result.values.get(name, values.get(name)) for name in drawn}
    solved = result.reason == ""
    figure = bottle_profiles(
        {name: x.where(solved) for name, x in shown.items() if x is not None},
        values["pressure"],
        salinity=values["salinity"],
        latitude=values.get("latitude"),
        differences={c.name: c.difference for c in result.comparisons},
        title=f"Carbonate system in situ, {result.bottles.file.path.name}",
        subtitle=f"{result.solved} of {len(values)} samples, from {' and '.join(result.pair)}; "
        f"K1 and K2 of {result.options.carbonic}; red line: saturation",
    )
    style.save(figure, path)
