"""What every pCO2 model of Appendix B is: named predictors in, pCO2 out, and a range it was made for."""

import abc
from collections.abc import Mapping, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from shanhai.core.errors import InputError, nearest
from shanhai.core.notation import quantity, table

TARGET = "pco2_sea"
TILE = 16384  # samples evaluated at a time: intermediate layers stay in cache and memory stays bounded

Columns = dict[str, NDArray[np.float64]]


def log10_positive(x: ArrayLike) -> Array:
    """Decimal logarithm, NaN with zero slope at and below zero (a concentration of zero is a missing value).

    >>> log10_positive(jnp.array([100.0, 0.0])).tolist()
    [2.0, nan]
    """
    x = jnp.asarray(x)
    good = x > 0
    return jnp.where(good, jnp.log10(jnp.where(good, x, 1.0)), jnp.nan)


class Inputs(eqx.Module):
    """The predictors of a model, their range in the training data and how they are standardised.

    Args:
        names: predictors by their name in the notation table, in the order of the arrays below.
        logarithmic: those of which the decimal logarithm is taken.
        low, high: smallest and largest value in the training data, in units of the notation table.
        mean, scale: mean and standard deviation in the training data, after the logarithm.
    """

    names: tuple[str, ...] = eqx.field(static=True)
    logarithmic: tuple[str, ...] = eqx.field(static=True)
    low: Array
    high: Array
    mean: Array
    scale: Array

    def __init__(
        self,
        names: Sequence[str],
        logarithmic: Sequence[str],
        *,
        low: ArrayLike,
        high: ArrayLike,
        mean: ArrayLike = 0.0,
        scale: ArrayLike = 1.0,
    ) -> None:
        self.names, self.logarithmic = tuple(names), tuple(logarithmic)
        shape = (len(self.names),)
        self.low, self.high, self.mean, self.scale = (
            jnp.broadcast_to(jnp.asarray(a, dtype=float), shape) for a in (low, high, mean, scale)
        )

    @classmethod
    def of(cls, names: Sequence[str], logarithmic: Sequence[str], columns: Mapping[str, ArrayLike]) -> "Inputs":
        """Range, mean and scale of training data.

        Raises:
            InputError: if a predictor does not vary, or is not positive where its logarithm is asked for.
        """
        values = np.stack([np.asarray(columns[name], dtype=float) for name in names])
        low, high = values.min(axis=1), values.max(axis=1)
        for name, least in zip(names, low, strict=True):
            if name in logarithmic and least <= 0:
                raise InputError(
                    f"the logarithm of {name} is asked for and it has values of zero or below",
                    where=name,
                    do="remove these match-ups or take the predictor as it is",
                )
        rows = _transformed_rows(names, logarithmic, values)
        mean, scale = rows.mean(axis=1), rows.std(axis=1)
        for name, m, s in zip(names, mean, scale, strict=True):
            if s <= 1e-12 * max(abs(m), 1e-300):
                raise InputError(
                    f"{name} is the same in all training data, so it cannot explain anything",
                    where=name,
                    do="leave this predictor out",
                )
        return cls(names, logarithmic, low=low, high=high, mean=mean, scale=scale)

    def training_rows(self, columns: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Training data as (predictor, sample), after the logarithm, not standardised."""
        return _transformed_rows(self.names, self.logarithmic, np.stack([columns[n] for n in self.names]))

    def standardised_rows(self, columns: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Training data as (predictor, sample), standardised."""
        mean, scale = np.asarray(self.mean), np.asarray(self.scale)
        return (self.training_rows(columns) - mean[:, None]) / scale[:, None]

    def transformed(self, columns: Array) -> Array:
        """Take the logarithm of those predictors that ask for it; columns are (predictor, sample)."""
        rows = [
            log10_positive(columns[i]) if name in self.logarithmic else columns[i] for i, name in enumerate(self.names)
        ]
        return jnp.stack(rows)

    def standardised(self, columns: Array) -> Array:
        """Predictors (predictor, sample) with mean 0 and standard deviation 1 in the training data."""
        return (self.transformed(columns) - self.mean[:, None]) / self.scale[:, None]


def _transformed_rows(
    names: Sequence[str], logarithmic: Sequence[str], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    taken = np.array([[name in logarithmic] for name in names])
    return np.where(taken, np.log10(np.where(taken, values, 1.0)), values)


class PCO2Model(eqx.Module):
    """A fitted model of the partial pressure of CO2 in sea water: HY/T 0343.5 Appendix B.

    A model holds its `inputs`, evaluates columns of samples, and says what it is in words.
    """

    inputs: eqx.AbstractVar[Inputs]

    @abc.abstractmethod
    def evaluate(self, columns: Array) -> Array:
        """Partial pressure [Pa] of samples, from columns (predictor, sample) in notation units."""

    @abc.abstractmethod
    def describe(self) -> str:
        """Say in words and numbers what the model is."""

    @property
    def predictors(self) -> tuple[str, ...]:
        """Names of the predictors in the notation table."""
        return self.inputs.names

    def predict(self, predictors: Mapping[str, ArrayLike]) -> Array:
        """Predict the partial pressure of CO2 in sea water.

        Args:
            predictors: arrays by name, in units of the notation table; they broadcast; others are left alone.

        Returns:
            partial pressure [Pa], NaN where a predictor is NaN.

        Raises:
            InputError: if a predictor is missing.
        """
        columns, shape = _columns(predictors, self.inputs.names)
        return _evaluated(self, columns).reshape(shape)

    def outside(self, predictors: Mapping[str, ArrayLike]) -> Array:
        """Flag samples of which a predictor lies outside its range in the training data.

        The range is a box, predictor by predictor; a rare combination inside the box is not flagged, and a
        sample that has a gap is not either.

        Returns:
            true where the prediction is an extrapolation.
        """
        columns, shape = _columns(predictors, self.inputs.names)
        low, high = self.inputs.low[:, None], self.inputs.high[:, None]
        return jnp.any((columns < low) | (columns > high), axis=0).reshape(shape)


def _columns(predictors: Mapping[str, ArrayLike], names: Sequence[str]) -> tuple[Array, tuple[int, ...]]:
    """Broadcast the predictors and lay them out as (predictor, sample)."""
    for name in names:
        if name not in predictors:
            raise InputError(
                f"the model needs {name}, and the predictors given are {', '.join(predictors) or 'none'}",
                where=name,
                do=f"give {name} in {quantity(name).unit}",
            )
    given = [predictors[name] for name in names]
    xp: Any = jnp if any(isinstance(a, jax.Array) for a in given) else np  # numpy compiles nothing
    arrays = xp.broadcast_arrays(*(xp.asarray(a, dtype=float) for a in given))
    return xp.stack([a.reshape(-1) for a in arrays]), arrays[0].shape


def _evaluated(model: PCO2Model, columns: Array) -> Array:
    """Evaluate in whole tiles, or a few sizes below a tile, so that a new shape seldom compiles anew."""
    samples = columns.shape[1]
    size = -(-samples // TILE) * TILE if samples > TILE else max(256, 1 << max(samples - 1, 0).bit_length())
    xp: Any = jnp if isinstance(columns, jax.Array) else np
    padded = xp.pad(columns, ((0, 0), (0, size - samples)), constant_values=np.nan)
    return _in_tiles(model, padded)[:samples]


@eqx.filter_jit
def _in_tiles(model: PCO2Model, columns: Array) -> Array:
    count, samples = columns.shape
    if samples <= TILE:
        return _between_gaps(model, columns)
    tiles = columns.reshape(count, samples // TILE, TILE).swapaxes(0, 1)
    return jax.lax.map(lambda tile: _between_gaps(model, tile), tiles).reshape(-1)


def _between_gaps(model: PCO2Model, columns: Array) -> Array:
    """Evaluate gaps at a harmless state and mark them afterwards, so that no gradient passes through them."""
    good = ~jnp.isnan(columns).any(axis=0)
    for name in model.inputs.logarithmic:
        good = good & (columns[model.inputs.names.index(name)] > 0)
    harmless = jnp.where(jnp.isfinite(model.inputs.high), model.inputs.high, 1.0)
    return jnp.where(good, model.evaluate(jnp.where(good, columns, harmless[:, None])), jnp.nan)


class ModelSpec(BaseModel, abc.ABC):
    """What is to be trained; each kind of model adds its own settings, a label and `fit`.

    Args:
        predictors: names in the notation table.
        log10: predictors of which the decimal logarithm is taken, usually chlorophyll.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    predictors: tuple[str, ...]
    log10: tuple[str, ...] = ()

    @field_validator("predictors", "log10")
    @classmethod
    def _known_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in table() or name == TARGET:
                raise ValueError(f"{name!r} cannot be a predictor; {nearest(name, set(table()) - {TARGET})}")
        if len(set(names)) < len(names):
            raise ValueError(f"a predictor is named twice in {', '.join(names)}")
        return names

    @model_validator(mode="after")
    def _logarithms_of_predictors(self) -> "ModelSpec":
        if not self.predictors:
            raise ValueError("a model needs at least one predictor")
        for name in self.log10:
            if name not in self.predictors:
                raise ValueError(f"log10 names {name!r}, which is not a predictor")
        return self

    @property
    @abc.abstractmethod
    def label(self) -> str:
        """Short name that tells candidates apart."""

    @abc.abstractmethod
    def fit(self, columns: Mapping[str, ArrayLike], pco2: ArrayLike) -> PCO2Model:
        """Train on match-ups without gaps: columns by name in units of the notation table, pCO2 in Pa."""


def training_arrays(
    columns: Mapping[str, ArrayLike], pco2: ArrayLike, names: Sequence[str], unknowns: int
) -> tuple[Columns, NDArray[np.float64]]:
    """Check training data: same length, no gaps, more match-ups than unknown coefficients.

    Raises:
        InputError: otherwise.
    """
    target = np.asarray(pco2, dtype=float)
    arrays = {}
    for name in names:
        if name not in columns:
            raise InputError(f"the training data lack {name}; {nearest(name, columns)}", where=name)
        arrays[name] = np.asarray(columns[name], dtype=float)
        if arrays[name].shape != target.shape or target.ndim != 1:
            raise InputError(
                f"{name} has the shape {arrays[name].shape} and {TARGET} {target.shape}, not one column each",
                where=name,
            )
    for name, values in {**arrays, TARGET: target}.items():
        if not np.isfinite(values).all():
            raise InputError(f"{name} has gaps", where=name, do="drop these match-ups, as `train` does")
    if target.size <= unknowns:
        raise InputError(
            f"{target.size} match-ups cannot determine {unknowns} coefficients",
            where=TARGET,
            do="collect more match-ups or choose a simpler model",
        )
    return arrays, target
