"""Laws of a managed field: what is done closes, what is withheld stays, what is not given is missed."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.constants import ATOMIC_MASS, ZERO_CELSIUS
from shanhai.io.presets import read_preset
from shanhai.models.box.books import ledger
from shanhai.site import plot
from shanhai.soil import crop as crops
from shanhai.soil import management as managing
from shanhai.soil.layer import Conditions, Layer
from shanhai.soil.layer_oxygen import Oxygen
from shanhai.soil.layer_phosphorus import PhosphorusOfLayer

pytestmark = pytest.mark.slow  # compiling takes long

SETTINGS = read_preset("wheat-maize", {"years": 3}, "site").settings
FULL = Layer(phosphorus=PhosphorusOfLayer(), oxygen=Oxygen())
CASE = {name: k for k, name in enumerate(plot.CASES)}


@pytest.fixture(scope="module")
def made():
    return plot.course(SETTINGS)


@pytest.fixture(scope="module")
def result(made):
    return plot.finished(SETTINGS, *made)


@pytest.fixture(scope="module")
def full():
    """A field that follows phosphorus and electrons too, and what can be done to it."""
    field = managing.field(FULL, crops.Plant(), managing.Management())
    return field, managing.practices(field, managing.Management(), FULL)


def yearly(result, name, case):
    values = np.asarray(result.series[name].values)[..., CASE[case]]
    return values.sum(axis=1) if values.ndim > 1 else values


def rate(field, reaction, x, at):
    law = next(r.law for r in field.reactions if r.name == reaction)
    return float(law(field.view(x), at))


def test_every_element_closes_over_all_years_in_every_treatment(result):
    assert [row.quantity for row in result.ledger] == ["C", "N", "P"] * len(plot.CASES)
    for row in result.ledger:
        assert row.closes
        assert abs(row.residual) <= 1e-12 * row.scale
        assert row.scale > 1.0


def test_no_pool_falls_below_zero_and_no_step_is_limited(made):
    at, _, years = made
    assert int(np.sum(years.trouble)) == 0
    assert float(jnp.min(years.x[:, jnp.asarray(at.field.pools)])) >= 0.0


def test_accounts_are_what_the_doses_say(made, result):
    at, _, years = made
    p, area = SETTINGS.practice, float(SETTINGS.layer.thickness) * plot.HECTARE
    urea = -np.asarray(years.x)[:, at.field.index("urea applied")] * 2.0 * ATOMIC_MASS["N"] * area
    np.testing.assert_allclose(urea[:, CASE["managed"]], float(p.urea) * len(p.urea_days), rtol=1e-12)
    assert np.all(urea[:, CASE["no fertiliser"]] == 0.0)
    air = -np.asarray(years.x)[:, at.field.index("nitrogen deposited")] * ATOMIC_MASS["N"] * area
    np.testing.assert_allclose(air, float(p.deposition), rtol=1e-12)
    water = -np.asarray(years.x)[:, at.field.index("nitrate of irrigation")] * ATOMIC_MASS["N"] * area
    np.testing.assert_allclose(water, len(p.water_days) * float(p.water * p.nitrate) / 100.0, rtol=1e-12)


@pytest.mark.parametrize("element", ["carbon", "nitrogen"])
def test_a_harvest_that_is_withheld_adds_to_the_stock_all_that_would_have_left(result, element):
    stock = np.asarray(result.series[f"stock_{element}"].values)
    sold = np.asarray(result.series[f"grain_{element}"].values).sum(axis=1)
    gained = stock[:, CASE["harvest stacked"]] - stock[:, CASE["managed"]]
    np.testing.assert_allclose(gained, np.cumsum(sold[:, CASE["managed"]]), rtol=1e-10)


def test_what_is_withheld_changes_nothing_else(made):
    at, _, years = made
    own = [k for k, s in enumerate(at.field.species) if not s.name.startswith(("stack", "grain_sold", "straw_sold"))]
    x = np.asarray(years.x)[:, own]
    np.testing.assert_allclose(x[..., CASE["harvest stacked"]], x[..., CASE["managed"]], rtol=1e-12, atol=1e-15)


def test_without_fertiliser_yield_leaching_and_gases_are_less(result):
    for name in ("yield", "grain_nitrogen", "nitrous_oxide", "leached_mineral", "ammonia"):
        bare, fed = (yearly(result, name, case) for case in ("no fertiliser", "managed"))
        assert bare[0] < fed[0]  # the soil feeds the first crops
        assert np.all(bare[1:] < 0.9 * fed[1:]), name


def test_straw_that_is_sold_leaves_less_carbon(result):
    carbon = np.asarray(result.series["stock_carbon"].values)[-1]
    assert carbon[CASE["straw sold"]] < carbon[CASE["managed"]]


def test_everything_done_closes_every_element_and_electrons(full):
    field, events = full
    x = jnp.linspace(0.5, 2.0, len(field.names))
    doses = managing.Doses(0.3, 0.2, 0.1, 5.0, 0.05, 0.02, 0.4, 1.0, 0.7, 0.5, 0.8)
    end, extents = managing.applied(events, x, doses)
    assert field.quantities == ("C", "electrons", "N", "P")
    assert float(jnp.min(extents)) > 0.0
    for row in ledger(field, x, end, extents):
        assert abs(row.residual) <= 1e-14 * row.scale


def test_a_day_without_doses_does_nothing(full):
    field, events = full
    x = jnp.linspace(0.5, 2.0, len(field.names))
    end, extents = managing.applied(events, x, managing.Doses())
    assert np.array_equal(end, x)
    assert not np.any(extents)


def test_a_harvest_leaves_no_grain_and_no_straw_standing(full):
    field, events = full
    x = jnp.linspace(0.5, 2.0, len(field.names))
    end, _ = managing.applied(events, x, managing.Doses(reaped=1.0, returned=0.3))
    for organ in ("shoot", "grain"):
        for element in "cnp":
            assert float(end[field.index(f"{organ}_{element}")]) == 0.0
    straw = float(x[field.index("shoot_c")])
    gained = end - x
    np.testing.assert_allclose(gained[field.index("residue_c")], 0.3 * straw, rtol=1e-12)
    np.testing.assert_allclose(gained[field.index("straw_sold_c")], 0.7 * straw, rtol=1e-12)


def test_tillage_opens_aggregates_and_mixes_straw(full):
    field, events = full
    x = jnp.ones(len(field.names))
    end, _ = managing.applied(events, x, managing.Doses(tilled=1.0))
    m = managing.Management()
    assert float(end[field.index("aggregates_n")]) == pytest.approx(1.0 - float(m.opened))
    assert float(end[field.index("residue_p")]) == pytest.approx(1.0 - float(m.mixed))
    assert float(end[field.index("labile_c")]) > 1.0 + float(m.opened)


@pytest.mark.parametrize("crop", [crops.Wheat(), crops.Maize()], ids=["wheat", "maize"])
def test_potential_growth_of_a_season_is_the_crop_in_whatever_weather(crop):
    day = jnp.arange(365.0)
    for kelvin in (
        ZERO_CELSIUS + 15.0 + 0.0 * day,
        ZERO_CELSIUS + 13.0 + 13.0 * jnp.cos(2 * jnp.pi * (day - 297) / 365),
    ):
        year = crops.season(crop, crops.Plant(), kelvin)
        dry = float(jnp.sum(year.potential)) * 86400.0 * ATOMIC_MASS["C"] / float(crops.Plant().carbon) * 1e-2
        assert dry == pytest.approx(float(crop.potential), rel=1e-12)
        outside = (day < crop.sown) | (day >= crop.reaped)
        assert float(jnp.max(jnp.where(outside, year.potential + year.moving + year.alive, 0.0))) == 0.0


def test_growth_is_potential_where_fed_and_none_without_nitrogen_or_phosphorus(full):
    field, _ = full
    at = crops.field(Conditions(), crops.Growing(potential=1e-5, critical=0.08))
    crop = {"shoot_c": 10.0, "shoot_n": 5.0, "shoot_p": 5.0, "root_c": 3.0}
    rich = jnp.stack([jnp.asarray(crop.get(n, 0.5)) for n in field.names])
    assert rate(field, "growth", rich, at) == pytest.approx(1e-5 / float(FULL.thickness), rel=1e-6)
    before = rate(field, "growth", rich, at)
    for element in "np":
        for part in (0.1, 0.05, 0.0):
            rows = jnp.asarray([field.index(f"shoot_{element}"), field.index(f"grain_{element}")])
            now = rate(field, "growth", rich.at[rows].multiply(part * (1.0 if element == "n" else 0.05)), at)
            assert now < before or now == 0.0
        assert now == 0.0


def test_roots_take_up_nothing_that_is_not_there_or_not_wanted(full):
    field, _ = full
    at = crops.field(Conditions(), crops.Growing(potential=1e-5, critical=0.08))
    x = jnp.full(len(field.names), 1.0)  # holds more than ten times what it needs
    crop = jnp.asarray([field.index(f"{organ}_{element}") for organ in ("shoot", "grain") for element in "np"])
    hungry = x.at[crop].set(0.001)
    for name in ("ammonium", "nitrate", "exchangeable_p"):
        bare = hungry.at[field.index(name)].set(0.0)
        assert rate(field, f"{name} taken up", x, at) == 0.0
        assert rate(field, f"{name} taken up", hungry, at) > 0.0
        assert rate(field, f"{name} taken up", bare, at) == 0.0


@pytest.mark.parametrize(
    ("amount", "water"), [(1.0, 0.25), (0.0, 0.25), (0.0, 0.0), (1e-12, 0.0), (1.0, 0.5)],
    ids=["ordinary", "empty", "empty and dry", "nearly empty and dry", "saturated"],
)  # fmt: skip
def test_slopes_of_a_crop_are_finite_and_those_of_differences(amount, water):
    crop = crops.network(crops.Plant(), FULL)
    at = crops.field(Conditions(water=water), crops.Growing(potential=1e-5, critical=0.3, moving=1e-7))
    x = amount * jnp.linspace(0.5, 1.5, len(crop.names))

    def total(y, environment):
        return jnp.sum(crop.rates(y, environment) * jnp.arange(1.0, len(crop.reactions) + 1.0))

    slope = jax.jit(jax.grad(total))(x, at)
    assert bool(jnp.all(jnp.isfinite(slope)))
    if amount == 1.0:
        step = 1e-5 * jnp.eye(len(x))
        each = jax.jit(jax.vmap(lambda d: (total(x + d, at) - total(x - d, at)) / 2e-5))(step)
        np.testing.assert_allclose(slope, each, rtol=1e-6, atol=1e-6 * float(jnp.max(jnp.abs(slope))))


def test_a_field_without_minerals_has_no_aggregates_to_open():
    layer = replace(Layer(), minerals=None, birch=None, dormancy=None)
    field = managing.field(layer, crops.Plant(), managing.Management())
    names = [r.name for r in managing.practices(field, managing.Management(), layer).reactions]
    assert "tillage mixes straw" in names
    assert "tillage opens" not in names


@pytest.mark.slow
def test_the_preset_closes_over_a_century():
    chosen = read_preset("wheat-maize", None, "site")
    result = chosen.run(chosen.settings)
    assert len(result.coordinates["year"].values) == 100
    for row in result.ledger:
        assert abs(row.residual) <= 1e-12 * row.scale
    assert len(result.notes) == len(plot.NOTES)  # no step was limited, forced or left unfinished
    for name in ("yield", "nitrous_oxide", "leached_mineral"):
        assert result.number(f"{name}_unfertilised") < result.number(name)
