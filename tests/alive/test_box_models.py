"""Every number of the box models moves what they give."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.params import describe
from shanhai.land.weathering import Weathering
from shanhai.models.box import equatorial_pacific, north_atlantic, overturning, sea_ice, weathering
from shanhai.models.box.ocean_geometry import Circulation
from shanhai.numerics.calibration import parameters, with_parameters

pytestmark = pytest.mark.slow  # compiling takes long

RUN = {"equatorial-pacific": equatorial_pacific, "north-atlantic": north_atlantic, "sea-ice": sea_ice}


@pytest.mark.parametrize("model", RUN)
def test_every_setting_of_a_regional_box_moves_its_result(model):
    run, settings = RUN[model].run, RUN[model].Settings()
    usual = {name: np.asarray(s.values) for name, s in run(settings).series.items()}
    for row in describe(settings):
        low, high = row.bounds
        step = 0.01 * (abs(row.value) or min(0.01, high - low))
        value = row.value + step if row.value + step <= high else row.value - step
        assert low <= value <= high, row.name
        moved = run(with_parameters(settings, [row.name], jnp.array([value]))).series
        assert any(not np.array_equal(usual[k], np.asarray(moved[k].values), equal_nan=True) for k in usual), row.name


def alive(settings, outcome, left_out=()):
    """Names of parameters, and those by which the outcome has a derivative."""
    names = [row.name for row in describe(settings) if not row.name.startswith(left_out or ("?",))]
    told = eqx.filter_jit(lambda p: outcome(with_parameters(settings, names, p)))
    slopes = np.asarray(jax.jacfwd(told)(parameters(settings, names)))
    assert np.all(np.isfinite(slopes))
    return names, [name for name, column in zip(names, slopes.T) if np.any(column != 0.0)]


def test_every_setting_of_the_weathering_world_moves_its_amounts_or_their_change():
    def outcome(settings):
        x = weathering.begin(settings)
        uneven = x * (1.0 + 0.1 * jnp.cos(jnp.arange(len(x))))  # as at the start nothing is carried anywhere
        change = weathering.world(settings).network.tendency(uneven)
        return jnp.concatenate([x, change])

    moving = set()
    for feedback in ("temperature", "carbon_dioxide"):
        names, found = alive(weathering.Settings(weathering=Weathering(feedback=feedback)), outcome)
        moving |= set(found)
    assert set(names) == moving


def test_every_setting_of_the_overturning_ocean_moves_its_rest_or_its_course():
    """Those of four and seven boxes are not asked here, and oxygen to begin with is where the search starts."""
    settings = overturning.Settings(rise=overturning.Rise(years=2))

    def outcome(settings):
        rest = overturning.state(settings, Circulation())
        x = rest.steady.x
        weak = Circulation(settings.rise.weakened, 1.0, 1.0)
        course, _ = overturning.rising(settings, x, rest.co2, weak, jnp.ones(()))
        return jnp.concatenate([x, rest.ratio13, rest.ratio14, course.end])

    names, moving = alive(settings, outcome, ("four.", "seven."))
    assert set(names) - set(moving) <= {"inventory.oxygen"}
