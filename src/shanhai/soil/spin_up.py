r"""Spin-up of a soil profile: Newton on the map of one cycle, with what the cycle itself tells of its derivative.

A cycle, say a year, takes the pools x of a profile to Φ(x). With J the Jacobian of reactions and transport and
$M = -\int J\,dt$ over the cycle,

$$\Phi' \approx E = (I + M/n)^{-n}, \qquad x \leftarrow \Phi(x) + E\,(I - E)^{-1}(\Phi(x) - x)$$

which is Newton's method where reactions are linear, fast and slow pools at once, and close to it where the Jacobian
changes little over the cycle. Where it does not help a cycle is run as it is, and where it does not end Anderson's
mixing takes over. Once amounts repeat, an isotope is linear in its own amounts: its M comes from the transfers of the
cycle and decay.

Sources: Xia et al. (2012), Geosci. Model Dev. 5, 1259, for solving slow pools from the flows of a cycle; Khatiwala
(2008), Ocean Model. 23, 121, for Newton's method on a yearly map.
"""

from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.reactions import Network, proportion
from shanhai.numerics.gathered import contract
from shanhai.numerics.integrate import Stepper
from shanhai.numerics.jacobian import coefficients, linearised, pattern
from shanhai.numerics.periodic import periodic_anderson
from shanhai.soil.isotopes import Isotope
from shanhai.soil.profile import Profile, Ride, State, advanced, course, started
from shanhai.soil.transport import Medium, transport_rate

HALVINGS = 10
"""Squarings of the rational power: n = 1024."""

LEAST = 0.01
"""Part of a pool that a Newton step leaves at least."""

SMALL = 1e-10
"""Pool over the largest of its column below which its change does not count."""

Method = Literal["newton", "anderson", "none"]


class SpunUp(NamedTuple):
    """A profile that repeats.

    Args:
        state: at the start of a cycle; `decayed` is zero.
        residual: largest relative change of a pool over a cycle, and of the isotope.
        cycles: run for the amounts, and for the isotope; each with one Jacobian for every step.
        plain: cycles that were run without a Newton step.
        method: what ended it.
    """

    state: State
    residual: tuple[float, float]
    cycles: tuple[int, int]
    plain: int
    method: Method

    def says(self) -> str:
        """One sentence on what was done."""
        done = f"amounts repeat to {self.residual[0]:.1e} after {self.cycles[0]} cycles ({self.method})"
        return f"{done}, the isotope to {self.residual[1]:.1e} after {self.cycles[1]} more."


def spin_up(
    profile: Profile,
    advance: Stepper,
    x: Array,
    environments: Any,
    media: Medium,
    dt: ArrayLike,
    ride: Ride | None = None,
    tolerance: float = 1e-8,
    most: int = 60,
) -> SpunUp:
    """Amounts, and isotope, that a cycle of conditions brings back.

    Args:
        profile: levels.
        advance: stepper of the reactions.
        x: amounts to start from, (species, level, ...).
        environments: one cycle, time on the first axis of every leaf.
        media: likewise, or numbers.
        dt: length of a step in the time unit of the network.
        ride: isotope, with ratios that are the same in every step.
        tolerance: largest relative change over a cycle.
        most: bound of the cycles before mixing takes over.

    Returns:
        `SpunUp`.
    """
    whole = profile, advance, environments, media, jnp.asarray(dt, float)
    x, residual, cycles, plain = _amounts(whole, x, tolerance, most)
    method: Method = "newton"
    if not residual <= tolerance:
        x, residual, more = _mixed(whole, x, tolerance)
        cycles, method = cycles + more, "anderson" if residual <= tolerance else "none"
    if ride is None:
        return SpunUp(started(x), (residual, 0.0), (cycles, 0), plain, method)
    tracer, left, more = _isotope(whole, x, ride, tolerance)
    return SpunUp(started(x, tracer), (residual, left), (cycles, more), plain, method)


@eqx.filter_jit
def linear_rest(
    profile: Profile, environment: Any, medium: Medium, x: Array, ride: Ride | None = None
) -> tuple[Array, Array]:
    """Amounts, and isotope, at rest under constant conditions where every law is of first order or constant.

    One linear solve each, with derivatives by every number.

    Args:
        profile: levels; its network has constant coefficients.
        environment: of the laws.
        medium: of the transport.
        x: gives the shape and the accounts, (species, level, ...).
        ride: isotope with the ratio of what comes from accounts, see `isotopes.boundary_of`.

    Returns:
        amounts and isotope, (species, level, ...); zero where nothing enters.
    """
    network, rows = profile.network, np.array(profile.network.pools)
    empty = jnp.zeros_like(x)
    rate = network.tendency(empty, environment)
    moved = transport_rate(network.species, profile.kinds, empty, profile.thickness, medium)
    matrix = _reacting(network, empty, environment) + _moving(profile, empty, medium)
    amounts = x.at[rows].set(_solved(matrix, -(rate + moved)[rows]))
    if ride is None:
        return amounts, empty
    ratio = jnp.broadcast_to(jnp.asarray(ride.boundary)[0], x.shape)
    taken = jnp.maximum(-rate, 0.0)
    from_accounts = jnp.sum(jnp.where(_external(network, x.ndim), taken * ratio, 0.0), axis=0)
    mean = proportion(from_accounts, jnp.sum(jnp.where(_external(network, x.ndim), taken, 0.0), axis=0))
    decay = ride.isotope.decay * jnp.eye(matrix.shape[0]).reshape(*matrix.shape[:2], *(1,) * (matrix.ndim - 2))
    entered = (rate * mean)[rows] + (moved * ride.outside)[rows]
    return amounts, empty.at[rows].set(_solved(matrix - decay, -entered))


def _external(network: Network, axes: int) -> Array:
    return jnp.array([s.external for s in network.species]).reshape(-1, *(1,) * (axes - 1))


def _solved(matrix: Array, right: Array) -> Array:
    """Solve with (row, column, cells...), leaving at zero what nothing moves."""
    m = jnp.moveaxis(matrix, (0, 1), (-2, -1))
    b = jnp.moveaxis(right.reshape(-1, *right.shape[2:]), 0, -1)[..., None]
    still = jnp.all(m == 0.0, axis=-1, keepdims=True)
    found = jnp.linalg.solve(jnp.where(still, jnp.eye(m.shape[-1]), m), jnp.where(still, 0.0, b))
    return jnp.moveaxis(found[..., 0], -1, 0).reshape(right.shape)


_Whole = tuple[Profile, Stepper, Any, Medium, Array]


def _amounts(whole: _Whole, x: Array, tolerance: float, most: int) -> tuple[Array, float, int, int]:
    """Newton steps, and plain cycles where they did not make the change smaller."""
    network, best, plain, newton, forward = whole[0].network, np.inf, 0, False, x
    residual = np.inf
    for count in range(1, most + 1):
        end, matrix = _cycle(*whole, x)
        residual = _relative(network, x, end)
        if residual <= tolerance:
            return _reset(network, end, x), residual, count, plain
        worse = not np.isfinite(residual) or (newton and residual > 2.0 * best)
        if worse:
            x, newton, plain, best = forward, False, plain + 1, np.inf
            continue
        best, forward = min(best, residual), _reset(network, end, x)
        x, newton = _reset(network, _corrected(network, matrix, x, end), x), True
    return forward, residual, most, plain


def _reset(network: Network, new: Array, old: Array) -> Array:
    """New pools with old accounts."""
    rows = np.array(network.pools)
    return old.at[rows].set(new[rows])


def _relative(network: Network, x: Array, end: Array) -> float:
    rows = np.array(network.pools)
    size = jnp.abs(end[rows]) + SMALL * jnp.max(jnp.abs(end[rows]), axis=(0, 1))
    return float(jnp.max(jnp.abs(end[rows] - x[rows]) / jnp.where(size > 0.0, size, 1.0)))


@eqx.filter_jit
def _cycle(
    profile: Profile, advance: Stepper, environments: Any, media: Medium, dt: Array, x: Array
) -> tuple[Array, Array]:
    """One cycle with the integral of its Jacobian with the sign turned, (pool x level, pool x level, cells...)."""
    steps = len(jax.tree.leaves(environments)[0])
    media = Medium(*(jnp.broadcast_to(jnp.asarray(v, float), (steps,)) if np.ndim(v) == 0 else v for v in media))

    def once(carry: tuple[State, Array], at: Any) -> tuple[tuple[State, Array], None]:
        state, total = carry
        environment, medium = at
        matrix = _reacting(profile.network, state.x, environment) + _moving(profile, state.x, medium)
        return (advanced(profile, advance, state, environment, medium, dt), total - dt * matrix), None

    n = len(profile.network.pools) * x.shape[1]
    begin = started(x), jnp.zeros((n, n, *x.shape[2:]))
    (end, matrix), _ = jax.lax.scan(once, begin, (environments, media))
    return end.x, matrix


def _reacting(network: Network, x: Array, environment: Any) -> Array:
    """Jacobian of the reactions, every level by itself."""
    pools = network.pools
    there, nu = pattern(network, pools), coefficients(network, x, environment)
    _, slopes = linearised(network, x, environment, pools)
    place = {row: n for n, row in enumerate(pools)}
    inside = [(n, place[i], place[k]) for n, (i, k) in enumerate(there.jacobian) if i in place and k in place]
    number, i, k = np.array(inside, dtype=np.intp).reshape(-1, 3).T
    entries = contract(there.product, nu, slopes)[number]
    return _by_level(jnp.zeros((len(pools), len(pools), *x.shape[1:])).at[i, k].add(entries))


def _by_level(blocks: Array) -> Array:
    """Matrix over pools and levels of blocks (pool, pool, level, ...) of single levels."""
    n, levels = blocks.shape[0], blocks.shape[2]
    unit = jnp.eye(levels).reshape(1, levels, 1, levels, *(1,) * (blocks.ndim - 3))
    spread = jnp.moveaxis(blocks, 2, 1)[:, :, :, None] * unit
    return spread.reshape(n * levels, n * levels, *blocks.shape[3:])


def _moving(profile: Profile, x: Array, medium: Medium) -> Array:
    """Matrix of the transport, every species by itself, per time unit of the network."""
    rows, levels = np.array(profile.network.pools), x.shape[1]
    species = profile.network.species

    def along(k: Array) -> Array:
        unit = jnp.zeros_like(x).at[:, k].set(1.0)
        return transport_rate(species, profile.kinds, unit, profile.thickness, medium, outside=0.0)[rows]

    columns = jnp.moveaxis(jax.vmap(along)(jnp.arange(levels)), 0, 2)  # (pool, level, from level, ...)
    n = len(rows)
    unit = jnp.eye(n).reshape(n, 1, n, 1, *(1,) * (x.ndim - 2))
    matrix = (columns[:, :, None] * unit).reshape(n * levels, n * levels, *x.shape[2:])
    return matrix * profile.second


def _corrected(network: Network, matrix: Array, x: Array, end: Array) -> Array:
    """Pools after a Newton step."""
    rows = np.array(network.pools)
    new = end[rows] + _newton(matrix, end[rows] - x[rows])
    return end.at[rows].set(jnp.where(jnp.isfinite(new), jnp.maximum(new, LEAST * end[rows]), end[rows]))


@jax.jit
def _newton(matrix: Array, change: Array) -> Array:
    r"""$E (I - E)^{-1}$ times the change of a cycle, (pool, level, ...)."""
    m = jnp.moveaxis(matrix, (0, 1), (-2, -1))
    unit = jnp.eye(m.shape[-1])
    power = jnp.linalg.inv(unit + m / 2**HALVINGS)
    for _ in range(HALVINGS):
        power = power @ power
    right = jnp.moveaxis(change.reshape(-1, *change.shape[2:]), 0, -1)[..., None]
    still = jnp.all(jnp.abs(m) == 0.0, axis=-1, keepdims=True)  # of an empty pool that nothing enters
    solved = jnp.linalg.solve(jnp.where(still, unit, unit - power), jnp.where(still, 0.0, right))
    return jnp.moveaxis((power @ solved)[..., 0], -1, 0).reshape(change.shape)


def _mixed(whole: _Whole, x: Array, tolerance: float) -> tuple[Array, float, int]:
    """Anderson's mixing of the cycles."""
    rows = np.array(whole[0].network.pools)
    flat = x[rows].reshape(-1, *x.shape[2:])

    def cycle(pools: Array) -> Array:
        start = x.at[rows].set(pools.reshape(x[rows].shape))
        profile, advance, environments, media, dt = whole
        return (
            course(profile, advance, started(start), environments, media, dt, every=_steps(environments))
            .x[-1, rows]
            .reshape(flat.shape)
        )

    found = jax.jit(lambda p: periodic_anderson(cycle, p, tolerance))(flat)
    return x.at[rows].set(found.x.reshape(x[rows].shape)), float(jnp.max(found.residual)), int(found.cycles)


def _steps(environments: Any) -> int:
    return len(jax.tree.leaves(environments)[0])


def _isotope(whole: _Whole, x: Array, ride: Ride, tolerance: float, most: int = 20) -> tuple[Array, float, int]:
    """Amounts of an isotope that repeat under amounts that do."""
    network, rows = whole[0].network, np.array(whole[0].network.pools)
    holds = jnp.array([s.content.get(ride.isotope.element, 0.0) for s in network.species])
    tracer = x * holds.reshape(-1, *(1,) * (x.ndim - 1))
    residual, count = np.inf, 0
    while count < most and not residual <= tolerance:
        count += 1
        end, matrix = _ridden_cycle(*whole, x, tracer, ride)
        residual = _relative(network, tracer, end)
        correction = _newton(matrix, end[rows] - tracer[rows])
        tracer = tracer.at[rows].set(end[rows] + jnp.where(jnp.isfinite(correction), correction, 0.0))
    return tracer, residual, count


@eqx.filter_jit
def _ridden_cycle(
    profile: Profile,
    advance: Stepper,
    environments: Any,
    media: Medium,
    dt: Array,
    x: Array,
    tracer: Array,
    ride: Ride,
) -> tuple[Array, Array]:
    """One cycle of an isotope with M of its transfers, transport and decay."""
    steps, network = _steps(environments), profile.network
    media = Medium(*(jnp.broadcast_to(jnp.asarray(v, float), (steps,)) if np.ndim(v) == 0 else v for v in media))

    def once(carry: tuple[State, Array], at: Any) -> tuple[tuple[State, Array], None]:
        state, total = carry
        environment, medium = at
        matrix = _transfers(network, ride.isotope, state.x, environment) + _moving(profile, state.x, medium)
        decay = ride.isotope.decay * jnp.eye(matrix.shape[0]).reshape(*matrix.shape[:2], *(1,) * (matrix.ndim - 2))
        return (advanced(profile, advance, state, environment, medium, dt, ride), total - dt * (matrix - decay)), None

    n = len(network.pools) * x.shape[1]
    begin = started(x, tracer), jnp.zeros((n, n, *x.shape[2:]))
    (end, matrix), _ = jax.lax.scan(once, begin, (environments, media))
    return end.tracer, matrix


def _transfers(network: Network, isotope: Isotope, x: Array, environment: Any) -> Array:
    """Rates at which an isotope moves between pools, products taking the mixture of the reactants."""
    rows = np.array(network.pools)
    nu, rates = network.stoichiometry(x, environment), network.rates(x, environment)
    nu = nu.reshape(*nu.shape, *(1,) * (x.ndim + 1 - nu.ndim))
    weight = jnp.array([s.content.get(isotope.element, 0.0) for s in network.species])
    part = weight.reshape(-1, *(1,) * x.ndim) * nu * rates
    taken, made = jnp.maximum(-part, 0.0), jnp.maximum(part, 0.0)
    share = proportion(taken, jnp.broadcast_to(jnp.sum(taken, axis=0), taken.shape))
    gained = jnp.einsum("sj...,pj...->sp...", made[rows], share[rows])
    held = (weight.reshape(-1, *(1,) * (x.ndim - 1)) * x)[rows]
    lost = jnp.sum(taken[rows], axis=1)
    unit = jnp.eye(len(rows)).reshape(len(rows), len(rows), *(1,) * (x.ndim - 1))
    flows = gained - unit * lost[:, None]
    return _by_level(proportion(flows, jnp.broadcast_to(held[None], flows.shape)))
