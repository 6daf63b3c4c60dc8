"""From a table of match-ups to the chosen pCO2 model and its provenance: HY/T 0343.5 Appendix B."""

import hashlib
import tomllib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from jax.typing import ArrayLike
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shanhai.core.errors import InputError, ShanhaiWarning, nearest
from shanhai.core.notation import quantity
from shanhai.io.provenance import versions
from shanhai.io.sources import TableSource
from shanhai.io.units import to_notation
from shanhai.monitoring.pco2_models.forest import ForestSpec
from shanhai.monitoring.pco2_models.model import TARGET, ModelSpec, PCO2Model
from shanhai.monitoring.pco2_models.neural import NeuralSpec
from shanhai.monitoring.pco2_models.polynomial import PolynomialSpec
from shanhai.monitoring.pco2_models.select import Selection, select
from shanhai.monitoring.pco2_models.semi_analytic import SemiAnalyticSpec
from shanhai.monitoring.pco2_models.store import save
from shanhai.monitoring.pco2_models.validation import (
    Validation,
    blocks_in_space,
    blocks_in_time,
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
        raise InputError(_first_sentence(error, skip=1), where="candidates") from None


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


class Blocks(BaseModel):
    """How match-ups are held back: calendar blocks, boxes, or a column such as a cruise."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    by: Literal["months", "degrees", "column"] = "months"
    size: float = Field(default=1.0, gt=0)
    column: str = "cruise"
    folds: int = Field(default=5, ge=2)


class TrainingConfig(BaseModel):
    """A training job, `kind = "pco2_model"`; candidates are tables, see `specification`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["pco2_model"]
    match_ups: TableSource
    blocks: Blocks = Blocks()
    candidates: tuple[dict[str, Any], ...]
    force: bool = False


def train_from_config(config: str | Path, out: str | Path) -> dict[str, Any]:
    """Train the candidates of a configuration file and save the chosen model.

    Args:
        config: TOML of kind "pco2_model": match_ups (a CSV file; its columns carry names of the notation
            table or are told by `columns`, in its units or those told by `units`), blocks and candidates.
        out: new folder for the model; nothing is written where no candidate qualifies.

    Returns:
        summary: candidates with their scores, reasons in words, folder of the model or None.

    Raises:
        InputError: in a sentence that names the key, the column or the row.
    """
    settings = _read_config(Path(config))
    if Path(out).exists():
        raise InputError("there is something already", where=str(out), do="name a new folder or remove it")
    specs = [specification(raw) for raw in settings.candidates]
    names = tuple(dict.fromkeys(name for spec in specs for name in spec.predictors))
    table = _match_ups(settings.match_ups, names)
    groups = _groups(table, settings.blocks, settings.match_ups.file)
    done = train(table, specs, groups, folds=settings.blocks.folds, force=settings.force)
    folder = save(done.model, out, done.provenance) if done.model is not None else None
    rows = [
        {
            "name": c["label"],
            "passed": c["qualified"],
            **{k: c[k] for k in ("correlation", "rmse", "variation")},
        }
        for c in done.provenance["candidates"]
    ]
    return {"candidates": rows, "reasons": done.provenance["reasons"], "model": folder and str(folder)}


def _read_config(path: Path) -> TrainingConfig:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf8"))
        return TrainingConfig.model_validate(raw, context={"base": path.parent})
    except FileNotFoundError:
        raise InputError("there is no such file", where=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"this is not TOML: {error}", where=str(path)) from None
    except ValidationError as error:
        raise InputError(_first_sentence(error), where=str(path)) from None


def _first_sentence(error: ValidationError, skip: int = 0) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"][skip:])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        message = "this key is not known"
    return f"{key}: {message}" if key else message


def _match_ups(source: TableSource, names: Sequence[str]) -> pd.DataFrame:
    """Columns of a CSV file under our names and in our units; others, such as a cruise, as they are."""
    try:
        raw = pd.read_csv(source.file)
    except (OSError, ValueError) as error:
        raise InputError(f"this table cannot be read: {error}", where=source.file) from None
    for ours, theirs in source.columns.items():
        if theirs not in raw:
            raise InputError(f"there is no column {theirs!r}; {nearest(theirs, raw.columns)}", where=source.file)
        raw = raw.drop(columns=[ours], errors="ignore").rename(columns={theirs: ours})
    for name in (*names, TARGET):
        if name not in raw:
            raise InputError(f"there is no column {name!r}; {nearest(name, raw.columns)}", where=source.file)
        to_ours = to_notation(name, source.units.get(name, quantity(name).unit), where=source.file)
        raw[name] = to_ours(pd.to_numeric(raw[name], errors="coerce"))
    if "time" in raw:
        raw["time"] = pd.to_datetime(raw["time"], errors="coerce", utc=True).dt.tz_localize(None)
    return raw


def _groups(table: pd.DataFrame, blocks: Blocks, where: str) -> NDArray[Any]:
    needed = {"months": ("time",), "degrees": ("latitude", "longitude"), "column": (blocks.column,)}[blocks.by]
    for name in needed:
        if name not in table or table[name].isna().any():
            raise InputError(f"blocks by {blocks.by} need the column {name!r} without gaps", where=where)
    if blocks.by == "months":
        return blocks_in_time(table["time"].to_numpy(), int(blocks.size))
    if blocks.by == "degrees":
        return blocks_in_space(table["latitude"], table["longitude"], blocks.size)
    return table[blocks.column].to_numpy()
