"""Ways to spoil a good job on files: what a user can do to a configuration, a file or a folder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from tests.jobs import config_text

SIZE: dict[str, Any] = {"months": 2, "rows": 4, "columns": 5}
PLAIN = "[output]\nfigures = false\n"
TEXT = config_text(PLAIN, **SIZE)
SST = "sea_surface_temperature"
LATITUDE, LONGITUDE = 25.5 + np.arange(4), 120.5 + np.arange(5)

Spoil = Callable[[Path], object]


def changed(old: str, new: str) -> Spoil:
    """Another configuration."""

    def spoil(folder: Path) -> None:
        text = (folder / "flux.toml").read_text()
        assert text.count(old) == 1
        (folder / "flux.toml").write_text(text.replace(old, new))

    return spoil


def added(text: str) -> Spoil:
    """More configuration."""
    return lambda folder: (folder / "flux.toml").write_text(TEXT + text)


def both(*spoils: Spoil) -> Spoil:
    return lambda folder: [spoil(folder) for spoil in spoils]


def text_file(name: str, text: str | bytes) -> Spoil:
    return lambda folder: (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())


def file(name: str, change: Callable[[xr.Dataset], xr.Dataset], **options: Any) -> Spoil:
    """Another NetCDF file of an input."""

    def spoil(folder: Path) -> None:
        path = folder / f"{name}.nc"
        with xr.open_dataset(path) as opened:
            dataset = change(opened.load()).drop_encoding()
        path.unlink()
        dataset.to_netcdf(path, **options)

    return spoil


def cut(name: str) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / f"{name}.nc"
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])

    return spoil


def unit(name: str, said: str | None) -> Spoil:
    def relabel(dataset: xr.Dataset) -> xr.Dataset:
        dataset[name].attrs = {} if said is None else {"units": said}
        return dataset

    return file(name, relabel)


def value(name: str, place: Any, number: float) -> Spoil:
    def put(dataset: xr.Dataset) -> xr.Dataset:
        dataset[name].values[place] = number
        return dataset

    return file(name, put)


def axis(name: str, letters: str, values: Any, units: str) -> Callable[[xr.Dataset], xr.Dataset]:
    return lambda d: d.assign_coords({name: (letters, np.asarray(values), {"units": units})})


def curvilinear(dataset: xr.Dataset) -> xr.Dataset:
    y, x = np.meshgrid(dataset.lat, dataset.lon, indexing="ij")
    twisted = {"yt": (("lat", "lon"), y, dataset.lat.attrs), "xt": (("lat", "lon"), x, dataset.lon.attrs)}
    return dataset.drop_vars(["lat", "lon"]).assign_coords(twisted)


def swapped(dataset: xr.Dataset) -> xr.Dataset:
    """Latitudes of 120 and longitudes of 25 degrees."""
    return axis("lon", "lon", 25.5 + np.arange(5), "degrees_east")(
        axis("lat", "lat", 120.5 + np.arange(4), "degrees_north")(dataset)
    )


def of_360_days(folder: Path) -> None:
    path = folder / f"{SST}.nc"
    with xr.open_dataset(path, decode_times=False) as opened:
        dataset = opened.load()
    about = {"units": "days since 2010-01-01", "calendar": "360_day"}
    dataset.assign_coords(time=("time", [0, 30], about)).to_netcdf(path)


def mask(values: Any, folder: Path) -> None:
    """A field of codes or land fractions, mask.nc:m."""
    coordinates = {
        "lat": ("lat", LATITUDE, {"units": "degrees_north"}),
        "lon": ("lon", LONGITUDE, {"units": "degrees_east"}),
    }
    field = xr.DataArray(np.broadcast_to(values, (4, 5)), coordinates, ("lat", "lon"), "m", {"units": "1"})
    field.to_netcdf(folder / "mask.nc")


def moments(factor: float) -> Spoil:
    """A mean square of the winds, this often the square of their mean."""

    def spoil(folder: Path) -> None:
        with xr.open_dataset(folder / "wind_speed.nc") as winds:
            square = factor * winds.wind_speed.resample(time="MS").mean() ** 2
        square.rename("m2").assign_attrs(units="m2 s-2").to_netcdf(folder / "m2.nc")

    return both(spoil, added('[inputs.wind_speed_mean_square]\nfiles = "m2.nc"\nvariable = "m2"\n'))


AREA = '[[net_flux.areas]]\nname = "a"\n'
POLYGON = added(AREA + 'polygon = "a.geojson"\n')
MASK = AREA + 'mask = { files = "mask.nc", variable = "m" }\n'
LAND = '[net_flux]\nland = { files = "mask.nc", variable = "m" }\n'
ACCURACY = added('[accuracy]\ndata = { file = "cruise.csv" }\n')
MODEL = changed('files = "pco2_sea.nc"\nvariable = "pco2_sea"', 'model = "model"')
STATIONS = changed('files = "xco2.nc"\nvariable = "xco2"', 'stations = "xco2.csv"')
HEADER = "time,latitude,longitude,pco2_sea [uatm]\n"
CRUISE = "".join(f"2010-01-{d:02d}T06:00:00,{26 + d % 3}.2,{121 + d % 4}.3,{360 + d}\n" for d in range(1, 21))


def square(west: float, south: float, size: float) -> str:
    corners = [(0, 0), (size, 0), (size, size), (0, size), (0, 0)]
    return json.dumps({"type": "Polygon", "coordinates": [[[west + x, south + y] for x, y in corners]]})


def cruise(text: str | bytes) -> Spoil:
    return both(ACCURACY, text_file("cruise.csv", text))


def polygon(text: str) -> Spoil:
    return both(POLYGON, text_file("a.geojson", text))


def station(text: str | bytes) -> Spoil:
    return both(STATIONS, text_file("xco2.csv", text))
