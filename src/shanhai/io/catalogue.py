"""Catalogue of the data products of HY/T 0343.5, Appendix A, and who hands each of them out today."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from shanhai import data
from shanhai.core.errors import InputError, nearest


@dataclass(frozen=True)
class Product:
    """A row of Table A.1 (satellites) or A.2 (models).

    Args:
        name: short name, as `shanhai.io.clients.fetch` takes it.
        table: "A.1" or "A.2".
        quantity: name in the notation table.
        platform: satellites, or the maker of an analysis or model.
        sensor: instrument.
        period: years as the standard prints them, open where they go on; empty in Table A.2.
        resolution: degrees as the standard prints them; "longitude x latitude" where they differ.
        client: "copernicusmarine", "earthaccess", "erddapy", "opendap", "download" or "portal" (by hand).
        url: page of the product or its keeper.
        resolution_km: the same in km, where the standard gives it.
        server: of the datasets, where the client needs one.
        datasets: identifiers that the client takes; addresses for "opendap" and "download".
        variables: of interest in the files; empty for all.
        depth: shallowest and deepest level to take [m], where there are levels.
        gridded: False for soundings and swaths, which must be gridded first.
        ended: last day, for a product that has ended.
        unverified: an identifier or part of the row was not found in public use.
        note: what else to know.
    """

    name: str
    table: str
    quantity: str
    platform: str
    sensor: str
    period: str
    resolution: str
    client: str
    url: str
    resolution_km: float | None = None
    server: str = ""
    datasets: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    depth: tuple[float, float] | None = None
    gridded: bool = True
    ended: str = ""
    unverified: bool = False
    note: str = ""

    @property
    def resolution_degrees(self) -> tuple[float, float]:
        """Cell size in longitude and latitude [degree].

        >>> product("carbontracker_xco2").resolution_degrees, product("cmems_sss").resolution_degrees[0]
        ((3.0, 2.0), 0.08333333333333333)
        """
        sizes = [_degrees(part) for part in self.resolution.split(" x ")]
        return sizes[0], sizes[-1]


def _degrees(text: str) -> float:
    over, _, under = text.partition("/")
    return float(Fraction(over) / Fraction(under or "1"))


@cache
def _catalogue() -> dict[str, Product]:
    rows = tomllib.loads(data.path("products.toml").read_text(encoding="utf8"))
    return {name: _product(name, row) for name, row in rows.items()}


def _product(name: str, row: dict[str, Any]) -> Product:
    fields: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in row.items()}
    return Product(name=name, **fields)


def products(quantity: str | None = None) -> list[Product]:
    """Products of the standard, in its order, of every quantity or of one.

    Raises:
        InputError: for a quantity that the tables do not hold.

    >>> [p.platform for p in products("air_pressure")]
    ['NCEP']
    """
    rows = list(_catalogue().values())
    if quantity is None:
        return rows
    known = {p.quantity for p in rows}
    if quantity not in known:
        raise InputError(f"Tables A.1 and A.2 have no product of {quantity!r}; {nearest(quantity, known)}")
    return [p for p in rows if p.quantity == quantity]


def product(name: str) -> Product:
    """Look up one product by its short name.

    Raises:
        InputError: for a name that is not in the catalogue.

    >>> product("cmems_pco2").datasets
    ('cmems_obs-mob_glo_bgc-car_my_irr-i',)
    """
    try:
        return _catalogue()[name]
    except KeyError:
        raise InputError(f"{name!r} is not in the catalogue; {nearest(name, _catalogue())}") from None


COLUMNS = ("name", "quantity", "platform", "sensor", "period", "degrees", "km", "client", "datasets", "note")


def table(rows: Iterable[Product]) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of a printed table, one row a product.

    >>> heads, rows = table(products("air_pressure"))
    >>> rows[0][heads.index("client")], rows[0][heads.index("datasets")]
    ('erddapy', 'NCEP_Global_Best')
    """
    return list(COLUMNS), [_cells(p) for p in rows]


def _cells(p: Product) -> list[str]:
    km = f"{p.resolution_km:g}" if p.resolution_km else ""
    datasets = ", ".join(p.datasets) or p.url
    told = [p.name, p.quantity, p.platform, p.sensor, p.period, p.resolution, km, p.client]
    return [*told, datasets, "; ".join(_reservations(p))]


def _reservations(p: Product) -> list[str]:
    """Everything a reader must know before relying on the row."""
    said = [f"ended {p.ended}"] if p.ended else []
    said += [] if p.gridded else ["soundings, not a grid"]
    said += ["unverified"] if p.unverified else []
    return [*said, p.note] if p.note else said
