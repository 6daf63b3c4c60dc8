r"""Radiocarbon: how it is reported, and the ages that are read from it.

Ratios are those of $^{14}$C over carbon, normalised for fractionation to δ13C = -25 per mil and relative to the
absolute standard (0.95 times the activity of oxalic acid in 1950), so that $\Delta^{14}C = 1000(R - 1)$.

Ages are in years, as everybody gives them. Three half-lives are in use and each has its place: conventional ages are
in Libby's by agreement (mean life 8033 yr), the definition of Δ14C and the calibration curves take 5730 yr (mean life
8267 yr), and nature decays with 5700 ± 30 yr (mean life 8223 yr).

Source: Stuiver & Polach (1977), Radiocarbon 19, 355.
"""

import math
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike
from numpy.typing import NDArray

from shanhai.core.constants import AVOGADRO
from shanhai.core.ledger import JULIAN_YEAR

LIBBY_MEAN_LIFE = 8033.0  # yr, half-life 5568 yr; conventional ages, by agreement
DEFINITION_MEAN_LIFE = 8267.0  # yr, half-life 5730 yr; Δ14C and calibration curves, by agreement
STANDARD_YEAR = 1950.0  # year of the absolute standard, and of 0 cal BP
STANDARD_DELTA13C = -25.0  # per mil VPDB
STANDARD_RATIO = 1.176e-12  # 14C/C of the absolute standard; Karlén et al. (1968), Ark. Geofys. 4, 465

HalfLife = Literal["libby", "godwin_1962", "be_2013"]

HALF_LIVES: dict[str, float] = {"libby": 5568.0, "godwin_1962": 5730.0, "be_2013": 5700.0}
"""Half-lives [yr]: of conventional ages; Godwin (1962), Nature 195, 984; Bé et al. (2013), 5700 ± 30."""


class Curve(NamedTuple):
    """A history of Δ14C.

    Args:
        year: calendar year, growing, negative before year 0; a year before present (BP) is 1950 less this.
        delta14c: [per mil].
        sigma: its standard uncertainty [per mil], NaN where none is given.
    """

    year: NDArray
    delta14c: NDArray
    sigma: NDArray


def mean_life(half_life: HalfLife = "be_2013") -> float:
    """Mean life of radiocarbon [yr].

    >>> [round(mean_life(name)) for name in HALF_LIVES]
    [8033, 8267, 8223]
    """
    return HALF_LIVES[half_life] / math.log(2.0)


def decay_constant(half_life: HalfLife = "be_2013") -> float:
    """Part of the radiocarbon that decays [s-1].

    >>> f"{decay_constant():.4e}"
    '3.8534e-12'
    """
    return 1.0 / (mean_life(half_life) * JULIAN_YEAR)


def ratio_of_delta(delta14c: ArrayLike) -> Array:
    """Normalised ratio R over the absolute standard [1] of Δ14C [per mil].

    >>> float(ratio_of_delta(-50.0))
    0.95
    """
    return 1.0 + 1e-3 * jnp.asarray(delta14c)


def delta_of_ratio(ratio: ArrayLike) -> Array:
    """Δ14C [per mil] of a normalised ratio over the absolute standard [1]."""
    return 1e3 * (jnp.asarray(ratio) - 1.0)


def normalised(ratio: ArrayLike, delta13c: ArrayLike) -> Array:
    r"""Ratio that a sample would have at δ13C = -25 per mil.

    $$R_N = R\,\left(\frac{1 - 0.025}{1 + \delta^{13}C/1000}\right)^2$$

    Source: Stuiver & Polach (1977), p. 360; they print the first terms of its series,
    $1 - 2(25 + \delta^{13}C)/1000$, which is 0.6 per mil away for sea water.

    Args:
        ratio: of 14C over carbon as measured, any shape and unit.
        delta13c: of the same sample [per mil VPDB], broadcastable.

    >>> round(float(normalised(1.0, 0.0)), 6), float(normalised(1.0, -25.0))
    (0.950625, 1.0)
    """
    return jnp.asarray(ratio) * ((1.0 + 1e-3 * STANDARD_DELTA13C) / (1.0 + 1e-3 * jnp.asarray(delta13c))) ** 2


def fraction_modern(delta14c: ArrayLike, year: ArrayLike) -> Array:
    r"""F14C of a sample that took up its carbon in a given year and has decayed, with the standard, ever since.

    $$F = \left(1 + \frac{\Delta^{14}C}{1000}\right) e^{(y - 1950)/8267}$$

    Source: Stuiver & Polach (1977), p. 361, with age correction; the name is that of Reimer et al. (2004), Radiocarbon
    46, 1299.

    Args:
        delta14c: of what the sample took up [per mil], any shape.
        year: calendar year of uptake, broadcastable.

    Returns:
        F14C [1].

    >>> round(float(fraction_modern(-24.5, 1950.0)), 4)
    0.9755
    """
    return ratio_of_delta(delta14c) * jnp.exp((jnp.asarray(year) - STANDARD_YEAR) / DEFINITION_MEAN_LIFE)


def delta_of_fraction(fraction: ArrayLike, year: ArrayLike) -> Array:
    """Δ14C [per mil] of F14C [1] and the calendar year of uptake, the inverse of `fraction_modern`.

    >>> round(float(delta_of_fraction(fraction_modern(-160.0, 1780.0), 1780.0)), 9)
    -160.0
    """
    growth = jnp.exp((STANDARD_YEAR - jnp.asarray(year)) / DEFINITION_MEAN_LIFE)
    return delta_of_ratio(jnp.asarray(fraction) * growth)


def conventional_age(fraction: ArrayLike) -> Array:
    r"""Conventional radiocarbon age, with Libby's half-life and without a reservoir correction.

    $$t = -8033\,\ln F$$

    Source: Stuiver & Polach (1977), p. 356.

    Args:
        fraction: F14C, positive [1], any shape.

    Returns:
        age before 1950 [yr BP]; negative for a sample above the standard.

    >>> round(float(conventional_age(0.5)))
    5568
    """
    return -LIBBY_MEAN_LIFE * jnp.log(jnp.asarray(fraction))


def fraction_of_age(age: ArrayLike) -> Array:
    """F14C [1] of a conventional age [yr BP].

    >>> round(float(fraction_of_age(5568.0)), 4)
    0.5
    """
    return jnp.exp(-jnp.asarray(age) / LIBBY_MEAN_LIFE)


def reservoir_age(delta_water: ArrayLike, delta_air: ArrayLike) -> Array:
    r"""Reservoir age: conventional age of the water less that of the air at the same time.

    $$R = 8033\,\ln\frac{1 + \Delta_{air}/1000}{1 + \Delta_{water}/1000}$$

    The calendar year cancels. Source: Stuiver, Pearson & Braziunas (1986), Radiocarbon 28, 980.

    Args:
        delta_water: Δ14C of dissolved inorganic carbon [per mil], any shape.
        delta_air: Δ14C of CO2 at the same time [per mil], broadcastable.

    Returns:
        reservoir age [14C yr].

    >>> round(float(reservoir_age(-50.0, 0.0)))
    412
    """
    return LIBBY_MEAN_LIFE * jnp.log(ratio_of_delta(delta_air) / ratio_of_delta(delta_water))


def ventilation_age(delta_deep: ArrayLike, delta_source: ArrayLike, half_life: HalfLife = "be_2013") -> Array:
    r"""Time since water left its source, if it has not mixed and the source was then as it is now.

    $$t = \tau\,\ln\frac{1 + \Delta_{source}/1000}{1 + \Delta_{deep}/1000}$$

    With the surface as source it is the age since ventilation, with the air it counts the disequilibrium of the surface
    as well. Mixing of old with young makes it younger than the mean age. Give `half_life="libby"` for a difference of
    conventional ages, as of benthic and planktonic shells.

    Source: Broecker et al. (1988), Paleoceanography 3, 659, for the difference; Adkins & Boyle (1997),
    Paleoceanography 12, 337, for what it misses where the air changes.

    Args:
        delta_deep: Δ14C of the water [per mil], any shape.
        delta_source: Δ14C of the surface or the air at the same time [per mil], broadcastable.
        half_life: name, see `HALF_LIVES`.

    Returns:
        age [yr].

    >>> round(float(ventilation_age(-240.0, -50.0))), round(float(ventilation_age(-240.0, -50.0, "libby")))
    (1835, 1792)
    """
    return mean_life(half_life) * jnp.log(ratio_of_delta(delta_source) / ratio_of_delta(delta_deep))


def projection_age(
    delta_deep: ArrayLike, year: ArrayLike, history: Curve, source_age: ArrayLike = 0.0, half_life: HalfLife = "be_2013"
) -> Array:
    r"""Time since water left a source that followed a changing atmosphere.

    The youngest age t at which decay leads from the source back then to what is found,

    $$R_{air}(y - t)\,e^{-t_0/\tau_L}\,e^{-t/\tau} = R_{deep}(y)$$

    between the points of the history as straight lines of the logarithm of its ratio.

    Source: Adkins & Boyle (1997), Paleoceanography 12, 337.

    Args:
        delta_deep: Δ14C of the water when it was sampled or died [per mil], any shape.
        year: calendar year of that, broadcastable.
        history: Δ14C of the air.
        source_age: reservoir age of the source t0 [14C yr], broadcastable.
        half_life: name, see `HALF_LIVES`.

    Returns:
        age [yr]; NaN where the history never meets the water, or does not reach the year.

    >>> import numpy as np
    >>> steady = Curve(np.array([-9000.0, 1950.0]), np.zeros(2), np.zeros(2))
    >>> round(float(projection_age(-240.0, 1900.0, steady)), 3) == round(float(ventilation_age(-240.0, 0.0)), 3)
    True
    """
    shape = jnp.broadcast_shapes(*(jnp.shape(x) for x in (delta_deep, year, source_age)))
    deep, at, away = (jnp.broadcast_to(jnp.asarray(x, float), shape).ravel() for x in (delta_deep, year, source_age))
    wanted = jnp.log(ratio_of_delta(deep)) + away / LIBBY_MEAN_LIFE
    years, life = jnp.asarray(history.year), mean_life(half_life)
    source = jnp.log(ratio_of_delta(history.delta14c))
    return jax.vmap(lambda w, y: _met(w, y, years, source, life))(wanted, at).reshape(shape)


def _met(wanted: Array, year: Array, years: Array, source: Array, life: float) -> Array:
    """Youngest age at which the decayed source is what is wanted, for one sample."""
    now = jnp.interp(year, years, source)
    before = years < year
    start, end = jnp.where(before, years, year), jnp.append(years[1:], jnp.inf)
    end = jnp.where(end < year, end, year)
    left = jnp.where(before, source, now) - wanted - (year - start) / life
    right = jnp.where(end < year, jnp.append(source[1:], now), now) - wanted - (year - end) / life
    crosses = before & (left <= 0.0) & (right >= 0.0)
    segment = jnp.where(jnp.any(crosses), crosses.shape[0] - 1 - jnp.argmax(crosses[::-1]), 0)
    slope = right[segment] - left[segment]
    apart = slope != 0.0
    part = jnp.where(apart, right[segment] / jnp.where(apart, slope, 1.0), 0.0)
    age = year - end[segment] + part * (end[segment] - start[segment])
    reached = jnp.any(crosses) & (year >= years[0]) & (year <= years[-1])
    return jnp.where(reached, age, jnp.nan)


def atoms(amount: ArrayLike) -> Array:
    """Atoms of 14C in an amount of carbon at the ratio of the standard [mol], as `normalised` ratios count it.

    What is counted is normalised to δ13C = -25 per mil; in sea water some 5 per cent more atoms are there.

    >>> f"{float(atoms(1.0)):.4e}"
    '7.0820e+11'
    """
    return jnp.asarray(amount) * (STANDARD_RATIO * AVOGADRO)
