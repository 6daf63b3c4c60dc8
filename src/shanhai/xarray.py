"""`import shanhai.xarray` gives every xarray dataset `ds.shanhai.carbonate(...)`."""

from shanhai.io.accessor import ShanhaiAccessor

__all__ = ["ShanhaiAccessor"]
