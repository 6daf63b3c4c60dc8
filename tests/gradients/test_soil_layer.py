"""The layer of soil has right derivatives by amounts and parameters in every weather, and every parameter matters."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.soils import CELLS, RAIN, soil, weather

from shanhai.core.params import describe
from shanhai.soil.layer import Conditions, Layer, network
from shanhai.soil.layer_laws import taken_up
from shanhai.soil.layer_oxygen import Oxygen
from shanhai.soil.layer_phosphorus import PhosphorusOfLayer

pytestmark = pytest.mark.slow  # compiling takes long

LAYER = Layer(phosphorus=PhosphorusOfLayer(cost=15.5), oxygen=Oxygen())  # a cost at which the rounded corner matters
DAY = Conditions(*(field[RAIN] for field in weather()))  # rain falls on the dry ones, and a drizzle on the moist one
DAY = DAY._replace(potential_rate=DAY.potential_rate.at[0].set(0.5), water_rate=DAY.water_rate.at[0].set(5e-8))
DAY = DAY._replace(water=DAY.water.at[CELLS.index("frozen")].set(0.32))  # where air is about to enter aggregates
UNUSED = {  # as the layer says of itself
    "anoxic.critical", "anoxic.steepness", "dormancy.half_saturation", "nitrification.ammonium",
    "phosphorus.transfers.uptake_half",
}  # fmt: skip
STEP = {"nitrification.nitrous_oxide": 1e-3}  # a share of little beside what the air exchanges
NAMES = [row.name for row in describe(LAYER)]


def start():
    """Amounts; after a short drought phosphorus is short, and there is some of every gas where there is anything."""
    x, net = soil(LAYER), network(LAYER)
    gases = jnp.array([net.index(n) for n in ("nitrite", "nitric_oxide", "nitrous_oxide")])
    x = x.at[gases].set(0.01 * jnp.sign(x[net.index("active_c")]))
    poor = jnp.array([net.index(n) for n in ("dissolved_p", "exchangeable_p")])
    return x.at[poor, CELLS.index("short drought")].multiply(0.01)


def values(layer):
    found = []
    for name in NAMES:
        module = layer
        for part in name.split("."):
            module = getattr(module, part)
        found.append(module)
    return found


@eqx.filter_jit
def rates(parameters, x):
    layer = eqx.tree_at(values, LAYER, list(parameters))
    net = network(layer)
    return jnp.einsum("src,rc->sc", net.stoichiometry(x, DAY), net.rates(x, DAY))


@pytest.fixture(scope="module")
def by_parameters():
    return np.asarray(eqx.filter_jit(jax.jacfwd(rates))(jnp.stack(values(LAYER)), start()))


def test_derivatives_by_parameters_are_finite_in_every_weather(by_parameters):
    assert np.all(np.isfinite(by_parameters))


def test_every_parameter_moves_a_rate_in_some_weather(by_parameters):
    assert {n for k, n in enumerate(NAMES) if not np.any(by_parameters[..., k])} == UNUSED


def test_derivatives_by_parameters_are_those_of_finite_differences(by_parameters):
    p, x = jnp.stack(values(LAYER)), start()
    for k in range(len(NAMES)):
        h = STEP.get(NAMES[k], 1e-4 * jnp.where(p[k] == 0.0, 1.0, jnp.abs(p[k])))
        up, down, up2, down2 = (np.asarray(rates(p.at[k].add(s * h), x)) for s in (1, -1, 2, -2))
        slope = (8 * (up - down) - (up2 - down2)) / (12 * float(h))
        scale = np.abs(by_parameters[..., k]).max() + 1e-30
        np.testing.assert_allclose(by_parameters[..., k] / scale, slope / scale, atol=1e-6, err_msg=NAMES[k])


@pytest.fixture(scope="module")
def along():
    p = jnp.stack(values(LAYER))
    return jax.jit(lambda x, direction: jax.jvp(lambda x: rates(p, x), (x,), (direction,))[1])


def test_derivatives_by_amounts_are_finite_in_every_weather(along):
    x = start()
    assert bool(jnp.all(jnp.isfinite(along(x, jnp.ones_like(x)))))
    assert bool(jnp.all(jnp.isfinite(along(x, jnp.zeros_like(x)))))  # no infinite slope hides behind a zero


@pytest.mark.parametrize("seed", range(3))
def test_derivatives_by_amounts_are_those_of_finite_differences(seed, along):
    x, p = start(), jnp.stack(values(LAYER))
    direction = x * jnp.asarray(np.random.default_rng(seed).uniform(-1.0, 1.0, x.shape))
    found = np.asarray(along(x, direction))
    up, down, up2, down2 = (np.asarray(rates(p, x + s * 1e-3 * direction)) for s in (1, -1, 2, -2))
    slope = (8 * (up - down) - (up2 - down2)) / 12e-3
    scale = np.abs(found).max(axis=0) + 1e-30
    np.testing.assert_allclose(found / scale, slope / scale, atol=1e-6)


def test_without_oxygen_the_part_of_the_soil_without_it_matters():
    plain = Layer()
    view = network(plain).view(soil(plain))
    slopes = eqx.filter_grad(lambda anoxic: taken_up(eqx.tree_at(lambda n: n.anoxic, plain, anoxic), view, DAY).sum())
    assert all(float(slope) != 0.0 for slope in jax.tree.leaves(slopes(plain.anoxic)))
