"""Acidification of the world's surface waters, band by band, under the scenarios of CO2."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.airsea import LAWS, transfer_velocity
from shanhai.carbon.scenarios import FIRST, LAST, embedded
from shanhai.core.constants import MICROATMOSPHERE
from shanhai.core.errors import InputError
from shanhai.core.ledger import JULIAN_YEAR, PETAGRAM
from shanhai.core.params import par
from shanhai.models.box.books import ledger
from shanhai.models.box.result import Number, Result, Series
from shanhai.ocean import acidification as surface
from shanhai.seawater.gases import schmidt_number


class Band(NamedTuple):
    """Surface water between two latitudes, mean of a year.

    Temperature, area, ice and root mean square wind are means of 2010 (Reynolds SST, altimeters and SSM/I as the
    FluxEngine distribution has them), salinity of the World Ocean Atlas 2018; alkalinity after Lee et al. (2006),
    rounded and unverified.
    """

    south: float
    north: float
    area: float  # m2
    temperature: float  # degC
    salinity: float
    alkalinity: float  # mol kg-1
    wind: float  # m s-1
    ice: float


BANDS = (
    Band(-80, -60, 1.98e13, -0.8, 34.0, 2290e-6, 10.4, 0.44),
    Band(-60, -50, 2.51e13, 3.6, 34.0, 2285e-6, 12.5, 0.02),
    Band(-50, -40, 3.02e13, 10.5, 34.4, 2285e-6, 11.1, 0.0),
    Band(-40, -30, 3.18e13, 18.0, 35.2, 2315e-6, 8.8, 0.0),
    Band(-30, -20, 3.05e13, 23.0, 35.7, 2345e-6, 8.0, 0.0),
    Band(-20, -10, 3.28e13, 26.1, 35.4, 2325e-6, 7.9, 0.0),
    Band(-10, 0, 3.24e13, 27.4, 35.0, 2300e-6, 6.7, 0.0),
    Band(0, 10, 3.32e13, 28.2, 34.5, 2265e-6, 6.7, 0.0),
    Band(10, 20, 3.04e13, 27.4, 34.8, 2285e-6, 7.5, 0.0),
    Band(20, 30, 2.41e13, 24.6, 35.6, 2340e-6, 7.3, 0.0),
    Band(30, 40, 2.00e13, 19.7, 35.1, 2310e-6, 8.8, 0.0),
    Band(40, 50, 1.44e13, 11.8, 33.0, 2235e-6, 9.9, 0.0),
    Band(50, 60, 0.99e13, 7.2, 32.8, 2225e-6, 9.9, 0.04),
    Band(60, 70, 0.43e13, 5.0, 33.1, 2250e-6, 9.3, 0.15),
    Band(70, 90, 1.04e13, -0.4, 30.2, 2110e-6, 8.1, 0.63),
)
REFERENCE, LATE = (1870.0, 1900.0), (2080.0, 2100.0)
"""Periods that Kwiatkowski et al. (2020) compare."""


class Settings(eqx.Module):
    """What is run.

    Args:
        scenarios: names, as `shanhai.carbon.scenarios` has them.
        first: year of the start, in equilibrium but for the natural flux.
        last: year of the end.
    """

    mixed_layer: Array = par(
        75.0,
        "m",
        source="Oeschger et al. (1975), Tellus 27, 168; unverified",
        bounds=(5, 1000),
        meaning="depth of the mixed layer",
    )
    diffusivity: Array = par(
        3987.0,
        "m2 yr-1",
        source="Oeschger et al. (1975), Tellus 27, 168; unverified",
        bounds=(0, 1e5),
        meaning="mixing below the mixed layer",
    )
    warming: Array = par(
        1.9,
        "K",
        source="Kwiatkowski et al. (2020): 3.47 K under SSP5-8.5 and 1.42 K under SSP1-2.6 over the doublings of CO2",
        bounds=(0, 6),
        meaning="warming of the surface at a doubling",
    )
    scenarios: tuple[str, ...] = eqx.field(static=True, default=("ssp119", "ssp126", "ssp245", "ssp370", "ssp585"))
    first: int = eqx.field(static=True, default=1765)
    last: int = eqx.field(static=True, default=2100)


def places(settings: Settings) -> surface.Places:
    """Waters of every band."""
    temperature, salinity, alkalinity, wind, ice = (
        jnp.array([getattr(b, name) for b in BANDS])
        for name in ("temperature", "salinity", "alkalinity", "wind", "ice")
    )
    velocity = transfer_velocity(LAWS["wanninkhof_2014"](), wind, schmidt_number("CO2", temperature))
    mixing = settings.diffusivity / JULIAN_YEAR
    return surface.Places(temperature, salinity, alkalinity, velocity, settings.mixed_layer, mixing, 1.0 - ice)


def air(settings: Settings, ppm: Array) -> surface.Air:
    """CO2 of a scenario [umol mol-1], and the warming that goes with it."""
    doublings = jnp.log2(ppm / ppm[0])
    return surface.Air(ppm * 1e-6, settings.warming * doublings)


@eqx.filter_jit
def _computed(settings: Settings, ppm: Array) -> surface.Projected:
    """Every scenario, (scenario, ...)."""
    here = surface.broadcast(places(settings))

    def one(path: Array) -> surface.Projected:
        above = air(settings, path)
        return surface.project(here, surface.equilibrium_dic(here, above.xco2[0]), above)

    return jax.vmap(one)(ppm)


def yearly(scenario: str, years: Any) -> Any:
    """CO2 of a scenario at some years [umol mol-1].

    Raises:
        InputError: for a scenario that is not there.
    """
    known = embedded(scenario)
    return np.interp(years, known.years, known.ppm)


def _years(settings: Settings) -> Any:
    if not FIRST <= settings.first <= REFERENCE[0] or not LATE[1] <= settings.last < LAST:
        raise InputError(
            f"the years {settings.first} to {settings.last} do not hold 1870 to 2100, or leave {FIRST} to {LAST - 1}",
            where="settings.first, settings.last",
            do="begin by 1870 and end in 2100 or later",
        )
    return np.arange(settings.first, settings.last + 1) + 0.5


def run(settings: Settings) -> Result:
    """Project every band under every scenario."""
    years = _years(settings)
    ppm = np.stack([yearly(name, years) for name in settings.scenarios])
    made = _computed(settings, jnp.asarray(ppm))
    latitude = np.array([(b.south + b.north) / 2 for b in BANDS])
    coordinates = {
        "scenario": Series(np.array(settings.scenarios), ("scenario",), "1", "scenario of CO2"),
        "time": Series(years, ("time",), "yr", "year"),
        "latitude": Series(latitude, ("latitude",), "degrees_north", "middle of the band"),
    }
    series = _series(made, years, ppm)
    return Result(coordinates, series, _numbers(settings, series, years), _books(settings, made), NOTES)


NOTES = (
    "Natural transports and fluxes are taken to stay as they were before industry; circulation does not change.",
    "Alkalinity stays as it is; surface waters are annual means of bands, so seasons and coasts are not in them.",
)


def _areas() -> Any:
    return np.array([b.area for b in BANDS])


def _series(made: surface.Projected, years: Any, ppm: Any) -> dict[str, Series]:
    waters = made.waters
    weight = _areas() / _areas().sum()
    at, mean = ("scenario", "time", "latitude"), ("scenario", "time")
    sink = -np.asarray(waters.flux) @ _areas() * JULIAN_YEAR / PETAGRAM
    horizon = jax.vmap(lambda omega: surface.horizon_year(jnp.asarray(years), omega))(waters.omega_aragonite)
    rows: list[tuple[str, Any, tuple[str, ...], str, str]] = [
        ("xco2", ppm, mean, "umol mol-1", "CO2 in dry air"),
        ("ph", waters.ph, at, "1", "pH on the total scale"),
        ("omega_aragonite", waters.omega_aragonite, at, "1", "saturation state of aragonite"),
        ("omega_calcite", waters.omega_calcite, at, "1", "saturation state of calcite"),
        ("pco2", waters.pco2 / MICROATMOSPHERE, at, "uatm", "pCO2 of the water"),
        ("dic", waters.dic * 1e6, at, "umol kg-1", "DIC"),
        ("mean_ph", np.asarray(waters.ph) @ weight, mean, "1", "pH, mean by area"),
        ("mean_omega_aragonite", np.asarray(waters.omega_aragonite) @ weight, mean, "1", "saturation, mean by area"),
        ("sink", sink, mean, "Pg yr-1", "carbon taken up since the start, net of the natural flux"),
        ("aragonite_horizon", horizon, ("scenario", "latitude"), "yr", "first year below saturation of aragonite"),
    ]
    return {name: Series(np.asarray(v), dims, unit, meaning) for name, v, dims, unit, meaning in rows}


def _numbers(settings: Settings, series: dict[str, Series], years: Any) -> tuple[Number, ...]:
    def over(period: tuple[float, float]) -> Any:
        return (years > period[0]) & (years < period[1])

    ph, horizon = series["mean_ph"].values, series["aragonite_horizon"].values
    numbers = []
    for i, name in enumerate(settings.scenarios):
        fall = float(ph[i, over(LATE)].mean() - ph[i, over(REFERENCE)].mean())
        numbers.append(Number(f"ph_change_{name}", fall, "1", "mean pH of 2080-2099 less 1870-1899"))
        part = float(_areas()[np.isfinite(horizon[i])].sum() / _areas().sum())
        numbers.append(
            Number(f"undersaturated_{name}", part, "1", "part of the sea below saturation of aragonite by the end")
        )
    now = over((2018.0, 2021.0))
    change = float(ph[0, now].mean() - ph[0, over((settings.first, settings.first + 30.0))].mean())
    numbers.append(Number("ph_change_2019", change, "1", "mean pH of 2018-2020 less that of the start"))
    sink = float(series["sink"].values[0, over((2005.0, 2015.0))].mean())
    return (*numbers, Number("sink_2010", sink, "Pg yr-1", "mean carbon taken up, 2005-2014"))


def _books(settings: Settings, made: surface.Projected) -> Any:
    """Books of the first scenario over the whole sea."""
    first = jax.tree.map(lambda leaf: leaf[0] @ jnp.asarray(_areas()), (made.start, made.end, made.throughput))
    here = surface.Places(*(float(np.ravel(q)[0]) for q in places(settings)))
    one = surface.Air(jnp.asarray(3e-4), jnp.asarray(0.0))
    return ledger(surface.network(here, jnp.asarray(2e-3), one), *first)
