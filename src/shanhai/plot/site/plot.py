"""Figure of a managed plot: yield, N2O, leaching and soil carbon, year by year under every treatment."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shanhai.models.box.result import Result
from shanhai.plot import style

LOOKS = {
    "managed": ("#0072b2", "-"),
    "no fertiliser": ("#d55e00", "-"),
    "straw sold": ("#009e73", "--"),
}
"""Treatments drawn; a harvest that is stacked differs from the managed field by the stack alone."""

CROPS = {"wheat": "#e69f00", "maize": "#009e73"}
FATES = {
    "grain_nitrogen": ("grain", "#e69f00"),
    "leached_mineral": ("leached", "#0072b2"),
    "ammonia": ("NH₃", "#cc79a7"),
    "nitric_oxide": ("NO", "#56b4e9"),
    "nitrous_oxide": ("N₂O", "#d55e00"),
    "dinitrogen": ("N₂", "#9aa0a6"),
}


FOOT = (
    ("yield", "grain", 1, "t ha⁻¹"),
    ("nitrous_oxide", "N₂O", 2, "kg N ha⁻¹"),
    ("leached_mineral", "leached", 1, "kg N ha⁻¹"),
)


def draw(result: Result) -> Figure:
    """Six panels, sums of a year: grain, its crops, N2O, leaching, fates of nitrogen; and soil carbon at its end."""
    with style.look():
        figure = style.new_figure(8.6, 8.0)
        (grain, crops), (gas, leached), (fates, carbon) = figure.subplots(3, 2)
        _lines(grain, result, "yield", "dry grain (t ha⁻¹)")
        _crops(crops, result)
        _lines(gas, result, "nitrous_oxide", "N₂O (kg N ha⁻¹)")
        _lines(leached, result, "leached_mineral", "mineral N leached (kg ha⁻¹)")
        _fates(fates, result)
        _lines(carbon, result, "soil_carbon", "organic C of the soil (t ha⁻¹)")
        grain.legend(fontsize=7.5, frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0.0, 1.0))
        style.titles(
            figure,
            "Wheat and maize for a century: what fertiliser feeds, and where it goes",
            "Means of the last years, managed and without fertiliser: "
            + "; ".join(
                f"{word} {result.number(name):.{digits}f} and {result.number(f'{name}_unfertilised'):.{digits}f} {unit}"
                for name, word, digits, unit in FOOT
            ),
        )
    return figure


def _values(result: Result, name: str, case: str) -> np.ndarray:
    """Values of a treatment by year, summed over crops."""
    place = list(result.coordinates["case"].values).index(case)
    values = np.asarray(result.series[name].values)[..., place]
    return values.sum(axis=1) if values.ndim > 1 else values


def _frame(axes: Axes, result: Result, label: str) -> None:
    axes.set_xlim(0, float(np.asarray(result.coordinates["year"].values)[-1]))
    axes.set_ylim(bottom=0)
    axes.set_xlabel("year", fontsize=9)
    axes.set_ylabel(label, fontsize=9)


def _lines(axes: Axes, result: Result, name: str, label: str) -> None:
    year = np.asarray(result.coordinates["year"].values)
    for case, (colour, dash) in LOOKS.items():
        axes.plot(year, _values(result, name, case), color=colour, linestyle=dash, label=case, linewidth=1.4)
    _frame(axes, result, label)


def _crops(axes: Axes, result: Result) -> None:
    """Grain of either crop, with and without fertiliser."""
    year = np.asarray(result.coordinates["year"].values)
    values = np.asarray(result.series["yield"].values)
    cases = list(result.coordinates["case"].values)
    for k, crop in enumerate(result.coordinates["crop"].values):
        for case, dash in (("managed", "-"), ("no fertiliser", ":")):
            label = f"{crop}, {case}"
            axes.plot(year, values[:, k, cases.index(case)], color=CROPS[str(crop)], linestyle=dash, label=label)
    _frame(axes, result, "dry grain (t ha⁻¹)")
    axes.legend(fontsize=7, frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0.0, 1.0))


def _fates(axes: Axes, result: Result) -> None:
    """Where the nitrogen of the managed field goes."""
    year = np.asarray(result.coordinates["year"].values)
    stacks = [_values(result, name, "managed") for name in FATES]
    axes.stackplot(
        year, *stacks, colors=[c for _, c in FATES.values()], labels=[n for n, _ in FATES.values()], linewidth=0
    )
    _frame(axes, result, "N that leaves (kg ha⁻¹)")
    axes.legend(fontsize=7, frameon=False, ncols=6, loc="lower left", bbox_to_anchor=(0.0, 1.0), columnspacing=0.8,
                handlelength=1.0)  # fmt: skip
