"""Boxes of the overturning ocean as data: how large they are, what flows between them, and where matter sinks.

Three, four or seven boxes; every one gives the same three things, so that one model serves all.
"""

from abc import abstractmethod
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.params import par
from shanhai.core.reactions import Law
from shanhai.ocean.boxes import Boxes, Flow, mixing
from shanhai.ocean.pumps import NutrientLimited, Sustained

SVERDRUP = 1e6  # m3 s-1

ZEEBE = "three-box example of Zeebe (OCN 310), as Toggweiler (1999), Paleoceanography 14, 571"
HOTINSKI = "Hotinski, Kump & Najjar (2000), Paleoceanography 15, 267, through Daines & Lenton (2016)"
SCP_M = "O'Neill et al. (2019), Geosci. Model Dev. 12, 1541, parameters of the program SCP-M"
NEAR = "choice near the climatology, unverified"
KREST = "Bacastow & Maier-Reimer (1990), Clim. Dyn. 4, 95; unverified"


class Outcrop(NamedTuple):
    """A box that meets the air.

    Args:
        box: its name.
        area: [m2].
        temperature: [degC].
        salinity: practical [1].
        growth: organic carbon that sinks out of it [mol s-1].
        targets: box -> share of what sinks that comes back there.
        polar: whether its growth is that of high latitudes.
    """

    box: str
    area: Array
    temperature: Array
    salinity: Array
    growth: Law
    targets: Mapping[str, Array | float]
    polar: bool


class Circulation(NamedTuple):
    """How far an experiment departs from the settings; factors [1].

    Args:
        overturning: on the overturning, and on the mixing of high latitudes that makes deep water with it.
        rain: on the rain ratio.
        polar_growth: on the growth of high latitudes.
    """

    overturning: Any = 1.0
    rain: Any = 1.0
    polar_growth: Any = 1.0


class Geometry(eqx.Module):
    """Contract of an ocean of boxes; `deep` names the box that stands for the deep sea in headlines."""

    deep: eqx.AbstractClassVar[str]

    @abstractmethod
    def boxes(self) -> Boxes:
        """Names and volumes."""

    @abstractmethod
    def flows(self, change: Circulation) -> tuple[Flow, ...]:
        """Water between the boxes."""

    @abstractmethod
    def outcrops(self, change: Circulation, phosphorus: Array) -> tuple[Outcrop, ...]:
        """Boxes that meet the air; `phosphorus` is that of organic carbon."""


class Growth(eqx.Module):
    """What grows in the light."""

    uptake: Array = par(6.0, "yr-1", source=KREST, bounds=(0.0, 100.0), meaning="uptake of phosphate, low latitudes")
    limiting: Array = par(0.02, "umol kg-1", source=KREST, bounds=(1e-6, 10.0), meaning="half saturation of growth")

    def depleting(self, sea: Boxes, box: str, phosphorus: Array) -> NutrientLimited:
        """Growth that takes nearly all phosphate."""
        return NutrientLimited(sea.only(box), box, self.uptake / JULIAN_YEAR, 1e-6 * self.limiting, phosphorus)

    def sustained(self, sea: Boxes, box: str, export: Array) -> Sustained:
        """Growth of a given size [mol s-1] as long as there is phosphate."""
        return Sustained(sea.only(box), box, export, 1e-6 * self.limiting)


class ThreeBoxes(Geometry):
    """Low and high latitudes over the deep sea; the overturning rises in low latitudes and sinks in high ones."""

    deep: ClassVar[str] = "deep"
    area: Array = par(3.49e14, "m2", source=ZEEBE, bounds=(1e13, 1e15), meaning="of the sea")
    polar_area: Array = par(0.15, "1", source=ZEEBE, bounds=(0.01, 0.9), meaning="share of high latitudes")
    low_depth: Array = par(100.0, "m", source=ZEEBE, bounds=(1.0, 1000.0), meaning="depth of low latitudes")
    polar_depth: Array = par(250.0, "m", source=ZEEBE, bounds=(1.0, 2000.0), meaning="depth of high latitudes")
    deep_depth: Array = par(3579.0, "m", source=ZEEBE, bounds=(100.0, 6000.0), meaning="thickness of the deep box")
    overturning: Array = par(20.0, "1e6 m3 s-1", source=ZEEBE, bounds=(0.1, 200.0), meaning="overturning")
    polar_mixing: Array = par(
        60.0, "1e6 m3 s-1", source=ZEEBE, bounds=(0.0, 500.0), meaning="exchange of high latitudes and deep sea"
    )
    polar_export: Array = par(
        1.0, "mol m-2 yr-1", source=ZEEBE, bounds=(0.0, 20.0), meaning="organic carbon exported, high latitudes"
    )
    low_temperature: Array = par(
        21.5, "degC", source="Toggweiler & Sarmiento (1985), AGU Monograph 32, 163", bounds=(-2.0, 40.0), meaning="low"
    )
    polar_temperature: Array = par(
        2.5, "degC", source="Toggweiler & Sarmiento (1985), AGU Monograph 32, 163", bounds=(-2.0, 40.0), meaning="high"
    )
    salinity: Array = par(35.0, "1", source="definition: mean", bounds=(5.0, 45.0), meaning="practical salinity")
    growth: Growth = Growth()

    def boxes(self) -> Boxes:
        """Low and high latitudes, and the deep sea."""
        shares = jnp.stack([1.0 - self.polar_area, self.polar_area, jnp.ones(())])
        depths = jnp.stack([self.low_depth, self.polar_depth, self.deep_depth])
        return Boxes(("low", "high", "deep"), self.area * shares * depths)

    def flows(self, change: Circulation) -> tuple[Flow, ...]:
        """Overturning and polar mixing."""
        turned = SVERDRUP * self.overturning * change.overturning
        loop = ("deep", "low", "high", "deep")
        return (
            *(Flow(a, b, turned, "overturning") for a, b in pairwise(loop)),
            *mixing("high", "deep", SVERDRUP * self.polar_mixing * change.overturning),
        )

    def outcrops(self, change: Circulation, phosphorus: Array) -> tuple[Outcrop, ...]:
        """Low latitudes, where phosphate runs out, and high ones."""
        sea, polar = self.boxes(), self.area * self.polar_area
        low = self.growth.depleting(sea, "low", phosphorus)
        high = self.growth.sustained(sea, "high", polar * self.polar_export * change.polar_growth / JULIAN_YEAR)
        sinks = {"deep": 1.0}
        return (
            Outcrop("low", self.area - polar, self.low_temperature, self.salinity, low, sinks, False),
            Outcrop("high", polar, self.polar_temperature, self.salinity, high, sinks, True),
        )


class FourBoxes(Geometry):
    """As three boxes with a thermocline that feeds the low latitudes, and that the overturning returns to."""

    deep: ClassVar[str] = "deep"
    area: Array = par(3.6e14, "m2", source=HOTINSKI, bounds=(1e13, 1e15), meaning="of the sea")
    polar_area: Array = par(0.15, "1", source=HOTINSKI, bounds=(0.01, 0.9), meaning="share of high latitudes")
    low_depth: Array = par(100.0, "m", source=HOTINSKI, bounds=(1.0, 1000.0), meaning="depth of low latitudes")
    polar_depth: Array = par(250.0, "m", source=HOTINSKI, bounds=(1.0, 2000.0), meaning="depth of high latitudes")
    thermocline_depth: Array = par(1000.0, "m", source=HOTINSKI, bounds=(200.0, 3000.0), meaning="its base")
    volume: Array = par(1.334e18, "m3", source=HOTINSKI, bounds=(1e17, 1e19), meaning="of the sea")
    overturning: Array = par(19.3, "1e6 m3 s-1", source=HOTINSKI, bounds=(0.1, 200.0), meaning="overturning")
    polar_mixing: Array = par(
        48.7, "1e6 m3 s-1", source=HOTINSKI, bounds=(0.0, 500.0), meaning="exchange of high latitudes and deep sea"
    )
    pumping: Array = par(
        60.0, "1e6 m3 s-1", source=HOTINSKI, bounds=(0.0, 500.0), meaning="exchange of low latitudes and thermocline"
    )
    polar_export: Array = par(
        1.0, "mol m-2 yr-1", source=ZEEBE, bounds=(0.0, 20.0), meaning="organic carbon exported, high latitudes"
    )
    thermocline_share: Array = par(
        0.78,
        "1",
        source="Zeebe (2012), Geosci. Model Dev. 5, 149, parameters of the program",
        bounds=(0.0, 1.0),
        meaning="of what sinks in low latitudes, respired in the thermocline",
    )
    low_temperature: Array = par(21.5, "degC", source=HOTINSKI, bounds=(-2.0, 40.0), meaning="low latitudes")
    polar_temperature: Array = par(2.5, "degC", source=HOTINSKI, bounds=(-2.0, 40.0), meaning="high latitudes")
    salinity: Array = par(35.0, "1", source="definition: mean", bounds=(5.0, 45.0), meaning="practical salinity")
    growth: Growth = Growth()

    def boxes(self) -> Boxes:
        """Low and high latitudes, thermocline, deep sea."""
        low = self.area * (1.0 - self.polar_area)
        above = (
            low * self.low_depth,
            self.area * self.polar_area * self.polar_depth,
            low * (self.thermocline_depth - self.low_depth),
        )
        return Boxes(("low", "high", "thermocline", "deep"), jnp.stack([*above, self.volume - sum(above)]))

    def flows(self, change: Circulation) -> tuple[Flow, ...]:
        """Overturning of high latitudes with thermocline and deep sea, polar mixing, Ekman pumping."""
        turned = SVERDRUP * self.overturning * change.overturning
        loop = ("deep", "high", "thermocline", "high", "deep")
        return (
            *(Flow(a, b, turned, "overturning") for a, b in pairwise(loop)),
            *mixing("high", "deep", SVERDRUP * self.polar_mixing * change.overturning),
            *mixing("low", "thermocline", SVERDRUP * self.pumping),
        )

    def outcrops(self, change: Circulation, phosphorus: Array) -> tuple[Outcrop, ...]:
        """Low latitudes, where phosphate runs out, and high ones."""
        sea, polar = self.boxes(), self.area * self.polar_area
        low = self.growth.depleting(sea, "low", phosphorus)
        high = self.growth.sustained(sea, "high", polar * self.polar_export * change.polar_growth / JULIAN_YEAR)
        both = {"thermocline": self.thermocline_share, "deep": 1.0 - self.thermocline_share}
        return (
            Outcrop("low", self.area - polar, self.low_temperature, self.salinity, low, both, False),
            Outcrop("high", polar, self.polar_temperature, self.salinity, high, {"deep": 1.0}, True),
        )


class SevenBoxes(Geometry):
    """The zonal mean: a northern cell over intermediate and deep water, a southern cell through the abyss."""

    deep: ClassVar[str] = "deep"
    area: Array = par(3.619e14, "m2", source=SCP_M, bounds=(1e13, 1e15), meaning="of the sea")
    north_share: Array = par(0.10, "1", source=SCP_M, bounds=(0.01, 0.4), meaning="share of the northern surface")
    subpolar_share: Array = par(0.10, "1", source=SCP_M, bounds=(0.01, 0.4), meaning="share of the subpolar surface")
    south_share: Array = par(0.05, "1", source=SCP_M, bounds=(0.01, 0.4), meaning="share of the southern ocean")
    overturning: Array = par(19.0, "1e6 m3 s-1", source=SCP_M, bounds=(0.1, 200.0), meaning="northern overturning")
    southern_overturning: Array = par(
        29.0, "1e6 m3 s-1", source=SCP_M, bounds=(0.1, 200.0), meaning="southern overturning, through the abyss"
    )
    upwelled_north: Array = par(
        0.5, "1", source=SCP_M, bounds=(0.0, 1.0), meaning="share of it that rises in the subpolar box"
    )
    abyssal_mixing: Array = par(
        29.0, "1e6 m3 s-1", source=SCP_M, bounds=(0.0, 500.0), meaning="exchange of deep sea and abyss"
    )
    thermocline_mixing: Array = par(
        40.0, "1e6 m3 s-1", source=SCP_M, bounds=(0.0, 500.0), meaning="exchange of low latitudes and thermocline"
    )
    low_export: Array = par(1.1, "mol m-2 yr-1", source=SCP_M, bounds=(0.0, 20.0), meaning="at 100 m, low latitudes")
    north_export: Array = par(4.5, "mol m-2 yr-1", source=SCP_M, bounds=(0.0, 20.0), meaning="at 100 m, north")
    south_export: Array = par(1.75, "mol m-2 yr-1", source=SCP_M, bounds=(0.0, 20.0), meaning="at 100 m, south")
    subpolar_export: Array = par(5.325, "mol m-2 yr-1", source=SCP_M, bounds=(0.0, 20.0), meaning="at 100 m, subpolar")
    attenuation: Array = par(
        0.75, "1", source=SCP_M + "; Martin et al. (1987)", bounds=(0.1, 2.0), meaning="exponent of the flux with depth"
    )
    low_temperature: Array = par(23.0, "degC", source=NEAR, bounds=(-2.0, 40.0), meaning="low latitudes")
    north_temperature: Array = par(5.0, "degC", source=NEAR, bounds=(-2.0, 40.0), meaning="north")
    south_temperature: Array = par(1.0, "degC", source=NEAR, bounds=(-2.0, 40.0), meaning="southern ocean")
    subpolar_temperature: Array = par(9.0, "degC", source=NEAR, bounds=(-2.0, 40.0), meaning="subpolar surface")
    salinity: Array = par(34.7, "1", source=NEAR, bounds=(5.0, 45.0), meaning="practical salinity")
    growth: Growth = Growth()

    BASES: ClassVar[Mapping[str, float]] = {"low": 100.0, "thermocline": 1000.0, "deep": 2500.0, "abyss": 4000.0}
    POLAR_BASE: ClassVar[float] = 250.0  # m, of the northern and the subpolar surface

    def boxes(self) -> Boxes:
        """Low latitudes, north, intermediate water, deep sea, southern ocean, abyss, subpolar surface."""
        north, south, subpolar = (self.area * s for s in (self.north_share, self.south_share, self.subpolar_share))
        low, polar = self.area - north - south - subpolar, self.POLAR_BASE
        base = self.BASES
        volumes = {
            "low": low * base["low"],
            "north": north * polar,
            "thermocline": low * (base["thermocline"] - base["low"]),
            "deep": low * (base["deep"] - base["thermocline"]) + (north + subpolar) * (base["deep"] - polar),
            "south": south * base["deep"],
            "abyss": self.area * (base["abyss"] - base["deep"]),
            "subpolar": subpolar * polar,
        }
        return Boxes(tuple(volumes), jnp.stack(list(volumes.values())))

    def flows(self, change: Circulation) -> tuple[Flow, ...]:
        """Two cells, abyssal and thermocline mixing."""
        turned, southern = SVERDRUP * self.overturning * change.overturning, SVERDRUP * self.southern_overturning
        north_way = self.upwelled_north * southern
        cell = ("thermocline", "north", "deep", "subpolar", "thermocline")
        return (
            *(Flow(a, b, turned, "northern cell") for a, b in pairwise(cell)),
            Flow("south", "abyss", southern, "southern cell"),
            Flow("abyss", "deep", southern, "southern cell"),
            Flow("deep", "south", southern - north_way, "southern cell"),
            Flow("deep", "subpolar", north_way, "southern cell"),
            Flow("subpolar", "south", north_way, "southern cell"),
            *mixing("deep", "abyss", SVERDRUP * self.abyssal_mixing),
            *mixing("low", "thermocline", SVERDRUP * self.thermocline_mixing),
        )

    def outcrops(self, change: Circulation, phosphorus: Array) -> tuple[Outcrop, ...]:
        """Four surfaces, each with an export that sinks by a power of depth."""
        low_share = 1.0 - self.north_share - self.south_share - self.subpolar_share
        polar = change.polar_growth
        under = ("thermocline", "deep", "abyss")
        return (
            self._outcrop("low", low_share, self.low_temperature, self.low_export, 100.0, under),
            self._outcrop(
                "north", self.north_share, self.north_temperature, polar * self.north_export, 250.0, under[1:]
            ),
            self._outcrop(
                "south", self.south_share, self.south_temperature, polar * self.south_export, 2500.0, under[2:]
            ),
            self._outcrop(
                "subpolar",
                self.subpolar_share,
                self.subpolar_temperature,
                polar * self.subpolar_export,
                250.0,
                under[1:],
            ),
        )

    def _outcrop(
        self, box: str, share: Array, temperature: Array, export: Array, base: float, under: tuple[str, ...]
    ) -> Outcrop:
        """What sinks through the base of a box and where it stops; all that reaches the abyss stays there."""
        left = {at: (depth / base) ** -self.attenuation for at, depth in self.BASES.items()}
        tops = jnp.stack([jnp.ones(()), *(left[b] for b in under[:-1]), jnp.zeros(())])
        area = self.area * share
        out = area * export * (base / 100.0) ** -self.attenuation / JULIAN_YEAR
        growth = self.growth.sustained(self.boxes(), box, out)
        targets = dict(zip(under, tops[:-1] - tops[1:]))
        return Outcrop(box, area, temperature, self.salinity, growth, targets, box != "low")
