"""Sea water: carbonate system, density, gases, isotopes. Temperature in degC (ITS-90), salinity practical."""

from shanhai.seawater import counter_pump, mixing, teos10, titration
from shanhai.seawater.co2system.acids import OrganicAcid, Solutes
from shanhai.seawater.co2system.carbonate import Carbonate, carbonate
from shanhai.seawater.co2system.given import moved, solve_system
from shanhai.seawater.co2system.system import CarbonateSystem, Conditions
from shanhai.seawater.co2system.uncertainty import ORR_2018, CarbonateUncertainty, carbonate_uncertainty
from shanhai.seawater.constants import PRESETS, ConstantOptions
from shanhai.seawater.eos import (
    adiabatic_lapse_rate_eos80,
    density_eos80,
    density_surface_eos80,
    freezing_temperature_eos80,
    potential_temperature_eos80,
    secant_bulk_modulus_eos80,
    temperature_ipts68,
)
from shanhai.seawater.gas import (
    co2_fugacity,
    co2_fugacity_factor,
    co2_fugacity_of_water,
    co2_mole_fraction,
    co2_partial_pressure,
    co2_partial_pressure_from_fugacity,
    co2_solubility_pressure_factor,
    co2_solubility_weiss1974,
    schmidt_number_co2_wanninkhof1992,
    schmidt_number_co2_wanninkhof2014,
    water_vapour_pressure_weiss1980,
)
from shanhai.seawater.gases import (
    air_equilibrium,
    equilibrium_content,
    henry_solubility,
    moist_air_solubility,
    n2o_solubility_weiss1980,
    schmidt_number,
)
from shanhai.seawater.isotopes import (
    delta_of_species,
    dic_fractionation,
    dic_fractionation_zhang1995,
    exchange_fractionation,
    fractionation_mook1974,
    fractionation_zhang1995,
    kinetic_fractionation_zhang1995,
    radiocarbon_fractionation,
)
from shanhai.seawater.oxygen import (
    apparent_oxygen_utilisation,
    oxygen_saturation,
    oxygen_solubility_garcia1992,
    oxygen_solubility_volume_garcia1992,
)
from shanhai.seawater.teos10 import density_teos10, freezing_temperature_teos10

__all__ = [
    "ORR_2018",
    "PRESETS",
    "Carbonate",
    "CarbonateSystem",
    "CarbonateUncertainty",
    "Conditions",
    "ConstantOptions",
    "OrganicAcid",
    "Solutes",
    "adiabatic_lapse_rate_eos80",
    "air_equilibrium",
    "apparent_oxygen_utilisation",
    "carbonate",
    "carbonate_uncertainty",
    "co2_fugacity",
    "co2_fugacity_factor",
    "co2_fugacity_of_water",
    "co2_mole_fraction",
    "co2_partial_pressure",
    "co2_partial_pressure_from_fugacity",
    "co2_solubility_pressure_factor",
    "co2_solubility_weiss1974",
    "counter_pump",
    "delta_of_species",
    "density_eos80",
    "density_surface_eos80",
    "density_teos10",
    "dic_fractionation",
    "dic_fractionation_zhang1995",
    "equilibrium_content",
    "exchange_fractionation",
    "fractionation_mook1974",
    "fractionation_zhang1995",
    "freezing_temperature_eos80",
    "freezing_temperature_teos10",
    "henry_solubility",
    "kinetic_fractionation_zhang1995",
    "mixing",
    "moist_air_solubility",
    "moved",
    "n2o_solubility_weiss1980",
    "oxygen_saturation",
    "oxygen_solubility_garcia1992",
    "oxygen_solubility_volume_garcia1992",
    "potential_temperature_eos80",
    "radiocarbon_fractionation",
    "schmidt_number",
    "schmidt_number_co2_wanninkhof1992",
    "schmidt_number_co2_wanninkhof2014",
    "secant_bulk_modulus_eos80",
    "solve_system",
    "temperature_ipts68",
    "teos10",
    "titration",
    "water_vapour_pressure_weiss1980",
]
