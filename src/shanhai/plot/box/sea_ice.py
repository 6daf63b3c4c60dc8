"""Figure of sea ice: ice and open water through the year, salinity and pCO2 below, and the flux of every case."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shanhai.models.box.result import Result
from shanhai.plot import style

LOOKS = {
    "no ice": ("#9aa0a6", "-"),
    "lid only": ("#e69f00", "-"),
    "brine only": ("#56b4e9", "-"),
    "lid and brine": ("#0072b2", "-"),
    "with ikaite": ("#7b3294", "--"),
}


def draw(result: Result) -> Figure:
    """Four panels: ice, salinity, pCO2, flux of the year."""
    with style.look():
        figure = style.new_figure(7.8, 6.0)
        (ice, salt), (pco2, flux) = figure.subplots(2, 2)
        _ice(ice, result)
        _lines(salt, result, "salinity", ("lid only", "lid and brine"), "salinity")
        _lines(pco2, result, "pco2", tuple(LOOKS), "pCO₂ of the water (µatm)")
        _bars(flux, result)
        style.titles(
            figure,
            "Sea ice: a lid on gas exchange, and a press that concentrates what is dissolved",
            f"Under the thickest ice brine raises pCO₂ by {result.number('pco2_under_ice'):.0f} µatm, "
            f"ikaite by {result.number('pco2_by_ikaite'):.0f} µatm more. Negative fluxes are uptake.",
        )
    return figure


def _month(result: Result) -> np.ndarray:
    return np.asarray(result.coordinates["time"].values) * 12.0


def _months(axes: Axes) -> None:
    axes.set_xlim(0, 12)
    axes.set_xticks(np.arange(0.5, 12), list("JFMAMJJASOND"))
    axes.tick_params(axis="x", length=0)


def _ice(axes: Axes, result: Result) -> None:
    axes.fill_between(_month(result), result.series["thickness"].values, color="#9ecae1", linewidth=0)
    axes.set_ylabel("ice, mean thickness (m)")
    axes.set_ylim(0, None)
    other = axes.twinx()
    other.spines["right"].set_visible(True)
    other.plot(_month(result), result.series["open_water"].values, color=style.NEUTRAL, linewidth=1.3)
    other.set_ylabel("open water (line)")
    other.set_ylim(0, 1.02)
    _months(axes)


def _lines(axes: Axes, result: Result, name: str, cases: tuple[str, ...], unit: str) -> None:
    known = [str(c) for c in result.coordinates["case"].values]
    for case in cases:
        colour, dash = LOOKS[case]
        values = np.asarray(result.series[name].values)[:, known.index(case)]
        label = "without brine" if name == "salinity" and case == "lid only" else case
        label = "with brine" if name == "salinity" and case == "lid and brine" else label
        axes.plot(_month(result), values, color=colour, linestyle=dash, linewidth=1.5, label=label)
    axes.set_ylabel(unit)
    axes.margins(y=0.3 if name == "pco2" else 0.15)
    axes.legend(loc="upper center", ncols=3 if name == "pco2" else 2, columnspacing=0.8, handlelength=1.4, fontsize=7)
    _months(axes)


def _bars(axes: Axes, result: Result) -> None:
    names = [str(c) for c in result.coordinates["case"].values]
    values = np.asarray(result.series["flux"].values).mean(axis=0) * 365.25e-3
    axes.barh(range(len(names)), values, color=[LOOKS[n][0] for n in names], height=0.6)
    axes.axvline(0.0, color="#222222", linewidth=0.8)
    for i, v in enumerate(values):
        axes.text(v, i, f"{v:.2f} ".replace("-", "−"), va="center", ha="right", fontsize=8)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.margins(x=0.2)
    axes.set_xlabel("flux of the year to the air (mol m⁻² yr⁻¹)")
