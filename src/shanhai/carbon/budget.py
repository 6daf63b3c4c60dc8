r"""The global carbon budget: its terms with their uncertainty, the imbalance, what stays in the air, and feedbacks.

$$B_{IM} = E_{ff} + E_{luc} - (G_{atm} + S_{land} + S_{ocn}), \qquad AF = \frac{G_{atm}}{E_{ff} + E_{luc}}$$

Source: Friedlingstein et al. (2019), Earth Syst. Sci. Data 11, 1783.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shanhai.carbon.scenarios import Scenario, read_years
from shanhai.core.errors import InputError

Numbers = NDArray[np.float64]

TERMS = ("fossil", "land_use", "growth", "ocean", "land")
FOSSIL_SHARE = 0.05
UNCERTAINTY = {"land_use": 0.7, "growth": 0.2, "ocean": 0.5, "land": 0.9}
"""One standard error of a year [PgC yr-1], and share of fossil emissions: data file of Friedlingstein et al. (2019)."""

_COLUMNS = {
    "fossil": "Fossil-Fuel-And-Industry",
    "land_use": "Land-Use-Change-Emissions",
    "growth": "Atmospheric-Growth",
    "ocean": "Ocean-Sink",
    "land": "Land-Sink",
}


@dataclass(frozen=True)
class CarbonBudget:
    """Terms of a budget, all positive as they are spoken of [PgC yr-1], (year,).

    Args:
        years: (year,).
        fossil: E_ff.
        land_use: E_luc.
        growth: G_atm.
        ocean: S_ocn.
        land: S_land.
    """

    years: Numbers
    fossil: Numbers
    land_use: Numbers
    growth: Numbers
    ocean: Numbers
    land: Numbers

    @property
    def imbalance(self) -> Numbers:
        """B_IM [PgC yr-1]: what the terms, each estimated by itself, leave over."""
        return self.fossil + self.land_use - self.growth - self.ocean - self.land

    @property
    def airborne_fraction(self) -> Numbers:
        """Part of the emissions that stays in the air; NaN where nothing is emitted on balance."""
        emitted = self.fossil + self.land_use
        return np.divide(self.growth, emitted, out=np.full_like(emitted, np.nan), where=emitted > 0)

    def uncertainty(self, term: str) -> Numbers:
        """One standard error of a term in each year, or of "imbalance" as their root of squares [PgC yr-1]."""
        if term == "imbalance":
            return np.sqrt(sum(self.uncertainty(t) ** 2 for t in TERMS))
        if term == "fossil":
            return FOSSIL_SHARE * np.abs(self.fossil)
        if term not in UNCERTAINTY:
            raise InputError(f"there is no term {term!r}; known: {', '.join(TERMS)}, imbalance", where="carbon budget")
        return np.full(len(self.years), UNCERTAINTY[term])

    def mean(self, first: int, last: int) -> "CarbonBudget":
        """The mean of the years from the first to the last, as a budget of one entry.

        Raises:
            InputError: where the budget has none of the years.
        """
        kept = (self.years >= first) & (self.years <= last)
        if not kept.any():
            raise InputError(f"there is no year from {first} to {last}", where="carbon budget")
        return CarbonBudget(*(np.array([getattr(self, n)[kept].mean()]) for n in ("years", *TERMS)))

    def decades(self) -> "CarbonBudget":
        """Means of whole decades, each at its first year, and of the last ten years, at the first of them.

        Raises:
            InputError: for a budget of fewer than ten years.
        """
        first, last = int(self.years[0]), int(self.years[-1])
        if last - first < 9:
            raise InputError(f"it has {len(self.years)} years", where="carbon budget", do="give ten years or more")
        starts = list(range(-(-first // 10) * 10, last - 8, 10))
        starts += [last - 9] if last - 9 not in starts else []
        means = [self.mean(y, y + 9) for y in starts]
        terms = (np.concatenate([getattr(m, n) for m in means]) for n in TERMS)
        return CarbonBudget(np.array(starts, float), *terms)


def read_budget(path: Path | str) -> CarbonBudget:
    """Read the terms of the Global Carbon Budget since 1959 from a table of GtC per year.

    Args:
        path: of a file such as global-carbon-budget.csv with a column for each term.

    Raises:
        InputError: for a missing column, a gap, a cell that is no number, or numbers of another size.
    """
    table = read_years(path, tuple(_COLUMNS.values()))
    largest = max(np.abs(v).max() for v in table.columns.values())
    if largest > 100.0:
        raise InputError(f"a term reaches {largest:g}", where=str(path), do="give GtC yr-1")
    return CarbonBudget(table.years, *(table.columns[_COLUMNS[term]] for term in TERMS))


def read_historical_emissions(path: Path | str, before: Scenario) -> Scenario:
    """Emissions of the Global Carbon Budget since 1750.

    Land use begins in 1850 in that table; earlier it is that of a scenario, times what makes the two meet in 1850.
    Where fossil emissions are not given they are those of the scenario.

    Args:
        path: of a file such as historical-budget.csv.
        before: scenario with every year of the table from 1750 on, also for forcing and CO2.

    Raises:
        InputError: as `read_years`.
    """
    names = ("Fossil-Fuel-Industry", "Land-Use-Change")
    table = read_years(path, (), names)
    for name in names:
        if name not in table.columns:
            raise InputError(f"there is no column {name!r}", where=str(path))
    fossil, land_use = (table.columns[n] for n in names)
    kept = np.isfinite(fossil) | np.isfinite(land_use) | (table.years <= before.years[0])
    last = int(table.years[kept][-1])
    told = before.between(int(table.years[0]), last)
    fossil, land_use = fossil[: len(told.years)], land_use[: len(told.years)]
    start = int(np.flatnonzero(np.isfinite(land_use))[0])
    earlier = told.land_use * land_use[start] / told.land_use[start]
    return Scenario(
        "historical",
        told.years,
        np.where(np.isfinite(fossil), fossil, told.fossil),
        np.where(np.isfinite(land_use), land_use, earlier),
        told.forcing,
        told.ppm,
    )


@dataclass(frozen=True)
class Feedback:
    """Response of a store of carbon.

    Args:
        beta: to CO2 [PgC ppm-1].
        gamma: to warming [PgC K-1].
    """

    beta: float
    gamma: float


def feedback(
    stored: ArrayLike, stored_uncoupled: ArrayLike, ppm: ArrayLike, warming: ArrayLike, warming_uncoupled: ArrayLike
) -> Feedback:
    r"""Carbon-concentration and carbon-climate feedback from a coupled run and one whose carbon feels CO2 alone.

    $$\Delta C = \beta\,\Delta CO_2 + \gamma\,\Delta T, \qquad \Delta C' = \beta\,\Delta CO_2 + \gamma\,\Delta T'$$

    for β and γ, both runs having the same CO2.

    Source: Friedlingstein et al. (2006), J. Climate 19, 3337; Arora et al. (2020), Biogeosciences 17, 4173.

    Args:
        stored: change of the store in the coupled run [PgC].
        stored_uncoupled: change of the store in the other.
        ppm: change of CO2 [umol mol-1].
        warming: that carbon felt in the coupled run [K].
        warming_uncoupled: that it felt in the other.

    Raises:
        InputError: where the runs do not differ in warming, or CO2 has not changed.

    >>> feedback(100.0, 200.0, 280.0, 2.0, 0.0)
    Feedback(beta=0.7142857142857143, gamma=-50.0)
    """
    given = (stored, stored_uncoupled, ppm, warming, warming_uncoupled)
    c, c_other, p, t, t_other = (float(np.asarray(v)) for v in given)
    if t == t_other or p == 0:
        raise InputError("the runs do not differ in warming, or CO2 has not changed", where="feedback")
    gamma = (c - c_other) / (t - t_other)
    return Feedback((c_other - gamma * t_other) / p, gamma)


def gain(land: Feedback, ocean: Feedback, warming_per_ppm: float, pgc_per_ppm: float) -> float:
    r"""Gain of the climate-carbon feedback: CO2 grows by 1/(1 - g) of what it would without.

    $$g = \frac{-\alpha\,(\gamma_L + \gamma_O)}{m + \beta_L + \beta_O}$$

    Source: Friedlingstein et al. (2006), J. Climate 19, 3337, eq. 5.

    Args:
        land: feedbacks of the land.
        ocean: feedbacks of the sea.
        warming_per_ppm: α [K ppm-1].
        pgc_per_ppm: m, carbon of the air [PgC ppm-1].

    >>> round(gain(Feedback(0.97, -45.1), Feedback(0.79, -17.2), 0.0061, 2.124), 3)
    0.098
    """
    return -warming_per_ppm * (land.gamma + ocean.gamma) / (pgc_per_ppm + land.beta + ocean.beta)
