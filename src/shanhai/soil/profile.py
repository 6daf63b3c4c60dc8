r"""A profile of soil: a network of reactions in every level, and transport between the levels, in split steps.

$$x^{+} = T_{\Delta t/2}\,R_{\Delta t}\,T_{\Delta t/2}\,x \ \text{(Strang)}, \qquad
  x^{+} = R_{\Delta t}\,T_{\Delta t}\,x \ \text{(Lie)}$$

R are the reactions of each level by itself, T the transport of `soil.transport`. Litter falls with a distribution over
depth. An isotope moves as its element does and rides on the extents of the reactions; what decays is a row of the
ledger.

Source of the splitting: Strang (1968), SIAM J. Numer. Anal. 5, 506.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.errors import InputError, nearest
from shanhai.core.ledger import BAR, Row
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.numerics.integrate import Stepper, Tolerance, integrate
from shanhai.numerics.tracers import carry
from shanhai.soil.isotopes import Isotope
from shanhai.soil.transport import Kinds, Medium, Solid, check, transported

Splitting = Literal["strang", "lie"]


class Profile(eqx.Module):
    """Levels with a network in each, and what moves between them.

    Args:
        network: species and reactions of a level; its amounts are per volume of soil.
        kinds: species -> how it moves; those not named stay.
        thickness: of the levels from the top [m], (level,) or (level, cells...).
        splitting: "strang", of second order, or "lie", with one step of transport less.
        stages: of a step of transport, 1 or 2.
        second: seconds in the time unit of the network, such as 86400 where its rates are per day.

    Raises:
        InputError: for kinds that do not fit the network, or another splitting.
    """

    network: Network
    kinds: Kinds
    thickness: Array
    splitting: Splitting = eqx.field(static=True, default="strang")
    stages: int = eqx.field(static=True, default=1)
    second: float = eqx.field(static=True, default=1.0)

    def __check_init__(self) -> None:
        if self.splitting not in ("strang", "lie"):
            raise InputError(f"there is no splitting {self.splitting!r}", where="profile", do='say "strang" or "lie"')
        check(self.network.species, self.kinds)

    @property
    def depth(self) -> Array:
        """Of the middle of each level [m]."""
        return jnp.cumsum(self.thickness, axis=0) - 0.5 * self.thickness


def faces_between(thickness: Array) -> Array:
    """Depth of the faces between levels [m], (level - 1, ...).

    >>> faces_between(jnp.array([0.1, 0.2, 0.3])).round(3).tolist()
    [0.1, 0.3]
    """
    return jnp.cumsum(thickness, axis=0)[:-1]


def solids(network: Network, but: tuple[str, ...] = ()) -> dict[str, Solid]:
    """All pools of a network but those named, as solids.

    >>> from shanhai.soil.peers.century import Century, century_network
    >>> len(solids(century_network(Century()), but=("surface_structural", "surface_metabolic")))
    5
    """
    return {s.name: Solid() for s in network.species if not s.external and s.name not in but}


def exponential_shares(thickness: Array, scale: ArrayLike) -> Array:
    r"""Part of what falls that each level gets, with a density that falls off as $e^{-z/L}$; the whole is one.

    Args:
        thickness: of the levels [m], (level, ...).
        scale: L [m], positive.

    >>> exponential_shares(jnp.array([0.1, 0.1, 10.0]), 0.1).round(4).tolist()
    [0.6321, 0.2325, 0.1353]
    """
    base = jnp.cumsum(thickness, axis=0)
    top = base - thickness
    parts = jnp.exp(-top / scale) * -jnp.expm1(-thickness / scale)
    return parts / -jnp.expm1(-base[-1] / scale)


class Fed(eqx.Module):
    """Conditions of a network with litter beside them; what is not litter is read from the conditions.

    Args:
        conditions: of the laws.
        litter: species -> what falls [mol m-3 per unit of time], (...).
    """

    conditions: Any
    litter: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("conditions", "litter"):
            raise AttributeError(name)
        return getattr(self.conditions, name)


class _Falls(eqx.Module):
    of: str = eqx.field(static=True)

    def __call__(self, x: Any, environment: Fed) -> Array:
        return jnp.asarray(environment.litter[self.of])


def with_litter(network: Network, pools: tuple[str, ...], conditions: Any) -> Network:
    """A network into which litter falls; its environment is `Fed`.

    Every quantity comes from an account "litter_C" and so on.

    Args:
        network: without litter.
        pools: species that litter falls into, each of one quantity.
        conditions: sample of the environment of the laws.

    >>> from shanhai.core.first_order import FirstOrder
    >>> humus, air = Species("humus", {"C": 1.0}), Species("co2", {"C": 1.0}, external=True)
    >>> decay = Reaction("decay", FirstOrder("humus", 0.1), {"humus": -1.0, "co2": 1.0})
    >>> with_litter(Network((humus, air), (decay,)), ("humus",), None).names
    ('humus', 'co2', 'litter_C')
    """
    elements = {name: next(iter(network.species[network.index(name)].content)) for name in pools}
    unit = network.species[network.index(pools[0])].unit
    accounts = tuple(Species(f"litter_{e}", {e: 1.0}, True, unit) for e in dict.fromkeys(elements.values()))
    amount = {name: network.species[network.index(name)].content[e] for name, e in elements.items()}
    falls = tuple(
        Reaction(f"{name} falls", _Falls(name), {f"litter_{e}": -amount[name], name: 1.0}, "litter")
        for name, e in elements.items()
    )
    sample = Fed(conditions, dict.fromkeys(pools, 1.0))
    return Network((*network.species, *accounts), (*network.reactions, *falls), sample)


def without(network: Network, endings: tuple[str, ...], sample: Any = None) -> Network:
    """A network without the reactions whose names end so, such as those that transport takes over.

    Args:
        network: the network.
        endings: such as " escapes", " enters" and " leaches" of a layer that meets air and river by itself.
        sample: environment to check it with.

    Raises:
        InputError: where no reaction ends so.

    >>> from shanhai.soil.layer import Conditions, Layer, network
    >>> jar = network(Layer())
    >>> sealed = without(jar, (" escapes", " leaches"), Conditions())
    >>> any(r.name.endswith((" escapes", " leaches")) for r in sealed.reactions)
    False
    """
    names = [r.name for r in network.reactions]
    for ending in endings:
        if not any(name.endswith(ending) for name in names):
            raise InputError(f"no reaction ends with {ending!r}; {nearest(ending, names)}", where="profile")
    kept = tuple(r for r in network.reactions if not r.name.endswith(endings))
    return Network(network.species, kept, sample)


class Ride(NamedTuple):
    """An isotope that rides on a profile.

    Args:
        isotope: which.
        boundary: ratio of what reactions take from accounts, (1, species, ...) or with time before, see
            `isotopes.boundary_of`.
        outside: ratio of solutes and gases that come in from outside, a number or (time,).
        fractionation: α of the reactions, see `isotopes.fractionation_of`.
    """

    isotope: Isotope
    boundary: ArrayLike = 0.0
    outside: ArrayLike = 1.0
    fractionation: Array | None = None


class State(NamedTuple):
    """A profile after a step, or after every step.

    Args:
        x: amounts per volume of soil, accounts included, (species, level, ...).
        tracer: amounts of the isotope likewise; zero where none rides.
        decayed: amounts of the isotope lost by decay so far, to be booked.
        limited: faces held back and extents limited so far, (...).
    """

    x: Array
    tracer: Array
    decayed: Array
    limited: Array


def started(x: Array, tracer: Array | None = None) -> State:
    """Beginning of a course.

    Args:
        x: amounts, (species, level, ...).
        tracer: amounts of an isotope.
    """
    return State(x, jnp.zeros_like(x) if tracer is None else tracer, jnp.zeros_like(x), jnp.zeros(x.shape[2:], int))


def advanced(
    profile: Profile,
    advance: Stepper,
    state: State,
    environment: Any,
    medium: Medium,
    dt: ArrayLike,
    ride: Ride | None = None,
) -> State:
    """A profile after one step.

    Args:
        profile: levels.
        advance: stepper of the reactions, (network, x, environment, dt) -> `Step`, or what `integrate` returns.
        state: at the beginning.
        environment: of the laws, each leaf a number, (level, ...) or such that it broadcasts with it.
        medium: of the transport.
        dt: step, in the time unit of the network.
        ride: isotope, with the ratios of this step.
    """
    half = 0.5 * dt if profile.splitting == "strang" else dt
    state = _carried(profile, state, medium, half, ride)
    end = advance(profile.network, state.x, environment, dt)
    counts = getattr(end, "counts", None)
    limited = state.limited if counts is None else state.limited + jnp.sum(counts.limited, axis=0)
    tracer, decayed = state.tracer, state.decayed
    if ride is not None:
        tracer, lost = _ridden(profile.network, state, end, environment, dt, ride)
        decayed = decayed + lost
    state = State(end.x, tracer, decayed, limited)
    return _carried(profile, state, medium, half, ride) if profile.splitting == "strang" else state


def course(
    profile: Profile,
    advance: Stepper,
    state: State,
    environments: Any,
    media: Medium,
    dt: ArrayLike,
    ride: Ride | None = None,
    every: int = 1,
) -> State:
    """A profile through conditions that change from step to step.

    Args:
        profile: levels.
        advance: stepper of the reactions, or `Adaptive`.
        state: at the beginning, see `started`.
        environments: time on the first axis of every leaf.
        media: likewise; each field (time, ...) or, if it does not change, a number.
        dt: length of a step, in the time unit of the network.
        ride: isotope; ratios with time on their first axis or the same for all times.
        every: steps between two records.

    Returns:
        states at the ends of the steps, (time, ...).
    """
    steps = len(jax.tree.leaves(environments)[0])
    media = Medium(*(jnp.broadcast_to(jnp.asarray(v, float), (steps,)) if np.ndim(v) == 0 else v for v in media))
    boundary, outside = (0.0, 0.0) if ride is None else (ride.boundary, ride.outside)
    boundary = jnp.asarray(boundary, float)
    fixed = boundary.ndim < state.x.ndim + 2
    given = (
        environments,
        media,
        *(_each(v, steps, f) for v, f in ((boundary, fixed), (outside, np.ndim(outside) == 0))),
    )

    def once(now: State, at: Any) -> tuple[State, None]:
        environment, medium, edge, beyond = at
        here = None if ride is None else ride._replace(boundary=edge, outside=beyond)
        return advanced(profile, advance, now, environment, medium, dt, here), None

    def several(now: State, at: Any) -> tuple[State, State]:
        end = jax.lax.scan(once, now, at)[0]
        return end, end

    blocks = jax.tree.map(lambda v: v.reshape(steps // every, every, *v.shape[1:]), given)
    return jax.lax.scan(several, state, blocks)[1]


def _each(value: ArrayLike, steps: int, fixed: bool) -> Array:
    v = jnp.asarray(value, float)
    return jnp.broadcast_to(v, (steps, *v.shape)) if fixed else v


class Adaptive(eqx.Module):
    """A stepper that takes as many steps within a step of the profile as errors ask for.

    Args:
        step: stepper.
        tolerance: error allowed.
    """

    step: Stepper
    tolerance: Tolerance

    def __call__(self, network: Network, x: Array, environment: Any, dt: Array | float) -> Any:
        """See `numerics.integrate.integrate`."""
        return integrate(self.step, network, x, environment, dt, self.tolerance)


def _carried(profile: Profile, state: State, medium: Medium, dt: ArrayLike, ride: Ride | None) -> State:
    """Transport of amounts and of the isotope."""
    seconds = jnp.asarray(dt) * profile.second
    species, deep = profile.network.species, profile.thickness
    moved = transported(species, profile.kinds, state.x, deep, medium, seconds, stages=profile.stages)
    tracer = state.tracer
    if ride is not None:
        weight = _weights(profile.network, ride.isotope, state.x.ndim)
        kinds = _holders(profile, ride.isotope)
        riders = transported(
            species, kinds, tracer / weight, deep, medium, seconds, stages=profile.stages, outside=ride.outside
        )
        tracer = riders.x * weight
    return State(moved.x, tracer, state.decayed, state.limited + moved.limited)


def _holders(profile: Profile, isotope: Isotope) -> Mapping[str, Any]:
    """Kinds of the species that hold the element."""
    content = {s.name: s.content for s in profile.network.species}
    return {name: kind for name, kind in profile.kinds.items() if isotope.element in content[name]}


def _weights(network: Network, isotope: Isotope, axes: int) -> Array:
    """Amount of the element in a unit of each species, one where there is none, (species, 1...)."""
    each = [s.content.get(isotope.element, 1.0) for s in network.species]
    return jnp.asarray(each).reshape(-1, *(1,) * (axes - 1))


def _ridden(
    network: Network, before: State, end: Any, environment: Any, dt: ArrayLike, ride: Ride
) -> tuple[Array, Array]:
    """Isotope after the reactions, and what of it decayed."""
    nu = end.nu if hasattr(end, "nu") else network.stoichiometry(before.x, environment)
    after = carry(
        network,
        ride.isotope.element,
        before.x,
        nu,
        end.extents,
        before.tracer[None],
        boundary=ride.boundary,
        fractionation=ride.fractionation,
        decay=ride.isotope.decay,
        dt=dt,
    )
    return after.amounts[0], after.decayed[0]


def per_area(profile: Profile, amounts: Array) -> Array:
    """Amounts of all levels together [mol m-2], (..., species, cells...) of (..., species, level, cells...).

    Args:
        profile: levels.
        amounts: [mol m-3].
    """
    deep = profile.thickness
    axis = amounts.ndim - deep.ndim if deep.ndim > 1 else None
    if axis is None:
        return jnp.einsum("...sl,l->...s", amounts, deep)
    return jnp.sum(amounts * deep, axis=axis)


def ledger(profile: Profile, start: State, end: State, ride: Ride | None = None) -> tuple[Row, ...]:
    """What each conserved quantity gained in a profile, from which accounts, and whether it closes [mol m-2].

    Args:
        profile: levels (level,).
        start: at the beginning, of one column.
        end: at the end.
        ride: isotope, for a row of its own with its decay.
    """
    network = profile.network
    before, after = (np.asarray(per_area(profile, s.x)) for s in (start, end))
    rows = [_row(network, q, w, before, after, {}) for q, w in zip(network.quantities, network.contents)]
    if ride is not None:
        before, after = (np.asarray(per_area(profile, s.tracer)) for s in (start, end))
        lost = float(jnp.sum(per_area(profile, end.decayed - start.decayed)))
        holds = np.array([float(ride.isotope.element in s.content) for s in network.species])
        rows.append(_row(network, ride.isotope.name, holds, before, after, {"decay": -lost}))
    return tuple(rows)


def _row(network: Network, quantity: str, weight: Any, before: Any, after: Any, accounts: dict[str, float]) -> Row:
    gained, pools = weight * (after - before), np.zeros(len(weight), bool)
    pools[list(network.pools)] = True
    named = {s.name: -float(g) for s, g, w in zip(network.species, gained, weight) if s.external and w}
    change, given = float(gained[pools].sum()), named | accounts
    residual = change - sum(given.values())
    scale = float(np.abs(weight * after).sum()) + sum(abs(v) for v in accounts.values())
    worst = abs(residual) / (BAR * scale) if scale else 0.0
    return Row("profile", quantity, change, 0.0, 0.0, residual, scale, worst, given)
