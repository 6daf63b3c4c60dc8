"""Clause 4.4 on gridded data: from a prepared dataset to flux and every intermediate field, block by block."""

from collections.abc import Callable
from functools import cache
from typing import Any

import equinox as eqx
import numpy as np
import xarray as xr
from jax import Array
from numpy.typing import NDArray

from shanhai.airsea import LAWS, CO2Flux, FluxOptions, co2_flux
from shanhai.airsea.transfer import CM_PER_HOUR
from shanhai.core.constants import SECONDS_PER_DAY
from shanhai.core.errors import ConfigError, InputError, nearest
from shanhai.core.notation import quantity
from shanhai.io.checks import all_inside
from shanhai.monitoring import validity
from shanhai.monitoring.config import FluxSection
from shanhai.numerics.tiles import in_tiles

ARGUMENTS = {  # argument of co2_flux -> variable of the prepared dataset, factor to the argument's unit
    "pco2_sea": ("pco2_sea", 1.0),
    "xco2": ("xco2", 1e-6),
    "temperature": ("sea_surface_temperature", 1.0),
    "salinity": ("sea_surface_salinity", 1.0),
    "wind": ("wind_speed", 1.0),
    "air_pressure": ("air_pressure", 1.0),
    "mean_square_wind": ("wind_speed_mean_square", 1.0),
    "mean_cube_wind": ("wind_speed_mean_cube", 1.0),
    "ice_fraction": ("sea_ice_fraction", 1.0),
}
OUTPUTS = {  # field of CO2Flux, and the flag -> variable of the flux dataset, factor from the field's unit
    "flux": ("co2_flux", 1e3 * SECONDS_PER_DAY),
    "transfer_velocity": ("transfer_velocity", CM_PER_HOUR),
    "wind_compensation": ("wind_compensation", 1.0),
    "schmidt_number": ("schmidt_number", 1.0),
    "solubility": ("co2_solubility", 1.0),
    "density": ("sea_water_density", 1.0),
    "water_vapour_pressure": ("water_vapour_pressure", 1.0),
    "pco2_air": ("pco2_air", 1.0),
    "delta_pco2": ("delta_pco2", 1.0),
    "validity": (validity.FLAG, 1),
}
ALL_OUTPUTS = tuple(variable for variable, _ in OUTPUTS.values() if variable != validity.FLAG)
PER_CALL = 262_144
"""Cells of one call on long arrays; so simple a kernel needs no smaller tiles."""


def options_of(section: FluxSection) -> FluxOptions:
    """Options of the flux function from a configuration; mode "table_d1" adds its two roundings.

    Raises:
        ConfigError: for an unknown transfer law.

    >>> options_of(FluxSection(mode="table_d1")).solubility_decimals
    2
    """
    if section.law not in LAWS:
        raise ConfigError(f"flux.law {section.law!r} is not known; {nearest(section.law, LAWS)}")
    table_d1: dict[str, Any] = {"solubility_decimals": 2, "atmosphere": 101300.0} if section.mode == "table_d1" else {}
    return FluxOptions(
        law=LAWS[section.law](),
        schmidt=section.schmidt,
        fugacity=section.fugacity,
        cool_skin=None if section.cool_skin == "off" else section.cool_skin,
        salty_skin=section.salty_skin,
        temperature_is=section.temperature_is,
        **table_d1,
    )


def flux_arguments(prepared: xr.Dataset, section: FluxSection) -> dict[str, str]:
    """Argument of `co2_flux` -> variable of the prepared dataset that supplies it under these settings."""
    off = set()
    if section.wind_compensation == "none":
        off |= {"mean_square_wind", "mean_cube_wind"}
    if not section.sea_ice:
        off |= {"ice_fraction"}
    return {a: v for a, (v, _) in ARGUMENTS.items() if v in prepared and a not in off}


def flux_fields(prepared: xr.Dataset, section: FluxSection, outputs: tuple[str, ...] = ALL_OUTPUTS) -> xr.Dataset:
    """Compute flux and intermediate fields on a prepared dataset; lazy where the dataset is lazy.

    Args:
        prepared: inputs on one grid, dims (time, latitude, longitude), units of the notation table.
        section: equations and options.
        outputs: variables wanted, of `ALL_OUTPUTS`, and `validity.FLAG`.

    Returns:
        dataset with these variables, float64 (the flag int8), CF attributes.

    Raises:
        InputError: for a missing or unbelievable input, naming variable and cell.
    """
    names = flux_arguments(prepared, section)
    if section.sea_ice and "ice_fraction" not in names:
        raise InputError("flux.sea_ice is on but there is no sea_ice_fraction", do="give inputs.sea_ice_fraction")
    options = options_of(section)
    wanted = tuple(field for field, (variable, _) in OUTPUTS.items() if variable in outputs)
    used = prepared[list(names.values())]

    def block(part: xr.Dataset) -> xr.Dataset:
        return _flux_block(part, names, options, wanted)

    if not prepared.chunks:
        return block(used.load())
    used = used.unify_chunks()
    return xr.map_blocks(block, used, template=_template(prepared, wanted).chunk(used.chunks))


def _template(prepared: xr.Dataset, wanted: tuple[str, ...]) -> xr.Dataset:
    like = prepared["pco2_sea"].drop_attrs(deep=False)
    names = [OUTPUTS[field][0] for field in wanted]
    return xr.Dataset({v: like.astype("int8" if v == validity.FLAG else float).assign_attrs(_about(v)) for v in names})


def _about(variable: str) -> dict[str, Any]:
    return validity.ATTRIBUTES if variable == validity.FLAG else quantity(variable).attributes


def _flux_block(part: xr.Dataset, names: dict[str, str], options: FluxOptions, wanted: tuple[str, ...]) -> xr.Dataset:
    for name in names.values():
        check_believable(part[name])
    part = xr.broadcast(part)[0] if any(v.ndim < 3 for v in part.data_vars.values()) else part
    arguments = {a: part[v].values for a, v in names.items()}
    like = part[names["pco2_sea"]].drop_attrs(deep=False)
    fields = tiled_flux(arguments, options, wanted)
    return xr.Dataset({v: like.copy(data=fields[v]).rename(v).assign_attrs(_about(v)) for v in fields})


def check_believable(values: xr.DataArray) -> None:
    """Refuse infinite values and values outside the range of the notation table, naming the first cell.

    Raises:
        InputError: with variable, value and coordinates.
    """
    about = quantity(str(values.name))
    data = values.values
    if all_inside(data, about.low, about.high):
        return
    bad = (data < about.low) | (data > about.high) | np.isinf(data)
    at = tuple(int(i[0]) for i in np.nonzero(bad))
    place = ", ".join(f"{d} {values[d].values[i]}" for d, i in zip(values.dims, at, strict=True) if d in values.coords)
    raise InputError(
        f"{data[at]:g} {about.unit} is not a believable {about.meaning}"
        f" ({about.low:g} to {about.high:g} {about.unit}); {int(bad.sum())} such values here",
        where=f"{values.name} at {place}",
        do="check the unit of the input, or set out_of_range = 'missing' for it",
    )


@cache
def _compiled(wanted: tuple[str, ...]) -> Callable[..., dict[str, Array]]:
    @eqx.filter_jit
    def kernel(arguments: dict[str, Any], options: FluxOptions) -> dict[str, Array]:
        factors = {a: f for a, (_, f) in ARGUMENTS.items()}
        si = {a: x.astype(float) * factors[a] for a, x in arguments.items()}
        flag = validity.validity_flag(si["temperature"], si["salinity"], si["wind"], options)
        out = co2_flux(**si, options=options)._asdict() | {"validity": flag}
        return {OUTPUTS[field][0]: out[field] * OUTPUTS[field][1] for field in wanted}

    return kernel


def tiled_flux(
    arguments: dict[str, NDArray[Any]], options: FluxOptions, wanted: tuple[str, ...] = CO2Flux._fields
) -> dict[str, NDArray[Any]]:
    """Run the kernel over arrays of one shape in tiles of fixed length.

    Args:
        arguments: argument of `co2_flux` -> array in the unit of the notation table, all of one shape.
        options: see `FluxOptions`.
        wanted: fields of `CO2Flux`, and "validity".

    Returns:
        variable of `OUTPUTS` -> array of the same shape, units of the notation table.
    """
    kernel = _compiled(wanted)
    return in_tiles(lambda tile: kernel(tile, options), arguments, PER_CALL)
