r"""Litter bags of several qualities in several climates, through an ensemble of models, beside what was measured.

Of every bag the carbon and the nitrogen that remain are followed by month. Nitrogen first comes into litter that is
poor in it and leaves when the ratio of what is eaten has come down to that of the eaters over their efficiency,

$$\theta^* = \theta_B / \varepsilon$$

Source: Manzoni et al. (2008), Science 321, 684; the experiment after Parton et al. (2007), Science 315, 361.
"""

from pathlib import Path
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanhai.core.errors import InputError, nearest
from shanhai.core.ledger import Row
from shanhai.models.box.books import ledger
from shanhai.models.box.result import Number, Result, Series
from shanhai.models.site.litterbag import MONTHS, Bag, Climate, Course, Litter, Model, course

COLUMNS = ("site", "litter", "year", "carbon")
POSSIBLE = {
    "lignin": (0.0, 0.7), "ratio": (5.0, 1000.0), "temperature": (-20.0, 35.0), "amplitude": (0.0, 30.0),
    "filled": (0.05, 0.95),
}  # fmt: skip
"""Smallest and largest values of litter and sites."""


class Settings(eqx.Module):
    """Bags, sites, models, and what was measured.

    Args:
        models: that follow the bags.
        litters: names of what is put into bags.
        lignin: of each, by mass [1].
        ratio: C:N of each, by mass [1].
        sites: names of where bags lie.
        temperature: mean of the year at each [degC].
        amplitude: of the seasons, half of the range [K].
        filled: water-filled pores at each [1].
        years: length of the run.
        file: CSV table of what was measured, with columns site, litter, year, carbon and, if wanted, nitrogen, both
            over that of the start; empty where there is none.
        bag: the bag, the soil around it, and numbers of the models.
    """

    models: tuple[Model, ...] = eqx.field(static=True, default=("daycent", "casacnp", "corpse", "layer"))
    litters: tuple[str, ...] = eqx.field(static=True, default=("soft leaf", "leaf", "needle", "straw"))
    lignin: tuple[float, ...] = eqx.field(static=True, default=(0.1, 0.2, 0.25, 0.16))
    ratio: tuple[float, ...] = eqx.field(static=True, default=(25.0, 50.0, 80.0, 120.0))
    sites: tuple[str, ...] = eqx.field(static=True, default=("cold", "temperate", "tropical"))
    temperature: tuple[float, ...] = eqx.field(static=True, default=(1.0, 10.0, 25.0))
    amplitude: tuple[float, ...] = eqx.field(static=True, default=(12.0, 9.0, 2.0))
    filled: tuple[float, ...] = eqx.field(static=True, default=(0.55, 0.55, 0.55))
    years: int = eqx.field(static=True, default=10)
    file: str = eqx.field(static=True, default="")
    bag: Bag = Bag()


class Measured(NamedTuple):
    """Bags that were dug out, (bag,); nitrogen is nan where it was not measured.

    Args:
        site: its place in the settings.
        litter: likewise.
        year: since the start.
        carbon: over that of the start [1].
        nitrogen: likewise.
    """

    site: NDArray[np.int64]
    litter: NDArray[np.int64]
    year: NDArray[np.float64]
    carbon: NDArray[np.float64]
    nitrogen: NDArray[np.float64]


def run(settings: Settings) -> Result:
    """Follow all bags through all models and compare them with the table, if there is one.

    Raises:
        InputError: for lists that do not match, impossible values, or a table that cannot be read.
    """
    check(settings)
    measured = read_bags(Path(settings.file), settings) if settings.file else None
    litter = Litter(jnp.asarray(settings.lignin, float), jnp.asarray(settings.ratio, float))
    climate = Climate(*(jnp.asarray(getattr(settings, name), float) for name in Climate._fields))
    found = {name: course(settings.bag, name, litter, climate, settings.years) for name in settings.models}
    return _result(settings, found, measured)


def check(settings: Settings) -> None:
    """Refuse lists of different lengths, names given twice, and what no litter or site has.

    Raises:
        InputError: naming the setting.
    """
    for owner, lists in (("litters", Litter._fields), ("sites", Climate._fields)):
        names = getattr(settings, owner)
        if not names or len(set(names)) < len(names):
            raise InputError("it needs a name or more, each but once", where=f"settings.{owner}")
        for name in lists:
            _listed(name, np.asarray(getattr(settings, name), float), owner, names)
    if not settings.models or len(set(settings.models)) < len(settings.models):
        raise InputError("it needs a model or more, each but once", where="settings.models")
    if not 1 <= settings.years <= 100:
        raise InputError(f"a run of {settings.years} years is not from 1 to 100", where="settings.years")


def _listed(name: str, values: NDArray[np.float64], owner: str, names: tuple[str, ...]) -> None:
    if len(values) != len(names):
        raise InputError(
            f"{len(names)} {owner} and {len(values)} entries",
            where=f"settings.{name}",
            do=f"give one for each of {owner}",
        )
    low, high = POSSIBLE[name]
    wrong = np.flatnonzero(~((values >= low) & (values <= high)))
    if wrong.size:
        raise InputError(
            f"{names[wrong[0]]} has {values[wrong[0]]:g}, and it must be from {low:g} to {high:g}",
            where=f"settings.{name}",
        )


def read_bags(path: Path, settings: Settings) -> Measured:
    """Read a CSV table of bags; gaps of nitrogen are blank or NA.

    Args:
        path: table with a header and the columns site, litter, year, carbon and, if wanted, nitrogen.
        settings: with the names of sites and litters.

    Raises:
        InputError: for a file that is missing or no table, a column that it lacks, a name that the settings do not
            have, or a value that no bag has, naming column and row.
    """
    table, where = _table(path), str(path)
    for name in COLUMNS:
        if name not in table:
            raise InputError(f"there is no column {name!r}; it has {', '.join(table.columns)}", where=where)
    site, litter = (_places(table[kind], getattr(settings, f"{kind}s"), where, kind) for kind in ("site", "litter"))
    nitrogen = table["nitrogen"] if "nitrogen" in table else pd.Series([None] * len(table), dtype=object)
    year = _numbers(table["year"], where, "year", float(settings.years), gaps=False)
    carbon = _numbers(table["carbon"], where, "carbon", 2.0, gaps=False)
    return Measured(site, litter, year, carbon, _numbers(nitrogen, where, "nitrogen", 20.0, gaps=True))


def _table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, skipinitialspace=True, comment="#")
    except FileNotFoundError:
        raise InputError("there is no such file", where=str(path)) from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"this is no CSV table: {str(error).splitlines()[0]}", where=str(path)) from None
    if table.empty:
        raise InputError("the table has no rows", where=str(path), do=f"give the columns {', '.join(COLUMNS)}")
    return table.rename(columns=str.strip)


def _places(column: pd.Series, known: tuple[str, ...], where: str, kind: str) -> NDArray[np.int64]:
    for row, name in enumerate(column):
        if name not in known:
            raise InputError(
                f"there is no {kind} {name!r}; {nearest(str(name), known)}",
                where=f"{where}, column {kind}, row {row + 2}",
                do=f"name it in settings.{kind}s",
            )
    return np.array([known.index(name) for name in column])


def _numbers(column: pd.Series, where: str, name: str, most: float, *, gaps: bool) -> NDArray[np.float64]:
    values = pd.to_numeric(column, errors="coerce").to_numpy(float)
    blank = column.isna().to_numpy() if gaps else np.zeros(len(column), bool)
    wrong = np.flatnonzero(~blank & ~((values >= 0.0) & (values <= most)))
    if wrong.size:
        row = int(wrong[0])
        raise InputError(
            f"{column.iloc[row]!r} is no number from 0 to {most:g}", where=f"{where}, column {name}, row {row + 2}"
        )
    return values


GIVEN = (
    ("lignin", "lignin", "litter", "1"),
    ("initial_ratio", "ratio", "litter", "1"),
    ("temperature", "temperature", "site", "degC"),
    ("amplitude", "amplitude", "site", "K"),
    ("filled", "filled", "site", "1"),
)
"""Series of what is given: name, setting, its coordinate, unit."""


def _result(settings: Settings, found: dict[Model, Course], measured: Measured | None) -> Result:
    dims = ("model", "year", "litter", "site")
    kept = {e: np.stack([np.asarray(getattr(c, e)) for c in found.values()]) for e in ("carbon", "nitrogen")}
    over = {e: values / values[:, :1] for e, values in kept.items()}
    ratio = kept["carbon"] / kept["nitrogen"]
    series = {
        "carbon": Series(over["carbon"], dims, "1", "carbon of the bag over that of the start"),
        "nitrogen": Series(over["nitrogen"], dims, "1", "nitrogen of the bag over that of the start"),
        "ratio": Series(ratio, dims, "1", "C:N of the bag, by mass"),
        "turning_ratio": Series(_at_most(ratio, over), ("model", "litter", "site"), "1", "C:N where nitrogen is most"),
    }
    for name, field, owner, unit in GIVEN:
        series[name] = Series(np.asarray(getattr(settings, field), float), (owner,), unit, f"{field} of each {owner}")
    years = np.arange(settings.years * MONTHS + 1) / MONTHS
    coordinates = {
        "model": Series(np.array(list(found)), ("model",), "1", "model"),
        "year": Series(years, ("year",), "yr", "since the start"),
        "litter": Series(np.array(settings.litters), ("litter",), "1", "what is in the bag"),
        "site": Series(np.array(settings.sites), ("site",), "1", "where it lies"),
    }
    numbers = _numbers_of(settings, over, series["turning_ratio"].values, list(found))
    if measured is not None:
        coordinates["bag"] = Series(np.arange(len(measured.year)), ("bag",), "1", "row of the table")
        series |= _shown(settings, measured)
        numbers += _misfits(over, measured, years, list(found))
    rows = tuple(row for name, c in found.items() for row in _closed(name, c))
    return Result(coordinates, series, tuple(numbers), rows, (_note(settings, measured),))


def _at_most(ratio: NDArray[np.float64], over: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """C:N of the bag where its nitrogen is most, (model, litter, site)."""
    most = np.argmax(over["nitrogen"], axis=1)[:, None]
    return np.take_along_axis(ratio, most, axis=1)[:, 0]


def _numbers_of(
    settings: Settings, over: dict[str, NDArray[np.float64]], turning: NDArray[np.float64], models: list[Model]
) -> list[Number]:
    """Means over bags that take nitrogen up, and over all bags at the end, by model."""
    numbers = []
    for k, model in enumerate(models):
        taken = np.max(over["nitrogen"][k], axis=0) > 1.05
        turn = float(np.median(turning[k][taken])) if taken.any() else float("nan")
        left = float(np.mean(over["carbon"][k, -1]))
        numbers.append(Number(f"left_{model}", left, "1", f"carbon left after {settings.years} years, mean, {model}"))
        numbers.append(Number(f"turning_{model}", turn, "1", f"C:N where immobilisation turns to release, {model}"))
    return numbers


def _shown(settings: Settings, measured: Measured) -> dict[str, Series]:
    names = {"site": np.array(settings.sites)[measured.site], "litter": np.array(settings.litters)[measured.litter]}
    shown = {f"measured_{k}": Series(v, ("bag",), "1", f"{k} of a measured bag") for k, v in names.items()}
    shown["measured_year"] = Series(measured.year, ("bag",), "yr", "year of a measured bag")
    for element in ("carbon", "nitrogen"):
        values = getattr(measured, element)
        shown[f"measured_{element}"] = Series(values, ("bag",), "1", f"{element} of a measured bag over the start")
    return shown


def _misfits(
    over: dict[str, NDArray[np.float64]], measured: Measured, years: NDArray[np.float64], models: list[Model]
) -> list[Number]:
    numbers = []
    for k, model in enumerate(models):
        for element in ("carbon", "nitrogen"):
            told = getattr(measured, element)
            there = np.isfinite(told)
            if not there.any():
                continue
            cells = zip(measured.year, measured.litter, measured.site)
            expected = np.array([np.interp(t, years, over[element][k, :, n, s]) for t, n, s in cells])
            off = float(np.sqrt(np.mean((expected - told)[there] ** 2)))
            numbers.append(Number(f"rmse_{element}_{model}", off, "1", f"root mean square error, {element}, {model}"))
    return numbers


def _closed(name: str, found: Course) -> tuple[Row, ...]:
    start, end = (jnp.sum(x, axis=(1, 2)) for x in (found.start, found.end))
    return ledger(found.network, start, end, party=name)


def _note(settings: Settings, measured: Measured | None) -> str:
    beside = f"{len(measured.year)} measured bags" if measured is not None else "nothing measured"
    return f"{len(settings.litters)} litters at {len(settings.sites)} sites for {settings.years} years, {beside}."
