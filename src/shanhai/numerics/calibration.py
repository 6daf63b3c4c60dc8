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
from functools import reduce
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray
from scipy.optimize import least_squares

from shanhai.core.errors import InputError, nearest
from shanhai.core.params import describe

Floats = NDArray[np.float64]


class Calibrated(NamedTuple):
    """Outcome of a calibration.

    Args:
        model: with the new numbers.
        values: name -> number.
        spread: name -> standard error in the linear approximation, with what was known before.
        cost: half of J before and after.
        steps: evaluations of the model.
        misfit: sum of the squared residuals of the data over their number; about one where errors are as stated.
        covariance: of the values, or of their logarithms, (parameter, parameter).
        slopes: S, derivatives of the residuals of the data in units of what was known, (residual, parameter).
        bounds: lowest and highest possible values, (2, parameter).
        logarithmic: whether logarithms were fitted.
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
) -> Calibrated:
    """Fit parameters of a model within their bounds.

    Args:
        model: to start from; its numbers are what was known before.
        residuals: model -> residuals over their standard errors, (residual,); differentiable. With `given`, a function
            of (model, given), which is compiled once for data of one shape.
        spread: dotted name of each parameter to fit -> standard error σ of what was known, in its unit.
        most_steps: bound of the evaluations.
        given: pytree that the residuals take, such as the data.
        logarithmic: fit logarithms, for numbers that may be wrong by a factor; σ is then over the value.

    Raises:
        InputError: for a name that is no parameter, a spread that is not positive, residuals that are not finite, or
            a fit that does not end.
    """
    names = tuple(spread)
    bounds, scale = _bounds(model, spread), _SCALES[logarithmic]
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
    found = least_squares(whole, before, slopes, (low, high), x_scale=sigma, max_nfev=most_steps)
    if not found.success:
        raise InputError(f"the calibration has not ended: {found.message}", do="give more steps or tighter spreads")
    data, informed = both(found.x)
    covariance = np.outer(sigma, sigma) * _left(informed)
    values = np.asarray(scale(found.x))
    spreads = np.sqrt(np.diag(covariance)) * (values if logarithmic else 1.0)
    return Calibrated(
        with_parameters(model, names, jnp.asarray(values)),
        dict(zip(names, values.tolist())),
        dict(zip(names, spreads.tolist())),
        (0.5 * float(np.sum(start**2)), float(found.cost)),
        found.nfev,
        float(np.mean(data**2)),
        covariance,
        informed,
        bounds,
        logarithmic,
    )


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


def _bounds(model: Any, spread: Mapping[str, float]) -> Floats:
    known = {row.name: row for row in describe(model)}
    for name, sigma in spread.items():
        if name not in known:
            raise InputError(f"there is no parameter {name!r}; {nearest(name, known)}", where="calibration")
        if not sigma > 0:
            raise InputError(f"the spread of {name!r} is {sigma:g}", where="calibration", do="give a positive number")
    return np.array([known[n].bounds for n in spread], dtype=float).T
