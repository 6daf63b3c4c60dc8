"""Compositions of components: each model readable on one page."""
