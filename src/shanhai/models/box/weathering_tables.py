"""What people read of the slow carbon cycle: series and headlines in customary units."""

from typing import Any

import equinox as eqx
import numpy as np
from jax import Array
from numpy.typing import NDArray
from scipy.optimize import least_squares

from shanhai.atmosphere.global_mean import DRY_AIR
from shanhai.core.ledger import JULIAN_YEAR, Row
from shanhai.models.box.result import Number, Result, Series

TERA = JULIAN_YEAR * 1e-12
MARKS = (1e2, 1e3, 1e4, 1e5)
WAYS = {"surface": 3.0, "invasion": 200.0, "compensation": 5e3, "silicate": 3e5}
"""What takes CO2 back, and a first guess of its time scale [yr]."""

NOTES = (
    "The pulse enters the air at once. Land biosphere, warming of the sea, and burial of organic carbon take no part.",
    "Archer et al. (2009) find 20 to 35 percent left in the air after the sea has mixed, 2 to 20 centuries on.",
)


def table(
    settings: Any, made: Any, x: Array, extents: Array, quiet: Array, times: Any, rows: tuple[Row, ...]
) -> Result:
    """Result of a run.

    Args:
        settings: see the model.
        made: its `World`.
        x: amounts, (time, species, pulse).
        extents: of every interval, (interval, reaction, pulse).
        quiet: amounts before the pulses, (species, pulse).
        times: [yr], (time,).
        rows: of the ledger.
    """
    names = [r.name for r in made.network.reactions]
    length = np.diff(times)[:, None]
    middle = np.sqrt(np.maximum(times[:-1], 0.5) * times[1:])

    def rate(name: str) -> Any:
        return 1e-12 * np.asarray(extents)[:, names.index(name)] / length

    co2, before = np.asarray(_co2(made, x)), np.asarray(_co2(made, quiet))
    left = (co2 - before) / (co2[0] - before)
    at, over = ("time", "pulse"), ("interval", "pulse")
    buried = rate("burial") + rate("spreading of carbonate") - rate("dissolution of sediment")
    sediment = made.floor.snow_line(x[:, made.network.index("sediment")])
    series = {
        "co2": Series(co2, at, "umol mol-1", "CO2 of dry air"),
        "left": Series(left, at, "1", "part of the pulse that is left in the air"),
        "snow_line": Series(np.asarray(sediment), at, "m", "depth down to which the floor holds carbonate"),
        "silicate": Series(rate("weathering of silicate"), over, "Tmol yr-1", "weathering of silicate"),
        "weathered_carbonate": Series(rate("weathering of carbonate"), over, "Tmol yr-1", "weathering of carbonate"),
        "net_burial": Series(buried, over, "Tmol yr-1", "burial of carbonate less dissolution"),
    }
    coordinates = {
        "time": Series(np.asarray(times), ("time",), "yr", "since the pulse"),
        "interval": Series(middle, ("interval",), "yr", "middle of the interval that a rate is the mean of"),
        "pulse": Series(np.array(settings.pulses), ("pulse",), "Pg", "carbon put into the air"),
    }
    return Result(coordinates, series, _numbers(settings, made, quiet, left, times), rows, NOTES)


def _co2(made: Any, x: Array) -> Array:
    return 1e6 * x[..., made.network.index("co2.air"), :] / DRY_AIR


@eqx.filter_jit
def deep_carbonate(made: Any, x: Array) -> Array:
    """Carbonate ion of the deep sea [umol kg-1]."""
    return 1e6 * made.bottom.system(made.network.view(x), None).carbonate


def _numbers(settings: Any, made: Any, quiet: Array, left: Any, times: Any) -> tuple[Number, ...]:
    snow = made.floor.snow_line(quiet[made.network.index("sediment"), 0])
    deep = deep_carbonate(made, quiet[:, 0])
    numbers = [
        Number("co2", float(_co2(made, quiet)[0]), "umol mol-1", "CO2 of the equilibrium"),
        Number("deep_carbonate", float(deep), "umol kg-1", "carbonate ion of the deep sea, equilibrium"),
        Number("snow_line", float(snow), "m", "depth down to which the floor holds carbonate, equilibrium"),
    ]
    for k, pulse in enumerate(settings.pulses):
        for mark in (m for m in MARKS if m <= times[-1]):
            here = float(np.interp(np.log(mark), np.log(times[1:]), left[1:, k]))
            meaning = f"part of {pulse:g} Pg left in the air after {mark:g} yr"
            numbers.append(Number(f"left_{pulse:g}_at_{mark:g}", here, "1", meaning))
    if times[-1] >= 5e5:
        for name, time, share in scales(times[1:], left[1:, 0]):
            numbers.append(Number(f"time_{name}", time, "yr", f"time scale of the smallest pulse: {name}"))
            numbers.append(Number(f"share_{name}", share, "1", f"share of the smallest pulse: {name}"))
    return tuple(numbers)


def scales(times: NDArray[np.float64], left: NDArray[np.float64]) -> list[tuple[str, float, float]]:
    r"""Time scales [yr] and shares of what takes a pulse back, by a sum of exponentials.

    $$f(t) \approx \sum_i a_i\,e^{-t/\tau_i}$$

    Source: the form that Lord et al. (2016), Global Biogeochem. Cycles 30, 2, fit to a model of the Earth system.

    Args:
        times: [yr], spread over all scales.
        left: part of the pulse in the air.

    >>> t = np.logspace(0, 6, 60)
    >>> [(name, f"{time:.2g}") for name, time, _ in scales(t, 0.7 * np.exp(-t / 150) + 0.3 * np.exp(-t / 2e5))][-1]
    ('silicate', '2e+05')
    """

    def shares(logs: Any) -> tuple[Any, Any]:
        basis = np.exp(-times[:, None] / np.exp(logs))
        found, *_ = np.linalg.lstsq(basis, left, rcond=None)
        return found, basis @ found - left

    fit = least_squares(lambda logs: shares(logs)[1], np.log(list(WAYS.values())), x_scale=1.0)
    found = sorted(zip(np.exp(fit.x), shares(fit.x)[0]))
    return [(name, float(time), float(share)) for name, (time, share) in zip(WAYS, found)]
