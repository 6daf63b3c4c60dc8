"""Derivatives of the peers with nutrients: finite and those of differences, in ordinary, empty, dry and frozen soil."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.soil.peers.casacnp import Casa, CasaSite, casa_network
from shanhai.soil.peers.corpse import Corpse, CorpseSite, corpse_network
from shanhai.soil.peers.mend import Mend, MendSite, mend_network
from shanhai.soil.peers.mimics_cn import MimicsCn, MimicsCnSite, mimics_cn_network

pytestmark = pytest.mark.slow  # reverse mode of a network takes long to compile

PEERS = {
    "mimics_cn": (lambda: mimics_cn_network(MimicsCn()), MimicsCnSite(12.0, 0.2, 300.0, 0.5)),
    "corpse": (lambda: corpse_network(Corpse()), CorpseSite(285.0, 0.5, 0.2, 0.4)),
    "casacnp": (lambda: casa_network(Casa()), CasaSite(285.0, 0.5, 150.0, 200.0, 80.0)),
    "mend": (lambda: mend_network(Mend()), MendSite(285.0, -2e5, 0.6, 2e-6)),
}
EDGES = {
    "mimics_cn": ({"temperature": -20.0}, {"clay": 0.0}, {"litter": 0.0}),
    "corpse": ({"temperature": 250.0}, {"water": 0.0}, {"water": 1.0}, {"clay": 0.0}),
    "casacnp": ({"temperature": 250.0}, {"water": 0.0}, {"water": 1.0}),
    "mend": ({"temperature": 250.0}, {"potential": 0.0}, {"potential": -1e8}, {"filled": 0.0}, {"filled": 1.0}),
}


@cache
def slopes(name):
    """Value and derivatives of a weighted sum of the rates of change, by amounts and forcing."""
    network = PEERS[name][0]()
    weight = jnp.cos(jnp.arange(len(network.species)) + 1.0)

    def change(x, site):
        return jnp.sum(weight * network.tendency(x, site))

    return jax.jit(jax.value_and_grad(change, (0, 1)))


def floats(site):
    return jax.tree.map(lambda v: jnp.asarray(v, float), site)


def amounts(name):
    count = {"mimics_cn": 19, "corpse": 20, "casacnp": 33, "mend": 32}[name]
    return jnp.linspace(0.5, 40.0, count)


@pytest.mark.parametrize("name", PEERS)
def test_derivatives_by_amounts_and_forcing_are_those_of_differences(name):
    x, site, h = amounts(name), floats(PEERS[name][1]), 1e-6
    _, (by_x, by_site) = slopes(name)(x, site)
    along = (jnp.sum(by_x * x), sum(jnp.sum(g * v) for g, v in zip(by_site, site)))

    def at(s_x, s_site):
        return slopes(name)(x * (1.0 + s_x), jax.tree.map(lambda v: v * (1.0 + s_site), site))[0]

    for slope, up, down in ((along[0], at(h, 0.0), at(-h, 0.0)), (along[1], at(0.0, h), at(0.0, -h))):
        np.testing.assert_allclose(slope, (up - down) / (2.0 * h), rtol=2e-6, atol=1e-6 * abs(float(along[0])))


@pytest.mark.parametrize("name", PEERS)
def test_derivatives_are_finite_at_the_edges(name):
    site = floats(PEERS[name][1])
    for edge in ({}, *EDGES[name]):
        for amount in (1.0, 0.0, 1e-200):
            value, found = slopes(name)(amount * amounts(name), floats(site._replace(**edge)))
            assert np.isfinite(value), (edge, amount)
            for slope in jax.tree.leaves(found):
                assert np.all(np.isfinite(slope)), (edge, amount)
