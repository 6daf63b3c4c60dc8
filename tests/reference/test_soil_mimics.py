"""MIMICS at the fourteen sites of its authors: skill of the steady states, whatever the start."""

import csv

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.conftest import SHARED

from shanhai.numerics.steady import CONVERGED, steady_state
from shanhai.soil.peers.mimics import Mimics, MimicsSite, metabolic_share, mimics_network, stock

DESORPTION = 1.5e-5  # h-1
DRY_WEIGHT_PER_CARBON = 2.0  # of the table's production, as in the published scripts


@pytest.fixture(scope="module")
def table():
    file = SHARED / "soil" / "mimics" / "LTER_SITE_1_full.csv"
    if not file.exists():
        pytest.skip("shared/data/soil is not here")
    rows = list(csv.DictReader(file.read_text().splitlines()))
    return {key: jnp.array([float(row[key]) for row in rows]) for key in ("SOC", "CLAY2", "ANPP", "MAT", "LIG", "N")}


@pytest.fixture(scope="module")
def sites(table):
    production = table["ANPP"] / DRY_WEIGHT_PER_CARBON
    return MimicsSite(table["MAT"], table["CLAY2"] / 100.0, production, metabolic_share(table["LIG"] / table["N"]))


@pytest.fixture(scope="module")
def find(sites):
    """State at rest from a start under a rate of desorption, and its derivative by that."""

    def end(x, desorption):
        steady = steady_state(mimics_network(Mimics(desorption=desorption)), x, sites, tolerance=1e-10)
        return steady.x, steady

    slope = jax.jit(lambda x, desorption: jax.jvp(lambda d: end(x, d), (desorption,), (1.0,)))

    def found(x, desorption=DESORPTION):
        (_, steady), (by_desorption, _) = slope(x, desorption)
        return steady, by_desorption

    return found


def test_soil_carbon_has_the_skill_of_the_published_parameters(find, table):
    found = stock(Mimics(), find(jnp.ones((9, 14)))[0].x)
    assert round(float(np.corrcoef(found, table["SOC"])[0, 1] ** 2), 3) == 0.439
    assert round(float(jnp.sqrt(jnp.mean((found - table["SOC"]) ** 2))), 2) == 1.90


def test_every_site_rests_whatever_the_start(find):
    ends = [find(s * jnp.ones((9, 14)))[0] for s in (1.0, 1e-3, 100.0)]
    for end in ends:
        assert np.all(end.status == CONVERGED)
        assert float(end.residual.max()) < 1e-12
        np.testing.assert_allclose(end.x[:7], ends[0].x[:7], rtol=1e-9)


def test_at_rest_what_falls_is_respired(find, sites):
    network = mimics_network(Mimics())
    change = network.tendency(find(jnp.ones((9, 14)))[0].x, sites)
    np.testing.assert_allclose(change[8], -change[7], rtol=1e-10)


def test_soil_carbon_at_rest_has_the_derivatives_of_differences(find):
    start = jnp.ones((9, 14))
    up, down = (find(start, DESORPTION * f)[0].x[:7] for f in (1.0001, 0.9999))
    difference = jnp.sum(up - down, axis=0) / (2e-4 * DESORPTION)
    np.testing.assert_allclose(jnp.sum(find(start)[1][:7], axis=0), difference, rtol=1e-6)
