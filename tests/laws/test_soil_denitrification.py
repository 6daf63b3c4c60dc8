"""Laws of denitrification: published numbers, guards, atoms and electrons, a pulse of carbon that uses up oxygen."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from validation.soil_nitrogen import soil, start

from shanhai.core.errors import InputError
from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Network, Species
from shanhai.numerics.integrate import Tolerance, integrate
from shanhai.numerics.rosenbrock import Rosenbrock
from shanhai.soil import denitrification as den
from shanhai.soil import nitrification as nit
from shanhai.soil.gas_diffusivity import exchange

DENSITY = 1300.0
CARBON = (
    Species("sugar", {"C": 1.0, "electrons": 4.0}),
    Species("co2", {"C": 1.0}, external=True),
)
OXYGEN = (Species("oxygen", {"electrons": -4.0}), Species("air", {"electrons": -4.0}, external=True))


def by_hand(n, r):
    """Published form in µg g-1 and days."""
    return min(0.1 * r**1.3, 1.15 * n**0.57)


@pytest.mark.parametrize(("n", "r"), [(10.0, 2.0), (0.5, 50.0), (100.0, 100.0)])
def test_empirical_rate_is_the_published_one(n, r):
    one = den.per_gram(1.0, 1.0, DENSITY)
    nitrate, respiration = n / float(one.nitrate), r / float(one.respiration)
    rate = den.potential_del_grosso2000(nitrate, respiration, DENSITY, linear_below=0.0)
    assert float(rate / one.unit) == pytest.approx(by_hand(n, r), rel=1e-12)
    near = den.potential_del_grosso2000(nitrate, respiration, DENSITY, width=0.05)
    assert float(near / one.unit) == pytest.approx(by_hand(n, r), rel=0.04)
    assert float(near) <= float(rate)
    assert float(one.unit * one.nitrate) * 86400.0 == pytest.approx(1.0)


def test_empirical_rate_is_zero_without_nitrate_or_respiration_with_a_finite_slope():
    for width in (0.0, 0.1):
        rate = lambda n, r: den.potential_del_grosso2000(n, r, DENSITY, width)  # noqa: B023, E731
        for n, r in ((0.0, 1e-6), (1.0, 0.0), (0.0, 0.0)):
            assert float(rate(n, r)) == 0.0
            assert np.all(np.isfinite(jax.grad(rate, (0, 1))(n, r)))
        assert float(jax.grad(rate)(0.0, 1e-6)) > 0


def test_ratio_of_gases_has_its_published_limits():
    ratio = lambda n, r, w=0.8, d=0.02: float(den.dinitrogen_per_nitrous_oxide(n, r, DENSITY, w, d))  # noqa: E731
    wet, k1 = 1.5 * 0.8 - 0.32, 38.4 - 350 * 0.02
    assert ratio(0.0, 1e-5) == pytest.approx(k1 * wet)
    assert ratio(1e3, 1e-8) == pytest.approx(0.16 * k1 * wet)
    assert ratio(0.0, 0.0) == ratio(1.0, 0.0) == pytest.approx(0.16 * k1 * wet)
    assert ratio(0.0, 1e-5, w=0.2) == pytest.approx(k1 * 0.1)
    assert ratio(0.0, 1e-5, d=0.5) == pytest.approx(1.7 * wet)
    assert ratio(0.01, 1e-5) > ratio(1.0, 1e-5) > ratio(10.0, 1e-5)


def test_empirical_reactions_share_the_gases_and_close():
    nitrogen = nit.mineral_nitrogen("nitrate", "nitrous_oxide", "dinitrogen", electrons=True)
    law = den.Empirical(1e-6, DENSITY, 0.3)
    network = Network((*nitrogen, *CARBON), den.empirical(law, 4.0, donor="sugar"))
    change = network.tendency(jnp.array([1.0, 0.0, 0.0, 5.0, 0.0]))
    assert np.allclose(network.contents @ change, 0.0, atol=1e-20)
    assert float(change[2] / change[1]) == pytest.approx(4.0)
    assert float(-change[0]) == pytest.approx(0.3 * float(den.potential_del_grosso2000(1.0, 1e-6, DENSITY, 0.1)))


def test_five_carbons_reduce_four_nitrates_to_dinitrogen():
    steps = den.chain((1.0, 1.0, 1.0, 1.0), donor="sugar")
    spent = sum(dict(r.moves)["sugar"] for r in steps)
    assert 4 * spent == -5.0
    electrons = [-4.0 * dict(r.moves)["sugar"] for r in steps]
    assert electrons == [2.0, 1.0, 1.0, 1.0]
    network = Network((*nit.mineral_nitrogen(*den.CHAIN, electrons=True), *CARBON, *OXYGEN), steps)
    assert np.allclose(network.contents @ np.asarray(network.stoichiometry(jnp.ones(9))), 0.0, atol=0)
    with pytest.raises(InputError, match="four steps"):
        den.chain((1.0,), donor="sugar")


def test_oxygen_hinders_every_step_and_the_last_most():
    laws = [r.law for r in den.chain((1.0, 1.0, 1.0, 1.0), donor="sugar")]
    view = dict.fromkeys((*den.CHAIN, "sugar"), jnp.asarray(1.0))
    share = [
        float(law(view | {"oxygen": jnp.asarray(0.01)}, None) / law(view | {"oxygen": jnp.asarray(0.0)}, None))
        for law in laws
    ]
    assert share[0] == share[1] == share[2] == pytest.approx(1 / 3)
    assert share[3] == pytest.approx(1 / 11)


@pytest.fixture(scope="module")
def runs():
    """Two days without and with a pulse of sugar, in two cells."""
    network = soil()
    x = start(network)
    end = integrate(Rosenbrock(), network, x, None, 2 * 86400.0, Tolerance(relative=1e-6))
    return network, x, end, dict(zip([r.name for r in network.reactions], np.asarray(end.extents)))


def test_a_pulse_of_carbon_lowers_nitrification_and_raises_denitrification(runs):
    network, _, end, extents = runs
    assert np.all(np.asarray(end.status) == 0)
    calm, pulse = extents["nitrification"]
    assert pulse < 0.7 * calm
    for step in ("nitrate to nitrite", "nitrous_oxide to dinitrogen"):
        calm, pulse = extents[step]
        assert pulse > 5 * calm
    assert np.all(np.asarray(end.x)[list(network.pools)] >= 0)


def test_nitrogen_carbon_and_electrons_close_through_the_pulse(runs):
    network, x, end, _ = runs
    change = network.contents @ np.asarray(end.x - x)
    moving = np.abs(network.contents) @ (np.abs(np.asarray(x)) + np.abs(np.asarray(end.x)))
    assert np.all(np.abs(change) < 1e-13 * moving), change


def test_all_nitrogen_of_a_jar_without_oxygen_ends_as_dinitrogen_and_takes_five_quarters_of_carbon():
    species = (*nit.mineral_nitrogen(*den.CHAIN, external=("dinitrogen",)), *CARBON)
    plain = tuple(
        Species(s.name, {k: v for k, v in s.content.items() if k != "electrons"}, s.external) for s in species
    )
    network = Network(plain, den.chain((1e-5,) * 4, donor="sugar", oxygen=None))
    x = jnp.array([1.0, 0.0, 0.0, 0.0, 0.0, 4.0, 0.0])
    end = integrate(Rosenbrock(), network, x, None, 3e6, Tolerance(relative=1e-6))
    assert float(end.x[4]) == pytest.approx(1.0, abs=1e-5)
    assert float(end.x[6]) == pytest.approx(1.25, abs=1e-5)


def test_gases_leave_by_first_order():
    (out,) = exchange("nitrous_oxide", "air", 1e-5)
    assert isinstance(out.law, FirstOrder)
