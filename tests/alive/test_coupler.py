"""Every choice of a coupled system moves what comes out."""

import equinox as eqx
import jax.numpy as jnp
import pytest
from tests import coupled_toys as toys

from shanhai.coupling.driver import advance


@pytest.fixture(scope="module")
def usual():
    coupler, begin = toys.two()
    return coupler, begin, heat(coupler, begin)


def heat(coupler, begin):
    after = advance(coupler, begin, jnp.asarray(2 * 3600 // coupler.window))
    return [float(x) for x in jnp.ravel(after.components["sea"]["heat"])]


@pytest.mark.parametrize(
    "where",
    [
        lambda c: c.members[0].component.rate,
        lambda c: c.members[0].component.sun,
        lambda c: c.members[1].component.rate,
        lambda c: c.links[0].crossing.area,
        lambda c: c.links[-1].crossing.area,
    ],
    ids=["air rate", "sun", "sea rate", "overlaps of amounts", "overlaps of states"],
)
def test_parameters_and_weights_are_alive(usual, where):
    coupler, begin, before = usual
    random = jnp.linspace(1.1, 1.5, where(coupler).size).reshape(where(coupler).shape)
    assert heat(eqx.tree_at(where, coupler, where(coupler) * random), begin) != before


def test_the_window_is_alive(usual):
    assert heat(*toys.two(window=7200)) != usual[2]
