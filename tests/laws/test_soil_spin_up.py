"""Spin-up of a profile: where Newton's steps do not end it mixing does, at the same place."""

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.first_order import FirstOrder
from shanhai.core.ledger import JULIAN_YEAR
from shanhai.core.reactions import Network, Reaction, Species
from shanhai.numerics.exponential import Exponential
from shanhai.soil.isotopes import Isotope, boundary_of, carbon_14
from shanhai.soil.profile import Fed, Profile, Ride, with_litter
from shanhai.soil.spin_up import spin_up
from shanhai.soil.transport import Medium, Solid

pytestmark = pytest.mark.slow  # compiling takes long

LITTER, HUMUS = (Species(n, {"C": 1.0}) for n in ("litter", "humus"))
AIR = Species("co2", {"C": 1.0}, external=True)
DEEP = jnp.array([0.1, 0.3])
SEASONS = Fed(None, {"litter": jnp.array([[6.0, 1.0], [2.0, 0.0], [1.0, 0.0], [3.0, 1.0]])})  # a quarter each


@pytest.fixture(scope="module")
def profile():
    """Litter that becomes humus of thirty years; worms mix both; per year."""
    reactions = (
        Reaction("rots", FirstOrder("litter", 1.0), {"litter": -1.0, "humus": 0.3, "co2": 0.7}),
        Reaction("burns", FirstOrder("humus", 1.0 / 30.0), {"humus": -1.0, "co2": 1.0}),
    )
    network = with_litter(Network((LITTER, HUMUS, AIR), reactions), ("litter",), None)
    return Profile(network, {n: Solid() for n in ("litter", "humus")}, DEEP, second=JULIAN_YEAR)


@pytest.fixture(scope="module")
def ends(profile):
    """The same profile by Newton's steps, and by mixing after one of them."""
    carbon_dated = Isotope("14C", "C", 1.0, carbon_14().decay * JULIAN_YEAR)
    ride = Ride(carbon_dated, boundary_of(profile.network, {"litter_C": 1.0}, 1), 0.0)
    x = jnp.zeros((4, 2)).at[:2].set(1.0)
    medium = Medium(mixing=1e-3 / JULIAN_YEAR)
    return [
        spin_up(profile, Exponential(), x, SEASONS, medium, 0.25, ride, tolerance=1e-8, most=most) for most in (60, 1)
    ]


def test_mixing_takes_over_where_newton_has_not_ended(ends):
    newton, mixed = ends
    assert newton.method == "newton"
    assert mixed.method == "anderson", mixed.says()
    assert mixed.residual[0] <= 1e-8
    assert newton.cycles[0] < mixed.cycles[0] < 200  # one after another, a hundred times thirty years would not do
    assert "(anderson)" in mixed.says()


def test_mixing_and_newton_end_at_the_same_amounts_and_isotopes(ends):
    newton, mixed = (end.state for end in ends)
    np.testing.assert_allclose(mixed.x[:2], newton.x[:2], rtol=1e-6)
    np.testing.assert_allclose(mixed.tracer[:2], newton.tracer[:2], rtol=1e-6)
    assert np.all(np.asarray(mixed.tracer[:2] / mixed.x[:2]) < 1.0)
