"""Laws of litter bags: carbon goes, C and N close, and nitrogen leaves once the ratio has come down to θ_B/ε."""

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.models.site.litterbag import FILL, MINERAL, Bag, Climate, Litter, course, inside
from shanhai.soil.peers.daycent_matter import Daycent, fates, matter_ratio
from shanhai.soil.stoichiometry import critical_ratio

pytestmark = pytest.mark.slow  # each model is compiled

LITTER = Litter(jnp.array([0.1, 0.2, 0.25, 0.16]), jnp.array([25.0, 50.0, 80.0, 120.0]))
CLIMATE = Climate(jnp.array([5.0, 20.0]), jnp.array([8.0, 0.0]), jnp.array([0.55, 0.55]))
MODELS = ("daycent", "casacnp", "corpse")


@pytest.fixture(scope="module")
def found():
    return {name: course(Bag(), name, LITTER, CLIMATE, 5) for name in MODELS}


@pytest.mark.parametrize("model", MODELS)
def test_carbon_goes_and_never_comes_back(found, model):
    carbon = np.asarray(found[model].carbon)
    assert np.all(np.diff(carbon, axis=0) < 0.0)
    assert np.all(carbon[-1] > 0.0)
    assert np.all(carbon[-1, :, 1] < carbon[-1, :, 0])  # more is left where it is cold


@pytest.mark.parametrize("model", MODELS)
def test_carbon_and_nitrogen_of_bag_soil_and_air_close(found, model):
    run = found[model]
    change = np.tensordot(run.network.contents, np.asarray(run.end - run.start), 1)
    size = np.tensordot(np.abs(run.network.contents), np.asarray(jnp.abs(run.end) + jnp.abs(run.start)), 1)
    assert np.all(np.abs(change) <= 1e-12 * size)
    assert float(np.asarray(run.end)[list(run.network.pools)].min()) >= 0.0


@pytest.mark.parametrize("model", MODELS)
def test_a_bag_starts_with_the_litter_that_was_put_in(found, model):
    run, bag = found[model], Bag()
    microbes = float(bag.inoculum) if model == "corpse" else 0.0
    np.testing.assert_allclose(run.carbon[0], (1.0 + microbes) * float(bag.carbon), rtol=1e-12)
    expected = np.asarray(100.0 / LITTER.ratio)[:, None] + 100.0 * microbes / 8.0 * np.ones((1, 2))
    np.testing.assert_allclose(run.nitrogen[0], expected, rtol=1e-12)


@pytest.mark.parametrize("model", MODELS)
def test_poor_litter_takes_nitrogen_up_before_it_gives_it(found, model):
    over = np.asarray(found[model].nitrogen / found[model].nitrogen[0])
    assert np.all(over.max(axis=0) > 1.0)  # all litters here are poorer than what eats them needs
    assert np.all(np.argmax(over, axis=0) > 0)
    assert over[-1, 0, 1] < 1.0  # the soft leaf has given some of its own
    assert over[:, 3].max() > over[:, 0].max()


def net_nitrogen(model, food, ratio):
    """Rate at which a bag of one food of a C:N gains nitrogen at its start, over the nitrogen that it loses."""
    litter = Litter(jnp.array([0.1]), jnp.array([ratio]))
    climate = Climate(jnp.array([20.0]), jnp.array([0.0]), jnp.array([0.55]))
    filled = FILL[model](Bag(), litter, climate)
    network, minerals = filled.network, [n for n in filled.network.names if n in MINERAL or n == "exchangeable_p"]
    x = jnp.zeros_like(filled.start)
    for name in minerals:
        x = x.at[network.index(name)].set(filled.start[network.index(name)])
    x = x.at[network.index(food)].set(100.0).at[network.index(f"{food}_n")].set(100.0 / ratio)
    change = network.tendency(x, filled.meets(climate.temperature))
    lost = -change[network.index(f"{food}_n")]
    return float((jnp.tensordot(inside(network, "N"), change, axes=1) / lost)[0, 0])


def critical_of(model):
    """θ_B/ε of microbes on metabolic litter, where there is the mineral nitrogen of the soil around."""
    if model == "daycent":
        return float(critical_ratio(0.45, matter_ratio(Daycent(), "surface_active", Bag().soil_nitrogen)))
    rich, poor, part = 1.0 / 6.69, 1.0 / 8.0, 2.0**-0.05  # w where mineral nitrogen is N_0, with its rounded corner
    return float(critical_ratio(0.45, 1.0 / (part * rich + (1.0 - part) * poor)))


@pytest.mark.parametrize(("model", "food"), [("daycent", "surface_metabolic"), ("casacnp", "metabolic")])
def test_immobilisation_turns_to_release_at_the_ratio_of_the_eaters_over_their_efficiency(model, food):
    critical = critical_of(model)
    assert 12.0 < critical < 17.0
    assert net_nitrogen(model, food, 0.98 * critical) < 0.0 < net_nitrogen(model, food, 1.02 * critical)


def test_bags_turn_between_the_least_and_the_largest_ratio_of_their_eaters_over_their_efficiency(found):
    carbon, nitrogen = (np.asarray(v) for v in (found["daycent"].carbon, found["daycent"].nitrogen))
    most = np.argmax(nitrogen, axis=0)[None]
    turning = np.take_along_axis(carbon / nitrogen, most, axis=0)[0]
    m, mineral = Daycent(), Bag().soil_nitrogen
    pools = ("surface_cellulose", "surface_metabolic", "surface_lignin", "surface_active")
    ratios = [float(critical_ratio(e, matter_ratio(m, to, mineral))) for p in pools for to, e in fates(m)[p].items()]
    assert np.all((turning > min(ratios)) & (turning < max(ratios)))
