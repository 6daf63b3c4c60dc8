r"""Fit a soil to what was measured in it: any parameters, any results, with what was known, and what the data know.

The sum of the squares of residuals over their errors and of the departures from what was known is made small within the
bounds by a trust-region search (`numerics.calibration`). It takes the derivatives of all residuals along every free
parameter, which is what tells at the end which combinations of parameters the data know; a quasi-Newton method such as
L-BFGS uses the gradient of the sum alone, forgets this and needs more runs of the model for the few parameters that
data of a soil can tell.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.tree_util import Partial
from jax.typing import ArrayLike
from numpy.typing import NDArray

from shanhai.core.errors import InputError, nearest
from shanhai.core.params import describe
from shanhai.numerics.calibration import Calibrated, Weighted, calibrate, with_parameters
from shanhai.numerics.integrate import Tolerance
from shanhai.soil.field_units import factor
from shanhai.soil.layer import Conditions
from shanhai.soil.layer_conditions import Vegetation
from shanhai.soil.model import TOLERANCE, Daily, Model, Run
from shanhai.soil.results import known, observed_at, table

Floats = NDArray[np.float64]
ERROR, FLOOR = 0.1, 0.05
"""Standard error where none is given: over a value, and over the mean of the values of its soil."""


class Observed(NamedTuple):
    """What was measured.

    Args:
        days: since the start of the run, (time,).
        values: nan where nothing was measured, (time, ...).
        error: standard error in the unit of the values, a number or as they are; where none is given, a tenth of the
            value with a twentieth of the mean of its soil.
        unit: of values and error; that of the result where none is given.
        held_out: values that take no part in the fit and are predicted, True or as the values.
    """

    days: ArrayLike
    values: ArrayLike
    error: ArrayLike | None = None
    unit: str = ""
    held_out: ArrayLike = False


class Prior(NamedTuple):
    """What was known of a parameter.

    Args:
        spread: standard error, over the value where logarithms are fitted, else in the unit of the parameter.
        value: best guess; that of the model where none is given.
        low: least possible; that of the parameter where none is given.
        high: most possible, likewise.
    """

    spread: float = 1.0
    value: float | None = None
    low: float | None = None
    high: float | None = None


class _Data(NamedTuple):
    """Measurements in the unit of the result, each (time, ...)."""

    days: Array
    values: Array
    error: Array
    used: Array


class _Given(NamedTuple):
    """What the residuals take beside the model."""

    daily: Daily | Conditions
    start: Array | None
    labels: Mapping[str, Any] | None
    tolerance: Tolerance
    vegetation: Vegetation | None
    data: dict[str, _Data]


class Score(NamedTuple):
    """How far a model is from measurements.

    Args:
        number: of the measurements.
        rmse: root mean square error, in the unit of the result.
        explained: part of their variance that the model tells, R².
    """

    number: int
    rmse: float
    explained: float


class Fitted(NamedTuple):
    """A fitted soil; `print` shows the report.

    Args:
        model: with the fitted parameters.
        found: values, standard errors, correlation, information by combination, see `Calibrated`.
        before: what the model said with the numbers that it had, name -> (time, ...).
        after: what it says now.
        data: measurements in the units of the results, and which were used.
        given: what the run met.
        days: length of the run.
    """

    model: Model
    found: Calibrated
    before: dict[str, Floats]
    after: dict[str, Floats]
    data: dict[str, _Data]
    given: _Given
    days: int | None

    def run(self) -> Run:
        """The whole run of the fitted model."""
        return _ran(self.days, self.model, self.given)

    def score(self, name: str, held_out: bool = False, before: bool = False) -> Score:
        """How far the model is from what was used, or from what was held out, after the fit or before it.

        Args:
            name: of the result.
            held_out: which part.
            before: with the numbers that the model had.
        """
        d, said = self.data[name], (self.before if before else self.after)[name]
        there = np.isfinite(d.values) & (np.asarray(d.used) == (0.0 if held_out else 1.0))
        told, off = np.asarray(d.values)[there], (said - np.asarray(d.values))[there]
        if not told.size:
            return Score(0, np.nan, np.nan)
        variance = float(np.sum((told - told.mean()) ** 2))
        explained = 1.0 - float(np.sum(off**2)) / variance if variance > 0.0 else np.nan
        return Score(told.size, float(np.sqrt(np.mean(off**2))), explained)

    def posterior(self, count: int = 200, seed: int = 0) -> Weighted:
        """Draws of the parameters with the weights of the exact posterior; as many runs of the model as draws.

        Args:
            count: how many.
            seed: of the draws.
        """
        return self.found.reweighted(_told(self.days), count, seed, self.given)

    def __str__(self) -> str:
        return report(self)


def fit(
    model: Model,
    daily: Daily | Conditions,
    observed: Mapping[str, Observed],
    free: Mapping[str, float | Prior] | Iterable[str],
    *,
    days: int | None = None,
    start: Array | None = None,
    labels: Mapping[str, ArrayLike] | None = None,
    logarithmic: bool = True,
    most_steps: int = 100,
    starts: int = 1,
    tolerance: Tolerance = TOLERANCE,
    vegetation: Vegetation | None = None,
) -> Fitted:
    """Fit parameters of a soil to measurements.

    Args:
        model: to start from.
        daily: what the soil met, as of `Model.run`.
        observed: name of a result of a run -> what was measured of it.
        free: dotted names of parameters, such as "layer.microbes.maintenance" -> standard error of what was known, or a
            `Prior`; names alone, where logarithms are fitted, were known to a factor of e.
        days: length of the run.
        start: amounts that it starts with; those that the model tells where none are given.
        labels: as of `Model.run`.
        logarithmic: fit logarithms of the parameters.
        most_steps: bound of the runs from one start.
        starts: starts of the search, see `calibrate`.
        tolerance: errors allowed within a day.
        vegetation: as of `Model.run`.

    Raises:
        InputError: for a result, parameter, unit, shape, time or value that cannot be used.
    """
    priors = _priors(model, free, logarithmic)
    model = _centred(model, priors)
    first = model.run(daily, days, start, labels, tolerance, vegetation)
    data = {name: _measured(first, name, o, labels is not None) for name, o in observed.items()}
    if not any(np.any(np.asarray(d.used) * np.isfinite(d.values)) for d in data.values()):
        raise InputError("there is no measurement to fit to", where="observed", do="give values that are not held out")
    given = _Given(daily, start, labels, tolerance, vegetation, data)
    spread = {name: p.spread for name, p in priors.items()}
    found = calibrate(
        model, _told(days), spread, most_steps, given, logarithmic,
        starts=starts, within=_within(model, priors),
    )  # fmt: skip
    before, after = _said(first, data), _said(_ran(days, found.model, given), data)
    count = sum(int(np.sum(np.isfinite(d.values) & (np.asarray(d.used) == 1.0))) for d in data.values())
    cells = sum(d.values.size for d in data.values())
    found = found._replace(misfit=found.misfit * cells / count)  # of what was measured and used
    return Fitted(found.model, found, before, after, data, given, days)


def _ran(days: int | None, model: Model, given: _Given) -> Run:
    return model.run(given.daily, days, given.start, given.labels, given.tolerance, given.vegetation)


def _told(days: int | None) -> Partial:
    """Residuals of a run of some days; equal where the days are, so that a second fit need not be compiled."""
    return Partial(_residuals, days)


def _residuals(days: int | None, model: Model, given: _Given) -> Array:
    run = _ran(days, model, given)
    return jnp.concatenate([_off(run, name, d) for name, d in given.data.items()])


def _off(run: Run, name: str, d: _Data) -> Array:
    there = jnp.isfinite(d.values)
    off = observed_at(run, name, d.days) - jnp.where(there, d.values, 0.0)
    return jnp.where(there, off / d.error * d.used, 0.0).ravel()


def _said(run: Run, data: Mapping[str, _Data]) -> dict[str, Floats]:
    return {name: np.asarray(observed_at(run, name, d.days)) for name, d in data.items()}


def _priors(model: Model, free: Mapping[str, float | Prior] | Iterable[str], logarithmic: bool) -> dict[str, Prior]:
    if not isinstance(free, Mapping):
        if not logarithmic:
            raise InputError(
                "names alone tell no standard error", where="free", do="give name -> standard error in its unit"
            )
        free = dict.fromkeys([free] if isinstance(free, str) else free, 1.0)
    if not free:
        raise InputError("no parameter is free", where="free", do="name one, as in ['shares.labile']")
    there = {row.name: row for row in describe(model)}
    priors = {name: p if isinstance(p, Prior) else Prior(float(p)) for name, p in free.items()}
    for name in priors:
        if name not in there:
            raise InputError(f"there is no parameter {name!r}; {nearest(name, there)}", where="free")
        if np.ndim(there[name].value):
            raise InputError(
                f"{name} differs from soil to soil", where="free", do="give the model one number of it, or fit one soil"
            )
    return priors


def _centred(model: Model, priors: Mapping[str, Prior]) -> Model:
    told = {name: p.value for name, p in priors.items() if p.value is not None}
    return with_parameters(model, tuple(told), jnp.array(list(told.values()))) if told else model


def _within(model: Model, priors: Mapping[str, Prior]) -> dict[str, tuple[float, float]]:
    """Bounds that are narrower than those of the parameters."""
    widest = {row.name: row.bounds for row in describe(model)}
    return {
        name: (widest[name][0] if p.low is None else p.low, widest[name][1] if p.high is None else p.high)
        for name, p in priors.items()
        if p.low is not None or p.high is not None
    }


def _measured(run: Run, name: str, o: Observed, labelled: bool) -> _Data:
    """Measurements in the unit of the result, checked."""
    about, where = known(table(run.model, labelled), name), f"observed {name}"
    days, values = np.atleast_1d(np.asarray(o.days, float)), np.asarray(o.values, float)
    cells = run.growth.shape[1:]
    if days.ndim != 1 or values.shape != (len(days), *cells):
        raise InputError(
            f"{len(days)} times and {cells or 'one'} soils want values of the shape {(len(days), *cells)}, and it is "
            f"{values.shape}",
            where=where,
        )
    last = float(len(run.growth))
    if not np.all((days >= 0.0) & (days <= last)):
        raise InputError(f"a time is not within the {last:g} days of the run", where=where, do="give a longer run")
    if np.any(np.isinf(values)) or not np.any(np.isfinite(values)):
        raise InputError("values are infinite, or none is a number", where=where, do="leave gaps as nan")
    size = float(factor(o.unit, about.unit, run.model))
    held = np.broadcast_to(np.asarray(o.held_out, bool), values.shape)
    error = _error(values, o.error, where)
    return _Data(jnp.asarray(days), jnp.asarray(size * values), jnp.asarray(size * error), jnp.asarray(~held, float))


def _error(values: Floats, error: ArrayLike | None, where: str) -> Floats:
    there = np.isfinite(values)
    if error is None:
        mean = np.nanmean(np.where(np.any(there, axis=0), np.abs(values), 1.0), axis=0)
        found = np.sqrt((ERROR * np.nan_to_num(values)) ** 2 + (FLOOR * mean) ** 2)
    else:
        found = np.broadcast_to(np.asarray(error, float), values.shape)
    if not np.all(found[there] > 0.0):
        raise InputError("a standard error is not positive", where=where, do="give errors of the measurements")
    return np.where(there, found, 1.0)


def report(fitted: Fitted) -> str:
    """Parameters, what the data know of them, and how well the model does, as a text.

    Args:
        fitted: of `fit`.
    """
    found, about = fitted.found, {row.name: row for row in describe(fitted.model)}
    wide = max(len(name) for name in found.values)
    told = sum(fitted.score(name).number for name in fitted.data)
    lines = [
        f"{len(found.values)} parameters, {told} values, {found.steps} runs; "
        f"mean squared residual over error {found.misfit:.3g} (before {_misfit_before(fitted):.3g})",
        f"{'parameter':{wide}s} {'fitted':>12s} {'s.e.':>10s} {'learned':>8s}  unit",
    ]
    for name, value in found.values.items():
        low, high = about[name].bounds
        edge = "  at its bound" if min(value - low, high - value) <= 1e-6 * abs(value) else ""
        known_part = f"{found.learned[name]:8.0%}"
        lines.append(f"{name:{wide}s} {value:12.5g} {found.spread[name]:10.2g} {known_part}  {about[name].unit}{edge}")
    lines += ["combinations by information (above 1 the data say more than was known)", *_combinations(found)]
    for name in fitted.data:
        unit = table(fitted.model, fitted.given.labels is not None)[name].unit
        for word, held in (("used", False), ("held out", True)):
            s = fitted.score(name, held)
            if s.number:
                lines.append(f"{name}, {word}: {s.number} values, rmse {s.rmse:.3g} {unit}, R2 {s.explained:.3f}")
    return "\n".join(lines)


def _misfit_before(fitted: Fitted) -> float:
    off = [
        ((fitted.before[name] - d.values) / d.error)[np.isfinite(d.values) & (np.asarray(d.used) == 1.0)]
        for name, d in fitted.data.items()
    ]
    return float(np.mean(np.concatenate([np.asarray(o).ravel() for o in off]) ** 2))


def _combinations(found: Calibrated) -> list[str]:
    """Each combination by its largest parts."""
    lines = []
    for information, parts in found.directions():
        large = sorted(parts.items(), key=lambda item: -abs(item[1]))
        said = " ".join(f"{part:+.2f} {name}" for name, part in large if abs(part) >= 0.1)
        lines.append(f"{information:12.3g}  {said}")
    return lines
