"""Below the surface of the cruise of 2007: oxygen and DIC, the aragonite horizon, and the same by another code."""

import importlib.util
from itertools import pairwise
from math import ceil, log10
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shanhai.seawater import carbonate, carbonate_uncertainty
from validation.bottles_samples import SURFACE, at_surface, samples, spread, water
from validation.bottles_surface import MEASURED

CARBON_OXYGEN = {"Anderson & Sarmiento (1994)": 117 / 170, "Redfield": 106 / 138}
NITROGEN_OXYGEN = {"Anderson & Sarmiento (1994)": 16 / 170, "Redfield": 16 / 138}
BEFORE = 280.0  # uatm, pCO2 of the air before industry
NOW = 375.0  # uatm, of the air over the cruise, rounded
UNTOUCHED = 1000.0  # dbar; hardly any carbon of industry below
SURFACES = (26.0, 26.2, 26.4, 26.6, 26.8)  # kg m-3 - 1000
LAYERS = (0, 50, 100, 200, 400, 700, 1000, 2000, 4300)  # dbar
ENOUGH = 5  # samples of a profile
TRANSECT = 5  # off the border of Oregon and California
FITS = {"opt_gas_constant": 3, "opt_pH_scale": 1, "opt_k_fluoride": 2, "opt_k_carbonic": 10}
"""Names that PyCO2SYS has for the constants used here."""


def run(data: Path) -> dict[str, Any]:
    """Statistics of oxygen, aragonite and the other code."""
    table = samples(data)
    return {"oxygen": _oxygen(table), "aragonite": _aragonite(table), "other_code": _other_code(table)}


def _oxygen(table: pd.DataFrame) -> dict[str, Any]:
    surface = table[table.pressure <= SURFACE]
    budget = with_preformed(table)
    deep = budget[budget.pressure >= UNTOUCHED]
    offshore = at_surface(table).query("where == 'offshore'")
    return {
        "sensor": spread(table.ctd_oxygen - table.oxygen),
        "sensor_median": float((table.ctd_oxygen - table.oxygen).abs().median()),
        "saturation": [
            {"where": name, **spread(100 * part.saturation)} for name, part in surface.groupby("where", sort=True)
        ],
        "along": [_along(table, low, high) for low, high in pairwise(SURFACES)],
        "deep": {**_line(deep.aou, deep.respired), "excess": spread(deep.excess)},
        "layers": [
            {"from": low, "to": high, **spread(budget.excess[budget.pressure.between(low, high, inclusive="left")])}
            for low, high in pairwise(LAYERS)
        ],
        "air": spread(_equilibrium(offshore, NOW) - _equilibrium(offshore, BEFORE)),
    }


def _along(table: pd.DataFrame, low: float, high: float) -> dict[str, Any]:
    """Slopes against AOU between two density surfaces."""
    here = table[table.sigma.between(low, high, inclusive="left")].dropna(
        subset=["aou", "dic", "alkalinity", "nitrate", "salinity"]
    )
    soft = here.dic - 0.5 * (here.alkalinity + here.nitrate)
    slopes = {"dic": here.dic, "soft": soft, "nitrate": here.nitrate}
    return {"low": low, "high": high, "n": len(here)} | {k: _line(here.aou, x)["slope"] for k, x in slopes.items()}


def _line(x: pd.Series, y: pd.Series) -> dict[str, float]:
    """Least squares, with the standard error of the slope."""
    slope, offset = np.polyfit(x, y, 1)
    left = y - slope * x - offset
    error = np.sqrt((left**2).sum() / (len(x) - 2) / ((x - x.mean()) ** 2).sum())
    r = np.corrcoef(x, y)[0, 1]
    return {"n": len(x), "slope": slope, "error": error, "offset": offset, "r": r, "residual": left.std()}


def with_preformed(table: pd.DataFrame) -> pd.DataFrame:
    r"""Samples with DIC less what water had at the surface before industry, and less what carbonate dissolved.

    $$\Delta = \mathrm{DIC} - \mathrm{DIC}_{eq}(A_0, 280\,\mu\mathrm{atm}, \theta, S)
      - \tfrac12\left(A_T - A_0 + \tfrac{16}{170}\,\mathrm{AOU}\right), \qquad
      A_0 = 367.5 + 54.9\,S + 0.074\,(\mathrm{O_2} + 170\,\mathrm{PO_4})$$

    Source: Gruber, Sarmiento & Stocker (1996), Global Biogeochem. Cycles 10, 809; as another program has it, not
    checked against the paper. `respired` is this difference, `excess` what is left of it after (117/170) AOU.
    """
    there = table.dropna(subset=["dic", "alkalinity", "aou", "phosphate", "salinity"])
    preformed = 367.5 + 54.9 * there.salinity + 0.074 * (there.oxygen + 170.0 * there.phosphate)
    equilibrium = _equilibrium(there.assign(alkalinity=preformed, temperature=there.theta), BEFORE)
    dissolved = 0.5 * (there.alkalinity - preformed + 16 / 170 * there.aou)
    respired = there.dic - equilibrium - dissolved
    return there.assign(respired=respired, excess=respired - 117 / 170 * there.aou)


def _equilibrium(table: pd.DataFrame, pco2: float) -> pd.Series:
    """DIC at the surface in equilibrium with a pCO2 [uatm]."""
    at = {name: table[name].to_numpy() for name in ("alkalinity", "temperature", "salinity")}
    return pd.Series(np.asarray(carbonate(pCO2=pco2, outputs=("dic",), **at).dic), index=table.index)


def _aragonite(table: pd.DataFrame) -> dict[str, Any]:
    found = horizons(table)
    near = found[found["where"] != "offshore"]
    with_one = found[found.pressure > 0]
    values = {name: spread(with_one[name]) for name in ("sigma", "pH", "pCO2", "dic")}
    return {
        "transects": [_transect(part) for _, part in near.groupby("transect")],
        "at_horizon": values,
        "outcrops": [_bottle(table, station) for station in found.station[found.pressure == 0]],
        "transect_5": [
            _bottle(table, station) for station in at_surface(table).query(f"transect == {TRANSECT}").station
        ],
    }


def horizons(table: pd.DataFrame) -> pd.DataFrame:
    """Where saturation with aragonite first falls to one: pressure 0 where the shallowest sample is undersaturated."""
    whole = table[np.isfinite(table.omega_aragonite)].sort_values("pressure", kind="stable")
    profiles = [part for _, part in whole.groupby("station") if len(part) >= ENOUGH]
    return pd.DataFrame([_horizon(part) for part in profiles])


def _horizon(profile: pd.DataFrame) -> dict[str, Any]:
    names = ("pressure", "sigma", "pH", "pCO2", "dic")
    about = {name: profile[name].iloc[0] for name in ("station", "transect", "latitude", "bottom", "where")}
    omega = profile.omega_aragonite.to_numpy()
    below = np.flatnonzero(omega < 1)
    if below.size == 0:
        return about | dict.fromkeys(names, np.nan)
    k = int(below[0])
    if k == 0:
        return about | dict.fromkeys(names, np.nan) | {"pressure": 0.0}
    part = (omega[k - 1] - 1) / (omega[k - 1] - omega[k])
    return about | {n: profile[n].iloc[k - 1] * (1 - part) + profile[n].iloc[k] * part for n in names}


def _transect(part: pd.DataFrame) -> dict[str, Any]:
    depth = part.pressure.dropna()
    return {
        "transect": int(part.transect.iloc[0]),
        "latitude": float(part.latitude.mean()),
        "stations": len(part),
        "horizons": len(depth),
        "shallowest": float(depth.min()),
        "median": float(depth.median()),
        "deepest": float(depth.max()),
    }


def _bottle(table: pd.DataFrame, station: float) -> dict[str, Any]:
    """The shallowest complete sample of a station, with uncertainties, and the highest saturation of the profile."""
    profile = table[(table.station == station) & np.isfinite(table.omega_aragonite)].sort_values("pressure")
    top = profile.head(1)
    names = ("pH", "pCO2", "omega_aragonite")
    found = carbonate_uncertainty(uncertainty=MEASURED, outputs=names, **water(top))
    given = ("transect", "station", "longitude", "latitude", "bottom", "pressure", "sigma", "dic", "alkalinity", *names)
    uncertain = {f"u_{name}": float(np.asarray(getattr(found.uncertainty, name))[0]) for name in names}
    return {name: float(top[name].iloc[0]) for name in given} | uncertain


def _other_code(table: pd.DataFrame) -> dict[str, Any] | None:
    """Largest differences from PyCO2SYS with the same constants, as the next power of ten; None where it is not."""
    if importlib.util.find_spec("PyCO2SYS") is None:
        return None
    import PyCO2SYS as code

    whole = table[np.isfinite(table.omega_aragonite)]
    ours = water(whole)
    rest = {f"total_{name}": ours[name] for name in ("phosphate", "silicate")}
    rest |= {name: ours[name] for name in ("temperature", "salinity", "pressure")}
    theirs = code.sys(ours["alkalinity"], ours["dic"], 1, 2, **rest, **FITS)
    default = code.sys(ours["alkalinity"], ours["dic"], 1, 2, **rest, opt_pH_scale=1, opt_k_carbonic=10)
    names = {"pH": "pH_total", "pCO2": "pCO2", "omega_aragonite": "saturation_aragonite"}
    return {
        "version": code.__version__,
        "n": len(whole),
        "below": {a: 10.0 ** ceil(log10(np.abs(theirs[b] - whole[a]).max())) for a, b in names.items()},
        "default": {a: float(np.abs(default[b] - whole[a]).max()) for a, b in names.items()},
    }
