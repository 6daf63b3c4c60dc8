"""shanhai 山海: differentiable land, river, sea and air, and the working tool of air-sea CO2 flux monitoring.

Double precision is switched on for JAX when shanhai is imported, unless ``JAX_ENABLE_X64`` says otherwise.
Subpackages load on first use, so ``import shanhai`` is instant.
"""

import importlib
import os
import sys
from typing import Any

__version__ = "0.1.0"

_SUBPACKAGES = (
    "airsea",
    "atmosphere",
    "carbon",
    "core",
    "coupling",
    "grids",
    "io",
    "land",
    "models",
    "monitoring",
    "ocean",
    "plot",
    "seawater",
    "site",
    "soil",
)

if "JAX_ENABLE_X64" not in os.environ:
    os.environ["JAX_ENABLE_X64"] = "1"
    if "jax" in sys.modules:  # too late for the variable: jax has read its environment
        sys.modules["jax"].config.update("jax_enable_x64", True)


def __getattr__(name: str) -> Any:
    if name in _SUBPACKAGES:
        return importlib.import_module(f"shanhai.{name}")
    raise AttributeError(f"module 'shanhai' has no attribute {name!r}; it has {', '.join(_SUBPACKAGES)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_SUBPACKAGES])
