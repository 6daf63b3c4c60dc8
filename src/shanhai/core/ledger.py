r"""The ledger: who has what, where it came from, and whether it closes.

For each party (a component, the mail, the whole) and each conserved quantity

$$r = \Delta I - \sum \text{taken} + \sum \text{given} - \sum \text{accounts}, \qquad
  |r| \le 10^{-12}\left(|I| + \sum |\text{throughput}|\right)$$

with the inventory I measured from a reference state, and accounts (deposition, harvest, open boundary, nudging ...)
counted positive into the party. Here are the plain numbers and how people read them; `shanhai.coupling.accounts` keeps
them on the device.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shanhai.core.constants import ATOMIC_MASS, SECONDS_PER_DAY

BAR = 1e-12
"""Largest residual, relative to the inventory and all that went through."""

JULIAN_YEAR = 365.25 * SECONDS_PER_DAY  # s

PETAGRAM = 1e15 / ATOMIC_MASS["C"]  # mol in a petagram of carbon


@dataclass(frozen=True)
class Row:
    """One quantity of one party since the ledger was opened, in kg, J or mol.

    Args:
        party: component, "mail" or "total".
        quantity: what is conserved.
        change: of the inventory.
        taken: from other parties.
        given: to other parties.
        accounts: by name, positive into the party.
        residual: see the module.
        scale: inventory and throughput that the residual is measured against.
        worst: largest residual over bar, of the whole and, where the party closes by cell, of any cell.
    """

    party: str
    quantity: str
    change: float
    taken: float
    given: float
    residual: float
    scale: float
    worst: float
    accounts: Mapping[str, float] = field(default_factory=dict)

    @property
    def closes(self) -> bool:
        """Whether every residual is within the bar."""
        return self.worst <= 1.0  # false for NaN


def rate(quantity: str, amount: float, seconds: float, area: float) -> tuple[float, str]:
    """An amount over a time and an area, as people of the field say it.

    Args:
        quantity: "water" [kg], "enthalpy" [J], an element or anything else [mol].
        amount: in that unit.
        seconds: over which it was gathered.
        area: over which [m2].

    Returns:
        value and its unit.

    >>> rate("enthalpy", 86400.0, 86400.0, 2.0)
    (0.5, 'W m-2')
    >>> value, unit = rate("C", 1.0, JULIAN_YEAR, 1.0)
    >>> f"{value:.3f} {unit}"
    '12.011 g m-2 yr-1'
    """
    if quantity == "enthalpy":
        return amount / seconds / area, "W m-2"
    per_year = amount / area * (JULIAN_YEAR / seconds)
    if quantity == "water":
        return per_year, "mm yr-1"
    if quantity in ATOMIC_MASS:
        return per_year * ATOMIC_MASS[quantity], "g m-2 yr-1"
    return per_year, "mol m-2 yr-1"


def spoken(row: Row, seconds: float, area: float) -> list[str]:
    """A row as cells of a printed table: party, quantity, change, taken, given, accounts, residual, unit, verdict.

    >>> row = Row("sea", "enthalpy", 86400.0, 86400.0, 0.0, 0.0, 1e6, 0.0, {"geothermal": 0.0})
    >>> spoken(row, 86400.0, 1.0)
    ['sea', 'enthalpy', '1', '1', '0', 'geothermal 0', '0', 'W m-2', 'closes']
    """

    def said(amount: float) -> str:
        return f"{rate(row.quantity, amount, seconds, area)[0]:.4g}"

    accounts = ", ".join(f"{name} {said(x)}" for name, x in row.accounts.items())
    unit = rate(row.quantity, 0.0, seconds, area)[1]
    figures = [said(row.change), said(row.taken), said(row.given), accounts, said(row.residual)]
    return [row.party, row.quantity, *figures, unit, "closes" if row.closes else "LEAKS"]


SPOKEN_COLUMNS = ("party", "quantity", "change", "taken", "given", "accounts", "residual", "unit", "")
