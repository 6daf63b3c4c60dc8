r"""Carbon use efficiency of microbes: temperature, nutrients, and the carbon that overflows.

Of the carbon taken up a part Y, which depends on temperature, can become biomass; nutrients may allow less:

$$G = \min\bigl(Y U_C,\; r_N U_N,\; r_P U_P\bigr), \qquad \text{overflow} = Y U_C - G, \qquad
\mathrm{CUE} = G/U_C,$$

with r the molar ratios of carbon to the element in biomass. With a single nutrient, G rises with the slope r_N up to
$U_N^* = Y U_C/r_N$ and is flat beyond.

Source: Schimel & Weintraub (2003), Soil Biol. Biochem. 35, 549, for growth held by nitrogen with overflow respiration.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.constants import ZERO_CELSIUS
from shanhai.core.params import par
from shanhai.core.reactions import proportion
from shanhai.numerics.smooth import smooth_minimum


class LogitEfficiency(eqx.Module):
    r"""Efficiency that falls with temperature and stays between 0 and 1.

    $$\ln\frac{Y}{1 - Y} = a + b\,(T - T_0)$$

    Source: a logistic regression of the data of Qiao et al. (2019), Sci. Rep. 9, 5621, as in the soil module
    of virtual_ecosystem.

    >>> [round(float(LogitEfficiency()(273.15 + t)), 4) for t in (5.0, 20.0, 35.0)]
    [0.6635, 0.5235, 0.3797]
    """

    intercept: Array = par(
        0.094,
        "1",
        source="fit to Qiao et al. (2019), Sci. Rep. 9, 5621, in virtual_ecosystem",
        bounds=(-3.0, 3.0),
        meaning="logit of the efficiency at the reference temperature",
    )
    slope: Array = par(
        -0.039,
        "K-1",
        source="fit to Qiao et al. (2019), Sci. Rep. 9, 5621, in virtual_ecosystem",
        bounds=(-0.2, 0.1),
        meaning="change of the logit with temperature",
    )
    reference: Array = par(
        ZERO_CELSIUS + 20.0,
        "K",
        source="Qiao et al. (2019), Sci. Rep. 9, 5621",
        bounds=(253.15, 323.15),
        meaning="reference temperature",
    )

    def __call__(self, temperature: ArrayLike) -> Array:
        """Efficiency Y [1] at a temperature [K]."""
        return jax.nn.sigmoid(self.intercept + self.slope * (jnp.asarray(temperature) - self.reference))


class LinearEfficiency(eqx.Module):
    r"""Efficiency that falls linearly with temperature, $Y = Y_0 - m\,(T - T_0)$.

    Source: Abramoff et al. (2022), Soil Biol. Biochem. 164, 108466 (Millennial v2). It is below zero above 30.8 °C with
    these numbers and not meant for use there; nothing is cut off, so that the published model is reproduced. The mean
    of all soils in Qiao et al. (2019), Sci. Rep. 9, 5621, is 0.475 at 20 °C, falling by 0.016 K-1.

    >>> round(float(LinearEfficiency()(273.15 + 20.0)), 4)
    0.13
    """

    at_reference: Array = par(
        0.19,
        "1",
        source="Millennial v2, cue_ref of its parameter file",
        bounds=(0.0, 1.0),
        meaning="efficiency at the reference temperature",
    )
    decline: Array = par(
        0.012,
        "K-1",
        source="Millennial v2, cue_t of its parameter file",
        bounds=(0.0, 0.1),
        meaning="loss of efficiency with temperature",
    )
    reference: Array = par(
        ZERO_CELSIUS + 15.0,
        "K",
        source="Millennial v2, tae_ref of its parameter file",
        bounds=(253.15, 323.15),
        meaning="reference temperature",
    )

    def __call__(self, temperature: ArrayLike) -> Array:
        """Efficiency Y [1] at a temperature [K]."""
        return self.at_reference - self.decline * (jnp.asarray(temperature) - self.reference)


class EfficiencyOfSoil(eqx.Module):
    """Efficiency at the temperature of the environment: the `efficiency` of a reaction of microbes.

    A module rather than a function, so that its parameters can be seen and differentiated where it is used.

    Args:
        form: `LogitEfficiency`, `LinearEfficiency` or another function of temperature [K].

    >>> from collections import namedtuple
    >>> round(float(EfficiencyOfSoil(LogitEfficiency())({}, namedtuple("Soil", "temperature")(293.15))), 4)
    0.5235
    """

    form: Callable[[ArrayLike], Array]

    def __call__(self, x: Mapping[str, Array], environment: Any) -> Array:
        """Efficiency Y [1] with `environment.temperature` [K]."""
        return self.form(environment.temperature)


def limited_growth(potential: ArrayLike, supports: Iterable[ArrayLike], width: ArrayLike = 0.0) -> Array:
    r"""Growth that carbon allows, held to what each nutrient supports.

    $$G = \min\bigl(Y U_C,\; r_N U_N,\; r_P U_P, \dots\bigr)$$

    Source: Liebig's law of the minimum; with a width, co-limitation by `smooth_minimum`, the same in any order.

    Args:
        potential: Y U_C [mol m-3 s-1], or per carbon taken up [1], not negative, any shape.
        supports: r U of each nutrient, in the unit of `potential`.
        width: δ of the smooth minimum [1]; 0 is Liebig's.

    >>> [round(float(limited_growth(0.5, (0.6, 0.8), width)), 4) for width in (0.0, 0.1, 1.0)]
    [0.5, 0.4922, 0.2034]
    """
    growth = jnp.asarray(potential)
    for support in supports:
        growth = smooth_minimum(growth, support, width)
    return growth


class CarbonUse(NamedTuple):
    """Where the carbon taken up goes, each in the unit of the uptake.

    Args:
        growth: to biomass.
        maintenance: respired as growth costs it, (1 - Y) U_C.
        overflow: respired for want of nutrients.
    """

    growth: Array
    maintenance: Array
    overflow: Array

    @property
    def efficiency(self) -> Array:
        """Growth over uptake [1]; zero without uptake."""
        return proportion(self.growth, self.growth + self.maintenance + self.overflow)


def carbon_use(
    uptake: ArrayLike,
    efficiency: ArrayLike,
    nutrients: Mapping[str, ArrayLike],
    ratios: Mapping[str, ArrayLike],
    width: ArrayLike = 0.0,
) -> CarbonUse:
    r"""Divide the carbon that microbes take up among growth, maintenance and overflow.

    $$G = \min(Y U_C, r_N U_N, r_P U_P), \qquad R = (1 - Y)\,U_C + (Y U_C - G)$$

    Source: Schimel & Weintraub (2003), Soil Biol. Biochem. 35, 549.

    Args:
        uptake: U_C [mol m-3 s-1], any shape.
        efficiency: Y [1].
        nutrients: uptake U_X of elements [mol m-3 s-1].
        ratios: r_X, molar carbon over element of biomass [1]; those named are the ones that limit.
        width: of `limited_growth` [1].

    >>> use = carbon_use(2.0, 0.5, {"N": 0.1}, {"N": 8.0})
    >>> round(float(use.growth), 3), round(float(use.overflow), 3), round(float(use.efficiency), 3)
    (0.8, 0.2, 0.4)
    """
    taken, y = jnp.asarray(uptake), jnp.asarray(efficiency)
    growth = limited_growth(y * taken, [jnp.asarray(r) * nutrients[e] for e, r in ratios.items()], width)
    return CarbonUse(growth, (1.0 - y) * taken, y * taken - growth)
