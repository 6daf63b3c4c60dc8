"""Plants and fungi of a layer have right derivatives in every weather, and every number of theirs matters."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.rooted import FULL, GROWTH, inhabited, wooded
from tests.soils import CELLS, RAIN

from shanhai.core.params import describe
from shanhai.soil.layer import network
from shanhai.soil.mycorrhiza import Association

pytestmark = pytest.mark.slow  # compiling takes long

LAYER = replace(
    FULL, plants=replace(FULL.plants, am=Association(mining=jnp.asarray(0.2)))
)  # so that its mining matters
DAY = jax.tree.map(lambda field: field[RAIN], wooded(GROWTH._replace(nitrogen=GROWTH.nitrogen * 1.7)))
NAMES = [
    r.name for r in describe(LAYER) if r.name.startswith(("plants.", "mycorrhiza.", "oxygen.", "nitrification.amm"))
]
DAY = DAY._replace(water=DAY.water.at[CELLS.index("frozen")].set(0.32))  # where air is about to enter aggregates
STEP = {"plants.nitrifiers": 2e-4}  # a small crowd beside all others


def values(layer):
    found = []
    for name in [*NAMES, "oxygen.spread"]:
        module = layer
        for part in name.split("."):
            module = getattr(module, part)
        found.append(module)
    return found


def start():
    """Amounts with fungi that hold too much of one nutrient or too little of the other."""
    x, net = inhabited(LAYER), network(LAYER)
    for name, factor in (("am_n", 1.2), ("ecm_n", 0.8), ("am_p", 0.9), ("ecm_p", 1.15)):
        x = x.at[net.index(name)].multiply(factor)
    return x


@eqx.filter_jit
def rates(parameters, growth, x):
    net = network(eqx.tree_at(values, LAYER, list(parameters)))
    at = DAY._replace(vegetation=type(GROWTH)(*growth))
    return jnp.einsum("src,rc->sc", net.stoichiometry(x, at), net.rates(x, at))


GIVEN = jnp.stack(values(LAYER)), jnp.stack(DAY.vegetation), start()


@pytest.fixture(scope="module")
def slopes():
    """By parameters and by what plants ask and give."""
    by = eqx.filter_jit(
        jax.jacfwd(lambda p, g: rates(p, jnp.stack(DAY.vegetation) * (1.0 + g[:, None]), GIVEN[2]), (0, 1))
    )
    return [np.asarray(s) for s in by(GIVEN[0], jnp.zeros(len(GROWTH)))]


def finite(function, h):
    up, down, up2, down2 = (np.asarray(function(s * h)) for s in (1, -1, 2, -2))
    return (8 * (up - down) - (up2 - down2)) / (12 * h)


def test_derivatives_are_finite_and_every_number_moves_a_rate(slopes):
    for found, names in zip(slopes, ([*NAMES, "oxygen.spread"], GROWTH._fields)):
        assert np.all(np.isfinite(found))
        assert [n for k, n in enumerate(names) if not np.any(found[..., k])] == []


def test_derivatives_by_parameters_are_those_of_finite_differences(slopes):
    for k, name in enumerate([*NAMES, "oxygen.spread"]):
        size = float(jnp.where(GIVEN[0][k] == 0.0, 1.0, jnp.abs(GIVEN[0][k])))
        slope = finite(lambda h, k=k: rates(GIVEN[0].at[k].add(h), *GIVEN[1:]), STEP.get(name, 1e-4 * size))
        scale = np.abs(slopes[0][..., k]).max() + 1e-30
        np.testing.assert_allclose(slopes[0][..., k] / scale, slope / scale, atol=1e-6, err_msg=name)


def test_derivatives_by_what_plants_ask_and_give_are_those_of_finite_differences(slopes):
    for k, name in enumerate(GROWTH._fields):
        slope = finite(lambda h, k=k: rates(GIVEN[0], GIVEN[1].at[k].multiply(1.0 + h), GIVEN[2]), 1e-4)
        scale = np.abs(slopes[1][..., k]).max() + 1e-30
        np.testing.assert_allclose(slopes[1][..., k] / scale, slope / scale, atol=1e-6, err_msg=name)


def test_derivatives_by_amounts_are_those_of_finite_differences_and_finite_where_there_is_nothing():
    p, growth, x = GIVEN
    along = jax.jit(lambda direction: jax.jvp(lambda x: rates(p, growth, x), (x,), (direction,))[1])
    assert bool(jnp.all(jnp.isfinite(along(jnp.ones_like(x)))))
    assert bool(jnp.all(jnp.isfinite(along(jnp.zeros_like(x)))))
    for seed in range(2):
        direction = x * jnp.asarray(np.random.default_rng(seed).uniform(-1.0, 1.0, x.shape))
        found = np.asarray(along(direction))
        slope = finite(lambda h, d=direction: rates(p, growth, x + h * d), 1e-3)
        scale = np.abs(found).max(axis=0) + 1e-30
        np.testing.assert_allclose(found / scale, slope / scale, atol=1e-6)
