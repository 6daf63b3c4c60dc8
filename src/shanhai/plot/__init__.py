"""Figures of monitoring jobs: maps, scatter plots and bars, drawn without any global state of matplotlib."""
