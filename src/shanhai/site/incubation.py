r"""Incubations: jars of one soil under several treatments, run, fitted to the CO2 that was measured, cross-validated.

Residuals are over the standard error of a measurement, $\sigma = \sqrt{(e\,y)^2 + (0.05\,\bar y)^2}$, with the relative
error e and the mean of the jar; the second part keeps small late rates from counting most.
"""

from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.core.constants import ATOMIC_MASS
from shanhai.core.errors import InputError
from shanhai.core.params import describe, par
from shanhai.io.incubations import Incubations, read_incubations
from shanhai.models.box.books import ledger
from shanhai.models.box.result import Number, Result, Series
from shanhai.models.site.jar import Jar, Treatment, at_days, respired, respired_from_soil
from shanhai.models.site.jar import run as run_jars
from shanhai.numerics.calibration import Calibrated, calibrate
from shanhai.soil.layer import network

Unit = Literal["mg C d-1", "mg C kg-1 d-1", "mg CO2 g-1 d-1", "mg C kg-1"]
FLOOR = 0.05  # of the mean of a jar
MOST = 300  # evaluations of a fit


class Settings(eqx.Module):
    """Jars, what was measured in them, and what is fitted.

    Args:
        file: CSV table with a column of days and one column a jar; empty where nothing was measured.
        unit: of its values; the last is CO2 given off since the start, the others are rates.
        jars: columns of the table, or names of the jars where there is none.
        days: length of a run that is compared with nothing [d].
        temperature: of each jar [degC].
        filled: water-filled pores of each jar [1].
        oxygen: around each jar over that of air [1].
        added: labile carbon put into each jar [g kg-1].
        source: "soil" where a label told the CO2 of the soil from that of what was added, else "all".
        free: dotted names of the parameters of `jar` to fit; none to compare only.
        spread: what was known of each, a standard error over its value [1].
        folds: parts of the jars of which each is predicted by a fit to the others; below two for none.
        starts: places that each fit starts from, of which the best end is kept, see `calibrate`.
        jar: soil, shares and processes.
    """

    file: str = eqx.field(static=True, default="")
    unit: Unit = eqx.field(static=True, default="mg C kg-1 d-1")
    jars: tuple[str, ...] = eqx.field(static=True, default=())
    days: int = eqx.field(static=True, default=60)
    temperature: tuple[float, ...] = eqx.field(static=True, default=())
    filled: tuple[float, ...] = eqx.field(static=True, default=())
    oxygen: tuple[float, ...] = eqx.field(static=True, default=())
    added: tuple[float, ...] = eqx.field(static=True, default=())
    source: Literal["all", "soil"] = eqx.field(static=True, default="all")
    free: tuple[str, ...] = eqx.field(static=True, default=())
    spread: tuple[float, ...] = eqx.field(static=True, default=())
    folds: int = eqx.field(static=True, default=0)
    starts: int = eqx.field(static=True, default=1)
    dry_mass: Array = par(100.0, "g", source="choice", bounds=(0.1, 1e6), meaning="dry soil in a jar")
    error: Array = par(0.1, "1", source="choice", bounds=(1e-3, 1.0), meaning="relative error of a measurement")
    jar: Jar = Jar()


class Data(NamedTuple):
    """What a fit compares.

    Args:
        days: (time,).
        values: rates [mol m-3 d-1] or amounts since the start [mol m-3], nan where none, (time, jar).
        error: their standard errors.
        treatment: of each jar.
        used: one for jars that count, zero for those held out, (jar,).
    """

    days: Array
    values: Array
    error: Array
    treatment: Treatment
    used: Array


class Fit(NamedTuple):
    """A fit, and what was predicted of jars that took no part in one, (time, jar)."""

    found: Calibrated | None
    jar: Jar
    held_out: Array | None


def run(settings: Settings) -> Result:
    """Run the jars as they are, fit them, predict each fold from the others.

    Raises:
        InputError: for a table that cannot be read, lists of different lengths, or a fit that fails.
    """
    data, names = read(settings)
    fit = fitted(settings, data)
    return _result(settings, data, names, fit)


def fitted(settings: Settings, data: Data) -> Fit:
    """Fit what is free, and each fold without its jars."""
    if not settings.free:
        return Fit(None, settings.jar, None)
    spread = _spread(settings)
    residuals = partial(_residuals, _seen(settings), _length(data))
    whole = calibrate(settings.jar, residuals, spread, MOST, data, logarithmic=True, starts=settings.starts)
    if settings.folds < 2:
        return Fit(whole, whole.model, None)
    number = np.arange(data.values.shape[1]) % settings.folds
    predicted = np.full(data.values.shape, np.nan)
    for fold in range(settings.folds):
        others = data._replace(used=jnp.asarray((number != fold).astype(float)))
        best = calibrate(settings.jar, residuals, spread, MOST, others, logarithmic=True, starts=settings.starts)
        model = best.model
        predicted[:, number == fold] = np.asarray(predict(settings, model, data))[:, number == fold]
    return Fit(whole, whole.model, jnp.asarray(predicted))


def predict(settings: Settings, jar: Jar, data: Data) -> Array:
    """What would be measured, (time, jar)."""
    return _predicted(_seen(settings), _length(data), jar, data.treatment, data.days)


class _Seen(NamedTuple):
    """What an instrument tells: CO2 since the start or by the day, of all carbon or of the soil's."""

    cumulative: bool
    soil: bool


def _seen(settings: Settings) -> _Seen:
    return _Seen(not settings.unit.endswith("d-1"), settings.source == "soil")


def _length(data: Data) -> int:
    return int(np.ceil(float(data.days[-1]))) + 1


@eqx.filter_jit
def _predicted(seen: _Seen, days: int, jar: Jar, treatment: Treatment, when: Array) -> Array:
    given_off = (respired_from_soil if seen.soil else respired)(jar, treatment, days)
    if seen.cumulative:
        return at_days(given_off, when)
    first = jnp.maximum(when - 0.5, 0.0)
    return at_days(given_off, first + 1.0) - at_days(given_off, first)  # over the day around it


def _residuals(seen: _Seen, days: int, jar: Jar, data: Data) -> Array:
    there = jnp.isfinite(data.values)
    off = _predicted(seen, days, jar, data.treatment, data.days) - jnp.where(there, data.values, 0.0)
    return jnp.where(there, off / data.error * data.used, 0.0).ravel()


def _spread(settings: Settings) -> dict[str, float]:
    if len(settings.spread) != len(settings.free):
        raise InputError(
            f"{len(settings.free)} parameters are free and {len(settings.spread)} spreads are given", where="incubation"
        )
    return dict(zip(settings.free, settings.spread))


def read(settings: Settings) -> tuple[Data, tuple[str, ...]]:
    """The table in mol m-3, with the treatments of its jars."""
    table = read_incubations(Path(settings.file), settings.jars) if settings.file else _unmeasured(settings)
    count = len(table.jars)
    given = {name: np.asarray(getattr(settings, name), float) for name in Treatment._fields}
    for name, values in given.items():
        if len(values) != count:
            raise InputError(f"{count} jars and {len(values)} entries", where=f"settings.{name}", do="give one a jar")
    _possible(given)
    values = np.asarray(_per_volume(settings)) * table.values
    mean = np.nanmean(values, axis=0) if settings.file else np.ones(count)
    error = np.sqrt((float(settings.error) * np.nan_to_num(values)) ** 2 + (FLOOR * mean) ** 2)
    treatment = Treatment(**{name: jnp.asarray(v) for name, v in given.items()})
    when, told, wrong = (jnp.asarray(a) for a in (table.days, values, error))
    return Data(when, told, wrong, treatment, jnp.ones(count)), table.jars


def _unmeasured(settings: Settings) -> Incubations:
    if settings.free or settings.folds:
        raise InputError("there is nothing to fit to", where="settings.file", do="give a table, or leave free empty")
    if not settings.jars or settings.days < 1:
        raise InputError("a run needs jars and a day or more", where="settings")
    days = np.arange(settings.days + 1.0)
    return Incubations(days, np.full((len(days), len(settings.jars)), np.nan), settings.jars)


POSSIBLE = {"temperature": (-20.0, 60.0), "filled": (0.02, 1.0), "oxygen": (0.0, 5.0), "added": (0.0, 1000.0)}


def _possible(given: dict[str, Any]) -> None:
    for name, (low, high) in POSSIBLE.items():
        wrong = np.flatnonzero(~((given[name] >= low) & (given[name] <= high)))
        if wrong.size:
            value = given[name][wrong[0]]
            raise InputError(
                f"jar {wrong[0] + 1} has {value:g}, and it must be from {low:g} to {high:g}", where=f"settings.{name}"
            )


def _per_volume(settings: Settings) -> Array:
    """Moles in a cubic metre of soil for one unit of the table."""
    density, carbon = settings.jar.soil.bulk_density, ATOMIC_MASS["C"]
    carbon_dioxide = carbon + 2.0 * ATOMIC_MASS["O"]
    return {
        "mg C d-1": density / settings.dry_mass / carbon,
        "mg C kg-1 d-1": 1e-3 * density / carbon,
        "mg CO2 g-1 d-1": density / carbon_dioxide,
        "mg C kg-1": 1e-3 * density / carbon,
    }[settings.unit]


def _result(settings: Settings, data: Data, names: tuple[str, ...], fit: Fit) -> Result:
    unit = 1.0 / float(_per_volume(settings))
    shown = {"modelled": (predict(settings, settings.jar, data), "modelled with the numbers of the settings")}
    if settings.file:
        shown |= {"measured": (data.values, "measured"), "error": (data.error, "standard error of a measurement")}
    if fit.found is not None:
        shown["fitted"] = (predict(settings, fit.jar, data), "modelled with the fitted numbers")
    if fit.held_out is not None:
        shown["predicted"] = (fit.held_out, "predicted by fits to other jars")
    series = {
        name: Series(unit * np.asarray(values), ("day", "jar"), *_named(settings.unit, meaning))
        for name, (values, meaning) in shown.items()
    }
    coordinates = {
        "day": Series(np.asarray(data.days), ("day",), "d", "days since the start"),
        "jar": Series(np.array(names), ("jar",), "1", "column of the table"),
    }
    for name, values in data.treatment._asdict().items():
        cf = "soil_temperature" if name == "temperature" else ""
        series[name] = Series(np.asarray(values), ("jar",), _UNITS[name], f"{name} of the jar", cf)
    if fit.found:
        coordinates["parameter"] = Series(np.array(settings.free), ("parameter",), "1", "fitted parameter")
        series |= _parameters(settings, fit.found)
    return Result(coordinates, series, _numbers(series, fit), _closed(fit.jar, data), _notes(settings, data, fit))


def _named(unit: str, meaning: str) -> tuple[str, str]:
    """Unit as UDUNITS has it, where C is coulomb, and the meaning with what the mass is of."""
    for of, what in ((" CO2 ", "CO2"), (" C ", "CO2, as carbon")):
        if of in unit:
            return unit.replace(of, " "), f"{what}, {meaning}"
    return unit, meaning


_UNITS = {"temperature": "degC", "filled": "1", "oxygen": "1", "added": "g kg-1"}


def _parameters(settings: Settings, found: Calibrated) -> dict[str, Series]:
    known = {row.name: row for row in describe(settings.jar)}
    rows = {
        "value_before": ([known[n].value for n in settings.free], "before the fit"),
        "value": (list(found.values.values()), "fitted, in the unit of the parameter"),
        "standard_error": (list(found.spread.values()), "of the fitted value, Laplace approximation"),
        "learned": (list(found.learned.values()), "part of the variance that the data have removed"),
    }
    own = {"value_before", "value", "standard_error"}
    told = {
        name: Series(np.array(v), ("parameter",), "" if name in own else "1", meaning)
        for name, (v, meaning) in rows.items()
    }
    units = np.array([known[n].unit for n in settings.free])
    return told | {"unit": Series(units, ("parameter",), "", "unit of the parameter")}


def _numbers(series: dict[str, Series], fit: Fit) -> tuple[Number, ...]:
    unit = series["modelled"].unit
    last = np.asarray(series["modelled"].values)[-1]
    numbers = [Number("last", float(np.mean(last)), unit, "modelled, mean of the jars at the end")]
    for name in ("modelled", "fitted", "predicted"):
        if name in series and "measured" in series:
            measured = np.asarray(series["measured"].values)
            off = np.asarray(series[name].values) - measured
            spread = measured - np.nanmean(measured)
            numbers += [
                Number(f"rmse_{name}", float(np.sqrt(np.nanmean(off**2))), unit, f"root mean square error, {name}"),
                Number(
                    f"r2_{name}", 1.0 - float(np.nansum(off**2) / np.nansum(spread**2)), "1", f"variance told, {name}"
                ),
            ]
    if fit.found:
        well = sum(information > 1.0 for information, _ in fit.found.directions())
        numbers.append(Number("misfit", fit.found.misfit, "1", "mean square of the residuals over their errors"))
        numbers.append(Number("informed", float(well), "1", "combinations that the data know better than the prior"))
    return tuple(numbers)


def _closed(jar: Jar, data: Data) -> tuple[Any, ...]:
    x, ends = run_jars(jar, data.treatment, _length(data))
    through = jnp.sum(jnp.abs(ends.extents), axis=(0, 2))
    made = network(jar.layer)
    return ledger(made, jnp.sum(x, axis=1), jnp.sum(ends.x[-1], axis=1), through, party="all jars")


def _notes(settings: Settings, data: Data, fit: Fit) -> tuple[str, ...]:
    count = int(np.isfinite(data.values).sum())
    notes = [f"{data.values.shape[1]} jars, {f'{count} measured values' if count else 'nothing measured'}."]
    if fit.found:
        least = min(fit.found.learned, key=lambda name: fit.found.learned[name])  # type: ignore[union-attr]
        notes.append(f"The data say least of {least}: {fit.found.learned[least]:.0%} of its variance is removed.")
    return tuple(notes)
