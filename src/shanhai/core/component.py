"""What a component shows to others: ports, and a step that turns an inbox into an outbox.

Whatever crosses an interface and counts is an *amount over an interval*, in kg, mol or J, on cells whose areas are
fixed. A component gives only what it owns. What it wants from another it asks for with a *state* port (a request is not
yet a transfer), and the owner grants it with an amount.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from jax import Array

from shanhai.core.clock import Instant
from shanhai.core.errors import InputError, nearest

KINDS = ("amount", "state", "response")
UNITS = ("kg", "mol", "J")
"""Units of amounts; the same wherever they are given and taken."""

WATER, ENTHALPY = "water", "enthalpy"

Values = Mapping[str, Array]
"""Values by the name of the port."""


@dataclass(frozen=True)
class Port:
    """A door of a component.

    Args:
        name: unique in the component.
        kind: "amount" (summed over the interval and counted in the ledger), "state" (averaged over time, never counted)
            or "response" (A and B of an implicit column; passed on untouched).
        unit: UDUNITS string; of an amount kg, mol or J.
        shape: shape of the values: the cells of the component.
        content: of an amount, what it counts for: conserved quantity -> amount in one unit; water in kg, enthalpy in J,
            elements and alkalinity in mol.
        enthalpy: of an amount of water, the port that carries its enthalpy, m·h(phase, T), zero for liquid at 0 °C.
        account: of an amount that crosses the boundary of the whole system, the ledger account, such as "deposition";
            it is listed among what the component gives and is counted positive *into* the component.

    Raises:
        InputError: for an amount that says nothing the ledger can count, or water that forgets its enthalpy.

    >>> Port("rain", "amount", "kg", (3,), {"water": 1.0}, enthalpy="rain_enthalpy").content
    {'water': 1.0}
    """

    name: str
    kind: str
    unit: str
    shape: tuple[int, ...] = ()
    content: Mapping[str, float] = field(default_factory=dict)
    enthalpy: str = ""
    account: str = ""

    def __post_init__(self) -> None:
        where = f"port {self.name}"
        if self.kind not in KINDS:
            raise InputError(f"there is no kind {self.kind!r}; {nearest(self.kind, KINDS)}", where=where)
        if not self.counted:
            if self.content or self.enthalpy or self.account:
                raise InputError(f"a {self.kind} is never counted", where=where, do="give content to amounts only")
            return
        if self.unit not in UNITS:
            what = f"an amount in {self.unit!r} cannot be counted"
            raise InputError(what, where=where, do="give it in kg, mol or J over the interval")
        if not self.content:
            raise InputError("the amount counts for nothing", where=where, do='say content = {"C": 1.0}, for example')
        if WATER in self.content and not self.enthalpy:
            what = "the water crosses without its enthalpy"
            raise InputError(what, where=where, do="name the port that carries m·h(phase, T) as enthalpy = ...")

    @property
    def counted(self) -> bool:
        """Whether it is an amount."""
        return self.kind == "amount"

    def __hash__(self) -> int:
        return hash((self.name, self.kind, self.unit, self.shape))


class Component(Protocol):
    """A part of the system with a state of its own; usually an `eqx.Module` with parameters.

    One that couples its surface implicitly has also `eliminate(state, inbox, t, dt) -> (state, outbox)`, which comes
    before `step` in the order of the coupler, sees the states and responses that it takes, and gives the responses.
    """

    @property
    def takes(self) -> tuple[Port, ...]:
        """Ports of the inbox."""

    @property
    def gives(self) -> tuple[Port, ...]:
        """Ports of the outbox."""

    def step(self, state: Any, inbox: Values, t: Instant, dt: int) -> tuple[Any, Values]:
        """One step.

        Args:
            state: any pytree of arrays.
            inbox: by port, amounts that arrived for this step, means of states, responses.
            t: moment at its start.
            dt: its length [s].

        Returns:
            the new state, and by port the amounts given during the step, and states and responses at its end.
        """

    def inventory(self, state: Any) -> Values:
        """What is in the component, by conserved quantity: arrays of any shape, measured from a reference state."""


class Crossing(Protocol):
    """How values get from the cells of a giver to those of a taker."""

    def amounts(self, x: Array) -> Array:
        """Amounts on the source cells to amounts on the target cells; the sum is kept."""

    def means(self, x: Array) -> Array:
        """Means over source cells to means over target cells; a constant is kept."""
