r"""Transit times from the surface into the interior, and what a changing surface leaves there.

Water at a place in the interior left the surface at many times. With the distribution G of transit times τ, a tracer
without sources inside is

$$c(t) = \int_0^\infty c_0(t - \tau)\,G(\tau)\,d\tau$$

For G the inverse Gaussian of mean age Γ and width Δ is taken, the solution of advection and diffusion in one dimension

$$G(\tau) = \sqrt{\frac{\Gamma^3}{4\pi\Delta^2\tau^3}}
  \exp\left(-\frac{\Gamma(\tau - \Gamma)^2}{4\Delta^2\tau}\right)$$

Histories are straight between their years. Mass and mean of G over an interval are known in closed form, so that the
integral is done *exactly*: no grid of ages, the weights add up to one, and a tracer that grows linearly forever gives
the mean age itself.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy.special import erfc
from jax.typing import ArrayLike

from shanhai.core.errors import InputError
from shanhai.numerics.safe import ratio as safe_ratio

YOUNGEST, OLDEST = 0.01, 5000.0
"""Mean ages that are searched [yr]."""

_FAR = 20.0  # from here five terms of the asymptotic series of erfc are right to 1e-13
_ROOT_PI = 1.7724538509055159
_HALVINGS = 24
_COARSE = 24
_FALSE_POSITIONS = 5


class History(NamedTuple):
    """A quantity of the surface or the air over the years, straight between them.

    Before the first year it has its first value, after the last the last.

    Args:
        years: decimal years, increasing, (year,).
        values: one per year, (year,) or (..., year).
    """

    years: Array
    values: Array


def checked_history(history: History, name: str) -> History:
    """The same history, once its years increase and its numbers are finite.

    Raises:
        InputError: otherwise.

    >>> checked_history(History(jnp.array([1950.0, 1940.0]), jnp.array([0.0, 1.0])), "CFC-12")
    Traceback (most recent call last):
    ...
    shanhai.core.errors.InputError: CFC-12: the years of the history do not increase. To mend: sort them and drop \
repeated ones.
    """
    years, values = jnp.asarray(history.years, dtype=float), jnp.asarray(history.values, dtype=float)
    if years.ndim != 1 or years.size < 2 or values.shape[-1] != years.size:
        raise InputError("a history needs two years or more and one value for each", where=name)
    if not bool(jnp.all(jnp.isfinite(values)) & jnp.all(jnp.isfinite(years))):
        raise InputError("the history has missing numbers", where=name, do="fill or drop those years")
    if not bool(jnp.all(jnp.diff(years) > 0)):
        what = "the years of the history do not increase"
        raise InputError(what, where=name, do="sort them and drop repeated ones")
    return History(years, values)


def inverse_gaussian(age: ArrayLike, mean_age: ArrayLike, width: ArrayLike) -> Array:
    r"""Density of transit times.

    $$G(\tau) = \sqrt{\frac{\Gamma^3}{4\pi\Delta^2\tau^3}}
      \exp\left(-\frac{\Gamma(\tau - \Gamma)^2}{4\Delta^2\tau}\right)$$

    Source: Hall, Haine & Waugh (2002), Glob. Biogeochem. Cycles 16, 1131; Waugh, Hall & Haine (2003), J. Geophys. Res.
    108, 3138. Δ² is half the variance.

    Args:
        age: transit time τ [yr], any shape.
        mean_age: Γ [yr], broadcastable.
        width: Δ [yr], broadcastable.

    Returns:
        density [yr-1]; zero at and before τ = 0.

    >>> round(float(inverse_gaussian(10.0, 30.0, 30.0)), 5)
    0.03501
    """
    tau, g, d = jnp.asarray(age, dtype=float), jnp.asarray(mean_age), jnp.asarray(width)
    good = tau > 0
    t = jnp.where(good, tau, 1.0)
    density = jnp.sqrt(g**3 / (4.0 * jnp.pi * d**2 * t**3)) * jnp.exp(-g * (t - g) ** 2 / (4.0 * d**2 * t))
    return jnp.where(good, density, 0.0)


class Moments(NamedTuple):
    """Of the transit times up to an age.

    Args:
        mass: share of the water that is younger.
        age: integral of τ G up to there [yr].
    """

    mass: Array
    age: Array


def partial_moments(age: ArrayLike, mean_age: ArrayLike, width: ArrayLike) -> Moments:
    r"""Share of the water younger than an age, and its part of the mean age.

    $$F = \Phi(u) + e^{2\lambda/\Gamma}\Phi(v), \quad M = \Gamma\left[\Phi(u) - e^{2\lambda/\Gamma}\Phi(v)\right],
      \quad {u \atop v} = \pm\sqrt{\frac\lambda\tau}\left(\frac\tau\Gamma \mp 1\right), \quad
      \lambda = \frac{\Gamma^3}{2\Delta^2}$$

    Source: Chhikara & Folks (1974), J. Am. Stat. Assoc. 69, 250, for F; M by integration.

    Args:
        age: τ [yr], any shape; may be infinite.
        mean_age: Γ [yr], broadcastable.
        width: Δ [yr], broadcastable.

    Returns:
        `Moments`; zero at and before τ = 0, one and Γ at infinity.

    >>> whole = partial_moments(jnp.inf, 30.0, 30.0)
    >>> float(whole.mass), float(whole.age)
    (1.0, 30.0)
    """
    tau, g, d = (jnp.asarray(x, dtype=float) for x in (age, mean_age, width))
    inside = (tau > 0) & (tau < jnp.inf)
    t = jnp.where(inside, tau, g)
    shape = g**3 / (2.0 * d**2)
    root = jnp.sqrt(0.5 * shape / t)
    before = root * (t / g - 1.0)
    young = 0.5 * erfc(-before)
    back = 0.5 * jnp.exp(-(before**2)) * _scaled_erfc(root * (t / g + 1.0))
    beyond = jnp.where(tau > 0, 1.0, 0.0)
    return Moments(jnp.where(inside, young + back, beyond), jnp.where(inside, g * (young - back), g * beyond))


def _scaled_erfc(x: Array) -> Array:
    """Complementary error function times exp(x²), for x above zero; nothing overflows."""
    near, far = jnp.minimum(x, _FAR), jnp.maximum(x, _FAR)
    y = 0.5 / far**2
    series = 1.0 - y * (1.0 - 3.0 * y * (1.0 - 5.0 * y * (1.0 - 7.0 * y * (1.0 - 9.0 * y))))
    return jnp.where(x < _FAR, jnp.exp(near**2) * erfc(near), series / (far * _ROOT_PI))


def transit_weights(edges: Array, mean_age: ArrayLike, width: ArrayLike) -> Moments:
    """Mass and first moment of the transit times between ages, the last interval open.

    The masses are differences of one distribution between 0 and 1, so that they add up to one whatever the ages are.

    Args:
        edges: ages [yr], increasing from zero, (..., edge).
        mean_age: Γ [yr], (...).
        width: Δ [yr], (...).

    Returns:
        `Moments` of each interval, (..., edge): the last reaches to infinity.

    >>> parts = transit_weights(jnp.array([0.0, 10.0, 50.0]), 30.0, 30.0)
    >>> float(parts.mass.sum()), round(float(parts.age.sum()), 12)
    (1.0, 30.0)
    """
    open_end = jnp.concatenate([edges, jnp.full_like(edges[..., :1], jnp.inf)], axis=-1)
    upto = partial_moments(open_end, jnp.asarray(mean_age)[..., None], jnp.asarray(width)[..., None])
    return Moments(jnp.diff(upto.mass, axis=-1), jnp.diff(upto.age, axis=-1))


def value_at(history: History, year: ArrayLike) -> Array:
    """A history at a year, of each of its rows where it has several.

    Args:
        history: values (year,) or (..., year).
        year: decimal year, shape of the rows.

    >>> float(value_at(History(jnp.array([2000.0, 2010.0]), jnp.array([1.0, 3.0])), 2005.0))
    2.0
    """
    rows, when = jnp.broadcast_arrays(history.values, jnp.asarray(year, dtype=float)[..., None])
    years = jnp.asarray(history.years, dtype=float)
    place = jnp.clip(jnp.searchsorted(years, when[..., 0], side="right") - 1, 0, years.size - 2)
    part = jnp.clip((when[..., 0] - years[place]) / (years[place + 1] - years[place]), 0.0, 1.0)
    left = jnp.take_along_axis(rows, place[..., None], axis=-1)[..., 0]
    right = jnp.take_along_axis(rows, place[..., None] + 1, axis=-1)[..., 0]
    return left + part * (right - left)


@jax.jit
def interior_value(history: History, year: ArrayLike, mean_age: ArrayLike, width: ArrayLike) -> Array:
    r"""What a surface history has left in the interior.

    $$c = \sum_i \left[c_i\,m_i + s_i\,(a_i - \tau_i m_i)\right]$$

    over intervals of transit time in which the history is straight, with their mass m and first moment a: the integral
    of the distribution without error of quadrature.

    Source: Hall, Haine & Waugh (2002), Glob. Biogeochem. Cycles 16, 1131, eq. of the transit time distribution.

    Args:
        history: of the surface, values (year,) or (..., year).
        year: of the sample, decimal, (...).
        mean_age: Γ [yr], broadcastable with `year`.
        width: Δ [yr], broadcastable.

    Returns:
        value in the interior, unit of the history, (...).

    >>> line = History(jnp.array([0.0, 2000.0]), jnp.array([0.0, 2000.0]))
    >>> round(float(interior_value(line, 2000.0, 30.0, 30.0)), 6)  # one per year: 30 years behind
    1970.0
    """
    when, g, d = jnp.broadcast_arrays(*(jnp.asarray(x, dtype=float) for x in (year, mean_age, width)))
    start = value_at(history, when)
    ages = jnp.maximum(when[..., None] - history.years[::-1], 0.0)
    past = jnp.where(ages > 0, history.values[..., ::-1], start[..., None])
    edges = jnp.concatenate([jnp.zeros_like(ages[..., :1]), ages], axis=-1)
    values = jnp.concatenate([start[..., None], past], axis=-1)
    parts = transit_weights(edges, g, d)
    slope = safe_ratio(jnp.diff(values, axis=-1), jnp.diff(edges, axis=-1), 0.0)
    slope = jnp.concatenate([slope, jnp.zeros_like(slope[..., :1])], axis=-1)
    return jnp.sum(values * parts.mass + slope * (parts.age - edges * parts.mass), axis=-1)


def exponential_ratio(rate: ArrayLike, mean_age: ArrayLike, width: ArrayLike) -> Array:
    r"""Interior over surface of a quantity that has always grown exponentially: the transient steady state.

    $$\frac{c}{c_0} = \exp\left\{\frac{\Gamma^2}{2\Delta^2}
      \left[1 - \sqrt{1 + \frac{4 k \Delta^2}{\Gamma}}\right]\right\}$$

    the Laplace transform of the distribution; it does not depend on time.

    Source: Laplace transform of the inverse Gaussian, Chhikara & Folks (1974); transient steady state as in Tanhua et
    al. (2007), Proc. Natl. Acad. Sci. 104, 3037.

    Args:
        rate: k [yr-1], any shape.
        mean_age: Γ [yr], broadcastable.
        width: Δ [yr], broadcastable.

    Returns:
        ratio [1].

    Valid: 4 k Δ² > -Γ.

    >>> round(float(exponential_ratio(0.02, 50.0, 50.0)), 4)
    0.539
    """
    k, g, d = (jnp.asarray(x, dtype=float) for x in (rate, mean_age, width))
    return jnp.exp(g**2 / (2.0 * d**2) * (1.0 - jnp.sqrt(1.0 + 4.0 * k * d**2 / g)))


def tracer_age(value: ArrayLike, history: History, year: ArrayLike) -> Array:
    """Years since the surface had the value of a sample, as if the water had not mixed.

    The last time it had it counts back from the largest value before the sample; after that the history must not have
    fallen for the age to be one number.

    Source: Doney & Bullister (1992), Deep-Sea Res. 39, 1857, partial pressure ages.

    Args:
        value: of the sample, unit of the history, (...).
        history: of the surface, (year,).
        year: of the sample, (...).

    Returns:
        age [yr], (...); NaN above the largest and below the smallest value so far.

    >>> ramp = History(jnp.array([1950.0, 2000.0]), jnp.array([0.0, 100.0]))
    >>> round(float(tracer_age(40.0, ramp, 2000.0)), 6)
    30.0
    """
    x, when = jnp.broadcast_arrays(jnp.asarray(value, dtype=float), jnp.asarray(year, dtype=float))
    years = history.years
    seen = jnp.where(years <= when[..., None], history.values, -jnp.inf)
    peak = jnp.argmax(seen, axis=-1)
    rising = jnp.arange(years.size) <= peak[..., None]
    below = rising & (seen <= x[..., None])
    last = jnp.max(jnp.where(below, jnp.arange(years.size), -1), axis=-1)
    known = (last >= 0) & (last < peak)
    place = jnp.where(known, last, 0)
    left, right = history.values[place], history.values[place + 1]
    part = safe_ratio(x - left, right - left, 0.0)
    return jnp.where(known, when - (years[place] + part * (years[place + 1] - years[place])), jnp.nan)


@jax.jit
def mean_age(value: ArrayLike, history: History, year: ArrayLike, width_ratio: ArrayLike = 1.0) -> Array:
    r"""Mean age of the inverse Gaussian that gives a sample its tracer.

    $$\int_0^\infty c_0(t - \tau)\,G(\tau; \Gamma, \tfrac\Delta\Gamma\Gamma)\,d\tau = c$$

    solved by halving on ln Γ, on the old side of the largest value that any Γ gives (a tracer that has begun to decline
    in the air gives two ages to the youngest waters), then one Newton step with the derivative of the equation.

    Source: Waugh, Hall & Haine (2003), J. Geophys. Res. 108, 3138.

    Args:
        value: of the sample, unit of the history, (...).
        history: of the surface, (year,).
        year: of the sample, broadcastable.
        width_ratio: Δ/Γ, broadcastable; one fits most of the thermocline.

    Returns:
        Γ [yr], (...); NaN where the sample has more than any age gives, or less than the oldest.

    Valid: `YOUNGEST` to `OLDEST`.

    >>> ramp = History(jnp.array([1950.0, 2000.0]), jnp.array([0.0, 100.0]))
    >>> inside = interior_value(ramp, 2000.0, 40.0, 40.0)
    >>> round(float(mean_age(inside, ramp, 2000.0)), 9)
    40.0
    """
    x, when, r = jnp.broadcast_arrays(*(jnp.asarray(v, dtype=float) for v in (value, year, width_ratio)))

    def misfit(log_age: Array) -> Array:
        g = jnp.exp(log_age)
        return interior_value(history, when, g, r * g) - x

    low, high, known = jax.lax.stop_gradient(_bracket(misfit, x.shape))

    def halve(_: int, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        middle = 0.5 * (ends[0] + ends[1])
        older = misfit(middle) > 0  # too much tracer: the water is older
        return jnp.where(older, middle, ends[0]), jnp.where(older, ends[1], middle)

    ends = jax.lax.fori_loop(0, _HALVINGS, halve, (low, high))
    at = jax.lax.stop_gradient(0.5 * (ends[0] + ends[1]))
    slope = jax.lax.stop_gradient(jax.jvp(misfit, (at,), (jnp.ones_like(at),))[1])
    return jnp.where(known, jnp.exp(at - safe_ratio(misfit(at), slope, 0.0)), jnp.nan)


def _bracket(misfit: Callable[[Array], Array], shape: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """Log of mean ages between which the value falls through zero, and whether there are such."""
    grid = jnp.linspace(jnp.log(YOUNGEST), jnp.log(OLDEST), _COARSE)
    found = jax.lax.map(lambda g: misfit(jnp.full(shape, g)), grid)
    peak = jnp.argmax(found, axis=0)
    known = (jnp.max(found, axis=0) >= 0) & (found[-1] <= 0)
    return grid[peak], jnp.full(shape, grid[-1]), known


class Ventilation(NamedTuple):
    """Mean age and width ratio of a distribution.

    Args:
        mean_age: Γ [yr].
        width_ratio: Δ/Γ.
    """

    mean_age: Array
    width_ratio: Array


def mean_age_and_width(
    first: ArrayLike,
    first_history: History,
    second: ArrayLike,
    second_history: History,
    year: ArrayLike,
    width_ratios: ArrayLike | Sequence[float] = (0.2, 0.4, 0.7, 1.0, 1.3, 1.6, 2.0),
) -> Ventilation:
    """Mean age and width of the inverse Gaussian that gives a sample two tracers.

    For each of some ratios Δ/Γ the first tracer gives Γ, and with it the second; where this meets the sample the ratio
    is found, straight between the ratios tried, then refined by false position.

    Source: Waugh et al. (2002), Geophys. Res. Lett. 29, 2231; Stöven & Tanhua (2014), Ocean Sci. 10, 439.

    Args:
        first: tracer of the sample, unit of its history, (sample,).
        first_history: of the surface, (year,).
        second: another tracer of the same sample, (sample,).
        second_history: of the surface, (year,).
        year: of the sample, broadcastable.
        width_ratios: Δ/Γ that are tried, increasing.

    Returns:
        `Ventilation`, (sample,); NaN where no ratio tried gives both, as measurement errors often bring about.

    Valid: where the tracers rise at different times; two CFCs alone say little of the width.

    >>> import numpy as np
    >>> one = History(jnp.array([1930.0, 2000.0]), jnp.array([0.0, 100.0]))
    >>> two = History(jnp.array([1970.0, 2000.0]), jnp.array([0.0, 100.0]))
    >>> c = [interior_value(h, 2000.0, jnp.array([30.0]), jnp.array([21.0])) for h in (one, two)]
    >>> found = mean_age_and_width(c[0], one, c[1], two, 2000.0)
    >>> [round(float(x[0]), 3) for x in found]
    [30.0, 0.7]
    """
    a, b, when = jnp.broadcast_arrays(*(jnp.asarray(v, dtype=float) for v in (first, second, year)))
    tried = jnp.asarray(width_ratios, dtype=float)

    def misfit(r: Array) -> Array:
        g = mean_age(a, first_history, when, r)
        return interior_value(second_history, when, g, r * g) - b

    found = jnp.stack([misfit(jnp.full(a.shape, r)) for r in tried])
    turns = found[:-1] * found[1:] <= 0  # false where NaN
    place = jnp.argmax(turns, axis=0)
    ends = [(tried[place + i], jnp.take_along_axis(found, (place + i)[None], axis=0)[0]) for i in (0, 1)]
    ratio = _false_position(misfit, ends[0], ends[1])
    ratio = jnp.where(jnp.any(turns, axis=0), ratio, jnp.nan)
    return Ventilation(mean_age(a, first_history, when, ratio), ratio)


def _false_position(misfit: Callable[[Array], Array], left: tuple[Array, Array], right: tuple[Array, Array]) -> Array:
    """Root between two places where a function has different signs; halves the weight of an end that stays."""
    (a, fa), (b, fb) = left, right

    def meet() -> Array:
        return b - fb * safe_ratio(b - a, fb - fa, 0.0)

    for _ in range(_FALSE_POSITIONS):
        middle = meet()
        value = misfit(middle)
        crossed = value * fb <= 0
        a, fa = jnp.where(crossed, b, a), jnp.where(crossed, fb, 0.5 * fa)
        b, fb = middle, value
    return meet()
