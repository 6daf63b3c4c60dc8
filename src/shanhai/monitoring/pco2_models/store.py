"""Trained models on disk: arrays and JSON, never code, written at once or not at all."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from shanhai import __version__
from shanhai.core.errors import InputError, nearest
from shanhai.core.notation import quantity, table
from shanhai.io.output import whole_or_nothing
from shanhai.monitoring.pco2_models.forest import RandomForest
from shanhai.monitoring.pco2_models.model import TARGET, Inputs, PCO2Model
from shanhai.monitoring.pco2_models.neural import NeuralNetwork
from shanhai.monitoring.pco2_models.polynomial import Polynomial
from shanhai.monitoring.pco2_models.semi_analytic import SemiAnalytic, SemiAnalyticSpec

FORMAT = 1
KINDS = {  # names in files
    "polynomial": Polynomial,
    "neural": NeuralNetwork,
    "forest": RandomForest,
    "semi_analytic": SemiAnalytic,
}
JSON, ARRAYS = "model.json", "arrays.npz"

Arrays = dict[str, NDArray[Any]]


class Stored(NamedTuple):
    """A model read back."""

    model: PCO2Model
    provenance: dict[str, Any]


def save(model: PCO2Model, folder: str | Path, provenance: Mapping[str, Any]) -> Path:
    """Write a model and where it comes from into a new folder.

    Args:
        model: trained model.
        folder: must not exist yet.
        provenance: what JSON can hold: period, validation, hash of the training data, see `train`.

    Returns:
        the folder.

    Raises:
        InputError: if the folder exists, or the provenance is not JSON.
    """
    folder = Path(folder)
    if folder.exists():
        raise InputError("there is something already", where=str(folder), do="name a new folder or remove it")
    settings, arrays = _taken_apart(model)
    record = _record(model, settings, arrays, provenance)
    with whole_or_nothing(folder) as partial:
        partial.mkdir()
        np.savez(partial / ARRAYS, **arrays)  # type: ignore[arg-type]
        record["checksum"] = _checksum(record, (partial / ARRAYS).read_bytes())
        text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
        (partial / JSON).write_text(text + "\n", encoding="utf8")
    return folder


def load(folder: str | Path) -> Stored:
    """Read a model back, only after everything about it has been checked.

    Raises:
        InputError: for a missing or changed file, an unknown kind or format, or arrays that do not fit.
    """
    folder = Path(folder)
    record, raw = _read(folder)
    _check_format(record, folder)
    if record.get("checksum") != _checksum(record, raw):
        raise InputError(
            "the files were changed after they were written: their checksum differs",
            where=str(folder),
            do="train the model again or take the original",
        )
    arrays = _arrays(folder, record)
    try:
        model = _put_together(record["kind"], record["predictors"], record["settings"], arrays)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"its contents do not fit together: {error!r}", where=str(folder)) from None
    return Stored(model, record["provenance"])


def _record(
    model: PCO2Model, settings: dict[str, Any], arrays: Arrays, provenance: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "kind": next(name for name, kind in KINDS.items() if type(model) is kind),
        "description": model.describe(),
        "target": {"name": TARGET, "unit": quantity(TARGET).unit},
        "predictors": [
            {
                "name": name,
                "unit": quantity(name).unit,
                "logarithm": name in model.inputs.logarithmic,
            }
            for name in model.predictors
        ],
        "settings": settings,
        "arrays": {name: {"shape": list(a.shape), "dtype": a.dtype.str} for name, a in arrays.items()},
        "provenance": {"shanhai": __version__, **provenance},
    }


def _checksum(record: Mapping[str, Any], raw: bytes) -> str:
    """SHA-256 over the arrays and everything else that is recorded."""
    rest = {key: value for key, value in record.items() if key != "checksum"}
    try:
        words = json.dumps(rest, sort_keys=True, ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"what is recorded of the model cannot be written as JSON: {error}",
            where="provenance",
            do="use plain words and finite numbers",
        ) from None
    return hashlib.sha256(raw + words.encode()).hexdigest()


def _read(folder: Path) -> tuple[dict[str, Any], bytes]:
    for name in (JSON, ARRAYS):
        if not (folder / name).is_file():
            do = "give a folder that `shanhai flux train` wrote"
            raise InputError(f"there is no {name}", where=str(folder), do=do)
    try:
        record = json.loads((folder / JSON).read_text(encoding="utf8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"this is not JSON: {error}", where=str(folder / JSON)) from None
    if not isinstance(record, dict):
        raise InputError("this does not describe a model", where=str(folder / JSON))
    return record, (folder / ARRAYS).read_bytes()


def _check_format(record: Mapping[str, Any], folder: Path) -> None:
    if record.get("format") != FORMAT:
        raise InputError(
            f"the format of the model is {record.get('format')!r} and this version of shanhai reads {FORMAT}",
            where=str(folder / JSON),
            do="use the version of shanhai that wrote it",
        )
    if record.get("kind") not in KINDS:
        raise InputError(
            f"{record.get('kind')!r} is not a kind of model; {nearest(str(record.get('kind')), KINDS)}",
            where=str(folder / JSON),
        )


def _arrays(folder: Path, record: Mapping[str, Any]) -> Arrays:
    """Arrays as they are recorded, and no others."""
    path = folder / ARRAYS
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError) as error:
        raise InputError(f"the arrays cannot be read: {error}", where=str(path)) from None
    for name, about in record["arrays"].items():
        if name not in arrays:
            raise InputError(f"the array {name!r} is missing", where=str(path))
        array = arrays[name]
        if [list(array.shape), array.dtype.str] != [about["shape"], about["dtype"]]:
            raise InputError(
                f"the array {name!r} is {array.dtype.str} {array.shape} and not as recorded, {about}",
                where=str(path),
            )
        if np.isnan(array).any():
            raise InputError(f"the array {name!r} has gaps", where=str(path))
    return {name: arrays[name] for name in record["arrays"]}


def _taken_apart(model: PCO2Model) -> tuple[dict[str, Any], Arrays]:
    """Settings and arrays of a model; the names of its predictors are kept beside them."""
    inputs = {f"inputs.{n}": getattr(model.inputs, n) for n in ("low", "high", "mean", "scale")}
    settings: dict[str, Any] = {}
    arrays: dict[str, Any] = {}
    match model:
        case Polynomial():
            settings = {"degrees": list(model.degrees), "interactions": model.interactions}
            arrays = {"coefficients": model.coefficients}
        case NeuralNetwork():
            settings = {"layers": len(model.weights)}
            arrays = {f"weights.{i}": w for i, w in enumerate(model.weights)}
            arrays |= {f"biases.{i}": b for i, b in enumerate(model.biases)}
            arrays |= {"mean": model.mean, "scale": model.scale}
        case RandomForest():
            settings = {"depth": model.depth}
            arrays = {n: getattr(model, n) for n in ("roots", "feature", "threshold", "child", "value")}
        case SemiAnalytic():
            settings = {"effects": list(model.names)}
            arrays = {p.name: np.float64(p.value) for p in model.parameters()}
        case _:
            raise InputError(f"a {type(model).__name__} cannot be saved; kinds are {', '.join(KINDS)}")
    return settings, {name: np.asarray(a) for name, a in {**inputs, **arrays}.items()}


def _put_together(kind: str, predictors: Any, settings: Mapping[str, Any], arrays: Arrays) -> PCO2Model:
    """Rebuild a model and check that its arrays fit each other."""
    inputs = _inputs(predictors, arrays)
    given = {name: jnp.asarray(a) for name, a in arrays.items()}
    if kind == "polynomial":
        degrees, interactions = tuple(settings["degrees"]), bool(settings["interactions"])
        pairs = len(degrees) * (len(degrees) - 1) // 2 if interactions else 0
        _fits("coefficients", arrays["coefficients"].shape, (1 + sum(degrees) + pairs,))
        _fits("degrees", (len(degrees),), (len(inputs.names),))
        return Polynomial(inputs, degrees, interactions, given["coefficients"])
    if kind == "neural":
        return _network(inputs, int(settings["layers"]), given)
    if kind == "forest":
        return _forest(inputs, int(settings["depth"]), arrays)
    return _semi_analytic(inputs, settings["effects"], arrays)


def _fits(name: str, shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if shape != wanted:
        raise InputError(f"{name} has the shape {shape} where {wanted} is needed", where="model")


def _inputs(predictors: Any, arrays: Arrays) -> Inputs:
    names = [p["name"] for p in predictors]
    for p in predictors:
        known = p["name"] in table()
        if not known or quantity(p["name"]).unit != p["unit"]:
            raise InputError(
                f"its predictor {p['name']!r} in {p['unit']!r} is not in the notation table", where="model"
            )
    parts = {n: arrays[f"inputs.{n}"] for n in ("low", "high", "mean", "scale")}
    for name, array in parts.items():
        _fits(f"inputs.{name}", array.shape, (len(names),))
    return Inputs(names, [p["name"] for p in predictors if p["logarithm"]], **parts)


def _network(inputs: Inputs, layers: int, given: Mapping[str, Any]) -> NeuralNetwork:
    weights = tuple(given[f"weights.{i}"] for i in range(layers))
    biases = tuple(given[f"biases.{i}"] for i in range(layers))
    before = len(inputs.names)
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        after = b.shape[0] if i < layers - 1 else 1
        _fits(f"weights.{i}", w.shape, (before, after))
        _fits(f"biases.{i}", b.shape, (after,))
        before = after
    return NeuralNetwork(inputs, weights, biases, given["mean"], given["scale"])


def _forest(inputs: Inputs, depth: int, arrays: Arrays) -> RandomForest:
    nodes = arrays["value"].size
    for name in ("feature", "threshold", "child"):
        _fits(name, arrays[name].shape, (nodes,))
    leaf = np.isinf(arrays["threshold"])
    reach = arrays["child"] + ~leaf
    if (
        arrays["child"].min() < 0
        or reach.max() >= nodes
        or not 0 <= arrays["roots"].min() <= arrays["roots"].max() < nodes
    ):
        raise InputError("a branch leads to a node that does not exist", where="model")
    if arrays["feature"].min() < 0 or arrays["feature"].max() >= len(inputs.names):
        raise InputError("a branch asks for a predictor that does not exist", where="model")
    names = ("roots", "feature", "threshold", "child", "value")
    return RandomForest(inputs, **{n: jnp.asarray(arrays[n]) for n in names}, depth=depth)


def _semi_analytic(inputs: Inputs, effects: Any, arrays: Arrays) -> SemiAnalytic:
    known = {n: float(a) for n, a in arrays.items() if not n.startswith("inputs.")}
    named = [n for n in effects if n not in table()]
    spec = SemiAnalyticSpec(effects=tuple(named), factors=tuple(n for n in effects if n in table()), known=known)
    guess = spec.first_guess()
    in_order = dict(zip(guess.names, guess.effects, strict=True))
    return SemiAnalytic({n: in_order[n] for n in effects}, guess.background, inputs)
