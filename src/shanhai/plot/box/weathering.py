"""Figure of the slow carbon cycle: what is left of a pulse, and who takes it, over a logarithmic time."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shanhai.models.box.result import Result
from shanhai.plot import style

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
LINES = ("-", "--", "-.", ":")


def draw(result: Result) -> Figure:
    """Four panels: part left in the air, CO2, fluxes of the largest pulse, carbonate ion and snow line."""
    with style.look():
        figure = style.new_figure(9.6, 6.6)
        (left, co2), (flux, floor) = figure.subplots(2, 2, sharex=True)
        _left(left, result)
        _lines(co2, result, "co2", "CO₂ of the air (µmol mol⁻¹)", 1.0)
        co2.set_yscale("log")
        ticks = [t for t in (280, 500, 1000, 2000, 4000) if t < 1.2 * np.max(result.series["co2"].values)]
        co2.set_yticks(ticks, [str(t) for t in ticks])
        co2.minorticks_off()
        co2.set_xscale("log")
        _fluxes(flux, result)
        _lines(floor, result, "snow_line", "carbonate on the floor down to (km)", 1e-3)
        floor.invert_yaxis()
        for axes in (flux, floor):
            axes.set_xlabel("years since the pulse")
        parts = ", ".join(
            f"{words} {rounded(result.number(f'time_{name}'))} yr"
            for name, words in (("invasion", "the sea in"), ("compensation", "its floor in"), ("silicate", "rocks in"))
            if any(n.name == f"time_{name}" for n in result.numbers)
        )
        grey = "Grey: 20 to 35 %, Archer et al. (2009). Times: exponentials fitted to the smallest pulse."
        style.titles(figure, f"What takes back a pulse of CO₂: {parts}", grey)
    return figure


def rounded(years: float) -> str:
    """A time to two digits.

    >>> rounded(372837.0), rounded(125.2)
    ('370,000', '130')
    """
    return f"{float(f'{years:.2g}'):,.0f}"


def _left(axes: Axes, result: Result) -> None:
    axes.fill_between([200, 2000], 20, 35, color="#dddddd", linewidth=0)
    _lines(axes, result, "left", "left in the air (%)", 100.0)
    axes.set_ylim(0, 100)
    axes.legend(loc="upper right")


def _lines(axes: Axes, result: Result, name: str, label: str, factor: float) -> None:
    years = np.asarray(result.coordinates["time"].values)[1:]
    values = factor * np.asarray(result.series[name].values)[1:]
    for k, pulse in enumerate(result.coordinates["pulse"].values):
        axes.plot(years, values[:, k], color=COLOURS[k % 4], linestyle=LINES[k % 4], label=f"{pulse:,.0f} Pg C")
    axes.set_ylabel(label)


def _fluxes(axes: Axes, result: Result) -> None:
    years = np.asarray(result.coordinates["interval"].values)
    shown = (
        ("silicate", "weathering of silicate"),
        ("weathered_carbonate", "weathering of carbonate"),
        ("net_burial", "burial less dissolution"),
    )
    for (name, words), colour, line in zip(shown, COLOURS, LINES):
        axes.plot(years, np.asarray(result.series[name].values)[:, -1], color=colour, linestyle=line, label=words)
    axes.axhline(0.0, color="#999999", linewidth=0.6)
    axes.set_ylabel("as carbonate or calcium (Tmol yr⁻¹)")
    largest = result.coordinates["pulse"].values[-1]
    axes.legend(loc="lower right", title=f"{largest:,.0f} Pg C", title_fontsize=8)
