r"""Steady states of networks: pseudo-transient Newton in the logarithms of the pools, with implicit derivatives.

With $u = \ln x$ and $F = (\nu r)/x$ each iteration is an implicit Euler step of ever growing length τ,

$$\Bigl(\frac{I}{\tau} - \frac{\partial F}{\partial u}\Bigr)\,\delta = F, \qquad u \leftarrow u + \delta,$$

so that it follows the network through time as far as needed, stays positive, and ends as Newton's method. What a
network conserves makes this singular in the end: for each total that no reaction changes, the equation of one of its
pools is redundant and is replaced by the total of the start.

Sources: Kelley & Keyes (1998), SIAM J. Numer. Anal. 35, 508; the length grows where the change of u is small.
"""

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from shanhai.core.reactions import Network, species_read
from shanhai.core.stoichiometry import moved
from shanhai.numerics import safe
from shanhai.numerics.gathered import contract
from shanhai.numerics.jacobian import coefficients, linearised, pattern

CONVERGED, NOT_CONVERGED, NOT_FINITE = 0, 1, 2
"""Status of a cell: at a steady state; stopped by the bound of iterations; nothing finite to start from."""

EMPTY = 1e-30  # amount over that of all pools, or of all species where pools are empty, below which a pool is empty
FULL = 1e30  # and above which one grows without bound
START = 1e-12  # amount over that of all pools, from which an empty pool starts
LONGEST = 1e18  # length of a pseudo-step over the fastest time scale from which it is a Newton step
MOST_CHANGE = 2.0  # of the logarithm in an iteration


class Steady(NamedTuple):
    """A steady state in every cell.

    Args:
        x: amounts, those of external accounts as given, (species, ...).
        status: CONVERGED, NOT_CONVERGED or NOT_FINITE, (...).
        residual: largest relative rate of change of a pool that is not empty, over the fastest rate, (...).
        iterations: of the slowest cell.
    """

    x: Array
    status: Array
    residual: Array
    iterations: Array


class _Problem(NamedTuple):
    network: Network
    x: Array
    environment: Any
    conserved: NDArray[np.float64]
    total: Array
    scale: Array


class _State(NamedTuple):
    u: Array
    length: Array  # of the next pseudo-step; zero before the first, which the fastest time scale sets
    moving: Array
    active: Array  # until the residual of the last u is known
    residual: Array
    iterations: Array


def conserved_totals(network: Network) -> NDArray[np.float64]:
    """Combinations of pools that no reaction changes, (total, pool), in reduced echelon form.

    They are the left null space of the stoichiometry over the pools. Where coefficients depend on the state, they are
    the contents of the quantities that no external account takes part in.

    Args:
        network: the network.

    >>> from shanhai.core.reactions import Reaction, Species
    >>> there = Reaction("there", lambda x, _: x["a"], {"a": -1.0, "b": 2.0})
    >>> conserved_totals(Network((Species("a", {"C": 2.0}), Species("b", {"C": 1.0})), (there,))).tolist()
    [[1.0, 0.5]]
    """
    pools = list(network.pools)
    if network.frozen_coefficients:
        outside = {q for r in network.reactions for n in r.stoichiometry for q in _outside(network, n)}
        kept = [k for k, q in enumerate(network.quantities) if q not in outside]
        return _echelon(network.contents[kept][:, pools])
    somewhere: Any = np.ones(len(network.species))
    nu = network.coefficients(somewhere).fixed[pools]
    left, sizes, _ = np.linalg.svd(nu)
    rank = int(np.sum(sizes > 1e-10 * max(sizes, default=0.0)))
    return _echelon(left[:, rank:].T)


def _outside(network: Network, name: str) -> tuple[str, ...]:
    species = network.species[network.index(name)]
    return tuple(species.content) if species.external else ()


def _echelon(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Independent rows of the same space, each with a one where the others are zero."""
    rows, done = rows.copy(), 0
    for column in range(rows.shape[1]):
        if done == len(rows):
            break
        best = done + int(np.argmax(np.abs(rows[done:, column])))
        if abs(rows[best, column]) < 1e-10:
            continue
        rows[[done, best]] = rows[[best, done]]
        rows[done] /= rows[done, column]
        others = np.arange(len(rows)) != done
        rows[others] -= np.outer(rows[others, column], rows[done])
        done += 1
    return np.round(rows[:done], 12) + 0.0


def steady_state(
    network: Network, x: Array, environment: Any = None, tolerance: float = 1e-8, most_iterations: int = 500
) -> Steady:
    r"""Amounts at which no pool changes, reached from x with its totals.

    $$\frac{dx}{dp} = -\Bigl(\frac{\partial G}{\partial x}\Bigr)^{-1}\frac{\partial G}{\partial p}$$

    is the derivative by parameters, environment and totals p, where G are the equations with the totals among them; it
    is forward or reverse, and does not pass through the iterations. Pools that run empty have no derivative.

    Args:
        network: species and reactions; external accounts stay as they are.
        x: amounts to start from, (species, ...), not negative, some of them positive, if only outside.
        environment: what the laws take beside amounts.
        tolerance: change of the logarithms in the last Newton step.
        most_iterations: bound of the iterations.

    Returns:
        amounts with status and residual of each cell.

    >>> from shanhai.core.reactions import Reaction, Species
    >>> there = Reaction("there", lambda x, k: k * x["a"], {"a": -1.0, "b": 1.0})
    >>> back = Reaction("back", lambda x, k: x["b"] ** 2, {"b": -1.0, "a": 1.0})
    >>> network = Network((Species("a", {"C": 1.0}), Species("b", {"C": 1.0})), (there, back), sample=2.0)
    >>> end = steady_state(network, jnp.array([3.0, 0.0]), 0.5)
    >>> [round(float(v), 9) for v in end.x], int(end.status)
    ([2.0, 1.0], 0)
    """
    problem = _problem(network, x, environment)
    fixed = jax.tree.map(lambda leaf: jax.lax.stop_gradient(leaf) if eqx.is_array(leaf) else leaf, problem)

    def iterate(_: Any, start: Array) -> tuple[Array, tuple[Array, Array, Array]]:
        end = _iterated(fixed, start, tolerance, most_iterations)
        return end.u, (end.moving.astype(x.dtype), end.residual, end.iterations.astype(x.dtype))

    u, (unfinished, residual, count) = jax.lax.custom_root(
        partial(_equations, problem), _first(fixed), iterate, _tangent, has_aux=True
    )
    x_end = _amounts(problem, u)
    finite = jnp.all(jnp.isfinite(x_end), axis=0) & (fixed.scale > 0)
    status = jnp.where(finite, jnp.where(unfinished > 0, NOT_CONVERGED, CONVERGED), NOT_FINITE)
    return Steady(x_end, status, residual, count.astype(jnp.int32))


def _problem(network: Network, x: Array, environment: Any) -> _Problem:
    conserved = conserved_totals(network)
    pools = x[np.array(network.pools)]
    inside, everything = (jax.lax.stop_gradient(jnp.sum(jnp.abs(a), axis=0)) for a in (pools, x))
    scale = jnp.where(inside > 0, inside, everything)
    return _Problem(network, x, environment, conserved, moved(jnp.asarray(conserved, x.dtype), pools), scale)


def _first(p: _Problem) -> Array:
    return jnp.log(jnp.maximum(p.x[np.array(p.network.pools)], START * jnp.where(p.scale > 0, p.scale, 1.0)))


def _amounts(p: _Problem, u: Array) -> Array:
    return p.x.at[np.array(p.network.pools)].set(jnp.exp(u))


def _is_empty(p: _Problem, u: Array) -> Array:
    return u <= jnp.log(2.0 * EMPTY * jnp.where(p.scale > 0, p.scale, 1.0))


def _budget(p: _Problem, u: Array) -> tuple[Array, Array]:
    """Net and gross rates of change of the pools, (pool, ...)."""
    x, pools = _amounts(p, u), np.array(p.network.pools)
    change, nu = pattern(p.network).change, coefficients(p.network, x, p.environment)
    r = p.network.rates(x, p.environment)
    return contract(change, nu, r)[pools], contract(change, jnp.abs(nu), jnp.abs(r))[pools]


def _equations(p: _Problem, u: Array) -> Array:
    """Zero at a steady state, (pool, ...): net over gross rate, total over what makes it up, or an empty pool."""
    net, gross = _budget(p, u)
    gross = jax.lax.stop_gradient(gross)
    g = net / jnp.where(gross > 0, gross, 1.0)
    for missing, here in zip(_missing(p, u), _replaced(p, u)):
        g = jnp.where(here, missing, g)
    lowest = jax.lax.stop_gradient(jnp.where(_is_empty(p, u), u, 0.0))
    return jnp.where(_is_empty(p, u), u - lowest, g)


def _missing(p: _Problem, u: Array) -> Array:
    """Totals now less those of the start, relative, (total, ...)."""
    x = jnp.exp(u)
    size = jax.lax.stop_gradient(moved(jnp.abs(jnp.asarray(p.conserved, u.dtype)), x))
    return (moved(jnp.asarray(p.conserved, u.dtype), x) - p.total) / size


def _replaced(p: _Problem, u: Array) -> Array:
    """For each total the pool whose equation it replaces, as a mask (total, pool, ...): one that holds much of it.

    By elimination with the largest part as pivot, so that totals that share pools take different ones.
    """
    x = jax.lax.stop_gradient(jnp.exp(u))
    parts = [jnp.asarray(w, x.dtype).reshape(-1, *(1,) * (x.ndim - 1)) * x for w in p.conserved]
    number, masks = jnp.arange(len(x)).reshape(-1, *(1,) * (x.ndim - 1)), []
    for k, row in enumerate(parts):
        here = number == jnp.argmax(jnp.abs(row), axis=0)
        masks.append(here)
        pivot = jnp.sum(jnp.where(here, row, 0.0), axis=0)
        for m in range(k + 1, len(parts)):
            share = jnp.sum(jnp.where(here, parts[m], 0.0), axis=0) / jnp.where(pivot == 0, 1.0, pivot)
            parts[m] = jnp.where(here, 0.0, parts[m] - share * row)
    return jnp.stack(masks) if masks else jnp.zeros((0, *x.shape), bool)


def _tangent(linear: Any, y: Array) -> Array:
    """Solve with the matrix of a linear function of (pool, ...)."""
    unit = jnp.eye(len(y), dtype=y.dtype).reshape(len(y), len(y), *(1,) * (y.ndim - 1))
    columns = jax.vmap(linear)(jnp.broadcast_to(unit, (len(y), *y.shape)))
    return dense_solve(jnp.swapaxes(columns, 0, 1), y)


def dense_solve(matrix: Array, y: Array) -> Array:
    """Solve (row, column, ...) systems, rows scaled, with pivoting."""
    size = jnp.max(jnp.abs(matrix), axis=1)
    size = jnp.where(size > 0, size, 1.0)
    a = jnp.moveaxis(matrix / size[:, None], (0, 1), (-2, -1))
    return jnp.moveaxis(jnp.linalg.solve(a, jnp.moveaxis(y / size, 0, -1)[..., None])[..., 0], -1, 0)


def _iterated(p: _Problem, start: Array, tolerance: float, most: int) -> _State:
    """Iterations up to the residual of the last u, with a single place where the network is linearised."""
    there, none = jnp.broadcast_to(p.scale > 0, start.shape[1:]), jnp.zeros(start.shape[1:], start.dtype)
    state = _State(start, none, there, there, none, jnp.zeros((), jnp.int32))

    def going(s: _State) -> Array:
        return jnp.any(s.active) & (s.iterations <= most)

    end = jax.lax.while_loop(going, lambda s: _iteration(p, tolerance, most, s), state)
    return end._replace(iterations=end.iterations - 1)


def _iteration(p: _Problem, tolerance: float, most: int, s: _State) -> _State:
    growth, matrix = _linearised(p, s.u)
    fastest = jnp.max(jnp.abs(matrix), axis=(0, 1))
    growing = jnp.max(jnp.where(_is_empty(p, s.u), 0.0, jnp.abs(growth)), axis=0)
    residual = jnp.where(s.active, safe.ratio(growing, fastest, 0.0), s.residual)
    slowest = LONGEST**3 / jnp.where(fastest > 0, fastest, 1.0)
    s = s._replace(length=jnp.where(s.length > 0, s.length, slowest / LONGEST**3))
    empty = _is_empty(p, s.u) & (growth <= 0)
    delta = _change(p, s, growth, matrix, empty)
    size = jnp.max(jnp.where(empty, 0.0, jnp.abs(delta)), axis=0)
    finite = jnp.isfinite(size)
    longer = jnp.where(finite, jnp.select([size < 0.1, size < 0.6, size < 1.0], [10.0, 2.0, 1.0], 0.3), 0.1)
    still = s.moving & ~(finite & (size <= tolerance) & (s.length * fastest >= LONGEST))
    low, high = jnp.log(p.scale * EMPTY), jnp.log(p.scale * FULL)
    u = jnp.clip(s.u + jnp.clip(delta, -MOST_CHANGE, MOST_CHANGE), low, high)
    length = jnp.where(s.moving, jnp.minimum(s.length * longer, slowest), s.length)
    moves = s.moving & finite & (s.iterations < most)  # the one beyond the bound only takes the residual
    return _State(jnp.where(moves, u, s.u), length, still, s.moving, residual, s.iterations + 1)


def _change(p: _Problem, s: _State, growth: Array, matrix: Array, empty: Array) -> Array:
    """Change of the logarithms in a step of the pseudo-transient; none of empty pools."""
    n, cells = len(growth), growth.shape[1:]
    unit = jnp.eye(n, dtype=growth.dtype).reshape(n, n, *(1,) * len(cells))
    a = unit / s.length - matrix
    x, right = jnp.exp(s.u), growth
    replaced = _replaced(p, s.u)
    for w, missing, here in zip(p.conserved, _missing(p, s.u), replaced):
        part = jnp.asarray(w, x.dtype).reshape(n, *(1,) * len(cells)) * x
        a = jnp.where(here[:, None], part / jnp.sum(jnp.abs(part), axis=0), a)
        right = jnp.where(here, -missing, right)
    held = empty & ~jnp.any(replaced, axis=0)
    return dense_solve(jnp.where(held[:, None], unit, a), jnp.where(held, 0.0, right))


def _linearised(p: _Problem, u: Array) -> tuple[Array, Array]:
    r"""Growth rates F of the pools and $\partial F/\partial u$, (pool, pool, ...)."""
    return _with_coefficients(p, u) if _bent(p) else _of_rates(p, u)


def _bent(p: _Problem) -> bool:
    """Whether a coefficient depends on the amounts."""
    given = [c for r in p.network.reactions for _, c in r.moves if callable(c)]
    return any(species_read(given, p.network.species, p.environment))


def _with_coefficients(p: _Problem, u: Array) -> tuple[Array, Array]:
    """The same with the slopes of coefficients, which a stepper holds fixed and Newton's method must not."""
    unit = jnp.eye(len(u), dtype=u.dtype).reshape(len(u), len(u), *(1,) * (u.ndim - 1))
    growth, along = jax.linearize(lambda v: _budget(p, v)[0] / jnp.exp(v), u)
    columns = jax.vmap(along)(jnp.broadcast_to(unit, (len(u), *u.shape)))
    return growth, jnp.swapaxes(columns, 0, 1)


def _of_rates(p: _Problem, u: Array) -> tuple[Array, Array]:
    """The same where coefficients are numbers, from the slopes of the rates."""
    x, pools = _amounts(p, u), p.network.pools
    there, nu = pattern(p.network, pools), coefficients(p.network, x, p.environment)
    rates, slopes = linearised(p.network, x, p.environment, pools)
    place = {row: n for n, row in enumerate(p.network.pools)}
    inside = [(n, place[i], place[k]) for n, (i, k) in enumerate(there.jacobian) if i in place and k in place]
    number, i, k = np.array(inside, dtype=np.intp).reshape(-1, 3).T
    amount = jnp.exp(u)
    growth = contract(there.change, nu, rates)[np.array(pools)] / amount
    entries = contract(there.product, nu, slopes)[number] * amount[k] / amount[i]
    n = len(u)
    matrix = jnp.zeros((n, n, *u.shape[1:]), u.dtype).at[i, k].add(entries)
    return growth, matrix.at[np.arange(n), np.arange(n)].add(-growth)
