"""Sea water: density, gas solubility, Schmidt numbers. Temperature in degC (ITS-90), salinity practical."""

from shanhai.seawater.eos import density_surface_eos80
from shanhai.seawater.gas import (
    co2_fugacity_factor,
    co2_solubility_weiss1974,
    schmidt_number_co2_wanninkhof1992,
    schmidt_number_co2_wanninkhof2014,
    water_vapour_pressure_weiss1980,
)

__all__ = [
    "co2_fugacity_factor",
    "co2_solubility_weiss1974",
    "density_surface_eos80",
    "schmidt_number_co2_wanninkhof1992",
    "schmidt_number_co2_wanninkhof2014",
    "water_vapour_pressure_weiss1980",
]
