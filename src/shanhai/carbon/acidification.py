"""Acidification of maps: a dataset of surface waters in, pH and saturation through time out."""

from collections.abc import Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from shanhai.airsea import LAWS, transfer_velocity
from shanhai.core.constants import SECONDS_PER_DAY
from shanhai.core.errors import InputError
from shanhai.core.notation import quantity, table
from shanhai.io.units import to_notation
from shanhai.ocean import acidification as surface
from shanhai.seawater.gases import schmidt_number

NEEDED = ("temperature", "salinity", "alkalinity", "wind_speed_mean_square")
MAY_HAVE = {"mixed_layer_depth": 75.0, "sea_ice_fraction": 0.0}
"""What a dataset may have, and the value where it has not; 75 m is the box-diffusion model's."""

DIFFUSIVITY = 3987.0 / 3.15576e7  # m2 s-1; Oeschger et al. (1975), 3987 m2 yr-1, unverified
TILE = 1024
"""Places computed at once."""

OTHERS = {
    "ph_total": {
        "units": "1",
        "long_name": "pH on the total scale",
        "standard_name": "sea_water_ph_reported_on_total_scale",
    },
    "aragonite_horizon_year": {"units": "yr", "long_name": "first year in which aragonite dissolves at the surface"},
}
_NAMES = {
    "dic": ("dic", 1e6),
    "flux": ("co2_flux", 1e3 * SECONDS_PER_DAY),
    "ph": ("ph_total", 1.0),
    "pco2": ("pco2_sea", 1.0),
    "omega_aragonite": ("omega_aragonite", 1.0),
    "omega_calcite": ("omega_calcite", 1.0),
    "temperature": ("temperature", 1.0),
}


def acidify(
    waters: xr.Dataset,
    years: ArrayLike,
    xco2: ArrayLike,
    warming: ArrayLike = 0.0,
    diffusivity: float = DIFFUSIVITY,
    outputs: Iterable[str] = ("ph_total", "omega_aragonite"),
) -> xr.Dataset:
    """Project surface waters under a CO2 of the air; equations in `shanhai.ocean.acidification`.

    Args:
        waters: `temperature`, `salinity`, `alkalinity` and `wind_speed_mean_square` at the first year, any dimensions,
            with `units`; `dic` (in equilibrium with the first air where absent), `mixed_layer_depth` (75 m) and
            `sea_ice_fraction` (0) where there are.
        years: increasing by equal steps, middle of each [yr].
        xco2: mole fraction in dry air [umol mol-1], (time,).
        warming: of the surface since the first year [K], a number or (time,).
        diffusivity: mixing below the mixed layer [m2 s-1].
        outputs: of `dic`, `co2_flux`, `ph_total`, `pco2_sea`, `omega_aragonite`, `omega_calcite`, `temperature`.

    Returns:
        outputs over time and the dimensions of the waters, and `aragonite_horizon_year`; missing where an input is.

    Raises:
        InputError: for a missing variable, a wrong unit, years that do not rise evenly, or lengths that differ.

    >>> sea = xr.Dataset({name: ("place", [value], {"units": unit}) for name, value, unit in (
    ...     ("temperature", 18.0, "degC"), ("salinity", 35.0, "1"), ("alkalinity", 2305.0, "umol kg-1"),
    ...     ("wind_speed_mean_square", 69.0, "m2 s-2"))})
    >>> years = np.arange(1850.5, 1950.5)
    >>> later = acidify(sea, years, 285.0 * 1.01 ** np.arange(100))
    >>> round(float(later.ph_total[-1, 0] - later.ph_total[0, 0]), 2), float(later.aragonite_horizon_year[0])
    (-0.35, nan)
    """
    wanted = _checked_outputs(outputs)
    time, step, air = _air(years, xco2, warming)
    fields = _fields(waters)
    flat = {name: np.asarray(f.values, float).ravel() for name, f in fields.items()}
    there = np.all([np.isfinite(v) for v in flat.values()], axis=0)
    made = _in_tiles({name: v[there] for name, v in flat.items()}, air, step, diffusivity)
    like = fields["temperature"]
    return _labelled(made, there, like, time, wanted)


def _checked_outputs(outputs: Iterable[str]) -> tuple[str, ...]:
    known = {name for name, _ in _NAMES.values()}
    for name in (wanted := tuple(outputs)):
        if name not in known:
            raise InputError(
                f"there is no output {name!r}", where="acidify", do=f"choose of {', '.join(sorted(known))}"
            )
    return wanted


def _air(years: ArrayLike, xco2: ArrayLike, warming: ArrayLike) -> tuple[NDArray[Any], float, surface.Air]:
    time, ppm = np.asarray(years, float), np.asarray(xco2, float)
    if time.ndim != 1 or time.size < 2 or ppm.shape != time.shape:
        raise InputError(f"years have the shape {time.shape} and xco2 {ppm.shape}", do="give one CO2 for each year")
    steps = np.diff(time)
    if not (np.isfinite(time).all() and steps[0] > 0 and np.allclose(steps, steps[0])):
        raise InputError("the years do not rise by equal steps", do="interpolate the scenario to every year")
    if not (np.isfinite(ppm).all() and (ppm > 0).all()):
        raise InputError("xco2 is missing or not positive in some years", do="give it in umol mol-1 for every year")
    warmer = np.asarray(warming, float)
    if warmer.shape not in ((), time.shape) or not np.isfinite(warmer).all():
        raise InputError(f"warming has the shape {warmer.shape}", do="give a number, or one for each year")
    air = surface.Air(jnp.asarray(ppm * 1e-6), jnp.asarray(np.broadcast_to(warmer, time.shape)))
    return time, float(steps[0]), air


def _fields(waters: xr.Dataset) -> dict[str, xr.DataArray]:
    """Needed variables in the units of the notation table, all over the same dimensions."""
    missing = [name for name in NEEDED if name not in waters]
    if missing:
        raise InputError(f"the dataset has no {', '.join(missing)}", where="acidify", do="name its variables so")
    names = [*NEEDED, *(n for n in (*MAY_HAVE, "dic") if n in waters)]
    fields = {name: _in_unit(name, waters[name]) for name in names}
    together = xr.broadcast(*fields.values())
    fields = dict(zip(fields, together))
    for name, otherwise in MAY_HAVE.items():
        fields.setdefault(name, xr.full_like(fields["temperature"], otherwise))
    return fields


def _in_unit(name: str, field: xr.DataArray) -> xr.DataArray:
    converted = to_notation(name, field.attrs.get("units"), where=f"variable {name}")(field)
    values = np.asarray(converted.values, float)
    about = quantity(name)
    outside = np.isfinite(values) & ((values < about.low) | (values > about.high))
    if outside.any():
        raise InputError(f"{name} has {values[outside][0]:.6g} {about.unit}", do="look at its units and missing values")
    return converted


def _in_tiles(
    flat: Mapping[str, NDArray[Any]], air: surface.Air, step: float, diffusivity: float
) -> dict[str, NDArray[Any]]:
    """Every place, so many at once; the last tile is filled up, so that one shape is compiled."""
    count = len(flat["temperature"])
    size = min(TILE, max(count, 1))
    made: list[tuple[NDArray[Any], ...]] = []
    for begin in range(0, count, size):
        index = np.minimum(np.arange(begin, begin + size), count - 1)
        tile = {name: jnp.asarray(v[index]) for name, v in flat.items()}
        waters = _projected(tile, air, step, diffusivity)
        made.append(tuple(np.asarray(a)[:, : count - begin] for a in waters))
    empty = np.zeros((len(air.xco2), 0))
    parts = zip(*made) if made else [[empty]] * len(surface.Acidified._fields)
    return dict(zip(surface.Acidified._fields, (np.concatenate(p, axis=1) for p in parts)))


@jax.jit
def _projected(tile: dict[str, jax.Array], air: surface.Air, step: float, diffusivity: float) -> surface.Acidified:
    wind = jnp.sqrt(tile["wind_speed_mean_square"])
    velocity = transfer_velocity(LAWS["wanninkhof_2014"](), wind, schmidt_number("CO2", tile["temperature"]))
    places = surface.Places(
        tile["temperature"],
        tile["salinity"],
        tile["alkalinity"] * 1e-6,
        velocity,
        tile["mixed_layer_depth"],
        diffusivity,
        1.0 - tile["sea_ice_fraction"],
    )
    dic = tile["dic"] * 1e-6 if "dic" in tile else surface.equilibrium_dic(places, air.xco2[0])
    return surface.project(places, dic, air, step).waters


def _labelled(
    made: Mapping[str, NDArray[Any]],
    there: NDArray[Any],
    like: xr.DataArray,
    time: NDArray[Any],
    wanted: tuple[str, ...],
) -> xr.Dataset:
    def placed(values: NDArray[Any]) -> NDArray[Any]:
        whole = np.full((*values.shape[:-1], there.size), np.nan)
        whole[..., there] = values
        return whole.reshape(*values.shape[:-1], *like.shape)

    attributes = {name: table()[name].attributes if name in table() else OTHERS[name] for name in wanted}
    variables = {
        name: (("time", *like.dims), placed(made[key]) * factor, attributes[name])
        for key, (name, factor) in _NAMES.items()
        if name in wanted
    }
    year = np.asarray(surface.horizon_year(time, made["omega_aragonite"]))
    found = xr.Dataset(variables, {"time": ("time", time, {"units": "yr", "long_name": "year"}), **like.coords})
    found["aragonite_horizon_year"] = (like.dims, placed(year), OTHERS["aragonite_horizon_year"])
    found.attrs = {"Conventions": "CF-1.11", "title": "Surface ocean acidification under a given CO2 of the air"}
    return found
