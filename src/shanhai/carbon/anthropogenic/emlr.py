r"""eMLR: the change of anthropogenic carbon between two cruises from the change of regressions.

$$y_1 = a_1 + \sum_k b_{1k}P_k, \qquad y_2 = a_2 + \sum_k b_{2k}P_k, \qquad
  \Delta C_{ant} = (a_2 - a_1) + \sum_k (b_{2k} - b_{1k})\,P_k$$

at the predictors P of the later cruise, with the same predictors in both. What the natural carbon does with its water
is in the predictors and drops out. y is DIC (eMLR), or C*, which respiration and dissolution do not change (eMLR(C*)).

Many sets of predictors say nearly the same. Sets whose members depend on one another (variance inflation) are left out;
of the others the best by residual are all used, and their spread is part of the uncertainty.

Source: Friis et al. (2005), Deep-Sea Res. I 52, 681; Clement & Gruber (2018), Glob. Biogeochem. Cycles 32, 654.
"""

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanhai.carbon.anthropogenic.estimates import Estimate, made
from shanhai.carbon.regression import Regression, fit
from shanhai.carbon.samples import columns, oxygen_utilisation, potential_density, potential_temperature
from shanhai.core.errors import InputError, nearest
from shanhai.seawater.remineralisation import Stoichiometry, c_star, stoichiometry

Numbers = NDArray[np.float64]
Response = Literal["dic", "c_star"]

METHODS = {"dic": "eMLR", "c_star": "eMLR(C*)"}
PREDICTORS: dict[str, tuple[str, ...]] = {
    "dic": ("salinity", "potential_temperature", "aou", "nitrate", "phosphate", "silicate", "alkalinity"),
    "c_star": ("salinity", "potential_temperature", "aou", "nitrate", "phosphate", "silicate"),
}
"""Candidates; C* has alkalinity in it."""
SIZES = (2, 3, 4, 5)
INFLATION = 30.0
"""Largest variance inflation factor of a set."""
SHALLOW = 100.0  # dbar; the seasons are above, Clement & Gruber (2018) leave out 100 to 150 m
FEWEST = 40


class Pair(NamedTuple):
    """Regressions of the two cruises with one set of predictors."""

    earlier: Regression
    later: Regression

    @property
    def residual(self) -> float:
        """Of both cruises together."""
        return float(np.hypot(self.earlier.residual, self.later.residual))


def predictor_table(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Predictors of every sample; aou and potential_temperature are computed.

    Raises:
        InputError: for a column that is missing or in another unit.

    >>> table = pd.DataFrame({"potential_temperature": [10.0], "salinity": [35.0], "oxygen": [200.0]})
    >>> predictor_table(table, ["salinity", "aou"]).round(1).values.tolist()
    [[35.0, 74.6]]
    """
    made_here = {"aou": oxygen_utilisation, "potential_temperature": potential_temperature}
    found = {n: made_here[n](table) if n in made_here else columns(table, [n])[n] for n in names}
    return pd.DataFrame(found, index=table.index)


def response_of(table: pd.DataFrame, response: Response, ratios: Stoichiometry) -> Numbers:
    """DIC or C* of every sample [umol kg-1].

    Raises:
        InputError: for another response, and for columns.

    >>> response_of(pd.DataFrame({"dic": [2000.0]}), "dic", stoichiometry("gruber_1996")).tolist()
    [2000.0]
    """
    if response not in METHODS:
        raise InputError(f"{response!r} is not regressed", where="response", do=nearest(response, METHODS))
    if response == "dic":
        return columns(table, ["dic"])["dic"]
    c = columns(table, ["dic", "alkalinity", "phosphate"])
    return np.asarray(c_star(c["dic"], c["alkalinity"], c["phosphate"], ratios))


def best_pairs(
    earlier: tuple[pd.DataFrame, Numbers],
    later: tuple[pd.DataFrame, Numbers],
    members: int,
    sizes: Sequence[int] = SIZES,
) -> list[Pair]:
    """The best sets of predictors, by the residual of both cruises.

    Source: Clement & Gruber (2018) keep the ten best by RMSE.

    Args:
        earlier: predictors and response.
        later: the same of the second cruise.
        members: how many are kept.
        sizes: numbers of predictors in a set.

    Raises:
        InputError: where no set is free of dependence.
    """
    candidates = list(earlier[0].columns)
    pairs = []
    for names in (list(c) for size in sizes for c in combinations(candidates, size)):
        one, two = (fit(x[names].to_numpy(), y, names) for x, y in (earlier, later))
        if max(one.inflation.max(), two.inflation.max()) <= INFLATION and one.dropped == two.dropped == 0:
            pairs.append(Pair(one, two))
    if not pairs:
        raise InputError(
            f"every set of {', '.join(candidates)} has predictors that depend on one another",
            where="predictors",
            do="offer other candidates or wider density slabs",
        )
    return sorted(pairs, key=lambda pair: pair.residual)[:members]


def _change(pairs: Sequence[Pair], predictors: pd.DataFrame) -> tuple[Numbers, Numbers]:
    """Mean change of the members, and its standard error: regression and spread."""
    each, error = [], []
    for pair in pairs:
        x = predictors[list(pair.later.predictors)].to_numpy()
        one, two = pair.earlier.at(x), pair.later.at(x)
        each.append(two.values - one.values)
        error.append(one.standard_error**2 + two.standard_error**2)
    spread = np.var(each, axis=0, ddof=1) if len(each) > 1 else np.zeros(len(predictors))
    return np.mean(each, axis=0), np.sqrt(np.mean(error, axis=0) + spread)


def estimate(
    table: pd.DataFrame,
    *,
    earlier: pd.DataFrame,
    response: Response = "c_star",
    predictors: Sequence[str] | None = None,
    members: int = 10,
    slabs: int = 3,
    ratios: Stoichiometry | None = None,
) -> Estimate:
    """Change of anthropogenic carbon between two cruises by eMLR or eMLR(C*).

    Source: Friis et al. (2005); Clement & Gruber (2018).

    Args:
        table: later cruise: columns of the response and the predictors, pressure, year.
        earlier: earlier cruise along the same section.
        response: "dic" for eMLR, "c_star" for eMLR(C*).
        predictors: candidates; `PREDICTORS` when absent.
        members: regressions in the ensemble.
        slabs: layers of σ2, of equal numbers of samples, that are regressed on their own.
        ratios: stoichiometry of C*; "gruber_1996" when absent.

    Returns:
        `Estimate` since the mean year of `earlier`, NaN above 100 dbar.

    Raises:
        InputError: for columns, too few samples, cruises that are not in order, or dependent predictors.
    """
    used = stoichiometry("gruber_1996") if ratios is None else ratios
    names = list(PREDICTORS[response] if predictors is None and response in PREDICTORS else predictors or ())
    years = [float(np.nanmean(columns(t, ["year"])["year"])) for t in (earlier, table)]
    if not years[1] > years[0]:
        what = f"the earlier cruise is of {years[0]:.0f} and the later of {years[1]:.0f}"
        raise InputError(what, where="earlier", do="exchange the tables")
    responses = [response_of(t, response, used) for t in (earlier, table)]
    found = [predictor_table(t, names) for t in (earlier, table)]
    layers = [potential_density(t) for t in (earlier, table)]
    deep = [columns(t, ["pressure"])["pressure"] > SHALLOW for t in (earlier, table)]
    edges = np.quantile(layers[1][deep[1]], np.linspace(0.0, 1.0, slabs + 1))
    edges[0], edges[-1] = -np.inf, np.inf
    change, error = np.full(len(table), np.nan), np.full(len(table), np.nan)
    chosen: list[str] = []
    for low, high in pairwise(edges):
        here = [d & (x >= low) & (x < high) for d, x in zip(deep, layers)]
        _check_enough(here, low, high)
        data = [(p[h].reset_index(drop=True), r[h]) for p, r, h in zip(found, responses, here)]
        pairs = best_pairs(data[0], data[1], members)
        change[here[1]], error[here[1]] = _change(pairs, data[1][0])
        chosen.append(f"{'+'.join(pairs[0].later.predictors)} ({pairs[0].later.residual:.1f} umol kg-1)")
    notes = [f"Best set of each slab, light to dense, with its residual: {'; '.join(chosen)}."]
    notes.append("Above 100 dbar the seasons do not let it be told.")
    return made(table, change, error, METHODS[response], years[0], notes, {"response": responses[1]})


def _check_enough(here: Sequence[NDArray[np.bool_]], low: float, high: float) -> None:
    fewest = min(int(h.sum()) for h in here)
    if fewest < FEWEST:
        what = f"a cruise has {fewest} samples between σ2 of {low:.2f} and {high:.2f}; {FEWEST} are needed"
        raise InputError(what, where="slabs", do="take fewer slabs")
