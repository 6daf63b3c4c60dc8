"""Figure of docs/schemes/soil_heterogeneity.md: closures against ensembles of places, and the parameters that seem."""

from pathlib import Path
from typing import Any

import numpy as np

from shanhai.plot import style
from shanhai.soil.heterogeneity import (
    Mixture,
    apparent_parameters,
    covariation_of_lognormals,
    lognormal_rate,
    mean_field_rate,
    second_order_rate,
)

FIGURE = Path(__file__).parents[1] / "docs" / "figures" / "soil_heterogeneity.png"
PLACES = 100_000
COLOURS = {-0.8: "#0072b2", 0.0: "#009e73", 0.8: "#d55e00"}


def ensemble(variation: float, correlation: float) -> float:
    """Mean rate of places with lognormal substrate and microbes of equal variation, antithetic, fixed seed."""
    z = np.random.default_rng(7).standard_normal((2, PLACES))
    z = np.concatenate([z, -z], axis=1)
    s = np.sqrt(np.log1p(variation**2))
    substrate = np.exp(s * z[0] - 0.5 * s * s)
    microbes = np.exp(s * (correlation * z[0] + np.sqrt(1 - correlation**2) * z[1]) - 0.5 * s * s)
    return float(np.mean(microbes * substrate / (1.0 + substrate)))


def mixture(variation: np.ndarray, correlation: float, mean: float = 1.0) -> Mixture:
    """Equal variation of substrate and microbes."""
    return Mixture(mean, 1.0, variation, covariation_of_lognormals(variation, variation, correlation))


def draw(path: Path = FIGURE) -> Path:
    """Write the figure."""
    with style.look():
        figure = style.new_figure(9.0, 3.5)
        left, right = figure.subplots(1, 2)
        _closures(left)
        _apparent(right)
        return style.save(figure, path, 110)


def _closures(axis: Any) -> None:
    variation, dots = np.linspace(0.0, 2.0, 81), np.array([0.1, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0])
    for correlation, colour in COLOURS.items():
        m = mixture(variation, correlation)
        mean = float(mean_field_rate(mixture(0.0, 0.0), 1.0, 1.0))
        axis.plot(variation, lognormal_rate(m, 1.0, 1.0) / mean, color=colour, label=f"correlation {correlation:g}")
        axis.plot(variation, second_order_rate(m, 1.0, 1.0) / mean, "--", color=colour)
        truth = [ensemble(v, correlation) / mean for v in dots]
        axis.plot(dots, truth, "o", ms=4, mfc="white", color=colour)
    axis.plot([], [], "-", color="#555555", label="quadrature")
    axis.plot([], [], "--", color="#555555", label="second order")
    axis.plot([], [], "o", ms=4, mfc="white", color="#555555", label="ensemble of places")
    axis.set(
        title="Rate of a mixture, mean substrate at half-saturation",
        xlabel="coefficient of variation of substrate and microbes (1)",
        ylabel="rate over that of the mean field (1)",
        ylim=(0.3, 1.6),
        xlim=(0, 2.05),
    )
    axis.legend(fontsize=7, frameon=False, ncols=2, loc="upper left")


def _apparent(axis: Any) -> None:
    means = np.geomspace(0.01, 100.0, 81)
    for correlation, colour in COLOURS.items():
        seem = apparent_parameters(mixture(1.0, correlation)._replace(substrate=means), 1.0, 1.0)
        axis.plot(means, seem.half_saturation, color=colour, label=f"half-saturation, correlation {correlation:g}")
        axis.plot(means, seem.capacity, ":", color=colour)
    axis.plot([], [], ":", color="#555555", label="capacity")
    axis.axhline(1.0, lw=0.6, color="#777777")
    axis.set(
        xscale="log",
        yscale="log",
        title="What a mixture seems to be, variation 1",
        xlabel="mean substrate over true half-saturation (1)",
        ylabel="apparent over true parameter (1)",
        ylim=(0.25, 5.0),
    )
    axis.set_yticks([0.3, 0.5, 1.0, 2.0, 3.0, 5.0], ["0.3", "0.5", "1", "2", "3", "5"])
    axis.minorticks_off()
    axis.legend(fontsize=7, frameon=False)


if __name__ == "__main__":
    print(draw())
