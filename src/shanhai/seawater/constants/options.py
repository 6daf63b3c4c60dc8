"""Which fit for which constant."""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Literal

from jax import Array

from shanhai.core.errors import InputError, nearest
from shanhai.seawater.constants.carbonic import CARBONIC
from shanhai.seawater.constants.composition import BORON, CALCIUM
from shanhai.seawater.constants.fit import Fit
from shanhai.seawater.constants.fluoride import FLUORIDE
from shanhai.seawater.constants.nutrients import AMMONIA, NITRITE, PHOSPHATE, SILICATE, SULFIDE
from shanhai.seawater.constants.pressure import CO2_VOLUME, PRESSURE, VolumeChange
from shanhai.seawater.constants.scales import HYDROGEN_ACTIVITY
from shanhai.seawater.constants.solubility import CO2, MINERALS
from shanhai.seawater.constants.sulfate import SULFATE
from shanhai.seawater.constants.water import BORATE, WATER

CHOICES: Mapping[str, Iterable[str]] = MappingProxyType(
    {
        "carbonic": CARBONIC,
        "sulfate": SULFATE,
        "fluoride": FLUORIDE,
        "boron": BORON,
        "calcium": CALCIUM,
        "borate": BORATE,
        "water": WATER,
        "phosphate": PHOSPHATE,
        "silicate": SILICATE,
        "ammonia": AMMONIA,
        "sulfide": SULFIDE,
        "nitrite": NITRITE,
        "minerals": MINERALS,
        "nbs": HYDROGEN_ACTIVITY,
        "pressure": PRESSURE,
        "co2_pressure": ("surface", "weiss_1974"),
        "convention": ("exact", "guide"),
    }
)
"""Field of `ConstantOptions` -> the names it may have."""

GUIDE_STEP = -0.015  # ln K from seawater to total scale
GUIDE_FITS = {"water": "millero_1995", "phosphate": "yao_millero_1995", "silicate": "yao_millero_1995"}


@dataclass(frozen=True)
class ConstantOptions:
    """Names of the fits for every constant; hashable, hence static under `jit`.

    Args:
        carbonic: K1 and K2 of carbonic acid.
        sulfate: K_S of bisulfate.
        fluoride: K_F of hydrogen fluoride; `fluoride.py` tells why the default is the one read as free.
        boron: total borate from salinity.
        calcium: total calcium from salinity.
        borate: K_B of boric acid.
        water: K_W.
        phosphate: K_P1, K_P2, K_P3.
        silicate: K_Si.
        ammonia: K of ammonium.
        sulfide: K of hydrogen sulfide.
        nitrite: K of nitrous acid.
        minerals: solubility products of calcite and aragonite.
        nbs: activity coefficient of H between the NBS and the seawater scale.
        pressure: set of volume changes.
        co2_pressure: "surface", K0 as in nearly all products, or "weiss_1974", with the partial molal volume of CO2.
        convention: "exact" carries K_W, K_P and K_Si from the seawater to the total scale with K_S and K_F; "guide"
            by the fixed -0.015 in ln K of Dickson et al. (2007).

    Raises:
        InputError: a name is not known, or the guide has no such fit.

    >>> ConstantOptions(boron="lee2010").boron
    Traceback (most recent call last):
    ...
    shanhai.core.errors.InputError: boron: there is no fit named 'lee2010'. To mend: did you mean 'lee_2010'?
    """

    carbonic: str = "lueker_2000"
    sulfate: str = "dickson_1990"
    fluoride: str = "perez_fraga_1987_free"
    boron: str = "uppstrom_1974"
    calcium: str = "riley_tongudai_1967"
    borate: str = "dickson_1990"
    water: str = "millero_1995"
    phosphate: str = "yao_millero_1995"
    silicate: str = "yao_millero_1995"
    ammonia: str = "clegg_whitfield_1995"
    sulfide: str = "yao_millero_1995"
    nitrite: str = "borer_2024"
    minerals: str = "mucci_1983"
    nbs: str = "takahashi_1982"
    pressure: str = "millero_1995"
    co2_pressure: str = "surface"
    convention: Literal["exact", "guide"] = "exact"

    def __post_init__(self) -> None:
        for field in fields(self):
            _known(field.name, getattr(self, field.name))
        if self.convention == "guide":
            for name, fit in GUIDE_FITS.items():
                _in_the_guide(name, getattr(self, name), fit)


def _known(field: str, name: str) -> None:
    if name not in CHOICES[field]:
        raise InputError(f"there is no fit named {name!r}", where=field, do=nearest(name, CHOICES[field]))


def _in_the_guide(field: str, name: str, fit: str) -> None:
    if name not in (fit, "none"):
        raise InputError(
            f"convention = 'guide' is a step on {fit!r} only, not on {name!r}",
            where=field,
            do=f"choose {field} = {fit!r}, or convention = 'exact'",
        )


DEFAULT = ConstantOptions()
"""Lueker, Dickson, and what the published products use."""


@functools.cache
def fits(options: ConstantOptions) -> Mapping[str, Fit]:
    """Give the fit of every constant, by the name of its field in `Constants`.

    >>> fits(ConstantOptions())["kw"].scale, fits(ConstantOptions(convention="guide"))["kw"].scale
    ('seawater', 'total')
    """
    guided = _guided if options.convention == "guide" else _as_it_is
    carbonic, phosphoric = CARBONIC[options.carbonic], PHOSPHATE[options.phosphate]
    minerals = MINERALS[options.minerals]
    return MappingProxyType(
        {
            "k0": CO2,
            "k1": carbonic.k1,
            "k2": carbonic.k2,
            "kb": BORATE[options.borate],
            "kw": guided(WATER[options.water]),
            "ks": SULFATE[options.sulfate],
            "kf": FLUORIDE[options.fluoride],
            "kp1": guided(phosphoric.kp1),
            "kp2": guided(phosphoric.kp2),
            "kp3": guided(phosphoric.kp3),
            "ksi": guided(SILICATE[options.silicate]),
            "knh3": AMMONIA[options.ammonia],
            "kh2s": SULFIDE[options.sulfide],
            "kno2": NITRITE[options.nitrite],
            "ksp_calcite": minerals.calcite,
            "ksp_aragonite": minerals.aragonite,
        }
    )


def fits_used(options: ConstantOptions = DEFAULT) -> tuple[Fit, ...]:
    """Every fit that the options choose, for provenance: name, source, ranges and scale.

    >>> [fit.name for fit in fits_used()[:2]]
    ['weiss_1974', 'lueker_2000']
    """
    return tuple(fits(options).values())


def volume_changes(options: ConstantOptions) -> Mapping[str, VolumeChange]:
    """Give the volume change of every reaction that has one, by the name of its constant."""
    chosen = PRESSURE[options.pressure]
    return {**chosen, "k0": CO2_VOLUME} if options.co2_pressure == "weiss_1974" else chosen


def _as_it_is(fit: Fit) -> Fit:
    return fit


def _guided(fit: Fit) -> Fit:
    """Put a seawater-scale fit on the total scale by the fixed step of the guide."""
    if fit.name == "none":
        return fit

    def stepped(temperature: Array, salinity: Array) -> Array:
        return fit.function(temperature, salinity) + GUIDE_STEP

    source = f"{fit.source}; to the total scale by -0.015 in ln K, Dickson et al. (2007), chapter 5"
    return replace(fit, source=source, function=stepped, scale="total")


_GEOSECS = ConstantOptions(
    carbonic="mehrbach_1973",
    boron="culkin_1965",
    calcium="culkin_1965",
    borate="lyman_1956",
    water="none",
    phosphate="none",
    silicate="none",
    ammonia="none",
    sulfide="none",
    nitrite="none",
    minerals="ingle_1975",
    pressure="geosecs_1982",
)

PRESETS: Mapping[str, ConstantOptions] = MappingProxyType(
    {
        "default": DEFAULT,
        "guide_2007": ConstantOptions(fluoride="perez_fraga_1987", convention="guide"),
        "geosecs": _GEOSECS,
        "peng": replace(
            _GEOSECS,
            carbonic="mehrbach_1973_peng_1987",
            water="millero_1979",
            phosphate="kester_pytkowicz_1967",
            silicate="sillen_1964",
            nbs="peng_1987",
        ),
        "pure_water": ConstantOptions(
            carbonic="millero_1979",
            boron="none",
            borate="none",
            water="harned_owen_1958",
            phosphate="none",
            silicate="none",
            ammonia="none",
            sulfide="none",
            nitrite="none",
            nbs="one",
            pressure="pure_water_1983",
        ),
    }
)
"""Whole sets: the default, Dickson et al. (2007), GEOSECS (Takahashi et al. 1982), Peng et al. (1987), pure water.

In them "none" leaves an acid out: its total concentration is to be zero too. `pure_water` is for S = 0. GEOSECS and
Peng also take pCO2 for fCO2, and the alkalinity of Peng is larger by one equivalent per phosphate.
"""
