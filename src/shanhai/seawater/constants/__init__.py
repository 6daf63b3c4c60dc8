"""Equilibrium constants of sea water, the concentrations that follow from its salinity, and pH scales."""

from shanhai.seawater.constants.assemble import Constants, equilibrium_constants, scale_factors, totals
from shanhai.seawater.constants.composition import Totals
from shanhai.seawater.constants.fit import Fit
from shanhai.seawater.constants.options import CHOICES, PRESETS, ConstantOptions, fits_used
from shanhai.seawater.constants.scales import ScaleFactors
from shanhai.seawater.constants.validity import VALIDITY_BITS, validity, validity_meanings

__all__ = [
    "CHOICES",
    "PRESETS",
    "VALIDITY_BITS",
    "ConstantOptions",
    "Constants",
    "Fit",
    "ScaleFactors",
    "Totals",
    "equilibrium_constants",
    "fits_used",
    "scale_factors",
    "totals",
    "validity",
    "validity_meanings",
]
