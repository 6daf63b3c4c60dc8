"""Exchange of gases between sea and air."""

from shanhai.airsea.co2_flux import CO2Flux, FluxOptions, co2_flux
from shanhai.airsea.transfer import LAWS, TABLE_C1, PolynomialLaw, transfer_velocity, wind_compensation

__all__ = [
    "LAWS",
    "TABLE_C1",
    "CO2Flux",
    "FluxOptions",
    "PolynomialLaw",
    "co2_flux",
    "transfer_velocity",
    "wind_compensation",
]
