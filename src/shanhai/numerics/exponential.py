r"""Steps that are exact for first-order reactions, whatever their speed, and of second order for the others.

Rates are split at the start of the step into $r(x) = K x + N(x)$, where K holds the reactions declared `FirstOrder`.
With $A = \nu K$, N first constant and then linear in time between its values at both ends,

$$\int_0^{\Delta t} x\,dt = \Delta t\,\bigl(\varphi_1 x + \Delta t\,\varphi_2\,\nu N_0
+ \Delta t\,\varphi_3\,\nu(N_1 - N_0)\bigr), \qquad \xi = K \int x\,dt + \Delta t\,\tfrac12 (N_0 + N_1)$$

with φ of A Δt. Only species that a first-order reaction reads enter the matrix.

Source: Cox & Matthews (2002), J. Comput. Phys. 176, 430 (the method ETD2RK).
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import Array

from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Network
from shanhai.numerics.matrix_exponential import phi
from shanhai.numerics.step import Step


class _Block(NamedTuple):
    """First-order reactions at the start of a step.

    Args:
        rows: species that they read.
        reactions: (reaction, place of what it reads in `rows`).
        constants: k of each, cells first, (..., reaction).
        matrix: ν K between the species read, (..., row, row).
        leak: what leaves these rows, less the sums of the columns of the matrix, (..., row).
        nu: stoichiometry of those rows, (..., row, reaction).
    """

    rows: tuple[int, ...]
    reactions: tuple[tuple[int, int], ...]
    constants: Array
    matrix: Array
    leak: Array
    nu: Array


class Exponential(eqx.Module):
    """Stepper that is exact where every reaction is first order (or of a constant rate), and second order otherwise.

    A rate constant or a stoichiometry that depends on amounts is frozen at the start of the step; what changes of the
    rate within the step is seen by the second stage.

    >>> from shanhai.core.reactions import Reaction, Species
    >>> decay = Reaction("decay", FirstOrder("a", 3.0), {"a": -1.0, "b": 1.0})
    >>> network = Network((Species("a", {"C": 1.0}), Species("b", {"C": 1.0})), (decay,))
    >>> step = Exponential()(network, jnp.array([1.0, 0.0]), None, 2.0)
    >>> round(float(step.x[0] / jnp.exp(-6.0)), 12), float(step.error.max())
    (1.0, 0.0)
    """

    @property
    def damps(self) -> bool:
        """Whether a reaction far faster than the step is damped; not one that is not declared as first order."""
        return False

    @property
    def error_order(self) -> int:
        """Order of the first of the two stages, whose difference is the error."""
        return 1

    def __call__(self, network: Network, x: Array, environment: Any, dt: Array | float) -> Step:
        """Make one step in every cell.

        Args:
            network: species and reactions.
            x: amounts at the start, (species, ...).
            environment: what the laws take beside amounts; the same for the whole step.
            dt: length of the step, in the unit of time of the laws, broadcast against the cells; may be zero.
        """
        dt = jnp.broadcast_to(jnp.asarray(dt, x.dtype), x.shape[1:])
        nu, rates = network.coefficients(x, environment), network.rates(x, environment)
        block = _block(network, x, environment, nu.dense(x.dtype))
        if not block.reactions:
            first = dt * rates
            change = network.rates(x + nu.moved(first), environment) - rates
            extents = first + 0.5 * dt * change
            return Step(x + nu.moved(extents), extents, nu.moved(0.5 * dt * change), rates)
        rest = _remainder(network, block, x, rates)
        first = _extents(block, x, dt, rest, jnp.zeros_like(rest))
        predicted = x + nu.moved(first)
        if all(isinstance(r.law, FirstOrder) and not callable(r.law.rate) for r in network.reactions):
            return Step(predicted, first, jnp.zeros_like(x), rates)
        change = _remainder(network, block, predicted, network.rates(predicted, environment)) - rest
        extents = _extents(block, x, dt, rest, change)
        return Step(x + nu.moved(extents), extents, nu.moved(extents - first), rates)


def _block(network: Network, x: Array, environment: Any, nu: Array) -> _Block:
    linear = [(j, r.law) for j, r in enumerate(network.reactions) if isinstance(r.law, FirstOrder)]
    rows = tuple(dict.fromkeys(network.index(law.of) for _, law in linear))
    pairs = tuple((j, rows.index(network.index(law.of))) for j, law in linear)
    cells, view = x.shape[1:], network.view(x)
    nu = jnp.broadcast_to(nu.reshape(*nu.shape, *(1,) * (x.ndim + 1 - nu.ndim)), (*nu.shape[:2], *cells))
    nu = jnp.moveaxis(nu[jnp.asarray(rows, int)], (0, 1), (-2, -1))
    if not linear:
        return _Block(rows, pairs, jnp.zeros((*cells, 0)), jnp.zeros((*cells, 0, 0)), jnp.zeros((*cells, 0)), nu)
    k = [jnp.broadcast_to(law.coefficient(view, environment), cells).astype(x.dtype) for _, law in linear]
    constants = jnp.stack(k, axis=-1)
    j, reads = jnp.array([p for p, _ in pairs]), jnp.array([q for _, q in pairs])
    columns = nu[..., j] * constants[..., None, :]
    matrix = jnp.zeros((*cells, len(rows), len(rows)), x.dtype).at[..., reads].add(columns)
    leak = jnp.zeros((*cells, len(rows)), x.dtype).at[..., reads].add(-jnp.sum(nu[..., j], axis=-2) * constants)
    return _Block(rows, pairs, constants, matrix, leak, nu)


def _remainder(network: Network, block: _Block, x: Array, rates: Array) -> Array:
    """Rates less those of first order, (reaction, ...); nothing of those that no amount changes, without rounding."""
    whole = [j for of_first_order, run in network.runs if of_first_order for j in run]
    rates = rates.at[np.array(whole, int)].set(0.0)
    for n, (j, reads) in enumerate(block.reactions):
        if j not in whole:
            rates = rates.at[j].add(-block.constants[..., n] * x[block.rows[reads]])
    return rates


def _extents(block: _Block, x: Array, dt: Array, rest: Array, change: Array) -> Array:
    """Extents with a remainder that starts at `rest` and changes linearly by `change`, (reaction, ...)."""
    step = dt[..., None]
    sources = [step * jnp.einsum("...ij,j...->...i", block.nu, n, precision="highest") for n in (rest, change)]
    at = jnp.moveaxis(x[jnp.asarray(block.rows)], 0, -1)
    parts = phi(block.matrix * step[..., None], block.leak * step, at, *sources)
    time_integral = step * (parts.one + parts.two + parts.three)
    extents = dt * (rest + 0.5 * change)
    for n, (j, reads) in enumerate(block.reactions):
        extents = extents.at[j].add(block.constants[..., n] * time_integral[..., reads])
    return extents
