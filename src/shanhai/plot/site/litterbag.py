"""Figure of the model `litterbag`: carbon by litter and climate, nitrogen against carbon, and where it turns."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shanhai.models.box.result import Result
from shanhai.plot import style

LINES = {"daycent": "-", "casacnp": "--", "corpse": ":", "layer": "-."}
NAMES = {"daycent": "DayCent", "casacnp": "CASA-CNP", "corpse": "CORPSE-N", "layer": "layer of soil"}
COLOURS = ("#009e73", "#0072b2", "#d55e00", "#e69f00", "#cc79a7", "#56b4e9", "#000000")
MOST = 4  # sites drawn


def draw(result: Result) -> Figure:
    """Carbon that remains at each site, and below nitrogen against carbon.

    Args:
        result: of the model.
    """
    sites = [str(name) for name in result.coordinates["site"].values][:MOST]
    with style.look():
        figure = style.new_figure(9.0, 5.6)
        above = figure.subplots(2, len(sites), squeeze=False, sharey="row", sharex="row")
        for s, site in enumerate(sites):
            _carbon(above[0, s], result, s)
            _nitrogen(above[1, s], result, s)
            above[0, s].set_title(f"{site}, {float(result.series['temperature'].values[s]):g} °C")
        above[0, 0].set_ylabel("Carbon that remains (1)")
        above[1, 0].set_ylabel("Nitrogen that remains (1)")
        above[1, 0].invert_xaxis()
        _legends(above[0, -1], above[0, max(0, len(sites) - 2)], result)
        style.titles(figure, "Litter in bags: carbon goes, nitrogen first comes", _turning(result), *result.notes)
    return figure


def _each(result: Result) -> Any:
    models, litters = ([str(name) for name in result.coordinates[k].values] for k in ("model", "litter"))
    for m, model in enumerate(models):
        for n, _ in enumerate(litters):
            yield m, n, {"color": COLOURS[n % len(COLOURS)], "linestyle": LINES[model], "linewidth": 1.2}


def _carbon(axes: Axes, result: Result, s: int) -> None:
    for m, n, look in _each(result):
        axes.plot(result.coordinates["year"].values, np.asarray(result.series["carbon"].values)[m, :, n, s], **look)
    _dots(axes, result, s, "measured_year", "measured_carbon")
    axes.set_ylim(0.0, 1.03)
    axes.set_xlabel("Years")


def _nitrogen(axes: Axes, result: Result, s: int) -> None:
    carbon, nitrogen = (np.asarray(result.series[k].values) for k in ("carbon", "nitrogen"))
    for m, n, look in _each(result):
        axes.plot(carbon[m, :, n, s], nitrogen[m, :, n, s], **look)
    _dots(axes, result, s, "measured_carbon", "measured_nitrogen")
    axes.axhline(1.0, color="#999999", linewidth=0.7)
    axes.set_xlabel("Carbon that remains (1)")


def _dots(axes: Axes, result: Result, s: int, across: str, up: str) -> None:
    """Measured bags of a site."""
    if up not in result.series:
        return
    site = str(result.coordinates["site"].values[s])
    here = np.asarray(result.series["measured_site"].values) == site
    for n, litter in enumerate(result.coordinates["litter"].values):
        mine = here & (np.asarray(result.series["measured_litter"].values) == str(litter))
        x, y = (np.asarray(result.series[name].values)[mine] for name in (across, up))
        axes.plot(x, y, "o", color=COLOURS[n % len(COLOURS)], markersize=3.5, markeredgecolor="white")


def _legends(right: Axes, left: Axes, result: Result) -> None:
    models = [str(name) for name in result.coordinates["model"].values]
    ratios, lignin = (np.asarray(result.series[k].values) for k in ("initial_ratio", "lignin"))
    for n, litter in enumerate(result.coordinates["litter"].values):
        text = f"{litter}: C:N {ratios[n]:g}, lignin {lignin[n]:.0%}"
        right.plot([], [], color=COLOURS[n % len(COLOURS)], label=text)
    right.legend(fontsize=7, loc="upper right")
    for model in models:
        left.plot([], [], color="#333333", linestyle=LINES[model], label=NAMES[model])
    left.legend(fontsize=7, loc="upper right")


def _turning(result: Result) -> str:
    found = {n.name: n.value for n in result.numbers}
    models = [str(name) for name in result.coordinates["model"].values]
    told = ", ".join(f"{found[f'turning_{m}']:.0f} ({NAMES[m]})" for m in models)
    return f"Median C:N of bags where immobilisation turns to release: {told}."
