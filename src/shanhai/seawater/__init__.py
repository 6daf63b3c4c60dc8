"""Sea water: carbonate system, density, gases. Temperature in degC (ITS-90), salinity practical."""

from shanhai.seawater.co2system.acids import OrganicAcid, Solutes
from shanhai.seawater.co2system.carbonate import Carbonate, carbonate
from shanhai.seawater.co2system.given import solve_system
from shanhai.seawater.co2system.system import CarbonateSystem, Conditions
from shanhai.seawater.constants import PRESETS, ConstantOptions
from shanhai.seawater.eos import density_surface_eos80
from shanhai.seawater.gas import (
    co2_fugacity_factor,
    co2_solubility_weiss1974,
    schmidt_number_co2_wanninkhof1992,
    schmidt_number_co2_wanninkhof2014,
    water_vapour_pressure_weiss1980,
)

__all__ = [
    "PRESETS",
    "Carbonate",
    "CarbonateSystem",
    "Conditions",
    "ConstantOptions",
    "OrganicAcid",
    "Solutes",
    "carbonate",
    "co2_fugacity_factor",
    "co2_solubility_weiss1974",
    "density_surface_eos80",
    "schmidt_number_co2_wanninkhof1992",
    "schmidt_number_co2_wanninkhof2014",
    "solve_system",
    "water_vapour_pressure_weiss1980",
]
