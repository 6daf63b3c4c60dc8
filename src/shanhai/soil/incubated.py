"""Numbers of a layer as three published incubations ask for them together, for soil in jars over weeks to months.

They are offered beside the defaults, not in their place. At 20 degC the fastest growth is 0.0053 h-1 and what microbes
lose 0.0050 h-1, so that they hold out in a jar and do not live on: above some 27 degC they shrink whatever they eat,
and under litter they die out within centuries, as with the defaults; see the page on incubations.
"""

import jax.numpy as jnp

from shanhai.numerics.calibration import with_parameters
from shanhai.soil.layer import Layer
from shanhai.soil.layer_oxygen import Oxygen

INCUBATED = {
    "microbes.uptake": 0.0101, "microbes.half_saturation": 0.0191, "microbes.maintenance": 3.84e-3,
    "microbes.death": 5.8e-4, "microbes.temperature.energy": 5.01e4, "enzymes.production": 5.9e-4,
    "oxygen.respiration": 5.9e-3, "oxygen.radius": 9.3e-4,
}  # fmt: skip
"""Least squares of the layer to the CO2 of the jars of Sierra et al. (2017), doi:10.5194/bg-2016-474, Fontaine et al.
(2007), doi:10.1038/nature06275, and Andrews et al. (2000), doi:10.1016/S0038-0717(99)00206-0, together, with stocks of
each soil its own, by `python -m validation.incubations_joint`; in the units of the parameters. Standard errors of the
linear approximation: 6, 17, 4, 26, 2, 17, 8 and 28 per cent.
"""


def incubated() -> Layer:
    """The layer with oxygen and the numbers of `INCUBATED`; all others are the defaults.

    >>> layer = incubated()
    >>> round(float(layer.enzymes.production / Layer().enzymes.production))
    24
    """
    return with_parameters(Layer(oxygen=Oxygen()), tuple(INCUBATED), jnp.array(list(INCUBATED.values())))
