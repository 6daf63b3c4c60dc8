"""Sea-water pCO2 of a flux job from a stored model (Appendix B)."""

import numpy as np
import xarray as xr

from shanhai.core.notation import quantity
from shanhai.monitoring.pco2_models import store
from shanhai.monitoring.pco2_models.model import PCO2Model

OUTSIDE = "cells_outside_training"


def modelled_pco2(folder: str, prepared: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Predict pCO2 from the other inputs, block by block; missing outside the range of the training data.

    Args:
        folder: of a model saved by `shanhai flux train`.
        prepared: predictors on one grid.

    Returns:
        partial pressure [Pa], (time, latitude, longitude), and the number of cells of every period that have all
        predictors and lie outside the range, (time,); both lazy like the predictors.

    Raises:
        InputError: if the model cannot be read or a predictor is not an input.
    """
    model = store.load(folder).model
    names = model.predictors
    missing = [n for n in names if n not in prepared]
    if missing:
        model.predict({n: 0.0 for n in names if n not in missing})  # refuses, naming the predictor and its unit
    values = xr.apply_ufunc(
        _inside_training_range,
        *(prepared[n] for n in names),
        kwargs={"model": model},
        dask="parallelized",
        output_dtypes=[float],
    )
    there = [prepared[n].notnull() for n in names]
    outside = (values.isnull() & np.logical_and.reduce(there)).sum(("latitude", "longitude"))
    about = {"long_name": "cells whose predictors lie outside the training data of the pCO2 model", "units": "1"}
    return values.rename("pco2_sea").assign_attrs(quantity("pco2_sea").attributes), outside.assign_attrs(about)


def _inside_training_range(*arrays: np.ndarray, model: PCO2Model) -> np.ndarray:
    predictors = dict(zip(model.predictors, arrays, strict=True))
    return np.where(model.outside(predictors), np.nan, model.predict(predictors))
