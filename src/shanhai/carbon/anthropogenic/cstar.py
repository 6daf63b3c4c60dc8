r"""ΔC*: anthropogenic carbon as what is left when respiration, dissolution, equilibrium and disequilibrium are gone.

$$\Delta C^* = DIC - r_{C:O}\,\mathrm{AOU} - \Delta CaCO_3 - C_{eq}(\theta, S, A_T^0, x_{pre}), \qquad
  C_{ant} = \Delta C^* - \Delta C_{dis}(\sigma)$$

The disequilibrium of an isopycnal is the mean ΔC* of its waters that no tracer has reached; where there are none, of

$$\Delta C^* - \left[C_{eq}(x(t - \tau)) - C_{eq}(x_{pre})\right]$$

over waters young enough that their tracer age τ means something: the short cut. Where there are none of these either,
any age has to serve.

Source: Gruber, Sarmiento & Stocker (1996), Glob. Biogeochem. Cycles 10, 809.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanhai.carbon.anthropogenic.estimates import Estimate, errors_of, made
from shanhai.carbon.anthropogenic.tracers import TRACERLESS, dry_air_equivalent, history_of
from shanhai.carbon.equilibrium import equilibrium
from shanhai.carbon.preformed_alkalinity import preformed_alkalinity
from shanhai.carbon.samples import columns, oxygen_utilisation, potential_density, potential_temperature
from shanhai.ocean.atmospheric_histories import atmospheric_co2
from shanhai.ocean.ventilation import History, checked_history, tracer_age, value_at
from shanhai.seawater.remineralisation import (
    Stoichiometry,
    anthropogenic_excess,
    calcium_carbonate_dissolved,
    stoichiometry,
)

Numbers = NDArray[np.float64]

METHOD = "ΔC*"
YOUNG = 30.0  # yr, tracer ages beyond which mixing spoils them, Gruber et al. (1996)
FEWEST = 5
OLD, SHORT_CUT, LONG_CUT = 0.0, 1.0, 2.0
SINKS_FROM = 100.0  # dbar; shallower water is still in touch with the air


@dataclass(frozen=True)
class Excess:
    """ΔC* and what it is made of, all [umol kg-1], (sample,).

    Args:
        values: ΔC*.
        standard_error: of it, by the errors of measurement.
        aou: apparent oxygen utilisation.
        calcium_carbonate: dissolved.
        alkalinity: preformed.
        equilibrium: C_eq before industry.
    """

    values: Numbers
    standard_error: Numbers
    aou: Numbers
    calcium_carbonate: Numbers
    alkalinity: Numbers
    equilibrium: Numbers


def excess(
    table: pd.DataFrame,
    co2: History,
    ratios: Stoichiometry,
    surface: pd.DataFrame | None,
    errors: Mapping[str, float],
) -> Excess:
    """ΔC* of every sample.

    Source: module.

    Args:
        table: columns dic, alkalinity, oxygen, phosphate, salinity, pressure, and a temperature.
        co2: history; its first year is the air before industry.
        ratios: stoichiometry.
        surface: samples to learn the preformed alkalinity from; those of `table` when absent.
        errors: see `errors_of`.
    """
    c = columns(table, ["dic", "alkalinity", "salinity", "oxygen"])
    theta, aou = potential_temperature(table), oxygen_utilisation(table)
    start, start_error = _start(table, ratios, surface)
    shells = 1e6 * np.asarray(calcium_carbonate_dissolved(1e-6 * c["alkalinity"], 1e-6 * start, 1e-6 * aou, ratios))
    before = equilibrium(theta, c["salinity"], start, co2.values[0])
    values = np.asarray(anthropogenic_excess(c["dic"], aou, shells, before, ratios))
    by_oxygen = float(ratios.carbon_per_oxygen + 0.5 * ratios.alkalinity_per_oxygen)
    by_start = (
        0.35  # umol of ΔC* per umol of preformed alkalinity, 0.30 at 20 degC to 0.37 at 2: dC_eq/dA less one half
    )
    parts = (
        errors["dic"],
        0.5 * errors["alkalinity"],
        by_oxygen * errors["oxygen"] * c["oxygen"],
        by_start * start_error,
    )
    return Excess(values, np.sqrt(sum(np.square(p) for p in parts)), aou, shells, start, before)


def _start(table: pd.DataFrame, ratios: Stoichiometry, surface: pd.DataFrame | None) -> tuple[Numbers, Numbers]:
    if "preformed_alkalinity" in table:
        given = columns(table, ["preformed_alkalinity"])["preformed_alkalinity"]
        return given, np.zeros_like(given)
    learned = preformed_alkalinity(table, ratios, surface)
    return learned.values, learned.standard_error


@dataclass(frozen=True)
class Disequilibrium:
    """Of every sample, from its isopycnal [umol kg-1], (sample,).

    Args:
        values: ΔC_dis.
        standard_error: of the mean of the isopycnal.
        age: tracer age [yr].
        notes: sentences.
    """

    values: Numbers
    standard_error: Numbers
    age: Numbers
    notes: list[str]


def disequilibrium(
    table: pd.DataFrame,
    found: Excess,
    co2: History,
    tracer: str,
    histories: Mapping[str, History] | None,
    isopycnals: int,
) -> Disequilibrium:
    """Air-sea disequilibrium of each isopycnal.

    Source: module.

    Args:
        table: as `excess`, with year and the tracer; a column `age` [yr] replaces the tracer age.
        found: ΔC*.
        co2: history of the air.
        tracer: column of the transient tracer.
        histories: see `tracers.history_of`.
        isopycnals: classes of σ2 with equal numbers of samples.
    """
    density, pressure = potential_density(table), columns(table, ["pressure"])["pressure"]
    age, without = _age(table, tracer, histories)
    rise = _rise(table, found, co2, age)
    usable = np.isfinite(found.values) & np.isfinite(density) & (pressure > SINKS_FROM)
    dated = usable & np.isfinite(rise)
    choices = [
        (usable & without, found.values, OLD),
        (dated & (age < YOUNG), found.values - rise, SHORT_CUT),
        (dated, found.values - rise, LONG_CUT),
    ]
    edges = np.quantile(density[usable], np.linspace(0.0, 1.0, isopycnals + 1))
    place = np.clip(np.searchsorted(edges, density, side="right") - 1, 0, isopycnals - 1)
    level, error, way = (np.full(isopycnals, np.nan) for _ in range(3))
    for i in range(isopycnals):
        here = [(chosen & (place == i), values, by) for chosen, values, by in choices]
        enough = [(h, values, by) for h, values, by in here if h.sum() >= FEWEST]
        if enough:
            chosen, values, way[i] = enough[0]
            level[i], error[i] = values[chosen].mean(), values[chosen].std(ddof=1) / np.sqrt(chosen.sum())
    known = np.isfinite(level)
    middle = 0.5 * (edges[1:] + edges[:-1])
    notes = _notes(way, tracer)
    if not known.any():
        nothing = np.full(len(table), np.nan)
        return Disequilibrium(nothing, nothing, age, notes)
    level, error = (np.interp(middle, middle[known], x[known]) for x in (level, error))
    return Disequilibrium(level[place], error[place], age, notes)


def _notes(way: Numbers, tracer: str) -> list[str]:
    count = {by: int((way == by).sum()) for by in (OLD, SHORT_CUT, LONG_CUT)}
    if not any(count.values()):
        return ["No isopycnal has enough samples that are old or have an age; there is no result."]
    return [
        f"Of {way.size} isopycnal classes {count[OLD]} have their disequilibrium from water without {tracer},"
        f" {count[SHORT_CUT]} from tracer ages below {YOUNG:g} years, {count[LONG_CUT]} from older ones, which mixing"
        f" spoils, and {way.size - sum(count.values())} from their neighbours."
    ]


def _age(
    table: pd.DataFrame, tracer: str, histories: Mapping[str, History] | None
) -> tuple[Numbers, NDArray[np.bool_]]:
    """Age of each sample, and whether it has none of the tracer."""
    equivalent = dry_air_equivalent(table, tracer)
    history = history_of(tracer, histories)
    year = columns(table, ["year"])["year"]
    without = equivalent < TRACERLESS * np.asarray(value_at(history, year))
    if "age" in table:
        return columns(table, ["age"])["age"], without
    return np.asarray(tracer_age(equivalent, history, year)), without


def _rise(table: pd.DataFrame, found: Excess, co2: History, age: Numbers) -> Numbers:
    """Equilibrium DIC of the year of sinking above that before industry [umol kg-1]."""
    air = value_at(co2, columns(table, ["year"])["year"] - np.nan_to_num(age))
    salinity = columns(table, ["salinity"])["salinity"]
    then = equilibrium(potential_temperature(table), salinity, found.alkalinity, air)
    return np.where(np.isfinite(age), then - found.equilibrium, np.nan)


def estimate(
    table: pd.DataFrame,
    *,
    tracer: str = "cfc12",
    co2: History | None = None,
    histories: Mapping[str, History] | None = None,
    ratios: Stoichiometry | None = None,
    surface: pd.DataFrame | None = None,
    isopycnals: int = 12,
    errors: Mapping[str, float] | None = None,
) -> Estimate:
    """Anthropogenic carbon by ΔC*.

    Source: Gruber, Sarmiento & Stocker (1996), Glob. Biogeochem. Cycles 10, 809.

    Args:
        table: columns dic, alkalinity, oxygen, phosphate, salinity, pressure, year, a temperature, the tracer.
        tracer: "cfc11", "cfc12" or "sf6".
        co2: history of the air; `atmospheric_co2` when absent.
        histories: tracer -> history; the synthetic ones for those absent.
        ratios: stoichiometry; "gruber_1996" when absent.
        surface: samples to learn the preformed alkalinity from; those of `table` when absent.
        isopycnals: classes of σ2, with equal numbers of samples.
        errors: see `errors_of`.

    Returns:
        `Estimate` since the first year of `co2`.

    Raises:
        InputError: for columns that are missing or in another unit.
    """
    air = checked_history(atmospheric_co2() if co2 is None else co2, "CO2")
    used = stoichiometry("gruber_1996") if ratios is None else ratios
    known = errors_of(errors)
    found = excess(table, air, used, surface, known)
    gap = disequilibrium(table, found, air, tracer, histories, isopycnals)
    details = {
        "excess": found.values,
        "disequilibrium": gap.values,
        "aou": found.aou,
        "calcium_carbonate": found.calcium_carbonate,
        "preformed_alkalinity": found.alkalinity,
        "age": gap.age,
    }
    error = np.hypot(found.standard_error, gap.standard_error)
    return made(table, found.values - gap.values, error, METHOD, float(air.years[0]), gap.notes, details)
