r"""Calibration of parameters that know their bounds, by least squares with exact derivatives.

$$J(p) = \sum_i r_i(p)^2 + \sum_k \left(\frac{p_k - p_k^0}{\sigma_k}\right)^2, \qquad p_k^{low} \le p_k \le p_k^{high}$$

where r are residuals over their standard error, and p⁰ and σ what was known before.

What the data say of each parameter, and of which combinations they say nothing, follows from the same derivatives: in
units of σ, the posterior covariance of the linear approximation (Laplace) is

$$C = \left(S^T S + I\right)^{-1}, \qquad S_{ik} = \sigma_k\,\frac{\partial r_i}{\partial p_k},$$

and an eigenvector of $S^T S$ with a value above one is a combination that the data know better than was known before.

Source: the trust-region reflective method of Branch, Coleman & Li (1999), SIAM J. Sci. Comput. 21, 1, as in SciPy;
identifiability after Rodgers (2000), Inverse Methods for Atmospheric Sounding, section 2.4.
"""

from collections.abc import Callable, Mapping
from functools import partial, reduce
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, least_squares
from scipy.special import ndtr, ndtri

from shanhai.core.errors import InputError, nearest
from shanhai.core.params import describe

Floats = NDArray[np.float64]

TAILS = 5.0
"""Degrees of freedom of the t distribution that is drawn from to be reweighted; fewer have heavier tails."""


class Weighted(NamedTuple):
    """Draws that weigh as the posterior has it, whatever its form.

    Args:
        names: of the parameters.
        values: (draw, parameter).
        weights: of the draws, which add up to one, (draw,).
        effective: draws of the posterior itself that tell as much; few of many mean that neither weights nor the
            Laplace approximation can be trusted.
    """

    names: tuple[str, ...]
    values: Floats
    weights: Floats
    effective: float

    @property
    def mean(self) -> dict[str, float]:
        """Of each parameter."""
        return dict(zip(self.names, (self.weights @ self.values).tolist()))

    def quantiles(self, part: float) -> dict[str, float]:
        """Value of each parameter below which a part of the posterior lies.

        >>> drawn = Weighted(("rate",), np.array([[1.0], [2.0], [4.0]]), np.array([0.25, 0.5, 0.25]), 2.7)
        >>> drawn.quantiles(0.5), drawn.mean
        ({'rate': 2.0}, {'rate': 2.25})
        """
        found = {}
        for name, column in zip(self.names, self.values.T):
            order = np.argsort(column)
            middle = np.cumsum(self.weights[order]) - 0.5 * self.weights[order]
            found[name] = float(np.interp(part, middle, column[order]))
        return found


class Calibrated(NamedTuple):
    """Outcome of a calibration.

    Args:
        model: with the new numbers.
        values: name -> number.
        spread: name -> standard error in the linear approximation, with what was known before.
        cost: half of J before and after.
        steps: evaluations of the model, from all starts.
        misfit: sum of the squared residuals of the data over their number; about one where errors are as stated.
        covariance: of the values, or of their logarithms, (parameter, parameter).
        slopes: S, derivatives of the residuals of the data in units of what was known, (residual, parameter).
        bounds: lowest and highest possible values, (2, parameter).
        logarithmic: whether logarithms were fitted.
        costs: half of J where each start led, the model's own numbers first; infinite where residuals are not finite.
        prior: what was known of the values, or of their logarithms, and its σ, (2, parameter).
    """

    model: Any
    values: dict[str, float]
    spread: dict[str, float]
    cost: tuple[float, float]
    steps: int
    misfit: float
    covariance: Floats
    slopes: Floats
    bounds: Floats
    logarithmic: bool
    costs: tuple[float, ...] = ()
    prior: Floats = np.empty((2, 0))

    @property
    def learned(self) -> dict[str, float]:
        """Part of the variance of each parameter that the data have removed, 0 to 1."""
        return dict(zip(self.values, (1.0 - np.diag(_left(self.slopes))).tolist()))

    @property
    def correlation(self) -> Floats:
        """Of the errors of what was fitted, (parameter, parameter)."""
        size = np.sqrt(np.diag(self.covariance))
        return self.covariance / np.outer(size, size)

    def directions(self) -> list[tuple[float, dict[str, float]]]:
        """Combinations of parameters, best known first: information (above one: the data say more than the prior)."""
        value, vector = np.linalg.eigh(self.slopes.T @ self.slopes)
        return [(float(value[k]), dict(zip(self.values, vector[:, k].tolist()))) for k in np.argsort(-value)]

    def draw(self, count: int, seed: int = 0) -> Floats:
        """Draws from the Laplace approximation within the bounds, (draw, parameter).

        Raises:
            InputError: where hardly any draw is possible, so that the approximation says little.
        """
        random, mean = np.random.default_rng(seed), np.array(list(self.values.values()))
        mean = np.log(mean) if self.logarithmic else mean
        drawn = random.multivariate_normal(mean, self.covariance, size=50 * count, method="cholesky")
        drawn = np.exp(drawn) if self.logarithmic else drawn
        possible = drawn[np.all((drawn >= self.bounds[0]) & (drawn <= self.bounds[1]), axis=1)]
        if len(possible) < count:
            raise InputError("nearly all draws lie outside the bounds", where="posterior", do="profile the parameters")
        return possible[:count]

    def reweighted(self, residuals: Callable[..., Array], count: int, seed: int = 0, given: Any = None) -> Weighted:
        r"""Draws with weights of the posterior itself, where the model is far from linear.

        $$w_i \propto \frac{e^{-J(p_i)/2}}{q(p_i)}, \qquad n_{eff} = \frac{1}{\sum_i w_i^2}$$

        with q a t distribution about the best values with the covariance of the Laplace approximation, cut off at the
        bounds. It costs as many runs of the model as draws.

        Source: importance sampling; the effective number after Kong (1992), Univ. Chicago Tech. Rep. 348.

        Args:
            residuals: as of `calibrate`.
            count: how many.
            seed: of the draws.
            given: as of `calibrate`.

        Raises:
            InputError: where hardly any draw is possible, or none gives finite residuals.
        """
        p, log_density = self._proposed(count, seed)
        values = np.exp(p) if self.logarithmic else p
        log_weight = np.array([self._log_posterior(residuals, given, row, v) for row, v in zip(p, values)])
        log_weight = log_weight - log_density
        if not np.any(np.isfinite(log_weight)):
            raise InputError("no draw gives finite residuals", where="posterior", do="fit fewer parameters")
        weights = np.exp(log_weight - np.max(log_weight))
        weights = weights / weights.sum()
        return Weighted(tuple(self.values), values, weights, float(1.0 / np.sum(weights**2)))

    def _proposed(self, count: int, seed: int) -> tuple[Floats, Floats]:
        """Draws of what was fitted within the bounds, and the logarithm of their density but for a constant."""
        random, mean = np.random.default_rng(seed), np.array(list(self.values.values()))
        mean = np.log(mean) if self.logarithmic else mean
        root = np.linalg.cholesky(self.covariance)
        normal = random.standard_normal((50 * count, len(mean)))
        away = normal / np.sqrt(random.chisquare(TAILS, (50 * count, 1)) / TAILS)
        drawn = mean + away @ root.T
        values = np.exp(drawn) if self.logarithmic else drawn
        possible = np.all((values >= self.bounds[0]) & (values <= self.bounds[1]), axis=1)
        if possible.sum() < count:
            raise InputError("nearly all draws lie outside the bounds", where="posterior", do="profile the parameters")
        far = np.sum(away[possible][:count] ** 2, axis=1)
        return drawn[possible][:count], -0.5 * (TAILS + len(mean)) * np.log1p(far / TAILS)

    def _log_posterior(self, residuals: Callable[..., Array], given: Any, p: Floats, values: Floats) -> float:
        model = with_parameters(self.model, tuple(self.values), jnp.asarray(values))
        data = np.asarray(residuals(model) if given is None else residuals(model, given))
        known = (p - self.prior[0]) / self.prior[1]
        total = float(np.sum(data**2) + np.sum(known**2))
        return -0.5 * total if np.isfinite(total) else -np.inf


def parameters(model: eqx.Module, names: Any) -> Array:
    """Numbers of a model by dotted names, (name,)."""
    return jnp.stack([_at(model, name) for name in names])


def with_parameters(model: Any, names: Any, values: Array) -> Any:
    """The model with other numbers.

    >>> from shanhai.core.params import par
    >>> class Decay(eqx.Module):
    ...     rate: Array = par(0.1, "d-1", source="example", bounds=(0.0, 1.0), meaning="of decay")
    >>> float(with_parameters(Decay(), ["rate"], jnp.array([0.3])).rate)
    0.3
    """
    return eqx.tree_at(lambda m: [_at(m, name) for name in names], model, [values[i] for i in range(len(names))])


def _at(model: Any, name: str) -> Any:
    return reduce(getattr, name.split("."), model)


def calibrate(
    model: Any,
    residuals: Callable[..., Array],
    spread: Mapping[str, float],
    most_steps: int = 50,
    given: Any = None,
    logarithmic: bool = False,
    starts: int = 1,
    seed: int = 0,
    within: Mapping[str, tuple[float, float]] | None = None,
) -> Calibrated:
    """Fit parameters of a model within their bounds.

    Where J has several valleys the one that is found depends on where the search starts. Of several starts that ended
    the one of least J is kept; how the others did tells whether it is found again.

    Args:
        model: to start from; its numbers are what was known before.
        residuals: model -> residuals over their standard errors, (residual,); differentiable. With `given`, a function
            of (model, given), which is compiled once for data of one shape.
        spread: dotted name of each parameter to fit -> standard error σ of what was known, in its unit.
        most_steps: bound of the evaluations from one start.
        given: pytree that the residuals take, such as the data.
        logarithmic: fit logarithms, for numbers that may be wrong by a factor; σ is then over the value.
        starts: the model's own numbers, and further ones drawn from what was known before, within the bounds.
        seed: of the draws.
        within: dotted name -> bounds in place of those of the parameter, which they must not exceed.

    Raises:
        InputError: for a name that is no parameter, bounds that leave the start outside, a spread that is not
            positive, residuals that are not finite at the model's own numbers, less than one start, or a fit that does
            not end.
    """
    names = tuple(spread)
    bounds, scale = _bounds(model, spread, within or {}), _SCALES[logarithmic]
    before, sigma = _before(model, names, logarithmic), np.array([spread[n] for n in names])
    kept: dict[bytes, Any] = {}  # SciPy asks for values and slopes at the same place, one after the other

    def both(p: Any) -> tuple[Floats, Floats]:
        if p.tobytes() not in kept:
            kept.clear()
            found = _evaluated(residuals, scale, model, names, given, jnp.asarray(p), jnp.asarray(sigma))
            kept[p.tobytes()] = tuple(np.asarray(v) for v in found)
        return kept[p.tobytes()]

    def whole(p: Any) -> Floats:
        return np.concatenate([both(p)[0], (p - before) / sigma])

    def slopes(p: Any) -> Floats:
        return np.concatenate([both(p)[1], np.eye(len(p))]) / sigma

    start = whole(before)
    if not np.all(np.isfinite(start)):
        wrong = int(np.argmin(np.isfinite(start)))
        raise InputError(f"residual {wrong} is not finite at the start", where="calibration", do="look at the data")
    with np.errstate(divide="ignore"):  # a lowest value of zero is the logarithm of minus infinity
        low, high = np.log(np.maximum(bounds, 0.0)) if logarithmic else bounds
    begins = _begins(before, sigma, (low, high), starts, seed)
    search = partial(least_squares, whole, jac=slopes, bounds=(low, high), x_scale=sigma, max_nfev=most_steps)
    found, ends = _best(begins, search)
    data, informed = both(found.x)
    covariance = np.outer(sigma, sigma) * _left(informed)
    values = np.asarray(scale(found.x))
    spreads = np.sqrt(np.diag(covariance)) * (values if logarithmic else 1.0)
    return Calibrated(
        with_parameters(model, names, jnp.asarray(values)),
        dict(zip(names, values.tolist())),
        dict(zip(names, spreads.tolist())),
        (0.5 * float(np.sum(start**2)), float(found.cost)),
        sum(end.nfev for end in ends),
        float(np.mean(data**2)),
        covariance,
        informed,
        bounds,
        logarithmic,
        tuple(float(end.cost) for end in ends),
        np.stack([before, sigma]),
    )


def _begins(before: Floats, sigma: Floats, limits: tuple[Floats, Floats], starts: int, seed: int) -> list[Floats]:
    """What was known, and draws from normal distributions about it cut off at the bounds."""
    if starts < 1:
        raise InputError(f"{starts} starts find nothing", where="calibration", do="take one or more")
    below, above = (ndtr((limit - before) / sigma) for limit in limits)
    part = np.random.default_rng(seed).uniform(size=(starts - 1, len(before)))
    return [before, *np.clip(before + sigma * ndtri(below + part * (above - below)), *limits)]


def _best(begins: list[Floats], searched: Callable[[Floats], Any]) -> tuple[Any, list[Any]]:
    """The end of least J of those that have ended, and all ends."""
    ends = [searched(begins[0]), *(_tried(searched, p) for p in begins[1:])]
    found = min(ends, key=lambda end: (not end.success, float(end.cost)))
    if not found.success:
        raise InputError(f"the calibration has not ended: {found.message}", do="give more steps or tighter spreads")
    return found, ends


def _tried(searched: Callable[[Floats], Any], p: Floats) -> Any:
    """End of a search from a start where the model may not even run."""
    try:
        return searched(p)
    except (ValueError, np.linalg.LinAlgError):  # SciPy's, of residuals or slopes that are not finite
        return OptimizeResult(x=p, cost=np.inf, nfev=1, success=False, message="not finite")


def _left(slopes: Floats) -> Floats:
    """(SᵀS + I)⁻¹ by singular values, so that combinations known a million times better than others do no harm."""
    if not np.all(np.isfinite(slopes)):
        raise InputError("a derivative is not finite at the end", where="calibration", do="fit fewer parameters")
    _, size, turned = np.linalg.svd(slopes)
    known = np.zeros(slopes.shape[1])
    known[: len(size)] = size**2
    return (turned.T / (1.0 + known)) @ turned


_SCALES: dict[bool, Callable[[Any], Any]] = {False: jnp.asarray, True: jnp.exp}
"""From what is fitted to the values, by whether logarithms are."""


def _before(model: Any, names: tuple[str, ...], logarithmic: bool) -> Floats:
    values = np.asarray(parameters(model, names))
    if not logarithmic:
        return values
    for name, value in zip(names, values):
        if value <= 0:
            raise InputError(f"{name} is {value:g} and has no logarithm", where="calibration", do="start above zero")
    return np.log(values)


@eqx.filter_jit
def _evaluated(
    residuals: Callable[..., Array],
    scale: Callable[[Any], Any],
    model: Any,
    names: tuple[str, ...],
    given: Any,
    p: Array,
    sigma: Array,
) -> tuple[Array, Array]:
    """Residuals, and their derivatives in units of σ, all along one run of the model."""

    def told(p: Array) -> Array:
        changed = with_parameters(model, names, scale(p))
        return residuals(changed) if given is None else residuals(changed, given)

    along = jax.vmap(lambda direction: jax.jvp(told, (p,), (direction * sigma,)), out_axes=(None, 0))
    values, rows = along(jnp.eye(len(p)))
    return values, rows.T


def _bounds(model: Any, spread: Mapping[str, float], within: Mapping[str, tuple[float, float]]) -> Floats:
    known = {row.name: row for row in describe(model)}
    for name, sigma in spread.items():
        if name not in known:
            raise InputError(f"there is no parameter {name!r}; {nearest(name, known)}", where="calibration")
        if not sigma > 0:
            raise InputError(f"the spread of {name!r} is {sigma:g}", where="calibration", do="give a positive number")
    for name, (low, high) in within.items():
        if name not in spread:
            raise InputError(f"{name!r} has bounds and is not fitted; {nearest(name, spread)}", where="calibration")
        widest = known[name].bounds
        if not widest[0] <= low < high <= widest[1] or not low <= known[name].value <= high:
            raise InputError(
                f"{name} starts at {known[name].value:g} and cannot be from {low:g} to {high:g}",
                where="calibration",
                do=f"keep the bounds around the start and within {widest[0]:g} to {widest[1]:g}",
            )
    return np.array([within.get(n, known[n].bounds) for n in spread], dtype=float).T
