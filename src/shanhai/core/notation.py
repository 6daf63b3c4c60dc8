"""The one notation table: symbol, code name, CF name, unit, meaning and Chinese term of every quantity.

Names in code, documents and files come from `data/notation.toml`; a test holds them together.
"""

import tomllib
from dataclasses import dataclass
from functools import cache

from shanhai import data
from shanhai.core.errors import InputError, nearest

SI = {
    "umol kg-1": 1e-6,
    "uatm": 0.101325,
    "umol mol-1": 1e-6,
    "dbar": 1e4,
    "1": 1.0,
    "degC": 1.0,
}
"""Factor to the unit of the science layers, for the units that differ from it by a factor only."""


@dataclass(frozen=True)
class Quantity:
    """A row of the notation table.

    Args:
        name: code name, also the variable name in files.
        symbol: LaTeX symbol.
        unit: UDUNITS string of the values in files and configurations.
        cf_name: CF standard name, empty where CF has none.
        meaning: English phrase, the long name in files.
        zh: Chinese term.
        low: smallest believable value in `unit`.
        high: largest believable value in `unit`.
    """

    name: str
    symbol: str
    unit: str
    meaning: str
    zh: str
    cf_name: str = ""
    low: float = -float("inf")
    high: float = float("inf")

    @property
    def attributes(self) -> dict[str, str]:
        """Attributes of a CF variable."""
        attrs = {"units": self.unit, "long_name": self.meaning}
        return attrs | ({"standard_name": self.cf_name} if self.cf_name else {})


@cache
def table() -> dict[str, Quantity]:
    """Every quantity by its code name."""
    rows = tomllib.loads(data.path("notation.toml").read_text(encoding="utf8"))
    return {name: Quantity(name=name, **row) for name, row in rows.items()}


def quantity(name: str) -> Quantity:
    """Look up one quantity.

    Raises:
        InputError: for a name that is not in the table.

    >>> quantity("co2_flux").unit
    'mmol m-2 d-1'
    """
    try:
        return table()[name]
    except KeyError:
        raise InputError(f"{name!r} is not a quantity of the notation table; {nearest(name, table())}") from None
