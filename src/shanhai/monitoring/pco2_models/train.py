"""From a table of match-ups to the chosen pCO2 model and its provenance: HY/T 0343.5 Appendix B."""

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pandas as pd
from jax.typing import ArrayLike
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter, ValidationError

from shanhai.core.errors import InputError, ShanhaiWarning, nearest
from shanhai.core.notation import quantity
from shanhai.io.provenance import versions
from shanhai.monitoring.pco2_models.forest import ForestSpec
from shanhai.monitoring.pco2_models.model import TARGET, ModelSpec, PCO2Model
from shanhai.monitoring.pco2_models.neural import NeuralSpec
from shanhai.monitoring.pco2_models.polynomial import PolynomialSpec
from shanhai.monitoring.pco2_models.select import Selection, select
from shanhai.monitoring.pco2_models.semi_analytic import SemiAnalyticSpec
from shanhai.monitoring.pco2_models.validation import (
    Validation,
    cross_validate,
)

AnySpec = Annotated[PolynomialSpec | NeuralSpec | ForestSpec | SemiAnalyticSpec, Field(discriminator="kind")]
MICROATMOSPHERE_SUSPECT = 150.0  # Pa; a median above it (1480 uatm) is more probably in uatm


@dataclass(frozen=True)
class Training:
    """What `train` hands over.

    Args:
        model: the chosen model, trained on all match-ups; None where no candidate qualifies.
        selection: table of the candidates and the reasons for the choice.
        validations: out-of-block predictions of every candidate.
        provenance: for `store.save`: data, period, candidates, scores, versions.
    """

    model: PCO2Model | None
    selection: Selection
    validations: tuple[Validation, ...]
    provenance: dict[str, Any]


def specification(raw: Mapping[str, Any]) -> ModelSpec:
    """Make a candidate from a configuration such as {"kind": "polynomial", "predictors": [...], "degree": 2}.

    Raises:
        InputError: for an unknown kind, key or predictor.

    >>> specification({"kind": "polynomial", "predictors": ["chlorophyll"], "log10": ["chlorophyll"]}).label
    'polynomial(chlorophyll^2)'
    """
    try:
        return TypeAdapter(AnySpec).validate_python(dict(raw))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"][1:])
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            message = "this key is not known"
        raise InputError(f"{key}: {message}" if key else message, where="candidates") from None


def train(
    table: pd.DataFrame,
    candidates: Sequence[ModelSpec],
    groups: ArrayLike,
    *,
    folds: int = 5,
    force: bool = False,
) -> Training:
    """Validate candidates on held-back blocks, choose one by clause B.2 and train it on all match-ups.

    All candidates see the same rows: those without a gap in any predictor of any candidate. Training and
    validation use the same rows, so the scores belong to the model.

    Args:
        table: match-ups with the column pco2_sea [Pa] and predictors in units of the notation table; a column
            `time` gives the training period.
        candidates: what to try.
        groups: block or cruise of each row, see `validation.blocks_in_time` and `blocks_in_space`.
        folds: number of folds.
        force: train the best candidate even where none qualifies.

    Raises:
        InputError: for missing columns, values that cannot be, or blocks that cannot validate.
    """
    names = tuple(dict.fromkeys(name for spec in candidates for name in spec.predictors))
    if not candidates:
        raise InputError("there is no candidate to train", where="candidates", do="name at least one model")
    labels = np.asarray(groups)
    if labels.shape != (len(table),):
        raise InputError(f"{labels.size} groups are given for {len(table)} rows", where="groups")
    values = _believable(table, (*names, TARGET))
    whole = np.logical_and.reduce([np.isfinite(v) for v in values.values()]) & ~pd.isna(labels)
    columns = {name: v[whole] for name, v in values.items()}
    target = columns.pop(TARGET)
    validations = tuple(cross_validate(spec, columns, target, labels[whole], folds) for spec in candidates)
    selection = select(validations, force=force)
    chosen = selection.chosen
    model = chosen.spec.fit(columns, target) if chosen else None
    provenance = _provenance(table[whole], {**columns, TARGET: target}, len(table), validations, selection)
    return Training(model, selection, validations, provenance)


def _believable(table: pd.DataFrame, names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Columns as numbers, refused outside the believable range of the notation table."""
    values = {}
    for name in names:
        if name not in table:
            raise InputError(f"the table has no column {name!r}; {nearest(name, table.columns)}", where=name)
        column = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float)
        q = quantity(name)
        bad = np.flatnonzero((column < q.low) | (column > q.high))
        if bad.size:
            raise InputError(
                f"{bad.size} values lie outside {q.low:g} to {q.high:g} {q.unit}, the first is "
                f"{column[bad[0]]:g} in row {table.index[bad[0]]}",
                where=name,
                do=f"give {q.meaning} in {q.unit}, and NaN where it is missing",
            )
        values[name] = column
    median = np.nanmedian(values[TARGET]) if np.isfinite(values[TARGET]).any() else 0.0
    if median > MICROATMOSPHERE_SUSPECT:
        warnings.warn(
            f"The median of {TARGET} is {median:.0f} Pa, which looks like uatm (1 uatm = 0.101325 Pa).",
            ShanhaiWarning,
            stacklevel=3,
        )
    return values


def _provenance(
    rows: pd.DataFrame,
    columns: Mapping[str, NDArray[np.float64]],
    given: int,
    validations: Sequence[Validation],
    selection: Selection,
) -> dict[str, Any]:
    chosen = selection.chosen
    qualified = selection.table.set_index("label")["qualified"]
    return {
        "match_ups": len(rows),
        "match_ups_with_gaps": given - len(rows),
        "period": [str(rows["time"].min()), str(rows["time"].max())] if "time" in rows else None,
        "data_sha256": data_hash(columns),
        "chosen": chosen.spec.model_dump(mode="json") if chosen else None,
        "candidates": [
            {
                "label": v.spec.label,
                "correlation": _number(v.accuracy.correlation),
                "rmse": _number(v.accuracy.rmse),
                "variation": _number(v.accuracy.variation),
                "qualified": bool(qualified[v.spec.label]),
                "folds": [_number(e) for e in v.fold_rmse],
            }
            for v in validations
        ],
        "reasons": [s.en for s in selection.reasons],
        "versions": versions(),
    }


def data_hash(columns: Mapping[str, NDArray[np.float64]]) -> str:
    """SHA-256 of training data: names and values, column by column in alphabetical order.

    >>> data_hash({"pco2_sea": np.array([36.0])})[:12] == data_hash({"pco2_sea": np.array([36.1])})[:12]
    False
    """
    digest = hashlib.sha256()
    for name in sorted(columns):
        digest.update(name.encode() + b"\0" + np.ascontiguousarray(columns[name], dtype="<f8").tobytes())
    return digest.hexdigest()


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
