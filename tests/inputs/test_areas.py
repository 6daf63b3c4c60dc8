"""Sea areas that cannot serve are refused with a sentence."""

import json

import numpy as np
import pytest
import shapefile

from shanhai.core.errors import InputError
from shanhai.monitoring.areas import sea_areas
from shanhai.monitoring.config import NetFluxSection, SeaArea

LAT, LON = np.arange(20.5, 40.0), np.arange(110.5, 130.0)
SQUARE = [[[115, 25], [120, 25], [120, 30], [115, 30], [115, 25]]]


def feature(coordinates, kind="Polygon", **properties):
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def refused(message, *areas, land=None):
    with pytest.raises(InputError, match=message) as error:
        sea_areas(NetFluxSection(areas=areas), LAT, LON, land)
    return str(error.value)


@pytest.fixture
def polygon(tmp_path):
    def make(document, name="sea.geojson", **area):
        text = document if isinstance(document, str) else json.dumps(document)
        (tmp_path / name).write_text(text)
        return SeaArea(name="sea", polygon=str(tmp_path / name), **area)

    return make


def test_a_name_used_twice():
    box = SeaArea(name="a", box=(110, 20, 120, 30))
    assert "name every area differently" in refused("'a' is used twice", box, box)


def test_an_area_without_a_cell_and_one_of_land_only():
    assert "finer grid" in refused("no cell centre", SeaArea(name="a", box=(120.6, 30.6, 121.4, 31.4)))
    land = np.ones((LAT.size, LON.size), dtype=bool)
    refused("every cell of this area is land", SeaArea(name="a", box=(110, 20, 120, 30)), land=land)


@pytest.mark.parametrize("box", [(110, 30, 120, 20), (110, 20, 110, 30), (110, -95, 120, 30), (500, 20, 510, 30)])
def test_a_box_that_is_none(box):
    refused("is not west, south, east, north", SeaArea(name="a", box=box))


def test_a_file_that_is_missing_or_of_another_kind(tmp_path):
    refused("no such polygon file", SeaArea(name="a", polygon=str(tmp_path / "no.geojson")))
    refused("cannot be read from a .kml file", SeaArea(name="a", polygon=str(tmp_path / "no.kml")))


def test_a_file_that_is_not_geojson(polygon):
    refused("this is not GeoJSON", polygon("{"))
    refused("it has no type", polygon([1, 2]))


def test_a_file_without_a_polygon(polygon):
    refused("there is no polygon", polygon(feature([[115, 25], [120, 30]], "LineString")))
    refused("there is no polygon", polygon({"type": "FeatureCollection", "features": []}))
    refused("there is no polygon", polygon({"type": "Feature", "properties": {}, "geometry": None}))


def test_coordinates_that_are_not_longitude_and_latitude(polygon):
    metres = [[[500000, 3e6], [600000, 3e6], [600000, 3.1e6], [500000, 3e6]]]
    assert "reproject" in refused("not in longitude and latitude", polygon(feature(metres)))
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    refused("3857", polygon(feature(SQUARE) | {"crs": crs}))
    swapped = [[[25, 115], [25, 120], [30, 120], [25, 115]]]
    refused("not in longitude and latitude", polygon(feature(swapped)))


def test_coordinates_that_are_not_numbers_or_too_few(polygon):
    refused("not pairs of numbers", polygon(feature([[["a", 1], [2, 3], [4, 5], ["a", 1]]])))
    refused("fewer than four points", polygon(feature([[[115, 25], [120, 30], [115, 25]]])))
    refused("not finite", polygon('{"type": "Polygon", "coordinates": [[[NaN, 1], [2, 3], [4, 5], [NaN, 1]]]}'))


def test_a_feature_that_is_not_there(polygon):
    document = {"type": "FeatureCollection", "features": [feature(SQUARE, name="East China Sea")]}
    refused("no feature has the attribute 'nam'; did you mean 'name'", polygon(document, feature="nam=x"))
    said = refused("no feature has name = 'East China See'", polygon(document, feature="name=East China See"))
    assert "did you mean 'East China Sea'" in said
    refused("is not 'attribute=value'", polygon(document, feature="name"))


def test_a_shapefile_that_is_projected_or_broken(tmp_path):
    path = tmp_path / "sea.shp"
    with shapefile.Writer(str(path), shapeType=shapefile.POLYGON) as writer:
        writer.field("name", "C")
        writer.poly(SQUARE)
        writer.record("sea")
    area = SeaArea(name="sea", polygon=str(path))
    path.with_suffix(".prj").write_text('PROJCS["WGS_1984_UTM_Zone_51N",GEOGCS["GCS_WGS_1984"]]')
    assert "PROJCS" in refused("not in longitude and latitude", area)
    path.with_suffix(".prj").write_text('GEOGCS["GCS_WGS_1984"]')
    assert sea_areas(NetFluxSection(areas=(area,)), LAT, LON).sum() == 25
    path.write_bytes(b"not a shapefile")
    refused("cannot be read", area)
