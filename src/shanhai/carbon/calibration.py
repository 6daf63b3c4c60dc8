r"""Calibration of parameters that know their bounds, by least squares with exact derivatives.

$$J(p) = \sum_i r_i(p)^2 + \sum_k \left(\frac{p_k - p_k^0}{\sigma_k}\right)^2, \qquad p_k^{low} \le p_k \le p_k^{high}$$

where r are residuals over their standard error, and p⁰ and σ what was known before.

Source: the trust-region reflective method of Branch, Coleman & Li (1999), SIAM J. Sci. Comput. 21, 1, as in SciPy.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.optimize import least_squares

from shanhai.core.errors import InputError, nearest
from shanhai.core.params import describe


class Calibrated(NamedTuple):
    """Outcome of a calibration.

    Args:
        model: with the new numbers.
        values: name -> number.
        spread: name -> standard error in the linear approximation, with what was known before.
        cost: half of J before and after.
        steps: evaluations of the model.
    """

    model: Any
    values: dict[str, float]
    spread: dict[str, float]
    cost: tuple[float, float]
    steps: int


def parameters(model: eqx.Module, names: Any) -> Array:
    """Numbers of a model by dotted names, (name,)."""
    return jnp.stack([_at(model, name) for name in names])


def with_parameters(model: Any, names: Any, values: Array) -> Any:
    """The model with other numbers.

    >>> from shanhai.models.box.global_carbon import GlobalCarbon
    >>> changed = with_parameters(GlobalCarbon(), ["land.q10", "sea.overturning"], jnp.array([2.0, 20.0]))
    >>> float(changed.land.q10), float(changed.sea.overturning)
    (2.0, 20.0)
    """
    return eqx.tree_at(lambda m: [_at(m, name) for name in names], model, [values[i] for i in range(len(names))])


def _at(model: Any, name: str) -> Any:
    return reduce(getattr, name.split("."), model)


def calibrate(
    model: Any, residuals: Callable[[Any], Array], spread: Mapping[str, float], most_steps: int = 50
) -> Calibrated:
    """Fit parameters of a model within their bounds.

    Args:
        model: to start from; its numbers are what was known before.
        residuals: model -> residuals over their standard errors, (residual,); differentiable.
        spread: dotted name of each parameter to fit -> standard error σ of what was known, in its unit.
        most_steps: bound of the evaluations.

    Raises:
        InputError: for a name that is no parameter, or a spread that is not positive.
    """
    names = tuple(spread)
    low, high = _bounds(model, spread)
    before, sigma = np.asarray(parameters(model, names)), np.array([spread[n] for n in names])

    def whole(p: Array) -> Array:
        return jnp.concatenate([residuals(with_parameters(model, names, p)), (p - before) / sigma])

    slopes = jax.jit(lambda p: _slopes(whole, p))
    kept: dict[bytes, Any] = {}  # SciPy asks for values and slopes at the same place, one after the other

    def both(p: Any) -> Any:
        if p.tobytes() not in kept:
            kept.clear()
            kept[p.tobytes()] = [np.asarray(v) for v in slopes(jnp.asarray(p))]
        return kept[p.tobytes()]

    first = 0.5 * float(np.sum(both(before)[1] ** 2))
    found = least_squares(
        lambda p: both(p)[1], before, lambda p: both(p)[0], (low, high), x_scale=sigma, max_nfev=most_steps
    )
    if not found.success:
        raise InputError(f"the calibration has not ended: {found.message}", do="give more steps or tighter spreads")
    error = np.sqrt(np.diag(np.linalg.inv(found.jac.T @ found.jac)))
    values = dict(zip(names, found.x.tolist()))
    fitted = with_parameters(model, names, jnp.asarray(found.x))
    return Calibrated(fitted, values, dict(zip(names, error.tolist())), (first, float(found.cost)), found.nfev)


def _slopes(whole: Callable[[Array], Array], p: Array) -> tuple[Array, Array]:
    """Derivatives (residual, parameter) and values; one direction after the other, which is compiled once."""
    values, rows = jax.lax.map(lambda direction: jax.jvp(whole, (p,), (direction,)), jnp.eye(len(p)))
    return rows.T, values[0]


def _bounds(model: Any, spread: Mapping[str, float]) -> tuple[list[float], list[float]]:
    known = {row.name: row for row in describe(model)}
    for name, sigma in spread.items():
        if name not in known:
            raise InputError(f"there is no parameter {name!r}; {nearest(name, known)}", where="calibration")
        if not sigma > 0:
            raise InputError(f"the spread of {name!r} is {sigma:g}", where="calibration", do="give a positive number")
    return [known[n].bounds[0] for n in spread], [known[n].bounds[1] for n in spread]
