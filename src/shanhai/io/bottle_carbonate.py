"""The carbonate system of a bottle table: which pair, at which conditions, and how further measurements agree."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanhai.core.errors import InputError, nearest
from shanhai.core.notation import quantity
from shanhai.io.bottle_columns import COLD_OR_WARM
from shanhai.io.bottle_units import Numbers
from shanhai.io.bottles import Bottles
from shanhai.seawater.co2system.carbonate import Carbonate, carbonate
from shanhai.seawater.co2system.given import KINDS
from shanhai.seawater.co2system.pairs import REASONS
from shanhai.seawater.co2system.quantities import CODES, OUTPUTS, PAIR, SOLUTES
from shanhai.seawater.co2system.solver import Root
from shanhai.seawater.constants import ConstantOptions
from shanhai.seawater.constants.validity import validity_meanings

BEST_FIRST = ("dic", "alkalinity", *(n for n in PAIR if n.startswith("pH")), "fCO2", "pCO2", "xCO2")
"""Quantities in the order in which pairs are looked for: DIC with alkalinity, then either with pH, then with CO2."""

COLUMNS = (
    *("dic", "alkalinity", "pH", "pCO2", "fCO2", "co2", "bicarbonate", "carbonate"),
    *("omega_calcite", "omega_aragonite", "revelle_factor"),
)
"""Quantities in the result when none are asked for."""

_NEEDED = ("temperature", "salinity", "pressure")
_MISSING, _SOLVED = 1, 0  # of REASONS


@dataclass(frozen=True)
class Comparison:
    """A further measurement against what the pair gives for it, at the conditions of that measurement.

    Args:
        name: quantity.
        n: rows that have both.
        mean: mean of computed minus measured, unit of the notation table.
        sd: standard deviation of the same.
        difference: computed minus measured in every row.
    """

    name: str
    n: int
    mean: float
    sd: float
    difference: Numbers


@dataclass(frozen=True)
class BottleResult:
    """The carbonate system of the rows of a table.

    Args:
        bottles: the table.
        pair: the two quantities it was computed from.
        options: names of the fits.
        values: quantities in situ, NaN where there is none; by line of the file.
        output: the same at the output conditions, or None.
        reason: in words, empty where solved.
        validity: in words, empty where every constant is inside its range.
        comparisons: of the measurements that the pair leaves over.
        notes: sentences that the reader must know.
    """

    bottles: Bottles
    pair: tuple[str, str]
    options: ConstantOptions
    values: pd.DataFrame
    output: pd.DataFrame | None
    reason: NDArray[np.str_]
    validity: NDArray[np.str_]
    comparisons: list[Comparison]
    notes: list[str]

    @property
    def solved(self) -> int:
        """How many rows have a result."""
        return int((self.reason == "").sum())


@dataclass(frozen=True)
class _Water:
    """Rows ready to be solved, at any conditions."""

    salinity: Numbers
    solutes: dict[str, Numbers]
    options: ConstantOptions

    def at(
        self,
        pair: Mapping[str, Numbers],
        temperature: Numbers,
        pressure: Numbers,
        outputs: Iterable[str],
        root: Root | None = None,
    ) -> Carbonate:
        """Solve a pair that holds at these conditions."""
        amounts: dict[str, Any] = {**pair, **self.solutes}
        return carbonate(
            temperature=temperature,
            salinity=self.salinity,
            pressure=pressure,
            outputs=tuple(dict.fromkeys((*outputs, "reason", "validity_flag"))),
            options=self.options,
            root=root,
            check=False,
            **amounts,
        )


def solve_bottles(
    bottles: Bottles,
    *,
    pair: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    output_temperature: float | None = None,
    output_pressure: float | None = None,
    options: ConstantOptions = ConstantOptions(),
    root: Root | None = None,
) -> BottleResult:
    """Compute the carbonate system of every bottle in situ.

    A pH or CO2 that was measured in the laboratory is solved there, at no pressure, and its water then taken to the
    temperature and pressure in situ with DIC and alkalinity kept. Missing nutrients count as zero. Quantities that the
    pair leaves over are compared with what it gives at the conditions of their measurement.

    Args:
        bottles: of `read_bottles`.
        pair: two quantities; DIC and alkalinity when absent, then either with pH, then either with CO2.
        outputs: names of `quantities.OUTPUTS`; those of `COLUMNS` that are not the pair when absent.
        output_temperature: report at this temperature [degC] too.
        output_pressure: report at this sea pressure [dbar] too.
        options: names of the fits.
        root: which of two waters with the same pair.

    Returns:
        `BottleResult`.

    Raises:
        InputError: if there is no such pair, or the temperature of a measurement is not told.
    """
    names = _chosen(bottles, pair)
    wanted = _asked(outputs, names)
    values = bottles.values
    notes: list[str] = []
    solutes = {name: _filled(values, names, name, notes) for name in SOLUTES if name in values}
    water = _Water(values["salinity"].to_numpy(), solutes, options)
    core, reason, flag = _core(bottles, names, water, root)
    t, p = values["temperature"].to_numpy(), values["pressure"].to_numpy()
    there = water.at(core, t, p, wanted)
    reason = np.where(reason == _SOLVED, np.asarray(there.reason), reason)
    output = None
    if output_temperature is not None or output_pressure is not None:
        t_out = t if output_temperature is None else np.full_like(t, output_temperature)
        p_out = p if output_pressure is None else np.full_like(p, output_pressure)
        changing = [name for name in wanted if name not in ("dic", "alkalinity")]
        output = _frame(_checked(water, core, t_out, p_out, changing), changing, values.index)
    return BottleResult(
        bottles,
        names,
        options,
        _frame(there, wanted, values.index),
        output,
        _reasons(reason, values, names, bottles),
        _validity(flag | np.asarray(there.validity_flag), reason, options),
        _comparisons(bottles, names, core, water, notes),
        notes,
    )


def _asked(outputs: Sequence[str] | None, pair: tuple[str, str]) -> tuple[str, ...]:
    known = [name for name in OUTPUTS if name not in CODES]
    for name in outputs or ():
        if name not in known:
            raise InputError(f"{name!r} is no quantity that is computed; {nearest(name, known)}", where="--outputs")
    return tuple(dict.fromkeys(outputs)) if outputs else tuple(name for name in COLUMNS if name not in pair)


def _chosen(bottles: Bottles, pair: Sequence[str] | None) -> tuple[str, str]:
    """The pair that is told, or the first of the usual ones that some row has."""
    where, measured = str(bottles.file.path), bottles.measured
    if pair is not None:
        return _told(bottles, tuple(pair))
    ordered = [n for n in (*BEST_FIRST, *PAIR) if n in measured]
    for one, other in combinations(dict.fromkeys(ordered), 2):
        both = bottles.values[[one, other]].notna().all(axis=1).any()
        if KINDS[PAIR[one]] != KINDS[PAIR[other]] and both:
            return one, other
    found = ", ".join(measured) or "none"
    seen = " ".join(note for note in bottles.notes if "no row with a good flag" in note)
    what = f"no row has two good quantities of the carbonate system; with good values there is: {found}. {seen}"
    raise InputError(what.strip(), where=where, do="look at the flags: 2 and 6 are good")


def _told(bottles: Bottles, pair: tuple[str, ...]) -> tuple[str, str]:
    for name in pair:
        if name not in PAIR:
            raise InputError(f"{name!r} is no quantity of the carbonate system; {nearest(name, PAIR)}", where="--pair")
        if name not in bottles.values:
            has = ", ".join(bottles.measured)
            raise InputError(f"the table has no {name}; it has {has}", where="--pair", do=f"name it: --columns.{name}")
    if len(pair) != 2 or KINDS[PAIR[pair[0]]] == KINDS[PAIR[pair[1]]]:
        raise InputError(f"{','.join(pair)} does not fix the system", where="--pair", do="give two, as dic,alkalinity")
    return pair[0], pair[1]


def _filled(values: pd.DataFrame, pair: tuple[str, str], name: str, notes: list[str]) -> Numbers:
    gaps = values[name].isna()
    count = int((gaps & values[list(pair)].notna().all(axis=1)).sum())
    if count:
        notes.append(f"{name} is missing in {count} rows and counts as zero there.")
    return values[name].fillna(0.0).to_numpy()


def _core(
    bottles: Bottles, pair: tuple[str, str], water: _Water, root: Root | None
) -> tuple[dict[str, Numbers], NDArray[np.int_], NDArray[np.int_]]:
    """DIC and alkalinity, which no temperature changes, with the reason and validity of finding them."""
    values = {name: bottles.values[name].to_numpy() for name in pair}
    if set(pair) == {"dic", "alkalinity"}:
        nothing = np.zeros(len(bottles.values), dtype=int)
        return values, nothing, nothing
    temperature, pressure = _conditions(bottles, [name for name in pair if name in COLD_OR_WARM])
    found = water.at(values, temperature, pressure, ("dic", "alkalinity"), root)
    core = {"dic": np.asarray(found.dic), "alkalinity": np.asarray(found.alkalinity)}
    return core, np.asarray(found.reason).astype(int), np.asarray(found.validity_flag).astype(int)


def _conditions(bottles: Bottles, names: list[str]) -> tuple[Numbers, Numbers]:
    """Temperature and pressure at which quantities were measured; in situ if they do not change with them."""
    places = [bottles.measured_at.get(name) for name in names]
    for name, place in zip(names, places):
        if place is None:
            column = bottles.columns[name][0]
            raise InputError(
                f"the temperature at which {name} was measured is not told",
                where=f"{bottles.file.path}: {column.label}",
                do="say --measured-at with it [degC] or in_situ, or write it in the header, as 'pH_total (25 degC)'",
            )
    first = places[0] if places else "in_situ"
    if any(not np.array_equal(np.asarray(first), np.asarray(other), equal_nan=False) for other in places[1:]):
        what = f"{' and '.join(names)} were measured at different temperatures, and make no pair"
        raise InputError(what, where=str(bottles.file.path), do="pair one of them with dic or alkalinity")
    if isinstance(first, str) or first is None:
        return bottles.values["temperature"].to_numpy(), bottles.values["pressure"].to_numpy()
    return first, np.zeros_like(first)


def _checked(water: _Water, core: dict[str, Numbers], t: Numbers, p: Numbers, wanted: Sequence[str]) -> Carbonate:
    for name, values, low, high in (("temperature", t, -5.0, 60.0), ("pressure", p, -0.5, 12000.0)):
        if (values < low).any() or (values > high).any():
            what = f"{np.nanmax(np.abs(values)):g} is not believable ({low:g} to {high:g})"
            raise InputError(what, where=f"--output-{name}", do="give degC and dbar")
    return water.at(core, t, p, wanted)


def _frame(found: Carbonate, names: Sequence[str], index: pd.Index) -> pd.DataFrame:
    return pd.DataFrame({name: np.asarray(getattr(found, name)) for name in names}, index=index)


def _reasons(
    codes: NDArray[np.int_], values: pd.DataFrame, pair: tuple[str, str], bottles: Bottles
) -> NDArray[np.str_]:
    """Why a row has no result, in words; a missing input by its name."""
    words = np.full(len(codes), "", dtype=object)
    for code, saying in REASONS.items():
        words[codes == code] = "" if code == _SOLVED else saying
    needed = {name: values[name].isna().to_numpy() for name in (*pair, *_NEEDED)}
    for name in pair:
        place = bottles.measured_at.get(name)
        if place is not None and not isinstance(place, str):
            needed[f"temperature of {name}"] = np.isnan(place)
    for row in np.flatnonzero(codes == _MISSING):
        lost = [name for name, gone in needed.items() if gone[row]]
        words[row] = f"missing: {', '.join(lost)}" if lost else words[row]
    return words.astype(str)


def _validity(flags: NDArray[np.int_], reasons: NDArray[np.int_], options: ConstantOptions) -> NDArray[np.str_]:
    """Constants that are used outside their range, in words."""
    meanings = validity_meanings(options)
    words = np.full(len(flags), "", dtype=object)
    solved = reasons == _SOLVED
    for flag in np.unique(flags[solved]):
        said = "; ".join(meaning for bit, meaning in meanings.items() if flag & bit)
        words[solved & (flags == flag)] = said
    return words.astype(str)


def _comparisons(
    bottles: Bottles, pair: tuple[str, str], core: dict[str, Numbers], water: _Water, notes: list[str]
) -> list[Comparison]:
    rows, untold = [], [n for n in COLD_OR_WARM if n in bottles.measured and n not in bottles.measured_at]
    further = [name for name in bottles.measured if name not in (*pair, *untold)]
    notes.extend(
        f"{name} is not compared: nothing tells at which temperature it was measured."
        for name in untold
        if name not in pair
    )
    for name in further:
        temperature, pressure = _conditions(bottles, [name] if name in COLD_OR_WARM else [])
        found = water.at(core, temperature, pressure, further)  # all of them: compiled once
        difference = np.asarray(getattr(found, name)) - bottles.values[name].to_numpy()
        there = difference[np.isfinite(difference)]
        if there.size:
            sd = float(there.std(ddof=1)) if there.size > 1 else float("nan")
            rows.append(Comparison(name, int(there.size), float(there.mean()), sd, difference))
    return rows


def unit_text(name: str) -> str:
    """Unit of a quantity beside its name in headers: nothing for a pure number.

    >>> unit_text("pCO2"), unit_text("pH")
    (' [uatm]', '')
    """
    unit = quantity(name).unit
    return "" if unit == "1" else f" [{unit}]"
