r"""Transit time distributions: transient tracers give the ages of a water, the ages its anthropogenic carbon.

$$\int_0^\infty x_{tr}(t - \tau)\,G(\tau)\,d\tau = \frac{c}{\alpha F} \;\Rightarrow\; \Gamma, \qquad
  C_{ant} = \int_0^\infty C^0_{ant}(t - \tau)\,G(\tau)\,d\tau$$

No carbon is measured: the natural background, and with it its uncertainty, does not enter.

Source: Hall, Haine & Waugh (2002), Glob. Biogeochem. Cycles 16, 1131; Waugh et al. (2006), Tellus 58B, 376.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanhai.carbon.anthropogenic.estimates import Estimate, errors_of, made
from shanhai.carbon.anthropogenic.tracers import dry_air_equivalent, history_of
from shanhai.carbon.equilibrium import surface_carbon
from shanhai.carbon.samples import columns, potential_temperature
from shanhai.core.errors import InputError
from shanhai.ocean.atmospheric_histories import atmospheric_co2
from shanhai.ocean.ventilation import (
    OLDEST,
    YOUNGEST,
    History,
    checked_history,
    interior_value,
    mean_age,
    mean_age_and_width,
)

Numbers = NDArray[np.float64]

METHOD = "TTD"
WIDTH_ERROR = 0.25
"""Standard deviation of Δ/Γ where it is assumed: 0.5 to 1.5 at two of them."""
SATURATION_ERROR = 0.05
"""Standard deviation of the saturation at which water sinks, relative."""


@dataclass(frozen=True)
class Ages:
    """Mean age [yr] and width ratio of every sample, with what had to be said."""

    mean_age: Numbers
    width_ratio: Numbers
    notes: list[str]


def ages(
    equivalents: Sequence[Numbers], histories: Sequence[History], year: Numbers, width_ratio: float | Numbers
) -> Ages:
    """Mean age and width ratio of the samples from one or two tracers.

    Where two tracers fit no width, the first gives the age with `width_ratio`. Water with more tracer than any age
    gives counts as the youngest, with less than any as the oldest.

    Source: `mean_age`, `mean_age_and_width`.

    Args:
        equivalents: mole fraction of air [mol mol-1] of each tracer, (sample,).
        histories: of each.
        year: of the samples.
        width_ratio: Δ/Γ assumed, one or (sample,).
    """
    x, history = equivalents[0], histories[0]
    ratio = np.broadcast_to(np.asarray(width_ratio, dtype=float), x.shape)
    notes: list[str] = []
    if len(equivalents) > 1:
        both = mean_age_and_width(x, history, equivalents[1], histories[1], year)
        told = np.isfinite(np.asarray(both.width_ratio))
        ratio = np.where(told, np.asarray(both.width_ratio), ratio)
        have = np.isfinite(x) & np.isfinite(equivalents[1])
        notes.append(f"{int(told.sum())} of {int(have.sum())} samples have a width that fits both tracers.")
    found = np.array(mean_age(x, history, year, ratio))
    out = np.isnan(found) & np.isfinite(x) & np.isfinite(year)
    least = np.asarray(interior_value(history, year, np.full(x.shape, OLDEST), OLDEST * ratio))
    old, young = out & (x <= least), out & (x > least)
    found[old], found[young] = OLDEST, YOUNGEST
    if old.any():
        notes.append(f"{int(old.sum())} samples have less tracer than {OLDEST:g} years give and count as that old.")
    if young.any():
        notes.append(f"{int(young.sum())} samples have more tracer than any age gives and count as just ventilated.")
    return Ages(found, ratio, notes)


def estimate(
    table: pd.DataFrame,
    *,
    tracers: Sequence[str] = ("cfc12",),
    width_ratio: float = 1.0,
    saturation: float = 1.0,
    followed: float = 1.0,
    co2: History | None = None,
    histories: Mapping[str, History] | None = None,
    errors: Mapping[str, float] | None = None,
) -> Estimate:
    """Anthropogenic carbon by transit time distributions.

    Source: Hall, Haine & Waugh (2002); Waugh et al. (2006), who take Δ/Γ = 1.

    Args:
        table: columns of the tracers, salinity, year, a temperature, and preformed_alkalinity or alkalinity.
        tracers: one, or two that rise at different times such as "cfc12" and "sf6".
        width_ratio: Δ/Γ where one tracer does not tell it.
        saturation: share of equilibrium of the tracers at which water sinks.
        followed: share of the rise of CO2 that surface water has followed.
        co2: history of the air; `atmospheric_co2` when absent.
        histories: tracer -> history; the synthetic ones for those absent.
        errors: see `errors_of`.

    Returns:
        `Estimate` since the first year of `co2`; details mean_age [yr] and width_ratio.

    Raises:
        InputError: for columns that are missing or in another unit, no or more than two tracers, a width of zero.
    """
    if not 1 <= len(tracers) <= 2 or len(set(tracers)) != len(tracers):
        raise InputError(f"{len(tracers)} tracers are given", where="tracers", do="give one, or two different ones")
    if not 0.05 <= width_ratio <= 3.0:
        raise InputError(f"a width ratio of {width_ratio} is out of range", where="width_ratio", do="0.05 to 3")
    air = checked_history(atmospheric_co2() if co2 is None else co2, "CO2")
    known = errors_of(errors)
    year = columns(table, ["year"])["year"]
    used = [history_of(name, histories) for name in tracers]
    equivalents = [dry_air_equivalent(table, name, saturation) for name in tracers]
    surface, notes = _carbon_of_surface(table, air, followed)

    def carbon(found: Ages) -> Numbers:
        return np.asarray(interior_value(surface, year, found.mean_age, found.mean_age * found.width_ratio))

    def by_first(factor: float, ratio: Numbers) -> Numbers:
        return carbon(ages([factor * equivalents[0]], used[:1], year, ratio))

    central = ages(equivalents, used, year, width_ratio)
    value, ratio = carbon(central), central.width_ratio
    share = float(np.hypot(known["tracer"], SATURATION_ERROR))
    more, wider = by_first(1.0 + share, ratio) - value, by_first(1.0, ratio + WIDTH_ERROR) - value
    details = {"mean_age": central.mean_age, "width_ratio": central.width_ratio}
    since = float(air.years[0])
    return made(table, value, np.hypot(more, wider), METHOD, since, [*notes, *central.notes], details)


def _carbon_of_surface(table: pd.DataFrame, air: History, followed: float) -> tuple[History, list[str]]:
    """Anthropogenic carbon [umol kg-1] of the surface where each sample sank, (sample, year)."""
    notes, name = [], "preformed_alkalinity"
    if name not in table:
        name = "alkalinity"
        notes.append("The measured alkalinity stands for that of the surface; 20 umol kg-1 make 1 % of C_ant.")
    c = columns(table, [name, "salinity"])
    surface = surface_carbon(air, potential_temperature(table), c["salinity"], c[name], followed)
    return surface, notes
