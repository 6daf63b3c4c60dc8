"""Sea-water pCO2 of a flux job from two of DIC, alkalinity and pH, where no pCO2 is given."""

from typing import Any

import numpy as np
import xarray as xr

from shanhai.core.notation import quantity
from shanhai.monitoring.config import CHEMISTRY, NUTRIENTS, CarbonateSection
from shanhai.seawater import ConstantOptions, carbonate, density_surface_eos80

PA_PER_UATM = 0.101325
UMOL_PER_MOL = 1e6


def has_chemistry(names: Any) -> bool:
    """Whether pCO2 is to be computed: it is not among the names, and a pair of the carbonate system is."""
    return "pco2_sea" not in names and any(name in names for name in CHEMISTRY)


def pco2_from_chemistry(prepared: xr.Dataset, section: CarbonateSection) -> xr.DataArray:
    """Compute pCO2 of surface water block by block; missing where an input is.

    Args:
        prepared: inputs on one grid, units of the notation table, two of `CHEMISTRY` among them; amounts by volume are
            brought to kilograms with the density of EOS-80 at the temperature and salinity of the cell.
        section: constants.

    Returns:
        partial pressure at the sea surface temperature [Pa], (time, latitude, longitude), lazy like the inputs.
    """
    pair = [name for name in CHEMISTRY if name in prepared]
    names = [
        *pair,
        *(name for name in NUTRIENTS if name in prepared),
        "sea_surface_temperature",
        "sea_surface_salinity",
    ]
    values = xr.apply_ufunc(
        _pco2,
        *(prepared[name] for name in names),
        kwargs={"names": names, "options": ConstantOptions(**dict(section))},
        dask="parallelized",
        output_dtypes=[float],
    )
    return values.rename("pco2_sea").assign_attrs(quantity("pco2_sea").attributes)


def _pco2(*arrays: np.ndarray, names: list[str], options: ConstantOptions) -> np.ndarray:
    given: dict[str, Any] = {n: x.astype(float) for n, x in zip(names, arrays, strict=True)}
    temperature, salinity = given.pop("sea_surface_temperature"), given.pop("sea_surface_salinity")
    for name in [n for n in given if n.endswith("_concentration")]:
        density = np.asarray(density_surface_eos80(temperature, salinity))
        given[CHEMISTRY[name]] = given.pop(name) * UMOL_PER_MOL / density
    found = carbonate(temperature=temperature, salinity=salinity, outputs=("pCO2",), options=options, **given)
    return found.pCO2 * PA_PER_UATM  # type: ignore[no-any-return]
