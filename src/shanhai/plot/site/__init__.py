"""Figures of site models, one a model."""
