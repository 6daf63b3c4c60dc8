"""Monitoring of air-sea CO2 flux from satellites by HY/T 0343.5. `assess` runs it all."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shanhai.monitoring.run import assess as assess


def __getattr__(name: str) -> Any:
    if name == "assess":  # loaded on first use: it brings JAX and xarray
        return importlib.import_module("shanhai.monitoring.run").assess
    raise AttributeError(f"module 'shanhai.monitoring' has no attribute {name!r}")
