"""Equilibrium of many samples with the air of many years, in tiles so that no table recompiles the chemistry."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from shanhai.numerics.tiles import TILE, in_tiles
from shanhai.ocean.anthropogenic_uptake import equilibrium_dic
from shanhai.ocean.ventilation import History

Numbers = NDArray[np.float64]


@jax.jit
def _solve(a: dict[str, Array]) -> dict[str, Array]:
    return {"dic": equilibrium_dic(a["temperature"], a["salinity"], a["alkalinity"], a["mole_fraction"])}


def equilibrium(theta: Any, salinity: Any, alkalinity: Any, mole_fraction: Any) -> Numbers:
    """DIC in equilibrium with air, see `equilibrium_dic`, in the units of tables.

    Args:
        theta: potential temperature [degC], any shape.
        salinity: practical [1], broadcastable.
        alkalinity: preformed [umol kg-1], broadcastable.
        mole_fraction: CO2 in dry air [mol mol-1], broadcastable.

    Returns:
        DIC [umol kg-1].

    >>> equilibrium(10.0, 35.0, [2300.0], 280e-6).round(1).tolist()
    [2052.5]
    """
    t, s, a, x = np.broadcast_arrays(
        *(np.asarray(v, dtype=float) for v in (theta, salinity, alkalinity, mole_fraction))
    )
    given = {"temperature": t, "salinity": s, "alkalinity": 1e-6 * a, "mole_fraction": x}
    return 1e6 * in_tiles(_solve, given, per_call=TILE)["dic"]


def surface_carbon(co2: History, theta: Any, salinity: Any, alkalinity: Any, followed: Any = 1.0) -> History:
    """Anthropogenic carbon of the surface over the years, see `surface_history`, in the units of tables.

    Args:
        co2: mole fraction in dry air [mol mol-1], (year,).
        theta: potential temperature [degC], (...).
        salinity: practical [1], broadcastable.
        alkalinity: preformed [umol kg-1], broadcastable.
        followed: share of the rise that the surface has followed, broadcastable.

    Returns:
        `History` of values [umol kg-1], (..., year).

    >>> from shanhai.ocean.atmospheric_histories import atmospheric_co2
    >>> surface_carbon(atmospheric_co2(), [10.0], 35.0, 2300.0).values[0, [0, -2]].round(1).tolist()
    [0.0, 71.3]
    """
    t, s, a, e = (np.asarray(v, dtype=float)[..., None] for v in (theta, salinity, alkalinity, followed))
    held = equilibrium(t, s, a, np.asarray(co2.values))
    return History(co2.years, jnp.asarray(e * (held - held[..., :1])))
