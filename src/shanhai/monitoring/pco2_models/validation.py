"""Cross-validation by blocks of time, cruises or sea areas: a model is judged on what it has not seen.

Neighbouring match-ups are nearly copies of each other: a random split would put one into training and the
other into the test, and every flexible model would look good. Random splits are therefore not offered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jax.typing import ArrayLike
from numpy.typing import NDArray

from shanhai.core.errors import InputError
from shanhai.monitoring.accuracy import assess, rmse
from shanhai.monitoring.pco2_models.model import TARGET, ModelSpec
from shanhai.monitoring.results import AccuracyResult


@dataclass(frozen=True)
class Validation:
    """A candidate judged on blocks that it was not trained on.

    Args:
        spec: the candidate.
        observed: partial pressure of the match-ups [Pa].
        predicted: partial pressure by the model trained without the block of the match-up [Pa].
        fold: number of the fold in which a match-up was predicted.
        accuracy: R, RMSE, coefficient of variation and verdict by clause 4.5.3.
        fold_rmse: of each fold [Pa]; their spread tells how stable the model is.
    """

    spec: ModelSpec
    observed: NDArray[np.float64]
    predicted: NDArray[np.float64]
    fold: NDArray[np.int64]
    accuracy: AccuracyResult
    fold_rmse: tuple[float, ...]


def blocks_in_time(time: ArrayLike, months: int = 1) -> NDArray[np.int64]:
    """Number blocks of so many calendar months each.

    Args:
        time: dates, datetime64 or what numpy converts to it.
        months: length of a block; 12 gives calendar years.

    >>> blocks_in_time(["2010-01-31", "2010-02-01", "2010-04-30"], months=2).tolist()
    [240, 240, 241]
    """
    if months < 1:
        raise InputError(f"a block of {months} months is no block", where="months")
    stamps = np.asarray(time).astype("datetime64[M]")
    if np.isnat(stamps).any():
        raise InputError("some match-ups have no date", where="time", do="drop them or block by cruise")
    return stamps.astype(np.int64) // months


def blocks_in_space(latitude: ArrayLike, longitude: ArrayLike, size: float = 10.0) -> NDArray[np.int64]:
    """Number boxes of so many degrees; 0 and 360 degrees east are the same.

    >>> blocks_in_space([5.0, 5.0, 15.0], [-1.0, 359.0, 10.0]).tolist()
    [359, 359, 361]
    """
    if not 0 < size <= 180:
        raise InputError(f"a box of {size} degrees is no block", where="size")
    across = int(np.ceil(360 / size))
    row = np.floor((np.asarray(latitude, dtype=float) + 90) / size).astype(np.int64)
    column = np.floor((np.asarray(longitude, dtype=float) % 360) / size).astype(np.int64)
    return row * across + column


def folds(groups: ArrayLike, number: int = 5) -> NDArray[np.int64]:
    """Assign whole blocks to folds, each a run of neighbouring blocks with about as many match-ups.

    Args:
        groups: block or cruise of each match-up.
        number: number of folds; each block is a fold of its own where there are fewer.

    Returns:
        fold of each match-up, 0 to number - 1.

    Raises:
        InputError: if there is only one block, or every match-up is a block of its own.

    >>> folds([2010, 2010, 2011, 2012, 2013, 2013], 2).tolist()
    [0, 0, 0, 1, 1, 1]
    """
    labels = np.asarray(groups)
    if labels.ndim != 1 or labels.size == 0:
        raise InputError("groups must be one column with a block for each match-up", where="groups")
    blocks, block, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if blocks.size < 2:
        raise InputError(
            "all match-ups are in one block, so none would be left to test on",
            where="groups",
            do="block by month, year or cruise",
        )
    if blocks.size == labels.size and labels.size > 2:
        raise InputError(
            "every match-up is a block of its own, which is a random split and hides overfitting",
            where="groups",
            do="block by month, year or cruise",
        )
    if number < 2:
        raise InputError(f"{number} folds cannot validate anything", where="folds", do="give 2 or more")
    return _runs(sizes, min(number, blocks.size))[block]


def _runs(sizes: NDArray[Any], number: int) -> NDArray[np.int64]:
    """Fold of each block: contiguous runs, cut where the middle of a block passes an equal share."""
    middle = np.cumsum(sizes) - sizes / 2
    wanted = np.floor(middle * number / sizes.sum()).astype(np.int64)
    at_least = np.arange(sizes.size) - (sizes.size - number)  # enough blocks must remain for the last folds
    run = np.empty_like(wanted)
    run[0] = 0
    for i in range(1, sizes.size):
        run[i] = min(max(wanted[i], run[i - 1], at_least[i]), run[i - 1] + 1)
    return run


def cross_validate(
    spec: ModelSpec, columns: Mapping[str, ArrayLike], pco2: ArrayLike, groups: ArrayLike, number: int = 5
) -> Validation:
    """Predict every match-up by a model that was trained without its block.

    Standardisation and every other choice that looks at data is made inside the fold, by `spec.fit`.

    Args:
        spec: candidate.
        columns: predictors by name, without gaps, in units of the notation table.
        pco2: observed partial pressure [Pa].
        groups: block or cruise of each match-up, see `blocks_in_time`.
        number: number of folds.

    Raises:
        InputError: from `folds` and from the training, naming the fold.
    """
    observed = np.asarray(pco2, dtype=float)
    fold = folds(groups, number)
    if fold.shape != observed.shape:
        raise InputError(f"{fold.size} groups are given for {observed.size} match-ups", where="groups")
    arrays = {name: np.asarray(columns[name], dtype=float) for name in spec.predictors}
    predicted = np.full(observed.shape, np.nan)
    for test in _tests(fold):
        predicted[test] = _trained_without(test, spec, arrays, observed)
    return Validation(
        spec,
        observed,
        predicted,
        fold,
        accuracy=assess(pd.DataFrame({"in_situ": observed, "product": predicted}), TARGET),
        fold_rmse=tuple(rmse(observed[t], predicted[t]) for t in _tests(fold)),
    )


def _tests(fold: NDArray[np.int64]) -> Iterator[NDArray[np.bool_]]:
    return (fold == k for k in range(int(fold.max()) + 1))


def _trained_without(
    test: NDArray[np.bool_], spec: ModelSpec, arrays: Mapping[str, Any], observed: NDArray[Any]
) -> NDArray[np.float64]:
    try:
        model = spec.fit({name: values[~test] for name, values in arrays.items()}, observed[~test])
    except InputError as error:
        raise InputError(
            f"{error.what} (when {int(test.sum())} of {test.size} match-ups are held back)",
            where=spec.label,
            do=error.do,
        ) from None
    return np.asarray(model.predict({name: values[test] for name, values in arrays.items()}))
