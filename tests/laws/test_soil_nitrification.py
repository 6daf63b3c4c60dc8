"""Laws of nitrification: factors, shares, electrons, oxygen."""

import jax.numpy as jnp
import numpy as np
import pytest

from shanhai.core.errors import InputError
from shanhai.core.first_order import FirstOrder
from shanhai.core.reactions import Network, Species
from shanhai.soil import nitrification
from shanhai.soil.nitrification import Monod, Nitrification, mineral_nitrogen, ph_factor

NAMES = ("ammonium", "nitrate", "nitrous_oxide", "nitric_oxide")
OXYGEN = Species("oxygen", {"electrons": -4.0}, unit="mol m-3")


def test_ph_factor_numbers():
    assert np.allclose(ph_factor(jnp.array([4.0, 5.0, 6.5])), [0.256, 0.560, 0.920], atol=5e-4)
    assert np.all(np.diff(ph_factor(jnp.linspace(2.0, 10.0, 50))) > 0)


def test_rate_constant_is_the_product_of_its_factors():
    k = Nitrification().rate_constant(0.5, 0.8, 5.0, 0.25)
    assert float(k) * 86400.0 == pytest.approx(0.1 * 0.5 * 0.8 * 0.56 * 0.75)
    assert float(Nitrification().rate_constant(anoxic=1.0)) == 0.0


@pytest.mark.parametrize("share", [0.0, 6e-4, 0.02])
def test_shares_leak_and_nitrogen_and_electrons_close(share):
    numbers = Nitrification(nitrous_oxide=share, nitric_oxide=2 * share)
    made = nitrification.reactions(FirstOrder("ammonium", 1e-6), numbers, oxygen=True)
    network = Network((*mineral_nitrogen(*NAMES, electrons=True), OXYGEN), made)
    change = network.tendency(jnp.array([2.0, 0.0, 0.0, 0.0, 0.3]))
    assert np.allclose(network.contents @ change, 0.0, atol=1e-20)
    assert float(change[2] / -change[0]) == pytest.approx(share)
    assert float(change[3] / -change[0]) == pytest.approx(2 * share)
    assert float(change[4] / change[0]) == pytest.approx(2.0 - share - 0.75 * 2 * share)


def test_a_wrong_oxygen_demand_is_refused_when_electrons_are_counted():
    (right,) = nitrification.reactions(FirstOrder("ammonium", 1e-6), oxygen=True)
    wrong = type(right)(right.name, right.law, {**right.stoichiometry, "oxygen": -1.5})
    with pytest.raises(InputError, match="electrons does not balance"):
        Network((*mineral_nitrogen(*NAMES, electrons=True), OXYGEN), (wrong,))


def test_without_oxygen_or_ammonium_nothing_is_nitrified_and_both_limit():
    law = Nitrification().kinetics(1e-6)

    def rate(ammonium, oxygen):
        return float(law({"ammonium": jnp.asarray(ammonium), "oxygen": jnp.asarray(oxygen)}, None))

    assert rate(0.0, 0.3) == rate(1.0, 0.0) == 0.0
    assert rate(1.2 / 14.007, 0.01) == pytest.approx(1e-6 / 4)
    assert rate(1.0, 0.3) > rate(1.0, 0.01) > rate(1.0, 0.001)


def test_monod_reads_speeds_and_constants_from_the_environment():
    law = Monod(lambda x, env: env["v"], {"nitrate": lambda x, env: env["k"]}, {"oxygen": 1.0})
    view = {"nitrate": jnp.asarray(3.0), "oxygen": jnp.asarray(1.0)}
    assert float(law(view, {"v": 4.0, "k": 1.0})) == pytest.approx(4.0 * 0.75 * 0.5)
