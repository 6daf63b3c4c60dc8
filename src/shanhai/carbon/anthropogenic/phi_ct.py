r"""ΔC* with a disequilibrium that grows with the anthropogenic carbon, in the manner of φC_T°.

$$C_{ant} = \frac{\Delta C^* - \Delta C_{dis}}{1 + \varphi\,|\Delta C_{dis}|/C_{ant}^{sat}}, \qquad
  C_{ant}^{sat} = C_{eq}(x(t)) - C_{eq}(x_{pre})$$

φ = 0.55 is the share of its change that the disequilibrium has had. What is *not* taken over are the regressions of
φC_T° for preformed alkalinity and disequilibrium in the Atlantic, of many pieces by latitude and temperature and with
a mixing analysis below 5 degC: they could not be verified in print. Here both come from the data as in ΔC*, or from
columns `preformed_alkalinity` and `disequilibrium` of the user; the saturation is computed and no line in temperature.

Source: form of Vázquez-Rodríguez et al. (2009), Biogeosciences 6, 439; confirmed in one open code of the method.
"""

from collections.abc import Mapping

import equinox as eqx
import numpy as np
import pandas as pd
from jax import Array

from shanhai.carbon.anthropogenic.cstar import disequilibrium, excess
from shanhai.carbon.anthropogenic.estimates import Estimate, errors_of, made
from shanhai.carbon.equilibrium import equilibrium
from shanhai.carbon.samples import columns, potential_temperature
from shanhai.core.params import par
from shanhai.ocean.atmospheric_histories import atmospheric_co2
from shanhai.ocean.ventilation import History, checked_history, value_at
from shanhai.seawater.remineralisation import Stoichiometry, stoichiometry

METHOD = "φCT° form"


class Growth(eqx.Module):
    """How the disequilibrium has grown."""

    phi: Array = par(
        0.55,
        "1",
        source="Vázquez-Rodríguez et al. (2009), Biogeosciences 6, 439; from one open code, unverified in print",
        bounds=(0.0, 2.0),
        meaning="change of the disequilibrium, per its present size and share of saturation",
    )


def estimate(
    table: pd.DataFrame,
    *,
    tracer: str = "cfc12",
    co2: History | None = None,
    histories: Mapping[str, History] | None = None,
    ratios: Stoichiometry | None = None,
    surface: pd.DataFrame | None = None,
    isopycnals: int = 12,
    growth: Growth | None = None,
    errors: Mapping[str, float] | None = None,
) -> Estimate:
    """Anthropogenic carbon by ΔC* with a growing disequilibrium.

    Source: module.

    Args:
        table: as `cstar.estimate`; a column disequilibrium [umol kg-1] replaces that of the isopycnals.
        tracer: as `cstar.estimate`.
        co2: history of the air; `atmospheric_co2` when absent.
        histories: tracer -> history; the synthetic ones for those absent.
        ratios: stoichiometry; "gruber_1996" when absent.
        surface: samples to learn the preformed alkalinity from; those of `table` when absent.
        isopycnals: classes of σ2.
        growth: φ.
        errors: see `errors_of`.

    Returns:
        `Estimate` since the first year of `co2`.

    Raises:
        InputError: for columns that are missing or in another unit.
    """
    air = checked_history(atmospheric_co2() if co2 is None else co2, "CO2")
    used = stoichiometry("gruber_1996") if ratios is None else ratios
    found = excess(table, air, used, surface, errors_of(errors))
    if "disequilibrium" in table:
        given = columns(table, ["disequilibrium"])["disequilibrium"]
        gap, gap_error, notes = given, np.zeros_like(given), ["The disequilibrium is that of the table."]
    else:
        told = disequilibrium(table, found, air, tracer, histories, isopycnals)
        gap, gap_error, notes = told.values, told.standard_error, told.notes
    c = columns(table, ["salinity", "year"])
    now = equilibrium(potential_temperature(table), c["salinity"], found.alkalinity, value_at(air, c["year"]))
    saturated = now - found.equilibrium
    phi = float((Growth() if growth is None else growth).phi)
    shrink = 1.0 / (1.0 + phi * np.abs(gap) / np.where(saturated > 0, saturated, np.inf))
    error = shrink * np.hypot(found.standard_error, gap_error)
    details = {"excess": found.values, "disequilibrium": gap, "saturated": saturated}
    return made(table, shrink * (found.values - gap), error, METHOD, float(air.years[0]), notes, details)
