"""Soil biogeochemistry: microbes, nitrogen, phosphorus, gases, isotopes; equations as functions, models as networks.

`Model` is a soil to run, `fit` calibrates it. Contents are over dry soil, temperatures in degC, ratios molar.
"""

from shanhai.soil.fit import Fitted, Observed, Prior, fit, report
from shanhai.soil.incubated import incubated
from shanhai.soil.layer import Conditions, Layer
from shanhai.soil.layer_conditions import Vegetation
from shanhai.soil.layer_mycorrhiza import Mycorrhiza
from shanhai.soil.layer_oxygen import Oxygen
from shanhai.soil.layer_phosphorus import PhosphorusOfLayer
from shanhai.soil.layer_plants import Plants
from shanhai.soil.model import Ammonia, Daily, Litter, Model, Run, ledger, written
from shanhai.soil.observations import growth_of_oxygen18
from shanhai.soil.results import per_area, per_kilogram
from shanhai.soil.stock import Phosphates, Shares, Soil

__all__ = [
    "Ammonia",
    "Conditions",
    "Daily",
    "Fitted",
    "Layer",
    "Litter",
    "Model",
    "Mycorrhiza",
    "Observed",
    "Oxygen",
    "Phosphates",
    "PhosphorusOfLayer",
    "Plants",
    "Prior",
    "Run",
    "Shares",
    "Soil",
    "Vegetation",
    "fit",
    "growth_of_oxygen18",
    "incubated",
    "ledger",
    "per_area",
    "per_kilogram",
    "report",
    "written",
]
