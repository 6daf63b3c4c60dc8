"""Figures of docs/validation_bottles.md."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shanhai.plot import style
from validation import bottles_depth, bottles_surface
from validation.bottles_samples import CLASSES, samples

DOTS = 110  # per inch
COLOURS = {"offshore": style.SINK, "slope": "#878787", "shelf": style.SOURCE}
MARKS = {"offshore": "o", "slope": "s", "shelf": "^"}
UPPER = 200.0  # dbar


def draw(data: Path, numbers: dict[str, Any], folder: Path) -> None:
    """Write every figure into a folder."""
    table = samples(data)
    for name, figure in {
        "bottles_surface": _surface(data, numbers),
        "bottles_oxygen": _oxygen(table, numbers),
        "bottles_aragonite": _aragonite(table),
    }.items():
        style.save(figure, folder / f"{name}.png", DOTS)


def _surface(data: Path, numbers: dict[str, Any]) -> Figure:
    pairs, lee = bottles_surface.with_map(data), bottles_surface.with_lee(data)
    with style.look():
        figure = style.new_figure(9.6, 4.0)
        left, middle, right = figure.subplots(1, 3)
        for where in CLASSES:
            here = pairs[pairs["where"] == where]
            look = {"c": COLOURS[where], "marker": MARKS[where], "s": 13, "linewidth": 0, "alpha": 0.85}
            left.scatter(here.dic, here.dic_computed, label=where, **look)
            middle.scatter(here.latitude, here.pco2_difference, **look)
        _one_to_one(left, "DIC (µmol kg⁻¹)", "from alkalinity and the map")
        expected = next(r["expected"] for r in numbers["surface"]["pco2"] if r["where"] == "offshore")
        middle.axhspan(-2 * expected, 2 * expected, color=style.SINK, alpha=0.13, linewidth=0)
        middle.axhline(0, color="#222222", linewidth=0.8)
        middle.set(xlabel="Latitude (°N)", ylabel="pCO₂, computed − map (µatm)")
        right.scatter(lee.alkalinity, lee.lee, c=style.SINK, s=9, linewidth=0, alpha=0.7)
        _one_to_one(right, "Alkalinity (µmol kg⁻¹)", "from salinity and temperature")
        left.legend(loc="lower right", handletextpad=0.2)
        style.titles(
            figure,
            "Surface samples, measured against computed, May and June 2007",
            "pCO2 is computed from DIC and alkalinity; map: kriged SOCATv4 pCO2 of the month, moved from 2010 to 2007;"
            " band: two expected standard deviations offshore, constants included.",
            "Right: alkalinity by Lee et al. (2006), offshore, upper 20 dbar.",
        )
    return figure


def _one_to_one(axes: Axes, what: str, how: str) -> None:
    low = min(axes.get_xlim()[0], axes.get_ylim()[0])
    high = max(axes.get_xlim()[1], axes.get_ylim()[1])
    axes.plot([low, high], [low, high], color="#222222", linewidth=0.8, zorder=1)
    axes.set(xlabel=f"{what}, measured", ylabel=f"{what.split(' ')[0]} {how}", xlim=(low, high), ylim=(low, high))
    axes.set_aspect("equal", adjustable="box")


def _oxygen(table: pd.DataFrame, numbers: dict[str, Any]) -> Figure:
    budget, deep = bottles_depth.with_preformed(table), numbers["depth"]["oxygen"]["deep"]
    below = budget.pressure >= bottles_depth.UNTOUCHED
    with style.look():
        figure = style.new_figure(8.4, 4.0)
        left, right = figure.subplots(1, 2)
        upper = {"s": 5, "c": "#b0b0b0", "linewidth": 0, "alpha": 0.8}
        lower = {"s": 9, "c": style.SINK, "linewidth": 0}
        left.scatter(budget.aou[~below], budget.respired[~below], label="above 1000 dbar", **upper)
        left.scatter(budget.aou[below], budget.respired[below], label="below 1000 dbar", **lower)
        _slopes(left, budget[below])
        left.set(xlabel="AOU (µmol kg⁻¹)", ylabel="DIC of respiration and industry (µmol kg⁻¹)")
        left.legend(loc="upper left", handletextpad=0.4)
        right.scatter(budget.excess[~below], budget.pressure[~below], **upper)
        right.scatter(budget.excess[below], budget.pressure[below], **lower)
        right.axvline(0, color="#222222", linewidth=0.8)
        right.axvline(deep["excess"]["mean"], color=style.SOURCE, linewidth=1.0)
        right.set_yscale("function", functions=(lambda p: np.sqrt(np.maximum(p, 0)), np.square))
        right.set_yticks([0, 50, 200, 500, 1000, 2000, 3000, 4000])
        right.set_ylim(4300, 0)
        right.set(xlabel="Excess over (117/170) AOU (µmol kg⁻¹)", ylabel="Pressure (dbar)", xlim=(-20, 120))
        style.titles(
            figure,
            "DIC less what the water had at the surface before industry",
            "Preformed alkalinity of Gruber et al. (1996), equilibrium with 280 µatm. Red: mean below 1000 dbar.",
        )
    return figure


def _slopes(axes: Axes, deep: pd.DataFrame) -> None:
    """Lines of published ratios through the middle of the deep samples."""
    x, y = deep.aou.mean(), deep.respired.mean()
    for (who, ratio), dashes in zip(bottles_depth.CARBON_OXYGEN.items(), ("-", "--")):
        ends = np.array([0.0, 320.0])
        label = f"{ratio:.3f}, {who}"
        axes.plot(ends, y + ratio * (ends - x), dashes, color=style.SOURCE, linewidth=1.0, label=label)


def _aragonite(table: pd.DataFrame) -> Figure:
    found = bottles_depth.horizons(table)
    with style.look():
        figure = style.new_figure(8.8, 4.2)
        left, right = figure.subplots(1, 2)
        left.axhspan(40, 120, color="#dddddd", alpha=0.6, linewidth=0)
        for where in CLASSES:
            here = found[found["where"] == where]
            look = {"c": COLOURS[where], "marker": MARKS[where], "s": 15, "linewidth": 0, "label": where}
            left.scatter(here.latitude, here.pressure, clip_on=False, zorder=3, **look)
        left.set(xlabel="Latitude (°N)", ylabel="Pressure at which Ω falls to one (dbar)", ylim=(250, 0))
        left.legend(loc="lower left", handletextpad=0.2)
        _transect(right, table)
        style.titles(
            figure,
            "Saturation with aragonite, May and June 2007",
            "Grey: 40 to 120 m, as Feely et al. (2008) say of the shelf along most transects. Right: transect 5, off"
            " the border of Oregon and California; the red line is saturation.",
        )
    return figure


def _transect(axes: Axes, table: pd.DataFrame) -> None:
    here = table[(table.transect == bottles_depth.TRANSECT) & np.isfinite(table.omega_aragonite)]
    stations = sorted(here.station.unique(), key=lambda s: here.longitude[here.station == s].iloc[0])
    colours = colormaps["viridis"](np.linspace(0, 0.93, len(stations)))
    for station, colour in zip(stations, colours):
        profile = here[(here.station == station) & (here.pressure <= UPPER)].sort_values("pressure")
        label = f"{-profile.longitude.iloc[0]:.2f}° W, {profile.bottom.iloc[0]:.0f} m"
        axes.plot(profile.omega_aragonite, profile.pressure, "o-", color=colour, ms=3, lw=0.9, label=label)
    axes.axvline(1, color=style.SOURCE, linewidth=1.0)
    axes.set(xlabel="Ω of aragonite", ylabel="Pressure (dbar)", ylim=(UPPER, 0))
    axes.legend(loc="lower right", title="Station, depth of water", title_fontsize=8)
