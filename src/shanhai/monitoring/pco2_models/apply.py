"""A stored pCO2 model on gridded inputs: HY/T 0343.5 Appendix B in the flux job."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanhai.core.errors import InputError
from shanhai.core.notation import quantity
from shanhai.monitoring.pco2_models.model import TARGET, PCO2Model
from shanhai.monitoring.pco2_models.store import load


def predicted_pco2(folder: str | Path, prepared: xr.Dataset) -> xr.DataArray:
    """Partial pressure of CO2 in sea water from a stored model, lazy where the inputs are lazy.

    Args:
        folder: of the model, see `store.save`.
        prepared: predictors by their name in the notation table and in its units.

    Returns:
        pCO2 [Pa] on the grid of the predictors, NaN where one is missing.

    Raises:
        InputError: if the folder holds no usable model, or a predictor is not in the dataset.
    """
    model = load(folder).model

    def predict(*arrays: Any) -> NDArray[np.float64]:
        return np.asarray(model.predict(dict(zip(model.predictors, arrays, strict=True))), dtype=float)

    field = _on_grid(predict, model, folder, prepared, float)
    return field.rename(TARGET).assign_attrs(
        quantity(TARGET).attributes, source=model.describe().split("\n")[0], shanhai_source=str(folder)
    )


def outside_training(folder: str | Path, prepared: xr.Dataset) -> xr.DataArray:
    """Flag cells where the model extrapolates: a predictor is outside its range in the training data."""
    model = load(folder).model

    def outside(*arrays: Any) -> NDArray[np.bool_]:
        return np.asarray(model.outside(dict(zip(model.predictors, arrays, strict=True))))

    field = _on_grid(outside, model, folder, prepared, bool)
    return field.rename(f"{TARGET}_outside_training").assign_attrs(
        long_name="a predictor of pCO2 lies outside its range in the training data",
        shanhai_source=str(folder),
    )


def _on_grid(
    function: Callable[..., Any], model: PCO2Model, folder: str | Path, prepared: xr.Dataset, dtype: type
) -> xr.DataArray:
    missing = [name for name in model.predictors if name not in prepared]
    if missing:
        raise InputError(
            f"the model needs {', '.join(missing)}, which the inputs do not have",
            where=str(folder),
            do="; ".join(f"give inputs.{name}" for name in missing),
        )
    fields = xr.broadcast(*(prepared[name] for name in model.predictors))
    return xr.apply_ufunc(function, *fields, dask="parallelized", output_dtypes=[dtype])
