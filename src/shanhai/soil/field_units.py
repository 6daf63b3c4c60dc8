"""Units that soil scientists write, turned into those of the results of a soil."""

from typing import TYPE_CHECKING

from jax import Array

from shanhai.core.errors import InputError
from shanhai.core.ledger import JULIAN_YEAR

if TYPE_CHECKING:
    from shanhai.soil.model import Model

CONTENTS = {
    "mg kg-1": 1.0, "ug g-1": 1.0, "g kg-1": 1e3, "mg g-1": 1e3, "g g-1": 1e6, "kg kg-1": 1e6, "%": 1e4,
    "ug kg-1": 1e-3, "ng g-1": 1e-3,
}  # fmt: skip
"""Contents of dry soil by mass, in mg kg-1."""

GROUND = {"g m-2": 1.0, "mg m-2": 1e-3, "kg m-2": 1e3, "kg ha-1": 0.1, "t ha-1": 100.0}
"""Amounts on the ground, in g m-2."""

TIMES = {"d-1": 1.0, "h-1": 24.0, "s-1": 86400.0, "yr-1": 86400.0 / JULIAN_YEAR}
RATIOS = {"mol mol-1": 1.0, "1": 1.0, "%": 1e-2}


def factor(unit: str, target: str, model: "Model") -> Array | float:
    """What a number in one unit is multiplied with to be in another.

    A letter of an element between is read over, as in mg C kg-1: it is that of the result.

    Args:
        unit: of the number, such as "ug g-1 h-1"; "" for that of the result.
        target: of the result.
        model: whose bulk density and thickness make an amount on the ground a content.

    Raises:
        InputError: for a unit that is not known, or does not measure the same thing.

    >>> from shanhai.soil.model import Model
    >>> factor("ug C g-1 h-1", "mg kg-1 d-1", Model()), factor("%", "g kg-1", Model())
    (24.0, 10.0)
    >>> round(float(factor("g m-2 d-1", "mg kg-1 d-1", Model())), 4)
    8.3333
    """
    plain = " ".join(word for word in unit.split() if word not in ("C", "N", "P"))
    if plain in ("", target):
        return 1.0
    if target in RATIOS and plain in RATIOS:
        return RATIOS[plain] / RATIOS[target]
    (size, kind, daily), (whole, _, rate) = _parted(plain), _parted(target)
    if not kind or not whole or (daily == 0.0) != (rate == 0.0):
        raise InputError(
            f"the unit {unit!r} does not measure the same as {target!r}",
            where="observed",
            do=f"give {target}, or another content of dry soil or amount on the ground{' over time' if rate else ''}",
        )
    if kind == "content":
        return size / whole * (daily / rate if rate else 1.0)
    ground = 1e-3 * model.soil.bulk_density * model.layer.thickness
    return size / (ground * whole) * (daily / rate if rate else 1.0)


def _parted(unit: str) -> tuple[float, str, float]:
    """Size, whether of contents or of the ground ("" where neither), and the times of a day (0 without)."""
    parts = unit.rsplit(" ", 1)
    amount, daily = (parts[0], TIMES[parts[1]]) if len(parts) == 2 and parts[1] in TIMES else (unit, 0.0)
    if amount in CONTENTS:
        return CONTENTS[amount], "content", daily
    return GROUND.get(amount, 0.0), "ground" if amount in GROUND else "", daily
