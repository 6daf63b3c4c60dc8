"""Figure of the preset `radiocarbon-column`: histories, profiles, bomb inventory, natural ages."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shanhai.models.box.result import Result
from shanhai.plot import style

AIR, SEA, COMPARED = "#b2182b", "#2166ac", "#4d4d4d"
PROFILES = ("#4d4d4d", "#d95f02", "#7570b3", "#1b9e77", "#e7298a", "#66a61e")  # told apart by all, with the line styles
STYLES = ("-", "--", "-.", ":")


def draw(result: Result) -> Figure:
    """Four panels: Δ14C through time, profiles, bomb radiocarbon, natural ventilation age."""
    with style.look():
        figure = style.new_figure(8.0, 6.4)
        ((histories, profiles), (bomb, ages)) = figure.subplots(2, 2)
        _histories(histories, result)
        _profiles(profiles, result)
        _bomb(bomb, result)
        _ages(ages, result)
    return figure


def _histories(axes: Axes, result: Result) -> None:
    year = result.coordinates["time"].values
    axes.plot(year, result.series["delta14c_air"].values, color=AIR, label="air")
    axes.plot(year, result.series["delta14c_surface"].values, color=SEA, label="mixed layer")
    axes.set(xlabel="year", ylabel="Δ¹⁴C (‰)", title="Bomb pulse")
    axes.legend()


def _profiles(axes: Axes, result: Result) -> None:
    depth, kept = result.coordinates["depth"].values, result.coordinates["profile_year"].values
    for n, (year, profile) in enumerate(zip(kept, result.series["delta14c"].values)):
        colour, line = PROFILES[n % len(PROFILES)], STYLES[n % len(STYLES)]
        axes.plot(profile, depth, color=colour, linestyle=line, label=str(int(year)))
    axes.set(xlabel="Δ¹⁴C (‰)", ylabel="depth (m)", title="Profiles")
    axes.invert_yaxis()
    axes.legend()


def _bomb(axes: Axes, result: Result) -> None:
    year, held = result.coordinates["time"].values, result.series["bomb_inventory"].values
    shown = year >= 1945
    axes.plot(year[shown], held[shown], color=SEA, label="atoms in the sea (left)")
    axes.set(xlabel="year", ylabel="bomb ¹⁴C (10²⁶ atoms)", title="Bomb radiocarbon in the sea")
    deep = axes.twinx()
    deep.spines["right"].set_visible(True)
    deep.plot(year[shown], result.series["penetration_depth"].values[shown], color=COMPARED, linestyle="--")
    axes.plot([], [], color=COMPARED, linestyle="--", label="mean depth (right)")
    deep.set(ylabel="mean depth of penetration (m)", ylim=(0.0, None))
    axes.set_ylim(min(0.0, float(np.min(held[shown]))), None)
    axes.legend(loc="upper left")


def _ages(axes: Axes, result: Result) -> None:
    axes.plot(result.series["ventilation_age"].values, result.coordinates["depth"].values, color=SEA)
    axes.set(xlabel="age since the mixed layer (yr)", ylabel="depth (m)", title="Natural ventilation age")
    axes.set_xlim(0.0, None)
    axes.invert_yaxis()
