"""Figures of box models, one file for each model: `draw(result)`."""
