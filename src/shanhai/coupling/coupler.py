"""The coupler: components in written order, over one coupling window, with mail and ledger between them.

Whatever goes from one component to another is handed to the mail by the one and taken from it by the other, and both
are entered in the ledger as they happen. All of it is one pytree, `Coupled`, and one window is one pure function of it.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from shanhai.core.clock import Instant
from shanhai.core.component import Port, Values
from shanhai.core.errors import InputError
from shanhai.coupling.accounts import GIVEN, TAKEN, Account
from shanhai.coupling.checks import check
from shanhai.coupling.links import Link, Member, halves
from shanhai.coupling.mail import Box, Frozen
from shanhai.numerics.sums import settled

Accounts = dict[str, Account]
"""Accounts of one party by conserved quantity."""


class Ledger(eqx.Module):
    """What was there when the ledger was opened, and all that has crossed since.

    Args:
        parties: accounts of each component.
        in_transit: what was in the mail then, by conserved quantity.
    """

    parties: dict[str, Accounts]
    in_transit: dict[str, Array]


class Coupled(eqx.Module):
    """Everything that a coupled run is at one moment; saved whole, it goes on bit by bit.

    Args:
        components: state of each component.
        mail: boxes by the name of their link, and the fractions by which amounts are shared.
        ledger: since it was opened.
        window: how many coupling windows are over.
        time: moment at which the next one begins.
    """

    components: dict[str, Any]
    mail: dict[str, Box]
    ledger: Ledger
    window: Array
    time: Instant


class Coupler(eqx.Module):
    """Components and the links between them.

    Args:
        members: the components.
        links: who gives what to whom.
        window: length of the coupling window [s].
        order: turns of one window: names of components, and "name.eliminate" where a surface is implicit; by default
            the order of the members.
        dtype: of what components get from the mail.

    Raises:
        InputError: for ports that nobody links, duplicates, other units, water without enthalpy, shares that do not sum
            to one, and steps that do not fit the window.
    """

    members: tuple[Member, ...]
    links: tuple[Link, ...]
    window: int = eqx.field(static=True)
    order: tuple[str, ...] = eqx.field(static=True)
    dtype: str = eqx.field(static=True)

    def __init__(
        self,
        members: tuple[Member, ...],
        links: tuple[Link, ...],
        window: int,
        order: tuple[str, ...] = (),
        dtype: Any = float,
    ) -> None:
        self.members, self.links, self.window = tuple(members), tuple(links), window
        self.order = tuple(order) or tuple(m.name for m in members)
        self.dtype = jnp.dtype(dtype).name
        check(self.members, self.links, self.window, self.order)

    def step(self, coupled: Coupled) -> Coupled:
        """One coupling window."""
        for turn in self.order:
            coupled = self.turn(coupled, turn)
        mail = {name: box.turned() if isinstance(box, Frozen) else box for name, box in coupled.mail.items()}
        later = coupled.time.later(self.window)
        return Coupled(coupled.components, mail, coupled.ledger, coupled.window + 1, later)

    def turn(self, coupled: Coupled, name: str) -> Coupled:
        """What one component does in a window: one step, several, or none if its step is longer."""
        who, phase = halves(name)
        member = self.member(who)
        if phase:
            return self._eliminated(member, coupled)
        every, steps = max(member.dt // self.window, 1), max(self.window // member.dt, 1)
        if every > 1:  # at the end of its step, when all mail of the interval has come
            start = coupled.time.later(self.window - member.dt)
            due = (coupled.window + 1) % every == 0
            return jax.lax.cond(due, lambda c: self._stepped(member, c, start, 1), lambda c: c, coupled)
        if steps == 1:
            return self._stepped(member, coupled, coupled.time, 1)

        def one(c: Coupled, number: Array) -> tuple[Coupled, None]:
            return self._stepped(member, c, c.time.later(number * member.dt), steps - number), None

        return jax.lax.scan(one, coupled, jnp.arange(steps))[0]

    def member(self, name: str) -> Member:
        """The member of a name."""
        return next(m for m in self.members if m.name == name)

    def given(self, dotted: str) -> Port:
        """The port "component.port" of what a component gives."""
        component, port = halves(dotted)
        return next(p for p in self.member(component).component.gives if p.name == port)

    def _stepped(self, member: Member, coupled: Coupled, t: Instant, parts: Any) -> Coupled:
        takes, gives = member.component.takes, member.component.gives
        inbox, mail = self._delivered(member, takes, coupled.mail, parts)
        state, outbox = member.component.step(coupled.components[member.name], inbox, t, member.dt)
        outbox = {name: settled(x) for name, x in outbox.items()}  # the same bits for mail and ledger
        expected = [p for p in gives if not (member.eliminates and p.kind == "response")]
        mail = self._posted(member, expected, outbox, mail)
        ledger = _entered(coupled.ledger.parties[member.name], takes, inbox, gives, outbox)
        return _with(coupled, member.name, state, mail, ledger)

    def _eliminated(self, member: Member, coupled: Coupled) -> Coupled:
        takes = tuple(p for p in member.component.takes if not p.counted)
        inbox, mail = self._delivered(member, takes, coupled.mail, 1)
        before = coupled.components[member.name]
        state, outbox = member.component.eliminate(before, inbox, coupled.time, member.dt)  # type: ignore[attr-defined]
        mail = self._posted(member, [p for p in member.component.gives if p.kind == "response"], outbox, mail)
        return _with(coupled, member.name, state, mail, coupled.ledger.parties[member.name])

    def _delivered(
        self, member: Member, takes: tuple[Port, ...], mail: dict[str, Box], parts: Any
    ) -> tuple[dict[str, Array], dict[str, Box]]:
        inbox: dict[str, Array] = {}
        mail = dict(mail)
        for port in takes:
            for link in [x for x in self.links if x.target == f"{member.name}.{port.name}"]:
                x, mail[link.name] = mail[link.name].delivered(parts)
                inbox[port.name] = inbox[port.name] + x if port.name in inbox else x
        return inbox, mail

    def _posted(self, member: Member, gives: list[Port], outbox: Values, mail: dict[str, Box]) -> dict[str, Box]:
        _check_outbox(member, gives, outbox)
        mail = dict(mail)
        fractions = {name: box.now for name, box in mail.items() if isinstance(box, Frozen)}
        for port in gives:
            name, x = f"{member.name}.{port.name}", outbox[port.name]
            for link in [x for x in self.links if x.source == name]:
                mail[link.name] = mail[link.name].posted(link.passed(port, x, fractions))
            if name in mail:
                mail[name] = mail[name].posted(x)
        return mail


def _with(coupled: Coupled, name: str, state: Any, mail: dict[str, Box], accounts: Accounts) -> Coupled:
    """The same moment after one component has moved."""
    ledger = Ledger(coupled.ledger.parties | {name: accounts}, coupled.ledger.in_transit)
    return Coupled(coupled.components | {name: state}, mail, ledger, coupled.window, coupled.time)


def _entered(
    accounts: Accounts, takes: tuple[Port, ...], inbox: Values, gives: tuple[Port, ...], outbox: Values
) -> Accounts:
    """Accounts of a component after a step."""
    flows = [(TAKEN, port, inbox[port.name]) for port in takes if port.counted]
    flows += [(port.account or GIVEN, port, outbox[port.name]) for port in gives if port.counted]
    accounts = dict(accounts)
    for flow, port, amount in flows:
        for quantity, content in port.content.items():
            accounts[quantity] = accounts[quantity].entered(flow, content * jnp.asarray(amount, float))
    return accounts


def _check_outbox(member: Member, gives: list[Port], outbox: Values) -> None:
    """While it is traced: the outbox is what the component says it gives."""
    where = f"component {member.name}"
    names = {p.name for p in gives}
    if set(outbox) != names:
        odd = ", ".join(sorted(set(outbox) ^ names))
        raise InputError(f"what it gives differs from its ports by {odd}", where=where, do="make them the same")
    for port in gives:
        if jnp.shape(outbox[port.name]) != port.shape:
            what = f"{port.name!r} has the shape {jnp.shape(outbox[port.name])}, its port {port.shape}"
            raise InputError(what, where=where, do="make them the same")
