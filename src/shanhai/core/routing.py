r"""Reactions from a source with routing fractions and closure slots.

A pool has one species for each element, say litter with C, N and P in any proportion. What leaves it is divided among
destinations by fractions, or makes something of a fixed composition; of each element the *slot* takes what is left, or
gives what is wanting: overflow to CO2, surplus N to mineral N, deficit from there. With w the content of a species,

$$\nu_\text{slot} = -\frac{1}{w_\text{slot}} \sum_{s \ne \text{slot}} w_s \nu_s$$

so that every element balances for any fractions, be they numbers, functions of the state, or wrong.
"""

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from shanhai.core.coefficients import evaluated
from shanhai.core.errors import InputError, nearest
from shanhai.core.reactions import Coefficient, Law, Reaction, Species, proportion

Pool = tuple[Species, ...]
"""One species for each element; the first content of a species is its element."""


class Routing(eqx.Module, Mapping[str, Coefficient]):
    """Stoichiometry of a source with fractions and slots; it reads like a mapping from species to coefficient.

    Args:
        source: species that what is taken carries; one unit of extent takes one unit of the first.
        shares: what each destination gets of the element of the source; each written once, so that a fraction of C,
            N and P is one parameter.
        destinations: pool of each share.
        amounts: coefficients of what is made or taken in a fixed amount.
        makes: species of each amount.
        slots: (quantity, species) in the order in which they are closed.
    """

    source: Pool = eqx.field(static=True)
    shares: tuple[Coefficient, ...]
    destinations: tuple[Pool, ...] = eqx.field(static=True)
    amounts: tuple[Coefficient, ...]
    makes: tuple[Species, ...] = eqx.field(static=True)
    slots: tuple[tuple[str, Species], ...] = eqx.field(static=True)

    @property
    def moves(self) -> tuple[Species, ...]:
        """Every species that is taken or made."""
        routed = [s for pool in self.destinations for s in pool]
        return tuple(dict.fromkeys((*self.source, *routed, *self.makes, *(s for _, s in self.slots))))

    def coefficients(self, x: Mapping[str, Array], environment: Any) -> dict[str, ArrayLike]:
        """All coefficients at a state.

        Args:
            x: amounts by species.
            environment: as of the law.
        """
        carried: dict[Species, Any] = {s: _ratio(s, self.source[0], x) for s in self.source}
        nu: dict[Species, Any] = dict.fromkeys(self.moves, 0.0)
        for s, amount in carried.items():
            nu[s] = -amount
        for pool, share in zip(self.destinations, self.shares):
            part: Any = evaluated(share, x, environment)
            for s in pool:
                origin = _origin(s, self.source)
                nu[s] = nu[s] + part * carried[origin] * (_first(origin) / _first(s))
        for s, made in zip(self.makes, self.amounts):
            nu[s] = nu[s] + evaluated(made, x, environment)
        for quantity, slot in self.slots:
            left = sum(s.content[quantity] * n for s, n in nu.items() if quantity in s.content)
            nu[slot] = nu[slot] - left / slot.content[quantity]
        return {s.name: n for s, n in nu.items()}

    def __getitem__(self, name: str) -> Coefficient:
        if name not in [s.name for s in self.moves]:
            raise KeyError(name)
        back = [
            s.name for s in (*(s for pool in self.destinations for s in pool), *self.makes, *(s for _, s in self.slots))
        ]
        if name == self.source[0].name and name not in back:
            return -1.0
        return lambda x, environment: jnp.asarray(self.coefficients(x, environment)[name])

    def __iter__(self) -> Iterator[str]:
        return iter([s.name for s in self.moves])

    def __len__(self) -> int:
        return len(self.moves)

    def items(self) -> ItemsView[str, Coefficient]:
        """Species and coefficient."""
        return ItemsView(self)

    def keys(self) -> KeysView[str]:
        """Names of the species."""
        return KeysView(self)

    def values(self) -> ValuesView[Coefficient]:
        """Coefficients."""
        return ValuesView(self)


def routed(
    name: str,
    law: Law,
    source: Pool,
    shares: Mapping[Pool, Coefficient],
    slots: Mapping[str, Species],
    *,
    amounts: Mapping[Species, Coefficient] | None = None,
    meaning: str = "",
) -> Reaction:
    r"""Reaction that takes from a source, divides by fractions and closes every element by a slot.

    Args:
        name: of the reaction.
        law: rate of the extent, in the unit of the first species of the source.
        source: its species; the first carries, the others leave in proportion, x / x_first at the start of a step.
        shares: destination pool -> fraction that it gets of the same elements of the source.
        slots: quantity -> species that takes what is left of it, or gives it, closed in this order. A slot that holds
            several quantities comes before the slots of the others.
        amounts: species -> amount made (taken, if negative) by one unit of extent whatever the source holds, such as
            microbial N in proportion to growth.
        meaning: one phrase, with the source of the law.

    Raises:
        InputError: for a destination of which the source has no element, a slot that lacks its quantity, or a
            slot that would upset one closed before.

    >>> from shanhai.core.first_order import FirstOrder
    >>> from shanhai.core.reactions import Network
    >>> litter = (Species("litter_c", {"C": 1.0}), Species("litter_n", {"N": 1.0}))
    >>> microbes = (Species("microbe_c", {"C": 1.0}), Species("microbe_n", {"N": 1.0}))
    >>> co2, ammonium = Species("co2", {"C": 1.0}, external=True), Species("ammonium", {"N": 1.0})
    >>> uptake = routed(
    ...     "uptake", FirstOrder("litter_c", 0.1), litter, {microbes[:1]: 0.5}, {"C": co2, "N": ammonium},
    ...     amounts={microbes[1]: 0.5 / 8.0},
    ... )
    >>> network = Network((*litter, *microbes, co2, ammonium), (uptake,))
    >>> network.stoichiometry(jnp.array([40.0, 1.0, 8.0, 1.0, 0.0, 1.0]))[:, 0].tolist()
    [-1.0, -0.025, 0.5, 0.0625, 0.5, -0.0375]
    """
    amounts = amounts or {}
    routing = Routing(
        tuple(source),
        tuple(shares.values()),
        tuple(shares),
        tuple(amounts.values()),
        tuple(amounts),
        tuple(slots.items()),
    )
    _check(name, routing)
    return Reaction(name, law, routing, meaning)


def _check(name: str, routing: Routing) -> None:
    where = f"reaction {name}"
    for s in (s for pool in routing.destinations for s in pool):
        _origin(s, routing.source, where)
    closed: list[str] = []
    for quantity, slot in routing.slots:
        if quantity not in slot.content:
            raise InputError(f"the slot {slot.name!r} of {quantity} has none of it", where=where)
        upset = [q for q in closed if q in slot.content]
        if upset:
            raise InputError(
                f"the slot {slot.name!r} of {quantity} upsets {upset[0]}, closed before",
                where=where,
                do="name it first",
            )
        closed.append(quantity)


def _origin(s: Species, source: Pool, where: str = "routing") -> Species:
    """Species of the source with the same element."""
    found = {_element(o): o for o in source}
    if _element(s) not in found:
        raise InputError(
            f"{s.name!r} gets a share of {_element(s)}, which the source does not hold; {nearest(_element(s), found)}",
            where=where,
            do="make it in an amount instead",
        )
    return found[_element(s)]


def _element(s: Species) -> str:
    return next(iter(s.content), "")


def _first(s: Species) -> float:
    return next(iter(s.content.values()))


def _ratio(s: Species, carrier: Species, x: Mapping[str, Array]) -> ArrayLike:
    """Amount of a species in the source per amount of the carrier; zero where there is no carrier to speak of."""
    if s == carrier:
        return 1.0
    amount, carries = jnp.asarray(x[s.name]), jnp.asarray(x[carrier.name])
    there = (carries > 0) & (amount * jnp.finfo(carries.dtype).eps ** 2 < carries)
    return proportion(jnp.where(there, amount, 0.0), jnp.where(there, carries, 0.0))
