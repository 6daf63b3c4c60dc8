"""The ledger on the device: what each party took and gave since it was opened, and whether that explains its inventory.

The sums run in the widest float there is, with a carry, whatever the dtype of the run.
"""

from collections.abc import Mapping

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from shanhai.core.ledger import BAR, Row
from shanhai.numerics.safe import ratio
from shanhai.numerics.sums import Carried

TAKEN, GIVEN = "taken", "given"


class Account(eqx.Module):
    """One conserved quantity of one party.

    Args:
        reference: inventory when the ledger was opened.
        flows: "taken", "given" and named accounts, positive as they are called, each on the cells that are checked.
        throughput: sum of the sizes of all of them.
    """

    reference: Array
    flows: dict[str, Carried]
    throughput: Array

    def entered(self, flow: str, amount: Array) -> "Account":
        """The account after an amount; where the whole is checked, its sum over cells."""
        amount = on_cells(amount, self.throughput.shape)
        flows = self.flows | {flow: self.flows[flow].plus(amount)}
        return Account(self.reference, flows, self.throughput + jnp.abs(amount))


def opened(inventory: Array, by_cell: bool, accounts: tuple[str, ...]) -> Account:
    """An account with nothing in it.

    Args:
        inventory: of the party now.
        by_cell: whether each cell of the inventory closes by itself; else only their sum does.
        accounts: names of flows beside "taken" and "given".
    """
    reference = wide(inventory)
    zero = jnp.zeros(reference.shape if by_cell else (), reference.dtype)
    return Account(reference, {name: Carried.of(zero) for name in (TAKEN, GIVEN, *accounts)}, zero)


def wide(x: Array) -> Array:
    """In the widest float there is."""
    return jnp.asarray(x, float)


def on_cells(x: Array, shape: tuple[int, ...]) -> Array:
    """As it is, or its sum where only the whole is checked."""
    return wide(x) if shape else jnp.sum(wide(x))


def residual(account: Account, inventory: Array) -> tuple[Array, Array]:
    """What the flows leave unexplained of the change of an inventory, and what it is measured against.

    Anomalies from the reference are taken cell by cell before they are summed, for totals would drown them.

    Returns:
        residual and scale, on the cells that are checked.
    """
    shape = account.throughput.shape
    left = Carried.of(on_cells(wide(inventory) - account.reference, shape))
    for name, flow in account.flows.items():
        sign = 1.0 if name == GIVEN else -1.0
        left = left.plus(sign * flow.value).plus(sign * flow.carry)
    return left.value, on_cells(jnp.abs(wide(inventory)), shape) + account.throughput


def worst_ratio(left: Array, scale: Array) -> Array:
    """Largest residual over bar, of the sum and of any cell; NaN if any is."""
    cells = jnp.max(ratio(jnp.abs(left), BAR * scale, jnp.where(left == 0, 0.0, jnp.inf)), initial=0.0)
    whole = ratio(jnp.abs(jnp.sum(left)), BAR * jnp.sum(scale), jnp.where(jnp.sum(left) == 0, 0.0, jnp.inf))
    return jnp.maximum(cells, whole)


def row(party: str, quantity: str, account: Account, inventory: Array) -> Row:
    """One line of the ledger, on the host."""
    left, scale = residual(account, inventory)
    flows = {name: float(jnp.sum(flow.value)) for name, flow in account.flows.items()}
    return Row(
        party=party,
        quantity=quantity,
        change=float(jnp.sum(wide(inventory) - account.reference)),
        taken=flows.pop(TAKEN),
        given=flows.pop(GIVEN),
        residual=float(jnp.sum(left)),
        scale=float(jnp.sum(scale)),
        worst=float(worst_ratio(left, scale)),
        accounts=flows,
    )


def mail_account(parties: Mapping[str, Account], held_at_start: Array) -> Account:
    """The account of the mail: it takes what parties give and gives what they take."""
    given, taken = (
        _together([getattr(party.flows[flow], part) for party in parties.values() for part in ("value", "carry")])
        for flow in (GIVEN, TAKEN)
    )
    throughput = sum((jnp.sum(party.throughput) for party in parties.values()), jnp.zeros(()))
    return Account(wide(held_at_start), {TAKEN: given, GIVEN: taken}, throughput)


def total_account(parties: Mapping[str, Account], held_at_start: Array) -> Account:
    """The account of the whole: only the boundary accounts cross it."""
    names = dict.fromkeys(n for party in parties.values() for n in party.flows if n not in (TAKEN, GIVEN))
    flows = {
        name: _together(
            [
                getattr(party.flows[name], part)
                for party in parties.values()
                if name in party.flows
                for part in ("value", "carry")
            ]
        )
        for name in names
    }
    zero = Carried.of(jnp.zeros(()))
    throughput = sum((jnp.sum(party.throughput) for party in parties.values()), jnp.zeros(()))
    reference = jnp.concatenate([*(p.reference.reshape(-1) for p in parties.values()), held_at_start.reshape(-1)])
    return Account(reference, {TAKEN: zero, GIVEN: zero, **flows}, throughput)


def _together(parts: list[Array]) -> Carried:
    total = Carried.of(jnp.zeros((), float))
    for part in parts:
        total = total.plus(jnp.sum(part))
    return total
