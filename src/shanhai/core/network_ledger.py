"""The ledger of a network that ran by itself: inventory of the pools, accounts outside, what is left over."""

from typing import Any

import numpy as np
from jax import Array

from shanhai.core.ledger import BAR, Row
from shanhai.core.reactions import Network


def ledger(network: Network, start: Array, end: Array, moved: Any = 0.0, party: str = "total") -> tuple[Row, ...]:
    r"""Rows of a run, one for each conserved quantity.

    $$\text{residual} = \Delta\,\text{inventory} - \sum_\text{accounts} \text{in}, \qquad
      |\text{residual}| \le 10^{-12}\,\bigl(|\text{inventory}| + \textstyle\sum|\text{throughput}|\bigr)$$

    Args:
        network: species and reactions.
        start: amounts at the start, (species,).
        end: amounts at the end, (species,).
        moved: sum of the extents of every reaction [mol], for the throughput; a number or (reaction,).
        party: name of what is accounted.

    >>> import jax.numpy as jnp
    >>> from shanhai.core.first_order import FirstOrder
    >>> from shanhai.core.reactions import Reaction, Species
    >>> decay = Reaction("decay", FirstOrder("a", 1.0), {"a": -1.0, "air": 1.0})
    >>> network = Network((Species("a", {"C": 1.0}), Species("air", {"C": 1.0}, external=True)), (decay,))
    >>> row, = ledger(network, jnp.array([2.0, 0.0]), jnp.array([0.5, 1.5]))
    >>> row.quantity, row.change, row.accounts, row.closes
    ('C', -1.5, {'air': -1.5}, True)
    """
    before, after = np.asarray(start, float), np.asarray(end, float)
    outside = np.array([s.external for s in network.species])
    through = float(np.sum(np.abs(np.asarray(moved))))
    return tuple(
        _row(party, quantity, row, before, after, outside, through, network.names)
        for quantity, row in zip(network.quantities, network.contents)
    )


def _row(
    party: str,
    quantity: str,
    content: Any,
    before: Any,
    after: Any,
    outside: Any,
    through: float,
    names: tuple[str, ...],
) -> Row:
    change = content * (after - before)
    accounts = {names[i]: -float(change[i]) for i in np.flatnonzero(outside & (content != 0))}
    residual = float(np.sum(change))
    inside = np.abs(content * after)[~outside].sum()
    scale = float(inside + np.abs(change).sum() + through * np.abs(content).max())
    gained = float(np.sum(change[~outside]))
    return Row(
        party, quantity, gained, 0.0, 0.0, residual, scale, abs(residual) / (BAR * scale) if scale else 0.0, accounts
    )
