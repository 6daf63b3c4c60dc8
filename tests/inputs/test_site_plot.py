"""What a managed plot takes: weather of a file, dates that follow one another, doses in kilograms to the hectare."""

import numpy as np
import pytest

from shanhai.core.constants import ATOMIC_MASS, ZERO_CELSIUS
from shanhai.core.errors import InputError, ShanhaiError
from shanhai.io.presets import read_preset
from shanhai.site import plot
from shanhai.soil.crop import Maize, Wheat
from shanhai.soil.layer import Layer

HEADER = "temperature,water,drainage"


def written(tmp_path, rows, header=HEADER):
    path = tmp_path / "weather.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf8")
    return plot.Settings(series=str(path))


def test_weather_of_a_file_comes_in_years_and_in_units_of_the_laws(tmp_path):
    rows = [f"{10 + 5 * (k >= 365)},0.25,{k % 2}" for k in range(730)]
    read = plot.weather(written(tmp_path, rows))
    assert read.temperature.shape == read.water.shape == (2, 365)
    np.testing.assert_allclose(read.temperature[:, 0], [ZERO_CELSIUS + 10, ZERO_CELSIUS + 15])
    np.testing.assert_allclose(read.drainage[0, :2], [0.0, 1e-3 / 86400.0])


def test_columns_may_stand_in_any_order(tmp_path):
    one = plot.weather(written(tmp_path, ["0,12,0.3"] * 365, "drainage,temperature,water"))
    assert float(one.water[0, 0]) == 0.3
    assert float(one.temperature[0, 0]) == ZERO_CELSIUS + 12


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        (["10,0.25,0"] * 364, HEADER, "364 days are not whole years of 365"),
        (["10,0.25"] * 365, "temperature,water", "there is no column drainage"),
        (["10,0.25,0"] * 364 + ["warm,0.25,0"], HEADER, "'warm' is no number"),
    ],
)
def test_weather_that_cannot_be_used_is_refused(tmp_path, rows, header, said):
    with pytest.raises(InputError, match=said):
        plot.weather(written(tmp_path, rows, header))


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(InputError, match=r"nowhere\.csv: there is no such file"):
        plot.weather(plot.Settings(series="nowhere.csv"))


def test_more_water_than_pores_is_refused(tmp_path):
    settings = written(tmp_path, ["10,0.6,0"] * 365)
    with pytest.raises(InputError, match="more water than pores"):
        plot.environments(settings, plot.weather(settings))


@pytest.mark.parametrize(
    ("wheat", "maize"), [(Wheat(reaped=300.0), Maize()), (Wheat(sown=260.0), Maize()), (Wheat(), Maize(reaped=255.0))]
)
def test_crops_that_overlap_are_refused(wheat, maize):
    settings = plot.Settings(wheat=wheat, maize=maize)
    with pytest.raises(InputError, match="do not follow one another"):
        plot.environments(settings, plot.weather(settings))


def test_a_day_that_no_year_has_is_refused():
    settings = plot.Settings(practice=plot.Practice(urea_days=(9, 365)))
    with pytest.raises(InputError, match="365 is no day of the year"):
        plot.environments(settings, plot.weather(settings))


def test_doses_are_what_is_said_by_the_hectare():
    settings = plot.Settings(
        layer=Layer(thickness=0.4),
        practice=plot.Practice(manure=2000.0, ammonium_nitrate=50.0, ammonium_nitrate_days=(190,)),
    )
    todo, p = plot.doses(settings), settings.practice
    area = 0.4 * plot.HECTARE

    def managed(name, element, atoms=1.0):
        return float(np.asarray(getattr(todo, name))[:, 0].sum()) * atoms * ATOMIC_MASS[element] * area

    assert managed("urea", "N", 2.0) == pytest.approx(float(p.urea) * 4)
    assert managed("ammonium_nitrate", "N", 2.0) == pytest.approx(50.0)
    assert managed("manure", "C") == pytest.approx(2000.0)
    assert managed("phosphate", "P") == pytest.approx(2 * float(p.phosphate))
    assert managed("seed", "C") == pytest.approx(2 * float(p.seed))
    bare = plot.CASES.index("no fertiliser")
    assert float(np.asarray(todo.urea)[:, bare].sum() + np.asarray(todo.manure)[:, bare].sum()) == 0.0


def test_rain_and_irrigation_wet_the_soil_and_drain_from_it():
    dry = plot.Settings(practice=plot.Practice(water_days=()), climate=plot.Climate(rains=()))
    wet = plot.weather(plot.Settings())
    assert float(wet.water.max()) > float(plot.weather(dry).water.max())
    assert float(wet.drainage.sum()) > float(plot.weather(dry).drainage.sum())
    assert float(wet.water.max()) < float(plot.Settings().ground.porosity)


def test_the_preset_is_read_with_its_changes():
    chosen = read_preset("wheat-maize", {"years": 2, "practice.urea": 50.0}, "site")
    assert chosen.model == "plot"
    assert chosen.settings.years == 2
    assert float(chosen.settings.practice.urea) == 50.0
    assert float(chosen.settings.layer.thickness) == 0.6
    with pytest.raises(ShanhaiError, match="porosity"):
        read_preset("wheat-maize", {"ground.porosity": 1.5}, "site")
