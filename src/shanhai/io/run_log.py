"""The ledger of a run as a table in a file: a line for each party, quantity and time, in kg, J or mol."""

import csv
from collections.abc import Iterable
from pathlib import Path

from shanhai.core.errors import InputError
from shanhai.core.ledger import Row, rate
from shanhai.io.output import whole_or_nothing

COLUMNS = (
    "time",
    "party",
    "quantity",
    "change",
    "taken",
    "given",
    "accounts",
    "residual",
    "scale",
    "residual_rate",
    "residual_rate_unit",
    "closes",
)


class LedgerLog:
    """A CSV file that grows by the rows of each chunk.

    Args:
        path: file, ending in .csv.
        area: of the domain [m2], for rates.

    Raises:
        InputError: if the file is there and is no ledger.

    >>> import tempfile
    >>> log = LedgerLog(Path(tempfile.mkdtemp()) / "ledger.csv", area=2.0)
    >>> log.append("2000-01-02T00:00:00", 86400.0, [Row("sea", "C", 2.0, 2.0, 0.0, 0.0, 5.0, 0.0)])
    >>> len(log.path.read_text().splitlines())
    2
    """

    def __init__(self, path: Path, area: float) -> None:
        self.path, self.area = path, area
        if path.exists() and self._lines()[:1] != [",".join(COLUMNS)]:
            raise InputError(
                "the file is there and is no ledger", where=str(path), do="give another name, or remove it"
            )

    def append(self, time: str, seconds: float, rows: Iterable[Row]) -> None:
        """Add the ledger at a moment.

        Args:
            time: the moment.
            seconds: since the ledger was opened.
            rows: of the ledger.
        """
        fresh = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", newline="", encoding="utf8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            if fresh:
                writer.writerow(COLUMNS)
            writer.writerows(self._cells(time, seconds, row) for row in rows)

    def cut_after(self, time: str) -> None:
        """Forget what lies after a moment from which the run is resumed."""
        if self.path.exists():
            kept = [x for i, x in enumerate(self._lines()) if i == 0 or x.partition(",")[0] <= time]
            with whole_or_nothing(self.path) as temporary:
                temporary.write_text("\n".join(kept) + "\n", encoding="utf8")

    def _lines(self) -> list[str]:
        return self.path.read_text(encoding="utf8").splitlines()

    def _cells(self, time: str, seconds: float, row: Row) -> list[str]:
        accounts = "; ".join(f"{name} {amount!r}" for name, amount in row.accounts.items())
        value, unit = rate(row.quantity, row.residual, seconds, self.area)
        numbers = [repr(x) for x in (row.change, row.taken, row.given)]
        measured = [repr(row.residual), repr(row.scale), f"{value:.3e}", unit]
        return [time, row.party, row.quantity, *numbers, accounts, *measured, "yes" if row.closes else "no"]
