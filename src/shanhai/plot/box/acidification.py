"""Figure of acidification: mean pH of every scenario, saturation by latitude, and when aragonite begins to dissolve."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shanhai.models.box.result import Result
from shanhai.plot import style


def draw(result: Result) -> Figure:
    """Four panels: CO2, mean pH, saturation by latitude at the end, first year below saturation."""
    names = [str(n) for n in result.coordinates["scenario"].values]
    colours = [colormaps["cividis"](x) for x in np.linspace(0.05, 0.9, len(names))][::-1]
    with style.look():
        figure = style.new_figure(7.8, 6.0)
        (co2, ph), (omega, horizon) = figure.subplots(2, 2)
        _lines(co2, result, "xco2", names, colours, "CO₂ of the air (µmol mol⁻¹)")
        _lines(ph, result, "mean_ph", names, colours, "pH, total scale")
        _saturation(omega, result, colours)
        _horizon(horizon, result, names, colours)
        late = f"{result.number(f'ph_change_{names[-1]}'):+.2f}".replace("-", "−")
        title = f"Acidification: surface pH {late} under {named(names[-1])} by the end of the century"
        style.titles(
            figure, title, "Change of 2080–2099 from 1870–1899; horizon: first year with Ω of aragonite below 1."
        )
    return figure


def named(scenario: str) -> str:
    """Scenario as people write it.

    >>> named("ssp585"), named("ssp534-over")
    ('SSP5-8.5', 'SSP5-3.4-over')
    """
    code, _, rest = scenario.removeprefix("ssp").partition("-")
    return f"SSP{code[0]}-{code[1]}.{code[2]}" + (f"-{rest}" if rest else "")


def _lines(axes: Axes, result: Result, name: str, names: list[str], colours: list, unit: str) -> None:
    years = np.asarray(result.coordinates["time"].values)
    there = years > 1850
    for line, scenario, colour in zip(np.asarray(result.series[name].values), names, colours):
        axes.plot(years[there], line[there], color=colour, linewidth=1.5, label=named(scenario))
    axes.set_ylabel(unit)
    axes.set_xlim(1850, years[-1])
    if name == "xco2":
        axes.legend(loc="upper left")


def _saturation(axes: Axes, result: Result, colours: list) -> None:
    latitude = result.coordinates["latitude"].values
    omega = np.asarray(result.series["omega_aragonite"].values)
    axes.plot(latitude, omega[0, 0], color=style.NEUTRAL, linestyle="--", linewidth=1.2, label="start")
    for line, colour in zip(omega[:, -1], colours):
        axes.plot(latitude, line, color=colour, linewidth=1.5, marker="o", markersize=2.5)
    axes.axhline(1.0, color=style.SOURCE, linewidth=1.0)
    axes.text(0, 1.03, "dissolves below", color=style.SOURCE, fontsize=8, ha="center", va="bottom")
    axes.set_xlabel("latitude (°)")
    axes.set_ylabel("Ω of aragonite at the end")
    axes.legend(loc="upper right")


def _horizon(axes: Axes, result: Result, names: list[str], colours: list) -> None:
    latitude = np.asarray(result.coordinates["latitude"].values)
    years = np.asarray(result.series["aragonite_horizon"].values)
    for i, (line, colour) in enumerate(zip(years, colours)):
        axes.scatter(latitude + (i - len(names) / 2) * 0.8, line, color=colour, s=22, zorder=3)
    axes.set_xlim(-90, 90)
    axes.set_xlabel("latitude (°)")
    axes.set_ylabel("first year with Ω < 1")
    axes.grid(axis="y", color="#e4e4e4", linewidth=0.5)
