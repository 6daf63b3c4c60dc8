"""Grids and their geometry."""

from shanhai.grids.horizontal import cell_area_ellipsoid, cell_area_hyt0343, edges, zone_area

__all__ = ["cell_area_ellipsoid", "cell_area_hyt0343", "edges", "zone_area"]
