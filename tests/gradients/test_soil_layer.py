"""The layer of soil has right derivatives by amounts and parameters in every weather, and every parameter matters."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.soils import CELLS, RAIN, soil, weather

from shanhai.core.params import describe
from shanhai.soil.layer import Conditions, Layer, network

LAYER = Layer()
DAY = Conditions(*(field[RAIN] for field in weather()))  # rain falls on the dry ones, and a drizzle on the moist one
DAY = DAY._replace(potential_rate=DAY.potential_rate.at[0].set(0.5), water_rate=DAY.water_rate.at[0].set(5e-8))
UNUSED = {  # as the layer says of itself
    "composition.phosphorus", "nitrification.ammonium", "nitrification.oxygen", "denitrification.oxygen",
    "denitrification.oxygen_of_last",
}  # fmt: skip
NAMES = [row.name for row in describe(LAYER)]


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
    return np.asarray(eqx.filter_jit(jax.jacfwd(rates))(jnp.stack(values(LAYER)), soil(LAYER)))


def test_derivatives_by_parameters_are_finite_in_every_weather(by_parameters):
    assert np.all(np.isfinite(by_parameters))


def test_every_parameter_moves_a_rate_in_some_weather(by_parameters):
    assert {n for k, n in enumerate(NAMES) if not np.any(by_parameters[..., k])} == UNUSED


def test_derivatives_by_parameters_are_those_of_finite_differences(by_parameters):
    p, x = jnp.stack(values(LAYER)), soil(LAYER)
    for k in range(len(NAMES)):
        h = 1e-4 * jnp.where(p[k] == 0.0, 1.0, jnp.abs(p[k]))
        up, down, up2, down2 = (np.asarray(rates(p.at[k].add(s * h), x)) for s in (1, -1, 2, -2))
        slope = (8 * (up - down) - (up2 - down2)) / (12 * float(h))
        scale = np.abs(by_parameters[..., k]).max() + 1e-30
        np.testing.assert_allclose(by_parameters[..., k] / scale, slope / scale, atol=1e-6, err_msg=NAMES[k])


def test_derivatives_by_amounts_are_finite_in_every_weather():
    x = soil(LAYER)
    slopes = jax.jit(jax.jacfwd(lambda x: rates(jnp.stack(values(LAYER)), x)))(x)
    assert slopes.shape == (*x.shape, *x.shape)
    assert len(CELLS) == x.shape[1]
    assert bool(jnp.all(jnp.isfinite(slopes)))
