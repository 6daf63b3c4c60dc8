"""Transit times against an independent inverse Gaussian, equilibrium against another code, ages against a lookup."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats

from shanhai.ocean import ventilation as v
from shanhai.ocean.anthropogenic_uptake import equilibrium_dic


@pytest.mark.parametrize(("age", "ratio"), [(30.0, 1.0), (3.0, 0.1), (250.0, 0.05), (800.0, 1.8), (60.0, 0.04)])
def test_shares_are_those_of_another_inverse_gaussian(age, ratio):
    shape = age / (2.0 * ratio**2)
    at = age * np.array([0.05, 0.4, 0.9, 1.0, 1.2, 3.0, 20.0])
    other = stats.invgauss(mu=age / shape, scale=shape)
    found = v.partial_moments(jnp.asarray(at), age, age * ratio)
    np.testing.assert_allclose(found.mass, other.cdf(at), atol=2e-13)
    np.testing.assert_allclose(v.inverse_gaussian(at, age, age * ratio), other.pdf(at), rtol=1e-9, atol=1e-300)


def test_interior_values_are_the_integral_of_history_and_density():
    years = np.array([1950.0, 1970.0, 1990.0, 2000.0])
    history = v.History(jnp.asarray(years), jnp.array([0.0, 1.0, 4.0, 3.0]))

    def along(tau):
        return np.interp(1995.0 - tau, years, [0.0, 1.0, 4.0, 3.0]) * float(v.inverse_gaussian(tau, 25.0, 20.0))

    expected = sum(integrate.quad(along, *ends, epsabs=1e-10)[0] for ends in ((0, 5), (5, 25), (25, 45)))
    assert float(v.interior_value(history, 1995.0, 25.0, 20.0)) == pytest.approx(expected, abs=1e-8)


def test_equilibrium_with_the_air_is_that_of_another_code():
    pyco2 = pytest.importorskip("PyCO2SYS")
    found = 1e6 * equilibrium_dic(10.0, 35.0, 2300e-6, 280e-6)
    other = pyco2.sys(
        par1=2300.0, par2=280.0, par1_type=1, par2_type=9, temperature=10.0, salinity=35.0, opt_k_carbonic=10,
        opt_total_borate=1, opt_k_fluoride=2,
    )  # fmt: skip
    assert float(found) == pytest.approx(float(other["dic"]), abs=0.6)


def test_anthropogenic_carbon_of_the_surface_is_near_ten_per_hundred_ppm_over_the_revelle_factor():
    held = 1e6 * np.asarray(equilibrium_dic(20.0, 35.0, 2300e-6, jnp.array([280e-6, 380e-6])))
    revelle = np.log(380 / 280) / np.log(held[1] / held[0])
    assert 8.5 < revelle < 10.5
