"""Figures of the pages on soil microbes: `python -m validation.soil_microbes`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from shanhai.core.reactions import Network, Reaction, Species
from shanhai.numerics.integrate import Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.plot.style import look, new_figure, save
from shanhai.soil.birch import Birch, Wetting, exposure, liquid_potential, lysis, released_fraction, wetting
from shanhai.soil.carbon_use import LinearEfficiency, LogitEfficiency, carbon_use
from shanhai.soil.dormancy import Dormancy, dormancy_reactions
from shanhai.soil.enzyme_allocation import Choice, enzymatic_rate, optimal_fraction, smooth_fraction
from shanhai.soil.stoichiometry import critical_ratio, net_mineralisation, nutrient_remaining

FIGURES = Path(__file__).parent.parent / "docs" / "figures"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000")  # Okabe & Ito, for all eyes
STYLES = ("-", "--", "-.", ":", "-")
HOUR = 3600.0
OAK = np.array([[1.0, 0.83, 0.62, 0.54, 0.51, 0.42], [1.0, 1.14, 1.10, 1.12, 1.05, 0.83]])
"""Carbon and nitrogen left of oak litter in years 0 to 5, control, C:N 52: Gill et al. (2022), J. Ecol."""

ACTIVE, DORMANT, FOOD, AGGREGATES = (Species(n, {"C": 1.0}) for n in ("active", "dormant", "food", "aggregates"))
CO2 = Species("co2", {"C": 1.0}, external=True)


class Eaten(eqx.Module):
    """Uptake by active microbes, less of it where the soil is dry."""

    dormancy: Dormancy

    def __call__(self, x: Any, environment: Any) -> jax.Array:
        """Carbon taken up [mol m-3 s-1]."""
        moist = self.dormancy.awake(environment.potential)
        return 0.03 / HOUR * moist * x["active"] * x["food"] / (20.0 + x["food"])


def soil(birch: Birch, dormancy: Dormancy) -> Network:
    """Lysis, exposure, dormancy and uptake."""
    calm = Wetting(jnp.asarray(-1e4), jnp.asarray(0.0), jnp.asarray(0.0))
    reactions = (
        lysis(birch, (ACTIVE,), (FOOD,), {"C": CO2}),
        exposure(birch, (AGGREGATES,), (FOOD,)),
        *dormancy_reactions(dormancy, (ACTIVE,), (DORMANT,), "food"),
        Reaction("uptake", Eaten(dormancy), {"food": -1.0, "active": 0.4, "co2": 0.6}),
    )
    return Network((ACTIVE, DORMANT, FOOD, AGGREGATES, CO2), reactions, calm)


def respired(network: Network, start: Sequence[Any], rain: Wetting, hours: int) -> np.ndarray:
    """Respiration by the hour [mol m-3 h-1], (hour, cell), with rain in the first."""
    x = jnp.stack(jnp.broadcast_arrays(*map(jnp.asarray, start)))
    calm = Wetting(jnp.asarray(rain.potential), jnp.asarray(0.0), jnp.asarray(0.0))
    envs = [jnp.zeros((hours, *x.shape[1:])).at[:].set(c).at[0].set(r) for c, r in zip(calm, rain)]

    def hour(x: jax.Array, environment: Any) -> tuple[jax.Array, jax.Array]:
        end = integrate(Rosenbrock(), network, x, Wetting(*environment), HOUR, Tolerance(relative=1e-5)).x
        return end, end[-1] - x[-1]

    return np.asarray(jax.jit(lambda x, e: jax.lax.scan(hour, x, e))(x, tuple(envs))[1])


def microbes() -> Path:
    """Stoichiometry, carbon use, allocation and dormancy."""
    with look():
        figure = new_figure(9.6, 5.8)
        axes = figure.subplots(2, 3).ravel()
        panels = (_mineralisation, _litter, _temperature, _growth, _allocation, _dormancy)
        for axis, panel in zip(axes, panels):
            panel(axis)
            axis.grid(color="#e6e6e6", linewidth=0.6)
            axis.set_axisbelow(True)
            axis.legend(loc="upper right" if panel is _dormancy else "best")
        return save(figure, FIGURES / "soil_microbes.png", 130)


def _mineralisation(axis: Any) -> None:
    ratio = np.linspace(6.0, 60.0, 300)
    for efficiency, colour, style in zip((0.3, 0.5), COLOURS, STYLES):
        axis.plot(
            ratio, 1e3 * net_mineralisation(1.0, efficiency, ratio, 8.0), style, color=colour, label=f"ε = {efficiency}"
        )
        axis.plot(float(critical_ratio(efficiency, 8.0)), 0.0, "o", color=colour, ms=5)
    axis.axhline(0.0, color="#666666", lw=0.7)
    axis.set(
        title="Mineralisation or immobilisation",
        xlabel="C:N of the food",
        ylabel="net N mineralisation\n(mmol per mol C taken up)",
    )


def _litter(axis: Any) -> None:
    carbon = np.linspace(0.3, 1.0, 200)
    for efficiency, colour, style in zip((0.2, 0.25, 0.32), COLOURS, STYLES):
        axis.plot(
            carbon, nutrient_remaining(carbon, 52.0, efficiency, 8.0), style, color=colour, label=f"ε = {efficiency}"
        )
    axis.plot(*OAK, "ko", ms=4, label="oak litter, years 0–5")
    axis.invert_xaxis()
    axis.set(title="Nitrogen of decaying litter", xlabel="C remaining", ylabel="N remaining")


def _temperature(axis: Any) -> None:
    celsius = np.linspace(0.0, 35.0, 100)
    axis.plot(celsius, LogitEfficiency()(celsius + 273.15), color=COLOURS[0], label="logit, fit to Qiao 2019")
    whole = LinearEfficiency(0.475, 0.016, 293.15)
    axis.plot(celsius, whole(celsius + 273.15), "-.", color=COLOURS[2], label="linear, Qiao 2019")
    axis.plot(celsius, LinearEfficiency()(celsius + 273.15), "--", color=COLOURS[1], label="linear, Millennial v2")
    axis.axhline(0.0, color="#666666", lw=0.7)
    axis.set(title="Carbon use efficiency", xlabel="temperature (°C)", ylabel="efficiency Y")


def _growth(axis: Any) -> None:
    nitrogen = np.linspace(0.0, 0.12, 300)
    for width, colour, style in zip((0.0, 0.1, 0.3, 1.0), COLOURS, STYLES):
        use = carbon_use(1.0, 0.45, {"N": nitrogen}, {"N": 8.0}, width)
        axis.plot(1e3 * nitrogen, use.growth, style, color=colour, label=f"δ = {width:g}")
    axis.set(title="Growth held by nitrogen", xlabel="N taken up (mmol per mol C)", ylabel="growth per C taken up")


def _allocation(axis: Any) -> None:
    labile = np.linspace(3.0, 60.0, 300)
    a, b = enzymatic_rate(1.0, labile, 10.0), enzymatic_rate(0.5, 20.0, 80.0)
    for mineral, colour, style in zip((0.0, 0.005, 0.01), COLOURS, STYLES):
        choice = Choice(a, b, 0.4, {"N": 8.0}, {"N": 1.0 / 80.0}, {"N": 0.12}, {"N": mineral})
        axis.plot(labile, optimal_fraction(choice), style, color=colour, label=f"$N_i/v_L$ = {mineral:g}")
        axis.plot(labile, smooth_fraction(choice, 0.02), style, color=colour, lw=0.6, alpha=0.7)
    axis.set(
        title="Enzymes on recalcitrant matter",
        xlabel="labile matter (mol C m⁻³)",
        ylabel="best fraction f*",
        ylim=(0.0, 1.05),
    )


def _dormancy(axis: Any) -> None:
    waking, hours = np.array([0.01, 0.03, 0.1, 1e4]), 336
    rain = Wetting(-1e4, 0.0, 0.0)
    asleep = respired(
        soil(Birch(), Dormancy(waking=jnp.asarray(waking))), (0.5, jnp.full(4, 9.5), 100.0, 0.0, 0.0), rain, hours
    )
    awake = respired(soil(Birch(), Dormancy(falling=0.0)), (10.0, 0.0, 100.0, 0.0, 0.0), rain, hours)
    days = (np.arange(hours) + 0.5) / 24.0
    axis.plot(days, 1e3 * awake, color="#999999", lw=4, label="without dormancy")
    for series, rate, colour, style in zip(asleep.T, waking, COLOURS, STYLES):
        axis.plot(days, 1e3 * series, style, color=colour, label=f"α = {rate:g} h⁻¹")
    axis.set(title="A pulse of substrate", xlabel="days", ylabel="respiration (mmol C m⁻³ h⁻¹)", ylim=(0.0, 720.0))


def birch() -> Path:
    """Pulses after rain and thaw."""
    with look():
        figure = new_figure(9.6, 3.2)
        axes = figure.subplots(1, 3)
        for axis, panel in zip(axes, (_mechanisms, _released, _frost)):
            panel(axis)
            axis.grid(color="#e6e6e6", linewidth=0.6)
            axis.set_axisbelow(True)
            axis.legend()
        return save(figure, FIGURES / "soil_birch.png", 130)


def _mechanisms(axis: Any) -> None:
    names = ("all three", "no lysis", "no exposure", "no revival")
    on = [jnp.array([0.0 if k == off else 1.0 for k in range(4)]) for off in (1, 2, 3)]
    network = soil(Birch(lysis=1e-7 * on[0], exposure=0.5 * on[1]), Dormancy(waking=0.2 * on[2]))
    rain = wetting(-5e6, -1e4, 0.05, 0.35, HOUR)
    pulse = respired(network, (jnp.full(4, 2.0), 8.0, 1.0, 60.0, 0.0), rain, 120)
    for name, series, colour, style in zip(names, pulse.T, COLOURS, STYLES):
        axis.plot((np.arange(120) + 0.5) / 24.0, 1e3 * series, style, color=colour, label=name)
    axis.set(title="Rain on dry soil", xlabel="days after rain", ylabel="respiration (mmol C m⁻³ h⁻¹)")


def _released(axis: Any) -> None:
    rise = np.linspace(0.0, 10e6, 200)
    axis.plot(rise / 1e6, released_fraction(rise, Birch().lysis), color=COLOURS[0], label="χ = 0.1 MPa⁻¹")
    for k, value in enumerate((2.8, 6.9)):
        axis.plot(
            [value, value],
            [0.17, 0.70],
            color=COLOURS[1],
            lw=5,
            alpha=0.5,
            label="" if k else "range of Kieft et al. (1987)",
        )
    axis.set(
        title="Active microbes that burst", xlabel="rise of the potential (MPa)", ylabel="fraction", ylim=(0.0, 0.8)
    )


def _frost(axis: Any) -> None:
    celsius = np.linspace(-8.0, 3.0, 300)
    for dry, colour, style in zip((0.01, 1.0, 5.0), COLOURS, STYLES):
        potential = liquid_potential(-1e6 * dry, celsius + 273.15)
        burst = released_fraction(-1e6 * dry - potential, Birch().lysis)
        axis.plot(celsius, burst, style, color=colour, label=f"soil at −{dry:g} MPa")
    axis.set(title="Burst by thaw", xlabel="lowest temperature of the frost (°C)", ylabel="fraction of active microbes")


if __name__ == "__main__":
    print(microbes())
    print(birch())
