"""What a box model gives: series on named coordinates, headline numbers, the rows of its ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shanhai.core.ledger import Row


class Series(NamedTuple):
    """Values with their dimensions.

    Args:
        values: array.
        dims: names of its axes, each a coordinate of the result.
        unit: UDUNITS string; "" where entries have units of their own.
        meaning: one phrase.
        cf: CF standard name, where there is one.
    """

    values: Any
    dims: tuple[str, ...]
    unit: str
    meaning: str
    cf: str = ""


class Number(NamedTuple):
    """One headline of a result, such as the mean flux of a period."""

    name: str
    value: float
    unit: str
    meaning: str


@dataclass(frozen=True)
class Result:
    """The outcome of a run.

    Args:
        coordinates: name -> one-dimensional series over itself; values are numbers or words.
        series: name -> values over coordinates.
        numbers: headlines, in the order to be read.
        ledger: what closed, and how well.
        notes: whole sentences a reader has to know.
    """

    coordinates: Mapping[str, Series]
    series: Mapping[str, Series]
    numbers: tuple[Number, ...] = ()
    ledger: tuple[Row, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def number(self, name: str) -> float:
        """Value of a headline."""
        return next(n.value for n in self.numbers if n.name == name)
