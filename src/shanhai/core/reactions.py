r"""Matter moves by reactions: species, rate laws with their stoichiometry, and networks that close every element.

A process never writes the tendency of a stock. It adds reactions to a network; steppers integrate *extents*, how far
each reaction has gone, so that

$$x(t + \Delta t) = x(t) + \nu\,\xi, \qquad \frac{d\xi}{dt} = r(x)$$

and every conserved quantity closes at any time step, because every column of ν balances.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from shanhai.core.alike import Job, compute
from shanhai.core.errors import InputError, nearest
from shanhai.core.first_order import FirstOrder
from shanhai.core.stoichiometry import Stoichiometry

BALANCE = 1e-12
"""Largest imbalance of a reaction, relative to what it moves."""

Law = Callable[[Mapping[str, Array], Any], Array]
"""(amounts by species, environment) -> rate of the extent; any pytree serves as environment."""

Coefficient = float | Law
"""How much of a species one unit of extent makes (takes, if negative): a number, or frozen at the start of a step."""


@dataclass(frozen=True)
class Species:
    """A kind of matter whose amount a network follows.

    Args:
        name: unique in the network, such as "litter_c".
        content: conserved quantity -> amount in one unit of the species: elements, alkalinity, electrons, isotopes.
        external: a boundary account such as the air outside or burial; it may fall below zero and never limits.
        unit: of the amount.
        meaning: one phrase.
    """

    name: str
    content: Mapping[str, float] = field(default_factory=dict)
    external: bool = False
    unit: str = "mol"
    meaning: str = ""

    def __hash__(self) -> int:
        return hash((self.name, self.external))


class Reaction(eqx.Module):
    """A rate law and what one unit of its extent takes and makes.

    Args:
        name: unique in the network.
        law: rate of the extent, not negative where reactants are there; an `eqx.Module` with parameters, or a function.
        stoichiometry: species -> coefficient, negative for what is taken; a dict, or a `routing.Routing`.
        meaning: one phrase, with the source of the law.
    """

    name: str = eqx.field(static=True)
    law: Law
    stoichiometry: Mapping[str, Coefficient]
    meaning: str = eqx.field(static=True, default="")

    @property
    def moves(self) -> list[tuple[str, Coefficient]]:
        """Species taken or made with their coefficients, by name: a dict that has been through `jit` is sorted."""
        return sorted((item for item in self.stoichiometry.items() if _is_moved(item[1])), key=lambda item: item[0])


class Network(eqx.Module):
    """Reactions over species, checked when built.

    Args:
        species: in the order of the rows of the state.
        reactions: in the order of the extents.
        names: of the species.
        reads: rows of the species that each law reads.
        runs: reactions in a row that are, or are not, of first order with a constant that no amount changes; the
            former are computed at once, so that a network of many compiles as fast as one of few.
        sample: environment that the laws are tried with when built, to see what they read and that they balance.

    Raises:
        InputError: for a name given twice, a species that nobody declares, or a reaction that does not balance,
            naming reaction and quantity.

    >>> decay = Reaction("decay", lambda x, k: k * x["litter"], {"litter": -1.0, "co2": 1.0})
    >>> carbon = {"C": 1.0}
    >>> network = Network((Species("litter", carbon), Species("co2", carbon, external=True)), (decay,), sample=0.1)
    >>> network.tendency(jnp.array([5.0, 0.0]), 0.1).tolist()
    [-0.5, 0.5]
    """

    species: tuple[Species, ...] = eqx.field(static=True)
    reactions: tuple[Reaction, ...]
    names: tuple[str, ...] = eqx.field(static=True)
    reads: tuple[tuple[int, ...], ...] = eqx.field(static=True)
    runs: tuple[tuple[bool, tuple[int, ...]], ...] = eqx.field(static=True)

    def __init__(self, species: tuple[Species, ...], reactions: tuple[Reaction, ...], sample: Any = None) -> None:
        self.species, self.reactions = tuple(species), tuple(reactions)
        self.names = tuple(s.name for s in self.species)
        _check_names(self.names, self.reactions)
        constants = {j: r.law.coefficient for j, r in enumerate(self.reactions) if isinstance(r.law, FirstOrder)}
        read = species_read([*(r.law for r in self.reactions), *constants.values()], self.species, sample)
        self.reads = tuple(read[: len(self.reactions)])
        changed = dict(zip(constants, read[len(self.reactions) :]))
        linear = [j in changed and not changed[j] for j in range(len(self.reactions))]
        numbers = groupby(range(len(linear)), linear.__getitem__)
        self.runs = tuple((of_first_order, tuple(run)) for of_first_order, run in numbers)
        _check_balance(self, sample)

    @property
    def pools(self) -> tuple[int, ...]:
        """Rows of the species that are not external, which must not fall below zero."""
        return tuple(i for i, s in enumerate(self.species) if not s.external)

    @property
    def quantities(self) -> tuple[str, ...]:
        """Everything conserved, in the order of first mention."""
        return tuple(dict.fromkeys(q for s in self.species for q in s.content))

    @property
    def contents(self) -> NDArray[np.float64]:
        """Amount of each conserved quantity in one unit of each species, (quantity, species)."""
        return np.array([[s.content.get(q, 0.0) for s in self.species] for q in self.quantities]).reshape(
            len(self.quantities), len(self.species)
        )

    def index(self, name: str) -> int:
        """Row of a species.

        Raises:
            InputError: for a name that is not in the network.
        """
        place = places(self.names).get(name)
        if place is None:
            raise InputError(f"there is no species {name!r}; {nearest(name, self.names)}", where="network")
        return place

    def rates(self, x: Array, environment: Any = None) -> Array:
        """Rates of all extents.

        Args:
            x: amounts, (species, ...).
            environment: what the laws take beside amounts.

        Returns:
            rates, (reaction, ...).
        """
        others = iter(compute([self.rate_alone(j, x, environment) for j in self.others]))
        parts = [
            self.rate_constants(run, x, environment) * x[self.sources(run)]
            if linear
            else jnp.stack([next(others) for _ in run])
            for linear, run in self.runs
        ]
        return jnp.concatenate(parts) if parts else jnp.zeros((0, *x.shape[1:]), x.dtype)

    @property
    def others(self) -> tuple[int, ...]:
        """Reactions that are not of first order, or whose constant some amount changes."""
        return tuple(j for linear, run in self.runs if not linear for j in run)

    def rate_alone(self, j: int, x: Array, environment: Any) -> Job:
        """Rate of one reaction as a function of its law and of the amounts that it reads, (species, ...)."""
        names, reads, shape = self.names, self.reads[j], x.shape[1:]

        def rate(law: Law, amounts: Array) -> Array:
            there = View(names, dict(zip(reads, amounts)))  # type: ignore[arg-type]
            return jnp.broadcast_to(jnp.asarray(law(there, environment), x.dtype), shape)

        amounts = jnp.stack([x[k] for k in reads]) if reads else jnp.zeros((0, *shape), x.dtype)
        return Job(rate, self.reactions[j].law, amounts)

    def rate_constants(self, run: tuple[int, ...], x: Array, environment: Any) -> Array:
        """Rate constants of reactions of first order, of those in one of the `runs`, (reaction, ...)."""
        view = self.view(x)
        each = [jnp.asarray(self.reactions[j].law.coefficient(view, environment), x.dtype) for j in run]  # type: ignore[attr-defined]
        shape = jnp.broadcast_shapes(*(k.shape for k in each), (1,) * (x.ndim - 1))
        return jnp.stack([jnp.broadcast_to(k, shape) for k in each])

    def sources(self, run: tuple[int, ...]) -> NDArray[np.intp]:
        """Rows of the species that reactions of first order take their rate from."""
        return np.array([places(self.names)[self.reactions[j].law.of] for j in run])  # type: ignore[attr-defined]

    def stoichiometry(self, x: Array, environment: Any = None) -> Array:
        """Coefficients with those that depend on the state frozen there, as a matrix.

        Args:
            x: amounts, (species, ...).
            environment: see `rates`.

        Returns:
            ν, (species, reaction, ...); without trailing axes where every coefficient is a number.
        """
        return self.coefficients(x, environment).dense(x.dtype)

    def coefficients(self, x: Array, environment: Any = None) -> Stoichiometry:
        """The non-zeros of `stoichiometry`, which is what to compute with."""
        view, place, cells = self.view(x), places(self.names), x.shape[1:]
        entries: list[tuple[int, int]] = []
        values: list[float | Array] = []
        for j, reaction in enumerate(self.reactions):
            there = frozen(reaction, view, environment)
            for name, c in reaction.moves:
                entries.append((place[name], j))
                values.append(jnp.broadcast_to(there[name], cells).astype(x.dtype) if callable(c) else float(c))
        computed = tuple(c for c in values if isinstance(c, Array))
        numbers = tuple(None if isinstance(c, Array) else c for c in values)
        return Stoichiometry(self._shape, tuple(entries), numbers, computed)

    @property
    def frozen_coefficients(self) -> int:
        """How many coefficients depend on the state at the start of a step."""
        return sum(callable(c) for r in self.reactions for _, c in r.moves)

    @property
    def _shape(self) -> tuple[int, int]:
        return len(self.species), len(self.reactions)

    def tendency(self, x: Array, environment: Any = None) -> Array:
        """Rate of change of the amounts, (species, ...)."""
        return self.coefficients(x, environment).moved(self.rates(x, environment))

    def view(self, x: Array) -> "View":
        """Amounts by name."""
        return View(self.names, x)

    def joined(self, other: "Network", sample: Any = None) -> "Network":
        """One network of two fragments; species that both declare alike are shared.

        Raises:
            InputError: if they declare a species differently.
        """
        for s in other.species:
            if s.name in self.names and s != self.species[self.index(s.name)]:
                raise InputError(f"two fragments declare the species {s.name!r} differently", where="network")
        extra = tuple(s for s in other.species if s.name not in self.names)
        return Network(self.species + extra, self.reactions + other.reactions, sample)


class View(Mapping[str, Array]):
    """Amounts by species name."""

    def __init__(self, names: tuple[str, ...], x: Array) -> None:
        self.names, self.x = names, x

    def __getitem__(self, name: str) -> Array:
        place = places(self.names).get(name)
        if place is None:
            raise InputError(f"a law reads {name!r}, which is no species; {nearest(name, self.names)}", where="network")
        return self.x[place]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


class _Recorder(View):
    """A view that remembers what was read."""

    def __init__(self, names: tuple[str, ...], x: Array) -> None:
        super().__init__(names, x)
        self.read: set[int] = set()

    def __getitem__(self, name: str) -> Array:
        value = super().__getitem__(name)
        self.read.add(places(self.names)[name])
        return value


@cache
def places(names: tuple[str, ...]) -> dict[str, int]:
    """Rows by name; to look many up, quicker than `Network.index`, as a method of a large module is slow to reach."""
    return {name: k for k, name in enumerate(names)}


def proportion(part: Array, whole: Array) -> Array:
    """Part over whole, zero where the whole is nothing; values and derivatives are right for the tiniest amounts.

    The usual derivative squares the whole, which is zero where a pool has drained to 1e-160; and a compiler that is let
    turns the quotient of quotients into one of products, which are zero there too.

    >>> tiny = jnp.array([1e-200, 0.0])
    >>> jax.grad(lambda whole: jnp.sum(tiny * proportion(tiny, whole)))(tiny).tolist()
    [-1.0, 0.0]
    """
    there = whole != 0
    size = jax.lax.stop_gradient(jnp.where(there, whole, 1.0))
    part, whole = jax.lax.optimization_barrier((part / size, jnp.where(there, whole, 1.0) / size))
    return jnp.where(there, part / whole, 0.0)


def _is_moved(coefficient: Coefficient) -> bool:
    return callable(coefficient) or coefficient != 0.0


def frozen(reaction: Reaction, view: View, environment: Any) -> dict[str, Any]:
    """Coefficients that depend on the state, by species; at once where the stoichiometry knows how."""
    at_once = getattr(reaction.stoichiometry, "coefficients", None)
    if at_once is not None:
        return at_once(view, environment)
    return {name: c(view, environment) for name, c in reaction.stoichiometry.items() if callable(c)}


def _check_names(known: tuple[str, ...], reactions: tuple[Reaction, ...]) -> None:
    for kind, names in (("species", known), ("reaction", tuple(r.name for r in reactions))):
        for name, count in Counter(names).items():
            if count > 1:
                raise InputError(f"the {kind} {name!r} is declared twice", where="network", do="join or rename them")
    for reaction in reactions:
        for name in reaction.stoichiometry:
            if name not in known:
                raise InputError(
                    f"it moves {name!r}, which no species declares; {nearest(name, known)}",
                    where=f"reaction {reaction.name}",
                )


def species_read(laws: list[Law], species: tuple[Species, ...], sample: Any) -> list[tuple[int, ...]]:
    """Rows that each law, or coefficient, reads: tried abstractly, nothing is computed, and all in one trial."""
    names, x = tuple(s.name for s in species), jnp.ones(len(species))
    recorders = [_Recorder(names, x) for _ in laws]
    jax.eval_shape(lambda env: [law(there, env) for law, there in zip(laws, recorders)], sample)
    return [tuple(sorted(there.read)) for there in recorders]


def _check_balance(network: Network, sample: Any) -> None:
    """Every column of ν conserves every quantity, at a state of no particular numbers.

    A network may be built inside a compiled function; where its coefficients are traced there, they have no numbers to
    be checked, and the same network built outside tells.
    """
    if not network.reactions:
        return
    with jax.ensure_compile_time_eval():
        x: Any = np.random.default_rng(0).uniform(0.5, 1.5, len(network.species))
        given = [frozen(reaction, network.view(x), sample) for reaction in network.reactions]
        if any(isinstance(c, jax.core.Tracer) for there in given for c in there.values()):
            return
        cells = np.broadcast_shapes(*(np.shape(c) for there in given for c in there.values()))
        x = np.broadcast_to(x.reshape(-1, *(1,) * len(cells)), (len(x), *cells))
        nu = network.coefficients(x, sample)
        numbers = np.asarray(nu.dense() if nu.frozen else nu.fixed).reshape(*network._shape, -1)
    for j, reaction in enumerate(network.reactions):
        for quantity, row in zip(network.quantities, network.contents):
            parts = row[:, None] * numbers[:, j]
            wrong = np.abs(parts.sum(0)) > BALANCE * np.abs(parts).sum(0)
            if wrong.any():
                part = parts[:, np.argmax(wrong)]
                taken, made = -part[part < 0].sum(), part[part > 0].sum()
                raise InputError(
                    f"{quantity} does not balance: it takes {taken:g} and makes {made:g}",
                    where=f"reaction {reaction.name}",
                    do="let the last product be the remainder, or add the species that it comes from or goes to",
                )
