"""Transient tracers of a table, as the mole fraction of the air that they are in equilibrium with."""

from collections.abc import Mapping

import jax
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanhai.carbon.samples import TRACERS, columns, potential_temperature
from shanhai.core.errors import InputError, nearest
from shanhai.ocean.atmospheric_histories import synthetic_history
from shanhai.ocean.ventilation import History, checked_history
from shanhai.seawater import moist_air_solubility

TRACERLESS = 0.01
"""Below this share of equilibrium with the air of the year water counts as free of the tracer: near 0.02 pmol kg-1 of
CFC-12, some times the detection limit of good cruises."""


_solubility = jax.jit(moist_air_solubility, static_argnums=0)


def dry_air_equivalent(table: pd.DataFrame, tracer: str, saturation: float = 1.0) -> NDArray[np.float64]:
    r"""Mole fraction of dry air with which a sample would be in equilibrium.

    $$x = \frac{c}{\alpha\,F(\theta, S)}$$

    Source: Doney & Bullister (1992), Deep-Sea Res. 39, 1857; F see `moist_air_solubility`.

    Args:
        table: tracer [pmol kg-1, of SF6 fmol kg-1], salinity, and a temperature.
        tracer: "cfc11", "cfc12" or "sf6".
        saturation: α, share of equilibrium at which the water sank.

    Returns:
        mole fraction [mol mol-1], (sample,).

    Raises:
        InputError: for another tracer, or a saturation that is none.

    >>> table = pd.DataFrame({"cfc12": [2.0], "salinity": [35.0], "potential_temperature": [5.0]})
    >>> round(float(dry_air_equivalent(table, "cfc12")[0]) * 1e12)
    408
    """
    gas, unit = _known(tracer)
    if not 0.0 < saturation <= 1.2:
        raise InputError(f"{saturation} is no saturation", where="saturation", do="give a share such as 0.95")
    c = columns(table, [tracer, "salinity"])
    solubility = np.asarray(_solubility(gas, potential_temperature(table), c["salinity"]))
    return unit * c[tracer] / (saturation * solubility)


def history_of(tracer: str, histories: Mapping[str, History] | None) -> History:
    """History of a tracer: the one given, or the smooth synthetic one.

    >>> history_of("sf6", None).years.size
    51
    """
    gas, _ = _known(tracer)
    given = (histories or {}).get(tracer)
    return synthetic_history(gas) if given is None else checked_history(given, tracer)


def _known(tracer: str) -> tuple[str, float]:
    if tracer not in TRACERS:
        raise InputError(f"there is no transient tracer {tracer!r}", where="tracer", do=nearest(tracer, TRACERS))
    return TRACERS[tracer]
