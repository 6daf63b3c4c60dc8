"""The books of a coupled run: the ledger opened, read and judged."""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from shanhai.core.errors import InputError
from shanhai.core.ledger import Row
from shanhai.coupling import accounts
from shanhai.coupling.coupler import Accounts, Coupled, Coupler, Ledger
from shanhai.coupling.links import Member
from shanhai.coupling.mail import Box

Line = tuple[str, str, accounts.Account, Array]
"""Party, conserved quantity, its account and its inventory now."""


def open_ledger(coupler: Coupler, components: Mapping[str, Any], mail: Mapping[str, Box]) -> Ledger:
    """A ledger with nothing entered.

    Raises:
        InputError: for an inventory that lacks what the ports of its component carry.
    """
    parties = {m.name: _opened(m, components[m.name]) for m in coupler.members}
    quantities = dict.fromkeys(q for party in parties.values() for q in party)
    return Ledger(parties, {q: in_transit(coupler, mail, q) for q in quantities})


def reopened(coupler: Coupler, coupled: Coupled) -> Coupled:
    """The same moment with a new ledger, for the budget of a month or year that begins."""
    ledger = open_ledger(coupler, coupled.components, coupled.mail)
    return eqx.tree_at(lambda c: c.ledger, coupled, ledger)


def _opened(member: Member, state: Any) -> Accounts:
    inventory = member.component.inventory(state)
    for port in (*member.component.takes, *member.component.gives):
        for quantity in port.content:
            where = f"component {member.name}"
            if quantity not in inventory:
                what = f"it moves {quantity} through {port.name!r} and has none in its inventory"
                raise InputError(what, where=where, do="add it to the inventory")
            if member.by_cell and jnp.shape(inventory[quantity]) != port.shape:
                what = f"{port.name!r} has the shape {port.shape}, the inventory {jnp.shape(inventory[quantity])}"
                raise InputError(what, where=where, do="let inventory and ports have the same cells, or by_cell=False")
    return {name: accounts.opened(x, member.by_cell, member.accounts) for name, x in inventory.items()}


def in_transit(coupler: Coupler, mail: Mapping[str, Box], quantity: str) -> Array:
    """How much of a conserved quantity is on its way, link after link; the sum is what counts."""
    parts = [jnp.zeros(1)]
    for link in coupler.links:
        content = coupler.given(link.source).content.get(quantity, 0.0)
        if content:
            box: Any = mail[link.name]
            parts += [content * box.held.value.reshape(-1), content * box.held.carry.reshape(-1)]
    return jnp.concatenate(parts)


def lines(coupler: Coupler, coupled: Coupled) -> list[Line]:
    """Every account: of the components, of the mail and of the whole."""
    found: list[Line] = []
    ledger = coupled.ledger
    inventories = {m.name: m.component.inventory(coupled.components[m.name]) for m in coupler.members}
    for name, party in ledger.parties.items():
        found += [(name, q, account, inventories[name][q]) for q, account in party.items()]
    for quantity, before in ledger.in_transit.items():
        parties = {name: party[quantity] for name, party in ledger.parties.items() if quantity in party}
        now = in_transit(coupler, coupled.mail, quantity)
        found.append(("mail", quantity, accounts.mail_account(parties, before), now))
        everywhere = [accounts.wide(inventories[name][quantity]).reshape(-1) for name in parties]
        whole = jnp.concatenate([*everywhere, now])
        found.append(("total", quantity, accounts.total_account(parties, before), whole))
    return found


def rows(coupler: Coupler, coupled: Coupled) -> list[Row]:
    """The ledger as plain numbers, on the host."""
    return [accounts.row(*line) for line in lines(coupler, coupled)]


def worst(coupler: Coupler, coupled: Coupled) -> Array:
    """Largest residual over bar in the whole ledger; the run closes while it is at most 1. NaN if any number is."""
    ratios = [accounts.worst_ratio(*accounts.residual(account, now)) for _, _, account, now in lines(coupler, coupled)]
    return jnp.max(jnp.stack([jnp.zeros(()), *ratios]))
