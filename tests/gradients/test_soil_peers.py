"""Derivatives of the peers' tendencies: finite and those of differences, in wet, dry, cold and empty soil."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.soil.peers.century import Century, CenturyWeek, century_network
from shanhai.soil.peers.millennial import Millennial, MillennialDay, millennial_network
from shanhai.soil.peers.mimics import Mimics, MimicsSite, mimics_network
from shanhai.soil.peers.rothc import Rothc, RothcMonth, rothc_network

ORDINARY = {
    "millennial": (millennial_network, Millennial(), MillennialDay(12.0, 0.3, 0.8)),
    "mimics": (mimics_network, Mimics(), MimicsSite(12.0, 0.2, 200.0, 0.6)),
    "rothc": (rothc_network, Rothc(), RothcMonth(12.0, -25.0, 0.5, 2.0, 0.5)),
    "century": (century_network, Century(), CenturyWeek(12.0, 0.6, 3.0, 2.0)),
}
EDGES = {
    "saturated": ("millennial", MillennialDay(12.0, 0.6, 0.8)),
    "above saturation": ("millennial", MillennialDay(12.0, 0.61, 0.8)),
    "dry": ("millennial", MillennialDay(12.0, 0.0, 0.8)),
    "without clay": ("mimics", MimicsSite(12.0, 0.0, 200.0, 0.6)),
    "without litter": ("mimics", MimicsSite(12.0, 0.2, 0.0, 0.6)),
    "frozen mimics": ("mimics", MimicsSite(-20.0, 0.2, 200.0, 0.6)),
    "frozen rothc": ("rothc", RothcMonth(-18.27, 0.0, 1.0, 0.0, 0.0)),
    "just above": ("rothc", RothcMonth(-18.169, 0.0, 1.0, 0.0, 0.0)),
    "driest": ("rothc", RothcMonth(12.0, -44.94, 1.0, 1.0, 0.0)),
    "frozen century": ("century", CenturyWeek(-14.8, 0.0, 0.0, 0.0)),
}


def tendency(name):
    build, model, _ = ORDINARY[name]
    return build, model, jnp.linspace(0.5, 40.0, len(build(model).species))


@pytest.mark.parametrize("name", ORDINARY)
def test_derivatives_by_amounts_forcing_and_parameters_are_those_of_differences(name):
    build, model, x = tendency(name)
    weight = jnp.cos(jnp.arange(len(x)) + 1.0)

    def change(scale_x, scale_air, scale_model):
        scaled = jax.tree.map(lambda v: v * scale_model, model)
        air = jax.tree.map(lambda v: v * scale_air, ORDINARY[name][2])
        return jnp.sum(weight * build(scaled).tendency(x * scale_x, air))

    slopes = jax.grad(change, (0, 1, 2))(1.0, 1.0, 1.0)
    h = 1e-6
    for k, slope in enumerate(slopes):
        up, down = (change(*(1.0 + s * h * (i == k) for i in range(3))) for s in (1.0, -1.0))
        assert np.isfinite(slope)
        np.testing.assert_allclose(slope, (up - down) / (2.0 * h), rtol=1e-6, atol=1e-6 * abs(float(slopes[0])))


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("amount", [1.0, 0.0])
def test_derivatives_are_finite_at_the_edges(edge, amount):
    name, air = EDGES[edge]
    build, model, x = tendency(name)
    air = jax.tree.map(jnp.asarray, air)

    def change(x, air, model):
        return build(model).tendency(x, air)

    for slope in jax.tree.leaves(jax.jacrev(change, (0, 1, 2))(amount * x, air, model)):
        assert np.all(np.isfinite(slope))
