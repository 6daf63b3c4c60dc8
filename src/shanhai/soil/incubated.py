"""Numbers of a layer as three published incubations ask for them together, for soil in jars over weeks to months.

They are offered beside the defaults, which are those of soils under litter, not in their place.
"""

import jax.numpy as jnp

from shanhai.numerics.calibration import with_parameters
from shanhai.soil.layer import Layer
from shanhai.soil.layer_oxygen import Oxygen

INCUBATED = {
    "microbes.uptake": 0.0156, "microbes.half_saturation": 0.0089, "microbes.maintenance": 1.9e-4,
    "microbes.death": 2.5e-4, "microbes.crowding": 0.43, "microbes.temperature.energy": 4.64e4,
    "enzymes.production": 5.5e-5, "oxygen.respiration": 3.03e-3, "oxygen.radius": 1.44e-3,
}  # fmt: skip
"""Least squares of the layer to the CO2 of the jars of Sierra et al. (2017), doi:10.5194/bg-2016-474, Fontaine et al.
(2007), doi:10.1038/nature06275, and Andrews et al. (2000), doi:10.1016/S0038-0717(99)00206-0, together, with stocks of
each soil its own, by `python -m validation.incubations_joint`; in the units of the parameters. Standard errors of the
linear approximation: 5, 10, 84, 77, 74, 4, 8, 6 and 20 per cent.
"""


def incubated() -> Layer:
    """The layer with oxygen and the numbers of `INCUBATED`; all others are the defaults.

    >>> layer = incubated()
    >>> round(float(layer.microbes.uptake / Layer().microbes.uptake), 3)
    0.624
    """
    return with_parameters(Layer(oxygen=Oxygen()), tuple(INCUBATED), jnp.array(list(INCUBATED.values())))
