"""The catalogue holds the rows of Tables A.1 and A.2, in the words of the notation table."""

import re
from collections import Counter

import pytest

from shanhai.core.errors import InputError
from shanhai.core.notation import table as notation
from shanhai.io import catalogue
from shanhai.io.clients import FETCHERS
from shanhai.monitoring.config import INPUTS


def test_tables_hold_as_many_rows_per_quantity_as_the_standard():
    rows = Counter((p.table, p.quantity) for p in catalogue.products())
    assert rows == {
        ("A.1", "sea_surface_temperature"): 4,
        ("A.1", "sea_surface_salinity"): 3,
        ("A.1", "wind_speed"): 4,
        ("A.1", "xco2"): 3,
        ("A.1", "pco2_sea"): 3,
        ("A.2", "air_pressure"): 1,
        ("A.2", "xco2"): 1,
        ("A.2", "sea_surface_salinity"): 2,
    }


def test_every_quantity_is_in_the_notation_table_and_an_input_of_a_job():
    quantities = {p.quantity for p in catalogue.products()}
    assert quantities <= set(notation()) & set(INPUTS)


def test_table_a1_gives_periods_and_kilometres_and_table_a2_none():
    for p in catalogue.products():
        assert bool(p.period) == bool(p.resolution_km) == (p.table == "A.1"), p.name


def test_kilometres_agree_with_degrees_as_printed():
    for p in catalogue.products():
        if p.resolution_km and p.name != "smos_sss":
            assert p.resolution_km == pytest.approx(111.2 * p.resolution_degrees[0], rel=0.15), p.name


def test_periods_are_years_and_only_the_last_may_be_open():
    for p in catalogue.products("sea_surface_temperature") + catalogue.products("wind_speed"):
        spans = p.period.split(", ")
        assert all(re.fullmatch(r"\d{4}-\d{4}", s) for s in spans[:-1])
        assert re.fullmatch(r"\d{4}-(\d{4})?", spans[-1])


def test_every_product_names_a_way_to_get_it():
    for p in catalogue.products():
        assert p.url.startswith("https://"), p.name
        if p.client == "portal":
            assert not p.datasets
            assert p.unverified
        else:
            assert p.client in FETCHERS
            assert p.datasets
        assert bool(p.server) == (p.client == "erddapy")


def test_products_of_one_quantity_are_all_of_it():
    chosen = catalogue.products("wind_speed")
    assert [p.platform for p in chosen] == ["HY-2 series", "QuikSCAT", "METOP series", "CCMP"]


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'wind_speed'"):
        catalogue.products("wind_sped")
    with pytest.raises(InputError, match="did you mean 'ccmp_wind'"):
        catalogue.product("ccmp_winds")


def test_printed_rows_carry_every_reservation():
    heads, rows = catalogue.table(catalogue.products())
    assert {len(row) for row in rows} == {len(heads)}
    notes = {row[0]: row[-1] for row in rows}
    assert notes["aquarius_sss"].startswith("ended 2015-06-07")
    assert notes["oco3_xco2"].startswith("soundings, not a grid")
    assert notes["satco2_pco2"].startswith("unverified")
