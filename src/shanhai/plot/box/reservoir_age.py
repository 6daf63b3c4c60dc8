"""Figure of the preset `reservoir-age`: ages at rest over CO2, and through the calibration curves where given."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shanhai.models.box.result import Result
from shanhai.plot import style

SEA, STEADY, MARINE = "#2166ac", "#d95f02", "#4d4d4d"


def draw(result: Result) -> Figure:
    """One panel at rest, and one above it through time where the curves were given."""
    with style.look():
        if "marine20" not in result.series:
            figure = style.new_figure(6.4, 4.0)
            _at_rest(figure.add_subplot(), result)
            return figure
        figure = style.new_figure(8.0, 6.4)
        above, below = figure.subplots(2, 1, height_ratios=(3, 2))
        _through_time(above, result)
        _at_rest(below, result)
    return figure


def _through_time(axes: Axes, result: Result) -> None:
    age = result.coordinates["age_bp"].values / 1000.0
    marine, sigma = (result.series[n].values for n in ("marine20", "marine20_sigma"))
    axes.fill_between(age, marine - sigma, marine + sigma, color=MARINE, alpha=0.2, linewidth=0.0, label="±1σ")
    axes.plot(age, marine, color=MARINE, label="Marine20 − IntCal20")
    axes.plot(age, result.series["varying_co2"].values, color=SEA, label="column, CO₂ of ice cores")
    axes.plot(age, result.series["steady_co2"].values, color=STEADY, linestyle="--", label="column, steady CO₂")
    axes.set(xlabel="thousand years before 1950", ylabel="reservoir age (¹⁴C yr)", title="Through the curves")
    axes.set_xlim(float(age.max()), 0.0)
    axes.set_ylim(0.0, None)
    axes.legend(ncols=2)


def _at_rest(axes: Axes, result: Result) -> None:
    axes.plot(result.coordinates["xco2"].values, result.series["age_at_rest"].values, color=SEA)
    axes.set(xlabel="CO₂ of the air (ppm)", ylabel="reservoir age (¹⁴C yr)", title="At rest")
