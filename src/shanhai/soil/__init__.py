"""Soil biogeochemistry: microbes, nitrogen, phosphorus, gases, isotopes; equations as functions, models as networks."""
