"""Downloads through the official client of each product; nothing is half-written.

The clients are the optional libraries of ``shanhai[clients]``. A file appears under its name only when whole.
"""

import importlib
import os
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from shanhai.core.errors import InputError, NetworkNeededError, ShanhaiError
from shanhai.io.catalogue import Product, product

ACCOUNTS = {
    "copernicusmarine": (
        "get a free account at https://data.marine.copernicus.eu/register and run: copernicusmarine login"
    ),
    "earthaccess": (
        "get a free account at https://urs.earthdata.nasa.gov/users/new and put it in ~/.netrc "
        "or in EARTHDATA_USERNAME and EARTHDATA_PASSWORD"
    ),
}


class Request(NamedTuple):
    """What to fetch: a box in degrees and a span of time, both ends inside."""

    west: float
    south: float
    east: float
    north: float
    start: pd.Timestamp
    end: pd.Timestamp


def fetch(
    what: str | Product,
    region: tuple[float, float, float, float],
    time: tuple[str, str],
    folder: str | Path,
) -> list[Path]:
    """Download a product of Appendix A for a region and a span of time.

    Args:
        what: product or its short name, see `shanhai.io.catalogue.products`.
        region: west, south, east and north [degree]; west may exceed east across the date line.
        time: first and last day or month, such as ("2010-01", "2010-12"), both inside.
        folder: where the files go; made when absent. A file of the same name is replaced.

    Returns:
        the files written. "download" and "earthaccess" give whole files, the others cut out the region.

    Raises:
        InputError: for a region, a time or a product that cannot be fetched; nothing has been asked for yet.
        NetworkNeededError: when client, account or network are missing; no file is left half-written.
    """
    chosen = product(what) if isinstance(what, str) else what
    if chosen.client == "portal":
        raise InputError(
            f"{chosen.platform} is handed out by hand only", where=chosen.name, do=f"order it at {chosen.url}"
        )
    request = _request(region, time, chosen)
    get = FETCHERS[chosen.client]
    with _workplace(Path(folder)) as scratch:
        try:
            get(chosen, request, scratch)
        except ShanhaiError:
            raise
        except Exception as error:  # whatever a client raises becomes one sentence that says what to do
            raise _undelivered(chosen, error) from error
        return _deliver(scratch, Path(folder), chosen)


def _request(region: tuple[float, float, float, float], time: tuple[str, str], p: Product) -> Request:
    west, south, east, north = region
    if not (-90 <= south < north <= 90) or not (-180 <= west <= 360) or not (-180 <= east <= 360) or west == east:
        raise InputError(f"the region {region} is not west, south, east, north in degrees", where=p.name)
    try:
        start, end = pd.Period(time[0]).start_time, pd.Period(time[1]).end_time.floor("s")
    except ValueError:
        raise InputError(f"the time {time} is not two dates", where=p.name, do="give 2010-01 or 2010-01-31") from None
    if end < start:
        raise InputError(f"the time ends ({time[1]}) before it starts ({time[0]})", where=p.name)
    if p.ended and start > pd.Timestamp(p.ended):
        raise InputError(f"the product ended on {p.ended}, before {time[0]}", where=p.name)
    return Request(west, south, east, north, start, end)


@contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """Make a scratch folder on the same disk as the target, so that moving out of it is one step."""
    folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".fetching-", dir=folder))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _deliver(scratch: Path, folder: Path, p: Product) -> list[Path]:
    whole = sorted(path for path in scratch.rglob("*") if path.is_file())
    if not whole:
        raise InputError("nothing lies in this region and time", where=p.name, do=f"look at {p.url}")
    for path in whole:
        os.replace(path, folder / path.name)
    return [folder / path.name for path in whole]


def _undelivered(p: Product, error: Exception) -> NetworkNeededError:
    said = f"{type(error).__name__}: {error}".strip().rstrip(".")
    account = ACCOUNTS.get(p.client)
    advice = "check the network and that the dataset is still offered at " + p.url
    return NetworkNeededError(
        f"{p.name}: {p.client} did not deliver {', '.join(p.datasets)} ({said}). To mend: {advice}"
        + (f"; if it asks for an account, {account}." if account else ".")
    )


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise NetworkNeededError(
            f'the client {name} is not installed. To mend: pip install "shanhai[clients]"'
        ) from None


def _no_account(client: str) -> NetworkNeededError:
    return NetworkNeededError(f"{client} finds no valid account. To mend: {ACCOUNTS[client]}.")


def _boxes(request: Request, lowest: float) -> list[tuple[float, float]]:
    """West and east of the request on an axis of longitudes that begins at `lowest`, two where it is cut.

    >>> r = Request(170.0, 0.0, -170.0, 10.0, pd.Timestamp(0), pd.Timestamp(1))
    >>> _boxes(r, -180.0), _boxes(r, 0.0)
    ([(170.0, 180.0), (-180.0, -170.0)], [(170.0, 190.0)])
    """
    if abs(request.east - request.west) >= 360:
        return [(lowest, lowest + 360.0)]
    west = lowest + (request.west - lowest) % 360.0
    east = lowest + (request.east - lowest) % 360.0
    if east == lowest:
        east += 360.0
    return [(west, east)] if west < east else [(west, lowest + 360.0), (lowest, east)]


def _name(dataset: str, request: Request, part: int) -> str:
    stem = dataset.rsplit("/", 1)[-1]
    cut = "" if part == 0 else f"_{part + 1}"
    return f"{stem}_{request.start:%Y%m%d}-{request.end:%Y%m%d}{cut}.nc"


def _copernicusmarine(p: Product, request: Request, scratch: Path) -> None:
    client = _library("copernicusmarine")
    if not client.login(check_credentials_valid=True):  # subset would wait for someone to type a password
        raise _no_account("copernicusmarine")
    levels = {} if p.depth is None else {"minimum_depth": p.depth[0], "maximum_depth": p.depth[1]}
    for dataset in p.datasets:
        for part, (west, east) in enumerate(_boxes(request, -180.0)):
            client.subset(
                dataset_id=dataset,
                variables=list(p.variables) or None,
                minimum_longitude=west,
                maximum_longitude=east,
                minimum_latitude=request.south,
                maximum_latitude=request.north,
                start_datetime=request.start.isoformat(),
                end_datetime=request.end.isoformat(),
                output_directory=str(scratch),
                output_filename=_name(dataset, request, part),
                **levels,
            )


def _earthaccess(p: Product, request: Request, scratch: Path) -> None:
    client = _library("earthaccess")
    if not _logged_in(client):
        raise _no_account("earthaccess")
    for dataset in p.datasets:
        granules: list[Any] = []
        for west, east in _boxes(request, -180.0):
            granules += client.search_data(
                short_name=dataset,
                bounding_box=(west, request.south, east, request.north),
                temporal=(request.start.isoformat(), request.end.isoformat()),
            )
        if granules:
            _check_whole(client.download(_once(granules), local_path=scratch), len(_once(granules)), dataset)


def _logged_in(client: Any) -> bool:
    """Try what needs nobody at the keyboard."""
    for strategy in ("environment", "netrc"):
        try:
            if client.login(strategy=strategy).authenticated:
                return True
        except OSError:
            raise
        except Exception:  # a strategy that finds no account says so by raising
            continue
    return False


def _once(granules: list[Any]) -> list[Any]:
    """Granules that reach over the date line are found on both of its sides."""
    return list({str(g.get("meta", {}).get("concept-id", id(g))): g for g in granules}.values())


def _check_whole(paths: list[Any], wanted: int, dataset: str) -> None:
    failed = [path for path in paths if not isinstance(path, str | Path)]  # the client hands errors back as items
    if failed or len(paths) < wanted:
        raise OSError(f"{wanted - len(paths) + len(failed)} of {wanted} files of {dataset} did not arrive")


def _erddapy(p: Product, request: Request, scratch: Path) -> None:
    client = _library("erddapy")
    for dataset in p.datasets:
        server = client.ERDDAP(server=p.server, protocol="griddap")
        server.dataset_id = dataset
        server.griddap_initialize()
        offered = {key: value for key, value in server.constraints.items() if not key.startswith("time")}
        lowest = 0.0 if _span(offered, "longitude")[1] > 180.0 else -180.0
        server.variables = list(p.variables) or server.variables
        server.constraints["time>="] = request.start.isoformat() + "Z"
        server.constraints["time<="] = request.end.isoformat() + "Z"
        for part, (west, east) in enumerate(_boxes(request, lowest)):
            server.constraints |= _limits(offered, "longitude", west, east)
            server.constraints |= _limits(offered, "latitude", request.south, request.north)
            server.to_xarray().to_netcdf(scratch / _name(dataset, request, part))


def _span(offered: dict[str, Any], axis: str) -> tuple[float, float]:
    first, last = float(offered[f"{axis}>="]), float(offered[f"{axis}<="])
    return min(first, last), max(first, last)


def _limits(offered: dict[str, Any], axis: str, low: float, high: float) -> dict[str, float]:
    """Limits in the order of the axis, which may descend, and inside it, as griddap demands."""
    least, most = _span(offered, axis)
    ends = max(low, least), min(high, most)
    first, last = ends if float(offered[f"{axis}>="]) <= float(offered[f"{axis}<="]) else ends[::-1]
    return {f"{axis}>=": first, f"{axis}<=": last}


def _opendap(p: Product, request: Request, scratch: Path) -> None:
    import xarray as xr

    for dataset in p.datasets:
        with xr.open_dataset(dataset, drop_variables=["tau"]) as remote:
            names = _axes(remote)
            lowest = 0.0 if float(remote[names["longitude"]].max()) > 180.0 else -180.0
            for part, (west, east) in enumerate(_boxes(request, lowest)):
                cut = {
                    names["time"]: slice(request.start, request.end),
                    names["latitude"]: slice(request.south, request.north),
                    names["longitude"]: slice(west, east),
                }
                field = remote[list(p.variables)].sel(cut)
                if "depth" in field.dims:
                    field = field.isel(depth=0)
                if all(field.sizes.values()):
                    field.to_netcdf(scratch / _name(dataset, request, part))


def _axes(remote: Any) -> dict[str, str]:
    short = {"latitude": "lat", "longitude": "lon", "time": "time"}
    return {long: long if long in remote.dims else name for long, name in short.items()}


def _download(p: Product, request: Request, scratch: Path) -> None:
    """Whole files by plain HTTPS, one a month or a year as the address says; archives are unpacked."""
    for template in p.datasets:
        step = "M" if "{month}" in template else "Y"
        for period in pd.period_range(request.start, request.end, freq=step):
            address = template.format(year=period.year, month=f"{period.month:02d}")
            path = scratch / address.rsplit("/", 1)[-1]
            with urllib.request.urlopen(address, timeout=60) as answer, path.open("wb") as file:
                shutil.copyfileobj(answer, file)
            if zipfile.is_zipfile(path) and path.suffix.lower() == ".zip":
                _unpack(path)


def _unpack(archive: Path) -> None:
    with zipfile.ZipFile(archive) as box:
        for member in box.infolist():
            if not member.is_dir():  # only the file name counts: an archive cannot write elsewhere
                (archive.parent / Path(member.filename).name).write_bytes(box.read(member))
    archive.unlink()


FETCHERS: dict[str, Callable[[Product, Request, Path], None]] = {
    "copernicusmarine": _copernicusmarine,
    "earthaccess": _earthaccess,
    "erddapy": _erddapy,
    "opendap": _opendap,
    "download": _download,
}
