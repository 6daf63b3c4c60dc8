"""What a published fit of an equilibrium constant says of itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from jax import Array

Scale = Literal["total", "seawater", "free", "nbs"]
"""pH scales: total [H] + [HSO4], seawater that and [HF], free [H] alone, NBS activity by dilute buffers."""

Range = tuple[float, float]


@dataclass(frozen=True)
class Fit:
    """A named fit of ln K to temperature and salinity at one atmosphere.

    Args:
        name: as in options, author and year.
        source: the publication and equation.
        function: (temperature [degC], salinity [1]) -> ln K, K in mol and kg of sea water.
        temperature: range of validity [degC].
        salinity: range of validity [1].
        scale: pH scale of K; "free" also for constants without a proton.
    """

    name: str
    source: str
    function: Callable[[Array, Array], Array]
    temperature: Range
    salinity: Range
    scale: Scale = "total"
