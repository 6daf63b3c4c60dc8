r"""A section of a sea that is known: water masses mix, respire and take up CO2, and cruises measure them with noise.

Of each sample the truth is told. It is made of nothing that a method assumes: the distribution of transit times is a
*mixture* of inverse Gaussians of different width, the surface follows the air incompletely and tracers sink
undersaturated where water is formed deep, oxygen is undersaturated there too, and the disequilibrium of each water mass
is its own. Between cruises the isopycnals heave and respiration changes.

The numbers are round ones in the range of the Atlantic; they are synthetic and no climatology.
"""

from collections.abc import Mapping
from typing import NamedTuple

import equinox as eqx
import numpy as np
import pandas as pd
from jax import Array
from numpy.typing import NDArray

from shanhai.carbon.anthropogenic.tracers import history_of
from shanhai.carbon.equilibrium import equilibrium, surface_carbon
from shanhai.carbon.samples import EXPECTED, TRACERS
from shanhai.core.params import par
from shanhai.ocean.atmospheric_histories import atmospheric_co2
from shanhai.ocean.ventilation import History, interior_value
from shanhai.seawater import moist_air_solubility, oxygen_solubility_garcia1992
from shanhai.seawater.remineralisation import remineralised, stoichiometry

Numbers = NDArray[np.float64]

_OURS = "synthetic, of the size found in the Atlantic (unverified)"
DEPTHS = (5, 30, 75, 120, 180, 250, 350, 500, 650, 800, 1000, 1250, 1500, 1800, 2200, 2700, 3200, 3800, 4400, 5000)
COLUMN = 0.6  # at its outcrop a water mass fills the column down to this share of its depth
POLEWARD = 8.0  # degrees beyond its outcrop over which a water mass vanishes
LATITUDES = tuple(range(-70, 66, 5))


class WaterMass(NamedTuple):
    """What a water has where it sinks, and how it spreads.

    Args:
        outcrop: latitude [degree].
        hemispheres: 2 where it sinks in both, else the sign of its own.
        depth: of its core away from the outcrop [m].
        thickness: of its layer [m].
        reach: degrees of latitude over which it deepens.
        temperature: potential [degC].
        salinity: practical [1].
        alkalinity: [umol kg-1].
        nitrate: preformed [umol kg-1].
        phosphate: preformed [umol kg-1].
        silicate: [umol kg-1].
        disequilibrium: DIC above equilibrium before industry [umol kg-1].
        unsaturated: share of oxygen that is missing.
        tracer: share of equilibrium of the transient tracers.
        followed: share of the rise of CO2 that its surface has followed.
        slow: years per degree of latitude from the outcrop.
        width_ratio: Δ/Γ.
        respired: oxygen consumed in the oldest of it [umol kg-1].
        half: mean age at which half of that is consumed [yr].
    """

    outcrop: float
    hemispheres: int
    depth: float
    thickness: float
    reach: float
    temperature: float
    salinity: float
    alkalinity: float
    nitrate: float
    phosphate: float
    silicate: float
    disequilibrium: float
    unsaturated: float
    tracer: float
    followed: float
    slow: float
    width_ratio: float
    respired: float
    half: float


MASSES: Mapping[str, WaterMass] = {
    "subtropical": WaterMass(25, 2, 20, 110, 60, 24.0, 36.4, 2385, 0.2, 0.05, 1, -3, 0.0, 1.0, 1.0, 0.05, 1.0, 20, 10),
    "mode": WaterMass(38, 2, 320, 260, 15, 15.0, 36.0, 2358, 3, 0.25, 2.5, -9, 0.01, 0.99, 1.0, 0.4, 1.0, 110, 40),
    "intermediate": WaterMass(
        -50, -1, 850, 330, 12, 4.8, 34.3, 2278, 16, 1.15, 10, -13, 0.03, 0.94, 0.96, 1.1, 1.2, 190, 90
    ),
    "upper_deep": WaterMass(
        57, 1, 1800, 600, 14, 3.5, 34.9, 2303, 11, 0.75, 8, -17, 0.04, 0.92, 0.95, 1.6, 1.0, 110, 120
    ),
    "lower_deep": WaterMass(
        66, 1, 3100, 800, 20, 2.0, 34.9, 2306, 12.5, 0.85, 10, -19, 0.05, 0.85, 0.9, 3.5, 0.9, 120, 250
    ),
    "bottom": WaterMass(
        -68, -1, 5000, 800, 14, -0.4, 34.66, 2350, 27, 1.9, 105, 4, 0.08, 0.75, 0.8, 9.0, 0.8, 150, 350
    ),
}
"""Synthetic water masses."""


class Cruise(eqx.Module):
    """How a section is measured: standard deviations of the noise, and what the sea has done."""

    year: Array = par(2010.0, "yr", source="definition", bounds=(1800.0, 2030.0), meaning="year of the cruise")
    heave: Array = par(0.0, "m", source=_OURS, bounds=(-300.0, 300.0), meaning="isopycnals deeper by up to this much")
    respiration: Array = par(1.0, "1", source=_OURS, bounds=(0.0, 3.0), meaning="oxygen consumption over the usual")
    dic_bias: Array = par(0.0, "umol kg-1", source="definition", bounds=(-20.0, 20.0), meaning="error of all DIC")
    noise: Array = par(1.0, "1", source="definition", bounds=(0.0, 10.0), meaning="noise over `NOISE`")


NOISE = {  # standard deviation; for tracers relative
    "potential_temperature": 0.003, "salinity": 0.003, "dic": 2.0, "alkalinity": 3.0, "oxygen": 1.0, "nitrate": 0.2,
    "phosphate": 0.02, "silicate": 0.5, "cfc11": 0.015, "cfc12": 0.015, "sf6": 0.03,
}  # fmt: skip
"""Precision of good cruises, in the unit of the column; of tracers relative. Synthetic (unverified)."""


class Air(NamedTuple):
    """Histories that make the truth.

    Args:
        co2: of CO2.
        tracers: column -> history.
    """

    co2: History
    tracers: Mapping[str, History]


def usual_air() -> Air:
    """CO2 as measured and the synthetic tracers."""
    return Air(atmospheric_co2(), {name: history_of(name, None) for name in TRACERS})


def section(cruise: Cruise, air: Air | None = None, seed: int = 0) -> pd.DataFrame:
    """Samples of a cruise, with the truth beside them.

    Args:
        cruise: when, and how.
        air: histories; `usual_air` when absent.
        seed: of the noise.

    Returns:
        a row per sample, by latitude and then depth: the columns of `EXPECTED` with noise, and without it, DIC as
        true_preformed, true_remineralised, true_calcium_carbonate and true_c_ant, true_disequilibrium and true_aou
        [umol kg-1], true_mean_age [yr] and fraction_ of each water mass.

    >>> table = section(Cruise(noise=0.0))
    >>> len(table), bool((table["true_c_ant"] > 0).all())
    (560, True)
    """
    blown = usual_air() if air is None else air
    latitude, depth = (x.ravel() for x in np.meshgrid(LATITUDES, DEPTHS, indexing="ij"))
    share = fractions(latitude, depth - float(cruise.heave) * np.sin(np.pi * depth / 2000.0) * (depth < 2000))
    age = mean_ages(latitude, depth)
    made = _conservative(share) | _transient(share, age, float(cruise.year), blown)
    made |= _biology(made, share, age, depth, float(cruise.respiration))
    made |= {"latitude": latitude, "pressure": 1.012 * depth, "year": np.full(depth.shape, float(cruise.year))}
    table = pd.DataFrame(made | {f"fraction_{name}": share[i] for i, name in enumerate(MASSES)})
    table["true_dic"] = table["dic"]
    table["dic"] += float(cruise.dic_bias)
    generator = np.random.default_rng(seed)
    for name, size in NOISE.items():
        drawn = generator.normal(size=len(table)) * size * float(cruise.noise)
        table[name] += drawn * table[name] if name in TRACERS else drawn
    table.attrs["units"] = {name: EXPECTED[name].unit for name in table if name in EXPECTED}
    return table


def _field(name: str) -> Numbers:
    """A property of every water mass, (mass, 1)."""
    return np.array([getattr(mass, name) for mass in MASSES.values()], dtype=float)[:, None]


def fractions(latitude: Numbers, depth: Numbers) -> Numbers:
    """Share of each water mass, (mass, sample): bell shapes around cores that rise to the outcrop.

    >>> share = fractions(np.array([0.0, 50.0]), np.array([10.0, 3000.0]))
    >>> share.sum(axis=0).round(12).tolist()
    [1.0, 1.0]
    """
    away = _from_outcrop(latitude)
    core = _field("depth") * (1.0 - np.exp(-((away / _field("reach")) ** 2)))
    poleward = np.maximum(-away, 0.0) / POLEWARD
    there = np.exp(-(poleward**2))
    rise = 1.0 - core / _field("depth")
    above, below = 1.0 - 0.7 * rise, 1.0 + COLUMN * rise * _field("depth") / _field("thickness")
    spread = _field("thickness") * np.where(depth < core, above, below)
    weight = there * np.exp(-0.5 * ((depth - core) / spread) ** 2) + 1e-9
    return weight / weight.sum(axis=0)


def _from_outcrop(latitude: Numbers) -> Numbers:
    """Degrees towards the equator, and beyond it, from where each mass sinks; below zero poleward."""
    both, side = _field("hemispheres") == 2, np.sign(_field("outcrop"))
    return np.where(both, np.abs(_field("outcrop")) - np.abs(latitude), np.abs(_field("outcrop")) - side * latitude)


def mean_ages(latitude: Numbers, depth: Numbers) -> Numbers:
    """Mean age Γ of each water mass at each place [yr], (mass, sample).

    >>> bool((mean_ages(np.array([0.0]), np.array([3000.0])) > 0).all())
    True
    """
    return 0.5 + _field("slow") * np.abs(_from_outcrop(latitude)) + np.minimum(depth, 300.0) / 60.0


def _conservative(share: Numbers) -> dict[str, Numbers]:
    names = {"potential_temperature": "temperature", "salinity": "salinity", "silicate": "silicate"}
    mixed = {column: (share * _field(name)).sum(axis=0) for column, name in names.items()}
    return mixed | {"true_disequilibrium": (share * _field("disequilibrium")).sum(axis=0)}


def _transient(share: Numbers, age: Numbers, year: float, air: Air) -> dict[str, Numbers]:
    """Anthropogenic carbon, tracers and mean age."""
    t, s = _field("temperature"), _field("salinity")
    width = age * _field("width_ratio")
    rise = surface_carbon(air.co2, t, s, _field("alkalinity"), _field("followed"))
    made = {"true_c_ant": (share * np.asarray(interior_value(rise, year, age, width))).sum(axis=0)}
    made |= {"true_mean_age": (share * age).sum(axis=0)}
    for name, (gas, unit) in TRACERS.items():
        solubility = np.asarray(moist_air_solubility(gas, t, s)) * _field("tracer")
        inside = np.asarray(interior_value(air.tracers[name], year, age, width))
        made[name] = (share * solubility * inside).sum(axis=0) / unit
    return made


def _biology(
    made: Mapping[str, Numbers], share: Numbers, age: Numbers, depth: Numbers, respiration: float
) -> dict[str, Numbers]:
    """DIC, alkalinity, oxygen and nutrients: preformed, respired, dissolved and anthropogenic."""
    t, s, a = _field("temperature"), _field("salinity"), _field("alkalinity")
    natural = equilibrium(t, s, a, usual_air().co2.values[0]) + _field("disequilibrium")
    oxygen = 1e6 * np.asarray(oxygen_solubility_garcia1992(t, s)) * (1.0 - _field("unsaturated"))
    used = respiration * (share * _field("respired") * age / (age + _field("half"))).sum(axis=0)
    added = [np.asarray(x) for x in remineralised(used, stoichiometry("anderson_sarmiento_1994"))]
    shells = 0.22 * added[0] * (1.0 - np.exp(-depth / 1500.0))

    def mixed(values: Numbers) -> Numbers:
        return (share * values).sum(axis=0)

    return {
        "dic": mixed(natural) + added[0] + shells + made["true_c_ant"],
        "alkalinity": mixed(a) + added[3] + 2.0 * shells,
        "nitrate": mixed(_field("nitrate")) + added[1],
        "phosphate": mixed(_field("phosphate")) + added[2],
        "silicate": made["silicate"] + 0.25 * used,
        "oxygen": mixed(oxygen) - used,
        "true_aou": used,
        "true_calcium_carbonate": shells,
        "true_remineralised": added[0],
        "true_preformed": mixed(natural),
    }
