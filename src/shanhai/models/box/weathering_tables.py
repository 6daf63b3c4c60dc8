"""What people read of the slow carbon cycle: series and headlines in customary units."""

from typing import Any

import equinox as eqx
import jax
import numpy as np
from jax import Array

from shanhai.core.ledger import JULIAN_YEAR, Row
from shanhai.models.box.result import Number, Result, Series

TERA = JULIAN_YEAR * 1e-12
MARKS = (1e2, 1e3, 1e4, 1e5)

NOTES = (
    "The pulse enters the air at once. Land biosphere, warming of the sea, and burial of organic carbon take no part.",
    "Archer et al. (2009) find 20 to 35 percent left in the air after the sea has mixed, 2 to 20 centuries on.",
)


def table(settings: Any, made: Any, quiet: Array, x: Array, times: Any, rows: tuple[Row, ...]) -> Result:
    """Result of a run.

    Args:
        settings: see the model.
        made: its `World`.
        quiet: amounts before the pulses, (species, pulse).
        x: amounts, (time, species, pulse).
        times: [yr].
        rows: of the ledger.
    """
    seen = _all_seen(made, x)
    left = np.asarray((seen["co2"] - _co2(made, quiet)) / (seen["co2"][0] - _co2(made, quiet)))
    at = ("time", "pulse")
    units = {"co2": "umol mol-1", "carbonate": "umol kg-1", "ph": "1", "snow_line": "m"}
    meanings = {
        "co2": "CO2 of dry air", "carbonate": "carbonate ion of the deep sea", "ph": "pH of low latitudes, total scale",
        "snow_line": "depth down to which the floor holds carbonate", "silicate": "weathering of silicate",
        "weathered_carbonate": "weathering of carbonate", "net_burial": "burial of carbonate less dissolution",
    }  # fmt: skip
    series = {k: Series(np.asarray(v), at, units.get(k, "Tmol yr-1"), meanings[k]) for k, v in seen.items()}
    series["left"] = Series(left, at, "1", "part of the pulse that is left in the air")
    coordinates = {
        "time": Series(np.asarray(times), ("time",), "yr", "since the pulse"),
        "pulse": Series(np.array(settings.pulses), ("pulse",), "Pg", "carbon put into the air"),
    }
    return Result(coordinates, series, _numbers(settings, made, quiet, left, times), rows, NOTES)


@eqx.filter_jit
def _all_seen(made: Any, x: Array) -> dict[str, Array]:
    return jax.vmap(lambda one: _seen(made, one))(x)


@eqx.filter_jit
def _jacobian(made: Any, x: Array) -> Array:
    return jax.jacfwd(made.network.tendency)(x)


def _co2(made: Any, x: Array) -> Array:
    return 1e6 * x[made.network.index("co2.air")] / 1.773e20


def _seen(made: Any, x: Array) -> dict[str, Array]:
    """Everything that is shown of one moment, (pulse,)."""
    view, rates = made.network.view(x), made.network.rates(x)
    names = [r.name for r in made.network.reactions]
    rate = {name: TERA * rates[names.index(name)] for name in names}
    deep, low = made.bottom.system(view, None), made.surfaces[0].system(view, None)
    return {
        "co2": _co2(made, x),
        "carbonate": 1e6 * deep.carbonate,
        "ph": low.ph_total,
        "snow_line": made.floor.snow_line(view["sediment"]),
        "silicate": rate["weathering of silicate"],
        "weathered_carbonate": rate["weathering of carbonate"],
        "net_burial": rate["burial"] + rate["spreading of carbonate"] - rate["dissolution of sediment"],
    }


def _numbers(settings: Any, made: Any, quiet: Array, left: Any, times: Any) -> tuple[Number, ...]:
    deep = made.bottom.system(made.network.view(quiet[:, 0]), None)
    made_of = [
        Number("co2", float(_co2(made, quiet)[0]), "umol mol-1", "CO2 of the equilibrium"),
        Number(
            "deep_carbonate", float(1e6 * deep.carbonate), "umol kg-1", "carbonate ion of the deep sea, equilibrium"
        ),
        Number(
            "snow_line", float(made.floor.snow_line(quiet[made.network.index("sediment"), 0])), "m", "in equilibrium"
        ),
    ]
    for k, pulse in enumerate(settings.pulses):
        for mark in MARKS:
            if mark <= times[-1]:
                here = float(np.interp(np.log(mark), np.log(times[1:]), left[1:, k]))
                name = f"left_{pulse:g}_at_{mark:g}"
                made_of.append(Number(name, here, "1", f"part of {pulse:g} Pg left in the air after {mark:g} yr"))
    for name, time, meaning in scales(made, quiet[:, 0]):
        made_of.append(Number(f"time_{name}", time, "yr", meaning))
    return tuple(made_of)


def scales(made: Any, x: Array) -> tuple[tuple[str, float, str], ...]:
    """Time scales [yr] of the linear system at its equilibrium, named by the span they lie in."""
    pools = np.array(made.network.pools)
    matrix = np.asarray(_jacobian(made, x))[np.ix_(pools, pools)]
    size = np.asarray(x)[pools]
    rates = np.linalg.eigvals(matrix * size / size[:, None]).real * JULIAN_YEAR
    times = -1.0 / rates[rates < -1e-9]
    fast, middle = times[times < 1e3], times[(times >= 1e3) & (times < 1e5)]
    named = [("invasion", fast.max(initial=0.0), "the sea mixes: slowest mode below 1000 yr")]
    if len(middle):
        named.append(("compensation", middle.min(), "carbonate of the floor: faster mode between 1 and 100 kyr"))
        named.append(("sediment", middle.max(), "the snow line follows: slower mode between 1 and 100 kyr"))
    named.append(("silicate", times.max(initial=0.0), "weathering of silicate: slowest mode"))
    return tuple((name, float(time), meaning) for name, time, meaning in named)
