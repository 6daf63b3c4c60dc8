"""What a managed plot says: sums of every year by treatment, and headlines."""

from typing import Any

import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray

from shanhai.core.constants import ATOMIC_MASS
from shanhai.core.reactions import Network
from shanhai.models.box.result import Number, Series

HECTARE = 10.0  # kg ha-1 in 1 g m-2
LAST = 20  # years that headlines are means of


def yearly(
    field: Network, amounts: ArrayLike, extents: ArrayLike, grain: ArrayLike, thickness: float, carbon: float
) -> dict[str, Series]:
    """Yearly sums by treatment.

    Args:
        field: species and reactions.
        amounts: at the end of every year, accounts those of the year [mol m-3], (year, species, case).
        extents: of the reactions in every year [mol m-3], (year, reaction, case).
        grain: carbon and nitrogen harvested [mol m-3], (year, element, crop, case).
        thickness: of the layer [m].
        carbon: of dry grain, by mass [1].
    """
    area = thickness * HECTARE
    kilograms = {e: ATOMIC_MASS[e] * area for e in "CNP"}
    x, names = np.asarray(amounts), field.names
    at, whole = ("year", "case"), ("year", "crop", "case")
    grain = np.asarray(grain)
    mass = kilograms["C"] / 1e3 / carbon
    rows: list[tuple[str, Any, tuple[str, ...], str, str]] = [
        ("yield", grain[:, 0] * mass, whole, "t ha-1 yr-1", "dry grain harvested"),
        ("grain_carbon", grain[:, 0] * kilograms["C"], whole, "kg ha-1 yr-1", "carbon of the grain"),
        ("grain_nitrogen", grain[:, 1] * kilograms["N"], whole, "kg ha-1 yr-1", "nitrogen of the grain"),
    ]
    for name, species, meaning in ACCOUNTS:
        if species in names:
            element = next(iter(field.species[names.index(species)].content))
            rows.append((name, x[:, names.index(species)] * kilograms[element], at, "kg ha-1 yr-1", meaning))
    rows += [
        (name, _extent(field, extents, reactions) * kilograms[element], at, "kg ha-1 yr-1", meaning)
        for name, reactions, element, meaning in FLUXES
    ]
    rows += [(name, values, at, unit, meaning) for name, values, unit, meaning in _stocks(field, x, kilograms)]
    return {name: Series(np.asarray(v), dims, unit, meaning, CF.get(name, "")) for name, v, dims, unit, meaning in rows}


CF = {"soil_carbon": "soil_mass_content_of_carbon"}
"""Series that have a CF standard name."""


ACCOUNTS = (
    ("nitrous_oxide", "nitrous_oxide of the air", "N2O to the air, nitrogen"),
    ("nitric_oxide", "nitric_oxide of the air", "NO to the air, nitrogen"),
    ("dinitrogen", "dinitrogen", "N2 to the air, nitrogen"),
    ("ammonia", "ammonia of the air", "NH3 to the air, nitrogen"),
    ("leached_mineral", "river_DIN", "mineral nitrogen leached"),
    ("leached_organic", "river_DON", "dissolved organic nitrogen leached"),
    ("leached_phosphate", "river_DIP", "phosphate leached"),
    ("leached_carbon", "river_DOC", "dissolved organic carbon leached"),
    ("carbon_to_air", "co2", "net carbon from field to air"),
)
"""Series of accounts: name, species, meaning."""

FLUXES = (
    ("production", ("growth",), "C", "net growth of the crops, carbon"),
    ("nitrogen_uptake", ("ammonium taken up", "nitrate taken up"), "N", "nitrogen that roots took up"),
    ("nitrified", ("nitrification",), "N", "ammonium nitrified"),
)
"""Series of extents: name, reactions, element, meaning."""

SOIL = ("labile", "recalcitrant", "dissolved", "active", "dormant", "mineral", "aggregates", "labile_enzyme",
        "recalcitrant_enzyme")  # fmt: skip
LIVING = ("active", "dormant")


def _extent(field: Network, extents: ArrayLike, reactions: tuple[str, ...]) -> NDArray[np.float64]:
    names = [r.name for r in field.reactions]
    return np.asarray(sum(np.asarray(extents)[:, names.index(name)] for name in reactions))


def _stocks(field: Network, x: Any, kilograms: dict[str, float]) -> list[tuple[str, Any, str, str]]:
    def held(pools: tuple[str, ...], element: str) -> Any:
        rows = [field.index(f"{p}_{element.lower()}") for p in pools if f"{p}_c" in field.names]
        return x[:, rows].sum(axis=1) * kilograms[element]

    inside = [not s.external for s in field.species]
    totals = np.einsum("qs,ysc->yqc", field.contents * np.array(inside), x)
    mineral = sum(x[:, field.index(n)] for n in ("ammonium", "nitrate", "nitrite")) * kilograms["N"]
    return [
        ("soil_carbon", held(SOIL, "C") / 1e3, "t ha-1", "organic carbon of the layer"),
        ("soil_nitrogen", held(SOIL, "N") / 1e3, "t ha-1", "organic nitrogen of the layer"),
        ("microbial_carbon", held(LIVING, "C"), "kg ha-1", "carbon of microbes"),
        ("mineral_nitrogen", mineral, "kg ha-1", "mineral nitrogen left on 30 September"),
        ("stock_carbon", totals[:, field.quantities.index("C")] * kilograms["C"], "kg ha-1", "all carbon at the field"),
        ("stock_nitrogen", totals[:, field.quantities.index("N")] * kilograms["N"], "kg ha-1", "all nitrogen there"),
    ]


def headlines(series: dict[str, Series]) -> tuple[Number, ...]:
    """Means of the last years of the field as it is managed, and without fertiliser."""
    rows = []
    for case, word in ((0, ""), (1, "_unfertilised")):
        for name in HEADLINES:
            values = np.asarray(series[name].values)[-LAST:, ..., case]
            whole = values.sum(axis=1) if values.ndim > 1 else values
            rows.append(Number(name + word, float(whole.mean()), series[name].unit, series[name].meaning))
    carbon = np.asarray(series["soil_carbon"].values)[:, 0]
    rows.append(Number("soil_carbon_gain", float(carbon[-1] - carbon[0]), "t ha-1", "since the first year"))
    return tuple(rows)


HEADLINES = ("yield", "grain_nitrogen", "nitrous_oxide", "leached_mineral", "ammonia", "dinitrogen", "soil_carbon")
