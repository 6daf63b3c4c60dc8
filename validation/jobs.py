"""The jobs of 2010: one-degree monthly fields of the whole sea, as configurations of `shanhai flux`."""

from pathlib import Path
from typing import Any

import xarray as xr

from shanhai.monitoring.config import FluxConfig, parse
from validation.airsea_2010 import NEEDED

CARBON, FORCING, SALT, LAND, CRUISE = NEEDED

WORLD = {"west": -180.0, "east": 180.0, "south": -90.0, "north": 90.0}
ATLANTIC = {"west": -70.0, "east": 20.0, "south": -56.0, "north": 52.0}
CHINA_SEAS = [117.0, 23.0, 131.0, 41.0]
AREAS: list[dict[str, Any]] = [
    {"name": "Global ocean", "box": [-180.0, -90.0, 180.0, 90.0]},
    {"name": "China seas", "box": CHINA_SEAS},
]


def inputs(data: Path) -> dict[str, Any]:
    """The `[inputs]` section; winds count only where the altimeters saw some."""

    def field(file: str, variable: str, **more: Any) -> dict[str, Any]:
        return {"files": str(data / file), "variable": variable} | more

    def wind(variable: str, units: str) -> dict[str, Any]:
        seen = {"variable": "wind_speed_cor_count"}
        return field(FORCING, variable, months_of=2010, units=units, valid_when=seen)

    return {
        "pco2_sea": field(CARBON, "pCO2_2010_interpolated_pred", months_of=2010),
        "xco2": field(CARBON, "vCO2", months_of=2010),
        "sea_surface_temperature": field(FORCING, "sst_skin_mean", months_of=2010, out_of_range="missing"),
        "sea_surface_salinity": field(SALT, "sss", climatology=True),
        "wind_speed": wind("wind_speed_cor_mean", "m s-1"),
        "wind_speed_mean_square": wind("wind_speed_cor_moment_2", "m2 s-2"),
        "wind_speed_mean_cube": wind("wind_speed_cor_moment_3", "m3 s-3"),
        "air_pressure": field(FORCING, "msl_mean", months_of=2010),
    }


def ice(data: Path, folder: Path) -> dict[str, Any]:
    """The sea ice fraction, written to a folder with zero where the archive, far from any ice, has no value."""
    with xr.open_dataset(data / FORCING) as source:
        field = source["sea_ice_fraction_mean"].fillna(0.0)
        field.attrs["units"] = "1"
        field.to_netcdf(folder / "ice.nc")
    return {"files": str(folder / "ice.nc"), "variable": "sea_ice_fraction_mean", "months_of": 2010}


def job(data: Path, *, region: dict[str, float] = WORLD, extra_inputs: Any = None, **sections: Any) -> FluxConfig:
    """Configuration of a job of 2010; `sections` are merged over those that all jobs share."""
    land = {"files": str(data / LAND), "variable": "land_proportion", "global_rows": "north_to_south"}
    net_flux = {"land": land, "areas": AREAS, "require_every_subperiod": False} | sections.pop("net_flux", {})
    raw = {
        "kind": "flux",
        "region": region,
        "time": {"start": "2010-01", "end": "2010-12"},
        "grid": {"resolution": 1.0},
        "inputs": inputs(data) | (extra_inputs or {}),
        "net_flux": net_flux,
    }
    config: FluxConfig = parse(raw | sections, where="validation")
    return config
