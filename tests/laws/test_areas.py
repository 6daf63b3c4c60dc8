"""Sea areas: which cell belongs where does not depend on how the edge is written."""

import json

import numpy as np
import pytest
import shapefile
from hypothesis import given, settings
from hypothesis import strategies as st

from shanhai.io.sources import FieldSource
from shanhai.monitoring.areas import box_cells, sea_areas
from shanhai.monitoring.config import NetFluxSection, SeaArea

LAT = np.arange(-89.5, 90.0)
LON = np.arange(-179.5, 180.0)


def write(path, *polygons, properties=None, kind="Polygon"):
    features = [
        {
            "type": "Feature",
            "properties": (properties or [{}] * len(polygons))[i],
            "geometry": {"type": kind, "coordinates": polygon},
        }
        for i, polygon in enumerate(polygons)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return str(path)


def rectangle(west, south, east, north):
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def cells(lat=LAT, lon=LON, **area):
    section = NetFluxSection(areas=(SeaArea(name="a", **area),))
    return sea_areas(section, lat, lon).values[0]


def test_the_whole_region_is_the_area_when_none_is_named():
    land = np.zeros((2, 3), dtype=bool)
    land[0, 0] = True
    areas = sea_areas(NetFluxSection(), [0.5, 1.5], [0.5, 1.5, 2.5], land)
    assert areas["area"].values.tolist() == ["region"]
    assert int(areas.sum()) == 5
    assert areas.attrs["land_removed"]


@settings(max_examples=30, deadline=None)
@given(st.integers(-180, 179), st.integers(1, 359), st.integers(-80, 60), st.integers(1, 29))
def test_a_box_and_its_complement_partition_the_globe(west, width, south, height):
    east = (west + width + 180) % 360 - 180
    box = box_cells((west, south, east, south + height), LAT, LON)
    other = box_cells((east, south, west, south + height), LAT, LON)
    belt = (south <= LAT) & (south + height > LAT)
    assert not (box & other).any()
    assert np.array_equal(box | other, np.broadcast_to(belt[:, None], box.shape))
    assert box.sum() == width * height


def test_polygons_that_share_edges_through_cell_centres_partition(tmp_path):
    lat, lon = np.arange(0.0, 10.0), np.arange(0.0, 10.0)
    west = cells(lat, lon, polygon=write(tmp_path / "w.geojson", [rectangle(0, 0, 4, 10)]))
    east = cells(lat, lon, polygon=write(tmp_path / "e.geojson", [rectangle(4, 0, 10, 10)]))
    assert not (west & east).any()
    assert (west | east).all()
    assert np.array_equal(west, box_cells((0, 0, 4, 10), lat, lon))


@pytest.mark.parametrize("turn", [0, 360])
def test_polygons_in_0_to_360_and_in_plus_minus_180_are_the_same(tmp_path, turn):
    west = write(tmp_path / "a.geojson", [rectangle(-100 + turn, -20, -60 + turn, 10)])
    for lon in (LON, np.arange(0.5, 360.0)):
        assert np.array_equal(cells(lon=lon, polygon=west), box_cells((-100, -20, -60, 10), LAT, lon))


def test_every_spelling_of_a_polygon_across_the_date_line_gives_its_cells(tmp_path):
    wanted = box_cells((170, -10, -170, 10), LAT, LON)
    jumping = [[170, -10], [-170, -10], [-170, 10], [170, 10], [170, -10]]
    halves = [[rectangle(170, -10, 180, 10)], [rectangle(-180, -10, -170, 10)]]
    files = [
        write(tmp_path / "continuous.geojson", [rectangle(170, -10, 190, 10)]),
        write(tmp_path / "west.geojson", [rectangle(-190, -10, -170, 10)]),
        write(tmp_path / "jumping.geojson", [jumping]),
        write(tmp_path / "split.geojson", halves, kind="MultiPolygon"),
    ]
    for file in files:
        assert np.array_equal(cells(polygon=file), wanted), file
    regional = np.arange(165.5, 195.0)  # a grid that is continuous across the date line
    assert np.array_equal(cells(lon=regional, polygon=files[2]), box_cells((170, -10, -170, 10), LAT, regional))


def test_a_polygon_of_a_whole_turn_is_the_globe_and_a_ring_around_a_pole_is_its_cap(tmp_path):
    assert cells(polygon=write(tmp_path / "g.geojson", [rectangle(-180, -90, 180, 90)])).all()
    ring = [[x, 60.0] for x in range(-180, 180, 20)]
    cap = cells(polygon=write(tmp_path / "p.geojson", [ring + ring[:1]]))
    assert np.array_equal(cap, box_cells((-180, 60, 180, 90), LAT, LON))
    southern = [[x, -70.0] for x in range(0, 360, 20)]
    cap = cells(polygon=write(tmp_path / "s.geojson", [southern + southern[:1]]))
    assert np.array_equal(cap, box_cells((-180, -90, 180, -70), LAT, LON))


@pytest.mark.parametrize("turn", [0, 360])
def test_a_hole_is_left_out_whichever_turn_it_is_written_in(tmp_path, turn):
    rings = [rectangle(-20, -20, 20, 20), rectangle(-5 + turn, -5, 5 + turn, 5)]
    found = cells(polygon=write(tmp_path / "h.geojson", rings))
    outer, inner = (box_cells(b, LAT, LON) for b in ((-20, -20, 20, 20), (-5, -5, 5, 5)))
    assert np.array_equal(found, outer & ~inner)


def test_a_feature_is_picked_by_its_attribute_and_several_are_joined(tmp_path):
    polygons = [[rectangle(0, 0, 5, 5)], [rectangle(10, 0, 15, 5)], [rectangle(20, 0, 25, 5)]]
    file = write(tmp_path / "f.geojson", *polygons, properties=[{"name": n} for n in ("东海", "黄海", "东海")])
    assert np.array_equal(cells(polygon=file, feature="name=黄海"), box_cells((10, 0, 15, 5), LAT, LON))
    assert cells(polygon=file, feature="name=东海").sum() == 50
    assert cells(polygon=file).sum() == 75


def test_a_shapefile_gives_what_the_same_geojson_gives(tmp_path):
    outer = rectangle(110, 20, 130, 40)[::-1]  # clockwise, as shapefiles have it
    hole = rectangle(115, 25, 120, 30)
    with shapefile.Writer(str(tmp_path / "sea.shp"), shapeType=shapefile.POLYGON) as writer:
        writer.field("code", "N", 8, 0)
        writer.poly([outer, hole])
        writer.record(3)
        writer.poly([rectangle(0, 0, 5, 5)[::-1]])
        writer.record(4)
    found = cells(polygon=str(tmp_path / "sea.shp"), feature="code=3")
    same = cells(polygon=write(tmp_path / "sea.geojson", [outer, hole]))
    assert np.array_equal(found, same)
    assert found.sum() == 20 * 20 - 25


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_chinese_attributes_of_a_shapefile_are_read_without_being_told_their_encoding(tmp_path, encoding):
    with shapefile.Writer(str(tmp_path / "sea.shp"), encoding=encoding) as writer:
        writer.field("name", "C", 20)
        for west, name in ((0, "东海"), (10, "黄海")):
            writer.poly([rectangle(west, 0, west + 5, 5)[::-1]])
            writer.record(name)
    (tmp_path / "sea.cpg").unlink(missing_ok=True)
    found = cells(polygon=str(tmp_path / "sea.shp"), feature="name=黄海")
    assert np.array_equal(found, box_cells((10, 0, 15, 5), LAT, LON))


def test_a_ring_that_crosses_itself_is_mended_and_noted(tmp_path):
    bow = [[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]
    file = write(tmp_path / "bow.geojson", [bow])
    areas = sea_areas(NetFluxSection(areas=(SeaArea(name="bow", polygon=file),)), LAT, LON)
    assert 40 <= int(areas.sum()) <= 60  # two triangles of 25 square degrees each
    (note,) = areas.attrs["notes"]
    assert "bow" in note.en
    assert "自相交" in note.zh


def test_a_mask_serves_whatever_its_longitude_convention(tmp_path):
    import xarray as xr

    lat, lon = np.arange(-88.0, 90.0, 4.0), np.arange(2.0, 360.0, 4.0)
    codes = np.where(box_cells((180, -22, 220, 18), lat, lon), 70, 30)
    attrs = [{"units": "degrees_north"}, {"units": "degrees_east"}]
    coords = {"lat": ("lat", lat, attrs[0]), "lon": ("lon", lon, attrs[1])}
    file = str(tmp_path / "mask.nc")
    xr.Dataset({"code": (("lat", "lon"), codes, {"units": "1"})}, coords=coords).to_netcdf(file)
    source = FieldSource(files=file, variable="code")
    assert np.array_equal(cells(mask=source, mask_value=70.0), box_cells((180, -22, 220, 18), LAT, LON))
    assert cells(mask=source).all()  # every code is above one half


def test_land_is_taken_out_of_every_area():
    land = np.zeros((LAT.size, LON.size), dtype=bool)
    land[:, :180] = True
    section = NetFluxSection(areas=(SeaArea(name="a", box=(-10, 0, 10, 10), key=True),))
    areas = sea_areas(section, LAT, LON, land)
    assert int(areas.sum()) == 100
    assert areas["key"].values.tolist() == [True]
